//! Fields as people type them: a million contacts with dirt around their numbers are indexed beside a million clean ones,
//! as the program does it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use domain::{DialPlan, Object, OrgId, PhoneNumber, Record, Timestamp};
use store::{Owner, PassStep, Store};

use crate::{fill, load, word};

/// So many records are read and written at once, as the program does.
const BATCH: usize = 2_000;
/// Dirty fields may take so many times as long as clean ones.
const LIMIT: f64 = 1.3;
/// Every so many-th field holds two numbers.
const TWO_NUMBERS: usize = 20;
/// What people write around a number.
const SHAPES: usize = 10;

/// What indexing has taken.
#[derive(Clone, Copy, Debug, Default)]
struct Took {
    /// Reading the fields.
    reading: Duration,
    /// Writing the records and their numbers.
    writing: Duration,
}

impl Took {
    fn whole(self) -> Duration {
        self.reading + self.writing
    }
}

pub(crate) async fn run(contacts: usize, rounds: usize) -> Result<()> {
    println!(
        "load {} at the start; {contacts} contacts, {rounds} rounds, clean and dirty in turn",
        load()
    );
    let plan = fill::plan()?;
    let mut ratios = Vec::new();
    for round in 1..=rounds {
        let clean = indexed(&plan, contacts, |_, number| number.e164().to_owned()).await?;
        let dirty = indexed(&plan, contacts, as_typed).await?;
        let ratio = dirty.whole().as_secs_f64() / clean.whole().as_secs_f64();
        for (kind, took) in [("clean", clean), ("dirty", dirty)] {
            println!(
                "  round {round}, {kind}: {:.2} s reading, {:.2} s writing",
                took.reading.as_secs_f64(),
                took.writing.as_secs_f64()
            );
        }
        println!("  round {round}: {ratio:.2} times");
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    let middle = ratios.get(ratios.len() / 2).copied().context("a round")?;
    println!(
        "dirty fields: {middle:.2} times the clean ones, limit {LIMIT} ({})",
        word(middle <= LIMIT)
    );
    Ok(())
}

/// Indexes contacts whose fields are spelled so, into a home of its own.
async fn indexed(
    plan: &DialPlan,
    contacts: usize,
    spelled: impl Fn(usize, &PhoneNumber) -> String,
) -> Result<Took> {
    let folder = tempfile::tempdir()?;
    let store = Store::open(folder.path()).await?.store;
    let org = OrgId::parse("00D9Z0000000001").context("an id")?;
    let owner = Owner { org, user: fill::numbered_id("005", 1) };
    store.begin_pass(&owner, Timestamp::from_millis(1_767_600_000_000), String::new()).await?;
    let mut took = Took::default();
    for batch in (0..contacts).step_by(BATCH) {
        let records: Vec<(PhoneNumber, Record)> = (batch..contacts.min(batch + BATCH))
            .map(|n| {
                let number = PhoneNumber::from_e164(&fill::number(n)).context("a number")?;
                let mut record = fill::contact(n, fill::numbered_id("003", n));
                record.phones = vec![("Phone".to_owned(), spelled(n, &number))];
                Ok((number, record))
            })
            .collect::<Result<_>>()?;
        let begun = Instant::now();
        let rows: Vec<(Record, Vec<(PhoneNumber, String)>)> =
            records.iter().map(|(_, record)| (record.clone(), record.numbers(plan))).collect();
        took.reading += begun.elapsed();
        for (n, ((number, record), (_, read))) in (batch..).zip(records.iter().zip(&rows)) {
            let two = n % TWO_NUMBERS == 0 && record.phones[0].1.contains('/');
            let found = read.iter().filter(|(read, _)| read == number).count();
            ensure!(
                found == 1 && read.len() == if two { 2 } else { 1 },
                "{:?} was read as {} numbers",
                record.phones[0].1,
                read.len()
            );
        }
        let step = PassStep {
            object: Object::Contact,
            received: u64::try_from(rows.len())?,
            position: None,
            expected: None,
        };
        let begun = Instant::now();
        store.put_page(&owner, rows, step).await?;
        took.writing += begun.elapsed();
    }
    store.close().await;
    Ok(took)
}

/// A number as one of many people has typed it.
fn as_typed(n: usize, number: &PhoneNumber) -> String {
    let local = number.e164().strip_prefix("+4930").unwrap_or_default();
    let (left, right) = local.split_at(local.len() / 2);
    if n.is_multiple_of(TWO_NUMBERS) {
        return format!("030 {local} / 0171 {:07}", 5_550_000 + n % 10_000);
    }
    match n % SHAPES {
        0 => format!("+49 (0)30 / {local} x12"),
        1 => format!("Tel.: +49-30.{local} (Büro)"),
        2 => format!("030 {local} #12"),
        3 => format!("+49\u{ad}30\u{2013}{left} {right}"),
        4 => format!("'+4930{local}"),
        5 => format!("030 {local},,,001#"),
        6 => format!("+49 30 {left} {right} DW 12"),
        7 => format!("\u{a0}030 \u{2014} {local}\u{200e}"),
        8 => format!("tel:+49-30-{local}"),
        _ => format!("030/{left}-{right}, ask for Eva"),
    }
}
