//! Text without the formatting machinery of `core`, which would be a third of the program.
//!
//! [`put!`] writes its arguments one after the other: `put!(text, "step ", number, ": ", errno)`.

pub(crate) mod escaped;
pub(crate) mod packed;
pub(crate) mod proc;

use crate::strings::ThinCStr;
use crate::words::{Array, Words};
use packed::Packed;

/// Bytes under construction.
pub struct Text<'w> {
    bytes: Array<'w, u8>,
}

/// What can be written into a text.
pub trait Show {
    /// Writes it at the end.
    fn show(&self, text: &mut Text);
}

/// Writes values one after the other. Literals go as one word, without their length.
macro_rules! put {
    ($text:expr $(,)?) => {};
    ($text:expr, $literal:literal $(, $($rest:tt)*)?) => {{
        $text.unpack($crate::text::packed::packed!($literal));
        $( $crate::text::put!($text, $($rest)*); )?
    }};
    ($text:expr, $value:expr $(, $($rest:tt)*)?) => {{
        #[allow(unused_imports)]
        use $crate::text::Show as _;
        $value.show($text);
        $( $crate::text::put!($text, $($rest)*); )?
    }};
}
pub(crate) use put;

/// Lets `{}` and `to_string()` show what shows itself.
macro_rules! display {
    ($($kind:ty),+) => {$(
        impl core::fmt::Display for $kind {
            fn fmt(&self, f: &mut core::fmt::Formatter) -> core::fmt::Result {
                let words = $crate::words::Words::default();
                let mut text = $crate::text::Text::new(&words);
                $crate::text::Show::show(self, &mut text);
                for chunk in text.bytes().utf8_chunks() {
                    f.write_str(chunk.valid())?;
                    f.write_str(if chunk.invalid().is_empty() { "" } else { "\u{fffd}" })?;
                }
                Ok(())
            }
        }
    )+};
}
pub(crate) use display;

impl<'w> Text<'w> {
    /// An empty text.
    #[inline(never)]
    pub fn new(words: &'w Words) -> Self {
        Text {
            bytes: Array::new(words),
        }
    }

    /// Where it grows.
    pub fn words(&self) -> &'w Words {
        self.bytes.words()
    }

    /// What has been written.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What has been written, for as long as the words live.
    pub fn finish(self) -> &'w [u8] {
        self.bytes.finish()
    }

    /// Takes what has been written, as a C string. There must be no NUL in it.
    #[inline(never)]
    pub fn take_path(&mut self) -> ThinCStr<'w> {
        self.byte(0);
        let empty = Array::new(self.words());
        ThinCStr::ending(core::mem::replace(&mut self.bytes, empty).finish())
    }

    /// Writes one byte.
    pub fn byte(&mut self, byte: u8) {
        self.raw(&[byte]);
    }

    /// Writes bytes as they are.
    #[inline(never)]
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    /// Writes a literal.
    #[inline(never)]
    pub fn unpack(&mut self, literal: Packed) {
        literal.show(self);
    }

    /// Writes a number with at least so many digits, in a base up to 16.
    #[inline(never)]
    pub fn number(&mut self, number: u64, base: u64, least: usize) {
        if number >= base || least > 1 {
            self.number(number / base, base, least.saturating_sub(1));
        }
        let value = (number % base) as u8;
        self.byte(value + if value < 10 { b'0' } else { b'a' - 10 });
    }

    /// Writes spaces until the text has this length.
    pub fn pad_to(&mut self, length: usize) {
        while self.bytes.len() < length {
            self.byte(b' ');
        }
    }

    /// Forgets what is behind this length.
    pub fn cut_to(&mut self, length: usize) {
        self.bytes.cut_to(length);
    }

    /// How many bytes have been written.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing has been written.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl Show for str {
    #[inline(never)]
    fn show(&self, text: &mut Text) {
        text.raw(self.as_bytes());
    }
}

impl<T: Show + ?Sized> Show for &T {
    #[inline(always)]
    fn show(&self, text: &mut Text) {
        (**self).show(text);
    }
}

impl Show for u64 {
    fn show(&self, text: &mut Text) {
        text.number(*self, 10, 1);
    }
}

impl Show for i64 {
    fn show(&self, text: &mut Text) {
        if *self < 0 {
            text.byte(b'-');
        }
        self.unsigned_abs().show(text);
    }
}

/// Numbers that are shown as wider ones.
macro_rules! show_as {
    ($wide:ty: $($narrow:ty),+) => {$(
        impl Show for $narrow {
            fn show(&self, text: &mut Text) {
                (*self as $wide).show(text);
            }
        }
    )+};
}
show_as!(u64: u8, u16, u32, usize);
show_as!(i64: i32);

/// Bytes as a C string literal, as strace(1) writes them.
pub struct Quoted<'a>(pub &'a [u8]);

