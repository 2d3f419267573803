//! `enter`: a command in another's namespaces, beside nsenter(1), and with a hostile process inside.

#[allow(dead_code)] // It has another engine too.
#[path = "support/docker.rs"]
mod engine;
mod support;

use engine::{Engine, docker};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use support::{
    Caller, Held, ORDINARY, Ran, Scratch, callers, command, eventually, has, is_alive, is_root,
    pidone, program, skip, through_shell,
};

const TYPES: [&str; 8] = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

/// Who enters whose sandbox.
fn pairs() -> &'static [(Caller, Caller)] {
    if is_root() {
        &[
            (Caller::Root, Caller::Root),
            (Caller::Root, Caller::Ordinary),
            (Caller::Ordinary, Caller::Ordinary),
        ]
    } else {
        &[(Caller::Ordinary, Caller::Ordinary)]
    }
}

fn held(caller: Caller, options: &[&str]) -> Held {
    let mut command = pidone(caller, &["run"]);
    command.args(options);
    Held::start(command)
}

fn enter(caller: Caller, words: &[&str]) -> Ran {
    let words = [&["enter"], words].concat();
    pidone(caller, &words)
        .output()
        .expect("pidone can be started")
        .into()
}

/// What the links of /proc/PID/ns say.
fn namespaces(pid: u32) -> BTreeMap<String, String> {
    let link = |file: &str| fs::read_link(format!("/proc/{pid}/ns/{file}")).expect("a link");
    TYPES
        .iter()
        .map(|file| (file.to_string(), link(file).display().to_string()))
        .collect()
}

/// A shell inside, until it is dropped.
struct Inside {
    pidone: Child,
    pid: u32,
}

impl Inside {
    fn start(caller: Caller, words: &[&str]) -> Self {
        let mut command = pidone(caller, &["enter"]);
        command.args(words);
        Inside::of(command)
    }

    /// A `pidone enter` that is complete but for its command.
    fn of(mut command: Command) -> Self {
        command.args(["sh", "-c", "echo ready; read -r line; exit 7"]);
        let mut pidone = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("pidone can be started");
        let mut line = String::new();
        BufReader::new(pidone.stdout.as_mut().expect("a pipe"))
            .read_line(&mut line)
            .expect("text");
        assert_eq!(line, "ready\n");
        // Beside it there may still be the one that handed over to it.
        let all = support::children(pidone.id());
        let shell = |pid: &&u32| {
            fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "sh\n")
        };
        let pid = *all.iter().find(shell).expect("it runs");
        Inside { pidone, pid }
    }

    /// Waits for pidone's end, which is not that of the command's input.
    fn wait(&mut self) -> Option<i32> {
        let input = self.pidone.stdin.take();
        let status = self.pidone.wait().expect("it ends");
        self.pidone.stdin = input;
        status.code()
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        drop(self.pidone.stdin.take());
        let _ = self.pidone.wait();
    }
}

#[test]
fn the_command_is_in_all_namespaces_of_the_process() {
    for &(caller, owner) in pairs() {
        let held = held(owner, &["-a", "--hostname", "box"]);
        let inside = Inside::start(caller, &[&held.pid.to_string()]);
        assert_eq!(
            namespaces(inside.pid),
            namespaces(held.pid),
            "{caller:?} {owner:?}"
        );
        eventually("it is pidone's only child", || {
            (support::children(inside.pidone.id()) == [inside.pid]).then_some(())
        });
    }
}

#[test]
fn it_is_who_nsenter_would_be() {
    for &(caller, owner) in pairs() {
        for options in [
            &["-a", "--hostname", "box"][..],
            &["-U"],
            &["-n", "--share", "pid,mount"],
        ] {
            let held = held(owner, options);
            let pid = held.pid.to_string();
            let script = "id; hostname; pwd; readlink /proc/self/ns/net /proc/self/ns/uts /proc/self/root; \
                grep -E 'Cap|NoNew|SigBlk|SigIgn' /proc/self/status";
            let ours = enter(caller, &[&pid, "sh", "-c", script]);
            assert_eq!(
                (ours.code, ours.err.as_str()),
                (Some(0), ""),
                "{caller:?} {owner:?} {options:?}"
            );
            // Those that differ: it would stumble over others.
            let (own, other) = (namespaces(std::process::id()), namespaces(held.pid));
            let letters = [
                ("mnt", "-m"),
                ("uts", "-u"),
                ("ipc", "-i"),
                ("net", "-n"),
                ("pid", "-p"),
                ("user", "-U"),
                ("cgroup", "-C"),
                ("time", "-T"),
            ];
            let differ = letters
                .iter()
                .filter(|(file, _)| own[*file] != other[*file]);
            let theirs: Ran = command(caller, "nsenter")
                .args(["-t", &pid])
                .args(differ.map(|(_, letter)| letter))
                // It would insist on leaving groups, which is not allowed.
                .args((caller == Caller::Ordinary).then_some("--preserve-credentials"))
                .args(["sh", "-c", script])
                .output()
                .expect("nsenter can be started")
                .into();
            assert_eq!(
                ours.out, theirs.out,
                "{caller:?} {owner:?} {options:?} {theirs:?}"
            );
        }
    }
}

