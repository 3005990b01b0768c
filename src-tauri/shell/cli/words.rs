//! Answers for people. For programs there is `--json`.

use std::fmt::Write;

use engine::{
    command::Reply,
    settings::CountryBy,
    view::{
        CallView, Decision, Explain, JournalState, LiveCall, Problem, SecretsKind, Status,
        SyncReport, UnreadNumber, Way, doctor::Report,
    },
};
use serde::Serialize;

use super::findings;
use crate::plain::{lines, one_line};

/// Returns the contract's document for an answer: the value itself, without the protocol around it.
pub(super) fn json(reply: &Reply) -> String {
    match reply {
        Reply::Status(status) => pretty(status),
        Reply::Calls(calls) => pretty(calls),
        Reply::Explain(explain) => pretty(explain),
        Reply::UnreadNumbers(rows) => pretty(rows),
        Reply::Doctor(rows) => pretty(&Report::of(rows)),
        Reply::Synced(report) => pretty(report),
        other => pretty(other),
    }
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("views have only text keys")
}

/// Says what is tried again.
fn retried(count: u64, pbx: bool, salesforce: bool) -> String {
    let entries = match count {
        0 => None,
        1 => Some("1 entry".to_owned()),
        count => Some(format!("{count} entries")),
    };
    let sides = [(pbx, "the PBX"), (salesforce, "Salesforce")];
    let sides = sides.into_iter().filter(|(tried, _)| *tried).map(|(_, name)| name.to_owned());
    let all: Vec<String> = entries.into_iter().chain(sides).collect();
    let Some((last, others)) = all.split_last() else { return "Nothing waits.".to_owned() };
    let verb = if others.is_empty() && count < 2 { "is" } else { "are" };
    let mut text =
        if others.is_empty() { last.clone() } else { format!("{} and {last}", others.join(", ")) };
    // A sentence begins with a capital letter.
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("{text} {verb} tried again.")
}

/// Says that something is done.
pub(super) fn done(reply: &Reply) -> String {
    match reply {
        Reply::Dialled { dialled, .. } => {
            format!("Your phone rings; take it, and {} is called.", brief(dialled))
        }
        Reply::LinkShown { shown } => {
            format!("{} is shown in the window; it is called when you agree there.", brief(shown))
        }
        Reply::Retried { count, pbx, salesforce } => retried(*count, *pbx, *salesforce),
        Reply::Disconnected { waiting: 0 } => {
            "Disconnected; settings and secrets are forgotten.".to_owned()
        }
        Reply::Disconnected { waiting } => format!(
            "Disconnected; settings and secrets are forgotten. {waiting} journal entries wait, and are sent only when the same org is connected again."
        ),
        Reply::PbxConnected { serial, firmware, country, country_by, secrets } => {
            let (serial, firmware) = (brief(serial), brief(firmware));
            let (kept, read) = (kept(*secrets), of_country(country, *country_by));
            format!("The PBX is connected (serial {serial}, firmware {firmware}).{kept}{read}")
        }
        Reply::SalesforceConnected { user, username, org_id, secrets } => {
            let (user, username, org) = (brief(user), brief(username), brief(org_id));
            let kept = kept(*secrets);
            format!("Salesforce is connected as {user} ({username}, org {org}).{kept}")
        }
        Reply::Bound { extension } => format!("Bound to extension {}.", brief(extension)),
        Reply::Ended(call) => of_end(call),
        Reply::Done => "Done.".to_owned(),
        Reply::Status(_)
        | Reply::Calls(_)
        | Reply::Explain(_)
        | Reply::UnreadNumbers(_)
        | Reply::Text(_)
        | Reply::Doctor(_)
        | Reply::Extensions(_)
        | Reply::Synced(_)
        | Reply::ConfirmDial { .. }
        | Reply::PbxAddress { .. }
        | Reply::Certificate { .. }
        | Reply::Settings(_)
        | Reply::SettingsRefused(_)
        | Reply::LinksTaken { .. }
        | Reply::BindingTable(_)
        | Reply::BindingsSaved(_)
        | Reply::Choices(_)
        | Reply::Records { .. }
        | Reply::Note(_)
        | Reply::Related(_)
        | Reply::Discarded { .. }
        | Reply::TeamFile { .. } => shown(reply),
    }
}

