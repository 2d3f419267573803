//! Which namespaces are new, and what the inside and the outside see of each other.

mod support;

use std::collections::BTreeSet;
use std::fs;
use support::{Caller, Held, callers, command, has, pidone, program, run, run_here, skip};

/// Options and the entries of /proc/PID/ns that they change.
const TYPES: [(&str, &str); 8] = [
    ("mount", "mnt"),
    ("uts", "uts"),
    ("ipc", "ipc"),
    ("net", "net"),
    ("pid", "pid"),
    ("user", "user"),
    ("cgroup", "cgroup"),
    ("time", "time"),
];

/// The entries in which a process differs from this one.
fn new_namespaces(pid: u32) -> BTreeSet<&'static str> {
    let link = |pid: &str, entry: &str| {
        fs::read_link(format!("/proc/{pid}/ns/{entry}")).expect("a namespace has a link")
    };
    let entries = TYPES.iter().map(|(_, entry)| *entry);
    entries
        .filter(|entry| link("self", entry) != link(&pid.to_string(), entry))
        .collect()
}

/// The entries that a run with these options changes, seen from outside while it runs.
fn changed_by(caller: Caller, options: &[&str]) -> BTreeSet<&'static str> {
    let mut command = pidone(caller, &["run"]);
    command.args(options);
    new_namespaces(Held::start(command).pid)
}

