//! `init` beside the inits that it stands in for, each as process 1 of a sandbox that pidone makes: start,
//! private memory and wake-ups, processor time for an orphan, and how long a signal takes.

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Instant;

use crate::Troubles;
use crate::child;
use crate::programs::{Competitor, Programs};
use crate::system;
use crate::times::{self, Set};
use crate::waiting;

/// What the bars judge: pidone's figure over the best of the others, or its own.
#[derive(Default)]
pub struct Inits {
    pub start: Option<f64>,
    pub memory: Option<f64>,
    pub wake_ups: Option<f64>,
    pub orphan: Option<f64>,
    pub crowd: Option<f64>,
    pub latency: Option<f64>,
    pub bytes: Option<f64>,
}

/// The arguments that make this program a command: one that makes orphans, one that answers signals.
const ORPHANS: &str = "--make-orphans";
const CROWD: &str = "--make-a-crowd";
const ANSWER: &str = "--answer-signals";

const ROUNDS: usize = 31;
const FAMILIES: u32 = 300;
const SIGNALS: usize = 200;
const SIGUSR1: i32 = 10;

pub fn competitors(programs: &Programs, command: &Path) -> Vec<Competitor> {
    let mut list = vec![Competitor::starter(
        "pidone",
        &programs.pidone,
        "init --".into(),
        command,
    )];
    for (label, options) in [
        ("tini", "-s --"),
        ("tini-static", "-s --"),
        // In its caller's session, as the others: another is scheduled apart from it (sched_autogroup).
        ("dumb-init", "-c --"),
        ("catatonit", "--"),
    ] {
        if let Some(program) = crate::programs::installed(label) {
            list.push(Competitor::starter(
                label,
                &program,
                options.into(),
                command,
            ));
        }
    }
    list
}

pub fn print(programs: &Programs, troubles: &mut Troubles) -> Inits {
    let medians = times::print(Set::Init, programs, troubles);
    let noop = medians.get("noop").copied().unwrap_or(0.0);
    let over_noop = medians.iter().filter(|(label, _)| *label != "noop");
    let start: Vec<_> = over_noop
        .map(|(label, time)| (label.as_str(), time - noop))
        .collect();

    println!("\ninits as process 1, as root");
    println!(
        "  {:<12} {:>8} {:>14} {:>9} {:>14} {:>11} {:>12}",
        "", "bytes", "Private_Dirty", "wake-ups", "ns an orphan", "in a crowd", "ns a signal"
    );
    let mut inits = Inits::default();
    let (mut memory, mut sizes, mut times) = (vec![], vec![], vec![]);
    let own = env::current_exe().unwrap_or_default();
    let commands = competitors(programs, &own);
    for (competitor, words) in competitors(programs, &programs.noop).iter().zip(&commands) {
        let size = fs::metadata(&competitor.words()[0]).map_or(0, |file| file.len());
        let Some(waits) = troubles.take(waiting::look(competitor)) else {
            continue;
        };
        if competitor.label == "pidone" {
            inits.wake_ups = Some(waits.wake_ups as f64);
        }
        memory.push((competitor.label, waits.private_dirty as f64));
        sizes.push((competitor.label, size as f64));
        times.push((words, waits, size, [const { vec![] }; 3]));
    }
    // In turns, as what a neighbour does would hit one alone; and on one processor, as who wakes up where
    // is chance, and costs more than what is measured.
    system::on_one_processor(|| {
        for _ in 0..ROUNDS {
            for (words, _, _, [orphans, crowds, latencies]) in &mut times {
                orphans.extend(troubles.take(orphan_time(programs, words, ORPHANS)));
                crowds.extend(troubles.take(orphan_time(programs, words, CROWD)));
                latencies.extend(troubles.take(latency(programs, words)));
            }
        }
    });
    let (mut orphans, mut crowds, mut latencies) = (vec![], vec![], vec![]);
    for (words, waits, size, figures) in times {
        let label = words.label;
        let [Some(orphan), Some(crowd), Some(latency)] = figures.map(lower_quartile) else {
            continue;
        };
        println!(
            "  {label:<12} {size:>8} {:>11} kB {:>9} {orphan:>14.0} {crowd:>11.0} {latency:>12.0}",
            waits.private_dirty, waits.wake_ups,
        );
        orphans.push((label, orphan));
        crowds.push((label, crowd));
        latencies.push((label, latency));
    }
    inits.start = over_the_best(&start);
    inits.memory = memory.first().map(|(_, kilobytes)| *kilobytes);
    inits.orphan = over_the_best(&orphans);
    inits.crowd = over_the_best(&crowds);
    inits.latency = over_the_best(&latencies);
    let of = |label| {
        sizes
            .iter()
            .find(|(other, _)| *other == label)
            .map(|(_, size)| *size)
    };
    inits.bytes = of("pidone")
        .zip(of("tini-static"))
        .map(|(own, other)| other / own);
    inits
}

