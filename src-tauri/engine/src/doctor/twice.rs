//! Whether the PBX's own integration logs the same calls: then each call has two activities.
//!
//! The PBX's API has no switch to see it by, so its traces are looked for: an activity that is not ours beside one
//! that is, about the same person, written at the same time. Source: yeastar-open-api.md §10.

use std::time::Duration;

use salesforce::RecentTask;

use super::{about::About, salesforce::Answers};
use crate::{
    problems,
    view::doctor::{CheckRow, Who},
};

const OWN_INTEGRATION: About = About {
    id: "pbx.own_integration",
    matters: "Where the PBX's own Salesforce integration is on as well, every call is logged twice and unknown callers are created twice.",
    who: Who::PbxAdmin,
    place: "Integrations > CRM",
};

/// Both write when a call has ended, each within a few seconds and after its own retries.
const TOGETHER: Duration = Duration::from_secs(120);

/// Returns the check.
pub(super) fn check(answers: &Answers) -> CheckRow {
    let Some(seen) = &answers.seen else { return answers.absence(OWN_INTEGRATION) };
    let tasks = match &seen.recent {
        Ok(tasks) => tasks,
        Err(error) => return OWN_INTEGRATION.told(&problems::of_salesforce(error)).mildly(),
    };
    let ours = tasks.iter().filter(|task| task.ours && is_about_somebody(task)).count();
    if ours == 0 {
        return OWN_INTEGRATION.skip(
            "The API does not show whether it is on, and there is no call of the last seven days to see it by.",
            "Look whether a CRM is connected there; after the first logged calls, check again.",
        );
    }
    let doubled = doubled(tasks);
    // One may be a person's own note; of one call there is no more to see.
    if doubled >= 2 || doubled == ours {
        return OWN_INTEGRATION
            .warn(
                format!("{doubled} of {ours} calls of the last seven days have a second activity that Patchcord did not write."),
                "Switch the CRM integration off there, or uninstall Patchcord: one of the two is enough.",
            )
            .naming([format!("{doubled} / {ours}")]);
    }
    OWN_INTEGRATION
        .ok(format!("None of the PBX's own entries stands beside the last {ours} logged calls."))
        .naming([ours.to_string()])
}

/// Counts our Tasks that have a companion.
fn doubled(tasks: &[RecentTask]) -> usize {
    let is_companion = |ours: &RecentTask, other: &RecentTask| {
        let same_person = match (&ours.who, &other.who) {
            (Some(one), Some(another)) => one == another,
            _ => ours.what.is_some() && ours.what == other.what,
        };
        let apart = ours.created.since(other.created).max(other.created.since(ours.created));
        !other.ours && same_person && apart <= TOGETHER
    };
    let ours = tasks.iter().filter(|task| task.ours);
    ours.filter(|task| tasks.iter().any(|other| is_companion(task, other))).count()
}

fn is_about_somebody(task: &RecentTask) -> bool {
    task.who.is_some() || task.what.is_some()
}

#[cfg(test)]
mod tests {
    use domain::{RecordId, Timestamp};

    use super::*;

    fn task(ours: bool, who: Option<&str>, second: i64) -> RecentTask {
        RecentTask {
            ours,
            who: who.map(|id| RecordId::parse(id).unwrap()),
            what: None,
            created: Timestamp::from_seconds(1_767_600_000 + second),
        }
    }

    #[test]
    fn a_call_is_doubled_by_an_entry_of_another_about_the_same_person_at_the_same_time() {
        const ADA: Option<&str> = Some("0035g00000EXAMP");
        const BOB: Option<&str> = Some("0035g00000EXAMQ");
        for (other, expected) in [
            (task(false, ADA, 20), 1),
            (task(false, ADA, -20), 1),
            (task(false, ADA, 121), 0),
            (task(false, BOB, 20), 0),
            (task(false, None, 20), 0),
            (task(true, ADA, 20), 0),
        ] {
            assert_eq!(doubled(&[task(true, ADA, 0), other.clone()]), expected, "{other:?}");
        }
        assert_eq!(doubled(&[task(true, None, 0), task(false, None, 0)]), 0);
    }
}
