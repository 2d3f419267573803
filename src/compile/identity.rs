//! Id maps of a new user namespace (user_namespaces(7)).
//!
//! The child may write them itself if they hold nothing but the caller's own ids, and setgroups(2) is
//! denied first. More is for a privileged parent to write, or for newuidmap(1) and newgidmap(1) to be
//! asked for, while the child waits.
//!
//! Of all pairs here the first is for groups and the second for users, in the order of writing.

use super::accounts::{field, find, number, subordinate};
use super::credentials::NONE;
use super::namespaces::Resolved;
use super::steps::List;
use crate::config::{Config, Inside, Range, Setgroups};
use crate::error::Error;
use crate::host::{Host, SETGID, SETUID};
use crate::names::{Id, Ns, Sys};
use crate::plan::{Arg, Call, Data, Slot};
use crate::strings::{Strings, ThinCStr, thin};
use crate::text::{Text, cut, put};
use crate::words::{Array, Words};

/// The maps to write.
pub struct Maps<'p> {
    pub maps: [Map<'p>; 2],
    /// Whether setgroups(2) works inside.
    pub setgroups: bool,
    /// Whether the parent writes them, while the child waits.
    pub by_parent: bool,
}

/// One of them.
#[derive(Clone, Copy)]
pub struct Map<'p> {
    ranges: &'p [Range],
    /// Whether it holds nothing but the caller's own id.
    own: bool,
    because: Id,
}

/// The maps of a configuration; none without a new user namespace.
#[inline(never)]
pub fn maps<'p>(
    config: &Config,
    host: &Host,
    resolved: &Resolved,
    list: &mut List<'p>,
) -> Option<Maps<'p>> {
    if !resolved.new.contains(Ns::User) {
        return None;
    }
    let asked = resolved.because(Ns::User);
    let maps = [
        map(config, host, false, asked, list),
        map(config, host, true, asked, list),
    ];
    let own = maps[0].own;
    let may = host.can(SETGID);
    // Whoever maps more groups than the caller's own has the right to (CVE-2014-8989).
    let setgroups = match config.identity.setgroups {
        None => !own || may && config.identity.groups.is_some(),
        wish => wish == Some(Setgroups::Allow),
    };
    if setgroups && own && !may {
        list.refuse(Error::SetgroupsNeedsPrivilege);
    }
    Some(Maps {
        maps,
        setgroups,
        by_parent: setgroups || !own || !maps[1].own,
    })
}

/// That for users, or that for groups.
#[inline(never)]
fn map<'p>(config: &Config, host: &Host, users: bool, asked: Id, list: &mut List<'p>) -> Map<'p> {
    let identity = &config.identity;
    let (ids, options) = match users {
        true => (&identity.user, [Id::MapUser, Id::MapUsers]),
        false => (&identity.group, [Id::MapGroup, Id::MapGroups]),
    };
    let caller = host.caller()[usize::from(users)];
    let subordinates = host.accounts[3 + usize::from(users)];
    let own = match ids.own {
        Some(Inside::Same) => Some(caller),
        Some(Inside::Id(id)) => Some(id),
        None => ids.ranges.is_empty().then_some(0),
    };
    let mut because = ids.own.map_or(asked, |_| options[0]);
    let mut ranges = Array::new(list.words());
    if let Some(inside) = own {
        ranges.push(Range {
            inside,
            outside: caller,
            count: 1,
        });
    }
    ranges.extend(ids.ranges);
    if !ids.ranges.is_empty() {
        because = options[1];
    }
    if config.identity.auto {
        because = Id::MapAuto;
        let names = names(host, list.words());
        subordinate(&mut ranges, subordinates, names, own.unwrap_or(0));
        if ranges.len() == 1 {
            list.refuse(Error::NoSubordinates);
        }
    }
    Map {
        own: matches!(*ranges, [Range { outside, count: 1, .. }] if outside == caller),
        ranges: ranges.finish(),
        because,
    }
}

/// What a line of subuid(5) or subgid(5) for the caller may begin with.
fn names<'w>(host: &Host<'w>, words: &'w Words) -> [&'w [u8]; 2] {
    let number = number(host.euid, words);
    let [_, _, users, ..] = host.accounts;
    let line = find(users, 2, number);
    [line.map_or(number, |line| field(line, 0)), number]
}

