//! An org, two computers, and the steps of their workers: what may happen between any two of them.

use std::time::Duration;

use domain::{
    CallId, CallKey, Extension, RecordId, Serial, TaskId, Timestamp,
    delivery::{Aim, Delivery, Known, Refused, Stage, Step},
};
use proptest::prelude::*;

pub(crate) const LEASE: Duration = Duration::from_secs(60);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
/// The longest way of a request, or of an answer.
const WAY: Duration = Duration::from_secs(3);
/// After a lost answer nothing is tried for so long: what was sent has arrived by then.
const SETTLED: Duration = Duration::from_secs(5);
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_767_600_000);

/// What the call is known to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    Missed,
    Answered,
    Elsewhere,
    /// A call between extensions, of which the settings want no Task.
    Internal,
}

pub(crate) fn spoken() -> CallKey {
    CallKey::spoken(&Serial::new("3630"), &CallId::new("1.1"), &Extension::new("4101"))
}

pub(crate) fn missed() -> CallKey {
    CallKey::missed(&Serial::new("3630"), &CallId::new("1.1"))
}

impl Truth {
    pub(crate) fn key(self) -> CallKey {
        match self {
            Self::Answered | Self::Internal => spoken(),
            Self::Missed | Self::Elsewhere => missed(),
        }
    }
}

/// What people may do in the org.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rights {
    /// A Task may be deleted.
    pub(crate) delete: bool,
    /// Each computer is another agent's, and none sees what the other has written.
    pub(crate) private: bool,
}

pub(crate) const ALL_RIGHTS: Rights = Rights { delete: true, private: false };

/// What the org has.
#[derive(Clone, Debug)]
pub(crate) struct Org {
    pub(crate) tasks: Vec<Task>,
    made: u32,
    pub(crate) rights: Rights,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Task {
    number: u32,
    pub(crate) key: CallKey,
    /// The computer that wrote it.
    pub(crate) by: usize,
}

pub(crate) fn task(number: u32) -> TaskId {
    RecordId::parse(&format!("00T00000000{number:04}")).unwrap()
}

impl Org {
    fn insert(&mut self, key: CallKey, by: usize) -> u32 {
        self.made += 1;
        self.tasks.push(Task { number: self.made, key, by });
        self.made
    }

    fn seen_by(&self, who: usize) -> impl Iterator<Item = &Task> {
        let private = self.rights.private;
        self.tasks.iter().filter(move |task| !private || task.by == who)
    }

    /// A question for the key finds it in either spelling.
    fn oldest(&self, who: usize) -> Option<(u32, CallKey)> {
        self.seen_by(who).next().map(|task| (task.number, task.key.clone()))
    }

    pub(crate) fn find(&self, id: &TaskId) -> Option<&Task> {
        self.tasks.iter().find(|one| task(one.number) == *id)
    }

    fn rename(&mut self, id: &TaskId, key: &CallKey) -> bool {
        let found = self.tasks.iter_mut().find(|one| task(one.number) == *id);
        found.map(|task| task.key = key.clone()).is_some()
    }

