//! A job in the background that wants the terminal stops until it gets it.

use crate::session::{By, Session, WAYS};
use crate::support::{each_with, eventually, stat, state};

/// Hundredths of a second of processor time that a process has used (proc_pid_stat(5)).
fn used(pid: u32) -> u32 {
    let fields = stat(pid).expect("it is there");
    fields[11..13]
        .iter()
        .map(|ticks| ticks.parse::<u32>().expect("a number"))
        .sum()
}

/// Processor time is measured while it should be stopped. A command that is PID 1 is not stopped by
/// the kernel, which would have it try again and again.
fn assert_at_rest(command: u32, what: &str) {
    eventually("it is stopped", || (state(command) == 'T').then_some(()));
    let before = used(command);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(used(command), before, "{what}");
    assert!(before < 50, "{what}: {before}");
}

#[test]
fn reading_in_the_background_stops_the_job_until_fg() {
    for (caller, way) in each_with(&WAYS) {
        let mut session = Session::new();
        session.set_modes(0, libc::ECHO);
        let job = session.background(caller, &way.line(&["cat"]));
        assert_eq!(session.change(job), "stopped 21", "{caller:?} {way:?}");
        assert_at_rest(way.command(job), &format!("{caller:?} {way:?}"));
        session.continue_in_foreground(job);
        session.keys("hello\n");
        session.until("hello\r\n");
        session.keys("\x04");
        assert_eq!(session.change(job), "exited 0", "{caller:?} {way:?}");
    }
}

/// `bg` of a job that reads stops it again.
#[test]
fn reading_again_stops_the_job_again() {
    for (caller, way) in each_with(&WAYS) {
        let mut session = Session::new();
        let job = session.background(caller, &way.line(&["cat"]));
        for round in 0..5 {
            assert_eq!(
                session.change(job),
                "stopped 21",
                "{caller:?} {way:?} {round}"
            );
            session.continue_in_background(job);
        }
        assert_eq!(session.change(job), "stopped 21", "{caller:?} {way:?}");
        session.continue_in_foreground(job);
        session.keys("\x04");
        assert_eq!(session.change(job), "exited 0", "{caller:?} {way:?}");
    }
}

/// With `stty tostop` writing is like reading.
#[test]
fn writing_in_the_background_stops_the_job_if_the_terminal_says_so() {
    for (caller, way) in each_with(&WAYS) {
        let mut session = Session::new();
        session.set_modes(libc::TOSTOP, 0);
        let job = session.background(caller, &way.line(&["sh", "-c", "echo written; exit 3"]));
        assert_eq!(session.change(job), "stopped 22", "{caller:?} {way:?}");
        assert_at_rest(way.command(job), &format!("{caller:?} {way:?}"));
        session.continue_in_foreground(job);
        session.until("written\r\n");
        assert_eq!(session.change(job), "exited 3", "{caller:?} {way:?}");
    }
}

/// The control of the one above.
#[test]
fn a_background_job_may_write_and_end() {
    for (caller, way) in each_with(&WAYS) {
        let mut session = Session::new();
        let job = session.background(caller, &way.line(&["sh", "-c", "echo written; exit 3"]));
        session.until("written\r\n");
        assert_eq!(session.change(job), "exited 3", "{caller:?} {way:?}");
        assert_eq!(session.holder(), session.leader(), "{caller:?} {way:?}");
    }
}

/// pidone itself says something at the end, from the background.
#[test]
fn a_background_job_may_be_refused() {
    for (caller, way) in each_with(&[By::Pidone(&[]), By::Pidone(&["--share", "pid"])]) {
        let mut session = Session::new();
        let job = session.background(caller, &way.line(&["/no/such/command"]));
        session.until("/no/such/command");
        assert_eq!(session.change(job), "exited 127", "{caller:?} {way:?}");
    }
}
