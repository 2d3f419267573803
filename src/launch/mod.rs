//! Carries a plan out: the parent's steps, the clone, and the child that becomes the command.
//!
//! The child shares our memory until it executes the command, on a stack of its own. The hazards of
//! that, and what answers each:
//!
//! 1. A signal handler would run in the child, in shared memory: signals are blocked around the
//!    clone until the child executes, and `CLONE_CLEAR_SIGHAND` leaves it no handler where clone3(2)
//!    is answered.
//! 2. The child must not return into the parent's frames: the trampoline in `arch` calls a function
//!    that never returns.
//! 3. The child must not change what the parent relies on: it writes to its own stack and to the
//!    atomics of the [`cell`], allocates nothing, and has no panic path in release builds.
//! 4. The memory must stay while the child uses it: [`launch`] returns after the child has ended or
//!    executed, which the kernel tells by zeroing the cell's `tid` (`CLONE_CHILD_CLEARTID`).
//! 5. A parent that is killed before the child asked to die with it would leave an orphan: the
//!    kernel zeroes the cell's `life` when the parent ends (set_tid_address(2)), the child looks
//!    there right after prctl(2), and getppid(2), which is 0 across pid namespaces, is not needed.
//! 6. An error must reach the parent: the child stores step and errno in the cell and exits. No pipe.
//! 7. A child that joins others' namespaces would lend our memory to whoever can trace it there: it
//!    gets memory of its own, and only the cell stays shared ([`Call::Fork`](crate::plan::Call::Fork)),
//!    or the memory is made undumpable before. The kernel does so when ids change. It stays so.
//! 8. Shared descriptors (`CLONE_FILES`, so that one close_range(2) serves both) become separate at
//!    execve(2). Used only when no other thread of the caller can be surprised by it.

mod cell;
mod cgroup;
mod child;
mod clone;
mod perform;
mod plain;
mod short;
mod slots;
mod stack;
mod timeline;

pub use stack::map_stack;
pub use timeline::Timeline;

use crate::names::{Errno, Signal};
use crate::plan::{Failure, Plan, Slot, Target, Who};
use crate::sys::file::Fd;
use crate::sys::process::{self, Pid};
use crate::sys::signal;
use crate::sys::tty::Attributes;
use cell::Cell;
use perform::Performer;

/// The child, as its parent sees it.
pub struct Child<'a> {
    /// Its process id, as we see it.
    pub pid: Pid,
    /// Our side of its terminal, if it has one of its own.
    pub pty: Option<Fd>,
    /// The attributes of ours, if they were changed for that.
    pub before: core::cell::Cell<Option<Attributes>>,
    /// The signals that are blocked in the command when it starts.
    pub inherits: u64,
    cell: &'a Cell,
    signalled: core::cell::Cell<bool>,
    /// Who gets signals: it, its process group (minus the number), or all (-1).
    target: core::cell::Cell<Pid>,
}

impl Child<'_> {
    /// Whether the child has left our memory, because it executed the command or because it ended.
    pub fn has_left(&self) -> bool {
        self.cell.child_has_left()
    }

    /// Sends it a signal (kill(2)). If that ends it before it is the command, no step has failed.
    #[inline(never)]
    pub fn send(&self, signal: Signal) {
        self.excuse();
        let _ = signal::send(self.target.get(), signal);
    }

    /// From now on signals go elsewhere.
    pub fn aim(&self, target: Target) {
        self.target.set(match target {
            Target::Child => self.pid,
            Target::Group => Pid(-self.pid.0),
            Target::All => process::ANY,
        });
    }

    /// Somebody wants it to end: no step has failed if it does before it is the command.
    pub fn excuse(&self) {
        self.signalled.set(true);
    }
}

/// What came of a launch, beside what the supervisor returned.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Notes {
    /// The first step whose refusal is a warning, and was refused.
    pub warning: Option<Failure>,
    /// The first candidate for the command that may not be executed.
    pub denied: Option<Failure>,
    /// The signals that were blocked before, for who goes on after this.
    pub mask: Option<u64>,
    /// What a step opened in `Slot::File`, which stays open.
    pub file: Option<u32>,
    /// How many processes were killed because the cgroup's memory was used up.
    pub oom_kills: u64,
}

