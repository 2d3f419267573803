//! Golden plans: words in, the text of `--explain` out. No privilege is needed, and no kernel asked.
//!
//! A file in `tests/golden` begins with what it is about, and holds cases:
//!
//! ```text
//! --- user 1000:100 clone3=no          who calls, and what else is known of the machine
//! # A reason, where one is needed.
//! SHELL=/bin/zsh                       the caller's environment
//! $ pidone run -u 'two words'          single quotes keep a word together, \xff is a byte
//! the plan, or `error: ` and the sentence
//! ```
//!
//! The facts are `capabilities=none` or `capabilities=admin`, `clone3=no`, `sigchld=ignored`,
//! `refused=NS,...`, `last-capability=N`, `filters=N,...` (what was read, in instructions),
//! `own=PID`, `differs=NS,...` and `cgroups=FILE,...` for who enters another's namespaces,
//! `caller=PID` (a library's caller, with threads), `mappers=yes` (newuidmap and newgidmap are there) and
//! `accounts=yes` (the files say what [`ACCOUNTS`] does), for each hierarchy of cgroups `v2=DIRECTORY:CONTROLLERS`
//! or `v1=DIRECTORY:CONTROLLERS`, and those of the view: `new_mounts=no`, `mountinfo=POINT:OPTIONS,...`,
//! `pivot_root=no`, `directory=PATH`, `terminal=PATH`, and `seen=WHAT:THERE:REAL,...` with the kind of a source or
//! the content of a descriptor, the length of the place that is there, and the source without links, for the root,
//! the fresh /proc and each operation (`idmap=FD` for the only one); for `init` also `pid=1`, `parent=PID`,
//! `foreground=FD` and `pointers=BYTES`, and `machine=memory`, `machine=disk` (where the root of the machine is
//! that it is the first process of) or `machine=closed` (standard input is, too). After the plan stands what a
//! plan holds and `--explain` does not show. With `against=default` only the lines stand there in which the plan
//! differs from that of `pidone run /bin/true` for the same caller, each with its neighbours and without its
//! number.
//!
//! `PIDONE_BLESS=1 cargo test --test golden` writes all expected texts anew: read what it changed.

use pidone::cli::{Name, Request, Wish, parse};
use pidone::compile::{boot, compile};
use pidone::config::Machine;
use pidone::host::{Cgroup, Hardware, Host, Kind, Seen};
use pidone::names::{self, Ns, NsSet, Sys, Verb, options};
use pidone::plan::{Arg, Call, Init, Plan, Refusal, Shown, Slot, Watch, Who};
use pidone::{Strings, ThinCStr, Words};
use std::ffi::CString;
use std::fmt::Write;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Users, groups, the caller's users, subordinate groups and users.
const ACCOUNTS: [&[u8]; 5] = [
    b"root:x:0:0::/root:/bin/sh\nann:x:33:44::/home/ann:/bin/sh\nwrong:x:4294967295:1x::/:\n",
    b"root:x:0:\naudio:x:55:ann\nvideo:x:66:\nwrong:x:-1:\n",
    b"root:x:0:0:::\ncaller:x:1000:100:::\n",
    b"other:1:2\ncaller:200000:50\n1000:300000:10\n",
    b"caller:100000:65536\nroot:500000:1000\n",
];

/// A file of cases.
struct Golden {
    path: PathBuf,
    about: String,
    cases: Vec<Case>,
}

/// One case, as its lines stand in the file.
struct Case {
    /// The line `--- ` and those up to the words.
    head: String,
    facts: String,
    environment: Vec<String>,
    line: String,
    expected: String,
}

fn golden() -> Vec<Golden> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(read).collect()
}

fn read(path: PathBuf) -> Golden {
    let text = fs::read_to_string(&path).expect("text");
    let (about, cases) = text.split_once("--- ").expect("a case");
    let cases = cases
        .split("\n--- ")
        .map(|case| read_case(case, &path))
        .collect();
    Golden {
        about: about.to_string(),
        path,
        cases,
    }
}

