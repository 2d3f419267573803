//! aarch64: the system call's number in x8, arguments in x0 to x5, the result in x0; everything else
//! survives it, in the child too.

use core::arch::{asm, naked_asm};

/// clone3(2), and in the child `entry(argument)` on the new stack. In the parent the raw result.
///
/// # Safety
///
/// `arguments` must be a valid `struct clone_args` with a stack; `entry` must not return, and what
/// it uses must outlive the child's use of this memory.
#[unsafe(naked)]
pub unsafe extern "C" fn clone3(
    arguments: *const linux_raw_sys::general::clone_args,
    size: usize,
    entry: extern "C" fn(*const ()) -> !,
    argument: *const (),
) -> isize {
    naked_asm!(
        "mov w8, {number}",
        "svc #0",
        "cbz x0, 2f",
        "ret",
        "2:",
        "mov x29, xzr", // the end of the chain of frames
        "mov x30, xzr",
        "mov x0, x3",
        "blr x2",
        "udf #0",
        number = const syscalls::Sysno::clone3 as i32,
    )
}

/// clone(2), for where clone3 is refused; otherwise as above. `stack` is the top of the new stack, or 0
/// for what is below our own.
///
/// # Safety
///
/// As for [`clone3`].
#[unsafe(naked)]
pub unsafe extern "C" fn clone(
    flags: u64,
    stack: usize,
    child_tid: *const u32,
    entry: extern "C" fn(*const ()) -> !,
    argument: *const (),
) -> isize {
    naked_asm!(
        "mov x5, x4",
        "mov x4, x2", // child_tid is the fifth argument here; the fourth, tls, is not looked at
        "mov x6, x3",
        "mov x2, xzr",
        "mov x3, xzr",
        "mov w8, {number}",
        "svc #0",
        "cbz x0, 2f",
        "ret",
        "2:",
        "mov x29, xzr",
        "mov x30, xzr",
        "mov x0, x5",
        "blr x6",
        "udf #0",
        number = const syscalls::Sysno::clone as i32,
    )
}

/// A counter that runs at a constant rate, read without a system call.
pub fn ticks() -> u64 {
    let ticks;
    // SAFETY: Linux lets programs read the virtual counter.
    unsafe { asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) }
    ticks
}

/// What is written for `--report`, and whether the number of a port follows it.
pub const MONITOR: (&[u8], bool) = (b"semihost", false);

/// What people are told of `--report`.
macro_rules! report {
    (help) => {
        "console, semihost, file:PATH, vsock:CID:PORT, virtio:NAME, krun"
    };
    (wanted) => {
        "such as console, semihost, file:/dev/vport0p1, vsock:2:1024, virtio:name or krun"
    };
}
pub(crate) use report;

/// Tells the program that runs the machine a byte, which it exits with: `SYS_EXIT_EXTENDED` with the reason
/// `ADP_Stopped_ApplicationExit` ("Semihosting for AArch32 and AArch64", 6.2). Where nobody listens to that,
/// it is an undefined instruction, which ends a child: a machine must not lose its first process.
pub fn tell(_: u16, byte: u8) {
    let block = [0x20026, u64::from(byte)];
    // SAFETY: it reads the block; the child, which has memory of its own, does not leave this.
    unsafe {
        asm!(
            "svc #0",
            "cbnz x0, 2f",
            "mov w0, #0x20",
            "mov x1, {block}",
            "hlt #0xf000",
            "udf #0",
            "2:",
            block = in(reg) &block,
            in("x8") syscalls::Sysno::clone as usize,
            inout("x0") (libc::CLONE_VFORK | libc::SIGCHLD) as usize => _,
            inout("x1") 0usize => _, in("x2") 0, in("x3") 0, in("x4") 0,
            options(nostack)
        )
    }
}

/// Whether every machine can be switched off: the firmware has a call for that (PSCI).
pub const HAS_SWITCH: bool = true;

/// The largest page of memory: a kernel has pages of 4, 16 or 64 KiB.
pub const PAGE: usize = 0x1_0000;

/// `AUDIT_ARCH_AARCH64`.
pub const AUDIT: u32 = 0xc000_00b7;

/// The numbers of ioctl(2) for other programs that run here: 32-bit ARM's. What else has this number
/// (fchownat(2)) has a pointer there.
pub const OTHER_IOCTLS: [u32; 2] = [54, 54];

/// Calls of which the filter of `--seccomp default` knows here alone.
pub const OWN_CALLS: &[u32] = &[];

/// An instruction that ends the process with a signal, also where no system call does.
pub fn trap() -> ! {
    // SAFETY: it does not return, and touches nothing.
    unsafe { asm!("udf #0", options(noreturn, nomem, nostack)) }
}
