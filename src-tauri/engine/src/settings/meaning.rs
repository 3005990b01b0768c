//! What the settings mean to the rules of `domain`.

use domain::{
    Country, CreationPolicy, DialPlan, NewKind, Policy, PopWhen, RecordId, UnknownCaller,
    number::TrunkFormat,
};

use super::schema::{CallerSide, NewRecord, Settings, TrunkSpelling, Unknown, When};

impl Settings {
    /// Returns the dial plan: the one by which cards, Tasks, created records, links and the dry run read numbers.
    pub fn dial_plan(&self) -> DialPlan {
        DialPlan {
            country: Country::parse(&self.numbers.country)
                .or_else(|| Country::parse("DE"))
                .expect("checked when it was read, and Germany has a numbering plan"),
            area_code: self.numbers.area_code.clone(),
            international_prefix: self.numbers.international_prefix.clone(),
            outside_prefix: self.numbers.outside_prefix.clone(),
            extension_digits: self.numbers.extension_digits.clone(),
            trunk_format: match self.numbers.trunk_format {
                TrunkSpelling::Auto => TrunkFormat::Auto,
                TrunkSpelling::E164 => TrunkFormat::E164,
                TrunkSpelling::National => TrunkFormat::National,
            },
            habit: self.habit,
            blocked: self.dial.blocked.clone(),
        }
    }

    /// Returns the pop policy.
    pub fn pop_policy(&self) -> Policy {
        Policy {
            when: match self.pop.when {
                When::Ring => PopWhen::Ring,
                When::Answer => PopWhen::Answer,
                When::Never => PopWhen::Never,
            },
            outbound: self.pop.outbound,
            unknown: match self.pop.unknown {
                // It gets a record by itself; a form beside it would make a second one.
                _ if self.creates(CallerSide::Inbound) => UnknownCaller::Nothing,
                Unknown::Nothing => UnknownCaller::Nothing,
                Unknown::NewLead => UnknownCaller::NewLead,
                Unknown::NewContact => UnknownCaller::NewContact,
            },
        }
    }

    /// Returns for which calls which record is created.
    pub fn creation_policy(&self) -> CreationPolicy {
        let create = &self.auto_create;
        CreationPolicy {
            inbound: self.creates(CallerSide::Inbound),
            outbound: self.creates(CallerSide::Outbound),
            kind: match create.object {
                NewRecord::Lead => NewKind::Lead,
                NewRecord::Contact => NewKind::Contact,
            },
            name_prefix: create.name_prefix.clone(),
            company: create.company.clone(),
            account: RecordId::parse(&create.account_id),
            never: self.journal.never.clone(),
        }
    }

    fn creates(&self, side: CallerSide) -> bool {
        self.auto_create.directions.contains(&side)
    }

    /// Returns the callback lines that must be registered in Salesforce, character for character.
    pub fn callbacks(&self) -> Vec<String> {
        self.salesforce
            .callback_ports
            .iter()
            .map(|port| format!("http://localhost:{port}/oauth/callback"))
            .collect()
    }
}
