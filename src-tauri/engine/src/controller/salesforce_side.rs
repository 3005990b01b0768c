//! Salesforce's side: going on after a restart, who is signed in, looking numbers up.

use std::{sync::Arc, time::Duration};

use domain::{OrgId, UserId};
use salesforce::{App, Login, Retry, Session, Timeouts, User};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    Controller, Input,
    network::{is_of_the_way, rest},
    pbx_side::{BINDING_MARK, is_store_away, jittered},
};
use crate::{
    Mode, VERSION,
    command::Reply,
    index::{Access, Indexed, Wish},
    outbox::Delivered,
    ports::Way,
    problems,
    settings::Settings,
    team::Team,
    vaults::SalesforceVault,
    view::{LinkState, Problem},
};

/// The sign-in is used at least so often, so that it does not lapse after 30 idle days.
const KEEP_ALIVE: Duration = Duration::from_secs(12 * 3_600);

/// The store's mark of what was used of the org's allowance today.
pub(crate) const API_CALLS: &str = "salesforce.calls";

/// What is known about Salesforce's side.
pub(crate) struct SalesforceSide {
    pub(crate) generation: u64,
    pub(crate) state: LinkState,
    pub(crate) problem: Option<Problem>,
    pub(crate) session: Option<Session>,
    pub(crate) user: Option<User>,
    /// The administrator's table, once somebody has opened it.
    pub(crate) team: Option<Arc<Team>>,
    pub(crate) cancel: CancellationToken,
    /// Trouble that an entry met, as opposed to the connection.
    pub(crate) reached: bool,
    /// Salesforce is asked whether it is there again, until this is cancelled.
    pub(crate) knocking: CancellationToken,
}

/// What the tasks of this side report.
pub(crate) enum News {
    /// Nobody is signed in, or it cannot be known.
    SignedOut(Option<Problem>),
    /// The secret store does not answer; it is asked again.
    Locked,
    Session(Session, Option<String>),
    User(Box<User>),
    /// It answers again.
    Answers,
    Team(Arc<Team>),
    /// What this user sees was learnt, as far as Salesforce told: the contact index may begin.
    Learnt,
    Trouble(salesforce::Error),
}

impl Default for SalesforceSide {
    fn default() -> Self {
        Self {
            generation: 0,
            state: LinkState::NotConfigured,
            problem: None,
            session: None,
            user: None,
            team: None,
            cancel: CancellationToken::new(),
            reached: false,
            knocking: ended(),
        }
    }
}

fn ended() -> CancellationToken {
    let token = CancellationToken::new();
    token.cancel();
    token
}

impl SalesforceSide {
    pub(crate) fn org(&self) -> Option<OrgId> {
        self.session.as_ref().map(Session::org)
    }

    pub(crate) fn user_id(&self) -> Option<UserId> {
        self.session.as_ref().map(Session::user_id)
    }
}

/// Puts the registered app together from the settings.
pub(crate) fn app(settings: &Settings, way: &Way) -> Result<App, Problem> {
    let login = Login::parse(&settings.salesforce.login).map_err(|error| {
        Problem::new(
            "salesforce.unreachable",
            format!("The sign-in address cannot be used: {error}."),
            "Write https://login.salesforce.com, https://test.salesforce.com, or your My Domain.",
        )
    })?;
    Ok(App {
        login,
        consumer_key: settings.salesforce.consumer_key.clone(),
        ports: settings.salesforce.callback_ports.clone(),
        version: VERSION.to_owned(),
        timeouts: Timeouts::default(),
        proxy: proxy_of(way),
    })
}

/// Returns the proxy that only this desk can name.
pub(crate) fn proxy_of(way: &Way) -> Option<Url> {
    match way {
        Way::Proxy(proxy) => Some(proxy.clone()),
        Way::Usual | Way::Script(_) => None,
    }
}

