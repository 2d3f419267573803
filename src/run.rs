//! The story on one screen: words → configuration → host → plan → launch → supervise → status.

mod check;
mod machine;

use crate::arch;
use crate::cli::{self, Name, OVERVIEW, Request, Usage, Wish};
use crate::compile::compile;
use crate::config::Config;
use crate::error::{Error, FAILED};
use crate::host::Host;
use crate::host::probe::{self, kernel};
use crate::launch::{Timeline, launch};
use crate::names::{Signal, Verb};
use crate::pack::pack;
use crate::plan::{Plan, Shown, Stack};
use crate::report;
use crate::strings::Strings;
use crate::supervise::{End, supervise};
use crate::sys::process::{self, Pid, exit};
use crate::sys::signal;
use crate::view;
use crate::words::Words;

/// The process that all others come from.
const FIRST: Pid = Pid(1);

/// What the kernel hands to a program.
pub struct Process {
    memory: &'static mut [u8],
    stack: Stack,
    arguments: &'static Strings<'static>,
    environment: &'static Strings<'static>,
    auxiliary: &'static [[usize; 2]],
    image: [&'static [u8]; 2],
}

impl Process {
    /// Memory to begin with and for a child's stack, the arguments, the environment, the (type, value) pairs of the
    /// auxiliary vector (getauxval(3)), and the program's file in two parts.
    pub const fn new(
        memory: &'static mut [u8],
        stack: Stack,
        arguments: &'static Strings<'static>,
        environment: &'static Strings<'static>,
        auxiliary: &'static [[usize; 2]],
        image: [&'static [u8]; 2],
    ) -> Self {
        Process {
            memory,
            stack,
            arguments,
            environment,
            auxiliary,
            image,
        }
    }

    fn auxiliary(&self, kind: u64) -> u32 {
        let pair = self.auxiliary.iter().find(|pair| pair[0] as u64 == kind);
        pair.map_or(0, |pair| pair[1] as u32)
    }

    /// The pages from the kernel's block of pointers up to the first of the strings, whatever size
    /// a page has: the kernel would discard all of one of which the beginning is named.
    fn pointers(&self) -> Option<(usize, usize)> {
        let strings = (*self.arguments.first()?)?.as_ptr() as usize;
        let [start, end] =
            [self.arguments.as_ptr() as usize, strings].map(|at| at & !(arch::PAGE - 1));
        (start < end).then(|| (start, end - start))
    }

    fn host(&self, request: &Request) -> Host<'static> {
        let [euid, egid] = [libc::AT_EUID, libc::AT_EGID].map(|kind| self.auxiliary(kind));
        let mut host = probe::of_program([euid, egid], self.environment);
        host.stack = Some(self.stack);
        host.image = self.image;
        probe::look(&mut host, &request.config);
        // A machine's first process may need them again, and has no need of a page.
        if request.config.init.is_some() && !host.machine {
            host.pointers = self.pointers();
        }
        host
    }
}

/// The whole program: does what the arguments ask for, and exits with its status.
pub fn main(mut process: Process) -> ! {
    let words = Words::over(core::mem::take(&mut process.memory));
    let (own, arguments) = process.arguments.split_first().unwrap_or((&None, &[]));
    let mut name = own.map_or(Name::Own, |own| Name::of(own.bytes()));
    if name == Name::Init && process::id() != FIRST {
        name = Name::Own;
    }
    let mut request = Request::default();
    if name == Name::Init && kernel::is_ours() {
        machine::start(&process, &mut request, name, &words)
    }
    // A privileged file would lend its rights to whoever calls it (CVE-2016-8659, CVE-2020-5291).
    let environment = process.environment;
    let parsed = match process.auxiliary(libc::AT_SECURE) {
        0 => cli::parse(&mut request, name, arguments, environment, &words),
        _ => Err(Error::Privileged),
    };
    // A machine must not end here: the kernel would panic.
    if parsed.is_err() && kernel::is_ours() {
        machine::start(&process, &mut request, Name::Init, &words)
    }
    let status = match parsed {
        Ok(()) => obey(&process, &mut request, &words),
        Err(error) => Err(error),
    };
    let code = status.unwrap_or_else(|error| {
        report::complain(&words, &error);
        name.failed()
    });
    machine::end_unbooted(&words, code);
    exit(code)
}

#[inline(never)]
fn obey<'a>(
    process: &Process,
    request: &mut Request<'a>,
    words: &'a Words,
) -> Result<u8, Error<'a>> {
    Ok(match request.wish {
        Wish::Do | Wish::Explain => match request.verb {
            Verb::Run | Verb::Enter | Verb::Init => return run(process, request, words),
            Verb::Pack => {
                let config = &request.config;
                return pack(words, &request.pack, config.command, process.image);
            }
            Verb::Check => check::check(words, process.host(request), &request.view),
            _ => view::show(words, request.verb, &request.view),
        },
        Wish::Help => {
            let machine = request.config.init.is_some_and(|init| init.machine.wanted);
            let verb = request.verb;
            report::print(words, &Usage { verb, machine })
        }
        Wish::Overview => report::print(words, &OVERVIEW),
        Wish::Version => report::print(words, &request.name.version()),
        Wish::License => report::print(words, &"MIT OR Apache-2.0\n"),
    })
}

