//! What is written about a call: the entry, its key, and the Task it becomes.

use std::time::Duration;

use crate::{
    fingerprint,
    ids::{CallId, CallKey, Extension, RecordId, Serial},
    note::{self, Written},
    number::Party,
    record::{Candidate, Matches, Object, Verdict},
    switchboard::Talk,
    time::Timestamp,
};

/// Which way a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From outside to this extension.
    Inbound,
    /// From this extension to the outside.
    Outbound,
    /// Between extensions.
    Internal,
}

/// How a call ended for this agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The agent spoke.
    Answered,
    /// It came in and nobody took it: not answered, declined, or given up.
    Missed,
    /// The other side did not answer.
    NoAnswer,
    /// The other side was busy or declined.
    Busy,
    /// The caller spoke to the voicemail box.
    Voicemail,
    /// The PBX could not place it.
    Failed,
    /// Somebody else took it. Nothing is logged here.
    Elsewhere,
}

impl Direction {
    /// Returns `Task.CallType`. Source: contract.md §3.
    pub const fn call_type(self) -> &'static str {
        match self {
            Self::Inbound => "Inbound",
            Self::Outbound => "Outbound",
            Self::Internal => "Internal",
        }
    }
}

impl Outcome {
    /// Returns the words for `Task.CallDisposition`. Source: contract.md §3. A call that somebody else took has no Task
    /// here; where one was written before that was known and cannot be taken back, it says what is true of the call.
    pub const fn disposition(self) -> &'static str {
        match self {
            Self::Answered | Self::Elsewhere => "Answered",
            Self::Missed => "Missed",
            Self::NoAnswer => "No answer",
            Self::Busy => "Busy",
            Self::Voicemail => "Voicemail",
            Self::Failed => "Failed",
        }
    }

    /// Says whether this agent had the other side on the line.
    pub const fn spoke(self) -> bool {
        matches!(self, Self::Answered)
    }
}

/// One finished call of this extension, as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// The PBX's name for the call.
    pub call: CallId,
    /// Which way it went.
    pub direction: Direction,
    /// The other side.
    pub party: Party,
    /// Its number as the PBX showed it or as it was dialled, where that is known.
    pub spelled: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// How long this agent spoke.
    pub talked: Duration,
    /// How it ended for this agent.
    pub outcome: Outcome,
    /// The number of the queue, ring group or menu that it came through.
    pub queue: Option<String>,
    /// The number that was dialled from outside.
    pub did: Option<String>,
    /// The file name of the recording.
    pub recording: Option<String>,
    /// The PBX's words for why it failed.
    pub reason: Option<String>,
    /// How many extensions that rang stand before this one in line to log a call that nobody took; 0: this one is first.
    pub rank: u32,
    /// Whether this program heard the call from its beginning to its end. What comes from the PBX's records, in whole or
    /// in part, may have been logged by another computer of the same agent meanwhile.
    pub heard: bool,
    /// Whether it was seen that no other extension had a part in it: no colleague's desktop logs it.
    pub alone: bool,
    /// Who spoke in it, as the events told it: a record that is read later is judged by that.
    pub talk: Talk,
}

impl JournalEntry {
    /// Returns the key under which the call is logged, the same wherever the news of it came from.
    pub fn key(&self, serial: &Serial, extension: &Extension) -> CallKey {
        if self.is_shared() {
            CallKey::missed(serial, &self.call)
        } else {
            CallKey::spoken(serial, &self.call, extension)
        }
    }

    /// Says whether the entry stands for all extensions that rang, and is logged by one of them.
    pub fn is_shared(&self) -> bool {
        self.direction == Direction::Inbound && !self.outcome.spoke()
    }

    /// Returns how long this desktop lets others go first with a shared entry; `creates`: they create a record first, which
    /// takes them some requests and a pause.
    ///
    /// Grows with the rank, and stays below the 25 seconds within which the Task is due even when only the last of
    /// them runs Patchcord.
    pub fn courtesy(&self, creates: bool) -> Duration {
        if !self.is_shared() {
            return Duration::ZERO;
        }
        courtesy(self.rank, creates)
    }
}

