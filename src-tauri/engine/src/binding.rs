//! Which extension is the signed-in user's: `User.Extension`, then the e-mail address, then by hand.

use domain::Extension;
use pbx::ExtensionEntry;
use salesforce::User;

use crate::view::{BindingSource, Problem};

/// Finds the user's extension among the PBX's. Never guesses.
///
/// # Errors
///
/// Says why there is none, and who can change it.
pub(crate) fn find(
    user: &User,
    extensions: &[ExtensionEntry],
) -> Result<(Extension, BindingSource), Problem> {
    let named = user.extension.as_deref().map(str::trim).filter(|text| !text.is_empty());
    if let Some(entry) =
        named.and_then(|named| extensions.iter().find(|entry| entry.number.as_str() == named))
    {
        return Ok((entry.number.clone(), BindingSource::SalesforceExtension));
    }
    let email = address(&user.email);
    let mut same = extensions.iter().filter(|entry| {
        !email.is_empty() && entry.email.as_deref().is_some_and(|other| address(other) == email)
    });
    match (same.next(), same.next()) {
        (Some(only), None) => Ok((only.number.clone(), BindingSource::Email)),
        (Some(one), Some(other)) => Err(Problem::new(
            "binding.conflict",
            format!(
                "Two extensions, {} and {}, have your e-mail address.",
                one.number, other.number
            ),
            "Choose yours in the window or with `patchcord bind --extension NUMBER`.",
        )),
        (None, _) => Err(match named {
            Some(named) => Problem::new(
                "binding.none",
                format!(
                    "Your Salesforce user names extension {named}, which this PBX does not have, and no extension has your e-mail address."
                ),
                "Choose your extension in the window, or ask your Salesforce administrator to correct it.",
            ),
            None => crate::problems::nobody_bound(),
        }),
    }
}

/// E-mail addresses are compared without case and blanks; a sandbox appends `.invalid` to each.
/// Source: salesforce-api.md §8.2.
fn address(text: &str) -> String {
    let text = text.trim().to_lowercase();
    text.strip_suffix(".invalid").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use domain::RecordId;

    use super::*;

    fn user(extension: Option<&str>, email: &str) -> User {
        User {
            id: RecordId::parse("0055g00000BExam").unwrap(),
            name: "Mara Voss".to_owned(),
            username: "mara@example.com".to_owned(),
            email: email.to_owned(),
            extension: extension.map(str::to_owned),
            is_sandbox: false,
            org_name: String::new(),
        }
    }

    fn entry(number: &str, email: Option<&str>) -> ExtensionEntry {
        ExtensionEntry {
            number: Extension::new(number),
            name: String::new(),
            email: email.map(str::to_owned),
            any_phone_online: true,
        }
    }

    #[test]
    fn the_profile_goes_before_the_address_and_the_address_before_nothing() {
        let office = [entry("4101", Some("mara.voss@example.com")), entry("4102", None)];
        let found = |extension, email| {
            find(&user(extension, email), &office).map(|(ext, how)| (ext.to_string(), how))
        };
        assert_eq!(
            found(Some(" 4102 "), "mara.voss@example.com"),
            Ok(("4102".to_owned(), BindingSource::SalesforceExtension))
        );
        assert_eq!(
            found(None, " Mara.Voss@Example.com.invalid"),
            Ok(("4101".to_owned(), BindingSource::Email))
        );
        assert_eq!(
            found(Some("9999"), "mara.voss@example.com"),
            Ok(("4101".to_owned(), BindingSource::Email))
        );
        assert_eq!(found(None, "nobody@example.com").unwrap_err().code, "binding.none");
        assert_eq!(found(None, "").unwrap_err().code, "binding.none");
    }
}
