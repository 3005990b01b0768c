//! Twenty thousand contacts, killed five times.

use std::time::Duration;

use engine::command::Command;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use scenarios::eventually;
use serde_json::{Value, json};
use simulator::PbxConfig;
use tokio::time::Instant;

use crate::book::{FULL, SLOTS, by_hand, code, counts, phonebook, sync, writes};

/// As many as the smallest model holds, less those of others.
const PEOPLE: usize = 20_000;
const KILLS: u64 = 5;

/// F10 and the row of issue 4: nothing twice, nothing missing, nothing of others touched; then nothing to write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_contacts_killed_five_times_end_exact() {
    let pbx = PbxConfig::default();
    let options =
        scenarios::Options { pbx, settings: FULL.to_owned(), ..scenarios::Options::default() };
    let mut office = scenarios::Office::with(options).await;
    let others = phonebook(&office, "Suppliers");
    for n in 0..50 {
        by_hand(&office, &format!("Supplier {n}"), "", &[&others]);
    }
    let theirs = office.pbx.contacts();
    let mut expected: Vec<(String, String, String)> = (0..PEOPLE)
        .map(|n| {
            let record = office.salesforce.insert(
                "Contact",
                json!({ "FirstName": format!("F{n}"), "LastName": format!("L{n}"), "Phone": format!("+49 30 {}", 5_000_000 + n) }),
            );
            (record, format!("F{n} L{n}"), format!("030{}", 5_000_000 + n))
        })
        .collect();
    expected.push((office.ada.clone(), "Ada Moreno".to_owned(), "0493555017".to_owned()));
    expected.sort();

    let seed = rand::random();
    let mut dice = StdRng::seed_from_u64(seed);
    let begun = Instant::now();
    for kill in 0..KILLS {
        let run = tokio::spawn(office.asking(Command::Sync { dry_run: false, agreed: false }));
        let step = (PEOPLE as u64 / (KILLS + 1)) as usize;
        let wanted = kill as usize * step + dice.random_range(1..2 * step);
        let limit = Instant::now() + Duration::from_secs(60);
        eventually("some of them", || async {
            office.pbx.contacts_held() >= wanted || run.is_finished() || Instant::now() > limit
        })
        .await;
        tokio::time::sleep(Duration::from_micros(dice.random_range(0..3_000))).await;
        office.is_killed();
        let _ = run.await;
        office.starts().await;
        office.is_live().await;
    }
    let report = sync(&office).await;
    println!("seed {seed}: {PEOPLE} contacts, {KILLS} kills, {:?}", begun.elapsed());
    assert_eq!(code(&report), None, "seed {seed}");

    let (ours, others): (Vec<Value>, Vec<Value>) = office
        .pbx
        .contacts()
        .into_iter()
        .partition(|contact| contact["phonebook_list"][0]["name"] == "Salesforce");
    assert_eq!(others, theirs, "seed {seed}: nothing of others is touched");
    let text = |contact: &Value, key: &str| contact[key].as_str().unwrap_or_default().to_owned();
    let mut shown: Vec<_> = ours
        .iter()
        .map(|one| (text(one, "remark"), text(one, "contact_name"), text(one, "business")))
        .collect();
    shown.sort();
    assert!(shown == expected, "seed {seed}: {} of {}", shown.len(), expected.len());
    let more = ours.iter().flat_map(|one| SLOTS[1..].iter().map(|slot| text(one, slot)));
    assert!(more.into_iter().all(|number| number.is_empty()), "seed {seed}");

    let before = writes(&office);
    assert_eq!(counts(&sync(&office).await), (0, 0, 0, PEOPLE as u64 + 1, 0), "seed {seed}");
    assert_eq!(writes(&office), before, "seed {seed}: the second run sends no write");
}
