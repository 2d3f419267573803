//! What `--explain` prints is what strace(1) sees: number, order and arguments of all calls.

#[path = "../support/cgroup.rs"]
mod cgroup;
#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code)]
#[path = "../mounts/facts.rs"]
mod facts;
#[allow(dead_code)]
#[path = "../mounts/place.rs"]
mod place;

mod control;
mod token;
mod trace;
mod views;

use cgroup::Cgroup;
use support::{Caller, Ran, Scratch, callers, has, pidone, skip};
use trace::{Run, compare};

const PATH: &str = "/usr/bin:/bin";

fn run<'a>(caller: Caller, words: &'a [&'a str]) -> Run<'a> {
    Run {
        caller,
        script: "",
        traced_script: "",
        tracer: &[],
        verb: "run",
        words,
        path: PATH,
    }
}

fn assert_explained(run: &Run) {
    if let Err(difference) = compare(&run.announced(), &run.seen()) {
        panic!("{:?}, {:?}:\n{difference}", run.words, run.caller);
    }
}

/// Runs `true` with each of these options, as each caller.
fn assert_each_explained(sets: &[&[&str]]) {
    if !has("strace") {
        return skip("no strace");
    }
    for &caller in callers() {
        for set in sets {
            assert_explained(&run(caller, &[*set, &["true"]].concat()));
        }
    }
}

#[test]
fn namespaces_are_explained() {
    assert_each_explained(&[
        &[],
        &["--all"],
        &["-uiC"],
        &["--net", "--time"],
        &["--share", "pid"],
        &["--share", "mount", "-u"],
        &["--share=pid,mount"],
        &["-a", "--share=net,time"],
        &["--try", "time,cgroup", "--try=net"],
    ]);
}

#[test]
fn identities_are_explained() {
    assert_each_explained(&[
        &["-U"],
        &["-c"],
        &["--map-root-user", "--setgroups", "deny"],
        &["--map-user=5", "--map-group=4294967294"],
    ]);
    let [Caller::Root, _] = callers() else {
        return;
    };
    if has("strace") {
        let scratch = Scratch::new("identities");
        let pid_file = format!("--pid-file={}/pid", scratch.path.display());
        for options in [
            ["--setgroups=allow", "--map-user=5"],
            ["--setgroups=allow", &pid_file],
        ] {
            assert_explained(&run(
                Caller::Root,
                &[&options[..], &["-n", "true"]].concat(),
            ));
        }
    }
}

/// Becomes an ordinary user when it is traced by root already.
const AS_ORDINARY: &str = "exec setpriv --reuid 54321 --regid 54321 --clear-groups \"$@\"";

#[test]
fn users_and_groups_are_explained() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    if !has("strace") {
        return skip("no strace");
    }
    for options in [
        &["--map-users=0:100000:10", "--map-groups=0:100000:10"][..],
        &[
            "--map-users=5:3000000000:10",
            "--map-users=0:0:1",
            "--map-group=7",
            "--uid=6",
            "--setgroups=deny",
        ],
        &["--uid=4294967294", "--gid=5", "--groups=1,4294967294,7"],
        &["--uid=daemon", "--groups=daemon", "--chdir=~"],
        &["--groups=", "--uid=5", "--cap-add=KILL"],
        &["-U", "--groups=0", "--no-kill-child"],
    ] {
        assert_explained(&run(Caller::Root, &[options, &["true"]].concat()));
    }
}

#[test]
fn helpers_are_explained() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    if !["strace", "unshare", "setpriv", "newuidmap"]
        .into_iter()
        .all(has)
    {
        return skip("no strace, unshare, setpriv or newuidmap");
    }
    let scratch = Scratch::new("helpers");
    for (name, content) in [
        ("passwd", "caller:x:54321:54321::/:/bin/sh\n"),
        ("subuid", "caller:100000:65536\n"),
        ("subgid", "caller:100000:65536\n"),
    ] {
        scratch.file(name, content, 0o644);
    }
    // Who is root sees what a set-user-ID program does.
    let script = format!(
        "exec unshare -m /bin/sh -c 'for file in passwd subuid subgid; do \
        [ -e /etc/$file ] || : >/etc/$file; mount --bind {}/$file /etc/$file; done; exec \"$@\"' sh \"$@\"",
        scratch.path.display()
    );
    for options in [
        &["--map-auto"][..],
        &["--map-auto", "-c", "--uid=5", "--gid=5", "--groups=6"],
        &["--map-users=0:100000:5", "--map-users=7:100007:1", "-n"],
        &["--map-groups=0:100000:5", "--setgroups=deny"],
    ] {
        let words = [options, &["true"]].concat();
        let explained = Run {
            script: &script,
            traced_script: AS_ORDINARY,
            ..run(Caller::Root, &words)
        };
        let calls = explained.seen().calls();
        let asks = |call: &String| call.starts_with("clone, rt_sigprocmask, execve(");
        assert!(calls.parent.iter().any(asks), "{calls:?}");
        assert_explained(&explained);
    }
}

