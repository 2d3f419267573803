//! Bits and their names, as strace writes them.

use crate::text::{Show, Text, put, word};

/// The named bits of a kind of flag word.
#[derive(Debug, PartialEq)]
pub struct Bits {
    /// What all the names begin with.
    prefix: &'static str,
    /// The names without it.
    names: &'static str,
    /// Where the bits are, in the same order.
    places: &'static [u8],
}

/// clone(2), clone3(2). In strace's order.
pub const CLONE: Bits = Bits {
    prefix: "CLONE_",
    names: "VM FILES CHILD_CLEARTID NEWNS NEWCGROUP NEWUTS NEWIPC NEWUSER NEWPID NEWNET NEWTIME CLEAR_SIGHAND",
    places: &[
        place(libc::CLONE_VM as u64),
        place(libc::CLONE_FILES as u64),
        place(libc::CLONE_CHILD_CLEARTID as u64),
        place(libc::CLONE_NEWNS as u64),
        place(libc::CLONE_NEWCGROUP as u64),
        place(libc::CLONE_NEWUTS as u64),
        place(libc::CLONE_NEWIPC as u64),
        place(libc::CLONE_NEWUSER as u64),
        place(libc::CLONE_NEWPID as u64),
        place(libc::CLONE_NEWNET as u64),
        place(linux_raw_sys::general::CLONE_NEWTIME as u64),
        place(CLEAR_SIGHAND),
    ],
};

/// Resets every handler, and leaves ignored signals ignored; clone3(2) only, since Linux 5.5.
pub const CLEAR_SIGHAND: u64 = 1 << 32;

/// mount(2).
pub const MOUNT: Bits = Bits {
    prefix: "MS_",
    names: "RDONLY NOSUID NODEV NOEXEC REC UNBINDABLE PRIVATE SLAVE SHARED",
    places: &[
        place(libc::MS_RDONLY),
        place(libc::MS_NOSUID),
        place(libc::MS_NODEV),
        place(libc::MS_NOEXEC),
        place(libc::MS_REC),
        place(libc::MS_UNBINDABLE),
        place(libc::MS_PRIVATE),
        place(libc::MS_SLAVE),
        place(libc::MS_SHARED),
    ],
};

/// open(2).
pub const OPEN: Bits = Bits {
    prefix: "O_",
    names: "RDONLY WRONLY CREAT TRUNC NOFOLLOW CLOEXEC PATH",
    places: &[
        place(READ_ONLY),
        place(libc::O_WRONLY as u64),
        place(libc::O_CREAT as u64),
        place(libc::O_TRUNC as u64),
        place(libc::O_NOFOLLOW as u64),
        place(libc::O_CLOEXEC as u64),
        place(libc::O_PATH as u64),
    ],
};

/// `O_RDONLY`, which is no bit: the kernel takes the lower half of the word.
pub const READ_ONLY: u64 = 1 << 32;

/// socket(2), in the word with the socket's type.
pub const SOCKET: Bits = Bits {
    prefix: "SOCK_",
    names: "DGRAM CLOEXEC",
    places: &[
        place(libc::SOCK_DGRAM as u64),
        place(libc::SOCK_CLOEXEC as u64),
    ],
};

/// landlock(7): files.
pub const LANDLOCK_FS: Bits = Bits {
    prefix: "LANDLOCK_ACCESS_FS_",
    names: "EXECUTE WRITE_FILE READ_FILE READ_DIR REMOVE_DIR REMOVE_FILE MAKE_CHAR MAKE_DIR MAKE_REG \
        MAKE_SOCK MAKE_FIFO MAKE_BLOCK MAKE_SYM REFER TRUNCATE IOCTL_DEV",
    places: FROM_ZERO,
};

/// landlock(7): TCP.
pub const LANDLOCK_NET: Bits = Bits {
    prefix: "LANDLOCK_ACCESS_NET_",
    names: "BIND_TCP CONNECT_TCP",
    places: FROM_ZERO,
};

/// landlock(7): what stays inside.
pub const LANDLOCK_SCOPE: Bits = Bits {
    prefix: "LANDLOCK_SCOPE_",
    names: "ABSTRACT_UNIX_SOCKET SIGNAL",
    places: FROM_ZERO,
};

/// The places of names that begin at the lowest bit.
const FROM_ZERO: &[u8] = &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

const fn place(bit: u64) -> u8 {
    bit.trailing_zeros() as u8
}

/// A flag word with the names of its bits: `MS_REC|MS_PRIVATE`; `0` when it is empty.
pub struct Named(pub u64, pub &'static Bits);

impl Show for Named {
    fn show(&self, text: &mut Text) {
        let Named(flags, bits) = self;
        let mut between = "";
        for (at, &place) in bits.places.iter().enumerate() {
            if flags >> place & 1 == 1 {
                put!(text, between, bits.prefix, word(bits.names, at));
                between = "|";
            }
        }
        if *flags == 0 {
            text.byte(b'0');
        }
    }
}
