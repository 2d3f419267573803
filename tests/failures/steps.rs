//! Each kind of step refused once, with strace's help where nothing else refuses it.

use crate::attempt::{Attempt, Refusal, can_fail, inject};
use crate::cgroup::Cgroup;
use crate::support::{Caller, Scratch, callers, has, skip};

/// Faults, words, the call that is refused, and the errno.
type Case<'a> = (&'a [&'a str], &'a [&'a str], &'a str, &'a str);

fn assert_each_refused(cases: &[Case]) {
    if !can_fail() {
        return;
    }
    for &caller in callers() {
        for (faults, words, call, errno) in cases {
            let faults = inject(faults);
            let attempt = Attempt {
                setup: "exec 9>/dev/null",
                faults: &faults,
                ..Attempt::new(caller)
            };
            attempt.is_refused(words, &Refusal::of(call, errno));
        }
    }
}

#[test]
fn the_steps_before_the_child_are_reported() {
    assert_each_refused(&[(
        &["set_tid_address:error=EPERM:when=1"],
        &["true"],
        "set_tid_address(",
        "EPERM",
    )]);
}

#[test]
fn the_clone_is_reported() {
    assert_each_refused(&[
        (&["clone3:error=EINVAL"], &["true"], "clone3(", "EINVAL"),
        (&["clone3:error=EINTR"], &["-a", "true"], "clone3(", "EINTR"),
        (
            &["clone3:error=ENOSYS", "clone:error=ENOMEM"],
            &["true"],
            "clone(",
            "ENOMEM",
        ),
        (
            &["clone3:error=ENOSYS", "clone:error=ENOSYS"],
            &["-a", "true"],
            "clone(",
            "ENOSYS",
        ),
    ]);
}

#[test]
fn the_steps_beside_the_child_are_reported() {
    assert_each_refused(&[
        (
            &["rt_sigprocmask:error=EINVAL:when=1"],
            &["true"],
            "rt_sigprocmask(SIG_BLOCK",
            "EINVAL",
        ),
        (
            &["clone3:error=ENOSYS", "rt_sigprocmask:error=EINVAL:when=1"],
            &["-n", "true"],
            "rt_sigprocmask(SIG_BLOCK",
            "EINVAL",
        ),
        (
            &["newfstatat:error=ENOENT:when=1"],
            &["--info-fd=9", "true"],
            "newfstatat(AT_FDCWD, \"/proc/CHILD/ns/mnt\"",
            "ENOENT",
        ),
    ]);
    // The child is not traced: its own call would be refused as well, and be made again.
    let faults = "strace -o /dev/null -e trace=futex -e inject=futex:error=EPERM:when=1";
    if can_fail() {
        for &caller in callers() {
            let attempt = Attempt {
                faults,
                setup: "exec 9>/dev/null",
                ..Attempt::new(caller)
            };
            attempt.is_refused(
                &["--info-fd=9", "true"],
                &Refusal::of("futex(&gate, FUTEX_WAKE", "EPERM"),
            );
        }
    }
}

#[test]
fn the_childs_steps_are_reported() {
    assert_each_refused(&[
        (
            &["prctl:error=EINVAL:when=1"],
            &["true"],
            "prctl(PR_SET_PDEATHSIG",
            "EINVAL",
        ),
        (
            &["prctl:error=EINVAL:when=2"],
            &["true"],
            "prctl(PR_SET_NO_NEW_PRIVS",
            "EINVAL",
        ),
        (
            &["prctl:error=EPERM:when=2"],
            &["-aU", "true"],
            "prctl(PR_SET_NO_NEW_PRIVS",
            "EPERM",
        ),
        (
            &["openat:error=EACCES:when=2"],
            &["-U", "true"],
            "openat(AT_FDCWD, \"/proc/self/gid_map\"",
            "EACCES",
        ),
        (
            &["write:error=EIO:when=3"],
            &["-U", "true"],
            "write(&proc, ",
            "EIO",
        ),
        (
            &["clone3:error=ENOSYS", "unshare:error=EPERM"],
            &["-T", "true"],
            "unshare(CLONE_NEWTIME)",
            "EPERM",
        ),
        (
            &["sethostname:error=EPERM"],
            &["--hostname=x", "true"],
            "sethostname(",
            "EPERM",
        ),
        (
            &["setdomainname:error=EPERM"],
            &["--domainname=x", "true"],
            "setdomainname(",
            "EPERM",
        ),
        (
            &["mount:error=ENOMEM:when=1"],
            &["true"],
            "mount(\"none\"",
            "ENOMEM",
        ),
        (
            &["mount:error=ENODEV:when=2"],
            &["true"],
            "mount(\"proc\"",
            "ENODEV",
        ),
        (
            &["mount:error=EBUSY:when=1"],
            &["--propagation=slave", "true"],
            "mount(\"none\"",
            "EBUSY",
        ),
        (
            &["chdir:error=ELOOP"],
            &["--chdir=/usr", "true"],
            "chdir(",
            "ELOOP",
        ),
        (
            &["umask:error=ENOSYS"],
            &["--umask=7", "true"],
            "umask(007)",
            "ENOSYS",
        ),
        (
            &["setpriority:error=ESRCH"],
            &["--nice=7", "true"],
            "setpriority(",
            "ESRCH",
        ),
        (
            &["prlimit64:error=ESRCH:when=1"],
            &["--rlimit=core=0", "true"],
            "prlimit64(",
            "ESRCH",
        ),
        (
            &["setsid:error=EPERM"],
            &["--new-session", "true"],
            "setsid()",
            "EPERM",
        ),
        (
            &["fcntl:error=EINVAL"],
            &["--sync-fd=9", "true"],
            "fcntl(9, F_SETFD",
            "EINVAL",
        ),
        (
            &["close_range:error=ENOSYS"],
            &["true"],
            "close_range(",
            "ENOSYS",
        ),
        (
            &["prctl:error=EINVAL:when=3"],
            &["--cap-drop=KILL", "true"],
            "prctl(PR_CAPBSET_DROP, CAP_KILL)",
            "EINVAL",
        ),
        (
            &["capset:error=EFAULT"],
            &["--cap-drop=KILL", "true"],
            "capset(",
            "EFAULT",
        ),
        (
            &["prctl:error=EINVAL:when=3"],
            &["--map-user=5", "--cap-add=KILL", "true"],
            "prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0)",
            "EINVAL",
        ),
        (
            &["write:error=EBUSY:when=4"],
            &["--disable-userns", "true"],
            "write(&proc, \"0\", 1)",
            "EBUSY",
        ),
        (
            &["landlock_create_ruleset:error=ENOMEM"],
            &["--landlock-scope", "true"],
            "landlock_create_ruleset(",
            "ENOMEM",
        ),
        (
            &["landlock_add_rule:error=ENOMEM:when=2"],
            &["--landlock-rx=/", "true"],
            "landlock_add_rule(&ruleset, LANDLOCK_RULE_PATH_BENEATH, \
            {allowed_access=LANDLOCK_ACCESS_FS_READ_DIR,",
            "ENOMEM",
        ),
        (
            &["landlock_restrict_self:error=E2BIG"],
            &["--landlock-scope", "true"],
            "landlock_restrict_self(",
            "E2BIG",
        ),
        (
            &["seccomp:error=ENOMEM"],
            &["--seccomp=default", "true"],
            "seccomp(",
            "ENOMEM",
        ),
        (
            &["read:error=EIO:when=1"],
            &["--block-fd=9", "true"],
            "read(9, ",
            "EIO",
        ),
    ]);
}

#[test]
fn a_kernel_without_filters_is_told() {
    if !can_fail() {
        return;
    }
    let faults = inject(&["seccomp:error=ENOSYS"]);
    for &caller in callers() {
        let attempt = Attempt {
            faults: &faults,
            ..Attempt::new(caller)
        };
        let hint = "this kernel has no seccomp filters; ";
        let refusal = Refusal::of("seccomp(", "ENOSYS").because(hint);
        attempt.is_refused(&["--cap-drop=KILL", "true"], &refusal);
        let ran = attempt.run(&["--cap-drop=SYS_ADMIN", "--new-session", "true"]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{caller:?}");
    }
}

#[test]
fn the_steps_for_other_ids_are_reported() {
    if !can_fail() {
        return;
    }
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    let ranges = ["--map-users=0:100000:9", "--map-groups=0:100000:9", "true"];
    let cases: &[Case] = &[
        (
            &["setgroups:error=ENOMEM"],
            &["--uid=5", "true"],
            "setgroups(0, [])",
            "ENOMEM",
        ),
        (
            &["setgroups:error=E2BIG"],
            &["--groups=5,6", "true"],
            "setgroups(2, [5, 6])",
            "E2BIG",
        ),
        (
            &["setgid:error=EAGAIN"],
            &["--gid=5", "true"],
            "setgid(5)",
            "EAGAIN",
        ),
        (
            &["setuid:error=EAGAIN"],
            &["--uid=5", "true"],
            "setuid(5)",
            "EAGAIN",
        ),
        (&["setuid:error=EAGAIN"], &ranges, "setuid(0)", "EAGAIN"),
        (&["write:error=EIO:when=2"], &ranges, "write(&proc, ", "EIO"),
        // The wish to die with pidone, which is forgotten with the ids.
        (
            &["prctl:error=EINVAL:when=3"],
            &["--uid=5", "true"],
            "prctl(PR_SET_PDEATHSIG",
            "EINVAL",
        ),
    ];
    for (faults, words, call, errno) in cases {
        let faults = inject(faults);
        let attempt = Attempt {
            faults: &faults,
            ..Attempt::new(Caller::Root)
        };
        attempt.is_refused(words, &Refusal::of(call, errno));
    }
}

#[test]
fn the_steps_of_a_helper_are_reported() {
    if !can_fail() {
        return;
    }
    let scratch = Scratch::new("helper");
    for name in ["newuidmap", "newgidmap"] {
        scratch.file(name, "#!/bin/sh\nexit 0\n", 0o755);
    }
    let starter = format!("env PATH={}:/usr/bin:/bin", scratch.path.display());
    for (fault, errno) in [
        ("clone:error=EAGAIN", "EAGAIN"),
        ("wait4:error=ECHILD:when=1", "ECHILD"),
    ] {
        let (name, _) = fault.split_once(':').expect("a call");
        let attempt = Attempt {
            starter: &starter,
            faults: &format!("strace -o /dev/null -e trace={name} -e inject={fault}"),
            waits_in_vain: name == "wait4",
            ..Attempt::new(Caller::Ordinary)
        };
        let refusal = Refusal::of("clone, rt_sigprocmask, execve(", errno);
        attempt.is_refused(&["--map-users=0:100000:9", "true"], &refusal);
    }
}

#[test]
fn the_steps_for_others_namespaces_are_reported() {
    if !can_fail() {
        return;
    }
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    let scratch = Scratch::new("others");
    let file = scratch.file("it", "", 0o666);
    let persist = format!("--persist=uts={}", file.display());
    let join = "--join=net=/proc/self/ns/net";
    let user = "--join=user=/proc/self/ns/user";
    let cases: &[Case] = &[
        (
            &["openat:error=ENFILE:when=1"],
            &[join, "true"],
            "openat(AT_FDCWD, \"/proc/self/ns/net\", O_RDONLY",
            "ENFILE",
        ),
        (
            &["setns:error=ENOMEM"],
            &[join, "true"],
            "setns(&net, CLONE_NEWNET)",
            "ENOMEM",
        ),
        (
            &["prctl:error=EINVAL:when=1"],
            &["--join=pid=/proc/self/ns/pid", "true"],
            "prctl(PR_SET_DUMPABLE",
            "EINVAL",
        ),
        (
            &["setgroups:error=ENOMEM:when=1"],
            &[user, "true"],
            "setgroups(0, NULL)",
            "ENOMEM",
        ),
        (
            &["mount:error=ENOMEM:when=1"],
            &[&persist, "true"],
            "mount(\"/proc/CHILD/ns/uts\"",
            "ENOMEM",
        ),
        // What was bound already is taken off again.
        (
            &["mount:error=ENOSPC:when=2"],
            &[&persist, "--persist=ipc=/etc/passwd", "true"],
            "mount(\"/proc/CHILD/ns/ipc\"",
            "ENOSPC",
        ),
        (
            &["setsid:error=ENOSYS"],
            &[&persist, "--new-session", "true"],
            "setsid()",
            "ENOSYS",
        ),
        // The first cause is told.
        (
            &["setsid:error=ENOSYS", "umount2:error=EINTR:when=2"],
            &[
                &persist,
                "--persist=ipc=/etc/passwd",
                "--new-session",
                "true",
            ],
            "setsid()",
            "ENOSYS",
        ),
    ];
    for (faults, words, call, errno) in cases {
        let injected = inject(faults);
        let attempt = Attempt {
            faults: &injected,
            // One umount is refused.
            leaves_mounts: faults.len() > 1,
            waits_in_vain: faults.len() > 1,
            ..Attempt::new(Caller::Root)
        };
        attempt.is_refused(words, &Refusal::of(call, errno));
    }
}

#[test]
fn the_steps_for_limits_are_reported() {
    let Some(cgroup) = can_fail().then(Cgroup::new).flatten() else {
        return;
    };
    let path = cgroup.option();
    let owner = "systemd-run --user --scope pidone run";
    let cases = [
        (
            "mkdirat:error=EACCES:when=1",
            "mkdirat(",
            "EACCES",
            Some(owner),
        ),
        (
            "mkdirat:error=EROFS:when=1",
            "mkdirat(",
            "EROFS",
            Some("read-only"),
        ),
        (
            "mkdirat:error=ENOENT:when=1",
            "mkdirat(",
            "ENOENT",
            Some("no such cgroup"),
        ),
        ("mkdirat:error=EAGAIN:when=1", "mkdirat(", "EAGAIN", None),
        ("mount_setattr:error=EPERM", "mount_setattr(", "EPERM", None),
        (
            "unshare:error=EFAULT",
            "unshare(CLONE_NEWCGROUP)",
            "EFAULT",
            None,
        ),
    ];
    for &caller in cgroup.callers() {
        for (fault, call, errno, hint) in cases {
            let faults = inject(&[fault]);
            let attempt = Attempt {
                faults: &faults,
                ..Attempt::new(caller)
            };
            let refusal = Refusal {
                hint,
                ..Refusal::of(call, errno)
            };
            attempt.is_refused(&[&path, "--pids-limit=9", "true"], &refusal);
            assert_eq!(cgroup.inside().len(), 0, "{fault}");
        }
        let attempt = Attempt::new(caller);
        let refusal = Refusal::of("write(&proc, \"4000\", 4)", "ERANGE");
        let hint = "the cgroup above does not have that";
        if !cgroup.older.is_empty() {
            attempt.is_refused(
                &[&path, "--cpuset-cpus=4000", "true"],
                &refusal.because(hint),
            );
            assert_eq!(cgroup.inside().len(), 0);
        }
    }
}

#[test]
fn a_cgroup_that_cannot_be_removed_is_a_warning() {
    let Some(cgroup) = can_fail().then(Cgroup::new).flatten() else {
        return;
    };
    let path = cgroup.option();
    for &caller in cgroup.callers() {
        let faults = inject(&["unlinkat:error=EBUSY"]);
        let attempt = Attempt {
            faults: &faults,
            ..Attempt::new(caller)
        };
        let ran = attempt.run(&[&path, "--pids-limit=9", "/bin/sh", "-c", "exit 5"]);
        assert_eq!(ran.code, Some(5), "{caller:?}");
        let start = ran.err.starts_with("pidone: warning: step ");
        let end = ran.err.ends_with("\", AT_REMOVEDIR): EBUSY\n");
        assert!(
            start && end && ran.err.lines().count() == 1,
            "{caller:?}: {ran:?}"
        );
        assert!(cgroup.clean(), "{caller:?}");
    }
}

#[test]
fn the_steps_after_the_command_are_reported() {
    if !can_fail() {
        return;
    }
    for &caller in callers() {
        let scratch = Scratch::new("after");
        let pid_file = format!("--pid-file={}/pid", scratch.path.display());
        let faults = inject(&["unlinkat:error=EROFS"]);
        let attempt = Attempt {
            faults: &faults,
            ..Attempt::new(caller)
        };
        attempt.is_refused(&[&pid_file, "true"], &Refusal::of("unlinkat(", "EROFS"));
    }
}

#[test]
fn the_childs_own_mask_is_reported() {
    if !can_fail() {
        return;
    }
    if !has("bash") {
        return skip("no bash");
    }
    for &caller in callers() {
        // strace counts for each process: the parent's first call of this name is the shell's.
        let injected = inject(&["clone3:error=ENOSYS", "rt_sigprocmask:error=EINVAL:when=1"]);
        let faults = format!("{injected} bash -c 'exec \"$@\"' bash");
        let attempt = Attempt {
            faults: &faults,
            ..Attempt::new(caller)
        };
        let refusal = Refusal::of("rt_sigprocmask(SIG_SETMASK", "EINVAL");
        attempt.is_refused(&["--no-kill-child", "/bin/true"], &refusal);
    }
}

#[test]
fn the_steps_for_a_caller_that_ignores_its_children_are_reported() {
    if !can_fail() {
        return;
    }
    // pidone's first call of this name only looks. nohup makes one before it, the child none.
    let child = format!("{} nohup", inject(&["rt_sigaction:error=EINVAL:when=1"]));
    let parent = inject(&["rt_sigaction:error=EINVAL:when=2"]);
    for &caller in callers() {
        for (faults, action) in [(&parent, "SIG_DFL"), (&child, "SIG_IGN")] {
            let attempt = Attempt {
                starter: "env --ignore-signal=CHLD",
                faults,
                ..Attempt::new(caller)
            };
            let call = format!("rt_sigaction(SIGCHLD, {{sa_handler={action}");
            attempt.is_refused(&["/bin/true"], &Refusal::of(&call, "EINVAL"));
        }
    }
}

#[test]
fn a_refused_loopback_device_is_a_warning() {
    if !can_fail() {
        return;
    }
    for &caller in callers() {
        for (fault, call) in [
            ("socket:error=EACCES", "socket("),
            ("ioctl:error=EPERM:when=1", "ioctl("),
        ] {
            let faults = inject(&[fault]);
            let attempt = Attempt {
                faults: &faults,
                ..Attempt::new(caller)
            };
            let words = ["-n", "/bin/sh", "-c", "exit 7"];
            let errno = if call == "socket(" { "EACCES" } else { "EPERM" };
            let sentence = Refusal::of(call, errno)
                .sentence(&attempt.announced(&words))
                .expect("such a step");
            let ran = attempt.run(&words);
            let warning = sentence.replace("pidone: step", "pidone: warning: step") + "\n";
            assert_eq!((ran.code, ran.err), (Some(7), warning), "{caller:?}");
        }
    }
}

#[test]
fn a_refused_step_is_never_taken_for_another() {
    if !can_fail() {
        return;
    }
    // The control: with the fault at another place, the sentence is another.
    let faults = inject(&["prctl:error=EINVAL:when=2"]);
    let attempt = Attempt {
        faults: &faults,
        ..Attempt::new(Caller::Ordinary)
    };
    let plan = attempt.announced(&["true"]);
    let said = attempt.run(&["true"]).err;
    let is_said =
        |call| Refusal::of(call, "EINVAL").sentence(&plan).as_deref() == said.strip_suffix('\n');
    assert!(
        is_said("prctl(PR_SET_NO_NEW_PRIVS") && !is_said("prctl(PR_SET_PDEATHSIG"),
        "{said}"
    );
}
