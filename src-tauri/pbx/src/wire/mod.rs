//! The PBX's JSON. Its shapes and spellings end here; what leaves is `domain`'s.

pub(crate) mod answer;
pub(crate) mod clock;
pub(crate) mod contact;
pub(crate) mod event;
pub(crate) mod lenient;
pub(crate) mod record;

#[cfg(test)]
mod tests;
