//! Every failure that a person can see: one sentence, an exit code, and a hint if we know better.
//!
//! Hints are chosen by what was observed ([`Evidence`]); where that explains nothing, there is none.

mod hint;
mod kind;
mod refused;

pub use hint::hint;
pub use refused::Refused;

use crate::names::{Cap, Errno, Id, Ns};
use crate::strings::ThinCStr;
use crate::text::packed::{Packed, packed};
use crate::text::{Quoted, Show, Text, display, put};

/// pidone itself failed.
pub const FAILED: u8 = 125;
/// The command was found and cannot be executed.
pub const NOT_EXECUTABLE: u8 = 126;
/// The command was not found.
pub const NOT_FOUND: u8 = 127;

/// What is wrong with a request, before anything was done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Error<'a> {
    /// The program is set-user-ID or set-group-ID, or has file capabilities.
    Privileged,
    /// No word at all.
    NoVerb,
    /// The first word is none of ours.
    UnknownVerb {
        /// As it was written.
        word: &'a [u8],
        /// The nearest right one.
        nearest: Option<&'static str>,
    },
    /// A long option that does not exist.
    UnknownOption {
        /// As it was written.
        word: &'a [u8],
        /// The nearest right one.
        nearest: Option<&'static str>,
    },
    /// A one-letter option that does not exist.
    UnknownLetter {
        /// The letter.
        letter: u8,
        /// The word it is in.
        word: &'a [u8],
    },
    /// A variable that stands for an option which does not exist.
    UnknownVariable(&'a [u8]),
    /// An option at the end that wants a value.
    MissingValue {
        /// Which one.
        option: Id,
        /// What it wants.
        value: &'static str,
    },
    /// A switch with a value.
    UnwantedValue(Id),
    /// An option with one value that is given twice.
    Repeated(Id),
    /// Two options that cannot both be meant.
    Contradiction(Id, Id),
    /// A value that is wrong.
    Invalid {
        /// The option's.
        option: Id,
        /// As they were written.
        words: &'a [ThinCStr<'a>],
    },
    /// A modifier before no operation that it could be for.
    Unused(Id),
    /// What makes a root, in a file of it.
    TooLate(Id),
    /// An option without another that it is about.
    Needs(Id, Id),
    /// An overlay without layers below.
    NoLayers(Id),
    /// An option needs a new namespace of a type that is to be shared or joined.
    KeptButNeeded {
        /// The option.
        option: Id,
        /// The type.
        ns: Ns,
        /// What it contradicts.
        by: Id,
    },
    /// `--persist time` where the namespace is made too late for that.
    MadeLater,
    /// No hierarchy with a controller is mounted.
    NotMounted(Id, &'static str),
    /// `--setgroups allow` without privilege.
    SetgroupsNeedsPrivilege,
    /// Nobody is there who may write a map.
    NoMapper(Id),
    /// Ranges without root and without the caller, and no wish for another: the command would be the caller
    /// outside, and nobody inside.
    Nobody(Id, Id),
    /// `--map-auto` for a user without subordinate ids.
    NoSubordinates,
    /// A name that is in no file.
    Unknown {
        /// Whose name it is.
        option: Id,
        /// The name.
        name: ThinCStr<'a>,
    },
    /// A word that is none of the verb's: no option, and no process id.
    UnexpectedWord(&'a [u8]),
    /// Nothing to enter, or to compare.
    TooFewProcesses,
    /// So many things that were asked for cannot be looked at (ptrace(2), "access mode checking").
    Unseen(u32),
    /// /proc is not to be had.
    NoProc(Errno),
    /// /proc shows the processes of a PID namespace that is not ours.
    OthersProc,
    /// A capability that this kernel does not have is to be added.
    NoSuchCapability(Cap),
    /// A filter that cannot be read.
    Unreadable {
        /// The option.
        option: Id,
        /// As it was written; of a descriptor the number.
        word: ThinCStr<'a>,
        /// Why.
        errno: Errno,
    },
    /// Another program's library cannot copy itself.
    NoImage,
    /// `init` has no command.
    NoCommand,
    /// `--signal-all` of a process that is not process 1.
    NotFirst,
    /// What only the first process of a machine can do.
    NoMachine,
    /// `pack` has no program.
    NoProgram,
    /// A file cannot be read or written.
    File(ThinCStr<'a>, Errno),
    /// A file cannot be part of an image, and why.
    Unpackable(ThinCStr<'a>, Packed),
    /// What the kernel needs to start a program is not in the image.
    NoInterpreter {
        /// The program.
        program: ThinCStr<'a>,
        /// The dynamic loader, or a script's interpreter.
        interpreter: ThinCStr<'a>,
    },
    /// The command's name is empty.
    EmptyCommand,
    /// Our own output could not be written.
    Output(Errno),
}

impl Show for Error<'_> {
    fn show(&self, text: &mut Text) {
        match self {
            Error::Privileged => put!(
                text,
                "refusing to run with more privilege than the caller has: \
                remove the file's set-user-ID bit or capabilities"
            ),
            Error::NoVerb => put!(
                text,
                "nothing to do: try \"pidone run COMMAND\" or \"pidone --help\""
            ),
            Error::UnknownVerb { word, nearest } => {
                put!(text, "unknown verb ", Quoted(word));
                suggest(text, *nearest, "");
            }
            Error::UnknownOption { word, nearest } => {
                put!(text, "unknown option ", Quoted(word));
                suggest(text, *nearest, "--");
            }
            Error::UnknownLetter { letter, word } => put!(
                text,
                "unknown option ",
                Quoted(&[b'-', *letter]),
                " in ",
                Quoted(word),
                SEE_HELP
            ),
            Error::UnknownVariable(name) => put!(
                text,
                "the variable ",
                Quoted(name),
                " stands for no option of init"
            ),
            Error::NoImage => put!(text, "--init is for the program itself"),
            Error::NoCommand => put!(text, "there is no command: pidone init [OPTIONS] COMMAND"),
            Error::NoMachine => put!(
                text,
                "this is for the first process of a virtual machine: see --vm and --explain for what it does there"
            ),
            Error::NoProgram => put!(text, "there is no program: pidone pack [OPTIONS] PROGRAM"),
            Error::File(word, errno) => put!(text, word, ": ", errno),
            Error::Unpackable(word, why) => put!(text, word, why),
            Error::NoInterpreter {
                program,
                interpreter,
            } => put!(
                text,
                program,
                " is started by ",
                interpreter,
                ", which is not in the image: add it, and the libraries, with --file, or link statically"
            ),
            Error::NotFirst => put!(
                text,
                "--signal-all would reach others: we are not process 1 here"
            ),
            Error::MissingValue { option, value } => {
                put!(text, option, " needs a value: ", option, " ", value);
            }
            Error::UnwantedValue(option) => put!(text, option, " takes no value"),
            Error::Repeated(option) => put!(text, option, " is given twice"),
            Error::Contradiction(option, other) => {
                put!(text, option, " contradicts ", other, ": give one of them");
            }
            Error::Invalid { option, words } => {
                put!(text, option);
                for word in *words {
                    put!(text, " ", word);
                }
                put!(text, ": wanted is ");
                if option.is_operation() && words.iter().any(|word| word.bytes().is_empty()) {
                    put!(text, "no empty word, and ");
                }
                option.show_wanted(text);
            }
            Error::Unused(option) => {
                put!(
                    text,
                    option,
                    " is for the next option, which does not take it: "
                );
                put!(text, "put it before one that makes something");
            }
            Error::TooLate(option) => put!(
                text,
                option,
                " is too late in the new root: give it to the kernel or the first root"
            ),
            Error::Needs(option, other) => put!(text, option, " needs ", other),
            Error::NoLayers(option) => put!(
                text,
                option,
                " needs layers: --overlay-src S before it, twice for --ro-overlay"
            ),
            Error::KeptButNeeded { option, ns, by } => {
                let name = ns.name();
                put!(
                    text,
                    option,
                    " needs a new ",
                    name,
                    " namespace: it contradicts "
                );
                put!(text, by, " ", name);
            }
            Error::MadeLater => put!(
                text,
                "--persist time needs clone3(2), which is refused here"
            ),
            Error::NotMounted(id, of) => put!(text, id, " needs a mounted cgroup controller: ", of),
            Error::SetgroupsNeedsPrivilege => put!(
                text,
                "--setgroups allow needs CAP_SETGID outside the new user namespace: \
                the kernel lets others map groups only with \"deny\""
            ),
            Error::NoMapper(option) => put!(
                text,
                option,
                " needs CAP_SETUID and CAP_SETGID, or newuidmap and newgidmap in PATH (package uidmap)"
            ),
            Error::Nobody(map, wish) => put!(
                text,
                map,
                " maps neither 0 nor the caller's own id: map one, or say with ",
                wish,
                " who the command is"
            ),
            Error::UnexpectedWord(word) => {
                put!(text, "unexpected word ", Quoted(word), SEE_HELP);
            }
            Error::TooFewProcesses => put!(text, "a process id is missing"),
            Error::Unseen(count) => put!(
                text,
                count,
                " could not be looked at: EACCES is another user's, or has rights that we do not have; \
                ENOENT is not there"
            ),
            Error::NoProc(errno) => put!(text, "cannot read /proc: ", errno),
            Error::OthersProc => put!(
                text,
                "/proc has the process ids of another PID namespace: mount a new one"
            ),
            Error::NoSuchCapability(cap) => {
                put!(
                    text,
                    Id::CapAdd,
                    " ",
                    cap,
                    ": this kernel has no such capability"
                );
            }
            Error::Unreadable {
                option,
                word,
                errno,
            } => put!(text, option, " ", word, ": ", errno),
            Error::NoSubordinates => put!(
                text,
                "--map-auto: /etc/subuid and /etc/subgid must both have ids for this user"
            ),
            Error::Unknown { option, name } => {
                let file = match option {
                    Id::Uid | Id::Chdir => "passwd",
                    _ => "group",
                };
                put!(
                    text,
                    option,
                    " ",
                    name,
                    ": not in /etc/",
                    file,
                    " of the command's root"
                );
            }
            Error::EmptyCommand => put!(text, "the command's name is empty"),
            Error::Output(errno) => put!(text, "cannot write the output: ", errno),
        }
    }
}

const SEE_HELP: Packed = packed!(": see \"pidone --help\"");

fn suggest(text: &mut Text, nearest: Option<&str>, dashes: &str) {
    match nearest {
        Some(name) => put!(text, ": did you mean ", dashes, name, "?"),
        None => put!(text, SEE_HELP),
    }
}

display!(Error<'_>);
