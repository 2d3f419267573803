//! System calls that a plan holds as they are: names and numbers.

use crate::text::word;

/// Makes the enumeration, its numbers and its names.
macro_rules! calls {
    ($($name:ident $number:ident)+) => {
        /// A system call of which the kernel only reads what the arguments point to.
        #[allow(missing_docs, non_camel_case_types)] // They are called what strace calls them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Sys {
            $($name,)+
        }

        const NUMBERS: &[u16] = &[$(libc::$number as u16),+];

        const NAMES: &str = concat!($(stringify!($name), " "),+);
    };
}

calls! {
    chdir SYS_chdir
    close_range SYS_close_range
    fcntl SYS_fcntl
    landlock_add_rule SYS_landlock_add_rule
    landlock_create_ruleset SYS_landlock_create_ruleset
    landlock_restrict_self SYS_landlock_restrict_self
    mount SYS_mount
    openat SYS_openat
    pidfd_open SYS_pidfd_open
    prctl SYS_prctl
    seccomp SYS_seccomp
    setdomainname SYS_setdomainname
    sethostname SYS_sethostname
    setpriority SYS_setpriority
    setsid SYS_setsid
    socket SYS_socket
    umask SYS_umask
    unshare SYS_unshare
}

impl Sys {
    /// As strace writes it.
    pub fn name(self) -> &'static str {
        word(NAMES, self as usize)
    }

    /// Its number on this architecture.
    pub fn number(self) -> usize {
        NUMBERS.get(self as usize).copied().map_or(0, usize::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_stand_in_the_same_order() {
        assert_eq!(
            (Sys::chdir.name(), Sys::chdir.number()),
            ("chdir", libc::SYS_chdir as usize)
        );
        assert_eq!(
            (Sys::unshare.name(), Sys::unshare.number()),
            ("unshare", libc::SYS_unshare as usize)
        );
    }
}
