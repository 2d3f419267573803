//! Filters as the kernel takes them: classic BPF (seccomp_filter.rst), made when this is compiled.
//!
//! The table of calls is cut at the numbers where the answer changes, and the program is a binary
//! search for the call's number. Where an answer depends on nothing but the number, the kernel (5.11)
//! finds that out by itself and never runs it.

use super::calls::{COUNT, CUTS, answer};
use crate::arch;
use linux_raw_sys::general as call;

const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
const IF_EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
const IF_AT_LEAST: u32 = libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K;
const IF_ANY_BIT: u32 = libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K;
const RETURN: u32 = libc::BPF_RET | libc::BPF_K;

/// Places in `struct seccomp_data`. Of arguments the lower halves: the kernel looks at no more of a
/// flag word or an ioctl(2) request (CVE-2019-10063).
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const FIRST: u32 = 16;
const SECOND: u32 = 24;

/// Every namespace but the time namespace, whose bit is a part of the exit signal in clone(2).
const NEW_NAMESPACE: u32 = 0x7e02_0000;

/// `UNAME26` and `PER_LINUX32`: what else there is makes memory less safe.
const HARMLESS: u32 = 0x2_0008;

/// An instruction (`struct sock_filter`): if the test holds, go on that many instructions further on.
const fn instruction(code: u32, k: u32, then: u8, otherwise: u8) -> u64 {
    (k as u64) << 32 | (otherwise as u64) << 24 | (then as u64) << 16 | code as u64
}

const fn answer_errno(errno: i32) -> u64 {
    instruction(RETURN, libc::SECCOMP_RET_ERRNO | errno as u32, 0, 0)
}

/// What all searches end in; `answer` counts from here.
const ENDS: [u64; 14] = [
    answer_errno(libc::ENOSYS),
    instruction(RETURN, libc::SECCOMP_RET_KILL_PROCESS, 0, 0),
    instruction(LOAD, FIRST, 0, 0),
    instruction(IF_ANY_BIT, NEW_NAMESPACE, 9, 8),
    instruction(LOAD, FIRST, 0, 0),
    instruction(IF_ANY_BIT, !HARMLESS, 0, 6),
    // Asking what it is.
    instruction(IF_EQUAL, u32::MAX, 5, 6),
    instruction(LOAD, FIRST, 0, 0),
    instruction(IF_EQUAL, libc::AF_VSOCK as u32, 4, 3),
    instruction(LOAD, SECOND, 0, 0),
    instruction(IF_EQUAL, libc::TIOCSTI as u32, 2, 0),
    instruction(IF_EQUAL, libc::TIOCLINUX as u32, 1, 0),
    instruction(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0),
    answer_errno(libc::EPERM),
];

/// The program [`DEFAULT`], written from its end.
struct Backwards {
    code: [u64; Self::SIZE],
    /// Where the last instruction that was written is.
    at: usize,
}

impl Backwards {
    /// One comparison for each cut but the first, three instructions before and the ends.
    const SIZE: usize = COUNT - 1 + 3 + ENDS.len();

    const fn write(&mut self, instruction: u64) -> usize {
        self.at -= 1;
        self.code[self.at] = instruction;
        self.at
    }

    /// A comparison, and where to go on after it.
    const fn branch(&mut self, test: u32, k: u32, then: usize, otherwise: usize) -> usize {
        let (then, otherwise) = (then - self.at, otherwise - self.at);
        assert!(then < 256 && otherwise < 256);
        self.write(instruction(test, k, then as u8, otherwise as u8))
    }

    /// The way to the answer for a number from one cut on and below another; its first instruction.
    const fn search(&mut self, from: usize, to: usize) -> usize {
        if to - from == 1 {
            return Self::SIZE - ENDS.len() + (CUTS[from] & 15) as usize;
        }
        let middle = from.midpoint(to);
        let above = self.search(middle, to);
        let below = self.search(from, middle);
        self.branch(IF_AT_LEAST, (CUTS[middle] >> 4) as u32, above, below)
    }
}

