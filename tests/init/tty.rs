//! `--tty`: a terminal of the command's own, for `run` and for `init`.

use crate::session::Session;
use crate::support::{Caller, Ran, callers, command, eventually, has, program, skip};
use std::io::Write;
use std::process::Stdio;

fn line<'a>(verb: &'a str, words: &[&'a str]) -> Vec<&'a str> {
    let pidone = program().to_str().expect("a plain name");
    [&[pidone, verb, "--tty"], words].concat()
}

/// Both verbs, and a reaper with a terminal of its own.
const WAYS: [(&str, &[&str]); 3] = [("run", &[]), ("init", &[]), ("run", &["--init"])];

fn led(caller: Caller, verb: &str, options: &[&str], script: &str) -> Session {
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
    let switches = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", session.leader()));
        let status = status.expect("it is there");
        let line = status
            .lines()
            .find(|line| line.starts_with("voluntary_ctxt"));
        line.expect("a line").to_string()
    };
    // It may still be on its way to sleep.
    eventually("it sleeps", || {
        let before = switches();
        std::thread::sleep(std::time::Duration::from_millis(300));
        (switches() == before).then_some(())
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
        let used = || {
            let stat = crate::support::stat(child.id()).expect("it runs");
            // Its state, the processor time of user and kernel.
            [&stat[0], &stat[11], &stat[12]].map(String::clone)
        };
        eventually("it sleeps with the pipe full", || {
            let before = used();
            std::thread::sleep(std::time::Duration::from_millis(300));
            (before[0] == "S" && used() == before).then_some(())
        });
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
