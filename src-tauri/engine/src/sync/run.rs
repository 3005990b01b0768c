//! One run: read both sides, plan, ask where much would be deleted, write, and read again.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::atomic::Ordering,
    time::Duration,
};

use domain::{
    DialPlan, Object, RecordId, Timestamp,
    sync::{
        Claim, Coverage, Holder, Listed, Others, Plan, Sides, Skip, Trace, Whose, may_fill, plan,
        whose,
    },
};
use salesforce::Session;

use super::{
    Link, Wish, Worker,
    book::Shelf,
    object_of, object_words, problems,
    reading::{Baseline, Wanted},
    write::{Stop, Written},
};
use crate::{
    settings::Settings,
    view::{Problem, SkippedRecord, SyncCalls, SyncProgress, SyncReport, SyncStep},
};

/// A run reads again what it has written, and mends what is not as it should be, so often.
const ROUNDS: usize = 3;

/// Progress is told no more often.
const TOLD_EVERY: Duration = Duration::from_millis(200);

/// How much a run is about.
#[derive(Clone, Debug)]
pub(super) enum Scope {
    /// All records of the chosen objects.
    Full,
    /// The records that are in the phonebook already.
    Known,
    /// One record, which calls.
    Caller(Object, RecordId),
}

/// A run.
pub(super) struct Run<'a> {
    pub(super) worker: &'a Worker,
    pub(super) link: Link,
    pub(super) session: Session,
    pub(super) settings: Settings,
    pub(super) me: Holder,
    pub(super) shelf: Shelf,
    /// Our claim, once it is made sure of.
    pub(super) claim: Option<Claim>,
    pub(super) written: Written,
    pub(super) scope: Scope,
    pub(super) wish: Wish,
    pub(super) dial_plan: DialPlan,
    /// What the phonebook is remembered by.
    pub(super) memory: String,
    pub(super) traces: HashMap<RecordId, Trace>,
    pub(super) listed: Vec<Listed>,
    /// What is known of Salesforce once the run has left nothing to do.
    pub(super) baseline: Option<Baseline>,
    /// By the claims everything in the phonebook is this user's.
    all_is_ours: bool,
    /// Only what the phonebook has of the caller is read.
    narrow: bool,
    /// The most contacts that this model holds.
    most: Option<usize>,
    pbx_calls: u64,
    salesforce_calls: u64,
    /// What was told last, and when.
    told: (Option<SyncStep>, Duration),
}

impl<'a> Run<'a> {
    pub(super) fn new(
        worker: &'a Worker,
        link: Link,
        session: Session,
        settings: Settings,
        desktop: &str,
        scope: Scope,
        wish: Wish,
    ) -> Self {
        let extension = link.extension.as_ref().map_or("desk", |extension| extension.as_str());
        let memory = format!(
            "{} {} {} {}",
            link.serial,
            session.org(),
            session.user_id(),
            settings.contact_sync.phonebook
        );
        Self {
            worker,
            me: Holder::new(extension, desktop),
            dial_plan: settings.dial_plan(),
            salesforce_calls: session.usage().calls_made,
            link,
            session,
            settings,
            shelf: Shelf::default(),
            claim: None,
            written: Written::default(),
            scope,
            wish,
            memory,
            traces: HashMap::new(),
            listed: Vec::new(),
            baseline: None,
            all_is_ours: false,
            narrow: false,
            most: None,
            pbx_calls: 0,
            told: (None, Duration::ZERO),
        }
    }

    /// Runs. An error is something that keeps the whole run from being done; what was written until then stays.
    pub(super) async fn go(&mut self) -> Result<SyncReport, Problem> {
        let traces = self.worker.store.traces(&self.memory).await;
        self.traces = traces.map_err(|error| problems::store(&error))?;
        self.read_pbx().await?;
        self.check_book()?;
        self.all_is_ours = self.follows_the_same_user();
        let other = self.held_by_other();
        if let Some(holder) = other.as_ref().filter(|_| !self.wish.dry_run) {
            // Before Salesforce is asked for what another desktop has asked for already.
            self.say_who_holds(holder);
            return Err(problems::other_desktop(holder));
        }
        let mut wanted = self.read_salesforce().await?;
        let plan = self.plan(&wanted);
        if self.wish.dry_run {
            let deletion = plan.mass_deletion().map(problems::mass_deletion);
            let problem = other.as_ref().map(problems::other_desktop).or(deletion);
            let problem = problem.or_else(|| self.left_open(&plan));
            return Ok(self.report(&plan, &wanted, problem));
        }
        let outcome = self.mend(plan, &mut wanted).await;
        let kept = match &outcome {
            Ok((_, last)) => last.keep.as_slice(),
            Err(_) => &[],
        };
        self.baseline = outcome.as_ref().ok().and_then(|(_, last)| self.baseline(&wanted, last));
        let all = self.baseline.is_some() && wanted.coverage == Coverage::Whole;
        self.remember(kept, all).await;
        let (first, _) = outcome?;
        let problem = self.left_open(&first);
        Ok(self.report(&first, &wanted, problem))
    }

