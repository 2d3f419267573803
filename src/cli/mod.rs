//! The command line: words in, a request out. Nothing is done here.
//!
//! Parsing stops at the first word that is no option, or after `--`. `--opt=V` and `--opt V` both
//! work, and so do `-w DIR`, `-wDIR` and clusters of one-letter switches.

mod help;
mod ids;
mod kept;
mod nearest;
mod target;
mod value;

pub use help::{OVERVIEW, Usage};

use crate::config::{Allowed, Config, EnvChange, Filter, Operation, Range, Rlimit, View};
use crate::error::Error;
use crate::names::options::{self, COUNT, EXCLUSIVE, Flag};
use crate::names::{Id, Verb};
use crate::strings::{Strings, ThinCStr, thin};
use crate::text::position;
use crate::words::{Array, Words};

use nearest::nearest;

/// What the caller wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request<'a> {
    /// Of whom.
    pub verb: Verb,
    /// What is to be done.
    pub wish: Wish,
    /// How.
    pub config: Config<'a>,
    /// Say afterwards where the time went.
    pub timing: bool,
    /// What is to be shown, where nothing is run.
    pub view: View<'a>,
}

/// What is to be done with a verb.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Wish {
    /// What it is for.
    #[default]
    Do,
    /// Print what that would be.
    Explain,
    /// Print its options.
    Help,
    /// No verb at all: print the overview.
    Overview,
    /// Print the version.
    Version,
}

/// Verbs, and options in a verb's place.
const VERBS: &str = "run enter list compare check help --help -h version --version -V";

/// Reads the arguments after the program's own name.
///
/// # Errors
///
/// The first word that is wrong, with the nearest right one.
pub fn parse<'a>(arguments: &'a Strings<'a>, words: &'a Words) -> Result<Request<'a>, Error<'a>> {
    let Some(verb) = arguments.first().copied().flatten() else {
        return Err(Error::NoVerb);
    };
    let word = verb.bytes();
    let mut parser = Parser {
        rest: arguments.get(1..).unwrap_or(&[]),
        request: Request::default(),
        lists: Lists {
            env: Array::new(words),
            rlimits: Array::new(words),
            processes: Array::new(words),
            filters: Array::new(words),
            allowed: Array::new(words),
            operations: Array::new(words),
            perms: None,
            size: None,
            ranges: [Array::new(words), Array::new(words)],
        },
        seen: [false; COUNT],
        error: None,
    };
    match position(VERBS, word) {
        Some(0) => parser.parse(Verb::Run),
        Some(1) => parser.parse(Verb::Enter),
        Some(2) => parser.parse(Verb::List),
        Some(3) => parser.parse(Verb::Compare),
        Some(4) => parser.parse(Verb::Check),
        Some(5..=7) => parser.request.wish = Wish::Overview,
        Some(_) => parser.request.wish = Wish::Version,
        None => {
            let nearest = nearest(word, &mut (0..10).map(|at| crate::text::word(VERBS, at)));
            return Err(Error::UnknownVerb { word, nearest });
        }
    }
    let Config {
        process,
        privilege,
        identity,
        mounts,
        ..
    } = &mut parser.request.config;
    process.env = parser.lists.env.finish();
    process.rlimits = parser.lists.rlimits.finish();
    parser.request.view.processes = parser.lists.processes.finish();
    privilege.seccomp = parser.lists.filters.finish();
    privilege.landlock = parser.lists.allowed.finish();
    mounts.operations = parser.lists.operations.finish();
    let [users, groups] = parser.lists.ranges;
    (identity.user.ranges, identity.group.ranges) = (users.finish(), groups.finish());
    match parser.error {
        Some(error) => Err(error),
        None => Ok(parser.request),
    }
}

/// Options that add up.
struct Lists<'a> {
    env: Array<'a, EnvChange<'a>>,
    rlimits: Array<'a, Rlimit>,
    processes: Array<'a, u32>,
    filters: Array<'a, Filter<'a>>,
    allowed: Array<'a, Allowed<'a>>,
    operations: Array<'a, Operation<'a>>,
    /// The modifiers of the next operation.
    perms: Option<u32>,
    size: Option<u64>,
    /// Of users, and of groups.
    ranges: [Array<'a, Range>; 2],
}

/// The state between two options.
struct Parser<'a> {
    rest: &'a Strings<'a>,
    request: Request<'a>,
    lists: Lists<'a>,
    /// For each option whether it was given.
    seen: [bool; COUNT],
    /// The first thing that is wrong, which ends the parsing.
    error: Option<Error<'a>>,
}

impl<'a> Parser<'a> {
    #[inline(never)]
    fn parse(&mut self, verb: Verb) {
        self.request.verb = verb;
        if self.options().is_some() {
            self.contradictions();
        }
        self.request.timing = self.given(Id::Timing);
        self.request.wish = match () {
            () if self.given(Id::Help) => Wish::Help,
            () if self.given(Id::Version) => Wish::Version,
            () if self.given(Id::Explain) => Wish::Explain,
            () => Wish::Do,
        };
    }

    fn given(&self, id: Id) -> bool {
        self.seen.get(id as usize).is_some_and(|&given| given)
    }

