//! What a round does: the pass over all records, and the changes since.

use std::time::Duration;

use domain::{DialPlan, Object, PhoneNumber, Record, RecordId, Timestamp};
use salesforce::{Page, Session, Unread};
use store::{IndexProgress, IndexState, Owner, PassEnd, PassStep};

use super::{Indexer, SECOND_LOOK, Stop, Wish, interval};
use crate::{controller::owner_of, usage};

/// Changes are asked for from so long before the last time: a long transaction shows late what it has changed.
const OVERLAP: Duration = Duration::from_secs(5 * 60);
/// Deleted records are told for 15 days; after less than that all records are looked at again.
/// Source: salesforce-api.md §9.
const FORGETTING: Duration = Duration::from_secs(14 * 24 * 3_600);
/// A pass that found suspiciously little is repeated after this.
const DOUBT: Duration = Duration::from_secs(3_600);
/// So many records are read and written at once.
const BATCH: usize = 2_000;

impl Indexer {
    /// Does what is due. Returns when there will be something to do again.
    pub(super) async fn round(
        &self,
        session: &Session,
        wish: Option<Wish>,
    ) -> Result<Duration, Stop> {
        let owner = owner_of(session);
        let plan = self.settings.borrow().dial_plan();
        let reading = reading(&plan);
        // What a clock that was ahead has written would count as fresh until it is reached.
        self.store.set_index_back(&owner, self.now()).await?;
        let state = self.store.index(&owner).await?;
        self.tell(&owner, &state, None).await;
        let known = state.completed.is_some() || state.pass_begun.is_some();
        let reread = known && state.reading != reading;
        if reread {
            self.read_again(&owner, &plan).await?;
        }
        if reread || wish == Some(Wish::SecondLook) || self.needs_pass(&state) {
            self.begin(session, &owner, &plan, reading).await?;
        }
        let state = self.store.index(&owner).await?;
        if state.pass_begun.is_some() {
            self.pass(session, &owner, &plan, &state).await?;
        } else {
            let age = state.checked.map(|at| self.now().since(at));
            let due = age.and_then(|age| interval().checked_sub(age));
            if let Some(rest) = due.filter(|_| wish != Some(Wish::Changes)) {
                return Ok(rest);
            }
            self.changes(session, &owner, &plan, &state).await?;
            self.store.set_checked(&owner, self.now()).await?;
        }
        let state = self.store.index(&owner).await?;
        self.tell(&owner, &state, None).await;
        Ok(interval())
    }

    fn needs_pass(&self, state: &IndexState) -> bool {
        if state.pass_begun.is_some() {
            return false;
        }
        let now = self.now();
        let past = |at: Option<Timestamp>, limit| at.is_none_or(|at| now.since(at) >= limit);
        let told = state.objects.iter().map(|one| one.changed_until).min().flatten();
        past(state.completed, SECOND_LOOK)
            || past(told, FORGETTING)
            || state.held.is_some_and(|at| now.since(at) >= DOUBT)
    }

    /// Begins a pass with its first page, whose answer says what time it is at Salesforce.
    async fn begin(
        &self,
        session: &Session,
        owner: &Owner,
        plan: &DialPlan,
        reading: String,
    ) -> Result<(), Stop> {
        allowed(session)?;
        let page = session.with_numbers(Object::Contact, None).await?;
        let begun = page.answered.unwrap_or_else(|| self.now());
        self.store.begin_pass(owner, begun, reading).await?;
        self.take(owner, plan, Object::Contact, page).await
    }

    /// Goes on with the pass under way, to its end.
    async fn pass(
        &self,
        session: &Session,
        owner: &Owner,
        plan: &DialPlan,
        begun: &IndexState,
    ) -> Result<(), Stop> {
        self.tidy_up(session, owner, &begun.objects).await?;
        for progress in begun.objects.iter().filter(|one| !one.ended) {
            self.fetch(session, owner, plan, progress, begun.completed.is_none()).await?;
        }
        if let Some(since) = begun.pass_begun {
            for object in Object::ALL {
                self.store.set_changed_until(owner, object, since).await?;
            }
        }
        if begun.completed.is_some() {
            // What has changed meanwhile is met before what was not met goes.
            let state = self.store.index(owner).await?;
            self.changes(session, owner, plan, &state).await?;
        }
        match self.store.end_pass(owner, self.now()).await? {
            PassEnd::Swept { removed } => tracing::info!(removed, "the contact index is whole"),
            PassEnd::Held { unmet } => {
                tracing::warn!(unmet, "far fewer records than before: kept until a second look");
            }
        }
        Ok(())
    }

