//! Stopping with the command, so that ^Z and `fg` work as for a plain command.
//!
//! A command that is PID 1 cannot be stopped by the keyboard: the kernel shields it from signals it
//! has no handler for (pid_namespaces(7)), and a read from a background group would even spin. So
//! we stop it, unless it handles or ignores the signal itself.

use super::tty;
use crate::launch::Child;
use crate::names::Signal;
use crate::plan::{Target, Watch};
use crate::sys::process;
use crate::sys::signal;

/// Whether the kernel sends it for ^Z, or for a background read or write of the terminal.
pub fn is_keyboard_stop(signal: Signal) -> bool {
    matches!(signal, Signal::TSTP | Signal::TTIN | Signal::TTOU)
}

/// The child has stopped: so do we, and it goes on when we do, in the foreground if that is ours again.
///
/// In our group it is continued by who continues us, and may even have stopped anew by then: it is for
/// the one who continues us next that it waits in that case, and another CONT would take that away.
pub fn with_child(child: &Child, watch: &Watch, mut number: u8) {
    loop {
        stop_self(child, Signal::new(number).unwrap_or(Signal::STOP));
        if watch.has_own_group() {
            break;
        }
        match process::went_on(child.pid) {
            None => break,
            Some(None) => return,
            Some(Some(again)) => number = again,
        }
    }
    if watch.has_own_group() {
        tty::pass(process::group(), child.pid);
        child.aim(Target::Group);
    }
    child.send(Signal::CONT);
    if let Some(init) = watch.init {
        child.aim(init.target);
    }
}

/// A shielded child that leaves a stop signal to the kernel has got one, or is meant to.
pub fn shielded(child: &Child, signal: Signal) {
    child.send(Signal::STOP);
    stop_self(child, signal);
    child.send(Signal::CONT);
}

/// Stops this process as the signal would: not at all if our process group is orphaned, for nobody
/// could continue it then. Returns when somebody has.
fn stop_self(child: &Child, signal: Signal) {
    tty::leave(child);
    let blocked = signal::block(0).unwrap_or(signal::ALL);
    let _ = signal::send(process::id(), signal);
    if signal != Signal::STOP {
        // The signal is pending now; it acts between these two calls.
        let _ = signal::set_mask(blocked & !signal.bit());
        let _ = signal::set_mask(blocked);
    }
    // What has continued us is not passed on as well: the command may have stopped again by then.
    let _ = signal::wait(Signal::CONT.bit(), Some(0));
    tty::meet(child);
}
