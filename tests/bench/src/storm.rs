//! P6: a flood of events of which one in a hundred is ours; and what becomes of the program when all calls of a flood are
//! its own, which no office has, and a broken or hostile PBX may; also with Salesforce away all the while.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use serde_json::json;
use simulator::Flood;
use tokio::time::{sleep, timeout};

use crate::{
    desk::Desk,
    fill,
    listening::{Kind, Peer},
    load,
    process::{megabytes, ticks},
};

const AGENT: &str = "4101";
/// Numbers that a contact has.
const KNOWN: usize = 200;
/// The program's own work after a start is over by then.
const SETTLED: Duration = Duration::from_secs(5);
/// Each call of a flood is so many events: two of a ringing, two of an answer, four of the end.
const EVENTS: usize = 8;
/// The state is asked for so often.
const LOOK: Duration = Duration::from_millis(200);
/// Memory is looked at less often: reading it costs the measured process, too.
const WEIGH: Duration = Duration::from_secs(1);
/// An answer that takes longer is as good as none.
const SILENT: Duration = Duration::from_secs(30);
/// How long the Tasks of a flood may take before the run counts as failed.
const PATIENCE: Duration = Duration::from_secs(900);
/// Goals. Source: performance.md, P6, and the bounds of an overload.
const CORE_PERCENT: f64 = 1.0;
const GROWTH_MB: f64 = 5.0;
const STATUS_GOAL: Duration = Duration::from_secs(1);
const END_GOAL: Duration = Duration::from_secs(5);
/// How long a program with a backlog is looked at.
const LOOKED_AT: Duration = Duration::from_secs(10);

/// What a run is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// How long the flood of events lasts.
    pub(crate) seconds: usize,
    /// Events in a second.
    pub(crate) rate: usize,
    /// Events of the burst.
    pub(crate) burst: usize,
    /// Own calls of the overload.
    pub(crate) own: usize,
}

pub(crate) async fn run(program: &Path, plan: Plan) -> Result<()> {
    println!("load {} at the start", load());
    let mut wrong = Vec::new();
    wrong.extend(events(program, plan).await?);
    wrong.extend(own_calls(program, plan.own).await?);
    wrong.extend(waiting(program, plan.own).await?);
    ensure!(wrong.is_empty(), "not right: {}", wrong.join("; "));
    println!("checked: every call of the agent became one Task that says it was answered");
    Ok(())
}

async fn desk(program: &Path) -> Result<(Desk, Vec<String>)> {
    let numbers: Vec<String> = (0..KNOWN).map(fill::number).collect();
    let mut desk = Desk::open(program, &["run", "--headless"], &numbers, 0).await?;
    desk.beacon.is_not_listened_to()?;
    desk.wait_for(|status| status["contacts"]["index_state"] == "ready").await?;
    sleep(SETTLED).await;
    Ok((desk, numbers))
}

