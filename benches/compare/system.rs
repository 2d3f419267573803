//! The few calls of the C library that `std` links but does not offer.

use std::ffi::{CStr, c_char, c_int, c_ulong, c_void};
use std::io;

const SIGKILL: c_int = 9;

unsafe extern "C" {
    fn geteuid() -> u32;
    fn kill(pid: c_int, signal: c_int) -> c_int;
    fn prctl(option: c_int, ...) -> c_int;
    fn unshare(flags: c_int) -> c_int;
    fn mount(
        source: *const c_char,
        target: *const c_char,
        kind: *const c_char,
        flags: c_ulong,
        data: *const c_void,
    ) -> c_int;
}

pub fn is_root() -> bool {
    // SAFETY: geteuid touches no memory and cannot fail.
    unsafe { geteuid() == 0 }
}

/// Puts this process, and so every competitor, into a private mount namespace of its own.
///
/// The bare floor mounts a proc without making anything private first: on a host whose mounts are
/// shared it would cover the host's /proc.
pub fn own_mount_namespace() -> Result<(), String> {
    const CLONE_NEWNS: c_int = 0x20000;
    const REC_PRIVATE: c_ulong = 0x4000 | 0x4_0000;
    const ROOT: &CStr = c"/";
    if !is_root() {
        return Err("they need root".into());
    }
    // SAFETY: the pointers are null, which the calls allow here, or a NUL-terminated constant.
    let private = unsafe {
        unshare(CLONE_NEWNS) == 0
            && mount(
                c"none".as_ptr(),
                ROOT.as_ptr(),
                std::ptr::null(),
                REC_PRIVATE,
                std::ptr::null(),
            ) == 0
    };
    if private {
        return Ok(());
    }
    Err(format!(
        "no mount namespace of our own: {}",
        io::Error::last_os_error()
    ))
}

/// Kills a child that has not been reaped yet, so that its number cannot be somebody else's.
pub fn kill_process(pid: u32) {
    signal(pid as c_int);
}

/// The same for the process group that a child leads.
pub fn kill_group(leader: u32) {
    signal(-(leader as c_int));
}

/// For the child between fork and exec.
pub fn die_with_parent() -> io::Result<()> {
    const PR_SET_PDEATHSIG: c_int = 1;
    // SAFETY: this prctl takes a number and touches no memory.
    unsafe { prctl(PR_SET_PDEATHSIG, c_ulong::from(SIGKILL.unsigned_abs())) };
    Ok(())
}

fn signal(target: c_int) {
    // SAFETY: kill touches no memory of ours.
    unsafe { kill(target, SIGKILL) };
}
