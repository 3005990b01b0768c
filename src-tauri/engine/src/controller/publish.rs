//! What people and scripts are told: the state, the live calls, the list; and the tray and the notifications.

use std::{collections::HashSet, time::Duration};

use domain::{CallId, Switchboard, Timestamp, switchboard::CallState};

use super::{Controller, Rehearsal, WINDOW_START, notes};
use crate::{
    Mode, VERSION, civil,
    command::Event,
    creation,
    ports::{Tray, TrayShape},
    present,
    sync::{self, Link},
    view::{
        ApiLimit, BindingState, BindingStatus, CallRow, CardState, ContactsStatus, EventsState,
        IndexView, Integration, JournalStatus, LinkCard, LinkState, LiveCard, PbxStatus, Problem,
        SalesforceStatus, SettingsView, SignInView, Status, SyncView, Way,
    },
};

/// A window that was started for a page asks for it within so long.
const WINDOW_STARTS: Duration = Duration::from_secs(10);

/// So many calls are shown that go on, and so many that are over and wait for their records; a phone has two or three. Of
/// more, as a broken PBX may tell of, the latest are shown, those first that are spoken on. All of them are logged.
const SHOWN: usize = 32;

/// What was said last, for whoever asks or begins to watch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Published {
    pub(crate) status: Option<Status>,
    pub(crate) live: Vec<LiveCard>,
    /// When, on the clock that nobody sets.
    live_at: Duration,
    pub(crate) link: Option<LinkCard>,
    pub(crate) calls: Vec<CallRow>,
    pub(crate) index: Option<IndexView>,
    pub(crate) settings: Option<SettingsView>,
    pub(crate) sign_in: Option<SignInView>,
    /// When the window was wanted last; none once its page has answered.
    window_wanted: Option<tokio::time::Instant>,
    /// When the page of settings was wanted last.
    settings_wanted: Option<tokio::time::Instant>,
    pub(crate) sync: Option<SyncView>,
}

impl Published {
    /// Returns everything as events, as of `now` on the clock that nobody sets.
    pub(crate) fn events(&self, now: Duration) -> Vec<Event> {
        let mut events = Vec::new();
        events.extend(self.settings.clone().map(|settings| Event::Settings(Box::new(settings))));
        events.extend(self.status.clone().map(|status| Event::Status(Box::new(status))));
        let later = now.saturating_sub(self.live_at);
        let live = self.live.iter().cloned();
        events.push(Event::Live(
            live.map(|card| LiveCard { elapsed: card.elapsed.plus(later), ..card }).collect(),
        ));
        events.push(Event::Link(self.link.clone().map(Box::new)));
        events.push(Event::Calls(self.calls.clone()));
        events.extend(self.index.clone().map(Event::Index));
        events.extend(self.sign_in.clone().map(Event::SignIn));
        // For a window that was started for it, or has outlived the engine before this one.
        let wanted = self.window_wanted.is_some_and(|at| at.elapsed() < WINDOW_START);
        events.extend(wanted.then_some(Event::RaiseWindow));
        let wanted = self.settings_wanted.is_some_and(|at| at.elapsed() < WINDOW_STARTS);
        events.extend(wanted.then_some(Event::ShowSettings));
        events.extend(self.sync.clone().map(|sync| Event::Sync(Box::new(sync))));
        events
    }
}

impl Controller {
    /// Keeps for a page that comes later that its window is wanted, or that it need not be any more.
    pub(super) fn window_is_wanted(&self, wanted: bool) {
        let mut published =
            self.published.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        published.window_wanted = wanted.then(tokio::time::Instant::now);
    }

    /// Tells the window that is there, and the one that is about to be, that the page of settings is wanted.
    pub(crate) fn want_settings(&mut self) {
        let mut published =
            self.published.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        published.settings_wanted = Some(tokio::time::Instant::now());
        drop(published);
        let _ = self.events.send(Event::ShowSettings);
    }

