//! Texts that follow from the child.

use crate::strings::until_nul;
use core::ffi::CStr;

/// Room for the object with eight namespaces.
const SHORT: usize = 384;

/// A short text in place: the child and the steps beside it allocate nothing.
pub struct Short {
    bytes: [u8; SHORT],
    length: usize,
}

impl Short {
    pub fn new() -> Self {
        Short {
            bytes: [0; SHORT],
            length: 0,
        }
    }

    pub fn push(&mut self, more: &[u8]) {
        // The last byte stays 0, so that the text is a C string too.
        let end = self
            .length
            .saturating_add(more.len())
            .min(self.bytes.len() - 1);
        if let Some(place) = self.bytes.get_mut(self.length..end) {
            for (to, from) in place.iter_mut().zip(more) {
                *to = *from;
            }
        }
        self.length = end;
    }

    pub fn number(&mut self, number: u64) {
        if number >= 10 {
            self.number(number / 10);
        }
        self.push(&[b'0' + (number % 10) as u8]);
    }

    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    pub fn path(&self) -> &CStr {
        until_nul(&self.bytes)
    }
}
