//! Objects and fields of the org, and `describe`.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Value, json};

use super::config::{CustomField, OrgSwitches};

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Id,
    Text(usize),
    TextArea(usize),
    Phone,
    Email,
    /// Values, and whether others are refused.
    Picklist(Vec<String>, bool),
    /// Values are those of `TaskStatus`.
    TaskStatus,
    Int,
    Bool,
    Date,
    DateTime,
    Reference(&'static [&'static str], &'static str),
}

/// A part of the org that can be there or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feature {
    CallKey,
    PersonAccounts,
}

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) create: bool,
    pub(super) update: bool,
    pub(super) required: bool,
    pub(super) external_id: bool,
    pub(super) feature: Option<Feature>,
    pub(super) custom: bool,
}

impl Field {
    fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            create: true,
            update: true,
            required: false,
            external_id: false,
            feature: None,
            custom: false,
        }
    }

    fn read_only(self) -> Self {
        Self { create: false, update: false, ..self }
    }

    fn create_only(self) -> Self {
        Self { update: false, ..self }
    }

    fn required(self) -> Self {
        Self { required: true, ..self }
    }

    fn with(self, feature: Feature) -> Self {
        Self { feature: Some(feature), ..self }
    }

    pub(super) fn filterable(&self) -> bool {
        !matches!(self.kind, Kind::TextArea(_))
    }

    /// Does the field exist with these switches, for this user?
    pub(super) fn is_there(&self, object: &str, switches: &OrgSwitches, username: &str) -> bool {
        let by_feature = match self.feature {
            None => true,
            Some(Feature::CallKey) => switches.call_key_field,
            Some(Feature::PersonAccounts) => switches.person_accounts,
        };
        by_feature && !self.is_hidden(object, switches, username)
    }

    pub(super) fn is_hidden(&self, object: &str, switches: &OrgSwitches, username: &str) -> bool {
        switches.hidden_fields.iter().any(|hidden| {
            hidden.object == object
                && hidden.field == self.name
                && hidden.username.as_ref().is_none_or(|user| user == username)
        })
    }

    /// May the field be changed?
    pub(super) fn is_updateable(&self, object: &str, switches: &OrgSwitches) -> bool {
        let locked =
            switches.read_only_fields.iter().any(|(of, field)| of == object && *field == self.name);
        self.update && !locked
    }

    /// What it holds in this org: an administrator may have made a list of how calls end.
    pub(super) fn holds<'a>(&'a self, switches: &'a OrgSwitches) -> Cow<'a, Kind> {
        match &switches.call_results {
            Some(results) if self.name == "CallDisposition" => {
                Cow::Owned(Kind::Picklist(results.clone(), true))
            }
            Some(_) | None => Cow::Borrowed(&self.kind),
        }
    }

    /// Is this value of a picklist still offered?
    pub(super) fn offers(&self, value: &str, switches: &OrgSwitches) -> bool {
        let is_this = |(name, gone): &(String, String)| *name == self.name && gone == value;
        !switches.missing_values.iter().any(is_this)
    }

    fn describe(&self, object: &str, switches: &OrgSwitches) -> Value {
        let holds = self.holds(switches);
        let (kind, length) = match &*holds {
            Kind::Id => ("id", 18),
            Kind::Text(length) if object == "Task" && self.name == "Subject" => {
                ("combobox", *length)
            }
            Kind::Text(length) => ("string", *length),
            Kind::TextArea(length) => ("textarea", *length),
            Kind::Phone => ("phone", 40),
            Kind::Email => ("email", 80),
            Kind::Picklist(..) | Kind::TaskStatus => ("picklist", 255),
            Kind::Int => ("int", 0),
            Kind::Bool => ("boolean", 0),
            Kind::Date => ("date", 0),
            Kind::DateTime => ("datetime", 0),
            Kind::Reference(..) => ("reference", 18),
        };
        let (targets, relation) = match &self.kind {
            Kind::Reference(targets, relation) => (targets.to_vec(), Value::from(*relation)),
            _ => (Vec::new(), Value::Null),
        };
        let values: Vec<Value> = match &*holds {
            Kind::Picklist(values, _) => {
                let offered = values.iter().filter(|value| self.offers(value, switches));
                offered.map(|value| picklist_value(value, false)).collect()
            }
            Kind::TaskStatus => switches
                .task_statuses
                .iter()
                .map(|status| picklist_value(&status.api_name, status.is_default))
                .collect(),
            _ => Vec::new(),
        };
        json!({
            "name": self.name, "label": self.name.trim_end_matches("__c"), "type": kind, "length": length,
            "createable": self.create, "updateable": self.is_updateable(object, switches), "filterable": self.filterable(),
            "sortable": self.filterable(), "groupable": self.filterable(),
            "nillable": !self.required, "defaultedOnCreate": matches!(self.kind, Kind::Bool | Kind::TaskStatus),
            "externalId": self.external_id, "unique": self.external_id,
            "idLookup": self.external_id || self.name == "Id" || self.kind == Kind::Email,
            "custom": self.custom, "calculated": false, "nameField": self.name == "Name" || (object == "Task" && self.name == "Subject"),
            "referenceTo": targets, "relationshipName": relation,
            "picklistValues": values, "restrictedPicklist": matches!(*holds, Kind::Picklist(_, true)),
            "soapType": match self.kind { Kind::Int => "xsd:int", Kind::Bool => "xsd:boolean", Kind::Date => "xsd:date",
                Kind::DateTime => "xsd:dateTime", Kind::Id | Kind::Reference(..) => "tns:ID", _ => "xsd:string" },
        })
    }
}

