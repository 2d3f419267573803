//! When each step began, for `--timing`: readings of the processor's counter, which cost no system
//! call, and the monotonic clock at both ends to tell how fast it runs.

use crate::arch;
use crate::sys::process;
use core::sync::atomic::{AtomicU64, Ordering};

/// How many steps have a place. Those of a very long `PATH` do without.
const STEPS: usize = 128;

/// One reading for each step, by its number.
pub struct Timeline {
    stamps: [AtomicU64; STEPS],
    began: Moment,
    ended: Moment,
}

/// The counter and the clock, in nanoseconds, at the same time.
struct Moment {
    ticks: AtomicU64,
    clock: AtomicU64,
}

impl Moment {
    fn unset() -> Self {
        Moment {
            ticks: AtomicU64::new(0),
            clock: AtomicU64::new(0),
        }
    }

    fn set(&self) {
        self.clock.store(process::monotonic(), Ordering::Relaxed);
        self.ticks.store(arch::ticks(), Ordering::Relaxed);
    }
}

impl Default for Timeline {
    fn default() -> Self {
        Timeline::new()
    }
}

impl Timeline {
    /// The time begins.
    pub fn new() -> Self {
        let stamps = [const { AtomicU64::new(0) }; STEPS];
        let timeline = Timeline {
            stamps,
            began: Moment::unset(),
            ended: Moment::unset(),
        };
        timeline.began.set();
        timeline
    }

    /// Stores the time for a step.
    pub fn stamp(&self, number: usize) {
        if let Some(stamp) = self.stamps.get(number) {
            stamp.store(arch::ticks(), Ordering::Relaxed);
        }
    }

    /// The time ends.
    pub fn end(&self) {
        self.ended.set();
    }

    /// The reading for a step, if it was reached.
    pub fn at(&self, number: usize) -> Option<u64> {
        let stamp = self.stamps.get(number)?.load(Ordering::Relaxed);
        (stamp != 0).then_some(stamp)
    }

    /// The first reading.
    pub fn began(&self) -> u64 {
        self.began.ticks.load(Ordering::Relaxed)
    }

    /// The last reading.
    pub fn ended(&self) -> u64 {
        self.ended.ticks.load(Ordering::Relaxed)
    }

    /// Nanoseconds between two readings.
    pub fn nanoseconds(&self, from: u64, to: u64) -> u64 {
        let clock = |moment: &Moment| moment.clock.load(Ordering::Relaxed);
        let elapsed = clock(&self.ended).saturating_sub(clock(&self.began));
        let ticks = self.ended().saturating_sub(self.began());
        // The rate is scaled, so that it keeps its precision without 128-bit numbers.
        let rate = (ticks.saturating_mul(SCALE) / elapsed.max(1)).max(1);
        to.saturating_sub(from).saturating_mul(SCALE) / rate
    }
}

/// Good for a run of some weeks.
const SCALE: u64 = 1 << 10;
