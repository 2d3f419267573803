//! Error numbers and their names (errno(3), `asm-generic/errno.h`).

use crate::text::{Show, Text, display, put, word};

/// An error number as the kernel returned it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

impl Errno {
    pub const PERM: Errno = Errno(libc::EPERM);
    pub const NOENT: Errno = Errno(libc::ENOENT);
    pub const SRCH: Errno = Errno(libc::ESRCH);
    pub const INTR: Errno = Errno(libc::EINTR);
    pub const NOEXEC: Errno = Errno(libc::ENOEXEC);
    pub const BADF: Errno = Errno(libc::EBADF);
    pub const CHILD: Errno = Errno(libc::ECHILD);
    pub const AGAIN: Errno = Errno(libc::EAGAIN);
    pub const NOMEM: Errno = Errno(libc::ENOMEM);
    pub const ACCES: Errno = Errno(libc::EACCES);
    pub const NOTDIR: Errno = Errno(libc::ENOTDIR);
    pub const INVAL: Errno = Errno(libc::EINVAL);
    pub const NOSPC: Errno = Errno(libc::ENOSPC);
    pub const NOSYS: Errno = Errno(libc::ENOSYS);
    pub const USERS: Errno = Errno(libc::EUSERS);
    pub const TOOBIG: Errno = Errno(libc::E2BIG);
}

/// The names from 1 on, in order.
const NAMES: &str = "\
    EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT \
    ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG \
    ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP";

/// The numbers above these that the calls of a plan can meet, and their names, in the same order.
const HIGHER: [i32; 8] = [
    libc::EOVERFLOW,
    libc::EUSERS,
    libc::EOPNOTSUPP,
    libc::EAFNOSUPPORT,
    libc::EADDRNOTAVAIL,
    libc::ENETDOWN,
    libc::ENOBUFS,
    libc::EDQUOT,
];
const HIGHER_NAMES: &str =
    "EOVERFLOW EUSERS EOPNOTSUPP EAFNOSUPPORT EADDRNOTAVAIL ENETDOWN ENOBUFS EDQUOT";

impl Show for Errno {
    fn show(&self, text: &mut Text) {
        let name = match HIGHER.iter().position(|&higher| higher == self.0) {
            Some(at) => word(HIGHER_NAMES, at),
            None => word(NAMES, (self.0 as usize).wrapping_sub(1)),
        };
        match name {
            "" => put!(text, "errno ", self.0),
            name => name.show(text),
        }
    }
}

display!(Errno);

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn names_stand_at_their_numbers() {
        assert_eq!(Errno(libc::EPERM).to_string(), "EPERM");
        assert_eq!(Errno(libc::EAGAIN).to_string(), "EAGAIN");
        assert_eq!(Errno(libc::EOVERFLOW).to_string(), "EOVERFLOW");
        assert_eq!(Errno(libc::ELOOP).to_string(), "ELOOP");
        assert_eq!(Errno(libc::EDQUOT).to_string(), "EDQUOT");
        assert_eq!(Errno(41).to_string(), "errno 41");
        assert_eq!(Errno(0).to_string(), "errno 0");
        assert_eq!(Errno(4095).to_string(), "errno 4095");
    }
}
