//! The floor: what starting a command as PID 1 of new namespaces costs when nothing is decided.
//! One straight line of system calls, no libc, no option, no message.
//!
//! `floor FLAGS COMMAND [ARGUMENT…]`: FLAGS are the CLONE_NEW* flags in hexadecimal, COMMAND is a
//! path. One source gives all of them:
//!
//! - *bare*: the fewest calls that do it at all;
//! - *same* (`--cfg same`): the calls of pidone's default run in its order, so that what is left
//!   between the two is pidone's own work between the calls;
//! - *less* (`--cfg less` as well): those of `--cap-drop ALL --seccomp default` too, with the filter that
//!   the variable `FILTER` names when it is compiled;
//! - *limited* (`--cfg limited` as well): those of `--memory 64M --pids-limit 64` too, in cgroups of version 1
//!   below the directories `MEMORY` and `PIDS`.
//!
//! Hazard: *bare* does not make the mounts private. Where `/proc` is shared, as under systemd, its
//! new proc would appear on the host too, unless there is a new user namespace. Start it from a
//! mount namespace that is private already.
//!
//! No id map is written, for a user namespace neither. A failed call shows as status 125 or 127.

#![no_std]
#![no_main]

use core::arch::{asm, naked_asm};
use core::mem::MaybeUninit;
use core::ptr;

#[allow(dead_code)] // each form uses its part
mod number {
    pub const READ: usize = 0;
    pub const WRITE: usize = 1;
    pub const CLOSE: usize = 3;
    pub const RT_SIGACTION: usize = 13;
    pub const RT_SIGPROCMASK: usize = 14;
    pub const IOCTL: usize = 16;
    pub const GETPID: usize = 39;
    pub const EXECVE: usize = 59;
    pub const WAIT4: usize = 61;
    pub const RT_SIGTIMEDWAIT: usize = 128;
    pub const PRCTL: usize = 157;
    pub const CAPSET: usize = 126;
    pub const MOUNT: usize = 165;
    pub const SET_TID_ADDRESS: usize = 218;
    pub const FUTEX: usize = 202;
    pub const CLOCK_GETTIME: usize = 228;
    pub const EXIT_GROUP: usize = 231;
    pub const OPENAT: usize = 257;
    pub const MKDIRAT: usize = 258;
    pub const UNLINKAT: usize = 263;
    pub const FACCESSAT: usize = 269;
    pub const UNSHARE: usize = 272;
    pub const SECCOMP: usize = 317;
    pub const CLONE3: usize = 435;
    pub const CLOSE_RANGE: usize = 436;
    pub const MOUNT_SETATTR: usize = 442;
}

const SIGCHLD: usize = 17;
const CLONE_VM: usize = 0x100;
const CLONE_NEWNS: usize = 0x20000;
const NOSUID_NODEV_NOEXEC: usize = 2 | 4 | 8;

/// What the child needs. It lives in the frame of `main`, which is never left.
struct Request {
    flags: usize,
    argv: *const *const u8,
    envp: *const *const u8,
}

#[repr(align(16))]
struct Stack<const SIZE: usize>(#[allow(dead_code)] MaybeUninit<[u8; SIZE]>);

/// `struct clone_args`, first published size.
#[repr(C)]
struct CloneArguments {
    flags: usize,
    pidfd: usize,
    child_tid: usize,
    parent_tid: usize,
    exit_signal: usize,
    stack: usize,
    stack_size: usize,
    tls: usize,
}

#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!("mov rdi, rsp", "call {main}", "ud2", main = sym main)
}

unsafe extern "C" fn main(stack: *const usize) -> ! {
    unsafe {
        let argv = stack.add(1).cast::<*const u8>();
        let request = Request {
            flags: hexadecimal(*argv.add(1)),
            argv: argv.add(2),
            envp: argv.add(*stack + 1),
        };
        supervise(&request)
    }
}

unsafe fn hexadecimal(mut text: *const u8) -> usize {
    let mut value = 0;
    unsafe {
        while *text != 0 {
            let digit = *text | 0x20;
            let base = if digit > b'9' { b'a' - 10 } else { b'0' };
            value = value << 4 | usize::from(digit - base);
            text = text.add(1);
        }
    }
    value
}

