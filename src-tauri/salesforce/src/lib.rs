//! Salesforce's REST API and sign-in.
