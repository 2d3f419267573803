//! Whole-process times: all competitors of a set in turns, in one loop, in an order that is
//! shuffled every round, so that noise and what a neighbour leaves behind hit all alike.
//!
//! The loop runs in a fresh, small process of this same program, as an ordinary user if the set is
//! one of an ordinary user. There `Command` is a `posix_spawn`; with a uid to set it would be a
//! fork. The no-op alone, the first row, is what the harness itself costs.

use std::collections::BTreeMap;
use std::env;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use crate::Troubles;
use crate::programs::{Competitor, Programs, namespace};
use crate::{child, inits, system, views};

/// Nanoseconds by label.
pub type Medians = BTreeMap<String, f64>;

/// The tenth percentile and the median, in nanoseconds, by label.
pub type Measured = BTreeMap<String, (f64, f64)>;

/// The argument that makes this program the measuring process.
const MEASURE: &str = "--measure-set";
/// Less privilege. What is added here has to be added to the floor, under `--cfg less`.
const LESS: &str = "run --cap-drop ALL --seccomp default";
/// And limits, under `--cfg limited`.
const LIMITED: &str = "run --cap-drop ALL --seccomp default --memory 64M --pids-limit 64";
const ORDINARY: u32 = 65534;
const WARM_UP_ROUNDS: usize = 5;

#[derive(Clone, Copy)]
pub enum Set {
    Root,
    User,
    All,
    Less,
    Limited,
    Sandbox,
    Init,
    /// So many binds.
    Binds(usize),
}

impl Set {
    const EVERY: [Set; 7] = [
        Set::Root,
        Set::User,
        Set::All,
        Set::Less,
        Set::Limited,
        Set::Sandbox,
        Set::Init,
    ];

    fn word(self) -> String {
        match self {
            Set::Root => "root".into(),
            Set::User => "user".into(),
            Set::All => "all".into(),
            Set::Less => "less".into(),
            Set::Limited => "limited".into(),
            Set::Sandbox => "sandbox".into(),
            Set::Init => "init".into(),
            Set::Binds(count) => format!("binds-{count}"),
        }
    }

    fn named(word: &str) -> Option<Set> {
        let count = word
            .strip_prefix("binds-")
            .and_then(|count| count.parse().ok());
        let plain = || Set::EVERY.into_iter().find(|set| set.word() == word);
        count.map(Set::Binds).or_else(plain)
    }

    /// How often each is run: with many binds less often.
    pub fn runs(self) -> usize {
        match self {
            Set::Binds(count) => (runs() * 20 / (count + 20)).clamp(3, 21),
            _ => runs(),
        }
    }

    /// In which rounds a competitor takes part: with many binds a peer needs minutes.
    fn takes_part(self, label: &str, round: usize) -> bool {
        !matches!(self, Set::Binds(1000..)) || label != "bwrap" || round.is_multiple_of(7)
    }

    fn warm_up_rounds(self) -> usize {
        if let Set::Binds(_) = self {
            0
        } else {
            WARM_UP_ROUNDS
        }
    }

