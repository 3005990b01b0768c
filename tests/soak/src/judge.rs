//! Compares what is in the org, and what the desks say, with the truth.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Result;
use serde_json::Value;

use crate::{
    act::Who,
    books::Books,
    finding,
    history::History,
    office::is_whole,
    plan::Plan,
    truth::{
        Due, OnWhom, can_know, dues, duty_of, may_have_been_made, may_stay, shown, tokens_lost,
    },
};

/// Seconds by which a talk time may differ: records have whole seconds, and events take a moment.
const TALK_S: f64 = 2.0;

/// Judges the Tasks and records of the org.
pub(crate) fn org(plan: &Plan, history: &History<'_>, since_ms: i64) -> Vec<String> {
    let office = history.office;
    let tasks = office.salesforce.tasks();
    let wanted = history.books(|books| dues(plan, books, &office.pbx.serial(), since_ms));
    let mut by_key: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for task in &tasks {
        by_key.entry(text(task, "CallObject")).or_default().push(task);
    }
    let mut findings = Vec::new();
    for due in &wanted {
        let found = by_key.remove(&due.key).unwrap_or_default();
        match found.as_slice() {
            [] if due.must => findings.push(format!("LOST {} ({})", due.key, due.told)),
            [] => {}
            found if found.len() <= due.most => {
                found.iter().for_each(|task| compares(history, due, task, &mut findings));
            }
            several => findings.push(format!(
                "DOUBLED {} is {} Tasks: {} ({})",
                due.key,
                several.len(),
                several.iter().map(|task| told(task)).collect::<Vec<_>>().join(" | "),
                due.told
            )),
        }
    }
    for (key, tasks) in by_key {
        for task in tasks {
            let (call, stays) = history.books(|books| {
                let of = |id: &str| key.contains(&format!(":{id}:"));
                let call = books.all().find(|call| of(&call.id));
                let stays = call.is_some_and(|call| may_stay(plan, books, call, &key));
                (call.map(|call| call.told(since_ms)), stays)
            });
            // It may have been right to write it, and it cannot be taken back.
            if stays {
                continue;
            }
            let call = call.unwrap_or_else(|| "no call of this history".to_owned());
            findings.push(format!("INVENTED {key}: {} ({call})", told(task)));
        }
    }
    findings.extend(records(plan, history, &wanted));
    findings
}

fn compares(history: &History<'_>, due: &Due, task: &Value, findings: &mut Vec<String>) {
    let office = history.office;
    let mut wrong = |what: String| {
        findings.push(format!("WRONG {} {what}: {} ({})", due.key, told(task), due.told));
    };
    if task["CallType"] != due.call_type {
        wrong(format!("CallType is not {}", due.call_type));
    }
    if !due.dispositions.iter().any(|one| task["CallDisposition"] == *one) {
        wrong(format!("CallDisposition is not {}", due.dispositions.join(" or ")));
    }
    let subject = text(task, "Subject");
    let begins = match (due.call_type, due.dispositions) {
        ("Outbound", _) => "Outbound call to ",
        (_, ["Missed"]) => "Missed call from ",
        // A message that was left is worded by the program.
        (_, ["Voicemail"]) => "",
        _ => "Inbound call from ",
    };
    if !subject.starts_with(begins) {
        wrong(format!("Subject does not begin with {begins:?}"));
    }
    if let Some(spoke_s) = due.spoke_s {
        let logged = task["CallDurationInSeconds"].as_f64().unwrap_or(-100.0);
        // Each end of a conversation is heard late by as much.
        if (logged - spoke_s).abs() > TALK_S + 2.0 * due.lag_s {
            wrong(finding::talk_time(spoke_s));
        }
    }
    if task["Status"] != "Completed" || task["TaskSubtype"] != "Call" {
        wrong("it is no completed call".to_owned());
    }
    if let Some(owner) = due.owner
        && office.salesforce.user_id(owner).is_some_and(|id| task["OwnerId"] != id)
    {
        wrong(format!("it does not belong to {owner}"));
    }
    let who_id = task["WhoId"].as_str();
    match &due.whom {
        _ if due.whom_untold && who_id.is_none() => {}
        OnWhom::Record(who) => {
            if who_id != office.contact(*who) {
                wrong(format!("WhoId is not {who}"));
            }
        }
        OnWhom::Nobody => {
            if who_id.is_some() {
                wrong("WhoId is somebody".to_owned());
            }
        }
        OnWhom::Stranger { stranger, must } => {
            let known = with_number(history, *stranger);
            let right = match who_id {
                Some(id) => known.iter().any(|one| one == id),
                // Each of two computers has made one, and neither may be taken back: no choice is made between them.
                None => !must || known.len() > 1,
            };
            if !right {
                wrong(format!("WhoId is not the record of {}", Who::Stranger(*stranger).spelled()));
            }
        }
    }
}

