//! pidone itself while the command runs: asleep, small, and holding nothing.

mod support;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::time::Duration;
use support::{
    Caller, Held, Scratch, callers, command, eventually, pidone, program, status_field,
    through_shell,
};

/// Options that make pidone open files, allocate, and report.
fn option_sets(scratch: &Scratch, caller: Caller) -> Vec<Vec<String>> {
    let file = format!("--pid-file={}/{caller:?}", scratch.path.display());
    let sets = [
        &[][..],
        &["-a"],
        &["-n", "--hostname=x", "--oom-score-adj=1"],
        &[file.as_str()],
        &["--timeout=1000"],
    ];
    sets.iter()
        .map(|set| set.iter().map(|word| word.to_string()).collect())
        .collect()
}

fn each_run(test: impl Fn(Caller, &[String], &Held)) {
    let scratch = Scratch::new("waiting");
    for &caller in callers() {
        for options in option_sets(&scratch, caller) {
            let mut command = pidone(caller, &["run"]);
            command.args(&options);
            test(caller, &options, &Held::start(command));
        }
    }
}

fn status(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/status")).expect("pidone runs")
}

/// Waits until pidone waits: nothing is left to be done.
fn asleep(held: &Held) {
    let wait = format!("{} ", libc::SYS_rt_sigtimedwait);
    eventually("pidone waits for signals", || {
        let call = fs::read_to_string(format!("/proc/{}/syscall", held.supervisor)).ok()?;
        call.starts_with(&wait).then_some(())
    });
}

#[test]
fn no_descriptor_but_the_first_three_is_open() {
    let scratch = Scratch::new("descriptors");
    for &caller in callers() {
        for options in option_sets(&scratch, caller) {
            let words: Vec<&str> = ["run"]
                .into_iter()
                .chain(options.iter().map(String::as_str))
                .collect();
            let held = Held::start(through_shell(caller, "exec 3</ 9</usr", &words));
            asleep(&held);
            let open = open_descriptors(held.supervisor);
            assert_eq!(open, BTreeSet::from([0, 1, 2]), "{options:?}, {caller:?}");
        }
    }
}

fn open_descriptors(pid: u32) -> BTreeSet<u32> {
    let folder = fs::read_dir(format!("/proc/{pid}/fd")).expect("pidone runs");
    folder
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect()
}

#[test]
fn only_the_descriptors_of_later_reports_stay_open() {
    for &caller in callers() {
        let words = [
            "run",
            "--sync-fd=4",
            "--json-status-fd=6",
            "--info-fd=5",
            "--block-fd=7",
        ];
        let held = Held::start(through_shell(
            caller,
            "exec 3</ 4</ 5>/dev/null 6>/dev/null 7</dev/null 8</",
            &words,
        ));
        assert_eq!(
            open_descriptors(held.supervisor),
            BTreeSet::from([0, 1, 2, 4, 6]),
            "{caller:?}"
        );
    }
}

#[test]
fn it_sleeps_and_never_wakes_up() {
    let mut all = Vec::new();
    let scratch = Scratch::new("asleep");
    for &caller in callers() {
        for options in option_sets(&scratch, caller) {
            let mut command = pidone(caller, &["run"]);
            command.args(&options);
            let held = Held::start(command);
            asleep(&held);
            all.push((options, held));
        }
    }
    let switches = |held: &Held| {
        let status = status(held.supervisor);
        assert!(
            status_field(&status, "State").is_some_and(|state| state.starts_with('S')),
            "{status}"
        );
        ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"]
            .map(|name| status_field(&status, name).expect("a count"))
    };
    let before: Vec<_> = all.iter().map(|(_, held)| switches(held)).collect();
    std::thread::sleep(Duration::from_secs(1));
    for ((options, held), before) in all.iter().zip(before) {
        assert_eq!(switches(held), before, "{options:?}");
    }
}

#[test]
fn it_has_one_thread_and_no_handler() {
    each_run(|caller, options, held| {
        asleep(held);
        let status = status(held.supervisor);
        assert_eq!(
            status_field(&status, "Threads").as_deref(),
            Some("1"),
            "{options:?}, {caller:?}"
        );
        assert_eq!(
            status_field(&status, "SigCgt").as_deref(),
            Some("0000000000000000"),
            "{options:?}, {caller:?}"
        );
    });
}

/// Pages of memory that it alone has written to. A program that is not optimised has a deeper stack.
const MOST_DIRTY_PAGES: u64 = if cfg!(debug_assertions) { 12 } else { 8 };

#[test]
fn it_keeps_a_few_pages_of_its_own() {
    // Pages of a file that is not on the disk yet count as dirty for everybody who maps them.
    File::open(program())
        .and_then(|file| file.sync_all())
        .expect("the program can be written to the disk");
    // SAFETY: it has no memory as an argument.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64 / 1024;
    each_run(|caller, options, held| {
        asleep(held);
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", held.supervisor))
            .expect("pidone runs");
        let dirty = status_field(&rollup, "Private_Dirty").expect("a line");
        let kilobytes: u64 = dirty
            .strip_suffix(" kB")
            .and_then(|text| text.parse().ok())
            .expect("kilobytes");
        assert!(kilobytes > 0, "nothing was measured: {rollup}");
        assert!(
            kilobytes <= MOST_DIRTY_PAGES * page,
            "{kilobytes} kB, {options:?}, {caller:?}"
        );
    });
}

#[test]
fn it_stays_its_callers() {
    each_run(|caller, options, held| {
        // What may not be dumped belongs to root here (proc(5)).
        let owner = |path: &str| fs::metadata(path).expect("the process runs").uid();
        let mut ids = command(caller, "/bin/sh");
        let own = ids
            .args(["-c", "id -u"])
            .output()
            .expect("sh can be started");
        let wanted = String::from_utf8_lossy(&own.stdout).trim().to_string();
        assert_eq!(
            owner(&format!("/proc/{}/stat", held.supervisor)).to_string(),
            wanted,
            "{options:?}, {caller:?}"
        );
        let links = |pid: &str| {
            ["mnt", "pid", "user", "net"]
                .map(|ns| fs::read_link(format!("/proc/{pid}/ns/{ns}")).ok())
        };
        assert_eq!(
            links(&held.supervisor.to_string()),
            links("self"),
            "{options:?}, {caller:?}"
        );
    });
}
