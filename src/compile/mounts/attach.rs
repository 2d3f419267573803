//! Mounts: a new file system at a place, a bind of something at a place, and their attributes.
//!
//! A new file system for a place in a new root is mounted on top of that root first, filled there, where
//! nobody else can reach it, and moved to the place when that has been resolved.

use super::known::Ground;
use super::paths::open_root;
use super::view::{HERE, Make, Place, TOP, View, WHOLE, mounting};
use crate::host::{Kind, Seen};
use crate::names::{Id, Sys, flags};
use crate::plan::{Arg, Member, Slot};
use crate::strings::{ThinCStr, thin};

/// What is mounted is not trusted with devices or set-user-ID programs.
pub const SAFE: u64 = libc::MS_NOSUID | libc::MS_NODEV;

/// And is no program's source either.
pub const INERT: u64 = SAFE | libc::MS_NOEXEC;

impl<'p> View<'_, 'p> {
    /// mount(2).
    #[inline(never)]
    pub fn mount(
        &mut self,
        paths: [ThinCStr<'p>; 2],
        kind: Option<ThinCStr<'p>>,
        flags: u64,
        data: Option<ThinCStr<'p>>,
    ) {
        self.plain(Sys::mount, &mounting(paths, kind, flags, data));
    }

    /// Mounts a new file system for a place; the path to fill it by, until [`View::settle`] is called.
    #[inline(never)]
    pub fn begin(
        &mut self,
        target: ThinCStr<'p>,
        kind: ThinCStr<'p>,
        flags: u64,
        data: Option<ThinCStr<'p>>,
    ) -> (Place<'p>, ThinCStr<'p>) {
        let place = self.place(target, Some(Make::Directory(0o755)));
        let path = match self.new_root {
            true => thin!("/"),
            false => self.path(place),
        };
        self.mount([kind, path], Some(kind), flags, data);
        match self.new_root || place.path.is_empty() {
            true => (place, TOP),
            false => (place, path),
        }
    }

    /// What was mounted for a place is there from here on. What is mounted on the root is the root.
    #[inline(never)]
    pub fn settle(&mut self, place: Place<'p>, ground: Ground<'p>) {
        if place.path.is_empty() {
            open_root(self.child, TOP, self.because);
            self.plain(Sys::fchdir, &[Arg::Slot(Slot::Root)]);
            (self.new_root, self.root_is_open, self.root) = (true, true, ground);
            return self.known.forget();
        }
        if self.new_root {
            let link = match self.because {
                // A link in its place would have others believe in somebody else's files.
                Id::Default | Id::Proc | Id::Dev | Id::Sys => libc::O_NOFOLLOW,
                _ => 0,
            };
            self.resolve(Slot::Target, place.path, libc::O_PATH | link);
            self.move_mount(HERE, TOP, 0);
            self.close(Slot::Target);
        }
        self.known.set(place.path, ground);
    }

    /// A new file system at a place.
    #[inline(never)]
    pub fn attach(
        &mut self,
        target: ThinCStr<'p>,
        kind: ThinCStr<'p>,
        flags: u64,
        data: Option<ThinCStr<'p>>,
        ground: Ground<'p>,
    ) {
        let (place, _) = self.begin(target, kind, flags, data);
        self.settle(place, ground);
    }

    /// A source of the caller's at a place, with all that is mounted below it.
    #[inline(never)]
    pub fn bind(&mut self, source: ThinCStr<'p>, target: ThinCStr<'p>, seen: Seen, flags: u64) {
        let Seen { kind, real, .. } = seen;
        let make = match kind {
            Kind::File => Make::File,
            _ => Make::Directory(0o755),
        };
        let source = self.source(source);
        let place = self.place(target, Some(make));
        let ground = Ground::below(place.path, Some(source));
        if !self.host.new_mounts {
            let real = self.words.join(&[real]);
            return self.bind_by_path([source, real], place, kind, flags, ground);
        }
        if self.new_root && !place.path.is_empty() {
            self.clone_tree(source, libc::AT_RECURSIVE);
            return self.bind_tree(place, flags, ground);
        }
        let path = self.path(place);
        self.mount([source, path], None, libc::MS_BIND | libc::MS_REC, None);
        let path = if place.path.is_empty() { TOP } else { path };
        self.set_attributes(HERE, path, flags, libc::AT_RECURSIVE);
        self.settle(place, ground);
    }

    /// A copy of a part of the view, which is nowhere yet.
    #[inline(never)]
    pub fn clone_tree(&mut self, source: ThinCStr<'p>, recursive: i32) {
        let flags = (libc::OPEN_TREE_CLONE | libc::OPEN_TREE_CLOEXEC) as u64 | recursive as u64;
        let flags = Arg::Flags(flags, &flags::TREE);
        self.opening(
            Slot::Tree,
            Sys::open_tree,
            &[HERE, Arg::Text(source), flags],
        );
    }

    /// Gives the copy its attributes, and puts it where it belongs.
    #[inline(never)]
    pub fn bind_tree(&mut self, place: Place<'p>, flags: u64, ground: Ground<'p>) {
        let tree = Arg::Slot(Slot::Tree);
        let whole = libc::AT_EMPTY_PATH | libc::AT_RECURSIVE;
        self.set_attributes(tree, thin!(""), flags, whole);
        self.resolve(Slot::Target, place.path, libc::O_PATH);
        self.move_mount(tree, thin!(""), libc::MOVE_MOUNT_F_EMPTY_PATH);
        self.close_both();
        self.known.set(place.path, ground);
    }

    /// Moves a mount to the target.
    fn move_mount(&mut self, folder: Arg<'p>, path: ThinCStr<'p>, flags: u32) {
        if !self.host.new_mounts {
            return self
                .at_target(|view| view.mount([path, thin!(".")], None, libc::MS_MOVE, None));
        }
        let flags = u64::from(flags | libc::MOVE_MOUNT_T_EMPTY_PATH);
        let args = [
            folder,
            Arg::Text(path),
            Arg::Slot(Slot::Target),
            WHOLE,
            Arg::Flags(flags, &flags::MOVE),
        ];
        self.plain(Sys::move_mount, &args);
    }

    /// Closes tree and target. The tree was opened first, and the kernel gives the lowest number that
    /// is free: what is between them is the caller's, and is closed in the end unless an option names it.
    fn close_both(&mut self) {
        if self.config.descriptors().next().is_some() {
            self.close(Slot::Target);
            return self.close(Slot::Tree);
        }
        let [first, last] = [Slot::Tree, Slot::Target].map(Arg::Slot);
        self.plain(Sys::close_range, &[first, last, Arg::Number(0)]);
    }

    /// Attributes of a mount, or of all that are below it too.
    #[inline(never)]
    pub fn set_attributes(&mut self, folder: Arg<'p>, path: ThinCStr<'p>, flags: u64, at: i32) {
        let args = self.attributes(folder, path, flags, at);
        self.plain(Sys::mount_setattr, &args);
    }

    /// The arguments of mount_setattr(2). The first four attributes are those of mount(2).
    #[inline(never)]
    pub fn attributes(
        &self,
        folder: Arg<'p>,
        path: ThinCStr<'p>,
        flags: u64,
        at: i32,
    ) -> [Arg<'p>; 5] {
        let members: [Member; 4] = [
            ("attr_set", Arg::Flags(flags, &flags::ATTRIBUTES)),
            ("attr_clr", Arg::Number(0)),
            ("propagation", Arg::Flags(0, &flags::UNCHANGED)),
            ("userns_fd", Arg::Number(0)),
        ];
        [
            folder,
            Arg::Text(path),
            Arg::Flags(at as u64, &flags::AT),
            Arg::Record(self.words.copy(&members)),
            Arg::Number(32),
        ]
    }
}
