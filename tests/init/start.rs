//! What the command starts with, and what the init keeps.

use crate::support::{
    Caller, callers, command, each_with, eventually, program, stat, status_field,
};
use crate::watched::{ROLES, Role};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Signals that are ignored, and that are blocked, when pidone is started.
const CASES: [(&[i32], &[i32]); 5] = [
    (&[], &[]),
    (
        &[libc::SIGINT, libc::SIGHUP, libc::SIGPIPE, libc::SIGCHLD],
        &[],
    ),
    (&[libc::SIGCHLD], &[libc::SIGCHLD, libc::SIGTERM]),
    (
        &[libc::SIGTTOU, libc::SIGTTIN, libc::SIGTSTP, 50],
        &[libc::SIGSEGV, libc::SIGINT],
    ),
    (&[], &[libc::SIGUSR1, libc::SIGTSTP, 40, 64]),
];

fn mask(signals: &[i32]) -> u64 {
    signals
        .iter()
        .fold(0, |set, signal| set | 1 << (signal - 1))
}

/// Has a command start with these signals ignored and blocked, and no others.
pub fn given(command: &mut Command, ignored: &'static [i32], blocked: &'static [i32]) {
    let set = move || -> io::Result<()> {
        for signal in 1..=64 {
            let handler = if ignored.contains(&signal) {
                libc::SIG_IGN
            } else {
                libc::SIG_DFL
            };
            let action = [handler, 0, 0, 0];
            // SAFETY: the words are a `struct sigaction` without a handler.
            unsafe {
                libc::syscall(
                    libc::SYS_rt_sigaction,
                    signal,
                    &raw const action,
                    0usize,
                    8usize,
                )
            };
        }
        let blocked = mask(blocked);
        // SAFETY: the set is eight bytes.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigprocmask,
                libc::SIG_SETMASK,
                &raw const blocked,
                0usize,
                8usize,
            )
        };
        Ok(())
    };
    // SAFETY: between fork and exec, only calls that are safe there.
    unsafe { command.pre_exec(set) };
}

/// The blocked and the ignored signals that `cat` finds in its own status.
pub fn shown(mut command: Command) -> [u64; 3] {
    let output = command.output().expect("it can be started");
    let status = String::from_utf8_lossy(&output.stdout);
    ["SigBlk", "SigIgn", "SigCgt"].map(|name| {
        let field = status_field(&status, name).unwrap_or_else(|| panic!("{name} in {output:?}"));
        u64::from_str_radix(&field, 16).expect("a set in hexadecimal")
    })
}

#[test]
fn mask_and_dispositions_are_the_callers() {
    for (caller, role) in each_with(&ROLES) {
        for (ignored, blocked) in CASES {
            for options in [&[][..], &["--new-session"], &["--single-child"]] {
                let line = [options, &["cat", "/proc/self/status"]].concat();
                let mut command = role.init(caller, &line);
                given(&mut command, ignored, blocked);
                let wanted = [mask(blocked), mask(ignored), 0];
                assert_eq!(shown(command), wanted, "{caller:?} {role:?} {options:?}");
            }
        }
    }
}

#[test]
fn its_end_is_seen_whatever_is_ignored_or_blocked() {
    for (caller, role) in each_with(&ROLES) {
        for (ignored, blocked) in CASES {
            let mut command = role.init(caller, &["sh", "-c", "exit 5"]);
            given(&mut command, ignored, blocked);
            let status = command.status().expect("it can be started");
            assert_eq!(
                status.code(),
                Some(5),
                "{caller:?} {role:?} {ignored:?} {blocked:?}"
            );
        }
    }
}

