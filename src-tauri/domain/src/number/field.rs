//! A field that people fill: which numbers are in it, and what stands behind each.
//!
//! What cannot be understood around a number costs only itself. A text that is more than one spelling has to hold numbers
//! that are assigned: what is merely possible would find numbers in dates and notes.

use super::{DialPlan, LONGEST_TEXT, PhoneNumber, text};

/// A number below has no number of its own: it is an extension, or a part of one that is written in pieces.
const FEWEST_DIGITS: usize = 6;

/// Where a text could fall apart in more places, it is no list of numbers: trying them all would take for ever.
const MOST_PLACES: usize = 8;

/// A number as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The number.
    pub number: PhoneNumber,
    /// The extension at the other side, or what else is dialled once the number has answered.
    pub extension: Option<String>,
}

/// A number, and the part of the text that it was read from.
pub(super) struct Found {
    number: PhoneNumber,
    start: usize,
    end: usize,
}

impl Found {
    /// Returns the same as a part of a longer text.
    fn behind(self, offset: usize) -> Self {
        Self { start: self.start + offset, end: self.end + offset, ..self }
    }
}

impl DialPlan {
    /// Reads a record's phone field: only outside numbers count there, since what looks like an extension of ours may be
    /// one of somebody else's. There may be several, `0355 501711 / 0171 5550111`.
    pub fn numbers(&self, original: &str) -> Vec<Written> {
        match self.single(original.trim()) {
            Some(number) => vec![Written { number, extension: None }],
            None => self.numbers_in(original),
        }
    }

    /// Returns the first of [`Self::numbers`].
    pub fn read_number(&self, original: &str) -> Option<PhoneNumber> {
        let trimmed = original.trim();
        self.single(trimmed)
            .or_else(|| self.numbers_in(original).into_iter().next().map(|written| written.number))
    }

    /// Reads a text that is one number and nothing else, which most are.
    pub(super) fn single(&self, trimmed: &str) -> Option<PhoneNumber> {
        if !text::is_number_like(trimmed)
            || self.is_extension(trimmed)
            || self.split(trimmed).is_some()
        {
            return None;
        }
        self.number(trimmed)
    }

    /// Reads a text that is more than a number, or none.
    pub(super) fn numbers_in(&self, original: &str) -> Vec<Written> {
        if original.len() > LONGEST_TEXT * 4 {
            return Vec::new();
        }
        let text = text::address(original);
        // A service code is no number with something before it.
        if text.starts_with(['*', '#']) || self.is_extension(text::without_extension(&text).trim())
        {
            return Vec::new();
        }
        if let Some(number) = self.number_by_keys(&text) {
            return vec![Written { number, extension: None }];
        }
        let mut found: Vec<Found> = Vec::new();
        for run in text::runs(&text) {
            let spelled = &text[run.start..run.end];
            let more = match found.last() {
                Some(last) => self.following(&text[last.end..run.start], spelled),
                None => {
                    let behind = text::without_extension(&text).get(run.end..);
                    let alone = !text::says_something(&text[..run.start])
                        && !behind.is_some_and(text::says_something);
                    self.of_run(spelled, alone)
                }
            };
            found.extend(more.into_iter().map(|it| it.behind(run.start)));
        }
        let starts: Vec<usize> = found.iter().skip(1).map(|next| next.start).collect();
        found
            .into_iter()
            .enumerate()
            .map(|(at, Found { number, end, .. })| {
                let tail = &text[end..starts.get(at).copied().unwrap_or(text.len())];
                Written { number, extension: text::extension(tail) }
            })
            .collect()
    }

    /// Reads digits behind a number. The first of them may be its extension: `x4 / 0171 5550111`.
    fn following(&self, between: &str, run: &str) -> Vec<Found> {
        let behind = text::separators(run).take(MOST_PLACES).map(|(_, behind)| ("/", behind));
        for (between, at) in std::iter::once((between, 0)).chain(behind) {
            let rest = run[at..].trim_start();
            if self.may_follow(between, rest) {
                let found = self.of_run(rest, false);
                if !found.is_empty() {
                    let offset = run.len() - rest.len();
                    return found.into_iter().map(|it| it.behind(offset)).collect();
                }
            }
        }
        Vec::new()
    }

