//! Closing gaps from the PBX's call records, and how far back they are known.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use domain::{CallId, CallRecord, Switchboard, Timestamp, moves_with_clock};
use pbx::{Retry, Skews};
use store::Desk;

use super::{News, REBUILD_MARK, cursor_name, skews_name};
use crate::{
    controller::{Controller, Input},
    view::EventsState,
};

/// Records are read again from so long before the last moment of certainty: a long call is recorded at its end under
/// its beginning, and the PBX writes late.
const OVERLAP: Duration = Duration::from_secs(15 * 60);
/// And up to so long after now: the PBX's clock may be ahead.
const AHEAD: Duration = Duration::from_secs(10 * 60);
/// And so long for calls that are known: it may have been set ahead while they went on, and put right again.
const KNOWN_AHEAD: Duration = Duration::from_secs(24 * 3_600);
/// How far the records are read for one call that was missed in part.
const RECENT: Duration = Duration::from_secs(3 * 3_600);
/// The PBX may write a record some time after the call: after a gap it is asked again, with these pauses.
const LOOKS: [Duration; 3] =
    [Duration::from_secs(10), Duration::from_secs(20), Duration::from_secs(60)];
/// The rows of a call are written within this of its end, as a rule.
const ROWS: Duration = Duration::from_secs(1);
/// After a gap of as long it is asked how far back the records go.
const LONG: Duration = Duration::from_secs(600);
/// A shorter stretch, as of a moment without a connection, is not worth a person's time.
const SHORT: Duration = Duration::from_secs(60);
/// The record of a call is there this long after its end, as a rule.
const LATE: Duration = Duration::from_secs(120);
/// So many calls are looked at for one that the PBX lacks.
const ASKED_FOR_PROOF: usize = 500;
/// The store's mark of what could not be verified.
pub(crate) const UNVERIFIED: &str = "journal.unverified";
/// Records that could not be read are asked for again after so long, which doubles with each failure up to the second
/// time; where the PBX has none to give, now and then.
const READ_AGAIN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));
const NONE_TO_GIVE: Duration = Duration::from_secs(300);
/// A reading of the last hours that takes no longer costs the PBX little, and may follow the one before it at once.
const QUICK: Duration = Duration::from_millis(250);
/// The cursor moves on at least so often while the events are live.
const CURSOR_EVERY: Duration = Duration::from_secs(300);

/// The reading of the last hours' records: one at a time, however many calls want it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Recent {
    /// When the one that is under way was begun.
    begun: Option<tokio::time::Instant>,
    /// Another is wanted: what it is to show may be younger than the one under way.
    wanted: bool,
    /// How long the last one took.
    took: Duration,
}

/// A time of which nobody can say whether there were calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unverified {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
}

impl Unverified {
    /// Reads what [`Self::mark`] has written.
    pub(crate) fn read(mark: &str) -> Option<Self> {
        let (from, until) = mark.split_once(' ')?;
        let moment = |text: &str| Some(Timestamp::from_millis(text.parse().ok()?));
        Some(Self { from: moment(from)?, until: moment(until)? })
    }

    fn mark(self) -> String {
        format!("{} {}", self.from.as_millis(), self.until.as_millis())
    }

    fn with(self, other: Option<Self>) -> Self {
        other.map_or(self, |other| Self {
            from: self.from.min(other.from),
            until: self.until.max(other.until),
        })
    }
}

/// How far the records of some spans were read.
#[derive(Debug)]
pub(crate) struct Reading {
    /// With which connection it was begun.
    connection: u64,
    /// The gap is closed with it.
    whole: bool,
    /// Everything up to this moment is known then.
    until: Timestamp,
    /// The earliest moment that is looked at.
    from: Timestamp,
    /// What is not begun yet.
    spans: VecDeque<(Timestamp, Timestamp)>,
    /// The span that is under way: it knows which page comes next.
    pages: Option<pbx::Records>,
    /// What may concern this desk.
    kept: Vec<CallRecord>,
    /// There was a record, whoever's.
    found: bool,
    /// Up to then all is known.
    begin: Timestamp,
}

