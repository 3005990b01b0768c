//! The phone: dialling, hanging up, and what a number would do.

use std::time::Duration;

use domain::{
    CallId, Direction, Extension, Leg, Matches, Party, PhoneNumber, number::Meant,
    switchboard::CallState,
};

use crate::{
    command::Reply,
    controller::{Answer, Controller, Input, calls::HeldDial},
    explain,
    lookup::{Looked, Lookup},
    present, problems,
    view::{EventsState, NumberKind, Problem},
};

/// The events that show whether a call was placed are heard within this, and so is that no answer comes.
const SHOWS_UP: Duration = Duration::from_secs(40);

/// A wish to call somebody that may have reached the PBX, whose answer did not come.
#[derive(Debug)]
pub(crate) struct LostDial {
    party: Party,
    /// When the PBX was asked, on the steady clock.
    asked: Duration,
}

impl Controller {
    pub(super) fn dial(&mut self, number: &str, confirmed: bool, answer: Answer) {
        let plan = self.loaded.settings.dial_plan();
        let (party, dialled) = match plan.dial(number) {
            Ok((Party::External(likeliest), _)) => {
                let meant = self.number_to_dial(&plan.meant_to_dial(&likeliest, number));
                let dialled = plan.dialled(&meant);
                (Party::External(meant), dialled)
            }
            Ok(dial) => dial,
            Err(reason) => {
                let _ = answer.send(Err(problems::not_dialable(reason)));
                return;
            }
        };
        // Nothing may hold up a call for help, a question least of all.
        if confirmed || plan.is_emergency(number) {
            self.place(party, dialled, answer);
            return;
        }
        let reply = self.phone_for(&party).map(|_| {
            let number = party.number();
            let country = number.and_then(PhoneNumber::country);
            let shown = present::number_shown(Some(&party)).unwrap_or_default();
            let kind = self.number_kind(&party);
            let abroad = number.is_some_and(|number| !plan.is_of_this_country(number));
            let costly = abroad || kind.may_cost_more();
            Reply::ConfirmDial { shown, country, costly, kind }
        });
        let _ = answer.send(reply);
    }

    /// Says what a number is. The PBX's list tells a colleague from a service whose number is as short.
    pub(crate) fn number_kind(&self, party: &Party) -> NumberKind {
        let listed = &self.pbx.extensions;
        let is_listed =
            |extension: &Extension| listed.iter().any(|entry| entry.number == *extension);
        present::number_kind(self.loaded.settings.dial_plan().kind(party, is_listed))
    }

    /// Returns which of the numbers that a spelling may mean is dialled: a record that is known here decides. Waits for
    /// nothing.
    pub(crate) fn number_to_dial(&self, meant: &Meant) -> PhoneNumber {
        let is_plain = meant.all().nth(1).is_none();
        let matches = self.sales.session.as_ref().filter(|_| !is_plain);
        let matches = matches.map(|session| self.known_matches(session, meant));
        let decided = matches.as_ref().and_then(Matches::decided);
        decided.unwrap_or(meant.likeliest()).clone()
    }

    /// Has the PBX call somebody to whom a person has agreed.
    pub(crate) fn place(&mut self, party: Party, dialled: String, answer: Answer) {
        let (client, extension) = match self.phone_for(&party) {
            Ok(phone) => phone,
            Err(problem) => {
                let _ = answer.send(Err(problem));
                return;
            }
        };
        let now = self.clock.now().steady;
        let plan = self.loaded.settings.dial_plan();
        if !party.shown().is_some_and(|digits| plan.is_emergency(digits))
            && let Err(wait) = self.dial_rate.may(now)
        {
            let _ = answer.send(Err(problems::too_many_dials(wait)));
            return;
        }
        let inputs = self.inputs.clone();
        self.tasks.spawn(async move {
            let result = client.dial(&extension, &dialled).await;
            let _ =
                inputs.send(Input::Dialled { party, dialled, asked: now, result, answer }).await;
        });
    }

    /// Returns the PBX and the extension from which somebody can be called now.
    pub(crate) fn phone_for(&self, party: &Party) -> Result<(pbx::Client, Extension), Problem> {
        if !self.loaded.settings.integration.enabled {
            return Err(problems::dialling_is_off());
        }
        let client = self.pbx.client.clone().ok_or_else(problems::not_connected_to_pbx)?;
        let found = self.pbx.binding.found.clone();
        let (extension, _) = found.ok_or_else(problems::nobody_bound)?;
        if *party == Party::Extension(extension.clone()) {
            return Err(Problem::new(
                "dial.own_extension",
                "This is your own extension.",
                "Enter another number.",
            ));
        }
        Ok((client, extension))
    }

