//! Whose extension it is, and hearing what happens on it.

use std::time::Duration;

use domain::{
    CallEvent, CallId, Extension, Leg, Switchboard, Timestamp, moves_with_clock, number::Spelled,
};
use pbx::{Listener, Retry, Skews};
use store::{CallMemory, Desk, StoredCall};
use tokio::sync::mpsc;

use super::{
    BOUND, Binding, News, Past, REBUILD_MARK, colleagues, cursor_name, gap::read_skews, since_name,
    skews_name,
};
use crate::{
    Mode, binding,
    controller::{Controller, Input, memories::remembered, spelling::calls_before},
    problems,
    view::{BindingSource, EventsState, LinkState, Problem},
};

/// A desk that was connected by a clock of which nothing is known has been connected for so long, at least.
const UNKNOWN_STEP: Duration = Duration::from_secs(120);
/// How far back a damaged journal is rebuilt.
pub(crate) const REBUILD: Duration = Duration::from_secs(7 * 86_400);
/// Lists of live calls that are asked for at the same time: one, and another where it takes long.
const LISTS: u32 = 2;
/// A list of live calls that events have overtaken is asked for again after so long more each time, up to the second.
const ASK_AGAIN: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// So many finished calls can still be corrected by a record.
const REMEMBERED: usize = 500;

impl Controller {
    /// Looks for the user's extension: set by hand or policy, found before, or to be found now.
    pub(crate) fn find_binding(&mut self) {
        let settings = &self.loaded.settings;
        let by_hand = settings.binding.extension.trim();
        if !by_hand.is_empty() {
            let locked = self.loaded.is_locked("binding.extension");
            let source = if locked { BindingSource::Policy } else { BindingSource::Manual };
            let extension = Extension::new(by_hand);
            let gone = !self.pbx.extensions.is_empty()
                && !self.pbx.extensions.iter().any(|entry| entry.number == extension);
            self.pbx.binding.problem = gone.then(|| problems::extension_gone(&extension));
            self.pbx.binding.found = Some((extension, source));
            self.listen();
            return;
        }
        if let (Some(user), false) = (&self.sales.user, self.pbx.extensions.is_empty()) {
            let found = binding::find(user, &self.pbx.extensions);
            self.bound(found);
        }
    }

    pub(crate) fn bound(&mut self, found: Result<(Extension, BindingSource), Problem>) {
        let told = found.as_ref().map(|(extension, _)| extension.clone()).map_err(Clone::clone);
        self.answer_binders(&told);
        match found {
            Ok((extension, source)) => {
                if let Some(user) = self.sales.user_id() {
                    let mark = format!("{extension} {} {user}", source_word(source));
                    self.scribe.write(move |store| async move {
                        store.set_mark(BOUND, Some(&mark)).await
                    });
                }
                self.pbx.binding = Binding { found: Some((extension, source)), problem: None };
                self.listen();
            }
            Err(problem) => {
                // An extension that was found before is not dropped for a mere absence of news; a contradiction is.
                self.pbx.binding = Binding { found: None, problem: Some(problem) };
                self.leave_desk();
                self.scribe.write(|store| async move { store.set_mark(BOUND, None).await });
            }
        }
    }

    /// Takes the extension that the last run found, until this one knows better.
    pub(crate) fn recall_binding(&mut self, mark: &str) {
        let mut words = mark.split(' ');
        let (Some(extension), Some(source), Some(user)) =
            (words.next(), words.next(), words.next())
        else {
            return;
        };
        let same_user = self.sales.user_id().is_some_and(|id| id.as_str() == user);
        if self.pbx.binding.found.is_none() && same_user {
            self.pbx.binding.found = Some((Extension::new(extension), word_source(source)));
            self.listen();
        }
    }

