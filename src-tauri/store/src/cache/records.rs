//! Records and their numbers in `cache.db`.

use std::collections::HashMap;

use domain::{Object, PhoneNumber, Record, RecordId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::model::Owner;

/// A record, and the numbers in it: each with the field that holds it.
pub(crate) type Entry = (Record, Vec<(PhoneNumber, String)>);

/// A phone as it is kept: its field's row, its text, the number that is found by it (0: none). A further number of the
/// same field follows it without the text.
type Phone = (i64, String, i64);

const COLUMNS: &str =
    "r.id, r.object, r.person_contact, r.name, r.first_name, r.last_name, r.email, r.account,
     r.account_name, r.company, r.owner, r.last_activity, r.phones";

const FIND: &str = "
    SELECT r.id, r.object, r.person_contact, r.name, r.first_name, r.last_name, r.email, r.account, r.account_name,
           r.company, r.owner, r.last_activity, r.phones
    FROM number n JOIN record r ON r.row = n.record
    WHERE n.scope = (SELECT row FROM scope WHERE org = ?1 AND user = ?2) AND n.number = ?3";

const FIELD: &str = "SELECT name FROM field WHERE row = ?1";

/// Compiles the look-up ahead of the first call.
pub(crate) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    db.prepare_cached(FIELD)?;
    db.prepare_cached(FIND).map(drop)
}

/// Returns the records that have this number, each with the field that holds it first among its phones.
pub(crate) fn find(
    db: &Connection,
    owner: &Owner,
    number: &PhoneNumber,
) -> rusqlite::Result<Vec<Record>> {
    let number = as_integer(number);
    let mut find = db.prepare_cached(FIND)?;
    let mut rows = find.query((owner.org.as_str(), owner.user.as_str(), number))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (mut record, numbers) = record(db, row)?;
        if let Some(&(holder, _)) = numbers.iter().find(|(_, own)| *own == number) {
            record.phones[..=holder].rotate_right(1);
        }
        found.push(record);
    }
    Ok(found)
}

/// Returns records of these objects with their numbers, in the order of their ids from behind `after`.
pub(crate) fn list(
    db: &Connection,
    owner: &Owner,
    objects: &[Object],
    after: Option<&RecordId>,
    most: usize,
) -> rusqlite::Result<Vec<Entry>> {
    let wanted: Vec<String> = objects.iter().map(|&object| code(object).to_string()).collect();
    let mut list = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM record r
         WHERE r.scope = (SELECT row FROM scope WHERE org = ?1 AND user = ?2) AND r.id > ?3
           AND r.object IN ({})
         ORDER BY r.id LIMIT ?4",
        wanted.join(", ")
    ))?;
    let after = after.map_or("", |id| short(id));
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut rows = list.query((owner.org.as_str(), owner.user.as_str(), after, most))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (record, numbers) = record(db, row)?;
        let numbers = numbers
            .into_iter()
            .filter_map(|(phone, number)| {
                Some((from_integer(number)?, record.phones.get(phone)?.0.clone()))
            })
            .collect();
        found.push((record, numbers));
    }
    Ok(found)
}

/// Returns records by parts of their names, each of which a record must have, the newest activity first.
pub(crate) fn named(
    db: &Connection,
    owner: &Owner,
    words: &[String],
    most: usize,
) -> rusqlite::Result<Vec<Record>> {
    const NAMES: &str = "(r.name || ' ' || r.first_name || ' ' || r.last_name || ' ' || r.account_name || ' ' || r.company)";
    let conditions: String =
        (0..words.len()).map(|n| format!(" AND {NAMES} LIKE ?{} ESCAPE '\\'", n + 4)).collect();
    let mut find = db.prepare(&format!(
        "SELECT {COLUMNS} FROM record r
         WHERE r.scope = (SELECT row FROM scope WHERE org = ?1 AND user = ?2){conditions}
         ORDER BY r.last_activity DESC, r.id LIMIT ?3"
    ))?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let patterns: Vec<String> = words.iter().map(|word| format!("%{}%", escaped(word))).collect();
    let mut values: Vec<&dyn rusqlite::ToSql> = Vec::new();
    let (org, user) = (owner.org.as_str(), owner.user.as_str());
    values.extend([&org as &dyn rusqlite::ToSql, &user, &most]);
    values.extend(patterns.iter().map(|pattern| pattern as &dyn rusqlite::ToSql));
    let mut rows = find.query(values.as_slice())?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(record(db, row)?.0);
    }
    Ok(found)
}

