//! Roots on disks: a real ext4 on virtio, whose modules are in the first root.

use super::support::{Scratch, has, skip};
use super::vm::{Machine, found};
use super::{add_modules, assert_says, bare, shell};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

const MODULES: [&str; 5] = [
    "virtio_ring",
    "virtio",
    "virtio_mmio",
    "virtio_blk",
    "overlay",
];

/// An image with a system on it, whose workload is a script, or an empty one.
pub fn disk(scratch: &Scratch, name: &str, script: Option<&str>) -> Option<PathBuf> {
    if !has("mkfs.ext4") {
        skip("no mkfs.ext4");
        return None;
    }
    let (folder, image) = (
        scratch.path.join(format!("{name}.d")),
        scratch.path.join(name),
    );
    fs::create_dir(&folder).expect("a new directory");
    if let Some(script) = script {
        for place in [
            "bin",
            "dev",
            "proc",
            "sys",
            "run",
            "tmp",
            "data",
            "etc/pidone",
        ] {
            fs::create_dir_all(folder.join(place)).expect("a new directory");
        }
        fs::write(folder.join("bin/busybox"), found("busybox")).expect("it can be written");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(folder.join("bin/busybox"), mode).expect("it is ours");
        symlink("busybox", folder.join("bin/sh")).expect("a new link");
        fs::write(folder.join("script"), shell(script)).expect("it can be written");
        fs::write(folder.join("etc/hostname"), "on-disk\n").expect("it can be written");
        // The last one is of no use there, for this is the root already.
        let settings = "exec=/bin/sh\narg=/script\nreport=console\nmodules=/none\n";
        fs::write(folder.join("etc/pidone/init"), settings).expect("it can be written");
    }
    let made = Command::new("mkfs.ext4")
        .args(["-q", "-d"])
        .arg(&folder)
        .arg(&image)
        .arg("16M")
        .output()
        .expect("it is there");
    assert!(made.status.success(), "{made:?}");
    Some(image)
}

/// What a file of the image holds, whose journal has nothing to be recovered.
pub fn content(image: &Path, file: &str) -> String {
    let ask = |request: &str| {
        let answer = Command::new("debugfs")
            .args(["-R", request])
            .arg(image)
            .output();
        String::from_utf8_lossy(&answer.expect("it is there").stdout).into_owned()
    };
    let features = ask("features");
    assert!(!features.contains("needs_recovery"), "{features}");
    ask(&format!("cat {file}"))
}

fn boot(words: &str, drives: &[&Path]) -> Option<super::Ended> {
    Some(with_drives(words, drives)?.boot())
}

pub fn with_drives(words: &str, drives: &[&Path]) -> Option<Machine> {
    let mut machine: Machine = bare(&format!("pidone.modules=/modules {words}"))?;
    add_modules(&mut machine, &MODULES);
    machine.drives = drives.iter().map(|drive| drive.to_path_buf()).collect();
    Some(machine)
}

/// A root on a disk, found without its type: what was written is there afterwards, and the disk is clean, although
/// there is a file on it with swap.
#[test]
fn a_disk_is_the_root() {
    let scratch = Scratch::new("disk");
    let script = "dd if=/dev/zero of='/data/a swap' bs=4k count=64 2>/tmp/said; mkswap '/data/a swap' >/tmp/said\n\
        swapon '/data/a swap' && tail -n +2 /proc/swaps | cut -c -16; hostname; awk '/^(Shmem|Unevictable):/ { kept += $2 } END { print \"kept: \" kept }' /proc/meminfo; cat /proc/mounts; echo kept >/data/file; ls -d /init /modules; ls -d /dev/pidone*; exit 7";
    let Some(image) = disk(&scratch, "root", Some(script)) else {
        return;
    };
    let Some(mut machine) = with_drives("pidone.root=/dev/vda", &[&image]) else {
        return;
    };
    // What was below the first root is memory again, whatever is in what.
    let deep = "folder/".repeat(500);
    machine.files.file("large", 0o644, vec![1; 32 << 20]);
    machine
        .files
        .file(&format!("{deep}large"), 0o644, vec![1; 8 << 20]);
    machine
        .files
        .file("folder/.hidden", 0o644, vec![1; 8 << 20]);
    let ended = machine.boot();
    let kept = ended
        .console
        .lines()
        .find_map(|line| line.strip_prefix("kept: ")?.parse().ok());
    // Its own file is still there while /init runs.
    let own = fs::metadata(super::program()).expect("it was built").len() / 1024;
    assert!(
        kept.is_some_and(|kept: u64| kept < own + 2000),
        "{}",
        ended.console
    );
    assert_says(
        &ended,
        &[
            "/data/a\\040swap ",
            "on-disk",
            "/dev/vda / ext4 rw,relatime 0 0",
            "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0",
            "ls: /init: No such file or directory",
            "ls: /dev/pidone*: No such file or directory",
            "pidone: --modules is too late in the new root: give it to the kernel or the first root",
            "pidone: exit 7",
        ],
    );
    assert_has_places(&ended);
    assert_eq!(ended.console.matches("pidone: ").count(), 2);
    assert_eq!(content(&image, "/data/file"), "kept\n");
}

