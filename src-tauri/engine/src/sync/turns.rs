//! Whose turn it is: people, who may have to wait for a side that is coming up, and what is due.

use std::time::Duration;

use tokio::sync::oneshot;

use super::{Link, Wish, Worker, object_words, problems, run::Scope};
use crate::{settings::SyncMode, view::SyncReport};

/// A side that is coming up is waited for as long: a command may come right after the start.
const COMING_UP: Duration = Duration::from_secs(10);

/// A run that a person wants, and that may have to wait for a side that is coming up.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// On the steady clock: whatever is missing then is told.
    pub(super) until: Duration,
    dry_run: bool,
    agreed: bool,
    answer: oneshot::Sender<SyncReport>,
}

impl Worker {
    /// Has a person wait for both sides. What needs none is not put off.
    pub(super) fn wait(
        &mut self,
        dry_run: bool,
        agreed: bool,
        answer: oneshot::Sender<SyncReport>,
    ) {
        let off = self.settings.borrow().contact_sync.mode == SyncMode::Off;
        let patience = if off && !dry_run { Duration::ZERO } else { COMING_UP };
        let until = self.clock.now().steady + patience;
        self.waiting.push(Waiting { until, dry_run, agreed, answer });
    }

    /// Runs for whoever waits, where both sides are there or were waited for long enough.
    pub(super) async fn run_for_people(&mut self) {
        loop {
            let (now, there) = (self.clock.now().steady, self.both_are_there());
            let Some(at) = self.waiting.iter().position(|one| there || one.until <= now) else {
                return;
            };
            let one = self.waiting.remove(at);
            self.run_for(one).await;
        }
    }

    async fn run_for(&mut self, Waiting { dry_run, agreed, answer, .. }: Waiting) {
        let mode = self.settings.borrow().contact_sync.mode;
        let scope = match mode {
            SyncMode::OnCall if !dry_run => Scope::Known,
            SyncMode::Off | SyncMode::OnCall | SyncMode::Full => Scope::Full,
        };
        let outcome = if mode == SyncMode::Off && !dry_run {
            Err(problems::off())
        } else {
            self.one_run(scope, Wish { dry_run, agreed, asked_for: true }).await
        };
        if !dry_run {
            self.plan_next(&outcome);
        }
        let report = outcome.unwrap_or_else(|problem| {
            let sync = &self.settings.borrow().contact_sync;
            SyncReport {
                dry_run,
                objects: object_words(&sync.objects),
                phonebook: sync.phonebook.clone(),
                problem: Some(problem),
                ..SyncReport::default()
            }
        });
        // Whoever asked may have gone.
        let _ = answer.send(report);
    }

    /// Runs by itself, where it is time.
    pub(super) async fn run_what_is_due(&mut self) {
        let now = self.clock.now().steady;
        if self.due.is_none_or(|due| due > now) {
            return;
        }
        self.due = None;
        let Some(scope) = self.wanted() else { return };
        if !self.both_are_there() && !std::mem::replace(&mut self.waits_for_whose, true) {
            self.set_due(Some(COMING_UP));
            return;
        }
        self.waits_for_whose = false;
        let outcome = self.one_run(scope, Wish::default()).await;
        self.plan_next(&outcome);
    }

    /// Says whether both sides are there, and whose extension it is: a claim goes by its name.
    pub(super) fn both_are_there(&self) -> bool {
        let bound =
            |link: &Option<Link>| link.as_ref().is_some_and(|link| link.extension.is_some());
        self.session.borrow().is_some() && bound(&self.link.borrow())
    }
}