impl Controller {
    /// Goes on with the sign-in that was kept.
    pub(crate) fn begin_salesforce(&mut self) {
        self.stop_salesforce();
        if self.loaded.settings.salesforce.consumer_key.is_empty() {
            return;
        }
        self.sales.state = LinkState::Connecting;
        let (settings, secrets, store) =
            (self.loaded.settings.clone(), self.secrets.clone(), self.store.clone());
        let (data, way) = (self.data.clone(), self.desktop.way());
        let (inputs, generation, cancel) =
            (self.inputs.clone(), self.sales.generation, self.sales.cancel.clone());
        self.tasks.spawn(async move {
            let resume = async {
                let told = secrets.clone();
                let vault = Arc::new(SalesforceVault::new(secrets, &data));
                let mut tries = 0;
                let kept = loop {
                    let opening = vault.clone();
                    match tokio::task::spawn_blocking(move || opening.open()).await {
                        Ok(Ok(Some(kept))) => break kept,
                        Ok(Ok(None)) if !is_store_away(&told, &store).await => {
                            return News::SignedOut(None);
                        }
                        // A store that does not answer is not a sign-out: it may be unlocked soon.
                        Ok(Ok(None) | Err(_)) | Err(_) => {
                            let _ = inputs.send(Input::Salesforce(generation, News::Locked)).await;
                        }
                    }
                    tokio::time::sleep(jittered(tries)).await;
                    tries += 1;
                };
                let app = match app(&settings, &way) {
                    Ok(app) => app,
                    Err(problem) => return News::SignedOut(Some(problem)),
                };
                // What an earlier version kept is written anew.
                let resuming =
                    tokio::task::spawn_blocking(move || Session::resume(app, kept, vault));
                match resuming.await {
                    Ok(Ok(session)) => {
                        News::Session(session, store.mark(BINDING_MARK).await.ok().flatten())
                    }
                    Ok(Err(error)) => News::SignedOut(Some(problems::of_salesforce(&error))),
                    Err(_) => News::SignedOut(Some(problems::secrets_unavailable())),
                }
            };
            tokio::select! {
                () = cancel.cancelled() => {}
                news = resume => { let _ = inputs.send(Input::Salesforce(generation, news)).await; }
            }
        });
    }

    /// Lets go of the session; the sign-in stays kept.
    pub(crate) fn stop_salesforce(&mut self) {
        self.sales.cancel.cancel();
        self.sales =
            SalesforceSide { generation: self.sales.generation + 1, ..SalesforceSide::default() };
        self.session_out.send_replace(None);
        self.index_access.send_replace(Access::Nobody);
        self.index = Indexed::default();
    }

    pub(crate) fn salesforce_news(&mut self, news: News) {
        match news {
            News::SignedOut(problem) => {
                self.sales.state = LinkState::SignedOut;
                self.sales.problem = Some(problem.unwrap_or_else(problems::not_signed_in));
            }
            News::Locked => self.sales.problem = Some(problems::secrets_locked(&*self.secrets)),
            News::Session(session, bound) => {
                self.take_session(session);
                if let Some(mark) = bound {
                    self.recall_binding(&mark);
                }
            }
            News::User(user) => {
                self.salesforce_answers();
                self.sales.reached = true;
                self.sales.user = Some(*user);
                if self.index.problem.is_some() {
                    self.hurry_entries();
                }
                self.find_binding();
            }
            News::Answers => self.salesforce_answers(),
            News::Team(team) => self.team_read(team),
            News::Learnt => {
                if let Some(session) = &self.sales.session {
                    self.index_access.send_replace(Access::Open(session.clone()));
                }
            }
            News::Trouble(error) => self.salesforce_trouble(&error),
        }
    }

