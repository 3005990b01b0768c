//! Carries a plan out, and writes down what really happened.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use serde_json::json;
use simulator::{Call, FaultRule};
use tokio::time::{Instant, sleep};

use crate::{
    act::{Act, CallAct, DeskAct, OrgAct, PbxAct, Who},
    books::{Books, CallBook, Off, Trouble, Way, now_ms},
    office::Office,
    plan::{Lane, Plan, QUEUE},
};

/// So often it is looked whether this driver is late.
const BEAT: Duration = Duration::from_millis(50);
/// So late is no driver that is late.
const NOT_LATE_MS: u64 = 20;

/// A history that is going on.
#[derive(Debug)]
pub(crate) struct History<'a> {
    pub(crate) office: &'a Office,
    pub(crate) books: Mutex<Books>,
    /// Every secret that was ever in use.
    pub(crate) secrets: Mutex<std::collections::BTreeSet<String>>,
    /// The longest that this driver, and with it the PBX, came too late for lack of a processor: milliseconds.
    pub(crate) lag_ms: AtomicU64,
}

/// A call that a lane is about.
#[derive(Debug)]
struct Line {
    place: usize,
    call: Call,
    consultation: Option<(Call, usize)>,
}

impl<'a> History<'a> {
    pub(crate) fn new(office: &'a Office) -> Self {
        Self {
            office,
            books: Mutex::default(),
            secrets: Mutex::default(),
            lag_ms: AtomicU64::new(0),
        }
    }

    /// Lets everything happen, each lane in its own time; then everything is made well.
    pub(crate) async fn happens(&self, plan: &Plan) {
        let happens = async {
            futures_util::future::join_all(plan.lanes.iter().map(|lane| self.follows(lane))).await;
            self.is_made_well().await;
        };
        tokio::select! {
            () = happens => {}
            () = self.measures_lag() => {}
            () = self.sees_calls() => {}
        }
    }

