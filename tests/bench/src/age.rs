//! P12, the long run: what a year of calls costs a start, a look-up, the list and an entry. Three desks in turn: one with
//! a day of calls, one with a year of them that nothing was removed from, and one with that year after the old calls went.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use domain::{
    CallId, Direction, Extension, JournalEntry, Object, OrgId, Outcome, Party, PhoneNumber,
    RecordId, RecordRef, Serial, Talk, Timestamp, UserId,
};
use serde_json::json;
use store::{
    CreatedRecord, Desk as Place, Done, FinishedCall, NewDelivery, Owner, Store, StoredMatch,
};

use crate::{Spread, desk::Desk, fill, load, word};

/// Calls a day. Source: performance.md, P12.
const A_DAY: usize = 100;
/// For how many days calls are kept: the program's own default.
const KEPT: usize = 90;
/// Contacts that call.
const CALLERS: usize = 2_000;
/// A choice is remembered for so many of them, and a record is created for a stranger so often a day.
const CHOICES: usize = 1_000;
const CREATED_A_DAY: usize = 5;
/// So many calls are listed: on day one there are no more.
const LISTED: usize = A_DAY;
/// Entries that go out at once.
const BATCH: usize = 200;
/// Questions in each round.
const ASKED: usize = 60;
const DAY: Duration = Duration::from_secs(86_400);
/// Source: performance.md, P12.
const GOAL: f64 = 1.1;

/// A desk with a past, and what was measured at it, in milliseconds.
struct Aged {
    name: &'static str,
    desk: Desk,
    calls: usize,
    start: Vec<f64>,
    look_up: Vec<f64>,
    list: Vec<f64>,
    entry: Vec<f64>,
    reading: Vec<f64>,
}

pub(crate) async fn run(program: &Path, days: usize, rounds: usize) -> Result<()> {
    println!("load {} at the start; {days} days of {A_DAY} calls, {rounds} rounds", load());
    let mut desks = Vec::new();
    for (name, days, pruned) in
        [("day one", 1, false), ("all kept", days, false), ("old ones gone", days, true)]
    {
        desks.push(aged(program, name, days, pruned).await?);
    }
    for _ in 0..rounds {
        for aged in &mut desks {
            aged.is_asked().await?;
        }
    }
    for aged in &mut desks {
        aged.desk.ends().await?;
    }
    for round in 0..rounds {
        for aged in &mut desks {
            aged.writes(round).await?;
        }
    }
    for aged in &desks {
        let disk = fs::metadata(aged.desk.home().join("journal.db"))?.len();
        #[expect(clippy::cast_precision_loss, reason = "megabytes")]
        let megabytes = disk as f64 / 1e6;
        println!("  {:22} {} calls, {megabytes:.1} MB", aged.name, aged.calls);
        println!("    start, until it answers  {}", Spread::of(&aged.start));
        println!("    look-up                  {}", Spread::of(&aged.look_up));
        println!("    list of 100 calls        {}", Spread::of(&aged.list));
        println!("    end of a call, on disk   {}", Spread::of(&aged.entry));
        println!("    read again after that    {}", Spread::of(&aged.reading));
    }
    let [day_one, .., now] = desks.as_slice() else { return Ok(()) };
    let times = |of: fn(&Aged) -> &Vec<f64>| Spread::of(of(now)).p99 / Spread::of(of(day_one)).p99;
    println!("P12 pass: p99 after {days} days <= {GOAL} x day one");
    let of: [(&str, Figures); 4] = [
        ("look-up", |it| &it.look_up),
        ("list", |it| &it.list),
        ("end of a call", |it| &it.entry),
        ("read again", |it| &it.reading),
    ];
    for (what, of) in of {
        let times = times(of);
        println!("    {what:14} {times:.2} ({})", word(times <= GOAL));
    }
    Ok(())
}

/// Of a desk, what was measured in one respect.
type Figures = fn(&Aged) -> &Vec<f64>;

