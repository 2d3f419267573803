//! The values of options: each word is read once, into a type that cannot be wrong.

use super::ids::{account, accounts, file, id, own, parts, range};
use super::limit::{resource, rlimit, size};
use super::target::{process_id, target};
use super::{Lists, Request};
use crate::config::{
    Access, Allowed, Config, EnvChange, Filter, Inside, Operation, Propagation, Setgroups, Tcp,
};
use crate::names::{Caps, Id, Ns, NsSet, Signal};
use crate::strings::{ThinCStr, thin};
use crate::text::{cut, decimal, has, number, position};

/// Puts an option and its values into the configuration; nothing if a value is wrong.
#[inline(never)]
pub fn store<'a>(
    request: &mut Request<'a>,
    option: Id,
    words: &[ThinCStr<'a>],
    lists: &mut Lists<'a>,
) -> Option<()> {
    let Config {
        namespaces,
        identity,
        mounts,
        process,
        privilege,
        resources,
        life,
        reports,
        enter,
        init,
        ..
    } = &mut request.config;
    let (first, second) = (nth(words, 0), nth(words, 1));
    let word = first.bytes();
    let (ids, at) = match option {
        Id::MapGroup | Id::MapGroups | Id::Gid => (&mut identity.group, 1),
        _ => (&mut identity.user, 0),
    };
    match option {
        Id::All => namespaces.add = NsSet::ALL,
        Id::Share | Id::Try => {
            let set = match option {
                Id::Share => &mut namespaces.share,
                _ => &mut namespaces.attempt,
            };
            *set = set.union(list(word)?);
        }
        Id::MapRootUser => own(identity, Inside::Id(0)),
        Id::MapCurrentUser => own(identity, Inside::Same),
        Id::Join => file(&mut namespaces.join, first)?,
        Id::Persist => file(&mut namespaces.persist, first)?,
        Id::MapUser | Id::MapGroup => ids.own = Some(Inside::Id(id(word)?)),
        Id::MapUsers | Id::MapGroups => lists.ranges[at & 1].push(range(word)?),
        Id::MapAuto => identity.auto = true,
        Id::Uid | Id::Gid => ids.command = Some(account(first)?),
        Id::Groups => identity.groups = Some(accounts(word, lists.env.words())?),
        Id::Setgroups => identity.setgroups = Some(setgroups(word)?),
        Id::Root | Id::EmptyRoot => mounts.root = Some(operation(option, words, lists)?),
        Id::ReadOnly => mounts.read_only = true,
        Id::NoProc => mounts.no_proc = true,
        Id::Perms => lists.perms = Some(mode(word)?),
        // For a tmpfs 0 means no limit at all.
        Id::Size => lists.size = Some(size(word).filter(|&size| size > 0)?),
        _ if option.is_operation() => {
            let operation = operation(option, words, lists)?;
            lists.operations.push(operation);
        }
        Id::Propagation => mounts.propagation = Some(propagation(word)?),
        Id::Hostname | Id::Domainname => {
            let name = match option {
                Id::Hostname => &mut process.hostname,
                _ => &mut process.domainname,
            };
            *name = Some(host_name(first)?);
        }
        Id::Monotonic | Id::Boottime => {
            let offset = match option {
                Id::Monotonic => &mut process.monotonic,
                _ => &mut process.boottime,
            };
            *offset = Some(signed(word)?);
        }
        Id::Chdir | Id::Directory => process.chdir = Some(first),
        Id::Env | Id::Variable => lists.env.push(variable(first)?),
        Id::Setenv => {
            let pair =
                lists
                    .env
                    .words()
                    .join(&[variable_name(first)?.bytes(), b"=", second.bytes()]);
            lists.env.push(EnvChange::Set(pair));
        }
        Id::Unsetenv => lists.env.push(EnvChange::Unset(variable_name(first)?)),
        Id::Clearenv => process.clear_env = true,
        Id::Argv0 => process.argv0 = Some(first),
        Id::Umask => process.umask = Some(number(word, 8).filter(|&mask| mask <= 0o777)? as u32),
        Id::Nice | Id::OomScoreAdj => {
            let (number, below, above) = match option {
                Id::Nice => (&mut process.nice, 20, 19),
                _ => (&mut process.oom_score_adj, 1000, 1000),
            };
            *number = Some(within(word, below, above)?);
        }
        Id::Rlimit => lists.rlimits.push(rlimit(word)?),
        Id::NewSession => process.new_session = true,
        Id::Tty => (process.new_session, process.tty) = (true, true),
        Id::PreserveFds => process.preserve_fds = descriptor(word)?,
        Id::AllowNewPrivs => privilege.allow_new_privs = true,
        Id::CapAdd | Id::CapDrop => {
            let set = match option {
                Id::CapAdd => &mut privilege.cap_add,
                _ => &mut privilege.cap_drop,
            };
            *set = set.union(Caps::named(word)?);
        }
        Id::Seccomp | Id::SeccompFile => lists.filters.push(filter(option, first)?),
        Id::LandlockRo
        | Id::LandlockRw
        | Id::LandlockRx
        | Id::LandlockTcpConnect
        | Id::LandlockTcpBind => lists.allowed.push(allowed(option, first)?),
        Id::LandlockScope => privilege.landlock_scope = true,
        Id::DisableUserns => privilege.disable_userns = true,
        Id::Memory | Id::PidsLimit | Id::Cpus | Id::CpusetCpus | Id::IoWeight => {
            let at = option as usize - Id::Memory as usize;
            *resources.limits.get_mut(at)? = Some(resource(option, first, lists.env.words())?);
        }
        Id::CgroupPath => resources.cgroup_path = Some(first),
        Id::Init => life.init = true,
        Id::NoKillChild => life.no_kill_child = true,
        Id::Timeout | Id::StopTimeout => {
            let time = match option {
                Id::Timeout => &mut life.timeout,
                _ => &mut life.stop_timeout,
            };
            *time = Some(milliseconds(word)?);
        }
        Id::StopSignal => life.stop_signal = Some(Signal::named(word)?),
        Id::PidFile => reports.pid_file = Some(first),
        Id::InfoFd | Id::JsonStatusFd | Id::BlockFd | Id::SyncFd => {
            let fd = match option {
                Id::InfoFd => &mut reports.info_fd,
                Id::JsonStatusFd => &mut reports.json_status_fd,
                Id::BlockFd => &mut reports.block_fd,
                _ => &mut reports.sync_fd,
            };
            *fd = Some(descriptor(word)?);
        }
        Id::Target => (enter.pid, enter.inode) = target(word)?,
        Id::EnterRoot => enter.root = true,
        Id::Wd => enter.directory = true,
        Id::PreserveCredentials => enter.preserve_credentials = true,
        Id::JoinCgroup => enter.join_cgroup = true,
        Id::EnvFromTarget => enter.environment = true,
        Id::NoFork => enter.no_fork = true,
        Id::Type => request.view.types = NsSet::of(Ns::named(word)?),
        Id::Tree => request.view.tree = true,
        Id::Types => request.view.about_types = true,
        Id::Json => request.view.json = true,
        Id::Task => request.view.task = process_id(word)?,
        Id::Output => request.pack.output = Some(first),
        Id::Add => lists.files.push(parts(first, lists.env.words())?),
        _ if init.is_some() => return super::init::store(init.as_mut()?, option, first, lists),
        _ => {
            namespaces.add = option
                .namespace()
                .map_or(namespaces.add, |ns| namespaces.add.with(ns))
        }
    }
    Some(())
}

