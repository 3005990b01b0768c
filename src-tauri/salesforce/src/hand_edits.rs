//! What people changed in a Task by hand stays theirs when this program has something new to say.
//!
//! Where a Task says something else than it was given, a person said so. A field whose value is the same as when it was
//! written last is left out; `Description` is one field for both, and the note goes before their words.
//! Source: contract.md §3.

use domain::{Said, TaskDraft, note};
use serde_json::{Map, Value};

use crate::{
    describe::Description,
    journal::{Purpose, fitted, put},
    wire::{self, Row},
};

/// Direction, talk time and day: what goes by one text in what was said.
const NUMBERS: [&str; 3] = ["CallType", "CallDurationInSeconds", "ActivityDate"];

/// What a Task shows in the fields that people change.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    description: String,
    disposition: String,
}

impl Shown {
    pub(crate) fn of(row: &Row) -> Self {
        let shown = |name| wire::text(row, name).unwrap_or_default().to_owned();
        Self { description: shown("Description"), disposition: shown("CallDisposition") }
    }
}

/// Returns how many UTF-16 units `Description` holds.
pub(crate) fn room(seen: &Description) -> usize {
    seen.field("Description")
        .map(|field| field.length)
        .filter(|room| *room > 0)
        .unwrap_or(note::USUAL_ROOM)
}

/// Takes out of an update what would undo people's changes.
pub(crate) fn keep(
    fields: &mut Map<String, Value>,
    seen: &Description,
    draft: &TaskDraft,
    before: Option<&Said>,
    shown: &Shown,
) {
    let words = before.and_then(|before| before.words.as_ref());
    let now = draft.said().words;
    if let (Some(before), Some(now)) = (words, &now) {
        if before.numbers == now.numbers {
            fields.retain(|name, _| !NUMBERS.contains(&name.as_str()));
        }
        let by_hand = shown.disposition != fitted(seen, "CallDisposition", &before.disposition);
        if by_hand && before.disposition == now.disposition {
            fields.remove("CallDisposition");
        }
    }
    if fields.contains_key("Description") {
        let room = room(seen);
        let before = words.map(|words| &words.written);
        let text = note::beside_edits(before, &shown.description, &draft.written, room);
        put(fields, seen, Purpose::Update, "Description", Value::from(text));
    }
}
