//! The network has changed: what waited because of it need not wait longer.
//!
//! Only waits that the network may have caused end. What was refused, paused by the other side or switched off stays as
//! it is, so a flapping link costs a bounded number of connections, and no log-in.

use std::time::Duration;

use pbx::Address;
use salesforce::{Retry, Session};
use tokio::sync::watch;
use url::Url;

use super::{
    Controller, Input,
    salesforce_side::{News, owner_of},
};
use crate::{
    problems,
    settings::Settings,
    view::{CardState, LinkState, LiveCard},
};

/// What an office's PBX is asked to take in a second when it has cut all desktops off at once. Eight a second keep a
/// tenth of two hundred apart by far (faults.md B6), and offices of a handful notice nothing.
const EACH: Duration = Duration::from_millis(125);
/// The longest that somebody without a call waits to hear again.
const LONGEST: Duration = Duration::from_secs(25);

/// How often Salesforce is asked whether it is there again, where nothing else does. Source: faults.md E5.
const KNOCK: Duration = Duration::from_secs(60);
/// So much later where entries wait: the first of them finds out as well, within its own wait, and the question is saved.
const BEHIND_ENTRIES: Duration = Duration::from_secs(30);
/// The same where a person has asked for all that waits to be tried.
const BEHIND_ENTRIES_NOW: Duration = Duration::from_secs(3);

impl Controller {
    pub(crate) fn network_changed(&mut self) {
        tracing::info!(there = self.network.news.borrow().there, "the network has changed");
        if let Some(listener) = &self.pbx.listener {
            listener.network_changed();
        }
        self.network_may_open_pbx();
        self.find_way();
        if self.sales.state != LinkState::Connected {
            self.salesforce_may_be_back();
        }
    }

    /// The way to Salesforce is another one: what has waited because of it goes out now.
    pub(super) fn salesforce_may_be_back(&mut self) {
        let Some(session) = &self.sales.session else { return };
        session.network_changed();
        self.salesforce_again.send_modify(|times| *times += 1);
        let (owner, now) = (owner_of(session), self.clock.now().wall);
        let hurry = self.hurry_outbox.clone();
        self.scribe.write(move |store| async move {
            store.hasten(&owner, &problems::AFTER_NETWORK, now).await?;
            hurry.send_modify(|times| *times += 1);
            Ok(())
        });
    }

    /// Says whether trouble with the PBX is that this computer has no way to it at all: nobody needs to be told, and
    /// nothing needs to be done.
    pub(crate) fn is_offline_for_pbx(&self) -> bool {
        self.is_offline(|settings| Some(Address::parse(&settings.pbx.address).ok()?.host()))
    }

    pub(crate) fn is_offline_for_salesforce(&self) -> bool {
        let host = |login: &str| Some(Url::parse(login).ok()?.host_str()?.to_owned());
        self.is_offline(|settings| host(&settings.salesforce.login))
    }

    /// Asked on every change of a call: where there is a network, no address is read for it.
    fn is_offline(&self, host: impl Fn(&Settings) -> Option<String>) -> bool {
        let there = self.network.news.borrow().there;
        !there && !host(&self.loaded.settings).is_some_and(|host| (self.network.reaches)(&host))
    }

    /// Has Salesforce asked a small question now and then until it answers: calls and entries may be long in coming, and
    /// what is shown would be wrong until then. Where it has asked for a pause, or its limits have, it gets that.
    pub(crate) fn knock(&mut self, error: &salesforce::Error) {
        let Some(session) = self.sales.session.clone() else { return };
        if self.sales.reached && self.sales.knocking.is_cancelled() {
            let pause = pause_of(error);
            self.begin_knocking(session, (KNOCK.max(pause), BEHIND_ENTRIES), pause);
        }
    }

