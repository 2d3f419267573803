//! The list under construction.

use crate::error::Error;
use crate::names::{Constant, Id, Sys, flags};
use crate::plan::{Arg, Call, Member, Refusal, Slot, Step, Who};
use crate::strings::ThinCStr;
use crate::words::{Array, Words};

/// Steps in order, and whose turn it is.
pub struct List<'p> {
    pub steps: Array<'p, Step<'p>>,
    who: Who,
    /// Whose steps [`List::say`] adds.
    pub because: Id,
    /// What their refusal means.
    pub refusal: Refusal,
    /// Whether files below /proc are closed as soon as they are written: no mount with a file that is open
    /// for writing can be made read-only.
    pub closes_files: bool,
    operands: &'p [ThinCStr<'p>],
    /// Where the command starts, if that is said.
    pub directory: Option<ThinCStr<'p>>,
    /// The first wish that cannot be.
    pub error: Option<Error<'p>>,
}

impl<'p> List<'p> {
    pub fn new(words: &'p Words) -> Self {
        List {
            steps: Array::new(words),
            who: Who::Before,
            because: Id::Default,
            refusal: Refusal::Fatal,
            closes_files: false,
            operands: &[],
            directory: None,
            error: None,
        }
    }

    /// There will be no plan.
    #[inline(never)]
    pub fn refuse(&mut self, error: Error<'p>) {
        self.error.get_or_insert(error);
    }

    /// The memory of the plan.
    pub fn words(&self) -> &'p Words {
        self.steps.words()
    }

    /// The steps that follow are performed by this one.
    pub fn turn(&mut self, who: Who) {
        self.who = who;
    }

    /// The steps that follow are for an option with these words.
    pub fn about(&mut self, because: Id, operands: &'p [ThinCStr<'p>]) {
        (self.because, self.operands) = (because, operands);
    }

    /// A system call with these arguments.
    pub fn call(&self, number: Sys, args: &[Arg<'p>]) -> Call<'p> {
        Call::plain(number, self.steps.words().copy(args))
    }

    /// A structure with these members.
    pub fn record(&self, members: &[Member<'p>]) -> Arg<'p> {
        Arg::Record(self.steps.words().copy(members))
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

    /// openat(2) of a path as it is, for ourselves alone.
    #[inline(never)]
    pub fn open(&mut self, slot: Slot, path: Arg<'p>, flags: u64, because: Id) {
        let flags = Arg::Flags(flags | libc::O_CLOEXEC as u64, &flags::OPEN);
        let folder = Arg::Name(Constant::AT_FDCWD);
        self.opening(slot, Sys::openat, &[folder, path, flags], because);
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

    /// A step with what its refusal means.
    #[inline(never)]
    pub fn push(&mut self, call: Call<'p>, refusal: Refusal, because: Id) {
        self.steps.push(Step {
            who: self.who,
            call,
            refusal,
            because,
            operands: self.operands,
        });
    }
}
