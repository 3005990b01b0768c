//! Many calls wait when Salesforce comes back: they go out together, and each is one Task, whatever becomes of the request.

use std::{collections::BTreeMap, time::Duration};

use engine::view::JournalState;
use scenarios::{Fault, FaultRule, Office, Options, eventually, stays};
use serde_json::json;
use simulator::{Flood, OrgRequest, salesforce::ValidationRule};

/// Eva Ruiz's number: the contact index knows it.
const EVA: &str = "0305550001";
const CALLS: usize = 24;
/// Where many Tasks are made at once.
const TOGETHER: &str = "/composite/sobjects";
/// Several queries with one request.
const QUESTIONS: &str = "/composite";
/// Whatever has waited for longer may have been logged by another computer of the same agent: it is asked for first.
const LONG: Duration = Duration::from_secs(180);

async fn office() -> Office {
    let office = unconnected().await;
    office.connects().await;
    office
}

async fn unconnected() -> Office {
    let options = Options {
        connected: false,
        org: |org| {
            let eva = json!({ "FirstName": "Eva", "LastName": "Ruiz", "Phone": "030 5550001" });
            org.records = vec![("Contact".to_owned(), eva)];
        },
        ..Options::default()
    };
    Office::with(options).await
}

/// Salesforce is away, and so many calls wait for it.
async fn many_wait(office: &Office) -> Vec<String> {
    office.salesforce.stop_listening();
    let mut calls = Vec::new();
    for _ in 0..CALLS {
        calls.push(office.has_spoken_with(EVA).await);
    }
    wait(office, CALLS).await;
    calls
}

async fn wait(office: &Office, calls: usize) {
    let calls = u64::try_from(calls).expect("a number");
    office.status_until("all wait", |status| status.journal.waiting == calls).await;
}

async fn is_back(office: &Office) {
    office.salesforce.forget_ledger();
    office.salesforce.listen_again().await;
    office.retries().await;
}

/// Each call is one Task, and there is no other.
async fn each_is_one_task(office: &Office, calls: &[String]) {
    office.all_logged(calls).await;
    assert_eq!(office.salesforce.tasks().len(), calls.len());
}

#[tokio::test]
async fn they_go_out_with_one_request_and_say_what_each_says_alone() {
    let office = office().await;
    let calls = many_wait(&office).await;
    is_back(&office).await;

    each_is_one_task(&office, &calls).await;

    let writes = office.salesforce.arrivals("POST", "/sobjects");
    assert!(writes <= 2, "{writes} requests for {CALLS} Tasks");
    for task in office.salesforce.tasks() {
        assert_eq!(task["Subject"], "Inbound call from Eva Ruiz");
        assert_eq!(
            (&task["CallDurationInSeconds"], &task["Status"]),
            (&json!(7), &json!("Completed"))
        );
        assert!(task["WhoId"].is_string(), "{task}");
    }
}

#[tokio::test]
async fn with_a_unique_key_they_are_upserted_together() {
    let office = unconnected().await;
    office.salesforce.set(|org| org.call_key_field = true);
    office.connects().await;
    let calls = many_wait(&office).await;
    is_back(&office).await;

    each_is_one_task(&office, &calls).await;

    assert_eq!(office.salesforce.arrivals("PATCH", TOGETHER), 1);
}

