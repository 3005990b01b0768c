//! What the PBX is asked, with whose client, and within which limits.

use std::{sync::Arc, time::Duration};

use pbx::{
    Client, Error, ExtensionEntry, ExtensionMonitor, ListenerHandle, SystemInformation,
    TrunkMonitor,
};

use super::{LIMIT, Patient};
use crate::{
    controller::{NoClient, client_of, note_refusal},
    problems,
    view::{EventsState, Problem},
};

/// How the doctor gets at the PBX.
pub(crate) enum PbxAccess {
    /// No address is set.
    NotSetUp,
    /// The integration is switched off, and the PBX is left alone.
    SwitchedOff,
    /// The running engine has no client: a person is needed, or it has just started.
    Nobody(Option<Problem>),
    /// The running engine's.
    Running { client: Client, listener: Option<ListenerHandle>, problem: Option<Problem> },
    /// No engine runs: a client for this examination, whose token is given back.
    Brief { store: store::Store },
}

/// What the PBX answered. What was not asked is `None`.
pub(super) struct Answers {
    pub(super) information: Result<SystemInformation, NoAnswer>,
    pub(super) extensions: Option<Result<Vec<ExtensionEntry>, Error>>,
    pub(super) extension_monitors: Option<Result<Vec<ExtensionMonitor>, Error>>,
    pub(super) trunk_monitors: Option<Result<Vec<TrunkMonitor>, Error>>,
    pub(super) events: Option<Result<Duration, Problem>>,
}

/// Why there is no answer.
pub(super) enum NoAnswer {
    NotSetUp,
    SwitchedOff,
    Starting,
    /// Nothing was asked.
    NotAsked(Problem),
    Error(Error),
}

impl From<NoAnswer> for Answers {
    fn from(reason: NoAnswer) -> Self {
        Self {
            information: Err(reason),
            extensions: None,
            extension_monitors: None,
            trunk_monitors: None,
            events: None,
        }
    }
}

/// Asks what the checks need to know: one question first, and the others only where that was answered, so that a
/// refusal is met once.
pub(super) async fn ask(patient: &Patient) -> Answers {
    match &patient.pbx {
        PbxAccess::NotSetUp => NoAnswer::NotSetUp.into(),
        PbxAccess::SwitchedOff => NoAnswer::SwitchedOff.into(),
        PbxAccess::Nobody(None) => NoAnswer::Starting.into(),
        PbxAccess::Nobody(Some(problem)) => NoAnswer::NotAsked(problem.clone()).into(),
        PbxAccess::Running { client, listener, problem } => {
            let events = async {
                match (listener, patient.events, problem) {
                    (Some(_), EventsState::Down, Some(problem)) => Err(problem.clone()),
                    // Down for a moment, and it may be there before the time is over.
                    (Some(listener), ..) => {
                        listener.round_trip(LIMIT).await.map_err(|_| no_heartbeat())
                    }
                    // Nobody is bound yet, so nobody listens.
                    (None, ..) => try_events(client).await,
                }
            };
            questions(client, events).await
        }
        PbxAccess::Brief { store } => brief(patient, store).await,
    }
}

async fn brief(patient: &Patient, store: &store::Store) -> Answers {
    let secrets = Arc::clone(&patient.secrets);
    let client = match client_of(
        &patient.settings,
        patient.by_policy,
        &secrets,
        store,
        patient.clock.clone(),
        &patient.desktop.way(),
    )
    .await
    {
        Ok(client) => client,
        Err(NoClient::Problem(problem)) => return NoAnswer::NotAsked(problem).into(),
        Err(NoClient::Locked) => {
            return NoAnswer::NotAsked(problems::secrets_locked(&*secrets)).into();
        }
    };
    let answers = questions(&client, try_events(&client)).await;
    if let Err(NoAnswer::Error(error)) = &answers.information {
        let noted = note_refusal(store, &patient.settings, patient.by_policy, secrets, error).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "a refusal could not be written down");
        }
    }
    client.revoke().await;
    answers
}

async fn questions(
    client: &Client,
    events: impl Future<Output = Result<Duration, Problem>>,
) -> Answers {
    let information = match within(client.system_information()).await {
        Ok(information) => information,
        Err(error) => return NoAnswer::Error(error).into(),
    };
    let (extensions, extension_monitors, trunk_monitors, events) = tokio::join!(
        within(client.extensions()),
        within(client.extension_monitors()),
        within(client.trunk_monitors()),
        events,
    );
    Answers {
        information: Ok(information),
        extensions: Some(extensions),
        extension_monitors: Some(extension_monitors),
        trunk_monitors: Some(trunk_monitors),
        events: Some(events),
    }
}

async fn within<T>(asking: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(LIMIT, Box::pin(asking)).await.unwrap_or(Err(Error::Timeout))
}

/// Opens an event connection with the token there is.
async fn try_events(client: &Client) -> Result<Duration, Problem> {
    match within(client.try_events()).await {
        Err(Error::Timeout) => Err(no_heartbeat()),
        tried => tried.map_err(|error| no_events(error.to_string())),
    }
}

fn no_events(detail: String) -> Problem {
    problems::of_pbx(&Error::NoEvents { detail })
}

fn no_heartbeat() -> Problem {
    no_events("no answer to a heartbeat".to_owned())
}
