//! The question that a locked store puts to a person: whether it was turned away, and whether the store is open.

use keyring_core::Error;

/// Says whether a person closed the question. Any other failure may pass by itself.
#[cfg(target_os = "linux")]
pub(super) fn was_turned_away(error: &Error) -> bool {
    let Error::NoStorageAccess(cause) = error else { return false };
    matches!(cause.downcast_ref(), Some(secret_service::Error::Prompt))
}

/// The keychain's names: `errSecUserCanceled`, and `errSecAuthFailed` after too many wrong passwords or a "Deny".
/// Source: Apple, Security framework, SecBase.h.
#[cfg(target_os = "macos")]
pub(super) fn was_turned_away(error: &Error) -> bool {
    let (Error::PlatformFailure(cause) | Error::NoStorageAccess(cause)) = error else {
        return false;
    };
    let code = cause.downcast_ref().map(|cause: &security_framework::base::Error| cause.code());
    matches!(code, Some(-128 | -25293))
}

/// Windows' store is open while its user is logged in, and asks nothing.
#[cfg(windows)]
pub(super) fn was_turned_away(_error: &Error) -> bool {
    false
}

/// Says whether the store is unlocked. Asks nobody.
#[cfg(target_os = "linux")]
pub(super) fn is_open() -> bool {
    use secret_service::{EncryptionType, blocking::SecretService};
    let looked = || -> Result<bool, secret_service::Error> {
        let service = SecretService::connect(EncryptionType::Plain)?;
        Ok(!service.get_default_collection()?.is_locked()?)
    };
    looked().unwrap_or(false)
}

/// The keychain cannot be looked at in this way; who turned it away is asked at the next start.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_open() -> bool {
    false
}
