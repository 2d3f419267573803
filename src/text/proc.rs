//! Paths below /proc that are made of numbers.

use super::{Text, put};
use crate::strings::ThinCStr;
use crate::words::Words;

/// What a descriptor of ours leads to (proc_pid_fd(5)).
#[inline(never)]
pub fn of_descriptor(words: &Words, number: u32) -> ThinCStr<'_> {
    let mut path = Text::new(words);
    put!(&mut path, "/proc/self/fd/", number);
    path.take_path()
}
