//! Ranges of ids, with the real newuidmap(1) and newgidmap(1), and the command's user and groups.

mod support;

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use support::{
    Caller, Held, ORDINARY, Ran, Scratch, callers, command, eventually, has, is_alive, is_root,
    pidone, program, run, send, skip, status_field,
};

/// Users and groups of this test's own in the place of the machine's.
struct Stage {
    scratch: Scratch,
    /// What starts `pidone`: env(1), for one.
    starter: String,
}

impl Stage {
    /// Nothing, and a reason, where that cannot be.
    fn new() -> Option<Stage> {
        let lacking = ["unshare", "setpriv"].into_iter().find(|tool| !has(tool));
        if !is_root() || lacking.is_some() {
            skip("not root, or no unshare or setpriv");
            return None;
        }
        let scratch = Scratch::new("ids");
        for (name, content) in [
            (
                "passwd",
                "root:x:0:0::/root:/bin/sh\nann:x:33:44::/usr/lib:/bin/sh\n5:x:77:77::/:/bin/sh\n\
                caller:x:54321:54321::/:/bin/sh\nhomeless:x:9:9:::/bin/sh\n",
            ),
            (
                "group",
                "root:x:0:\ncaller:x:54321:\naudio:x:55:ann\nvideo:x:66:\n5:x:77:\n",
            ),
            ("subuid", "caller:100000:65536\nroot:3000000000:1000\n"),
            (
                "subgid",
                "54321:200000:1000\ncaller:300000:1000\nroot:3000000000:1000\n",
            ),
        ] {
            scratch.file(name, content, 0o644);
        }
        let starter = String::new();
        Some(Stage { scratch, starter })
    }

    /// `pidone run` with these words, which finds the test's files in /etc.
    fn pidone(&self, caller: Caller, words: &[&str]) -> Command {
        let become_caller = match caller {
            Caller::Root => String::new(),
            Caller::Ordinary => {
                format!("setpriv --reuid {ORDINARY} --regid {ORDINARY} --clear-groups")
            }
        };
        let script = format!(
            "for file in passwd group subuid subgid; do \
            [ -e /etc/$file ] || : >/etc/$file; mount --bind {0}/$file /etc/$file; done\n\
            exec {become_caller} {1} \"$@\"",
            self.scratch.path.display(),
            self.starter
        );
        let mut outer = command(Caller::Root, "unshare");
        outer.args(["-m", "/bin/sh", "-c", &script, "sh"]);
        outer.arg(program()).arg("run").args(words);
        outer
    }

    fn run(&self, caller: Caller, words: &[&str]) -> Ran {
        let output = self.pidone(caller, words).output();
        output.expect("unshare can be started").into()
    }
}

/// Whether the helpers are installed with the right that they need.
fn has_mappers() -> bool {
    let set_user_id = |tool: &str| {
        let folders = ["/usr/bin", "/bin"].iter();
        let mut files = folders.filter_map(|folder| fs::metadata(format!("{folder}/{tool}")).ok());
        files.any(|file| file.mode() & 0o4000 != 0)
    };
    let found = set_user_id("newuidmap") && set_user_id("newgidmap");
    if !found {
        skip("no newuidmap or newgidmap with a set-user-ID bit");
    }
    found
}

/// The words of a map.
fn numbers(map: &str) -> Vec<u64> {
    map.split_whitespace()
        .map(|word| word.parse().expect("a number"))
        .collect()
}

/// Prints the ids of all kinds, the maps and whether setgroups(2) works.
const SHOW: &str = "grep -E '^(Uid|Gid|Groups)' /proc/self/status | tr -s '\\t ' ' '; \
    tr -s ' ' </proc/self/uid_map; tr -s ' ' </proc/self/gid_map; cat /proc/self/setgroups";

fn shown(ran: Ran) -> Vec<String> {
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    ran.out
        .lines()
        .map(|line| line.trim().to_string())
        .collect()
}

