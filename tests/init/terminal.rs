//! Under a terminal: its foreground, its keys, job control, hang-up; and where there is none.

use crate::session::Session;
use crate::support::{Caller, callers, children, eventually, has, program, skip, stat, state};
use crate::witness::witness;

const INTERRUPT: &str = "\x03";
const SUSPEND: &str = "\x1a";

fn line<'a>(options: &[&'a str], words: &[&'a str]) -> Vec<&'a str> {
    let pidone = program().to_str().expect("a plain name");
    [&[pidone, "init"], options, words].concat()
}

fn reporting<'a>(options: &[&'a str], words: &[&'a str]) -> Vec<&'a str> {
    line(
        options,
        &[&[witness(), "witness", "report", "die=9"], words].concat(),
    )
}

fn main_of(init: u32) -> u32 {
    eventually("the init has a child", || children(init).first().copied())
}

fn led(caller: Caller, words: &[&str]) -> Session {
    let mut session = Session::led_by(caller, words);
    session.set_modes(0, libc::ECHO);
    session.until("ready\r\n");
    session
}

/// As a container engine starts it: the leader of a session.
#[test]
fn keys_reach_the_command_once() {
    for &caller in callers() {
        for options in [&[][..], &["--group"], &["--single-child"]] {
            let mut session = led(caller, &reporting(options, &[]));
            for (key, signal) in [(INTERRUPT, 2), ("\x1c", 3), (SUSPEND, 20)] {
                session.keys(key);
                session.until(&format!("got {signal}\r\n"));
                let heard = session.up_to_fence(session.leader());
                assert_eq!(heard, [""; 0], "{caller:?} {options:?} {signal}");
            }
        }
    }
}

/// Nobody is there to continue what stops, as in a container; without an init the kernel would not stop it.
#[test]
fn below_process_1_a_key_does_not_stop_the_command_for_good() {
    let script = "trap 'echo interrupted; exit 5' INT; echo ready; while :; do read word; done";
    for &caller in callers() {
        for options in [&[][..], &["--single-child"]] {
            let words = line(options, &["sh", "-c", script]);
            let outer = ["unshare", "-U", "-r", "-p", "-f", "--mount-proc"];
            let mut session = led(caller, &[&outer, &words[..]].concat());
            session.keys(SUSPEND);
            session.keys(INTERRUPT);
            session.until("interrupted\r\n");
            assert_eq!(session.end(), Some(5), "{caller:?} {options:?}");
        }
    }
}

#[test]
fn the_command_has_the_foreground() {
    for &caller in callers() {
        let session = led(caller, &reporting(&[], &[]));
        assert_eq!(session.holder(), main_of(session.leader()), "{caller:?}");
    }
}

#[test]
fn the_terminal_is_found_behind_any_of_the_three() {
    for redirection in ["</dev/null", "<&-", "<&- >/dev/null", ""] {
        let words = reporting(&[], &[]).join(" ");
        let script = format!("exec {words} 3>&1 {redirection}");
        let loud = redirection.contains('>');
        let session = match loud {
            true => Session::led_by(callers()[0], &["sh", "-c", &script]),
            false => led(callers()[0], &["sh", "-c", &script]),
        };
        eventually("the command has the foreground", || {
            let main = children(session.leader()).first().copied()?;
            (session.holder() == main).then_some(())
        });
    }
}

#[test]
fn a_new_size_reaches_the_command() {
    for &caller in callers() {
        let mut session = led(caller, &reporting(&[], &[]));
        session.resize(33, 44);
        session.until("got 28\r\n");
    }
}

#[test]
fn the_terminal_is_given_back() {
    for &caller in callers() {
        // What is left in the background does not keep it.
        let inner = line(&[], &["sh", "-c", "'sleep 2 & echo ready'"]).join(" ");
        let script = format!("{inner}; read answer; echo \"heard $answer\"");
        let mut session = led(caller, &["sh", "-c", &script]);
        session.keys("hello\n");
        session.until("heard hello\r\n");
    }
}

#[test]
fn suspend_stops_the_whole_job_and_fg_continues_it() {
    for &caller in callers() {
        for options in [&[][..], &["--single-child"]] {
            let mut session = Session::new();
            session.set_modes(0, libc::ECHO);
            let job = session.foreground(caller, &reporting(options, &["default=20"]));
            session.until("ready\r\n");
            let main = main_of(job);
            for round in 0..5 {
                session.keys(SUSPEND);
                assert_eq!(
                    session.change(job),
                    "stopped 20",
                    "{caller:?} {options:?} {round}"
                );
                eventually("the command stops", || (state(main) == 'T').then_some(()));
                session.take_back();
                session.continue_in_foreground(job);
                session.until("got 18\r\n");
                let group = if options.is_empty() { main } else { job };
                eventually("its group is in the foreground again", || {
                    (session.holder() == group).then_some(())
                });
            }
            session.keys(INTERRUPT);
            session.until("got 2\r\n");
        }
    }
}

/// tini would take the terminal from the shell.
#[test]
fn in_the_background_the_terminal_is_left_to_the_shell() {
    for &caller in callers() {
        let mut session = Session::new();
        session.set_modes(0, libc::ECHO);
        let job = session.background(caller, &reporting(&[], &[]));
        session.until("ready\r\n");
        assert_eq!(session.holder(), session.leader(), "{caller:?}");
        assert_eq!(session.poll(job), "running", "{caller:?}");
    }
}

#[test]
fn reading_in_the_background_stops_the_job_until_fg() {
    for &caller in callers() {
        let mut session = Session::new();
        session.set_modes(0, libc::ECHO);
        let job = session.background(caller, &line(&[], &["cat"]));
        assert_eq!(session.change(job), "stopped 21", "{caller:?}");
        session.continue_in_foreground(job);
        session.keys("hello\n");
        session.until("hello\r\n");
        session.keys("\x04");
        assert_eq!(session.change(job), "exited 0", "{caller:?}");
    }
}

#[test]
fn a_shell_has_job_control() {
    if !has("bash") {
        return skip("no bash");
    }
    for &caller in callers() {
        let shell = ["env", "PS1=ready> ", "bash", "--norc", "--noprofile", "-i"];
        let mut session = Session::led_by(caller, &line(&[], &shell));
        assert!(
            !session.until("ready> ").contains("no job control"),
            "{caller:?}"
        );
        session.keys("sleep 1000\n");
        let sleeps = |pid: &u32| {
            std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "sleep\n")
        };
        eventually("sleep is in the foreground", || {
            Some(session.holder()).filter(sleeps)
        });
        session.keys(SUSPEND);
        session.until("Stopped");
        session.until("ready> ");
        session.keys("fg\n");
        eventually("sleep is in the foreground", || {
            Some(session.holder()).filter(sleeps)
        });
        session.keys(INTERRUPT);
        session.until("ready> ");
        session.keys("exit 7\n");
        assert_eq!(session.end(), Some(7), "{caller:?}");
    }
}