/// Runs the command, or prints what that would do.
#[inline(never)]
fn run<'a>(
    process: &Process,
    request: &mut Request<'a>,
    words: &'a Words,
) -> Result<u8, Error<'a>> {
    let mut host = process.host(request);
    match host.machine {
        true => machine::run(process, request, &mut host, words),
        false => carry_out(request, &mut host, words),
    }
}

/// What the kernel refuses may teach a fact; then the plan is made again.
#[inline(never)]
fn carry_out<'a>(
    request: &Request<'a>,
    host: &mut Host<'a>,
    words: &'a Words,
) -> Result<u8, Error<'a>> {
    let config = &request.config;
    let explain = request.wish == Wish::Explain;
    probe::look_up(host, config, words)?;
    probe::view::look(host, config, words)?;
    if explain {
        probe::look_closer(host, config, words);
    }
    let mut plan = planned(config, host, words)?;
    if explain {
        return Ok(report::print(words, &Shown(plan)));
    }
    loop {
        let timeline = request.timing.then(|| timeline(words));
        let mut end = End::default();
        let (result, notes) = launch(plan, timeline, &mut |child| {
            let complain = |event| report::complain(&words.apart(), &event);
            end = supervise(child, &plan.watch, &complain)
        });
        let code = match result {
            Err(failure) if probe::learn(host, config, words, plan, failure) => {
                probe::restore(notes.mask);
                plan = planned(config, host, words)?;
                continue;
            }
            Err(failure) => match report::failed(words, plan, failure, notes) {
                FAILED => request.name.failed(),
                code => code,
            },
            Ok(()) => {
                report::ended(&words.apart(), plan, end, notes);
                // One that fails at once would do nothing else. Who wants an end meanwhile gets it.
                if plan.watch.starts_again()
                    && !end.asked
                    && signal::wait(Signal::ENDS, Some(500)).is_err()
                {
                    probe::restore(notes.mask);
                    continue;
                }
                plan.watch.code(end.status.code())
            }
        };
        if let Some(timeline) = timeline {
            report::timing(words, plan, timeline);
        }
        return Ok(code);
    }
}

/// The plan, by what is known now.
#[inline(never)]
fn planned<'a>(
    config: &Config<'a>,
    host: &mut Host<'a>,
    words: &'a Words,
) -> Result<&'a Plan<'a>, Error<'a>> {
    probe::look_up_accounts(host, config, words);
    Ok(words.keep(compile(config, host, words)?))
}

/// Apart, for the size of its frame.
#[inline(never)]
fn timeline(words: &Words) -> &Timeline {
    words.keep(Timeline::new())
}

/// A defect of the program itself: one sentence, and the end. Without the heap, whose defect it may be.
pub fn defect() -> ! {
    report::complain_of_defect();
    exit(FAILED)
}
