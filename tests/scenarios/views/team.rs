//! The administrator's table: everybody's extension, found by address or chosen, and written to Salesforce.

use engine::{
    command::{Command, Reply},
    view::{
        BindingChange, BindingChangeKind, BindingChoice, BindingConflict, BindingRow,
        BindingSource, BindingState, BindingTable, BindingWriting, SaveOutcome, SavedBinding,
    },
};
use scenarios::{ADA, AGENT, Office, Options};
use serde_json::Value;
use simulator::{
    Fault, FaultRule, OrgConfig, PbxConfig,
    pbx::Extension,
    salesforce::{HiddenField, OrgUser},
};

const MARA: &str = "mara.voss@example.com";
const LEO: &str = "leo.brandt@example.com";
const WRITES: &str = "/composite/sobjects";

/// Mara may change other users.
fn administrator(org: &mut OrgConfig) {
    "System Administrator".clone_into(&mut org.users[0].profile);
}

async fn office(org: fn(&mut OrgConfig), pbx: PbxConfig) -> Office {
    Office::with(Options { org, pbx, ..Options::default() }).await
}

fn as_table(reply: Reply) -> BindingTable {
    match reply {
        Reply::BindingTable(table) => *table,
        other => panic!("no table but {other:?}"),
    }
}

async fn table(office: &Office) -> BindingTable {
    as_table(office.asks(Command::BindingTable { robots: false }).await.expect("the table is read"))
}

async fn plan(office: &Office, choices: Vec<BindingChoice>, automatic: bool) -> BindingTable {
    let command = Command::PlanBindings { choices, automatic };
    as_table(office.asks(command).await.expect("the table is at hand"))
}

async fn save(office: &Office, changes: Vec<BindingChange>) -> Vec<SavedBinding> {
    match office.asks(Command::SaveBindings { changes }).await {
        Ok(Reply::BindingsSaved(outcomes)) => outcomes,
        other => panic!("not saved but {other:?}"),
    }
}

/// The difference that a person sees before Save.
fn changes(table: &BindingTable) -> Vec<BindingChange> {
    let changed = table.rows.iter().filter(|row| row.change.is_some());
    changed
        .map(|row| BindingChange {
            user: row.user.clone(),
            from: row.saved.clone(),
            to: row.wanted.clone(),
        })
        .collect()
}

fn row<'a>(table: &'a BindingTable, name: &str) -> &'a BindingRow {
    table.rows.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("no row of {name}"))
}

fn choice(table: &BindingTable, name: &str, extension: Option<&str>) -> BindingChoice {
    let extension = extension.map(str::to_owned);
    BindingChoice { user: row(table, name).user.clone(), extension }
}

fn outcomes(saved: &[SavedBinding]) -> Vec<SaveOutcome> {
    saved.iter().map(|one| one.outcome).collect()
}

/// What Salesforce has as a user's extension.
fn written(office: &Office, username: &str) -> Value {
    let users = office.salesforce.records("User");
    users.iter().find(|user| user["Username"] == username).expect("the user")["Extension"].clone()
}

/// The ids of the users that each write has named, in order.
fn sent(office: &Office) -> Vec<Vec<String>> {
    let ledger = office.salesforce.ledger();
    let writes = ledger.iter().filter(|seen| seen.method == "PATCH" && seen.path.ends_with(WRITES));
    writes
        .map(|seen| {
            let records = seen.body.as_ref().and_then(|body| body["records"].as_array());
            let records = records.expect("a collection");
            records.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
        })
        .collect()
}

fn user_queries(office: &Office) -> usize {
    let ledger = office.salesforce.ledger();
    let all = ledger.iter().filter_map(|seen| seen.query.as_deref());
    all.filter(|query| query.contains("FROM User WHERE (IsActive")).count()
}

