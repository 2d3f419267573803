//! Id maps of a new user namespace (user_namespaces(7)): one line each, for the caller's own ids.
//!
//! The child may write them itself if setgroups(2) is denied first. If it is to be allowed, only a
//! privileged parent may write the group map.

use super::namespaces::Resolved;
use super::steps::List;
use crate::config::{Config, Inside, Setgroups};
use crate::error::Error;
use crate::host::Host;
use crate::names::{Id, Ns, Sys};
use crate::plan::{Arg, Call, Data, Slot};
use crate::strings::{ThinCStr, thin};
use crate::text::{Text, put};
use crate::words::Words;

/// The maps to write, or none without a new user namespace.
pub struct Maps {
    lines: Option<Lines>,
}

struct Lines {
    user: Line,
    group: Line,
    setgroups: Setgroups,
}

struct Line {
    inside: u32,
    outside: u32,
    because: Id,
}

/// The maps of a configuration.
pub fn maps(config: &Config, host: &Host, resolved: &Resolved) -> Result<Maps, Error<'static>> {
    if !resolved.new.contains(Ns::User) {
        return Ok(Maps { lines: None });
    }
    let setgroups = config.identity.setgroups.unwrap_or(Setgroups::Deny);
    if setgroups == Setgroups::Allow && !host.privileged() {
        return Err(Error::SetgroupsNeedsPrivilege);
    }
    let asked = resolved.because(Ns::User);
    let user = line(config.identity.user, host.euid, Id::MapUser, asked);
    let group = line(config.identity.group, host.egid, Id::MapGroup, asked);
    Ok(Maps {
        lines: Some(Lines {
            user,
            group,
            setgroups,
        }),
    })
}

/// Whether the command is root's inside, to which the kernel leaves capabilities at execve(2).
pub fn is_root(config: &Config, host: &Host, resolved: &Resolved) -> bool {
    match config.identity.user {
        _ if !resolved.new.contains(Ns::User) => host.euid == 0,
        wish => inside(wish, host.euid) == 0,
    }
}

fn inside(wish: Option<Inside>, outside: u32) -> u32 {
    match wish {
        None => 0,
        Some(Inside::Same) => outside,
        Some(Inside::Id(id)) => id,
    }
}

fn line(wish: Option<Inside>, outside: u32, option: Id, asked: Id) -> Line {
    Line {
        inside: inside(wish, outside),
        outside,
        because: wish.map_or(asked, |_| option),
    }
}

impl Maps {
    /// Whether the parent writes them, while the child waits.
    pub fn by_parent(&self) -> bool {
        self.lines
            .as_ref()
            .is_some_and(|lines| lines.setgroups == Setgroups::Allow)
    }

    pub fn write_by_parent<'p>(&self, words: &'p Words, during: &mut List<'p>) {
        if let (true, Some(lines)) = (self.by_parent(), &self.lines) {
            write(words, during, Arg::OfChild(thin!("gid_map")), &lines.group);
            write(words, during, Arg::OfChild(thin!("uid_map")), &lines.user);
        }
    }

    pub fn write_by_child<'p>(&self, words: &'p Words, child: &mut List<'p>) {
        if let (false, Some(lines)) = (self.by_parent(), &self.lines) {
            let file = Arg::Text(thin!("/proc/self/setgroups"));
            // Before the group map: an unprivileged one is refused otherwise (CVE-2014-8989).
            write_file(child, file, thin!("deny"), Id::Default);
            write(
                words,
                child,
                Arg::Text(thin!("/proc/self/gid_map")),
                &lines.group,
            );
            write(
                words,
                child,
                Arg::Text(thin!("/proc/self/uid_map")),
                &lines.user,
            );
        }
    }
}

fn write<'p>(words: &'p Words, list: &mut List<'p>, path: Arg<'p>, line: &Line) {
    let mut text = Text::new(words);
    put!(&mut text, line.inside, " ", line.outside, " 1\n");
    write_file(list, path, words.join(&[text.bytes()]), line.because);
}

/// Opens a file below /proc and writes it in one piece.
pub fn write_file<'p>(list: &mut List<'p>, path: Arg<'p>, data: ThinCStr<'p>, because: Id) {
    let slot = Slot::Proc;
    list.open(slot, path, libc::O_WRONLY as u64, because);
    list.add(
        Call::Write {
            slot,
            data: Data::Text(data),
        },
        because,
    );
    if list.closes_files {
        list.plain(Sys::close, &[Arg::Slot(slot)], because);
    }
}
