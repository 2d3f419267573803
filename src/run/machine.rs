//! The first process of a virtual machine: it boots, does what `init` does, and ends the machine.

use super::{FIRST, Process, carry_out};
use crate::cli::{self, Name, Request, Wish};
use crate::compile::boot;
use crate::config::Machine;
use crate::error::{Error, FAILED, Refused};
use crate::host::Host;
use crate::host::probe::kernel;
use crate::launch::launch;
use crate::names::{Signal, Verb};
use crate::plan::Shown;
use crate::report;
use crate::strings::{Strings, ThinCStr, thin};
use crate::sys::file::{self, STDERR};
use crate::sys::signal;
use crate::sys::{machine, process};
use crate::text::{Text, cut, put};
use crate::words::{Array, Words};

/// Never returns in a machine.
#[inline(never)]
pub fn run<'a>(
    process: &Process,
    request: &Request<'a>,
    host: Host<'a>,
    words: &'a Words,
) -> Result<u8, Error<'a>> {
    let plan = boot(&host, words);
    if request.wish == Wish::Explain {
        report::print(words, &Shown(&plan));
        return carry_out(request, host, words);
    }
    if process::id() != FIRST {
        return Err(Error::NotFirst);
    }
    if let (Err(failure), _) = launch(&plan, None, &mut |_| ()) {
        let plan = &plan;
        report::complain(words, &Refused { plan, failure });
    }
    let (_, arguments) = process.arguments.split_first().unwrap_or((&None, &[]));
    let mut settings = Settings::of(request, process.environment, arguments, words);
    let [mut line, mut file] = kernel::settings(words);
    while !line.is_empty() {
        match cut(&mut line, b' ').trim_ascii() {
            // What follows are arguments for us.
            b"--" => break,
            word => word
                .strip_prefix(b"pidone.")
                .map_or((), |word| settings.take(word, true)),
        }
    }
    while !file.is_empty() {
        settings.take(cut(&mut file, b'\n'), false);
    }
    let again = settings.parse();
    let request = again.as_ref().unwrap_or(request);
    // With /proc mounted it does not look like a machine any more.
    let host = Host {
        machine: true,
        ..process.host(request)
    };
    let code = carry_out(request, host, words).unwrap_or_else(|error| {
        report::complain(words, &error);
        FAILED
    });
    let machine = request
        .config
        .init
        .map_or(Machine::default(), |init| init.machine);
    end(words, &machine, code)
}

/// What is wished for in other words than arguments.
struct Settings<'a> {
    name: Name,
    /// With a variable for each option, and the end of the list.
    environment: Array<'a, Option<ThinCStr<'a>>>,
    arguments: &'a Strings<'a>,
    /// A command, if the arguments have none.
    command: Array<'a, Option<ThinCStr<'a>>>,
}

impl<'a> Settings<'a> {
    fn of(
        request: &Request<'a>,
        environment: &Strings<'a>,
        arguments: &'a Strings<'a>,
        words: &'a Words,
    ) -> Self {
        let mut settings = Settings {
            name: request.name,
            environment: Array::new(words),
            arguments,
            command: Array::new(words),
        };
        settings.environment.extend(environment);
        if request.config.command.is_empty() {
            // Options before it stay options.
            let (_, options) = arguments.split_last().unwrap_or((&None, &[]));
            settings.command.extend(options);
        }
        settings
    }

    fn parse(&self) -> Result<Request<'a>, Error<'a>> {
        let words = self.environment.words();
        let mut arguments = self.arguments;
        if self.command.len() >= arguments.len() {
            let mut all = Array::new(words);
            all.extend(&self.command);
            all.push(None);
            arguments = all.finish();
        }
        cli::parse_as(self.name, arguments, words.copy(&self.environment), words)
    }

    /// A setting `NAME=VALUE`. One that is wrong is told of and left out; what is said again is left out.
    fn take(&mut self, word: &'a [u8], first: bool) {
        let words = self.environment.words();
        let mut value = word;
        let name = cut(&mut value, b'=');
        if matches!(name, b"exec" | b"arg") {
            // `exec` comes before its arguments.
            let missing = !self.command.is_empty() || self.arguments.len() <= 1;
            if missing && name == b"exec" {
                self.command.push(Some(thin!("--")));
            }
            if missing {
                self.command.push(Some(words.join(&[value])));
            }
            return;
        }
        if name.is_empty() || name.starts_with(b"#") {
            return;
        }
        let mut variable = Text::new(words);
        put!(&mut variable, "PIDONE_INIT_");
        for &byte in name {
            variable.byte(match byte {
                b'-' => b'_',
                byte => byte.to_ascii_uppercase(),
            });
        }
        variable.byte(b'=');
        variable.raw(value);
        let end = self.environment.len().saturating_sub(1);
        self.environment.cut_to(end);
        self.environment.push(Some(variable.take_path()));
        self.environment.push(None);
        let Err(error) = self.parse() else { return };
        self.environment.cut_to(end);
        self.environment.push(None);
        match error {
            Error::Repeated(_) if !first => {}
            Error::UnknownVariable(_) => {
                report::complain(words, &cli::unknown(Verb::Init, word, name))
            }
            error => report::complain(words, &error),
        }
    }
}

/// Ends a machine that has not booted, because our arguments or variables are wrong, or ask for a text: a kernel
/// whose first process just exits panics.
pub fn end_unbooted(words: &Words, code: u8) {
    if kernel::has_just_booted() {
        let wish = Machine {
            console: true,
            ..Machine::default()
        };
        end(words, &wish, code)
    }
}

/// Everybody else ends, the files are kept, the exit code is told, and so ends the machine.
fn end(words: &Words, wish: &Machine, code: u8) -> ! {
    let _ = signal::send(process::ANY, Signal::KILL);
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
        // Without ACPI there is no switch, and a monitor takes a reboot for the end.
        _ if kernel::has_acpi() => [off, restart],
        _ => [restart, off],
    };
    machine::end(ways.map(|way| way as u32));
    process::exit(code)
}