/// The flood of which one in a hundred is ours, and the burst; the peers hear the same.
async fn events(program: &Path, plan: Plan) -> Result<Vec<String>> {
    let (desk, numbers) = desk(program).await?;
    let mut bare = Peer::begin(&desk.pbx, Kind::Bare).await?;
    let mut node = Peer::begin(&desk.pbx, Kind::Node).await?;
    let mut keys = Vec::new();
    let floods = [
        ("flood of others' events", Some(plan.rate), plan.rate * plan.seconds, 0),
        ("flood, 1 % own", Some(plan.rate), plan.rate * plan.seconds, 1),
        ("burst, 1 % own", None, plan.burst, 1),
    ];
    for (name, rate, events, own_percent) in floods {
        let flood = Flood {
            rate: rate.map(|rate| u32::try_from(rate / EVENTS).unwrap_or(u32::MAX)),
            calls: events / EVENTS,
            extension: AGENT.to_owned(),
            own_percent,
            callers: numbers.clone(),
            lasts: Duration::ZERO,
        };
        let frames = (bare.count().await?, node.count().await?);
        let before = [ticks(desk.engine())?, bare.ticks()?, node.ticks()?];
        let watch = Watch::begin(&desk);
        let begun = Instant::now();
        let own = desk.pbx.flood(&flood).await;
        keys.extend(own.iter().map(|call| key(&desk, call)));
        let heard = bare.count().await? - frames.0;
        ensure!(node.count().await? - frames.1 == heard, "the peers heard different floods");
        all_logged(&desk, &keys).await?;
        let took = begun.elapsed().as_secs_f64();
        let seen = watch.end().await;
        let used = [ticks(desk.engine())?, bare.ticks()?, node.ticks()?];
        #[expect(clippy::cast_precision_loss, reason = "small counts")]
        let [ours, bare_used, node_used] = [0, 1, 2].map(|who| {
            let ticks = (used[who] - before[who]) as f64;
            (ticks / took, ticks * 10_000.0 / heard as f64)
        });
        println!("  P6 {name}: {heard} events and {} own calls in {took:.1} s", own.len());
        for (who, (core, each)) in [
            ("ours", ours),
            ("bare tungstenite + serde", bare_used),
            ("node's WebSocket", node_used),
        ] {
            println!("       {who:25} {core:.2} % of a core, {each:.1} us an event");
        }
        println!(
            "       ours is {:.1} times the bare one; close to the limit: 1.5 times",
            ours.1 / bare_used.1
        );
        if own_percent > 0 && rate.is_some() {
            println!(
                "       goal <= {CORE_PERCENT} % of a core ({})",
                word(ours.0 <= CORE_PERCENT)
            );
        }
        println!(
            "       memory + {:.1} MB at most, + {:.1} MB after it   goal <= {GROWTH_MB} MB ({})",
            seen.most_mb - seen.first_mb,
            seen.last_mb - seen.first_mb,
            word(seen.last_mb - seen.first_mb <= GROWTH_MB)
        );
        println!("       slowest status {:.0} ms", seen.slowest.as_secs_f64() * 1_000.0);
    }
    Ok(wrong(&desk, &keys))
}

/// All calls are ours, at 250 a second; then a signal in the middle of it, and another start.
async fn own_calls(program: &Path, calls: usize) -> Result<Vec<String>> {
    let (mut desk, numbers) = desk(program).await?;
    // The peer: what a program that has nothing to do takes for an answer on this machine at the same time.
    let idle = Desk::open(program, &["run", "--headless"], &[], 0).await?;
    let mut flood = Flood {
        rate: Some(250),
        calls,
        extension: AGENT.to_owned(),
        own_percent: 100,
        callers: numbers,
        lasts: Duration::from_secs(1),
    };
    let before = ticks(desk.engine())?;
    let (watch, beside) = (Watch::begin(&desk), Watch::begin(&idle));
    let begun = Instant::now();
    let own = desk.pbx.flood(&flood).await;
    let flooded = begun.elapsed();
    let of_calls = watch.so_far();
    let mut keys: Vec<String> = own.iter().map(|call| key(&desk, call)).collect();
    let at_end = desk.salesforce.tasks().len();
    let logged = all_logged(&desk, &keys).await;
    let took = begun.elapsed();
    let (seen, unused) = (watch.end().await, beside.end().await);
    drop(idle);
    let busy = ticks(desk.engine())? - before;
    println!(
        "  own calls: {} at 250 a second, {:.0} s of calls; {at_end} Tasks at their end, all after {:.0} s",
        own.len(),
        flooded.as_secs_f64(),
        took.as_secs_f64()
    );
    println!(
        "       memory {:.1} MB before, {:.1} at most while they came, {:.1} at most, {:.1} at the end; {:.1} s of the processor",
        seen.first_mb,
        of_calls.most_mb,
        seen.most_mb,
        seen.last_mb,
        Duration::from_millis(busy * 10).as_secs_f64()
    );
    println!("       memory over time (MB): {}", seen.curve());
    println!(
        "       slowest status {:.0} ms, {} of {} not within 1 s   goal: within 1 s throughout ({})",
        seen.slowest.as_secs_f64() * 1_000.0,
        seen.late,
        seen.asked,
        word(seen.late == 0)
    );
    println!(
        "       an idle program beside it: slowest status {:.0} ms, {} of {} not within 1 s; load {} at the end",
        unused.slowest.as_secs_f64() * 1_000.0,
        unused.late,
        unused.asked,
        load()
    );
    if logged.is_err() {
        return Ok(vec![format!("{:?}", logged.err()), told(&desk, &keys)]);
    }

    flood.calls = calls / 4;
    let flooding = {
        let (pbx, flood) = (desk.pbx.clone(), flood.clone());
        tokio::spawn(async move { pbx.flood(&flood).await })
    };
    sleep(Duration::from_secs_f64(f64::from(u32::try_from(flood.calls)?) / 250.0 * 0.8)).await;
    let ended = desk.ends().await?;
    let at_end = desk.salesforce.tasks().len() - keys.len();
    println!(
        "       SIGTERM in the middle of {} more: ended after {:.2} s   goal <= 5 s ({}); {at_end} of them were logged",
        flood.calls,
        ended.as_secs_f64(),
        word(ended <= END_GOAL)
    );
    let own = flooding.await?;
    keys.extend(own.iter().map(|call| key(&desk, call)));
    desk.starts().await?;
    let begun = Instant::now();
    let logged = all_logged(&desk, &keys).await;
    println!("       started again: all logged {:.0} s later", begun.elapsed().as_secs_f64());
    println!("       {}", told(&desk, &keys));
    let mut wrong = wrong(&desk, &keys);
    wrong.extend(logged.err().map(|error| error.to_string()));
    Ok(wrong)
}

