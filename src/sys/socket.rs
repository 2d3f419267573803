//! Network devices.

use super::file::Fd;
use super::raw::{Sysno, call};
use super::{Result, nothing};
use linux_raw_sys::ioctl::SIOCSIFFLAGS;

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
