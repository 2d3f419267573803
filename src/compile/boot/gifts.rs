//! What a machine is given once its root is there: parameters, a network, places for files, a power button.

use super::{THERE, mount, plan};
use crate::compile::identity::write_file;
use crate::compile::phrase::{Phrase, phrase};
use crate::compile::process::raise_loopback;
use crate::compile::steps::List;
use crate::config::{Gift, Link, Machine};
use crate::host::Hardware;
use crate::names::{Constant, Errno, Id};
use crate::plan::{Arg, Call, Data, Plan, Refusal, Slot};
use crate::strings::{ThinCStr, thin};
use crate::text::packed::packed;
use crate::text::{Text, put};
use crate::words::Words;

/// A kernel without one.
const NO_NETWORK: Refusal = Refusal::after(&[Errno::AFNOSUPPORT, Errno::BADF]);

/// Leads nowhere and is not open, or stays where it is.
const ASTRAY: Refusal = Refusal::after(&[
    Errno::NOENT,
    Errno::NOTDIR,
    Errno::LOOP,
    Errno::ACCES,
    Errno::BADF,
    Errno::ROFS,
    Errno::BUSY,
]);

/// The plan in which every wish may fail by itself.
#[inline(never)]
pub fn gifts<'p>(wish: &'p Machine<'p>, found: &Hardware<'p>, words: &'p Words) -> Plan<'p> {
    let mut list = List::new(words);
    list.closes_files = true;
    list.because = Id::Vm;
    raise_loopback(NO_NETWORK, &mut list);
    list.refusal = NO_NETWORK;
    list.say(phrase!("close socket"), &[]);
    places(found, &mut list);
    let mut servers = Text::new(words);
    let mut numbers = found.links.iter();
    for gift in wish.gifts {
        match gift {
            Gift::Parameter { word, path, value } => {
                list.about(Id::Sysctl, core::slice::from_ref(word));
                write_file(&mut list, Arg::Text(*path), *value, Id::Sysctl);
            }
            Gift::Time(seconds) => {
                list.about(Id::Clock, &[]);
                let time = list.record(&[
                    (packed!("tv_sec"), Arg::Number(*seconds as i64)),
                    (packed!("tv_nsec"), Arg::Number(0)),
                ]);
                list.say(phrase!("clock_settime CLOCK_REALTIME $0"), &[time]);
            }
            Gift::Link(link) => {
                let number = numbers.next().copied().unwrap_or(0);
                list.about(Id::Link, core::slice::from_ref(&link.word));
                self::link(link, number, &mut list);
            }
            Gift::Server(server) => {
                put!(&mut servers, "nameserver ");
                servers.raw(server.bytes());
                put!(&mut servers, "\n");
            }
            Gift::Report(_) => {}
        }
    }
    if !servers.is_empty() {
        let path = thin!("/etc/resolv.conf");
        list.about(Id::Dns, words.copy(&[path]));
        list.refusal = THERE;
        list.say(
            phrase!("mkdirat here $0 m0755"),
            &[Arg::Text(thin!("/etc"))],
        );
        // Images have a link there to what is no file yet, perhaps in no directory, or is one of the kernel's.
        let text = servers.take_path();
        list.refusal = ASTRAY;
        list.say(FRESH, &[Arg::Text(path)]);
        // All but the last close(2).
        put_in(text, Refusal::Else(4), &mut list);
        list.say(
            phrase!("close file; unlinkat here $0 zero"),
            &[Arg::Text(path)],
        );
        list.refusal = Refusal::Fatal;
        write(FRESH, path, text, &mut list);
    }
    if wish.power_button && found.buttons.is_empty() {
        // It says why there is none.
        list.about(Id::PowerButton, &[]);
        let first = thin!("/dev/input/event0");
        list.say(phrase!("openat here $0 LISTEN =file"), &[Arg::Text(first)]);
    }
    for button in found.buttons {
        // Whatever happens there is a signal for us, as a power supply that fails is one.
        list.about(Id::PowerButton, core::slice::from_ref(button));
        let phrase = phrase!(
            "openat here $0 LISTEN =file; fcntl file F_SETSIG PWR; fcntl file F_SETOWN n1; fcntl file F_SETFL ASYNC"
        );
        list.say(phrase, &[Arg::Text(*button)]);
    }
    plan(list)
}

/// Opens a file that is made if it is not there. Should it be a pipe, nobody waits for its other end.
const FRESH: Phrase = phrase!("openat here $0 FRESH m0644 =file");

