//! Which events concern us.
//!
//! The stream carries everybody's calls (yeastar-open-api.md §4.2). What is not of our extension, and of no call that
//! it has a part in, ends here: it is not kept, counted or logged, and most of it is not even parsed.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{CallEvent, CallId, Extension, Leg, Timestamp};
use memchr::memmem;
use tokio::sync::Notify;

use crate::wire::{
    clock::PbxClock,
    event::{Call, Frame},
};

/// What the client's requests and the event stream know together.
#[derive(Debug, Default)]
pub(crate) struct Ear {
    state: Mutex<State>,
    late: Notify,
}

#[derive(Debug, Default)]
struct State {
    ours: Ids,
    /// How many `call/dial` are on their way.
    dialling: usize,
    /// Failures of calls that nobody knows, while one of ours may be among them: the PBX can report the failure
    /// before it has answered with the id. Source: §4.7.
    unclaimed: VecDeque<(CallId, String)>,
    /// Events for the listener that did not come over the socket just now.
    late: VecDeque<CallEvent>,
}

/// The latest calls that had us; the oldest make room. An agent has far fewer in a day.
#[derive(Debug, Default)]
struct Ids {
    known: HashSet<String>,
    by_age: VecDeque<String>,
}

const MOST_IDS: usize = 512;
/// A busy PBX reports a few failures in the seconds that a `call/dial` takes.
const MOST_UNCLAIMED: usize = 256;

/// How long a failure waits that was known before the call: whoever dials shall hear the id first.
const LATE_BY: Duration = Duration::from_millis(50);

/// One `call/dial` on its way.
#[derive(Debug)]
pub(crate) struct Dialling<'a>(&'a Ear);

/// Finds frames that may concern us by their bytes, without parsing.
#[derive(Debug)]
pub(crate) struct Sieve {
    own: memmem::Finder<'static>,
    call_id: memmem::Finder<'static>,
    failure: memmem::Finder<'static>,
    reply: memmem::Finder<'static>,
}

impl Sieve {
    pub(crate) fn new(own: &Extension) -> Self {
        Self {
            own: memmem::Finder::new(own.as_str()).into_owned(),
            call_id: memmem::Finder::new("call_id"),
            failure: memmem::Finder::new("30015"),
            reply: memmem::Finder::new("errcode"),
        }
    }

    /// Says whether the frame is worth parsing.
    pub(crate) fn passes(&self, frame: &str, ear: &Ear) -> bool {
        let bytes = frame.as_bytes();
        if self.own.find(bytes).is_some() {
            return true;
        }
        match self.call_id.find(bytes) {
            Some(at) => {
                let state = ear.lock();
                state.ours.has(id_at(&frame[at + "call_id".len()..]))
                    || (state.dialling > 0 && self.failure.find(bytes).is_some())
            }
            None => self.reply.find(bytes).is_some(),
        }
    }
}

/// Returns the value after a key, whether its quotation marks are escaped or not.
fn id_at(after_key: &str) -> &str {
    let value = after_key.trim_start_matches(['\\', '"', ':', ' ']);
    let end = value.find(['\\', '"', ',', '}', ' ']).unwrap_or(value.len());
    &value[..end]
}

impl Ear {
    /// Turns a frame into the event that concerns `own`, if it does.
    pub(crate) fn sort(
        &self,
        own: &Extension,
        frame: Frame,
        clock: Option<PbxClock>,
        now: Timestamp,
    ) -> Option<CallEvent> {
        match frame {
            Frame::Reply { .. } => None,
            Frame::Phone { extension, state } => {
                (extension == *own).then_some(CallEvent::Phone(state))
            }
            Frame::Call(call) => {
                let (call, legs) = self.claim(own, call)?;
                Some(CallEvent::Legs { call, legs })
            }
            // Where these two leave the call is not documented (§4.7); 30011 says it.
            Frame::Moved(call) => {
                self.claim(own, call);
                None
            }
            Frame::Failed(call) => self.failure(own, call),
            Frame::Record(row) => {
                let call = row.call()?;
                let names_us = row.from() == own.as_str() || row.to() == own.as_str();
                if !names_us && !self.lock().ours.has(call.as_str()) {
                    return None;
                }
                let total = row.total();
                let started = row
                    .timestamp()
                    .or_else(|| clock?.start_of_ended(row.wall_start(), total, now))
                    .map(|started| clock.map_or(started, |clock| clock.on_our_clock(started)))
                    .unwrap_or_else(|| now.minus(total));
                self.remember(&call);
                row.into_record(started).map(CallEvent::Record)
            }
        }
    }

    /// Keeps of all live calls those that have `own`.
    pub(crate) fn live(&self, own: &Extension, calls: Vec<Call>) -> Vec<(CallId, Vec<Leg>)> {
        calls.into_iter().filter_map(|call| self.claim(own, call)).collect()
    }

    /// Takes note that the call has us.
    pub(crate) fn remember(&self, call: &CallId) {
        self.lock().ours.add(call.as_str());
    }

    /// Takes note that a call is being placed, until the value is dropped.
    pub(crate) fn dialling(&self) -> Dialling<'_> {
        self.lock().dialling += 1;
        Dialling(self)
    }

    /// Waits for an event that came before anybody knew that it is ours. Cancel-safe.
    pub(crate) async fn late(&self) -> CallEvent {
        loop {
            // Registered before the look, so that nothing is missed between the two.
            let more = self.late.notified();
            if !self.lock().late.is_empty() {
                tokio::time::sleep(LATE_BY).await;
                if let Some(event) = self.lock().late.pop_front() {
                    return event;
                }
            }
            more.await;
        }
    }

    /// Returns the call and its legs if it has, or had, `own`.
    fn claim(&self, own: &Extension, call: Call) -> Option<(CallId, Vec<Leg>)> {
        let id = CallId::new(call.call_id.as_deref()?);
        if call.has(own) {
            self.remember(&id);
        } else if !self.lock().ours.has(id.as_str()) {
            return None;
        }
        Some((id, call.legs()))
    }

    fn failure(&self, own: &Extension, call: Call) -> Option<CallEvent> {
        let id = CallId::new(call.call_id.as_deref()?);
        let reason = call.reason.as_str().to_owned();
        let mut state = self.lock();
        if call.has(own) || state.ours.has(id.as_str()) {
            state.ours.add(id.as_str());
            return Some(CallEvent::Failed { call: id, reason });
        }
        if state.dialling > 0 && state.unclaimed.len() < MOST_UNCLAIMED {
            state.unclaimed.push_back((id, reason));
        }
        None
    }

    // Nothing that panics is called under the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Dialling<'_> {
    /// Takes note of the id that the PBX gave the call, and claims a failure that was reported before.
    pub(crate) fn became(self, call: &CallId) {
        let mut state = self.0.lock();
        state.ours.add(call.as_str());
        let Some(at) = state.unclaimed.iter().position(|(id, _)| id == call) else { return };
        if let Some((call, reason)) = state.unclaimed.remove(at) {
            state.late.push_back(CallEvent::Failed { call, reason });
            self.0.late.notify_one();
        }
    }
}

impl Drop for Dialling<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.dialling -= 1;
        // From here on the ids of our calls are known; what is left was never ours.
        if state.dialling == 0 {
            state.unclaimed.clear();
        }
    }
}

impl Ids {
    fn has(&self, id: &str) -> bool {
        self.known.contains(id)
    }

    fn add(&mut self, id: &str) {
        if !self.known.insert(id.to_owned()) {
            return;
        }
        self.by_age.push_back(id.to_owned());
        if self.by_age.len() > MOST_IDS
            && let Some(oldest) = self.by_age.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}
