//! Settings while the program runs: the administrator's policy, the page of settings, the switch.

#[path = "settings/addresses.rs"]
mod addresses;
#[path = "settings/country.rs"]
mod country;
#[path = "settings/histories.rs"]
mod histories;
#[path = "settings/page.rs"]
mod page;
#[path = "settings/policy.rs"]
mod policy;
#[path = "settings/stretches.rs"]
mod stretches;
#[path = "settings/switch.rs"]
mod switch;
