//! The journal keeps calls for as many days as the settings say, and with them choices and what was created.
//!
//! What waits or is stuck stays, however old it is. By a clock that is a year ahead everything would be old: the PBX is
//! asked for the time, and the earlier of the two clocks counts.

use std::time::Duration;

use domain::Moment;

use super::{Controller, Input};

/// A start has better things to do.
const FIRST: Duration = Duration::from_secs(10 * 60);
const EVERY: Duration = Duration::from_secs(24 * 3_600);
/// After one that came to nothing.
const AGAIN: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Returns when the journal is tidied first, on the steady clock.
pub(crate) fn first_tidying(now: Moment) -> Duration {
    now.steady + FIRST
}

impl Controller {
    /// Removes what is older than it may be, once a day.
    pub(super) fn tidy(&mut self, now: Moment) {
        if now.steady < self.tidy_due {
            return;
        }
        // Without a PBX no call comes either.
        let Some(client) = self.pbx.client.clone() else {
            self.tidy_due = now.steady + AGAIN;
            return;
        };
        self.tidy_due = now.steady + EVERY;
        let (store, inputs, clock) = (self.store.clone(), self.inputs.clone(), self.clock.clone());
        let kept = DAY * self.loaded.settings.journal.keep_days;
        self.tasks.spawn(async move {
            let result = match client.system_information().await.map(|told| told.timestamp) {
                Ok(Some(theirs)) => {
                    let today = clock.now().wall.min(theirs);
                    store.prune(today.minus(kept)).await.map_err(|error| error.to_string())
                }
                Ok(None) => Err("the PBX does not say what time it is".to_owned()),
                Err(error) => Err(error.to_string()),
            };
            let _ = inputs.send(Input::Tidied(result)).await;
        });
    }

    pub(super) fn tidied(&mut self, result: Result<u64, String>) {
        match result {
            Ok(0) => {}
            Ok(removed) => {
                tracing::info!(removed, "old calls went out of the journal");
                self.read_journal();
            }
            Err(reason) => {
                tracing::info!(reason, "old calls stay in the journal for now");
                self.tidy_due = self.clock.now().steady + AGAIN;
            }
        }
    }
}
