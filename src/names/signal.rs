//! Signals by number and by name (signal(7)).

use crate::text::packed::{Packed, packed};
use crate::text::{Show, Text, decimal, display, put};

/// A signal number, 1 to 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal(u8);

/// The names of 1 to 31, in order, without `SIG`.
const NAMES: Packed = packed!(
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT \
    CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
);

/// The first real-time signal as glibc's users count them: the two below are used by the C libraries
/// themselves, but can be sent like any other. And the last.
const RTMIN: u8 = 34;
const RTMAX: u8 = 64;

#[allow(missing_docs)] // They are called what signal(7) calls them.
impl Signal {
    pub const HUP: Signal = Signal(1);
    pub const INT: Signal = Signal(2);
    pub const QUIT: Signal = Signal(3);
    pub const KILL: Signal = Signal(9);
    pub const TERM: Signal = Signal(15);
    pub const CHLD: Signal = Signal(17);
    pub const CONT: Signal = Signal(18);
    pub const STOP: Signal = Signal(19);
    pub const TSTP: Signal = Signal(20);
    pub const TTIN: Signal = Signal(21);
    pub const TTOU: Signal = Signal(22);
    pub const URG: Signal = Signal(23);
    pub const WINCH: Signal = Signal(28);
    pub const PWR: Signal = Signal(30);
    /// `SIGRTMIN+3` and `SIGRTMIN+4`, as systemd(1) knows them.
    pub const HALT: Signal = Signal(37);
    pub const POWEROFF: Signal = Signal(38);

    /// What asks the first process of a machine to end, beside `SIGTERM`: ctrl-alt-del, a power supply that fails, and
    /// what managers of machines send.
    pub const STOPS: [Signal; 4] = [Signal::INT, Signal::PWR, Signal::HALT, Signal::POWEROFF];

    /// Those, a bit for each.
    pub const ENDS: u64 = Signal::TERM.bit()
        | Signal::STOPS[0].bit()
        | Signal::STOPS[1].bit()
        | Signal::STOPS[2].bit()
        | Signal::STOPS[3].bit();

    /// What people and systems end a program with, a bit for each.
    pub const INTERRUPTS: u64 =
        Signal::HUP.bit() | Signal::INT.bit() | Signal::QUIT.bit() | Signal::TERM.bit();

    /// What a program raises by its own mistake. They are never blocked: a fault of ours must end us.
    pub const FAULTS: [Signal; 7] = [
        Signal(8),
        Signal(4),
        Signal(11),
        Signal(7),
        Signal(6),
        Signal(5),
        Signal(31),
    ];

    /// The signal of that number, if there is one.
    pub const fn new(number: u8) -> Option<Signal> {
        if number >= 1 && number <= RTMAX {
            Some(Signal(number))
        } else {
            None
        }
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Its bit in the kernel's signal sets.
    pub const fn bit(self) -> u64 {
        1 << (self.0 - 1)
    }

    /// The signal that `TERM`, `SIGTERM`, `15` or `RTMIN+3` names, in capitals as signal(7).
    pub fn named(name: &[u8]) -> Option<Signal> {
        let name = name.strip_prefix(b"SIG").unwrap_or(name);
        if let Some(position) = NAMES.position(name) {
            return Some(Signal(position as u8 + 1));
        }
        if let Some(offset) = name.strip_prefix(b"RTMIN+") {
            return Signal::new(digits(offset)?.checked_add(RTMIN)?);
        }
        Signal::new(digits(name)?)
    }

    /// Writes the name without `SIG`; whether there is one, which real-time signals have not.
    pub fn show_name(self, text: &mut Text) -> bool {
        NAMES.show_word(usize::from(self.0) - 1, text)
    }
}

/// A small decimal number.
fn digits(text: &[u8]) -> Option<u8> {
    decimal(text).and_then(|number| u8::try_from(number).ok())
}

/// As strace writes it: `SIGTERM`, `SIGRT_2`.
impl Show for Signal {
    fn show(&self, text: &mut Text) {
        put!(text, "SIG");
        if !self.show_name(text) {
            put!(text, "RT_", self.0 - 32);
        }
    }
}

display!(Signal);

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn names_and_numbers_agree() {
        for (name, number) in [
            ("HUP", libc::SIGHUP),
            ("SIGTERM", libc::SIGTERM),
            ("CHLD", libc::SIGCHLD),
            ("WINCH", libc::SIGWINCH),
            ("SYS", libc::SIGSYS),
            ("15", 15),
            ("64", 64),
            ("RTMIN+3", 37),
            ("SIGRTMIN+30", 64),
        ] {
            let signal = Signal::named(name.as_bytes()).expect(name);
            assert_eq!(i32::from(signal.number()), number, "{name}");
        }
    }

    #[test]
    fn what_is_no_signal_is_refused() {
        for name in [
            "", "0", "65", "-1", "term", "SIG", "RTMIN-1", "RTMIN+31", "RTMIN+99", "RTMIN", "0x9",
            "999",
        ] {
            assert_eq!(Signal::named(name.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn faults_are_those_that_cannot_be_waited_for() {
        let names: std::vec::Vec<_> = Signal::FAULTS.iter().map(|s| s.to_string()).collect();
        assert_eq!(
            names.join(" "),
            "SIGFPE SIGILL SIGSEGV SIGBUS SIGABRT SIGTRAP SIGSYS"
        );
    }
}