/// Neighbours only ever add to what a round takes.
fn lower_quartile(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_unstable_by(f64::total_cmp);
    figures.get(figures.len() / 4).copied()
}

fn over_the_best(figures: &[(&str, f64)]) -> Option<f64> {
    let (mine, others): (Vec<_>, Vec<_>) =
        figures.iter().partition(|(label, _)| *label == "pidone");
    let best = others.iter().map(|(_, figure)| *figure).reduce(f64::min)?;
    Some(mine.first()?.1 / best)
}

/// An init as process 1, and its command with pipes.
struct Running {
    child: Child,
    init: u32,
}

impl Running {
    fn start(programs: &Programs, competitor: &Competitor, words: &[&str]) -> Result<Self, String> {
        let mut command = Command::new(&programs.pidone);
        command.arg("run").args(competitor.words()).args(words);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{command:?}: {error}"))?;
        let mut ready = [0];
        let out = child.stdout.as_mut().expect("a pipe");
        out.read_exact(&mut ready)
            .map_err(|error| format!("{command:?}: {error}"))?;
        let parent = child.id();
        let init = child::poll(|| waiting::child_of(parent)).ok_or("no init")?;
        Ok(Running { child, init })
    }

    fn answer(&mut self) -> Result<(), String> {
        let out = self.child.stdout.as_mut().expect("a pipe");
        out.read_exact(&mut [0]).map_err(|error| error.to_string())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Nanoseconds of processor time for an orphan.
fn orphan_time(programs: &Programs, competitor: &Competitor, how: &str) -> Result<f64, String> {
    let number = FAMILIES.to_string();
    let mut running = Running::start(programs, competitor, &[how, &number])?;
    let used = |pid: u32| -> Result<f64, String> {
        let stat = fs::read_to_string(format!("/proc/{pid}/schedstat"))
            .map_err(|error| error.to_string())?;
        let first = stat
            .split(' ')
            .next()
            .and_then(|number| number.parse().ok());
        first.ok_or("no number".to_string())
    };
    let before = used(running.init)?;
    running
        .child
        .stdin
        .as_mut()
        .expect("a pipe")
        .write_all(b"g")
        .map_err(|error| error.to_string())?;
    running.answer()?;
    Ok((used(running.init)? - before) / f64::from(FAMILIES))
}

/// The median of the nanoseconds from sending a signal to the init until its command answers.
fn latency(programs: &Programs, competitor: &Competitor) -> Result<f64, String> {
    let mut running = Running::start(programs, competitor, &[ANSWER])?;
    let mut times = vec![];
    for _ in 0..SIGNALS {
        let start = Instant::now();
        system::send(running.init, SIGUSR1);
        running.answer()?;
        times.push(start.elapsed().as_nanos());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2] as f64)
}

/// What this program was started to be, if not a benchmark.
pub fn requested() -> Option<ExitCode> {
    let words: Vec<String> = env::args().collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[1..] {
        [how @ (ORPHANS | CROWD), number] => {
            system::make_orphans(number.parse().unwrap_or(0), how == CROWD);
        }
        [ANSWER] => system::answer_signals(SIGUSR1),
        _ => return None,
    }
    Some(ExitCode::SUCCESS)
}