    /// Takes a session into use: entries of this owner may go out, and the user is asked for.
    pub(crate) fn take_session(&mut self, session: Session) {
        self.sales.session = Some(session.clone());
        if self.sales.state != LinkState::Connected {
            self.sales.state = LinkState::Connecting;
        }
        self.sales.problem = None;
        if self.mode == Mode::Live {
            self.adopt_entries(&session);
        }
        self.session_out.send_replace(Some(session.clone()));
        self.index_access.send_replace(Access::Kept(session.clone()));
        self.read_journal();
        if self.mode == Mode::Files {
            let (store, inputs, owner) =
                (self.store.clone(), self.inputs.clone(), owner_of(&session));
            self.tasks.spawn(async move {
                let known = store.cached(&owner).await.unwrap_or_default();
                let _ = inputs.send(Input::Indexed(Indexed { known, ..Indexed::default() })).await;
            });
            return;
        }
        let (inputs, generation, cancel) =
            (self.inputs.clone(), self.sales.generation, self.sales.cancel.clone());
        let network = self.salesforce_again.subscribe();
        self.tasks.spawn(async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = learn_user(&session, &inputs, generation, network) => {}
            }
        });
    }

    /// Takes in how far the contact index is. For one command, that is the last that there is to know of this side.
    pub(crate) fn indexed(&mut self, index: Indexed) {
        self.index = index;
        if self.mode == Mode::Files && self.sales.session.is_some() {
            self.sales.state = LinkState::Unreachable;
            self.sales.problem = Some(problems::not_running());
        }
    }

    /// Entries that were written while nobody was signed in belong to whoever signs in first.
    fn adopt_entries(&self, session: &Session) {
        let owner = owner_of(session);
        let (inputs, now) = (self.inputs.clone(), self.clock.now().wall);
        self.scribe.write(move |store| async move {
            store.adopt(&owner).await?;
            store.hasten(&owner, &problems::AFTER_SIGN_IN, now).await?;
            let _ = inputs.send(Input::JournalMoved).await;
            Ok(())
        });
    }

    pub(crate) fn salesforce_trouble(&mut self, error: &salesforce::Error) {
        if self.sales.session.is_none() {
            // The answer to a question of a session that was let go meanwhile.
            return;
        }
        if error.is_unreadable() || error.is_failure() {
            // About a record that Doctor names, or about what was asked. Salesforce itself is there.
            return;
        }
        match error.retry() {
            Retry::AfterSignIn => self.sales.state = LinkState::SignedOut,
            Retry::Later { .. } => {
                self.knock(error);
                if is_of_the_way(error) {
                    self.find_way();
                    if self.is_offline_for_salesforce() {
                        // Nothing is wrong with Salesforce, and nobody can do anything here.
                        self.sales.state = LinkState::Connecting;
                        self.sales.problem = None;
                        return;
                    }
                    self.sales.state = LinkState::Unreachable;
                }
            }
            Retry::AfterPerson => {}
            // About one entry; said there.
            Retry::Never => return,
        }
        self.sales.problem = Some(problems::of_way_to_salesforce(error, &self.desktop.way()));
    }

    /// Salesforce is reachable: what waited for it need not wait longer.
    pub(crate) fn salesforce_answers(&mut self) {
        if self.sales.session.is_none() {
            return;
        }
        let was_amiss =
            self.sales.problem.take().is_some() || self.sales.state != LinkState::Connected;
        self.sales.knocking.cancel();
        self.sales.state = LinkState::Connected;
        if was_amiss {
            self.hurry_entries();
        }
    }

    /// What kept entries from being sent is over: those that wait because of it are due now.
    fn hurry_entries(&self) {
        let Some(owner) = self.owner() else { return };
        let (hurry, now) = (self.hurry_outbox.clone(), self.clock.now().wall);
        self.scribe.write(move |store| async move {
            store.hasten(&owner, &problems::AFTER_ANSWER, now).await?;
            hurry.send_modify(|times| *times += 1);
            Ok(())
        });
    }

    pub(crate) fn delivered(&mut self, news: Delivered) {
        match news {
            // A follow-up may have waited for the entry.
            Delivered::Moved => self.journal_has_moved(),
            // Ignored by itself where it is by a session that was let go meanwhile.
            Delivered::Reached => self.salesforce_answers(),
            Delivered::Trouble(error) => self.salesforce_trouble(&error),
            Delivered::Looked(looked) => {
                self.keep(&looked);
                // Made for the call, or not found before it was over.
                self.copy_to_phonebook(&looked.matches);
            }
        }
    }

    pub(crate) fn wish_of_index(&self, wish: Wish) {
        // A full queue says that the index is about to look anyway.
        let _ = self.index_wishes.try_send(wish);
    }

    /// Has the index look for changes, or at everything.
    pub(crate) fn refresh_index(&self, all: bool) -> Result<Reply, Problem> {
        if self.sales.session.is_none() {
            return Err(problems::not_signed_in());
        }
        self.wish_of_index(if all { Wish::SecondLook } else { Wish::Changes });
        Ok(Reply::Done)
    }

    /// Takes in how many requests the session has made.
    pub(crate) fn count_api_calls(&mut self) {
        let Some(session) = &self.sales.session else { return };
        let day = crate::civil::day_start(self.clock.now().wall);
        self.api_calls.take(day, session.usage().calls_made);
    }

    /// Writes the day's count down.
    pub(crate) fn keep_api_calls(&mut self) {
        if let Some(mark) = self.api_calls.unkept() {
            self.scribe
                .write(move |store| async move { store.set_mark(API_CALLS, Some(&mark)).await });
        }
    }

    /// The secret store did not answer, and may do so now. Says whether it is asked.
    fn open_secrets_again(&mut self) -> bool {
        let locked = self.sales.session.is_none()
            && self.sales.problem.as_ref().is_some_and(|one| one.code == "secrets.unavailable");
        if locked {
            self.begin_salesforce();
        }
        locked
    }

    /// Retries entries now, pauses or not.
    pub(crate) fn retry_entries(&mut self, which: Option<String>, answer: super::Answer) {
        let (store, inputs, now) = (self.store.clone(), self.inputs.clone(), self.clock.now().wall);
        let hurry = self.hurry_outbox.clone();
        if let Some(session) = &self.sales.session {
            session.skip_pause();
        }
        let (pbx, salesforce) = (self.retry_pbx(), self.knock_now() || self.open_secrets_again());
        let pbx = self.whose_where_amiss() || pbx;
        self.see_browser();
        self.failures_again();
        self.unverified_is_seen();
        self.lost_notes_are_seen();
        self.sync.again();
        self.tasks.spawn(async move {
            let retried = async {
                let entries = store.retry(which.as_deref(), now).await?;
                Ok::<u64, store::Error>(entries + store.retry_follow_ups(which.as_deref()).await?)
            }
            .await;
            hurry.send_modify(|times| *times += 1);
            let _ = inputs.send(Input::JournalMoved).await;
            let _ = answer.send(match retried {
                Ok(count) => Ok(Reply::Retried { count, pbx, salesforce }),
                Err(error) => Err(Problem::new(
                    "journal.damaged",
                    format!("The journal could not be written: {error}."),
                    "Check the disk, then try again.",
                )),
            });
        });
    }
}