    /// Tells what has changed since the last time.
    pub(crate) fn publish(&mut self) {
        self.count_api_calls();
        self.link_sync();
        let live = self.live_cards();
        let now = self.clock.now().steady;
        self.may_put_off(&live);
        let link = self.link_card();
        let status = self.status();
        let sync_view = self.sync_in.borrow().view(&self.loaded.settings);
        let settings = self.settings_view();
        let index = self.index_view();
        let mut published =
            self.published.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut events = Vec::new();
        if published.settings.as_ref() != Some(&settings) {
            published.settings = Some(settings.clone());
            events.push(Event::Settings(Box::new(settings)));
        }
        if published.sync.as_ref() != Some(&sync_view) {
            published.sync = Some(sync_view.clone());
            events.push(Event::Sync(Box::new(sync_view)));
        }
        if published.index.as_ref() != Some(&index) {
            published.index = Some(index.clone());
            events.push(Event::Index(index));
        }
        let new_status = published.status.as_ref() != Some(&status);
        if new_status {
            published.status = Some(status.clone());
            events.push(Event::Status(Box::new(status.clone())));
        }
        let new_live = published.live != live;
        // Also where nothing else is new: who begins to watch is told of now.
        published.live.clone_from(&live);
        published.live_at = now;
        if new_live {
            events.push(Event::Live(live.clone()));
        }
        if published.link != link {
            published.link.clone_from(&link);
            events.push(Event::Link(link.map(Box::new)));
        }
        drop(published);
        for event in events {
            // Nobody may be watching.
            let _ = self.events.send(event);
        }
        if new_live {
            self.notify(&live);
        }
        if new_status || new_live {
            self.desktop.show(&self.tray(&status, &live));
        }
    }

    /// Tells the contact sync which PBX there is.
    fn link_sync(&self) {
        let settings = &self.loaded.settings;
        let there = settings.integration.enabled && self.pbx.state == LinkState::Connected;
        let link = self.pbx.client.clone().zip(self.pbx.serial.clone()).filter(|_| there).map(
            |(client, serial)| Link {
                generation: self.pbx.generation,
                client,
                serial,
                extension: self.pbx.binding.found.as_ref().map(|(found, _)| found.clone()),
            },
        );
        self.link_out.send_if_modified(|before| {
            let moved = *before != link;
            *before = link;
            moved
        });
    }

    /// Tells the list anew.
    pub(crate) fn publish_calls(&mut self) {
        let instance = self.sales.session.as_ref().map(salesforce::Session::instance);
        let me = self.owner();
        let now = self.clock.now();
        let live = self.board.as_ref().map(|board| board.live(now)).unwrap_or_default();
        let rows: Vec<CallRow> = self
            .calls
            .iter()
            // A call that was live when the last run ended, and is not known to be so now, is not shown as ringing.
            .filter(|call| call.finished || live.iter().any(|state| *state.id == call.call))
            .take(100)
            .map(|call| {
                let state = live.iter().find(|state| *state.id == call.call && !call.finished);
                present::call_row(call, state, instance.as_ref(), me.as_ref())
            })
            .collect();
        let mut published =
            self.published.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if published.calls != rows {
            published.calls.clone_from(&rows);
            drop(published);
            let _ = self.events.send(Event::Calls(rows));
        }
    }

