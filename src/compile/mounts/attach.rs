//! Mounts: a new file system at a place, a bind of something at a place, and their attributes.
//!
//! A new file system for a place in a new root is mounted on top of that root first, filled there, where
//! nobody else can reach it, and moved to the place when that has been resolved.

use super::known::Ground;
use super::paths::{FOLDER, clean};
use super::view::{Make, TOP, View};
use crate::compile::phrase::{attributes, phrase};
use crate::host::Kind;
use crate::names::{Id, flags};
use crate::plan::Arg;
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
    /// Whether what is mounted for the place lies on top of the root first.
    fn is_staged(&self) -> bool {
        self.new_root || self.path.is_empty()
    }

    /// Where something is mounted for the place; and the path that it then has.
    #[inline(never)]
    pub fn mount_paths(&self) -> [ThinCStr<'p>; 2] {
        let own = self.own_path();
        [
            if self.new_root { thin!("/") } else { own },
            if self.is_staged() { TOP } else { own },
        ]
    }

    /// Mounts a new file system for a place; the path to fill it by, until [`View::settle`] is called.
    #[inline(never)]
    pub fn begin(
        &mut self,
        target: ThinCStr<'p>,
        kind: ThinCStr<'static>,
        flags: u64,
        data: Arg<'p>,
    ) -> ThinCStr<'p> {
        // Nobody asked for a change of the caller's own root.
        let own = self.child.because == Id::Default && !self.new_root;
        self.go_to(target, (!own).then_some(Make::Directory(0o755)));
        if self.new_root && !self.path.is_empty() {
            // Before something lies on top of the root, which `..` in a link there would enter.
            self.resolve_place(match self.child.because {
                // A link in its place would have others believe in somebody else's files.
                Id::Default | Id::Proc | Id::Dev | Id::Sys => libc::O_PATH | libc::O_NOFOLLOW,
                _ => libc::O_PATH,
            });
        }
        let [path, base] = self.mount_paths();
        let parts = [Arg::Text(kind), Arg::Text(path), mount_flags(flags), data];
        self.say(phrase!("mount $0 $1 $0 $2 $3"), &parts);
        base
    }

    /// What was mounted for the place is there from here on. What is mounted on the root is the root.
    #[inline(never)]
    pub fn settle(&mut self, ground: Ground<'p>) {
        if self.path.is_empty() {
            self.say_all(phrase!("openat here top FOLDER =root; fchdir root"));
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
            self.say_all(phrase);
        }
        self.stands_on(ground);
    }

    /// A source of the caller's at a place, with all that is mounted below it.
    #[inline(never)]
    pub fn bind(&mut self, target: ThinCStr<'p>, flags: u64) {
        let is_file = self.seen.kind == Kind::File;
        self.source = self.outside(self.source);
        self.go_to(
            target,
            Some(match is_file {
                true => Make::File,
                false => Make::Directory(0o755),
            }),
        );
        let idmap = self.child.because == Id::BindIdmap;
        let ground = match is_file {
            true => Ground::File,
            false => Ground::below(self.path, Some(self.source)),
        };
        if idmap {
            // Before the tree, as for every place.
            self.open_root();
        }
        if !self.host.new_mounts && !idmap {
            return self.bind_by_path(flags, ground);
        }
        // With the old root come the roots that lie on top of it.
        let copies = match clean(self.words, self.source.bytes()) {
            [] => self.roots_below,
            _ => 0,
        };
        let [path, top] = self.mount_paths();
        let parts = [
            Arg::Text(self.source),
            self.attributes(flags),
            Arg::Text(path),
            Arg::Text(top),
        ];
        // Ids can be mapped only while the mount is nowhere.
        if idmap || self.new_root && !self.path.is_empty() {
            self.say(
                phrase!(
                    "open_tree here $0 COPY_ALL =tree; mount_setattr tree empty AT_IT_ALL $1 n32"
                ),
                &parts,
            );
            self.place_tree();
            for _ in 0..copies {
                self.resolve_place(FOLDER);
                self.say_all(phrase!(
                    "fchdir target; umount2 dot DETACH; fchdir root; close target"
                ));
            }
            return self.stands_on(ground);
        }
        self.say(phrase!("mount $0 $2 null BIND_ALL null"), &parts);
        for _ in 0..copies {
            self.unstage();
        }
        self.say(phrase!("mount_setattr here $3 AT_ALL $1 n32"), &parts);
        self.settle(ground);
    }

    /// Puts a copy where it belongs. It was opened before the place, and the kernel gives the lowest number
    /// that is free: what is between them is the caller's, and is closed in the end unless an option
    /// names it.
    #[inline(never)]
    pub fn place_tree(&mut self) {
        self.resolve_place(libc::O_PATH);
        self.say(
            match self.config.descriptors().next() {
                Some(_) => {
                    phrase!("move_mount tree empty target empty FROM_TO; close target; close tree")
                }
                None => {
                    phrase!(
                        "move_mount tree empty target empty FROM_TO; close_range tree target zero"
                    )
                }
            },
            &[],
        );
    }

    /// The structure for mount_setattr(2).
    #[inline(never)]
    pub fn attributes(&self, flags: u64) -> Arg<'p> {
        let mut members = attributes(flags);
        if self.child.because == Id::BindIdmap {
            let idmap = flags | u64::from(linux_raw_sys::general::MOUNT_ATTR_IDMAP);
            members = attributes(idmap);
            // Without one the kernel refuses a descriptor that cannot be.
            members[3].1 = Arg::Number(self.seen.idmap.map_or(-1, i64::from));
        }
        self.child.record(&members)
    }
}
