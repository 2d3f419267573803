//! The command: its arguments, and the files that it may be (execvp(3)).

use super::environment::variable;
use super::steps::List;
use crate::config::Config;
use crate::error::Error;
use crate::names::{Errno, Id};
use crate::plan::{Call, Refusal};
use crate::strings::{Strings, ThinCStr, iterate, thin};
use crate::text::{cut, has};
use crate::words::{Array, Words};

/// Where commands are looked for when the environment has no `PATH`.
pub const DEFAULT_PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Answers after which a shell looks in the next directory: no such file, something in the path is
/// no directory, not executable.
const NEXT: Refusal = Refusal::after(&[Errno::NOENT, Errno::NOTDIR, Errno::ACCES]);

/// One step for each file that the command may be, of which only the last may not be refused; and
/// the arguments.
pub fn execute<'p>(
    config: &Config<'p>,
    env: &'p Strings<'p>,
    words: &'p Words,
    list: &mut List<'p>,
) -> Result<&'p Strings<'p>, Error<'static>> {
    let (name, because) = named(config, env)?;
    let bytes = name.bytes();
    if has(bytes, b'/') {
        list.add(Call::Exec(name), because);
        return Ok(arguments(config, name, words));
    }
    let mut folders = variable(env, b"PATH").unwrap_or(DEFAULT_PATH);
    loop {
        let more = has(folders, b':');
        let folder = cut(&mut folders, b':');
        // The empty directory is the current one.
        let slash: &[u8] = if folder.is_empty() { b"" } else { b"/" };
        let call = Call::Exec(words.join(&[folder, slash, bytes]));
        if !more {
            list.add(call, because);
            return Ok(arguments(config, name, words));
        }
        list.push(call, NEXT, because);
    }
}

/// How many files it may be.
pub fn candidates(config: &Config, env: &Strings) -> usize {
    let name = config.command.first().copied().flatten();
    let folders = match name {
        Some(name) if !has(name.bytes(), b'/') => variable(env, b"PATH").unwrap_or(DEFAULT_PATH),
        _ => &[],
    };
    1 + folders.iter().filter(|&&byte| byte == b':').count()
}

/// The command's name, and who gave it.
pub fn named<'p>(
    config: &Config<'p>,
    env: &Strings<'p>,
) -> Result<(ThinCStr<'p>, Id), Error<'static>> {
    let (name, because) = match config.command.first().copied().flatten() {
        Some(first) => (first, Id::Command),
        None => shell(env),
    };
    match name.bytes() {
        [] => Err(Error::EmptyCommand),
        _ => Ok((name, because)),
    }
}

/// What runs when no command is named.
fn shell<'p>(env: &Strings<'p>) -> (ThinCStr<'p>, Id) {
    match iterate(env).find(|pair| pair.bytes().starts_with(b"SHELL=/")) {
        Some(pair) => (pair.skip(b"SHELL=".len()), Id::Shell),
        None => (thin!("/bin/sh"), Id::Default),
    }
}

fn arguments<'p>(config: &Config<'p>, name: ThinCStr<'p>, words: &'p Words) -> &'p Strings<'p> {
    if config.process.argv0.is_none() && !config.command.is_empty() {
        return config.command;
    }
    let mut all = Array::new(words);
    all.push(Some(config.process.argv0.unwrap_or(name)));
    all.extend(config.command.get(1..).unwrap_or(&[None]));
    all.finish()
}
