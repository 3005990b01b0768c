//! What can happen in a history, in plain words.

use std::fmt;

use simulator::{Cut, FaultRule};

/// Who is at the other end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// A contact of the org.
    Known(usize),
    /// A number that two contacts have.
    Shared,
    /// A number that no record has at the beginning.
    Stranger(usize),
    /// No number is shown.
    Withheld,
    /// An extension.
    Colleague,
}

impl Who {
    /// The number in E.164, where there is one.
    pub(crate) fn e164(self) -> Option<String> {
        match self {
            Self::Known(n) => Some(format!("+49305557{:03}", 100 + n)),
            Self::Shared => Some("+49305557050".to_owned()),
            Self::Stranger(n) => Some(format!("+49305557{:03}", 200 + n)),
            Self::Withheld | Self::Colleague => None,
        }
    }

    /// The number as the trunk shows it and as agents dial it.
    pub(crate) fn spelled(self) -> String {
        self.e164().map_or_else(|| "anonymous".to_owned(), |number| number.replacen("+49", "0", 1))
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(_) => write!(f, "contact {}", self.spelled()),
            Self::Shared => write!(f, "two contacts' number {}", self.spelled()),
            Self::Stranger(_) => write!(f, "stranger {}", self.spelled()),
            Self::Withheld => f.write_str("a withheld number"),
            Self::Colleague => f.write_str("a colleague"),
        }
    }
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Call { call: usize, act: CallAct },
    Pbx(PbxAct),
    Org(OrgAct),
    Desk { desk: usize, act: DeskAct },
}

/// What people do with telephones. Extensions are numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CallAct {
    Ring {
        who: Who,
        extensions: Vec<String>,
        queue: bool,
    },
    Dial {
        extension: String,
        who: Who,
    },
    /// `patchcord dial` at the desk of this number.
    Program {
        desk: usize,
        extension: String,
        who: Who,
    },
    Internal {
        from: String,
        to: String,
    },
    Answer(String),
    Remote,
    /// The agent takes the phone that `patchcord dial` rings.
    Take,
    Decline(String),
    StopsRinging(String),
    RingsToo(String),
    Hold(String),
    Unhold(String),
    Blind {
        from: String,
        to: String,
    },
    Consult {
        from: String,
        to: String,
    },
    ConsultAnswered {
        to: String,
    },
    ConsultEnds,
    Complete {
        from: String,
        to: String,
    },
    Park(String),
    Fetch(String),
    Voicemail,
    Fail(&'static str),
    AgentHangsUp,
    OtherHangsUp,
    /// `patchcord hangup` at the desk of this number, where it runs; else the agent's phone.
    HangUpAtDesk(usize),
}

impl fmt::Display for CallAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ring { who, extensions, queue } => {
                let through = if *queue { " through the queue" } else { "" };
                write!(f, "{who} calls {}{through}", extensions.join(", "))
            }
            Self::Dial { extension, who } => write!(f, "{extension} dials {who}"),
            Self::Program { extension, who, .. } => {
                write!(f, "{extension} dials {who} with the program")
            }
            Self::Internal { from, to } => write!(f, "{from} calls {to}"),
            Self::Answer(extension) => write!(f, "{extension} answers"),
            Self::Remote => f.write_str("the other side answers"),
            Self::Take => f.write_str("the agent takes the phone"),
            Self::Decline(extension) => write!(f, "{extension} declines"),
            Self::StopsRinging(extension) => write!(f, "{extension} stops ringing"),
            Self::RingsToo(extension) => write!(f, "{extension} rings too"),
            Self::Hold(extension) => write!(f, "{extension} puts the other side on hold"),
            Self::Unhold(extension) => write!(f, "{extension} takes the other side back"),
            Self::Blind { from, to } => write!(f, "{from} passes it on to {to}"),
            Self::Consult { from, to } => write!(f, "{from} asks {to} first"),
            Self::ConsultAnswered { to } => write!(f, "{to} answers the question"),
            Self::ConsultEnds => f.write_str("the question ends"),
            Self::Complete { from, to } => write!(f, "{from} connects {to}"),
            Self::Park(extension) => write!(f, "{extension} parks it"),
            Self::Fetch(extension) => write!(f, "{extension} fetches it"),
            Self::Voicemail => f.write_str("the voicemail answers"),
            Self::Fail(reason) => write!(f, "it fails: {reason}"),
            Self::AgentHangsUp => f.write_str("the agent hangs up"),
            Self::OtherHangsUp => f.write_str("the other side hangs up"),
            Self::HangUpAtDesk(desk) => {
                write!(f, "the agent hangs up with the program of desk {desk}")
            }
        }
    }
}

