//! The first process of a virtual machine: it boots, does what `init` does, and ends the machine.

use super::{FIRST, Process, carry_out};
use crate::cli::{self, Request, Wish};
use crate::compile::boot;
use crate::config::Machine;
use crate::error::{Error, FAILED, Refused};
use crate::host::Host;
use crate::host::probe::kernel;
use crate::launch::perform;
use crate::plan::{Plan, Shown};
use crate::report;
use crate::supervise;
use crate::sys::file::{self, STDERR};
use crate::sys::{machine, process};
use crate::text::{Text, put};
use crate::words::Words;

/// Never returns in a machine.
#[inline(never)]
pub fn run<'a>(
    process: &Process,
    request: &Request<'a>,
    host: Host<'a>,
    words: &'a Words,
) -> Result<u8, Error<'a>> {
    let plan = boot::mounts(&host, words);
    if request.wish == Wish::Explain {
        report::print(words, &Shown(&plan));
        return carry_out(request, host, words);
    }
    if process::id() != FIRST {
        return Err(Error::NotFirst);
    }
    carry_through(words, &plan, true);
    let (_, arguments) = process.arguments.split_first().unwrap_or((&None, &[]));
    let [line, file] = kernel::settings(words);
    let texts = [line, file, &[]];
    let again = cli::machine(request.name, arguments, process.environment, texts, words);
    let mut machine = Machine::default();
    let mut follow = || {
        let request = again.as_ref().map_err(|error| *error)?;
        for error in request.complaints {
            report::complain(words, error);
        }
        machine = request.config.init.map_or(machine, |init| init.machine);
        // With /proc mounted it does not look like a machine any more.
        let host = Host {
            machine: true,
            ..process.host(request)
        };
        carry_out(request, host, words)
    };
    let code = follow().unwrap_or_else(|error| {
        report::complain(words, &error);
        FAILED
    });
    end(words, &machine, code)
}

/// Performs a plan that has no child; whether nothing was refused that matters.
fn carry_through(words: &Words, plan: &Plan, goes_on: bool) -> bool {
    let tell = |failure| report::complain(words, &Refused { plan, failure });
    perform(plan, goes_on, &tell).is_ok()
}

/// Ends a machine that was asked for a text only: a kernel whose first process just exits panics.
pub fn end_unbooted(words: &Words, code: u8) {
    if kernel::has_just_booted() {
        let wish = Machine {
            console: true,
            ..Machine::default()
        };
        end(words, &wish, code)
    }
}

/// Everybody else ends, the exit code is told, the files are kept, and so ends the machine.
fn end(words: &Words, wish: &Machine, code: u8) -> ! {
    supervise::end_all();
    if wish.console {
        let mut line = Text::new(words);
        put!(&mut line, "pidone: exit ", u64::from(code), "\n");
        let _ = file::write_all(STDERR, line.bytes());
    }
    machine::keep_files();
    if let Some(port) = wish.port {
        machine::tell_port(port, code);
    }
    let [restart, off] = [
        libc::LINUX_REBOOT_CMD_RESTART,
        libc::LINUX_REBOOT_CMD_POWER_OFF,
    ];
    let ways = match wish.end {
        1 => [restart, off],
        2 => [off, restart],
        3 => [libc::LINUX_REBOOT_CMD_HALT, restart],
        // Without a switch a monitor takes a reboot for the end.
        _ if kernel::has_switch(words) => [off, restart],
        _ => [restart, off],
    };
    machine::end(ways.map(|way| way as u32));
    process::exit(code)
}
