//! The way to the PBX and into its API: rungs of a ladder, where each stands on those before it; and what the PBX says
//! about itself.

use std::cmp::Ordering;

use domain::Timestamp;
use pbx::{Error, SystemInformation};

use super::{
    about::About,
    desk,
    firmware::Firmware,
    pbx::{Answers, NoAnswer},
};
use crate::{
    problems,
    settings::Settings,
    view::{
        Problem,
        doctor::{CheckRow, Who},
    },
};

const REACHABLE: About = About {
    id: "pbx.reachable",
    matters: "Without the PBX no call is heard, and none can be placed.",
    who: Who::PbxAdmin,
    place: "Integrations > API, and the network between this computer and the PBX",
};
const TLS: About = About {
    id: "pbx.tls",
    matters: "The client secret goes over this connection: nobody else may pose as the PBX.",
    who: Who::PbxAdmin,
    place: "Security > Security Settings > Certificate",
};
const ADDRESS_ALLOWED: About = About {
    id: "pbx.address_allowed",
    matters: "The PBX can limit its API to a list of network addresses.",
    who: Who::PbxAdmin,
    place: "Integrations > API > IP Restriction",
};
const ADDRESS_BLOCKED: About = About {
    id: "pbx.address_blocked",
    matters: "After five refused log-ins the PBX blocks the whole office's address.",
    who: Who::PbxAdmin,
    place: "Security > Security Rules > Blocked IPs",
};
const API: About = About {
    id: "pbx.api",
    matters: "Everything that Patchcord asks of the PBX goes through its API.",
    who: Who::PbxAdmin,
    place: "Integrations > API",
};
const CREDENTIALS: About = About {
    id: "pbx.credentials",
    matters: "The client ID and secret let this desktop in. A refused secret is not tried again by itself.",
    who: Who::PbxAdmin,
    place: "Integrations > API",
};
const TOKENS: About = About {
    id: "pbx.tokens",
    matters: "The PBX has eight log-ins for all programs together. Each Patchcord takes one.",
    who: Who::PbxAdmin,
    place: "Integrations > API, and the other programs that use it",
};
const FIRMWARE: About = About {
    id: "pbx.firmware",
    matters: "The firmware decides which of the API's functions there are.",
    who: Who::PbxAdmin,
    place: "Maintenance > Upgrade",
};
const CLOCK: About = About {
    id: "pbx.clock",
    matters: "Calls that were missed are read back by the PBX's time. A wrong clock is reckoned with, and still dates its own records wrongly.",
    who: Who::PbxAdmin,
    place: "System > Date and Time",
};

/// One of the checks that stand on those before.
struct Rung {
    about: About,
    /// What is said where the PBX let us past it.
    passed: fn(About, &Settings) -> CheckRow,
}

/// From the bottom up.
const LADDER: [Rung; 7] = [
    Rung { about: REACHABLE, passed: reached },
    Rung { about: TLS, passed: certificate },
    Rung {
        about: ADDRESS_ALLOWED,
        passed: |about, _| about.ok("The PBX takes this computer's address."),
    },
    Rung {
        about: ADDRESS_BLOCKED,
        passed: |about, _| about.ok("This computer's address is not blocked."),
    },
    Rung { about: API, passed: |about, _| about.ok("The API is switched on.") },
    Rung {
        about: CREDENTIALS,
        passed: |about, _| about.ok("The client ID and secret are accepted."),
    },
    Rung { about: TOKENS, passed: logged_in },
];
/// More than what the way of an answer takes; less is nobody's business.
const CLOCK_WRONG_BY: i64 = 120;

/// Returns the checks of the way in, and of what the PBX says about itself.
pub(super) fn checks(settings: &Settings, answers: &Answers, now: Timestamp) -> Vec<CheckRow> {
    let mut rows = ladder(settings, answers, now);
    let information = answers.information.as_ref().ok();
    let of = |about: About, check: fn(&SystemInformation) -> CheckRow| match information {
        Some(information) => check(information),
        None => answers.absence(about),
    };
    rows.push(match &answers.information {
        Err(NoAnswer::Error(error @ Error::InterfaceMissing)) => refused(FIRMWARE, error, now),
        _ => of(FIRMWARE, firmware),
    });
    rows.push(of(CLOCK, clock));
    rows
}

impl Answers {
    /// Returns what is said of a check that cannot be made, because the PBX did not answer at all.
    pub(super) fn absence(&self, about: About) -> CheckRow {
        match &self.information {
            Ok(_) | Err(NoAnswer::Starting) => about.skip(
                "Patchcord has just started and does not have the PBX's answer yet.",
                "Check again in a moment.",
            ),
            Err(NoAnswer::NotSetUp) => {
                about.skip("The PBX is not set up.", "Connect the PBX first.").by(Who::You)
            }
            Err(NoAnswer::SwitchedOff) => about
                .skip(
                    "The integration is switched off, and the PBX is left alone.",
                    "Switch the integration on, then check again.",
                )
                .by(Who::You),
            Err(NoAnswer::NotAsked(problem)) => about.after(rung_of(problem)),
            Err(NoAnswer::Error(error)) => about.after(rung(error)),
        }
    }
}

