//! Namespaces of others, joined; and new ones that stay, bound to files.

mod support;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use support::{
    Caller, Held, Ran, Scratch, callers, command, each_with, eventually, has, is_root, pidone,
    program, run, skip, through_shell,
};

/// Options, and entries of /proc/PID/ns.
const TYPES: [[&str; 2]; 8] = [
    ["mount", "mnt"],
    ["uts", "uts"],
    ["ipc", "ipc"],
    ["net", "net"],
    ["pid", "pid"],
    ["user", "user"],
    ["cgroup", "cgroup"],
    ["time", "time"],
];

fn held(caller: Caller, options: &[&str]) -> Held {
    let mut command = pidone(caller, &["run"]);
    command.args(options);
    Held::start(command)
}

/// A process's namespace: `net:[4026531840]`.
fn namespace(pid: u32, entry: &str) -> String {
    let link = fs::read_link(format!("/proc/{pid}/ns/{entry}")).expect("a namespace");
    link.display().to_string()
}

fn of_self(entry: &str) -> String {
    namespace(std::process::id(), entry)
}

#[test]
fn each_type_is_joined() {
    for (caller, [name, entry]) in each_with(&TYPES) {
        let there = held(caller, &["-a"]);
        let join = format!("--join={name}={}", there.pid);
        let user = format!("--join=user={}", there.pid);
        let mut options = vec![join.as_str()];
        // An ordinary user may only with the rights that its user namespace gives.
        if caller == Caller::Ordinary && name != "user" {
            options.push(&user);
        }
        let here = held(caller, &options);
        assert_eq!(
            namespace(here.pid, entry),
            namespace(there.pid, entry),
            "{name}, {caller:?}"
        );
        let other = if name == "uts" { "ipc" } else { "uts" };
        assert_eq!(
            namespace(here.pid, other),
            of_self(other),
            "{name}, {caller:?}"
        );
        // pidone itself stays where its child is to be found.
        // It is undumpable, so that only root can look.
        if is_root() {
            assert_eq!(namespace(here.supervisor, "mnt"), of_self("mnt"));
            assert_eq!(namespace(here.supervisor, "pid"), of_self("pid"));
        }
        assert_eq!(here.end().code, Some(7));
    }
}

#[test]
fn all_types_are_joined_at_once() {
    for &caller in callers() {
        let there = held(caller, &["-a"]);
        let options = TYPES.map(|[name, _]| format!("--join={name}={}", there.pid));
        let here = held(caller, &options.each_ref().map(String::as_str));
        for [name, entry] in TYPES {
            assert_eq!(
                namespace(here.pid, entry),
                namespace(there.pid, entry),
                "{name}, {caller:?}"
            );
        }
    }
}

#[test]
fn a_file_is_joined_like_a_process() {
    for &caller in callers() {
        let there = held(caller, &["-aU"]);
        let ran = run(
            caller,
            &[
                format!("--join=user=/proc/{}/ns/user", there.pid),
                format!("--join=net=/proc/{}/ns/net", there.pid),
                "readlink".into(),
                "/proc/self/ns/net".into(),
            ],
        );
        assert_eq!(ran.out.trim(), namespace(there.pid, "net"), "{ran:?}");
    }
}

#[test]
fn rights_decide_the_order() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    // The net namespace is the host's business, which who is inside the user namespace has no say in.
    let net = held(Caller::Root, &["-n"]);
    let user = held(Caller::Root, &["-U"]);
    let options = [
        format!("--join=user={}", user.pid),
        format!("--join=net={}", net.pid),
    ];
    for more in [&[][..], &["--share=pid,mount"]] {
        let options = [&options.each_ref().map(String::as_str), more].concat();
        let here = held(Caller::Root, &options);
        assert_eq!(namespace(here.pid, "net"), namespace(net.pid, "net"));
        assert_eq!(namespace(here.pid, "user"), namespace(user.pid, "user"));
    }
    // A new user namespace is no way into others, so they come before it.
    let net = format!("--join=net={}", net.pid);
    let here = held(Caller::Root, &["-U", &net]);
    assert_ne!(namespace(here.pid, "user"), of_self("user"));
    assert_ne!(namespace(here.pid, "net"), of_self("net"));
}

#[test]
fn what_is_new_belongs_to_the_user_namespace_that_is_joined() {
    for &caller in callers() {
        let there = held(caller, &["-U"]);
        let user = format!("--join=user={}", there.pid);
        let script =
            "id -u; id -g; cat /proc/sys/kernel/hostname; echo $$; hostname other; hostname";
        let words = [&user, "--uts", "/bin/sh", "-c", script];
        let ran = run(caller, &words);
        let lines: Vec<&str> = ran.out.lines().collect();
        let host = fs::read_to_string("/proc/sys/kernel/hostname").expect("a name");
        assert_eq!(lines, ["0", "0", host.trim(), "1", "other"], "{ran:?}");
    }
}

