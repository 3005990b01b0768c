//! Creating, changing and deleting records: the rules that Salesforce and an org's administrator set.

use serde_json::{Map, Value, json};

use super::{
    config::DuplicateRule,
    ids,
    org::{Org, Record, read_datetime},
    refusal::Refusal,
    schema::{Field, Kind},
};

/// Who writes, when, and what the request's headers say.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    pub(super) user_id: String,
    pub(super) now_ms: i64,
    /// `Sforce-Auto-Assign` was not `FALSE`.
    pub(super) auto_assign: bool,
    /// `Sforce-Duplicate-Rule-Header` said `allowSave=true`.
    pub(super) allow_save: bool,
}

impl Org {
    pub(super) fn create(
        &mut self,
        object: &'static str,
        body: &Map<String, Value>,
        writer: &Writer,
    ) -> Result<String, Refusal> {
        if !self.schema[object].createable || self.switches.create_denied.contains(object) {
            return Err(Refusal::new(
                403,
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
                format!("entity type {object} does not support create"),
            ));
        }
        self.meet_lock()?;
        let mut fields = self.checked(object, body, writer, true)?;
        if object == "Task" {
            self.task_defaults(&mut fields);
        }
        if object == "Lead" {
            fields.entry("Status").or_insert_with(|| "Open - Not Contacted".into());
        }
        fields.entry("OwnerId").or_insert_with(|| writer.user_id.clone().into());
        if object == "Lead"
            && writer.auto_assign
            && let Some(owner) =
                self.switches.lead_assignment.as_ref().and_then(|name| self.user_named(name))
        {
            fields.insert("OwnerId".to_owned(), owner.id.clone().into());
        }
        self.check_whole(object, &fields, true)?;
        self.check_unique(object, &fields, None)?;
        self.check_duplicates(object, &fields, writer)?;
        let indexed = writer.now_ms + crate::clock::ms(self.switches.index_lag);
        Ok(self.put(object, fields, &writer.user_id, writer.now_ms, indexed))
    }

    pub(super) fn update(
        &mut self,
        object: &'static str,
        id: &str,
        body: &Map<String, Value>,
        writer: &Writer,
    ) -> Result<(), Refusal> {
        let found = self.visible(object, id, writer)?;
        let mut whole = found.fields.clone();
        if !self.is_editable(object, found, &writer.user_id) {
            return Err(Refusal::no_access());
        }
        let other_user = object == "User"
            && found.id != writer.user_id
            && !self.is_administrator(&writer.user_id);
        if !self.schema[object].updateable
            || self.switches.update_denied.contains(object)
            || other_user
        {
            return Err(Refusal::no_access());
        }
        self.meet_lock()?;
        let changes = self.checked(object, body, writer, false)?;
        whole.extend(changes.clone());
        self.check_whole(object, &whole, false)?;
        self.check_unique(object, &changes, Some(id))?;
        let indexed = writer.now_ms + crate::clock::ms(self.switches.index_lag);
        self.change(object, id, changes, &writer.user_id, writer.now_ms, indexed);
        Ok(())
    }

    pub(super) fn delete(
        &mut self,
        object: &'static str,
        id: &str,
        writer: &Writer,
    ) -> Result<(), Refusal> {
        let found = self.visible(object, id, writer)?;
        if !self.schema[object].is_deletable(&self.switches)
            || !self.is_editable(object, found, &writer.user_id)
        {
            return Err(Refusal::no_access());
        }
        self.meet_lock()?;
        self.remove(object, id, writer.now_ms);
        Ok(())
    }

    /// The record, if this user may know of it.
    pub(super) fn visible(
        &self,
        object: &str,
        id: &str,
        writer: &Writer,
    ) -> Result<&Record, Refusal> {
        let Some(id) = ids::to_18(id) else {
            return Err(Refusal::new(
                404,
                "NOT_FOUND",
                "Provided external ID field does not exist or is not accessible: ".to_owned() + id,
            ));
        };
        match self.find(object, &id) {
            Some(record) if record.deleted => {
                Err(Refusal::new(404, "ENTITY_IS_DELETED", "entity is deleted"))
            }
            Some(record) if self.is_visible(object, record, &writer.user_id) => Ok(record),
            Some(_) | None => Err(Refusal::not_found()),
        }
    }

