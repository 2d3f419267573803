//! Links to the outside as components of a destination.

use crate::hostile::{Hostile, refused_or};
use crate::place::{make_folder, text};
use crate::support::callers;
use std::fs;

/// Operations at a place `D`, what kind of file system is there then, if any.
const OPERATIONS: [(&str, &str); 15] = [
    ("--bind S D", "bind"),
    ("--tmpfs D", "tmpfs"),
    ("--dir D", ""),
    ("--file 7 D", ""),
    ("--bind-data 7 D", "bind"),
    ("--chmod 0700 D", ""),
    ("--ro-bind S D", "bind"),
    ("--dev-bind S D", "bind"),
    ("--bind F D", "bind"),
    ("--proc D", "proc"),
    ("--dev D", "tmpfs"),
    ("--overlay-src S --overlay-src S --tmp-overlay D", "overlay"),
    ("--ro-bind-data 7 D", "bind"),
    ("--symlink made D", ""),
    ("--mask D", ""),
];

/// Those that stand for all where only the way to the outside differs.
const SOME: usize = 6;

/// So many operations at this place, below a link with this target.
fn attack(hostile: &Hostile, target: &str, place: &str, count: usize) {
    let source = hostile.scratch.path.join("source");
    make_folder(&source);
    fs::write(source.join("file"), "").expect("a file can be written");
    let (folder, file) = (text(&source), text(&source.join("file")));
    for (operation, kind) in OPERATIONS.into_iter().take(count) {
        let words = operation.split(' ').map(|word| match word {
            "S" => folder.as_str(),
            "F" => &file,
            "D" => place,
            word => word,
        });
        let options: Vec<&str> = words.collect();
        let before = hostile.state();
        let ran = hostile.run(&options, "cat /proc/self/mountinfo");
        let about = format!("{:?}, {operation}, {place}, {target}", hostile.caller);
        assert_eq!(hostile.state(), before, "{about}: {ran:?}");
        // What is mounted is inside, or it would not be listed.
        refused_or(&ran, &about, |mounts| {
            let own = mounts.iter().filter(|mount| {
                mount.point != "/" && mount.point != "/proc" && !mount.point.starts_with("/proc/")
            });
            match kind {
                "" => true,
                "bind" => own.count() == 1,
                "proc" => mounts
                    .iter()
                    .any(|mount| mount.kind == "proc" && mount.point != "/proc"),
                kind => own.into_iter().any(|mount| mount.kind == kind),
            }
        });
    }
}

/// How many operations are tried with one of the targets.
fn enough(number: usize) -> usize {
    if number < 3 { OPERATIONS.len() } else { SOME }
}

#[test]
fn what_is_above_a_destination_is_found_in_the_root() {
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        for (number, target) in hostile.targets().iter().enumerate() {
            let name = format!("trap{number}");
            hostile.link(&name, target);
            attack(&hostile, target, &format!("/{name}/x"), enough(number));
            attack(&hostile, target, &format!("/{name}/new/x"), SOME);
        }
    }
}

#[test]
fn a_destination_that_is_a_link_itself_is_found_in_the_root() {
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        for (number, target) in hostile.targets().iter().enumerate() {
            for name in ["victim", "folder"] {
                let link = format!("{name}{number}");
                hostile.link(&link, &format!("{target}/{name}"));
                attack(&hostile, target, &format!("/{link}"), enough(number));
            }
            let link = format!("absent{number}");
            hostile.link(&link, &format!("{target}/absent"));
            attack(&hostile, target, &format!("/{link}"), SOME);
        }
    }
}

#[test]
fn a_chain_of_links_is_found_in_the_root() {
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        let outside = text(&hostile.outside());
        hostile.link("one", "two");
        hostile.link("two", "/run/../run/../three");
        hostile.link("three", &outside);
        attack(&hostile, "a chain", "/one/x", OPERATIONS.len());
        attack(&hostile, "a chain", "//two/./x/", OPERATIONS.len());
    }
}

