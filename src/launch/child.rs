//! The child: the flat sequence of its steps, up to the one that replaces it.
//!
//! World on entry: our memory is the parent's; our stack, signal handlers (none) and namespaces are
//! our own; the parent runs beside us. It allocates nothing, and no step can panic in release.

use super::perform::Performer;
use crate::plan::Who;
use crate::sys::process;

/// Performs the child's steps, with its own copy of what the parent had at the clone. Ends in the
/// command, or in the exit of this process.
pub fn become_command(mut child: Performer) -> ! {
    let cell = child.cell;
    child.is_child = true;
    match child.perform_all(Who::Child) {
        Ok(()) => cell.at(0),
        Err(failure) => cell.fail(failure),
    }
    process::exit(0)
}