#[test]
fn who_joins_a_user_namespace_is_root_there() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    let maps = ["--map-users=0:100000:9", "--map-groups=0:100000:9"];
    let there = held(Caller::Root, &maps);
    let user = format!("--join=user={}", there.pid);
    let show = "grep -E '^(Uid|Gid|Groups|CapEff)' /proc/self/status | tr -s '\\t ' ' '";
    for (options, id) in [
        (&[][..], 0),
        (&["--share=pid,mount"], 0),
        (&["--uid=5", "--gid=5"], 5),
    ] {
        let mut outer = command(Caller::Root, "setpriv");
        outer
            .args(["--groups", "4,6"])
            .arg(program())
            .args(["run", &user]);
        let ran = Ran::from(
            outer
                .args(options)
                .args(["/bin/sh", "-c", show])
                .output()
                .expect("setpriv"),
        );
        let lines: Vec<&str> = ran.out.lines().map(str::trim_end).collect();
        assert_eq!(lines[0], format!("Uid: {id} {id} {id} {id}"), "{ran:?}");
        assert_eq!(lines[1], format!("Gid: {id} {id} {id} {id}"), "{ran:?}");
        assert_eq!(lines[2], "Groups:", "{ran:?}");
        assert_eq!(lines[3].ends_with(" 0000000000000000"), id == 5, "{ran:?}");
    }
}

#[test]
fn a_joined_process_id_namespace_has_its_own_proc() {
    for &caller in callers() {
        let there = held(caller, &["-U", "-p"]);
        let ran = run(
            caller,
            &[
                format!("--join=user={}", there.pid),
                format!("--join=pid={}", there.pid),
                "/bin/sh".into(),
                "-c".into(),
                "echo $$; tr '\\0' ' ' </proc/1/cmdline".into(),
            ],
        );
        let (pid, first) = ran.out.split_once('\n').expect("two lines");
        assert_ne!(pid, "1");
        assert!(first.starts_with("/bin/sh -c echo ready"), "{ran:?}");
    }
}

#[test]
fn what_is_not_there_is_not_joined() {
    for (caller, (option, call, errno, hint)) in each_with(&[
        (
            "--join=net=4194305",
            "openat(",
            "ENOENT",
            "there is no such process",
        ),
        ("--join=net=/no/file", "openat(", "ENOENT", ""),
        (
            "--join=uts=/proc/self/ns/net",
            "setns(&uts",
            "EINVAL",
            "of another type",
        ),
        (
            "--join=uts=/etc/passwd",
            "setns(&uts",
            "EINVAL",
            "of another type",
        ),
        (
            "--join=user=/proc/self/ns/user",
            "setns(&user",
            "EINVAL",
            "that we are in",
        ),
    ]) {
        let ran = run(caller, &[option, "/bin/sh", "-c", "echo no"]);
        // An ordinary user has no right to join before it is looked at what it is.
        let errno = if caller == Caller::Ordinary && option.contains("/ns/net") {
            "EINVAL"
        } else {
            errno
        };
        assert_eq!((ran.code, ran.out.as_str()), (Some(125), ""), "{ran:?}");
        let (sentence, rest) = ran.err.split_once('\n').expect("a line");
        assert!(
            sentence.contains(call) && sentence.ends_with(&format!(": {errno}")),
            "{caller:?}: {ran:?}"
        );
        assert!(
            rest.contains(hint) && rest.is_empty() == hint.is_empty(),
            "{ran:?}"
        );
    }
    // Another's process, and another's namespace.
    let there = held(Caller::Ordinary, &["-n"]);
    let ran = run(
        Caller::Ordinary,
        &[&format!("--join=net={}", there.pid), "true"],
    );
    assert!(
        ran.code == Some(125) && ran.err.contains(": EPERM\nhint: it takes CAP_SYS_ADMIN"),
        "{ran:?}"
    );
    if is_root() {
        let there = held(Caller::Root, &["-n"]);
        let ran = run(
            Caller::Ordinary,
            &[&format!("--join=net={}", there.pid), "true"],
        );
        assert!(
            ran.code == Some(125) && ran.err.contains(": EACCES\nhint: it takes CAP_SYS_ADMIN"),
            "{ran:?}"
        );
    }
}

/// `pidone` in a mount namespace of its own, where mounts are private and may be left.
fn apart(caller: Caller, script: &str) -> Ran {
    let mut outer = command(caller, "taskset");
    let user = if caller == Caller::Ordinary {
        "-Urm"
    } else {
        "-m"
    };
    // Linux 6.18 binds a mount namespace only if its number is higher than our own's, and gives numbers to
    // processors in batches.
    outer
        .args(["-c", "0", "unshare", user, "/bin/sh", "-c", script, "sh"])
        .arg(program());
    outer.output().expect("taskset can be started").into()
}

