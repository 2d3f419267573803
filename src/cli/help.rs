//! `--help`, from the table of options.

use crate::names::options::{self, Flag, Help};
use crate::text::packed::{Packed, packed};
use crate::text::{Show, Text, put};

/// The overview of the program.
pub const OVERVIEW: Packed = packed!(
    "\
pidone makes a command PID 1 of new Linux namespaces.

  pidone run [OPTIONS] [--] COMMAND [ARG...]
  pidone run --help
  pidone --version

Exit status: the command's own, 128+N if signal N killed it, 127 not found, 126 not executable,
125 pidone failed and said why.
"
);

/// The options of `run`.
pub struct Usage;

/// Where the explanations start.
const COLUMN: usize = 33;

impl Show for Usage {
    fn show(&self, text: &mut Text) {
        put!(
            text,
            "pidone run [OPTIONS] [--] COMMAND [ARG...]   (no COMMAND: $SHELL, else /bin/sh)\n"
        );
        let mut rest = options::help(text.words());
        options::all().for_each(|flag| line(text, &flag, &Help::next(&mut rest)));
    }
}

fn line(text: &mut Text, flag: &Flag, help: &Help) {
    if !help.title.is_empty() {
        text.raw(help.title);
        text.byte(b'\n');
    }
    let start = text.len();
    if flag.short.is_empty() {
        put!(text, "    ");
    } else {
        put!(text, " -", flag.short, ",");
    }
    put!(text, " --", flag.long, " ", flag.value);
    text.pad_to(start + COLUMN);
    text.raw(help.help);
    text.byte(b'\n');
}
