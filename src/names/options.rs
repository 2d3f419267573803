//! The one table of options. Parser, nearest-name search, `--help`, errors and `--explain` read it.

use crate::arch;
use crate::names::Ns;
use crate::text::packed::{Packed, packed};
use crate::text::{Show, Text, cut, cut_text, put};
use crate::words::Words;

/// A text of the table, or what is told of an option that differs between architectures.
macro_rules! told {
    ($literal:literal) => {
        $literal
    };
    (($option:ident $what:ident)) => {
        arch::$option!($what)
    };
}

/// Makes the enumeration of options, and the table as one text: a line for each, in the same order.
macro_rules! options {
    ($([$($verb:ident)+] $($(# $title:literal)? $id:ident $short:literal $long:literal $value:literal $help:tt $wanted:tt)+)+) => {
        /// What an option is for the parser.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Id {
            $($(
                #[doc = told!($help)]
                $id,
            )+)+
            /// No option: a step that belongs to every run.
            Default,
            /// No option: the words after them.
            Command,
            /// No option: the variable that names the shell.
            Shell,
        }

        const IDS: &[Id] = &[$($(Id::$id),+),+];

        /// How many options there are.
        pub const COUNT: usize = IDS.len();

        /// For each option the verbs that have it, a bit for each.
        const VERBS: [u8; COUNT] = spread(&[$(($(1 << Verb::$verb as u8)|+, [$(Id::$id),+].len())),+]);

        /// For the parser.
        const TABLE: &str = concat!($($($short, "\t", $long, "\t", $value, "\n"),+),+);

        /// For people.
        const HELP: Packed = packed!($($($($title,)? "\t", told!($help), "\t", told!($wanted), "\n"),+),+);
    };
}

/// What pidone does with its options: the word before them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Verb {
    /// A command in new namespaces.
    #[default]
    Run,
    /// A command in another's namespaces.
    Enter,
    /// The namespaces of the machine.
    List,
    /// Those of some processes, side by side.
    Compare,
    /// What this machine allows.
    Check,
    /// A command, and whoever else is there, watched over as PID 1 does.
    Init,
    /// An image for a virtual machine, with ourselves as its first process.
    Pack,
}

/// How long the line of each option is, so that most need not be read.
const LENGTHS: [u8; COUNT] = {
    let mut lengths = [0; COUNT];
    let (mut line, mut at) = (0, 0);
    while at < TABLE.len() {
        lengths[line] += 1;
        line += (TABLE.as_bytes()[at] == b'\n') as usize;
        at += 1;
    }
    lengths
};

/// The verbs of each section, for each of its options.
const fn spread(sections: &[(u8, usize)]) -> [u8; COUNT] {
    let mut verbs = [0; COUNT];
    let (mut section, mut at) = (0, 0);
    while section < sections.len() {
        let end = at + sections[section].1;
        while at < end {
            verbs[at] = sections[section].0;
            at += 1;
        }
        section += 1;
    }
    verbs
}

// In order: the verbs that have the options below; a heading before the first of a group; the option;
// its letter and its name; the names of its values; what it is for; what a wrong value should have been.
options! {
    [Run Enter]
    # "Namespaces"
    Mount "m" "mount" "" "mount namespace" ""
    Uts "u" "uts" "" "UTS namespace (host name)" ""
    Ipc "i" "ipc" "" "IPC namespace" ""
    Net "n" "net" "" "net namespace (a new one's loopback is up)" ""
    Pid "p" "pid" "" "PID namespace" ""
    User "U" "user" "" "user namespace" ""
    Cgroup "C" "cgroup" "" "cgroup namespace" ""
    Time "T" "time" "" "time namespace" ""

    [Run]
    All "a" "all" "" "all eight" ""
    Share "" "share" "NS,..." "keep the caller's" "a list of mount, uts, ipc, net, pid, user, cgroup, time"
    Try "" "try" "NS,..." "new ones where possible" "a list of mount, uts, ipc, net, pid, user, cgroup, time"
    Join "" "join" "NS=PID|FILE" "another's" "a type such as net once, =, and a process id or a file"
    Persist "" "persist" "NS=FILE" "new one, bound to a file" "a type such as net once, =, and a file"
    # "Identity (root inside a new user namespace is the default)"
    MapRootUser "r" "map-root-user" "" "be root inside" ""
    MapCurrentUser "c" "map-current-user" "" "keep one's own ids inside" ""
    MapUser "" "map-user" "UID" "user id inside" "a number from 0 to 4294967294"
    MapGroup "" "map-group" "GID" "group id inside" "a number from 0 to 4294967294"
    MapUsers "" "map-users" "IN:OUT:COUNT" "a range of user ids" "IN:OUT:COUNT with ids up to 4294967294, such as 0:100000:65536"
    MapGroups "" "map-groups" "IN:OUT:COUNT" "a range of group ids" "IN:OUT:COUNT with ids up to 4294967294, such as 0:100000:65536"
    MapAuto "" "map-auto" "" "one's ids of /etc/subuid, /etc/subgid" ""
    Setgroups "" "setgroups" "allow|deny" "setgroups(2) inside" "allow or deny"

    [Run Enter Init]
    # "COMMAND's user"
    Uid "" "uid" "USER" "the command's user" "a name or a number up to 4294967294"
    Gid "" "gid" "GROUP" "the command's group" "a name or a number up to 4294967294"
    Groups "" "groups" "GROUP,..." "its other groups" "a list of names or numbers up to 4294967294"

    [Run]
    # "Root, and what is mounted there, in the order given (T: target, S: source, D: place inside)"
    Root "R" "root" "DIR" "this directory becomes the root" "a directory"
    EmptyRoot "" "empty-root" "" "an empty tmpfs becomes the root" ""
    ReadOnly "" "read-only" "" "the root becomes read-only" ""
    NoProc "" "no-proc" "" "no fresh /proc" ""
    Bind "" "bind" "S D" "S appears at D" "a place without .."
    RoBind "" "ro-bind" "S D" "read-only" "a place without .."
    DevBind "" "dev-bind" "S D" "with its devices" "a place without .."
    BindTry "" "bind-try" "S D" "S appears at D, if there is an S" "a place without .."
    RoBindTry "" "ro-bind-try" "S D" "read-only, if there is an S" "a place without .."
    DevBindTry "" "dev-bind-try" "S D" "with its devices, if there is an S" "a place without .."
    BindIdmap "" "bind-idmap" "S D MAP" "S appears at D, with other owners" "a place without .., and ON-DISK:SEEN:COUNT"
    Tmpfs "" "tmpfs" "D" "an empty file system in memory" "a place without .."
    Proc "" "proc" "D" "a fresh procfs" "a place without .."
    Dev "" "dev" "D" "the usual devices, and no others" "a place without .."
    Sys "" "sys" "D" "sysfs, read-only" "a place without .."
    Mqueue "" "mqueue" "D" "POSIX message queues" "a place without .."
    Dir "" "dir" "D" "a directory" "a place without .."
    Symlink "" "symlink" "T D" "a symbolic link to T" "a place without .."
    File "" "file" "FD D" "a file with what FD holds" "the number of an open descriptor, and a place without .."
    BindData "" "bind-data" "FD D" "the same, mounted over D" "the number of an open descriptor, and a place without .."
    RoBindData "" "ro-bind-data" "FD D" "the same, read-only" "the number of an open descriptor, and a place without .."
    OverlaySrc "" "overlay-src" "S" "a layer of the next overlay, below others" "a directory"
    Overlay "" "overlay" "RW WORK D" "writes go to RW" "a place without .."
    TmpOverlay "" "tmp-overlay" "D" "writes are kept in memory" "a place without .."
    RoOverlay "" "ro-overlay" "D" "read-only" "a place without .."
    RemountRo "" "remount-ro" "D" "the mount at D becomes read-only" "a place without .."
    Chmod "" "chmod" "MODE D" "the mode of what is there" "an octal number up to 7777, and a place without .."
    Mask "" "mask" "D" "hide what is there" "a place without .."
    Perms "" "perms" "MODE" "mode of what the next option makes" "an octal number up to 7777"
    Size "" "size" "BYTES" "most bytes of the next tmpfs" "a number of bytes, such as 4096, 64k, 16m or 1g"
    # "World"
    Propagation "" "propagation" "HOW" "of mounts: private, slave, shared, unchanged" "private, slave, shared or unchanged"
    [Run Init]
    Hostname "" "hostname" "NAME" "host name" "a name of 1 to 64 bytes"
    [Run]
    Domainname "" "domainname" "NAME" "NIS domain name" "a name of 1 to 64 bytes"
    Monotonic "" "monotonic" "SEC" "offset of the monotonic clock" "a whole number of seconds"
    Boottime "" "boottime" "SEC" "offset of the boot-time clock" "a whole number of seconds"
    # "Process"
    Chdir "w" "chdir" "DIR" "working directory; ~ is the user's home" ""
    Env "e" "env" "K[=V]" "set a variable, or keep it" "NAME=VALUE or NAME"
    Setenv "" "setenv" "K V" "set a variable" "a name without ="
    Unsetenv "" "unsetenv" "K" "remove a variable" "a name without ="
    Clearenv "" "clearenv" "" "start with no variables" ""
    [Run Enter Init]
    Argv0 "" "argv0" "NAME" "the command's own name" ""
    Umask "" "umask" "OCTAL" "file mode mask" "an octal number up to 777"
    Nice "" "nice" "N" "nice value" "a number from -20 to 19"
    [Run Enter]
    OomScoreAdj "" "oom-score-adj" "N" "OOM killer's adjustment" "a number from -1000 to 1000"
    [Run Enter Init]
    Rlimit "" "rlimit" "NAME=SOFT[:HARD]" "resource limit" "a name such as nofile, =, and one or two numbers or inf with : between"
    [Run Init]
    NewSession "" "new-session" "" "a session without a terminal" ""
    Tty "t" "tty" "" "a terminal of its own" ""
    [Run]
    PreserveFds "" "preserve-fds" "N" "pass on N descriptors from 3" "a number of descriptors"
    # "Privilege (root keeps its capabilities, others have none; nothing is gained by execution)"
    AllowNewPrivs "" "allow-new-privs" "" "set-user-ID programs work" ""
    [Run Enter]
    CapAdd "" "cap-add" "CAP" "have a capability, or ALL" "a capability such as NET_ADMIN, or ALL"
    CapDrop "" "cap-drop" "CAP" "lose a capability, or ALL" "a capability such as NET_ADMIN, or ALL"
    [Run]
    Seccomp "" "seccomp" "FD|default" "filter system calls" "default, or a descriptor of 1 to 4096 instructions of 8 bytes"
    SeccompFile "" "seccomp-file" "FILE" "the same, BPF from a file" "1 to 4096 instructions of 8 bytes"
    LandlockRo "" "landlock-ro" "PATH" "read below it, else no files" ""
    LandlockRw "" "landlock-rw" "PATH" "read and write below it" ""
    LandlockRx "" "landlock-rx" "PATH" "read and execute below it" ""
    LandlockTcpConnect "" "landlock-tcp-connect" "PORT" "connect to it, else no TCP" "a port from 0 to 65535"
    LandlockTcpBind "" "landlock-tcp-bind" "PORT" "bind to it, else no TCP" "a port from 0 to 65535"
    LandlockScope "" "landlock-scope" "" "keep signals and abstract sockets in" ""
    DisableUserns "" "disable-userns" "" "no user namespace inside" ""
    # "Resources (a cgroup for it and its children, gone when it ends)"
    Memory "" "memory" "SIZE" "memory, and no swap" "a number of bytes from 1m, such as 16m or 1g"
    PidsLimit "" "pids-limit" "N" "processes and threads" "a number from 1"
    Cpus "" "cpus" "X" "so many processors of time" "a number of processors, such as 2 or 0.5"
    CpusetCpus "" "cpuset-cpus" "LIST" "on these processors" "a list of processors, such as 0-2,4"
    IoWeight "" "io-weight" "N" "share of disk time (100)" "a number from 1 to 10000"
    CgroupPath "" "cgroup-path" "PATH" "make it in that cgroup" ""
    [Init]
    # "Signals (all are passed on, to COMMAND)"
    Group "g" "group" "" "to its process group" ""
    SignalAll "" "signal-all" "" "to all processes" ""
    SingleChild "c" "single-child" "" "let it stay in our process group" ""
    Rewrite "r" "rewrite" "FROM:TO,..." "pass TO on for FROM, nothing for 0" "two signals with : between, the second may be 0"
    Blocked "" "blocked" "HEX" "blocked in COMMAND, if not as here" "hexadecimal digits, a bit for each signal"
    ParentDeath "p" "parent-death" "SIG" "get SIG when our parent ends" "a signal such as TERM, 15 or RTMIN+3"
    # "Orphans (all are reaped)"
    Subreaper "s" "subreaper" "" "also as PID 1; others are one always" ""
    WarnReap "w" "warn-reap" "" "say which" ""
    Grace "" "grace" "SEC" "at the end TERM, KILL after that long (VM: 5)" "a number of seconds, such as 10 or 0.5"
    WaitAll "" "wait-all" "" "wait for their end" ""
    Pause "P" "pause" "" "no COMMAND, until INT or TERM" ""
    # "Exit status"
    ExpectExit "e" "expect-exit" "CODE,..." "0 in place of CODE" "numbers from 0 to 255"
    RemapExit "" "remap-exit" "FROM=TO,..." "TO in place of FROM" "two numbers from 0 to 255 with = between"
    # "Where COMMAND starts"
    Directory "" "chdir" "DIR" "its working directory; ~ is the user's home" ""
    Variable "" "env" "K[=V]" "set a variable, or keep it" "NAME=VALUE or NAME"
    # "A virtual machine (its kernel takes all of this as pidone.NAME=VALUE)"
    Vm "" "vm" "" "make one of it; with --help more options" ""
    Modules "" "modules" "DIR" "load the modules there, ordered by name" ""
    NewRoot "" "root" "DEV[:TYPE[:OPT]]" "the root: a block device, a virtiofs or 9p tag" "a device such as /dev/vda, or a tag and its type, and perhaps : and options"
    OverRoot "" "overlay" "tmpfs|DEV" "what is written goes there, not to the root" ""
    Sysctl "" "sysctl" "NAME=VALUE" "a parameter of the kernel" "a name such as net.ipv4.ip_forward, =, and a value"
    Clock "" "time" "SECONDS" "what the clock says, since 1970" "a number of seconds"
    Link "" "net" "DEV,ADDR/LEN[,...]" "a network device's address[,GATEWAY][,mtu=N]" "such as eth0,10.0.2.15/24,10.0.2.2 or eth0,fd00::2/64,mtu=9000"
    Dns "" "dns" "ADDR" "a name server, for /etc/resolv.conf" "an address such as 10.0.2.3 or fd00::3"
    ConfigFile "" "config" "FILE" "an OCI config.json, for what COMMAND is" "a config.json of the OCI runtime specification"
    PowerButton "" "power-button" "" "it ends the machine" ""
    Respawn "" "respawn" "" "start COMMAND again when it ends" ""
    Report "" "report" "WHERE" (report help) (report wanted)
    End "" "end" "HOW" "auto, reboot, poweroff or halt" "auto, reboot, poweroff or halt"
    [Run Init]
    # "Life"
    Timeout "" "timeout" "SEC" "stop it after that long" "a number of seconds, such as 10 or 0.5"
    StopSignal "" "stop-signal" "SIG" "what stops it (TERM)" "a signal such as TERM, 15 or RTMIN+3"
    StopTimeout "" "stop-timeout" "SEC" "then KILL after that long (10; VM: 5)" "a number of seconds, such as 10 or 0.5"
    [Run]
    Init "" "init" "" "a reaper is PID 1, COMMAND its child" ""
    NoKillChild "" "no-kill-child" "" "let it outlive pidone" ""
    # "Other programs"
    PidFile "" "pid-file" "FILE" "holds its process id" "a file, which need not be there"
    InfoFd "" "info-fd" "FD" "gets its ids as JSON" "the number of an open descriptor"
    [Run Init]
    JsonStatusFd "" "json-status-fd" "FD" "gets ids and exit code" "the number of an open descriptor"
    [Run]
    BlockFd "" "block-fd" "FD" "start when it is readable" "the number of an open descriptor"
    SyncFd "" "sync-fd" "FD" "open while it runs" "the number of an open descriptor"

    [Enter]
    # "Whom, and how"
    Target "t" "target" "PID[:INODE]" "the process, if its pidfd has this inode" "a process id, and perhaps : and an inode number"
    EnterRoot "r" "root" "" "in its root directory" ""
    Wd "w" "wd" "" "in its working directory" ""
    PreserveCredentials "" "preserve-credentials" "" "do not become root inside" ""
    JoinCgroup "" "join-cgroup" "" "in its cgroup" ""
    EnvFromTarget "e" "env-from-target" "" "with its environment" ""
    NoFork "" "no-fork" "" "only children are in its PID namespace" ""

    [Run Enter Init]
    # "Seeing"
    Explain "" "explain" "" "print every system call, run nothing" ""

    [Run Init]
    Timing "" "timing" "" "afterwards, where the time went" ""

    [List]
    Type "t" "type" "TYPE" "those of one type" "mount, uts, ipc, net, pid, user, cgroup or time"
    Task "p" "task" "PID" "those of one process" "a process id"
    Tree "" "tree" "" "each below its parent, or its owner" ""
    Types "" "types" "" "the eight types, and what this machine has" ""

    [List Compare Check]
    Json "" "json" "" "for programs" ""

    [Pack]
    # "The image"
    Output "o" "output" "FILE" "where it goes (standard output)" "a file"
    Add "" "file" "SRC:DST" "this file or directory, and its place there" "a file or directory, :, and a place"

    [Init]
    Verbose "v" "verbose" "" "say what is passed on and reaped" ""
    License "l" "license" "" "the licence" ""
    Licence "L" "licence" "" "the same" ""

    [Run Enter List Compare Check Init Pack]
    Help "h" "help" "" "this text" ""
    Version "V" "version" "" "the version" ""
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Which one.
    pub id: Id,
    /// Without the dash; empty if there is none.
    pub short: &'static str,
    /// Without the dashes.
    pub long: &'static str,
    /// The names of its values, separated by a space; empty for a switch.
    pub value: &'static str,
}

/// What people are told of an option.
#[derive(Default)]
pub struct Help<'a> {
    /// The heading of its group, at the first of each.
    pub title: &'a [u8],
    /// What it is for.
    pub help: &'a [u8],
    /// What a wrong value should have been.
    pub wanted: &'a [u8],
}

