//! Call records: rows as v1.0 answers them, and 30012 as the event does.

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{Offset, TimeZone},
};
use serde_json::{Map, Value, json};

use super::{
    calls::Direction,
    config::{EndNames, PbxConfig, PbxSwitches},
};

/// One leg of a finished call.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) call_id: String,
    pub(super) uid: String,
    pub(super) new_id: String,
    pub(super) start_ms: i64,
    pub(super) from: String,
    pub(super) from_name: String,
    pub(super) to: String,
    pub(super) to_name: String,
    pub(super) ring_s: u32,
    pub(super) talk_s: u32,
    pub(super) disposition: String,
    pub(super) direction: Direction,
    pub(super) did: String,
    /// When the row was written; it is shown from here on, plus the switch's delay.
    pub(super) written_ms: i64,
}

impl Row {
    /// The row as `cdr/list` and `cdr/search` of v1.0 give it: empty keys are left out.
    pub(super) fn as_v1(&self, config: &PbxConfig, switches: &PbxSwitches) -> Value {
        let mut row = Map::new();
        let mut put = |key: &str, value: Value| {
            let empty = value.as_str().is_some_and(str::is_empty);
            if !empty {
                row.insert(key.to_owned(), value);
            }
        };
        put("new_id", self.new_id.clone().into());
        put("uid", if switches.uid_missing { "".into() } else { self.uid.clone().into() });
        put("call_id", self.call_id.clone().into());
        put("time", display_time(config, self.start_ms.div_euclid(1000)).into());
        put("timestamp", self.start_ms.div_euclid(1000).into());
        let from_name = if self.from_name.is_empty() && switches.cdr_name_is_number {
            &self.from
        } else {
            &self.from_name
        };
        put("call_from", shown(from_name, &self.from).into());
        put("call_from_number", self.from.clone().into());
        put("call_from_name", from_name.clone().into());
        put("call_to", shown(&self.to_name, &self.to).into());
        put("call_to_number", self.to.clone().into());
        put("call_to_name", self.to_name.clone().into());
        put("duration", (self.ring_s + self.talk_s).into());
        put("ring_duration", self.ring_s.into());
        put("talk_duration", self.talk_s.into());
        put("disposition", spelled(&self.disposition, switches).into());
        put("call_type", self.type_word(switches).into());
        match self.direction {
            Direction::Inbound => put("src_trunk", config.trunk.clone().into()),
            Direction::Outbound => put("dst_trunk", config.trunk.clone().into()),
            Direction::Internal => {}
        }
        put("did_number", self.did.clone().into());
        put("did", self.did.clone().into());
        put("record_file", self.recording().into());
        put("call_note", Value::Null);
        put("enb_call_note", 0.into());
        Value::Object(row)
    }

    fn type_word(&self, switches: &PbxSwitches) -> String {
        let word = self.direction.word();
        if switches.old_spelling { word.to_ascii_lowercase() } else { word.to_owned() }
    }

    fn recording(&self) -> String {
        if self.disposition == "ANSWERED" && self.direction != Direction::Internal {
            format!(
                "{}-{}-{}-{}-{}.wav",
                self.start_ms,
                self.call_id,
                self.from,
                self.to,
                self.direction.word()
            )
        } else {
            String::new()
        }
    }

    /// `msg` of 30012 about this row.
    pub(super) fn as_end_event(&self, config: &PbxConfig, switches: &PbxSwitches) -> Value {
        let (src, dst) = match self.direction {
            Direction::Inbound => (config.trunk.as_str(), ""),
            Direction::Outbound => ("", config.trunk.as_str()),
            Direction::Internal => ("", ""),
        };
        let mut event = json!({
            "call_id": self.call_id, "uid": self.uid,
            "time_start": local(config, self.start_ms.div_euclid(1000)).strftime("%Y-%m-%d %H:%M:%S").to_string(),
            "call_from": self.from, "call_to": self.to,
            "call_duration": self.ring_s + self.talk_s, "talk_duration": self.talk_s,
            "src_trunk_name": src, "dst_trunk_name": dst, "pin_code": "",
            "status": spelled(&self.disposition, switches), "type": self.type_word(switches),
            "recording": self.recording(),
            "did_number": self.did, "did_name": "", "agent_ring_time": 0,
            "call_note_id": "", "enb_call_note": 0, "is_display": 1,
        });
        if switches.uid_missing
            && let Some(event) = event.as_object_mut()
        {
            event.remove("uid");
        }
        event
    }
}

