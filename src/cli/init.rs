//! The values of options that `init` alone has.

use super::value::milliseconds;
use super::{Lists, gift};
use crate::config::{Init, Target};
use crate::names::{Id, Signal};
use crate::strings::ThinCStr;
use crate::text::{cut, decimal, has, number, position};

/// Puts an option and its value into the configuration; nothing if the value is wrong.
#[inline(never)]
pub fn store<'a>(
    init: &mut Init<'a>,
    id: Id,
    words: ThinCStr<'a>,
    lists: &mut Lists<'a>,
) -> Option<()> {
    let mut word = words.bytes();
    let machine = &mut init.machine;
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
        Id::Vm => machine.wanted = true,
        Id::End => machine.end = position("auto reboot poweroff halt", word)? as u8,
        Id::Respawn => machine.respawn = true,
        Id::PowerButton => machine.power_button = true,
        Id::Modules => machine.modules = Some(words),
        Id::NewRoot => machine.root = Some(gift::root(words, lists.gifts.words())?),
        Id::ConfigFile => machine.config = Some(words),
        Id::OverRoot => machine.overlay = Some(words),
        Id::Sysctl | Id::Clock | Id::Link | Id::Dns | Id::Report => {
            let gift = gift::gift(id, words, lists.gifts.words())?;
            lists.gifts.push(gift);
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
