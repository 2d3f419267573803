//! The values of options for what a virtual machine gets.

use super::ids::id;
use crate::arch;
use crate::config::{Gift, Link, Report, Root};
use crate::names::Id;
use crate::strings::{ThinCStr, thin};
use crate::text::{Text, cut, decimal, has, number, position, put};
use crate::words::Words;

/// `DEV[:TYPE[:OPT,...]]`. What is no path to a device has to have a type.
pub fn root<'a>(word: ThinCStr<'a>, words: &'a Words) -> Option<Root<'a>> {
    let mut rest = word.bytes();
    let [source, kind] = [(); 2].map(|()| words.join(&[cut(&mut rest, b':')]));
    let is_file = source.bytes().starts_with(b"/");
    if source.bytes().is_empty() || kind.bytes().is_empty() && !is_file {
        return None;
    }
    let (mut flags, mut data) = (0, thin!(""));
    while !rest.is_empty() {
        let option = cut(&mut rest, b',');
        match position("rw ro nosuid nodev noexec noatime", option) {
            Some(at) => flags |= FLAGS.get(at).copied().unwrap_or(0),
            None if data.bytes().is_empty() => data = words.join(&[option]),
            None => data = words.join(&[data.bytes(), b",", option]),
        }
    }
    Some(Root {
        word,
        source,
        kind,
        flags,
        data,
    })
}

/// Of the words above.
const FLAGS: [u64; 6] = [
    0,
    libc::MS_RDONLY,
    libc::MS_NOSUID,
    libc::MS_NODEV,
    libc::MS_NOEXEC,
    libc::MS_NOATIME,
];

/// What adds up.
#[inline(never)]
pub fn gift<'a>(id: Id, word: ThinCStr<'a>, words: &'a Words) -> Option<Gift<'a>> {
    Some(match id {
        Id::Sysctl => parameter(word, words)?,
        Id::Clock => Gift::Time(decimal(word.bytes())?),
        Id::Link => Gift::Link(link(word)?),
        Id::Dns => {
            address(word.bytes(), &mut [0; 16])?;
            Gift::Server(word)
        }
        _ => Gift::Report(report(word)?),
    })
}

fn parameter<'a>(word: ThinCStr<'a>, words: &'a Words) -> Option<Gift<'a>> {
    let name = cut(&mut word.bytes(), b'=');
    let value = word.skip(name.len() + 1);
    let mut path = Text::new(words);
    put!(&mut path, "/proc/sys/");
    // A name with slashes may have dots, as a VLAN has (sysctl(8)).
    let dots = has(name, b'/');
    for &byte in name {
        path.byte(match byte {
            b'.' if !dots => b'/',
            byte => byte,
        });
    }
    let path = path.take_path();
    (!name.is_empty() && has(word.bytes(), b'=')).then_some(Gift::Parameter { word, path, value })
}

/// `DEV,ADDR/LEN[,GATEWAY][,mtu=N]`.
fn link(word: ThinCStr) -> Option<Link> {
    let mut link = Link {
        word,
        name: [0; 16],
        address: [0; 16],
        gateway: [0; 16],
        long: false,
        prefix: 0,
        mtu: 0,
    };
    let mut rest = word.bytes();
    let name = cut(&mut rest, b',');
    // It ends with a NUL there.
    if !(1..16).contains(&name.len()) || has(name, b'/') {
        return None;
    }
    for (place, byte) in link.name.iter_mut().zip(name) {
        *place = *byte;
    }
    let mut prefix = cut(&mut rest, b',');
    link.long = address(cut(&mut prefix, b'/'), &mut link.address)?;
    let bits = if link.long { 128 } else { 32 };
    link.prefix = decimal(prefix).filter(|&prefix| prefix <= bits)? as u8;
    let mut ways = 0;
    while !rest.is_empty() {
        let part = cut(&mut rest, b',');
        match part.strip_prefix(b"mtu=") {
            Some(mtu) => link.mtu = id(mtu)?,
            None => {
                ways += 1;
                let long = address(part, &mut link.gateway)?;
                (ways == 1 && long == link.long).then_some(())?;
            }
        }
    }
    Some(link)
}

/// An address of four bytes, or of sixteen (RFC 4291, 2.2): whether it is one of those.
#[inline(never)]
fn address(mut text: &[u8], bytes: &mut [u8; 16]) -> Option<bool> {
    if has(text, b':') {
        return long_address(text, bytes).map(|()| true);
    }
    for place in bytes.iter_mut().take(4) {
        *place = u8::try_from(decimal(cut(&mut text, b'.'))?).ok()?;
    }
    text.is_empty().then_some(false)
}

