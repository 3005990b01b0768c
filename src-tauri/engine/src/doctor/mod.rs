//! The doctor: every check of the set-up, with what was found, why it matters, and who does what where.
//!
//! Each side is asked at the same time as the others and within a limit, so that one that hangs keeps no other
//! waiting; then the checks are functions of what was answered. A refused secret is not tried again, and no token is
//! taken beside the one that this desk has.
//!
//! | module | what it looks at |
//! |---|---|
//! | `about` | what a check is, and the words that all have |
//! | `pbx` | what the PBX is asked, and with whose client |
//! | `door` | the way to the PBX and into its API |
//! | `firmware` | what a version of the PBX's software offers |
//! | `extension` | the agent's extension: its phone, what the PBX tells about it and the trunks, the event stream |
//! | `salesforce` | the way to the org, the sign-in, the budget |
//! | `org` | what this user sees of the org, and may do there |
//! | `team` | what colleagues at one org cost each other: sharing, the right to delete, records that cannot be read |
//! | `twice` | whether the PBX's own integration logs the same calls |
//! | `desk` | this computer: secrets, browser, notifications, links, disk, policy |

mod about;
mod desk;
mod door;
mod extension;
mod firmware;
mod org;
mod pbx;
mod salesforce;
mod team;
mod twice;

use std::{path::PathBuf, sync::Arc, time::Duration};

use domain::Extension;

pub(crate) use self::{pbx::PbxAccess, salesforce::OrgAccess};
use crate::{
    binding,
    outbox::company::Role,
    ports::{Clock, Desktop, Secrets},
    settings::{CountryBy, PbxByPolicy, Settings},
    view::{BindingSource, EventsState, Problem, doctor::CheckRow},
};

/// How long one question may take. Each side asks two or three times in a row.
const LIMIT: Duration = Duration::from_secs(8);

/// What is examined.
pub(crate) struct Patient {
    pub(crate) settings: Settings,
    /// The keys that a policy sets.
    pub(crate) locked: Vec<&'static str>,
    /// What a trusted policy says of the PBX.
    pub(crate) by_policy: PbxByPolicy,
    /// The policies' files, where any is in force.
    pub(crate) policy: Option<String>,
    pub(crate) data: PathBuf,
    pub(crate) secrets: Arc<dyn Secrets>,
    /// The store still has what it was to forget.
    pub(crate) secrets_stay: bool,
    pub(crate) desktop: Arc<dyn Desktop>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) pbx: PbxAccess,
    pub(crate) events: EventsState,
    pub(crate) org: OrgAccess,
    /// Whose word the country of the numbers is, and the country that the PBX shows.
    pub(crate) country_by: CountryBy,
    pub(crate) country_of_pbx: Option<String>,
    /// How many known records hold a text in a phone field that is no number.
    pub(crate) unread_numbers: u64,
    /// How this computer stands to others of the same agent.
    pub(crate) company: Role,
    pub(crate) policy_problem: Option<Problem>,
    pub(crate) disk_problem: Option<Problem>,
    pub(crate) journal_problem: Option<Problem>,
    pub(crate) browser_problem: Option<Problem>,
}

/// Which extension is the user's, looked for anew.
type Bound = Result<(Extension, BindingSource), Problem>;

/// Examines everything.
pub(crate) async fn examine(patient: Patient) -> Vec<CheckRow> {
    let (office, org, computer) = tokio::join!(
        Box::pin(pbx::ask(&patient)),
        Box::pin(salesforce::ask(&patient)),
        Box::pin(desk::ask(&patient)),
    );
    let bound = bound(&patient, &office, &org);
    let mut rows = door::checks(&patient.settings, &office, patient.clock.now().wall);
    rows.extend(extension::checks(&office, bound.as_ref()));
    rows.push(twice::check(&org));
    rows.extend(salesforce::checks(&org));
    rows.extend(org::checks(&patient.settings, &org, patient.unread_numbers));
    rows.extend(desk::checks(&patient, &computer, bound.as_ref()));
    rows
}

/// Looks for the user's extension; `None` where it cannot be known now.
fn bound(patient: &Patient, office: &pbx::Answers, org: &salesforce::Answers) -> Option<Bound> {
    let by_hand = patient.settings.binding.extension.trim();
    if !by_hand.is_empty() {
        let source = if patient.locked.contains(&"binding.extension") {
            BindingSource::Policy
        } else {
            BindingSource::Manual
        };
        return Some(Ok((Extension::new(by_hand), source)));
    }
    let user = org.user.as_ref()?.as_ref().ok()?;
    let extensions = office.extensions.as_ref()?.as_ref().ok()?;
    Some(binding::find(user, extensions))
}
