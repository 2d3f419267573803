//! The end of a machine, and what only its first process may do.

use super::raw::{Sysno, call};
use super::{Result, nothing};
use crate::arch;

/// reboot(2).
fn reboot(command: u32) -> Result<()> {
    let [first, second] = [libc::LINUX_REBOOT_MAGIC1, libc::LINUX_REBOOT_MAGIC2];
    // SAFETY: no pointer is passed.
    unsafe {
        call(
            Sysno::reboot,
            [first as u32 as usize, second as usize, command as usize],
        )
    }
    .map(nothing)
}

/// Makes ctrl-alt-del a `SIGINT` for process 1; whether this is a machine of which we may say that.
pub fn keys_are_ours() -> bool {
    reboot(libc::LINUX_REBOOT_CMD_CAD_OFF as u32).is_ok()
}

/// How a machine ends, the first that works; returns if none does.
pub fn end(ways: [u32; 2]) {
    for way in ways {
        let _ = reboot(way);
    }
}

/// Tells the program that runs the machine a byte; by this port, where there are any.
pub fn tell_monitor(port: u16, byte: u8) {
    arch::tell(port, byte);
}
