//! The terminal's foreground process group, as it was found.

use crate::sys::file::{Fd, STDERR, STDIN, STDOUT};
use crate::sys::{process, signal, tty};

/// Takes the foreground back from a group that has ended with the command. A group that is alive
/// was put there by the caller's shell.
pub fn restore() {
    for terminal in [STDIN, STDOUT, STDERR] {
        if let Ok(foreground) = tty::foreground(terminal) {
            give_back(terminal, foreground);
            return;
        }
    }
}

fn give_back(terminal: Fd, foreground: process::Pid) {
    let ours = process::group();
    if foreground != ours && !signal::group_exists(foreground) {
        // SIGTTOU is blocked, so this works from the background.
        let _ = tty::set_foreground(terminal, ours);
    }
}
