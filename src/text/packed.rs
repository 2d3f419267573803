//! Literals in which common pieces are one byte, and common phrases two.
//!
//! Sentences, help, names and strace's syntax were a fifth of the program. They are packed when it is
//! compiled, and unpacked when somebody is to read them, which is never on the way to a command. A
//! piece is two bytes, which are letters or shorter pieces: unpacking is a function that calls itself.

use super::{Show, Text, cut};
use crate::strings::ThinCStr;

/// The pieces, each behind a `~`. Chosen by counting what saves most; an order or a piece may be
/// changed at any time, but each must consist of two that are here, or of letters.
const PIECES: &str = concat!(
    "~\n\t~  ~ E~ t~, ~--~..~: ~CA~D ~E ~ER~E_~IN~NE~NO~ON~PR~RE~S ~SE~SI~SY~S_~T ~T_~a ~ac~ad~al~am~an",
    "~ar~at~ch~ct~d ~de~e\n~e ~ed~en~er~es~f ~gr~ha~id~il~im~in~it~iv~lo~ma~mo~ne~no~o ~om~on~op~or~ou~p ",
    "~pl~re~ro~s ~se~si~st~sy~t ~th~un~us~ut~w ~wh~wi~y ~\t\n\t~\ta ~'s ~CAP~ID ~SET~at ~ch ~com~e, ~ed ",
    "~ent~er ~es ~fil~id ~in ~ing~is ~it ~mas~nam~no ~of ~on ~or ~pac~pid~pro~roo~sec~set~    ~ ENO~ is ",
    "~ to ~SYS_~and ~are ~grou~its ~mask~moun~new ~not ~out ~plac~proc~side~the ~ther~user~with~, or ",
    "~/proc~espac~group~mount~pidon~this ~user ~with ~, and ~mount ~proces~pidone ~namespac~without ",
    "~namespace~e without ~place without ~user namespace~place without ..~place without ..\n\t",
    "~\ta place without ..\n\t",
);

/// What is longer or rarer, in the same way. The byte [`PHRASE`] stands before the number of a phrase.
const PHRASES: &str = concat!(
    "~\ta list of mount, ~\ta name or a number u~\ta number ~\ta place without ..\n\twith its devi",
    "~\ta type such as net ~\n\toffset of the ~\n  pidone ~\n2.6.~\nLandlock ~   a command in ~ MAKE_",
    "~ PID PID.~ [OPTIONS]~ bytes~ needs CAP_~ no TCP\ta ~ to it, else~\", &stat, ~(&gate, FUTEX_WA~, ABI",
    "~, if there is an S~, or --cap-~, pid, user, cgroup, time\n\t~--landlock-~/etc/sub~4096~; in a conta",
    "~ABLE ~ACCES~ATH~AT_FDCWD~AUDIT_~AppArmor ~BPF ~CAP_AMBIE~CHILD~CLOEXEC~COMMAN~DIR REMOV~EMPTY_PATH",
    "~EN_TREE_~EXEC~FIL~ID and CAP_SETGID~IPC~IS domain ~KILL~LANDLOCK_~LOCK~Linux~NOSUID NODEV ~NULL",
    "~OVERRID~RECURSIVE~SIGCHLD~SYS_ADMIN~SYS_RESOUR~T_ADMIN, or ALL\n\t~UT:COUNT ~[--] COMMAND [ARG...",
    "~\\n\", ...)~after~after that long~an octal ~andlock~another~appears at D~before ~below ~boot-time ",
    "~capabilit~cgroup ~chdir ~child~comes the root\t\n\t~compare~contradicts ~ctl kernel~d by itself",
    "~default~directory~empty~envir~essage que~exec~filter~flags=~fresh ~from ~host ",
    "~ined (a user namespace is then adde~iner: docker run --security-opt ~it takes CAP_~kee~led_access_",
    "~lock\ta whol~memor~mode of what ~name\ta name of 1~namespace\t-~ne(child_stack~needs ~nel is built ",
    "~newfstatat~nice value~no such ~notonic ~number of second~number up to 777",
    "~or, and a place without ..\n\t~ort from 0 to 6553~overla~own ~pidone --help~process id~program",
    "~range ~rctl(PR_~read-only~restrict_~root inside~rt_sigproc~ruleset ~s, ipc, ne~script",
    "~seccomp filter around us ref~side any new user namespace\n~signal~slave, s~socke~stem ",
    "~structions of ~such as ~such as 0:100000:6~such as 10 or 0.5~sys/user/max~the call~the command's ",
    "~the kernel~the next ~the number of an open descript~the time went~there is no such ",
    "~this kernel has ~those ~to 429496729~unconf~unprivileged_userns~variabl~version~what this machin",
    "~where ~which ~writ~",
);

