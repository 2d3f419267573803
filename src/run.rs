//! The story on one screen: words → configuration → host → plan → launch → supervise → status.

mod check;

use crate::cli::{self, OVERVIEW, Request, Usage, Wish};
use crate::compile::compile;
use crate::error::{Error, FAILED};
use crate::host::{Host, probe};
use crate::launch::{Timeline, launch};
use crate::names::Verb;
use crate::plan::{Shown, Stack};
use crate::report;
use crate::strings::Strings;
use crate::supervise::{End, Status, supervise};
use crate::sys::process::exit;
use crate::view;
use crate::words::Words;

/// What the kernel hands to a program.
pub struct Process {
    memory: &'static mut [u8],
    stack: Stack,
    arguments: &'static Strings<'static>,
    environment: &'static Strings<'static>,
    auxiliary: &'static [[usize; 2]],
}

impl Process {
    /// Memory to begin with and for a child's stack, the arguments, the environment, and the (type, value) pairs of the auxiliary vector (getauxval(3)).
    pub const fn new(
        memory: &'static mut [u8],
        stack: Stack,
        arguments: &'static Strings<'static>,
        environment: &'static Strings<'static>,
        auxiliary: &'static [[usize; 2]],
    ) -> Self {
        Process {
            memory,
            stack,
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
        Host {
            stack: Some(self.stack),
            ..probe::of_program(ids, self.environment)
        }
    }
}

/// The whole program: does what the arguments ask for, and exits with its status.
pub fn main(mut process: Process) -> ! {
    let words = Words::over(core::mem::take(&mut process.memory));
    // A privileged file would lend its rights to whoever calls it (CVE-2016-8659, CVE-2020-5291).
    let request = match process.auxiliary(libc::AT_SECURE) {
        0 => cli::parse(process.arguments.get(1..).unwrap_or(&[]), &words),
        _ => Err(Error::Privileged),
    };
    let status = request.and_then(|request| match request.wish {
        Wish::Do | Wish::Explain => match request.verb {
            Verb::Run | Verb::Enter => run(&process, &request, &words),
            Verb::Check => Ok(check::check(&words, process.host(), &request.view)),
            _ => Ok(view::show(&words, request.verb, &request.view)),
        },
        Wish::Help => Ok(report::print(&words, &Usage(request.verb))),
        Wish::Overview => Ok(report::print(&words, &OVERVIEW)),
        Wish::Version => Ok(report::print(&words, &VERSION)),
    });
    exit(status.unwrap_or_else(|error| {
        report::complain(&words, &error);
        FAILED
    }))
}

const VERSION: &str = concat!("pidone ", env!("CARGO_PKG_VERSION"), "\n");

/// Runs the command, or prints what that would do. What the kernel refuses may teach a fact; then
/// the plan is made again.
fn run<'a>(process: &Process, request: &Request<'a>, words: &'a Words) -> Result<u8, Error<'a>> {
    let config = &request.config;
    let explain = request.wish == Wish::Explain;
    let mut host: Host = process.host();
    probe::look_up(&mut host, config, words)?;
    probe::view::look(&mut host, config, words)?;
    if explain {
        probe::look_closer(&mut host, config, words);
    }
    loop {
        probe::look_up_accounts(&mut host, config, words);
        let plan = compile(config, &host, words)?;
        if explain {
            return Ok(report::print(words, &Shown(&plan)));
        }
        let timeline = request.timing.then(Timeline::new);
        let mut end = End::default();
        let (result, notes) = launch(&plan, timeline.as_ref(), &mut |child| {
            end = supervise(child, &plan.watch)
        });
        match result {
            Err(failure) if probe::learn(&mut host, config, words, &plan, failure) => {
                probe::restore(notes);
                continue;
            }
            Err(failure) => {
                end.status = Status::Exited(report::failed(words, &plan, failure, notes))
            }
            Ok(()) => report::ended(words, &plan, end, notes),
        }
        if let Some(timeline) = &timeline {
            report::timing(words, &plan, timeline);
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