fn picklist_value(value: &str, is_default: bool) -> Value {
    json!({ "active": true, "defaultValue": is_default, "label": value, "validFor": Value::Null, "value": value })
}

#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) name: &'static str,
    pub(super) prefix: &'static str,
    pub(super) createable: bool,
    pub(super) updateable: bool,
    pub(super) fields: Vec<Field>,
}

impl Object {
    /// A field by its name, whatever its letter case, if this user can see it.
    pub(super) fn field(
        &self,
        name: &str,
        switches: &OrgSwitches,
        username: &str,
    ) -> Option<&Field> {
        self.fields.iter().find(|field| {
            field.name.eq_ignore_ascii_case(name) && field.is_there(self.name, switches, username)
        })
    }

    /// The reference field behind a relation's name (`Account` → `AccountId`).
    pub(super) fn relation(
        &self,
        name: &str,
        switches: &OrgSwitches,
        username: &str,
    ) -> Option<&Field> {
        self.fields.iter().find(|field| {
            matches!(&field.kind, Kind::Reference(_, relation) if relation.eq_ignore_ascii_case(name))
                && field.is_there(self.name, switches, username)
        })
    }

    pub(super) fn describe(&self, switches: &OrgSwitches, username: &str) -> Value {
        let fields: Vec<Value> = self
            .fields
            .iter()
            .filter(|field| field.is_there(self.name, switches, username))
            .map(|field| field.describe(self.name, switches))
            .collect();
        let mut described = self.brief(switches);
        described["fields"] = fields.into();
        described["recordTypeInfos"] = json!([{ "active": true, "available": true, "defaultRecordTypeMapping": true,
            "master": true, "name": "Master", "recordTypeId": "012000000000000AAA" }]);
        described["childRelationships"] = json!([]);
        described
    }

    /// May users delete records of it? The right to delete comes with the right to change.
    pub(super) fn is_deletable(&self, switches: &OrgSwitches) -> bool {
        let denied = [&switches.update_denied, &switches.delete_denied];
        self.createable && denied.iter().all(|objects| !objects.contains(self.name))
    }