#[cfg(not(same))]
unsafe fn supervise(request: &Request) -> ! {
    const CLONE_VFORK: usize = 0x4000;
    const STACK_SIZE: usize = 16 * 1024;
    static mut STACK: Stack<STACK_SIZE> = Stack(MaybeUninit::uninit());

    unsafe {
        let pid = clone3(
            &CloneArguments {
                flags: CLONE_VM | CLONE_VFORK | request.flags,
                pidfd: 0,
                child_tid: 0,
                parent_tid: 0,
                exit_signal: SIGCHLD,
                stack: &raw mut STACK as usize,
                stack_size: STACK_SIZE,
                tls: 0,
            },
            request,
        );
        exit(status_of(pid))
    }
}

#[cfg(not(same))]
unsafe extern "C" fn child(request: &Request) -> ! {
    unsafe {
        if request.flags & CLONE_NEWNS != 0 {
            mount_proc();
        }
        execute(request)
    }
}

#[cfg(same)]
unsafe fn supervise(request: &Request) -> ! {
    use core::sync::atomic::AtomicU32;
    const CLONE_FILES: usize = 0x400;
    const CLONE_CHILD_CLEARTID: usize = 0x20_0000;
    const CLONE_CLEAR_SIGHAND: usize = 1 << 32;
    const TIOCGPGRP: usize = 0x540f;
    const STACK_SIZE: usize = 64 * 1024;
    // The kernel stores zero here when the child leaves this memory.
    static CHILD_HERE: AtomicU32 = AtomicU32::new(1);
    static TID: AtomicU32 = AtomicU32::new(0);
    // Never written to but by the child.
    static mut STACK: Stack<STACK_SIZE> = Stack(MaybeUninit::uninit());

    unsafe {
        let mut disposition = [0usize; 4];
        let old = disposition.as_mut_ptr() as usize;
        call(number::RT_SIGACTION, [SIGCHLD, 0, old, 8, 0, 0]);
        #[cfg(less)]
        look_at_capabilities();
        #[cfg(limited)]
        limited::look();
        call(
            number::SET_TID_ADDRESS,
            [TID.as_ptr() as usize, 0, 0, 0, 0, 0],
        );
        let set = &raw const ALL as usize;
        call(number::RT_SIGPROCMASK, [SIG_BLOCK, set, 0, 8, 0, 0]);
        #[cfg(limited)]
        limited::make();
        let own = CLONE_VM | CLONE_FILES | CLONE_CHILD_CLEARTID | CLONE_CLEAR_SIGHAND;
        let pid = clone3(
            &CloneArguments {
                flags: own | request.flags,
                pidfd: 0,
                child_tid: CHILD_HERE.as_ptr() as usize,
                parent_tid: 0,
                exit_signal: SIGCHLD,
                stack: &raw mut STACK as usize,
                stack_size: STACK_SIZE,
                tls: 0,
            },
            request,
        );
        #[cfg(limited)]
        limited::enter(pid);
        call(number::RT_SIGTIMEDWAIT, [set, 0, 0, 8, 0, 0]);
        let code = status_of(pid);
        let mut group = 0u32;
        for terminal in 0..3 {
            let group = &raw mut group as usize;
            call(number::IOCTL, [terminal, TIOCGPGRP, group, 0, 0, 0]);
        }
        #[cfg(limited)]
        limited::remove();
        exit(code)
    }
}

#[cfg(same)]
const SIG_BLOCK: usize = 0;
/// All but those of a fault.
#[cfg(same)]
static ALL: u64 = u64::MAX;
#[cfg(same)]
static NONE: u64 = 0;

#[cfg(same)]
unsafe extern "C" fn child(request: &Request) -> ! {
    const PR_SET_PDEATHSIG: usize = 1;
    const PR_SET_NO_NEW_PRIVS: usize = 38;
    const SIGKILL: usize = 9;
    const SIG_SETMASK: usize = 2;
    const REC_PRIVATE: usize = 0x4000 | 0x4_0000;
    unsafe {
        call(number::PRCTL, [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0]);
        #[cfg(limited)]
        limited::wait();
        if request.flags & CLONE_NEWNS != 0 {
            let root = c"/".as_ptr() as usize;
            must(call(number::MOUNT, [0, root, 0, REC_PRIVATE, 0, 0]));
            #[cfg(limited)]
            limited::cover();
            mount_proc();
        }
        call(number::PRCTL, [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0]);
        #[cfg(less)]
        drop_capabilities();
        call(number::CLOSE_RANGE, [3, u32::MAX as usize, 0, 0, 0, 0]);
        let none = &raw const NONE as usize;
        call(number::RT_SIGPROCMASK, [SIG_SETMASK, none, 0, 8, 0, 0]);
        #[cfg(less)]
        install_filter();
        execute(request)
    }
}

/// The cgroups of a command with limits.
#[cfg(limited)]
mod limited {
    use super::{call, must, number};
    use core::mem::MaybeUninit;
    use core::sync::atomic::{AtomicU32, Ordering};