/// What befalls the PBX.
#[derive(Clone, Debug)]
pub(crate) enum PbxAct {
    Down,
    Up,
    Cut(Cut),
    ExpireAccess,
    ExpireAll,
    Faults(Vec<FaultRule>),
    Heal,
    /// Somebody sets its clock by so many seconds.
    Clock(i64),
}

impl fmt::Display for PbxAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down => f.write_str("the PBX is away"),
            Self::Up => f.write_str("the PBX is back"),
            Self::Cut(how) => write!(f, "the PBX's event sockets are cut ({how:?})"),
            Self::ExpireAccess => f.write_str("the PBX's access tokens end"),
            Self::ExpireAll => f.write_str("all tokens of the PBX end"),
            Self::Faults(rules) => write!(f, "the PBX answers badly: {}", spelled(rules)),
            Self::Heal => f.write_str("the PBX answers well again"),
            Self::Clock(seconds) => write!(f, "the PBX's clock is set by {seconds:+} s"),
        }
    }
}

/// What befalls Salesforce.
#[derive(Clone, Debug)]
pub(crate) enum OrgAct {
    Down,
    Up,
    Expire,
    LockedRows(u32),
    Faults(Vec<FaultRule>),
    Heal,
    /// A person makes a lead with this stranger's number.
    PersonMakes(usize),
}

impl fmt::Display for OrgAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down => f.write_str("Salesforce is away"),
            Self::Up => f.write_str("Salesforce is back"),
            Self::Expire => f.write_str("Salesforce's access tokens end"),
            Self::LockedRows(count) => write!(f, "Salesforce's rows are locked {count} times"),
            Self::Faults(rules) => write!(f, "Salesforce answers badly: {}", spelled(rules)),
            Self::Heal => f.write_str("Salesforce answers well again"),
            Self::PersonMakes(n) => {
                write!(f, "a person makes a lead for {}", Who::Stranger(*n).spelled())
            }
        }
    }
}

/// What befalls a desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeskAct {
    Kill,
    Quit,
    Start,
    Stop,
    Continue,
    Off,
    On,
    /// Somebody sets its clock by so many seconds.
    Clock(i64),
}

impl fmt::Display for DeskAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clock(seconds) => return write!(f, "has its clock set by {seconds:+} s"),
            Self::Kill => "is killed",
            Self::Quit => "is quit",
            Self::Start => "is started",
            Self::Stop => "stands still",
            Self::Continue => "goes on",
            Self::Off => "is switched off",
            Self::On => "is switched on",
        })
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call { call, act } => write!(f, "call {call}: {act}"),
            Self::Pbx(act) => act.fmt(f),
            Self::Org(act) => act.fmt(f),
            Self::Desk { desk, act } => write!(f, "desk {desk} {act}"),
        }
    }
}

/// The rules in a few words: a long series of the same kind is told once.
fn spelled(rules: &[FaultRule]) -> String {
    let mut words: Vec<String> = Vec::new();
    for rule in rules {
        let method = rule.method.as_deref().unwrap_or("every request");
        let times = rule.times.map_or_else(String::new, |times| format!(" {times} times"));
        let fault: String = format!("{:?}", rule.fault).chars().take(70).collect();
        words.push(format!("{method} {} {fault}{times}", rule.path));
    }
    let more = words.len().saturating_sub(4);
    words.truncate(4);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    words.join("; ") + &rest
}
