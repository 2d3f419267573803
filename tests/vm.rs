//! The virtual machine that tests use, and pidone in it: on another kernel than the tests' own, which
//! it is alone with.

mod support;
#[path = "support/vm.rs"]
mod vm;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use support::{Scratch, program};
use vm::Machine;

/// Runs a script where pidone is installed.
fn run(script: &str) -> Option<support::Ran> {
    let mut machine = Machine::with_script(script)?;
    let pidone = std::fs::read(program()).expect("it was built");
    machine.files.file("bin/pidone", 0o755, pidone);
    Some(machine.run())
}

/// What a panic says.
fn complaint(test: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(test)).expect_err("it should panic");
    payload
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_default()
}

#[test]
fn the_command_is_pid_1_of_all_namespaces() {
    let command = "pidone run --all sh -c 'echo $USER is $$ of /proc/[0-9]*'";
    let script = format!("USER=root {command}; export USER=user; user {command}; exit 7");
    let Some(ran) = run(&script) else { return };
    assert_eq!(ran.code, Some(7));
    assert!(
        ran.out
            .contains("\nroot is 1 of /proc/1\nuser is 1 of /proc/1\n"),
        "{}",
        ran.out
    );
}

#[test]
fn a_status_comes_out() {
    let Some(ran) = run("user pidone run sh -c 'exit 9'") else {
        return;
    };
    assert_eq!(ran.code, Some(9), "{}", ran.out);
}

/// A machine with a command line, a drive and an init of its own, as micro-VMs are.
#[test]
fn an_own_init_finds_words_and_drives() {
    let script = "cat /proc/cmdline\n\
        for module in virtio_ring virtio virtio_mmio virtio_blk; do insmod /$module.ko; done\n\
        head -n 1 /dev/vda";
    let Some(mut machine) = Machine::with_script(script) else {
        return;
    };
    for module in ["virtio", "virtio_ring", "virtio_mmio", "virtio_blk"] {
        let content = machine.kernel.module(module);
        machine.files.file(&format!("{module}.ko"), 0o644, content);
    }
    let scratch = Scratch::new("drive");
    let line = format!("{:511}\n", "of the drive");
    machine.drives.push(scratch.file("drive", &line, 0o644));
    machine.files.file(
        "own",
        0o755,
        "#!/bin/busybox sh\necho the own init\nexec /init\n".into(),
    );
    machine.words = "rdinit=/own pidone.test=word".into();
    let ran = machine.run();
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    for text in ["the own init\n", " pidone.test=word\n", &line] {
        assert!(ran.out.contains(text), "{text}: {}", ran.out);
    }
}

#[test]
fn a_panic_is_not_overlooked() {
    let Some(mut machine) = Machine::with_script("") else {
        return;
    };
    let fatal = b"#!/bin/busybox sh\nexit 3\n";
    machine.files.file("init", 0o755, fatal.into());
    let said = complaint(|| drop(machine.boot()));
    assert!(
        said.contains("Attempted to kill init! exitcode=0x00000300"),
        "{said}"
    );
}

#[test]
fn a_panic_may_be_wanted() {
    let Some(mut machine) = Machine::with_script("echo c >/proc/sysrq-trigger") else {
        return;
    };
    machine.trouble = true;
    let console = machine.boot().console;
    assert!(console.contains("sysrq triggered crash"), "{console}");
}

#[test]
fn a_machine_that_hangs_is_switched_off() {
    let Some(mut machine) = Machine::with_script("echo begun; sleep 1000") else {
        return;
    };
    machine
        .arguments
        .extend(["-name".into(), "pidone-hangs".into()]);
    let mut running = machine.start();
    running.until("begun");
    assert_eq!(support::marked("pidone-hangs").len(), 1);
    running.end = std::time::Instant::now() + Duration::from_millis(50);
    let said = complaint(|| drop(running.end()));
    assert!(said.contains("waited for the end in vain"), "{said}");
    assert_eq!(support::marked("pidone-hangs"), [0; 0]);
}

#[test]
fn the_same_files_make_the_same_archive() {
    let mut one = vm::Archive::default();
    one.file("a/b/c", 0o755, vec![1, 2, 3]);
    one.link("a/d", "b");
    let mut other = vm::Archive::default();
    other.link("a/d", "b");
    other.folder("a");
    other.file("/a/b/c", 0o755, vec![1, 2, 3]);
    assert_eq!(one.bytes(), other.bytes());
    assert_eq!(one.bytes().len() % 4, 0);
}
