//! Attributes of the command's process, and what its namespaces start with.

use super::identity::write_file;
use super::namespaces::Resolved;
use super::steps::List;
use crate::config::Config;
use crate::names::{Id, Ns};
use crate::plan::{Call, Path, Slot};
use crate::strings::thin;
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
        let path = Path::Text(thin!("/proc/self/timens_offsets"));
        write_file(child, path, words.join(&[text.bytes()]), because);
    }
}

/// Host name and domain name.
pub fn names<'p>(config: &Config<'p>, child: &mut List<'p>) {
    if let Some(name) = config.process.hostname {
        child.add(Call::SetHostname(name), Id::Hostname);
    }
    if let Some(name) = config.process.domainname {
        child.add(Call::SetDomainname(name), Id::Domainname);
    }
}

/// The loopback device of a new net namespace is down. Many programs never need it, so a sandbox
/// around us that refuses it is no reason to refuse the command.
pub fn loopback(resolved: &Resolved, child: &mut List) {
    if resolved.new.contains(Ns::Net) {
        child.add_wanted(Call::Socket(Slot::Socket), Id::Net);
        child.add_wanted(Call::RaiseLoopback(Slot::Socket), Id::Net);
    }
}

/// Directory, mask, priorities, limits, session.
pub fn attributes<'p>(config: &Config<'p>, words: &'p Words, child: &mut List<'p>) {
    let process = &config.process;
    if let Some(path) = process.chdir {
        child.add(Call::Chdir(path), Id::Chdir);
    }
    if let Some(mask) = process.umask {
        child.add(Call::Umask(mask), Id::Umask);
    }
    if let Some(nice) = process.nice {
        child.add(Call::SetPriority(nice), Id::Nice);
    }
    if let Some(adjustment) = process.oom_score_adj {
        let path = Path::Text(thin!("/proc/self/oom_score_adj"));
        let mut text = Text::new(words);
        put!(&mut text, adjustment, "\n");
        write_file(child, path, words.join(&[text.bytes()]), Id::OomScoreAdj);
    }
    for limit in process.rlimits {
        let (resource, soft, hard) = (limit.resource, limit.soft, limit.hard);
        child.add(
            Call::Prlimit {
                resource,
                soft,
                hard,
            },
            Id::Rlimit,
        );
    }
    child.add_if(process.new_session, Call::Setsid, Id::NewSession);
}
