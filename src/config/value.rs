//! Value types of a configuration.

use crate::names::{Id, Resource};
use crate::strings::{ThinCStr, thin};

/// One change of the environment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EnvChange<'a> {
    /// `NAME=VALUE`, replacing an older value.
    Set(ThinCStr<'a>),
    /// The caller's value of that name, also when the environment starts empty.
    Keep(ThinCStr<'a>),
    /// No variable of that name.
    Unset(ThinCStr<'a>),
}

/// A range of ids in a new user namespace (user_namespaces(7)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The first one inside.
    pub inside: u32,
    /// What it is outside.
    pub outside: u32,
    /// How many there are.
    pub count: u32,
}

/// A user or a group, as they are inside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Account<'a> {
    /// The one with this number, which no file has to know.
    Id(u32),
    /// The one with this name in /etc/passwd or /etc/group.
    Name(ThinCStr<'a>),
}

/// Whether setgroups(2) works inside a new user namespace (user_namespaces(7), CVE-2014-8989).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Setgroups {
    /// It works.
    Allow,
    /// It fails, and that cannot be changed any more.
    Deny,
}

/// What mounts mean for the other side (mount_namespaces(7)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Propagation {
    /// Nothing.
    Private,
    /// Those made outside appear inside.
    Slave,
    /// Each side sees the other's.
    Shared,
    /// As the mount namespace of the caller has it.
    Unchanged,
}

/// A resource limit (setrlimit(2)); `u64::MAX` is no limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rlimit {
    /// Of what.
    pub resource: Resource,
    /// What is enforced.
    pub soft: u64,
    /// How far the soft limit may be raised.
    pub hard: u64,
}

/// A filter of system calls (seccomp(2)). What is not our own is read by
/// [`look_up`](crate::host::probe::look_up), and kept in [`Host::filters`](crate::host::Host::filters).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Filter<'a> {
    /// Our own, which refuses what container engines refuse by default.
    Default,
    /// Instructions (`struct sock_filter`) that can be read from this descriptor of the caller's.
    Fd(u32),
    /// Instructions in a file.
    File(ThinCStr<'a>),
}

/// What Landlock allows (landlock(7)). Of files, rights of several rules add up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Allowed<'a> {
    /// Something with a file, or with all below a directory, as seen from inside.
    Path(Access, ThinCStr<'a>),
    /// Something with a TCP port; 0 is any that the kernel chooses.
    Port(Tcp, u16),
}

/// What is allowed with files.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
pub enum Access {
    /// Reading.
    Read,
    /// Reading and writing, making and removing.
    Write,
    /// Reading and executing.
    Execute,
}

/// What is allowed with TCP.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
pub enum Tcp {
    /// Connecting to a port.
    Connect,
    /// Binding a socket to a port.
    Bind,
}

/// One operation on the view of file systems: an option of that group, with its words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Operation<'a> {
    /// Which one.
    pub option: Id,
    /// Its words as they were written, `WORDS` of them at most. The last one is the place inside.
    pub words: &'a [ThinCStr<'a>],
    /// The caller's descriptor that the first word names, where it names one.
    pub fd: u32,
    /// Ids on disk (inside), and as they are seen (outside).
    pub idmap: Option<Range>,
    /// The mode of what is made, 0 to 0o7777; what bubblewrap uses if `None`.
    pub mode: Option<u32>,
    /// The most bytes of a tmpfs; the kernel's choice if `None`.
    pub size: Option<u64>,
}

impl<'a> Operation<'a> {
    /// The fresh /proc of every view.
    pub const PROC: Operation<'static> = Operation {
        option: Id::Default,
        words: &[thin!("/proc")],
        fd: 0,
        idmap: None,
        mode: None,
        size: None,
    };

    /// Whether its first word is what is mounted.
    pub fn binds(&self) -> bool {
        (Id::Bind as u8..=Id::BindIdmap as u8).contains(&(self.option as u8))
    }

    /// Whether it mounts something with files of its own at its place.
    pub fn mounts(&self) -> bool {
        use Id::*;
        !matches!(
            self.option,
            Dir | Symlink | File | OverlaySrc | RemountRo | Chmod
        )
    }

    /// Whether it has the layers that were named before it.
    pub fn is_overlay(&self) -> bool {
        matches!(self.option, Id::Overlay | Id::TmpOverlay | Id::RoOverlay)
    }

    /// What of the caller's files it takes; empty words take nothing.
    pub fn sources(&self) -> [ThinCStr<'a>; 2] {
        match self.option {
            Id::Dev | Id::Mask => [thin!("/dev/null"), thin!("")],
            Id::Overlay => [self.word(0), self.word(1)],
            Id::OverlaySrc => [self.word(0), thin!("")],
            _ if self.binds() => [self.word(0), thin!("")],
            _ => [thin!(""); 2],
        }
    }

    /// Whether its place is the root.
    pub fn is_on_root(&self) -> bool {
        self.target()
            .bytes()
            .iter()
            .all(|byte| b"/.".contains(byte))
    }

    /// Whether its place is /proc.
    pub fn is_on_proc(&self) -> bool {
        let parts = self.target().bytes().split(|&byte| byte == b'/');
        parts.filter(|part| !part.is_empty()).eq([b"proc"])
    }

    /// Where the files that it mounts are outside, if they are.
    pub fn files(&self) -> Option<ThinCStr<'a>> {
        let outside = self.binds() || matches!(self.option, Id::Root | Id::Overlay);
        outside.then(|| self.word(0))
    }

    /// The most words that an operation has.
    pub const WORDS: usize = 3;

    /// A word by its position; empty if there is none.
    pub fn word(&self, at: usize) -> ThinCStr<'a> {
        self.words.get(at).copied().unwrap_or(thin!(""))
    }

    /// The place inside that it acts on.
    pub fn target(&self) -> ThinCStr<'a> {
        match self.option {
            Id::Root | Id::EmptyRoot => thin!("/"),
            Id::BindIdmap => self.word(1),
            _ => self.word(self.words.len().saturating_sub(1)),
        }
    }
}
