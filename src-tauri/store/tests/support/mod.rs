//! A home in a temporary folder, and calls to put into it.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file is a crate that uses the part it needs, and fails where it stands"
)]

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use domain::{
    CallId, CallKey, Direction, Extension, JournalEntry, Object, OrgId, Outcome, Party,
    PhoneNumber, Record, RecordId, RecordRef, Remarks, Serial, Talk, TaskId, Timestamp, UserId,
};
use store::{
    CallMemory, Desk, Done, FinishedCall, Leased, NewDelivery, NewNote, Notice, Owner, Reason,
    Store, StoredCall, StoredMatch,
};

pub const NOW: Timestamp = Timestamp::from_seconds(1_767_600_923);
pub const LEASE: Duration = Duration::from_secs(60);
pub const ADA: &str = "+49493555017";

pub struct Home {
    folder: tempfile::TempDir,
    pub store: Store,
    pub notices: Vec<Notice>,
}

impl Home {
    pub async fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap()).await
    }

    pub async fn at(folder: tempfile::TempDir) -> Self {
        let opened = Store::open(folder.path()).await.unwrap();
        Self { folder, store: opened.store, notices: opened.notices }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn journal(&self) -> PathBuf {
        self.path().join("journal.db")
    }

    pub async fn close(self) -> tempfile::TempDir {
        self.store.close().await;
        self.folder
    }

    pub async fn reopen(self) -> Self {
        Self::at(self.close().await).await
    }

    pub async fn finish(&self, entry: &JournalEntry) {
        self.store.finish(finished(entry), Some(delivery(entry))).await.unwrap();
    }

    pub async fn has_finished(&self, call: &CallId) -> bool {
        self.store.finished_since(&desk(), Timestamp::from_millis(0)).await.unwrap().contains(call)
    }

    /// Writes what the agent says of a call, which is saved with that.
    pub async fn remark(&self, call: &CallId, remarks: Remarks, hold_until: Option<Timestamp>) {
        let note = NewNote { remarks, hold_until, ..NewNote::default() };
        self.store.add_note(&desk(), call, note).await.unwrap();
    }

    pub async fn lease(&self) -> Option<Leased> {
        self.lease_at(NOW).await
    }

    pub async fn lease_at(&self, now: Timestamp) -> Option<Leased> {
        self.store.lease(&owner(), now, LEASE).await.unwrap()
    }

    /// Sends the next due entry, and returns it.
    pub async fn deliver(&self, task_number: u32) -> Leased {
        self.deliver_at(NOW, task_number).await
    }

    /// Sends the entry that is due next by then, and returns it.
    pub async fn deliver_at(&self, now: Timestamp, task_number: u32) -> Leased {
        let leased = self.lease_at(now).await.expect("an entry is due");
        self.store.sending(&leased.ticket).await.unwrap();
        self.store.delivered(&leased.ticket, Done::found(task(task_number))).await.unwrap();
        leased
    }

    pub async fn call(&self, id: &str) -> StoredCall {
        self.store.call(id).await.unwrap().expect("the call is stored")
    }
}

pub fn desk() -> Desk {
    Desk { serial: Serial::new("3630A1B2C3"), extension: Extension::new("4101") }
}

pub fn owner() -> Owner {
    Owner { org: org(), user: UserId::parse("0055g00000EXAMP").unwrap() }
}

pub fn somebody_else() -> Owner {
    Owner {
        org: OrgId::parse("00D5g00000OTHER").unwrap(),
        user: UserId::parse("0055g00000OTHER").unwrap(),
    }
}

pub fn org() -> OrgId {
    OrgId::parse("00D5g00000EXAMP").unwrap()
}

pub fn task(number: u32) -> TaskId {
    TaskId::parse(&format!("00T5g0000{number:06}")).unwrap()
}

pub fn contact(number: u32) -> RecordId {
    RecordId::parse(&format!("0035g0000{number:06}")).unwrap()
}

pub fn number(e164: &str) -> PhoneNumber {
    PhoneNumber::from_e164(e164).unwrap()
}

pub fn reason(code: &str) -> Reason {
    Reason { code: code.to_owned(), text: format!("because of {code}") }
}

pub fn memory(call: &str) -> CallMemory {
    CallMemory {
        desk: desk(),
        call: CallId::new(call),
        direction: Some(Direction::Inbound),
        party: Some(Party::External(number(ADA))),
        spelled: Some("0493555017".to_owned()),
        started: NOW,
        answered: None,
        talk: Talk::default(),
        again: false,
        popped: false,
        others_rang: vec![Extension::new("4102"), Extension::new("4103")],
        queue: Some("6400".to_owned()),
        did: None,
        state: "ringing".to_owned(),
    }
}

/// An inbound call that was answered and lasted 51 seconds.
pub fn entry(call: &str) -> JournalEntry {
    JournalEntry {
        call: CallId::new(call),
        direction: Direction::Inbound,
        party: Party::External(number(ADA)),
        spelled: Some("0493555017".to_owned()),
        started: NOW,
        talked: Duration::from_secs(51),
        outcome: Outcome::Answered,
        queue: Some("6400".to_owned()),
        did: Some("+4949355500".to_owned()),
        recording: None,
        reason: None,
        rank: 0,
        heard: true,
        alone: false,
        talk: Talk::default(),
    }
}

pub fn missed(call: &str) -> JournalEntry {
    JournalEntry { talked: Duration::ZERO, outcome: Outcome::Missed, rank: 1, ..entry(call) }
}

pub fn key(entry: &JournalEntry) -> CallKey {
    entry.key(&desk().serial, &desk().extension)
}

pub fn finished(entry: &JournalEntry) -> FinishedCall {
    FinishedCall { desk: desk(), entry: entry.clone(), matches: None }
}

pub fn delivery(entry: &JournalEntry) -> NewDelivery {
    NewDelivery { key: key(entry), owner: Some(owner()), due: NOW, ask_first: false, skip: None }
}

pub fn matched(number: u32) -> StoredMatch {
    let id = contact(number);
    StoredMatch {
        record: Some(RecordRef {
            object: Object::Contact,
            id: id.clone(),
            name: "Ada Example".to_owned(),
        }),
        who: Some(id),
        what: None,
        company: None,
        candidates: 1,
        number: None,
        why: "matched Contact.Phone exactly (local index)".to_owned(),
    }
}

pub fn record(id: u32) -> Record {
    Record {
        object: Object::Contact,
        id: contact(id),
        person_contact: None,
        name: format!("Ada Example {id}"),
        first_name: Some("Ada".to_owned()),
        last_name: Some("Example".to_owned()),
        email: Some("ada@example.com".to_owned()),
        account: Some((RecordId::parse("0015g00000EXAMP").unwrap(), "ACME".to_owned())),
        company: None,
        owner: Some(owner().user),
        last_activity: Some(NOW),
        phones: vec![
            ("Phone".to_owned(), "030 1234567".to_owned()),
            ("MobilePhone".to_owned(), "0170 1234567".to_owned()),
        ],
    }
}

/// The record with both of its numbers, the first of which differs from record to record.
pub fn indexed(id: u32) -> (Record, Vec<(PhoneNumber, String)>) {
    let numbers = vec![
        (number(&format!("+4930{id:07}")), "Phone".to_owned()),
        (number("+491701234567"), "MobilePhone".to_owned()),
    ];
    (record(id), numbers)
}
