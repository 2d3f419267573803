//! The values of options that `init` alone has.

use super::Lists;
use super::value::milliseconds;
use crate::config::{Init, Target};
use crate::names::{Id, Signal};
use crate::text::{cut, decimal, has, number, position};

/// Puts an option and its value into the configuration; nothing if the value is wrong.
#[inline(never)]
pub fn store(init: &mut Init, id: Id, mut word: &[u8], lists: &mut Lists) -> Option<()> {
    match id {
        Id::Group => init.target = Target::Group,
        Id::SignalAll => init.target = Target::All,
        Id::SingleChild => init.single_child = true,
        Id::ParentDeath => init.parent_death = Some(Signal::named(word)?),
        Id::Blocked => init.mask = Some(number(word, 16)?),
        Id::Subreaper => init.subreaper = true,
        Id::WarnReap => init.warn_reap = true,
        Id::Grace => init.grace = Some(milliseconds(word)?),
        Id::WaitAll => init.wait_all = true,
        Id::Pause => init.pause = true,
        Id::Verbose => init.verbose = true,
        Id::Vm => init.machine.wanted = true,
        Id::End => init.machine.end = position("auto reboot poweroff halt", word)? as u8,
        Id::Report if word == b"console" => init.machine.console = true,
        Id::Report => {
            let port = number(word.strip_prefix(b"port:0x")?, 16)?;
            init.machine.port = Some(u16::try_from(port).ok()?);
        }
        Id::Rewrite | Id::ExpectExit | Id::RemapExit => loop {
            let more = has(word, b',');
            let mut item = cut(&mut word, b',');
            match id {
                Id::Rewrite => {
                    let from = Signal::named(cut(&mut item, b':'))?;
                    let to = if item == b"0" {
                        None
                    } else {
                        Some(Signal::named(item)?)
                    };
                    lists.rewrite.push((from, to));
                }
                Id::ExpectExit => lists.remap.push((code(item)?, 0)),
                _ => {
                    let from = code(cut(&mut item, b'='))?;
                    lists.remap.push((from, code(item)?));
                }
            }
            if !more {
                break;
            }
        },
        _ => {}
    }
    Some(())
}

fn code(word: &[u8]) -> Option<u8> {
    u8::try_from(decimal(word)?).ok()
}