    /// Measures how late this driver is. Does not return.
    async fn measures_lag(&self) {
        loop {
            let due = Instant::now() + BEAT;
            sleep(BEAT).await;
            let late = u64::try_from(due.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.lag_ms.fetch_max(late, Ordering::Relaxed);
            if late > NOT_LATE_MS {
                let late = i64::try_from(late).unwrap_or(i64::MAX);
                self.books(|books| books.lags.push((now_ms(), late)));
            }
        }
    }

    /// Writes down when every desk hears, and when a call begins that this driver has not begun: a request to dial may
    /// arrive after its program has ended. Does not return.
    async fn sees_calls(&self) {
        loop {
            sleep(BEAT).await;
            if self.office.pbx.subscribers() >= self.office.desks.len() {
                self.books(Books::all_hear);
            }
            for call in self.office.pbx.calls() {
                self.books(|books| {
                    books.seen.entry(call.id()).or_insert_with(now_ms);
                });
            }
        }
    }

    /// The most seconds by which this driver was late.
    pub(crate) fn lag_s(&self) -> f64 {
        Duration::from_millis(self.lag_ms.load(Ordering::Relaxed)).as_secs_f64()
    }

    pub(crate) fn writes(&self, what: String) {
        self.books(|books| books.writes(what));
        self.keeps_secrets();
    }

    pub(crate) fn books<T>(&self, f: impl FnOnce(&mut Books) -> T) -> T {
        f(&mut self.books.lock().expect("whoever writes does not panic"))
    }

    fn keeps_secrets(&self) {
        let mut secrets = self.secrets.lock().expect("whoever writes does not panic");
        secrets.extend(self.office.pbx.secrets());
        secrets.extend(self.office.salesforce.secrets());
    }

    /// Everything that happened, with its times, and what the calls were.
    pub(crate) fn told(&self, since_ms: i64) -> String {
        self.books(|books| {
            let mut lines: Vec<String> = books
                .steps
                .iter()
                .map(|(at, what)| {
                    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a history")]
                    let at = (at - since_ms) as f64 / 1_000.0;
                    format!("  {at:7.2} {what}\n")
                })
                .collect();
            lines.extend(books.all().map(|call| format!("  call {}\n", call.told(since_ms))));
            lines.concat()
        })
    }

    async fn follows(&self, lane: &Lane) {
        sleep(Duration::from_millis(lane.begins_ms)).await;
        let mut lines: Vec<Line> = Vec::new();
        for step in &lane.steps {
            sleep(Duration::from_millis(step.wait_ms)).await;
            match &step.act {
                Act::Call { call, act } => self.telephones(&mut lines, *call, act).await,
                Act::Pbx(act) => {
                    self.writes(step.act.to_string());
                    if let PbxAct::Clock(_) = act {
                        // It leaves nobody deaf.
                        self.pbx(act).await;
                    } else {
                        self.troubles(None, false, self.pbx(act)).await;
                    }
                }
                Act::Org(act) => {
                    self.writes(step.act.to_string());
                    self.org(act).await;
                }
                Act::Desk { desk, act } => {
                    self.writes(step.act.to_string());
                    let befalls = self.desk(*desk, *act);
                    let stands_still = *act == DeskAct::Stop;
                    let done = if let DeskAct::Clock(_) = act {
                        befalls.await
                    } else {
                        self.troubles(Some(*desk), stands_still, befalls).await
                    };
                    if let Err(error) = done {
                        self.books(|books| {
                            books.complaints.push(format!("desk {desk} {act}: {error:#}"));
                        });
                    }
                }
            }
        }
    }

    /// Writes down that a desk, or every desk, may be deaf from now until this is done; where it `stays`, until the desk
    /// moves again.
    async fn troubles<T>(
        &self,
        desk: Option<usize>,
        stays: bool,
        befalls: impl Future<Output = T>,
    ) -> T {
        let from_ms = now_ms();
        let place = self.books(|books| {
            books.troubles.push(Trouble { desk, from_ms, to_ms: i64::MAX, heals_ms: None });
            books.troubles.len() - 1
        });
        let done = befalls.await;
        if !stays {
            self.books(|books| books.troubles[place].to_ms = now_ms());
        }
        done
    }

    pub(crate) async fn pbx(&self, act: &PbxAct) {
        let pbx = &self.office.pbx;
        match act {
            PbxAct::Down => pbx.stop_listening(),
            PbxAct::Up => pbx.listen_again().await,
            PbxAct::Cut(how) => pbx.cut_sockets(*how),
            PbxAct::ExpireAccess => pbx.expire_access_tokens(),
            PbxAct::ExpireAll => pbx.expire_all_tokens(),
            PbxAct::Faults(rules) => pbx.set(|switches| switches.faults.clone_from(rules)),
            PbxAct::Heal => pbx.set(|switches| switches.faults.clear()),
            PbxAct::Clock(seconds) => pbx.set_clock_by(*seconds),
        }
    }

    pub(crate) async fn org(&self, act: &OrgAct) {
        let org = &self.office.salesforce;
        let set = |rules: &[FaultRule]| org.set(|switches| switches.faults = rules.to_vec());
        match act {
            OrgAct::Down => org.stop_listening(),
            OrgAct::Up => org.listen_again().await,
            OrgAct::Expire => org.expire_access_tokens(),
            OrgAct::LockedRows(count) => org.set(|switches| switches.locked_rows = *count),
            OrgAct::Faults(rules) => set(rules),
            OrgAct::Heal => set(&[]),
            OrgAct::PersonMakes(stranger) => {
                let fields = json!({ "FirstName": "Made", "LastName": format!("By Hand {stranger}"),
                    "Company": "Caller", "Status": "Open - Not Contacted", "Phone": Who::Stranger(*stranger).e164() });
                org.insert("Lead", fields);
                self.books(|books| books.made.insert(*stranger, now_ms()));
            }
        }
    }

    pub(crate) async fn desk(&self, place: usize, act: DeskAct) -> Result<()> {
        let mut desk = self.office.desks[place].lock().await;
        match act {
            DeskAct::Kill => {
                let done = desk.kill().await;
                self.books(|books| books.moves_again(place));
                done
            }
            DeskAct::Quit => {
                // What stands still cannot be asked.
                if desk.is_stopped {
                    desk.stop(false).await?;
                    self.books(|books| books.moves_again(place));
                }
                desk.quit().await
            }
            DeskAct::Start => desk.start().await,
            DeskAct::Clock(seconds) => desk.sets_clock_by(seconds),
            DeskAct::Stop => desk.stop(true).await,
            DeskAct::Continue => {
                let done = desk.stop(false).await;
                self.books(|books| books.moves_again(place));
                done
            }
            DeskAct::Off | DeskAct::On => {
                if !desk.is_up() || desk.is_stopped {
                    return Ok(());
                }
                let word = if act == DeskAct::Off { "disable" } else { "enable" };
                let asked = desk.asks(&[word]);
                drop(desk);
                self.switches(place, act, asked).await
            }
        }
    }

    async fn switches(
        &self,
        place: usize,
        act: DeskAct,
        asked: impl Future<Output = Result<crate::desk::Said>>,
    ) -> Result<()> {
        let asked_ms = now_ms();
        // Written down before it is asked: a call in this moment may be logged or not.
        self.books(|books| {
            let times = books.off.entry(place).or_default();
            match (act, times.last_mut()) {
                (DeskAct::Off, _) => {
                    times.push(Off { asked_ms, done_ms: i64::MAX, asked_on_ms: None, on_ms: None });
                }
                (_, Some(off)) if off.asked_on_ms.is_none() => off.asked_on_ms = Some(asked_ms),
                _ => {}
            }
        });
        let said = asked.await;
        let worked = said.as_ref().is_ok_and(|said| said.worked);
        let now = now_ms();
        self.books(|books| {
            let Some(off) = books.off.get_mut(&place).and_then(|times| times.last_mut()) else {
                return;
            };
            match act {
                DeskAct::Off if worked => off.done_ms = now,
                // It ended under the command: nobody knows whether it was switched.
                DeskAct::On if worked => off.on_ms = Some(now),
                _ => {}
            }
        });
        if let Ok(said) = &said
            && !said.worked
        {
            self.writes(format!("desk {place} {act}: {}", said.complaint));
        }
        Ok(())
    }

    async fn telephones(&self, lines: &mut Vec<Line>, place: usize, act: &CallAct) {
        self.writes(format!("call {place}: {act}"));
        let pbx = &self.office.pbx;
        match act {
            CallAct::Ring { who, extensions, queue } => {
                let call = pbx.inbound_with(simulator::InboundSpec {
                    from: who.spelled(),
                    extensions: extensions.clone(),
                    via: queue.then(|| QUEUE.to_owned()),
                    answered_by_pbx: *queue,
                    ..Default::default()
                });
                self.begins(lines, place, call, Way::Inbound, *who, extensions);
                self.books(|books| {
                    if let Some(book) = books.calls.get_mut(&place) {
                        book.queue = *queue;
                    }
                });
            }
            CallAct::Dial { extension, who } => {
                let call = pbx.outbound(extension, &who.spelled());
                self.begins(
                    lines,
                    place,
                    call,
                    Way::Outbound,
                    *who,
                    std::slice::from_ref(extension),
                );
            }
            CallAct::Internal { from, to } => {
                let call = pbx.internal(from, to);
                let both = [from.clone(), to.clone()];
                self.begins(lines, place, call, Way::Internal, Who::Colleague, &both);
            }
            CallAct::Program { desk, extension, who } => {
                if let Some(call) = self.dials(*desk, extension, *who).await {
                    let own = std::slice::from_ref(extension);
                    self.begins(lines, place, call, Way::Outbound, *who, own);
                } else {
                    self.books(|books| books.dialled_in_vain.push((extension.clone(), *who)));
                }
            }
            _ => {
                let Some(line) = lines.iter_mut().find(|line| line.place == place) else { return };
                if let CallAct::HangUpAtDesk(desk) = act {
                    let line = &*line;
                    tokio::select! {
                        () = self.hangs_up(*desk, line) => {}
                        // The command may return much later than the call ends.
                        () = self.watches(line) => {}
                    }
                } else {
                    self.books(|books| {
                        if let Some(book) = books.calls.get_mut(&place) {
                            moves(&line.call, book, act);
                        }
                    });
                    self.asks_a_colleague(line, act);
                }
                // Also another one than was meant, if the program hung that up.
                for line in lines.iter().filter(|line| !line.call.is_live()) {
                    self.books(|books| {
                        books.calls.get_mut(&line.place).into_iter().for_each(CallBook::ends);
                    });
                }
            }
        }
    }

    fn begins(
        &self,
        lines: &mut Vec<Line>,
        place: usize,
        call: Call,
        way: Way,
        who: Who,
        extensions: &[String],
    ) {
        self.books(|books| {
            let mut book = CallBook::new(call.id(), way, who);
            extensions.iter().for_each(|extension| book.joins(extension, false));
            books.calls.insert(place, book);
        });
        lines.push(Line { place, call, consultation: None });
    }

    /// Dials with the program. Returns the call, if the PBX has one.
    async fn dials(&self, place: usize, extension: &str, who: Who) -> Option<Call> {
        let number = who.spelled();
        let asked = {
            let desk = self.office.desks.get(place)?.lock().await;
            (desk.is_up() && !desk.is_stopped).then(|| desk.asks(&["dial", &number, "--yes"]))
        }?;
        let began_ms = now_ms();
        let said = asked.await;
        let call = self.office.pbx.calls().into_iter().rev().find(|call| {
            // Another agent may dial the same number at the same moment, and what began before is another call.
            call.to() == number
                && call.placed_by() == extension
                && !self.books(|books| books.calls.values().any(|book| book.id == call.id()))
        });
        match (&said, &call) {
            (Ok(said), None) if said.worked => self.writes(format!(
                "desk {place} says that it dials {number}, and the PBX has no call (after {} ms)",
                now_ms() - began_ms
            )),
            (Ok(said), _) if !said.worked => {
                self.writes(format!("desk {place} cannot dial {number}: {}", said.complaint));
            }
            (Err(error), _) => {
                self.writes(format!("desk {place} cannot dial {number}: {error:#}"));
            }
            _ => {}
        }
        call
    }

    /// Writes the end of a call down when it comes. Does not return.
    async fn watches(&self, line: &Line) {
        while line.call.is_live() {
            sleep(Duration::from_millis(20)).await;
        }
        self.books(|books| books.calls.get_mut(&line.place).into_iter().for_each(CallBook::ends));
        std::future::pending::<()>().await;
    }

    /// Ends what was dialled by a request that the PBX met after its program had ended: a phone rings, and nobody waits.
    pub(crate) fn ends_strays(&self) {
        for call in self.office.pbx.calls() {
            self.books(|books| {
                let (id, from, to) = (call.id(), call.placed_by(), call.to());
                let is_it =
                    |(extension, who): &&(String, Who)| *extension == from && who.spelled() == to;
                let dialled = books.dialled_in_vain.iter().find(is_it);
                let Some((extension, who)) = dialled.cloned() else { return };
                if books.all().any(|book| book.id == id) {
                    return;
                }
                let mut book = CallBook::new(id, Way::Outbound, who);
                book.joins(&extension, false);
                book.began_ms = books.seen.get(&book.id).copied().unwrap_or(book.began_ms);
                call.hang_up();
                book.ends();
                books.consultations.push(book);
            });
        }
    }

    /// Hangs up with the program; by the phone where the program does not run, or may not.
    async fn hangs_up(&self, place: usize, line: &Line) {
        let asked = match self.office.desks.get(place) {
            None => None,
            Some(desk) => {
                let desk = desk.lock().await;
                (desk.is_up() && !desk.is_stopped).then(|| desk.asks(&["hangup"]))
            }
        };
        if let Some(asked) = asked {
            match asked.await {
                Ok(said) if said.worked => {
                    if line.call.is_live() {
                        self.books(|books| {
                            books.complaints.push(format!(
                                "desk {place} says that the call is ended, and {} goes on",
                                line.call.id()
                            ));
                        });
                    }
                }
                Ok(said) => self.writes(format!("desk {place} cannot hang up: {}", said.complaint)),
                Err(error) => self.writes(format!("desk {place} cannot hang up: {error:#}")),
            }
        }
        line.call.hang_up();
    }

    /// The second call of a transfer after a word.
    fn asks_a_colleague(&self, line: &mut Line, act: &CallAct) {
        match (act, line.consultation.as_ref()) {
            (CallAct::Consult { from, to }, _) => {
                let call = line.call.consult(from, to);
                let place = self.books(|books| {
                    let mut book = CallBook::new(call.id(), Way::Internal, Who::Colleague);
                    book.joins(from, false);
                    book.joins(to, false);
                    books.consultations.push(book);
                    books.consultations.len() - 1
                });
                line.consultation = Some((call, place));
            }
            (CallAct::ConsultAnswered { to }, Some((call, place))) => {
                call.answer(to);
                self.books(|books| books.consultations[*place].answers(to));
            }
            (CallAct::ConsultEnds, Some((call, place))) => {
                call.hang_up();
                self.books(|books| books.consultations[*place].ends());
            }
            (CallAct::Complete { from, to }, Some((call, place))) => {
                line.call.complete_transfer(from, to, call);
                self.books(|books| books.consultations[*place].ends());
            }
            _ => {}
        }
    }
}

/// Moves a call on, in the PBX and in the books.
fn moves(call: &Call, book: &mut CallBook, act: &CallAct) {
    if !call.is_live() {
        return;
    }
    match act {
        CallAct::Answer(extension) => {
            call.answer(extension);
            book.answers(extension);
        }
        CallAct::Remote => {
            call.remote_answers();
            book.remote_answers();
        }
        CallAct::Take => call.agent_answers(),
        CallAct::Decline(extension) => {
            call.decline(extension);
            book.leaves(extension);
        }
        CallAct::StopsRinging(extension) => {
            call.stops_ringing(extension);
            book.leaves(extension);
        }
        CallAct::Park(extension) => {
            call.stops_ringing(extension);
            book.leaves(extension);
        }
        CallAct::RingsToo(extension) => {
            call.rings(extension);
            book.joins(extension, false);
        }
        CallAct::Hold(extension) => call.hold(extension),
        CallAct::Unhold(extension) => call.unhold(extension),
        CallAct::Blind { from, to } => {
            call.blind_transfer(from, to);
            book.leaves(from);
            book.joins(to, false);
        }
        CallAct::Complete { from, to } => {
            book.leaves(from);
            book.joins(to, true);
        }
        CallAct::Fetch(by) => {
            call.pickup(by);
            book.silence();
            book.joins(by, true);
        }
        CallAct::Voicemail => {
            call.to_voicemail();
            book.silence();
            book.voicemail = true;
        }
        CallAct::Fail(reason) => {
            book.failure = Some(reason);
            call.fail(reason);
        }
        CallAct::AgentHangsUp => call.hang_up(),
        CallAct::OtherHangsUp => call.caller_hangs_up(),
        // The others begin a call, or are about a second one.
        CallAct::Ring { .. }
        | CallAct::Dial { .. }
        | CallAct::Program { .. }
        | CallAct::Internal { .. }
        | CallAct::Consult { .. }
        | CallAct::ConsultAnswered { .. }
        | CallAct::ConsultEnds
        | CallAct::HangUpAtDesk(_) => {}
    }
}
