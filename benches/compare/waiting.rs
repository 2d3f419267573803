//! What the supervisor costs while the command runs: its private memory and its wake-ups.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use crate::Troubles;
use crate::child::{self, Group};
use crate::programs::{Competitor, Programs};
use crate::system;

const LOOK: Duration = Duration::from_secs(2);
const PAGE_KILOBYTES: u64 = 4;

/// Memory in kB as in /proc/PID/smaps_rollup; `wake_ups` are context switches during `LOOK`.
pub struct Waiting {
    pub private_dirty: u64,
    private_clean: u64,
    share: u64,
    pub wake_ups: u64,
}

/// Returns what pidone needs.
pub fn print(programs: &Programs, troubles: &mut Troubles) -> Option<Waiting> {
    println!("\nthe supervisor while the command waits, as root, kB, and wake-ups in {LOOK:?}");
    println!(
        "  {:<10} {:>13} {:>6} {:>13} {:>6} {:>8}",
        "", "Private_Dirty", "pages", "Private_Clean", "Pss", "wake-ups",
    );
    let mut of_pidone = None;
    for competitor in competitors(programs) {
        let label = competitor.label;
        let Some(waiting) = troubles.take(look(&competitor)) else {
            continue;
        };
        println!(
            "  {label:<10} {:>13} {:>6} {:>13} {:>6} {:>8}  {}",
            waiting.private_dirty,
            waiting.private_dirty / PAGE_KILOBYTES,
            waiting.private_clean,
            waiting.share,
            waiting.wake_ups,
            competitor.options,
        );
        if label == "pidone" {
            of_pidone = Some(waiting);
        }
    }
    of_pidone
}

fn competitors(programs: &Programs) -> Vec<Competitor> {
    let start = |label, program: &Path, options: &str| {
        Competitor::starter(label, program, options.into(), &programs.noop)
    };
    let mut list = vec![start("pidone", &programs.pidone, "run")];
    if let Some(program) = &programs.unshare {
        list.push(start(
            "unshare",
            program,
            "--fork --kill-child --pid --mount-proc",
        ));
    }
    if let Some(program) = &programs.bwrap {
        let options = "--unshare-pid --as-pid-1 --die-with-parent --dev-bind / / --proc /proc";
        list.push(start("bwrap", program, options));
    }
    list
}

pub fn look(competitor: &Competitor) -> Result<Waiting, String> {
    let group = Group::spawn(competitor.command().arg("pause"))?;
    let pid = group.pid();
    child::poll(|| command_sleeps(pid).then_some(())).ok_or(format!(
        "{}: its command never came to wait",
        competitor.label
    ))?;
    // The supervisor's last steps after the command's first sleep are none of its wake-ups.
    sleep(Duration::from_millis(100));
    let before = switches(pid);
    sleep(LOOK);
    let lost = || format!("{}: no reading of /proc/{pid}", competitor.label);
    let waiting = Waiting {
        wake_ups: switches(pid)
            .zip(before)
            .map(|(after, before)| after - before)
            .ok_or_else(lost)?,
        private_dirty: memory(pid, "Private_Dirty").ok_or_else(lost)?,
        private_clean: memory(pid, "Private_Clean").ok_or_else(lost)?,
        share: memory(pid, "Pss").ok_or_else(lost)?,
    };
    // It may be in a process group of its own, and not die with the others.
    if let Some(command) = child_of(pid) {
        system::kill_process(command);
    }
    Ok(waiting)
}

/// Whether a child of `supervisor` has become the no-op and sleeps.
fn command_sleeps(supervisor: u32) -> bool {
    let Ok(processes) = fs::read_dir("/proc") else {
        return false;
    };
    let stats = processes
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    stats
        .into_iter()
        .any(|stat| is_sleeping_command(&stat, supervisor))
}

/// `stat` is `PID (NAME) STATE PARENT …`, see proc_pid_stat(5).
fn is_sleeping_command(stat: &str, supervisor: u32) -> bool {
    let parent = format!("S {supervisor} ");
    stat.rsplit_once(") ")
        .is_some_and(|(head, tail)| head.ends_with("(noop") && tail.starts_with(&parent))
}

fn switches(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let voluntary = field(&status, "voluntary_ctxt_switches")?;
    Some(voluntary + field(&status, "nonvoluntary_ctxt_switches")?)
}

fn memory(pid: u32, name: &str) -> Option<u64> {
    field(
        &fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?,
        name,
    )
}

fn field(text: &str, name: &str) -> Option<u64> {
    let values = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = values.into_iter().find(|(key, _)| *key == name)?;
    value.split_whitespace().next()?.parse().ok()
}

/// A child of a process.
pub fn child_of(parent: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok()?;
    text.split_whitespace().next()?.parse().ok()
}
