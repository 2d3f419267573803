//! What the words of a command line ask for.

use super::Name;
use crate::config::{Config, Pack, View};
use crate::error::Error;
use crate::names::Verb;

/// What the caller wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request<'a> {
    /// Of whom.
    pub verb: Verb,
    /// As whom.
    pub name: Name,
    /// What is to be done.
    pub wish: Wish,
    /// How.
    pub config: Config<'a>,
    /// Say afterwards where the time went.
    pub timing: bool,
    /// What is to be shown, where nothing is run.
    pub view: View<'a>,
    /// What is wrong with a machine's settings, and left out.
    pub complaints: &'a [Error<'a>],
    /// What an image holds, beside the command.
    pub pack: Pack<'a>,
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
    /// Print the licence.
    License,
}
