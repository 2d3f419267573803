//! What this machine and our caller are: facts as data. `probe` reads them, `compile` and `error` use them.
//!
//! The facts of [`Host`] that cost a system call are believed to be favourable until something is
//! refused: the refusal teaches the fact, and the plan is made again.

pub mod probe;

use crate::names::NsSet;
use crate::strings::Strings;

/// `CAP_SYS_ADMIN` (capabilities(7)).
const SYS_ADMIN: u32 = linux_raw_sys::general::CAP_SYS_ADMIN;

/// What a plan depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Host<'a> {
    /// The caller's effective user id.
    pub euid: u32,
    /// The caller's effective group id.
    pub egid: u32,
    /// Effective capabilities; `None` while nobody has looked, which only root's may be.
    pub capabilities: Option<u64>,
    /// The environment of the caller.
    pub environment: &'a Strings<'a>,
    /// Whether the caller ignores `SIGCHLD`, so that the kernel would throw exit statuses away.
    pub sigchld_ignored: bool,
    /// The caller's process id, if it may have other threads or a C library. Then its descriptors
    /// and its `clear_child_tid` address are not ours to use.
    pub shared_with: Option<u32>,
    /// Whether clone3(2) is answered; container profiles refuse it because they cannot look inside.
    pub clone3: bool,
    /// Namespaces that were tried because of `--try`, and refused.
    pub refused: NsSet,
}

impl Host<'_> {
    /// The facts of a machine that allows everything, for a caller with these ids.
    pub const fn with_ids(euid: u32, egid: u32) -> Self {
        Host {
            euid,
            egid,
            capabilities: if euid == 0 { None } else { Some(0) },
            environment: &[],
            sigchld_ignored: false,
            shared_with: None,
            clone3: true,
            refused: NsSet::NONE,
        }
    }

    /// Whether new namespaces need no new user namespace.
    pub fn privileged(&self) -> bool {
        self.capabilities
            .is_none_or(|set| set >> SYS_ADMIN & 1 == 1)
    }
}

/// What was looked at after a failure, to name its cause.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Whether a seccomp filter is installed (`Seccomp: 2`).
    pub seccomp_filter: bool,
    /// Whether the caller has `CAP_SYS_ADMIN` in its own user namespace.
    pub admin: bool,
    /// `kernel.unprivileged_userns_clone`, which some distributions have.
    pub unprivileged_userns_clone: Option<u64>,
    /// `kernel.apparmor_restrict_unprivileged_userns`.
    pub apparmor_restricts_userns: Option<u64>,
    /// Whether an AppArmor profile other than `unconfined` confines us.
    pub apparmor_confined: bool,
    /// Whether our root is not the root of our mount namespace.
    pub chrooted: bool,
    /// Whether /proc has something mounted over parts of it, as container engines do.
    pub proc_masked: bool,
    /// Namespace types of which `user.max_*_namespaces` allows none.
    pub forbidden: NsSet,
    /// Namespace types that this kernel does not have.
    pub missing: NsSet,
    /// The soft `RLIMIT_NPROC`, if there is one.
    pub process_limit: Option<u64>,
    /// `pids.max` of our cgroup, if it has been reached.
    pub pids_max: Option<u64>,
    /// Whether the file of a failed execve(2) or open(2) exists.
    pub file_exists: bool,
}
