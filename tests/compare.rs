//! `compare`, beside what readlink(1) says of /proc.

mod support;

use serde_json::Value;
use std::fs;
use std::process::id;
use support::{Caller, Held, Ran, callers, is_root, pidone, skip};

const TYPES: [&str; 8] = ["mnt", "uts", "ipc", "net", "pid", "user", "cgroup", "time"];

fn compare(caller: Caller, pids: &[u32], json: bool) -> Ran {
    let mut words = vec!["compare".to_string()];
    words.extend(pids.iter().map(u32::to_string));
    words.extend(json.then(|| "--json".to_string()));
    pidone(caller, &words)
        .output()
        .expect("pidone can be started")
        .into()
}

/// What stands between the brackets of a link.
fn inode(pid: u32, file: &str) -> String {
    let link = fs::read_link(format!("/proc/{pid}/ns/{file}")).expect("a link");
    let text = link.display().to_string();
    text.split(['[', ']']).nth(1).expect("a number").to_string()
}

#[test]
fn what_differs_is_told_as_readlink_would() {
    for &caller in callers() {
        let one = Held::start(pidone(caller, &["run", "-u"]));
        let two = Held::start(pidone(caller, &["run", "-i"]));
        let pids = [one.pid, two.pid, one.pid];
        let ran = compare(caller, &pids, false);
        assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""));
        let mut lines = ran
            .out
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        let heading = lines.next().expect("a heading");
        assert_eq!(heading[1..4], pids.map(|pid| pid.to_string()));
        assert_eq!((heading[0], heading[4]), ("TYPE", "RESULT"));
        for (line, file) in lines.zip(TYPES) {
            let numbers = pids.map(|pid| inode(pid, file));
            let equal = numbers.iter().all(|number| *number == numbers[0]);
            assert_eq!(line[0], file);
            assert_eq!(line[1..4], numbers, "{ran:?}");
            assert_eq!(line[4], if equal { "equal" } else { "DIFFERENT" });
        }

        let ran = compare(caller, &pids[..2], true);
        let value: Value = serde_json::from_str(&ran.out).expect("JSON");
        let all = value["compare"].as_array().expect("an array");
        assert_eq!((ran.code, all.len()), (Some(1), 8));
        for (row, file) in all.iter().zip(TYPES) {
            assert_eq!(row["type"], file);
            for pid in &pids[..2] {
                assert_eq!(row[pid.to_string()].to_string(), inode(*pid, file));
            }
        }
    }
}

#[test]
fn equal_processes_are_equal() {
    let held = Held::start(pidone(callers()[0], &["run", "-a"]));
    for pids in [vec![id(), id()], vec![held.pid, held.pid, held.pid]] {
        let ran = compare(callers()[0], &pids, false);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        assert_eq!(ran.out.matches("equal").count(), 8, "{ran:?}");
    }
}

#[test]
fn what_may_not_be_read_is_shown_with_the_reason() {
    let absent = compare(callers()[0], &[id(), 4194304], false);
    assert_eq!(absent.code, Some(125), "{absent:?}");
    assert_eq!(absent.out.matches(" ENOENT ").count(), 8, "{absent:?}");
    assert_eq!(absent.out.matches(" UNKNOWN\n").count(), 8, "{absent:?}");
    assert!(absent.err.contains("ENOENT is not there"), "{absent:?}");

    if !is_root() {
        return skip("only root can play two users");
    }
    let held = Held::start(pidone(Caller::Root, &["run"]));
    let foreign = compare(Caller::Ordinary, &[held.pid, held.pid], true);
    assert_eq!(foreign.code, Some(125));
    let value: Value = serde_json::from_str(&foreign.out).expect("JSON");
    for row in value["compare"].as_array().expect("an array") {
        assert_eq!(row["result"], "UNKNOWN");
        assert_eq!(row[held.pid.to_string()], "EACCES");
    }
    assert!(
        foreign.err.contains("EACCES is another user's"),
        "{foreign:?}"
    );
}
