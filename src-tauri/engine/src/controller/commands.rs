//! What people and scripts wish.

use std::{sync::Arc, time::Duration};

use domain::{CallId, Extension, Party, RecordId, Verdict, number::NotDialable};
use pbx::{Client, Credentials, SystemInformation};
use salesforce::{Grant, Session, SignIn};
use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Answer, Controller, Input, pbx_side, salesforce_side};
use crate::{
    Mode,
    command::{Command, Event, Reply},
    explain, lookup,
    outbox::stored_match,
    ports::SecretName,
    problems,
    vaults::{PbxVault, SalesforceVault},
    view::{ExtensionView, Problem, SecretsKind, SignInView},
};

/// `bind --auto` waits so long for both sides to say who is who.
const BIND_PATIENCE: Duration = Duration::from_secs(12);

/// A PBX that has answered, to be stored.
pub(crate) struct VerifiedPbx {
    address: String,
    client_id: String,
    secret: SecretString,
    pin: Option<String>,
    result: Result<SystemInformation, pbx::Error>,
}

/// A sign-in that goes on.
#[derive(Debug, Default)]
pub(crate) struct SignInState {
    /// Counts the attempts: the end of an earlier one is not the end of this one.
    attempt: u64,
    cancel: Option<CancellationToken>,
    pasted: Option<mpsc::Sender<String>>,
    view: Option<SignInView>,
}

impl SignInState {
    pub(crate) fn cancel(&mut self) {
        if let Some(cancel) = self.cancel.take() {
            cancel.cancel();
        }
        self.pasted = None;
    }
}

/// What a sign-in reports.
pub(crate) enum SignInNews {
    /// The page is ready for the browser.
    Waiting { attempt: u64, url: url::Url, open: bool },
    /// It has ended, one way or the other.
    Done(Box<SignInEnd>),
}

/// How a sign-in ended, and who waits for the answer.
pub(crate) struct SignInEnd {
    attempt: u64,
    login: String,
    consumer_key: String,
    app: salesforce::App,
    result: Result<Grant, salesforce::Error>,
    answer: Answer,
}

impl Controller {
    pub(crate) fn command(&mut self, command: Command, answer: Answer) {
        tracing::debug!(?command, "asked");
        let reply = match command {
            Command::Status => Ok(Reply::Status(Box::new(self.status()))),
            Command::Settings => Ok(self.published_settings()),
            Command::Watch => Ok(Reply::Done),
            Command::Calls { limit } => return self.list_calls(limit, answer),
            Command::Dial { number, confirmed } => return self.dial(&number, confirmed, answer),
            Command::HangUp { call } => return self.hang_up(call.as_deref(), answer),
            Command::Explain { number } => return self.explain(number, answer),
            Command::Retry { call } => return self.retry_entries(call, answer),
            Command::Enable => self.enable(),
            Command::Disable => self.disable(),
            Command::Disconnect => return self.disconnect(answer),
            Command::ConnectPbx { address, client_id, secret, pin } => {
                return self.connect_pbx(
                    address,
                    client_id,
                    SecretString::from(secret),
                    pin,
                    answer,
                );
            }
            Command::PbxCertificate { address } => return self.pbx_certificate(address, answer),
            Command::ConnectSalesforce { login, consumer_key, open_browser } => {
                return self.connect_salesforce(login, consumer_key, open_browser, answer);
            }
            Command::CancelSignIn => {
                self.sign_in.cancel();
                self.show_sign_in(SignInView::Idle);
                Ok(Reply::Done)
            }
            Command::PasteAddress { address } => self.paste(address),
            Command::Bind { extension } => return self.bind(extension, answer),
            Command::Extensions => self.extensions(),
            Command::OpenRecord { call, record } => return self.open_record(call, record, answer),
            Command::OpenTask { call } => self.open_task(&call),
            Command::Choose { call, record, remember } => {
                return self.choose(call, record, remember, answer);
            }
            Command::PausePops { minutes } => {
                let until =
                    self.clock.now().wall.plus(Duration::from_secs(u64::from(minutes) * 60));
                self.pops_paused_until = (minutes > 0).then_some(until);
                self.policy_changed();
                Ok(Reply::Done)
            }
            Command::SetLanguage { language } => {
                self.change(|settings| settings.app.language.clone_from(&language))
            }
            Command::TestCall => match &self.test_call {
                Some(ring) => {
                    ring();
                    Ok(Reply::Done)
                }
                None => Err(Problem::new(
                    "demo.only",
                    "A test call needs the simulated phone system.",
                    "Run `patchcord demo --calls`; it touches neither your PBX nor your org.",
                )),
            },
            Command::RaiseWindow => {
                self.desktop.raise_window();
                let _ = self.events.send(Event::RaiseWindow);
                Ok(Reply::Done)
            }
            Command::Quit => {
                self.desktop.quit();
                Ok(Reply::Done)
            }
        };
        // Whoever asked may have gone.
        let _ = answer.send(reply);
    }

