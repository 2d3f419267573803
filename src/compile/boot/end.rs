//! How a machine ends: who is to be told is told, and what is on disks is kept.

use super::gifts::create;
use super::{GONE, plan, root::KEPT};
use crate::compile::phrase::phrase;
use crate::compile::steps::List;
use crate::config::{Gift, Machine, Report};
use crate::host::Hardware;
use crate::names::Id;
use crate::plan::{Arg, Call, Data, Plan};
use crate::strings::thin;
use crate::text::{Text, put};
use crate::words::Words;

/// The plan for the time when nobody else is left.
#[inline(never)]
pub fn end<'p>(
    wish: &'p Machine<'p>,
    found: &Hardware<'p>,
    code: u8,
    words: &'p Words,
) -> Plan<'p> {
    let mut list = List::new(words);
    for gift in wish.gifts {
        let mut text = Text::new(words);
        match gift {
            Gift::Report(Report::Console) => {
                put!(&mut text, "pidone: exit ", u64::from(code), "\n");
                let data = Data::Text(text.take_path());
                list.add(Call::Tell { fd: 2, data }, Id::Report);
            }
            Gift::Report(Report::File(path)) => {
                put!(&mut text, u64::from(code), "\n");
                list.about(Id::Report, core::slice::from_ref(path));
                create(*path, text.take_path(), &mut list);
            }
            _ => {}
        }
    }
    list.about(Id::End, &[]);
    list.say(phrase!("sync"), &[]);
    list.refusal = GONE;
    for place in found.places {
        // First, for somebody may use it where no path leads.
        let phrase = phrase!("mount null $0 null REMOUNT null; umount2 $0 zero");
        list.say(phrase, &[Arg::Text(*place)]);
    }
    let layers = thin!("/proc/self/fd/100");
    for (place, there) in [
        (thin!("/"), !found.in_memory),
        (layers, wish.overlay.is_some()),
    ] {
        if there {
            list.say(
                phrase!("mount null $0 null REMOUNT null"),
                &[Arg::Text(place)],
            );
        }
    }
    plan(list)
}

const _: () = assert!(KEPT == 100);
