//! What is wished: plain data, filled by a front end or by hand.
//!
//! Nothing here is checked against a machine; values that cannot exist (signal 0, nice 40) are kept
//! out by the front ends that read them and by `compile`.

mod init;
mod machine;
mod pack;
mod resources;
mod value;

pub use init::{Init, Target};
pub use machine::{Gift, Link, Machine, Report, Root};
pub use pack::Pack;
pub use resources::Resources;
pub use value::{
    Access, Account, Allowed, EnvChange, Filter, Operation, Propagation, Range, Rlimit, Setgroups,
    Tcp,
};

use crate::names::{Caps, Id, NsSet, Signal};
use crate::strings::{Strings, ThinCStr};

/// A command to run, and the world to run it in. `Config::default()` is `pidone run` without options.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config<'a> {
    /// Which namespaces are new.
    pub namespaces: Namespaces<'a>,
    /// Who the caller is inside.
    pub identity: Identity<'a>,
    /// The file systems.
    pub mounts: Mounts<'a>,
    /// Attributes of the command's process.
    pub process: Process<'a>,
    /// What the command may do.
    pub privilege: Privilege<'a>,
    /// How much it may use.
    pub resources: Resources<'a>,
    /// How long it lives.
    pub life: Life,
    /// What other programs are told.
    pub reports: Reports<'a>,
    /// Whose namespaces are joined, if none is made.
    pub enter: Enter,
    /// No new namespaces, but the care for those processes that are there.
    pub init: Option<Init<'a>>,
    /// The command and its arguments; empty for the shell that `SHELL` names, or `/bin/sh`.
    pub command: &'a Strings<'a>,
}

impl Default for Config<'_> {
    #[inline(never)]
    fn default() -> Self {
        Config {
            namespaces: Default::default(),
            identity: Default::default(),
            mounts: Default::default(),
            process: Default::default(),
            privilege: Default::default(),
            resources: Default::default(),
            life: Default::default(),
            reports: Default::default(),
            enter: Default::default(),
            init: Default::default(),
            command: Default::default(),
        }
    }
}

impl Config<'_> {
    /// The caller's descriptors that options name, with the option.
    pub fn descriptors(&self) -> impl Iterator<Item = (Id, u32)> {
        let reports = &self.reports;
        let preserved = 3..self.process.preserve_fds.saturating_add(3);
        [
            (Id::InfoFd, reports.info_fd),
            (Id::JsonStatusFd, reports.json_status_fd),
            (Id::BlockFd, reports.block_fd),
            (Id::SyncFd, reports.sync_fd),
            (Id::PreserveFds, preserved.last()),
        ]
        .into_iter()
        .filter_map(|(option, fd)| Some((option, fd?)))
    }
}

/// Which namespaces are new. Those for process ids and mounts are, unless they are shared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Namespaces<'a> {
    /// New ones, in addition to the default.
    pub add: NsSet,
    /// Those of the caller, which no other field makes new.
    pub share: NsSet,
    /// New ones if this machine allows them.
    pub attempt: NsSet,
    /// Others' namespaces to join: a file of each, or the number of a process.
    pub join: Files<'a>,
    /// New ones that stay when the command has ended: the file that each is bound to.
    pub persist: Files<'a>,
}

/// A file for each type of namespace, in their order.
pub type Files<'a> = [Option<ThinCStr<'a>>; 8];

/// Who the caller is inside a new user namespace, and who the command is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Identity<'a> {
    /// As users.
    pub user: Ids<'a>,
    /// As groups. The command's is that of a user who is named if it is `None`.
    pub group: Ids<'a>,
    /// Whether the caller's subordinate ids (subuid(5), subgid(5)) are all the others from 0 on.
    pub auto: bool,
    /// Whether setgroups(2) is allowed inside; if `None`, only with more group ids than the caller's.
    pub setgroups: Option<Setgroups>,
    /// The command's supplementary groups; if `None`, none for a command with a user or a group.
    pub groups: Option<&'a [Account<'a>]>,
}

