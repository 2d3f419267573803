//! How much the command may use.

use crate::names::cgroup;
use crate::strings::ThinCStr;

/// How much the command and all its children together may use. Any of these gives it a cgroup of its
/// own, and implies a new cgroup namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Resources<'a> {
    /// What is written to the controllers: bytes of memory, which is without swap; processes and threads;
    /// microseconds of each 100,000; processors, as in cpuset(7); a share of disk time, 1 to 10000.
    pub limits: [Option<ThinCStr<'a>>; cgroup::COUNT],
    /// In which cgroup that of the command is made: its path below the mount point.
    pub cgroup_path: Option<ThinCStr<'a>>,
}

impl Resources<'_> {
    /// Whether the command is to have a cgroup.
    pub fn any(&self) -> bool {
        self.controllers() != 0 || self.cgroup_path.is_some()
    }

    /// The controllers that are needed, as bits of `names::cgroup`.
    #[inline(never)]
    pub fn controllers(&self) -> u8 {
        let wished = self.limits.iter().rev();
        wished.fold(0, |set, limit| set << 1 | u8::from(limit.is_some()))
    }
}
