//! x86_64: the entry point, and the memory functions that the compiler calls by name.
//!
//! Unsafety here: registers, and the C contracts of these functions, which the compiler keeps when it
//! calls them. The string instructions keep it from turning a loop back into a call of itself.

use super::{MEMORY, Parts, begin};
use core::arch::{asm, naked_asm};

/// The entry point: passes the kernel's block on, with our own stack.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "xor ebp, ebp",
        "mov rdi, rsp",
        "lea rsp, [rip + {memory} + {end}]",
        "call {begin}",
        "ud2",
        memory = sym MEMORY,
        end = const core::mem::offset_of!(Parts, words),
        begin = sym begin,
    )
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the caller's regions hold `count` bytes and do not overlap.
    unsafe {
        asm!(
            "rep movsb",
            inout("rdi") to => _, inout("rsi") from => _, inout("rcx") count => _,
            options(nostack, preserves_flags)
        );
    }
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    if (to as usize).wrapping_sub(from as usize) >= count {
        // SAFETY: `to` is not inside the source, so copying upwards reads each byte before writing it.
        return unsafe { memcpy(to, from, count) };
    }
    // SAFETY: copying downwards reads each byte before writing it; the direction flag is cleared again.
    unsafe {
        asm!(
            "std", "rep movsb", "cld",
            inout("rdi") to.wrapping_add(count).wrapping_sub(1) => _,
            inout("rsi") from.wrapping_add(count).wrapping_sub(1) => _,
            inout("rcx") count => _,
            options(nostack)
        );
    }
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, count: usize) -> *mut u8 {
    // SAFETY: the caller's region holds `count` bytes.
    unsafe {
        asm!(
            "rep stosb",
            inout("rdi") to => _, in("al") byte as u8, inout("rcx") count => _,
            options(nostack, preserves_flags)
        );
    }
    to
}
