//! Plain calls: arguments become words.

#![allow(unsafe_code)]
// Unsafety here: the addresses that plain calls are given.

use super::perform::Performer;
use crate::names::{Errno, Sys};
use crate::plan::{Arg, Plain, RECORD};
use crate::sys::file::Fd;
use crate::sys::{Result, plain};

impl Performer<'_> {
    /// Turns arguments into words, and passes them.
    pub fn plain(&mut self, plain: &Plain) -> Result<()> {
        let of_child = plain.args.iter().find_map(|arg| match arg {
            Arg::OfChild(name) => Some(name),
            _ => None,
        });
        let answer = match of_child {
            Some(name) => self.plain_of_child(plain, name.bytes()),
            None => self.pass(plain, &[]),
        };
        // Not before: what it had may be an argument, on the way through a path.
        if let (Err(_), Some(slot)) = (answer, plain.yields) {
            self.empty(slot);
        }
        answer
    }

    /// Apart, for the size of its frame.
    #[inline(never)]
    fn plain_of_child(&mut self, plain: &Plain, name: &[u8]) -> Result<()> {
        let path = self.of_child(b"", name);
        self.pass(plain, path.bytes())
    }

    /// Passes the words of the arguments, of which one may be a path that ends with a NUL.
    #[inline(never)]
    fn pass(&mut self, plain: &Plain, path: &[u8]) -> Result<()> {
        let (mut words, mut record) = ([0; 6], [0; RECORD]);
        for (place, arg) in words.iter_mut().zip(plain.args) {
            *place = match arg {
                Arg::OfChild(_) => path.as_ptr() as usize,
                Arg::Record(members) => {
                    for (place, (_, value)) in record.iter_mut().zip(*members) {
                        *place = self.word(value)?;
                    }
                    record.as_ptr() as usize
                }
                arg => self.word(arg)?,
            }
        }
        let mut tries = 100;
        let result = loop {
            // SAFETY: the kernel only reads for these calls (`Sys`); an argument that is an address is
            // that of a C string, or of a structure that `compile` made for the call, and lives in the
            // plan, in this frame or in one that waits for it.
            match unsafe { plain::call(plain.number, words) } {
                // While anything is renamed or mounted, anywhere, the kernel may not be sure of a `..` (openat2(2)).
                Err(Errno::AGAIN) if plain.number == Sys::openat2 && tries > 0 => tries -= 1,
                result => break result?,
            }
        };
        match plain.yields {
            Some(slot) => self.fill(slot, Fd(result as u32)),
            None => Ok(()),
        }
    }

    /// An argument as the kernel takes it.
    #[inline(never)]
    fn word(&self, arg: &Arg) -> Result<usize> {
        Ok(match arg {
            Arg::Text(text) => text.as_ptr() as usize,
            Arg::Number(number) => *number as usize,
            Arg::Mode(mode) => *mode as usize,
            Arg::Name(constant) => constant.value() as usize,
            Arg::Flags(flags, _) => *flags as usize,
            Arg::Filter(bytes) => bytes.as_ptr() as usize,
            Arg::Block(words, _) => words.as_ptr() as usize,
            Arg::Signal(signal) => signal.number().into(),
            Arg::Cap(cap) => cap.number(),
            Arg::Resource(resource) => resource.number() as usize,
            Arg::Limit(limit) => *limit as usize,
            Arg::Slot(slot) => self.fd(*slot)?.0 as usize,
            Arg::Ids(ids) => ids.as_ptr() as usize,
            Arg::ChildId => self.cell.tid.as_ptr() as usize,
            Arg::Null | Arg::OfChild(_) | Arg::Record(_) => 0,
        })
    }
}
