//! The few calls of the C library that `std` links but does not offer.

use std::ffi::{CStr, c_char, c_int, c_ulong, c_void};
use std::io::{self, Read, Write};

const SIGKILL: c_int = 9;

unsafe extern "C" {
    fn geteuid() -> u32;
    fn kill(pid: c_int, signal: c_int) -> c_int;
    fn prctl(option: c_int, ...) -> c_int;
    fn unshare(flags: c_int) -> c_int;
    fn fork() -> c_int;
    fn _exit(status: c_int) -> !;
    fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn sigprocmask(how: c_int, set: *const u64, old: *mut u64) -> c_int;
    fn sigwait(set: *const u64, signal: *mut c_int) -> c_int;
    fn sched_getaffinity(pid: c_int, size: usize, set: *mut u64) -> c_int;
    fn sched_setaffinity(pid: c_int, size: usize, set: *const u64) -> c_int;
    fn mount(
        source: *const c_char,
        target: *const c_char,
        kind: *const c_char,
        flags: c_ulong,
        data: *const c_void,
    ) -> c_int;
}

pub fn is_root() -> bool {
    // SAFETY: geteuid touches no memory and cannot fail.
    unsafe { geteuid() == 0 }
}

/// Puts this process, and so every competitor, into a private mount namespace of its own.
///
/// The bare floor mounts a proc without making anything private first: on a host whose mounts are
/// shared it would cover the host's /proc.
pub fn own_mount_namespace() -> Result<(), String> {
    const CLONE_NEWNS: c_int = 0x20000;
    const REC_PRIVATE: c_ulong = 0x4000 | 0x4_0000;
    const ROOT: &CStr = c"/";
    if !is_root() {
        return Err("they need root".into());
    }
    // SAFETY: the pointers are null, which the calls allow here, or a NUL-terminated constant.
    let private = unsafe {
        unshare(CLONE_NEWNS) == 0
            && mount(
                c"none".as_ptr(),
                ROOT.as_ptr(),
                std::ptr::null(),
                REC_PRIVATE,
                std::ptr::null(),
            ) == 0
    };
    if private {
        return Ok(());
    }
    Err(format!(
        "no mount namespace of our own: {}",
        io::Error::last_os_error()
    ))
}

/// The processors that a process may run on, as the C library counts them.
type Processors = [u64; 16];

/// Does something with this process, and all that it starts, on a single processor.
pub fn on_one_processor<T>(work: impl FnOnce() -> T) -> T {
    let mut all: Processors = [0; 16];
    let size = size_of::<Processors>();
    // SAFETY: the set is as large as it is said to be.
    unsafe { sched_getaffinity(0, size, all.as_mut_ptr()) };
    let mut one = all;
    // The last one: the first serves most interrupts.
    let mut last = true;
    for word in one.iter_mut().rev() {
        let highest = word.checked_ilog2().filter(|_| last);
        *word = highest.map_or(0, |bit| 1 << bit);
        last &= highest.is_none();
    }
    // SAFETY: as above; where it is refused, the processors stay as they are.
    unsafe { sched_setaffinity(0, size, one.as_ptr()) };
    let result = work();
    // SAFETY: as above.
    unsafe { sched_setaffinity(0, size, all.as_ptr()) };
    result
}

/// Kills a child that has not been reaped yet, so that its number cannot be somebody else's.
pub fn kill_process(pid: u32) {
    signal(pid as c_int);
}

/// The same for the process group that a child leads.
pub fn kill_group(leader: u32) {
    signal(-(leader as c_int));
}

/// For the child between fork and exec.
pub fn die_with_parent() -> io::Result<()> {
    const PR_SET_PDEATHSIG: c_int = 1;
    // SAFETY: this prctl takes a number and touches no memory.
    unsafe { prctl(PR_SET_PDEATHSIG, c_ulong::from(SIGKILL.unsigned_abs())) };
    Ok(())
}

fn signal(target: c_int) {
    // SAFETY: kill touches no memory of ours.
    unsafe { kill(target, SIGKILL) };
}

/// kill(2).
pub fn send(pid: u32, number: i32) {
    // SAFETY: no pointer is passed.
    unsafe { kill(pid as c_int, number) };
}

/// Says that it is ready, and when it is asked makes so many orphans, in a crowd or each after the one before has been
/// reaped; when the last one has been, says so, and waits for its end.
pub fn make_orphans(number: u32, in_a_crowd: bool) {
    let mut byte = [0];
    say();
    let _ = io::stdin().read_exact(&mut byte);
    let Ok((mut from, mut to)) = io::pipe() else {
        return;
    };
    for left in (0..number).rev() {
        // SAFETY: there is one thread, and no pointer is passed but one that may be NULL.
        unsafe {
            let parent = fork();
            if parent == 0 {
                let orphan = fork();
                if orphan != 0 {
                    let _ = to.write_all(&orphan.to_ne_bytes());
                }
                _exit(0);
            }
            waitpid(parent, std::ptr::null_mut(), 0);
            let mut orphan = [0; 4];
            let _ = from.read_exact(&mut orphan);
            while !(in_a_crowd && left > 0) && kill(c_int::from_ne_bytes(orphan), 0) == 0 {
                std::thread::yield_now();
            }
        }
    }
    say();
    let _ = io::stdin().read_exact(&mut byte);
}

/// Says that it is ready, and once more for each signal.
pub fn answer_signals(number: i32) {
    // glibc's set is larger than the kernel's.
    let mut set = [0u64; 16];
    set[0] = 1 << (number - 1);
    // SAFETY: the sets are as large as the C library's.
    unsafe { sigprocmask(0, set.as_ptr(), std::ptr::null_mut()) };
    say();
    loop {
        let mut arrived = 0;
        // SAFETY: as above, and one int is written.
        unsafe { sigwait(set.as_ptr(), &raw mut arrived) };
        say();
    }
}

fn say() {
    let mut out = io::stdout();
    let _ = out.write_all(b".").and_then(|()| out.flush());
}