/// A stranger has one record: the one that was made, by whomever.
fn records(plan: &Plan, history: &History<'_>, wanted: &[Due]) -> Vec<String> {
    let mut findings = Vec::new();
    for stranger in 0..6 {
        let known = with_number(history, stranger);
        let spelled = Who::Stranger(stranger).spelled();
        // What may not be taken back stays, and is said.
        let most = if plan.org.delete_denied.contains("Lead") { plan.desks.len() } else { 1 };
        if known.len() > most {
            findings.push(format!("DOUBLED {spelled} has {} records", known.len()));
        }
        let asked = wanted
            .iter()
            .any(|due| matches!(due.whom, OnWhom::Stranger { stranger: of, .. } if of == stranger));
        let explained = history.books(|books| {
            books.made.contains_key(&stranger) || may_have_been_made(plan, books, stranger)
        });
        if !known.is_empty() && !asked && !explained {
            findings.push(format!("INVENTED a record for {spelled}, who had no call to log"));
        }
    }
    findings
}

fn with_number(history: &History<'_>, stranger: usize) -> Vec<String> {
    let number = Who::Stranger(stranger).e164();
    ["Lead", "Contact"]
        .into_iter()
        .flat_map(|object| history.office.salesforce.records(object))
        .filter(|record| record["Phone"].as_str() == number.as_deref())
        .map(|record| text(&record, "Id"))
        .collect()
}

/// Judges what the desks say of themselves.
pub(crate) async fn statuses(history: &History<'_>) -> Vec<String> {
    let mut findings = Vec::new();
    for (place, desk) in history.office.desks.iter().enumerate() {
        let asked = desk.lock().await.asks_json(&["status", "--json"]);
        match asked.await {
            Err(error) => findings.push(format!("STATUS desk {place}: {error:#}")),
            Ok(status) => {
                let problems: Vec<String> = ["pbx", "salesforce", "binding", "contacts"]
                    .into_iter()
                    .filter_map(|part| status[part]["problem"]["code"].as_str())
                    .map(str::to_owned)
                    .collect();
                let journal = &status["journal"];
                let rests = journal["waiting"] == 0 && journal["stuck"] == 0;
                let calls = status["calls"].as_array().map_or(0, Vec::len);
                if !is_whole(&status) || !problems.is_empty() || !rests || calls > 0 {
                    findings.push(format!(
                        "STATUS desk {place} says {} (events {}), problems {problems:?}, {} waiting, {} stuck, {calls} calls going on",
                        status["integration"], status["pbx"]["events"], journal["waiting"], journal["stuck"],
                    ));
                }
            }
        }
    }
    findings
}

/// Judges the desks' lists of calls, the pages that were opened, tokens and secrets. Everything rests by now.
pub(crate) async fn desks(
    plan: &Plan,
    history: &History<'_>,
    since_ms: i64,
) -> Result<Vec<String>> {
    let office = history.office;
    let mut findings = history.books(|books| books.complaints.clone());
    let tasks: BTreeMap<String, Value> =
        office.salesforce.tasks().into_iter().map(|task| (text(&task, "Id"), task)).collect();
    let mut listed: Vec<(usize, Value)> = Vec::new();
    for (place, desk) in office.desks.iter().enumerate() {
        let desk = desk.lock().await;
        let calls = desk.asks_json(&["calls", "--json", "--limit", "100"]).await?;
        for entry in calls.as_array().into_iter().flatten() {
            let extension = desk.agent.extension;
            let wrong = history.books(|books| entry_is_wrong(books, entry, extension, &tasks));
            let state = entry["journal"]["state"].as_str().unwrap_or_default();
            if wrong.is_none() && state == "waiting" {
                findings.push(format!("RESTLESS desk {place} {}: {entry}", entry["id"]));
            }
            if let Some(wrong) = wrong {
                findings.push(format!("LIST desk {place} {}: {wrong}: {entry}", entry["id"]));
            }
            listed.push((place, entry.clone()));
        }
        let pages = desk.opened();
        findings.extend(history.books(|books| {
            pages_are_wrong(history, books, &pages, desk.agent.extension)
                .into_iter()
                .map(|wrong| format!("PAGE desk {place}: {wrong}"))
                .collect::<Vec<_>>()
        }));
        let secrets = history.secrets.lock().expect("whoever writes does not panic").clone();
        for file in holding_a_secret(&desk.home(), &secrets) {
            findings.push(format!("SECRET desk {place}: {file} holds one"));
        }
        if holds(&desk.log(), &secrets) {
            findings.push(format!("SECRET desk {place}: what it printed holds one"));
        }
    }
    // What an agent's call became is known at one of the agent's desks.
    for due in history.books(|books| dues(plan, books, &office.pbx.serial(), since_ms)) {
        let of_task = |entry: &Value| {
            tasks
                .get(&text(&entry["journal"], "task_id"))
                .is_some_and(|task| task["CallObject"] == due.key)
        };
        if due.must && !listed.iter().any(|(_, entry)| of_task(entry)) {
            findings.push(format!("LIST no desk knows the Task of {} ({})", due.key, due.told));
        }
    }
    let live = office.pbx.live_tokens();
    if live > office.desks.len() + tokens_lost(plan) {
        findings.push(format!("TOKENS {live} of the PBX live for {} desks", office.desks.len()));
    }
    // A call that a desk had to log, and that it shows as somebody else's.
    findings.extend(untold(plan, history, &listed, since_ms));
    Ok(findings)
}

