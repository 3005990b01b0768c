//! The check of the whole set-up.

use crate::{
    Mode,
    command::Reply,
    controller::{Answer, Controller, Input},
    doctor::{self, OrgAccess, Patient, PbxAccess},
    view::{LinkState, Problem},
};

impl Controller {
    /// Has the set-up checked; a little later where the program has just started.
    pub(super) fn examine(&mut self, answer: Answer) {
        self.doctor_waits.push(answer);
        self.examine_waiting();
    }

    /// Has the set-up checked for those who wait, once it is known how the PBX can be asked.
    pub(crate) fn examine_waiting(&mut self) {
        let side = &self.pbx;
        let opening = self.mode == Mode::Live
            && side.state == LinkState::Connecting
            && side.client.is_none()
            && side.problem.is_none();
        if !opening {
            for answer in std::mem::take(&mut self.doctor_waits) {
                self.examine_now(answer);
            }
        }
    }

    fn examine_now(&self, answer: Answer) {
        let patient = Patient {
            settings: self.loaded.settings.clone(),
            locked: self.loaded.locked().to_vec(),
            by_policy: self.loaded.pbx_by_policy(),
            policy: super::super::settings::named(&self.loaded.policy_files()),
            data: self.data.clone(),
            secrets: self.secrets.clone(),
            secrets_stay: self.forgetting.is_waiting(),
            desktop: self.desktop.clone(),
            clock: self.clock.clone(),
            pbx: self.pbx_access(),
            events: self.pbx.events,
            org: self.org_access(),
            country_by: self.loaded.country_by(),
            country_of_pbx: self.loaded.country_of_pbx().map(str::to_owned),
            unread_numbers: self.index.unread_numbers,
            company: *self.company.borrow(),
            policy_problem: self.settings.problem.clone(),
            disk_problem: self.disk_problem.clone(),
            journal_problem: self.lost_notes.as_ref().map(crate::problems::notes_lost),
            browser_problem: self.browser.problem.clone(),
        };
        let (desktop, inputs, live) =
            (self.desktop.clone(), self.inputs.clone(), self.mode == Mode::Live);
        self.tasks.spawn(async move {
            let rows = doctor::examine(patient).await;
            let _ = answer.send(Ok(Reply::Doctor(rows)));
            if live {
                // The desk was looked at: what was told of the way to Salesforce is what is gone by.
                let _ = inputs.send(Input::Way(desktop.way())).await;
            }
        });
    }

    fn pbx_access(&self) -> PbxAccess {
        if self.loaded.settings.pbx.address.is_empty() {
            return PbxAccess::NotSetUp;
        }
        if !self.loaded.settings.integration.enabled {
            return PbxAccess::SwitchedOff;
        }
        match (self.mode, self.pbx.client.clone()) {
            (Mode::Files, _) => PbxAccess::Brief { store: self.store.clone() },
            (Mode::Live, None) => PbxAccess::Nobody(self.pbx.problem.clone()),
            (Mode::Live, Some(client)) => PbxAccess::Running {
                client,
                listener: self.pbx.listener.clone(),
                problem: self.pbx.problem.clone(),
            },
        }
    }

    fn org_access(&self) -> OrgAccess {
        if self.loaded.settings.salesforce.consumer_key.is_empty() {
            return OrgAccess::NotSetUp;
        }
        // Without a session the state says whether one is still to come.
        let told = |state: LinkState, problem: &Option<Problem>| {
            problem.clone().filter(|_| state == LinkState::SignedOut)
        };
        match (&self.sales.session, told(self.sales.state, &self.sales.problem)) {
            (None, Some(problem)) => OrgAccess::Nobody(problem),
            (Some(_), _) | (None, None) => OrgAccess::Session(self.session_out.subscribe()),
        }
    }
}
