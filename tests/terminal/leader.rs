//! The session leader, as a shell is one: starts jobs in process groups of their own, gives them the
//! terminal, and sees them stop and end. It is this test program, started again (see `witness`).
//!
//! A request is a line, its words separated by [`SEPARATOR`]; so is the answer.

use std::fs::OpenOptions;
use std::io::{self, BufRead};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

pub const SEPARATOR: char = '\x1f';

#[used]
#[unsafe(link_section = ".init_array")]
static BEGIN: extern "C" fn() = begin;

extern "C" fn begin() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [witness, lead, terminal] = &words[..]
        && witness == "witness"
        && lead == "lead"
    {
        lead_session(terminal);
    }
}

/// Takes the terminal, and serves requests until there are no more.
fn lead_session(terminal: &str) -> ! {
    // SAFETY: no pointer is passed.
    unsafe { libc::setsid() };
    // The first terminal that a session leader opens is its session's.
    let terminal = OpenOptions::new()
        .read(true)
        .write(true)
        .open(terminal)
        .expect("the terminal is there");
    let fd = terminal.as_raw_fd();
    set_blocked(&[libc::SIGTTOU]);
    let mut jobs = vec![];
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split(SEPARATOR).collect();
        let answer = match words[..] {
            ["start", place, user, ref command @ ..] => {
                let job = start(fd, place == "foreground", user, command);
                jobs.push(job);
                job.to_string()
            }
            ["poll", job] => poll(number(job), &mut jobs),
            ["continue", place, job] => continue_job(fd, place == "foreground", number(job)),
            // SAFETY: no pointer is passed.
            ["take"] => unsafe { libc::tcsetpgrp(fd, libc::getpid()) }.to_string(),
            _ => panic!("no such request: {words:?}"),
        };
        println!("{answer}");
    }
    for job in jobs {
        // SAFETY: no pointer is passed.
        unsafe { libc::kill(-job, libc::SIGKILL) };
    }
    std::process::exit(0)
}

fn number(word: &str) -> i32 {
    word.parse().expect("a number")
}

fn start(terminal: i32, foreground: bool, user: &str, words: &[&str]) -> i32 {
    let mut command = Command::new(words[0]);
    // SAFETY: the terminal stays open.
    let stdio = || {
        Stdio::from(
            unsafe { std::os::fd::BorrowedFd::borrow_raw(terminal) }
                .try_clone_to_owned()
                .unwrap(),
        )
    };
    command
        .args(&words[1..])
        .current_dir("/")
        .stdin(stdio())
        .stdout(stdio())
        .stderr(stdio());
    if let Ok(id) = user.parse() {
        command.uid(id).gid(id);
    }
    // SAFETY: between fork and exec, only calls that are safe there.
    unsafe {
        command.process_group(0).pre_exec(move || {
            begin_job(terminal, foreground);
            Ok(())
        })
    };
    command.spawn().map_or(0, |child| child.id() as i32)
}

/// The new job, before it is executed: in the foreground, with signals as after a login.
fn begin_job(terminal: i32, foreground: bool) {
    set_blocked(&[libc::SIGTTOU]);
    if foreground {
        // SAFETY: no pointer is passed.
        unsafe { libc::tcsetpgrp(terminal, libc::getpid()) };
    }
    for signal in 1..=64 {
        // SAFETY: no handler is set.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    set_blocked(&[]);
}

fn set_blocked(signals: &[i32]) {
    let set = signals
        .iter()
        .fold(0u64, |set, signal| set | 1 << (signal - 1));
    // SAFETY: the set is eight bytes.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_SETMASK,
            &raw const set,
            0usize,
            8usize,
        )
    };
}

/// What has become of a job since the last time. One that has ended is forgotten: its number may soon
/// be another's.
fn poll(job: i32, jobs: &mut Vec<i32>) -> String {
    let mut status = 0;
    // SAFETY: the kernel writes one int.
    match unsafe { libc::waitpid(job, &mut status, libc::WNOHANG | libc::WUNTRACED) } {
        0 => "running".into(),
        pid if pid != job => "unknown".into(),
        _ if libc::WIFSTOPPED(status) => format!("stopped {}", libc::WSTOPSIG(status)),
        _ => {
            jobs.retain(|&other| other != job);
            if libc::WIFSIGNALED(status) {
                format!("killed {}", libc::WTERMSIG(status))
            } else {
                format!("exited {}", libc::WEXITSTATUS(status))
            }
        }
    }
}

fn continue_job(terminal: i32, foreground: bool, job: i32) -> String {
    // SAFETY: no pointer is passed.
    let answers = unsafe {
        [
            if foreground {
                libc::tcsetpgrp(terminal, job)
            } else {
                0
            },
            libc::kill(-job, libc::SIGCONT),
        ]
    };
    format!("{answers:?}")
}