impl Reading {
    /// Reads to the end. After an error the next try begins with the page that could not be had.
    async fn read(
        &mut self,
        client: &pbx::Client,
        desk: &Desk,
        known: &HashSet<CallId>,
    ) -> Result<(), pbx::Error> {
        loop {
            let pages = match &mut self.pages {
                Some(pages) => pages,
                None => match self.spans.pop_front() {
                    Some((from, until)) => {
                        let pages = client.call_records(from, until);
                        // It may have been upgraded while nobody listened.
                        let pages = if self.whole { pages.with_both_places() } else { pages };
                        let far = until.plus(KNOWN_AHEAD);
                        self.pages.insert(match self.spans.is_empty() {
                            true => pages.with_known_ahead(far, known.clone()),
                            false => pages,
                        })
                    }
                    None => return Ok(()),
                },
            };
            match pages.next().await? {
                Some(page) => {
                    self.found |= !page.is_empty();
                    self.kept.extend(of_this_desk(page, desk, known));
                }
                None => self.pages = None,
            }
        }
    }
}

/// Keeps of a page of call records what may concern this desk: rows that name it, rows of calls that it knows, and
/// the other rows of those calls.
fn of_this_desk(records: Vec<CallRecord>, desk: &Desk, known: &HashSet<CallId>) -> Vec<CallRecord> {
    let own = desk.extension.as_str();
    let ours: HashSet<CallId> = records
        .iter()
        .filter(|record| record.from == own || record.to == own || known.contains(&record.call))
        .map(|record| record.call.clone())
        .collect();
    records.into_iter().filter(|record| ours.contains(&record.call)).collect()
}

/// Returns the stretch of a gap of which the PBX has no records any more. It has removed some where it lacks a call that
/// is known here: a PBX where nobody has called yet has none either.
///
/// Asked where no record at all was found, and after longer gaps. Source: faults.md C12.
async fn unverified(
    client: &pbx::Client,
    store: &store::Store,
    desk: &Desk,
    reading: &Reading,
) -> Option<Unverified> {
    let (begin, until) = (reading.begin, reading.until);
    if !reading.whole || (reading.found && until.since(begin) < LONG) {
        return None;
    }
    let oldest = match client.oldest_record().await {
        Ok(oldest) => oldest.unwrap_or(until),
        Err(error) => {
            tracing::info!(%error, "the oldest record could not be asked for");
            return None;
        }
    };
    let end = oldest.min(until);
    if end.since(begin) < SHORT {
        return None;
    }
    let calls = store.calls(ASKED_FOR_PROOF, None).await.unwrap_or_default();
    let has_proof = calls.iter().any(|call| {
        let over = call.started.plus(call.talked + LATE);
        call.desk == *desk && call.finished && call.started < end && over < until
    });
    has_proof.then_some(Unverified { from: begin, until: end })
}

/// Returns how long after so many failures in a row the records are asked for again; a whole office does not ask at once.
fn again(failures: u32) -> Duration {
    let wait = READ_AGAIN.0.saturating_mul(2_u32.saturating_pow(failures)).min(READ_AGAIN.1);
    wait + wait.mul_f64(rand::random::<f64>() / 4.0)
}

impl Controller {
    /// Everything up to this moment is known.
    pub(super) fn gap_is_read(&mut self, until: Timestamp) {
        self.pbx.catching_up = false;
        // The clock may have been set back while it was read.
        self.set_cursor(until.min(self.clock.now().wall));
        if std::mem::take(&mut self.pbx.reads_back) {
            self.rebuilt = true;
            self.scribe.write(|store| async move { store.set_mark(REBUILD_MARK, None).await });
        }
        if std::mem::take(&mut self.pbx.another_gap) {
            self.close_gap();
        } else if self.pbx.events == EventsState::CatchingUp {
            self.pbx.events = EventsState::Live;
        }
        self.pbx.looks = 1;
        self.look_again(LOOKS[0]);
    }

    /// Keeps that a stretch could not be verified, until a person has seen it.
    pub(super) fn keep_unverified(&mut self, stretch: Unverified) {
        let stretch = stretch.with(self.unverified);
        tracing::warn!("the PBX has no records of a stretch in which nobody listened");
        self.unverified = Some(stretch);
        let mark = stretch.mark();
        self.scribe
            .write(move |store| async move { store.set_mark(UNVERIFIED, Some(&mark)).await });
    }

