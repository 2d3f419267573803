//! Signals that arrive while there is no command yet.

use crate::inherit::refuse_clone3;
use crate::running::{Running, reporting};
use crate::support::{Caller, callers, each_with, eventually, is_alive, state, status_field};
use std::fs;
use std::io::{PipeWriter, Write, pipe};
use std::os::unix::process::CommandExt;
use std::process::Stdio;

/// What asks a program to end.
const ENDING: [i32; 4] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT];

/// A pidone whose child waits for a byte that nobody has written yet.
fn waiting(caller: Caller, options: &[&str], before: fn()) -> (Running, PipeWriter) {
    let (reader, writer) = pipe().expect("a pipe can be made");
    let mut command = reporting(caller, &[options, &["--block-fd", "0"]].concat(), &[]);
    command.stdin(reader).stderr(Stdio::piped());
    // SAFETY: between fork and exec, only calls that are safe there.
    let running = Running::start(unsafe {
        command.pre_exec(move || {
            before();
            Ok(())
        })
    });
    running.command();
    (running, writer)
}

/// Sends a signal, and waits until pidone has acted on it: it waits for the next, or has ended.
fn tell(running: &Running, signal: i32) {
    running.send(signal);
    eventually("the signal is taken", || {
        let status = fs::read_to_string(format!("/proc/{}/status", running.pid()));
        let pending = status_field(&status.unwrap_or_default(), "ShdPnd");
        let none = pending.is_none_or(|set| set.trim_matches('0').is_empty());
        // One that has ended may not have taken that its child has.
        match state(running.pid()) {
            'R' => None,
            'Z' => Some(()),
            _ => none.then_some(()),
        }
    });
}

fn default() {
    // SAFETY: no handler is set.
    ENDING.iter().for_each(|&signal| unsafe {
        libc::signal(signal, libc::SIG_DFL);
    });
}

fn ignore() {
    // SAFETY: no handler is set.
    ENDING.iter().for_each(|&signal| unsafe {
        libc::signal(signal, libc::SIG_IGN);
    });
}

fn block() {
    default();
    let blocked = ENDING
        .iter()
        .fold(0u64, |set, signal| set | 1 << (signal - 1));
    // SAFETY: the set is eight bytes.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_SETMASK,
            &raw const blocked,
            0usize,
            8usize,
        )
    };
}

#[test]
fn a_signal_that_asks_to_end_is_obeyed_before_there_is_a_command() {
    for &caller in callers() {
        for signal in ENDING {
            for options in [&[][..], &["--share", "pid"], &["--all"]] {
                let (mut running, _writer) = waiting(caller, options, default);
                let child = running.command();
                running.send(signal);
                assert_eq!(running.code(), 128 + signal, "{caller:?} {options:?}");
                assert!(!is_alive(child), "{caller:?} {options:?}");
            }
        }
    }
}

/// Where clone3(2) is not answered the child starts in another way.
#[test]
fn it_is_obeyed_without_clone3_too() {
    let before = || {
        default();
        refuse_clone3().expect("a filter can be installed");
    };
    for (caller, options) in each_with(&[&[][..], &["--share", "pid"]]) {
        let (mut running, _writer) = waiting(caller, options, before);
        let child = running.command();
        tell(&running, libc::SIGTERM);
        assert_eq!(running.code(), 143, "{caller:?} {options:?}");
        assert!(!is_alive(child), "{caller:?} {options:?}");
    }
}

/// `nohup`, and what a shell without job control starts with `&`: the command would not be ended by
/// it, so neither is the set-up.
#[test]
fn a_signal_that_the_caller_ignores_does_not_end_the_set_up() {
    for &caller in callers() {
        for signal in ENDING {
            let (running, mut writer) = waiting(caller, &[], ignore);
            tell(&running, signal);
            writer.write_all(b"x").expect("the child reads it");
            assert_eq!(running.line(), "ready", "{caller:?} {signal}");
        }
    }
}

#[test]
fn a_signal_that_the_caller_blocks_waits_for_the_command() {
    for &caller in callers() {
        for signal in ENDING {
            let (running, mut writer) = waiting(caller, &[], block);
            tell(&running, signal);
            writer.write_all(b"x").expect("the child reads it");
            let mut lines = [running.line(), running.line()];
            lines.sort();
            assert_eq!(
                lines,
                [format!("got {signal}"), "ready".into()],
                "{caller:?}"
            );
        }
    }
}

/// One that has not installed its handler yet.
#[test]
fn another_signal_ends_the_set_up_as_it_ends_a_program_that_has_just_started() {
    for &caller in callers() {
        let (mut running, mut writer) = waiting(caller, &["--share", "pid"], default);
        tell(&running, libc::SIGUSR1);
        // There may be nobody any more who reads it.
        let _ = writer.write_all(b"x");
        assert_eq!(running.code(), 128 + libc::SIGUSR1, "{caller:?}");
    }
}

#[test]
fn a_time_limit_counts_the_set_up_too() {
    for &caller in callers() {
        let limits = [
            "--timeout",
            "0.1",
            "--stop-timeout",
            "0.1",
            "--json-status-fd",
            "1",
        ];
        let (mut running, _writer) = waiting(caller, &limits, default);
        let child = running.command();
        assert_eq!(running.code(), 137, "{caller:?}");
        assert!(!is_alive(child), "{caller:?}");
        running.line();
        assert_eq!(
            running.line(),
            r#"{"exit-code": 137, "signal": 9, "timed-out": true}"#,
            "{caller:?}"
        );
    }
}
