//! A record for a caller whom no record has, made once, before the call's Task is written.
//!
//! ```text
//!   look again ── somebody has the number ──▶ that one
//!      │ nobody
//!      ▼
//!   too many this hour? ── yes ──▶ none, said beside the call
//!      │ no
//!      ▼
//!   create ── the org knows such a record ──▶ it has the number: that one; else none, or create all the same
//!      │ created
//!      ▼
//!   look again ── a colleague's desk made one at the same moment ──▶ the older one counts, ours is taken back;
//!                                                                    where that is not possible, that is said
//! ```
//!
//! Only the desk that logs the call comes here. What is begun is on disk before it is tried, so that after a kill or a lost
//! answer the next attempt at the entry goes on where this one ended, with the last look above all: without it two
//! colleagues' records would stay.

use std::time::Duration;

use domain::{
    CallKey, DialPlan, Matches, NewRecord, Object, OrgId, PhoneNumber, Record, RecordId, RecordRef,
    Timestamp, number::Meant,
};
use salesforce::{Retry, Session};
use store::{BegunRecord, CreatedRecord, Reason, Store};

use crate::{
    civil,
    lookup::{self, Chosen, Looked, Lookup},
    outbox::{noted, stored_match},
    view::Problem,
};

/// So many records in an hour are an agent's day; more are a machine that calls. Source: faults.md E14.
const MOST_AN_HOUR: u32 = 30;
const HOUR: Duration = Duration::from_secs(3_600);

/// The code of what is said where too many were created.
const PAUSED: &str = "journal.creation_paused";

/// What is said where Salesforce's answer about the number cannot be read.
const UNREADABLE: &str = "a record that may have this number cannot be read";

/// How long a person can take a created record back.
pub(crate) const UNDO: Duration = Duration::from_secs(600);
/// The code of what is said where a record of ours could not be taken back.
const LEFT_BEHIND: &str = "journal.record_left";

/// Two desks that create at the same moment have both done so after this, and see each other's record.
const SETTLED: Duration = Duration::from_millis(1_500);
/// The pauses before each attempt to take a record back.
const AGAIN: [Duration; 2] = [Duration::ZERO, Duration::from_secs(2)];

/// What came of it.
#[derive(Debug)]
pub(crate) enum Creation {
    /// The caller has a record: made, or found after all. Says beside the call what else came of it.
    Record(Box<Looked>, Option<Reason>),
    /// None was made; says why.
    Left(Reason),
}

/// What Salesforce answers to the wish for a record.
enum Made {
    /// It made this one.
    Record(RecordId),
    /// The org knows one that has the number.
    Known(Box<Record>),
    /// It made none, and why.
    Refused(Reason),
}

/// Returns until when nothing is created, which may be past: the first of the last thirty records is an hour old then.
///
/// # Errors
///
/// Those of a read.
pub(crate) async fn paused_until(store: &Store, org: &OrgId) -> store::Result<Option<Timestamp>> {
    let first = store.nth_latest_created(org, MOST_AN_HOUR).await?;
    Ok(first.map(|made| made.plus(HOUR)))
}

/// Says in Status that nothing is created for now.
pub(crate) fn paused(until: Timestamp) -> Problem {
    Problem::new(
        PAUSED,
        format!(
            "Many unknown callers: {MOST_AN_HOUR} records were created within an hour, so none is created until {}. Calls are still logged.",
            civil::local_minute(until)
        ),
        "If one of them is a person, create the record in Salesforce and move the call to it. If machines are calling, ask the PBX administrator to block their numbers.",
    )
}

/// What it takes to create a record.
#[derive(Debug)]
pub(crate) struct Creator<'a> {
    pub session: &'a Session,
    pub store: &'a Store,
    pub plan: &'a DialPlan,
    pub now: Timestamp,
}

