//! The view under construction: how a place inside is reached, and what is made when nothing is there.
//!
//! A component of a path may be a symbolic link of somebody else's, or become one at any moment
//! (CVE-2021-30465, CVE-2026-87766). So a place is resolved once, by openat2(2) inside the root, and used
//! through the descriptor. Only where the root is the caller's own, mounts go by path.

use super::known::{Ground, Known};
use super::paths::{FOLDER, clean, next, resolve, split};
use crate::compile::phrase::{Phrase, phrase};
use crate::compile::steps::List;
use crate::config::Config;
use crate::host::{Host, Seen};
use crate::names::{Errno, Id};
use crate::plan::{Arg, Call, Refusal, Slot};
use crate::strings::{ThinCStr, thin};
use crate::words::{Array, Words};

/// What is mounted on top of the root: `..` of the root is the root itself, entered from outside.
pub const TOP: ThinCStr = thin!("/..");

/// What is to be there when nothing is.
#[derive(Clone, Copy)]
pub enum Make {
    Directory(u32),
    File,
}

/// The view of one run. In this order most of it has a short address.
#[repr(C)]
pub struct View<'a, 'p> {
    /// Whether the root is no longer the caller's.
    pub new_root: bool,
    /// Whether the root has been opened.
    pub root_is_open: bool,
    /// Whether the root shows other files than the caller's.
    pub other_root: bool,
    /// Whether a new user namespace owns the view.
    pub in_user: bool,
    /// Whether the file mode creation mask has been cleared.
    pub mask_cleared: bool,
    /// The mode of directories that it makes on the way.
    pub parents: u32,
    /// How many roots lie below the new one.
    pub roots_below: usize,
    pub child: &'a mut List<'p>,
    pub words: &'p Words,
    pub host: &'a Host<'p>,
    pub config: &'a Config<'p>,
    /// The place that it acts on, from the root on and without slashes around it.
    pub path: &'p [u8],
    /// What is mounted or said, as far as the operation has a source.
    pub source: ThinCStr<'p>,
    /// What was seen of the operation.
    pub seen: Seen<'p>,
    /// What the place stands on.
    pub ground: Ground<'p>,
    /// What the root stands on.
    pub root: Ground<'p>,
    /// Layers for the next overlay.
    pub layers: Array<'p, ThinCStr<'p>>,
    /// What was made among the files of others.
    pub made: Array<'p, Made<'p>>,
    pub known: Known<'p>,
}

/// Something made among the files of others, and the step that did.
#[derive(Clone, Copy)]
pub struct Made<'p> {
    pub step: u32,
    pub source: ThinCStr<'p>,
    /// Below the source.
    pub path: &'p [u8],
    pub flags: u64,
    pub because: Id,
}

