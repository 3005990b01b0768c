//! What people and machines write around a number, and what it costs: the unreadable part, never the number.

mod office;

use domain::{Country, DialPlan, Extension, Party, number::NotDialable};

fn plan(country: &str) -> DialPlan {
    DialPlan { country: Country::parse(country).expect("a country"), ..office::plan() }
}

fn area(country: &str, area_code: &str) -> DialPlan {
    DialPlan { area_code: area_code.to_owned(), ..plan(country) }
}

/// The numbers of a field, each with its extension behind an `x`.
fn numbers(plan: &DialPlan, text: &str) -> Vec<String> {
    plan.numbers(text)
        .into_iter()
        .map(|written| match written.extension {
            Some(extension) => format!("{}x{extension}", written.number),
            None => written.number.to_string(),
        })
        .collect()
}

#[test]
fn a_tail_costs_itself_and_is_kept_as_the_extension() {
    for (country, text, expected) in [
        ("US", "(415) 555-0109 #12", "+14155550109x12"),
        ("US", "(415) 555-0104,,,001#", "+14155550104x001"),
        ("US", "(415) 555-0109 x 12", "+14155550109x12"),
        ("US", "(415) 555-0109 ext. 12", "+14155550109x12"),
        ("US", "(415) 555-0109 Extension: 12", "+14155550109x12"),
        ("US", "(415) 555-0109 (12)", "+14155550109x12"),
        ("US", "415-555-0109 Local 212", "+14155550109x212"),
        ("US", "212-555-0123 or 0124", "+12125550123x0124"),
        ("US", "415.555.0109 (front desk)", "+14155550109"),
        ("US", "415.555.0109, ask for Ann", "+14155550109"),
        ("IT", "+39 02 92189312,12345678", "+390292189312x12345678"),
        ("DE", "0355 501722*227", "+49355501722x227"),
        ("DE", "0355 501722p123", "+49355501722x123"),
        ("DE", "+49 355 501722 Local 212", "+49355501722x212"),
        ("DE", "+49 355 501722 DW 12", "+49355501722x12"),
        ("DE", "+49 355 501722 Dw.: 12", "+49355501722x12"),
        ("DE", "030 1234567 mornings", "+49301234567"),
        ("DE", "030 1234567 mornings 9-12", "+49301234567"),
        ("DE", "tel:0355-501722;ext=12", "+49355501722x12"),
        ("CN", "010-65529988分机801", "+861065529988x801"),
        ("CN", "010-65529988转801", "+861065529988x801"),
        ("TW", "(02) 2345-6789 分機801", "+886223456789x801"),
        ("TW", "02-2345-6789 內線 801", "+886223456789x801"),
        ("JP", "03-3224-9999（内線801）", "+81332249999x801"),
        ("FR", "01 42 68 53 00 poste 12", "+33142685300x12"),
        ("NL", "020-1234567 toestel 12", "+31201234567x12"),
    ] {
        assert_eq!(numbers(&plan(country), text), [expected], "{country} {text:?}");
        assert_eq!(
            plan(country).read(text).number().map(|number| number.e164().to_owned()),
            expected.split('x').next().map(str::to_owned),
            "{country} {text:?}"
        );
    }
}

#[test]
fn characters_count_by_what_they_are_and_not_by_which() {
    for text in [
        "+49\u{ad}355\u{ad}501722",
        "+49 355 \u{2014} 501722",
        "+49 355 \u{2015} 501722",
        "+49\u{2011}355\u{2011}501722",
        "+49\u{fe63}355\u{ff0d}501722",
        "+49\u{2212}355\u{2212}501722",
        "+49\u{a0}355\u{202f}501722",
        "+49\u{2009}355\u{2003}501722",
        "\u{2066}+49 355 501722\u{2069}",
        "\u{200e}+49 355 501722",
        "+49 355\u{301} 501722",
        "'+49355501722",
        "\u{2019}+49355501722",
        "\"+49 355 501722\"",
        "\u{201e}+49 355 501722\u{201c}",
        "\u{ab}+49 355 501722\u{bb}",
        "＋４９（３５５）５０１７２２",
        "[+49] 355 501722",
        "+49\t355\t501722",
    ] {
        assert_eq!(numbers(&plan("DE"), text), ["+49355501722"], "{text:?}");
    }
}

