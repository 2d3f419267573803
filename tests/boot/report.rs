//! Who is told the exit code.

use super::disks::{content, disk, with_drives};
use super::support::{Scratch, has, skip};
use super::{Machine, add_modules, assert_says, machine};
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

/// The device at the other end of a machine's vsock, where no kernel of the host is one: what the machine says to port N
/// of the host arrives at the socket `port_N`. It ends when this is dropped.
struct Vsock(Child);

impl Vsock {
    /// In a new directory; none, with the test skipped, if the program is not there.
    fn start(scratch: &Scratch) -> Option<Vsock> {
        let name = "vhost-device-vsock";
        // Where tests/all installs it.
        let installed = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .with_file_name("tools/bin")
            .join(name);
        let program = match installed.is_file() {
            true => installed,
            false if has(name) => name.into(),
            false => {
                skip("no vhost-device-vsock");
                return None;
            }
        };
        let [control, port] = ["control", "port"].map(|name| scratch.path.join(name));
        let device = Command::new(program)
            .args(["--guest-cid", "3", "--socket"])
            .arg(&control)
            .arg("--uds-path")
            .arg(port)
            .spawn();
        let device = Vsock(device.expect("it can be started"));
        while !control.exists() {
            sleep(Duration::from_millis(5));
        }
        Some(device)
    }

    /// Makes it a machine's.
    fn give(scratch: &Scratch, machine: &mut Machine) -> Option<Vsock> {
        let device = Vsock::start(scratch)?;
        let modules = [
            "vsock",
            "vmw_vsock_virtio_transport_common",
            "vmw_vsock_virtio_transport",
        ];
        for (number, name) in modules.iter().enumerate() {
            let content = machine.kernel.module(name);
            // Behind those of every device.
            let path = format!("modules/9-{number}-{name}.ko");
            machine.files.file(&path, 0o644, content);
        }
        let memory = format!(
            "memory-backend-memfd,id=memory,share=on,size={}M",
            machine.memory
        );
        let control = format!(
            "socket,id=vsock,path={}",
            scratch.path.join("control").display()
        );
        for word in [
            "-object",
            &memory,
            "-machine",
            "memory-backend=memory",
            "-chardev",
            &control,
            "-device",
            "vhost-user-vsock-device,chardev=vsock",
        ] {
            machine.arguments.push(word.into());
        }
        Some(device)
    }
}

impl Drop for Vsock {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Who listens gets a line, and has a second for an answer, before which nobody else is told; for who does not there
/// is a second as well, where the device does not refuse.
#[test]
fn the_host_gets_the_exit_code() {
    let words = "pidone.modules=/modules pidone.report=vsock:2:1 pidone.report=vsock:2:2 pidone.report=vsock:2:3";
    let Some(mut machine) = machine(words, "exit 9") else {
        return;
    };
    add_modules(&mut machine, &["virtio_ring", "virtio", "virtio_mmio"]);
    let scratch = Scratch::new("vsock");
    let Some(_device) = Vsock::give(&scratch, &mut machine) else {
        return;
    };
    let [answers, is_silent] =
        ["port_1", "port_3"].map(|name| UnixListener::bind(scratch.path.join(name)).expect("new"));
    let answered = AtomicBool::new(false);
    let ended = scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = answers.accept().expect("the machine comes");
            let mut line = [0; 15];
            stream.read_exact(&mut line).expect("it says something");
            assert_eq!(&line, b"pidone: exit 9\n");
            sleep(Duration::from_millis(200));
            answered.store(true, Ordering::SeqCst);
            stream.write_all(b"!").expect("it listens");
        });
        scope.spawn(|| {
            let (mut stream, _) = is_silent.accept().expect("the machine comes");
            assert!(answered.load(Ordering::SeqCst), "it did not wait");
            let mut all = String::new();
            let _ = stream.read_to_string(&mut all);
            assert_eq!(all, "pidone: exit 9\n");
        });
        machine.boot()
    });
    let refused = "pidone: --report \"vsock:2:2\": ";
    let lines = ended.console.lines();
    let told: Vec<_> = lines.filter(|line| line.starts_with("pidone: ")).collect();
    assert!(
        matches!(told[..], ["pidone: exit 9", line] if line.starts_with(refused) && line.contains(": connect(&socket, [40, 2, 2, 0], 16): E")),
        "{}",
        ended.console
    );
    assert_says(&ended, &["pidone: exit 9"]);
}

