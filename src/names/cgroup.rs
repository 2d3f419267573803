//! Controllers of cgroups (cgroups(7)), and the files that they are told by.

use crate::text::{cut, position, word};

/// The controllers, in the order of their bits and of their options; the last one where none is asked for.
const NAMES: &str = "memory pids cpu cpuset io blkio - - any";

/// The file of each controller, and those after them, by number.
const FILES: &str =
    "memory.max pids.max cpu.max cpuset.cpus io.weight memory.swap.max memory.events";

/// The same of version 1.
const V1_FILES: &str = "memory.limit_in_bytes pids.max cpu.cfs_quota_us cpuset.cpus blkio.bfq.weight \
    memory.memsw.limit_in_bytes memory.oom_control";

/// How many controllers there are.
pub const COUNT: usize = 5;

/// The number of the memory controller.
pub const MEMORY: usize = 0;

/// The bit of the controller of processors.
pub const CPUSET: u8 = 1 << 3;

/// The number of the file that limits swap, behind those of the controllers.
pub const SWAP: usize = COUNT;

/// The number of the file that counts what has happened to the memory.
pub const EVENTS: usize = COUNT + 1;

/// The name of a controller.
pub fn name(controller: usize) -> &'static str {
    word(NAMES, controller)
}

/// The name of a file.
pub fn file(unified: bool, number: usize) -> &'static str {
    word(if unified { FILES } else { V1_FILES }, number)
}

/// The bits of the controllers of version 1 in a list with commas between.
#[inline(never)]
pub fn controllers(mut list: &[u8]) -> u8 {
    let mut bits = 0;
    while !list.is_empty() {
        // One has another name there.
        bits |= position(NAMES, cut(&mut list, b',')).map_or(0, |at| 1 << at.min(COUNT - 1));
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_become_bits() {
        assert_eq!(controllers(b"rw,cpu,cpuacct"), 0b100);
        assert_eq!(controllers(b"rw,memory,blkio"), 0b10001);
        assert_eq!(controllers(b""), 0);
    }

    #[test]
    fn files_stand_at_their_numbers() {
        assert_eq!(file(true, SWAP), "memory.swap.max");
        assert_eq!(file(false, EVENTS), "memory.oom_control");
        assert_eq!(name(COUNT - 1), "io");
    }
}
