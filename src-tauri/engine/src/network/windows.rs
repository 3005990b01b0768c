//! Windows calls back when an interface or an address changes; a VPN brings both.

use std::{io, sync::Arc};

use tokio::sync::{Notify, watch};

use super::{Network, changed};

/// Where the system tells what changes.
pub(super) struct Source {
    called: Arc<Notify>,
    /// Ends the calls when it is dropped.
    _watching: netwatcher::WatchHandle,
}

impl Source {
    /// Has the system call from now on.
    pub(super) fn open() -> io::Result<Self> {
        let called = Arc::new(Notify::new());
        let call = called.clone();
        let watching = netwatcher::watch_interfaces_with_callback(move |update| {
            if !update.is_initial {
                call.notify_one();
            }
        });
        Ok(Self { called, _watching: watching.map_err(io::Error::other)? })
    }

    /// Tells each change. Ends only with an error.
    pub(super) async fn follow(self, out: &watch::Sender<Network>) -> io::Result<()> {
        loop {
            self.called.notified().await;
            changed(out);
        }
    }
}
