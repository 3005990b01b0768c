//! A flood of calls: more than any office has, as from a PBX that is broken or hostile.

use std::{collections::VecDeque, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::{
    Pbx,
    verbs::{Call, InboundSpec},
};

/// Without a pace, so many calls are begun before others get their turn.
const AT_ONCE: usize = 50;

/// Inbound calls, each answered at once.
#[derive(Clone, Debug)]
pub struct Flood {
    /// So many in a second; none: as fast as they can be made.
    pub rate: Option<u32>,
    /// So many in all.
    pub calls: usize,
    /// The extension that has some of them.
    pub extension: String,
    /// Its share, of a hundred. The others are calls of extensions that are nobody's here.
    pub own_percent: usize,
    /// Who calls it, in turn.
    pub callers: Vec<String>,
    /// How long each call lasts.
    pub lasts: Duration,
}

impl Pbx {
    /// Has the calls made, and returns the ids of those of the extension, in the order in which they began.
    pub async fn flood(&self, flood: &Flood) -> Vec<String> {
        let mut own = Vec::new();
        let mut live: VecDeque<(Instant, Call)> = VecDeque::new();
        let begun = Instant::now();
        for turn in 0..flood.calls {
            while live.front().is_some_and(|(until, _)| *until <= Instant::now()) {
                live.pop_front().iter().for_each(|(_, call)| call.caller_hangs_up());
            }
            match flood.rate {
                Some(rate) => {
                    let turn = u32::try_from(turn).unwrap_or(u32::MAX);
                    sleep_until(begun + Duration::from_secs(1) * turn / rate.max(1)).await;
                }
                None if turn % AT_ONCE == 0 => tokio::task::yield_now().await,
                None => {}
            }
            let is_own = (turn + 1) * flood.own_percent / 100 > turn * flood.own_percent / 100;
            let extension =
                if is_own { flood.extension.clone() } else { format!("47{:02}", turn % 100) };
            let from = match flood.callers.get(own.len() % flood.callers.len().max(1)) {
                Some(caller) if is_own => caller.clone(),
                Some(_) | None => format!("0305550{:04}", turn % 10_000),
            };
            let call = self.inbound_with(InboundSpec {
                from,
                extensions: vec![extension.clone()],
                ..InboundSpec::default()
            });
            call.answer(&extension);
            if is_own {
                own.push(call.id());
            }
            live.push_back((Instant::now() + flood.lasts, call));
        }
        while let Some((until, call)) = live.pop_front() {
            sleep_until(until).await;
            call.caller_hangs_up();
        }
        own
    }
}
