//! Time limits, and how a command is asked to end.

use crate::running::Running;
use crate::support::{callers, is_alive, run};
use std::time::{Duration, Instant};

const SENTENCE: &str = "pidone: the command was stopped, because its time was over\n";

/// A limit of a tenth of a second, then a fifth until `SIGKILL`; reports to standard output.
const LIMITED: [&str; 6] = [
    "--timeout",
    "0.1",
    "--stop-timeout",
    "0.2",
    "--json-status-fd",
    "1",
];

/// Far below the grace that is the default, far above what a busy machine needs.
const SOON: Duration = Duration::from_secs(8);

#[test]
fn a_command_that_does_not_obey_is_killed_when_its_time_is_over() {
    for &caller in callers() {
        for ignoring in ["trap '' TERM; sleep 1000", "while :; do :; done"] {
            let start = Instant::now();
            let ran = run(caller, &[&LIMITED[..], &["sh", "-c", ignoring]].concat());
            assert!(
                (Duration::from_millis(300)..SOON).contains(&start.elapsed()),
                "{:?}",
                start.elapsed()
            );
            assert_eq!(
                (ran.code, ran.err.as_str()),
                (Some(137), SENTENCE),
                "{caller:?}"
            );
            let last = ran.out.lines().last();
            assert_eq!(
                last,
                Some(r#"{"exit-code": 137, "signal": 9, "timed-out": true}"#),
                "{caller:?}"
            );
        }
    }
}

#[test]
fn a_command_that_obeys_ends_with_its_own_status() {
    for &caller in callers() {
        for (option, name) in [
            (None, "TERM"),
            (Some("USR1"), "USR1"),
            (Some("SIGHUP"), "HUP"),
        ] {
            let script = format!("trap 'exit 6' {name}; while :; do sleep 0.01; done");
            let stop = option.map_or(vec![], |signal| vec!["--stop-signal", signal]);
            let words = [
                &["--timeout", "0.1", "--json-status-fd", "1"],
                &stop[..],
                &["sh", "-c", &script],
            ]
            .concat();
            let ran = run(caller, &words);
            assert_eq!(
                (ran.code, ran.err.as_str()),
                (Some(6), SENTENCE),
                "{caller:?} {name}"
            );
            let last = ran.out.lines().last();
            assert_eq!(
                last,
                Some(r#"{"exit-code": 6, "timed-out": true}"#),
                "{caller:?}"
            );
        }
    }
}

#[test]
fn a_command_that_ends_in_time_is_not_said_to_be_late() {
    for &caller in callers() {
        let words = [
            "--timeout",
            "100",
            "--stop-timeout",
            "100",
            "--json-status-fd",
            "1",
            "sh",
            "-c",
            "exit 3",
        ];
        let ran = run(caller, &words);
        assert_eq!((ran.code, ran.err.as_str()), (Some(3), ""), "{caller:?}");
        assert_eq!(
            ran.out.lines().last(),
            Some(r#"{"exit-code": 3}"#),
            "{caller:?}"
        );
    }
}

#[test]
fn a_command_that_is_not_pid_1_dies_of_the_stop_signal() {
    for &caller in callers() {
        let limited = |rest: &[&str]| {
            run(
                caller,
                &[&["--share", "pid", "--timeout", "0.1"], rest].concat(),
            )
            .code
        };
        assert_eq!(limited(&["sleep", "1000"]), Some(143), "{caller:?}");
        assert_eq!(
            limited(&["--stop-signal", "RTMIN+3", "sleep", "1000"]),
            Some(128 + 37),
            "{caller:?}"
        );
    }
}

#[test]
fn a_term_from_outside_is_the_stop_signal_for_the_command() {
    for &caller in callers() {
        let running = Running::witness(caller, &["--stop-signal", "USR2"], &[]);
        running.send(libc::SIGTERM);
        assert_eq!(running.up_to_fence(), ["got 12"], "{caller:?}");
        for other in [libc::SIGINT, libc::SIGUSR1, libc::SIGUSR2] {
            running.send(other);
            assert_eq!(
                running.up_to_fence(),
                [format!("got {other}")],
                "{caller:?}"
            );
        }
    }
}

#[test]
fn a_term_from_outside_ends_in_kill_if_a_stop_timeout_is_given() {
    for &caller in callers() {
        let mut running = Running::witness(caller, &["--stop-timeout", "0.2"], &[]);
        running.send(libc::SIGTERM);
        assert_eq!(running.line(), "got 15", "{caller:?}");
        assert_eq!(running.code(), 137, "{caller:?}");
    }
}

/// However often it is asked, the time runs from the first asking.
#[test]
fn asking_again_does_not_put_off_the_kill() {
    for &caller in callers() {
        let mut running = Running::witness(caller, &["--stop-timeout", "0.5"], &[]);
        let (pid, witness) = (running.pid(), running.command());
        let start = Instant::now();
        while is_alive(witness) && start.elapsed() < SOON {
            running.send(libc::SIGTERM);
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(running.code(), 137, "{caller:?}: pidone {pid}");
        assert!(start.elapsed() < SOON, "{caller:?}");
    }
}

/// The control of the two above: it is still there after longer than their time.
#[test]
fn a_term_from_outside_alone_does_not_end_in_kill() {
    for &caller in callers() {
        let running = Running::witness(caller, &[], &[]);
        running.send(libc::SIGTERM);
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(running.up_to_fence(), ["got 15"], "{caller:?}");
    }
}

#[test]
fn other_signals_do_not_start_the_stop_timeout() {
    for &caller in callers() {
        let running = Running::witness(caller, &["--stop-timeout", "0"], &[]);
        running.send(libc::SIGINT);
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(running.up_to_fence(), ["got 2"], "{caller:?}");
    }
}
