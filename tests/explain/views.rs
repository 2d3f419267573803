//! The view of file systems: in the host's root, in a root of others, and in an empty one.

use crate::place::{Place, ROOTS, places};
use crate::support::{has, skip};
use crate::trace::{Run, compare};

/// Operations on places that are there, or in a file system of our own. What is refused teaches
/// pidone, and then another plan than the announced one is carried out.
fn operations(place: &Place) -> Vec<String> {
    let [one, two] = ["one", "two"].map(|name| place.source(name));
    let [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map(|name| place.folder(name));
    let [f, g] = ["f", "g"].map(|name| place.file(name));
    let line = format!(
        "--ro-bind {one} {a} --bind {two} {b} --dev-bind /dev/null {f} --perms 1777 --size 64k --tmpfs {c} \
        --dir {c}/x/y --symlink x {c}/z --file 8 {c}/w --chmod 0711 {c}/x --remount-ro {c} --proc {d} --dev {e} \
        --ro-bind-data 9 {g} --overlay-src {one} --overlay-src {two} --tmp-overlay {b} --mask {a} \
        --ro-bind-try /absent {c}"
    );
    line.split_whitespace().map(str::to_string).collect()
}

#[test]
fn views_of_file_systems_are_explained() {
    if !has("strace") {
        return skip("no strace");
    }
    for place in places(&ROOTS) {
        let all = [place.options(), operations(&place)].concat();
        for more in [
            &[][..],
            &["--read-only", "-ain"],
            &["--no-proc", "--propagation=slave"],
        ] {
            let mut words: Vec<&str> = all.iter().map(String::as_str).collect();
            words.extend(more);
            words.extend(["/bin/sh", "-c", "exit"]);
            let run = Run {
                caller: place.caller,
                script: "exec 8</dev/null 9<<E\nnine\nE",
                traced_script: "",
                tracer: &[],
                verb: "run",
                words: &words,
                path: "/usr/bin:/bin",
            };
            if let Err(difference) = compare(&run.announced(), &run.seen()) {
                panic!("{words:?}, {:?}:\n{difference}", place.caller);
            }
        }
    }
}
