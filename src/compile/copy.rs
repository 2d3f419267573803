//! `--init`: a copy of ours is process 1, and the command its child.
//!
//! It runs from a copy in memory that nobody can change, and in memory of its own: what is inside may reach
//! /proc/1/exe, and must not reach the file on the host by it (CVE-2019-5736).

use super::command;
use super::steps::List;
use crate::config::Config;
use crate::error::Error;
use crate::host::Host;
use crate::names::{Constant, Id, Sys, flags};
use crate::plan::{Arg, Call, Data, Slot};
use crate::strings::{Strings, thin};
use crate::text::Text;
use crate::words::{Array, Words};

/// Makes the copy, if there is to be one.
pub fn make<'p>(
    config: &Config<'p>,
    host: &Host<'p>,
    list: &mut List<'p>,
) -> Result<(), Error<'p>> {
    if !config.life.init {
        return Ok(());
    }
    if host.image.iter().any(|part| part.is_empty()) {
        return Err(Error::NoImage);
    }
    let flags = if host.memfd_exec { 0b10011 } else { 0b00011 };
    let args = [Arg::Text(thin!("pidone")), Arg::Flags(flags, &flags::MEMFD)];
    list.opening(Slot::Copy, Sys::memfd_create, &args, Id::Init);
    for part in host.image {
        let (slot, data) = (Slot::Copy, Data::Bytes(part));
        list.add(Call::Write { slot, data }, Id::Init);
    }
    list.add(SEAL, Id::Init);
    Ok(())
}

const SEAL: Call = Call::plain(
    Sys::fcntl,
    &[
        Arg::Slot(Slot::Copy),
        Arg::Name(Constant::F_ADD_SEALS),
        Arg::Flags(0b1111, &flags::SEALS),
    ],
);

/// Executes it; its arguments. The caller's mask goes on in words, as everything is blocked in it.
pub fn execute<'p>(
    config: &Config<'p>,
    host: &Host<'p>,
    env: &'p Strings<'p>,
    words: &'p Words,
    list: &mut List<'p>,
) -> Result<&'p Strings<'p>, Error<'p>> {
    let (name, _) = command::named(config, env)?;
    let mut mask = Text::new(words);
    mask.number(host.blocked, 16, 1);
    let mut argv = Array::new(words);
    for word in [thin!("pidone"), thin!("init"), thin!("--blocked")] {
        argv.push(Some(word));
    }
    argv.push(Some(words.join(&[mask.bytes()])));
    if config.process.tty {
        argv.push(Some(thin!("--new-session")));
    } else if !config.process.new_session {
        // The keyboard's signals are for all of us, as without it.
        argv.push(Some(thin!("--single-child")));
    }
    if let Some(name) = config.process.argv0 {
        argv.extend(&[Some(thin!("--argv0")), Some(name)]);
    }
    argv.extend(&[Some(thin!("--")), Some(name)]);
    argv.extend(config.command.get(1..).unwrap_or(&[None]));
    list.add(Call::ExecCopy, Id::Init);
    Ok(argv.finish())
}