    /// A person has seen it.
    pub(crate) fn unverified_is_seen(&mut self) {
        if self.unverified.take().is_some() {
            self.scribe.write(|store| async move { store.set_mark(UNVERIFIED, None).await });
        }
    }

    pub(super) fn past_failed(&mut self, error: &pbx::Error, reading: Box<Reading>) {
        let whole = reading.whole;
        tracing::warn!(%error, whole, "the call records could not be read");
        if !whole {
            // It is planned anew below, where that is of any use.
            self.pbx.recent = Recent::default();
        }
        self.heed(error);
        // Said as what it is: heard again, with a gap that is still open.
        self.pbx.catching_up &= !whole;
        let wait = match error.retry() {
            Retry::Later { after } => after.unwrap_or_default().max(again(self.pbx.unread)),
            Retry::Never => NONE_TO_GIVE,
            // The next connection closes the gap.
            Retry::AfterPerson => return,
        };
        self.pbx.unread += 1;
        if whole {
            self.pbx.unfinished = Some(reading);
            self.later(wait, News::GapOpen);
        } else {
            self.look_again(wait);
        }
    }

    /// Reads on where the last reading of the gap was broken off. What was recorded while nobody listened may be on a page
    /// that was read before, so after a new connection it is begun anew.
    pub(super) fn go_on_closing_gap(&mut self) {
        if self.pbx.catching_up {
            // It was begun anew meanwhile.
            return;
        }
        match self.pbx.unfinished.take() {
            Some(reading) if reading.connection == self.pbx.connections => {
                self.pbx.catching_up = true;
                self.read_on(*reading);
            }
            Some(_) | None => self.close_gap(),
        }
    }

    /// Plans a look, unless there is one that comes no later. Where the records of the last hours are many, the PBX has most
    /// of its time for others.
    fn look_again(&mut self, wait: Duration) {
        let wait = wait.max(self.pbx.recent.took * 4);
        let due = tokio::time::Instant::now() + wait;
        if self.pbx.second_look.is_some_and(|(_, planned)| planned <= due) {
            return;
        }
        self.pbx.look_turn += 1;
        self.pbx.second_look = Some((self.pbx.look_turn, due));
        self.later(wait, News::SecondLook(self.pbx.look_turn));
    }

    /// Reads the rows of a call that has just ended, now and a few times more: they may be written late.
    pub(crate) fn look_for_rows(&mut self) {
        self.pbx.looks = 0;
        self.look_again(ROWS);
    }

    /// Reads what the PBX may have written late.
    pub(super) fn look_back(&mut self, turn: u64) {
        if self.pbx.second_look.is_none_or(|(planned, _)| planned != turn) {
            // An earlier one was planned in its place.
            return;
        }
        self.pbx.second_look = None;
        if self.pbx.events == EventsState::Down {
            return;
        }
        self.read_recent_records();
        if let Some(wait) = LOOKS.get(self.pbx.looks) {
            self.pbx.looks += 1;
            self.look_again(*wait);
        }
    }

