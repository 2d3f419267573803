//! The fences between the parts, held by reading `src/` as text: who may know whom, where unsafe
//! code lives, and what must not be written where.
//!
//! A rule is broken at a file and a line. Unit tests are no part of the program: what stands behind
//! `#[cfg(test)]` is not looked at, and neither are comments and literals, where they are not meant.

use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Each module with those that it may name, and the reason. What is not here is forbidden: nobody
/// but the story knows the front end, and nothing that decides knows what does.
const MAY_KNOW: &[(&str, &[(&str, &str)])] = &[
    ("strings", &[("text", "a string is shown quoted")]),
    (
        "text",
        &[
            ("strings", "literals are thin C strings"),
            ("words", "the memory that texts grow in"),
        ],
    ),
    (
        "words",
        &[
            ("strings", "the strings it makes"),
            ("sys", "memory from the kernel"),
        ],
    ),
    (
        "names",
        &[
            ("arch", "what can be told to a monitor"),
            ("text", "tables are lists of words, and names are shown"),
            ("words", "--help is unpacked there"),
        ],
    ),
    (
        "config",
        &[
            ("names", "namespaces, signals and limits by name"),
            ("strings", "the caller's words in place"),
        ],
    ),
    (
        "cli",
        &[
            ("arch", "how a monitor is told"),
            ("config", "what words are turned into"),
            ("error", "what can be wrong with them"),
            ("names", "the table of options"),
            ("strings", "the caller's words in place"),
            ("text", "numbers, lists and --help"),
            ("words", "the strings that it makes"),
        ],
    ),
    (
        "host",
        &[
            ("names", "sets of namespaces"),
            ("plan", "the child's stack, if the caller brings it"),
            ("strings", "the caller's environment"),
        ],
    ),
    (
        "host::probe",
        &[
            ("arch", "whether every machine has a switch"),
            ("host", "the facts it reads"),
            ("host::nslist", "what differs from who is entered"),
            ("compile", "a trial of --try is a plan"),
            ("config", "what is tried"),
            ("launch", "a trial is carried out"),
            ("plan", "the refused step teaches a fact"),
            ("error", "the refusal that is looked into"),
            ("names", "errnos, namespaces, signals"),
            ("strings", "paths of files"),
            ("sys", "it reads files and asks the kernel"),
            ("text", "cutting what was read"),
            ("words", "the memory for what was read"),
        ],
    ),
    (
        "host::nslist",
        &[
            ("host::probe", "a file is read"),
            ("names", "errnos and namespaces"),
            ("strings", "paths of files"),
            ("sys", "it reads links and asks the kernel"),
            ("text", "cutting what was read"),
            ("words", "the memory for what was found"),
        ],
    ),
    (
        "compile",
        &[
            ("arch", "calls that others do not have"),
            ("config", "the wish"),
            ("host", "the facts, and never the probe"),
            ("plan", "what it makes"),
            ("error", "wishes that contradict each other"),
            ("names", "namespaces, signals, clone flags"),
            ("strings", "paths and arguments"),
            ("text", "the lines of id maps"),
            ("words", "the memory of the plan"),
        ],
    ),
    (
        "plan",
        &[
            (
                "config",
                "the wish for other processes, which the supervisor is told as it is",
            ),
            ("names", "steps name kernel numbers"),
            ("strings", "paths and arguments"),
            ("text", "a plan is shown"),
        ],
    ),
    (
        "error",
        &[
            ("host", "evidence"),
            ("plan", "the refused step"),
            ("names", "errnos and options"),
            ("strings", "the command's path"),
            ("text", "sentences"),
        ],
    ),
    (
        "launch",
        &[
            ("plan", "what it performs"),
            ("sys", "system calls"),
            ("arch", "the clone, and the processor's counter"),
            ("names", "errnos and signals"),
            ("strings", "paths in place"),
            ("text", "cutting what a cgroup says"),
        ],
    ),
    (
        "supervise",
        &[
            ("launch", "the child"),
            ("plan", "what is to be watched"),
            ("sys", "waiting and signals"),
            ("names", "signals"),
            (
                "host::probe",
                "whether the command handles a signal stands in /proc",
            ),
            ("error", "the status when there is nothing to wait for"),
        ],
    ),
    (
        "sys",
        &[
            (
                "arch",
                "an end where exit_group(2) is refused, and how a monitor is told",
            ),
            ("names", "errnos, signals, limits"),
            ("strings", "C strings for the kernel"),
        ],
    ),
    ("arch", &[]),
    (
        "report",
        &[
            ("error", "sentences and hints"),
            (
                "host::probe",
                "evidence is looked for when something has failed",
            ),
            ("launch", "notes and the timeline"),
            ("plan", "the steps"),
            ("supervise", "how the command ended"),
            ("names", "errnos"),
            ("sys", "writing"),
            ("text", "what is written"),
            ("words", "the memory for it"),
        ],
    ),
    (
        "view",
        &[
            ("config", "what is to be shown"),
            ("error", "or why not"),
            ("host::nslist", "the namespaces that are there"),
            ("host::probe", "what this machine has"),
            ("names", "namespaces and their flags"),
            ("report", "printing"),
            ("sys", "the width of the terminal"),
            ("text", "what is written"),
            ("words", "the memory for it"),
        ],
    ),
    (
        "pack",
        &[
            ("config", "what is to be packed"),
            ("error", "or why not"),
            ("names", "errnos and signals"),
            ("strings", "paths"),
            ("sys", "reading and writing"),
            ("text", "headers"),
            ("words", "the memory for the list of files"),
        ],
    ),
    (
        "run",
        &[
            ("arch", "how large a page is"),
            ("cli", "words to a request: nobody else knows the front end"),
            ("pack", "what makes an image"),
            ("names", "the verb"),
            ("config", "what check tries"),
            ("text", "what it prints"),
            ("view", "what the other verbs show"),
            ("host", "the facts"),
            ("host::probe", "which are read"),
            ("compile", "the plan"),
            ("plan", "which is shown"),
            ("launch", "or carried out"),
            ("supervise", "and watched"),
            ("report", "and reported"),
            ("error", "or refused"),
            ("strings", "the kernel's arrays"),
            ("words", "the memory for all of it"),
            ("sys", "the end of the process"),
        ],
    ),
    ("lib", &[]),
    ("rt", &[("main", "the entry point calls it")]),
    ("main", &[]),
];

