//! A small virtual machine: the distribution's kernel and the files that a test names, in QEMU without
//! KVM. Its console is captured, and it ends by a reboot.
#![allow(dead_code)]

#[path = "cpio.rs"]
mod cpio;

use super::support::{Ran, Scratch, has, skip};
pub use cpio::Archive;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

/// What the kernel says when it is in trouble.
const TROUBLE: [&str; 6] = [
    "Kernel panic",
    "Oops",
    "BUG:",
    "kernel BUG at",
    "general protection fault",
    "stack-protector:",
];

/// What differs between machines with different processors.
pub struct Architecture {
    /// QEMU for it, and what that is to be: the machine and its processor.
    qemu: &'static str,
    machine: [&'static str; 2],
    /// The kernel's package, and how the names of its files end.
    package: &'static str,
    kernel: &'static str,
    /// What the kernel is told: where to write, and more.
    console: &'static str,
    words: fn() -> String,
    /// A static busybox: of this machine, or below target/, where tests/all unpacks it.
    busybox: &'static str,
}

pub static X86_64: Architecture = Architecture {
    qemu: "qemu-system-x86_64",
    machine: ["microvm,rtc=on,accel=tcg", "max"],
    package: "linux-image-cloud-amd64",
    kernel: "cloud-amd64",
    console: "ttyS0",
    words: frequency,
    busybox: "busybox",
};

/// With a processor that does not authenticate pointers, for that takes QEMU most of its time.
pub static AARCH64: Architecture = Architecture {
    qemu: "qemu-system-aarch64",
    machine: ["virt,accel=tcg", "cortex-a72"],
    package: "linux-image-cloud-arm64",
    kernel: "cloud-arm64",
    console: "ttyAMA0",
    words: String::new,
    busybox: "aarch64/bin/busybox",
};

/// A place below target/.
pub fn target(place: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name(place)
}

/// A kernel of the distribution for the cloud: installed, or unpacked below target/ by tests/all.
pub struct Kernel {
    pub image: PathBuf,
    /// The directory of its modules.
    pub modules: PathBuf,
}

impl Kernel {
    /// The newest one.
    fn find(architecture: &Architecture) -> Option<Kernel> {
        [PathBuf::from("/"), target("kernel")]
            .iter()
            .find_map(|root| {
                let entries = fs::read_dir(root.join("boot")).ok()?.flatten();
                let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
                let version = names
                    .filter(|name| name.ends_with(architecture.kernel))
                    .filter_map(|name| Some(name.strip_prefix("vmlinuz-")?.to_string()))
                    .max()?;
                let modules = ["usr/lib/modules", "lib/modules"]
                    .map(|folder| root.join(folder).join(&version))
                    .into_iter()
                    .find(|folder| folder.is_dir())?;
                let image = root.join("boot").join(format!("vmlinuz-{version}"));
                Some(Kernel { image, modules })
            })
    }

    /// The content of a module.
    pub fn module(&self, name: &str) -> Vec<u8> {
        let list = fs::read_to_string(self.modules.join("modules.order")).expect("it is a text");
        let suffix = format!("/{name}.ko");
        let path = list.lines().find(|line| line.ends_with(&suffix));
        let file = self
            .modules
            .join(path.unwrap_or_else(|| panic!("no {name}")));
        fs::read(&file).unwrap_or_else(|_| {
            // Newer distributions compress them.
            let xz = Command::new("xz")
                .args(["-dc".into(), file.with_extension("ko.xz")])
                .output();
            xz.expect("xz can be started").stdout
        })
    }
}

/// A machine before it is switched on.
pub struct Machine {
    architecture: &'static Architecture,
    pub kernel: Kernel,
    /// Words for the kernel's command line, beside those for the console and the end.
    pub words: String,
    /// What the first root holds. The kernel executes /init there.
    pub files: Archive,
    /// In place of the files an archive.
    pub image: Option<Vec<u8>>,
    /// Images of block devices: /dev/vda and so on, for a kernel that has loaded virtio_blk.
    pub drives: Vec<PathBuf>,
    /// More arguments for QEMU.
    pub arguments: Vec<OsString>,
    /// Mebibytes.
    pub memory: u32,
    pub processors: u32,
    pub deadline: Duration,
    /// Whether the kernel may say that it is in trouble.
    pub trouble: bool,
}

impl Machine {
    /// A machine with no files; none, with the test skipped, if there is no QEMU or no kernel here.
    pub fn new() -> Option<Machine> {
        Machine::of(&X86_64)
    }

