//! What this user sees of the org, and may do there.

use domain::Outcome;
use salesforce::Description;

use super::{
    about::About,
    salesforce::{Answers, Described, Seen},
    team,
};
use crate::{
    problems,
    settings::{NewRecord, Settings, Unknown},
    view::doctor::{CheckRow, Who},
};

/// An object in which callers are looked up.
struct Lookup {
    about: About,
    /// As people call several of them.
    people: &'static str,
    /// What is shown of a record, and ranks it.
    shown: &'static [&'static str],
    /// Where a caller's number may be.
    phones: &'static [&'static str],
}

const FIELDS_MATTER: &str = "A field that your user may not see does not exist for Patchcord: numbers in it are not found, and nothing of it is shown.";
const FIELDS_PLACE: &str =
    "Setup > Permission Sets > Object Settings, or the field's Field-Level Security";

const CONTACTS: Lookup = Lookup {
    about: fields("salesforce.contact_fields"),
    people: "contacts",
    shown: &["Name", "AccountId", "OwnerId", "LastActivityDate"],
    phones: &["Phone", "MobilePhone", "HomePhone", "OtherPhone", "AssistantPhone"],
};
const LEADS: Lookup = Lookup {
    about: fields("salesforce.lead_fields"),
    people: "leads",
    shown: &["Name", "Company", "OwnerId", "LastActivityDate"],
    phones: &["Phone", "MobilePhone"],
};
const ACCOUNTS: Lookup = Lookup {
    about: fields("salesforce.account_fields"),
    people: "accounts",
    shown: &["Name", "OwnerId", "LastActivityDate"],
    phones: &["Phone"],
};
pub(super) const TASK_FIELDS: About = About {
    matters: "A call is logged as a Task. What your user may not set is left out of it.",
    ..fields("salesforce.task_fields")
};
const CREATE_TASK: About = create("salesforce.create_task", "Without it no call can be logged.");
const CREATE_LEAD: About = create(
    "salesforce.create_lead",
    "Unknown callers can be made leads, by hand or by themselves.",
);
const CREATE_CONTACT: About = create(
    "salesforce.create_contact",
    "Unknown callers can be made contacts, by hand or by themselves.",
);
const TASK_STATUS: About = About {
    id: "salesforce.task_status",
    matters: "A logged call belongs into the activity history, which takes a status that ends a Task.",
    who: Who::SalesforceAdmin,
    place: "Setup > Object Manager > Task > Fields & Relationships > Status",
};
const TASK_VALUES: About = About {
    id: "salesforce.task_values",
    matters: "A value that the org does not offer is left out of the logged call, and reports do not find it by that.",
    who: Who::SalesforceAdmin,
    place: "Setup > Object Manager > Task > Fields & Relationships > Call Type, Task Subtype, Call Result",
};
const PERSON_ACCOUNTS: About = About {
    id: "salesforce.person_accounts",
    matters: "With person accounts a caller's page is an account's, and the call is logged on the person behind it.",
    who: Who::SalesforceAdmin,
    place: "Setup > Object Manager > Account > Field-Level Security",
};
/// What a logged call sets.
const TASK_WANTS: [&str; 11] = [
    "Subject",
    "Status",
    "TaskSubtype",
    "CallType",
    "CallDurationInSeconds",
    "CallDisposition",
    "CallObject",
    "ActivityDate",
    "Description",
    "WhoId",
    "WhatId",
];
/// Values that a logged call uses, by field.
const TASK_USES: [(&str, &[&str]); 2] =
    [("TaskSubtype", &["Call"]), ("CallType", &["Inbound", "Outbound", "Internal"])];

/// How a call that is logged can have ended.
const RESULTS: [Outcome; 6] = [
    Outcome::Answered,
    Outcome::Missed,
    Outcome::NoAnswer,
    Outcome::Busy,
    Outcome::Voicemail,
    Outcome::Failed,
];

const fn fields(id: &'static str) -> About {
    About { id, matters: FIELDS_MATTER, who: Who::SalesforceAdmin, place: FIELDS_PLACE }
}

const fn create(id: &'static str, matters: &'static str) -> About {
    About {
        id,
        matters,
        who: Who::SalesforceAdmin,
        place: "Setup > Permission Sets > Object Settings > Create",
    }
}

