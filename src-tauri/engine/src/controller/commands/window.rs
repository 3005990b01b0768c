//! The window: wanted in front, and there once the page in it says so. A process that shows an empty frame is no window.

use std::time::Duration;

use crate::{
    command::{AfterFailure, Event, Reply},
    controller::{Answer, Controller, Input},
    view::Problem,
};

/// So long the page of an open window may take to answer: whoever asks is not kept longer by one that hangs.
const PATIENCE: Duration = Duration::from_secs(4);
/// So long one that starts first may take. A busy computer needs many seconds for a web view.
pub(crate) const START: Duration = Duration::from_secs(30);

/// Who waits for the window.
#[derive(Debug, Default)]
pub(crate) struct Raising {
    waiting: Vec<Waiting>,
    /// Counts the wishes.
    turn: u64,
}

#[derive(Debug)]
struct Waiting {
    turn: u64,
    /// Until when a window that was started may take, on the steady clock.
    starts_until: Duration,
    answer: Answer,
}

impl Controller {
    /// Brings the window to the front; whoever asked is answered when its page is there.
    pub(super) fn raise(&mut self, answer: Answer) {
        if !self.desktop.can_show() {
            let _ = answer.send(Err(Problem::new(
                "window.no_display",
                "There is no display for the window.",
                "Start Patchcord from a desktop session; the command line works without one.",
            )));
            return;
        }
        self.raising.turn += 1;
        let turn = self.raising.turn;
        let starts_until = self.clock.now().steady + START;
        self.raising.waiting.push(Waiting { turn, starts_until, answer });
        self.want_window();
        self.look_for_the_window(turn);
    }

    /// Brings the window to the front, whoever wants it there.
    pub(crate) fn want_window(&self) {
        self.window_is_wanted(true);
        self.desktop.raise_window();
        let _ = self.events.send(Event::RaiseWindow);
    }

    /// The page is there.
    pub(super) fn window_is_shown(&mut self) {
        self.window_is_wanted(false);
        self.desktop.window_is_shown();
        for Waiting { answer, .. } in self.raising.waiting.drain(..) {
            let _ = answer.send(Ok(Reply::Done));
        }
    }

    /// Looks after a while whether it has come.
    fn look_for_the_window(&self, turn: u64) {
        self.remind(PATIENCE, Input::RaisePatience(turn));
    }

    /// Whoever has waited since `turn`, and before, is told that nothing came.
    pub(crate) fn window_is_late(&mut self, turn: u64) {
        let now = self.clock.now().steady;
        let starts = self.desktop.is_window_starting();
        let waits = |one: &Waiting| starts && now < one.starts_until;
        if self.raising.waiting.iter().any(|one| one.turn == turn && waits(one)) {
            self.look_for_the_window(turn);
            return;
        }
        let late: Vec<Waiting> =
            self.raising.waiting.extract_if(.., |one| one.turn <= turn).collect();
        if !late.is_empty() {
            tracing::warn!("the window was asked for, and its page does not answer");
        }
        for Waiting { answer, .. } in late {
            let _ = answer.send(Err(Problem::new(
                "window.no_answer",
                "The window has not answered yet. Calls are handled as before.",
                "Look at it again in a moment; if it stays empty, close it and open it again.",
            )));
        }
    }
}

/// Says in the log what the window's program has no log for.
pub(super) fn window_has_failed(next: AfterFailure) {
    match next {
        AfterFailure::Reload => {
            tracing::warn!("the window's page has failed; it is loaded again");
        }
        AfterFailure::End => {
            tracing::warn!("the window's page has failed again; the window ends, calls go on");
        }
    }
}
