//! The end of a cgroup, and what has happened in it.

use crate::names::{Errno, Signal};
use crate::strings::ThinCStr;
use crate::sys::file::{Fd, HERE, Names};
use crate::sys::process::Pid;
use crate::sys::{Result, file, process, signal};
use crate::text::{cut, decimal, has};

/// How long the last pause is, in milliseconds. All of them are about twice that.
const LONGEST: u64 = 512;

/// How deep cgroups that were made inside may be nested.
const DEEPEST: u32 = 32;

const FOLDER: u32 = (libc::O_DIRECTORY | libc::O_CLOEXEC) as u32;

/// Removes a cgroup. As long as processes are in it, which can only be where the kernel did not end
/// them with a PID namespace, or cgroups, they are removed, and it is tried again.
#[inline(never)]
pub fn remove(path: ThinCStr) -> Result<()> {
    let mut pause = 1;
    loop {
        match file::remove_folder(HERE, path.as_cstr()) {
            Err(Errno::BUSY) if pause <= LONGEST => {}
            answer => return answer,
        }
        let folder = file::open(path.as_cstr(), FOLDER)?;
        let _ = kill_all(folder);
        clear(folder, DEEPEST);
        file::close(folder);
        process::sleep(pause);
        pause *= 2;
    }
}

/// Removes what is in a cgroup.
fn clear(folder: Fd, depth: u32) {
    let mut names = Names::of(folder);
    while let Some(name) = names.next() {
        // The cgroup itself and the one above are listed too.
        let listed = name.to_bytes().starts_with(b".");
        if listed || depth == 0 || file::remove_folder(folder, name) != Err(Errno::BUSY) {
            continue;
        }
        if let Ok(inner) = file::open_at(folder, name, FOLDER) {
            let _ = kill_all(inner);
            clear(inner, depth - 1);
            file::close(inner);
            let _ = file::remove_folder(folder, name);
        }
    }
}

/// Kills all at once with version 2 since Linux 5.14, else whom one read shows.
#[inline(never)]
fn kill_all(folder: Fd) -> Result<()> {
    let flags = libc::O_CLOEXEC as u32;
    let kill = file::open_at(folder, c"cgroup.kill", libc::O_WRONLY as u32 | flags);
    let list = kill.or_else(|_| file::open_at(folder, c"cgroup.procs", flags));
    let (fd, mut buffer) = (list?, [0; 2048]);
    let length = match kill {
        Ok(_) => file::write(fd, b"1").map(|_| 0),
        Err(_) => file::read(fd, &mut buffer),
    };
    file::close(fd);
    let mut rest = buffer.get(..length?).unwrap_or(&[]);
    // A number that was cut off is not one.
    while has(rest, b'\n') {
        // Processes of another PID namespace are shown as 0, which would be our own group.
        if let Some(pid @ 1..) = decimal(cut(&mut rest, b'\n')) {
            let _ = signal::send(Pid(pid as i32), Signal::KILL);
        }
    }
    Ok(())
}

/// How many processes the kernel has killed for want of memory: memory.events of version 2 and
/// memory.oom_control of version 1 have the same line for it.
#[inline(never)]
pub fn kills(events: Fd) -> Result<u64> {
    let mut text = [0; 512];
    let length = file::read(events, &mut text)?;
    let mut rest = text.get(..length).unwrap_or(&[]);
    while !rest.is_empty() {
        let mut line = cut(&mut rest, b'\n');
        if cut(&mut line, b' ') == b"oom_kill" {
            return Ok(decimal(line).unwrap_or(0));
        }
    }
    Ok(0)
}
