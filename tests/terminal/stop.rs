//! ^Z and `fg`: pidone and the command are one job.

use crate::keys::{is_sleep, reporting};
use crate::session::{By, Session, WAYS};
use crate::support::{callers, each_with, eventually, is_running, send, state};
use crate::witness::witness;

const SUSPEND: &str = "\x1a";
const INTERRUPT: &str = "\x03";

/// A continued command may hear of it more than once: from the shell, and from pidone.
fn is_continued(heard: &[String]) -> bool {
    heard.iter().all(|line| line == "got 18")
}

fn wait_for(pid: u32, wanted: char) {
    eventually(&format!("process {pid} is in state {wanted}"), || {
        (state(pid) == wanted).then_some(())
    });
}

#[test]
fn suspend_stops_the_command_and_pidone_and_fg_continues_both() {
    for (caller, way) in each_with(&WAYS) {
        let (mut session, job) = reporting(caller, way, &["default=20"]);
        let command = way.command(job);
        for round in 1..=20 {
            session.keys(SUSPEND);
            assert_eq!(
                session.change(job),
                "stopped 20",
                "{caller:?} {way:?} {round}"
            );
            wait_for(command, 'T');
            session.take_back();
            session.continue_in_foreground(job);
            session.until("got 18\r\n");
            let heard = session.up_to_fence(job);
            assert!(
                is_continued(&heard),
                "{caller:?} {way:?} {round}: {heard:?}"
            );
        }
    }
}

#[test]
fn continuing_pidone_alone_continues_the_command() {
    for (caller, way) in each_with(&WAYS) {
        let (mut session, job) = reporting(caller, way, &["default=20"]);
        let command = way.command(job);
        session.keys(SUSPEND);
        assert_eq!(session.change(job), "stopped 20", "{caller:?} {way:?}");
        wait_for(command, 'T');
        send(job, libc::SIGCONT);
        session.until("got 18\r\n");
        assert!(
            is_continued(&session.up_to_fence(job)),
            "{caller:?} {way:?}"
        );
    }
}

/// A shell that is PID 1, and a `sleep` that is not.
#[test]
fn suspend_stops_what_the_command_has_started_too() {
    for (caller, way) in each_with(&WAYS) {
        let mut session = Session::new();
        let job = session.foreground(caller, &way.line(&["sh", "-c", "sleep 1000; exit 4"]));
        let shell = way.command(job);
        let sleep = eventually("it runs", || {
            crate::support::children(shell)
                .into_iter()
                .find(|&pid| is_sleep(pid))
        });
        session.keys(SUSPEND);
        assert_eq!(session.change(job), "stopped 20", "{caller:?} {way:?}");
        [shell, sleep].iter().for_each(|&pid| wait_for(pid, 'T'));
        session.continue_in_foreground(job);
        [job, shell, sleep]
            .iter()
            .for_each(|&pid| wait_for(pid, 'S'));
        send(sleep, libc::SIGKILL);
        assert_eq!(session.change(job), "exited 4", "{caller:?} {way:?}");
    }
}

/// As editors do when their own key for it is pressed.
#[test]
fn a_command_that_stops_its_own_process_group_stops_pidone() {
    for (caller, way) in each_with(&WAYS) {
        let mut session = Session::new();
        let job = session.foreground(
            caller,
            &way.line(&["sh", "-c", "kill -TSTP 0; echo continued; read line"]),
        );
        assert_eq!(session.change(job), "stopped 20", "{caller:?} {way:?}");
        wait_for(way.command(job), 'T');
        session.continue_in_foreground(job);
        session.until("continued\r\n");
    }
}

#[test]
fn a_stop_signal_sent_to_pidone_stops_the_command_too() {
    for (caller, way) in each_with(&[By::Pidone(&["--share", "pid"])]) {
        let (mut session, job) = reporting(caller, way, &["default=20"]);
        send(job, libc::SIGTSTP);
        assert_eq!(session.change(job), "stopped 20", "{caller:?} {way:?}");
        wait_for(way.command(job), 'T');
        session.continue_in_foreground(job);
        session.until("got 18\r\n");
    }
}

/// Ignored, handled, or blocked because the command reads it from a signalfd(2).
#[test]
fn suspend_does_not_stop_a_command_that_takes_care_of_it() {
    let cases: [(&[&str], &[&str]); 3] = [
        (&["ignore=20"], &[]),
        (&["catch=20"], &["caught 20"]),
        (&[], &["got 20"]),
    ];
    for ((caller, way), (words, answer)) in
        each_with(&WAYS).flat_map(|run| cases.map(|case| (run, case)))
    {
        let (mut session, job) = reporting(caller, way, words);
        session.keys(SUSPEND);
        session.keys(INTERRUPT);
        let mut heard: Vec<String> = session
            .until("got 2\r\n")
            .lines()
            .map(str::to_string)
            .collect();
        heard.extend(session.up_to_fence(job));
        assert_eq!(heard, answer, "{caller:?} {way:?} {words:?}");
        assert_eq!(session.poll(job), "running", "{caller:?} {way:?} {words:?}");
        assert!(is_running(way.command(job)), "{caller:?} {way:?} {words:?}");
    }
}

/// Nobody could continue it: the leader of a session has no parent in it.
#[test]
fn suspend_does_nothing_in_an_orphaned_process_group() {
    for (caller, way) in each_with(&WAYS) {
        let line = way.line(&[witness(), "witness", "report", "default=20"]);
        let mut session = Session::led_by(caller, &line);
        let leader = session.leader();
        session.until("ready\r\n");
        way.command(leader);
        session.keys(SUSPEND);
        session.keys(INTERRUPT);
        session.until("got 2\r\n");
        let heard = session.up_to_fence(leader);
        assert!(is_continued(&heard), "{caller:?} {way:?}: {heard:?}");
        assert_eq!(
            (is_running(leader), is_running(way.command(leader))),
            (true, true),
            "{caller:?} {way:?}"
        );
    }
}

#[test]
fn suspend_stops_the_set_up_and_fg_continues_it() {
    for (caller, way) in each_with(&[
        By::Pidone(&["--block-fd", "0"]),
        By::Pidone(&["--share", "pid", "--block-fd", "0"]),
    ]) {
        let mut session = Session::new();
        let job = session.foreground(caller, &way.line(&["echo", "started"]));
        let child = way.command(job);
        session.keys(SUSPEND);
        assert_eq!(session.change(job), "stopped 20", "{caller:?} {way:?}");
        wait_for(child, 'T');
        session.continue_in_foreground(job);
        session.keys("\n");
        session.until("started\r\n");
        assert_eq!(session.change(job), "exited 0", "{caller:?} {way:?}");
    }
}

#[test]
fn a_stopped_job_can_be_killed() {
    for &caller in callers() {
        for way in [By::Pidone(&[]), By::Pidone(&["--share", "pid"])] {
            let (mut session, job) = reporting(caller, way, &["default=20"]);
            let command = way.command(job);
            session.keys(SUSPEND);
            assert_eq!(session.change(job), "stopped 20", "{caller:?} {way:?}");
            send(job, libc::SIGKILL);
            assert_eq!(session.change(job), "killed 9", "{caller:?} {way:?}");
            eventually("the command is gone", || {
                (!crate::support::is_alive(command)).then_some(())
            });
        }
    }
}
