//! A step that the kernel refused, in a sentence.

use super::{FAILED, NOT_EXECUTABLE, NOT_FOUND};
use crate::names::Errno;
use crate::plan::{Call, Failure, Line, Plan};
use crate::strings::ThinCStr;
use crate::text::{Show, Text, display, put};

/// A failed step: its number, the call as it was written, and the kernel's answer.
pub struct Refused<'a> {
    /// The plan.
    pub plan: &'a Plan<'a>,
    /// The step of it.
    pub failure: Failure,
}

impl<'a> Refused<'a> {
    /// The call that was refused.
    pub fn call(&self) -> Option<&'a Call<'a>> {
        self.plan.step(self.failure.step).map(|step| &step.call)
    }

    /// The file that the call would have executed.
    pub fn command(&self) -> Option<ThinCStr<'a>> {
        match self.call() {
            Some(Call::Exec(path)) => Some(*path),
            _ => None,
        }
    }

    /// 126 and 127 for a command that cannot be executed, 125 for everything else.
    pub fn code(&self) -> u8 {
        match (self.command(), self.failure.errno) {
            (None, _) => FAILED,
            (Some(_), Some(Errno::NOENT | Errno::NOTDIR)) => NOT_FOUND,
            (Some(_), _) => NOT_EXECUTABLE,
        }
    }
}

impl Show for Refused<'_> {
    fn show(&self, text: &mut Text) {
        let number = self.failure.step;
        if let Some(step) = self.plan.step(number)
            && !step.operands.is_empty()
        {
            put!(text, step.because);
            for word in step.operands {
                put!(text, " ", word);
            }
            put!(text, ": ");
        }
        put!(text, "step ", number, " of ", self.plan.steps.len(), ": ");
        if let Some(step) = self.plan.step(number) {
            put!(
                text,
                Line {
                    step,
                    plan: self.plan
                }
            );
        }
        match self.failure.errno {
            Some(errno) => put!(text, ": ", errno),
            None => put!(text, ": trapped: the child was killed in the middle of it"),
        }
    }
}

display!(Refused<'_>);
