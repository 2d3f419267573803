//! The sixteen resource limits (getrlimit(2)).

use crate::text::{position, word};

/// The names by number, in the order of `asm-generic/resource.h`, which these architectures share.
const NAMES: &str = "cpu fsize data stack core rss nproc nofile memlock as locks sigpending \
    msgqueue nice rtprio rttime";

/// A resource that prlimit(2) limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource(u8);

impl Resource {
    /// Processes of one user.
    pub const NPROC: Resource = Resource(6);

    /// The resource of that name, in lower case, without the kernel's `RLIMIT_`.
    pub fn named(name: &[u8]) -> Option<Resource> {
        position(NAMES, name).map(|number| Resource(number as u8))
    }

    /// The name in lower case, without `RLIMIT_`.
    pub fn name(self) -> &'static str {
        word(NAMES, usize::from(self.0))
    }

    /// The number for prlimit(2).
    pub fn number(self) -> u32 {
        u32::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_kernels() {
        for (name, number) in [
            (&b"cpu"[..], libc::RLIMIT_CPU),
            (b"nofile", libc::RLIMIT_NOFILE),
            (b"nproc", libc::RLIMIT_NPROC),
            (b"rttime", libc::RLIMIT_RTTIME),
        ] {
            assert_eq!(Resource::named(name).map(Resource::number), Some(number));
        }
        assert_eq!(Resource::NPROC.name(), "nproc");
        assert_eq!(Resource::named(b"NOFILE"), None);
    }
}
