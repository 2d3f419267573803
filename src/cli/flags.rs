//! The one table of options. Parser, nearest-name search and `--help` read it.

use crate::names::Ns;

/// What an option is for the parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id {
    Add(Ns),
    All,
    Share,
    Try,
    MapRootUser,
    MapCurrentUser,
    MapUser,
    MapGroup,
    Setgroups,
    Propagation,
    Hostname,
    Domainname,
    Monotonic,
    Boottime,
    Chdir,
    Env,
    Setenv,
    Unsetenv,
    Clearenv,
    Argv0,
    Umask,
    Nice,
    OomScoreAdj,
    Rlimit,
    NewSession,
    PreserveFds,
    AllowNewPrivs,
    NoKillChild,
    Timeout,
    StopSignal,
    StopTimeout,
    PidFile,
    InfoFd,
    JsonStatusFd,
    BlockFd,
    SyncFd,
    Explain,
    Timing,
    Help,
    Version,
}

/// One option.
pub struct Flag {
    pub id: Id,
    /// Without the dash; 0 if there is none.
    pub short: u8,
    /// Without the dashes.
    pub long: &'static str,
    /// The names of its values, separated by a space; empty for a switch.
    pub value: &'static str,
    pub help: &'static str,
}

impl Flag {
    /// How many words of the command line are its value.
    pub fn values(&self) -> usize {
        self.value.split(' ').filter(|name| !name.is_empty()).count()
    }

    /// Whether it may be given more than once: switches, and what adds to a list.
    pub fn repeats(&self) -> bool {
        use Id::*;
        let listed = matches!(self.id, Share | Try | Env | Setenv | Unsetenv | Rlimit);
        listed || self.value.is_empty()
    }
}

const fn flag(id: Id, short: u8, long: &'static str, value: &'static str, help: &'static str) -> Flag {
    Flag { id, short, long, value, help }
}

/// Options with a heading.
pub struct Group {
    pub title: &'static str,
    pub flags: &'static [Flag],
}

