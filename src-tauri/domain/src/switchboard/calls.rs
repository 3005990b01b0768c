//! The calls that are not finished, and which of them need a look: those that news have changed, and those whose time has
//! come. So news of one call cost the same however many others there are.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map},
    time::Duration,
};

use super::{call::Call, due::look_due};
use crate::{ids::CallId, time::Moment};

/// Calls by their names. Whoever may change one has it looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    by_id: BTreeMap<CallId, Call>,
    /// Changed, perhaps, since they were looked at.
    touched: BTreeSet<CallId>,
    /// When each of the others is to be looked at.
    due: BTreeMap<CallId, Duration>,
    /// The same, the next one first.
    next: BTreeSet<(Duration, CallId)>,
    /// Those of the others that are live.
    live: BTreeSet<CallId>,
}

impl Calls {
    pub(super) fn get(&self, id: &CallId) -> Option<&Call> {
        self.by_id.get(id)
    }

    pub(super) fn contains_key(&self, id: &CallId) -> bool {
        self.by_id.contains_key(id)
    }

    pub(super) fn values(&self) -> btree_map::Values<'_, CallId, Call> {
        self.by_id.values()
    }

    pub(super) fn get_mut(&mut self, id: &CallId) -> Option<&mut Call> {
        let call = self.by_id.get_mut(id)?;
        self.touched.insert(id.clone());
        Some(call)
    }

    pub(super) fn get_or_insert_with(
        &mut self,
        id: &CallId,
        call: impl FnOnce() -> Call,
    ) -> &mut Call {
        self.touched.insert(id.clone());
        self.by_id.entry(id.clone()).or_insert_with(call)
    }

    pub(super) fn values_mut(&mut self) -> btree_map::ValuesMut<'_, CallId, Call> {
        self.touched.extend(self.by_id.keys().cloned());
        self.by_id.values_mut()
    }

    pub(super) fn insert(&mut self, id: CallId, call: Call) {
        self.touched.insert(id.clone());
        self.by_id.insert(id, call);
    }

    pub(super) fn remove(&mut self, id: &CallId) -> Option<Call> {
        self.touched.remove(id);
        self.forget_plan(id);
        self.by_id.remove(id)
    }

    /// Has all of them looked at.
    pub(super) fn touch_all(&mut self) {
        self.touched.extend(self.by_id.keys().cloned());
    }

    /// Takes those that need a look, in the order of their names.
    pub(super) fn take_due(&mut self, now: Moment) -> BTreeSet<CallId> {
        let mut due = std::mem::take(&mut self.touched);
        let come = self.next.iter().take_while(|(at, _)| *at <= now.steady);
        due.extend(come.map(|(_, id)| id.clone()));
        due
    }

    /// Returns a call that is being looked at, to be changed by that.
    pub(super) fn looked_at(&mut self, id: &CallId) -> Option<&mut Call> {
        self.by_id.get_mut(id)
    }

    /// Plans the next look at a call that has been looked at.
    pub(super) fn plan(&mut self, id: &CallId) {
        self.forget_plan(id);
        let Some(call) = self.by_id.get(id) else { return };
        let at = look_due(call);
        self.due.insert(id.clone(), at);
        self.next.insert((at, id.clone()));
        if call.is_live() {
            self.live.insert(id.clone());
        }
    }

    fn forget_plan(&mut self, id: &CallId) {
        if let Some(at) = self.due.remove(id) {
            self.next.remove(&(at, id.clone()));
        }
        self.live.remove(id);
    }

    /// Returns when the next look is due.
    pub(super) fn next_look(&self) -> Option<Duration> {
        let planned = self.next.first().map(|(at, _)| *at);
        self.unplanned().map(look_due).chain(planned).min()
    }

    /// Says whether any call goes on.
    pub(super) fn any_live(&self) -> bool {
        !self.live.is_empty() || self.unplanned().any(Call::is_live)
    }

    fn unplanned(&self) -> impl Iterator<Item = &Call> {
        self.touched.iter().filter_map(|id| self.by_id.get(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn moment(seconds: u64) -> Moment {
        Moment {
            wall: Timestamp::from_millis(1_700_000_000_000),
            steady: Duration::from_secs(seconds),
        }
    }

    fn board(ids: &[&str]) -> Calls {
        let mut calls = Calls::default();
        for id in ids {
            calls.insert(CallId::new(*id), Call::new(CallId::new(*id), moment(0)));
        }
        calls
    }

    fn look(calls: &mut Calls, now: Moment) -> Vec<String> {
        let due = calls.take_due(now);
        due.iter().for_each(|id| calls.plan(id));
        due.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn only_what_has_changed_or_is_due_is_looked_at() {
        let mut calls = board(&["a", "b", "c"]);
        assert_eq!(look(&mut calls, moment(0)), ["a", "b", "c"], "all are new");
        assert!(look(&mut calls, moment(0)).is_empty(), "nothing has changed");
        calls.get_mut(&CallId::new("b")).unwrap().last_news = Duration::from_secs(3);
        assert_eq!(look(&mut calls, moment(1)), ["b"]);
        let next = calls.next_look().unwrap();
        assert_eq!(look(&mut calls, Moment { steady: next, ..moment(0) }), ["a", "c"]);
    }

    #[test]
    fn a_call_that_has_left_is_not_waited_for() {
        let mut calls = board(&["a"]);
        assert!(calls.next_look().is_some(), "before the first look, too");
        look(&mut calls, moment(0));
        calls.remove(&CallId::new("a")).unwrap();
        assert_eq!(calls.next_look(), None);
        assert!(look(&mut calls, moment(10_000)).is_empty());
    }
}
