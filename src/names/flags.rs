//! Bits and their names, as strace writes them.

use crate::text::{Show, Text, put};

/// A named bit of a flag word.
pub type Bit = (u64, &'static str);

/// clone(2), clone3(2). In strace's order.
pub const CLONE: &[Bit] = &[
    (libc::CLONE_VM as u64, "CLONE_VM"),
    (libc::CLONE_FILES as u64, "CLONE_FILES"),
    (libc::CLONE_CHILD_CLEARTID as u64, "CLONE_CHILD_CLEARTID"),
    (libc::CLONE_NEWNS as u64, "CLONE_NEWNS"),
    (libc::CLONE_NEWCGROUP as u64, "CLONE_NEWCGROUP"),
    (libc::CLONE_NEWUTS as u64, "CLONE_NEWUTS"),
    (libc::CLONE_NEWIPC as u64, "CLONE_NEWIPC"),
    (libc::CLONE_NEWUSER as u64, "CLONE_NEWUSER"),
    (libc::CLONE_NEWPID as u64, "CLONE_NEWPID"),
    (libc::CLONE_NEWNET as u64, "CLONE_NEWNET"),
    (
        linux_raw_sys::general::CLONE_NEWTIME as u64,
        "CLONE_NEWTIME",
    ),
    (CLEAR_SIGHAND, "CLONE_CLEAR_SIGHAND"),
];

/// Resets every handler, and leaves ignored signals ignored; clone3(2) only, since Linux 5.5.
pub const CLEAR_SIGHAND: u64 = 1 << 32;

/// mount(2).
pub const MOUNT: &[Bit] = &[
    (libc::MS_RDONLY, "MS_RDONLY"),
    (libc::MS_NOSUID, "MS_NOSUID"),
    (libc::MS_NODEV, "MS_NODEV"),
    (libc::MS_NOEXEC, "MS_NOEXEC"),
    (libc::MS_REC, "MS_REC"),
    (libc::MS_UNBINDABLE, "MS_UNBINDABLE"),
    (libc::MS_PRIVATE, "MS_PRIVATE"),
    (libc::MS_SLAVE, "MS_SLAVE"),
    (libc::MS_SHARED, "MS_SHARED"),
];

/// open(2), after the access mode.
pub const OPEN: &[Bit] = &[
    (libc::O_CREAT as u64, "O_CREAT"),
    (libc::O_TRUNC as u64, "O_TRUNC"),
    (libc::O_NOFOLLOW as u64, "O_NOFOLLOW"),
    (libc::O_CLOEXEC as u64, "O_CLOEXEC"),
];

/// A flag word with the names of its bits: `MS_REC|MS_PRIVATE`; `0` when it is empty.
pub struct Named(pub u64, pub &'static [Bit]);

impl Show for Named {
    fn show(&self, text: &mut Text) {
        let mut between = "";
        for (bit, name) in self.1 {
            if self.0 & bit != 0 {
                put!(text, between, name);
                between = "|";
            }
        }
        if self.0 == 0 {
            text.byte(b'0');
        }
    }
}
