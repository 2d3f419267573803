//! Whom the command belongs to, and whom the child does until then.
//!
//! Of all pairs here the first is for groups and the second for users, in the order of taking. That an id
//! is there inside is for the kernel to say.

use super::accounts::{field, find, id, user};
use super::identity::Maps;
use super::namespaces::Resolved;
use super::phrase::phrase;
use super::steps::List;
use crate::config::{Account, Config};
use crate::error::Error;
use crate::host::Host;
use crate::names::{Errno, Id, Ns, Sys};
use crate::plan::{Arg, Refusal};
use crate::strings::ThinCStr;
use crate::words::Array;

/// To the kernel "no change", and never an id.
pub const NONE: u32 = u32::MAX;

/// What follows from the wishes.
pub struct Credentials<'p> {
    /// The child is root inside where its own ids mean nothing there.
    child: [u32; 2],
    command: [u32; 2],
    groups: Option<&'p [u32]>,
    /// Whether setgroups(2) works.
    setgroups: bool,
    /// Whether it may be refused.
    joins: bool,
    /// Whose wishes these are: group, user, groups.
    because: [Id; 3],
    /// The home of the command's user, if the command starts there.
    pub home: Option<ThinCStr<'p>>,
    /// Whether the command is root's inside, to which the kernel leaves capabilities at execve(2).
    pub root: bool,
}

/// Ids by name.
#[inline(never)]
pub fn credentials<'p>(
    config: &Config<'p>,
    host: &Host<'p>,
    resolved: &Resolved,
    maps: &Option<Maps>,
    list: &mut List<'p>,
) -> Credentials<'p> {
    let identity = &config.identity;
    let wish = identity.user.command;
    let [users, files, ..] = host.accounts;
    let uid = resolve(Id::Uid, wish, users, 2, list);
    let mut gid = resolve(Id::Gid, identity.group.command, files, 2, list);
    if let (NONE, Some(Account::Name(_))) = (gid, wish) {
        gid = resolve(Id::Uid, wish, users, 3, list);
    }
    let groups = identity.groups.map(|wishes| {
        let mut all = Array::new(list.words());
        for &wish in wishes {
            all.push(resolve(Id::Groups, Some(wish), files, 2, list));
        }
        all.finish()
    });
    let from = if uid == NONE { Id::Gid } else { Id::Uid };
    let because = [
        identity.group.command.map_or(Id::Uid, |_| Id::Gid),
        Id::Uid,
        groups.map_or(from, |_| Id::Groups),
    ];
    let joins = resolved.others.contains(Ns::User);
    let mut child = [if joins { 0 } else { NONE }; 2];
    let mut own = if joins { 0 } else { host.euid };
    if let Some(Maps { maps, .. }) = maps {
        child = [
            maps[0].root_unless(host.egid),
            maps[1].root_unless(host.euid),
        ];
        own = maps[1].inside(host.euid).unwrap_or(child[1]);
        for (inside, root, wish, options) in [
            (
                maps[0].inside(host.egid),
                child[0],
                gid,
                [Id::MapGroups, Id::Gid],
            ),
            (
                maps[1].inside(host.euid),
                child[1],
                uid,
                [Id::MapUsers, Id::Uid],
            ),
        ] {
            if inside.is_none() && root & wish == NONE {
                list.refuse(Error::Nobody(options[0], options[1]));
            }
        }
    }
    let mut home = None;
    if let Some(name) = config.process.chdir.filter(|path| path.bytes() == b"~") {
        let line = user(users, &wish.unwrap_or(Account::Id(own)), list.words());
        let path = field(line.unwrap_or(&[]), 5);
        if path.is_empty() {
            let option = Id::Chdir;
            list.refuse(Error::Unknown { option, name });
        }
        home = Some(list.words().join(&[path]));
    }
    // Who is that already, as an image's user may be, has no right to change its groups.
    let same = uid == host.euid && (gid == NONE || gid == host.egid);
    let stays = same && host.euid != 0 && maps.is_none();
    Credentials {
        child,
        command: [gid, uid],
        groups,
        setgroups: maps.as_ref().is_none_or(|maps| maps.setgroups),
        joins: stays || joins || resolved.joined.contains(Ns::User),
        because,
        home,
        root: uid == 0 || uid == NONE && own == 0,
    }
}

/// The id of an account in a column of its file.
#[inline(never)]
fn resolve<'p>(
    option: Id,
    account: Option<Account<'p>>,
    file: &[u8],
    column: usize,
    list: &mut List<'p>,
) -> u32 {
    match account {
        None => NONE,
        Some(Account::Id(id)) => id,
        Some(Account::Name(name)) => {
            let line = find(file, 0, name.bytes()).unwrap_or(&[]);
            let id = id(line, column);
            if id.is_none() {
                list.refuse(Error::Unknown { option, name });
            }
            id.unwrap_or(NONE)
        }
    }
}

impl<'p> Credentials<'p> {
    /// Becomes root inside, for files to have an owner; whether that is needed.
    pub fn take_childs(&self, child: &mut List<'p>) -> bool {
        let because = if self.joins { Id::Join } else { Id::Default };
        self.take(child, self.child, None, self.setgroups, [because; 3])
    }

    /// Makes input, output and errors the command's user's, who may open them by name then, as daemons do.
    pub fn give_output(&self, child: &mut List<'p>) {
        let [gid, uid] = self.command;
        if gid & uid != NONE {
            // -1 is as it is.
            let parts = [uid, gid].map(|id| Arg::Number((id as i32).into()));
            child.refusal = Refusal::after(&[Errno::BADF, Errno::ROFS, Errno::PERM]);
            let phrase = phrase!("fchown zero $0 $1; fchown n1 $0 $1; fchown n2 $0 $1");
            child.say_for(Id::Uid, phrase, &parts);
            child.refusal = Refusal::Fatal;
        }
    }

    /// Becomes the command's user; whether that is another.
    pub fn take_commands(&self, child: &mut List<'p>) -> bool {
        let dropped = self.child != [NONE; 2] && self.groups.is_none();
        let setgroups = self.groups.is_some() || self.setgroups && !dropped;
        self.take(child, self.command, self.groups, setgroups, self.because)
    }

    /// Groups first, then the group, then the user, after whom nothing may be changed; whether there
    /// was anything to change.
    #[inline(never)]
    fn take(
        &self,
        child: &mut List<'p>,
        [gid, uid]: [u32; 2],
        groups: Option<&'p [u32]>,
        setgroups: bool,
        because: [Id; 3],
    ) -> bool {
        if gid & uid == NONE && groups.is_none() {
            return false;
        }
        // They may stay as they are where nobody could leave them.
        let refusal = match groups {
            None if self.joins => Refusal::after(&[Errno::PERM]),
            _ => Refusal::Fatal,
        };
        let groups = groups.unwrap_or(&[]);
        let args = [Arg::Number(groups.len() as i64), Arg::Ids(groups)];
        let call = child.call(Sys::setgroups, &args);
        if setgroups {
            child.push(call, refusal, because[2]);
        }
        for (id, number, because) in [
            (gid, Sys::setgid, because[0]),
            (uid, Sys::setuid, because[1]),
        ] {
            if id != NONE {
                child.plain(number, &[Arg::Number(id.into())], because);
            }
        }
        true
    }
}
