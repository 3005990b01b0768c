//! Whether another computer of the same agent logs the same calls.
//!
//! Where the org has no unique field for the key, two computers that hear the same call both insert. The one that looks
//! finds both Tasks; the older one stays. From then on the two have roles that cost least: the *first* inserts unasked as
//! before, the *second* waits a little and asks. An agent with one computer pays for a look after each of the first
//! calls, and then now and then.
//!
//! ```text
//!   Alone ── another's Task is older ──▶ Second ── for weeks nothing of the other ──▶ Alone
//!     └───── another's Task is younger ▶ First
//! ```

use std::{collections::HashSet, time::Duration};

use domain::{CallKey, TaskId, Timestamp};
use salesforce::{KEYS, KeyedTask, Session};
use store::{Change, Owner, Proof, Store, Unproven};
use tokio::sync::watch;

use super::{Delivered, Worker, noted, withdraw::TakenBack};

/// The mark that outlives a restart: `first` or `second`, and when the other computer was noticed last, in milliseconds.
const MARK: &str = "desk.company";
/// A computer that was not noticed for so long is not in use any more.
const FORGOTTEN: Duration = Duration::from_secs(14 * 86_400);
/// Looks without a find until it counts as certain that there is no other computer.
const CERTAIN: u32 = 2;
/// How long after an insert the look follows: the other computer's insert has ended by then.
const SOON: Duration = Duration::from_secs(2);
/// The same for a call that several colleagues' computers may log, one after the other.
const AFTER_THE_OTHERS: Duration = Duration::from_secs(8);
/// Once it is certain, a look covers so many entries.
const NOW_AND_THEN: u32 = 50;
/// And comes at the latest after this.
const AT_LEAST: Duration = Duration::from_secs(3_600);
/// A look that failed is repeated after this.
const AGAIN: Duration = Duration::from_secs(75);
/// How long the second computer lets the first one go ahead: within the ten seconds that a Task may take, and at random, so
/// that two that both take themselves for the second one do not ask at the same moment.
const GO_AHEAD: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(5));

/// How this computer stands to others of the same agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    /// No other is known.
    #[default]
    Alone,
    /// There is another, which asks before it writes.
    First,
    /// There is another, which writes unasked.
    Second,
}

impl Role {
    /// Returns how long an entry waits for the other computer of the same agent before it is sent.
    pub(crate) fn courtesy(self) -> Duration {
        match self {
            Self::Alone | Self::First => Duration::ZERO,
            Self::Second => {
                let share = f64::from(rand::random::<u32>()) / f64::from(u32::MAX);
                GO_AHEAD.0 + (GO_AHEAD.1 - GO_AHEAD.0).mul_f64(share)
            }
        }
    }

    fn word(self) -> Option<&'static str> {
        match self {
            Self::Alone => None,
            Self::First => Some("first"),
            Self::Second => Some("second"),
        }
    }
}

/// What is known of other computers.
#[derive(Debug)]
pub(crate) struct Company {
    role: watch::Sender<Role>,
    /// Looks in a row that found no other.
    proofs: u32,
    /// Inserts since the last look.
    inserted: u32,
    look_at: Option<Duration>,
    /// The last look failed.
    failed: bool,
    /// The other was met since the role was written down last.
    met: bool,
    /// Calls whose second Task was left to the other computer in the last look.
    left_to_the_other: HashSet<CallKey>,
}

impl Company {
    /// Begins with what the last run knew, which it said at `now`.
    pub(crate) fn resume(mark: Option<&str>, now: Timestamp) -> Self {
        let known = mark.and_then(|mark| mark.split_once(' ')).and_then(|(word, at)| {
            let at = Timestamp::from_millis(at.parse().ok()?);
            let role = [Role::First, Role::Second].into_iter().find(|r| r.word() == Some(word))?;
            (now.since(at) < FORGOTTEN).then_some(role)
        });
        Self {
            role: watch::Sender::new(known.unwrap_or_default()),
            proofs: 0,
            inserted: 0,
            // What the last run has inserted and not looked at yet.
            look_at: Some(Duration::ZERO),
            failed: false,
            met: false,
            left_to_the_other: HashSet::new(),
        }
    }

    /// Reads what the last run knew.
    pub(crate) async fn load(store: &Store, now: Timestamp) -> Self {
        let mark = store.mark(MARK).await.ok().flatten();
        Self::resume(mark.as_deref(), now)
    }

