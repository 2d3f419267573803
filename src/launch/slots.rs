//! The descriptors that steps yield, for later ones.

use super::perform::Performer;
use crate::names::Errno;
use crate::plan::Slot;
use crate::sys::Result;
use crate::sys::file::{self, Fd};

impl Performer<'_> {
    pub fn fill(&mut self, slot: Slot, fd: Fd) -> Result<()> {
        let fd = file::above_stdio(fd)?;
        self.slots
            .get_mut(slot as usize)
            .map(|place| *place = fd.0)
            .ok_or(Errno::BADF)
    }

    /// What is refused yields nothing, also where something was before.
    pub fn empty(&mut self, slot: Slot) {
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = 0;
        }
    }

    /// The descriptor in a slot, if there is one.
    pub fn opened(&self, slot: Slot) -> Option<u32> {
        self.fd(slot).ok().map(|fd| fd.0)
    }

    /// The descriptor in a slot; `EBADF` if the step that fills it was refused.
    #[inline(never)]
    pub fn fd(&self, slot: Slot) -> Result<Fd> {
        let fd = self.slots.get(slot as usize).filter(|fd| **fd != 0);
        fd.map(|fd| Fd(*fd)).ok_or(Errno::BADF)
    }
}
