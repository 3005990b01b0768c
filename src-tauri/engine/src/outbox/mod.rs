//! The outbox: sends the oldest due entry, and decides by the error what becomes of it.
//!
//! What is sent was stored before. `sending` is on disk before the request is, so that after a kill the entry is
//! asked for by its key; `delivered` is on disk before the row counts as done. An entry that has changed since it was
//! leased is given up, and leased again as it is now.
//!
//! | module | what it does |
//! |---|---|
//! | [`attempt`] | one entry: asks, looks up, creates, writes |
//! | [`backlog`] | many entries that need nothing but their Tasks: one request |
//! | [`withdraw`] | one entry that is not to be in Salesforce |
//! | [`asked`] | asks for the keys of many entries at once |
//! | [`failures`] | counts how often Salesforce has failed at an entry |
//! | [`company`] | finds out whether another computer of the same agent logs the same calls |

mod asked;
mod attempt;
mod backlog;
pub(crate) mod company;
mod failures;
mod withdraw;

use std::time::Duration;

use domain::{Link, Timestamp};
use salesforce::{Retry, Session};
use store::{Change, Done, Leased, Owner, Reason, Store, StoredMatch};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use self::company::Company;
pub(crate) use self::{
    asked::Asked,
    attempt::{OUTCOME_LEFT_OUT, meant},
    backlog::Backlog,
    failures::Failures,
};
use crate::{
    breaker::{Breaker, wait_after},
    keep,
    lookup::{self, Looked},
    ports::Clock,
    problems,
    settings::Settings,
    view::Problem,
};

/// A dead worker's row is free again after this. Source: faults.md F7.
const LEASE: Duration = Duration::from_secs(60);
/// After a lost answer nothing is tried for so long: what was sent may be on its way still, and a question that overtakes it
/// finds nothing.
const ON_ITS_WAY: Duration = Duration::from_secs(5);
/// An entry at which Salesforce fails so often is left to a person. Source: faults.md F13.
const TRIES: u32 = 3;
/// It is tried again after this, after twice this, and so on, up to the second.
const AGAIN: Duration = Duration::from_secs(10);
const LONGEST_AGAIN: Duration = Duration::from_secs(60);
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
    /// Whether another computer of the same agent logs the same calls.
    pub company: Company,
    /// Keys that were asked for a moment ago.
    pub asked: Asked,
    /// What is known of the entries that wait.
    pub backlog: Backlog,
    /// At which entries Salesforce has failed.
    pub failures: Failures,
    /// What is being sent alone.
    pub under_way: Option<Leased>,
    /// At which entries this worker has failed itself.
    pub own_failures: Failures,
}

impl keep::Task for Worker {
    const PART: keep::Part = keep::Part::Outbox;

    /// Runs until it is cancelled. A request that is under way is finished or given up at its own time-out; either
    /// way the row says what happened.
    async fn run(&mut self, cancel: &CancellationToken) {
        self.mind_the_failure().await;
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
                    self.company.hastens(self.clock.now().steady);
                }
                () = tokio::time::sleep(pause.max(Duration::from_millis(20))) => {}
            }
            if cancel.is_cancelled() {
                return;
            }
        }
    }
}

