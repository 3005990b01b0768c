//! Makes the open Tasks that calls leave behind, each once.
//!
//! The intent is on disk before a request goes out; after a lost answer, or a kill, Salesforce is asked first.

use std::time::Duration;

use domain::{CallKey, Party, Timestamp};
use salesforce::{FollowUpTask, Retry, Session};
use store::{DueFollowUp, Owner, Reason, Store, StoredCall};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    breaker::wait_after, civil, keep, outbox::Delivered, outbox::reason, ports::Clock, problems,
    settings::Settings,
};

/// Nothing to do: it looks again at least so often.
const IDLE: Duration = Duration::from_secs(300);
/// The local disk did not answer.
const DISK: Duration = Duration::from_secs(5);

/// The maker's view of the world.
#[derive(Debug)]
pub(crate) struct Maker {
    pub store: Store,
    pub session: watch::Receiver<Option<Session>>,
    pub settings: watch::Receiver<Settings>,
    pub wake: watch::Receiver<u64>,
    pub clock: std::sync::Arc<dyn Clock>,
    pub out: mpsc::Sender<Delivered>,
}

impl keep::Task for Maker {
    const PART: keep::Part = keep::Part::FollowUps;

    /// Runs until it is cancelled.
    async fn run(&mut self, cancel: &CancellationToken) {
        loop {
            self.wake.mark_unchanged();
            let pause = match self.step().await {
                Ok(Some(due)) => due.since(self.now()).min(IDLE),
                Ok(None) => IDLE,
                Err(error) => {
                    tracing::warn!(%error, "the follow-ups could not be read");
                    DISK
                }
            };
            tokio::select! {
                () = cancel.cancelled() => return,
                changed = self.session.changed() => if changed.is_err() { return },
                changed = self.wake.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(pause.max(Duration::from_millis(20))) => {}
            }
        }
    }
}

impl Maker {
    fn now(&self) -> Timestamp {
        self.clock.now().wall
    }

    /// Makes what is due. Returns when the next one is.
    async fn step(&mut self) -> store::Result<Option<Timestamp>> {
        let Some(session) = self.session.borrow_and_update().clone() else { return Ok(None) };
        if !self.settings.borrow().integration.enabled {
            return Ok(None);
        }
        let owner = Owner { org: session.org(), user: session.user_id() };
        while let Some(due) = self.store.due_follow_up(&owner, self.now()).await? {
            self.make(&session, due).await?;
            // The row of the list says so.
            let _ = self.out.send(Delivered::Moved).await;
        }
        self.store.next_follow_up(&owner).await
    }

    async fn make(&self, session: &Session, due: DueFollowUp) -> store::Result<()> {
        if !self.store.sending_follow_up(due.row).await? {
            return Ok(());
        }
        let error = match session.follow_up(&task(&due), due.unsure).await {
            Ok(task) => return self.store.follow_up_made(due.row, &task).await,
            Err(error) => error,
        };
        tracing::info!(call = %due.call.call, "a follow-up was not made");
        let why: Reason = reason(&problems::of_salesforce(&error));
        let lost = error.may_have_happened();
        let wait = match error.retry() {
            Retry::Later { after } => wait_after(due.attempts).max(after.unwrap_or_default()),
            // Signing in wakes this up.
            Retry::AfterSignIn => Duration::from_secs(60),
            Retry::AfterPerson | Retry::Never => {
                return self.store.park_follow_up(due.row, why).await;
            }
        };
        // What was unsure before stays so when this request did not arrive at all.
        let unsure = lost || due.unsure;
        self.store.postpone_follow_up(due.row, self.now().plus(wait), why, unsure).await
    }
}

fn task(due: &DueFollowUp) -> FollowUpTask {
    let StoredCall { desk, call, party, started, matches, remarks, .. } = &due.call;
    let matched = matches.as_ref();
    let record = matched.and_then(|matched| matched.record.as_ref());
    let number = party.as_ref().and_then(Party::shown);
    let whom = record.map(|record| record.name.as_str()).or(number);
    let who = matched.and_then(|matched| matched.who.clone());
    // A lead has nothing beside it.
    let lead = who.as_ref().is_some_and(|who| who.prefix() == domain::Object::Lead.key_prefix());
    let account = matched.and_then(|matched| matched.what.clone());
    let what = remarks.related.clone().or(account).filter(|_| !lead);
    let when = civil::local(*started).text;
    let numbered = number.map(|number| format!("\nNumber: {number}")).unwrap_or_default();
    FollowUpTask {
        key: CallKey::follow_up(&desk.serial, call, &desk.extension),
        subject: format!("Follow up with {}", whom.unwrap_or("a withheld number")),
        day: due.day,
        who,
        what,
        text: format!("From the call of {when}{numbered}"),
    }
}
