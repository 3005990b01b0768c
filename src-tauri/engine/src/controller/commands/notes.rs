//! Note and outcome of a call, what it is about, and that it is not to be logged.
//!
//! Each change is on disk before it is answered. It goes through the scribe, behind the row of the call.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{Day, RecordRef, Timestamp, day::Unreadable, note};
use salesforce::{OpenMatter, Session};
use store::{
    DeliveryState, Discarded, FollowUpState, FollowUpWish, NewNote, Owner, Reason, Related, Store,
    StoredCall,
};
use tokio::sync::broadcast;

use crate::{
    civil,
    command::{Event, Reply},
    controller::{Answer, Controller, Input, owner_of},
    journal_policy::{Fate, fate},
    outbox::{OUTCOME_LEFT_OUT, company::Role},
    present, problems,
    settings::Settings,
    view::{MatterView, NoteView, Problem},
};

/// An entry waits so long for a note that was begun, from its last change. Source: design.md §3.
pub(crate) const IDLE: Duration = Duration::from_secs(120);
/// Of so many calls it is remembered what they may be about.
const REMEMBERED: usize = 50;
/// So often it is looked, and after so long each, whether a Task was taken back.
const PATIENCE: u32 = 100;
const STEP: Duration = Duration::from_millis(100);
/// The code of an entry that a person does not want.
const DISCARDED: &str = "journal.discarded";
/// Longest text that names a day.
const LONGEST_WISH: usize = 200;

/// What of a call's note is wanted otherwise.
pub(super) struct Wish {
    pub(super) text: Option<String>,
    pub(super) outcome: Option<String>,
    pub(super) related: Option<String>,
    pub(super) follow_up: Option<String>,
    pub(super) save: bool,
    pub(super) elsewhere: bool,
}

/// What calls may be about, asked once for each call and record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Matters(Arc<Mutex<VecDeque<Asked>>>);

/// Whose question it was, about which record, and what was found.
type Asked = (Owner, RecordRef, Vec<OpenMatter>);

impl Matters {
    fn keep(&self, owner: Owner, of: RecordRef, matters: Vec<OpenMatter>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((owner, of, matters));
        let surplus = kept.len().saturating_sub(REMEMBERED);
        kept.drain(..surplus);
    }

    fn of(&self, owner: &Owner, record: &RecordRef) -> Option<Vec<OpenMatter>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = kept.iter().rev().find(|(whose, of, _)| whose == owner && of == record);
        newest.map(|(_, _, matters)| matters.clone())
    }

    /// Only what was offered can be chosen.
    fn named(&self, id: &str) -> Option<Related> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().rev().flat_map(|(_, _, matters)| matters);
        found.into_iter().find(|matter| matter.id.as_str() == id).map(|matter| Related {
            id: matter.id.clone(),
            object: matter.object.clone(),
            name: matter.name.clone(),
        })
    }
}

impl Controller {
    pub(super) fn note(&mut self, call: String, wish: Wish, answer: Answer) {
        let elsewhere = wish.elsewhere;
        let outcomes = &self.loaded.settings.journal.outcomes;
        let checked = match checked(wish, outcomes, &self.matters) {
            Ok(checked) => checked,
            Err(problem) => {
                let _ = answer.send(Err(problem));
                return;
            }
        };
        let (now, owner, inputs) = (self.clock.now().wall, self.owner(), self.inputs.clone());
        let events = self.events.clone();
        self.scribe.write(move |store| async move {
            let reply = added(&store, &call, checked, owner, now).await;
            let reply = match reply {
                Ok(Added { before, after, problem }) => {
                    let note = present::note_view(&after);
                    tell(&events, &after, &note);
                    let moved = before.wrap_up != after.wrap_up || !after.wrap_up.open;
                    // Somebody types there still.
                    let open = after.wrap_up.open || elsewhere && before.wrap_up.open;
                    let news = Input::Noted { call: after.call.clone(), open, moved };
                    let _ = inputs.send(news).await;
                    match problem {
                        Some(problem) => Err(problem),
                        None => Ok(Reply::Note(Box::new(note))),
                    }
                }
                Err(problem) => Err(problem),
            };
            // Whoever asked may have gone.
            let _ = answer.send(reply);
            Ok(())
        });
    }