#[test]
fn root_maps_ranges() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    let mut pidone = support::pidone(Caller::Root, &["run"]);
    pidone.args([
        "--map-users=0:100000:10",
        "--map-users",
        "10:4000000000:294967295",
    ]);
    pidone.args(["--map-groups=0:0:4294967295", "--uid=12"]);
    let held = Held::start(pidone);
    assert_eq!(
        numbers(&held.proc("uid_map")),
        [0, 100_000, 10, 10, 4_000_000_000, 294_967_295]
    );
    assert_eq!(numbers(&held.proc("gid_map")), [0, 0, 4_294_967_295]);
    assert_eq!(held.proc("setgroups"), "allow\n");
    // The third id of the second range, as it is outside.
    let status = held.proc("status");
    let ids = status_field(&status, "Uid").expect("ids");
    assert_eq!(numbers(&ids), [4_000_000_002; 4]);
    assert_eq!(held.end().code, Some(7));
}

#[test]
fn nobody_is_mapped_by_accident() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    let words = [
        "--map-users=0:100000:10",
        "--map-groups=0:100000:10",
        "/bin/sh",
        "-c",
        SHOW,
    ];
    let wanted = [
        "Uid: 0 0 0 0",
        "Gid: 0 0 0 0",
        "Groups:",
        "0 100000 10",
        "0 100000 10",
        "allow",
    ];
    assert_eq!(shown(run(Caller::Root, &words)), wanted);
    // Without a root inside one would be root outside and nobody inside, unless one is somebody.
    let words = [
        "--map-users=5:100000:10",
        "--map-groups=5:100000:10",
        "--setgroups=deny",
    ];
    let command = ["/bin/sh", "-c", SHOW];
    for (ids, missing) in [(&[][..], "--gid"), (&["--gid=7"], "--uid")] {
        let refused = run(Caller::Root, &[&words[..], ids, &command].concat());
        assert_eq!((refused.code, refused.out.as_str()), (Some(125), ""));
        let wanted = format!("with {missing} who the command is\n");
        assert!(refused.err.ends_with(&wanted), "{refused:?}");
    }
    let ids = ["--uid=6", "--gid=7"];
    let somebody = shown(run(Caller::Root, &[&words[..], &ids, &command].concat()));
    assert_eq!(somebody[..2], ["Uid: 6 6 6 6", "Gid: 7 7 7 7"]);
    assert_eq!(somebody.last().map(String::as_str), Some("deny"));
}

/// An image's user, by whom init is started with options for any.
#[test]
fn nobody_needs_a_right_to_stay_who_they_are() {
    let name = Command::new("id")
        .arg("-u")
        .output()
        .expect("id can be started");
    let own = match callers() {
        [Caller::Root, _] => ORDINARY.to_string(),
        _ => String::from_utf8(name.stdout)
            .expect("digits")
            .trim()
            .into(),
    };
    for words in [
        &["init", "--uid", &own][..],
        &["init", "--uid", &own, "--gid", &own],
    ] {
        let mut command = pidone(Caller::Ordinary, words);
        let ran: Ran = command
            .args(["id", "-u"])
            .output()
            .expect("it can be started")
            .into();
        assert_eq!((ran.out.trim(), ran.code), (&*own, Some(0)), "{ran:?}");
    }
    let ran: Ran = pidone(Caller::Ordinary, &["init", "--uid", "1", "id"])
        .output()
        .expect("it can be started")
        .into();
    assert_eq!(ran.code, Some(125), "{ran:?}");
}

#[test]
fn a_map_has_340_ranges() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    let ranges = |count: usize, first: u64| -> Vec<String> {
        let range = |at: usize| format!("--map-users={at}:{}:1", first + 2 * at as u64);
        (0..count).map(range).collect()
    };
    let run = |mut words: Vec<String>| {
        words.extend(["/bin/sh", "-c", "wc -l </proc/self/uid_map"].map(str::to_string));
        run(Caller::Root, &words)
    };
    let ran = run(ranges(340, 1000));
    assert_eq!((ran.out.trim(), ran.code), ("340", Some(0)), "{ran:?}");
    let hint =
        "EINVAL\nhint: a map has at most 340 ranges in 4095 bytes, of which no two overlap\n";
    let overlapping = ["--map-users=0:1000:5", "--map-users=4:2000:5"].map(str::to_string);
    let outside = ["--map-users=0:1000:5", "--map-users=9:1004:5"].map(str::to_string);
    for words in [
        ranges(341, 1000),
        ranges(340, 1_000_000_000),
        overlapping.to_vec(),
        outside.to_vec(),
    ] {
        let ran = run(words);
        assert!(ran.code == Some(125) && ran.err.ends_with(hint), "{ran:?}");
    }
}