    fn live_cards(&mut self) -> Vec<LiveCard> {
        let now = self.clock.now();
        self.put_wrap_ups_away();
        // An answer that comes after the end leaves nothing behind.
        let board = self.board.as_ref();
        let known = |call: &CallId| board.is_some_and(|board| board.call(call, now).is_some());
        self.besides.retain(|call, _| known(call));
        self.notified.retain(|call, _| known(call));
        let me = self.sales.user_id();
        let live = board.map(|board| board.live(now)).unwrap_or_default();
        // While its record is on its way, a call that is over stays where people saw it.
        let mut over = board.map(|board| board.over(now)).unwrap_or_default();
        over.retain(|state| self.notified.contains_key(state.id));
        let mut cards: Vec<LiveCard> = shown(live)
            .iter()
            .chain(&shown(over))
            .map(|state| {
                let besides = self.besides.get(state.id).cloned().unwrap_or_default();
                present::live_card(state, &besides, me.as_ref(), now)
            })
            .collect();
        for card in &mut cards {
            // The moment of the answer is computed from the time spoken; it does not wander by a second.
            if let Some(before) = self
                .notified
                .get(&CallId::new(&card.id))
                .filter(|before| before.answered_at.is_some())
                && (card.answered_at.is_some() || card.state == CardState::Ended)
            {
                card.answered_at.clone_from(&before.answered_at);
            }
        }
        for card in &cards {
            self.notified.insert(CallId::new(&card.id), card.clone());
        }
        let ended = self.lingering.iter().map(|one| &one.card);
        let mut ended: Vec<LiveCard> =
            ended.filter(|card| !cards.iter().any(|live| live.id == card.id)).cloned().collect();
        // What somebody was talking on does not go down behind a call that was missed meanwhile.
        ended.sort_by_key(|card| !card.wrap_up);
        cards.extend(ended);
        cards.extend(self.rehearsal_card());
        cards
    }

    pub(crate) fn next_linger(&self) -> Option<Duration> {
        let now = self.clock.now().steady;
        let rehearsal = self.rehearsal.as_ref().map(Rehearsal::next);
        self.lingering
            .iter()
            .map(|one| one.next(now))
            .chain(rehearsal)
            .map(|until| until.saturating_sub(now))
            .min()
    }

    /// Notifications for phones that ring; the same buttons as the window.
    fn notify(&mut self, live: &[LiveCard]) {
        if self.mode == Mode::Files || self.pops_paused_until.is_some() {
            return;
        }
        for card in live
            .iter()
            .filter(|card| card.state == CardState::Ringing && card.direction == Way::Inbound)
        {
            let note = notes::of_card(card);
            if self.shown_notes.get(&card.id) != Some(&note) {
                self.shown_notes.insert(card.id.clone(), note.clone());
                self.desktop.notify(note);
            }
        }
        let ringing: HashSet<&str> = live
            .iter()
            .filter(|card| card.state == CardState::Ringing)
            .map(|card| card.id.as_str())
            .collect();
        let over: Vec<String> =
            self.shown_notes.keys().filter(|id| !ringing.contains(id.as_str())).cloned().collect();
        for id in over {
            self.shown_notes.remove(&id);
            self.desktop.withdraw(&id);
        }
    }

    fn tray(&self, status: &Status, live: &[LiveCard]) -> Tray {
        let has = |states: &[CardState]| {
            live.iter().any(|card| !card.rehearsal && states.contains(&card.state))
        };
        let shape = if has(&[CardState::Ringing]) {
            TrayShape::Ringing
        } else if has(&[CardState::Talking, CardState::Held, CardState::Dialling]) {
            TrayShape::OnCall
        } else if status.integration == Integration::Attention || status.journal.stuck > 0 {
            TrayShape::NeedsYou
        } else if self.pops_paused_until.is_some() || status.integration == Integration::Disabled {
            TrayShape::Paused
        } else if status.integration == Integration::Connected {
            TrayShape::Connected
        } else {
            TrayShape::Idle
        };
        let offline = self.is_offline_for_pbx() && self.is_offline_for_salesforce();
        Tray {
            shape,
            line: line(status, self.off_since(), offline),
            paused: self.pops_paused_until.is_some(),
            status: status.clone(),
        }
    }

