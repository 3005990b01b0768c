//! A contact index of any size, put into a home before the program starts: as if it had been fetched a moment ago.

use std::path::Path;

use anyhow::{Context as _, Result};
use domain::{DialPlan, Object, PhoneNumber, Record, RecordId, Timestamp};
use store::{Owner, PassStep, Store};

/// So many records are written at once, as the program does.
const BATCH: usize = 2_000;
/// By which habits the numbers were read, in the program's own words: where they differ from its settings it reads all
/// numbers anew, and the run fails because the index is no longer as large as it was filled.
const READING: &str = "1 DE  00 [3, 4, 5]";

/// Returns the number of the n-th contact, in E.164: a German line of its own.
pub(crate) fn number(n: usize) -> String {
    format!("+4930{:08}", 10_000_000 + n)
}

/// Returns the n-th contact.
pub(crate) fn contact(n: usize, id: RecordId) -> Record {
    const FIRST: [&str; 8] = ["Ada", "Bob", "Camille", "Daniel", "Eva", "Farid", "Grace", "Hana"];
    const LAST: [&str; 7] = ["Moreno", "Liu", "Laurent", "Okafor", "Ruiz", "Haddad", "Novák"];
    let (first, last) = (FIRST[n % FIRST.len()], LAST[n / FIRST.len() % LAST.len()]);
    Record {
        object: Object::Contact,
        id,
        person_contact: None,
        name: format!("{first} {last}"),
        first_name: Some(first.to_owned()),
        last_name: Some(last.to_owned()),
        email: Some(format!("{}.{n}@example.com", first.to_lowercase())),
        account: Some((numbered_id("001", n / 3), format!("Company {} GmbH", n / 3))),
        company: None,
        owner: Some(numbered_id("005", n % 50)),
        last_activity: None,
        phones: vec![("Phone".to_owned(), number(n))],
    }
}

/// Returns the n-th id of an object, far from those of the simulator.
pub(crate) fn numbered_id(prefix: &str, n: usize) -> RecordId {
    let id = RecordId::parse(&format!("{prefix}9Z{n:010}"));
    id.unwrap_or_else(|| unreachable!("fifteen letters and digits are an id"))
}

/// Fills the index of a home: the first contacts have the given ids, the others ids of their own.
pub(crate) async fn home(
    folder: &Path,
    owner: &Owner,
    plan: &DialPlan,
    known: &[RecordId],
    count: usize,
) -> Result<()> {
    let store = Store::open(folder).await?.store;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let now = Timestamp::from_millis(i64::try_from(now.as_millis())?);
    store.begin_pass(owner, now, READING.to_owned()).await?;
    for batch in (0..count).step_by(BATCH) {
        let records = (batch..count.min(batch + BATCH))
            .map(|n| {
                let id = known.get(n).cloned().unwrap_or_else(|| numbered_id("003", n));
                let record = contact(n, id);
                let number: PhoneNumber = plan.read_number(&number(n)).context("a number")?;
                Ok((record, vec![(number, "Phone".to_owned())]))
            })
            .collect::<Result<Vec<_>>>()?;
        let step = PassStep {
            object: Object::Contact,
            received: u64::try_from(records.len())?,
            position: None,
            expected: None,
        };
        store.put_page(owner, records, step).await?;
    }
    for object in Object::ALL {
        store.set_changed_until(owner, object, now).await?;
    }
    store.end_pass(owner, now).await?;
    store.close().await;
    Ok(())
}

/// The habits of a German office.
pub(crate) fn plan() -> Result<DialPlan> {
    Ok(DialPlan {
        country: domain::Country::parse("DE").context("Germany has a numbering plan")?,
        area_code: String::new(),
        international_prefix: "00".to_owned(),
        outside_prefix: String::new(),
        extension_digits: vec![3, 4, 5],
        trunk_format: domain::number::TrunkFormat::Auto,
        habit: domain::number::Habit::default(),
        blocked: Vec::new(),
    })
}
