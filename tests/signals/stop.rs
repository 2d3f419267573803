//! A stopped command stops pidone, so that the caller sees one job.

use crate::running::Running;
use crate::support::{callers, each_with, eventually, is_running, send, state};

const RELATIONS: [&[&str]; 2] = [&[], &["--share", "pid"]];

#[test]
fn pidone_stops_with_the_command_and_continues_it() {
    for (caller, options) in each_with(&RELATIONS) {
        let running = Running::witness(caller, options, &[]);
        let witness = running.command();
        for round in 1..=20 {
            send(witness, libc::SIGSTOP);
            wait_for(running.pid(), 'T');
            assert_eq!(state(witness), 'T', "{caller:?} {options:?} {round}");
            running.send(libc::SIGCONT);
            wait_for(witness, 'S');
            let heard = running.up_to_fence();
            assert!(
                heard.iter().all(|line| line == "got 18"),
                "{caller:?} {options:?}: {heard:?}"
            );
        }
    }
}

/// `kill -STOP`, `kill -CONT`: the other way round.
#[test]
fn a_stopped_pidone_leaves_the_command_running() {
    for (caller, options) in each_with(&RELATIONS) {
        let running = Running::witness(caller, options, &[]);
        running.send(libc::SIGSTOP);
        wait_for(running.pid(), 'T');
        assert!(is_running(running.command()), "{caller:?} {options:?}");
        running.send(libc::SIGCONT);
        assert_eq!(running.up_to_fence(), ["got 18"], "{caller:?} {options:?}");
    }
}

#[test]
fn a_command_that_is_killed_while_stopped_is_reported_when_pidone_continues() {
    for &caller in callers() {
        let mut running = Running::witness(caller, &[], &[]);
        let witness = running.command();
        send(witness, libc::SIGSTOP);
        wait_for(running.pid(), 'T');
        send(witness, libc::SIGKILL);
        running.send(libc::SIGCONT);
        assert_eq!(running.code(), 137, "{caller:?}");
    }
}

fn wait_for(pid: u32, wanted: char) {
    eventually(&format!("process {pid} is in state {wanted}"), || {
        (state(pid) == wanted).then_some(())
    });
}
