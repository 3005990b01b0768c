//! One call, from this extension's point of view.
//!
//! ```text
//!            RING                    ANSWER / ANSWERED          HOLD
//!   (new) ────────▶ Ringing ───────────────────────────▶ Talking ◀───▶ Held
//!     │ ALERT                          ▲                    │ ▲          │
//!     └───────────▶ Dialling ──────────┘                BYE │ │ on another leg (park, transfer returned)
//!                     │ BYE            Ringing ── BYE ──▶ Left ◀── BYE ──┘
//!                     └──────────────────────────────────▶  │
//!                                                           ▼ record, silence, or the PBX no longer knows it
//!                                                        finished: one entry
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    time::Duration,
};

use super::{
    due::UNSEEN,
    effect::{Memory, Phase},
    talk::{FITS, Talk},
};
use crate::{
    event::{CallRecord, LegStatus, RecordStatus},
    ids::{CallId, ChannelId, Extension},
    journal::{Direction, JournalEntry, Outcome},
    number::Party,
    record::Matches,
    time::{Moment, Timestamp},
};

/// How far the question "who is this?" has come.
#[derive(Clone, Debug, Default)]
pub(super) enum Identity {
    #[default]
    NotAsked,
    Asked,
    Known(Matches),
}

/// A phone is not picked up, nor is a conversation over, within this of what went before. News that are closer were kept
/// waiting and came in one burst: when each of them happened is not known.
const BREATH: Duration = Duration::from_millis(60);

/// How a record came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// By an event: one for the call, or one for each of its rows.
    Event,
    /// As a row of the PBX's list.
    List,
}

#[derive(Clone, Debug)]
pub(super) struct Call {
    pub id: CallId,
    pub direction: Option<Direction>,
    pub party: Option<Party>,
    /// The party's number as it was shown or dialled.
    pub spelled: Option<String>,
    pub started: Timestamp,
    pub began: Duration,
    pub phase: Phase,
    /// Since when.
    pub phase_since: Duration,
    /// Since when the agent speaks, on both clocks; meaningful while they do.
    pub talking_since: Moment,
    /// Who spoke before.
    pub talk: Talk,
    /// The conversation went on when it was heard of last, and has not been shown since.
    pub unconfirmed: bool,
    /// The talk time of an entry that was written before this run.
    pub written: Option<Duration>,
    /// An entry that was written before says that the agent was heard to speak.
    pub was_answered: bool,
    /// What such an entry says by records alone: it stands until rows tell.
    pub told_before: Option<Outcome>,
    pub own_legs: BTreeMap<ChannelId, LegStatus>,
    /// The other parties' legs, extensions and outside alike.
    pub other_legs: BTreeMap<ChannelId, LegStatus>,
    /// Those of the trunk among them that a list has shown, and no event yet.
    pub only_listed: BTreeSet<ChannelId>,
    pub rang: BTreeSet<Extension>,
    /// Another extension answered.
    pub taken_by_other: bool,
    pub queue: Option<String>,
    pub did: Option<String>,
    pub failure: Option<String>,
    pub records: Vec<CallRecord>,
    /// Those of them that are rows of the PBX's own list.
    pub rows: Vec<CallRecord>,
    /// Our own part's record is among them, or will not come.
    pub own_recorded: bool,
    pub identity: Identity,
    pub popped: bool,
    /// Seen ringing, dialling or talking, not just hanging up.
    pub seen_alive: bool,
    /// A phone of this extension was shown in it before anybody had answered the other side.
    pub from_the_start: bool,
    /// A colleague hung up as this extension's phone began to ring, or it spoke without a ring, and no leg of the trunk shows
    /// whether the other side had been spoken with before.
    pub may_follow: bool,
    /// Some of it happened while this program did not listen.
    pub interrupted: bool,
    /// The PBX has told that it no longer knows the call.
    pub gone: bool,
    /// The last news.
    pub last_news: Duration,
    /// The last news of its legs.
    pub last_legs: Duration,
    /// When the PBX was last asked about it, and how often for its number.
    pub asked_at: Option<Duration>,
    pub asked_for_number: u32,
    /// How often the records were asked for, and when last.
    pub asked_records: u32,
    pub asked_records_at: Duration,
    /// A list of the PBX lacks it, and nothing has been asked about it since.
    pub vanished: bool,
    /// Since when lists of the PBX lack it while it seems to go on.
    pub unseen: Option<Moment>,
    /// How long it had been known when this agent left it, where all of it until then was heard as it happened.
    pub stayed: Option<Duration>,
    /// A list told that they had.
    pub unlisted: bool,
    /// An event has shown this extension's part in it while it went on.
    pub shown_by_event: bool,
    /// The events have not been heard since it was known.
    pub unheard: bool,
    pub placed_here: bool,
    /// A record says that some part of it is over, while ours seems to go on.
    pub doubted: bool,
    /// The number that was looked up.
    pub asked_party: Option<Party>,
    /// What was last kept on disk.
    pub remembered: Option<Memory>,
    /// Its entry has been written; what follows corrects it.
    pub journalled: bool,
}

