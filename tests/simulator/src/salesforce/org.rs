//! The org's data: records, their place in the search index, and who sees what.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    OrgRequest,
    bulk::Job,
    config::{OrgConfig, OrgSwitches, TaskSharing},
    grants::Grants,
    ids,
    schema::{Kind, Schema, schema},
};

/// One record, deleted or not.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) fields: Map<String, Value>,
    pub(super) deleted: bool,
    /// What the search index says from when on, oldest first.
    index: Vec<(i64, Map<String, Value>)>,
}

impl Record {
    pub(super) fn get(&self, field: &str) -> &Value {
        self.fields.get(field).unwrap_or(&Value::Null)
    }

    pub(super) fn text(&self, field: &str) -> &str {
        self.get(field).as_str().unwrap_or_default()
    }

    /// What the search index knows of the record now.
    pub(super) fn indexed(&self, now_ms: i64) -> Option<&Map<String, Value>> {
        self.index.iter().rev().find(|(from, _)| *from <= now_ms).map(|(_, fields)| fields)
    }
}

/// Pages of a query that are still to come.
#[derive(Clone, Debug)]
pub(super) struct Locator {
    pub(super) rows: Vec<Value>,
    pub(super) batch: usize,
    pub(super) username: String,
}

/// Everything the org knows.
#[derive(Debug)]
pub(super) struct Org {
    pub(super) config: OrgConfig,
    pub(super) switches: OrgSwitches,
    pub(super) schema: Schema,
    pub(super) tables: BTreeMap<&'static str, Vec<Record>>,
    pub(super) grants: Grants,
    pub(super) ledger: Vec<OrgRequest>,
    /// Method and path of every request that has arrived, answered or not.
    pub(super) arrived: Vec<(String, String)>,
    pub(super) api_calls: usize,
    pub(super) locators: BTreeMap<String, Locator>,
    /// Queries in bulk.
    pub(super) jobs: Vec<Job>,
    pub(super) login: String,
    pub(super) instance_port: u16,
    pub(super) next_id: u64,
    pub(super) schema_changed_ms: i64,
}

impl Org {
    pub(super) fn new(config: OrgConfig, now_ms: i64) -> Self {
        let next_id = config.first_id;
        let mut org = Self {
            schema: schema(&config.custom_fields),
            config,
            switches: OrgSwitches::default(),
            tables: BTreeMap::new(),
            grants: Grants::default(),
            ledger: Vec::new(),
            arrived: Vec::new(),
            api_calls: 0,
            locators: BTreeMap::new(),
            jobs: Vec::new(),
            login: String::new(),
            instance_port: 0,
            next_id,
            schema_changed_ms: now_ms,
        };
        org.settle(now_ms);
        org
    }

    /// Makes the records of the beginning.
    fn settle(&mut self, now_ms: i64) {
        let (name, sandbox) = (self.config.name.clone(), self.config.sandbox);
        self.plant("Organization", json!({ "Name": name, "IsSandbox": sandbox, "OrganizationType": "Developer Edition",
            "InstanceName": "DEU42", "TimeZoneSidKey": "Europe/Berlin", "DefaultLocaleSidKey": "de_DE", "LanguageLocaleKey": "en_US" }), now_ms);
        for user in self.config.users.clone() {
            let license = self.plant("UserLicense", json!({ "Name": user.license }), now_ms);
            let profile = self.plant(
                "Profile",
                json!({ "Name": user.profile, "UserLicenseId": license }),
                now_ms,
            );
            let email =
                if sandbox { format!("{}.invalid", user.email) } else { user.email.clone() };
            self.plant("User", json!({
                "Name": format!("{} {}", user.first_name, user.last_name).trim(), "FirstName": null_if_empty(&user.first_name),
                "LastName": user.last_name, "Username": user.username, "Email": email,
                "Extension": null_if_empty(&user.extension), "IsActive": user.active, "UserType": user.user_type,
                "ProfileId": profile, "TimeZoneSidKey": "Europe/Berlin", "LocaleSidKey": "de_DE", "LanguageLocaleKey": "en_US",
                "CommunityNickname": user.username.split('@').next() }), now_ms);
        }
        for (place, (word, important)) in
            [("High", true), ("Normal", false), ("Low", false)].into_iter().enumerate()
        {
            self.plant(
                "TaskPriority",
                json!({ "ApiName": word, "MasterLabel": word, "IsHighPriority": important,
                "IsDefault": place == 1 }),
                now_ms,
            );
        }
        let mut made: Vec<String> = Vec::new();
        for (object, mut fields) in self.config.records.clone() {
            for value in fields.as_object_mut().into_iter().flat_map(|fields| fields.values_mut()) {
                let place = value
                    .as_str()
                    .and_then(|text| text.strip_prefix('@'))
                    .and_then(|n| n.parse::<usize>().ok());
                if let Some(id) = place.and_then(|place| made.get(place)) {
                    *value = id.clone().into();
                }
            }
            made.push(self.plant(&object, fields, now_ms));
        }
    }

