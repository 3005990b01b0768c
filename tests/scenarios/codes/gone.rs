//! A problem goes when its cause goes: for each that can stand in the state, how its cause goes, and that the problem is
//! gone within five seconds.
//!
//! They count from the moment at which the program may know: a person has tried again, signed in or connected, the
//! operating system has told of the network, the policy's file was read, or the time is over. A PBX that comes back by
//! itself is found within half a minute, and that wait is no part of this.

use std::{collections::BTreeSet, fs, future::Future, pin::Pin, sync::Mutex, time::Duration};

use domain::{CallKey, Object, PhoneNumber, RecordId, RecordRef};
use engine::{
    command::{Command, Reply},
    ports::Clock as _,
    view::{STANDING, SyncReport},
};
use scenarios::{ADA, AGENT, Cut, Fault, FaultRule, Office, Options, Tap};
use serde_json::{Value, json};
use simulator::pbx::Subscribing;
use store::{CreatedRecord, Store, StoredMatch};

/// What is shown is so within as long (N4).
const GOES_WITHIN: Duration = Duration::from_secs(5);

/// Trouble may mend itself before it is said: a file that another program holds has half a minute.
const STANDS_WITHIN: Duration = Duration::from_secs(45);

/// Something that happens to an office.
type Act = for<'a> fn(&'a mut Office) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// A problem, and its end.
struct Story {
    code: &'static str,
    options: fn() -> Options,
    breaks: Act,
    /// Ends when the program may know.
    mends: Act,
}

fn story(code: &'static str, breaks: Act, mends: Act) -> Story {
    Story { code, options: Options::default, breaks, mends }
}

impl Story {
    fn of(self, options: fn() -> Options) -> Self {
        Self { options, ..self }
    }

    async fn told(self) {
        let Self { code, options, breaks, mends } = self;
        let mut office = Office::with(options()).await;
        breaks(&mut office).await;
        office.status_within(code, STANDS_WITHIN, |status| status.says(code)).await;
        goes_within(&mut office, code, GOES_WITHIN, mends).await;
    }
}

/// Mends the cause, and sees the problem go so soon after that.
async fn goes_within(office: &mut Office, code: &str, limit: Duration, mends: Act) {
    mends(office).await;
    office.status_within(&format!("{code} is gone"), limit, |status| !status.says(code)).await;
}

async fn are_told(stories: Vec<Story>) {
    for story in stories {
        story.told().await;
    }
}

fn unconnected() -> Options {
    Options { connected: false, ..Options::default() }
}

async fn connects(office: &Office) {
    office.connects_pbx().await.expect("the PBX is connected");
    office.signs_in().await.expect("the org is connected");
}

async fn loses_the_connection(office: &Office, why: fn(&mut simulator::pbx::PbxSwitches)) {
    office.pbx.set(why);
    office.pbx.cut_sockets(Cut::Reset);
}

fn refuses(office: &Office, path: &str, body: Value) {
    let rule = FaultRule::always(path, Fault::Json(200, body));
    office.pbx.set(|pbx| pbx.faults = vec![rule]);
}