#[test]
fn every_number_of_a_field_counts() {
    let two = ["+49355501711", "+491715550111"];
    for text in [
        "0355 501711 / 0171 5550111",
        "0355 501711/0171 5550111",
        "0355/501711 / 0171/5550111",
        "0355 501711 oder 0171 5550111",
        "0355 501711, 0171 5550111",
        "0355 501711 ::: 0171 5550111",
        "0355 501711; 0171 5550111",
        "0355 501711;0171 5550111",
        "0355 501711 | 0171 5550111",
        "0355 501711 - 0171 5550111",
        "0355 501711 \u{2013} 0171 5550111",
        "0355 501711\n0171 5550111",
        "0355 501711 0171 5550111",
        "+49 355 501711 +49 171 5550111",
        "Tel. 0355 501711, Mobil: 0171 5550111 (privat)",
    ] {
        assert_eq!(numbers(&plan("DE"), text), two, "{text:?}");
    }
    assert_eq!(
        numbers(&plan("DE"), "030 12345 / 030 12346"),
        ["+493012345", "+493012346"],
        "together they would be a number of fifteen digits"
    );
    assert_eq!(
        numbers(&plan("US"), "212-555-0123 or 646-555-0124"),
        ["+12125550123", "+16465550124"]
    );
    assert_eq!(
        numbers(&plan("US"), "(212) 555-0123 x4 / (646) 555-0124 x5"),
        ["+12125550123x4", "+16465550124x5"]
    );
    assert_eq!(numbers(&plan("US"), "212-555-0123/0124"), ["+12125550123"]);
}

#[test]
fn a_stroke_or_dash_within_a_number_leaves_it_one() {
    for (country, text, expected) in [
        ("BE", "02/633 44 55", "+3226334455"),
        ("DE", "0355/501716-17", "+4935550171617"),
        ("DE", "Tel.: +49-355.501722 (Büro)", "+49355501722"),
        ("AT", "01/534 44 - 12", "+4315344412"),
        ("CH", "044/668.18.00", "+41446681800"),
        ("FR", "01/42/68/53/00", "+33142685300"),
        ("DE", "+49 (0) 171 / 5550111", "+491715550111"),
    ] {
        assert_eq!(numbers(&plan(country), text), [expected], "{country} {text:?}");
    }
}

#[test]
fn a_text_made_to_be_tried_in_every_way_is_read_at_once() {
    for mark in ["/", " ", " / ", " - ", "-", " x"] {
        for digits in ["0", "1", "030", "0355", "030123", "+49"] {
            let text = [digits, mark].concat().repeat(250).chars().take(250).collect::<String>();
            for country in ["DE", "AT", "US"] {
                let _ = plan(country).read(&text);
                let _ = plan(country).numbers(&text);
                let _ = plan(country).dial(&text);
            }
        }
    }
}

#[test]
fn a_gateway_may_set_a_plus_before_what_it_got() {
    let read = |country: &str, text: &str| {
        plan(country).read(text).number().map(|number| number.e164().to_owned())
    };
    assert_eq!(read("DE", "+0049355501722").as_deref(), Some("+49355501722"));
    assert_eq!(read("DE", "+0355501722").as_deref(), Some("+49355501722"));
    let sydney = DialPlan { international_prefix: "0011".to_owned(), ..plan("AU") };
    assert_eq!(
        sydney.read("+001149355501722").number().map(domain::PhoneNumber::e164),
        Some("+49355501722")
    );
}

#[test]
fn zeros_are_a_withheld_caller_and_what_no_plan_has_is_no_number() {
    for text in ["0000000000", "000000", "+0000000000", "00 00 00 00 00", "\"0000000000\""] {
        for country in ["DE", "US", "IT", "ES", "FR"] {
            assert_eq!(plan(country).read(text), Party::Withheld, "{country} {text:?}");
        }
    }
    for (country, text) in [
        ("DE", "+49000000000"),
        ("DE", "000301234567"),
        ("DE", "0003551234"),
        ("DE", "+4900301234567"),
        ("US", "+10005550123"),
        ("US", "+15550123"),
        ("ES", "012345678"),
    ] {
        assert_eq!(plan(country).read(text), Party::Invalid(text.to_owned()), "{country} {text:?}");
        assert!(plan(country).numbers(text).is_empty(), "{country} {text:?}");
        assert_eq!(plan(country).dial(text), Err(NotDialable::NotANumber), "{country} {text:?}");
    }
}

