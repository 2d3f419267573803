//! Operations are done in the order of the command line, and a modifier is for the next one only.

use crate::place::{ROOTS, Root, places};
use crate::support::{Ran, Scratch, each_with, pidone, run};
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn a_later_mount_covers_an_earlier_one() {
    for place in places(&ROOTS) {
        let (source, point) = (place.source("one"), place.folder("d"));
        let below = format!("{point}/below");
        let under = ["--tmpfs", &point, "--bind", &source, &below];
        place.says(&under, &format!("cat {below}/which"), "one\n");
        let over = ["--bind", &source, &point, "--tmpfs", &point];
        place.says(&over, &format!("ls -A {point}"), "");
        let twice = [over.as_slice(), &["--bind", &source, &point]].concat();
        let seen = place.look(&twice, &format!("cat {point}/which"));
        assert_eq!(seen.lines()[0], "one");
        let stack = seen.mounts.iter().filter(|mount| mount.point == point);
        assert_eq!(stack.count(), 3, "{:?}", place.root);
    }
}

#[test]
fn mount_points_are_made_in_what_was_mounted_before() {
    for place in places(&ROOTS) {
        let (source, point) = (place.source("one"), place.folder("d"));
        let below = format!("{point}/new/below");
        let options = ["--bind", &source, &point, "--tmpfs", &below];
        let seen = place.look(&options, &format!("stat -c %a {point}/new {below}"));
        assert_eq!(seen.lines()[..2], ["755", "755"], "{:?}", place.root);
        // What was bound is the caller's own.
        let made = place.scratch.path.join("one/new/below");
        assert!(made.is_dir(), "{:?}", place.root);
    }
}

#[test]
fn mount_points_are_made_with_the_usual_modes() {
    for place in places(&ROOTS) {
        let source = place.source("one");
        let [folder, file] = ["a/b/c", "e/f/g"].map(|name| place.inside(name));
        let which = format!("{source}/which");
        let options = [
            "--bind",
            &source,
            &folder,
            "--bind",
            &which,
            &file,
            "--cap-add",
            "SYS_ADMIN",
        ];
        let look = format!(
            "umount {folder}; umount {file}; stat -c '%a %s %F' {folder}/.. {folder}; stat -c %a,%s,%F {file}; stat -c %a $(dirname {file})"
        );
        let seen = place.look(&options, &look);
        let lines = seen.lines();
        assert!(
            lines[0].starts_with("755 ") && lines[1].starts_with("755 "),
            "{}",
            seen.out
        );
        assert_eq!(
            lines[2..4],
            ["444,0,regular empty file", "755"],
            "{:?}",
            place.root
        );
    }
}

#[test]
fn a_modifier_is_for_one_operation() {
    for place in places(&ROOTS) {
        let names = ["a", "b", "c", "d", "e"];
        let [a, b, c, d, e] = names.map(|name| place.inside(name));
        let options = format!(
            "--perms 700 --dir {a} --dir {b} --perms 711 --tmpfs {c} --tmpfs {d} --perms 0600 --file 9 {e}/f \
            --file 8 {e}/g"
        );
        let options: Vec<&str> = options.split(' ').collect();
        let script = format!("stat -c %a {a} {b} {c} {d} {e}/f {e}/g");
        let seen = place.look_after("exec 8</dev/null 9</dev/null", &options, &script);
        let wanted = ["700", "755", "711", "755", "600", "666"];
        assert_eq!(seen.lines()[..6], wanted, "{:?}", place.root);
    }
}

#[test]
fn what_is_filled_can_be_closed_and_nothing_below_it() {
    for place in places(&ROOTS) {
        let point = place.folder("d");
        let (kept, made) = (format!("{point}/kept"), format!("{point}/made"));
        let options = [
            "--tmpfs",
            &point,
            "--dir",
            &made,
            "--tmpfs",
            &kept,
            "--remount-ro",
            &point,
        ];
        let script = format!(
            "touch {kept}/x && echo open; {{ touch {made}/x; }} 2>&1 | grep -o 'Read-only'; ls {point}"
        );
        let seen = place.look(&options, &script);
        assert_eq!(
            seen.lines()[..4],
            ["open", "Read-only", "kept", "made"],
            "{:?}",
            place.root
        );
        assert_eq!(seen.mount(&point).limits(), "ro nosuid nodev");
        assert_eq!(seen.mount(&kept).limits(), "nosuid nodev");
    }
}

#[test]
fn a_link_that_was_made_is_followed() {
    for place in places(&ROOTS) {
        let source = place.source("one");
        let [link, below, target] = ["var", "var/d", "run"].map(|name| place.inside(name));
        let options = [
            "--dir",
            &target,
            "--symlink",
            "run",
            &link,
            "--bind",
            &source,
            &below,
        ];
        let seen = place.look(&options, &format!("cat {below}/which"));
        assert_eq!(seen.lines()[0], "one");
        assert_eq!(seen.mount(&format!("{target}/d")).limits(), "nosuid nodev");
    }
}

