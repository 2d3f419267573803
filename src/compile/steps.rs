//! A list under construction.

use crate::names::Errno;
use crate::plan::{Call, Refusal, Step};
use alloc::vec::Vec;

/// Why a step is there when no option asked for it.
pub const DEFAULT: &str = "default";

/// Steps in order.
pub struct List<'p> {
    pub steps: Vec<Step<'p>>,
}

/// A step whose refusal fails the run.
pub fn step<'p>(call: Call<'p>, because: &'static str) -> Step<'p> {
    Step { call, refusal: Refusal::Fatal, because }
}

impl<'p> List<'p> {
    pub fn new() -> Self {
        List { steps: Vec::new() }
    }

    pub fn add(&mut self, call: Call<'p>, because: &'static str) {
        self.steps.push(step(call, because));
    }

    pub fn add_if(&mut self, condition: bool, call: Call<'p>, because: &'static str) {
        if condition {
            self.add(call, because);
        }
    }

    /// A step that the command can do without.
    pub fn add_wanted(&mut self, call: Call<'p>, because: &'static str) {
        self.steps.push(Step { call, refusal: Refusal::Warn, because });
    }

    /// A step that has answers other than success after which the next one is next.
    pub fn add_tolerant(&mut self, call: Call<'p>, answers: &'static [Errno], because: &'static str) {
        self.steps.push(Step { call, refusal: Refusal::Tolerate(answers), because });
    }

    pub fn append(&mut self, other: List<'p>) {
        self.steps.extend(other.steps);
    }
}
