//! Steps in short form: `phrase!("open_tree here $0 COPY =tree; fchdir tree")`.
//!
//! A step is the name of a call, its arguments, and perhaps the slot that gets the descriptor. An argument is a
//! slot, a constant, one of the [`VALUES`] by its name, or a part that is filled in later, by its number. When
//! pidone is compiled, a phrase becomes a byte for each word, which is a tenth of the code that would build the
//! same steps; a word that does not exist does not compile.

use crate::compile::steps::List;
use crate::names::{Constant, Id, Signal, Sys, calls, constants, flags};
use crate::plan::{Arg, Call, Member, Plain, RECORD, Slot};
use crate::strings::{ThinCStr, thin};
use crate::text::packed::packed;
use crate::words::Array;

/// A phrase in bytes, of which none is 0.
pub type Phrase = ThinCStr<'static>;

/// Makes a phrase of a text.
macro_rules! phrase {
    ($text:literal) => {{
        const LENGTH: usize = $crate::compile::phrase::length($text.as_bytes());
        const BYTES: [u8; LENGTH] = $crate::compile::phrase::encode($text.as_bytes());
        const PHRASE: $crate::compile::phrase::Phrase =
            $crate::compile::phrase::Phrase::of_bytes(&BYTES);
        PHRASE
    }};
}
pub(crate) use phrase;

