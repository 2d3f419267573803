//! `--tty`: a terminal of the command's own, for `run` and for `init`.

use crate::cost::switches;
use crate::session::Session;
use crate::support::{
    Caller, Ran, callers, children, command, eventually, has, program, send, skip, state,
};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::process::Stdio;

pub fn line<'a>(verb: &'a str, words: &[&'a str]) -> Vec<&'a str> {
    let pidone = program().to_str().expect("a plain name");
    [&[pidone, verb, "--tty"], words].concat()
}

/// Both verbs, and a reaper with a terminal of its own.
pub const WAYS: [(&str, &[&str]); 3] = [("run", &[]), ("init", &[]), ("run", &["--init"])];

pub fn led(caller: Caller, verb: &str, options: &[&str], script: &str) -> Session {
    Session::led_by(
        caller,
        &line(verb, &[options, &["sh", "-c", script]].concat()),
    )
}

#[test]
fn it_is_another_terminal_as_large_as_ours() {
    for &caller in callers() {
        for (verb, options) in WAYS {
            let script = "read go; stty size; tty; exit 7";
            let mut session = led(caller, verb, options, script);
            session.resize(33, 77);
            session.keys("\r");
            session.until("33 77\r\n");
            let name = session.until("\r\n");
            assert!(name.starts_with("/dev/pts/"), "{caller:?} {verb}: {name}");
            assert_eq!(session.end(), Some(7), "{caller:?} {verb}");
        }
    }
}

/// Root could type into it, whose session ever it is.
#[test]
fn the_callers_terminal_is_not_among_the_devices() {
    for &caller in callers() {
        let script = "ls /dev/console; exit 3";
        let mut session = led(
            caller,
            "run",
            &["--ro-bind", "/", "/", "--dev", "/dev"],
            script,
        );
        session.until("No such file");
        assert_eq!(session.end(), Some(3), "{caller:?}");
    }
}

#[test]
fn a_new_size_is_handed_on() {
    for &caller in callers() {
        for (verb, options) in WAYS {
            let script = "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.1; done";
            let mut session = led(caller, verb, options, script);
            session.until("ready\r\n");
            session.resize(11, 22);
            session.until("11 22\r\n");
            assert_eq!(session.end(), Some(0), "{caller:?} {verb}");
        }
    }
}

/// Keys are bytes for us, and signals where the command is.
#[test]
fn keys_are_the_inner_terminals() {
    if !has("bash") {
        return skip("no bash");
    }
    for &caller in callers() {
        for (verb, options) in WAYS {
            let shell = ["env", "PS1=ready> ", "bash", "--norc", "--noprofile", "-i"];
            let mut session = Session::led_by(caller, &line(verb, &[options, &shell].concat()));
            assert!(
                !session.until("ready> ").contains("no job control"),
                "{caller:?} {verb}"
            );
            // It forks nothing (what is stopped within vfork(2) holds its parent up), and what it has read tells that
            // it is in the foreground.
            session.keys("echo be\"\"gun; cat\r");
            session.until("begun\r\n");
            session.keys("one\r");
            session.until("one\r\none\r\n");
            session.keys("\x1a");
            session.until("Stopped");
            session.until("ready> ");
            session.keys("fg\r");
            session.until("cat\r\n");
            session.keys("two\r");
            session.until("two\r\ntwo\r\n");
            session.keys("\x03");
            session.until("ready> ");
            session.keys("exit 7\r");
            assert_eq!(session.end(), Some(7), "{caller:?} {verb}");
        }
    }
}

/// The caller's terminal, however the command ends.
#[test]
fn our_terminal_is_as_it_was() {
    let pidone = program().display();
    for &caller in callers() {
        for (words, code) in [
            ("run --tty sh -c 'stty sane; exit 4'", 4),
            ("init --tty sh -c 'kill -KILL $$'", 137),
            ("run --tty --timeout 0.3 --stop-timeout 0.1 sleep 1000", 137),
            ("run --tty /missing", 127),
            ("init --tty /missing", 127),
        ] {
            let script = format!(
                "stty -echo -ixon; before=$(stty -g); {pidone} {words} 2>/dev/null; code=$?; \
                [ \"$before\" = \"$(stty -g)\" ] && echo same $code"
            );
            let mut session = Session::led_by(caller, &["sh", "-c", &script]);
            session.until(&format!("same {code}\r\n"));
        }
        // Somebody else ends us.
        let script = format!(
            "before=$(stty -g); {pidone} run --tty sh -c 'trap \"exit 3\" TERM; echo ready; while :; do sleep 0.1; done' & \
            trap '' TERM; read go; kill $!; wait $!; code=$?; [ \"$before\" = \"$(stty -g)\" ] && echo same $code"
        );
        let mut session = Session::led_by(caller, &["sh", "-c", &script]);
        session.until("ready");
        session.keys("\n");
        session.until("same 3");
    }
}

#[test]
fn nothing_is_lost_at_the_end() {
    for &caller in callers() {
        for (verb, options) in WAYS {
            let words = line(verb, &[options, &["seq", "150000"]].concat());
            let ran: Ran = command(caller, words[0])
                .args(&words[1..])
                .stdin(Stdio::null())
                .output()
                .expect("pidone can be started")
                .into();
            let wanted: String = (1..=150_000)
                .map(|number| format!("{number}\r\n"))
                .collect();
            assert_eq!(ran.code, Some(0), "{caller:?} {verb}");
            assert!(ran.out == wanted, "{caller:?} {verb}: {}", ran.out.len());
        }
    }
}

/// What is piped in ends, with and without a newline at its end.
#[test]
fn the_end_of_the_input_is_told() {
    for &caller in callers() {
        for (verb, options) in WAYS {
            for input in ["one\ntwo\n", "one\ntwo", ""] {
                let script = "stty -echo; echo ready; cat; echo end";
                let words = line(verb, &[options, &["sh", "-c", script]].concat());
                let mut child = command(caller, words[0])
                    .args(&words[1..])
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .spawn()
                    .expect("pidone can be started");
                let mut to = child.stdin.take().expect("a pipe");
                to.write_all(input.as_bytes()).expect("it reads");
                drop(to);
                let ran: Ran = child.wait_with_output().expect("it ends").into();
                let out = ran.out.replace("\r\n", "\n");
                assert!(
                    out.ends_with("end\n"),
                    "{caller:?} {verb} {input:?}: {out:?}"
                );
                for line in input.lines() {
                    assert!(out.contains(line), "{caller:?} {verb} {input:?}: {out:?}");
                }
                assert_eq!(ran.code, Some(0), "{caller:?} {verb} {input:?}");
            }
        }
    }
}

#[test]
fn a_cut_cable_ends_the_command() {
    for &caller in callers() {
        for verb in ["run", "init"] {
            let mut session = led(
                caller,
                verb,
                &["--init"][..usize::from(verb == "run")],
                "echo ready; exec sleep 1000",
            );
            session.until("ready\r\n");
            let leader = session.leader();
            session.hang_up();
            eventually("it has ended", || {
                (!std::path::Path::new(&format!("/proc/{leader}/exe")).exists()
                    || std::fs::read_link(format!("/proc/{leader}/exe")).is_err())
                .then_some(())
            });
        }
    }
}

/// While nothing happens it sleeps.
#[test]
fn it_does_not_wake_up_for_nothing() {
    let mut session = led(callers()[0], "run", &[], "echo ready; exec sleep 1000");
    session.until("ready\r\n");
    rests(session.leader());
}

/// On a shielded process 1 too, which does not end for the signal, its terminal is gone when ours is.
#[test]
fn a_cut_cable_cuts_the_inner_one() {
    for &caller in callers() {
        for (verb, options) in WAYS {
            let session = led(caller, verb, options, TALKS);
            assert_eq!(cut(session), Some(0), "{caller:?} {verb} {options:?}");
        }
    }
}

/// Goes on until nobody can hear it, and cares for nothing else.
pub const TALKS: &str = "trap '' HUP; echo ready; while echo more; do sleep 0.1; done 2>/dev/null";

/// What becomes of it when the cable is cut.
pub fn cut(mut session: Session) -> Option<i32> {
    session.until("ready\r\n");
    session.hang_up();
    session.end()
}

/// Nobody reads our terminal, and the command's fills up: signals and limits of time are served all the same.
#[test]
fn a_terminal_that_nobody_reads_delays_no_end() {
    for &caller in callers() {
        for (verb, options) in &WAYS[1..] {
            let mut session = led(caller, verb, options, "echo ready; exec yes");
            session.until("ready\r\n");
            let pidone = session.leader();
            rests(pidone);
            send(pidone, libc::SIGTERM);
            assert_eq!(session.end(), Some(143), "{caller:?} {verb}");
        }
        // What pidone itself says of it would wait for a reader too.
        let script = format!(
            "exec {} run --tty --timeout=0.5 --stop-timeout=0.1 yes 2>/dev/null",
            program().display()
        );
        let mut session = Session::led_by(caller, &["sh", "-c", &script]);
        assert_eq!(session.end(), Some(137), "{caller:?}");
    }
}

/// What is left after the command's end waits for its reader, also where a write would not wait.
#[test]
fn a_late_reader_gets_all_and_costs_nothing() {
    for &caller in callers() {
        for (verb, options) in WAYS {
            let (mut from, to) = small_pipe();
            let words = line(verb, &[options, &["seq", "1600"]].concat());
            let mut child = command(caller, words[0])
                .args(&words[1..])
                .stdin(Stdio::null())
                .stdout(to)
                .spawn()
                .expect("pidone can be started");
            eventually("the command has ended", || {
                (state(child.id()) == 'S' && children(child.id()).is_empty()).then_some(())
            });
            rests(child.id());
            let mut out = String::new();
            from.read_to_string(&mut out).expect("text");
            let wanted: String = (1..=1600).map(|number| format!("{number}\r\n")).collect();
            assert!(out == wanted, "{caller:?} {verb}: {}", out.len());
            assert!(
                child.wait().expect("it ends").success(),
                "{caller:?} {verb}"
            );
        }
    }
}

/// One that takes a page, and of which a write does not wait.
pub fn small_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    let (from, to) = std::io::pipe().expect("a pipe");
    // SAFETY: no pointer is passed.
    let set = unsafe {
        libc::fcntl(from.as_raw_fd(), libc::F_SETPIPE_SZ, 4096);
        libc::fcntl(to.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK)
    };
    assert_eq!(set, 0);
    (from, to)
}

