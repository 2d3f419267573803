//! Who the caller is inside a new user namespace: the maps, read from outside.

mod support;

use std::fs;
use std::os::unix::fs::MetadataExt;
use support::{Caller, Held, callers, has, pidone, run, skip, status_field};

/// The caller's own user and group id.
fn ids(caller: Caller) -> [u32; 2] {
    if caller == Caller::Ordinary && support::is_root() {
        return [support::ORDINARY; 2];
    }
    let own = fs::metadata("/proc/self").expect("there is a /proc");
    [own.uid(), own.gid()]
}

fn held(caller: Caller, options: &[&str]) -> Held {
    let mut command = pidone(caller, &["run"]);
    command.args(options);
    Held::start(command)
}

/// A map as this program sees it: inside, outside, how many.
fn map(held: &Held, file: &str) -> Vec<u32> {
    let numbers = held.proc(file);
    numbers
        .split_whitespace()
        .map(|word| word.parse().expect("a number"))
        .collect()
}

/// What the maps say with these options: the ids inside that stand for the caller's.
fn assert_maps(caller: Caller, options: &[&str], inside: [u32; 2]) {
    let [user, group] = ids(caller);
    let held = held(caller, options);
    assert_eq!(
        map(&held, "uid_map"),
        [inside[0], user, 1],
        "{options:?}, {caller:?}"
    );
    assert_eq!(
        map(&held, "gid_map"),
        [inside[1], group, 1],
        "{options:?}, {caller:?}"
    );
}

#[test]
fn the_caller_is_root_inside_by_default() {
    for &caller in callers() {
        assert_maps(caller, &["-U"], [0, 0]);
        assert_maps(caller, &["--map-root-user"], [0, 0]);
        assert_maps(caller, &["-r"], [0, 0]);
    }
    assert_maps(Caller::Ordinary, &[], [0, 0]);
}

#[test]
fn the_caller_may_keep_its_own_ids() {
    for &caller in callers() {
        assert_maps(caller, &["-c"], ids(caller));
        assert_maps(caller, &["--map-current-user"], ids(caller));
    }
}

#[test]
fn the_caller_may_be_anybody_inside() {
    for &caller in callers() {
        assert_maps(caller, &["--map-user", "5", "--map-group=6"], [5, 6]);
        assert_maps(caller, &["--map-user", "1000"], [1000, 0]);
        assert_maps(caller, &["--map-group", "1000"], [0, 1000]);
        assert_maps(
            caller,
            &["--map-user=4294967294", "--map-group=4294967294"],
            [4_294_967_294; 2],
        );
        let ran = run(
            caller,
            &[
                "--map-user",
                "5",
                "--map-group=6",
                "/bin/sh",
                "-c",
                "id -u; id -g",
            ],
        );
        assert_eq!(ran.out, "5\n6\n", "{caller:?}");
    }
}

#[test]
fn root_needs_no_map_without_a_user_namespace() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    let own = fs::read_to_string("/proc/self/uid_map").expect("our own map can be read");
    assert_eq!(held(Caller::Root, &[]).proc("uid_map"), own);
}

#[test]
fn a_namespaces_root_has_every_capability_inside_and_none_outside() {
    let last: u32 = fs::read_to_string("/proc/sys/kernel/cap_last_cap")
        .expect("a number")
        .trim()
        .parse()
        .expect("a number");
    let all = u64::MAX >> (63 - last);
    for &caller in callers() {
        let status = held(caller, &["-U"]).proc("status");
        for set in ["CapEff", "CapPrm", "CapBnd"] {
            let bits = status_field(&status, set).expect("a set of capabilities");
            assert_eq!(u64::from_str_radix(&bits, 16), Ok(all), "{set}, {caller:?}");
        }
    }
}

#[test]
fn setgroups_is_denied_unless_it_is_allowed() {
    for &caller in callers() {
        assert_eq!(
            held(caller, &["-U"]).proc("setgroups"),
            "deny\n",
            "{caller:?}"
        );
        assert_eq!(
            held(caller, &["--setgroups", "deny"]).proc("setgroups"),
            "deny\n",
            "{caller:?}"
        );
    }
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    let held = held(
        Caller::Root,
        &["--setgroups", "allow", "--map-user=7", "--map-group", "8"],
    );
    assert_eq!(held.proc("setgroups"), "allow\n");
    assert_eq!(
        (map(&held, "uid_map"), map(&held, "gid_map")),
        (vec![7, 0, 1], vec![8, 0, 1])
    );
}

#[test]
fn groups_can_be_set_inside_only_where_that_is_allowed() {
    if !has("setpriv") {
        return skip("no setpriv");
    }
    let words = ["/bin/sh", "-c", "setpriv --clear-groups true"];
    for &caller in callers() {
        let ran = run(caller, &[&["--setgroups=deny"][..], &words].concat());
        assert_ne!(ran.code, Some(0), "{caller:?}");
        assert!(ran.err.contains("not permitted"), "{ran:?}");
    }
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    let ran = run(Caller::Root, &[&["--setgroups=allow"][..], &words].concat());
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
}

#[test]
fn an_ordinary_user_is_told_why_setgroups_cannot_be_allowed() {
    let ran = run(Caller::Ordinary, &["--setgroups", "allow", "true"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(125), ""));
    let sentence = "pidone: --setgroups allow needs CAP_SETGID outside the new user namespace";
    assert!(ran.err.starts_with(sentence), "{ran:?}");
    assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
}

#[test]
fn root_without_admin_rights_gets_a_user_namespace_as_others_do() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    if !has("setpriv") {
        return skip("no setpriv");
    }
    let mut command = support::command(Caller::Root, "setpriv");
    command
        .args(["--bounding-set", "-sys_admin"])
        .arg(support::program())
        .arg("run");
    let held = Held::start(command);
    assert_eq!(map(&held, "uid_map"), [0, 0, 1]);
    assert_ne!(
        fs::read_link(format!("/proc/{}/ns/user", held.pid)).ok(),
        fs::read_link("/proc/self/ns/user").ok()
    );
}
