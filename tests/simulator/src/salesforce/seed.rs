//! A handful of people to call, for the demo and for tests.

use serde_json::{Value, json};

use super::config::OrgConfig;

impl OrgConfig {
    /// An org with accounts, contacts and leads in it.
    pub fn demo() -> Self {
        let mut org = Self { records: records(), ..Self::default() };
        // Whoever tries the program may try the administrator's pages too.
        "System Administrator".clone_into(&mut org.users[0].profile);
        org
    }
}

fn records() -> Vec<(String, Value)> {
    let rows = [
        (
            "Account",
            json!({ "Name": "ACME GmbH", "Phone": "+49 30 1234500", "Industry": "Manufacturing", "BillingCity": "Berlin" }),
        ),
        (
            "Account",
            json!({ "Name": "Orbita SL", "Phone": "+34 910 000 111", "Industry": "Technology", "BillingCity": "Madrid" }),
        ),
        (
            "Account",
            json!({ "Name": "Harbour & Sons Ltd", "Phone": "+44 20 7946 0100", "Industry": "Retail", "BillingCity": "London" }),
        ),
        (
            "Contact",
            json!({ "FirstName": "Anna", "LastName": "Meyer", "AccountId": "@0", "Title": "Head of Purchasing",
            "Phone": "+49 30 1234567", "MobilePhone": "0170 5550142", "Email": "anna.meyer@acme.example" }),
        ),
        (
            "Contact",
            json!({ "FirstName": "Jonas", "LastName": "Brandl", "AccountId": "@0", "Title": "Engineer",
            "Phone": "+49 30 1234500", "Email": "jonas.brandl@acme.example" }),
        ),
        (
            "Contact",
            json!({ "FirstName": "Ana", "LastName": "Ruiz", "AccountId": "@1", "Title": "CEO",
            "Phone": "(0049) 49355-5017", "MobilePhone": "+34 600 111 222", "Email": "ana.ruiz@orbita.example" }),
        ),
        (
            "Contact",
            json!({ "FirstName": "Ada", "LastName": "Moreno", "AccountId": "@1", "Phone": "+34 910 000 112" }),
        ),
        (
            "Contact",
            json!({ "FirstName": "Oliver", "LastName": "Harbour", "AccountId": "@2", "Phone": "020 7946 0101",
            "MobilePhone": "+44 7700 900123" }),
        ),
        // Two people on one switchboard number.
        (
            "Contact",
            json!({ "FirstName": "Emily", "LastName": "Harbour", "AccountId": "@2", "Phone": "+44 20 7946 0100" }),
        ),
        (
            "Lead",
            json!({ "FirstName": "Bob", "LastName": "Liu", "Company": "Liu Trading", "Phone": "+49 89 5550199",
            "Status": "Open - Not Contacted" }),
        ),
        (
            "Lead",
            json!({ "FirstName": "Clara", "LastName": "Nowak", "Company": "Nowak Design", "MobilePhone": "+48 601 555 017",
            "Status": "Working - Contacted" }),
        ),
        // What a call may be about.
        (
            "Opportunity",
            json!({ "Name": "ACME: pumps for hall 3", "StageName": "Proposal/Price Quote", "CloseDate": "2099-06-30",
            "AccountId": "@0" }),
        ),
        (
            "Opportunity",
            json!({ "Name": "Orbita: service contract", "StageName": "Negotiation/Review", "CloseDate": "2099-03-31",
            "AccountId": "@1" }),
        ),
        (
            "Opportunity",
            json!({ "Name": "ACME: spare parts", "StageName": "Closed Won", "CloseDate": "2025-11-28", "AccountId": "@0" }),
        ),
        (
            "Case",
            json!({ "Subject": "Valve leaks after a week", "Status": "Working", "AccountId": "@0", "ContactId": "@3" }),
        ),
        (
            "Case",
            json!({ "Subject": "Invoice names the wrong office", "Status": "New", "AccountId": "@2", "ContactId": "@7" }),
        ),
    ];
    rows.into_iter().map(|(object, fields)| (object.to_owned(), fields)).collect()
}