/// Where unsafe code may stand. Each says in its head what kind it is, by itself or for its folder.
const UNSAFE: &[&str] = &[
    "arch/",
    "launch/clone.rs",
    "launch/perform.rs",
    "launch/plain.rs",
    "rt/",
    "strings.rs",
    "sys/",
    "words.rs",
    "words/array.rs",
];

/// Where raw pointer types may stand.
const POINTERS: &[&str] = &[
    "arch/",
    "launch/clone.rs",
    "rt/",
    "strings.rs",
    "sys/",
    "words.rs",
    "words/array.rs",
];

/// What runs in memory that parent and child share: it must neither allocate nor panic.
const SHARED_MEMORY: &[&str] = &["launch/", "sys/"];

const ALLOCATES: &str = "alloc Array Words Vec Box String Rc Arc RefCell vec to_vec to_owned to_string format \
    format_args writeln put Show Display";

const PANICS: &str = "unwrap expect panic unreachable todo unimplemented assert_eq assert_ne \
    debug_assert split_at split_at_mut copy_from_slice clone_from_slice";

/// A file of the program.
struct Source {
    /// From `src/` on.
    path: String,
    text: String,
    /// The text without comments, the content of literals, and tests; its lines are the same.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .strip_prefix(&root)
                    .expect("below src")
                    .display()
                    .to_string();
                sources.push(source(name, fs::read_to_string(&path).expect("text")));
            }
        }
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(sources.len() > 30, "these are not all");
    sources
}