#[test]
fn what_persists_is_joined_later() {
    if !has("unshare") || !has("taskset") {
        return skip("no unshare or taskset");
    }
    for (caller, name) in each_with(&[
        "mount", "uts", "ipc", "net", "pid", "user", "cgroup", "time",
    ]) {
        let scratch = Scratch::new("persist");
        let file = scratch.file("it", "", 0o666);
        let file = file.display();
        let entry = match name {
            "mount" => "mnt",
            "pid" => "pid_for_children",
            "time" => "time_for_children",
            name => name,
        };
        let script = format!(
            "mount -t tmpfs none {0}; : >{1}
            $1 run --persist={name}={1} readlink /proc/self/ns/{entry} && readlink /proc/self/ns/{entry}
            stat -Lc %i {1}",
            scratch.path.display(),
            file
        );
        let ran = apart(caller, &script);
        let inodes: Vec<String> = ran
            .out
            .lines()
            .map(|line| line.chars().filter(char::is_ascii_digit).collect())
            .collect();
        assert_eq!(inodes.len(), 3, "{name}, {caller:?}: {ran:?}");
        assert_eq!(inodes[0], inodes[2], "{name}, {caller:?}: {ran:?}");
        assert_ne!(inodes[0], inodes[1], "{name}, {caller:?}: {ran:?}");
    }
    for &caller in callers() {
        let scratch = Scratch::new("persist");
        let file = scratch.file("it", "", 0o666);
        let script = format!(
            "$1 run --persist=uts={0} --hostname=kept true && $1 run --join=uts={0} hostname",
            file.display()
        );
        let ran = apart(caller, &script);
        assert_eq!(
            (ran.out.as_str(), ran.err.as_str()),
            ("kept\n", ""),
            "{caller:?}"
        );
    }
}

#[test]
fn nothing_persists_without_a_command() {
    if !has("unshare") || !has("taskset") {
        return skip("no unshare or taskset");
    }
    for (caller, (options, code)) in each_with(&[
        ("/no/command", 127),
        ("/etc/passwd", 126),
        ("--chdir=/no/folder true", 125),
        ("--persist=net=/no/file true", 125),
        ("--pid-file=/no/folder/file true", 125),
        ("--info-fd=9 true", 125),
    ]) {
        let scratch = Scratch::new("persist");
        let file = scratch.file("it", "", 0o666);
        let script = format!(
            "$1 run --persist=uts={0} true && mounts=$(cat /proc/self/mountinfo)
            $1 run --persist=uts={0} --persist=ipc={0} {options}; echo $?
            [ \"$mounts\" = \"$(cat /proc/self/mountinfo)\" ] && grep -c {0} /proc/self/mountinfo",
            file.display()
        );
        let ran = apart(caller, &script);
        // What another run has bound there stays.
        assert_eq!(
            ran.out,
            format!("{code}\n1\n"),
            "{options}, {caller:?}: {ran:?}"
        );
    }
}

#[test]
fn nothing_persists_of_a_setup_that_is_ended() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    if !has("taskset") {
        return skip("no taskset");
    }
    let scratch = Scratch::new("persist");
    let file = scratch.file("it", "", 0o666);
    let option = format!("--persist=uts={}", file.display());
    let is_bound = || {
        let mounts = fs::read_to_string("/proc/self/mountinfo").expect("mounts");
        mounts.contains(&file.display().to_string())
    };
    let script = "taskset -pc 0 $$ >/dev/null; exec 5<&0 </dev/null";
    // Beside somebody else on its processor the child is often ended before it has done anything.
    let busy = "taskset -pc 0 $$ >/dev/null; while :; do :; done";
    let mut busy = command(Caller::Root, "sh")
        .args(["-c", busy])
        .spawn()
        .expect("sh can be started");
    let mut kept = 0;
    for _ in 0..300 {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let words = ["run", &option, "--block-fd=5", "true"];
        let mut pidone = through_shell(Caller::Root, script, &words);
        let mut child = pidone.stdin(reader).spawn().expect("sh can be started");
        while !is_bound() {}
        support::send(child.id(), libc::SIGTERM);
        let status = child.wait().expect("it ends");
        assert_eq!((status.code(), status.signal()), (Some(143), None));
        if is_bound() {
            kept += 1;
            let gone = command(Caller::Root, "umount").arg(&file).status();
            assert!(gone.expect("umount can be started").success());
        }
        drop(writer);
    }
    busy.kill().expect("it runs");
    busy.wait().expect("it ends");
    assert_eq!(kept, 0);
}