#[test]
fn many_operations_make_one_root() {
    for place in places(&[Root::Empty]) {
        let source = place.source("one");
        let mut options = vec![];
        for number in 0..300 {
            options.extend([
                "--ro-bind".to_string(),
                source.clone(),
                format!("/many/{number}"),
            ]);
        }
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let seen = place.look(&options, "cat /many/*/which | sort | uniq -c | tr -s ' '");
        assert_eq!(seen.lines()[0], " 300 one");
        let all = seen
            .mounts
            .iter()
            .filter(|mount| mount.point.starts_with("/many/"));
        assert_eq!(
            all.filter(|mount| mount.limits() == "ro nosuid nodev")
                .count(),
            300
        );
    }
}

/// Devices are bound from /dev, also into what lies over it.
#[test]
fn devices_are_the_callers_wherever_they_are() {
    let script = "cd $0; stat -c %t:%T null zero full random urandom tty; head -c 4 zero | wc -c; ls | wc -w";
    for (caller, options) in each_with(&[
        "--dev /dev",
        "--read-only --dev /dev",
        "--tmpfs /dev --dev /dev",
        "--dev-bind /dev /dev --dev /dev",
        "--dev /dev --dev /dev",
        "--ro-bind / / --dev /dev",
        "--tmpfs /tmp --dev /mnt",
    ]) {
        let mut words: Vec<&str> = options.split(' ').collect();
        let place = words[words.len() - 1];
        words.extend(["sh", "-c", script, place]);
        let ran = run(caller, &words);
        let numbers = "1:3\n1:5\n1:7\n1:8\n1:9\n5:0\n4\n14\n";
        assert_eq!(ran.out, numbers, "{caller:?} {options}: {}", ran.err);
    }
}

/// What lies over a source inside does not matter, whatever way leads there.
#[test]
fn a_source_is_the_callers_behind_a_link_and_in_a_layer() {
    let scratch = Scratch::new("sources");
    for folder in ["over/in", "other"] {
        fs::create_dir_all(scratch.path.join(folder)).expect("a new directory");
    }
    scratch.file("over/in/file", "the caller's\n", 0o644);
    symlink("over/in", scratch.path.join("link")).expect("a new link");
    let path = scratch.path.display();
    for (caller, options) in each_with(&[
        "--tmpfs P/over --bind P/link /mnt",
        "--tmpfs P/over --ro-bind-try P/link /mnt",
        "--tmpfs P/over --overlay-src P/over/in --overlay-src P/other --ro-overlay /mnt",
        "--overlay-src P/over/in --tmpfs P/over --tmp-overlay /mnt",
    ]) {
        let options = options.replace('P', &path.to_string());
        let mut words: Vec<&str> = options.split(' ').collect();
        words.extend(["cat", "/mnt/file"]);
        let ran = run(caller, &words);
        assert_eq!(
            ran.out, "the caller's\n",
            "{caller:?} {options}: {}",
            ran.err
        );
    }
}

/// What lies below it by now is no more to be had by it than by its path.
#[test]
fn the_working_directory_is_no_way_around() {
    for (caller, (options, script, says)) in each_with(&[
        ("--tmpfs HERE", "cat file", ""),
        ("--tmpfs ABOVE", "cat file; pwd", "/\n"),
        ("--mask HERE", "cat file", ""),
        ("--cap-drop ALL --mask ABOVE", "cat file", ""),
        (
            "--ro-bind HERE HERE",
            "cat file; echo x >file || echo kept",
            "mine\nkept\n",
        ),
        ("--bind OTHER HERE", "cat file", "another's\n"),
        ("--chdir . --bind OTHER HERE", "cat file", "another's\n"),
        ("--tmpfs OTHER", "cat file; pwd", "mine\nHERE\n"),
    ]) {
        let scratch = Scratch::new("here");
        let [here, other] = ["in/here", "other"].map(|name| scratch.path.join(name));
        for (folder, text) in [(&here, "mine\n"), (&other, "another's\n")] {
            fs::create_dir_all(folder).expect("a new directory");
            fs::write(folder.join("file"), text).expect("a new file");
        }
        let real = |text: &str| {
            let text = text.replace("HERE", &here.display().to_string());
            let above = scratch.path.join("in").display().to_string();
            text.replace("OTHER", &other.display().to_string())
                .replace("ABOVE", &above)
        };
        let options = real(options);
        let words: Vec<&str> = ["run"].into_iter().chain(options.split(' ')).collect();
        let mut command = pidone(caller, &[&words[..], &["sh", "-c", script]].concat());
        let ran: Ran = command
            .current_dir(&here)
            .output()
            .expect("it can be started")
            .into();
        assert_eq!(ran.out, real(says), "{caller:?} {options}: {}", ran.err);
        assert_eq!(fs::read(here.join("file")).expect("it is there"), b"mine\n");
    }
}
