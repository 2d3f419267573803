//! The pieces and phrases of packed literals, and where they stand.

/// The pieces, each behind a `~`. Chosen by counting what saves most; an order or a piece may be
/// changed at any time, but each must consist of two that are here, or of letters.
pub const PIECES: &str = concat!(
    "~\n\t~  ~ E~ t~, ~--~..~: ~CA~D ~E ~ER~E_~IN~NE~NO~ON~PR~RE~S ~SE~SI~SY~S_~T ~T_~a ~ac~ad~al~am~an",
    "~ar~at~ch~ct~d ~de~e\n~e ~ed~en~er~es~f ~gr~ha~id~il~im~in~it~iv~lo~ma~mo~ne~no~o ~om~on~op~or~ou~p ",
    "~pl~re~ro~s ~se~si~st~sy~t ~th~un~us~ut~w ~wh~wi~y ~\t\n\t~\ta ~'s ~CAP~ID ~SET~at ~ch ~com~e, ~ed ",
    "~ent~er ~es ~fil~id ~in ~ing~is ~it ~mas~nam~no ~of ~on ~or ~pac~pid~pro~roo~sec~set~    ~ ENO~ is ",
    "~ to ~SYS_~and ~are ~grou~its ~mask~moun~new ~not ~out ~plac~proc~side~the ~ther~user~with~, or ",
    "~/proc~espac~group~mount~pidon~this ~user ~with ~, and ~mount ~proces~pidone ~namespac~without ",
    "~namespace~e without ~place without ~user namespace~place without ..~place without ..\n\t",
    "~\ta place without ..\n\t",
);

/// What is longer or rarer, in the same way. The byte [`PHRASE`] stands before the number of a phrase.
pub const PHRASES: &str = concat!(
    "~\ta list of mount, ~\ta name or a number u~\ta number ~\ta place without ..\n\twith its devi",
    "~\ta type such as net ~\n\toffset of the ~\n  pidone ~\n2.6.~\nLandlock ~   a command in ~ MAKE_",
    "~ PID PID.~ [OPTIONS]~ bytes~ needs CAP_~ no TCP\ta ~ to it, else~\", &stat, ~(&gate, FUTEX_WA~, ABI",
    "~, if there is an S~, or --cap-~, pid, user, cgroup, time\n\t~--landlock-~/etc/sub~4096~; in a conta",
    "~ABLE ~ACCES~ATH~AT_FDCWD~AUDIT_~AppArmor ~BPF ~CAP_AMBIE~CHILD~CLOEXEC~COMMAN~DIR REMOV~EMPTY_PATH",
    "~EN_TREE_~EXEC~FIL~ID and CAP_SETGID~IPC~IS domain ~KILL~LANDLOCK_~LOCK~Linux~NOSUID NODEV ~NULL",
    "~OVERRID~RECURSIVE~SIGCHLD~SYS_ADMIN~SYS_RESOUR~T_ADMIN, or ALL\n\t~UT:COUNT ~[--] COMMAND [ARG...",
    "~\\n\", ...)~after~after that long~an octal ~andlock~another~appears at D~before ~below ~boot-time ",
    "~capabilit~cgroup ~chdir ~child~comes the root\t\n\t~compare~contradicts ~ctl kernel~d by itself",
    "~default~directory~empty~envir~essage que~exec~filter~flags=~fresh ~from ~host ",
    "~ined (a user namespace is then adde~iner: docker run --security-opt ~it takes CAP_~kee~led_access_",
    "~lock\ta whol~memor~mode of what ~name\ta name of 1~namespace\t-~ne(child_stack~needs ~nel is built ",
    "~newfstatat~nice value~no such ~notonic ~number of second~number up to 777",
    "~or, and a place without ..\n\t~ort from 0 to 6553~overla~own ~pidone --help~process id~program",
    "~range ~rctl(PR_~read-only~restrict_~root inside~rt_sigproc~ruleset ~s, ipc, ne~script",
    "~seccomp filter around us ref~side any new user namespace\n~signal~slave, s~socke~stem ",
    "~structions of ~such as ~such as 0:100000:6~such as 10 or 0.5~sys/user/max~the call~the command's ",
    "~the kernel~the next ~the number of an open descript~the time went~there is no such ",
    "~this kernel has ~those ~to 429496729~unconf~unprivileged_userns~variabl~version~what this machin",
    "~where ~which ~writ~",
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
