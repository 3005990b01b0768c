//! One try to bring one entry to Salesforce.
//!
//! ```text
//!   a record was begun for it ── seen to its end
//!        ▼
//!   may it be there? ── asked for its key ── there ──────────────────────────────▶ done
//!        │ no                                  │ not there
//!        ▼                                     ▼
//!   whose call is it? ── not known, or no record had the number ──▶ looked up now
//!        ▼
//!   no record has it, and one is to be created ──▶ created; the key asked for again, since that took its time
//!        ▼
//!   still as it was leased? ── no ──▶ given up
//!        ▼
//!   written
//! ```

use std::time::Duration;

use domain::{
    DialPlan, JournalEntry, Link, Party, Said, TaskDraft, TaskId, delivery::Aim, number::Meant,
};
use salesforce::{LeftOut, Session, Updated};
use store::{Done, Leased, Owner, Reason, StoredMatch};

use super::{Delivered, End, Worker, asked::Found, noted, stored_match};
use crate::{
    civil,
    creation::{Creation, Creator},
    lookup::Lookup,
};

/// An entry that has waited longer may have been logged by another computer of the same agent meanwhile.
const WAITED: Duration = Duration::from_secs(120);

impl Worker {
    pub(super) async fn attempt(
        &mut self,
        session: &Session,
        owner: &Owner,
        leased: &Leased,
    ) -> Result<End, salesforce::Error> {
        let Some(mut entry) = leased.call.entry() else {
            return Err(salesforce::Error::UnexpectedAnswer {
                detail: "an unfinished call in the outbox".to_owned(),
            });
        };
        let resumed = self.resumed(session, leased, &entry).await?;
        if let Aim::Withdraw(_) = leased.aim {
            return self.withdraw(session, owner, leased).await;
        }
        let unique = session.keys_are_unique().await?;
        if leased.task.is_none()
            && self.must_ask(leased.ask_first, &entry, unique)
            && let Some(found) = self.ask(session, owner, leased).await?
        {
            return Ok(End::done(self.found(found, leased, unique)));
        }
        let unknown_before = leased.call.matches.is_none();
        let (matched, unreadable, created) = match resumed {
            Some((matched, note)) => (matched, note, true),
            None => {
                let (matched, unreadable) = self.matched(session, leased, &entry).await?;
                (matched, unreadable, false)
            }
        };
        let (matched, note, created) = match leased.task {
            _ if created => (matched, unreadable, true),
            // Whether a record has the number is not known: none is created.
            None if unreadable.is_some() => (matched, unreadable, false),
            None => self.created(session, leased, &entry, matched).await?,
            // Its number has only been learnt since the Task was written.
            Some(_) if unknown_before && unreadable.is_none() => {
                self.created(session, leased, &entry, matched).await?
            }
            // A person has had time to say whose call it was.
            Some(_) => (matched, None, false),
        };
        let undecided = matched.candidates > 1;
        entry.party = decided(&matched).unwrap_or(entry.party);
        let draft = draft(leased, &entry, matched);
        if leased.task.is_none()
            && created
            && leased.ask_first
            && let Some(found) = self.ask(session, owner, leased).await?
        {
            return Ok(End::done(self.found(found, leased, unique)));
        }
        match self.store.sending(&leased.ticket).await {
            Ok(true) => {}
            Ok(false) => return Ok(End::OutOfDate),
            Err(error) => {
                tracing::warn!(%error, "the intent to send could not be written");
                return Err(salesforce::Error::Busy { code: "local disk".to_owned() });
            }
        }
        if let Some(task) = &leased.task {
            let end = self.update(session, owner, leased, task, &draft, undecided).await?;
            return Ok(end.noted(note));
        }
        let logged = session.log_call(&draft, false).await?;
        // What a Task says that was there already is not known.
        let said = (!logged.existed).then(|| said(&draft, logged.left_out));
        Ok(End::done(Done {
            task: logged.id,
            note: lacking(logged.left_out, leased).or(note),
            said,
            unproven: !unique && !logged.existed,
            outdated: logged.existed && leased.sent_before,
        }))
    }

    /// Says whether the Task may be there without this computer knowing it.
    pub(super) fn must_ask(&self, ask_first: bool, entry: &JournalEntry, unique: bool) -> bool {
        let waited = self.now().since(entry.started.plus(entry.talked)) > WAITED;
        ask_first || (!unique && (waited || self.company.asks()))
    }

    async fn ask(
        &mut self,
        session: &Session,
        owner: &Owner,
        leased: &Leased,
    ) -> Result<Option<Found>, salesforce::Error> {
        let now = self.clock.now();
        let now = (now.wall, now.steady);
        self.asked.ask(session, &self.store, owner, leased, now).await
    }