/// Says whether the secret that belongs to this answer is in no store.
pub(super) fn is_for_this_session(reply: &Reply) -> bool {
    matches!(
        reply,
        Reply::PbxConnected { secrets: SecretsKind::Session, .. }
            | Reply::SalesforceConnected { secrets: SecretsKind::Session, .. }
    )
}

/// Says how long a secret is kept that a person has just given, where that is not for good.
fn kept(secrets: SecretsKind) -> &'static str {
    match secrets {
        SecretsKind::Keyring => "",
        SecretsKind::Session => {
            "\nNo secret store is open, so the secret is kept until one is, or until Patchcord ends: connect again after that."
        }
    }
}

/// Says which country is supposed, and how to say another; nothing where somebody has said it.
fn of_country(country: &str, by: CountryBy) -> String {
    const SAY: &str =
        "`--country XX` with this command says it, or Settings > Numbers in the window.";
    let because = match by {
        CountryBy::Said => return String::new(),
        CountryBy::Computer => "this computer is there",
        CountryBy::Pbx => "most colleagues' numbers on the PBX are of there",
        CountryBy::Unknown => "nothing tells which country it is",
    };
    let country = brief(country);
    format!(
        "\nNumbers are read as one dials in {country}, because {because}. If that is wrong: {SAY}"
    )
}

/// Says which call is ended: of two, a person wants to know that it was the right one.
fn of_end(call: &LiveCall) -> String {
    let other_side = [&call.name, &call.number].into_iter().flatten().next();
    let whom = other_side.map_or_else(|| "a withheld number".to_owned(), |text| brief(text));
    let waited = if call.state == "held" { ", which was on hold," } else { "" };
    format!("The call with {whom}{waited} is ended.")
}

/// Asks whether everything is to be forgotten.
pub(super) fn disconnecting(open: u64) -> String {
    let kept = match open {
        0 => String::new(),
        1 => {
            " 1 journal entry waits; it is kept, and sent only if the same org is connected again."
                .to_owned()
        }
        many => format!(
            " {many} journal entries wait; they are kept, and sent only if the same org is connected again."
        ),
    };
    format!(
        "Settings and secrets on this computer are forgotten, and tokens revoked on both sides.{kept} Disconnect?"
    )
}

/// Shows an answer.
pub(super) fn shown(reply: &Reply) -> String {
    match reply {
        Reply::Status(status) => of_status(status),
        Reply::Calls(calls) if calls.is_empty() => "No calls yet.".to_owned(),
        Reply::Calls(calls) => calls.iter().map(of_call).collect::<Vec<_>>().join("\n"),
        Reply::Explain(explain) => of_number(explain),
        Reply::UnreadNumbers(rows) if rows.is_empty() => {
            "Every phone field of the known records holds a number or nothing.".to_owned()
        }
        Reply::UnreadNumbers(rows) => rows.iter().map(of_unread).collect::<Vec<_>>().join("\n"),
        Reply::Text(text) => lines(text.trim_end(), usize::MAX),
        Reply::Doctor(rows) => findings::table(&Report::of(rows)),
        Reply::Extensions(extensions) => {
            let row = |one: &engine::view::ExtensionView| {
                format!("{}  {}", brief(&one.number), brief(&one.name))
            };
            extensions.iter().map(row).collect::<Vec<_>>().join("\n")
        }
        Reply::Synced(report) => of_sync(report),
        Reply::ConfirmDial { shown, .. } => format!("{} was not called.", brief(shown)),
        Reply::PbxAddress { address } => one_line(address, 300),
        Reply::Certificate { sha256, trusted } => {
            format!(
                "{} ({})",
                one_line(sha256, 100),
                if *trusted { "publicly trusted" } else { "not publicly trusted" }
            )
        }
        Reply::Done
        | Reply::Ended(_)
        | Reply::Settings(_)
        | Reply::SettingsRefused(_)
        | Reply::Dialled { .. }
        | Reply::LinkShown { .. }
        | Reply::LinksTaken { .. }
        | Reply::Retried { .. }
        | Reply::Disconnected { .. }
        | Reply::PbxConnected { .. }
        | Reply::SalesforceConnected { .. }
        | Reply::Bound { .. }
        | Reply::BindingTable(_)
        | Reply::BindingsSaved(_)
        | Reply::Choices(_)
        | Reply::Records { .. }
        | Reply::Note(_)
        | Reply::Related(_)
        | Reply::Discarded { .. }
        | Reply::TeamFile { .. } => lines(&json(reply), usize::MAX),
    }
}