    /// Writes until the PBX shows what is wanted. Returns the first plan and the last, with which nothing is left to
    /// do.
    async fn mend(&mut self, plan: Plan, wanted: &mut Wanted) -> Result<(Plan, Plan), Problem> {
        let mut first = plan;
        self.may_delete(&first)?;
        if matches!(self.scope, Scope::Full) && self.hold().await? {
            self.read_pbx().await?;
            self.check_book()?;
            if wanted.coverage != Coverage::Whole {
                // Another desktop has been at work since this one knew everything.
                *wanted = self.read_whole().await?;
            }
            first = self.plan(wanted);
            self.may_delete(&first)?;
        }
        let mut plan = first.clone();
        let mut round = 0;
        while plan.writes() > 0 && round < ROUNDS {
            match self.carry_out(&plan).await {
                Ok(()) => round += 1,
                Err(Stop::PlanAgain(wait)) => self.rest(wait).await,
                Err(Stop::End(problem)) => return Err(problem),
            }
            self.read_pbx().await?;
            if matches!(self.scope, Scope::Full) {
                self.hold().await?;
            }
            self.accept();
            plan = self.plan(wanted);
            // What the PBX does not take is not tried a second time.
            plan.update.retain(|update| !self.written.refused.contains_key(&update.entry.record));
            plan.create.retain(|entry| !self.written.refused.contains_key(&entry.record));
            if self.written.full {
                plan.create.clear();
            }
        }
        Ok((first, plan))
    }

    pub(super) fn say_who_holds(&self, holder: &Holder) {
        self.worker.out.send_modify(|state| {
            state.held_by = Some(holder.extension().to_owned());
        });
    }

    pub(super) fn now(&self) -> Timestamp {
        self.worker.clock.now().wall
    }

    pub(super) fn phonebook(&self) -> &str {
        &self.settings.contact_sync.phonebook
    }

    /// Counts a request to the PBX.
    pub(super) fn count(&mut self) {
        self.pbx_calls += 1;
    }

    /// Tells how far it is, a few times a second.
    pub(super) fn tell(&mut self, step: SyncStep, done: usize, of: Option<usize>) {
        let now = self.worker.clock.now().steady;
        let (before, at) = self.told;
        if before == Some(step) && now < at + TOLD_EVERY {
            return;
        }
        self.told = (Some(step), now);
        let running = SyncProgress { step, done: done as u64, of: of.map(|of| of as u64) };
        self.worker.out.send_modify(|state| state.running = Some(running));
    }

    /// Returns how many contacts of ours the phonebook has; `before`: had when it was read last.
    pub(super) fn synced(&self, before: u64) -> u64 {
        if self.narrow {
            return before + self.written.created as u64;
        }
        let book = self.shelf.book();
        let ours = |listed: &&Listed| matches!(whose(listed, book), Whose::Ours(_));
        self.listed.iter().filter(ours).count() as u64
    }

    /// Reads what the PBX has: its model, its phonebooks, its contacts. Waits where it is too busy.
    async fn read_pbx(&mut self) -> Result<(), Problem> {
        while let Err(error) = self.read_pbx_once().await {
            let wait = self.patience(&error)?;
            self.rest(wait).await;
        }
        Ok(())
    }