#[test]
fn namespaces_can_be_chosen() {
    for &(caller, owner) in pairs() {
        let held = held(owner, &["-a"]);
        let own = namespaces(std::process::id());
        let theirs = namespaces(held.pid);
        let pid = held.pid.to_string();
        for (option, types) in [
            ("-u", &["uts"][..]),
            ("-in", &["ipc", "net"]),
            ("-U", &["user"]),
        ] {
            let inside = Inside::start(caller, &[option, &pid]);
            for (file, link) in namespaces(inside.pid) {
                // Whoever owns them comes along where that is the right to join them.
                let owner = file == "user" && caller == Caller::Ordinary;
                let wanted = if types.contains(&file.as_str()) || owner {
                    &theirs
                } else {
                    &own
                };
                assert_eq!(link, wanted[&file], "{option} {caller:?}");
            }
        }
    }
}

#[test]
fn without_a_fork_only_children_have_the_process_ids() {
    for &(caller, owner) in pairs() {
        let held = held(owner, &["-a"]);
        let pid = held.pid.to_string();
        let inside = Inside::start(caller, &["--no-fork", &pid]);
        let (ours, theirs) = (namespaces(inside.pid), namespaces(held.pid));
        assert_eq!(ours["uts"], theirs["uts"]);
        assert_eq!(ours["pid"], namespaces(std::process::id())["pid"]);
        let children = fs::read_link(format!("/proc/{}/ns/pid_for_children", inside.pid));
        assert_eq!(
            children.expect("a link").display().to_string(),
            theirs["pid"]
        );
    }
}

#[test]
fn its_end_is_the_commands() {
    let caller = callers()[0];
    let held = held(caller, &["-a"]);
    let pid = held.pid.to_string();
    for (script, code) in [
        ("exit 7", 7),
        ("kill -TERM $$", 143),
        ("kill -KILL $$", 137),
    ] {
        let ran = enter(caller, &[&pid, "--", "sh", "-c", script]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(code), ""), "{script}");
    }
    for (words, code, hint) in [
        ("absent", 127, "no such file"),
        ("/etc/passwd", 126, "no execute permission"),
    ] {
        let ran = enter(caller, &[&pid, words]);
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.err.contains(hint), "{ran:?}");
    }
    let ran = enter(caller, &["4194304", "true"]);
    assert_eq!(ran.code, Some(125));
    assert!(
        ran.err
            .contains("pidfd_open(4194304, 0): ESRCH\nhint: there is no such process"),
        "{ran:?}"
    );
}

#[test]
fn signals_reach_it_and_its_end_is_pidones() {
    for &(caller, owner) in pairs() {
        let held = held(owner, &["-a"]);
        let mut inside = Inside::start(caller, &[&held.pid.to_string()]);
        support::send(inside.pidone.id(), libc::SIGHUP);
        assert_eq!(inside.wait(), Some(128 + libc::SIGHUP), "{caller:?}");

        // However pidone ends, the command does not outlive it.
        let mut inside = Inside::start(caller, &[&held.pid.to_string()]);
        support::send(inside.pidone.id(), libc::SIGKILL);
        inside.wait();
        eventually("the command ends", || (!is_alive(inside.pid)).then_some(()));
    }
}

#[test]
fn a_target_with_an_inode_is_that_process_or_none() {
    for &(caller, owner) in pairs() {
        let held = held(owner, &["-u"]);
        let script = "import os, sys; print(os.fstat(os.pidfd_open(int(sys.argv[1]))).st_ino)";
        let inode: Ran = command(caller, "python3")
            .args(["-c", script, &held.pid.to_string()])
            .output()
            .expect("python3 can be started")
            .into();
        let inode: u64 = inode.out.trim().parse().expect("a number");
        let target = |inode: u64| format!("{}:{inode}", held.pid);
        let ran = enter(caller, &["-t", &target(inode), "echo", "here"]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), "here\n"), "{ran:?}");
        let ran = enter(caller, &["--target", &target(inode + 1), "echo", "here"]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(125), ""), "{ran:?}");
        assert!(
            ran.err
                .contains("newfstatat(&process, \"\", &stat, AT_EMPTY_PATH): ESRCH"),
            "{ran:?}"
        );
        let ran = enter(caller, &["-t", &held.pid.to_string(), "echo", "here"]);
        assert_eq!(ran.out, "here\n");
    }
}

