//! Binds: of directories, files and devices; read-only to the last mount below.

use crate::place::{Place, ROOTS, Root, busybox, make_folder, places};
use crate::support::Caller;
use std::fs;

#[test]
fn a_bind_is_the_source_itself_without_devices_and_set_user_id() {
    for place in places(&ROOTS) {
        let (source, point) = (place.source("one"), place.folder("d"));
        let script = format!("cat {point}/which && echo new >{point}/new");
        let seen = place.look(&["--bind", &source, &point], &script);
        assert_eq!(seen.lines()[0], "one");
        assert_eq!(
            seen.mount(&point).limits(),
            "nosuid nodev",
            "{:?}",
            place.root
        );
        let new = fs::read_to_string(place.host("one/new")).expect("the source has it");
        assert_eq!(new, "new\n");
    }
}

#[test]
fn a_read_only_bind_cannot_be_written() {
    for place in places(&ROOTS) {
        let (source, point) = (place.source("one"), place.folder("d"));
        let script = format!("cat {point}/which; echo x 2>&1 >{point}/which; touch {point}/x 2>&1");
        let ran = place.run(&["--ro-bind", &source, &point], &script);
        let errors =
            ran.out.matches("Read-only file system").count() + ran.err.matches("Read-only").count();
        assert_eq!(
            (ran.out.lines().next(), errors),
            (Some("one"), 2),
            "{ran:?}"
        );
        let seen = place.look(&["--ro-bind", &source, &point], "");
        assert_eq!(seen.mount(&point).limits(), "ro nosuid nodev");
        assert!(fs::metadata(place.host("one/x")).is_err());
    }
}

#[test]
fn devices_work_only_in_a_bind_that_allows_them() {
    for place in places(&ROOTS) {
        let point = place.file("null");
        let try_it = format!("echo x >{point} && echo written");
        let seen = place.look(&["--dev-bind", "/dev/null", &point], &try_it);
        assert_eq!(seen.lines()[0], "written");
        assert!(!seen.mount(&point).has("nodev"));
        let ran = place.run(&["--bind", "/dev/null", &point], &try_it);
        assert!(
            ran.err.contains("Permission denied"),
            "{:?}: {ran:?}",
            place.root
        );
        let folder = place.folder("dev");
        let seen = place.look(
            &["--dev-bind", "/dev", &folder],
            &format!("head -c 3 {folder}/zero | wc -c"),
        );
        assert_eq!(seen.lines()[0], "3", "with what is mounted below");
        assert!(!seen.mount(&folder).has("nodev"));
    }
}

#[test]
fn a_file_is_bound_to_a_file() {
    for place in places(&ROOTS) {
        place.source("one");
        let (source, point) = (place.host("one/which"), place.file("f"));
        place.says(
            &["--ro-bind", &source, &point],
            &format!("cat {point}"),
            "one\n",
        );
        place.says(
            &["--bind", &source, &point],
            &format!("echo changed >{point}"),
            "",
        );
        assert_eq!(
            fs::read_to_string(&source).expect("it is there"),
            "changed\n"
        );
    }
}

#[test]
fn what_is_tried_may_be_missing() {
    for place in places(&ROOTS) {
        let source = place.source("one");
        for option in ["--bind", "--ro-bind", "--dev-bind"] {
            let option = format!("{option}-try");
            let (absent, point) = (place.host("absent"), place.inside("absent"));
            let (there, other) = (source.as_str(), place.folder("d"));
            let words =
                [&option, &absent, &point, &option, there, &other].map(|word| -> &str { word });
            let script = format!("cat {other}/which; ls -d {point} 2>&1 | grep -c 'No such file'");
            place.says(&words, &script, "one\n1\n");
            let seen = place.look(&words, "");
            assert!(seen.mounts.iter().all(|mount| mount.point != point));
            assert_eq!(seen.mount(&other).has("ro"), option.starts_with("--ro"));
            assert_eq!(
                seen.mount(&other).has("nodev"),
                !option.starts_with("--dev")
            );
        }
    }
}

