//! What a person has chosen for links on macOS, as its Launch Services write it down: nothing that Apple promises, so
//! what cannot be read is no choice.

use serde_json::Value;

/// Returns the bundle that takes `tel:` links. Of several choices the last one counts.
pub(super) fn chosen(list: &str) -> Option<String> {
    let list: Value = serde_json::from_str(list).ok()?;
    let handlers = list.get("LSHandlers")?.as_array()?;
    let when = |handler: &Value| {
        handler.get("LSHandlerModificationDate").and_then(Value::as_i64).unwrap_or_default()
    };
    handlers
        .iter()
        .filter(|handler| handler.get("LSHandlerURLScheme").and_then(Value::as_str) == Some("tel"))
        .filter_map(|handler| Some((when(handler), handler.get("LSHandlerRoleAll")?.as_str()?)))
        .max_by_key(|(when, _)| *when)
        .map(|(_, bundle)| bundle.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_choice_for_tel_counts_and_nothing_else() {
        let list = r#"{ "LSHandlers": [
            { "LSHandlerContentType": "public.html", "LSHandlerRoleAll": "org.example.browser" },
            { "LSHandlerURLScheme": "tel", "LSHandlerRoleAll": "io.github.patchcord.patchcord",
              "LSHandlerModificationDate": 727881812, "LSHandlerPreferredVersions": { "LSHandlerRoleAll": "-" } },
            { "LSHandlerURLScheme": "mailto", "LSHandlerRoleAll": "org.example.mail", "LSHandlerModificationDate": 800000000 },
            { "LSHandlerURLScheme": "tel", "LSHandlerRoleAll": "com.apple.facetime", "LSHandlerModificationDate": 700000000 },
            { "LSHandlerURLScheme": "tel" }
        ] }"#;
        assert_eq!(chosen(list).as_deref(), Some("io.github.patchcord.patchcord"));
        for none in ["", "{}", r#"{ "LSHandlers": [] }"#, "tel.plist: file does not exist"] {
            assert_eq!(chosen(none), None, "{none}");
        }
    }
}
