//! Cards of calls that are over: for some seconds, or for a minute where a note is asked for.

use std::time::Duration;

use domain::{CallId, JournalEntry, Outcome, Timestamp};
use store::Change;

use super::{Controller, commands::NOTE_IDLE};
use crate::{
    journal_policy::{Fate, fate},
    settings::AskAfter,
    view::{CardState, LiveCard},
};

/// A call that has ended stays on its card for so long.
const LINGERS: Duration = Duration::from_secs(12);
/// A card that asks for a note stays for so long, from the last change of the note.
const ASKS: Duration = Duration::from_secs(60);
/// Whoever writes is not interrupted by a new call: the card goes when nothing was written for so long.
const WRITES: Duration = Duration::from_secs(8);

/// More cards than these nobody looks at: the oldest go.
const MOST: usize = 16;

/// A card whose call is over.
#[derive(Clone, Debug)]
pub(crate) struct Lingering {
    pub(crate) card: LiveCard,
    pub(crate) until: Duration,
    /// When its call ended.
    since: Timestamp,
    /// Until when somebody is taken to be writing there, on the steady clock.
    writes_until: Duration,
}

impl Lingering {
    /// Says whether a call that came later takes its place.
    fn is_aside(&self, newest: Option<Timestamp>, now: Duration) -> bool {
        self.card.wrap_up
            && self.writes_until <= now
            && newest.is_some_and(|newest| newest >= self.since)
    }

    /// Returns when the card may go next, after `now`.
    pub(crate) fn next(&self, now: Duration) -> Duration {
        if self.writes_until > now { self.until.min(self.writes_until) } else { self.until }
    }
}

impl Controller {
    /// A call has ended: its card lingers, its notification goes.
    pub(crate) fn ended(&mut self, entry: &JournalEntry) {
        let unwanted = self.besides.remove(&entry.call).is_some_and(|besides| besides.discarded);
        self.dials.retain(|call| *call != entry.call);
        let Some(mut card) = self.notified.remove(&entry.call) else { return };
        self.desktop.withdraw(&card.id);
        let settings = &self.loaded.settings;
        let logged = matches!(fate(entry, &settings.journal, &settings.dial_plan()), Fate::Log);
        let asks = match settings.wrap_up.ask {
            AskAfter::Never => false,
            AskAfter::AfterAnswered => entry.outcome.spoke() && logged && !unwanted,
        };
        card.state = if entry.outcome == Outcome::Elsewhere {
            CardState::Elsewhere
        } else {
            CardState::Ended
        };
        card.can_hang_up = false;
        card.searching = false;
        card.wrap_up = asks;
        let now = self.clock.now();
        let until = now.steady + if asks { ASKS } else { LINGERS };
        let writes_until = match &self.noted_last {
            Some((call, at)) if *call == entry.call => *at + WRITES,
            _ => Duration::ZERO,
        };
        self.lingering.push(Lingering { card, until, since: now.wall, writes_until });
        let surplus = self.lingering.len().saturating_sub(MOST);
        self.lingering.drain(..surplus);
        self.hold_open_note(&entry.call);
    }

    /// A note that was begun during the call is waited for from its end on.
    fn hold_open_note(&self, call: &CallId) {
        let Some(desk) = self.desk.clone() else { return };
        let until = self.clock.now().wall.plus(NOTE_IDLE);
        self.scribe.change(call, Change::hold(desk, call.clone(), until));
    }

    /// A note has changed: its card waits for more, or has what it asked for.
    pub(crate) fn wrap_up_noted(&mut self, call: &CallId, open: bool) {
        let now = self.clock.now().steady;
        if open {
            self.noted_last = Some((call.clone(), now));
            for lingering in self.lingering.iter_mut().filter(|one| one.card.id == call.as_str()) {
                lingering.until = lingering.until.max(now + ASKS);
                lingering.writes_until = now + WRITES;
            }
        } else {
            self.lingering.retain(|one| one.card.id != call.as_str());
        }
    }

    /// Takes away the cards whose time is over, and those that a newer call has pushed aside: what was written is on
    /// disk, and in the list.
    pub(crate) fn put_wrap_ups_away(&mut self) {
        let now = self.clock.now();
        let live = self.board.as_ref().map(|board| board.live(now)).unwrap_or_default();
        let newest = live.iter().map(|state| state.started).max();
        self.lingering.retain(|one| one.until > now.steady && !one.is_aside(newest, now.steady));
    }
}
