//! A backlog: many entries that are due at once, as after an outage, go out with one request.
//!
//! ```text
//!   many are due, and nothing is to be looked up or created for them ── no ──▶ one by one
//!        ▼
//!   may be there? ── asked for their keys, a thousand with one question
//!        ▼
//!   leased, 200 together ── there ──▶ done
//!        ▼
//!   still as they were leased? ── no ──▶ that one is given up
//!        ▼
//!   one request ── each by itself: written ──▶ done
//!                        refused ──▶ there is no Task of it: it goes alone next, which knows a way or says why not
//!                        lost    ──▶ it may be there: asked for before the next attempt
//! ```
//!
//! Each entry has its own lease and takes its own steps, so whatever happens to the request, a kill included, leaves each
//! of them where a request of its own would have left it.

use std::{collections::HashSet, time::Duration};

use domain::{
    CallKey, JournalEntry, Party, TaskDraft, Timestamp,
    delivery::{LONGEST_LEASE, UNSETTLED},
};
use salesforce::{CALLS, Retry, Session};
use store::{Change, Done, Due, Leased, Owner, StoredMatch};

use super::{
    Delivered, End, Step, Worker,
    asked::CALLS_AT_ONCE,
    attempt::{decided, draft, lacking, meant, said},
    kind, reason, stored_match,
};
use crate::{
    breaker::wait_after,
    lookup::{self, Lookup},
    problems,
};

/// Fewer go one by one.
const FEW: usize = 10;
/// A dead worker's rows are free again after this: longer than the request may take.
const LEASE: Duration = LONGEST_LEASE;
/// Where most are to be looked up first, it is not looked for a backlog again before this.
const AGAIN: Duration = Duration::from_secs(10);
/// What the second computer of an agent gives the first one beyond its courtesy: so many take longer than one.
const FOR_MANY: Duration = Duration::from_secs(3);

/// What is known of the entries that wait.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    /// The org has refused them among others: they go alone.
    apart: HashSet<CallKey>,
    /// There was no backlog to speak of: it is not looked for one before this, on the steady clock.
    not_before: Duration,
    /// Until when the first computer of the agent may go ahead, on the steady clock.
    go_ahead: Option<Duration>,
    /// What is being sent together.
    under_way: Vec<CallKey>,
    /// A question for a thousand calls was not answered in time: until the backlog is over it is asked for what goes into
    /// one request, and no more.
    asks_for_less: bool,
}

impl Backlog {
    /// An entry was sent alone.
    pub(super) fn went_alone(&mut self, key: &CallKey) {
        self.apart.remove(key);
    }

    /// The worker has failed: what it was sending together goes alone, so that it shows at which it fails.
    pub(super) fn has_failed(&mut self) {
        self.apart.extend(self.under_way.drain(..));
    }
}

/// An entry with what its Task is to say.
struct Ready {
    leased: Leased,
    draft: TaskDraft,
}