#[test]
fn ids_that_are_not_ours_are_not_mapped() {
    let program = program().to_str().expect("text");
    for &caller in callers() {
        // Our own user namespace has one id.
        let ran = run(
            caller,
            &["-U", program, "run", "--map-users=0:5:10", "true"],
        );
        assert_eq!((ran.code, ran.out.as_str()), (Some(125), ""), "{caller:?}");
        let (sentence, hint) = ran.err.split_once('\n').expect("two lines");
        assert!(
            sentence.ends_with(": write(&proc, \"0 5 10\\n\", 7): EPERM"),
            "{sentence}"
        );
        assert!(
            hint.starts_with("hint: ids outside must be mapped"),
            "{hint}"
        );
    }
}

#[test]
fn subordinate_ids_are_mapped_for_everybody() {
    let Some(stage) = Stage::new() else { return };
    let root = shown(stage.run(Caller::Root, &["--map-auto", "/bin/sh", "-c", SHOW]));
    let wanted = [
        "Uid: 0 0 0 0",
        "Gid: 0 0 0 0",
        "Groups:",
        "0 0 1",
        "1 3000000000 1000",
        "0 0 1",
        "1 3000000000 1000",
        "allow",
    ];
    assert_eq!(root, wanted);
    if !has_mappers() {
        return;
    }
    let users = ["0 54321 1", "1 100000 65536"];
    let groups = ["0 54321 1", "1 200000 1000", "1001 300000 1000"];
    for (options, ids) in [
        (
            &["--map-auto"][..],
            ["Uid: 0 0 0 0", "Gid: 0 0 0 0", "Groups: 0"],
        ),
        (
            &["--map-auto", "--uid=33", "--gid=44", "--groups=1000,1001"],
            ["Uid: 33 33 33 33", "Gid: 44 44 44 44", "Groups: 1000 1001"],
        ),
        (
            &["--map-auto", "--uid=ann"],
            ["Uid: 33 33 33 33", "Gid: 44 44 44 44", "Groups:"],
        ),
    ] {
        let words = [options, &["/bin/sh", "-c", SHOW]].concat();
        let found = shown(stage.run(Caller::Ordinary, &words));
        let groups_line = found[2].replace("Groups: 0", "Groups:");
        assert_eq!(
            [&found[0], &found[1], &groups_line],
            ids.map(|id| if id == "Groups: 0" { "Groups:" } else { id }),
            "{options:?}"
        );
        assert_eq!(found[3..5], users, "{options:?}");
        assert_eq!(found[5..8], groups, "{options:?}");
        assert_eq!(found[8], "allow");
    }
    let words = [
        "--map-auto",
        "-c",
        "--setgroups=deny",
        "/bin/sh",
        "-c",
        SHOW,
    ];
    let found = shown(stage.run(Caller::Ordinary, &words));
    assert_eq!(found[0], "Uid: 54321 54321 54321 54321");
    assert_eq!(
        found[3..6],
        ["54321 54321 1", "0 100000 54321", "54322 154321 11215"]
    );
    assert_eq!(found.last().map(String::as_str), Some("deny"));
}

#[test]
fn files_belong_to_mapped_users() {
    let Some(stage) = Stage::new() else { return };
    if !has_mappers() {
        return;
    }
    let file = stage.scratch.path.join("file");
    let script = format!("touch {0}; chown +5:+7 {0}", file.display());
    let words = ["--map-auto", "/bin/sh", "-c", &script];
    assert_eq!(stage.run(Caller::Ordinary, &words).code, Some(0));
    let owner = fs::metadata(&file).expect("the file was made");
    assert_eq!((owner.uid(), owner.gid()), (100_004, 200_006));
}