fn read_case(text: &str, path: &Path) -> Case {
    let (before, rest) = text
        .split_once("\n$ ")
        .unwrap_or_else(|| panic!("{path:?}: no words in {text}"));
    let (line, expected) = rest.split_once('\n').unwrap_or((rest, ""));
    let mut lines = before.lines();
    let facts = lines.next().unwrap_or("").to_string();
    let environment = lines
        .filter(|line| !line.starts_with('#'))
        .map(str::to_string)
        .collect();
    Case {
        head: format!("--- {before}\n$ {line}\n"),
        facts,
        environment,
        line: line.to_string(),
        expected: expected.trim_end().to_string() + "\n",
    }
}

/// The words of a line, as a shell would split it.
fn split(line: &str) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = Vec::new();
    let (mut open, mut quoted) = (false, false);
    let mut rest = line;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        if letter == ' ' && !quoted {
            open = false;
            continue;
        }
        if !open {
            words.push(Vec::new());
            open = true;
        }
        let word = words.last_mut().unwrap();
        match (letter, rest.strip_prefix('x')) {
            ('\'', _) => quoted = !quoted,
            ('\\', Some(hex)) => {
                word.push(u8::from_str_radix(&hex[..2], 16).expect("two hexadecimal digits"));
                rest = &hex[2..];
            }
            _ => word.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    words
}

/// An array as the kernel hands it to a program. It lives as long as the test.
fn strings(texts: impl Iterator<Item = Vec<u8>>) -> &'static Strings<'static> {
    let whole = |text| Box::leak(CString::new(text).expect("no NUL").into_boxed_c_str());
    let texts = texts.map(|text| Some(ThinCStr::from(&*whole(text))));
    texts.chain([None]).collect::<Vec<_>>().leak()
}

fn host(case: &Case) -> Host<'static> {
    let mut facts = case.facts.split(' ');
    let (euid, egid) = match facts.next() {
        Some("root") => (0, 0),
        Some("user") => {
            let (user, group) = facts.next().unwrap().split_once(':').expect("UID:GID");
            (user.parse().unwrap(), group.parse().unwrap())
        }
        _ => panic!("neither root nor user: {}", case.facts),
    };
    let mut host = Host::with_ids(euid, egid);
    host.image = [b"constants", b"code"];
    let pairs = case
        .environment
        .iter()
        .map(|pair| pair.clone().into_bytes());
    host.environment = strings(pairs);
    let mut hierarchies = Vec::new();
    for fact in facts {
        match fact.split_once('=').expect("a fact with a value") {
            ("capabilities", "none") => host.capabilities = Some(0),
            ("capabilities", "admin") => host.capabilities = Some(1 << 21),
            ("clone3", "no") => host.clone3 = false,
            ("sigchld", "ignored") => host.sigchld_ignored = true,
            ("refused", list) => host.refused = set(list),
            ("last-capability", number) => host.last_capability = number.parse().unwrap(),
            ("filters", lengths) => host.filters = filters(lengths),
            ("mappers", "yes") => {
                let paths = ["/bin/newgidmap", "/bin/newuidmap"].map(|path| path.into());
                let paths = strings(paths.into_iter());
                host.mappers = [paths[0], paths[1]];
            }
            ("accounts", "yes") => host.accounts = ACCOUNTS,
            (version @ ("v1" | "v2"), parent) => hierarchies.push(cgroup(version == "v2", parent)),
            ("caller", pid) => host.shared_with = pid.parse().ok(),
            ("new_mounts", "no") => host.new_mounts = false,
            ("mountinfo", lines) => host.mountinfo = mountinfo(lines),
            ("pivot_root", "no") => host.pivot_root = false,
            ("directory", path) => host.directory = path.to_string().leak().as_bytes(),
            ("terminal", path) => host.terminal = path.to_string().leak().as_bytes(),
            ("idmap", fd) => {
                let seen = Seen {
                    idmap: fd.parse().ok(),
                    ..Seen::default()
                };
                host.operations = vec![Seen::default(), seen].leak();
            }
            ("seen", list) => host.operations = seen(list),
            ("differs", list) => host.target.differs = set(list),
            ("own", pid) => host.target.own = pid.parse().unwrap(),
            ("cgroups", paths) => host.target.cgroups = cgroups(paths),
            ("against", "default") => {}
            ("memfd_exec", "no") => host.memfd_exec = false,
            ("blocked", set) => host.blocked = u64::from_str_radix(set, 16).unwrap(),
            ("pid", "1") => host.first = true,
            ("machine", _) => (host.machine, host.first) = (true, true),
            ("parent", pid) => host.parent = pid.parse().expect("a process id"),
            ("foreground", fd) => host.foreground = fd.parse().ok(),
            ("window", size) => host.window = size.parse().expect("a number"),
            ("pointers", length) => {
                host.pointers = length.parse().ok().map(|length| (4096, length))
            }
            _ => panic!("unknown: {fact}"),
        }
    }
    host.cgroups = hierarchies.leak();
    host
}

