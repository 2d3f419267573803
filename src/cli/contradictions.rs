//! Options that cannot both be meant.

use super::Parser;
use crate::error::Error;
use crate::names::{Id, Verb};

/// Options that say the same thing in different ways.
const EXCLUSIVE: [(Id, Id); 14] = [
    (Id::MapAuto, Id::MapUsers),
    (Id::MapAuto, Id::MapGroups),
    (Id::Root, Id::EmptyRoot),
    (Id::Group, Id::SingleChild),
    (Id::Tty, Id::SingleChild),
    (Id::Tty, Id::NewSession),
    (Id::Tty, Id::Pause),
    (Id::SignalAll, Id::SingleChild),
    (Id::Grace, Id::WaitAll),
    (Id::MapRootUser, Id::MapCurrentUser),
    (Id::MapRootUser, Id::MapUser),
    (Id::MapRootUser, Id::MapGroup),
    (Id::MapCurrentUser, Id::MapUser),
    (Id::MapCurrentUser, Id::MapGroup),
];

impl Parser<'_, '_> {
    /// Options that exclude each other.
    pub(super) fn contradictions(&mut self) -> Option<()> {
        if self.request.verb == Verb::Compare && self.lists.processes.len() < 2 && !self.asks() {
            return self.fail(Error::TooFewProcesses);
        }
        self.modifiers()?;
        for (one, two) in EXCLUSIVE {
            if self.given(one) && self.given(two) {
                return self.fail(Error::Contradiction(one, two));
            }
        }
        if self.given(Id::OverRoot) && !self.given(Id::NewRoot) {
            return self.fail(Error::Needs(Id::OverRoot, Id::NewRoot));
        }
        self.kept()
    }

    /// A modifier must have been for the operation before which it stands.
    pub(super) fn modifiers(&mut self) -> Option<()> {
        match (self.lists.perms, self.lists.size) {
            (None, None) => Some(()),
            (Some(_), _) => self.fail(Error::Unused(Id::Perms)),
            (_, Some(_)) => self.fail(Error::Unused(Id::Size)),
        }
    }
}
