//! From a number to the records that have it, for everybody who asks: live calls, the outbox, creation, choices, links and
//! the dry run.
//!
//! What the contact index knows is joined with what Salesforce finds; `domain::holders` says how. A spelling that may mean
//! several numbers is looked up under all of them at once: the first that a record has decides.

use domain::{
    DialPlan, Matches, Object, OrgId, PhoneNumber, Record, RecordId, UserId,
    holders::{Next, Reach, Told},
    number::Meant,
};
use salesforce::{Found, SearchTerms, Session};
use store::{Owner, Store};

use crate::controller::owner_of;

/// Where a look-up begins, in the words that people read.
pub(crate) const LOCAL: &str = "local index";

/// So many records that a search has missed are asked for themselves; what is known of more counts as it is.
const ASKED_THEMSELVES: usize = 5;

/// Who has a number.
#[derive(Clone, Debug)]
pub(crate) struct Looked {
    /// The records that really have the number, ranked.
    pub matches: Matches,
    /// Where it was looked, and how many were found there.
    pub searched: Vec<(&'static str, usize)>,
    /// Records as Salesforce has them now, to be kept.
    pub records: Vec<Record>,
    /// Records that it does not have any more, or not for this user, to be forgotten.
    pub gone: Vec<RecordId>,
}

impl Looked {
    /// What was looked for nowhere.
    pub(crate) fn nobody() -> Self {
        let matches = Matches::default();
        Self { matches, searched: Vec::new(), records: Vec::new(), gone: Vec::new() }
    }

    /// Takes what needs no word of Salesforce.
    pub(crate) fn known(matches: Matches) -> Self {
        Self { searched: vec![(LOCAL, matches.holders())], matches, ..Self::nobody() }
    }
}

/// Where a number is looked up, and by which habits it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lookup<'a> {
    pub store: &'a Store,
    pub session: &'a Session,
    pub plan: &'a DialPlan,
}

