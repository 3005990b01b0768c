//! How texts are read as numbers, extensions or withheld callers, and how they are dialled and searched for.

mod office;

use domain::{
    Country, DialPlan, Extension, Party,
    number::{Kind, NotDialable},
};

fn plan(country: &str) -> DialPlan {
    DialPlan { country: Country::parse(country).expect("a country"), ..office::plan() }
}

fn e164(country: &str, text: &str) -> Option<String> {
    plan(country).read(text).number().map(|number| number.e164().to_owned())
}

#[test]
fn one_number_is_read_however_it_is_spelled() {
    for (country, text, expected) in [
        ("DE", "0493555017", "+49493555017"),
        ("DE", "+49 30 1234567", "+49301234567"),
        ("DE", "0049 30 1234567", "+49301234567"),
        ("DE", "030 / 123 45 67", "+49301234567"),
        ("DE", "+49 (0)30 1234567", "+49301234567"),
        ("DE", "Anna Meyer<0301234567>", "+49301234567"),
        ("DE", "sip:+49301234567@pbx.example.com;transport=tls", "+49301234567"),
        ("DE", "tel:+49-30-1234567", "+49301234567"),
        ("DE", "０３０１２３４５６７", "+49301234567"),
        ("DE", "+49\u{a0}30\u{200b} 1234567", "+49301234567"),
        ("DE", "030 1234567 x12", "+49301234567"),
        ("DE", "030 1234567 ext. 12", "+49301234567"),
        ("DE", "030 1234567 转 12", "+49301234567"),
        ("DE", "49301234567", "+49301234567"),
        ("US", "(212) 555-0123", "+12125550123"),
        ("US", "212.555.0123", "+12125550123"),
        ("US", "0049301234567", "+49301234567"),
        ("US", "011 49 30 1234567", "+49301234567"),
        ("US", "12125550123", "+12125550123"),
        ("IT", "06 1234 5678", "+390612345678"),
        ("IT", "+39 06 12345678", "+390612345678"),
        ("CN", "010-6552 9988", "+861065529988"),
        ("CN", "138 0013 8000", "+8613800138000"),
        ("CN", "+86 (0)10 6552 9988", "+861065529988"),
        ("AR", "011 15-2345-6789", "+5491123456789"),
        ("GB", "020 7183 8750", "+442071838750"),
        ("FR", "01 42 68 53 00", "+33142685300"),
        ("RU", "8 (495) 123-45-67", "+74951234567"),
        ("AU", "(02) 9374 4000", "+61293744000"),
        ("JP", "03-3224-9999", "+81332249999"),
    ] {
        assert_eq!(e164(country, text).as_deref(), Some(expected), "{country} {text:?}");
    }
}

#[test]
fn a_shared_suffix_is_not_the_same_number() {
    let plan = plan("DE");
    assert_ne!(plan.read("030 1234567"), plan.read("040 1234567"));
    assert_ne!(plan.read("+43 1 234567"), plan.read("+49 1 234567"));
}

#[test]
fn extensions_are_recognised_before_numbers() {
    assert_eq!(plan("DE").read("4101"), Party::Extension(Extension::new("4101")));
    assert_eq!(plan("US").read("911"), Party::Extension(Extension::new("911")));
    let six = DialPlan { extension_digits: vec![6], ..plan("DE") };
    assert_eq!(six.read("410100"), Party::Extension(Extension::new("410100")));
    assert_eq!(
        plan("DE").read_number("4101"),
        None,
        "what looks like an extension in a record is no caller's number"
    );
}

#[test]
fn a_withheld_number_is_known_in_all_spellings() {
    for text in [
        "",
        " ",
        "anonymous",
        "Anonymous",
        "anonymous@anonymous.invalid",
        "Withheld",
        "PRIVATE",
        "unknown",
        "<anonymous>",
        "sip:anonymous@anonymous.invalid",
        "未知",
        "-",
    ] {
        assert_eq!(plan("DE").read(text), Party::Withheld, "{text:?}");
    }
}

#[test]
fn what_is_no_number_is_kept_as_text_and_never_panics() {
    let nines = "9".repeat(40);
    let long = "1".repeat(2_000);
    for text in [
        nines.as_str(),
        long.as_str(),
        "+dwPAA;phone-context=AA",
        "*21*0493555017#",
        "abc",
        "') OR Name LIKE '%",
        "} RETURNING User(Id)",
        "18446744073709551616184467",
        "٠٣٠١٢٣٤٥٦٧",
        "<script>alert(1)</script>",
        "00",
    ] {
        assert!(
            matches!(plan("DE").read(text), Party::Invalid(_)),
            "{text:?} is {:?}",
            plan("DE").read(text)
        );
    }
}

#[test]
fn local_numbers_get_the_configured_area_code() {
    let berlin = DialPlan { area_code: "030".to_owned(), ..plan("DE") };
    assert_eq!(berlin.read("1234567").number().unwrap().e164(), "+49301234567");
    assert_eq!(berlin.read("040 1234567").number().unwrap().e164(), "+49401234567");
    let york = DialPlan { area_code: "212".to_owned(), ..plan("US") };
    assert_eq!(york.read("555-0123").number().unwrap().e164(), "+12125550123");
}

