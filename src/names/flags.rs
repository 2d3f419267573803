//! Bits and their names, as strace writes them.

use crate::text::packed::{Packed, packed};
use crate::text::{Show, Text, put};

/// The named bits of a kind of flag word.
#[derive(Debug, PartialEq)]
pub struct Bits {
    /// What all the names begin with.
    prefix: Packed,
    /// The names without it.
    names: Packed,
    /// Where the bits are, in the same order.
    places: &'static [u8],
    /// What is written first when none of these bits is there.
    otherwise: (u64, Packed),
}

/// Nothing but a 0 when no bit is there.
const EMPTY: (u64, Packed) = (u64::MAX, packed!("0"));

/// clone(2), clone3(2). In strace's order.
pub const CLONE: Bits = Bits {
    prefix: packed!("CLONE_"),
    names: packed!(
        "VM FILES VFORK PARENT CHILD_CLEARTID CHILD_SETTID NEWNS NEWCGROUP NEWUTS NEWIPC NEWUSER NEWPID NEWNET NEWTIME \
        CLEAR_SIGHAND INTO_CGROUP"
    ),
    places: &[
        place(libc::CLONE_VM as u64),
        place(libc::CLONE_FILES as u64),
        place(libc::CLONE_VFORK as u64),
        place(libc::CLONE_PARENT as u64),
        place(libc::CLONE_CHILD_CLEARTID as u64),
        place(libc::CLONE_CHILD_SETTID as u64),
        place(libc::CLONE_NEWNS as u64),
        place(libc::CLONE_NEWCGROUP as u64),
        place(libc::CLONE_NEWUTS as u64),
        place(libc::CLONE_NEWIPC as u64),
        place(libc::CLONE_NEWUSER as u64),
        place(libc::CLONE_NEWPID as u64),
        place(libc::CLONE_NEWNET as u64),
        place(linux_raw_sys::general::CLONE_NEWTIME as u64),
        place(CLEAR_SIGHAND),
        place(INTO_CGROUP),
    ],
    otherwise: EMPTY,
};

/// Resets every handler, and leaves ignored signals ignored; clone3(2) only, since Linux 5.5.
pub const CLEAR_SIGHAND: u64 = 1 << 32;

/// The child is in the cgroup of a descriptor; clone3(2) only, since Linux 5.7.
pub const INTO_CGROUP: u64 = 1 << 33;

/// mount(2), also as members of mount_setattr(2)'s structure.
pub const MOUNT: Bits = Bits {
    prefix: packed!("MS_"),
    names: packed!(
        "RDONLY NOSUID NODEV NOEXEC REMOUNT BIND MOVE REC UNBINDABLE PRIVATE SLAVE SHARED"
    ),
    places: &[
        place(libc::MS_RDONLY),
        place(libc::MS_NOSUID),
        place(libc::MS_NODEV),
        place(libc::MS_NOEXEC),
        place(libc::MS_REMOUNT),
        place(libc::MS_BIND),
        place(libc::MS_MOVE),
        place(libc::MS_REC),
        place(libc::MS_UNBINDABLE),
        place(libc::MS_PRIVATE),
        place(libc::MS_SLAVE),
        place(libc::MS_SHARED),
    ],
    otherwise: EMPTY,
};

/// The propagation in mount_setattr(2)'s structure, which stays as it is.
pub const UNCHANGED: Bits = Bits {
    prefix: packed!(""),
    names: packed!(""),
    places: &[],
    otherwise: (u64::MAX, packed!("0 /* MS_??? */")),
};

/// mount_setattr(2): the first bits are those of mount(2).
pub const ATTRIBUTES: Bits = Bits {
    prefix: packed!("MOUNT_ATTR_"),
    names: packed!("RDONLY NOSUID NODEV NOEXEC IDMAP"),
    places: &[
        0,
        1,
        2,
        3,
        place(linux_raw_sys::general::MOUNT_ATTR_IDMAP as u64),
    ],
    otherwise: EMPTY,
};

/// The `AT_…` of calls with a path.
pub const AT: Bits = Bits {
    prefix: packed!("AT_"),
    names: packed!("REMOVEDIR EMPTY_PATH RECURSIVE"),
    places: &[
        place(libc::AT_REMOVEDIR as u64),
        place(libc::AT_EMPTY_PATH as u64),
        place(libc::AT_RECURSIVE as u64),
    ],
    otherwise: EMPTY,
};

/// open_tree(2), with `AT_RECURSIVE`.
pub const TREE: Bits = Bits {
    prefix: packed!(""),
    names: packed!("OPEN_TREE_CLONE OPEN_TREE_CLOEXEC AT_RECURSIVE"),
    places: &[
        place(libc::OPEN_TREE_CLONE as u64),
        place(libc::OPEN_TREE_CLOEXEC as u64),
        place(libc::AT_RECURSIVE as u64),
    ],
    otherwise: EMPTY,
};

