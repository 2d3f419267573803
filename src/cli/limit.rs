//! Limits of processes and of cgroups.

use super::value::milliseconds;
use crate::config::Rlimit;
use crate::names::{Id, Resource};
use crate::strings::ThinCStr;
use crate::text::{Text, cut, decimal, has, put};
use crate::words::Words;

/// What is written to a controller.
pub fn resource<'a>(id: Id, word: ThinCStr<'a>, words: &'a Words) -> Option<ThinCStr<'a>> {
    let bytes = word.bytes();
    if id == Id::CpusetCpus {
        // A list as in cpuset(7), of which the kernel judges the rest.
        let right = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b',' | b'-');
        return (!bytes.is_empty() && bytes.iter().all(right)).then_some(word);
    }
    let number = match id {
        // With less the setup may fail, and what kills the child then kills all that share its memory.
        Id::Memory => size(bytes).filter(|&size| size >= 1 << 20),
        // Hundredths of the period, which is 100,000 microseconds if nothing else is said.
        Id::Cpus => milliseconds(bytes).map(|number| (number / 10).saturating_mul(1000)),
        _ => decimal(bytes),
    };
    let most = if id == Id::IoWeight { 10_000 } else { u64::MAX };
    let mut text = Text::new(words);
    put!(
        &mut text,
        number.filter(|&number| number > 0 && number <= most)?
    );
    Some(text.take_path())
}

/// A number of bytes, of which k, m and g are the binary multiples.
pub fn size(word: &[u8]) -> Option<u64> {
    let (shift, digits) = match word {
        [digits @ .., b'k' | b'K'] => (10, digits),
        [digits @ .., b'm' | b'M'] => (20, digits),
        [digits @ .., b'g' | b'G'] => (30, digits),
        digits => (0, digits),
    };
    decimal(digits)?.checked_mul(1 << shift)
}

pub fn rlimit(mut word: &[u8]) -> Option<Rlimit> {
    let resource = Resource::named(cut(&mut word, b'='))?;
    let both = has(word, b':');
    let soft = limit(cut(&mut word, b':'))?;
    let hard = if both { limit(word)? } else { soft };
    Some(Rlimit {
        resource,
        soft,
        hard,
    })
}

fn limit(word: &[u8]) -> Option<u64> {
    if word == b"inf" || word == b"unlimited" {
        Some(u64::MAX)
    } else {
        decimal(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_a_name_and_one_or_two_numbers() {
        let limit = rlimit(b"nofile=10:inf").unwrap();
        assert_eq!((limit.soft, limit.hard), (10, u64::MAX));
        let limit = rlimit(b"core=0").unwrap();
        assert_eq!((limit.soft, limit.hard), (0, 0));
        for wrong in [
            "nofile",
            "nofile=",
            "=5",
            "files=5",
            "nofile=5:",
            "nofile=1:2:3",
            "nofile=-1",
        ] {
            assert_eq!(rlimit(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