fn ladder(settings: &Settings, answers: &Answers, now: Timestamp) -> Vec<CheckRow> {
    let passed = |rung: &Rung| (rung.passed)(rung.about, settings);
    match &answers.information {
        Ok(_) => LADDER.iter().map(passed).collect(),
        Err(NoAnswer::Error(error)) => {
            let broken = rung(error);
            // An error above the ladder has passed all of it.
            let broken_at = LADDER.iter().position(|rung| rung.about.id == broken.id);
            let steps = LADDER.iter().enumerate();
            steps
                .map(|(at, rung)| match broken_at.map(|broken_at| at.cmp(&broken_at)) {
                    Some(Ordering::Less) | None => passed(rung),
                    Some(Ordering::Equal) => refused(rung.about, error, now),
                    Some(Ordering::Greater) => rung.about.after(broken),
                })
                .collect()
        }
        Err(NoAnswer::NotAsked(problem)) => {
            let broken = rung_of(problem);
            let say = |about: About| {
                if about.id == broken.id { about.told(problem) } else { about.after(broken) }
            };
            LADDER.iter().map(|rung| say(rung.about)).collect()
        }
        Err(NoAnswer::NotSetUp | NoAnswer::SwitchedOff | NoAnswer::Starting) => {
            LADDER.iter().map(|rung| answers.absence(rung.about)).collect()
        }
    }
}

/// Says on which rung an error happened.
fn rung(error: &Error) -> About {
    match error {
        Error::TlsUntrusted { .. } | Error::TlsChanged { .. } => TLS,
        Error::AddressNotAllowed => ADDRESS_ALLOWED,
        Error::AddressBlocked { .. } => ADDRESS_BLOCKED,
        Error::ApiOff => API,
        Error::CredentialsRefused { .. } => CREDENTIALS,
        Error::TokenLimit | Error::TokenContested { .. } => TOKENS,
        Error::InterfaceMissing => FIRMWARE,
        Error::Unreachable(_)
        | Error::ProxyLogin(_)
        | Error::Timeout
        | Error::TokenRefused
        | Error::Overloaded
        | Error::DataNotFound
        | Error::Full
        | Error::StillListed
        | Error::NoPhonebook
        | Error::NoContact
        | Error::NameTaken
        | Error::ReadOnly
        | Error::Refused { .. }
        | Error::UnexpectedAnswer { .. }
        | Error::NoEvents { .. }
        | Error::Interrupted
        | Error::Closed => REACHABLE,
    }
}

/// Says on which rung a problem stands that kept us from asking.
fn rung_of(problem: &Problem) -> About {
    match problem.code.as_str() {
        "pbx.tls_untrusted" | "pbx.tls_changed" => TLS,
        "pbx.address_not_allowed" => ADDRESS_ALLOWED,
        "pbx.address_blocked" => ADDRESS_BLOCKED,
        "pbx.api_off" => API,
        "pbx.credentials_refused" | "pbx.other_address" => CREDENTIALS,
        "pbx.token_limit" => TOKENS,
        "secrets.unavailable" => desk::SECRETS,
        _ => REACHABLE,
    }
}

fn reached(about: About, settings: &Settings) -> CheckRow {
    let address = settings.pbx.address.as_str();
    about.ok(format!("The PBX answers at {address}.")).naming([address])
}

fn certificate(about: About, settings: &Settings) -> CheckRow {
    let pin = settings.pbx.certificate_sha256.trim();
    if settings.pbx.address.trim().starts_with("http://") {
        return about.skip(
            "The connection is plain HTTP, and stays on this computer.",
            "Nothing to do here; to any other computer Patchcord takes https only.",
        );
    }
    if pin.is_empty() {
        return about.ok("The certificate is publicly trusted.");
    }
    let start: String = pin.chars().filter(char::is_ascii_hexdigit).take(12).collect();
    about.ok(format!("The certificate is the confirmed one (SHA-256 {start}…).")).naming([start])
}

fn logged_in(about: About, _: &Settings) -> CheckRow {
    about.ok("This desktop has its log-in. How many others are taken, the PBX does not tell.")
}

fn refused(about: About, error: &Error, now: Timestamp) -> CheckRow {
    let row = about.told(&problems::of_pbx(error));
    match error {
        Error::TlsUntrusted { .. } => row.by(Who::You),
        Error::TokenContested { .. } => row.mildly(),
        Error::AddressBlocked { until: Some(until) } => {
            let minutes = until.since(now).as_secs().div_ceil(60);
            row.naming([format!("{minutes} min")])
        }
        _ => row,
    }
}

fn firmware(information: &SystemInformation) -> CheckRow {
    let SystemInformation { model, firmware: version, .. } = information;
    let Some(known) = Firmware::read(version) else {
        return FIRMWARE
            .warn(
                format!("{model}, firmware {version}: not a version that Patchcord knows."),
                "See whether calls ring, are logged and can be placed; tell us if not.",
            )
            .naming([model, version]);
    };
    let edition = known.edition();
    if known.is_too_old() {
        return FIRMWARE
            .fail(
                format!("{model}, firmware {version} ({edition}): older than the API."),
                "Update the firmware.",
            )
            .naming([model, version]);
    }
    let features = known.features().join(", ");
    FIRMWARE
        .ok(format!("{model}, firmware {version} ({edition}): {features}."))
        .naming([model, version, &features])
}

fn clock(information: &SystemInformation) -> CheckRow {
    match information.clock_skew {
        None => CLOCK.skip("The PBX does not tell its time.", "Nothing to do."),
        Some(skew) if skew.abs() <= CLOCK_WRONG_BY => {
            CLOCK.ok("The PBX's clock and this computer's agree.")
        }
        Some(skew) => {
            let way = if skew > 0 { "ahead of" } else { "behind" };
            let apart = apart(skew.unsigned_abs());
            CLOCK
                .warn(
                    format!("The PBX's clock is {apart} {way} this computer's."),
                    "Have the PBX set its clock by NTP, and look at this computer's clock too.",
                )
                .naming([apart])
        }
    }
}

fn apart(seconds: u64) -> String {
    match seconds {
        0..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}
