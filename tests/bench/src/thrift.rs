//! P11, the calls' part: what a day of calls and a backlog cost in requests to Salesforce, with one computer of an agent
//! and with two.
//!
//! Each call waits for the Task of the one before it: the calls of a real day are minutes apart, and none travels in
//! another's company. What the contact index and the sign-in ask for is left out.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use serde_json::Value;
use simulator::{Call, Pbx, Salesforce, salesforce::OrgRequest};
use tokio::time::sleep;

use crate::{desk::Desk, fill, load, word};

const AGENT: &str = "4101";
/// Numbers from here on are no contact's.
const STRANGERS: usize = 500;
/// Requests for a call, with one computer and with two. Source: performance.md, P11.
const GOALS: [f64; 2] = [1.3, 2.5];
/// Requests for a backlog of 1,000 calls. Source: performance.md, P11.
const BACKLOG_GOAL: usize = 7;
/// How many calls are kept while Salesforce is away.
const BACKLOG: usize = 1_000;
/// How long it takes until all of them wait, or are logged, at most.
const BACKLOG_PATIENCE: Duration = Duration::from_secs(300);
/// Whatever has waited for two minutes is asked for before it is written: an outage that leaves so many calls is longer.
const OUTAGE: Duration = Duration::from_secs(125);
/// After this the program has looked whether another computer logged the same calls.
const LOOK: Duration = Duration::from_secs(10);
/// A call that nobody took has 25 seconds (contract, §3), and the search for an unknown caller comes on top.
const PATIENCE: Duration = Duration::from_secs(60);

/// What kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Answered,
    Dialled,
    Missed,
    Unknown,
}

/// A day: so many calls of each kind.
const DAY: [(Kind, usize); 4] =
    [(Kind::Answered, 70), (Kind::Dialled, 15), (Kind::Missed, 10), (Kind::Unknown, 5)];

/// An agent with one computer or two.
struct Office {
    desk: Desk,
    second: Option<Desk>,
    /// The keys that the org must have, each once.
    keys: Vec<String>,
}

/// What one office has cost.
struct Cost {
    by_kind: BTreeMap<Kind, usize>,
    by_path: BTreeMap<String, usize>,
    day: usize,
    backlog: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

pub(crate) async fn run(program: &Path) -> Result<()> {
    println!("load {} at the start; this takes about nine minutes", load());
    let (one, two) = tokio::try_join!(measure(program, false), measure(program, true))?;
    let calls: usize = DAY.iter().map(|(_, count)| count).sum();
    let mut wrong = Vec::new();
    for (cost, (computers, goal)) in
        [&one, &two].into_iter().zip([("one computer", GOALS[0]), ("two computers", GOALS[1])])
    {
        #[expect(clippy::cast_precision_loss, reason = "small counts")]
        let per = |requests: usize, of: usize| requests as f64 / of as f64;
        let a_call = per(cost.day, calls);
        println!(
            "  P11 a day of {calls} calls, {computers:13}   {a_call:.2} requests a call (goal <= {goal}: {})",
            word(a_call <= goal)
        );
        for (kind, count) in DAY {
            let requests = cost.by_kind.get(&kind).copied().unwrap_or_default();
            println!("        {count:3} {:22} {:.2} a call", told(kind), per(requests, count));
        }
        for (path, requests) in &cost.by_path {
            println!("        {requests:4} x {path}");
        }
        let backlog: usize = cost.backlog.values().sum();
        // Of two computers each asks for what the other one has logged.
        let goal = if computers == "one computer" {
            format!("goal <= {BACKLOG_GOAL}: {}", word(backlog <= BACKLOG_GOAL))
        } else {
            "no goal".to_owned()
        };
        println!(
            "  P11 a backlog of {BACKLOG} calls, {computers:9}   {backlog} requests ({goal}; calls / 200 = {})",
            BACKLOG.div_ceil(200)
        );
        for (path, requests) in &cost.backlog {
            println!("        {requests:4} x {path}");
        }
        wrong.extend(cost.wrong.iter().map(|what| format!("{computers}: {what}")));
    }
    ensure!(wrong.is_empty(), "not right: {}", wrong.join("; "));
    Ok(())
}

fn told(kind: Kind) -> &'static str {
    match kind {
        Kind::Answered => "answered, known caller",
        Kind::Dialled => "dialled, known number",
        Kind::Missed => "missed, known caller",
        Kind::Unknown => "answered, unknown",
    }
}

