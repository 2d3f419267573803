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
    let columns = window(terminal).ok()? >> 16 & 0xffff;
    Some(columns as usize).filter(|columns| *columns > 0)
}

/// Whether this is a terminal.
pub fn is_terminal(fd: Fd) -> bool {
    window(fd).is_ok()
}

/// ioctl(2) `TIOCGWINSZ`: rows, columns and two more numbers of 16 bits, from the lowest.
pub fn window(terminal: Fd) -> Result<u64> {
    let mut size = 0u64;
    let arguments = [
        terminal.0 as usize,
        libc::TIOCGWINSZ as usize,
        &raw mut size as usize,
    ];
    // SAFETY: the kernel writes a `struct winsize`, which is four of these.
    unsafe { call(Sysno::ioctl, arguments) }.map(|_| size)
}

/// ioctl(2) `TIOCSWINSZ` with such numbers. Who is in the foreground there gets a `SIGWINCH`.
pub fn set_window(terminal: Fd, size: u64) -> Result<()> {
    let arguments = [
        terminal.0 as usize,
        libc::TIOCSWINSZ as usize,
        &raw const size as usize,
    ];
    // SAFETY: the kernel reads a `struct winsize`, which is eight bytes.
    unsafe { call(Sysno::ioctl, arguments) }.map(nothing)
}

/// ioctl(2) `TCXONC`: what is held up there goes on. `TCOON` alone is for who was stopped by `TCOOFF`, and not for who
/// was by a key.
pub fn resume(terminal: Fd) {
    for action in [libc::TCOOFF, libc::TCOON] {
        let arguments = [terminal.0 as usize, libc::TCXONC as usize, action as usize];
        // SAFETY: no pointer is passed.
        let _ = unsafe { call(Sysno::ioctl, arguments) };
    }
}

/// The kernel's `struct termios`: four words of flags, then a byte, and the special characters.
pub type Attributes = [u32; 9];

/// ioctl(2) `TCGETS`.
pub fn attributes(terminal: Fd) -> Result<Attributes> {
    let mut all = [0; 9];
    let arguments = [
        terminal.0 as usize,
        libc::TCGETS as usize,
        &raw mut all as usize,
    ];
    // SAFETY: the kernel writes its `struct termios`, which is 36 bytes.
    unsafe { call(Sysno::ioctl, arguments) }.map(|_| all)
}

/// ioctl(2) `TCSETSW`: after what was written is out.
pub fn set_attributes(terminal: Fd, all: &Attributes) -> Result<()> {
    let arguments = [
        terminal.0 as usize,
        libc::TCSETSW as usize,
        all.as_ptr() as usize,
    ];
    // SAFETY: the kernel reads its `struct termios`, which is 36 bytes.
    unsafe { call(Sysno::ioctl, arguments) }.map(nothing)
}

/// The same for bytes that pass as they are (cfmakeraw(3)).
pub fn raw(all: &Attributes) -> Attributes {
    let mut raw = *all;
    let [input, output, control, local, ..] = &mut raw;
    *input &= !(libc::IGNBRK
        | libc::BRKINT
        | libc::PARMRK
        | libc::ISTRIP
        | libc::INLCR
        | libc::IGNCR
        | libc::ICRNL
        | libc::IXON);
    *output &= !libc::OPOST;
    *control = *control & !(libc::CSIZE | libc::PARENB) | libc::CS8;
    *local &= !(libc::ECHO | libc::ECHONL | libc::ICANON | libc::ISIG | libc::IEXTEN);
    set_character(&mut raw, libc::VMIN, 1);
    set_character(&mut raw, libc::VTIME, 0);
    raw
}

/// Where the special characters begin.
const CHARACTERS: usize = 17;

fn set_character(all: &mut Attributes, which: usize, to: u8) {
    let shift = (CHARACTERS + which) % 4 * 8;
    if let Some(word) = all.get_mut((CHARACTERS + which) / 4) {
        *word = *word & !(0xff << shift) | u32::from(to) << shift;
    }
}

/// The character that ends the input, where lines are edited.
pub fn end_of_file(all: &Attributes) -> Option<u8> {
    let [_, _, _, local, ..] = all;
    let at = CHARACTERS + libc::VEOF;
    let word = all.get(at / 4).filter(|_| local & libc::ICANON != 0)?;
    Some((word >> (at % 4 * 8)) as u8)
}
