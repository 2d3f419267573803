//! With the cgroups that this machine mounts, as each caller.

use crate::cgroup::Cgroup;
use crate::support::{Caller, Held, Ran, eventually, is_alive, pidone, run, send};
use std::fs;
use std::path::{Path, PathBuf};

/// A shell in a cgroup with these options.
fn held(caller: Caller, cgroup: &Cgroup, options: &[&str]) -> Held {
    let path = cgroup.option();
    Held::start(pidone(caller, &[&["run", &path], options].concat()))
}

/// The file of the processes: with version 2 those are in a cgroup inside.
fn procs(folder: &Path) -> PathBuf {
    let inside = folder.join("inside/cgroup.procs");
    if inside.exists() {
        inside
    } else {
        folder.join("cgroup.procs")
    }
}

/// What a file says that one of these directories has.
fn read(folders: &[PathBuf], names: [&str; 2]) -> String {
    let paths = folders
        .iter()
        .flat_map(|folder| names.map(|name| folder.join(name)));
    let text = paths
        .filter_map(|path| fs::read_to_string(path).ok())
        .next();
    text.unwrap_or_else(|| panic!("no {names:?} in {folders:?}"))
        .trim()
        .to_string()
}

#[test]
fn limits_are_those_that_were_wished() {
    let Some(cgroup) = Cgroup::new() else { return };
    let options = [
        "--memory=33554432",
        "--pids-limit=20",
        "--cpus",
        "0.5",
        "--cpuset-cpus=0",
    ];
    for &caller in cgroup.callers() {
        let held = held(caller, &cgroup, &options);
        let folders = cgroup.inside();
        for (names, value) in [
            (["memory.max", "memory.limit_in_bytes"], "33554432"),
            (["pids.max", "pids.max"], "20"),
            (["cpuset.cpus", "cpuset.cpus"], "0"),
        ] {
            assert_eq!(read(&folders, names), value, "{names:?}, {caller:?}");
        }
        let quota = read(&folders, ["cpu.max", "cpu.cfs_quota_us"]);
        assert_eq!(quota.split(' ').next(), Some("50000"), "{caller:?}");
        for folder in &folders {
            let inside = fs::read_to_string(procs(folder)).expect("it is there");
            assert_eq!(
                inside.trim(),
                held.pid.to_string(),
                "{folder:?}, {caller:?}"
            );
        }
        let ran = held.end();
        assert_eq!((ran.code, ran.err.as_str()), (Some(7), ""), "{caller:?}");
        assert_eq!(cgroup.inside(), Vec::<PathBuf>::new(), "{caller:?}");
    }
}

/// A name that is glued to that of the hierarchy is another hierarchy's, such as `cpuacct`.
#[test]
fn the_path_of_a_cgroup_needs_no_slash_and_values_are_the_kernels_to_judge() {
    let Some(cgroup) = Cgroup::new() else { return };
    for &caller in cgroup.callers() {
        let path = cgroup.option().replacen("=/", "=", 1);
        let words = [&path[..], "--pids-limit=9", "cat", "/proc/self/comm"];
        let ran = run(caller, &words);
        assert_eq!(
            (ran.out.as_str(), ran.err.as_str()),
            ("cat\n", ""),
            "{path}"
        );
    }
}

#[test]
fn a_cgroup_is_the_root_of_its_namespace() {
    let Some(cgroup) = Cgroup::new() else { return };
    for &caller in cgroup.callers() {
        for options in [&["--pids-limit=9"][..], &["-a", "--memory=64M"]] {
            let path = cgroup.option();
            let words = [
                &[path.as_str()],
                options,
                &["/bin/cat", "/proc/self/cgroup"],
            ]
            .concat();
            let ran = run(caller, &words);
            assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{caller:?}");
            let here = ran.out.lines().filter(|line| line.ends_with(":/")).count();
            let (pids, memory) = (":pids:/\n", ":memory:/\n");
            let is_there = ran.out.contains(pids) || ran.out.contains(memory) || here == 1;
            assert!(
                is_there && !ran.out.contains("/pidone-"),
                "{caller:?}: {ran:?}"
            );
        }
    }
}

