//! Secrets between their owners in `pbx` and `salesforce` and the desk's secret store.
//!
//! An entry of the store may be older than the settings, or another installation's: restored from a backup, say. And the
//! settings are files, which other programs of the same user can write: an address in them is a wish, and no leave to send
//! a secret there. So each entry carries what it was given for, and is shown to nobody else.
//! docs/decisions/0006-secrets-and-origins.md tells why it is so.
//!
//! | module | what it keeps |
//! |---|---|
//! | `pbx_secret` | the PBX's client secret, with the PBX that it was given for; what a policy may move |
//! | `pbx_tokens` | the PBX's tokens |
//! | `sign_in` | Salesforce's refresh token, with the address at which it was granted |
//! | `forgetting` | nothing: what a person has given up, until the store opens and forgets it too |

mod forgetting;
mod pbx_secret;
mod pbx_tokens;
mod sign_in;

use sha2::{Digest as _, Sha256};

pub(crate) use self::{
    forgetting::Forgetting,
    pbx_secret::{Change, Found, Given, Kept, NoSecret, Origin, PbxPlace, found},
    pbx_tokens::PbxVault,
    sign_in::SalesforceVault,
};

/// Names some texts in 64 hexadecimal digits.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
