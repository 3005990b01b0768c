//! The way to the org: reached, signed in, let into the API, within its budget.

use std::{sync::Arc, time::Duration};

use salesforce::{
    API_VERSION, ActivitySharing, Description, Error, RecentTask, Session, Unread, Usage, User,
};
use tokio::sync::watch;

use super::{LIMIT, Patient, about::About, desk};
use crate::{
    problems,
    view::{
        Problem,
        doctor::{CheckRow, Who},
    },
};

/// How the doctor gets at the org.
pub(crate) enum OrgAccess {
    /// No consumer key is set.
    NotSetUp,
    /// There is no session, and why.
    Nobody(Problem),
    /// A session, or one that is about to be opened.
    Session(watch::Receiver<Option<Session>>),
}

/// What the org answered. What was not asked is `None`.
pub(super) struct Answers {
    /// What kept us from asking, or from asking on.
    pub(super) trouble: Option<Trouble>,
    versions: Option<Vec<String>>,
    pub(super) user: Option<Result<User, Error>>,
    usage: Usage,
    pub(super) seen: Option<Seen>,
}

/// What the user sees of the org.
pub(super) struct Seen {
    pub(super) contact: Described,
    pub(super) lead: Described,
    pub(super) account: Described,
    pub(super) task: Described,
    pub(super) closed_statuses: Result<Option<Vec<String>>, Error>,
    pub(super) recent: Result<Vec<RecentTask>, Error>,
    /// How activities are shared, where that matters and is told.
    pub(super) sharing: Option<ActivitySharing>,
    /// What could not be read since the session began.
    pub(super) unread: Vec<Unread>,
}

/// An object; `None`: the user does not see it at all.
pub(super) type Described = Result<Option<Arc<Description>>, Error>;

/// Why there are no (more) answers.
pub(super) enum Trouble {
    NotSetUp,
    /// What is wrong, and which check says so.
    Told(About, Problem),
}

impl From<Trouble> for Answers {
    fn from(trouble: Trouble) -> Self {
        Self {
            trouble: Some(trouble),
            versions: None,
            user: None,
            usage: Usage::default(),
            seen: None,
        }
    }
}

/// A sign-in that was kept is opened within this time of the start.
const OPENING: Duration = Duration::from_secs(3);

/// Asks what the checks need to know: whether the org is there, who is signed in, and then the rest at once.
pub(super) async fn ask(patient: &Patient) -> Answers {
    let session = match &patient.org {
        OrgAccess::NotSetUp => return Trouble::NotSetUp.into(),
        OrgAccess::Nobody(problem) => {
            return Trouble::Told(rung_of(problem), problem.clone()).into();
        }
        OrgAccess::Session(session) => match opened(session.clone()).await {
            Some(session) => session,
            None => return Trouble::Told(SESSION, problems::not_signed_in()).into(),
        },
    };
    // A person wants to know how it is now, and may have changed the org a moment ago.
    session.skip_pause();
    session.relearn();
    let versions = match within(session.versions()).await {
        Ok(versions) => versions,
        Err(error) => return told(patient, &error).into(),
    };
    let user = within(session.user()).await;
    if let Err(error) = &user {
        return Answers { versions: Some(versions), ..told(patient, error).into() };
    }
    let seen = look(&session).await;
    let usage = session.usage();
    Answers { trouble: None, versions: Some(versions), user: Some(user), usage, seen: Some(seen) }
}

async fn opened(mut session: watch::Receiver<Option<Session>>) -> Option<Session> {
    let opening = tokio::time::timeout(OPENING, session.wait_for(Option::is_some)).await;
    opening.ok()?.ok()?.clone()
}

async fn look(session: &Session) -> Seen {
    use domain::Object;
    let (contact, lead, account, task, closed_statuses, recent) = tokio::join!(
        within(session.describe(Object::Contact)),
        within(session.describe(Object::Lead)),
        within(session.describe(Object::Account)),
        within(session.describe_task()),
        within(session.closed_statuses()),
        within(session.recent_tasks()),
    );
    let sharing = match &task {
        Ok(Some(task)) if !task.has_call_key() => {
            within(session.activity_sharing()).await.ok().flatten()
        }
        Ok(_) | Err(_) => None,
    };
    let unread = session.unread();
    Seen { contact, lead, account, task, closed_statuses, recent, sharing, unread }
}

async fn within<T>(asking: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(LIMIT, Box::pin(asking)).await.unwrap_or(Err(Error::LostAnswer(None)))
}

