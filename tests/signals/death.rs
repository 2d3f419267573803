//! When pidone is killed, nothing of the sandbox stays.

use crate::support::{
    Caller, Scratch, callers, each_with, eventually, is_alive, marked, pidone, send,
};
use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How many times each set of options is killed at another moment of its first milliseconds.
const MOMENTS: u32 = 50;
const APART: Duration = Duration::from_micros(60);

/// Sets of options that take different ways through the set-up. Standard input is a pipe that
/// nobody writes to.
const OPTIONS: [&[&str]; 6] = [
    &[],
    &["--share", "pid"],
    &["--all"],
    &["--net", "--hostname", "inside"],
    &["--block-fd", "0"],
    &["--share", "pid,mount", "--user", "--info-fd", "2"],
];

#[test]
fn pidone_killed_at_any_moment_leaves_nothing() {
    for (caller, options) in each_with(&OPTIONS) {
        for moment in 0..MOMENTS {
            killed_after(APART * moment, caller, options);
        }
    }
}

#[test]
fn pidone_killed_at_the_gate_leaves_nothing() {
    let scratch = Scratch::new("gate");
    for &caller in callers() {
        let file = scratch.path.join(format!("{caller:?}"));
        let file = file.to_str().expect("a plain name");
        for moment in 0..MOMENTS {
            killed_after(
                APART * moment,
                caller,
                &["--pid-file", file, "--block-fd", "0"],
            );
        }
    }
}

/// The set-up child shares the memory, so the arguments, of pidone: a mark finds both.
#[test]
fn pidone_killed_while_the_child_waits_leaves_nothing() {
    for &caller in callers() {
        let mark = mark();
        let mut pidone = start(caller, &["--block-fd", "0"], &mark);
        eventually("pidone and its child are found", || {
            (marked(&mark).len() == 2).then_some(())
        });
        end(&mut pidone);
        eventually("nothing is left", || marked(&mark).is_empty().then_some(()));
    }
}

/// The control: what is not to die with pidone is found, by the same means.
#[test]
fn with_no_kill_child_the_command_stays() {
    for (caller, options) in each_with(&OPTIONS[..2]) {
        let mark = mark();
        let mut pidone = start(caller, &[options, &["--no-kill-child"]].concat(), &mark);
        let command = eventually("the command runs", || {
            marked(&mark).into_iter().find(|&pid| is_sleep(pid))
        });
        end(&mut pidone);
        // Long enough for the kernel to have killed it, if it were to.
        std::thread::sleep(Duration::from_millis(100));
        assert!(is_alive(command), "{caller:?} {options:?}");
        assert_eq!(marked(&mark), [command], "{caller:?} {options:?}");
        send(command, libc::SIGKILL);
        eventually("it is gone", || (!is_alive(command)).then_some(()));
    }
}

#[test]
fn a_stopped_sandbox_dies_with_pidone() {
    for &caller in callers() {
        let mark = mark();
        let mut pidone = start(caller, &[], &mark);
        let command = eventually("the command runs", || {
            marked(&mark).into_iter().find(|&pid| is_sleep(pid))
        });
        send(command, libc::SIGSTOP);
        end(&mut pidone);
        eventually("nothing is left", || marked(&mark).is_empty().then_some(()));
    }
}

fn killed_after(delay: Duration, caller: Caller, options: &[&str]) {
    let mark = mark();
    let mut pidone = start(caller, options, &mark);
    std::thread::sleep(delay);
    end(&mut pidone);
    let what = format!("nothing is left of {options:?} killed by {caller:?} after {delay:?}");
    eventually(&what, || marked(&mark).is_empty().then_some(()));
}

/// An hour or so that no other process sleeps.
fn mark() -> String {
    static SERIAL: AtomicU32 = AtomicU32::new(0);
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    format!("4000.{:08}{serial:06}", std::process::id())
}

fn start(caller: Caller, options: &[&str], mark: &str) -> Child {
    let mut command: Command = pidone(caller, &["run"]);
    command
        .args(options)
        .args(["sleep", mark])
        .stdin(Stdio::piped())
        .stderr(Stdio::null());
    command.spawn().expect("pidone can be started")
}

fn end(pidone: &mut Child) {
    let _ = pidone.kill();
    let _ = pidone.wait();
}

fn is_sleep(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "sleep")
}