/// Eight groups, of which some that are zero may be left out at one place.
fn long_address(text: &[u8], bytes: &mut [u8; 16]) -> Option<()> {
    let (mut rest, mut count, mut gap) = (text, 0, None);
    if let Some(after) = rest.strip_prefix(b":") {
        // Two, or none.
        rest = after.starts_with(b":").then_some(after)?;
    }
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(b":") {
            if gap.is_some() {
                return None;
            }
            (gap, rest) = (Some(count), after);
            continue;
        }
        let last = !has(rest, b':');
        let group = u16::try_from(number(cut(&mut rest, b':'), 16)?).ok()?;
        // A single colon at the end.
        if !last && rest.is_empty() {
            return None;
        }
        let [high, low] = group.to_be_bytes();
        *bytes.get_mut(count)? = high;
        *bytes.get_mut(count + 1)? = low;
        count += 2;
    }
    match gap {
        None => (count == 16).then_some(()),
        Some(_) if count == 16 => None,
        Some(gap) => {
            bytes.get_mut(gap..)?.rotate_right(16 - count);
            Some(())
        }
    }
}

fn report(word: ThinCStr) -> Option<Report> {
    let mut rest = word.bytes();
    let (name, has_port) = arch::MONITOR;
    if let Some(port) = rest.strip_prefix(name) {
        let port = match port {
            [] if !has_port => 0,
            port => number(port, 16).filter(|_| has_port)?,
        };
        return Some(Report::Monitor(u16::try_from(port).ok()?));
    }
    let name = cut(&mut rest, b':');
    let after = word.skip(name.len() + 1);
    Some(
        match (position("console virtio file vsock krun", name)?, rest) {
            (0, []) => Report::Console,
            (1, [_, ..]) => Report::Virtio(after),
            (2, path) if path.starts_with(b"/dev/") => Report::Device(after),
            (2, [b'/', ..]) => Report::File(after),
            (4, []) => Report::Krun,
            (3, mut port) => {
                let cid = id(cut(&mut port, b':'))?;
                let address = [libc::AF_VSOCK as u32, id(port)?, cid, 0];
                Report::Vsock { word, address }
            }
            _ => return None,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Option<[u8; 16]> {
        let mut bytes = [0; 16];
        address(text.as_bytes(), &mut bytes).map(|_| bytes)
    }

    #[test]
    fn addresses_are_as_others_read_them() {
        for text in [
            "10.0.2.15",
            "0.0.0.0",
            "255.255.255.255",
            "256.0.0.1",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.",
            "",
            "a.b.c.d",
        ] {
            let wanted = text.parse::<core::net::Ipv4Addr>().ok();
            let found =
                bytes(text).map(|all| core::net::Ipv4Addr::from([all[0], all[1], all[2], all[3]]));
            assert_eq!(found, wanted, "{text}");
        }
        for text in [
            "::",
            "::1",
            "1::",
            "fd00::2",
            "fe80:1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1::2::3",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4::5:6:7:8",
            ":",
            ":::",
            ":1",
            "1:",
            "1:2:",
            "12345::",
            "g::",
            "::1:",
        ] {
            let wanted = text.parse::<core::net::Ipv6Addr>().ok();
            assert_eq!(bytes(text).map(core::net::Ipv6Addr::from), wanted, "{text}");
        }
    }

    #[test]
    fn links_have_a_name_and_an_address() {
        let words = Words::default();
        let read = |text: &str| link(words.join(&[text.as_bytes()]));
        let full = read("eth0,10.0.2.15/24,10.0.2.2,mtu=1400").unwrap();
        assert_eq!((full.prefix, full.mtu), (24, 1400));
        assert_eq!(full.gateway[..4], [10, 0, 2, 2]);
        assert!(read("eth0,mtu=1400").is_none());
        assert_eq!(
            read("eth0,10.0.2.15/24,mtu=9000,10.0.2.2").unwrap().mtu,
            9000
        );
        for wrong in [
            "",
            "eth0",
            "eth0,10.0.2.15",
            "eth0,10.0.2.15/33",
            ",10.0.2.15/24",
            "sixteen-letters-,10.0.2.15/24",
            "eth0,10.0.2.15/24,fd00::1",
            "eth0,10.0.2.15/24,10.0.2.2,10.0.2.3",
            "eth0,10.0.2.15/24,x",
        ] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_root_has_a_type_or_is_a_device() {
        let words = Words::default();
        let read = |text: &str| root(words.join(&[text.as_bytes()]), &words);
        let full = read("tag:9p:trans=virtio,ro,noatime,version=9p2000.L").unwrap();
        assert_eq!(full.kind.bytes(), b"9p");
        assert_eq!(full.flags, libc::MS_RDONLY | libc::MS_NOATIME);
        assert_eq!(full.data.bytes(), b"trans=virtio,version=9p2000.L");
        assert_eq!(read("/dev/vda").unwrap().kind.bytes(), b"");
        assert!(read("tag").is_none() && read("").is_none() && read(":ext4").is_none());
    }
}
