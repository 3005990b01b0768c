//! What this program does about its own failures: an input that it fails at is dropped, a part that fails again and again
//! is told of, and after several ends within a minute only what calls need is begun.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use super::Controller;
use crate::{
    keep::{Keeper, Part, Record},
    problems,
    starts::SAFE_FOR,
    view::Problem,
};

/// What is known of failures.
#[derive(Debug)]
pub(crate) struct FailureSide {
    keeper: Keeper,
    /// Those of the controller.
    record: Record,
    /// It has failed since it looked last.
    has_failed: bool,
    /// Until when only what calls need runs, on the steady clock.
    safe_until: Option<Duration>,
    /// Holds the rest.
    held: watch::Sender<bool>,
}

impl FailureSide {
    /// Begins; `safe`: with what calls need alone.
    pub(crate) fn beginning(keeper: Keeper, safe: bool, now: Duration) -> Self {
        Self {
            keeper,
            record: Record::default(),
            has_failed: false,
            safe_until: safe.then_some(now + SAFE_FOR),
            held: watch::Sender::new(safe),
        }
    }

    /// Returns what holds the parts that calls do not need.
    pub(crate) fn held(&self) -> watch::Receiver<bool> {
        self.held.subscribe()
    }

    pub(crate) fn is_safe(&self) -> bool {
        self.safe_until.is_some()
    }

    pub(super) fn watch(&self) -> watch::Receiver<BTreeSet<Part>> {
        self.keeper.failing.subscribe()
    }

    /// Returns in how long all of it begins.
    pub(super) fn safe_for(&self, now: Duration) -> Option<Duration> {
        Some(self.safe_until?.saturating_sub(now))
    }
}

impl Controller {
    /// Does something that may fail: then it is dropped, and the controller begins anew.
    pub(super) fn dare(&mut self, act: impl FnOnce(&mut Self)) {
        // What is half done is begun anew.
        if catch_unwind(AssertUnwindSafe(|| act(self))).is_err() {
            self.faults.has_failed = true;
        }
    }

    /// Begins anew after a failure, a moment later: the switchboard from what is on disk, and with a new connection.
    pub(super) async fn mind_the_failure(&mut self) {
        if !std::mem::take(&mut self.faults.has_failed) {
            return;
        }
        let wait = self.faults.record.failed(Instant::now());
        tracing::error!(?wait, "the controller has failed at an input and begins anew");
        let often = self.faults.record.is_often(Instant::now());
        self.faults.keeper.tell(Part::Controller, often);
        tokio::select! {
            () = self.cancel.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
        self.reading_journal = false;
        self.whose.is_not_asking();
        self.dare(|this| {
            this.read_journal();
            this.begin_pbx();
        });
    }

    /// Looks whether what was told of failures still holds.
    pub(super) fn failures_are_over(&mut self, now: Duration) {
        if self.faults.record.is_calm(Instant::now()) {
            self.faults.record = Record::default();
            self.faults.keeper.tell(Part::Controller, false);
        }
        if self.faults.safe_for(now) == Some(Duration::ZERO) {
            self.begin_the_rest();
        }
    }

    /// A person tries again: what fails begins at once, and what was not begun begins.
    pub(crate) fn failures_again(&mut self) {
        self.faults.record = Record::default();
        self.faults.keeper.tell(Part::Controller, false);
        self.faults.keeper.again.send_modify(|times| *times += 1);
        self.begin_the_rest();
    }

    /// Begins what was put off, where that is so.
    pub(crate) fn begin_the_rest(&mut self) {
        if self.faults.safe_until.take().is_some() {
            tracing::info!("all parts are begun");
            self.faults.held.send_replace(false);
            self.see_links();
        }
    }

    /// Says that only what calls need runs, where that is so.
    pub(crate) fn safe_mode(&self) -> Option<Problem> {
        self.faults.is_safe().then(problems::safe_mode)
    }

    /// Says what this program fails at.
    pub(super) fn own_problem(&self) -> Option<Problem> {
        let failing = self.faults.keeper.failing.borrow();
        self.safe_mode().or_else(|| (!failing.is_empty()).then(|| problems::task_failed(&failing)))
    }
}
