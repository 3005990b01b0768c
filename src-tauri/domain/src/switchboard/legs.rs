//! What the legs of a call tell: whose phones ring, who speaks, who waits.

use std::collections::BTreeSet;

use super::{call::Call, effect::Phase};
use crate::{
    event::{Leg, LegKind, LegStatus},
    ids::{ChannelId, Extension},
    journal::Direction,
    number::{DialPlan, Meant, Party, PhoneNumber},
    time::Moment,
};

impl Call {
    /// Takes in the legs of an event.
    pub(super) fn legs(&mut self, legs: &[Leg], own: &Extension, plan: &DialPlan, now: Moment) {
        self.take_in(legs, own, plan, now);
        self.shown_by_event |= self.is_live() && legs.iter().any(|leg| is_of(leg, own));
    }

    /// Takes in the legs of one message. Legs that it does not name stay as they were.
    fn take_in(&mut self, legs: &[Leg], own: &Extension, plan: &DialPlan, now: Moment) {
        self.last_news = now.steady;
        self.last_legs = now.steady;
        self.doubted = false;
        // What happens at other phones says nothing against a list that lacks this one.
        let shows_ours = self.own_legs.is_empty() || legs.iter().any(|leg| is_of(leg, own));
        self.notice_who_spoke_before(legs, own);
        self.notice_the_start(legs, own);
        for leg in legs {
            match &leg.kind {
                LegKind::Extension(extension) if extension == own => self.own_leg(leg),
                LegKind::Extension(extension) => self.colleague(extension, leg),
                LegKind::Inbound { from, to, .. } => {
                    self.direction = Some(Direction::Inbound);
                    self.reads(plan.read_caller(from), from, plan);
                    self.spelled = non_empty(from).or(self.spelled.take());
                    self.did = self.did.take().or_else(|| non_empty(to));
                    self.other_leg(leg);
                }
                LegKind::Outbound { to, .. } => {
                    if self.direction != Some(Direction::Inbound) {
                        self.direction = Some(Direction::Outbound);
                        if !matches!(self.party, Some(Party::External(_))) || !to.is_empty() {
                            self.reads(plan.read_dialled(to), to, plan);
                            self.spelled = non_empty(to).or(self.spelled.take());
                        }
                    }
                    self.other_leg(leg);
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
        if self.is_orphan() {
            self.rang.extend(hung_up(legs).filter(|other| *other != own).cloned());
        }
        if shows_ours {
            self.unseen = None;
        }
        self.notice_what_goes_on(legs, own);
    }

    /// Takes the other side as it is read from what was shown or dialled. Where that may mean several numbers and it is
    /// known already which, that one stays: a record has decided, or it was dialled from here.
    fn reads(&mut self, read: Party, text: &str, plan: &DialPlan) {
        let stays = match (&read, &self.party, self.direction) {
            (Party::External(number), Some(Party::External(known)), Some(direction)) => {
                number != known && plan.meant(number, Some(text), direction).includes(known)
            }
            (_, _, _) => false,
        };
        if !stays {
            self.party = Some(read);
        }
    }

    /// Takes the number that records have, of those that the spelling may mean.
    pub(super) fn decide(&mut self, decided: &PhoneNumber, plan: &DialPlan) {
        if self.may_be(decided, plan) {
            self.party = Some(Party::External(decided.clone()));
            self.asked_party = self.party.clone();
        }
    }

    /// Says whether the other side may have this number.
    pub(super) fn may_be(&self, number: &PhoneNumber, plan: &DialPlan) -> bool {
        self.meant(plan).is_some_and(|meant| meant.includes(number))
    }

    /// Returns the other side's number, with what else its spelling may mean.
    pub(super) fn meant(&self, plan: &DialPlan) -> Option<Meant> {
        let number = self.party.as_ref()?.number()?;
        // Who dialled from here has said which.
        let spelled = self.spelled.as_deref().filter(|_| !self.placed_here);
        Some(plan.meant(number, spelled, self.direction.unwrap_or(Direction::Inbound)))
    }

    /// After a time when nothing was heard: phones that rang before and are not listed any more do not ring.
    pub(super) fn stop_ringing_elsewhere(&mut self, listed: &[Leg]) {
        for (channel, status) in &mut self.other_legs {
            if *status == LegStatus::Ring && !listed.iter().any(|leg| leg.channel == *channel) {
                *status = LegStatus::Bye;
            }
        }
    }

    /// Takes in the legs of a list. It shows those of a trunk that is not monitored, too: of these no event will tell.
    pub(super) fn listed(&mut self, legs: &[Leg], own: &Extension, plan: &DialPlan, now: Moment) {
        let of_trunk =
            |leg: &&Leg| matches!(leg.kind, LegKind::Inbound { .. } | LegKind::Outbound { .. });
        let new = legs.iter().filter(of_trunk).map(|leg| leg.channel.clone());
        let new: Vec<ChannelId> =
            new.filter(|channel| !self.other_legs.contains_key(channel)).collect();
        self.take_in(legs, own, plan, now);
        self.only_listed.extend(new);
    }

    /// Forgets legs of the trunk that an event about the call does not name, although a list did: their end is not told.
    pub(super) fn forget_untold(&mut self, legs: &[Leg]) {
        for channel in std::mem::take(&mut self.only_listed) {
            if !legs.iter().any(|leg| leg.channel == channel) {
                self.other_legs.remove(&channel);
            }
        }
    }

    fn own_leg(&mut self, leg: &Leg) {
        let known = self.own_legs.get(&leg.channel).copied();
        // A leg that has hung up stays so: what comes later is late news.
        if known == Some(LegStatus::Bye) {
            let was_up = level(leg.status).is_some_and(|level| level >= Level::Held);
            if was_up && self.talk.parts == 0 {
                // It was picked up all the same; for how long the records tell.
                self.talk.parts = 1;
                self.talk.guessed = true;
                self.seen_alive = true;
            }
        } else {
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
                self.talk.others.insert(extension.clone());
            }
            LegStatus::Answered | LegStatus::Hold => {
                self.talk.others.insert(extension.clone());
            }
            LegStatus::Alert | LegStatus::Bye | LegStatus::Unknown => {}
        }
        self.other_leg(leg);
    }

    /// A leg that has hung up stays so: a list that was read before may come after the event.
    fn other_leg(&mut self, leg: &Leg) {
        let known = self.other_legs.entry(leg.channel.clone()).or_insert(leg.status);
        if *known != LegStatus::Bye {
            *known = leg.status;
        }
    }

    fn guess_direction(&mut self, legs: &[Leg], own: &Extension) {
        if self.direction.is_some() {
            return;
        }
        // Who hangs up passes a call on, or has been passed by: neither tells who called whom.
        let there = || legs.iter().filter(|leg| leg.status != LegStatus::Bye);
        let colleague = there().find_map(|leg| match &leg.kind {
            LegKind::Extension(extension) if extension != own => Some(extension),
            LegKind::Extension(_)
            | LegKind::Inbound { .. }
            | LegKind::Outbound { .. }
            | LegKind::Internal { .. } => None,
        });
        let own_status = there().find_map(|leg| match &leg.kind {
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
            (Some((LegStatus::Answered, _)), None) if legs.iter().all(|leg| is_of(leg, own)) => {
                self.direction = Some(Direction::Outbound);
            }
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
            Some(Level::Up) if other_rings && !self.phase.speaks() => Phase::Dialling,
            Some(Level::Up) if self.others_wait() => Phase::Held,
            Some(Level::Up) => Phase::Talking,
            Some(Level::Held) => Phase::Held,
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
        if next.speaks() {
            self.unconfirmed = false;
        }
        if next == Phase::Left {
            self.leave(now);
        } else {
            self.enter(next, now);
        }
    }

    /// Looks whether another phone rings for what the agent has left, or it is parked: the record counts what follows too.
    /// Only what this message shows is news. A trunk whose events do not come may have been on hold in a list.
    fn notice_what_goes_on(&mut self, legs: &[Leg], own: &Extension) {
        let goes_on = |leg: &Leg| {
            matches!(leg.status, LegStatus::Ring | LegStatus::Hold)
                && self.other_legs.get(&leg.channel) == Some(&leg.status)
        };
        // A list that was read before this agent hung up does not tell what came after.
        let is_old = |leg: &Leg| is_of(leg, own) && leg.status != LegStatus::Bye;
        self.talk.passed_on |= self.phase == Phase::Left
            && self.spoke()
            && !legs.iter().any(is_old)
            && legs.iter().filter(|leg| !is_of(leg, own)).any(goes_on);
    }

    /// Says whether the other side is on hold. Where several are in the call, one that talks is a conversation.
    fn others_wait(&self) -> bool {
        let mut up = self
            .other_legs
            .values()
            .filter(|status| level(**status).is_some_and(|level| level >= Level::Held))
            .peekable();
        up.peek().is_some() && up.all(|status| *status == LegStatus::Hold)
    }

    /// Looks whether this extension was in it before anybody had answered the other side: nobody spoke before then. That may
    /// be heard late, after the answer.
    fn notice_the_start(&mut self, legs: &[Leg], own: &Extension) {
        let mut trunks = legs
            .iter()
            .filter(|leg| matches!(leg.kind, LegKind::Inbound { .. } | LegKind::Outbound { .. }))
            .peekable();
        let is_unanswered = |leg: &Leg| matches!(leg.status, LegStatus::Ring | LegStatus::Alert);
        let starts = |leg: &Leg| is_of(leg, own) && is_unanswered(leg);
        if trunks.peek().is_some() && trunks.all(is_unanswered) && legs.iter().any(starts) {
            self.from_the_start = true;
            // What seemed to have been spoken before was this agent's own answer.
            if self.talk.others.is_empty() && self.phase.speaks() {
                self.talk.passed_on = false;
            }
        }
    }

    /// Looks whether the other side was spoken with before this extension came in: then a record may count more than
    /// this agent's talk. A trunk that is not monitored is shown by a list alone, while the phone rings already.
    fn notice_who_spoke_before(&mut self, legs: &[Leg], own: &Extension) {
        let ours: Vec<&Leg> = legs.iter().filter(|leg| is_of(leg, own)).collect();
        let is_first = !self.seen_alive && self.own_legs.is_empty();
        // A list may tell late that it rang. One that rings again has been spoken on.
        let rang_first = ours.iter().all(|leg| leg.status == LegStatus::Ring)
            && self.own_legs.keys().all(|known| ours.iter().any(|leg| leg.channel == *known));
        if ours.is_empty() || !(is_first || rang_first) {
            return;
        }
        let up = |leg: &Leg| level(leg.status).is_some_and(|level| level >= Level::Held);
        let trunk =
            |leg: &&Leg| matches!(leg.kind, LegKind::Inbound { .. } | LegKind::Outbound { .. });
        let trunk_is_up = legs.iter().filter(trunk).any(up);
        let trunk_is_shown = legs.iter().any(|leg| trunk(&leg));
        if trunk_is_shown && !trunk_is_up {
            return;
        }
        // A queue or a menu answers the caller before any agent does, and is named.
        let directly = ours.iter().all(|leg| leg.path.is_none());
        let rings = ours.iter().any(|leg| leg.status == LegStatus::Ring);
        // Where the beginning was not heard, an answered leg may have rung.
        let joins =
            is_first && !self.interrupted && ours.iter().any(|leg| leg.status == LegStatus::Answer);
        let left =
            hung_up(legs).filter(|other| is_first && *other != own && !self.rang.contains(*other));
        let left: Vec<Extension> = left.cloned().collect();
        if !trunk_is_up {
            self.may_follow |= directly && (joins || rings && !left.is_empty());
            return;
        }
        self.talk.passed_on |= (directly || !left.is_empty()) && (rings || joins);
        // Of a queue's call that is met in the middle, phones that are gone rang too.
        if directly || rings || joins {
            self.talk.others.extend(left);
        }
    }
}

/// How far a leg is, for choosing among several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Ring,
    Alert,
    Held,
    Up,
}

fn level(status: LegStatus) -> Option<Level> {
    match status {
        LegStatus::Ring => Some(Level::Ring),
        LegStatus::Alert | LegStatus::Unknown => Some(Level::Alert),
        LegStatus::Hold => Some(Level::Held),
        LegStatus::Answered | LegStatus::Answer => Some(Level::Up),
        LegStatus::Bye => None,
    }
}

/// The extensions that have hung up, by one message.
fn hung_up(legs: &[Leg]) -> impl Iterator<Item = &Extension> {
    legs.iter().filter_map(|leg| match &leg.kind {
        LegKind::Extension(extension) if leg.status == LegStatus::Bye => Some(extension),
        LegKind::Extension(_)
        | LegKind::Inbound { .. }
        | LegKind::Outbound { .. }
        | LegKind::Internal { .. } => None,
    })
}

fn is_of(leg: &Leg, extension: &Extension) -> bool {
    matches!(&leg.kind, LegKind::Extension(of) if of == extension)
}

fn non_empty(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
