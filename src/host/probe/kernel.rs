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

/// Whether the machine has a switch of its own (ACPI's FADT).
pub(crate) fn has_acpi() -> bool {
    file::exists(c"/sys/firmware/acpi/tables/FACP")
}

/// Whether nobody may type into a terminal for others (`dev.tty.legacy_tiocsti`, since Linux 6.2).
pub(crate) fn no_typing(words: &Words) -> bool {
    read(words, thin!("/proc/sys/dev/tty/legacy_tiocsti")).starts_with(b"0")
}
