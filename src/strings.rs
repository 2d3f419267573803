//! C strings as thin pointers, so that an array of them is what execve(2) takes.
//!
//! The kernel's own argument and environment arrays are used in place, without a copy. Unsafety
//! here: reading the string behind a pointer that only a `&CStr` or the kernel can have made.

#![allow(unsafe_code)]

use crate::text::{Quoted, Show, Text, has};
use core::ffi::{CStr, c_char};
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A `&CStr` of one word instead of two.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct ThinCStr<'a> {
    start: NonNull<c_char>,
    text: PhantomData<&'a CStr>,
}

/// An array of C strings for execve(2): `Some` for each string and one `None` at the end.
pub type Strings<'a> = [Option<ThinCStr<'a>>];

// SAFETY: it is a shared reference to immutable text.
unsafe impl Send for ThinCStr<'_> {}
// SAFETY: as above.
unsafe impl Sync for ThinCStr<'_> {}

impl ThinCStr<'static> {
    /// A literal that ends with its only NUL.
    pub const fn literal(text: &'static str) -> Self {
        ThinCStr::of_bytes(text.as_bytes())
    }

    /// Bytes that end with their only NUL.
    pub const fn of_bytes(bytes: &'static [u8]) -> Self {
        match CStr::from_bytes_with_nul(bytes) {
            Ok(text) => match NonNull::new(text.as_ptr().cast_mut()) {
                Some(start) => ThinCStr {
                    start,
                    text: PhantomData,
                },
                None => unreachable!(),
            },
            Err(_) => panic!("no NUL at the end, or another one"),
        }
    }
}

/// A literal as a [`ThinCStr`].
macro_rules! thin {
    ($literal:literal) => {{
        const LITERAL: $crate::strings::ThinCStr<'static> =
            $crate::strings::ThinCStr::literal(concat!($literal, "\0"));
        LITERAL
    }};
}
pub(crate) use thin;

impl<'a> ThinCStr<'a> {
    /// The string, its length found by looking for the NUL.
    pub fn as_cstr(self) -> &'a CStr {
        // SAFETY: `start` came from a `&'a CStr`, or from the kernel's block, which lives for ever.
        unsafe { CStr::from_ptr(self.start.as_ptr()) }
    }

    /// The C string that bytes are which end with their only NUL.
    pub(crate) fn ending(bytes: &'a [u8]) -> Self {
        debug_assert!(bytes.iter().position(|&byte| byte == 0) == Some(bytes.len() - 1));
        ThinCStr {
            start: NonNull::from(bytes).cast(),
            text: PhantomData,
        }
    }

    /// The string from a position on; the empty end of it if the position is behind it.
    pub fn skip(self, count: usize) -> Self {
        let count = count.min(self.bytes().len());
        // SAFETY: the position is not behind the NUL, and the end of a C string is a C string.
        let start = unsafe { self.start.add(count) };
        ThinCStr { start, ..self }
    }

    /// Its address, for the kernel.
    pub fn as_ptr(self) -> *const c_char {
        self.start.as_ptr()
    }

    /// The bytes without the NUL.
    pub fn bytes(self) -> &'a [u8] {
        self.as_cstr().to_bytes()
    }
}

impl<'a> From<&'a CStr> for ThinCStr<'a> {
    fn from(text: &'a CStr) -> Self {
        ThinCStr {
            start: NonNull::from(text).cast(),
            text: PhantomData,
        }
    }
}

/// Quoted, as an argument.
impl Show for ThinCStr<'_> {
    fn show(&self, text: &mut Text) {
        Quoted(self.bytes()).show(text);
    }
}

impl PartialEq for ThinCStr<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_cstr() == other.as_cstr()
    }
}

impl fmt::Debug for ThinCStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.as_cstr().fmt(f)
    }
}

/// The C string at the start of a buffer; the empty one if there is no NUL in it.
pub fn until_nul(buffer: &[u8]) -> &CStr {
    if !has(buffer, 0) {
        return c"";
    }
    // SAFETY: there is a NUL.
    unsafe { CStr::from_ptr(buffer.as_ptr().cast()) }
}

/// The strings of an array, without the terminating `None`.
pub fn iterate<'a>(array: &Strings<'a>) -> impl Iterator<Item = ThinCStr<'a>> {
    array.iter().map_while(|item| *item)
}