/// Ids of users, or of groups.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ids<'a> {
    /// The id inside that stands for the caller's: root if `None` and there are no ranges.
    pub own: Option<Inside>,
    /// More ids inside.
    pub ranges: &'a [Range],
    /// Whom the command belongs to.
    pub command: Option<Account<'a>>,
}

/// An id inside a user namespace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Inside {
    /// The same number as outside.
    Same,
    /// This number.
    Id(u32),
}

/// The file systems of a new mount namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mounts<'a> {
    /// What mounts made later mean for the other side; private if `None`.
    pub propagation: Option<Propagation>,
    /// What comes first: a directory, or nothing, as the root.
    pub root: Option<Operation<'a>>,
    /// What is done to the view, in order. A mount on `/` replaces the root.
    pub operations: &'a [Operation<'a>],
    /// Whether the root becomes read-only, with what is mounted below it by then.
    pub read_only: bool,
    /// Whether there is no fresh /proc unless an operation mounts one.
    pub no_proc: bool,
}

impl<'a> Mounts<'a> {
    /// All operations in order: the root's first, and that of the fresh /proc when the root is the last.
    #[inline(never)]
    pub fn each(&self) -> Each<'_, 'a> {
        let replaces = |operation: &Operation| operation.mounts() && operation.is_on_root();
        let mounts_proc = |operation: &Operation| operation.mounts() && operation.is_on_proc();
        let (mut proc, mut at) = (0, 0);
        let mut mounted = self.no_proc;
        for operation in self.operations {
            at += 1;
            if replaces(operation) {
                proc = at;
            }
            mounted |= mounts_proc(operation);
        }
        Each {
            mounts: self,
            at: usize::from(self.root.is_none()),
            proc: if mounted { NOWHERE } else { proc },
        }
    }

    /// Whether another root takes the place of the caller's.
    pub fn replaces_root(&self) -> bool {
        let replaces = |operation: &Operation| operation.mounts() && operation.is_on_root();
        self.root.is_some() || self.operations.iter().any(replaces)
    }

    /// Whether the view is the caller's, with a fresh /proc.
    pub fn is_plain(&self) -> bool {
        self.root.is_none() && self.operations.is_empty()
    }
}

/// The operations in order.
#[derive(Clone, Copy)]
pub struct Each<'m, 'a> {
    mounts: &'m Mounts<'a>,
    /// Which is next: 0 is the root's.
    at: usize,
    /// How many come before the fresh /proc beside that.
    proc: usize,
}

/// More than there are.
const NOWHERE: usize = usize::MAX;

impl<'m, 'a> Iterator for Each<'m, 'a> {
    type Item = &'m Operation<'a>;

    #[inline(never)]
    fn next(&mut self) -> Option<&'m Operation<'a>> {
        let mut at = self.at;
        self.at += 1;
        if at == 0 {
            return self.mounts.root.as_ref();
        }
        at -= 1;
        if at == self.proc {
            return Some(&Operation::PROC);
        }
        self.mounts.operations.get(at - usize::from(at > self.proc))
    }
}

/// Attributes of the command's process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Process<'a> {
    /// The host name inside, at most 64 bytes. Implies a new UTS namespace.
    pub hostname: Option<ThinCStr<'a>>,
    /// The NIS domain name inside, at most 64 bytes. Implies a new UTS namespace.
    pub domainname: Option<ThinCStr<'a>>,
    /// Seconds added to `CLOCK_MONOTONIC` inside. Implies a new time namespace.
    pub monotonic: Option<i64>,
    /// Seconds added to `CLOCK_BOOTTIME` inside. Implies a new time namespace.
    pub boottime: Option<i64>,
    /// The working directory, as seen from inside; `~` is the user's home.
    pub chdir: Option<ThinCStr<'a>>,
    /// Whether the environment starts empty instead of as the caller's.
    pub clear_env: bool,
    /// Changes of the environment, in order.
    pub env: &'a [EnvChange<'a>],
    /// What the command sees as its own name.
    pub argv0: Option<ThinCStr<'a>>,
    /// The file mode creation mask, 0 to 0o777.
    pub umask: Option<u32>,
    /// The nice value, -20 to 19.
    pub nice: Option<i32>,
    /// The OOM killer's adjustment, -1000 to 1000. It is the supervisor's too: the kernel gives all
    /// processes that share memory the same one, and the child does until it executes the command.
    pub oom_score_adj: Option<i32>,
    /// Resource limits, in order.
    pub rlimits: &'a [Rlimit],
    /// Whether the command leads a session of its own, without a terminal.
    pub new_session: bool,
    /// Whether that session has a terminal, through which we pass input and output on.
    pub tty: bool,
    /// How many descriptors from 3 on reach the command.
    pub preserve_fds: u32,
}

