//! Images: what is in them, that the same files make the same bytes, what is refused, and that they boot.

mod support;
#[path = "support/vm.rs"]
mod vm;

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use support::{Caller, Scratch, callers, copy_program, has, program, skip, through_shell};
use vm::Machine;

/// `pidone pack` with these words, in a directory.
fn pack_in(folder: &Path, caller: Caller, words: &[&str]) -> Output {
    let script = format!("cd '{}'", folder.display());
    let words = [&["pack"], words].concat();
    let output = through_shell(caller, &script, &words).output();
    output.expect("a shell can be started")
}

fn assert_packed(output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*said), (Some(0), ""));
}

/// What cpio makes of an image, in a directory.
fn cpio(folder: &Path, arguments: &[&str], image: &[u8]) -> String {
    let mut cpio = Command::new("cpio")
        .args(arguments)
        .arg("--quiet")
        .current_dir(folder)
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cpio can be started");
    let mut input = cpio.stdin.take().expect("a pipe");
    let image = image.to_vec();
    let writer = std::thread::spawn(move || input.write_all(&image));
    let output = cpio.wait_with_output().expect("it has ended");
    let _ = writer.join();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout).expect("a text")
}

/// A directory with a bit of everything in it, and a program that is static.
fn place(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    let path = &scratch.path;
    copy_program(program(), &path.join("app"));
    fs::create_dir_all(path.join("tree/b/c")).expect("a directory");
    fs::create_dir(path.join("tree/b.d")).expect("a directory");
    fs::set_permissions(path.join("tree/b"), PermissionsExt::from_mode(0o1750)).expect("a mode");
    scratch.file("tree/b/c/one", "1", 0o4755);
    scratch.file("tree/b.d/four", "four", 0o640);
    scratch.file("tree/empty", "", 0o600);
    fs::hard_link(path.join("tree/empty"), path.join("tree/b/same")).expect("a link");
    symlink("../b/c", path.join("tree/b/link")).expect("a link");
    for folder in ["tree", "tree/b.d", "tree/b/c"] {
        fs::set_permissions(path.join(folder), PermissionsExt::from_mode(0o755)).expect("a mode");
    }
    scratch
}

#[test]
fn an_image_holds_the_program_and_us() {
    if !has("cpio") {
        return skip("no cpio");
    }
    let place = place("pack");
    let words = [
        "--file",
        "tree:/srv/./x//",
        "--file=app:bin/other",
        "./app",
        "one",
        "two words",
        "",
    ];
    let output = pack_in(&place.path, callers()[0], &words);
    assert_packed(&output);
    let image = output.stdout;
    let list = cpio(&place.path, &["-itv"], &image);
    let list: Vec<String> = list
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let [own, size] = [
        fs::metadata(program()).expect("it is there").len(),
        fs::metadata(place.path.join("app"))
            .expect("it is there")
            .len(),
    ];
    let wanted = format!(
        "-rwxr-xr-x 1 root root {size} Jan 1 1970 app\n\
        drwxr-xr-x 1 root root 0 Jan 1 1970 bin\n\
        -rwxr-xr-x 1 root root {size} Jan 1 1970 bin/other\n\
        drwxr-xr-x 1 root root 0 Jan 1 1970 dev\n\
        crw------- 1 root root 5, 1 Jan 1 1970 dev/console\n\
        drwxr-xr-x 1 root root 0 Jan 1 1970 etc\n\
        drwxr-xr-x 1 root root 0 Jan 1 1970 etc/pidone\n\
        -rw-r--r-- 1 root root 37 Jan 1 1970 etc/pidone/init\n\
        INIT\n\
        drwxr-xr-x 1 root root 0 Jan 1 1970 srv\n\
        drwxr-xr-x 1 root root 0 Jan 1 1970 srv/x\n\
        drwxr-x--T 1 root root 0 Jan 1 1970 srv/x/b\n\
        drwxr-xr-x 1 root root 0 Jan 1 1970 srv/x/b.d\n\
        -rw-r----- 1 root root 4 Jan 1 1970 srv/x/b.d/four\n\
        drwxr-xr-x 1 root root 0 Jan 1 1970 srv/x/b/c\n\
        -rwsr-xr-x 1 root root 1 Jan 1 1970 srv/x/b/c/one\n\
        lrwxrwxrwx 1 root root 6 Jan 1 1970 srv/x/b/link -> ../b/c\n\
        -rw------- 1 root root 0 Jan 1 1970 srv/x/b/same\n\
        -rw------- 1 root root 0 Jan 1 1970 srv/x/empty"
    );
    for (line, wanted) in list.iter().zip(wanted.lines()) {
        assert!(line == wanted || wanted == "INIT", "{line}\n{wanted}");
    }
    assert_eq!(list.len(), wanted.lines().count(), "{list:#?}");
    let inside = cpio(
        &place.path,
        &["-i", "--to-stdout", "etc/pidone/init"],
        &image,
    );
    assert_eq!(inside, "exec=/app\narg=one\narg=two words\narg=\n");
    // /init is the program, without what only tools read.
    let folder = place.path.join("out");
    fs::create_dir(&folder).expect("a directory");
    cpio(&folder, &["-i", "init", "app"], &image);
    let [init, app] = ["init", "app"].map(|name| fs::read(folder.join(name)).expect("a file"));
    let built = fs::read(program()).expect("a file");
    assert!(built.starts_with(&init) && app == built);
    let version = Command::new(folder.join("init")).arg("--version").output();
    assert!(version.expect("it can be started").status.success());
    assert!(image.len() as u64 <= own + 2 * size + 4096);
}