    pub(super) fn brief(&self, switches: &OrgSwitches) -> Value {
        let createable = self.createable && !switches.create_denied.contains(self.name);
        json!({
            "name": self.name, "label": self.name, "labelPlural": format!("{}s", self.name), "keyPrefix": self.prefix,
            "createable": createable, "updateable": self.updateable && !switches.update_denied.contains(self.name),
            "deletable": self.is_deletable(switches), "queryable": true, "searchable": !matches!(self.name, "TaskStatus" | "Profile"),
            "retrieveable": true, "custom": false, "activateable": false,
            "urls": { "sobject": format!("/services/data/v62.0/sobjects/{}", self.name),
                "describe": format!("/services/data/v62.0/sobjects/{}/describe", self.name),
                "rowTemplate": format!("/services/data/v62.0/sobjects/{}/{{ID}}", self.name) },
        })
    }
}

pub(super) type Schema = BTreeMap<&'static str, Object>;

fn picklist(values: &[&str], restricted: bool) -> Kind {
    Kind::Picklist(values.iter().map(|value| (*value).to_owned()).collect(), restricted)
}

/// The org's objects, with fields of its own.
pub(super) fn schema(custom: &[CustomField]) -> Schema {
    let text = |name: &str, length: usize| Field::new(name, Kind::Text(length));
    let phone = |name: &str| Field::new(name, Kind::Phone);
    let reference = |name: &str, to: &'static [&'static str], relation: &'static str| {
        Field::new(name, Kind::Reference(to, relation))
    };
    let person =
        |fields: Vec<Field>| fields.into_iter().map(|field| field.with(Feature::PersonAccounts));
    let mut objects = vec![
        object(
            "Contact",
            "003",
            vec![
                text("Name", 121).read_only(),
                text("FirstName", 40),
                text("LastName", 80).required(),
                Field::new("Salutation", picklist(&["Mr.", "Ms.", "Dr.", "Prof."], false)),
                reference("AccountId", &["Account"], "Account"),
                phone("Phone"),
                phone("MobilePhone"),
                phone("HomePhone"),
                phone("OtherPhone"),
                phone("AssistantPhone"),
                phone("Fax"),
                Field::new("Email", Kind::Email),
                text("Title", 128),
                text("Department", 80),
                text("MailingCity", 40),
                text("MailingCountry", 80),
                Field::new("Description", Kind::TextArea(32_000)),
                Field::new("LeadSource", picklist(&["Web", "Phone Inquiry", "Other"], false)),
                Field::new("IsPersonAccount", Kind::Bool).read_only().with(Feature::PersonAccounts),
            ],
        ),
        object(
            "Lead",
            "00Q",
            vec![
                text("Name", 121).read_only(),
                text("FirstName", 40),
                text("LastName", 80).required(),
                text("Company", 255).required(),
                phone("Phone"),
                phone("MobilePhone"),
                phone("Fax"),
                Field::new("Email", Kind::Email),
                text("Title", 128),
                Field::new(
                    "Status",
                    picklist(
                        &[
                            "Open - Not Contacted",
                            "Working - Contacted",
                            "Closed - Converted",
                            "Closed - Not Converted",
                        ],
                        false,
                    ),
                ),
                Field::new("LeadSource", picklist(&["Web", "Phone Inquiry", "Other"], false)),
                text("City", 40),
                text("Country", 80),
                Field::new("Description", Kind::TextArea(32_000)),
                Field::new("IsConverted", Kind::Bool).read_only(),
                reference("ConvertedContactId", &["Contact"], "ConvertedContact").read_only(),
                reference("ConvertedAccountId", &["Account"], "ConvertedAccount").read_only(),
            ],
        ),
        object(
            "Account",
            "001",
            [
                vec![
                    text("Name", 255).required(),
                    phone("Phone"),
                    phone("Fax"),
                    text("Website", 255),
                    Field::new(
                        "Industry",
                        picklist(&["Manufacturing", "Retail", "Technology", "Other"], false),
                    ),
                    text("BillingCity", 40),
                    text("BillingCountry", 80),
                    Field::new("Description", Kind::TextArea(32_000)),
                    reference("ParentId", &["Account"], "Parent"),
                ],
                person(vec![
                    Field::new("IsPersonAccount", Kind::Bool).read_only(),
                    reference("PersonContactId", &["Contact"], "PersonContact").read_only(),
                    text("FirstName", 40),
                    text("LastName", 80),
                    phone("PersonMobilePhone"),
                    phone("PersonHomePhone"),
                    phone("PersonOtherPhone"),
                    phone("PersonAssistantPhone"),
                    Field::new("PersonEmail", Kind::Email),
                ])
                .collect(),
            ]
            .concat(),
        ),
        object(
            "Task",
            "00T",
            vec![
                text("Subject", 255),
                Field::new("Status", Kind::TaskStatus),
                Field::new("Priority", picklist(&["High", "Normal", "Low"], false)),
                Field::new("ActivityDate", Kind::Date),
                Field::new(
                    "TaskSubtype",
                    picklist(&["Task", "Email", "ListEmail", "Cadence", "Call", "LinkedIn"], true),
                )
                .create_only(),
                Field::new("CallType", picklist(&["Inbound", "Outbound", "Internal"], true)),
                Field::new("CallDurationInSeconds", Kind::Int),
                text("CallDisposition", 255),
                text("CallObject", 255),
                Field::new("Type", picklist(&["Call", "Meeting", "Other"], false)),
                reference("WhoId", &["Contact", "Lead"], "Who"),
                reference("WhatId", &["Account", "Opportunity", "Case"], "What"),
                Field::new("Description", Kind::TextArea(32_000)),
                reference("AccountId", &["Account"], "Account").read_only(),
                Field::new("CompletedDateTime", Kind::DateTime).read_only(),
                Field::new("IsClosed", Kind::Bool).read_only(),
                Field::new("IsHighPriority", Kind::Bool).read_only(),
                Field::new("ReminderDateTime", Kind::DateTime),
                Field::new("IsReminderSet", Kind::Bool),
                Field::new("IsArchived", Kind::Bool).read_only(),
                Field { external_id: true, custom: true, ..text("PBX_Call_Key__c", 255) }
                    .with(Feature::CallKey),
            ],
        ),
        object(
            "Opportunity",
            "006",
            vec![
                text("Name", 120).required(),
                text("StageName", 255).required(),
                Field::new("CloseDate", Kind::Date).required(),
                Field::new("IsClosed", Kind::Bool).read_only(),
                reference("AccountId", &["Account"], "Account"),
            ],
        ),
        object(
            "Case",
            "500",
            vec![
                text("CaseNumber", 30).read_only(),
                text("Subject", 255),
                text("Status", 255),
                Field::new("IsClosed", Kind::Bool).read_only(),
                reference("AccountId", &["Account"], "Account"),
                reference("ContactId", &["Contact"], "Contact"),
                text("SuppliedPhone", 40),
                phone("ContactPhone").read_only(),
            ],
        ),
        changed_only(
            "User",
            "005",
            vec![
                text("Name", 121).read_only(),
                text("FirstName", 40),
                text("LastName", 80),
                text("Username", 80),
                Field::new("Email", Kind::Email),
                text("FederationIdentifier", 512),
                phone("Extension"),
                phone("Phone"),
                phone("MobilePhone"),
                Field::new("IsActive", Kind::Bool),
                text("UserType", 40).read_only(),
                reference("ProfileId", &["Profile"], "Profile"),
                text("TimeZoneSidKey", 40),
                text("LocaleSidKey", 40),
                text("LanguageLocaleKey", 40),
                text("CommunityNickname", 40),
            ],
        ),
        fixed(
            "Profile",
            "00e",
            vec![text("Name", 255), reference("UserLicenseId", &["UserLicense"], "UserLicense")],
        ),
        fixed("UserLicense", "100", vec![text("Name", 255)]),
        fixed(
            "Organization",
            "00D",
            vec![
                text("Name", 80),
                Field::new("IsSandbox", Kind::Bool),
                text("OrganizationType", 40),
                text("InstanceName", 5),
                text("TimeZoneSidKey", 40),
                text("DefaultLocaleSidKey", 40),
                text("LanguageLocaleKey", 40),
            ],
        ),
        fixed(
            "TaskStatus",
            "01I",
            vec![
                text("ApiName", 255),
                text("MasterLabel", 255),
                Field::new("IsClosed", Kind::Bool),
                Field::new("IsDefault", Kind::Bool),
                Field::new("SortOrder", Kind::Int),
            ],
        ),
        fixed(
            "EntityDefinition",
            "4ie",
            vec![
                text("QualifiedApiName", 255),
                text("InternalSharingModel", 255),
                text("ExternalSharingModel", 255),
            ],
        ),
        fixed(
            "TaskPriority",
            "01J",
            vec![
                text("ApiName", 255),
                text("MasterLabel", 255),
                Field::new("IsHighPriority", Kind::Bool),
                Field::new("IsDefault", Kind::Bool),
            ],
        ),
    ];
    for own in custom {
        if let Some(object) = objects.iter_mut().find(|object| object.name == own.object) {
            let kind = if own.phone { Kind::Phone } else { Kind::Text(255) };
            let field = Field::new(&own.name, kind);
            object.fields.push(Field { custom: true, external_id: own.external_id, ..field });
        }
    }
    objects.into_iter().map(|object| (object.name, object)).collect()
}