    /// Asks after the first wait, and after the second one on top of it where entries wait.
    fn begin_knocking(
        &mut self,
        session: Session,
        (mut wait, mut behind): (Duration, Duration),
        mut pause: Duration,
    ) {
        self.sales.knocking = self.sales.cancel.child_token();
        let (inputs, generation) = (self.inputs.clone(), self.sales.generation);
        let (cancel, mut network) =
            (self.sales.knocking.clone(), self.salesforce_again.subscribe());
        let (store, clock, owner) = (self.store.clone(), self.clock.clone(), owner_of(&session));
        let knocking = async move {
            let news = loop {
                rest(wait, pause.is_zero(), &mut network).await;
                let next = store.next_due(&owner, clock.now().wall).await;
                if next.is_ok_and(|due| due.is_some()) {
                    tokio::time::sleep(behind).await;
                }
                match session.answers().await {
                    Ok(()) => break News::Answers,
                    Err(error) if matches!(error.retry(), Retry::Later { .. }) => {
                        pause = pause_of(&error);
                        (wait, behind) = (KNOCK.max(pause), BEHIND_ENTRIES);
                        let news = News::Trouble(error);
                        let _ = inputs.send(Input::Salesforce(generation, news)).await;
                    }
                    Err(error) => break News::Trouble(error),
                }
            };
            let _ = inputs.send(Input::Salesforce(generation, news)).await;
        };
        self.tasks.spawn(async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = knocking => cancel.cancel(),
            }
        });
    }

    /// A person asks for it: Salesforce is asked at once, where something is amiss there, or with the contact index or the
    /// contact sync, which go by what answers say of the allowance. Says whether it is.
    pub(crate) fn knock_now(&mut self) -> bool {
        let synced = self.sync_in.borrow();
        let of_sync =
            synced.problem.as_ref().is_some_and(|one| one.code.starts_with("salesforce."));
        drop(synced);
        if self.sales.problem.is_none() && self.index.problem.is_none() && !of_sync {
            return false;
        }
        if self.sales.session.is_none() {
            return false;
        }
        // Who waits for the network waits no longer, either.
        self.salesforce_again.send_modify(|changes| *changes += 1);
        // This question takes the place of the one that was planned; trouble plans another.
        self.sales.knocking.cancel();
        let Some(session) = self.sales.session.clone() else { return false };
        if self.sales.reached {
            self.begin_knocking(session, (Duration::ZERO, BEHIND_ENTRIES_NOW), Duration::ZERO);
            return true;
        }
        let (inputs, generation) = (self.inputs.clone(), self.sales.generation);
        self.tasks.spawn(async move {
            let news = session.user().await.map(|user| News::User(Box::new(user)));
            let news = news.unwrap_or_else(News::Trouble);
            let _ = inputs.send(Input::Salesforce(generation, news)).await;
        });
        true
    }

    /// Tells the listener how long it may let others by, should the PBX cut all of them off.
    ///
    /// A PBX that starts again loses all desktops in one moment, and a desktop cannot tell that from a connection that
    /// only it has lost. Faults.md B1 wants a call to go on within two seconds, B6 no tenth of two hundred in one
    /// second: so whoever has a call tries at once, and the others take turns. Calls that ring meanwhile are among the
    /// live calls that each connection begins with.
    pub(crate) fn may_put_off(&self, cards: &[LiveCard]) {
        let Some(listener) = &self.pbx.listener else { return };
        let is_over =
            |card: &LiveCard| matches!(card.state, CardState::Ended | CardState::Elsewhere);
        let in_a_call = cards.iter().any(|card| !card.rehearsal && !is_over(card));
        let busy = in_a_call || !self.dials.is_empty();
        listener.may_put_off(if busy { Duration::ZERO } else { spread(self.pbx.extensions.len()) });
    }
}

/// Returns how long Salesforce wants to be left alone after this.
fn pause_of(error: &salesforce::Error) -> Duration {
    match error.retry() {
        Retry::Later { after } => after.unwrap_or_default(),
        Retry::AfterSignIn | Retry::AfterPerson | Retry::Never => Duration::ZERO,
    }
}

/// Says whether the way to Salesforce is what is amiss, or something on it.
pub(crate) fn is_of_the_way(error: &salesforce::Error) -> bool {
    use salesforce::Error as E;
    matches!(
        error,
        E::Unreachable(_)
            | E::ProxyLogin(_)
            | E::Untrusted(_)
            | E::LostAnswer(_)
            | E::UnexpectedAnswer { .. }
    )
}

fn spread(extensions: usize) -> Duration {
    let all = EACH.saturating_mul(u32::try_from(extensions).unwrap_or(u32::MAX));
    all.min(LONGEST)
}

/// Waits before another try. Where the network may be what was amiss, only until it changes; returns whether it has.
pub(crate) async fn rest(
    wait: Duration,
    may_be_the_network: bool,
    changes: &mut watch::Receiver<u64>,
) -> bool {
    if !may_be_the_network {
        tokio::time::sleep(wait).await;
        return false;
    }
    let changed = async {
        // Nobody tells any more while the engine ends.
        if changes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = changed => true,
        () = tokio::time::sleep(wait) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_offices_are_back_at_once_and_large_ones_within_half_a_minute() {
        assert_eq!(spread(0), Duration::ZERO);
        assert!(spread(8) <= Duration::from_secs(1));
        assert_eq!(spread(200), Duration::from_secs(25));
        assert_eq!(spread(5_000), LONGEST);
    }
}