/// What stops us at the PBX until a person does something.
fn of_the_log_in() -> Vec<Story> {
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
fn of_the_connection() -> Vec<Story> {
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

/// A policy that leads elsewhere, until the administrator takes it away and the program has read so.
fn of_the_policy() -> Vec<Story> {
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
fn of_the_binding() -> Vec<Story> {
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

/// Refusals of the token endpoint, until a person signs in.
fn of_the_sign_in() -> Vec<Story> {
    let signs_in: Act = |office| {
        Box::pin(async {
            office.salesforce.set(|org| org.token_error = None);
            office.signs_in().await.expect("it was mended");
        })
    };
    vec![
        story(
            "salesforce.signed_out",
            |office| {
                Box::pin(async {
                    office.salesforce.revoke_all();
                    office.has_spoken_with(ADA).await;
                })
            },
            signs_in,
        ),
        story(
            "salesforce.ip_restricted",
            |office| Box::pin(is_not_renewed(office, "invalid_grant", "ip restricted")),
            signs_in,
        ),
        story(
            "salesforce.not_approved",
            |office| {
                let text = "user hasn't approved this consumer";
                Box::pin(is_not_renewed(office, "invalid_grant", text))
            },
            signs_in,
        ),
        story(
            "salesforce.wrong_key",
            |office| {
                Box::pin(is_not_renewed(office, "invalid_client_id", "client identifier invalid"))
            },
            signs_in,
        ),
        story(
            "salesforce.redirect_mismatch",
            |office| {
                let text = "redirect_uri must match configuration";
                Box::pin(is_not_renewed(office, "redirect_uri_mismatch", text))
            },
            signs_in,
        ),
    ]
}

async fn is_not_renewed(office: &Office, error: &str, text: &str) {
    let refusal = (error.to_owned(), text.to_owned());
    office.salesforce.set(|org| org.token_error = Some(refusal));
    office.salesforce.expire_access_tokens();
    office.has_spoken_with(ADA).await;
}

/// What the REST API answers, or does not.
fn of_the_org() -> Vec<Story> {
    let answers: Act = |office| {
        Box::pin(async {
            office.salesforce.set(|org| {
                org.faults.clear();
                org.limit_reached = false;
                org.api_disabled = false;
            });
            office.retries().await;
        })
    };
    vec![
        story(
            "salesforce.unreachable",
            |office| {
                Box::pin(async {
                    office.salesforce.stop_listening();
                    office.has_spoken_with(ADA).await;
                })
            },
            |office| {
                Box::pin(async {
                    office.salesforce.listen_again().await;
                    office.network_changes();
                })
            },
        ),
        story(
            "salesforce.api_limit",
            |office| {
                Box::pin(async {
                    office.salesforce.set(|org| org.limit_reached = true);
                    office.has_spoken_with(ADA).await;
                })
            },
            answers,
        ),
        story(
            "salesforce.api_disabled",
            |office| {
                Box::pin(async {
                    office.salesforce.set(|org| org.api_disabled = true);
                    office.has_spoken_with(ADA).await;
                })
            },
            answers,
        ),
        story(
            "salesforce.missing_permission",
            |office| {
                Box::pin(async {
                    is_refused(office, "/sobjects/Task", 403, "INSUFFICIENT_ACCESS");
                    office.has_spoken_with(ADA).await;
                })
            },
            answers,
        ),
        story(
            "salesforce.unexpected_answer",
            |office| {
                Box::pin(async {
                    let portal = FaultRule::always("/services/data/", Fault::Html(200));
                    office.salesforce.set(|org| org.faults = vec![portal]);
                    office.has_spoken_with(ADA).await;
                })
            },
            answers,
        ),
    ]
}

fn is_refused(office: &Office, path: &str, status: u16, code: &str) {
    let body = json!([{ "errorCode": code, "message": "not today" }]);
    let rule = FaultRule::always(path, Fault::Json(status, body));
    office.salesforce.set(|org| org.faults = vec![rule]);
}

/// The desk itself: its browser, its secrets, its disk.
fn of_the_desk() -> Vec<Story> {
    vec![
        story(
            "browser.failed",
            |office| {
                Box::pin(async {
                    office.desk.browser_is_missing(true);
                    office.ada_calls().await;
                })
            },
            |office| {
                Box::pin(async {
                    office.desk.browser_is_missing(false);
                    office.retries().await;
                })
            },
        ),
        story(
            "secrets.unavailable",
            |office| {
                Box::pin(async {
                    office.quits().await;
                    office.secrets.is_locked(true);
                    office.starts().await;
                })
            },
            |office| {
                Box::pin(async {
                    office.secrets.is_locked(false);
                    office.retries().await;
                })
            },
        ),
        story(
            "journal.disk_full",
            |office| {
                Box::pin(async {
                    // A backup that holds the file: the same words, and the same way back.
                    let file = office.home.path().join("journal.db");
                    let other = rusqlite::Connection::open(file).expect("it is there");
                    other.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes now");
                    *HOLDER.lock().expect("one story at a time") = Some(other);
                    office.pbx.inbound(ADA, AGENT).caller_hangs_up();
                })
            },
            |_| Box::pin(async { *HOLDER.lock().expect("one story at a time") = None }),
        ),
        story(
            "journal.damaged",
            |office| {
                Box::pin(async {
                    office.quits().await;
                    fs::write(office.home.path().join("journal.db"), vec![0xa5; 50_000])
                        .expect("the file can be written");
                    office.starts().await;
                })
            },
            // The calls were read back.
            |office| Box::pin(async { office.is_live().await }),
        ),
        story(
            "journal.creation_paused",
            |office| Box::pin(has_created_thirty(office)),
            |office| Box::pin(async { office.clock.passes(Duration::from_secs(3_600)) }),
        )
        .of(|| Options {
            settings: "[auto_create]\ndirections = [\"inbound\"]\n".to_owned(),
            ..Options::default()
        }),
        story(
            "journal.gap_unverified",
            |office| Box::pin(loses_its_records(office)),
            // A person has seen it.
            |office| Box::pin(async { office.retries().await }),
        ),
        story(
            "app.not_running",
            |office| {
                Box::pin(async {
                    office.quits().await;
                    office.starts_on_files().await;
                })
            },
            |office| {
                Box::pin(async {
                    office.quits().await;
                    office.starts().await;
                })
            },
        ),
    ]
}

/// What holds the journal.
static HOLDER: Mutex<Option<rusqlite::Connection>> = Mutex::new(None);

/// So many records were created for callers a moment ago that no more are for an hour.
async fn has_created_thirty(office: &mut Office) {
    let org = office.status().await.salesforce.org_id.expect("signed in");
    office.quits().await;
    let store = Store::open(office.home.path()).await.expect("a home").store;
    for n in 0..30 {
        let record = RecordRef {
            object: Object::Lead,
            id: RecordId::parse(&format!("00Q5g0000000{n:03}")).expect("an id"),
            name: format!("Machine {n}"),
        };
        let created = CreatedRecord {
            org: RecordId::parse(&org).expect("an id"),
            record,
            number: PhoneNumber::from_e164(&format!("+4949355567{n:02}")).expect("a number"),
            key: CallKey::from_stored(format!("machine {n}")),
            made: office.clock.now().wall,
            matched: StoredMatch::default(),
        };
        store.record_created(created).await.expect("it is written");
    }
    store.close().await;
    office.starts().await;
}

/// The contact index and the phonebook.
fn of_the_contacts() -> Vec<Story> {
    let syncing = || Options {
        settings: "[contact_sync]\nmode = \"full\"\n".to_owned(),
        ..Options::default()
    };
    let answers: Act = |office| {
        Box::pin(async {
            office.salesforce.set(|org| org.faults.clear());
            office.retries().await;
        })
    };
    vec![
        story(
            "contacts.index_paused",
            |office| {
                Box::pin(async {
                    office.salesforce.set(|org| org.used_by_others = 12_000);
                    connects(office).await;
                })
            },
            |office| {
                Box::pin(async {
                    office.salesforce.set(|org| org.used_by_others = 0);
                    office.retries().await;
                })
            },
        )
        .of(unconnected),
        story(
            "contacts.index_stopped",
            |office| {
                Box::pin(async {
                    is_refused(office, "/query", 403, "INSUFFICIENT_ACCESS");
                    office.asks(Command::RefreshIndex { all: true }).await.expect("it is asked");
                })
            },
            answers,
        ),
        story(
            "salesforce.failed",
            |office| {
                Box::pin(async {
                    is_refused(office, "/query", 400, "INVALID_FIELD");
                    syncs(office, false).await;
                })
            },
            answers,
        )
        .of(syncing),
        story(
            "contacts.phonebook_not_ours",
            |office| {
                Box::pin(async {
                    let made = office.pbx.administer("phonebook/create", json!({ "name": BOOK }));
                    let contact = json!({ "first_name": "Supplier",
                        "phonebook_id_list": [made["id"]],
                        "number_list": [{ "num_type": "business_number", "number": "030999" }] });
                    office.pbx.administer("company_contact/create", contact);
                    syncs(office, false).await;
                })
            },
            |office| {
                Box::pin(async {
                    for contact in office.pbx.contacts() {
                        let out = json!({ "id": contact["id"], "phonebook_id_list": [] });
                        office.pbx.administer("company_contact/update", out);
                    }
                    office.retries().await;
                })
            },
        )
        .of(syncing),
        story(
            "contacts.phonebook_full",
            |office| {
                Box::pin(async {
                    office.knows("Ben", "Okoye", "+49 30 1234567");
                    office.pbx.set(|pbx| pbx.contacts_limit = 1);
                    syncs(office, false).await;
                })
            },
            |office| {
                Box::pin(async {
                    office.pbx.set(|pbx| pbx.contacts_limit = 500_000);
                    office.retries().await;
                })
            },
        )
        .of(syncing),
        story(
            "contacts.phonebook_read_only",
            |office| {
                Box::pin(async {
                    office.pbx.set(|pbx| pbx.read_only_phonebook = Some(BOOK.to_owned()));
                    syncs(office, false).await;
                })
            },
            |office| {
                Box::pin(async {
                    office.pbx.set(|pbx| pbx.read_only_phonebook = None);
                    office.retries().await;
                })
            },
        )
        .of(syncing),
        story(
            "contacts.mass_delete",
            |office| {
                Box::pin(async {
                    let people = (0..9).map(|n| {
                        office.knows("Ben", &format!("N{n}"), &format!("+49 30 12345{n}0"))
                    });
                    let people: Vec<String> = people.collect();
                    syncs(office, false).await;
                    for gone in &people[..3] {
                        office.salesforce.delete("Contact", gone);
                    }
                    syncs(office, false).await;
                })
            },
            |office| Box::pin(async { drop(syncs(office, true).await) }),
        )
        .of(syncing),
        story(
            "contacts.other_user",
            |office| Box::pin(takes_a_phonebook_over(office)),
            |office| Box::pin(async { drop(syncs(office, true).await) }),
        ),
    ]
}

/// The program itself.
fn of_the_program() -> Vec<Story> {
    let again: Act = |office| Box::pin(async { office.retries().await });
    vec![
        story(
            "program.task_failed",
            |office| {
                Box::pin(async {
                    office.clock.fails_within("engine::outbox::attempt", 3);
                    office.has_spoken_with(ADA).await;
                })
            },
            again,
        ),
        story("program.safe_mode", |office| Box::pin(dies_often(office)), again),
    ]
}

/// While the program is away the PBX removes its call records.
async fn loses_its_records(office: &mut Office) {
    let call = office.has_spoken_with(ADA).await;
    office.all_logged(&[call]).await;
    office.quits().await;
    // Both clocks go on, and nobody listens.
    office.clock.passes(Duration::from_secs(600));
    office.pbx.set_clock_by(600);
    office.pbx.inbound(ADA, AGENT).caller_hangs_up();
    office.pbx.clean_up_cdr();
    office.starts().await;
}

/// The program is killed and started so often within a minute that it begins only what calls need.
pub(crate) async fn dies_often(office: &mut Office) {
    for _ in 0..5 {
        office.is_killed();
        office.starts().await;
    }
}

/// The phonebook that is filled.
const BOOK: &str = "Salesforce";

/// Another user's computer has filled the phonebook with what this one's user does not see, and is gone.
async fn takes_a_phonebook_over(office: &mut Office) {
    const THEIRS: &str = "leo.brandt@example.com";
    let owner = office.salesforce.user_id(THEIRS).expect("a user");
    office.salesforce.insert(
        "Contact",
        json!({ "FirstName": "Ben", "LastName": "His", "Phone": "+49 30 1234502", "OwnerId": owner }),
    );
    let full = "[contact_sync]\nmode = \"full\"\n";
    let mut leo = office.colleague_with(THEIRS, full).await;
    syncs(&leo, false).await;
    leo.quits().await;
    office.quits().await;
    let file = office.home.path().join("settings.toml");
    let settings = fs::read_to_string(&file).expect("settings");
    fs::write(&file, format!("{settings}\n{full}")).expect("settings");
    // Until his claim has run out.
    office.clock.passes(Duration::from_secs(5 * 3_600));
    office.starts().await;
    office.is_live().await;
    syncs(office, false).await;
}

async fn syncs(office: &Office, agreed: bool) -> SyncReport {
    match office.asks(Command::Sync { dry_run: false, agreed }).await {
        Ok(Reply::Synced(report)) => *report,
        other => panic!("no report but {other:?}"),
    }
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

#[tokio::test]
async fn a_sign_in_that_has_ended_is_said_until_somebody_signs_in() {
    are_told(of_the_sign_in()).await;
}

#[tokio::test]
async fn what_the_org_refuses_goes_with_its_cause() {
    are_told(of_the_org()).await;
}

#[tokio::test]
async fn what_is_amiss_on_the_desk_goes_with_its_cause() {
    are_told(of_the_desk()).await;
}

#[tokio::test]
async fn what_the_program_fails_at_goes_when_it_does_not() {
    are_told(of_the_program()).await;
}

#[tokio::test]
async fn what_is_amiss_with_the_contacts_goes_with_its_cause() {
    are_told(of_the_contacts()).await;
}

/// The harness takes no problem in the state whose code is not in the engine's list of those that can stand there; and each
/// in that list has a story.
#[test]
fn every_problem_that_can_stand_has_a_story() {
    let stories = [
        of_the_log_in(),
        of_the_connection(),
        of_the_policy(),
        of_the_binding(),
        of_the_sign_in(),
        of_the_org(),
        of_the_desk(),
        of_the_contacts(),
        of_the_program(),
    ];
    let told: BTreeSet<&str> = stories.iter().flatten().map(|story| story.code).collect();
    let standing: BTreeSet<&str> = STANDING.into_iter().collect();
    assert_eq!(told, standing);
}
