//! Literals of which common pieces are one byte.
//!
//! Sentences, help and strace's syntax were a fifth of the program. They are packed when it is
//! compiled, and unpacked when somebody is to read them, which is never on the way to a command.

use super::{Show, Text};
use crate::strings::ThinCStr;

/// The pieces, each behind a `~`: the first is written as the byte 0x80. Chosen by counting what
/// saves most; an order or a piece may be changed at any time.
const PIECES: &str = concat!(
    "~ namespace~the ~, ~s ~er~e ~ run --security-opt ~pidon~t ~or ~ne~numb~a ~d ~\t\n\t~of ~ro",
    "~ to ~th~: ~mount~comman~se~on~no~si~ar~ma~in~flags=~it~such ~COMMAND~st~un~de~ccomp~re~al",
    "~\n\t~4294967294~ch~SIG~an~or~NULL~able~ed~en~y ~exec~_SET~lo~ct~  ~id~ID ~...~wh~gram~ke~sk",
    "~--~namespace~a place without ..\n\t~[OPTIONS]~confine~andloc~group~withou~capabil~ther~is ",
    "~ in~ of ~descriptor~ it~proc~es~irectory~/etc/sub~CAP~li~\tthe number of an open ",
    "~ in a container: dock~with ~the command's~time~ o~child~ needs ~\ta name ~and ~new~ name~at ",
    "~me~e, ~DMIN~fil~this ~ octal number up to 7~read-only~after~root ~user~ge~ is ~ h~CAP_SYS_",
    "~rivileg~no ~ a ~are ~ bytes~as ~s, ~ystem~    ~side~ound us refuse~--] COMMAND [ARG...]  ",
    "~\ta number~, uts, ipc, net, p~kernel~a list of ~rom ~be",
);

/// The byte of the first piece. Literals themselves are ASCII.
const FIRST: u8 = 0x80;

/// A literal in packed form, up to a NUL.
#[derive(Clone, Copy)]
pub struct Packed(pub ThinCStr<'static>);

/// Packs a literal.
macro_rules! packed {
    ($($literal:expr),+ $(,)?) => {{
        const TEXT: &str = concat!($($literal),+);
        const LENGTH: usize = $crate::text::packed::length(TEXT.as_bytes());
        const BYTES: &[u8] = &$crate::text::packed::pack::<LENGTH>(TEXT.as_bytes());
        const PACKED: $crate::text::packed::Packed =
            $crate::text::packed::Packed($crate::strings::ThinCStr::of_bytes(BYTES));
        PACKED
    }};
}
pub(crate) use packed;

/// The size of a packed text, with its NUL.
pub const fn length(text: &[u8]) -> usize {
    let (mut at, mut length) = (0, 1);
    while at < text.len() {
        at += longest(text, at).1;
        length += 1;
    }
    length
}

/// The text in so many bytes.
pub const fn pack<const N: usize>(text: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    let (mut at, mut length) = (0, 0);
    while at < text.len() {
        assert!(text[at] != 0 && text[at] < FIRST, "literals are ASCII");
        let (byte, taken) = longest(text, at);
        bytes[length] = byte;
        at += taken;
        length += 1;
    }
    bytes
}

/// Where each piece begins in `PIECES`, and where it ends.
const PLACES: [(usize, usize); 128] = places();

const fn places() -> [(usize, usize); 128] {
    let pieces = PIECES.as_bytes();
    let mut places = [(0, 0); 128];
    let (mut at, mut piece) = (0, 0);
    while at < pieces.len() {
        let start = at + 1;
        at = start;
        while at < pieces.len() && pieces[at] != b'~' {
            at += 1;
        }
        places[piece] = (start, at);
        piece += 1;
    }
    places
}

/// The pieces by their first byte: those of byte `b` are `IN_ORDER[FROM[b]..FROM[b + 1]]`. It makes
/// packing, which is done for every literal, ten times as fast.
const IN_ORDER: [usize; 128] = by_first_byte().0;
const FROM: [usize; 129] = by_first_byte().1;

const fn by_first_byte() -> ([usize; 128], [usize; 129]) {
    let (mut order, mut from) = ([0; 128], [0; 129]);
    let (mut byte, mut count) = (0, 0);
    while byte < 128 {
        from[byte] = count;
        let mut piece = 0;
        while piece < PLACES.len() {
            let (start, end) = PLACES[piece];
            if start < end && PIECES.as_bytes()[start] as usize == byte {
                order[count] = piece;
                count += 1;
            }
            piece += 1;
        }
        byte += 1;
    }
    from[128] = count;
    (order, from)
}

/// The byte for the longest piece that stands in a text at a position, and its length.
const fn longest(text: &[u8], start: usize) -> (u8, usize) {
    let pieces = PIECES.as_bytes();
    let first = text[start] as usize;
    let (mut best, mut most) = (text[start], 1);
    let mut next = FROM[first];
    while next < FROM[first + 1] {
        let piece = IN_ORDER[next];
        let (mut at, end) = PLACES[piece];
        let mut here = start;
        while at < end && here < text.len() && pieces[at] == text[here] {
            at += 1;
            here += 1;
        }
        if at == end && here - start > most {
            (best, most) = (FIRST + piece as u8, here - start);
        }
        next += 1;
    }
    (best, most)
}

impl Show for Packed {
    fn show(&self, text: &mut Text) {
        for &byte in self.0.bytes() {
            if byte < FIRST {
                text.byte(byte);
                continue;
            }
            let mut rest = PIECES;
            for _ in FIRST..=byte {
                super::cut_text(&mut rest, b'~');
            }
            text.raw(super::cut_text(&mut rest, b'~').as_bytes());
        }
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
        assert!(PIECES.len() < 800 && pieces <= PLACES.len(), "{pieces}");
    }
}
