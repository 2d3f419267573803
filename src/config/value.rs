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
