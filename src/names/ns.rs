//! The eight namespace types (namespaces(7)).

use crate::text::{position, word};

/// One type of namespace, in the order in which `--help` and `--explain` name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Ns {
    /// Mount points (mount_namespaces(7), Linux 2.4.19).
    Mount,
    /// Host name and NIS domain name (uts_namespaces(7), Linux 2.6.19).
    Uts,
    /// System V IPC and POSIX message queues (ipc_namespaces(7), Linux 2.6.19).
    Ipc,
    /// Network devices, addresses, ports (network_namespaces(7), Linux 2.6.29).
    Net,
    /// Process ids (pid_namespaces(7), Linux 2.6.24).
    Pid,
    /// User and group ids, capabilities (user_namespaces(7), Linux 3.8).
    User,
    /// The root of the cgroup hierarchy (cgroup_namespaces(7), Linux 4.6).
    Cgroup,
    /// Monotonic and boot-time clocks (time_namespaces(7), Linux 5.6).
    Time,
}

/// The long options.
const NAMES: &str = "mount uts ipc net pid user cgroup time";

/// The entries of /proc/PID/ns.
const FILES: &str = "mnt uts ipc net pid user cgroup time";

/// The bits for clone3(2), which all fit in 32.
const FLAGS: [u32; 8] = [
    libc::CLONE_NEWNS as u32,
    libc::CLONE_NEWUTS as u32,
    libc::CLONE_NEWIPC as u32,
    libc::CLONE_NEWNET as u32,
    libc::CLONE_NEWPID as u32,
    libc::CLONE_NEWUSER as u32,
    libc::CLONE_NEWCGROUP as u32,
    linux_raw_sys::general::CLONE_NEWTIME,
];

impl Ns {
    /// All types, in order.
    pub const ALL: [Ns; 8] = [
        Ns::Mount,
        Ns::Uts,
        Ns::Ipc,
        Ns::Net,
        Ns::Pid,
        Ns::User,
        Ns::Cgroup,
        Ns::Time,
    ];

    /// The name of its long option.
    pub fn name(self) -> &'static str {
        word(NAMES, self as usize)
    }

    /// The name of its entry in `/proc/PID/ns`.
    pub fn file(self) -> &'static str {
        word(FILES, self as usize)
    }

    /// Its flag for clone3(2), clone(2) and setns(2).
    pub fn flag(self) -> u64 {
        u64::from(FLAGS[self as usize])
    }

    /// The type that an option (`mount`) or an entry of `/proc/PID/ns` (`mnt`) names.
    pub fn named(name: &[u8]) -> Option<Ns> {
        let at = position(NAMES, name).or_else(|| position(FILES, name))?;
        Ns::ALL.get(at).copied()
    }
}

/// A set of namespace types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NsSet(u8);

impl NsSet {
    /// No type.
    pub const NONE: NsSet = NsSet(0);
    /// Every type.
    pub const ALL: NsSet = NsSet(0xff);

    /// One bit for each type, in their order.
    pub const fn from_bits(bits: u8) -> NsSet {
        NsSet(bits)
    }

    /// One type.
    pub const fn of(ns: Ns) -> NsSet {
        NsSet(1 << ns as u8)
    }

    /// Whether a type is in it.
    pub const fn contains(self, ns: Ns) -> bool {
        self.0 & 1 << ns as u8 != 0
    }

    /// The set and a type.
    pub const fn with(self, ns: Ns) -> NsSet {
        NsSet(self.0 | 1 << ns as u8)
    }

    /// What is in one of them.
    pub const fn union(self, other: NsSet) -> NsSet {
        NsSet(self.0 | other.0)
    }

    /// What is not in the other.
    pub const fn without(self, other: NsSet) -> NsSet {
        NsSet(self.0 & !other.0)
    }

    /// What is in both.
    pub const fn both(self, other: NsSet) -> NsSet {
        NsSet(self.0 & other.0)
    }

    /// Whether no type is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in order.
    pub fn iter(self) -> Members {
        Members(self)
    }

    /// The clone flags of all members.
    pub fn flags(self) -> u64 {
        self.iter().fold(0, |flags, ns| flags | ns.flag())
    }
}

/// The members of a set that are still to come.
pub struct Members(NsSet);

impl Iterator for Members {
    type Item = Ns;

    #[inline(never)]
    fn next(&mut self) -> Option<Ns> {
        let ns = *Ns::ALL.get(self.0.0.trailing_zeros() as usize)?;
        self.0 = self.0.without(NsSet::of(ns));
        Some(ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_has_two_names_and_one_flag() {
        assert_eq!(Ns::named(b"mount"), Some(Ns::Mount));
        assert_eq!(Ns::named(b"mnt"), Some(Ns::Mount));
        assert_eq!(Ns::named(b"Mount"), None);
        assert_eq!(NsSet::ALL.flags().count_ones(), 8);
    }

    #[test]
    fn sets_add_and_remove() {
        let set = NsSet::of(Ns::Pid).with(Ns::Time);
        assert!(set.contains(Ns::Time) && !set.contains(Ns::User));
        assert_eq!(set.without(NsSet::of(Ns::Time)), NsSet::of(Ns::Pid));
        assert_eq!(NsSet::ALL.without(NsSet::ALL), NsSet::NONE);
    }
}