#[test]
fn joined_namespaces_are_explained() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    if !has("strace") || !has("setpriv") {
        return skip("no strace or setpriv");
    }
    for &caller in callers() {
        let mut pidone = support::pidone(caller, &["run", "-a"]);
        pidone.env_clear();
        let there = support::Held::start(pidone);
        let join = |name: &str| format!("--join={name}={}", there.pid);
        let all = [
            "mount", "uts", "ipc", "net", "pid", "user", "cgroup", "time",
        ]
        .map(join);
        let [mount, uts, _, net, pid, user, ..] = all.each_ref().map(String::as_str);
        for options in [
            &all.each_ref().map(String::as_str)[..],
            &[user, net],
            &[user, mount, "--share=pid"],
            &[user, uts, pid, "--uid=0"],
        ] {
            let words = [options, &["true"]].concat();
            let explained = match caller {
                Caller::Root => run(caller, &words),
                // Only root sees the memory of who has made it unreadable.
                Caller::Ordinary => Run {
                    traced_script: AS_ORDINARY,
                    ..run(Caller::Root, &words)
                },
            };
            assert_explained(&explained);
        }
        if caller == Caller::Root {
            assert_explained(&run(caller, &[net, uts, "--umask=7", "true"]));
            assert_explained(&run(caller, &[net, "-U", "true"]));
        }
    }
}

#[test]
fn what_persists_is_explained() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    if !has("strace") || !has("unshare") {
        return skip("no strace or unshare");
    }
    let scratch = Scratch::new("persists");
    let file = scratch.file("it", "", 0o666);
    let options = ["net", "uts", "time"].map(|name| format!("--persist={name}={}", file.display()));
    let [net, uts, time] = options.each_ref().map(String::as_str);
    assert_explained(&Run {
        script: "exec unshare -m \"$@\"",
        ..run(Caller::Root, &["-a", net, uts, time, "true"])
    });
}

#[test]
fn the_world_is_explained() {
    let longest = "h".repeat(64);
    assert_each_explained(&[
        &["--propagation", "private"],
        &["--propagation=slave"],
        // With a user namespace, so that nothing can come out of it.
        &["-U", "--propagation=shared"],
        &["-U", "--propagation=unchanged", "--share=pid"],
        &[
            "--hostname=in\"si\\de\u{e4}\t1",
            "--domainname",
            "\u{1}7.\u{1}x",
        ],
        &["--hostname", &longest],
        &["--monotonic=5"],
        &["--boottime=86400", "--monotonic", "-1"],
    ]);
}

#[test]
fn attributes_are_explained() {
    assert_each_explained(&[
        &[
            "--chdir",
            "/usr",
            "--umask=27",
            "--nice",
            "5",
            "--oom-score-adj=1000",
        ],
        &["--umask=0", "--new-session", "--allow-new-privs"],
        &["--umask=777", "--no-kill-child"],
        &[
            "--rlimit=nofile=99:100",
            "--rlimit=core=0",
            "--rlimit",
            "nproc=5000",
        ],
        &[
            "--rlimit=as=1099511627776",
            "--rlimit=stack=8388608",
            "--rlimit=fsize=1048576",
            "--rlimit=data=1048576000",
        ],
        &["--rlimit=cpu=1025:2047"],
        &["--preserve-fds=5"],
        &["--tty"],
        &["--timeout=1000", "--stop-timeout=5", "--stop-signal=INT"],
        &[
            "--argv0",
            "another",
            "--clearenv",
            "-e",
            "A=1",
            "--setenv",
            "B",
            "2",
            "--env=OTHER",
        ],
        &["--unsetenv", "OTHER", "-eX=1", "--unsetenv=PATH"],
    ]);
}

#[test]
fn privileges_are_explained() {
    assert_each_explained(&[
        &["--cap-drop=ALL", "--seccomp=default"],
        &["--cap-drop=NET_RAW", "-U"],
        &[
            "--map-user=5",
            "--cap-drop=ALL",
            "--cap-add=KILL",
            "--cap-add=NET_ADMIN",
        ],
        &["-U", "--cap-add=ALL", "--cap-drop=40", "--new-session"],
        &[
            "--allow-new-privs",
            "--seccomp=default",
            "--cap-drop=ALL",
            "--landlock-rx=/",
        ],
        &["--disable-userns"],
    ]);
}