/// The command gets all of the caller's, as socket activation needs it.
#[test]
fn the_init_has_no_descriptor_and_no_directory_to_keep_busy() {
    for &caller in callers() {
        let mut shell = command(caller, "sh");
        shell.current_dir("/usr");
        let script = "exec 3</ 9</usr; exec \"$@\"";
        shell.args(["-c", script, "sh"]).arg(program());
        shell.args(["init", "sh", "-c", "echo ready; exec sleep 1000"]);
        let watched = Role::Subreaper.ready(&mut shell);
        let main = watched.main();
        let open = |pid: u32| -> BTreeSet<u32> {
            let folder = fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs");
            folder
                .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
                .collect()
        };
        eventually("the init waits", || waits(watched.init).then_some(()));
        assert_eq!(open(watched.init), BTreeSet::from([0, 1, 2]), "{caller:?}");
        assert!(
            open(main).is_superset(&BTreeSet::from([0, 1, 2, 3, 9])),
            "{caller:?}"
        );
        let folder = |pid: u32| fs::read_link(format!("/proc/{pid}/cwd")).expect("it runs");
        assert_eq!(folder(watched.init).to_str(), Some("/"), "{caller:?}");
        assert_eq!(folder(main).to_str(), Some("/usr"), "{caller:?}");
    }
}

pub fn waits(pid: u32) -> bool {
    let call = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
    call.starts_with(&format!("{} ", libc::SYS_rt_sigtimedwait))
}

#[test]
fn the_command_leads_a_group_or_a_session() {
    for (options, group, session) in [
        (&[][..], true, false),
        (&["--group"], true, false),
        (&["--new-session"], true, true),
        (&["--single-child"], false, false),
    ] {
        for role in ROLES {
            let watched = role.witness(callers()[0], options, &[]);
            let main = watched.main();
            let fields = stat(main).expect("it runs");
            let leads = [fields[2] == main.to_string(), fields[3] == main.to_string()];
            assert_eq!(leads, [group, session], "{options:?} {role:?}");
        }
    }
}

/// No /proc, no privilege, and a kernel that answers neither clone3(2) nor anything newer.
#[test]
fn it_needs_nothing() {
    let Caller::Root = callers()[0] else {
        return crate::support::skip("only root may make an empty root directory");
    };
    let scratch = crate::support::Scratch::new("empty");
    crate::support::copy_program(program(), &scratch.path.join("pidone"));
    crate::support::copy_program(
        &crate::peers::place("busybox"),
        &scratch.path.join("busybox"),
    );
    let root = std::ffi::CString::new(scratch.path.to_str().unwrap()).unwrap();
    let mut inside = Command::new("/pidone");
    inside
        .args(["init", "/busybox", "sh", "-c", "echo $$; exit 4"])
        .env_clear();
    // SAFETY: between fork and exec, only calls that are safe there.
    unsafe {
        inside.pre_exec(move || {
            libc::chroot(root.as_ptr());
            libc::chdir(c"/".as_ptr());
            libc::setgroups(0, std::ptr::null());
            libc::setgid(54321);
            libc::setuid(54321);
            refuse(&[
                libc::SYS_clone3,
                libc::SYS_pidfd_open,
                libc::SYS_signalfd4,
                libc::SYS_ioctl,
            ])
        })
    };
    let output = inside.output().expect("it can be started");
    assert_eq!(output.status.code(), Some(4), "{output:?}");
}

/// A filter of system calls that answers some with `ENOSYS`.
fn refuse(calls: &[i64]) -> io::Result<()> {
    let refusal = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
    let statement = |code: u32, jf, k| libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf,
        k,
    };
    let mut filter = [statement(0, 0, 0); 16];
    let mut length = 0;
    let mut push = |one| {
        filter[length] = one;
        length += 1;
    };
    push(statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0));
    for &call in calls {
        push(statement(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            1,
            call as u32,
        ));
        push(statement(libc::BPF_RET, 0, refusal));
    }
    push(statement(libc::BPF_RET, 0, libc::SECCOMP_RET_ALLOW));
    let program = libc::sock_fprog {
        len: length as u16,
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
        Err(io::Error::last_os_error())
    }
}

/// Process 1 of a container is no machine's, whatever it is told: nothing is mounted, unmounted or switched off. An
/// ordinary user could not do that either way.
#[test]
fn a_container_is_no_machine() {
    let pidone = program().display().to_string();
    let words = ["run", &pidone, "init", "--vm", "--hostname=x", "--", "true"];
    let ran = crate::support::Ran::from(
        command(Caller::Ordinary, &pidone)
            .args(words)
            .output()
            .expect("pidone can be started"),
    );
    assert_eq!(ran.code, Some(125));
    let sentence = "this is for the first process of a virtual machine";
    assert!(ran.err.contains(sentence), "{}", ran.err);
}