    pub(super) fn read_note(&self, call: String, answer: Answer) {
        // Behind what was written before.
        self.scribe.write(move |store| async move {
            let reply = match store.call(&call).await {
                Ok(Some(stored)) => Ok(Reply::Note(Box::new(present::note_view(&stored)))),
                // A call that rings is on disk a moment later than on its card.
                Ok(None) => Ok(Reply::Note(Box::default())),
                Err(error) => Err(unreadable(&error)),
            };
            let _ = answer.send(reply);
            Ok(())
        });
    }

    pub(super) fn related(&mut self, call: String, answer: Answer) {
        let Some(session) = self.sales.session.clone() else {
            let _ = answer.send(Err(problems::not_signed_in()));
            return;
        };
        let live = self.record_of_live(&call);
        let (store, matters) = (self.store.clone(), self.matters.clone());
        self.tasks.spawn(async move {
            let reply = offered(&session, &store, &matters, &call, live).await;
            let reply = reply.map(|found| {
                Reply::Related(
                    found
                        .into_iter()
                        .map(|OpenMatter { object, id, name, detail }| MatterView {
                            object,
                            id: id.to_string(),
                            name,
                            detail,
                        })
                        .collect(),
                )
            });
            let _ = answer.send(reply);
        });
    }

    /// The one record that a live call is with.
    fn record_of_live(&self, call: &str) -> Option<RecordRef> {
        let id = domain::CallId::new(call);
        let state = self.board.as_ref()?.call(&id, self.clock.now())?;
        let chosen = self.besides.get(&id).and_then(|besides| besides.chosen.clone());
        let matches = state.matches?;
        let chosen = chosen.and_then(|chosen| {
            matches.candidates.iter().find(|candidate| candidate.record.id.as_str() == chosen)
        });
        match (chosen, matches.verdict()) {
            (Some(candidate), _) | (None, domain::Verdict::One(candidate)) => {
                Some(candidate.record.reference())
            }
            (None, domain::Verdict::Several(_) | domain::Verdict::Nobody) => None,
        }
    }

    pub(super) fn discard(&mut self, call: String, answer: Answer) {
        let (owner, now) = (self.owner(), self.clock.now().wall);
        let elsewhere = *self.company.borrow() != Role::Alone;
        let (inputs, wake) = (self.inputs.clone(), self.wake_outbox.clone());
        let (tasks, events) = (self.tasks.clone(), self.events.clone());
        self.scribe.write(move |store| async move {
            // Deleting a Task waits for the network, which the scribe does not.
            tasks.spawn(async move {
                let waking = || wake.send_modify(|wakes| *wakes += 1);
                let reply = discarded(&store, owner, &call, now, waking).await;
                if let Ok(GivenUp { call, .. }) = &reply {
                    if let Ok(Some(after)) = store.call(call.as_str()).await {
                        tell(&events, &after, &present::note_view(&after));
                    }
                    let _ = inputs.send(Input::Unwanted(call.clone())).await;
                }
                let reply =
                    reply.map(|GivenUp { pending, .. }| Reply::Discarded { pending, elsewhere });
                let _ = answer.send(reply);
            });
            Ok(())
        });
    }

    pub(super) fn restore(&mut self, call: String, answer: Answer) {
        let (owner, now) = (self.owner(), self.clock.now().wall);
        let settings = self.loaded.settings.clone();
        let (inputs, events) = (self.inputs.clone(), self.events.clone());
        self.scribe.write(move |store| async move {
            let reply = restored(&store, owner, &call, now, &settings).await;
            let reply = match reply {
                Ok((after, skip)) => {
                    let note = present::note_view(&after);
                    tell(&events, &after, &note);
                    let _ = inputs.send(Input::Restored(after.call.clone())).await;
                    match skip {
                        None => Ok(Reply::Note(Box::new(note))),
                        Some(why) => Err(not_logged_all_the_same(&why)),
                    }
                }
                Err(problem) => Err(problem),
            };
            // Whoever asked may have gone.
            let _ = answer.send(reply);
            Ok(())
        });
    }

    /// A call is to be logged after all.
    pub(crate) fn restored(&mut self, call: &domain::CallId) {
        if let Some(besides) = self.besides.get_mut(call) {
            besides.discarded = false;
        }
        self.wake_outbox.send_modify(|wakes| *wakes += 1);
        self.read_journal();
    }

