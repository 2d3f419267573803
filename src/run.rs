//! The story on one screen: words → configuration → host → plan → launch → supervise → status.

use crate::cli::{self, OVERVIEW, Request, Usage, Verb};
use crate::compile::compile;
use crate::error::{Error, FAILED};
use crate::host::{Host, probe};
use crate::launch::{Timeline, launch};
use crate::plan::Shown;
use crate::report;
use crate::strings::{Strings, Words};
use crate::supervise::{End, Status, supervise};
use crate::sys::process::exit;

/// What the kernel hands to a program.
pub struct Process {
    arguments: &'static Strings<'static>,
    environment: &'static Strings<'static>,
    auxiliary: &'static [[usize; 2]],
}

impl Process {
    /// The arguments, the environment, and the (type, value) pairs of the auxiliary vector (getauxval(3)).
    pub const fn new(
        arguments: &'static Strings<'static>,
        environment: &'static Strings<'static>,
        auxiliary: &'static [[usize; 2]],
    ) -> Self {
        Process {
            arguments,
            environment,
            auxiliary,
        }
    }

    fn auxiliary(&self, kind: u64) -> u32 {
        let pair = self.auxiliary.iter().find(|pair| pair[0] as u64 == kind);
        pair.map_or(0, |pair| pair[1] as u32)
    }

    fn host(&self) -> Host<'static> {
        let ids = [libc::AT_EUID, libc::AT_EGID].map(|kind| self.auxiliary(kind));
        probe::of_program(ids, self.environment)
    }
}

/// The whole program: does what the arguments ask for, and exits with its status.
pub fn main(process: &Process) -> ! {
    let words = Words::default();
    // A privileged file would lend its rights to whoever calls it (CVE-2016-8659, CVE-2020-5291).
    let request = match process.auxiliary(libc::AT_SECURE) {
        0 => cli::parse(process.arguments.get(1..).unwrap_or(&[]), &words),
        _ => Err(Error::Privileged),
    };
    let status = request.and_then(|request| match request.verb {
        Verb::Run | Verb::Explain => run(process, &request),
        Verb::Help => report::print(&OVERVIEW),
        Verb::HelpRun => report::print(&Usage),
        Verb::Version => report::print(&VERSION),
    });
    exit(status.unwrap_or_else(|error| {
        report::complain(&error);
        FAILED
    }))
}

const VERSION: &str = concat!("pidone ", env!("CARGO_PKG_VERSION"), "\n");

/// Runs the command, or prints what that would do. What the kernel refuses may teach a fact; then
/// the plan is made again.
fn run(process: &Process, request: &Request) -> Result<u8, Error<'static>> {
    let (config, words) = (&request.config, Words::default());
    let explain = request.verb == Verb::Explain;
    let mut host = process.host();
    if explain {
        probe::look_closer(&mut host, config);
    }
    loop {
        let plan = compile(config, &host, &words)?;
        if explain {
            return report::print(&Shown(&plan));
        }
        let timeline = request.timing.then(|| Timeline::new(plan.steps.len()));
        let mut end = End::default();
        let (result, notes) = launch(&plan, timeline.as_ref(), &mut |child| {
            end = supervise(child, &plan.watch)
        });
        match result {
            Err(failure) if probe::learn(&mut host, config, &plan, failure) => continue,
            Err(failure) => end.status = Status::Exited(report::failed(&plan, failure, notes)),
            Ok(()) => report::ended(&plan, end, notes),
        }
        if let Some(timeline) = &timeline {
            report::timing(&plan, timeline);
        }
        // Nothing is given back: the program ends here.
        exit(end.status.code())
    }
}

/// A defect of the program itself: one sentence, and the end. Without the heap, whose defect it may be.
pub fn defect() -> ! {
    report::complain_of_defect();
    exit(FAILED)
}
