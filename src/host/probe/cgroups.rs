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
    let [all, own] =
        [thin!("/proc/self/mounts"), thin!("/proc/self/cgroup")].map(|file| read(words, file));
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
    // Version 1 first: what it has is not to be had from the other.
    for unified in [false, true] {
        let mut mounts = all;
        while !mounts.is_empty() && (missing != 0 || found.is_empty()) {
            let mut line = cut(&mut mounts, b'\n');
            let [_, point, kind, options] = [(); 4].map(|()| cut(&mut line, b' '));
            let controllers = match kind {
                b"cgroup" if !unified => cgroup::controllers(options) & missing,
                b"cgroup2" if unified => missing,
                _ => continue,
            };
            if controllers == 0 && !(unified && found.is_empty()) {
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
    } else if !exists(words, &[point, own]) {
        // What is mounted is a part of the hierarchy: in a container that, in which we are.
        own = b"";
    }
    own.strip_suffix(b"/").unwrap_or(own)
}