#[test]
fn a_number_that_was_changed_is_read_as_it_is_now_and_searched_for_as_it_was() {
    for (country, old, new) in [
        ("MX", "+52 1 55 5415 6314", "+525554156314"),
        ("MX", "1 55 5415 6314", "+525554156314"),
        ("MX", "044 55 5415 6314", "+525554156314"),
        ("MX", "045 55 5415 6314", "+525554156314"),
        ("MX", "01 55 5415 6314", "+525554156314"),
        ("BR", "+55 11 8234 5678", "+5511982345678"),
        ("BR", "(11) 9234-5678", "+5511992345678"),
        ("AR", "+54 9 11 15 2345 6789", "+5491123456789"),
        ("AR", "+54 11 15 2345 6789", "+5491123456789"),
        ("CI", "+225 07 12 34 56", "+2250707123456"),
        ("CI", "04 12 34 56", "+2250504123456"),
        ("CI", "01 12 34 56", "+2250101123456"),
        ("CI", "20 21 12 34", "+2252720211234"),
        ("BJ", "+229 97 12 34 56", "+2290197123456"),
        ("CO", "+57 1 2345678", "+576012345678"),
        ("EC", "+593 9 123 4567", "+593991234567"),
        ("CM", "+237 77 12 34 56", "+237677123456"),
        ("CM", "+237 22 20 12 34", "+237222201234"),
        ("CL", "+56 2 678 1234", "+56226781234"),
        ("CL", "+56 41 222 333", "+56412222333"),
        ("VN", "+84 162 123 4567", "+84321234567"),
        ("VN", "+84 4 3823 4567", "+842438234567"),
        ("MU", "+230 712 3456", "+23057123456"),
        ("PF", "+689 71 23 45", "+68987712345"),
        ("GE", "+995 877 123456", "+995577123456"),
        ("DE", "+381 38 123456", "+38338123456"),
    ] {
        let plan = plan(country);
        let read = plan.read(old);
        assert_eq!(read.number().map(domain::PhoneNumber::e164), Some(new), "{country} {old:?}");
        let digits: String = old.chars().filter(char::is_ascii_digit).collect();
        if old.starts_with('+') && !digits.starts_with("54") {
            let variants = plan.search_variants(read.number().expect("read above"));
            assert!(variants.contains(&digits), "{digits} in {variants:?}");
        }
    }
    // These stay what they are: the plans of today have them.
    for (country, text, number) in [
        ("BR", "+55 11 7234 5678", "+551172345678"),
        ("BR", "+55 11 2345 6789", "+551123456789"),
        ("AR", "+54 11 2345 6789", "+541123456789"),
        ("EC", "+593 2 234 5678", "+59322345678"),
        ("MC", "+377 44 123456", "+37744123456"),
    ] {
        assert_eq!(plan(country).read(text).number().map(domain::PhoneNumber::e164), Some(number));
    }
}

#[test]
fn one_calling_code_is_one_country_to_whoever_dials() {
    let dials = |country: &str, international: &str, text: &str| {
        let plan = DialPlan { international_prefix: international.to_owned(), ..plan(country) };
        plan.dial(text).map(|(_, dialled)| dialled)
    };
    for (country, international, text, expected) in [
        ("US", "011", "(604) 555-0102", "6045550102"),
        ("US", "011", "+1 809 555 0102", "8095550102"),
        ("CA", "011", "(212) 555-0123", "2125550123"),
        ("CA", "011", "1-800-555-0199", "8005550199"),
        ("GB", "00", "01534 712345", "01534712345"),
        ("GB", "00", "07797 712345", "07797712345"),
        ("JE", "00", "020 7946 0018", "02079460018"),
        ("IT", "00", "06 698 12345", "0669812345"),
        ("RU", "810", "+7 727 250 0000", "87272500000"),
        ("KZ", "810", "+7 495 123-45-67", "84951234567"),
        ("NO", "00", "+47 79 02 12 34", "79021234"),
        ("FI", "00", "+358 18 12345", "01812345"),
        ("RE", "00", "+262 269 61 12 34", "0269611234"),
        ("AU", "0011", "+61 8 9162 1234", "0891621234"),
    ] {
        assert_eq!(
            dials(country, international, text).as_deref(),
            Ok(expected),
            "{country} {text}"
        );
    }
    assert_eq!(dials("US", "011", "+44 20 7946 0018").as_deref(), Ok("011442079460018"));
    let of = |country: &str, text: &str| {
        let plan = plan(country);
        let number = plan.read(text).number().cloned().expect("a number");
        plan.is_of_this_country(&number)
    };
    assert!(of("CA", "+1 800 555 0199"), "toll-free numbers belong to all of them");
    assert!(!of("US", "+1 809 555 0102"), "it is dialled as one's own, and costs as abroad");
    assert!(of("US", "+1 212 555 0123"));
    assert!(!of("DE", "+1 212 555 0123"), "its digits alone could be a number of Germany");
}

#[test]
fn a_caller_in_the_words_of_a_query_is_nobody_and_a_record_with_such_a_note_is_read() {
    let plan = plan("DE");
    for text in ["0355501722' OR '1'='1", "0355501722} RETURNING User(Id)", "0355501722\\"] {
        assert_eq!(plan.read(text).number(), None, "{text:?}");
        let read = plan.read_number(text);
        assert_eq!(read.as_ref().map(domain::PhoneNumber::e164), Some("+49355501722"), "{text:?}");
    }
    for text in ["'0355 501722", "\"Ada\" <sip:0355501722@trunk>", "\"0355501722\""] {
        let read = plan.read(text);
        assert_eq!(read.number().map(domain::PhoneNumber::e164), Some("+49355501722"), "{text:?}");
    }
}

