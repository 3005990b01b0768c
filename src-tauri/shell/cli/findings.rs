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
        let _ = writeln!(text, "{:<5}{:<ID$}{found}", word(check.state), check.id);
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
    let _ = writeln!(text, "     {}", check.matters);
    let todo = one_line(&check.todo, 400);
    let _ = writeln!(text, "     {who}: {todo} Where: {}.", check.place.trim_end_matches('.'));
}

fn word(state: CheckState) -> &'static str {
    match state {
        CheckState::Ok => "ok",
        CheckState::Warn => "warn",
        CheckState::Fail => "FAIL",
        CheckState::Skip => "skip",
    }
}