    fn published_settings(&self) -> Reply {
        let published = self.published.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        published.settings.clone().map_or(Reply::Done, Reply::Settings)
    }

    /// Changes the settings, on disk first.
    fn change(
        &mut self,
        change: impl Fn(&mut crate::settings::Settings),
    ) -> Result<Reply, Problem> {
        self.loaded.change(change).map_err(|error| {
            Problem::new(
                "policy.invalid",
                format!("The settings could not be saved: {error}."),
                "Check the disk and the folder's permissions.",
            )
        })?;
        self.settings_out.send_replace(self.loaded.settings.clone());
        Ok(Reply::Done)
    }

    fn list_calls(&self, limit: u32, answer: Answer) {
        let (store, me) = (self.store.clone(), self.owner());
        let now = self.clock.now();
        let live: Vec<_> = self.board.as_ref().map(|board| board.live(now)).unwrap_or_default();
        let states: std::collections::HashMap<CallId, (domain::Phase, Duration)> =
            live.iter().map(|state| (state.id.clone(), (state.phase, state.spoken))).collect();
        self.tasks.spawn(async move {
            let reply = match store.calls(limit as usize, None).await {
                Ok(calls) => Ok(Reply::Calls(
                    calls
                        .iter()
                        .filter(|call| call.finished || states.contains_key(&call.call))
                        .map(|call| crate::present::call_view(call, None, me.as_ref()))
                        .collect(),
                )),
                Err(error) => Err(Problem::new(
                    "journal.damaged",
                    format!("The journal could not be read: {error}."),
                    "Restart Patchcord; a damaged journal is put aside and rebuilt.",
                )),
            };
            let _ = answer.send(reply);
        });
    }

    // ---- calls

    fn dial(&mut self, number: &str, confirmed: bool, answer: Answer) {
        let plan = self.loaded.settings.dial_plan();
        let (party, dialled) = match plan.dial(number) {
            Ok(dial) => dial,
            Err(reason) => {
                let _ = answer.send(Err(not_dialable(reason)));
                return;
            }
        };
        let (Some(client), Some((extension, _))) =
            (self.pbx.client.clone(), self.pbx.binding.found.clone())
        else {
            let problem = if self.pbx.client.is_none() {
                problems::not_connected_to_pbx()
            } else {
                problems::nobody_bound()
            };
            let _ = answer.send(Err(problem));
            return;
        };
        if party == Party::Extension(extension.clone()) {
            let _ = answer.send(Err(Problem::new(
                "dial.own_extension",
                "This is your own extension.",
                "Enter another number.",
            )));
            return;
        }
        if !confirmed {
            let country = party.number().and_then(domain::PhoneNumber::country);
            let shown = crate::present::number_shown(Some(&party)).unwrap_or_default();
            let _ = answer.send(Ok(Reply::ConfirmDial { shown, country }));
            return;
        }
        let inputs = self.inputs.clone();
        self.tasks.spawn(async move {
            let result = client.dial(&extension, &dialled).await;
            let _ = inputs.send(Input::Dialled { party, dialled, result, answer }).await;
        });
    }

    pub(crate) fn dialled(
        &mut self,
        party: Party,
        dialled: String,
        result: Result<CallId, pbx::Error>,
        answer: Answer,
    ) {
        match result {
            Ok(call) => {
                self.watch_dial(call.clone());
                self.feed(domain::Input::Dialled { call: call.clone(), party });
                self.say_early_failure(&call);
                let _ = answer.send(Ok(Reply::Dialled { call: call.to_string(), dialled }));
            }
            Err(error) => {
                self.heed(&error);
                let _ = answer.send(Err(problems::of_pbx(&error)));
            }
        }
    }