#[test]
fn links_and_typed_numbers_share_one_reading() {
    let office = area("DE", "030");
    for (text, expected) in [
        ("tel:501722;phone-context=+49355", "0355501722"),
        ("tel:501-722;phone-context=+49-355", "0355501722"),
        ("tel:%2B49355501722", "0355501722"),
        ("tel:+49%20355%20501722", "0355501722"),
        ("tel:(0355)%20501722", "0355501722"),
        ("callto:%2B49-355-501722", "0355501722"),
        ("tel:0355501722;phone-context=example.com", "0355501722"),
    ] {
        let dialled = office.dial(text).map(|(_, dialled)| dialled);
        assert_eq!(dialled.as_deref(), Ok(expected), "{text}");
        assert_eq!(
            office.read(text).number().map(domain::PhoneNumber::e164),
            Some("+49355501722"),
            "{text}"
        );
        let linked = domain::link::read(text, &office, &[]).map(|read| read.dialled);
        assert_eq!(linked.as_deref(), Ok(expected), "{text}");
    }
    for text in ["tel:%2A21%2A0355501722%23", "tel:0355501722%2C1", "tel:0355501722;1", "%2321%23"]
    {
        assert_eq!(office.dial(text), Err(NotDialable::ServiceCode), "{text}");
    }
    assert!(office.dial("tel:%252B49355501722").is_err(), "escapes are resolved once");
    assert_eq!(office.dial("0355 501711 / 0171 5550111"), Err(NotDialable::NotANumber));
}

#[test]
fn short_numbers_are_dialled_as_they_are_typed() {
    for (country, text) in [
        ("NO", "116117"),
        ("FR", "116006"),
        ("FR", "118218"),
        ("ES", "116111"),
        ("DK", "116111"),
        ("BE", "116000"),
        ("DE", "116117"),
        ("DE", "116 117"),
        ("GB", "118118"),
        ("DE", "115"),
        ("US", "311"),
    ] {
        let digits = text.replace(' ', "");
        let outside = DialPlan {
            outside_prefix: "0".to_owned(),
            extension_digits: vec![4],
            area_code: if country == "DE" { "0355".to_owned() } else { String::new() },
            ..plan(country)
        };
        assert_eq!(
            outside.dial(text),
            Ok((Party::Invalid(digits.clone()), format!("0{digits}"))),
            "{country} {text}"
        );
        assert!(!outside.is_emergency(text), "{country} {text}");
        assert_eq!(outside.read(text), Party::Invalid(text.to_owned()), "kept as it came");
    }
    let short = DialPlan { extension_digits: vec![6], ..plan("DE") };
    assert_eq!(
        short.dial("116117").map(|(party, _)| party),
        Ok(Party::Extension(Extension::new("116117")))
    );
}

#[test]
fn nothing_holds_up_a_call_for_help() {
    for (country, text) in [
        ("DE", "112"),
        ("DE", "110"),
        ("DE", "911"),
        ("GB", "999"),
        ("US", "911"),
        ("AU", "000"),
        ("CN", "120"),
        ("FR", "15"),
        ("NO", "113"),
        ("NZ", "111"),
    ] {
        let office = DialPlan {
            outside_prefix: "0".to_owned(),
            extension_digits: vec![4],
            blocked: vec!["+*".to_owned(), format!("+49{text}")],
            ..plan(country)
        };
        let party = Party::Invalid(text.to_owned());
        assert_eq!(office.dial(text), Ok((party.clone(), format!("0{text}"))), "{country} {text}");
        // Where an extension may have the number, the PBX decides as it does for what a telephone sends.
        let alike = DialPlan { extension_digits: vec![2, 3], ..office.clone() };
        assert_eq!(alike.dial(text), Ok((party.clone(), text.to_owned())), "{country} {text}");
        for plan in [office, alike] {
            for spelled in [text.to_owned(), format!("0{text}"), format!("tel:{text}")] {
                assert!(plan.is_emergency(&spelled), "{country} {spelled}");
            }
            assert_eq!(plan.read_dialled(text), party, "{country} {text}");
            assert_eq!(plan.read_dialled(&format!("0{text}")), party, "{country} {text}");
        }
    }
    for text in ["4101", "0355 501722", "119", "", "anonymous", "1120", "+49112"] {
        assert!(!plan("DE").is_emergency(text), "{text}");
    }
}
