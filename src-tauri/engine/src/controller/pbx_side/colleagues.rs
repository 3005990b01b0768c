//! The PBX's extensions as they were listed last: records are judged by them before the PBX has listed them again.

use domain::{Extension, Serial};

use crate::controller::Controller;

/// The mark of the store: the PBX's serial number, then its extensions, one space between.
pub(super) const LISTED: &str = "pbx.extensions";

impl Controller {
    /// Keeps which extensions there are for the next start.
    pub(super) fn keep_colleagues(&self, listed: &[Extension]) {
        let Some(serial) = &self.pbx.serial else { return };
        let words = std::iter::once(serial.as_str()).chain(listed.iter().map(Extension::as_str));
        let mark = words.collect::<Vec<_>>().join(" ");
        self.scribe.write(move |store| async move { store.set_mark(LISTED, Some(&mark)).await });
    }
}

/// Returns the extensions that this PBX listed last.
pub(super) async fn listed(store: &store::Store, serial: &Serial) -> Option<Vec<Extension>> {
    let mark = store.mark(LISTED).await.ok().flatten()?;
    let mut words = mark.split(' ');
    (words.next() == Some(serial.as_str())).then(|| words.map(Extension::new).collect())
}