    fn hang_up(&self, call: Option<&str>, answer: Answer) {
        let now = self.clock.now();
        let live = self.board.as_ref().map(|board| board.live(now)).unwrap_or_default();
        let chosen = match call {
            Some(id) => live.iter().find(|state| state.id.as_str() == id),
            // The one that is spoken on, else the newest.
            None => live.iter().find(|state| state.phase == domain::Phase::Talking).or(live.last()),
        };
        let (Some(channel), Some(client)) =
            (chosen.and_then(|state| state.channel).cloned(), self.pbx.client.clone())
        else {
            let _ = answer.send(Err(Problem::new(
                "call.none",
                "There is no call to end.",
                "Nothing to do.",
            )));
            return;
        };
        self.tasks.spawn(async move {
            let ended = client.hang_up(&channel).await;
            let _ =
                answer.send(ended.map(|()| Reply::Done).map_err(|error| problems::of_pbx(&error)));
        });
    }

    fn explain(&self, input: String, answer: Answer) {
        let settings = self.loaded.settings.clone();
        let plan = settings.dial_plan();
        let party = plan.read(&input);
        let session = self.sales.session.clone();
        let (store, now) = (self.store.clone(), self.clock.now().wall);
        self.tasks.spawn(async move {
            let mut searched = Vec::new();
            let mut matches = domain::Matches::default();
            if let (Some(number), Some(session)) = (party.number(), &session) {
                let org = session.org();
                let chosen = store.choice(&org, number).await.ok().flatten();
                let known = store.find_now(&org, number).unwrap_or_default();
                let me = session.user_id();
                matches =
                    lookup::rank(known, number, &plan, Some(&me), chosen.clone(), "local index");
                searched.push(("local index".to_owned(), matches.candidates.len()));
                if matches.candidates.is_empty() {
                    match lookup::at_salesforce(session, &plan, number, chosen).await {
                        Ok(looked) => {
                            searched.extend(
                                looked
                                    .searched
                                    .iter()
                                    .map(|(place, found)| ((*place).to_owned(), *found)),
                            );
                            matches = looked.matches;
                        }
                        Err(error) => {
                            let _ = answer.send(Err(problems::of_salesforce(&error)));
                            return;
                        }
                    }
                }
            } else if party.number().is_some() {
                searched.push(("local index".to_owned(), 0));
            }
            let instance = session.map(|session| session.instance());
            let explained = explain::explain(
                &input,
                &party,
                &matches,
                searched,
                &settings,
                instance.as_ref(),
                now,
            );
            let _ = answer.send(Ok(Reply::Explain(Box::new(explained))));
        });
    }

    fn open_record(&mut self, call: String, record: Option<String>, answer: Answer) {
        let Some(session) = self.sales.session.clone() else {
            let _ = answer.send(Err(problems::not_signed_in()));
            return;
        };
        let now = self.clock.now();
        let id = CallId::new(&call);
        let live = self
            .board
            .as_ref()
            .and_then(|board| board.call(&id, now))
            .and_then(|state| state.matches.cloned());
        // Without a wish: the one that a person chose, or the only one. Something that is no id is a wish for nothing.
        let chosen = self.besides.get(&id).and_then(|besides| besides.chosen.clone());
        let named = record.or(chosen);
        let wanted = named.as_deref().and_then(RecordId::parse);
        if named.is_some() && wanted.is_none() {
            let _ = answer.send(Err(no_record()));
            return;
        }
        let from_live = live.as_ref().and_then(|matches| match (&wanted, matches.verdict()) {
            (Some(wanted), _) => {
                matches.candidates.iter().find(|candidate| candidate.record.id == *wanted)
            }
            (None, Verdict::One(candidate)) => Some(candidate),
            (None, Verdict::Several(_) | Verdict::Nobody) => None,
        });
        let found = from_live.map(|candidate| candidate.record.reference()).or_else(|| {
            let stored = self
                .calls
                .iter()
                .find(|stored| stored.call == id)?
                .matches
                .as_ref()?
                .record
                .clone()?;
            (wanted.is_none() || wanted.as_ref() == Some(&stored.id)).then_some(stored)
        });
        let reply = match found {
            Some(found) => {
                self.open(id, session.instance().record_url(found.object, &found.id));
                Ok(Reply::Done)
            }
            None => Err(no_record()),
        };
        let _ = answer.send(reply);
    }

