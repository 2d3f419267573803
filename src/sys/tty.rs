//! Terminals.

use super::file::Fd;
use super::process::Pid;
use super::raw::{Sysno, call};
use super::{Result, nothing};

/// ioctl(2) `TIOCGPGRP`: the foreground process group; `ENOTTY` if this is no terminal of ours.
pub fn foreground(terminal: Fd) -> Result<Pid> {
    let mut group = 0i32;
    let arguments = [
        terminal.0 as usize,
        libc::TIOCGPGRP as usize,
        &raw mut group as usize,
    ];
    // SAFETY: the kernel writes one int.
    unsafe { call(Sysno::ioctl, arguments) }.map(|_| Pid(group))
}

/// ioctl(2) `TIOCSPGRP`. From a background group it raises `SIGTTOU`, unless that is blocked.
pub fn set_foreground(terminal: Fd, group: Pid) -> Result<()> {
    let arguments = [
        terminal.0 as usize,
        libc::TIOCSPGRP as usize,
        &raw const group.0 as usize,
    ];
    // SAFETY: the kernel reads one int.
    unsafe { call(Sysno::ioctl, arguments) }.map(nothing)
}

/// ioctl(2) `TIOCGWINSZ`: how many columns a terminal has; nothing if it is none, or does not know.
pub fn columns(terminal: Fd) -> Option<usize> {
    let columns = size(terminal).ok()?[1];
    Some(usize::from(columns)).filter(|columns| *columns > 0)
}

/// Whether this is a terminal.
pub fn is_terminal(fd: Fd) -> bool {
    size(fd).is_ok()
}

fn size(terminal: Fd) -> Result<[u16; 4]> {
    let mut size = [0u16; 4];
    let arguments = [
        terminal.0 as usize,
        libc::TIOCGWINSZ as usize,
        &raw mut size as usize,
    ];
    // SAFETY: the kernel writes a `struct winsize`, which is four of these.
    unsafe { call(Sysno::ioctl, arguments) }.map(|_| size)
}