/// In memory, where the root is not, and not in all of it.
fn assert_has_places(ended: &super::Ended) {
    for (place, mode) in [("run", ",mode=755"), ("tmp", "")] {
        let [begin, end] = [
            format!("tmpfs /{place} tmpfs rw,nosuid,nodev,relatime,size="),
            format!("k{mode},inode64 0 0"),
        ];
        let mut lines = ended.console.lines();
        let found = lines.any(|line| line.starts_with(&begin) && line.ends_with(&end));
        assert!(found, "{place}: {}", ended.console);
    }
}

/// What is written over a root that is read-only is gone with the machine, or is on another disk, which is clean.
#[test]
fn a_root_may_be_written_over() {
    let scratch = Scratch::new("overlay");
    let script = "grep -o '^overlay / overlay rw' /proc/mounts; echo new >/data/file; cat /data/file; mount -t tmpfs over /proc";
    let Some(image) = disk(&scratch, "root", Some(script)) else {
        return;
    };
    let Some(other) = disk(&scratch, "other", None) else {
        return;
    };
    let before = fs::read(&image).expect("it can be read");
    for (root, over) in [("/dev/vda", "tmpfs"), ("/dev/vda:ext4:ro", "/dev/vdb")] {
        let words = format!("pidone.root={root} pidone.overlay={over}");
        let Some(ended) = boot(&words, &[&image, &other]) else {
            return;
        };
        assert_says(&ended, &["overlay / overlay rw", "new", "pidone: exit 0"]);
    }
    assert!(fs::read(&image).expect("it can be read") == before);
    assert_eq!(content(&other, "/upper/data/file"), "new\n");
}

/// A disk that the workload has mounted, also one that is in use to the end, is clean too, whatever has become of
/// /proc, and of files on it.
#[test]
fn other_disks_are_left_clean() {
    let files = "dd if=/dev/zero of=one bs=1k count=64 2>/dev/null; cp one other; mke2fs -F other >/dev/null\n\
        losetup /dev/loop0 one; losetup /dev/loop1 other; mount -t ext4 /dev/loop1 /mnt && grep -c loop /proc/partitions";
    let swap = "dd if=/dev/zero of=one bs=4k count=64 2>/dev/null; losetup /dev/loop0 one; mkswap /dev/loop0 >/dev/null\n\
        swapon /dev/loop0 && cp one two && swapon two; mount -t tmpfs over '/a place'; mount -t tmpfs over /dev; grep -c loop /proc/swaps";
    let inner = "dd if=/dev/zero of=one bs=1k count=64 2>/dev/null; mke2fs -F one >/dev/null\n\
        mount -o loop one /mnt; mkdir /mnt/a /mnt/b; mount -t proc proc /mnt/a && mount -o bind /dev /mnt/b && ls -d /mnt/b/null";
    for (device, last, says) in [
        ("/dev/vda", swap, "1"),
        ("/dev/vda", inner, "/mnt/b/null"),
        ("/dev/vda", "mount -t proc over '/a place'", "kept"),
        ("/dev/vda", "mount -t tmpfs over /sys", "kept"),
        ("/dev/vda", "sleep 100 &", "kept"),
        ("/dev/vda", "mount -t tmpfs over /proc", "kept"),
        ("/dev/vda", "mount -t tmpfs over '/a place'", "kept"),
        ("vda", "umount /sys", "kept"),
        ("/dev/vda", files, "2"),
    ] {
        let scratch = Scratch::new("disks");
        let script = format!(
            "mkdir -p /mnt; mkdir '/a place' /over; cd /dev; mount -t ext4 {device} '/a place' && echo kept >'/a place/file'; cd '/a place'\n\
            mkdir up work; mount -t overlay -o 'lowerdir=/bin,upperdir=/a place/up,workdir=/a place/work' over /over\n\
            echo new >/over/file; echo kept; {last}\nexit 3"
        );
        let Some(image) = disk(&scratch, "data", None) else {
            return;
        };
        let words = "pidone.modules=/modules pidone.report=console -- /bin/sh /script";
        let Some(mut machine) = bare(words) else {
            return;
        };
        machine.files.file("script", 0o644, shell(&script));
        add_modules(&mut machine, &MODULES);
        add_modules(&mut machine, &["loop"]);
        machine.drives.push(image.clone());
        let ended = machine.boot();
        assert_says(&ended, &[says, "pidone: exit 3"]);
        assert_eq!(ended.console.matches("pidone: ").count(), 1);
        // It knows how it ends, too.
        let ends = ended.console.contains("reboot: Power down");
        assert!(ends, "{}", ended.console);
        assert_eq!(content(&image, "/file"), "kept\n");
        assert_eq!(content(&image, "/up/file"), "new\n");
    }
}