    fn open_task(&mut self, call: &str) -> Result<Reply, Problem> {
        let Some(session) = self.sales.session.clone() else {
            return Err(problems::not_signed_in());
        };
        let task = self
            .calls
            .iter()
            .find(|stored| stored.call.as_str() == call)
            .and_then(|stored| stored.delivery.as_ref())
            .and_then(|delivery| delivery.task.clone());
        match task {
            Some(task) => {
                self.open(CallId::new(call), session.instance().task_url(&task));
                Ok(Reply::Done)
            }
            None => Err(Problem::new(
                "call.no_task",
                "This call is not in Salesforce yet.",
                "Wait until it is logged, or retry it.",
            )),
        }
    }

    /// A person says whose call it is: kept for this call, and for the number when they wish so.
    fn choose(&mut self, call: String, record: String, remember: bool, answer: Answer) {
        let now = self.clock.now();
        let id = CallId::new(&call);
        let Some(wanted) = RecordId::parse(&record) else {
            let _ = answer.send(Err(Problem::new(
                "call.no_record",
                "This is not a record.",
                "Choose one of the list.",
            )));
            return;
        };
        let live = self
            .board
            .as_ref()
            .and_then(|board| board.call(&id, now))
            .and_then(|state| state.matches.cloned());
        let number = self
            .calls
            .iter()
            .find(|stored| stored.call == id)
            .and_then(|stored| stored.party.as_ref())
            .and_then(Party::number)
            .cloned();
        let (Some(session), Some(number), Some(desk)) =
            (self.sales.session.clone(), number, self.desk.clone())
        else {
            let _ = answer.send(Err(Problem::new(
                "call.no_record",
                "This call has no number that records could have.",
                "Nothing to choose.",
            )));
            return;
        };
        // Only a choice among the caller's records shows on the card; any other is refused below.
        let among_them = live.as_ref().is_some_and(|matches| {
            matches.candidates.iter().any(|candidate| candidate.record.id == wanted)
        });
        if among_them {
            self.besides.entry(id.clone()).or_default().chosen = Some(wanted.to_string());
        }
        let plan = self.loaded.settings.dial_plan();
        let (store, inputs) = (self.store.clone(), self.inputs.clone());
        self.tasks.spawn(async move {
            let org = session.org();
            let matches = match live {
                Some(matches) => Ok(matches),
                None => lookup::at_salesforce(&session, &plan, &number, None)
                    .await
                    .map(|looked| looked.matches),
            };
            let outcome = match matches {
                Ok(matches) => {
                    let records =
                        matches.candidates.into_iter().map(|candidate| candidate.record).collect();
                    let me = session.user_id();
                    let chosen = lookup::rank(
                        records,
                        &number,
                        &plan,
                        Some(&me),
                        Some(wanted.clone()),
                        &matches.found_in,
                    );
                    if chosen.remembered.is_none() {
                        Err(Problem::new(
                            "call.no_record",
                            "This record does not have the caller's number.",
                            "Choose one of the list.",
                        ))
                    } else {
                        let mut kept = stored_match(&chosen);
                        "chosen by you".clone_into(&mut kept.why);
                        let mut written = store.set_match(&desk, &id, kept).await;
                        if remember && written.is_ok() {
                            written = store.remember_choice(&org, &number, &wanted).await;
                        }
                        let _ = inputs.send(Input::JournalMoved).await;
                        written.map(|()| Reply::Done).map_err(|error| {
                            Problem::new(
                                "journal.damaged",
                                format!("The choice could not be kept: {error}."),
                                "Check the disk, then try again.",
                            )
                        })
                    }
                }
                Err(error) => Err(problems::of_salesforce(&error)),
            };
            let _ = answer.send(outcome);
        });
    }

    // ---- on, off, away

    fn enable(&mut self) -> Result<Reply, Problem> {
        if self.loaded.settings.integration.enabled {
            return Ok(Reply::Done);
        }
        self.change(|settings| settings.integration.enabled = true)?;
        // What happened while it was off is not caught up: the next connection begins anew, also after a restart.
        self.anew = true;
        self.scribe.write(|store| async move { store.set_mark(pbx_side::ANEW, Some("1")).await });
        self.begin_pbx();
        if self.sales.session.is_none() {
            self.begin_salesforce();
        }
        self.journal_has_moved();
        Ok(Reply::Done)
    }

    fn disable(&mut self) -> Result<Reply, Problem> {
        self.change(|settings| settings.integration.enabled = false)?;
        let client = self.pbx.client.take();
        self.begin_pbx();
        self.tasks.spawn(async move {
            if let Some(client) = client {
                client.revoke().await;
            }
        });
        Ok(Reply::Done)
    }

