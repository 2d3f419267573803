//! Which calls the filter of `--seccomp default` refuses: those that container engines refuse by default.

use crate::arch;
use linux_raw_sys::general as call;

/// The last call that is known here. Newer ones are answered as by a kernel that is older than they
/// are, so that a C library falls back to what it used before (CVE-2021-41133 was a list of what to
/// refuse that a new call was missing from).
pub const LAST: usize = 466;

/// What is answered, by the place in `ENDS` where that begins.
pub mod answer {
    pub const NOSYS: u8 = 0;
    pub const KILL: u8 = 1;
    pub const CLONE: u8 = 2;
    pub const PERSONALITY: u8 = 4;
    pub const SOCKET: u8 = 7;
    pub const IOCTL: u8 = 9;
    pub const ALLOW: u8 = 12;
    pub const PERM: u8 = 13;
}

/// Calls that are for the administrator of a machine, or that reach into the kernel farther than a
/// program has to: EPERM. The architecture has more.
pub const REFUSED: &[u32] = &[
    call::__NR_acct,
    call::__NR_add_key,
    call::__NR_bpf,
    call::__NR_clock_settime,
    call::__NR_delete_module,
    call::__NR_fanotify_init,
    call::__NR_finit_module,
    call::__NR_fsconfig,
    call::__NR_fsmount,
    call::__NR_fsopen,
    call::__NR_fspick,
    call::__NR_get_mempolicy,
    call::__NR_init_module,
    call::__NR_io_uring_enter,
    call::__NR_io_uring_register,
    call::__NR_io_uring_setup,
    call::__NR_kcmp,
    call::__NR_kexec_file_load,
    call::__NR_kexec_load,
    call::__NR_keyctl,
    call::__NR_lookup_dcookie,
    call::__NR_lsm_get_self_attr,
    call::__NR_lsm_list_modules,
    call::__NR_lsm_set_self_attr,
    call::__NR_mbind,
    call::__NR_migrate_pages,
    call::__NR_mount,
    call::__NR_mount_setattr,
    call::__NR_move_mount,
    call::__NR_move_pages,
    call::__NR_nfsservctl,
    call::__NR_open_by_handle_at,
    call::__NR_open_tree,
    call::__NR_perf_event_open,
    call::__NR_pidfd_getfd,
    call::__NR_pivot_root,
    call::__NR_process_madvise,
    call::__NR_quotactl,
    call::__NR_quotactl_fd,
    call::__NR_reboot,
    call::__NR_request_key,
    call::__NR_set_mempolicy,
    call::__NR_set_mempolicy_home_node,
    call::__NR_setdomainname,
    call::__NR_sethostname,
    call::__NR_setns,
    call::__NR_settimeofday,
    call::__NR_swapoff,
    call::__NR_swapon,
    call::__NR_syslog,
    call::__NR_umount2,
    call::__NR_unshare,
    call::__NR_userfaultfd,
    call::__NR_vhangup,
];

/// The answer for each number.
const ANSWERS: [u8; LAST + 1] = {
    let answers = refuse([answer::ALLOW; LAST + 1], REFUSED);
    let mut answers = refuse(answers, arch::OWN_CALLS);
    answers[call::__NR_clone as usize] = answer::CLONE;
    // Its flags are behind a pointer, where a filter cannot look: C libraries then use clone(2).
    answers[call::__NR_clone3 as usize] = answer::NOSYS;
    answers[call::__NR_ioctl as usize] = answer::IOCTL;
    answers[call::__NR_personality as usize] = answer::PERSONALITY;
    answers[call::__NR_socket as usize] = answer::SOCKET;
    answers
};

/// The answers when these calls are refused too.
const fn refuse(mut answers: [u8; LAST + 1], calls: &[u32]) -> [u8; LAST + 1] {
    let mut at = 0;
    while at < calls.len() {
        answers[calls[at] as usize] = answer::PERM;
        at += 1;
    }
    answers
}

/// How often the answer changes, from the first number on.
pub const COUNT: usize = {
    let (mut count, mut at) = (2, 1);
    while at <= LAST {
        count += (ANSWERS[at] != ANSWERS[at - 1]) as usize;
        at += 1;
    }
    count
};

/// Where the answer changes: the first number, and in the lowest four bits the answer from there on.
/// x32 calls, which have bit 30 set, are above them all.
pub const CUTS: [u16; COUNT] = {
    let mut cuts = [0; COUNT];
    let (mut count, mut at) = (0, 0);
    while at <= LAST {
        if at == 0 || ANSWERS[at] != ANSWERS[at - 1] {
            cuts[count] = (at << 4) as u16 | ANSWERS[at] as u16;
            count += 1;
        }
        at += 1;
    }
    cuts[count] = (at << 4) as u16 | answer::NOSYS as u16;
    cuts
};
