//! `--help`, from the table of options.

use crate::names::Verb;
use crate::names::options::{self, Flag, Help};
use crate::text::packed::{Packed, packed};
use crate::text::{Show, Text, put};

/// The overview of the program.
pub const OVERVIEW: Packed = packed!(
    "\
pidone makes a command PID 1 of new Linux namespaces, or is PID 1 for it.

  pidone run [OPTIONS] [--] COMMAND [ARG...]   a command in new namespaces
  pidone enter [OPTIONS] PID [--] COMMAND...   a command in another's namespaces
  pidone init [OPTIONS] [--] COMMAND [ARG...]  a command, and whoever else is there, in a container
  pidone list [OPTIONS]                        the namespaces of this machine
  pidone compare [OPTIONS] PID PID...          those of processes, side by side
  pidone check [OPTIONS]                       what this machine allows, and why not
  pidone pack [OPTIONS] [--] PROGRAM [ARG...]  an image that boots as a virtual machine
  pidone VERB --help
  pidone --version

Exit status: the command's own, 128+N if signal N killed it, 127 not found, 126 not executable,
125 pidone failed and said why. compare: 0 all equal, 1 some differ, 125 some may not be read.
"
);

/// The options of a verb.
pub struct Usage {
    /// Which one.
    pub verb: Verb,
    /// With those for the first process of a virtual machine.
    pub machine: bool,
}

/// Where the explanations start.
const COLUMN: usize = 33;

impl Show for Usage {
    fn show(&self, text: &mut Text) {
        match self.verb {
            Verb::Run => put!(
                text,
                "pidone run [OPTIONS] [--] COMMAND [ARG...]   (no COMMAND: $SHELL, else /bin/sh)\n\
                new are mount and PID namespaces, and those that are asked for here\n"
            ),
            Verb::Enter => put!(
                text,
                "pidone enter [OPTIONS] PID [--] COMMAND [ARG...]   (all namespaces that differ from ours)\n"
            ),
            Verb::Init => put!(
                text,
                "pidone init [OPTIONS] [--] COMMAND [ARG...]   (or PIDONE_INIT_WAIT_ALL=1 ...)\n"
            ),
            Verb::List => put!(text, "pidone list [OPTIONS]\n"),
            Verb::Compare => put!(text, "pidone compare [OPTIONS] PID PID...\n"),
            Verb::Check => put!(text, "pidone check [OPTIONS]\n"),
            Verb::Pack => put!(
                text,
                "pidone pack [OPTIONS] [--] PROGRAM [ARG...]   (an initramfs: pidone is /init and runs PROGRAM)\n"
            ),
        }
        let mut rest = options::help(text.words());
        let (mut taken, mut title) = (0, &[][..]);
        for flag in options::of(Some(self.verb)) {
            let mut help = Help::default();
            // A group's heading stands at its first option, which may be another verb's.
            while taken <= flag.id as usize {
                help = Help::next(&mut rest);
                if !help.title.is_empty() {
                    title = help.title;
                }
                taken += 1;
            }
            if self.machine || !flag.id.is_for_machines() {
                line(text, &flag, &Help { title, ..help });
                title = &[];
            }
        }
    }
}

fn line(text: &mut Text, flag: &Flag, help: &Help) {
    if !help.title.is_empty() {
        text.raw(help.title);
        text.byte(b'\n');
    }
    let start = text.len();
    match flag.short.as_bytes() {
        [] => put!(text, "    "),
        [letter, ..] => {
            put!(text, " -");
            text.raw(&[*letter, b',']);
        }
    }
    put!(text, " --", flag.long, " ", flag.value);
    text.pad_to(start + COLUMN);
    text.raw(help.help);
    text.byte(b'\n');
}
