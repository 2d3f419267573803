//! A host whose mounts are shared, as systemd makes them: what is mounted inside stays inside.

use crate::place::{Place, ROOTS, Root, places};
use crate::support::{has, skip};

fn lacks_tools() -> bool {
    let lacking = ["unshare", "setpriv", "mount"]
        .into_iter()
        .find(|tool| !has(tool));
    lacking
        .inspect(|tool| skip(&format!("no {tool}")))
        .is_some()
}

/// Options with every kind of mount.
fn everything(place: &Place) -> Vec<String> {
    let source = place.source("one");
    let points = ["a", "b", "c", "d", "e"].map(|name| place.folder(name));
    let [a, b, c, d, e] = points;
    let line =
        format!("--bind {source} {a} --ro-bind {source} {b} --tmpfs {c} --proc {d} --dev {e}");
    line.split(' ').map(str::to_string).collect()
}

#[test]
fn a_shared_host_sees_no_mount_of_it() {
    if lacks_tools() {
        return;
    }
    for place in places(&ROOTS) {
        for how in ["private", "slave", "shared", "unchanged"] {
            let shared = ["shared", "unchanged"].contains(&how);
            if shared && place.root == Root::Host {
                // Then it is asked for.
                continue;
            }
            let all = everything(&place);
            let mut options: Vec<&str> = all.iter().map(String::as_str).collect();
            options.extend(["--propagation", how]);
            let before = place.host("before");
            let prepare = format!(
                "mount --make-rshared / && cat /proc/self/mountinfo >{before} && \
                trap 'cat /proc/self/mountinfo | cmp - {before} && echo same' EXIT"
            );
            let ran = place.run_on_host(&prepare, &options, "echo inside");
            let about = format!(
                "--propagation {how}, {:?}, {:?}: {ran:?}",
                place.caller, place.root
            );
            if shared && ran.code == Some(125) {
                assert_eq!(ran.out, "same\n", "{about}");
                continue;
            }
            assert_eq!(
                (ran.code, ran.out.as_str()),
                (Some(0), "inside\nsame\n"),
                "{about}"
            );
        }
    }
}

/// Mounts on the host after the start, below what was bound.
#[test]
fn a_later_mount_of_the_host_arrives_only_if_wanted() {
    if lacks_tools() {
        return;
    }
    for place in places(&ROOTS) {
        let ways = [("private", "0"), ("slave", "1")];
        for (how, arrives) in ways {
            let (source, point) = (place.source("one"), place.folder("d"));
            let fifos = ["ready", "go"].map(|name| place.host(name));
            let [ready, go] = &fifos;
            crate::place::make_folder(&place.scratch.path.join("one/m"));
            let prepare = format!(
                "mount --make-rshared / && rm -f {ready} {go} && mkfifo -m 666 {ready} {go} || exit 99
                (read -r x <{ready}; mount -t tmpfs none {source}/m; echo >{go}; sleep 0.1; umount {source}/m) >/dev/null 2>&1 &"
            );
            let inside = ["r", "g"].map(|name| place.file(name));
            let [r, g] = &inside;
            let options = [
                "--propagation",
                how,
                "--bind",
                &source,
                &point,
                "--bind",
                ready,
                r,
                "--bind",
                go,
                g,
            ];
            let script =
                format!("echo >{r}; read -r x <{g}; grep -c ' {point}/m ' /proc/self/mountinfo; :");
            let ran = place.run_on_host(&prepare, &options, &script);
            let end = (ran.code, ran.out.trim(), ran.err.as_str());
            assert_eq!(
                end,
                (Some(0), arrives, ""),
                "--propagation {how}, {:?}",
                place.root
            );
        }
    }
}