#[test]
fn a_pipe_is_no_namespace_and_is_not_waited_for() {
    for &caller in callers() {
        let scratch = Scratch::new("pipe");
        let pipe = scratch.path.join("it");
        let made = command(caller, "mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo can be started").success());
        let ran: Ran = command(caller, "timeout")
            .args(["20", &program().display().to_string(), "run"])
            .args([&format!("--join=net={}", pipe.display()), "true"])
            .output()
            .expect("timeout can be started")
            .into();
        assert_eq!(ran.code, Some(125), "{ran:?}");
        assert!(
            ran.err.contains("EINVAL\nhint: it is of another type"),
            "{ran:?}"
        );
    }
}

#[test]
fn a_shared_mount_takes_no_mount_namespace() {
    if !has("unshare") || !has("taskset") {
        return skip("no unshare or taskset");
    }
    for &caller in callers() {
        let scratch = Scratch::new("persist");
        let script = format!(
            "mount -t tmpfs none {0} && mount --make-shared {0} && : >{0}/it
            $1 run --persist=mount={0}/it true",
            scratch.path.display()
        );
        let ran = apart(caller, &script);
        assert_eq!(ran.code, Some(125), "{ran:?}");
        let hint = ": EINVAL\nhint: a mount namespace is bound only where mounts are private; \
            Linux 6.18 refuses it at random there too\n";
        assert!(ran.err.ends_with(hint), "{ran:?}");
    }
    let scratch = Scratch::new("persist");
    let file = scratch.file("it", "", 0o666);
    let ran = run(
        Caller::Ordinary,
        &[&format!("--persist=uts={}", file.display()), "true"],
    );
    assert!(
        ran.err
            .ends_with(": EPERM\nhint: it takes CAP_SYS_ADMIN outside any new user namespace\n"),
        "{ran:?}"
    );
}

#[test]
fn who_joins_cannot_be_traced_from_there() {
    if !has("nsenter") {
        return skip("no nsenter");
    }
    let caller = Caller::Ordinary;
    let there = held(caller, &["-U", "-p"]);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let joins = ["user", "pid", "mount"].map(|name| format!("--join={name}={}", there.pid));
    let mut words = vec!["run", "--block-fd=5"];
    words.extend(joins.iter().map(String::as_str));
    words.extend(["sleep", "1000"]);
    let mut pidone = through_shell(caller, "exec 5<&0 </dev/null", &words);
    let mut child = pidone.stdin(reader).spawn().expect("sh can be started");
    // With its user namespace's every capability, it looks at all but itself.
    let script = "for process in $(ls -d /proc/[0-9]*); do \
        [ $process = /proc/1 ] || [ $process = /proc/$$ ] || [ ! -d $process ] || \
        { readlink $process/exe || echo refused; }; done";
    let inside = || {
        let mut nsenter = command(caller, "nsenter");
        nsenter.args(["-t", &there.pid.to_string(), "-U", "-p", "-m"]);
        nsenter.args(["--preserve-credentials", "/bin/sh", "-c", script]);
        let ran = Ran::from(nsenter.output().expect("nsenter can be started"));
        (!ran.out.trim().is_empty()).then(|| ran.out.trim().to_string())
    };
    assert_eq!(eventually("the child is seen", inside), "refused");
    // The control: the command can be.
    drop(writer);
    let seen = eventually("the command is seen", || {
        inside().filter(|said| said != "refused")
    });
    assert!(seen.ends_with("/sleep"), "{seen}");
    support::send(child.id(), libc::SIGTERM);
    child.wait().expect("it ends");
}

#[test]
fn a_trial_binds_nothing() {
    if !has("unshare") || !has("taskset") {
        return skip("no unshare or taskset");
    }
    for &caller in callers() {
        let scratch = Scratch::new("persist");
        let file = scratch.file("it", "", 0o666);
        // What is tried is refused, so that each is made once more.
        let script = format!(
            "$1 run --persist=uts={0} --try=ipc --chdir=/no/folder true; echo $?
            $1 run --explain --persist=uts={0} --try=ipc true >/dev/null; echo $?
            grep -c {0} /proc/self/mountinfo",
            file.display()
        );
        let ran = apart(caller, &script);
        assert_eq!(ran.out, "125\n0\n0\n", "{caller:?}: {ran:?}");
    }
}

#[test]
fn a_user_namespace_is_joined_without_clone3() {
    if !has("strace") {
        return skip("no strace");
    }
    let there = held(Caller::Ordinary, &["-U"]);
    let mut outer = command(Caller::Ordinary, "strace");
    outer.args([
        "-f",
        "-o",
        "/dev/null",
        "-e",
        "trace=clone3",
        "-e",
        "inject=clone3:error=ENOSYS",
    ]);
    let user = format!("--join=user={}", there.pid);
    outer
        .arg(program())
        .args(["run", &user, "readlink", "/proc/self/ns/user"]);
    let ran = Ran::from(outer.output().expect("strace can be started"));
    assert_eq!(ran.out.trim(), namespace(there.pid, "user"), "{ran:?}");
}