impl Show for Quoted<'_> {
    fn show(&self, text: &mut Text) {
        text.byte(b'"');
        for (at, &byte) in self.0.iter().enumerate() {
            let escaped = match byte {
                b'"' | b'\\' => Some(byte),
                b'\t'..=b'\r' => b"tnvfr".get(usize::from(byte - b'\t')).copied(),
                _ => None,
            };
            if let Some(letter) = escaped {
                text.raw(&[b'\\', letter]);
            } else if (b' '..=b'~').contains(&byte) {
                text.byte(byte);
            } else {
                // A digit after a short octal escape would be read as part of it.
                let digit_follows = self.0.get(at + 1).is_some_and(u8::is_ascii_digit);
                text.byte(b'\\');
                text.number(u64::from(byte), 8, if digit_follows { 3 } else { 1 });
            }
        }
        text.byte(b'"');
    }
}

display!(Quoted<'_>);

/// Takes the part up to the next `mark` off the front, and the mark; all of it if there is none.
#[inline(never)]
pub fn cut<'a>(rest: &mut &'a [u8], mark: u8) -> &'a [u8] {
    let all = *rest;
    let length = all
        .iter()
        .position(|&byte| byte == mark)
        .unwrap_or(all.len());
    *rest = all.get(length + 1..).unwrap_or(&[]);
    all.get(..length).unwrap_or(all)
}

/// Whether a byte is in a text. What `core` has for this is made for long ones, and ten times as large.
#[allow(clippy::manual_contains)]
#[inline(never)]
pub fn has(text: &[u8], byte: u8) -> bool {
    text.iter().any(|&one| one == byte)
}

/// The same for text of ours, in which the mark is one byte.
#[inline(never)]
pub fn cut_text(rest: &mut &'static str, mark: u8) -> &'static str {
    let all = *rest;
    let length = all
        .bytes()
        .position(|byte| byte == mark)
        .unwrap_or(all.len());
    *rest = all.get(length + 1..).unwrap_or("");
    all.get(..length).unwrap_or(all)
}

/// The word at a position in a list of words with single spaces between.
#[inline(never)]
pub fn word(mut words: &'static str, position: usize) -> &'static str {
    for _ in 0..position {
        cut_text(&mut words, b' ');
    }
    cut_text(&mut words, b' ')
}

/// The position of a word in such a list.
#[inline(never)]
pub fn position(mut words: &'static str, word: &[u8]) -> Option<usize> {
    let mut at = 0;
    while !words.is_empty() {
        if cut_text(&mut words, b' ').as_bytes() == word {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Decimal digits and nothing else.
pub fn decimal(digits: &[u8]) -> Option<u64> {
    number(digits, 10)
}

/// Digits of a base up to 16, and nothing else: no sign, no space, no overflow.
#[inline(never)]
pub fn number(digits: &[u8], base: u64) -> Option<u64> {
    let mut number = (!digits.is_empty()).then_some(0u64)?;
    for digit in digits {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            b'A'..=b'F' => digit - b'A' + 10,
            _ => return None,
        };
        let value = Some(u64::from(value)).filter(|&value| value < base)?;
        number = number.checked_mul(base)?.checked_add(value)?;
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn strings_are_quoted_as_strace_quotes_them() {
        for (bytes, text) in [
            (&b"plain"[..], r#""plain""#),
            (b"a\"b\\c", r#""a\"b\\c""#),
            (b"\n\t\r\x0b\x0c", r#""\n\t\r\v\f""#),
            (b"\x011", r#""\0011""#),
            (b"\x01a", r#""\1a""#),
            ("\u{e4}".as_bytes(), r#""\303\244""#),
        ] {
            assert_eq!(Quoted(bytes).to_string(), text);
        }
    }

    #[test]
    fn numbers_are_written_in_a_base() {
        for (number, base, least, wanted) in [
            (0, 10, 1, "0"),
            (u64::MAX, 10, 1, "18446744073709551615"),
            (0o22, 8, 3, "022"),
            (65536, 16, 1, "10000"),
        ] {
            let words = Words::default();
            let mut text = Text::new(&words);
            text.number(number, base, least);
            assert_eq!(text.bytes(), wanted.as_bytes());
        }
        let words = Words::default();
        let mut text = Text::new(&words);
        put!(&mut text, -5, " ", 7u8, i64::MIN);
        assert_eq!(text.bytes(), b"-5 7-9223372036854775808");
    }

    #[test]
    fn numbers_are_digits_and_never_wrap() {
        assert_eq!(decimal(b"0"), Some(0));
        assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(number(b"ff", 16), Some(255));
        for wrong in [
            "",
            "18446744073709551616",
            "1x",
            " 1",
            "-1",
            "+1",
            "0x10",
            "1_0",
            "a",
        ] {
            assert_eq!(decimal(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
