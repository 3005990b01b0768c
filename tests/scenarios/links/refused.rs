//! Links that are not called.

use engine::command::Command;
use scenarios::{Office, Options};

use super::{ADA_LINK, a_moment, card, confirms, opens};

#[tokio::test]
async fn what_is_no_call_is_refused_with_a_sentence_on_a_card_that_cannot_be_agreed_to() {
    let office = Office::open().await;
    for (link, code, written) in [
        ("tel:*21*0493555017%23", "dial.service_code", "*21*0493555017#"),
        ("tel:0900 1234567", "dial.blocked", "0900 1234567"),
        ("tel:+449098790000", "dial.premium", "+449098790000"),
        ("sip:4101@pbx.example.com?Replaces=x", "link.header", "4101@pbx.example.com?Replaces=x"),
        ("tel:+4930123+4930124", "link.several_numbers", "+4930123+4930124"),
        ("--yes", "link.not_a_link", ""),
        ("patchcord:dial?number=123456&yes=1", "link.form", "dial?number=123456&yes=1"),
        ("tel:<img src=x onerror=alert(1)>", "dial.not_a_number", "<img src=x onerror=alert(1)>"),
    ] {
        let problem = opens(&office, link).await.expect_err(link);
        assert_eq!(problem.code, code, "{link}");
        assert!(!problem.action.is_empty());
        assert!(!problem.message.contains("4101"), "the link is not in the sentence");
        let shown = card(&office).expect("a person sees why nothing happens");
        assert_eq!(shown.refusal.as_ref(), Some(&problem));
        assert_eq!(shown.written, written);
        assert_eq!(confirms(&office, &shown).await.expect_err(link).code, code);
        a_moment().await;
    }
    assert_eq!(office.pbx_asked("call/dial"), 0);
    assert!(office.calls().await.is_empty());
}

#[tokio::test]
async fn a_number_that_is_blocked_meanwhile_is_not_called() {
    let office = Office::open().await;
    opens(&office, ADA_LINK).await.expect("it is shown");
    let asked = card(&office).expect("a card");
    office.policy_becomes(Some("[dial]\nblocked = [\"+49493*\"]\n"));
    scenarios::eventually("the policy is in force", || async {
        office.explains("+49493555017").await.blocked
    })
    .await;
    assert_eq!(confirms(&office, &asked).await.expect_err("blocked").code, "dial.blocked");
    assert_eq!(office.pbx_asked("call/dial"), 0);
}

#[tokio::test]
async fn while_the_integration_is_off_no_link_is_called() {
    let office = Office::open().await;
    office.asks(Command::Disable).await.expect("it can be switched off");
    let problem = opens(&office, ADA_LINK).await.expect_err("it is off");
    assert_eq!(problem.code, "link.switched_off");
    assert_eq!(office.pbx_asked("call/dial"), 0);
}

#[tokio::test]
async fn a_link_whose_card_is_open_is_refused_again_once_the_integration_is_off() {
    let office = Office::open().await;
    opens(&office, ADA_LINK).await.expect("it is shown");
    office.asks(Command::Disable).await.expect("it can be switched off");
    let problem = opens(&office, ADA_LINK).await.expect_err("it is off");
    assert_eq!(problem.code, "link.switched_off");
    let shown = card(&office).expect("the card is there, with what stands in the way");
    assert_eq!(shown.refusal.or(shown.obstacle), Some(problem));
    let dial = Command::Dial { number: "+49493555017".to_owned(), confirmed: true };
    assert_eq!(office.asks(dial).await.expect_err("it is off").code, "dial.switched_off");
    assert_eq!(office.pbx_asked("call/dial"), 0);
}

#[tokio::test]
async fn without_a_window_nobody_can_be_asked() {
    let office = Office::open().await;
    office.desk.has_no_window();
    let raised = office.desk.raised();
    let problem = opens(&office, ADA_LINK).await.expect_err("no window");
    assert_eq!(problem.code, "link.no_window");
    a_moment().await;
    let problem = opens(&office, "tel:*21*0493555017%23").await.expect_err("a code");
    assert_eq!(problem.code, "dial.service_code", "the nearer reason is told");
    assert_eq!((card(&office), office.desk.raised()), (None, raised));
    assert_eq!(office.pbx_asked("call/dial"), 0);
}

#[tokio::test]
async fn nothing_of_a_link_reaches_a_query_a_page_or_a_notification_but_digits() {
    let office = Office::with(Options { connected: true, ..Options::default() }).await;
    let before = office.salesforce.ledger().len();
    for link in [
        "tel:+49493555017;ext=7;isub=%27%29%20OR%20Name%20LIKE%20%27%25",
        "sip:+49493555018@evil.example;x=%7D%20RETURNING%20User",
    ] {
        opens(&office, link).await.expect("it is shown");
        a_moment().await;
    }
    let asked = format!("{:?}", &office.salesforce.ledger()[before..]);
    let (of_pbx, notes) =
        (format!("{:?}", office.pbx.ledger()), format!("{:?}", office.desk.notes()));
    for part in ["RETURNING User", "OR Name", "evil.example", "isub"] {
        for (where_to, sent) in
            [("Salesforce", &asked), ("the PBX", &of_pbx), ("a notification", &notes)]
        {
            assert!(!sent.contains(part), "{part} was sent to {where_to}: {sent}");
        }
    }
    assert_eq!(office.desk.opened(), Vec::<String>::new(), "no page opens");
}
