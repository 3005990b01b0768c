//! Whatever the library reads as valid, we read the same: its own examples of every region and kind, as they are written
//! nationally, internationally and in a link.

mod office;

use domain::{Country, DialPlan, Party, number::NotDialable};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};

const KINDS: [PhoneNumberType; 10] = [
    PhoneNumberType::FixedLine,
    PhoneNumberType::Mobile,
    PhoneNumberType::TollFree,
    PhoneNumberType::PremiumRate,
    PhoneNumberType::SharedCost,
    PhoneNumberType::PersonalNumber,
    PhoneNumberType::VoIP,
    PhoneNumberType::Pager,
    PhoneNumberType::UAN,
    PhoneNumberType::VoiceMail,
];

const FORMATS: [PhoneNumberFormat; 4] = [
    PhoneNumberFormat::E164,
    PhoneNumberFormat::International,
    PhoneNumberFormat::National,
    PhoneNumberFormat::RFC3966,
];

/// Where we read an example otherwise, and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[];

fn plan(region: Region) -> DialPlan {
    let country = Country::parse(&format!("{region:?}")).expect("the library has it");
    // Some countries have numbers as short as extensions are.
    DialPlan { country, extension_digits: Vec::new(), ..office::plan() }
}

#[test]
fn every_example_of_the_library_is_read_as_the_library_reads_it() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    let mut met = Vec::new();
    for region in PHONE_NUMBER_UTIL.get_supported_regions() {
        let plan = plan(region);
        for kind in KINDS {
            let Ok(example) =
                PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind)
            else {
                continue;
            };
            let expected = example.format_as(PhoneNumberFormat::E164).into_owned();
            for format in FORMATS {
                let text = example.format_as(format).into_owned();
                // What the library itself reads otherwise than it writes it is not ours to judge.
                let theirs = PHONE_NUMBER_UTIL
                    .parse(&text, Some(region))
                    .ok()
                    .filter(rlibphonenumber::PhoneNumber::is_valid)
                    .map(|number| number.format_as(PhoneNumberFormat::E164).into_owned());
                if theirs.as_deref() != Some(expected.as_str()) {
                    continue;
                }
                count += 1;
                let ours = plan.read(&text).number().map(|number| number.e164().to_owned());
                let in_field = plan.read_number(&text).map(|number| number.e164().to_owned());
                if ours == theirs && in_field == theirs {
                    continue;
                }
                let code = format!("{region:?}");
                match DIFFERENCES.iter().find(|(of, known, _)| *of == code && *known == text) {
                    Some(difference) => met.push(difference),
                    None => wrong.push(format!(
                        "{code} {kind:?} {text:?}: {theirs:?}, we {ours:?} and {in_field:?}"
                    )),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 3_000, "{count} spellings");
    for difference in DIFFERENCES {
        assert!(met.contains(&difference), "{difference:?} needs no explanation any more");
    }
}

#[test]
fn every_example_of_the_networks_without_a_country_is_read() {
    for code in PHONE_NUMBER_UTIL.get_supported_global_network_calling_codes() {
        let Ok(example) = PHONE_NUMBER_UTIL.get_example_number_for_non_geo_entity(code) else {
            continue;
        };
        for format in FORMATS {
            let text = example.format_as(format);
            if format == PhoneNumberFormat::National {
                continue;
            }
            let read = plan(Region::DE).read(&text);
            let expected = example.format_as(PhoneNumberFormat::E164);
            assert_eq!(read.number().map(domain::PhoneNumber::e164), Some(&*expected), "{text}");
        }
    }
}

#[test]
fn every_example_is_dialled_as_itself_from_its_own_country() {
    for region in PHONE_NUMBER_UTIL.get_supported_regions() {
        let plan = plan(region);
        for kind in KINDS {
            let Ok(example) =
                PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind)
            else {
                continue;
            };
            let text = example.format_as(PhoneNumberFormat::E164);
            match plan.dial(&text) {
                Ok((Party::External(number), dialled)) => {
                    assert_eq!(number.e164(), &*text);
                    assert!(
                        !dialled.starts_with(plan.international_prefix.as_str())
                            || plan.read(&dialled).number() == Some(&number),
                        "{region:?} {text} is dialled {dialled}"
                    );
                }
                other => panic!("{region:?} {text}: {other:?}"),
            }
        }
    }
    assert_eq!(plan(Region::DE).dial("+4930"), Err(NotDialable::NotANumber));
}
