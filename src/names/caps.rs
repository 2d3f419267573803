//! Capabilities (capabilities(7)): one bit each.

use crate::text::packed::{Packed, packed};
use crate::text::{Show, Text, decimal, put};

/// The names by number, without the kernel's `CAP_`.
const NAMES: &str = "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP \
    LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE \
    SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME \
    SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG \
    WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE";

const PACKED: Packed = packed!(const NAMES);

/// A capability, also one that has no name yet: 0 to 62.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap(u8);

impl Cap {
    /// Its number.
    pub const fn number(self) -> usize {
        self.0 as usize
    }
}

/// A set of capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps(u64);

impl Caps {
    /// No capability.
    pub const NONE: Caps = Caps(0);
    /// Every capability, of any kernel.
    pub const ALL: Caps = Caps(u64::MAX);
    /// Mounts may be made and unmade, and much else.
    pub const SYS_ADMIN: Caps = Caps(1 << linux_raw_sys::general::CAP_SYS_ADMIN);
    /// Resource limits may be raised; `user.max_*_namespaces` is one of them.
    pub const SYS_RESOURCE: Caps = Caps(1 << linux_raw_sys::general::CAP_SYS_RESOURCE);

    /// What `NET_ADMIN`, `CAP_NET_ADMIN`, `12` or `ALL` names.
    pub fn named(name: &[u8]) -> Option<Caps> {
        if name == b"ALL" {
            return Some(Caps::ALL);
        }
        let name = match name {
            [b'C', b'A', b'P', b'_', name @ ..] => name,
            name => name,
        };
        let number = PACKED
            .position(name)
            .or_else(|| Some(decimal(name)? as usize));
        // The highest bit is left to tell `ALL` from all that have a number.
        number.filter(|&at| at < 63).map(|at| Caps(1 << at))
    }

    /// Those up to a number.
    pub const fn up_to(last: u8) -> Caps {
        Caps((2 << last) - 1)
    }

    /// One bit each, as the kernel has them.
    pub const fn from_bits(bits: u64) -> Caps {
        Caps(bits)
    }

    /// The same bits.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// What is in one of them.
    pub const fn union(self, other: Caps) -> Caps {
        Caps(self.0 | other.0)
    }

    /// What is not in the other.
    pub const fn without(self, other: Caps) -> Caps {
        Caps(self.0 & !other.0)
    }

    /// What is in both.
    pub const fn both(self, other: Caps) -> Caps {
        Caps(self.0 & other.0)
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in order.
    pub fn iter(self) -> impl Iterator<Item = Cap> {
        Members(self)
    }
}

/// The members that are left.
struct Members(Caps);

impl Iterator for Members {
    type Item = Cap;

    #[inline(never)]
    fn next(&mut self) -> Option<Cap> {
        let Members(Caps(bits)) = self;
        let first = bits.trailing_zeros() as u8;
        *bits &= bits.wrapping_sub(1);
        (first < 64).then_some(Cap(first))
    }
}

/// As strace writes it.
impl Show for Cap {
    fn show(&self, text: &mut Text) {
        put!(text, "CAP_");
        if !PACKED.show_word(usize::from(self.0), text) {
            put!(text, self.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_at_their_numbers() {
        use linux_raw_sys::general::*;
        for (name, number) in [
            ("CHOWN", CAP_CHOWN),
            ("CAP_SETPCAP", CAP_SETPCAP),
            ("NET_ADMIN", CAP_NET_ADMIN),
            ("CAP_SYS_ADMIN", CAP_SYS_ADMIN),
            ("SYS_RESOURCE", CAP_SYS_RESOURCE),
            ("SETFCAP", CAP_SETFCAP),
            ("CHECKPOINT_RESTORE", CAP_CHECKPOINT_RESTORE),
            ("41", 41),
            ("62", 62),
        ] {
            assert_eq!(
                Caps::named(name.as_bytes()),
                Some(Caps(1 << number)),
                "{name}"
            );
        }
        assert_eq!(NAMES.split(' ').count() as u32, CAP_LAST_CAP + 1);
    }

    #[test]
    fn what_is_no_capability_is_refused() {
        for name in [
            "",
            "CAP_",
            "ADMIN",
            "net_admin",
            "ALL ",
            "CAP_ALL",
            "63",
            "64",
            "-1",
        ] {
            assert_eq!(Caps::named(name.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn all_is_more_than_all_that_are_known() {
        assert_eq!(Caps::named(b"ALL"), Some(Caps::ALL));
        assert_eq!(Caps::up_to(40).bits(), 0x1ff_ffff_ffff);
        assert!(Caps::up_to(62) != Caps::ALL);
    }
}