/// Returns whose records and entries a session is about.
pub(crate) fn owner_of(session: &Session) -> store::Owner {
    store::Owner { org: session.org(), user: session.user_id() }
}

async fn learn_user(
    session: &Session,
    inputs: &mpsc::Sender<Input>,
    generation: u64,
    mut network: watch::Receiver<u64>,
) {
    let mut tries = 0;
    loop {
        match session.user().await {
            Ok(user) => {
                let _ =
                    inputs.send(Input::Salesforce(generation, News::User(Box::new(user)))).await;
                break;
            }
            Err(error) => {
                let (retry, by_network) = (error.retry(), is_of_the_way(&error));
                let _ = inputs.send(Input::Salesforce(generation, News::Trouble(error))).await;
                let Retry::Later { after } = retry else { return };
                let wait = after.unwrap_or_default().max(jittered(tries));
                tries += 1;
                if rest(wait, by_network, &mut network).await {
                    // The name servers may be a moment behind the link.
                    tries = 0;
                }
            }
        }
    }
    if let Err(error) = session.warm().await {
        tracing::info!(%error, "the fields of the org could not be learnt ahead");
    }
    let _ = inputs.send(Input::Salesforce(generation, News::Learnt)).await;
    loop {
        tokio::time::sleep(KEEP_ALIVE).await;
        if let Err(error) = session.keep_alive().await {
            let _ = inputs.send(Input::Salesforce(generation, News::Trouble(error))).await;
        }
    }
}
