//! The effects of the switchboard, carried out.

use std::time::Duration;

use domain::{
    CallId, Effect, JournalEntry, Object, Party, Policy, PopWhen, RecordRef, UnknownCaller,
};
use store::{Change, FinishedCall, NewDelivery};

use super::{Answer, Controller, Input, memories::memory};
use crate::{
    command::{Event, Reply},
    journal_policy::{Fate, fate},
    problems,
    view::{LinkState, Popped, Problem},
};

/// A call that was dialled from here is shown by the PBX within this, or the phone never rang.
const SHOULD_RING: Duration = Duration::from_secs(11);

/// The refusal of a call that the PBX has taken on comes within this, or the phone is about to ring.
const REFUSED_AT_ONCE: Duration = Duration::from_millis(300);

/// So many failures are kept for a call whose name is still on its way.
const FAILURES: usize = 16;

/// Whether the switchboard tells a call's end for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    First,
    Correction,
}

/// A call that the PBX has taken on, and whoever waits to hear so.
pub(crate) struct HeldDial {
    pub(crate) call: CallId,
    pub(crate) dialled: String,
    pub(crate) answer: Answer,
}

impl Controller {
    /// Hands news to the switchboard, and carries out what follows.
    pub(crate) fn feed(&mut self, input: domain::Input) {
        let Some(board) = &mut self.board else { return };
        let effects = board.handle(input, self.clock.now());
        // The row first, since what follows may write into it. Handing a write in does not wait for the disk.
        let (rows, rest): (Vec<_>, Vec<_>) =
            effects.into_iter().partition(|effect| matches!(effect, Effect::Remember(_)));
        for effect in rows.into_iter().chain(rest) {
            self.carry_out(effect);
        }
        self.find_lost_dial();
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Identify { call, meant } => self.identify(call, meant),
            Effect::Pop { call, record } => self.pop(call, &record),
            Effect::NewRecord { call, form, party } => self.pop_form(call, form, &party),
            Effect::AskLive => self.ask_live(),
            Effect::AskCall(call) => self.ask_call(call),
            Effect::AskRecords => self.read_recent_records(),
            Effect::WantRows => self.look_for_rows(),
            Effect::Remember(live) => {
                if let Some(desk) = &self.desk {
                    self.scribe.remember(memory(desk, live));
                }
            }
            Effect::Forget(call) => {
                if let Some(desk) = self.desk.clone() {
                    self.scribe.change(&call, Change::forget_live(desk, call.clone()));
                }
            }
            Effect::Journal(entry) => self.journal(entry, Writing::First),
            Effect::Amend(entry) => self.journal(entry, Writing::Correction),
            Effect::Changed => {}
        }
    }

    /// Writes a finished call and what is to be sent about it, in one transaction.
    fn journal(&mut self, entry: JournalEntry, writing: Writing) {
        let Some(desk) = self.desk.clone() else { return };
        let key = entry.key(&desk.serial, &desk.extension);
        let settings = &self.loaded.settings;
        let plan = settings.dial_plan();
        let creates = settings.creation_policy().for_call(&entry, &plan).is_some();
        let courtesy = entry.courtesy(creates) + self.company.borrow().courtesy();
        let due = self.clock.now().wall.plus(courtesy);
        let owner = self.owner();
        let delivery = match fate(&entry, &settings.journal, &plan) {
            Fate::Nothing => None,
            Fate::Log => Some(NewDelivery {
                key,
                owner,
                due,
                ask_first: (entry.is_shared() && !entry.alone) || !entry.heard || self.rebuild,
                skip: None,
            }),
            Fate::Skip(reason) => {
                Some(NewDelivery { key, owner, due, ask_first: false, skip: Some(reason) })
            }
        };
        let (call, outcome, sent) = (entry.call.clone(), entry.outcome, delivery.is_some());
        match writing {
            Writing::First => tracing::info!(%call, ?outcome, sent, "a call has ended"),
            Writing::Correction => tracing::info!(%call, ?outcome, sent, "an entry is corrected"),
        }
        if writing == Writing::First {
            let has_record = self.besides.get(&entry.call).is_some_and(|it| it.has_record);
            self.learn_from(&entry, has_record);
        }
        self.ended(&entry);
        let finished = FinishedCall { desk, entry, matches: None };
        let change = match writing {
            // A call so old that the switchboard no longer knows it is not told anew from its records alone.
            Writing::First => Change::finish_once(finished, delivery),
            Writing::Correction => Change::finish(finished, delivery),
        };
        self.scribe.change(&call, change);
    }

    fn pop(&mut self, call: CallId, record: &RecordRef) {
        let Some(session) = &self.sales.session else { return };
        let url = session.instance().record_url(record.object, &record.id);
        self.open_by_itself(call, url);
    }

    fn pop_form(&mut self, call: CallId, form: UnknownCaller, party: &Party) {
        let (Some(session), Some(number)) = (&self.sales.session, party.number()) else { return };
        let object = match form {
            UnknownCaller::NewContact => Object::Contact,
            UnknownCaller::NewLead => Object::Lead,
            UnknownCaller::Nothing => return,
        };
        let url = session.instance().new_record_url(object, number.e164());
        self.open_by_itself(call, url);
    }

    /// Opens a page that nobody has asked for: at most once, kills included.
    fn open_by_itself(&self, call: CallId, url: url::Url) {
        if self.pops.knows(&call) {
            return;
        }
        tracing::trace!(target: "engine::stages", %call, "decided");
        let (pops, noted) = (self.pops.clone(), call.clone());
        self.open_after(call, url, move || {
            tracing::trace!(target: "engine::stages", call = %noted, "handed");
            pops.note(&noted);
            tracing::trace!(target: "engine::stages", call = %noted, "noted");
        });
    }

    /// Opens a page of the signed-in org. Starting a browser may hang, so it happens elsewhere.
    pub(crate) fn open(&self, call: CallId, url: url::Url) {
        self.open_after(call, url, || ());
    }

    fn open_after(&self, call: CallId, url: url::Url, first: impl FnOnce() + Send + 'static) {
        let (desktop, inputs, arrived) = (self.desktop.clone(), self.inputs.clone(), self.arrived);
        let (told, tasks, page) = (self.inputs.clone(), self.tasks.clone(), self.browser.page());
        let late = Box::new(move || {
            tasks.spawn(async move {
                let _ = told.send(Input::PageFailed(page)).await;
            });
        });
        self.tasks.spawn_blocking(move || {
            first();
            let result = desktop.open(&url, late).map(|()| page);
            let after = arrived.elapsed();
            if result.is_err() {
                // Before anybody knows and mends it.
                let _ = inputs.blocking_send(Input::Browser(desktop.look().browser));
            }
            // The controller may have ended meanwhile.
            let _ = inputs.blocking_send(Input::Opened { call, url, after, result });
        });
    }

    pub(crate) fn opened(
        &mut self,
        call: &CallId,
        url: &url::Url,
        after: Duration,
        result: Result<u64, String>,
    ) {
        match result {
            Ok(page) => {
                self.browser_opens(page);
                let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
                let url = url.to_string();
                let popped = Popped { url: url.clone(), after_ms };
                self.besides.entry(call.clone()).or_default().popped.get_or_insert(popped);
                if let Some(desk) = self.desk.clone() {
                    self.scribe.change(call, Change::popped(desk, call.clone(), url, after_ms));
                }
            }
            Err(detail) => self.browser_fails(&detail),
        }
    }

    /// Tells people something short.
    pub(crate) fn say(&self, problem: Problem) {
        // Nobody may be listening; the state says it as well where it lasts.
        let _ = self.events.send(Event::Notice(problem));
    }

    /// The policy in force: nothing opens while pops are paused.
    pub(crate) fn policy(&self) -> Policy {
        let policy = self.loaded.settings.pop_policy();
        if self.pops_paused_until.is_some() {
            Policy { when: PopWhen::Never, ..policy }
        } else {
            policy
        }
    }

    pub(crate) fn policy_changed(&mut self) {
        let policy = self.policy();
        if let Some(board) = &mut self.board {
            board.set_policy(policy);
        }
    }

    /// The PBX says why a call does not come about. A person who has just clicked wants to know.
    pub(crate) fn call_failed(&mut self, call: &CallId, reason: &str) {
        let problem = problems::of_refused_call(reason);
        let held = self.held_dials.iter().position(|held| held.call == *call);
        if let Some(held) = held.map(|at| self.held_dials.swap_remove(at)) {
            self.dial_rate.refused();
            self.say_about_dial(problem.clone());
            let _ = held.answer.send(Err(problem));
        } else if self.dials.contains(call) {
            self.dials.retain(|known| known != call);
            self.say_about_dial(problem);
        } else {
            // It may overtake the answer that names the call.
            self.failures.push((call.clone(), reason.to_owned()));
            let surplus = self.failures.len().saturating_sub(FAILURES);
            self.failures.drain(..surplus);
        }
    }

    fn say_about_dial(&self, problem: Problem) {
        self.desktop.notify(crate::ports::Note {
            id: problem.code.clone(),
            title: problem.message.clone(),
            body: problem.action.clone(),
            buttons: Vec::new(),
            urgent: false,
        });
        self.say(problem);
    }

    /// Answers whoever dialled: at once where the PBX has refused the call already, or a phone rings; else a moment
    /// later, since the refusal comes another way than the answer and may be overtaken by it.
    pub(crate) fn answer_dial(&mut self, held: HeldDial) {
        if let Some(at) = self.failures.iter().position(|(failed, _)| *failed == held.call) {
            let (call, reason) = self.failures.swap_remove(at);
            self.held_dials.push(held);
            self.call_failed(&call, &reason);
            return;
        }
        let now = self.clock.now();
        let board = self.board.as_ref();
        if board.and_then(|board| board.call(&held.call, now)?.channel).is_some() {
            self.took_dial(held);
            return;
        }
        self.remind(REFUSED_AT_ONCE, Input::NotRefused(held.call.clone()));
        self.held_dials.push(held);
    }

    /// No refusal has come: the phone should ring.
    pub(crate) fn not_refused(&mut self, call: &CallId) {
        if let Some(at) = self.held_dials.iter().position(|held| held.call == *call) {
            let held = self.held_dials.swap_remove(at);
            self.took_dial(held);
        }
    }

    fn took_dial(&mut self, held: HeldDial) {
        let HeldDial { call, dialled, answer } = held;
        let _ = answer.send(Ok(Reply::Dialled { call: call.to_string(), dialled }));
        self.watch_dial(call);
    }

    fn watch_dial(&mut self, call: CallId) {
        self.dials.push(call.clone());
        self.remind(SHOULD_RING, Input::ShouldRing(call));
    }

    /// The watchdog of click-to-call. Source: yeastar-open-api.md §5.1.
    pub(crate) fn should_ring(&mut self, call: &CallId) {
        if !self.dials.contains(call) {
            return;
        }
        self.dials.retain(|known| known != call);
        let now = self.clock.now();
        let silent = self
            .board
            .as_ref()
            .and_then(|board| board.call(call, now))
            .is_some_and(|state| state.channel.is_none() && state.phase != domain::Phase::Left);
        if silent && self.pbx.state == LinkState::Connected {
            self.say_about_dial(problems::phone_never_rang());
        }
    }
}
