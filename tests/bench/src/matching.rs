//! P4 and P5: a number in any spelling to its contact, and how numbers are read, each beside its limit or its peer.

use std::{collections::HashMap, path::Path, time::Instant};

use anyhow::{Context as _, Result, ensure};
use domain::{Country, DialPlan, OrgId, PhoneNumber};
use store::{Owner, Store};

use crate::{Spread, fill, load, peers, word};

/// Look-ups that are measured in each round.
const LOOKUPS: usize = 5_000;
/// Numbers that are read, of [`COUNTRIES`].
const NUMBERS: usize = 2_000;
const COUNTRIES: [(&str, &[&str]); 15] = [
    ("DE", &["30#######", "170#######"]),
    ("AT", &["1#######", "664#######"]),
    ("CH", &["44#######", "79#######"]),
    ("GB", &["20########", "7700######"]),
    ("FR", &["1########", "6########"]),
    ("IT", &["06########", "339#######"]),
    ("ES", &["91#######", "600######"]),
    ("US", &["212555####", "646555####"]),
    ("CN", &["106552####", "138########"]),
    ("AR", &["114322####", "9112345####"]),
    ("MX", &["551234####", "331234####"]),
    ("RU", &["495#######", "916#######"]),
    ("JP", &["33224####", "901234####"]),
    ("AU", &["29374####", "491570###"]),
    ("BR", &["112345####", "1191234####"]),
];

pub(crate) async fn run(peers: &Path, sizes: &[usize], rounds: usize) -> Result<()> {
    println!("load {} at the start; {rounds} rounds, ours and the limits in turn", load());
    let mut middles = Vec::new();
    for &size in sizes {
        middles.push(matches(size, rounds).await?);
    }
    if let (Some(small), Some(large)) = (middles.first(), middles.last()) {
        println!(
            "P4 pass: hot p99 at the largest <= 50 µs ({}), p50 grows <= 1.5 times ({:.2}); close to the limit: p50 <= 15 µs ({})",
            word(large.p99 <= 0.050),
            large.p50 / small.p50,
            word(large.p50 <= 0.015)
        );
    }
    reading(peers, rounds)
}

/// Looks numbers up among `size` contacts. Returns how long ours took, in milliseconds.
async fn matches(size: usize, rounds: usize) -> Result<Spread> {
    let folder = tempfile::tempdir()?;
    let org = OrgId::parse("00D9Z0000000001").context("an id")?;
    let owner = Owner { org, user: fill::numbered_id("005", 1) };
    let plan = fill::plan()?;
    fill::home(folder.path(), &owner, &plan, &[], size).await?;
    let store = Store::open(folder.path()).await?.store;
    let bare = bare_table(folder.path(), size)?;
    let map: HashMap<String, usize> = (0..size).map(|n| (fill::number(n), n)).collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let wanted: Vec<(usize, String)> = (0..LOOKUPS)
        .map(|at| {
            let n = random.below(size);
            (n, spelled(&fill::number(n), "+49", at))
        })
        .collect();
    let (mut ours, mut limit, mut hash) = (Vec::new(), Vec::new(), Vec::new());
    let mut point = bare.prepare("SELECT record FROM number WHERE number = ?1")?;
    // The first round warms the caches and is not counted.
    for round in 0..=rounds {
        for (n, text) in &wanted {
            let begun = Instant::now();
            let party = plan.read(text);
            let number = party.number().context("it is a number")?;
            let found = store.find_now(&owner, number)?;
            let took = begun.elapsed().as_secs_f64() * 1e3;
            ensure!(found.len() == 1, "{} records", found.len());
            ensure!(found[0].id == fill::numbered_id("003", *n), "another record");

            let e164 = fill::number(*n);
            let begun = Instant::now();
            let digits: i64 = e164[1..].parse()?;
            let record: i64 = point.query_row([digits], |row| row.get(0))?;
            let bare_took = begun.elapsed().as_secs_f64() * 1e3;
            ensure!(usize::try_from(record)? == *n, "another row");

            let begun = Instant::now();
            let in_map = map.get(&e164).copied();
            let map_took = begun.elapsed().as_secs_f64() * 1e3;
            ensure!(in_map == Some(*n), "another entry");
            if round > 0 {
                ours.push(took);
                limit.push(bare_took);
                hash.push(map_took);
            }
        }
    }
    store.close().await;
    let (ours, limit, hash) = (Spread::of(&ours), Spread::of(&limit), Spread::of(&hash));
    println!("  P4 {size:>9} contacts, spelled anyhow → record   {}", micros(ours));
    println!("     {size:>9} rows, bare SQLite point query       {}", micros(limit));
    println!("     {size:>9} entries, HashMap                    {}", micros(hash));
    Ok(ours)
}

fn bare_table(folder: &Path, size: usize) -> Result<rusqlite::Connection> {
    let bare = rusqlite::Connection::open(folder.join("bare.db"))?;
    bare.execute_batch(
        "PRAGMA journal_mode = WAL; BEGIN; CREATE TABLE number (number INTEGER PRIMARY KEY, record INTEGER);",
    )?;
    {
        let mut insert = bare.prepare("INSERT INTO number VALUES (?1, ?2)")?;
        for n in 0..size {
            let digits: i64 = fill::number(n)[1..].parse()?;
            insert.execute((digits, i64::try_from(n)?))?;
        }
    }
    bare.execute_batch("COMMIT")?;
    Ok(bare)
}

