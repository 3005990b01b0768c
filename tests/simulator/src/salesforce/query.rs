//! Carrying out SOQL: who sees which rows, and what a row looks like.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::{
    filter::{check_literal, compare, holds},
    ids,
    org::{Locator, Org, Record},
    refusal::Refusal,
    schema::{Field, Kind},
    soql::{Clauses, Columns, Condition, Operator, Path, Statement, parse},
};

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
        let table = self.table(object);
        let found: Vec<&Record> = table
            .iter()
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
        let told = |name: &&str| *name != "EntityDefinition" || self.switches.sharing_told;
        self.object_name(name).filter(told).ok_or_else(|| {
            Refusal::bad("INVALID_TYPE", format!("sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name."))
        })
    }

    /// Applies WHERE, ORDER BY, OFFSET and LIMIT.
    pub(super) fn narrow<'a>(
        &self,
        mut rows: Vec<&'a Record>,
        clauses: &Clauses,
        viewer: &Viewer,
    ) -> Vec<&'a Record> {
        if let Some(condition) = &clauses.condition {
            rows.retain(|record| self.meets(&record.fields, condition, viewer));
        }
        let keys = |record: &Record| -> Vec<Value> {
            clauses.order.iter().map(|order| self.value_at(&record.fields, &order.path)).collect()
        };
        let mut keyed: Vec<(Vec<Value>, &'a Record)> =
            rows.into_iter().map(|record| (keys(record), record)).collect();
        keyed.sort_by(|(a, _), (b, _)| {
            for ((order, x), y) in clauses.order.iter().zip(a).zip(b) {
                let nulls = if order.nulls_last { Ordering::Greater } else { Ordering::Less };
                let by = match (x.is_null(), y.is_null()) {
                    (true, true) => Ordering::Equal,
                    (true, false) => nulls,
                    (false, true) => nulls.reverse(),
                    (false, false) if order.descending => compare(y, x),
                    (false, false) => compare(x, y),
                };
                if by != Ordering::Equal {
                    return by;
                }
            }
            Ordering::Equal
        });
        let sorted = keyed.into_iter().map(|(_, record)| record).skip(clauses.offset);
        sorted.take(clauses.limit.unwrap_or(usize::MAX)).collect()
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
        let mut current = fields;
        for step in way {
            let Some((object, _)) =
                current.get("Id").and_then(Value::as_str).and_then(|id| self.by_id(id))
            else {
                return Value::Null;
            };
            if object.eq_ignore_ascii_case(step) {
                continue;
            }
            match self.related(object, current, step) {
                Some(record) => current = &record.fields,
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