    fn meet_lock(&mut self) -> Result<(), Refusal> {
        if self.switches.locked_rows == 0 {
            return Ok(());
        }
        self.switches.locked_rows -= 1;
        Err(Refusal::bad(
            "UNABLE_TO_LOCK_ROW",
            "unable to obtain exclusive access to this record or 1 records",
        ))
    }

    fn checked(
        &self,
        object: &'static str,
        body: &Map<String, Value>,
        writer: &Writer,
        creating: bool,
    ) -> Result<Map<String, Value>, Refusal> {
        let username = self.username(&writer.user_id);
        let mut fields = Map::new();
        for (name, value) in body {
            if name == "attributes" {
                continue;
            }
            let known = self.schema[object].fields.iter().find(|field| {
                field.name.eq_ignore_ascii_case(name) && field.is_there(object, &self.switches, "")
            });
            let hidden = self.schema[object].fields.iter().any(|field| {
                field.name.eq_ignore_ascii_case(name)
                    && field.is_hidden(object, &self.switches, &username)
            });
            let Some(field) = known.filter(|_| !hidden) else {
                return Err(if hidden {
                    not_writable(name)
                } else {
                    Refusal::bad(
                        "INVALID_FIELD",
                        format!("No such column '{name}' on sobject of type {object}"),
                    )
                });
            };
            if (creating && !field.create)
                || (!creating && !field.is_updateable(object, &self.switches))
            {
                return Err(not_writable(&field.name));
            }
            fields.insert(field.name.clone(), self.value_for(object, field, value)?);
        }
        Ok(fields)
    }