    /// Forgets settings and secrets, and gives tokens back. Entries stay in the journal, under their org.
    fn disconnect(&mut self, answer: Answer) {
        let (owner, now) = (self.owner(), self.clock.now().wall);
        let (client, session) = (self.pbx.client.take(), self.sales.session.take());
        self.sign_in.cancel();
        let changed = self.change(|settings| {
            settings.pbx = crate::settings::PbxSettings::default();
            settings.salesforce = crate::settings::SalesforceSettings {
                callback_ports: settings.salesforce.callback_ports.clone(),
                ..crate::settings::SalesforceSettings::default()
            };
            settings.binding = crate::settings::BindingSettings::default();
            settings.integration.enabled = true;
        });
        if let Err(problem) = changed {
            let _ = answer.send(Err(problem));
            return;
        }
        self.pbx.serial = None;
        self.pbx.firmware = None;
        self.pbx.binding = pbx_side::Binding::default();
        self.begin_pbx();
        self.begin_salesforce();
        self.calls.clear();
        let (secrets, store) = (self.secrets.clone(), self.store.clone());
        self.tasks.spawn(async move {
            let counts = store.counts(owner.as_ref(), now).await.unwrap_or_default();
            let waiting = counts.waiting + counts.stuck;
            if let Some(client) = client {
                client.revoke().await;
            }
            if let Some(session) = session
                && let Err(error) = session.revoke().await
            {
                tracing::warn!(%error, "Salesforce could not be told of the sign-out");
            }
            let forgotten = tokio::task::spawn_blocking(move || {
                SecretName::ALL.into_iter().try_for_each(|name| secrets.delete(name))
            })
            .await;
            for mark in pbx_side::MARKS {
                if let Err(error) = store.set_mark(mark, None).await {
                    tracing::warn!(%error, "a mark could not be forgotten");
                }
            }
            if let Err(error) = store.clear_cache().await {
                tracing::warn!(%error, "the records could not be forgotten");
            }
            let _ = answer.send(match forgotten {
                Ok(Ok(())) => Ok(Reply::Disconnected { waiting }),
                Ok(Err(_)) | Err(_) => Err(Problem::new(
                    "secrets.unavailable",
                    "Settings were forgotten and tokens revoked, but the secret store did not delete the entries.",
                    "Unlock the keyring and delete the entries named Patchcord.",
                )),
            });
        });
    }

    // ---- connecting

    fn may_keep_secrets(&self) -> Result<(), Problem> {
        if self.mode == Mode::Files && self.secrets.kind() == SecretsKind::Session {
            return Err(Problem::new(
                "secrets.unavailable",
                "There is no secret store, so a secret would be forgotten as soon as this command ends.",
                "Start Patchcord first (`patchcord run --headless`, or the app), then connect while it runs.",
            ));
        }
        Ok(())
    }

    fn connect_pbx(
        &self,
        address: String,
        client_id: String,
        secret: SecretString,
        pin: Option<String>,
        answer: Answer,
    ) {
        let checked = self.may_keep_secrets().and_then(|()| {
            if client_id.trim().is_empty()
                || secrecy::ExposeSecret::expose_secret(&secret).trim().is_empty()
            {
                return Err(Problem::new(
                    "pbx.credentials_refused",
                    "The client ID or the client secret is empty.",
                    "Copy both from the PBX (Integrations > API).",
                ));
            }
            pbx_side::options(&address, pin.as_deref().unwrap_or_default())
        });
        let options = match checked {
            Ok(options) => options,
            Err(problem) => {
                let _ = answer.send(Err(problem));
                return;
            }
        };
        let address = options.address.as_str().to_owned();
        let inputs = self.inputs.clone();
        let client_id = client_id.trim().to_owned();
        let credentials = Credentials { client_id: client_id.clone(), secret: secret.clone() };
        let vault = Arc::new(Fresh::new(PbxVault(self.secrets.clone())));
        let store = self.store.clone();
        self.tasks.spawn(async move {
            let client = Client::new(options, credentials, vault.clone());
            let result = match &client {
                Ok(client) => client.system_information().await,
                Err(error) => Err(error.clone()),
            };
            match (&result, &client) {
                (Ok(_), _) => {
                    // The token that proved it is the one that goes on being used.
                    let _ = tokio::task::spawn_blocking(move || vault.keep()).await;
                    // Before the new start reads it.
                    if let Err(error) = store.set_mark(pbx_side::REFUSED, None).await {
                        tracing::warn!(%error, "a refusal could not be forgotten");
                    }
                }
                // A token that was given for nothing is one of eight.
                (Err(_), Ok(client)) => client.revoke().await,
                (Err(_), Err(_)) => {}
            }
            let verified = VerifiedPbx { address, client_id, secret, pin, result };
            let _ = inputs.send(Input::Verified(Box::new(verified), answer)).await;
        });
    }

