//! `run --init`: a copy of ours is process 1 of the sandbox, and the command its child.

use crate::running::Running;
use crate::session::Session;
use crate::start::{given, shown};
use crate::support::{callers, children, each_with, eventually, pidone, program, run, state};
use crate::witness::witness;
use std::fs;
use std::os::unix::process::CommandExt;

/// What the command is, and who is process 1.
const LOOK: &str = "echo $$ $PPID; readlink /proc/1/exe; readlink /proc/1/fd/* | sort -u | wc -l";

#[test]
fn the_command_is_process_2_of_a_copy() {
    for (caller, options) in
        each_with(&[&[][..], &["--all"], &["--new-session", "--preserve-fds=2"]])
    {
        let ran = run(caller, &[options, &["--init", "sh", "-c", LOOK]].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(
            ran.out.starts_with("2 1\n/memfd:pidone (deleted)\n"),
            "{caller:?} {options:?}: {ran:?}"
        );
    }
}

/// CVE-2019-5736: what is inside writes to the file that process 1 runs from.
#[test]
fn the_file_on_the_host_is_out_of_reach() {
    let before = fs::read(program()).expect("it can be read");
    for &caller in callers() {
        let script = "for flag in '>' '>>' '<>'; do sh -c \"echo bad $flag /proc/1/exe\" && exit 9; done; \
            cat /proc/1/exe | wc -c; ls -id /proc/1/exe -L | cut -d' ' -f1";
        let ran = run(caller, &["--init", "sh", "-c", script]);
        let mut lines = ran.out.lines();
        assert!(
            lines
                .next()
                .is_some_and(|size| size.trim().parse::<usize>().unwrap() > 10_000),
            "{ran:?}"
        );
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(
            fs::read(program()).expect("it can be read") == before,
            "{caller:?}"
        );
    }
}

#[test]
fn statuses_come_through() {
    for (caller, code) in each_with(&[0, 1, 7, 125, 127, 255]) {
        let ran = run(caller, &["--init", "sh", "-c", &format!("exit {code}")]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(code), ""), "{caller:?}");
    }
    for &caller in callers() {
        // As process 1 it would survive this.
        assert_eq!(
            run(caller, &["--init", "sh", "-c", "kill -KILL $$"]).code,
            Some(137)
        );
        let missing = run(caller, &["--init", "/nowhere"]);
        assert!(
            missing.code == Some(127) && missing.err.contains("ENOENT"),
            "{missing:?}"
        );
    }
}

#[test]
fn signals_reach_the_command_once_and_orphans_are_reaped() {
    for &caller in callers() {
        let mut command = pidone(caller, &["run", "--init", witness(), "witness", "report"]);
        let running = Running::ready(&mut command);
        for signal in [1, 2, 10, 15, 20, 28, 34, 62] {
            running.send(signal);
            assert_eq!(
                running.up_to_fence(),
                [format!("got {signal}")],
                "{caller:?}"
            );
        }
        let line = ["run", "--init", witness(), "witness", "orphans", "500"];
        let running = Running::ready(&mut pidone(caller, &line));
        assert_eq!(running.line(), "done");
        let reaper = running.command();
        eventually("only the command is left", || {
            (children(reaper).len() == 1).then_some(())
        });
    }
}

#[test]
fn mask_and_dispositions_are_the_callers() {
    for &caller in callers() {
        for (ignored, blocked) in [
            (
                &[libc::SIGHUP, libc::SIGCHLD][..],
                &[libc::SIGTERM, 40, 64][..],
            ),
            (&[], &[]),
        ] {
            let mut command = pidone(caller, &["run", "--init", "cat", "/proc/self/status"]);
            given(&mut command, ignored, blocked);
            let set = |signals: &[i32]| {
                signals
                    .iter()
                    .fold(0, |set: u64, signal| set | 1 << (signal - 1))
            };
            assert_eq!(
                shown(command),
                [set(blocked), set(ignored), 0],
                "{caller:?}"
            );
        }
    }
}

#[test]
fn nothing_is_left_when_pidone_is_killed() {
    for &caller in callers() {
        let mut command = pidone(
            caller,
            &["run", "--init", "sh", "-c", "echo ready; exec sleep 1000"],
        );
        let running = Running::ready(&mut command);
        let reaper = running.command();
        let sleep = eventually("the command", || children(reaper).first().copied());
        crate::support::send(running.pid(), libc::SIGKILL);
        eventually("both are gone", || {
            (state(reaper) == 'X' && state(sleep) == 'X').then_some(())
        });
    }
}

#[test]
fn keys_suspend_and_fg_work_as_without() {
    for &caller in callers() {
        let mut session = Session::new();
        session.set_modes(0, libc::ECHO);
        let pidone = program().to_str().expect("a plain name");
        let line = [
            pidone,
            "run",
            "--init",
            witness(),
            "witness",
            "report",
            "default=20",
        ];
        let job = session.foreground(caller, &line);
        session.until("ready\r\n");
        session.keys("\x03");
        session.until("got 2\r\n");
        assert_eq!(session.up_to_fence(job), [""; 0], "{caller:?}");
        for _ in 0..5 {
            session.keys("\x1a");
            assert_eq!(session.change(job), "stopped 20", "{caller:?}");
            session.take_back();
            session.continue_in_foreground(job);
            session.until("got 18\r\n");
            let heard = session.up_to_fence(job);
            assert!(
                heard.iter().all(|line| line == "got 18"),
                "{caller:?}: {heard:?}"
            );
        }
    }
}

/// A kernel before 6.3 does not know that a file in memory may be executed.
#[test]
fn an_older_kernel_is_asked_as_it_wants_it() {
    for &caller in callers() {
        let mut command = pidone(caller, &["run", "--init", "sh", "-c", "exit 6"]);
        // SAFETY: between fork and exec, only calls that are safe there.
        unsafe { command.pre_exec(refuse_new_flag) };
        let output = command.output().expect("it can be started");
        assert_eq!(output.status.code(), Some(6), "{caller:?}: {output:?}");
    }
}

/// `EINVAL` for memfd_create(2) with `MFD_EXEC`.
fn refuse_new_flag() -> std::io::Result<()> {
    let refusal = libc::SECCOMP_RET_ERRNO | libc::EINVAL as u32;
    let statement = |code: u32, jt, jf, k| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let mut filter = [
        statement(load, 0, 0, 0),
        statement(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            0,
            3,
            libc::SYS_memfd_create as u32,
        ),
        // The second argument.
        statement(load, 0, 0, 24),
        statement(
            libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K,
            0,
            1,
            libc::MFD_EXEC,
        ),
        statement(libc::BPF_RET, 0, 0, refusal),
        statement(libc::BPF_RET, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: the filter is there while the kernel copies it.
    let answers = unsafe {
        [
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
            libc::prctl(
                libc::PR_SET_SECCOMP,
                libc::SECCOMP_MODE_FILTER,
                &raw const program,
            ),
        ]
    };
    if answers == [0, 0] {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error())
    }
}
