//! A calendar clock that somebody sets while the program runs.
//!
//! What was stored under the old clock is told anew under the new one: a wait stays as long as it was, and a beginning
//! stays where it was. The steady clock shows by how much.

use std::time::Duration;

use domain::Moment;

use super::Controller;

/// Less is what reading two clocks one after the other comes to on a busy computer.
const SET_BY: Duration = Duration::from_secs(2);

/// What the clocks have shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clocks {
    /// At the last look.
    last: Moment,
    /// When this run began, in the terms of the clock as it is now.
    began: Moment,
}

impl Clocks {
    pub(crate) fn beginning(now: Moment) -> Self {
        Self { last: now, began: now }
    }
}

impl Controller {
    /// Looks whether the clock was set since the last look.
    pub(super) fn heed_clock(&mut self) {
        let now = self.clock.now();
        let before = std::mem::replace(&mut self.clocks.last, now);
        let by = now.set_by(before);
        if by.unsigned_abs() < u64::try_from(SET_BY.as_millis()).unwrap_or(u64::MAX) {
            return;
        }
        tracing::info!(seconds = by / 1_000, "the computer's clock was set");
        let began = self.clocks.began.wall;
        self.clocks.began.wall = began.shifted(by);
        self.duty.clock_was_set(began, now.wall, by);
        self.beginning_was_set(began, now.wall, by);
        if let Some(until) = &mut self.pops_paused_until {
            *until = until.shifted(by);
        }
        if let Some(client) = &self.pbx.client {
            client.our_clock_was_set();
        }
        self.cursor_was_set(began, now.wall, by);
        let was = now.wall.shifted(-by);
        self.scribe.write(move |store| async move { store.clock_was_set(was, by).await });
        self.wake_outbox.send_modify(|wakes| *wakes += 1);
    }
}
