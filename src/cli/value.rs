//! The values of options: each word is read once, into a type that cannot be wrong.

use super::flags::{Flag, Id};
use crate::config::{Config, EnvChange, Inside, Propagation, Rlimit, Setgroups};
use crate::error::Error;
use crate::names::{Ns, NsSet, Resource, Signal};
use crate::strings::ThinCStr;
use alloc::borrow::Cow;
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::CStr;

/// The part of a word from a position on.
pub fn tail(word: Option<ThinCStr<'_>>, from: usize) -> Option<ThinCStr<'_>> {
    let bytes = word?.as_cstr().to_bytes_with_nul().get(from..)?;
    CStr::from_bytes_with_nul(bytes).ok().map(ThinCStr::from)
}

/// Puts an option into the configuration.
pub fn store<'a>(
    config: &mut Config<'a>,
    flag: &'static Flag,
    words: [Option<ThinCStr<'a>>; 2],
) -> Result<(), Error<'a>> {
    let [first, second] = words.map(|word| word.map_or(c"", ThinCStr::as_cstr));
    let value = Value { option: flag.long, text: first };
    let Config { namespaces, identity, mounts, process, privilege, life, reports, .. } = config;
    match flag.id {
        Id::Add(ns) => namespaces.add = namespaces.add.with(ns),
        Id::All => namespaces.add = NsSet::ALL,
        Id::Share => namespaces.share = namespaces.share.union(value.namespaces()?),
        Id::Try => namespaces.attempt = namespaces.attempt.union(value.namespaces()?),
        Id::MapRootUser => (identity.user, identity.group) = (Some(Inside::Id(0)), Some(Inside::Id(0))),
        Id::MapCurrentUser => (identity.user, identity.group) = (Some(Inside::Same), Some(Inside::Same)),
        Id::MapUser => identity.user = Some(Inside::Id(value.id()?)),
        Id::MapGroup => identity.group = Some(Inside::Id(value.id()?)),
        Id::Setgroups => identity.setgroups = Some(value.word(&Setgroups::WORDS, "allow or deny")?),
        Id::Propagation => {
            let wanted = "private, slave, shared or unchanged";
            mounts.propagation = Some(value.word(&Propagation::WORDS, wanted)?);
        }
        Id::Hostname => process.hostname = Some(value.name()?),
        Id::Domainname => process.domainname = Some(value.name()?),
        Id::Monotonic => process.monotonic = Some(value.offset()?),
        Id::Boottime => process.boottime = Some(value.offset()?),
        Id::Chdir => process.chdir = Some(first),
        Id::Env => process.env.push(value.variable()?),
        Id::Setenv => process.env.push(EnvChange::Set(Cow::Owned(value.pair(second)?))),
        Id::Unsetenv => process.env.push(EnvChange::Unset(value.variable_name()?)),
        Id::Clearenv => process.clear_env = true,
        Id::Argv0 => process.argv0 = Some(first),
        Id::Umask => process.umask = Some(value.mask()?),
        Id::Nice => process.nice = Some(value.between(-20, 19, "a number from -20 to 19")?),
        Id::OomScoreAdj => {
            process.oom_score_adj = Some(value.between(-1000, 1000, "a number from -1000 to 1000")?);
        }
        Id::Rlimit => process.rlimits.push(value.rlimit()?),
        Id::NewSession => process.new_session = true,
        Id::PreserveFds => process.preserve_fds = value.descriptor("a number of descriptors")?,
        Id::AllowNewPrivs => privilege.allow_new_privs = true,
        Id::NoKillChild => life.no_kill_child = true,
        Id::Timeout => life.timeout = Some(value.milliseconds()?),
        Id::StopSignal => life.stop_signal = Some(value.signal()?),
        Id::StopTimeout => life.stop_timeout = Some(value.milliseconds()?),
        Id::PidFile => reports.pid_file = Some(first),
        Id::InfoFd => reports.info_fd = Some(value.descriptor(DESCRIPTOR)?),
        Id::JsonStatusFd => reports.json_status_fd = Some(value.descriptor(DESCRIPTOR)?),
        Id::BlockFd => reports.block_fd = Some(value.descriptor(DESCRIPTOR)?),
        Id::SyncFd => reports.sync_fd = Some(value.descriptor(DESCRIPTOR)?),
        Id::Explain | Id::Timing | Id::Help | Id::Version => {}
    }
    Ok(())
}

const DESCRIPTOR: &str = "the number of an open descriptor";

/// A word, and the option whose value it is.
struct Value<'a> {
    option: &'static str,
    text: &'a CStr,
}

