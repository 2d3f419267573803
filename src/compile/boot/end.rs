//! How a machine ends: who is to be told is told, and what is on disks is kept.

use super::gifts::write;
use super::{GONE, plan, root::KEPT};
use crate::compile::phrase::phrase;
use crate::compile::steps::List;
use crate::config::{Gift, Machine, Report};
use crate::host::Hardware;
use crate::names::{Errno, Id};
use crate::plan::{Arg, Call, Data, Plan, Refusal, Slot, Who};
use crate::strings::thin;
use crate::text::{Text, put};
use crate::words::Words;

/// The time is over, or who listened is gone.
const UNANSWERED: Refusal = Refusal::after(&[Errno::AGAIN, Errno::CONNRESET]);

/// The plan for the time when nobody else is left.
#[inline(never)]
pub fn end<'p>(
    wish: &'p Machine<'p>,
    found: &Hardware<'p>,
    code: u8,
    words: &'p Words,
) -> Plan<'p> {
    let mut list = List::new(words);
    list.turn(Who::After);
    let mut text = Text::new(words);
    put!(&mut text, "pidone: exit ", u64::from(code), "\n");
    let line = text.take_path();
    let number = line.skip("pidone: exit ".len());
    // Files become read-only with what they are on.
    for gift in wish.gifts {
        if let Gift::Report(Report::File(word)) = gift {
            list.about(Id::Report, core::slice::from_ref(word));
            // Whatever the workload has made there is not written to.
            list.refusal = GONE;
            list.say(phrase!("unlinkat here $0 zero"), &[Arg::Text(*word)]);
            list.refusal = Refusal::Fatal;
            write(
                phrase!("openat here $0 NEW m0644 =file"),
                *word,
                number,
                &mut list,
            );
        }
    }
    list.about(Id::End, &[]);
    list.say(phrase!("sync"), &[]);
    list.refusal = GONE;
    // Twice, as what is in use may be covered.
    for _ in 0..2 {
        for file in found.swaps {
            list.say(phrase!("swapoff $0"), &[Arg::Text(*file)]);
        }
        for device in found.loops {
            // One that is mounted has no file any more when it is unmounted.
            let phrase = phrase!("openat here $0 READ =file; ioctl file LOOP_CLR_FD; close file");
            list.say(phrase, &[Arg::Text(*device)]);
        }
        for place in found.places {
            // First, for somebody may use it where no path leads.
            let phrase = phrase!("mount null $0 null REMOUNT null; umount2 $0 zero");
            list.say(phrase, &[Arg::Text(*place)]);
        }
    }
    let read_only = phrase!("mount null $0 null REMOUNT null");
    if !found.in_memory {
        list.say(read_only, &[Arg::Text(thin!("/"))]);
    }
    if wish.overlay.is_some() {
        // There may be no /proc any more.
        list.say(phrase!("fchdir $0"), &[Arg::Number(KEPT)]);
        list.say(read_only, &[Arg::Text(thin!("."))]);
    }
    // Who is told now may end the machine at once.
    list.refusal = Refusal::Fatal;
    let mut ports = found.ports.iter();
    for gift in wish.gifts {
        match gift {
            Gift::Report(Report::Console) => {
                list.about(Id::Report, &[]);
                let data = Data::Text(line);
                list.add(Call::Tell { fd: 2, data }, Id::Report);
            }
            Gift::Report(Report::Device(word) | Report::Virtio(word)) => {
                list.about(Id::Report, core::slice::from_ref(word));
                let path = match gift {
                    Gift::Report(Report::Virtio(_)) => ports.next().unwrap_or(word),
                    _ => word,
                };
                // What is not there is not made, and nobody waits for a port's other end.
                let open = phrase!("openat here $0 THERE =file");
                write(open, *path, number, &mut list);
            }
            Gift::Report(Report::Krun) => {
                list.about(Id::Report, &[]);
                // `KRUN_SET_EXIT_CODE`, which is no ioctl(2) of Linux.
                let parts = [Arg::Number(0x7602), Arg::Number(code.into())];
                let phrase =
                    phrase!("openat here root_path READ =folder; ioctl folder $0 $1; close folder");
                list.say(phrase, &parts);
            }
            Gift::Report(Report::Vsock { word, address }) => {
                list.about(Id::Report, core::slice::from_ref(word));
                let phrase = phrase!(
                    "socket AF_VSOCK stream zero =socket; setsockopt socket AF_VSOCK SO_VM_SOCKETS_CONNECT_TIMEOUT one_second n16; \
                    setsockopt socket SOL_SOCKET SO_RCVTIMEO one_second n16; connect socket $0 n16"
                );
                list.say(phrase, &[Arg::Ids(address)]);
                let (slot, data) = (Slot::Socket, Data::Text(line));
                list.add(Call::Write { slot, data }, Id::Report);
                list.push(Call::AwaitAnswer(slot), UNANSWERED, Id::Report);
                list.say(phrase!("close socket"), &[]);
            }
            _ => {}
        }
    }
    plan(list)
}
