//! The program for aarch64, as the first process of a machine of that kind, and sandboxes in it.

use super::cross;
use super::vm::{AARCH64, Archive, Ended, Machine, target};
use super::{assert_says, bare_of, shell};
use crate::elf::Elf;
use std::fs;
use std::process::Command;

/// A machine with a script as its workload, and the exit code on the console.
fn machine(words: &str, script: &str) -> Option<Machine> {
    let program = cross::program()?;
    let words = format!("pidone.report=console {words} -- /bin/sh /script");
    let mut machine = bare_of(Machine::of(&AARCH64)?, program, &words)?;
    let files = &mut machine.files;
    files.file("script", 0o644, shell(script));
    files.link("bin/pidone", "/init");
    let users = b"root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n";
    files.file("etc/passwd", 0o644, users.into());
    files.file("etc/group", 0o644, b"root:x:0:\nuser:x:1000:\n".into());
    files.folder("mnt");
    Some(machine)
}

/// The kernel's last words.
fn assert_ends(ended: &Ended, last: &str) {
    assert!(ended.console.contains(last), "{}", ended.console);
    assert_eq!(ended.code, Some(0), "{}", ended.console);
}

/// Kernels have pages of up to 64 KiB, and no page can be of two segments.
#[test]
fn segments_are_a_large_page_apart() {
    let Some(program) = cross::program() else {
        return;
    };
    let elf = Elf::read(program);
    let mut end = 0;
    let loaded = elf.segments.iter().filter(|segment| segment.kind == 1);
    for segment in loaded {
        assert!(segment.address >> 16 >= end, "{:x}", segment.address);
        end = (segment.address + segment.memory).div_ceil(1 << 16);
    }
    assert!(end > 0 && elf.size < 200_000);
}

/// The workload's status is QEMU's, and nobody is left who is not reaped.
#[test]
fn the_status_comes_out_by_semihosting() {
    let script = "uname -m; hostname\n\
        i=0; while [ $i -lt 200 ]; do (true & true & true & true & true &); i=$((i+5)); done\n\
        sleep 1; echo zombies $(ps | grep -c '[Zz]ombie'), $(ps | grep -c ' true$'); exit 42";
    let Some(mut machine) = machine("pidone.report=semihost pidone.hostname=box", script) else {
        return;
    };
    let device = [
        "-semihosting-config",
        "enable=on,userspace=on,target=native",
    ];
    machine.arguments = device.map(Into::into).into();
    let ended = machine.boot();
    assert_says(
        &ended,
        &["aarch64", "box", "zombies 0, 0", "pidone: exit 42"],
    );
    assert_eq!(ended.code, Some(42), "{}", ended.console);
    assert!(!ended.console.contains("reboot:"), "{}", ended.console);
}

/// All namespaces, the filter, the sealed copy and the older clone(2), as root and as an ordinary user. Where
/// nobody listens to semihosting, the machine ends nevertheless: it is switched off.
#[test]
fn sandboxes_are_made_by_root_and_by_others() {
    let script = r#"
        for who in root user; do
            as() { [ $who = root ] || set -- su user -c 'exec "$0" "$@"' -- "$@"; "$@"; }
            say() { echo "$who: $*"; }
            each='for one in /proc/self/ns/*; do readlink $one; done'
            inside=$(as pidone run --all sh -c "$each" | sort -u) outside=$(sh -c "$each" | sort -u)
            say $(echo $inside $outside | tr ' ' '\n' | sort | uniq -d | wc -l) of $(echo "$inside" | wc -l) shared
            say $(as pidone run --all sh -c 'echo $$ of /proc/[0-9]*')
            say $(as pidone run sh -c 'mount -t tmpfs none /mnt && echo mounted')
            say $(as pidone run --seccomp default sh -c 'mount -t tmpfs none /mnt || echo refused: $?; grep Seccomp: /proc/self/status' 2>&1)
            say $(as pidone run --seccomp default pidone init sh -c 'echo child $$')
            say $(as pidone run --init sh -c 'readlink /proc/1/exe; exit 3'; echo $?)
            say $(as pidone run --ro-bind / / --tmpfs /tmp sh -c '(: >/bin/x) || : >/tmp/x && echo /tmp/*')
            say $(as pidone run --timing true 2>&1 | grep -c execve)
        done"#;
    let Some(machine) = machine("pidone.report=semihost", script) else {
        return;
    };
    let ended = machine.boot();
    for who in ["root", "user"] {
        let lines = [
            "0 of 8 shared",
            "1 of /proc/1",
            "mounted",
            "mount: permission denied (are you root?) refused: 1 Seccomp: 2",
            "child 2",
            "/memfd:pidone (deleted) 3",
            "/tmp/x",
            "1",
        ];
        let lines = lines.map(|line| format!("{who}: {line}"));
        assert_says(&ended, &lines.each_ref().map(String::as_str));
    }
    assert_says(&ended, &["pidone: exit 0"]);
    assert_ends(&ended, "reboot: Power down");
}

/// What was packed on this machine, with the other program in another archive behind it. There are no ports, which is
/// said; and the machine may start again.
#[test]
fn an_image_gets_the_other_program() {
    let words = "pidone.report=port:0xf4 pidone.end=reboot pidone.tty=1";
    let Some(mut machine) = machine(words, "") else {
        return;
    };
    let script = "set -- $(busybox cat /proc/$$/stat); echo terminal $7; exit 7";
    let packed = Command::new(super::program())
        .args(["pack", "--file"])
        .arg(format!(
            "{}:/bin/busybox",
            target("aarch64/bin/busybox").display()
        ))
        .args(["/bin/busybox", "sh", "-c", script])
        .output()
        .expect("pidone can be started");
    let mut image = packed.stdout;
    let mut other = Archive::default();
    let program = fs::read(cross::program().expect("it was built")).expect("it can be read");
    other.file("init", 0o755, program);
    image.extend(other.bytes());
    machine.image = Some(image);
    machine.words = format!("pidone.report=console {words}");
    let ended = machine.boot();
    let refused = "pidone: --report \"port:0xf4\": wanted is such as console, semihost,";
    assert!(ended.console.contains(refused), "{}", ended.console);
    // ttyAMA0, which is 204:64.
    assert_says(&ended, &["terminal 52288", "pidone: exit 7"]);
    assert_ends(&ended, "reboot: Restarting system");
}
