//! A desk at extension 4101, for the tests of the switchboard: verbs for what happens, and what came of it.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::time::Duration;

use domain::{
    CallEvent, CallId, CallRecord, Candidate, ChannelId, Country, DialPlan, Effect, Extension,
    Input, JournalEntry, Leg, LegKind, LegStatus, Matches, Memory, Moment, Object, PopWhen, Record,
    RecordId, RecordKind, RecordStatus, Switchboard, Timestamp, UnknownCaller, switchboard::Policy,
};

pub const OWN: &str = "4101";
pub const ADA: &str = "0493555017";
pub const COLLEAGUES: [&str; 3] = ["4101", "4102", "4103"];

pub fn plan() -> DialPlan {
    DialPlan {
        country: Country::parse("DE").expect("Germany has a numbering plan"),
        area_code: String::new(),
        international_prefix: "00".to_owned(),
        outside_prefix: String::new(),
        extension_digits: vec![3, 4, 5],
        trunk_format: domain::number::TrunkFormat::Auto,
        habit: domain::number::Habit::default(),
        blocked: Vec::new(),
    }
}

pub fn policy() -> Policy {
    Policy { when: PopWhen::Ring, outbound: false, unknown: UnknownCaller::Nothing }
}

pub fn ada() -> Matches {
    let record = Record {
        object: Object::Contact,
        id: RecordId::parse("0035g00000EXAMP").expect("15 characters"),
        person_contact: None,
        name: "Ada Moreno".to_owned(),
        first_name: None,
        last_name: None,
        email: None,
        account: None,
        company: None,
        owner: None,
        last_activity: None,
        phones: vec![("Phone".to_owned(), "+49 493 555017".to_owned())],
    };
    Matches {
        candidates: vec![Candidate { record, field: "Phone".to_owned(), account: None }],
        remembered: None,
        found_in: "local index".to_owned(),
        number: None,
        others: Vec::new(),
    }
}

pub fn own(status: LegStatus) -> Leg {
    extension(OWN, status)
}

pub fn extension(number: &str, status: LegStatus) -> Leg {
    leg(LegKind::Extension(Extension::new(number)), &format!("PJSIP/{number}-0000a1f3"), status)
}

pub fn through(queue: &str, mut leg: Leg) -> Leg {
    leg.path = Some(queue.to_owned());
    leg
}

pub fn inbound(status: LegStatus) -> Leg {
    let kind = LegKind::Inbound {
        from: ADA.to_owned(),
        to: "4930555000".to_owned(),
        trunk: "Main".to_owned(),
    };
    leg(kind, "PJSIP/trunk-Main-endpoint-0000a1f2", status)
}

pub fn outbound(status: LegStatus) -> Leg {
    let kind =
        LegKind::Outbound { from: OWN.to_owned(), to: ADA.to_owned(), trunk: "Main".to_owned() };
    leg(kind, "PJSIP/trunk-Main-endpoint-0000a1f2", status)
}

fn leg(kind: LegKind, channel: &str, status: LegStatus) -> Leg {
    Leg { kind, channel: ChannelId::new(channel), status, path: None }
}

pub fn id(call: &str) -> CallId {
    CallId::new(call)
}

pub fn legs(call: &str, legs: &[Leg]) -> CallEvent {
    CallEvent::Legs { call: id(call), legs: legs.to_vec() }
}

pub fn record(
    call: &str,
    from: &str,
    to: &str,
    status: RecordStatus,
    kind: RecordKind,
    talked: u64,
) -> CallRecord {
    CallRecord {
        call: id(call),
        started: Timestamp::from_seconds(1_767_600_923),
        stamped: None,
        from: from.to_owned(),
        to: to.to_owned(),
        total: Duration::from_secs(talked + 13),
        talked: Duration::from_secs(talked),
        status,
        kind,
        did: None,
        recording: None,
    }
}

/// A time as a clock shows it that is so many seconds ahead.
pub fn moved(time: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_millis(time.as_millis() + 1_000 * seconds)
}

/// The desk, and everything that came out of the switchboard.
#[derive(Debug)]
pub struct Desk {
    pub board: Switchboard,
    pub now: Moment,
    /// Seconds that the computer's clock is ahead.
    pub ahead: i64,
    pub effects: Vec<Effect>,
    pub matches: Matches,
    pub memories: Vec<Memory>,
    pub policy: Policy,
    pub knows_colleagues: bool,
}

impl Desk {
    pub fn open() -> Self {
        Self::with(policy())
    }

