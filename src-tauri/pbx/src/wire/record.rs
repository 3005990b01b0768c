//! Call records: 30012 and the rows of `cdr/search`, which name the same things differently.
//!
//! Source: yeastar-open-api.md §4.8, §6.1.

use std::time::Duration;

use domain::{CallId, CallRecord, RecordKind, RecordStatus, Timestamp};
use serde::Deserialize;

use super::lenient::{Text, Whole};

/// A record under either set of names.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Row {
    #[serde(default)]
    call_id: Text,
    #[serde(default)]
    timestamp: Whole,
    #[serde(default)]
    time_start: Text,
    #[serde(default)]
    time: Text,
    #[serde(default)]
    call_from: Text,
    #[serde(default)]
    call_from_number: Text,
    #[serde(default)]
    call_to: Text,
    #[serde(default)]
    call_to_number: Text,
    #[serde(default)]
    call_duration: Whole,
    #[serde(default)]
    duration: Whole,
    #[serde(default)]
    talk_duration: Whole,
    #[serde(default)]
    status: Text,
    #[serde(default)]
    disposition: Text,
    #[serde(default, rename = "type")]
    kind: Text,
    #[serde(default)]
    call_type: Text,
    #[serde(default)]
    did_number: Text,
    #[serde(default)]
    did: Text,
    #[serde(default)]
    recording: Text,
    #[serde(default)]
    record_file: Text,
}

impl Row {
    /// Returns the call's id, if the row names one.
    pub(crate) fn call(&self) -> Option<CallId> {
        self.call_id.as_deref().map(CallId::new)
    }

    /// Returns the PBX's Unix time of the start, where it says one.
    pub(crate) fn timestamp(&self) -> Option<Timestamp> {
        self.timestamp.0.filter(|seconds| *seconds > 0).map(Timestamp::from_seconds)
    }

    /// Returns 30012's wall-clock text of the start.
    pub(crate) fn wall_start(&self) -> &str {
        self.time_start.as_str()
    }

    /// Returns the text of the start in the PBX's display format.
    pub(crate) fn displayed_start(&self) -> &str {
        self.time.as_str()
    }

    pub(crate) fn from(&self) -> &str {
        party(&self.call_from_number, &self.call_from)
    }

    pub(crate) fn to(&self) -> &str {
        party(&self.call_to_number, &self.call_to)
    }

    pub(crate) fn total(&self) -> Duration {
        let seconds = self.call_duration.0.or(self.duration.0);
        Duration::from_secs(Whole(seconds).count())
    }

    /// Returns the record, begun at `started`. `None`: the row names no call.
    pub(crate) fn into_record(self, started: Timestamp) -> Option<CallRecord> {
        Some(CallRecord {
            call: self.call()?,
            started,
            stamped: self.timestamp(),
            from: self.from().to_owned(),
            to: self.to().to_owned(),
            total: self.total(),
            talked: Duration::from_secs(self.talk_duration.count()),
            status: status(first(&self.disposition, &self.status)),
            kind: kind(first(&self.call_type, &self.kind)),
            did: self.did_number.into_option().or(self.did.into_option()),
            recording: self.recording.into_option().or(self.record_file.into_option()),
        })
    }
}

fn first<'a>(one: &'a Text, other: &'a Text) -> &'a str {
    one.as_deref().or(other.as_deref()).unwrap_or("")
}

fn party<'a>(number: &'a Text, shown: &'a Text) -> &'a str {
    number.as_deref().unwrap_or_else(|| number_of(shown.as_str()))
}

/// Returns the number of `Name<number>`; a text without brackets stays as it is.
pub(crate) fn number_of(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text.strip_suffix('>') else { return text };
    inner.rsplit_once('<').map_or(text, |(_, number)| number.trim())
}

fn status(word: &str) -> RecordStatus {
    match letters(word).as_str() {
        // The guide prints it without its second E.
        "ANSWERED" | "ANSWERD" | "ANSWER" => RecordStatus::Answered,
        "NOANSWER" => RecordStatus::NoAnswer,
        "BUSY" => RecordStatus::Busy,
        "VOICEMAIL" => RecordStatus::Voicemail,
        "ABANDONED" | "ABANDON" => RecordStatus::Abandoned,
        "FAILED" | "FAIL" => RecordStatus::Failed,
        _ => RecordStatus::Unknown,
    }
}

fn kind(word: &str) -> RecordKind {
    match letters(word).as_str() {
        "INBOUND" => RecordKind::Inbound,
        "OUTBOUND" => RecordKind::Outbound,
        "INTERNAL" => RecordKind::Internal,
        _ => RecordKind::Unknown,
    }
}

/// Returns the letters of a word in capitals, so that blanks, dashes and case make no difference.
pub(super) fn letters(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_before_the_number_is_cut_off() {
        for (shown, number) in [
            ("Ana Ruiz<0493555017>", "0493555017"),
            ("Queue Sales<6400>", "6400"),
            ("0493555017<0493555017>", "0493555017"),
            ("a <b> c<4101>", "4101"),
            ("Satisfaction Survey", "Satisfaction Survey"),
            ("4101", "4101"),
            (" <> ", ""),
            (">", ">"),
            ("", ""),
        ] {
            assert_eq!(number_of(shown), number, "{shown}");
        }
    }

    #[test]
    fn words_are_known_in_all_their_spellings() {
        for (word, read) in [
            ("ANSWERED", RecordStatus::Answered),
            ("ANSWERD", RecordStatus::Answered),
            ("answered", RecordStatus::Answered),
            ("NO ANSWER", RecordStatus::NoAnswer),
            ("NO_ANSWER", RecordStatus::NoAnswer),
            ("BUSY", RecordStatus::Busy),
            ("VOICEMAIL", RecordStatus::Voicemail),
            ("Abandoned", RecordStatus::Abandoned),
            ("FAILED", RecordStatus::Failed),
            ("HANDED ON", RecordStatus::Unknown),
            ("", RecordStatus::Unknown),
        ] {
            assert_eq!(status(word), read, "{word}");
        }
        assert_eq!(kind("inbound"), RecordKind::Inbound);
        assert_eq!(kind("Outbound"), RecordKind::Outbound);
        assert_eq!(kind("INTERNAL"), RecordKind::Internal);
        assert_eq!(kind("Callback"), RecordKind::Unknown);
    }
}
