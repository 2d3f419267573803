//! `list`, beside what lsns(8) and /proc say.

mod support;

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use support::{
    Caller, Held, Ran, Scratch, callers, command, eventually, has, is_root, pidone, program, skip,
};

/// `pidone list` with these words.
fn list(caller: Caller, words: &[&str]) -> Ran {
    let words = [&["list"], words].concat();
    pidone(caller, &words)
        .output()
        .expect("pidone can be started")
        .into()
}

/// The namespaces that it prints for programs.
fn namespaces(ran: &Ran) -> Vec<Value> {
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let value: Value =
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    value["namespaces"].as_array().expect("an array").clone()
}

fn all(caller: Caller) -> Vec<Value> {
    namespaces(&list(caller, &["--json"]))
}

/// The inode number of a process's namespace.
fn inode(pid: u32, file: &str) -> u64 {
    let link = fs::read_link(format!("/proc/{pid}/ns/{file}")).expect("a link");
    let text = link.to_string_lossy().into_owned();
    let digits = text.split(['[', ']']).nth(1).expect("a number");
    digits.parse().expect("digits")
}

fn find(all: &[Value], inode: u64) -> Option<&Value> {
    all.iter().find(|one| one["ns"] == inode)
}

const TYPES: [&str; 8] = ["mnt", "uts", "ipc", "net", "pid", "user", "cgroup", "time"];

/// A process that says `ready`, and then waits for the end of its input.
struct Waiting(Child);

