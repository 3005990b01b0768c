//! What goes wrong around the calls: both systems' faults, and what befalls the desks.

use std::time::Duration;

use serde_json::json;
use simulator::{Cut, Fault, FaultRule};

use crate::{
    act::{Act, DeskAct, OrgAct, PbxAct},
    dice::Dice,
    plan::{Lane, Step},
};

/// Requests of both sides that must not be met: what is asked of people would then fail, and it is not their history.
const LATER: u64 = 300;

/// Up to three troubles of the PBX, one after the other.
pub(crate) fn pbx(dice: &mut Dice, window_ms: u64) -> Option<Lane> {
    let count = if dice.chance(60) { dice.between(1, 3) } else { 0 };
    series(dice, count, window_ms, |dice| match dice.between(0, 9) {
        0..=2 => (Act::Pbx(PbxAct::Down), dice.between(300, 6_000), Some(Act::Pbx(PbxAct::Up))),
        3 | 4 => (Act::Pbx(PbxAct::Cut(Cut::Reset)), 300, None),
        5 => (Act::Pbx(PbxAct::Cut(Cut::Close)), 300, None),
        6 => (Act::Pbx(PbxAct::ExpireAccess), 300, None),
        7 => (Act::Pbx(PbxAct::ExpireAll), 300, None),
        _ => {
            let rules = pbx_rules(dice);
            let lasts = dice.between(1_000, 6_000);
            (Act::Pbx(PbxAct::Faults(rules)), lasts, Some(Act::Pbx(PbxAct::Heal)))
        }
    })
}

fn pbx_rules(dice: &mut Dice) -> Vec<FaultRule> {
    match dice.between(0, 4) {
        0 => slow_answers(dice, "", 2_000, 40),
        1 => vec![FaultRule::times("cdr", 3, Fault::Html(502))],
        2 => vec![FaultRule::times("cdr", 2, Fault::Reset)],
        3 => vec![FaultRule::times("cdr", 2, Fault::Truncated)],
        _ => vec![FaultRule::always("cdr", Fault::Empty(200))],
    }
}

/// Up to three troubles of Salesforce, one after the other.
pub(crate) fn salesforce(dice: &mut Dice, window_ms: u64) -> Option<Lane> {
    let count = if dice.chance(65) { dice.between(1, 3) } else { 0 };
    series(dice, count, window_ms, |dice| match dice.between(0, 11) {
        0..=2 => (Act::Org(OrgAct::Down), dice.between(300, 6_000), Some(Act::Org(OrgAct::Up))),
        3 => (Act::Org(OrgAct::Expire), 300, None),
        4 => (
            Act::Org(OrgAct::LockedRows(u32::try_from(dice.between(1, 3)).unwrap_or(1))),
            300,
            None,
        ),
        _ => {
            let rules = org_rules(dice);
            let lasts = dice.between(1_500, 9_000);
            (Act::Org(OrgAct::Faults(rules)), lasts, Some(Act::Org(OrgAct::Heal)))
        }
    })
}

fn org_rules(dice: &mut Dice) -> Vec<FaultRule> {
    const REST: &str = "/services/data";
    let ended =
        json!([{ "message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID" }]);
    match dice.between(0, 7) {
        0 | 1 => slow_answers(dice, REST, 3_000, 60),
        // Carried out late rather than answered late.
        2 => vec![FaultRule::always(
            REST,
            Fault::Late(Duration::from_millis(dice.between(200, 3_000))),
        )],
        3 => vec![FaultRule::times(REST, 3, Fault::Html(500))],
        4 => vec![FaultRule::times("sobjects/Task", 2, Fault::LostAnswer)],
        5 => vec![FaultRule::times("sobjects", 1, Fault::LostBehindProxy(504))],
        6 => vec![FaultRule::once(REST, Fault::Json(401, ended))],
        _ => vec![
            FaultRule::times(REST, 2, Fault::Truncated),
            FaultRule::times(REST, 1, Fault::Reset),
        ],
    }
}

/// Every answer comes after a time of its own.
fn slow_answers(dice: &mut Dice, path: &str, most_ms: u64, count: usize) -> Vec<FaultRule> {
    (0..count)
        .map(|_| {
            let wait = Duration::from_millis(dice.between(0, most_ms));
            FaultRule::once(path, Fault::Slow(wait))
        })
        .collect()
}

/// Kills and quits of one desk.
pub(crate) fn kills(dice: &mut Dice, desk: usize, window_ms: u64) -> Option<Lane> {
    let count = if dice.chance(45) { dice.between(1, 2) } else { 0 };
    series(dice, count, window_ms, |dice| {
        let ends = if dice.chance(75) { DeskAct::Kill } else { DeskAct::Quit };
        let act = |act| Act::Desk { desk, act };
        (act(ends), dice.between(100, 5_000), Some(act(DeskAct::Start)))
    })
}

/// Times in which one desk stands still.
pub(crate) fn stops(dice: &mut Dice, desk: usize, window_ms: u64) -> Option<Lane> {
    let count = u64::from(dice.chance(20));
    series(dice, count, window_ms, |dice| {
        let act = |act| Act::Desk { desk, act };
        (act(DeskAct::Stop), dice.between(500, 5_000), Some(act(DeskAct::Continue)))
    })
}

/// Times in which one desk is switched off.
pub(crate) fn switched(dice: &mut Dice, desk: usize, window_ms: u64) -> Option<Lane> {
    let count = u64::from(dice.chance(30));
    series(dice, count, window_ms, |dice| {
        let act = |act| Act::Desk { desk, act };
        (act(DeskAct::Off), dice.between(100, 5_000), Some(act(DeskAct::On)))
    })
}

/// Up to two clocks are set, those of the PBX and of desks. They stay as they are set.
pub(crate) fn clocks(dice: &mut Dice, desks: usize, window_ms: u64) -> Option<Lane> {
    let count = if dice.chance(30) { dice.between(1, 2) } else { 0 };
    series(dice, count, window_ms, |dice| {
        let seconds = dice.pick(&[-7_200, -3_600, -40, -5, 5, 40, 3_600, 7_200]);
        let (of_pbx, desk) = (dice.chance(50), dice.below(desks));
        let act = if of_pbx {
            Act::Pbx(PbxAct::Clock(seconds))
        } else {
            Act::Desk { desk, act: DeskAct::Clock(seconds) }
        };
        (act, LATER, None)
    })
}

/// A person makes a record of a stranger.
pub(crate) fn person(dice: &mut Dice, window_ms: u64) -> Option<Lane> {
    let stranger = dice.below(3);
    let count = u64::from(dice.chance(60));
    series(dice, count, window_ms, |_| (Act::Org(OrgAct::PersonMakes(stranger)), 0, None))
}

/// Troubles that follow each other: each begins somewhere in its share of the window, lasts, and may be mended.
fn series(
    dice: &mut Dice,
    count: u64,
    window_ms: u64,
    mut trouble: impl FnMut(&mut Dice) -> (Act, u64, Option<Act>),
) -> Option<Lane> {
    if count == 0 {
        return None;
    }
    let share = window_ms / count;
    let begins_ms = dice.between(0, share);
    let mut steps = Vec::new();
    let mut wait_ms = 0;
    for _ in 0..count {
        let (begins, lasts, mended) = trouble(dice);
        steps.push(Step { wait_ms, act: begins });
        wait_ms = dice.between(LATER, share.max(LATER + 1));
        if let Some(act) = mended {
            steps.push(Step { wait_ms: lasts, act });
        }
    }
    Some(Lane { begins_ms, steps })
}
