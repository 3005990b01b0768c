//! Windows calls back when an interface or an address changes; a VPN brings both.

use std::io;

use tokio::sync::{Notify, watch};

use super::{Network, changed};

/// Tells each change. Ends only with an error.
pub(super) async fn follow(out: &watch::Sender<Network>) -> io::Result<()> {
    let called = std::sync::Arc::new(Notify::new());
    let call = called.clone();
    let watching = netwatcher::watch_interfaces_with_callback(move |update| {
        if !update.is_initial {
            call.notify_one();
        }
    });
    // Lives as long as this future.
    let _watching = watching.map_err(io::Error::other)?;
    loop {
        called.notified().await;
        changed(out);
    }
}