/// move_mount(2).
pub const MOVE: Bits = Bits {
    prefix: packed!("MOVE_MOUNT_"),
    names: packed!("F_EMPTY_PATH T_EMPTY_PATH"),
    places: &[
        place(libc::MOVE_MOUNT_F_EMPTY_PATH as u64),
        place(libc::MOVE_MOUNT_T_EMPTY_PATH as u64),
    ],
    otherwise: EMPTY,
};

/// umount2(2).
pub const UMOUNT: Bits = Bits {
    prefix: packed!("MNT_"),
    names: packed!("DETACH"),
    places: &[place(libc::MNT_DETACH as u64)],
    otherwise: EMPTY,
};

/// openat2(2): how a path is resolved.
pub const RESOLVE: Bits = Bits {
    prefix: packed!("RESOLVE_"),
    names: packed!("NO_MAGICLINKS NO_SYMLINKS IN_ROOT"),
    places: &[
        place(libc::RESOLVE_NO_MAGICLINKS),
        place(libc::RESOLVE_NO_SYMLINKS),
        place(libc::RESOLVE_IN_ROOT),
    ],
    otherwise: EMPTY,
};

/// open(2).
pub const OPEN: Bits = Bits {
    prefix: packed!("O_"),
    names: packed!("WRONLY RDWR CREAT EXCL NOCTTY TRUNC NONBLOCK DIRECTORY NOFOLLOW CLOEXEC PATH"),
    places: &[
        place(libc::O_WRONLY as u64),
        place(libc::O_RDWR as u64),
        place(libc::O_CREAT as u64),
        place(libc::O_EXCL as u64),
        place(libc::O_NOCTTY as u64),
        place(libc::O_TRUNC as u64),
        place(libc::O_NONBLOCK as u64),
        place(libc::O_DIRECTORY as u64),
        place(libc::O_NOFOLLOW as u64),
        place(libc::O_CLOEXEC as u64),
        place(libc::O_PATH as u64),
    ],
    otherwise: (libc::O_ACCMODE as u64, packed!("O_RDONLY")),
};

/// memfd_create(2).
pub const MEMFD: Bits = Bits {
    prefix: packed!("MFD_"),
    names: packed!("CLOEXEC ALLOW_SEALING EXEC"),
    places: &[0, 1, 4],
    otherwise: EMPTY,
};

/// fcntl(2) `F_ADD_SEALS`.
pub const SEALS: Bits = Bits {
    prefix: packed!("F_SEAL_"),
    names: packed!("SEAL SHRINK GROW WRITE"),
    places: &[0, 1, 2, 3],
    otherwise: EMPTY,
};

/// socket(2), in the word with the socket's type.
pub const SOCKET: Bits = Bits {
    prefix: packed!("SOCK_"),
    names: packed!("STREAM DGRAM CLOEXEC"),
    places: &[
        place(libc::SOCK_STREAM as u64),
        place(libc::SOCK_DGRAM as u64),
        place(libc::SOCK_CLOEXEC as u64),
    ],
    otherwise: EMPTY,
};

/// landlock(7): files.
pub const LANDLOCK_FS: Bits = Bits {
    prefix: packed!("LANDLOCK_ACCESS_FS_"),
    names: packed!(
        "EXECUTE WRITE_FILE READ_FILE READ_DIR REMOVE_DIR REMOVE_FILE MAKE_CHAR MAKE_DIR MAKE_REG \
        MAKE_SOCK MAKE_FIFO MAKE_BLOCK MAKE_SYM REFER TRUNCATE IOCTL_DEV"
    ),
    places: FROM_ZERO,
    otherwise: EMPTY,
};

/// landlock(7): TCP.
pub const LANDLOCK_NET: Bits = Bits {
    prefix: packed!("LANDLOCK_ACCESS_NET_"),
    names: packed!("BIND_TCP CONNECT_TCP"),
    places: FROM_ZERO,
    otherwise: EMPTY,
};

/// landlock(7): what stays inside.
pub const LANDLOCK_SCOPE: Bits = Bits {
    prefix: packed!("LANDLOCK_SCOPE_"),
    names: packed!("ABSTRACT_UNIX_SOCKET SIGNAL"),
    places: FROM_ZERO,
    otherwise: EMPTY,
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
        let (least, otherwise) = bits.otherwise;
        let mut between = "";
        if flags & least == 0 {
            put!(text, otherwise);
            between = "|";
        }
        for (at, &place) in bits.places.iter().enumerate() {
            if flags >> place & 1 == 1 {
                put!(text, between, bits.prefix);
                bits.names.show_word(at, text);
                between = "|";
            }
        }
    }
}
