//! A browser that did not open a page: said until one does, or until the system has another one.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Controller, Input};
use crate::{ports::Fact, problems};

/// What is known of the browser.
#[derive(Debug, Default)]
pub(crate) struct BrowserSide {
    pub(crate) problem: Option<crate::view::Problem>,
    /// What the system said of it last, beginning a moment before a page did not open.
    was: Option<Fact>,
    /// Counts the pages.
    pages: AtomicU64,
    /// The page whose command has ended as failed. That may be known before its start is.
    failed: Option<u64>,
}

impl BrowserSide {
    /// Returns the name of another page.
    pub(crate) fn page(&self) -> u64 {
        self.pages.fetch_add(1, Ordering::Relaxed)
    }

    fn works(&mut self) {
        (self.problem, self.was, self.failed) = (None, None, None);
    }
}

impl Controller {
    /// The browser's command was started on a page.
    pub(super) fn browser_opens(&mut self, page: u64) {
        if self.browser.failed != Some(page) {
            self.browser.works();
        }
    }

    /// The command of a page has ended as failed.
    pub(super) fn page_failed(&mut self, page: u64) {
        self.browser.failed = Some(page);
        self.browser_fails("its command has ended as failed");
    }

    /// A page could not be opened.
    pub(super) fn browser_fails(&mut self, detail: &str) {
        let problem = problems::browser_failed(detail);
        self.browser.problem = Some(problem.clone());
        self.say(problem);
    }

    /// Asks the system what browser there is, where that is a problem. Says whether it is.
    pub(crate) fn see_browser(&self) -> bool {
        if self.browser.problem.is_none() {
            return false;
        }
        let (desktop, inputs) = (self.desktop.clone(), self.inputs.clone());
        self.tasks.spawn_blocking(move || {
            // The controller may have ended meanwhile.
            let _ = inputs.blocking_send(Input::Browser(desktop.look().browser));
        });
        true
    }

    /// Another browser than the one that failed may open pages; of the same one only a page that opens shows it.
    pub(super) fn browser_is(&mut self, fact: Fact) {
        let is_another = self.browser.was.as_ref().is_some_and(|was| *was != fact);
        if is_another && matches!(fact, Fact::Is(_)) {
            self.browser.works();
        } else {
            self.browser.was = Some(fact);
        }
    }
}
