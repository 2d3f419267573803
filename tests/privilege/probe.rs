//! A command that tries things and says what came of them: the test program itself, started again.
//!
//! It acts before `main` if its first argument is `probe`. Each try is a line: 0, or the errno.

use crate::support::{Caller, Ran, copy_program, program, run};
use std::arch::asm;
use std::ffi::CString;
use std::fs::{self, OpenOptions};
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::PathBuf;
use std::sync::OnceLock;

#[used]
#[unsafe(link_section = ".init_array")]
static BEGIN: extern "C" fn() = begin;

extern "C" fn begin() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((first, tries)) = words.split_first() else {
        return;
    };
    if first == "probe" {
        for (at, one) in tries.iter().enumerate() {
            println!("{}", attempt(one, at));
        }
        std::process::exit(0);
    }
}

/// The probe, at a place where an ordinary user may execute it.
pub fn probe() -> &'static str {
    static PROBE: OnceLock<PathBuf> = OnceLock::new();
    let path = PROBE.get_or_init(|| {
        let copy = program().with_file_name("probe");
        let this = std::env::current_exe().expect("a program has a file");
        copy_program(&this, &copy);
        copy
    });
    path.to_str()
        .expect("temporary directories have plain names")
}

/// `pidone run` with these options and a probe that tries these things: an errno each.
pub fn tried<S: AsRef<str>>(caller: Caller, options: &[&str], tries: &[S]) -> Vec<i32> {
    let mut words = options.to_vec();
    words.extend([probe(), "probe"]);
    words.extend(tries.iter().map(S::as_ref));
    answers(&run(caller, &words))
}

/// What the probe said.
pub fn answers(ran: &Ran) -> Vec<i32> {
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    let numbers = ran.out.lines().map(|line| line.trim().parse());
    numbers.map(|number| number.expect("a number")).collect()
}

/// The errno of a try, or 0. `WHAT:VALUE`.
fn attempt(what: &str, at: usize) -> i32 {
    let (what, value) = what.split_once(':').expect("WHAT:VALUE");
    let number = || value.parse::<u64>().expect("a number");
    match what {
        // A system call with arguments that are wrong for every call.
        "call" => raw(number(), [u64::MAX; 6]),
        // With one argument, and with two.
        "clone" => clone(number()),
        "unshare" => raw(libc::SYS_unshare as u64, [number(), 0, 0, 0, 0, 0]),
        "personality" => raw(libc::SYS_personality as u64, [number(), 0, 0, 0, 0, 0]),
        "socket" => raw(libc::SYS_socket as u64, [number(), 1, 0, 0, 0, 0]),
        "ioctl" => ioctl(number()),
        "ioctl32" => ioctl32(number()),
        "getpid32" => getpid32(),
        "read" => errno(fs::read(value)),
        "list" => errno(fs::read_dir(value)),
        "write" => errno(OpenOptions::new().write(true).open(value)),
        "make" => errno(fs::write(value, "new")),
        "truncate" => {
            let path = CString::new(value).expect("no NUL");
            // SAFETY: the path is a C string.
            errno_of(unsafe { libc::truncate(path.as_ptr(), 0) }.into())
        }
        "remove" => errno(fs::remove_file(value)),
        "rename" => errno(fs::rename(value, format!("{value}.{at}"))),
        "execute" => errno(std::process::Command::new(value).status()),
        "connect" => errno(TcpStream::connect(("127.0.0.1", number() as u16))),
        "bind" => errno(TcpListener::bind(("127.0.0.1", number() as u16))),
        "abstract" => {
            let address = SocketAddr::from_abstract_name(value).expect("a short name");
            errno(UnixStream::connect_addr(&address))
        }
        // SAFETY: no pointer is passed.
        "signal" => errno_of(unsafe { libc::kill(number() as i32, 0) }.into()),
        _ => panic!("what is {what}?"),
    }
}

fn errno<T>(result: io::Result<T>) -> i32 {
    result
        .err()
        .map_or(0, |error| error.raw_os_error().unwrap_or(-1))
}

fn errno_of(result: i64) -> i32 {
    if result == -1 {
        io::Error::last_os_error().raw_os_error().unwrap_or(-1)
    } else {
        0
    }
}

fn raw(number: u64, a: [u64; 6]) -> i32 {
    // SAFETY: the kernel checks addresses, and where these are wrong it touches nothing.
    errno_of(unsafe { libc::syscall(number as i64, a[0], a[1], a[2], a[3], a[4], a[5]) })
}

/// A child that ends at once.
fn clone(flags: u64) -> i32 {
    // SAFETY: without CLONE_VM it is a fork, and the child only exits.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags | libc::SIGCHLD as u64, 0, 0, 0, 0) };
    if pid == 0 {
        // SAFETY: nothing runs any more.
        unsafe { libc::_exit(0) }
    }
    let errno = errno_of(pid);
    // SAFETY: no status is asked for.
    unsafe { libc::waitpid(pid as i32, std::ptr::null_mut(), 0) };
    errno
}

/// On standard input, with a letter.
fn ioctl(request: u64) -> i32 {
    let letter = b'x';
    let argument = &raw const letter as u64;
    raw(libc::SYS_ioctl as u64, [0, request, argument, 0, 0, 0])
}

/// The same call of i386, which takes its argument from the lowest 4 GiB.
fn ioctl32(request: u64) -> i32 {
    // SAFETY: a new mapping.
    let page = unsafe {
        let (protection, flags) = (
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_32BIT,
        );
        libc::mmap(std::ptr::null_mut(), 4096, protection, flags, -1, 0)
    };
    // SAFETY: it is there.
    unsafe { page.cast::<u8>().write(b'x') };
    let mut answer = 54i32;
    // SAFETY: the call reads a letter at most; the registers that it changes are named.
    unsafe {
        asm!(
            "xchg rbx, {zero}",
            "int 0x80",
            "xchg rbx, {zero}",
            zero = inout(reg) 0u64 => _,
            inout("eax") answer,
            in("ecx") request as u32,
            in("edx") page as u32,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    if answer < 0 { -answer } else { 0 }
}

/// The signal that ends a child that makes a system call of i386, or 0.
fn getpid32() -> i32 {
    // SAFETY: the child makes one call and exits.
    unsafe {
        let pid = libc::fork();
        if pid == 0 {
            let mut answer = 20i32;
            asm!("int 0x80", inout("eax") answer, out("r8") _, out("r9") _, out("r10") _, out("r11") _);
            libc::_exit(if answer > 0 { 0 } else { 1 });
        }
        let mut status = 0;
        libc::waitpid(pid, &mut status, 0);
        assert!(libc::WIFSIGNALED(status) || libc::WEXITSTATUS(status) == 0);
        if libc::WIFSIGNALED(status) {
            libc::WTERMSIG(status)
        } else {
            0
        }
    }
}