impl Call {
    pub(super) fn new(id: CallId, now: Moment) -> Self {
        Self {
            id,
            direction: None,
            party: None,
            spelled: None,
            started: now.wall,
            began: now.steady,
            phase: Phase::Left,
            phase_since: now.steady,
            talking_since: now,
            talk: Talk::default(),
            unconfirmed: false,
            written: None,
            was_answered: false,
            told_before: None,
            own_legs: BTreeMap::new(),
            other_legs: BTreeMap::new(),
            only_listed: BTreeSet::new(),
            rang: BTreeSet::new(),
            taken_by_other: false,
            queue: None,
            did: None,
            failure: None,
            records: Vec::new(),
            rows: Vec::new(),
            own_recorded: false,
            identity: Identity::NotAsked,
            popped: false,
            seen_alive: false,
            from_the_start: false,
            may_follow: false,
            interrupted: false,
            gone: false,
            last_news: now.steady,
            last_legs: now.steady,
            asked_at: None,
            asked_for_number: 0,
            asked_records: 0,
            asked_records_at: now.steady,
            vanished: false,
            unseen: None,
            stayed: None,
            unlisted: false,
            shown_by_event: false,
            unheard: false,
            placed_here: false,
            doubted: false,
            asked_party: None,
            remembered: None,
            journalled: false,
        }
    }

    /// What an entry that was written before still tells of its call.
    pub(super) fn of_entry(entry: &JournalEntry, now: Moment) -> Self {
        let mut call = Self::new(entry.call.clone(), now);
        call.direction = Some(entry.direction);
        call.party = Some(entry.party.clone());
        call.spelled = entry.spelled.clone();
        call.started = entry.started;
        call.talk = entry.talk.clone();
        call.follows(entry);
        call.queue = entry.queue.clone();
        call.did = entry.did.clone();
        call.failure = entry.reason.clone();
        // Whose leg answered is kept among those who spoke.
        call.taken_by_other = entry.outcome == Outcome::Elsewhere && !entry.talk.others.is_empty();
        call.seen_alive = true;
        call.interrupted = true;
        // Where it goes on all the same, its page was opened when it was heard first.
        call.popped = true;
        call
    }

    /// It has an entry already, which is corrected by what follows.
    pub(super) fn follows(&mut self, entry: &JournalEntry) {
        self.written = Some(entry.talked);
        // Versions before this one did not count the parts.
        let was_heard = entry.talk.parts > 0 || entry.talk.own > Duration::ZERO;
        self.was_answered = entry.outcome.spoke() && was_heard;
        let by_records = entry.outcome == Outcome::Elsewhere || entry.outcome.spoke() && !was_heard;
        self.told_before = by_records.then_some(entry.outcome);
        self.journalled = true;
    }