    pub(crate) fn dialled(
        &mut self,
        party: Party,
        dialled: String,
        asked: Duration,
        result: Result<CallId, pbx::Error>,
        answer: Answer,
    ) {
        match result {
            Ok(call) => {
                self.feed(domain::Input::Dialled { call: call.clone(), party });
                self.answer_dial(HeldDial { call, dialled, answer });
            }
            // The PBX may have taken it on all the same: then the phone rings.
            Err(error) if error.may_have_arrived() => {
                tracing::warn!(%error, "it is not known whether a call was placed");
                self.heed(&error);
                self.lost_dial = Some(LostDial { party, asked });
                self.find_lost_dial();
                let _ = answer.send(Err(problems::dial_unanswered(&error)));
            }
            Err(error) => {
                self.heed(&error);
                self.dial_rate.refused();
                let _ = answer.send(Err(problems::of_pbx(&error)));
            }
        }
    }

    /// Gives a call that has shown up without its other side the one that was dialled and not answered.
    pub(crate) fn find_lost_dial(&mut self) {
        let Some(LostDial { asked, .. }) = self.lost_dial else { return };
        if self.clock.now().steady.saturating_sub(asked) > SHOWS_UP {
            self.lost_dial = None;
            return;
        }
        let shown = self.board.as_ref().and_then(|board| board.came_of_dial(asked));
        if let Some(call) = shown
            && let Some(LostDial { party, .. }) = self.lost_dial.take()
        {
            self.feed(domain::Input::Dialled { call, party });
        }
    }

    pub(super) fn hang_up(&self, call: Option<&str>, answer: Answer) {
        let now = self.clock.now();
        let Some(board) = &self.board else { return self.ends(None, answer) };
        match (call, &self.pbx.client, &self.desk) {
            (Some(id), _, _) => {
                let named = board.live(now).into_iter().find(|state| state.id.as_str() == id);
                self.ends(named, answer);
            }
            // Which call is talked on may have changed since the events were heard.
            (None, Some(client), Some(desk)) if self.pbx.events != EventsState::Live => {
                let (client, extension) = (client.clone(), desk.extension.clone());
                let (inputs, asked_at) = (self.inputs.clone(), self.pbx.events_heard);
                self.tasks.spawn(async move {
                    let live = client.live_calls(&extension).await;
                    let _ = inputs.send(Input::HangUp(asked_at, live, answer)).await;
                });
            }
            (None, _, _) => self.ends(board.current(now), answer),
        }
    }

    /// Ends the call that is meant, now that the PBX has told which go on.
    pub(crate) fn hang_up_one_of(
        &mut self,
        asked_at: u64,
        live: Result<Vec<(CallId, Vec<Leg>)>, pbx::Error>,
        answer: Answer,
    ) {
        match live {
            Ok(live) => self.live_calls(asked_at, live),
            Err(error) => {
                self.heed(&error);
                let _ = answer.send(Err(problems::of_pbx(&error)));
                return;
            }
        }
        let meant = self.board.as_ref().and_then(|board| board.current(self.clock.now()));
        self.ends(meant, answer);
    }

    fn ends(&self, chosen: Option<CallState<'_>>, answer: Answer) {
        let (Some(state), Some(client)) =
            (chosen.filter(|state| state.channel.is_some()), self.pbx.client.clone())
        else {
            let _ = answer.send(Err(Problem::new(
                "call.none",
                "There is no call to end.",
                "Nothing to do.",
            )));
            return;
        };
        let Some(channel) = state.channel.cloned() else { return };
        let ended = present::live_call(&state);
        self.tasks.spawn(async move {
            let answered = client.hang_up(&channel).await;
            let _ = answer.send(
                answered.map(|()| Reply::Ended(ended)).map_err(|error| problems::of_pbx(&error)),
            );
        });
    }

    pub(super) fn explain(&self, input: String, answer: Answer) {
        let settings = self.loaded.settings.clone();
        let plan = self.loaded.settings.dial_plan();
        let party = plan.read_caller(&input);
        let meant = party.number().map(|it| plan.meant(it, Some(&input), Direction::Inbound));
        let session = self.sales.session.clone();
        let (store, now) = (self.store.clone(), self.clock.now().wall);
        self.tasks.spawn(async move {
            let looked = match (&meant, &session) {
                (Some(meant), Some(session)) => {
                    let lookup = Lookup { store: &store, session, plan: &plan };
                    match lookup.who_has(meant).await {
                        Ok(looked) => looked,
                        Err(error) => {
                            // As for a live call: where Salesforce does not answer, who is known counts.
                            let known = lookup.known_here(meant).await;
                            if known.matches.candidates.is_empty() {
                                let _ = answer.send(Err(problems::of_salesforce(&error)));
                                return;
                            }
                            tracing::info!(%error, "explained from what is known here");
                            known
                        }
                    }
                }
                (Some(_), None) => Looked::known(Matches::default()),
                (None, _) => Looked { searched: Vec::new(), ..Looked::known(Matches::default()) },
            };
            let instance = session.map(|session| session.instance());
            let asked = explain::Asked { input: &input, party: &party, plan: &plan };
            let explained = explain::explain(&asked, &looked, &settings, instance.as_ref(), now);
            let _ = answer.send(Ok(Reply::Explain(Box::new(explained))));
        });
    }
}