impl Worker {
    /// Sends a backlog. `None`: there is none, or nothing of it could be sent together.
    pub(super) async fn send_backlog(&mut self, session: &Session, owner: &Owner) -> Option<Step> {
        let now = self.clock.now();
        // The first request after trouble is a small one, or a question that changes nothing.
        let calm = self.breaker.is_calm();
        if now.steady < self.backlog.not_before || !(calm || self.company.is_alone()) {
            return None;
        }
        let due = self.store.due(owner, now.wall, CALLS).await.unwrap_or_default();
        if due.len() < FEW {
            self.backlog.go_ahead = None;
            self.backlog.asks_for_less = false;
            return None;
        }
        // Whom a partial index knows may not be all who have the number: each of those is looked up alone.
        let index = self.store.index(owner).await;
        let whole = index.is_ok_and(|index| index.completed.is_some());
        let simple: Vec<Due> =
            due.into_iter().filter(|due| self.is_simple(owner, due, whole)).collect();
        if simple.len() < FEW {
            self.backlog.go_ahead = None;
            self.backlog.not_before = now.steady + AGAIN;
            return None;
        }
        if self.company.asks() {
            let courtesy = self.company.watch().borrow().courtesy() + FOR_MANY;
            let until = *self.backlog.go_ahead.get_or_insert(now.steady + courtesy);
            if until > now.steady {
                return Some(Step::WaitUntil(now.wall.plus(until.saturating_sub(now.steady))));
            }
        }
        let unique = match session.keys_are_unique().await {
            Ok(unique) => unique,
            Err(error) => return self.not_now(error).await,
        };
        if let Err(error) = self.ask_ahead(session, owner, &simple, unique).await {
            return self.not_now(error).await;
        }
        if !self.breaker.is_calm() {
            return None;
        }
        let leased = match self.store.lease_many(owner, &simple, now.wall, LEASE).await {
            Ok(leased) if !leased.is_empty() => leased,
            Ok(_) => return None,
            Err(error) => {
                tracing::warn!(%error, "the outbox could not be read");
                return None;
            }
        };
        self.backlog.go_ahead = None;
        self.backlog.under_way = leased.iter().map(|one| one.key.clone()).collect();
        self.send_together(session, owner, leased, unique).await;
        self.backlog.under_way.clear();
        self.tell(Delivered::Moved).await;
        Some(Step::Sent)
    }

    /// Asks for the keys of those that may be there, and for those of as many of the others as one question holds: a
    /// backlog of a thousand is one question. A computer that knows of another one of its agent asks for what it is about
    /// to write, and no sooner: the other one writes meanwhile.
    async fn ask_ahead(
        &mut self,
        session: &Session,
        owner: &Owner,
        simple: &[Due],
        unique: bool,
    ) -> Result<(), salesforce::Error> {
        let now = self.clock.now();
        let is_wanted = |worker: &Self, due: &Due| {
            worker.asked.lacks(due, now.steady)
                && due.call.entry().is_some_and(|e| worker.must_ask(due.ask_first, &e, unique))
        };
        if !self.company.is_alone() || !simple.iter().any(|due| is_wanted(self, due)) {
            return Ok(());
        }
        let most = if self.backlog.asks_for_less { CALLS } else { CALLS_AT_ONCE };
        let mut due = self.store.due(owner, now.wall, most).await.unwrap_or_default();
        due.retain(|due| is_wanted(self, due));
        let asked = self.asked.ask_ahead(session, owner, &due, now.steady).await;
        if matches!(asked, Err(salesforce::Error::LostAnswer(_))) {
            self.backlog.asks_for_less = true;
        }
        asked?;
        self.breaker.close();
        self.tell(Delivered::Reached).await;
        Ok(())
    }

    /// Salesforce could not be asked. Where that may be over soon, all wait; else one entry alone says what is wrong.
    async fn not_now(&mut self, error: salesforce::Error) -> Option<Step> {
        let now = self.clock.now().steady;
        match error.retry() {
            Retry::Later { after } if !error.is_failure() && !error.is_unreadable() => {
                self.breaker.failed(now, after);
                self.tell(Delivered::Trouble(error)).await;
                Some(Step::Sent)
            }
            Retry::Later { .. } | Retry::AfterSignIn | Retry::AfterPerson | Retry::Never => {
                self.backlog.not_before = now + AGAIN;
                None
            }
        }
    }

    /// Says whether an entry needs nothing but its Task: whose call it is, is known here, and it has not been refused.
    fn is_simple(&self, owner: &Owner, due: &Due, whole: bool) -> bool {
        let Some(entry) = due.call.entry() else { return false };
        !self.backlog.apart.contains(&due.key)
            && match (&entry.party, &due.call.matches) {
                (Party::External(_), Some(matched)) => matched.candidates > 0,
                (Party::External(_), None) => {
                    // It was not looked up: what is on disk is asked without a request.
                    let known = |meant| lookup::known(&self.store, owner, &meant);
                    whole
                        && meant(&entry, &self.settings.borrow().dial_plan())
                            .is_some_and(|meant| known(meant).is_ok_and(|known| !known.is_empty()))
                }
                (_, _) => true,
            }
    }

