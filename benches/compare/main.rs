//! Whole processes side by side: pidone, the peers a user would pick instead, and a straight-line
//! floor program with no libc. `cargo bench` prints a table each for bytes, system calls, time and
//! the memory of the waiting supervisor, then a line per bar.
//!
//! A bar that is missed does not change the exit status: benchmarks measure, tests judge. The
//! status is 1 only when something could not be run. `PIDONE_BENCH_N` sets the runs per row (1000).

mod bars;
mod bytes;
mod calls;
mod child;
mod inits;
mod programs;
mod seeing;
mod system;
mod times;
mod views;
mod waiting;

use std::process::ExitCode;

use programs::Programs;
use times::Set;

/// What the bars judge. A number that was not measured is `None`.
#[derive(Default)]
pub struct Findings {
    bytes: Option<u64>,
    calls_over_floor: Option<i64>,
    root: times::Medians,
    user: times::Medians,
    less: times::Medians,
    limited: times::Medians,
    views: views::Views,
    waiting: Option<waiting::Waiting>,
    seeing: seeing::Seeing,
    inits: inits::Inits,
}

/// What could not be run: said at once, counted for the exit status.
#[derive(Default)]
pub struct Troubles(usize);

impl Troubles {
    pub fn note(&mut self, trouble: &str) {
        println!("  COULD NOT RUN: {trouble}");
        self.0 += 1;
    }

    pub fn take<T>(&mut self, result: Result<T, String>) -> Option<T> {
        result.map_err(|trouble| self.note(&trouble)).ok()
    }
}

fn main() -> ExitCode {
    let programs = Programs::find();
    if let Some(code) = inits::requested() {
        return code;
    }
    if let Some(set) = times::requested() {
        return times::measure(set, &programs);
    }
    if cfg!(not(target_arch = "x86_64")) {
        println!("nothing measured: the floor and the no-op are x86_64 programs");
        return ExitCode::SUCCESS;
    }
    let mut troubles = Troubles::default();
    let mut findings = Findings::default();
    print_machine();
    if troubles.take(programs.build()).is_some() {
        compare(&programs, &mut findings, &mut troubles);
        bars::print(&findings);
    }
    ExitCode::from(u8::from(troubles.0 > 0))
}

fn print_machine() {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, |count| count.get());
    println!("Linux {}, {processors} processors", release.trim());
}

fn compare(programs: &Programs, findings: &mut Findings, troubles: &mut Troubles) {
    findings.bytes = troubles.take(bytes::print(&programs.pidone));
    match system::own_mount_namespace() {
        Ok(()) => {
            findings.calls_over_floor = calls::print(programs, troubles);
            findings.root = times::print(Set::Root, programs, troubles);
            findings.user = times::print(Set::User, programs, troubles);
            findings.less = times::print(Set::Less, programs, troubles);
            if troubles.take(programs.build_limited()).is_some() {
                findings.limited = times::print(Set::Limited, programs, troubles);
            }
            findings.views = views::print(programs, troubles);
            findings.waiting = waiting::print(programs, troubles);
            findings.seeing = seeing::print(programs, troubles);
            findings.inits = inits::print(programs, troubles);
            // Last: network namespaces are torn down in the background and would disturb the rest.
            times::print(Set::All, programs, troubles);
        }
        Err(reason) => {
            println!("\nleft out, system calls, times as root, memory while waiting: {reason}");
            findings.user = times::print(Set::User, programs, troubles);
        }
    }
}
