//! The terminal hangs up: a window is closed, a connection lost.

use crate::session::{Session, WAYS};
use crate::support::{Scratch, each_with, eventually, has, is_alive, send, skip};
use crate::witness::witness;
use std::fs;
use std::path::Path;

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

/// How often a witness whose output is a file is told, when the terminal hangs up.
fn told(mut session: Session, job: u32, file: &Path) -> usize {
    let wait_for = |text: &str| {
        eventually(&format!("{text:?} in the file"), || {
            let said = fs::read_to_string(file).ok()?;
            said.contains(text).then_some(said)
        })
    };
    wait_for("ready\n");
    session.hang_up();
    wait_for("got 1\n");
    send(job, 64);
    wait_for("got 64\n")
        .lines()
        .filter(|line| *line == "got 1")
        .count()
}

#[test]
fn a_hang_up_is_told_once() {
    for (caller, way) in each_with(&WAYS) {
        let scratch = Scratch::new("hangup-once");
        let file = scratch.path.join("said");
        let script = format!("exec {} witness report >{}", witness(), file.display());
        let line = way.line(&["sh", "-c", &script]);
        let mut session = Session::new();
        let job = session.foreground(caller, &line);
        assert_eq!(told(session, job, &file), 1, "{caller:?} {way:?}");
        fs::remove_file(&file).expect("it was written");
        let session = Session::led_by(caller, &line);
        let leader = session.leader();
        assert_eq!(
            told(session, leader, &file),
            1,
            "{caller:?} {way:?} leads the session"
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
