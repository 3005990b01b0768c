//! The socket on which Linux and macOS tell what becomes of links, addresses and routes.

use std::{io, os::fd::OwnedFd};

use rustix::io::Errno;
use tokio::{
    io::{Interest, unix::AsyncFd},
    sync::watch,
};

use super::{Network, changed, news::News};

/// The largest datagram of netlink. Source: netlink(7).
const LARGEST: usize = 32 * 1_024;

/// Where the system tells what changes.
#[derive(Debug)]
pub(super) struct Source(AsyncFd<OwnedFd>);

impl Source {
    /// Has the system keep its messages from now on. Must be called on a runtime.
    pub(super) fn open() -> io::Result<Self> {
        #[expect(deprecated, reason = "an OwnedFd stays the same open file while it is watched")]
        let socket = AsyncFd::with_interest(open()?, Interest::READABLE)?;
        Ok(Self(socket))
    }

    /// Tells each change. Ends only with an error.
    pub(super) async fn follow(self, out: &watch::Sender<Network>) -> io::Result<()> {
        let Self(socket) = self;
        let mut news = News::default();
        let mut datagram = vec![0; LARGEST];
        loop {
            let mut ready = socket.readable().await?;
            let mut new = false;
            loop {
                match rustix::io::read(socket.get_ref(), &mut datagram) {
                    Ok(length) => new |= news.is_in(&datagram[..length]),
                    Err(Errno::WOULDBLOCK) => break,
                    Err(Errno::INTR) => {}
                    // More came than the kernel kept for us: something has changed for certain.
                    Err(Errno::NOBUFS) => new = true,
                    Err(error) => return Err(error.into()),
                }
            }
            ready.clear_ready();
            if new {
                changed(out);
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn open() -> io::Result<OwnedFd> {
    use rustix::net::{
        AddressFamily, SocketFlags, SocketType, bind, netlink::SocketAddrNetlink, socket_with,
    };
    // `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV4_ROUTE`, `RTMGRP_IPV6_IFADDR`, `RTMGRP_IPV6_ROUTE`.
    const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
    bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
    Ok(socket)
}

#[cfg(target_os = "macos")]
fn open() -> io::Result<OwnedFd> {
    use rustix::{
        io::{FdFlags, fcntl_setfd, ioctl_fionbio},
        net::{AddressFamily, SocketType, socket},
    };
    let socket = socket(AddressFamily::ROUTE, SocketType::RAW, None)?;
    fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    ioctl_fionbio(&socket, true)?;
    Ok(socket)
}