    async fn read_pbx_once(&mut self) -> Result<(), pbx::Error> {
        self.tell(SyncStep::ReadingPbx, 0, None);
        if let Scope::Caller(_, record) = self.scope.clone()
            && self.read_of_caller(&record).await?
        {
            return Ok(());
        }
        if self.most.is_none() {
            self.count();
            let model = self.link.client.system_information().await?.model;
            self.most = holds(&model);
        }
        self.read_shelf().await?;
        self.listed = self.all_of(self.link.client.contacts()).await?;
        Ok(())
    }

    /// Reads what the phonebook has of a caller, however large it is. Says whether that is enough: where the phonebook is
    /// known to be ours, and the PBX's search finds what is there. Some firmware may not look at remarks, which name the
    /// records.
    async fn read_of_caller(&mut self, record: &RecordId) -> Result<bool, pbx::Error> {
        if self.worker.search_is_blind.load(Ordering::Relaxed) {
            return Ok(false);
        }
        if !self.narrow {
            self.read_shelf().await?;
            let ours = !self.shelf.claims.is_empty() || !self.traces.is_empty();
            if !ours && self.shelf.target.is_some() {
                return Ok(false);
            }
        }
        self.listed = match self.all_of(self.link.client.contacts_with(record.as_str())).await {
            // This firmware has no search at all.
            Err(pbx::Error::InterfaceMissing) => {
                self.worker.search_is_blind.store(true, Ordering::Relaxed);
                return Ok(false);
            }
            listed => listed?,
        };
        let book = self.shelf.book();
        let found = self.listed.iter().any(|it| whose(it, book) == Whose::Ours(record.clone()));
        let is_there = self.written.traces.contains_key(record);
        if !found && is_there {
            tracing::info!("the PBX's search does not find contacts by their remark");
            self.worker.search_is_blind.store(true, Ordering::Relaxed);
        }
        // One that was there and is not found was deleted by somebody, as a rule: only the whole list tells.
        self.narrow = found || !(is_there || self.traces.contains_key(record));
        Ok(self.narrow)
    }

    /// Returns the contacts of all pages.
    async fn all_of(&mut self, mut pages: pbx::Contacts) -> Result<Vec<Listed>, pbx::Error> {
        let (mut listed, mut known) = (Vec::new(), HashSet::new());
        loop {
            self.count();
            let Some(page) = pages.next().await? else { break };
            // Where somebody deletes meanwhile, a contact can be on two pages.
            listed.extend(page.into_iter().filter(|contact| known.insert(contact.id)));
            self.tell(SyncStep::ReadingPbx, listed.len(), None);
        }
        Ok(listed)
    }

    /// Refuses a phonebook that is not ours to fill.
    fn check_book(&self) -> Result<(), Problem> {
        let Some(book) = &self.shelf.target else { return Ok(()) };
        if book.everybody {
            return Err(problems::everybodys(&book.name));
        }
        let held = !self.shelf.claims.is_empty() || !self.traces.is_empty();
        if may_fill(&self.listed, book.id, held) {
            Ok(())
        } else {
            Err(problems::not_ours(&book.name))
        }
    }

    pub(super) fn objects(&self) -> Vec<Object> {
        let chosen = &self.settings.contact_sync.objects;
        let is_chosen = |object: &Object| chosen.iter().any(|name| object_of(*name) == *object);
        Object::ALL.into_iter().filter(is_chosen).collect()
    }

    fn plan(&self, wanted: &Wanted) -> Plan {
        let book = self.shelf.book();
        let stays = |contact: &&Listed| match whose(contact, book) {
            Whose::Ours(record) => wanted.unread.contains(&record),
            Whose::Leaving | Whose::Theirs => false,
        };
        let listed = if wanted.unread.is_empty() {
            Cow::Borrowed(self.listed.as_slice())
        } else {
            self.listed.iter().filter(|contact| !stays(contact)).cloned().collect()
        };
        plan(Sides {
            wanted: wanted.entries.clone(),
            coverage: wanted.coverage.clone(),
            listed: &listed,
            book: self.shelf.book(),
            most: self.most,
            traces: &self.traces,
            others: if self.wish.agreed || self.all_is_ours { Others::Go } else { Others::Stay },
        })
    }

    fn may_delete(&self, plan: &Plan) -> Result<(), Problem> {
        match plan.mass_deletion() {
            Some(count) if !self.wish.agreed => Err(problems::mass_deletion(count)),
            Some(_) | None => Ok(()),
        }
    }

