//! The duties of process 1, and of who stands in for it.

use super::Machine;
use crate::names::Signal;

/// How processes are cared for. `Init::default()` is `pidone init` without options.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Init<'a> {
    /// Who gets the signals that we get.
    pub target: Target,
    /// Whether the command stays in our process group, and does not get the terminal for its own.
    pub single_child: bool,
    /// Whether the command leads a session of its own where there is no terminal to keep.
    pub own_session: bool,
    /// What is passed on in place of a signal, if anything; the last that fits counts.
    pub rewrite: &'a [(Signal, Option<Signal>)],
    /// The signals that are blocked in the command, if they are not those that are blocked in us.
    pub mask: Option<u64>,
    /// What we get when our parent ends.
    pub parent_death: Option<Signal>,
    /// Orphans become our children even if we are process 1, which has them anyway.
    pub subreaper: bool,
    /// Whether it is said which orphans were reaped.
    pub warn_reap: bool,
    /// Whether everything that happens is said.
    pub verbose: bool,
    /// Milliseconds between `SIGTERM` for all that is left when the command has ended, and `SIGKILL`.
    pub grace: Option<u64>,
    /// Whether the command's end is ours only when all others have ended.
    pub wait_all: bool,
    /// No command: the end comes with `SIGTERM` or `SIGINT`.
    pub pause: bool,
    /// Exit codes of the command, and ours in their place; the last that fits counts.
    pub remap: &'a [(u8, u8)],
    /// What is done for a virtual machine, if we are its first process.
    pub machine: Machine<'a>,
}

/// Who gets the signals that we get.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Target {
    /// The command.
    #[default]
    Child,
    /// Its process group.
    Group,
    /// All processes but us, which must be process 1.
    All,
}