#[tokio::test]
async fn five_hundred_users_get_their_extensions_in_one_pass() {
    let mut pbx = PbxConfig::default();
    let more = (0..498).map(|n| {
        Extension::new(
            &(5_000 + n).to_string(),
            &format!("Agent {n}"),
            &format!("Agent.{n}@Example.com"),
        )
    });
    pbx.extensions.extend(more);
    let office = office(
        |org| {
            administrator(org);
            org.sandbox = true;
            let more = (0..498).map(|n| {
                OrgUser::person("Agent", &n.to_string(), &format!(" agent.{n}@example.com"))
            });
            org.users.extend(more);
        },
        pbx,
    )
    .await;
    office.salesforce.forget_ledger();
    let before = office.salesforce.api_calls();
    let pbx_before = office.pbx_asked("extension/list");

    let read = table(&office).await;
    assert_eq!(read.rows.len(), 500);
    assert_eq!(read.writing, BindingWriting::Allowed);
    assert_eq!((user_queries(&office), office.pbx_asked("extension/list") - pbx_before), (1, 1));
    let planned = plan(&office, Vec::new(), true).await;
    assert!(planned.rows.iter().all(|row| row.state == BindingState::Bound), "nobody is left");
    assert!(planned.rows.iter().all(|row| row.change == Some(BindingChangeKind::Given)));
    assert_eq!(user_queries(&office), 1, "planning asks nobody");

    let saved = save(&office, changes(&planned)).await;
    assert!(outcomes(&saved).iter().all(|outcome| *outcome == SaveOutcome::Saved));
    assert_eq!(user_queries(&office), 2, "read once more, so that nothing unseen is overwritten");
    let parts: Vec<_> = sent(&office).iter().map(Vec::len).collect();
    assert_eq!(parts, [200, 200, 100]);
    // What the user's fields are, two readings, three writes.
    assert_eq!(office.salesforce.api_calls() - before, 6);
    assert_eq!(written(&office, " agent.497@example.com"), "5497");
    let after = plan(&office, Vec::new(), true).await;
    assert_eq!(changes(&after), [], "a second pass finds nothing to do");
}

#[tokio::test]
async fn every_conflict_is_shown_and_none_is_guessed() {
    let mut pbx = PbxConfig::default();
    pbx.extensions[2].email = "twin@example.com".to_owned();
    pbx.extensions[3].email = "twin@example.com".to_owned();
    pbx.extensions.extend([
        Extension::new("4105", "Sales", "sales@example.com"),
        Extension::new("4106", "Spare", "spare@example.com"),
    ]);
    let office = office(
        |org| {
            administrator(org);
            org.users[2].extension = "4106".to_owned();
            let person = |name: &str, username: &str, email: &str, extension: &str| OrgUser {
                username: username.to_owned(),
                extension: extension.to_owned(),
                ..OrgUser::person(name, "X", email)
            };
            org.users.extend([
                person("Ann", "ann", "sales@example.com", ""),
                person("Bea", "bea", "Sales@example.com", ""),
                person("Cid", "cid", "cid@example.com", "4102"),
                person("Dan", "dan", "twin@example.com", ""),
                person("Eve", "eve", "eve@example.com", "4999"),
                person("Fay", "fay", "fay@example.com", "4103"),
                person("Gus", "gus", "gus@example.com", "4103"),
                person("Hal", "hal", "hal@example.com", ""),
            ]);
        },
        pbx,
    )
    .await;
    let read = table(&office).await;
    let conflict = |name: &str| row(&read, name).conflict.clone().expect(name);
    let (sales, shared) = ("4105".to_owned(), "4103".to_owned());
    let same = |who: &str| BindingConflict::SameAddress {
        extension: sales.clone(),
        with: vec![who.to_owned()],
    };
    assert_eq!(conflict("Ann X"), same("Bea X"));
    assert_eq!(conflict("Bea X"), same("Ann X"));
    // Leo's address has 4102, which is in Cid's profile.
    let taken =
        BindingConflict::Taken { extension: "4102".to_owned(), with: vec!["Cid X".to_owned()] };
    assert_eq!(conflict("Leo Brandt"), taken);
    assert_eq!(row(&read, "Cid X").state, BindingState::Bound);
    let several = vec!["4103".to_owned(), "4104".to_owned()];
    assert_eq!(conflict("Dan X"), BindingConflict::SeveralExtensions { extensions: several });
    assert_eq!(conflict("Eve X"), BindingConflict::Gone { extension: "4999".to_owned() });
    let both = |who: &str| BindingConflict::Shared {
        extension: shared.clone(),
        with: vec![who.to_owned()],
    };
    assert_eq!(conflict("Fay X"), both("Gus X"));
    assert_eq!(conflict("Gus X"), both("Fay X"));
    assert_eq!(
        conflict("Old Colleague"),
        BindingConflict::Inactive { extension: "4106".to_owned() }
    );
    assert_eq!(row(&read, "Hal X").state, BindingState::Unbound);
    assert_eq!(row(&read, "Mara Voss").proposal.as_deref(), Some(AGENT));

    let planned = plan(&office, Vec::new(), true).await;
    let given: Vec<_> = planned.rows.iter().filter(|row| row.change.is_some()).collect();
    assert_eq!(given.len(), 1, "nobody but Mara, whose address leaves no doubt: {given:#?}");

    // A person settles some of them, and doubles another: what doubles is held back.
    let choices = vec![
        choice(&read, "Eve X", None),
        choice(&read, "Gus X", Some("4104")),
        choice(&read, "Old Colleague", None),
        choice(&read, "Hal X", Some("4102")),
    ];
    let planned = plan(&office, choices, false).await;
    assert_eq!(row(&planned, "Fay X").state, BindingState::Bound);
    assert_eq!(row(&planned, "Hal X").state, BindingState::Conflict);
    let kinds: Vec<_> =
        planned.rows.iter().filter_map(|row| Some((row.name.as_str(), row.change?))).collect();
    assert_eq!(
        kinds,
        [
            ("Eve X", BindingChangeKind::Cleared),
            ("Gus X", BindingChangeKind::Changed),
            ("Old Colleague", BindingChangeKind::Cleared),
        ]
    );
    let saved = save(&office, changes(&planned)).await;
    assert_eq!(outcomes(&saved), [SaveOutcome::Saved; 3]);
    assert_eq!(written(&office, "gus"), "4104");
    assert_eq!(written(&office, "cid"), "4102");
}

