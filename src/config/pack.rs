//! The wish for an image.

use crate::strings::ThinCStr;

/// What an image holds, beside ourselves and the command.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pack<'a> {
    /// Where it goes; to standard output if nowhere.
    pub output: Option<ThinCStr<'a>>,
    /// Files and directories, each with its place there.
    pub files: &'a [(ThinCStr<'a>, ThinCStr<'a>)],
}
