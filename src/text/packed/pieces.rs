//! The pieces and phrases of packed literals, and where they stand.

/// The pieces, each behind a `~`. Chosen by counting what saves most; an order or a piece may be
/// changed at any time, but each must consist of two that are here, or of letters.
pub const PIECES: &str = concat!(
    "~\n\t~  ~ E~ t~, ~--~..~: ~; ~AD~CA~D ~E ~E_~IN~LL~NE~NO~ON~RE~RO~S ~SE~SI~SY~S_~T ~T_~a ~ac~ad~al",
    "~am~an~ar~at~ch~ck~ct~d ~de~di~e\n~e ~ed~en~er~es~f ~gr~ha~id~il~im~in~it~iv~l ~lo~ma~mo~ne~no~o ~om",
    "~on~op~or~ou~p ~pl~re~ro~s ~se~si~st~t ~th~un~us~ut~wa~wh~wi~y ~\t\n\t~\ta ~CAP~ID ~SET~at ~com~e, ",
    "~ed ~ent~er ~es ~fil~in ~is ~it ~nam~no ~of ~on ~or ~pac~pid~pro~roo~run~sec~set~unt~    ~ ENO~ is ",
    "~ to ~SYS_~and ~are ~for ~grou~has ~its ~not ~one ~out ~plac~proc~the ~ther~user~with~, or ~/proc",
    "~espac~file ~group~mount~other~this ~user ~with ~, and ~cgroup~place ~pidone ~namespac~without ",
    "~namespace~place without ~user namespace~place without ..~place without ..\n\t",
    "~\ta place without ..\n\t",
);

/// What is longer or rarer, in the same way. The byte [`PHRASE`] stands before the number of a phrase.
pub const PHRASES: &str = concat!(
    "~\t-m --~\ta list of ~\ta name or a number u~\ta number from ~\ta number o",
    "~\ta number of seconds, such as 10 or 0.5\n\t~\n\toffset of the ~\n  pidone ~\n2.6.~\nLandlock ",
    "~ MAKE_~ NOSUID NODEV ~ PID PID.~ [OPTIONS]~ bytes~ inside~ needs ~ needs CAP_~\", &stat, ",
    "~(&gate, FUTEX_WA~, ABI~, else no TCP\ta ~, if there is an S~, or --cap-ad",
    "~, pid, user, cgroup, time\n\t~--landlock-~/bin/sh~/etc/sub~000~4096~4096, 64k, 1~ABLE ~ACCES~ATH",
    "~AT_FDCWD~AUDIT_~AppArmor ~BPF ~CAP_AMBIE~CHILD~CLOEXEC~COMMAND~DIR REMOV~EMPTY_PATH~EN_TREE_~EXEC",
    "~Exit status~FIL~IPC~IS domain ~KILL ~LANDLOCK_~LOCK~Linux~MOUN~NAME~NULL, ~OVERRID~POSIX m~PR_SET_",
    "~RDONLY~RECURSIVE~REMOVEDI~RLIM~SETUID and CAP_~SIGCHLD~SOCK~SYS_ADMIN~SYS_RESOUR~TERM",
    "~T_ADMIN, or ALL\n\t~UT:COUNT ~WRIT~[--] COMMAND [ARG...~\\n\", ...)~], &mask, 8)~_SEAL~after",
    "~after that long~allow~an octal ~andlock~apparmor~appears at D~before ~below ~boot-time ~call",
    "~capabilit~child~clone(child_stack~comes the root\t\n\t~command~command ~compare~contradicts ",
    "~d by itself~default~devices~directory~e\ta name without =\n\t~e any new user namespace\n",
    "~e of 1 to 64~each ~empty~envir~erpreter or dy~essage que~exec~filter~flags~fresh ~from ~get~have ",
    "~here~host name~ic loader is ~ids\tIN:O~ight~in a conta~ined (a user namespace is then adde",
    "~iner: docker run --security-opt ~ini version 0~issing~it takes CAP_~kee~kill~led_access_~link",
    "~lock\ta whol~map-auto~mapped ~mask~mask(SIG_~may be ~memor~mode of what ~mount, uts, ipc, net",
    "~must b~name another with --cgroup~namespace\t-~nel is built ~new ~newfstatat~nice value~no such ",
    "~nothing~notonic ~number~number of seconds~number up to 777~one's ~option ~or RTMIN+",
    "~or, and a place without ..\n\t~ort from 0 to 6553~outsid~overla~own~own ~pass~path~pidone --help",
    "~pidone, ~priv~process~process ~process id~processors~program~range ~read-only~restrict_~rt_sigproc",
    "~ruleset ~say wh~scop~script~seccomp filter around us ref~signal~slave, s~structions of ~such as ",
    "~such as 0:100000:6~sys~sys/user/max~sysctl kernel~system~t once, =, and a ~the cgroup above ",
    "~the command's ~the kerne~the next ~the number of an open descript~the same, ~the time went",
    "~there is no such ~this kernel has ~those ~to 429496729~troller~unconf~unprivileged_userns~v/shm ",
    "~variabl~version~what this machin~where ~which ~with : betwe~writ~",
);

