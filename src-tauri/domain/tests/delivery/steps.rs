//! Single steps of a delivery.

use domain::delivery::{Aim, Delivery, Known, Refused, Stage, Step, Why};

use crate::model::{LEASE, NOW, SECOND, missed, spoken, task};

#[test]
fn a_step_of_a_worker_that_has_lost_its_lease_changes_nothing() {
    let fresh = Delivery::new(missed(), NOW, false, true);
    let leased = fresh.apply(Step::Leased { until: NOW.plus(LEASE) }, NOW).unwrap();
    let corrected = leased.apply(corrected(), NOW).unwrap();
    assert_eq!(corrected.apply(Step::Sending(1), NOW), Err(Refused), "it would say what is not so");

    let discarded = leased.apply(Step::Discarded, NOW).unwrap();
    assert_eq!(discarded.stage, Stage::Skipped(Why::Discarded));
    assert_eq!(discarded.apply(Step::Sending(1), NOW), Err(Refused), "a discarded call is written");

    let later = NOW.plus(LEASE);
    let taken_over = leased.apply(Step::Leased { until: later.plus(LEASE) }, later).unwrap();
    for late in [Step::Sending(1), Step::Parked(1), Step::Withdrawn(1), Step::GivenUp(1)] {
        assert_eq!(taken_over.apply(late, later), Err(Refused));
    }
}

#[test]
fn a_task_that_was_written_of_a_discarded_call_is_deleted() {
    let delivery = Delivery::new(missed(), NOW, false, true);
    let sent = delivery
        .apply(Step::Leased { until: NOW.plus(LEASE) }, NOW)
        .and_then(|leased| leased.apply(Step::Sending(1), NOW))
        .unwrap();
    let discarded = sent.apply(Step::Discarded, NOW).unwrap();
    let step = Step::Delivered { lease: 1, task: task(1), unproven: false, outdated: false };
    let there = discarded.apply(step, NOW).unwrap();
    assert_eq!((there.stage, there.aim), (Stage::Waiting, Aim::Withdraw(Why::Discarded)));
    let there = there.apply(corrected(), NOW).unwrap();
    assert_eq!(there.aim, Aim::Withdraw(Why::Discarded), "a record does not undo a person's word");
    let gone = there
        .apply(Step::Leased { until: NOW.plus(LEASE) }, NOW)
        .and_then(|leased| leased.apply(Step::Withdrawn(2), NOW))
        .unwrap();
    assert_eq!(gone.stage, Stage::Skipped(Why::Discarded));
}

#[test]
fn a_person_takes_back_that_a_call_is_not_to_be_logged() {
    let fresh = Delivery::new(missed(), NOW, false, true);
    assert_eq!(fresh.apply(Step::Restored, NOW), Err(Refused), "nobody has discarded it");

    let unsent = fresh.apply(Step::Discarded, NOW).and_then(|it| it.apply(Step::Restored, NOW));
    let unsent = unsent.unwrap();
    assert_eq!((unsent.stage, unsent.aim, unsent.ask_first), (Stage::Waiting, Aim::Log, true));
    assert!(unsent.revision > fresh.revision);

    let step = Step::Delivered { lease: 1, task: task(1), unproven: false, outdated: false };
    let logged = fresh
        .apply(Step::Leased { until: NOW.plus(LEASE) }, NOW)
        .and_then(|leased| leased.apply(Step::Sending(1), NOW))
        .and_then(|sent| sent.apply(step, NOW))
        .unwrap();
    let discarded = logged.apply(Step::Discarded, NOW).unwrap();

    // Nothing has gone out yet: the Task stays, and is brought up to date.
    let kept = discarded.apply(Step::Restored, NOW).unwrap();
    assert_eq!((kept.aim, kept.task()), (Aim::Log, Some(&task(1))));

    // The request to delete it is out: what there is then is logged anew.
    let deleting = discarded
        .apply(Step::Leased { until: NOW.plus(LEASE) }, NOW)
        .and_then(|leased| leased.apply(Step::Sending(2), NOW))
        .and_then(|sent| sent.apply(Step::Restored, NOW))
        .unwrap();
    assert_eq!((deleting.aim, &deleting.known), (Aim::Log, &Known::MayExist));
    let gone = deleting.apply(Step::Withdrawn(2), NOW).unwrap();
    assert_eq!((gone.stage, &gone.known), (Stage::Waiting, &Known::Nothing));

    let deleted = discarded
        .apply(Step::Leased { until: NOW.plus(LEASE) }, NOW)
        .and_then(|leased| leased.apply(Step::Withdrawn(2), NOW))
        .and_then(|gone| gone.apply(Step::Restored, NOW))
        .unwrap();
    assert_eq!((deleted.stage, deleted.aim), (Stage::Waiting, Aim::Log));
}

#[test]
fn a_kind_that_is_not_logged_is_logged_when_it_turns_out_to_be_another() {
    let skipped = Delivery::new(missed(), NOW, true, false);
    assert_eq!(skipped.stage, Stage::Skipped(Why::Settings));
    assert_eq!(skipped.apply(corrected(), NOW).unwrap().stage, Stage::Waiting);
}

/// The call was answered, and its Task says something else.
fn corrected() -> Step {
    Step::Corrected {
        key: spoken(),
        ask_first: false,
        due: NOW,
        changed: true,
        another_kind: false,
    }
}

/// A call that has its Task.
fn logged() -> Delivery {
    let delivered = Step::Delivered { lease: 1, task: task(1), unproven: false, outdated: false };
    [Step::Leased { until: NOW.plus(LEASE) }, Step::Sending(1), delivered]
        .into_iter()
        .fold(Delivery::new(spoken(), NOW, false, true), |delivery, step| {
            delivery.apply(step, NOW).unwrap()
        })
}

#[test]
fn a_task_of_a_call_that_turns_out_to_be_of_a_kind_that_is_not_logged_is_taken_back() {
    let unwanted = logged().apply(Step::NotWanted { another_kind: true }, NOW).unwrap();
    assert_eq!((unwanted.stage, unwanted.aim), (Stage::Waiting, Aim::Withdraw(Why::Settings)));
    let leased = unwanted.apply(Step::Leased { until: NOW.plus(LEASE) }, NOW).unwrap();
    let gone = leased.apply(Step::Withdrawn(2), NOW).unwrap();
    assert_eq!(gone.stage, Stage::Skipped(Why::Settings));
    let wanted = Step::Corrected {
        key: spoken(),
        ask_first: false,
        due: NOW,
        changed: true,
        another_kind: true,
    };
    assert_eq!(gone.apply(wanted, NOW).unwrap().stage, Stage::Waiting, "it was wanted after all");
    // A person has changed it.
    let kept = leased.apply(Step::Kept(2), NOW).unwrap();
    assert_eq!((kept.stage, kept.task()), (Stage::Logged, Some(&task(1))));
}

#[test]
fn a_task_stays_where_only_the_settings_have_changed() {
    let logged = logged();
    assert_eq!(logged.apply(Step::NotWanted { another_kind: false }, NOW), Ok(logged));
}

#[test]
fn a_time_far_ahead_is_from_a_clock_that_was_wrong() {
    let tomorrow = NOW.plus(SECOND * 86_400);
    let delivery = Delivery::new(missed(), tomorrow, false, true);
    assert!(delivery.apply(Step::Leased { until: NOW.plus(LEASE) }, NOW).is_ok());
    let soon = Delivery::new(missed(), NOW.plus(SECOND * 60), false, true);
    assert_eq!(soon.apply(Step::Leased { until: NOW.plus(LEASE) }, NOW), Err(Refused));
}