fn object(name: &'static str, prefix: &'static str, own: Vec<Field>) -> Object {
    let mut fields = vec![
        Field::new("Id", Kind::Id).read_only(),
        Field::new("IsDeleted", Kind::Bool).read_only(),
    ];
    if matches!(name, "Contact" | "Lead" | "Account") {
        fields.push(
            Field::new(
                "MasterRecordId",
                Kind::Reference(&["Contact", "Lead", "Account"], "MasterRecord"),
            )
            .read_only(),
        );
    }
    fields.extend(own);
    let user: &[&str] = &["User"];
    fields.push(Field::new("OwnerId", Kind::Reference(user, "Owner")));
    fields.push(Field::new("CreatedDate", Kind::DateTime).read_only());
    fields.push(Field::new("CreatedById", Kind::Reference(user, "CreatedBy")).read_only());
    fields.push(Field::new("LastModifiedDate", Kind::DateTime).read_only());
    fields
        .push(Field::new("LastModifiedById", Kind::Reference(user, "LastModifiedBy")).read_only());
    fields.push(Field::new("SystemModstamp", Kind::DateTime).read_only());
    fields.push(Field::new("LastActivityDate", Kind::Date).read_only());
    if name == "Task" {
        fields.retain(|field| field.name != "LastActivityDate");
    }
    Object { name, prefix, createable: true, updateable: true, fields }
}

/// An object whose records are changed, and made elsewhere.
fn changed_only(name: &'static str, prefix: &'static str, own: Vec<Field>) -> Object {
    let own = own.into_iter().map(|field| Field { create: false, ..field });
    let fields = [
        vec![Field::new("Id", Kind::Id).read_only()],
        own.collect(),
        vec![Field::new("SystemModstamp", Kind::DateTime).read_only()],
    ];
    Object { name, prefix, createable: false, updateable: true, fields: fields.concat() }
}

/// An object that nobody writes over the API.
fn fixed(name: &'static str, prefix: &'static str, own: Vec<Field>) -> Object {
    let mut fields = vec![Field::new("Id", Kind::Id).read_only()];
    fields.extend(own.into_iter().map(Field::read_only));
    fields.push(Field::new("SystemModstamp", Kind::DateTime).read_only());
    Object { name, prefix, createable: false, updateable: false, fields }
}
