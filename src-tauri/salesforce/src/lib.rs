//! Salesforce's REST API and sign-in.
//!
//! | module | what it answers |
//! |---|---|
//! | [`app`] | where does somebody sign in, and as which registered app? |
//! | [`consumer_key`] | is this the key of an app? |
//! | [`sign_in`] | how does a browser's consent become a [`Grant`]? |
//! | [`session`] | how is a request made in the user's name, and kept possible? |
//! | [`describe`] | what does this user see of an object? |
//! | [`search`] | whose number is this? |
//! | [`export`] | which records have numbers at all, and which have changed? |
//! | [`bulk`] | how are very many of them fetched? |
//! | [`create`] | how does a caller whom no record has become one? |
//! | [`journal`] | how does a call become a Task, once? |
//! | [`collection`] | how do many, with one request? |
//! | [`tasks`] | which Tasks carry the key of a call, and whose are they? |
//! | [`update`] | how does its Task say something else? |
//! | [`hand_edits`] | what of a Task did people change by hand? |
//! | [`follow_up`] | how does a call leave an open Task behind, once? |
//! | [`related`] | which opportunities and cases are open? |
//! | [`people`] | who is signed in? |
//! | [`survey`] | is the org set up as it should be? |
//! | [`team`] | who else works in the org, with which extension? |
//! | [`instance`] | which host is the org's, and which pages of it are opened? |
//!
//! Salesforce's own shapes end in the private module `wire`. What becomes of an error is decided by the caller, who
//! asks [`Error::retry`]: nothing in here repeats a request, but for the one replay after a renewed access token.
//!
//! Source of the facts: salesforce-api.md, by section.

pub mod app;
pub mod bulk;
pub mod collection;
pub mod consumer_key;
pub mod create;
pub mod describe;
mod error;
pub mod export;
pub mod follow_up;
mod hand_edits;
mod http;
pub mod instance;
pub mod journal;
mod mend;
pub mod people;
mod refusal;
pub mod related;
pub mod search;
pub mod session;
pub mod sign_in;
pub mod survey;
pub mod tasks;
pub mod team;
mod text;
mod token;
pub mod unread;
pub mod update;
pub mod vault;
mod wire;

pub use app::{App, Login, LoginError, Timeouts};
pub use bulk::{BulkRows, BulkState};
pub use collection::CALLS;
pub use consumer_key::KeyError;
pub use create::TakenBack;
pub use describe::{Description, Field};
pub use error::{Cause, Error, Retry, SignedOutReason};
pub use export::Page;
pub use follow_up::FollowUpTask;
pub use instance::Instance;
pub use journal::{LeftOut, Logged};
pub use people::User;
pub use related::OpenMatter;
pub use search::{Found, SearchTerms};
pub use session::{Session, Usage};
pub use sign_in::{Expected, Grant, SignIn, error_page};
pub use survey::{ActivitySharing, RecentTask};
pub use tasks::{KEYS, KeyedTask};
pub use team::{FieldAccess, Team, Teammate};
pub use unread::Unread;
pub use update::Updated;
pub use vault::{Kept, Vault, VaultError};

/// The version of the REST API that is spoken. Offered from Winter '25 on. Source: salesforce-api.md §1.2.
pub const API_VERSION: &str = "62.0";
