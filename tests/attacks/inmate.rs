//! What a hostile command does to get out: the test program itself, started again inside.

use std::ffi::{CStr, CString};
use std::fs;
use std::path::Path;

#[used]
#[unsafe(link_section = ".init_array")]
static BEGIN: extern "C" fn() = begin;

extern "C" fn begin() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [inmate, way, mark] = &words[..]
        && inmate == "inmate"
    {
        let out = match way.as_str() {
            "descriptors" => through_descriptors(mark),
            "processes" => through_processes(mark),
            "chroot" => out_of_chroot(mark),
            "unmount" => below_the_root(mark),
            "pivot" => by_pivoting(mark),
            "up" => upwards(mark),
            _ => panic!("no such way: {way}"),
        };
        println!("{}", if out { "out" } else { "in" });
        std::process::exit(0);
    }
}

fn text(path: &str) -> CString {
    CString::new(path).expect("a plain name")
}

/// Whether the file is there, from here or from the directory that a descriptor is.
fn reads(folder: i32, mark: &str) -> bool {
    [mark, &mark[1..]].iter().any(|path| {
        let path = text(path);
        // SAFETY: the path is a C string.
        unsafe { libc::faccessat(folder, path.as_ptr(), libc::F_OK, 0) == 0 }
    })
}

fn open(path: &CStr) -> i32 {
    // SAFETY: the path is a C string.
    unsafe { libc::open(path.as_ptr(), libc::O_PATH | libc::O_DIRECTORY) }
}

fn through_descriptors(mark: &str) -> bool {
    (0..4096).any(|fd| {
        let up = text(&"../".repeat(64));
        // SAFETY: the path is a C string.
        let top = unsafe { libc::openat(fd, up.as_ptr(), libc::O_PATH) };
        reads(fd, mark) || top >= 0 && reads(top, mark)
    })
}

fn through_processes(mark: &str) -> bool {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries
        .map(|entry| entry.path())
        .filter(|path| path.join("stat").exists());
    let mut folders = vec![];
    for process in processes {
        folders.extend(["root", "cwd", "exe"].map(|name| process.join(name)));
        for list in ["fd", "map_files", "task"] {
            let list = fs::read_dir(process.join(list))
                .into_iter()
                .flatten()
                .flatten();
            folders.extend(list.map(|entry| entry.path()));
        }
    }
    folders.iter().any(|folder| below(folder, mark))
}

fn below(folder: &Path, mark: &str) -> bool {
    let folder = open(&text(folder.to_str().expect("a plain name")));
    folder >= 0 && reads(folder, mark)
}

/// chroot(2) names this way out: the working directory stays outside of a new root.
fn out_of_chroot(mark: &str) -> bool {
    let _ = fs::create_dir("/tmp/cell");
    let here = open(c"/");
    // SAFETY: the paths are C strings.
    unsafe {
        libc::chroot(c"/tmp/cell".as_ptr());
        libc::fchdir(here);
        (0..64).for_each(|_| {
            libc::chdir(c"..".as_ptr());
        });
        libc::chroot(c".".as_ptr());
    }
    reads(libc::AT_FDCWD, mark)
}

fn below_the_root(mark: &str) -> bool {
    // SAFETY: the paths are C strings.
    unsafe {
        libc::umount2(c"/".as_ptr(), libc::MNT_DETACH);
        libc::chdir(c"/..".as_ptr());
        libc::chroot(c".".as_ptr());
    }
    reads(libc::AT_FDCWD, mark) || upwards(mark)
}

fn by_pivoting(mark: &str) -> bool {
    // SAFETY: the paths are C strings.
    unsafe {
        libc::chdir(c"/tmp".as_ptr());
        libc::mount(
            c"none".as_ptr(),
            c"/tmp".as_ptr(),
            c"tmpfs".as_ptr(),
            0,
            std::ptr::null(),
        );
        libc::chdir(c"/tmp".as_ptr());
        libc::syscall(libc::SYS_pivot_root, c".".as_ptr(), c".".as_ptr());
        libc::umount2(c".".as_ptr(), libc::MNT_DETACH);
    }
    reads(libc::AT_FDCWD, mark) || upwards(mark)
}

fn upwards(mark: &str) -> bool {
    let tops = [
        "/..",
        "/../../..",
        "/proc/self/root/..",
        "/proc/1/root/..",
        "/proc/1/cwd/../..",
    ];
    tops.iter().any(|top| {
        let top = open(&text(top));
        top >= 0 && reads(top, mark)
    })
}