/// Where others keep the old root, or build the new one, in the middle of it; and the mount on top of
/// the root, which pidone uses.
#[test]
fn places_that_exist_in_between_lead_nowhere() {
    let names = [
        "/oldroot",
        "/newroot",
        "/.oldroot",
        "/old_root",
        "/put_old",
        "/..",
        "/../..",
        "/../upper",
        "/dev/fd/9",
        "/proc/self/fd/9",
    ];
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        let outside = text(&hostile.outside());
        for (number, name) in names.iter().enumerate() {
            let (link, target) = (format!("trap{number}"), format!("{name}{outside}"));
            hostile.link(&link, &target);
            attack(&hostile, &target, &format!("/{link}/x"), SOME);
        }
    }
}

#[test]
fn a_destination_says_no_two_dots() {
    let hostile = Hostile::new(callers()[0]);
    for place in ["/run/../x", "..", "/..", "run/..", "/run/../../x"] {
        for option in [
            "--tmpfs",
            "--dir",
            "--dev",
            "--proc",
            "--mask",
            "--remount-ro",
        ] {
            let ran = hostile.run(&[option, place], "true");
            assert_eq!(ran.code, Some(125), "{option} {place}");
            assert!(
                ran.err.contains(option) && ran.err.contains(place),
                "{ran:?}"
            );
        }
    }
}

/// The control: each of those links leads outside, if it is followed by its name.
#[test]
fn naive_programs_follow_these_links() {
    let hostile = Hostile::new(callers()[0]);
    let root = text(&hostile.root());
    for target in hostile.targets() {
        // Not every machine lets its root look at process 1.
        if target.starts_with("/proc/1/") && fs::metadata("/proc/1/root/.").is_err() {
            continue;
        }
        let before = hostile.state();
        let script = format!(
            "ln -s {target} {root}/trap && mkdir {root}/trap/made && \
            mount -t tmpfs none {root}/trap/folder && echo >{root}/trap/victim && \
            grep -- ' - tmpfs none' /proc/self/mountinfo; rm {root}/trap"
        );
        let ran = hostile.naive(&script);
        assert!(ran.out.contains("/outside/folder "), "{target}: {ran:?}");
        assert_ne!(hostile.state(), before, "{target}: {ran:?}");
        fs::remove_dir(hostile.outside().join("made")).expect("it was made");
        fs::write(hostile.outside().join("victim"), "untouched\n").expect("it is there");
    }
}

/// What images have is not an attack.
#[test]
fn links_within_the_root_work() {
    for &caller in callers() {
        for (name, target) in [
            ("var/run", "/run"),
            ("var/lock", "../run"),
            ("lib64", "var/../run"),
            ("opt", "/var/./run//"),
        ] {
            let hostile = Hostile::new(caller);
            hostile.link("var/run", "../run");
            if name != "var/run" {
                hostile.link(name, target);
            }
            let source = hostile.scratch.path.join("source");
            make_folder(&source);
            fs::write(source.join("which"), "source\n").expect("a file can be written");
            let at = |below: &str| format!("/{name}/{below}");
            let [bind, folder, file, link, memory] =
                ["a/bind", "b/dir", "c/file", "d/link", "e"].map(at);
            let options = [
                "--bind",
                &text(&source),
                &bind,
                "--dir",
                &folder,
                "--file",
                "7",
                &file,
                "--symlink",
                "there",
                &link,
                "--tmpfs",
                &memory,
                "--chmod",
                "0711",
                &folder,
                "--mask",
                &format!("{bind}/which"),
            ];
            let script = "cd /run; ls -d a/bind b/dir c/file; readlink d/link; stat -c %a b/dir; \
                cat a/bind/which; cat /proc/self/mountinfo";
            let ran = hostile.run(&options, script);
            assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{name}");
            assert!(
                ran.out.starts_with("a/bind\nb/dir\nc/file\nthere\n711\n"),
                "{name}: {ran:?}"
            );
            for point in ["/run/a/bind", "/run/e", "/run/a/bind/which"] {
                assert!(
                    ran.out.contains(&format!(" {point} ")),
                    "{name}, {point}: {ran:?}"
                );
            }
            assert!(hostile.root().join("run/b/dir").is_dir());
        }
    }
}
