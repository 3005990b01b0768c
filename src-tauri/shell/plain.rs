//! Text from outside, made harmless for places that read more than letters in it.

/// Returns text on one line, without control and direction characters, and of at most `longest` characters.
pub(crate) fn one_line(text: &str, longest: usize) -> String {
    clean(text, longest, false)
}

/// The same, but lines stay lines.
pub(crate) fn lines(text: &str, longest: usize) -> String {
    clean(text, longest, true)
}

fn clean(text: &str, longest: usize, keep_lines: bool) -> String {
    let mut cleaned = String::with_capacity(text.len().min(longest));
    let mut length = 0;
    let mut marks = 0;
    for letter in text.chars() {
        let letter = match letter {
            '\n' if keep_lines => '\n',
            '\n' | '\r' | '\t' => ' ',
            letter if letter.is_control() || turns_or_hides(letter) => continue,
            letter => letter,
        };
        marks = if combines(letter) { marks + 1 } else { 0 };
        if marks > 2 {
            continue;
        }
        if length == longest {
            cleaned.push('…');
            break;
        }
        cleaned.push(letter);
        length += 1;
    }
    cleaned
}

/// Characters that change the direction of their neighbours, or are not seen.
/// Source: Unicode 16, Bidi_Control and Default_Ignorable_Code_Point.
fn turns_or_hides(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The blocks of combining marks that pile up on a letter.
fn combines(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Escapes text for the markup of freedesktop notifications. Source: Desktop Notifications Specification 1.2, "Markup".
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Replaces what begins and ends a tag, for places that say they read no markup and sometimes do.
pub(crate) fn without_tags(text: &str) -> String {
    text.replace('<', "‹").replace('>', "›")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line_and_reads_in_its_direction() {
        assert_eq!(one_line("Ann\u{202e}a\r\nMeyer\u{1b}[31m", 80), "Anna  Meyer[31m");
        assert_eq!(lines("a\nb\u{200b}\u{0}c", 80), "a\nbc");
        assert_eq!(one_line(&"x".repeat(200), 5), "xxxxx…");
    }

    #[test]
    fn marks_do_not_pile_up() {
        assert_eq!(one_line(&format!("e{}", "\u{301}".repeat(10_000)), 80).chars().count(), 3);
    }

    #[test]
    fn markup_is_shown_and_not_read() {
        assert_eq!(
            escape("<b>\"A\" & 'B'</b>"),
            "&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;"
        );
        assert_eq!(without_tags("<img src=x>"), "‹img src=x›");
    }
}
