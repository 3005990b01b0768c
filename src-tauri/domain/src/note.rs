//! What an agent writes about a call, and how it comes into a Task's `Description` without losing what people wrote there.

/// Longest note that is kept, in characters.
pub const LONGEST: usize = 100_000;

/// How many UTF-16 units a Task's `Description` holds. Source: Salesforce, Object Reference, Task.
pub const USUAL_ROOM: usize = 32_000;

/// What ends a note of which a field holds only the beginning.
const CUT: &str = "… [cut here; Patchcord has the whole note]";

/// Returns a note as it is kept: lines end with `\n`, and what does not print is left out.
pub fn clean(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{85}'], "\n");
    lines.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// Returns the note, then the facts, in at most so many UTF-16 units. A note that is too long is cut, with a mark.
pub fn with_facts(note: &str, facts: &str, most: usize) -> String {
    let note = note.trim();
    if note.is_empty() {
        return facts.to_owned();
    }
    let room = most.saturating_sub(units(facts) + units("\n\n"));
    if units(note) <= room {
        return format!("{note}\n\n{facts}");
    }
    if room <= units(CUT) {
        // There is hardly a field: the note is what a person wants to read.
        return beginning(note, most).to_owned();
    }
    format!("{}{CUT}\n\n{facts}", beginning(note, room - units(CUT)).trim_end())
}

/// What a Task's `Description` was given last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The note.
    pub note: String,
    /// What follows it: start, duration, number.
    pub facts: String,
}

/// Returns what `Description` is to say where it `shows` something: the new note first, then what people wrote there
/// themselves, then the facts. `before` is what this program wrote last, where that is known.
pub fn beside_edits(before: Option<&Written>, shows: &str, now: &Written, most: usize) -> String {
    let fresh = with_facts(&now.note, &now.facts, most);
    let shown = clean(shows);
    let shown = shown.trim();
    let known = |text: &str| same(shown, text, most);
    if known(&fresh) {
        return fresh;
    }
    let Some(before) = before else {
        // The answer to an earlier change was lost, or another program wrote it: a shorter or longer state of the note is
        // ours, anything else is not.
        let head = shown.strip_suffix(now.facts.trim()).map(str::trim);
        let ours = head.is_some_and(|head| now.note.trim().starts_with(head));
        return if ours { fresh } else { beside(shown, &now.note, most) };
    };
    if known(&with_facts(&before.note, &before.facts, most)) {
        return fresh;
    }
    // A person has changed it. The facts are brought up to date where they still stand, and the old note goes.
    let facts = before.facts.trim();
    let mut theirs = match shown.rfind(facts) {
        Some(at) if !facts.is_empty() => {
            format!("{}{}{}", &shown[..at], now.facts.trim(), &shown[at + facts.len()..])
        }
        Some(_) | None => shown.to_owned(),
    };
    let note = before.note.trim();
    if !note.is_empty()
        && let Some(at) = theirs.find(note)
    {
        let (front, back) = (theirs[..at].trim_end(), theirs[at + note.len()..].trim_start());
        theirs = [front, back]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("\n\n");
    }
    beside(&theirs, &now.note, most)
}

fn beside(theirs: &str, note: &str, most: usize) -> String {
    let note = note.trim();
    if note.is_empty() || theirs.starts_with(note) {
        return theirs.to_owned();
    }
    if theirs.is_empty() {
        with_facts(note, "", most).trim_end().to_owned()
    } else {
        with_facts(note, theirs, most)
    }
}

/// A field may end earlier than what was written, and Salesforce trims.
fn same(shown: &str, written: &str, most: usize) -> bool {
    let written = clean(beginning(written, most));
    shown == written.trim()
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// As much of a text as so many UTF-16 units hold.
fn beginning(text: &str, most: usize) -> &str {
    let mut left = most;
    let end = text.char_indices().find(|(_, c)| match left.checked_sub(c.len_utf16()) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    });
    end.map_or(text, |(at, _)| &text[..at])
}