impl Lookup<'_> {
    /// Says who has a number: whom the index knows, where it is whole, else joined with what Salesforce finds.
    ///
    /// Where Salesforce's answer cannot be read and nothing else brings anybody, that is an error
    /// ([`is_unreadable`](salesforce::Error::is_unreadable)): nobody knows whether the number has a record.
    ///
    /// # Errors
    ///
    /// Those of a request, where one is needed.
    pub(crate) async fn who_has(&self, meant: &Meant) -> Result<Looked, salesforce::Error> {
        let known = self.known(meant);
        match self.reach().await.next(!known.is_empty()) {
            Next::Ask => self.at_salesforce(meant).await,
            Next::AnswerThenAsk | Next::Answer => Ok(self.known_here(meant).await),
        }
    }

    /// Says who is known to have a number, without a request.
    pub(crate) async fn known_here(&self, meant: &Meant) -> Looked {
        let chosen = self.chosen(meant).await;
        Looked::known(self.ranked(self.known(meant), meant, &chosen, LOCAL))
    }

    /// Asks Salesforce, and joins what it says with what is known here: the search index first; where nobody has the number
    /// then, the records themselves, which see a contact that was made a moment ago. What comes back is compared here,
    /// number by number.
    ///
    /// # Errors
    ///
    /// As with [`Self::who_has`].
    pub(crate) async fn at_salesforce(&self, meant: &Meant) -> Result<Looked, salesforce::Error> {
        let known = self.known(meant);
        let terms = SearchTerms {
            digits: meant.all().flat_map(|number| self.plan.search_variants(number)).collect(),
            exact: self.exact_variants(meant),
        };
        // Which record was chosen before is asked for at the same time: the journal may be waiting for the disk.
        let asked = self.session.search_index(&terms.digits);
        let (found, chosen) = tokio::join!(asked, self.chosen(meant));
        // What the search has cannot be read: the records themselves may be.
        let (found, unreadable) = match found {
            Err(error) if error.is_unreadable() => (Found::none("Salesforce search"), Some(error)),
            other => (other?, None),
        };
        let mut answer = Answer::begin(self, meant, known, chosen);
        answer.takes(found);
        answer.asks_those_in_doubt().await;
        if answer.is_nobody() {
            answer.takes(self.session.query_exact(&terms.exact).await?);
            if let Some(error) = unreadable.filter(|_| answer.is_nobody()) {
                return Err(error);
            }
        }
        Ok(answer.looked())
    }

    /// Asks once more for people who have a number that no record had a moment ago: the agent may have filled in the form
    /// while they spoke. With one request, or none where the index knows somebody by now.
    ///
    /// # Errors
    ///
    /// Those of a request.
    pub(crate) async fn made_meanwhile(&self, meant: &Meant) -> Result<Looked, salesforce::Error> {
        let known = self.known(meant);
        if self.reach().await.next(!known.is_empty()) != Next::Ask {
            return Ok(self.known_here(meant).await);
        }
        let people = [Object::Contact, Object::Lead];
        let exact = self.exact_variants(meant);
        let found = match self.session.query_exact_of(&exact, &people).await {
            Err(error) if error.is_unreadable() => Found::none("Salesforce query"),
            found => found?,
        };
        let chosen = self.chosen(meant).await;
        let mut answer = Answer::begin(self, meant, known, chosen);
        answer.takes(found);
        Ok(answer.looked())
    }

    /// Says how far the index can be relied on, as it is on disk.
    async fn reach(&self) -> Reach {
        let index = self.store.index(&self.owner()).await;
        let whole = index.is_ok_and(|index| index.completed.is_some());
        if whole { Reach::Whole } else { Reach::Partial }
    }

    /// Returns the records on disk that have one of the numbers.
    fn known(&self, meant: &Meant) -> Vec<Record> {
        known(self.store, &self.owner(), meant).unwrap_or_else(|error| {
            tracing::warn!(%error, "the contact index could not be read");
            Vec::new()
        })
    }

    async fn chosen(&self, meant: &Meant) -> Chosen {
        chosen(self.store, &self.session.org(), meant).await
    }

    fn exact_variants(&self, meant: &Meant) -> Vec<String> {
        meant.all().flat_map(|number| self.plan.exact_variants(number)).collect()
    }

    fn owner(&self) -> Owner {
        owner_of(self.session)
    }

    fn ranked(&self, records: Vec<Record>, meant: &Meant, chosen: &Chosen, place: &str) -> Matches {
        rank(records, meant, self.plan, Some(&self.session.user_id()), chosen, place)
    }
}

/// The records that were chosen before, each with its number.
pub(crate) type Chosen = Vec<(PhoneNumber, RecordId)>;

/// Returns what was chosen before for the numbers.
pub(crate) async fn chosen(store: &Store, org: &OrgId, meant: &Meant) -> Chosen {
    let mut chosen = Chosen::new();
    for number in meant.all() {
        if let Ok(Some(record)) = store.choice(org, number).await {
            chosen.push((number.clone(), record));
        }
    }
    chosen
}

/// Returns the records on disk that have one of the numbers. Takes microseconds and waits for nothing.
///
/// # Errors
///
/// Those of a read.
pub(crate) fn known(store: &Store, owner: &Owner, meant: &Meant) -> store::Result<Vec<Record>> {
    let mut known = Vec::new();
    for number in meant.all() {
        known.extend(store.find_now(owner, number)?);
    }
    Ok(known)
}

/// An answer that comes together bit by bit.
struct Answer<'a> {
    lookup: &'a Lookup<'a>,
    meant: &'a Meant,
    known: Vec<Record>,
    chosen: Chosen,
    told: Told,
    /// Where it was looked at Salesforce last, and what was found at all places.
    place: &'static str,
    found: Vec<RecordId>,
    searched: Vec<(&'static str, usize)>,
}

impl<'a> Answer<'a> {
    fn begin(lookup: &'a Lookup<'a>, meant: &'a Meant, known: Vec<Record>, chosen: Chosen) -> Self {
        let here = lookup.ranked(known.clone(), meant, &Chosen::new(), LOCAL).holders();
        Self {
            lookup,
            meant,
            known,
            chosen,
            told: Told::default(),
            place: LOCAL,
            found: Vec::new(),
            searched: vec![(LOCAL, here)],
        }
    }

