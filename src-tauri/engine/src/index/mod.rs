//! The contact index: all records with a number that this user sees, kept fresh in the background.
//!
//! ```text
//!  nobody ──signed in──► building ──all pages──► ready ──15 min──► asks for changes ──► ready
//!                        (pass)                    └───a day──► second look at all (pass) ──► ready
//! ```
//!
//! A look-up never waits for this task: it reads what is on disk. The task sends one request at a time, and none while
//! the org has used most of its daily allowance.

mod bulk;
mod rounds;

use std::{sync::Arc, time::Duration};

use domain::{Timestamp, holders::Reach};
use salesforce::{Retry, Session};
use store::{IndexState, Owner, Store};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub(crate) use rounds::numbered;

use crate::{
    breaker::wait_after,
    controller::owner_of,
    keep,
    ports::Clock,
    problems,
    settings::Settings,
    usage,
    view::{IndexPhase, Problem},
};

/// Changes are asked for after this, give or take [`SPREAD`], so that an office does not ask at once.
const EVERY: Duration = Duration::from_secs(15 * 60);
const SPREAD: Duration = Duration::from_secs(4 * 60);
/// An index that was checked within this is as good as an answer from Salesforce.
const FRESH: Duration = Duration::from_secs(2 * 15 * 60);
/// All records are looked at again after this: what a user may no longer see leaves no other trace.
const SECOND_LOOK: Duration = Duration::from_secs(24 * 3_600);
/// A pause after trouble that does not pass by itself: a right is missing, a version is gone.
const TROUBLE_PAUSE: Duration = Duration::from_secs(3_600);

/// Whose records are kept.
#[derive(Clone, Debug, Default)]
pub(crate) enum Access {
    /// Nobody is signed in.
    #[default]
    Nobody,
    /// Somebody is, as far as is known without the network: what is on disk is theirs.
    Kept(Session),
    /// Salesforce has answered them: it may be asked.
    Open(Session),
}

/// What a person wants of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Look for changes now.
    Changes,
    /// Look at all records again now.
    SecondLook,
    /// The file may have been begun anew: look what is in it.
    Look,
}

/// How far the index is, for status and look-ups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Indexed {
    /// In a word.
    pub(crate) phase: IndexPhase,
    /// How many records are known.
    pub(crate) known: u64,
    /// How many of them hold a text in a phone field that is no number.
    pub(crate) unread_numbers: u64,
    /// How many there will be, while the first pass is under way and says so.
    pub(crate) expected: Option<u64>,
    /// Whether all records were taken in once, so that a number that is not here has no old record.
    pub(crate) complete: bool,
    /// When changes were asked for last.
    pub(crate) checked: Option<Timestamp>,
    /// What keeps it from being kept fresh, where a person should know.
    pub(crate) problem: Option<Problem>,
}

impl Indexed {
    /// Says how far it can be relied on.
    pub(crate) fn reach(&self, now: Timestamp) -> Reach {
        let recently = |at: Timestamp| at <= now && now.since(at) < FRESH;
        match (self.complete, self.checked.is_some_and(recently)) {
            (false, _) => Reach::Partial,
            (true, false) => Reach::Whole,
            (true, true) => Reach::Fresh,
        }
    }
}

/// The task.
#[derive(Debug)]
pub(crate) struct Indexer {
    pub store: Store,
    pub access: watch::Receiver<Access>,
    pub settings: watch::Receiver<Settings>,
    /// Changes when Salesforce is known to answer again.
    pub hurry: watch::Receiver<u64>,
    pub wishes: mpsc::Receiver<Wish>,
    pub clock: Arc<dyn Clock>,
    /// An object with more records than this is first fetched by a query in bulk.
    pub bulk_above: u64,
    /// What was found out. A full channel makes the task wait: news of its progress is all that it sends.
    pub out: mpsc::Sender<Indexed>,
}

/// What wakes the task.
enum Wake {
    Ended,
    /// Somebody signed in or out, the settings have changed, or it is time.
    Look,
    Wished(Wish),
}

/// What the next round waits for, where nothing wakes the task.
enum Rest {
    /// Somebody signs in, or the settings change.
    Wake,
    Time(Duration),
    /// There is room in the org's allowance again.
    Allowance(Session),
}

/// Why a round ended early.
enum Stop {
    /// The org has used most of its allowance.
    Allowance,
    Salesforce(salesforce::Error),
    Store(store::Error),
}

impl From<salesforce::Error> for Stop {
    fn from(error: salesforce::Error) -> Self {
        Self::Salesforce(error)
    }
}

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl keep::Task for Indexer {
    const PART: keep::Part = keep::Part::Index;

    /// Runs until it is cancelled. Every page is on disk with the position behind it, so a round may end anywhere.
    async fn run(&mut self, cancel: &CancellationToken) {
        let mut failures = 0;
        let mut wish = None;
        loop {
            let access = self.access.borrow_and_update().clone();
            let enabled = self.settings.borrow_and_update().integration.enabled;
            self.hurry.mark_unchanged();
            let rest = match access {
                Access::Kept(session) if enabled => {
                    self.tell_state(&owner_of(&session)).await;
                    Rest::Wake
                }
                Access::Open(session) if enabled => {
                    let mut leaving = self.access.clone();
                    tokio::select! {
                        () = cancel.cancelled() => return,
                        // Nothing of a user's records is written once they have left.
                        Ok(()) = leaving.changed() => continue,
                        ended = self.round(&session, wish.take()) => match ended {
                            Ok(pause) => {
                                failures = 0;
                                Rest::Time(pause)
                            }
                            Err(stop) => {
                                failures += 1;
                                self.tell_trouble(&session, stop, failures).await
                            }
                        },
                    }
                }
                Access::Nobody | Access::Kept(_) | Access::Open(_) => {
                    let _ = self.out.send(Indexed::default()).await;
                    Rest::Wake
                }
            };
            match self.woken(cancel, rest).await {
                Wake::Ended => return,
                Wake::Look => {}
                Wake::Wished(wished) => wish = Some(wished),
            }
        }
    }
}