/// Returns the checks.
pub(super) fn checks(settings: &Settings, answers: &Answers, unread_numbers: u64) -> Vec<CheckRow> {
    let of = |about: About, check: &dyn Fn(&Seen) -> CheckRow| match &answers.seen {
        Some(seen) => check(seen),
        None => answers.absence(about),
    };
    let auto = |object: NewRecord| {
        !settings.auto_create.directions.is_empty() && settings.auto_create.object == object
    };
    let needs_leads = auto(NewRecord::Lead) || settings.pop.unknown == Unknown::NewLead;
    let needs_contacts = auto(NewRecord::Contact) || settings.pop.unknown == Unknown::NewContact;
    vec![
        of(CONTACTS.about, &|seen| lookup(&CONTACTS, &seen.contact)),
        of(LEADS.about, &|seen| lookup(&LEADS, &seen.lead)),
        of(ACCOUNTS.about, &|seen| lookup(&ACCOUNTS, &seen.account)),
        of(TASK_FIELDS, &|seen| task_fields(&seen.task)),
        of(CREATE_TASK, &|seen| may_create(CREATE_TASK, &seen.task, true)),
        of(CREATE_LEAD, &|seen| may_create(CREATE_LEAD, &seen.lead, needs_leads)),
        of(CREATE_CONTACT, &|seen| may_create(CREATE_CONTACT, &seen.contact, needs_contacts)),
        of(TASK_STATUS, &task_status),
        of(TASK_VALUES, &|seen| task_values(settings, &seen.task)),
        of(PERSON_ACCOUNTS, &|seen| person_accounts(&seen.account)),
        of(team::CALL_KEY, &team::call_key),
        of(team::DELETE_CREATED, &|seen| team::delete_created(settings, seen)),
        of(team::DELETE_TASK, &|seen| team::delete_task(&seen.task)),
        of(team::UNREAD, &|seen| team::unread(&seen.unread)),
        of(team::UNREAD_NUMBERS, &|_| team::unread_numbers(unread_numbers)),
    ]
}

/// Returns what the user sees of an object; `Ok(None)`: nothing.
pub(super) fn described(
    about: About,
    what: &Described,
) -> Result<Option<&Description>, Box<CheckRow>> {
    match what {
        Ok(what) => Ok(what.as_deref()),
        Err(error) => Err(Box::new(about.told(&problems::of_salesforce(error)))),
    }
}

fn lookup(lookup: &Lookup, what: &Described) -> CheckRow {
    let Lookup { about, people, shown, phones } = lookup;
    let seen = match described(*about, what) {
        Ok(Some(seen)) => seen,
        Ok(None) => {
            return about.warn(
                format!("Your user does not see {people}, so no caller is found among them."),
                format!("Grant Read on {people}, if calls of theirs matter."),
            );
        }
        Err(row) => return *row,
    };
    if seen.phone_fields().next().is_none() {
        return about.warn(
            format!("Your user sees no phone field of {people}, so no caller is found among them."),
            "Make the phone fields visible.",
        );
    }
    let left_out: Vec<&str> =
        shown.iter().chain(*phones).copied().filter(|name| seen.field(name).is_none()).collect();
    let read: Vec<&str> = seen.phone_fields().map(|field| field.name.as_str()).collect();
    if left_out.is_empty() {
        return about
            .ok(format!("Callers are looked up by {}.", read.join(", ")))
            .naming([read.join(", ")]);
    }
    about
        .warn(
            format!("Left out, because your user does not see them: {}.", left_out.join(", ")),
            "Make these fields visible, if they are used.",
        )
        .naming([left_out.join(", ")])
}

fn task_fields(what: &Described) -> CheckRow {
    let seen = match described(TASK_FIELDS, what) {
        Ok(Some(seen)) => seen,
        Ok(None) => {
            return TASK_FIELDS.fail("Your user does not see Tasks.", "Grant access to Tasks.");
        }
        Err(row) => return *row,
    };
    let sets = |name: &&str| seen.field(name).is_some_and(|field| field.createable);
    let left_out: Vec<&str> = TASK_WANTS.into_iter().filter(|name| !sets(name)).collect();
    if left_out.is_empty() {
        return TASK_FIELDS.ok("Every field of a logged call can be set.");
    }
    let found = format!("Left out of logged calls: {}.", left_out.join(", "));
    let row = if left_out.contains(&"CallObject") && !seen.has_call_key() {
        TASK_FIELDS.fail(
            format!("{found} Without CallObject a call that is sent twice cannot be recognised."),
            "Let the user set CallObject, or add the field PBX_Call_Key__c.",
        )
    } else {
        TASK_FIELDS.warn(found, "Let the user set these fields, if reports need them.")
    };
    row.naming([left_out.join(", ")])
}