impl<'a> Value<'a> {
    fn bytes(&self) -> &'a [u8] {
        self.text.to_bytes()
    }

    fn invalid(&self, wanted: &'static str) -> Error<'a> {
        Error::Invalid { option: self.option, word: self.bytes(), wanted }
    }

    fn namespaces(&self) -> Result<NsSet, Error<'a>> {
        let wanted = "a list of mount, uts, ipc, net, pid, user, cgroup, time";
        self.bytes().split(|&byte| byte == b',').try_fold(NsSet::NONE, |set, name| {
            Ns::named(name).map(|ns| set.with(ns)).ok_or(self.invalid(wanted))
        })
    }

    fn word<T: Copy>(&self, words: &[(&str, T)], wanted: &'static str) -> Result<T, Error<'a>> {
        let known = words.iter().find(|(word, _)| word.as_bytes() == self.bytes());
        known.map(|(_, value)| *value).ok_or(self.invalid(wanted))
    }

    /// A user or group id. The highest number means "no change" to the kernel, never an id.
    fn id(&self) -> Result<u32, Error<'a>> {
        let id = decimal(self.bytes()).and_then(|number| u32::try_from(number).ok());
        id.filter(|&id| id != u32::MAX).ok_or(self.invalid("a number from 0 to 4294967294"))
    }

    fn descriptor(&self, wanted: &'static str) -> Result<u32, Error<'a>> {
        let number = decimal(self.bytes()).filter(|&number| number <= i32::MAX as u64);
        number.map(|number| number as u32).ok_or(self.invalid(wanted))
    }

    fn name(&self) -> Result<&'a CStr, Error<'a>> {
        let fits = (1..=64).contains(&self.bytes().len());
        if fits { Ok(self.text) } else { Err(self.invalid("a name of 1 to 64 bytes")) }
    }

    fn offset(&self) -> Result<i64, Error<'a>> {
        signed(self.bytes()).ok_or(self.invalid("a whole number of seconds"))
    }

    fn between(&self, least: i64, most: i64, wanted: &'static str) -> Result<i32, Error<'a>> {
        let number = signed(self.bytes()).filter(|number| (least..=most).contains(number));
        number.map(|number| number as i32).ok_or(self.invalid(wanted))
    }

    fn mask(&self) -> Result<u32, Error<'a>> {
        let octal = |digit: &u8| (b'0'..=b'7').contains(digit);
        let fits = (1..=4).contains(&self.bytes().len()) && self.bytes().iter().all(octal);
        let mask = self.bytes().iter().fold(0, |mask, digit| mask << 3 | u32::from(digit & 7));
        if fits && mask <= 0o777 { Ok(mask) } else { Err(self.invalid("an octal number up to 777")) }
    }

    fn signal(&self) -> Result<Signal, Error<'a>> {
        Signal::named(self.bytes()).ok_or(self.invalid("a signal such as TERM, 15 or RTMIN+3"))
    }

    /// Seconds, with up to three decimals that count.
    fn milliseconds(&self) -> Result<u64, Error<'a>> {
        milliseconds(self.bytes()).ok_or(self.invalid("a number of seconds, such as 10 or 0.5"))
    }

    fn rlimit(&self) -> Result<Rlimit, Error<'a>> {
        let wanted = "NAME=SOFT[:HARD] with a name such as nofile, and numbers or inf";
        rlimit(self.bytes()).ok_or(self.invalid(wanted))
    }

    fn variable(&self) -> Result<EnvChange<'a>, Error<'a>> {
        match self.bytes().iter().position(|&byte| byte == b'=') {
            Some(0) => Err(self.invalid("NAME=VALUE or NAME")),
            Some(_) => Ok(EnvChange::Set(Cow::Borrowed(self.text))),
            None => self.variable_name().map(EnvChange::Keep),
        }
    }

    fn variable_name(&self) -> Result<&'a CStr, Error<'a>> {
        let wrong = self.bytes().is_empty() || self.bytes().contains(&b'=');
        if wrong { Err(self.invalid("a name without =")) } else { Ok(self.text) }
    }

    fn pair(&self, value: &CStr) -> Result<CString, Error<'a>> {
        let mut pair = Vec::from(self.variable_name()?.to_bytes());
        pair.push(b'=');
        pair.extend_from_slice(value.to_bytes());
        CString::new(pair).map_err(|_| self.invalid("a value without NUL"))
    }
}

/// Decimal digits and nothing else.
fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

fn signed(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let number = i64::try_from(decimal(digits)?).ok()?;
    Some(if negative { -number } else { number })
}

fn milliseconds(text: &[u8]) -> Option<u64> {
    let mut parts = text.splitn(2, |&byte| byte == b'.');
    let whole = decimal(parts.next()?)?;
    let fraction = match parts.next() {
        None => 0,
        Some(digits) => {
            decimal(digits.get(..digits.len().min(18))?)?;
            digits.iter().all(u8::is_ascii_digit).then_some(())?;
            let places = digits.iter().chain(b"000").take(3);
            places.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
        }
    };
    whole.checked_mul(1000)?.checked_add(fraction)
}

fn rlimit(text: &[u8]) -> Option<Rlimit> {
    let mut parts = text.splitn(2, |&byte| byte == b'=');
    let resource = Resource::named(parts.next()?)?;
    let mut limits = parts.next()?.splitn(2, |&byte| byte == b':');
    let soft = limit(limits.next()?)?;
    let hard = limits.next().map_or(Some(soft), limit)?;
    Some(Rlimit { resource, soft, hard })
}

fn limit(text: &[u8]) -> Option<u64> {
    if text == b"inf" || text == b"unlimited" {
        return Some(u64::MAX);
    }
    decimal(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_numbers_are_digits_and_never_wrap() {
        assert_eq!(decimal(b"0"), Some(0));
        assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
        for wrong in ["", "18446744073709551616", "1x", " 1", "-1", "+1", "0x10", "1_0"] {
            assert_eq!(decimal(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn seconds_have_decimals() {
        assert_eq!(milliseconds(b"10"), Some(10_000));
        assert_eq!(milliseconds(b"0.5"), Some(500));
        assert_eq!(milliseconds(b"1.0019999999999999999999"), Some(1001));
        for wrong in ["", ".5", "5.", "1.x", "1.5s", "-1", "1e3", "99999999999999999999"] {
            assert_eq!(milliseconds(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn limits_are_a_name_and_one_or_two_numbers() {
        let limit = rlimit(b"nofile=10:inf").unwrap();
        assert_eq!((limit.soft, limit.hard), (10, u64::MAX));
        let limit = rlimit(b"core=0").unwrap();
        assert_eq!((limit.soft, limit.hard), (0, 0));
        for wrong in ["nofile", "nofile=", "=5", "files=5", "nofile=5:", "nofile=1:2:3", "nofile=-1"] {
            assert_eq!(rlimit(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
