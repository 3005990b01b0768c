//! An entry that is not to be in Salesforce: a colleague took the call, or a person does not want it logged.
//!
//! Only what this agent owns, and what people have not made theirs, is deleted.

use domain::{
    Said, TaskId,
    delivery::{Aim, Why},
};
use salesforce::{KeyedTask, Session};
use store::{Leased, Owner};

use super::{End, Worker, asked::spellings, noted};

/// What became of a Task that was to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TakenBack {
    /// It is gone.
    Gone,
    /// A person has changed it, so it stays.
    Changed,
    /// This user may not delete it.
    NotAllowed,
}

impl Worker {
    /// Deletes what there is of a call.
    pub(super) async fn withdraw(
        &mut self,
        session: &Session,
        owner: &Owner,
        leased: &Leased,
    ) -> Result<End, salesforce::Error> {
        let known = leased.task.as_ref();
        let tasks = session.tasks_with_keys(&spellings(&leased.call), false).await?;
        let is_known = |task: &KeyedTask| known == Some(&task.id);
        let own = |task: &&KeyedTask| match &task.owner {
            Some(of) => *of == owner.user,
            None => is_known(task),
        };
        let mut ids: Vec<TaskId> = tasks.iter().filter(own).map(|task| task.id.clone()).collect();
        let colleagues = tasks.iter().any(|task| is_known(task) && !own(&task));
        if let Some(known) = known
            && !ids.contains(known)
            && !colleagues
        {
            // Its key may not be for this user to see.
            ids.push(known.clone());
        }
        match self.store.sending(&leased.ticket).await {
            Ok(true) => {}
            Ok(false) => return Ok(End::OutOfDate),
            Err(error) => {
                tracing::warn!(%error, "the intent to take a Task back could not be written");
                return Err(salesforce::Error::Busy { code: "local disk".to_owned() });
            }
        }
        // A person who discards a call means its Task, whatever was written into it.
        let discarded = leased.aim == Aim::Withdraw(Why::Discarded);
        for id in ids {
            let said = leased.said.as_ref().filter(|_| known == Some(&id));
            let changed = !discarded
                && tasks.iter().find(|task| task.id == id).is_some_and(|task| task.changed);
            let taken = if changed && said.is_none() {
                TakenBack::Changed
            } else {
                if let Err(error) = self.store.deleting(&leased.ticket, &id).await {
                    tracing::warn!(%error, "that a Task is deleted could not be written");
                }
                self.take_back(session, &id, said.filter(|_| changed)).await?
            };
            match taken {
                TakenBack::Gone => {}
                TakenBack::Changed => {
                    return Ok(End::Kept(noted(
                        "journal.task_kept",
                        "this call is not to be logged here, but its Task was changed in Salesforce and stays: delete it there if it is not needed",
                    )));
                }
                TakenBack::NotAllowed => {
                    return Ok(End::Kept(noted(
                        "journal.task_kept",
                        "this call is not to be logged here, but your user may not delete its Task: ask your Salesforce administrator to delete it",
                    )));
                }
            }
        }
        Ok(End::Withdrawn)
    }

    /// Deletes a Task, unless a person has changed it since this program wrote `said`.
    pub(super) async fn take_back(
        &self,
        session: &Session,
        task: &TaskId,
        said: Option<&Said>,
    ) -> Result<TakenBack, salesforce::Error> {
        if let Some(said) = said {
            match session.is_as_said(task, said).await? {
                Some(true) => {}
                Some(false) => return Ok(TakenBack::Changed),
                None => return Ok(TakenBack::Gone),
            }
        }
        match session.delete_task(task).await {
            Ok(()) => Ok(TakenBack::Gone),
            Err(
                salesforce::Error::MissingPermission { .. } | salesforce::Error::Rejected { .. },
            ) => Ok(TakenBack::NotAllowed),
            Err(error) => Err(error),
        }
    }
}
