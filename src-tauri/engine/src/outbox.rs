//! The outbox: sends the oldest due entry, and decides by the error what becomes of it.
//!
//! What is sent was stored before. `sending` is on disk before the request is, so that after a kill the entry is
//! asked for by its key; `delivered` is on disk before the row counts as done.

use std::{future::ready, time::Duration};

use domain::{JournalEntry, Link, Party, Said, TaskDraft, TaskId, Timestamp};
use salesforce::{Retry, Session};
use store::{Leased, Owner, Reason, Store, StoredMatch};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    breaker::{Breaker, wait_after},
    civil,
    creation::{Creation, Creator},
    lookup::{self, Looked},
    ports::Clock,
    problems,
    settings::Settings,
    view::Problem,
};

/// A dead worker's row is free again after this. Source: faults.md F7.
const LEASE: Duration = Duration::from_secs(60);
/// Nothing to do: the worker looks again at least so often.
const IDLE: Duration = Duration::from_secs(300);

/// What the worker tells the controller.
#[derive(Debug)]
pub(crate) enum Delivered {
    /// Some entry has moved.
    Moved,
    /// Salesforce answered.
    Reached,
    /// It did not, or not as hoped.
    Trouble(salesforce::Error),
    /// A lookup that an entry had to wait for.
    Looked(Box<Looked>),
}

/// The worker's view of the world.
#[derive(Debug)]
pub(crate) struct Worker {
    pub store: Store,
    pub session: watch::Receiver<Option<Session>>,
    pub settings: watch::Receiver<Settings>,
    pub wake: watch::Receiver<u64>,
    /// Changes when waits are to be cut short: a person wishes so, or Salesforce is known to answer.
    pub hurry: watch::Receiver<u64>,
    pub breaker: Breaker,
    pub clock: std::sync::Arc<dyn Clock>,
    pub out: mpsc::Sender<Delivered>,
}

