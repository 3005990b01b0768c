//! Live calls: legs, what 30011 says of them, and the CDR rows they leave.

use serde_json::{Value, json};

use super::{
    cdr::Row,
    config::{PbxConfig, PbxSwitches},
};

/// Which way a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Inbound,
    Outbound,
    Internal,
}

impl Direction {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Inbound => "Inbound",
            Self::Outbound => "Outbound",
            Self::Internal => "Internal",
        }
    }
}

/// `member_status` of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Alert,
    Ring,
    EarlyMedia,
    Answered,
    Answer,
    Hold,
    Bye,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Alert => "ALERT",
            Self::Ring => "RING",
            Self::EarlyMedia => "EARLYMEDIA",
            Self::Answered => "ANSWERED",
            Self::Answer => "ANSWER",
            Self::Hold => "HOLD",
            Self::Bye => "BYE",
        }
    }

    pub(super) fn talks(self) -> bool {
        matches!(self, Self::Answered | Self::Answer | Self::Hold)
    }

    pub(super) fn rings(self) -> bool {
        matches!(self, Self::Ring | Self::EarlyMedia)
    }
}

/// What kind of party a leg leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Party {
    /// The trunk, towards a caller outside.
    Inbound { from: String, to: String },
    /// The trunk, towards somebody called outside.
    Outbound { from: String, to: String },
    /// An extension.
    Extension { number: String },
}

#[derive(Clone, Debug)]
pub(super) struct Leg {
    pub(super) party: Party,
    pub(super) channel: String,
    pub(super) status: Status,
    /// What the leg was before it was put on hold.
    pub(super) before_hold: Option<Status>,
    pub(super) path: String,
    /// The agent's own phone rings first (`call/dial`).
    pub(super) own_phone_rings: bool,
    /// A row is written for it if nobody answered at all.
    pub(super) direct: bool,
    /// It was rung by a transfer: a row is written for it whatever happens.
    pub(super) by_transfer: bool,
    pub(super) began_ms: i64,
    pub(super) answered_ms: Option<i64>,
    pub(super) ended_ms: Option<i64>,
    pub(super) talk_s: Option<u32>,
    /// It said BYE in an event, and is not mentioned again.
    pub(super) gone: bool,
}

impl Leg {
    pub(super) fn is_extension(&self, number: &str) -> bool {
        matches!(&self.party, Party::Extension { number: own } if own == number)
    }

    pub(super) fn extension(&self) -> Option<&str> {
        match &self.party {
            Party::Extension { number } => Some(number),
            Party::Inbound { .. } | Party::Outbound { .. } => None,
        }
    }

    /// Seconds of talk: what a test said, or what really passed.
    fn talked(&self, end_ms: i64) -> u32 {
        let passed = self
            .answered_ms
            .map_or(0, |from| (self.ended_ms.unwrap_or(end_ms) - from).max(0) / 1000);
        self.talk_s.unwrap_or(u32::try_from(passed).unwrap_or(u32::MAX))
    }

    fn rang(&self, end_ms: i64) -> u32 {
        let until = self.answered_ms.or(self.ended_ms).unwrap_or(end_ms);
        u32::try_from((until - self.began_ms).max(0) / 1000).unwrap_or(u32::MAX)
    }
}

/// A call that goes on.
#[derive(Clone, Debug)]
pub(super) struct LiveCall {
    pub(super) id: String,
    /// The call_id of its events, if not `id`.
    pub(super) event_id: Option<String>,
    pub(super) uid: String,
    pub(super) direction: Direction,
    pub(super) from: String,
    pub(super) from_name: String,
    pub(super) to: String,
    pub(super) did: String,
    pub(super) started_ms: i64,
    /// By how much the clock was wrong that stamped the beginning.
    pub(super) clock_wrong_ms: i64,
    pub(super) legs: Vec<Leg>,
    /// Queue or ring group: number and name as in the CDR.
    pub(super) group: Option<(String, String)>,
    pub(super) voicemail_ms: Option<i64>,
    pub(super) talk_s: Option<u32>,
    pub(super) ring_s: Option<u32>,
    pub(super) failure: Option<String>,
    pub(super) dialled_by_api: bool,
    pub(super) ended: bool,
}

