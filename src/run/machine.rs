//! The first process of a virtual machine: it boots, does what `init` does, and ends the machine.

use super::{Process, carry_out, obey};
use crate::cli::{self, Name, Request, Wish};
use crate::compile::boot;
use crate::config::{Gift, Machine, Report, Root};
use crate::error::{Error, FAILED, Refused};
use crate::host::probe::kernel;
use crate::host::{Hardware, Host};
use crate::launch::perform;
use crate::names::Id;
use crate::plan::{Plan, Shown};
use crate::report;
use crate::supervise;
use crate::sys::{file, machine, process};
use crate::words::Words;

/// Never returns in a machine.
#[inline(never)]
pub fn run<'a>(
    process: &Process,
    request: &mut Request<'a>,
    host: &mut Host<'a>,
    words: &'a Words,
) -> Result<u8, Error<'a>> {
    if request.wish == Wish::Explain {
        let wish = of(request);
        explain(&wish, words);
        let code = carry_out(request, host, words)?;
        // Nobody knows what will be mounted then.
        let found = Hardware {
            places: &[],
            swaps: &[],
            ..kernel::look_at_places(&wish, words)
        };
        report::print(words, &Shown(&boot::end(&wish, &found, 0, words)));
        return Ok(code);
    }
    match kernel::is_ours() {
        true => start(process, request, request.name, words),
        false => Err(Error::NoMachine),
    }
}

/// The whole life of a machine whose first process we are, called by this name.
#[inline(never)]
pub fn start<'a>(process: &Process, request: &mut Request<'a>, name: Name, words: &'a Words) -> ! {
    request.name = name;
    mount(kernel::has_no_input(), words);
    let mut machine = TELLING;
    let code = boot(process, request, &mut machine, words).unwrap_or_else(|error| {
        report::complain(words, &error);
        FAILED
    });
    end(words, &machine, code)
}

/// What would be done, as far as that can be said elsewhere.
#[inline(never)]
fn explain(wish: &Machine, words: &Words) {
    let show = |plan: &Plan| report::print(words, &Shown(plan));
    show(&boot::mounts(kernel::has_no_input(), words));
    let found = kernel::look_at_modules(wish, words);
    show(&boot::modules(wish, &found, words));
    if let Some(root) = &wish.root {
        let found = kernel::look_at_devices(words);
        show(&boot::root(wish, root, &found, words));
    }
    let found = kernel::look_around(wish, words);
    show(&boot::gifts(wish, &found, words));
}

/// Makes a machine of it, and has its command run; the command's exit code.
#[inline(never)]
fn boot<'a>(
    process: &Process,
    request: &mut Request<'a>,
    wish: &mut Machine<'a>,
    words: &'a Words,
) -> Result<u8, Error<'a>> {
    let mut texts = [
        kernel::command_line(words),
        kernel::settings(words),
        &[],
        &[],
    ];
    if let Err(error) = read(process, request, texts, words) {
        // How the machine is to end may be right nevertheless.
        if let Ok(()) = cli::machine(request, request.name, &[], &[], texts, words) {
            *wish = of(request);
        }
        return Err(error);
    }
    *wish = of(request);
    load(wish, words);
    if let Some(root) = &wish.root {
        if !switch(wish, root, words) {
            return Ok(FAILED);
        }
        mount(false, words);
        texts[2] = kernel::settings(words);
        read(process, request, texts, words)?;
        *wish = of(request);
    }
    if let (Some(path), []) = (wish.config, request.config.command) {
        let found = kernel::of_image(words, path.as_cstr()).map_err(|errno| Error::Unreadable {
            option: Id::ConfigFile,
            word: path,
            errno,
        })?;
        texts[3] = cli::process(path, found, words)?;
        read(process, request, texts, words)?;
    }
    live(process, request, wish, words)
}

