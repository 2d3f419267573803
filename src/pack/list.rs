//! The files of an image, by their places.

use super::Image;
use crate::strings::{ThinCStr, thin};
use crate::sys::file::{self, Names};
use crate::text::cut;
use crate::text::packed::packed;

/// A file of the image.
#[derive(Clone, Copy)]
pub struct Entry<'w> {
    /// Its path from the root on, without a slash at the front.
    pub place: ThinCStr<'w>,
    /// Its type and mode, and what is above them.
    pub mode: u32,
    /// The file of this machine that it is, if it is one.
    pub source: ThinCStr<'w>,
    /// What it holds, if not what that holds.
    pub parts: &'w [&'w [u8]],
}

/// The name of what is behind the last file.
const TRAILER: &[u8] = b"TRAILER!!!";

/// Above type and mode: a link that leads to the source is followed.
pub const FOLLOW: u32 = 1 << 16;

/// A directory that nobody asked for. Such a one stands behind one that was asked for.
const IMPLIED: u32 = 1 << 17;

/// For a look at a file, which is not opened by it.
pub const LOOK: i32 = libc::O_PATH | libc::O_CLOEXEC;

/// For what a directory holds.
const DIRECTORY: u32 = (libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC) as u32;

/// Whether a mode is that of a type.
pub fn is(mode: u32, kind: u32) -> bool {
    mode & libc::S_IFMT == kind
}

impl Entry<'_> {
    fn key(&self) -> (&[u8], u32) {
        (self.place.bytes(), self.mode)
    }

    /// A flag to open the source with.
    pub fn no_follow(&self) -> i32 {
        if self.mode & FOLLOW == 0 {
            libc::O_NOFOLLOW
        } else {
            0
        }
    }
}

impl<'w> Image<'w> {
    /// A path from the root on, without what means nothing in it.
    pub fn place(&mut self, path: ThinCStr<'w>) -> Option<ThinCStr<'w>> {
        let mut place = thin!("");
        let mut rest = path.bytes();
        while !rest.is_empty() {
            place = match cut(&mut rest, b'/') {
                b"" | b"." => place,
                b".." => return self.refuse(path, packed!(" leads out of the image")),
                name => self.join(place, name),
            }
        }
        Some(place)
    }

    #[inline(never)]
    fn join(&self, folder: ThinCStr<'w>, name: &[u8]) -> ThinCStr<'w> {
        let between: &[u8] = if folder.bytes().is_empty() { b"" } else { b"/" };
        self.words.join(&[folder.bytes(), between, name])
    }

    /// What is at a place, or the link on the way there.
    pub fn find(&self, place: ThinCStr) -> Option<usize> {
        self.entries.iter().position(|entry| {
            let rest = place.bytes().strip_prefix(entry.place.bytes());
            rest.is_some_and(|rest| match rest {
                [] => true,
                [first, ..] => *first == b'/' && is(entry.mode, libc::S_IFLNK),
            })
        })
    }

    fn push(&mut self, entry: Entry<'w>) {
        self.entries.push(self.words.keep(entry));
    }

    /// Adds a file, and the directories that it is in.
    #[inline(never)]
    pub fn add(&mut self, path: ThinCStr<'w>, mut entry: Entry<'w>) -> Option<()> {
        let place = self.place(path)?;
        entry.place = thin!("");
        let mut rest = place.bytes();
        loop {
            entry.place = self.join(entry.place, cut(&mut rest, b'/'));
            if rest.is_empty() {
                self.push(entry);
                return Some(());
            }
            self.push(Entry {
                place: entry.place,
                mode: IMPLIED | libc::S_IFDIR | 0o755,
                source: thin!(""),
                parts: &[],
            });
        }
    }

    /// Adds a file of this machine, and everything that is in it; which entry it is.
    #[inline(never)]
    pub fn add_file(&mut self, place: ThinCStr<'w>, source: ThinCStr<'w>) -> Option<usize> {
        let entry = Entry {
            place,
            mode: FOLLOW,
            source,
            parts: &[],
        };
        self.add(place, entry)?;
        let first = self.entries.len() - 1;
        let mut at = first;
        while let Some(&&(mut entry)) = self.entries.get(at) {
            self.look(&mut entry)?;
            if let Some(place) = self.entries.get_mut(at) {
                *place = self.words.keep(entry);
            }
            at += 1;
        }
        Some(first)
    }

    /// What a file is. Adds what a directory holds.
    #[inline(never)]
    fn look(&mut self, entry: &mut Entry<'w>) -> Option<()> {
        let source = entry.source;
        let flags = LOOK | entry.no_follow();
        let seen = self.got(source, file::open(source.as_cstr(), flags as u32))?;
        let mode = self.got(source, file::mode(seen, c""))?;
        entry.mode |= mode;
        if is(mode, libc::S_IFLNK) {
            let mut buffer = [0; 4096];
            let target = self.got(source, file::read_link(seen, c"", &mut buffer))?;
            entry.parts = self.words.copy(&[self.words.copy(target)]);
        } else if is(mode, libc::S_IFDIR) {
            let folder = self.got(source, file::open_at(seen, c".", DIRECTORY))?;
            let mut names = Names::of(folder);
            while let Some(name) = names.next() {
                let name = name.to_bytes();
                if !matches!(name, b"." | b"..") {
                    self.push(Entry {
                        place: self.join(entry.place, name),
                        mode: 0,
                        source: self.join(source, name),
                        parts: &[],
                    });
                }
            }
            file::close(folder);
        } else if !is(mode, libc::S_IFREG) {
            let why = packed!(" is neither a file, nor a directory, nor a link");
            return self.refuse(source, why);
        }
        file::close(seen);
        Some(())
    }

    /// Puts them in order, what is in a directory behind it.
    #[inline(never)]
    pub fn sort(&mut self) -> Option<()> {
        let count = self.entries.len();
        // Comb sort: nothing that is shorter is as quick.
        let (mut gap, mut swapped) = (count, true);
        while gap > 1 || swapped {
            gap = (gap * 10 / 13).max(1);
            swapped = false;
            for at in gap..count {
                let pair = (self.entries.get(at - gap), self.entries.get(at));
                if let (Some(one), Some(other)) = pair
                    && other.key() < one.key()
                {
                    self.entries.swap(at - gap, at);
                    swapped = true;
                }
            }
        }
        let (mut place, mut folder) = (thin!(""), true);
        for at in 0..count {
            let entry = *self.entries.get(at)?;
            // Directories at one place are one. The root is there.
            let again = entry.place.bytes() == place.bytes();
            folder = is(entry.mode, libc::S_IFDIR) && (folder || !again);
            if again && !folder {
                return self.refuse(place, packed!(" is two things"));
            }
            place = entry.place;
            // The one would be taken for the image's end, the other is refused by the kernel.
            if place.bytes() == TRAILER || place.bytes().len() >= libc::PATH_MAX as usize {
                return self.refuse(place, packed!(" is no name for a file in an image"));
            }
        }
        Some(())
    }
}