    /// The state as of now.
    pub(crate) fn status(&self) -> Status {
        let pbx = self.pbx_status();
        let salesforce = self.salesforce_status();
        let binding = self.binding_status();
        let enabled = self.loaded.settings.integration.enabled;
        let configured =
            pbx.state != LinkState::NotConfigured || salesforce.state != LinkState::NotConfigured;
        let gap = self.unverified.map(crate::problems::gap_unverified);
        let notes = self.lost_notes.as_ref().map(crate::problems::notes_lost);
        let kept = self.forgetting.is_waiting().then(crate::problems::secrets_stay);
        let own = self.own_problem().or(notes).or(gap).or(kept);
        // What is said of a journal that is being read back, or of a pause that ends by itself, needs no person.
        let needs_you = need_a_person([
            &pbx.problem,
            &self.sales.problem,
            &self.browser.problem,
            &binding.problem,
            &self.disk_problem,
            &self.settings.problem,
            &own,
        ]);
        let connected = pbx.state == LinkState::Connected
            && pbx.events != EventsState::Down
            && salesforce.state == LinkState::Connected
            && binding.state == BindingState::Bound;
        let integration = if !configured {
            Integration::Disconnected
        } else if !enabled {
            Integration::Disabled
        } else if needs_you {
            Integration::Attention
        } else if connected {
            Integration::Connected
        } else if [pbx.state, salesforce.state].contains(&LinkState::NotConfigured) {
            Integration::Attention
        } else {
            Integration::Connecting
        };
        let now = self.clock.now();
        let synced = self.sync_in.borrow();
        let calls = self
            .board
            .as_ref()
            .map(|board: &Switchboard| {
                shown(board.live(now)).iter().map(present::live_call).collect()
            })
            .unwrap_or_default();
        Status {
            version: VERSION.to_owned(),
            integration,
            secrets: self.secrets.kind(),
            pbx,
            salesforce,
            binding,
            journal: JournalStatus {
                waiting: self.counts.waiting,
                stuck: self.counts.stuck,
                logged_today: self.counts.logged_today,
            },
            contacts: ContactsStatus {
                index: self.index.known,
                index_state: self.index.phase,
                unread_numbers: self.index.unread_numbers,
                sync: sync::mode_word(self.loaded.settings.contact_sync.mode).to_owned(),
                synced: synced.synced,
                last_sync_at: synced.last_at.map(civil::utc),
                problem: synced.problem.clone().or_else(|| self.index.problem.clone()),
            },
            calls,
            disabled_since: self.off_since().map(civil::utc),
            problem: self.settings.problem.clone().or(own).or_else(|| self.creation_pause()),
            links: self.links_status(),
        }
    }

    /// Says that unknown callers get no record for now, where the settings ask for one.
    fn creation_pause(&self) -> Option<Problem> {
        let settings = &self.loaded.settings;
        let wanted = settings.integration.enabled && !settings.auto_create.directions.is_empty();
        let until = self.creation_paused.filter(|until| *until > self.clock.now().wall)?;
        wanted.then(|| creation::paused(until))
    }

    fn pbx_status(&self) -> PbxStatus {
        let settings = &self.loaded.settings.pbx;
        PbxStatus {
            state: self.pbx.state,
            address: (!settings.address.is_empty()).then(|| settings.address.clone()),
            serial: self.pbx.serial.as_ref().map(ToString::to_string),
            firmware: self.pbx.firmware.clone(),
            events: self.pbx.events,
            last_event_at: self.pbx.last_event.map(civil::utc),
            problem: self.pbx.problem.clone(),
        }
    }

