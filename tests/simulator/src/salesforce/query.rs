//! Carrying out SOQL: who sees which rows, and what a row looks like.

use std::cmp::Ordering;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Map, Value, json};

use super::{
    ids,
    org::{Locator, Org, Record, read_datetime},
    refusal::Refusal,
    schema::{Field, Kind},
    soql::{Clauses, Columns, Condition, Literal, Operator, Path, Statement, parse},
};

const DAY_MS: i64 = 86_400_000;

/// Who asks, at what time, by which API version.
#[derive(Clone, Debug)]
pub(super) struct Viewer {
    pub(super) user_id: String,
    pub(super) username: String,
    pub(super) now_ms: i64,
    pub(super) version: String,
}

impl Org {
    /// `query` and, with deleted rows, `queryAll`.
    pub(super) fn query(
        &mut self,
        text: &str,
        viewer: &Viewer,
        batch: usize,
        deleted_too: bool,
    ) -> Result<Value, Refusal> {
        let Statement { columns, object, clauses } = parse(text)?;
        let object = self.queryable(&object)?;
        self.check_clauses(object, &clauses, viewer)?;
        match &columns {
            Columns::Count => {}
            Columns::CountOf(path) => {
                self.field_at(object, path, viewer)?;
            }
            Columns::Fields(paths) => {
                for path in paths {
                    self.field_at(object, path, viewer)?;
                }
            }
        }
        let found: Vec<Record> = self
            .rows(object)
            .into_iter()
            .filter(|record| deleted_too || !record.deleted)
            .filter(|record| self.is_visible(object, record, &viewer.user_id))
            .collect();
        let found = self.narrow(found, &clauses, viewer);
        let fields = match columns {
            Columns::Count => {
                return Ok(json!({ "totalSize": found.len(), "done": true, "records": [] }));
            }
            Columns::CountOf(path) => {
                let count = found
                    .iter()
                    .filter(|record| !self.value_at(&record.fields, &path).is_null())
                    .count();
                let row = json!({ "attributes": { "type": "AggregateResult" }, "expr0": count });
                return Ok(json!({ "totalSize": 1, "done": true, "records": [row] }));
            }
            Columns::Fields(fields) => fields,
        };
        let rows: Vec<Value> =
            found.iter().map(|record| self.row(object, &record.fields, &fields, viewer)).collect();
        let total = rows.len();
        Ok(self.page(rows, total, batch, viewer))
    }

    /// The next page of a query.
    pub(super) fn query_more(&mut self, locator: &str, viewer: &Viewer) -> Result<Value, Refusal> {
        let gone = || Refusal::bad("INVALID_QUERY_LOCATOR", "invalid query locator");
        if self.switches.locators_expire {
            self.locators.clear();
        }
        let (key, from) = locator.rsplit_once('-').ok_or_else(gone)?;
        let from: usize = from.parse().map_err(|_| gone())?;
        let found =
            self.locators.get(key).filter(|found| found.username == viewer.username).cloned();
        let found = found.ok_or_else(gone)?;
        let total = found.rows.len();
        let mut answer = json!({ "totalSize": total, "done": from + found.batch >= total });
        answer["records"] = found.rows.iter().skip(from).take(found.batch).cloned().collect();
        if from + found.batch < total {
            answer["nextRecordsUrl"] =
                format!("/services/data/{}/query/{key}-{}", viewer.version, from + found.batch)
                    .into();
        }
        Ok(answer)
    }

    fn page(&mut self, rows: Vec<Value>, total: usize, asked: usize, viewer: &Viewer) -> Value {
        let batch = self.switches.short_pages.map_or(asked, |short| short.min(asked)).max(1);
        let first: Vec<Value> = rows.iter().take(batch).cloned().collect();
        let mut answer = json!({ "totalSize": total, "done": total <= batch, "records": first });
        if total > batch {
            let key = ids::make("01g", self.next_id);
            self.next_id += 1;
            answer["nextRecordsUrl"] =
                format!("/services/data/{}/query/{key}-{batch}", viewer.version).into();
            self.locators.insert(key, Locator { rows, batch, username: viewer.username.clone() });
        }
        answer
    }

