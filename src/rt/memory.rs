//! The memory functions that the compiler calls by name, but for those of the processor.
//!
//! Unsafety here: the C contracts of these functions, which the compiler keeps when it calls them.

use core::ffi::c_char;

#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, count: usize) -> i32 {
    for at in 0..count {
        // SAFETY: both of the caller's regions hold `count` bytes.
        let (a, b) = unsafe { (left.add(at).read(), right.add(at).read()) };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, count: usize) -> i32 {
    // SAFETY: the same contract.
    unsafe { memcmp(left, right, count) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strlen(text: *const c_char) -> usize {
    let mut end = text;
    // SAFETY: the caller's string ends with a NUL.
    unsafe {
        while end.read() != 0 {
            end = end.add(1);
        }
    }
    end as usize - text as usize
}
