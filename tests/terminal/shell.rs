//! An interactive shell as the command: what most people try first.

use crate::keys::is_sleep;
use crate::session::{By, Session};
use crate::support::{
    Caller, Scratch, callers, command, each_with, eventually, has, program, skip,
};
use std::process::Command;

const SHELL: [&str; 4] = ["bash", "--norc", "--noprofile", "-i"];
const PROMPT: &str = "ready> ";
const WAYS: [By; 4] = [
    By::Itself,
    By::Pidone(&[]),
    By::Pidone(&["--all"]),
    By::Pidone(&["--share", "pid"]),
];

/// A shell at its first prompt.
fn shell(caller: Caller, way: By) -> (Session, u32) {
    let mut session = Session::new();
    let job = session.foreground(caller, &way.line(&SHELL));
    let greeting = session.until(PROMPT);
    assert_eq!(greeting, "", "{caller:?} {way:?}");
    (session, job)
}

/// Types a line, and waits for the next prompt; what came between.
fn answer(session: &mut Session, line: &str) -> String {
    session.keys(line);
    session.keys("\n");
    session.until("\r\n");
    session.until(PROMPT)
}

/// Waits until a `sleep` is in the foreground.
fn sleeps(session: &Session) -> u32 {
    eventually("sleep is in the foreground", || {
        Some(session.holder()).filter(|&pid| is_sleep(pid))
    })
}

#[test]
fn a_shell_is_pid_1_and_has_job_control() {
    if !has("bash") {
        return skip("no bash");
    }
    for (caller, way) in each_with(&WAYS[1..3]) {
        let (mut session, _) = shell(caller, way);
        assert_eq!(
            answer(&mut session, "echo $$"),
            "1\r\n",
            "{caller:?} {way:?}"
        );
        assert!(
            answer(&mut session, "echo $-").contains('m'),
            "{caller:?} {way:?}"
        );
    }
}

#[test]
fn jobs_inside_are_stopped_listed_continued_and_interrupted() {
    if !has("bash") {
        return skip("no bash");
    }
    for (caller, way) in each_with(&WAYS) {
        let (mut session, job) = shell(caller, way);
        session.keys("sleep 1000\n");
        let sleep = sleeps(&session);
        session.keys("\x1a");
        session.until("Stopped");
        session.until(PROMPT);
        assert_eq!(
            session.poll(job),
            "running",
            "{caller:?} {way:?}: the shell goes on"
        );
        assert!(
            answer(&mut session, "jobs").contains("Stopped"),
            "{caller:?} {way:?}"
        );
        session.keys("fg\n");
        assert_eq!(sleeps(&session), sleep, "{caller:?} {way:?}");
        session.keys("\x03");
        session.until(PROMPT);
        assert_eq!(
            answer(&mut session, "echo $?"),
            "130\r\n",
            "{caller:?} {way:?}"
        );
        assert_eq!(
            session.poll(job),
            "running",
            "{caller:?} {way:?}: the shell goes on"
        );
    }
}

#[test]
fn end_of_file_ends_the_shell_with_its_status() {
    if !has("bash") {
        return skip("no bash");
    }
    for (caller, way) in each_with(&WAYS) {
        let (mut session, job) = shell(caller, way);
        answer(&mut session, "(exit 5)");
        session.keys("\x04");
        assert_eq!(session.change(job), "exited 5", "{caller:?} {way:?}");
        let screen = session.screen();
        assert!(
            !screen.contains("job control") && !screen.contains("pidone"),
            "{screen}"
        );
    }
}

#[test]
fn a_new_size_of_the_window_is_seen() {
    if !has("bash") || !has("stty") {
        return skip("no bash or no stty");
    }
    for (caller, way) in each_with(&WAYS) {
        let (mut session, _) = shell(caller, way);
        for rows in [41, 52] {
            session.resize(rows, 133);
            assert_eq!(
                answer(&mut session, "stty size"),
                format!("{rows} 133\r\n"),
                "{caller:?} {way:?}"
            );
        }
    }
}

/// A tmux server of this test's own, which ends with it.
struct Tmux<'a> {
    caller: Caller,
    scratch: &'a Scratch,
}

impl Tmux<'_> {
    fn call(&self, words: &[&str]) -> (bool, String) {
        let mut tmux: Command = command(self.caller, "tmux");
        tmux.env("TMUX_TMPDIR", &self.scratch.path)
            .env("SHELL", "/bin/sh")
            .env("PS1", PROMPT)
            .env("LC_ALL", "C.UTF-8");
        tmux.env("HISTFILE", "")
            .env_remove("TMUX")
            .args(["-f", "/dev/null"])
            .args(words);
        let output = tmux.output().expect("tmux can be started");
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    }

    fn until(&self, text: &str) {
        eventually(&format!("{text:?} in the window"), || {
            self.call(&["capture-pane", "-p"])
                .1
                .contains(text)
                .then_some(())
        });
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.call(&["kill-server"]);
    }
}

#[test]
fn a_shell_in_a_window_of_tmux_has_job_control() {
    if !has("bash") || !has("tmux") {
        return skip("no bash or no tmux");
    }
    for &caller in callers() {
        let scratch = Scratch::new("tmux");
        let tmux = Tmux {
            caller,
            scratch: &scratch,
        };
        let line = format!("exec {} run {}", program().display(), SHELL.join(" "));
        assert!(
            tmux.call(&["new-session", "-d", "-x", "80", "-y", "24", &line])
                .0,
            "{caller:?}"
        );
        tmux.until(PROMPT.trim_end());
        tmux.call(&["send-keys", "echo pid=$$.", "Enter"]);
        tmux.until("pid=1.");
        tmux.call(&["send-keys", "sleep 1000", "Enter"]);
        tmux.until("sleep 1000");
        eventually("it is stopped", || {
            tmux.call(&["send-keys", "C-z"]);
            tmux.call(&["capture-pane", "-p"])
                .1
                .contains("Stopped")
                .then_some(())
        });
        tmux.call(&["send-keys", "exit", "Enter", "exit", "Enter"]);
        eventually("the window closes", || {
            (!tmux.call(&["has-session"]).0).then_some(())
        });
    }
}
