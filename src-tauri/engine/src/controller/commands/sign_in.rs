//! Signing in to Salesforce in the browser.

use std::{sync::Arc, time::Duration};

use salesforce::{Grant, Session, SignIn};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    command::{Event, Reply},
    controller::{Answer, Controller, Input, salesforce_side},
    problems,
    vaults::SalesforceVault,
    view::{LinkState, Problem, SignInView},
};

/// A sign-in that goes on.
#[derive(Debug, Default)]
pub(crate) struct SignInState {
    /// Counts the attempts: the end of an earlier one is not the end of this one.
    attempt: u64,
    cancel: Option<CancellationToken>,
    pasted: Option<mpsc::Sender<String>>,
    /// What the browser has to come back with, once there is a page for it.
    expected: Option<salesforce::Expected>,
    view: Option<SignInView>,
}

impl SignInState {
    pub(crate) fn cancel(&mut self) {
        if let Some(cancel) = self.cancel.take() {
            cancel.cancel();
        }
        self.pasted = None;
        self.expected = None;
    }
}

/// What a sign-in reports.
pub(crate) enum SignInNews {
    /// The page is ready for the browser.
    Waiting { attempt: u64, url: url::Url, expected: salesforce::Expected, open: bool },
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
    pub(super) fn connect_salesforce(
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
        match salesforce::consumer_key::read(&consumer_key) {
            Ok(key) => key.clone_into(&mut settings.salesforce.consumer_key),
            Err(error) => {
                let _ = answer.send(Err(problems::of_consumer_key(error)));
                return;
            }
        }
        let mut app = match salesforce_side::app(&settings, &self.desktop.way()) {
            Ok(mut app) => {
                app.timeouts.sign_in = self.sign_in_time;
                app
            }
            Err(problem) => {
                let _ = answer.send(Err(problem));
                return;
            }
        };
        let login = self.as_set(
            "salesforce.login",
            &self.loaded.settings.salesforce.login,
            app.login.as_str().to_owned(),
            |text| salesforce::Login::parse(text).ok().map(|login| login.as_str().to_owned()),
        );
        let consumer_key = settings.salesforce.consumer_key;
        let allowed = self.may_change(|settings| {
            settings.salesforce.login.clone_from(&login);
            settings.salesforce.consumer_key.clone_from(&consumer_key);
        });
        if let Err(problem) = allowed {
            let _ = answer.send(Err(problem));
            return;
        }
        self.sign_in.cancel();
        let cancel = self.cancel.child_token();
        let (pasted, received) = mpsc::channel(4);
        let attempt = self.sign_in.attempt + 1;
        self.sign_in = SignInState {
            attempt,
            cancel: Some(cancel.clone()),
            pasted: Some(pasted),
            ..SignInState::default()
        };
        self.show_sign_in(SignInView::Idle);
        let (inputs, desktop) = (self.inputs.clone(), self.desktop.clone());
        self.tasks.spawn(async move {
            // The proxy may have become another one since it was looked for last.
            if let Ok(way) = tokio::task::spawn_blocking(move || desktop.find_way()).await {
                app.proxy = salesforce_side::proxy_of(&way);
            }
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
                    let expected = sign_in.expected();
                    let news = SignInNews::Waiting { attempt, url, expected, open };
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
            SignInNews::Waiting { url, expected, open, .. } => {
                self.sign_in.expected = Some(expected);
                self.show_sign_in(SignInView::Waiting {
                    url: url.to_string(),
                    callbacks: self.loaded.settings.callbacks(),
                    until: crate::civil::utc(self.clock.now().wall.plus(self.sign_in_time)),
                });
                if open {
                    let (desktop, events) = (self.desktop.clone(), self.events.clone());
                    self.tasks.spawn_blocking(move || {
                        let tell = move |detail: &str| {
                            let _ = events.send(Event::Notice(problems::browser_failed(detail)));
                        };
                        let late = tell.clone();
                        let late = Box::new(move || late("its command has ended as failed"));
                        if let Err(detail) = desktop.open(&url, late) {
                            tell(&detail);
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
                        let problem = problems::of_sign_in(&error, &self.desktop.way());
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

    pub(super) fn show_sign_in(&mut self, view: SignInView) {
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
        // Somebody who signs in again is set up all the while.
        self.sales.state = LinkState::Connecting;
        let vault = Arc::new(SalesforceVault::new(self.secrets.clone(), &self.data));
        let (inputs, generation) = (self.inputs.clone(), self.sales.generation);
        let secrets = self.secrets.clone();
        self.show_sign_in(SignInView::Idle);
        self.tasks.spawn(async move {
            // Keeping the refresh token blocks, and comes before anything is done with the session.
            let made = tokio::task::spawn_blocking(move || Session::new(app, grant, vault)).await;
            let made = match made {
                Ok(made) => made.map_err(|error| problems::of_salesforce(&error)),
                Err(_) => Err(problems::secrets_unavailable()),
            };
            let session = match made {
                Ok(session) => session,
                Err(problem) => {
                    let news = salesforce_side::News::SignedOut(Some(problem.clone()));
                    let _ = inputs.send(Input::Salesforce(generation, news)).await;
                    let _ = answer.send(Err(problem));
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
                        secrets: secrets.kind(),
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

    pub(super) fn paste(&mut self, address: String) -> Result<Reply, Problem> {
        let SignInState { pasted: Some(pasted), expected: Some(expected), .. } = &self.sign_in
        else {
            return Err(Problem::new(
                "salesforce.signed_out",
                "No sign-in is waiting.",
                "Start the sign-in again, then paste the new address.",
            ));
        };
        if !expected.accepts(&address) {
            // The attempt goes on: a person may look again.
            return Err(match salesforce::error_page(&address) {
                Some(error) => problems::of_salesforce(&error),
                None => problems::not_this_sign_in(),
            });
        }
        // A full channel holds this address already.
        let _ = pasted.try_send(address);
        Ok(Reply::Done)
    }
}