#[tokio::test]
async fn what_may_have_been_written_is_asked_for_and_not_written_again() {
    for fault in [Fault::LostAnswer, Fault::LostBehindProxy(502), Fault::Truncated] {
        let office = office().await;
        let calls = many_wait(&office).await;
        let rule = FaultRule::once(TOGETHER, fault.clone());
        office.salesforce.set(|org| org.faults = vec![rule]);
        is_back(&office).await;
        eventually("they are there", || async { office.salesforce.tasks().len() >= CALLS - 1 })
            .await;
        stays("nobody knows for a while", Duration::from_secs(1), || async {
            office.status().await.journal.waiting > 10
        })
        .await;
        assert_eq!(office.salesforce.arrivals("POST", TOGETHER), 1, "{fault:?}");

        office.retries().await;

        each_is_one_task(&office, &calls).await;
        assert_eq!(office.salesforce.arrivals("POST", TOGETHER), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn one_that_is_refused_stops_none_of_the_others() {
    let office = office().await;
    office.salesforce.set(|org| {
        org.validation_rules = vec![ValidationRule {
            object: "Task".to_owned(),
            blank_field: Some("WhoId".to_owned()),
            message: "Every call needs a contact.".to_owned(),
        }];
    });
    let calls = many_wait(&office).await;
    let nobody = office.has_spoken_with("anonymous").await;
    wait(&office, CALLS + 1).await;
    is_back(&office).await;

    each_is_one_task(&office, &calls).await;

    let view =
        office.call_until(&nobody, "stuck", |call| call.journal.state == JournalState::Stuck).await;
    let reason = view.journal.reason.expect("the org's words");
    assert!(reason.contains("Every call needs a contact."), "{reason}");
}

#[tokio::test]
async fn those_that_meet_a_locked_record_follow_alone() {
    let office = office().await;
    let calls = many_wait(&office).await;
    office.salesforce.set(|org| org.locked_rows = 3);
    is_back(&office).await;
    each_is_one_task(&office, &calls).await;
}

#[tokio::test]
async fn killed_while_salesforce_works_on_them_the_next_start_doubles_none() {
    let mut office = office().await;
    let calls = many_wait(&office).await;
    let late = FaultRule::once(TOGETHER, Fault::Late(Duration::from_secs(4)));
    office.salesforce.set(|org| org.faults = vec![late]);
    is_back(&office).await;
    eventually("it is under way", || async { office.salesforce.arrivals("POST", TOGETHER) > 0 })
        .await;
    office.is_killed();
    office.starts().await;
    stays("it is not tried at once", Duration::from_secs(12), || async {
        office.salesforce.arrivals("POST", TOGETHER) == 1
    })
    .await;
    office.clock.passes(Duration::from_secs(60));
    office.retries().await;
    each_is_one_task(&office, &calls).await;
    assert_eq!(office.salesforce.arrivals("POST", TOGETHER), 1);
}

/// So many calls while Salesforce is away, for longer than entries go out unasked.
async fn a_long_outage(office: &Office, calls: usize) -> Vec<String> {
    office.salesforce.stop_listening();
    let flood = Flood {
        rate: Some(150),
        calls,
        extension: "4101".to_owned(),
        own_percent: 100,
        callers: vec![EVA.to_owned()],
        lasts: Duration::from_millis(40),
    };
    let calls = office.pbx.flood(&flood).await;
    wait(office, calls.len()).await;
    office.clock.passes(LONG);
    calls
}

/// Waits until each of so many calls is one Task, and there is no other. The list of calls ends before all of them.
async fn each_is_one_task_of_many(office: &Office, calls: &[String]) {
    office
        .status_within("nothing waits", Duration::from_secs(90), |status| {
            status.journal.waiting == 0
        })
        .await;
    let mut tasks: BTreeMap<String, usize> = BTreeMap::new();
    for task in office.salesforce.tasks() {
        let key = task["CallObject"].as_str().unwrap_or_default().to_owned();
        *tasks.entry(key).or_default() += 1;
    }
    let key = |call: &String| format!("ys:{}:{call}:4101", office.pbx.serial());
    let wrong: Vec<_> = calls.iter().filter(|call| tasks.get(&key(call)) != Some(&1)).collect();
    assert!(wrong.is_empty(), "{} calls are not one Task each: {:?}", wrong.len(), wrong[0]);
    assert_eq!(tasks.len(), calls.len());
}

/// How often Salesforce was asked for many keys.
fn questions(office: &Office) -> usize {
    let all = office.salesforce.arrivals("POST", QUESTIONS);
    all - office.salesforce.arrivals("POST", TOGETHER)
}

/// Performance.md, P11.
#[tokio::test]
async fn a_thousand_calls_of_an_outage_cost_seven_requests() {
    let office = office().await;
    // What is asked once, and a look of its own, are not the backlog's.
    let first = office.has_spoken_with(EVA).await;
    eventually("the look after the first call", || async {
        let is_look = |query: &Option<String>| {
            query.as_ref().is_some_and(|soql| soql.contains("IsDeleted FROM Task"))
        };
        office.salesforce.ledger().iter().any(|request| is_look(&request.query))
    })
    .await;
    let mut calls = a_long_outage(&office, 1_000).await;
    let before = questions(&office);
    is_back(&office).await;

    calls.push(first);
    each_is_one_task_of_many(&office, &calls).await;

    // One question before all of them, and one after: whether another computer has logged the same calls.
    eventually("the look", || async { questions(&office) == before + 2 }).await;
    stays("no more", Duration::from_secs(3), || async { office.rest_requests() <= 7 }).await;
    assert_eq!(office.salesforce.arrivals("POST", TOGETHER), 5);
    assert_eq!(questions(&office), before + 2);
}

#[tokio::test]
async fn what_is_not_answered_with_one_question_is_asked_for_in_another_way() {
    let refused = json!([{ "errorCode": "LIMIT_EXCEEDED", "message": "Too many." }]);
    for (fault, longest_part) in [
        // The whole request is refused, each time.
        (Some(Fault::Json(400, refused)), None),
        // One of its parts is, for its length.
        (None, Some(8_000)),
    ] {
        let office = office().await;
        let calls = a_long_outage(&office, 150).await;
        let rule = |fault| FaultRule::always(QUESTIONS, fault).holding("compositeRequest");
        office.salesforce.set(|org| {
            org.faults = fault.into_iter().map(rule).collect();
            org.longest_part = longest_part;
        });
        is_back(&office).await;

        each_is_one_task_of_many(&office, &calls).await;

        assert_eq!(office.salesforce.arrivals("POST", TOGETHER), 1);
    }
}

#[tokio::test]
async fn nothing_is_written_of_a_long_outage_before_it_is_known_what_is_there() {
    let office = office().await;
    let calls = a_long_outage(&office, 300).await;
    let lost = FaultRule::once(QUESTIONS, Fault::LostAnswer).holding("compositeRequest");
    office.salesforce.set(|org| org.faults = vec![lost]);
    is_back(&office).await;
    eventually("it was asked", || async { questions(&office) > 0 }).await;

    office.retries().await;

    each_is_one_task_of_many(&office, &calls).await;
    let ledger = office.salesforce.ledger();
    let questions: Vec<usize> = ledger.iter().filter_map(asked_at_once).collect();
    let answered = ledger.iter().position(|one| asked_at_once(one).is_some() && !one.lost);
    let written = ledger.iter().position(|one| one.path.ends_with(TOGETHER));
    assert!(answered.is_some() && answered < written, "{answered:?} {written:?}");
    // What took too long is asked for in smaller questions: 400 keys in one part, and not all 600 in two.
    assert_eq!(questions[..2], [2, 1]);
}

/// Returns how many questions a request holds, if it asks for many keys.
fn asked_at_once(request: &OrgRequest) -> Option<usize> {
    Some(request.body.as_ref()?["compositeRequest"].as_array()?.len())
}