/// Opens a desk and puts a past into its journal.
async fn aged(program: &Path, name: &'static str, days: usize, pruned: bool) -> Result<Aged> {
    let numbers: Vec<String> = (0..CALLERS).map(fill::number).collect();
    let mut desk = Desk::open(program, &["run", "--headless"], &numbers, CALLERS).await?;
    desk.ends().await?;
    // A year of commits is a year of flushes: they are made where none costs anything.
    let memory = Path::new("/dev/shm");
    let folder = if memory.exists() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
    copied(&desk.home(), folder.path())?;
    let store = Store::open(folder.path()).await?.store;
    let past = Past::of(&desk)?;
    past.is_lived(&store, days).await?;
    if pruned {
        let begun = Instant::now();
        let removed = store.prune(past.now.minus(DAY * u32::try_from(KEPT)?)).await?;
        println!("  {removed} old calls went in {:.1} s", begun.elapsed().as_secs_f64());
    }
    store.close().await;
    copied(folder.path(), &desk.home())?;
    desk.starts().await?;
    let status = desk.wait_for(|status| status["contacts"]["index_state"] == "ready").await?;
    ensure!(status["journal"]["waiting"] == 0, "nothing was to be sent: {status:#}");
    let days = if pruned { days.min(KEPT) } else { days };
    Ok(Aged {
        name,
        desk,
        calls: days * A_DAY,
        start: Vec::new(),
        look_up: Vec::new(),
        list: Vec::new(),
        entry: Vec::new(),
        reading: Vec::new(),
    })
}

/// Copies the journal and what belongs to it.
fn copied(from: &Path, to: &Path) -> Result<()> {
    for file in fs::read_dir(from)? {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with("journal.") {
            fs::copy(file.path(), to.join(file.file_name()))?;
        }
    }
    Ok(())
}

impl Aged {
    /// The program starts again, and is asked for callers and for the list.
    async fn is_asked(&mut self) -> Result<()> {
        self.desk.ends().await?;
        self.start.push(self.desk.starts().await?.as_secs_f64() * 1e3);
        self.desk.wait_for(|status| status["contacts"]["index_state"] == "ready").await?;
        for n in 0..ASKED {
            let asked = Instant::now();
            let explain = json!({ "command": "explain", "number": fill::number(n * 7 % CALLERS) });
            let told = self.desk.asks(&explain).await?;
            self.look_up.push(asked.elapsed().as_secs_f64() * 1e3);
            let found = told["result"]["Ok"]["value"]["candidates"].as_array().map(Vec::len);
            ensure!(found == Some(1), "a caller that is known: {told}");
            let asked = Instant::now();
            let told = self.desk.asks(&json!({ "command": "calls", "limit": LISTED })).await?;
            self.list.push(asked.elapsed().as_secs_f64() * 1e3);
            let listed = told["result"]["Ok"]["value"].as_array().map_or(0, Vec::len);
            ensure!(listed == LISTED, "{listed} calls are listed");
        }
        Ok(())
    }

    /// Calls end: how long until each is on the disk, without the program.
    async fn writes(&mut self, round: usize) -> Result<()> {
        let store = Store::open(&self.desk.home()).await?.store;
        let past = Past::of(&self.desk)?;
        for n in 0..ASKED {
            let (call, delivery) = past.call(1_000_000 + round * ASKED + n, past.now);
            let begun = Instant::now();
            store.finish(call, Some(delivery)).await?;
            self.entry.push(begun.elapsed().as_secs_f64() * 1e3);
            let begun = Instant::now();
            store.calls(LISTED, None).await?;
            let counts = store.counts(Some(&past.owner), past.now.minus(DAY)).await?;
            store.nth_latest_created(&past.owner.org, 30).await?;
            self.reading.push(begun.elapsed().as_secs_f64() * 1e3);
            ensure!(counts.waiting == u64::try_from(round * ASKED + n + 1)?, "{counts:?}");
        }
        store.close().await;
        Ok(())
    }
}

