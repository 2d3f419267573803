//! Binds that show other owners.

use crate::place::{ROOTS, places};
use crate::support::{Caller, is_root, skip};
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};

#[test]
fn owners_are_mapped_both_ways() {
    if !is_root() {
        return skip("not root");
    }
    // As on disk, as seen, and how many.
    for place in places(&ROOTS).filter(|place| place.caller == Caller::Root) {
        let (source, point) = (place.source("one"), place.folder("d"));
        let mine = format!("{source}/mine");
        fs::write(&mine, "").expect("a file can be written");
        chown(&mine, Some(100_007), Some(100_008)).expect("root may");
        chown(&source, Some(100_000), Some(100_000)).expect("root may");
        let options = ["--bind-idmap", &source, &point, "100000:0:1000"];
        let script = format!(
            "cd {point}; stat -c %u:%g mine; touch new; chown 5:6 new; stat -c %u:%g new which"
        );
        let seen = place.look(&options, &script);
        // What is not in the map belongs to nobody.
        assert_eq!(
            seen.lines()[..3],
            ["7:8", "5:6", "65534:65534"],
            "{:?}",
            place.root
        );
        assert_eq!(seen.mount(&point).limits(), "nosuid nodev");
        let new = fs::metadata(format!("{source}/new")).expect("it was made");
        assert_eq!((new.uid(), new.gid()), (100_005, 100_006));
    }
}

#[test]
fn an_ordinary_user_may_not_map_owners() {
    for place in places(&ROOTS).filter(|place| place.caller == Caller::Ordinary) {
        let (source, point) = (place.source("one"), place.folder("d"));
        let ran = place.run(
            &["--bind-idmap", &source, &point, "0:54321:1"],
            "echo it runs",
        );
        assert_eq!((ran.code, ran.out.as_str()), (Some(125), ""), "{ran:?}");
        assert!(ran.err.contains("hint: ids can be mapped by"), "{ran:?}");
    }
}

#[test]
fn a_map_must_be_three_numbers() {
    for place in places(&ROOTS) {
        let (source, point) = (place.source("one"), place.folder("d"));
        for map in [
            "",
            "0",
            "0:0",
            "0:0:0",
            "a:0:1",
            "0:0:1:2",
            "4294967295:0:1",
            "0:0:4294967296",
            "-1:0:1",
        ] {
            let ran = place.run(&["--bind-idmap", &source, &point, map], "echo it runs");
            assert_eq!(
                (ran.code, ran.out.as_str()),
                (Some(125), ""),
                "{map:?} {ran:?}"
            );
            assert!(ran.err.contains("--bind-idmap"), "{map:?} {ran:?}");
        }
    }
}
