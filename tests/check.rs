//! `check`: what it says is what `run` meets, here and in containers.

#[allow(dead_code)] // It has another engine too.
#[path = "support/docker.rs"]
mod engine;
mod support;

use engine::{Docker, Engine, docker};
use serde_json::Value;
use std::fs;
use support::{Caller, Ran, callers, command, has, is_root, pidone, program, run, skip};

fn check(caller: Caller) -> Ran {
    let ran: Ran = pidone(caller, &["check", "--json"])
        .output()
        .expect("pidone can be started")
        .into();
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    ran
}

/// A row: what came of it, the call that was refused, and the remedy.
#[derive(Debug, PartialEq)]
struct Row {
    result: String,
    call: String,
    remedy: String,
}

/// The row of this name.
fn row(ran: &Ran, name: &str) -> Row {
    let value: Value =
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let all = value["checks"].as_array().expect("an array").clone();
    let one = all.iter().find(|one| one["check"] == name);
    let one = one.unwrap_or_else(|| panic!("no {name}: {ran:?}"));
    let text = |key: &str| one[key].as_str().unwrap_or("").to_string();
    let row = Row {
        result: text("result"),
        call: text("call"),
        remedy: text("remedy"),
    };
    let blocked = !matches!(row.result.as_str(), "works" | "no");
    assert_eq!(blocked, !row.call.is_empty(), "{row:?}");
    row
}

/// What is tried with options that have the same result in `run`.
const SAME: [(&str, &[&str]); 14] = [
    (
        "subordinate ids",
        &["-U", "--map-auto", "--share", "mount,pid"],
    ),
    ("uts namespace", &["-u", "--share", "mount,pid,user"]),
    ("net namespace", &["-n", "--share", "mount,pid,user"]),
    ("user namespace", &["-U", "--share", "mount,pid"]),
    ("time namespace, user", &["-UT", "--share", "mount,pid"]),
    ("time namespace", &["-T", "--share", "mount,pid,user"]),
    ("/proc", &["--share", "user"]),
    ("tmpfs", &["--tmpfs", "/proc", "--share", "pid,user"]),
    ("tmpfs, user", &["-U", "--tmpfs", "/proc", "--share", "pid"]),
    ("sysfs, user", &["-Un", "--sys", "/sys", "--share", "pid"]),
    (
        "seccomp filter",
        &["--seccomp", "default", "--share", "mount,pid,user"],
    ),
    (
        "Landlock scopes, ABI 6",
        &["--landlock-scope", "--share", "mount,pid,user"],
    ),
    ("/proc, user", &["-U"]),
    (
        "clock offsets, user",
        &["-U", "--monotonic", "1", "--share", "mount,pid"],
    ),
];

#[test]
fn what_works_works_and_what_is_refused_is_refused() {
    for &caller in callers() {
        let ran = check(caller);
        for (name, options) in SAME {
            let row = row(&ran, name);
            let run = run(caller, &[options, &["true"]].concat());
            assert_eq!(
                row.result == "works",
                run.code == Some(0),
                "{caller:?} {row:?} {run:?}"
            );
            if row.result == "no" {
                assert_eq!(run.err, format!("pidone: {}\n", row.remedy));
            } else if row.result != "works" {
                let line = format!("{}: {}\n", row.call, row.result);
                assert!(run.err.contains(&line), "{row:?} {run:?}");
                assert_eq!(
                    run.err.lines().nth(1).unwrap_or(""),
                    format!("hint: {}", row.remedy)
                );
            }
        }
    }
    if is_root() {
        let row = row(&check(Caller::Ordinary), "uts namespace");
        assert_eq!(row.result, "EPERM");
        assert!(row.remedy.contains("CAP_SYS_ADMIN"), "{row:?}");
    }
}

#[test]
fn nothing_is_left_behind() {
    let caller = callers()[0];
    let look = || {
        let mounts = fs::read_to_string("/proc/self/mountinfo").expect("/proc is mounted");
        let clocks = fs::read_to_string("/proc/self/timens_offsets").unwrap_or_default();
        let groups: Vec<String> = fs::read_dir("/sys/fs/cgroup")
            .into_iter()
            .flatten()
            .map(|entry| entry.expect("an entry").path().display().to_string())
            .collect();
        (mounts, clocks, groups)
    };
    let before = look();
    let mut child = pidone(caller, &["check"]);
    let child = child
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("pidone can be started");
    let pid = child.id();
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    assert_eq!(look(), before);
    let ours =
        |other: &u32| support::stat(*other).is_some_and(|fields| fields[1] == pid.to_string());
    assert_eq!(support::processes().filter(ours).count(), 0);
}

