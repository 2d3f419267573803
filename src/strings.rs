//! C strings as thin pointers, so that an array of them is what execve(2) takes.
//!
//! The kernel's own argument and environment arrays are used in place, without a copy. Unsafety
//! here: reading the string behind a pointer that only a `&CStr` or the kernel can have made.

#![allow(unsafe_code)]

use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::{CStr, c_char};
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
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

/// Such an array, the caller's own or a new one.
#[derive(Clone, Debug)]
pub enum Array<'a> {
    Borrowed(&'a Strings<'a>),
    Owned(Vec<Option<ThinCStr<'a>>>),
}

impl<'a> Deref for Array<'a> {
    type Target = Strings<'a>;

    fn deref(&self) -> &Strings<'a> {
        match self {
            Array::Borrowed(strings) => strings,
            Array::Owned(strings) => strings,
        }
    }
}

impl PartialEq for Array<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

// SAFETY: it is a shared reference to immutable text.
unsafe impl Send for ThinCStr<'_> {}
// SAFETY: as above.
unsafe impl Sync for ThinCStr<'_> {}

impl ThinCStr<'static> {
    /// A literal that ends with its only NUL.
    pub const fn literal(text: &'static str) -> Self {
        match CStr::from_bytes_with_nul(text.as_bytes()) {
            Ok(text) => match NonNull::new(text.as_ptr().cast_mut()) {
                Some(start) => ThinCStr { start, text: PhantomData },
                None => unreachable!(),
            },
            Err(_) => panic!("no NUL at the end, or another one"),
        }
    }
}

impl<'a> ThinCStr<'a> {
    /// The string, its length found by looking for the NUL.
    pub fn as_cstr(self) -> &'a CStr {
        // SAFETY: `start` came from a `&'a CStr`, or from the kernel's block, which lives for ever.
        unsafe { CStr::from_ptr(self.start.as_ptr()) }
    }

    /// The string from a position on; the empty end of it if the position is behind it.
    pub fn skip(self, count: usize) -> Self {
        let rest = self.as_cstr().to_bytes_with_nul();
        let start = rest.get(count..).filter(|rest| !rest.is_empty()).map_or(c"".as_ptr(), |rest| rest.as_ptr().cast());
        // SAFETY: the end of a C string is a C string.
        unsafe { CStr::from_ptr(start) }.into()
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

/// A new C string of parts, without any NUL that is in them.
pub fn join(parts: &[&[u8]]) -> CString {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len()).sum::<usize>() + 1);
    for part in parts {
        bytes.extend(part.iter().filter(|byte| **byte != 0));
    }
    // SAFETY: no byte is NUL.
    unsafe { CString::from_vec_unchecked(bytes) }
}

/// The C string at the start of a buffer; the empty one if there is no NUL in it.
pub fn until_nul(buffer: &[u8]) -> &CStr {
    if !buffer.contains(&0) {
        return c"";
    }
    // SAFETY: there is a NUL.
    unsafe { CStr::from_ptr(buffer.as_ptr().cast()) }
}

/// The strings of an array, without the terminating `None`.
pub fn iterate<'a>(array: &Strings<'a>) -> impl Iterator<Item = ThinCStr<'a>> {
    array.iter().map_while(|item| *item)
}