/// A word by its position; empty if there is none.
#[inline(never)]
fn nth<'a>(words: &[ThinCStr<'a>], at: usize) -> ThinCStr<'a> {
    words.get(at).copied().unwrap_or(thin!(""))
}

/// Names of namespaces with commas between.
fn list(mut word: &[u8]) -> Option<NsSet> {
    let mut set = NsSet::NONE;
    loop {
        let more = has(word, b',');
        set = set.with(Ns::named(cut(&mut word, b','))?);
        if !more {
            return Some(set);
        }
    }
}

fn setgroups(word: &[u8]) -> Option<Setgroups> {
    match position("allow deny", word)? {
        0 => Some(Setgroups::Allow),
        _ => Some(Setgroups::Deny),
    }
}

fn propagation(word: &[u8]) -> Option<Propagation> {
    match position("private slave shared unchanged", word)? {
        0 => Some(Propagation::Private),
        1 => Some(Propagation::Slave),
        2 => Some(Propagation::Shared),
        _ => Some(Propagation::Unchanged),
    }
}

/// An operation on the view, with the modifiers before it.
fn operation<'a>(
    option: Id,
    words: &[ThinCStr<'a>],
    lists: &mut Lists<'a>,
) -> Option<Operation<'a>> {
    let word = words.first().map_or(&[][..], |word| word.bytes());
    let takes_mode = matches!(
        option,
        Id::Dir | Id::Tmpfs | Id::File | Id::BindData | Id::RoBindData
    );
    let mut operation = Operation {
        option,
        words: lists.operations.words().copy(words),
        fd: 0,
        idmap: None,
        mode: if takes_mode { lists.perms.take() } else { None },
        size: None,
    };
    match option {
        Id::Tmpfs => operation.size = lists.size.take(),
        Id::File | Id::BindData | Id::RoBindData => operation.fd = descriptor(word)?,
        Id::BindIdmap => operation.idmap = Some(range(operation.word(2).bytes())?),
        Id::Chmod => operation.mode = Some(mode(word)?),
        _ => {}
    }
    let mut target = operation.target().bytes();
    let mut right = words.iter().all(|word| !word.bytes().is_empty());
    while !target.is_empty() {
        right &= cut(&mut target, b'/') != b".." || option == Id::OverlaySrc;
    }
    right.then_some(operation)
}

