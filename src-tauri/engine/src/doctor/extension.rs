//! The agent's extension: its phone, what the PBX tells about it and the trunks, the event stream.

use domain::Extension;
use pbx::Error;

use super::{Bound, about::About, desk, pbx::Answers};
use crate::{
    problems,
    view::doctor::{CheckRow, Who},
};

const EXISTS: About = About {
    id: "pbx.extension",
    matters: "Only calls of your own extension are heard and logged.",
    who: Who::PbxAdmin,
    place: "Extension and Trunk > Extension",
};
const PHONE: About = About {
    id: "pbx.phone",
    matters: "A call that is placed from here rings on your phone or Linkus first.",
    who: Who::You,
    place: "Linkus, or the desk phone",
};
const MONITOR: About = About {
    id: "pbx.call_status_monitor",
    matters: "Without it the PBX does not tell that your phone rings: nothing opens, and calls are only logged afterwards.",
    who: Who::PbxAdmin,
    place: "Integrations > API > Advanced Settings > Extension Status Monitor",
};
const TRUNKS: About = About {
    id: "pbx.trunk_monitors",
    matters: "Without it the PBX does not tell who is calling over that trunk.",
    who: Who::PbxAdmin,
    place: "Integrations > API > Advanced Settings > Trunk Status Monitor",
};
const HELD_CALLS: About = About {
    id: "pbx.control_inbound_call",
    matters: "With it the PBX holds every inbound call for up to ten seconds, waiting for a program to let it in. Patchcord does not need it.",
    who: Who::PbxAdmin,
    place: "Integrations > API > Advanced Settings > Trunk Status Monitor > Control Inbound Call",
};
const EVENTS: About = About {
    id: "pbx.events",
    matters: "Calls are heard over the event stream the moment they ring.",
    who: Who::PbxAdmin,
    place: "Integrations > API, and any proxy between this computer and the PBX",
};

/// Returns the checks.
pub(super) fn checks(answers: &Answers, bound: Option<&Bound>) -> Vec<CheckRow> {
    vec![
        exists(answers, bound),
        phone(answers, bound),
        monitor(answers, bound),
        trunks(answers),
        held_calls(answers),
        events(answers),
    ]
}

/// Returns the own extension, or what is said of a check that needs one.
fn own(about: About, bound: Option<&Bound>) -> Result<&Extension, Box<CheckRow>> {
    match bound {
        Some(Ok((extension, _))) => Ok(extension),
        Some(Err(_)) | None => Err(Box::new(about.after(desk::BINDING))),
    }
}

/// Returns a list that the PBX gave, or what is said of a check that needs it.
fn listed<'a, T>(
    about: About,
    answers: &Answers,
    list: Option<&'a Result<Vec<T>, Error>>,
) -> Result<&'a [T], Box<CheckRow>> {
    Err(Box::new(match list {
        Some(Ok(list)) => return Ok(list),
        None => answers.absence(about),
        Some(Err(Error::InterfaceMissing | Error::Refused { .. })) => about.skip(
            "This firmware does not let programs look at it.",
            format!("Look at it by hand under {}.", about.place),
        ),
        Some(Err(error)) => about.told(&problems::of_pbx(error)).mildly(),
    }))
}

/// Both of a check's outcomes are rows.
fn either(row: Result<CheckRow, Box<CheckRow>>) -> CheckRow {
    row.unwrap_or_else(|row| *row)
}

fn exists(answers: &Answers, bound: Option<&Bound>) -> CheckRow {
    either(listed(EXISTS, answers, answers.extensions.as_ref()).and_then(|extensions| {
        let own = own(EXISTS, bound)?;
        if extensions.iter().any(|entry| entry.number == *own) {
            return Ok(EXISTS.ok(format!("The PBX has extension {own}.")).naming([own.as_str()]));
        }
        Ok(EXISTS.told(&problems::extension_gone(own)).naming([own.as_str()]))
    }))
}

fn phone(answers: &Answers, bound: Option<&Bound>) -> CheckRow {
    either(listed(PHONE, answers, answers.extensions.as_ref()).and_then(|extensions| {
        let own = own(PHONE, bound)?;
        let Some(entry) = extensions.iter().find(|entry| entry.number == *own) else {
            return Ok(PHONE.after(EXISTS));
        };
        if entry.any_phone_online {
            return Ok(PHONE.ok("A phone or Linkus is signed in on your extension."));
        }
        Ok(PHONE.warn(
            "No phone and no Linkus is signed in on your extension: nothing rings.",
            "Sign in to Linkus, or check the desk phone.",
        ))
    }))
}