    async fn send_together(
        &mut self,
        session: &Session,
        owner: &Owner,
        leased: Vec<Leased>,
        unique: bool,
    ) {
        let Some(leased) = self.asked_for(session, owner, leased, unique).await else { return };
        let mut ready = Vec::new();
        let mut found = Vec::new();
        for leased in leased {
            let Some(mut entry) = leased.call.entry() else { continue };
            let matched = self.known_match(session, &leased, &entry, &mut found).await;
            entry.party = decided(&matched).unwrap_or(entry.party);
            ready.push(Ready { draft: draft(&leased, &entry, matched), leased });
        }
        self.write_down(found).await;
        let Some(ready) = self.still_so(ready).await else { return };
        if ready.is_empty() {
            return;
        }
        let drafts: Vec<TaskDraft> = ready.iter().map(|one| one.draft.clone()).collect();
        match session.log_calls(&drafts).await {
            Ok(results) => {
                self.breaker.close();
                self.tell(Delivered::Reached).await;
                tracing::info!(calls = ready.len(), "a backlog was sent");
                let mut ends = Vec::new();
                for (Ready { leased, draft }, result) in ready.into_iter().zip(results) {
                    let logged = match result {
                        Ok(logged) => logged,
                        Err(error) => {
                            ends.push(self.refused(&leased, &error));
                            continue;
                        }
                    };
                    let done = Done {
                        note: lacking(logged.left_out, &leased),
                        said: (!logged.existed).then(|| said(&draft, logged.left_out)),
                        unproven: !unique && !logged.existed,
                        ..Done::found(logged.id)
                    };
                    ends.push(self.end_of(&leased, End::done(done)));
                }
                self.write_down(ends).await;
            }
            Err(error) => {
                self.put_off(ready.into_iter().map(|one| one.leased).collect(), error, true).await;
            }
        }
    }

    /// Asks for the keys of those that may be there. Returns those that are to be written; `None`: nobody knows.
    async fn asked_for(
        &mut self,
        session: &Session,
        owner: &Owner,
        leased: Vec<Leased>,
        unique: bool,
    ) -> Option<Vec<Leased>> {
        let may_be_there = |one: &Leased| {
            one.call.entry().is_some_and(|entry| self.must_ask(one.ask_first, &entry, unique))
        };
        let (doubtful, mut rest): (Vec<_>, Vec<_>) = leased.into_iter().partition(may_be_there);
        let now = self.clock.now().steady;
        let found = match self.asked.ask_all(session, owner, &doubtful, now).await {
            Ok(found) => found,
            Err(error) => {
                rest.extend(doubtful);
                self.put_off(rest, error, false).await;
                return None;
            }
        };
        let mut ends = Vec::new();
        for (leased, found) in doubtful.into_iter().zip(found) {
            match found {
                Some(found) => {
                    let done = self.found(found, &leased, unique);
                    ends.push(self.end_of(&leased, End::done(done)));
                }
                None => rest.push(leased),
            }
        }
        self.write_down(ends).await;
        Some(rest)
    }

    /// Returns whose call it is, which is known here: see [`Self::is_simple`]. What is new of that is to be written.
    async fn known_match(
        &self,
        session: &Session,
        leased: &Leased,
        entry: &JournalEntry,
        found: &mut Vec<Change>,
    ) -> StoredMatch {
        let plan = self.settings.borrow().dial_plan();
        let (Some(meant), None) = (meant(entry, &plan), &leased.call.matches) else {
            return leased.call.matches.clone().unwrap_or_default();
        };
        let lookup = Lookup { store: &self.store, session, plan: &plan };
        let looked = lookup.known_here(&meant).await;
        let matched = stored_match(&looked.matches);
        found.push(Change::sent_match(leased.ticket, matched.clone()));
        self.tell(Delivered::Looked(Box::new(looked))).await;
        matched
    }

