//! The terminal's foreground process group is after the end as it was found.

use crate::session::{By, Session, WAYS};
use crate::support::{each_with, eventually, has, is_running, send, skip};

const SHELL: [&str; 4] = ["bash", "--norc", "--noprofile", "-i"];
const SANDBOXED: [By; 3] = [
    By::Pidone(&[]),
    By::Pidone(&["--share", "pid"]),
    By::Pidone(&["--all"]),
];

#[test]
fn after_a_command_that_took_the_foreground_and_was_killed_it_is_as_before() {
    if !has("bash") {
        return skip("no bash");
    }
    for (caller, way) in each_with(&SANDBOXED) {
        let mut session = Session::new();
        let job = session.foreground(caller, &way.line(&SHELL));
        session.until("ready> ");
        let command = way.command(job);
        assert_eq!(
            session.holder(),
            command,
            "the control: bash is in the foreground, not pidone"
        );
        send(command, libc::SIGKILL);
        assert_eq!(session.change(job), "exited 137", "{caller:?} {way:?}");
        assert_eq!(session.holder(), job, "{caller:?} {way:?}");
    }
}

#[test]
fn after_a_command_that_took_the_foreground_and_ended_it_is_as_before() {
    if !has("bash") {
        return skip("no bash");
    }
    for (caller, way) in each_with(&SANDBOXED) {
        let mut session = Session::new();
        let job = session.foreground(caller, &way.line(&SHELL));
        session.until("ready> ");
        assert_ne!(session.holder(), job, "the control");
        session.keys("exit 9\n");
        assert_eq!(session.change(job), "exited 9", "{caller:?} {way:?}");
        assert_eq!(session.holder(), job, "{caller:?} {way:?}");
    }
}

/// The shell has moved on: what is in the foreground now is none of pidone's business.
#[test]
fn a_job_that_ends_in_the_background_leaves_the_foreground_alone() {
    for (caller, way) in each_with(&WAYS) {
        let mut session = Session::new();
        let job = session.foreground(caller, &way.line(&["sleep", "1000"]));
        assert_eq!(session.holder(), job, "the control");
        session.take_back();
        let other = session.foreground(caller, &["sleep", "1000"]);
        let command = way.command(job);
        eventually("it runs", || crate::keys::is_sleep(command).then_some(()));
        send(command, libc::SIGKILL);
        let change = session.change(job);
        assert!(
            ["killed 9", "exited 137"].contains(&change.as_str()),
            "{caller:?} {way:?}: {change}"
        );
        assert_eq!(
            (session.holder(), is_running(other)),
            (other, true),
            "{caller:?} {way:?}"
        );
    }
}
