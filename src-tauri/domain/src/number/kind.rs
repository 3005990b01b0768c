//! What a number is that is about to be called: whom it reaches, and whether the call may cost more than others.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberType};

use super::{
    DialPlan, Party, PhoneNumber, code, guarded,
    short::{Short, short},
};
use crate::ids::Extension;

/// What a number is, as far as the numbering plans and the PBX tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A colleague at this PBX.
    Extension,
    /// It calls for help.
    Emergency,
    /// It is short, as directory enquiries and helplines have it. What a call costs stands in no plan.
    Short,
    /// A call costs a premium.
    Premium,
    /// It has a tariff of its own: shared cost, mass calls, personal numbers, pagers.
    Special,
    /// No plan has it.
    Unassigned,
    /// A call costs what any call to its country costs.
    Ordinary,
}

impl DialPlan {
    /// Says what a number is. `is_listed` says whether the PBX has an extension: where a service's number is as short as
    /// one, the length does not tell.
    pub fn kind(&self, party: &Party, is_listed: impl Fn(&Extension) -> bool) -> Kind {
        match party {
            Party::Extension(extension) if is_listed(extension) => Kind::Extension,
            Party::Extension(extension) => match self.short(extension.as_str()) {
                Some(Short::Emergency) => Kind::Emergency,
                Some(Short::Service) => Kind::Short,
                // Messages go to these, and calls do not.
                Some(Short::Other) | None => Kind::Extension,
            },
            Party::External(number) => number.kind(),
            Party::Invalid(digits) if self.is_emergency(digits) => Kind::Emergency,
            Party::Invalid(digits) if self.is_service(digits) => Kind::Short,
            Party::Invalid(_) | Party::Withheld => Kind::Unassigned,
        }
    }
}

impl PhoneNumber {
    /// Says what the number is by its country's plan.
    pub fn kind(&self) -> Kind {
        use PhoneNumberType as Type;
        let Some(parsed) = self.parsed() else { return Kind::Unassigned };
        match guarded(|| parsed.get_type()) {
            Some(Type::PremiumRate) => Kind::Premium,
            Some(Type::SharedCost | Type::PersonalNumber | Type::Pager) => Kind::Special,
            Some(Type::Unknown) | None if self.is_short(parsed.country_code) => Kind::Short,
            Some(Type::Unknown) | None => Kind::Unassigned,
            Some(
                Type::FixedLine
                | Type::Mobile
                | Type::FixedLineOrMobile
                | Type::TollFree
                | Type::VoIP
                | Type::UAN
                | Type::VoiceMail,
            ) => Kind::Ordinary,
        }
    }

    /// Says whether somebody has written a calling code before a short number of the country (`+49 11833`).
    fn is_short(&self, calling_code: i32) -> bool {
        let regions = PHONE_NUMBER_UTIL.get_regions_for_country_calling_code(calling_code);
        regions.into_iter().flatten().any(|region| {
            let found = short(self.significant(), &code(region));
            matches!(found, Some(Short::Emergency | Short::Service))
        })
    }
}