impl Indexer {
    async fn woken(&mut self, cancel: &CancellationToken, rest: Rest) -> Wake {
        let rest = async {
            match rest {
                Rest::Wake => std::future::pending().await,
                Rest::Time(pause) => tokio::time::sleep(pause).await,
                Rest::Allowance(session) => usage::room_in_the_allowance(&session).await,
            }
        };
        tokio::select! {
            () = cancel.cancelled() => Wake::Ended,
            changed = self.access.changed() => if changed.is_ok() { Wake::Look } else { Wake::Ended },
            changed = self.settings.changed() => if changed.is_ok() { Wake::Look } else { Wake::Ended },
            changed = self.hurry.changed() => if changed.is_ok() { Wake::Look } else { Wake::Ended },
            wish = self.wishes.recv() => wish.map_or(Wake::Ended, Wake::Wished),
            () = rest => Wake::Look,
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now().wall
    }

    /// Says what is on disk.
    async fn tell_state(&self, owner: &Owner) {
        match self.store.index(owner).await {
            Ok(state) => self.tell(owner, &state, None).await,
            Err(error) => tracing::warn!(%error, "the contact index could not be read"),
        }
    }

    async fn tell(&self, owner: &Owner, state: &IndexState, problem: Option<Problem>) {
        let complete = state.completed.is_some();
        let known = self.store.cached(owner).await.unwrap_or_default();
        let unread_numbers = self.store.unread_count(owner).await.unwrap_or_default();
        let _ = self
            .out
            .send(Indexed {
                phase: match (complete, &problem) {
                    (true, _) => IndexPhase::Ready,
                    (false, None) => IndexPhase::Building,
                    (false, Some(_)) => IndexPhase::Waiting,
                },
                known,
                unread_numbers,
                expected: expected(state).filter(|_| !complete),
                complete,
                checked: state.checked,
                problem,
            })
            .await;
    }

    /// Says what has gone wrong. Returns when it is worth another try.
    async fn tell_trouble(&self, session: &Session, stop: Stop, failures: u32) -> Rest {
        let (rest, problem) = match stop {
            Stop::Allowance => (Rest::Allowance(session.clone()), Some(problems::index_paused())),
            Stop::Store(error) => {
                tracing::warn!(%error, "the contact index could not be written");
                (Rest::Time(wait_after(failures)), None)
            }
            Stop::Salesforce(error) => {
                tracing::info!(%error, "the contact index was not refreshed");
                let problem = problems::index_stopped(&error);
                let (pause, problem) = match error.retry() {
                    // The same comes again until somebody has mended a record.
                    Retry::Later { .. } if error.is_unreadable() => (TROUBLE_PAUSE, Some(problem)),
                    Retry::Later { after } => {
                        (after.unwrap_or_default().max(wait_after(failures)), None)
                    }
                    Retry::AfterSignIn => (TROUBLE_PAUSE, None),
                    Retry::AfterPerson | Retry::Never => (TROUBLE_PAUSE, Some(problem)),
                };
                (Rest::Time(pause), problem)
            }
        };
        let owner = owner_of(session);
        let state = self.store.index(&owner).await.unwrap_or_default();
        self.tell(&owner, &state, problem).await;
        rest
    }
}

/// Returns how many records the pass under way will bring, as far as Salesforce has said.
fn expected(state: &IndexState) -> Option<u64> {
    let sum = state.objects.iter().map(|one| one.expected.max(one.received)).sum();
    (state.pass_begun.is_some() && sum > 0).then_some(sum)
}

/// Returns the wait until changes are asked for again.
fn interval() -> Duration {
    let share = f64::from(rand::random::<u32>()) / f64::from(u32::MAX);
    EVERY - SPREAD / 2 + SPREAD.mul_f64(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_does_not_ask_at_once_and_everybody_asks_while_a_hit_is_fresh() {
        for _ in 0..1_000 {
            let wait = interval();
            assert!(wait >= EVERY - SPREAD / 2 && wait <= EVERY + SPREAD / 2, "{wait:?}");
            assert!(wait < FRESH);
        }
    }

    #[test]
    fn only_a_whole_and_recent_index_needs_no_second_opinion() {
        let now = Timestamp::from_seconds(1_767_600_923);
        let index = |complete, checked| Indexed { complete, checked, ..Indexed::default() };
        let reach = |complete, checked| index(complete, checked).reach(now);
        assert_eq!(reach(true, Some(now)), Reach::Fresh);
        assert_eq!(reach(false, Some(now)), Reach::Partial);
        assert_eq!(reach(true, None), Reach::Whole);
        assert_eq!(reach(true, Some(now.minus(FRESH))), Reach::Whole);
        assert_eq!(reach(true, Some(now.plus(FRESH))), Reach::Whole, "the clock was ahead");
    }
}