/// Returns a record.
pub(crate) fn by_id(
    db: &Connection,
    owner: &Owner,
    id: &RecordId,
) -> rusqlite::Result<Option<Record>> {
    let mut find = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM record r
         WHERE r.scope = (SELECT row FROM scope WHERE org = ?1 AND user = ?2) AND r.id = ?3"
    ))?;
    let mut rows = find.query((owner.org.as_str(), owner.user.as_str(), short(id)))?;
    rows.next()?.map(|row| record(db, row).map(|(record, _)| record)).transpose()
}

/// Takes the meaning from the signs that LIKE knows.
fn escaped(word: &str) -> String {
    word.chars().fold(String::new(), |mut text, c| {
        if matches!(c, '%' | '_' | '\\') {
            text.push('\\');
        }
        text.push(c);
        text
    })
}

/// Writes records, each in place of what was known of it, as met by the newest pass.
pub(crate) fn put(db: &Connection, scope: i64, entries: &[Entry]) -> rusqlite::Result<()> {
    let mut write = db.prepare_cached(
        "INSERT INTO record (scope, id, generation, object, person_contact, name, first_name, last_name, email,
            account, account_name, company, owner, last_activity, phones, unread)
         VALUES (?1, ?2, (SELECT generation FROM scope WHERE row = ?1), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
            ?13, ?14, ?15)
         ON CONFLICT (scope, id) DO UPDATE SET generation = excluded.generation, object = excluded.object,
            person_contact = excluded.person_contact, name = excluded.name, first_name = excluded.first_name,
            last_name = excluded.last_name, email = excluded.email, account = excluded.account,
            account_name = excluded.account_name, company = excluded.company, owner = excluded.owner,
            last_activity = excluded.last_activity, phones = excluded.phones, unread = excluded.unread
         RETURNING row",
    )?;
    let mut link = db.prepare_cached(
        "INSERT INTO number (scope, number, record) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    let mut fields = HashMap::new();
    for (record, numbers) in entries {
        unlink(db, scope, &record.id)?;
        let (account, account_name) =
            record.account.as_ref().map_or(("", ""), |(id, name)| (short(id), name.as_str()));
        let first_name = record.first_name.as_deref().unwrap_or_default();
        let last_name = record.last_name.as_deref().unwrap_or_default();
        let phones = phones_of(db, record, numbers, &mut fields)?;
        let follows = record.name == full_name(first_name, last_name);
        let row: i64 = write.query_row(
            rusqlite::params![
                scope,
                short(&record.id),
                code(record.object),
                record.person_contact.as_ref().map_or("", short),
                if follows { "" } else { record.name.as_str() },
                first_name,
                last_name,
                record.email.as_deref().unwrap_or_default(),
                account,
                account_name,
                record.company.as_deref().unwrap_or_default(),
                record.owner.as_ref().map_or("", short),
                record.last_activity.map_or(0, Timestamp::as_millis),
                serde_json::json!(phones).to_string(),
                phones.iter().any(|(_, text, number)| *number == 0 && !text.trim().is_empty()),
            ],
            |row| row.get(0),
        )?;
        for (_, _, number) in phones.into_iter().filter(|(_, _, number)| *number != 0) {
            link.execute((scope, number, row))?;
        }
    }
    Ok(())
}

/// Removes records.
pub(crate) fn forget(db: &Connection, scope: i64, ids: &[RecordId]) -> rusqlite::Result<()> {
    let mut remove = db.prepare_cached("DELETE FROM record WHERE scope = ?1 AND id = ?2")?;
    for id in ids {
        unlink(db, scope, id)?;
        remove.execute((scope, short(id)))?;
    }
    Ok(())
}

