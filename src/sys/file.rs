//! Files and descriptors.

use super::raw::{Sysno, call};
use super::{Result, nothing};
use crate::names::Errno;
use core::ffi::CStr;

/// A descriptor of ours, or one that the caller named.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fd(pub u32);

pub const STDIN: Fd = Fd(0);
pub const STDOUT: Fd = Fd(1);
pub const STDERR: Fd = Fd(2);

const AT_FDCWD: usize = libc::AT_FDCWD as usize;

/// openat(2) relative to the working directory. Flags are `O_…`; a new file gets mode 0644.
pub fn open(path: &CStr, flags: u32) -> Result<Fd> {
    let arguments = [AT_FDCWD, path.as_ptr() as usize, flags as usize, 0o644];
    // SAFETY: the path is a C string.
    unsafe { call(Sysno::openat, arguments) }.map(|fd| Fd(fd as u32))
}

/// Moves a descriptor out of the range of standard input, output and error, where it would be taken
/// for one of them if the caller had closed it.
pub fn above_stdio(fd: Fd) -> Result<Fd> {
    if fd.0 > 2 {
        return Ok(fd);
    }
    let arguments = [fd.0 as usize, libc::F_DUPFD_CLOEXEC as usize, 3];
    // SAFETY: no pointer is passed.
    let moved = unsafe { call(Sysno::fcntl, arguments) }.map(|fd| Fd(fd as u32));
    close(fd);
    moved
}

/// close(2). It cannot fail in a way that leaves the descriptor open.
pub fn close(fd: Fd) {
    // SAFETY: no pointer is passed.
    let _ = unsafe { call(Sysno::close, [fd.0 as usize]) };
}

/// read(2) into a buffer; the number of bytes read.
pub fn read(fd: Fd, buffer: &mut [u8]) -> Result<usize> {
    let arguments = [fd.0 as usize, buffer.as_mut_ptr() as usize, buffer.len()];
    // SAFETY: the buffer is writable for its length.
    unsafe { call(Sysno::read, arguments) }
}

/// write(2); the number of bytes written.
pub fn write(fd: Fd, bytes: &[u8]) -> Result<usize> {
    let arguments = [fd.0 as usize, bytes.as_ptr() as usize, bytes.len()];
    // SAFETY: the bytes are readable for their length.
    unsafe { call(Sysno::write, arguments) }
}

/// write(2) until all bytes are written.
pub fn write_all(fd: Fd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match write(fd, bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or(&[]),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// unlink(2).
pub fn unlink(path: &CStr) -> Result<()> {
    // SAFETY: the path is a C string.
    unsafe { call(Sysno::unlinkat, [AT_FDCWD, path.as_ptr() as usize, 0]) }.map(nothing)
}

/// faccessat(2) `F_OK`: whether the file is there, for the real ids of the caller.
pub fn exists(path: &CStr) -> bool {
    let arguments = [AT_FDCWD, path.as_ptr() as usize, libc::F_OK as usize];
    // SAFETY: the path is a C string.
    unsafe { call(Sysno::faccessat, arguments) }.is_ok()
}

/// newfstatat(2), following links: device and inode number.
pub fn identity(path: &CStr) -> Result<(u64, u64)> {
    let mut stat = core::mem::MaybeUninit::<libc::stat>::uninit();
    let arguments = [
        AT_FDCWD,
        path.as_ptr() as usize,
        stat.as_mut_ptr() as usize,
        0,
    ];
    // SAFETY: the path is a C string; the kernel fills the structure when it succeeds.
    unsafe {
        call(Sysno::newfstatat, arguments)?;
        let stat = stat.assume_init();
        Ok((stat.st_dev, stat.st_ino))
    }
}