impl Map<'_> {
    /// Whether it has an id.
    pub fn has(&self, inside: u32) -> bool {
        let mut ranges = self.ranges.iter();
        ranges.any(|range| inside.wrapping_sub(range.inside) < range.count)
    }

    /// Root, where an id outside is nobody inside and root is somebody.
    #[inline(never)]
    pub fn root_unless(&self, outside: u32) -> u32 {
        match self.inside(outside) {
            None if self.has(0) => 0,
            _ => NONE,
        }
    }

    /// What an id outside is inside.
    #[inline(never)]
    pub fn inside(&self, outside: u32) -> Option<u32> {
        self.ranges.iter().find_map(|range| {
            let offset = outside.wrapping_sub(range.outside);
            (offset < range.count).then(|| range.inside.wrapping_add(offset))
        })
    }
}

impl<'p> Maps<'p> {
    /// Writes them, if it is this one's turn.
    #[inline(never)]
    pub fn write(&self, list: &mut List<'p>, by_parent: bool, host: &Host<'p>) {
        if self.by_parent != by_parent {
            return;
        }
        if !self.setgroups {
            // Before the group map: an unprivileged one is refused otherwise (CVE-2014-8989).
            write_proc(
                list,
                by_parent,
                thin!("setgroups"),
                thin!("deny"),
                Id::Default,
            );
        }
        let [groups, users] = &self.maps;
        let [group_mapper, user_mapper] = host.mappers;
        let may = [host.can(SETGID), host.can(SETUID)];
        groups.write(list, by_parent, thin!("gid_map"), may[0], group_mapper);
        users.write(list, by_parent, thin!("uid_map"), may[1], user_mapper);
    }
}

impl<'p> Map<'p> {
    #[inline(never)]
    fn write(
        &self,
        list: &mut List<'p>,
        by_parent: bool,
        file: ThinCStr<'static>,
        may: bool,
        mapper: Option<ThinCStr<'p>>,
    ) {
        let lines = lines(self, list.words());
        if self.own || may {
            write_proc(list, by_parent, file, lines, self.because);
        } else if let Some(path) = mapper {
            let argv = arguments(path, lines.bytes(), list.words());
            list.add(Call::Run { path, argv }, self.because);
        } else {
            list.refuse(Error::NoMapper(self.because));
        }
    }
}

/// Writes a file of the child's in /proc.
#[inline(never)]
fn write_proc<'p>(
    list: &mut List<'p>,
    by_parent: bool,
    name: ThinCStr<'static>,
    data: ThinCStr<'p>,
    because: Id,
) {
    let path = match by_parent {
        true => Arg::OfChild(name),
        false => Arg::Text(list.words().join(&[b"/proc/self/", name.bytes()])),
    };
    write_file(list, path, data, because);
}

/// A map as the kernel takes it.
#[inline(never)]
fn lines<'p>(map: &Map, words: &'p Words) -> ThinCStr<'p> {
    let mut text = Text::new(words);
    for range in map.ranges {
        put!(
            &mut text,
            range.inside,
            " ",
            range.outside,
            " ",
            range.count,
            "\n"
        );
    }
    words.join(&[text.bytes()])
}

/// Of newuidmap(1): the process, and all numbers.
#[inline(never)]
fn arguments<'p>(path: ThinCStr<'p>, mut lines: &[u8], words: &'p Words) -> &'p Strings<'p> {
    let mut all = Array::new(words);
    all.push(Some(path));
    all.push(Some(thin!("CHILD")));
    while !lines.is_empty() {
        let mut line = cut(&mut lines, b'\n');
        for _ in 0..3 {
            all.push(Some(words.join(&[cut(&mut line, b' ')])));
        }
    }
    all.push(None);
    all.finish()
}

/// Opens a file of the kernel's and writes it in one piece.
#[inline(never)]
pub fn write_file<'p>(list: &mut List<'p>, path: Arg<'p>, data: ThinCStr<'p>, because: Id) {
    write_data(list, path, Data::Text(data), because);
}

/// The same for what is only known later.
#[inline(never)]
pub fn write_data<'p>(list: &mut List<'p>, path: Arg<'p>, data: Data<'p>, because: Id) {
    let slot = Slot::Proc;
    list.open(slot, path, libc::O_WRONLY as u64, because);
    list.add(Call::Write { slot, data }, because);
    if list.closes_files {
        list.plain(Sys::close, &[Arg::Slot(slot)], because);
    }
}