    /// Listens to the desk, once both the PBX and the extension are known.
    pub(crate) fn listen(&mut self) {
        let (Some(serial), Some((extension, _)), Some(_)) =
            (&self.pbx.serial, &self.pbx.binding.found, &self.pbx.client)
        else {
            return;
        };
        if self.mode == Mode::Files || !self.loaded.settings.integration.enabled {
            return;
        }
        let desk = Desk { serial: serial.clone(), extension: extension.clone() };
        if self.desk.as_ref() == Some(&desk) || self.pbx.preparing.as_ref() == Some(&desk) {
            return;
        }
        // The calls of an extension that was this user's are not theirs from now on.
        self.leave_desk();
        self.pbx.preparing = Some(desk.clone());
        let (store, inputs, generation) =
            (self.store.clone(), self.inputs.clone(), self.pbx.generation);
        self.tasks.spawn(async move {
            let live = store.live(&desk).await.unwrap_or_default();
            let finished = store.calls(REMEMBERED, None).await.unwrap_or_default();
            let moment = async |name: String| {
                store.cursor(&name).await.ok().flatten().map(Timestamp::from_millis)
            };
            let colleagues = colleagues::listed(&store, &desk.serial).await;
            let spelled = calls_before(&store, &desk.serial).await.unwrap_or_default();
            let is_set = async |mark: &str| store.mark(mark).await.ok().flatten().is_some();
            let skews = store.mark(&skews_name(&desk)).await.ok().flatten();
            let past = Past {
                cursor: moment(cursor_name(&desk)).await,
                since: moment(since_name(&desk)).await,
                skews: skews.as_deref().and_then(read_skews),
                rebuild: is_set(REBUILD_MARK).await,
            };
            let news = News::Desk { desk, live, finished, colleagues, spelled, past };
            let _ = inputs.send(Input::Pbx(generation, news)).await;
        });
    }

    fn leave_desk(&mut self) {
        self.pbx.listening.cancel();
        self.pbx.heard = None;
        self.pbx.events = EventsState::Down;
        self.board = None;
        self.desk = None;
    }

    pub(super) fn desk_is_ready(
        &mut self,
        desk: Desk,
        live: Vec<CallMemory>,
        finished: Vec<StoredCall>,
        colleagues: Option<Vec<Extension>>,
        spelled: &[Spelled],
        past: Past,
    ) {
        if self.pbx.preparing.as_ref() != Some(&desk) {
            // Another extension was chosen meanwhile, and its own news is on the way.
            return;
        }
        self.pbx.preparing = None;
        let Some(client) = self.pbx.client.clone() else { return };
        let skews = client.skews();
        // Without a cursor the last run was killed as soon as the desk was connected first, before the journal knew of it.
        let begun = since_name(&desk);
        let earlier = match past.cursor {
            Some(cursor) => past.skews.map(|skews| (skews, Some(cursor))),
            None => {
                self.duty.skew(&begun).map(|skew| (Skews::always(skew), self.duty.since(&begun)))
            }
        };
        if let Some((skews, known)) = earlier {
            client.had_skews(skews, known);
        }
        let now = self.clock.now();
        let last = finished.iter().map(|call| call.started).filter(|at| *at <= now.wall).max();
        let oldest_live = live.iter().map(|memory| memory.started).min();
        let entries =
            finished.into_iter().filter(|call| call.desk == desk).filter_map(|call| call.entry());
        // The first call is read by it.
        self.spelled_before(spelled);
        let mut board = Switchboard::new(
            desk.extension.clone(),
            self.loaded.settings.dial_plan(),
            self.policy(),
            live.into_iter().map(remembered).collect(),
            entries,
            now,
        );
        // Records are read before the PBX has listed its extensions again.
        if !self.pbx.extensions.is_empty() {
            board.set_colleagues(self.pbx.extensions.iter().map(|entry| entry.number.clone()));
        } else if let Some(listed) = colleagues {
            board.set_colleagues(listed);
        }
        self.board = Some(board);
        self.rebuild |= past.rebuild;
        self.where_to_begin(&desk, past, skews, last, oldest_live);
        self.pbx.state = LinkState::Connecting;
        self.pbx.listening.cancel();
        self.pbx.listening = self.pbx.cancel.child_token();
        // Some thousand events of this extension: at the rate of one busy agent, more than a day. A full channel makes
        // the PBX's side read slower, and nothing is lost.
        let (out, heard) = mpsc::channel(4_096);
        let listener = Listener::new(client, desk.extension.clone(), out);
        self.pbx.listener = Some(listener.handle());
        self.pbx.heard = Some(heard);
        self.tasks.spawn(listener.run(self.pbx.listening.clone()));
        self.desk = Some(desk);
    }

