//! What colleagues at one org cost each other: a call that two desks log, a record that two desks make, a record that
//! nobody can read.

use salesforce::{ActivitySharing, Unread};

use super::{
    about::About,
    org::{TASK_FIELDS, described},
    salesforce::{Described, Seen},
};
use crate::{
    settings::{NewRecord, Settings},
    view::doctor::{CheckRow, Who},
};

pub(super) const CALL_KEY: About = About {
    id: "salesforce.call_key",
    matters: "With the field Salesforce itself refuses a second Task for a call. Without it Patchcord asks before it writes, which two desktops at the same moment can get past, and which does not see a colleague's Task where activities are not shared.",
    who: Who::SalesforceAdmin,
    place: "Setup > Object Manager > Activity > Fields & Relationships > New",
};
pub(super) const DELETE_CREATED: About = delete(
    "salesforce.delete_created",
    "Two desks that create a record for the same caller at the same moment take the younger one back, and a person can within ten minutes.",
);
pub(super) const DELETE_TASK: About = delete(
    "salesforce.delete_task",
    "A person can decide after the call that it is not to be logged, and a second Task of one call is taken back.",
);
pub(super) const UNREAD: About = About {
    id: "salesforce.unread_records",
    matters: "A record that cannot be read is passed over: its caller is not recognised.",
    who: Who::SalesforceAdmin,
    place: "The record itself, by its id, in Salesforce",
};
pub(super) const UNREAD_NUMBERS: About = About {
    id: "salesforce.unread_numbers",
    matters: "Nobody is found by a text in a phone field that is no number.",
    who: Who::SalesforceAdmin,
    place: "Status › Known callers › Show them, or patchcord unread-numbers; then the records in Salesforce",
};
/// So many ids are named; the rest is counted.
const NAMED: usize = 10;

const fn delete(id: &'static str, matters: &'static str) -> About {
    About {
        id,
        matters,
        who: Who::SalesforceAdmin,
        place: "Setup > Permission Sets > Object Settings > Delete",
    }
}

/// May a record that this program creates be taken back?
pub(super) fn delete_created(settings: &Settings, seen: &Seen) -> CheckRow {
    if settings.auto_create.directions.is_empty() {
        return DELETE_CREATED.ok("As the settings are now, no record is created by itself.");
    }
    let (what, people) = match settings.auto_create.object {
        NewRecord::Lead => (&seen.lead, "leads"),
        NewRecord::Contact => (&seen.contact, "contacts"),
    };
    match described(DELETE_CREATED, what) {
        Err(row) => *row,
        Ok(Some(seen)) if !seen.deletable => DELETE_CREATED.warn(
            format!(
                "Your user may not delete {people}: a second record for the same caller stays, and is said beside the call."
            ),
            format!("Grant Delete on {people}; a user deletes only records that are theirs."),
        ),
        Ok(_) => DELETE_CREATED.ok(format!("Your user may delete {people} of theirs.")),
    }
}

/// May a Task be taken back?
pub(super) fn delete_task(what: &Described) -> CheckRow {
    match described(DELETE_TASK, what) {
        Err(row) => *row,
        Ok(None) => DELETE_TASK.after(TASK_FIELDS),
        Ok(Some(seen)) if !seen.deletable => DELETE_TASK.warn(
            "Your user may not delete Tasks: what is logged stays logged.",
            "Grant Delete on activities (“Edit Tasks”), if agents are to take entries back.",
        ),
        Ok(Some(_)) => DELETE_TASK.ok("Your user may delete Tasks of theirs."),
    }
}

/// Which records could not be read?
pub(super) fn unread(rows: &[Unread]) -> CheckRow {
    if rows.is_empty() {
        return UNREAD.ok("Every record that was looked at could be read.");
    }
    let mut named: Vec<String> = rows
        .iter()
        .take(NAMED)
        .map(|row| match row.id.as_str() {
            "" => format!("{} without an id", row.object),
            id => format!("{} {id}", row.object),
        })
        .collect();
    if let Some(more) = rows.len().checked_sub(NAMED).filter(|more| *more > 0) {
        named.push(format!("+{more}"));
    }
    let named = named.join(", ");
    UNREAD
        .warn(
            format!("{} records could not be read and are passed over: {named}.", rows.len()),
            "Open them in Salesforce, look for texts that an import or another program has broken, and save them again.",
        )
        .naming([named])
}

/// How many records hold a text in a phone field that is no number?
pub(super) fn unread_numbers(records: u64) -> CheckRow {
    match records {
        0 => UNREAD_NUMBERS.ok("Every phone field of the known records holds a number or nothing."),
        1 => UNREAD_NUMBERS.warn(
            "1 record has a text in a phone field that is no number.",
            "Open the list and write the number as one dials it.",
        ),
        many => UNREAD_NUMBERS.warn(
            format!("{many} records have a text in a phone field that is no number."),
            "Open the list and write the numbers as one dials them.",
        ),
    }
}

/// Can a second Task of a call come about?
pub(super) fn call_key(seen: &Seen) -> CheckRow {
    let task = match described(CALL_KEY, &seen.task) {
        Ok(Some(task)) => task,
        Ok(None) => return CALL_KEY.after(TASK_FIELDS),
        Err(row) => return *row,
    };
    if task.has_call_key() {
        return CALL_KEY.ok("PBX_Call_Key__c is a unique external ID, and your user may set it.");
    }
    const WEAKER: &str =
        "The weaker guarantee holds: a second Task for a call is unlikely, and not impossible.";
    const MAKE: &str = "Add the Activity field PBX_Call_Key__c: Text (255), External ID, Unique, editable for the callers' users.";
    let field = if task.field("PBX_Call_Key__c").is_some() {
        "PBX_Call_Key__c is there, but not as a unique external ID that your user may set."
    } else {
        "The org has no field PBX_Call_Key__c."
    };
    let (shared, named) = shared(seen.sharing);
    CALL_KEY.warn(format!("{field} {WEAKER} {shared}"), MAKE).naming(named)
}

/// Says what a desk sees of its colleagues' Tasks, and what that means for a group's missed calls.
/// Source: salesforce-api.md does not tell; help.salesforce.com, "Organization-Wide Sharing Defaults", as quoted at
/// simplysfdc.com/2015/01/salesforce-activity-controlled-by-parent.html: a Task that names no record is its owner's alone
/// under either setting.
fn shared(sharing: Option<ActivitySharing>) -> (String, Option<&'static str>) {
    const HIDDEN: &str = "a desk does not see a colleague's Task about a caller whom no record has. A call of a queue or ring group that such a caller gave up may be logged by each desk that rang";
    match sharing {
        Some(ActivitySharing::Public) => {
            ("Activities are shared with everybody.".to_owned(), Some("ReadWrite"))
        }
        Some(ActivitySharing::ControlledByParent) => (
            format!("Activities are controlled by their parent records, so {HIDDEN}."),
            Some("ControlledByParent"),
        ),
        Some(ActivitySharing::Private) => {
            (format!("Activities are private, so {HIDDEN}."), Some("Private"))
        }
        None => (
            format!(
                "The org does not tell how activities are shared; with the usual settings {HIDDEN}."
            ),
            None,
        ),
    }
}
