//! Signals that are sent to the init are meant for the command.

use crate::running::FENCE;
use crate::support::{callers, each_with, eventually, is_running, state};
use crate::watched::{ROLES, Role};
use crate::witness::witness;

/// What nobody can handle, and what tells of a child's end.
const PRIVATE: [i32; 3] = [libc::SIGKILL, libc::SIGSTOP, libc::SIGCHLD];

fn forwarded() -> impl Iterator<Item = i32> {
    (1..FENCE).filter(|signal| !PRIVATE.contains(signal))
}

/// Those of faults too: sent by somebody they report none of ours.
#[test]
fn every_signal_reaches_the_command_once() {
    for (caller, role) in each_with(&ROLES) {
        for options in [
            &[][..],
            &["--group"],
            &["--new-session"],
            &["--single-child"],
        ] {
            let watched = role.witness(caller, options, &[]);
            for signal in forwarded() {
                watched.send(signal);
                assert_eq!(
                    watched.up_to_fence(),
                    [format!("got {signal}")],
                    "{caller:?} {role:?} {options:?}"
                );
            }
            assert_eq!(
                watched.up_to_fence(),
                [""; 0],
                "{caller:?} {role:?} {options:?}"
            );
        }
    }
}

#[test]
fn every_signal_can_be_another() {
    let rules: Vec<String> = forwarded()
        .map(|signal| format!("{signal}:{}", 1 + signal % 2))
        .collect();
    for (caller, role) in each_with(&ROLES) {
        let watched = role.witness(caller, &["--rewrite", &rules.join(",")], &[]);
        for signal in forwarded() {
            watched.send(signal);
            assert_eq!(
                watched.up_to_fence(),
                [format!("got {}", 1 + signal % 2)],
                "{caller:?} {role:?} {signal}"
            );
        }
    }
}

#[test]
fn every_signal_can_be_dropped() {
    let rules: Vec<String> = forwarded().map(|signal| format!("{signal}:0")).collect();
    for (caller, role) in each_with(&ROLES) {
        let watched = role.witness(caller, &["-r", &rules.join(",")], &[]);
        forwarded().for_each(|signal| watched.send(signal));
        assert_eq!(watched.up_to_fence(), [""; 0], "{caller:?} {role:?}");
    }
}

#[test]
fn rules_are_names_or_numbers_and_the_last_counts() {
    for (caller, role) in each_with(&ROLES) {
        let rules = [
            "-r",
            "TERM:SIGQUIT,SIGHUP:0",
            "-rRTMIN+1:RTMIN+2",
            "--rewrite=USR1:5,10:12",
        ];
        let watched = role.witness(caller, &rules, &[]);
        for (sent, got) in [
            (15, Some(3)),
            (1, None),
            (35, Some(36)),
            (10, Some(12)),
            (12, Some(12)),
            (2, Some(2)),
        ] {
            watched.send(sent);
            let wanted: Vec<String> = got.map(|got| format!("got {got}")).into_iter().collect();
            assert_eq!(watched.up_to_fence(), wanted, "{caller:?} {role:?} {sent}");
        }
    }
}

/// The command, and another process of its group.
fn pair(role: Role, options: &[&str]) -> (crate::watched::Watched, Vec<String>) {
    let script = format!(
        "'{0}' witness report die=9 & exec '{0}' witness report die=9",
        witness()
    );
    let mut command = role.init(callers()[0], &[options, &["sh", "-c", &script]].concat());
    let watched = role.ready(&mut command);
    assert_eq!(watched.running.line(), "ready");
    watched.send(10);
    let mut lines = vec![];
    for _ in 0..2 {
        watched.send(FENCE);
    }
    // Each of them says what it got up to the first fence.
    while lines.iter().filter(|line| *line == "got 64").count() < 1 {
        lines.push(watched.running.line());
    }
    (watched, lines)
}

#[test]
fn the_group_gets_signals_where_that_is_asked_for() {
    for role in ROLES {
        let (watched, _) = pair(role, &["--group"]);
        // Both say it again, in any order.
        watched.send(12);
        eventually("both have got it", || {
            let (mut got, mut rest) = (0, 20);
            while got < 2 && rest > 0 {
                got += usize::from(watched.running.line() == "got 12");
                rest -= 1;
            }
            (got == 2).then_some(())
        });
    }
}

#[test]
fn all_get_signals_where_that_is_asked_for() {
    let script = format!(
        "setsid '{0}' witness report die=9 & exec '{0}' witness report die=9",
        witness()
    );
    let mut command = Role::First.init(callers()[0], &["--signal-all", "sh", "-c", &script]);
    let watched = Role::First.ready(&mut command);
    assert_eq!(watched.running.line(), "ready");
    watched.send(12);
    assert_eq!(
        [watched.running.line(), watched.running.line()],
        ["got 12", "got 12"]
    );
}

#[test]
fn signal_all_is_for_process_1() {
    let mut command = Role::Subreaper.init(callers()[0], &["--signal-all", "true"]);
    let output = command.output().expect("it can be started");
    assert_eq!(output.status.code(), Some(125));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "pidone: --signal-all would reach others: we are not process 1 here\n"
    );
}

#[test]
fn without_an_option_the_group_gets_nothing() {
    for role in ROLES {
        let script = format!(
            "'{0}' witness report die=9 >&2 & exec '{0}' witness report die=9",
            witness()
        );
        let mut command = role.init(callers()[0], &["sh", "-c", &script]);
        command.stderr(std::process::Stdio::piped());
        let watched = role.ready(&mut command);
        watched.send(12);
        assert_eq!(watched.up_to_fence(), ["got 12"], "{role:?}");
        let other = eventually("the other one", || {
            let main = watched.main();
            crate::support::children(main).first().copied()
        });
        assert!(is_running(other), "{role:?}");
        let status = std::fs::read_to_string(format!("/proc/{other}/status")).expect("it runs");
        // Nothing is waiting for it, and it said nothing but that it is ready.
        assert_eq!(
            crate::support::status_field(&status, "ShdPnd").as_deref(),
            Some("0000000000000000")
        );
    }
}

#[test]
fn what_stops_and_continues_the_command_is_passed_on() {
    for (caller, role) in each_with(&ROLES) {
        let watched = role.witness(caller, &["-r", "TSTP:STOP"], &[]);
        let main = watched.main();
        if role == Role::Subreaper {
            // Its own stop would follow; nobody is there who continues it.
            continue;
        }
        watched.send(libc::SIGTSTP);
        eventually("it stops", || (state(main) == 'T').then_some(()));
        assert!(is_running(watched.init), "{caller:?} {role:?}");
        watched.send(libc::SIGCONT);
        eventually("it goes on", || is_running(main).then_some(()));
        assert_eq!(watched.up_to_fence(), ["got 18"], "{caller:?} {role:?}");
    }
}

/// Process 1 asks for its own end in this way.
#[test]
fn a_signal_of_the_command_to_the_init_comes_back() {
    for (caller, role) in each_with(&ROLES) {
        let script = "trap 'exit 8' TERM; kill -TERM $PPID; while :; do sleep 0.01; done";
        let ran = role
            .init(caller, &["sh", "-c", script])
            .output()
            .expect("it can be started");
        assert_eq!(ran.status.code(), Some(8), "{caller:?} {role:?}");
    }
}