fn source(path: String, text: String) -> Source {
    let code = blank(&text);
    let code = match code.split_once("\n#[cfg(test)]\nmod tests {") {
        // The tests end at the brace that stands as far to the left as their beginning.
        Some((before, after)) => {
            let end = after.find("\n}").expect("an end");
            let lines = after[..end].matches('\n').count() + 2;
            format!("{before}{}{}", "\n".repeat(lines), &after[end..])
        }
        None => code,
    };
    Source { path, text, code }
}

/// Puts spaces in the place of comments and of what literals hold.
fn blank(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let (kept, length) = match letter {
            '/' if rest.starts_with("//") => (0, rest.find('\n').unwrap_or(rest.len())),
            'r' if rest.starts_with("r#\"") => (3, rest.find("\"#").expect("an end")),
            '"' => (1, 1 + unescaped(&rest[1..], '"')),
            '\'' if rest[1..].starts_with('\\') => (1, 1 + unescaped(&rest[1..], '\'')),
            '\'' if rest.chars().nth(2) == Some('\'') => (1, 1 + unescaped(&rest[1..], '\'')),
            _ => (letter.len_utf8(), letter.len_utf8()),
        };
        code += &rest[..kept];
        code.extend(
            rest[kept..length]
                .chars()
                .map(|inner| if inner == '\n' { '\n' } else { ' ' }),
        );
        rest = &rest[length..];
        if length > kept || letter == '"' {
            // The end of a literal must not begin another one.
            let end = usize::from(letter == '"' || letter == '\'') + 2 * usize::from(letter == 'r');
            code += &rest[..end];
            rest = &rest[end..];
        }
    }
    code
}

/// The length of a literal up to the mark that ends it.
fn unescaped(text: &str, mark: char) -> usize {
    let mut escaped = false;
    let at = text.find(|letter| {
        let ends = letter == mark && !escaped;
        escaped = letter == '\\' && !escaped;
        ends
    });
    at.expect("an end")
}

impl Source {
    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| {
            self.path == *place || place.ends_with('/') && self.path.starts_with(place)
        })
    }

    /// The module that it belongs to: the probe is one of its own.
    fn module(&self) -> &str {
        match self.path.as_str() {
            "host/nslist.rs" => "host::nslist",
            path if path.starts_with("host/probe") => "host::probe",
            path => path.split(['/', '.']).next().expect("a name"),
        }
    }

    /// Lines of code with their numbers.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.code.lines())
    }
}

/// Whether a line has this word, not as a part of another.
fn has_word(line: &str, word: &str) -> bool {
    let inner = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(inner) && !line[at + word.len()..].starts_with(inner))
}

/// Collects the lines that break a rule.
#[derive(Default)]
struct Broken(String);

impl Broken {
    fn add(&mut self, source: &Source, line: usize, what: &str) {
        writeln!(self.0, "src/{}:{line}: {what}", source.path).unwrap();
    }

    /// Every line of code for which a test finds something.
    fn search(&mut self, source: &Source, test: impl Fn(&str) -> Option<String>) {
        for (number, line) in source.lines() {
            if let Some(what) = test(line) {
                self.add(source, number, &format!("{what}: {}", line.trim()));
            }
        }
    }

    /// Every line of code with one of these words in it.
    fn words(&mut self, source: &Source, words: &str) {
        self.search(source, |line| {
            let found = words.split_whitespace().find(|word| has_word(line, word));
            found.map(str::to_string)
        });
    }

    fn report(self) {
        assert!(self.0.is_empty(), "\n{}", self.0);
    }
}

/// What a file names of its own crate, with the line: `module` or `module::item`.
fn named(source: &Source) -> Vec<(usize, String)> {
    let mut all = Vec::new();
    for (at, start) in source.code.match_indices("crate::") {
        let line = 1 + source.code[..at].matches('\n').count();
        let mut paths = Vec::new();
        tree(&mut &source.code[at + start.len()..], "", &mut paths);
        all.extend(paths.into_iter().map(|path| (line, path)));
    }
    all
}

