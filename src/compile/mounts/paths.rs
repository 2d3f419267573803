//! Paths inside the root: their parts, how they are resolved, and how what was made there is undone.

use crate::compile::steps::List;
use crate::names::{Id, Sys, flags};
use crate::plan::{Arg, Member, Slot, Who};
use crate::strings::ThinCStr;
use crate::text::cut;
use crate::words::{Array, Words};

use super::view::{HERE, Made};

/// What is opened only to go on from there.
pub const FOLDER: i32 = libc::O_PATH | libc::O_DIRECTORY;

/// A path without the slashes and dots that mean nothing.
#[inline(never)]
pub fn clean<'p>(words: &'p Words, path: &[u8]) -> &'p [u8] {
    let mut parts = Array::new(words);
    for part in path.split(|&byte| byte == b'/') {
        if !part.is_empty() && part != b"." {
            if !parts.is_empty() {
                parts.push(b'/');
            }
            parts.extend(part);
        }
    }
    parts.finish()
}

/// The part up to the last slash, and the name behind it.
#[inline(never)]
pub fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let slash = path.iter().rposition(|&byte| byte == b'/');
    let folder = path.get(..slash.unwrap_or(0)).unwrap_or(&[]);
    let name = path.get(slash.map_or(0, |at| at + 1)..).unwrap_or(&[]);
    (folder, name)
}

/// The end of the next component of a path.
#[inline(never)]
pub fn next(path: &[u8], end: usize) -> usize {
    let rest = path.get(end + 1..).unwrap_or(&[]);
    let slash = rest.iter().position(|&byte| byte == b'/');
    end + 1 + slash.unwrap_or(rest.len())
}

/// Opens what places are resolved in from here on.
#[inline(never)]
pub fn open_root<'p>(list: &mut List<'p>, path: ThinCStr<'p>, because: Id) {
    let flags = (FOLDER | libc::O_CLOEXEC) as u64;
    let args = [HERE, Arg::Text(path), Arg::Flags(flags, &flags::OPEN)];
    list.opening(Slot::Root, Sys::openat, &args, because);
}

/// openat2(2) of a place inside the root.
#[inline(never)]
pub fn resolve<'p>(
    list: &mut List<'p>,
    words: &'p Words,
    new: bool,
    slot: Slot,
    path: &[u8],
    flags: i32,
    because: Id,
) {
    if !new {
        return step_by_step(list, words, slot, path, flags, because);
    }
    let how: [Member; 3] = [
        (
            "flags",
            Arg::Flags((flags | libc::O_CLOEXEC) as u64, &flags::OPEN),
        ),
        ("", Arg::Number(0)),
        (
            "resolve",
            Arg::Flags(
                libc::RESOLVE_IN_ROOT | libc::RESOLVE_NO_MAGICLINKS,
                &flags::RESOLVE,
            ),
        ),
    ];
    let args = [
        Arg::Slot(Slot::Root),
        Arg::Text(words.join(&[b"./", path])),
        Arg::Record(words.copy(&how)),
        Arg::Number(24),
    ];
    list.opening(slot, Sys::openat2, &args, because);
}

/// openat(2) of one component after the other, of which none may be a link.
#[inline(never)]
fn step_by_step<'p>(
    list: &mut List<'p>,
    words: &'p Words,
    slot: Slot,
    path: &[u8],
    flags: i32,
    because: Id,
) {
    let (mut folder, mut rest) = (Slot::Root, path);
    loop {
        let name = match cut(&mut rest, b'/') {
            b"" => b".",
            name => name,
        };
        let flags = if rest.is_empty() { flags } else { FOLDER };
        let flags = (flags | libc::O_NOFOLLOW | libc::O_CLOEXEC) as u64;
        let args = [
            Arg::Slot(folder),
            Arg::Text(words.join(&[name])),
            Arg::Flags(flags, &flags::OPEN),
        ];
        list.opening(slot, Sys::openat, &args, because);
        folder = slot;
        if rest.is_empty() {
            return;
        }
    }
}

/// The steps that undo what was made among the files of others, the last first.
#[inline(never)]
pub fn undo<'p>(made: &[Made<'p>], new: bool, words: &'p Words, list: &mut List<'p>) {
    for made in made.iter().rev() {
        list.turn(Who::Undo(made.step));
        open_root(list, made.source, made.because);
        let (folder, name) = split(made.path);
        resolve(list, words, new, Slot::Folder, folder, FOLDER, made.because);
        let name = Arg::Text(words.join(&[name]));
        let flags = Arg::Flags(made.flags, &flags::AT);
        let args = [Arg::Slot(Slot::Folder), name, flags];
        list.plain(Sys::unlinkat, &args, made.because);
        for slot in [Slot::Folder, Slot::Root] {
            list.plain(Sys::close, &[Arg::Slot(slot)], made.because);
        }
    }
}
