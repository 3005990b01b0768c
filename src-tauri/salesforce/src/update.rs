//! A Task that is there already says something else: a note was added, or the call belongs to another record.
//!
//! Only what has changed since this program wrote the Task is sent, so that what people changed in Salesforce stays
//! theirs. Whose call it is goes by whoever said so last, which is the person at this desk.
//! Source: contract.md §3, salesforce-api.md §7.

use domain::{RecordId, Said, TaskDraft, TaskId};
use serde_json::{Map, Value};

use crate::{
    describe::KEY_FIELD,
    error::Error,
    hand_edits,
    journal::{
        DISPOSITION, LeftOut, Purpose, blames_links, content, fitted, is_about_fields, learn,
        named_task, put,
    },
    session::{Ask, Session},
    text, wire,
};

/// Where a Task's links may point to that this program writes.
const ACCOUNT: &str = "001";
const LEAD: &str = "00Q";

/// What a Task shows in Salesforce at the moment.
struct Shown {
    subject: String,
    who: Option<RecordId>,
    what: Option<RecordId>,
    words: hand_edits::Shown,
    /// Another computer of the agent has said which of several records it is.
    is_decided: bool,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Updated {
    /// The Task says it, but for what the org does not take.
    Done(LeftOut),
    /// The org keeps keys unique, and this Task has the call's key: it is the one that counts.
    Another(TaskId),
}

impl Session {
    /// Changes the Task of a call: everything but its kind and status. `before` is what it said when this program
    /// wrote it last; `None` where that is not known, and then what it shows counts as ours. `undecided`: several
    /// records may be meant, as far as is known here; another computer may know which.
    ///
    /// # Errors
    ///
    /// As [`Session::log_call`](Self::log_call). Where the call was moved to a record that does not exist any more, the
    /// Task stays as it is.
    pub async fn update_call(
        &self,
        id: &TaskId,
        draft: &TaskDraft,
        before: Option<&Said>,
        undecided: bool,
    ) -> Result<Updated, Error> {
        let now = draft.said();
        let moved = before.is_none_or(|before| {
            (&before.subject, &before.who, &before.what) != (&now.subject, &now.who, &now.what)
        });
        let reworded = before.is_none_or(|before| before.rest != now.rest);
        let mut shown = if moved || reworded { self.shown(id).await? } else { None };
        if let Some(shown) = &mut shown {
            shown.is_decided =
                undecided && before.is_none() && draft.who.is_none() && shown.who.is_some();
        }
        let mut fields = self.changes(draft, before, shown.as_ref(), reworded, moved).await?;
        let path = format!("sobjects/Task/{id}");
        let mut lesson = false;
        let mut left_out = LeftOut::default();
        let worded = fields.contains_key(DISPOSITION);
        while !fields.is_empty() {
            let body = Value::Object(fields.clone());
            let Err(error) = self.ask(&Ask::patch(path.as_str(), body)).await else { break };
            if error.has_code("DUPLICATE_VALUE") && fields.contains_key(KEY_FIELD) {
                let holder = self.task_with_key(&draft.key).await?.filter(|other| other != id);
                return match holder.or_else(|| named_task(&error)) {
                    Some(other) => Ok(Updated::Another(other)),
                    None => Err(error),
                };
            }
            if before.is_none() && blames_links(&error, &fields) {
                // Nobody has moved it, as far as is known: what can be said without a link is said.
                fields.remove("WhoId");
                fields.remove("WhatId");
                left_out.links = true;
            } else if !lesson && is_about_fields(&error) {
                lesson = true;
                self.forget_description("Task");
                let fresh = self.changes(draft, before, shown.as_ref(), reworded, moved).await?;
                if !learn(&error, &mut fields, fresh) {
                    return Err(error);
                }
            } else if shown.is_some() && blames_links(&error, &fields) {
                return Err(no_such_record(error));
            } else {
                return Err(error);
            }
        }
        // Also where this change was about something else: it is still lacking.
        let seen = self.described_task().await?;
        let offered = content(draft, &seen, Purpose::Update);
        let refused = worded && !fields.contains_key(DISPOSITION);
        left_out.disposition = refused || !offered.contains_key(DISPOSITION);
        Ok(Updated::Done(left_out))
    }

