//! The format of the image: newc (Documentation/driver-api/early-userspace/buffer-format.rst). Owners and
//! times are 0.

use super::Image;
use super::list::{Entry, is};
use crate::error::Error;
use crate::names::{Errno, Signal};
use crate::strings::{ThinCStr, thin};
use crate::sys::file;
use crate::sys::signal;
use crate::text::packed::packed;
use crate::text::{Text, put};

/// Everything begins at a multiple of this.
const ALIGNMENT: usize = 4;

/// The length of the largest file.
const LARGEST: usize = u32::MAX as usize;

/// For what a file holds. Should it be a pipe by now, nobody waits for its other end.
const READ: i32 = libc::O_RDONLY | libc::O_NONBLOCK | libc::O_CLOEXEC;

impl<'w> Image<'w> {
    /// Writes it, each file once.
    pub fn write(&mut self) -> Option<()> {
        let mut last = thin!("");
        for at in 0..self.entries.len() {
            let entry = *self.entries.get(at)?;
            if entry.place.bytes() != last.bytes() {
                self.file(entry)?;
            }
            last = entry.place;
        }
        self.header(thin!("TRAILER!!!"), 0, 0)
    }

    /// A header, and what the file holds, which must stay as long as it is.
    #[inline(never)]
    fn file(&mut self, entry: &Entry<'w>) -> Option<()> {
        let (place, source) = (entry.place, entry.source);
        if !is(entry.mode, libc::S_IFREG) || source.bytes().is_empty() {
            let size = entry.parts.iter().map(|part| part.len()).sum();
            self.header(place, entry.mode, size)?;
            for part in entry.parts {
                self.put(part)?;
            }
            return self.align();
        }
        let flags = READ | entry.no_follow();
        let fd = self.got(source, file::open(source.as_cstr(), flags as u32))?;
        let stat = self.got(source, file::status(fd, c""))?;
        let mut left = stat.st_size as usize;
        if left > LARGEST {
            return self.refuse(
                source,
                packed!(" has more than the 4 GiB that fit into an image"),
            );
        }
        self.header(place, stat.st_mode, left)?;
        let mut buffer = [0; 4096];
        loop {
            let count = self.got(source, file::read(fd, &mut buffer))?;
            left = left.wrapping_sub(count);
            if count == 0 || left > LARGEST {
                break;
            }
            self.put(buffer.get(..count)?)?;
        }
        file::close(fd);
        if left > 0 || !is(stat.st_mode, libc::S_IFREG) {
            return self.refuse(source, packed!(" changes while it is read"));
        }
        self.align()
    }

    /// What stands before a file.
    #[inline(never)]
    fn header(&mut self, place: ThinCStr, mode: u32, size: usize) -> Option<()> {
        let mut text = Text::new(self.words);
        put!(&mut text, "070701");
        // The only device is the console.
        let device = if is(mode, libc::S_IFCHR) { 5 } else { 0 };
        self.count += 1;
        let mode = mode & 0xffff;
        let length = place.bytes().len() as u32 + 1;
        for field in [
            self.count,
            mode,
            0,
            0,
            1,
            0,
            size as u32,
            0,
            0,
            device,
            device / 5,
            length,
            0,
        ] {
            text.number(field.into(), 16, 8);
        }
        text.raw(place.bytes());
        text.byte(0);
        self.put(text.bytes())?;
        self.align()
    }

    fn align(&mut self) -> Option<()> {
        let count = self.written.wrapping_neg() % ALIGNMENT;
        self.put([0; ALIGNMENT].get(..count)?)
    }

    /// Writes bytes, unless who interrupts us waits for the end.
    #[inline(never)]
    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        self.written += bytes.len();
        let result = match signal::pending() & Signal::INTERRUPTS {
            0 => file::write_all(self.out, bytes),
            _ => Err(Errno::INTR),
        };
        match result {
            Ok(()) => Some(()),
            Err(errno) => self.fail(Error::Output(errno)),
        }
    }
}