#[test]
fn an_image_is_as_large_as_what_is_in_it() {
    let place = place("size");
    let image = pack_in(&place.path, callers()[0], &["./app"]).stdout;
    let [own, app] = [program(), &place.path.join("app")].map(|path| {
        let metadata = fs::metadata(path).expect("it is there");
        metadata.len() as usize
    });
    assert!(image.len() <= own + app + 4096, "{}", image.len());
}

#[test]
fn the_same_files_make_the_same_image() {
    let [one, other] = ["same", "again"].map(place);
    // In a directory that was filled in another order, and at another time.
    fs::rename(other.path.join("tree/empty"), other.path.join("tree/zz")).expect("a name");
    for number in 0..200 {
        one.file(&format!("tree/b/c/{number}"), "x", 0o644);
        other.file(&format!("tree/b/c/{}", 199 - number), "x", 0o644);
    }
    fs::rename(other.path.join("tree/zz"), other.path.join("tree/empty")).expect("a name");
    let words = ["--file", "tree:x", "--file", "app:y", "./app", "a"];
    let turned = ["--file=app:/y", "--file=tree:/x/", "--", "./app", "a"];
    for &caller in &callers()[..1] {
        let first = pack_in(&one.path, caller, &words);
        assert_packed(&first);
        let named = [&["-o", "image"], &turned[..]].concat();
        let second = pack_in(&other.path, caller, &named);
        assert_packed(&second);
        assert!(second.stdout.is_empty());
        let second = fs::read(other.path.join("image")).expect("an image");
        assert!(first.stdout == second);
        // One that is there is replaced, and nothing else is left.
        assert_packed(&pack_in(&other.path, caller, &["-oimage", "./app"]));
        assert!(fs::read(other.path.join("image")).expect("an image").len() < second.len());
        let count = fs::read_dir(&other.path).expect("a directory").count();
        assert_eq!(count, 3);
    }
}

fn assert_refused(place: &Scratch, words: &[&str], sentence: &str) {
    let output = pack_in(&place.path, callers()[0], words);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, format!("pidone: {sentence}\n"), "{words:?}");
    assert_eq!(output.status.code(), Some(125), "{words:?}");
}

