//! The bars: what pidone is to reach, and whether it did.

use crate::Findings;
use crate::times::Medians;

pub fn print(findings: &Findings) {
    println!("\nbars");
    bar(
        "system calls over the floor",
        findings.calls_over_floor.map(|calls| calls as f64),
        8.0,
    );
    bar(
        "time, × floor same",
        ratio(&findings.root, "floor same"),
        1.10,
    );
    bar(
        "time with less privilege, × floor same",
        ratio(&findings.less, "floor same"),
        1.10,
    );
    bar(
        "time with less privilege and limits, × floor same",
        ratio(&findings.limited, "floor same"),
        1.10,
    );
    bar("time, × unshare", ratio(&findings.root, "unshare"), 0.50);
    bar("time, × bwrap", ratio(&findings.root, "bwrap"), 0.25);
    bar(
        "time as an ordinary user, × unshare",
        ratio(&findings.user, "unshare"),
        0.50,
    );
    bar(
        "time as an ordinary user, × bwrap",
        ratio(&findings.user, "bwrap"),
        0.25,
    );
    let views = &findings.views;
    bar(
        "time of a typical sandbox, × bwrap",
        ratio(&views.sandbox, "bwrap"),
        0.35,
    );
    bar("time per bind of 2,000, × that of 100", views.growth, 1.5);
    bar("system calls per bind, in the host's root", views.host, 2.0);
    bar(
        "system calls per bind, in a root of others",
        views.foreign,
        5.0,
    );
    let seeing = &findings.seeing;
    bar("time of enter, × nsenter", seeing.enter_over_nsenter, 0.50);
    bar("time of list, × lsns", seeing.list_over_lsns, 0.50);
    bar("memory of list, × lsns", seeing.list_memory_over_lsns, 0.33);
    bar("time of check, ms", seeing.check_milliseconds, 100.0);
    let inits = &findings.inits;
    bar("start of init, × the best of others", inits.start, 0.6);
    bar("Private_Dirty of init, kB", inits.memory, 12.0);
    bar("wake-ups of init", inits.wake_ups, 0.0);
    bar("time for an orphan, × the best", inits.crowd, 0.9);
    bar("the same where one waits for the other", inits.orphan, 1.0);
    bar("time for a signal, × the best", inits.latency, 1.0);
    bar(
        "bytes, × tini-static",
        inits.bytes.map(|times| 1.0 / times),
        1.0 / 8.0,
    );
    let boots = &findings.boots;
    let start = boots.start_over_floor;
    bar("start of a machine's workload, × floor", start, 1.10);
    let start = boots.start_over_script;
    bar(
        "start of a machine's workload, × a busybox script",
        start,
        0.25,
    );
    let end = boots.end_over_floor;
    bar(
        "end of a machine, thousands of instructions over the floor",
        end,
        70.0,
    );
    let waiting = findings.waiting.as_ref();
    bar(
        "Private_Dirty while waiting, kB",
        waiting.map(|waiting| waiting.private_dirty as f64),
        32.0,
    );
    bar(
        "wake-ups while waiting",
        waiting.map(|waiting| waiting.wake_ups as f64),
        0.0,
    );
    bar(
        "bytes of the binary",
        findings.bytes.map(|bytes| bytes as f64),
        40.0 * 1024.0,
    );
}

fn ratio(medians: &Medians, other: &str) -> Option<f64> {
    Some(medians.get("pidone")? / medians.get(other)?)
}

fn bar(what: &str, measured: Option<f64>, limit: f64) {
    let digits = if limit.fract() == 0.0 { 0 } else { 2 };
    match measured {
        None => println!("  -     {what}: not measured"),
        Some(value) => {
            let verdict = if value <= limit { "pass" } else { "MISS" };
            println!("  {verdict}  {what}: {value:.digits$} (at most {limit:.digits$})");
        }
    }
}
