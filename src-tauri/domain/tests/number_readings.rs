//! Spellings that mean several numbers: in which order they are believed.

mod office;

use domain::{
    Country, DialPlan,
    number::{ReadAs, TrunkFormat, TrunkReading},
};

fn plan(country: &str, area_code: &str, outside_prefix: &str) -> DialPlan {
    DialPlan {
        country: Country::parse(country).expect("a country"),
        area_code: area_code.to_owned(),
        outside_prefix: outside_prefix.to_owned(),
        ..office::plan()
    }
}

fn told(readings: Vec<TrunkReading>) -> Vec<(String, ReadAs)> {
    readings.into_iter().map(|reading| (reading.number.to_string(), reading.read_as)).collect()
}

fn known(expected: &[(&str, ReadAs)]) -> Vec<(String, ReadAs)> {
    expected.iter().map(|(number, read_as)| ((*number).to_owned(), *read_as)).collect()
}

#[test]
fn a_caller_without_a_plus_has_the_readings_that_the_plans_allow() {
    use ReadAs::{Local, WithoutPlus, Written};
    let jever = ("+4949355501722", Written);
    let cottbus = ("+49355501722", WithoutPlus);
    let berlin = ("+493049355501722", Local);
    let of = |area: &str, format| told(plan("DE", area, "").readings("49355501722", format));
    assert_eq!(of("", TrunkFormat::Auto), known(&[jever, cottbus]));
    assert_eq!(of("", TrunkFormat::National), known(&[jever, cottbus]));
    assert_eq!(of("", TrunkFormat::E164), known(&[cottbus, jever]));
    assert_eq!(of("30", TrunkFormat::Auto), known(&[berlin, jever, cottbus]));
    assert_eq!(of("30", TrunkFormat::National), known(&[jever, berlin, cottbus]));
    assert_eq!(of("30", TrunkFormat::E164), known(&[cottbus, jever, berlin]));
    let near = told(plan("DE", "355", "").readings("4930901820", TrunkFormat::E164));
    assert_eq!(near, known(&[("+4930901820", WithoutPlus), ("+493554930901820", Local)]));
}

#[test]
fn what_is_not_ambiguous_has_one_reading() {
    for (country, text, expected) in [
        ("DE", "+49 30 901820", "+4930901820"),
        ("DE", "0049 30 901820", "+4930901820"),
        ("DE", "030/901820", "+4930901820"),
        ("US", "12125550123", "+12125550123"),
        ("FR", "33142685300", "+33142685300"),
    ] {
        for format in [TrunkFormat::Auto, TrunkFormat::E164, TrunkFormat::National] {
            let readings = plan(country, "", "").readings(text, format);
            let numbers: Vec<_> = readings.iter().map(|reading| reading.number.e164()).collect();
            assert_eq!(numbers, [expected], "{country} {text:?} {format:?}");
        }
    }
    for text in ["4101", "anonymous", "112", "", "0000000000"] {
        assert!(plan("DE", "", "").readings(text, TrunkFormat::E164).is_empty(), "{text:?}");
    }
}

#[test]
fn an_outgoing_call_is_read_with_and_without_the_digits_for_an_outside_line() {
    let plan = plan("DE", "", "0");
    assert_eq!(
        told(plan.readings_dialled("0049355501722")),
        known(&[
            ("+4949355501722", ReadAs::WithoutOutsidePrefix),
            ("+49355501722", ReadAs::Written)
        ])
    );
    assert_eq!(
        told(plan.readings_dialled("00355501722")).first().map(|(number, _)| number.as_str()),
        Some("+49355501722")
    );
    for text in ["0049355501722", "00355501722", "0355501722", "+49355501722", "4101"] {
        let first = plan.readings_dialled(text).into_iter().next().map(|first| first.number);
        assert_eq!(first.as_ref(), plan.read_dialled(text).number(), "{text}");
    }
}

#[test]
fn a_caller_is_read_by_the_habit_of_the_trunk_and_nobody_else_is() {
    for (format, expected) in [
        (TrunkFormat::Auto, "+49304930901820"),
        (TrunkFormat::E164, "+4930901820"),
        (TrunkFormat::National, "+49304930901820"),
    ] {
        let plan = DialPlan { trunk_format: format, ..plan("DE", "30", "") };
        let caller = plan.read_caller("4930901820");
        assert_eq!(caller.number().map(domain::PhoneNumber::e164), Some(expected), "{format:?}");
        for text in ["+49 30 901820", "0049 30 901820", "030 901820"] {
            let caller = plan.read_caller(text);
            assert_eq!(caller.number().map(domain::PhoneNumber::e164), Some("+4930901820"));
        }
        assert_eq!(plan.read_caller("4101"), plan.read("4101"), "a colleague");
        assert_eq!(plan.read_caller("anonymous"), plan.read("anonymous"));
        // What a person types and what a record holds is not the trunk's.
        assert_eq!(
            plan.read("4930901820").number().map(domain::PhoneNumber::e164),
            Some("+49304930901820")
        );
    }
}
