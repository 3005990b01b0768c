//! Signing in to Salesforce, staying signed in, and being signed out: no entry is lost on the way.
//!
//! The rows D1–D3, D5–D8 and D11–D13 of faults.md, and H4.

#[path = "sign_in/ended.rs"]
mod ended;
#[path = "sign_in/first.rs"]
mod first;
#[path = "sign_in/others.rs"]
mod others;
#[path = "sign_in/renewal.rs"]
mod renewal;