/// The paths of a `use` tree, or the one path that stands there.
fn tree(rest: &mut &str, prefix: &str, paths: &mut Vec<String>) {
    *rest = rest.trim_start();
    if let Some(inside) = rest.strip_prefix('{') {
        *rest = inside.trim_start();
        while !rest.starts_with('}') {
            tree(rest, prefix, paths);
            // A comma, or a new name and a comma.
            let end = rest.find([',', '}']).expect("a closing brace");
            *rest = rest[end..].trim_start_matches(',').trim_start();
        }
        *rest = &rest[1..];
        return;
    }
    let length = rest
        .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .unwrap_or(rest.len());
    let path = format!("{prefix}{}", &rest[..length]);
    *rest = &rest[length..];
    match rest.strip_prefix("::") {
        Some(more) if !more.starts_with('<') => {
            *rest = more;
            tree(rest, &format!("{path}::"), paths);
        }
        _ => paths.push(path),
    }
}

/// The other modules that a file names, with the line.
fn known(source: &Source) -> Vec<(usize, String)> {
    let modules = named(source).into_iter().map(|(line, path)| {
        let readers = ["host::probe", "host::nslist"];
        let reader = readers
            .into_iter()
            .find(|reader| path == *reader || path.starts_with(&format!("{reader}::")));
        let first = path.split("::").next().unwrap_or_default();
        (line, reader.unwrap_or(first).to_string())
    });
    let mut all: Vec<_> = modules.collect();
    if source.module() == "host::probe" {
        let above = source.lines().filter(|(_, line)| line.contains("super::"));
        all.extend(above.map(|(line, _)| (line, "host".to_string())));
    }
    all.retain(|(_, module)| module != source.module());
    all
}

fn may_know(module: &str) -> &'static [(&'static str, &'static str)] {
    let row = MAY_KNOW.iter().find(|(name, _)| *name == module);
    row.unwrap_or_else(|| panic!("the module {module} is not in the table"))
        .1
}

#[test]
fn modules_know_only_whom_they_may() {
    let mut broken = Broken::default();
    for source in sources() {
        let allowed = may_know(source.module());
        for (line, module) in known(&source) {
            if !allowed.iter().any(|(name, _)| *name == module) {
                broken.add(
                    &source,
                    line,
                    &format!("{} must not know {module}", source.module()),
                );
            }
        }
    }
    broken.report();
}

#[test]
fn nobody_has_a_permission_that_is_not_used() {
    let sources = sources();
    let mut unused = Vec::new();
    for (module, allowed) in MAY_KNOW {
        let files = sources.iter().filter(|source| source.module() == *module);
        let used: Vec<String> = files.flat_map(known).map(|(_, name)| name).collect();
        let idle = allowed
            .iter()
            .filter(|(name, _)| !used.iter().any(|one| one == name));
        unused.extend(idle.map(|(name, _)| format!("{module} does not know {name} any more")));
    }
    assert!(unused.is_empty(), "strike out of the table: {unused:#?}");
}

#[test]
fn nobody_reaches_around_the_fences() {
    let mut broken = Broken::default();
    for source in sources() {
        let top = !source.path.contains('/') || source.path.ends_with("/mod.rs");
        broken.search(&source, |line| {
            let above = line.contains("super::super") || top && has_word(line, "super");
            above.then(|| "modules are named from the crate's root".to_string())
        });
        if source.path != "main.rs" {
            broken.words(&source, "rt");
        }
    }
    broken.report();
}

#[test]
fn deciding_reads_nothing_and_nobody_keeps_state() {
    let mut broken = Broken::default();
    for source in sources() {
        if source.module() == "compile" {
            broken.words(&source, "probe sys std include_str include_bytes");
            broken.search(&source, |line| {
                let reads = line.contains("env!(");
                reads.then(|| "the environment".to_string())
            });
        }
        if !source.is_in(&["rt/"]) {
            broken.search(&source, |line| {
                let item = line
                    .trim_start()
                    .trim_start_matches("pub ")
                    .trim_start_matches("pub(crate) ");
                item.starts_with("static ")
                    .then(|| "global state".to_string())
            });
        }
    }
    broken.report();
}