/// A file mode, in octal.
fn mode(word: &[u8]) -> Option<u32> {
    number(word, 8)
        .filter(|&mode| mode <= 0o7777)
        .map(|mode| mode as u32)
}

pub fn descriptor(word: &[u8]) -> Option<u32> {
    let number = i32::try_from(decimal(word)?).ok()?;
    Some(number as u32)
}

fn filter(id: Id, word: ThinCStr) -> Option<Filter> {
    Some(match (id, word.bytes()) {
        (Id::SeccompFile, _) => Filter::File(word),
        (_, b"default") => Filter::Default,
        (_, number) => Filter::Fd(descriptor(number)?),
    })
}

fn allowed(id: Id, word: ThinCStr) -> Option<Allowed> {
    let access = match id {
        Id::LandlockRo => Access::Read,
        Id::LandlockRw => Access::Write,
        Id::LandlockRx => Access::Execute,
        _ => {
            let port = u16::try_from(decimal(word.bytes())?).ok()?;
            let tcp = match id {
                Id::LandlockTcpConnect => Tcp::Connect,
                _ => Tcp::Bind,
            };
            return Some(Allowed::Port(tcp, port));
        }
    };
    Some(Allowed::Path(access, word))
}

fn host_name(word: ThinCStr) -> Option<ThinCStr> {
    (1..=64).contains(&word.bytes().len()).then_some(word)
}

fn signed(word: &[u8]) -> Option<i64> {
    let magnitude = |digits| i64::try_from(decimal(digits)?).ok();
    match word {
        [b'-', digits @ ..] => magnitude(digits).map(|number| -number),
        [b'+', digits @ ..] => magnitude(digits),
        digits => magnitude(digits),
    }
}

fn within(word: &[u8], below: i64, above: i64) -> Option<i32> {
    let number = signed(word)?;
    (-below..=above).contains(&number).then_some(number as i32)
}

/// Seconds, with decimals of which three count.
pub(super) fn milliseconds(mut word: &[u8]) -> Option<u64> {
    let decimals = has(word, b'.');
    let mut number = decimal(cut(&mut word, b'.'))?;
    if decimals {
        decimal(word).filter(|_| word.len() <= 18)?;
    }
    for at in 0..3 {
        let digit = word.get(at).map_or(0, |digit| digit - b'0');
        number = number.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(number)
}

fn variable(word: ThinCStr) -> Option<EnvChange> {
    match word.bytes().iter().position(|&byte| byte == b'=') {
        Some(0) => None,
        Some(_) => Some(EnvChange::Set(word)),
        None => variable_name(word).map(EnvChange::Keep),
    }
}

fn variable_name(word: ThinCStr) -> Option<ThinCStr> {
    (!word.bytes().is_empty() && !has(word.bytes(), b'=')).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_decimals() {
        assert_eq!(milliseconds(b"10"), Some(10_000));
        assert_eq!(milliseconds(b"0.5"), Some(500));
        assert_eq!(milliseconds(b"1.001999999999999999"), Some(1001));
        for wrong in [
            "",
            ".5",
            "5.",
            "1.x",
            "1.5s",
            "-1",
            "1e3",
            "99999999999999999999",
        ] {
            assert_eq!(milliseconds(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
