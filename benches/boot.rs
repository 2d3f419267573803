//! Two programs for a virtual machine, with no libc and nothing decided.
//!
//! - *init*: the floor, one straight line of system calls: the file systems that pidone mounts, the loopback device, the
//!   workload /app, its end, and the machine's;
//! - *app* (`--cfg app`): the workload, which leaves a line in the kernel's log and ends.

#![no_std]
#![no_main]

use core::arch::{asm, naked_asm};

#[allow(dead_code)] // each form uses its part
mod number {
    pub const WRITE: usize = 1;
    pub const CLOSE: usize = 3;
    pub const IOCTL: usize = 16;
    pub const SOCKET: usize = 41;
    pub const VFORK: usize = 58;
    pub const EXECVE: usize = 59;
    pub const WAIT4: usize = 61;
    pub const KILL: usize = 62;
    pub const SETSID: usize = 112;
    pub const SYNC: usize = 162;
    pub const MOUNT: usize = 165;
    pub const REBOOT: usize = 169;
    pub const EXIT: usize = 60;
    pub const OPENAT: usize = 257;
    pub const MKDIRAT: usize = 258;
    pub const SYMLINKAT: usize = 266;
}

#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!("mov rdi, rsp", "call {main}", "ud2", main = sym main)
}

const HERE: usize = -100isize as usize;

#[cfg(app)]
unsafe extern "C" fn main(_: *const usize) -> ! {
    unsafe {
        let log = call(
            number::OPENAT,
            [HERE, c"/dev/kmsg".as_ptr() as usize, 1, 0, 0],
        );
        call(
            number::WRITE,
            [log as usize, c"<4>it runs".as_ptr() as usize, 10, 0, 0],
        );
        call(number::EXIT, [0; 5]);
    }
    loop {}
}

#[cfg(not(app))]
unsafe extern "C" fn main(stack: *const usize) -> ! {
    const INERT: usize = 2 | 4 | 8;
    unsafe {
        let arguments = *stack;
        let environment = stack.add(arguments + 2) as usize;
        for (kind, place, flags, data) in [
            (c"proc", c"/proc", INERT, c""),
            (c"sysfs", c"/sys", INERT, c""),
            (c"devtmpfs", c"/dev", 2, c"mode=0755"),
            (
                c"devpts",
                c"/dev/pts",
                2 | 8,
                c"gid=5,mode=0620,ptmxmode=0666",
            ),
            (c"tmpfs", c"/dev/shm", 2 | 4, c"mode=1777"),
        ] {
            let [kind, place, data] = [kind, place, data].map(|text| text.as_ptr() as usize);
            call(number::MKDIRAT, [HERE, place, 0o755, 0, 0]);
            call(number::MOUNT, [kind, place, kind, flags, data]);
        }
        for (target, place) in [
            (c"/proc/self/fd", c"/dev/fd"),
            (c"fd/0", c"/dev/stdin"),
            (c"fd/1", c"/dev/stdout"),
            (c"fd/2", c"/dev/stderr"),
        ] {
            call(
                number::SYMLINKAT,
                [
                    target.as_ptr() as usize,
                    HERE,
                    place.as_ptr() as usize,
                    0,
                    0,
                ],
            );
        }
        let mut request = [0usize; 5];
        (request[0], request[2]) = (u16::from_le_bytes(*b"lo").into(), 1);
        let socket = call(number::SOCKET, [2, 2, 0, 0, 0]) as usize;
        call(
            number::IOCTL,
            [socket, 0x8914, request.as_ptr() as usize, 0, 0],
        );
        call(number::CLOSE, [socket, 0, 0, 0, 0]);
        for place in [c"/run", c"/tmp"] {
            call(
                number::MKDIRAT,
                [HERE, place.as_ptr() as usize, 0o755, 0, 0],
            );
        }
        let app = c"/app".as_ptr();
        let argv = [app as usize, 0];
        asm!(
            "syscall",
            "test eax, eax",
            "jnz 2f",
            "mov eax, {setsid}",
            "syscall",
            "mov rdi, r12",
            "mov rsi, r13",
            "mov rdx, r14",
            "mov eax, {execve}",
            "syscall",
            "ud2",
            "2:",
            setsid = const number::SETSID,
            execve = const number::EXECVE,
            inlateout("rax") number::VFORK => _,
            in("r12") app,
            in("r13") argv.as_ptr(),
            in("r14") environment,
            lateout("rcx") _,
            lateout("r11") _,
            lateout("rdi") _,
            lateout("rsi") _,
            lateout("rdx") _,
        );
        while call(number::WAIT4, [-1isize as usize, 0, 0, 0, 0]) < 0 {}
        call(number::KILL, [-1isize as usize, 9, 0, 0, 0]);
        let text = c"pidone: exit 0\n";
        call(number::WRITE, [2, text.as_ptr() as usize, 15, 0, 0]);
        call(number::SYNC, [0; 5]);
        call(
            number::REBOOT,
            [0xfee1_dead, 672_274_793, 0x0123_4567, 0, 0],
        );
    }
    loop {}
}

unsafe fn call(number: usize, [one, two, three, four, five]: [usize; 5]) -> isize {
    let result;
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") one,
            in("rsi") two,
            in("rdx") three,
            in("r10") four,
            in("r8") five,
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
    result
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