    pub(crate) fn pbx_verified(&mut self, verified: VerifiedPbx, answer: Answer) {
        let VerifiedPbx { address, client_id, secret, pin, result } = verified;
        let info = match result {
            Ok(info) => info,
            Err(error) => {
                // Nothing is changed; what was connected goes on.
                let _ = answer.send(Err(problems::of_connecting_pbx(&error, &address)));
                return;
            }
        };
        let stored = self.secrets.set(SecretName::PbxSecret, &secret);
        if let Err(reason) = stored {
            tracing::warn!(%reason, "the PBX's secret could not be kept");
            let _ = answer.send(Err(problems::secrets_unavailable()));
            return;
        }
        let changed = self.change(|settings| {
            settings.pbx.address.clone_from(&address);
            settings.pbx.client_id.clone_from(&client_id);
            settings.pbx.certificate_sha256 = pin.clone().unwrap_or_default();
        });
        if let Err(problem) = changed {
            let _ = answer.send(Err(problem));
            return;
        }
        let reply = Reply::PbxConnected {
            serial: info.serial.to_string(),
            firmware: info.firmware.clone(),
        };
        let old = self.pbx.client.take();
        self.begin_pbx();
        self.tasks.spawn(async move {
            if let Some(old) = old {
                old.give_back().await;
            }
            let _ = answer.send(Ok(reply));
        });
    }

    fn pbx_certificate(&self, address: String, answer: Answer) {
        let options = match pbx_side::options(&address, "") {
            Ok(options) => options,
            Err(problem) => {
                let _ = answer.send(Err(problem));
                return;
            }
        };
        self.tasks.spawn(async move {
            let shown = pbx::presented_certificate(&options.address).await;
            let _ = answer.send(match shown {
                Ok(print) => Ok(Reply::Certificate { sha256: print.to_string(), trusted: false }),
                Err(error) => Err(problems::of_pbx(&error)),
            });
        });
    }

    fn connect_salesforce(
        &mut self,
        login: String,
        consumer_key: String,
        open: bool,
        answer: Answer,
    ) {
        if let Err(problem) = self.may_keep_secrets() {
            let _ = answer.send(Err(problem));
            return;
        }
        let mut settings = self.loaded.settings.clone();
        settings.salesforce.login.clone_from(&login);
        consumer_key.trim().clone_into(&mut settings.salesforce.consumer_key);
        if settings.salesforce.consumer_key.is_empty() {
            let _ = answer.send(Err(Problem::new(
                "salesforce.wrong_key",
                "The consumer key is empty.",
                "Copy it from the External Client App's OAuth settings.",
            )));
            return;
        }
        let app = match salesforce_side::app(&settings) {
            Ok(app) => app,
            Err(problem) => {
                let _ = answer.send(Err(problem));
                return;
            }
        };
        self.sign_in.cancel();
        let cancel = self.cancel.child_token();
        let (pasted, received) = mpsc::channel(4);
        let attempt = self.sign_in.attempt + 1;
        self.sign_in =
            SignInState { attempt, cancel: Some(cancel.clone()), pasted: Some(pasted), view: None };
        self.show_sign_in(SignInView::Idle);
        let inputs = self.inputs.clone();
        let login = app.login.as_str().to_owned();
        let consumer_key = settings.salesforce.consumer_key;
        self.tasks.spawn(async move {
            let mut begun = SignIn::begin(&app).await;
            // An attempt that was just replaced is still closing its door.
            for _ in 0..10 {
                if !matches!(begun, Err(salesforce::Error::PortsBusy { .. })) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
                begun = SignIn::begin(&app).await;
            }
            let result = match begun {
                Ok(sign_in) => {
                    let url = sign_in.authorize_url().clone();
                    let news = SignInNews::Waiting { attempt, url, open };
                    let _ = inputs.send(Input::SignIn(news)).await;
                    sign_in.finish(received, cancel).await
                }
                Err(error) => Err(error),
            };
            let news = SignInNews::Done(Box::new(SignInEnd {
                attempt,
                login,
                consumer_key,
                app,
                result,
                answer,
            }));
            let _ = inputs.send(Input::SignIn(news)).await;
        });
    }

