//! Numbers that strace writes as one name.

use crate::text::packed::packed;
use crate::text::{Show, Text};

/// Makes the enumeration, its values and its names.
macro_rules! constants {
    ($($name:ident $(= $value:literal)?)+) => {
        /// A named number.
        #[allow(missing_docs, non_camel_case_types, clippy::upper_case_acronyms)] // They are the kernel's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Constant {
            $($name,)+
        }

        const VALUES: &[i32] = &[$(kernel::$name as i32),+];

        impl Constant {
            /// All of them.
            pub const ALL: &'static [Constant] = &[$(Constant::$name),+];
        }

        /// Their names, in order.
        pub(crate) const NAMES: &str = concat!($(stringify!($name), " "),+);
    };
    (@ $name:ident) => { libc::$name as i32 };
    (@ $name:ident $value:literal) => { $value };
}

constants! {
    AF_INET
    AF_INET6
    AF_VSOCK
    AT_FDCWD
    CLOCK_REALTIME
    CLOSE_RANGE_CLOEXEC
    FD_CLOEXEC
    F_ADD_SEALS
    F_DUPFD_CLOEXEC
    F_SETFD
    F_SETFL
    F_SETOWN
    F_SETSIG
    IFF_UP
    IPPROTO_IP
    LANDLOCK_RULE_NET_PORT
    LANDLOCK_RULE_PATH_BENEATH
    LOOP_CLR_FD
    NS_GET_USERNS
    PRIO_PROCESS
    PR_CAPBSET_DROP
    PR_CAP_AMBIENT
    PR_CAP_AMBIENT_RAISE
    PR_SET_CHILD_SUBREAPER
    PR_SET_DUMPABLE
    PR_SET_KEEPCAPS
    PR_SET_NO_NEW_PRIVS
    PR_SET_PDEATHSIG
    SECCOMP_SET_MODE_FILTER
    SIOCADDRT
    SIOCSIFADDR
    SIOCSIFFLAGS
    SIOCSIFMTU
    SIOCSIFNETMASK
    SOL_SOCKET
    SO_RCVTIMEO
    SO_VM_SOCKETS_CONNECT_TIMEOUT
    SUID_DUMP_DISABLE
    TIOCGPTPEER
    TIOCSCTTY
    TIOCSPGRP
    TIOCSPTLCK
    TIOCSWINSZ
}

/// Where the values are.
mod kernel {
    pub use libc::*;
    pub use linux_raw_sys::general::F_SETSIG;
    pub use linux_raw_sys::ioctl::{
        SIOCADDRT, SIOCSIFADDR, SIOCSIFFLAGS, SIOCSIFMTU, SIOCSIFNETMASK,
    };
    pub use linux_raw_sys::landlock::landlock_rule_type::*;

    /// `linux/loop.h`, loop(4).
    pub const LOOP_CLR_FD: i32 = 0x4c01;
    /// `linux/vm_sockets.h`, for setsockopt(2).
    pub const SO_VM_SOCKETS_CONNECT_TIMEOUT: i32 = 6;
    /// `linux/sched/coredump.h`, for prctl(2).
    pub const SUID_DUMP_DISABLE: i32 = 0;
}

impl Constant {
    /// The number.
    pub fn value(self) -> i32 {
        VALUES.get(self as usize).copied().unwrap_or(0)
    }
}

/// As strace writes it.
impl Show for Constant {
    fn show(&self, text: &mut Text) {
        packed!(const NAMES).show_word(*self as usize, text);
    }
}
