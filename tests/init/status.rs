//! Exit statuses, of the command and of ours.

use crate::support::{Ran, Scratch, callers, each_with, program};
use crate::watched::{ROLES, Role};
use crate::witness::witness;
use std::process::Command;

fn end_of(mut command: Command) -> Ran {
    command.output().expect("it can be started").into()
}

#[test]
fn every_exit_status_is_the_commands_own() {
    for role in ROLES {
        for code in 0..=255 {
            let ran = end_of(role.init(callers()[0], &["sh", "-c", &format!("exit {code}")]));
            assert_eq!((ran.code, ran.err.as_str()), (Some(code), ""), "{role:?}");
        }
    }
}

#[test]
fn a_killed_command_is_128_and_the_signal() {
    let deadly = (1..=64).filter(|signal| !matches!(signal, 17 | 18 | 19..=23 | 28));
    for signal in deadly {
        let number = signal.to_string();
        let ran =
            end_of(Role::Subreaper.init(callers()[0], &[witness(), "witness", "raise", &number]));
        assert_eq!(ran.code, Some(128 + signal), "{ran:?}");
    }
}

#[test]
fn every_exit_status_can_be_another() {
    for code in 0..=255 {
        let wanted = 255 - code;
        let option = format!("--remap-exit={code}={wanted}");
        let ran = end_of(Role::Subreaper.init(
            callers()[0],
            &[&option, "sh", "-c", &format!("exit {code}")],
        ));
        assert_eq!(ran.code, Some(wanted), "{ran:?}");
    }
}

#[test]
fn an_expected_status_is_success() {
    for (words, wanted) in [
        (["-e", "143,7", "sh", "-c", "exit 7"], 0),
        (["-e", "143,7", "sh", "-c", "kill -TERM $$"], 0),
        (["-e", "143,7", "sh", "-c", "exit 8"], 8),
        (["--remap-exit", "7=1,7=2", "sh", "-c", "exit 7"], 2),
    ] {
        assert_eq!(
            end_of(Role::Subreaper.init(callers()[0], &words)).code,
            Some(wanted),
            "{words:?}"
        );
    }
}

#[test]
fn what_cannot_be_executed_is_126_or_127_with_the_reason() {
    let scratch = Scratch::new("init");
    let plain = scratch.file("plain", "no program", 0o755);
    let closed = scratch.file("closed", "", 0o644);
    for (caller, role) in each_with(&ROLES) {
        for (file, code, errno) in [
            ("/nowhere/at/all", 127, "ENOENT"),
            ("not-in-the-path", 127, "ENOENT"),
            ("/bin/sh/sh", 127, "ENOTDIR"),
            (plain.to_str().unwrap(), 126, "ENOEXEC"),
            (closed.to_str().unwrap(), 126, "EACCES"),
            ("/", 126, "EACCES"),
        ] {
            let mut command = role.init(caller, &[file]);
            // An ordinary user may not look into all directories of root's.
            command.env("PATH", "/usr/bin:/bin");
            let ran = end_of(command);
            assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{ran:?}");
            let last = ran.err.lines().next().expect("a reason");
            assert!(
                last.contains("execve(") && last.ends_with(errno),
                "{role:?}: {ran:?}"
            );
        }
    }
}

/// The same number from the command and from us: only what is reported differs.
#[test]
fn a_commands_own_127_is_no_failure_of_ours() {
    let run = |script: &str| {
        let pidone = program().to_str().expect("a plain name");
        let words = format!("exec '{pidone}' init --json-status-fd 3 {script} 3>&1");
        end_of(Role::Subreaper.command(callers()[0], &["sh", "-c", &words]))
    };
    let own = run("sh -c 'exit 127'");
    assert_eq!((own.code, own.err.as_str()), (Some(127), ""));
    assert!(own.out.ends_with("{\"exit-code\": 127}\n"), "{own:?}");
    let ours = run("/nowhere");
    assert_eq!(ours.code, Some(127));
    assert!(
        ours.out.starts_with("{\"failed-step\": ") && ours.err.contains("ENOENT"),
        "{ours:?}"
    );
}

#[test]
fn without_a_command_nothing_is_started() {
    let ran = end_of(Role::Subreaper.init(callers()[0], &["--group"]));
    assert_eq!(ran.code, Some(125));
    assert_eq!(
        ran.err,
        "pidone: there is no command: pidone init [OPTIONS] COMMAND\n"
    );
}