    pub(crate) fn sign_in_news(&mut self, news: SignInNews) {
        match news {
            // An attempt that was replaced has nothing more to show.
            SignInNews::Waiting { attempt, .. } if attempt != self.sign_in.attempt => {}
            SignInNews::Waiting { url, open, .. } => {
                self.show_sign_in(SignInView::Waiting {
                    url: url.to_string(),
                    callbacks: self.loaded.settings.callbacks(),
                });
                if open {
                    let (desktop, events) = (self.desktop.clone(), self.events.clone());
                    self.tasks.spawn_blocking(move || {
                        if let Err(detail) = desktop.open(&url) {
                            let _ = events.send(Event::Notice(problems::browser_failed(&detail)));
                        }
                    });
                }
            }
            SignInNews::Done(end) => {
                let SignInEnd { attempt, login, consumer_key, app, result, answer } = *end;
                let replaced = attempt != self.sign_in.attempt;
                if !replaced {
                    self.sign_in.cancel();
                }
                match result {
                    Ok(grant) => self.signed_in(login, consumer_key, app, grant, answer),
                    Err(error) => {
                        let problem = problems::of_salesforce(&error);
                        let view = if matches!(error, salesforce::Error::Cancelled) {
                            SignInView::Idle
                        } else {
                            SignInView::Failed { problem: problem.clone() }
                        };
                        if !replaced {
                            self.show_sign_in(view);
                        }
                        let _ = answer.send(Err(problem));
                    }
                }
            }
        }
    }

    fn show_sign_in(&mut self, view: SignInView) {
        self.sign_in.view = Some(view.clone());
        let mut published =
            self.published.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        published.sign_in = Some(view.clone());
        drop(published);
        let _ = self.events.send(Event::SignIn(view));
    }

    fn signed_in(
        &mut self,
        login: String,
        consumer_key: String,
        app: salesforce::App,
        grant: Grant,
        answer: Answer,
    ) {
        let changed = self.change(|settings| {
            settings.salesforce.login.clone_from(&login);
            settings.salesforce.consumer_key.clone_from(&consumer_key);
        });
        if let Err(problem) = changed {
            let _ = answer.send(Err(problem));
            return;
        }
        let old = self.sales.session.take();
        self.stop_salesforce();
        let vault = Arc::new(SalesforceVault::new(self.secrets.clone(), &self.data));
        let (inputs, generation) = (self.inputs.clone(), self.sales.generation);
        self.show_sign_in(SignInView::Idle);
        self.tasks.spawn(async move {
            // Keeping the refresh token blocks, and comes before anything is done with the session.
            let made = tokio::task::spawn_blocking(move || Session::new(app, grant, vault)).await;
            let session = match made {
                Ok(Ok(session)) => session,
                Ok(Err(error)) => {
                    let _ = answer.send(Err(problems::of_salesforce(&error)));
                    return;
                }
                Err(_) => {
                    let _ = answer.send(Err(problems::secrets_unavailable()));
                    return;
                }
            };
            let _ = inputs
                .send(Input::Salesforce(
                    generation,
                    salesforce_side::News::Session(session.clone(), None),
                ))
                .await;
            drop(old);
            let reply = match session.user().await {
                Ok(user) => {
                    let reply = Reply::SalesforceConnected {
                        user: user.name.clone(),
                        username: user.username.clone(),
                        org_id: session.org().to_string(),
                    };
                    // Before the answer: whoever asks for the state next finds it so.
                    let news = salesforce_side::News::User(Box::new(user));
                    let _ = inputs.send(Input::Salesforce(generation, news)).await;
                    Ok(reply)
                }
                Err(error) => Err(problems::of_salesforce(&error)),
            };
            let _ = answer.send(reply);
        });
    }

    fn paste(&mut self, address: String) -> Result<Reply, Problem> {
        let taken =
            self.sign_in.pasted.as_ref().is_some_and(|pasted| pasted.try_send(address).is_ok());
        if taken {
            Ok(Reply::Done)
        } else {
            Err(Problem::new(
                "salesforce.signed_out",
                "No sign-in is waiting.",
                "Start the sign-in again, then paste the new address.",
            ))
        }
    }

