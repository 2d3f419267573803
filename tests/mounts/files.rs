//! Directories, symbolic links and files that are made; their modes.

use crate::place::{ROOTS, Root, places};
use std::fs;

#[test]
fn directories_are_made_with_their_parents() {
    for place in places(&ROOTS) {
        let [plain, closed, half] = ["a/b/c", "d/e", "f/g"].map(|name| place.inside(name));
        let options = format!("--dir {plain} --perms 0700 --dir {closed} --perms 750 --dir {half}");
        let options: Vec<&str> = options.split(' ').collect();
        let script =
            format!("stat -c '%a %u:%g %F' {plain}/../.. {plain}/.. {plain} {closed} {half}");
        let seen = place.look(&options, &script);
        let wanted =
            ["755", "755", "755", "700", "750"].map(|mode| format!("{mode} 0:0 directory"));
        assert_eq!(seen.lines()[..5], wanted, "{:?}", place.root);
        // What others may not see is not to be seen through its parents either.
        let parents = format!("stat -c %a {closed}/.. {half}/..");
        assert_eq!(
            place.look(&options, &parents).lines()[..2],
            ["700", "750"],
            "{:?}",
            place.root
        );
    }
}

#[test]
fn a_directory_that_is_there_keeps_its_mode() {
    for place in places(&ROOTS) {
        let there = place.folder("there");
        let options = [
            "--perms", "711", "--dir", &there, "--perms", "700", "--dir", &there,
        ];
        let wanted = if place.root == Root::Empty {
            "711\n"
        } else {
            "777\n"
        };
        place.says(&options, &format!("stat -c %a {there}"), wanted);
    }
}

#[test]
fn the_mask_of_the_caller_is_not_asked() {
    for place in places(&ROOTS) {
        let [folder, file, point] = ["a/b", "c/file", "d/point"].map(|name| place.inside(name));
        let options = ["--dir", &folder, "--file", "8", &file, "--tmpfs", &point];
        let script = format!("umask; stat -c %a {folder}/.. {folder} {file} {point}/.. {point}");
        let seen = place.look_after("umask 077; exec 8</dev/null", &options, &script);
        assert_eq!(
            seen.lines()[..6],
            ["0077", "755", "755", "666", "755", "755"],
            "{:?}",
            place.root
        );
    }
}

#[test]
fn symbolic_links_say_what_they_were_told() {
    for place in places(&ROOTS) {
        let [one, two] = ["l/one", "two"].map(|name| place.inside(name));
        let options = ["--symlink", "../no where", &one, "--symlink", "/bin", &two];
        let script = format!("readlink {one}; readlink {two}; cd {two}; ls -d sh");
        place.says(&options, &script, "../no where\n/bin\nsh\n");
        if let Some(path) = place.outside("l/one") {
            let target = fs::read_link(path).expect("a link");
            assert_eq!(target.to_str(), Some("../no where"));
        }
    }
}

#[test]
fn what_is_there_already_is_not_replaced() {
    for place in places(&ROOTS) {
        let (source, there) = (place.source("one"), place.inside("there"));
        let point = place.folder("d");
        let which = format!("{point}/which");
        for words in [
            &["--symlink", "x", &there, "--symlink", "y", &there][..],
            &["--dir", &there, "--symlink", "x", &there],
            &["--bind", &source, &point, "--file", "0", &which],
            &["--bind", &source, &point, "--symlink", "x", &which],
        ] {
            let ran = place.run(words, "true");
            assert_eq!(ran.code, Some(125), "{ran:?}");
            assert!(ran.err.contains("EEXIST"), "{ran:?}");
            assert!(ran.err.contains(words.last().expect("a word")), "{ran:?}");
        }
        let kept = fs::read_to_string(place.host("one/which"));
        assert_eq!(kept.expect("it is there"), "one\n");
    }
}