/// How long an extension lets those before it go first.
pub(crate) fn courtesy(rank: u32, creates: bool) -> Duration {
    let (steps, step) = if creates { (2, 7_000) } else { (4, 3_500) };
    let rest = rank.saturating_sub(steps).min(8);
    Duration::from_millis(u64::from(rank.min(steps)) * step + u64::from(rest) * 400)
}

/// The Task that a call becomes, in the words of contract.md §3. What the org does not offer is left out later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskDraft {
    /// `Subject`.
    pub subject: String,
    /// `CallType`.
    pub direction: Direction,
    /// `CallDurationInSeconds`.
    pub talk_seconds: u64,
    /// `CallDisposition`.
    pub disposition: String,
    /// `CallObject`, and the external id where the org has one.
    pub key: CallKey,
    /// `WhoId`: a contact or lead.
    pub who: Option<RecordId>,
    /// `WhatId`: an account.
    pub what: Option<RecordId>,
    /// `ActivityDate`: year, month, day in the computer's time zone.
    pub date: (i16, i8, i8),
    /// What `Description` says: the agent's note, then the facts.
    pub written: Written,
}

/// What a Task said when it was written last. Where Salesforce shows something else since, a person changed it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// `Subject`.
    pub subject: String,
    /// `WhoId`.
    pub who: Option<RecordId>,
    /// `WhatId`.
    pub what: Option<RecordId>,
    /// A fingerprint of everything else but the key.
    pub rest: u64,
    /// `CallObject`.
    pub key: CallKey,
    /// Everything else, where it was kept.
    pub words: Option<SaidWords>,
}

/// What of a Task's content people may change in Salesforce, as this program wrote it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidWords {
    /// Direction, talk time and day, as one text.
    pub numbers: String,
    /// `CallDisposition`.
    pub disposition: String,
    /// `Description`.
    pub written: Written,
}

/// What people add to an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// The agent's note.
    pub note: Option<String>,
    /// The agent's outcome, in the words of the settings.
    pub outcome: Option<String>,
    /// What the call is about: an opportunity or a case. A lead has none.
    pub related: Option<RecordId>,
}

/// A point in time as the computer's calendar has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CivilTime {
    /// Year, month, day.
    pub date: (i16, i8, i8),
    /// For people: `2026-01-05 09:15:23 +01:00`.
    pub text: String,
}

/// Whom a Task is about: what is left of the matches when it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The one record's name, or that of the account that all candidates belong to.
    pub name: Option<String>,
    /// `WhoId`.
    pub who: Option<RecordId>,
    /// `WhatId`.
    pub what: Option<RecordId>,
}

impl Link {
    /// Takes what the matches say.
    pub fn of(matches: &Matches) -> Self {
        let (who, what) = links(matches);
        let name = match matches.verdict() {
            Verdict::One(candidate) => Some(candidate.record.name.clone()),
            // Which of them it was is not known, but where they work is.
            Verdict::Several(_) => {
                matches.common_account().map(|(_, name)| name).filter(|name| !name.is_empty())
            }
            Verdict::Nobody => None,
        };
        Self { name, who, what }
    }
}

impl TaskDraft {
    /// Writes the Task for an entry.
    pub fn new(
        entry: &JournalEntry,
        key: CallKey,
        link: &Link,
        remarks: &Remarks,
        started: &CivilTime,
    ) -> Self {
        Self {
            subject: subject(entry.direction, entry.outcome, &entry.party, link),
            direction: entry.direction,
            talk_seconds: entry.talked.as_secs(),
            disposition: remarks
                .outcome
                .clone()
                .unwrap_or_else(|| entry.outcome.disposition().to_owned()),
            key,
            who: link.who.clone(),
            what: related(link, remarks),
            date: started.date,
            written: Written {
                note: remarks.note.clone().unwrap_or_default(),
                facts: facts(entry, started),
            },
        }
    }

    /// Returns `Description` in at most so many UTF-16 units.
    pub fn description(&self, most: usize) -> String {
        note::with_facts(&self.written.note, &self.written.facts, most)
    }