/// Entries, and `user` for a caller that can make the others only with it.
fn with_default(caller: Caller, entries: &[&'static str]) -> BTreeSet<&'static str> {
    let user = (caller == Caller::Ordinary).then_some("user");
    entries.iter().copied().chain(user).collect()
}

#[test]
fn the_command_is_process_1_without_a_parent() {
    for &caller in callers() {
        let ran = run(caller, &["/bin/sh", "-c", "echo $$ $PPID"]);
        assert_eq!(
            (ran.code, ran.out.as_str(), ran.err.as_str()),
            (Some(0), "1 0\n", ""),
            "{caller:?}"
        );
    }
}

#[test]
fn nobody_else_is_inside() {
    for &caller in callers() {
        let ran = run(caller, &["/bin/sh", "-c", "echo /proc/[0-9]*"]);
        assert_eq!(ran.out, "/proc/1\n", "{caller:?}");
    }
    if !has("ps") {
        return skip("no ps");
    }
    let ran = run_here(&["ps", "-e", "-o", "pid=,args="]);
    assert_eq!(ran.out.trim(), "1 ps -e -o pid=,args=");
}

#[test]
fn its_proc_is_fresh_and_executes_nothing() {
    support::keep_mounts();
    for &caller in callers() {
        let held = Held::start(pidone(caller, &["run"]));
        let mounts = held.proc("mountinfo");
        let proc = mounts
            .lines()
            .rfind(|line| line.split(' ').nth(4) == Some("/proc"))
            .expect("a mount on /proc");
        let options: BTreeSet<&str> = proc
            .split(' ')
            .nth(5)
            .expect("mount options")
            .split(',')
            .collect();
        assert!(proc.contains(" - proc proc "), "{proc}");
        assert!(
            ["nosuid", "nodev", "noexec"]
                .iter()
                .all(|option| options.contains(option)),
            "{proc}"
        );
        assert_eq!(
            mounts.lines().count(),
            support::mounts().lines().count() + 1,
            "{caller:?}: one more than outside"
        );
    }
}

#[test]
fn process_ids_and_mounts_are_new_by_default() {
    for &caller in callers() {
        assert_eq!(
            changed_by(caller, &[]),
            with_default(caller, &["mnt", "pid"]),
            "{caller:?}"
        );
    }
}

#[test]
fn each_option_adds_one_namespace() {
    for &caller in callers() {
        for (option, entry) in TYPES {
            let wanted = with_default(caller, &["mnt", "pid", entry]);
            assert_eq!(
                changed_by(caller, &[&format!("--{option}")]),
                wanted,
                "--{option}, {caller:?}"
            );
        }
    }
}

#[test]
fn letters_are_the_same_options_and_can_be_joined() {
    for &caller in callers() {
        for (letter, entry) in [
            ("-u", "uts"),
            ("-i", "ipc"),
            ("-n", "net"),
            ("-C", "cgroup"),
            ("-T", "time"),
        ] {
            assert_eq!(
                changed_by(caller, &[letter]),
                with_default(caller, &["mnt", "pid", entry]),
                "{letter}"
            );
        }
        assert_eq!(
            changed_by(caller, &["-mp"]),
            with_default(caller, &["mnt", "pid"])
        );
        let all: BTreeSet<&str> = TYPES.iter().map(|(_, entry)| *entry).collect();
        assert_eq!(changed_by(caller, &["-muinpUCT"]), all, "{caller:?}");
        assert_eq!(changed_by(caller, &["-a"]), all, "{caller:?}");
    }
}

#[test]
fn what_is_shared_is_the_callers() {
    for &caller in callers() {
        for (option, entry) in TYPES.into_iter().filter(|(option, _)| *option != "user") {
            let mut wanted: BTreeSet<&str> = TYPES.iter().map(|(_, entry)| *entry).collect();
            wanted.remove(entry);
            assert_eq!(
                changed_by(caller, &["--all", "--share", option]),
                wanted,
                "{option}, {caller:?}"
            );
        }
        let wanted = with_default(caller, &["pid"]);
        assert_eq!(changed_by(caller, &["--share=mount"]), wanted, "{caller:?}");
        let wanted = with_default(caller, &["mnt"]);
        assert_eq!(changed_by(caller, &["--share=pid"]), wanted, "{caller:?}");
        assert_eq!(
            changed_by(caller, &["--share=mnt,pid"]),
            BTreeSet::new(),
            "{caller:?}: nothing new needs no user"
        );
    }
}

#[test]
fn without_a_pid_namespace_proc_is_as_it_was() {
    support::keep_mounts();
    for &caller in callers() {
        let held = Held::start(pidone(caller, &["run", "--share", "pid"]));
        assert_eq!(
            held.proc("mountinfo").lines().count(),
            support::mounts().lines().count(),
            "{caller:?}"
        );
        assert!(
            held.proc("status")
                .contains(&format!("\nNSpid:\t{}\n", held.pid)),
            "{caller:?}: one id"
        );
    }
}

#[test]
fn root_may_share_everything_but_user() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    let wanted = TYPES
        .iter()
        .map(|(_, entry)| *entry)
        .filter(|entry| *entry != "user")
        .collect();
    assert_eq!(changed_by(Caller::Root, &["-a", "--share", "user"]), wanted);
}

#[test]
fn what_is_tried_is_new_where_possible() {
    for &caller in callers() {
        let wanted = with_default(caller, &["mnt", "pid", "time", "cgroup"]);
        assert_eq!(
            changed_by(caller, &["--try", "time,cgroup"]),
            wanted,
            "{caller:?}"
        );
        assert_eq!(
            changed_by(caller, &["--try", "time", "--try=cgroup"]),
            wanted,
            "{caller:?}"
        );
    }
}

/// Runs a shell script inside a user namespace in which the caller is root.
fn in_user_namespace(caller: Caller, script: &str) -> support::Ran {
    let mut outer = command(caller, "unshare");
    outer
        .args(["-Ur", "/bin/sh", "-c", script, "sh"])
        .arg(program());
    outer.output().expect("unshare can be started").into()
}

const LINKS: &str =
    "readlink /proc/self/ns/uts /proc/self/ns/ipc /proc/self/ns/cgroup /proc/self/ns/time";

#[test]
fn what_is_tried_and_refused_is_the_callers_and_the_others_are_new() {
    if !has("unshare") {
        return skip("no unshare");
    }
    for &caller in callers() {
        for refused in ["time", "cgroup", "time,cgroup"] {
            let forbid: String = refused
                .split(',')
                .map(|ns| format!("echo 0 >/proc/sys/user/max_{ns}_namespaces && "))
                .collect();
            let script =
                format!("{forbid}{LINKS} && \"$1\" run --try uts,time,ipc,cgroup -- {LINKS}");
            let ran = in_user_namespace(caller, &script);
            assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{caller:?}");
            let links: Vec<&str> = ran.out.lines().collect();
            assert_eq!(links.len(), 8, "{ran:?}");
            for (at, ns) in ["uts", "ipc", "cgroup", "time"].into_iter().enumerate() {
                let is_refused = refused.split(',').any(|name| name == ns);
                assert_eq!(
                    links[at] == links[at + 4],
                    is_refused,
                    "{ns} of --try when {refused} is refused, {caller:?}"
                );
            }
        }
    }
}

#[test]
fn the_ids_and_clocks_that_need_a_namespace_make_it() {
    for &caller in callers() {
        for (option, entry) in [
            ("--hostname=inside", "uts"),
            ("--domainname=inside", "uts"),
            ("--monotonic=5", "time"),
            ("--boottime=5", "time"),
            ("--map-user=5", "user"),
            ("--map-group=5", "user"),
            ("--setgroups=deny", "user"),
        ] {
            assert_eq!(
                changed_by(caller, &[option]),
                with_default(caller, &["mnt", "pid", entry]),
                "{option}"
            );
        }
    }
}

#[test]
fn the_commands_status_is_ours() {
    for &caller in callers() {
        for code in [0, 1, 124, 125, 126, 127, 255] {
            let ran = run(caller, &["/bin/sh", "-c", &format!("exit {code}")]);
            assert_eq!((ran.code, ran.err.as_str()), (Some(code), ""), "{caller:?}");
        }
        let ran = run(caller, &["--share", "pid", "/bin/sh", "-c", "kill -9 $$"]);
        assert_eq!((ran.code, ran.signal), (Some(128 + 9), None), "{caller:?}");
    }
}
