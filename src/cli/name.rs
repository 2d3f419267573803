//! The names that the program goes by: under those of other inits it takes their variables, says what
//! others read of them, and ends with their exit codes.

use super::{Parser, VARIABLE};
use crate::config::{Config, Target};
use crate::error::Error;
use crate::names::Id;
use crate::names::options;
use crate::strings::{Strings, iterate};
use crate::text::packed::{Packed, packed};
use crate::text::{cut, has, position};

/// What the program was called.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Name {
    /// By its own name, or one that means nothing.
    #[default]
    Own,
    /// tini, which Docker calls docker-init.
    Tini,
    /// dumb-init.
    DumbInit,
    /// catatonit.
    Catatonit,
    /// The first process of a machine.
    Init,
}

const NAMES: &str = "dumb-init catatonit init tini docker-init tini-static";

/// Variables, and how they are to be understood.
const VARIABLES: &str = "TINI_SUBREAPER TINI_KILL_PROCESS_GROUP TINI_VERBOSITY DUMB_INIT_DEBUG DUMB_INIT_SETSID CATATONIT_DEBUG";

impl Name {
    /// The last component of a path.
    pub fn of(path: &[u8]) -> Name {
        let mut name = path;
        while has(name, b'/') {
            cut(&mut name, b'/');
        }
        match position(NAMES, name) {
            None => Name::Own,
            Some(0) => Name::DumbInit,
            Some(1) => Name::Catatonit,
            Some(2) => Name::Init,
            Some(_) => Name::Tini,
        }
    }

    /// What others read: Docker reads that of its init.
    pub fn version(self) -> Packed {
        match self {
            Name::Own | Name::Init => packed!("pidone ", env!("CARGO_PKG_VERSION"), "\n"),
            Name::Tini => packed!("tini version 0.19.0 - git.pidone\n"),
            Name::DumbInit => packed!("dumb-init v1.2.5\n"),
            Name::Catatonit => packed!("tini version 0.1.7_catatonit\n"),
        }
    }

    /// The exit code for a failure of our own.
    pub fn failed(self) -> u8 {
        match self {
            Name::Own | Name::Init => crate::error::FAILED,
            _ => 1,
        }
    }

    /// The option that a variable stands for.
    fn option(self, variable: &[u8], value: &[u8]) -> Option<Id> {
        // There may be many, and these names have none.
        if matches!(self, Name::Own | Name::Init) {
            return None;
        }
        match (self, position(VARIABLES, variable)?) {
            (Name::Tini, 0) => Some(Id::Subreaper),
            (Name::Tini, 1) => Some(Id::Group),
            (Name::Tini, 2) if !matches!(value, b"0" | b"1") => Some(Id::Verbose),
            (Name::DumbInit, 3) if value == b"1" => Some(Id::Verbose),
            (Name::DumbInit, 4) if value == b"0" => Some(Id::SingleChild),
            (Name::Catatonit, 5) => Some(Id::Verbose),
            _ => None,
        }
    }

    /// What the name means beyond the options.
    pub(super) fn complete(self, config: &mut Config) {
        if let (Name::DumbInit, Some(init)) = (self, &mut config.init)
            && !init.single_child
        {
            init.own_session = true;
            if init.target == Target::Child {
                init.target = Target::Group;
            }
        }
    }
}

impl<'a> Parser<'_, 'a> {
    /// Options that were not given as words, and that variables stand for: `PIDONE_INIT_GRACE` for
    /// `--grace`, and those of the program whose name we have.
    pub(super) fn variables(&mut self, environment: &'a Strings<'a>) -> Option<()> {
        self.source = VARIABLE;
        for pair in iterate(environment) {
            let mut value = pair.bytes();
            let variable = cut(&mut value, b'=');
            let option = variable.strip_prefix(b"PIDONE_INIT_");
            let other = self.request.name.option(variable, value);
            if option.is_none() && other.is_none() {
                continue;
            }
            let mut flags = options::of(Some(self.request.verb));
            let known = flags.find(|flag| match option {
                Some(option) => spells(option, flag.long),
                None => other == Some(flag.id),
            });
            match known {
                Some(flag) if !matches!(self.seen(flag.id), 0 | VARIABLE) => {}
                Some(flag) if flag.values() > 0 => {
                    self.apply(&flag, Some(pair.skip(variable.len() + 1)))?
                }
                // A switch that is off.
                Some(_) if option.is_some() && matches!(value, b"" | b"0") => {}
                Some(flag) => self.apply(&flag, None)?,
                None if option.is_some() => return self.fail(Error::UnknownVariable(variable)),
                None => {}
            }
        }
        Some(())
    }
}

/// Whether a part of a variable's name is that of an option: `WAIT_ALL` for `wait-all`.
fn spells(variable: &[u8], option: &str) -> bool {
    let mut pairs = variable.iter().zip(option.bytes());
    variable.len() == option.len()
        && pairs.all(|(&letter, byte)| match byte {
            b'-' => letter == b'_',
            byte => letter == byte.to_ascii_uppercase(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_component_counts() {
        for (path, name) in [
            ("/sbin/docker-init", Name::Tini),
            ("tini", Name::Tini),
            ("./dumb-init", Name::DumbInit),
            ("/usr/bin/catatonit", Name::Catatonit),
            ("/tini/pidone", Name::Own),
            ("init", Name::Init),
            ("", Name::Own),
        ] {
            assert_eq!(Name::of(path.as_bytes()), name, "{path}");
        }
    }

    #[test]
    fn options_are_spelled_as_variables() {
        assert!(spells(b"WAIT_ALL", "wait-all"));
        for wrong in ["WAIT-ALL", "wait_all", "WAIT_AL", "WAIT_ALLS", ""] {
            assert!(!spells(wrong.as_bytes(), "wait-all"), "{wrong}");
        }
    }
}
