//! `--tty`, and the caller's own terminal: it hangs up, nobody reads it, it is another job's for a while.

use crate::session::Session;
use crate::support::{callers, children, command, eventually, has, send, skip, state};
use crate::tty::{TALKS, WAYS, cut, line, rests, small_pipe};
use std::io::Read;
use std::process::Stdio;

/// The kernel tells the leader of a session only, which may keep it to itself.
#[test]
fn a_cut_cable_is_noticed_in_silence() {
    for &caller in callers() {
        for (verb, options) in WAYS {
            let words = line(verb, options).join(" ");
            let script = format!("trap '' HUP; {words} sh -c \"{TALKS}; exit 3\"; exit $?");
            let session = Session::led_by(caller, &["sh", "-c", &script]);
            assert_eq!(cut(session), Some(3), "{caller:?} {verb} {options:?}");
        }
    }
}

/// As a plain command gets a SIGPIPE.
#[test]
fn who_does_not_read_any_more_ends_it() {
    for &caller in callers() {
        for (verb, options) in WAYS {
            let words = line(verb, &[options, &["--timeout=50", "yes"]].concat());
            let mut child = command(caller, words[0])
                .args(&words[1..])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("pidone can be started");
            let mut first = [0; 3];
            let mut from = child.stdout.take().expect("a pipe");
            from.read_exact(&mut first).expect("it writes");
            drop(from);
            assert_eq!(&first, b"y\r\n");
            let code = child.wait().expect("it ends").code();
            // A write is refused, or a signal ends it: the terminal's, or the one that told pidone.
            assert!(
                matches!(code, Some(1 | 129 | 141)),
                "{caller:?} {verb} {options:?}: {code:?}"
            );
        }
    }
}

/// The command has ended, and what it wrote is not read: that is waited for, until somebody wants an end.
#[test]
fn what_is_left_delays_no_end() {
    for &caller in callers() {
        for (verb, options) in WAYS {
            let words = line(verb, &[options, &["seq", "1600"]].concat());
            let (from, to) = small_pipe();
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
            send(child.id(), libc::SIGTERM);
            let status = child.wait().expect("it ends");
            assert!(status.success(), "{caller:?} {verb} {options:?}");
            drop(from);
        }
    }
}

/// A stop that is sent to pidone, as its keys are the inner terminal's: its caller's shell finds its terminal as it
/// was, and the command is stopped too. So it is when that stops itself.
#[test]
fn a_stop_lends_our_terminal_back() {
    let visible: (&str, &[&str]) = ("run", &["--share=pid"]);
    let ways = WAYS.into_iter().chain([visible]);
    for (&caller, (verb, options)) in callers()
        .iter()
        .flat_map(|one| ways.clone().map(move |way| (one, way)))
    {
        for itself in [false, true] {
            let what = format!("{caller:?} {verb} {options:?} {itself}");
            // The kernel protects process 1 from its own.
            if itself && verb == "run" && options != visible.1 {
                continue;
            }
            let stop = if itself { "kill -STOP $$" } else { ":" };
            let script = format!("echo ready; read go; {stop}; read go; echo \"<$go>\"");
            let mut session = Session::new();
            let words = line(verb, &[options, &["sh", "-c", &script]].concat());
            let job = session.foreground(caller, &words);
            session.until("ready\r\n");
            let is_raw = |session: &Session| session.modes() & libc::ICANON == 0;
            assert!(is_raw(&session), "{what}");
            let command = eventually("a child", || children(job).first().copied());
            session.keys("go\r");
            if !itself {
                session.until("go\r\n");
                send(job, libc::SIGTSTP);
            }
            let stopped = if itself { "stopped 19" } else { "stopped 20" };
            assert_eq!(session.change(job), stopped, "{what}");
            eventually("it is stopped", || (state(command) == 'T').then_some(()));
            assert!(!is_raw(&session), "{what}");
            session.take_back();
            session.continue_in_foreground(job);
            eventually("the terminal is raw", || is_raw(&session).then_some(()));
            session.keys("one\r");
            session.until("<one>\r\n");
            assert_eq!(session.change(job), "exited 0", "{what}");
            assert!(!is_raw(&session), "{what}");
        }
    }
}

/// Inside, nobody could continue what ^Z stops, which is then not stopped: not by a reaper's child either.
#[test]
fn suspend_inside_stops_nobody() {
    let visible: (&str, &[&str]) = ("run", &["--init", "--share=pid"]);
    let ways = WAYS.into_iter().chain([visible]);
    for (&caller, (verb, options)) in callers()
        .iter()
        .flat_map(|one| ways.clone().map(move |way| (one, way)))
    {
        let what = format!("{caller:?} {verb} {options:?}");
        let script = "trap 'exit 3' INT; echo ready; read one; echo \"<$one>\"; read two";
        let words = line(verb, &[options, &["sh", "-c", script]].concat());
        let mut session = Session::new();
        let job = session.foreground(caller, &words);
        session.until("ready\r\n");
        session.keys("\x1a");
        session.keys("one\r");
        session.until("<one>\r\n");
        session.keys("\x03");
        assert_eq!(session.change(job), "exited 3", "{what}");
        assert!(session.modes() & libc::ICANON != 0, "{what}");
    }
}

/// Nor what reads in the background there: it is told that it cannot, in place of a stop for good.
#[test]
fn reading_in_the_background_inside_fails() {
    if !has("bash") {
        return skip("no bash");
    }
    for &caller in callers() {
        for (verb, options) in WAYS {
            // What took the foreground ends without a word.
            let script = "bash --norc -ic 'kill -KILL $$'; read one; echo \"<$?>\"";
            let words = line(verb, &[options, &["bash", "-c", script]].concat());
            let mut session = Session::new();
            let job = session.foreground(caller, &words);
            session.until("<1>\r\n");
            assert_eq!(session.change(job), "exited 0", "{caller:?} {verb}");
        }
    }
}

/// A rule for the signal is for the command.
#[test]
fn a_stop_that_is_rewritten_stops_nobody() {
    for &caller in callers() {
        let script = "trap 'exit 3' USR1; echo ready; while :; do sleep 0.1; done";
        let words = line("init", &["-r", "TSTP:USR1", "sh", "-c", script]);
        let mut session = Session::new();
        let job = session.foreground(caller, &words);
        session.until("ready\r\n");
        send(job, libc::SIGTSTP);
        assert_eq!(session.change(job), "exited 3", "{caller:?}");
    }
}

/// As what reads a terminal in the background, which the kernel stops. What was typed is there when it goes on.
#[test]
fn reading_in_the_background_stops_it() {
    for &caller in callers() {
        for (verb, options) in WAYS {
            let what = format!("{caller:?} {verb} {options:?}");
            let script = "echo ready; read go; echo \"<$go>\"";
            let words = line(verb, &[options, &["sh", "-c", script]].concat());
            let mut session = Session::new();
            let job = session.background(caller, &words);
            // Our terminal makes two of the inner one's carriage returns.
            session.until("ready");
            session.keys("one\r");
            assert_eq!(session.change(job), "stopped 21", "{what}");
            session.continue_in_foreground(job);
            session.until("<one>\r\n");
            assert_eq!(session.change(job), "exited 0", "{what}");
        }
    }
}
