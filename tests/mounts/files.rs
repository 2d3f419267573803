//! Directories, symbolic links and files that are made; their modes.

use crate::place::{ROOTS, Root, places};
use std::fs;

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