    /// Makes a record without asking the rules, as if long ago.
    pub(super) fn plant(&mut self, object: &str, fields: Value, now_ms: i64) -> String {
        let name =
            self.object_name(object).unwrap_or_else(|| panic!("there is no object {object}"));
        let owner = self.users().next().map(|user| user.id.clone()).unwrap_or_default();
        let mut all = fields.as_object().cloned().unwrap_or_default();
        if self.schema[name].createable {
            all.entry("OwnerId").or_insert_with(|| owner.clone().into());
        }
        let month_ago = now_ms - 30 * 86_400_000;
        self.put(name, all, &owner, month_ago, month_ago)
    }

    /// Adds a record; the index knows it from `indexed_ms` on.
    pub(super) fn put(
        &mut self,
        object: &'static str,
        mut fields: Map<String, Value>,
        user_id: &str,
        now_ms: i64,
        indexed_ms: i64,
    ) -> String {
        let described = &self.schema[object];
        let id = ids::make(described.prefix, self.next_id);
        self.next_id += 1;
        let now = datetime(now_ms);
        fields.insert("Id".to_owned(), id.clone().into());
        fields.insert("SystemModstamp".to_owned(), now.clone().into());
        if described.createable {
            for (field, value) in [
                ("IsDeleted", Value::Bool(false)),
                ("CreatedDate", now.clone().into()),
                ("LastModifiedDate", now.into()),
                ("CreatedById", user_id.into()),
                ("LastModifiedById", user_id.into()),
            ] {
                fields.insert(field.to_owned(), value);
            }
        }
        for field in &described.fields {
            let unset = if field.kind == Kind::Bool { Value::Bool(false) } else { Value::Null };
            fields.entry(field.name.clone()).or_insert(unset);
        }
        self.derive(object, &mut fields, now_ms);
        let record = Record {
            id: id.clone(),
            index: vec![(indexed_ms, fields.clone())],
            fields,
            deleted: false,
        };
        self.tables.entry(object).or_default().push(record);
        id
    }

    /// Changes a record; the index learns of it at `indexed_ms`.
    pub(super) fn change(
        &mut self,
        object: &'static str,
        id: &str,
        changes: Map<String, Value>,
        user_id: &str,
        now_ms: i64,
        indexed_ms: i64,
    ) {
        let Some(mut fields) = self.find(object, id).map(|record| record.fields.clone()) else {
            return;
        };
        fields.extend(changes);
        let now = datetime(now_ms);
        fields.insert("SystemModstamp".to_owned(), now.clone().into());
        fields.insert("LastModifiedDate".to_owned(), now.into());
        fields.insert("LastModifiedById".to_owned(), user_id.into());
        self.derive(object, &mut fields, now_ms);
        if let Some(record) = self.find_mut(object, id) {
            record.fields.clone_from(&fields);
            record.index.push((indexed_ms, fields));
        }
    }

    /// Marks a record as deleted; it goes to the recycle bin.
    pub(super) fn remove(&mut self, object: &'static str, id: &str, now_ms: i64) {
        let stamp = datetime(now_ms);
        if let Some(record) = self.find_mut(object, id) {
            record.deleted = true;
            record.fields.insert("IsDeleted".to_owned(), true.into());
            record.fields.insert("SystemModstamp".to_owned(), stamp.into());
        }
    }

