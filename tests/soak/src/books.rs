//! What really happened: each call with its legs, and when each desk was switched off, written down by who did it.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::act::Who;

/// Milliseconds since 1970, as the simulated systems count.
pub(crate) fn now_ms() -> i64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(passed.as_millis()).unwrap_or(i64::MAX)
}

/// Which way a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Inbound,
    Outbound,
    Internal,
}

/// A phone that took part in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leg {
    pub(crate) extension: String,
    pub(crate) began_ms: i64,
    pub(crate) answered_ms: Option<i64>,
    pub(crate) ended_ms: Option<i64>,
}

/// A call as it was.
#[derive(Clone, Debug)]
pub(crate) struct CallBook {
    pub(crate) id: String,
    pub(crate) way: Way,
    pub(crate) who: Who,
    /// It came through the queue.
    pub(crate) queue: bool,
    pub(crate) began_ms: i64,
    pub(crate) ended_ms: Option<i64>,
    pub(crate) legs: Vec<Leg>,
    pub(crate) remote_answered: bool,
    pub(crate) voicemail: bool,
    pub(crate) failure: Option<&'static str>,
}

impl CallBook {
    pub(crate) fn new(id: String, way: Way, who: Who) -> Self {
        Self {
            id,
            way,
            who,
            queue: false,
            began_ms: now_ms(),
            ended_ms: None,
            legs: Vec::new(),
            remote_answered: false,
            voicemail: false,
            failure: None,
        }
    }

    /// A phone begins to take part.
    pub(crate) fn joins(&mut self, extension: &str, answered: bool) {
        let now = now_ms();
        self.legs.push(Leg {
            extension: extension.to_owned(),
            began_ms: now,
            answered_ms: answered.then_some(now),
            ended_ms: None,
        });
    }

    fn live(&mut self, extension: &str) -> Option<&mut Leg> {
        self.legs.iter_mut().rev().find(|leg| leg.extension == extension && leg.ended_ms.is_none())
    }

    /// A phone that rings is picked up; those that rang beside it stop.
    pub(crate) fn answers(&mut self, extension: &str) {
        let now = now_ms();
        let Some(leg) = self.live(extension).filter(|leg| leg.answered_ms.is_none()) else {
            return;
        };
        leg.answered_ms = Some(now);
        self.silence();
    }

    /// All phones that still ring stop.
    pub(crate) fn silence(&mut self) {
        let now = now_ms();
        for leg in &mut self.legs {
            if leg.answered_ms.is_none() {
                leg.ended_ms.get_or_insert(now);
            }
        }
    }

    pub(crate) fn leaves(&mut self, extension: &str) {
        let now = now_ms();
        if let Some(leg) = self.live(extension) {
            leg.ended_ms = Some(now);
        }
    }

    /// The other side of a call that was placed answers.
    pub(crate) fn remote_answers(&mut self) {
        let now = now_ms();
        self.remote_answered = true;
        for leg in self.legs.iter_mut().filter(|leg| leg.ended_ms.is_none()) {
            leg.answered_ms.get_or_insert(now);
        }
    }

    pub(crate) fn ends(&mut self) {
        let now = now_ms();
        self.ended_ms.get_or_insert(now);
        for leg in &mut self.legs {
            leg.ended_ms.get_or_insert(now);
        }
    }

    /// Did this extension's phone ring or speak?
    pub(crate) fn met(&self, extension: &str) -> bool {
        self.legs.iter().any(|leg| leg.extension == extension)
    }

    /// Seconds that an extension spoke; `None` where it did not.
    pub(crate) fn spoke_s(&self, extension: &str) -> Option<f64> {
        let spoken: Vec<i64> = self
            .legs
            .iter()
            .filter(|leg| leg.extension == extension)
            .filter_map(|leg| Some(leg.ended_ms? - leg.answered_ms?))
            .collect();
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a short call")]
        (!spoken.is_empty()).then(|| spoken.iter().sum::<i64>() as f64 / 1_000.0)
    }

    /// The extensions that took part, each once.
    pub(crate) fn extensions(&self) -> Vec<String> {
        let mut all: Vec<String> = self.legs.iter().map(|leg| leg.extension.clone()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The call in a line, its times counted from `since_ms`.
    pub(crate) fn told(&self, since_ms: i64) -> String {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a history")]
        let at = |ms: i64| (ms - since_ms) as f64 / 1_000.0;
        let legs: Vec<String> = self
            .legs
            .iter()
            .map(|leg| {
                let spoke = match (leg.answered_ms, leg.ended_ms) {
                    (Some(from), Some(to)) => format!("spoke {:.1}–{:.1}", at(from), at(to)),
                    (Some(from), None) => format!("speaks since {:.1}", at(from)),
                    (None, _) => "did not speak".to_owned(),
                };
                format!("{} from {:.1} {spoke}", leg.extension, at(leg.began_ms))
            })
            .collect();
        let ended =
            self.ended_ms.map_or_else(|| "goes on".to_owned(), |ms| format!("{:.1}", at(ms)));
        let marks = [
            self.voicemail.then_some("voicemail"),
            self.failure,
            (self.way == Way::Outbound && !self.remote_answered).then_some("not answered"),
        ];
        let marks: Vec<&str> = marks.into_iter().flatten().collect();
        format!(
            "{} {:?} {} {:.1}–{ended}: {} {}",
            self.id,
            self.way,
            self.who,
            at(self.began_ms),
            legs.join(", "),
            marks.join(", ")
        )
    }
}

/// A time in which a desk was switched off, with the moments in which it was being switched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Off {
    pub(crate) asked_ms: i64,
    pub(crate) done_ms: i64,
    pub(crate) asked_on_ms: Option<i64>,
    pub(crate) on_ms: Option<i64>,
}

/// A time in which a desk, or every desk, may have been deaf to the PBX.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trouble {
    /// `None`: it was the PBX's.
    pub(crate) desk: Option<usize>,
    pub(crate) from_ms: i64,
    /// When it was over: what stands still does so until it goes on.
    pub(crate) to_ms: i64,
    /// When every desk was seen to be subscribed again.
    pub(crate) heals_ms: Option<i64>,
}

