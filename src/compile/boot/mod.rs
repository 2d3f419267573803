//! What a virtual machine has not when its first process starts: the kernel's file systems, and a console.

mod end;
mod gifts;
mod root;

pub use end::end;
pub use gifts::gifts;
pub use root::{modules, root};

use crate::compile::phrase::phrase;
use crate::compile::steps::List;
use crate::names::{Errno, Id, flags};
use crate::plan::{Arg, Plan, Refusal};
use crate::strings::{ThinCStr, thin};
use crate::words::Words;

const INERT: u64 = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;

/// Type, place, flags and data, in the order in which one is in the other.
const MOUNTS: [(ThinCStr, ThinCStr, u64, Arg); 5] = [
    (thin!("proc"), thin!("/proc"), INERT, Arg::Null),
    (thin!("sysfs"), thin!("/sys"), INERT, Arg::Null),
    (
        thin!("devtmpfs"),
        thin!("/dev"),
        libc::MS_NOSUID,
        Arg::Text(thin!("mode=0755")),
    ),
    (
        thin!("devpts"),
        thin!("/dev/pts"),
        libc::MS_NOSUID | libc::MS_NOEXEC,
        Arg::Text(thin!("gid=5,mode=0620,ptmxmode=0666")),
    ),
    (
        thin!("tmpfs"),
        thin!("/dev/shm"),
        libc::MS_NOSUID | libc::MS_NODEV,
        Arg::Text(thin!("mode=1777,size=15%")),
    ),
];

/// Target and place.
const LINKS: [(ThinCStr, ThinCStr); 4] = [
    (thin!("/proc/self/fd"), thin!("/dev/fd")),
    (thin!("fd/0"), thin!("/dev/stdin")),
    (thin!("fd/1"), thin!("/dev/stdout")),
    (thin!("fd/2"), thin!("/dev/stderr")),
];

/// Is there, or cannot be made.
const THERE: Refusal = Refusal::after(&[Errno::EXIST, Errno::ROFS]);

/// Is there, or is in what is not, of which that is said.
const ALONE: Refusal = Refusal::after(&[Errno::EXIST, Errno::NOENT]);

/// Of what is to be left read-only: is not there or not open, is no mount, has no file, is so for good, or is in use.
const GONE: Refusal = Refusal::after(&[
    Errno::NOENT,
    Errno::INVAL,
    Errno::ROFS,
    Errno::BUSY,
    Errno::PERM,
    Errno::NXIO,
    Errno::BADF,
]);

/// Is mounted, or not to be had.
const HAD: Refusal = Refusal::after(&[Errno::BUSY, Errno::NODEV, Errno::PERM, Errno::NOENT]);

/// The plan of a boot, in which there is no child. What the kernel does not have is left out, and so is
/// what is there already. Input, output and errors are the console if they are `closed`.
#[inline(never)]
pub fn mounts(closed: bool, words: &Words) -> Plan<'_> {
    let mut list = List::new(words);
    list.steps.reserve(2 * MOUNTS.len() + LINKS.len());
    list.about(Id::Vm, &[]);
    for (kind, place, flags, data) in MOUNTS {
        list.refusal = ALONE;
        mount(kind, place, flags, data, &mut list);
    }
    list.refusal = ALONE;
    for (target, place) in LINKS {
        let parts = [Arg::Text(target), Arg::Text(place)];
        list.say(phrase!("symlinkat $0 here $1"), &parts);
    }
    if closed {
        list.refusal = NO_CONSOLE;
        for file in [thin!("/dev/console"), thin!("/dev/null")] {
            for _ in 0..3 {
                list.say(phrase!("openat here $0 BOTH"), &[Arg::Text(file)]);
            }
        }
        list.say(phrase!("close_range n3 max zero"), &[]);
    }
    plan(list)
}

/// Nobody has one (`console=null`), or it is not there yet.
const NO_CONSOLE: Refusal = Refusal::after(&[Errno::NODEV, Errno::NXIO, Errno::NOENT, Errno::IO]);

fn plan(list: List) -> Plan {
    Plan {
        steps: list.steps.finish(),
        ..Plan::default()
    }
}

/// Mounts something of the kernel's, on what is made where it is not there; the refusal is that of the making.
#[inline(never)]
fn mount<'p>(
    kind: ThinCStr<'p>,
    place: ThinCStr<'p>,
    flags: u64,
    data: Arg<'p>,
    list: &mut List<'p>,
) {
    let parts = [
        Arg::Text(kind),
        Arg::Text(place),
        Arg::Flags(flags, &flags::MOUNT),
        data,
    ];
    list.say(phrase!("mkdirat here $1 m0755"), &parts);
    list.refusal = HAD;
    list.say(phrase!("mount $0 $1 $0 $2 $3"), &parts);
}
