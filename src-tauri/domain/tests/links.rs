//! What a link of a page means: one number that may be called, or a reason why not.

mod office;

use domain::{
    Country, DialPlan, Extension, Party,
    link::{self, LinkRefusal, LinkedNumber, SCHEMES},
    number::Kind,
};
use proptest::prelude::*;

const OURS: &str = "pbx.example.com";

fn plan(country: &str) -> DialPlan {
    let blocked = vec!["+49900*".to_owned(), "+1900*".to_owned(), "+49491234*".to_owned()];
    DialPlan { country: Country::parse(country).expect("a country"), blocked, ..office::plan() }
}

fn read(text: &str) -> Result<LinkedNumber, LinkRefusal> {
    link::read(text, &plan("DE"), &[OURS]).map_err(|refused| refused.why)
}

fn number(text: &str) -> Option<String> {
    read(text).ok()?.party.number().map(|number| number.e164().to_owned())
}

#[test]
fn every_way_to_write_one_number_is_that_number() {
    for text in [
        "tel:+49493555017",
        "TEL:+49493555017",
        "Tel:+49-493-555017",
        "tel:+49.493.555017",
        "tel:+49(493)555017",
        "tel:(+49)%20493%20555017",
        "tel:+49 493 555017",
        "tel:%2B49493555017",
        "tel:%2b49%20493%2F555017",
        "tel:0493555017",
        "tel:0493/555017",
        "tel:(0493)%20555017",
        "tel:0049493555017",
        "tel:+49%20(0)493%20555017",
        "tel://+49493555017",
        "tel:493555017;phone-context=+49",
        "tel:555017;phone-context=+49-493",
        "tel:0493555017;phone-context=+49",
        "tel:0493555017;phone-context=pbx.example.com",
        "tel:0493555017;phone-context=PBX.Example.com.",
        "tel:+49493555017;phone-context=+49",
        "tel:0493555017;phone-context=other.example",
        "tel:+49493555017;tsp=example.com;cic=+1-6789",
        "callto:+49493555017",
        "callto://0493555017",
        "CallTo:+49%20493%20555017",
        "sip:+49493555017@pbx.example.com",
        "sip:+49493555017@other.example:5061;user=phone;transport=tls",
        "sips:0493555017@pbx.example.com",
        "sip:+49-493-555017@[2001:db8::1]:5060",
        "sip:493555017;phone-context=+49@other.example;user=phone",
        "sip:+49493555017",
        "patchcord:+49493555017",
        "PATCHCORD:dial?number=%2B49493555017",
        "patchcord:dial?number=+49493555017",
        "patchcord://dial?number=0493%20555017",
    ] {
        assert_eq!(number(text).as_deref(), Some("+49493555017"), "{text}: {:?}", read(text));
        assert_eq!(read(text).unwrap().dialled, "0493555017", "{text}");
    }
}

#[test]
fn an_extension_at_the_other_side_is_told_and_not_dialled() {
    for (text, extension) in [
        ("tel:+49493555017;ext=12", "12"),
        ("tel:+49493555017;EXT=1-2", "12"),
        ("tel:+49493555017;ext=12;isub=7", "12"),
        ("tel:+49493555017 x12", "12"),
        ("tel:+49493555017%20ext.%2012", "12"),
        ("tel:(0493)%20555017x12", "12"),
        ("sip:+49493555017;ext=12@pbx.example.com", "12"),
    ] {
        let read = read(text).unwrap();
        assert_eq!(read.extension.as_deref(), Some(extension), "{text}");
        assert_eq!(read.dialled, "0493555017", "{text}");
    }
    assert_eq!(read("tel:+49493555017;isub=12345").unwrap().subaddress.as_deref(), Some("12345"));
}

#[test]
fn a_short_number_is_a_colleague_only_within_this_telephone_system() {
    let colleague = Party::Extension(Extension::new("4102"));
    for text in [
        "tel:4102",
        "tel:41-02",
        "callto:4102",
        "sip:4102",
        "sip:4102@pbx.example.com",
        "sip:4102@PBX.example.com:5060",
        "tel:4102;phone-context=pbx.example.com",
        "patchcord:4102",
    ] {
        assert_eq!(read(text).map(|read| read.party), Ok(colleague.clone()), "{text}");
    }
    for text in [
        "sip:4102@other.example",
        "tel:4102;phone-context=other.example",
        "tel:493555017;phone-context=other.example",
    ] {
        assert_eq!(read(text), Err(LinkRefusal::OtherSystem), "{text}");
    }
    // Short numbers of another place do not become long ones by writing something before them.
    assert!(read("tel:110;phone-context=+49").is_err());
}