const REACHABLE: About = About {
    id: "salesforce.reachable",
    matters: "Callers are looked up in Salesforce, and calls are logged there.",
    who: Who::It,
    place: "The network, its proxy and its firewall",
};
const VERSION: About = About {
    id: "salesforce.version",
    matters: "Patchcord speaks one version of the REST API; an org offers it for years.",
    who: Who::SalesforceAdmin,
    place: "A newer Patchcord",
};
pub(super) const SESSION: About = About {
    id: "salesforce.session",
    matters: "Everything in Salesforce is done in your name and with your rights.",
    who: Who::SalesforceAdmin,
    place: "Setup > External Client App Manager > Policies",
};
const API: About = About {
    id: "salesforce.api",
    matters: "Without “API Enabled” no program may ask Salesforce anything in your name.",
    who: Who::SalesforceAdmin,
    place: "Setup > Profiles or Permission Sets > System Permissions > API Enabled",
};
const BUDGET: About = About {
    id: "salesforce.api_budget",
    matters: "All programs of the org share its requests of 24 hours. Without any left, calls wait to be logged.",
    who: Who::SalesforceAdmin,
    place: "Setup > Company Information > API Requests",
};

/// Each stands on those before it.
const LADDER: [About; 5] = [REACHABLE, VERSION, SESSION, API, BUDGET];
/// From this share on, background work rests. Source: salesforce-api.md §10.
const SCARCE_PERCENT: u64 = 80;

/// Returns the checks of the way in.
pub(super) fn checks(answers: &Answers) -> Vec<CheckRow> {
    LADDER
        .into_iter()
        .enumerate()
        .map(|(at, about)| match &answers.trouble {
            Some(Trouble::NotSetUp) => not_set_up(about),
            Some(Trouble::Told(broken, problem)) => {
                let broken_at = LADDER.iter().position(|rung| rung.id == broken.id);
                match broken_at {
                    Some(broken_at) if broken_at == at => about.told(problem),
                    // What stands before was passed, if anything was asked at all.
                    Some(broken_at) if at < broken_at && answers.versions.is_some() => {
                        passed(about, answers)
                    }
                    Some(_) | None => about.after(*broken),
                }
            }
            None => passed(about, answers),
        })
        .collect()
}

impl Answers {
    /// Returns what is said of a check that cannot be made, because the org let us no further.
    pub(super) fn absence(&self, about: About) -> CheckRow {
        match &self.trouble {
            Some(Trouble::NotSetUp) => not_set_up(about),
            Some(Trouble::Told(broken, _)) => about.after(*broken),
            None => about.after(SESSION),
        }
    }
}

fn not_set_up(about: About) -> CheckRow {
    about.skip("Salesforce is not set up.", "Connect Salesforce first.").by(Who::You)
}

fn told(patient: &Patient, error: &Error) -> Trouble {
    let problem = problems::of_way_to_salesforce(error, &patient.desktop.way());
    Trouble::Told(rung_of(&problem), problem)
}

/// Says on which rung a problem stands.
fn rung_of(problem: &Problem) -> About {
    match problem.code.as_str() {
        "salesforce.unreachable" | "salesforce.unexpected_answer" => REACHABLE,
        "salesforce.api_disabled" => API,
        "salesforce.api_limit" => BUDGET,
        "secrets.unavailable" => desk::SECRETS,
        _ => SESSION,
    }
}

fn passed(about: About, answers: &Answers) -> CheckRow {
    match about.id {
        id if id == VERSION.id => version(answers.versions.as_deref().unwrap_or_default()),
        id if id == BUDGET.id => budget(answers.usage),
        id if id == SESSION.id => about.ok("You are signed in, and Salesforce accepts it."),
        id if id == API.id => about.ok("You may use the API."),
        _ => about.ok("Salesforce answers."),
    }
}

fn version(offered: &[String]) -> CheckRow {
    if offered.iter().any(|version| version == API_VERSION) {
        return VERSION.ok(format!("The org offers v{API_VERSION}.")).naming([API_VERSION]);
    }
    VERSION
        .fail(
            format!("The org does not offer v{API_VERSION} of the API (any more)."),
            "Update Patchcord.",
        )
        .naming([API_VERSION])
}

fn budget(usage: Usage) -> CheckRow {
    let Some((used, max)) = usage.org_used.zip(usage.org_max).filter(|(_, max)| *max > 0) else {
        return BUDGET.skip("Salesforce does not tell how much is used.", "Nothing to do.");
    };
    let figures = format!("{used} / {max}");
    let percent = used.saturating_mul(100) / max;
    let found = format!("The org has used {used} of {max} requests within 24 hours ({percent} %).");
    let row = if percent >= SCARCE_PERCENT {
        BUDGET.warn(found, "Find out which program uses so many, or buy more.")
    } else {
        BUDGET.ok(found)
    };
    row.naming([figures])
}
