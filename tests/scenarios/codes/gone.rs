//! A problem goes when its cause goes: for each that can stand in the state, how its cause goes, and that the problem is
//! gone within five seconds.
//!
//! They count from the moment at which the program may know: a person has tried again, signed in or connected, the
//! operating system has told of the network, the policy's file was read, or the time is over. A PBX that comes back by
//! itself is found within half a minute, and that wait is no part of this.

#[path = "gone/contacts.rs"]
mod contacts;
#[path = "gone/desk.rs"]
pub(super) mod desk;
#[path = "gone/org.rs"]
mod org;
#[path = "gone/pbx.rs"]
mod pbx;

use std::{collections::BTreeSet, fs, future::Future, path::Path, pin::Pin, time::Duration};

use engine::view::STANDING;
use scenarios::{Fault, FaultRule, Office, Options};
use serde_json::json;

/// What is shown is so within as long (N4).
const GOES_WITHIN: Duration = Duration::from_secs(5);

/// Trouble may mend itself before it is said: a file that another program holds has half a minute.
const STANDS_WITHIN: Duration = Duration::from_secs(45);

/// Something that happens to an office.
type Act = for<'a> fn(&'a mut Office) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// A problem, and its end.
struct Story {
    code: &'static str,
    options: fn() -> Options,
    breaks: Act,
    /// Ends when the program may know.
    mends: Act,
}

fn story(code: &'static str, breaks: Act, mends: Act) -> Story {
    Story { code, options: Options::default, breaks, mends }
}

impl Story {
    fn of(self, options: fn() -> Options) -> Self {
        Self { options, ..self }
    }

    async fn told(self) {
        let Self { code, options, breaks, mends } = self;
        let mut office = Office::with(options()).await;
        breaks(&mut office).await;
        office.status_within(code, STANDS_WITHIN, |status| status.says(code)).await;
        goes_within(&mut office, code, GOES_WITHIN, mends).await;
    }
}

/// Mends the cause, and sees the problem go so soon after that.
async fn goes_within(office: &mut Office, code: &str, limit: Duration, mends: Act) {
    mends(office).await;
    office.status_within(&format!("{code} is gone"), limit, |status| !status.says(code)).await;
}

async fn are_told(stories: Vec<Story>) {
    for story in stories {
        story.told().await;
    }
}

fn unconnected() -> Options {
    Options { connected: false, ..Options::default() }
}

async fn connects(office: &Office) {
    office.connects_pbx().await.expect("the PBX is connected");
    office.signs_in().await.expect("the org is connected");
}

fn is_refused(office: &Office, path: &str, status: u16, code: &str) {
    let body = json!([{ "errorCode": code, "message": "not today" }]);
    let rule = FaultRule::always(path, Fault::Json(status, body));
    office.salesforce.set(|org| org.faults = vec![rule]);
}

/// Every story there is.
fn all() -> Vec<Story> {
    [
        pbx::of_the_log_in(),
        pbx::of_the_connection(),
        pbx::of_the_policy(),
        pbx::of_the_binding(),
        org::of_the_sign_in(),
        org::of_the_org(),
        desk::of_the_desk(),
        desk::of_the_program(),
        contacts::of_the_contacts(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The harness takes no problem in the state whose code is not in the engine's list of those that can stand there; and each
/// in that list has a story.
#[test]
fn every_problem_that_can_stand_has_a_story() {
    let told: BTreeSet<&str> = all().iter().map(|story| story.code).collect();
    let standing: BTreeSet<&str> = STANDING.into_iter().collect();
    assert_eq!(told, standing);
}

/// Problems that are the answer to what somebody has asked for, or stand beside one call: they go with it. The harness sees
/// that none of them is in the state.
const ANSWERS: [&str; 78] = [
    "salesforce.wrong_address",
    "binding.stale",
    "binding.no_users",
    "journal.stuck",
    "journal.record_gone",
    "note.no_call",
    "note.too_long",
    "note.unknown_outcome",
    "note.not_related",
    "note.follow_up",
    "note.other_account",
    "note.nothing_logged",
    "note.not_deleted",
    "note.still_not_logged",
    "note.not_kept",
    "contacts.other_desktop",
    "contacts.sync_off",
    "contacts.sync_ended",
    "policy.locked",
    "settings.not_saved",
    "dial.not_a_number",
    "dial.service_code",
    "dial.blocked",
    "dial.premium",
    "dial.own_extension",
    "dial.no_permission",
    "dial.restricted",
    "dial.congestion",
    "dial.dnd",
    "dial.unreachable",
    "dial.unanswered",
    "dial.busy",
    "dial.wrong_number",
    "dial.no_answer",
    "dial.refused",
    "dial.phone_never_rang",
    "dial.too_many",
    "dial.switched_off",
    "link.not_a_link",
    "link.unknown_scheme",
    "link.unreadable",
    "link.header",
    "link.several_numbers",
    "link.parameter",
    "link.other_system",
    "link.form",
    "link.switched_off",
    "link.too_many",
    "link.no_window",
    "link.screen_locked",
    "link.gone",
    "link.not_default",
    "link.test_lost",
    "call.none",
    "call.no_record",
    "call.no_task",
    "call.nothing_to_undo",
    "call.record_changed",
    "call.record_left",
    "call.not_movable",
    "engine.ended",
    "engine.gone",
    "engine.silent",
    "engine.garbled",
    "engine.foreign",
    "engine.unreachable",
    "engine.late",
    "engine.not_started",
    "control.unknown_command",
    "control.too_many_watchers",
    "window.not_allowed",
    "window.not_agreed",
    "window.refused_often",
    "window.asking",
    "window.cannot_ask",
    "window.no_answer",
    "window.no_display",
    "window.unexpected",
];

/// The window's list has every code. One that is new is decided upon here: it can stand in the state, and has a story of its
/// end, or it is an answer.
#[test]
fn every_code_that_the_window_knows_has_a_story_of_its_end_or_is_an_answer() {
    let listed = problem_codes();
    let told: BTreeSet<String> = all().iter().map(|story| story.code.to_owned()).collect();
    let answers: BTreeSet<String> = ANSWERS.iter().map(|&code| code.to_owned()).collect();
    let untold: Vec<&String> = listed.difference(&told).filter(|c| !answers.contains(*c)).collect();
    assert!(untold.is_empty(), "neither a story nor an answer: {untold:?}");
    let both: Vec<&String> = told.intersection(&answers).collect();
    assert!(both.is_empty(), "an answer that has a story: {both:?}");
    let unlisted: Vec<&String> = told.union(&answers).filter(|c| !listed.contains(*c)).collect();
    assert!(unlisted.is_empty(), "the window does not know them: {unlisted:?}");
}

/// Reads `problemCodes` of the window's list.
fn problem_codes() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/messages/codes.ts");
    let text = fs::read_to_string(file).expect("the window's list of codes");
    let from = text.split("export const problemCodes = [").nth(1).expect("the list");
    let list = from.split(']').next().expect("its end");
    let quoted = list.split('"').skip(1).step_by(2).map(str::to_owned);
    quoted.collect()
}
