//! Commands whose behaviour towards signals is exactly known: the test program itself, started again.
//!
//! It acts before `main`, when there is one thread and no test harness, if its first argument is
//! `witness`. Signals are set up by the kernel's own calls: glibc keeps 32 and 33 for itself.

use crate::support::{copy_program, program};
use std::path::PathBuf;
use std::sync::OnceLock;

/// What has a witness send its own signals.
pub const GO: i32 = 63;

#[used]
#[unsafe(link_section = ".init_array")]
static BEGIN: extern "C" fn() = begin;

extern "C" fn begin() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["witness", "report", ref exceptions @ ..] => report(exceptions),
        ["witness", "raise", number] => raise(number.parse().expect("a signal number")),
        ["witness", "fault"] => fault(),
        _ => {}
    }
}

/// The test program, at a place where an ordinary user may execute it.
pub fn witness() -> &'static str {
    static WITNESS: OnceLock<PathBuf> = OnceLock::new();
    let path = WITNESS.get_or_init(|| {
        let copy = program().with_file_name("witness");
        let this = std::env::current_exe().expect("a program has a file");
        copy_program(&this, &copy);
        copy
    });
    path.to_str()
        .expect("temporary directories have plain names")
}

/// Says `ready`, then `got N` for each signal, in the order of the kernel: all are blocked and read from
/// a signalfd(2), but `ignore=N`, `default=N`, and `catch=N`, which says `caught N` in a handler. With `send=N`
/// it sends one to its own process group when it gets [`GO`], and with `die=9` it dies with its parent.
fn report(words: &[&str]) -> ! {
    let words = words.iter().map(|word| {
        let (what, number) = word.split_once('=').expect("WHAT=NUMBER");
        (what, number.parse::<i32>().expect("a signal number"))
    });
    let (sent, exceptions): (Vec<_>, Vec<_>) = words.partition(|(what, _)| *what == "send");
    let mut blocked = u64::MAX;
    for (what, number) in exceptions {
        if what == "die" {
            // SAFETY: no pointer is passed.
            unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, number) };
            continue;
        }
        let handler: extern "C" fn(i32) = caught;
        set_action(
            number,
            match what {
                "ignore" => libc::SIG_IGN,
                "catch" => handler as usize,
                _ => libc::SIG_DFL,
            },
        );
        blocked &= !(1 << (number - 1));
    }
    set_mask(blocked);
    // Not sigwait(3): while a process waits there, the kernel shows what it waits for as not blocked.
    // SAFETY: the set is eight bytes.
    let signals =
        unsafe { libc::syscall(libc::SYS_signalfd4, -1, &raw const blocked, 8usize, 0) } as i32;
    say("ready");
    loop {
        let mut arrived = [0u32; 32];
        // SAFETY: a `struct signalfd_siginfo` is 128 bytes, and the number is its first word.
        if unsafe { libc::read(signals, arrived.as_mut_ptr().cast(), 128) } == 128 {
            say(&format!("got {}", arrived[0]));
        }
        if arrived[0] == GO as u32 {
            // SAFETY: no pointer is passed.
            sent.iter().for_each(|&(_, number)| unsafe {
                libc::kill(0, number);
            });
        }
    }
}

extern "C" fn caught(number: i32) {
    say(&format!("caught {number}"));
}

/// Sends itself a signal that is neither blocked, ignored nor handled; exits with 77 if that is
/// survived.
fn raise(number: i32) -> ! {
    no_core_dump();
    for signal in 1..=64 {
        set_action(signal, libc::SIG_DFL);
    }
    set_mask(0);
    // SAFETY: no pointer is passed.
    unsafe {
        libc::kill(libc::getpid(), number);
        libc::_exit(77)
    }
}

/// Reads where nothing is.
fn fault() -> ! {
    no_core_dump();
    set_action(libc::SIGSEGV, libc::SIG_DFL);
    let nowhere = std::ptr::without_provenance::<u64>(64);
    // SAFETY: there is no such thing; the kernel ends us.
    std::process::exit(unsafe { nowhere.read_volatile() } as i32)
}

/// One line on standard output, in one write(2).
fn say(line: &str) {
    let line = format!("{line}\n");
    // SAFETY: the bytes are there.
    unsafe { libc::write(1, line.as_ptr().cast(), line.len()) };
}

fn set_action(number: i32, handler: usize) {
    if handler == libc::SIG_DFL || handler == libc::SIG_IGN {
        let action = [handler, 0, 0, 0];
        // SAFETY: the words are a `struct sigaction` without a handler. A refusal is for KILL and STOP.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                number,
                &raw const action,
                0usize,
                8usize,
            )
        };
    } else {
        // SAFETY: the handler only formats and writes, while this thread waits in the kernel.
        unsafe { libc::signal(number, handler) };
    }
}

fn set_mask(blocked: u64) {
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
}

pub fn no_core_dump() {
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: it is a limit.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &none) };
}
