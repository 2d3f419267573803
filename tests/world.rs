//! The world inside: mounts and their propagation, names, clocks, the loopback device.

mod support;

use std::fs;
use support::{Caller, Held, Ran, Scratch, callers, command, has, pidone, program, run, skip};

/// Runs a shell script as root where every mount is shared, as systemd makes them. `$PIDONE` runs
/// pidone as the caller. The host itself never sees a mount of it: this one's are private at first.
fn on_a_sharing_host(caller: Caller, script: &str) -> Ran {
    let mut outer = command(Caller::Root, "unshare");
    outer.arg(if support::is_root() { "-m" } else { "-Urm" });
    let identity = match caller {
        Caller::Ordinary if support::is_root() => {
            "setpriv --reuid 54321 --regid 54321 --clear-groups "
        }
        _ => "",
    };
    let run = format!("{identity}{} run", program().display());
    outer
        .args([
            "/bin/sh",
            "-c",
            &format!("mount --make-rshared / || exit 99\n{script}"),
        ])
        .env("PIDONE", run);
    outer.output().expect("unshare can be started").into()
}

fn lacks_tools() -> bool {
    let lacking = ["unshare", "setpriv", "mount"]
        .into_iter()
        .find(|tool| !has(tool));
    lacking.is_some_and(|tool| {
        skip(&format!("no {tool}"));
        true
    })
}

/// A directory with a mount point `m`, and a script `count` that says how often it is mounted on.
fn with_mount_point(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    let point = scratch.path.join("m");
    fs::create_dir(&point).expect("a directory can be made");
    scratch.file(
        "count",
        &format!("grep -c ' {} ' /proc/self/mountinfo\n", point.display()),
        0o644,
    );
    scratch
}

#[test]
fn what_is_mounted_inside_is_not_mounted_outside() {
    if lacks_tools() {
        return;
    }
    let scratch = with_mount_point("inside");
    let folder = scratch.path.display();
    for &caller in callers() {
        for options in [
            "",
            "--propagation private",
            "--propagation=slave",
            "--share pid",
        ] {
            let inside = format!("mount -t tmpfs none {folder}/m && sh {folder}/count");
            let ran = on_a_sharing_host(
                caller,
                &format!("$PIDONE {options} /bin/sh -c '{inside}'; sh {folder}/count"),
            );
            assert_eq!(
                (ran.out.as_str(), ran.err.as_str()),
                ("1\n0\n", ""),
                "{options:?}, {caller:?}"
            );
        }
    }
}

#[test]
fn the_fresh_proc_is_never_mounted_outside() {
    if lacks_tools() {
        return;
    }
    for &caller in callers() {
        for how in ["private", "slave", "shared", "unchanged"] {
            let look = "grep -c ' /proc ' /proc/self/mountinfo";
            let ran = on_a_sharing_host(
                caller,
                &format!("{look}\n$PIDONE --propagation {how} true\n{look}"),
            );
            let (before, after) = ran.out.split_once('\n').expect("two numbers");
            assert_eq!(
                (before, ran.err.as_str()),
                (after.trim_end(), ""),
                "--propagation {how}, {caller:?}"
            );
        }
    }
}

/// Whether a mount made outside after the start arrives inside, and one made inside arrives outside.
fn passes(caller: Caller, options: &str) -> (bool, bool) {
    let scratch = with_mount_point("propagation");
    let folder = scratch.path.display();
    let script = format!(
        "mkfifo -m 666 {folder}/ready {folder}/go\n\
        $PIDONE {options} /bin/sh -c 'echo >{folder}/ready; read -r x <{folder}/go; sh {folder}/count' &\n\
        read -r x <{folder}/ready; mount -t tmpfs none {folder}/m; echo >{folder}/go; wait; umount {folder}/m\n\
        $PIDONE {options} /bin/sh -c 'mount -t tmpfs none {folder}/m'\nsh {folder}/count"
    );
    let ran = on_a_sharing_host(caller, &script);
    match (ran.out.as_str(), ran.err.as_str()) {
        ("0\n0\n", "") => (false, false),
        ("1\n0\n", "") => (true, false),
        ("0\n1\n", "") => (false, true),
        ("1\n1\n", "") => (true, true),
        _ => panic!("{options:?}, {caller:?}: {ran:?}"),
    }
}

#[test]
fn propagation_is_as_it_was_asked_for() {
    if lacks_tools() {
        return;
    }
    for (how, inwards, outwards) in [
        ("private", false, false),
        ("slave", true, false),
        ("shared", true, true),
        ("unchanged", true, true),
    ] {
        let options = format!("--share pid --propagation {how}");
        let root = callers()[0];
        assert_eq!(passes(root, &options), (inwards, outwards), "{how}");
        // What a new user namespace mounts never leaves it (mount_namespaces(7), restrictions).
        let options = format!("-U {options}");
        assert_eq!(
            passes(root, &options),
            (inwards, false),
            "{how} with a user namespace"
        );
        assert_eq!(
            passes(Caller::Ordinary, &options),
            (inwards, false),
            "{how} for an ordinary user"
        );
    }
}

