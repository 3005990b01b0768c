//! Looking a live call's number up: the contact index first, then Salesforce.

use std::{collections::VecDeque, time::Duration};

use domain::{CallId, Direction, Matches, Record, RecordId, Verdict, holders::Next, number::Meant};
use salesforce::Session;
use store::Change;

use super::{Controller, Input, owner_of};
use crate::{
    index::{Wish, numbered},
    lookup::{self, Chosen, LOCAL, Lookup},
    outbox::stored_match,
};

/// Beyond this a person is told that Salesforce is slow. A later answer still counts. Source: faults.md E10.
const DEADLINE: Duration = Duration::from_secs(3);
/// A local hit is checked at Salesforce at most so often for one number.
const REFRESH: Duration = Duration::from_secs(30 * 60);
/// So many numbers' checks are remembered.
const REFRESHED: usize = 10_000;

/// So many numbers are looked up at Salesforce at a time; a desk rings with one or two.
const AT_ONCE: usize = 8;
/// And so many wait. Of more, the oldest are left to the outbox, which looks up whose call it logs.
const WAITING: usize = 64;

/// The look-ups at Salesforce.
#[derive(Debug, Default)]
pub(crate) struct Lookups {
    under_way: usize,
    waiting: VecDeque<(CallId, Meant, Session)>,
}

impl Controller {
    /// Looks a live call's number up: what is known here first, then Salesforce.
    pub(crate) fn identify(&mut self, call: CallId, meant: Meant) {
        let Some(session) = self.sales.session.clone() else {
            self.besides.entry(call).or_default().search_failed = true;
            return;
        };
        let matches = self.known_matches(&session, &meant);
        let reach = self.index.reach(self.clock.now().wall);
        match reach.next(!matches.candidates.is_empty()) {
            Next::Ask => self.ask_salesforce(call, session, meant),
            Next::AnswerThenAsk => {
                self.is_known(&call, &session, &meant, matches);
                self.refresh(call, session, meant);
            }
            Next::Answer => self.is_known(&call, &session, &meant, matches),
        }
    }

    /// Says whose call it is by what is known here.
    fn is_known(&mut self, call: &CallId, session: &Session, meant: &Meant, matches: Matches) {
        match matches.candidates.len() {
            0 => {}
            1 => self.identified(call, matches),
            _ => self.rank_by_choice(call.clone(), session.clone(), meant.clone(), &matches),
        }
    }

    /// Returns the records on disk that have the number. Takes microseconds and waits for nothing.
    pub(crate) fn known_matches(&self, session: &Session, meant: &Meant) -> Matches {
        let known = match lookup::known(&self.store, &owner_of(session), meant) {
            Ok(known) => known,
            Err(error) => {
                tracing::warn!(%error, "the contact index could not be read");
                self.wish_of_index(Wish::Look);
                Vec::new()
            }
        };
        let plan = self.loaded.settings.dial_plan();
        let me = session.user_id();
        lookup::rank(known, meant, &plan, Some(&me), &Chosen::new(), LOCAL)
    }

    /// Salesforce has not said who it is: what is known here, whole or not, is better than nothing.
    fn fall_back(&mut self, call: &CallId, meant: &Meant) {
        let Some(session) = self.sales.session.clone() else { return };
        let matches = self.known_matches(&session, meant);
        self.is_known(call, &session, meant, matches);
    }

    /// Several known records: whether one was chosen before is on disk.
    fn rank_by_choice(&self, call: CallId, session: Session, meant: Meant, matches: &Matches) {
        let (store, inputs) = (self.store.clone(), self.inputs.clone());
        let records = matches.records();
        let plan = self.loaded.settings.dial_plan();
        self.tasks.spawn(async move {
            let chosen = lookup::chosen(&store, &session.org(), &meant).await;
            let me = session.user_id();
            let matches = lookup::rank(records, &meant, &plan, Some(&me), &chosen, LOCAL);
            let _ = inputs.send(Input::Ranked { call, matches }).await;
        });
    }

    fn ask_salesforce(&mut self, call: CallId, session: Session, meant: Meant) {
        self.remind(DEADLINE, Input::Slow(call.clone()));
        if self.lookups.under_way < AT_ONCE {
            self.look_up(call, session, meant);
            return;
        }
        self.lookups.waiting.push_back((call, meant, session));
        if self.lookups.waiting.len() > WAITING
            && let Some((oldest, _, _)) = self.lookups.waiting.pop_front()
        {
            self.besides.entry(oldest).or_default().search_failed = true;
        }
    }

    fn look_up(&mut self, call: CallId, session: Session, meant: Meant) {
        self.lookups.under_way += 1;
        tracing::trace!(target: "engine::stages", %call, "asked");
        let (store, inputs) = (self.store.clone(), self.inputs.clone());
        let plan = self.loaded.settings.dial_plan();
        self.tasks.spawn(async move {
            let lookup = Lookup { store: &store, session: &session, plan: &plan };
            let result = lookup.at_salesforce(&meant).await.map(Box::new);
            let _ = inputs.send(Input::Looked { call, meant, result }).await;
        });
    }

