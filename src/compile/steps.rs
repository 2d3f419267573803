//! The list under construction.

use crate::names::{Errno, Id, Sys};
use crate::plan::{Arg, Call, Refusal, Slot, Step, Who};
use crate::words::{Array, Words};

/// Steps in order, and whose turn it is.
pub struct List<'p> {
    pub steps: Array<'p, Step<'p>>,
    who: Who,
}

impl<'p> List<'p> {
    pub fn new(words: &'p Words) -> Self {
        List {
            steps: Array::new(words),
            who: Who::Before,
        }
    }

    /// The steps that follow are performed by this one.
    pub fn turn(&mut self, who: Who) {
        self.who = who;
    }

    /// A system call with these arguments.
    pub fn call(&self, number: Sys, args: &[Arg<'p>]) -> Call<'p> {
        Call::plain(number, self.steps.words().copy(args))
    }

    /// A step that is a system call with these arguments, whose refusal fails the run.
    #[inline(never)]
    pub fn plain(&mut self, number: Sys, args: &[Arg<'p>], because: Id) {
        let call = self.call(number, args);
        self.add(call, because);
    }

    /// The same for one that returns a descriptor.
    #[inline(never)]
    pub fn opening(&mut self, slot: Slot, number: Sys, args: &[Arg<'p>], because: Id) {
        let args = self.steps.words().copy(args);
        self.add(Call::opening(slot, number, args), because);
    }

    /// A step whose refusal fails the run.
    #[inline(never)]
    pub fn add(&mut self, call: Call<'p>, because: Id) {
        self.push(call, Refusal::Fatal, because);
    }

    #[inline(never)]
    pub fn add_if(&mut self, condition: bool, call: Call<'p>, because: Id) {
        if condition {
            self.add(call, because);
        }
    }

    /// A step that the command can do without.
    pub fn add_wanted(&mut self, call: Call<'p>, because: Id) {
        self.push(call, Refusal::Warn, because);
    }

    /// A step that has answers other than success after which the next one is next.
    pub fn add_tolerant(&mut self, call: Call<'p>, answers: &'static [Errno], because: Id) {
        self.push(call, Refusal::Tolerate(answers), because);
    }

    #[inline(never)]
    fn push(&mut self, call: Call<'p>, refusal: Refusal, because: Id) {
        self.steps.push(Step {
            who: self.who,
            call,
            refusal,
            because,
        });
    }
}