    /// Takes it for the PBX's own way of keeping a text where it shows something else than what was just written.
    fn accept(&mut self) {
        let book = self.shelf.book();
        for contact in &self.listed {
            if let Whose::Ours(record) = whose(contact, book)
                && let Some(trace) = self.written.traces.get_mut(&record)
            {
                trace.seen = contact.fingerprint();
                self.traces.insert(record, *trace);
            }
        }
    }

    /// Keeps what was seen, to tell the PBX's changes from Salesforce's next time. `all`: there is nothing else of ours.
    async fn remember(&mut self, kept: &[(RecordId, Trace)], all: bool) {
        if all {
            let known: HashSet<&RecordId> = kept.iter().map(|(record, _)| record).collect();
            let stale = self.traces.keys().filter(|record| !known.contains(record)).cloned();
            self.written.deleted.extend(stale);
        }
        let news = kept.iter().filter(|(record, trace)| self.traces.get(record) != Some(trace));
        let mut known: Vec<(RecordId, Trace)> = news.cloned().collect();
        known.extend(self.written.traces.drain());
        let gone: Vec<RecordId> = self.written.deleted.drain().collect();
        if known.is_empty() && gone.is_empty() {
            return;
        }
        if let Err(error) = self.worker.store.put_traces(&self.memory, known, gone).await {
            tracing::warn!(%error, "what the phonebook looks like could not be remembered");
        }
    }

    /// Returns what a run leaves to a person.
    fn left_open(&self, plan: &Plan) -> Option<Problem> {
        let misfits = plan.misfits.len() + self.written.misfits.len();
        if misfits > 0 {
            return Some(problems::full(misfits));
        }
        let of_others = matches!(self.scope, Scope::Full) && plan.of_others > 0;
        of_others.then(|| problems::other_user(plan.of_others))
    }

    /// Says whether everything of ours in the phonebook is this user's.
    pub(super) fn knows_all(&self) -> bool {
        let book = self.shelf.book();
        self.all_is_ours
            || self.listed.iter().all(|contact| match whose(contact, book) {
                Whose::Ours(record) => self.traces.contains_key(&record),
                Whose::Leaving | Whose::Theirs => true,
            })
    }

    fn report(&self, plan: &Plan, wanted: &Wanted, problem: Option<Problem>) -> SyncReport {
        let counts = if self.wish.dry_run {
            (plan.create.len(), plan.update.len(), plan.delete.len())
        } else {
            (self.written.created, self.written.updated, self.written.removed)
        };
        let skipped = wanted.skipped.iter().map(|(id, skip)| (id, why(*skip).to_owned()));
        let misfits = plan
            .misfits
            .iter()
            .chain(&self.written.misfits)
            .map(|id| (id, why(Skip::DoesNotFit).to_owned()));
        let refused = self.written.refused.iter().map(|(id, reason)| (id, reason.clone()));
        let unread = wanted.unread.iter().map(|id| (id, "cannot be read".to_owned()));
        let row = |(id, reason): (&RecordId, String)| SkippedRecord { id: id.to_string(), reason };
        SyncReport {
            dry_run: self.wish.dry_run,
            objects: object_words(&self.settings.contact_sync.objects),
            phonebook: self.phonebook().to_owned(),
            create: counts.0 as u64,
            update: counts.1 as u64,
            delete: counts.2 as u64,
            keep: (plan.keep.len() + plan.untouched) as u64,
            restored: plan.restored as u64,
            skipped: skipped.chain(unread).chain(misfits).chain(refused).map(row).collect(),
            api_calls: SyncCalls {
                salesforce: self.session.usage().calls_made.saturating_sub(self.salesforce_calls),
                pbx: self.pbx_calls,
            },
            problem,
        }
    }
}

fn why(skip: Skip) -> &'static str {
    match skip {
        Skip::NoNumber => "no number",
        Skip::NoReadableNumber => "no number that can be dialled",
        Skip::DoesNotFit => "no room on the PBX",
    }
}

/// Returns how many contacts a model holds. Others say so themselves, by their licence. Source: yeastar-open-api.md §7.
fn holds(model: &str) -> Option<usize> {
    [("P520", 20_000), ("P550", 50_000), ("P560", 200_000), ("P570", 500_000)]
        .into_iter()
        .find(|(name, _)| model.contains(name))
        .map(|(_, most)| most)
}