/// The help for all options, to be given to [`Help::next`].
pub fn help(words: &Words) -> &[u8] {
    let mut text = Text::new(words);
    HELP.show(&mut text);
    text.finish()
}

impl<'a> Help<'a> {
    /// Takes the help for the next option off the text.
    pub fn next(rest: &mut &'a [u8]) -> Self {
        let (title, help) = (cut(rest, b'\t'), cut(rest, b'\t'));
        Help {
            title,
            help,
            wanted: cut(rest, b'\n'),
        }
    }
}

/// The options of a verb, or of all verbs, in order.
#[inline(never)]
pub fn of(verb: Option<Verb>) -> Options<'static> {
    Options {
        at: 0,
        end: 0,
        wanted: None,
        verbs: verb.map_or(u8::MAX, |verb| 1 << verb as u8),
    }
}

/// What is left of the table.
pub struct Options<'n> {
    /// How many lines have been looked at, and where they end.
    at: usize,
    end: usize,
    /// The letter, or else the name, of the only one of interest.
    wanted: Option<(bool, &'n [u8])>,
    /// Those of interest, a bit for each.
    verbs: u8,
}

impl Iterator for Options<'_> {
    type Item = Flag;

    #[inline(never)]
    fn next(&mut self) -> Option<Flag> {
        loop {
            let (&id, &verbs) = (IDS.get(self.at)?, VERBS.get(self.at)?);
            let start = self.end;
            self.end += usize::from(*LENGTHS.get(self.at)?);
            self.at += 1;
            if verbs & self.verbs == 0 {
                continue;
            }
            if self.is_wanted(TABLE.as_bytes().get(start..self.end)?) {
                let mut line = TABLE.get(start..self.end)?;
                let short = cut_text(&mut line, b'\t');
                let long = cut_text(&mut line, b'\t');
                let value = cut_text(&mut line, b'\n');
                return Some(Flag {
                    id,
                    short,
                    long,
                    value,
                });
            }
        }
    }
}