/// As many calls wait for Salesforce, which is away: what the program answers meanwhile, how it ends, and how it starts.
async fn waiting(program: &Path, calls: usize) -> Result<Vec<String>> {
    let (mut desk, numbers) = desk(program).await?;
    let flood = Flood {
        rate: Some(250),
        calls,
        extension: AGENT.to_owned(),
        own_percent: 100,
        callers: numbers,
        lasts: Duration::from_secs(1),
    };
    desk.salesforce.stop_listening();
    let own = desk.pbx.flood(&flood).await;
    let keys: Vec<String> = own.iter().map(|call| key(&desk, call)).collect();
    desk.wait_within(PATIENCE, |status| status["journal"]["waiting"] == calls).await?;
    let watch = Watch::begin(&desk);
    sleep(LOOKED_AT).await;
    let seen = watch.end().await;
    println!(
        "  {calls} calls wait for Salesforce: memory {:.1} MB, slowest status {:.0} ms, {} of {} not within 1 s   goal: within 1 s ({})",
        seen.most_mb,
        seen.slowest.as_secs_f64() * 1_000.0,
        seen.late,
        seen.asked,
        word(seen.late == 0)
    );
    let ended = desk.ends().await?;
    println!(
        "       SIGTERM: ended after {:.2} s   goal <= 5 s ({})",
        ended.as_secs_f64(),
        word(ended <= END_GOAL)
    );
    desk.salesforce.listen_again().await;
    let started = desk.starts().await?;
    let begun = Instant::now();
    let logged = all_logged(&desk, &keys).await;
    println!(
        "       started again: answers after {:.0} ms, all logged {:.0} s later; load {} at the end",
        started.as_secs_f64() * 1_000.0,
        begun.elapsed().as_secs_f64(),
        load()
    );
    let mut wrong = wrong(&desk, &keys);
    wrong.extend(logged.err().map(|error| error.to_string()));
    Ok(wrong)
}

fn key(desk: &Desk, call: &str) -> String {
    format!("ys:{}:{call}:{AGENT}", desk.pbx.serial())
}

async fn all_logged(desk: &Desk, keys: &[String]) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let tasks = desk.salesforce.tasks().len();
        if tasks >= keys.len() {
            // Whatever comes twice comes within this.
            sleep(Duration::from_millis(1_500)).await;
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{tasks} Tasks for {} calls", keys.len());
        sleep(Duration::from_millis(250)).await;
    }
}