/// `DIRECTORY:CONTROLLERS`
fn cgroup(unified: bool, parent: &str) -> Cgroup<'static> {
    let (parent, controllers) = parent.split_once(':').expect("controllers");
    let name = if unified { "/inside" } else { "" };
    let folder = format!("{parent}/pidone-4242-7");
    let [parent, inside, folder] = [parent.to_string(), format!("{folder}{name}"), folder]
        .map(|path| strings([path.into_bytes()].into_iter())[0].expect("it is there"));
    Cgroup {
        parent,
        folder,
        inside,
        mount: c"/sys/fs/cgroup".into(),
        nodes: c"0-1".into(),
        unified,
        controllers: names::cgroup::controllers(controllers.as_bytes()),
    }
}

/// Filters with so many instructions each.
fn filters(lengths: &str) -> &'static [&'static [u8]] {
    let lengths = lengths.split(',').map(|length| length.parse().unwrap());
    let filter = |length: usize| -> &[u8] { vec![0; length * 8].leak() };
    lengths.map(filter).collect::<Vec<_>>().leak()
}

/// Mount points with their options, such as `/usr:ro+nodev`, with commas between.
fn mountinfo(list: &str) -> &'static [u8] {
    let lines = list.split(',').map(|mount| {
        let (point, options) = mount.split_once(':').expect("POINT:OPTIONS");
        format!(
            "1 1 0:1 / {point} {} - ext4 dev rw\n",
            options.replace('+', ",")
        )
    });
    lines.collect::<String>().leak().as_bytes()
}

/// What was seen of each operation: what its source or descriptor has, and how much of its place is there.
fn seen(list: &str) -> &'static [Seen<'static>] {
    let one = |text: &str| {
        let mut parts = text.split(':');
        let (kind, data) = match parts.next() {
            Some("directory") => (Kind::Directory, ""),
            Some("file") => (Kind::File, ""),
            Some("missing") => (Kind::Missing, ""),
            Some("") => (Kind::Unknown, ""),
            data => (Kind::Unknown, data.unwrap()),
        };
        Seen {
            kind,
            data: data.to_string().leak().as_bytes(),
            there: parts
                .next()
                .filter(|text| !text.is_empty())
                .map(|text| text.parse().unwrap()),
            idmap: None,
            real: parts.next().unwrap_or("").to_string().leak().as_bytes(),
        }
    };
    list.split(',').map(one).collect::<Vec<_>>().leak()
}

fn set(list: &str) -> NsSet {
    let named = list
        .split(',')
        .map(|name| Ns::named(name.as_bytes()).expect("a namespace"));
    named.fold(NsSet::NONE, NsSet::with)
}

/// What comes of a case.
fn outcome(case: &Case, inspect: &mut dyn FnMut(&Plan)) -> String {
    let found = planned(case, &case.line, inspect);
    if !case.facts.ends_with("against=default") {
        return found;
    }
    compare(&planned(case, "pidone run /bin/true", &mut |_| {}), &found)
}

/// What comes of these words, for the caller of the case.
fn planned(case: &Case, line: &str, inspect: &mut dyn FnMut(&Plan)) -> String {
    let words = Words::default();
    let mut arguments = split(line).into_iter();
    let name = Name::of(&arguments.next().expect("a program"));
    let host = host(case);
    let mut request = Request::default();
    if let Err(error) = parse(
        &mut request,
        name,
        strings(arguments),
        host.environment,
        &words,
    ) {
        return format!("error: {error}\n");
    }
    let Request {
        wish,
        config,
        timing,
        verb,
        view,
        pack,
        ..
    } = &request;
    if !matches!(wish, Wish::Do | Wish::Explain) {
        return format!("no run: {wish:?}\n");
    }
    if matches!(verb, Verb::List | Verb::Compare | Verb::Check) {
        return format!("{view:#?}\n");
    }
    if *verb == Verb::Pack {
        return format!("{pack:#?}\n{:?}\n", config.command);
    }
    match compile(config, &host, &words) {
        Ok(plan) => {
            inspect(&plan);
            let timing = if *timing { "timing\n" } else { "" };
            let plan = format!("{}{}{timing}", Shown(&plan), left_out(&plan));
            match (host.machine, config.init) {
                (true, Some(init)) => around(case, &init.machine, plan),
                _ => plan,
            }
        }
        Err(error) => format!("error: {error}\n"),
    }
}