    pub(super) fn restored(memory: Memory, now: Moment) -> Self {
        let mut call = Self::new(memory.call, now);
        call.direction = memory.direction;
        call.party = memory.party;
        call.spelled = memory.spelled;
        call.started = memory.started;
        call.phase = memory.phase;
        call.talk = memory.talk;
        if call.phase.speaks() || call.talk.own > Duration::ZERO {
            // Versions before this one did not count.
            call.talk.parts = call.talk.parts.max(1);
        }
        // The time between is part of the conversation if the call turns out to be still up, and a guess if not.
        call.talk.own += memory.talking_since.map_or(Duration::ZERO, |since| now.wall.since(since));
        call.unconfirmed = call.phase.speaks();
        call.rang = memory.rang;
        call.taken_by_other = memory.taken_by_other;
        call.queue = memory.queue;
        call.did = memory.did;
        call.placed_here = memory.wished;
        // What was wished for in an earlier run may be over: no page opens for it.
        call.popped = memory.popped || memory.wished;
        call.seen_alive = true;
        call.interrupted = true;
        call
    }

    pub(super) fn memory(&self) -> Memory {
        Memory {
            call: self.id.clone(),
            direction: self.direction,
            party: self.party.clone(),
            spelled: self.spelled.clone(),
            started: self.started,
            talking_since: self.phase.speaks().then_some(self.talking_since.wall),
            talk: Talk {
                // After a restart nothing shows any more who was in it.
                passed_on: self.talk.passed_on
                    || self.phase == Phase::Left && self.goes_on()
                    || self.follows_heard(),
                ..self.talk.clone()
            },
            phase: self.phase,
            again: self.journalled,
            wished: self.is_wished(),
            popped: self.popped,
            rang: self.rang.clone(),
            taken_by_other: self.taken_by_other,
            queue: self.queue.clone(),
            did: self.did.clone(),
        }
    }

    /// Ends the agent's part. Where events tell nothing of it but the call's end, it was over when the first list lacked it;
    /// what comes right behind that list is what the list has shown.
    pub(super) fn leave(&mut self, now: Moment) {
        let lacked_it = |since: &Moment| now.steady >= since.steady + UNSEEN;
        let unseen = self.unseen.take().filter(lacked_it).filter(|_| !self.shown_by_event);
        self.unlisted |= unseen.is_some() && self.is_live();
        self.enter(Phase::Left, unseen.unwrap_or(now));
    }

    /// Moves to a phase and keeps the account of the time spoken.
    pub(super) fn enter(&mut self, next: Phase, now: Moment) {
        let in_one_breath = |since: Duration| now.steady.saturating_sub(since) < BREATH;
        match (self.phase.speaks(), next.speaks()) {
            (true, false) => {
                self.talk.own += now.steady.saturating_sub(self.talking_since.steady);
                self.talk.guessed |= std::mem::take(&mut self.unconfirmed)
                    || in_one_breath(self.talking_since.steady);
            }
            (false, true) => {
                self.talking_since = now;
                self.talk.parts += 1;
                self.talk.guessed |=
                    self.phase == Phase::Ringing && in_one_breath(self.phase_since);
            }
            (true, true) | (false, false) => {}
        }
        if self.phase != next {
            self.phase_since = now.steady;
            let known = now.steady.saturating_sub(self.began);
            let is_left = next == Phase::Left && !self.interrupted && known >= BREATH;
            self.stayed = is_left.then_some(known);
        }
        self.phase = next;
    }

    /// Takes note of records, by an event or by the PBX's own list. Says whether any is new.
    pub(super) fn note(&mut self, records: Vec<CallRecord>, told_by: Told) -> bool {
        let known = (self.records.len(), self.rows.len());
        if told_by == Told::List {
            add(&mut self.rows, &records);
        }
        add(&mut self.records, &records);
        known != (self.records.len(), self.rows.len())
    }

    /// Its end here is known, and its hang-up was not heard.
    pub(super) fn ends_unheard(&mut self, now: Moment) {
        // A phone that rang may have been picked up before.
        self.talk.guessed |= self.is_live();
        self.leave(now);
    }

    /// The events are not heard for a while: the conversation may end unheard.
    pub(super) fn unheard(&mut self) {
        // What has been heard to its end is not doubted.
        if self.is_live() || !self.all_hung_up() {
            self.interrupted = true;
            self.unheard = true;
        }
        self.unconfirmed |= self.phase.speaks();
    }