/// A program in Python as the command of a `run`, which says `ready` and waits.
fn python(caller: Caller, options: &[&str], script: &str) -> Started {
    let mut command = pidone(caller, &["run"]);
    command.args(options).args(["python3", "-c"]);
    command.arg(format!(
        "import ctypes, os, sys, time\n{script}\nprint('ready', flush=True)\nsys.stdin.read()"
    ));
    let mut pidone = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("pidone can be started");
    let mut line = String::new();
    BufReader::new(pidone.stdout.as_mut().expect("a pipe"))
        .read_line(&mut line)
        .expect("text");
    assert_eq!(line, "ready\n");
    let pid = support::children(pidone.id())[0];
    Started(Inside { pidone, pid })
}

struct Started(Inside);

#[test]
fn root_and_working_directory_are_the_processs_if_wanted() {
    for &(caller, owner) in pairs() {
        let scratch = Scratch::new("root");
        fs::create_dir(scratch.path.join("inner")).expect("a directory can be made");
        let path = scratch.path.display().to_string();
        let held = python(owner, &["-U"], &format!("os.chdir('{path}/inner')"));
        let pid = held.0.pid.to_string();
        let ran = enter(caller, &["-w", &pid, "pwd"]);
        assert_eq!(ran.out, format!("{path}/inner\n"), "{ran:?}");
        assert_eq!(enter(caller, &[&pid, "pwd"]).out, "/\n");

        // A chroot with a static shell.
        let shell = ["/bin/busybox", "/usr/bin/busybox"]
            .into_iter()
            .find(|path| fs::exists(path).unwrap_or(false));
        let Some(shell) = shell else {
            return skip("no busybox");
        };
        support::copy_program(shell.as_ref(), &scratch.path.join("busybox"));
        let held = python(
            owner,
            &["-U"],
            &format!("os.chroot('{path}'); os.chdir('/inner')"),
        );
        let pid = held.0.pid.to_string();
        let ran = enter(caller, &["-rw", &pid, "/busybox", "pwd"]);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (Some(0), "/inner\n"),
            "{ran:?}"
        );
        let ran = enter(caller, &["--root", &pid, "/busybox", "ls", "/"]);
        assert_eq!(ran.out, "busybox\ninner\n", "{ran:?}");
        // Without, it is the root of the mount namespace.
        assert_eq!(enter(caller, &[&pid, "/busybox", "pwd"]).code, Some(127));

        // A process that let go of its root has a working directory of the host's (CVE-2024-21626).
        let held = python(owner, &["-U"], &format!("os.chroot('{path}')"));
        let pid = held.0.pid.to_string();
        let ran = enter(caller, &["-rw", &pid, "/busybox", "ls"]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(125), ""), "{ran:?}");
        assert!(ran.err.contains("getcwd(&path, 4096): ENOENT"), "{ran:?}");
    }
}

#[test]
fn nothing_of_the_callers_is_open_inside() {
    for &(caller, owner) in pairs() {
        let held = held(owner, &["-a"]);
        let script = "exec 3</etc/passwd 9</etc 8>/dev/null";
        let inside = Inside::of(through_shell(
            caller,
            script,
            &["enter", &held.pid.to_string()],
        ));
        let open = fs::read_dir(format!("/proc/{}/fd", inside.pid)).expect("a folder");
        let mut numbers: Vec<String> = open
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("a number")
            })
            .collect();
        numbers.sort();
        assert_eq!(numbers, ["0", "1", "2"], "{caller:?} {owner:?}");
    }
}