impl Options<'_> {
    /// Whether a line, which has a letter or none before its first tab, is of interest.
    fn is_wanted(&self, line: &[u8]) -> bool {
        let Some((letter, name)) = self.wanted else {
            return true;
        };
        let own = match line {
            _ if letter => Some(line),
            [b'\t', own @ ..] | [_, _, own @ ..] => Some(own),
            _ => None,
        };
        // Nearly all differ there already.
        let own = own.filter(|own| own.first() == name.first());
        let behind = own.and_then(|own| own.strip_prefix(name));
        behind.is_some_and(|behind| behind.first() == Some(&b'\t'))
    }
}

/// The option of a verb with this letter, or with this name.
#[inline(never)]
pub fn named(verb: Verb, letter: bool, name: &[u8]) -> Option<Flag> {
    let mut options = of(Some(verb));
    options.wanted = Some((letter, name));
    options.next()
}

impl Flag {
    /// How many words of the command line are its value.
    pub fn values(&self) -> usize {
        match self.value.len() {
            0 => 0,
            _ => 1 + self.value.bytes().filter(|&byte| byte == b' ').count(),
        }
    }

    /// Whether it may be given more than once: switches, and what adds to a list.
    pub fn repeats(&self) -> bool {
        use Id::*;
        let adds = matches!(self.id, Share | Try | Env | Setenv | Unsetenv | Rlimit)
            || matches!(self.id, MapUsers | MapGroups | Join | Persist)
            || matches!(self.id, Rewrite | ExpectExit | RemapExit | Variable)
            || matches!(self.id, Sysctl | Link | Dns | Report | Add)
            || (CapAdd as u8..=LandlockTcpBind as u8).contains(&(self.id as u8));
        let modifies = matches!(self.id, Perms | Size);
        adds || modifies || self.id.is_operation() || self.value.is_empty()
    }
}

