//! Which extension is the signed-in user's, in words: the rules are `domain::binding`'s.

use domain::{
    Extension,
    binding::{Claim, Member},
};
use pbx::ExtensionEntry;
use salesforce::User;

use crate::{
    team,
    view::{BindingSource, Problem},
};

/// Finds the user's extension among the PBX's. Never guesses.
///
/// # Errors
///
/// Says why there is none, and who can change it.
pub(crate) fn find(
    user: &User,
    extensions: &[ExtensionEntry],
) -> Result<(Extension, BindingSource), Problem> {
    let member = Member {
        id: user.id.clone(),
        email: user.email.clone(),
        extension: user.extension.clone(),
        active: true,
    };
    match team::directory(extensions).claim(&member) {
        Claim::Named(extension) => Ok((extension, BindingSource::SalesforceExtension)),
        Claim::Mailed { extension, gone: _ } => Ok((extension, BindingSource::Email)),
        Claim::Several { extensions, gone: _ } => {
            let numbers: Vec<_> = extensions.iter().map(Extension::as_str).collect();
            Err(Problem::new(
                "binding.conflict",
                format!("Several extensions have your e-mail address: {}.", numbers.join(", ")),
                "Choose yours in the window or with `patchcord bind --extension NUMBER`.",
            ))
        }
        Claim::Nothing { gone: Some(named) } => Err(Problem::new(
            "binding.none",
            format!(
                "Your Salesforce user names extension {named}, which this PBX does not have, and no extension has your e-mail address."
            ),
            "Choose your extension in the window, or ask your Salesforce administrator to correct it.",
        )),
        Claim::Nothing { gone: None } => Err(crate::problems::nobody_bound()),
    }
}