    /// Takes what Salesforce has found.
    fn takes(&mut self, found: Found) {
        let Found { records, where_ } = found;
        let ranked = self.lookup.ranked(records.clone(), self.meant, &Chosen::new(), where_);
        let holders = ranked.holders();
        self.searched.push((where_, holders));
        self.place = where_;
        self.found.extend(records.iter().map(|record| record.id.clone()));
        self.told.records.extend(records);
    }

    /// Asks for known records that no search has shown: only they themselves can say that they have another number now.
    async fn asks_those_in_doubt(&mut self) {
        let silent = |record: &&Record| self.told.is_silent_on(&record.id);
        let in_doubt: Vec<(Object, RecordId)> = self
            .known
            .iter()
            .filter(silent)
            .take(ASKED_THEMSELVES)
            .map(|record| (record.object, record.id.clone()))
            .collect();
        for (object, id) in in_doubt {
            match self.lookup.session.record(object, &id).await {
                Ok(Some(record)) => self.told.records.push(record),
                Ok(None) => self.told.gone.push(id),
                Err(error) => {
                    tracing::info!(%error, "a known record could not be asked for; it counts as it is");
                    return;
                }
            }
        }
    }

    fn is_nobody(&self) -> bool {
        self.matches(LOCAL).candidates.is_empty()
    }

    fn matches(&self, place: &str) -> Matches {
        let records = self.told.joined_with(&self.known);
        self.lookup.ranked(records, self.meant, &self.chosen, place)
    }

    fn looked(self) -> Looked {
        let mut matches = self.matches(self.place);
        let records = matches.records();
        let was_found = |record: &&Record| self.found.contains(&record.id);
        let by_salesforce = records.iter().filter(was_found).count();
        if by_salesforce < records.len() {
            matches.found_in = match by_salesforce {
                0 => LOCAL.to_owned(),
                _ => format!("{LOCAL} and {}", self.place),
            };
        }
        // What else the search has brought has other numbers, and is no news.
        let is_news = |record: &Record| {
            [&records, &self.known].into_iter().flatten().any(|known| known.id == record.id)
        };
        let Told { records: told, gone } = self.told;
        Looked {
            searched: self.searched,
            records: told.into_iter().filter(|record| is_news(record)).collect(),
            gone,
            matches,
        }
    }
}

/// Ranks records by the rules of the domain; texts in them are read by the dial plan. The first number that a record has
/// decides.
pub(crate) fn rank(
    records: Vec<Record>,
    meant: &Meant,
    plan: &DialPlan,
    me: Option<&UserId>,
    chosen: &Chosen,
    found_in: &str,
) -> Matches {
    let by = |number: &PhoneNumber, records: Vec<Record>| {
        let remembered = chosen.iter().find(|(of, _)| of == number).map(|(_, id)| id.clone());
        let matches = Matches::rank(records, number, plan, me, remembered, found_in);
        Matches { others: meant.but(number), ..matches }
    };
    let somebody = |number: &PhoneNumber| {
        Some(by(number, records.clone())).filter(|matches| !matches.candidates.is_empty())
    };
    let decided = meant.all().find_map(somebody);
    decided.unwrap_or_else(|| by(meant.likeliest(), Vec::new()))
}

/// Says in words what decided.
pub(crate) fn why(matches: &Matches) -> String {
    let place = &matches.found_in;
    let others: Vec<&str> = matches.others.iter().map(PhoneNumber::e164).collect();
    let decided = match matches.candidates.as_slice() {
        [] if others.is_empty() => format!("no record has this number ({place})"),
        [] => format!("no record has this number, nor {} ({place})", others.join(", ")),
        [only] => format!("matched {}.{} exactly ({place})", only.record.object, only.field),
        [first, ..] if matches.remembered.as_ref() == Some(&first.record.id) => {
            format!("chosen before for this number, of {} ({place})", matches.holders())
        }
        _ => format!("{} records have this number ({place})", matches.holders()),
    };
    match matches.decided() {
        Some(number) => {
            format!("{decided}; read as {}, not {}", number.e164(), others.join(", "))
        }
        None => decided,
    }
}