#[tokio::test]
async fn what_was_refused_is_told_and_alone_sent_again() {
    let office = office(administrator, PbxConfig::default()).await;
    table(&office).await;
    let planned = plan(&office, Vec::new(), true).await;
    assert_eq!(changes(&planned).len(), 2);
    office.salesforce.set(|org| org.locked_rows = 1);
    let saved = save(&office, changes(&planned)).await;
    assert_eq!(outcomes(&saved), [SaveOutcome::Failed, SaveOutcome::Saved]);
    assert!(saved[0].detail.is_some(), "it is said why");

    let again = save(&office, changes(&planned)).await;
    assert_eq!(outcomes(&again), [SaveOutcome::Saved, SaveOutcome::Already]);
    assert_eq!(sent(&office)[1], [row(&planned, "Leo Brandt").user.clone()]);
    assert_eq!((written(&office, LEO), written(&office, MARA)), ("4102".into(), AGENT.into()));
}

#[tokio::test]
async fn a_lost_answer_doubles_nothing() {
    let office = office(administrator, PbxConfig::default()).await;
    table(&office).await;
    let planned = plan(&office, Vec::new(), true).await;
    office.salesforce.set(|org| org.faults = vec![FaultRule::once(WRITES, Fault::LostAnswer)]);
    let saved = save(&office, changes(&planned)).await;
    assert_eq!(outcomes(&saved), [SaveOutcome::Failed; 2]);
    let again = save(&office, changes(&planned)).await;
    assert_eq!(outcomes(&again), [SaveOutcome::Already; 2]);
    assert_eq!(office.salesforce.arrivals("PATCH", WRITES), 1);
}

#[tokio::test]
async fn nothing_is_overwritten_that_nobody_has_seen() {
    let office = office(administrator, PbxConfig::default()).await;
    let read = table(&office).await;
    let choices =
        vec![choice(&read, "Leo Brandt", Some("4103")), choice(&read, "Mara Voss", Some("4104"))];
    let planned = plan(&office, choices, false).await;
    let leo = office.salesforce.user_id(LEO).expect("Leo");
    office.salesforce.update("User", &leo, serde_json::json!({ "Extension": "4104" }));
    let saved = save(&office, changes(&planned)).await;
    assert_eq!(outcomes(&saved), [SaveOutcome::ChangedMeanwhile, SaveOutcome::Conflict]);
    assert_eq!((written(&office, LEO), written(&office, MARA)), ("4104".into(), Value::Null));
    assert_eq!(sent(&office), Vec::<Vec<String>>::new());
}

