//! Any news between any two steps of any worker: in the end there is one Task, under the right key, or none.
//!
//! Two computers of one agent hear the same truth at different times and work on it at the same time. Each step of a
//! worker is a step of its own here: lease, a question's arrival, its answer, intent, the request's arrival, the answer's
//! arrival or its loss. Anything may come between two of them, workers die there, and a request whose sender is gone still
//! arrives up to three seconds later. The same where nobody may delete a Task, and for two agents who do not see each
//! other's.
//!
//! `HISTORIES=10000` sets how many are told, `PROPTEST_RNG_SEED=1` which.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands, its helpers too")]

use std::time::Duration;

use domain::{
    CallId, CallKey, Extension, RecordId, Serial, TaskId, Timestamp,
    delivery::{Aim, Delivery, Known, Refused, Stage, Step, Why},
};
use proptest::prelude::*;

const LEASE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
/// The longest way of a request, or of an answer.
const WAY: Duration = Duration::from_secs(3);
/// After a lost answer nothing is tried for so long: what was sent has arrived by then.
const SETTLED: Duration = Duration::from_secs(5);
const NOW: Timestamp = Timestamp::from_seconds(1_767_600_000);

/// What the call is known to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Truth {
    Missed,
    Answered,
    Elsewhere,
    /// A call between extensions, of which the settings want no Task.
    Internal,
}

fn spoken() -> CallKey {
    CallKey::spoken(&Serial::new("3630"), &CallId::new("1.1"), &Extension::new("4101"))
}

fn missed() -> CallKey {
    CallKey::missed(&Serial::new("3630"), &CallId::new("1.1"))
}

impl Truth {
    fn key(self) -> CallKey {
        match self {
            Self::Answered | Self::Internal => spoken(),
            Self::Missed | Self::Elsewhere => missed(),
        }
    }
}

/// What people may do in the org.
#[derive(Clone, Copy, Debug)]
struct Rights {
    /// A Task may be deleted.
    delete: bool,
    /// Each computer is another agent's, and none sees what the other has written.
    private: bool,
}

const ALL_RIGHTS: Rights = Rights { delete: true, private: false };