/// It sleeps, and goes on doing so: what it is on its way to do now may take a while.
pub fn rests(pid: u32) {
    let used = || {
        let stat = crate::support::stat(pid).expect("it runs");
        // The processor time of user and kernel.
        [
            stat[11].clone(),
            stat[12].clone(),
            switches(pid).to_string(),
        ]
    };
    eventually("it rests", || {
        let before = used();
        std::thread::sleep(std::time::Duration::from_millis(300));
        (state(pid) == 'S' && used() == before).then_some(())
    });
}

/// Who reads late costs nothing, and gets everything.
#[test]
fn a_slow_reader_is_waited_for() {
    for (verb, options) in WAYS {
        let words = line(verb, &[options, &["seq", "100000"]].concat());
        let mut child = command(callers()[0], words[0])
            .args(&words[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("pidone can be started");
        rests(child.id());
        let mut out = String::new();
        let mut from = child.stdout.take().expect("a pipe");
        std::io::Read::read_to_string(&mut from, &mut out).expect("it writes text");
        let wanted: String = (1..=100_000)
            .map(|number| format!("{number}\r\n"))
            .collect();
        assert!(out == wanted, "{verb} {options:?}: {}", out.len());
        assert_eq!(child.wait().expect("it ends").code(), Some(0), "{verb}");
    }
}
