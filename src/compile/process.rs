//! Attributes of the command's process, and what its namespaces start with.

use super::identity::write_file;
use super::namespaces::Resolved;
use super::phrase::phrase;
use super::steps::List;
use crate::config::Config;
use crate::names::{Id, Ns, Sys};
use crate::plan::{Arg, Refusal};
use crate::strings::{ThinCStr, thin};
use crate::text::packed::packed;
use crate::text::{Text, put};
use crate::words::Words;

/// Offsets of the clocks, which the kernel takes until the first process enters the namespace: the
/// child enters it when it executes the command (time_namespaces(7)).
pub fn clocks<'p>(config: &Config, words: &'p Words, child: &mut List<'p>) {
    let process = &config.process;
    let mut text = Text::new(words);
    for (name, offset) in [
        ("monotonic", process.monotonic),
        ("boottime", process.boottime),
    ] {
        if let Some(seconds) = offset {
            put!(&mut text, name, " ", seconds, " 0\n");
        }
    }
    if !text.is_empty() {
        let because = process.monotonic.map_or(Id::Boottime, |_| Id::Monotonic);
        let path = Arg::Text(thin!("/proc/self/timens_offsets"));
        write_file(child, path, words.join(&[text.bytes()]), because);
    }
}

/// Host name and domain name.
pub fn names<'p>(config: &Config<'p>, child: &mut List<'p>) {
    if let Some(name) = config.process.hostname {
        set_name(child, Sys::sethostname, name, Id::Hostname);
    }
    if let Some(name) = config.process.domainname {
        set_name(child, Sys::setdomainname, name, Id::Domainname);
    }
}

fn set_name<'p>(child: &mut List<'p>, number: Sys, name: ThinCStr<'p>, because: Id) {
    let length = name.bytes().len() as i64;
    child.plain(number, &[Arg::Text(name), Arg::Number(length)], because);
}

/// The loopback device of a new net namespace is down. Many programs never need it, so a sandbox
/// around us that refuses it is no reason to refuse the command.
pub fn loopback(resolved: &Resolved, child: &mut List) {
    if resolved.new.contains(Ns::Net) {
        child.because = Id::Net;
        raise_loopback(Refusal::Warn, child);
    }
}

/// Makes the loopback device usable.
pub fn raise_loopback(refusal: Refusal, list: &mut List) {
    list.refusal = refusal;
    let phrase = phrase!(
        "socket AF_INET datagrams IPPROTO_IP =socket; ioctl socket SIOCSIFFLAGS loopback_up"
    );
    list.say(phrase, &[]);
    list.refusal = Refusal::Fatal;
}

/// The OOM killer's adjustment, through the /proc of the caller: one inside may be anything
/// (CVE-2019-16884).
pub fn oom_score<'p>(config: &Config<'p>, words: &'p Words, child: &mut List<'p>) {
    let process = &config.process;
    if let Some(adjustment) = process.oom_score_adj {
        let path = Arg::Text(thin!("/proc/self/oom_score_adj"));
        let mut text = Text::new(words);
        put!(&mut text, adjustment, "\n");
        write_file(child, path, words.join(&[text.bytes()]), Id::OomScoreAdj);
    }
}

/// Directory, mask, priorities, limits, session.
#[inline(never)]
pub fn attributes<'p>(config: &Config<'p>, child: &mut List<'p>) {
    let process = &config.process;
    if let Some(path) = child.directory.filter(|_| !config.mounts.replaces_root()) {
        child.plain(Sys::chdir, &[Arg::Text(path)], Id::Chdir);
    }
    if let Some(mask) = process.umask {
        child.plain(Sys::umask, &[Arg::Mode(mask)], Id::Umask);
    }
    if let Some(nice) = process.nice {
        let nice = [Arg::Number(nice.into())];
        child.say_for(Id::Nice, phrase!("setpriority PRIO_PROCESS zero $0"), &nice);
    }
    for limit in process.rlimits {
        let limits = child.record(&[
            (packed!("rlim_cur"), Arg::Limit(limit.soft)),
            (packed!("rlim_max"), Arg::Limit(limit.hard)),
        ]);
        let parts = [Arg::Resource(limit.resource), limits];
        child.say_for(Id::Rlimit, phrase!("prlimit64 zero $0 $1 null"), &parts);
    }
}
