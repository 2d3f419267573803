//! What is found in a virtual machine when it starts.

use crate::strings::ThinCStr;

/// Each of these is looked for if it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hardware<'a> {
    /// The files of modules, in order.
    pub modules: &'a [ThinCStr<'a>],
    /// The types of file systems that the kernel knows, and that are on devices.
    pub kinds: &'a [ThinCStr<'a>],
    /// Whether the root is in memory.
    pub in_memory: bool,
    /// For each network device that is to get an address its number.
    pub links: &'a [u32],
    /// The files of power buttons.
    pub buttons: &'a [ThinCStr<'a>],
    /// Where anything is mounted, the last first.
    pub places: &'a [ThinCStr<'a>],
    /// Files with swap, which keep in use what they are on.
    pub swaps: &'a [ThinCStr<'a>],
    /// Devices that have become files of others, which keep in use what they are on.
    pub loops: &'a [ThinCStr<'a>],
    /// For each named port that is told the exit code its file.
    pub ports: &'a [ThinCStr<'a>],
}