/// Performs `plan`, and calls `supervise` while the child sets up and the command runs. `supervise`
/// returns when the child has ended, or once [`Child::has_left`] when it lets the command run on.
///
/// # Errors
///
/// The step that was refused. Then no child is left, and what the plan undoes is undone.
pub fn launch(
    plan: &Plan,
    timeline: Option<&Timeline>,
    supervise: &mut dyn FnMut(&Child),
) -> (Result<(), Failure>, Notes) {
    let mut cell = &Cell::new();
    if plan.forks(Who::Clone) {
        match clone::shared_cell() {
            Ok(shared) => cell = shared,
            Err(errno) => {
                let failure = Failure {
                    step: 1,
                    errno: Some(errno),
                };
                return (Err(failure), Notes::default());
            }
        }
    }
    let mut parent = Performer::new(plan, cell, timeline);
    let outcome = run(&mut parent, supervise);
    if let Some(timeline) = timeline {
        timeline.end();
    }
    if let Some(failure) = outcome.err().or(cell.failure()) {
        parent.undo(failure.step);
    }
    let undone = parent.perform_all(Who::After);
    // What came first is the cause.
    let Performer { mask, kills, .. } = parent;
    (
        outcome.and(undone),
        Notes {
            mask,
            file: parent.opened(Slot::File),
            oom_kills: kills,
            ..cell.notes()
        },
    )
}

/// Performs a plan that has no child, all of it at one time, and tells what is refused. Of a wish that cannot be
/// met the rest is left out; other wishes are met if that `goes_on`.
///
/// # Errors
///
/// The step that was refused.
#[inline(never)]
pub fn perform(plan: &Plan, goes_on: bool, tell: &dyn Fn(Failure)) -> Result<(), Failure> {
    let cell = Cell::new();
    let mut performer = Performer::new(plan, &cell, None);
    let who = plan.step(1).map_or(Who::Before, |step| step.who);
    loop {
        let failure = match performer.perform_all(who) {
            Err(failure) => failure,
            Ok(()) => return Ok(()),
        };
        tell(failure);
        if !goes_on {
            return Err(failure);
        }
        performer.after = failure.step;
        let operands = |number| plan.step(number).map(|step| step.operands);
        let wish = operands(failure.step).filter(|operands| !operands.is_empty());
        while wish.is_some() && operands(performer.after + 1) == wish {
            performer.after += 1;
        }
    }
}

#[inline(never)]
fn run(parent: &mut Performer, supervise: &mut dyn FnMut(&Child)) -> Result<(), Failure> {
    let cell = parent.cell;
    parent.perform_all(Who::Before)?;
    parent.perform_all(Who::Clone)?;
    let pid = match parent.child {
        Some(pid) => pid,
        None if parent.plan.watch.pauses() => Pid(0),
        None => return Err(NO_CHILD),
    };
    let mut child = Child {
        pid,
        pty: parent.opened(Slot::Pty).map(Fd),
        before: None.into(),
        inherits: parent.mask.unwrap_or(0),
        cell,
        signalled: false.into(),
        target: pid.into(),
    };
    // A child that had our stack has left already, perhaps because it failed.
    let failed = cell.failure().filter(|failure| failure.errno.is_some());
    let ready = failed.map_or_else(|| parent.perform_all(Who::During), Err);
    if let Err(failure) = ready {
        end(&child, parent.apart);
        return Err(failure);
    }
    if parent.plan.forks(Who::Child) {
        while process::wait_for(pid) == Err(Errno::INTR) {}
        match cell.heir() {
            Some(heir) => {
                child.pid = heir;
                child.aim(Target::Child);
            }
            None => return Err(cell.failure().unwrap_or(NO_CHILD)),
        }
    }
    supervise(&child);
    if !parent.apart {
        cell.wait_until_child_has_left();
    }
    match cell.failure() {
        Some(failure) if failure.errno.is_some() || !child.signalled.get() => Err(failure),
        _ => Ok(()),
    }
}

/// A plan in which nobody makes the child, or in which that ended between two steps.
const NO_CHILD: Failure = Failure {
    step: 0,
    errno: None,
};

/// Ends a child that must not become the command.
fn end(child: &Child, apart: bool) {
    child.send(Signal::KILL);
    while process::wait_for(child.pid) == Err(Errno::INTR) {}
    if !apart {
        child.cell.wait_until_child_has_left();
    }
}