#[test]
fn numbers_are_dialled_as_this_office_spells_them() {
    let dials = |plan: &DialPlan, text: &str| plan.dial(text).map(|(_, dialled)| dialled);
    assert_eq!(dials(&plan("DE"), "+49 493 555017").as_deref(), Ok("0493555017"));
    assert_eq!(dials(&plan("DE"), "+43 1 5344412").as_deref(), Ok("004315344412"));
    assert_eq!(dials(&plan("DE"), "4102").as_deref(), Ok("4102"));
    let outside = DialPlan {
        outside_prefix: "9".to_owned(),
        international_prefix: "011".to_owned(),
        ..plan("US")
    };
    assert_eq!(dials(&outside, "(212) 555-0123").as_deref(), Ok("92125550123"));
    assert_eq!(dials(&outside, "+49 30 1234567").as_deref(), Ok("901149301234567"));
    assert_eq!(outside.read_dialled("92125550123").number().unwrap().e164(), "+12125550123");
}

#[test]
fn service_codes_pauses_premium_numbers_and_nonsense_are_not_dialled() {
    let plan = DialPlan { blocked: vec!["+49900*".to_owned()], ..plan("DE") };
    for (text, reason) in [
        ("*21*0301234567#", NotDialable::ServiceCode),
        ("##002#", NotDialable::ServiceCode),
        ("tel:%2321%23", NotDialable::ServiceCode),
        ("0301234567,,1", NotDialable::ServiceCode),
        ("0900 1234567", NotDialable::Blocked),
        ("+49 900 1 234567", NotDialable::Blocked),
        ("call me", NotDialable::NotANumber),
        ("", NotDialable::NotANumber),
    ] {
        assert_eq!(plan.dial(text), Err(reason), "{text:?}");
    }
}

#[test]
fn what_a_number_is_says_whom_a_call_reaches_and_that_it_may_cost_more() {
    let colleagues = ["4102", "3201", "211"];
    for (country, text, kind) in [
        ("DE", "4102", Kind::Extension),
        // As long as an extension, and none.
        ("DE", "11833", Kind::Short),
        ("DE", "+4911833", Kind::Short),
        ("DE", "116117", Kind::Short),
        ("DE", "110", Kind::Emergency),
        ("DE", "112", Kind::Emergency),
        ("DE", "030 1234567", Kind::Ordinary),
        ("DE", "0171 1234567", Kind::Ordinary),
        ("DE", "0800 3301000", Kind::Ordinary),
        ("DE", "0137 1234567", Kind::Special),
        ("DE", "0180 3 1234567", Kind::Special),
        ("DE", "0700 12345678", Kind::Special),
        ("DE", "0137 8 123456", Kind::Premium),
        ("DE", "0900 1 234567", Kind::Premium),
        ("DE", "+44 70 1234 5678", Kind::Special),
        ("DE", "+1 900 555 0123", Kind::Premium),
        ("DE", "+494102", Kind::Unassigned),
        // Services have four digits there, and so have extensions.
        ("FR", "3201", Kind::Extension),
        ("FR", "3260", Kind::Short),
        ("US", "4150", Kind::Extension),
        ("US", "211", Kind::Extension),
        ("US", "411", Kind::Short),
        ("US", "911", Kind::Emergency),
    ] {
        let plan = plan(country);
        let (party, _) = plan.dial(text).unwrap_or_else(|why| panic!("{country} {text}: {why:?}"));
        let found = plan.kind(&party, |extension| colleagues.contains(&extension.as_str()));
        assert_eq!(found, kind, "{country} {text}: {party:?}");
    }
}

/// Each of them has no spelling of its own within the country, or one that is somebody else's there.
#[test]
fn what_would_reach_an_extension_or_a_service_is_dialled_as_from_abroad() {
    let plan = plan("DE");
    for (text, dialled) in [
        ("tel:+4911833", "004911833"),
        ("tel:+494102", "00494102"),
        ("tel:+493012", "00493012"),
        ("tel:+49180123", "0049180123"),
    ] {
        let Ok((party, pbx)) = plan.dial(text) else { continue };
        assert_eq!(pbx, dialled, "{text}: {party:?}");
    }
    for (text, dialled) in [
        ("0700 123456", "0049700123456"),
        ("030 1234567", "0301234567"),
        ("0800 3301000", "08003301000"),
    ] {
        assert_eq!(plan.dial(text).map(|(_, digits)| digits).as_deref(), Ok(dialled), "{text}");
    }
}

#[test]
fn search_variants_are_digits_of_all_the_usual_spellings() {
    let plan = plan("DE");
    let number = plan.read("030 1234567").number().cloned().unwrap();
    let variants = plan.search_variants(&number);
    for expected in ["49301234567", "0301234567", "301234567", "0049301234567"] {
        assert!(variants.iter().any(|variant| variant == expected), "{expected} in {variants:?}");
    }
    assert!(variants.iter().all(|variant| variant.bytes().all(|byte| byte.is_ascii_digit())));
    let exact = plan.exact_variants(&number);
    for expected in ["+49301234567", "+49 30 1234567", "030 1234567"] {
        assert!(exact.iter().any(|variant| variant == expected), "{expected} in {exact:?}");
    }
}
