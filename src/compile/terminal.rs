//! A terminal of the command's own (pty(7)): what is typed into ours goes there, and what it writes comes here.

use super::phrase::phrase;
use super::steps::List;
use crate::config::Config;
use crate::host::Host;
use crate::names::Id;
use crate::plan::Arg;
use crate::strings::thin;
use crate::text::packed::packed;

/// Makes it, as large as ours, while paths are the caller's.
pub fn open(config: &Config, host: &Host, before: &mut List) {
    if !config.process.tty || host.machine {
        return;
    }
    let pair = phrase!(
        "openat here ptmx OURS =pty; ioctl pty TIOCSPTLCK unlocked; ioctl pty TIOCGPTPEER THEIRS =peer"
    );
    before.say_for(Id::Tty, pair, &[]);
    if host.window != 0 {
        // Four numbers of 16 bits.
        let size = Arg::Number(host.window as i64);
        let size = before.record(&[(packed!("ws_row+65536*ws_col"), size)]);
        before.say(phrase!("ioctl pty TIOCSWINSZ $0"), &[size]);
    }
}

/// The command's session, if it has one of its own, and its terminal; a machine's console is nobody else's.
pub fn take(config: &Config, host: &Host, own_session: bool, because: Id, child: &mut List) {
    if !own_session {
        return;
    }
    let tty = config.process.tty;
    child.say_for(if tty { Id::Tty } else { because }, phrase!("setsid"), &[]);
    if tty && host.machine {
        // What the kernel opened is not what has a name now: it is on the first root.
        let console = Arg::Text(thin!("/dev/console"));
        child.say(phrase!("openat here $0 THEIRS =peer"), &[console]);
    }
    if tty {
        // It is for the session that the command leads below a reaper.
        if !config.life.init {
            child.say(phrase!("ioctl peer TIOCSCTTY zero"), &[]);
        }
        let phrase = phrase!("dup3 peer zero zero; dup3 peer n1 zero; dup3 peer n2 zero");
        child.say(phrase, &[]);
    }
}