/// What the org has.
#[derive(Clone, Debug)]
struct Org {
    tasks: Vec<Task>,
    made: u32,
    rights: Rights,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Task {
    number: u32,
    key: CallKey,
    /// The computer that wrote it.
    by: usize,
}

fn task(number: u32) -> TaskId {
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

    fn find(&self, id: &TaskId) -> Option<&Task> {
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
struct Computer {
    delivery: Option<Delivery>,
    heard: usize,
    work: Option<(Work, Delivery)>,
    asks: bool,
}

#[derive(Clone, Copy, Debug)]
enum Happening {
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

fn happening() -> impl Strategy<Value = Happening> {
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

fn truth() -> impl Strategy<Value = Truth> {
    let kinds = [Truth::Missed, Truth::Answered, Truth::Elsewhere, Truth::Internal];
    prop::sample::select(kinds.to_vec())
}

#[derive(Debug)]
struct World {
    org: Org,
    computers: [Computer; 2],
    now: Timestamp,
    truths: Vec<Truth>,
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
    fn new(truths: Vec<Truth>, asks: bool, rights: Rights) -> Self {
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

    fn happens(&mut self, happening: Happening) {
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
    fn ends(&mut self, both: bool) {
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

/// Where nothing may be deleted, or nobody sees what the other has: no computer has two, none is lost, and each Task that
/// a computer speaks of is there and says what was so.
fn check_with_less_rights(world: &World) {
    let last = *world.truths.last().unwrap();
    let is_ours = matches!(last, Truth::Missed | Truth::Answered);
    for (who, computer) in world.computers.iter().enumerate() {
        let own = world.org.tasks.iter().filter(|task| task.by == who).count();
        assert!(own <= 1, "a computer has {own}: {:?}", world.org.tasks);
        let Some(delivery) = &computer.delivery else {
            assert!(!is_ours, "it was heard");
            continue;
        };
        if is_ours {
            assert_eq!(delivery.stage, Stage::Logged, "{delivery:?}");
        }
        if delivery.stage == Stage::Logged {
            let found = world.org.find(delivery.task().unwrap());
            let found = found.expect("it speaks of a Task that is there");
            assert!(!is_ours || found.key == last.key(), "{found:?}, and it was {last:?}");
        } else if world.org.rights.delete {
            assert_eq!(own, 0, "{delivery:?}: {:?}", world.org.tasks);
        }
    }
}

fn check(world: &World, both: bool) {
    let last = *world.truths.last().unwrap();
    match last {
        Truth::Elsewhere => assert_eq!(world.org.tasks, [], "a colleague's call is logged here"),
        Truth::Internal => assert_eq!(world.org.tasks, [], "a kind that is not wanted is logged"),
        Truth::Missed | Truth::Answered => {
            assert_eq!(world.org.tasks.len(), 1, "one Task: {:?}", world.org.tasks);
            assert_eq!(world.org.tasks[0].key, last.key(), "the Task has the key of what it was");
        }
    }
    for computer in &world.computers[..if both { 2 } else { 1 }] {
        let Some(delivery) = &computer.delivery else { continue };
        match last {
            Truth::Elsewhere => assert_eq!(delivery.stage, Stage::Skipped(Why::Elsewhere)),
            Truth::Internal => assert_eq!(delivery.stage, Stage::Skipped(Why::Settings)),
            Truth::Missed | Truth::Answered => {
                assert_eq!(delivery.stage, Stage::Logged, "{delivery:?}");
                // A Task that one computer took back is taken for deleted by a person on the other.
                let taken_back = world
                    .truths
                    .iter()
                    .any(|truth| matches!(truth, Truth::Elsewhere | Truth::Internal));
                assert!(
                    taken_back || world.org.find(delivery.task().unwrap()).is_some(),
                    "it speaks of a Task that is gone"
                );
            }
        }
    }
}

fn histories() -> u32 {
    std::env::var("HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(3_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: histories(), ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_between_two_steps_there_is_one_task_in_the_end(
        truths in prop::collection::vec(truth(), 1..5),
        happenings in prop::collection::vec(happening(), 0..60),
    ) {
        let mut world = World::new(truths, false, ALL_RIGHTS);
        for happening in happenings {
            let alone = match happening {
                Happening::Hears(_) => Happening::Hears(0),
                Happening::Works(_) => Happening::Works(0),
                Happening::LosesTheAnswer(_) => Happening::LosesTheAnswer(0),
                Happening::Dies(_) => Happening::Dies(0),
                Happening::Noted(_) => Happening::Noted(0),
                Happening::Retries(_) => Happening::Retries(0),
                Happening::Hastens(_) => Happening::Hastens(0),
                Happening::Looks(_) => Happening::Looks(0),
                Happening::Time(seconds) => Happening::Time(seconds),
            };
            world.happens(alone);
            prop_assert!(world.org.tasks.len() <= 1, "two Tasks, if only for a while");
        }
        world.ends(false);
        check(&world, false);
    }

    #[test]
    fn two_computers_of_one_agent_end_with_one_task(
        truths in prop::collection::vec(truth(), 1..4),
        asks in any::<bool>(),
        happenings in prop::collection::vec(happening(), 0..80),
    ) {
        let mut world = World::new(truths, asks, ALL_RIGHTS);
        for happening in happenings {
            world.happens(happening);
        }
        world.ends(true);
        check(&world, true);
    }

    #[test]
    fn without_the_right_to_delete_no_computer_has_two_and_none_is_lost(
        truths in prop::collection::vec(truth(), 1..4),
        asks in any::<bool>(),
        private in any::<bool>(),
        happenings in prop::collection::vec(happening(), 0..80),
    ) {
        let mut world = World::new(truths, asks, Rights { delete: false, private });
        for happening in happenings {
            world.happens(happening);
        }
        world.ends(true);
        check_with_less_rights(&world);
    }

    #[test]
    fn two_agents_who_do_not_see_each_others_tasks_have_one_each(
        truths in prop::collection::vec(truth(), 1..4),
        asks in any::<bool>(),
        happenings in prop::collection::vec(happening(), 0..80),
    ) {
        let mut world = World::new(truths, asks, Rights { delete: true, private: true });
        for happening in happenings {
            world.happens(happening);
        }
        world.ends(true);
        check_with_less_rights(&world);
    }
}

#[test]
fn a_step_of_a_worker_that_has_lost_its_lease_changes_nothing() {
    let fresh = Delivery::new(missed(), NOW, false, true);
    let leased = fresh.apply(Step::Leased { until: NOW.plus(LEASE) }, NOW).unwrap();
    let corrected = leased.apply(corrected(), NOW).unwrap();
    assert_eq!(corrected.apply(Step::Sending(1), NOW), Err(Refused), "it would say what is not so");

    let discarded = leased.apply(Step::Discarded, NOW).unwrap();
    assert_eq!(discarded.stage, Stage::Skipped(Why::Discarded));
    assert_eq!(discarded.apply(Step::Sending(1), NOW), Err(Refused), "a discarded call is written");

    let later = NOW.plus(LEASE);
    let taken_over = leased.apply(Step::Leased { until: later.plus(LEASE) }, later).unwrap();
    for late in [Step::Sending(1), Step::Parked(1), Step::Withdrawn(1), Step::GivenUp(1)] {
        assert_eq!(taken_over.apply(late, later), Err(Refused));
    }
}

#[test]
fn a_task_that_was_written_of_a_discarded_call_is_deleted() {
    let delivery = Delivery::new(missed(), NOW, false, true);
    let sent = delivery
        .apply(Step::Leased { until: NOW.plus(LEASE) }, NOW)
        .and_then(|leased| leased.apply(Step::Sending(1), NOW))
        .unwrap();
    let discarded = sent.apply(Step::Discarded, NOW).unwrap();
    let step = Step::Delivered { lease: 1, task: task(1), unproven: false, outdated: false };
    let there = discarded.apply(step, NOW).unwrap();
    assert_eq!((there.stage, there.aim), (Stage::Waiting, Aim::Withdraw(Why::Discarded)));
    let there = there.apply(corrected(), NOW).unwrap();
    assert_eq!(there.aim, Aim::Withdraw(Why::Discarded), "a record does not undo a person's word");
    let gone = there
        .apply(Step::Leased { until: NOW.plus(LEASE) }, NOW)
        .and_then(|leased| leased.apply(Step::Withdrawn(2), NOW))
        .unwrap();
    assert_eq!(gone.stage, Stage::Skipped(Why::Discarded));
}

#[test]
fn a_person_takes_back_that_a_call_is_not_to_be_logged() {
    let fresh = Delivery::new(missed(), NOW, false, true);
    assert_eq!(fresh.apply(Step::Restored, NOW), Err(Refused), "nobody has discarded it");

    let unsent = fresh.apply(Step::Discarded, NOW).and_then(|it| it.apply(Step::Restored, NOW));
    let unsent = unsent.unwrap();
    assert_eq!((unsent.stage, unsent.aim, unsent.ask_first), (Stage::Waiting, Aim::Log, true));
    assert!(unsent.revision > fresh.revision);

    let step = Step::Delivered { lease: 1, task: task(1), unproven: false, outdated: false };
    let logged = fresh
        .apply(Step::Leased { until: NOW.plus(LEASE) }, NOW)
        .and_then(|leased| leased.apply(Step::Sending(1), NOW))
        .and_then(|sent| sent.apply(step, NOW))
        .unwrap();
    let discarded = logged.apply(Step::Discarded, NOW).unwrap();

    // Nothing has gone out yet: the Task stays, and is brought up to date.
    let kept = discarded.apply(Step::Restored, NOW).unwrap();
    assert_eq!((kept.aim, kept.task()), (Aim::Log, Some(&task(1))));

    // The request to delete it is out: what there is then is logged anew.
    let deleting = discarded
        .apply(Step::Leased { until: NOW.plus(LEASE) }, NOW)
        .and_then(|leased| leased.apply(Step::Sending(2), NOW))
        .and_then(|sent| sent.apply(Step::Restored, NOW))
        .unwrap();
    assert_eq!((deleting.aim, &deleting.known), (Aim::Log, &Known::MayExist));
    let gone = deleting.apply(Step::Withdrawn(2), NOW).unwrap();
    assert_eq!((gone.stage, &gone.known), (Stage::Waiting, &Known::Nothing));

    let deleted = discarded
        .apply(Step::Leased { until: NOW.plus(LEASE) }, NOW)
        .and_then(|leased| leased.apply(Step::Withdrawn(2), NOW))
        .and_then(|gone| gone.apply(Step::Restored, NOW))
        .unwrap();
    assert_eq!((deleted.stage, deleted.aim), (Stage::Waiting, Aim::Log));
}

#[test]
fn a_kind_that_is_not_logged_is_logged_when_it_turns_out_to_be_another() {
    let skipped = Delivery::new(missed(), NOW, true, false);
    assert_eq!(skipped.stage, Stage::Skipped(Why::Settings));
    assert_eq!(skipped.apply(corrected(), NOW).unwrap().stage, Stage::Waiting);
}

/// The call was answered, and its Task says something else.
fn corrected() -> Step {
    Step::Corrected {
        key: spoken(),
        ask_first: false,
        due: NOW,
        changed: true,
        another_kind: false,
    }
}

/// A call that has its Task.
fn logged() -> Delivery {
    let delivered = Step::Delivered { lease: 1, task: task(1), unproven: false, outdated: false };
    [Step::Leased { until: NOW.plus(LEASE) }, Step::Sending(1), delivered]
        .into_iter()
        .fold(Delivery::new(spoken(), NOW, false, true), |delivery, step| {
            delivery.apply(step, NOW).unwrap()
        })
}

#[test]
fn a_task_of_a_call_that_turns_out_to_be_of_a_kind_that_is_not_logged_is_taken_back() {
    let unwanted = logged().apply(Step::NotWanted { another_kind: true }, NOW).unwrap();
    assert_eq!((unwanted.stage, unwanted.aim), (Stage::Waiting, Aim::Withdraw(Why::Settings)));
    let leased = unwanted.apply(Step::Leased { until: NOW.plus(LEASE) }, NOW).unwrap();
    let gone = leased.apply(Step::Withdrawn(2), NOW).unwrap();
    assert_eq!(gone.stage, Stage::Skipped(Why::Settings));
    let wanted = Step::Corrected {
        key: spoken(),
        ask_first: false,
        due: NOW,
        changed: true,
        another_kind: true,
    };
    assert_eq!(gone.apply(wanted, NOW).unwrap().stage, Stage::Waiting, "it was wanted after all");
    // A person has changed it.
    let kept = leased.apply(Step::Kept(2), NOW).unwrap();
    assert_eq!((kept.stage, kept.task()), (Stage::Logged, Some(&task(1))));
}

#[test]
fn a_task_stays_where_only_the_settings_have_changed() {
    let logged = logged();
    assert_eq!(logged.apply(Step::NotWanted { another_kind: false }, NOW), Ok(logged));
}

#[test]
fn a_time_far_ahead_is_from_a_clock_that_was_wrong() {
    let tomorrow = NOW.plus(SECOND * 86_400);
    let delivery = Delivery::new(missed(), tomorrow, false, true);
    assert_eq!(delivery.ripe(NOW), Some(NOW));
    assert!(delivery.apply(Step::Leased { until: NOW.plus(LEASE) }, NOW).is_ok());
    let soon = Delivery::new(missed(), NOW.plus(SECOND * 60), false, true);
    assert_eq!(soon.apply(Step::Leased { until: NOW.plus(LEASE) }, NOW), Err(Refused));
}