    /// The same with another processor.
    pub fn of(architecture: &'static Architecture) -> Option<Machine> {
        if !has(architecture.qemu) {
            skip(&format!("no {}", architecture.qemu));
            return None;
        }
        let Some(kernel) = Kernel::find(architecture) else {
            skip(&format!("no kernel of {}", architecture.package));
            return None;
        };
        Some(Machine {
            architecture,
            kernel,
            words: String::new(),
            files: Archive::default(),
            image: None,
            drives: Vec::new(),
            arguments: Vec::new(),
            memory: 256,
            processors: 1,
            deadline: Duration::from_secs(120),
            trouble: false,
        })
    }

    /// A machine with busybox and a shell script that root runs, with /proc, /sys, /dev and /tmp
    /// mounted. It may run commands as an ordinary user, whose id is 1000: `user COMMAND [ARG...]`.
    pub fn with_script(script: &str) -> Option<Machine> {
        const INIT: &str = "#!/bin/busybox sh\n\
            export PATH=/bin\n\
            /bin/busybox --install -s /bin\n\
            mount -t proc proc /proc && mount -t sysfs sys /sys && mount -t devtmpfs dev /dev\n\
            mount -t tmpfs tmp /tmp && chmod 1777 /tmp\n\
            sh /script </dev/null\n\
            echo \"script ended: $?\"\n\
            reboot -f\n";
        let mut machine = Machine::new()?.with_busybox()?;
        let files = &mut machine.files;
        files.file("init", 0o755, INIT.into());
        let user = "user() { su user -c 'exec \"$0\" \"$@\"' -- \"$@\"; }\n";
        files.file("script", 0o755, format!("{user}{script}").into());
        files.file(
            "etc/passwd",
            0o644,
            "root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n".into(),
        );
        files.file("etc/group", 0o644, "root:x:0:\nuser:x:1000:\n".into());
        for folder in ["proc", "sys", "dev", "tmp"] {
            files.folder(folder);
        }
        Some(machine)
    }

    /// With busybox; none, with the test skipped, if that is not here.
    pub fn with_busybox(mut self) -> Option<Machine> {
        let name = self.architecture.busybox;
        let unpacked = target(name);
        let busybox = match has(name) {
            true => found(name),
            false if name.contains('/') && unpacked.is_file() => {
                fs::read(unpacked).expect("it can be read")
            }
            false => {
                skip(&format!("no {name}"));
                return None;
            }
        };
        self.files.file("bin/busybox", 0o755, busybox);
        Some(self)
    }

    /// Switches it on.
    pub fn start(self) -> Running {
        let scratch = Scratch::new("vm");
        let archive = scratch.path.join("initramfs");
        let bytes = self.image.unwrap_or_else(|| self.files.bytes());
        fs::write(&archive, bytes).expect("the archive can be written");
        let Architecture {
            qemu,
            machine: [machine, processor],
            console,
            words,
            ..
        } = self.architecture;
        let words = words();
        let mut command = Command::new(qemu);
        command
            .args(["-M", machine, "-cpu", processor])
            .args(["-nodefaults", "-no-user-config", "-nographic"])
            .args(["-serial", "stdio", "-no-reboot"])
            .args(["-m", &self.memory.to_string()])
            .args(["-smp", &self.processors.to_string()])
            .arg("-kernel")
            .arg(&self.kernel.image)
            .arg("-initrd")
            .arg(&archive)
            .arg("-append")
            .arg(format!(
                "console={console} quiet panic=-1 {words} {}",
                self.words
            ));
        for (number, drive) in self.drives.iter().enumerate() {
            let file = drive.display();
            command
                .args([
                    "-drive",
                    &format!("id=drive{number},file={file},format=raw,if=none"),
                ])
                .args(["-device", &format!("virtio-blk-device,drive=drive{number}")]);
        }
        let mut qemu = command
            .args(&self.arguments)
            .args(["-qmp".into(), socket(&scratch)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("QEMU can be started");
        let console = Arc::default();
        let readers = [
            collect(qemu.stdout.take().expect("a pipe"), &console),
            collect(qemu.stderr.take().expect("a pipe"), &console),
        ];
        Running {
            qemu,
            console,
            readers: readers.into(),
            end: Instant::now() + self.deadline,
            trouble: self.trouble,
            scratch,
        }
    }

    /// Runs it to its end.
    pub fn boot(self) -> Ended {
        self.start().end()
    }

    /// Runs a machine with a script to its end: the script's status, and the console as its output.
    pub fn run(self) -> Ran {
        let Ended { console, .. } = self.boot();
        let code = console
            .lines()
            .find_map(|line| line.strip_prefix("script ended: ")?.parse().ok());
        assert!(code.is_some(), "the script has no end:\n{console}");
        Ran {
            code,
            signal: None,
            out: console,
            err: String::new(),
        }
    }
}

/// The content of a program of this machine.
pub fn found(program: &str) -> Vec<u8> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let files = std::env::split_paths(&path).map(|folder| folder.join(program));
    let file = files.into_iter().find(|file| file.is_file());
    fs::read(file.unwrap_or_else(|| panic!("no {program}"))).expect("a program can be read")
}

/// Where QEMU's monitor listens.
fn socket(scratch: &Scratch) -> OsString {
    let path = scratch.path.join("monitor");
    format!("unix:{},server=on,wait=off", path.display()).into()
}

/// What a kernel for x86_64 is told: how to end, and the frequency of its time stamp counter, which is this
/// machine's. Where it has to find that out it may fail, and hang before it writes anything: QEMU's timers are
/// late when the machine is busy.
fn frequency() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = processor.lines().find(|line| line.starts_with("cpu MHz"));
    let value = line.and_then(|line| line.split_once(':')?.1.trim().parse::<f64>().ok());
    let frequency = (value.unwrap_or(2000.0) * 1000.0) as u32;
    format!("reboot=t tsc_early_khz={frequency}")
}

type Console = Arc<Mutex<Vec<u8>>>;

fn collect(mut from: impl Read + Send + 'static, into: &Console) -> JoinHandle<()> {
    let into = into.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let mut console = into.lock().expect("nobody panics with it");
            console.extend(&buffer[..count]);
        }
    })
}