impl Worker {
    /// Runs until it is cancelled. A request that is under way is finished or given up at its own time-out; either
    /// way the row says what happened.
    pub(crate) async fn run(mut self, cancel: CancellationToken) {
        loop {
            let pause = match self.step().await {
                Step::Sent => continue,
                Step::WaitUntil(due) => due.since(self.now()).min(IDLE),
                Step::Nothing => IDLE,
            };
            tokio::select! {
                () = cancel.cancelled() => return,
                changed = self.session.changed() => if changed.is_err() { return },
                changed = self.wake.changed() => if changed.is_err() { return },
                changed = self.hurry.changed() => {
                    if changed.is_err() { return }
                    self.breaker.close();
                }
                () = tokio::time::sleep(pause.max(Duration::from_millis(20))) => {}
            }
            if cancel.is_cancelled() {
                return;
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now().wall
    }

    async fn step(&mut self) -> Step {
        self.wake.mark_unchanged();
        if self.session.has_changed().unwrap_or(false) || self.hurry.has_changed().unwrap_or(false)
        {
            self.hurry.mark_unchanged();
            self.breaker.close();
        }
        let Some(session) = self.session.borrow_and_update().clone() else { return Step::Nothing };
        let owner = Owner { org: session.org(), user: session.user_id() };
        if !self.settings.borrow().integration.enabled {
            return Step::Nothing;
        }
        if let Some(rest) = self.breaker.rest(self.clock.now().steady) {
            return Step::WaitUntil(self.now().plus(rest));
        }
        match self.store.lease(&owner, self.now(), LEASE).await {
            Ok(Some(leased)) => {
                self.deliver(&session, leased).await;
                Step::Sent
            }
            Ok(None) => match self.store.next_due(&owner).await {
                Ok(Some(due)) => Step::WaitUntil(due),
                Ok(None) => Step::Nothing,
                Err(error) => {
                    tracing::warn!(%error, "the outbox could not be read");
                    Step::WaitUntil(self.now().plus(Duration::from_secs(5)))
                }
            },
            Err(error) => {
                tracing::warn!(%error, "the outbox could not be read");
                Step::WaitUntil(self.now().plus(Duration::from_secs(5)))
            }
        }
    }

    async fn deliver(&mut self, session: &Session, leased: Leased) {
        let outcome = self.attempt(session, &leased).await;
        let written = match outcome {
            Ok(Sent { task, note, said }) => {
                self.breaker.close();
                self.tell(Delivered::Reached).await;
                self.store.delivered(&leased.key, &task, note, said).await
            }
            Err(error) => {
                tracing::info!(key = %leased.key, attempt = leased.attempts, error = kind(&error), "an entry was not sent");
                let problem = problems::of_salesforce(&error);
                let reason = reason(&problem);
                let written = match error.retry() {
                    Retry::Later { after } => {
                        let wait = self.breaker.failed(self.clock.now().steady, after);
                        let until = self.now().plus(wait.max(wait_after(leased.attempts)));
                        self.store
                            .postpone(&leased.key, until, reason, error.may_have_happened())
                            .await
                    }
                    // Nothing is tried before somebody signs in; signing in makes the rows due.
                    Retry::AfterSignIn => {
                        let until = self.now().plus(Duration::from_secs(3_600));
                        self.store.postpone(&leased.key, until, reason, false).await
                    }
                    Retry::AfterPerson | Retry::Never => {
                        // It is this entry's trouble: Salesforce itself is well.
                        self.breaker.close();
                        self.store.park(&leased.key, reason).await
                    }
                };
                self.tell(Delivered::Trouble(error)).await;
                written
            }
        };
        if let Err(error) = written {
            // The lease ends by itself, and the key makes the repeat harmless.
            tracing::error!(%error, "what became of an entry could not be written");
        }
        self.tell(Delivered::Moved).await;
    }

    async fn attempt(
        &mut self,
        session: &Session,
        leased: &Leased,
    ) -> Result<Sent, salesforce::Error> {
        let Some(entry) = leased.call.entry() else {
            return Err(salesforce::Error::UnexpectedAnswer {
                detail: "an unfinished call in the outbox".to_owned(),
            });
        };
        let matched = match (&leased.call.matches, &entry.party) {
            (Some(matched), _) => matched.clone(),
            (None, Party::External(number)) => {
                let plan = self.settings.borrow().dial_plan();
                let chosen = self.store.choice(&session.org(), number).await.ok().flatten();
                let looked = lookup::at_salesforce(session, &plan, number, ready(chosen)).await?;
                let matched = stored_match(&looked.matches);
                self.keep_match(leased, &matched).await;
                self.tell(Delivered::Looked(Box::new(looked))).await;
                matched
            }
            (None, Party::Extension(_) | Party::Withheld | Party::Invalid(_)) => {
                StoredMatch::default()
            }
        };
        let (matched, note) = match leased.task {
            None => self.created(session, leased, &entry, matched).await?,
            // A person has had time to say whose call it was.
            Some(_) => (matched, None),
        };
        let link = Link {
            name: matched.record.map(|record| record.name),
            who: matched.who,
            what: matched.what,
        };
        let draft = TaskDraft::new(
            &entry,
            leased.key.clone(),
            &link,
            &leased.call.remarks,
            &civil::local(entry.started),
        );
        if let Err(error) = self.store.sending(&leased.key).await {
            tracing::warn!(%error, "the intent to send could not be written");
            return Err(salesforce::Error::Busy { code: "local disk".to_owned() });
        }
        if let Some(task) = &leased.task {
            return self.update(session, leased, task, &draft).await;
        }
        let logged = session.log_call(&draft, leased.ask_first).await?;
        // What a Task says that was there already is not known.
        let said = (!logged.existed).then(|| draft.said());
        let unlinked = logged.note.map(|text| noted("journal.unlinked", text));
        Ok(Sent { task: logged.id, note: unlinked.or(note), said })
    }

    /// Brings the Task up to date. Somebody who has deleted it in Salesforce has decided so: that is not undone.
    async fn update(
        &self,
        session: &Session,
        leased: &Leased,
        task: &TaskId,
        draft: &TaskDraft,
    ) -> Result<Sent, salesforce::Error> {
        // After a lost answer it may say the one or the other.
        let before = leased.said.as_ref().filter(|_| !leased.sent_before);
        let updated = session.update_call(task, draft, before).await;
        let note = match updated {
            Ok(()) => None,
            Err(salesforce::Error::Rejected { code, fields, .. })
                if code == "NOT_FOUND" || (code == "ENTITY_IS_DELETED" && fields.is_empty()) =>
            {
                Some(noted("journal.task_deleted", "the Task was deleted in Salesforce"))
            }
            Err(error) => return Err(error),
        };
        Ok(Sent { task: task.clone(), note, said: Some(draft.said()) })
    }

    /// Creates a record where no record has the number and the settings ask for it. Also returns what is to be said
    /// beside the call where that was not possible.
    async fn created(
        &self,
        session: &Session,
        leased: &Leased,
        entry: &JournalEntry,
        matched: StoredMatch,
    ) -> Result<(StoredMatch, Option<Reason>), salesforce::Error> {
        let (policy, plan) = {
            let settings = self.settings.borrow();
            (settings.creation_policy(), settings.dial_plan())
        };
        let Some(record) = policy.for_call(entry, &plan).filter(|_| matched.candidates == 0) else {
            return Ok((matched, None));
        };
        let creator = Creator { session, store: &self.store, plan: &plan, now: self.now() };
        Ok(match creator.create(&record, &leased.key).await? {
            Creation::Record(looked) => {
                let matched = stored_match(&looked.matches);
                self.tell(Delivered::Looked(looked)).await;
                self.keep_match(leased, &matched).await;
                (matched, None)
            }
            Creation::Left(why) => (matched, Some(why)),
        })
    }

    /// Keeps what an entry is about to be sent with, without an update of the Task that is written from it.
    async fn keep_match(&self, leased: &Leased, matched: &StoredMatch) {
        if let Err(error) = self.store.set_sent_match(&leased.key, matched.clone()).await {
            tracing::warn!(%error, "a match could not be kept");
        }
    }

    async fn tell(&self, news: Delivered) {
        // The controller ends after this worker, so nobody listening means that the end has come.
        let _ = self.out.send(news).await;
    }
}

/// What Salesforce has now.
struct Sent {
    task: TaskId,
    /// What is to be said beside the call.
    note: Option<Reason>,
    /// What the Task says, where that is known.
    said: Option<Said>,
}

enum Step {
    Sent,
    WaitUntil(Timestamp),
    Nothing,
}

/// Puts matches into what is stored with a call.
pub(crate) fn stored_match(matches: &domain::Matches) -> StoredMatch {
    let link = Link::of(matches);
    let record = match matches.verdict() {
        domain::Verdict::One(candidate) => Some(candidate.record.reference()),
        domain::Verdict::Several(_) | domain::Verdict::Nobody => None,
    };
    StoredMatch {
        record,
        who: link.who,
        what: link.what,
        candidates: u32::try_from(matches.candidates.len()).unwrap_or(u32::MAX),
        why: lookup::why(matches),
    }
}

pub(crate) fn reason(problem: &Problem) -> Reason {
    Reason { code: problem.code.clone(), text: problem.message.clone() }
}

/// Puts together what is said beside a call that is logged.
pub(crate) fn noted(code: &str, text: impl Into<String>) -> Reason {
    Reason { code: code.to_owned(), text: text.into() }
}

/// Names an error without what the org said, which may name people.
fn kind(error: &salesforce::Error) -> &'static str {
    use salesforce::Error as E;
    match error {
        E::SignedOut { .. } => "signed out",
        E::ApiLimit => "API limit",
        E::Unreachable(_) => "unreachable",
        E::LostAnswer(_) => "lost answer",
        E::Busy { .. } | E::Throttled { .. } => "busy",
        E::MissingPermission { .. } => "missing permission",
        E::Rejected { .. } | E::Duplicates { .. } => "rejected",
        E::Denied
        | E::Cancelled
        | E::TimedOut
        | E::PortsBusy { .. }
        | E::Disturbed
        | E::UnexpectedInstance
        | E::NotApproved { .. }
        | E::IpRestricted
        | E::WrongKey { .. }
        | E::RedirectMismatch
        | E::SignInRefused { .. }
        | E::NoRefreshToken
        | E::ApiDisabled { .. }
        | E::ProxyLogin(_)
        | E::Untrusted(_)
        | E::SessionRefused { .. }
        | E::UnexpectedAnswer { .. }
        | E::SecretStore(_) => "other",
    }
}
