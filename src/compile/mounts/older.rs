//! Mounts where mount_setattr(2) is not answered: kernels before 5.12, and filters around us.
//!
//! mount(2) changes one mount at a time, so what is mounted below a source is taken from mountinfo. It
//! takes no descriptors either: a place is entered, and what was mounted on top of the root is moved there.

use super::known::Ground;
use super::view::{HERE, Place, TOP, View};
use crate::host::Kind;
use crate::names::Sys;
use crate::plan::{Arg, Slot};
use crate::strings::{ThinCStr, thin};
use crate::text::{cut, position};

/// A file on top of the root.
pub const DATA: ThinCStr = thin!("/../data");

/// What a mount may have that must not be lost, in the order of the bits.
const KEPT: &str = "ro nosuid nodev noexec";

impl<'p> View<'_, 'p> {
    /// A source at a place, with all that is mounted below it.
    #[inline(never)]
    pub fn bind_by_path(
        &mut self,
        [source, real]: [ThinCStr<'p>; 2],
        place: Place<'p>,
        kind: Kind,
        flags: u64,
        ground: Ground<'p>,
    ) {
        if kind == Kind::File && self.new_root {
            self.stage();
            let mode = Arg::Mode(libc::S_IFREG | 0o600);
            self.plain(Sys::mknodat, &[HERE, Arg::Text(DATA), mode]);
            return self.bind_file(source, real, place, flags);
        }
        let path = match self.new_root {
            true => thin!("/"),
            false => self.path(place),
        };
        self.mount([source, path], None, libc::MS_BIND | libc::MS_REC, None);
        let staged = self.new_root || place.path.is_empty();
        self.remount_all(if staged { TOP } else { path }, real, flags);
        self.settle(place, ground);
    }

    /// A file at a place, by way of one on top of the root.
    #[inline(never)]
    pub fn bind_file(
        &mut self,
        source: ThinCStr<'p>,
        real: ThinCStr<'p>,
        place: Place<'p>,
        flags: u64,
    ) {
        self.mount([source, DATA], None, libc::MS_BIND, None);
        self.remount_all(DATA, real, flags);
        let (folder, name) = self.enter(place);
        self.plain(Sys::fchdir, &[Arg::Slot(folder)]);
        if let Arg::Text(name) = name {
            self.mount([DATA, name], None, libc::MS_MOVE, None);
        }
        self.plain(Sys::fchdir, &[Arg::Slot(Slot::Root)]);
        self.leave(folder);
        self.unstage();
        self.known.set(place.path, Ground::below(place.path, None));
    }

    /// Attributes of what was just mounted, and of all that is mounted below its source.
    fn remount_all(&mut self, path: ThinCStr<'p>, real: ThinCStr<'p>, flags: u64) {
        let mut mounts = match real.bytes() {
            b"" => &[],
            _ => self.host.mountinfo,
        };
        let (mut own, mut length) = (0, 0);
        let mut below = crate::words::Array::new(self.words);
        while !mounts.is_empty() {
            let mut line = cut(&mut mounts, b'\n');
            for _ in 0..4 {
                cut(&mut line, b' ');
            }
            let point = cut(&mut line, b' ');
            let kept = kept(cut(&mut line, b' '));
            let point = if point == b"/" { b"" } else { point };
            match real.bytes().strip_prefix(point) {
                Some([] | [b'/', ..]) if point.len() >= length => {
                    (own, length) = (kept, point.len())
                }
                _ => {}
            }
            let source = if real.bytes() == b"/" {
                b""
            } else {
                real.bytes()
            };
            if let Some(rest @ [b'/', ..]) = point.strip_prefix(source) {
                below.push((rest, kept));
            }
        }
        self.remount(path, flags | own);
        for (rest, kept) in below.finish() {
            let path = self.words.join(&[path.bytes(), rest]);
            self.remount(path, flags | kept);
        }
    }

    /// mount(2): attributes of one mount.
    #[inline(never)]
    pub fn remount(&mut self, path: ThinCStr<'p>, flags: u64) {
        let flags = libc::MS_REMOUNT | libc::MS_BIND | flags;
        self.mount([thin!("none"), path], None, flags, None);
    }

    /// Does something at the target as the working directory.
    pub fn at_target(&mut self, work: impl FnOnce(&mut Self)) {
        self.plain(Sys::fchdir, &[Arg::Slot(Slot::Target)]);
        work(self);
        self.plain(Sys::fchdir, &[Arg::Slot(Slot::Root)]);
    }
}

/// The flags among a mount's options.
fn kept(mut options: &[u8]) -> u64 {
    let mut flags = 0;
    while !options.is_empty() {
        if let Some(bit) = position(KEPT, cut(&mut options, b',')) {
            flags |= 1 << bit;
        }
    }
    flags
}