/// A machine that runs. It is switched off when this is dropped.
pub struct Running {
    qemu: Child,
    console: Console,
    readers: Vec<JoinHandle<()>>,
    /// When it is switched off.
    pub end: Instant,
    trouble: bool,
    scratch: Scratch,
}

impl Running {
    /// What has been written so far.
    pub fn console(&self) -> String {
        let console = self.console.lock().expect("nobody panics with it");
        String::from_utf8_lossy(&console).replace('\r', "")
    }

    /// Waits until the console shows a text.
    pub fn until(&mut self, text: &str) {
        while !self.console().contains(text) {
            self.go_on(text);
        }
    }

    /// Keys on the console.
    pub fn type_in(&mut self, keys: &str) {
        let console = self.qemu.stdin.as_mut().expect("a pipe");
        console.write_all(keys.as_bytes()).expect("QEMU reads");
    }

    /// A line for QEMU's monitor.
    pub fn tell_monitor(&self, line: &str) {
        let path = self.scratch.path.join("monitor");
        let mut monitor = UnixStream::connect(path).expect("QEMU listens");
        let command = "human-monitor-command";
        let words = format!(
            "{{\"execute\":\"qmp_capabilities\"}}\n{{\"execute\":\"{command}\",\"arguments\":{{\"command-line\":\"{line}\"}}}}\n"
        );
        monitor.write_all(words.as_bytes()).expect("QEMU reads");
        // A greeting, and an answer to each.
        let answers = BufReader::new(monitor).lines().take(3);
        for answer in answers {
            let answer = answer.expect("QEMU answers");
            assert!(!answer.contains("\"error\""), "{answer}");
        }
    }

    /// Waits until the machine has ended.
    pub fn end(mut self) -> Ended {
        let status = loop {
            match self.qemu.try_wait().expect("QEMU can be waited for") {
                Some(status) => break status,
                None => self.go_on("the end"),
            }
        };
        for reader in self.readers.drain(..) {
            reader.join().expect("it only reads");
        }
        let console = self.console();
        let trouble = TROUBLE.iter().any(|text| console.contains(text));
        assert!(self.trouble || !trouble, "{console}");
        Ended {
            code: status.code(),
            console,
        }
    }

    fn go_on(&self, for_what: &str) {
        assert!(
            Instant::now() < self.end,
            "waited for {for_what} in vain:\n{}",
            self.console()
        );
        sleep(Duration::from_millis(5));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

/// A machine that has ended.
#[derive(Debug)]
pub struct Ended {
    /// QEMU's exit status.
    pub code: Option<i32>,
    /// What it wrote to the console, without carriage returns, and what QEMU had to say.
    pub console: String,
}
