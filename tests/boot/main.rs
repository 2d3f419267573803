//! pidone as /init of a virtual machine: what its workload finds there, and how the machine ends.

mod aarch64;
#[path = "../support/cross.rs"]
mod cross;
mod disks;
#[path = "../binary/elf.rs"]
mod elf;
mod end;
mod network;
mod report;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/vm.rs"]
mod vm;
mod words;
mod workload;

use std::path::Path;
use support::program;
use vm::{Ended, Machine};

/// A machine in which pidone is /init, busybox is there, and nothing else.
fn bare(words: &str) -> Option<Machine> {
    bare_of(Machine::new()?, program(), words)
}

/// The same of another machine, with the program for that.
fn bare_of(machine: Machine, program: &Path, words: &str) -> Option<Machine> {
    let mut machine = machine.with_busybox()?;
    let files = &mut machine.files;
    let pidone = std::fs::read(program).expect("it was built");
    files.file("init", 0o755, pidone);
    files.link("bin/sh", "busybox");
    machine.words = words.into();
    Some(machine)
}

/// The same, with a shell with a script as its workload, and the exit code on the console.
fn machine(words: &str, script: &str) -> Option<Machine> {
    let mut machine = bare(&format!("pidone.report=console {words} -- /bin/sh /script"))?;
    machine.files.file("script", 0o644, shell(script));
    Some(machine)
}

/// A script that finds the tools of busybox.
fn shell(script: &str) -> Vec<u8> {
    let tools = "export PATH=/bin\n/bin/busybox --install -s /bin\n";
    format!("{tools}{script}\n").into()
}

/// Modules of the kernel, each after those that it needs.
fn add_modules(machine: &mut Machine, names: &[&str]) {
    for (number, name) in names.iter().enumerate() {
        let content = machine.kernel.module(name);
        let path = format!("modules/{number}-{name}.ko");
        machine.files.file(&path, 0o644, content);
    }
}

/// Everything that is to be on the console, each in a line of its own.
fn assert_says(ended: &Ended, lines: &[&str]) {
    for line in lines {
        let found = ended.console.lines().any(|one| one == *line);
        assert!(found, "no line {line:?}:\n{}", ended.console);
    }
}