/// Removes the records that the newest pass has not met. Returns how many.
pub(crate) fn sweep(db: &Connection, scope: i64) -> rusqlite::Result<u64> {
    const UNMET: &str = "scope = ?1 AND generation < (SELECT generation FROM scope WHERE row = ?1)";
    let mut removed = 0;
    loop {
        let ids: Vec<RecordId> = db
            .prepare_cached(&format!("SELECT id FROM record WHERE {UNMET} LIMIT 2000"))?
            .query_map([scope], |row| Ok(RecordId::parse(row.get_ref(0)?.as_str()?)))?
            .filter_map(Result::transpose)
            .collect::<rusqlite::Result<_>>()?;
        if ids.is_empty() {
            return Ok(removed);
        }
        forget(db, scope, &ids)?;
        removed += u64::try_from(ids.len()).unwrap_or(0);
    }
}

/// Counts the records that the newest pass has met, and those that it has not.
pub(crate) fn met(db: &Connection, scope: i64) -> rusqlite::Result<(u64, u64)> {
    db.prepare_cached(
        "SELECT count(*) FILTER (WHERE r.generation = s.generation),
                count(*) FILTER (WHERE r.generation < s.generation)
         FROM record r JOIN scope s ON s.row = r.scope WHERE r.scope = ?1",
    )?
    .query_row([scope], |row| Ok((unsigned(row.get(0)?), unsigned(row.get(1)?))))
}

/// Removes everything.
pub(crate) fn clear(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "DELETE FROM number; DELETE FROM record; DELETE FROM progress; DELETE FROM scope; DELETE FROM field;
         DELETE FROM trace; DELETE FROM phonebook;",
    )
}

/// Counts the records that a user sees.
pub(crate) fn cached(db: &Connection, owner: &Owner) -> rusqlite::Result<u64> {
    let count: i64 = db
        .prepare_cached(
            "SELECT count(*) FROM record
             WHERE scope = (SELECT row FROM scope WHERE org = ?1 AND user = ?2)",
        )?
        .query_row((owner.org.as_str(), owner.user.as_str()), |row| row.get(0))?;
    Ok(unsigned(count))
}

/// Counts the records that hold a text in a phone field that is no number.
pub(crate) fn unread_count(db: &Connection, owner: &Owner) -> rusqlite::Result<u64> {
    let count: i64 = db
        .prepare_cached(
            "SELECT count(*) FROM record WHERE unread = 1
               AND scope = (SELECT row FROM scope WHERE org = ?1 AND user = ?2)",
        )?
        .query_row((owner.org.as_str(), owner.user.as_str()), |row| row.get(0))?;
    Ok(unsigned(count))
}

/// Returns such records in the order of their ids, each with those of its phone fields alone that are no numbers.
pub(crate) fn unread(db: &Connection, owner: &Owner, most: usize) -> rusqlite::Result<Vec<Record>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut find = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM record r
         WHERE r.unread = 1 AND r.scope = (SELECT row FROM scope WHERE org = ?1 AND user = ?2)
         ORDER BY r.id LIMIT ?3"
    ))?;
    let mut rows = find.query((owner.org.as_str(), owner.user.as_str(), most))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (mut record, numbers) = record(db, row)?;
        let is_number =
            |at: usize| numbers.iter().any(|(phone, number)| *phone == at && *number != 0);
        let phones = std::mem::take(&mut record.phones).into_iter().enumerate();
        record.phones = phones
            .filter(|(at, (_, text))| !is_number(*at) && !text.trim().is_empty())
            .map(|(_, phone)| phone)
            .collect();
        found.push(record);
    }
    Ok(found)
}