#[test]
fn the_environment_is_the_processs_if_wanted() {
    for &(caller, owner) in pairs() {
        let held = held(owner, &["-e", "WHOSE=theirs"]);
        let pid = held.pid.to_string();
        let mut ours = pidone(caller, &["enter", &pid, "sh", "-c", "echo $WHOSE"]);
        let ran: Ran = ours
            .env("WHOSE", "ours")
            .output()
            .expect("pidone can be started")
            .into();
        assert_eq!(ran.out, "ours\n");
        let mut theirs = pidone(caller, &["enter", "--env-from-target", &pid, "env"]);
        let ran: Ran = theirs
            .env("WHOSE", "ours")
            .env("MORE", "x")
            .output()
            .expect("pidone can be started")
            .into();
        let mut lines: Vec<&str> = ran
            .out
            .lines()
            .filter(|line| !line.starts_with("_="))
            .collect();
        lines.sort();
        let environment = held.proc("environ");
        let mut wanted: Vec<&str> = environment
            .split_terminator('\0')
            .filter(|line| !line.starts_with("_="))
            .collect();
        wanted.sort();
        assert_eq!(lines, wanted);
        assert!(lines.contains(&"WHOSE=theirs"));
    }
}

#[test]
fn the_cgroup_is_the_processs_if_wanted() {
    if !is_root() {
        return skip("cgroups are root's to make");
    }
    let name = format!("pidone-enter-{}", std::process::id());
    let places = [
        "/sys/fs/cgroup/unified",
        "/sys/fs/cgroup/pids",
        "/sys/fs/cgroup",
    ];
    let folder = places
        .iter()
        .map(|place| format!("{place}/{name}"))
        .find(|path| fs::create_dir(path).is_ok());
    let Some(folder) = folder else {
        return skip("no cgroup can be made");
    };
    {
        let held = held(Caller::Root, &["-u"]);
        fs::write(format!("{folder}/cgroup.procs"), held.pid.to_string())
            .expect("it takes a process");
        let pid = held.pid.to_string();
        let cgroups = |words: &[&str]| {
            let inside = Inside::start(Caller::Root, &[words, &[&pid]].concat());
            fs::read_to_string(format!("/proc/{}/cgroup", inside.pid)).expect("text")
        };
        assert_eq!(cgroups(&["--join-cgroup"]), held.proc("cgroup"));
        assert!(!cgroups(&[]).contains(&name));
        // Its own view of them does not matter.
        fs::write(format!("{folder}/cgroup.procs"), held.pid.to_string())
            .expect("it takes a process");
    }
    eventually("the cgroup is empty", || fs::remove_dir(&folder).ok());
}

#[test]
fn it_may_be_another_user() {
    let show = "grep -E '^(Uid|Gid|Groups)' /proc/self/status | tr -s '\\t ' ' '";
    let wanted = |id: u32, groups: &str| {
        format!("Uid: {id} {id} {id} {id}\nGid: {id} {id} {id} {id}\nGroups:{groups} \n")
    };
    if is_root() {
        let scratch = Scratch::new("another");
        fs::create_dir(scratch.path.join("etc")).expect("a directory can be made");
        scratch.file("etc/passwd", "inner:x:77:77::/:/bin/sh\n", 0o644);
        let root = scratch.path.display().to_string();
        let usr = [
            "--ro-bind",
            "/",
            "/",
            "--ro-bind",
            &format!("{root}/etc"),
            "/etc",
        ];
        let there = held(Caller::Root, &usr);
        let pid = there.pid.to_string();
        for (options, id, groups) in [
            (&["--uid=5", "--gid=5"][..], 5, ""),
            (&["--uid=5", "--gid=5", "--groups=6,7"], 5, " 6 7"),
            // By a name that is only known inside.
            (&["--uid=inner"], 77, ""),
        ] {
            let ran = enter(
                Caller::Root,
                &[options, &[&pid, "/bin/sh", "-c", show]].concat(),
            );
            assert_eq!(
                (ran.out, ran.err.as_str()),
                (wanted(id, groups), ""),
                "{options:?}"
            );
        }
        let ran = enter(Caller::Root, &["--uid=daemon", &pid, "true"]);
        assert!(
            ran.code == Some(125) && ran.err.contains("\"daemon\": not in /etc/passwd"),
            "{ran:?}"
        );
    }
    // Who is denied setgroups(2) keeps the groups, and is told of ids that are not there.
    let there = held(Caller::Ordinary, &["-U", "--map-user=5", "--map-group=5"]);
    let pid = there.pid.to_string();
    let options = ["--preserve-credentials", "--uid=5", "--gid=5"];
    let ran = enter(
        Caller::Ordinary,
        &[&options[..], &[&pid, "id", "-u"]].concat(),
    );
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("5\n", ""));
    let options = ["--preserve-credentials", "--uid=6"];
    let ran = enter(
        Caller::Ordinary,
        &[&options[..], &[&pid, "id", "-u"]].concat(),
    );
    assert!(
        ran.code == Some(125)
            && ran
                .err
                .contains("setuid(6): EINVAL\nhint: no such id is mapped"),
        "{ran:?}"
    );
}