#[test]
fn what_cannot_be_packed_is_refused() {
    let place = place("refused");
    place.file("text", "no program", 0o644);
    place.file("script", "#! /bin/none -x\n", 0o755);
    place.file("tabs", "#!\t/bin/none\t-x\n", 0o755);
    place.file("a\nb", "\x7fELF", 0o755);
    let _fifo = Command::new("mkfifo")
        .arg(place.path.join("tree/fifo"))
        .status();
    let large = File::create(place.path.join("large")).expect("a file");
    large.set_len(1 << 32).expect("a length");
    let dynamic = "is started by \"/bin/none\", which is not in the image: add it, and the libraries, with --file, \
        or link statically";
    for (words, sentence) in [
        (
            &[][..],
            "there is no program: pidone pack [OPTIONS] PROGRAM",
        ),
        (
            &["--file", "x", "./app"],
            "--file \"x\": wanted is a file or directory, :, and a place",
        ),
        (
            &["--file", ":x", "./app"],
            "--file \":x\": wanted is a file or directory, :, and a place",
        ),
        (&["--file", "x:y", "./app"], "\"x\": ENOENT"),
        (&["./missing"], "\"./missing\": ENOENT"),
        (&[""], "\"\": ENOENT"),
        (
            &["--file", "app:a/../b", "./app"],
            "\"a/../b\" leads out of the image",
        ),
        (&["--file", "app:/", "./app"], "\"\" is two things"),
        (
            &["--file", "app:x", "--file", "text:x", "./app"],
            "\"x\" is two things",
        ),
        (
            &["--file", "app:x", "--file", "text:x/y", "./app"],
            "\"x\" is two things",
        ),
        (&["--file", "text:init", "./app"], "\"init\" is two things"),
        (&["--file", "text:app", "./app"], "\"app\" is two things"),
        (
            &["./app", "one\ntwo"],
            "\"one\\ntwo\" has more than one line",
        ),
        (&["./a\nb"], "\"a\\nb\" has more than one line"),
        (
            &["--file", "text:TRAILER!!!", "./app"],
            "\"TRAILER!!!\" is no name for a file in an image",
        ),
        (
            &["--file", &format!("text:{}x", "x/".repeat(2048)), "./app"],
            &format!(
                "\"{}x\" is no name for a file in an image",
                "x/".repeat(2048)
            ),
        ),
        (&["./tabs"], &format!("\"./tabs\" {dynamic}")),
        (&["./text"], "\"./text\" is no file that can be executed"),
        (&["./tree/b"], "\"tree/fifo\""),
        (
            &["--file", "tree:x", "./app"],
            "\"tree/fifo\" is neither a file, nor a directory, nor a link",
        ),
        (
            &["--file", "large:x", "./app"],
            "\"large\" has more than the 4 GiB that fit into an image",
        ),
        (&["./script"], &format!("\"./script\" {dynamic}")),
        (&["-o", "none/image", "./app"], "\"none/image\": ENOENT"),
        (
            &["-o", "x", "--file", "large:x", "./app"],
            "\"large\" has more than the 4 GiB that fit into an image",
        ),
        (&["-o", "x", "-o", "y", "./app"], "--output is given twice"),
    ] {
        let sentence = match words {
            ["./tree/b"] => "\"./tree/b\" is no file that can be executed",
            _ => sentence,
        };
        assert_refused(&place, words, sentence);
    }
    // Nothing is left of an image that could not be made.
    let count = fs::read_dir(&place.path).expect("a directory").count();
    assert_eq!(count, 7);
    assert_refused(
        &place,
        &[
            "--file",
            "script:/bin/none",
            "--file",
            "/proc/self/status:x",
            "./script",
        ],
        "\"/proc/self/status\" changes while it is read",
    );
}