impl Id {
    /// The name without dashes; empty if it is no option.
    pub fn name(self) -> &'static str {
        let named = of(None).find(|flag| flag.id == self);
        named.map_or("", |flag| flag.long)
    }

    /// Writes what a value of it should be.
    pub fn show_wanted(self, text: &mut Text) {
        let mut rest = help(text.words());
        for _ in 0..self as u8 {
            Help::next(&mut rest);
        }
        text.raw(Help::next(&mut rest).wanted);
    }

    /// Whether it is for the first process of a virtual machine alone.
    pub fn is_for_machines(self) -> bool {
        (Id::Modules as u8..=Id::End as u8).contains(&(self as u8))
    }

    /// Whether it is an operation on the view of file systems, of which the order counts.
    pub fn is_operation(self) -> bool {
        (Id::Bind as u8..=Id::Mask as u8).contains(&(self as u8))
    }

    /// The namespace that a switch asks for.
    pub fn namespace(self) -> Option<Ns> {
        Ns::ALL.get(self as usize).copied()
    }

    /// The switch that asks for a namespace.
    pub fn of(ns: Ns) -> Id {
        IDS.get(ns as usize).copied().unwrap_or(Id::Default)
    }
}

/// The option of a controller of cgroups, or for the cgroup itself.
pub fn resource(controller: usize) -> Id {
    let id = IDS.get(Id::Memory as usize + controller);
    id.copied().unwrap_or(Id::CgroupPath)
}