/// What the first process of a machine does before and after.
fn around(case: &Case, wish: &Machine, plan: String) -> String {
    let words = Words::default();
    let list = |texts: &[&str]| {
        let texts = texts.iter().map(|text| words.join(&[text.as_bytes()]));
        words.copy(&texts.collect::<Vec<_>>())
    };
    let hardware = Hardware {
        modules: wish
            .modules
            .map_or(&[], |_| list(&["/m/1.ko", "/m/2.ko.xz"])),
        kinds: list(&["ext4", "xfs"]),
        in_memory: case.facts.contains("machine=memory"),
        links: &[2, 3],
        buttons: if wish.power_button {
            list(&["/dev/input/event0"])
        } else {
            &[]
        },
        places: list(&["/data"]),
        swaps: list(&["/data/swap"]),
        loops: list(&["/dev/loop0"]),
        ports: list(&["/dev/vport0p2"]),
    };
    let mut text = String::new();
    let mut add = |name, plan: &Plan| write!(text, "{name}\n{}", Shown(plan)).unwrap();
    if case.facts.contains("closed") {
        add("mounts", &boot::mounts(true, &words));
    }
    add("modules", &boot::modules(wish, &hardware, &words));
    if let Some(root) = &wish.root {
        add("root", &boot::root(wish, root, &hardware, &words));
    }
    add("gifts", &boot::gifts(wish, &hardware, &words));
    text += &plan;
    write!(
        text,
        "end\n{}",
        Shown(&boot::end(wish, &hardware, 3, &words))
    )
    .unwrap();
    text
}

/// The lines that differ, and those beside them.
fn compare(old: &str, new: &str) -> String {
    let unnumbered = |line| str::trim_start_matches(line, |c: char| c == ' ' || c.is_ascii_digit());
    let [old, new] = [old, new].map(|text| text.lines().map(unnumbered).collect::<Vec<_>>());
    if old == new {
        return "no difference\n".to_string();
    }
    let lines = merge(&old, &new);
    let mut text = String::new();
    let mut shown = true;
    for (at, (mark, line)) in lines.iter().enumerate() {
        let around = &lines[at.saturating_sub(1)..lines.len().min(at + 2)];
        if around.iter().any(|(mark, _)| *mark != ' ') {
            text += &format!("{mark} {line}\n");
            shown = true;
        } else if shown {
            text += "  ...\n";
            shown = false;
        }
    }
    text
}

