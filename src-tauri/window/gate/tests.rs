//! A page that does what it likes, and a person who does nothing, or says yes or no.

use engine::{
    consent::Deed,
    settings::{DialSettings, SettingsPatch},
    view::NumberKind,
};

use super::*;

/// The number that the engine finds costly.
const PREMIUM: &str = "+1 900 555 0100";
const DOMESTIC: &str = "030 1234567";

fn kind(number: &str) -> NumberKind {
    if number == PREMIUM { NumberKind::Premium } else { NumberKind::Ordinary }
}

/// An engine that does everything, and a person who gives the same answer to everything.
struct Desk {
    answer: Option<bool>,
    done: Mutex<Vec<String>>,
    asked: Mutex<Vec<Facts>>,
}

impl Desk {
    fn whose_person_says(answer: Option<bool>) -> Self {
        Self { answer, done: Mutex::default(), asked: Mutex::default() }
    }

    fn done(&self) -> Vec<String> {
        self.done.lock().unwrap().clone()
    }

    fn asked(&self) -> Vec<Facts> {
        self.asked.lock().unwrap().clone()
    }
}

impl Sides for Desk {
    async fn engine(&self, command: Command) -> Result<Reply, Problem> {
        match command {
            Command::Settings => Ok(Reply::Settings(Box::new(SettingsView {
                pbx_address: "https://pbx.example.com".to_owned(),
                salesforce_login: "https://login.salesforce.com".to_owned(),
                salesforce_consumer_key: "3MVG9".to_owned(),
                ..SettingsView::default()
            }))),
            Command::Dial { number, confirmed: false } => Ok(Reply::ConfirmDial {
                costly: number == PREMIUM,
                kind: kind(&number),
                shown: number,
                country: None,
            }),
            Command::Dial { number, confirmed: true } => {
                self.done.lock().unwrap().push(format!("dial {number}"));
                let call = String::new();
                Ok(Reply::Dialled { call, dialled: number })
            }
            other => {
                self.done.lock().unwrap().push(format!("{other:?}"));
                Ok(Reply::Done)
            }
        }
    }

    async fn person(&self, facts: Facts) -> Option<bool> {
        self.asked.lock().unwrap().push(facts);
        self.answer
    }

    fn sync(&self) -> Option<SyncView> {
        None
    }

    fn link(&self) -> Option<(LinkCard, Instant)> {
        None
    }
}

fn dial(number: &str, confirmed: bool) -> Command {
    Command::Dial { number: number.to_owned(), confirmed }
}

fn dials(shown: &str, costly: bool) -> Facts {
    Facts::Dial { shown: shown.to_owned(), country: None, costly, kind: kind(shown) }
}

