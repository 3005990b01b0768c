//! What a check is about, and how it becomes a finding.

use crate::view::{
    Problem,
    doctor::{Check, CheckRow, CheckState, Who},
};

/// A check: what it is called, why it matters, who can change it and where. What was found is said when it was.
#[derive(Clone, Copy, Debug)]
pub(super) struct About {
    pub(super) id: &'static str,
    pub(super) matters: &'static str,
    pub(super) who: Who,
    pub(super) place: &'static str,
}

impl About {
    /// It is as it should be.
    pub(super) fn ok(self, found: impl Into<String>) -> CheckRow {
        self.row(CheckState::Ok, found.into(), "Nothing to do.".to_owned())
    }

    /// It works, and less well than it could.
    pub(super) fn warn(self, found: impl Into<String>, todo: impl Into<String>) -> CheckRow {
        self.row(CheckState::Warn, found.into(), todo.into())
    }

    /// It does not work.
    pub(super) fn fail(self, found: impl Into<String>, todo: impl Into<String>) -> CheckRow {
        self.row(CheckState::Fail, found.into(), todo.into())
    }

    /// It could not be looked at.
    pub(super) fn skip(self, found: impl Into<String>, todo: impl Into<String>) -> CheckRow {
        self.row(CheckState::Skip, found.into(), todo.into())
    }

    /// It failed with a problem that has words already.
    pub(super) fn told(self, problem: &Problem) -> CheckRow {
        let row = self.row(CheckState::Fail, problem.message.clone(), problem.action.clone());
        CheckRow { problem: Some(problem.clone()), ..row }
    }

    /// It stands on another check that came out badly.
    pub(super) fn after(self, other: Self) -> CheckRow {
        self.skip(
            format!("Not looked at, because {} comes first.", other.id),
            format!("Put {} in order, then check again.", other.id),
        )
        .naming([other.id])
    }

    fn row(self, state: CheckState, found: String, todo: String) -> CheckRow {
        CheckRow {
            check: Check {
                id: self.id.to_owned(),
                state,
                found,
                matters: self.matters.to_owned(),
                who: self.who,
                todo,
                place: self.place.to_owned(),
            },
            problem: None,
            values: Vec::new(),
        }
    }
}

impl CheckRow {
    /// Names what the words name and no language changes.
    pub(super) fn naming<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.values = values.into_iter().map(Into::into).collect();
        self
    }

    /// Somebody else than usual can change it.
    pub(super) fn by(mut self, who: Who) -> Self {
        self.check.who = who;
        self
    }

    /// A problem that the rest works with.
    pub(super) fn mildly(mut self) -> Self {
        self.check.state = CheckState::Warn;
        self
    }
}