/// All lines of both texts in order: removed, added, or in both.
fn merge<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
    // How many lines the rests from there on have in common.
    let mut common = vec![vec![0; new.len() + 1]; old.len() + 1];
    for (i, one) in old.iter().enumerate().rev() {
        for (j, two) in new.iter().enumerate().rev() {
            let either = common[i + 1][j].max(common[i][j + 1]);
            common[i][j] = if one == two {
                common[i + 1][j + 1] + 1
            } else {
                either
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push((' ', new[j]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || common[i + 1][j] >= common[i][j + 1]) {
            lines.push(('-', old[i]));
            i += 1;
        } else {
            lines.push(('+', new[j]));
            j += 1;
        }
    }
    lines
}

/// What a plan says beside its steps, where it differs from the default.
fn left_out(plan: &Plan) -> String {
    let mut text = String::new();
    let watch = &plan.watch;
    let mut line = |given: bool, what: &str| {
        if given {
            writeln!(text, "watch: {what}").unwrap();
        }
    };
    if let Some(init) = watch.init {
        return cares(init, watch);
    }
    line(
        !watch.shares_terminal,
        "the keyboard's signals do not reach the command by themselves",
    );
    line(!watch.shielded, "the command is not PID 1");
    for (what, milliseconds) in [
        ("asks it to end", watch.timeout),
        ("kills it, once asked,", watch.stop_timeout),
    ] {
        let after = milliseconds.unwrap_or(0);
        line(milliseconds.is_some(), &format!("{what} after {after} ms"));
    }
    if let Some(signal) = watch.stop_signal {
        line(true, &format!("asks with {signal}"));
    }
    if let Some(fd) = watch.status_fd {
        line(true, &format!("the exit code goes to {fd}"));
    }
    for pair in plan.env.iter().flatten() {
        writeln!(text, "environ: {}", pair.bytes().escape_ascii()).unwrap();
    }
    text
}

/// What the plan of `init` says beside its steps, where it differs from the default.
fn cares(init: &Init, watch: &Watch) -> String {
    let mut text = String::new();
    let plain = format!(", machine: {:?}", Init::default().machine);
    let (one, default) = (format!("{init:?}"), format!("{:?}", Init::default()));
    let one = one.replace(&plain, "");
    let default = default.replace(&plain, "");
    if one != default {
        writeln!(text, "watch: {one}").unwrap();
    }
    for (what, given) in [
        ("process 1", watch.first),
        (
            "the terminal's signals reach the command by themselves",
            watch.shares_terminal,
        ),
        ("a time limit", watch.timeout.is_some()),
        ("another signal asks it to end", watch.stop_signal.is_some()),
        ("once asked, it is killed", watch.stop_timeout.is_some()),
        ("the exit code is reported", watch.status_fd.is_some()),
    ] {
        if given {
            writeln!(text, "watch: {what}").unwrap();
        }
    }
    text
}

#[test]
fn plans_are_as_recorded() {
    let bless = std::env::var_os("PIDONE_BLESS").is_some();
    let mut wrong = String::new();
    for file in golden() {
        let mut text = file.about.clone();
        for case in &file.cases {
            let found = outcome(case, &mut |_| {});
            if found != case.expected {
                let name = file.path.file_name().unwrap().display();
                writeln!(
                    wrong,
                    "{name}: {}{}",
                    case.head,
                    compare(&case.expected, &found)
                )
                .unwrap();
            }
            text += &format!("{}{found}\n", case.head);
        }
        let text = text.trim_end().to_string() + "\n";
        if bless && fs::read_to_string(&file.path).expect("text") != text {
            fs::write(&file.path, text).expect("it can be written");
        }
    }
    assert!(
        bless || wrong.is_empty(),
        "\n{wrong}If that is meant: PIDONE_BLESS=1 cargo test --test golden\n"
    );
}

#[test]
fn every_option_has_a_case() {
    let lines: Vec<String> = golden()
        .into_iter()
        .flat_map(|file| file.cases)
        .map(|case| case.line)
        .collect();
    let given = |name: &str| {
        let is_it = |word: &str| {
            word == name
                || word
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with('='))
        };
        lines.iter().any(|line| line.split(' ').any(is_it))
    };
    for flag in options::of(None) {
        assert!(given(&format!("--{}", flag.long)), "--{}", flag.long);
        for letter in flag.short.chars() {
            assert!(given(&format!("-{letter}")), "-{letter}");
        }
    }
}

#[test]
fn every_plan_keeps_the_rules() {
    for case in golden().iter().flat_map(|file| &file.cases) {
        outcome(case, &mut |plan| {
            let rule = broken(plan);
            assert!(
                rule.is_none(),
                "{}broken: {rule:?}\n{}",
                case.head,
                Shown(plan)
            );
        });
    }
}

/// What holds for every plan, whatever was asked for. The first rule that is broken, if one is.
fn broken(plan: &Plan) -> Option<&'static str> {
    let calls = |who| -> Vec<Call> { plan.by(who).map(|(_, step)| step.call).collect() };
    let [before, during, child] = [Who::Before, Who::During, Who::Child].map(calls);
    let turns = [Who::Before, Who::Clone, Who::During, Who::Child, Who::After];
    let turn = |who| match who {
        Who::Undo(_) => turns.len(),
        who => turns.iter().position(|&other| other == who).unwrap(),
    };

    if plan.watch.pauses() {
        let alone = plan.steps.iter().all(|step| step.who == Who::Before);
        return (!alone).then_some("there is no child");
    }
    let executes = |call: &Call| matches!(call, Call::Exec { .. } | Call::ExecCopy);
    // Our copy has it in words.
    let hands_on = |call: &Call| {
        matches!(
            call,
            Call::RestoreSignals | Call::SetSignals(_) | Call::ExecCopy
        )
    };
    let (Some(candidate), Some((_, last))) =
        (child.iter().position(executes), plan.by(Who::Child).last())
    else {
        return Some("the child becomes the command");
    };

    let opens_gate = during.iter().position(|call| *call == Call::OpenGate);
    let passes_gate = child.iter().position(|call| *call == Call::PassGate);
    let guards = |call: &Call| matches!(call, Call::DieWithParent | Call::CheckParent { .. });

    let sweeps = |call: &Call| range(call).is_some();
    let opens = |call: &Call| filled(call).is_some();
    let swept = |fd: u32| {
        child
            .iter()
            .filter_map(range)
            .any(|range| range.contains(&fd.into()))
    };

    let blocks = |list: &[Call]| {
        list.iter()
            .filter(|call| matches!(call, Call::BlockSignals | Call::BlockAll))
            .count()
    };
    let inherits_a_mask = blocks(&before) > 0;

    let rules = [
        (
            "each in its turn",
            plan.steps.is_sorted_by_key(|step| turn(step.who)),
        ),
        ("one clone", plan.by(Who::Clone).count() == 1),
        (
            "only executing follows executing",
            child[candidate..].iter().all(executes),
        ),
        (
            "the last candidate may not be refused",
            last.refusal == Refusal::Fatal,
        ),
        (
            "a gate has two sides",
            opens_gate.is_some() == passes_gate.is_some(),
        ),
        (
            "it is opened last",
            opens_gate.is_none_or(|at| at + 1 == during.len()),
        ),
        (
            "only dying comes before it",
            passes_gate.is_none_or(|at| child[..at].iter().all(guards)),
        ),
        (
            "nothing is opened after the sweep",
            child
                .iter()
                .position(sweeps)
                .is_none_or(|at| !child[at..].iter().any(opens)),
        ),
        (
            "what is swept has a beginning and an end",
            !child.iter().filter_map(range).any(|range| range.is_empty()),
        ),
        (
            "the exit code can be told",
            plan.watch.status_fd.is_none_or(|fd| !swept(fd)),
        ),
        (
            "signals are blocked once",
            blocks(&before) + blocks(&during) == 1,
        ),
        (
            "the command gets the caller's mask",
            inherits_a_mask == child.iter().any(hands_on),
        ),
        ("pidone uses what it has opened", finds(&[&before, &during])),
        (
            "the child uses what has been opened",
            finds(&[&before, &child]),
        ),
    ];
    rules
        .into_iter()
        .find(|(_, holds)| !holds)
        .map(|(rule, _)| rule)
}