#[test]
fn what_is_more_than_a_number_is_refused_with_its_reason() {
    use LinkRefusal::{
        Blocked, Characters, Form, Header, NotALink, NotANumber, OtherSystem, Parameter, Pause,
        Premium, ServiceCode, SeveralNumbers, TooLong, UnknownScheme,
    };
    let long = format!("tel:{}", "4".repeat(900));
    let longish = format!("tel:{}", "4".repeat(200));
    for (text, why) in [
        ("", NotALink),
        ("--yes", NotALink),
        ("-x", NotALink),
        ("@file", NotALink),
        ("/etc/passwd", NotALink),
        ("\\\\evil\\share", NotALink),
        ("+49493555017", UnknownScheme),
        ("mailto:a@example.com", UnknownScheme),
        ("javascript:alert(1)", UnknownScheme),
        ("https://tel:123456", UnknownScheme),
        (" tel:+49493555017", UnknownScheme),
        (&long, TooLong),
        (&longish, NotANumber),
        ("tel:+49493555017\n", Characters),
        ("tel:+49493\u{200b}555017", Characters),
        ("tel:+４９493555017", Characters),
        ("tel:+49493%0A555017", Characters),
        ("tel:+49493%00555017", Characters),
        ("tel:+49493%E2%80%AE555017", Characters),
        ("tel:+49493%2", Characters),
        ("tel:+49493%zz55", Characters),
        ("sip:+49493555017@pbx.example.com?Subject=x", Header),
        ("sip:+49493555017@pbx.example.com?Replaces=1", Header),
        ("tel:+49493555017?call", Header),
        ("callto:somebody?call", Header),
        ("tel:+49493555017+49493555018", SeveralNumbers),
        ("tel:+49493555017%20%2B49493555018", SeveralNumbers),
        ("tel:+49493555017,+49493555018", Pause),
        ("sip:4101@pbx.example.com,sip:4102@pbx.example.com", SeveralNumbers),
        ("sip:4101@pbx.example.com@other.example", SeveralNumbers),
        ("tel:*21*0493555017%23", ServiceCode),
        ("tel:*21*0493555017#", ServiceCode),
        ("tel:%2A21%2A0493555017%23", ServiceCode),
        ("tel:##002#", ServiceCode),
        ("tel:%23%23002%23", ServiceCode),
        ("sip:*72@pbx.example.com", ServiceCode),
        ("patchcord:dial?number=%2A72", ServiceCode),
        ("callto:*#06#", ServiceCode),
        ("tel:0493555017,,1", Pause),
        ("tel:0493555017%2C1", Pause),
        ("tel:0493555017;1", Pause),
        ("tel:0493555017;", Pause),
        ("tel:0493555017%3B1", Pause),
        ("tel:0493555017p1", Pause),
        ("tel:0493555017W1", Pause),
        ("tel:0493555017pp1", Pause),
        ("tel:0493555017;postd=p1", Pause),
        ("tel:", NotANumber),
        ("tel:+", NotANumber),
        ("tel:anna", NotANumber),
        ("tel:1-800-FLOWERS", NotANumber),
        ("tel:+dwPAA;phone-context=AA", NotANumber),
        ("tel:18446744073709551616", NotANumber),
        ("sip:anna@pbx.example.com", NotANumber),
        ("callto:echo123", NotANumber),
        ("tel:%2525", NotANumber),
        ("tel:%252A21", NotANumber),
        ("tel:<script>alert(1)</script>", NotANumber),
        ("tel:');--", NotANumber),
        ("tel:1;--", Pause),
        ("tel:+49493555017;m-route=1", Parameter),
        ("tel:+49493555017;ext=1;ext=2", Parameter),
        ("tel:+49493555017;ext=", Parameter),
        ("tel:+49493555017;ext=*21", Parameter),
        ("tel:+49493555017;isub=", Parameter),
        ("tel:493555017;phone-context=", Parameter),
        ("tel:493555017;phone-context=a b", Parameter),
        ("tel:493555017;phone-context=+", Parameter),
        ("sip:4102:secret@pbx.example.com", Parameter),
        ("sip:4102@", Parameter),
        ("tel:863-1234;phone-context=example.org", OtherSystem),
        ("patchcord:dial", NotANumber),
        ("patchcord:hangup?number=+49493555017", Form),
        ("patchcord:dial?number=+49493555017&yes=1", Form),
        ("patchcord:dial?home=/tmp&number=+49493555017", Form),
        ("patchcord:dial?yes", Form),
        ("patchcord:settings", NotANumber),
        ("tel:0900 1234567", Blocked),
        ("tel:+1 900 555 0123", Blocked),
        ("callto:+49491234567", Blocked),
        ("tel:+4413 ", NotANumber),
        ("tel:+449098790000", Premium),
        ("sip:+33899123456@pbx.example.com", Premium),
    ] {
        assert_eq!(read(text).map(|read| read.dialled), Err(why), "{text}");
    }
}