/// The filter of `--seccomp default`.
const DEFAULT: [u64; Backwards::SIZE] = {
    let mut program = Backwards {
        code: [0; Backwards::SIZE],
        at: Backwards::SIZE,
    };
    let mut end = ENDS.len();
    while end > 0 {
        end -= 1;
        program.write(ENDS[end]);
    }
    let kill = program.at + answer::KILL as usize;
    program.search(0, COUNT);
    program.write(instruction(LOAD, NUMBER, 0, 0));
    // Before anything else: numbers mean other calls to programs of another architecture.
    let search = program.at;
    program.branch(IF_EQUAL, arch::AUDIT, search, kill);
    program.write(instruction(LOAD, ARCHITECTURE, 0, 0));
    assert!(program.at == 0);
    program.code
};

/// A filter that refuses to put input into a terminal, and nothing else. It looks for ioctl(2) by all
/// the numbers that it has here, for whatever programs.
const TERMINAL: [u64; 9] = [
    instruction(LOAD, NUMBER, 0, 0),
    instruction(IF_EQUAL, call::__NR_ioctl, 2, 0),
    instruction(IF_EQUAL, arch::OTHER_IOCTLS[0], 1, 0),
    instruction(IF_EQUAL, arch::OTHER_IOCTLS[1], 0, 3),
    instruction(LOAD, SECOND, 0, 0),
    instruction(IF_EQUAL, libc::TIOCSTI as u32, 2, 0),
    instruction(IF_EQUAL, libc::TIOCLINUX as u32, 1, 0),
    instruction(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0),
    answer_errno(libc::EPERM),
];

/// Instructions as they are in memory.
const fn bytes<const N: usize, const BYTES: usize>(program: &[u64; N]) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    let mut at = 0;
    while at < BYTES {
        bytes[at] = program[at / 8].to_ne_bytes()[at % 8];
        at += 1;
    }
    bytes
}

/// The filter of `--seccomp default`, as the kernel takes it.
pub const DEFAULT_BYTES: &[u8] = &bytes::<{ Backwards::SIZE }, { Backwards::SIZE * 8 }>(&DEFAULT);
/// The other one.
pub const TERMINAL_BYTES: &[u8] = &bytes::<9, 72>(&TERMINAL);

#[cfg(test)]
mod tests {
    extern crate std;
    use super::super::calls::{LAST, REFUSED};
    use super::*;
    use std::vec::Vec;

    const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
    const KILL: u32 = libc::SECCOMP_RET_KILL_PROCESS;
    const EPERM: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
    const ENOSYS: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
    const I386: u32 = 0x4000_0003;
    const X32: u32 = 1 << 30;

    /// What the kernel does with a filter: the answer, and how many instructions it took. It checks
    /// what the kernel checks: jumps inside, aligned loads from the data, an answer at the end.
    fn run(program: &[u8], number: u32, architecture: u32, arguments: [u64; 6]) -> (u32, usize) {
        let mut data: Vec<u32> = [number, architecture, 0, 0].to_vec();
        data.extend(
            arguments
                .iter()
                .flat_map(|&one| [one as u32, (one >> 32) as u32]),
        );
        assert!(program.len().is_multiple_of(8));
        let (mut at, mut loaded, mut count) = (0, 0, 0);
        loop {
            let instruction = &program[at * 8..][..8];
            let code = u16::from_ne_bytes([instruction[0], instruction[1]]);
            let k = u32::from_ne_bytes(instruction[4..].try_into().unwrap());
            let jump = |holds| {
                if holds {
                    instruction[2]
                } else {
                    instruction[3]
                }
            };
            count += 1;
            at += 1;
            match u32::from(code) {
                LOAD => loaded = data[k as usize / 4],
                IF_EQUAL => at += usize::from(jump(loaded == k)),
                IF_AT_LEAST => at += usize::from(jump(loaded >= k)),
                IF_ANY_BIT => at += usize::from(jump(loaded & k != 0)),
                RETURN => return (k, count),
                code => panic!("an instruction {code}"),
            }
        }
    }

    /// The answer to a native call with these first two arguments.
    fn answer(number: u32, first: u64, second: u64) -> u32 {
        run(
            DEFAULT_BYTES,
            number,
            arch::AUDIT,
            [first, second, 0, 0, 0, 0],
        )
        .0
    }

