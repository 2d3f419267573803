//! Network devices.

use super::file::Fd;
use super::raw::{Sysno, call};
use super::{Result, nothing};
use linux_raw_sys::ioctl::SIOCSIFFLAGS;

/// socket(2): a datagram socket, good for ioctl(2) on devices.
pub fn datagram() -> Result<Fd> {
    let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC;
    // SAFETY: no pointer is passed.
    unsafe { call(Sysno::socket, [libc::AF_INET as usize, kind as usize, 0]) }
        .map(|fd| Fd(fd as u32))
}

/// `struct ifreq` (netdevice(7)) with flags in it.
#[repr(C)]
struct Request {
    name: [u8; 16],
    flags: i16,
    rest: [u8; 22],
}

/// netdevice(7) `SIOCSIFFLAGS` `IFF_UP` for `lo`; the kernel adds its addresses by itself.
pub fn raise_loopback(socket: Fd) -> Result<()> {
    let mut request = Request {
        name: [0; 16],
        flags: libc::IFF_UP as i16,
        rest: [0; 22],
    };
    request.name[0] = b'l';
    request.name[1] = b'o';
    let arguments = [
        socket.0 as usize,
        SIOCSIFFLAGS as usize,
        &raw const request as usize,
    ];
    // SAFETY: the structure has the layout and size of `struct ifreq`.
    unsafe { call(Sysno::ioctl, arguments) }.map(nothing)
}

const _: () = assert!(size_of::<Request>() == size_of::<libc::ifreq>());