fn of_sync(report: &SyncReport) -> String {
    let mut text = format!(
        "{}: {} new, {} changed, {} deleted, {} in order",
        brief(&report.phonebook),
        report.create,
        report.update,
        report.delete,
        report.keep
    );
    // A string takes every line.
    if report.restored > 0 {
        let _ = write!(text, "; {} of them undo changes made on the PBX", report.restored);
    }
    if !report.skipped.is_empty() {
        let _ = write!(text, "; {} records left out", report.skipped.len());
    }
    if report.dry_run {
        text.push_str(". Nothing was written");
    }
    text.push('.');
    text
}

/// A name, number or word that came from the PBX, from Salesforce or from a file: none of it moves a cursor or begins a
/// line.
pub(super) fn brief(text: &str) -> String {
    one_line(text, 60)
}

/// A word as `--json` spells it, with spaces.
fn word(value: &impl Serialize) -> String {
    let text = serde_json::to_value(value).ok();
    text.as_ref().and_then(|value| value.as_str()).unwrap_or("unknown").replace('_', " ")
}

fn of_status(status: &Status) -> String {
    let mut text = format!("Patchcord {}: {}\n", brief(&status.version), word(&status.integration));
    if let Some(since) = &status.disabled_since {
        // A string takes every line.
        let _ = writeln!(
            text,
            "Switched off since {}: calls are neither shown nor logged, and not caught up later.",
            brief(since)
        );
    }
    if let Some(problem) = &status.problem {
        let (message, action) = (one_line(&problem.message, 600), one_line(&problem.action, 300));
        let _ = writeln!(text, "{message} {action}");
    }
    let mut row = |name: &str,
                   state: String,
                   details: &[Option<&str>],
                   problem: Option<&Problem>| {
        let details: Vec<String> =
            details.iter().flatten().map(|detail| one_line(detail, 80)).collect();
        let details =
            if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) };
        // A string takes every line.
        let _ = writeln!(text, "{name:<12}{state}{details}");
        if let Some(problem) = problem {
            let _ = writeln!(
                text,
                "{:<12}{} {}",
                "",
                one_line(&problem.message, 300),
                one_line(&problem.action, 300)
            );
        }
    };
    let pbx = &status.pbx;
    let events = format!("events {}", word(&pbx.events));
    row("PBX", word(&pbx.state), &[pbx.address.as_deref(), Some(&events)], pbx.problem.as_ref());
    let sales = &status.salesforce;
    row(
        "Salesforce",
        word(&sales.state),
        &[sales.user.as_deref(), sales.instance.as_deref()],
        sales.problem.as_ref(),
    );
    let binding = &status.binding;
    row(
        "Extension",
        word(&binding.state),
        &[binding.extension.as_deref()],
        binding.problem.as_ref(),
    );
    let journal = status.journal;
    let counts = format!(
        "{} logged today, {} waiting, {} stuck",
        journal.logged_today, journal.waiting, journal.stuck
    );
    row("Journal", counts, &[], None);
    if status.contacts.unread_numbers > 0 {
        let records =
            format!("{} with a number that cannot be read", status.contacts.unread_numbers);
        row("Records", records, &[Some("patchcord unread-numbers")], None);
    }
    let kept = match status.secrets {
        SecretsKind::Keyring => None,
        SecretsKind::Session => Some(
            "no secret store is open: what you connect is kept until one is, or until Patchcord ends",
        ),
    };
    row("Secrets", word(&status.secrets), &[kept], None);
    for call in &status.calls {
        let who = call.name.as_deref().or(call.number.as_deref()).unwrap_or("withheld");
        let state = format!("{} {}", word(&call.direction), brief(&call.state));
        row("Call", state, &[Some(who)], None);
    }
    text.truncate(text.trim_end().len());
    text
}

