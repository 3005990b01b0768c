//! What Salesforce has for the phonebook: all of it once a day, and only what has changed in between.
//!
//! ```text
//!  whole ──all is in order──► baseline ──a while──► what has changed since ──all is in order──► baseline
//!    ▲                           │
//!    └── a day, other settings, another desktop's claim, a contact that somebody changed on the PBX
//! ```
//!
//! The baseline is kept in memory alone: after a start all is read once, and nothing that a kill could leave half-done
//! is trusted.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use domain::{
    DialPlan, Object, RecordId, Timestamp,
    sync::{Coverage, Entry, Plan, Skip, Standing, Trace, Whose, standing, whose},
};

use super::run::{Run, Scope};
use crate::view::{Problem, SyncStep};

/// All records are read again after this: what a user may no longer see, or what was deleted for good, leaves no other
/// trace.
const WHOLE: Duration = Duration::from_secs(24 * 3_600);
/// Changes are asked for from so long before the last time: a long transaction shows late what it has changed.
const OVERLAP: Duration = Duration::from_secs(5 * 60);

/// What is known of Salesforce after a run that left nothing to do.
#[derive(Clone, Debug)]
pub(crate) struct Baseline {
    /// What it holds for: PBX, org, user, phonebook, and the settings by which records were read.
    of: String,
    /// When all records were read, by this computer's clock.
    whole: Timestamp,
    /// Up to when the changes of an object are known, by Salesforce's clock.
    until: HashMap<Object, Timestamp>,
    /// Records that have no place in the phonebook.
    skipped: HashMap<RecordId, Skip>,
    /// Records of another user, whose contacts stay.
    of_others: HashSet<RecordId>,
}

/// What Salesforce has for the phonebook.
pub(super) struct Wanted {
    pub(super) entries: Vec<Entry>,
    pub(super) coverage: Coverage,
    /// Records that have no place in the phonebook, those known from before included.
    pub(super) skipped: HashMap<RecordId, Skip>,
    /// Records that could not be read: their contacts stay as they are.
    pub(super) unread: HashSet<RecordId>,
    /// Records that could not be read, and do not say which they are.
    nameless: bool,
    /// When Salesforce answered first, object by object.
    until: HashMap<Object, Timestamp>,
    /// When all records were read.
    whole: Option<Timestamp>,
}

