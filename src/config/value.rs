//! Value types of a configuration.

use crate::names::Resource;
use crate::strings::ThinCStr;

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

/// A filter of system calls (seccomp(2)).
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
