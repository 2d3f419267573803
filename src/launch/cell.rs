//! The words that parent and child exchange.

use super::Notes;
use crate::names::Errno;
use crate::plan::Failure;
use crate::sys::process::Pid;
use crate::sys::{Result, memory};
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Set while a process is there; the kernel zeroes it.
const PRESENT: u32 = 1;

/// Shared memory of parent and child until the child executes the command.
pub struct Cell {
    /// Zeroed by the kernel when the child has left this memory; before, its process id if that was asked for.
    pub tid: AtomicU32,
    /// Zeroed by the kernel when the parent has ended while the child is here.
    pub life: AtomicU32,
    /// Becomes 1 when the child may pass.
    gate: AtomicU32,
    /// The process that goes on where the child ended, or 0.
    heir: AtomicU32,
    /// The step that the child is at, without an errno.
    step: Report,
    failure: Report,
    warning: Report,
    denied: Report,
}

/// A step's number in the high half, its errno in the low one; 0 is nothing to report.
struct Report(AtomicU64);

impl Report {
    const fn new() -> Self {
        Report(AtomicU64::new(0))
    }

    /// Stores a report, unless there is one. Each is written by one process.
    fn store(&self, failure: Failure) {
        if self.0.load(Ordering::Acquire) == 0 {
            let errno = failure.errno.map_or(0, Errno::number);
            self.0.store(
                (failure.step as u64) << 32 | u64::from(errno),
                Ordering::Release,
            );
        }
    }

    fn load(&self) -> Option<Failure> {
        let word = self.0.load(Ordering::Acquire);
        let failure = Failure {
            step: (word >> 32) as usize,
            errno: Errno::new(word as u32),
        };
        (word != 0).then_some(failure)
    }
}

impl Cell {
    pub fn new() -> Self {
        Cell {
            tid: AtomicU32::new(0),
            life: AtomicU32::new(PRESENT),
            gate: AtomicU32::new(0),
            heir: AtomicU32::new(0),
            step: Report::new(),
            failure: Report::new(),
            warning: Report::new(),
            denied: Report::new(),
        }
    }

    /// Called before the clone.
    pub fn expect_child(&self) {
        self.tid.store(PRESENT, Ordering::Release);
    }

    /// Called when no child was made, and by a child with memory of its own that is about to leave: the
    /// kernel zeroes the word for those that share ours.
    pub fn forget_child(&self) {
        self.tid.store(0, Ordering::Release);
    }

    pub fn child_has_left(&self) -> bool {
        self.tid.load(Ordering::Acquire) == 0
    }

    pub fn wait_until_child_has_left(&self) {
        let tid = self.tid.load(Ordering::Acquire);
        if tid != 0 {
            memory::wait_while(&self.tid, tid);
        }
    }

    pub fn parent_is_alive(&self) -> bool {
        self.life.load(Ordering::Acquire) == PRESENT
    }

    pub fn open_gate(&self) -> Result<()> {
        self.gate.store(1, Ordering::Release);
        memory::wake(&self.gate)
    }

    /// Tells the parent who goes on.
    pub fn bequeath(&self, heir: Pid) {
        self.heir.store(heir.0 as u32, Ordering::Release);
    }

    pub fn heir(&self) -> Option<Pid> {
        let heir = self.heir.load(Ordering::Acquire);
        (heir != 0).then_some(Pid(heir as i32))
    }

    /// Always asks the kernel, also when the gate is open already: what a plan says is what happens.
    pub fn pass_gate(&self) {
        memory::wait_while(&self.gate, 0);
    }

    /// The child is about to perform this step; 0 is the one that may replace it.
    pub fn at(&self, step: usize) {
        self.step.0.store((step as u64) << 32, Ordering::Release);
    }

    pub fn fail(&self, failure: Failure) {
        self.failure.store(failure);
    }

    pub fn warn(&self, failure: Failure) {
        self.warning.store(failure);
    }

    /// A candidate for the command exists, and may not be executed.
    pub fn deny(&self, failure: Failure) {
        self.denied.store(failure);
    }

    /// Why the child did not become the command: the step that was refused, or the one in the middle
    /// of which it was killed.
    pub fn failure(&self) -> Option<Failure> {
        self.failure.load().or_else(|| self.step.load())
    }

    pub fn notes(&self) -> Notes {
        Notes {
            warning: self.warning.load(),
            denied: self.denied.load(),
            mask: None,
            file: None,
            oom_kills: 0,
        }
    }
}