fn may_create(about: About, what: &Described, needed: bool) -> CheckRow {
    match described(about, what) {
        Err(row) => *row,
        Ok(Some(seen)) if seen.createable => about.ok("Your user may create them."),
        Ok(_) if needed => {
            about.fail("Your user may not create them, and the settings need it.", "Grant Create.")
        }
        Ok(_) => about.warn(
            "Your user may not create them. As the settings are now, nothing needs it.",
            "Grant Create, if unknown callers are to be created.",
        ),
    }
}

fn task_status(seen: &Seen) -> CheckRow {
    match &seen.closed_statuses {
        Err(error) => TASK_STATUS.told(&problems::of_salesforce(error)).mildly(),
        Ok(None) => TASK_STATUS.warn(
            "The org does not tell which statuses end a Task; “Completed” is used.",
            "Let the user read the Task statuses (“View Setup and Configuration”), or see that there is “Completed”.",
        ),
        Ok(Some(closed)) => match closed.iter().find(|status| *status == "Completed").or(closed.first()) {
            Some(status) => TASK_STATUS
                .ok(format!("Logged calls get the status “{status}”."))
                .naming([status]),
            None => TASK_STATUS.fail(
                "No status of this org ends a Task, so logged calls stay open.",
                "Add a status that is marked as closed, such as “Completed”.",
            ),
        },
    }
}

fn task_values(settings: &Settings, what: &Described) -> CheckRow {
    let seen = match described(TASK_VALUES, what) {
        Ok(Some(seen)) => seen,
        Ok(None) => return TASK_VALUES.after(TASK_FIELDS),
        Err(row) => return *row,
    };
    let mut lacking = Vec::new();
    let mut outcomes: Vec<&str> = RESULTS.iter().map(|outcome| outcome.disposition()).collect();
    for outcome in settings.journal.outcomes.iter().map(|outcome| outcome.trim()) {
        if !outcomes.contains(&outcome) {
            outcomes.push(outcome);
        }
    }
    let uses = TASK_USES.iter().map(|(name, values)| (*name, *values));
    for (name, values) in uses.chain([("CallDisposition", &*outcomes)]) {
        // A field without a fixed list takes any value; one that is not there is told by its own check.
        let Some(field) = seen.field(name).filter(|field| !field.values.is_empty()) else {
            continue;
        };
        let absent = values.iter().filter(|value| !field.values.iter().any(|have| have == *value));
        lacking.extend(absent.map(|value| format!("{name} {value}")));
    }
    if lacking.is_empty() {
        return TASK_VALUES.ok("The org offers every value that a logged call uses.");
    }
    let lacking = lacking.join(", ");
    TASK_VALUES
        .warn(
            format!("The org does not offer: {lacking}. It is left out of logged calls."),
            "Add the values, for the record types that the user has, or take outcomes that nobody needs out of the settings.",
        )
        .naming([lacking])
}

fn person_accounts(what: &Described) -> CheckRow {
    let seen = match described(PERSON_ACCOUNTS, what) {
        Ok(Some(seen)) => seen,
        Ok(None) => return PERSON_ACCOUNTS.after(ACCOUNTS.about),
        Err(row) => return *row,
    };
    if seen.field("IsPersonAccount").is_none() {
        return PERSON_ACCOUNTS
            .ok("The org has no person accounts, or your user does not see them.");
    }
    if seen.field("PersonContactId").is_some() {
        return PERSON_ACCOUNTS.ok("The org has person accounts; calls are logged on the person.");
    }
    PERSON_ACCOUNTS
        .warn(
            "The org has person accounts, and your user does not see PersonContactId: their calls are logged on the account only.",
            "Make PersonContactId visible.",
        )
        .naming(["PersonContactId"])
}