    async fn changes(
        &self,
        draft: &TaskDraft,
        before: Option<&Said>,
        shown: Option<&Shown>,
        reworded: bool,
        moved: bool,
    ) -> Result<Map<String, Value>, Error> {
        let seen = self.described_task().await?;
        let mut fields = Map::new();
        if reworded {
            fields = content(draft, &seen, Purpose::Update);
            if let Some(shown) = shown {
                hand_edits::keep(&mut fields, &seen, draft, before, &shown.words);
            }
        }
        if before.is_none_or(|before| before.key != draft.key) {
            // A call that was thought missed and was answered has another key.
            for name in ["CallObject", KEY_FIELD] {
                put(&mut fields, &seen, Purpose::Update, name, Value::from(draft.key.as_str()));
            }
        }
        if !moved {
            return Ok(fields);
        }
        let ours = |subject: &str| fitted(&seen, "Subject", subject);
        let shows = shown.map(|shown| shown.subject.trim());
        let reworded_by_hand = before.zip(shows).is_some_and(|(before, shows)| {
            ![&before.subject, &draft.subject].iter().any(|known| ours(known).trim() == shows)
        });
        if !reworded_by_hand {
            let subject = Value::from(draft.subject.as_str());
            put(&mut fields, &seen, Purpose::Update, "Subject", subject);
        }
        for (name, link) in links(draft, before, shown) {
            let link = link.map_or(Value::Null, |id| Value::from(id.as_str()));
            put(&mut fields, &seen, Purpose::Update, name, link);
        }
        Ok(fields)
    }

