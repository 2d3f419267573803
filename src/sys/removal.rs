//! The end of all files of a file system.

use super::file::{self, Fd, Names};
use super::raw::{Sysno, call};
use core::ffi::CStr;

/// Removes what is below an open directory, but for places where something is mounted, and what is there.
///
/// A directory that is not empty loses its own directories to that one, so no depth of theirs is that of a stack.
#[inline(never)]
pub fn empty(top: Fd) {
    // A name of its own for each that comes up.
    let mut other = *b"aaaaaaaa\0";
    let mut goes_on = true;
    while goes_on {
        goes_on = false;
        // From the start: the last time there was more.
        let Ok(again) = file::open_at(top, c".", FOLDER) else {
            return;
        };
        let mut names = Names::of(again);
        while let Some(name) = names.next() {
            if is_gone(top, name) {
                goes_on = true;
            } else if !is_special(name)
                && let Ok(folder) = file::open_at(top, name, FOLDER)
            {
                if device(folder) == device(top) {
                    let mut inner = Names::of(folder);
                    while let Some(name) = inner.next() {
                        for letter in other.iter_mut().take(8) {
                            *letter += 1;
                            if *letter < b'z' {
                                break;
                            }
                            *letter = b'a';
                        }
                        goes_on |= is_gone(folder, name) || is_moved(folder, name, top, &other);
                    }
                }
                file::close(folder);
            }
        }
        file::close(again);
    }
}

#[inline(never)]
fn device(fd: Fd) -> u64 {
    file::status(fd, c"").map_or(0, |status| status.st_dev)
}

const FOLDER: u32 = (libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_CLOEXEC) as u32;

fn is_special(name: &CStr) -> bool {
    matches!(name.to_bytes(), b"." | b"..")
}

/// unlinkat(2), of a file or of a directory that is empty.
#[inline(never)]
fn is_gone(folder: Fd, name: &CStr) -> bool {
    let [folder, path] = [folder.0 as usize, name.as_ptr() as usize];
    [0, libc::AT_REMOVEDIR as usize]
        .into_iter()
        // SAFETY: the name is a C string.
        .any(|flag| unsafe { call(Sysno::unlinkat, [folder, path, flag]) }.is_ok())
}

/// renameat(2).
fn is_moved(from: Fd, name: &CStr, to: Fd, other: &[u8; 9]) -> bool {
    let arguments = [
        from.0 as usize,
        name.as_ptr() as usize,
        to.0 as usize,
        other.as_ptr() as usize,
    ];
    // SAFETY: the names end with a NUL.
    unsafe { call(Sysno::renameat, arguments) }.is_ok()
}
