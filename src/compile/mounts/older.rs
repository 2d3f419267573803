//! Mounts where mount_setattr(2) is not answered: kernels before 5.12, and filters around us.
//!
//! mount(2) changes one mount at a time, so what is mounted below a source is taken from mountinfo. It
//! takes no descriptors either: a place is entered, and what was mounted on top of the root is moved there.

use super::attach::mount_flags;
use super::known::Ground;
use super::view::View;
use crate::compile::phrase::phrase;
use crate::host::Kind;
use crate::plan::Arg;
use crate::strings::{ThinCStr, thin};
use crate::text::escaped::unescape;
use crate::text::{cut, position};

/// A file on top of the root.
pub const DATA: ThinCStr = thin!("/../data");

/// What a mount may have that must not be lost, in the order of the bits.
const KEPT: &str = "ro nosuid nodev noexec";

impl<'p> View<'_, 'p> {
    /// A source at a place, with all that is mounted below it.
    #[inline(never)]
    pub fn bind_by_path(&mut self, flags: u64, ground: Ground<'p>) {
        if self.seen.kind == Kind::File && self.new_root {
            let mut way = [Arg::Null; 3];
            self.enter(&mut way);
            self.stage();
            self.say_all(phrase!("mknodat here data mount_point"));
            return self.bind_file(&way, flags);
        }
        if self.new_root && !self.path.is_empty() {
            self.resolve_place(libc::O_PATH);
        }
        let [path, top] = self.mount_paths();
        let parts = [Arg::Text(self.source), Arg::Text(path)];
        self.say(phrase!("mount $0 $1 null BIND_ALL null"), &parts);
        self.remount_all(top, flags);
        self.settle(ground);
    }

    /// A file at a place, by way of one on top of the root.
    #[inline(never)]
    pub fn bind_file(&mut self, way: &[Arg<'p>; 3], flags: u64) {
        let source = Arg::Text(self.source);
        self.say(phrase!("mount $0 data null BIND null"), &[source]);
        self.remount_all(DATA, flags);
        self.say(
            phrase!("fchdir $0; mount data $1 null MOVE null; fchdir root"),
            way,
        );
        self.leave(way);
        self.unstage();
        self.stands_on(Ground::File);
    }

    /// Attributes of what was just mounted, and of all that is mounted below its source.
    #[inline(never)]
    pub fn remount_all(&mut self, path: ThinCStr<'p>, flags: u64) {
        let real = self.seen.real;
        let mounts = if real.is_empty() {
            &[]
        } else {
            self.host.mountinfo
        };
        let (mut own, mut rest) = (0, mounts);
        // The last one at or above the source is its own.
        while let Some((point, kept)) = next_mount(&mut rest) {
            if below(real, unescape(self.words, point)).is_some() {
                own = kept;
            }
        }
        self.remount(path, flags | own);
        let mut rest = mounts;
        while let Some((point, kept)) = next_mount(&mut rest) {
            if let Some(inside @ [_, ..]) = below(unescape(self.words, point), real) {
                let path = self.words.join(&[path.bytes(), inside]);
                self.remount(path, flags | kept);
            }
        }
    }

    /// mount(2): attributes of one mount.
    #[inline(never)]
    pub fn remount(&mut self, path: ThinCStr<'p>, flags: u64) {
        let flags = mount_flags(libc::MS_REMOUNT | libc::MS_BIND | flags);
        self.say(
            phrase!("mount none $0 null $1 null"),
            &[Arg::Text(path), flags],
        );
    }
}

/// The part of a path below another one, with its slash.
fn below<'a>(path: &'a [u8], above: &[u8]) -> Option<&'a [u8]> {
    let above = above.strip_suffix(b"/").unwrap_or(above);
    let rest = path.strip_prefix(above)?;
    matches!(rest, [] | [b'/', ..]).then_some(rest)
}

/// A mount point of mountinfo, and the flags that it has.
#[inline(never)]
pub fn next_mount<'a>(mounts: &mut &'a [u8]) -> Option<(&'a [u8], u64)> {
    if mounts.is_empty() {
        return None;
    }
    let mut line = cut(mounts, b'\n');
    for _ in 0..4 {
        cut(&mut line, b' ');
    }
    let point = cut(&mut line, b' ');
    let (mut options, mut flags) = (cut(&mut line, b' '), 0);
    while !options.is_empty() {
        if let Some(bit) = position(KEPT, cut(&mut options, b',')) {
            flags |= 1 << bit;
        }
    }
    Some((point, flags))
}