impl Worker {
    /// Lets go of what this worker was sending when it failed. What it fails at again and again is left to a person.
    async fn mind_the_failure(&mut self) {
        self.backlog.has_failed();
        let Some(leased) = self.under_way.take() else { return };
        let reason = noted(
            "journal.failed_here",
            "Patchcord itself failed at this call. Retry it, or log it by hand.",
        );
        let written = if self.own_failures.more(&leased.key) >= TRIES {
            self.own_failures.forget(&leased.key);
            tracing::error!(key = %leased.key, "an entry is left to a person: this program fails at it");
            self.store.park(&leased.ticket, reason).await
        } else {
            // What was sent, if anything, is asked for by its key.
            self.store.postpone(&leased.ticket, self.now(), reason, true).await
        };
        if let Err(error) = written {
            tracing::error!(%error, "what became of an entry could not be written");
        }
        self.tell(Delivered::Moved).await;
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
            self.company.hastens(self.clock.now().steady);
        }
        let Some(session) = self.session.borrow_and_update().clone() else { return Step::Nothing };
        let owner = Owner { org: session.org(), user: session.user_id() };
        if !self.settings.borrow().integration.enabled {
            return Step::Nothing;
        }
        if let Some(rest) = self.breaker.rest(self.clock.now().steady) {
            return Step::WaitUntil(self.now().plus(rest));
        }
        let is_look_due = self.company.is_look_due(self.clock.now().steady);
        if is_look_due && !self.company.can_wait() {
            self.look(&session, &owner).await;
            return Step::Sent;
        }
        let backlog = self.send_backlog(&session, &owner).await;
        if let Some(Step::Sent) = backlog {
            return Step::Sent;
        }
        // One look for the whole of a backlog.
        if is_look_due {
            self.look(&session, &owner).await;
            return Step::Sent;
        }
        if let Some(step) = backlog {
            return step;
        }
        match self.store.lease(&owner, self.now(), LEASE).await {
            Ok(Some(leased)) => {
                self.backlog.went_alone(&leased.key);
                self.under_way = Some(leased.clone());
                let key = leased.key.clone();
                self.deliver(&session, &owner, leased).await;
                self.under_way = None;
                self.own_failures.forget(&key);
                Step::Sent
            }
            Ok(None) => match self.store.next_due(&owner, self.now()).await {
                Ok(due) => self.next(due),
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

    /// Returns what there is to wait for: the next entry, or the next look for another computer.
    fn next(&self, due: Option<Timestamp>) -> Step {
        let now = self.clock.now();
        let look = self.company.next_look().map(|at| now.wall.plus(at.saturating_sub(now.steady)));
        match (due, look) {
            (Some(due), Some(look)) => Step::WaitUntil(due.min(look)),
            (Some(at), None) | (None, Some(at)) => Step::WaitUntil(at),
            (None, None) => Step::Nothing,
        }
    }

    async fn deliver(&mut self, session: &Session, owner: &Owner, leased: Leased) {
        let written = match self.attempt(session, owner, &leased).await {
            Ok(end) => {
                self.failures.forget(&leased.key);
                self.breaker.close();
                self.tell(Delivered::Reached).await;
                self.settle(&leased, end).await
            }
            Err(error) => {
                tracing::info!(key = %leased.key, attempt = leased.attempts, error = kind(&error), "an entry was not sent");
                let problem = problems::of_salesforce(&error);
                let reason = reason(&problem);
                let written = match error.retry() {
                    Retry::Later { .. } if error.is_failure() => {
                        self.failed(session, &leased, reason).await
                    }
                    Retry::Later { after } => {
                        let wait = self.breaker.failed(self.clock.now().steady, after);
                        let may_have_happened = error.may_have_happened();
                        let least = if may_have_happened { ON_ITS_WAY } else { Duration::ZERO };
                        let wait = wait.max(wait_after(leased.attempts)).max(least);
                        let until = self.now().plus(wait);
                        self.store.postpone(&leased.ticket, until, reason, may_have_happened).await
                    }
                    // Nothing is tried before somebody signs in; signing in makes the rows due.
                    Retry::AfterSignIn => {
                        let until = self.now().plus(Duration::from_secs(3_600));
                        self.store.postpone(&leased.ticket, until, reason, false).await
                    }
                    Retry::AfterPerson | Retry::Never => {
                        // It is this entry's trouble: Salesforce itself is well.
                        self.breaker.close();
                        self.store.park(&leased.ticket, reason).await
                    }
                };
                if !error.is_failure() {
                    self.tell(Delivered::Trouble(error)).await;
                }
                written
            }
        };
        if let Err(error) = written {
            // The lease ends by itself, and the key makes the repeat harmless.
            tracing::error!(%error, "what became of an entry could not be written");
        }
        self.tell(Delivered::Moved).await;
    }

    /// Salesforce failed at this entry. The others go on; after a few tries it is left to a person, unless Salesforce fails
    /// at everything.
    async fn failed(
        &mut self,
        session: &Session,
        leased: &Leased,
        reason: Reason,
    ) -> store::Result<()> {
        let tries = self.failures.more(&leased.key);
        if tries >= TRIES {
            match session.user().await {
                Ok(_) => {
                    self.failures.forget(&leased.key);
                    return self.store.park(&leased.ticket, reason).await;
                }
                Err(error) => {
                    // It is not this entry's own trouble.
                    self.breaker.failed(self.clock.now().steady, None);
                    let error = if error.is_failure() { all_fails() } else { error };
                    self.tell(Delivered::Trouble(error)).await;
                }
            }
        }
        let until = self.now().plus(AGAIN.saturating_mul(tries).min(LONGEST_AGAIN));
        self.store.postpone(&leased.ticket, until, reason, true).await
    }

    /// Writes down how an attempt ended.
    async fn settle(&mut self, leased: &Leased, end: End) -> store::Result<()> {
        let change = self.end_of(leased, end);
        let written = self.store.make(change).await;
        self.write_role_down().await;
        written
    }

    /// Returns what is to be written of how an attempt ended.
    fn end_of(&mut self, leased: &Leased, end: End) -> Change {
        match end {
            End::Done(done) => {
                if done.unproven {
                    // A missed call that rang here alone is asked for by no colleague's desktop.
                    let shared = leased.ask_first
                        && leased.call.entry().is_some_and(|entry| entry.is_shared());
                    self.company.has_inserted(shared, self.clock.now().steady);
                }
                Change::delivered(leased.ticket, *done)
            }
            End::Withdrawn => Change::withdrawn(leased.ticket),
            End::Kept(why) => Change::kept(leased.ticket, why),
            End::OutOfDate => {
                tracing::info!(key = %leased.key, "an entry has changed since it was leased");
                Change::given_up(leased.ticket)
            }
        }
    }

    async fn tell(&self, news: Delivered) {
        // The controller ends after this worker, so nobody listening means that the end has come.
        let _ = self.out.send(news).await;
    }
}

/// What Salesforce is called that answers every request with a failure.
fn all_fails() -> salesforce::Error {
    salesforce::Error::UnexpectedAnswer { detail: "every request fails".to_owned() }
}

/// How an attempt ended.
#[derive(Debug)]
enum End {
    /// Salesforce has the call.
    Done(Box<Done>),
    /// Salesforce has no Task of it, as it is to be.
    Withdrawn,
    /// Its Task stays, though none was to be there, and why.
    Kept(Reason),
    /// The entry has changed since it was leased: nothing was sent.
    OutOfDate,
}

impl End {
    fn done(done: Done) -> Self {
        Self::Done(Box::new(done))
    }

    /// Also says this beside the call, where there is nothing else to be said.
    fn noted(mut self, note: Option<Reason>) -> Self {
        if let Self::Done(done) = &mut self {
            done.note = done.note.take().or(note);
        }
        self
    }
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
        company: link.name.filter(|_| record.is_none()),
        record,
        who: link.who,
        what: link.what,
        candidates: u32::try_from(matches.holders()).unwrap_or(u32::MAX),
        number: matches.decided().cloned(),
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
        E::SignedOut { .. } | E::AnotherLogin { .. } => "signed out",
        E::ApiLimit => "API limit",
        E::Unreachable(_) => "unreachable",
        E::LostAnswer(_) => "lost answer",
        E::Failed { .. } => "failed",
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
        | E::Unreadable { .. }
        | E::UnexpectedAnswer { .. }
        | E::SecretStore(_) => "other",
    }
}