    /// Tells how this computer stands to others, now and later.
    pub(crate) fn watch(&self) -> watch::Receiver<Role> {
        self.role.subscribe()
    }

    /// Says whether the key of every entry is asked for.
    pub(super) fn asks(&self) -> bool {
        *self.role.borrow() == Role::Second
    }

    /// Says whether no other computer is known that writes the same entries meanwhile.
    pub(super) fn is_alone(&self) -> bool {
        *self.role.borrow() == Role::Alone
    }

    /// Says whether the look can wait for the end of a backlog: it is about what goes out now, and there is room for more
    /// in one question.
    pub(super) fn can_wait(&self) -> bool {
        self.inserted > 0 && usize::try_from(self.inserted).is_ok_and(|inserted| inserted < KEYS)
    }

    /// A Task was inserted, or given another key.
    pub(super) fn has_inserted(&mut self, shared: bool, now: Duration) {
        self.inserted += 1;
        let wait = if shared {
            AFTER_THE_OTHERS
        } else if self.proofs < CERTAIN || self.asks() {
            SOON
        } else if self.inserted < NOW_AND_THEN {
            AT_LEAST
        } else {
            SOON
        };
        self.looks_at(now + wait);
    }

    /// The other computer's Task was there before this one's.
    pub(super) fn has_found_the_others(&mut self) {
        self.met = true;
    }

    pub(super) fn is_look_due(&self, now: Duration) -> bool {
        self.look_at.is_some_and(|at| at <= now)
    }

    /// Salesforce answers again, or a person wishes so: a look that failed is repeated now.
    pub(super) fn hastens(&mut self, now: Duration) {
        if self.failed {
            self.looks_at(now);
        }
    }

    /// A look is due at this time, or before.
    fn looks_at(&mut self, at: Duration) {
        self.look_at = Some(self.look_at.map_or(at, |before| before.min(at)));
    }

    pub(super) fn next_look(&self) -> Option<Duration> {
        self.look_at
    }

    fn is(&mut self, role: Role) {
        self.proofs = 0;
        self.met = true;
        self.role.send_if_modified(|known| std::mem::replace(known, role) != role);
    }
}

/// What is to become of the Tasks of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Verdict {
    /// The one that counts.
    keep: TaskId,
    /// Those that this agent's computers wrote beside it.
    surplus: Vec<KeyedTask>,
    /// What it says of other computers.
    role: Option<Role>,
}

/// Judges the Tasks that carry the key of an entry: the oldest stays, but one that a person has changed goes before one
/// that no person has. Only what is this agent's own is surplus: a colleague's computer looks after its own. What this
/// computer has `deleted` itself tells of no other one.
fn judge(
    key: &CallKey,
    own: &TaskId,
    tasks: &[KeyedTask],
    owner: &Owner,
    deleted: &[TaskId],
) -> Verdict {
    let same = |task: &&KeyedTask| task.key == *key;
    let mine =
        |task: &KeyedTask| task.owner.as_ref().map_or(task.id == *own, |of| *of == owner.user);
    let live: Vec<&KeyedTask> = tasks.iter().filter(same).filter(|task| !task.deleted).collect();
    let ours = live.iter().any(|task| task.id == *own);
    let keep = live
        .iter()
        .find(|task| task.changed && mine(task))
        .filter(|_| live.iter().all(|task| mine(task)))
        .or_else(|| live.first());
    let Some(keep) = keep else {
        return Verdict { keep: own.clone(), surplus: Vec::new(), role: None };
    };
    let surplus: Vec<KeyedTask> =
        live.iter().filter(|task| task.id != keep.id && mine(task)).map(|t| (*t).clone()).collect();
    let twins = live.iter().filter(|task| mine(task)).count() > 1;
    let taken_back = tasks
        .iter()
        .filter(same)
        .any(|task| task.deleted && mine(task) && task.id != *own && !deleted.contains(&task.id));
    let role = if keep.id == *own {
        (twins || taken_back).then_some(Role::First)
    } else {
        (mine(keep) && (twins || !ours)).then_some(Role::Second)
    };
    Verdict { keep: keep.id.clone(), surplus, role }
}