#[test]
fn a_limit_is_named() {
    if !is_root() {
        return skip("limits are root's to set");
    }
    // A limit of a new user namespace is for what is made in it.
    let script = "echo 0 > /proc/sys/user/max_net_namespaces && exec \"$@\"";
    let mut limited = command(Caller::Root, "unshare");
    limited
        .args(["-U", "-r", "-m", "sh", "-c", script, "sh"])
        .arg(program())
        .args(["check", "--json"]);
    let ran: Ran = limited.output().expect("unshare can be started").into();
    for name in ["net namespace", "net namespace, user"] {
        let row = row(&ran, name);
        assert_eq!(row.result, "ENOSPC", "{row:?}");
        assert!(
            row.remedy
                .contains("/proc/sys/user/max_net_namespaces is 0"),
            "{row:?}"
        );
    }
    assert_eq!(row(&ran, "uts namespace").result, "works");
}

#[test]
fn a_chroot_is_named() {
    if !is_root() || !has("chroot") {
        return skip("chroot needs root");
    }
    let scratch = support::Scratch::new("chroot");
    let root = scratch.path.display().to_string();
    support::copy_program(program(), &scratch.path.join("pidone"));
    fs::create_dir(scratch.path.join("proc")).expect("a directory can be made");
    let inside = |user: &str| -> Ran {
        let script =
            "mount --rbind /proc $1/proc && exec chroot --userspec=$2 $1 /pidone check --json";
        command(Caller::Root, "unshare")
            .args(["-m", "sh", "-c", script, "sh", &root, user])
            .output()
            .expect("unshare can be started")
            .into()
    };
    let user = row(&inside("54321:54321"), "user namespace");
    assert_eq!(user.result, "EPERM");
    assert!(user.remedy.contains("chroot"), "{user:?}");
    let ran = inside("0:0");
    for name in [
        "mount namespace",
        "/proc",
        "tmpfs",
        "bind mount",
        "new root",
    ] {
        let row = row(&ran, name);
        assert_eq!(row.result, "EINVAL", "{name}");
        let cause = "the root of this chroot is no mount point";
        assert!(row.remedy.starts_with(cause), "{name}: {row:?}");
    }
}

/// What a container says.
fn inside(docker: &Docker, options: &str) -> Ran {
    let ran = docker.run(options, &["/pidone", "check", "--json"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (Some(0), ""),
        "{options}: {ran:?}"
    );
    ran
}

#[test]
fn containers_of_docker_are_told_the_right_cause() {
    let Some(docker) = docker() else { return };
    let restricted = fs::read_to_string("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
        .is_ok_and(|text| text.trim() == "1");
    if restricted {
        return skip("AppArmor restricts user namespaces");
    }
    const SECCOMP: &str = "a seccomp filter around us";
    const ADMIN: &str = "need CAP_SYS_ADMIN";
    const MASKED: &str = "systempaths=unconfined";
    let cases: [(&str, &[(&str, &str)]); 7] = [
        (
            "",
            &[
                ("uts namespace", SECCOMP),
                ("user namespace", SECCOMP),
                ("/proc, user", SECCOMP),
                ("Landlock files, ABI 5", ""),
                ("pidfd", ""),
                ("clone3", "clone serves instead"),
            ],
        ),
        (
            "--user 1000",
            &[
                ("uts namespace", SECCOMP),
                ("user namespace", SECCOMP),
                ("seccomp filter", ""),
            ],
        ),
        (
            "--cap-add SYS_ADMIN --security-opt apparmor=unconfined",
            &[
                ("uts namespace", ""),
                ("user namespace", ""),
                ("/proc", ""),
                ("/proc, user", MASKED),
                ("clone3", ""),
                ("pivot_root", "chroot serves instead"),
            ],
        ),
        (
            "--security-opt seccomp=unconfined --security-opt apparmor=unconfined",
            &[
                ("uts namespace", ADMIN),
                ("user namespace", ""),
                ("uts namespace, user", ""),
                ("/proc, user", MASKED),
            ],
        ),
        (
            "--user 1000 --security-opt seccomp=unconfined --security-opt apparmor=unconfined",
            &[
                ("net namespace", ADMIN),
                ("net namespace, user", ""),
                ("/proc, user", MASKED),
            ],
        ),
        (
            "--security-opt seccomp=unconfined --security-opt systempaths=unconfined --security-opt apparmor=unconfined",
            &[("uts namespace", ADMIN), ("/proc, user", "")],
        ),
        (
            "--user 1000 --security-opt seccomp=unconfined --security-opt systempaths=unconfined \
            --security-opt apparmor=unconfined",
            &[("/proc, user", ""), ("clock offsets, user", "")],
        ),
    ];
    for (options, wanted) in cases {
        let ran = inside(docker, options);
        for (name, cause) in wanted {
            let row = row(&ran, name);
            assert_eq!(
                row.result == "works",
                cause.is_empty(),
                "{options}: {name}: {row:?}"
            );
            assert!(row.remedy.contains(cause), "{options}: {name}: {row:?}");
        }
        let list = docker.run(options, &["/pidone", "list", "--json"]);
        assert_eq!(
            (list.code, list.err.as_str()),
            (Some(0), ""),
            "{options}: {list:?}"
        );
        assert!(
            list.out.contains("\"command\": \"/pidone list --json\""),
            "{list:?}"
        );
    }
}
