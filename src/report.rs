//! What is said at the end: to people on standard error, to programs as JSON.

mod timing;

use crate::error::{Error, FAILED, Refused, hint};
use crate::host::probe;
use crate::launch::{Notes, Timeline};
use crate::names::Errno;
use crate::plan::{Failure, Plan};
use crate::supervise::{End, Event, Status};
use crate::sys::file::{self, Fd, STDERR, STDOUT};
use crate::text::{Show, Text, put};
use crate::words::Words;

/// Prints to standard output; the exit status for having done so.
pub fn print(words: &Words, what: &dyn Show) -> u8 {
    let mut text = Text::new(words);
    what.show(&mut text);
    print_text(&text)
}

/// Prints a text; the exit status for having done so, or for having said why not.
#[inline(never)]
pub fn print_text(text: &Text) -> u8 {
    let Err(errno) = file::write_all(STDOUT, text.bytes()) else {
        return 0;
    };
    complain(text.words(), &Error::Output(errno));
    FAILED
}

/// One sentence on standard error. If nobody can hear it, the exit status still tells.
pub fn complain(words: &Words, what: &dyn Show) {
    let mut text = Text::new(words);
    put!(&mut text, "pidone: ", what, "\n");
    let _ = file::write_all(STDERR, text.bytes());
}

/// One sentence, and what to do if that is known.
#[inline(never)]
pub fn refuse(words: &Words, refused: &Refused) {
    let evidence = probe::observe(words, refused);
    let mut text = Text::new(words);
    put!(&mut text, "pidone: ", refused, "\n");
    hint(refused, &evidence, &mut text);
    let _ = file::write_all(STDERR, text.bytes());
}

/// A panic, or no memory for the heap.
pub fn complain_of_defect() {
    let _ = file::write_all(STDERR, b"pidone: out of memory, or a defect of pidone\n");
}

/// What there is to say when the command has ended.
#[inline(never)]
pub fn ended(words: &Words, plan: &Plan, end: End, notes: Notes) {
    if let Some(failure) = notes.warning {
        complain(words, &Warning(Refused { plan, failure }));
    }
    if let Some(errno) = end.lost {
        complain(words, &Lost(errno));
    }
    if end.timed_out {
        complain(words, &"the command was stopped, because its time was over");
    }
    if notes.oom_kills > 0 {
        complain(words, &OutOfMemory(notes.oom_kills));
    }
    let mut text = Text::new(words);
    put!(&mut text, "{\"exit-code\": ", end.status.code());
    if let Status::Killed(signal) = end.status {
        put!(&mut text, ", \"signal\": ", signal);
    }
    if end.timed_out {
        put!(&mut text, ", \"timed-out\": true");
    }
    if notes.oom_kills > 0 {
        put!(&mut text, ", \"oom-kills\": ", notes.oom_kills);
    }
    if let Err(errno) = tell(plan, text) {
        complain(words, &Error::Output(errno));
    }
}

/// Says why there is no command, and returns the exit status.
#[inline(never)]
pub fn failed(words: &Words, plan: &Plan, failure: Failure, notes: Notes) -> u8 {
    let mut refused = Refused { plan, failure };
    // A candidate in PATH that may not be executed says more than the last one, which is not there.
    if let (Some(_), Some(denied)) = (refused.command(), notes.denied) {
        refused.failure = denied;
    }
    refuse(words, &refused);
    let mut text = Text::new(words);
    put!(&mut text, "{\"failed-step\": ", refused.failure.step);
    // The descriptor may be what failed; the sentence has been said, and the status tells the rest.
    let _ = tell(plan, text);
    refused.code()
}

/// Prints the bars of `--timing`.
#[inline(never)]
pub fn timing(words: &Words, plan: &Plan, timeline: &Timeline) {
    complain(words, &timing::Bars { plan, timeline });
}

/// Ends an object, and writes it for the program that wants it.
fn tell(plan: &Plan, mut text: Text) -> Result<(), Errno> {
    put!(&mut text, "}\n");
    match plan.watch.status_fd {
        Some(fd) => file::write_all(Fd(fd), text.bytes()),
        None => Ok(()),
    }
}

impl Show for Event {
    fn show(&self, text: &mut Text) {
        match self {
            Event::Reaped(pid) => put!(text, "reaped process ", *pid),
            Event::Passed(signal) => put!(text, "passed on ", signal),
        }
    }
}

/// The command's status is not to be had.
struct Lost(Errno);

impl Show for Lost {
    fn show(&self, text: &mut Text) {
        put!(text, "wait4: ", self.0);
    }
}

/// So many processes were killed.
struct OutOfMemory(u64);

impl Show for OutOfMemory {
    fn show(&self, text: &mut Text) {
        put!(
            text,
            "out of memory: the kernel killed ",
            self.0,
            " of its processes (--memory)"
        );
    }
}

struct Warning<'a>(Refused<'a>);

impl Show for Warning<'_> {
    fn show(&self, text: &mut Text) {
        put!(text, "warning: ", self.0);
    }
}
