//! The command line: words in, a request out. Nothing is done here.
//!
//! Parsing stops at the first word that is no option, or after `--`. `--opt=V` and `--opt V` both
//! work, and so do `-w DIR`, `-wDIR` and clusters of one-letter switches.

mod contradictions;
mod gift;
mod help;
mod ids;
mod init;
mod kept;
mod limit;
mod lists;
mod machine;
mod name;
mod nearest;
mod process;
mod request;
mod target;
mod value;

pub use help::{OVERVIEW, Usage};
pub use machine::machine;
pub use name::Name;
pub use process::process;
pub use request::{Request, Wish};

use crate::config::{Init, Operation};
use crate::error::Error;
use crate::names::options::{self, COUNT, Flag};
use crate::names::{Id, Verb};
use crate::strings::{Strings, ThinCStr, thin};
use crate::text::position;
use crate::words::{Array, Words};

use lists::Lists;
use machine::Setting;
use nearest::nearest;

/// Verbs, and options in a verb's place.
const VERBS: &str = "run enter init list compare check pack help --help -h version --version -V";

/// The verbs among them, which come first; behind them stand those that ask for the overview.
const ALL: [Verb; 7] = [
    Verb::Run,
    Verb::Enter,
    Verb::Init,
    Verb::List,
    Verb::Compare,
    Verb::Check,
    Verb::Pack,
];
const VERSION: usize = 10;

/// How many of them there are that a mistyped word may mean.
const KNOWN: usize = 12;

/// Reads the arguments after the name that the program was called by, and for `init` the variables that stand for
/// options. The request becomes what they ask for.
///
/// # Errors
///
/// The first word that is wrong, with the nearest right one.
pub fn parse<'a>(
    request: &mut Request<'a>,
    name: Name,
    arguments: &'a Strings<'a>,
    environment: &'a Strings<'a>,
    words: &'a Words,
) -> Result<(), Error<'a>> {
    parse_with(request, name, arguments, environment, &[], words)
}

/// In place, for a request is most of a page.
#[inline(never)]
fn parse_with<'a>(
    request: &mut Request<'a>,
    name: Name,
    arguments: &'a Strings<'a>,
    environment: &'a Strings<'a>,
    settings: &'a [Setting<'a>],
    words: &'a Words,
) -> Result<(), Error<'a>> {
    *request = Request::default();
    request.name = name;
    let mut parser = Parser {
        rest: arguments,
        request,
        lists: Lists::new(words),
        seen: [0; COUNT],
        source: WORD,
        error: None,
        settings,
        complaints: Array::new(words),
    };
    if name == Name::Own {
        let word = parser.take().ok_or(Error::NoVerb)?.bytes();
        match position(VERBS, word) {
            Some(at) => match ALL.get(at) {
                Some(&verb) => parser.parse(verb, environment),
                None if at < VERSION => parser.request.wish = Wish::Overview,
                None => parser.request.wish = Wish::Version,
            },
            None => {
                let nearest = nearest(word, &mut (0..KNOWN).map(|at| crate::text::word(VERBS, at)));
                return Err(Error::UnknownVerb { word, nearest });
            }
        }
    } else {
        parser.parse(Verb::Init, environment);
    }
    parser.lists.finish(parser.request);
    parser.request.complaints = parser.complaints.finish();
    match parser.error {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// A word whose option a verb does not have.
pub fn unknown<'a>(verb: Verb, word: &'a [u8], name: &[u8]) -> Error<'a> {
    let known = options::of(Some(verb));
    let nearest = nearest(name, &mut known.map(|flag| flag.long));
    Error::UnknownOption { word, nearest }
}

/// Where options come from: words, variables, or a machine's texts, which have the numbers from [`TEXT`] on.
const WORD: u8 = 1;
const VARIABLE: u8 = 2;
const TEXT: u8 = 3;
/// Said to be off.
const OFF: u8 = 8;

/// The state between two options.
struct Parser<'r, 'a> {
    rest: &'a Strings<'a>,
    request: &'r mut Request<'a>,
    lists: Lists<'a>,
    /// For each option from where it was given, or that it was said to be off there; or 0.
    seen: [u8; COUNT],
    /// From where what is read now comes.
    source: u8,
    /// The first thing that is wrong, which ends the parsing.
    error: Option<Error<'a>>,
    settings: &'a [Setting<'a>],
    complaints: Array<'a, Error<'a>>,
}

impl<'a> Parser<'_, 'a> {
    #[inline(never)]
    fn parse(&mut self, verb: Verb, environment: &'a Strings<'a>) {
        self.request.verb = verb;
        if verb == Verb::Init {
            self.request.config.init = Some(Init::default());
        }
        let variables = match verb {
            Verb::Init => environment,
            _ => &[],
        };
        self.settings(true);
        if self.options().is_some() && self.variables(variables).is_some() {
            self.settings(false);
            if self.error.is_none() {
                self.contradictions();
                self.complain();
            }
        }
        self.request.name.complete(&mut self.request.config);
        self.request.timing = self.given(Id::Timing);
        self.request.wish = match () {
            () if self.given(Id::Help) => Wish::Help,
            () if self.given(Id::Version) => Wish::Version,
            () if self.given(Id::License) || self.given(Id::Licence) => Wish::License,
            () if self.given(Id::Explain) => Wish::Explain,
            () => Wish::Do,
        };
    }

    fn given(&self, id: Id) -> bool {
        (WORD..OFF).contains(&self.seen(id))
    }

    fn note(&mut self, id: Id, source: u8) {
        if let Some(seen) = self.seen.get_mut(id as usize) {
            *seen = source;
        }
    }

    fn seen(&self, id: Id) -> u8 {
        self.seen.get(id as usize).copied().unwrap_or(0)
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
                _ if self.takes_command() => break,
                _ => self.process(word)?,
            }
        }
        match self.request.verb {
            Verb::Run | Verb::Init | Verb::Pack => {}
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

    /// Whether the words behind the options are a command.
    fn takes_command(&self) -> bool {
        use Verb::{Enter, Init, Pack, Run};
        matches!(self.request.verb, Run | Enter | Init | Pack)
    }

    /// Whether nothing is to be done but to say what could be.
    fn asks(&self) -> bool {
        self.given(Id::Help) || self.given(Id::Version)
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
    #[inline(never)]
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
            return self.fail(unknown(self.request.verb, word.bytes(), name));
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
        self.note(option, self.source);
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
        let stored = value::store(self.request, option, words, &mut self.lists);
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
}
