//! What people and scripts wish.

mod binding;
mod choices;
mod dial_rate;
mod doctor;
mod early;
mod moves;
mod notes;
mod pbx;
mod phone;
mod records;
mod sign_in;
mod team;
mod unread;
mod window;

use std::time::Duration;

use domain::CallId;
use secrecy::SecretString;

pub(crate) use self::{
    dial_rate::DialRate,
    moves::Shown,
    notes::{IDLE as NOTE_IDLE, Matters},
    pbx::{PbxGiven, VerifiedPbx},
    phone::LostDial,
    sign_in::{SignInNews, SignInState},
    window::{Raising, START as WINDOW_START},
};
use super::{Answer, Controller, OFF_SINCE, pbx_side};
use crate::{
    command::{Command, Reply},
    problems,
    settings::Settings,
    view::{Problem, SignInView},
};
use window::window_has_failed;

impl Controller {
    fn obey(&mut self, command: Command, answer: Answer) {
        tracing::debug!(?command, "asked");
        let reply = match command {
            Command::Status => Ok(Reply::Status(Box::new(self.status()))),
            // As they are now, like the status: what is published may be a moment older.
            Command::Settings => Ok(Reply::Settings(Box::new(self.settings_view()))),
            Command::Watch => {
                self.see_links();
                Ok(Reply::Done)
            }
            Command::Calls { limit } => return self.list_calls(limit, answer),
            Command::Dial { number, confirmed } => return self.dial(&number, confirmed, answer),
            Command::Link { uri } => return self.link(&uri, answer),
            Command::ConfirmLink { link } => return self.confirm_link(&link, answer),
            Command::DismissLink { link } => {
                self.dismiss_link(&link);
                Ok(Reply::Done)
            }
            Command::TakeLinks => return self.take_links(answer),
            Command::TestLinks => return self.test_links(answer),
            Command::HangUp { call } => return self.hang_up(call.as_deref(), answer),
            Command::Explain { number } => return self.explain(number, answer),
            Command::Doctor => return self.examine(answer),
            Command::Retry { call } => return self.retry_entries(call, answer),
            Command::Enable => self.enable(),
            Command::Disable => self.disable(),
            Command::Disconnect => return self.disconnect(answer),
            Command::ConnectPbx { address, client_id, secret, pin, country } => {
                let secret = SecretString::from(secret);
                let given = PbxGiven { address, client_id, secret, pin, country };
                return self.connect_pbx(given, answer);
            }
            Command::PbxAddress { address } => pbx_side::options(&address, "")
                .map(|options| Reply::PbxAddress { address: options.address.as_str().to_owned() }),
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
            Command::BindingTable { robots } => return self.binding_table(robots, answer),
            Command::PlanBindings { choices, automatic } => {
                return self.plan_bindings(choices, automatic, answer);
            }
            Command::SaveBindings { changes } => return self.save_bindings(changes, answer),
            Command::TeamFile { choices } => return self.team_file(choices, answer),
            Command::OpenRecord { call, record } => return self.open_record(call, record, answer),
            Command::UndoCreated { call } => return self.undo_created(&call, answer),
            Command::OpenTask { call } => self.open_task(&call),
            Command::Choose { call, record, remember, open } => {
                return self.choose(call, record, remember, open, answer);
            }
            Command::UnreadNumbers => return self.list_unread_numbers(answer),
            Command::RememberedChoices => return self.list_choices(answer),
            Command::ForgetChoice { number } => {
                return self.forget_choice(number.as_deref(), answer);
            }
            Command::FindRecords { text } => return self.find_records(text, answer),
            Command::MoveCall { call, record } => return self.move_call(call, &record, answer),
            Command::Note { call, text, outcome, related, follow_up, save, elsewhere } => {
                let wish = notes::Wish { text, outcome, related, follow_up, save, elsewhere };
                return self.note(call, wish, answer);
            }
            Command::ReadNote { call } => return self.read_note(call, answer),
            Command::Related { call } => return self.related(call, answer),
            Command::Discard { call } => return self.discard(call, answer),
            Command::Restore { call } => return self.restore(call, answer),
            Command::Sync { dry_run, agreed } => return self.sync_now(dry_run, agreed, answer),
            Command::RefreshIndex { all } => self.refresh_index(all),
            Command::PausePops { minutes } => {
                let until =
                    self.clock.now().wall.plus(Duration::from_secs(u64::from(minutes) * 60));
                self.pops_paused_until = (minutes > 0).then_some(until);
                self.policy_changed();
                Ok(Reply::Done)
            }
            Command::SetLanguage { language } => self.set_language(&language),
            Command::ChangeSettings { patch } => self.change_settings(&patch),
            Command::ExportSettings => Ok(Reply::Text(self.loaded.as_policy())),
            Command::TestCall => {
                match &self.test_call {
                    Some(ring) => ring(),
                    None => self.rehearse(),
                }
                Ok(Reply::Done)
            }
            Command::RaiseWindow => return self.raise(answer),
            Command::ShowSettings => {
                self.want_settings();
                return self.raise(answer);
            }
            Command::WindowShown => {
                self.window_is_shown();
                Ok(Reply::Done)
            }
            Command::WindowFailed { next } => {
                window_has_failed(next);
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

    fn sync_now(&mut self, dry_run: bool, agreed: bool, answer: Answer) {
        // What a person asks for is done, whatever else has been put off.
        self.begin_the_rest();
        let report = self.sync.run(dry_run, agreed);
        self.tasks.spawn(async move {
            let reply = report.await.map(|report| Reply::Synced(Box::new(report)));
            let _ = answer.send(reply.map_err(|_| {
                Problem::new(
                    "contacts.sync_ended",
                    "The contact sync was stopped before it was done.",
                    "Run it again; it goes on where it was.",
                )
            }));
        });
    }

    fn enable(&mut self) -> Result<Reply, Problem> {
        if !self.loaded.settings.integration.enabled {
            self.change(|settings| settings.integration.enabled = true)?;
            self.switched_on();
        }
        Ok(Reply::Done)
    }

    fn disable(&mut self) -> Result<Reply, Problem> {
        if self.loaded.settings.integration.enabled {
            self.change(|settings| settings.integration.enabled = false)?;
            self.switched_off();
        }
        Ok(Reply::Done)
    }

    /// Forgets settings and secrets, and gives tokens and links back: without a PBX each link would be refused. Entries stay in
    /// the journal, under their org.
    fn disconnect(&mut self, answer: Answer) {
        let (owner, now) = (self.owner(), self.clock.now().wall);
        let (client, session) = (self.pbx.client.take(), self.sales.session.take());
        self.sign_in.cancel();
        let changed = self.change_own(Settings::forget);
        if let Err(problem) = changed {
            let _ = answer.send(Err(problem));
            return;
        }
        // Before anything is begun anew: a policy may name PBX and org as before.
        self.forgetting.give_up();
        self.country_shown(None);
        self.pbx.serial = None;
        self.pbx.firmware = None;
        self.pbx.binding = pbx_side::Binding::default();
        self.begin_pbx();
        self.begin_salesforce();
        self.calls.clear();
        self.give_links_back();
        let (secrets, store) = (self.secrets.clone(), self.store.clone());
        let (forgetting, way) = (self.forgetting.clone(), self.desktop.way());
        self.tasks.spawn(async move {
            let counts = store.counts(owner.as_ref(), now).await.unwrap_or_default();
            let waiting = counts.waiting + counts.stuck;
            let away = pbx_side::is_store_away(&secrets, &store).await;
            if let Some(client) = client {
                client.revoke().await;
            }
            let mut revoked = session.is_some();
            if let Some(session) = session {
                if let Err(error) = session.revoke().await {
                    tracing::warn!(%error, "Salesforce could not be told of the sign-out");
                }
            } else if !away {
                revoked = forgetting.revoke(&way).await.is_ok();
            }
            let deleting = move || forgetting.delete_all(away, revoked);
            let forgotten = tokio::task::spawn_blocking(deleting).await.unwrap_or(false);
            for mark in pbx_side::MARKS.into_iter().chain([OFF_SINCE]) {
                if let Err(error) = store.set_mark(mark, None).await {
                    tracing::warn!(%error, "a mark could not be forgotten");
                }
            }
            if let Err(error) = store.forget_choices().await {
                tracing::warn!(%error, "the remembered choices could not be forgotten");
            }
            if let Err(error) = store.clear_cache().await {
                tracing::warn!(%error, "the records could not be forgotten");
            }
            let _ = answer.send(match forgotten {
                true => Ok(Reply::Disconnected { waiting }),
                false => Err(problems::secrets_stay()),
            });
        });
    }
}
