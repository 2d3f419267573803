//! The command: its arguments, and the files that it may be (execvp(3)).

use super::environment::variable;
use super::steps::List;
use crate::config::Config;
use crate::error::Error;
use crate::names::{Errno, Id};
use crate::plan::Call;
use crate::strings::{Array, Strings, iterate, join};
use crate::text::cut;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ffi::CStr;

/// Where commands are looked for when the environment has no `PATH`.
pub const DEFAULT_PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Answers after which a shell looks in the next directory: no such file, something in the path is
/// no directory, not executable.
const NEXT: &[Errno] = &[Errno::NOENT, Errno::NOTDIR, Errno::ACCES];

/// One step for each file that the command may be, of which only the last may not be refused; and
/// the arguments.
pub fn execute<'p>(
    config: &'p Config<'p>,
    env: &Strings<'p>,
    list: &mut List<'p>,
) -> Result<Array<'p>, Error<'static>> {
    let (name, because) = match config.command.first().copied().flatten() {
        Some(first) => (first.as_cstr(), Id::Command),
        None => shell(env),
    };
    let bytes = name.to_bytes();
    if bytes.is_empty() {
        return Err(Error::EmptyCommand);
    }
    if bytes.contains(&b'/') {
        list.add(Call::Exec { path: Cow::Borrowed(name) }, because);
        return Ok(arguments(config, name));
    }
    let mut folders = variable(env, b"PATH").unwrap_or(DEFAULT_PATH);
    loop {
        let more = folders.contains(&b':');
        let folder = cut(&mut folders, b':');
        // The empty directory is the current one.
        let slash: &[u8] = if folder.is_empty() { b"" } else { b"/" };
        let call = Call::Exec { path: Cow::Owned(join(&[folder, slash, bytes])) };
        if !more {
            list.add(call, because);
            return Ok(arguments(config, name));
        }
        list.add_tolerant(call, NEXT, because);
    }
}

/// What runs when no command is named.
fn shell<'p>(env: &Strings<'p>) -> (&'p CStr, Id) {
    match iterate(env).find(|pair| pair.bytes().starts_with(b"SHELL=/")) {
        Some(pair) => (pair.skip(b"SHELL=".len()).as_cstr(), Id::Shell),
        None => (c"/bin/sh", Id::Default),
    }
}

fn arguments<'p>(config: &'p Config<'p>, name: &'p CStr) -> Array<'p> {
    if config.process.argv0.is_none() && !config.command.is_empty() {
        return Array::Borrowed(config.command);
    }
    let mut all = Vec::with_capacity(config.command.len().max(2));
    all.push(Some(config.process.argv0.unwrap_or(name).into()));
    all.extend_from_slice(config.command.get(1..).unwrap_or(&[None]));
    Array::Owned(all)
}