#[test]
fn who_may_not_see_the_process_is_told() {
    if !is_root() {
        return skip("only root has what others may not see");
    }
    let held = held(Caller::Root, &["-n"]);
    let ran = enter(Caller::Ordinary, &["-n", &held.pid.to_string(), "true"]);
    assert!(
        ran.code == Some(125)
            && ran
                .err
                .contains("EACCES\nhint: it takes CAP_SYS_ADMIN in the"),
        "{ran:?}"
    );
}

/// Otherwise the command would run among the caller's own namespaces.
#[test]
fn without_proc_it_is_refused() {
    for &caller in callers() {
        let held = held(caller, &["-u"]);
        let script = "mount -t tmpfs none /proc && exec \"$@\"";
        let ran: Ran = command(caller, "unshare")
            .args(["-r", "-m", "sh", "-c", script, "sh"])
            .arg(program())
            .args(["enter", &held.pid.to_string(), "true"])
            .output()
            .expect("unshare can be started")
            .into();
        assert_eq!(
            (ran.code, ran.err.as_str()),
            (Some(125), "pidone: cannot read /proc: ENOENT\n")
        );
    }
}

/// There is somebody else of the number, whose namespaces it would not join.
#[test]
fn with_anothers_proc_it_is_refused() {
    for &caller in callers() {
        let ran: Ran = command(caller, "unshare")
            .args(["-r", "-f", "-p", "sh", "-c", "\"$@\"", "sh"])
            .arg(program())
            .args(["enter", "1", "true"])
            .output()
            .expect("unshare can be started")
            .into();
        let said = "pidone: /proc has the process ids of another PID namespace: mount a new one\n";
        assert_eq!((ran.code, ran.err.as_str()), (Some(125), said));
    }
}

/// Who is inside may trace the command, and has by that what it has.
#[test]
fn what_the_process_has_given_up_stays_so() {
    let bounding = |status: &str| crate::support::status_field(status, "CapBnd");
    for &caller in callers() {
        let held = held(caller, &["-U", "--tmpfs", "/mnt", "--cap-drop", "NET_RAW"]);
        let pid = held.pid.to_string();
        let mine = bounding(&held.proc("status"));
        let has = |options: &[&str]| {
            let words = [&["enter"], options, &[&pid, "cat", "/proc/self/status"]].concat();
            let ran: Ran = pidone(caller, &words)
                .output()
                .expect("it can be started")
                .into();
            assert_eq!(ran.code, Some(0), "{caller:?}: {ran:?}");
            ["CapBnd", "CapEff"].map(|name| crate::support::status_field(&ran.out, name))
        };
        assert_eq!(has(&[]), [mine.clone(), mine.clone()], "{caller:?}");
        // The control.
        let [bounding, _] = has(&["--cap-add", "NET_RAW"]);
        assert_ne!(bounding, mine, "{caller:?}");
    }
}

/// Who is inside can trace the command, and would be in the groups of root that it is in.
#[test]
fn groups_of_root_are_left_where_setgroups_is_denied() {
    if !is_root() {
        return skip("only root has groups to leave");
    }
    let held = held(Caller::Ordinary, &["-U"]);
    let pid = held.pid.to_string();
    for (options, wanted) in [
        (&[][..], "Groups:\t \n"),
        (&["-U"], "Groups:\t \n"),
        (&["--preserve-credentials", "--uid=0"], "Groups:\t \n"),
        (&["--preserve-credentials"], "Groups:\t65534 65534 \n"),
    ] {
        let ran: Ran = command(Caller::Root, "setpriv")
            .args(["--groups", "4,6"])
            .arg(program())
            .arg("enter")
            .args(options)
            .args([&pid, "grep", "^Groups", "/proc/self/status"])
            .output()
            .expect("setpriv can be started")
            .into();
        assert_eq!(
            (ran.out.as_str(), ran.err.as_str()),
            (wanted, ""),
            "{options:?}"
        );
    }
}

#[test]
fn credentials_stay_if_wanted() {
    let caller = Caller::Ordinary;
    let held = held(caller, &["-a", "-c"]);
    let pid = held.pid.to_string();
    let uid = if is_root() {
        ORDINARY
    } else {
        fs::metadata("/proc/self")
            .map(|stat| std::os::unix::fs::MetadataExt::uid(&stat))
            .expect("a user")
    };
    let ran = enter(caller, &["--preserve-credentials", &pid, "id", "-u"]);
    assert_eq!(
        (ran.code, ran.out),
        (Some(0), format!("{uid}\n")),
        "{}",
        ran.err
    );
}