#[test]
fn short_numbers_of_the_country_are_dialled_and_are_nobodys_extension() {
    for text in ["tel:110", "tel:112", "callto:112", "tel:116117"] {
        let read = read(text).unwrap();
        let digits = text.split(':').nth(1).unwrap().to_owned();
        assert_eq!((read.party, read.dialled), (Party::Invalid(digits.clone()), digits), "{text}");
    }
    assert_eq!(read("sip:112@other.example"), Err(LinkRefusal::OtherSystem));
}

#[test]
fn a_refused_number_is_named_so_that_a_person_sees_what_was_wanted() {
    let refused = |text| link::read(text, &plan("DE"), &[]).unwrap_err();
    let blocked = refused("tel:0900%201234567");
    assert_eq!(blocked.written, "0900 1234567");
    assert_eq!(blocked.number.map(|number| number.to_string()).as_deref(), Some("+499001234567"));
    assert_eq!(refused("tel:*21*0493555017%23").written, "*21*0493555017#");
    assert_eq!(refused("tel:%0A").written, "");
}

#[test]
fn only_the_five_schemes_are_links() {
    for scheme in SCHEMES {
        assert!(link::is_link(&format!("{scheme}:1")));
        assert!(link::is_link(&format!("{}:1", scheme.to_uppercase())));
    }
    for text in ["", "tel", "telx:1", " tel:1", "te\u{131}:1", "http://x", "run", "--home", "c:\\x"]
    {
        assert!(!link::is_link(text), "{text}");
    }
}

/// Anything that a page could put there, the more like a link the better.
fn any_link() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[0-9+]{1,12}",
        "%[0-9a-fA-F]{2}",
        Just("+49493555017".to_owned()),
        prop_oneof![
            Just(";ext="),
            Just(";isub="),
            Just(";phone-context="),
            Just("?number="),
            Just("dial"),
            Just("@pbx.example.com"),
            Just("@"),
            Just(";"),
            Just(","),
            Just("//"),
            Just("*21*"),
            Just("%23"),
            Just("p"),
            Just("w"),
            Just(" x"),
            Just("-"),
            Just("("),
            Just("\u{202e}"),
            Just("\0"),
            Just("4102"),
            Just("&"),
            Just("m-"),
            Just("%2B"),
        ]
        .prop_map(str::to_owned),
        ".{0,6}",
    ];
    let scheme = prop_oneof![
        Just("tel:"),
        Just("callto:"),
        Just("sip:"),
        Just("sips:"),
        Just("patchcord:"),
        Just("TEL:"),
        Just("")
    ];
    (scheme, proptest::collection::vec(part, 0..8))
        .prop_map(|(scheme, parts)| format!("{scheme}{}", parts.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever comes, nothing panics, and what is accepted is exactly one number that a person could have typed.
    #[test]
    fn what_is_accepted_is_one_number_that_the_dial_plan_dials(text in any_link()) {
        let plan = plan("DE");
        if let Ok(read) = link::read(&text, &plan, &[OURS]) {
            let digits = read.dialled.strip_prefix('+').unwrap_or(&read.dialled);
            prop_assert!((1..=20).contains(&digits.len()), "{text}: {}", read.dialled);
            prop_assert!(digits.bytes().all(|b| b.is_ascii_digit()), "{text}: {}", read.dialled);
            let again = match &read.party {
                Party::External(number) => {
                    prop_assert!(!plan.is_blocked(number) && number.kind() != Kind::Premium);
                    plan.dial(number.e164())
                }
                Party::Extension(extension) => plan.dial(extension.as_str()),
                Party::Invalid(short) => plan.dial(short),
                Party::Withheld => unreachable!("it is never dialled"),
            };
            prop_assert_eq!(again, Ok((read.party, read.dialled)));
            prop_assert!(read.written.bytes().all(|b| b == b' ' || b.is_ascii_graphic()));
            prop_assert!(read.written.len() <= 64);
        }
    }

    /// What the link says beside the number changes nothing of what is dialled.
    #[test]
    fn a_number_reads_the_same_by_every_scheme(digits in "49[1-9][0-9]{6,10}") {
        let of = |text: String| read(&text).map(|read| (read.party, read.dialled));
        let plain = of(format!("tel:+{digits}"));
        for text in [
            format!("callto:+{digits}"),
            format!("tel:%2B{digits};ext=5"),
            format!("sip:+{digits}@other.example;user=phone"),
            format!("patchcord:dial?number=+{digits}"),
        ] {
            prop_assert_eq!(of(text), plain.clone());
        }
    }
}
