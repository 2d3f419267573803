//! What is said at the end: to people on standard error, to programs as JSON.

mod timing;

use crate::error::{Error, FAILED, Refused, hint};
use crate::host::probe;
use crate::launch::{Notes, Timeline};
use crate::names::Errno;
use crate::plan::{Failure, Plan};
use crate::supervise::{End, Status};
use crate::sys::file::{self, Fd, STDERR, STDOUT};
use alloc::string::String;
use core::fmt::{Display, Formatter, Write};
use core::panic::Location;

/// All that is known when a run is over.
pub struct Outcome<'a> {
    pub plan: &'a Plan<'a>,
    pub end: Result<End, Failure>,
    pub notes: Notes,
    pub timeline: Option<Timeline>,
}

/// Prints to standard output; the exit status for having done so.
pub fn print(text: &dyn Display) -> Result<u8, Error<'static>> {
    let mut bytes = String::new();
    let _ = write!(bytes, "{text}");
    file::write_all(STDOUT, bytes.as_bytes()).map(|()| 0).map_err(Error::Output)
}

/// One sentence on standard error. If nobody can hear it, the exit status still tells.
pub fn complain(text: &dyn Display) {
    let mut stream = StandardError;
    let _ = writeln!(stream, "pidone: {text}");
}

/// Unbuffered, because a defect may have been the heap's.
struct StandardError;

impl Write for StandardError {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        file::write_all(STDERR, text.as_bytes()).map_err(|_| core::fmt::Error)
    }
}

/// A defect of the program.
pub struct Defect<'a>(pub Option<&'a Location<'a>>);

impl Display for Defect<'_> {
    fn fmt(&self, f: &mut Formatter) -> core::fmt::Result {
        f.write_str("this is a defect of pidone, or memory is used up")?;
        match self.0 {
            Some(place) => write!(f, " ({}:{})", place.file(), place.line()),
            None => Ok(()),
        }
    }
}

/// Says what is to be said, and returns the exit status.
pub fn finish(outcome: &Outcome) -> u8 {
    let code = match outcome.end {
        Ok(end) => ended(outcome, end),
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
    let mut text = String::new();
    let _ = write!(text, "{{\"exit-code\": {}", end.status.code());
    if let Status::Killed(signal) = end.status {
        let _ = write!(text, ", \"signal\": {signal}");
    }
    if end.timed_out {
        text.push_str(", \"timed-out\": true");
    }
    text.push_str("}\n");
    tell(outcome.plan, &text);
    end.status.code()
}

fn failed(outcome: &Outcome, failure: Failure) -> u8 {
    let refused = Refused { plan: outcome.plan, failure: chosen(outcome, failure) };
    let evidence = probe::observe(&refused);
    complain(&refused);
    if let Some(hint) = hint(&refused, &evidence) {
        complain_more(&hint);
    }
    let mut text = String::new();
    let _ = write!(text, "{{\"failed-step\": {}", refused.failure.step);
    if let Some(errno) = refused.failure.errno {
        let _ = write!(text, ", \"errno\": \"{errno}\"");
    }
    text.push_str("}\n");
    tell(outcome.plan, &text);
    refused.code().max(FAILED)
}

/// A candidate in `PATH` that may not be executed says more than the last one, which is not there.
fn chosen(outcome: &Outcome, failure: Failure) -> Failure {
    let refused = Refused { plan: outcome.plan, failure };
    match outcome.notes.denied {
        Some(denied) if refused.command().is_some() && failure.errno != Some(Errno::NOEXEC) => denied,
        _ => failure,
    }
}

fn complain_more(hint: &str) {
    let mut stream = StandardError;
    let _ = writeln!(stream, "hint: {hint}");
}

fn tell(plan: &Plan, text: &str) {
    if let Some(fd) = plan.watch.status_fd {
        if let Err(errno) = file::write_all(Fd(fd), text.as_bytes()) {
            complain(&Error::Output(errno));
        }
    }
}

struct Warning<'a>(Refused<'a>);

impl Display for Warning<'_> {
    fn fmt(&self, f: &mut Formatter) -> core::fmt::Result {
        write!(f, "warning: {}", self.0)
    }
}