#[test]
fn ranges_are_asked_for_and_refused() {
    let Some(stage) = Stage::new() else { return };
    if !has_mappers() {
        return;
    }
    let own = "--map-users=0:54321:1";
    let ran = stage.run(
        Caller::Ordinary,
        &[own, "--map-users=1:100100:100", "/bin/sh", "-c", SHOW],
    );
    let found = shown(ran);
    assert_eq!(
        found[3..],
        ["0 54321 1", "1 100100 100", "0 54321 1", "deny"]
    );
    for (options, program) in [
        (["--map-users=1:99999:2", own], "newuidmap"),
        (["--map-groups=0:300999:2", own], "newgidmap"),
    ] {
        let ran = stage.run(Caller::Ordinary, &[&options[..], &["true"]].concat());
        assert_eq!((ran.code, ran.out.as_str()), (Some(125), ""));
        let lines: Vec<&str> = ran.err.lines().collect();
        let [theirs, ours, hint] = lines[..] else {
            panic!("{ran:?}");
        };
        assert!(theirs.starts_with(&format!("{program}: ")), "{theirs}");
        assert!(
            ours.starts_with("pidone: step ") && ours.ends_with(", wait4: EPERM"),
            "{ours}"
        );
        assert!(
            ours.contains(&format!("{program}\", \"CHILD\", \"")),
            "{ours}"
        );
        assert!(
            hint.starts_with("hint: ") && hint.contains("/etc/subuid"),
            "{hint}"
        );
    }
}

#[test]
fn a_helper_that_fails_is_reported() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let folder = stage.scratch.path.clone();
    stage.starter = format!("env PATH=/nowhere:{}", folder.display());
    let run = |script: Option<(&str, u32)>| {
        let _ = fs::remove_file(folder.join("newuidmap"));
        if let Some((script, mode)) = script {
            stage.scratch.file("newuidmap", script, mode);
        }
        let words = ["--map-users=0:100000:5", "/bin/sh", "-c", "echo no"];
        stage.run(Caller::Ordinary, &words)
    };
    for (script, errno) in [
        (("#!/bin/sh\nexit 1\n", 0o755), "EPERM"),
        (("#!/bin/sh\nexit 22\n", 0o755), "EINVAL"),
        (("#!/bin/sh\nkill -9 $$\n", 0o755), "EPERM"),
        (("#!/bin/sh\nexit 1\n", 0o644), "EACCES"),
        (("no program\n", 0o755), "ENOEXEC"),
        // It says that it has, and has not.
        (("#!/bin/sh\nexit 0\n", 0o755), "EINVAL"),
    ] {
        let ran = run(Some(script));
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (Some(125), ""),
            "{script:?}: {ran:?}"
        );
        let first = ran.err.lines().next().expect("a sentence");
        assert!(
            first.ends_with(&format!(": {errno}")),
            "{script:?}: {first}"
        );
    }
    let ran = run(None);
    let sentence = "pidone: --map-users needs CAP_SETUID and CAP_SETGID, or newuidmap";
    assert!(
        ran.code == Some(125) && ran.err.starts_with(sentence),
        "{ran:?}"
    );
    assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
}

#[test]
fn a_helper_has_the_callers_signals_and_nothing_else() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let script = "#!/bin/sh\nenv >&2; grep SigBlk /proc/self/status >&2; exit 1\n";
    stage.scratch.file("newuidmap", script, 0o755);
    let folder = stage.scratch.path.display();
    stage.starter = format!("env SECRET=1 PATH={folder}:/usr/bin:/bin");
    let ran = stage.run(Caller::Ordinary, &["--map-users=0:100000:5", "true"]);
    assert!(ran.err.contains("SigBlk:\t0000000000000000\n"), "{ran:?}");
    assert!(!ran.err.contains("SECRET"), "{ran:?}");
}