impl Trouble {
    /// Until when a desk may be deaf of it.
    fn deaf_until_ms(&self) -> i64 {
        let latest = self.to_ms.saturating_add(DEAF_MS);
        self.heals_ms.map_or(latest, |heals| heals.saturating_add(SEEN_MS).min(latest))
    }
}

/// Was a desk to log what happened in a time?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Duty {
    /// It was switched off all the time.
    Never,
    /// It was switched in the middle, or at nearly the same moment.
    May,
    Must,
}

/// Everything that happened.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// By their places in the plan. What the plan's call led to, consultations beside it.
    pub(crate) calls: BTreeMap<usize, CallBook>,
    pub(crate) consultations: Vec<CallBook>,
    /// By desk.
    pub(crate) off: BTreeMap<usize, Vec<Off>>,
    pub(crate) troubles: Vec<Trouble>,
    /// When this driver was late, and by how many milliseconds.
    pub(crate) lags: Vec<(i64, i64)>,
    /// When a person made a lead, by stranger.
    pub(crate) made: BTreeMap<usize, i64>,
    /// Who was dialled with the program, and by whom, where the program said of no call.
    pub(crate) dialled_in_vain: Vec<(String, Who)>,
    /// When each call was first seen at the PBX, by its id.
    pub(crate) seen: BTreeMap<String, i64>,
    /// Every step with its time.
    pub(crate) steps: Vec<(i64, String)>,
    /// Commands that did not do what they should.
    pub(crate) complaints: Vec<String>,
}

/// Records carry whole seconds, and a switch takes a moment to come through.
const MARGIN_MS: i64 = 1_600;
/// A desk hears again so long after a trouble is over, at the latest: it waits between its attempts to connect, and each of
/// the requests of a connection may take seconds.
const DEAF_MS: i64 = 15_000;
/// Whether all are subscribed is looked at this long after a trouble at the earliest: what was cut off takes a moment to be
/// seen as gone.
pub(crate) const SEEN_MS: i64 = 500;
/// What a desk has heard is on its disk so long after the end of a call: then a kill takes nothing of it.
const KEPT_MS: i64 = 2_000;

impl Books {
    /// Did the desk hear all that the PBX told of the call, in its time? What befell it or the PBX long before the call, or
    /// after it, is no excuse.
    pub(crate) fn heard(&self, desk: usize, call: &CallBook) -> bool {
        let begin = call.began_ms;
        let end = call.ended_ms.unwrap_or(i64::MAX);
        !self.troubles.iter().any(|trouble| {
            trouble.desk.is_none_or(|of| of == desk)
                && trouble.from_ms <= end.saturating_add(KEPT_MS)
                && trouble.deaf_until_ms() >= begin
        })
    }

    /// What stood still goes on, or is no more.
    pub(crate) fn moves_again(&mut self, desk: usize) {
        let now = now_ms();
        let open = |trouble: &&mut Trouble| trouble.desk == Some(desk) && trouble.to_ms == i64::MAX;
        self.troubles.iter_mut().filter(open).for_each(|trouble| trouble.to_ms = now);
    }

    /// Every desk is subscribed at this moment.
    pub(crate) fn all_hear(&mut self) {
        let now = now_ms();
        for trouble in &mut self.troubles {
            if trouble.to_ms.saturating_add(SEEN_MS) <= now {
                trouble.heals_ms.get_or_insert(now);
            }
        }
    }

    /// Seconds by which an event of the call may have come late, or a step happened after it was written down.
    pub(crate) fn lag_s(&self, call: &CallBook) -> f64 {
        let times =
            call.began_ms - KEPT_MS..=call.ended_ms.unwrap_or(i64::MAX).saturating_add(KEPT_MS);
        let late =
            self.lags.iter().filter(|(at, _)| times.contains(at)).map(|(_, late)| *late).max();
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a short time")]
        late.map_or(0.0, |late| late as f64 / 1_000.0)
    }

    pub(crate) fn writes(&mut self, what: String) {
        self.steps.push((now_ms(), what));
    }

    /// Everything that was a call.
    pub(crate) fn all(&self) -> impl Iterator<Item = &CallBook> {
        self.calls.values().chain(&self.consultations)
    }

    /// Says whether a desk was to log a call.
    pub(crate) fn duty(&self, desk: usize, call: &CallBook) -> Duty {
        let (begin, end) = (call.began_ms, call.ended_ms.unwrap_or(i64::MAX));
        let mut duty = Duty::Must;
        for off in self.off.get(&desk).into_iter().flatten() {
            let on = off.on_ms.unwrap_or(i64::MAX);
            let asked_on = off.asked_on_ms.unwrap_or(i64::MAX);
            let apart = end < off.asked_ms.saturating_sub(MARGIN_MS)
                || begin > on.saturating_add(MARGIN_MS);
            let within = begin > off.done_ms.saturating_add(MARGIN_MS)
                && end < asked_on.saturating_sub(MARGIN_MS);
            duty = duty.min(match (apart, within) {
                (true, _) => Duty::Must,
                (false, true) => Duty::Never,
                (false, false) => Duty::May,
            });
        }
        duty
    }
}
