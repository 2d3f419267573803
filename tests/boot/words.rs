//! What is said on the kernel's command line and in the image.

use super::{assert_says, bare, machine};

/// A wrong word is told of, with the nearest right one, and the others count.
#[test]
fn wrong_words_do_not_stop_a_boot() {
    let words = "pidone.grase=5 pidone.grace=x pidone.net=eth7,10.0.0.1/8 pidone.sysctl=no.such.thing=1 pidone.modules=/none \
        pidone.end=reboot pidone.end=halt \"pidone.hostname=in quotes\" pidone.=1 pidone pidone.vm.x pidone.dns= \
        pidone.power-button";
    let Some(machine) = machine(words, "hostname") else {
        return;
    };
    let ended = machine.boot();
    assert_says(
        &ended,
        &[
            "pidone: unknown option \"grase=5\": did you mean --grace?",
            "pidone: --grace \"x\": wanted is a number of seconds, such as 10 or 0.5",
            "in quotes",
            "pidone: exit 0",
        ],
    );
    for part in [
        "pidone: --net \"eth7,10.0.0.1/8\": ",
        "pidone: --sysctl \"no.such.thing=1\": ",
        "pidone: --end ",
        "pidone: --dns ",
        "openat(AT_FDCWD, \"/dev/input/event0\", O_RDONLY|O_NONBLOCK|O_CLOEXEC): ENOENT",
        "pidone: --modules \"/none\": ",
    ] {
        assert!(ended.console.contains(part), "{part}: {}", ended.console);
    }
}

#[test]
fn a_machine_ends_whatever_becomes_of_its_workload() {
    for (workload, lines) in [
        ("-- /bin/sh -c \"kill -9 $$\"", &["pidone: exit 137"][..]),
        (
            "-- /missing",
            &["hint: there is no such file", "pidone: exit 127"],
        ),
        ("", &["pidone: exit 125"]),
        ("-- --bogus /bin/sh", &["pidone: exit 125"]),
        (
            "PIDONE_INIT_BOGUS=1 -- /bin/sh -c true",
            &["pidone: exit 125"],
        ),
        ("-- --help", &["pidone: exit 0"]),
        (
            "pidone.uid=nobody:x -- /bin/sh -c true",
            &["pidone: exit 125"],
        ),
        (
            "rdinit=/bin/pidone -- run /bin/sh -c \"echo in a sandbox\"",
            &["in a sandbox", "pidone: exit 0"],
        ),
        (
            "pidone.config=/config.json",
            &[
                "pidone: --rlimit \"no type=1:1\": wanted is a name such as nofile, =, and one or two numbers or inf with : between",
                "told",
                "pidone: exit 0",
            ],
        ),
        (
            "pidone.config=/none.json",
            &[
                "pidone: --config \"/none.json\": ENOENT",
                "pidone: exit 125",
            ],
        ),
        (
            "pidone.config=/proc",
            &["pidone: --config \"/proc\": EISDIR", "pidone: exit 125"],
        ),
        ("rdinit=/bin/pidone -- list", &["pidone: exit 125"]),
    ] {
        let words = format!("pidone.report=console {workload}");
        let Some(mut machine) = bare(&words) else {
            return;
        };
        let pidone = std::fs::read(super::program()).expect("it was built");
        machine.files.file("bin/pidone", 0o755, pidone);
        machine.files.folder("proc");
        let config = r#"{"process": {"args": ["sh", "-c", "echo told"], "rlimits": [{"soft": 1, "hard": 1}]}}"#;
        machine.files.file("config.json", 0o644, config.into());
        assert_says(&machine.boot(), lines);
    }
}

/// What adds up too is as the kernel's words say; and a word that is nobody's is no command where there is one.
#[test]
fn the_kernels_words_count_before_the_images() {
    let settings = "exec=/bin/sh\r\narg=-c\narg=echo $A $B $C; busybox hostname; ulimit -n\nenv=A=file\nenv=C=file\n\
        sysctl=kernel.hostname=file\nrlimit=nofile=77\nreport=console\n";
    let words = "stray pidone.env=A=kernel pidone.env=B=kernel pidone.sysctl=kernel.hostname=kernel pidone.rlimit=nofile=99";
    let Some(mut machine) = bare(words) else {
        return;
    };
    machine
        .files
        .file("etc/pidone/init", 0o644, settings.into());
    let lines = ["kernel kernel file", "kernel", "99", "pidone: exit 0"];
    assert_says(&machine.boot(), &lines);
}

/// What the file in the image says, unless the command line says something else; and how QEMU is told the status.
#[test]
fn settings_of_a_machine_are_in_its_image() {
    let settings = "# for a test\nexec=/bin/sh\narg=-c\narg=echo from the file; hostname; exit 9\nreport=console\n\
        hostname=one\nwait-all=1\nbogus\n";
    let device = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"];
    let Some(mut machine) = bare("pidone.hostname=two pidone.report=port:0xf4") else {
        return;
    };
    machine
        .files
        .file("etc/pidone/init", 0o644, settings.into());
    machine.arguments = device.iter().map(|word| word.into()).collect();
    let ended = machine.boot();
    assert_says(
        &ended,
        &[
            "pidone: unknown option \"bogus\": see \"pidone --help\"",
            "from the file",
            "pidone: exit 9",
        ],
    );
    assert_eq!(ended.code, Some(9 << 1 | 1), "{}", ended.console);
}

/// The kernel gives no argument after a second `--`, and cuts those with quotes in it.
#[test]
fn a_workload_has_all_its_arguments() {
    let words =
        "pidone.report=console stray -- /bin/busybox printf \"[%s]\\n\" \"two words\" -- --vm last";
    let Some(machine) = bare(words) else {
        return;
    };
    let lines = ["[two words]", "[--]", "[--vm]", "[last]", "pidone: exit 0"];
    assert_says(&machine.boot(), &lines);
}
