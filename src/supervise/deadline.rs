//! Time limits: ask the command to end, then make it.

use crate::launch::Child;
use crate::names::Signal;
use crate::plan::Watch;
use crate::sys::process;

/// Milliseconds from asking to `SIGKILL` after a time limit, if nothing else was said.
pub const GRACE: u64 = 10_000;

/// What happens next, and when, in nanoseconds of the monotonic clock.
pub struct Deadline {
    next: Option<(u64, Next)>,
    ask_with: Signal,
    stop_timeout: Option<u64>,
    timed_out: bool,
    /// Whether the command was asked to end.
    pub asked: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Next {
    /// The command is asked to end.
    Ask,
    /// It is made to.
    Kill,
    /// It has ended, and all others are made to.
    Leave,
}

impl Deadline {
    pub fn new(watch: &Watch) -> Self {
        Deadline {
            next: watch.timeout.map(|limit| (from_now(limit), Next::Ask)),
            ask_with: watch.stop_signal.unwrap_or(Signal::TERM),
            stop_timeout: watch.stop_timeout,
            timed_out: false,
            asked: false,
        }
    }

    /// Milliseconds until [`Deadline::pass`] is due, rounded up; `None` if it never is.
    pub fn remaining(&self) -> Option<u64> {
        let (due, _) = self.next?;
        Some(due.saturating_sub(process::monotonic()).div_ceil(1_000_000))
    }

    pub fn timed_out(&self) -> bool {
        self.timed_out
    }

    /// The command has ended: all who are left have so much time.
    pub fn leave(&mut self, grace: Option<u64>) {
        self.next = grace.map(|grace| (from_now(grace), Next::Leave));
    }

    /// The time is over: asks, or kills. Whether that was all.
    pub fn pass(&mut self, child: &Child) -> bool {
        match self.next.take() {
            Some((_, Next::Ask)) => {
                self.timed_out = true;
                self.stop_timeout = self.stop_timeout.or(Some(GRACE));
                self.ask(child, self.ask_with);
            }
            Some((_, Next::Kill)) => child.send(Signal::KILL),
            Some((_, Next::Leave)) => {
                child.send(Signal::KILL);
                return true;
            }
            None => {}
        }
        false
    }

    /// Asks the command to end. The time until `SIGKILL` starts with the first asking.
    pub fn ask(&mut self, child: &Child, with: Signal) {
        self.asked = true;
        child.send(with);
        let killing = matches!(self.next, Some((_, Next::Kill)));
        if let (false, Some(grace)) = (killing, self.stop_timeout) {
            self.next = Some((from_now(grace), Next::Kill));
        }
    }
}

fn from_now(milliseconds: u64) -> u64 {
    process::monotonic().saturating_add(milliseconds.saturating_mul(1_000_000))
}
