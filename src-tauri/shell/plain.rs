//! Text from outside, made harmless for places that read more than letters in it: what all of them need is the engine's.

pub(crate) use engine::plain::{lines, one_line};

/// Escapes text for the markup of freedesktop notifications. Source: Desktop Notifications Specification 1.2, "Markup".
#[cfg(any(target_os = "linux", test))]
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
#[cfg(any(target_os = "linux", test))]
pub(crate) fn without_tags(text: &str) -> String {
    text.replace('<', "‹").replace('>', "›")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_shown_and_not_read() {
        assert_eq!(
            escape("<b>\"A\" & 'B'</b>"),
            "&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;"
        );
        assert_eq!(without_tags("<img src=x>"), "‹img src=x›");
    }
}