/// Reads mixed numbers of many countries, and has libraries by other people read them too.
fn reading(peers: &Path, rounds: usize) -> Result<()> {
    let mut random = Random(20_260_105);
    let mut texts: Vec<(&str, String)> = Vec::with_capacity(NUMBERS);
    while texts.len() < NUMBERS {
        let (country, patterns) = COUNTRIES[texts.len() % COUNTRIES.len()];
        let pattern = patterns[random.below(patterns.len())];
        let national: String = pattern
            .chars()
            .map(|c| {
                if c == '#' {
                    char::from(b'0' + u8::try_from(random.below(10)).unwrap_or(0))
                } else {
                    c
                }
            })
            .collect();
        let e164 = format!("+{}{national}", calling_code(country));
        let Some(number) = PhoneNumber::from_e164(&e164) else { continue };
        let text = match texts.len() % 4 {
            0 => number.e164().to_owned(),
            1 => number.international(),
            2 => number.national(),
            _ => number.national().replace([' ', '-'], "."),
        };
        texts.push((country, text));
    }
    let plans: HashMap<&str, DialPlan> = COUNTRIES
        .iter()
        .map(|(country, _)| Ok((*country, plan(country)?)))
        .collect::<Result<_>>()?;
    let mut ours = Vec::new();
    let mut read = Vec::new();
    for round in 0..=rounds {
        read.clear();
        let begun = Instant::now();
        for (country, text) in &texts {
            let number = plans[country].read(text).number().map(|number| number.e164().to_owned());
            read.push(number.unwrap_or_default());
        }
        if round > 0 {
            #[expect(clippy::cast_precision_loss, reason = "two thousand")]
            ours.push(begun.elapsed().as_secs_f64() * 1e3 / texts.len() as f64);
        }
    }
    let javascript = peers::javascript(peers, &texts, rounds)?;
    let agree = |theirs: &[String]| {
        let valid = theirs.iter().filter(|number| !number.is_empty()).count();
        let differ = read.iter().zip(theirs).filter(|(a, b)| !b.is_empty() && a != b).count();
        (valid - differ, valid)
    };
    println!("  P5 {NUMBERS} numbers of 15 countries, ours        {}", micros(Spread::of(&ours)));
    println!(
        "     libphonenumber-js, the same numbers         {}",
        micros(Spread::of(&javascript.took))
    );
    let others = [
        ("Google's libphonenumber (C++)", peers::cpp(peers, &texts, rounds)?),
        ("Python's phonenumbers", peers::python(peers, &texts, rounds)?),
    ];
    for (name, other) in others {
        match other {
            Ok(other) => {
                let (same, valid) = agree(&other.numbers);
                println!(
                    "     {name:<43} {}   {same} of {valid} read as ours",
                    micros(Spread::of(&other.took))
                );
            }
            Err(why) => println!("     {name:<43} not measured: {why}"),
        }
    }
    let (same, valid) = agree(&javascript.numbers);
    println!(
        "P5 pass: as the peer reads them ({} of {valid} that it calls valid), <= 1 µs each ({}); close to the limit: 0.7 µs",
        same,
        word(Spread::of(&ours).p50 <= 0.001)
    );
    ensure!(same == valid, "{} numbers are read differently", valid - same);
    Ok(())
}

fn plan(country: &str) -> Result<DialPlan> {
    let country = Country::parse(country).context("a country")?;
    Ok(DialPlan { country, ..fill::plan()? })
}

/// Returns how a number may be spelled by a trunk, a record or a person.
fn spelled(e164: &str, code: &str, at: usize) -> String {
    let national = e164.strip_prefix(code).unwrap_or(e164);
    match at % 6 {
        0 => e164.to_owned(),
        1 => format!("0{national}"),
        2 => format!("00{}", &e164[1..]),
        3 => format!("{code} (0){} {}", &national[..2], &national[2..]),
        4 => format!("Ana Ruiz<0{national}>"),
        _ => format!("sip:{e164}@pbx.example.com"),
    }
}

fn calling_code(country: &str) -> &'static str {
    match country {
        "DE" => "49",
        "AT" => "43",
        "CH" => "41",
        "GB" => "44",
        "FR" => "33",
        "IT" => "39",
        "ES" => "34",
        "US" => "1",
        "CN" => "86",
        "AR" => "54",
        "MX" => "52",
        "RU" => "7",
        "JP" => "81",
        "AU" => "61",
        _ => "55",
    }
}

/// A generator that gives the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or(0) % end.max(1)
    }
}

fn micros(spread: Spread) -> String {
    let micros = |ms: f64| ms * 1e3;
    format!(
        "p50 {:.2} µs   p99 {:.2} µs   worst {:.0} µs",
        micros(spread.p50),
        micros(spread.p99),
        micros(spread.worst)
    )
}
