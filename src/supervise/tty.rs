//! The terminal's foreground process group, as it was found.

use crate::launch::Child;
use crate::plan::Watch;
use crate::sys::file::{Fd, STDERR, STDIN, STDOUT};
use crate::sys::process::{self, Pid};
use crate::sys::{signal, tty};

/// Takes the foreground back from a group that has ended with the command, or that we have put there.
/// Another that is alive was put there by the caller's shell.
pub fn restore(child: &Child, watch: &Watch) {
    if let Some((terminal, foreground)) = terminal() {
        let ours = process::group();
        let ended = !signal::group_exists(foreground);
        if foreground != ours && (ended || watch.has_own_group() && foreground == child.pid) {
            // SIGTTOU is blocked, so this works from the background.
            let _ = tty::set_foreground(terminal, ours);
        }
    }
}

/// Hands the foreground from one group to another, if that one has it.
pub fn pass(from: Pid, to: Pid) {
    if let Some((terminal, foreground)) = terminal()
        && foreground == from
    {
        let _ = tty::set_foreground(terminal, to);
    }
}

/// Our terminal, and the group in its foreground.
fn terminal() -> Option<(Fd, Pid)> {
    let mut streams = [STDIN, STDOUT, STDERR].into_iter();
    streams.find_map(|stream| Some((stream, tty::foreground(stream).ok()?)))
}
