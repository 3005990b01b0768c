//! The dry run: how a number is read, which records match and why, what would follow. Writes nothing.

use domain::{
    DialPlan, Direction, JournalEntry, Link, Matches, Outcome, Party, Remarks, TaskDraft,
    Timestamp, Verdict,
    ids::{CallId, CallKey},
    journal::CivilTime,
};
use salesforce::Instance;
use serde_json::{Map, Value, json};

use crate::{
    civil,
    lookup::{self, Looked},
    settings::{Settings, Unknown, When},
    view::{Decision, Explain, ExplainCandidate, Searched},
};

/// What was asked, and how a caller who is shown so is read without a record.
pub(crate) struct Asked<'a> {
    pub input: &'a str,
    pub party: &'a Party,
    pub plan: &'a DialPlan,
}

/// Puts the answer together from what was looked at.
pub(crate) fn explain(
    asked: &Asked<'_>,
    looked: &Looked,
    settings: &Settings,
    instance: Option<&Instance>,
    now: Timestamp,
) -> Explain {
    let Asked { input, plan, .. } = *asked;
    let matches = &looked.matches;
    let decided = matches.decided().cloned().map(Party::External);
    let party = decided.as_ref().unwrap_or(asked.party);
    let number = party.number();
    let (decision, url) = decide(party, matches, settings, instance);
    let would_create = would_create(asked, party, matches, settings);
    let decision = if would_create.is_some() { Decision::Create } else { decision };
    Explain {
        input: input.to_owned(),
        kind: match party {
            Party::External(_) => "external",
            Party::Extension(_) => "extension",
            Party::Withheld => "withheld",
            Party::Invalid(_) if plan.is_service(input) => "service",
            Party::Invalid(_) => "invalid",
        }
        .to_owned(),
        e164: number.map(|number| number.e164().to_owned()),
        national: number.map(domain::PhoneNumber::national),
        country: number.and_then(domain::PhoneNumber::country),
        readings: readings(input, plan),
        searched: looked
            .searched
            .iter()
            .map(|&(place, found)| Searched {
                place: place.to_owned(),
                found: u32::try_from(found).unwrap_or(u32::MAX),
            })
            .collect(),
        candidates: candidates(matches),
        decision,
        url: url.filter(|_| decision != Decision::Create),
        would_create,
        task: task(party, matches, now),
        dials_as: plan
            .dial(input)
            .ok()
            .map(|(_, dialled)| dialled)
            .or_else(|| number.map(|number| plan.dialled(number))),
        blocked: number.is_some_and(|number| plan.is_blocked(number)),
    }
}

/// Returns what a spelling may mean, where that is more than one number; without a record the first counts.
fn readings(input: &str, plan: &DialPlan) -> Option<Vec<String>> {
    let readings = plan.readings(input, plan.trunk());
    let numbers = readings.iter().map(|reading| reading.number.e164().to_owned()).collect();
    (readings.len() > 1).then_some(numbers)
}

fn decide(
    party: &Party,
    matches: &Matches,
    settings: &Settings,
    instance: Option<&Instance>,
) -> (Decision, Option<String>) {
    let Party::External(number) = party else { return (Decision::Nothing, None) };
    let opens = settings.pop.when != When::Never;
    match matches.verdict() {
        Verdict::One(_) if !opens => (Decision::Nothing, None),
        Verdict::One(candidate) => {
            let url = instance.map(|instance| {
                instance.record_url(candidate.record.object, &candidate.record.id).to_string()
            });
            (Decision::Open, url)
        }
        Verdict::Several(_) => (Decision::Choose, None),
        Verdict::Nobody => {
            let object = match settings.pop.unknown {
                Unknown::Nothing => return (Decision::Nothing, None),
                Unknown::NewLead | Unknown::NewContact if !opens => {
                    return (Decision::Nothing, None);
                }
                Unknown::NewLead => domain::Object::Lead,
                Unknown::NewContact => domain::Object::Contact,
            };
            let url =
                instance.map(|instance| instance.new_record_url(object, number.e164()).to_string());
            (Decision::NewRecordPage, url)
        }
    }
}

/// The record that an answered inbound call from this number would leave, in Salesforce's names.
fn would_create(
    asked: &Asked<'_>,
    party: &Party,
    matches: &Matches,
    settings: &Settings,
) -> Option<Value> {
    if !matches.candidates.is_empty() {
        return None;
    }
    let mut call = answered_call(party, Timestamp::default());
    call.spelled = Some(asked.input.to_owned());
    let record = settings.creation_policy().for_call(&call, asked.plan)?;
    let mut fields = Map::new();
    fields.insert("object".to_owned(), json!(record.kind.object().api_name()));
    fields.insert("FirstName".to_owned(), json!(record.first_name));
    fields.insert("LastName".to_owned(), json!(record.last_name));
    fields.insert("Phone".to_owned(), json!(record.phone.e164()));
    if let Some(company) = record.company {
        fields.insert("Company".to_owned(), json!(company));
    }
    if let Some(account) = record.account {
        fields.insert("AccountId".to_owned(), json!(account.as_str()));
    }
    Some(Value::Object(fields))
}

fn candidates(matches: &Matches) -> Vec<ExplainCandidate> {
    let only = matches.candidates.len() == 1;
    matches
        .candidates
        .iter()
        .zip(1_u32..)
        .map(|(candidate, rank)| ExplainCandidate {
            object: candidate.record.object.api_name().to_owned(),
            id: candidate.record.id.to_string(),
            name: candidate.record.name.clone(),
            field: candidate.field.clone(),
            exact: candidate.has_number(),
            rank,
            why: if only {
                "only match".to_owned()
            } else if !candidate.has_number() {
                "the account that the others belong to".to_owned()
            } else if matches.remembered.as_ref() == Some(&candidate.record.id) {
                "chosen before for this number".to_owned()
            } else {
                lookup::why(matches)
            },
        })
        .collect()
}

/// The Task that an answered inbound call from this number would become, in Salesforce's names.
fn task(party: &Party, matches: &Matches, now: Timestamp) -> Value {
    let entry = answered_call(party, now);
    let started: CivilTime = civil::local(now);
    let draft = TaskDraft::new(
        &entry,
        CallKey::from_stored(String::new()),
        &Link::of(matches),
        &Remarks::default(),
        &started,
    );
    let mut fields = Map::new();
    fields.insert("Subject".to_owned(), json!(draft.subject));
    let kind = match draft.direction {
        Direction::Inbound => "Inbound",
        Direction::Outbound => "Outbound",
        Direction::Internal => "Internal",
    };
    fields.insert("CallType".to_owned(), json!(kind));
    if let Some(who) = draft.who {
        fields.insert("WhoId".to_owned(), json!(who.as_str()));
    }
    if let Some(what) = draft.what {
        fields.insert("WhatId".to_owned(), json!(what.as_str()));
    }
    Value::Object(fields)
}

/// An answered inbound call from this number.
fn answered_call(party: &Party, now: Timestamp) -> JournalEntry {
    JournalEntry {
        call: CallId::new("0"),
        direction: if party.is_internal() { Direction::Internal } else { Direction::Inbound },
        party: party.clone(),
        spelled: None,
        started: now,
        talked: std::time::Duration::ZERO,
        outcome: Outcome::Answered,
        queue: None,
        did: None,
        recording: None,
        reason: None,
        rank: 0,
        heard: true,
        alone: false,
        talk: domain::Talk::default(),
    }
}