    pub(super) fn later(&self, wait: Duration, news: News) {
        let (inputs, generation) = (self.inputs.clone(), self.pbx.generation);
        let cancel = self.pbx.cancel.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(wait) => {
                    let _ = inputs.send(Input::Pbx(generation, news)).await;
                }
            }
        });
    }

    /// Reads what the records have since the last moment of certainty, or so far back as a lost journal is rebuilt.
    pub(crate) fn close_gap(&mut self) {
        if self.pbx.catching_up {
            self.pbx.another_gap = true;
            return;
        }
        let now = self.clock.now().wall;
        let mut from = self.pbx.cursor.unwrap_or(now);
        let begin = from.min(now);
        self.pbx.reads_back = self.rebuild && !self.rebuilt;
        if self.pbx.reads_back {
            let begin = now.minus(super::desk::REBUILD);
            from = from.min(self.pbx.since.map_or(begin, |since| begin.max(since)));
        }
        self.pbx.catching_up = true;
        self.pbx.unfinished = None;
        let spans = self.duty.duty().stretches(from.min(now), now, OVERLAP, AHEAD);
        self.read_records(spans, begin, now, true);
    }

    /// Reads the records of the last hours, for a call of which too little was heard.
    pub(crate) fn read_recent_records(&mut self) {
        if self.pbx.recent.begun.is_some() {
            self.pbx.recent.wanted = true;
            return;
        }
        if self.pbx.client.is_none() || self.desk.is_none() {
            return;
        }
        self.pbx.recent.begun = Some(tokio::time::Instant::now());
        let now = self.clock.now().wall;
        let spans = self.duty.duty().stretches(now.minus(RECENT), now, Duration::ZERO, AHEAD);
        self.read_records(spans, now, now, false);
    }

    /// The records of the last hours are there.
    pub(super) fn recent_records_are_read(&mut self) {
        let Recent { begun, wanted, .. } = std::mem::take(&mut self.pbx.recent);
        self.pbx.recent.took = begun.map(|begun| begun.elapsed()).unwrap_or_default();
        if wanted && self.pbx.recent.took < QUICK {
            self.read_recent_records();
        } else if wanted {
            self.look_again(Duration::ZERO);
        }
    }

    /// Leaves out calls that have their entry and are so old that the switchboard no longer knows them: they are not told
    /// anew from their records.
    pub(super) fn not_told(
        &self,
        mut records: Vec<CallRecord>,
        finished: &HashSet<CallId>,
    ) -> Vec<CallRecord> {
        let Some(board) = &self.board else { return records };
        records.retain(|record| !finished.contains(&record.call) || board.knows(&record.call));
        records
    }

    /// Of calls that have no entry on the disk, nor one that is held, the switchboard lets go, so that they are told anew:
    /// their ends were refused, or went with the journal.
    pub(super) fn forget_what_was_not_kept(
        &mut self,
        records: &[CallRecord],
        finished: &HashSet<CallId>,
    ) {
        let Some(board) = &mut self.board else { return };
        for record in records.iter().filter(|record| !finished.contains(&record.call)) {
            board.lets_go(&record.call);
        }
    }

    /// Keeps of the records those of calls that are ours to log: the agent's part began while the integration was on,
    /// or was seen. Of a call whose ring was not heard, the hang-up says that the phone had a part in it.
    pub(super) fn ours(&self, mut records: Vec<CallRecord>) -> Vec<CallRecord> {
        let Some(desk) = &self.desk else { return records };
        let own = desk.extension.as_str();
        // The PBX's times are of whole seconds, and its clock may be a little behind.
        let lag = self.pbx.client.as_ref().map_or(Duration::ZERO, pbx::Client::lag);
        let since = self.pbx.since.map(|since| since.minus(Duration::from_secs(1) + lag));
        let orphans: HashSet<&CallId> = self.orphans().collect();
        let is_ours = |record: &CallRecord| {
            let named = record.from == own || record.to == own || orphans.contains(&record.call);
            let began = record.started;
            named && since.is_none_or(|since| began >= since) && self.duty.duty().is_ours(began)
        };
        let seen = |record: &CallRecord| {
            self.board.as_ref().is_some_and(|board| board.has_seen(&record.call))
        };
        let ours: HashSet<CallId> = records
            .iter()
            .filter(|record| is_ours(record) || seen(record))
            .map(|record| record.call.clone())
            .collect();
        records.retain(|record| ours.contains(&record.call));
        records
    }

    fn orphans(&self) -> impl Iterator<Item = &CallId> {
        self.board.iter().flat_map(Switchboard::orphans)
    }

    fn read_records(
        &self,
        spans: Vec<(Timestamp, Timestamp)>,
        begin: Timestamp,
        now: Timestamp,
        whole: bool,
    ) {
        self.read_on(Reading {
            connection: self.pbx.connections,
            whole,
            until: now,
            from: spans.iter().map(|(from, _)| *from).min().unwrap_or(now),
            spans: spans.into(),
            pages: None,
            kept: Vec::new(),
            found: false,
            begin,
        });
    }

    fn read_on(&self, mut reading: Reading) {
        let (Some(client), Some(desk)) = (self.pbx.client.clone(), self.desk.clone()) else {
            return;
        };
        let (inputs, generation) = (self.inputs.clone(), self.pbx.generation);
        let store = self.store.clone();
        let orphans: Vec<CallId> = self.orphans().cloned().collect();
        self.tasks.spawn(async move {
            let live = store.live(&desk).await.unwrap_or_default();
            // What has an entry may be corrected, also by a record that names a colleague only.
            let since = reading.from.minus(RECENT);
            let finished = async || store.finished_since(&desk, since).await.unwrap_or_default();
            let mut known = finished().await;
            known.extend(live.into_iter().map(|memory| memory.call));
            known.extend(orphans);
            let news = match reading.read(&client, &desk, &known).await {
                Ok(()) => {
                    let unverified = unverified(&client, &store, &desk, &reading).await;
                    // Also those that have ended while it was read.
                    let finished = finished().await;
                    let Reading { kept: records, until, whole, .. } = reading;
                    News::Past { records, finished, until, whole, unverified }
                }
                Err(error) => News::PastFailed { error, reading: Box::new(reading) },
            };
            let _ = inputs.send(Input::Pbx(generation, news)).await;
        });
    }

    pub(crate) fn set_cursor(&mut self, at: Timestamp) {
        self.pbx.cursor = Some(at);
        // A journal that is lost is read back as far as this, also over what was off.
        self.duty.read_until(at.minus(super::desk::REBUILD));
        if let Some(desk) = &self.desk {
            let name = cursor_name(desk);
            let skews = self.pbx.client.as_ref().and_then(pbx::Client::skews);
            let (mark, skews) = (skews_name(desk), skews.map(told));
            self.scribe.write(move |store| async move {
                // First, so that a cursor never goes without.
                store.set_mark(&mark, skews.as_deref()).await?;
                store.set_cursor(&name, at.as_millis()).await
            });
        }
    }

    /// The clock was set by so many milliseconds, and shows `now`. Up to when all is known stays as long ago as it was, by
    /// the rule of [`moves_with_clock`]: the next run reads by it which of the PBX's times are older.
    pub(crate) fn cursor_was_set(&mut self, began: Timestamp, now: Timestamp, by: i64) {
        let cursor = self.pbx.cursor.filter(|cursor| moves_with_clock(*cursor, began, now));
        if let Some(cursor) = cursor {
            self.set_cursor(cursor.shifted(by));
        }
    }

    /// While the events are live, nothing up to now is missed.
    pub(crate) fn advance_cursor(&mut self, now: Timestamp) {
        // One that lies ahead is from before the clock was set back.
        let is_due = |cursor: Timestamp| cursor.plus(CURSOR_EVERY) <= now || cursor > now;
        // What waits to be taken in is from before now.
        let all_heard = self.pbx.heard.as_ref().is_none_or(tokio::sync::mpsc::Receiver::is_empty);
        if self.pbx.events == EventsState::Live && all_heard && self.pbx.cursor.is_none_or(is_due) {
            if let Some(client) = &self.pbx.client {
                client.forget_skews();
            }
            self.set_cursor(now);
        }
    }
}