    pub(super) fn found(&mut self, found: Found, leased: &Leased, unique: bool) -> Done {
        if !leased.ask_first {
            self.company.has_found_the_others();
        }
        Done {
            // What a lost answer has made may stand beside the other computer's.
            unproven: !unique && (leased.sent_before || found.several),
            // What was sent with a lost answer may have been corrected since, unless it did not arrive and a colleague was faster.
            outdated: found.outdated
                || (leased.sent_before && !found.colleagues)
                || leased.call.remarks != domain::Remarks::default(),
            ..Done::found(found.task)
        }
    }

    /// Returns whose call it is. Where it is not known, or where no record had the number when it rang, it is looked up
    /// now: somebody may have made the record since, the agent while they spoke above all.
    async fn matched(
        &self,
        session: &Session,
        leased: &Leased,
        entry: &JournalEntry,
    ) -> Result<(StoredMatch, Option<Reason>), salesforce::Error> {
        let known = leased.call.matches.clone();
        let plan = self.settings.borrow().dial_plan();
        let Some(meant) = meant(entry, &plan) else {
            return Ok((known.unwrap_or_default(), None));
        };
        let lookup = Lookup { store: &self.store, session, plan: &plan };
        let looked = match &known {
            Some(matched) if matched.candidates > 0 => None,
            // What another computer wrote may be on a record that was made since.
            Some(_) if leased.task.is_some() && leased.said.is_some() => None,
            Some(_) => Some(lookup.made_meanwhile(&meant).await?)
                .filter(|looked| !looked.matches.candidates.is_empty()),
            None => match lookup.who_has(&meant).await {
                // Asking again brings the same. The call is logged, and a person can say whose it was.
                Err(error) if error.is_unreadable() => {
                    tracing::warn!(%error, "whose call it is cannot be read; it is logged without a record");
                    let note = noted(
                        "journal.lookup_unreadable",
                        "logged without a record, for Salesforce's answer about this number cannot be read: the check of the set-up names the record; move the call when it is mended",
                    );
                    return Ok((StoredMatch::default(), Some(note)));
                }
                looked => Some(looked?),
            },
        };
        let Some(looked) = looked else { return Ok((known.unwrap_or_default(), None)) };
        let matched = stored_match(&looked.matches);
        self.keep_match(leased, &matched).await;
        self.tell(Delivered::Looked(Box::new(looked))).await;
        Ok((matched, None))
    }

    /// Brings the Task up to date. A person who has deleted it in Salesforce has decided so: that is not undone. Where
    /// another computer of the agent took it back as a double, its own Task is the call's.
    async fn update(
        &mut self,
        session: &Session,
        owner: &Owner,
        leased: &Leased,
        task: &TaskId,
        draft: &TaskDraft,
        undecided: bool,
    ) -> Result<End, salesforce::Error> {
        // After a lost answer it may say the one or the other.
        let before = leased.said.as_ref().filter(|_| !leased.sent_before);
        let rekeyed = before.is_none_or(|before| before.key != draft.key);
        let done =
            Done { said: Some(draft.said()), unproven: rekeyed, ..Done::found(task.clone()) };
        let error = match session.update_call(task, draft, before, undecided).await {
            Ok(Updated::Done(left_out)) => {
                let (note, said) = (lacking(left_out, leased), Some(said(draft, left_out)));
                return Ok(End::done(Done { note, said, ..done }));
            }
            Ok(Updated::Another(other)) => {
                self.take_back(session, task, leased.said.as_ref()).await?;
                return Ok(End::done(Done { outdated: true, ..Done::found(other) }));
            }
            Err(error) => error,
        };
        // The Task that was there when a request without an answer was repeated is a colleague's, then, and says the same.
        let is_shared = leased.call.entry().is_some_and(|entry| entry.is_shared());
        if matches!(error, salesforce::Error::MissingPermission { .. })
            && is_shared
            && leased.said.is_none()
            && leased.call.remarks == domain::Remarks::default()
        {
            return Ok(End::done(Done { said: None, unproven: false, ..done }));
        }
        let gone = matches!(&error, salesforce::Error::Rejected { code, fields, .. }
            if code == "NOT_FOUND" || (code == "ENTITY_IS_DELETED" && fields.is_empty()));
        if !gone {
            return Err(error);
        }
        if let Some(other) = self.ask(session, owner, leased).await?
            && other.task != *task
        {
            return Ok(End::done(Done { outdated: true, ..Done::found(other.task) }));
        }
        let note = noted("journal.task_deleted", "the Task was deleted in Salesforce");
        Ok(End::done(Done { note: Some(note), unproven: false, ..done }))
    }

