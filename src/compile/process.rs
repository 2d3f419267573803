//! Attributes of the command's process, and what its namespaces start with.

use super::identity::write_file;
use super::namespaces::Resolved;
use super::steps::List;
use crate::config::Config;
use crate::names::Ns;
use crate::plan::{Call, Path, Slot};
use crate::text::{Text, put};
use alloc::borrow::Cow;

/// Offsets of the clocks, which the kernel takes until the first process enters the namespace: the
/// child enters it when it executes the command (time_namespaces(7)).
pub fn clocks(config: &Config, child: &mut List) {
    let process = &config.process;
    let mut text = Text::default();
    for (name, offset) in [("monotonic", process.monotonic), ("boottime", process.boottime)] {
        if let Some(seconds) = offset {
            put!(&mut text, name, " ", seconds, " 0\n");
        }
    }
    if !text.is_empty() {
        let because = process.monotonic.map_or("--boottime", |_| "--monotonic");
        let path = Path::Text(Cow::Borrowed(c"/proc/self/timens_offsets"));
        write_file(child, path, Cow::Owned(text.into_bytes()), because);
    }
}

/// Host name and domain name.
pub fn names<'p>(config: &'p Config, child: &mut List<'p>) {
    if let Some(name) = config.process.hostname {
        child.add(Call::SetHostname(name), "--hostname");
    }
    if let Some(name) = config.process.domainname {
        child.add(Call::SetDomainname(name), "--domainname");
    }
}

/// The loopback device of a new net namespace is down. Many programs never need it, so a sandbox
/// around us that refuses it is no reason to refuse the command.
pub fn loopback(resolved: &Resolved, child: &mut List) {
    if resolved.new.contains(Ns::Net) {
        child.add_wanted(Call::Socket { slot: Slot::Socket }, "--net");
        child.add_wanted(Call::RaiseLoopback { slot: Slot::Socket }, "--net");
    }
}

/// Directory, mask, priorities, limits, session.
pub fn attributes<'p>(config: &'p Config, child: &mut List<'p>) {
    let process = &config.process;
    if let Some(path) = process.chdir {
        child.add(Call::Chdir(path), "--chdir");
    }
    if let Some(mask) = process.umask {
        child.add(Call::Umask(mask), "--umask");
    }
    if let Some(nice) = process.nice {
        child.add(Call::SetPriority(nice), "--nice");
    }
    if let Some(adjustment) = process.oom_score_adj {
        let path = Path::Text(Cow::Borrowed(c"/proc/self/oom_score_adj"));
        let mut text = Text::default();
        put!(&mut text, adjustment, "\n");
        write_file(child, path, Cow::Owned(text.into_bytes()), "--oom-score-adj");
    }
    for limit in &process.rlimits {
        let (resource, soft, hard) = (limit.resource, limit.soft, limit.hard);
        child.add(Call::Prlimit { resource, soft, hard }, "--rlimit");
    }
    child.add_if(process.new_session, Call::Setsid, "--new-session");
}
