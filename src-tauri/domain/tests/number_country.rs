//! The country of an office: what the numbers of its people show of it.

use domain::{Country, number::shown_by};

#[test]
fn the_numbers_of_most_people_show_the_country() {
    let shown = |numbers: &[&str]| shown_by(numbers.iter().copied()).map(Country::code);
    let germany = Some("DE".to_owned());
    assert_eq!(shown(&["+49 171 5550111", "0049 160 5550112"]), germany);
    assert_eq!(
        shown(&["+491715550111"; 3].iter().copied().chain(["+43 664 1234567"]).collect::<Vec<_>>()),
        germany
    );
    // Too few, no majority, nothing that tells.
    assert_eq!(shown(&["+49 171 5550111", "0171 5550112"]), None);
    assert_eq!(shown(&["+49 171 5550111", "+49 171 5550112", "+43 664 1234567"]), None);
    assert_eq!(shown(&["0171 5550111", "4101", "", "see notes"]), None);
    // Countries that share a calling code are told apart.
    assert_eq!(shown(&["+1 604 555 0102", "+1 416 555 0103"]), Some("CA".to_owned()));
}