/// The arguments that have a name in phrases.
macro_rules! values {
    ($($name:ident $value:expr;)+) => {
        const NAMES: &str = concat!($(stringify!($name), " "),+);

        const VALUES: &[Arg<'static>] = &[$($value),+];
    };
}

values! {
    here Arg::Name(Constant::AT_FDCWD);
    null Arg::Null;
    none Arg::Text(thin!("none"));
    empty Arg::Text(thin!(""));
    dot Arg::Text(thin!("."));
    root_path Arg::Text(thin!("/"));
    top Arg::Text(thin!("/.."));
    tmpfs Arg::Text(thin!("tmpfs"));
    data Arg::Text(thin!("/../data"));
    mode_0700 Arg::Text(thin!("mode=0700"));
    zero Arg::Number(0);
    n1 Arg::Number(1);
    n2 Arg::Number(2);
    n3 Arg::Number(3);
    ptmx Arg::Text(thin!("/dev/ptmx"));
    unlocked Arg::Ids(&[0]);
    max Arg::Number(u32::MAX as i64);
    loopback_up Arg::Record(&LOOPBACK_UP);
    datagrams Arg::Flags((libc::SOCK_DGRAM | libc::SOCK_CLOEXEC) as u64, &flags::SOCKET);
    stream Arg::Flags((libc::SOCK_STREAM | libc::SOCK_CLOEXEC) as u64, &flags::SOCKET);
    one_second Arg::Record(&ONE_SECOND);
    n16 Arg::Number(16);
    n32 Arg::Number(32);
    n24 Arg::Number(24);
    m0022 Arg::Mode(0o022);
    m0755 Arg::Mode(0o755);
    m1777 Arg::Mode(0o1777);
    m0644 Arg::Mode(0o644);
    PWR Arg::Signal(Signal::PWR);
    ASYNC Arg::Number(libc::O_ASYNC as i64);
    REMOUNT Arg::Flags(libc::MS_REMOUNT | libc::MS_RDONLY, &flags::MOUNT);
    FRESH Arg::Flags(
        (libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC | libc::O_NONBLOCK | libc::O_CLOEXEC) as u64,
        &flags::OPEN
    );
    THERE Arg::Flags(
        (libc::O_WRONLY | libc::O_NONBLOCK | libc::O_CLOEXEC) as u64,
        &flags::OPEN
    );
    LISTEN Arg::Flags(
        (libc::O_RDONLY | libc::O_NONBLOCK | libc::O_CLOEXEC) as u64,
        &flags::OPEN
    );
    device Arg::Mode(libc::S_IFREG | 0o666);
    mount_point Arg::Mode(libc::S_IFREG | 0o444);
    MOVE Arg::Flags(libc::MS_MOVE, &flags::MOUNT);
    BIND Arg::Flags(libc::MS_BIND, &flags::MOUNT);
    BIND_ALL Arg::Flags(libc::MS_BIND | libc::MS_REC, &flags::MOUNT);
    SAFE Arg::Flags(libc::MS_NOSUID | libc::MS_NODEV, &flags::MOUNT);
    DETACH Arg::Flags(libc::MNT_DETACH as u64, &flags::UMOUNT);
    COPY Arg::Flags((libc::OPEN_TREE_CLONE | libc::OPEN_TREE_CLOEXEC) as u64, &flags::TREE);
    COPY_ALL Arg::Flags(
        (libc::OPEN_TREE_CLONE | libc::OPEN_TREE_CLOEXEC) as u64 | libc::AT_RECURSIVE as u64,
        &flags::TREE
    );
    AT_ALL Arg::Flags(libc::AT_RECURSIVE as u64, &flags::AT);
    AT_IT Arg::Flags(libc::AT_EMPTY_PATH as u64, &flags::AT);
    AT_IT_ALL Arg::Flags((libc::AT_EMPTY_PATH | libc::AT_RECURSIVE) as u64, &flags::AT);
    TO Arg::Flags(libc::MOVE_MOUNT_T_EMPTY_PATH as u64, &flags::MOVE);
    FROM_TO Arg::Flags(
        (libc::MOVE_MOUNT_F_EMPTY_PATH | libc::MOVE_MOUNT_T_EMPTY_PATH) as u64,
        &flags::MOVE
    );
    FOLDER Arg::Flags(
        (libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC) as u64,
        &flags::OPEN
    );
    READ Arg::Flags(libc::O_CLOEXEC as u64, &flags::OPEN);
    WRITE Arg::Flags((libc::O_WRONLY | libc::O_CLOEXEC) as u64, &flags::OPEN);
    NEW Arg::Flags(
        (libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_CLOEXEC) as u64,
        &flags::OPEN
    );
    BOTH Arg::Flags(libc::O_RDWR as u64, &flags::OPEN);
    OURS Arg::Flags(
        (libc::O_RDWR | libc::O_NOCTTY | libc::O_NONBLOCK | libc::O_CLOEXEC) as u64,
        &flags::OPEN
    );
    THEIRS Arg::Flags(
        (libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC) as u64,
        &flags::OPEN
    );
    PLACE Arg::Flags((libc::O_PATH | libc::O_CLOEXEC) as u64, &flags::OPEN);
    READ_ONLY Arg::Record(&attributes(libc::MS_RDONLY));
    INERT Arg::Record(&attributes(
        libc::MS_RDONLY | libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC
    ));
}

/// The structure of netdevice(7) with the name `lo`, which fills two words, and the flags. The words
/// behind them are zero.
const LOOPBACK_UP: [Member; 3] = [
    (
        packed!(""),
        Arg::Number(i64::from_le_bytes(*b"lo\0\0\0\0\0\0")),
    ),
    (packed!(""), Arg::Number(0)),
    (
        packed!("ifr_name=\"lo\", ifr_flags"),
        Arg::Name(Constant::IFF_UP),
    ),
];

/// `struct timeval`.
const ONE_SECOND: [Member; 2] = [
    (packed!("tv_sec"), Arg::Number(1)),
    (packed!("tv_usec"), Arg::Number(0)),
];

const _: () = assert!(size_of::<libc::ifreq>() <= RECORD * size_of::<usize>());

/// The structure of mount_setattr(2) with attributes to set, which are named as for mount(2).
pub const fn attributes(set: u64) -> [Member<'static>; 4] {
    [
        (packed!("attr_set"), Arg::Flags(set, &flags::ATTRIBUTES)),
        (packed!("attr_clr"), Arg::Number(0)),
        (packed!("propagation"), Arg::Flags(0, &flags::UNCHANGED)),
        (packed!("userns_fd"), Arg::Number(0)),
    ]
}

/// A part to be filled in, the slot for what is returned, a slot as an argument, and a constant are
/// such a byte and a small number. A step ends with `END`.
const PART: u8 = 0x60;
const YIELDS: u8 = 0x80;
const SLOT: u8 = 0xa0;
const CONSTANT: u8 = 0xc0;
const END: u8 = 0xff;

/// The bytes of a phrase: a byte for each word, one at the end of each step, and a NUL.
pub const fn length(text: &[u8]) -> usize {
    let (mut at, mut length) = (0, 2);
    while at < text.len() {
        if text[at] == b';' || text[at] != b' ' && ends(text, at + 1) {
            length += 1;
        }
        at += 1;
    }
    length
}

/// Whether a word ends before a position.
const fn ends(text: &[u8], at: usize) -> bool {
    at >= text.len() || text[at] == b' ' || text[at] == b';'
}

/// A phrase in bytes.
pub const fn encode<const N: usize>(text: &[u8]) -> [u8; N] {
    let mut bytes = [END; N];
    bytes[N - 1] = 0;
    let (mut at, mut length, mut is_call) = (0, 0, true);
    while at < text.len() {
        let start = at;
        while !ends(text, at) {
            at += 1;
        }
        if at > start {
            bytes[length] = encode_word(text, start, at, is_call);
            (length, is_call) = (length + 1, false);
        } else if text[at] == b';' {
            (length, is_call, at) = (length + 1, true, at + 1);
        } else {
            at += 1;
        }
    }
    bytes
}

const fn encode_word(text: &[u8], start: usize, end: usize, is_call: bool) -> u8 {
    if is_call {
        return index(calls::NAMES, text, start, end).expect("a system call");
    }
    match text[start] {
        b'$' => PART + (text[start + 1] - b'0') + 1,
        b'=' => YIELDS + index(Slot::NAMES, text, start + 1, end).expect("a slot"),
        _ => encode_value(text, start, end),
    }
}

const fn encode_value(text: &[u8], start: usize, end: usize) -> u8 {
    if let Some(slot) = index(Slot::NAMES, text, start, end) {
        return SLOT + slot;
    }
    if let Some(constant) = index(constants::NAMES, text, start, end) {
        assert!(constant < 62, "there is no room for more constants");
        return CONSTANT + constant;
    }
    index(NAMES, text, start, end).expect("a value with a name")
}

/// Where a word stands in a list, from 1 on.
const fn index(list: &str, text: &[u8], start: usize, end: usize) -> Option<u8> {
    let list = list.as_bytes();
    let (mut at, mut position) = (0, 0);
    while at < list.len() {
        let mut same = 0;
        while start + same < end && at + same < list.len() && list[at + same] == text[start + same]
        {
            same += 1;
        }
        if start + same == end && (at + same == list.len() || list[at + same] == b' ') {
            return Some(position + 1);
        }
        while at < list.len() && list[at] != b' ' {
            at += 1;
        }
        (at, position) = (at + 1, position + 1);
    }
    None
}

impl<'p> List<'p> {
    /// The same because of this option.
    #[inline(never)]
    pub fn say_for(&mut self, because: Id, phrase: Phrase, parts: &[Arg<'p>]) {
        self.because = because;
        self.say(phrase, parts);
    }

    /// Adds the steps of a phrase with these parts, because of the option whose turn it is.
    #[inline(never)]
    pub fn say(&mut self, phrase: Phrase, parts: &[Arg<'p>]) {
        for step in phrase.bytes().split(|&byte| byte == END) {
            let [call, words @ ..] = step else {
                continue;
            };
            let mut args = Array::new(self.words());
            args.reserve(words.len());
            let mut yields = None;
            for &word in words {
                let at = usize::from(word & 0x1f).wrapping_sub(1);
                let arg = match word {
                    CONSTANT.. => {
                        let at = usize::from(word - CONSTANT - 1);
                        Constant::ALL.get(at).map(|constant| Arg::Name(*constant))
                    }
                    SLOT.. => Slot::ALL.get(at).map(|slot| Arg::Slot(*slot)),
                    YIELDS.. => {
                        yields = Slot::ALL.get(at).copied();
                        None
                    }
                    PART.. => parts.get(at).copied(),
                    _ => VALUES.get(usize::from(word).wrapping_sub(1)).copied(),
                };
                if let Some(arg) = arg {
                    args.push(arg);
                }
            }
            if let Some(&number) = Sys::ALL.get(usize::from(*call).wrapping_sub(1)) {
                let plain = Plain {
                    number,
                    args: args.finish(),
                    yields,
                };
                self.push(Call::Plain(plain), self.refusal, self.because);
            }
        }
    }
}
