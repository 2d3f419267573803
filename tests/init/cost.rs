//! What the init costs while it waits.

use crate::start::waits;
use crate::support::{callers, each_with, eventually, program, status_field};
use crate::watched::{ROLES, Watched};
use std::fs::{self, File};
use std::time::Duration;

fn status(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs")
}

pub fn switches(pid: u32) -> u64 {
    let status = status(pid);
    let count = |name| -> u64 {
        status_field(&status, name)
            .expect("a count")
            .parse()
            .expect("a number")
    };
    count("voluntary_ctxt_switches") + count("nonvoluntary_ctxt_switches")
}

pub fn private_dirty(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("it runs");
    let dirty = status_field(&rollup, "Private_Dirty").expect("a line");
    dirty
        .strip_suffix(" kB")
        .and_then(|text| text.parse().ok())
        .expect("kilobytes")
}

fn waiting() -> Vec<(String, Watched)> {
    let mut all = vec![];
    for (caller, role) in each_with(&ROLES) {
        for options in [
            &[][..],
            &["-g", "--grace", "5"],
            &["-r", "TERM:INT", "--wait-all"],
        ] {
            let watched = role.witness(caller, options, &[]);
            eventually("it waits", || waits(watched.init).then_some(()));
            all.push((format!("{caller:?} {role:?} {options:?}"), watched));
        }
    }
    all
}

#[test]
fn it_never_wakes_up() {
    let all = waiting();
    let before: Vec<u64> = all
        .iter()
        .map(|(_, watched)| switches(watched.init))
        .collect();
    std::thread::sleep(Duration::from_millis(2200));
    for ((what, watched), before) in all.iter().zip(before) {
        assert_eq!(switches(watched.init), before, "{what}");
    }
}

/// A program that is not optimised has a deeper stack.
const MOST_KILOBYTES: u64 = if cfg!(debug_assertions) { 24 } else { 12 };

/// Pages of a file that is not on the disk yet count as dirty for everybody who maps them.
pub fn sync_program() {
    File::open(program())
        .and_then(|file| file.sync_all())
        .expect("it can be written");
}

#[test]
fn it_keeps_three_pages() {
    sync_program();
    for (what, watched) in waiting() {
        let kilobytes = private_dirty(watched.init);
        assert!(
            (1..=MOST_KILOBYTES).contains(&kilobytes),
            "{kilobytes} kB, {what}"
        );
    }
}

#[test]
fn it_has_one_thread_and_no_handler() {
    let watched = ROLES[1].witness(callers()[0], &[], &[]);
    let status = status(watched.init);
    assert_eq!(status_field(&status, "Threads").as_deref(), Some("1"));
    assert_eq!(
        status_field(&status, "SigCgt").as_deref(),
        Some("0000000000000000")
    );
}
