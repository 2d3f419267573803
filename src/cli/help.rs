//! `--help`, from the table of options.

use super::flags::{Flag, Group, RUN};
use core::fmt::{Display, Formatter, Result};

/// The overview of the program.
pub struct Overview;

impl Display for Overview {
    fn fmt(&self, f: &mut Formatter) -> Result {
        f.write_str(
            "pidone makes a command PID 1 of new Linux namespaces.

  pidone run [OPTIONS] [--] COMMAND [ARG...]   run a command in a sandbox
  pidone run --help                            the options of run
  pidone --version                             the version

Exit status: the command's own; 128+N if signal N killed it; 127 not found, 126 not executable;
125 pidone itself failed, with one sentence on standard error.
",
        )
    }
}

/// The options of `run`.
pub struct Usage;

/// Where the explanations start.
const COLUMN: usize = 32;

impl Display for Usage {
    fn fmt(&self, f: &mut Formatter) -> Result {
        f.write_str("pidone run [OPTIONS] [--] COMMAND [ARG...]   (no COMMAND: $SHELL, else /bin/sh)\n")?;
        for Group { title, flags } in RUN {
            writeln!(f, "{title}")?;
            for flag in *flags {
                line(f, flag)?;
            }
        }
        Ok(())
    }
}

fn line(f: &mut Formatter, flag: &Flag) -> Result {
    match flag.short {
        0 => f.write_str("     ")?,
        letter => write!(f, " -{}, ", letter as char)?,
    }
    write!(f, "--{} {}", flag.long, flag.value)?;
    for _ in 8 + flag.long.len() + flag.value.len()..COLUMN {
        f.write_str(" ")?;
    }
    writeln!(f, " {}", flag.help)
}