#[tokio::test]
async fn somebody_who_is_no_administrator_saves_their_own_and_is_told_of_the_rest() {
    let office = office(|_| {}, PbxConfig::default()).await;
    table(&office).await;
    let planned = plan(&office, Vec::new(), true).await;
    let saved = save(&office, changes(&planned)).await;
    assert_eq!(outcomes(&saved), [SaveOutcome::NotPermitted, SaveOutcome::Saved]);
    assert_eq!((written(&office, LEO), written(&office, MARA)), (Value::Null, AGENT.into()));
}

#[tokio::test]
async fn where_the_field_is_locked_the_same_content_comes_as_a_file() {
    let office = office(administrator, PbxConfig::default()).await;
    office
        .salesforce
        .set(|org| org.read_only_fields = vec![("User".to_owned(), "Extension".to_owned())]);
    assert_eq!(table(&office).await.writing, BindingWriting::ReadOnly);
    let planned = plan(&office, Vec::new(), true).await;
    let saved = save(&office, changes(&planned)).await;
    assert_eq!(outcomes(&saved), [SaveOutcome::NotPermitted; 2]);
    assert_eq!(sent(&office), Vec::<Vec<String>>::new(), "what cannot succeed is not tried");

    let file = office.asks(Command::TeamFile { choices: planned.choices }).await;
    let Ok(Reply::TeamFile { csv, toml, people }) = file else { panic!("no file but {file:?}") };
    assert_eq!(people, 2);
    assert_eq!(
        csv.lines().collect::<Vec<_>>(),
        [
            "name,username,email,extension",
            "\"Leo Brandt\",\"leo.brandt@example.com\",\"leo.brandt@example.com\",\"4102\"",
            "\"Mara Voss\",\"mara.voss@example.com\",\"mara.voss@example.com\",\"4101\"",
        ]
    );
    assert!(
        toml.contains("# Mara Voss (mara.voss@example.com)\n[binding]\nextension = \"4101\"\n")
    );

    office.salesforce.set(|org| org.hidden_fields = vec![HiddenField::new("User", "Extension")]);
    let mut office = office;
    office.quits().await;
    office.starts().await;
    office.is_live().await;
    assert_eq!(table(&office).await.writing, BindingWriting::Hidden);
}

#[tokio::test]
async fn an_own_extension_counts_as_soon_as_it_is_saved() {
    let office = office(administrator, PbxConfig::default()).await;
    let read = table(&office).await;
    let planned = plan(&office, vec![choice(&read, "Mara Voss", Some("4103"))], false).await;
    let saved = save(&office, changes(&planned)).await;
    assert_eq!(outcomes(&saved), [SaveOutcome::Saved]);
    office
        .status_until("bound to 4103", |status| {
            status.binding.extension.as_deref() == Some("4103")
                && status.binding.source == Some(BindingSource::SalesforceExtension)
        })
        .await;
    office.is_live().await;
    let theirs = office.pbx.inbound(ADA, AGENT);
    let ours = office.pbx.inbound(ADA, "4103");
    office.opens(&[office.page("Contact", &office.ada)]).await;
    assert!(office.call(&theirs.id()).await.is_none());
    theirs.caller_hangs_up();
    ours.caller_hangs_up();
}

#[tokio::test]
async fn somebody_who_sees_no_users_is_told_so_and_a_table_of_an_earlier_run_is_not_saved() {
    let mut office = office(|_| {}, PbxConfig::default()).await;
    office.salesforce.set(|org| org.private_users = true);
    let read = table(&office).await;
    assert!(read.alone);
    assert_eq!(read.rows.len(), 1);
    assert!(office.asks(Command::BindingTable { robots: true }).await.is_ok());
    office.quits().await;
    office.starts().await;
    let gone = office.asks(Command::PlanBindings { choices: Vec::new(), automatic: true }).await;
    assert_eq!(gone.expect_err("nothing is at hand").code, "binding.stale");
}

#[tokio::test]
async fn robots_are_hidden_until_asked_for() {
    let office = office(administrator, PbxConfig::default()).await;
    let people = table(&office).await;
    assert!(people.rows.iter().all(|row| !row.robot));
    let all =
        as_table(office.asks(Command::BindingTable { robots: true }).await.expect("the table"));
    assert!(all.robots && all.rows.iter().any(|row| row.robot && row.name == "Integration User"));
    assert_eq!(all.rows.len(), people.rows.len() + 7);
}