#[test]
fn it_is_who_it_is_asked_to_be() {
    if !is_root() {
        return skip("only root may become others");
    }
    let held = held(Caller::Root, &["-u"]);
    let pid = held.pid.to_string();
    let script = "grep -E 'Uid|Gid|Groups|Cap(Prm|Eff|Inh|Amb)' /proc/self/status";
    let words = [
        "--uid", "1234", "--gid", "77", "--groups", "5,6", &pid, "sh", "-c", script,
    ];
    let ours = enter(Caller::Root, &words);
    assert_eq!((ours.code, ours.err.as_str()), (Some(0), ""));
    let value = |name: &str| support::status_field(&ours.out, name).expect("it is there");
    assert_eq!(value("Uid"), "1234\t1234\t1234\t1234");
    assert_eq!(value("Gid"), "77\t77\t77\t77");
    assert_eq!(value("Groups"), "5 6");
    for set in ["CapPrm", "CapEff", "CapInh", "CapAmb"] {
        assert_eq!(value(set), "0000000000000000", "{set}");
    }
    // A user by name is the process's root's, and brings its group.
    let ran = enter(Caller::Root, &["--uid", "daemon", &pid, "id", "-un"]);
    assert_eq!(ran.out, "daemon\n", "{ran:?}");
    // It still ends with pidone.
    let mut inside = Inside::start(Caller::Root, &["--uid", "1234", &pid]);
    support::send(inside.pidone.id(), libc::SIGKILL);
    inside.wait();
    eventually("the command ends", || (!is_alive(inside.pid)).then_some(()));
}

/// Puts a letter into the terminal that it has, and says what came of it.
const TYPES_ITSELF: &str = "import fcntl\ntry:\n    fcntl.ioctl(0, 0x5412, b'x')\n    print(' typed')\n\
    except OSError as error:\n    print('', error.errno)";

/// Runs its arguments in a terminal of their own.
const TERMINAL: &str = "import os, pty, sys\n\
    pid, terminal = pty.fork()\nif pid == 0:\n    os.execvp(sys.argv[1], sys.argv[1:])\n\
    text = b''\nwhile True:\n    try:\n        more = os.read(terminal, 100)\n\
    \x20   except OSError:\n        break\n    if not more:\n        break\n    text += more\n\
    print(text.decode().split()[-1])";

#[test]
fn what_is_inside_cannot_type_into_the_terminal() {
    for &(caller, owner) in pairs() {
        let held = held(owner, &["-a"]);
        let pid = held.pid.to_string();
        let typed = |words: &[&str]| {
            let mut terminal = command(caller, "python3");
            terminal
                .args(["-c", TERMINAL])
                .args(words)
                .args(["python3", "-c", TYPES_ITSELF]);
            let ran: Ran = terminal.output().expect("python3 can be started").into();
            assert_eq!(ran.code, Some(0), "{ran:?}");
            ran.out.trim().to_string()
        };
        if typed(&["env"]) != "typed" {
            return skip("this kernel refuses it to everybody");
        }
        let pidone = program().to_str().expect("text");
        assert_eq!(typed(&[pidone, "enter", &pid]), "1", "{caller:?} {owner:?}");
        if caller == Caller::Root {
            assert_eq!(typed(&[pidone, "enter", "-u", "--uid", "1234", &pid]), "1");
            // With nothing but another host name it is who the terminal belongs to.
            assert_eq!(typed(&[pidone, "enter", "-u", &pid]), "typed");
        }
    }
}

/// Tries everything that would give it power over a `pidone` that it sees, until it has seen one; prints
/// what worked. With an argument it looks for another program.
const HOSTILE: &str = r#"
import ctypes, os, sys, time
libc = ctypes.CDLL(None, use_errno=True)
wanted = sys.argv[1] if len(sys.argv) > 1 else 'pidone'
print('ready', flush=True)
end = time.time() + 20
seen, won, now = 0, set(), set()
def attempt(name, action):
    try:
        action()
        now.add(name)
    except OSError:
        pass
def something(path):
    # Of one that has ended there is nothing to read.
    if not open(path).read():
        raise OSError()
def trace(pid):
    if libc.ptrace(0x4206, pid, 0, 0) != 0:
        raise OSError()
    libc.ptrace(17, pid, 0, 0)
