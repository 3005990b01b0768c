//! Who stays and who goes, told by tables.

use domain::RecordId;

use super::*;

const ME: &str = "0055g00000EXAMPAA5";
const LEO: &str = "0055g00000EXAMQAA5";

fn id(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

fn task(number: u32) -> TaskId {
    id(&format!("00T5g000000{number:04}"))
}

fn key() -> CallKey {
    CallKey::from_stored("ys:3630:1.1:4101")
}

fn keyed(number: u32, owner: &str) -> KeyedTask {
    KeyedTask {
        id: task(number),
        key: key(),
        owner: Some(id(owner)),
        created: Timestamp::from_seconds(i64::from(number)),
        changed: false,
        deleted: false,
    }
}

fn judged(own: u32, tasks: &[KeyedTask]) -> Verdict {
    judge(&key(), &task(own), tasks, &owner(), &[])
}

fn owner() -> Owner {
    Owner { org: id("00D5g00000EXAMPEA5"), user: id(ME) }
}

#[test]
fn of_the_tasks_of_two_computers_the_older_one_stays() {
    for (own, role) in [(1, Role::First), (2, Role::Second)] {
        let verdict = judged(own, &[keyed(1, ME), keyed(2, ME)]);
        assert_eq!((verdict.keep, verdict.role), (task(1), Some(role)));
        assert_eq!(verdict.surplus, [keyed(2, ME)]);
    }
}

#[test]
fn what_this_computer_has_deleted_itself_is_no_other_computers() {
    let back = KeyedTask { deleted: true, ..keyed(1, ME) };
    let tasks = [back, keyed(2, ME)];
    let verdict = judge(&key(), &task(2), &tasks, &owner(), &[task(1)]);
    assert_eq!((verdict.keep, verdict.role), (task(2), None));
    assert_eq!(judged(2, &tasks).role, Some(Role::First), "nobody here has deleted it");
}

#[test]
fn what_a_person_has_changed_stays() {
    let edited = KeyedTask { changed: true, ..keyed(2, ME) };
    let verdict = judged(1, &[keyed(1, ME), edited]);
    assert_eq!((verdict.keep, verdict.surplus), (task(2), vec![keyed(1, ME)]));
}

#[test]
fn a_colleagues_task_of_a_missed_call_is_left_to_the_colleague() {
    let tasks = [keyed(1, LEO), keyed(2, ME)];
    let verdict = judged(2, &tasks);
    assert_eq!((verdict.keep, verdict.surplus, verdict.role), (task(1), vec![keyed(2, ME)], None));
    let tasks = [keyed(1, ME), keyed(2, LEO)];
    let verdict = judged(1, &tasks);
    assert_eq!((verdict.keep, verdict.surplus, verdict.role), (task(1), vec![], None));
}

#[test]
fn one_that_was_taken_back_tells_of_the_other_computer() {
    let back = KeyedTask { deleted: true, ..keyed(2, ME) };
    let verdict = judged(1, &[keyed(1, ME), back.clone()]);
    assert_eq!((verdict.keep, verdict.role), (task(1), Some(Role::First)));
    // And where it was ours, the other one's counts.
    let verdict = judged(2, &[keyed(1, ME), back]);
    assert_eq!((verdict.keep, verdict.role), (task(1), Some(Role::Second)));
}

#[test]
fn alone_is_alone() {
    let verdict = judged(1, &[keyed(1, ME)]);
    assert_eq!(verdict, Verdict { keep: task(1), surplus: vec![], role: None });
    let verdict = judged(1, &[]);
    assert_eq!(verdict.keep, task(1), "a person has deleted it");
}

#[test]
fn one_computer_looks_after_its_first_calls_and_then_now_and_then() {
    let mut company = Company::resume(None, Timestamp::default());
    let mut now = Duration::from_secs(100);
    let mut looks = 0;
    for _ in 0..100 {
        company.has_inserted(false, now);
        now += Duration::from_secs(20);
        if company.is_look_due(now) {
            looks += 1;
            company.look_at = None;
            company.inserted = 0;
            company.proofs += 1;
        }
    }
    assert!((3..=5).contains(&looks), "{looks} looks for 100 calls");
}

#[test]
fn a_role_is_remembered_for_two_weeks() {
    let then = Timestamp::from_seconds(1_767_600_000);
    let mark = format!("second {}", then.as_millis());
    let role = |mark: &str, days: u64| {
        let later = then.plus(Duration::from_secs(days * 86_400));
        *Company::resume(Some(mark), later).watch().borrow()
    };
    assert_eq!(role(&mark, 13), Role::Second);
    assert_eq!(role(&mark, 15), Role::Alone);
    assert_eq!(role("third 5", 0), Role::Alone);
}

#[test]
fn a_look_that_failed_is_repeated_as_soon_as_salesforce_answers() {
    let (now, later) = (Duration::from_secs(3), Duration::from_secs(75));
    for failed in [true, false] {
        let mut company = Company::resume(None, Timestamp::from_seconds(0));
        (company.failed, company.look_at) = (failed, Some(later));
        company.hastens(now);
        assert_eq!(company.is_look_due(now), failed);
    }
}