    /// A call is not to be logged: nothing is asked about it any more.
    pub(crate) fn unwanted(&mut self, call: &domain::CallId) {
        let now = self.clock.now();
        if self.board.as_ref().is_some_and(|board| board.call(call, now).is_some()) {
            self.besides.entry(call.clone()).or_default().discarded = true;
        }
        self.noted(call, false, true);
    }

    /// A note is on disk.
    pub(crate) fn noted(&mut self, call: &domain::CallId, open: bool, moved: bool) {
        self.wrap_up_noted(call, open);
        // The entry may be due at another time now.
        self.wake_outbox.send_modify(|wakes| *wakes += 1);
        if moved {
            self.read_journal();
        }
    }
}

/// Tells whoever shows the note, before it is answered: the window may not be the one that wrote it.
fn tell(events: &broadcast::Sender<Event>, call: &StoredCall, note: &NoteView) {
    // Nobody may be listening.
    let _ = events.send(Event::Note { call: call.call.to_string(), note: Box::new(note.clone()) });
}

/// A wish whose words are known.
struct Checked {
    text: Option<String>,
    outcome: Option<Option<String>>,
    related: Option<Option<Related>>,
    follow_up: Option<String>,
    save: bool,
}

fn checked(wish: Wish, outcomes: &[String], matters: &Matters) -> Result<Checked, Problem> {
    let Wish { text, outcome, related, follow_up, save, elsewhere: _ } = wish;
    let text = text.map(|text| note::clean(&text));
    if text.as_ref().is_some_and(|text| text.chars().count() > note::LONGEST) {
        return Err(Problem::new(
            "note.too_long",
            format!("A note has at most {} characters.", note::LONGEST),
            "Shorten it; what was kept before is still there.",
        ));
    }
    let outcome = match outcome.as_deref().map(str::trim) {
        None => None,
        Some("") => Some(None),
        Some(word) => {
            let same = |known: &&String| known.trim().to_lowercase() == word.to_lowercase();
            let known = outcomes.iter().find(same).ok_or_else(|| unknown_outcome(outcomes))?;
            Some(Some(known.trim().to_owned()))
        }
    };
    let related = match related.as_deref() {
        None => None,
        Some("") => Some(None),
        Some(id) => Some(Some(matters.named(id).ok_or_else(not_offered)?)),
    };
    let follow_up = follow_up.map(|wish| {
        note::clean(&wish).replace('\n', " ").trim().chars().take(LONGEST_WISH).collect()
    });
    Ok(Checked { text, outcome, related, follow_up, save })
}

struct Added {
    before: StoredCall,
    after: StoredCall,
    /// Everything is kept, and this is still to be said.
    problem: Option<Problem>,
}

async fn added(
    store: &Store,
    call: &str,
    wish: Checked,
    owner: Option<Owner>,
    now: Timestamp,
) -> Result<Added, Problem> {
    let before = known(store, call).await?;
    may_touch(&before, owner.as_ref())?;
    let mut remarks = before.remarks.clone();
    if let Some(text) = wish.text {
        remarks.note = (!text.is_empty()).then_some(text);
    }
    let again = matches!(wish.outcome, Some(Some(_))) && lacks_outcome(&before);
    remarks.outcome = wish.outcome.unwrap_or(remarks.outcome);
    let related = wish.related.unwrap_or_else(|| before.wrap_up.related.clone());
    remarks.related = related.as_ref().map(|related| related.id.clone());
    let (year, month, day) = civil::local(now).date;
    let meant = |wish: &str| match Day::new(year, month, day) {
        Some(today) => Day::meant(wish, today),
        None => Err(Unreadable::Unknown),
    };
    let mut problem = None;
    let follow_up = match (wish.follow_up, &before.wrap_up.follow_up) {
        // One that is made is Salesforce's.
        (_, Some(follow_up)) if matches!(follow_up.state, FollowUpState::Made(_)) => {
            Some(FollowUpWish { wish: follow_up.wish.clone(), day: follow_up.day })
        }
        (Some(wish), _) if wish.is_empty() => None,
        (Some(words), _) => {
            let day = meant(&words);
            problem = day.err().filter(|_| wish.save).map(no_day);
            Some(FollowUpWish { wish: words, day: day.ok() })
        }
        // The day that was shown counts, whatever day it is now.
        (None, Some(follow_up)) => {
            let lacks = follow_up.day.is_none() && wish.save;
            problem = meant(&follow_up.wish).err().filter(|_| lacks).map(no_day);
            Some(FollowUpWish { wish: follow_up.wish.clone(), day: follow_up.day })
        }
        (None, None) => None,
    };
    let anything = remarks.note.is_some()
        || remarks.outcome.is_some()
        || remarks.related.is_some()
        || follow_up.is_some();
    let open = (!wish.save || problem.is_some()) && anything;
    let new = NewNote {
        remarks,
        related,
        follow_up,
        open,
        hold_until: open.then(|| now.plus(IDLE)),
        owner,
        again,
    };
    match store.add_note(&before.desk, &before.call, new).await {
        Ok(true) => {}
        Ok(false) => return Err(no_call()),
        Err(error) => return Err(not_kept(&error)),
    }
    let after = store.call(call).await.map_err(|error| unreadable(&error))?;
    Ok(Added { before, after: after.ok_or_else(no_call)?, problem })
}

