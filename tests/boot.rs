//! pidone as /init of a virtual machine: what the workload finds there, and how it is stopped.

mod support;
#[path = "support/vm.rs"]
mod vm;

use support::{has, program, skip};
use vm::{Ended, Machine, found};

/// A machine in which pidone is /init, and a shell with a script the workload.
fn machine(words: &str, script: &str) -> Option<Machine> {
    let mut machine = Machine::new()?;
    if !has("busybox") {
        skip("no busybox");
        return None;
    }
    let files = &mut machine.files;
    let pidone = std::fs::read(program()).expect("it was built");
    files.file("init", 0o755, pidone);
    files.file("bin/sh", 0o755, found("busybox"));
    for tool in ["cat", "ls", "kill", "sleep"] {
        files.link(&format!("bin/{tool}"), "sh");
    }
    let script = format!("export PATH=/bin\n{script}");
    files.file("script", 0o644, script.into());
    machine.words = format!("pidone.report=console {words} -- /bin/sh /script");
    Some(machine)
}

/// Everything that is to be on the console, each in a line of its own.
fn says(ended: &Ended, lines: &[&str]) {
    for line in lines {
        let found = ended.console.lines().any(|one| one == *line);
        assert!(found, "no line {line:?}:\n{}", ended.console);
    }
}

/// Nothing of /init is the workload's, and nothing is said but the status.
#[test]
fn a_workload_has_a_session_of_its_own() {
    let script = "set -- $(cat /proc/$$/stat)\n\
        [ $5 = $$ ] && [ $6 = $$ ] && echo a session, and terminal $7\n\
        echo umask $(umask), in $PWD, open are $(ls /proc/1/fd)";
    let Some(machine) = machine("", script) else {
        return;
    };
    let ended = machine.boot();
    says(
        &ended,
        &[
            "a session, and terminal 0",
            "umask 0022, in /, open are 0 1 2",
            "pidone: exit 0",
        ],
    );
    let ours = |line: &&str| line.starts_with("pidone:");
    assert_eq!(ended.console.lines().filter(ours).count(), 1);
    // QEMU's microvm has a register that switches it off.
    assert!(
        ended.console.contains("reboot: Power down"),
        "{}",
        ended.console
    );
}

/// Ctrl-alt-del, and a power supply that fails, are signals to process 1.
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
    ] {
        let script = format!(
            "trap 'echo asked by TERM; exit 3' TERM; trap 'echo asked by HUP; exit 4' HUP\n\
            trap 'echo asked by USR1; exit 5' USR1\n\
            kill -{signal} 1; while :; do sleep 1; done"
        );
        let Some(machine) = machine(words, &script) else {
            return;
        };
        says(&machine.boot(), lines);
    }
}

/// Who does not end by itself is killed when the time is over.
#[test]
fn a_workload_that_ignores_the_end_is_killed() {
    let script = "trap '' TERM; kill -INT 1; while :; do sleep 1; done";
    let Some(machine) = machine("pidone.stop-timeout=0.5", script) else {
        return;
    };
    says(&machine.boot(), &["pidone: exit 137"]);
}