/// Spells how far the clocks were apart, for the next run.
fn told(skews: Skews) -> String {
    let Skews { least, most, last } = skews;
    let last = last.map(|(skew, after)| format!(" {skew} {}", after.as_millis()));
    format!("{least} {most}{}", last.unwrap_or_default())
}

/// Reads what [`told`] has spelled.
pub(super) fn read_skews(mark: &str) -> Option<Skews> {
    let numbers: Option<Vec<i64>> = mark.split(' ').map(|text| text.parse().ok()).collect();
    match numbers?[..] {
        [least, most] => Some(Skews { least, most, last: None }),
        [least, most, last, after] => {
            Some(Skews { least, most, last: Some((last, Timestamp::from_millis(after))) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_the_clocks_were_apart_is_read_as_it_was_spelled() {
        for last in [None, Some((-7_200, Timestamp::from_millis(1_767_600_923_417)))] {
            let skews = Skews { least: -7_200, most: 3, last };
            assert_eq!(read_skews(&told(skews)), Some(skews));
        }
        for mark in ["7 x", "7", "1 2 3", "1 2 3 4 5", ""] {
            assert_eq!(read_skews(mark), None, "{mark}");
        }
    }

    #[test]
    fn the_wait_for_records_grows_to_about_a_minute() {
        assert!((5..=7).contains(&again(0).as_secs()));
        assert!((10..=13).contains(&again(1).as_secs()));
        for failures in [4, 5, 400] {
            assert!((60..=75).contains(&again(failures).as_secs()), "{failures}");
        }
    }
}