#[test]
fn filters_are_explained() {
    if !has("strace") {
        return skip("no strace");
    }
    let scratch = Scratch::new("filters");
    let path = scratch.path.join("f\u{ef}lter");
    std::fs::write(&path, [6, 0, 0, 0, 0, 0, 0xff, 0x7f]).expect("a file can be written");
    let file = format!("--seccomp-file={}", path.display());
    let script = format!("exec 9<'{}'", path.display());
    for &caller in callers() {
        for words in [
            &[file.as_str(), &file, "true"][..],
            &["--seccomp=9", "--seccomp=default", "true"],
        ] {
            assert_explained(&Run {
                script: &script,
                ..run(caller, words)
            });
        }
    }
}

#[test]
fn rules_are_explained() {
    // SAFETY: no pointer is passed.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0usize, 0usize, 1u32) };
    if version < 6 {
        return skip("no Landlock of Linux 6.12");
    }
    assert_each_explained(&[
        &[
            "--landlock-rx=/",
            "--landlock-ro=/etc/passwd",
            "--landlock-rw=/tmp",
        ],
        &["--landlock-tcp-connect=443", "--landlock-tcp-bind=0"],
        &["--landlock-scope"],
        &[
            "--landlock-scope",
            "--landlock-rx=/usr",
            "--landlock-rx=/",
            "--landlock-tcp-bind=8080",
        ],
    ]);
}

#[test]
fn unlimited_is_explained() {
    assert_each_explained(&[&["--rlimit=fsize=5:inf"], &["--rlimit=fsize=inf"]]);
}

#[test]
fn the_search_for_the_command_is_explained() {
    if !has("strace") {
        return skip("no strace");
    }
    let scratch = Scratch::new("search");
    let plain = scratch.file("true", "no program", 0o644);
    let path = format!(
        "/absent:{}:/etc/passwd:/usr/bin:/bin:/later",
        scratch.path.display()
    );
    for &caller in callers() {
        for words in [
            &["true"][..],
            &["-a", "--", "true", "-x", "a \"b\" \\ \n\u{7f}", ""],
            &["/bin/true"],
        ] {
            assert_explained(&Run {
                path: &path,
                ..run(caller, words)
            });
        }
        let calls = Run {
            path: &path,
            ..run(caller, &["true"])
        }
        .seen()
        .calls();
        assert!(
            calls
                .child
                .iter()
                .any(|call| call.contains(&format!("{plain:?}"))),
            "{calls:?}"
        );
        assert_explained(&Run {
            path: "::/bin",
            ..run(caller, &["--chdir=/usr", "true"])
        });
    }
}

#[test]
fn the_callers_shell_is_explained() {
    if !has("strace") {
        return skip("no strace");
    }
    for &caller in callers() {
        assert_explained(&run(caller, &["-e", "SHELL=/bin/true"]));
        assert_explained(&run(caller, &[]));
    }
}

#[test]
fn reports_are_explained() {
    if !has("strace") {
        return skip("no strace");
    }
    for &caller in callers() {
        let scratch = Scratch::new("reports");
        let pid_file = format!("--pid-file={}", scratch.path.join("p\u{ed}d").display());
        let script = "exec 5>/dev/null 6>/dev/null 7</dev/null 8</";
        for words in [
            &["--info-fd=5", "true"][..],
            &["-a", "--info-fd=5", "--json-status-fd=6", "true"],
            &["--json-status-fd=6", "--sync-fd=8", "true"],
            &[
                "--json-status-fd=8",
                "--sync-fd=6",
                "--preserve-fds=3",
                "--block-fd=7",
                "true",
            ],
            &[
                "--sync-fd=5",
                "--json-status-fd=6",
                "--preserve-fds=2",
                "true",
            ],
            &["--block-fd=7", "-u", "true"],
            &[&pid_file, "true"],
            &[
                &pid_file,
                "-T",
                "--info-fd=5",
                "--block-fd=7",
                "--new-session",
                "true",
            ],
        ] {
            // Descriptor 8 is one that cannot be written to, where it would have to be.
            let script = if words[0].ends_with("fd=8") {
                "exec 6</ 7</dev/null 8>/dev/null"
            } else {
                script
            };
            assert_explained(&Run {
                script,
                ..run(caller, words)
            });
        }
    }
}

