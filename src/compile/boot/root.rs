//! Another root in place of the first one, which the kernel unpacked or mounted.

use super::{GONE, plan};
use crate::compile::phrase::phrase;
use crate::compile::steps::List;
use crate::config::{Machine, Root};
use crate::host::Hardware;
use crate::names::{Errno, Id, flags};
use crate::plan::{Arg, Call, Plan, Refusal, Slot};
use crate::strings::{ThinCStr, thin};
use crate::words::Words;

/// Where a root is mounted at first, and what is to be written over it: devtmpfs is there, and is not read-only.
const PLACE: ThinCStr = thin!("/dev/pidone");
const LAYERS: ThinCStr = thin!("/dev/pidone.layers");

/// The descriptor of the latter, if that is on a device.
pub const KEPT: i64 = 100;

/// Modules in order: what one needs comes before it.
#[inline(never)]
pub fn modules<'p>(wish: &'p Machine<'p>, found: &Hardware<'p>, words: &'p Words) -> Plan<'p> {
    let mut list = List::new(words);
    list.about(Id::Modules, wish.modules.as_slice());
    if let ([], Some(folder)) = (found.modules, &wish.modules) {
        let phrase = phrase!("openat here $0 FOLDER =folder; close folder");
        list.say(phrase, &[Arg::Text(*folder)]);
    }
    for file in found.modules {
        list.about(Id::Modules, core::slice::from_ref(file));
        list.refusal = Refusal::Fatal;
        list.say(phrase!("openat here $0 READ =file"), &[Arg::Text(*file)]);
        list.refusal = Refusal::after(&[Errno::EXIST]);
        // MODULE_INIT_COMPRESSED_FILE: the kernel unpacks it (finit_module(2), since Linux 5.17).
        let packed = !file.bytes().ends_with(b".ko");
        let how = Arg::Number(if packed { 4 } else { 0 });
        list.say(phrase!("finit_module file empty $0"), &[how]);
        // Also where it was refused.
        list.about(Id::Modules, &[]);
        list.refusal = Refusal::after(&[Errno::BADF]);
        list.say(phrase!("close file"), &[]);
    }
    plan(list)
}

/// A root, with what is written over it.
#[inline(never)]
pub fn root<'p>(
    wish: &'p Machine<'p>,
    root: &'p Root<'p>,
    found: &Hardware<'p>,
    words: &'p Words,
) -> Plan<'p> {
    let mut list = List::new(words);
    list.about(Id::NewRoot, words.copy(&[root.word]));
    let kind = [root.kind];
    let kinds = match root.kind.bytes() {
        [] => found.kinds,
        _ => words.copy(&kind),
    };
    // What is below is not written to.
    let below = wish.overlay.map_or(0, |_| libc::MS_RDONLY);
    if !found.in_memory {
        // No path leads to the first root any more in the end.
        list.refusal = GONE;
        list.say(phrase!("mount null root_path null REMOUNT null"), &[]);
    }
    attach(
        root.source,
        PLACE,
        kinds,
        root.flags | below,
        root.data,
        &mut list,
    );
    if let Some(over) = &wish.overlay {
        list.about(Id::OverRoot, core::slice::from_ref(over));
        let in_memory = over.bytes() == b"tmpfs";
        let kinds = if in_memory { &[*over][..] } else { found.kinds };
        // Not all of the memory.
        let most = if in_memory {
            thin!("size=40%")
        } else {
            thin!("")
        };
        attach(*over, LAYERS, kinds, 0, most, &mut list);
        list.refusal = Refusal::after(&[Errno::EXIST]);
        let [upper, work] =
            [&b"/upper"[..], b"/work"].map(|name| words.join(&[LAYERS.bytes(), name]));
        for folder in [upper, work] {
            list.say(phrase!("mkdirat here $0 m0755"), &[Arg::Text(folder)]);
        }
        list.refusal = Refusal::Fatal;
        let data = words.join(&[
            b"lowerdir=",
            PLACE.bytes(),
            b",upperdir=",
            upper.bytes(),
            b",workdir=",
            work.bytes(),
        ]);
        let parts = [
            Arg::Text(thin!("overlay")),
            Arg::Text(PLACE),
            Arg::Text(data),
        ];
        list.say(phrase!("mount $0 $1 $0 zero $2"), &parts);
        if !in_memory {
            // To be made read-only in the end, when no path leads there any more.
            let parts = [Arg::Text(LAYERS), Arg::Number(KEPT)];
            list.say(
                phrase!("openat here $0 FOLDER =root; fcntl root F_DUPFD_CLOEXEC $1; close root"),
                &parts,
            );
        }
        list.about(Id::NewRoot, words.copy(&[root.word]));
    }
    list.refusal = Refusal::Fatal;
    // An overlay may be over its files.
    let is_useless = found.in_memory && root.kind.bytes() != b"overlay";
    if is_useless {
        list.say(phrase!("openat here root_path READ =folder"), &[]);
    }
    // The first root cannot be unmounted, so pivot_root(2) refuses it.
    list.say(
        phrase!("chdir $0; mount dot root_path null MOVE null"),
        &[Arg::Text(PLACE)],
    );
    // An overlay has its layers, also where they are mounted no more.
    list.refusal = Refusal::after(&[Errno::INVAL]);
    let parts = [Arg::Text(PLACE), Arg::Number(libc::AT_REMOVEDIR.into())];
    list.say(phrase!("umount2 $0 DETACH; unlinkat here $0 $1"), &parts);
    list.refusal = Refusal::Fatal;
    list.say(phrase!("chroot dot; chdir root_path"), &[]);
    if is_useless {
        // They are memory.
        list.add(Call::Empty(Slot::Folder), list.because);
        list.say(phrase!("close folder"), &[]);
    }
    plan(list)
}

/// Mounts a device, when it is there, as the first of some types that it can be.
fn attach<'p>(
    source: ThinCStr<'p>,
    place: ThinCStr<'p>,
    kinds: &[ThinCStr<'p>],
    flags: u64,
    data: ThinCStr<'p>,
    list: &mut List<'p>,
) {
    list.refusal = Refusal::after(&[Errno::EXIST]);
    list.say(phrase!("mkdirat here $0 m0755"), &[Arg::Text(place)]);
    list.refusal = Refusal::Fatal;
    if source.bytes().starts_with(b"/") {
        list.add(Call::AwaitFile(source), list.because);
    }
    let mut left = kinds.len() as u8;
    for kind in kinds {
        left -= 1;
        list.refusal = match left {
            0 => Refusal::Fatal,
            left => Refusal::Else(left),
        };
        let parts = [
            Arg::Text(source),
            Arg::Text(place),
            Arg::Text(*kind),
            Arg::Flags(flags, &flags::MOUNT),
            Arg::Text(data),
        ];
        list.say(phrase!("mount $0 $1 $2 $3 $4"), &parts);
    }
    list.refusal = Refusal::Fatal;
}
