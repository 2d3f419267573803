//! The words of a machine: its kernel's command line, and files with a setting `NAME=VALUE` on each line.

use super::{Name, OFF, Parser, Request, TEXT, WORD, parse_with, unknown};
use crate::error::Error;
use crate::names::options::{self, Flag};
use crate::names::{Id, Verb};
use crate::strings::{Strings, ThinCStr, iterate};
use crate::text::{cut, has};
use crate::words::{Array, Words};

/// `NAME=VALUE`.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The number of the text that it stands in.
    text: u8,
    word: ThinCStr<'a>,
    /// The option of that name.
    flag: Option<Flag>,
}

impl<'a> Setting<'a> {
    fn new(text: u8, word: ThinCStr<'a>) -> Self {
        let name = cut(&mut word.bytes(), b'=');
        let flag = options::named(Verb::Init, false, name);
        Setting { text, word, flag }
    }
}

/// Reads the arguments and variables as [`parse`](super::parse), then the texts: a kernel's command line,
/// two files, and the settings of a [`process`](super::process). What is said first counts. Words after a `--` of the
/// kernel's are arguments, in place of those that the kernel passed on, which end at the next `--`.
///
/// # Errors
///
/// What is wrong with arguments and variables. A setting that is wrong is told of in the request.
#[inline(never)]
pub fn machine<'a>(
    request: &mut Request<'a>,
    name: Name,
    mut arguments: &'a Strings<'a>,
    environment: &'a Strings<'a>,
    [mut line, first, second, of_process]: [&'a [u8]; 4],
    words: &'a Words,
) -> Result<(), Error<'a>> {
    let (mut settings, mut behind) = (Array::new(words), Array::new(words));
    let mut ended = false;
    while let Some(word) = next(&mut line) {
        match word {
            _ if ended => behind.push(Some(words.join(&word))),
            [b"--", b"", _] => ended = true,
            [name, equals, value] => {
                if let Some(name) = name.strip_prefix(b"pidone.") {
                    settings.push(Setting::new(TEXT, words.join(&[name, equals, value])));
                }
            }
        }
    }
    let given = !behind.is_empty();
    if given {
        behind.push(None);
        arguments = behind.finish();
    }
    for (number, mut text) in (TEXT + 1..).zip([first, second, of_process]) {
        while !text.is_empty() {
            // A variable may have several lines.
            let end = if number == TEXT + 3 { 0 } else { b'\n' };
            let line = cut(&mut text, end).trim_ascii_start();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !matches!(line, [] | [b'#', ..]) {
                settings.push(Setting::new(number, words.join(&[line])));
            }
        }
    }
    // Words that nobody knows are left to us by the kernel, and are no command where there is another.
    let another = settings
        .iter()
        .any(|setting| setting.word.bytes().starts_with(b"exec="));
    let plain = !iterate(arguments).any(|word| word.bytes().starts_with(b"-"));
    if another && plain && !given {
        arguments = &[None];
    }
    parse_with(
        request,
        name,
        arguments,
        environment,
        settings.finish(),
        words,
    )
}

/// The next word of a kernel's command line, in three parts of which the second may be an equals sign, and without the
/// quotes that keep spaces in it (`lib/cmdline.c`).
fn next<'l>(line: &mut &'l [u8]) -> Option<[&'l [u8]; 3]> {
    let rest = line.trim_ascii_start();
    let (mut end, mut quoted) = (0, false);
    while let Some(&byte) = rest.get(end)
        && (quoted || !byte.is_ascii_whitespace())
    {
        quoted ^= byte == b'"';
        end += 1;
    }
    let (mut name, after) = rest.split_at_checked(end)?;
    *line = after;
    if name.is_empty() {
        return None;
    }
    unquote(&mut name);
    let mut value = name;
    let equals: &[u8] = if has(name, b'=') { b"=" } else { b"" };
    name = cut(&mut value, b'=');
    unquote(&mut value);
    Some([name, equals, value])
}

fn unquote(text: &mut &[u8]) {
    if let Some(inner) = text.strip_prefix(b"\"") {
        *text = inner.strip_suffix(b"\"").unwrap_or(inner);
    }
}

