//! Names in the kernel's lists, in which white space would end them.

use super::{has, number};
use crate::words::{Array, Words};

/// A path of mountinfo, in which a backslash and three octal digits stand for some bytes (proc_pid_mountinfo(5)).
#[inline(never)]
pub fn unescape<'a>(words: &'a Words, mut path: &'a [u8]) -> &'a [u8] {
    if !has(path, b'\\') {
        return path;
    }
    let mut bytes = Array::new(words);
    while let Some((&first, rest)) = path.split_first() {
        let code = rest.get(..3).filter(|_| first == b'\\');
        let byte = code.and_then(|digits| number(digits, 8));
        bytes.push(byte.map_or(first, |byte| byte as u8));
        path = rest.get(byte.map_or(0, |_| 3)..).unwrap_or(&[]);
    }
    bytes.finish()
}
