//! `pack`: an image for the kernel to unpack as its first root, in which we are /init and a program is what we
//! run. The same files make the same bytes.

mod archive;
mod interpreter;
mod list;

use crate::config::Pack;
use crate::error::Error;
use crate::names::Errno;
use crate::strings::{Strings, ThinCStr, iterate, thin};
use crate::sys::file::{self, Fd, STDOUT};
use crate::sys::{process, signal, tty};
use crate::text::packed::{Packed, packed};
use crate::text::proc::of_descriptor;
use crate::text::{Text, has, put};
use crate::words::{Array, Words};
use list::{Entry, LOOK, is};

/// An image that is being made.
struct Image<'w> {
    words: &'w Words,
    entries: Array<'w, &'w Entry<'w>>,
    /// Where it goes, and how many bytes and files have gone there.
    out: Fd,
    written: usize,
    count: u32,
    /// What is wrong, which ends it.
    error: Option<Error<'w>>,
}

/// Writes the image of a program, of other files, and of ourselves.
#[inline(never)]
pub fn pack<'w>(
    words: &'w Words,
    wish: &Pack<'w>,
    command: &'w Strings<'w>,
    parts: [&'w [u8]; 2],
) -> Result<u8, Error<'w>> {
    let mut image = Image {
        words,
        entries: Array::new(words),
        out: STDOUT,
        written: 0,
        count: 0,
        error: None,
    };
    match image.make(wish, command, words.copy(&parts)) {
        Some(()) => Ok(0),
        None => Err(image.error.unwrap_or(Error::NoProgram)),
    }
}

impl<'w> Image<'w> {
    #[inline(never)]
    fn make(
        &mut self,
        wish: &Pack<'w>,
        command: &'w Strings<'w>,
        parts: &'w [&'w [u8]],
    ) -> Option<()> {
        let program = (*command.first()?)?;
        self.own(thin!("init"), libc::S_IFREG | 0o755, parts)?;
        // Where the kernel's own archive has none, all that is written would be lost.
        self.own(thin!("dev/console"), libc::S_IFCHR | 0o600, &[])?;
        for &(source, place) in wish.files {
            self.add_file(place, source)?;
        }
        let place = self.workload(program)?;
        let mut settings = Text::new(self.words);
        put!(&mut settings, "exec=/");
        let mut word = place;
        let mut rest = iterate(command).skip(1);
        loop {
            // Another line would be another setting.
            if has(word.bytes(), b'\n') {
                return self.refuse(word, packed!(" has more than one line"));
            }
            settings.raw(word.bytes());
            // One at the end of a line is not the word's.
            if word.bytes().ends_with(b"\r") {
                settings.byte(b'\r');
            }
            settings.byte(b'\n');
            word = match rest.next() {
                Some(word) => word,
                None => break,
            };
            put!(&mut settings, "arg=");
        }
        let settings = self.words.copy(&[settings.finish()]);
        self.own(thin!("etc/pidone/init"), libc::S_IFREG | 0o644, settings)?;
        self.sort()?;
        match wish.output {
            Some(path) => self.write_file(path),
            None if tty::is_terminal(STDOUT) => self.refuse(
                thin!("standard output"),
                packed!(" is a terminal: use a pipe, or --output"),
            ),
            None => self.write(),
        }
    }

    /// Adds a file that is none of this machine.
    #[inline(never)]
    fn own(&mut self, place: ThinCStr<'w>, mode: u32, parts: &'w [&'w [u8]]) -> Option<()> {
        let source = thin!("");
        let entry = Entry {
            place,
            mode,
            source,
            parts,
        };
        self.add(place, entry)
    }

    /// Finds the program among the files, or adds it; its place.
    #[inline(never)]
    fn workload(&mut self, program: ThinCStr<'w>) -> Option<ThinCStr<'w>> {
        let mut place = program;
        while has(place.bytes(), b'/') && !program.bytes().starts_with(b"/") {
            place = place.skip(1);
        }
        place = self.place(place)?;
        let own = program.skip(1);
        let at = match self.find(own) {
            Some(at) if place.bytes() == own.bytes() => at,
            _ => self.add_file(place, program)?,
        };
        let entry = *self.entries.get(at)?;
        // Where a link leads is not looked at.
        if is(entry.mode, libc::S_IFLNK) {
            return Some(place);
        }
        if !is(entry.mode, libc::S_IFREG) || entry.mode & 0o111 == 0 {
            return self.refuse(program, packed!(" is no file that can be executed"));
        }
        if let Some(interpreter) = interpreter::of(entry.source, self.words)
            && self.find(interpreter.skip(1)).is_none()
        {
            return self.fail(Error::NoInterpreter {
                program,
                interpreter,
            });
        }
        Some(place)
    }

    /// Writes it to a file, which is there when it is complete, and not before.
    #[inline(never)]
    fn write_file(&mut self, path: ThinCStr<'w>) -> Option<()> {
        let mut buffer = [0; libc::PATH_MAX as usize];
        // What is no file, a device for one, is written to as it is.
        let (mut is_file, mut path) = (true, path);
        if let Ok(seen) = file::open(path.as_cstr(), LOOK as u32) {
            is_file = file::mode(seen, c"").is_ok_and(|mode| is(mode, libc::S_IFREG));
            let way = of_descriptor(self.words, seen.0);
            let found = file::read_link(file::HERE, way.as_cstr(), &mut buffer);
            if let (true, Ok(real)) = (is_file, found) {
                // A link stays one.
                path = self.words.join(&[real]);
            }
            file::close(seen);
        }
        let mut text = Text::new(self.words);
        text.raw(path.bytes());
        let mut flags = libc::O_WRONLY | libc::O_CLOEXEC;
        if is_file {
            put!(&mut text, ".", process::id().0);
            flags |= libc::O_CREAT | libc::O_EXCL;
        }
        let way = text.take_path();
        // Who wants to end us waits until the file is gone.
        let before = signal::block(signal::all_but_faults());
        self.out = self.got(path, file::open(way.as_cstr(), flags as u32))?;
        let mut done = self.write();
        if is_file {
            if done.is_some() {
                done = self.got(path, file::rename(way.as_cstr(), path.as_cstr()));
            }
            if done.is_none() {
                let _ = file::unlink(way.as_cstr());
            }
        }
        let _ = signal::set_mask(before.unwrap_or(0));
        done
    }

    /// Ends it.
    #[inline(never)]
    fn fail<T>(&mut self, error: Error<'w>) -> Option<T> {
        self.error = Some(error);
        None
    }

    #[inline(never)]
    fn refuse<T>(&mut self, word: ThinCStr<'w>, why: Packed) -> Option<T> {
        self.fail(Error::Unpackable(word, why))
    }

    #[inline(never)]
    fn errno<T>(&mut self, word: ThinCStr<'w>, errno: Errno) -> Option<T> {
        self.fail(Error::File(word, errno))
    }

    #[inline(always)]
    fn got<T>(&mut self, word: ThinCStr<'w>, result: crate::sys::Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(errno) => self.errno(word, errno),
        }
    }
}
