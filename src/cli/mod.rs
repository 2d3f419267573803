//! The command line: words in, a request out. Nothing is done here.
//!
//! Parsing stops at the first word that is no option, or after `--`. `--opt=V` and `--opt V` both
//! work, and so do `-w DIR`, `-wDIR` and clusters of one-letter switches.

pub mod flags;
mod help;
mod nearest;
mod value;

pub use help::{Overview, Usage};

use crate::config::Config;
use crate::error::Error;
use crate::names::NsSet;
use crate::strings::{Strings, ThinCStr};
use alloc::vec::Vec;
use flags::{EXCLUSIVE, Flag, Id, RUN};
use nearest::nearest;

/// What the caller wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Request<'a> {
    Run { config: Config<'a>, explain: bool, timing: bool },
    /// The overview.
    Help,
    /// The options of `run`.
    HelpRun,
    Version,
}

const VERBS: [&str; 3] = ["run", "help", "version"];

/// Reads the arguments after the program's own name.
///
/// # Errors
///
/// The first word that is wrong, with the nearest right one.
pub fn parse<'a>(arguments: &'a Strings<'a>) -> Result<Request<'a>, Error<'a>> {
    let Some(verb) = arguments.first().copied().flatten() else {
        return Err(Error::NoVerb);
    };
    match verb.bytes() {
        b"run" => parse_run(arguments.get(1..).unwrap_or(&[])),
        b"help" | b"--help" | b"-h" => Ok(Request::Help),
        b"version" | b"--version" | b"-V" => Ok(Request::Version),
        word @ [b'-', ..] => Err(Error::UnknownOption { word, nearest: None }),
        word => Err(Error::UnknownVerb { word, nearest: nearest(word, VERBS.into_iter()) }),
    }
}

/// The state between two options.
struct Parser<'a> {
    rest: &'a Strings<'a>,
    config: Config<'a>,
    seen: Vec<&'static str>,
    /// Namespaces that were asked for one by one, which `--share` contradicts.
    named: NsSet,
    explain: bool,
    timing: bool,
    answer: Option<Request<'a>>,
}

fn parse_run<'a>(arguments: &'a Strings<'a>) -> Result<Request<'a>, Error<'a>> {
    let mut parser = Parser {
        rest: arguments,
        config: Config::default(),
        seen: Vec::new(),
        named: NsSet::NONE,
        explain: false,
        timing: false,
        answer: None,
    };
    while let Some(word) = parser.peek() {
        match word.bytes() {
            b"--" => {
                parser.take();
                break;
            }
            [b'-', b'-', long @ ..] => parser.long(word.bytes(), long)?,
            [b'-', _, ..] => parser.letters(word)?,
            _ => break,
        }
        if let Some(answer) = parser.answer {
            return Ok(answer);
        }
    }
    parser.finish()
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<ThinCStr<'a>> {
        self.rest.first().copied().flatten()
    }

    fn take(&mut self) -> Option<ThinCStr<'a>> {
        let word = self.peek()?;
        self.rest = self.rest.get(1..).unwrap_or(&[]);
        Some(word)
    }

    /// `--name`, `--name=value` or `--name value`.
    fn long(&mut self, word: &'a [u8], text: &'a [u8]) -> Result<(), Error<'a>> {
        let current = self.take();
        let name = text.split(|&byte| byte == b'=').next().unwrap_or(text);
        let Some(flag) = flags::all(RUN).find(|flag| flag.long.as_bytes() == name) else {
            let nearest = nearest(name, flags::all(RUN).map(|flag| flag.long));
            return Err(Error::UnknownOption { word, nearest });
        };
        let attached = (name.len() < text.len()).then(|| value::tail(current, name.len() + 3)).flatten();
        if attached.is_some() && flag.values() == 0 {
            return Err(Error::UnwantedValue { option: flag.long });
        }
        self.apply(flag, attached)
    }

    /// `-u`, a cluster `-muin`, `-wDIR` or `-w DIR`.
    fn letters(&mut self, word: ThinCStr<'a>) -> Result<(), Error<'a>> {
        self.take();
        let bytes = word.bytes();
        for (at, &letter) in bytes.iter().enumerate().skip(1) {
            let Some(flag) = flags::all(RUN).find(|flag| flag.short == letter) else {
                return Err(Error::UnknownLetter { letter, word: bytes });
            };
            let attached = (flag.values() > 0 && at + 1 < bytes.len())
                .then(|| value::tail(Some(word), at + 1))
                .flatten();
            self.apply(flag, attached)?;
            if flag.values() > 0 {
                break;
            }
        }
        Ok(())
    }

    fn apply(&mut self, flag: &'static Flag, attached: Option<ThinCStr<'a>>) -> Result<(), Error<'a>> {
        let option = flag.long;
        if !flag.repeats() && self.seen.contains(&option) {
            return Err(Error::Repeated { option });
        }
        self.seen.push(option);
        let mut words = [None; 2];
        if let Some(first) = words.first_mut() {
            *first = attached;
        }
        for place in words.iter_mut().take(flag.values()) {
            if place.is_none() {
                *place = Some(self.take().ok_or(Error::MissingValue { option, value: flag.value })?);
            }
        }
        match flag.id {
            Id::Add(ns) => self.named = self.named.with(ns),
            Id::Explain => self.explain = true,
            Id::Timing => self.timing = true,
            Id::Help => self.answer = Some(Request::HelpRun),
            Id::Version => self.answer = Some(Request::Version),
            _ => {}
        }
        value::store(&mut self.config, flag, words)
    }

    fn finish(mut self) -> Result<Request<'a>, Error<'a>> {
        let given = |name: &&'static str| self.seen.contains(name);
        if let Some(&(option, other)) = EXCLUSIVE.iter().find(|(one, two)| given(one) && given(two)) {
            return Err(Error::Contradiction { option, other });
        }
        let wish = &self.config.namespaces;
        let wanted = self.named.union(wish.attempt);
        if let Some(ns) = wanted.both(wish.share).iter().next() {
            let other = if self.named.contains(ns) { ns.name() } else { "try" };
            return Err(Error::Contradiction { option: "share", other });
        }
        self.config.command = match self.rest {
            [Some(_), ..] => self.rest,
            _ => &[],
        };
        Ok(Request::Run { config: self.config, explain: self.explain, timing: self.timing })
    }
}

