//! Paths inside the root: their parts, how they are resolved, and how what was made there is undone.

use crate::compile::phrase::phrase;
use crate::compile::steps::List;
use crate::names::{Sys, flags};
use crate::plan::{Arg, Member, Slot, Who};
use crate::text::cut;
use crate::text::packed::packed;
use crate::words::{Array, Words};

use super::view::Made;

/// What is opened only to go on from there.
pub const FOLDER: i32 = libc::O_PATH | libc::O_DIRECTORY;

/// A path without the slashes and dots that mean nothing, and without the names that `..` takes back.
#[inline(never)]
pub fn clean<'p>(words: &'p Words, path: &[u8]) -> &'p [u8] {
    let mut parts = Array::new(words);
    for part in path.split(|&byte| byte == b'/') {
        if part == b".." {
            let above = split(&parts).0.len();
            parts.truncate(above);
        } else if !part.is_empty() && part != b"." {
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

/// What openat2(2) is told; the flags are filled in.
const HOW: [Member; 3] = [
    (packed!("flags"), Arg::Null),
    (packed!(""), Arg::Number(0)),
    (
        packed!("resolve"),
        Arg::Flags(
            libc::RESOLVE_IN_ROOT | libc::RESOLVE_NO_MAGICLINKS,
            &flags::RESOLVE,
        ),
    ),
];

/// openat2(2) of a place inside the root.
#[inline(never)]
pub fn resolve<'p>(list: &mut List<'p>, new: bool, slot: Slot, path: &[u8], flags: i32) {
    if !new {
        return step_by_step(list, slot, path, flags);
    }
    let mut how = HOW;
    how[0].1 = Arg::Flags((flags | libc::O_CLOEXEC) as u64, &flags::OPEN);
    let path = Arg::Text(list.words().join(&[b"./", path]));
    let parts = [path, list.record(&how)];
    let phrase = match slot {
        Slot::Target => phrase!("openat2 root $0 $1 n24 =target"),
        _ => phrase!("openat2 root $0 $1 n24 =folder"),
    };
    list.say(phrase, &parts);
}

/// openat(2) of one component after the other, of which none may be a link.
#[inline(never)]
fn step_by_step(list: &mut List, slot: Slot, path: &[u8], flags: i32) {
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
            Arg::Text(list.words().join(&[name])),
            Arg::Flags(flags, &flags::OPEN),
        ];
        list.opening(slot, Sys::openat, &args, list.because);
        folder = slot;
        if rest.is_empty() {
            return;
        }
    }
}

/// The steps that undo what was made among the files of others, the last first.
#[inline(never)]
pub fn undo<'p>(made: &[Made<'p>], new: bool, list: &mut List<'p>) {
    for made in made.iter().rev() {
        list.turn(Who::Undo(made.step));
        list.about(made.because, &[]);
        let source = [Arg::Text(made.source)];
        list.say(phrase!("openat here $0 FOLDER =root"), &source);
        let (folder, name) = split(made.path);
        resolve(list, new, Slot::Folder, folder, FOLDER);
        let name = Arg::Text(list.words().join(&[name]));
        let parts = [name, Arg::Flags(made.flags, &flags::AT)];
        let phrase = phrase!("unlinkat folder $0 $1; close folder; close root");
        list.say(phrase, &parts);
    }
}