    fn value_for(&self, object: &str, field: &Field, value: &Value) -> Result<Value, Refusal> {
        if value.is_null() {
            return Ok(Value::Null);
        }
        let wrong = |wanted: &str| {
            Refusal::bad(
                "JSON_PARSER_ERROR",
                format!(
                    "Cannot deserialize instance of {wanted} from {value} in field {}",
                    field.name
                ),
            )
        };
        let text = || value.as_str().ok_or_else(|| wrong("string"));
        let short = |length: usize| -> Result<Value, Refusal> {
            let text = text()?;
            if text.encode_utf16().count() > length {
                let shown: String = text.chars().take(255).collect();
                let message =
                    format!("{}: data value too large: {shown} (max length={length})", field.name);
                return Err(Refusal::bad("STRING_TOO_LONG", message).on(&field.name));
            }
            // Blank text is no value.
            let trimmed = text.trim();
            Ok(if trimmed.is_empty() { Value::Null } else { trimmed.into() })
        };
        let unknown_value = || {
            let message = format!(
                "{}: bad value for restricted picklist field: {}",
                field.name,
                value.as_str().unwrap_or_default()
            );
            Refusal::bad("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message).on(&field.name)
        };
        match &*field.holds(&self.switches) {
            Kind::Id => text().map(Value::from),
            Kind::Text(length) | Kind::TextArea(length) => short(*length),
            Kind::Phone => short(40),
            Kind::Email => {
                let email = short(80)?;
                let plausible = email.as_str().is_none_or(|email| email.split('@').count() == 2);
                if plausible {
                    Ok(email)
                } else {
                    Err(Refusal::bad(
                        "INVALID_EMAIL_ADDRESS",
                        format!("{}: invalid email address: {email}", field.name),
                    )
                    .on(&field.name))
                }
            }
            Kind::TaskStatus => {
                let known = self
                    .switches
                    .task_statuses
                    .iter()
                    .any(|status| value.as_str() == Some(&status.api_name));
                if known { Ok(value.clone()) } else { Err(unknown_value()) }
            }
            Kind::Picklist(values, restricted) => {
                let text = text()?;
                let known =
                    values.iter().any(|value| value == text) && field.offers(text, &self.switches);
                if *restricted && !known {
                    return Err(unknown_value());
                }
                short(255)
            }
            Kind::Int => value.as_i64().map(Value::from).ok_or_else(|| wrong("int")),
            Kind::Bool => value.as_bool().map(Value::from).ok_or_else(|| wrong("boolean")),
            Kind::Date => {
                let date =
                    text()?.get(..10).and_then(|text| text.parse::<jiff::civil::Date>().ok());
                date.map(|date| date.to_string().into()).ok_or_else(|| wrong("date"))
            }
            Kind::DateTime => {
                let ms = read_datetime(text()?).ok_or_else(|| wrong("datetime"))?;
                Ok(super::org::datetime(ms).into())
            }
            Kind::Reference(targets, _) => self.reference_for(object, field, targets, text()?),
        }
    }

    fn reference_for(
        &self,
        object: &str,
        field: &Field,
        targets: &[&str],
        id: &str,
    ) -> Result<Value, Refusal> {
        if id.is_empty() {
            return Ok(Value::Null);
        }
        let label = match (object, field.name.as_str()) {
            ("Task", "WhoId") => "Name ID",
            ("Task", "WhatId") => "Related To ID",
            (_, name) => name,
        };
        let Some(id) = ids::to_18(id) else {
            return Err(Refusal::bad(
                "MALFORMED_ID",
                format!("{label}: id value of incorrect type: {id}"),
            )
            .on(&field.name));
        };
        let right_kind = targets.iter().any(|target| id.starts_with(self.schema[target].prefix));
        if !right_kind {
            let message = format!("{label}: id value of incorrect type: {id}");
            let code = if field.name == "WhatId" || field.name == "WhoId" {
                "FIELD_INTEGRITY_EXCEPTION"
            } else {
                "MALFORMED_ID"
            };
            return Err(Refusal::bad(code, message).on(&field.name));
        }
        let Some((_, record)) = self.by_id(&id).filter(|(_, record)| !record.deleted) else {
            return Err(Refusal::bad("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
                .on(&field.name));
        };
        if field.name == "OwnerId" {
            match (record.get("IsActive").as_bool(), record.text("UserType")) {
                (Some(false), _) => {
                    return Err(Refusal::bad(
                        "INACTIVE_OWNER_OR_USER",
                        "operation performed with inactive user [".to_owned()
                            + &id
                            + "] as owner of "
                            + object,
                    ));
                }
                (_, "CsnOnly" | "CsnExternal") => {
                    return Err(Refusal::bad(
                        "OP_WITH_INVALID_USER_TYPE_EXCEPTION",
                        "Operation not valid for this user type",
                    ));
                }
                _ => {}
            }
        }
        Ok(id.into())
    }

    fn task_defaults(&self, fields: &mut Map<String, Value>) {
        let default = self.switches.task_statuses.iter().find(|status| status.is_default);
        let mut unless_set = |key: &str, value: &str| {
            if fields.get(key).is_none_or(Value::is_null) {
                fields.insert(key.to_owned(), value.into());
            }
        };
        unless_set("Status", default.map_or("Not Started", |status| &status.api_name));
        unless_set("Priority", "Normal");
        unless_set("TaskSubtype", "Task");
    }

    /// What only shows on the record as a whole.
    fn check_whole(
        &self,
        object: &str,
        fields: &Map<String, Value>,
        creating: bool,
    ) -> Result<(), Refusal> {
        let blank =
            |name: &str| fields.get(name).is_none_or(|value| value.is_null() || value == "");
        let by_org = self
            .switches
            .required_fields
            .iter()
            .filter(|(of, _)| of == object)
            .map(|(_, field)| field.as_str());
        let own = self.schema[object]
            .fields
            .iter()
            .filter(|field| field.required)
            .map(|field| field.name.as_str());
        let missing: Vec<&str> = own.chain(by_org).filter(|name| blank(name)).collect();
        if !missing.is_empty() {
            let message = format!("Required fields are missing: [{}]", missing.join(", "));
            let refusal = Refusal::bad("REQUIRED_FIELD_MISSING", message);
            return Err(missing.iter().fold(refusal, |refusal, field| refusal.on(field)));
        }
        if object == "Task" {
            let who = fields.get("WhoId").and_then(Value::as_str).unwrap_or_default();
            if who.starts_with("00Q") && !blank("WhatId") {
                let message =
                    "You cannot relate a Lead to an object that is not a Campaign: Related To ID";
                return Err(Refusal::bad("FIELD_INTEGRITY_EXCEPTION", message).on("WhatId"));
            }
            let converted =
                self.find("Lead", who).is_some_and(|lead| lead.get("IsConverted") == true);
            if creating && converted {
                return Err(Refusal::bad(
                    "CANNOT_UPDATE_CONVERTED_LEAD",
                    "cannot reference converted lead",
                )
                .on("WhoId"));
            }
        }
        for rule in self.switches.validation_rules.iter().filter(|rule| rule.object == object) {
            if rule.blank_field.as_ref().is_none_or(|field| blank(field)) {
                return Err(Refusal::bad(
                    "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                    rule.message.clone(),
                ));
            }
        }
        Ok(())
    }

    fn check_unique(
        &self,
        object: &str,
        fields: &Map<String, Value>,
        own_id: Option<&str>,
    ) -> Result<(), Refusal> {
        for field in self.schema[object].fields.iter().filter(|field| field.external_id) {
            let Some(value) = fields.get(&field.name).and_then(Value::as_str) else { continue };
            let taken = self.tables.get(object).into_iter().flatten().find(|record| {
                !record.deleted
                    && record.text(&field.name).eq_ignore_ascii_case(value)
                    && Some(record.id.as_str()) != own_id.and_then(ids::to_18).as_deref()
            });
            if let Some(other) = taken {
                let message = format!(
                    "duplicate value found: {} duplicates value on record with id: {}",
                    field.name,
                    &other.id[..15]
                );
                return Err(Refusal::bad("DUPLICATE_VALUE", message));
            }
        }
        Ok(())
    }

    fn check_duplicates(
        &self,
        object: &str,
        fields: &Map<String, Value>,
        writer: &Writer,
    ) -> Result<(), Refusal> {
        let Some(rule) = self.switches.duplicate_rules.iter().find(|rule| rule.object == object)
        else {
            return Ok(());
        };
        if rule.allow_save && writer.allow_save {
            return Ok(());
        }
        let digits = |value: &Value| -> String {
            value.as_str().unwrap_or_default().chars().filter(char::is_ascii_digit).collect()
        };
        let mine: Vec<String> = ["Phone", "MobilePhone"]
            .iter()
            .filter_map(|key| fields.get(*key))
            .map(digits)
            .filter(|number| !number.is_empty())
            .collect();
        let text = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_default();
        let name = format!("{} {}", text("FirstName"), text("LastName"));
        let matches: Vec<(&str, String)> = ["Contact", "Lead"]
            .iter()
            .flat_map(|of| {
                self.tables.get(of).into_iter().flatten().map(move |record| (*of, record))
            })
            .filter(|(_, record)| !record.deleted)
            .filter(|(_, record)| {
                let same_number = ["Phone", "MobilePhone"]
                    .iter()
                    .any(|key| mine.contains(&digits(record.get(key))));
                same_number || record.text("Name").eq_ignore_ascii_case(name.trim())
            })
            .map(|(of, record)| (of, record.id.clone()))
            .collect();
        if matches.is_empty() { Ok(()) } else { Err(duplicates(rule, &matches)) }
    }
}

fn not_writable(field: &str) -> Refusal {
    let message = format!(
        "Unable to create/update fields: {field}. Please check the security settings of this field and verify that it is read/write for your profile or permission set."
    );
    Refusal::bad("INVALID_FIELD_FOR_INSERT_UPDATE", message).on(field)
}

fn duplicates(rule: &DuplicateRule, matches: &[(&str, String)]) -> Refusal {
    let results: Vec<Value> = ["Contact", "Lead"]
        .iter()
        .filter_map(|of| {
            let records: Vec<Value> = matches
                .iter()
                .filter(|(object, _)| object == of)
                .map(|(object, id)| {
                    json!({ "additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0,
                        "record": { "attributes": { "type": object, "url": format!("/services/data/v62.0/sobjects/{object}/{id}") }, "Id": id } })
                })
                .collect();
            (!records.is_empty()).then(|| {
                json!({ "entityType": of, "errors": [], "matchEngine": "FuzzyMatchEngine", "rule": format!("Standard_{of}_Match_Rule_v1_1"),
                    "size": records.len(), "success": true, "matchRecords": records })
            })
        })
        .collect();
    let message = "Use one of these records?";
    let result = json!({ "allowSave": rule.allow_save, "duplicateRule": format!("Standard_{}_Duplicate_Rule", rule.object),
        "duplicateRuleEntityType": rule.object, "errorMessage": message, "matchResults": results });
    let mut refusal = Refusal::bad("DUPLICATES_DETECTED", message);
    let key = if rule.misspelt { "duplicateResut" } else { "duplicateResult" };
    refusal.extra.insert(key.to_owned(), result);
    refusal
}