    /// Creates a record where no record has the number and the settings ask for it. Also returns what is to be said
    /// beside the call where that was not possible, and whether it was tried.
    async fn created(
        &self,
        session: &Session,
        leased: &Leased,
        entry: &JournalEntry,
        matched: StoredMatch,
    ) -> Result<(StoredMatch, Option<Reason>, bool), salesforce::Error> {
        let (policy, plan) = {
            let settings = self.settings.borrow();
            (settings.creation_policy(), settings.dial_plan())
        };
        let Some(record) = policy.for_call(entry, &plan).filter(|_| matched.candidates == 0) else {
            return Ok((matched, None, false));
        };
        if !self.store.is_current(&leased.ticket).await.unwrap_or(false) {
            // A call that turned out to be a colleague's, or that a person has discarded: nothing is sent, nor created.
            return Ok((matched, None, false));
        }
        let creator = Creator { session, store: &self.store, plan: &plan, now: self.now() };
        let meant = meant(entry, &plan).unwrap_or_else(|| record.phone.clone().into());
        let creation = creator.create(&record, &meant, &leased.key).await?;
        let (made, note) = self.takes(creation, leased).await;
        Ok((made.unwrap_or(matched), note, true))
    }

    /// Goes on with a record whose creation an earlier attempt has begun. Returns whose call it is then, and what is to be
    /// said beside it.
    async fn resumed(
        &self,
        session: &Session,
        leased: &Leased,
        entry: &JournalEntry,
    ) -> Result<Option<(StoredMatch, Option<Reason>)>, salesforce::Error> {
        let plan = self.settings.borrow().dial_plan();
        let creator = Creator { session, store: &self.store, plan: &plan, now: self.now() };
        let creation = creator.resumed(&leased.key, meant(entry, &plan)).await?;
        let Some(creation) = creation else { return Ok(None) };
        let (made, note) = self.takes(creation, leased).await;
        Ok(Some((made.unwrap_or_default(), note)))
    }

    /// Takes in what came of a creation.
    async fn takes(
        &self,
        creation: Creation,
        leased: &Leased,
    ) -> (Option<StoredMatch>, Option<Reason>) {
        match creation {
            Creation::Record(looked, note) => {
                let matched = stored_match(&looked.matches);
                self.tell(Delivered::Looked(looked)).await;
                self.keep_match(leased, &matched).await;
                (Some(matched), note)
            }
            Creation::Left(why) => (None, Some(why)),
        }
    }

    /// Keeps what an entry is about to be sent with, without an update of the Task that is written from it.
    pub(super) async fn keep_match(&self, leased: &Leased, matched: &StoredMatch) {
        if let Err(error) = self.store.set_sent_match(&leased.ticket, matched.clone()).await {
            tracing::warn!(%error, "a match could not be kept");
        }
    }
}

/// Returns the other side's number, with what else its spelling may mean.
pub(crate) fn meant(entry: &JournalEntry, plan: &DialPlan) -> Option<Meant> {
    let number = entry.party.number()?;
    Some(plan.meant(number, entry.spelled.as_deref(), entry.direction))
}

/// Returns whose number it is by what a record has decided, where the spelling may mean several.
pub(super) fn decided(matched: &StoredMatch) -> Option<Party> {
    matched.number.clone().map(Party::External)
}

/// Returns what a Task says once it is written. An outcome that the org did not take is not said: when it is offered, the next
/// change brings it.
pub(super) fn said(draft: &TaskDraft, left_out: LeftOut) -> Said {
    if !left_out.disposition {
        return draft.said();
    }
    TaskDraft { disposition: String::new(), ..draft.clone() }.said()
}

/// The codes of what is told where the agent's outcome is not in the Task.
pub(crate) const OUTCOME_LEFT_OUT: [&str; 2] =
    ["journal.outcome_left_out", "journal.unlinked_and_outcome"];

/// Returns what a person should know of a Task that lacks something, and what to do. The call's own word for how it ended is
/// in the text and the talk time as well; the agent's is nowhere else.
pub(super) fn lacking(left_out: LeftOut, leased: &Leased) -> Option<Reason> {
    let outcome = leased.call.remarks.outcome.as_ref().filter(|_| left_out.disposition);
    let unlinked = "the contact or account no longer exists, or you may not see it";
    let unsaid = |outcome: &str| {
        format!(
            "Salesforce does not take the outcome “{outcome}”: its list Call Result lacks it, or you may not set the field. It stays here: choose it again once an administrator has added it, or choose another one"
        )
    };
    match (left_out.links, outcome) {
        (false, None) => None,
        (true, None) => {
            Some(noted("journal.unlinked", format!("logged without its record: {unlinked}")))
        }
        (false, Some(outcome)) => Some(noted(OUTCOME_LEFT_OUT[0], unsaid(outcome))),
        (true, Some(outcome)) => Some(noted(
            OUTCOME_LEFT_OUT[1],
            format!("logged without its record: {unlinked}; and {}", unsaid(outcome)),
        )),
    }
}

/// Returns what the Task of an entry is to say.
pub(super) fn draft(leased: &Leased, entry: &JournalEntry, matched: StoredMatch) -> TaskDraft {
    let link = Link {
        name: matched.record.map(|record| record.name).or(matched.company),
        who: matched.who,
        what: matched.what,
    };
    let started = civil::local(entry.started);
    TaskDraft::new(entry, leased.key.clone(), &link, &leased.call.remarks, &started)
}
