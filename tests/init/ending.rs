//! The end of the command, and of those that it leaves.

use crate::support::{Scratch, callers, each_with, eventually, is_alive, marked, send};
use crate::watched::{ROLES, Role};
use std::fs;
use std::process::Stdio;
use std::time::Duration;

/// A daemon in a session of its own that writes down the signal that ends it.
fn with_daemon(file: &str, trap: &str, rest: &str) -> String {
    let daemon = format!(
        "trap \"echo TERM >{file}; {trap}\" TERM; echo >{file}.up; while :; do sleep 0.02; done"
    );
    format!("setsid sh -c '{daemon}' & while [ ! -e {file}.up ]; do sleep 0.01; done; {rest}")
}

#[test]
fn with_grace_all_who_are_left_are_asked_first() {
    let scratch = Scratch::new("grace");
    for &caller in callers() {
        let file = scratch
            .path
            .join(format!("{caller:?}"))
            .display()
            .to_string();
        let script = with_daemon(&file, "exit", "exit 6");
        let ran = Role::First
            .init(caller, &["--grace", "60", "sh", "-c", &script])
            .output()
            .expect("it can be started");
        assert_eq!(ran.status.code(), Some(6), "{caller:?}: {ran:?}");
        assert_eq!(
            fs::read_to_string(&file).expect("it was asked"),
            "TERM\n",
            "{caller:?}"
        );
    }
}

#[test]
fn who_does_not_go_in_time_is_killed() {
    let scratch = Scratch::new("grace");
    for &caller in callers() {
        let file = scratch
            .path
            .join(format!("{caller:?}"))
            .display()
            .to_string();
        let script = with_daemon(&file, ":", "exit 6");
        let ran = Role::First
            .init(caller, &["--grace", "0.2", "sh", "-c", &script])
            .output()
            .expect("it can be started");
        assert_eq!(ran.status.code(), Some(6), "{caller:?}: {ran:?}");
        assert!(marked(&file).is_empty(), "{caller:?}");
    }
}

#[test]
fn a_stopped_process_is_asked_too() {
    let scratch = Scratch::new("grace");
    let file = scratch.path.join("stopped").display().to_string();
    let script = with_daemon(&file, "exit", "kill -STOP $!; exit 6");
    let ran = Role::First
        .init(callers()[0], &["--grace", "60", "sh", "-c", &script])
        .output()
        .expect("it can be started");
    assert_eq!(ran.status.code(), Some(6), "{ran:?}");
    assert_eq!(fs::read_to_string(&file).expect("it was asked"), "TERM\n");
}

/// Others than process 1 cannot name all that they have adopted; the command's group they can.
#[test]
fn a_subreaper_asks_the_commands_group() {
    for &caller in callers() {
        let script = "sh -c 'trap \"exit\" TERM; while :; do sleep 0.02; done' & sleep 0.2; exit 6";
        let ran = Role::Subreaper
            .init(caller, &["--grace", "60", "sh", "-c", script])
            .output()
            .expect("it can be started");
        assert_eq!(ran.status.code(), Some(6), "{caller:?}: {ran:?}");
    }
}

#[test]
fn wait_all_waits_for_the_last() {
    for (caller, role) in each_with(&ROLES) {
        let script = "(sleep 0.3; echo last) & (setsid sleep 0.2; echo later) & exit 6";
        let ran = role
            .init(caller, &["--wait-all", "sh", "-c", script])
            .output()
            .expect("it can be started");
        assert_eq!(ran.status.code(), Some(6), "{caller:?} {role:?}");
        assert_eq!(
            String::from_utf8_lossy(&ran.stdout),
            "later\nlast\n",
            "{caller:?} {role:?}"
        );
    }
}

#[test]
fn a_command_that_ignores_term_is_killed_in_time() {
    for (caller, role) in each_with(&ROLES) {
        let script = "trap '' TERM; echo ready; while :; do sleep 0.05; done";
        let line = ["--stop-timeout", "0.2", "sh", "-c", script];
        let mut watched = role.ready(&mut role.init(caller, &line));
        watched.send(libc::SIGTERM);
        assert_eq!(
            watched.running.code(),
            128 + libc::SIGKILL,
            "{caller:?} {role:?}"
        );
    }
}

#[test]
fn a_command_that_ignores_term_goes_on() {
    for (caller, role) in each_with(&ROLES) {
        let watched = role.witness(caller, &[], &["ignore=15"]);
        watched.send(libc::SIGTERM);
        assert_eq!(watched.up_to_fence(), [""; 0], "{caller:?} {role:?}");
        assert!(is_alive(watched.main()), "{caller:?} {role:?}");
    }
}

#[test]
fn a_pause_ends_with_term_or_int_and_reaps_meanwhile() {
    for (caller, role) in each_with(&ROLES) {
        for signal in [libc::SIGTERM, libc::SIGINT] {
            let mut command = role.init(caller, &["--pause"]);
            let mut child = command
                .stdin(Stdio::null())
                .spawn()
                .expect("it can be started");
            let init = match role {
                Role::Subreaper => child.id(),
                Role::First => eventually("a child", || {
                    crate::support::children(child.id()).first().copied()
                }),
            };
            eventually("it waits", || {
                let call = fs::read_to_string(format!("/proc/{init}/syscall")).ok()?;
                call.starts_with(&format!("{} ", libc::SYS_rt_sigtimedwait))
                    .then_some(())
            });
            for harmless in [libc::SIGHUP, libc::SIGUSR1, libc::SIGCHLD] {
                send(init, harmless);
            }
            send(init, signal);
            let code = eventually("it ends", || child.try_wait().expect("our child")).code();
            assert_eq!(code, Some(0), "{caller:?} {role:?} {signal}");
        }
    }
}

/// How many times it is killed, each time at another moment of its first milliseconds.
const MOMENTS: u32 = 60;

#[test]
fn process_1_killed_at_any_moment_leaves_nothing() {
    for &caller in callers() {
        for moment in 0..MOMENTS {
            let mark = format!("10{moment:03}.{}", std::process::id());
            let script = format!("sleep {mark} & sleep {mark}");
            let mut command = Role::First.init(caller, &["sh", "-c", &script]);
            let mut child = command.spawn().expect("it can be started");
            std::thread::sleep(Duration::from_micros(70) * moment);
            let init = crate::support::children(child.id()).first().copied();
            match init {
                Some(init) => send(init, libc::SIGKILL),
                None => send(child.id(), libc::SIGKILL),
            }
            let _ = child.wait();
            eventually("all are gone", || marked(&mark).is_empty().then_some(()));
        }
    }
}

#[test]
fn our_parents_end_is_a_signal() {
    let script = "\"$@\" & echo $!; sleep 0.3; kill -KILL $$";
    for &caller in callers() {
        let pidone = crate::support::program().to_str().expect("a plain name");
        let line = ["sh", "-c", script, "sh", pidone, "init", "-p", "USR1"];
        let trap = [
            "sh",
            "-c",
            "trap 'echo told; exit' USR1; while :; do sleep 0.02; done",
        ];
        let output = Role::Subreaper
            .command(caller, &[&line[..], &trap].concat())
            .output()
            .expect("it can be started");
        let out = String::from_utf8_lossy(&output.stdout);
        assert!(out.ends_with("told\n"), "{caller:?}: {output:?}");
    }
}