impl LiveCall {
    pub(super) fn event_id(&self) -> &str {
        self.event_id.as_deref().unwrap_or(&self.id)
    }

    pub(super) fn leg_of(&mut self, extension: &str) -> Option<&mut Leg> {
        self.legs
            .iter_mut()
            .rev()
            .find(|leg| leg.is_extension(extension) && leg.status != Status::Bye)
    }

    /// When the other side was first spoken with.
    pub(super) fn answered_ms(&self) -> Option<i64> {
        let callers = usize::from(self.direction == Direction::Internal);
        let agents = self.legs.iter().filter(|leg| leg.extension().is_some()).skip(callers);
        agents.filter_map(|leg| leg.answered_ms).min()
    }

    pub(super) fn trunk_leg(&mut self) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.extension().is_none() && leg.status != Status::Bye)
    }

    /// The members of 30011, as far as the monitors allow.
    pub(super) fn members(
        &self,
        config: &PbxConfig,
        switches: &PbxSwitches,
        for_query: bool,
    ) -> Vec<Value> {
        let trunk_shown =
            switches.trunk_monitored || (for_query && switches.query_shows_unmonitored);
        let blank = if switches.blank_call_path { " " } else { "" };
        let members = self.legs.iter().filter(|leg| !leg.gone).filter_map(|leg| {
            let path = if leg.path.is_empty() { blank } else { leg.path.as_str() };
            let status = leg.status.word();
            match &leg.party {
                Party::Inbound { .. } | Party::Outbound { .. } if !trunk_shown => None,
                Party::Inbound { from, to } => Some(json!({ "inbound": {
                    "from": from, "to": to, "trunk_name": config.trunk, "channel_id": leg.channel,
                    "member_status": status, "call_path": path } })),
                Party::Outbound { from, to } => Some(json!({ "outbound": {
                    "from": from, "to": to, "trunk_name": config.trunk, "channel_id": leg.channel,
                    "member_status": status, "call_path": path } })),
                Party::Extension { number }
                    if switches.unmonitored_extensions.contains(number) && leg.status != Status::Bye =>
                {
                    None
                }
                Party::Extension { number }
                    if self.direction == Direction::Internal && switches.internal_members =>
                {
                    Some(json!({ "internal": {
                        "from": self.from, "to": self.to, "number": number, "channel_id": leg.channel,
                        "member_status": status, "call_path": path } }))
                }
                Party::Extension { number } => Some(json!({ "extension": {
                    "number": number, "channel_id": leg.channel, "member_status": status,
                    "call_path": path } })),
            }
        });
        members.collect()
    }

    /// The rows of the call, in the order of the PBX: the queue, then who was spoken to or rung.
    pub(super) fn rows(&self, config: &PbxConfig, switches: &PbxSwitches, end_ms: i64) -> Vec<Row> {
        let base = Row {
            call_id: self.event_id().to_owned(),
            uid: self.uid.clone(),
            new_id: String::new(),
            start_ms: self.started_ms,
            from: self.from.clone(),
            from_name: self.from_name.clone(),
            to: self.to.clone(),
            to_name: name_of(config, &self.to),
            ring_s: self.ring_s.unwrap_or(0),
            talk_s: 0,
            disposition: "NO ANSWER".to_owned(),
            direction: self.direction,
            did: if self.direction == Direction::Inbound {
                self.did.clone()
            } else {
                String::new()
            },
            written_ms: end_ms,
        };
        match self.direction {
            Direction::Outbound => self.rows_of_outbound(base, end_ms),
            Direction::Inbound | Direction::Internal => {
                self.rows_of_inbound(base, config, switches, end_ms)
            }
        }
    }

    fn rows_of_inbound(
        &self,
        base: Row,
        config: &PbxConfig,
        switches: &PbxSwitches,
        end_ms: i64,
    ) -> Vec<Row> {
        let mut rows = Vec::new();
        let caller = if self.direction == Direction::Internal { 1 } else { 0 };
        let callees: Vec<&Leg> =
            self.legs.iter().filter(|leg| leg.extension().is_some()).skip(caller).collect();
        let first_talk = callees
            .iter()
            .filter(|leg| leg.answered_ms.is_some())
            .min_by_key(|leg| leg.answered_ms);
        if let Some((number, name)) = &self.group {
            let (disposition, talk_s) = match first_talk {
                Some(leg) => ("ANSWERED", leg.talked(end_ms)),
                None if switches.abandoned_status => ("ABANDONED", 0),
                None => ("NO ANSWER", 0),
            };
            let rang = first_talk
                .map_or(end_ms - self.started_ms, |leg| i64::from(leg.rang(end_ms)) * 1000);
            rows.push(Row {
                to: number.clone(),
                to_name: name.clone(),
                ring_s: self.ring_s.unwrap_or(u32::try_from(rang.max(0) / 1000).unwrap_or(0)),
                talk_s,
                disposition: disposition.to_owned(),
                ..base.clone()
            });
        }
        for leg in &callees {
            let number = leg.extension().unwrap_or_default();
            let answered = leg.answered_ms.is_some();
            // A call that another phone picked up leaves one row.
            let unanswered_row = leg.by_transfer
                || switches.cdr_for_unanswered_agents
                || (leg.direct && self.group.is_none() && first_talk.is_none());
            if !answered && !unanswered_row {
                continue;
            }
            let voicemail = self.voicemail_ms.filter(|_| !answered);
            let disposition = match (&self.failure, voicemail, answered) {
                (_, _, true) => "ANSWERED",
                (_, Some(_), false) => "VOICEMAIL",
                (Some(reason), None, false) => disposition_of(reason),
                (None, None, false) => "NO ANSWER",
            };
            let message_s = voicemail
                .map_or(0, |from| u32::try_from((end_ms - from).max(0) / 1000).unwrap_or(0));
            rows.push(Row {
                start_ms: leg.began_ms,
                to: number.to_owned(),
                to_name: name_of(config, number),
                ring_s: self.ring_s.unwrap_or_else(|| leg.rang(end_ms)),
                talk_s: if answered {
                    leg.talked(end_ms)
                } else {
                    self.talk_s.unwrap_or(message_s)
                },
                disposition: disposition.to_owned(),
                ..base.clone()
            });
        }
        if rows.is_empty() {
            rows.push(base);
        }
        rows
    }

    fn rows_of_outbound(&self, base: Row, end_ms: i64) -> Vec<Row> {
        let mut rows = Vec::new();
        let remote = self.legs.iter().find(|leg| matches!(leg.party, Party::Outbound { .. }));
        let spoke = remote.is_some_and(|leg| leg.answered_ms.is_some());
        for (place, leg) in self.legs.iter().filter(|leg| leg.extension().is_some()).enumerate() {
            let number = leg.extension().unwrap_or_default().to_owned();
            if place == 0 {
                let disposition = match &self.failure {
                    _ if spoke => "ANSWERED",
                    Some(reason) => disposition_of(reason),
                    None => "NO ANSWER",
                };
                let ring_s = remote.map_or(0, |leg| leg.rang(end_ms));
                rows.push(Row {
                    ring_s: self.ring_s.unwrap_or(ring_s),
                    talk_s: if spoke { leg.talked(end_ms) } else { 0 },
                    disposition: disposition.to_owned(),
                    ..base.clone()
                });
            } else {
                // Whoever got the call by transfer.
                let answered = leg.answered_ms.is_some();
                rows.push(Row {
                    start_ms: leg.began_ms,
                    to: number.clone(),
                    to_name: String::new(),
                    ring_s: leg.rang(end_ms),
                    talk_s: if answered { leg.talked(end_ms) } else { 0 },
                    disposition: if answered { "ANSWERED" } else { "NO ANSWER" }.to_owned(),
                    ..base.clone()
                });
            }
        }
        rows
    }
}

/// The name of an extension, or nothing.
pub(super) fn name_of(config: &PbxConfig, number: &str) -> String {
    config
        .extensions
        .iter()
        .find(|extension| extension.number == number)
        .map_or_else(String::new, |found| found.name.clone())
}

fn disposition_of(reason: &str) -> &'static str {
    let reason = reason.to_ascii_lowercase();
    if reason.contains("busy") || reason.contains("declined") || reason.contains("dnd") {
        "BUSY"
    } else if ["480", "408", "487", "410"].iter().any(|code| reason.contains(code)) {
        "NO ANSWER"
    } else {
        "FAILED"
    }
}
