//! A PBX that has stopped us, tried again: by itself where somebody else may have mended it, and for a person who asks.
//!
//! Refused credentials are not among it: each further try may count towards the block of the office's address.

use std::time::Duration;

use pbx::Retry;

use super::News;
use crate::{
    Mode,
    controller::{Controller, Input},
    view::{EventsState, LinkState},
};

/// An address that is not allowed, an API that is off and a certificate that is not trusted are no failed log-ins. An
/// administrator mends them without a word to us, so they are tried again after about so long.
const AGAIN: Duration = Duration::from_secs(600);
/// What that differs by at most, so that an office does not come back at once.
const SPREAD: Duration = Duration::from_secs(120);

/// After a refusal that may be one wrong answer, the PBX is asked again so much later.
const DOUBT: Duration = Duration::from_millis(500);
/// While it goes on refusing, so often.
const REFUSED: Duration = Duration::from_secs(15);

impl Controller {
    /// Notes when the PBX is tried again by itself after this trouble, if it is.
    pub(super) fn try_again_later(&mut self, error: &pbx::Error) {
        use pbx::Error as E;
        let mended_by_others = matches!(
            error,
            E::AddressNotAllowed | E::ApiOff | E::TlsUntrusted { .. } | E::TlsChanged { .. }
        );
        let share = f64::from(rand::random::<u32>()) / f64::from(u32::MAX);
        self.pbx.again_at =
            mended_by_others.then(|| self.clock.now().steady + AGAIN + SPREAD.mul_f64(share));
    }

    /// Returns in how long that is.
    pub(crate) fn again_in(&self, now: Duration) -> Option<Duration> {
        Some(self.pbx.again_at?.saturating_sub(now))
    }

    /// Tries again what is due.
    pub(crate) fn try_pbx_again(&mut self, now: Duration) {
        if self.again_in(now) == Some(Duration::ZERO) {
            tracing::info!("the PBX that had stopped us is tried again");
            self.begin_pbx();
        }
    }

    /// The network is another one: an address may be allowed there, and another certificate be shown.
    pub(crate) fn network_may_open_pbx(&mut self) {
        if self.pbx.again_at.is_some() {
            self.begin_pbx();
        }
    }

    /// Asks the PBX something simple until it answers, or its events are not heard any more: it has refused a question.
    pub(super) fn doubt_pbx(&mut self) {
        let Some(client) = self.pbx.client.clone() else { return };
        if !self.pbx.doubting.is_cancelled() {
            return;
        }
        self.pbx.doubting = self.pbx.cancel.child_token();
        let (inputs, generation) = (self.inputs.clone(), self.pbx.generation);
        let cancel = self.pbx.doubting.clone();
        let asking = async move {
            let mut wait = DOUBT;
            loop {
                tokio::time::sleep(wait).await;
                let news = match client.system_information().await {
                    Ok(_) => News::Answers,
                    Err(error) if error.retry() == Retry::AfterPerson => News::Refuses(error),
                    // It says nothing of refusals; a PBX that is away is not asked all the time.
                    Err(_) => {
                        wait = REFUSED;
                        continue;
                    }
                };
                let over = matches!(news, News::Answers);
                let gone = inputs.send(Input::Pbx(generation, news)).await.is_err();
                if over || gone {
                    return;
                }
                wait = REFUSED;
            }
        };
        self.tasks.spawn(async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = asking => {}
            }
        });
    }

    /// The PBX answers again.
    pub(super) fn pbx_answers(&mut self) {
        self.pbx.doubting.cancel();
        if self.pbx.events != EventsState::Down {
            self.pbx.state = LinkState::Connected;
            self.pbx.problem = None;
            self.pbx.again_at = None;
        }
    }

    /// A person asks for it: whatever pause is on, unless the secret was refused. Says whether there is anything to try.
    pub(crate) fn retry_pbx(&mut self) -> bool {
        let settings = &self.loaded.settings;
        let wanted = self.mode == Mode::Live
            && settings.integration.enabled
            && !settings.pbx.address.is_empty()
            && self.pbx.events == EventsState::Down;
        let refused = self.pbx.problem.as_ref().is_some_and(|problem| {
            ["pbx.credentials_refused", "pbx.address_blocked"].contains(&problem.code.as_str())
        });
        if !wanted || refused {
            return false;
        }
        match (&self.pbx.listener, self.pbx.again_at) {
            (Some(listener), None) => listener.reconnect_now(),
            (Some(_), Some(_)) | (None, _) => self.begin_pbx(),
        }
        true
    }
}