    fn title(self) -> &'static str {
        match self {
            Set::Root => "pid and mount namespaces, as root",
            Set::User => {
                "user, pid and mount namespaces, as an ordinary user (the floor writes no id maps)"
            }
            Set::All => "all eight namespaces, as root (the floor writes no id maps)",
            Set::Less => "the same as root with less privilege, as the floor",
            Set::Limited => "the same with less privilege and limits, as the floor",
            Set::Sandbox => "a typical sandbox, as root",
            Set::Init => "an init and its command, as root",
            Set::Binds(_) => "binds in an empty root, as root",
        }
    }

    fn flags(self) -> u64 {
        match self {
            Set::Root | Set::Less | Set::Limited | Set::Init | Set::Binds(_) => {
                namespace::PID_AND_MOUNT
            }
            Set::User => namespace::PID_AND_MOUNT | namespace::USER,
            Set::All => namespace::ALL,
            Set::Sandbox => namespace::ALL & !namespace::NET,
        }
    }

    /// The floor that makes the same calls.
    fn floor(self, programs: &Programs) -> &Path {
        match self {
            Set::Less => &programs.floor_less,
            Set::Limited => &programs.floor_limited,
            _ => &programs.floor_same,
        }
    }

    fn competitors(self, programs: &Programs) -> Vec<Competitor> {
        let start = |pidone, unshare, bwrap| self.starters(programs, pidone, unshare, bwrap);
        match self {
            Set::Root => start(
                "run",
                Some("--fork --pid --mount-proc"),
                Some("--unshare-pid"),
            ),
            Set::User => start(
                "run",
                Some("-Urpf --mount-proc"),
                Some("--unshare-user --unshare-pid"),
            ),
            Set::All => start("run -a", None, None),
            Set::Less => start(LESS, None, None),
            Set::Limited => start(LIMITED, None, None),
            Set::Sandbox => views::sandbox(programs),
            Set::Init => {
                let alone = [Competitor::alone("noop", &programs.noop)].into_iter();
                alone
                    .chain(inits::competitors(programs, &programs.noop))
                    .collect()
            }
            Set::Binds(count) => views::binds(programs, count),
        }
    }

    /// Those that start a command in new namespaces, and the floors.
    fn starters(
        self,
        programs: &Programs,
        pidone: &str,
        unshare: Option<&str>,
        bwrap: Option<&str>,
    ) -> Vec<Competitor> {
        let flags = format!("{:x}", self.flags());
        let noop = &programs.noop;
        let mut list = vec![
            Competitor::alone("noop", noop),
            Competitor::starter("floor bare", &programs.floor_bare, flags.clone(), noop),
            Competitor::starter("floor same", self.floor(programs), flags, noop),
            Competitor::starter("pidone", &programs.pidone, pidone.into(), noop),
        ];
        if let (Some(program), Some(options)) = (&programs.unshare, unshare) {
            list.push(Competitor::starter(
                "unshare",
                program,
                options.into(),
                noop,
            ));
        }
        if let (Some(program), Some(options)) = (&programs.bwrap, bwrap) {
            // The fewest binds that give the same: the host's files and a proc of the new namespace.
            let options = format!("{options} --as-pid-1 --dev-bind / / --proc /proc");
            list.push(Competitor::starter("bwrap", program, options, noop));
        }
        list
    }
}

pub fn print(set: Set, programs: &Programs, troubles: &mut Troubles) -> Medians {
    println!(
        "\ntime of a whole process, {}, {} runs each, µs",
        set.title(),
        runs()
    );
    let Some(measured) = troubles.take(measure_apart(set)) else {
        return Medians::new();
    };
    let same = measured.get("floor same").map_or(f64::NAN, |times| times.1);
    println!(
        "  {:<12} {:>8} {:>8} {:>13}",
        "", "p10", "p50", "× floor same"
    );
    for competitor in set.competitors(programs) {
        let (label, options) = (competitor.label, &competitor.options);
        match measured.get(label) {
            Some((low, middle)) => {
                let (ratio, low, middle) = (middle / same, low / 1e3, middle / 1e3);
                let row = format!("{label:<12} {low:>8.1} {middle:>8.1} {ratio:>13.2}  {options}");
                println!("  {}", row.trim_end());
            }
            None => troubles.note(label),
        }
    }
    measured
        .into_iter()
        .map(|(label, (_, middle))| (label, middle))
        .collect()
}

