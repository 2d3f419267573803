//! The clone: fills in the kernel's arguments and starts the child on its stack.
//!
//! Unsafety here: a second process in our memory. What it touches is said in `launch`.

#![allow(unsafe_code)]

use super::cell::Cell;
use super::child;
use super::perform::Performer;
use crate::arch;
use crate::names::Errno;
use crate::names::flags::INTO_CGROUP;
use crate::plan::{Slot, Stack, Who};
use crate::sys::process::{self, Pid};
use crate::sys::{Result, memory};
use linux_raw_sys::general::clone_args;

/// Makes the child, with clone3(2) or clone(2). The parent's slots and mask are the child's to start
/// with.
pub fn clone(parent: &Performer, flags: u64, with_clone3: bool) -> Result<Pid> {
    // While we wait for it, the child may have what is free of our stack.
    let shared = flags & libc::CLONE_VFORK as u64 != 0;
    let stack = match parent.plan.stack {
        Some(stack) => stack.start,
        None if shared => 0,
        None => return Err(Errno::NOMEM),
    };
    let cell = parent.cell;
    let argument = (&raw const *parent).cast();
    let cgroup = match flags & INTO_CGROUP {
        0 => 0,
        _ => parent.fd(Slot::Path)?.0,
    };
    cell.expect_child();
    // One that is ended before it runs at all has what is made beside it undone.
    if let Some((first, _)) = parent.plan.by(Who::Child).next() {
        cell.at(first);
    }
    let result = if with_clone3 {
        // SAFETY: all zeroes is a value of this structure of integers.
        let mut arguments: clone_args = unsafe { core::mem::zeroed() };
        arguments.flags = flags;
        arguments.child_tid = cell.tid.as_ptr() as u64;
        arguments.exit_signal = libc::SIGCHLD as u64;
        arguments.stack = stack as u64;
        arguments.stack_size = Stack::SIZE as u64;
        arguments.cgroup = cgroup.into();
        // SAFETY: the arguments are complete; `launch` keeps the performer, the plan, the cell and
        // the stack until the child has left, and the child only reads the first two.
        unsafe { arch::clone3(&arguments, size_of::<clone_args>(), begin, argument) }
    } else {
        let flags = flags | libc::SIGCHLD as u64;
        let top = if shared { 0 } else { stack + Stack::SIZE };
        // SAFETY: as above; without a stack it gets what is below ours, which stands still meanwhile.
        unsafe { arch::clone(flags, top, cell.tid.as_ptr(), begin, argument) }
    };
    match Errno::in_result(result as usize) {
        None => Ok(Pid(result as i32)),
        Some(errno) => {
            cell.forget_child();
            Err(errno)
        }
    }
}

/// Makes a process with memory of its own: the child, or the one that goes on for a child.
pub fn fork(performer: &mut Performer, flags: u64) -> Result<()> {
    performer.cell.expect_child();
    let pid = process::fork(flags)?;
    match (pid.0, performer.is_child) {
        (0, false) => child::become_command(*performer),
        (0, true) => {}
        (_, false) => performer.child = Some(pid),
        (_, true) => {
            performer.cell.bequeath(pid);
            process::exit(0)
        }
    }
    Ok(())
}

/// A cell in memory that stays shared when the rest is not.
pub fn shared_cell() -> Result<&'static Cell> {
    let place = memory::map_shared(size_of::<Cell>())? as *mut Cell;
    // SAFETY: the memory is new, aligned to a page, and large enough; it stays for ever.
    unsafe {
        place.write(Cell::new());
        Ok(&*place)
    }
}

/// The child's first frame.
extern "C" fn begin(argument: *const ()) -> ! {
    // SAFETY: it is the reference that `clone` passed, and what it refers to is still there.
    child::become_command(unsafe { *argument.cast::<Performer>() })
}
