//! System calls that a plan holds as they are: names and numbers.

use crate::text::packed::{Packed, packed};
use crate::text::{Show, Text, display};

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

        impl Sys {
            /// All of them.
            pub const ALL: &'static [Sys] = &[$(Sys::$name),+];
        }

        const NUMBERS: &[u16] = &[$(libc::$number as u16),+];

        /// Their names, in order.
        pub(crate) const NAMES: &str = concat!($(stringify!($name), " "),+);

        const PACKED: Packed = packed!(const NAMES);
    };
}

calls! {
    chdir SYS_chdir
    chroot SYS_chroot
    clock_settime SYS_clock_settime
    close SYS_close
    close_range SYS_close_range
    connect SYS_connect
    dup3 SYS_dup3
    fchdir SYS_fchdir
    fchmod SYS_fchmod
    fchmodat SYS_fchmodat
    fchown SYS_fchown
    fcntl SYS_fcntl
    finit_module SYS_finit_module
    ioctl SYS_ioctl
    landlock_add_rule SYS_landlock_add_rule
    landlock_create_ruleset SYS_landlock_create_ruleset
    landlock_restrict_self SYS_landlock_restrict_self
    memfd_create SYS_memfd_create
    mkdirat SYS_mkdirat
    mknodat SYS_mknodat
    mount SYS_mount
    mount_setattr SYS_mount_setattr
    move_mount SYS_move_mount
    open_tree SYS_open_tree
    openat SYS_openat
    openat2 SYS_openat2
    pidfd_open SYS_pidfd_open
    pivot_root SYS_pivot_root
    prctl SYS_prctl
    prlimit64 SYS_prlimit64
    seccomp SYS_seccomp
    setdomainname SYS_setdomainname
    setgid SYS_setgid
    setgroups SYS_setgroups
    sethostname SYS_sethostname
    setns SYS_setns
    setpgid SYS_setpgid
    setpriority SYS_setpriority
    setsid SYS_setsid
    setsockopt SYS_setsockopt
    setuid SYS_setuid
    socket SYS_socket
    swapoff SYS_swapoff
    symlinkat SYS_symlinkat
    sync SYS_sync
    umask SYS_umask
    umount2 SYS_umount2
    unlinkat SYS_unlinkat
    unshare SYS_unshare
    write SYS_write
}

impl Sys {
    /// Its number on this architecture.
    pub fn number(self) -> usize {
        NUMBERS.get(self as usize).copied().map_or(0, usize::from)
    }
}

/// As strace writes it.
impl Show for Sys {
    fn show(&self, text: &mut Text) {
        PACKED.show_word(*self as usize, text);
    }
}

display!(Sys);

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn names_and_numbers_stand_in_the_same_order() {
        assert_eq!(
            (&*Sys::chdir.to_string(), Sys::chdir.number()),
            ("chdir", libc::SYS_chdir as usize)
        );
        assert_eq!(
            (&*Sys::unshare.to_string(), Sys::unshare.number()),
            ("unshare", libc::SYS_unshare as usize)
        );
    }
}
