//! A virtual machine, from the kernel's start of /init to the workload, and from there to the end, in the guest's own
//! instructions: QEMU counts one in each nanosecond, and the kernel's log has the time. Other work does not disturb
//! that; where things lie in memory does, so that several sizes of it are tried.

#[allow(dead_code)] // The tests' machines have links and directories.
#[path = "../../tests/support/cpio.rs"]
mod cpio;

use crate::Troubles;
use crate::programs::{Programs, installed};
use cpio::Archive;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Mebibytes.
const MEMORY: [u32; 3] = [200, 256, 320];

/// What the same needs of a shell.
const SCRIPT: &str = "#!/bin/busybox sh\n\
    b=/bin/busybox\n\
    $b mkdir -p /proc /sys /dev /run /tmp\n\
    $b mount -t proc -o nosuid,nodev,noexec proc /proc\n\
    $b mount -t sysfs -o nosuid,nodev,noexec sysfs /sys\n\
    $b mount -t devtmpfs -o nosuid,mode=0755 devtmpfs /dev\n\
    $b mkdir -p /dev/pts /dev/shm\n\
    $b mount -t devpts -o nosuid,noexec,gid=5,mode=0620,ptmxmode=0666 devpts /dev/pts\n\
    $b mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs /dev/shm\n\
    $b ln -s /proc/self/fd /dev/fd\n\
    for n in 0 1 2; do $b ln -s fd/$n /dev/fd$n; done\n\
    $b ip link set lo up\n\
    /app\n\
    echo pidone: exit $?\n\
    $b sync\n\
    $b reboot -f\n";

/// Ratios, and thousands of instructions.
#[derive(Default)]
pub struct Boots {
    pub start_over_floor: Option<f64>,
    pub start_over_script: Option<f64>,
    pub end_over_floor: Option<f64>,
}

pub fn print(programs: &Programs, troubles: &mut Troubles) -> Boots {
    let mut boots = Boots::default();
    let (Some(qemu), Some(kernel)) = (installed("qemu-system-x86_64"), kernel()) else {
        println!("\nleft out, the boots of a machine: no qemu-system-x86_64, or no kernel");
        return boots;
    };
    println!(
        "\nboots of a machine, in thousands of its instructions: to the workload, and from there to the end"
    );
    let mut medians = Vec::new();
    for label in ["floor", "pidone", "busybox script"] {
        let Some(files) = troubles.take(image(label, programs)) else {
            continue;
        };
        let Some(files) = files else {
            println!("  {label}: not installed");
            continue;
        };
        let path = programs.directory.join("initramfs");
        let written = fs::write(&path, files.bytes()).map_err(|error| error.to_string());
        troubles.take(written);
        let mut times = Vec::new();
        for memory in MEMORY {
            times.extend(troubles.take(boot(&qemu, &kernel, &path, memory)));
        }
        let Some([start, end]) = median(times) else {
            continue;
        };
        println!("  {start:>8.0} {end:>8.0}  {label}");
        medians.push((label, start, end));
    }
    let of = |label| medians.iter().find(|(one, ..)| *one == label);
    if let (Some((_, start, end)), Some((_, least, last))) = (of("pidone"), of("floor")) {
        boots.start_over_floor = Some(start / least);
        boots.end_over_floor = Some(end - last);
        boots.start_over_script = of("busybox script").map(|(_, most, _)| start / most);
    }
    boots
}

/// The files of a machine, if all are there.
fn image(label: &str, programs: &Programs) -> Result<Option<Archive>, String> {
    let read = |path: &Path| fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let mut files = Archive::default();
    files.file("app", 0o755, read(&programs.boot_app)?);
    match label {
        "floor" => files.file("init", 0o755, read(&programs.boot_floor)?),
        "pidone" => files.file("init", 0o755, read(&programs.pidone)?),
        _ => {
            let Some(busybox) = installed("busybox") else {
                return Ok(None);
            };
            files.file("bin/busybox", 0o755, read(&busybox)?);
            files.file("init", 0o755, SCRIPT.into());
        }
    }
    Ok(Some(files))
}

/// The newest kernel of the distribution: installed, or unpacked for the tests.
fn kernel() -> Option<PathBuf> {
    let unpacked = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("kernel");
    [PathBuf::from("/"), unpacked].iter().find_map(|root| {
        let files = fs::read_dir(root.join("boot")).ok()?.flatten();
        let paths = files.map(|file| file.path());
        paths
            .filter(|path| path.to_string_lossy().ends_with("cloud-amd64"))
            .filter(|path| path.to_string_lossy().contains("/vmlinuz-"))
            .max()
    })
}

/// Both times of one boot, in microseconds, which are thousands of instructions.
fn boot(qemu: &Path, kernel: &Path, files: &Path, memory: u32) -> Result<[f64; 2], String> {
    let output = Command::new("timeout")
        .arg("120")
        .arg(qemu)
        .args(["-M", "microvm,rtc=on", "-accel", "tcg,thread=single"])
        .args(["-cpu", "max", "-icount", "shift=0,sleep=off", "-seed", "1"])
        .args(["-rtc", "base=2025-01-01T00:00:00,clock=vm"])
        .args(["-nodefaults", "-no-user-config", "-nographic"])
        .args(["-serial", "stdio", "-no-reboot"])
        .args(["-m", &memory.to_string()])
        .arg("-kernel")
        .arg(kernel)
        .arg("-initrd")
        .arg(files)
        .args([
            "-append",
            "console=ttyS0 nokaslr reboot=t panic=-1 tsc_early_khz=1000000 \
            pidone.report=console pidone.end=reboot -- /app",
        ])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    let log = String::from_utf8_lossy(&output.stdout);
    let at = |text: &str| {
        let line = log.lines().find(|line| line.contains(text))?;
        let time = line.split_once('[')?.1.split_once(']')?.0;
        Some(time.trim().parse::<f64>().ok()? * 1e6)
    };
    let times = [
        at("Run /init as init process"),
        at("it runs"),
        at("reboot: Restarting system"),
    ];
    match times {
        [Some(start), Some(app), Some(end)] => Ok([app - start, end - app]),
        _ => Err(format!("a boot that does not end:\n{log}")),
    }
}

fn median(mut times: Vec<[f64; 2]>) -> Option<[f64; 2]> {
    let middle = times.len().checked_sub(1)? / 2;
    let mut of = |part: usize| {
        times.sort_by(|one, other| one[part].total_cmp(&other[part]));
        times[middle][part]
    };
    Some([of(0), of(1)])
}