/// Who is told may switch the machine off at once: files are on the disk then, with the code among them, and the
/// disk is clean.
#[test]
fn nothing_is_lost_when_the_host_is_told() {
    let scratch = Scratch::new("told");
    let script = "echo kept >/data/file; ln /data/file /data/code; ln -s file /data/other; exit 7";
    let Some(image) = disk(&scratch, "root", Some(script)) else {
        return;
    };
    let words = "pidone.root=/dev/vda pidone.report=vsock:2:1 pidone.report=file:/data/code \
        pidone.report=file:/data/other";
    let Some(mut machine) = with_drives(words, &[&image]) else {
        return;
    };
    let Some(_device) = Vsock::give(&scratch, &mut machine) else {
        return;
    };
    let host = UnixListener::bind(scratch.path.join("port_1")).expect("new");
    let then = scratch.path.join("then");
    let ended = scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = host.accept().expect("the machine comes");
            let mut line = [0; 15];
            stream.read_exact(&mut line).expect("it says something");
            // It waits for an answer now.
            std::fs::copy(&image, &then).expect("it can be copied");
        });
        machine.boot()
    });
    assert_says(&ended, &["pidone: exit 7"]);
    // Another file is not written to, whatever the workload has put in the place.
    assert_eq!(content(&then, "/data/file"), "kept\n");
    assert_eq!(content(&then, "/data/code"), "7\n");
    assert_eq!(content(&then, "/data/other"), "7\n");
}

/// Ports of a virtio console that have files of the host at their other ends: one by its place, others by their names, of
/// which one is not there.
#[test]
fn a_file_of_the_host_gets_the_exit_code() {
    let scratch = Scratch::new("report");
    let words = "pidone.modules=/modules pidone.report=file:/dev/vport0p1 pidone.report=virtio:none \
        pidone.report=virtio:code pidone.report=virtio:co pidone.report=krun";
    // Ports come one after the other, and can be written to a little later.
    let script = "until [ -e /sys/class/virtio-ports/vport0p4/name ]; do sleep 0.1; done\n\
        printf first, >/dev/vport0p4; exit 9";
    let Some(mut machine) = machine(words, script) else {
        return;
    };
    let modules = ["virtio_ring", "virtio", "virtio_mmio", "virtio_console"];
    add_modules(&mut machine, &modules);
    let files = ["", "other", "code", "co"];
    machine
        .arguments
        .extend(["-device".into(), "virtio-serial-device".into()]);
    for (number, name) in files.iter().enumerate() {
        let file = scratch.path.join(format!("{name}.file"));
        let chardev = format!("file,id=file{number},path={}", file.display());
        let mut port = format!("virtserialport,chardev=file{number}");
        if !name.is_empty() {
            port += &format!(",name={name}");
        }
        for word in ["-chardev", &chardev, "-device", &port] {
            machine.arguments.push(word.into());
        }
    }
    let ended = machine.boot();
    assert_says(&ended, &["pidone: exit 9"]);
    let said = files.map(|name| {
        let file = scratch.path.join(format!("{name}.file"));
        std::fs::read_to_string(file).unwrap_or_default()
    });
    assert_eq!(said, ["9\n", "", "9\n", "first,9\n"], "{}", ended.console);
    let told = |begin: &str, end: &str| {
        let mut lines = ended.console.lines();
        let found = lines.any(|line| line.starts_with(begin) && line.ends_with(end));
        assert!(found, "{begin}...{end}: {}", ended.console);
    };
    let open = "O_WRONLY|O_NONBLOCK|O_CLOEXEC): ENOENT";
    told(
        "pidone: --report \"none\": ",
        &format!("\"/dev/virtio-ports\", {open}"),
    );
    // No other machine than libkrun's knows it.
    told("pidone: step ", ": ioctl(&folder, 30210, 9): ENOTTY");
}