    /// The object, if it can be asked for.
    pub(super) fn queryable(&self, name: &str) -> Result<&'static str, Refusal> {
        self.object_name(name).ok_or_else(|| {
            Refusal::bad("INVALID_TYPE", format!("sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name."))
        })
    }

    /// Applies WHERE, ORDER BY, OFFSET and LIMIT.
    pub(super) fn narrow(
        &self,
        mut rows: Vec<Record>,
        clauses: &Clauses,
        viewer: &Viewer,
    ) -> Vec<Record> {
        if let Some(condition) = &clauses.condition {
            rows.retain(|record| self.meets(&record.fields, condition, viewer));
        }
        rows.sort_by(|a, b| {
            for order in &clauses.order {
                let (x, y) =
                    (self.value_at(&a.fields, &order.path), self.value_at(&b.fields, &order.path));
                let nulls = if order.nulls_last { Ordering::Greater } else { Ordering::Less };
                let by = match (x.is_null(), y.is_null()) {
                    (true, true) => Ordering::Equal,
                    (true, false) => nulls,
                    (false, true) => nulls.reverse(),
                    (false, false) if order.descending => compare(&y, &x),
                    (false, false) => compare(&x, &y),
                };
                if by != Ordering::Equal {
                    return by;
                }
            }
            Ordering::Equal
        });
        rows.into_iter().skip(clauses.offset).take(clauses.limit.unwrap_or(usize::MAX)).collect()
    }

    /// Refuses fields that are not there and values of the wrong type.
    pub(super) fn check_clauses(
        &self,
        object: &'static str,
        clauses: &Clauses,
        viewer: &Viewer,
    ) -> Result<(), Refusal> {
        for order in &clauses.order {
            self.field_at(object, &order.path, viewer)?;
        }
        clauses
            .condition
            .as_ref()
            .map_or(Ok(()), |condition| self.check_condition(object, condition, viewer))
    }

    fn check_condition(
        &self,
        object: &'static str,
        condition: &Condition,
        viewer: &Viewer,
    ) -> Result<(), Refusal> {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().try_for_each(|part| self.check_condition(object, part, viewer))
            }
            Condition::Not(inner) => self.check_condition(object, inner, viewer),
            Condition::Compare(path, operator, literal) => {
                let field = self.field_at(object, path, viewer)?;
                check_literal(field, *operator, literal)
            }
            Condition::In { path, values, .. } => {
                let field = self.field_at(object, path, viewer)?;
                values.iter().try_for_each(|value| check_literal(field, Operator::Equal, value))
            }
        }
    }

    /// The field at the end of a path, if this user can see all of the way.
    pub(super) fn field_at(
        &self,
        object: &'static str,
        path: &Path,
        viewer: &Viewer,
    ) -> Result<&Field, Refusal> {
        let username = &viewer.username;
        let (last, way) = path.split_last().expect("a parsed path has a part");
        let mut candidates = vec![object];
        for step in way {
            // `Contact.Name` inside a query on Contact is the object itself.
            if candidates.len() == 1 && candidates[0].eq_ignore_ascii_case(step) {
                continue;
            }
            let targets: Vec<&'static str> = candidates
                .iter()
                .filter_map(|of| self.schema[of].relation(step, &self.switches, username))
                .flat_map(|field| match &field.kind {
                    Kind::Reference(targets, _) => targets.to_vec(),
                    _ => Vec::new(),
                })
                .collect();
            if targets.is_empty() {
                return Err(Refusal::bad(
                    "INVALID_FIELD",
                    format!(
                        "Didn't understand relationship '{step}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name."
                    ),
                ));
            }
            candidates = targets;
        }
        candidates.iter().find_map(|of| self.schema[of].field(last, &self.switches, username)).ok_or_else(|| {
            let entity = candidates.first().copied().unwrap_or(object);
            Refusal::bad("INVALID_FIELD", format!("\nERROR at Row:1:Column:1\nNo such column '{last}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names."))
        })
    }

    /// The value at the end of a path, from a record's fields.
    pub(super) fn value_at(&self, fields: &Map<String, Value>, path: &Path) -> Value {
        let Some((last, way)) = path.split_last() else { return Value::Null };
        let mut current = fields.clone();
        for step in way {
            let Some((object, _)) =
                current.get("Id").and_then(Value::as_str).and_then(|id| self.by_id(id))
            else {
                return Value::Null;
            };
            if object.eq_ignore_ascii_case(step) {
                continue;
            }
            match self.related(object, &current, step) {
                Some(record) => current.clone_from(&record.fields),
                None => return Value::Null,
            }
        }
        current
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(last))
            .map_or(Value::Null, |(_, value)| value.clone())
    }

    fn related(
        &self,
        object: &str,
        fields: &Map<String, Value>,
        relation: &str,
    ) -> Option<&Record> {
        let field = self.schema[object].fields.iter().find(|field| {
            matches!(&field.kind, Kind::Reference(_, name) if name.eq_ignore_ascii_case(relation))
        })?;
        let (_, record) = self.by_id(fields.get(&field.name)?.as_str()?)?;
        Some(record)
    }

    /// A row with the columns that were asked for.
    pub(super) fn row(
        &self,
        object: &'static str,
        fields: &Map<String, Value>,
        columns: &[Path],
        viewer: &Viewer,
    ) -> Value {
        let id = fields.get("Id").and_then(Value::as_str).unwrap_or_default();
        let mut row = Map::new();
        row.insert("attributes".to_owned(), json!({ "type": object, "url": format!("/services/data/{}/sobjects/{object}/{id}", viewer.version) }));
        let mut nested: Vec<(&str, Vec<Path>)> = Vec::new();
        for path in columns {
            match path.as_slice() {
                [own] | [_, own] if path.len() == 1 || object.eq_ignore_ascii_case(&path[0]) => {
                    if let Some(field) =
                        self.schema[object].field(own, &self.switches, &viewer.username)
                    {
                        row.insert(
                            field.name.clone(),
                            fields.get(&field.name).cloned().unwrap_or(Value::Null),
                        );
                    }
                }
                [relation, rest @ ..] => {
                    match nested.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(relation)) {
                        Some((_, paths)) => paths.push(rest.to_vec()),
                        None => nested.push((relation, vec![rest.to_vec()])),
                    }
                }
                [] => {}
            }
        }
        for (relation, paths) in nested {
            let name = match self.schema[object]
                .relation(relation, &self.switches, &viewer.username)
                .map(|field| &field.kind)
            {
                Some(Kind::Reference(_, name)) => *name,
                _ => relation,
            };
            let inner = self.related(object, fields, relation).and_then(|record| {
                let (of, _) = self.by_id(&record.id)?;
                Some(self.row(of, &record.fields, &paths, viewer))
            });
            row.insert(name.to_owned(), inner.unwrap_or(Value::Null));
        }
        Value::Object(row)
    }

    fn meets(&self, fields: &Map<String, Value>, condition: &Condition, viewer: &Viewer) -> bool {
        match condition {
            Condition::All(parts) => parts.iter().all(|part| self.meets(fields, part, viewer)),
            Condition::Any(parts) => parts.iter().any(|part| self.meets(fields, part, viewer)),
            Condition::Not(inner) => !self.meets(fields, inner, viewer),
            Condition::Compare(path, operator, literal) => {
                holds(&self.value_at(fields, path), *operator, literal, viewer.now_ms)
            }
            Condition::In { path, values, negated } => {
                let value = self.value_at(fields, path);
                values.iter().any(|literal| holds(&value, Operator::Equal, literal, viewer.now_ms))
                    != *negated
            }
        }
    }
}

