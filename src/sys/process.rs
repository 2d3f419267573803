//! Processes: their attributes, their end, and what they turn into.

use super::file::Fd;
use super::poll::{self, Poll};
use super::raw::{Sysno, call};
use super::{Result, nothing, signal};
use crate::arch;
use crate::names::{Errno, Resource};
use crate::strings::{Strings, ThinCStr};

/// A process id, or a group's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pid(pub i32);

/// getpid(2).
#[inline(never)]
pub fn id() -> Pid {
    // SAFETY: no pointer is passed. It cannot fail.
    Pid(unsafe { call(Sysno::getpid, []) }.unwrap_or(0) as i32)
}

/// getppid(2): 0 if the parent is in another process-id namespace.
pub fn parent() -> Pid {
    // SAFETY: no pointer is passed. It cannot fail.
    Pid(unsafe { call(Sysno::getppid, []) }.unwrap_or(0) as i32)
}

/// getpgid(2) of the calling process.
pub fn group() -> Pid {
    // SAFETY: no pointer is passed. It cannot fail.
    Pid(unsafe { call(Sysno::getpgid, [0]) }.unwrap_or(0) as i32)
}

/// getuid(2) and its kin: real user, effective user, real group, effective group.
pub fn ids() -> [u32; 4] {
    [Sysno::getuid, Sysno::geteuid, Sysno::getgid, Sysno::getegid]
        // SAFETY: no pointer is passed. They cannot fail.
        .map(|number| unsafe { call(number, []) }.unwrap_or(0) as u32)
}

/// getsid(2): whether this process leads its session.
pub fn leads_session() -> bool {
    // SAFETY: no pointer is passed. It cannot fail.
    let leader = unsafe { call(Sysno::getsid, [0]) };
    leader == Ok(id().0 as usize)
}

/// exit_group(2). A seccomp filter may refuse it, and then nothing but a signal is left.
pub fn exit(status: u8) -> ! {
    // SAFETY: no pointer is passed.
    let _ = unsafe { call(Sysno::exit_group, [status as usize]) };
    arch::trap()
}

/// execve(2). Returns only if it fails.
pub fn execute(path: ThinCStr, argv: &Strings, env: &Strings) -> Result<()> {
    let arguments = [
        path.as_ptr() as usize,
        argv.as_ptr() as usize,
        env.as_ptr() as usize,
    ];
    // SAFETY: the path is a C string, and `Strings` are arrays of pointers to C strings up to NULL.
    unsafe { call(Sysno::execve, arguments) }.map(nothing)
}

/// clone(2) as fork(2) does it: returns twice, with 0 in the child, which has memory of its own.
pub fn fork(flags: u64) -> Result<Pid> {
    let flags = flags as usize | libc::SIGCHLD as usize;
    // SAFETY: without CLONE_VM and a stack the child goes on in a copy of this memory.
    unsafe { call(Sysno::clone, [flags, 0, 0, 0, 0]) }.map(|pid| Pid(pid as i32))
}

/// clone(2), execve(2) without an environment, and wait4(2), for a program that exits with 0 or an errno.
pub fn run(path: ThinCStr, argv: &Strings, mask: u64) -> Result<()> {
    let pid = fork(0)?.0;
    if pid == 0 {
        let _ = signal::set_mask(mask);
        let refused = execute(path, argv, &[None]);
        exit(refused.map_or_else(Errno::number, |()| 0) as u8);
    }
    let mut status = 0i32;
    let arguments = [pid as usize, &raw mut status as usize, 0, 0];
    // SAFETY: the kernel writes one int.
    while let Err(errno) = unsafe { call(Sysno::wait4, arguments) } {
        if errno != Errno::INTR {
            return Err(errno);
        }
    }
    match status {
        0 => Ok(()),
        status => Err(Errno::new(status as u32 >> 8 & 0xff).unwrap_or(Errno::PERM)),
    }
}

/// execveat(2) of a file itself, which has no name here. Returns only if it fails.
pub fn execute_file(file: Fd, argv: &Strings, env: &Strings) -> Result<()> {
    let arguments = [
        file.0 as usize,
        c"".as_ptr() as usize,
        argv.as_ptr() as usize,
        env.as_ptr() as usize,
        libc::AT_EMPTY_PATH as usize,
    ];
    // SAFETY: the path is a C string, and `Strings` are arrays of pointers to C strings up to NULL.
    unsafe { call(Sysno::execveat, arguments) }.map(nothing)
}

/// How a process changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    Exited(u8),
    Killed(u8),
    Stopped(u8),
}

/// Any child.
pub const ANY: Pid = Pid(-1);

/// wait4(2) without waiting: what has become of a child, if anything, and of which; whether it has
/// stopped only if that matters.
pub fn look_at(child: Pid, stops: bool) -> Result<Option<(Pid, Change)>> {
    let stops = if stops { libc::WUNTRACED } else { 0 };
    wait(child, libc::WNOHANG | stops)
}

