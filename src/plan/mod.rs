//! What will be done: flat lists of system calls, each with what a refusal means and who asked for it.
//!
//! A plan is data. It can be compared, printed (`--explain`) and interpreted (`launch`); it is not
//! changed after `compile` made it.

mod show;
mod step;

pub(crate) use show::entry;
pub use show::{Line, Quoted, Shown};
pub use step::{Call, Data, Path, Refusal, Slot, Step};

use crate::names::{Errno, NsSet, Signal};
use crate::strings::Array;
use alloc::vec::Vec;

/// Bytes of the child's stack. What is not touched is never there.
pub const STACK_SIZE: usize = 64 << 10;

/// Everything that one run does, in order. One numbering, from 1, goes through all the lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan<'p> {
    /// By the parent, before the clone.
    pub before: Vec<Step<'p>>,
    /// The clone itself.
    pub clone: Step<'p>,
    /// By the parent, while the child sets up, or waits at its gate if the list opens one.
    pub during: Vec<Step<'p>>,
    /// By the child, in our memory until the last step replaces it.
    pub child: Vec<Step<'p>>,
    /// By the parent, when the child has ended or could not be made.
    pub after: Vec<Step<'p>>,
    /// The command's arguments.
    pub argv: Array<'p>,
    /// The command's environment.
    pub env: Array<'p>,
    /// What the supervisor does between `during` and `after`.
    pub watch: Watch,
}

/// How the supervisor behaves while the command runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Watch {
    /// Whether the command is in the caller's session, and so gets the keyboard's signals itself.
    pub shares_terminal: bool,
    /// Whether the command is PID 1, which the kernel shields from signals it has no handler for.
    pub shielded: bool,
    /// Milliseconds until the command is asked to end.
    pub timeout: Option<u64>,
    /// What asks the command to end; `None` passes a `SIGTERM` on as it is.
    pub stop_signal: Option<Signal>,
    /// Milliseconds between asking and `SIGKILL`.
    pub stop_timeout: Option<u64>,
    /// Where the exit code is reported in JSON.
    pub status_fd: Option<u32>,
    /// The new namespaces.
    pub namespaces: NsSet,
}

/// Who performs a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Who {
    Before,
    Clone,
    During,
    Child,
    After,
}

impl<'p> Plan<'p> {
    /// All steps in the order of their numbers, with who performs each.
    pub fn steps(&self) -> impl Iterator<Item = (Who, &Step<'p>)> {
        let of = |who| move |step| (who, step);
        self.before
            .iter()
            .map(of(Who::Before))
            .chain(core::iter::once((Who::Clone, &self.clone)))
            .chain(self.during.iter().map(of(Who::During)))
            .chain(self.child.iter().map(of(Who::Child)))
            .chain(self.after.iter().map(of(Who::After)))
    }

    /// The number of the clone.
    pub fn clone_number(&self) -> usize {
        self.before.len() + 1
    }

    /// The number of the first step of the child.
    pub fn child_number(&self) -> usize {
        self.clone_number() + self.during.len() + 1
    }

    /// The number of the first step after the child has ended.
    pub fn after_number(&self) -> usize {
        self.child_number() + self.child.len()
    }
}

/// A step that was refused. Numbers count from 1, as in `--explain`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failure {
    pub step: usize,
    /// The kernel's answer; `None` if the child was ended by a signal in the middle of the step.
    pub errno: Option<Errno>,
}
