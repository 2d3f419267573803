//! Literals in which common pieces are one byte, and common phrases two.
//!
//! Sentences, help, names and strace's syntax were a fifth of the program. They are packed when it is
//! compiled, and unpacked when somebody is to read them, which is never on the way to a command. A
//! piece is two bytes, which are letters or shorter pieces: unpacking is a function that calls itself.

mod pieces;

use super::{Show, Text, cut};
use crate::strings::ThinCStr;
use pieces::*;

/// A literal in packed form, up to a NUL.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Packed(pub ThinCStr<'static>);

/// Packs literals, or a constant.
macro_rules! packed {
    (const $text:expr) => {{
        const TEXT: &[u8] = $text.as_bytes();
        const WAY: $crate::text::packed::Way<{ TEXT.len() }> =
            $crate::text::packed::way(TEXT, true);
        const BYTES: [u8; WAY.count + 1] = $crate::text::packed::pack(&WAY);
        const PACKED: $crate::text::packed::Packed =
            $crate::text::packed::Packed($crate::strings::ThinCStr::of_bytes(&BYTES));
        PACKED
    }};
    ($($literal:expr),+ $(,)?) => {
        $crate::text::packed::packed!(const concat!($($literal),+))
    };
}
pub(crate) use packed;

/// The shortest way through a text.
pub struct Way<const N: usize> {
    /// How many bytes it takes.
    pub count: usize,
    /// At each position the best way to go on.
    steps: [Step; N],
}

/// A letter, a piece, or the number of a phrase; and the length of what it stands for.
#[derive(Clone, Copy)]
struct Step {
    byte: u8,
    is_phrase: bool,
    length: u8,
}

/// Finds the way, from the end.
pub const fn way<const N: usize>(text: &[u8], with_phrases: bool) -> Way<N> {
    let mut costs = [0; N];
    let mut steps = [Step {
        byte: 0,
        is_phrase: false,
        length: 1,
    }; N];
    let mut at = N;
    while at > 0 {
        at -= 1;
        let first = text[at];
        assert!(first != 0 && first < FIRST, "literals are ASCII");
        steps[at].byte = first;
        costs[at] = cost_from(&costs, at + 1) + 1;
        let mut next = PIECES_BY_BYTE.from[first as usize];
        while next < PIECES_BY_BYTE.from[first as usize + 1] {
            let piece = PIECES_BY_BYTE.order[next];
            let length = stands(text, at, PIECES, PLACES[piece]);
            if length > 0 && cost_from(&costs, at + length) + 1 < costs[at] {
                costs[at] = cost_from(&costs, at + length) + 1;
                steps[at] = Step {
                    byte: byte_of(piece),
                    is_phrase: false,
                    length: length as u8,
                };
            }
            next += 1;
        }
        next = PHRASES_BY_BYTE.from[first as usize];
        while with_phrases && next < PHRASES_BY_BYTE.from[first as usize + 1] {
            let phrase = PHRASES_BY_BYTE.order[next];
            let length = stands(text, at, PHRASES, PHRASE_PLACES[phrase]);
            if length > 0 && cost_from(&costs, at + length) + 2 < costs[at] {
                costs[at] = cost_from(&costs, at + length) + 2;
                steps[at] = Step {
                    byte: phrase as u8 + 1,
                    is_phrase: true,
                    length: length as u8,
                };
            }
            next += 1;
        }
    }
    Way {
        count: cost_from(&costs, 0) as usize,
        steps,
    }
}

const fn cost_from(costs: &[u16], at: usize) -> u16 {
    if at < costs.len() { costs[at] } else { 0 }
}

/// The bytes on the way, and a NUL.
pub const fn pack<const N: usize, const COUNT: usize>(way: &Way<N>) -> [u8; COUNT] {
    let mut bytes = [0; COUNT];
    let (mut at, mut count) = (0, 0);
    while at < N {
        let step = way.steps[at];
        if step.is_phrase {
            bytes[count] = PHRASE;
            count += 1;
        }
        bytes[count] = step.byte;
        at += step.length as usize;
        count += 1;
    }
    bytes
}

/// The phrases, packed, each behind a `~`.
const PACKED_PHRASES: Packed = {
    const TEXT: &[u8] = PHRASES.as_bytes();
    const WAY: Way<{ TEXT.len() }> = way(TEXT, false);
    const BYTES: [u8; WAY.count + 1] = pack(&WAY);
    Packed(ThinCStr::of_bytes(&BYTES))
};

impl Packed {
    /// Passes on one letter after the other.
    #[inline(never)]
    pub fn each(self, take: &mut dyn FnMut(u8)) {
        let mut bytes = self.0.bytes().iter();
        while let Some(&byte) = bytes.next() {
            if byte != PHRASE {
                unpack(byte, take);
                continue;
            }
            let mut phrases = PACKED_PHRASES.0.bytes();
            for _ in 0..bytes.next().copied().unwrap_or(0) {
                cut(&mut phrases, b'~');
            }
            for &byte in cut(&mut phrases, b'~') {
                unpack(byte, take);
            }
        }
    }

    /// Whether it is empty.
    pub fn is_empty(self) -> bool {
        self.0.bytes().is_empty()
    }

    /// Writes the word at a position in a list of words with single spaces between; whether there is one.
    #[inline(never)]
    pub fn show_word(self, position: usize, text: &mut Text) -> bool {
        let (mut before, start) = (position, text.len());
        self.each(&mut |letter| match letter {
            b' ' => before = before.wrapping_sub(1),
            _ if before == 0 => text.byte(letter),
            _ => {}
        });
        text.len() > start
    }

    /// The position of a word in such a list.
    #[inline(never)]
    pub fn position(self, word: &[u8]) -> Option<usize> {
        let (mut at, mut rest, mut found) = (0, Some(word), None);
        let mut step = |letter| match (letter, rest) {
            (b' ', _) => {
                if rest.is_some_and(<[u8]>::is_empty) {
                    found = Some(at);
                }
                rest = Some(word);
                at += 1;
            }
            (_, Some([first, others @ ..])) if *first == letter => rest = Some(others),
            _ => rest = None,
        };
        self.each(&mut step);
        step(b' ');
        found
    }
}

/// Passes on the letters of a byte.
#[inline(never)]
fn unpack(byte: u8, take: &mut dyn FnMut(u8)) {
    match HALVES.get(usize::from(byte.wrapping_sub(FIRST))) {
        Some(&[one, other]) if other != 0 => {
            unpack(one, take);
            unpack(other, take);
        }
        _ => take(byte),
    }
}

impl Show for Packed {
    fn show(&self, text: &mut Text) {
        self.each(&mut |letter| text.byte(letter));
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn what_is_packed_comes_out_as_it_was() {
        let words = crate::words::Words::default();
        let mut text = Text::new(&words);
        packed!("a namespace, the command ~ and ", "\"CLONE_NEWNS\"\n").show(&mut text);
        assert_eq!(
            text.bytes(),
            b"a namespace, the command ~ and \"CLONE_NEWNS\"\n"
        );
    }

    #[test]
    fn packing_saves_what_it_costs() {
        let pieces = PIECES.split('~').count() - 1;
        assert!(
            size_of_val(&HALVES) < 600 && pieces <= PLACES.len(),
            "{pieces}"
        );
    }
}