#[test]
fn a_hang_up_reaches_the_command() {
    for &caller in callers() {
        let scratch = crate::support::Scratch::new("hangup");
        let file = scratch.path.join("told").display().to_string();
        let script =
            format!("trap 'echo HUP >{file}; exit' HUP; echo ready; while :; do sleep 0.02; done");
        let mut session = led(caller, &line(&[], &["sh", "-c", &script]));
        session.hang_up();
        eventually("it was told", || {
            std::fs::read_to_string(&file)
                .ok()
                .filter(|text| text == "HUP\n")
        });
    }
}

#[test]
fn without_a_terminal_nothing_is_missed() {
    for &caller in callers() {
        for redirection in ["</dev/null", "<&-", "<&- >&- 2>&-"] {
            let words = line(&[], &["sh", "-c", "'exit 5'"]).join(" ");
            let mut command = crate::support::command(caller, "setsid");
            command.args(["-w", "sh", "-c", &format!("exec {words} {redirection}")]);
            let status = command.status().expect("it can be started");
            assert_eq!(status.code(), Some(5), "{caller:?} {redirection}");
        }
    }
}

/// dumb-init's command is in a session of its own; where that would cost it the terminal, in a group.
#[test]
fn as_dumb_init_the_terminal_is_not_lost() {
    let scratch = crate::support::Scratch::new("name");
    let name = crate::names::link(&scratch, "dumb-init");
    let mut session = led(
        callers()[0],
        &[&name, witness(), "witness", "report", "die=9"],
    );
    let main = main_of(session.leader());
    assert_eq!(session.holder(), main);
    session.keys(INTERRUPT);
    session.until("got 2\r\n");
    assert_eq!(session.up_to_fence(session.leader()), [""; 0]);
    assert_eq!(stat(main).expect("it runs")[2], main.to_string());
}
