//! Every failure that a person can see: one sentence, an exit code, and a hint if we know better.
//!
//! Hints are chosen by what was observed ([`Evidence`]), in the order of the tests below; where
//! nothing was observed that explains a refusal, there is no hint.

mod hint;

pub use hint::hint;

use crate::names::{Errno, Ns};
use crate::plan::{Call, Failure, Line, Plan, Quoted};
use core::ffi::CStr;
use core::fmt::{Display, Formatter, Result};

/// pidone itself failed.
pub const FAILED: u8 = 125;
/// The command was found and cannot be executed.
pub const NOT_EXECUTABLE: u8 = 126;
/// The command was not found.
pub const NOT_FOUND: u8 = 127;

/// What is wrong with a request, before anything was done.
#[derive(Clone, Debug, PartialEq)]
pub enum Error<'a> {
    /// The program is set-user-ID or set-group-ID, or has file capabilities.
    Privileged,
    NoVerb,
    UnknownVerb { word: &'a [u8], nearest: Option<&'static str> },
    UnknownOption { word: &'a [u8], nearest: Option<&'static str> },
    UnknownLetter { letter: u8, word: &'a [u8] },
    MissingValue { option: &'static str, value: &'static str },
    UnwantedValue { option: &'static str },
    Repeated { option: &'static str },
    Contradiction { option: &'static str, other: &'static str },
    Invalid { option: &'static str, word: &'a [u8], wanted: &'static str },
    SharedButNeeded { option: &'static str, ns: Ns },
    SetgroupsNeedsPrivilege,
    EmptyCommand,
    /// Our own output could not be written.
    Output(Errno),
}

impl Display for Error<'_> {
    fn fmt(&self, f: &mut Formatter) -> Result {
        match self {
            Error::Privileged => f.write_str(
                "refusing to run with more privilege than the caller has: remove the file's set-user-ID bit or capabilities",
            ),
            Error::NoVerb => f.write_str("nothing to do: try \"pidone run COMMAND\" or \"pidone --help\""),
            Error::UnknownVerb { word, nearest } => {
                write!(f, "unknown verb {}", Quoted(word))?;
                suggest(f, *nearest, "")
            }
            Error::UnknownOption { word, nearest } => {
                write!(f, "unknown option {}", Quoted(word))?;
                suggest(f, *nearest, "--")
            }
            Error::UnknownLetter { letter, word } => {
                write!(f, "unknown option -{} in {}: see \"pidone run --help\"", *letter as char, Quoted(word))
            }
            Error::MissingValue { option, value } => write!(f, "--{option} needs a value: --{option} {value}"),
            Error::UnwantedValue { option } => write!(f, "--{option} takes no value"),
            Error::Repeated { option } => write!(f, "--{option} is given twice"),
            Error::Contradiction { option, other } => {
                write!(f, "--{option} contradicts --{other}: give one of them")
            }
            Error::Invalid { option, word, wanted } => {
                write!(f, "--{option} {}: {wanted} is wanted", Quoted(word))
            }
            Error::SharedButNeeded { option, ns } => {
                write!(f, "{option} needs a new {0} namespace: it contradicts --share {0}", ns.name())
            }
            Error::SetgroupsNeedsPrivilege => f.write_str(
                "--setgroups allow needs CAP_SETGID outside the new user namespace: the kernel lets others map groups only with \"deny\"",
            ),
            Error::EmptyCommand => f.write_str("the command's name is empty"),
            Error::Output(errno) => write!(f, "cannot write the output: {errno}"),
        }
    }
}

fn suggest(f: &mut Formatter, nearest: Option<&str>, dashes: &str) -> Result {
    match nearest {
        Some(name) => write!(f, ": did you mean {dashes}{name}?"),
        None => f.write_str(": see \"pidone --help\""),
    }
}

/// A failed step: its number, the call as it was written, and the kernel's answer.
pub struct Refused<'a> {
    pub plan: &'a Plan<'a>,
    pub failure: Failure,
}

impl<'a> Refused<'a> {
    /// The call that was refused.
    pub fn call(&self) -> Option<&'a Call<'a>> {
        self.plan.steps().nth(self.failure.step.wrapping_sub(1)).map(|(_, step)| &step.call)
    }

    /// The file that the call would have executed.
    pub fn command(&self) -> Option<&'a CStr> {
        match self.call() {
            Some(Call::Exec { path }) => Some(path),
            _ => None,
        }
    }

    /// 126 and 127 for a command that cannot be executed, 125 for everything else.
    pub fn code(&self) -> u8 {
        match (self.command(), self.failure.errno) {
            (None, _) => FAILED,
            (Some(_), Some(Errno::NOENT | Errno::NOTDIR)) => NOT_FOUND,
            (Some(_), _) => NOT_EXECUTABLE,
        }
    }
}

impl Display for Refused<'_> {
    fn fmt(&self, f: &mut Formatter) -> Result {
        let number = self.failure.step;
        write!(f, "step {number} of {}: ", self.plan.steps().count())?;
        if let Some((_, step)) = self.plan.steps().nth(number.wrapping_sub(1)) {
            Line { step, plan: self.plan }.fmt(f)?;
        }
        match self.failure.errno {
            Some(errno) => write!(f, ": {errno}"),
            None => f.write_str(": trapped: the child was killed in the middle of it"),
        }
    }
}
