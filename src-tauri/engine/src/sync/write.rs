//! Carrying a plan out: one request at a time, and what becomes of errors.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use domain::{
    RecordId,
    sync::{Entry, Plan, Removal, Trace, Update},
};
use pbx::{Phonebook, Retry};

use super::{book::Stay, problems, run::Run};
use crate::{
    breaker::wait_after,
    view::{Problem, SyncStep},
};

/// The first pause when the PBX is too busy; it doubles up to the longest.
const BUSY: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(60));
/// So often in a row the PBX may be too busy, or away, before the run is left to the next one.
const PATIENCE: u32 = 8;
/// The same, as long as nothing has been written: somebody may wait for an answer.
const PATIENCE_AT_FIRST: u32 = 2;
/// So many contacts in a row are refused before it is taken for trouble of all.
const REFUSED_IN_A_ROW: u32 = 20;

/// What a run has written.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) created: usize,
    pub(super) updated: usize,
    pub(super) removed: usize,
    /// Made or changed, and as what.
    pub(super) traces: HashMap<RecordId, Trace>,
    /// Records whose contact was deleted.
    pub(super) deleted: HashSet<RecordId>,
    /// Records that the PBX does not take, and why.
    pub(super) refused: HashMap<RecordId, String>,
    /// The PBX takes no further contact.
    pub(super) full: bool,
    /// Records that were left out for that.
    pub(super) misfits: HashSet<RecordId>,
    refused_in_a_row: u32,
    troubles: u32,
}

/// What stops a plan that is being carried out.
pub(super) enum Stop {
    /// The PBX may be other than it was thought to be: after a wait it is read again, and planned anew.
    PlanAgain(Duration),
    /// The run ends here.
    End(Problem),
}