#[tokio::test]
async fn a_page_that_dials_without_a_question_gets_nowhere() {
    let (gate, desk) = (Gate::default(), Desk::whose_person_says(Some(false)));
    for turn in 0..7 {
        let refused = gate.pass(dial(DOMESTIC, true), &desk).await.expect_err("nobody agreed");
        let code = if turn < REFUSALS { "window.not_agreed" } else { "window.refused_often" };
        assert_eq!(refused.code, code);
    }
    assert_eq!(desk.done(), [""; 0]);
    assert_eq!(desk.asked(), vec![dials(DOMESTIC, false); REFUSALS], "then it is quiet");
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn an_ordinary_call_takes_the_pages_question_and_one_click_and_nothing_else() {
    let acts = Acts::default();
    let (gate, desk) = (Gate::new(acts.clone()), Desk::whose_person_says(None));
    acts.click();
    gate.pass(dial(DOMESTIC, false), &desk).await.unwrap();
    acts.click();
    gate.pass(dial(DOMESTIC, true), &desk).await.expect("it is called");
    assert_eq!(desk.done(), [format!("dial {DOMESTIC}")]);
    assert_eq!(desk.asked(), []);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_click_before_the_question_or_for_another_number_or_spent_is_no_consent() {
    let acts = Acts::default();
    let (gate, desk) = (Gate::new(acts.clone()), Desk::whose_person_says(Some(false)));
    acts.click();
    gate.pass(dial(DOMESTIC, false), &desk).await.unwrap();
    gate.pass(dial(DOMESTIC, true), &desk).await.expect_err("the click was before");
    gate.pass(dial(DOMESTIC, false), &desk).await.unwrap();
    acts.click();
    gate.pass(dial("030 999", true), &desk).await.expect_err("another number");
    assert_eq!(desk.done(), [""; 0]);

    let (gate, desk) = (Gate::new(acts.clone()), Desk::whose_person_says(Some(false)));
    gate.pass(dial(DOMESTIC, false), &desk).await.unwrap();
    acts.click();
    gate.pass(dial(DOMESTIC, true), &desk).await.expect("it is called");
    gate.pass(dial(DOMESTIC, true), &desk).await.expect_err("the question is answered");
    gate.pass(dial(DOMESTIC, false), &desk).await.unwrap();
    gate.pass(dial(DOMESTIC, true), &desk).await.expect_err("the click is spent");
    assert_eq!(desk.done().len(), 1);
}

#[tokio::test]
async fn a_costly_number_is_asked_about_outside_of_the_page_whatever_was_clicked() {
    let acts = Acts::default();
    for (answer, placed) in [(Some(false), 0), (None, 0), (Some(true), 1)] {
        let (gate, desk) = (Gate::new(acts.clone()), Desk::whose_person_says(answer));
        acts.click();
        let reply = gate.pass(dial(PREMIUM, false), &desk).await;
        assert_eq!(reply.is_ok(), placed == 1);
        acts.click();
        assert_eq!(desk.asked(), [dials(PREMIUM, true)]);
        assert_eq!(desk.done().len(), placed);
    }
}

#[tokio::test]
async fn nothing_that_leads_calls_or_secrets_elsewhere_passes_by_a_click() {
    let acts = Acts::default();
    let patch = SettingsPatch {
        dial: Some(DialSettings { confirm_links: false, blocked: Vec::new() }),
        ..SettingsPatch::default()
    };
    let commands = || {
        [
            Command::ChangeSettings { patch: Box::new(patch.clone()) },
            Command::Disconnect,
            Command::Sync { dry_run: false, agreed: true },
            Command::ConnectSalesforce {
                login: "https://evil.example".to_owned(),
                consumer_key: "3MVG9".to_owned(),
                open_browser: true,
            },
            Command::ConnectPbx {
                address: "https://evil.example".to_owned(),
                client_id: "c0ffee".to_owned(),
                secret: "typed".to_owned(),
                pin: None,
                country: None,
            },
        ]
    };
    for command in commands() {
        let (gate, desk) = (Gate::new(acts.clone()), Desk::whose_person_says(Some(false)));
        acts.click();
        gate.pass(command.clone(), &desk).await.expect_err("nobody agreed");
        assert_eq!((desk.done().len(), desk.asked().len()), (0, 1), "{command:?}");
    }
    for command in commands() {
        let (gate, desk) = (Gate::new(acts.clone()), Desk::whose_person_says(Some(true)));
        gate.pass(command.clone(), &desk).await.expect("a person agreed");
        assert_eq!(desk.done(), [format!("{command:?}")]);
    }
}

#[tokio::test]
async fn one_click_discards_one_call() {
    let acts = Acts::default();
    let (gate, desk) = (Gate::new(acts.clone()), Desk::whose_person_says(Some(false)));
    let discard = || Command::Discard { call: "1767600923.417".to_owned() };
    acts.click();
    gate.pass(discard(), &desk).await.expect("a person clicked");
    gate.pass(discard(), &desk).await.expect_err("and once only");
    assert_eq!(desk.asked(), [Facts::Act(Deed::Discard)]);
}

#[tokio::test]
async fn a_certificate_is_looked_at_only_where_a_connection_was_tried() {
    let (gate, desk) = (Gate::default(), Desk::whose_person_says(Some(true)));
    let look = || Command::PbxCertificate { address: "https://pbx.example.org".to_owned() };
    assert_eq!(gate.pass(look(), &desk).await.unwrap_err().code, "window.not_allowed");
    let connect = |pin: Option<&str>| Command::ConnectPbx {
        address: "https://pbx.example.org".to_owned(),
        client_id: "c0ffee".to_owned(),
        secret: "typed".to_owned(),
        pin: pin.map(str::to_owned),
        country: None,
    };
    gate.pass(connect(None), &desk).await.expect("a person agreed");
    gate.pass(look(), &desk).await.expect("the address was tried");
    gate.pass(connect(Some(&"ab".repeat(32))), &desk).await.expect("and is agreed to");
    assert_eq!(desk.asked().len(), 1, "one question for one address");
}
