//! What sees namespaces and joins them, beside lsns and nsenter: in turns, with medians.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::Troubles;
use crate::child::{self, Group};
use crate::programs::Programs;

const PROCESSES: usize = 2000;
const RUNS: usize = 21;
/// Entering takes a thousandth of listing.
const ENTERINGS: usize = 501;

/// Ratios to the peers, and what has none.
#[derive(Default)]
pub struct Seeing {
    pub enter_over_nsenter: Option<f64>,
    pub list_over_lsns: Option<f64>,
    pub list_memory_over_lsns: Option<f64>,
    pub check_milliseconds: Option<f64>,
}

pub fn print(programs: &Programs, troubles: &mut Troubles) -> Seeing {
    let mut seeing = Seeing::default();
    let target = troubles.take(Target::start(programs));
    if let Some(target) = target {
        println!("\njoining all eight namespaces of a process, {ENTERINGS} runs each, µs");
        let pid = target.pid.to_string();
        let noop = programs.noop.as_os_str();
        let mut ours = command(&programs.pidone, &["enter", &pid]);
        ours.arg(noop);
        let mut theirs = programs
            .nsenter
            .as_deref()
            .map(|nsenter| command(nsenter, &["-a", "-t", &pid]));
        if let Some(theirs) = &mut theirs {
            theirs.arg(noop);
        }
        let [ours, theirs] = medians(&mut [Some(ours), theirs], ENTERINGS, troubles);
        row("pidone enter", ours, 1e3);
        row("nsenter -a", theirs, 1e3);
        seeing.enter_over_nsenter = ours.zip(theirs).map(|(ours, theirs)| ours / theirs);
    }

    println!("\nwhat this machine allows, {RUNS} runs, ms");
    let [check] = medians(
        &mut [Some(command(&programs.pidone, &["check"]))],
        RUNS,
        troubles,
    );
    row("pidone check", check, 1e6);
    seeing.check_milliseconds = check.map(|nanoseconds| nanoseconds / 1e6);

    println!(
        "\nall namespaces among {PROCESSES} more processes, {RUNS} runs each, ms, and kB at most"
    );
    let crowd = Crowd::start(&programs.noop);
    let ours = || command(&programs.pidone, &["list"]);
    let theirs = || programs.lsns.as_deref().map(|lsns| command(lsns, &[]));
    let times = medians(&mut [Some(ours()), theirs()], RUNS, troubles);
    let peaks = [peak(ours()), theirs().and_then(peak)];
    drop(crowd);
    for (label, time, peak) in [
        ("pidone list", times[0], peaks[0]),
        ("lsns", times[1], peaks[1]),
    ] {
        row(label, time, 1e6);
        println!(
            "  {:<12} {:>8} kB",
            "",
            peak.map_or("-".into(), |peak| peak.to_string())
        );
    }
    let ratio = |pair: [Option<f64>; 2]| Some(pair[0]? / pair[1]?);
    seeing.list_over_lsns = ratio(times);
    seeing.list_memory_over_lsns = ratio(peaks);
    seeing
}

fn row(label: &str, nanoseconds: Option<f64>, unit: f64) {
    match nanoseconds {
        Some(nanoseconds) => println!("  {label:<12} {:>8.1}", nanoseconds / unit),
        None => println!("  {label:<12} {:>8}", "-"),
    }
}

fn command(program: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Nanoseconds of each, which take turns.
fn medians<const N: usize>(
    commands: &mut [Option<Command>; N],
    runs: usize,
    troubles: &mut Troubles,
) -> [Option<f64>; N] {
    let mut samples = [(); N].map(|()| Vec::with_capacity(runs));
    for _ in 0..runs {
        for (command, samples) in commands.iter_mut().zip(&mut samples) {
            let Some(command) = command else { continue };
            let start = Instant::now();
            match command.status() {
                Ok(status) if status.success() => samples.push(start.elapsed().as_nanos() as f64),
                trouble => {
                    troubles.note(&format!("{command:?}: {trouble:?}"));
                    return [None; N];
                }
            }
        }
    }
    samples.map(|mut samples| {
        samples.sort_by(f64::total_cmp);
        samples.get(samples.len() / 2).copied()
    })
}

/// The most memory that was resident, in kB, as seen while it runs.
fn peak(mut command: Command) -> Option<f64> {
    let mut child = command.spawn().ok()?;
    let path = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while let Ok(None) = child.try_wait() {
        let status = fs::read_to_string(&path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = number.or(peak);
    }
    peak
}

/// A process in namespaces of its own.
struct Target {
    _group: Group,
    pid: u32,
}

impl Target {
    fn start(programs: &Programs) -> Result<Self, String> {
        let mut run = Command::new(&programs.pidone);
        run.args(["run", "-a"]).arg(&programs.noop).arg("pause");
        let group = Group::spawn(&mut run)?;
        let path = format!("/proc/{0}/task/{0}/children", group.pid());
        let ready = || {
            let pid: u32 = fs::read_to_string(&path).ok()?.trim().parse().ok()?;
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
            (name.trim() == "noop").then_some(pid)
        };
        let pid = child::poll(ready).ok_or("there is no command to enter")?;
        Ok(Target { _group: group, pid })
    }
}

/// Many processes that wait.
struct Crowd(Vec<Child>);

impl Crowd {
    fn start(noop: &Path) -> Self {
        let mut command = command(noop, &["pause"]);
        Crowd(
            (0..PROCESSES)
                .filter_map(|_| command.spawn().ok())
                .collect(),
        )
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
        }
        for child in &mut self.0 {
            let _ = child.wait();
        }
    }
}
