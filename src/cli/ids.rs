//! The values of options for ids, for files of namespaces, and for those of an image.

use crate::config::{Account, Files, Identity, Inside, Range};
use crate::names::Ns;
use crate::strings::ThinCStr;
use crate::text::{cut, decimal, has};
use crate::words::{Array, Words};

/// Both ids of the caller inside.
pub fn own(identity: &mut Identity, inside: Inside) {
    identity.user.own = Some(inside);
    identity.group.own = Some(inside);
}

/// A user or group id. The highest number means "no change" to the kernel, never an id.
pub fn id(word: &[u8]) -> Option<u32> {
    let id = u32::try_from(decimal(word)?).ok()?;
    (id != u32::MAX).then_some(id)
}

/// `IN:OUT:COUNT`, of which no id may be the highest number.
pub fn range(mut word: &[u8]) -> Option<Range> {
    let inside = id(cut(&mut word, b':'))?;
    let outside = id(cut(&mut word, b':'))?;
    let count = u32::try_from(decimal(word)?).ok()?;
    let fits = count > 0 && inside.max(outside) <= u32::MAX - count;
    fits.then_some(Range {
        inside,
        outside,
        count,
    })
}

/// What is all digits is a number, whoever has such a name (CVE-2016-3697).
pub fn account(word: ThinCStr) -> Option<Account> {
    match word.bytes() {
        [] | [b'-' | b'+', ..] => None,
        digits if digits.iter().all(u8::is_ascii_digit) => id(digits).map(Account::Id),
        _ => Some(Account::Name(word)),
    }
}

/// Groups with commas between, or none.
pub fn accounts<'a>(mut word: &[u8], words: &'a Words) -> Option<&'a [Account<'a>]> {
    let mut all = Array::new(words);
    let mut more = !word.is_empty();
    while more {
        more = has(word, b',');
        all.push(account(words.join(&[cut(&mut word, b',')]))?);
    }
    Some(all.finish())
}

/// `NS=FILE`, once for each type.
pub fn file<'a>(files: &mut Files<'a>, word: ThinCStr<'a>) -> Option<()> {
    let name = cut(&mut word.bytes(), b'=');
    let place = files.get_mut(Ns::named(name)? as usize)?;
    let file = word.skip(name.len() + 1);
    let is_new = place.is_none() && !file.bytes().is_empty();
    *place = is_new.then_some(file);
    place.map(|_| ())
}

/// `SRC:DST`, neither of them empty.
pub fn parts<'a>(word: ThinCStr<'a>, words: &'a Words) -> Option<(ThinCStr<'a>, ThinCStr<'a>)> {
    let source = cut(&mut word.bytes(), b':');
    let place = word.skip(source.len() + 1);
    let right = !source.is_empty() && !place.bytes().is_empty();
    right.then(|| (words.join(&[source]), place))
}
