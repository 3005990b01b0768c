//! Cursors, marks and choices.

use domain::{OrgId, PhoneNumber, RecordId, RecordRef, Timestamp};

use super::Store;
use crate::{
    error::Result,
    journal::{Intent, Subject, clock, facts},
    model::Choice,
};

impl Store {
    /// The computer's clock was set by so many milliseconds when it showed `was`; negative: back. What waits waits as
    /// long as before.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held.
    pub async fn clock_was_set(&self, was: Timestamp, by: i64) -> Result<()> {
        self.change(move |db| clock::was_set(db, was, by)).await
    }

    /// For a start: the clock may have been set back since the last run. What would wait longer than two minutes is due
    /// now.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held.
    pub async fn heed_clock(&self, now: Timestamp) -> Result<()> {
        self.change(move |db| clock::at_start(db, now)).await
    }

    /// Returns how far `name` has been read.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn cursor(&self, name: &str) -> Result<Option<i64>> {
        let name = name.to_owned();
        self.read(move |db| facts::cursor(db, &name)).await
    }

    /// Writes how far `name` has been read.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn set_cursor(&self, name: &str, value: i64) -> Result<()> {
        let name = name.to_owned();
        let subject = Subject::Cursor(name.clone());
        self.write(Intent::new(subject, move |db| facts::set_cursor(db, &name, value))).await
    }

    /// Returns a small fact that was marked, such as that the PBX refused the secret.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn mark(&self, name: &str) -> Result<Option<String>> {
        let name = name.to_owned();
        self.read(move |db| facts::mark(db, &name)).await
    }

    /// Marks a small fact, or takes the mark away. Never a secret.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn set_mark(&self, name: &str, value: Option<&str>) -> Result<()> {
        let (name, value) = (name.to_owned(), value.map(str::to_owned));
        let subject = Subject::Mark(name.clone());
        self.write(Intent::new(subject, move |db| facts::set_mark(db, &name, value.as_deref())))
            .await
    }

    /// Returns the record that a person chose for a number which several records have.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn choice(&self, org: &OrgId, number: &PhoneNumber) -> Result<Option<RecordId>> {
        let (org, number) = (org.clone(), number.clone());
        self.read(move |db| facts::choice(db, &org, &number)).await
    }

    /// Returns what was chosen in an org, the newest first.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn choices(&self, org: &OrgId) -> Result<Vec<Choice>> {
        let org = org.clone();
        self.read(move |db| facts::choices(db, &org)).await
    }

    /// Writes the record that a person chose for a number.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn remember_choice(
        &self,
        org: &OrgId,
        number: &PhoneNumber,
        record: &RecordRef,
        now: Timestamp,
    ) -> Result<()> {
        let (org, number, record) = (org.clone(), number.clone(), record.clone());
        let set = move |db: &rusqlite::Connection| {
            facts::remember_choice(db, &org, &number, &record, now)
        };
        self.write(Intent::new(Subject::Other, set)).await
    }

    /// Removes all choices, of all orgs.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn forget_choices(&self) -> Result<()> {
        self.write(Intent::new(Subject::Other, facts::forget_choices)).await
    }

    /// Removes the choice for a number.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn forget_choice(&self, org: &OrgId, number: &PhoneNumber) -> Result<()> {
        let (org, number) = (org.clone(), number.clone());
        self.write(Intent::new(Subject::Other, move |db| facts::forget_choice(db, &org, &number)))
            .await
    }
}
