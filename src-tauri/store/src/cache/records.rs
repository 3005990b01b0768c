//! The tables of `cache.db`.

use domain::{Object, OrgId, PhoneNumber, Record, RecordId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

/// A record, and the numbers in it: each with the field that holds it.
pub(crate) type Entry = (Record, Vec<(PhoneNumber, String)>);

const FIND: &str = "
    SELECT r.id, r.object, r.person_contact, r.name, r.account, r.account_name, r.company, r.owner,
           r.last_activity, r.phones, n.field
    FROM number n JOIN record r ON r.row = n.record
    WHERE n.org = (SELECT row FROM org WHERE id = ?1) AND n.number = ?2";

/// Compiles the look-up ahead of the first call.
pub(crate) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    db.prepare_cached(FIND).map(drop)
}

/// Returns the records that have this number, each with the field that holds it first among its phones.
pub(crate) fn find(
    db: &Connection,
    org: &OrgId,
    number: &PhoneNumber,
) -> rusqlite::Result<Vec<Record>> {
    db.prepare_cached(FIND)?.query_map((org.as_str(), as_integer(number)), record)?.collect()
}

/// Writes records, each in place of what was known of it.
pub(crate) fn put(db: &Connection, org: &OrgId, entries: &[Entry]) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO org (id) VALUES (?1) ON CONFLICT (id) DO NOTHING")?
        .execute([org.as_str()])?;
    let org: i64 = db
        .prepare_cached("SELECT row FROM org WHERE id = ?1")?
        .query_row([org.as_str()], |row| row.get(0))?;
    let mut write = db.prepare_cached(
        "INSERT INTO record (org, id, object, person_contact, name, account, account_name, company,
            owner, last_activity, phones)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (id, org) DO UPDATE SET object = excluded.object,
            person_contact = excluded.person_contact, name = excluded.name, account = excluded.account,
            account_name = excluded.account_name, company = excluded.company, owner = excluded.owner,
            last_activity = excluded.last_activity, phones = excluded.phones
         RETURNING row",
    )?;
    let mut forget = db.prepare_cached("DELETE FROM number WHERE record = ?1")?;
    let mut link = db.prepare_cached(
        "INSERT INTO number (org, number, record, field) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO NOTHING",
    )?;
    for (record, numbers) in entries {
        let (account, account_name) =
            record.account.as_ref().map_or(("", ""), |(id, name)| (id.as_str(), name.as_str()));
        let row: i64 = write.query_row(
            (
                org,
                record.id.as_str(),
                record.object.api_name(),
                record.person_contact.as_ref().map_or("", RecordId::as_str),
                &record.name,
                account,
                account_name,
                record.company.as_deref().unwrap_or_default(),
                record.owner.as_ref().map_or("", RecordId::as_str),
                record.last_activity.map_or(0, Timestamp::as_millis),
                phones_text(&record.phones),
            ),
            |row| row.get(0),
        )?;
        forget.execute([row])?;
        for (number, field) in numbers {
            link.execute((org, as_integer(number), row, field))?;
        }
    }
    Ok(())
}

/// Removes records.
pub(crate) fn forget(db: &Connection, org: &OrgId, ids: &[RecordId]) -> rusqlite::Result<()> {
    let mut find = db.prepare_cached(
        "SELECT r.row FROM record r JOIN org o ON o.row = r.org WHERE r.id = ?1 AND o.id = ?2",
    )?;
    let mut unlink = db.prepare_cached("DELETE FROM number WHERE record = ?1")?;
    let mut remove = db.prepare_cached("DELETE FROM record WHERE row = ?1")?;
    for id in ids {
        let row: Option<i64> =
            find.query_row((id.as_str(), org.as_str()), |row| row.get(0)).optional()?;
        if let Some(row) = row {
            unlink.execute([row])?;
            remove.execute([row])?;
        }
    }
    Ok(())
}

/// Removes everything.
pub(crate) fn clear(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch("DELETE FROM number; DELETE FROM record; DELETE FROM org;")
}

/// Counts the records of an org.
pub(crate) fn cached(db: &Connection, org: &OrgId) -> rusqlite::Result<u64> {
    let count: i64 = db
        .prepare_cached(
            "SELECT count(*) FROM record r JOIN org o ON o.row = r.org WHERE o.id = ?1",
        )?
        .query_row([org.as_str()], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let damaged = |column: usize| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            "the content is not one that this version writes".into(),
        )
    };
    let optional = |column: usize| -> rusqlite::Result<Option<String>> {
        let text: String = row.get(column)?;
        Ok((!text.is_empty()).then_some(text))
    };
    let id = |column: usize| -> rusqlite::Result<Option<RecordId>> {
        Ok(RecordId::parse(row.get_ref(column)?.as_str()?))
    };
    let last_activity: i64 = row.get(8)?;
    let mut phones: Vec<(String, String)> =
        serde_json::from_str(row.get_ref(9)?.as_str()?).map_err(|_| damaged(9))?;
    let holder: String = row.get(10)?;
    phones.sort_by_key(|(field, _)| *field != holder);
    Ok(Record {
        id: id(0)?.ok_or_else(|| damaged(0))?,
        object: Object::from_api_name(row.get_ref(1)?.as_str()?).ok_or_else(|| damaged(1))?,
        person_contact: id(2)?,
        name: row.get(3)?,
        account: match id(4)? {
            Some(account) => Some((account, row.get(5)?)),
            None => None,
        },
        company: optional(6)?,
        owner: id(7)?,
        last_activity: (last_activity != 0).then(|| Timestamp::from_millis(last_activity)),
        phones,
    })
}

fn phones_text(phones: &[(String, String)]) -> String {
    phones
        .iter()
        .map(|(field, text)| serde_json::Value::from_iter([field.as_str(), text.as_str()]))
        .collect::<serde_json::Value>()
        .to_string()
}

/// Spells a number as an integer: a 1 before its digits, of which there are at most 15.
fn as_integer(number: &PhoneNumber) -> i64 {
    number.digits().bytes().fold(1, |sum, digit| sum * 10 + i64::from(digit - b'0'))
}