impl Worker {
    /// Looks whether another computer has logged what this one has inserted, and leaves one Task of each call.
    pub(super) async fn look(&mut self, session: &Session, owner: &Owner) {
        let now = self.clock.now().steady;
        self.company.look_at = None;
        self.company.inserted = 0;
        let looked = self.look_at_all(session, owner).await;
        self.company.failed = looked.is_err();
        match looked {
            Ok(()) => {}
            Err(error) => {
                tracing::info!(%error, "it could not be looked for Tasks of another computer");
                self.company.look_at = Some(now + AGAIN);
                let after = match error.retry() {
                    salesforce::Retry::Later { after } => after,
                    salesforce::Retry::AfterSignIn
                    | salesforce::Retry::AfterPerson
                    | salesforce::Retry::Never => None,
                };
                if let Some(after) = after {
                    self.company.look_at = Some(now + AGAIN.max(after));
                }
                self.tell(Delivered::Trouble(error)).await;
            }
        }
        self.write_role_down().await;
    }

    async fn look_at_all(
        &mut self,
        session: &Session,
        owner: &Owner,
    ) -> Result<(), salesforce::Error> {
        let entries = match self.store.unproven(owner, KEYS).await {
            Ok(entries) if !entries.is_empty() => entries,
            Ok(_) => return Ok(()),
            Err(error) => {
                tracing::warn!(%error, "the outbox could not be read");
                return Ok(());
            }
        };
        let mut keys: Vec<CallKey> = entries.iter().map(|entry| entry.key.clone()).collect();
        keys.dedup();
        let tasks = match session.tasks_with_keys(&keys, true).await {
            // Where the recycle bin is not shown, what is there has to do.
            Err(
                salesforce::Error::Rejected { .. } | salesforce::Error::MissingPermission { .. },
            ) => session.tasks_with_keys(&keys, false).await?,
            other => other?,
        };
        if entries.len() == KEYS {
            // There may be more of them.
            self.company.look_at = Some(self.clock.now().steady + SOON);
        }
        let mut met = false;
        let mut proofs = Vec::new();
        let mut looked = Ok(());
        for entry in entries {
            let verdict = judge(&entry.key, &entry.task, &tasks, owner, &entry.deleted);
            let left = match self.clear(session, &verdict, &entry).await {
                Ok(left) => left,
                Err(error) => {
                    looked = Err(error);
                    break;
                }
            };
            if let Some(role) = verdict.role {
                met = true;
                tracing::info!(?role, "another computer of this agent has logged the same call");
                self.company.is(role);
            }
            // The other computer alone can tell its own corrections from a person's: it is given the time to take its Task
            // back itself.
            if left && verdict.keep == entry.task {
                if self.company.left_to_the_other.insert(entry.key.clone()) {
                    self.company.looks_at(self.clock.now().steady + AGAIN);
                    continue;
                }
                self.company.left_to_the_other.remove(&entry.key);
            }
            let note = left.then(|| {
                noted(
                    "journal.doubled",
                    "two computers have logged this call, and one of the two Tasks could not be taken back: delete it in Salesforce",
                )
            });
            let replaced = verdict.keep != entry.task;
            let outdated = replaced && entry.call.remarks != domain::Remarks::default();
            let proof = Proof { task: verdict.keep, outdated, note };
            proofs.push(Change::proven(&entry, proof));
        }
        for error in self.store.write_all(proofs).await {
            tracing::warn!(%error, "which Task counts could not be written");
        }
        looked?;
        if !met {
            self.company.proofs = self.company.proofs.saturating_add(1);
        }
        self.tell(Delivered::Moved).await;
        Ok(())
    }

    /// Deletes what is surplus. Says whether something had to stay: a person has changed it, or this user may not delete
    /// it. What this computer has corrected itself says what it wrote there last.
    async fn clear(
        &self,
        session: &Session,
        verdict: &Verdict,
        entry: &Unproven,
    ) -> Result<bool, salesforce::Error> {
        let mut left = false;
        for task in &verdict.surplus {
            let said = entry.said.as_ref().filter(|_| task.id == entry.task);
            let is_theirs = task.changed && said.is_none();
            left |= is_theirs
                || self.take_back(session, &task.id, said.filter(|_| task.changed)).await?
                    != TakenBack::Gone;
        }
        Ok(left)
    }

    /// Keeps what is known of other computers for the next start.
    pub(super) async fn write_role_down(&mut self) {
        if !std::mem::take(&mut self.company.met) {
            return;
        }
        let role = *self.company.role.borrow();
        let mark = role.word().map(|word| format!("{word} {}", self.now().as_millis()));
        if let Err(error) = self.store.set_mark(MARK, mark.as_deref()).await {
            tracing::warn!(%error, "what is known of other computers could not be written");
        }
    }
}

#[cfg(test)]
mod tests;
