//! Every system call for a view of file systems refused once: the view is right nevertheless, or there
//! is none; and nothing stays that was made for it.

use crate::attempt::{Attempt, can_fail};
use crate::place::{Place as Ground, Root};
use crate::support::{Caller, Ran, callers, through_shell};
use crate::sweep::{all_places, judge};
use std::fs;

const OPEN: &str = "exec 8</dev/null 9</proc/version";

/// Every kind of operation. Some make places among the files of the root.
fn operations(ground: &Ground) -> Vec<String> {
    let [one, two] = ["one", "two"].map(|name| ground.source(name));
    let [a, b, c] = ["a", "b", "c"].map(|name| ground.folder(name));
    let line = format!(
        "--ro-bind {one} {a} --bind {two} /in/new/bind --tmpfs {b} --dir {b}/x --symlink x {b}/y --dev /dev \
        --file 8 /in/file --ro-bind-data 9 /in/data --dir /in/folder --symlink x /in/link --chmod 0711 {b}/x \
        --overlay-src {one} --overlay-src {two} --tmp-overlay {c} --mask /etc --remount-ro {b} --read-only"
    );
    let options = ground.options().into_iter();
    let line = line.split_whitespace().map(str::to_string);
    options.chain(line).collect()
}

/// A command that ends as a right one does if it sees what was wished.
fn command(ground: &Ground, options: &[&str]) -> Vec<String> {
    let look = "grep -c . /proc/self/mountinfo; stat -c %a /in/b/x; ls -A /etc /in/b; readlink /in/b/y; \
        cat /in/a/which /in/new/bind/which /in/c/which /in/data; ls /dev; \
        { >/in/b/new; >/in/a/new; >/new; } 2>&1 | tr -d \"'\"";
    let mut words = vec!["run"];
    words.extend(options);
    words.extend(["/bin/sh", "-c", look]);
    let run = through_shell(ground.caller, OPEN, &words).output();
    let run = Ran::from(run.expect("a shell can be started"));
    assert!(run.out.contains("one\ntwo\ntwo\nLinux"), "{run:?}");
    clean(ground);
    let script = format!(
        "[ \"$({look})\" = '{}' ] && exit 7; exit 99",
        run.out.trim_end()
    );
    ["/bin/sh", "-c", &script].map(str::to_string).to_vec()
}

/// What a right run leaves among the files of the root, taken away; whether there was something.
fn clean(ground: &Ground) -> bool {
    let mut found = false;
    for name in ["new/bind", "new", "folder"] {
        found |= fs::remove_dir(ground.directory().join("in").join(name)).is_ok();
    }
    for name in ["file", "data", "link"] {
        found |= fs::remove_file(ground.directory().join("in").join(name)).is_ok();
    }
    found
}

fn sweep(caller: Caller, errno: &str) {
    if !can_fail() {
        return;
    }
    let ground = Ground::new(caller, Root::Directory);
    let all = operations(&ground);
    let options: Vec<&str> = all.iter().map(String::as_str).collect();
    let words = command(&ground, &options);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let places = all_places(caller, "run", OPEN, &options);
    assert!(places.len() > 80, "{places:?}");
    assert!(clean(&ground), "the control: a right run makes something");
    let mut wrong = Vec::new();
    for place in places {
        let faults = place.refuse(errno);
        let attempt = Attempt {
            waits_in_vain: place.name == "wait4",
            faults: &faults,
            setup: OPEN,
            ..Attempt::new(caller)
        };
        let ran = attempt.run(&[&options[..], &words].concat());
        let mut judged = judge(&place, &ran);
        if clean(&ground) && ran.code != Some(7) && place.name != "wait4" {
            judged = Err("something was left in the root");
        }
        if let Err(what) = judged {
            wrong.push(format!("{caller:?}, {place:?}: {what}: {ran:?}"));
        }
    }
    assert!(wrong.is_empty(), "{errno}:\n{}", wrong.join("\n"));
}

#[test]
fn no_call_for_a_view_that_is_not_permitted_is_overlooked() {
    callers().iter().for_each(|&caller| sweep(caller, "EPERM"));
}

#[test]
fn no_call_for_a_view_that_lacks_memory_is_overlooked() {
    sweep(callers()[0], "ENOMEM");
}

#[test]
fn no_call_for_a_view_that_is_interrupted_is_overlooked() {
    sweep(callers()[0], "EINTR");
}
