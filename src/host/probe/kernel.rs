//! What a kernel says of its machine.

use super::read;
use crate::strings::thin;
use crate::sys::{file, machine};
use crate::words::Words;

/// Whether we are the first process of a machine, where nothing is mounted yet. In a container the last of
/// these is refused, whoever is root there (reboot(2)).
pub fn has_just_booted() -> bool {
    !file::exists(c"/proc/self") && machine::keys_are_ours()
}

/// The kernel's command line, and the file with settings for a machine.
pub(crate) fn settings(words: &Words) -> [&[u8]; 2] {
    [thin!("/proc/cmdline"), thin!("/etc/pidone/init")].map(|file| read(words, file))
}

/// Whether the machine has a switch of its own. What a monitor without one leaves running ends by a reboot.
pub(crate) fn has_switch(words: &Words) -> bool {
    switches(read(words, thin!("/sys/firmware/acpi/tables/FACP")))
}

/// Whether a table has a switch (ACPI 6.5, 5.2.9): firmware that is reduced has one if it has a register for it.
fn switches(table: &[u8]) -> bool {
    let reduced = table.get(FLAGS).is_some_and(|byte| byte & REDUCED != 0);
    let register = table.get(CONTROL..CONTROL + 8).unwrap_or(&[]);
    !table.is_empty() && (!reduced || register.iter().any(|&byte| byte != 0))
}

/// The byte of the flags with `HW_REDUCED_ACPI`, and its bit; the address of `SLEEP_CONTROL_REG`.
const FLAGS: usize = 112 + 2;
const REDUCED: u8 = 1 << (20 - 16);
const CONTROL: usize = 244 + 4;

/// Whether nobody may type into a terminal for others (`dev.tty.legacy_tiocsti`, since Linux 6.2).
pub(crate) fn no_typing(words: &Words) -> bool {
    read(words, thin!("/proc/sys/dev/tty/legacy_tiocsti")).starts_with(b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_seen() {
        let mut table = [0; 276];
        assert!(switches(&table));
        assert!(switches(&table[..132]));
        table[112..116].copy_from_slice(&(1u32 << 20).to_le_bytes());
        // As Firecracker has it.
        assert!(!switches(&table));
        assert!(!switches(&table[..132]));
        // As QEMU's microvm has it.
        table[248..256].copy_from_slice(&0xfea0_0000u64.to_le_bytes());
        assert!(switches(&table));
        assert!(!switches(&[]));
    }
}
