//! Waiting for descriptors.

use super::file::Fd;
use super::raw::{Sysno, call};
use super::{Result, Timeout};

/// There is something to read.
pub const IN: i16 = libc::POLLIN;

/// There is room for something.
pub const OUT: i16 = libc::POLLOUT;

/// There is nobody at the other end any more.
pub const ERR: i16 = libc::POLLERR;

/// A descriptor that is waited for: `struct pollfd`.
#[repr(C)]
pub struct Poll {
    fd: i32,
    wanted: i16,
    found: i16,
}

impl Poll {
    /// One of which this is wanted; one of which nothing is wanted has nothing to say.
    pub fn new(fd: Fd, wanted: i16) -> Self {
        Poll {
            fd: if wanted == 0 { -1 } else { fd.0 as i32 },
            wanted,
            found: 0,
        }
    }

    /// Whether any of this was found. Errors and hang-ups are found without being wanted.
    pub fn is(&self, any: i16) -> bool {
        self.found & any != 0
    }
}

/// ppoll(2), at most so many milliseconds: how many have something to say.
#[inline(never)]
pub fn wait(all: &mut [Poll], milliseconds: Option<u64>) -> Result<usize> {
    let timeout = Timeout::of(milliseconds);
    let arguments = [
        all.as_mut_ptr() as usize,
        all.len(),
        timeout.address(),
        0,
        0,
    ];
    // SAFETY: so many `struct pollfd`, and NULL or a `struct timespec`.
    unsafe { call(Sysno::ppoll, arguments) }
}