const NAMES: &str = "cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname";

#[test]
fn names_are_set_inside_only() {
    let outside = || {
        let ran: Ran = command(Caller::Root, "/bin/sh")
            .args(["-c", NAMES])
            .output()
            .expect("sh can be started")
            .into();
        ran.out
    };
    let before = outside();
    let longest = "h".repeat(64);
    for &caller in callers() {
        let ran = run(
            caller,
            &[
                "--hostname",
                "in side.\u{e4}",
                "--domainname",
                "-d",
                "/bin/sh",
                "-c",
                NAMES,
            ],
        );
        assert_eq!(
            (ran.out.as_str(), ran.err.as_str()),
            ("in side.\u{e4}\n-d\n", ""),
            "{caller:?}"
        );
        let ran = run(caller, &["--hostname", &longest, "/bin/sh", "-c", NAMES]);
        assert_eq!(ran.out.lines().next(), Some(longest.as_str()), "{caller:?}");
    }
    assert_eq!(outside(), before);
}

/// The offsets of both clocks, as the kernel tells them from outside.
fn offsets(caller: Caller, options: &[&str]) -> [i64; 2] {
    let mut command = pidone(caller, &["run"]);
    command.args(options);
    let lines = Held::start(command).proc("timens_offsets");
    let seconds = |name| {
        let line = lines
            .lines()
            .find(|line| line.starts_with(name))
            .expect("a clock");
        line.split_whitespace()
            .nth(1)
            .expect("seconds")
            .parse()
            .expect("a number")
    };
    ["monotonic", "boottime"].map(seconds)
}

#[test]
fn clocks_have_the_offsets_that_were_asked_for() {
    for &caller in callers() {
        assert_eq!(offsets(caller, &["--time"]), [0, 0]);
        assert_eq!(offsets(caller, &["--monotonic", "1000"]), [1000, 0]);
        assert_eq!(offsets(caller, &["--boottime=+2000"]), [0, 2000]);
        assert_eq!(
            offsets(caller, &["--boottime", "86400", "--monotonic", "-1"]),
            [-1, 86400]
        );
    }
}

#[test]
fn the_offset_is_in_the_clock() {
    let read = |text: &str| {
        text.split('.')
            .next()
            .expect("seconds")
            .parse::<u64>()
            .expect("a number")
    };
    let uptime = || read(&fs::read_to_string("/proc/uptime").expect("there is a /proc"));
    for &caller in callers() {
        let before = uptime();
        let ran = run(caller, &["--boottime", "1000000000", "cat", "/proc/uptime"]);
        let inside = read(&ran.out) - 1_000_000_000;
        assert!((before..=uptime()).contains(&inside), "{caller:?}: {ran:?}");
    }
}

#[test]
fn the_loopback_device_is_up_in_a_new_net_namespace() {
    for &caller in callers() {
        let held = Held::start(pidone(caller, &["run", "--net"]));
        let routes = held.proc("net/fib_trie");
        assert!(
            routes.contains("|-- 127.0.0.1\n           /32 host LOCAL"),
            "{caller:?}: {routes}"
        );
        let devices = held.proc("net/dev");
        let names: Vec<&str> = devices
            .lines()
            .skip(2)
            .filter_map(|line| Some(line.split_once(':')?.0.trim()))
            .collect();
        assert!(
            names.contains(&"lo") && !names.contains(&"eth0"),
            "{caller:?}: {devices}"
        );
    }
}

#[test]
fn a_loopback_device_that_stays_down_is_a_warning() {
    if !has("prlimit") {
        return skip("no prlimit");
    }
    for &caller in callers() {
        // Room for the files of the id maps, where there are some, and for nothing else.
        let room = if caller == Caller::Root { 3 } else { 6 };
        let mut limited = command(caller, "prlimit");
        limited.arg(format!("--nofile={room}:100")).arg(program());
        limited.args([
            "run",
            "--net",
            "--rlimit",
            "nofile=100",
            "/bin/sh",
            "-c",
            "exit 7",
        ]);
        let ran: Ran = limited.output().expect("prlimit runs").into();
        assert_eq!(
            (ran.code, ran.err.lines().count()),
            (Some(7), 1),
            "{caller:?}: {ran:?}"
        );
        let call = ": socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, IPPROTO_IP): EMFILE\n";
        assert!(
            ran.err.starts_with("pidone: warning: step ") && ran.err.ends_with(call),
            "{caller:?}: {ran:?}"
        );
    }
}
