//! `check`: what `run` and its options need, tried in children that end where they would execute a
//! command. What is refused is explained as `run` would explain it.

use crate::cli::{self, Name, Request};
use crate::config::{Config, View};
use crate::error::{Error, Refused, hint};
use crate::host::{Host, Target, probe};
use crate::names::{Ns, NsSet};
use crate::plan::{Failure, Line, Plan};
use crate::strings::thin;
use crate::sys::file::{self, STDERR};
use crate::sys::process;
use crate::text::packed::{Packed, packed};
use crate::text::{Show, Text, cut, put};
use crate::view::{Form, Table};
use crate::words::{Array, Words};

const FORM: Form = Form {
    names: "checks check result call remedy",
    stops: b"\x00\x1c\x24\x30",
};

/// What is tried, and the options for it. All namespaces that they do not ask for are the caller's.
const TRIALS: Packed = packed!(
    "mount namespace\t-m\n\
    uts namespace\t-u\n\
    ipc namespace\t-i\n\
    net namespace\t-n\n\
    pid namespace\t-p\n\
    user namespace\t-U\n\
    subordinate ids\t-U --map-auto\n\
    cgroup namespace\t-C\n\
    time namespace\t-T\n\
    clock offsets\t-T --monotonic 1\n\
    /proc\t-mp\n\
    sysfs\t-mn --sys /sys\n\
    tmpfs\t-m --tmpfs /proc\n\
    overlay\t-m --overlay-src /dev/shm --tmp-overlay /proc\n\
    bind mount\t-m --ro-bind /proc /sys\n\
    id-mapped mount\t-m --bind-idmap /dev/shm /proc 0:1000:1\n\
    new root\t-m --empty-root\n\
    seccomp filter\t--seccomp default\n\
    Landlock files, ABI 5\t--landlock-ro /\n\
    Landlock TCP, ABI 4\t--landlock-tcp-bind 1\n\
    Landlock scopes, ABI 6\t--landlock-scope\n\
    cgroup limits\t-C --pids-limit 64\n\
    pidfd\tenter %\n"
);

/// What was learned from that, and what serves where it is not so.
const LEARNED: Packed = packed!(
    "clone3\tclone\n\
    no TIOCSTI\ta filter\n\
    mount calls of Linux 5.12\tmount\n\
    pivot_root\tchroot\n"
);

/// A row for everything that is tried, and for what needs a namespace another with a user namespace.
#[inline(never)]
pub fn check<'w>(words: &'w Words, mut host: Host<'w>, view: &View<'w>) -> u8 {
    // What newuidmap says is no more than its status tells, and would stand between the rows.
    file::close(STDERR);
    let _ = file::open(c"/dev/null", libc::O_WRONLY as u32);
    let mut table = Table::new(words, &FORM, view);
    let mut own = Text::new(words);
    put!(&mut own, process::id().0);
    let own = own.take_path();
    let mut trials = Text::new(words);
    TRIALS.show(&mut trials);
    let user = NsSet::of(Ns::User);
    let (mut clone3, mut rooted) = (false, false);
    for extra in [NsSet::NONE, user] {
        let mut rest = trials.bytes();
        while !rest.is_empty() {
            let mut line = cut(&mut rest, b'\n');
            let name = cut(&mut line, b'\t');
            let mut arguments = Array::new(words);
            let mut extra = extra;
            // Of others we make no child but as fork(2) does.
            host.clone3 = line.starts_with(b"-");
            if host.clone3 {
                arguments.push(Some(thin!("run")));
            } else if extra == user {
                // Once, and last of all: it leaves us undumpable.
                extra = NsSet::NONE;
            } else {
                continue;
            }
            while !line.is_empty() {
                arguments.push(Some(match cut(&mut line, b' ') {
                    b"%" => own,
                    word => words.join(&[word]),
                }));
            }
            arguments.push(None);
            let mut request = Request::default();
            if cli::parse(&mut request, Name::Own, arguments.finish(), &[], words).is_err() {
                continue;
            }
            let namespaces = &mut request.config.namespaces;
            if extra == user && (namespaces.add.is_empty() || namespaces.add.contains(Ns::User)) {
                continue;
            }
            namespaces.add = namespaces.add.union(extra);
            namespaces.share = NsSet::ALL.without(namespaces.add);
            let mut plan = Plan::default();
            let outcome = attempt(&mut host, &request.config, words, &mut plan);
            let mut cell = Text::new(words);
            cell.raw(name);
            put!(&mut cell, if extra == user { ", user" } else { "" });
            if let Some(cgroup) = host.cgroups.first() {
                put!(&mut cell, ", v", 1 + u64::from(cgroup.unified));
            }
            (host.cgroups, host.target) = (&[], Target::default());
            table.words(cell.bytes());
            match outcome {
                Ok(None) => {
                    clone3 |= host.clone3;
                    rooted |= name == b"new root";
                    table.words(b"works");
                }
                Ok(Some(failure)) => {
                    let plan = &plan;
                    explain(&mut table, view, &Refused { plan, failure }, words);
                }
                Err(error) => {
                    table.words(b"no");
                    table.words(b"");
                    table.show(&error);
                }
            }
            table.end();
        }
    }
    let facts = [
        clone3,
        probe::kernel::no_typing(words),
        host.new_mounts,
        host.pivot_root,
    ];
    // The last ones are believed where no root could be made.
    let known = if rooted { &facts[..] } else { &facts[..2] };
    tell(&mut table, known, words);
    table.print()
}

/// What was learned on the way.
fn tell(table: &mut Table, facts: &[bool], words: &Words) {
    let mut learned = Text::new(words);
    LEARNED.show(&mut learned);
    let mut rest = learned.bytes();
    for &fact in facts {
        let mut line = cut(&mut rest, b'\n');
        table.words(cut(&mut line, b'\t'));
        table.words(if fact { b"works" } else { b"no" });
        if !fact {
            table.words(b"");
            let mut cell = Text::new(words);
            cell.raw(line);
            put!(&mut cell, " serves instead");
            table.words(cell.bytes());
        }
        table.end();
    }
}

/// Learns from refusals as a run does; what is refused in the end, of which plan.
#[inline(never)]
fn attempt<'w>(
    host: &mut Host<'w>,
    config: &Config<'w>,
    words: &'w Words,
    plan: &mut Plan<'w>,
) -> Result<Option<Failure>, Error<'w>> {
    probe::look_up(host, config, words)?;
    probe::view::look(host, config, words)?;
    loop {
        probe::look_up_accounts(host, config, words);
        match probe::attempt(host, config, words, plan)? {
            Some(failure) if probe::learn(host, config, words, plan, failure) => {}
            outcome => return Ok(outcome),
        }
    }
}

/// What was refused, and why.
fn explain(table: &mut Table, view: &View, refused: &Refused, words: &Words) {
    match refused.failure.errno {
        Some(errno) => table.show(&errno),
        None => table.words(b"trapped"),
    }
    let mut text = Text::new(words);
    if let Some(step) = refused.plan.step(refused.failure.step) {
        put!(
            &mut text,
            Line {
                step,
                plan: refused.plan
            }
        );
    }
    let mut call = text.bytes();
    let name = cut(&mut { call }, b'(');
    if !view.json {
        call = name;
    }
    table.words(call);
    let mut text = Text::new(words);
    hint(refused, &probe::observe(words, refused), &mut text);
    let mut remedy = text.bytes();
    cut(&mut remedy, b' ');
    table.words(remedy.trim_ascii());
}
