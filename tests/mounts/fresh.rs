//! What is mounted anew: tmpfs, proc, devices, sysfs and message queues.

use crate::facts::{Mount, covering};
use crate::place::{ROOTS, Root, places};
use crate::support::{Caller, is_root};

#[test]
fn a_tmpfs_is_empty_and_has_the_usual_mode() {
    for place in places(&ROOTS) {
        let point = place.folder("t");
        let script = format!(
            "ls -A {point}; stat -c '%a %u:%g' {point}; echo x >{point}/x && cat {point}/x"
        );
        let seen = place.look(&["--tmpfs", &point], &script);
        assert_eq!(seen.lines()[..2], ["755 0:0", "x"], "{:?}", place.root);
        let mount = seen.mount(&point);
        assert_eq!(mount.kind, "tmpfs");
        assert_eq!(mount.limits(), "nosuid nodev");
        assert_eq!(mount.value("size"), None);
        if let Some(path) = place.outside("t") {
            assert_eq!(path.read_dir().expect("it is there").count(), 0);
        }
    }
}

#[test]
fn a_tmpfs_has_a_mode_and_a_size_if_wanted() {
    for place in places(&ROOTS) {
        let [both, mode, size, none] = ["a", "b", "c", "d"].map(|name| place.folder(name));
        let options = format!(
            "--perms 1777 --size 1048576 --tmpfs {both} --perms 0700 --tmpfs {mode} \
            --size 65536 --tmpfs {size} --tmpfs {none}"
        );
        let options: Vec<&str> = options.split(' ').collect();
        let script = format!(
            "stat -c %a {both} {mode} {size} {none}; \
            yes 2>&1 | head -c 99999 2>&1 >{size}/x; stat -c %s {size}/x"
        );
        let seen = place.look(&options, &script);
        assert_eq!(seen.lines()[..4], ["1777", "700", "755", "755"]);
        let points = [&both, &mode, &size, &none];
        let sizes = points.map(|point| seen.mount(point).value("size"));
        assert_eq!(sizes, [Some("1024k"), None, Some("64k"), None]);
        assert!(
            seen.lines().contains(&"65536"),
            "it is full then: {}",
            seen.out
        );
    }
}

#[test]
fn a_proc_is_of_the_new_process_ids() {
    for place in places(&ROOTS) {
        let point = place.folder("p");
        let script = format!("cd {point}; echo [0-9]*; readlink self; cat 1/comm");
        let seen = place.look(&["--proc", &point], &script);
        let [all, own, name] = seen.lines()[..3] else {
            panic!("{}", seen.out)
        };
        assert!(all == "1" && own != "1", "{}", seen.out);
        assert!(["sh", "busybox"].contains(&name), "{name}");
        let mount = seen.mount(&point);
        assert_eq!((mount.kind.as_str(), mount.root.as_str()), ("proc", "/"));
        assert_eq!(mount.limits(), "nosuid nodev noexec");
    }
}

#[test]
fn one_proc_is_there_unless_it_is_not_wanted() {
    let procs = |mounts: &[Mount]| mounts.iter().filter(|mount| mount.point == "/proc").count();
    for place in places(&ROOTS) {
        let seen = place.look(&[], "");
        let own = procs(&seen.mounts);
        assert_eq!(
            own,
            if place.root == Root::Host { 2 } else { 1 },
            "{:?}",
            place.root
        );
        match place.root {
            Root::Host => assert_eq!(procs(&place.look(&["--no-proc"], "").mounts), 1),
            Root::Directory => place.says(&["--no-proc"], "ls -A /proc; echo $$", "1\n"),
            Root::Empty => {}
        }
    }
}