impl Run<'_> {
    /// Reads as much as is needed.
    pub(super) async fn read_salesforce(&mut self) -> Result<Wanted, Problem> {
        self.tell(SyncStep::ReadingSalesforce, 0, None);
        let read = match (self.scope.clone(), self.trusted()) {
            (Scope::Full, Some(baseline)) => self.read_changes(baseline).await,
            (Scope::Full, None) => self.read_all().await,
            (Scope::Known, _) => self.read_known().await,
            (Scope::Caller(object, record), _) => {
                let mut wanted = Wanted::some();
                self.read_some(object, &[record], &mut wanted).await.map(|()| wanted)
            }
        };
        read.map_err(|error| crate::problems::of_reading_records(&error))
    }

    /// Reads all records, whatever is known.
    pub(super) async fn read_whole(&mut self) -> Result<Wanted, Problem> {
        self.tell(SyncStep::ReadingSalesforce, 0, None);
        self.read_all().await.map_err(|error| crate::problems::of_reading_records(&error))
    }

    /// Returns what is known, where the changes since are enough. A person who asks for a run wants certainty.
    fn trusted(&self) -> Option<Baseline> {
        let baseline = self.worker.baseline.clone()?;
        let age = self.now().since(baseline.whole);
        let claim = standing(&self.shelf.claims, &self.me, self.now());
        let trusted = !self.wish.asked_for
            && baseline.of == self.names()
            && self.now() >= baseline.whole
            && age < WHOLE
            && self.objects().iter().all(|object| baseline.until.contains_key(object))
            && matches!(claim, Standing::Mine { .. })
            && self.pbx_is_as_left(&baseline.of_others);
        trusted.then_some(baseline)
    }

    /// Says whether each contact of ours on the PBX looks as it did when it was last in order, and none is missing. Those
    /// of others are not looked at.
    fn pbx_is_as_left(&self, of_others: &HashSet<RecordId>) -> bool {
        let book = self.shelf.book();
        let mut met = HashSet::new();
        for contact in &self.listed {
            match whose(contact, book) {
                Whose::Theirs => {}
                Whose::Leaving => return false,
                Whose::Ours(record) if of_others.contains(&record) => {}
                Whose::Ours(record) => {
                    let seen = self.traces.get(&record).map(|trace: &Trace| trace.seen);
                    if seen != Some(contact.fingerprint()) || !met.insert(record) {
                        return false;
                    }
                }
            }
        }
        met.len() == self.traces.len()
    }

    /// What a baseline holds for.
    fn names(&self) -> String {
        let objects: Vec<&str> = self.objects().iter().map(|object| object.api_name()).collect();
        format!("{} {} {:?}", self.memory, objects.join("+"), self.dial_plan)
    }

    /// Returns what is known now, where the run has left nothing to do.
    pub(super) fn baseline(&self, wanted: &Wanted, last: &Plan) -> Option<Baseline> {
        let whole = wanted.whole?;
        let settled = matches!(self.scope, Scope::Full)
            && last.writes() == 0
            && last.misfits.is_empty()
            && self.written.settled();
        settled.then(|| Baseline {
            of: self.names(),
            whole,
            until: wanted.until.clone(),
            skipped: wanted.skipped.clone(),
            of_others: self.of_others(last),
        })
    }

    /// Returns the records whose contacts stay because another user may see them.
    fn of_others(&self, last: &Plan) -> HashSet<RecordId> {
        let kept: HashSet<&RecordId> = last.keep.iter().map(|(record, _)| record).collect();
        let book = self.shelf.book();
        let ours = self.listed.iter().filter_map(|contact| match whose(contact, book) {
            Whose::Ours(record) => Some(record),
            Whose::Leaving | Whose::Theirs => None,
        });
        ours.filter(|it| !self.traces.contains_key(it) && !kept.contains(it)).collect()
    }

    async fn read_all(&mut self) -> Result<Wanted, salesforce::Error> {
        let mut wanted = Wanted { whole: Some(self.now()), ..Wanted::some() };
        wanted.coverage = Coverage::Whole;
        for object in self.objects() {
            let mut after = None;
            loop {
                let page = self.session.everybody(object, after.as_ref()).await?;
                after.clone_from(&page.next);
                wanted.answered(object, page.answered);
                wanted.add(page, &self.dial_plan);
                let read = wanted.entries.len() + wanted.skipped.len();
                self.tell(SyncStep::ReadingSalesforce, read, None);
                if after.is_none() {
                    break;
                }
                // Reading thousands of numbers takes a while; others have work as well.
                tokio::task::yield_now().await;
            }
        }
        if wanted.nameless {
            // Whose contact would be deleted is not known.
            wanted.coverage = Coverage::Part { gone: HashSet::new() };
        }
        Ok(wanted)
    }

    /// Reads what has changed since the baseline: one request for each object, where that is not much.
    async fn read_changes(&mut self, known: Baseline) -> Result<Wanted, salesforce::Error> {
        let mut wanted =
            Wanted { whole: Some(known.whole), skipped: known.skipped, ..Wanted::some() };
        let mut gone = HashSet::new();
        for object in self.objects() {
            let since = known.until.get(&object).copied().unwrap_or_default().minus(OVERLAP);
            let mut after = None;
            loop {
                let page = self.session.changed_since(object, since, after.as_ref()).await?;
                after.clone_from(&page.next);
                wanted.answered(object, page.answered);
                for id in page.gone.iter().chain(page.records.iter().map(|record| &record.id)) {
                    wanted.skipped.remove(id);
                }
                gone.extend(page.gone.iter().cloned());
                wanted.add(page, &self.dial_plan);
                if after.is_none() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        // A record without a number that can be dialled is in the phonebook no longer, either.
        gone.extend(wanted.skipped.keys().cloned());
        wanted.coverage = Coverage::Part { gone };
        Ok(wanted)
    }

    async fn read_known(&mut self) -> Result<Wanted, salesforce::Error> {
        let mut wanted = Wanted::some();
        for object in self.objects() {
            let known: Vec<RecordId> = self
                .listed
                .iter()
                .filter_map(|contact| match whose(contact, self.shelf.book()) {
                    Whose::Ours(record) => Some(record),
                    Whose::Leaving | Whose::Theirs => None,
                })
                .filter(|record| record.prefix() == object.key_prefix())
                .collect();
            self.read_some(object, &known, &mut wanted).await?;
        }
        Ok(wanted)
    }

    async fn read_some(
        &self,
        object: Object,
        records: &[RecordId],
        wanted: &mut Wanted,
    ) -> Result<(), salesforce::Error> {
        let page = self.session.these(object, records).await?;
        wanted.add(page, &self.dial_plan);
        Ok(())
    }
}

impl Wanted {
    /// Some records, as yet none.
    fn some() -> Self {
        Self {
            entries: Vec::new(),
            coverage: Coverage::Part { gone: HashSet::new() },
            skipped: HashMap::new(),
            unread: HashSet::new(),
            nameless: false,
            until: HashMap::new(),
            whole: None,
        }
    }

    fn answered(&mut self, object: Object, at: Option<Timestamp>) {
        if let Some(at) = at {
            self.until.entry(object).or_insert(at);
        }
    }

    fn add(&mut self, page: salesforce::Page, plan: &DialPlan) {
        for record in page.records {
            match Entry::of(&record, plan) {
                Ok(entry) => self.entries.push(entry),
                Err(skip) => drop(self.skipped.insert(record.id, skip)),
            }
        }
        for row in page.unread {
            match RecordId::parse(&row.id) {
                Some(id) => drop(self.unread.insert(id)),
                None => self.nameless = true,
            }
        }
        self.skipped.extend(page.numberless.into_iter().map(|id| (id, Skip::NoNumber)));
    }
}
