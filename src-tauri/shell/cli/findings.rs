//! What the doctor found, as a table for people.

use std::fmt::Write;

use engine::view::doctor::{Check, CheckState, Report, Summary, Who};

use crate::plain::one_line;

/// The longest id, and a space.
const ID: usize = 30;

/// A line per check; below what is not as it should be, why it matters and what to do.
pub(super) fn table(report: &Report) -> String {
    let mut text = String::new();
    for check in &report.checks {
        let found = one_line(&check.found, 400);
        // A string takes every line.
        let _ = writeln!(text, "{:<5}{:<ID$}{found}", word(check.state), one_line(&check.id, ID));
        if matches!(check.state, CheckState::Warn | CheckState::Fail) {
            advice(&mut text, check);
        }
    }
    let Summary { ok, warn, fail, skip } = report.summary;
    let _ = write!(text, "{ok} ok, {warn} to look at, {fail} failed, {skip} not checked");
    text
}

fn advice(text: &mut String, check: &Check) {
    let who = match check.who {
        Who::You => "You",
        Who::PbxAdmin => "The PBX administrator",
        Who::SalesforceAdmin => "The Salesforce administrator",
        Who::It => "IT",
    };
    let _ = writeln!(text, "     {}", one_line(&check.matters, 400));
    let todo = one_line(&check.todo, 400);
    let _ = writeln!(
        text,
        "     {who}: {todo} Where: {}.",
        one_line(&check.place, 200).trim_end_matches('.')
    );
}

fn word(state: CheckState) -> &'static str {
    match state {
        CheckState::Ok => "ok",
        CheckState::Warn => "warn",
        CheckState::Fail => "FAIL",
        CheckState::Skip => "skip",
    }
}

#[cfg(test)]
mod tests {
    use engine::view::doctor::CheckRow;

    use super::*;

    fn row(id: &str, state: CheckState) -> CheckRow {
        let check = Check {
            id: id.to_owned(),
            state,
            found: "Found\nit.".to_owned(),
            matters: "It matters.".to_owned(),
            who: Who::PbxAdmin,
            todo: "Tick it.".to_owned(),
            place: "Integrations > API".to_owned(),
        };
        CheckRow { check, problem: None, values: Vec::new() }
    }

    #[test]
    fn what_is_not_as_it_should_be_says_who_does_what_where() {
        let rows =
            [row("pbx.tls", CheckState::Ok), row("pbx.control_inbound_call", CheckState::Fail)];
        let text = table(&Report::of(&rows));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "ok   pbx.tls                       Found it.");
        assert_eq!(lines[1], "FAIL pbx.control_inbound_call      Found it.");
        assert_eq!(lines[2], "     It matters.");
        assert_eq!(lines[3], "     The PBX administrator: Tick it. Where: Integrations > API.");
        assert_eq!(lines[4], "1 ok, 0 to look at, 1 failed, 0 not checked");
    }
}
