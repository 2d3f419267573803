//! The command: its arguments, and the files that it may be (execvp(3)).

use super::environment::variable;
use super::steps::{DEFAULT, List};
use crate::config::Config;
use crate::error::Error;
use crate::names::Errno;
use crate::plan::Call;
use crate::strings::{Array, Strings};
use alloc::borrow::Cow;
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::CStr;

/// Where commands are looked for when the environment has no `PATH`.
pub const DEFAULT_PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Answers after which a shell looks in the next directory: no such file, something in the path is
/// no directory, not executable.
const NEXT: &[Errno] = &[Errno::NOENT, Errno::NOTDIR, Errno::ACCES];

/// The arguments, and one step for each file that the command may be; only the last may not be
/// refused.
pub fn candidates<'p>(
    config: &'p Config<'p>,
    env: &Strings<'p>,
) -> Result<(Array<'p>, List<'p>), Error<'static>> {
    let (name, because) = match config.command.first().copied().flatten() {
        Some(first) => (first.as_cstr(), "COMMAND"),
        None => shell(env),
    };
    let mut files = Vec::new();
    if name.to_bytes().contains(&b'/') {
        files.push(Cow::Borrowed(name));
    } else if !name.is_empty() {
        let path = variable(env, b"PATH").unwrap_or(DEFAULT_PATH);
        files.extend(path.split(|&byte| byte == b':').map(|folder| inside(folder, name)));
    } else {
        return Err(Error::EmptyCommand);
    }
    let mut list = List::new();
    let last = files.len() - 1;
    for (at, path) in files.into_iter().enumerate() {
        let call = Call::Exec { path };
        if at < last {
            list.add_tolerant(call, NEXT, because);
        } else {
            list.add(call, because);
        }
    }
    Ok((arguments(config, name), list))
}

/// What runs when no command is named.
fn shell<'p>(env: &Strings<'p>) -> (&'p CStr, &'static str) {
    let named = crate::strings::iterate(env)
        .find(|pair| pair.bytes().starts_with(b"SHELL=/"))
        .and_then(|pair| CStr::from_bytes_with_nul(pair.as_cstr().to_bytes_with_nul().get(6..)?).ok());
    match named {
        Some(shell) => (shell, "SHELL"),
        None => (c"/bin/sh", DEFAULT),
    }
}

/// A file in a directory of `PATH`; the empty directory is the current one.
fn inside<'p>(folder: &[u8], name: &CStr) -> Cow<'p, CStr> {
    let mut path = Vec::with_capacity(folder.len() + name.count_bytes() + 2);
    path.extend_from_slice(folder);
    if !folder.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name.to_bytes());
    // Neither part has a NUL, since both came from C strings.
    Cow::Owned(CString::new(path).unwrap_or_default())
}

fn arguments<'p>(config: &'p Config<'p>, name: &'p CStr) -> Array<'p> {
    if config.process.argv0.is_none() && !config.command.is_empty() {
        return Array::Borrowed(config.command);
    }
    let first = config.process.argv0.unwrap_or(name);
    let rest = config.command.iter().skip(1).copied().flatten();
    let all = [first.into()].into_iter().chain(rest).map(Some);
    Array::Owned(all.chain([None]).collect())
}
