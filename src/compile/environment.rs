//! The command's environment.

use super::command::DEFAULT_PATH;
use crate::config::{Config, EnvChange};
use crate::host::Host;
use crate::strings::{Strings, ThinCStr, iterate};
use crate::text::cut;
use crate::words::{Array, Words};

/// The caller's environment with the wished changes; the caller's own array when there are none.
#[inline(never)]
pub fn environment<'p>(config: &Config<'p>, host: &Host<'p>, words: &'p Words) -> &'p Strings<'p> {
    let process = &config.process;
    let changed = !process.env.is_empty() || process.clear_env || host.machine;
    if !changed && !host.environment.is_empty() {
        return host.environment;
    }
    let mut variables = Array::new(words);
    if !process.clear_env {
        iterate(host.environment).for_each(|pair| variables.push(Some(pair)));
    }
    if host.machine && variable(&variables, b"PATH").is_none() {
        variables.push(Some(words.join(&[b"PATH=", DEFAULT_PATH])));
    }
    for change in process.env {
        match *change {
            EnvChange::Set(pair) => set(&mut variables, pair),
            EnvChange::Unset(name) => remove(&mut variables, name.bytes()),
            EnvChange::Keep(name) => {
                let callers = position(host.environment, name.bytes());
                if let Some(pair) =
                    callers.and_then(|at| host.environment.get(at).copied().flatten())
                {
                    set(&mut variables, pair);
                }
            }
        }
    }
    variables.push(None);
    variables.finish()
}

fn set<'p>(variables: &mut Array<Option<ThinCStr<'p>>>, pair: ThinCStr<'p>) {
    remove(variables, cut(&mut pair.bytes(), b'='));
    variables.push(Some(pair));
}

/// All of that name: nothing keeps a caller from passing a variable twice.
fn remove(variables: &mut Array<Option<ThinCStr>>, name: &[u8]) {
    variables.retain(|one| !one.is_some_and(|pair| names(pair.bytes(), name)));
}

/// Where the variable of a name stands.
fn position(variables: &Strings, name: &[u8]) -> Option<usize> {
    variables
        .iter()
        .position(|one| one.is_some_and(|pair| names(pair.bytes(), name)))
}

/// Whether `NAME=VALUE` has that name.
fn names(pair: &[u8], name: &[u8]) -> bool {
    pair.strip_prefix(name)
        .is_some_and(|rest| rest.first() == Some(&b'='))
}

/// The value of a variable.
pub fn variable<'p>(env: &Strings<'p>, name: &[u8]) -> Option<&'p [u8]> {
    let pair = env.get(position(env, name)?).copied().flatten()?;
    Some(pair.skip(name.len() + 1).bytes())
}