#[test]
fn nothing_inside_can_be_written() {
    let Some(cgroup) = Cgroup::new() else { return };
    for &caller in cgroup.callers() {
        let held = held(caller, &cgroup, &["--pids-limit=9"]);
        let mounts = held.proc("mountinfo");
        let of_cgroups = mounts.lines().filter(|line| line.contains(" - cgroup"));
        let writable: Vec<&str> = of_cgroups
            .filter(|line| {
                line.split(' ')
                    .nth(5)
                    .is_some_and(|options| !options.starts_with("ro"))
            })
            .collect();
        assert_eq!(writable, [""; 0], "{caller:?}");
    }
    // Nor could it be in a user namespace by who may mount there.
    let undo = "while read -r _ _ _ _ place rest; do case $rest in *' - cgroup'*) \
        mount -o remount,bind,rw $place && echo undone $place;; esac; done </proc/self/mountinfo; exit 0";
    for &caller in cgroup.callers() {
        let path = cgroup.option();
        let ran = run(caller, &[&path, "-U", "--pids-limit=9", "sh", "-c", undo]);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (Some(0), ""),
            "{caller:?}: {ran:?}"
        );
    }
    let own = fs::read_to_string("/proc/self/mountinfo").expect("there is a /proc");
    assert!(
        own.lines()
            .any(|line| line.contains(" rw,") && line.contains(" - cgroup"))
    );
}

#[test]
fn want_of_memory_is_reported() {
    let Some(cgroup) = Cgroup::new() else { return };
    let hungry = "x=0123456789abcdef; while :; do x=$x$x; done";
    let path = cgroup.option();
    for &caller in cgroup.callers() {
        let words = [
            &path,
            "--memory=16M",
            "--json-status-fd=1",
            "/bin/sh",
            "-c",
            hungry,
        ];
        let ran = run(caller, &words);
        let sentence = "pidone: out of memory: the kernel killed 1 of its processes (--memory)\n";
        assert_eq!(
            (ran.code, ran.err.as_str()),
            (Some(137), sentence),
            "{caller:?}"
        );
        let end = "{\"exit-code\": 137, \"signal\": 9, \"oom-kills\": 1}\n";
        assert!(ran.out.ends_with(end), "{caller:?}: {ran:?}");
        let ran: Ran = run(caller, &[&path, "--memory=64M", "/bin/true"]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{caller:?}");
    }
}

/// The reaper takes the only place, and what the user may have besides is far away.
#[test]
fn a_limit_that_leaves_no_room_for_the_command_is_named() {
    let Some(cgroup) = Cgroup::new() else { return };
    for &caller in cgroup.callers() {
        let path = cgroup.option();
        let ran = run(caller, &[&path, "--pids-limit=1", "--init", "/bin/true"]);
        assert_eq!(ran.code, Some(125), "{caller:?}: {ran:?}");
        let (_, hint) = ran.err.split_once(": EAGAIN\n").expect("the errno");
        let said = "hint: a limit on processes is reached: --pids-limit, ";
        assert!(hint.starts_with(said), "{caller:?}: {ran:?}");
    }
}

#[test]
fn a_killed_pidone_leaves_an_empty_cgroup() {
    let Some(cgroup) = Cgroup::new() else { return };
    for &caller in cgroup.callers() {
        let held = held(caller, &cgroup, &["--pids-limit=9"]);
        let (pid, folders) = (held.pid, cgroup.inside());
        send(held.supervisor, libc::SIGKILL);
        eventually("the command ends", || (!is_alive(pid)).then_some(()));
        let empty = |folder: &Path| fs::read(procs(folder)).is_ok_and(|list| list.is_empty());
        let all = || folders.iter().all(|folder| empty(folder)).then_some(());
        eventually("the cgroup is empty", all);
        drop(held);
        assert_eq!(cgroup.inside(), folders, "{caller:?}");
        assert!(cgroup.clean());
    }
}

#[test]
fn processes_that_are_left_are_killed() {
    let Some(cgroup) = Cgroup::new() else { return };
    for &caller in cgroup.callers() {
        let path = cgroup.option();
        let script = "sleep 1000 >/dev/null 2>&1 & sleep 1000 >/dev/null 2>&1 & echo $! && exit 4";
        let words = [
            &path,
            "--share=pid",
            "--pids-limit=9",
            "/bin/sh",
            "-c",
            script,
        ];
        let ran = run(caller, &words);
        assert_eq!((ran.code, ran.err.as_str()), (Some(4), ""), "{caller:?}");
        let sleeper = ran.out.trim().parse().expect("a process id");
        assert!(!is_alive(sleeper), "{caller:?}");
        assert_eq!(cgroup.inside(), Vec::<PathBuf>::new(), "{caller:?}");
    }
}

#[test]
fn a_run_without_limits_has_no_cgroup() {
    let Some(cgroup) = Cgroup::new() else { return };
    let own = fs::read_to_string("/proc/self/cgroup").expect("there is a /proc");
    let held = Held::start(pidone(Caller::Root, &["run"]));
    assert_eq!(held.proc("cgroup"), own);
    assert_eq!(cgroup.inside(), Vec::<PathBuf>::new());
}
