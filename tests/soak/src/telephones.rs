//! What people do with telephones: the calls of a history.

use std::collections::BTreeMap;

use crate::{
    act::{Act, CallAct, Who},
    dice::Dice,
    ingredient::{Ingredient, Ingredients},
    plan::{AGENTS, COLLEAGUE, Lane, Step},
};

/// Milliseconds between two calls of one extension.
const BREATH_MS: u64 = 300;
/// So many calls are thrown, and as many happen as there is time for.
const TRIES: usize = 9;

/// A way a call can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Answered,
    Missed,
    Declined,
    Voicemail,
    Elsewhere,
    QueueAnswered,
    QueueMissed,
    QueueNext,
    PickedUp,
    Blind,
    BlindNotTaken,
    Attended,
    AttendedRefused,
    Parked,
    Dialled,
    DialledInVain,
    DialledPassedOn,
    Program,
    Internal,
    Held,
}

/// How often each kind comes, and to which ingredient it belongs.
const KINDS: [(Kind, u64, Option<Ingredient>); 20] = [
    (Kind::Answered, 20, None),
    (Kind::Missed, 12, None),
    (Kind::Declined, 4, None),
    (Kind::Voicemail, 6, None),
    (Kind::Elsewhere, 2, None),
    (Kind::QueueAnswered, 9, Some(Ingredient::Groups)),
    (Kind::QueueMissed, 8, Some(Ingredient::Groups)),
    (Kind::QueueNext, 4, Some(Ingredient::Groups)),
    (Kind::PickedUp, 3, Some(Ingredient::Groups)),
    (Kind::Blind, 7, Some(Ingredient::Transfers)),
    (Kind::BlindNotTaken, 6, Some(Ingredient::Transfers)),
    (Kind::Attended, 5, Some(Ingredient::Transfers)),
    (Kind::AttendedRefused, 3, Some(Ingredient::Transfers)),
    (Kind::Parked, 5, Some(Ingredient::Transfers)),
    (Kind::Dialled, 8, Some(Ingredient::Outbound)),
    (Kind::DialledInVain, 6, Some(Ingredient::Outbound)),
    (Kind::DialledPassedOn, 4, Some(Ingredient::Transfers)),
    (Kind::Program, 6, Some(Ingredient::Dial)),
    (Kind::Internal, 4, Some(Ingredient::Internal)),
    (Kind::Held, 4, Some(Ingredient::Held)),
];

/// Returns the calls of a history, and how many records of calls they need.
pub(crate) fn calls(
    dice: &mut Dice,
    chosen: &Ingredients,
    agents: usize,
    window_ms: u64,
) -> (Vec<Lane>, usize) {
    let mut free: BTreeMap<String, u64> = BTreeMap::new();
    let mut script = Script { dice, agents, calls: 0, steps: Vec::new() };
    let mut lanes = Vec::new();
    for _ in 0..TRIES {
        let kind = script.kind();
        script.steps.clear();
        let people = script.plays(kind);
        let takes: u64 = script.steps.iter().map(|step| step.wait_ms).sum();
        let wished = script.dice.between(0, window_ms);
        let begins_ms =
            people.iter().filter_map(|one| free.get(one)).copied().max().unwrap_or(0).max(wished);
        // One call at a time for each phone; what finds no time in the window does not happen.
        if begins_ms > window_ms {
            continue;
        }
        for one in people {
            free.insert(one, begins_ms + takes + BREATH_MS);
        }
        let belongs = KINDS.iter().find(|(one, ..)| *one == kind).and_then(|(_, _, of)| *of);
        if belongs.is_none_or(|of| chosen.has(of)) {
            lanes.push(Lane { begins_ms, steps: script.steps.clone() });
        }
    }
    (lanes, script.calls)
}

struct Script<'a> {
    dice: &'a mut Dice,
    /// How many agents have a desk: the first ones.
    agents: usize,
    calls: usize,
    steps: Vec<Step>,
}

