//! A command that makes orphans: this test program, started again (see `witness`).

use std::time::Duration;

#[used]
#[unsafe(link_section = ".init_array")]
static BEGIN: extern "C" fn() = begin;

extern "C" fn begin() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let ["witness", "orphans", number] = words[..] {
        make_orphans(number.parse().expect("a number"));
    }
    if let ["witness", "crowd", number] = words[..] {
        make_crowd(number.parse().expect("a number"));
    }
}

/// How many children a parent has that leaves them.
const FAMILY: u32 = 100;

/// Makes so many orphans, of which half have ended when their parent does, and says `done`. Counts the
/// signals of number 40 meanwhile, and says how many there were when it gets one of number 41.
fn make_orphans(number: u32) -> ! {
    block(&[40, 41]);
    // SAFETY: no pointer is passed.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    println!("ready");
    for _ in 0..number / FAMILY {
        match fork() {
            0 => leave_children(),
            parent => wait_for(parent),
        }
    }
    println!("done");
    let mut count = 0;
    while next_signal() == 40 {
        count += 1;
    }
    println!("{count}");
    loop {
        std::thread::sleep(Duration::from_secs(1000));
    }
}

/// Makes so many orphans one by one, as fast as that can be, and says `done`.
#[allow(deprecated)] // What it makes does nothing but exit.
fn make_crowd(number: u32) -> ! {
    println!("ready");
    for _ in 0..number {
        // SAFETY: who shares our memory exits, or makes another one that does.
        unsafe {
            match libc::vfork() {
                0 if libc::vfork() == 0 => libc::_exit(0),
                0 => libc::_exit(0),
                parent => wait_for(parent),
            }
        }
    }
    println!("done");
    loop {
        std::thread::sleep(Duration::from_secs(1000));
    }
}

fn leave_children() -> ! {
    for number in 0..FAMILY {
        if fork() == 0 {
            if number % 2 == 0 {
                // SAFETY: it touches nothing.
                unsafe { libc::sched_yield() };
            }
            exit();
        }
    }
    exit()
}

fn fork() -> i32 {
    // SAFETY: there is one thread, and no pointer is passed.
    unsafe { libc::fork() }
}

fn wait_for(pid: i32) {
    // SAFETY: the status is not asked for.
    unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
}

fn exit() -> ! {
    // SAFETY: it does not return.
    unsafe { libc::_exit(0) }
}

fn set(signals: &[i32]) -> u64 {
    signals
        .iter()
        .fold(0, |set, signal| set | 1 << (signal - 1))
}

fn block(signals: &[i32]) {
    let set = set(signals);
    // SAFETY: the set is eight bytes.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_BLOCK,
            &raw const set,
            0usize,
            8usize,
        )
    };
}

fn next_signal() -> i64 {
    let set = set(&[40, 41]);
    // SAFETY: the set is eight bytes, and nothing else is asked for.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigtimedwait,
            &raw const set,
            0usize,
            0usize,
            8usize,
        )
    }
}