#[test]
fn root_without_the_capabilities_asks_for_help() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    // That it may not is found out by trying.
    stage.starter = "setpriv --bounding-set -setuid env PATH=/nowhere".to_string();
    let ran = stage.run(Caller::Root, &["--map-users=0:100000:5", "true"]);
    let sentence = "pidone: --map-users needs CAP_SETUID and CAP_SETGID, or newuidmap";
    assert!(
        ran.code == Some(125) && ran.err.starts_with(sentence),
        "{ran:?}"
    );
    // The control: with the other one it may.
    stage.starter = "setpriv --bounding-set -setgid env PATH=/nowhere".to_string();
    let ran = stage.run(Caller::Root, &["--map-users=0:100000:5", "/bin/true"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
}

#[test]
fn users_and_groups_have_names() {
    let Some(stage) = Stage::new() else { return };
    let show = "grep -E '^(Uid|Gid|Groups)' /proc/self/status | tr -s '\\t ' ' '; pwd";
    for (options, wanted) in [
        (
            &["--uid=ann", "--chdir=~"][..],
            ["33", "44", "", "/usr/lib"],
        ),
        (
            &[
                "--uid",
                "ann",
                "--gid",
                "audio",
                "--groups",
                "video,4294967294",
            ],
            ["33", "55", "66 4294967294", "/"],
        ),
        (&["--uid=33", "--chdir", "~"], ["33", "0", "", "/usr/lib"]),
        // A number is a number, whoever is called so.
        (&["--uid=5", "--gid=5", "--groups=5"], ["5", "5", "5", "/"]),
        (&["--gid=caller"], ["0", "54321", "", "/"]),
        (&["--groups=audio"], ["0", "0", "55", "/"]),
        (
            &["--uid=4294967294", "--gid=2147483648"],
            ["4294967294", "2147483648", "", "/"],
        ),
    ] {
        let ran = stage.run(Caller::Root, &[options, &["/bin/sh", "-c", show]].concat());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{options:?}");
        let [user, group, groups, folder] = wanted;
        let four = |id| [id; 4].join(" ");
        let lines: Vec<&str> = ran.out.lines().map(str::trim_end).collect();
        let wanted = [
            format!("Uid: {}", four(user)),
            format!("Gid: {}", four(group)),
            format!("Groups: {groups}").trim_end().to_string(),
            folder.to_string(),
        ];
        assert_eq!(lines, wanted, "{options:?}");
    }
    for (options, name) in [
        ("--uid=annx", "\"annx\": not in /etc/passwd"),
        ("--uid=an", "\"an\": not in /etc/passwd"),
        ("--uid=33x", "\"33x\": not in /etc/passwd"),
        ("--gid=ann", "\"ann\": not in /etc/group"),
        ("--groups=audio,none", "\"none\": not in /etc/group"),
    ] {
        let ran = stage.run(Caller::Root, &[options, "true"]);
        assert!(ran.code == Some(125) && ran.err.contains(name), "{ran:?}");
        assert_eq!(ran.err.lines().count(), 1);
    }
    let ran = stage.run(Caller::Root, &["--uid=homeless", "--chdir=~", "true"]);
    assert!(
        ran.code == Some(125) && ran.err.contains("--chdir \"~\""),
        "{ran:?}"
    );
}

#[test]
fn another_user_has_the_capabilities_that_are_added() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    for (options, bits) in [
        (&["--uid=5"][..], "0000000000000000"),
        (
            &["--uid=5", "--cap-drop=ALL", "--cap-add=KILL"],
            "0000000000000020",
        ),
        (
            &["--uid=5", "-U", "--map-users=0:100000:9", "--cap-add=KILL"],
            "0000000000000020",
        ),
    ] {
        let show = "grep -E '^(Uid|CapEff|CapAmb)' /proc/self/status";
        let ran = run(Caller::Root, &[options, &["/bin/sh", "-c", show]].concat());
        let wanted = format!("Uid:\t5\t5\t5\t5\nCapEff:\t{bits}\nCapAmb:\t{bits}\n");
        assert_eq!((ran.out, ran.err.as_str()), (wanted, ""), "{options:?}");
    }
}