    /// The calendar clock was set by so many milliseconds. After a restart, which knows no other, it must not count as
    /// talk.
    pub(super) fn clock_was_set(&mut self, by_millis: i64) {
        self.talking_since.wall = self.talking_since.wall.shifted(by_millis);
    }

    /// Nothing was taken in for a while, and what is heard of the call now may be old.
    pub(super) fn stood_still(&mut self) {
        if self.is_live() {
            self.interrupted = true;
            self.unconfirmed |= self.phase.speaks();
        }
    }

    /// Says whether rows of the PBX's list may tell more of what this agent spoke than was heard.
    pub(super) fn wants_rows(&self) -> bool {
        self.rows.is_empty() && (self.talk.guessed || self.is_hearsay() || self.is_contradicted())
    }

    /// Says whether an event tells of more talk than was heard: of a colleague's, or of what was heard late.
    fn is_contradicted(&self) -> bool {
        let tells_more = |record: &CallRecord| record.talked > self.talk.own + FITS;
        self.spoke() && self.records.iter().any(tells_more)
    }

    /// Says whether an event alone says that the call was answered here: it may sum up what a colleague spoke.
    pub(super) fn is_hearsay(&self) -> bool {
        let was_answered = |record: &CallRecord| record.status == RecordStatus::Answered;
        !self.spoke()
            && (self.interrupted || !self.seen_alive)
            && self.rows.is_empty()
            && self.records.iter().any(was_answered)
    }

    /// The events are heard again. Who took a call meanwhile stands in the records, which get their time from now on.
    pub(super) fn heard_again(&mut self, now: Moment) {
        if std::mem::take(&mut self.unheard) && !self.is_live() {
            self.last_news = now.steady;
            self.last_legs = now.steady;
            self.asked_records = 0;
        }
    }

    /// Takes note that a list of the PBX lacks the call, and says whether an earlier one did, too.
    pub(super) fn is_missed_again(&mut self, now: Moment) -> bool {
        let first = *self.unseen.get_or_insert(now);
        now.steady >= first.steady + UNSEEN
    }

    /// The extension is not in the call any more, by the PBX's own lists: since the first of them that lacks it.
    pub(super) fn vanish(&mut self, now: Moment) {
        let since = self.unseen.take().unwrap_or(now);
        self.last_news = now.steady;
        self.last_legs = now.steady;
        for status in self.own_legs.values_mut() {
            *status = LegStatus::Bye;
        }
        self.unlisted |= self.is_live();
        self.ends_unheard(since);
        self.vanished = true;
        // A queue's call may go on at other phones, and be answered there.
        let may_go_on = !self.spoke() && (self.queue.is_some() || !self.rang.is_empty());
        if !may_go_on {
            self.gone = true;
        }
    }

    /// The PBX says why the call does not come about.
    pub(super) fn fail(&mut self, reason: String, now: Moment) {
        self.failure = Some(reason);
        self.last_news = now.steady;
        if self.was_refused() {
            self.gone = true;
            self.enter(Phase::Left, now);
        }
    }

    /// Says whether the PBX refused what was dialled here before any phone rang. Its record has nothing to add.
    pub(super) fn was_refused(&self) -> bool {
        self.is_wished() && self.failure.is_some()
    }

    pub(super) fn others_hung_up(&self) -> bool {
        self.other_legs.values().all(|&status| status == LegStatus::Bye)
    }

    /// Says whether others are still in it, once this agent has spoken and left: whoever has the other side then is counted
    /// by the record too.
    pub(super) fn goes_on(&self) -> bool {
        self.spoke() && !self.gone && !self.others_hung_up()
    }

    /// Says whether this agent's part was heard from its beginning on, and the other side may have been spoken with before it.
    pub(super) fn follows_heard(&self) -> bool {
        self.may_follow && self.talk.parts > 0 && !self.talk.guessed && !self.interrupted
    }

    /// How long the agent has spoken so far.
    pub(super) fn spoken(&self, now: Moment) -> Duration {
        match self.phase {
            Phase::Talking | Phase::Held => {
                self.talk.own + now.steady.saturating_sub(self.talking_since.steady)
            }
            Phase::Ringing | Phase::Dialling | Phase::Left => self.talk.own,
        }
    }

