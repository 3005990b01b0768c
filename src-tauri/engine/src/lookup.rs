//! From a number to the records that have it: what is known locally, then Salesforce's search, then its records.

use domain::{DialPlan, Matches, PhoneNumber, Record, RecordId, UserId};
use salesforce::{SearchTerms, Session};

/// Where a look-up begins, in the words that people read.
pub(crate) const LOCAL: &str = "local index";

/// What a lookup at Salesforce brought.
#[derive(Clone, Debug)]
pub(crate) struct Looked {
    /// The records that really have the number, ranked.
    pub matches: Matches,
    /// Where it was looked, and how many were found there.
    pub searched: Vec<(&'static str, usize)>,
    /// All records that have the number, to be kept.
    pub records: Vec<Record>,
}

/// Asks Salesforce: the search index first; where that has nothing, the records themselves, which see a contact that
/// was made a moment ago. What comes back is compared here, number by number.
///
/// Where an answer cannot be read and the others bring nothing, that is an error
/// ([`is_unreadable`](salesforce::Error::is_unreadable)): nobody knows whether the number has a record.
///
/// Which record was chosen before is asked for at the same time: the journal may be waiting for the disk.
pub(crate) async fn at_salesforce(
    session: &Session,
    plan: &DialPlan,
    number: &PhoneNumber,
    remembered: impl Future<Output = Option<RecordId>>,
) -> Result<Looked, salesforce::Error> {
    let me = session.user_id();
    let terms =
        SearchTerms { digits: plan.search_variants(number), exact: plan.exact_variants(number) };
    let mut searched = Vec::new();
    let (found, remembered) = tokio::join!(session.search_index(&terms.digits), remembered);
    // What the search has cannot be read: the records themselves may be.
    let (found, unreadable) = match found {
        Err(error) if error.is_unreadable() => (None, Some(error)),
        other => (Some(other?), None),
    };
    let found = found.unwrap_or_else(|| salesforce::Found::none("Salesforce search"));
    let mut matches =
        rank(found.records, number, plan, Some(&me), remembered.clone(), found.where_);
    searched.push((found.where_, matches.candidates.len()));
    if matches.candidates.is_empty() {
        let found = session.query_exact(&terms.exact).await?;
        matches = rank(found.records, number, plan, Some(&me), remembered, found.where_);
        searched.push((found.where_, matches.candidates.len()));
        if let Some(error) = unreadable.filter(|_| matches.candidates.is_empty()) {
            return Err(error);
        }
    }
    let records = matches.candidates.iter().map(|candidate| candidate.record.clone()).collect();
    Ok(Looked { matches, searched, records })
}

/// Ranks records by the rules of the domain; texts in them are read by the dial plan.
pub(crate) fn rank(
    records: Vec<Record>,
    number: &PhoneNumber,
    plan: &DialPlan,
    me: Option<&UserId>,
    remembered: Option<RecordId>,
    found_in: &str,
) -> Matches {
    // A field may hold several numbers.
    let read =
        |text: &str| plan.numbers(text).into_iter().map(|it| it.number).find(|it| it == number);
    Matches::rank(records, number, read, me, remembered, found_in)
}

/// Says in words what decided.
pub(crate) fn why(matches: &Matches) -> String {
    match matches.candidates.as_slice() {
        [] => format!("no record has this number ({})", matches.found_in),
        [only] => {
            format!("matched {}.{} exactly ({})", only.record.object, only.field, matches.found_in)
        }
        [first, ..] if matches.remembered.as_ref() == Some(&first.record.id) => {
            format!(
                "chosen before for this number, of {} ({})",
                matches.candidates.len(),
                matches.found_in
            )
        }
        several => format!("{} records have this number ({})", several.len(), matches.found_in),
    }
}