    /// A path below one of the directories, and its end.
    macro_rules! below {
        ($directory:literal, $rest:literal) => {
            concat!(env!($directory), $rest, "\0").as_ptr() as usize
        };
    }

    const HERE: usize = -100isize as usize;
    const CLOEXEC: usize = 0o200_0000;
    const WRITE_ONLY: usize = 1;
    static GATE: AtomicU32 = AtomicU32::new(0);

    unsafe fn open(path: usize, flags: usize) -> usize {
        unsafe {
            let file = call(number::OPENAT, [HERE, path, flags | CLOEXEC, 0, 0, 0]);
            must(file);
            file as usize
        }
    }

    /// To the end.
    unsafe fn read(path: usize) {
        let mut place = MaybeUninit::<[u8; 1024]>::uninit();
        unsafe {
            let file = open(path, 0);
            let buffer = place.as_mut_ptr() as usize;
            while call(number::READ, [file, buffer, size_of_val(&place), 0, 0, 0]) > 0 {}
            call(number::CLOSE, [file, 0, 0, 0, 0, 0]);
        }
    }

    unsafe fn write(path: usize, data: &[u8]) {
        unsafe {
            let file = open(path, WRITE_ONLY);
            let data = [file, data.as_ptr() as usize, data.len(), 0, 0, 0];
            must(call(number::WRITE, data));
        }
    }

    unsafe fn mkdir(path: usize) {
        unsafe { must(call(number::MKDIRAT, [HERE, path, 0o755, 0, 0, 0])) }
    }

    /// What has to be looked at to find them.
    pub unsafe fn look() {
        let mut clock = [0usize; 2];
        unsafe {
            read(c"/proc/self/cgroup".as_ptr() as usize);
            call(number::GETPID, [0; 6]);
            let clock = clock.as_mut_ptr() as usize;
            call(number::CLOCK_GETTIME, [1, clock, 0, 0, 0, 0]);
            for path in [
                below!("MEMORY", "/cgroup.procs"),
                below!("MEMORY", ""),
                below!("PIDS", "/cgroup.procs"),
            ] {
                call(number::FACCESSAT, [HERE, path, 0, 0, 0, 0]);
            }
        }
    }

    pub unsafe fn make() {
        unsafe {
            mkdir(below!("MEMORY", "/floor"));
            let limit = b"67108864";
            write(below!("MEMORY", "/floor/memory.limit_in_bytes"), limit);
            let swap = below!("MEMORY", "/floor/memory.memsw.limit_in_bytes");
            write(swap, limit);
            mkdir(below!("PIDS", "/floor"));
            write(below!("PIDS", "/floor/pids.max"), b"64");
        }
    }

    /// Moves the child, and lets it go on.
    pub unsafe fn enter(pid: isize) {
        const FUTEX_WAKE: usize = 1;
        let mut digits = [b'0'; 10];
        let mut rest = pid;
        for digit in digits.iter_mut().rev() {
            *digit += (rest % 10) as u8;
            rest /= 10;
        }
        let zeroes = digits.iter().take_while(|&&digit| digit == b'0').count();
        let digits = digits.get(zeroes..).unwrap_or(&[]);
        unsafe {
            write(below!("MEMORY", "/floor/cgroup.procs"), digits);
            write(below!("PIDS", "/floor/cgroup.procs"), digits);
            GATE.store(1, Ordering::Release);
            let gate = GATE.as_ptr() as usize;
            call(number::FUTEX, [gate, FUTEX_WAKE, 1, 0, 0, 0]);
        }
    }

    /// Until that, in the child.
    pub unsafe fn wait() {
        const CLONE_NEWCGROUP: usize = 0x200_0000;
        unsafe {
            while GATE.load(Ordering::Acquire) == 0 {
                call(number::FUTEX, [GATE.as_ptr() as usize, 0, 0, 0, 0, 0]);
            }
            must(call(number::UNSHARE, [CLONE_NEWCGROUP, 0, 0, 0, 0, 0]));
        }
    }

    /// Makes what is mounted of them read-only.
    pub unsafe fn cover() {
        const RECURSIVE: usize = 0x8000;
        let attributes = [1u64, 0, 0, 0];
        unsafe {
            let path = c"/sys/fs/cgroup".as_ptr() as usize;
            let place = attributes.as_ptr() as usize;
            must(call(
                number::MOUNT_SETATTR,
                [HERE, path, RECURSIVE, place, 32, 0],
            ));
        }
    }

