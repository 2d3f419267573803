//! Files and descriptors.

use super::raw::{Sysno, call, raw_call};
use super::{Result, nothing, signal};
use crate::names::Errno;
use crate::strings::until_nul;
use core::ffi::CStr;

/// A descriptor of ours, or one that the caller named.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fd(pub u32);

pub const STDIN: Fd = Fd(0);
pub const STDOUT: Fd = Fd(1);
pub const STDERR: Fd = Fd(2);

const AT_FDCWD: usize = libc::AT_FDCWD as usize;

/// The working directory, in the place of a descriptor.
pub const HERE: Fd = Fd(libc::AT_FDCWD as u32);

/// openat(2) relative to the working directory. Flags are `O_…`; a new file gets mode 0644.
pub fn open(path: &CStr, flags: u32) -> Result<Fd> {
    open_at(HERE, path, flags)
}

/// openat(2) relative to an open directory.
#[inline(never)]
pub fn open_at(directory: Fd, path: &CStr, flags: u32) -> Result<Fd> {
    let arguments = [
        directory.0 as usize,
        path.as_ptr() as usize,
        flags as usize,
        0o644,
    ];
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

/// pread(2); the number of bytes read.
pub fn read_from(fd: Fd, at: u64, buffer: &mut [u8]) -> Result<usize> {
    let (start, length) = (buffer.as_mut_ptr() as usize, buffer.len());
    // SAFETY: the buffer is writable for its length.
    unsafe { call(Sysno::pread64, [fd.0 as usize, start, length, at as usize]) }
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

/// renameat(2).
pub fn rename(from: &CStr, to: &CStr) -> Result<()> {
    let [from, to] = [from, to].map(|path| path.as_ptr() as usize);
    // SAFETY: the paths are C strings.
    unsafe { call(Sysno::renameat, [AT_FDCWD, from, AT_FDCWD, to]) }.map(nothing)
}

/// unlinkat(2) `AT_REMOVEDIR`.
pub fn remove_folder(folder: Fd, path: &CStr) -> Result<()> {
    let arguments = [
        folder.0 as usize,
        path.as_ptr() as usize,
        libc::AT_REMOVEDIR as usize,
    ];
    // SAFETY: the path is a C string.
    unsafe { call(Sysno::unlinkat, arguments) }.map(nothing)
}

/// faccessat(2) `F_OK`: whether the file is there, for the real ids of the caller.
pub fn exists(path: &CStr) -> bool {
    let arguments = [AT_FDCWD, path.as_ptr() as usize, libc::F_OK as usize];
    // SAFETY: the path is a C string.
    unsafe { call(Sysno::faccessat, arguments) }.is_ok()
}

/// Looks for a file every hundredth of a second, for ten seconds.
pub fn wait_for(path: &CStr) -> Result<()> {
    for _ in 0..1000 {
        if exists(path) {
            return Ok(());
        }
        let _ = signal::wait(0, Some(10));
    }
    Err(Errno::NOENT)
}

/// newfstatat(2), following links: device and inode number.
pub fn identity(path: &CStr) -> Result<(u64, u64)> {
    status(HERE, path).map(|stat| (stat.st_dev, stat.st_ino))
}

/// newfstatat(2), as [`status`]: type and mode.
pub fn mode(directory: Fd, path: &CStr) -> Result<u32> {
    status(directory, path).map(|stat| stat.st_mode)
}

/// newfstatat(2), following links; the empty path is the descriptor itself.
#[inline(never)]
pub fn status(directory: Fd, path: &CStr) -> Result<libc::stat> {
    let mut stat = core::mem::MaybeUninit::<libc::stat>::uninit();
    let flags = if path.is_empty() {
        libc::AT_EMPTY_PATH
    } else {
        0
    };
    let arguments = [
        directory.0 as usize,
        path.as_ptr() as usize,
        stat.as_mut_ptr() as usize,
        flags as usize,
    ];
    // The number has that name on every architecture here, but not in `Sysno`.
    // SAFETY: the path is a C string; the kernel fills the structure when it succeeds.
    unsafe { raw_call(libc::SYS_newfstatat as usize, arguments).map(|_| stat.assume_init()) }
}

/// getcwd(2): whether the working directory is below the root.
#[inline(never)]
pub fn is_inside() -> Result<bool> {
    let mut path = [0u8; 4096];
    // SAFETY: the buffer is writable for its length.
    unsafe { call(Sysno::getcwd, [path.as_mut_ptr() as usize, path.len()]) }?;
    // Else it is "(unreachable)/...".
    Ok(path[0] == b'/')
}

/// readlinkat(2): what a link says, in a buffer; the part that fits.
#[inline(never)]
pub fn read_link<'b>(directory: Fd, path: &CStr, buffer: &'b mut [u8]) -> Result<&'b [u8]> {
    let arguments = [
        directory.0 as usize,
        path.as_ptr() as usize,
        buffer.as_mut_ptr() as usize,
        buffer.len(),
    ];
    // SAFETY: the path is a C string, and the buffer is writable for its length.
    let length = unsafe { call(Sysno::readlinkat, arguments) }?;
    Ok(buffer.get(..length).unwrap_or(&[]))
}

