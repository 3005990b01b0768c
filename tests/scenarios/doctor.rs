//! The set-up is checked: what is found, who can change it, and where.

#[path = "doctor/desk.rs"]
mod desk;
#[path = "doctor/org.rs"]
mod org;
#[path = "doctor/pbx.rs"]
mod pbx;
#[path = "doctor/rest.rs"]
mod rest;
#[path = "doctor/team.rs"]
mod team;
#[path = "doctor/whole.rs"]
mod whole;

use engine::view::doctor::{CheckState, Who};
use scenarios::Findings;

/// Asserts how a check came out, who can change it, and that where and what are said.
fn assert_found(findings: &Findings, id: &str, state: CheckState, who: Who, place: &str) {
    let check = findings.check(id);
    assert_eq!((check.state, check.who), (state, who), "{check:#?}");
    assert!(check.place.contains(place), "{check:#?}");
    for words in [&check.found, &check.matters, &check.todo] {
        assert!(words.ends_with('.'), "{check:#?}");
    }
}