#[test]
fn an_ordinary_user_has_the_ids_that_are_mapped() {
    let Some(stage) = Stage::new() else { return };
    let show = "id -u; id -g; pwd";
    let words = [
        "--map-user=33",
        "--map-group=55",
        "--uid=ann",
        "--gid=audio",
        "--chdir=~",
    ];
    let ran = stage.run(
        Caller::Ordinary,
        &[&words[..], &["/bin/sh", "-c", show]].concat(),
    );
    assert_eq!(
        (ran.out.as_str(), ran.err.as_str()),
        ("33\n55\n/usr/lib\n", "")
    );
    let ran = stage.run(Caller::Ordinary, &["--uid=ann", "true"]);
    assert!(
        ran.code == Some(125) && ran.err.contains("setgid(44): EINVAL"),
        "{ran:?}"
    );
    assert!(ran.err.contains("hint: no such id is mapped"), "{ran:?}");
    let ran = stage.run(Caller::Ordinary, &["--groups=audio", "true"]);
    let said = "setgroups(1, [55]): EPERM\nhint: it takes CAP_SETUID and CAP_SETGID";
    assert!(ran.code == Some(125) && ran.err.contains(said), "{ran:?}");
}

#[test]
fn a_user_does_not_keep_the_callers_groups() {
    if !is_root() || !has("setpriv") {
        return skip("not root, or no setpriv");
    }
    let mut outer = command(Caller::Root, "setpriv");
    outer.args(["--groups", "4,6"]).arg(program());
    outer.args([
        "run",
        "--uid=5",
        "/bin/sh",
        "-c",
        "grep Groups /proc/self/status",
    ]);
    let ran = Ran::from(outer.output().expect("setpriv can be started"));
    assert_eq!(ran.out.trim(), "Groups:", "{ran:?}");
    // The control: without a user they stay.
    let mut outer = command(Caller::Root, "setpriv");
    outer.args(["--groups", "4,6"]).arg(program());
    outer.args(["run", "/bin/sh", "-c", "grep Groups /proc/self/status"]);
    let ran = Ran::from(outer.output().expect("setpriv can be started"));
    assert_eq!(ran.out.trim(), "Groups:\t4 6", "{ran:?}");
}

#[test]
fn another_user_dies_with_pidone_too() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    for options in [
        &["--uid=5"][..],
        &[
            "--map-users=0:100000:9",
            "--map-groups=0:100000:9",
            "--gid=6",
        ],
    ] {
        let mut pidone = support::pidone(Caller::Root, &["run"]);
        pidone.args(options);
        let held = Held::start(pidone);
        let pid = held.pid;
        assert!(is_alive(pid));
        send(held.supervisor, libc::SIGKILL);
        eventually("the command dies", || (!is_alive(pid)).then_some(()));
        drop(held);
    }
}

#[test]
fn the_setup_of_another_user_cannot_be_traced() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    // Held at the last step before it executes: it shares root's memory, and is this user already.
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut pidone = support::through_shell(
        Caller::Root,
        "exec 5<&0 </dev/null",
        &["run", "--uid=54321", "--gid=54321", "--block-fd=5", "true"],
    );
    let mut child = pidone.stdin(reader).spawn().expect("sh can be started");
    let inside = eventually("there is a child", || {
        let pid = *support::children(child.id()).first()?;
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        (status_field(&status, "Uid")? == "54321\t54321\t54321\t54321").then_some(pid)
    });
    for file in ["mem", "maps", "ns/net"] {
        let mut reader = command(Caller::Ordinary, "head");
        let ran = reader
            .args(["-c0", &format!("/proc/{inside}/{file}")])
            .output();
        let ran = Ran::from(ran.expect("head can be started"));
        assert!(ran.err.contains("Permission denied"), "{file}: {ran:?}");
    }
    drop(writer);
    assert_eq!(child.wait().expect("it ends").into_raw(), 0);
    // The control: what is that user's can be read.
    let ran = Ran::from(
        command(Caller::Ordinary, "head")
            .args(["-c0", "/proc/self/maps"])
            .output()
            .expect("head"),
    );
    assert_eq!(ran.code, Some(0));
    assert!(File::open("/proc/self/mem").is_ok());
}

