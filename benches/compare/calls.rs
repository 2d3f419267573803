//! System calls from exec to exec, as strace sees them.
//!
//! Of the process that becomes the command, every call up to and including its execve counts; of
//! any other, every call up to and including its first wait. The execve that starts the competitor
//! itself does not. So the number does not depend on who runs first.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Troubles;
use crate::child;
use crate::programs::{Competitor, Programs, namespace};

const ROWS: [(&str, &str, u64); 8] = [
    ("default", "", 0),
    ("uts", "-u", namespace::UTS),
    ("ipc", "-i", namespace::IPC),
    ("net", "-n", namespace::NET),
    ("user", "-U", namespace::USER),
    ("cgroup", "-C", namespace::CGROUP),
    ("time", "-T", namespace::TIME),
    ("all eight", "-a", namespace::ALL),
];

/// Returns how many calls the default run makes more than the bare floor.
pub fn print(programs: &Programs, troubles: &mut Troubles) -> Option<i64> {
    println!("\nsystem calls from exec to exec, as root (floor: bare, writes no id maps)");
    let Some(strace) = &programs.strace else {
        println!("  left out: strace is not installed");
        return None;
    };
    println!("  {:<10} {:>6} {:>6} {:>6}", "", "floor", "pidone", "more");
    let mut default = None;
    for (label, option, flags) in ROWS {
        let counted = count_row(strace, programs, option, flags);
        let Some((floor, pidone)) = troubles.take(counted) else {
            // What breaks the default run breaks them all, and a hang costs patience each time.
            if flags == 0 {
                break;
            }
            continue;
        };
        let more = pidone as i64 - floor as i64;
        let row = format!("{label:<10} {floor:>6} {pidone:>6} {more:>6}  pidone run {option}");
        println!("  {}", row.trim_end());
        if flags == 0 {
            default = Some(more);
        }
    }
    default
}

fn count_row(
    strace: &Path,
    programs: &Programs,
    option: &str,
    flags: u64,
) -> Result<(usize, usize), String> {
    let flags = format!("{:x}", namespace::PID_AND_MOUNT | flags);
    let noop = &programs.noop;
    let floor = Competitor::starter("floor", &programs.floor_bare, flags, noop);
    let pidone = Competitor::starter("pidone", &programs.pidone, format!("run {option}"), noop);
    Ok((trace(strace, &floor, noop)?, trace(strace, &pidone, noop)?))
}

pub fn trace(strace: &Path, competitor: &Competitor, noop: &Path) -> Result<usize, String> {
    let output = noop.with_file_name("strace.out");
    let mut command = Command::new(strace);
    command
        .args(["-f", "-qq", "-s", "4096", "-e", "signal=none", "-o"])
        .arg(&output);
    child::run(command.args(competitor.words()).env_clear())?;
    let trace = fs::read_to_string(&output).map_err(|error| error.to_string())?;
    count(&trace, noop).ok_or(format!(
        "{}: its trace shows no start of the command",
        competitor.label
    ))
}

fn count(trace: &str, noop: &Path) -> Option<usize> {
    let command = format!("execve({:?},", noop.display().to_string());
    let mut done = HashSet::new();
    let mut calls = 0;
    let mut started = false;
    for (pid, call) in trace
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(' '))
    {
        let call = call.trim_start();
        let resumed = call.starts_with("<...") || call.starts_with("+++");
        if resumed || done.contains(pid) {
            continue;
        }
        calls += 1;
        let starts = call.starts_with(&command);
        started |= starts;
        if starts || waits(call) {
            done.insert(pid);
        }
    }
    started.then_some(calls)
}

fn waits(call: &str) -> bool {
    ["wait4(", "waitid(", "rt_sigtimedwait("]
        .iter()
        .any(|wait| call.starts_with(wait))
}