#[test]
fn a_source_is_named_as_the_caller_sees_it() {
    for place in places(&ROOTS) {
        place.source("one");
        let point = place.folder("d");
        let link = place.scratch.path.join("link");
        std::os::unix::fs::symlink("one", link).expect("a link can be made");
        let cd = format!("cd {}", place.scratch.path.display());
        place.source("two");
        for source in ["one", "./one", "link", "two/../one", "two//../link/."] {
            let script = format!("cat {point}/which");
            let seen = place.look_after(&cd, &["--ro-bind", source, &point], &script);
            assert_eq!(seen.lines()[0], "one", "{source}");
        }
    }
}

#[test]
fn a_source_is_the_hosts_whatever_was_mounted_before() {
    for place in places(&ROOTS) {
        let source = place.source("one");
        let scratch = place.scratch.path.display().to_string();
        let point = match place.root {
            Root::Host => place.host("d"),
            _ => place.inside("d"),
        };
        // The source is covered inside, if it is there at all.
        let options = ["--tmpfs", &scratch, "--bind", &source, &point];
        if place.root == Root::Directory && place.caller == Caller::Ordinary {
            make_folder(&place.directory().join(&scratch[1..]));
        }
        place.says(&options, &format!("cat {point}/which"), "one\n");
    }
}

/// `one` with two mounts below it.
fn with_mounts_below(place: &Place) -> (String, String) {
    let source = place.source("one");
    let prepare = format!(
        "mkdir -p {source}/a && mount -t tmpfs -o mode=777 a {source}/a && mkdir {source}/a/b &&
        mount -t tmpfs -o mode=777,noexec b {source}/a/b && echo below >{source}/a/b/which"
    );
    (source, prepare)
}

#[test]
fn a_bind_takes_what_is_mounted_below_with_it() {
    for place in places(&ROOTS) {
        let ((source, prepare), point) = (with_mounts_below(&place), place.folder("d"));
        let script = format!("cat {point}/a/b/which; touch {point}/a/new {point}/a/b/new");
        let seen = place.look_on_host(&prepare, &["--bind", &source, &point], &script);
        assert_eq!(seen.lines()[0], "below");
        assert_eq!(seen.mount(&format!("{point}/a")).limits(), "nosuid nodev");
        // What the host forbids stays forbidden.
        assert_eq!(
            seen.mount(&format!("{point}/a/b")).limits(),
            "nosuid nodev noexec"
        );
    }
}

#[test]
fn read_only_means_what_is_mounted_below_as_well() {
    for place in places(&ROOTS) {
        let ((source, prepare), point) = (with_mounts_below(&place), place.folder("d"));
        let script =
            format!("for d in . a a/b; do touch {point}/$d/new 2>&1; done; cat {point}/a/b/which");
        let seen = place.look_on_host(&prepare, &["--ro-bind", &source, &point], &script);
        assert_eq!(
            seen.out.matches("Read-only file system").count(),
            3,
            "{}",
            seen.out
        );
        for (below, limits) in [
            ("", "ro nosuid nodev"),
            ("/a", "ro nosuid nodev"),
            ("/a/b", "ro nosuid nodev noexec"),
        ] {
            assert_eq!(seen.mount(&format!("{point}{below}")).limits(), limits);
        }
    }
}

#[test]
fn a_whole_host_is_bound_read_only_in_an_empty_root() {
    for place in places(&[Root::Host]) {
        // Of a name that nobody else has given to a file.
        let name = format!("touched-{}", std::process::id());
        let temporary = format!("/tmp/{name}");
        let script = format!(
            "touch /etc/{name} {}/{name} 2>&1; touch {temporary} && readlink /proc/self/exe",
            place.scratch.path.display()
        );
        let options = [
            "--empty-root",
            "--ro-bind",
            "/",
            "/",
            "--dev",
            "/dev",
            "--proc",
            "/proc",
            "--tmpfs",
            "/tmp",
        ];
        let seen = place.look(&options, &script);
        assert_eq!(
            seen.mounts
                .iter()
                .filter(|mount| mount.point == "/proc")
                .count(),
            2
        );
        assert!(seen.mount("/").has("ro"));
        assert!(seen.out.contains(busybox()));
        assert!(fs::metadata(place.host(&name)).is_err() && fs::metadata(temporary).is_err());
    }
}
