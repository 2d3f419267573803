//! Processes as words.

use super::Parser;
use super::value::descriptor;
use crate::error::Error;
use crate::names::Id;
use crate::text::{cut, decimal, has};

impl Parser<'_, '_> {
    /// The process to enter, if no option was it; and what may stand between it and the command.
    pub(super) fn target(&mut self) -> Option<()> {
        if self.given(Id::Target) || self.asks() {
            return Some(());
        }
        let Some(word) = self.take() else {
            return self.fail(Error::TooFewProcesses);
        };
        let Some(pid) = process_id(word.bytes()) else {
            return self.fail(Error::UnexpectedWord(word.bytes()));
        };
        self.request.config.enter.pid = pid;
        if self.peek().is_some_and(|word| word.bytes() == b"--") {
            self.take();
        }
        Some(())
    }
}

/// A process id, which 0 is not.
pub fn process_id(word: &[u8]) -> Option<u32> {
    descriptor(word).filter(|&pid| pid > 0)
}

/// A process id, and the inode number of its pidfd if there is one behind a colon; else 0.
pub fn target(mut word: &[u8]) -> Option<(u32, u64)> {
    let guarded = has(word, b':');
    let pid = process_id(cut(&mut word, b':'))?;
    match guarded {
        true => Some((pid, decimal(word).filter(|&inode| inode > 0)?)),
        false => Some((pid, 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_process_and_perhaps_an_inode() {
        assert_eq!(target(b"42"), Some((42, 0)));
        assert_eq!(target(b"42:18446744073709551615"), Some((42, u64::MAX)));
        for wrong in [
            "",
            "0",
            "-1",
            "42:",
            "42:0",
            ":5",
            "42:5:6",
            "42:x",
            "2147483648",
        ] {
            assert_eq!(target(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