impl Creator<'_> {
    /// Makes `record` for the entry `key`, unless somebody has its number by now, or another that was meant.
    ///
    /// # Errors
    ///
    /// What is worth another try. A refusal is none: the call is logged without a record, and that is said.
    pub(crate) async fn create(
        &self,
        record: &NewRecord,
        meant: &Meant,
        key: &CallKey,
    ) -> Result<Creation, salesforce::Error> {
        let lookup = Lookup { store: self.store, session: self.session, plan: self.plan };
        let found = match lookup.who_has(meant).await {
            // Somebody may have the number: a second record of them would be worse than none.
            Err(error) if error.is_unreadable() => return Ok(Creation::Left(left(UNREADABLE))),
            other => other?,
        };
        if !found.matches.candidates.is_empty() {
            return Ok(Creation::Record(Box::new(found), None));
        }
        // Where the records cannot be counted, none is made.
        let pause = paused_until(self.store, &self.session.org()).await;
        if pause.map_or(true, |until| until.is_some_and(|until| until > self.now)) {
            return Ok(Creation::Left(noted(
                PAUSED,
                format!(
                    "{MOST_AN_HOUR} records were created within an hour, so none was created for this call: create it by hand if it is a person"
                ),
            )));
        }
        let mut begun = BegunRecord {
            org: self.session.org(),
            key: key.clone(),
            object: record.kind.object(),
            record: None,
            name: record.name(),
            number: record.phone.clone(),
        };
        if let Err(error) = self.store.creation_begun(begun.clone()).await {
            tracing::warn!(%error, "the intent to create a record could not be written");
            return Err(salesforce::Error::Busy { code: "local disk".to_owned() });
        }
        let refused = match self.made(record, meant).await? {
            Made::Record(id) => {
                begun.record = Some(id);
                // Without it the record is known by its name and its owner.
                if let Err(error) = self.store.creation_begun(begun.clone()).await {
                    tracing::warn!(%error, "a created record could not be written down");
                }
                match self.settled(&begun, meant).await? {
                    Some(creation) => return Ok(creation),
                    None => left("it was gone at once"),
                }
            }
            Made::Known(known) => {
                self.ended(&begun).await;
                return Ok(self.found(*known, meant, "Salesforce query"));
            }
            Made::Refused(why) => why,
        };
        self.ended(&begun).await;
        Ok(Creation::Left(refused))
    }

    /// Goes on with what was begun for the entry `key` and not seen to its end; `None`: nothing was, or nothing came of it.
    ///
    /// # Errors
    ///
    /// What is worth another try.
    pub(crate) async fn resumed(
        &self,
        key: &CallKey,
        meant: Option<Meant>,
    ) -> Result<Option<Creation>, salesforce::Error> {
        match self.store.begun_creation(&self.session.org(), key).await {
            Ok(Some(begun)) => {
                let meant = meant.unwrap_or_else(|| begun.number.clone().into());
                self.settled(&begun, &meant).await
            }
            Ok(None) => Ok(None),
            Err(error) => {
                tracing::warn!(%error, "what was begun for a call could not be read");
                Ok(None)
            }
        }
    }

    /// Asks Salesforce for the record.
    async fn made(&self, record: &NewRecord, meant: &Meant) -> Result<Made, salesforce::Error> {
        let made = match self.session.create_record(record, false).await {
            Err(salesforce::Error::Duplicates { of, may_save, message }) => {
                match self.known_by_the_org(meant, &of).await? {
                    Some(known) => return Ok(Made::Known(Box::new(known))),
                    // The rule went by something else than the number, such as half of the name.
                    None if may_save => self.session.create_record(record, true).await,
                    None => return Ok(Made::Refused(left(&message))),
                }
            }
            other => other,
        };
        match made {
            Ok(id) => Ok(Made::Record(id)),
            Err(
                salesforce::Error::Rejected { message, .. }
                | salesforce::Error::Duplicates { message, .. }
                | salesforce::Error::MissingPermission { text: message },
            ) => Ok(Made::Refused(left(&message))),
            Err(error) => Err(error),
        }
    }

    /// Looks whether another desk made a record for the same caller at the same moment. Both desks look after they have
    /// made theirs, and both order them alike, so that one is left. The other desk may have read the spelling otherwise,
    /// for it has heard other calls: its record counts for this call all the same. `None`: no record is there.
    async fn settled(
        &self,
        begun: &BegunRecord,
        meant: &Meant,
    ) -> Result<Option<Creation>, salesforce::Error> {
        tokio::time::sleep(SETTLED).await;
        let exact: Vec<_> =
            meant.all().flat_map(|number| self.plan.exact_variants(number)).collect();
        let holders = match self.session.query_exact(&exact).await {
            Ok(found) => self.holders(found.records, meant),
            // The next attempt at the entry asks again.
            Err(error)
                if matches!(error.retry(), Retry::Later { .. } | Retry::AfterSignIn)
                    && !error.is_unreadable() =>
            {
                return Err(error);
            }
            Err(_) => Vec::new(),
        };
        let Some(ours) = begun.record.clone().or_else(|| self.ours(begun, &holders)) else {
            self.ended(begun).await;
            return Ok(None);
        };
        let is_automatic = |record: &Record| domain::is_automatic(record, self.plan);
        let older = holders.iter().filter(|record| record.id != ours);
        // A person's record counts however young it is.
        let older = older.filter(|record| record.id < ours || !is_automatic(record));
        let older = older.min_by_key(|record| (is_automatic(record), &record.id));
        let creation = if let Some(older) = older {
            let left = self.take_back(begun.object, &ours).await;
            match self.found(older.clone(), meant, "Salesforce query") {
                Creation::Record(looked, _) => Creation::Record(looked, left),
                none @ Creation::Left(_) => none,
            }
        } else {
            let made = holders.into_iter().find(|record| record.id == ours);
            let made = made.unwrap_or_else(|| as_record(begun, ours, self.session));
            let reference = made.reference();
            let creation = self.found(made, meant, "created for this call");
            self.write_down(reference, &creation, &begun.number, &begun.key).await;
            creation
        };
        self.ended(begun).await;
        Ok(Some(creation))
    }

    /// Returns what a request without an answer has made. None had the number when it was sent: what is this user's and has
    /// the name is it, or what another computer of theirs has made.
    fn ours(&self, begun: &BegunRecord, holders: &[Record]) -> Option<RecordId> {
        let me = self.session.user_id();
        let ours = holders.iter().filter(|record| {
            record.object == begun.object
                && record.name == begun.name
                && record.owner.as_ref() == Some(&me)
        });
        ours.map(|record| record.id.clone()).max()
    }

    async fn ended(&self, begun: &BegunRecord) {
        if let Err(error) = self.store.creation_ended(&begun.org, &begun.key).await {
            tracing::warn!(%error, "the end of a creation could not be written down");
        }
    }

    /// Returns the records that really have one of the numbers, each by itself.
    fn holders(&self, records: Vec<Record>, meant: &Meant) -> Vec<Record> {
        let is_meant = |number: &PhoneNumber| meant.all().any(|one| one == number);
        let has = |text: &str| self.plan.numbers(text).iter().any(|it| is_meant(&it.number));
        let holds = |record: &Record| record.phones.iter().any(|(_, text)| has(text));
        records.into_iter().filter(holds).collect()
    }

    /// Writes down what was made, so that it is counted, shown, and can be taken back.
    async fn write_down(
        &self,
        record: RecordRef,
        creation: &Creation,
        number: &PhoneNumber,
        key: &CallKey,
    ) {
        let Creation::Record(looked, _) = creation else { return };
        let created = CreatedRecord {
            org: self.session.org(),
            record,
            number: number.clone(),
            key: key.clone(),
            made: self.now,
            matched: stored_match(&looked.matches),
        };
        if let Err(error) = self.store.record_created(created).await {
            // The Task names it all the same.
            tracing::warn!(%error, "a created record could not be written down");
        }
    }

    /// Returns the first of the org's own duplicates that really has one of the numbers.
    async fn known_by_the_org(
        &self,
        meant: &Meant,
        ids: &[RecordId],
    ) -> Result<Option<Record>, salesforce::Error> {
        for id in ids.iter().take(5) {
            let Some(object) = object_of(id) else { continue };
            let record = match self.session.record(object, id).await {
                Err(error) if error.is_unreadable() => None,
                other => other?,
            };
            let Some(record) = record else { continue };
            if !self.ranked(vec![record.clone()], meant, "").candidates.is_empty() {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// Deletes our record, which a colleague's older one has made needless. Where it stays, says so: the call belongs to
    /// the older one either way, and is logged.
    async fn take_back(&self, object: Object, id: &RecordId) -> Option<Reason> {
        for pause in AGAIN {
            tokio::time::sleep(pause).await;
            let Err(error) = self.session.delete_record(object, id).await else { return None };
            match error.retry() {
                Retry::Later { .. } => {}
                Retry::AfterSignIn | Retry::AfterPerson | Retry::Never => break,
            }
        }
        Some(noted(
            LEFT_BEHIND,
            format!(
                "a colleague's desk created a record for this caller at the same moment: the call is on that one, and ours ({object} {id}) stays, for it could not be deleted; delete or merge it in Salesforce"
            ),
        ))
    }

    fn found(&self, record: Record, meant: &Meant, place: &str) -> Creation {
        let matches = self.ranked(vec![record.clone()], meant, place);
        let looked =
            Looked { matches, searched: Vec::new(), records: vec![record], gone: Vec::new() };
        Creation::Record(Box::new(looked), None)
    }

    fn ranked(&self, records: Vec<Record>, meant: &Meant, place: &str) -> Matches {
        let me = self.session.user_id();
        lookup::rank(records, meant, self.plan, Some(&me), &Chosen::new(), place)
    }
}

fn left(message: &str) -> Reason {
    let text = format!("logged without a record, for none could be created: {message}");
    noted("journal.not_created", text)
}

fn object_of(id: &RecordId) -> Option<Object> {
    match id.prefix() {
        "003" => Some(Object::Contact),
        "00Q" => Some(Object::Lead),
        "001" => Some(Object::Account),
        _ => None,
    }
}

/// What is known of a record that Salesforce has just made.
fn as_record(begun: &BegunRecord, id: RecordId, session: &Session) -> Record {
    Record {
        object: begun.object,
        id,
        person_contact: None,
        name: begun.name.clone(),
        first_name: None,
        last_name: None,
        email: None,
        account: None,
        company: None,
        owner: Some(session.user_id()),
        last_activity: None,
        phones: vec![("Phone".to_owned(), begun.number.e164().to_owned())],
    }
}
