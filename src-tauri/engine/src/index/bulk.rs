//! The first build of a very large index: a query that Salesforce works on by itself.
//!
//! The job's id is on disk once it has begun, and each page with the locator behind it, so that a kill loses no more than
//! a page. Where it cannot be had, or fails, the records are fetched page by page as ever, from behind the last id.

use std::time::Duration;

use domain::{DialPlan, Object, RecordId};
use salesforce::{BulkState, Error, Retry, Session};
use store::{IndexJob, IndexProgress, Owner};

use super::{
    Indexer, Stop,
    rounds::{allowed, read_all},
};

/// A job is asked about after this; the wait doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A job that takes longer than this is given up.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// How the records of an object are fetched.
enum Way {
    /// By this job, from where the locator says.
    Job(RecordId, Option<String>),
    /// Page by page.
    Pages,
}

impl Indexer {
    /// Fetches an object in bulk. Returns whether that was possible; otherwise its pages are to be fetched.
    pub(super) async fn in_bulk(
        &self,
        session: &Session,
        owner: &Owner,
        plan: &DialPlan,
        progress: &IndexProgress,
    ) -> Result<bool, Stop> {
        let Way::Job(job, mut locator) = self.way(session, owner, progress).await? else {
            return Ok(false);
        };
        let object = progress.object;
        if locator.is_none() && !self.is_done(session, &job).await? {
            return self.give_up(session, owner, object, &job).await;
        }
        loop {
            allowed(session)?;
            let rows = match session.bulk_rows(object, &job, locator.as_deref()).await {
                Ok(rows) => rows,
                // The job has run out meanwhile, or makes no sense.
                Err(error) if is_final(&error) => {
                    return self.give_up(session, owner, object, &job).await;
                }
                Err(error) => return Err(error.into()),
            };
            locator.clone_from(&rows.next);
            let entries = read_all(rows.records, plan.clone()).await;
            self.store.put_rows(owner, object, entries, rows.next).await?;
            let state = self.store.index(owner).await?;
            self.tell(owner, &state, None).await;
            if locator.is_none() {
                break;
            }
        }
        self.forget_job(session, owner, object, &job).await?;
        Ok(true)
    }

    /// Has Salesforce forget jobs whose rows are all here: the program was killed before it could say so.
    pub(super) async fn tidy_up(
        &self,
        session: &Session,
        owner: &Owner,
        objects: &[IndexProgress],
    ) -> Result<(), Stop> {
        for progress in objects.iter().filter(|one| one.ended) {
            if let IndexJob::Runs { id, .. } = &progress.job {
                self.forget_job(session, owner, progress.object, id).await?;
            }
        }
        Ok(())
    }

    async fn way(
        &self,
        session: &Session,
        owner: &Owner,
        progress: &IndexProgress,
    ) -> Result<Way, Stop> {
        match &progress.job {
            IndexJob::Runs { id, locator } => return Ok(Way::Job(id.clone(), locator.clone())),
            IndexJob::NotPossible => return Ok(Way::Pages),
            IndexJob::None if progress.expected <= self.bulk_above => return Ok(Way::Pages),
            IndexJob::None => {}
        }
        allowed(session)?;
        let object = progress.object;
        match session.bulk_begin(object).await {
            Ok(Some(id)) => {
                let job = IndexJob::Runs { id: id.clone(), locator: None };
                self.store.set_index_job(owner, object, job).await?;
                Ok(Way::Job(id, None))
            }
            Ok(None) => Ok(Way::Pages),
            Err(error) if is_final(&error) => {
                tracing::info!(%error, "there are no queries in bulk for this user");
                self.store.set_index_job(owner, object, IndexJob::NotPossible).await?;
                Ok(Way::Pages)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until a job has its rows; false: it will have none.
    async fn is_done(&self, session: &Session, job: &RecordId) -> Result<bool, Stop> {
        let (mut wait, mut waited) = (FIRST_WAIT, Duration::ZERO);
        while waited < PATIENCE {
            allowed(session)?;
            match session.bulk_state(job).await {
                Ok(BulkState::Done) => return Ok(true),
                Ok(BulkState::Failed) => return Ok(false),
                Ok(BulkState::Working) => {}
                Err(error) if is_final(&error) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
            tokio::time::sleep(wait).await;
            waited += wait;
            wait = LONGEST_WAIT.min(wait * 2);
        }
        Ok(false)
    }

    async fn give_up(
        &self,
        session: &Session,
        owner: &Owner,
        object: Object,
        job: &RecordId,
    ) -> Result<bool, Stop> {
        tracing::info!(%object, "a query in bulk has failed; records are fetched page by page");
        self.forget_job(session, owner, object, job).await?;
        self.store.set_index_job(owner, object, IndexJob::NotPossible).await?;
        Ok(false)
    }

    async fn forget_job(
        &self,
        session: &Session,
        owner: &Owner,
        object: Object,
        job: &RecordId,
    ) -> Result<(), Stop> {
        if let Err(error) = session.bulk_end(job).await {
            // Salesforce forgets it by itself after a week.
            tracing::info!(%error, "a query in bulk could not be deleted");
        }
        Ok(self.store.set_index_job(owner, object, IndexJob::None).await?)
    }
}

/// Says whether the same request would be refused again: by this user's rights, the org's edition, or for what it says.
fn is_final(error: &Error) -> bool {
    if matches!(error, Error::ApiDisabled { .. }) {
        // Where all of the API is, the next page says so.
        return true;
    }
    if error.is_unreadable() {
        // The next page says which record is to blame.
        return true;
    }
    match error.retry() {
        Retry::Never | Retry::AfterPerson => true,
        Retry::Later { .. } | Retry::AfterSignIn => false,
    }
}