/// Counts what the org has.
fn told(desk: &Desk, keys: &[String]) -> String {
    let by_key = by_key(desk);
    let once = keys.iter().filter(|key| by_key.get(*key) == Some(&1)).count();
    let twice = by_key.values().filter(|count| **count > 1).count();
    let tasks: usize = by_key.values().sum();
    format!("{tasks} Tasks for {} calls: {once} logged once, {twice} doubled", keys.len())
}

fn by_key(desk: &Desk) -> BTreeMap<String, usize> {
    let mut by_key = BTreeMap::new();
    for task in desk.salesforce.tasks() {
        let key = task["CallObject"].as_str().unwrap_or_default().to_owned();
        *by_key.entry(key).or_default() += 1;
    }
    by_key
}

/// Every call is one Task, under the key of an answered call: where an event is lost or overtaken it is another.
fn wrong(desk: &Desk, keys: &[String]) -> Vec<String> {
    let by_key = by_key(desk);
    let mut wrong: Vec<String> = keys
        .iter()
        .filter(|key| by_key.get(*key) != Some(&1))
        .map(|key| format!("{key} is {} Tasks", by_key.get(key).copied().unwrap_or_default()))
        .collect();
    if !wrong.is_empty() {
        wrong.truncate(5);
        wrong.push(told(desk, keys));
    } else if by_key.len() != keys.len() {
        wrong.push(told(desk, keys));
    }
    wrong
}

/// What was seen of the program while it was under load.
#[derive(Clone, Debug, Default)]
struct Seen {
    asked: usize,
    late: usize,
    slowest: Duration,
    first_mb: f64,
    most_mb: f64,
    last_mb: f64,
    /// Seconds and megabytes.
    weighed: Vec<(f64, f64)>,
}

impl Seen {
    /// Some ten points of the memory over time.
    fn curve(&self) -> String {
        let step = self.weighed.len().div_ceil(12).max(1);
        let points = self.weighed.iter().step_by(step).chain(self.weighed.last());
        points.map(|(at, mb)| format!("{at:.0} s {mb:.0}")).collect::<Vec<_>>().join(", ")
    }

    fn was_asked(&mut self, took: Duration, answered: bool) {
        self.asked += 1;
        self.late += usize::from(took > STATUS_GOAL || !answered);
        self.slowest = self.slowest.max(took);
    }

    fn weigh(&mut self, begun: Instant, engine: u32) {
        let mb = megabytes(engine);
        if self.weighed.is_empty() {
            self.first_mb = mb;
        }
        self.most_mb = self.most_mb.max(mb);
        self.last_mb = mb;
        self.weighed.push((begun.elapsed().as_secs_f64(), mb));
    }
}

/// Asks for the state and weighs the program until it is ended.
struct Watch {
    seen: Arc<Mutex<Seen>>,
    over: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Watch {
    fn begin(desk: &Desk) -> Self {
        let (seen, over) =
            (Arc::new(Mutex::new(Seen::default())), Arc::new(AtomicBool::new(false)));
        let (begun, engine, asking) = (Instant::now(), desk.engine(), desk.asking());
        lock(&seen).weigh(begun, engine);
        let asks = {
            let (seen, over) = (seen.clone(), over.clone());
            tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    let answered =
                        timeout(SILENT, asking.tell(&json!({ "command": "status" }))).await;
                    lock(&seen).was_asked(asked.elapsed(), matches!(answered, Ok(Ok(()))));
                    sleep(LOOK).await;
                }
            })
        };
        let weighs = {
            let (seen, over) = (seen.clone(), over.clone());
            tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    sleep(WEIGH).await;
                    lock(&seen).weigh(begun, engine);
                }
            })
        };
        Self { seen, over, tasks: vec![asks, weighs] }
    }

    fn so_far(&self) -> Seen {
        lock(&self.seen).clone()
    }

    async fn end(self) -> Seen {
        self.over.store(true, Ordering::Relaxed);
        for task in self.tasks {
            // A watcher that has failed has said so already.
            let _ = task.await;
        }
        lock(&self.seen).clone()
    }
}

fn lock(seen: &Mutex<Seen>) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn word(passed: bool) -> &'static str {
    if passed { "yes" } else { "no" }
}