impl Waiting {
    fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it can be started");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("a pipe"))
            .read_line(&mut line)
            .expect("text");
        assert_eq!(line, "ready\n");
        Waiting(child)
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// A program in Python that then says `ready` and waits.
fn python(caller: Caller, script: &str) -> Command {
    let mut command = command(caller, "python3");
    let end = "print('ready', flush=True)\nsys.stdin.read()";
    let start = "import ctypes, os, sys\n\
        def unshare(flags):\n    assert ctypes.CDLL(None).unshare(flags) == 0\n";
    command.args(["-c", &format!("{start}{script}\n{end}")]);
    command
}

#[test]
fn it_says_what_lsns_says() {
    if !has("lsns") {
        return skip("no lsns");
    }
    for &caller in callers() {
        let held = Held::start(pidone(caller, &["run", "-a"]));
        // It gives up when a process ends under its eyes, as those of other tests do.
        let theirs: Value = support::eventually("lsns gets to the end", || {
            let lsns = command(caller, "lsns")
                .args(["--json", "-p", &held.pid.to_string()])
                .output();
            serde_json::from_slice(&lsns.expect("lsns can be started").stdout).ok()
        });
        let ours = namespaces(&list(caller, &["--json", "-p", &held.pid.to_string()]));
        let theirs = theirs["namespaces"].as_array().expect("an array");
        assert_eq!((ours.len(), theirs.len()), (8, 8), "{ours:?} {theirs:?}");
        for one in theirs {
            let same = find(&ours, one["ns"].as_u64().expect("a number")).expect("it is there");
            for key in ["type", "nprocs", "pid", "command"] {
                assert_eq!(same[key], one[key], "{caller:?} {key}");
            }
            // A user without a name is a number for us, and a text for lsns.
            let user = |value: &Value| value.as_str().map_or(value.to_string(), str::to_string);
            assert_eq!(user(&same["user"]), user(&one["user"]));
        }
    }
}

#[test]
fn it_says_what_proc_says() {
    for &caller in callers() {
        let held = Held::start(pidone(caller, &["run", "-a"]));
        let all = all(caller);
        let user = inode(held.pid, "user");
        for file in TYPES {
            let number = inode(held.pid, file);
            let one = find(&all, number).unwrap_or_else(|| panic!("{file} is there"));
            assert_eq!(one["type"], file);
            assert_eq!(
                (&one["nprocs"], &one["pid"]),
                (&1.into(), &held.pid.into()),
                "{one}"
            );
            assert_eq!(one["path"], format!("/proc/{}/ns/{file}", held.pid));
            assert_eq!(
                one["command"],
                "/bin/sh -c echo ready; read -r line; exit 7"
            );
            if file == "user" {
                assert_eq!(one["pns"], inode(std::process::id(), "user"), "{one}");
            } else {
                assert_eq!(one["ons"], user, "{one}");
            }
        }
        // Processes that both see are counted in the namespaces that both are in.
        let ours = find(&all, inode(std::process::id(), "uts")).expect("our own");
        assert!(ours["nprocs"].as_u64() > Some(1), "{ours}");
    }
}

#[test]
fn types_and_processes_can_be_chosen() {
    let caller = callers()[0];
    let held = Held::start(pidone(caller, &["run", "-u"]));
    let uts = namespaces(&list(caller, &["-t", "uts", "--json"]));
    assert!(uts.iter().all(|one| one["type"] == "uts"), "{uts:?}");
    assert!(find(&uts, inode(held.pid, "uts")).is_some());
    let pid = held.pid.to_string();
    let both = namespaces(&list(caller, &["-t", "uts", "-p", &pid, "--json"]));
    assert_eq!(both.len(), 1);
    assert_eq!(both[0]["ns"], inode(held.pid, "uts"));
    let ran = list(caller, &["-p", "4194304"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(125), ""));
    assert!(ran.err.contains("ENOENT is not there"), "{ran:?}");
}

#[test]
fn a_mounted_namespace_is_found_without_a_process() {
    if !is_root() {
        return skip("only root may mount here");
    }
    let scratch = Scratch::new("nsfs");
    let file = scratch.file("net", "", 0o644).display().to_string();
    let mut command = command(Caller::Root, "unshare");
    command.args(["-m", "sh", "-c"]).arg(format!(
        "unshare -n mount --bind /proc/self/ns/net {file} || exit 1; \
        {} list -t net --json; echo end; echo ready; read -r line",
        program().display()
    ));
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("unshare can be started");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let text: Vec<String> = lines
        .by_ref()
        .map_while(Result::ok)
        .take_while(|line| line != "end")
        .collect();
    assert_eq!(lines.next().expect("a line").expect("text"), "ready");
    let inside: Value = serde_json::from_str(&text.join("\n")).expect("JSON");
    let inside = inside["namespaces"].as_array().expect("an array");
    let one = inside
        .iter()
        .find(|one| one["nsfs"] == file)
        .expect("it is there");
    assert_eq!(
        (&one["nprocs"], &one["pid"], &one["path"]),
        (&0.into(), &Value::Null, &file.as_str().into())
    );
    assert_eq!(one["ons"], inode(std::process::id(), "user"));
    // Seen from another mount namespace the path leads through a process.
    let outside = all(Caller::Root);
    let same = find(&outside, one["ns"].as_u64().expect("a number")).expect("it is there");
    assert_eq!(same["path"], format!("/proc/{}/root{file}", child.id()));
    assert_eq!(same["ons"], one["ons"]);
    let table = list(Caller::Root, &["-t", "net"]);
    assert!(
        table
            .out
            .contains(&format!(" /proc/{}/root{file}\n", child.id())),
        "{table:?}"
    );
    drop(child.stdin.take());
    child.wait().expect("it ends");
    let gone = one["ns"].as_u64().expect("a number");
    eventually("the namespace ends", || {
        find(&all(Caller::Root), gone).is_none().then_some(())
    });
}

/// Whoever may make a mount namespace chooses such names, and root lists them.
#[test]
fn the_place_of_a_mounted_namespace_cannot_write_to_the_terminal() {
    let caller = callers()[0];
    let scratch = Scratch::new("place");
    let file = scratch.file("a b\n\x1b]0;\"\\012", "", 0o644);
    let script = "mount --bind /proc/self/ns/net \"$1\" || exit 1; echo ready; read -r line";
    let mut unshare = command(caller, "unshare");
    unshare
        .args(["-r", "-m", "-n", "sh", "-c", script, "sh"])
        .arg(&file);
    let waiting = Waiting::start(unshare);
    let net = inode(waiting.pid(), "net");
    let all = all(caller);
    let one = find(&all, net).expect("it is there");
    let place = file.display().to_string().replace(['\n', '\x1b'], "?");
    assert_eq!(one["nsfs"], format!("/proc/{}/root{place}", waiting.pid()));
    drop(waiting);
    if !is_root() {
        return skip("only root may mount here");
    }
    let mut unshare = command(caller, "unshare");
    let script = format!(
        "unshare -n mount --bind /proc/self/ns/net \"$1\" || exit 1; {} list -t net",
        program().display()
    );
    unshare.args(["-m", "sh", "-c", &script, "sh"]).arg(&file);
    let ran: Ran = unshare.output().expect("unshare can be started").into();
    let owner = inode(std::process::id(), "user");
    assert!(ran.out.contains(&format!(" {owner} {place}\n")), "{ran:?}");
}

#[test]
fn an_open_descriptor_keeps_a_namespace() {
    for &caller in callers() {
        let script = "user = os.open('/proc/self/ns/user', 0)\n\
            pid = os.fork()\n\
            if pid == 0:\n    unshare(0x10000000)\n    os.kill(os.getpid(), 19)\n    os._exit(0)\n\
            os.waitpid(pid, 2)\n\
            os.dup2(os.open(f'/proc/{pid}/ns/user', 0), 77)\n\
            os.kill(pid, 9)\nos.waitpid(pid, 0)";
        let waiting = Waiting::start(python(caller, script));
        let path = format!("/proc/{}/fd/77", waiting.pid());
        let number = fs::read_link(&path).expect("a link").display().to_string();
        let all = all(caller);
        let one = all
            .iter()
            .find(|one| number == format!("user:[{}]", one["ns"]))
            .expect("it is there");
        assert_eq!((&one["nprocs"], &one["pid"]), (&0.into(), &Value::Null));
        assert_eq!(one["pns"], inode(waiting.pid(), "user"), "{one}");
        let uid = if caller == Caller::Root {
            0
        } else {
            support::ORDINARY
        };
        let expected = if is_root() {
            uid.into()
        } else {
            one["uid"].clone()
        };
        assert_eq!(one["uid"], expected, "{one}");
    }
}

#[test]
fn what_children_will_be_in_and_what_is_above_are_found() {
    for &caller in callers() {
        // Two user namespaces, of which nobody is in the first; and a time namespace for children.
        let script = "ids = os.getuid(), os.getgid()\n\
            unshare(0x10000000)\n\
            open('/proc/self/setgroups', 'w').write('deny')\n\
            open('/proc/self/uid_map', 'w').write('0 %d 1' % ids[0])\n\
            open('/proc/self/gid_map', 'w').write('0 %d 1' % ids[1])\n\
            unshare(0x10000000)\n\
            unshare(0x80)";
        let waiting = Waiting::start(python(caller, script));
        let all = all(caller);
        let link = |name: &str| inode(waiting.pid(), name);
        let time = find(&all, link("time_for_children")).expect("it is there");
        assert_eq!(
            (&time["type"], &time["nprocs"]),
            (&"time".into(), &0.into())
        );
        assert_eq!(
            time["path"],
            format!("/proc/{}/ns/time_for_children", waiting.pid())
        );
        let inner = find(&all, link("user")).expect("it is there");
        assert_eq!(time["ons"], inner["ns"]);
        let outer = find(&all, inner["pns"].as_u64().expect("a parent")).expect("it is there");
        assert_eq!(
            (&outer["nprocs"], &outer["path"]),
            (&0.into(), &Value::Null)
        );
        assert_eq!(outer["pns"], inode(std::process::id(), "user"));
        assert_eq!(outer["uid"], inner["uid"]);

        let tree = list(caller, &["--tree"]).out;
        let depth = |number: &Value| {
            let line = tree
                .lines()
                .find(|line| line.trim_start().starts_with(&format!("{number} ")));
            let line = line.unwrap_or_else(|| panic!("{number}: {tree}"));
            line.len() - line.trim_start().len()
        };
        let depths = [&outer["ns"], &inner["ns"], &time["ns"]].map(depth);
        assert_eq!(depths, [2, 4, 6], "{tree}");
        // The tree has what the list has.
        let count = tree.lines().count();
        assert!(count > 8 && tree.starts_with("NS "), "{tree}");
    }
}

#[test]
fn two_thousand_namespaces_take_little_memory() {
    if !is_root() {
        return skip("only root may make so many");
    }
    let script = "import resource\n\
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))\n\
        kept = []\n\
        for one in range(2000):\n    unshare(0x4000000)\n    kept.append(os.open('/proc/self/ns/uts', 0))";
    let waiting = Waiting::start(python(Caller::Root, script));
    let path = format!("/proc/{}/fd", waiting.pid());
    let kept: Vec<String> = fs::read_dir(path)
        .expect("a folder")
        .filter_map(|entry| {
            Some(
                fs::read_link(entry.ok()?.path())
                    .ok()?
                    .display()
                    .to_string(),
            )
        })
        .filter(|link| link.starts_with("uts:["))
        .collect();
    assert_eq!(kept.len(), 2000);
    let all = all(Caller::Root);
    let found: std::collections::HashSet<String> = all
        .iter()
        .map(|one| format!("uts:[{}]", one["ns"]))
        .collect();
    assert!(kept.iter().all(|link| found.contains(link)));
    assert_eq!(found.len(), all.len(), "each is there once");

    // The table is longer than a pipe, so that it waits with all of it in memory.
    let mut command = pidone(Caller::Root, &["list"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("pidone can be started");
    let peak = eventually("it writes", || {
        let waits = support::state(child.id()) == 'S';
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
        support::status_field(&status, "VmHWM").filter(|_| waits)
    });
    let peak: u32 = peak.trim_end_matches(" kB").parse().expect("a number");
    assert!(peak < 2000, "{peak} KiB");
    let mut table = String::new();
    std::io::Read::read_to_string(child.stdout.as_mut().expect("a pipe"), &mut table)
        .expect("text");
    assert!(table.lines().count() > 2000 && child.wait().expect("it ends").success());
}

#[test]
fn processes_may_come_and_go() {
    let caller = callers()[0];
    let mut storm = command(caller, "sh")
        .args([
            "-c",
            "while :; do for n in 1 2 3 4 5 6 7 8; do (:) & done; wait; done",
        ])
        .process_group(0)
        .spawn()
        .expect("a shell can be started");
    for _ in 0..30 {
        let all = all(caller);
        for file in TYPES {
            let one = find(&all, inode(std::process::id(), file)).expect("our own are there");
            assert!(one["nprocs"].as_u64() > Some(0), "{one}");
        }
        assert!(
            all.iter()
                .all(|one| TYPES.iter().any(|name| one["type"] == *name))
        );
    }
    support::send(storm.id().wrapping_neg(), libc::SIGKILL);
    storm.wait().expect("it ends");
}

#[test]
fn what_is_not_ours_to_see_is_counted() {
    if !is_root() {
        return skip("only root can play two users");
    }
    let held = Held::start(pidone(Caller::Root, &["run", "-u"]));
    let ran = list(Caller::Ordinary, &["--json"]);
    assert!(find(&namespaces(&ran), inode(held.pid, "uts")).is_none());
    let count = ran
        .err
        .strip_prefix("pidone: ")
        .and_then(|rest| rest.split(' ').next());
    let count: usize = count.expect("a number").parse().expect("a number");
    assert!(count > 1, "{ran:?}");
    assert!(
        ran.err
            .contains(" could not be looked at: EACCES is another user's"),
        "{ran:?}"
    );

    // Where others are not even visible, nobody is counted.
    let script = "mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid 54399 --regid 54399 --clear-groups \"$@\"";
    let mut hidden = command(Caller::Root, "unshare");
    hidden
        .args(["-m", "sh", "-c", script, "sh"])
        .arg(program())
        .args(["list", "--json"]);
    let ran: Ran = hidden.output().expect("unshare can be started").into();
    assert_eq!(ran.err, "");
    assert!(namespaces(&ran).iter().all(|one| one["pid"] != held.pid));
    assert!(find(&namespaces(&ran), inode(std::process::id(), "uts")).is_some());
}

#[test]
fn it_works_in_a_chroot_and_says_when_there_is_no_proc() {
    if !is_root() {
        return skip("chroot needs root");
    }
    let scratch = Scratch::new("chroot");
    let root = scratch.path.display().to_string();
    support::copy_program(program(), &scratch.path.join("pidone"));
    fs::create_dir(scratch.path.join("proc")).expect("a directory can be made");
    let run = |script: &str| -> Ran {
        let mut unshare = command(Caller::Root, "unshare");
        unshare.args(["-m", "sh", "-c", script, "sh", &root]);
        unshare.output().expect("unshare can be started").into()
    };
    let ran = run("mount --rbind /proc $1/proc && chroot $1 /pidone list --json");
    assert!(
        find(&namespaces(&ran), inode(std::process::id(), "uts")).is_some(),
        "{ran:?}"
    );
    let ran = run("chroot $1 /pidone list");
    assert_eq!((ran.code, ran.out.as_str()), (Some(125), ""));
    assert_eq!(ran.err, "pidone: cannot read /proc: ENOENT\n");
}

#[test]
fn lines_fit_the_terminal() {
    if !has("script") {
        return skip("no script");
    }
    let held = Held::start(pidone(callers()[0], &["run", "-u"]));
    let line = |columns: u32| {
        let words = format!(
            "stty cols {columns}; {} list -t uts -p {}",
            program().display(),
            held.pid
        );
        let mut script = command(callers()[0], "script");
        let ran: Ran = script
            .args(["-qec", &words, "/dev/null"])
            .output()
            .expect("script")
            .into();
        let line = ran.out.lines().find(|line| {
            line.starts_with(|first: char| first.is_ascii_digit()) && line.contains(" uts ")
        });
        line.unwrap_or_else(|| panic!("{ran:?}"))
            .trim_end_matches('\r')
            .to_string()
    };
    assert_eq!(line(60).len(), 60);
    assert!(line(200).ends_with("exit 7"), "{}", line(200));
    // Into a pipe goes everything.
    let whole = list(callers()[0], &["-t", "uts", "-p", &held.pid.to_string()]);
    assert!(
        whole
            .out
            .ends_with(" /bin/sh -c echo ready; read -r line; exit 7\n"),
        "{whole:?}"
    );
}

#[test]
fn a_command_cannot_write_to_the_terminal() {
    let caller = callers()[0];
    let mut unshare = python(
        caller,
        "unshare(0x10000000)\n\
        if sys.argv[1:]: os.execv(sys.executable, [b'x\\x1b]0;\\xc2\\x9b\\ty', '-c', sys.argv[1]])",
    );
    unshare.arg("import sys; print('ready', flush=True); sys.stdin.read()");
    let waiting = Waiting::start(unshare);
    let ran = list(caller, &["-t", "user", "-p", &waiting.pid().to_string()]);
    assert!(ran.out.contains(" x?]0;??"), "{ran:?}");
    assert!(
        ran.out
            .bytes()
            .all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)),
        "{ran:?}"
    );
    let one = &namespaces(&list(caller, &["--json", "-p", &waiting.pid().to_string()]))[0];
    assert!(one["command"].as_str().is_some(), "{one}");
}

#[test]
fn the_eight_types_are_described() {
    let ran = list(callers()[0], &["--types"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 9, "{ran:?}");
    for (line, file) in lines[1..].iter().zip(TYPES) {
        let here = if fs::exists(format!("/proc/self/ns/{file}")).unwrap_or(false) {
            "yes"
        } else {
            "no"
        };
        let cells: Vec<&str> = line.split_whitespace().collect();
        assert_eq!((cells[0], cells[4]), (file, here), "{line}");
    }
    let flags = [
        ("mnt", "CLONE_NEWNS", libc::CLONE_NEWNS),
        ("net", "CLONE_NEWNET", libc::CLONE_NEWNET),
        ("user", "CLONE_NEWUSER", libc::CLONE_NEWUSER),
    ];
    let ran = list(callers()[0], &["--types", "--json"]);
    let value: Value = serde_json::from_str(&ran.out).expect("JSON");
    for (name, flag, number) in flags {
        let all = value["types"].as_array().expect("an array");
        let one = all
            .iter()
            .find(|one| one["type"] == name)
            .expect("it is there");
        assert_eq!(
            (&one["flag"], &one["value"]),
            (&flag.into(), &format!("{number:#010x}").into())
        );
    }
}