    pub fn with(policy: Policy) -> Self {
        let now = Moment {
            wall: Timestamp::from_seconds(1_767_600_923),
            steady: Duration::from_secs(1_000),
        };
        let mut board =
            Switchboard::new(Extension::new(OWN), plan(), policy, Vec::new(), Vec::new(), now);
        board.set_colleagues(COLLEAGUES.map(Extension::new));
        // The live calls come first after each connection.
        board.handle(Input::Event(CallEvent::Live(Vec::new())), now);
        Self {
            board,
            now,
            ahead: 0,
            effects: Vec::new(),
            matches: ada(),
            memories: Vec::new(),
            policy,
            knows_colleagues: true,
        }
    }

    /// The PBX says something. Numbers are looked up at once.
    pub fn hears(&mut self, event: CallEvent) -> &mut Self {
        self.takes(Input::Event(event))
    }

    pub fn takes(&mut self, input: Input) -> &mut Self {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            for effect in self.board.handle(input, self.now) {
                match &effect {
                    Effect::Identify { call, .. } => {
                        inputs.push(Input::Identified {
                            call: call.clone(),
                            matches: self.matches.clone(),
                        });
                    }
                    Effect::Remember(memory) => {
                        self.memories.retain(|known| known.call != memory.call);
                        self.memories.push(memory.clone());
                    }
                    Effect::Journal(JournalEntry { call, .. })
                    | Effect::Amend(JournalEntry { call, .. })
                    | Effect::Forget(call) => {
                        self.memories.retain(|known| known.call != *call);
                    }
                    Effect::Pop { .. }
                    | Effect::NewRecord { .. }
                    | Effect::AskLive
                    | Effect::AskCall(_)
                    | Effect::AskRecords
                    | Effect::WantRows
                    | Effect::Changed => {}
                }
                self.effects.push(effect);
            }
        }
        self
    }

    /// Time passes, with the ticks that the switchboard asks for.
    pub fn waits(&mut self, seconds: u64) -> &mut Self {
        let until = self.now.steady + Duration::from_secs(seconds);
        let mut ticks = 0;
        while let Some(due) =
            self.board.next_deadline().filter(|due| *due <= until && ticks < 1_000)
        {
            ticks += 1;
            let due = due.max(self.now.steady + Duration::from_millis(100)).min(until);
            self.advance(due);
            self.takes(Input::Tick);
            if due == until {
                break;
            }
        }
        self.advance(until);
        self.takes(Input::Tick)
    }

    /// Somebody sets the computer's clock: so many seconds on, or back.
    pub fn sets_clock_by(&mut self, seconds: i64) -> &mut Self {
        self.ahead += seconds;
        self.now.wall = moved(self.now.wall, seconds);
        self
    }

    fn advance(&mut self, steady: Duration) {
        let by = steady.saturating_sub(self.now.steady);
        self.now = Moment { wall: self.now.wall.plus(by), steady };
    }

    /// The program is killed and started again: only what is on disk remains.
    pub fn restarts(&mut self) -> &mut Self {
        let mut finished = self.entries();
        for amended in self.amendments() {
            finished.retain(|entry| entry.call != amended.call);
            finished.push(amended);
        }
        // As the store hands them over: newest first, and no word of what a past run heard of it.
        finished.sort_by_key(|entry| std::cmp::Reverse(entry.started));
        for entry in &mut finished {
            entry.heard = false;
        }
        self.board = Switchboard::new(
            Extension::new(OWN),
            plan(),
            self.policy,
            self.memories.clone(),
            finished,
            self.now,
        );
        if self.knows_colleagues {
            self.board.set_colleagues(COLLEAGUES.map(Extension::new));
        }
        self
    }

    /// The program starts again, and the list of the PBX's extensions is not there yet.
    pub fn restarts_without_colleagues(&mut self) -> &mut Self {
        self.knows_colleagues = false;
        self.restarts();
        self.knows_colleagues = true;
        self
    }

    /// The list of the PBX's extensions comes.
    pub fn learns_colleagues(&mut self) -> &mut Self {
        self.takes(Input::Colleagues(COLLEAGUES.map(Extension::new).to_vec()))
    }

    pub fn entries(&self) -> Vec<JournalEntry> {
        self.effects
            .iter()
            .filter_map(|effect| {
                if let Effect::Journal(entry) = effect { Some(entry.clone()) } else { None }
            })
            .collect()
    }

    pub fn amendments(&self) -> Vec<JournalEntry> {
        self.effects
            .iter()
            .filter_map(
                |effect| if let Effect::Amend(entry) = effect { Some(entry.clone()) } else { None },
            )
            .collect()
    }

    pub fn pops(&self) -> usize {
        self.effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Pop { .. } | Effect::NewRecord { .. }))
            .count()
    }

    pub fn asked_live(&self) -> usize {
        self.effects.iter().filter(|effect| matches!(effect, Effect::AskLive)).count()
    }

    /// The one entry that was written.
    pub fn entry(&self) -> JournalEntry {
        let entries = self.entries();
        assert_eq!(entries.len(), 1, "exactly one entry, not {entries:?}");
        entries.into_iter().next().expect("there is one")
    }
}