    fn delete(&mut self, gone: &[u32]) {
        if self.rights.delete {
            self.tasks.retain(|task| !gone.contains(&task.number));
        }
    }
}

/// How far a worker is with its lease.
#[derive(Clone, Debug)]
enum Work {
    Prepared,
    /// It was asked which Task there is; the answer is on its way.
    Asked(Option<(u32, CallKey)>),
    /// The intent is on disk; the request is about to arrive.
    Sent,
    Changing,
    Deleting,
    /// It has arrived; the answer is on its way.
    Arrived(u32),
    Changed {
        task: TaskId,
        outdated: bool,
    },
    Deleted,
    /// The Task stays: it may not be deleted.
    Kept,
    /// It was looked which Tasks there are, and those that are surplus are deleted.
    Looked(Option<(u32, CallKey)>),
}

/// One computer of the agent.
#[derive(Clone, Debug)]
pub(crate) struct Computer {
    pub(crate) delivery: Option<Delivery>,
    heard: usize,
    work: Option<(Work, Delivery)>,
    asks: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Happening {
    /// The next piece of the truth is heard.
    Hears(usize),
    Works(usize),
    LosesTheAnswer(usize),
    Dies(usize),
    Noted(usize),
    Retries(usize),
    /// The connection is back, or Salesforce answers again.
    Hastens(usize),
    Looks(usize),
    Time(u8),
}

pub(crate) fn happening() -> impl Strategy<Value = Happening> {
    let who = 0..2_usize;
    prop_oneof![
        3 => who.clone().prop_map(Happening::Hears),
        12 => who.clone().prop_map(Happening::Works),
        1 => who.clone().prop_map(Happening::LosesTheAnswer),
        1 => who.clone().prop_map(Happening::Dies),
        1 => who.clone().prop_map(Happening::Noted),
        1 => who.clone().prop_map(Happening::Retries),
        1 => who.clone().prop_map(Happening::Hastens),
        1 => who.prop_map(Happening::Looks),
        1 => (1_u8..90).prop_map(Happening::Time),
    ]
}

pub(crate) fn truth() -> impl Strategy<Value = Truth> {
    let kinds = [Truth::Missed, Truth::Answered, Truth::Elsewhere, Truth::Internal];
    prop::sample::select(kinds.to_vec())
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) org: Org,
    pub(crate) computers: [Computer; 2],
    now: Timestamp,
    pub(crate) truths: Vec<Truth>,
    /// Requests whose sender no longer waits, and when they arrive.
    flights: Vec<(Timestamp, Flight)>,
}

/// A request under way.
#[derive(Clone, Debug)]
enum Flight {
    Insert(CallKey, usize),
    /// The Task is given this key, where it is there.
    Change(TaskId, CallKey),
    /// Those that were found before.
    Delete(Vec<u32>),
}

impl World {
    pub(crate) fn new(truths: Vec<Truth>, asks: bool, rights: Rights) -> Self {
        let computer = Computer { delivery: None, heard: 0, work: None, asks };
        let computers = [computer.clone(), computer];
        let org = Org { tasks: Vec::new(), made: 0, rights };
        Self { org, computers, now: NOW, truths, flights: Vec::new() }
    }

    fn apply(&mut self, who: usize, step: Step) -> Result<(), Refused> {
        let now = self.now;
        let Some(delivery) = &mut self.computers[who].delivery else { return Ok(()) };
        *delivery = delivery.apply(step, now)?;
        assert_sound(delivery);
        Ok(())
    }

    fn hears(&mut self, who: usize) {
        let heard = self.computers[who].heard;
        let Some(&truth) = self.truths.get(heard) else { return };
        let before = heard.checked_sub(1).map(|before| self.truths[before]);
        let another_kind = before.is_some_and(|before| before != truth);
        self.computers[who].heard += 1;
        let (now, asks) = (self.now, self.computers[who].asks);
        match (&self.computers[who].delivery, truth) {
            (None, Truth::Elsewhere) => {}
            (None, truth) => {
                let wanted = truth != Truth::Internal;
                self.computers[who].delivery = Some(Delivery::new(truth.key(), now, asks, wanted));
            }
            (Some(_), Truth::Elsewhere) => self.apply(who, Step::TakenElsewhere).unwrap(),
            (Some(_), Truth::Internal) => {
                self.apply(who, Step::NotWanted { another_kind }).unwrap();
            }
            (Some(_), truth) => {
                let step = Step::Corrected {
                    key: truth.key(),
                    ask_first: asks,
                    due: now,
                    changed: true,
                    another_kind,
                };
                self.apply(who, step).unwrap();
            }
        }
    }