    /// Fills the fields that follow from others.
    fn derive(&self, object: &str, fields: &mut Map<String, Value>, now_ms: i64) {
        let text = |fields: &Map<String, Value>, key: &str| {
            fields.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        if matches!(object, "Contact" | "Lead") {
            let name = format!("{} {}", text(fields, "FirstName"), text(fields, "LastName"));
            fields.insert("Name".to_owned(), name.trim().into());
        }
        if object == "Opportunity" {
            let closed = text(fields, "StageName").starts_with("Closed");
            fields.insert("IsClosed".to_owned(), closed.into());
        }
        if object == "Case" {
            let closed = text(fields, "Status") == "Closed";
            fields.insert("IsClosed".to_owned(), closed.into());
        }
        if object == "Task" {
            let status = text(fields, "Status");
            let closed = self
                .switches
                .task_statuses
                .iter()
                .any(|one| one.api_name == status && one.is_closed);
            fields.insert("IsClosed".to_owned(), closed.into());
            let completed = if closed { Value::from(datetime(now_ms)) } else { Value::Null };
            if !closed || fields.get("CompletedDateTime").is_none_or(Value::is_null) {
                fields.insert("CompletedDateTime".to_owned(), completed);
            }
            let (what, who) = (text(fields, "WhatId"), text(fields, "WhoId"));
            let account = match what.get(..3) {
                Some("001") => Value::from(what),
                _ => self
                    .find("Contact", &who)
                    .map_or(Value::Null, |contact| contact.get("AccountId").clone()),
            };
            fields.insert("AccountId".to_owned(), account);
            let high = text(fields, "Priority") == "High";
            fields.insert("IsHighPriority".to_owned(), high.into());
        }
    }

    pub(super) fn object_name(&self, name: &str) -> Option<&'static str> {
        self.schema.keys().find(|known| known.eq_ignore_ascii_case(name)).copied()
    }

