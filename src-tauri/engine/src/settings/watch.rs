//! Noticing that a policy's file has become another.
//!
//! The files are read again every few seconds by a thread that does nothing else, and compared. So it is all the same how
//! they change: written in place, put in place at once, removed, in a folder that appears later, on a network drive that
//! is gone for a while; and it is the same on every system. The price is a quarter of a wake-up in a second.
//! Notifications of the file system would cost none, and miss the folder that is not there yet and the network drive.

use std::{sync::mpsc, thread, time::Duration};

use super::{PolicyPlace, SettingsError};

/// How often the file is read. What is shown is to be true within five seconds (docs/ARCHITECTURE.md, N4).
const EVERY: Duration = Duration::from_secs(4);
/// A file that is being written is given so long to be finished.
const SETTLES: Duration = Duration::from_millis(200);

/// What is where policies may be: a text for each place, the lowest first.
pub(crate) type Found = Result<Vec<Option<String>>, SettingsError>;

/// Reads every place.
pub(super) fn read(places: &[PolicyPlace]) -> Found {
    places.iter().map(PolicyPlace::read).collect()
}

/// Ends the watching when it is dropped.
#[derive(Debug)]
pub(crate) struct Watching {
    _until_dropped: mpsc::Sender<()>,
}

/// Tells `changed` what is there whenever it is no longer what is `known`, until that returns false.
pub(crate) fn watch(
    places: Vec<PolicyPlace>,
    mut known: Found,
    mut changed: impl FnMut(Found) -> bool + Send + 'static,
) -> std::io::Result<Watching> {
    let (until_dropped, end) = mpsc::channel();
    let pause = move |time| matches!(end.recv_timeout(time), Err(mpsc::RecvTimeoutError::Timeout));
    thread::Builder::new().name("policy".to_owned()).spawn(move || {
        while pause(EVERY) {
            let mut found = read(&places);
            while found != known {
                if !pause(SETTLES) {
                    return;
                }
                let again = read(&places);
                if again == found {
                    known = found.clone();
                    if !changed(found) {
                        return;
                    }
                    break;
                }
                found = again;
            }
        }
    })?;
    Ok(Watching { _until_dropped: until_dropped })
}
