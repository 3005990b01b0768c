//! Text from outside, made harmless for whoever reads it: on one line, in its own order, and without characters that
//! nobody sees.
//!
//! One list serves the terminal, notifications, the tray, files and, generated from here, the window's page
//! (`ui/src/unseen.ts`). Joiners and variation selectors are unseen as well, and mean something where they stand in a
//! Persian or Indic word or between pictures: there they stay.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        CanonicalCombiningClass, DefaultIgnorableCodePoint, EmojiModifier, ExtendedPictographic,
        GeneralCategory, GeneralCategoryGroup, Script, VariationSelector,
    },
};

/// No language stacks more marks on one letter.
const MOST_MARKS: usize = 4;

/// The scripts in whose words a joiner decides how letters look.
/// Source: Unicode 16, chapters 9, 12, 13 and 16; UAX #31, section 2.3, "Layout and Format Control Characters".
const JOINED: [Script; 26] = [
    Script::Arabic,
    Script::Syriac,
    Script::Nko,
    Script::Mandaic,
    Script::Mongolian,
    Script::Devanagari,
    Script::Bengali,
    Script::Gurmukhi,
    Script::Gujarati,
    Script::Oriya,
    Script::Tamil,
    Script::Telugu,
    Script::Kannada,
    Script::Malayalam,
    Script::Sinhala,
    Script::Khmer,
    Script::Myanmar,
    Script::Tibetan,
    Script::Balinese,
    Script::Javanese,
    Script::MeeteiMayek,
    Script::Newa,
    Script::Limbu,
    Script::Sundanese,
    Script::TaiTham,
    Script::Thaana,
];

/// Returns text on one line, without what moves a cursor, turns a line around or is not seen, and of at most `longest`
/// characters.
pub fn one_line(text: &str, longest: usize) -> String {
    clean(text, longest, false)
}

/// The same, but lines stay lines.
pub fn lines(text: &str, longest: usize) -> String {
    clean(text, longest, true)
}

/// Returns an address for people and logs: on one line, and without a log-in and whatever follows a question mark. What
/// cannot be read as an address loses more rather than less.
pub fn without_login(address: &str) -> String {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), address),
    };
    // A password may hold any sign: what is before the last `@` is not shown.
    let (login, rest) = match rest.rsplit_once('@') {
        Some((_, rest)) => ("…@", rest),
        None => ("", rest),
    };
    let shown = rest.split(['?', '#']).next().unwrap_or_default();
    let more = if shown.len() < rest.len() { "?…" } else { "" };
    one_line(&format!("{scheme}{login}{shown}{more}"), 300)
}

/// Says that there is nothing to see in a text.
pub fn is_blank(text: &str) -> bool {
    one_line(text, text.len()).trim().is_empty()
}

fn clean(text: &str, longest: usize, keep_lines: bool) -> String {
    let mut line = Line::default();
    for letter in text.chars() {
        match letter {
            '\n' if keep_lines => line.put('\n'),
            // The next line, and the separators of lines and paragraphs, end a line as well.
            '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => line.put(' '),
            letter if letter.is_control() || is_unseen(letter) => {}
            letter if is_joiner(letter) => line.join(letter),
            letter => line.put(letter),
        }
        if line.length > longest {
            line.end(longest);
            return line.text;
        }
    }
    line.end(longest);
    line.text
}

/// A text as it grows.
#[derive(Default)]
struct Line {
    text: String,
    /// In characters.
    length: usize,
    last: Option<char>,
    /// The marks on the last letter.
    marks: usize,
    /// A joiner, until it is known what comes behind it. Several are as good as one.
    joiner: Option<char>,
}

impl Line {
    fn join(&mut self, joiner: char) {
        self.joiner.get_or_insert(joiner);
    }

    fn put(&mut self, letter: char) {
        if is_selector(letter) && !self.last.is_some_and(may_be_varied) {
            return;
        }
        if is_mark(letter) {
            if self.marks == MOST_MARKS {
                return;
            }
            self.marks += 1;
        } else {
            self.marks = 0;
        }
        if let Some(joiner) = self.joiner.take()
            && self.last.is_some_and(|last| is_virama(last) || joins(last, letter))
        {
            self.push(joiner);
        }
        self.push(letter);
        self.last = Some(letter);
    }

    fn push(&mut self, letter: char) {
        self.text.push(letter);
        self.length += 1;
    }

    /// Keeps a joiner at the end, where it says how the last letter looks, and cuts.
    fn end(&mut self, longest: usize) {
        if let Some(joiner) = self.joiner.take()
            && self.last.is_some_and(is_virama)
        {
            self.push(joiner);
        }
        if self.length > longest {
            self.text = self.text.chars().take(longest).chain(['…']).collect();
        }
    }
}

/// Says that a character is not seen, and may hide or turn what is.
///
/// Source: Unicode 16, `Default_Ignorable_Code_Point`, which takes in all direction marks, fillers and tags; besides it
/// the marks of interlinear notes and the blank pattern of Braille.
pub(crate) fn is_unseen(letter: char) -> bool {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(letter)
        || matches!(letter, '\u{fff9}'..='\u{fffb}' | '\u{2800}');
    ignorable && !is_joiner(letter) && !is_selector(letter)
}

pub(crate) fn is_joiner(letter: char) -> bool {
    matches!(letter, '\u{200c}' | '\u{200d}')
}

/// Says that a character chooses between pictures of the one before it.
pub(crate) fn is_selector(letter: char) -> bool {
    CodePointSetData::new::<VariationSelector>().contains(letter)
}

/// Says that a character takes a letter's vowel away: a joiner behind it says how the letter then looks.
pub(crate) fn is_virama(letter: char) -> bool {
    CodePointMapData::<CanonicalCombiningClass>::new().get(letter)
        == CanonicalCombiningClass::Virama
}

/// Says that a character is of a script whose letters join.
pub(crate) fn is_joined(letter: char) -> bool {
    // Vowel signs of Arabic, which several scripts share.
    matches!(letter, '\u{64b}'..='\u{655}' | '\u{670}')
        || JOINED.contains(&CodePointMapData::<Script>::new().get(letter))
            && (is_mark(letter) || is_of(letter, GeneralCategoryGroup::Letter))
}

fn is_mark(letter: char) -> bool {
    is_of(letter, GeneralCategoryGroup::Mark)
}

fn is_of(letter: char, group: GeneralCategoryGroup) -> bool {
    group.contains(CodePointMapData::<GeneralCategory>::new().get(letter))
}

fn is_picture(letter: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(letter)
}

fn may_be_varied(last: char) -> bool {
    !last.is_whitespace() && !is_selector(last)
}

/// Says that a joiner between two characters means something: a family of pictures, or two joined letters.
fn joins(last: char, next: char) -> bool {
    let pictured = is_picture(last)
        || last == '\u{fe0f}'
        || CodePointSetData::new::<EmojiModifier>().contains(last);
    pictured && is_picture(next) || is_joined(last) && is_joined(next)
}

#[cfg(test)]
mod tests;