    /// Decides from when on calls are ours to log.
    ///
    /// Before the first connection none was. After a damage all were, as far as nothing else is known, and Salesforce
    /// is asked for each entry before it is sent. What was off is kept apart, in [`domain::Duty`].
    ///
    /// A stored time that lies ahead is from before the clock was set back. The cursor is where the last call began, then, and
    /// by how much more the PBX's clock is ahead of ours than it was tells when the desk was connected first, as soon as that
    /// is read.
    fn where_to_begin(
        &mut self,
        desk: &Desk,
        past: Past,
        skews: Option<Skews>,
        last_call: Option<Timestamp>,
        oldest_live: Option<Timestamp>,
    ) {
        let now = self.clock.now().wall;
        let cursor =
            past.cursor.map(|cursor| if cursor <= now { cursor } else { last_call.unwrap_or(now) });
        let stored = past.since.or(self.duty.since(&since_name(desk)));
        let began = stored.filter(|since| *since <= now);
        self.pbx.began_ahead = stored
            .filter(|since| *since > now)
            .map(|since| (since, past.skews.map_or(0, |skews| skews.least)));
        let known = cursor.or(stored);
        let rebuild = self.rebuild && !self.rebuilt;
        self.pbx.since = None;
        if let Some(since) = if known.is_none() && !rebuild { Some(now) } else { began } {
            self.begins(desk, since);
        }
        if self.pbx.began_ahead.is_some() {
            // Not kept: a run that is killed now leaves what it has found.
            self.pbx.since = Some(now.minus(UNKNOWN_STEP));
            if let Some(skews) = skews {
                self.begin_by_their_clock(desk, skews.most);
            }
        }
        let begin = match cursor {
            Some(cursor) if rebuild => cursor.min(now.minus(REBUILD)),
            Some(cursor) => cursor,
            None if rebuild => now.minus(REBUILD),
            None => self.pbx.since.unwrap_or(now),
        };
        let begin = self.pbx.since.map_or(begin, |since| begin.max(since));
        self.pbx.cursor = Some(oldest_live.map_or(begin, |oldest| begin.min(oldest)));
    }

    /// The PBX's clock is so many seconds ahead of ours: that tells when a desk was connected first whose beginning is by an
    /// earlier clock of ours.
    pub(super) fn begin_by_their_clock(&mut self, desk: &Desk, ahead: i64) {
        let Some((since, was)) = self.pbx.began_ahead.take() else { return };
        let now = self.clock.now().wall;
        let ours = since.shifted(was.saturating_sub(ahead).saturating_mul(1_000));
        if ours <= now {
            self.begins(desk, ours);
            return;
        }
        // The PBX's clock was set back too. What it wrote before seems to be ahead by as much, at least.
        if let Some(client) = &self.pbx.client {
            let seconds = since.as_seconds() - now.as_seconds();
            client.had_skews(Skews::always(was.saturating_add(seconds)), None);
        }
        self.begins(desk, now.minus(UNKNOWN_STEP));
    }

    /// The clock was set by so many milliseconds, and shows `now`. When a desk was connected first stays as long ago as it
    /// was, by the rule of [`moves_with_clock`].
    pub(crate) fn beginning_was_set(&mut self, began: Timestamp, now: Timestamp, by: i64) {
        let since = self.pbx.since.filter(|since| moves_with_clock(*since, began, now));
        if let (Some(since), Some(desk)) = (since, self.desk.clone()) {
            self.begins(&desk, since.shifted(by));
        }
    }

