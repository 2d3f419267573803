//! The workload of a container's config.json, as a machine's settings (OCI runtime specification, config.md).

use crate::error::Error;
use crate::names::Id;
use crate::strings::{ThinCStr, thin};
use crate::text::{Text, cut, decimal, has, number, position, put, word};
use crate::words::{Array, Words};

/// Where in the file there is something for us, and the setting that it becomes. The first ones are strings.
const PLACES: &str = "{process{args[ {process{env[ {process{cwd {hostname {process{rlimits[{type \
    {process{user{uid {process{user{gid {process{user{additionalGids[ {process{user{umask {process{terminal \
    {process{rlimits[{soft {process{rlimits[{hard";
const SETTINGS: &str = "arg env chdir hostname rlimit uid gid";
const STRINGS: usize = 5;

/// The members of a limit, where they are missing: none of these is right, and so each is told.
const MISSING: [ThinCStr; 3] = [thin!("no type"), thin!("no soft"), thin!("no hard")];

/// What a file in JSON (RFC 8259) says of a workload: settings `NAME=VALUE`, of which each ends as a line of another
/// system's would, but with a NUL.
///
/// # Errors
///
/// The line that is wrong.
#[inline(never)]
pub fn process<'w>(
    file: ThinCStr<'w>,
    text: &[u8],
    words: &'w Words,
) -> Result<&'w [u8], Error<'w>> {
    let mut reader = Reader {
        rest: text,
        value: text,
        path: Array::new(words),
        first: "exec",
        settings: Text::new(words),
        groups: Text::new(words),
        limit: MISSING,
    };
    if reader.read().is_some() {
        if !reader.groups.is_empty() {
            let groups = reader.groups.take_path();
            reader.add("groups", &[groups.bytes()]);
        }
        return Ok(reader.settings.finish());
    }
    let mut done = text
        .get(..(text.len() - reader.rest.len()).saturating_sub(1))
        .unwrap_or(text);
    let mut line = 1u64;
    while has(done, b'\n') {
        cut(&mut done, b'\n');
        line += 1;
    }
    let mut place = Text::new(words);
    put!(&mut place, "line ", line);
    Err(Error::Invalid {
        option: Id::ConfigFile,
        words: words.copy(&[file, place.take_path()]),
    })
}

/// The state between two values.
struct Reader<'t, 'w> {
    rest: &'t [u8],
    /// What is left with the last byte that is no space.
    value: &'t [u8],
    /// What leads to the next value, as in [`PLACES`]: the objects and arrays around it, and names behind the former.
    path: Array<'w, u8>,
    /// The setting for the first argument; for others it is another.
    first: &'static str,
    settings: Text<'w>,
    /// With commas between.
    groups: Text<'w>,
    /// A limit's name, and its numbers.
    limit: [ThinCStr<'w>; 3],
}

impl<'w> Reader<'_, 'w> {
    /// Takes a value, and those in it, however deep.
    fn read(&mut self) -> Option<()> {
        loop {
            match self.next()? {
                open @ (b'{' | b'[') => {
                    self.path.push(open);
                    let rest = self.rest;
                    // What closes one is two behind what opens it.
                    let is_empty = self.next()? == open + 2;
                    self.rest = rest;
                    if !is_empty {
                        self.name()?;
                        continue;
                    }
                }
                b'"' => {
                    let text = self.string()?;
                    self.value(text, true)?;
                }
                first => {
                    let is_plain = |&byte: &u8| byte.is_ascii_alphanumeric() || has(b"+-.", byte);
                    while let Some((_, rest)) =
                        self.rest.split_first().filter(|(byte, _)| is_plain(byte))
                    {
                        self.rest = rest;
                    }
                    let length = self.value.len() - self.rest.len();
                    let plain = self.value.get(..length)?;
                    let known = position("true false null", plain).is_some();
                    (known || first == b'-' || first.is_ascii_digit()).then_some(())?;
                    self.value(plain, false)?;
                }
            }
            // Behind a value.
            while let Some(level) = self.level() {
                let open = self.path.get(level).copied()?;
                match self.next()? {
                    b',' => {
                        self.path.cut_to(level + 1);
                        self.name()?;
                        break;
                    }
                    close if close == open + 2 => {
                        self.path.cut_to(level);
                        if *self.path == *b"{process{rlimits[" {
                            let limit = core::mem::replace(&mut self.limit, MISSING);
                            let [name, soft, hard] = limit.map(ThinCStr::bytes);
                            self.add("rlimit", &[name, b"=", soft, b":", hard]);
                        }
                    }
                    _ => return None,
                }
            }
            if self.path.is_empty() {
                return self.next().is_none().then_some(());
            }
        }
    }

    /// Where in the path the innermost object or array begins.
    #[inline(never)]
    fn level(&self) -> Option<usize> {
        self.path
            .iter()
            .rposition(|byte| matches!(byte, b'{' | b'['))
    }

