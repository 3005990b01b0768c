//! What each code of the PBX, each error of Salesforce's token endpoint and each refusal of its REST API becomes: a
//! problem that says who must do what, and no retry storm.
//!
//! Source: yeastar-open-api.md §2 (the codes in bold), salesforce-api.md §2.6 and §13 (401 and 403).

#[path = "codes/failing.rs"]
mod failing;
#[path = "codes/gone.rs"]
mod gone;
#[path = "codes/pbx.rs"]
mod pbx;
#[path = "codes/rest.rs"]
mod rest;
#[path = "codes/token.rs"]
mod token;
