//! Whoever loses its parent is reaped, whatever else goes on.

use crate::cost::switches;
use crate::running::Running;
use crate::support::{
    Scratch, callers, children, each_with, eventually, has, is_alive, program, skip, state,
};
use crate::watched::{ROLES, Role};
use crate::witness::witness;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[test]
fn a_hundred_thousand_orphans_are_reaped_while_signals_arrive() {
    let signals = 2_000;
    let line = [witness(), "witness", "orphans", "100000"];
    let watched = Role::First.ready(&mut Role::First.init(callers()[0], &line));
    for _ in 0..signals {
        // Real-time signals are as many as are sent; but a queue may be full.
        eventually("the signal is sent", || {
            // SAFETY: no pointer is passed.
            (unsafe { libc::kill(watched.init as i32, 40) } == 0).then_some(())
        });
    }
    let done =
        std::iter::repeat_with(|| watched.running.line_within(120)).find(|line| line == "done");
    assert!(done.is_some());
    watched.send(41);
    assert_eq!(watched.running.line(), signals.to_string());
    eventually("nobody else is left", || {
        (children(watched.init).len() == 1).then_some(())
    });
}

/// To wake up for each would cost more than to reap it. Where others keep the machine busy, they are none at times.
#[test]
fn a_crowd_is_reaped_together() {
    for (caller, role) in each_with(&ROLES) {
        eventually("a crowd is reaped together", || {
            let line = [witness(), "witness", "crowd", "3000"];
            let watched = role.ready(&mut role.init(caller, &line));
            let done = std::iter::repeat_with(|| watched.running.line_within(120))
                .find(|line| line == "done");
            assert!(done.is_some());
            eventually("nobody else is left", || {
                (children(watched.init).len() == 1).then_some(())
            });
            (switches(watched.init) < 1500).then_some(())
        });
    }
}

/// Whenever we look, there is a signal for us; but what is due is not looked for.
#[test]
fn a_crowd_does_not_put_off_a_limit() {
    if !has("strace") {
        return skip("no strace");
    }
    let scratch = Scratch::new("limit");
    let trace = scratch.path.join("trace");
    let crowd = format!("trap '' TERM; exec {} witness crowd 4294967295", witness());
    let status = Command::new("strace")
        .args(["-e", "trace=rt_sigtimedwait", "-o"])
        .arg(&trace)
        .arg(program())
        .args(["init", "--timeout=1", "--stop-timeout=1"])
        .args(["--", "sh", "-c", &crowd])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("strace can be started");
    assert_eq!(status.code(), Some(128 + libc::SIGKILL));
    let trace = std::fs::read_to_string(&trace).expect("it was written");
    assert!(trace.contains("{tv_sec=1, tv_nsec=0}"), "{trace}");
    assert!(!trace.contains("{tv_sec=0, tv_nsec=0}"), "{trace}");
}

#[test]
fn each_orphan_is_named_once() {
    for (caller, role) in each_with(&ROLES) {
        let line = ["--warn-reap", witness(), "witness", "orphans", "1000"];
        let mut command = role.init(caller, &line);
        command
            .stderr(Stdio::piped())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("pidone can be started");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut seen: Vec<String> = lines.by_ref().take(1000).map_while(Result::ok).collect();
        assert!(
            seen.iter()
                .all(|line| line.starts_with("pidone: reaped process ")),
            "{role:?}: {seen:?}"
        );
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 1000, "{caller:?} {role:?}");
        let _ = child.kill();
        let _ = child.wait();
    }
}

#[test]
fn a_double_forked_daemon_is_ours() {
    for (caller, role) in each_with(&ROLES) {
        let script = "(setsid sleep 1000 & echo $!) | read pid; echo ready; read line";
        let mut command = role.init(caller, &["sh", "-c", script]);
        command.stdin(Stdio::piped());
        let watched = role.ready(&mut command);
        let main = watched.main();
        let daemon = eventually("the daemon is a child of the init", || {
            children(watched.init).into_iter().find(|&pid| pid != main)
        });
        assert!(is_alive(daemon), "{caller:?} {role:?}");
        crate::support::send(daemon, libc::SIGKILL);
        eventually("it is reaped", || (state(daemon) == 'X').then_some(()));
        assert!(is_alive(main), "{caller:?} {role:?}");
    }
}

/// As process 1 the kernel ends all; a subreaper leaves them to the next one.
#[test]
fn without_an_option_the_end_waits_for_nobody() {
    for (caller, role) in each_with(&ROLES) {
        let script = "setsid sleep 1000 >/dev/null 2>&1 & echo ready; read line; exit 9";
        let mut command = role.init(caller, &["sh", "-c", script]);
        command.stdin(Stdio::piped());
        let mut running = Running::ready(&mut command);
        let init = match role {
            Role::First => running.command(),
            Role::Subreaper => running.pid(),
        };
        let sleeping = |pid: &u32| {
            std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "sleep\n")
        };
        let sleep = eventually("it sleeps", || {
            children(children(init).first().copied()?)
                .into_iter()
                .find(sleeping)
        });
        running.close_input();
        assert_eq!(running.code(), 9, "{caller:?} {role:?}");
        match role {
            Role::First => eventually("the kernel ends it", || (!is_alive(sleep)).then_some(())),
            Role::Subreaper => {
                assert!(is_alive(sleep), "{caller:?}");
                crate::support::send(sleep, libc::SIGKILL);
            }
        }
    }
}
