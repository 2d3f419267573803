//! Signals that are sent to pidone are meant for the command.

use crate::running::{FENCE, Running, reporting};
use crate::support::{callers, command, each_with, eventually, has, is_alive, skip};
use crate::witness::{GO, no_core_dump};
use std::os::unix::process::CommandExt;

/// What a program raises by its own mistake; they end pidone.
const FAULTS: [i32; 7] = [
    libc::SIGFPE,
    libc::SIGILL,
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGABRT,
    libc::SIGTRAP,
    libc::SIGSYS,
];

/// What nobody can handle, and what tells pidone about its child.
const PRIVATE: [i32; 3] = [libc::SIGKILL, libc::SIGSTOP, libc::SIGCHLD];

/// The command's relations to pidone: PID 1, an ordinary process, without its terminal.
const RELATIONS: [&[&str]; 3] = [&[], &["--share", "pid"], &["--new-session"]];

#[test]
fn every_signal_reaches_the_command_once() {
    let forwarded = |signal: &i32| !FAULTS.contains(signal) && !PRIVATE.contains(signal);
    for (caller, options) in each_with(&RELATIONS) {
        let running = Running::witness(caller, options, &[]);
        for signal in (1..FENCE).filter(forwarded) {
            running.send(signal);
            assert_eq!(
                running.up_to_fence(),
                [format!("got {signal}")],
                "{caller:?} {options:?}"
            );
        }
        assert_eq!(running.up_to_fence(), [""; 0], "{caller:?} {options:?}");
    }
}

#[test]
fn real_time_signals_arrive_as_often_as_they_are_sent() {
    for &caller in callers() {
        let running = Running::witness(caller, &[], &[]);
        for signal in [34, 35, 34, 35, 34] {
            running.send(signal);
        }
        let mut arrived = running.up_to_fence();
        arrived.sort();
        assert_eq!(
            arrived,
            ["got 34", "got 34", "got 34", "got 35", "got 35"],
            "{caller:?}"
        );
    }
}

#[test]
fn what_was_pending_before_the_start_reaches_the_command() {
    for &caller in callers() {
        let mut command = reporting(caller, &[], &[]);
        // SAFETY: between fork and exec, only calls that are safe there.
        unsafe {
            command.pre_exec(|| {
                block(&[libc::SIGUSR1, libc::SIGTERM]);
                raise(libc::SIGUSR1)
            })
        };
        let running = Running::start(&mut command);
        let lines = [running.line(), running.line()];
        assert!(
            lines.contains(&"ready".into()) && lines.contains(&"got 10".into()),
            "{caller:?}: {lines:?}"
        );
        assert_eq!(running.up_to_fence(), [""; 0], "{caller:?}");
    }
}

/// `perl -e 'alarm 10; exec @ARGV' COMMAND`, the old way to limit a command's time: the kernel sends
/// it, as it sends the keyboard's, but to pidone alone.
#[test]
fn an_alarm_that_the_caller_has_set_reaches_the_command() {
    for (caller, options) in each_with(&RELATIONS) {
        let mut command = reporting(caller, options, &[]);
        // SAFETY: between fork and exec, only calls that are safe there.
        unsafe {
            command.pre_exec(|| {
                block(&[libc::SIGALRM]);
                set_alarm()
            })
        };
        let running = Running::start(&mut command);
        let lines = [running.line(), running.line()];
        assert!(
            lines.contains(&"ready".into()) && lines.contains(&"got 14".into()),
            "{caller:?}: {lines:?}"
        );
    }
}

/// The command may run before the kernel lets pidone run again. strace(1) makes that last.
#[test]
fn a_signal_that_comes_while_pidone_is_late_reaches_the_command() {
    if !has("strace") {
        return skip("no strace");
    }
    for (caller, signal) in each_with(&[libc::SIGUSR1, libc::SIGWINCH]) {
        let inner = reporting(caller, &[], &[]);
        let mut outer = command(caller, "strace");
        // `-D`: so that our child is not strace, but pidone.
        outer.args(["-D", "-o", "/dev/null", "-e", "trace=clone3"]);
        outer.args(["-e", "inject=clone3:delay_exit=1000000:when=1"]);
        let running = Running::start(outer.arg(inner.get_program()).args(inner.get_args()));
        assert_eq!(running.line(), "ready", "{caller:?}");
        running.send(signal);
        assert_eq!(running.line(), format!("got {signal}"), "{caller:?}");
    }
}

/// Not for PID 1: the kernel shows its signals as those of a process 1, which may be the machine's.
#[test]
fn a_signal_of_the_command_to_its_own_group_does_not_come_back() {
    for &caller in callers() {
        for options in [&["--share", "pid"][..], &["--new-session"]] {
            let mut command = reporting(caller, options, &["send=10", "send=15"]);
            let running = Running::ready(command.process_group(0));
            running.send(GO);
            let lines = [running.line(), running.line(), running.line()];
            let own = [&format!("got {GO}"), "got 10", "got 15"];
            assert_eq!(lines, own, "{caller:?} {options:?}");
            assert_eq!(running.up_to_fence(), [""; 0], "{caller:?} {options:?}");
        }
    }
}

#[test]
fn a_fault_signal_ends_pidone_and_the_command() {
    for &caller in callers() {
        for signal in FAULTS {
            let mut command = reporting(caller, &[], &[]);
            // SAFETY: between fork and exec, only calls that are safe there.
            unsafe {
                command.pre_exec(|| {
                    no_core_dump();
                    Ok(())
                })
            };
            let mut running = Running::ready(&mut command);
            let witness = running.command();
            running.send(signal);
            assert_eq!(running.code(), -signal, "{caller:?}");
            eventually("the command is gone", || (!is_alive(witness)).then_some(()));
        }
    }
}

fn block(signals: &[i32]) {
    // SAFETY: the set is there, and this process has one thread.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        signals.iter().for_each(|&signal| {
            libc::sigaddset(&mut set, signal);
        });
        libc::sigprocmask(libc::SIG_BLOCK, &set, std::ptr::null_mut());
    }
}

fn raise(signal: i32) -> std::io::Result<()> {
    // SAFETY: no pointer is passed.
    unsafe { libc::kill(libc::getpid(), signal) };
    Ok(())
}

/// In a twentieth of a second.
fn set_alarm() -> std::io::Result<()> {
    let zero = libc::timeval {
        tv_sec: 0,
        tv_usec: 0,
    };
    let timer = libc::itimerval {
        it_interval: zero,
        it_value: libc::timeval {
            tv_usec: 50_000,
            ..zero
        },
    };
    // SAFETY: the timer is there, and the old one is not asked for.
    unsafe {
        libc::syscall(
            libc::SYS_setitimer,
            libc::ITIMER_REAL,
            &raw const timer,
            0usize,
        )
    };
    Ok(())
}
