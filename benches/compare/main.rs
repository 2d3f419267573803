//! Whole processes side by side: pidone, the peers a user would pick instead, and a straight-line
//! floor program with no libc. `cargo bench` prints a table each for bytes, system calls, time and
//! the memory of the waiting supervisor, then a line per bar.
//!
//! A bar that is missed does not change the exit status: benchmarks measure, tests judge. The
//! status is 1 only when something could not be run. `PIDONE_BENCH_N` sets the runs per row (1000), and
//! `cargo bench -- inits views` measures these parts alone.

mod bars;
mod boots;
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

use std::env;
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
    boots: boots::Boots,
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

/// Whether a part is to be measured: `cargo bench -- inits views` measures these alone.
fn wanted(part: &str) -> bool {
    let mut parts = env::args().skip(1).filter(|word| !word.starts_with('-'));
    let first = parts.next();
    first.is_none_or(|first| first == part || parts.any(|other| other == part))
}

fn compare(programs: &Programs, findings: &mut Findings, troubles: &mut Troubles) {
    if wanted("bytes") {
        findings.bytes = troubles.take(bytes::print(&programs.pidone));
    }
    let own = system::own_mount_namespace();
    if wanted("times") {
        findings.user = times::print(Set::User, programs, troubles);
    }
    if let Err(reason) = own {
        println!("\nleft out, all that needs root: {reason}");
        return;
    }
    if wanted("calls") {
        findings.calls_over_floor = calls::print(programs, troubles);
    }
    if wanted("times") {
        findings.root = times::print(Set::Root, programs, troubles);
        findings.less = times::print(Set::Less, programs, troubles);
        if troubles.take(programs.build_limited()).is_some() {
            findings.limited = times::print(Set::Limited, programs, troubles);
        }
    }
    if wanted("views") {
        findings.views = views::print(programs, troubles);
    }
    if wanted("waiting") {
        findings.waiting = waiting::print(programs, troubles);
    }
    if wanted("seeing") {
        findings.seeing = seeing::print(programs, troubles);
    }
    if wanted("inits") {
        findings.inits = inits::print(programs, troubles);
    }
    if wanted("boots") {
        findings.boots = boots::print(programs, troubles);
    }
    // Last: network namespaces are torn down in the background and would disturb the rest.
    if wanted("times") {
        times::print(Set::All, programs, troubles);
    }
}
