//! How often Salesforce has failed at an entry, in this run.

use std::collections::HashMap;

use domain::CallKey;

/// So many entries are counted; where there are more, the count begins anew.
const COUNTED: usize = 1_000;

/// The entries at which Salesforce has failed, and how often.
#[derive(Debug, Default)]
pub(crate) struct Failures(HashMap<CallKey, u32>);

impl Failures {
    /// Counts one more. Returns how many there are.
    pub(super) fn more(&mut self, key: &CallKey) -> u32 {
        if self.0.len() >= COUNTED {
            self.0.clear();
        }
        let count = self.0.entry(key.clone()).or_default();
        *count += 1;
        *count
    }

    /// The entry went well, or is left to a person.
    pub(super) fn forget(&mut self, key: &CallKey) {
        self.0.remove(key);
    }
}