while time.time() < end and seen < 3:
    for name in os.listdir('/proc'):
        try:
            if not name.isdigit() or int(name) == os.getpid():
                continue
            if open(f'/proc/{name}/comm').read().strip() != wanted:
                continue
        except OSError:
            continue
        now.clear()
        folder = f'/proc/{name}/'
        attempt('mem', lambda: os.close(os.open(folder + 'mem', os.O_RDWR)))
        attempt('environ', lambda: something(folder + 'environ'))
        attempt('maps', lambda: something(folder + 'maps'))
        attempt('root', lambda: os.readlink(folder + 'root'))
        attempt('cwd', lambda: os.listdir(folder + 'cwd'))
        attempt('exe', lambda: os.readlink(folder + 'exe'))
        attempt('fd 1', lambda: os.readlink(folder + 'fd/1'))
        attempt('trace', lambda: trace(int(name)))
        # The kernel gives it another memory before another name: by then it is somebody else.
        if os.path.exists(folder) and open(folder + 'comm').read().strip() == wanted:
            seen += 1
            won |= now
        time.sleep(0.02)
print('seen' if seen else 'unseen', ' '.join(sorted(won)), flush=True)
time.sleep(2)
"#;

/// What a hostile process inside achieves against whoever enters and is then called `wanted`.
fn attacked(caller: Caller, owner: Caller, options: &[&str], wanted: &str) -> String {
    let mut hostile = pidone(owner, &["run"]);
    hostile
        .args(options)
        .args(["python3", "-c", HOSTILE, wanted]);
    let mut hostile = hostile
        .stdout(Stdio::piped())
        .spawn()
        .expect("pidone can be started");
    let mut lines = BufReader::new(hostile.stdout.take().expect("a pipe")).lines();
    assert_eq!(lines.next().expect("a line").expect("text"), "ready");
    let target = support::children(hostile.id())[0].to_string();
    // The moment between being inside and executing the command is made long, by places to look for it.
    let path = "a:".repeat(60_000) + "/usr/bin:/bin";
    let ran: Ran = pidone(caller, &["enter", &target, "sleep", "0.6"])
        .env("PATH", path)
        .output()
        .expect("pidone can be started")
        .into();
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let line = lines.next().expect("a line").expect("text");
    let _ = hostile.wait();
    line
}

#[test]
fn nobody_inside_gets_hold_of_pidone() {
    for &(caller, owner) in pairs() {
        // In a process-id namespace of its own, and in one where it sees pidone from the beginning.
        for options in [&["-a"][..], &["-U", "--share", "pid"]] {
            let line = attacked(caller, owner, options, "pidone");
            assert_eq!(line, "seen ", "{caller:?} {owner:?} {options:?}");
        }
        // The same attempts succeed with the command, which is no longer ours.
        let line = attacked(caller, owner, &["-a"], "sleep");
        assert_eq!(
            line, "seen cwd environ exe fd 1 maps mem root trace",
            "{caller:?} {owner:?}"
        );
    }
}

#[test]
fn what_is_explained_is_done() {
    if !has("strace") {
        return skip("no strace");
    }
    for &(caller, owner) in pairs() {
        let held = held(owner, &["-a"]);
        let pid = held.pid.to_string();
        for options in [
            &[][..],
            &["-rw"],
            &["-u"],
            &["--no-fork"],
            &["--preserve-credentials"],
        ] {
            let words = [options, &[&pid, "/bin/true"]].concat();
            let explained = enter(caller, &[&["--explain"], &words[..]].concat());
            assert_eq!((explained.code, explained.err.as_str()), (Some(0), ""));
            let steps = explained.out.lines().filter_map(|line| {
                let (number, call) = line.trim_start().split_once("  ")?;
                number.parse::<u32>().ok()?;
                Some(call.split('(').next()?.to_string())
            });
            let steps: Vec<String> = steps.collect();
            let scratch = Scratch::new("explained");
            let trace = scratch.path.join("trace");
            let ran: Ran = command(caller, "strace")
                .args(["-f", "-o"])
                .arg(&trace)
                .arg(program())
                .arg("enter")
                .args(&words)
                .output()
                .expect("strace can be started")
                .into();
            assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
            let text = fs::read_to_string(trace).expect("a trace");
            let calls = text.lines().filter_map(|line| {
                let call = line.split_once(' ')?.1.trim_start();
                let name = call.split('(').next()?;
                name.chars()
                    .all(|letter| letter.is_alphanumeric() || letter == '_')
                    .then_some(name)
            });
            // From the first step on, and up to the command.
            let mut calls: Vec<&str> = calls.skip_while(|name| *name != "close_range").collect();
            calls.truncate(
                calls
                    .iter()
                    .position(|name| *name == "execve")
                    .expect("it is executed")
                    + 1,
            );
            let aside = ["exit_group", "wait4", "rt_sigtimedwait", "mmap", "munmap"];
            calls.retain(|name| !aside.contains(name));
            assert_eq!(calls, steps, "{options:?}");
        }
    }
}