#[test]
fn unsafe_code_is_fenced() {
    let mut broken = Broken::default();
    for source in sources() {
        if source.path == "lib.rs" || source.path == "main.rs" {
            if !source.code.contains("#![deny(unsafe_code)]") {
                broken.add(&source, 1, "a crate's root denies unsafe code");
            }
            continue;
        }
        if !source.is_in(UNSAFE) {
            broken.words(&source, "unsafe unsafe_code");
        }
        // The lint is lifted for a file with its submodules.
        let says = source
            .text
            .replace("\n//! ", " ")
            .contains("Unsafety here:");
        if has_word(&source.code, "unsafe_code") && !says {
            broken.add(&source, 1, "what kind of unsafety lives here?");
        }
    }
    broken.report();
}

#[test]
fn unsafe_code_says_why_it_is_right() {
    let mut broken = Broken::default();
    for source in sources() {
        let code: Vec<&str> = source.code.lines().collect();
        let text: Vec<&str> = source.text.lines().collect();
        for (at, line) in code.iter().enumerate() {
            let attribute = line.trim_start().starts_with('#');
            if attribute || !has_word(line, "unsafe") {
                continue;
            }
            let promised = if line.contains(" fn ") {
                contract(&text, at) || in_unsafe_impl(&code, at)
            } else {
                comment_above(&text, &code, at).contains("SAFETY: ")
            };
            if !promised {
                broken.add(&source, at + 1, line.trim());
            }
        }
    }
    broken.report();
}

/// Whether an unsafe function says what its caller must keep. Functions that C knows by name have
/// their contracts there.
fn contract(text: &[&str], at: usize) -> bool {
    let above = text[..at]
        .iter()
        .rev()
        .take_while(|line| line.trim_start().starts_with(['#', '/']));
    above
        .clone()
        .any(|line| line.contains("# Safety") || line.contains("#[unsafe(no_mangle)]"))
}

/// Whether a line belongs to an `unsafe impl`, whose trait says what callers must keep.
fn in_unsafe_impl(code: &[&str], at: usize) -> bool {
    let outer = code[..at]
        .iter()
        .rev()
        .find(|line| line.starts_with(|first: char| !first.is_whitespace()));
    code[at].starts_with(' ') && outer.is_some_and(|line| line.starts_with("unsafe impl"))
}

/// The comment right above the statement that a line belongs to.
fn comment_above(text: &[&str], code: &[&str], at: usize) -> String {
    let mut first = at;
    // Up to the line that begins the statement.
    while first > 0
        && !code[first - 1].trim().is_empty()
        && !code[first - 1].trim_end().ends_with([';', '{', '}', ','])
    {
        first -= 1;
    }
    let above = text[..first]
        .iter()
        .rev()
        .take_while(|line| line.trim_start().starts_with(['#', '/']));
    above.copied().collect::<Vec<_>>().join("\n")
}

#[test]
fn the_kernel_is_called_in_one_place() {
    let mut broken = Broken::default();
    for source in sources() {
        if !source.is_in(&["sys/raw.rs", "arch/"]) {
            broken.words(&source, "syscalls");
        }
        if !source.is_in(&["arch/", "rt/"]) {
            broken.words(&source, "asm naked_asm global_asm");
        }
        broken.search(&source, |line| {
            libc_call(line).then(|| "a function of libc".to_string())
        });
    }
    broken.report();
}

/// Whether a line has `libc::name(`: types and constants have no parenthesis.
fn libc_call(line: &str) -> bool {
    line.match_indices("libc::").any(|(at, start)| {
        let name = &line[at + start.len()..];
        let end = name.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
        end.is_some_and(|end| {
            name[end..].starts_with('(') && name.starts_with(|first: char| first.is_lowercase())
        })
    })
}