/// Takes a record's numbers out of the look-up.
fn unlink(db: &Connection, scope: i64, id: &RecordId) -> rusqlite::Result<()> {
    let known: Option<(i64, String)> = db
        .prepare_cached("SELECT row, phones FROM record WHERE scope = ?1 AND id = ?2")?
        .query_row((scope, short(id)), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((row, phones)) = known else { return Ok(()) };
    let mut unlink =
        db.prepare_cached("DELETE FROM number WHERE scope = ?1 AND number = ?2 AND record = ?3")?;
    for (_, _, number) in read_phones(&phones)? {
        if number != 0 {
            unlink.execute((scope, number, row))?;
        }
    }
    Ok(())
}

/// Reads a row of [`COLUMNS`], and the numbers that it is found by, each with the place of its phone.
fn record(db: &Connection, row: &Row<'_>) -> rusqlite::Result<(Record, Vec<(usize, i64)>)> {
    let optional = |column: usize| -> rusqlite::Result<Option<String>> {
        let text: String = row.get(column)?;
        Ok((!text.is_empty()).then_some(text))
    };
    let id = |column: usize| -> rusqlite::Result<Option<RecordId>> {
        Ok(RecordId::parse(row.get_ref(column)?.as_str()?))
    };
    let last_activity: i64 = row.get(11)?;
    let mut field = db.prepare_cached(FIELD)?;
    let mut phones = Vec::new();
    let mut numbers = Vec::new();
    let mut last = None;
    for (of, text, number) in read_phones(row.get_ref(12)?.as_str()?)? {
        if !text.is_empty() || last != Some(of) {
            phones.push((field.query_row([of], |row| row.get(0))?, text));
            last = Some(of);
        }
        numbers.push((phones.len() - 1, number));
    }
    let (name, first_name, last_name) = (optional(3)?, optional(4)?, optional(5)?);
    let follows = || {
        full_name(
            first_name.as_deref().unwrap_or_default(),
            last_name.as_deref().unwrap_or_default(),
        )
    };
    let record = Record {
        id: id(0)?.ok_or_else(|| damaged(0))?,
        object: object(row.get(1)?).ok_or_else(|| damaged(1))?,
        person_contact: id(2)?,
        name: name.unwrap_or_else(follows),
        first_name,
        last_name,
        email: optional(6)?,
        account: match id(7)? {
            Some(account) => Some((account, row.get(8)?)),
            None => None,
        },
        company: optional(9)?,
        owner: id(10)?,
        last_activity: (last_activity != 0).then(|| Timestamp::from_millis(last_activity)),
        phones,
    };
    Ok((record, numbers))
}

fn full_name(first: &str, last: &str) -> String {
    match (first, last) {
        ("", last) => last.to_owned(),
        (first, "") => first.to_owned(),
        (first, last) => format!("{first} {last}"),
    }
}

/// Spells a record's phones, each with the numbers that it is found by. Numbers of other fields are left out.
fn phones_of(
    db: &Connection,
    record: &Record,
    numbers: &[(PhoneNumber, String)],
    fields: &mut HashMap<String, i64>,
) -> rusqlite::Result<Vec<Phone>> {
    let mut phones = Vec::with_capacity(record.phones.len());
    for (field, text) in &record.phones {
        let row = field_row(db, field, fields)?;
        let mut found = numbers.iter().filter(|(_, of)| of == field).map(|(number, _)| number);
        phones.push((row, text.clone(), found.next().map_or(0, as_integer)));
        phones.extend(found.map(|number| (row, String::new(), as_integer(number))));
    }
    Ok(phones)
}

fn field_row(
    db: &Connection,
    name: &str,
    known: &mut HashMap<String, i64>,
) -> rusqlite::Result<i64> {
    if let Some(row) = known.get(name) {
        return Ok(*row);
    }
    db.prepare_cached("INSERT INTO field (name) VALUES (?1) ON CONFLICT (name) DO NOTHING")?
        .execute([name])?;
    let row = db
        .prepare_cached("SELECT row FROM field WHERE name = ?1")?
        .query_row([name], |row| row.get(0))?;
    known.insert(name.to_owned(), row);
    Ok(row)
}

fn read_phones(text: &str) -> rusqlite::Result<Vec<Phone>> {
    serde_json::from_str(text).map_err(|_| damaged(12))
}

fn damaged(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(
        column,
        rusqlite::types::Type::Text,
        "the content is not one that this version writes".into(),
    )
}

/// Returns the fifteen characters of an id that carry its meaning.
pub(super) fn short(id: &RecordId) -> &str {
    &id.as_str()[..15]
}

pub(super) fn code(object: Object) -> i64 {
    match object {
        Object::Contact => 0,
        Object::Lead => 1,
        Object::Account => 2,
    }
}

pub(super) fn object(code: i64) -> Option<Object> {
    Object::ALL.into_iter().find(|&object| self::code(object) == code)
}

pub(super) fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// Spells a number as an integer: a 1 before its digits, of which there are at most 15.
fn as_integer(number: &PhoneNumber) -> i64 {
    number.digits().bytes().fold(1, |sum, digit| sum * 10 + i64::from(digit - b'0'))
}

fn from_integer(number: i64) -> Option<PhoneNumber> {
    let digits = number.to_string();
    PhoneNumber::from_e164(&format!("+{}", digits.strip_prefix('1')?))
}
