//! x86_64: the system call's number and result in rax, arguments in rdi rsi rdx r10 r8 r9; rcx and
//! r11 are lost, everything else survives it, in the child too.

use core::arch::{asm, naked_asm};
use linux_raw_sys::general as call;

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
        "mov r8, rcx", // the argument, out of the way of `syscall`
        "mov eax, {number}",
        "syscall",
        "test rax, rax",
        "jz 2f",
        "ret",
        "2:",
        "xor ebp, ebp", // the end of the chain of frames
        "mov rdi, r8",
        "call rdx",
        "ud2",
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
        "mov r10, rdx", // child_tid is the fourth argument here; the fifth, tls, is not looked at
        "xor edx, edx",
        "mov r9, rcx",
        "mov eax, {number}",
        "syscall",
        "test rax, rax",
        "jz 2f",
        "ret",
        "2:",
        "xor ebp, ebp",
        "mov rdi, r8",
        "and rsp, -16",
        "call r9",
        "ud2",
        number = const syscalls::Sysno::clone as i32,
    )
}

/// A counter that runs at a constant rate, read without a system call.
pub fn ticks() -> u64 {
    // SAFETY: every x86_64 has the instruction.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// What stands before the number of the port in `--report`, and whether there is one.
pub const MONITOR: (&[u8], bool) = (b"port:0x", true);

/// What people are told of `--report`.
macro_rules! report {
    (help) => {
        "console, port:0xN, file:PATH, vsock:CID:PORT, virtio:NAME, krun"
    };
    (wanted) => {
        "such as console, port:0xf4, file:/dev/vport0p1, vsock:2:1024, virtio:name or krun"
    };
}
pub(crate) use report;

/// Tells the program that runs the machine a byte, by an I/O port, if iopl(2) allows it, which is for who
/// has `CAP_SYS_RAWIO`.
pub fn tell(port: u16, byte: u8) {
    // SAFETY: the device is for the caller to choose; memory is not touched.
    unsafe {
        asm!(
            "syscall",
            "test eax, eax",
            "jnz 2f",
            "mov eax, {byte:e}",
            "out dx, al",
            "2:",
            inout("eax") syscalls::Sysno::iopl as i32 => _, in("edi") 3, in("dx") port,
            byte = in(reg) u32::from(byte), out("rcx") _, out("r11") _, options(nomem, nostack)
        )
    }
}

/// Whether every machine can be switched off. Here the firmware's tables say whether it has a switch.
pub const HAS_SWITCH: bool = false;

/// The largest page of memory.
pub const PAGE: usize = 0x1000;

/// `AUDIT_ARCH_X86_64`.
pub const AUDIT: u32 = 0xc000_003e;

/// The numbers of ioctl(2) for other programs that run here: i386's and x32's. What else has these numbers
/// (setsockopt(2)) has no such second argument.
pub const OTHER_IOCTLS: [u32; 2] = [54, 0x4000_0202];

/// Calls of which the filter of `--seccomp default` knows here alone: of the first kernels, and for I/O ports.
pub const OWN_CALLS: &[u32] = &[
    call::__NR_afs_syscall,
    call::__NR_create_module,
    call::__NR_get_kernel_syms,
    call::__NR_getpmsg,
    call::__NR_ioperm,
    call::__NR_iopl,
    call::__NR_putpmsg,
    call::__NR_query_module,
    call::__NR_security,
    call::__NR__sysctl,
    call::__NR_sysfs,
    call::__NR_tuxcall,
    call::__NR_uselib,
    call::__NR_ustat,
    call::__NR_vserver,
];

/// An instruction that ends the process with a signal, also where no system call does.
pub fn trap() -> ! {
    // SAFETY: it does not return, and touches nothing.
    unsafe { asm!("ud2", options(noreturn, nomem, nostack)) }
}
