//! Mounts: a new file system at a place, a bind of something at a place, and their attributes.
//!
//! A new file system for a place in a new root is mounted on top of that root first, filled there, where
//! nobody else can reach it, and moved to the place when that has been resolved.

use super::known::Ground;
use super::paths::{FOLDER, clean};
use super::view::{Make, Place, TOP, View};
use crate::compile::phrase::{attributes, phrase};
use crate::host::{Kind, Seen};
use crate::names::{Id, flags};
use crate::plan::{Arg, Slot};
use crate::strings::{ThinCStr, thin};

/// What is mounted is not trusted with devices or set-user-ID programs.
pub const SAFE: u64 = libc::MS_NOSUID | libc::MS_NODEV;

/// And is no program's source either.
pub const INERT: u64 = SAFE | libc::MS_NOEXEC;

/// Flags for mount(2).
pub fn mount_flags(flags: u64) -> Arg<'static> {
    Arg::Flags(flags, &flags::MOUNT)
}

impl<'p> View<'_, 'p> {
    /// Mounts a new file system for a place; the path to fill it by, until [`View::settle`] is called.
    #[inline(never)]
    pub fn begin(
        &mut self,
        target: ThinCStr<'p>,
        kind: ThinCStr<'static>,
        flags: u64,
        data: Arg<'p>,
    ) -> (Place<'p>, ThinCStr<'p>) {
        // Nobody asked for a change of the caller's own root.
        let own = self.child.because == Id::Default && !self.new_root;
        let make = (!own).then_some(Make::Directory(0o755));
        let place = self.place(target, make);
        let path = match self.new_root {
            true => thin!("/"),
            false => self.path(place),
        };
        if self.new_root && !place.path.is_empty() {
            // Before something lies on top of the root, which `..` in a link there would enter.
            let link = match self.child.because {
                // A link in its place would have others believe in somebody else's files.
                Id::Default | Id::Proc | Id::Dev | Id::Sys => libc::O_NOFOLLOW,
                _ => 0,
            };
            self.resolve(Slot::Target, place.path, libc::O_PATH | link);
        }
        let parts = [Arg::Text(kind), Arg::Text(path), mount_flags(flags), data];
        self.say(phrase!("mount $0 $1 $0 $2 $3"), &parts);
        match self.new_root || place.path.is_empty() {
            true => (place, TOP),
            false => (place, path),
        }
    }

    /// What was mounted for a place is there from here on. What is mounted on the root is the root.
    #[inline(never)]
    pub fn settle(&mut self, place: Place<'p>, ground: Ground<'p>) {
        if place.path.is_empty() {
            self.say(phrase!("openat here top FOLDER =root; fchdir root"), &[]);
            (self.new_root, self.root_is_open, self.root) = (true, true, ground);
            self.roots_below += 1;
            return self.known.forget();
        }
        if self.new_root {
            let phrase = match self.host.new_mounts {
                true => phrase!("move_mount here top target empty TO; close target"),
                false => {
                    phrase!(
                        "fchdir target; mount top dot null MOVE null; fchdir root; close target"
                    )
                }
            };
            self.say(phrase, &[]);
        }
        self.known.set(place.path, ground);
    }

    /// A new file system at a place.
    #[inline(never)]
    pub fn attach(
        &mut self,
        target: ThinCStr<'p>,
        kind: ThinCStr<'static>,
        flags: u64,
        data: Arg<'p>,
        ground: Ground<'p>,
    ) {
        let (place, _) = self.begin(target, kind, flags, data);
        self.settle(place, ground);
    }

    /// A source of the caller's at a place, with all that is mounted below it.
    #[inline(never)]
    pub fn bind(&mut self, source: ThinCStr<'p>, target: ThinCStr<'p>, seen: Seen<'p>, flags: u64) {
        let make = match seen.kind {
            Kind::File => Make::File,
            _ => Make::Directory(0o755),
        };
        let source = self.source(source);
        let place = self.place(target, Some(make));
        let ground = match seen.kind {
            Kind::File => Ground::File,
            _ => Ground::below(place.path, Some(source)),
        };
        // With the old root come the roots that lie on top of it.
        let copies = match clean(self.words, source.bytes()) {
            [] => self.roots_below,
            _ => 0,
        };
        if !self.host.new_mounts {
            return self.bind_by_path(source, seen, place, flags, ground);
        }
        if self.new_root && !place.path.is_empty() {
            let parts = [Arg::Text(source), self.attributes(flags)];
            self.say(
                phrase!(
                    "open_tree here $0 COPY_ALL =tree; mount_setattr tree empty AT_IT_ALL $1 n32"
                ),
                &parts,
            );
            self.place_tree(place, ground);
            for _ in 0..copies {
                self.resolve(Slot::Target, place.path, FOLDER);
                self.say(
                    phrase!("fchdir target; umount2 dot DETACH; fchdir root; close target"),
                    &[],
                );
            }
            return self.known.set(place.path, ground);
        }
        let path = Arg::Text(self.path(place));
        let top = match place.path.is_empty() {
            true => Arg::Text(TOP),
            false => path,
        };
        let parts = [Arg::Text(source), path, top, self.attributes(flags)];
        self.say(phrase!("mount $0 $1 null BIND_ALL null"), &parts);
        for _ in 0..copies {
            self.unstage();
        }
        self.say(phrase!("mount_setattr here $2 AT_ALL $3 n32"), &parts);
        self.settle(place, ground);
    }

    /// Puts a copy where it belongs. It was opened before the place, and the kernel gives the lowest number
    /// that is free: what is between them is the caller's, and is closed in the end unless an option
    /// names it.
    #[inline(never)]
    pub fn place_tree(&mut self, place: Place<'p>, ground: Ground<'p>) {
        self.resolve(Slot::Target, place.path, libc::O_PATH);
        self.say(phrase!("move_mount tree empty target empty FROM_TO"), &[]);
        let phrase = match self.config.descriptors().next() {
            Some(_) => phrase!("close target; close tree"),
            None => phrase!("close_range tree target zero"),
        };
        self.say(phrase, &[]);
        self.known.set(place.path, ground);
    }

    /// The structure for mount_setattr(2).
    #[inline(never)]
    pub fn attributes(&self, flags: u64) -> Arg<'p> {
        self.child.record(&attributes(flags))
    }
}
