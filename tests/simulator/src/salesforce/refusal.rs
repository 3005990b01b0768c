//! Errors of the REST API, in its shape.

use serde_json::{Map, Value, json};

/// A refused request: HTTP status and the one error of its body.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
    pub(super) fields: Vec<String>,
    /// Keys beside the usual ones (`duplicateResut`).
    pub(super) extra: Map<String, Value>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            fields: Vec::new(),
            extra: Map::new(),
        }
    }

    pub(super) fn bad(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    #[must_use]
    pub(super) fn on(mut self, field: &str) -> Self {
        self.fields.push(field.to_owned());
        self
    }

    /// Rights or sharing do not let the user do it.
    pub(super) fn no_access() -> Self {
        Self::new(403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "The requested resource does not exist")
    }

    /// The body of a single request: an array.
    pub(super) fn body(&self) -> Value {
        let mut error = self.extra.clone();
        error.insert("message".to_owned(), self.message.clone().into());
        error.insert("errorCode".to_owned(), self.code.clone().into());
        // Errors of a record name its fields, even if there are none; others have no such key.
        if !self.fields.is_empty() || self.code == "FIELD_CUSTOM_VALIDATION_EXCEPTION" {
            error.insert("fields".to_owned(), self.fields.clone().into());
        }
        json!([error])
    }

    /// One result inside a collection: `statusCode` in place of `errorCode`.
    pub(super) fn in_collection(&self) -> Value {
        let mut error = self.extra.clone();
        error.insert("message".to_owned(), self.message.clone().into());
        error.insert("statusCode".to_owned(), self.code.clone().into());
        error.insert("fields".to_owned(), self.fields.clone().into());
        json!({ "success": false, "errors": [error] })
    }
}
