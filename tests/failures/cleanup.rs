//! The pid-file after a run that failed.

use crate::attempt::{Attempt, Refusal, can_fail, inject};
use crate::support::{Scratch, callers, run};
use std::fs;

#[test]
fn what_failed_before_the_child_leaves_an_old_pid_file_alone() {
    if !can_fail() {
        return;
    }
    for &caller in callers() {
        let scratch = Scratch::new("kept");
        let file = scratch.file("pid", "1\n", 0o666);
        let pid_file = format!("--pid-file={}", file.display());
        let faults = inject(&["clone3:error=ENOMEM"]);
        let attempt = Attempt {
            faults: &faults,
            ..Attempt::new(caller)
        };
        attempt.is_refused(&[&pid_file, "true"], &Refusal::of("clone3(", "ENOMEM"));
        assert_eq!(
            fs::read_to_string(&file).expect("it is there"),
            "1\n",
            "{caller:?}"
        );
    }
}

#[test]
fn what_failed_in_the_child_removes_the_pid_file() {
    for &caller in callers() {
        let scratch = Scratch::new("removed");
        let pid_file = format!("--pid-file={}/pid", scratch.path.display());
        for words in [&["--chdir=/absent", "true"][..], &["/absent"]] {
            let ran = run(caller, &[&[pid_file.as_str()], words].concat());
            assert!(matches!(ran.code, Some(125 | 127)), "{ran:?}");
            assert!(!scratch.path.join("pid").exists(), "{words:?}, {caller:?}");
        }
    }
}
