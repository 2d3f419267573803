//! Views of file systems: a typical sandbox, and binds by the thousand.

use std::fs;
use std::path::Path;

use crate::Troubles;
use crate::calls;
use crate::programs::{Competitor, Programs};
use crate::times::{self, Medians, Set};

/// The directories of a host that a sandbox usually sees; a sixth has the command.
const USUAL: [&str; 5] = ["/usr", "/etc", "/var", "/opt", "/home"];

const COUNTS: [usize; 4] = [10, 100, 1000, 2000];

/// What the bars judge.
#[derive(Default)]
pub struct Views {
    pub sandbox: Medians,
    /// Time per bind of the most, by that of a hundred.
    pub growth: Option<f64>,
    /// System calls per bind.
    pub host: Option<f64>,
    pub foreign: Option<f64>,
}

pub fn print(programs: &Programs, troubles: &mut Troubles) -> Views {
    let mut views = Views {
        sandbox: print_sandbox(programs, troubles),
        ..Views::default()
    };
    print_binds(&mut views, troubles);
    print_calls(programs, &mut views, troubles);
    views
}

/// An empty root with six read-only binds, /proc, /dev and /tmp, and all namespaces but net.
pub fn sandbox(programs: &Programs) -> Vec<Competitor> {
    let own = programs.directory.display().to_string();
    // First, so that nothing covers the command, wherever that is.
    let mut view = " --proc /proc --dev /dev --tmpfs /tmp".to_string();
    for folder in USUAL.iter().copied().chain([own.as_str()]) {
        view += &format!(" --ro-bind {folder} {folder}");
    }
    // As an ordinary user would have it: root in a new user namespace.
    let pidone = format!("run -a --share net --empty-root{view}");
    let bwrap = format!("--unshare-all --share-net --unshare-user --as-pid-1{view}");
    beside(programs, pidone, bwrap)
}

/// An empty root with so many read-only binds, and without any.
pub fn binds(programs: &Programs, count: usize) -> Vec<Competitor> {
    let own = programs.directory.display().to_string();
    let none = format!(" --ro-bind {own} {own}");
    let some = |number| format!(" --ro-bind {own}/source /m/{number}");
    let view = none.clone() + &(0..count).map(some).collect::<String>();
    let start = |view| {
        let pidone = format!("run --no-proc --empty-root{view}");
        (pidone, format!("--unshare-pid --as-pid-1{view}"))
    };
    let ((pidone, bwrap), empty) = (start(view), start(none));
    let mut list = beside(programs, pidone, bwrap);
    for mut competitor in beside(programs, empty.0, empty.1) {
        competitor.label = match competitor.label {
            "pidone" => EMPTY[0],
            "bwrap" => EMPTY[1],
            _ => continue,
        };
        list.push(competitor);
    }
    list
}

/// The labels of those without any.
const EMPTY: [&str; 2] = ["pidone, empty", "bwrap, empty"];

fn beside(programs: &Programs, pidone: String, bwrap: String) -> Vec<Competitor> {
    let noop = &programs.noop;
    let mut list = vec![
        Competitor::alone("noop", noop),
        Competitor::starter("pidone", &programs.pidone, pidone, noop),
    ];
    if let Some(program) = &programs.bwrap {
        list.push(Competitor::starter("bwrap", program, bwrap, noop));
    }
    list
}

fn print_sandbox(programs: &Programs, troubles: &mut Troubles) -> Medians {
    let runs = Set::Sandbox.runs();
    println!("\ntime of a typical sandbox, as root, {runs} runs each, µs");
    println!("  {:<8} {:>8} {:>8} {:>8}", "", "p10", "p50", "× bwrap");
    let Some(measured) = troubles.take(times::measure_apart(Set::Sandbox)) else {
        return Medians::new();
    };
    let bwrap = measured.get("bwrap").map_or(f64::NAN, |times| times.1);
    for competitor in sandbox(programs) {
        let (label, options) = (competitor.label, &competitor.options);
        let Some((low, middle)) = measured.get(label) else {
            troubles.note(label);
            continue;
        };
        let (ratio, low, middle) = (middle / bwrap, low / 1e3, middle / 1e3);
        let row = format!("{label:<8} {low:>8.1} {middle:>8.1} {ratio:>8.2}  {options}");
        println!("  {}", row.trim_end());
    }
    medians(measured)
}