    pub unsafe fn remove() {
        const AT_REMOVEDIR: usize = 0x200;
        let mut place = MaybeUninit::<[u8; 512]>::uninit();
        unsafe {
            let events = open(below!("MEMORY", "/floor/memory.oom_control"), 0);
            let buffer = place.as_mut_ptr() as usize;
            call(number::READ, [events, buffer, size_of_val(&place), 0, 0, 0]);
            for path in [below!("MEMORY", "/floor"), below!("PIDS", "/floor")] {
                must(call(
                    number::UNLINKAT,
                    [HERE, path, AT_REMOVEDIR, 0, 0, 0],
                ));
            }
        }
    }
}

/// Which is the last one.
#[cfg(less)]
unsafe fn look_at_capabilities() {
    const PR_CAPBSET_READ: usize = 23;
    unsafe {
        call(number::PRCTL, [PR_CAPBSET_READ, 41, 0, 0, 0, 0]);
        call(number::PRCTL, [PR_CAPBSET_READ, 40, 0, 0, 0, 0]);
    }
}

/// Every capability that Linux 5.9 and later have, in all sets.
#[cfg(less)]
unsafe fn drop_capabilities() {
    const PR_CAPBSET_DROP: usize = 24;
    const CAP_LAST_CAP: usize = 40;
    const VERSION_3: u32 = 0x2008_0522;
    unsafe {
        for capability in 0..=CAP_LAST_CAP {
            let arguments = [PR_CAPBSET_DROP, capability, 0, 0, 0, 0];
            must(call(number::PRCTL, arguments));
        }
        let (header, sets) = ([VERSION_3, 0], [0u32; 6]);
        let arguments = [header.as_ptr() as usize, sets.as_ptr() as usize, 0, 0, 0, 0];
        must(call(number::CAPSET, arguments));
    }
}

#[cfg(less)]
unsafe fn install_filter() {
    const SECCOMP_SET_MODE_FILTER: usize = 1;
    static FILTER: &[u8] = include_bytes!(env!("FILTER"));
    let program = [FILTER.len() / 8, FILTER.as_ptr() as usize];
    let arguments = [SECCOMP_SET_MODE_FILTER, 0, program.as_ptr() as usize, 0, 0, 0];
    unsafe { must(call(number::SECCOMP, arguments)) }
}

unsafe fn mount_proc() {
    let kind = c"proc".as_ptr() as usize;
    let target = c"/proc".as_ptr() as usize;
    unsafe {
        must(call(
            number::MOUNT,
            [kind, target, kind, NOSUID_NODEV_NOEXEC, 0, 0],
        ))
    }
}

unsafe fn execute(request: &Request) -> ! {
    unsafe {
        let (argv, envp) = (request.argv as usize, request.envp as usize);
        call(
            number::EXECVE,
            [*request.argv as usize, argv, envp, 0, 0, 0],
        );
        exit(127)
    }
}

/// Waits for the child; its exit code.
unsafe fn status_of(pid: isize) -> u32 {
    let mut status = 0u32;
    let result = unsafe {
        let place = &raw mut status as usize;
        call(number::WAIT4, [pid as usize, place, 0, 0, 0, 0])
    };
    unsafe { must(if result == pid { 0 } else { -1 }) }
    match status & 0x7f {
        0 => status >> 8 & 0xff,
        signal => 128 + signal,
    }
}

unsafe fn must(result: isize) {
    if result < 0 {
        unsafe { exit(125) }
    }
}

unsafe fn exit(status: u32) -> ! {
    unsafe {
        call(number::EXIT_GROUP, [status as usize, 0, 0, 0, 0, 0]);
    }
    unreachable()
}

fn unreachable() -> ! {
    unsafe { asm!("ud2", options(noreturn)) }
}

/// The child starts on its own stack and never comes back to the frame the parent is in.
#[inline(always)]
unsafe fn clone3(arguments: &CloneArguments, request: &Request) -> isize {
    let result: isize;
    unsafe {
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "mov rdi, r12",
            "call {child}",
            "ud2",
            "2:",
            child = sym child,
            inlateout("rax") number::CLONE3 as isize => result,
            in("rdi") ptr::from_ref(arguments),
            in("rsi") size_of::<CloneArguments>(),
            in("r12") ptr::from_ref(request),
            lateout("rcx") _,
            lateout("r11") _,
        );
        must(result);
    }
    result
}

#[inline(always)]
unsafe fn call(number: usize, arguments: [usize; 6]) -> isize {
    let result;
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            in("r8") arguments[4],
            in("r9") arguments[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    unreachable()
}
