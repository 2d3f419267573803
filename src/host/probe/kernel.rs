//! What a kernel says of its machine.

use super::{MOST, read, read_all};
use crate::arch;
use crate::config::{Gift, Machine, Report};
use crate::host::Hardware;
use crate::names::Errno;
use crate::strings::{ThinCStr, thin};
use crate::sys::file::{self, Names};
use crate::sys::process::{self, Pid};
use crate::sys::{Result, machine, mount, tty};
use crate::text::escaped::unescape;
use crate::text::{cut, decimal};
use crate::words::{Array, Words};
use core::ffi::CStr;

/// Whether we are the first process of a machine: in a container that is refused, whoever is root there
/// (reboot(2), "Behavior inside PID namespaces").
pub fn is_ours() -> bool {
    process::id() == Pid(1) && machine::keys_are_ours()
}

/// Whether nobody has opened a console for us.
pub fn has_no_input() -> bool {
    tty::foreground(file::STDIN) == Err(Errno::BADF)
}

/// The kernel's command line.
pub(crate) fn command_line(words: &Words) -> &[u8] {
    read(words, thin!("/proc/cmdline"))
}

/// The file with settings for a machine.
pub(crate) fn settings(words: &Words) -> &[u8] {
    of_image(words, c"/etc/pidone/init").unwrap_or_default()
}

/// What a file of an image holds; of a very long one the beginning. Should it be a pipe, nobody waits for its other
/// end.
#[inline(never)]
pub(crate) fn of_image<'w>(words: &'w Words, path: &CStr) -> Result<&'w [u8]> {
    let mut bytes = Array::new(words);
    let flags = libc::O_RDONLY | libc::O_NONBLOCK | libc::O_CLOEXEC;
    let fd = file::open(path, flags as u32)?;
    let outcome = read_all(fd, &mut bytes, MOST);
    file::close(fd);
    outcome.map(|()| bytes.finish())
}

/// What the machine is called in its root.
pub(crate) fn host_name(words: &Words) -> Option<ThinCStr<'_>> {
    let mut text = of_image(words, c"/etc/hostname").unwrap_or_default();
    let name = cut(&mut text, b'\n').trim_ascii();
    (1..=64).contains(&name.len()).then(|| words.join(&[name]))
}

/// What is to be loaded.
#[inline(never)]
pub(crate) fn look_at_modules<'w>(wish: &Machine, words: &'w Words) -> Hardware<'w> {
    Hardware {
        modules: wish
            .modules
            .map_or(&[], |folder| listed(words, folder, b"")),
        ..Hardware::default()
    }
}

/// What is needed for the root.
#[inline(never)]
pub(crate) fn look_at_devices(words: &Words) -> Hardware<'_> {
    let mut kinds = Array::new(words);
    let mut rest = read(words, thin!("/proc/filesystems"));
    while !rest.is_empty() {
        let mut kind = cut(&mut rest, b'\n');
        // Others need no device.
        if cut(&mut kind, b'\t').is_empty() {
            kinds.push(words.join(&[kind]));
        }
    }
    Hardware {
        kinds: kinds.finish(),
        in_memory: mount::root_is_in_memory(),
        ..Hardware::default()
    }
}

/// What is needed for everything else.
#[inline(never)]
pub(crate) fn look_around<'w>(wish: &Machine, words: &'w Words) -> Hardware<'w> {
    let mut links = Array::new(words);
    for gift in wish.gifts {
        if let Gift::Link(link) = gift {
            let path: [&[u8]; 3] = [b"/sys/class/net/", &link.name, b"/ifindex"];
            let number = decimal(read(words, words.join(&path)).trim_ascii());
            links.push(number.unwrap_or(0) as u32);
        }
    }
    let mut found = Hardware {
        in_memory: mount::root_is_in_memory(),
        links: links.finish(),
        ..Hardware::default()
    };
    if wish.power_button {
        let parts = [
            &b"event"[..],
            b"/device/name",
            b"Power Button",
            b"/dev/input",
        ];
        found.buttons = devices(words, thin!("/sys/class/input"), parts);
    }
    found
}

