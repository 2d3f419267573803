//! How a machine is stopped.

use super::{Ended, Machine, add_modules, assert_says, machine};

/// Ctrl-alt-del, a power supply that fails, and what managers of machines send, are signals to process 1.
#[test]
fn a_machine_is_stopped_in_order() {
    for (signal, words, lines) in [
        ("INT", "", &["asked by TERM", "pidone: exit 3"][..]),
        (
            "PWR",
            "pidone.stop-signal=HUP",
            &["asked by HUP", "pidone: exit 4"],
        ),
        (
            "INT",
            "pidone.rewrite=INT:USR1",
            &["asked by USR1", "pidone: exit 5"],
        ),
        ("38", "", &["asked by TERM", "pidone: exit 3"]),
    ] {
        let script = format!(
            "trap 'echo asked by TERM; exit 3' TERM; trap 'echo asked by HUP; exit 4' HUP\n\
            trap 'echo asked by USR1; exit 5' USR1\n\
            kill -{signal} 1; while :; do sleep 1; done"
        );
        let Some(machine) = machine(words, &script) else {
            return;
        };
        assert_says(&machine.boot(), lines);
    }
}

/// Who does not end by itself is killed when the time is over.
#[test]
fn a_workload_that_ignores_the_end_is_killed() {
    let script = "trap '' TERM; kill -INT 1; while :; do sleep 1; done";
    let Some(machine) = machine("pidone.stop-timeout=0.5", script) else {
        return;
    };
    assert_says(&machine.boot(), &["pidone: exit 137"]);
}

/// A key holds up what is written, and with it all that writes.
#[test]
fn a_console_that_is_stopped_delays_no_end() {
    let script = "(sleep 2; kill -TERM 1) & echo ready; sleep 1; seq 1 100000; sleep 100";
    let Some(machine) = machine("pidone.stop-timeout=0.5", script) else {
        return;
    };
    let mut running = machine.start();
    running.until("ready");
    running.type_in("\x13");
    let ended = running.end();
    let told = ended.console.contains("pidone: exit 143\n");
    assert!(told, "{}", ended.console);
}

/// Everybody else may end in peace as well, when the workload has ended.
#[test]
fn others_are_asked_to_end_too() {
    let script = "(trap 'sleep 1; echo the other has ended; exit' TERM; while :; do sleep 0.1; done) & sleep 0.5; exit 6";
    let Some(machine) = machine("", script) else {
        return;
    };
    assert_says(&machine.boot(), &["the other has ended", "pidone: exit 6"]);
}

/// The button, as the machine's monitor presses it.
#[test]
fn the_power_button_ends_a_machine() {
    let script = "trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 0.1; done";
    let words = "pidone.modules=/modules pidone.power-button";
    let Some(mut machine) = machine(words, script) else {
        return;
    };
    add_modules(&mut machine, &["button", "evdev"]);
    let ended = ended_by("system_powerdown", machine);
    assert_says(&ended, &["asked", "pidone: exit 7"]);
}

/// Ctrl-alt-del on a keyboard.
#[test]
fn three_keys_end_a_machine() {
    let script = "trap 'echo asked; exit 8' TERM; echo ready; while :; do sleep 0.1; done";
    let Some(mut machine) = machine("", script) else {
        return;
    };
    machine.arguments.extend(["-device".into(), "i8042".into()]);
    let ended = ended_by("sendkey ctrl-alt-delete", machine);
    assert_says(&ended, &["asked", "pidone: exit 8"]);
}

/// What comes of a machine that is ready when its monitor is told something.
fn ended_by(line: &str, machine: Machine) -> Ended {
    let mut running = machine.start();
    running.until("ready");
    running.tell_monitor(line);
    running.end()
}
