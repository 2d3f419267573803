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

/// What a machine says whose first process is ours, and its exit status. Its workload finds busybox.
fn booted(words: &str, settings: Option<&str>, arguments: &[&str]) -> Option<vm::Ended> {
    let mut machine = Machine::new()?;
    if !support::has("busybox") {
        support::skip("no busybox");
        return None;
    }
    let pidone = std::fs::read(program()).expect("it was built");
    machine.files.file("init", 0o755, pidone);
    let busybox = vm::found("busybox");
    machine.files.file("bin/busybox", 0o755, busybox.clone());
    machine.files.file("bin/sh", 0o755, busybox);
    if let Some(settings) = settings {
        machine.files.folder("etc");
        machine.files.folder("etc/pidone");
        let settings = settings.as_bytes().to_vec();
        machine.files.file("etc/pidone/init", 0o644, settings);
    }
    machine.words = words.into();
    machine.arguments = arguments.iter().map(|word| word.into()).collect();
    Some(machine.boot())
}

fn assert_says(ended: &vm::Ended, lines: &[&str]) {
    for line in lines {
        assert!(
            ended.console.lines().any(|other| other == *line),
            "{line}: {}",
            ended.console
        );
    }
}

/// The usual file systems with their options, a session of its own, orphans that are reaped, a wrong word that
/// is told of, and the exit code.
#[test]
fn the_first_process_makes_a_machine_of_it() {
    let script = "export PATH=/bin; busybox cat /proc/mounts; busybox readlink /dev/fd; busybox hostname; \
        i=0; while [ $i -lt 500 ]; do (busybox true &); i=$((i+1)); done; busybox sleep 1; \
        busybox ps | busybox grep -c '[Zz]ombie'; busybox tty; \
        set -- $(busybox cat /proc/$$/stat); [ $5 = $$ ] && [ $6 = $$ ] && echo a session; exit 42";
    let words =
        "pidone.report=console pidone.grase=5 pidone.grace=x pidone.hostname=box pidone.end=reboot";
    let words = format!("{words} -- /bin/sh -c \"{script}\"");
    let Some(ended) = booted(&words, None, &[]) else {
        return;
    };
    assert_says(
        &ended,
        &[
            "pidone: unknown option \"grase=5\": did you mean --grace?",
            "pidone: --grace \"x\": wanted is a number of seconds, such as 10 or 0.5",
            "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0",
            "sysfs /sys sysfs rw,nosuid,nodev,noexec,relatime 0 0",
            "/proc/self/fd",
            "box",
            "0",
            "a session",
            "pidone: exit 42",
        ],
    );
    for part in [
        "devtmpfs /dev devtmpfs rw,nosuid,",
        "devpts /dev/pts devpts rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=666",
        "tmpfs /dev/shm tmpfs rw,nosuid,nodev,",
    ] {
        assert!(ended.console.contains(part), "{part}: {}", ended.console);
    }
    assert_eq!(ended.code, Some(0));
}

#[test]
fn a_machine_ends_whatever_becomes_of_its_workload() {
    for (workload, lines) in [
        ("-- /bin/sh -c \"kill -9 $$\"", &["pidone: exit 137"][..]),
        (
            "-- /missing",
            &["hint: there is no such file", "pidone: exit 127"],
        ),
        ("", &["pidone: exit 125"]),
        ("-- --bogus /bin/sh", &["pidone: exit 125"]),
        (
            "PIDONE_INIT_BOGUS=1 -- /bin/sh -c true",
            &["pidone: exit 125"],
        ),
        ("-- --help", &["pidone: exit 0"]),
    ] {
        let words = format!("pidone.report=console {workload}");
        let Some(ended) = booted(&words, None, &[]) else {
            return;
        };
        assert_says(&ended, lines);
    }
}

/// What the file in the image says, unless the command line says something else; and how QEMU is told the status.
#[test]
fn settings_of_a_machine_are_in_its_image() {
    let settings = "# for a test\nexec=/bin/sh\narg=-c\narg=echo from the file; exit 9\nreport=console\n\
        hostname=one\nwait-all=1\nbogus\n";
    let device = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"];
    let words = "pidone.hostname=two pidone.report=port:0xf4";
    let Some(ended) = booted(words, Some(settings), &device) else {
        return;
    };
    assert_says(
        &ended,
        &[
            "pidone: unknown option \"bogus\": see \"pidone --help\"",
            "from the file",
            "pidone: exit 9",
        ],
    );
    assert_eq!(ended.code, Some(9 << 1 | 1), "{}", ended.console);
}

/// A workload with job control on the console.
#[test]
fn a_workload_may_have_a_terminal() {
    let words = "pidone.report=console pidone.tty=1 -- /bin/sh -c \"busybox tty; exit 4\"";
    let Some(ended) = booted(words, None, &[]) else {
        return;
    };
    assert_says(&ended, &["/dev/pts/0", "pidone: exit 4"]);
}