    /// A look-up is over: the next one of a call that still goes on has its turn.
    fn look_up_next(&mut self) {
        self.lookups.under_way = self.lookups.under_way.saturating_sub(1);
        let now = self.clock.now();
        while let Some((call, meant, session)) = self.lookups.waiting.pop_front() {
            if self.board.as_ref().is_some_and(|board| board.call(&call, now).is_some()) {
                self.look_up(call, session, meant);
                return;
            }
        }
    }

    /// Checks behind a local hit whether it is still so; what has changed serves the next call, and the card.
    fn refresh(&mut self, call: CallId, session: Session, meant: Meant) {
        let now = self.clock.now().steady;
        let number = meant.likeliest();
        let fresh = self.refreshed.get(number).is_some_and(|at| now < *at + REFRESH);
        if fresh {
            return;
        }
        self.refreshed.insert(number.clone(), now);
        if self.refreshed.len() > REFRESHED {
            self.refreshed.clear();
        }
        self.ask_salesforce(call, session, meant);
    }

    /// Keeps what Salesforce has said of records.
    pub(crate) fn keep(&self, looked: &lookup::Looked) {
        self.keep_records(&looked.records);
        self.forget_records(looked.gone.clone());
    }

    /// Keeps records that Salesforce has shown.
    fn keep_records(&self, records: &[Record]) {
        let Some(owner) = self.owner() else { return };
        let plan = self.loaded.settings.dial_plan();
        let rows: Vec<_> = records.iter().map(|record| numbered(record.clone(), &plan)).collect();
        if rows.is_empty() {
            return;
        }
        let (store, wishes) = (self.store.clone(), self.index_wishes.clone());
        // Not by the scribe: a page of the index may be being written, and the journal must not wait for it.
        self.tasks.spawn(async move {
            match store.put_records(&owner, rows).await {
                // The index counts anew. A full queue says that it is about to look anyway.
                Ok(()) => drop(wishes.try_send(Wish::Look)),
                Err(error) => tracing::warn!(%error, "records could not be kept"),
            }
        });
    }

    /// An answer from Salesforce for a live call, or for one that has ended meanwhile.
    pub(crate) fn looked(
        &mut self,
        call: &CallId,
        meant: &Meant,
        result: Result<Box<lookup::Looked>, salesforce::Error>,
    ) {
        tracing::trace!(target: "engine::stages", %call, "answered");
        self.look_up_next();
        match result {
            Ok(looked) => {
                self.salesforce_answers();
                self.keep(&looked);
                self.identified(call, looked.matches);
            }
            Err(error) => {
                self.besides.entry(call.clone()).or_default().search_failed = true;
                self.salesforce_trouble(&error);
                self.fall_back(call, meant);
            }
        }
    }

    /// Records that Salesforce does not have any more, or not for this user.
    fn forget_records(&self, gone: Vec<RecordId>) {
        let Some(owner) = self.owner().filter(|_| !gone.is_empty()) else { return };
        self.scribe.write(move |store| async move { store.forget_records(&owner, &gone).await });
    }

    /// Hands matches to the switchboard and keeps what they mean for the Task.
    pub(crate) fn identified(&mut self, call: &CallId, matches: Matches) {
        let now = self.clock.now();
        let known = self.board.as_ref().and_then(|board| board.call(call, now)?.matches);
        if known.is_some_and(|known| {
            known.candidates == matches.candidates && known.remembered == matches.remembered
        }) {
            // The check of a local hit has confirmed it: what decided stays what decided.
            return;
        }
        let stored = stored_match(&matches);
        let besides = self.besides.entry(call.clone()).or_default();
        besides.search_failed = false;
        besides.has_record = !matches.candidates.is_empty();
        if self.comes_in(call) {
            self.copy_to_phonebook(&matches);
        }
        self.feed(domain::Input::Identified { call: call.clone(), matches });
        if let Some(desk) = self.desk.clone() {
            self.scribe.change(call, Change::matched(desk, call.clone(), stored));
        }
    }

    /// Has the one record copied to the PBX, where the settings want that of callers.
    pub(crate) fn copy_to_phonebook(&self, matches: &Matches) {
        if let Verdict::One(candidate) = matches.verdict() {
            self.sync.caller(candidate.record.object, candidate.record.id.clone());
        }
    }

    fn comes_in(&self, call: &CallId) -> bool {
        let now = self.clock.now();
        let call = self.board.as_ref().and_then(|board| board.call(call, now));
        call.is_some_and(|call| call.direction == Direction::Inbound)
    }

    pub(crate) fn lookup_is_slow(&mut self, call: &CallId) {
        let now = self.clock.now();
        let state = self.board.as_ref().and_then(|board| board.call(call, now));
        let searching = state.is_some_and(|state| state.searching);
        let meant = self.board.as_ref().and_then(|board| board.meant(call));
        if searching {
            self.besides.entry(call.clone()).or_default().search_failed = true;
            if let Some(meant) = meant {
                self.fall_back(call, &meant);
            }
        }
    }
}
