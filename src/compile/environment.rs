//! The command's environment.

use crate::config::{Config, EnvChange};
use crate::host::Host;
use crate::strings::{Array, Strings, ThinCStr, iterate};
use alloc::vec::Vec;
use core::ffi::CStr;

/// The caller's environment with the wished changes; the caller's own array when there are none.
pub fn environment<'p>(config: &'p Config<'p>, host: &'p Host<'p>) -> Array<'p> {
    let process = &config.process;
    if process.env.is_empty() && !process.clear_env && !host.environment.is_empty() {
        return Array::Borrowed(host.environment);
    }
    let mut variables: Vec<ThinCStr> = Vec::new();
    if !process.clear_env {
        variables.extend(iterate(host.environment));
    }
    for change in &process.env {
        match change {
            EnvChange::Set(pair) => set(&mut variables, pair),
            EnvChange::Unset(name) => variables.retain(|one| !names(one.bytes(), name.to_bytes())),
            EnvChange::Keep(name) => {
                let name = name.to_bytes();
                let callers = iterate(host.environment).find(|one| names(one.bytes(), name));
                if let Some(pair) = callers {
                    set(&mut variables, pair.as_cstr());
                }
            }
        }
    }
    Array::Owned(variables.into_iter().map(Some).chain([None]).collect())
}

fn set<'p>(variables: &mut Vec<ThinCStr<'p>>, pair: &'p CStr) {
    let name = pair.to_bytes().split(|&byte| byte == b'=').next().unwrap_or(&[]);
    match variables.iter_mut().find(|one| names(one.bytes(), name)) {
        Some(place) => *place = pair.into(),
        None => variables.push(pair.into()),
    }
}

/// Whether `NAME=VALUE` has that name.
fn names(pair: &[u8], name: &[u8]) -> bool {
    pair.strip_prefix(name).is_some_and(|rest| rest.first() == Some(&b'='))
}

/// The value of a variable.
pub fn variable<'p>(env: &Strings<'p>, name: &[u8]) -> Option<&'p [u8]> {
    let pair = iterate(env).map(ThinCStr::bytes).find(|pair| names(pair, name))?;
    pair.get(name.len() + 1..)
}