fn entry_is_wrong(
    books: &Books,
    entry: &Value,
    extension: &str,
    tasks: &BTreeMap<String, Value>,
) -> Option<String> {
    let id = entry["id"].as_str().unwrap_or_default();
    let Some(call) = books.all().find(|call| call.id == id) else {
        return Some("there was no such call".to_owned());
    };
    if !call.met(extension) {
        return Some(format!("it was no call of {extension}"));
    }
    let state = entry["journal"]["state"].as_str().unwrap_or_default();
    let task = tasks.get(&text(&entry["journal"], "task_id"));
    match (state, task) {
        ("stuck", _) => Some("it is stuck at the end".to_owned()),
        ("logged", None) => Some("logged, and its Task is not there".to_owned()),
        ("logged", Some(task)) if task["CallObject"] != entry["key"] => {
            Some(format!("its Task's key is {}", task["CallObject"]))
        }
        _ => None,
    }
}

/// An agent who spoke is told so: not missed, and not taken elsewhere.
fn untold(
    plan: &Plan,
    history: &History<'_>,
    listed: &[(usize, Value)],
    since_ms: i64,
) -> Vec<String> {
    let mut findings = Vec::new();
    for (place, entry) in listed {
        let agent = crate::plan::AGENTS[plan.desks[*place]];
        history.books(|books| {
            let id = entry["id"].as_str().unwrap_or_default();
            let Some(call) = books.calls.values().find(|call| call.id == id) else { return };
            let must = duty_of(plan, books, call, agent.extension) == crate::books::Duty::Must
                && can_know(plan, books, call, *place);
            let spoke =
                call.way == crate::books::Way::Inbound && call.spoke_s(agent.extension).is_some();
            if must && spoke && entry["result"] != "answered" {
                findings.push(format!(
                    "LIST desk {place} says {} of a call on which {} spoke ({})",
                    entry["result"],
                    agent.extension,
                    call.told(since_ms)
                ));
            }
        });
    }
    findings
}

fn pages_are_wrong(
    history: &History<'_>,
    books: &Books,
    pages: &[String],
    extension: &str,
) -> Vec<String> {
    let mut opened: BTreeMap<Who, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for page in pages {
        match whose(history, page) {
            Some(who) => *opened.entry(who).or_default() += 1,
            None => wrong.push(format!("{page} is nobody's who called")),
        }
    }
    let shown = shown(books, extension);
    for (who, times) in opened {
        let most = shown.get(&who).copied().unwrap_or(0);
        if times > most {
            wrong.push(format!("the page of {who} was opened {times} times for {most} calls"));
        }
    }
    wrong
}

/// Whom a page shows: a record's, or a form's that is filled with a number.
fn whose(history: &History<'_>, page: &str) -> Option<Who> {
    let office = history.office;
    let known = (0..office.contacts.len()).map(Who::Known);
    let strangers = (0..6).map(Who::Stranger);
    let of_record = known.chain(strangers.clone()).find(|who| {
        let ids = match who {
            Who::Stranger(stranger) => with_number(history, *stranger),
            _ => office.contact(*who).map(str::to_owned).into_iter().collect(),
        };
        ids.iter().any(|id| page.contains(&format!("/{id}/")))
    });
    of_record.or_else(|| {
        strangers.into_iter().find(|who| {
            let digits = who.e164().unwrap_or_default().replace('+', "");
            page.contains("/new") && page.contains(&digits)
        })
    })
}

fn holding_a_secret(folder: &Path, secrets: &std::collections::BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding_a_secret(&path, secrets));
        } else if path.is_file() && holds(&path, secrets) {
            found.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    found
}

fn holds(path: &Path, secrets: &std::collections::BTreeSet<String>) -> bool {
    // A file may be gone again: the databases keep some for a moment.
    let bytes = fs::read(path).unwrap_or_default();
    secrets.iter().any(|secret| memchr::memmem::find(&bytes, secret.as_bytes()).is_some())
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// A Task in a line.
fn told(task: &Value) -> String {
    format!(
        "{} {:?} {} {} {} s, who {}",
        text(task, "Id"),
        text(task, "Subject"),
        text(task, "CallType"),
        text(task, "CallDisposition"),
        task["CallDurationInSeconds"],
        task["WhoId"].as_str().unwrap_or("nobody"),
    )
}