/// What the command may do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Privilege<'a> {
    /// Whether set-user-ID programs and file capabilities work inside (no_new_privs is off).
    pub allow_new_privs: bool,
    /// Capabilities beside the default: those of the caller for root inside, none for others.
    pub cap_add: Caps,
    /// Capabilities of the default that the command does not get.
    pub cap_drop: Caps,
    /// Filters of system calls, in the order in which they are installed; all of them count.
    pub seccomp: &'a [Filter<'a>],
    /// If there is one, Landlock forbids what none of them allows, of files and of TCP each.
    pub landlock: &'a [Allowed<'a>],
    /// Whether Landlock keeps signals and abstract sockets inside.
    pub landlock_scope: bool,
    /// Whether no further user namespace can be made inside. Implies a new user namespace.
    pub disable_userns: bool,
}

/// A process whose namespaces are joined: those of [`Namespaces::add`], or all that differ from ours.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Enter {
    /// The process; 0 is none.
    pub pid: u32,
    /// The inode number of its pidfd, which no later process has; 0 is any.
    pub inode: u64,
    /// Whether its root directory is the command's.
    pub root: bool,
    /// Whether its working directory is the command's.
    pub directory: bool,
    /// Whether the command is not to become root of a user namespace that is joined.
    pub preserve_credentials: bool,
    /// Whether the command is in its cgroup.
    pub join_cgroup: bool,
    /// Whether the command has its environment.
    pub environment: bool,
    /// Whether only the command's children are in its process-id namespace.
    pub no_fork: bool,
}

/// How long the command lives.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Life {
    /// Whether a copy of ours is process 1, and the command its child.
    pub init: bool,
    /// Whether the sandbox survives when its supervisor is killed.
    pub no_kill_child: bool,
    /// Milliseconds after which the command is asked to end.
    pub timeout: Option<u64>,
    /// The signal that asks the command to end, also in place of a `SIGTERM` from outside.
    pub stop_signal: Option<Signal>,
    /// Milliseconds between asking and `SIGKILL`. Without it, only a timeout ends in `SIGKILL`.
    pub stop_timeout: Option<u64>,
}

/// What other programs are told, and how they take part.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reports<'a> {
    /// A file that holds the command's process id while it runs.
    pub pid_file: Option<ThinCStr<'a>>,
    /// Gets one JSON object with the process id and the new namespaces before the command starts.
    pub info_fd: Option<u32>,
    /// Gets the same object, and one with the exit code at the end.
    pub json_status_fd: Option<u32>,
    /// The command starts when a byte, or the end, can be read here.
    pub block_fd: Option<u32>,
    /// Stays open as long as the command runs.
    pub sync_fd: Option<u32>,
}

/// What is to be shown of namespaces that are there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct View<'a> {
    /// The types; all of them if there is none.
    pub types: NsSet,
    /// The process whose namespaces are of interest; all processes if 0.
    pub task: u32,
    /// The processes to compare.
    pub processes: &'a [u32],
    /// Whether a program is going to read it.
    pub json: bool,
    /// Whether each stands below the one it belongs to.
    pub tree: bool,
    /// Whether the types themselves are asked for.
    pub about_types: bool,
}