fn check_literal(field: &Field, operator: Operator, literal: &Literal) -> Result<(), Refusal> {
    let name = &field.name;
    let typed = |kind: &str, quoted: bool| {
        let quotes = if quoted { "should not be" } else { "should be" };
        Refusal::bad(
            "INVALID_FIELD",
            format!(
                "value of filter criterion for field '{name}' must be of type {kind} and {quotes} enclosed in quotes"
            ),
        )
    };
    if !field.filterable() {
        return Err(Refusal::bad(
            "INVALID_FIELD",
            format!("field '{name}' can not be filtered in a query call"),
        ));
    }
    match (&field.kind, literal) {
        (_, Literal::Null) => Ok(()),
        (Kind::Id | Kind::Reference(..), Literal::Text { text, .. }) => {
            if operator == Operator::Like {
                return Err(Refusal::bad(
                    "INVALID_FIELD",
                    format!("operator LIKE is not valid for ID field '{name}'"),
                ));
            }
            let sound = ids::to_18(text).is_some();
            if sound {
                Ok(())
            } else {
                Err(Refusal::bad(
                    "INVALID_QUERY_FILTER_OPERATOR",
                    format!("invalid ID field: {text}"),
                ))
            }
        }
        (Kind::Bool, Literal::Bool(_)) | (Kind::Int, Literal::Number(_)) => Ok(()),
        (Kind::Bool, _) => Err(typed("boolean", true)),
        (Kind::Int, _) => Err(typed("int", true)),
        (Kind::Date | Kind::DateTime, Literal::Moment(word)) => {
            let is_day = word.parse::<Date>().is_ok();
            let known = moment(word, 0).is_some();
            match (&field.kind, is_day, known, word.contains('T') && read_datetime(word).is_some())
            {
                (_, _, false, _) => Err(typed("date", true)),
                (Kind::DateTime, true, _, false) => Err(typed("dateTime", true)),
                (Kind::Date, _, _, true) => Err(typed("date", true)),
                _ => Ok(()),
            }
        }
        (Kind::DateTime, _) => Err(typed("dateTime", true)),
        (Kind::Date, _) => Err(typed("date", true)),
        (_, Literal::Text { .. }) => Ok(()),
        (_, _) => Err(typed("string", false)),
    }
}

