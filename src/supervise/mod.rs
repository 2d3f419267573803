//! The long wait: one blocking call, no timer unless a time limit runs, no periodic wake-up.
//!
//! World on entry: all signals but the fault signals are blocked; the child is setting up or is the
//! command already. Signals for the command go on to it; what its terminal sent to it and us alike
//! does not go a second time; when it stops, we stop, so that the caller's shell sees one job.

mod deadline;
mod stop;
mod tty;

use crate::launch::Child;
use crate::names::{Errno, Signal};
use crate::plan::Watch;
use crate::sys::process::{self, Change};
use crate::sys::signal::{self, Arrived};
use deadline::Deadline;

/// How the command ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct End {
    /// Its own status.
    pub status: Status,
    /// Whether the time limit had passed.
    pub timed_out: bool,
}

/// The command's own status.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Status {
    /// It exited with this.
    Exited(u8),
    /// This signal killed it.
    Killed(u8),
}

impl Default for Status {
    fn default() -> Self {
        Status::Exited(0)
    }
}

impl Status {
    /// As a shell counts: the exit status, or 128 + the signal.
    pub fn code(self) -> u8 {
        match self {
            Status::Exited(code) => code,
            Status::Killed(signal) => 128 + (signal & 0x7f),
        }
    }
}

/// Waits for the child's end, and serves it meanwhile.
pub fn supervise(child: &Child, watch: &Watch) -> End {
    let mut deadline = Deadline::new(watch);
    // A child that has left our memory may have ended before its SIGCHLD was blocked.
    let mut look = child.has_left();
    let status = loop {
        if look {
            match process::look_at(child.pid) {
                Ok(Some(Change::Exited(code))) => break Status::Exited(code),
                Ok(Some(Change::Killed(signal))) => break Status::Killed(signal),
                Ok(Some(Change::Stopped(signal))) => stop::with_child(child.pid, signal),
                Ok(None) | Err(Errno::INTR) => {}
                // Nobody else waits for it; without a child there is nothing to wait for.
                Err(_) => break Status::Exited(crate::error::FAILED),
            }
        }
        look = match signal::wait(deadline.remaining()) {
            Ok(arrived) => receive(child, watch, &mut deadline, arrived),
            Err(Errno::AGAIN) => {
                deadline.pass(child.pid);
                false
            }
            Err(_) => true,
        };
    };
    tty::restore();
    End {
        status,
        timed_out: deadline.timed_out(),
    }
}

/// Acts on a signal; whether to look at the child.
fn receive(child: &Child, watch: &Watch, deadline: &mut Deadline, arrived: Arrived) -> bool {
    let signal = arrived.signal;
    if signal == Signal::CHLD {
        return true;
    }
    // From the keyboard, or sent by the command to its own group: it has got it already.
    let has_it = (watch.shares_terminal && arrived.from_kernel) || arrived.sender == child.pid;
    if !child.has_left() && ends(signal) {
        // There is no command yet that could act on it.
        let _ = signal::send(child.pid, Signal::KILL);
    } else if has_it {
        if watch.shielded && stop::is_keyboard_stop(signal) {
            stop::shielded(child.pid, signal);
        }
    } else if signal == Signal::TERM {
        deadline.ask(child.pid);
    } else {
        let _ = signal::send(child.pid, signal);
    }
    false
}

/// The signals that ask a program to end.
fn ends(signal: Signal) -> bool {
    matches!(
        signal,
        Signal::HUP | Signal::INT | Signal::QUIT | Signal::TERM
    )
}
