//! The live calls as they lie on the disk: the switchboard's words in the store's.
//!
//! What is true of a call beside its phase follows it in the same field: `dialling+wished`.

use domain::{Memory, Phase};
use store::{CallMemory, Desk};

const TAKEN: &str = "taken";
const WISHED: &str = "wished";

/// Keeps a live call, in the store's words.
pub(super) fn memory(desk: &Desk, memory: Memory) -> CallMemory {
    let mut state = memory.phase.as_str().to_owned();
    for (is_so, word) in [(memory.taken_by_other, TAKEN), (memory.wished, WISHED)] {
        if is_so {
            state.push('+');
            state.push_str(word);
        }
    }
    CallMemory {
        desk: desk.clone(),
        call: memory.call,
        direction: memory.direction,
        party: memory.party,
        spelled: memory.spelled,
        started: memory.started,
        answered: memory.talking_since,
        talk: memory.talk,
        again: memory.again,
        popped: memory.popped,
        others_rang: memory.rang.into_iter().collect(),
        queue: memory.queue,
        did: memory.did,
        state,
    }
}

/// Takes a live call back from the store.
pub(super) fn remembered(memory: CallMemory) -> Memory {
    let mut words = memory.state.split('+');
    let phase = words.next().and_then(Phase::from_stored);
    let more: Vec<&str> = words.collect();
    Memory {
        call: memory.call,
        direction: memory.direction,
        party: memory.party,
        spelled: memory.spelled,
        started: memory.started,
        talking_since: memory.answered,
        talk: memory.talk,
        phase: phase.unwrap_or(Phase::Left),
        again: memory.again,
        wished: more.contains(&WISHED),
        popped: memory.popped,
        rang: memory.others_rang.into_iter().collect(),
        taken_by_other: more.contains(&TAKEN),
        queue: memory.queue,
        did: memory.did,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::{CallId, Extension, Serial, Talk, Timestamp};

    use super::*;

    #[test]
    fn a_live_call_is_the_same_when_it_comes_back() {
        for (taken_by_other, wished) in [(false, false), (true, false), (false, true), (true, true)]
        {
            let call = Memory {
                call: CallId::new("1.1"),
                direction: None,
                party: None,
                spelled: Some("0493555017".to_owned()),
                started: Timestamp::from_seconds(1_767_600_923),
                talking_since: None,
                talk: Talk { parts: 1, ..Talk::default() },
                phase: Phase::Dialling,
                again: true,
                wished,
                popped: true,
                rang: BTreeSet::from([Extension::new("4102")]),
                taken_by_other,
                queue: Some("6400".to_owned()),
                did: None,
            };
            let desk = Desk { serial: Serial::new("SN"), extension: Extension::new("4101") };
            assert_eq!(remembered(memory(&desk, call.clone())), call);
        }
    }
}
