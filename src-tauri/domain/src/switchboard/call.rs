//! One call, from this extension's point of view.
//!
//! ```text
//!            RING                    ANSWER / ANSWERED
//!   (new) ────────▶ Ringing ───────────────────────────▶ Talking ◀──┐ back with a new channel
//!     │ ALERT                          ▲                    │       │ (park, transfer returned)
//!     └───────────▶ Dialling ──────────┘                    │ BYE   │
//!                     │ BYE            Ringing ── BYE ──▶ Left ─────┘
//!                     └──────────────────────────────────▶  │
//!                                                           ▼ record, silence, or the PBX no longer knows it
//!                                                        finished: one entry
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::effect::{Memory, Phase};
use crate::{
    event::{CallRecord, Leg, LegKind, LegStatus},
    ids::{CallId, ChannelId, Extension},
    journal::{Direction, JournalEntry, Outcome},
    number::{DialPlan, Party},
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
    /// Since when the agent speaks, on both clocks; meaningful while talking.
    pub talking_since: Moment,
    /// How long the agent had spoken before.
    pub talked: Duration,
    pub own_legs: BTreeMap<ChannelId, LegStatus>,
    /// The other parties' legs, extensions and outside alike.
    pub other_legs: BTreeMap<ChannelId, LegStatus>,
    pub rang: BTreeSet<Extension>,
    /// Another extension answered.
    pub taken_by_other: bool,
    /// An extension other than ours appeared as answering after we had spoken, or beside us.
    pub shared_talk: bool,
    pub queue: Option<String>,
    pub did: Option<String>,
    pub failure: Option<String>,
    pub records: Vec<CallRecord>,
    /// Our own part's record is among them, or will not come.
    pub own_recorded: bool,
    pub identity: Identity,
    pub popped: bool,
    /// Seen ringing, dialling or talking, not just hanging up.
    pub seen_alive: bool,
    /// Some of it happened while this program did not listen.
    pub interrupted: bool,
    /// The PBX has told that it no longer knows the call.
    pub gone: bool,
    /// The last news.
    pub last_news: Duration,
    /// When the PBX was last asked about it, and how often for its number.
    pub asked_at: Option<Duration>,
    pub asked_for_number: u32,
    pub asked_records: bool,
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
            talking_since: now,
            talked: Duration::ZERO,
            own_legs: BTreeMap::new(),
            other_legs: BTreeMap::new(),
            rang: BTreeSet::new(),
            taken_by_other: false,
            shared_talk: false,
            queue: None,
            did: None,
            failure: None,
            records: Vec::new(),
            own_recorded: false,
            identity: Identity::NotAsked,
            popped: false,
            seen_alive: false,
            interrupted: false,
            gone: false,
            last_news: now.steady,
            asked_at: None,
            asked_for_number: 0,
            asked_records: false,
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
        call.talked = entry.talked;
        call.queue = entry.queue.clone();
        call.did = entry.did.clone();
        call.failure = entry.reason.clone();
        call.taken_by_other = entry.outcome == Outcome::Elsewhere;
        call.seen_alive = true;
        call.interrupted = true;
        call.journalled = true;
        call
    }

    pub(super) fn restored(memory: Memory, now: Moment) -> Self {
        let mut call = Self::new(memory.call, now);
        call.direction = memory.direction;
        call.party = memory.party;
        call.spelled = memory.spelled;
        call.started = memory.started;
        call.phase = memory.phase;
        // The time between is part of the conversation if the call turns out to be still up, and the record corrects it if not.
        call.talked = memory.talked
            + memory.talking_since.map_or(Duration::ZERO, |since| now.wall.since(since));
        call.rang = memory.rang;
        call.taken_by_other = memory.taken_by_other;
        call.queue = memory.queue;
        call.did = memory.did;
        call.popped = memory.popped;
        call.seen_alive = true;
        call.interrupted = true;
        call
    }

    pub(super) fn memory(&self) -> Memory {
        let talking = self.phase == Phase::Talking;
        Memory {
            call: self.id.clone(),
            direction: self.direction,
            party: self.party.clone(),
            spelled: self.spelled.clone(),
            started: self.started,
            talking_since: talking.then_some(self.talking_since.wall),
            talked: self.talked,
            phase: self.phase,
            popped: self.popped,
            rang: self.rang.clone(),
            taken_by_other: self.taken_by_other,
            queue: self.queue.clone(),
            did: self.did.clone(),
        }
    }

    /// Takes in the legs of one message. Legs that it does not name stay as they were.
    pub(super) fn legs(&mut self, legs: &[Leg], own: &Extension, plan: &DialPlan, now: Moment) {
        self.last_news = now.steady;
        self.doubted = false;
        for leg in legs {
            match &leg.kind {
                LegKind::Extension(extension) if extension == own => self.own_leg(leg),
                LegKind::Extension(extension) => self.colleague(extension, leg),
                LegKind::Inbound { from, to, .. } => {
                    self.direction = Some(Direction::Inbound);
                    self.party = Some(plan.read(from));
                    self.spelled = non_empty(from).or(self.spelled.take());
                    self.did = self.did.take().or_else(|| non_empty(to));
                    self.other_legs.insert(leg.channel.clone(), leg.status);
                }
                LegKind::Outbound { to, .. } => {
                    if self.direction != Some(Direction::Inbound) {
                        self.direction = Some(Direction::Outbound);
                        if !matches!(self.party, Some(Party::External(_))) || !to.is_empty() {
                            self.party = Some(plan.read_dialled(to));
                            self.spelled = non_empty(to).or(self.spelled.take());
                        }
                    }
                    self.other_legs.insert(leg.channel.clone(), leg.status);
                }
                LegKind::Internal { from, to } => {
                    if self.direction.is_none() {
                        self.direction = Some(Direction::Internal);
                    }
                    let other = if from == own.as_str() { to } else { from };
                    if self.party.is_none() && other != own.as_str() {
                        self.party = Some(Party::Extension(Extension::new(other)));
                    }
                }
            }
        }
        self.guess_direction(legs, own);
        self.follow_own_legs(now);
    }

    fn own_leg(&mut self, leg: &Leg) {
        let known = self.own_legs.get(&leg.channel).copied();
        // A leg that has hung up stays so: what comes later is late news.
        if known != Some(LegStatus::Bye) {
            let late = matches!(
                (known, leg.status),
                (
                    Some(LegStatus::Answer | LegStatus::Answered | LegStatus::Hold),
                    LegStatus::Ring | LegStatus::Alert
                )
            );
            if !late {
                self.own_legs.insert(leg.channel.clone(), leg.status);
            }
        }
        if let Some(path) = &leg.path {
            self.queue.get_or_insert_with(|| path.clone());
        }
    }

    fn colleague(&mut self, extension: &Extension, leg: &Leg) {
        match leg.status {
            LegStatus::Ring => {
                self.rang.insert(extension.clone());
            }
            LegStatus::Answer => {
                self.taken_by_other = true;
                self.shared_talk = true;
            }
            LegStatus::Alert
            | LegStatus::Answered
            | LegStatus::Hold
            | LegStatus::Bye
            | LegStatus::Unknown => {}
        }
        let known = self.other_legs.get(&leg.channel).copied();
        if known != Some(LegStatus::Bye) {
            self.other_legs.insert(leg.channel.clone(), leg.status);
        }
    }

    fn guess_direction(&mut self, legs: &[Leg], own: &Extension) {
        if self.direction.is_some() {
            return;
        }
        let colleague = legs.iter().find_map(|leg| match &leg.kind {
            LegKind::Extension(extension) if extension != own => Some(extension),
            LegKind::Extension(_)
            | LegKind::Inbound { .. }
            | LegKind::Outbound { .. }
            | LegKind::Internal { .. } => None,
        });
        let own_status = legs.iter().find_map(|leg| match &leg.kind {
            LegKind::Extension(extension) if extension == own => {
                Some((leg.status, leg.path.is_some()))
            }
            LegKind::Extension(_)
            | LegKind::Inbound { .. }
            | LegKind::Outbound { .. }
            | LegKind::Internal { .. } => None,
        });
        match (own_status, colleague) {
            // A colleague calls, or is called; a ring group without its trunk's leg is not that.
            (Some((_, false)), Some(colleague))
                if legs.iter().filter(|leg| leg.status == LegStatus::Ring).count() <= 1 =>
            {
                self.direction = Some(Direction::Internal);
                self.party = Some(Party::Extension(colleague.clone()));
            }
            // Only our own leg: the trunk is not monitored. Who placed the call shows in the word.
            (Some((LegStatus::Answered, _)), None) => self.direction = Some(Direction::Outbound),
            _ => {}
        }
    }

    fn follow_own_legs(&mut self, now: Moment) {
        let statuses: BTreeSet<Level> =
            self.own_legs.values().filter_map(|&status| level(status)).collect();
        // The agent's phone has been picked up after click-to-call, and the other side still rings.
        let other_rings = self.direction == Some(Direction::Outbound)
            && !self.other_legs.is_empty()
            && self.other_legs.values().all(|&status| {
                matches!(status, LegStatus::Ring | LegStatus::Alert | LegStatus::Bye)
            })
            && self.other_legs.values().any(|&status| status == LegStatus::Ring);
        let next = match statuses.last() {
            Some(Level::Up) if other_rings && self.phase != Phase::Talking => Phase::Dialling,
            Some(Level::Up) => Phase::Talking,
            Some(Level::Alert) => Phase::Dialling,
            Some(Level::Ring) => Phase::Ringing,
            // Every own leg has hung up, or none was named.
            None => Phase::Left,
        };
        if statuses.is_empty() && self.own_legs.is_empty() {
            return;
        }
        if next != Phase::Left {
            self.seen_alive = true;
            self.gone = false;
        }
        self.enter(next, now);
    }

    /// Moves to a phase and keeps the account of the time spoken.
    pub(super) fn enter(&mut self, next: Phase, now: Moment) {
        match (self.phase, next) {
            (Phase::Talking, Phase::Talking) => {}
            (Phase::Talking, Phase::Ringing | Phase::Dialling | Phase::Left) => {
                self.talked += now.steady.saturating_sub(self.talking_since.steady);
                self.phase = next;
            }
            (Phase::Ringing | Phase::Dialling | Phase::Left, Phase::Talking) => {
                self.talking_since = now;
                self.phase = next;
            }
            (
                Phase::Ringing | Phase::Dialling | Phase::Left,
                Phase::Ringing | Phase::Dialling | Phase::Left,
            ) => {
                self.phase = next;
            }
        }
    }

    /// The extension is not in the call any more, by the PBX's own list.
    pub(super) fn vanish(&mut self, now: Moment) {
        self.last_news = now.steady;
        for status in self.own_legs.values_mut() {
            *status = LegStatus::Bye;
        }
        self.enter(Phase::Left, now);
        // A queue's call may go on at other phones, and be answered there.
        let may_go_on =
            self.talked == Duration::ZERO && (self.queue.is_some() || !self.rang.is_empty());
        if !may_go_on {
            self.gone = true;
        }
    }

    /// The PBX says why the call does not come about.
    pub(super) fn fail(&mut self, reason: String, now: Moment) {
        self.failure = Some(reason);
        self.last_news = now.steady;
        if self.placed_here && self.own_legs.is_empty() {
            self.gone = true;
            self.enter(Phase::Left, now);
        }
    }

    pub(super) fn others_hung_up(&self) -> bool {
        self.other_legs.values().all(|&status| status == LegStatus::Bye)
    }

    /// How long the agent has spoken so far.
    pub(super) fn spoken(&self, now: Moment) -> Duration {
        match self.phase {
            Phase::Talking => self.talked + now.steady.saturating_sub(self.talking_since.steady),
            Phase::Ringing | Phase::Dialling | Phase::Left => self.talked,
        }
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
        self.phase == Phase::Left
            && (self.talked > Duration::ZERO || (self.all_hung_up() && !self.taken_by_other))
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

    /// Says whether the call was wished for here and nothing has come of it: no phone rang, nothing was refused, and
    /// the PBX has no record of it. A call that nobody made is not logged.
    pub(super) fn never_began(&self) -> bool {
        self.placed_here
            && self.own_legs.is_empty()
            && self.other_legs.is_empty()
            && self.records.is_empty()
            && self.failure.is_none()
    }

    /// Says whether the number is still to be found out.
    pub(super) fn lacks_number(&self) -> bool {
        self.is_confirmed() && self.party.is_none()
    }
}

/// How far a leg is, for choosing among several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Ring,
    Alert,
    Up,
}

fn level(status: LegStatus) -> Option<Level> {
    match status {
        LegStatus::Ring => Some(Level::Ring),
        LegStatus::Alert | LegStatus::Unknown => Some(Level::Alert),
        LegStatus::Answered | LegStatus::Answer | LegStatus::Hold => Some(Level::Up),
        LegStatus::Bye => None,
    }
}

fn non_empty(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