/// As a person types it; and the names of what is no option.
impl Show for Id {
    fn show(&self, text: &mut Text) {
        match self {
            Id::Default => put!(text, "default"),
            Id::Command => put!(text, "COMMAND"),
            Id::Shell => put!(text, "SHELL"),
            option => put!(text, "--", option.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_is_there_once() {
        for verb in [
            Verb::Run,
            Verb::Enter,
            Verb::List,
            Verb::Compare,
            Verb::Check,
            Verb::Init,
            Verb::Pack,
        ] {
            let mut seen = HashSet::new();
            for flag in of(Some(verb)) {
                assert!(!flag.long.is_empty());
                assert!(seen.insert(flag.long), "--{}", flag.long);
                let short = flag.short;
                assert!(short.is_empty() || seen.insert(short), "-{short}");
            }
        }
        assert_eq!(of(None).count(), IDS.len());
    }

    #[test]
    fn the_first_eight_are_the_namespaces() {
        for (flag, ns) in of(None).zip(Ns::ALL) {
            assert_eq!(flag.long, ns.name());
            assert_eq!(flag.id.namespace(), Some(ns));
        }
        assert_eq!(Id::All.namespace(), None);
    }

    #[test]
    fn what_has_values_says_what_is_wanted() {
        let free = [
            "chdir",
            "modules",
            "overlay",
            "argv0",
            "cgroup-path",
            "landlock-ro",
            "landlock-rw",
            "landlock-rx",
        ];
        let words = Words::default();
        let mut rest = help(&words);
        for flag in of(None) {
            let help = Help::next(&mut rest);
            assert!(!help.help.is_empty(), "--{}", flag.long);
            let has_values = !flag.value.is_empty();
            let says = !help.wanted.is_empty() || has_values && free.contains(&flag.long);
            assert_eq!(has_values, says, "--{}", flag.long);
        }
        assert!(rest.is_empty());
    }
}