    /// Reads digits and marks. `alone` says that nothing else is in the text.
    fn of_run(&self, run: &str, alone: bool) -> Vec<Found> {
        if let Some(several) = self.split(run) {
            return several;
        }
        let whole = if alone { self.number(run) } else { self.valid_number(run) };
        if let Some(number) = whole {
            return vec![Found { number, start: 0, end: run.len() }];
        }
        if let Some(several) = self.split_at_blanks(run) {
            return several;
        }
        // An unknown tail of digits: `(415) 555-0109 (12)`.
        for (at, _) in run.char_indices().rev().filter(|(_, c)| !c.is_ascii_digit()) {
            let head = run[..at].trim_end_matches(|c: char| !c.is_ascii_digit());
            if text::count(head) < FEWEST_DIGITS {
                break;
            }
            if let Some(number) = self.valid_number(head) {
                let mut found = vec![Found { number, start: 0, end: head.len() }];
                let rest = run[head.len()..].trim_start_matches([' ', '-', '.', '/', ')']);
                if self.begins_fully(rest) {
                    let offset = run.len() - rest.len();
                    found.extend(self.of_run(rest, false).into_iter().map(|it| it.behind(offset)));
                }
                return found;
            }
        }
        Vec::new()
    }

    /// Reads several numbers with strokes or dashes between them. `02/633 44 55` and `0355/501716-17` are one: not every
    /// part is a number there.
    pub(super) fn split(&self, run: &str) -> Option<Vec<Found>> {
        if text::separators(run).count() > MOST_PLACES {
            return None;
        }
        let is_whole = |right: &str| {
            self.begins_fully(right) || !self.needs_trunk_prefix() || !self.area_code.is_empty()
        };
        text::separators(run).find_map(|(at, behind)| {
            self.parts(run, at, behind, &is_whole, |rest| self.split(rest))
        })
    }

    /// Reads several numbers with nothing but a blank between them, of a text that is no number as a whole.
    fn split_at_blanks(&self, run: &str) -> Option<Vec<Found>> {
        if run.matches(' ').count() > MOST_PLACES {
            return None;
        }
        let is_whole = |right: &str| self.begins_fully(right);
        run.match_indices(' ').find_map(|(at, blank)| {
            let behind = at + blank.len();
            self.parts(run, at, behind, &is_whole, |rest| self.split_at_blanks(rest))
        })
    }

    /// Reads what is before `at` as one number, and what is from `behind` on as one or more.
    fn parts(
        &self,
        run: &str,
        at: usize,
        behind: usize,
        is_whole: &impl Fn(&str) -> bool,
        more: impl Fn(&str) -> Option<Vec<Found>>,
    ) -> Option<Vec<Found>> {
        let (left, right) = (run[..at].trim_end(), run[behind..].trim_start());
        if text::count(left) < FEWEST_DIGITS
            || text::count(right) < FEWEST_DIGITS
            || !is_whole(right)
        {
            return None;
        }
        let number = self.valid_number(left)?;
        let rest = more(right).or_else(|| {
            let number = self.valid_number(right)?;
            Some(vec![Found { number, start: 0, end: right.len() }])
        })?;
        let mut found = vec![Found { number, start: 0, end: left.len() }];
        let offset = run.len() - right.len();
        found.extend(rest.into_iter().map(|it| it.behind(offset)));
        Some(found)
    }

    /// Says whether digits behind a number are another number, by what is between the two. Behind a pause, a letter or a
    /// word they may be an extension, a code for a conference, or hours.
    fn may_follow(&self, between: &str, spelled: &str) -> bool {
        let digits = text::count(spelled);
        if digits < FEWEST_DIGITS {
            return false;
        }
        let is_pause = between.ends_with([',', '#', '*']);
        let has_words = between.chars().any(char::is_alphanumeric);
        self.begins_fully(spelled)
            || (!is_pause && !has_words)
            // Without a trunk prefix a full number is known by its length alone.
            || (has_words && !self.needs_trunk_prefix() && digits > 8 && between.ends_with(' '))
    }

    /// Says whether a spelling has all that is dialled before a number, so that nothing is to be added.
    pub(super) fn begins_fully(&self, spelled: &str) -> bool {
        let digits = text::digits(spelled);
        let trunk = self.country.trunk_prefix();
        digits.starts_with('+')
            || digits.starts_with("00")
            || (!self.international_prefix.is_empty()
                && digits.starts_with(&self.international_prefix))
            || (!trunk.is_empty() && digits.starts_with(trunk))
    }

    /// Says whether a national number is always dialled with a trunk prefix here.
    pub(super) fn needs_trunk_prefix(&self) -> bool {
        self.country.trunk_prefix() == "0"
    }
}