/// The byte of the first piece. The others have the bytes above it, and then those from 1 on that
/// are no letters.
pub const FIRST: u8 = 0x7f;

/// The byte before the number of a phrase.
pub const PHRASE: u8 = 0x1f;

/// How many bytes may be a piece, and how many are.
pub const BYTES: usize = 0xa0;
pub const COUNT: usize = BYTES - 3;

/// The byte of a piece: neither NUL, nor a tab, nor a newline.
pub const fn byte_of(piece: usize) -> u8 {
    match piece as u8 {
        high @ ..=0x80 => FIRST + high,
        low @ ..=0x88 => low - 0x80,
        low => low - 0x7e,
    }
}

/// The two halves of each piece, by its byte; zeros if it is none.
pub const HALVES: [[u8; 2]; BYTES] = {
    let mut halves = [[0; 2]; BYTES];
    let mut piece = 0;
    while piece < COUNT {
        let (start, end) = PLACES[piece];
        if start < end {
            halves[byte_of(piece).wrapping_sub(FIRST) as usize] = split(start, end);
        }
        piece += 1;
    }
    halves
};

/// The two bytes of which a piece consists.
pub const fn split(start: usize, end: usize) -> [u8; 2] {
    let mut middle = start + 1;
    while middle < end {
        if let (Some(one), Some(other)) = (whole(start, middle), whole(middle, end)) {
            return [one, other];
        }
        middle += 1;
    }
    panic!("a piece does not consist of two others");
}

/// The byte of a part of [`PIECES`] that is a letter, or a piece.
pub const fn whole(start: usize, end: usize) -> Option<u8> {
    let text = PIECES.as_bytes();
    if end - start == 1 {
        return Some(text[start]);
    }
    let Index { order, from } = &PIECES_BY_BYTE;
    let mut next = from[text[start] as usize];
    while next < from[text[start] as usize + 1] {
        if stands(text, start, PIECES, PLACES[order[next]]) == end - start {
            return Some(byte_of(order[next]));
        }
        next += 1;
    }
    None
}

/// Where each piece begins, and where it ends; and each phrase.
pub const PLACES: [(usize, usize); COUNT] = places(PIECES);
pub const PHRASE_PLACES: [(usize, usize); count(PHRASES)] = places(PHRASES);

pub const fn places<const N: usize>(list: &str) -> [(usize, usize); N] {
    let list = list.as_bytes();
    let mut places = [(0, 0); N];
    let (mut at, mut place) = (0, 0);
    while at < list.len() {
        let start = at + 1;
        at = start;
        while at < list.len() && list[at] != b'~' {
            at += 1;
        }
        if start < at {
            places[place] = (start, at);
            place += 1;
        }
    }
    places
}

/// How many phrases a list has.
pub const fn count(list: &str) -> usize {
    let list = list.as_bytes();
    let (mut count, mut at) = (0, 1);
    while at < list.len() {
        count += (list[at] == b'~') as usize;
        at += 1;
    }
    count
}

/// A list by first bytes, which makes packing, done for every literal, ten times as fast: the parts
/// that begin with the byte `b` are `order[from[b]..from[b + 1]]`.
pub struct Index<const N: usize> {
    pub order: [usize; N],
    pub from: [usize; 129],
}

pub const PIECES_BY_BYTE: Index<COUNT> = by_first_byte(PIECES, &PLACES);
pub const PHRASES_BY_BYTE: Index<{ count(PHRASES) }> = by_first_byte(PHRASES, &PHRASE_PLACES);

pub const fn by_first_byte<const N: usize>(list: &str, places: &[(usize, usize); N]) -> Index<N> {
    let (mut order, mut from) = ([0; N], [0; 129]);
    let (mut byte, mut count) = (0, 0);
    while byte < 128 {
        from[byte] = count;
        let mut part = 0;
        while part < N {
            let (start, end) = places[part];
            if start < end && list.as_bytes()[start] as usize == byte {
                order[count] = part;
                count += 1;
            }
            part += 1;
        }
        byte += 1;
    }
    from[128] = count;
    Index { order, from }
}

/// The length of a part of a list if it stands in a text at a position, and else 0.
pub const fn stands(text: &[u8], start: usize, list: &str, part: (usize, usize)) -> usize {
    let (mut at, end) = part;
    let mut here = start;
    while at < end && here < text.len() && list.as_bytes()[at] == text[here] {
        at += 1;
        here += 1;
    }
    if at == end { here - start } else { 0 }
}