#[test]
fn every_call_that_is_refused_is_told() {
    if !has("strace") {
        return skip("no strace");
    }
    let &(caller, owner) = pairs().last().expect("one");
    let held = held(owner, &["-a"]);
    let pid = held.pid.to_string();
    let words = ["-rw", &pid, "/bin/sh", "-c", "exit 7"];
    let refused = |name: &str, occurrence: u32, errno: &str| -> Ran {
        let fault = format!("inject={name}:error={errno}:when={occurrence}");
        let mut strace = command(caller, "timeout");
        strace.args([
            "-s",
            "KILL",
            "10",
            "strace",
            "-f",
            "-o",
            "/dev/null",
            "-e",
            &format!("trace={name}"),
            "-e",
            &fault,
        ]);
        strace
            .arg(program())
            .arg("enter")
            .args(words)
            .output()
            .expect("strace can be started")
            .into()
    };
    for (name, most) in [
        ("close_range", 1),
        ("pidfd_open", 2),
        ("openat", 2),
        ("mmap", 1),
        ("rt_sigprocmask", 2),
        ("clone", 2),
        ("prctl", 5),
        ("ppoll", 2),
        ("setns", 1),
        ("fchdir", 2),
        ("chroot", 1),
        ("getcwd", 1),
        ("setgid", 1),
        ("setuid", 1),
        ("wait4", 1),
    ] {
        for occurrence in 1..=most {
            for errno in ["EPERM", "ENOMEM", "EINTR"] {
                let ran = refused(name, occurrence, errno);
                let told = ran.code == Some(125) && ran.err.starts_with("pidone: ");
                let ended = ran.code == Some(7) || ran.code == Some(0) && name == "ppoll";
                assert!(told || ended, "{name} {occurrence} {errno}: {ran:?}");
                assert_eq!(ran.out, "");
            }
        }
    }
    assert_eq!(
        support::children(held.pid),
        [] as [u32; 0],
        "nothing is left inside"
    );
}

#[test]
fn containers_of_docker_are_entered_as_docker_would() {
    let Some(docker) = docker() else { return };
    // Nobody else's.
    const SECONDS: &str = "1000.4711";
    if !is_root() {
        return skip("Docker's containers are root's");
    }
    let mut started = docker.command(&["run", "--rm", "--hostname", "inside", "-d"]);
    let started: Ran = started
        .args([engine::IMAGE, "sleep", SECONDS])
        .output()
        .expect("docker can be started")
        .into();
    let id = started.out.trim();
    assert!(started.code == Some(0) && !id.is_empty(), "{started:?}");
    // Its number is another one where Docker runs.
    let sleeps = |pid: &u32| {
        let words = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        words == format!("sleep\0{SECONDS}\0")
    };
    let pid = eventually("it sleeps", || support::processes().find(sleeps)).to_string();
    let pid = pid.as_str();
    let script = format!(
        "id -u; hostname; pwd; ps -o pid,args | grep '[s]leep {SECONDS}'; \
        readlink /proc/self/ns/net; readlink /proc/self/ns/mnt"
    );
    let script = script.as_str();
    let path = "/bin:/usr/bin";
    let mut ours = pidone(
        Caller::Root,
        &["enter", "-rw", "--join-cgroup", pid, "sh", "-c", script],
    );
    let ours: Ran = ours
        .env("PATH", path)
        .output()
        .expect("pidone can be started")
        .into();
    let theirs = docker.call(&["exec", id, "sh", "-c", script]);
    docker.call(&["rm", "-f", id]);
    assert_eq!(
        (ours.code, ours.err.as_str(), &ours.out),
        (Some(0), "", &theirs.out),
        "{theirs:?}"
    );

    // Inside the default profile nothing may be joined, and the profile is named.
    let refused = docker.run("--pid host", &["/pidone", "enter", "-u", pid, "true"]);
    assert_eq!(refused.code, Some(125), "{refused:?}");
}