/// Whose calls there were.
struct Past {
    place: Place,
    owner: Owner,
    now: Timestamp,
}

impl Past {
    fn of(desk: &Desk) -> Result<Self> {
        let user = desk.salesforce.user_id("mara.voss@example.com").context("the first user")?;
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
        Ok(Self {
            place: Place {
                serial: Serial::new(desk.pbx.serial()),
                extension: Extension::new("4101"),
            },
            owner: Owner {
                org: OrgId::parse(&desk.salesforce.org_id()).context("an id")?,
                user: UserId::parse(&user).context("an id")?,
            },
            now: Timestamp::from_millis(i64::try_from(now.as_millis())?),
        })
    }

    /// So many days of calls, all of them logged; the last has just ended.
    async fn is_lived(&self, store: &Store, days: usize) -> Result<()> {
        let all = days * A_DAY;
        let apart = DAY / u32::try_from(A_DAY)?;
        for batch in (0..all).step_by(BATCH) {
            for n in batch..all.min(batch + BATCH) {
                let started = self.now.minus(apart * u32::try_from(all - n)?);
                let (call, delivery) = self.call(n, started);
                let created = (n % (A_DAY / CREATED_A_DAY) == 0).then(|| CreatedRecord {
                    org: self.owner.org.clone(),
                    record: record("00Q", n),
                    number: number(n),
                    key: delivery.key.clone(),
                    made: started,
                    matched: matched(record("00Q", n)),
                });
                store.finish(call, Some(delivery)).await?;
                if let Some(created) = created {
                    store.record_created(created).await?;
                }
            }
            let due = store.due(&self.owner, self.now, BATCH).await?;
            let leased = store.lease_many(&self.owner, &due, self.now, DAY).await?;
            store.sending_many(leased.iter().map(|one| one.ticket).collect()).await?;
            for (n, one) in leased.iter().enumerate() {
                let task = fill::numbered_id("00T", batch + n);
                store.delivered(&one.ticket, Done::found(task)).await?;
            }
        }
        for n in 0..CHOICES.min(all) {
            let record = record("003", n);
            store.remember_choice(&self.owner.org, &number(n), &record, self.now).await?;
        }
        Ok(())
    }

    fn call(&self, n: usize, started: Timestamp) -> (FinishedCall, NewDelivery) {
        let entry = JournalEntry {
            call: CallId::new(format!("1767600923.{n}")),
            direction: Direction::Inbound,
            party: Party::External(number(n)),
            spelled: Some(fill::number(n % CALLERS)),
            started,
            talked: Duration::from_secs(51),
            outcome: Outcome::Answered,
            queue: Some("6400".to_owned()),
            did: Some("+4949355500".to_owned()),
            recording: None,
            reason: None,
            rank: 0,
            heard: true,
            alone: false,
            talk: Talk::default(),
        };
        let delivery = NewDelivery {
            key: entry.key(&self.place.serial, &self.place.extension),
            owner: Some(self.owner.clone()),
            due: started,
            ask_first: false,
            skip: None,
        };
        let matches = Some(matched(record("003", n)));
        (FinishedCall { desk: self.place.clone(), entry, matches }, delivery)
    }
}

fn number(n: usize) -> PhoneNumber {
    let number = PhoneNumber::from_e164(&fill::number(n % CALLERS));
    number.unwrap_or_else(|| unreachable!("a German number"))
}

fn record(prefix: &str, n: usize) -> RecordRef {
    let object = if prefix == "00Q" { Object::Lead } else { Object::Contact };
    RecordRef { object, id: fill::numbered_id(prefix, n), name: "Ada Moreno".to_owned() }
}

fn matched(record: RecordRef) -> StoredMatch {
    let who: RecordId = record.id.clone();
    StoredMatch {
        record: Some(record),
        who: Some(who),
        what: None,
        company: None,
        candidates: 1,
        number: None,
        why: "matched Contact.Phone exactly (local index)".to_owned(),
    }
}