/// A dynamic program is taken where its loader is there, or may be behind a link.
#[test]
fn a_dynamic_program_needs_its_loader() {
    let place = place("loader");
    let shell = fs::canonicalize("/bin/sh").expect("a shell");
    copy_program(&shell, &place.path.join("sh"));
    let output = pack_in(&place.path, callers()[0], &["./sh"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let Some(loader) = said.split('"').nth(3) else {
        return skip("the shell is static");
    };
    assert!(
        said.starts_with("pidone: \"./sh\" is started by \"/"),
        "{said}"
    );
    let given = format!("--file=app:{loader}");
    assert_packed(&pack_in(&place.path, callers()[0], &[&given, "./sh"]));
    symlink("usr", place.path.join("tree/lib64")).expect("a link");
    symlink("usr", place.path.join("tree/lib")).expect("a link");
    assert_packed(&pack_in(
        &place.path,
        callers()[0],
        &["--file=tree:/", "./sh"],
    ));
    // A program that is among the files is not taken from here.
    let words = [
        "--file",
        "tree:/",
        "--file=app:/bin/sh",
        "/bin/sh",
        "-c",
        "x",
    ];
    let output = pack_in(&place.path, callers()[0], &words);
    assert_packed(&output);
    let image = String::from_utf8_lossy(&output.stdout);
    assert!(image.contains("exec=/bin/sh\narg=-c\narg=x\n"));
}

#[test]
fn no_image_goes_to_a_terminal_and_none_replaces_a_device() {
    if !has("script") {
        return skip("no script");
    }
    let place = place("terminal");
    let words = format!("{} pack {}/app", program().display(), place.path.display());
    let output = Command::new("script")
        .args(["-qec", &words, "/dev/null"])
        .stdin(Stdio::null())
        .output()
        .expect("script can be started");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        said.trim_end(),
        "pidone: \"standard output\" is a terminal: use a pipe, or --output"
    );
    assert_eq!(output.status.code(), Some(125));
    assert_packed(&pack_in(
        &place.path,
        callers()[0],
        &["-o", "/dev/null", "./app"],
    ));
    assert!(!fs::metadata("/dev/null").expect("it is there").is_file());
}

/// A link to a file or to the standard output leads to where the image is wanted.
#[test]
fn a_link_stays_what_it_is() {
    let place = place("link");
    let file = place.path.join("file");
    fs::write(&file, "old").expect("it can be written");
    let standard = place.path.join("standard");
    symlink("/proc/self/fd/1", &standard).expect("a link");
    symlink("file", place.path.join("link")).expect("a link");
    symlink("app", place.path.join("own")).expect("a link");
    let direct = pack_in(&place.path, callers()[0], &["./app"]);
    // What is replaced at last has been read by then.
    for link in ["link", "standard", "own"] {
        let output = pack_in(&place.path, callers()[0], &["-o", link, "./app"]);
        assert_packed(&output);
        let is_link = fs::symlink_metadata(place.path.join(link)).expect("it is there");
        assert!(is_link.is_symlink(), "{link}");
        let there = match link {
            "link" => fs::read(&file).expect("a file"),
            "own" => fs::read(place.path.join("app")).expect("a file"),
            _ => output.stdout,
        };
        assert!(there == direct.stdout, "{link}");
    }
}

/// The whole way: an image of a static program boots, and the machine gives its status.
#[test]
fn an_image_boots() {
    let Some(mut machine) = Machine::new() else {
        return;
    };
    if !has("busybox") {
        return skip("no busybox");
    }
    let scratch = Scratch::new("boot");
    scratch.file("busybox", "", 0o755);
    fs::write(scratch.path.join("busybox"), vm::found("busybox")).expect("a file");
    scratch.file("data", "of a file\n", 0o600);
    let script = "/busybox cat /srv/data; /busybox stat -c '%a %u' /srv/data\n\
        for last; do :; done; case $last in 'the end'?) echo $# are kept;; esac; exit 42";
    let mut words = vec!["--file", "data:/srv/data", "./busybox", "sh", "-c"];
    let script = script.replace('\n', "; ");
    // More than fits into a page or two, and an end that looks like a line's.
    let many: Vec<String> = (0..20000).map(|number| number.to_string()).collect();
    words.push(&script);
    words.extend(many.iter().map(String::as_str));
    words.push("the end\r");
    let output = pack_in(&scratch.path, callers()[0], &words);
    assert_packed(&output);
    machine.image = Some(output.stdout);
    machine.words = "pidone.report=console".into();
    let ended = machine.boot();
    for line in ["of a file", "600 0", "20000 are kept", "pidone: exit 42"] {
        assert!(
            ended.console.lines().any(|one| one == line),
            "{line}: {}",
            ended.console
        );
    }
}