    #[test]
    fn every_number_gets_its_answer() {
        let program = DEFAULT_BYTES;
        for number in 0..600 {
            let wanted = match number {
                call::__NR_clone3 => ENOSYS,
                _ if number as usize > LAST => ENOSYS,
                _ if REFUSED.contains(&number) || arch::OWN_CALLS.contains(&number) => EPERM,
                _ => ALLOW,
            };
            assert_eq!(
                run(program, number, arch::AUDIT, [0; 6]).0,
                wanted,
                "{number}"
            );
            assert_eq!(
                run(program, number | X32, arch::AUDIT, [0; 6]).0,
                ENOSYS,
                "{number}"
            );
            assert_eq!(run(program, number, I386, [0; 6]).0, KILL, "{number}");
        }
        for number in [u32::MAX, i32::MAX as u32, 1 << 31, X32] {
            assert_eq!(
                run(program, number, arch::AUDIT, [0; 6]).0,
                ENOSYS,
                "{number}"
            );
        }
    }

    #[test]
    fn an_answer_takes_few_instructions() {
        let program = DEFAULT_BYTES;
        let counts = (0..600).map(|number| run(program, number, arch::AUDIT, [0; 6]).1);
        let most = counts.max().unwrap();
        assert!(
            most <= 13 && program.len() < 100 * 8,
            "{most} of {}",
            program.len() / 8
        );
    }

    #[test]
    fn new_namespaces_are_refused_by_argument() {
        let clone = call::__NR_clone;
        let thread = libc::CLONE_VM | libc::CLONE_FS | libc::CLONE_FILES | libc::CLONE_SIGHAND;
        assert_eq!(answer(clone, libc::SIGCHLD as u64, 0), ALLOW);
        assert_eq!(
            answer(clone, thread as u64 | libc::CLONE_THREAD as u64, 0),
            ALLOW
        );
        for flag in crate::names::Ns::ALL.map(crate::names::Ns::flag) {
            let wanted = if flag == 0x80 { ALLOW } else { EPERM };
            assert_eq!(answer(clone, flag, 0), wanted, "{flag:x}");
            assert_eq!(answer(clone, flag | 1 << 40, 0), wanted, "{flag:x}");
        }
    }

    #[test]
    fn only_harmless_personalities_are_allowed() {
        for (persona, wanted) in [
            (0, ALLOW),
            (8, ALLOW),
            (0x2_0000, ALLOW),
            (0x2_0008, ALLOW),
            (0xffff_ffff, ALLOW),
            (0x4_0000, EPERM),
            (0x10_0000, EPERM),
            (0xffff_fff7, EPERM),
            (1, EPERM),
        ] {
            assert_eq!(
                answer(call::__NR_personality, persona, 0),
                wanted,
                "{persona:x}"
            );
        }
    }

    #[test]
    fn only_sockets_to_the_host_of_a_machine_are_refused() {
        let domain = |domain: i32| answer(call::__NR_socket, domain as u64, 0);
        assert_eq!(domain(libc::AF_INET), ALLOW);
        assert_eq!(domain(libc::AF_UNIX), ALLOW);
        assert_eq!(domain(libc::AF_VSOCK), EPERM);
    }

    #[test]
    fn input_cannot_be_put_into_a_terminal() {
        let requests = [
            (libc::TIOCSTI, EPERM),
            (libc::TIOCLINUX, EPERM),
            (libc::TIOCSTI | 1 << 32, EPERM),
            (libc::TIOCLINUX | 0xdead << 48, EPERM),
            (libc::TIOCGWINSZ, ALLOW),
            (libc::TCGETS, ALLOW),
        ];
        for (request, wanted) in requests {
            assert_eq!(answer(call::__NR_ioctl, 0, request), wanted, "{request:x}");
            for (number, architecture) in [
                (call::__NR_ioctl, arch::AUDIT),
                (54, I386),
                (X32 | 514, arch::AUDIT),
            ] {
                let arguments = [0, request, 0, 0, 0, 0];
                let answer = run(TERMINAL_BYTES, number, architecture, arguments).0;
                assert_eq!(answer, wanted, "{request:x}");
            }
        }
        for number in (0..600).filter(|number| ![call::__NR_ioctl, 54].contains(number)) {
            let arguments = [0, libc::TIOCSTI, 0, 0, 0, 0];
            assert_eq!(
                run(TERMINAL_BYTES, number, arch::AUDIT, arguments),
                (ALLOW, 5)
            );
        }
    }
}
