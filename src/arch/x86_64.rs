//! x86_64: the system call's number and result in rax, arguments in rdi rsi rdx r10 r8 r9; rcx and
//! r11 are lost, everything else survives it, in the child too.

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

/// Writes a byte to an I/O port, which iopl(2) has to have allowed.
pub fn out(port: u16, byte: u8) {
    // SAFETY: the device is for the caller to choose; memory is not touched.
    unsafe { asm!("out dx, al", in("dx") port, in("al") byte, options(nomem, nostack)) }
}

/// An instruction that ends the process with a signal, also where no system call does.
pub fn trap() -> ! {
    // SAFETY: it does not return, and touches nothing.
    unsafe { asm!("ud2", options(noreturn, nomem, nostack)) }
}
