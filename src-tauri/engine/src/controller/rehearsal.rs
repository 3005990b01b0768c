//! A pretend call, for who sets the program up and has nobody to call them: what a call looks like, and that
//! notifications are seen. It is a card and a notification and nothing else: the switchboard, the journal, the browser
//! and the network know nothing of it, and the tray does not claim that a phone rings.

use std::time::Duration;

use domain::Timestamp;

use super::Controller;
use crate::{
    civil,
    ports::Note,
    view::{CardState, Elapsed, LiveCard, Way},
};

/// So long it rings.
const RINGS: Duration = Duration::from_secs(8);
/// So long its card then stays.
const LINGERS: Duration = Duration::from_secs(4);
/// No PBX names a call so.
const ID: &str = "rehearsal";

/// A pretend call that is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rehearsal {
    began: Timestamp,
    /// On the clock that nobody sets: when it stops to ring, then when it goes.
    rings_until: Duration,
    over: bool,
}

impl Rehearsal {
    /// Returns when its card changes next.
    pub(crate) fn next(&self) -> Duration {
        if self.over { self.rings_until + LINGERS } else { self.rings_until }
    }
}

impl Controller {
    /// Begins the pretend call, anew where one is shown.
    pub(crate) fn rehearse(&mut self) {
        let now = self.clock.now();
        self.rehearsal =
            Some(Rehearsal { began: now.wall, rings_until: now.steady + RINGS, over: false });
    }

    /// Returns its card while it is to be seen.
    pub(crate) fn rehearsal_card(&mut self) -> Option<LiveCard> {
        let now = self.clock.now().steady;
        let rehearsal = self.rehearsal.as_mut()?;
        rehearsal.over = now >= rehearsal.rings_until;
        if now >= rehearsal.rings_until + LINGERS {
            self.rehearsal = None;
            return None;
        }
        Some(card(rehearsal, now))
    }
}

fn card(rehearsal: &Rehearsal, now: Duration) -> LiveCard {
    LiveCard {
        id: ID.to_owned(),
        state: if rehearsal.over { CardState::Ended } else { CardState::Ringing },
        direction: Way::Inbound,
        number: None,
        number_shown: None,
        started_at: civil::utc(rehearsal.began),
        answered_at: None,
        elapsed: Elapsed::of((now + RINGS).saturating_sub(rehearsal.rings_until), None),
        queue: None,
        searching: false,
        search_failed: false,
        candidates: Vec::new(),
        chosen: None,
        why: None,
        can_hang_up: false,
        wrap_up: false,
        rehearsal: true,
    }
}

/// The notification of a pretend call says at once that it is one.
pub(crate) fn note(card: &LiveCard) -> Note {
    Note {
        id: card.id.clone(),
        title: "Test call".to_owned(),
        body: "This is how a call is announced. Nobody is calling.".to_owned(),
        buttons: Vec::new(),
        urgent: true,
    }
}
