//! Error numbers and their names (errno(3), `asm-generic/errno.h`).

use core::num::NonZeroU32;

use crate::text::packed::{Packed, packed};
use crate::text::{Show, Text, display, put};

/// An error number as the kernel returned it, which is never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(NonZeroU32);

/// The numbers that the program itself asks about.
macro_rules! errnos {
    ($($name:ident $number:ident)+) => { $(
        #[allow(missing_docs)]
        pub const $name: Errno = Errno::known(libc::$number);
    )+ };
}

impl Errno {
    errnos! {
        PERM EPERM NOENT ENOENT SRCH ESRCH INTR EINTR IO EIO NXIO ENXIO TOOBIG E2BIG NOEXEC ENOEXEC
        BADF EBADF AGAIN EAGAIN NOMEM ENOMEM ACCES EACCES NOTDIR ENOTDIR INVAL EINVAL NOTTY ENOTTY
        NOSPC ENOSPC NOSYS ENOSYS USERS EUSERS OPNOTSUPP EOPNOTSUPP EXIST EEXIST ROFS EROFS LOOP ELOOP
        BUSY EBUSY RANGE ERANGE NODEV ENODEV AFNOSUPPORT EAFNOSUPPORT
        CONNRESET ECONNRESET MFILE EMFILE FAULT EFAULT
    }

    const fn known(number: i32) -> Errno {
        Errno(NonZeroU32::new(number as u32).unwrap())
    }

    /// The error in the raw result of a system call, which is minus the number.
    pub fn in_result(raw: usize) -> Option<Errno> {
        if raw <= usize::MAX - 4095 {
            return None;
        }
        NonZeroU32::new(raw.wrapping_neg() as u32).map(Errno)
    }

    /// The error of a number.
    pub fn new(number: u32) -> Option<Errno> {
        NonZeroU32::new(number).map(Errno)
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self.0.get()
    }
}

/// A few error numbers, none of which is above 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errnos([u8; 7]);

impl Errnos {
    /// These, of which there is room for seven.
    pub const fn of(errnos: &[Errno]) -> Errnos {
        let (mut all, mut at) = ([0; 7], 0);
        while at < errnos.len() {
            all[at] = errnos[at].number() as u8;
            at += 1;
        }
        Errnos(all)
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Errno> {
        self.0
            .iter()
            .filter_map(|&number| Errno::new(number.into()))
    }
}

/// The names from 1 on, in order, and those of [`HIGHER`].
const NAMES: Packed = packed!(
    "EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT \
    ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG \
    ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP \
    EOVERFLOW EUSERS EOPNOTSUPP EAFNOSUPPORT EADDRNOTAVAIL ENETDOWN ENOBUFS ECONNRESET ETIMEDOUT EDQUOT"
);

/// How many are in order.
const LOWER: usize = libc::ELOOP as usize;

/// The numbers above these that the calls of a plan can meet.
const HIGHER: [i32; 10] = [
    libc::EOVERFLOW,
    libc::EUSERS,
    libc::EOPNOTSUPP,
    libc::EAFNOSUPPORT,
    libc::EADDRNOTAVAIL,
    libc::ENETDOWN,
    libc::ENOBUFS,
    libc::ECONNRESET,
    libc::ETIMEDOUT,
    libc::EDQUOT,
];

impl Show for Errno {
    fn show(&self, text: &mut Text) {
        let number = self.number() as usize;
        let at = match HIGHER.iter().position(|&higher| higher as usize == number) {
            Some(at) => LOWER + at,
            None if number <= LOWER => number - 1,
            None => return put!(text, "errno ", number),
        };
        NAMES.show_word(at, text);
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
        let name = |number| Errno::new(number).unwrap().to_string();
        for (number, wanted) in [
            (libc::EPERM, "EPERM"),
            (libc::EAGAIN, "EAGAIN"),
            (libc::ELOOP, "ELOOP"),
            (libc::EOVERFLOW, "EOVERFLOW"),
            (libc::EDQUOT, "EDQUOT"),
            (41, "errno 41"),
            (4095, "errno 4095"),
        ] {
            assert_eq!(name(number as u32), wanted);
        }
    }

    #[test]
    fn only_the_last_page_of_results_is_an_error() {
        assert_eq!(Errno::in_result(0), None);
        assert_eq!(Errno::in_result(-4096isize as usize), None);
        assert_eq!(Errno::in_result(-4095isize as usize), Errno::new(4095));
        assert_eq!(Errno::in_result(-1isize as usize), Some(Errno::PERM));
    }
}