    /// Returns what is to be remembered of the Task once it is written.
    pub fn said(&self) -> Said {
        Said {
            subject: self.subject.clone(),
            who: self.who.clone(),
            what: self.what.clone(),
            rest: Said::rest_of(
                self.direction.call_type(),
                self.talk_seconds,
                self.date,
                &self.disposition,
                &self.description(note::USUAL_ROOM),
            ),
            key: self.key.clone(),
            words: Some(SaidWords {
                numbers: numbers(self.direction.call_type(), self.talk_seconds, self.date),
                disposition: self.disposition.clone(),
                written: self.written.clone(),
            }),
        }
    }
}

impl Said {
    /// Returns the fingerprint of a Task's `CallType`, `CallDurationInSeconds`, `ActivityDate`, `CallDisposition` and
    /// `Description`.
    pub fn rest_of(
        call_type: &str,
        seconds: u64,
        date: (i16, i8, i8),
        disposition: &str,
        description: &str,
    ) -> u64 {
        let numbers = numbers(call_type, seconds, date);
        fingerprint::of([numbers.as_str(), disposition, description])
    }
}

fn numbers(call_type: &str, seconds: u64, (year, month, day): (i16, i8, i8)) -> String {
    format!("{call_type} {seconds} {year} {month} {day}")
}

/// Returns the Task's subject. Source: contract.md §3.
pub fn subject(direction: Direction, outcome: Outcome, party: &Party, link: &Link) -> String {
    let whom = link.name.as_deref().or_else(|| party.shown()).unwrap_or("a withheld number");
    match direction {
        Direction::Outbound => format!("Outbound call to {whom}"),
        Direction::Inbound if !outcome.spoke() && outcome != Outcome::Elsewhere => {
            format!("Missed call from {whom}")
        }
        Direction::Inbound => format!("Inbound call from {whom}"),
        Direction::Internal => format!("Internal call with {whom}"),
    }
}

/// Returns `WhoId` and `WhatId`: a lead excludes an account, a person account is named by its contact, a contact whose
/// account has the number too brings the account, and several candidates share at most their account. Source: salesforce-api.md §5.4, §7.
pub fn links(matches: &Matches) -> (Option<RecordId>, Option<RecordId>) {
    match matches.verdict() {
        Verdict::One(candidate) => links_of(candidate),
        Verdict::Several(_) => (None, matches.common_account().map(|(id, _)| id)),
        Verdict::Nobody => (None, None),
    }
}

fn links_of(candidate: &Candidate) -> (Option<RecordId>, Option<RecordId>) {
    let record = &candidate.record;
    match record.object {
        Object::Contact => {
            (Some(record.id.clone()), candidate.account.as_ref().map(|account| account.id.clone()))
        }
        Object::Lead => (Some(record.id.clone()), None),
        Object::Account => match &record.person_contact {
            Some(contact) => (Some(contact.clone()), None),
            None => (None, Some(record.id.clone())),
        },
    }
}

/// What the agent chose goes before the account, and beside a lead there is nothing.
fn related(link: &Link, remarks: &Remarks) -> Option<RecordId> {
    let lead = link.who.as_ref().is_some_and(|who| who.prefix() == Object::Lead.key_prefix());
    remarks.related.clone().filter(|_| !lead).or_else(|| link.what.clone())
}

fn facts(entry: &JournalEntry, started: &CivilTime) -> String {
    let mut lines = vec![format!("Started: {}", started.text)];
    let seconds = entry.talked.as_secs();
    lines.push(format!("Duration: {}:{:02}", seconds / 60, seconds % 60));
    let number = match &entry.party {
        Party::External(number) => number.international(),
        Party::Extension(extension) => format!("extension {extension}"),
        Party::Withheld => "withheld".to_owned(),
        Party::Invalid(text) => text.clone(),
    };
    lines.push(format!("Number: {number}"));
    if let Some(queue) = &entry.queue {
        lines.push(format!("Queue: {queue}"));
    }
    if let Some(did) = &entry.did {
        lines.push(format!("Dialled number: {did}"));
    }
    if let Some(reason) = &entry.reason {
        lines.push(format!("Reason: {reason}"));
    }
    if let Some(recording) = &entry.recording {
        lines.push(format!("Recording: {recording}"));
    }
    lines.join("\n")
}