fn holds(value: &Value, operator: Operator, literal: &Literal, now_ms: i64) -> bool {
    let by_order = |order: Option<Ordering>| match operator {
        Operator::Equal => order == Some(Ordering::Equal),
        Operator::NotEqual => order != Some(Ordering::Equal),
        Operator::Less => order == Some(Ordering::Less),
        Operator::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Operator::Greater => order == Some(Ordering::Greater),
        Operator::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Operator::Like => false,
    };
    match literal {
        Literal::Null => value.is_null() == (operator == Operator::Equal),
        _ if value.is_null() => operator == Operator::NotEqual,
        Literal::Bool(wanted) => by_order(value.as_bool().map(|own| own.cmp(wanted))),
        Literal::Number(wanted) => by_order(value.as_f64().and_then(|own| own.partial_cmp(wanted))),
        Literal::Text { pattern, .. } if operator == Operator::Like => {
            value.as_str().is_some_and(|own| like(&own.to_lowercase(), &pattern.to_lowercase()))
        }
        Literal::Text { text, .. } => by_order(value.as_str().map(|own| {
            // A 15-character id means the same as its 18 characters.
            let same_id =
                own.len() == 18 && text.len() == 15 && ids::to_18(text).as_deref() == Some(own);
            if same_id { Ordering::Equal } else { own.to_lowercase().cmp(&text.to_lowercase()) }
        })),
        Literal::Moment(word) => {
            let own = value.as_str().and_then(|text| {
                read_datetime(text).or_else(|| moment(text, now_ms).map(|(from, _)| from))
            });
            let (Some(own), Some((from, to))) = (own, moment(word, now_ms)) else { return false };
            match operator {
                Operator::Equal => own >= from && own < to,
                Operator::NotEqual => own < from || own >= to,
                Operator::Less => own < from,
                Operator::LessOrEqual => own < to,
                Operator::Greater => own >= to,
                Operator::GreaterOrEqual => own >= from,
                Operator::Like => false,
            }
        }
    }
}

fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::String(a), Value::String(b)) => {
            a.to_lowercase().cmp(&b.to_lowercase()).then_with(|| a.cmp(b))
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
    }
}

/// SQL's LIKE with backslash as escape.
fn like(text: &str, pattern: &str) -> bool {
    fn matches(text: &[char], pattern: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['%', rest @ ..] => (0..=text.len()).any(|skipped| matches(&text[skipped..], rest)),
            ['\\', escaped, rest @ ..] => {
                text.first() == Some(escaped) && matches(&text[1..], rest)
            }
            ['_', rest @ ..] => !text.is_empty() && matches(&text[1..], rest),
            [plain, rest @ ..] => text.first() == Some(plain) && matches(&text[1..], rest),
        }
    }
    matches(&text.chars().collect::<Vec<_>>(), &pattern.chars().collect::<Vec<_>>())
}

/// From when to when a date, date-time or date word lasts, in milliseconds; days are UTC's.
fn moment(word: &str, now_ms: i64) -> Option<(i64, i64)> {
    if let Ok(day) = word.parse::<Date>() {
        let from = start_of(day)?;
        return Some((from, from + DAY_MS));
    }
    if let Some(ms) = read_datetime(word) {
        return Some((ms, ms + 1));
    }
    let today_date = Timestamp::from_millisecond(now_ms).ok()?.to_zoned(TimeZone::UTC).date();
    let today = start_of(today_date)?;
    let upper = word.to_ascii_uppercase();
    if let Some((name, n)) = upper.split_once(':') {
        let n: i64 = n.parse().ok()?;
        return match name {
            "LAST_N_DAYS" => Some((today - n * DAY_MS, today + DAY_MS)),
            "NEXT_N_DAYS" => Some((today + DAY_MS, today + (n + 1) * DAY_MS)),
            _ => None,
        };
    }
    match upper.as_str() {
        "TODAY" => Some((today, today + DAY_MS)),
        "YESTERDAY" => Some((today - DAY_MS, today)),
        "TOMORROW" => Some((today + DAY_MS, today + 2 * DAY_MS)),
        "LAST_90_DAYS" => Some((today - 90 * DAY_MS, today + DAY_MS)),
        "THIS_MONTH" => {
            let next = today_date.last_of_month().tomorrow().ok()?;
            Some((start_of(today_date.first_of_month())?, start_of(next)?))
        }
        "THIS_YEAR" => {
            let next = today_date.last_of_year().tomorrow().ok()?;
            Some((start_of(today_date.first_of_year())?, start_of(next)?))
        }
        _ => None,
    }
}

fn start_of(day: Date) -> Option<i64> {
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_knows_its_signs_and_their_escapes() {
        assert!(like("+49 30 1234567", "%30%1234567"));
        assert!(like("100%", r"100\%"));
        assert!(!like("100x", r"100\%"));
        assert!(like("abc", "a_c"));
        assert!(!like("abc", "a_"));
    }
}
