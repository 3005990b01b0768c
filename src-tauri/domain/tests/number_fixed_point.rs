//! For any text: what we write as E.164 reads back as itself. A record that is made under a number is found under it.
//!
//! `NUMBER_TEXTS` says how many texts; the release is checked with a million.

mod office;

use std::{cell::Cell, env};

use domain::{Country, DialPlan, Party, number::TrunkFormat};
use proptest::{prelude::*, test_runner::TestRunner};

const COUNTRIES: [&str; 40] = [
    "DE", "AT", "CH", "GB", "FR", "IT", "ES", "US", "CA", "CN", "AR", "MX", "RU", "KZ", "JP", "AU",
    "BR", "IN", "NL", "BE", "LU", "DK", "NO", "SE", "FI", "PL", "CZ", "PT", "IE", "HU", "RO", "TR",
    "UA", "ZA", "KR", "SG", "CI", "GA", "VA", "JE",
];

/// Digits as trunks and people write them: plans begin with few digits, so these come often.
fn digits() -> impl Strategy<Value = String> {
    let beginning = prop::sample::select(vec![
        "", "+", "00", "0", "+49", "49", "+52 1", "+55", "+54 9", "+54", "+225", "+39 0", "+7 8",
        "+1", "+44 0", "+36 06", "011", "8", "8 10", "000", "+00", "+0", "15", "+86 1", "+353",
        "044", "0 15 11",
    ]);
    let mark =
        prop::sample::select(vec!["", "", "", " ", "-", ".", "/", "(", ")", " / ", "\u{ad}"]);
    (beginning, prop::collection::vec(("[0-9]{1,5}", mark), 1..5)).prop_map(|(beginning, parts)| {
        let parts: String =
            parts.iter().flat_map(|(digits, mark)| [digits.as_str(), mark]).collect();
        format!("{beginning}{parts}")
    })
}

fn any_text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        " x",
        " ext. ",
        ",",
        "#",
        "*",
        " oder ",
        "; ",
        "tel:",
        "sip:",
        ";phone-context=+49",
        "@host",
        "<",
        ">",
        "%2B",
        "Tel. ",
        "转",
        " FLOWERS",
        "'",
        "\n",
    ]);
    let tail = prop_oneof![word.prop_map(str::to_owned), digits(), ".{0,6}"];
    prop_oneof![
        6 => digits(),
        3 => (digits(), prop::collection::vec(tail, 1..4)).prop_map(|(digits, tail)| digits + &tail.concat()),
        1 => ".{0,40}",
    ]
}

#[test]
fn what_is_written_as_e164_reads_back_as_itself() {
    let texts: u32 =
        env::var("NUMBER_TEXTS").ok().and_then(|text| text.parse().ok()).unwrap_or(3_000);
    let plans: Vec<DialPlan> = COUNTRIES
        .iter()
        .flat_map(|code| {
            let country = Country::parse(code).expect("a country");
            let plain = DialPlan { country, ..office::plan() };
            let area_code = if *code == "US" { "212" } else { "30" }.to_owned();
            let outside_prefix = "0".to_owned();
            [plain.clone(), DialPlan { area_code, outside_prefix, ..plain }]
        })
        .collect();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(texts) };
    let numbers = Cell::new(0_u32);
    let mut runner = TestRunner::new(config);
    let result = runner.run(&(any_text(), 0..plans.len()), |(text, at)| {
        let plan = &plans[at];
        let country = COUNTRIES[at / 2];
        let read = plan.read(&text);
        let written = plan.numbers(&text);
        let readings = plan.readings(&text, TrunkFormat::Auto);
        let dialled = plan.read_dialled(&text);
        let all = written
            .iter()
            .map(|written| &written.number)
            .chain(readings.iter().map(|reading| &reading.number))
            .chain([&read, &dialled].into_iter().filter_map(|party| party.number()));
        for number in all {
            let again = plan.read(number.e164());
            prop_assert_eq!(again, Party::External(number.clone()), "{} {:?}", country, text);
            let in_field = plan.read_number(number.e164());
            prop_assert_eq!(in_field.as_ref(), Some(number), "{} {:?}", country, text);
        }
        // The first is what counts without a record.
        if let Some(number) = read.number() {
            numbers.set(numbers.get() + 1);
            prop_assert_eq!(readings.first().map(|first| &first.number), Some(number));
            prop_assert_eq!(written.first().map(|first| &first.number), Some(number));
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    // A reader that refuses everything would pass as well.
    let numbers = numbers.into_inner();
    assert!(numbers > texts / 8, "{numbers} numbers in {texts} texts");
}
