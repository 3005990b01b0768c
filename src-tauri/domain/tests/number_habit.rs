//! What earlier calls teach of how a PBX spells numbers, and what that decides.

mod office;

use domain::{
    Country, DialPlan, Direction, PhoneNumber,
    number::{Habit, Hint, Learnt, Spelled, TrunkFormat},
};

fn plan(outside_prefix: &str) -> DialPlan {
    DialPlan {
        country: Country::parse("DE").expect("a country"),
        area_code: "30".to_owned(),
        outside_prefix: outside_prefix.to_owned(),
        ..office::plan()
    }
}

fn call(direction: Direction, text: &str, number: &str, has_record: bool) -> Spelled {
    let number = PhoneNumber::from_e164(number).expect("a number");
    Spelled { direction, text: text.to_owned(), number, has_record }
}

fn hint(text: &str, number: &str, has_record: bool) -> Option<Hint> {
    plan("").hint(&call(Direction::Inbound, text, number, has_record))
}

#[test]
fn a_caller_teaches_where_the_spelling_or_a_record_leaves_no_doubt() {
    let e164 = Some(Hint::Caller(TrunkFormat::E164));
    let national = Some(Hint::Caller(TrunkFormat::National));
    assert_eq!(hint("0355501722", "+49355501722", false), national);
    assert_eq!(hint("00442079460958", "+442079460958", false), national);
    // Somebody's number, but of two that are possible.
    assert_eq!(hint("4930901820", "+49304930901820", false), None);
    assert_eq!(hint("4930901820", "+4930901820", true), e164);
    assert_eq!(hint("4930901820", "+49304930901820", true), national);
    // With a plus there is nothing to tell apart.
    assert_eq!(hint("+4930901820", "+4930901820", true), None);
    let french = DialPlan { country: Country::parse("FR").unwrap(), ..office::plan() };
    let spelled = call(Direction::Inbound, "33142685300", "+33142685300", false);
    assert_eq!(french.hint(&spelled), e164);
}

#[test]
fn what_was_dialled_teaches_where_with_and_without_the_prefix_are_not_one_number() {
    let hint = |text, number, has_record| {
        plan("0").hint(&call(Direction::Outbound, text, number, has_record))
    };
    let dialled = |with_prefix| Some(Hint::Dialled { with_prefix });
    assert_eq!(hint("000442079460958", "+442079460958", false), dialled(true));
    assert_eq!(hint("+442079460958", "+442079460958", false), dialled(false));
    // Both ways it is the same, where no area code makes a local number of what is behind the prefix.
    let same = call(Direction::Outbound, "0355501722", "+49355501722", true);
    assert_eq!(DialPlan { area_code: String::new(), ..plan("0") }.hint(&same), None);
    assert_eq!(hint("0049355501722", "+49355501722", false), None);
    assert_eq!(hint("0049355501722", "+49355501722", true), dialled(false));
    assert_eq!(hint("0049355501722", "+4949355501722", true), dialled(true));
    let spelled = call(Direction::Outbound, "0049355501722", "+49355501722", true);
    assert_eq!(plan("").hint(&spelled), None, "there is no prefix to leave out");
}

/// What is learnt from so many calls in E.164 and so many as one dials within the country.
fn learnt(e164: usize, national: usize) -> Habit {
    let mut learnt = Learnt::default();
    for _ in 0..national {
        learnt.takes(Hint::Caller(TrunkFormat::National));
    }
    for _ in 0..e164 {
        learnt.takes(Hint::Caller(TrunkFormat::E164));
    }
    learnt.habit()
}

#[test]
fn three_calls_are_a_habit_and_one_exception_in_four_is_none() {
    for (e164, national, expected) in [
        (0, 0, TrunkFormat::Auto),
        (2, 0, TrunkFormat::Auto),
        (3, 0, TrunkFormat::E164),
        (3, 1, TrunkFormat::Auto),
        (4, 1, TrunkFormat::E164),
        (1, 4, TrunkFormat::National),
        (40, 11, TrunkFormat::Auto),
    ] {
        assert_eq!(learnt(e164, national).callers, expected, "{e164} to {national}");
    }
}

#[test]
fn an_office_that_changes_its_trunk_is_read_by_the_new_one() {
    assert_eq!(learnt(100, 100_000).callers, TrunkFormat::Auto);
    assert_eq!(learnt(200, 100_000).callers, TrunkFormat::E164);
}

#[test]
fn what_is_learnt_decides_where_the_settings_do_not() {
    let learnt = Habit { callers: TrunkFormat::E164, leaves_prefix_out: false };
    let read = |trunk_format, habit| {
        let plan = DialPlan { trunk_format, habit, ..plan("") };
        plan.read_caller("4930901820").number().unwrap().to_string()
    };
    assert_eq!(read(TrunkFormat::Auto, Habit::default()), "+49304930901820");
    assert_eq!(read(TrunkFormat::Auto, learnt), "+4930901820");
    assert_ne!(read(TrunkFormat::National, learnt), "+4930901820", "the settings say otherwise");
}

#[test]
fn a_pbx_that_leaves_the_prefix_out_is_read_so() {
    let leaves_prefix_out = Habit { leaves_prefix_out: true, ..Habit::default() };
    let read = |habit, text| {
        let plan = DialPlan { habit, ..plan("0") };
        let dialled = plan.read_dialled(text);
        let first = plan.readings_dialled(text).into_iter().next().map(|first| first.number);
        assert_eq!(first.as_ref(), dialled.number(), "{text}");
        dialled.number().unwrap().to_string()
    };
    assert_eq!(read(Habit::default(), "0049355501722"), "+4949355501722");
    assert_eq!(read(leaves_prefix_out, "0049355501722"), "+49355501722");
    // What is no number as it stands has the prefix all the same.
    assert_eq!(read(leaves_prefix_out, "000442079460958"), "+442079460958");
}

#[test]
fn what_is_meant_begins_with_what_was_read_and_only_of_a_spelling_that_allows_it() {
    let plan = plan("");
    let number = |e164| PhoneNumber::from_e164(e164).unwrap();
    let meant = |first, spelled, direction| -> Vec<String> {
        let meant = plan.meant(&number(first), spelled, direction);
        meant.all().map(ToString::to_string).collect()
    };
    let text = Some("4930901820");
    let all = ["+49304930901820", "+4930901820"];
    assert_eq!(meant("+49304930901820", text, Direction::Inbound), all);
    let decided = ["+4930901820", "+49304930901820"];
    assert_eq!(meant("+4930901820", text, Direction::Inbound), decided);
    assert_eq!(meant("+4930901820", Some("+4930901820"), Direction::Inbound), ["+4930901820"]);
    assert_eq!(meant("+4930901820", None, Direction::Inbound), ["+4930901820"]);
    assert_eq!(meant("+442079460958", text, Direction::Inbound), ["+442079460958"]);
    assert_eq!(meant("+4930901820", text, Direction::Internal), ["+4930901820"]);
}
