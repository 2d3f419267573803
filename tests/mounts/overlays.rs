//! Overlays: layers from the bottom up, writes to a directory, to memory or nowhere.

use crate::place::{Place, ROOTS, Root, give, make_folder, places};
use crate::support::Caller;
use std::fs;

/// Layers `low` and `high`, and the options for them.
fn layers(place: &Place) -> Vec<String> {
    let paths = ["low", "high"].map(|name| place.source(name));
    for (path, own) in paths.iter().zip(["from-low", "from-high"]) {
        fs::write(format!("{path}/{own}"), own).expect("a file can be written");
        make_folder(&place.scratch.path.join(path).join("both"));
        fs::write(format!("{path}/both/{own}"), own).expect("a file can be written");
        give(path.as_ref(), place.caller);
    }
    paths
        .into_iter()
        .flat_map(|path| ["--overlay-src".to_string(), path])
        .collect()
}

fn options<'a>(layers: &'a [String], rest: &[&'a str]) -> Vec<&'a str> {
    let layers = layers.iter().map(String::as_str);
    layers.chain(rest.iter().copied()).collect()
}

const MERGED: &str = "both\nfrom-high\nfrom-low\nwhich\nfrom-high\nfrom-low\nhigh\n";

fn look(point: &str) -> String {
    format!("cd {point}; ls -A; ls both; cat which")
}

#[test]
fn the_last_layer_is_on_top() {
    for place in places(&ROOTS) {
        let (layers, point) = (layers(&place), place.folder("o"));
        for option in ["--ro-overlay", "--tmp-overlay"] {
            let seen = place.look(&options(&layers, &[option, &point]), &look(&point));
            assert!(seen.out.starts_with(MERGED), "{option}: {}", seen.out);
            assert_eq!(seen.mount(&point).kind, "overlay");
        }
        let work = ["rw", "work"].map(|name| {
            make_folder(&place.scratch.path.join(name));
            place.host(name)
        });
        let words = ["--overlay", &work[0], &work[1], &point];
        let seen = place.look(&options(&layers, &words), &look(&point));
        assert!(
            seen.out.starts_with(MERGED),
            "{:?}: {}",
            place.root,
            seen.out
        );
    }
}

#[test]
fn writes_go_to_the_directory_that_is_named() {
    for place in places(&ROOTS) {
        let (layers, point) = (layers(&place), place.folder("o"));
        let [upper, work] = ["rw", "work"].map(|name| {
            make_folder(&place.scratch.path.join(name));
            place.host(name)
        });
        let words = options(&layers, &["--overlay", &upper, &work, &point]);
        let change = format!(
            "cd {point}; echo new >which; rm from-low; rm -r both; mkdir both; touch more; ls; ls both"
        );
        place.says(&words, &change, "both\nfrom-high\nmore\nwhich\n");
        let kept = |path: String| fs::read_to_string(path).expect("it is there");
        assert_eq!(kept(format!("{upper}/which")), "new\n");
        assert_eq!(kept(place.host("high/which")), "high\n");
        assert_eq!(kept(place.host("low/from-low")), "from-low");
        // And there they are found again.
        place.says(
            &words,
            &format!("cd {point}; ls; ls both; cat which"),
            "both\nfrom-high\nmore\nwhich\nnew\n",
        );
    }
}

#[test]
fn writes_to_memory_are_lost() {
    for place in places(&ROOTS) {
        let (layers, point) = (layers(&place), place.folder("o"));
        let words = options(&layers, &["--tmp-overlay", &point]);
        let change = format!("cd {point}; echo new >which; rm from-low; rm -r both; cat which; ls");
        for _ in 0..2 {
            place.says(&words, &change, "new\nfrom-high\nwhich\n");
        }
        let seen = place.look(&words, "");
        assert!(!seen.mount(&point).has("ro"));
    }
}

#[test]
fn a_read_only_overlay_takes_no_writes() {
    for place in places(&ROOTS) {
        let (layers, point) = (layers(&place), place.folder("o"));
        let words = options(&layers, &["--ro-overlay", &point]);
        let script =
            format!("{{ touch {point}/x; echo x >{point}/which; }} 2>&1 | grep -c Read-only");
        place.says(&words, &script, "2\n");
    }
}

#[test]
fn layers_are_for_the_next_overlay_only() {
    for place in places(&ROOTS) {
        let (layers, first, second) = (layers(&place), place.folder("o"), place.folder("p"));
        let other = place.source("third");
        let words = [
            "--tmp-overlay",
            &first,
            "--overlay-src",
            &other,
            "--tmp-overlay",
            &second,
        ];
        place.says(
            &options(&layers, &words),
            &format!("ls {second}; cat {second}/which"),
            "which\nthird\n",
        );
    }
}

#[test]
fn layers_may_have_any_name() {
    for place in places(&[Root::Directory]) {
        let point = place.folder("o");
        let names = ["a:b", "c,d", "e\\f", "g h", "\\:,", "i=j"];
        let mut words = vec![];
        for name in names {
            words.extend(["--overlay-src".to_string(), place.source(name)]);
            fs::write(place.host(name) + "/" + name, "").expect("a file can be written");
        }
        let [upper, work] = ["r:w,", "wo\\:rk"].map(|name| {
            make_folder(&place.scratch.path.join(name));
            place.host(name)
        });
        let words = options(&words, &["--overlay", &upper, &work, &point]);
        let script = format!("cd {point}; touch new; ls | wc -l; cat which");
        place.says(&words, &script, "8\ni=j\n");
        assert!(fs::exists(upper + "/new").expect("it can be looked at"));
    }
}

#[test]
fn the_whole_host_is_read_only_below_a_writable_overlay() {
    for place in places(&[Root::Host]).filter(|place| place.caller == Caller::Root) {
        let victim = place.source("one") + "/which";
        let options = "--empty-root --overlay-src / --tmp-overlay / --dev /dev";
        let options: Vec<&str> = options.split(' ').collect();
        let script = format!(
            "cat {victim}; echo changed >{victim} && cat {victim}; touch {victim}.new; rm -r /etc/*"
        );
        let etc = fs::read_dir("/etc").expect("it can be read").count();
        let ran = place.run(&options, &script);
        assert_eq!((ran.out.as_str(), ran.err.as_str()), ("one\nchanged\n", ""));
        assert_eq!(fs::read_to_string(&victim).expect("it is there"), "one\n");
        assert!(!fs::exists(victim + ".new").expect("it can be looked at"));
        assert_eq!(fs::read_dir("/etc").expect("it can be read").count(), etc);
    }
}

/// What of the host has nothing mounted below it.
#[test]
fn a_part_of_the_host_is_read_only_below_a_writable_overlay() {
    for place in places(&ROOTS) {
        let point = if place.root == Root::Host {
            "/usr/bin"
        } else {
            "/usr"
        };
        let options = ["--overlay-src", "/usr/bin", "--tmp-overlay", point];
        let script = format!("cd {point} && touch new && ls new busybox");
        place.says(&options, &script, "busybox\nnew\n");
        assert!(!fs::exists("/usr/bin/new").expect("it can be looked at"));
    }
}
