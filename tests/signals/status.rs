//! The exit status tells how the command ended.

use crate::running::Running;
use crate::support::{Caller, callers, command, run, send};
use crate::witness::witness;
use std::os::unix::process::ExitStatusExt;

/// Signals that stop a process, and those that do nothing, if it takes no measures (signal(7)).
const STOPPING: [i32; 4] = [libc::SIGSTOP, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU];
const HARMLESS: [i32; 4] = [libc::SIGCHLD, libc::SIGCONT, libc::SIGURG, libc::SIGWINCH];

/// What the witness exits with when it has survived its own signal.
const SURVIVED: i32 = 77;

#[test]
fn every_exit_status_comes_back() {
    for &caller in callers() {
        for code in 0..=255 {
            let ran = run(caller, &["sh", "-c", &format!("exit {code}")]);
            assert_eq!((ran.code, ran.err.as_str()), (Some(code), ""), "{caller:?}");
        }
    }
}

#[test]
fn death_by_a_signal_is_128_and_its_number() {
    for &caller in callers() {
        for signal in (1..=64).filter(|signal| !STOPPING.contains(signal)) {
            let code = if HARMLESS.contains(&signal) {
                SURVIVED
            } else {
                128 + signal
            };
            assert_eq!(
                raised_alone(caller, signal),
                code,
                "{caller:?} without pidone: {signal}"
            );
            let ran = run(
                caller,
                &[
                    "--share",
                    "pid",
                    witness(),
                    "witness",
                    "raise",
                    &signal.to_string(),
                ],
            );
            assert_eq!(
                (ran.code, ran.err.as_str()),
                (Some(code), ""),
                "{caller:?}: {signal}"
            );
        }
    }
}

/// The same without pidone, counted as a shell does.
fn raised_alone(caller: Caller, signal: i32) -> i32 {
    let mut command = command(caller, witness());
    let status = command
        .args(["witness", "raise", &signal.to_string()])
        .status()
        .expect("it can be started");
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().expect("it was killed"))
}

#[test]
fn pid_1_survives_every_signal_that_it_sends_itself() {
    for &caller in callers() {
        for signal in 1..=64 {
            let ran = run(
                caller,
                &[witness(), "witness", "raise", &signal.to_string()],
            );
            assert_eq!(
                (ran.code, ran.err.as_str()),
                (Some(SURVIVED), ""),
                "{caller:?}: {signal}"
            );
        }
        assert_eq!(
            run(caller, &["sh", "-c", "kill -9 $$"]).code,
            Some(0),
            "{caller:?}"
        );
    }
}

#[test]
fn a_fault_of_pid_1_ends_it() {
    for &caller in callers() {
        for options in [&[][..], &["--share", "pid"]] {
            let words = [options, &[witness(), "witness", "fault"]].concat();
            assert_eq!(
                run(caller, &words).code,
                Some(128 + libc::SIGSEGV),
                "{caller:?} {options:?}"
            );
        }
    }
}

#[test]
fn a_kill_from_outside_is_137() {
    for &caller in callers() {
        let mut running = Running::witness(caller, &[], &[]);
        send(running.command(), libc::SIGKILL);
        assert_eq!(running.code(), 137, "{caller:?}");
    }
}