#[test]
fn a_file_is_filled_from_a_descriptor() {
    for place in places(&ROOTS) {
        let names = ["f", "g", "f/plain", "g/closed"];
        let [f, g, plain, closed] = names.map(|name| place.inside(name));
        let options = [
            "--file", "8", &plain, "--perms", "0640", "--file", "9", &closed,
        ];
        let before = "exec 8</proc/self/cmdline 9<<E\nnine\nE";
        let script = format!("stat -c '%a %u:%g %F' {plain} {closed} {f} {g}; cat {closed}");
        let seen = place.look_after(before, &options, &script);
        let wanted = [
            "666 0:0 regular file",
            "640 0:0 regular file",
            "755 0:0 directory",
            "750 0:0 directory",
            "nine",
        ];
        assert_eq!(seen.lines()[..5], wanted, "{:?}", place.root);
        assert!(seen.mounts.iter().all(|mount| mount.point != closed));
    }
}

#[test]
fn data_is_bound_and_is_nowhere_else() {
    for place in places(&ROOTS) {
        let [open, closed, other] = ["a", "b", "c"].map(|name| place.file(name));
        let options = [
            "--bind-data",
            "7",
            &open,
            "--ro-bind-data",
            "8",
            &closed,
            "--perms",
            "0604",
            "--bind-data",
            "9",
            &other,
        ];
        let before = "exec 7<<E 8<<E 9<<E\nseven\nE\neight\nE\nnine\nE";
        let script = format!(
            "cat {open} {closed} {other}; stat -c '%a %u:%g' {open} {closed} {other}
            echo more >>{open} && tail -n 1 {open}
            {{ echo more >>{closed}; }} 2>&1 | grep -o Read-only"
        );
        let seen = place.look_after(before, &options, &script);
        let wanted = [
            "seven",
            "eight",
            "nine",
            "600 0:0",
            "600 0:0",
            "604 0:0",
            "more",
            "Read-only",
        ];
        assert_eq!(seen.lines()[..8], wanted, "{:?}", place.root);
        assert_eq!(seen.mount(&open).limits(), "nosuid nodev");
        assert_eq!(seen.mount(&closed).limits(), "ro nosuid nodev");
        if let Some(path) = place.outside("a") {
            assert_eq!(
                fs::read_to_string(path).expect("a file"),
                "",
                "the host's is not touched"
            );
        }
    }
}

#[test]
fn any_amount_comes_through_a_pipe() {
    for place in places(&ROOTS) {
        let (file, bound) = (place.inside("file"), place.file("bound"));
        let data = place.host("data");
        for size in ["0", "1", "65536", "65537", "3000000"] {
            for (option, path) in [("--file", &file), ("--ro-bind-data", &bound)] {
                let pipe = format!(
                    "head -c {size} /dev/urandom >{data}; cat {data} | \"$@\" | cmp - {data}; exit"
                );
                let ran = place.run_after(&pipe, &[option, "0", path], &format!("cat {path}"));
                assert_eq!(
                    (ran.code, ran.err.as_str()),
                    (Some(0), ""),
                    "{option} {size}"
                );
                fs::remove_file(&data).expect("it was written");
                if option == "--file" {
                    // In the empty root it is gone by itself.
                    place.outside("file").map(fs::remove_file);
                }
            }
        }
    }
}

#[test]
fn descriptors_that_are_read_do_not_reach_the_command() {
    for place in places(&ROOTS) {
        let (file, bound) = (place.inside("file"), place.file("bound"));
        let options = ["--file", "8", &file, "--bind-data", "9", &bound];
        let before = "exec 7</dev/null 8<<E 9<<E\neight\nE\nnine\nE";
        let script = format!(
            "cat {file} {bound}; cd /proc/self/fd
            for fd in 3 4 5 6 7 8 9; do ! readlink $fd; done"
        );
        let seen = place.look_after(before, &options, &script);
        let open: Vec<&str> = seen
            .out
            .lines()
            .take_while(|line| !line.contains(" - "))
            .collect();
        assert_eq!(open, ["eight", "nine"], "{:?}", place.root);
    }
}

#[test]
fn a_mode_is_changed() {
    for place in places(&ROOTS) {
        let [folder, file] = ["a/b", "a/file"].map(|name| place.inside(name));
        let options = [
            "--dir", &folder, "--file", "8", &file, "--chmod", "1733", &folder, "--chmod", "0",
            &file,
        ];
        let script = format!("stat -c %a {folder} {file}");
        let seen = place.look_after("exec 8</dev/null", &options, &script);
        assert_eq!(seen.lines()[..2], ["1733", "0"], "{:?}", place.root);
    }
}