/// What changes the machine, or tells of it, as far as this kernel has it.
#[test]
fn the_dangerous_parts_of_a_proc_are_out_of_reach() {
    for place in places(&[Root::Directory, Root::Empty]) {
        let script = "for part in sys sysrq-trigger irq bus fs; do \
            [ ! -e /proc/$part ] || echo /proc/$part; done";
        let seen = place.look(&[], script);
        let parts: Vec<&str> = seen
            .out
            .lines()
            .take_while(|line| line.starts_with('/'))
            .collect();
        assert!(parts.contains(&"/proc/sys"), "{}", seen.out);
        for part in parts {
            assert!(
                covering(&seen.mounts, part).has("ro"),
                "{part}: {}",
                seen.out
            );
        }
        let secrets = "for secret in kcore keys timer_list; do \
            cat /proc/$secret 2>&1 | grep -cv 'cat: '; done; :";
        place.says(&[], secrets, "0\n0\n0\n");
        // Its other files are as they were.
        place.says(
            &[],
            "grep -c '^cpu0 ' /proc/stat; readlink /proc/self/cwd",
            "1\n/\n",
        );
    }
}

#[test]
fn the_usual_devices_are_there_and_no_other() {
    for place in places(&ROOTS) {
        let point = place.folder("dev");
        let script = format!(
            "cd {point}; echo *; stat -c '%n %a %t:%T' null zero full random urandom tty
            for link in core fd ptmx stderr stdin stdout; do readlink $link; done
            echo pts/*; stat -c '%F %a' . pts shm; touch shm/x && echo shared
            head -c 3 zero | wc -c; head -c 3 urandom | wc -c; echo x >null && echo gone
            {{ echo x >full; }} 2>null || echo full"
        );
        let seen = place.look(&["--dev", &point], &script);
        let wanted = "core fd full null ptmx pts random shm stderr stdin stdout tty urandom zero
null 666 1:3
zero 666 1:5
full 666 1:7
random 666 1:8
urandom 666 1:9
tty 666 5:0
/proc/kcore
/proc/self/fd
pts/ptmx
/proc/self/fd/2
/proc/self/fd/0
/proc/self/fd/1
pts/ptmx
directory 755
directory 755
directory SHM
shared
3
3
gone
full
";
        let mut shm = seen
            .out
            .lines()
            .filter_map(|line| line.strip_prefix("directory "));
        let shm = shm.next_back().expect("it is there");
        assert!(["755", "777", "1777"].contains(&shm), "{shm}");
        let wanted = wanted.replace("SHM", shm);
        assert!(
            seen.out.starts_with(&wanted),
            "{:?}: {}",
            place.root,
            seen.out
        );
        assert_eq!(seen.mount(&point).limits(), "nosuid nodev");
        let pts = seen.mount(&format!("{point}/pts"));
        assert_eq!(
            (pts.kind.as_str(), pts.limits().as_str()),
            ("devpts", "nosuid noexec")
        );
        assert_eq!(pts.value("ptmxmode"), Some("666"));
    }
}

#[test]
fn terminals_of_the_new_dev_are_its_own() {
    for place in places(&ROOTS) {
        let point = place.folder("dev");
        let script = format!("exec 5<>{point}/ptmx; echo {point}/pts/*");
        place.says(
            &["--dev", &point],
            &script,
            &format!("{point}/pts/0 {point}/pts/ptmx\n"),
        );
    }
}

#[test]
fn sysfs_and_message_queues_are_of_the_new_namespaces() {
    for place in places(&ROOTS) {
        let (sys, queues) = (place.folder("sys"), place.folder("queues"));
        let script = format!("ls {sys}/class/net | grep -x lo; touch {queues}/one; ls {queues}");
        let seen = place.look(&["-ni", "--sys", &sys, "--mqueue", &queues], &script);
        assert_eq!(seen.lines()[..2], ["lo", "one"], "{:?}", place.root);
        let mount = seen.mount(&sys);
        assert_eq!(mount.kind, "sysfs");
        assert!(
            mount.limits().ends_with("nosuid nodev noexec"),
            "{}",
            mount.limits()
        );
        let mount = seen.mount(&queues);
        assert_eq!(mount.kind, "mqueue");
        assert!(
            mount.has("nosuid") && mount.has("nodev"),
            "{}",
            mount.limits()
        );
    }
}

#[test]
fn root_needs_no_new_namespace_for_sysfs() {
    for place in places(&ROOTS) {
        let sys = place.folder("sys");
        if place.caller == Caller::Root && is_root() {
            let seen = place.look(&["--sys", &sys], &format!("ls -d {sys}/kernel"));
            assert_eq!(seen.mount(&sys).kind, "sysfs");
        }
    }
}
