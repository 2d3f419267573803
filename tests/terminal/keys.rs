//! The keys that send signals, and the size of the window: the kernel tells the whole foreground
//! group, so the command gets them itself; pidone must not add its own.

use crate::session::{By, Session, WAYS};
use crate::support::{Caller, each_with, eventually, is_running};
use crate::witness::witness;

/// Interrupt, quit, suspend, and what they send.
const KEYS: [(&str, i32); 3] = [
    ("\x03", libc::SIGINT),
    ("\x1c", libc::SIGQUIT),
    ("\x1a", libc::SIGTSTP),
];

/// A witness in the foreground of a terminal that shows nothing but what it says.
pub fn reporting(caller: Caller, way: By, words: &[&str]) -> (Session, u32) {
    let mut session = Session::new();
    session.set_modes(0, libc::ECHO);
    let line = [&[witness(), "witness", "report"], words].concat();
    let job = session.foreground(caller, &way.line(&line));
    session.until("ready\r\n");
    way.command(job);
    (session, job)
}

#[test]
fn a_key_reaches_the_command_once() {
    for (caller, way) in each_with(&WAYS) {
        let (mut session, job) = reporting(caller, way, &[]);
        for (key, signal) in KEYS {
            session.keys(key);
            session.until(&format!("got {signal}\r\n"));
            assert_eq!(
                session.up_to_fence(job),
                [""; 0],
                "{caller:?} {way:?} {signal}"
            );
            assert_eq!(session.poll(job), "running", "{caller:?} {way:?} {signal}");
        }
    }
}

#[test]
fn a_key_calls_a_handler_once() {
    for (caller, way) in each_with(&WAYS) {
        let (mut session, job) = reporting(caller, way, &["catch=2", "catch=3", "catch=20"]);
        for (key, signal) in KEYS {
            session.keys(key);
            session.until(&format!("caught {signal}\r\n"));
            assert_eq!(
                session.up_to_fence(job),
                [""; 0],
                "{caller:?} {way:?} {signal}"
            );
            assert_eq!(session.poll(job), "running", "{caller:?} {way:?} {signal}");
        }
    }
}

/// The terminal is not the new session's, so only pidone gets the keys.
#[test]
fn a_key_reaches_a_command_in_its_own_session_once() {
    for (caller, way) in each_with(&[
        By::Pidone(&["--new-session"]),
        By::Pidone(&["--new-session", "--share", "pid"]),
    ]) {
        let (mut session, job) = reporting(caller, way, &[]);
        for (key, signal) in KEYS {
            session.keys(key);
            session.until(&format!("got {signal}\r\n"));
            assert_eq!(
                session.up_to_fence(job),
                [""; 0],
                "{caller:?} {way:?} {signal}"
            );
        }
    }
}

#[test]
fn a_new_size_of_the_window_is_told_once() {
    for (caller, way) in each_with(&WAYS) {
        let (mut session, job) = reporting(caller, way, &[]);
        for rows in 30..33 {
            session.resize(rows, 100);
            session.until("got 28\r\n");
            assert_eq!(session.up_to_fence(job), [""; 0], "{caller:?} {way:?}");
        }
    }
}

/// `sleep` does nothing about any signal. Alone it ends; so it does as an ordinary process of a
/// sandbox, while PID 1 is shielded by the kernel.
#[test]
fn interrupt_ends_a_plain_command_that_is_not_pid_1() {
    for (caller, way) in each_with(&WAYS) {
        let mut session = Session::new();
        let job = session.foreground(caller, &way.line(&["sleep", "1000"]));
        let command = way.command(job);
        eventually("it runs", || is_sleep(command).then_some(()));
        session.keys("\x03");
        match way {
            By::Itself => assert_eq!(session.change(job), "killed 2"),
            By::Pidone(["--share", "pid"]) => {
                assert_eq!(session.change(job), "exited 130", "{caller:?}")
            }
            _ => {
                std::thread::sleep(std::time::Duration::from_millis(100));
                assert_eq!(
                    (session.poll(job).as_str(), is_running(command)),
                    ("running", true),
                    "{caller:?}"
                );
            }
        }
    }
}

pub fn is_sleep(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "sleep")
}

/// The child waits for a line of the terminal, before it becomes the command.
#[test]
fn interrupt_ends_the_set_up() {
    for (caller, way) in each_with(&[
        By::Pidone(&["--block-fd", "0"]),
        By::Pidone(&["--share", "pid", "--block-fd", "0"]),
    ]) {
        let mut session = Session::new();
        let job = session.foreground(caller, &way.line(&["true"]));
        let child = way.command(job);
        session.keys("\x03");
        assert_eq!(session.change(job), "exited 130", "{caller:?} {way:?}");
        assert!(!crate::support::is_alive(child), "{caller:?} {way:?}");
    }
}