fn of_unread(row: &UnreadNumber) -> String {
    format!(
        "{} {}  {}  {}: {}",
        brief(&row.object),
        brief(&row.id),
        one_line(&row.name, 60),
        brief(&row.field),
        one_line(&row.text, 80)
    )
}

fn of_call(call: &CallView) -> String {
    let arrow = match call.direction {
        Way::Inbound => "in ",
        Way::Outbound => "out",
        Way::Internal => "int",
    };
    let who = call
        .record
        .as_ref()
        .map(|record| record.name.as_str())
        .or(call.number.as_deref())
        .unwrap_or("withheld");
    let journal = match (call.journal.state, &call.journal.reason) {
        (JournalState::None, _) => String::new(),
        (state, Some(reason)) => format!("{}: {}", word(&state), one_line(reason, 120)),
        (state, None) => word(&state),
    };
    let line = format!(
        "{}  {arrow}  {:<10}  {:>5} s  {}  {}  {journal}",
        brief(&call.started_at),
        word(&call.result),
        call.talk_seconds,
        brief(who),
        brief(&call.id),
    );
    line.trim_end().to_owned()
}

fn of_number(explain: &Explain) -> String {
    let mut text = format!("{}: {}", one_line(&explain.input, 80), brief(&explain.kind));
    if let Some(e164) = &explain.e164 {
        let country = explain.country.as_deref().unwrap_or("unknown country");
        // A string takes every line.
        let _ = write!(text, ", {} ({})", brief(e164), brief(country));
    }
    if let Some(readings) = &explain.readings {
        let others: Vec<&str> = readings
            .iter()
            .filter(|reading| Some(*reading) != explain.e164.as_ref())
            .map(String::as_str)
            .collect();
        let _ = write!(text, "\nmay also mean: {}", brief(&others.join(", ")));
    }
    for place in &explain.searched {
        let _ = write!(text, "\n{}: {} found", brief(&place.place), place.found);
    }
    for candidate in &explain.candidates {
        let _ = write!(
            text,
            "\n{}. {} {} ({}): {}",
            candidate.rank,
            brief(&candidate.object),
            brief(&candidate.name),
            brief(&candidate.field),
            one_line(&candidate.why, 120)
        );
    }
    let follows = match (explain.decision, &explain.url) {
        (Decision::Open | Decision::NewRecordPage, Some(url)) => {
            format!("opens {}", one_line(url, 600))
        }
        (Decision::Open | Decision::NewRecordPage, None) => {
            "would open a page, once Salesforce is connected".to_owned()
        }
        (Decision::Choose, _) => "asks which record".to_owned(),
        (Decision::Create, _) => "creates a record".to_owned(),
        (Decision::Nothing, _) => "opens nothing".to_owned(),
    };
    let _ = write!(text, "\nA call {follows}.");
    if explain.blocked {
        text.push_str("\nIt cannot be dialled.");
    } else if let Some(dials_as) = &explain.dials_as {
        let _ = write!(text, "\nDialled as {}.", brief(dials_as));
    }
    text
}

#[cfg(test)]
mod tests;