    /// Calls of the desk are ours from then on.
    fn begins(&mut self, desk: &Desk, since: Timestamp) {
        let name = since_name(desk);
        self.pbx.since = Some(since);
        // As far as it was read: a connection begins with that.
        let skews = self.pbx.client.as_ref().and_then(pbx::Client::skews);
        self.duty.begin(&name, since, skews.map(|skews| skews.most));
        self.scribe
            .write(move |store| async move { store.set_cursor(&name, since.as_millis()).await });
    }

    /// Asks which calls this extension has. While the events are not heard nothing is asked: the next connection begins
    /// with that question.
    pub(crate) fn ask_live(&mut self) {
        // An answer that is under way is asked for again where it is overtaken.
        if self.pbx.events == EventsState::Down || self.pbx.lists_asked >= LISTS {
            return;
        }
        let (Some(client), Some(desk)) = (self.pbx.client.clone(), &self.desk) else { return };
        self.pbx.lists_asked += 1;
        let (inputs, generation, extension) =
            (self.inputs.clone(), self.pbx.generation, desk.extension.clone());
        let asked_at = self.pbx.events_heard;
        self.tasks.spawn(async move {
            let live = client.live_calls(&extension).await;
            let _ = inputs.send(Input::Pbx(generation, News::Live(asked_at, live))).await;
        });
    }

    /// Takes the PBX's list of live calls. It is complete only when no event has overtaken it.
    pub(crate) fn live_calls(&mut self, asked_at: u64, calls: Vec<(CallId, Vec<Leg>)>) {
        if asked_at == self.pbx.events_heard {
            self.pbx.overtaken = 0;
            self.feed(domain::Input::Event(CallEvent::Live(calls)));
            if self.pbx.events == EventsState::Down {
                // It was asked for in an outage, and what follows it is not heard either.
                self.feed(domain::Input::Unheard);
            }
            return;
        }
        if self.pbx.events == EventsState::Down {
            // It is of before the outage. The next connection begins with a list of its own.
            return;
        }
        for (call, legs) in calls {
            self.feed(domain::Input::Event(CallEvent::Listed { call, legs }));
        }
        self.ask_live_again();
    }

    /// Asks once more, at once at first; where events go on overtaking the answers, the PBX is not asked all the time.
    fn ask_live_again(&mut self) {
        if std::mem::replace(&mut self.pbx.asks_again, true) {
            return;
        }
        let wait = ASK_AGAIN.0 * self.pbx.overtaken;
        self.pbx.overtaken = self.pbx.overtaken.saturating_add(1);
        self.later(wait.min(ASK_AGAIN.1), News::AskAgain);
    }

    /// Asks for one call that this extension has left. Nothing while the events are not heard, as with [`Self::ask_live`].
    pub(crate) fn ask_call(&self, call: CallId) {
        if self.pbx.events == EventsState::Down {
            return;
        }
        let Some(client) = self.pbx.client.clone() else { return };
        let (inputs, generation) = (self.inputs.clone(), self.pbx.generation);
        self.tasks.spawn(async move {
            match client.live_call(&call).await {
                Ok(found) => {
                    let news = News::Call(call, found.map(|(_, legs)| legs));
                    let _ = inputs.send(Input::Pbx(generation, news)).await;
                }
                Err(error) => {
                    tracing::info!(%error, "a call could not be asked for");
                    if error.retry() == Retry::AfterPerson {
                        let _ = inputs.send(Input::Pbx(generation, News::Trouble(error))).await;
                    }
                }
            }
        });
    }
}

fn source_word(source: BindingSource) -> &'static str {
    match source {
        BindingSource::Policy => "policy",
        BindingSource::SalesforceExtension => "salesforce_extension",
        BindingSource::Email => "email",
        BindingSource::Manual => "manual",
    }
}

fn word_source(word: &str) -> BindingSource {
    match word {
        "policy" => BindingSource::Policy,
        "salesforce_extension" => BindingSource::SalesforceExtension,
        "manual" => BindingSource::Manual,
        _ => BindingSource::Email,
    }
}