/// The names in an open directory, in the kernel's order (getdents64(2)).
pub struct Names {
    directory: Fd,
    buffer: [u8; 1024],
    at: usize,
    end: usize,
}

/// Where the length of an entry of `struct linux_dirent64` stands, and where its name begins.
const LENGTH: usize = 16;
const NAME: usize = 19;

impl Names {
    pub fn of(directory: Fd) -> Self {
        Names {
            directory,
            buffer: [0; 1024],
            at: 0,
            end: 0,
        }
    }

    /// The next one; none at the end, and after an error.
    pub fn next(&mut self) -> Option<&CStr> {
        if self.at >= self.end {
            let buffer = &mut self.buffer;
            let arguments = [
                self.directory.0 as usize,
                buffer.as_mut_ptr() as usize,
                buffer.len(),
            ];
            // SAFETY: the buffer is writable for its length.
            self.end = unsafe { call(Sysno::getdents64, arguments) }.unwrap_or(0);
            self.at = 0;
        }
        let rest = self.buffer.get(self.at..self.end)?;
        let &[low, high] = rest.get(LENGTH..)?.first_chunk()?;
        let length = usize::from(u16::from_ne_bytes([low, high]));
        self.at += length;
        Some(until_nul(rest.get(NAME..length)?))
    }
}

/// openat2(2) of what a path leads to with a directory as its root, and its type and mode.
pub fn mode_inside(root: Fd, path: &CStr) -> Result<u32> {
    // Nothing is done through the descriptor.
    let fd = open_inside(root, path, libc::O_PATH | libc::O_CLOEXEC)?;
    let mode = mode(fd, c"");
    close(fd);
    mode
}

/// openat2(2) of what a path leads to with a directory as its root. Kernels before 5.6 may follow a link
/// out of it.
#[inline(never)]
pub fn open_inside(root: Fd, path: &CStr, flags: i32) -> Result<Fd> {
    let how = [
        flags as u64,
        0,
        libc::RESOLVE_IN_ROOT | libc::RESOLVE_NO_MAGICLINKS,
    ];
    let arguments = [
        root.0 as usize,
        path.as_ptr() as usize,
        how.as_ptr() as usize,
        size_of_val(&how),
    ];
    // While anything is renamed or mounted, anywhere, the kernel may not be sure of a `..`.
    let mut answer = Err(Errno::AGAIN);
    for _ in 0..100 {
        if answer == Err(Errno::AGAIN) {
            // SAFETY: the path is a C string, and the array a `struct open_how`.
            answer = unsafe { call(Sysno::openat2, arguments) };
        }
    }
    match answer {
        Err(Errno::NOSYS) => open_at(root, path, flags as u32),
        answer => answer.map(|fd| Fd(fd as u32)),
    }
}
