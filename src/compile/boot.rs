//! What a virtual machine has not when its first process starts: the kernel's file systems, and a console.

use super::phrase::phrase;
use super::steps::List;
use crate::config::Init;
use crate::host::Host;
use crate::names::{Errno, Id, flags};
use crate::plan::{Arg, Plan, Refusal, Watch};
use crate::strings::{ThinCStr, thin};
use crate::words::Words;

const INERT: u64 = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;

/// Type, place, flags and data, in the order in which one is in the other.
const MOUNTS: [(ThinCStr, ThinCStr, u64, ThinCStr); 5] = [
    (thin!("proc"), thin!("/proc"), INERT, thin!("")),
    (thin!("sysfs"), thin!("/sys"), INERT, thin!("")),
    (
        thin!("devtmpfs"),
        thin!("/dev"),
        libc::MS_NOSUID,
        thin!("mode=0755"),
    ),
    (
        thin!("devpts"),
        thin!("/dev/pts"),
        libc::MS_NOSUID | libc::MS_NOEXEC,
        thin!("gid=5,mode=0620,ptmxmode=0666"),
    ),
    (
        thin!("tmpfs"),
        thin!("/dev/shm"),
        libc::MS_NOSUID | libc::MS_NODEV,
        thin!("mode=1777"),
    ),
];

/// Target and place.
const LINKS: [(ThinCStr, ThinCStr); 4] = [
    (thin!("/proc/self/fd"), thin!("/dev/fd")),
    (thin!("fd/0"), thin!("/dev/stdin")),
    (thin!("fd/1"), thin!("/dev/stdout")),
    (thin!("fd/2"), thin!("/dev/stderr")),
];

/// The plan of a boot, in which there is no child. What the kernel does not have is left out, and so is
/// what is there already.
#[inline(never)]
pub fn boot<'p>(host: &Host, words: &'p Words) -> Plan<'p> {
    const THERE: Refusal = Refusal::after(&[Errno::EXIST, Errno::ROFS]);
    const HAD: Refusal = Refusal::after(&[Errno::BUSY, Errno::NODEV, Errno::PERM, Errno::NOENT]);
    let mut list = List::new(words);
    list.about(Id::Vm, &[]);
    for (kind, place, flags, data) in MOUNTS {
        list.refusal = THERE;
        list.say(phrase!("mkdirat here $0 m0755"), &[Arg::Text(place)]);
        list.refusal = HAD;
        let parts = [
            Arg::Text(kind),
            Arg::Text(place),
            Arg::Flags(flags, &flags::MOUNT),
            Arg::Text(data),
        ];
        list.say(phrase!("mount $0 $1 $0 $2 $3"), &parts);
    }
    list.refusal = THERE;
    for (target, place) in LINKS {
        let parts = [Arg::Text(target), Arg::Text(place)];
        list.say(phrase!("symlinkat $0 here $1"), &parts);
    }
    if host.closed {
        list.refusal = Refusal::Warn;
        let console = Arg::Text(thin!("/dev/console"));
        for _ in 0..3 {
            list.say(phrase!("openat here $0 BOTH"), &[console]);
        }
    }
    let nobody = Init {
        pause: true,
        ..Init::default()
    };
    Plan {
        steps: list.steps.finish(),
        watch: Watch {
            init: Some(words.keep(nobody)),
            ..Watch::default()
        },
        ..Plan::default()
    }
}