pub fn measure_apart(set: Set) -> Result<Measured, String> {
    let own = env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(own);
    command
        .args([MEASURE, &set.word()])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    let mut as_whom = String::new();
    if matches!(set, Set::User) && system::is_root() {
        as_whom = format!(" as uid {ORDINARY}");
        command.uid(ORDINARY).gid(ORDINARY);
    }
    let output = command
        .output()
        .map_err(|error| format!("{command:?}{as_whom}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(parse)
        .collect())
}

fn parse(line: &str) -> Option<(String, (f64, f64))> {
    let mut fields = line.split('\t');
    let label = fields.next()?.into();
    Some((
        label,
        (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?),
    ))
}

/// The set this process was started to measure, if it was.
pub fn requested() -> Option<Set> {
    let mut arguments = env::args().skip(1);
    arguments.find(|argument| argument == MEASURE)?;
    let word = arguments.next()?;
    Set::named(&word)
}

pub fn measure(set: Set, programs: &Programs) -> ExitCode {
    let mut competitors = set.competitors(programs);
    competitors.retain(|competitor| match child::run(&mut competitor.command()) {
        Ok(()) => true,
        Err(trouble) => {
            eprintln!("  {trouble}");
            false
        }
    });
    thread::spawn(watch);
    let Some(samples) = take_turns(set, &competitors) else {
        return ExitCode::FAILURE;
    };
    for (competitor, mut times) in competitors.iter().zip(samples) {
        times.sort_unstable();
        let (low, middle) = (times[times.len() / 10], times[times.len() / 2]);
        println!("{}\t{low}\t{middle}", competitor.label);
    }
    ExitCode::SUCCESS
}

fn take_turns(set: Set, competitors: &[Competitor]) -> Option<Vec<Vec<u64>>> {
    let (runs, warm_up) = (set.runs(), set.warm_up_rounds());
    let mut commands: Vec<Command> = competitors.iter().map(Competitor::command).collect();
    let mut samples: Vec<Vec<u64>> = commands.iter().map(|_| Vec::with_capacity(runs)).collect();
    let mut order: Vec<usize> = (0..commands.len()).collect();
    let mut seed = 0x9e37_79b9_7f4a_7c15;
    for round in 0..runs + warm_up {
        shuffle(&mut order, &mut seed);
        for &turn in &order {
            if !set.takes_part(competitors[turn].label, round) {
                continue;
            }
            let nanoseconds = time(&mut commands[turn])?;
            if round >= warm_up {
                samples[turn].push(nanoseconds);
            }
        }
    }
    Some(samples)
}

fn runs() -> usize {
    let runs = env::var("PIDONE_BENCH_N")
        .ok()
        .and_then(|text| text.parse().ok());
    runs.unwrap_or(1000).max(1)
}

fn shuffle(order: &mut [usize], seed: &mut u64) {
    for last in (1..order.len()).rev() {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        order.swap(last, (*seed % (last as u64 + 1)) as usize);
    }
}

static STARTED: AtomicU32 = AtomicU32::new(0);
static RUNNING: AtomicU32 = AtomicU32::new(0);

/// The streams are inherited: opening /dev/null thrice per run would be harness time in every row.
fn time(command: &mut Command) -> Option<u64> {
    let start = Instant::now();
    let mut child = command
        .spawn()
        .inspect_err(|error| eprintln!("  {command:?}: {error}"))
        .ok()?;
    RUNNING.store(child.id(), Ordering::Relaxed);
    let status = child.wait();
    let elapsed = start.elapsed();
    RUNNING.store(0, Ordering::Relaxed);
    STARTED.fetch_add(1, Ordering::Relaxed);
    let trouble = match status {
        Ok(status) if status.success() => return Some(elapsed.as_nanos() as u64),
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    };
    eprintln!("  {command:?}: {trouble}");
    None
}

/// Kills a competitor that hangs, so that the measuring ends with an error instead of never.
fn watch() {
    loop {
        let before = STARTED.load(Ordering::Relaxed);
        thread::sleep(child::PATIENCE);
        let running = RUNNING.load(Ordering::Relaxed);
        if running != 0 && STARTED.load(Ordering::Relaxed) == before {
            eprintln!("  process {running} hangs and is killed");
            system::kill_process(running);
        }
    }
}