/// The org did not take the outcome: the same one chosen again may be there now.
fn lacks_outcome(call: &StoredCall) -> bool {
    let reason = call.delivery.as_ref().and_then(|delivery| delivery.reason.as_ref());
    reason.is_some_and(|reason| OUTCOME_LEFT_OUT.contains(&reason.code.as_str()))
}

async fn known(store: &Store, call: &str) -> Result<StoredCall, Problem> {
    let stored = store.call(call.trim()).await.map_err(|error| unreadable(&error))?;
    stored.ok_or_else(|| not_there(store.health()))
}

/// An entry of another account is sent by that one alone.
fn may_touch(call: &StoredCall, me: Option<&Owner>) -> Result<(), Problem> {
    let owner = call.delivery.as_ref().and_then(|delivery| delivery.owner.as_ref());
    match (owner, me) {
        (Some(owner), Some(me)) if owner != me => Err(Problem::new(
            "note.other_account",
            "This call belongs to another Salesforce account.",
            "Sign in with the account that it was logged with.",
        )),
        (Some(_) | None, _) => Ok(()),
    }
}

async fn offered(
    session: &Session,
    store: &Store,
    matters: &Matters,
    call: &str,
    live: Option<RecordRef>,
) -> Result<Vec<OpenMatter>, Problem> {
    let record = match live {
        Some(record) => Some(record),
        None => known(store, call).await?.matches.and_then(|matched| matched.record),
    };
    let Some(record) = record else { return Ok(Vec::new()) };
    let owner = owner_of(session);
    if let Some(found) = matters.of(&owner, &record) {
        return Ok(found);
    }
    let asked = session.open_matters(&record).await;
    let found = asked.map_err(|error| problems::of_salesforce(&error))?;
    matters.keep(owner, record, found.clone());
    Ok(found)
}

/// What came of the wish not to log a call.
struct GivenUp {
    call: domain::CallId,
    /// Its Task is taken back, and is still there.
    pending: bool,
}

async fn discarded(
    store: &Store,
    me: Option<Owner>,
    call: &str,
    now: Timestamp,
    wake: impl Fn(),
) -> Result<GivenUp, Problem> {
    let stored = known(store, call).await?;
    may_touch(&stored, me.as_ref())?;
    match store.discard(&stored.desk, &stored.call, now).await {
        Ok(Some(Discarded::Unsent)) => Ok(GivenUp { call: stored.call, pending: false }),
        Ok(Some(Discarded::Sent)) => {
            wake();
            taken_back(store, &stored).await
        }
        Ok(Some(Discarded::NoEntry)) => Err(Problem::new(
            "note.nothing_logged",
            "Nothing is logged of this call.",
            "Nothing to do.",
        )),
        Ok(None) => Err(no_call()),
        Err(error) => Err(not_kept(&error)),
    }
}