fn medians(measured: times::Measured) -> Medians {
    let both = measured.into_iter();
    both.map(|(label, (_, middle))| (label, middle)).collect()
}

/// Each beside the same without any, so that what remains is the cost of the binds.
fn print_binds(views: &mut Views, troubles: &mut Troubles) {
    println!("\ntime of read-only binds in an empty root, as root, medians, µs");
    println!(
        "  {:>6} {:>5} {:>10} {:>9} {:>11} {:>9} {:>8}",
        "binds", "runs", "pidone", "per bind", "bwrap", "per bind", "× bwrap",
    );
    let mut hundred = None;
    for count in COUNTS {
        let set = Set::Binds(count);
        let Some(some) = troubles.take(times::measure_apart(set)).map(medians) else {
            return;
        };
        let of = |label: &str, empty: &str| {
            let (all, empty) = (some.get(label)?, some.get(empty)?);
            Some((all / 1e3, (all - empty) / 1e3 / count as f64))
        };
        let Some((all, each)) = of("pidone", EMPTY[0]) else {
            return troubles.note("pidone");
        };
        let peer = of("bwrap", EMPTY[1]).unwrap_or((f64::NAN, f64::NAN));
        println!(
            "  {count:>6} {:>5} {all:>10.0} {each:>9.2} {:>11.0} {:>9.2} {:>8.3}",
            set.runs(),
            peer.0,
            peer.1,
            all / peer.0,
        );
        if count == 100 {
            hundred = Some(each);
        }
        views.growth = hundred.map(|hundred| each / hundred);
    }
}

/// Binds on what is there already: among the host's files, and in a directory that becomes the root.
fn print_calls(programs: &Programs, views: &mut Views, troubles: &mut Troubles) {
    println!("\nsystem calls per read-only bind, as root");
    let Some(strace) = &programs.strace else {
        return println!("  left out: strace is not installed");
    };
    let root = programs.directory.join("root");
    let (own, root_name) = (programs.directory.display(), root.display());
    let points =
        |root: &Path| (0..=FAR).try_for_each(|n| fs::create_dir_all(root.join(format!("m/{n}"))));
    let made = points(&root).and_then(|()| points(&programs.directory));
    if troubles
        .take(made.map_err(|error| error.to_string()))
        .is_none()
    {
        return;
    }
    let start = format!("run --root {root_name} --ro-bind {own} {own}");
    views.host = troubles.take(per_bind(strace, programs, "run", &format!("{own}/m")));
    views.foreign = troubles.take(per_bind(strace, programs, &start, "/m"));
    for (what, calls) in [
        ("the host's root", views.host),
        ("a root of others", views.foreign),
    ] {
        println!("  {:>5}  in {what}", calls.unwrap_or(f64::NAN));
    }
}

const NEAR: usize = 10;
const FAR: usize = 110;

fn per_bind(strace: &Path, programs: &Programs, start: &str, points: &str) -> Result<f64, String> {
    let source = programs.source().display().to_string();
    let calls = |count: usize| {
        let binds = (0..count).map(|number| format!(" --ro-bind {source} {points}/{number}"));
        let options = start.to_string() + &binds.collect::<String>();
        let pidone = Competitor::starter("pidone", &programs.pidone, options, &programs.noop);
        calls::trace(strace, &pidone, &programs.noop)
    };
    // Memory for the plan comes in pieces that are enough for many: a fraction is not of the binds.
    Ok(calls(FAR)?
        .saturating_sub(calls(NEAR)?)
        .div_euclid(FAR - NEAR) as f64)
}