    /// Writes down that one request goes out for all. Returns those that may be in it; `None`: it must not go out.
    async fn still_so(&mut self, ready: Vec<Ready>) -> Option<Vec<Ready>> {
        let tickets = ready.iter().map(|one| one.leased.ticket).collect();
        let current = match self.store.sending_many(tickets).await {
            Ok(current) => current,
            Err(error) => {
                tracing::warn!(%error, "the intent to send could not be written");
                let busy = salesforce::Error::Busy { code: "local disk".to_owned() };
                self.put_off(ready.into_iter().map(|one| one.leased).collect(), busy, false).await;
                return None;
            }
        };
        let mut still = Vec::new();
        let mut ends = Vec::new();
        for (one, current) in ready.into_iter().zip(current) {
            if current {
                still.push(one);
            } else {
                ends.push(self.end_of(&one.leased, End::OutOfDate));
            }
        }
        self.write_down(ends).await;
        Some(still)
    }

    /// One among many was not written: it goes alone, or is asked for first where its answer is lost.
    fn refused(&mut self, leased: &Leased, error: &salesforce::Error) -> Change {
        tracing::info!(key = %leased.key, error = kind(error), "an entry was refused among others");
        let lost = error.may_have_happened();
        let until = if lost { self.now().plus(UNSETTLED) } else { self.now() };
        if !lost {
            self.backlog.apart.insert(leased.key.clone());
        }
        postponed(leased, until, error, lost)
    }

    /// The request came to nothing, or nobody knows what came of it. `sent`: it was the one that writes.
    async fn put_off(&mut self, leased: Vec<Leased>, error: salesforce::Error, sent: bool) {
        tracing::info!(calls = leased.len(), error = kind(&error), "a backlog was not sent");
        let lost = sent && error.may_have_happened();
        let until = match error.retry() {
            // At one of them, or at all: alone each of them says.
            Retry::Later { .. } if error.is_failure() => {
                self.backlog.apart.extend(leased.iter().map(|one| one.key.clone()));
                self.now().plus(if lost { UNSETTLED } else { wait_after(1) })
            }
            Retry::Later { after } => {
                let wait = self.breaker.failed(self.clock.now().steady, after).max(wait_after(1));
                self.now().plus(if lost { wait.max(UNSETTLED) } else { wait })
            }
            // Nothing is tried before somebody signs in; signing in makes the rows due.
            Retry::AfterSignIn => self.now().plus(Duration::from_secs(3_600)),
            // One by one each says what is wrong with it.
            Retry::AfterPerson | Retry::Never => {
                self.backlog.apart.extend(leased.iter().map(|one| one.key.clone()));
                self.now()
            }
        };
        self.write_down(leased.iter().map(|one| postponed(one, until, &error, lost)).collect())
            .await;
        if !error.is_failure() {
            self.tell(Delivered::Trouble(error)).await;
        }
    }

    /// Writes down what became of many entries, in one transaction: one by one they would wait for the disk as often as there
    /// are entries, each time behind whatever else is being written.
    async fn write_down(&mut self, ends: Vec<Change>) {
        if ends.is_empty() {
            return;
        }
        for error in self.store.write_all(ends).await {
            // The lease ends by itself, and the key makes the repeat harmless.
            tracing::error!(%error, "what became of an entry could not be written");
        }
        self.write_role_down().await;
    }
}

/// Lets an entry wait that was sent with others, or was to be.
fn postponed(leased: &Leased, until: Timestamp, error: &salesforce::Error, lost: bool) -> Change {
    Change::postponed(leased.ticket, until, reason(&problems::of_salesforce(error)), lost)
}