/// Waits a moment for the outbox to take a Task back. The wish is on disk: it goes on by itself.
async fn taken_back(store: &Store, stored: &StoredCall) -> Result<GivenUp, Problem> {
    for _ in 0..PATIENCE {
        tokio::time::sleep(STEP).await;
        let now = known(store, stored.call.as_str()).await?;
        let Some(delivery) = now.delivery else { break };
        match (delivery.state, delivery.reason) {
            (DeliveryState::Skipped, _) => {
                return Ok(GivenUp { call: now.call, pending: false });
            }
            (DeliveryState::Logged | DeliveryState::Stuck, Some(why)) => {
                return Err(Problem::new(
                    "note.not_deleted",
                    format!("The Task in Salesforce stays: {}.", why.text),
                    "Delete it in Salesforce if it is not needed.",
                ));
            }
            (DeliveryState::Waiting, Some(why)) if why.code != DISCARDED => break,
            (DeliveryState::Waiting | DeliveryState::Logged | DeliveryState::Stuck, _) => {}
        }
    }
    Ok(GivenUp { call: stored.call.clone(), pending: true })
}

/// Writes that a call is logged after all. Returns it, and why the settings do not log it all the same.
async fn restored(
    store: &Store,
    me: Option<Owner>,
    call: &str,
    now: Timestamp,
    settings: &Settings,
) -> Result<(StoredCall, Option<Reason>), Problem> {
    let before = known(store, call).await?;
    may_touch(&before, me.as_ref())?;
    let skip =
        match before.entry().map(|entry| fate(&entry, &settings.journal, &settings.dial_plan())) {
            Some(Fate::Skip(why)) => Some(why),
            Some(Fate::Log | Fate::Nothing) | None => None,
        };
    match store.restore(&before.desk, &before.call, now, skip.clone()).await {
        Ok(true) => {}
        Ok(false) => return Err(no_call()),
        Err(error) => return Err(not_kept(&error)),
    }
    let after = known(store, before.call.as_str()).await?;
    let skipped =
        after.delivery.as_ref().is_some_and(|delivery| delivery.state == DeliveryState::Skipped);
    Ok((after, skip.filter(|_| skipped)))
}

fn not_logged_all_the_same(why: &Reason) -> Problem {
    Problem::new(
        "note.still_not_logged",
        format!("The call is still not logged: {}.", why.text),
        "The settings decide which calls are logged; see Settings > Call log.",
    )
}

/// A call that is not on disk is not known; or it is, and could not be written.
fn not_there(health: store::Health) -> Problem {
    let why = match health {
        store::Health::Ok | store::Health::Damaged => return no_call(),
        store::Health::DiskFull { .. } => "the disk is full",
        store::Health::Blocked { .. } => "the journal cannot be written at the moment",
    };
    Problem::new(
        "note.not_kept",
        format!("This could not be kept: {why}, and the call itself is not saved yet."),
        "Copy the text of a note, free some space on the disk, then try again.",
    )
}

fn no_call() -> Problem {
    Problem::new(
        "note.no_call",
        "There is no such call.",
        "Take an id or a key from `patchcord calls --json`.",
    )
}

fn unknown_outcome(outcomes: &[String]) -> Problem {
    Problem::new(
        "note.unknown_outcome",
        format!("There is no such outcome. The outcomes are: {}.", outcomes.join(", ")),
        "Choose one of these, or change the list in the settings.",
    )
}

fn not_offered() -> Problem {
    Problem::new(
        "note.not_related",
        "This is not one of the opportunities and cases of this call.",
        "Choose one of the list.",
    )
}

fn no_day(why: Unreadable) -> Problem {
    let message = match why {
        Unreadable::Unknown => {
            "The day of the follow-up was not understood. Everything else is kept."
        }
        Unreadable::Past => "The day of the follow-up is over. Everything else is kept.",
        Unreadable::Far => "The day of the follow-up is too far away. Everything else is kept.",
    };
    Problem::new(
        "note.follow_up",
        message,
        "Write it like \"in 2 days\", \"next monday\" or 2031-01-31.",
    )
}

fn not_kept(error: &store::Error) -> Problem {
    Problem::new(
        "note.not_kept",
        format!("The note could not be kept: {error}."),
        "Copy its text, free some space on the disk, then try again.",
    )
}

fn unreadable(error: &store::Error) -> Problem {
    Problem::new(
        "journal.damaged",
        format!("The journal could not be read: {error}."),
        "Restart Patchcord; a damaged journal is put aside and rebuilt.",
    )
}