    // ---- binding

    fn bind(&mut self, extension: Option<String>, answer: Answer) {
        match extension {
            Some(text) => {
                let number = text.trim().to_owned();
                let known = self.pbx.extensions.is_empty()
                    || self.pbx.extensions.iter().any(|entry| entry.number.as_str() == number);
                let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
                if self.loaded.locked.iter().any(|key| key == "binding.extension") {
                    let _ = answer.send(Err(Problem::new(
                        "binding.none",
                        "Your administrator's policy sets the extension.",
                        "Ask your administrator to change it.",
                    )));
                    return;
                }
                if !known || !digits {
                    let _ = answer.send(Err(Problem::new(
                        "pbx.extension_gone",
                        format!("The PBX has no extension {number}."),
                        "Choose one of the PBX's extensions.",
                    )));
                    return;
                }
                let reply = self.change(|settings| settings.binding.extension.clone_from(&number));
                self.find_binding();
                let _ = answer.send(reply.map(|_| Reply::Bound { extension: number }));
            }
            None => {
                if let Err(problem) = self.change(|settings| settings.binding.extension.clear()) {
                    let _ = answer.send(Err(problem));
                    return;
                }
                self.pbx.binding = pbx_side::Binding::default();
                // Both sides may have been connected a moment ago, and are still telling who is who.
                self.bind_waits.push(answer);
                self.find_binding();
                let inputs = self.inputs.clone();
                self.tasks.spawn(async move {
                    tokio::time::sleep(BIND_PATIENCE).await;
                    let _ = inputs.send(Input::BindPatience).await;
                });
            }
        }
    }

    /// Answers whoever waits for the binding.
    pub(crate) fn answer_binders(&mut self, found: &Result<Extension, Problem>) {
        for answer in self.bind_waits.drain(..) {
            let reply =
                found.clone().map(|extension| Reply::Bound { extension: extension.to_string() });
            let _ = answer.send(reply);
        }
    }

    pub(crate) fn bind_is_late(&mut self) {
        self.answer_binders(&Err(Problem::new(
            "binding.none",
            "Your extension is looked up as soon as both sides are connected.",
            "Connect the PBX and Salesforce first.",
        )));
    }

    fn extensions(&self) -> Result<Reply, Problem> {
        if self.pbx.extensions.is_empty() {
            return Err(problems::not_connected_to_pbx());
        }
        Ok(Reply::Extensions(
            self.pbx
                .extensions
                .iter()
                .map(|entry| ExtensionView {
                    number: entry.number.to_string(),
                    name: entry.name.clone(),
                    online: entry.any_phone_online,
                })
                .collect(),
        ))
    }
}

fn no_record() -> Problem {
    Problem::new(
        "call.no_record",
        "No record is known for this call.",
        "Search for the person in Salesforce.",
    )
}

fn not_dialable(reason: NotDialable) -> Problem {
    match reason {
        NotDialable::NotANumber => Problem::new(
            "dial.not_a_number",
            "This is not a telephone number.",
            "Enter a number or an extension.",
        ),
        NotDialable::ServiceCode => Problem::new(
            "dial.service_code",
            "Service codes and pauses (* # ,) are not dialled from here, because they can forward or bill calls unseen.",
            "Dial the code on the phone.",
        ),
        NotDialable::Blocked => Problem::new(
            "dial.blocked",
            "This number is on the list of numbers that are never dialled.",
            "Ask your administrator, or change dial.blocked in the settings.",
        ),
    }
}

/// Tokens of a client that is being verified: nothing stored is touched until it has worked.
#[derive(Debug)]
struct Fresh {
    vault: PbxVault,
    tokens: std::sync::Mutex<Option<pbx::Tokens>>,
}

impl Fresh {
    fn new(vault: PbxVault) -> Self {
        Self { vault, tokens: std::sync::Mutex::new(None) }
    }

    fn keep(&self) {
        let tokens = self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        pbx::Vault::save(&self.vault, tokens.as_ref());
    }
}

impl pbx::Vault for Fresh {
    fn load(&self) -> Option<pbx::Tokens> {
        self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn save(&self, tokens: Option<&pbx::Tokens>) {
        *self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = tokens.cloned();
    }
}
