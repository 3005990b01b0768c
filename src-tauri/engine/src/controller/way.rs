//! The way to Salesforce, and to a PBX in the cloud: a proxy that is set, changed or taken away while the program runs is
//! followed.
//!
//! The desk is asked again when the network has changed and when either is not reached. What is found is what the
//! doctor tells as well: the desk keeps one answer for both.

use std::time::Duration;

use super::{Controller, Input, salesforce_side::proxy_of};
use crate::{Mode, ports::Way};

/// The desk is not asked more often: it starts a program for it, and one outage brings many failures. Who wants to know
/// sooner waits so long.
const LEAST: Duration = Duration::from_secs(3);

/// Asking the desk for the way.
#[derive(Debug, Default)]
pub(crate) struct WaySide {
    /// It is being asked.
    asking: bool,
    /// When it has answered last, by the steady clock.
    answered: Option<Duration>,
}

impl Controller {
    /// Has the desk find the way again, beside everything else.
    pub(crate) fn find_way(&mut self) {
        if self.mode == Mode::Files || self.way.asking {
            return;
        }
        self.way.asking = true;
        let now = self.clock.now().steady;
        let since = self.way.answered.map(|at| now.saturating_sub(at));
        let wait = since.map_or(Duration::ZERO, |since| LEAST.saturating_sub(since));
        let (desktop, inputs, cancel) =
            (self.desktop.clone(), self.inputs.clone(), self.cancel.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
            let found = tokio::task::spawn_blocking(move || desktop.find_way()).await;
            let _ = inputs.send(Input::Way(found.unwrap_or(Way::Usual))).await;
        });
    }

    /// Goes by the way that was found, from now on.
    pub(crate) fn way_found(&mut self, way: &Way) {
        self.way = WaySide { asking: false, answered: Some(self.clock.now().steady) };
        if self.pbx.client.as_ref().is_some_and(|client| client.goes_by(proxy_of(way))) {
            tracing::info!("the proxy for the PBX is another one now");
            if let Some(listener) = &self.pbx.listener {
                listener.network_changed();
            }
            self.network_may_open_pbx();
        }
        let Some(session) = &self.sales.session else { return };
        match session.goes_by(proxy_of(way)) {
            Ok(false) => {}
            Ok(true) => {
                tracing::info!("the proxy for Salesforce is another one now");
                self.salesforce_may_be_back();
            }
            Err(error) => tracing::warn!(%error, "the proxy that is set cannot be used"),
        }
    }
}