    fn options(&mut self) -> Option<()> {
        while let Some(word) = self.peek() {
            match word.bytes() {
                [b'-', b'-'] => {
                    self.take();
                    break;
                }
                [b'-', b'-', ..] => self.long(word)?,
                [b'-', _, ..] => self.letters(word)?,
                _ if matches!(self.request.verb, Verb::Run | Verb::Enter) => break,
                _ => self.process(word)?,
            }
        }
        match self.request.verb {
            Verb::Run => {}
            Verb::Enter => self.target()?,
            _ => {
                while let Some(word) = self.peek() {
                    self.process(word)?;
                }
            }
        }
        if self.peek().is_some() {
            self.request.config.command = self.rest;
        }
        Some(())
    }

    /// Whether nothing is to be done but to say what could be.
    fn asks(&self) -> bool {
        self.given(Id::Help) || self.given(Id::Version)
    }

    /// The process to enter, if no option was it; and what may stand between it and the command.
    fn target(&mut self) -> Option<()> {
        if self.given(Id::Target) || self.asks() {
            return Some(());
        }
        let Some(word) = self.take() else {
            return self.fail(Error::TooFewProcesses);
        };
        let Some(pid) = target::process_id(word.bytes()) else {
            return self.fail(Error::UnexpectedWord(word.bytes()));
        };
        self.request.config.enter.pid = pid;
        if self.peek().is_some_and(|word| word.bytes() == b"--") {
            self.take();
        }
        Some(())
    }

    /// A process to look at.
    fn process(&mut self, word: ThinCStr<'a>) -> Option<()> {
        self.take();
        let word = word.bytes();
        match target::process_id(word) {
            Some(pid) if self.request.verb == Verb::Compare => self.lists.processes.push(pid),
            _ => return self.fail(Error::UnexpectedWord(word)),
        }
        Some(())
    }

    /// Ends the parsing.
    fn fail<T>(&mut self, error: Error<'a>) -> Option<T> {
        self.error = Some(error);
        None
    }

    fn peek(&self) -> Option<ThinCStr<'a>> {
        self.rest.first().copied().flatten()
    }

    fn take(&mut self) -> Option<ThinCStr<'a>> {
        let word = self.peek()?;
        self.rest = self.rest.get(1..).unwrap_or(&[]);
        Some(word)
    }

    /// `--name`, `--name=value` or `--name value`.
    fn long(&mut self, word: ThinCStr<'a>) -> Option<()> {
        self.take();
        let text = word.skip(2).bytes();
        let length = text.iter().position(|&byte| byte == b'=');
        let name = text.get(..length.unwrap_or(text.len())).unwrap_or(text);
        let Some(flag) = options::named(self.request.verb, false, name) else {
            let known = options::of(Some(self.request.verb));
            let nearest = nearest(name, &mut known.map(|flag| flag.long));
            return self.fail(Error::UnknownOption {
                word: word.bytes(),
                nearest,
            });
        };
        let attached = length.map(|length| word.skip(length + 3));
        if attached.is_some() && flag.values() == 0 {
            return self.fail(Error::UnwantedValue(flag.id));
        }
        self.apply(&flag, attached)
    }

    /// `-u`, a cluster `-muin`, `-wDIR` or `-w DIR`.
    fn letters(&mut self, word: ThinCStr<'a>) -> Option<()> {
        self.take();
        let bytes = word.bytes();
        for (at, &letter) in bytes.iter().enumerate().skip(1) {
            let Some(flag) = options::named(self.request.verb, true, &[letter]) else {
                return self.fail(Error::UnknownLetter {
                    letter,
                    word: bytes,
                });
            };
            let takes = flag.values() > 0;
            let attached = (takes && at + 1 < bytes.len()).then(|| word.skip(at + 1));
            self.apply(&flag, attached)?;
            if takes {
                break;
            }
        }
        Some(())
    }

    fn apply(&mut self, flag: &Flag, attached: Option<ThinCStr<'a>>) -> Option<()> {
        let option = flag.id;
        if self.given(option) && !flag.repeats() {
            return self.fail(Error::Repeated(option));
        }
        if let Some(seen) = self.seen.get_mut(option as usize) {
            *seen = true;
        }
        let mut words = [thin!(""); Operation::WORDS];
        let mut attached = attached;
        for place in words.iter_mut().take(flag.values()) {
            let Some(word) = attached.take().or_else(|| self.take()) else {
                return self.fail(Error::MissingValue {
                    option,
                    value: flag.value,
                });
            };
            *place = word;
        }
        let words = words.get(..flag.values()).unwrap_or(&[]);
        let stored = value::store(&mut self.request, option, words, &mut self.lists);
        if stored.is_none() {
            return self.fail(Error::Invalid {
                option,
                words: self.lists.env.words().copy(words),
            });
        }
        match option.is_operation() {
            true => self.modifiers(),
            false => Some(()),
        }
    }

    /// A modifier must have been for the operation before which it stands.
    fn modifiers(&mut self) -> Option<()> {
        match (self.lists.perms, self.lists.size) {
            (None, None) => Some(()),
            (Some(_), _) => self.fail(Error::Unused(Id::Perms)),
            (_, Some(_)) => self.fail(Error::Unused(Id::Size)),
        }
    }

    /// Options that exclude each other, and words that are missing.
    fn contradictions(&mut self) -> Option<()> {
        if self.request.verb == Verb::Compare && self.lists.processes.len() < 2 && !self.asks() {
            return self.fail(Error::TooFewProcesses);
        }
        self.modifiers()?;
        for (one, two) in EXCLUSIVE {
            if self.given(one) && self.given(two) {
                return self.fail(Error::Contradiction(one, two));
            }
        }
        self.kept()
    }
}