async fn measure(program: &Path, two: bool) -> Result<Cost> {
    let numbers: Vec<String> = (0..200).map(fill::number).collect();
    let mut desk = Desk::open(program, &["run", "--headless"], &numbers, 0).await?;
    desk.beacon.is_not_listened_to()?;
    let second = if two {
        let second = desk.second_computer(&["run", "--headless"]).await?;
        second.beacon.is_not_listened_to()?;
        Some(second)
    } else {
        None
    };
    let ready = |status: &Value| status["contacts"]["index_state"] == "ready";
    desk.wait_for(ready).await?;
    let mut office = Office { desk, second, keys: Vec::new() };
    if let Some(second) = &mut office.second {
        second.wait_for(ready).await?;
    }
    sleep(Duration::from_secs(3)).await;

    let mut by_kind: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut by_path = BTreeMap::new();
    let mut numbers = numbers.iter().cycle();
    for (n, kind) in of_a_day().into_iter().enumerate() {
        let number = match kind {
            Kind::Unknown => fill::number(STRANGERS + n),
            Kind::Answered | Kind::Dialled | Kind::Missed => {
                numbers.next().cloned().unwrap_or_default()
            }
        };
        let before = office.desk.salesforce.ledger().len();
        office.has(kind, &number).await?;
        for request in of_calls(&office.desk.salesforce.ledger()[before..]) {
            *by_kind.entry(kind).or_default() += 1;
            *by_path.entry(shape(request)).or_default() += 1;
        }
    }
    let day = by_kind.values().sum();
    let backlog =
        office.backlog(&numbers.map(String::as_str).take(BACKLOG).collect::<Vec<_>>()).await?;
    Ok(Cost { by_kind, by_path, day, backlog, wrong: office.wrong() })
}

/// The kinds of a day's calls, mixed evenly.
fn of_a_day() -> Vec<Kind> {
    let mut left = DAY;
    let mut day = Vec::new();
    let all: usize = DAY.iter().map(|(_, count)| count).sum();
    for n in 0..all {
        // Whichever is furthest behind its share.
        let behind = |(kind, rest): &(Kind, usize)| {
            let of = DAY.iter().find(|(one, _)| one == kind).map_or(0, |(_, count)| *count);
            (*rest > 0).then(|| (of * (n + 1)).saturating_sub((of - rest) * all))
        };
        if let Some(next) = left.iter_mut().max_by_key(|one| behind(one)) {
            next.1 -= 1;
            day.push(next.0);
        }
    }
    day
}

impl Office {
    fn pbx(&self) -> &Pbx {
        &self.desk.pbx
    }

    fn salesforce(&self) -> &Salesforce {
        &self.desk.salesforce
    }

    /// One call, to its end and until it is logged at every computer.
    async fn has(&mut self, kind: Kind, number: &str) -> Result<()> {
        let breath = || sleep(Duration::from_millis(250));
        let call = match kind {
            Kind::Dialled => self.pbx().outbound(AGENT, number),
            Kind::Answered | Kind::Missed | Kind::Unknown => self.pbx().inbound(number, AGENT),
        };
        breath().await;
        match kind {
            Kind::Dialled => call.remote_answers(),
            Kind::Answered | Kind::Unknown => call.answer(AGENT),
            Kind::Missed => {}
        }
        breath().await;
        let key = self.key(&call, kind);
        call.caller_hangs_up();
        self.keys.push(key.clone());
        self.is_logged(&key).await?;
        self.rests(0).await
    }

    fn key(&self, call: &Call, kind: Kind) -> String {
        let whose = if kind == Kind::Missed { "missed" } else { AGENT };
        format!("ys:{}:{}:{whose}", self.pbx().serial(), call.id())
    }