#[test]
fn names_are_those_of_the_commands_root() {
    if !is_root() {
        return skip("not root");
    }
    let scratch = Scratch::new("root");
    let root = scratch.path.display().to_string();
    fs::create_dir_all(scratch.path.join("etc/real")).expect("a directory can be made");
    let passwd = "inner:x:77:88::/:/bin/sh\n";
    for name in ["passwd", "group"] {
        scratch.file(&format!("etc/real/{name}"), passwd, 0o644);
        // Absolute links lead somewhere inside.
        std::os::unix::fs::symlink(
            format!("/etc/real/{name}"),
            scratch.path.join("etc").join(name),
        )
        .expect("a link can be made");
    }
    let etc = format!("{root}/etc");
    let file = format!("{root}/etc/real/passwd");
    let show = |options: &[&str], name: &str| {
        let uid = format!("--uid={name}");
        run(
            Caller::Root,
            &[options, &["--explain", &uid, "true"]].concat(),
        )
    };
    for options in [
        &["--root", &root][..],
        &["--bind", &root, "/"],
        &[
            "--empty-root",
            "--dir",
            "/usr",
            "--ro-bind",
            &etc,
            "/etc/../etc",
        ][..3],
        &["--empty-root", "--ro-bind", &file, "/etc/passwd"],
        &["--ro-bind", &file, "//etc/./passwd"],
    ] {
        let known = options.len() != 3 || options[0] != "--empty-root";
        let ran = show(options, "inner");
        assert_eq!(
            ran.out.contains("setuid(77)"),
            known,
            "{options:?}: {ran:?}"
        );
        assert_eq!(
            ran.code,
            Some(if known { 0 } else { 125 }),
            "{options:?}: {ran:?}"
        );
    }
    // The host's are not asked for a root that is not the host's.
    for options in [
        &["--root", &root][..],
        &["--empty-root"],
        &["--tmpfs", "/etc"],
    ] {
        let ran = show(options, "daemon");
        assert!(
            ran.code == Some(125) && ran.err.contains("\"daemon\": not in /etc/passwd"),
            "{ran:?}"
        );
    }
    assert_eq!(show(&["--bind", "/", "/"], "daemon").code, Some(0));
}

#[test]
fn a_hostile_root_is_not_waited_for() {
    let [Caller::Root, _] = callers() else {
        return skip("not root");
    };
    let scratch = Scratch::new("hostile");
    fs::create_dir_all(scratch.path.join("etc")).expect("a directory can be made");
    let passwd = scratch.path.join("etc/passwd");
    let root = scratch.path.display().to_string();
    let link = |to: &str| {
        let _ = fs::remove_file(&passwd);
        std::os::unix::fs::symlink(to, &passwd).expect("a link can be made");
    };
    let make = |script: &str| {
        let _ = fs::remove_file(&passwd);
        let made = Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(&passwd)
            .status();
        assert!(made.expect("sh can be started").success());
    };
    let run = || {
        run(
            Caller::Root,
            &["--root", &root, "--explain", "--uid=daemon", "true"],
        )
    };
    for script in [
        "mkfifo $1",
        "mknod $1 c 1 5",
        "mkdir $1 && rmdir $1 && ln -s passwd $1",
        "truncate -s 1T $1",
    ] {
        make(script);
        let ran = run();
        assert!(
            ran.code == Some(125) && ran.err.contains("not in /etc/passwd"),
            "{script}: {ran:?}"
        );
    }
    // The host's own, by a way out.
    for to in [
        "/etc/passwd",
        "../../../../etc/passwd",
        "/proc/self/root/etc/passwd",
    ] {
        link(to);
        assert_eq!(run().code, Some(125), "{to}");
    }
}
