//! A team in an office as it is: two computers of one person, colleagues who do not see each other's records, people
//! who may not delete, slow answers and a search that lags.

#[path = "team_office/computers.rs"]
mod computers;
#[path = "team_office/rights.rs"]
mod rights;
#[path = "team_office/sharing.rs"]
mod sharing;
#[path = "team_office/two_computers.rs"]
mod two_computers;