/// The byte of the first piece. The others have the bytes above it, and then those from 1 on that
/// are no letters.
const FIRST: u8 = 0x7f;

/// The byte before the number of a phrase.
const PHRASE: u8 = 0x1f;

/// How many bytes may be a piece, and how many are.
const BYTES: usize = 0xa0;
const COUNT: usize = BYTES - 3;

/// The byte of a piece: neither NUL, nor a tab, nor a newline.
const fn byte_of(piece: usize) -> u8 {
    match piece as u8 {
        high @ ..=0x80 => FIRST + high,
        low @ ..=0x88 => low - 0x80,
        low => low - 0x7e,
    }
}

/// The two halves of each piece, by its byte; zeros if it is none.
const HALVES: [[u8; 2]; BYTES] = {
    let mut halves = [[0; 2]; BYTES];
    let mut piece = 0;
    while piece < COUNT {
        let (start, end) = PLACES[piece];
        if start < end {
            halves[byte_of(piece).wrapping_sub(FIRST) as usize] = split(start, end);
        }
        piece += 1;
    }
    halves
};

/// The two bytes of which a piece consists.
const fn split(start: usize, end: usize) -> [u8; 2] {
    let mut middle = start + 1;
    while middle < end {
        if let (Some(one), Some(other)) = (whole(start, middle), whole(middle, end)) {
            return [one, other];
        }
        middle += 1;
    }
    panic!("a piece does not consist of two others");
}

/// The byte of a part of [`PIECES`] that is a letter, or a piece.
const fn whole(start: usize, end: usize) -> Option<u8> {
    let text = PIECES.as_bytes();
    if end - start == 1 {
        return Some(text[start]);
    }
    let Index { order, from } = &PIECES_BY_BYTE;
    let mut next = from[text[start] as usize];
    while next < from[text[start] as usize + 1] {
        if stands(text, start, PIECES, PLACES[order[next]]) == end - start {
            return Some(byte_of(order[next]));
        }
        next += 1;
    }
    None
}

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

/// Where each piece begins, and where it ends; and each phrase.
const PLACES: [(usize, usize); COUNT] = places(PIECES);
const PHRASE_PLACES: [(usize, usize); count(PHRASES)] = places(PHRASES);

const fn places<const N: usize>(list: &str) -> [(usize, usize); N] {
    let list = list.as_bytes();
    let mut places = [(0, 0); N];
    let (mut at, mut place) = (0, 0);
    while at < list.len() {
        let start = at + 1;
        at = start;
        while at < list.len() && list[at] != b'~' {
            at += 1;
        }
        if start < at {
            places[place] = (start, at);
            place += 1;
        }
    }
    places
}

/// How many phrases a list has.
const fn count(list: &str) -> usize {
    let list = list.as_bytes();
    let (mut count, mut at) = (0, 1);
    while at < list.len() {
        count += (list[at] == b'~') as usize;
        at += 1;
    }
    count
}

/// A list by first bytes, which makes packing, done for every literal, ten times as fast: the parts
/// that begin with the byte `b` are `order[from[b]..from[b + 1]]`.
struct Index<const N: usize> {
    order: [usize; N],
    from: [usize; 129],
}

const PIECES_BY_BYTE: Index<COUNT> = by_first_byte(PIECES, &PLACES);
const PHRASES_BY_BYTE: Index<{ count(PHRASES) }> = by_first_byte(PHRASES, &PHRASE_PLACES);

const fn by_first_byte<const N: usize>(list: &str, places: &[(usize, usize); N]) -> Index<N> {
    let (mut order, mut from) = ([0; N], [0; 129]);
    let (mut byte, mut count) = (0, 0);
    while byte < 128 {
        from[byte] = count;
        let mut part = 0;
        while part < N {
            let (start, end) = places[part];
            if start < end && list.as_bytes()[start] as usize == byte {
                order[count] = part;
                count += 1;
            }
            part += 1;
        }
        byte += 1;
    }
    from[128] = count;
    Index { order, from }
}

/// The length of a part of a list if it stands in a text at a position, and else 0.
const fn stands(text: &[u8], start: usize, list: &str, part: (usize, usize)) -> usize {
    let (mut at, end) = part;
    let mut here = start;
    while at < end && here < text.len() && list.as_bytes()[at] == text[here] {
        at += 1;
        here += 1;
    }
    if at == end { here - start } else { 0 }
}

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