    fn take(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// The next byte that is no space.
    #[inline(never)]
    fn next(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        self.value = self.rest;
        self.take()
    }

    /// A member's name, if it is an object that we are in.
    #[inline(never)]
    fn name(&mut self) -> Option<()> {
        if self.path.last() == Some(&b'[') {
            return Some(());
        }
        (self.next()? == b'"').then_some(())?;
        for &byte in self.string()? {
            // These are no part of a name.
            let is_ours = matches!(byte, b'{' | b'[');
            self.path.push(if is_ours { b' ' } else { byte });
        }
        (self.next()? == b':').then_some(())
    }

    /// What is before the next quote.
    #[inline(never)]
    fn string(&mut self) -> Option<&'w [u8]> {
        const NAMES: &[u8; 8] = b"\"\\/bfnrt";
        const BYTES: &[u8; 8] = b"\"\\/\x08\x0c\n\r\t";
        let mut text = Text::new(self.path.words());
        loop {
            let mut byte = self.take()?;
            match byte {
                b'"' => return Some(text.finish()),
                0..0x20 => return None,
                b'\\' => {
                    byte = self.take()?;
                    if byte == b'u' {
                        let mut code = self.unit()?;
                        // Two for what is beyond 16 bits.
                        if code & 0xfc00 == 0xd800 {
                            self.rest = self.rest.strip_prefix(b"\\u")?;
                            let low = self.unit()? ^ 0xdc00;
                            (low < 0x400).then_some(())?;
                            code = 0x1_0000 + ((code & 0x3ff) << 10 | low);
                        }
                        // No word has a NUL in it.
                        let letter = char::from_u32(code).filter(|&letter| letter != '\0')?;
                        text.raw(letter.encode_utf8(&mut [0; 4]).as_bytes());
                        continue;
                    }
                    byte = *BYTES.get(NAMES.iter().position(|&one| one == byte)?)?;
                }
                _ => {}
            }
            text.byte(byte);
        }
    }

    /// Four hexadecimal digits.
    #[inline(never)]
    fn unit(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        Some(number(digits, 16)? as u32)
    }

    /// A string, or another value that is no array and no object.
    #[inline(never)]
    fn value(&mut self, value: &[u8], is_string: bool) -> Option<()> {
        let Some(at) = position(PLACES, &self.path) else {
            return Some(());
        };
        if is_string != (at < STRINGS) {
            return None;
        }
        let mut text = Text::new(self.path.words());
        match at {
            0 => {
                let name = core::mem::replace(&mut self.first, "arg");
                self.add(name, &[value]);
            }
            4 => {
                for byte in value.strip_prefix(b"RLIMIT_")? {
                    text.byte(byte.to_ascii_lowercase());
                }
                self.limit[0] = text.take_path();
            }
            7 => {
                if !self.groups.is_empty() {
                    self.groups.byte(b',');
                }
                self.groups.raw(value);
            }
            8 => {
                text.number(decimal(value)?, 8, 1);
                self.add("umask", &[text.bytes()]);
            }
            9 if value == b"true" => self.add("tty", &[b"1"]),
            9 => {}
            10 | 11 => {
                text.raw(value);
                *self.limit.get_mut(at - 9)? = text.take_path();
            }
            _ => self.add(word(SETTINGS, at), &[value]),
        }
        Some(())
    }

    #[inline(never)]
    fn add(&mut self, name: &str, value: &[&[u8]]) {
        let settings = &mut self.settings;
        settings.raw(name.as_bytes());
        settings.byte(b'=');
        value.iter().for_each(|part| settings.raw(part));
        settings.raw(b"\r\0");
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    fn settings(text: &str) -> Result<Vec<String>, String> {
        let words = Words::default();
        match process(thin!("/c"), text.as_bytes(), &words) {
            Ok(settings) => {
                let settings = String::from_utf8(settings.into()).unwrap();
                let all = settings.split_terminator("\r\0").map(String::from);
                Ok(all.collect())
            }
            Err(Error::Invalid { words, .. }) => {
                Err(String::from_utf8(words[1].bytes().into()).unwrap())
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_process_becomes_settings() {
        let text = r#" {"hostname": "h", "process.cwd": "/no", "process": {"args": ["/a b", "", "x\u0041\ud83d\ude00\n\"\\"],
            "env": ["A=b\nc"], "cwd": "/d", "terminal": true, "args[]": "no", "deep": [[[{}, []], 1.5e-3, null]], "user":
            {"uid": 1, "gid": 2, "additionalGids": [3, 4], "umask": 18, "username": "no"}, "rlimits": [
            {"hard": 9, "type": "RLIMIT_NOFILE", "soft": 8}, {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}, {"hard": 1}]}, "args": ["no"]} "#;
        let wanted = [
            "hostname=h",
            "exec=/a b",
            "arg=",
            "arg=xA\u{1f600}\n\"\\",
            "env=A=b\nc",
            "chdir=/d",
            "tty=1",
            "uid=1",
            "gid=2",
            "umask=22",
            "rlimit=nofile=8:9",
            "rlimit=core=0:0",
            "rlimit=no type=no soft:1",
            "groups=3,4",
        ];
        assert_eq!(settings(text), Ok(wanted.map(String::from).into()));
        for text in ["{}", "[]", "\"x\"", "1", "{\"process\": null}"] {
            assert_eq!(settings(text), Ok(Vec::new()));
        }
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        let first = "| |{|{]|[}|{}x|{} {}|{\"a\"}|{\"a\":}|{\"a\":1,}|[1,]|[,1]|[1 2]";
        let second = "{a:1}|'a'|\"a|\"\\x\"|\"\\u12\"|\"\\ud800\"|\"\\ud800\\u0041\"|\"\\udc00\"|\"\\u0000\"|\"\t\"|nul|+1|.5|/";
        for text in first.split('|').chain(second.split('|')) {
            assert_eq!(settings(text), Err("line 1".into()), "{text}");
        }
        for (text, line) in [
            ("{\"process\": {\n\"args\": [1]}}", "line 2"),
            ("{\"process\": {\n\n\"user\": {\"uid\": \"1\"}}}", "line 3"),
            ("{\n\"a\": \"\n\"}", "line 2"),
            ("{\n\n\n", "line 3"),
        ] {
            assert_eq!(settings(text), Err(line.into()), "{text}");
        }
    }
}