    /// Returns what the Task shows; `None` when it is gone, or not for this user to see.
    async fn shown(&self, id: &TaskId) -> Result<Option<Shown>, Error> {
        let seen = self.described_task().await?;
        let mut wanted = vec!["Id"];
        let known = ["Subject", "WhoId", "WhatId", "Description", "CallDisposition"];
        wanted.extend(known.iter().filter(|name| seen.field(name).is_some()));
        let soql = format!(
            "SELECT {} FROM Task WHERE Id = {}",
            wanted.join(", "),
            text::literal(id.as_str())
        );
        let rows = self.query(&soql).await?;
        let link = |row: &wire::Row, name| wire::text(row, name).and_then(RecordId::parse);
        Ok(rows.first().map(|row| Shown {
            subject: wire::text(row, "Subject").unwrap_or_default().to_owned(),
            who: link(row, "WhoId"),
            what: link(row, "WhatId"),
            words: hand_edits::Shown::of(row),
            is_decided: false,
        }))
    }
}

/// Has a refusal say that it is about the record, not about the Task.
fn no_such_record(error: Error) -> Error {
    match error {
        Error::Rejected { code, message, .. } => {
            Error::Rejected { code, message, fields: vec!["WhoId".to_owned()] }
        }
        other => other,
    }
}

/// Returns which links change, and to what.
///
/// A lead excludes an account. What this program had put there goes with the record that the call leaves, as does a
/// contact that excludes nothing but was ours; what a person has put there, such as an opportunity, stays beside a
/// contact.
fn links<'a>(
    draft: &'a TaskDraft,
    before: Option<&Said>,
    shown: Option<&Shown>,
) -> Vec<(&'static str, Option<&'a RecordId>)> {
    if shown.is_some_and(|shown| shown.is_decided) {
        return Vec::new();
    }
    let ours = |put: fn(&Said) -> &Option<RecordId>, shows: Option<&RecordId>| {
        shows.is_some() && before.is_none_or(|before| put(before).as_ref() == shows)
    };
    let (who, what) = shown.map_or((None, None), |now| (now.who.as_ref(), now.what.as_ref()));
    let ours_who = ours(|said| &said.who, who);
    // What the agent chose is known to be ours; of what is not known only an account is.
    let ours_what = ours(|said| &said.what, what)
        && (before.is_some() || what.is_some_and(|what| what.prefix() == ACCOUNT));
    match (&draft.who, &draft.what) {
        (Some(lead), _) if lead.prefix() == LEAD => vec![("WhoId", Some(lead)), ("WhatId", None)],
        (Some(contact), Some(account)) => {
            vec![("WhoId", Some(contact)), ("WhatId", Some(account))]
        }
        (Some(contact), None) if ours_what => vec![("WhoId", Some(contact)), ("WhatId", None)],
        (Some(contact), None) => vec![("WhoId", Some(contact))],
        (None, Some(account)) => {
            let lead = who.is_some_and(|who| who.prefix() == LEAD);
            let leaves = (ours_who || lead).then_some(("WhoId", None));
            leaves.into_iter().chain([("WhatId", Some(account))]).collect()
        }
        (None, None) => {
            let who = ours_who.then_some(("WhoId", None));
            who.into_iter().chain(ours_what.then_some(("WhatId", None))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{CallId, CallKey, CivilTime, Direction, JournalEntry, Link, Outcome, Party};
    use domain::{Remarks, Serial, Timestamp};

    use super::*;

    const ADA: &str = "003000000000001";
    const BRUNO: &str = "003000000000002";
    const CLEO: &str = "00Q000000000003";
    const FIRM: &str = "001000000000004";
    const OTHER: &str = "001000000000005";
    const DEAL: &str = "006000000000006";

    fn id(text: &str) -> Option<RecordId> {
        RecordId::parse(text)
    }

    fn draft(who: &str, what: &str) -> TaskDraft {
        let entry = JournalEntry {
            call: CallId::new("1"),
            direction: Direction::Inbound,
            party: Party::Withheld,
            spelled: None,
            started: Timestamp::from_seconds(0),
            talked: Duration::ZERO,
            outcome: Outcome::Answered,
            queue: None,
            did: None,
            recording: None,
            reason: None,
            rank: 0,
            heard: true,
            alone: false,
            talk: domain::Talk::default(),
        };
        let link = Link { name: None, who: id(who), what: id(what) };
        let time = CivilTime { date: (2026, 1, 5), text: String::new() };
        let key = CallKey::missed(&Serial::new("3630"), &entry.call);
        TaskDraft::new(&entry, key, &link, &Remarks::default(), &time)
    }

    #[test]
    fn what_another_computer_has_decided_stays() {
        for (decided, sent) in [(true, vec![]), (false, vec![("WhoId", None)])] {
            let words = hand_edits::Shown::default();
            let subject = String::new();
            let shown = Shown { subject, who: id(ADA), what: None, words, is_decided: decided };
            assert_eq!(links(&draft("", ""), None, Some(&shown)), sent);
        }
    }

    #[test]
    fn what_a_person_linked_stays_where_it_can() {
        // (said before), (shown now), (moved to), what is sent
        for (before, shows, to, sent) in [
            ((ADA, ""), (ADA, ""), (BRUNO, ""), vec![("WhoId", BRUNO)]),
            ((ADA, ""), (ADA, ""), (CLEO, ""), vec![("WhoId", CLEO), ("WhatId", "")]),
            ((ADA, ""), (ADA, ""), ("", FIRM), vec![("WhoId", ""), ("WhatId", FIRM)]),
            (("", FIRM), ("", FIRM), (BRUNO, ""), vec![("WhoId", BRUNO), ("WhatId", "")]),
            (("", FIRM), ("", FIRM), ("", OTHER), vec![("WhatId", OTHER)]),
            ((CLEO, ""), (CLEO, ""), ("", FIRM), vec![("WhoId", ""), ("WhatId", FIRM)]),
            // A person has put an opportunity beside the contact.
            ((ADA, ""), (ADA, DEAL), (BRUNO, ""), vec![("WhoId", BRUNO)]),
            ((ADA, ""), (ADA, DEAL), (CLEO, ""), vec![("WhoId", CLEO), ("WhatId", "")]),
            ((ADA, ""), (ADA, OTHER), (BRUNO, ""), vec![("WhoId", BRUNO)]),
            // A person has named another contact, who may well work for the account.
            ((ADA, ""), (BRUNO, ""), ("", FIRM), vec![("WhatId", FIRM)]),
            ((ADA, ""), (CLEO, ""), ("", FIRM), vec![("WhoId", ""), ("WhatId", FIRM)]),
            ((ADA, ""), (ADA, ""), ("", ""), vec![("WhoId", "")]),
            ((ADA, ""), (BRUNO, DEAL), ("", ""), vec![]),
            // The agent chose the opportunity, and chooses another, or none.
            ((ADA, DEAL), (ADA, DEAL), (ADA, OTHER), vec![("WhoId", ADA), ("WhatId", OTHER)]),
            ((ADA, DEAL), (ADA, DEAL), (ADA, ""), vec![("WhoId", ADA), ("WhatId", "")]),
            ((ADA, DEAL), (ADA, OTHER), (ADA, ""), vec![("WhoId", ADA)]),
            (("", FIRM), ("", FIRM), ("", DEAL), vec![("WhatId", DEAL)]),
        ] {
            let said = Said { who: id(before.0), what: id(before.1), ..draft("", "").said() };
            let (who, what) = (id(shows.0), id(shows.1));
            let words = hand_edits::Shown::default();
            let shown = Shown { subject: String::new(), who, what, words, is_decided: false };
            let draft = draft(to.0, to.1);
            let links = links(&draft, Some(&said), Some(&shown));
            let expected: Vec<_> = sent.iter().map(|(name, link)| (*name, id(link))).collect();
            let links: Vec<_> =
                links.into_iter().map(|(name, link)| (name, link.cloned())).collect();
            assert_eq!(links, expected, "{before:?} {shows:?} {to:?}");
        }
    }
}
