//! Which cgroups are mounted, and in which that of the command is made.

use super::{exists, read};
use crate::config::Resources;
use crate::host::Cgroup;
use crate::names::cgroup::{self, CPUSET};
use crate::strings::{ThinCStr, thin};
use crate::sys::process;
use crate::text::{Text, cut, put};
use crate::words::{Array, Words};

/// Below this all hierarchies usually are.
const USUAL: ThinCStr = thin!("/sys/fs/cgroup");

/// The facts for these wishes: a cgroup in each hierarchy that is needed.
#[inline(never)]
pub fn cgroups<'w>(resources: &Resources, words: &'w Words) -> &'w [Cgroup<'w>] {
    let own = read(words, thin!("/proc/self/cgroup"));
    let mut name = Text::new(words);
    put!(
        &mut name,
        "/pidone-",
        process::id().0,
        "-",
        process::monotonic()
    );
    let mut missing = resources.controllers();
    let mut found = Array::new(words);
    let mut all = own;
    // Whether something of version 1 is not where it usually is.
    let mut elsewhere = false;
    // Where they usually are before where they may be, for a machine may have many mounts. Version 1 first: what it has
    // is not to be had from the other.
    for (usual, unified) in [(true, false), (true, true), (false, false), (false, true)] {
        if missing == 0 && !found.is_empty() {
            break;
        }
        if !usual && !unified {
            all = read(words, thin!("/proc/self/mounts"));
            elsewhere = false;
        }
        let mut lines = all;
        while !lines.is_empty() && (missing != 0 || found.is_empty()) {
            let mut line = cut(&mut lines, b'\n');
            let (point, of_two, names) = match usual {
                true => usual_place(&mut line, words),
                false => mount(&mut line),
            };
            let controllers = match of_two {
                Some(false) if !unified => cgroup::controllers(names) & missing,
                Some(true) if unified && !elsewhere => missing,
                _ => continue,
            };
            if controllers == 0 && !(unified && found.is_empty()) {
                continue;
            }
            if usual && !exists(words, &[point, b"/cgroup.procs"]) {
                elsewhere |= !unified;
                continue;
            }
            missing &= !controllers;
            let path = path(resources, point, own, unified, controllers, words);
            let parent = words.join(&[point, path]);
            let folder = words.join(&[parent.bytes(), name.bytes()]);
            let mut cgroup = Cgroup {
                parent,
                folder,
                inside: folder,
                nodes: folder,
                mount: USUAL,
                unified,
                controllers,
            };
            if unified {
                cgroup.inside = words.join(&[folder.bytes(), b"/inside"]);
            } else if controllers & CPUSET != 0 {
                let nodes = read(words, words.join(&[parent.bytes(), b"/cpuset.mems"]));
                cgroup.nodes = words.join(&[nodes.trim_ascii()]);
            }
            if !point.starts_with(USUAL.bytes()) {
                cgroup.mount = words.join(&[point]);
            }
            found.push(cgroup);
        }
    }
    found.finish()
}

/// Of a line of /proc/PID/cgroup (cgroups(7)) where that hierarchy usually is mounted, whether it is of version 2, and
/// its controllers.
#[inline(never)]
fn usual_place<'l>(line: &mut &'l [u8], words: &'l Words) -> Place<'l> {
    cut(line, b':');
    let names = cut(line, b':');
    (usual(names, words), Some(names.is_empty()), names)
}

/// Where the hierarchy of these controllers usually is mounted; of none is that of version 2.
#[inline(never)]
pub fn usual<'w>(names: &[u8], words: &'w Words) -> &'w [u8] {
    let slash: &[u8] = if names.is_empty() { b"" } else { b"/" };
    let name = names.strip_prefix(b"name=").unwrap_or(names);
    words.join(&[USUAL.bytes(), slash, name]).bytes()
}

/// The same of a line of /proc/PID/mounts.
fn mount<'l>(line: &mut &'l [u8]) -> Place<'l> {
    let [_, point, kind, options] = [(); 4].map(|()| cut(line, b' '));
    let of_two = match kind {
        b"cgroup" => Some(false),
        b"cgroup2" => Some(true),
        _ => None,
    };
    (point, of_two, options)
}

/// Mount point, whether it is of version 2 if it is a hierarchy at all, controllers.
type Place<'l> = (&'l [u8], Option<bool>, &'l [u8]);

/// The path of the cgroup in which that of the command is made, in its hierarchy: the one that was named,
/// or our own. With version 2 the one that ours is in: one with processes gives no controllers to those
/// inside.
#[inline(never)]
fn path<'w>(
    resources: &Resources,
    point: &[u8],
    mut lines: &'w [u8],
    unified: bool,
    controllers: u8,
    words: &'w Words,
) -> &'w [u8] {
    let mut own = &[][..];
    while !lines.is_empty() {
        let mut line = cut(&mut lines, b'\n');
        cut(&mut line, b':');
        let list = cut(&mut line, b':');
        if unified && list.is_empty() || cgroup::controllers(list) & controllers != 0 {
            own = line;
        }
    }
    if let Some(named) = resources.cgroup_path {
        let named = named.bytes();
        own = words
            .join(&[b"/", named.strip_prefix(b"/").unwrap_or(named)])
            .bytes();
    } else if unified {
        let slash = own.iter().rposition(|&byte| byte == b'/');
        own = own.get(..slash.unwrap_or(0)).unwrap_or(own);
    } else if own != b"/" && !exists(words, &[point, own]) {
        // What is mounted is a part of the hierarchy: in a container that, in which we are.
        own = b"";
    }
    own.strip_suffix(b"/").unwrap_or(own)
}
