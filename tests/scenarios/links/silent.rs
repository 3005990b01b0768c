//! Where the administrator wants no question.

use engine::command::Reply;
use scenarios::{Office, Options, eventually};

use super::{ADA_LINK, a_moment, card, opens};

async fn office() -> Office {
    let policy = Some("[dial]\nconfirm_links = false\n".to_owned());
    let office = Office::with(Options { policy, ..Options::default() }).await;
    office.desk.has_no_window();
    office
}

#[tokio::test]
async fn a_link_of_the_own_country_is_dialled_at_once_where_the_policy_says_so() {
    let office = office().await;
    let reply = opens(&office, ADA_LINK).await.expect("it is dialled");
    assert!(
        matches!(&reply, Reply::Dialled { dialled, .. } if dialled == "0493555017"),
        "{reply:?}"
    );
    assert_eq!(card(&office), None);
    eventually("it rings", || async { office.pbx_asked("call/dial") == 1 }).await;
}

#[tokio::test]
async fn a_link_abroad_to_a_colleague_or_to_what_costs_more_is_never_dialled_at_once() {
    let office = office().await;
    for (link, code) in [
        ("tel:+12125550123", "link.no_window"),
        ("tel:4102", "link.no_window"),
        ("tel:+494102", "link.no_window"),
        ("tel:+4911833", "link.no_window"),
        ("tel:11833", "link.no_window"),
        ("tel:110", "link.no_window"),
        ("tel:+4918031234567", "link.no_window"),
        ("tel:+491371234567", "link.no_window"),
        ("tel:0900 1234567", "dial.blocked"),
        ("tel:+491377123456", "dial.premium"),
        ("tel:*21*0493555017%23", "dial.service_code"),
    ] {
        assert_eq!(opens(&office, link).await.expect_err(link).code, code, "{link}");
        a_moment().await;
    }
    assert_eq!(office.pbx_asked("call/dial"), 0);
}

#[tokio::test]
async fn a_page_that_opens_links_one_after_the_other_rings_once() {
    let office = office().await;
    opens(&office, ADA_LINK).await.expect("it is dialled");
    for at in 0..3 {
        a_moment().await;
        let second = opens(&office, &format!("tel:+49301234{at}")).await;
        if at < 2 {
            assert_eq!(second.expect_err("too soon").code, "link.too_many");
        }
    }
    assert!(office.pbx_asked("call/dial") <= 2);
}