    /// One step of the worker, as the engine takes it.
    fn works(&mut self, who: usize) {
        let Some(delivery) = self.computers[who].delivery.clone() else { return };
        let Some((work, leased)) = self.computers[who].work.take() else {
            let until = self.now.plus(LEASE);
            if self.apply(who, Step::Leased { until }).is_ok() {
                let leased = self.computers[who].delivery.clone().unwrap();
                self.computers[who].work = Some((Work::Prepared, leased));
            }
            return;
        };
        let number = leased.lease;
        let next = match work {
            Work::Prepared => self.prepared(who, &leased),
            Work::Asked(found) => self.answered(who, &leased, found),
            Work::Sent => Some(Work::Arrived(self.org.insert(leased.key.clone(), who))),
            Work::Arrived(made) => {
                let task = task(made);
                let unproven = true;
                let step = Step::Delivered { lease: number, task, unproven, outdated: false };
                self.apply(who, step).unwrap();
                None
            }
            Work::Changing => Some(self.changes(who, &leased)),
            Work::Changed { task, outdated } => {
                let step = Step::Delivered { lease: number, task, unproven: true, outdated };
                self.apply(who, step).unwrap();
                None
            }
            Work::Deleting => {
                // All of this agent's own, whichever computer wrote them.
                let gone: Vec<u32> = self.org.seen_by(who).map(|task| task.number).collect();
                self.org.delete(&gone);
                let kept = self.org.seen_by(who).next().is_some();
                Some(if kept { Work::Kept } else { Work::Deleted })
            }
            Work::Kept => {
                let _ = self.apply(who, Step::Kept(number));
                None
            }
            Work::Deleted => {
                // Refused where another worker has it by now, who finds nothing and says so.
                let _ = self.apply(who, Step::Withdrawn(number));
                None
            }
            Work::Looked(oldest) => {
                self.looked(who, &leased, oldest);
                None
            }
        };
        drop(delivery);
        self.computers[who].work = next.map(|work| (work, leased));
    }

    /// The Task is changed, where it is there.
    fn changes(&mut self, who: usize, leased: &Delivery) -> Work {
        let id = leased.task().unwrap().clone();
        let oldest = self.org.oldest(who);
        let task = match (self.org.rename(&id, &leased.key), oldest) {
            (true, _) | (false, None) => id,
            // The other computer took it back as a double: its own one counts.
            (false, Some((another, _))) => task(another),
        };
        Work::Changed { outdated: leased.task() != Some(&task), task }
    }

    fn prepared(&mut self, who: usize, leased: &Delivery) -> Option<Work> {
        let must_ask = leased.ask_first || leased.known == Known::MayExist;
        if leased.task().is_none() && (must_ask || leased.aim != Aim::Log) {
            return Some(Work::Asked(self.org.oldest(who)));
        }
        self.goes_out(who, leased)
    }

    fn answered(
        &mut self,
        who: usize,
        leased: &Delivery,
        found: Option<(u32, CallKey)>,
    ) -> Option<Work> {
        let number = leased.lease;
        match found {
            Some((found, key)) => {
                let outdated = key != leased.key || leased.aim != Aim::Log;
                let task = task(found);
                // What a lost answer has made may stand beside the other computer's.
                let unproven = leased.known == Known::MayExist;
                let step = Step::Delivered { lease: number, task, unproven, outdated };
                self.apply(who, step).unwrap();
                None
            }
            None if leased.aim != Aim::Log => {
                let _ = self.apply(who, Step::Withdrawn(number));
                None
            }
            None => self.goes_out(who, leased),
        }
    }

    fn goes_out(&mut self, who: usize, leased: &Delivery) -> Option<Work> {
        let number = leased.lease;
        if self.apply(who, Step::Sending(number)).is_err() {
            let _ = self.apply(who, Step::GivenUp(number));
            return None;
        }
        Some(match (leased.task(), leased.aim) {
            (_, Aim::Withdraw(_)) => Work::Deleting,
            (Some(_), Aim::Log) => Work::Changing,
            (None, Aim::Log) => Work::Sent,
        })
    }

    fn loses_the_answer(&mut self, who: usize) {
        let Some((work, leased)) = self.computers[who].work.take() else { return };
        if matches!(work, Work::Looked(_)) {
            return;
        }
        let went_out = self.sender_is_gone(who, &work, &leased);
        let step = Step::Postponed {
            lease: leased.lease,
            until: self.now.plus(if went_out { SETTLED } else { SECOND }),
            may_have_happened: went_out,
        };
        let _ = self.apply(who, step);
    }

    fn dies(&mut self, who: usize) {
        if let Some((work, leased)) = self.computers[who].work.take() {
            self.sender_is_gone(who, &work, &leased);
        }
        let until = self.now.plus(SECOND * 10);
        self.apply(who, Step::Orphaned(until)).unwrap();
    }