    fn salesforce_status(&self) -> SalesforceStatus {
        let session = self.sales.session.as_ref();
        let usage = session.map(salesforce::Session::usage).unwrap_or_default();
        let user = self.sales.user.as_ref();
        SalesforceStatus {
            state: self.sales.state,
            user: user.map(|user| user.name.clone()),
            username: user.map(|user| user.username.clone()),
            org_id: session.map(|session| session.org().to_string()),
            instance: session
                .map(|session| session.instance().as_str().trim_end_matches('/').to_owned()),
            api_calls_today: self.api_calls.today(),
            api_limit: usage.org_used.zip(usage.org_max).map(|(used, max)| ApiLimit { used, max }),
            problem: self
                .sales
                .problem
                .clone()
                .or_else(|| self.browser.problem.clone())
                .or_else(|| self.disk_problem.clone())
                .or_else(|| self.journal_word.as_ref().map(|word| word.problem().clone())),
        }
    }

    pub(crate) fn binding_status(&self) -> BindingStatus {
        let binding = &self.pbx.binding;
        let both =
            self.pbx.state == LinkState::Connected && self.sales.state == LinkState::Connected;
        let problem = binding.problem.clone();
        BindingStatus {
            state: match (&binding.found, &problem) {
                (_, Some(problem)) if problem.code == "binding.conflict" => BindingState::Conflict,
                (Some(_), _) => BindingState::Bound,
                (None, _) => BindingState::Unbound,
            },
            extension: binding.found.as_ref().map(|(extension, _)| extension.to_string()),
            source: binding.found.as_ref().map(|(_, source)| *source),
            problem: problem.or_else(|| {
                (both && binding.found.is_none() && !self.pbx.extensions.is_empty())
                    .then(crate::problems::nobody_bound)
            }),
        }
    }

    fn index_view(&self) -> IndexView {
        IndexView {
            state: self.index.phase,
            known: self.index.known,
            expected: self.index.expected,
            unread_numbers: self.index.unread_numbers,
            checked_at: self.index.checked.map(civil::utc),
            problem: self.index.problem.clone(),
        }
    }
}

/// Says whether one of these calls a person. Where nobody has anything to do, it is only there for those who look.
fn need_a_person<const N: usize>(problems: [&Option<Problem>; N]) -> bool {
    problems.into_iter().flatten().any(Problem::needs_a_person)
}

/// Leaves out what nobody could look at any more, in the order in which the calls began.
fn shown(mut calls: Vec<CallState<'_>>) -> Vec<CallState<'_>> {
    let surplus = calls.len().saturating_sub(SHOWN);
    if surplus > 0 {
        calls.sort_by_key(|call| (call.phase.speaks(), call.started));
        calls.drain(..surplus);
        calls.sort_by_key(|call| call.started);
    }
    calls
}

fn line(status: &Status, off_since: Option<Timestamp>, offline: bool) -> String {
    let of_sides = [&status.pbx.problem, &status.salesforce.problem, &status.binding.problem];
    let problem = of_sides.into_iter().chain([&status.problem]).flatten().next();
    match (status.integration, problem) {
        (Integration::Disabled, _) => match off_since {
            Some(since) => format!("Switched off since {}", civil::local_minute(since)),
            None => "Switched off".to_owned(),
        },
        (_, Some(problem)) => problem.message.clone(),
        (Integration::Connected, None) => {
            let extension = status.binding.extension.as_deref().unwrap_or("?");
            format!("Connected · extension {extension}")
        }
        (Integration::Connecting, None) if offline => "Waiting for the network".to_owned(),
        (Integration::Connecting, None) => "Connecting…".to_owned(),
        (Integration::Attention, None) => "Set-up is not finished".to_owned(),
        (Integration::Disconnected, None) => "Not set up".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::STANDING;

    #[test]
    fn whatever_its_code_a_problem_calls_a_person_where_there_is_something_to_do_and_only_there() {
        let said = |code: &str, action: &str| Some(Problem::new(code, "It happened.", action));
        for code in STANDING {
            let nothing = said(code, "Nothing to do; it goes on by itself.");
            let something = said(code, "Tell your administrator.");
            assert!(!need_a_person([&nothing, &None, &nothing]), "{code}");
            assert!(need_a_person([&nothing, &something, &None]), "{code}");
        }
    }
}