/// The descriptors that a call closes.
fn range(call: &Call) -> Option<RangeInclusive<i64>> {
    match call.as_plain() {
        Some((Sys::close_range, [Arg::Number(first), Arg::Number(last), _])) => {
            Some(*first..=*last)
        }
        _ => None,
    }
}

/// Whether each slot has been filled when it is used.
fn finds(lists: &[&[Call]]) -> bool {
    let mut there: Vec<Slot> = Vec::new();
    lists.iter().copied().flatten().all(|call| {
        let found = used(call).iter().all(|slot| there.contains(slot));
        there.extend(filled(call));
        found
    })
}

fn filled(call: &Call) -> Option<Slot> {
    match call {
        Call::Plain(plain) => plain.yields,
        _ => None,
    }
}

/// The files of cgroups, which live as long as the test.
fn cgroups(paths: &str) -> &'static [ThinCStr<'static>] {
    let paths = paths.split(',').map(|path| {
        let text: &CString = Box::leak(Box::new(CString::new(path).unwrap()));
        ThinCStr::from(text.as_c_str())
    });
    paths.collect::<Vec<_>>().leak()
}

fn used(call: &Call) -> Vec<Slot> {
    match call {
        Call::Write { slot, .. } | Call::CheckParent(slot) | Call::Expect { slot, .. } => {
            vec![*slot]
        }
        Call::Plain(plain) => plain.args.iter().flat_map(slots).collect(),
        _ => Vec::new(),
    }
}

fn slots(arg: &Arg) -> Vec<Slot> {
    match arg {
        Arg::Slot(slot) => vec![*slot],
        Arg::Record(members) => members.iter().flat_map(|(_, value)| slots(value)).collect(),
        _ => Vec::new(),
    }
}
