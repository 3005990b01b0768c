//! What is amiss with the PBX, with the way to it, and with whose extension it is.

use engine::command::Command;
use scenarios::{AGENT, Cut, Fault, FaultRule, Office, Options, Tap};
use serde_json::{Value, json};
use simulator::pbx::Subscribing;

use super::{Act, Story, are_told, connects, story, unconnected};

/// What stops us at the PBX until a person does something.
pub(super) fn of_the_log_in() -> Vec<Story> {
    vec![
        story(
            "pbx.credentials_refused",
            |office| {
                Box::pin(async {
                    office.pbx.change_secret("another");
                    office.pbx.cut_sockets(Cut::Reset);
                })
            },
            |office| Box::pin(async { drop(office.connects_pbx().await.expect("it is typed")) }),
        ),
        story(
            "pbx.address_blocked",
            |office| {
                Box::pin(async {
                    refuses(office, "get_token", json!({ "errcode": 70004, "errmsg": "BLOCKED" }));
                    office.pbx.expire_all_tokens();
                    office.pbx.cut_sockets(Cut::Reset);
                })
            },
            |office| {
                Box::pin(async {
                    office.pbx.set(|pbx| pbx.faults.clear());
                    office.connects_pbx().await.expect("the block was lifted");
                })
            },
        ),
        story(
            "pbx.token_limit",
            |office| {
                Box::pin(async {
                    office.pbx.expire_all_tokens();
                    office.pbx.occupy_tokens(8);
                    office.pbx.cut_sockets(Cut::Reset);
                })
            },
            |office| {
                Box::pin(async {
                    office.pbx.expire_all_tokens();
                    office.retries().await;
                })
            },
        ),
        story(
            "pbx.api_off",
            |office| Box::pin(loses_the_connection(office, |pbx| pbx.api_off = true)),
            |office| {
                Box::pin(async {
                    office.pbx.set(|pbx| pbx.api_off = false);
                    office.retries().await;
                })
            },
        ),
        story(
            "pbx.address_not_allowed",
            |office| Box::pin(loses_the_connection(office, |pbx| pbx.address_forbidden = true)),
            |office| {
                Box::pin(async {
                    office.pbx.set(|pbx| pbx.address_forbidden = false);
                    office.network_changes();
                })
            },
        ),
    ]
}

/// What keeps the PBX from being heard.
pub(super) fn of_the_connection() -> Vec<Story> {
    vec![
        story(
            "pbx.unreachable",
            |office| Box::pin(async { office.pbx.stop_listening() }),
            |office| {
                Box::pin(async {
                    office.pbx.listen_again().await;
                    office.network_changes();
                })
            },
        ),
        story(
            "pbx.events_down",
            |office| {
                Box::pin(loses_the_connection(office, |pbx| {
                    pbx.subscribing = Subscribing::Refused(40002);
                }))
            },
            |office| {
                Box::pin(async {
                    office.pbx.set(|pbx| pbx.subscribing = Subscribing::Works);
                    office.retries().await;
                })
            },
        ),
        story(
            "pbx.unexpected_answer",
            |office| {
                Box::pin(loses_the_connection(office, |pbx| {
                    pbx.faults = vec![FaultRule::always("", Fault::Html(200))];
                }))
            },
            |office| {
                Box::pin(async {
                    office.pbx.set(|pbx| pbx.faults.clear());
                    office.retries().await;
                })
            },
        ),
    ]
}

async fn loses_the_connection(office: &Office, why: fn(&mut simulator::pbx::PbxSwitches)) {
    office.pbx.set(why);
    office.pbx.cut_sockets(Cut::Reset);
}

fn refuses(office: &Office, path: &str, body: Value) {
    let rule = FaultRule::always(path, Fault::Json(200, body));
    office.pbx.set(|pbx| pbx.faults = vec![rule]);
}

/// A policy that leads elsewhere, until the administrator takes it away and the program has read so.
pub(super) fn of_the_policy() -> Vec<Story> {
    let no_policy: Act = |office| {
        Box::pin(async {
            office.policy_becomes(None);
            office.settings_until("it is read", |settings| settings.locked.is_empty()).await;
        })
    };
    vec![
        story(
            "pbx.other_address",
            |office| {
                Box::pin(async {
                    office.policy_becomes(Some("[pbx]\naddress = \"http://127.0.0.1:1\"\n"));
                })
            },
            no_policy,
        ),
        story("pbx.tls_changed", |office| Box::pin(leads_to(office, "ab".repeat(32))), no_policy),
        story("pbx.tls_untrusted", |office| Box::pin(leads_to(office, String::new())), no_policy),
        story(
            "salesforce.other_login",
            |office| {
                Box::pin(async {
                    office.policy_becomes(Some("[salesforce]\nlogin = \"http://127.0.0.1:1\"\n"));
                })
            },
            no_policy,
        ),
        story(
            "policy.invalid",
            |office| {
                Box::pin(async {
                    office.policy_becomes(Some("[numbers]\ncountry = \"Germany\"\n"));
                })
            },
            |office| {
                Box::pin(async {
                    office.policy_becomes(Some("[pop]\nwhen = \"answer\"\n"));
                    let read =
                        |settings: &engine::view::SettingsView| settings.locked == ["pop.when"];
                    office.settings_until("it is read", read).await;
                })
            },
        ),
    ]
}

async fn leads_to(office: &Office, pin: String) {
    // It answers until the test ends.
    let stranger: &'static Tap = Box::leak(Box::new(Tap::encrypted(None).await));
    let address = stranger.address();
    let policy = format!("[pbx]\naddress = \"{address}\"\ncertificate_sha256 = \"{pin}\"\n");
    office.policy_becomes(Some(&policy));
}

/// Whose extension it is.
pub(super) fn of_the_binding() -> Vec<Story> {
    let names_it: Act = |office| {
        Box::pin(async {
            let user = office.salesforce.user_id("mara.voss@example.com").expect("she is there");
            office.salesforce.update("User", &user, json!({ "Extension": AGENT }));
            office.retries().await;
        })
    };
    vec![
        story(
            "pbx.extension_gone",
            |office| {
                Box::pin(async {
                    let bind = Command::Bind { extension: Some(AGENT.to_owned()) };
                    office.asks(bind).await.expect("it is bound");
                    office.is_live().await;
                    office.pbx.remove_extension(AGENT);
                    office.pbx.cut_sockets(Cut::Reset);
                })
            },
            |office| {
                Box::pin(async {
                    office.pbx.restore_extension(AGENT);
                    office.retries().await;
                })
            },
        ),
        story("binding.none", |office| Box::pin(async { connects(office).await }), names_it).of(
            || Options {
                org: |org| org.users[0].email = "somebody@example.org".to_owned(),
                ..unconnected()
            },
        ),
        story("binding.conflict", |office| Box::pin(async { connects(office).await }), names_it)
            .of(|| {
                let mut options = unconnected();
                options.pbx.extensions[2].email = "mara.voss@example.com".to_owned();
                options
            }),
    ]
}

#[tokio::test]
async fn what_stops_us_at_the_log_in_of_the_pbx_goes_with_its_cause() {
    are_told(of_the_log_in()).await;
}

#[tokio::test]
async fn what_keeps_the_pbx_from_being_heard_goes_with_its_cause() {
    are_told(of_the_connection()).await;
}

#[tokio::test]
async fn what_a_policy_has_brought_about_goes_with_it() {
    are_told(of_the_policy()).await;
}

#[tokio::test]
async fn what_is_amiss_with_the_extension_goes_with_its_cause() {
    are_told(of_the_binding()).await;
}
