//! The view under construction: how a place inside is reached, and what is made when nothing is there.
//!
//! A component of a path may be a symbolic link of somebody else's, or become one at any moment
//! (CVE-2021-30465, CVE-2026-87766). So a place is resolved once, by openat2(2) inside the root, and used
//! through the descriptor. Only where the root is the caller's own, mounts go by path.

use super::known::{Ground, Known};
use super::paths::{FOLDER, clean, next, open_root, resolve, split};
use crate::compile::steps::List;
use crate::config::Config;
use crate::host::Host;
use crate::names::flags;
use crate::names::{Constant, Errno, Id, Sys};
use crate::plan::{Arg, Call, Slot};
use crate::strings::{ThinCStr, thin};
use crate::words::{Array, Words};

/// The working directory, in the place of a directory's descriptor.
pub const HERE: Arg = Arg::Name(Constant::AT_FDCWD);

/// What is mounted on top of the root: `..` of the root is the root itself, entered from outside.
pub const TOP: ThinCStr = thin!("/..");

/// The whole of what a descriptor stands for.
pub const WHOLE: Arg = Arg::Text(thin!(""));

/// What is to be there when nothing is.
#[derive(Clone, Copy)]
pub enum Make {
    Directory(u32),
    File,
}

/// The view of one run.
pub struct View<'a, 'p> {
    pub config: &'a Config<'p>,
    pub host: &'a Host<'p>,
    pub words: &'p Words,
    pub child: &'a mut List<'p>,
    /// The option whose turn it is.
    pub because: Id,
    /// How much of the place of the operation is there.
    pub there: usize,
    /// Whether a new user namespace owns the view.
    pub in_user: bool,
    /// Whether the root is no longer the caller's.
    pub new_root: bool,
    /// Whether the root has been opened.
    pub root_is_open: bool,
    /// What the root stands on.
    pub root: Ground<'p>,
    pub known: Known<'p>,
    /// Layers for the next overlay.
    pub layers: Array<'p, ThinCStr<'p>>,
    /// Whether the file mode creation mask has been cleared.
    pub mask_cleared: bool,
    /// What was made among the files of others.
    pub made: Array<'p, Made<'p>>,
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

/// A place inside.
#[derive(Clone, Copy)]
pub struct Place<'p> {
    /// From the root on, without slashes around it.
    pub path: &'p [u8],
    /// What it stands on.
    pub ground: Ground<'p>,
}

impl<'p> View<'_, 'p> {
    #[inline(never)]
    pub fn plain(&mut self, call: Sys, args: &[Arg<'p>]) {
        self.child.plain(call, args, self.because);
    }

    #[inline(never)]
    pub fn opening(&mut self, slot: Slot, call: Sys, args: &[Arg<'p>]) {
        self.child.opening(slot, call, args, self.because);
    }

    /// A call on something that may not be there.
    #[inline(never)]
    pub fn if_there(&mut self, call: Sys, args: &[Arg<'p>]) {
        let call = self.child.call(call, args);
        self.child.add_tolerant(call, &[Errno::NOENT], self.because);
    }

    #[inline(never)]
    pub fn close(&mut self, slot: Slot) {
        self.plain(Sys::close, &[Arg::Slot(slot)]);
    }

    /// The path of a place in the caller's own root.
    pub fn path(&self, place: Place) -> ThinCStr<'p> {
        self.words.join(&[b"/", place.path])
    }

    /// A source outside. In a new root the working directory is no longer the caller's.
    pub fn source(&self, source: ThinCStr<'p>) -> ThinCStr<'p> {
        match self.new_root && !source.bytes().starts_with(b"/") {
            true => self
                .words
                .join(&[self.host.directory, b"/", source.bytes()]),
            false => source,
        }
    }

    /// openat2(2) of a place inside the root.
    #[inline(never)]
    pub fn resolve(&mut self, slot: Slot, path: &[u8], flags: i32) {
        if !self.root_is_open {
            open_root(self.child, thin!("/"), Id::Default);
            self.root_is_open = true;
        }
        let new = self.host.new_mounts;
        resolve(self.child, self.words, new, slot, path, flags, self.because);
    }

    /// Where an operation acts, with everything above it, and it itself, made if it is not there.
    #[inline(never)]
    pub fn place(&mut self, target: ThinCStr<'p>, make: Option<Make>) -> Place<'p> {
        let path = clean(self.words, target.bytes());
        let mut ground = self.root;
        let mut end = 0;
        while end < path.len() {
            end = next(path, end);
            let above = path.get(..end).unwrap_or(path);
            if let Some(here) = self.known.get(above) {
                ground = here;
                continue;
            }
            let absent = match ground {
                Ground::Ours => true,
                Ground::Foreign { .. } => end > self.there,
            };
            let make = match end == path.len() {
                true => make,
                false => Some(Make::Directory(0o755)),
            };
            if let (true, Some(make)) = (absent, make) {
                self.make(
                    Place {
                        path: above,
                        ground,
                    },
                    make,
                );
                self.known.set(above, ground);
            }
        }
        Place { path, ground }
    }

    /// Makes a directory, or an empty file to mount on.
    fn make(&mut self, place: Place<'p>, make: Make) {
        let (call, mode, flags) = match make {
            Make::Directory(mode) => (Sys::mkdirat, mode, libc::AT_REMOVEDIR),
            Make::File => (Sys::mknodat, libc::S_IFREG | 0o444, 0),
        };
        let (folder, name) = self.enter(place);
        self.plain(call, &[Arg::Slot(folder), name, Arg::Mode(mode)]);
        self.remember(place, flags);
        self.leave(folder);
    }

    /// The directory in which something is made, and its name there.
    #[inline(never)]
    pub fn enter(&mut self, place: Place<'p>) -> (Slot, Arg<'p>) {
        self.clear_mask();
        let (folder, name) = split(place.path);
        let name = Arg::Text(self.words.join(&[name]));
        if folder.is_empty() && self.root_is_open {
            return (Slot::Root, name);
        }
        self.resolve(Slot::Folder, folder, FOLDER);
        (Slot::Folder, name)
    }

    /// The end of `enter`.
    pub fn leave(&mut self, folder: Slot) {
        if folder != Slot::Root {
            self.close(folder);
        }
    }

    /// What the last step made must not stay among the files of others if a later one fails; the
    /// flags are for unlinkat(2).
    #[inline(never)]
    pub fn remember(&mut self, place: Place<'p>, flags: i32) {
        if let Ground::Foreign {
            source: Some(source),
            depth,
        } = place.ground
        {
            self.made.push(Made {
                step: self.child.steps.len() as u32,
                source,
                path: place.path.get(depth..).unwrap_or(&[]),
                flags: flags as u64,
                because: self.because,
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

/// The arguments of mount(2).
#[inline(never)]
pub fn mounting<'p>(
    [source, target]: [ThinCStr<'p>; 2],
    kind: Option<ThinCStr<'p>>,
    flags: u64,
    data: Option<ThinCStr<'p>>,
) -> [Arg<'p>; 5] {
    [
        Arg::Text(source),
        Arg::Text(target),
        kind.map_or(Arg::Null, Arg::Text),
        Arg::Flags(flags, &flags::MOUNT),
        data.map_or(Arg::Null, Arg::Text),
    ]
}