    /// Says whether the agent has had the other side on the line.
    pub(super) fn spoke(&self) -> bool {
        self.was_answered || self.phase.speaks() || self.talk.parts > 0
    }

    /// Says whether every leg that was ever seen has hung up.
    pub(super) fn all_hung_up(&self) -> bool {
        self.gone
            || (!self.own_legs.is_empty()
                && self
                    .own_legs
                    .values()
                    .chain(self.other_legs.values())
                    .all(|&status| status == LegStatus::Bye))
    }

    /// Says whether it has ended for the agent, whatever its record will say: they spoke, or nobody is in it.
    pub(super) fn is_over(&self) -> bool {
        self.phase == Phase::Left && (self.spoke() || (self.all_hung_up() && !self.taken_by_other))
    }

    /// Says whether nothing but this extension's hang-up was heard of it.
    pub(super) fn is_orphan(&self) -> bool {
        !self.seen_alive && !self.own_legs.is_empty()
    }

    pub(super) fn is_live(&self) -> bool {
        self.phase != Phase::Left
    }

    /// Says whether the PBX has shown the call in this run of the program. A call that was live at the last run's end
    /// may be over by now.
    pub(super) fn is_confirmed(&self) -> bool {
        self.is_live() && (!self.own_legs.is_empty() || self.placed_here)
    }

    /// Takes the name under which the PBX's events show the call.
    pub(super) fn renamed(self, id: CallId) -> Self {
        Self { id, remembered: None, ..self }
    }

    /// Says whether the agent's phone has begun to call at `since` or later, and no dial from here is known for it.
    pub(super) fn is_dialling_since(&self, since: Duration) -> bool {
        !self.placed_here
            && self.began >= since
            && self.phase == Phase::Dialling
            && self.own_legs.values().any(|&status| status == LegStatus::Alert)
    }

    /// Says whether this extension's own phone placed it, beginning at that time, and nothing shows whom it calls.
    pub(super) fn was_placed_unseen(&self, began: RangeInclusive<Duration>) -> bool {
        !self.placed_here
            && began.contains(&self.began)
            && self.party.is_none()
            && self.queue.is_none()
            && self.direction.is_none_or(|direction| direction == Direction::Outbound)
            // Who is called rings and answers in other words.
            && self
                .own_legs
                .values()
                .any(|status| matches!(status, LegStatus::Alert | LegStatus::Answered))
    }

    /// Says whether the call was dialled from here and no phone of this extension has been shown in it.
    pub(super) fn is_wished(&self) -> bool {
        self.placed_here && self.own_legs.is_empty()
    }

    /// How long ago it began. Of a call that an earlier run has seen, the calendar clock alone knows.
    pub(super) fn age(&self, now: Moment) -> Duration {
        if self.interrupted {
            now.wall.since(self.started)
        } else {
            now.steady.saturating_sub(self.began)
        }
    }

    /// Says whether the call was wished for here and nothing has come of it: no phone rang, nothing was refused, and
    /// the PBX has no record of it. A call that nobody made is not logged.
    pub(super) fn never_began(&self) -> bool {
        self.is_wished()
            && self.other_legs.is_empty()
            && self.records.is_empty()
            && self.failure.is_none()
    }

    /// Says whether the number is still to be found out.
    pub(super) fn lacks_number(&self) -> bool {
        self.is_confirmed() && self.party.is_none()
    }
}

/// Adds what is not known yet. Two that are told together and begin at different times are two, although a clock that was
/// set may move what was told before.
fn add(known: &mut Vec<CallRecord>, told: &[CallRecord]) {
    let mut told_again = vec![false; known.len()];
    for record in told {
        let is_it = |(row, again): (&CallRecord, &bool)| {
            row.is_the_same(record) && (!again || row.apart(record).is_zero())
        };
        match known.iter().zip(&told_again).position(is_it) {
            Some(at) => told_again[at] = true,
            None => {
                known.push(record.clone());
                told_again.push(true);
            }
        }
    }
}
