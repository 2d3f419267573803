//! What will be done: a flat list of system calls, each with who makes it, what a refusal means and
//! who asked for it.
//!
//! A plan is data. It can be compared, printed (`--explain`) and interpreted (`launch`); it is not
//! changed after `compile` made it.

mod argument;
mod show;
mod slot;
mod step;

pub use crate::config::{Init, Target};
pub(crate) use show::entry;
pub use show::{Line, Shown};
pub use slot::Slot;
pub use step::{Arg, Call, Data, Member, Plain, RECORD, Refusal, Step, Who};

use crate::names::{Errno, NsSet, Signal};
use crate::strings::Strings;

/// Memory for the child's stack, with nothing mapped below it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stack {
    /// The lowest address.
    pub(crate) start: usize,
}

impl Stack {
    /// Its bytes. What is not touched is never there.
    pub const SIZE: usize = 64 << 10;

    /// Memory of the caller's, for one child at a time.
    pub fn over(memory: &'static mut [u8; Stack::SIZE]) -> Self {
        Stack {
            start: memory.as_mut_ptr() as usize,
        }
    }
}

/// Everything that one run does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Plan<'p> {
    /// In order. A step's number is its position, counted from 1, whoever performs it.
    pub steps: &'p [Step<'p>],
    /// The command's arguments.
    pub argv: &'p Strings<'p>,
    /// The command's environment.
    pub env: &'p Strings<'p>,
    /// The child's stack, without which there can be none.
    pub stack: Option<Stack>,
    /// What the supervisor does between `Who::During` and `Who::After`.
    pub watch: Watch<'p>,
}

/// How the supervisor behaves while the command runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Watch<'p> {
    /// Whether the command is in the caller's session, and so gets the keyboard's signals itself.
    pub shares_terminal: bool,
    /// Whether the command is PID 1, which the kernel shields from signals it has no handler for.
    pub shielded: bool,
    /// Whether that is a copy of ours, and the command its child.
    pub reaped: bool,
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
    /// The care for other processes than the command.
    pub init: Option<&'p Init<'p>>,
    /// Whether we are process 1.
    pub first: bool,
    /// Whether that is a machine's.
    pub machine: bool,
}

impl Watch<'_> {
    /// Whether there is no command.
    pub fn pauses(&self) -> bool {
        self.init.is_some_and(|init| init.pause)
    }

    /// Whether the command is started again when it ends.
    pub fn starts_again(&self) -> bool {
        self.init.is_some_and(|init| init.machine.respawn)
    }

    /// Whether the command leads a process group of its own, which gets the foreground of the terminal.
    pub fn has_own_group(&self) -> bool {
        self.init.is_some_and(|init| !init.single_child)
    }

    /// The exit code that stands for the command's.
    pub fn code(&self, code: u8) -> u8 {
        let rules = self.init.map_or(&[][..], |init| init.remap);
        rules
            .iter()
            .rfind(|(from, _)| *from == code)
            .map_or(code, |(_, to)| *to)
    }
}

impl<'p> Plan<'p> {
    /// The step of a number.
    pub fn step(&self, number: usize) -> Option<&Step<'p>> {
        self.steps.get(number.wrapping_sub(1))
    }

    /// Whether one of these makes a process with memory of its own.
    pub fn forks(&self, who: Who) -> bool {
        self.by(who)
            .any(|(_, step)| matches!(step.call, Call::Fork(..)))
    }

    /// The steps that one performs, with their numbers.
    pub fn by(&self, who: Who) -> impl Iterator<Item = (usize, &Step<'p>)> {
        (1..)
            .zip(self.steps)
            .filter(move |(_, step)| step.who == who)
    }
}

/// A step that was refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failure {
    /// Its number.
    pub step: usize,
    /// The kernel's answer; `None` if the child was ended by a signal in the middle of the step.
    pub errno: Option<Errno>,
}
