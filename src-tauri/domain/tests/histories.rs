//! Random histories of an office's calls, as one desk hears them: groups, transfers, holds, parked calls, with the connection
//! gone, restarts, late records and clocks that are set in between. Nothing is lost, doubled or invented, and each agent has the own seconds.
//!
//! `HISTORIES=10000` sets how many are told, `PROPTEST_RNG_SEED=1` which; a failing one is shown in its smallest form.

mod office;

use std::time::Duration;

use domain::{
    CallEvent, CallRecord, ChannelId, Direction, Input, JournalEntry, Leg, LegKind,
    LegStatus::{self, Alert, Answer, Answered, Bye, Hold, Ring},
    Outcome, RecordKind, RecordStatus, Timestamp,
};
use office::{ADA, Desk, OWN, id, moved, record};
use proptest::prelude::*;

const CALL: &str = "1767600923.417";
const BEGIN: Timestamp = Timestamp::from_seconds(1_767_600_923);

/// What happens in a call, in its order; each act is followed by a pause in seconds.
#[derive(Clone, Copy, Debug)]
enum Act {
    Rings(&'static str),
    Answers(&'static str),
    Leaves(&'static str),
    Holds,
    TakesBack,
    Joins(&'static str),
    Ends,
}

/// A call: who rings, who speaks, who passes it on.
#[derive(Clone, Debug)]
struct Story {
    queue: bool,
    acts: Vec<(Act, u64)>,
}

fn story() -> impl Strategy<Value = Story> {
    let pause = 2_u64..30;
    let agents = prop::sample::subsequence(vec![OWN, "4102", "4103"], 1..=3);
    (agents, any::<bool>(), prop::collection::vec((0_u8..7, pause), 3..9), 0_usize..4).prop_map(
        |(rings, answered, moves, who)| {
            let queue = rings.len() > 1;
            let mut acts: Vec<(Act, u64)> =
                rings.iter().map(|agent| (Act::Rings(agent), 0)).collect();
            if let Some(last) = acts.last_mut() {
                last.1 = moves[0].1;
            }
            let mut talks: Option<&'static str> = None;
            if answered {
                let taker = rings[who % rings.len()];
                acts.push((Act::Answers(taker), moves[1].1));
                talks = Some(taker);
            }
            let mut held = false;
            for (kind, pause) in &moves[2..] {
                let Some(agent) = talks else { break };
                let other = match agent {
                    "4102" => OWN,
                    OWN => "4102",
                    _ => OWN,
                };
                match kind {
                    0 if !held => {
                        acts.push((Act::Holds, *pause));
                        held = true;
                    }
                    1 if held => {
                        acts.push((Act::TakesBack, *pause));
                        held = false;
                    }
                    // Blind, and taken.
                    2 if !held => {
                        acts.push((Act::Leaves(agent), 0));
                        acts.push((Act::Rings(other), *pause));
                        acts.push((Act::Answers(other), *pause));
                        talks = Some(other);
                    }
                    // Blind, and not taken.
                    3 if !held => {
                        acts.push((Act::Leaves(agent), 0));
                        acts.push((Act::Rings(other), *pause));
                        talks = None;
                    }
                    // After a word, or parked and fetched.
                    4 if !held => {
                        acts.push((Act::Leaves(agent), 0));
                        acts.push((Act::Joins(other), *pause));
                        talks = Some(other);
                    }
                    _ => {}
                }
            }
            acts.push((Act::Ends, 0));
            Story { queue, acts }
        },
    )
}

/// What goes wrong between two acts.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// The connection is gone for so many acts.
    Gap(usize),
    Restart,
    /// The program is away for so many acts.
    Away(usize),
}

/// Whose clock somebody sets: so many seconds on, or back.
#[derive(Clone, Copy, Debug)]
enum Clock {
    Desk(i64),
    Pbx(i64),
}

/// Whom the one record of a call names.
#[derive(Clone, Copy, Debug)]
enum Names {
    First,
    /// The last that answered.
    Last,
    /// The last, also where only its phone rang.
    LastRung,
}

#[derive(Clone, Copy, Debug)]
struct How {
    /// One record for the call, and whom it names; or one for each.
    style: Option<Names>,
    /// The record comes so late.
    late: u64,
    /// The PBX says by itself that a record is there.
    told: bool,
    /// The list of extensions comes late after a start.
    list_late: bool,
    /// An answer of the PBX takes so many seconds: events may overtake it.
    lag: u64,
    /// The PBX reads the first list of a connection when it answers, and what is told before waits for it.
    waits: bool,
    /// The trunk is not monitored: its leg is in lists and in no event.
    hidden: bool,
}

/// One leg of one agent.
#[derive(Clone, Debug)]
struct Part {
    agent: &'static str,
    channel: String,
    status: LegStatus,
    /// Seconds that the PBX's clock was ahead when it began.
    stamped: i64,
    began: u64,
    answered: Option<u64>,
    ended: Option<u64>,
    /// Shown in an event after its end.
    gone: bool,
}

/// The PBX's side of the story.
struct Pbx {
    queue: bool,
    trunk: LegStatus,
    parts: Vec<Part>,
    /// Seconds that its clock is ahead.
    ahead: i64,
}

impl Pbx {
    fn live(&mut self, agent: &str) -> Option<&mut Part> {
        self.parts.iter_mut().find(|part| part.agent == agent && part.ended.is_none())
    }

    fn leg(&mut self, agent: &'static str, status: LegStatus, now: u64) {
        let channel = format!("PJSIP/{agent}-{:08x}", self.parts.len());
        let answered = (status == Answer).then_some(now);
        self.parts.push(Part {
            agent,
            channel,
            status,
            stamped: self.ahead,
            began: now,
            answered,
            ended: None,
            gone: false,
        });
    }

    fn act(&mut self, act: Act, now: u64) {
        match act {
            Act::Rings(agent) => self.leg(agent, Ring, now),
            Act::Answers(agent) => {
                self.trunk = Answered;
                for part in self.parts.iter_mut().filter(|part| part.ended.is_none()) {
                    if part.agent == agent {
                        part.status = Answer;
                        part.answered = Some(now);
                    } else {
                        part.status = Bye;
                        part.ended = Some(now);
                    }
                }
            }
            Act::Joins(agent) => {
                self.trunk = Answered;
                self.leg(agent, Answer, now);
            }
            Act::Leaves(agent) => {
                if let Some(part) = self.live(agent) {
                    part.status = Bye;
                    part.ended = Some(now);
                }
            }
            Act::Holds => self.trunk = Hold,
            Act::TakesBack => self.trunk = Answered,
            Act::Ends => {
                self.trunk = Bye;
                for part in self.parts.iter_mut().filter(|part| part.ended.is_none()) {
                    part.status = Bye;
                    part.ended = Some(now);
                }
            }
        }
    }

    /// The legs of an event.
    fn told(&mut self, how: How) -> Vec<Leg> {
        let mut legs = self.legs(true);
        if how.hidden {
            legs.retain(|leg| matches!(leg.kind, LegKind::Extension(_)));
        }
        legs
    }

    /// The legs of an event or a list: what has hung up is named once.
    fn legs(&mut self, ended_too: bool) -> Vec<Leg> {
        let kind = LegKind::Inbound {
            from: ADA.to_owned(),
            to: "4930555000".to_owned(),
            trunk: "Main".to_owned(),
        };
        let channel = ChannelId::new("PJSIP/trunk-Main-endpoint-0000a1f2");
        let mut legs = vec![Leg { kind, channel, status: self.trunk, path: None }];
        let queue = self.queue;
        for part in self.parts.iter_mut().filter(|part| !part.gone) {
            part.gone = part.ended.is_some();
            if part.gone && !ended_too {
                continue;
            }
            legs.push(Leg {
                kind: LegKind::Extension(domain::Extension::new(part.agent)),
                channel: ChannelId::new(part.channel.clone()),
                status: part.status,
                path: (queue && part.began == 0).then(|| "6400".to_owned()),
            });
        }
        legs
    }

    fn shows_own(&self) -> bool {
        self.parts.iter().any(|part| part.agent == OWN && !part.gone)
    }

    fn own_seconds(&self) -> u64 {
        let own = self.parts.iter().filter(|part| part.agent == OWN);
        own.filter_map(|part| Some(part.ended? - part.answered?)).sum()
    }

    fn rang_here(&self) -> bool {
        self.parts.iter().any(|part| part.agent == OWN)
    }

    fn taken(&self) -> bool {
        self.parts.iter().any(|part| part.answered.is_some())
    }

    /// The records as a desk reads them now, which tells times by its own clock. What the PBX has stamped before its clock
    /// was set is off by that.
    fn records(&self, how: How, end: u64, desk_ahead: i64) -> Vec<CallRecord> {
        let first_stamp = self.parts.first().map_or(self.ahead, |part| part.stamped);
        let off = |stamped: i64| stamped - self.ahead + desk_ahead;
        let row =
            |to: &str, stamped: i64, began: u64, answered: Option<u64>, ended: u64| CallRecord {
                started: moved(BEGIN.plus(Duration::from_secs(began)), off(stamped)),
                total: Duration::from_secs(ended - began),
                ..record(
                    CALL,
                    ADA,
                    to,
                    if answered.is_some() {
                        RecordStatus::Answered
                    } else {
                        RecordStatus::NoAnswer
                    },
                    RecordKind::Inbound,
                    answered.map_or(0, |answered| ended - answered),
                )
            };
        let spoke: Vec<&Part> = self.parts.iter().filter(|part| part.answered.is_some()).collect();
        let mut rows = Vec::new();
        if self.queue {
            let first = spoke.first();
            rows.push(row(
                "6400",
                first_stamp,
                0,
                first.and_then(|part| part.answered),
                first.and_then(|part| part.ended).unwrap_or(end),
            ));
        }
        for part in &self.parts {
            let ended = part.ended.unwrap_or(end);
            if part.answered.is_some() || part.began > 0 || !self.queue {
                rows.push(row(part.agent, part.stamped, part.began, part.answered, ended));
            }
        }
        let Some(names) = how.style else { return rows };
        let answered = rows.iter().rfind(|row| row.status == RecordStatus::Answered);
        let named = match names {
            Names::First => rows.first(),
            Names::Last => answered.or(rows.last()),
            Names::LastRung => rows.last(),
        };
        let to = named.map_or("6400", |row| row.to.as_str()).to_owned();
        let first = spoke.iter().filter_map(|part| part.answered).min();
        vec![row(&to, first_stamp, 0, first, end)]
    }
}

/// The question which calls there are, on its way back.
struct Question {
    due: u64,
    /// What the PBX has read.
    live: Vec<(domain::CallId, Vec<Leg>)>,
    /// The call that was asked for is over.
    over: bool,
    /// An event came after it was read.
    overtaken: bool,
    /// What was told since it was asked, where that waits for the answer.
    waiting: Option<Vec<CallEvent>>,
}

impl Question {
    fn asked(pbx: &mut Pbx, due: u64) -> Self {
        let ours = pbx.parts.iter().any(|part| part.agent == OWN && part.ended.is_none());
        let legs = pbx.legs(false);
        let live = if ours { vec![(id(CALL), legs)] } else { Vec::new() };
        Self { due, live, over: pbx.trunk == Bye, overtaken: false, waiting: None }
    }

    /// Takes in what the PBX tells meanwhile.
    fn hears(&mut self, event: CallEvent, desk: &mut Desk) {
        if let Some(waiting) = &mut self.waiting {
            waiting.push(event);
        } else {
            desk.hears(event);
            self.overtaken = true;
        }
    }

    /// Takes the answer in, as the controller does: a list that was overtaken is not whole, and is asked for again.
    fn comes(self, desk: &mut Desk, pbx: &mut Pbx, how: How) -> Option<Self> {
        let again = self.overtaken.then(|| Self::asked(pbx, self.due + how.lag));
        if let Some(waiting) = self.waiting {
            desk.hears(CallEvent::Live(Self::asked(pbx, self.due).live));
            for event in waiting {
                desk.takes(Input::Waited(event));
            }
        } else if self.overtaken {
            for (call, legs) in self.live {
                desk.hears(CallEvent::Listed { call, legs });
            }
        } else {
            desk.hears(CallEvent::Live(self.live));
        }
        // The PBX is asked for a call that others may still be in.
        if self.over {
            desk.takes(Input::Gone { call: id(CALL) });
        }
        again
    }
}

/// Time passes, and answers come in it.
fn passes(
    desk: &mut Desk,
    pbx: &mut Pbx,
    how: How,
    question: &mut Option<Question>,
    (now, seconds): (u64, u64),
) {
    let mut at = now;
    while let Some(answer) = question.take_if(|asked| asked.due <= now + seconds) {
        let wait = answer.due.saturating_sub(at);
        if wait > 0 {
            desk.waits(wait);
        }
        at += wait;
        *question = answer.comes(desk, pbx, how);
    }
    desk.waits(now + seconds - at);
}

/// What one desk makes of it.
struct Told {
    entry: Option<JournalEntry>,
    entries: usize,
    /// Every leg of this agent was heard from its beginning to its end.
    heard: bool,
    pbx: Pbx,
}

/// Sets the clocks that are set at this step.
fn sets_clocks(desk: &mut Desk, pbx: &mut Pbx, clocks: &[(usize, Clock)], step: usize) {
    for (_, clock) in clocks.iter().filter(|(place, _)| *place == step) {
        match clock {
            Clock::Desk(seconds) => {
                desk.sets_clock_by(*seconds);
            }
            Clock::Pbx(seconds) => pbx.ahead += seconds,
        }
    }
}

fn tell(story: &Story, troubles: &[(usize, Trouble)], clocks: &[(usize, Clock)], how: How) -> Told {
    let mut desk = Desk::open();
    let mut pbx = Pbx { queue: story.queue, trunk: Alert, parts: Vec::new(), ahead: 0 };
    let (mut now, mut deaf_until, mut away, mut heard) = (0, 0, false, true);
    let mut ours = false;
    let mut question: Option<Question> = None;
    for (at, (act, pause)) in story.acts.iter().enumerate() {
        if deaf_until == at && at > 0 {
            (away, deaf_until) = (false, 0);
            question = asks(&mut desk, &mut pbx, how, now);
        }
        let deaf = deaf_until > at;
        sets_clocks(&mut desk, &mut pbx, clocks, at);
        pbx.act(*act, now);
        if deaf {
            heard = false;
        } else {
            // What is met before the list of calls has come may have gone on for longer: an event does not tell.
            heard &= ours || question.is_none() || !pbx.shows_own();
            ours |= pbx.shows_own();
            let legs = pbx.told(how);
            // Other people's calls do not reach this desk.
            if ours {
                let event = CallEvent::Legs { call: id(CALL), legs };
                match &mut question {
                    Some(question) => {
                        // What waits is heard late.
                        heard &= question.waiting.is_none();
                        question.hears(event, &mut desk);
                    }
                    None => {
                        let before = desk.asked_live();
                        desk.hears(event);
                        if desk.asked_live() > before {
                            question = asks(&mut desk, &mut pbx, How { waits: false, ..how }, now);
                        }
                    }
                }
            }
        }
        for (_, trouble) in troubles.iter().filter(|(place, _)| *place == at) {
            if deaf || at + 1 == story.acts.len() {
                continue;
            }
            match trouble {
                Trouble::Gap(acts) => {
                    desk.takes(Input::Unheard);
                    // What was asked for before does not count any more.
                    question = None;
                    deaf_until = at + acts;
                }
                Trouble::Restart => {
                    // Of a trunk that no event shows, the answer that is lost would have told.
                    heard &= !how.hidden || question.is_none();
                    restarts(&mut desk, how);
                    question = asks(&mut desk, &mut pbx, how, now);
                }
                Trouble::Away(acts) => {
                    question = None;
                    away = true;
                    deaf_until = at + acts;
                }
            }
            heard &= matches!(trouble, Trouble::Restart);
            break;
        }
        if away {
            desk.now = domain::Moment {
                wall: desk.now.wall.plus(Duration::from_secs(*pause)),
                steady: desk.now.steady + Duration::from_secs(*pause),
            };
            if deaf_until > at + 1 {
                now += pause;
                continue;
            }
            restarts(&mut desk, how);
        } else {
            passes(&mut desk, &mut pbx, how, &mut question, (now, *pause));
        }
        now += pause;
    }
    if deaf_until > 0 {
        if away {
            restarts(&mut desk, how);
        }
        question = asks(&mut desk, &mut pbx, how, now);
    }
    // Nothing overtakes what is read after the end, and the first answer may have been overtaken.
    passes(&mut desk, &mut pbx, how, &mut question, (now, 2 * how.lag));
    let asked = |desk: &Desk| {
        desk.effects.iter().filter(|effect| **effect == domain::Effect::AskRecords).count()
    };
    // The records are there after so long; whoever asks before finds none.
    let known = pbx.rang_here();
    desk.waits(how.late);
    let over = story.acts.len();
    sets_clocks(&mut desk, &mut pbx, clocks, over);
    if how.told && ours {
        for record in pbx.records(how, now, desk.ahead) {
            desk.hears(CallEvent::Record(record));
        }
    }
    sets_clocks(&mut desk, &mut pbx, clocks, over + 1);
    let before = asked(&desk);
    for _ in 0..30 {
        desk.waits(1);
        if asked(&desk) > before && known {
            desk.waits(how.lag);
            let records = pbx.records(how, now, desk.ahead);
            desk.takes(Input::Past(records));
            break;
        }
    }
    if how.list_late {
        desk.learns_colleagues();
    }
    // The second look after a connection, and one more after a restart much later.
    if known || desk.board.knows(&id(CALL)) {
        sets_clocks(&mut desk, &mut pbx, clocks, over + 2);
        let records = pbx.records(how, now, desk.ahead);
        desk.takes(Input::Past(records)).waits(60);
        sets_clocks(&mut desk, &mut pbx, clocks, over + 3);
        desk.restarts();
        let records = pbx.records(how, now, desk.ahead);
        desk.hears(CallEvent::Live(Vec::new())).takes(Input::Past(records)).waits(60);
    }
    let written = desk.entries();
    let entry = desk.amendments().pop().or_else(|| written.first().cloned());
    Told { entry, entries: written.len(), heard, pbx }
}

fn restarts(desk: &mut Desk, how: How) {
    if how.list_late {
        desk.restarts_without_colleagues();
    } else {
        desk.restarts();
    }
}

/// The connection is there: which calls there are is asked first.
fn asks(desk: &mut Desk, pbx: &mut Pbx, how: How, now: u64) -> Option<Question> {
    let mut question = Question::asked(pbx, now + how.lag);
    question.waiting = how.waits.then(Vec::new);
    if how.lag > 0 { Some(question) } else { question.comes(desk, pbx, how) }
}

fn histories() -> u32 {
    std::env::var("HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(1_500)
}

fn how() -> impl Strategy<Value = How> {
    let names = prop_oneof![Just(Names::First), Just(Names::Last), Just(Names::LastRung)];
    let bools = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (prop::option::of(names), 0_u64..25, bools, 0_u64..4).prop_map(
        |(style, late, (told, list_late, waits, hidden), lag)| How {
            style,
            late,
            told,
            list_late,
            lag,
            waits,
            hidden,
        },
    )
}

fn troubles() -> impl Strategy<Value = Vec<(usize, Trouble)>> {
    let trouble = prop_oneof![
        (1_usize..4).prop_map(Trouble::Gap),
        Just(Trouble::Restart),
        (1_usize..4).prop_map(Trouble::Away),
    ];
    prop::collection::vec((0_usize..9, trouble), 0..3)
}

fn clocks() -> impl Strategy<Value = Vec<(usize, Clock)>> {
    let seconds = prop::sample::select(vec![-86_400, -3_600, -40, -3, 3, 40, 3_600, 86_400]);
    let clock = (any::<bool>(), seconds)
        .prop_map(|(desk, seconds)| if desk { Clock::Desk(seconds) } else { Clock::Pbx(seconds) });
    prop::collection::vec((0_usize..16, clock), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: histories(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_between_a_call_is_what_it_was(
        story in story(),
        troubles in troubles(),
        clocks in clocks(),
        how in how(),
    ) {
        let Told { entry, entries, heard, pbx } = tell(&story, &troubles, &clocks, how);
        prop_assert!(entries <= 1, "doubled");
        if !pbx.rang_here() {
            prop_assert!(entries == 0, "invented");
            return Ok(());
        }
        let spoken = pbx.own_seconds();
        // Where one record stands for the whole call and this agent was not heard, nothing tells who spoke.
        let told_apart = how.style.is_none();
        let Some(entry) = entry else {
            prop_assert!(!heard && !told_apart || spoken == 0 && pbx.taken(), "lost: {spoken} s");
            return Ok(());
        };
        prop_assert_eq!(entry.direction, Direction::Inbound);
        if heard || told_apart {
            let outcome = match (spoken > 0, pbx.taken()) {
                (true, _) => Outcome::Answered,
                (false, true) => Outcome::Elsewhere,
                (false, false) => Outcome::Missed,
            };
            prop_assert_eq!(entry.outcome, outcome, "heard: {}, {:?}", heard, entry);
            prop_assert!(
                entry.talked.abs_diff(Duration::from_secs(spoken)) <= Duration::from_secs(2),
                "spoke {spoken} s, heard: {heard}: {entry:?}"
            );
        }
    }
}