/// Writes a file that is opened so.
#[inline(never)]
pub fn write<'p>(open: Phrase, path: ThinCStr<'p>, text: ThinCStr<'p>, list: &mut List<'p>) {
    list.say(open, &[Arg::Text(path)]);
    put_in(text, Refusal::Fatal, list);
    list.say(phrase!("close file"), &[]);
}

fn put_in<'p>(text: ThinCStr<'p>, refusal: Refusal, list: &mut List<'p>) {
    let (slot, data) = (Slot::File, Data::Text(text));
    list.push(Call::Write { slot, data }, refusal, list.because);
}

/// For files of this boot alone: in memory, where the root is not there already.
fn places(found: &Hardware, list: &mut List) {
    if found.in_memory {
        list.refusal = THERE;
        let parts = [Arg::Text(thin!("/run")), Arg::Text(thin!("/tmp"))];
        // Without a mask it is one call less by path than with a change of the mode.
        let phrase =
            phrase!("umask zero; mkdirat here $0 m0755; mkdirat here $1 m1777; umask m0022");
        list.say(phrase, &parts);
    } else {
        for (place, data) in [
            (thin!("/run"), thin!("mode=0755,size=5%")),
            (thin!("/tmp"), thin!("mode=1777,size=20%")),
        ] {
            list.refusal = THERE;
            mount(
                thin!("tmpfs"),
                place,
                libc::MS_NOSUID | libc::MS_NODEV,
                Arg::Text(data),
                list,
            );
        }
    }
    list.refusal = Refusal::Fatal;
}

/// ioctl(2) of structures with the device's name and something else (netdevice(7)), and a default route. For long
/// addresses they have its number instead (ipv6(7)).
#[inline(never)]
fn link<'p>(link: &'p Link<'p>, number: u32, list: &mut List<'p>) {
    let [name, rest] = halves(&link.name);
    let [first, second] = halves(&link.address);
    let [way, further] = halves(&link.gateway);
    let place = u64::from(number) << 32;
    let family = match link.long {
        true => Constant::AF_INET6,
        false => Constant::AF_INET,
    };
    let short = |address: u64| address << 32 | SHORT;
    // The bits that are the network's, in its order.
    let mask = !u32::MAX.checked_shr(link.prefix.into()).unwrap_or(0);
    let (address, route) = match link.long {
        true => (
            [first, second, place | u64::from(link.prefix)],
            [0, 0, 0, 0, way, further, 0, 1, 0, place | ROUTE],
        ),
        false => (
            [name, rest, short(first)],
            [0, SHORT, 0, short(way), 0, SHORT, 0, ROUTE, 0, 0],
        ),
    };
    if link.long {
        // The address is usable at once: nobody is asked whether it is theirs.
        let path: [&[u8]; 3] = [b"/proc/sys/net/ipv6/conf/", &link.name, b"/accept_dad"];
        let path = list.words().join(&path);
        write_file(list, Arg::Text(path), thin!("0"), Id::Link);
    }
    list.say(
        phrase!("socket $0 datagrams IPPROTO_IP =socket"),
        &[Arg::Name(family)],
    );
    let calls: [(_, bool, &[u64]); 5] = [
        (
            phrase!("ioctl socket SIOCSIFMTU $0"),
            link.mtu != 0,
            &[name, rest, link.mtu.into()],
        ),
        (
            phrase!("ioctl socket SIOCSIFFLAGS $0"),
            true,
            &[name, rest, libc::IFF_UP as u64],
        ),
        (phrase!("ioctl socket SIOCSIFADDR $0"), true, &address),
        (
            phrase!("ioctl socket SIOCSIFNETMASK $0"),
            !link.long,
            &[name, rest, short(mask.to_be().into())],
        ),
        (
            phrase!("ioctl socket SIOCADDRT $0"),
            way | further != 0,
            &route,
        ),
    ];
    for (phrase, wanted, words) in calls {
        if wanted {
            let mut all = [0; 15];
            all.iter_mut()
                .zip(words)
                .for_each(|(place, word)| *place = *word);
            let words = list.words().keep(all);
            list.say(phrase, &[Arg::Block(words, link.word)]);
        }
    }
    list.say(phrase!("close socket"), &[]);
}

/// `AF_INET`, which begins an address of that family.
const SHORT: u64 = libc::AF_INET as u64;

/// `RTF_UP` and `RTF_GATEWAY`.
const ROUTE: u64 = 3;

/// Bytes as the words of a machine hold them.
fn halves(bytes: &[u8; 16]) -> [u64; 2] {
    let both = u128::from_le_bytes(*bytes);
    [both as u64, (both >> 64) as u64]
}