impl Script<'_> {
    fn kind(&mut self) -> Kind {
        let all: u64 = KINDS.iter().map(|(_, weight, _)| weight).sum();
        let mut thrown = self.dice.between(0, all - 1);
        for (kind, weight, _) in KINDS {
            if thrown < weight {
                return kind;
            }
            thrown -= weight;
        }
        Kind::Answered
    }

    fn then(&mut self, wait_ms: u64, call: usize, act: CallAct) {
        self.steps.push(Step { wait_ms, act: Act::Call { call, act } });
    }

    fn new_call(&mut self) -> usize {
        self.calls += 1;
        self.calls - 1
    }

    fn caller(&mut self) -> Who {
        match self.dice.between(0, 99) {
            0..=54 => Who::Known(self.dice.below(9)),
            55..=62 => Who::Shared,
            63..=92 => Who::Stranger(self.dice.below(3)),
            _ => Who::Withheld,
        }
    }

    /// Whom agents dial: numbers of their own, so that a record tells one call from another.
    fn callee(&mut self) -> Who {
        if self.dice.chance(65) {
            Who::Known(self.dice.below(9))
        } else {
            Who::Stranger(3 + self.dice.below(3))
        }
    }

    /// An agent who has a desk, and somebody else.
    fn pair(&mut self) -> (String, String) {
        let first = self.dice.below(self.agents);
        let others: Vec<&str> = AGENTS
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != first)
            .map(|(_, agent)| agent.extension)
            .chain([COLLEAGUE])
            .collect();
        (AGENTS[first].extension.to_owned(), self.dice.pick(&others).to_owned())
    }

    fn ring_ms(&mut self) -> u64 {
        self.dice.between(300, 1_800)
    }

    fn talk_ms(&mut self) -> u64 {
        self.dice.between(600, 3_500)
    }

    fn ends(&mut self, after_ms: u64, call: usize) {
        let act = if self.dice.chance(50) { CallAct::AgentHangsUp } else { CallAct::OtherHangsUp };
        self.then(after_ms, call, act);
    }

    /// Somebody calls one agent directly, who is returned with a colleague.
    fn comes_in(&mut self, call: usize) -> (String, String) {
        let (agent, other) = self.pair();
        let who = self.caller();
        self.then(0, call, CallAct::Ring { who, extensions: vec![agent.clone()], queue: false });
        (agent, other)
    }

    /// The same, and the agent has answered.
    fn is_answered(&mut self, call: usize) -> (String, String) {
        let (agent, other) = self.comes_in(call);
        let rings = self.ring_ms();
        self.then(rings, call, CallAct::Answer(agent.clone()));
        (agent, other)
    }

    /// Writes the steps of a call. Returns who takes part.
    fn plays(&mut self, kind: Kind) -> Vec<String> {
        match kind {
            Kind::Answered
            | Kind::Missed
            | Kind::Declined
            | Kind::Voicemail
            | Kind::Elsewhere
            | Kind::PickedUp => self.direct(kind),
            Kind::QueueAnswered | Kind::QueueMissed | Kind::QueueNext => self.queue(kind),
            Kind::Blind
            | Kind::BlindNotTaken
            | Kind::Attended
            | Kind::AttendedRefused
            | Kind::Parked => self.passed_on(kind),
            Kind::Dialled | Kind::DialledInVain | Kind::DialledPassedOn | Kind::Program => {
                self.dialled(kind)
            }
            Kind::Internal => self.internal(),
            Kind::Held => self.held(),
        }
    }

    fn direct(&mut self, kind: Kind) -> Vec<String> {
        let call = self.new_call();
        if kind == Kind::Elsewhere {
            let who = self.caller();
            let extensions = vec![COLLEAGUE.to_owned()];
            self.then(0, call, CallAct::Ring { who, extensions, queue: false });
            self.then(500, call, CallAct::Answer(COLLEAGUE.to_owned()));
            self.ends(1_200, call);
            return vec![COLLEAGUE.to_owned()];
        }
        let (agent, other) = self.comes_in(call);
        let rings = self.ring_ms();
        match kind {
            Kind::Missed => self.then(rings, call, CallAct::OtherHangsUp),
            Kind::Declined => self.then(rings, call, CallAct::Decline(agent.clone())),
            Kind::Voicemail => {
                self.then(rings, call, CallAct::Voicemail);
                let speaks = self.talk_ms();
                self.then(speaks, call, CallAct::OtherHangsUp);
            }
            Kind::PickedUp => {
                self.then(rings, call, CallAct::Fetch(other.clone()));
                let talks = self.talk_ms();
                self.ends(talks, call);
                return vec![agent, other];
            }
            _ => {
                self.then(rings, call, CallAct::Answer(agent.clone()));
                let talks = self.talk_ms();
                if self.dice.chance(25) {
                    self.then(talks / 3, call, CallAct::Hold(agent.clone()));
                    self.then(talks / 3, call, CallAct::Unhold(agent.clone()));
                    self.ends(talks / 3, call);
                } else {
                    self.ends(talks, call);
                }
            }
        }
        vec![agent]
    }

    fn queue(&mut self, kind: Kind) -> Vec<String> {
        let call = self.new_call();
        let everybody: Vec<String> =
            AGENTS.iter().map(|agent| agent.extension.to_owned()).collect();
        let who = self.caller();
        let at_first = if kind == Kind::QueueNext { 1 } else { self.dice.between(2, 3) };
        let at_first = usize::try_from(at_first).unwrap_or(1);
        let skip = self.dice.below(everybody.len());
        let mut rung: Vec<String> =
            everybody.iter().cycle().skip(skip).take(at_first).cloned().collect();
        self.then(0, call, CallAct::Ring { who, extensions: rung.clone(), queue: true });
        if kind == Kind::QueueNext {
            let next = everybody.iter().find(|one| !rung.contains(one)).cloned();
            let next = next.unwrap_or_else(|| COLLEAGUE.to_owned());
            let rings = self.ring_ms();
            self.then(rings, call, CallAct::StopsRinging(rung[0].clone()));
            self.then(150, call, CallAct::RingsToo(next.clone()));
            rung.push(next);
        }
        let rings = self.ring_ms();
        let taken =
            kind == Kind::QueueAnswered || (kind == Kind::QueueNext && self.dice.chance(60));
        if taken {
            // The one that rang last still rings, whatever went before.
            let by = if kind == Kind::QueueNext {
                rung[rung.len() - 1].clone()
            } else {
                self.dice.pick(&rung)
            };
            self.then(rings, call, CallAct::Answer(by));
            let talks = self.talk_ms();
            self.ends(talks, call);
        } else {
            if self.dice.chance(30) && kind == Kind::QueueMissed {
                let by = self.dice.pick(&rung);
                self.then(200, call, CallAct::Decline(by));
            }
            self.then(rings, call, CallAct::OtherHangsUp);
        }
        rung
    }

    fn passed_on(&mut self, kind: Kind) -> Vec<String> {
        let call = self.new_call();
        let (from, to) = self.is_answered(call);
        let talks = self.talk_ms();
        match kind {
            Kind::Blind | Kind::BlindNotTaken => {
                self.then(talks, call, CallAct::Blind { from: from.clone(), to: to.clone() });
                let rings = self.ring_ms();
                if kind == Kind::Blind {
                    self.then(rings, call, CallAct::Answer(to.clone()));
                    let talks = self.talk_ms();
                    self.ends(talks, call);
                } else {
                    self.then(rings, call, CallAct::OtherHangsUp);
                }
            }
            Kind::Attended | Kind::AttendedRefused => {
                self.then(talks, call, CallAct::Consult { from: from.clone(), to: to.clone() });
                self.then(800, call, CallAct::ConsultAnswered { to: to.clone() });
                let asks = self.dice.between(300, 1_500);
                if kind == Kind::Attended {
                    let act = CallAct::Complete { from: from.clone(), to: to.clone() };
                    self.then(asks, call, act);
                } else {
                    self.then(asks, call, CallAct::ConsultEnds);
                    self.then(100, call, CallAct::Unhold(from.clone()));
                }
                let talks = self.talk_ms();
                self.ends(talks, call);
            }
            _ => {
                self.then(talks, call, CallAct::Park(from.clone()));
                let waits = self.ring_ms();
                let by = if self.dice.chance(40) { from.clone() } else { to.clone() };
                self.then(waits, call, CallAct::Fetch(by));
                let talks = self.talk_ms();
                self.ends(talks, call);
            }
        }
        vec![from, to]
    }

    fn dialled(&mut self, kind: Kind) -> Vec<String> {
        let call = self.new_call();
        let (agent, other) = self.pair();
        let who = self.callee();
        if kind == Kind::Program {
            let desk = AGENTS.iter().position(|one| one.extension == agent).unwrap_or(0);
            self.then(0, call, CallAct::Program { desk, extension: agent.clone(), who });
            let rings = self.dice.between(200, 900);
            self.then(rings, call, CallAct::Take);
        } else {
            self.then(0, call, CallAct::Dial { extension: agent.clone(), who });
        }
        let rings = self.ring_ms();
        let talks = self.talk_ms();
        match kind {
            Kind::DialledInVain => {
                let reasons = ["486 Busy Here", "480 Temporarily Unavailable", "404 Not Found", ""];
                match self.dice.pick(&reasons) {
                    "" => self.then(rings, call, CallAct::AgentHangsUp),
                    reason => self.then(rings, call, CallAct::Fail(reason)),
                }
                return vec![agent];
            }
            Kind::DialledPassedOn => {
                self.then(rings, call, CallAct::Remote);
                self.then(talks, call, CallAct::Blind { from: agent.clone(), to: other.clone() });
                let rings = self.ring_ms();
                self.then(rings, call, CallAct::Answer(other.clone()));
                let talks = self.talk_ms();
                self.ends(talks, call);
                return vec![agent, other];
            }
            _ => {
                self.then(rings, call, CallAct::Remote);
                self.ends(talks, call);
            }
        }
        vec![agent]
    }

    fn internal(&mut self) -> Vec<String> {
        let call = self.new_call();
        let (one, other) = self.pair();
        let (from, to) = if self.dice.chance(50) { (one, other) } else { (other, one) };
        self.then(0, call, CallAct::Internal { from: from.clone(), to: to.clone() });
        let rings = self.ring_ms();
        if self.dice.chance(60) {
            self.then(rings, call, CallAct::Answer(to.clone()));
            let talks = self.talk_ms();
            self.ends(talks, call);
        } else {
            self.then(rings, call, CallAct::AgentHangsUp);
        }
        vec![from, to]
    }

    /// One caller waits while the agent talks to another; "hang up" means the one who is talked to.
    fn held(&mut self) -> Vec<String> {
        let first = self.new_call();
        let (agent, _) = self.is_answered(first);
        let talks = self.talk_ms();
        self.then(talks, first, CallAct::Hold(agent.clone()));
        let second = self.new_call();
        let who = self.caller();
        let extensions = vec![agent.clone()];
        self.then(100, second, CallAct::Ring { who, extensions, queue: false });
        self.then(600, second, CallAct::Answer(agent.clone()));
        let desk = AGENTS.iter().position(|one| one.extension == agent).unwrap_or(0);
        let talks = self.talk_ms();
        self.then(talks, second, CallAct::HangUpAtDesk(desk));
        self.then(600, first, CallAct::Unhold(agent.clone()));
        self.then(1_000, first, CallAct::OtherHangsUp);
        vec![agent]
    }
}
