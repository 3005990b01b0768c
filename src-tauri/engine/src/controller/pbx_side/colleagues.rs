//! The PBX's extensions as they were listed last: records are judged by them before the PBX has listed them again. And the
//! country of most of their people's mobile numbers, which is the only word of a country that the PBX's API has.

use domain::{Country, Extension, Serial, number::shown_by};
use pbx::ExtensionEntry;

use crate::controller::Controller;

/// The mark of the store: the PBX's serial number, then its extensions, one space between.
pub(super) const LISTED: &str = "pbx.extensions";

/// The mark of the store: that country, ISO 3166-1 alpha-2.
pub(crate) const COUNTRY: &str = "pbx.country";

impl Controller {
    /// Takes the country that the PBX shows: by its habits numbers are read where nothing else tells one.
    pub(crate) fn country_shown(&mut self, country: Option<String>) {
        let before = self.loaded.settings.clone();
        if self.loaded.pbx_shows(country.clone()) {
            self.scribe.write(move |store| async move {
                store.set_mark(COUNTRY, country.as_deref()).await
            });
            self.take_effect(&before);
        }
    }

    /// Keeps which extensions there are for the next start.
    pub(super) fn keep_colleagues(&self, listed: &[Extension]) {
        let Some(serial) = &self.pbx.serial else { return };
        let words = std::iter::once(serial.as_str()).chain(listed.iter().map(Extension::as_str));
        let mark = words.collect::<Vec<_>>().join(" ");
        self.scribe.write(move |store| async move { store.set_mark(LISTED, Some(&mark)).await });
    }
}

/// Returns the country that extensions show, if any.
pub(crate) fn country_of(entries: &[ExtensionEntry]) -> Option<String> {
    shown_by(entries.iter().filter_map(|entry| entry.mobile.as_deref())).map(Country::code)
}

/// Returns the extensions that this PBX listed last.
pub(super) async fn listed(store: &store::Store, serial: &Serial) -> Option<Vec<Extension>> {
    let mark = store.mark(LISTED).await.ok().flatten()?;
    let mut words = mark.split(' ');
    (words.next() == Some(serial.as_str())).then(|| words.map(Extension::new).collect())
}
