//! The command starts with the caller's signal mask and dispositions.

use crate::support::{Caller, command, each_with, program, status_field};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// What a caller does before it starts pidone, and what the kernel shows of it.
#[derive(Clone, Copy)]
struct Signals {
    ignored: &'static [i32],
    blocked: &'static [i32],
}

const CASES: [Signals; 5] = [
    Signals {
        ignored: &[],
        blocked: &[],
    },
    Signals {
        ignored: &[libc::SIGINT, libc::SIGHUP, libc::SIGPIPE, libc::SIGCHLD],
        blocked: &[],
    },
    Signals {
        ignored: &[libc::SIGCHLD],
        blocked: &[libc::SIGCHLD, libc::SIGTERM],
    },
    Signals {
        ignored: &[],
        blocked: &[libc::SIGUSR1, libc::SIGTERM, 40, 64],
    },
    Signals {
        ignored: &[libc::SIGTTOU, 50],
        blocked: &[libc::SIGSEGV, libc::SIGINT],
    },
];

/// Relations of the command to pidone that take different ways through it.
const OPTIONS: [&[&str]; 4] = [
    &[],
    &["--share", "pid"],
    &["--all", "--new-session"],
    &["--no-kill-child"],
];

const FIELDS: [&str; 5] = ["SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt"];

#[test]
fn mask_and_dispositions_are_the_callers() {
    for (caller, case) in each_with(&CASES) {
        let direct = shown(case.given_to(&mut command(caller, "cat")));
        assert_eq!(direct[2], mask(case.blocked), "the comparison is sound");
        assert_eq!(direct[3], mask(case.ignored), "the comparison is sound");
        for options in OPTIONS {
            assert_eq!(
                shown(case.given_to(&mut under(caller, options))),
                direct,
                "{caller:?} {options:?}"
            );
        }
        let mut refused = under(caller, &[]);
        assert_eq!(
            shown(without_clone3(case.given_to(&mut refused))),
            direct,
            "{caller:?} without clone3"
        );
    }
}

#[test]
fn the_exit_status_is_right_whatever_is_ignored_or_blocked() {
    for (caller, case) in each_with(&CASES) {
        for options in OPTIONS {
            let mut command = pidone_run(caller, options);
            let status = case
                .given_to(command.args(["sh", "-c", "exit 5"]))
                .status()
                .expect("it can be started");
            assert_eq!(
                status.code(),
                Some(5),
                "{caller:?} {options:?} {:?} {:?}",
                case.ignored,
                case.blocked
            );
        }
    }
}

fn pidone_run(caller: Caller, options: &[&str]) -> Command {
    let mut command = command(caller, program());
    command.arg("run").args(options);
    command
}

fn under(caller: Caller, options: &[&str]) -> Command {
    let mut command = pidone_run(caller, options);
    command.arg("cat");
    command
}

/// The signal sets that `cat` finds in its own status.
fn shown(command: &mut Command) -> [u64; 5] {
    let output = command
        .arg("/proc/self/status")
        .output()
        .expect("it can be started");
    let status = String::from_utf8_lossy(&output.stdout);
    FIELDS.map(|name| {
        let field = status_field(&status, name).unwrap_or_else(|| panic!("{name} in {output:?}"));
        u64::from_str_radix(&field, 16).expect("a set in hexadecimal")
    })
}

fn mask(signals: &[i32]) -> u64 {
    signals
        .iter()
        .fold(0, |set, signal| set | 1 << (signal - 1))
}

impl Signals {
    /// Has a command start with these signals ignored and blocked, and no others.
    fn given_to(self, command: &mut Command) -> &mut Command {
        // SAFETY: between fork and exec, only calls that are safe there.
        unsafe { command.pre_exec(move || self.set()) }
    }

    fn set(&self) -> io::Result<()> {
        for signal in 1..=64 {
            let ignored = self.ignored.contains(&signal);
            let action = [
                if ignored {
                    libc::SIG_IGN
                } else {
                    libc::SIG_DFL
                },
                0,
                0,
                0,
            ];
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
        let blocked = mask(self.blocked);
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
    }
}

/// Has a command start where clone3(2) is not answered, as under older container engines.
fn without_clone3(command: &mut Command) -> &mut Command {
    // SAFETY: between fork and exec, only calls that are safe there.
    unsafe { command.pre_exec(refuse_clone3) }
}

pub fn refuse_clone3() -> io::Result<()> {
    let refusal = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
    let statement = |code, jf, k| libc::sock_filter { code, jt: 0, jf, k };
    let mut filter = [
        // The number of the system call is the first word that a filter sees (seccomp(2)).
        statement((libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16, 0, 0),
        statement(
            (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
            1,
            libc::SYS_clone3 as u32,
        ),
        statement(libc::BPF_RET as u16, 0, refusal),
        statement(libc::BPF_RET as u16, 0, libc::SECCOMP_RET_ALLOW),
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
        Err(io::Error::last_os_error())
    }
}