/// One thing to write.
#[derive(Clone, Copy)]
enum Step<'p> {
    Delete(&'p Removal),
    Update(&'p Update),
    Create(&'p Entry),
}

impl Written {
    /// Says whether the PBX has taken everything.
    pub(super) fn settled(&self) -> bool {
        self.refused.is_empty() && self.misfits.is_empty() && !self.full
    }
}

impl Step<'_> {
    fn record(self) -> Option<RecordId> {
        match self {
            Self::Delete(removal) => removal.record.clone(),
            Self::Update(update) => Some(update.entry.record.clone()),
            Self::Create(entry) => Some(entry.record.clone()),
        }
    }
}

impl Run<'_> {
    /// Carries a plan out: what makes room first, and what is new at last.
    pub(super) async fn carry_out(&mut self, plan: &Plan) -> Result<(), Stop> {
        let book = self.make_book().await.map_err(Stop::End)?;
        let deletions = plan.delete.iter().map(Step::Delete);
        let updates = plan.update.iter().map(Step::Update);
        let creations = plan.create.iter().map(Step::Create);
        let (of, mut done) = (plan.writes(), 0);
        for step in deletions.chain(updates).chain(creations) {
            self.tell(SyncStep::Writing, done, Some(of));
            if self.stay().await.map_err(Stop::End)? == Stay::Lost {
                return Err(Stop::PlanAgain(Duration::ZERO));
            }
            self.take(step, &book).await?;
            done += 1;
        }
        Ok(())
    }

    /// Takes one step, or passes over what the PBX does not take.
    async fn take(&mut self, step: Step<'_>, book: &Phonebook) -> Result<(), Stop> {
        if let (Step::Create(entry), true) = (step, self.written.full) {
            self.written.misfits.insert(entry.record.clone());
            return Ok(());
        }
        loop {
            let error = match self.try_step(step, book).await {
                Ok(()) => {
                    self.written.refused_in_a_row = 0;
                    self.written.troubles = 0;
                    self.note(step);
                    return Ok(());
                }
                Err(error) => error,
            };
            match (error, step) {
                // Refused means not done: the same request may be sent again.
                (error @ pbx::Error::Overloaded, _) => {
                    let wait = self.patience(&error).map_err(Stop::End)?;
                    self.rest(wait).await;
                }
                (pbx::Error::Full, Step::Create(entry)) => {
                    self.written.full = true;
                    self.written.misfits.insert(entry.record.clone());
                    return Ok(());
                }
                (pbx::Error::ReadOnly, _) => {
                    return Err(Stop::End(problems::read_only(self.phonebook())));
                }
                (error @ (pbx::Error::NoContact | pbx::Error::NoPhonebook), _) => {
                    self.patience(&error).map_err(Stop::End)?;
                    return Err(Stop::PlanAgain(Duration::ZERO));
                }
                (error @ (pbx::Error::Refused { .. } | pbx::Error::NameTaken), step)
                    if error.retry() == Retry::Never =>
                {
                    return self.refused(&error, step);
                }
                (error, _) => match error.retry() {
                    // It may have been done: only reading tells.
                    Retry::Later { .. } => {
                        let wait = self.patience(&error).map_err(Stop::End)?;
                        return Err(Stop::PlanAgain(wait));
                    }
                    Retry::AfterPerson | Retry::Never => {
                        return Err(Stop::End(crate::problems::of_pbx(&error)));
                    }
                },
            }
        }
    }

    async fn try_step(&mut self, step: Step<'_>, book: &Phonebook) -> Result<(), pbx::Error> {
        self.count();
        let client = self.link.client.clone();
        match step {
            Step::Create(entry) => client.create_contact(book.id, entry).await.map(drop),
            Step::Update(update) => {
                client.update_contact(update.contact, &update.books, &update.entry).await
            }
            Step::Delete(removal) => {
                if !removal.has_left {
                    match client.release_contact(removal.contact, &removal.remark).await {
                        Err(pbx::Error::NoContact) => return Ok(()),
                        other => other?,
                    }
                    self.count();
                }
                match client.delete_contact(removal.contact).await {
                    // This firmware takes an empty list of phonebooks for none at all.
                    Err(pbx::Error::StillListed) => {
                        self.count();
                        client.take_out(book, removal.contact).await?;
                        self.count();
                        client.delete_contact(removal.contact).await
                    }
                    other => other,
                }
            }
        }
    }

    fn note(&mut self, step: Step<'_>) {
        let entry = match step {
            Step::Delete(removal) => {
                self.written.removed += 1;
                self.written.deleted.extend(removal.record.clone());
                return;
            }
            Step::Update(update) => {
                self.written.updated += 1;
                &update.entry
            }
            Step::Create(entry) => {
                self.written.created += 1;
                entry
            }
        };
        let sent = entry.fingerprint();
        self.written.traces.insert(entry.record.clone(), Trace { sent, seen: sent });
    }

    /// The PBX does not take this one. That is its own trouble, unless it goes on like that.
    fn refused(&mut self, error: &pbx::Error, step: Step<'_>) -> Result<(), Stop> {
        let code = error.code().unwrap_or_default();
        tracing::info!(code, "the PBX refused a contact");
        if let Some(record) = step.record() {
            self.written.refused.insert(record, format!("the PBX refused it ({code})"));
        }
        self.written.refused_in_a_row += 1;
        if self.written.refused_in_a_row >= REFUSED_IN_A_ROW {
            return Err(Stop::End(problems::refused_throughout(code)));
        }
        Ok(())
    }

    /// Says how long to leave the PBX alone, or that it has been enough.
    pub(super) fn patience(&mut self, error: &pbx::Error) -> Result<Duration, Problem> {
        let written = &mut self.written;
        written.troubles += 1;
        let any = written.created + written.updated + written.removed > 0;
        let most = if any { PATIENCE } else { PATIENCE_AT_FIRST };
        let wait = match error.retry() {
            _ if written.troubles > most => return Err(crate::problems::of_pbx(error)),
            Retry::Later { .. } if matches!(error, pbx::Error::Overloaded) => {
                BUSY.1.min(BUSY.0 * (1 << (written.troubles - 1).min(8)))
            }
            Retry::Later { after } => after.unwrap_or_default().max(wait_after(written.troubles)),
            Retry::Never => Duration::ZERO,
            Retry::AfterPerson => return Err(crate::problems::of_pbx(error)),
        };
        Ok(wait)
    }

    /// Leaves the PBX alone for a while.
    pub(super) async fn rest(&mut self, wait: Duration) {
        if !wait.is_zero() {
            self.tell(SyncStep::Waiting, 0, None);
            tokio::time::sleep(wait).await;
        }
    }
}