    /// Fetches what is left of an object: page by page, and the first time in bulk where there are very many.
    async fn fetch(
        &self,
        session: &Session,
        owner: &Owner,
        plan: &DialPlan,
        progress: &IndexProgress,
        first: bool,
    ) -> Result<(), Stop> {
        let mut position = progress.position.clone();
        let mut progress = progress.clone();
        loop {
            if first && self.in_bulk(session, owner, plan, &progress).await? {
                return Ok(());
            }
            allowed(session)?;
            let page = session.with_numbers(progress.object, position.as_ref()).await?;
            position.clone_from(&page.next);
            self.take(owner, plan, progress.object, page).await?;
            if position.is_none() {
                return Ok(());
            }
            let state = self.store.index(owner).await?;
            self.tell(owner, &state, None).await;
            // The first page has said how many there are.
            let now = state.objects.into_iter().find(|one| one.object == progress.object);
            progress = now.unwrap_or(progress);
        }
    }

    /// Takes a page of the pass in.
    async fn take(
        &self,
        owner: &Owner,
        plan: &DialPlan,
        object: Object,
        page: Page,
    ) -> Result<(), Stop> {
        let step = PassStep {
            object,
            position: page.next,
            received: u64::try_from(page.records.len()).unwrap_or(u64::MAX),
            expected: page.expected,
        };
        let mut records = page.records;
        records.extend(self.known_of(owner, &page.unread).await?);
        let entries = read_all(records, plan.clone()).await;
        Ok(self.store.put_page(owner, entries, step).await?)
    }

    /// Returns what is known from before of records that cannot be read now: they are not gone.
    async fn known_of(&self, owner: &Owner, unread: &[Unread]) -> Result<Vec<Record>, Stop> {
        let mut known = Vec::new();
        for id in unread.iter().filter_map(|row| RecordId::parse(&row.id)) {
            known.extend(self.store.record(owner, &id).await?);
        }
        Ok(known)
    }

    /// Asks for the changes of all objects.
    async fn changes(
        &self,
        session: &Session,
        owner: &Owner,
        plan: &DialPlan,
        state: &IndexState,
    ) -> Result<(), Stop> {
        for progress in &state.objects {
            let known_until = progress.changed_until.or(state.completed).unwrap_or_default();
            let mut asked_at = None;
            let mut position = None;
            loop {
                allowed(session)?;
                let since = known_until.minus(OVERLAP);
                let page = session.changed_since(progress.object, since, position.as_ref()).await?;
                asked_at = asked_at.or(page.answered);
                position = page.next;
                let entries = read_all(page.records, plan.clone()).await;
                self.store.put_changes(owner, entries, page.gone).await?;
                if position.is_none() {
                    break;
                }
            }
            if let Some(until) = asked_at {
                self.store.set_changed_until(owner, progress.object, until).await?;
            }
        }
        Ok(())
    }

    /// Reads all numbers again by other habits, from what is on disk.
    async fn read_again(&self, owner: &Owner, plan: &DialPlan) -> Result<(), Stop> {
        let mut after = None;
        loop {
            let known = self.store.listed(owner, &Object::ALL, after, BATCH).await?;
            let Some((last, _)) = known.last() else { return Ok(()) };
            after = Some(last.id.clone());
            let records = known.into_iter().map(|(record, _)| record).collect();
            self.store.put_records(owner, read_all(records, plan.clone()).await).await?;
        }
    }
}

/// Refuses background work while the org's allowance is short.
pub(super) fn allowed(session: &Session) -> Result<(), Stop> {
    if usage::is_short(session) { Err(Stop::Allowance) } else { Ok(()) }
}

/// Reads the numbers of a page, away from the async threads: some thousand numbers take milliseconds.
pub(super) async fn read_all(
    records: Vec<Record>,
    plan: DialPlan,
) -> Vec<(Record, Vec<(PhoneNumber, String)>)> {
    let read = move || records.into_iter().map(|record| numbered(record, &plan)).collect();
    tokio::task::spawn_blocking(read).await.unwrap_or_default()
}

/// Returns a record with the numbers that its phone fields hold.
pub(crate) fn numbered(record: Record, plan: &DialPlan) -> (Record, Vec<(PhoneNumber, String)>) {
    let numbers = record.numbers(plan);
    (record, numbers)
}

/// Names the habits by which numbers are read, so that a change of them is noticed. The first figure counts the changes
/// of the reading itself.
fn reading(plan: &DialPlan) -> String {
    format!(
        "3 {} {} {} {:?}",
        plan.country.code(),
        plan.area_code,
        plan.international_prefix,
        plan.extension_digits
    )
}