/// Has the command run, if that is what is asked for.
#[inline(never)]
fn live<'a>(
    process: &Process,
    request: &mut Request<'a>,
    wish: &Machine,
    words: &'a Words,
) -> Result<u8, Error<'a>> {
    for error in request.complaints {
        report::complain(words, error);
    }
    if request.wish != Wish::Do {
        return obey(process, request, words);
    }
    give(wish, words);
    let host_name = &mut request.config.process.hostname;
    *host_name = host_name.or_else(|| kernel::host_name(words));
    carry_out(request, &mut process.host(request), words)
}

/// What arguments, variables and texts ask for.
#[inline(never)]
fn read<'a>(
    process: &Process,
    request: &mut Request<'a>,
    texts: [&'a [u8]; 4],
    words: &'a Words,
) -> Result<(), Error<'a>> {
    let (_, arguments) = process.arguments.split_first().unwrap_or((&None, &[]));
    cli::machine(
        request,
        request.name,
        arguments,
        process.environment,
        texts,
        words,
    )
}

#[inline(never)]
fn of<'a>(request: &Request<'a>) -> Machine<'a> {
    request.config.init.map_or(TELLING, |init| init.machine)
}

/// Mounts the kernel's file systems. This and what follows is planned, done and forgotten.
fn mount(closed: bool, words: &Words) {
    let words = &*words.apart();
    carry_through(words, &boot::mounts(closed, words), true);
}

fn load(wish: &Machine, words: &Words) {
    let words = &*words.apart();
    let found = kernel::look_at_modules(wish, words);
    carry_through(words, &boot::modules(wish, &found, words), true);
}

/// Whether there is another root now. A module may be a type of file system.
fn switch(wish: &Machine, root: &Root, words: &Words) -> bool {
    let words = &*words.apart();
    let found = kernel::look_at_devices(words);
    carry_through(words, &boot::root(wish, root, &found, words), false)
}

/// Apart, as its frame would be there while the command is started.
#[inline(never)]
fn give(wish: &Machine, words: &Words) {
    let words = &*words.apart();
    let found = kernel::look_around(wish, words);
    carry_through(words, &boot::gifts(wish, &found, words), true);
}

/// Performs a plan that has no child; whether nothing was refused that matters.
#[inline(never)]
fn carry_through(words: &Words, plan: &Plan, goes_on: bool) -> bool {
    let tell = |failure| report::refuse(words, &Refused { plan, failure });
    perform(plan, goes_on, &tell).is_ok()
}

/// Where nothing can be said of it, the console gets the exit code.
const TELLING: Machine<'static> = Machine {
    gifts: &[Gift::Report(Report::Console)],
    ..Machine::NONE
};

/// Ends a machine that was asked for a text only: a kernel whose first process just exits panics.
pub fn end_unbooted(words: &Words, code: u8) {
    if kernel::is_ours() {
        end(words, &TELLING, code)
    }
}

/// Everybody else ends, the exit code is told, the files are kept, and so ends the machine.
#[inline(never)]
fn end(words: &Words, wish: &Machine, code: u8) -> ! {
    supervise::end_all();
    // Somebody may have unmounted it, or mounted something over it.
    let places = [(c"/proc", c"/proc/partitions"), (c"/sys", c"/sys/firmware")];
    if places
        .iter()
        .any(|(place, file)| !file::exists(file) && file::exists(place))
    {
        mount(false, words);
    }
    let found = kernel::look_at_places(wish, words);
    // While there is a /sys.
    let off_first = matches!(wish.end, 0 | 2) && kernel::has_switch(words);
    carry_through(words, &boot::end(wish, &found, code, words), true);
    for gift in wish.gifts {
        if let Gift::Report(Report::Monitor(port)) = gift {
            machine::tell_monitor(*port, code);
        }
    }
    let [restart, off] = [
        libc::LINUX_REBOOT_CMD_RESTART,
        libc::LINUX_REBOOT_CMD_POWER_OFF,
    ];
    let ways = match wish.end {
        3 => [libc::LINUX_REBOOT_CMD_HALT, restart],
        // Without a switch the kernel would stand still, and a monitor takes a reboot for the end.
        _ if off_first => [off, restart],
        _ => [restart, off],
    };
    machine::end(ways.map(|way| way as u32));
    process::exit(code)
}