/// The one row that 30012 tells of a call with several.
pub(super) fn summary(rows: &[Row], switches: &PbxSwitches) -> Option<Row> {
    let first = rows.first()?;
    let last = rows.last()?;
    let answered = rows.iter().rfind(|row| row.disposition == "ANSWERED");
    let named = match switches.end_names {
        EndNames::Last => answered.unwrap_or(last),
        EndNames::LastRung => last,
        EndNames::First => first,
    };
    // The queue's row repeats the agent's talk: it does not count again.
    let is_agent = |row: &&Row| !row.to_name.starts_with("Queue ") || rows.len() == 1;
    let talk_s = rows.iter().filter(is_agent).map(|row| row.talk_s).sum();
    let disposition = answered.unwrap_or(last).disposition.clone();
    Some(Row {
        talk_s,
        disposition,
        to: named.to.clone(),
        to_name: named.to_name.clone(),
        ..first.clone()
    })
}

/// The one row of a call, for a PBX that does not write one for each agent; it spoke from `answered_ms` on.
pub(super) fn whole(rows: &[Row], switches: &PbxSwitches, answered_ms: Option<i64>) -> Vec<Row> {
    let Some(one) = summary(rows, switches) else { return Vec::new() };
    let (Some(answered_ms), "ANSWERED") = (answered_ms, one.disposition.as_str()) else {
        return vec![one];
    };
    let seconds = |ms: i64| u32::try_from((ms.max(0) + 500) / 1000).unwrap_or(u32::MAX);
    vec![Row {
        ring_s: seconds(answered_ms - one.start_ms),
        talk_s: seconds(one.written_ms - answered_ms),
        ..one
    }]
}

fn spelled(disposition: &str, switches: &PbxSwitches) -> String {
    if switches.old_spelling {
        disposition.replace("ANSWERED", "ANSWERD")
    } else {
        disposition.to_owned()
    }
}

fn shown(name: &str, number: &str) -> String {
    if name.is_empty() { number.to_owned() } else { format!("{name}<{number}>") }
}

fn zone(config: &PbxConfig) -> TimeZone {
    TimeZone::fixed(Offset::from_seconds(config.utc_offset_s).unwrap_or(Offset::UTC))
}

fn local(config: &PbxConfig, second: i64) -> jiff::Zoned {
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone(config))
}

fn pattern(config: &PbxConfig) -> String {
    let date = config.date_format.replace("DD", "%d").replace("MM", "%m").replace("YYYY", "%Y");
    format!("{date} {}", if config.twelve_hours { "%I:%M:%S %p" } else { "%H:%M:%S" })
}

/// A time as the PBX shows it: its zone, its format.
pub(super) fn display_time(config: &PbxConfig, second: i64) -> String {
    local(config, second).strftime(&pattern(config)).to_string()
}

/// Reads a time in the PBX's display format.
pub(super) fn read_display_time(config: &PbxConfig, text: &str) -> Option<i64> {
    let civil = DateTime::strptime(pattern(config), text).ok()?;
    Some(civil.to_zoned(zone(config)).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_display_format_of_the_reference_is_read_and_written() {
        let config = PbxConfig::default();
        assert_eq!(display_time(&config, 1_767_600_923), "05/01/2026 09:15:23 AM");
        assert_eq!(read_display_time(&config, "05/01/2026 09:15:23 AM"), Some(1_767_600_923));
    }
}
