//! The languages that people here are spoken to in, where the page does not speak.

/// A language of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// Reads the setting; where it is empty, what the session speaks.
    pub fn of(setting: &str) -> Self {
        let spoken = match setting {
            "" => session(),
            set => set.to_owned(),
        };
        if spoken.to_ascii_lowercase().starts_with("zh") { Self::Chinese } else { Self::English }
    }
}

/// Source: GNU gettext, "Locale Environment Variables".
fn session() -> String {
    ["LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_windows() {
        assert_eq!(Language::of("zh-CN"), Language::Chinese);
        assert_eq!(Language::of("en"), Language::English);
    }
}
