//! What this user sees of an object: which fields, how long, and what may be done with them.
//!
//! Asked once per object and kept; looked at again after a while, which costs little while nothing has changed.
//! A field that the user may not see does not exist for them, and naming it fails the whole request.
//! Source: salesforce-api.md §4.1, §5.4.

use std::{collections::HashMap, sync::Arc};

use domain::Object;
use tokio::time::Instant;

use crate::{
    error::Error,
    session::{Ask, Session, json, unpoisoned},
    wire::{Describe, DescribedField},
};

/// The custom field that makes a call's entry unique in the org, where an administrator has made it.
pub(crate) const KEY_FIELD: &str = "PBX_Call_Key__c";

/// What this user sees of an object.
#[derive(Clone, Debug)]
pub struct Description {
    /// Whether this user may create such records.
    pub createable: bool,
    /// Whether this user may change such records, where they may change that one.
    pub updateable: bool,
    /// Whether this user may delete such records, where they may delete that one. True where it is not told.
    pub deletable: bool,
    fields: HashMap<String, Field>,
    order: Vec<String>,
}

/// One field of an object, as this user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The API name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Salesforce's word for its type: `phone`, `string`, `picklist`, …
    pub kind: String,
    /// The most characters it holds; 0 where that has no meaning.
    pub length: usize,
    /// Whether it may be set on a new record.
    pub createable: bool,
    /// Whether it may be changed.
    pub updateable: bool,
    /// Whether a query may filter by it.
    pub filterable: bool,
    /// Whether it is an external id without repeats.
    pub unique_key: bool,
    /// The values that it may have; empty where any text will do.
    pub values: Vec<String>,
}

impl Description {
    /// Returns a field.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }

    /// Returns all fields, in Salesforce's order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.order.iter().filter_map(|name| self.fields.get(name))
    }

    /// Returns the fields in which a caller's number may be: those of type phone, custom ones included, without the
    /// fax machine.
    pub fn phone_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields().filter(|field| field.kind == "phone" && field.name != "Fax")
    }

    /// Says whether the org has a unique external id for the call key.
    pub fn has_call_key(&self) -> bool {
        self.field(KEY_FIELD).is_some_and(|field| field.unique_key && field.createable)
    }

    fn from_wire(wire: Describe) -> Self {
        let order = wire.fields.iter().map(|field| field.name.clone()).collect();
        let fields =
            wire.fields.into_iter().map(|field| (field.name.clone(), field.into())).collect();
        Self {
            createable: wire.createable,
            updateable: wire.updateable,
            deletable: wire.deletable != Some(false),
            fields,
            order,
        }
    }
}

impl From<DescribedField> for Field {
    fn from(wire: DescribedField) -> Self {
        let values = if wire.restricted_picklist {
            wire.picklist_values
                .into_iter()
                .filter(|value| value.active != Some(false))
                .map(|value| value.value)
                .collect()
        } else {
            Vec::new()
        };
        Self {
            name: wire.name,
            label: wire.label,
            kind: wire.kind,
            length: wire.length.try_into().unwrap_or(usize::MAX),
            createable: wire.createable,
            updateable: wire.updateable,
            filterable: wire.filterable,
            unique_key: wire.external_id && wire.unique,
            values,
        }
    }
}

/// The descriptions that were asked for, by object.
#[derive(Default)]
pub(crate) struct Shelf(std::sync::Mutex<HashMap<&'static str, Kept>>);

#[derive(Clone)]
struct Kept {
    /// `None`: the user does not see the object at all.
    what: Option<Arc<Description>>,
    /// The answer's `Last-Modified`.
    modified: Option<String>,
    asked: Instant,
}

impl Session {
    /// Returns what the user sees of an object; `None` where they do not see it at all.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn describe(&self, object: Object) -> Result<Option<Arc<Description>>, Error> {
        self.described(object.api_name()).await
    }

    /// Returns what the user sees of the Task; `None` where they do not see it at all.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn describe_task(&self) -> Result<Option<Arc<Description>>, Error> {
        self.described("Task").await
    }

    /// Returns what the user sees of users; `None` where they do not see them at all.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn describe_user(&self) -> Result<Option<Arc<Description>>, Error> {
        self.described("User").await
    }

    /// Returns the API names of the fields of an object in which a caller's number may be.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn phone_fields(&self, object: Object) -> Result<Vec<String>, Error> {
        let seen = self.describe(object).await?;
        Ok(seen.map_or_else(Vec::new, |description| {
            description.phone_fields().map(|field| field.name.clone()).collect()
        }))
    }

    /// Forgets what was learnt of all objects: somebody may have changed the org or the user's rights just now, and
    /// rights change without the objects' modification date.
    pub fn relearn(&self) {
        unpoisoned(&self.shelf().0).clear();
    }

    /// Forgets what is known of an object: the org has just said that it is no longer so.
    pub(crate) fn forget_description(&self, object: &'static str) {
        unpoisoned(&self.shelf().0).remove(object);
    }

    async fn described(&self, object: &'static str) -> Result<Option<Arc<Description>>, Error> {
        let known = unpoisoned(&self.shelf().0).get(object).cloned();
        if let Some(known) = &known
            && known.asked.elapsed() < self.timeouts().describe
        {
            return Ok(known.what.clone());
        }
        let modified = known.as_ref().and_then(|known| known.modified.clone());
        let ask = Ask::get(format!("sobjects/{object}/describe")).since(modified);
        let (what, modified) = match self.ask(&ask).await {
            Ok(answer) if answer.status.as_u16() == 304 => {
                let known = known.clone();
                known.map_or((None, None), |known| (known.what, known.modified))
            }
            Ok(answer) => {
                let modified = answer.header("last-modified").map(str::to_owned);
                (Some(Arc::new(Description::from_wire(json(&answer)?))), modified)
            }
            Err(Error::MissingPermission { .. }) => (None, None),
            Err(error) if error.has_code("NOT_FOUND") => (None, None),
            // An old description is better than none while Salesforce is away.
            Err(error) => return known.map(|known| known.what).ok_or(error),
        };
        let kept = Kept { what: what.clone(), modified, asked: Instant::now() };
        unpoisoned(&self.shelf().0).insert(object, kept);
        Ok(what)
    }
}
