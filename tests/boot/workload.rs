//! What a workload finds.

use super::support::{Scratch, has, skip};
use super::{assert_says, bare, machine};

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
    assert_says(
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
    let said = "reboot: Power down";
    assert!(ended.console.contains(said), "{}", ended.console);
}

/// The usual file systems with their options, and places for files of this boot.
#[test]
fn the_usual_is_mounted() {
    let script = "cat /proc/mounts; readlink /dev/fd; readlink /dev/stdout; hostname; ifconfig lo | grep -o UP\n\
        stat -c '%a %n' /run /tmp; echo path $(cat /proc/1/environ | tr '\\0' '\\n' | grep -c ^PATH=) ${#PATH}";
    let Some(machine) = machine("pidone.hostname=box", script) else {
        return;
    };
    let ended = machine.boot();
    assert_says(
        &ended,
        &[
            "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0",
            "sysfs /sys sysfs rw,nosuid,nodev,noexec,relatime 0 0",
            "/proc/self/fd",
            "fd/1",
            "box",
            "UP",
            "755 /run",
            "1777 /tmp",
            "pidone: exit 0",
        ],
    );
    for part in [
        "devtmpfs /dev devtmpfs rw,nosuid,",
        "devpts /dev/pts devpts rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=666",
        "tmpfs /dev/shm tmpfs rw,nosuid,nodev,",
    ] {
        assert!(ended.console.contains(part), "{part}: {}", ended.console);
    }
}

/// Whose names are in the image; a program's own place, variables, limits and parameters of the kernel.
#[test]
fn a_workload_is_somebody_somewhere() {
    let words = "pidone.uid=app pidone.groups=wheel pidone.chdir=~ pidone.env=A=b pidone.rlimit=nofile=64 \
        pidone.sysctl=kernel.domainname=example pidone.nice=5 pidone.time=1000000000 FROM_KERNEL=1";
    let words = format!(
        "pidone.report=console {words} -- sh -c \"busybox id; pwd; echo $A $FROM_KERNEL $PATH; ulimit -n; \
        busybox awk '{{ print $19 }}' /proc/self/stat; busybox cat /proc/sys/kernel/domainname; busybox date -u +%F; echo said >/dev/stderr\""
    );
    let Some(mut machine) = bare(&words) else {
        return;
    };
    let users = b"root:x:0:0::/:/bin/sh\napp:x:1000:100::/home/app:/bin/sh\n";
    machine.files.file("etc/passwd", 0o644, users.into());
    let groups = b"root:x:0:\nusers:x:100:\nwheel:x:10:app\n";
    machine.files.file("etc/group", 0o644, groups.into());
    machine.files.folder("home");
    machine.files.folder("home/app");
    assert_says(
        &machine.boot(),
        &[
            "uid=1000(app) gid=100(users) groups=10(wheel)",
            "/home/app",
            "b 1 /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "64",
            "5",
            "example",
            "2001-09-09",
            "said",
            "pidone: exit 0",
        ],
    );
}

/// The console as its terminal, in which a shell has jobs.
#[test]
fn a_workload_may_have_a_terminal() {
    let Some(mut machine) = bare("pidone.report=console pidone.tty=1 -- /bin/sh") else {
        return;
    };
    machine.files.file("etc/profile", 0o644, Vec::new());
    let mut running = machine.start();
    running.until("/ # ");
    running.type_in("busybox tty\n");
    running.until("\n/dev/console\n");
    running.type_in("sh -c 'echo in $((1+1)); exec busybox sleep 100'\n");
    running.until("\nin 2\n");
    running.type_in("\x1a");
    running.until("^Z");
    running.type_in("jobs\n");
    running.until("Stopped");
    running.type_in("kill -9 %1; wait; echo $((6*7)) is it; exit 4\n");
    running.until("42 is it");
    assert_says(&running.end(), &["pidone: exit 4"]);
}

/// Who is left by its parent is reaped, and there are many.
#[test]
fn orphans_are_reaped() {
    let script = "i=0; while [ $i -lt 10000 ]; do (true & true & true & true & true &); i=$((i+5)); done\n\
        sleep 1; echo zombies $(ps | grep -c '[Zz]ombie'), $(ps | grep -c ' true$')";
    let Some(machine) = machine("", script) else {
        return;
    };
    assert_says(&machine.boot(), &["zombies 0, 0", "pidone: exit 0"]);
}

/// A console that nobody sees; the status comes out.
#[test]
fn a_machine_needs_no_serial_console() {
    let device = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"];
    let Some(mut machine) =
        bare("console=tty0 pidone.report=port:0xf4 -- /bin/sh -c \"echo lost; exit 5\"")
    else {
        return;
    };
    machine.arguments = device.iter().map(|word| word.into()).collect();
    let ended = machine.boot();
    assert!(!ended.console.contains("lost"), "{}", ended.console);
    assert_eq!(ended.code, Some(5 << 1 | 1), "{}", ended.console);
}

/// The command that ends is started again, until the machine is to end.
#[test]
fn a_workload_may_be_started_again() {
    let script = "echo >>/times; times=$(wc -l </times); echo $times of them, $TERM; [ $times = 3 ] && kill -PWR 1; exit 3";
    let Some(machine) = machine("pidone.respawn=1", script) else {
        return;
    };
    let ended = machine.boot();
    assert_says(
        &ended,
        &["1 of them, linux", "2 of them, linux", "3 of them, linux"],
    );
    assert!(!ended.console.contains("4 of them"), "{}", ended.console);
}

/// What another program writes for a runtime of containers, and the same with an error.
#[test]
fn a_workload_may_be_a_containers() {
    if !has("runc") {
        return skip("no runc");
    }
    let scratch = Scratch::new("bundle");
    let made = std::process::Command::new("runc")
        .args(["spec", "--bundle"])
        .arg(&scratch.path)
        .output()
        .expect("runc can be started");
    assert!(made.status.success(), "{made:?}");
    let file = scratch.path.join("config.json");
    let config = std::fs::read_to_string(file).expect("it is there");
    let ours = config
        .replace(
            "\"sh\"",
            "\"sh\", \"-c\", \"busybox hostname; busybox id; ulimit -n; echo $TERM \\u0041\"",
        )
        .replace(
            "\"uid\": 0",
            "\"uid\": 7, \"additionalGids\": [8, 9], \"umask\": 18",
        )
        .replace("\"terminal\": true", "\"terminal\": false");
    let right = [
        "runc",
        "uid=7 gid=0 groups=8,9",
        "1024",
        "xterm A",
        "pidone: exit 0",
    ];
    let wrong = ours.replace("\"cwd\"", "cwd");
    for (text, lines) in [
        (ours, &right[..]),
        (
            wrong,
            &[
                "pidone: --config \"/config.json\" \"line 16\": wanted is a config.json of the OCI runtime specification",
                "pidone: exit 125",
            ],
        ),
    ] {
        let Some(mut machine) = bare("pidone.report=console pidone.config=/config.json") else {
            return;
        };
        machine.files.file("config.json", 0o644, text.into());
        assert_says(&machine.boot(), lines);
    }
}

/// All that may be written to in memory leaves some of it.
#[test]
fn files_do_not_use_up_the_memory() {
    let script = "for place in dev/shm run tmp; do dd if=/dev/zero of=/$place/file bs=64k 2>/dev/null; done; exit 4";
    let Some(machine) = machine("", script) else {
        return;
    };
    assert_says(&machine.boot(), &["pidone: exit 4"]);
}
