//! The PBX's phonebook shows the records of Salesforce, and nothing of anybody else is touched.
//!
//! The rows I4–I8, F10 and J16 of faults.md.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "contact_sync/book.rs"]
mod book;
#[path = "contact_sync/callers.rs"]
mod callers;
#[path = "contact_sync/changes.rs"]
mod changes;
#[path = "contact_sync/delta.rs"]
mod delta;
#[path = "contact_sync/many.rs"]
mod many;
#[path = "contact_sync/owners.rs"]
mod owners;
#[path = "contact_sync/trouble.rs"]
mod trouble;
#[path = "contact_sync/unread.rs"]
mod unread;