fn monitor(answers: &Answers, bound: Option<&Bound>) -> CheckRow {
    let list = answers.extension_monitors.as_ref();
    either(listed(MONITOR, answers, list).and_then(|monitors| {
        let own = own(MONITOR, bound)?;
        let found = monitors.iter().find(|monitor| monitor.number == *own);
        Ok(match found.map(|monitor| monitor.call_status) {
            Some(Some(true)) => MONITOR.ok(format!("Calls of extension {own} are told.")),
            Some(Some(false)) | None => MONITOR.fail(
                format!("Call Status is not monitored for extension {own}."),
                format!("Tick Call Status for extension {own}."),
            ),
            Some(None) => MONITOR.skip(
                "The PBX does not say whether Call Status is monitored.",
                format!("Look whether Call Status is ticked for extension {own}."),
            ),
        }
        .naming([own.as_str()]))
    }))
}

fn trunks(answers: &Answers) -> CheckRow {
    either(listed(TRUNKS, answers, answers.trunk_monitors.as_ref()).map(|trunks| {
        let deaf: Vec<_> = trunks.iter().filter(|trunk| trunk.call_status == Some(false)).collect();
        if trunks.iter().all(|trunk| trunk.call_status.is_none()) {
            return TRUNKS.skip(
                "The PBX names no trunk whose monitor can be seen.",
                "Look whether Call Status is ticked for every trunk that brings calls.",
            );
        }
        if deaf.is_empty() {
            return TRUNKS
                .ok(format!("Call Status is monitored for {}.", trunk_count(trunks.len())))
                .naming([trunks.len().to_string()]);
        }
        let names: Vec<String> = deaf.iter().map(|trunk| trunk_name(&trunk.name)).collect();
        let found = format!("Call Status is not monitored for {}.", names.join(", "));
        let todo = "Tick Call Status for these trunks.";
        if deaf.len() == trunks.len() {
            TRUNKS.fail(found, todo).naming(names)
        } else {
            TRUNKS.warn(found, todo).naming(names)
        }
    }))
}

fn held_calls(answers: &Answers) -> CheckRow {
    either(listed(HELD_CALLS, answers, answers.trunk_monitors.as_ref()).map(|trunks| {
        let holding: Vec<String> = trunks
            .iter()
            .filter(|trunk| trunk.control_inbound_call == Some(true))
            .map(|trunk| trunk_name(&trunk.name))
            .collect();
        if !holding.is_empty() {
            return HELD_CALLS
                .warn(
                    format!("Control Inbound Call is on for {}.", holding.join(", ")),
                    "Switch it off, unless another program of yours answers these calls.",
                )
                .naming(holding);
        }
        if trunks.iter().all(|trunk| trunk.control_inbound_call.is_none()) {
            return HELD_CALLS.skip(
                "The PBX does not say whether it holds inbound calls.",
                "Look whether Control Inbound Call is off for every trunk.",
            );
        }
        HELD_CALLS.ok("No trunk holds its calls for a program.")
    }))
}

fn events(answers: &Answers) -> CheckRow {
    match &answers.events {
        Some(Ok(took)) => {
            let took = format!("{} ms", took.as_millis().max(1));
            EVENTS
                .ok(format!("A heartbeat over the event stream came back after {took}."))
                .naming([took])
        }
        Some(Err(problem)) => EVENTS.told(problem),
        None => answers.absence(EVENTS),
    }
}

fn trunk_count(count: usize) -> String {
    if count == 1 { "the one trunk".to_owned() } else { format!("all {count} trunks") }
}

/// Trunks are often named by their telephone number, and a report is passed on: only its end is shown.
fn trunk_name(name: &str) -> String {
    let shown = crate::plain::one_line(name, 40);
    let digits = shown.chars().filter(char::is_ascii_digit).count();
    if digits < 7 {
        return format!("“{shown}”");
    }
    let mut left = digits;
    let masked: String = shown
        .chars()
        .map(|c| {
            left -= usize::from(c.is_ascii_digit());
            if c.is_ascii_digit() && left >= 2 { '•' } else { c }
        })
        .collect();
    format!("“{masked}”")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trunk_that_is_called_by_its_number_shows_the_end_of_it() {
        assert_eq!(trunk_name("MainTrunk 2"), "“MainTrunk 2”");
        assert_eq!(trunk_name("SIP +49 30 5550012"), "“SIP +•• •• •••••12”");
    }
}