/// waitid(2) of a child that had stopped: whether it went on since, and by which signal it has stopped again.
pub fn went_on(child: Pid) -> Option<Option<u8>> {
    let mut info = [0u32; 32];
    let arguments = [
        libc::P_PID as usize,
        child.0 as usize,
        info.as_mut_ptr() as usize,
        (libc::WSTOPPED | libc::WCONTINUED | libc::WNOHANG) as usize,
        0,
    ];
    // SAFETY: the kernel writes one siginfo_t, which has 128 bytes.
    unsafe { call(Sysno::waitid, arguments) }.ok()?;
    let [_, _, code, _, _, _, status, ..] = info;
    match code as i32 {
        libc::CLD_STOPPED => Some(Some(status as u8)),
        libc::CLD_CONTINUED => Some(None),
        _ => None,
    }
}

/// wait4(2) until a child has ended.
pub fn wait_for(child: Pid) -> Result<()> {
    wait(child, 0).map(|_| ())
}

fn wait(child: Pid, options: i32) -> Result<Option<(Pid, Change)>> {
    let mut status = 0i32;
    let arguments = [
        child.0 as usize,
        &raw mut status as usize,
        options as usize,
        0,
    ];
    // SAFETY: the kernel writes one int.
    let pid = unsafe { call(Sysno::wait4, arguments)? };
    let high = (status >> 8) as u8;
    let change = match status & 0x7f {
        0 => Change::Exited(high),
        0x7f => Change::Stopped(high),
        signal => Change::Killed(signal as u8),
    };
    Ok((pid != 0).then_some((Pid(pid as i32), change)))
}

/// prctl(2) `PR_SET_PDEATHSIG` `SIGKILL`.
pub fn die_with_parent() -> Result<()> {
    let arguments = [libc::PR_SET_PDEATHSIG as usize, libc::SIGKILL as usize];
    // SAFETY: no pointer is passed.
    unsafe { call(Sysno::prctl, arguments) }.map(nothing)
}

/// poll(2) of a pidfd without waiting: whether its process has ended.
pub fn has_ended(pidfd: Fd) -> Result<bool> {
    poll::wait(&mut [Poll::new(pidfd, poll::IN)], Some(0)).map(|ready| ready != 0)
}

/// umask(2): the one before.
pub fn set_umask(mask: u32) -> u32 {
    // SAFETY: no pointer is passed. It cannot fail.
    unsafe { call(Sysno::umask, [mask as usize]) }.unwrap_or(0) as u32
}

/// prlimit(2) of this process: soft and hard limit.
pub fn limit(resource: Resource) -> Result<[u64; 2]> {
    let mut limit = [0u64; 2];
    let arguments = [
        0,
        resource.number() as usize,
        0,
        limit.as_mut_ptr() as usize,
    ];
    // SAFETY: the pair is a `struct rlimit64`.
    unsafe { call(Sysno::prlimit64, arguments) }.map(|_| limit)
}

/// What capget(2) and capset(2) begin with: `_LINUX_CAPABILITY_VERSION_3`, and the calling process.
const HEADER: [u32; 2] = [0x2008_0522, 0];

/// capset(2): the permitted set, which becomes the effective one too, and the inheritable set.
pub fn set_capabilities(permitted: u64, inheritable: u64) -> Result<()> {
    let half = |by| {
        let [permitted, inheritable] = [permitted, inheritable].map(|set| (set >> by) as u32);
        [permitted, permitted, inheritable]
    };
    let sets = [half(0), half(32)];
    let arguments = [HEADER.as_ptr() as usize, sets.as_ptr() as usize];
    // SAFETY: version 3 is two triples of effective, permitted and inheritable bits.
    unsafe { call(Sysno::capset, arguments) }.map(nothing)
}

/// prctl(2) `PR_CAPBSET_READ`: whether the kernel has a capability of that number. It has as long as it
/// does not say that it has not.
pub fn has_capability(number: u8) -> bool {
    let arguments = [libc::PR_CAPBSET_READ as usize, usize::from(number)];
    // SAFETY: no pointer is passed.
    let answer = unsafe { call(Sysno::prctl, arguments) };
    answer != Err(Errno::INVAL)
}

/// capget(2): the effective capabilities, one bit each.
pub fn capabilities() -> Result<u64> {
    let mut sets = [[0u32; 3]; 2];
    let arguments = [HEADER.as_ptr() as usize, &raw mut sets as usize];
    // SAFETY: version 3 is two triples of effective, permitted and inheritable bits.
    unsafe { call(Sysno::capget, arguments) }?;
    Ok(u64::from(sets[1][0]) << 32 | u64::from(sets[0][0]))
}

/// nanosleep(2) for less than a second, or until a signal is handled.
pub fn sleep(milliseconds: u64) {
    let time = [0, milliseconds * 1_000_000];
    // SAFETY: the pair is a `struct timespec`.
    let _ = unsafe { call(Sysno::nanosleep, [time.as_ptr() as usize, 0]) };
}

/// clock_gettime(2) `CLOCK_MONOTONIC`, in nanoseconds.
pub fn monotonic() -> u64 {
    let mut time = [0u64; 2];
    let arguments = [libc::CLOCK_MONOTONIC as usize, time.as_mut_ptr() as usize];
    // SAFETY: the pair is a `struct timespec`. This clock cannot fail.
    let _ = unsafe { call(Sysno::clock_gettime, arguments) };
    time[0] * 1_000_000_000 + time[1]
}
