//! Children that end one right after the other are reaped together. In a crowd of orphans to wake up for each of them
//! costs more than to reap it.
//!
//! Only `SIGCHLD` has to wait, and only where the one before has just been: what comes alone is served at once.

use crate::names::{Errno, Signal};
use crate::sys::Result;
use crate::sys::process;
use crate::sys::signal::{self, Arrived};

/// Milliseconds that a crowd has to gather.
const GATHERS: u64 = 1;

/// Two that are no more nanoseconds apart may be one.
const CROWDED: u64 = 2_000_000;

/// After how many signals it is tried again where nobody gathered.
const TRIES_AGAIN: u8 = 127;

/// Waits for signals of which `SIGCHLD` is one.
pub struct Crowd {
    signals: u64,
    /// When a child's signal was served, by the monotonic clock.
    last: u64,
    /// Whether the next one has to wait.
    gathers: bool,
    /// Whether this one had to.
    gathered: bool,
    /// How many come at once whatever was before: somebody waits for each to be reaped, and none would gather.
    alone: u8,
}

impl Crowd {
    pub fn new(signals: u64) -> Self {
        Crowd {
            signals,
            last: 0,
            gathers: false,
            gathered: false,
            alone: 0,
        }
    }

    /// The next signal, as [`signal::wait`].
    pub fn wait(&mut self, time: Option<u64>) -> Result<Arrived> {
        // A crowd without an end has a signal for us whenever we look.
        if time == Some(0) {
            return Err(Errno::AGAIN);
        }
        self.gathered = false;
        if core::mem::take(&mut self.gathers) {
            let others = self.signals & !Signal::CHLD.bit();
            match signal::wait(others, Some(GATHERS)) {
                Err(Errno::AGAIN) => self.gathered = true,
                other => return other,
            }
        }
        let arrived = signal::wait(self.signals, time)?;
        if arrived.signal == Signal::CHLD {
            match self.alone.checked_sub(1) {
                Some(left) => self.alone = left,
                None => {
                    let before = core::mem::replace(&mut self.last, process::monotonic());
                    self.gathers = self.last - before < CROWDED;
                }
            }
        }
        Ok(arrived)
    }

    /// So many were reaped.
    pub fn learn(&mut self, reaped: u32) {
        if self.gathered && reaped < 2 {
            (self.gathers, self.alone) = (false, TRIES_AGAIN);
        }
    }
}