    /// All records of an object, deleted ones too. `TaskStatus` and `EntityDefinition` follow the switches.
    pub(super) fn table(&self, object: &str) -> Cow<'_, [Record]> {
        if object == "TaskStatus" {
            return Cow::Owned(self.task_statuses());
        }
        if object == "EntityDefinition" {
            return Cow::Owned(self.entities());
        }
        Cow::Borrowed(self.tables.get(object).map_or(&[], Vec::as_slice))
    }

    /// The same, as a copy.
    pub(super) fn rows(&self, object: &str) -> Vec<Record> {
        self.table(object).into_owned()
    }

    /// What the org tells of how its objects are shared.
    fn entities(&self) -> Vec<Record> {
        let activity = self.switches.task_sharing.word();
        let models = ["Account", "Contact", "Lead"].map(|object| (object, "ReadWrite"));
        let models = models.into_iter().chain(["Task", "Event"].map(|object| (object, activity)));
        models
            .enumerate()
            .map(|(place, (object, model))| {
                let id = ids::make("4ie", u64::try_from(place).unwrap_or(0) + 1);
                let fields = json!({ "Id": id, "QualifiedApiName": object, "InternalSharingModel": model,
                    "ExternalSharingModel": "Private", "SystemModstamp": datetime(0) });
                let fields = fields.as_object().cloned().unwrap_or_default();
                Record { id, fields, deleted: false, index: Vec::new() }
            })
            .collect()
    }

    fn task_statuses(&self) -> Vec<Record> {
        let statuses = self.switches.task_statuses.iter().enumerate();
        statuses
            .map(|(place, status)| {
                let id = ids::make("01I", u64::try_from(place).unwrap_or(0) + 1);
                let fields = json!({ "Id": id, "ApiName": status.api_name, "MasterLabel": status.label,
                    "IsClosed": status.is_closed, "IsDefault": status.is_default, "SortOrder": place + 1,
                    "SystemModstamp": datetime(0) });
                let fields = fields.as_object().cloned().unwrap_or_default();
                Record { id, fields, deleted: false, index: Vec::new() }
            })
            .collect()
    }

    pub(super) fn find(&self, object: &str, id: &str) -> Option<&Record> {
        let id = ids::to_18(id)?;
        self.tables.get(object)?.iter().find(|record| record.id == id)
    }

    fn find_mut(&mut self, object: &str, id: &str) -> Option<&mut Record> {
        let id = ids::to_18(id)?;
        self.tables.get_mut(object)?.iter_mut().find(|record| record.id == id)
    }

    /// The record behind an id, whatever its object.
    pub(super) fn by_id(&self, id: &str) -> Option<(&'static str, &Record)> {
        let prefix = id.get(..3)?;
        let object = self.schema.values().find(|object| object.prefix == prefix)?;
        Some((object.name, self.find(object.name, id)?))
    }

    pub(super) fn users(&self) -> impl Iterator<Item = &Record> {
        self.tables.get("User").into_iter().flatten()
    }

    pub(super) fn user_named(&self, username: &str) -> Option<&Record> {
        self.users().find(|user| user.text("Username").eq_ignore_ascii_case(username))
    }

    pub(super) fn username(&self, user_id: &str) -> String {
        self.find("User", user_id).map_or_else(String::new, |user| user.text("Username").to_owned())
    }

    pub(super) fn org_id(&self) -> String {
        self.tables["Organization"][0].id.clone()
    }

    /// May this user change other users?
    pub(super) fn is_administrator(&self, user_id: &str) -> bool {
        let profile = self.find("User", user_id).map(|user| user.text("ProfileId"));
        profile
            .and_then(|profile| self.find("Profile", profile))
            .is_some_and(|profile| profile.text("Name") == "System Administrator")
    }

    /// Does sharing let this user see the record?
    pub(super) fn is_visible(&self, object: &str, record: &Record, user_id: &str) -> bool {
        if object == "User" && self.switches.private_users {
            return record.id == user_id || self.is_administrator(user_id);
        }
        if object == "Task" && self.switches.task_sharing != TaskSharing::Public {
            return self.is_own(record, user_id) || self.sees_parents(record, user_id);
        }
        let private = match object {
            "Contact" => self.switches.private_contacts && record.get("AccountId").is_null(),
            "Opportunity" | "Case" => self.switches.private_matters,
            _ => false,
        };
        !private || record.text("OwnerId") == user_id
    }

    /// Does sharing let this user change and delete a record that they see?
    pub(super) fn is_editable(&self, object: &str, record: &Record, user_id: &str) -> bool {
        object != "Task"
            || self.switches.task_sharing != TaskSharing::Private
            || self.is_own(record, user_id)
    }

    fn is_own(&self, record: &Record, user_id: &str) -> bool {
        record.text("OwnerId") == user_id || self.is_administrator(user_id)
    }

    /// Does this user see every record that a Task names? One that names none has no parent to go by.
    fn sees_parents(&self, task: &Record, user_id: &str) -> bool {
        let mut named = ["WhoId", "WhatId"].map(|link| task.text(link)).into_iter();
        let mut named = named.by_ref().filter(|id| !id.is_empty()).peekable();
        named.peek().is_some()
            && named.all(|id| {
                self.by_id(id).is_some_and(|(object, parent)| {
                    !parent.deleted && self.is_visible(object, parent, user_id)
                })
            })
    }

    pub(super) fn instance_url(&self) -> String {
        match &self.switches.instance {
            super::config::Instance::Localhost => {
                format!("http://localhost:{}", self.instance_port)
            }
            super::config::Instance::Loopback => format!("http://127.0.0.1:{}", self.instance_port),
            super::config::Instance::Other(url) => url.clone(),
        }
    }
}

fn null_if_empty(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}

/// A date-time as Salesforce writes it: `2026-09-21T12:03:11.000+0000`.
pub(super) fn datetime(ms: i64) -> String {
    let stamp = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{}.{:03}+0000", stamp.strftime("%Y-%m-%dT%H:%M:%S"), ms.rem_euclid(1000))
}

/// Reads a date-time in any spelling that Salesforce takes, as milliseconds since 1970.
pub(super) fn read_datetime(text: &str) -> Option<i64> {
    let normal = match text.get(text.len().checked_sub(5)?..) {
        Some(offset)
            if offset.starts_with(['+', '-'])
                && offset[1..].bytes().all(|b| b.is_ascii_digit()) =>
        {
            format!("{}{}:{}", &text[..text.len() - 5], &offset[..3], &offset[3..])
        }
        _ => text.to_owned(),
    };
    Some(normal.parse::<Timestamp>().ok()?.as_millisecond())
}
