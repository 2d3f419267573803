//! The terminal hangs up: a window is closed, a connection lost.

use crate::session::{Session, WAYS};
use crate::support::{Scratch, each_with, eventually, has, is_alive, skip};
use std::fs;

/// What a sandboxed program leaves behind when it is told.
fn telling(file: &str) -> String {
    format!("trap 'echo told >{file}; exit 0' HUP; echo ready; while :; do sleep 0.02; done")
}

#[test]
fn a_command_in_the_foreground_is_told() {
    for (caller, way) in each_with(&WAYS) {
        let scratch = Scratch::new("hangup");
        let file = scratch.path.join("told");
        let mut session = Session::new();
        let script = telling(file.to_str().expect("a plain name"));
        let job = session.foreground(caller, &way.line(&["sh", "-c", &script]));
        session.until("ready\r\n");
        session.hang_up();
        eventually("the job ends", || (!is_alive(job)).then_some(()));
        assert_eq!(
            fs::read_to_string(&file).ok().as_deref(),
            Some("told\n"),
            "{caller:?} {way:?}"
        );
    }
}

/// As when a connection runs nothing but pidone. The kernel tells the leader of the session alone.
#[test]
fn a_command_whose_pidone_leads_the_session_is_told() {
    for (caller, way) in each_with(&WAYS) {
        let scratch = Scratch::new("hangup-leader");
        let file = scratch.path.join("told");
        let script = telling(file.to_str().expect("a plain name"));
        let mut session = Session::led_by(caller, &way.line(&["sh", "-c", &script]));
        session.until("ready\r\n");
        session.hang_up();
        assert_eq!(session.end(), Some(0), "{caller:?} {way:?}");
        assert_eq!(
            fs::read_to_string(&file).ok().as_deref(),
            Some("told\n"),
            "{caller:?} {way:?}"
        );
    }
}

#[test]
fn an_interactive_shell_ends() {
    if !has("bash") {
        return skip("no bash");
    }
    for (caller, way) in each_with(&WAYS) {
        let mut session = Session::new();
        let job = session.foreground(caller, &way.line(&["bash", "--norc", "--noprofile", "-i"]));
        session.until("ready> ");
        let shell = way.command(job);
        session.hang_up();
        eventually("the job ends", || {
            (!is_alive(job) && !is_alive(shell)).then_some(())
        });
    }
}

#[test]
fn a_reader_of_the_terminal_ends() {
    for (caller, way) in each_with(&WAYS) {
        let mut session = Session::new();
        let job = session.foreground(caller, &way.line(&["sh", "-c", "echo ready; cat; exit 0"]));
        session.until("ready\r\n");
        let command = way.command(job);
        session.hang_up();
        eventually("the job ends", || {
            (!is_alive(job) && !is_alive(command)).then_some(())
        });
    }
}
