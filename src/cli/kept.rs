//! Namespaces that are not new, against those that are.

use super::Parser;
use crate::error::Error;
use crate::names::{Id, NsSet};

impl Parser<'_, '_> {
    /// No type can be wished for in two ways.
    #[inline(always)]
    pub fn kept(&mut self) -> Option<()> {
        let wish = self.request.config.namespaces;
        // `--all --share net` is all but one; `--net --share net` is a contradiction.
        for ns in NsSet::ALL.iter() {
            let says = [
                (wish.share.contains(ns), Id::Share),
                (wish.join[ns as usize].is_some(), Id::Join),
                (wish.attempt.contains(ns), Id::Try),
                (self.given(Id::of(ns)), Id::of(ns)),
            ];
            let mut said = says.iter().filter(|(said, _)| *said);
            // The last two do not contradict each other.
            let first = said
                .next()
                .filter(|(_, first)| matches!(first, Id::Share | Id::Join));
            if let (Some((_, first)), Some((_, other))) = (first, said.next()) {
                return self.fail(Error::Contradiction(*first, *other));
            }
        }
        Some(())
    }
}
