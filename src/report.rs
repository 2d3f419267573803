//! What is said at the end: to people on standard error, to programs as JSON.

mod timing;

use crate::error::{Error, Refused, hint};
use crate::host::probe;
use crate::launch::{Notes, Timeline};
use crate::names::Errno;
use crate::plan::{Failure, Plan};
use crate::supervise::{End, Status};
use crate::sys::file::{self, Fd, STDERR, STDOUT};
use crate::text::{Show, Text, put};

/// All that is known when a run is over.
pub struct Outcome<'a> {
    pub plan: &'a Plan<'a>,
    pub result: Result<(), Failure>,
    pub end: End,
    pub notes: Notes,
    pub timeline: Option<Timeline>,
}

/// Prints to standard output; the exit status for having done so.
pub fn print(what: &dyn Show) -> Result<u8, Error<'static>> {
    let mut text = Text::default();
    what.show(&mut text);
    file::write_all(STDOUT, text.bytes()).map(|()| 0).map_err(Error::Output)
}

/// One sentence on standard error. If nobody can hear it, the exit status still tells.
pub fn complain(what: &dyn Show) {
    let mut text = Text::default();
    put!(&mut text, "pidone: ", what, "\n");
    let _ = file::write_all(STDERR, text.bytes());
}

/// A panic, or no memory for the heap.
pub fn complain_of_defect() {
    let _ = file::write_all(STDERR, b"pidone: out of memory, or a defect of pidone\n");
}

/// Says what is to be said, and returns the exit status.
pub fn finish(outcome: &Outcome) -> u8 {
    let code = match outcome.result {
        Ok(()) => ended(outcome, outcome.end),
        Err(failure) => failed(outcome, failure),
    };
    if let Some(timeline) = &outcome.timeline {
        complain(&timing::Bars { plan: outcome.plan, timeline });
    }
    code
}

fn ended(outcome: &Outcome, end: End) -> u8 {
    if let Some(failure) = outcome.notes.warning {
        complain(&Warning(Refused { plan: outcome.plan, failure }));
    }
    if end.timed_out {
        complain(&"the command was stopped, because its time was over");
    }
    let mut text = Text::default();
    put!(&mut text, "{\"exit-code\": ", end.status.code());
    if let Status::Killed(signal) = end.status {
        put!(&mut text, ", \"signal\": ", signal);
    }
    put!(&mut text, if end.timed_out { ", \"timed-out\": true}\n" } else { "}\n" });
    tell(outcome.plan, &text);
    end.status.code()
}

fn failed(outcome: &Outcome, failure: Failure) -> u8 {
    let refused = Refused { plan: outcome.plan, failure: chosen(outcome, failure) };
    let evidence = probe::observe(&refused);
    complain(&refused);
    if let Some(hint) = hint(&refused, &evidence) {
        let mut text = Text::default();
        put!(&mut text, "hint: ");
        text.raw(hint.bytes());
        text.byte(b'\n');
        let _ = file::write_all(STDERR, text.bytes());
    }
    let mut text = Text::default();
    put!(&mut text, "{\"failed-step\": ", refused.failure.step);
    if let Some(errno) = refused.failure.errno {
        put!(&mut text, ", \"errno\": \"", errno, "\"");
    }
    put!(&mut text, "}\n");
    tell(outcome.plan, &text);
    refused.code()
}

/// A candidate in `PATH` that may not be executed says more than the last one, which is not there.
fn chosen(outcome: &Outcome, failure: Failure) -> Failure {
    let refused = Refused { plan: outcome.plan, failure };
    match outcome.notes.denied {
        Some(denied) if refused.command().is_some() && failure.errno != Some(Errno::NOEXEC) => denied,
        _ => failure,
    }
}

fn tell(plan: &Plan, text: &Text) {
    if let Some(fd) = plan.watch.status_fd {
        if let Err(errno) = file::write_all(Fd(fd), text.bytes()) {
            complain(&Error::Output(errno));
        }
    }
}

struct Warning<'a>(Refused<'a>);

impl Show for Warning<'_> {
    fn show(&self, text: &mut Text) {
        put!(text, "warning: ", self.0);
    }
}