#[test]
fn a_caller_that_ignores_its_children_is_explained() {
    if !has("strace") {
        return skip("no strace");
    }
    for &caller in callers() {
        for words in [&["true"][..], &["-a", "true"]] {
            let run = Run {
                traced_script: "exec env --ignore-signal=CHLD \"$@\"",
                ..run(caller, words)
            };
            assert!(
                run.seen().calls().parent[0].contains("SIG_DFL"),
                "{caller:?}"
            );
            assert_explained(&run);
        }
    }
}

#[test]
fn the_older_clone_is_explained() {
    if !has("strace") {
        return skip("no strace");
    }
    for &caller in callers() {
        for words in [
            &["true"][..],
            &["-a", "true"],
            &["--monotonic=5", "--umask=7", "true"],
            &["-n", "--no-kill-child", "true"],
        ] {
            let run = Run {
                tracer: &["-e", "inject=clone3:error=ENOSYS"],
                ..run(caller, words)
            };
            assert!(
                run.seen()
                    .calls()
                    .parent
                    .iter()
                    .any(|call| call.starts_with("clone(")),
                "{caller:?}"
            );
            assert_explained(&run);
        }
    }
}

#[test]
fn root_without_admin_rights_is_explained() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    if !has("strace") || !has("setpriv") {
        return skip("no strace or setpriv");
    }
    let traced_script = "exec setpriv --bounding-set -sys_admin \"$@\"";
    for words in [&["true"][..], &["-u", "--map-user=5", "true"]] {
        let run = Run {
            traced_script,
            ..run(Caller::Root, words)
        };
        assert!(
            run.seen()
                .calls()
                .child
                .iter()
                .any(|call| call.contains("uid_map")),
            "there is a user namespace"
        );
        assert_explained(&run);
    }
}

#[test]
fn process_1_of_a_container_is_explained() {
    if !has("strace") {
        return skip("no strace");
    }
    for &caller in callers() {
        for words in [
            &["true"][..],
            &["-g", "-s", "--", "true"],
            &["--new-session", "--grace=1", "true"],
            &["--tty", "true"],
            &["-c", "--rewrite=1:0", "true"],
            &["--json-status-fd=5", "true"],
        ] {
            assert_explained(&Run {
                verb: "init",
                script: "exec 5>/dev/null",
                ..run(caller, words)
            });
        }
    }
}

/// Where the terminal is told which group is in its foreground.
#[test]
fn process_1_with_a_terminal_is_explained() {
    if !has("strace") || !has("script") {
        return skip("no strace or script");
    }
    for &caller in callers() {
        let traced_script = "exec script -qec \"$*\" /dev/null >/dev/null";
        let run = Run {
            verb: "init",
            traced_script,
            ..run(caller, &["true"])
        };
        let seen = run.seen().calls();
        assert!(
            seen.child.iter().any(|call| call.contains("TIOCSPGRP")),
            "{seen:?}"
        );
    }
}

#[test]
fn resources_are_explained() {
    if !has("strace") {
        return skip("no strace");
    }
    let Some(cgroup) = Cgroup::new() else { return };
    let path = cgroup.option();
    for &caller in cgroup.callers() {
        for options in [
            &["--memory=64M", "--pids-limit=20"][..],
            &["-a", "--cpus=0.5", "--cpuset-cpus=0"],
            &["--share=mount", "--pids-limit=9", "--setgroups=deny"],
        ] {
            assert_explained(&run(
                caller,
                &[&[path.as_str()], options, &["true"]].concat(),
            ));
        }
    }
    for tracer in [&[][..], &["-e", "inject=clone3:error=ENOSYS"]] {
        let words = [&path, "--info-fd=9", "-aC", "true"];
        assert_explained(&Run {
            script: "exec 9>/dev/null",
            tracer,
            ..run(
                Caller::Root,
                if cgroup.unified.is_some() {
                    &words
                } else {
                    &words[1..]
                },
            )
        });
    }
    assert_eq!(cgroup.inside().len(), 0);
}

/// All of a machine, from its first mount to its end, in the order in which it would be done.
#[test]
fn a_machine_is_explained_to_its_end() {
    for &caller in callers() {
        let words = [
            "init",
            "--vm",
            "--report",
            "console",
            "--explain",
            "/bin/true",
        ];
        let ran: Ran = pidone(caller, &words)
            .output()
            .expect("pidone can be started")
            .into();
        let mut rest = ran.out.as_str();
        for part in [
            "mount(\"proc\", \"/proc\"",
            "SIOCSIFFLAGS",
            "execve(\"/bin/true\"",
            "after the command has ended\n",
            "sync()",
            "write(2, \"pidone: exit 0\\n\", 15)",
        ] {
            let (_, after) = rest
                .split_once(part)
                .unwrap_or_else(|| panic!("{part}: {}", ran.out));
            rest = after;
        }
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    }
}