/// A disk that is mounted in a namespace which is kept in a file, and nowhere else.
#[test]
fn a_disk_of_another_namespace_is_left_clean() {
    let scratch = Scratch::new("namespace");
    let script = ": >/run/it; mkdir /mnt\n\
        unshare --mount=/run/it sh -c 'mount -t ext4 /dev/vda /mnt && echo kept >/mnt/file'; ls /mnt; exit 3";
    let Some(image) = disk(&scratch, "data", None) else {
        return;
    };
    let words = "pidone.modules=/modules pidone.report=console -- /bin/sh /script";
    let Some(mut machine) = bare(words) else {
        return;
    };
    machine.files.file("script", 0o644, shell(script));
    add_modules(&mut machine, &MODULES);
    machine.drives.push(image.clone());
    assert_says(&machine.boot(), &["pidone: exit 3"]);
    assert_eq!(content(&image, "/file"), "kept\n");
}

/// As `init=` of a root that somebody else has mounted, with nothing below it.
#[test]
fn a_root_may_be_there_already() {
    let scratch = Scratch::new("init");
    let script =
        "echo $0 $1 of $(cat /proc/1/comm); cat /proc/mounts; echo kept >/data/file; exit 5";
    let Some(image) = disk(&scratch, "root", Some(script)) else {
        return;
    };
    let first = "#!/bin/sh\nexport PATH=/bin\n/bin/busybox --install -s /bin\nfor module in /modules/*; do insmod $module; done\n\
        mkdir /new; mount -t devtmpfs dev /dev; until [ -e /dev/vda ]; do sleep 0.1; done; mount -t ext4 /dev/vda /new; cp /pidone /new/pidone; umount /dev\n\
        exec switch_root /new /pidone init --hostname given --report console -- /bin/sh /script word\n";
    let Some(mut machine) = bare("") else {
        return;
    };
    let pidone = fs::read(super::program()).expect("it was built");
    machine.files.file("pidone", 0o755, pidone);
    machine.files.file("init", 0o755, first.into());
    add_modules(&mut machine, &MODULES);
    machine.drives.push(image.clone());
    let ended = machine.boot();
    assert_says(
        &ended,
        &[
            "/script word of pidone",
            "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0",
            "pidone: exit 5",
        ],
    );
    assert_has_places(&ended);
    assert_eq!(content(&image, "/data/file"), "kept\n");
}

/// Where nothing can be made, that is said once, and the rest is there.
#[test]
fn a_root_may_lack_places() {
    let scratch = Scratch::new("bare");
    let script = "ls -1d /dev/null /sys/kernel; exit 6";
    let Some(image) = disk(&scratch, "root", Some(script)) else {
        return;
    };
    let removed = Command::new("debugfs")
        .args(["-w", "-R", "rmdir proc"])
        .arg(&image)
        .output();
    assert!(removed.expect("it is there").status.success());
    let Some(ended) = boot("pidone.root=/dev/vda:ext4:ro", &[&image]) else {
        return;
    };
    let said = "pidone: step 1 of 14: mkdirat(AT_FDCWD, \"/proc\", 0755): EROFS";
    let hint = "hint: nothing is there yet, and it cannot be made in this place";
    assert_says(
        &ended,
        &[said, hint, "/dev/null", "/sys/kernel", "pidone: exit 6"],
    );
    assert_eq!(ended.console.matches(said).count(), 1);
}

/// A disk that never comes: the machine ends, and says why.
#[test]
fn a_root_that_is_not_there_ends_the_machine() {
    let Some(ended) = boot("pidone.root=/dev/vdz pidone.report=console", &[]) else {
        return;
    };
    let hint = "hint: there is no such device, or its driver is a module that nobody has loaded: --modules";
    assert_says(&ended, &[hint, "pidone: exit 125"]);
    let said = "pidone: --root \"/dev/vdz\": step 2 of ";
    assert!(ended.console.contains(said), "{}", ended.console);
}
