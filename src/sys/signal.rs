//! Signals.

use super::file::Fd;
use super::process::Pid;
use super::raw::{Sysno, call};
use super::{Result, Timeout, nothing};
use crate::names::{Errno, Signal};
use core::mem::MaybeUninit;
use linux_raw_sys::general::{kernel_sigaction, siginfo_t};

/// Bytes of the kernel's signal set.
const SET_SIZE: usize = 8;

/// What a signal does to a process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Disposition {
    Default,
    Ignored,
    Caught,
}

/// rt_sigaction(2): what a signal does now.
pub fn disposition(signal: Signal) -> Result<Disposition> {
    let mut action = MaybeUninit::<kernel_sigaction>::zeroed();
    let arguments = [
        signal.number() as usize,
        0,
        action.as_mut_ptr() as usize,
        SET_SIZE,
    ];
    // SAFETY: the kernel fills the structure, of which all zeroes is a value.
    let handler = unsafe {
        call(Sysno::rt_sigaction, arguments)?;
        action
            .assume_init()
            .sa_handler_kernel
            .map_or(libc::SIG_DFL, |handler| handler as usize)
    };
    Ok(match handler {
        libc::SIG_DFL => Disposition::Default,
        libc::SIG_IGN => Disposition::Ignored,
        _ => Disposition::Caught,
    })
}

/// rt_sigaction(2): back to the default, or ignored. Never a handler: none could run in shared memory.
pub fn set_action(signal: Signal, ignore: bool) -> Result<()> {
    // The handler is the first word, and the default of every field is 0.
    let mut action = [0usize; size_of::<kernel_sigaction>() / size_of::<usize>()];
    action[0] = if ignore { libc::SIG_IGN } else { libc::SIG_DFL };
    let arguments = [
        signal.number() as usize,
        action.as_ptr() as usize,
        0,
        SET_SIZE,
    ];
    // SAFETY: the words are a `struct sigaction` without a handler.
    unsafe { call(Sysno::rt_sigaction, arguments) }.map(nothing)
}

/// Everything that can wait; not what reports a fault of the program itself.
pub fn all_but_faults() -> u64 {
    Signal::FAULTS
        .iter()
        .fold(u64::MAX, |set, signal| set & !signal.bit())
}

/// All signals. What reports a fault of the program itself ends it also when it is blocked; then this
/// keeps nothing but what others send.
pub const ALL: u64 = u64::MAX;

/// rt_sigprocmask(2) `SIG_BLOCK`; the set that was blocked before.
pub fn block(set: u64) -> Result<u64> {
    let mut old = 0u64;
    mask(libc::SIG_BLOCK, &set, &raw mut old as usize).map(|()| old)
}

/// rt_sigprocmask(2) `SIG_SETMASK`.
pub fn set_mask(set: u64) -> Result<()> {
    mask(libc::SIG_SETMASK, &set, 0)
}

fn mask(how: i32, set: &u64, old: usize) -> Result<()> {
    let arguments = [how as usize, &raw const *set as usize, old, SET_SIZE];
    // SAFETY: both sets are eight bytes, or the old one is NULL.
    unsafe { call(Sysno::rt_sigprocmask, arguments) }.map(nothing)
}

/// rt_sigpending(2): the signals that are blocked and have arrived.
pub fn pending() -> u64 {
    let mut set = 0u64;
    // SAFETY: the set is eight bytes.
    let _ = unsafe { call(Sysno::rt_sigpending, [&raw mut set as usize, SET_SIZE]) };
    set
}

/// The number of rt_sigtimedwait(2).
pub const WAIT: u64 = Sysno::rt_sigtimedwait as u64;

/// A signal that was waiting.
#[derive(Clone, Copy, Debug)]
pub struct Arrived {
    pub signal: Signal,
    /// Whether the kernel itself sent it, as it does for the keys of a terminal.
    pub from_kernel: bool,
    /// The process that sent it, when one did.
    pub sender: Pid,
}

/// rt_sigtimedwait(2) for any signal of a set, all of them blocked, at most so many milliseconds; `EAGAIN` when
/// they are over, `EINTR` when the process was stopped meanwhile.
pub fn wait(set: u64, milliseconds: Option<u64>) -> Result<Arrived> {
    let timeout = Timeout::of(milliseconds);
    let mut info = MaybeUninit::<siginfo_t>::zeroed();
    let arguments = [
        &raw const set as usize,
        info.as_mut_ptr() as usize,
        timeout.address(),
        SET_SIZE,
    ];
    // SAFETY: the set is eight bytes, the timeout NULL or a `struct timespec`, and the kernel fills
    // the information, of which all zeroes is a value.
    let (number, code, sender) = unsafe {
        let number = call(Sysno::rt_sigtimedwait, arguments)?;
        let info = info.assume_init().__bindgen_anon_1.__bindgen_anon_1;
        (number, info.si_code, info._sifields._kill._pid)
    };
    let signal = Signal::new(number as u8).unwrap_or(Signal::CHLD);
    Ok(Arrived {
        signal,
        from_kernel: code == libc::SI_KERNEL,
        sender: Pid(sender),
    })
}

/// signalfd4(2): a descriptor that is readable while a signal of a set is pending.
pub fn descriptor(set: u64) -> Result<Fd> {
    let arguments = [
        usize::MAX,
        &raw const set as usize,
        SET_SIZE,
        libc::SFD_CLOEXEC as usize,
    ];
    // SAFETY: the set is eight bytes.
    unsafe { call(Sysno::signalfd4, arguments) }.map(|fd| Fd(fd as u32))
}

/// kill(2): a process, minus a process group, or with -1 all processes but us and process 1.
pub fn send(to: Pid, signal: Signal) -> Result<()> {
    // SAFETY: no pointer is passed.
    unsafe { call(Sysno::kill, [to.0 as usize, signal.number() as usize]) }.map(nothing)
}

/// kill(2) with signal 0: whether any process of the group is there.
pub fn group_exists(group: Pid) -> bool {
    // SAFETY: no pointer is passed.
    let answer = unsafe { call(Sysno::kill, [-group.0 as usize, 0]) };
    answer != Err(Errno::SRCH)
}