    /// Nobody waits for the answer any more; what was sent arrives all the same. Says whether something was.
    fn sender_is_gone(&mut self, who: usize, work: &Work, leased: &Delivery) -> bool {
        let key = leased.key.clone();
        let flight = match work {
            Work::Prepared | Work::Asked(_) | Work::Looked(_) => return false,
            Work::Sent => Flight::Insert(key, who),
            Work::Changing => Flight::Change(leased.task().unwrap().clone(), key),
            Work::Deleting => {
                Flight::Delete(self.org.seen_by(who).map(|task| task.number).collect())
            }
            Work::Arrived(_) | Work::Changed { .. } | Work::Deleted | Work::Kept => return true,
        };
        self.flights.push((self.now.plus(WAY), flight));
        true
    }

    /// What is on its way arrives when it is time.
    fn lands(&mut self) {
        let (landed, rest) = self.flights.drain(..).partition(|(at, _)| *at <= self.now);
        self.flights = rest;
        let landed: Vec<(Timestamp, Flight)> = landed;
        for (_, flight) in landed {
            match flight {
                Flight::Insert(key, by) => {
                    self.org.insert(key, by);
                }
                Flight::Change(id, key) => {
                    self.org.rename(&id, &key);
                }
                Flight::Delete(gone) => self.org.delete(&gone),
            }
        }
    }

    /// The look for doubles, which is a worker's too: of several the oldest stays, and is what both computers speak of.
    fn looks(&mut self, who: usize) {
        if self.computers[who].work.is_some() {
            return;
        }
        let Some(delivery) = self.computers[who].delivery.clone() else { return };
        if delivery.task().is_none() || !delivery.unproven {
            return;
        }
        // One that was inserted since is looked for by whoever inserted it.
        let seen: Vec<u32> = self.org.seen_by(who).map(|task| task.number).collect();
        self.org.delete(seen.get(1..).unwrap_or_default());
        self.computers[who].work = Some((Work::Looked(self.org.oldest(who)), delivery));
    }

    fn looked(&mut self, who: usize, seen: &Delivery, oldest: Option<(u32, CallKey)>) {
        let Some(own) = seen.task().cloned() else { return };
        let Some((oldest, key)) = oldest else { return };
        let outdated = key != seen.key || task(oldest) != own;
        let _ = self.apply(who, Step::Proven { task: task(oldest), outdated });
    }

    pub(crate) fn happens(&mut self, happening: Happening) {
        self.now = self.now.plus(Duration::from_millis(200));
        self.lands();
        match happening {
            Happening::Hears(who) => self.hears(who),
            Happening::Works(who) => self.works(who),
            Happening::LosesTheAnswer(who) => self.loses_the_answer(who),
            Happening::Dies(who) => self.dies(who),
            Happening::Noted(who) => self.apply(who, Step::Touched).unwrap(),
            Happening::Retries(who) => self.apply(who, Step::Retried).unwrap(),
            Happening::Hastens(who) => self.apply(who, Step::Hastened).unwrap(),
            Happening::Looks(who) => self.looks(who),
            Happening::Time(seconds) => self.now = self.now.plus(SECOND * u32::from(seconds)),
        }
    }

    /// Both computers hear the rest and work in peace.
    pub(crate) fn ends(&mut self, both: bool) {
        let all: &[usize] = if both { &[0, 1] } else { &[0] };
        for &who in all {
            while self.computers[who].heard < self.truths.len() {
                self.hears(who);
            }
        }
        for _ in 0..40 {
            self.now = self.now.plus(LEASE);
            self.lands();
            for &who in all {
                for _ in 0..8 {
                    self.works(who);
                }
                self.looks(who);
            }
        }
    }
}

/// What may be said of a delivery at any moment.
fn assert_sound(delivery: &Delivery) {
    if delivery.stage == Stage::Logged {
        assert!(delivery.task().is_some() && delivery.aim == Aim::Log, "{delivery:?}");
    }
    if let Stage::Skipped(why) = delivery.stage {
        assert_eq!(delivery.aim, Aim::Withdraw(why), "{delivery:?}");
    }
}