/// The options of `pidone run`.
pub const RUN: &[Group] = &[
    Group {
        title: "Namespaces (new ones for process ids and mounts are the default)",
        flags: &[
            flag(Id::Add(Ns::Mount), b'm', "mount", "", "new mount namespace"),
            flag(Id::Add(Ns::Uts), b'u', "uts", "", "new UTS namespace (host name)"),
            flag(Id::Add(Ns::Ipc), b'i', "ipc", "", "new IPC namespace"),
            flag(Id::Add(Ns::Net), b'n', "net", "", "new net namespace, its loopback up"),
            flag(Id::Add(Ns::Pid), b'p', "pid", "", "new PID namespace"),
            flag(Id::Add(Ns::User), b'U', "user", "", "new user namespace"),
            flag(Id::Add(Ns::Cgroup), b'C', "cgroup", "", "new cgroup namespace"),
            flag(Id::Add(Ns::Time), b'T', "time", "", "new time namespace"),
            flag(Id::All, b'a', "all", "", "all eight"),
            flag(Id::Share, 0, "share", "NS,...", "keep the caller's"),
            flag(Id::Try, 0, "try", "NS,...", "new ones where possible"),
        ],
    },
    Group {
        title: "Identity (root inside a new user namespace is the default)",
        flags: &[
            flag(Id::MapRootUser, b'r', "map-root-user", "", "be root inside"),
            flag(Id::MapCurrentUser, b'c', "map-current-user", "", "keep one's own ids inside"),
            flag(Id::MapUser, 0, "map-user", "UID", "user id inside"),
            flag(Id::MapGroup, 0, "map-group", "GID", "group id inside"),
            flag(Id::Setgroups, 0, "setgroups", "allow|deny", "setgroups(2) inside"),
        ],
    },
    Group {
        title: "World",
        flags: &[
            flag(Id::Propagation, 0, "propagation", "HOW", "private, slave, shared, unchanged"),
            flag(Id::Hostname, 0, "hostname", "NAME", "host name"),
            flag(Id::Domainname, 0, "domainname", "NAME", "NIS domain name"),
            flag(Id::Monotonic, 0, "monotonic", "SEC", "offset of the monotonic clock"),
            flag(Id::Boottime, 0, "boottime", "SEC", "offset of the boot-time clock"),
        ],
    },
    Group {
        title: "Process",
        flags: &[
            flag(Id::Chdir, b'w', "chdir", "DIR", "working directory"),
            flag(Id::Env, b'e', "env", "K[=V]", "set a variable, or keep it"),
            flag(Id::Setenv, 0, "setenv", "K V", "set a variable"),
            flag(Id::Unsetenv, 0, "unsetenv", "K", "remove a variable"),
            flag(Id::Clearenv, 0, "clearenv", "", "start with no variables"),
            flag(Id::Argv0, 0, "argv0", "NAME", "the command's own name"),
            flag(Id::Umask, 0, "umask", "OCTAL", "file mode mask"),
            flag(Id::Nice, 0, "nice", "N", "nice value, -20 to 19"),
            flag(Id::OomScoreAdj, 0, "oom-score-adj", "N", "-1000 to 1000"),
            flag(Id::Rlimit, 0, "rlimit", "NAME=SOFT[:HARD]", "resource limit"),
            flag(Id::NewSession, 0, "new-session", "", "no controlling terminal"),
            flag(Id::AllowNewPrivs, 0, "allow-new-privs", "", "set-user-ID programs work"),
            flag(Id::PreserveFds, 0, "preserve-fds", "N", "pass on N descriptors from 3"),
        ],
    },
    Group {
        title: "Life",
        flags: &[
            flag(Id::Timeout, 0, "timeout", "SEC", "stop it after that long"),
            flag(Id::StopSignal, 0, "stop-signal", "SIG", "what stops it (TERM)"),
            flag(Id::StopTimeout, 0, "stop-timeout", "SEC", "then KILL after that long"),
            flag(Id::NoKillChild, 0, "no-kill-child", "", "let it outlive pidone"),
        ],
    },
    Group {
        title: "Other programs",
        flags: &[
            flag(Id::PidFile, 0, "pid-file", "FILE", "holds its process id"),
            flag(Id::InfoFd, 0, "info-fd", "FD", "gets its ids as JSON"),
            flag(Id::JsonStatusFd, 0, "json-status-fd", "FD", "gets ids and exit code"),
            flag(Id::BlockFd, 0, "block-fd", "FD", "start when it is readable"),
            flag(Id::SyncFd, 0, "sync-fd", "FD", "open while it runs"),
        ],
    },
    Group {
        title: "Seeing",
        flags: &[
            flag(Id::Explain, 0, "explain", "", "print every system call, run nothing"),
            flag(Id::Timing, 0, "timing", "", "afterwards, where the time went"),
            flag(Id::Help, b'h', "help", "", "this text"),
            flag(Id::Version, b'V', "version", "", "the version"),
        ],
    },
];

/// Options that say the same thing in different ways.
pub const EXCLUSIVE: &[(&str, &str)] = &[
    ("map-root-user", "map-current-user"),
    ("map-root-user", "map-user"),
    ("map-root-user", "map-group"),
    ("map-current-user", "map-user"),
    ("map-current-user", "map-group"),
];

/// All options of a verb.
pub fn all(groups: &'static [Group]) -> impl Iterator<Item = &'static Flag> {
    groups.iter().flat_map(|group| group.flags)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_is_there_once() {
        let mut seen = HashSet::new();
        for flag in all(RUN) {
            assert!(seen.insert(flag.long), "--{}", flag.long);
            assert!(flag.short == 0 || seen.insert(std::str::from_utf8(&[flag.short]).unwrap().to_owned().leak()));
        }
    }

    #[test]
    fn exclusive_options_exist() {
        for (one, other) in EXCLUSIVE {
            assert!(all(RUN).any(|flag| flag.long == *one) && all(RUN).any(|flag| flag.long == *other));
        }
    }
}
