//! Masks: what is there cannot be read, whatever it is.

use crate::place::{Place, ROOTS, places};
use crate::support::{each_with, run};
use std::fs;

fn secrets(place: &Place) -> [String; 2] {
    let source = place.source("one");
    let folder = format!("{source}/secrets");
    fs::create_dir_all(&folder).expect("a directory can be made");
    fs::write(format!("{folder}/key"), "secret").expect("a file can be written");
    [source, place.folder("d")]
}

#[test]
fn a_masked_file_is_empty_and_a_masked_directory_too() {
    for place in places(&ROOTS) {
        let [source, point] = secrets(&place);
        let (file, folder) = (format!("{point}/which"), format!("{point}/secrets"));
        let options = [
            "--bind", &source, &point, "--mask", &file, "--mask", &folder,
        ];
        let script = format!(
            "cat {file} | wc -c; ls -A {folder} | wc -l
            {{ echo x >{folder}/new; }} 2>&1 | grep -q : && echo closed; ls -A {folder} | wc -l"
        );
        place.says(&options, &script, "0\n0\nclosed\n0\n");
        // On the host it is as it was.
        assert_eq!(
            fs::read_to_string(format!("{source}/which")).expect("a file"),
            "one\n"
        );
        assert_eq!(
            fs::read_to_string(format!("{source}/secrets/key")).expect("a file"),
            "secret"
        );
    }
}

/// In which a fresh /proc has no place, nor a command.
#[test]
fn a_masked_root_is_one() {
    for (caller, (options, code)) in each_with(&[("--mask /", 125), ("--no-proc --mask /", 127)]) {
        let words: Vec<&str> = options.split(' ').chain(["cat", "/etc/passwd"]).collect();
        let ran = run(caller, &words);
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{caller:?}");
    }
}

/// As in the specification of OCI: images differ in what they have.
#[test]
fn what_is_not_there_need_not_be_masked() {
    for place in places(&ROOTS) {
        let absent = place.inside("absent/of/all");
        place.says(
            &["--mask", &absent],
            &format!("[ ! -e {absent} ] && echo none"),
            "none\n",
        );
    }
}

#[test]
fn a_mask_is_done_in_its_turn() {
    for place in places(&ROOTS) {
        let [source, point] = secrets(&place);
        let options = ["--mask", &point, "--bind", &source, &point];
        place.says(&options, &format!("cat {point}/secrets/key"), "secret");
    }
}

#[test]
fn what_was_made_can_be_masked() {
    for place in places(&ROOTS) {
        let names = ["file", "data", "folder"];
        let [file, data, folder] = names.map(|name| place.inside(name));
        let below = format!("{folder}/below");
        let options = [
            "--file",
            "8",
            &file,
            "--bind-data",
            "9",
            &data,
            "--dir",
            &below,
            "--mask",
            &file,
            "--mask",
            &data,
            "--mask",
            &folder,
        ];
        let before = "exec 8<<E 9<<E\neight\nE\nnine\nE";
        let script = format!("cat {file} {data}; ls -A {folder}; stat -c %F {folder}");
        let seen = place.look_after(before, &options, &script);
        assert_eq!(seen.lines()[0], "directory", "{:?}", place.root);
    }
}
