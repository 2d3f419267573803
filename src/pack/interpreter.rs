//! What the kernel executes in a program's place (elf(5), execve(2)).

use crate::strings::ThinCStr;
use crate::sys::file::{self, Fd};
use crate::text::cut;
use crate::words::Words;

/// How a script begins, and how a dynamic program of 64 bits does.
const SCRIPT: u64 = 0x2123;
const PROGRAM: u64 = 0x02_464c_457f;

/// The type of a program header that says where the interpreter's name is.
const INTERPRETER: u64 = 3;

/// The dynamic loader of a program, or a script's interpreter; none if it has none, or is nothing that is known.
pub fn of<'w>(program: ThinCStr, words: &'w Words) -> Option<ThinCStr<'w>> {
    let flags = libc::O_RDONLY | libc::O_NONBLOCK | libc::O_CLOEXEC;
    let fd = file::open(program.as_cstr(), flags as u32).ok()?;
    let mut name = [0; 256];
    let at = place(fd);
    if let Some(at) = at {
        let _ = file::read_from(fd, at, &mut name);
    }
    file::close(fd);
    let line = cut(&mut cut(&mut &name[..], 0), b'\n').trim_ascii();
    let mut parts = line.split(u8::is_ascii_whitespace);
    at.map(|_| words.join(&[parts.next().unwrap_or(line)]))
}

/// Where in a file the interpreter's name begins.
fn place(fd: Fd) -> Option<u64> {
    if number(fd, 0, 2) == SCRIPT {
        return Some(2);
    }
    let mut at = number(fd, 32, 8);
    for _ in 0..number(fd, 56, 2) {
        if number(fd, at, 4) == INTERPRETER && number(fd, 0, 5) == PROGRAM {
            return Some(number(fd, at.wrapping_add(8), 8));
        }
        at = at.wrapping_add(number(fd, 54, 2));
    }
    None
}

/// A number of so many bytes, the lowest first.
#[inline(never)]
fn number(fd: Fd, at: u64, size: usize) -> u64 {
    let mut bytes = [0; 8];
    let _ = file::read_from(fd, at, bytes.get_mut(..size).unwrap_or(&mut []));
    u64::from_le_bytes(bytes)
}
