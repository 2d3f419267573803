//! The child: the flat sequence of its steps, up to the one that replaces it.
//!
//! World on entry: our memory is the parent's; our stack, signal handlers (none) and namespaces are
//! our own; the parent runs beside us. It allocates nothing, and no step can panic in release.

use super::perform::Performer;
use crate::names::Errno;
use crate::plan::{Call, Refusal, Who};
use crate::sys::process;

/// Performs the plan's child list. Ends in the command, or in the exit of this process.
pub fn become_command(parent: &Performer) -> ! {
    let mut child = parent.for_child();
    let (plan, cell) = (child.plan, child.cell);
    for (number, step) in plan.by(Who::Child) {
        let executes = matches!(step.call, Call::Exec { .. });
        // From here on a death by signal may be the command's own.
        cell.at(if executes { 0 } else { number });
        child.stamp(number);
        match (child.perform(&step.call), step.refusal) {
            (Ok(()), _) => {}
            (Err(errno), Refusal::Warn) => cell.warn(number, errno),
            (Err(errno), Refusal::Tolerate(answers)) if answers.contains(&errno) => {
                if executes && errno == Errno::ACCES {
                    cell.deny(number, errno);
                }
            }
            (Err(errno), _) => {
                cell.fail(number, errno);
                process::exit(0);
            }
        }
    }
    cell.at(0);
    process::exit(0)
}