#[test]
fn pointers_stay_where_they_are_understood() {
    let mut broken = Broken::default();
    for source in sources().iter().filter(|source| !source.is_in(POINTERS)) {
        broken.search(source, |line| {
            let pointer = ["*const ", "*mut ", "&raw "]
                .iter()
                .find(|kind| line.contains(*kind));
            pointer.map(|kind| kind.trim().to_string())
        });
    }
    broken.report();
}

#[test]
fn shared_memory_code_neither_allocates_nor_panics() {
    let mut broken = Broken::default();
    for source in sources()
        .iter()
        .filter(|source| source.is_in(SHARED_MEMORY))
    {
        broken.words(source, ALLOCATES);
        broken.words(source, PANICS);
        broken.search(source, |line| {
            // What the compiler decides cannot happen later.
            let asserts = has_word(line, "assert") && !line.starts_with("const _: () = assert!");
            asserts.then(|| "assert".to_string())
        });
        broken.search(source, |line| {
            index(line).then(|| "an index that may be out of bounds".to_string())
        });
    }
    broken.report();
}

/// Whether something is indexed by more than a number: a constant index of an array is checked when
/// it is compiled.
fn index(line: &str) -> bool {
    line.match_indices('[').any(|(at, _)| {
        let indexed = line[..at]
            .ends_with(|before: char| before.is_alphanumeric() || "_)]?".contains(before));
        let inside = line[at + 1..].split(']').next().unwrap_or("");
        indexed && !inside.chars().all(|letter| letter.is_ascii_digit())
    })
}

/// What every architecture has to have is not written down but in the others.
#[test]
fn architectures_have_the_same_items() {
    let sources = sources();
    for folder in ["arch", "rt"] {
        let items = |name: &str| {
            let path = format!("{folder}/{name}.rs");
            let source = sources.iter().find(|source| source.path == path);
            let lines = source.expect("a file for each").code.lines();
            let mut items: Vec<&str> = lines
                .filter(|line| line.starts_with("pub ") || line.starts_with("unsafe extern "))
                .filter_map(|line| line.split(['(', ':', ';']).next())
                .collect();
            items.sort();
            items
        };
        let known = items("x86_64");
        assert!(known.len() > 3, "{known:?}");
        assert_eq!(items("aarch64"), known, "src/{folder}");
    }
}

#[test]
fn there_is_no_heap() {
    let mut broken = Broken::default();
    for source in sources() {
        broken.words(&source, "alloc global_allocator");
    }
    broken.report();
}

#[test]
fn files_are_short_and_begin_with_what_they_are() {
    let mut broken = Broken::default();
    for source in sources() {
        let count = source.text.lines().count();
        // The table of options has a line for each.
        if count > 350 && source.path != "names/options.rs" {
            broken.add(&source, count, "longer than 350 lines");
        }
        if !source.text.starts_with("//! ") {
            broken.add(&source, 1, "no sentence says what this file is");
        }
    }
    broken.report();
}

#[test]
fn the_reader_of_these_files_can_read() {
    let text = "let a = \"// no\"; // unsafe\nlet b = '\"'; let c: &'static str = r#\"\"x\"\"#;\nb'\\''[i]\n";
    let wanted =
        "let a = \"     \";          \nlet b = ' '; let c: &'static str = r#\"   \"#;\nb'  '[i]\n";
    assert_eq!(
        blank(text).lines().map(str::trim_end).collect::<Vec<_>>(),
        wanted.lines().map(str::trim_end).collect::<Vec<_>>()
    );
    let mut paths = Vec::new();
    tree(&mut "a::{self, b::{C, D as E}, f};", "", &mut paths);
    assert_eq!(paths, ["a::self", "a::b::C", "a::b::D", "a::f"]);
    assert!(
        index("x[at]") && index("f()[..n]") && !index("x[0]") && !index("&[u8]") && !index("#[a]")
    );
    assert!(
        libc_call("libc::getpid()")
            && !libc_call("libc::pollfd { fd }")
            && !libc_call("libc::EPERM as u32)")
    );
    assert!(has_word("a.unwrap()", "unwrap") && !has_word("a.unwrap_or(b)", "unwrap"));
}