impl<'a> Parser<'_, 'a> {
    /// Takes settings, each of which may be wrong by itself: those that add up, of which the last counts, or the others,
    /// where what an earlier text says, or the arguments, is left as it is.
    #[inline(never)]
    pub(super) fn settings(&mut self, adds: bool) {
        // Nearly always.
        if self.settings.is_empty() {
            return;
        }
        let mut command = Array::new(self.complaints.words());
        let mut whose = 0;
        for turn in 0..4 {
            let turn = TEXT + if adds { 3 - turn } else { turn };
            self.source = turn;
            for setting in self.settings.iter().filter(|setting| setting.text == turn) {
                let &Setting { text, word, .. } = setting;
                let mut value = word.bytes();
                let name = cut(&mut value, b'=');
                let rest = word.skip(name.len() + 1);
                match name {
                    b"exec" if command.is_empty() => {
                        whose = text;
                        command.push(Some(rest));
                        continue;
                    }
                    b"arg" if text == whose => {
                        command.push(Some(rest));
                        continue;
                    }
                    b"exec" | b"arg" => continue,
                    _ => {}
                }
                let Some(flag) = &setting.flag else {
                    if !adds {
                        let error = unknown(Verb::Init, word.bytes(), name);
                        self.complaints.push(error);
                    }
                    continue;
                };
                if turn == TEXT + 2 && matches!(flag.id, Id::Modules | Id::NewRoot | Id::OverRoot) {
                    if !adds {
                        self.complaints.push(Error::TooLate(flag.id));
                    }
                    continue;
                }
                let takes = flag.values() > 0;
                if adds != (takes && flag.repeats()) {
                    continue;
                }
                let seen = self.seen(flag.id);
                if !adds && seen != 0 && seen & !OFF != text {
                    continue;
                }
                // Or a switch that is off.
                if takes || !has(word.bytes(), b'=') || !matches!(value, b"" | b"0") {
                    self.apply(flag, takes.then_some(rest));
                } else {
                    self.note(flag.id, text | OFF);
                }
                // As whom something runs, and among whose files, is not left to chance.
                if matches!(flag.id, Id::Uid | Id::Gid | Id::Groups | Id::NewRoot)
                    && self.error.is_some()
                {
                    return;
                }
                self.complain();
            }
        }
        self.source = WORD;
        if !adds && self.request.config.command.is_empty() && !command.is_empty() {
            command.push(None);
            self.request.config.command = command.finish();
        }
    }

    /// What is wrong in a machine does not end the parsing.
    pub(super) fn complain(&mut self) {
        if let Some(error) = self.error.take_if(|_| !self.settings.is_empty()) {
            self.complaints.push(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Gift, Report};

    #[test]
    fn words_are_cut_as_the_kernel_cuts_them() {
        let words = Words::default();
        let mut line = &b"  quiet a=\"b c\" \"d e=f\" g\"h i\"j k=\"l\"m\t-- \"\" =\n"[..];
        for wanted in [
            &b"quiet"[..],
            b"a=b c",
            b"d e=f",
            b"g\"h i\"j",
            b"k=l\"m",
            b"--",
            b"",
            b"=",
        ] {
            let word = next(&mut line).map(|parts| words.join(&parts));
            assert_eq!(word.map(ThinCStr::bytes), Some(wanted));
        }
        assert_eq!(next(&mut line), None);
    }

    fn read<'a>(texts: [&'a [u8]; 4], words: &'a Words) -> Request<'a> {
        let mut request = Request::default();
        machine(&mut request, Name::Init, &[None], &[None], texts, words).unwrap();
        request
    }

    #[test]
    fn what_is_said_first_counts() {
        let words = Words::default();
        let line = b"quiet pidone.hostname=one pidone.grase=1 pidone.wait-all pidone.tty=0 pidone.report=console -- --grace 3 /app -- x\n";
        let file = b"# none\n\nhostname=two\nexec=/other\ngrace=4\ntty=1\nreport=port:0x1\nend=reboot\nend=halt\n";
        let request = read([line, file, b"end=panic", b""], &words);
        let config = &request.config;
        assert_eq!(
            config.process.hostname.map(ThinCStr::bytes),
            Some(&b"one"[..])
        );
        assert!(!config.process.tty);
        let init = config.init.unwrap();
        assert_eq!((init.grace, init.machine.end), (Some(3000), 1));
        // Of those that add up, the last would count.
        let reports = [Report::Monitor(1), Report::Console].map(Gift::Report);
        assert_eq!(init.machine.gifts, reports);
        let command: [_; 3] = core::array::from_fn(|at| config.command[at].map(ThinCStr::bytes));
        assert_eq!(command, [Some(&b"/app"[..]), Some(b"--"), Some(b"x")]);
        assert_eq!(iterate(config.command).count(), 3);
        let [unknown, repeated, contradiction] = request.complaints else {
            panic!("{:?}", request.complaints);
        };
        assert!(matches!(
            unknown,
            Error::UnknownOption {
                nearest: Some("grace"),
                ..
            }
        ));
        assert!(matches!(repeated, Error::Repeated(_)));
        assert!(matches!(contradiction, Error::Contradiction(..)));
    }

    #[test]
    fn a_root_says_nothing_of_itself() {
        let words = Words::default();
        let texts: [&[u8]; 4] = [b"", b"root=/a\n", b"root=/b\nmodules=/c\nend=halt\n", b""];
        let request = read(texts, &words);
        let machine = request.config.init.unwrap().machine;
        assert_eq!((machine.modules, machine.end), (None, 3));
        assert_eq!(machine.root.unwrap().word.bytes(), b"/a");
        let late = [Id::NewRoot, Id::Modules].map(Error::TooLate);
        assert_eq!(request.complaints, late);
    }

    #[test]
    fn a_command_is_that_of_one_text() {
        let words = Words::default();
        let [one, other]: [&[u8]; 2] = [b"arg=lost\nexec=/a b\narg=\narg=c=d", b"exec=/e\narg=f\n"];
        let texts: [&[u8]; 4] = [b"", one, other, b"exec=/no\r\0"];
        let request = read(texts, &words);
        let command = iterate(request.config.command).map(ThinCStr::bytes);
        assert!(command.eq([&b"/a b"[..], b"", b"c=d"]));
    }
}