    async fn is_logged(&self, key: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !self.salesforce().tasks().iter().any(|task| task["CallObject"] == key) {
            if Instant::now() > deadline {
                bail!("{key} was not logged within {PATIENCE:?}");
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Waits until so many calls wait at every computer, and until nothing has been asked of Salesforce for a moment.
    async fn rests(&mut self, waiting: usize) -> Result<()> {
        let so_many = |status: &Value| status["journal"]["waiting"] == waiting;
        self.desk.wait_within(BACKLOG_PATIENCE, so_many).await?;
        if let Some(second) = &mut self.second {
            second.wait_within(BACKLOG_PATIENCE, so_many).await?;
        }
        loop {
            let before = self.salesforce().ledger().len();
            sleep(Duration::from_millis(400)).await;
            if self.salesforce().ledger().len() == before {
                return Ok(());
            }
        }
    }

    /// Calls while Salesforce is away, and what it costs when it is back.
    async fn backlog(&mut self, numbers: &[&str]) -> Result<BTreeMap<String, usize>> {
        self.salesforce().stop_listening();
        for number in numbers {
            let call = self.pbx().inbound(number, AGENT);
            sleep(Duration::from_millis(40)).await;
            call.answer(AGENT);
            sleep(Duration::from_millis(40)).await;
            self.keys.push(self.key(&call, Kind::Answered));
            call.hang_up();
        }
        self.rests(numbers.len()).await?;
        sleep(OUTAGE).await;
        let before = self.salesforce().ledger().len();
        self.salesforce().listen_again().await;
        for desk in [Some(&self.desk), self.second.as_ref()].into_iter().flatten() {
            // It may have noticed by itself, and has nothing to try again then.
            let _ = desk.command(&["retry"]).output().await?;
        }
        let deadline = Instant::now() + BACKLOG_PATIENCE;
        while self.salesforce().tasks().len() < self.keys.len() {
            ensure!(Instant::now() < deadline, "the backlog is not logged");
            sleep(Duration::from_millis(200)).await;
        }
        self.rests(0).await?;
        // The look for another computer's Tasks comes some seconds after the last insert.
        sleep(LOOK).await;
        self.rests(0).await?;
        let mut by_path = BTreeMap::new();
        for request in of_calls(&self.salesforce().ledger()[before..]) {
            *by_path.entry(shape(request)).or_default() += 1;
        }
        Ok(by_path)
    }

    /// Every call is one Task, on the caller where there is one.
    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let tasks = self.salesforce().tasks();
        for key in &self.keys {
            let found = tasks.iter().filter(|task| task["CallObject"] == *key).count();
            if found != 1 {
                wrong.push(format!("{key} is {found} Tasks"));
            }
        }
        let more = tasks.len().saturating_sub(self.keys.len());
        if more > 0 {
            wrong.truncate(3);
            wrong.push(format!("{} Tasks for {} calls", tasks.len(), self.keys.len()));
        }
        let strangers = tasks.iter().filter(|task| task["WhoId"].is_null()).count();
        let unknown: usize =
            DAY.iter().filter(|(kind, _)| *kind == Kind::Unknown).map(|(_, count)| count).sum();
        if more == 0 && strangers != unknown {
            wrong.push(format!("{strangers} Tasks are on nobody, for {unknown} unknown callers"));
        }
        wrong
    }
}

/// The requests that the calls asked for: not those of the contact index, nor of the sign-in.
fn of_calls(ledger: &[OrgRequest]) -> impl Iterator<Item = &OrgRequest> {
    ledger.iter().filter(|request| {
        let query = request.query.as_deref().unwrap_or_default();
        // The look for another computer's Tasks is the calls', the recycle bin included.
        let of_index = (request.path.contains("/queryAll") && !query.contains("FROM Task"))
            || request.path.contains("/jobs/")
            || query.contains("ORDER BY Id");
        request.path.starts_with("/services/data") && !of_index
    })
}

/// What kind of request it was: without ids, and a query by its object.
fn shape(request: &OrgRequest) -> String {
    let path: Vec<&str> = request
        .path
        .trim_start_matches("/services/data/")
        .split('/')
        .skip(1)
        .map(|part| if part.len() == 18 { "ID" } else { part })
        .collect();
    let query = request.query.as_deref().unwrap_or_default();
    let object = query.split(" FROM ").nth(1).and_then(|rest| rest.split(' ').next());
    format!("{} {} {}", request.method, path.join("/"), object.unwrap_or_default())
}