/// Of a class the devices whose names begin with something, and of which a file says something: their files below
/// a directory.
#[inline(never)]
fn devices<'w>(
    words: &'w Words,
    class: ThinCStr,
    [prefix, file, says, place]: [&[u8]; 4],
) -> &'w [ThinCStr<'w>] {
    let mut all = Array::new(words);
    for &device in listed(words, class, prefix) {
        let name = device.skip(class.bytes().len()).bytes();
        if cut(&mut read(words, words.join(&[device.bytes(), file])), b'\n') == says {
            all.push(words.join(&[place, name]));
        }
    }
    all.finish()
}

/// What is needed for the end: what is mounted, the last first, as anything may be over a device or keep it in use;
/// files with swap, and who is told.
#[inline(never)]
pub(crate) fn look_at_places<'w>(wish: &Machine, words: &'w Words) -> Hardware<'w> {
    let (mut places, mut ports) = (Array::new(words), Array::new(words));
    let mut swaps = Array::new(words);
    for gift in wish.gifts {
        if let Gift::Report(Report::Virtio(name)) = gift {
            let parts = [&b""[..], b"/name", name.bytes(), b"/dev"];
            let found = devices(words, thin!("/sys/class/virtio-ports"), parts);
            // It says that there is none.
            ports.push(found.first().copied().unwrap_or(thin!("/dev/virtio-ports")));
        }
    }
    // Most machines have no device that anybody could have mounted.
    let (files, loops): (&[_], _) = match read(words, thin!("/proc/partitions")) {
        [] => (&[], &[][..]),
        _ => {
            // Those that are not to be free by themselves when nobody uses them.
            let parts = [&b"loop"[..], b"/loop/autoclear", b"0", b"/dev"];
            let loops = devices(words, thin!("/sys/block"), parts);
            (&[thin!("/proc/mounts"), thin!("/proc/swaps")], loops)
        }
    };
    for file in files {
        let mut rest = read(words, *file);
        while !rest.is_empty() {
            let mut line = cut(&mut rest, b'\n');
            let source = cut(&mut line, b' ');
            let place = cut(&mut line, b' ');
            let kind = cut(&mut line, b' ');
            let is_on_disk = source.starts_with(b"/dev/") && !source.starts_with(b"/dev/loop");
            let (list, path) = match place {
                // Reports are written through this one.
                b"/dev" if kind == b"devtmpfs" => continue,
                [b'/', ..] if kind == b"rootfs" => continue,
                [b'/', ..] => (&mut places, place),
                // Swap has no place. On a disk it is in nobody's way, and to take it back needs memory.
                _ if source.starts_with(b"/") && !is_on_disk => (&mut swaps, source),
                _ => continue,
            };
            list.push(words.join(&[unescape(words, path)]));
        }
    }
    places.reverse();
    Hardware {
        places: places.finish(),
        swaps: swaps.finish(),
        loops,
        ports: ports.finish(),
        in_memory: mount::root_is_in_memory(),
        ..Hardware::default()
    }
}

/// The files of a directory whose names begin with something, in the order of their names.
fn listed<'w>(words: &'w Words, folder: ThinCStr, prefix: &[u8]) -> &'w [ThinCStr<'w>] {
    let mut all = Array::new(words);
    let flags = (libc::O_DIRECTORY | libc::O_CLOEXEC) as u32;
    if let Ok(fd) = file::open(folder.as_cstr(), flags) {
        let mut names = Names::of(fd);
        while let Some(name) = names.next() {
            let name = name.to_bytes();
            if !name.starts_with(b".") && name.starts_with(prefix) {
                all.push(words.join(&[folder.bytes(), b"/", name]));
                let mut at = all.len();
                while let Some([before, this]) = all.get_mut(at.wrapping_sub(2)..at)
                    && before.bytes() > this.bytes()
                {
                    core::mem::swap(before, this);
                    at -= 1;
                }
            }
        }
        file::close(fd);
    }
    all.finish()
}

/// Whether the machine has a switch of its own. What a monitor without one leaves running ends by a reboot.
pub(crate) fn has_switch(words: &Words) -> bool {
    arch::HAS_SWITCH || switches(read(words, thin!("/sys/firmware/acpi/tables/FACP")))
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