impl<'p> View<'_, 'p> {
    /// The steps of a phrase in which nothing is left open.
    #[inline(never)]
    pub fn say_all(&mut self, phrase: Phrase) {
        self.say(phrase, &[]);
    }

    /// The steps of a phrase.
    pub fn say(&mut self, phrase: Phrase, parts: &[Arg<'p>]) {
        self.child.say(phrase, parts);
    }

    /// The same for something that may not be there.
    pub fn say_if_there(&mut self, phrase: Phrase, parts: &[Arg<'p>]) {
        self.child.refusal = Refusal::after(&[Errno::NOENT]);
        self.child.say(phrase, parts);
        self.child.refusal = Refusal::Fatal;
    }

    #[inline(never)]
    pub fn close(&mut self, slot: Slot) {
        self.say(phrase!("close $0"), &[Arg::Slot(slot)]);
    }

    /// The path of the place in the caller's own root.
    #[inline(never)]
    pub fn own_path(&self) -> ThinCStr<'p> {
        self.words.join(&[b"/", self.path])
    }

    /// From here on the place stands on this.
    pub fn stands_on(&mut self, ground: Ground<'p>) {
        self.known.set(self.path, ground);
    }

    /// A source outside. In a new root the working directory is no longer the caller's.
    #[inline(never)]
    pub fn outside(&self, source: ThinCStr<'p>) -> ThinCStr<'p> {
        match self.new_root && !source.bytes().starts_with(b"/") {
            true => self
                .words
                .join(&[self.host.directory, b"/", source.bytes()]),
            false => source,
        }
    }

    /// What places are resolved in.
    pub fn open_root(&mut self) {
        if !self.root_is_open {
            self.say_all(phrase!("openat here root_path FOLDER =root"));
            self.root_is_open = true;
        }
    }

    /// openat2(2) of the place.
    #[inline(never)]
    pub fn resolve_place(&mut self, flags: i32) {
        self.resolve(Slot::Target, self.path, flags);
    }

    /// openat2(2) of a place inside the root.
    #[inline(never)]
    pub fn resolve(&mut self, slot: Slot, path: &[u8], flags: i32) {
        self.open_root();
        let new = self.host.new_mounts;
        resolve(self.child, new, slot, path, flags);
    }

    /// Goes to where an operation acts: everything above it, and it itself, is made if it is not there.
    #[inline(never)]
    pub fn go_to(&mut self, target: ThinCStr<'p>, make: Option<Make>) {
        let mut whole = clean(self.words, target.bytes());
        self.ground = self.root;
        let (mut end, mut links) = (0, 0);
        while end < whole.len() {
            end = next(whole, end);
            self.path = whole.get(..end).unwrap_or(whole);
            let absent = match (self.known.get(self.path), self.ground) {
                // A loop of links is left to the kernel, which refuses it.
                (Some(Ground::Link(says)), _) if end < whole.len() && links < 40 => {
                    whole = self.follow(says, whole.get(end..).unwrap_or(&[]));
                    (self.ground, end, links) = (self.root, 0, links + 1);
                    false
                }
                (Some(here), _) => {
                    self.ground = here;
                    false
                }
                (None, Ground::Ours) => true,
                (None, Ground::Foreign { .. }) => end > self.seen.there.unwrap_or(usize::MAX),
                _ => false,
            };
            let make = match end == whole.len() {
                true => make,
                false => Some(Make::Directory(self.parents)),
            };
            if let (true, Some(make)) = (absent, make) {
                self.make(make);
            }
        }
        self.path = whole;
    }

    /// Where a link in the place leads to, and the rest of a path from there.
    #[inline(never)]
    fn follow(&self, says: ThinCStr<'p>, rest: &[u8]) -> &'p [u8] {
        let folder = match says.bytes() {
            [b'/', ..] => b"",
            _ => split(self.path).0,
        };
        let other = self.words.join(&[folder, b"/", says.bytes(), rest]);
        clean(self.words, other.bytes())
    }

    /// Whether a place lies in a file system of our own.
    pub fn is_ours(&self, mut path: &[u8]) -> bool {
        loop {
            path = split(path).0;
            match self.known.get(path) {
                Some(ground) => return matches!(ground, Ground::Ours),
                None if path.is_empty() => return matches!(self.root, Ground::Ours),
                None => {}
            }
        }
    }

    /// Makes a directory, or an empty file to mount on.
    #[inline(never)]
    fn make(&mut self, make: Make) {
        let (phrase, mode, flags) = match make {
            Make::Directory(mode) => (phrase!("mkdirat $0 $1 $2"), mode, libc::AT_REMOVEDIR),
            Make::File => (phrase!("mknodat $0 $1 mount_point"), 0, 0),
        };
        let mut parts = [Arg::Null, Arg::Null, Arg::Mode(mode)];
        self.enter(&mut parts);
        self.say(phrase, &parts);
        self.remember(flags);
        self.leave(&parts);
        self.stands_on(match (make, self.ground) {
            (Make::File, Ground::Ours) => Ground::File,
            (_, ground) => ground,
        });
    }

    /// Fills in the directory of the place, and its name there.
    #[inline(never)]
    pub fn enter(&mut self, way: &mut [Arg<'p>; 3]) {
        self.clear_mask();
        let (folder, name) = split(self.path);
        way[1] = Arg::Text(self.words.join(&[name]));
        way[0] = Arg::Slot(Slot::Root);
        if !folder.is_empty() || !self.root_is_open {
            self.resolve(Slot::Folder, folder, FOLDER);
            way[0] = Arg::Slot(Slot::Folder);
        }
    }

    /// The end of `enter`.
    #[inline(never)]
    pub fn leave(&mut self, way: &[Arg<'p>; 3]) {
        if matches!(way[0], Arg::Slot(Slot::Folder)) {
            self.say_all(phrase!("close folder"));
        }
    }

    /// What the last step made must not stay among the files of others if a later one fails; the
    /// flags are for unlinkat(2).
    #[inline(never)]
    pub fn remember(&mut self, flags: i32) {
        if let Ground::Foreign {
            source: Some(source),
            depth,
        } = self.ground
        {
            self.made.push(Made {
                step: self.child.steps.len() as u32,
                source,
                path: self.path.get(depth as usize..).unwrap_or(&[]),
                flags: flags as u64,
                because: self.child.because,
            });
        }
    }

    /// Modes are those asked for, whatever mask the caller has.
    #[inline(never)]
    pub fn clear_mask(&mut self) {
        if !self.mask_cleared {
            self.child.add(Call::ClearUmask, Id::Default);
            self.mask_cleared = true;
        }
    }
}
