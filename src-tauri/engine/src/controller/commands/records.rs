//! Opening records and Tasks, and saying whose a call is.

use domain::{CallId, Object, RecordId, Verdict};
use salesforce::TakenBack;

use crate::{
    command::Reply,
    controller::{Answer, Controller, Input},
    creation,
    lookup::{self, Lookup},
    outbox::{meant, stored_match},
    problems,
    view::Problem,
};

impl Controller {
    pub(super) fn open_record(&mut self, call: String, record: Option<String>, answer: Answer) {
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

    pub(super) fn open_task(&mut self, call: &str) -> Result<Reply, Problem> {
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
    pub(super) fn choose(
        &mut self,
        call: String,
        record: String,
        remember: bool,
        open: bool,
        answer: Answer,
    ) {
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
        let state = self.board.as_ref().and_then(|board| board.call(&id, now));
        // A call that rings is in the list a moment later than on its card.
        let of_live = self.board.as_ref().and_then(|board| board.meant(&id));
        let meant = of_live.or_else(|| {
            let entry = self.calls.iter().find(|stored| stored.call == id)?.entry()?;
            meant(&entry, &self.loaded.settings.dial_plan())
        });
        let live = state.and_then(|state| state.matches.cloned());
        let (Some(session), Some(meant), Some(desk)) =
            (self.sales.session.clone(), meant, self.desk.clone())
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
            if open {
                // Nobody waits for the disk with a caller on the line.
                let object =
                    Object::ALL.into_iter().find(|one| one.key_prefix() == wanted.prefix());
                if let Some(object) = object {
                    self.open(id.clone(), session.instance().record_url(object, &wanted));
                }
            }
        }
        let plan = self.loaded.settings.dial_plan();
        let (store, inputs, at) = (self.store.clone(), self.inputs.clone(), now.wall);
        self.tasks.spawn(async move {
            let org = session.org();
            let matches = match live {
                Some(matches) => Ok(matches),
                None => {
                    let lookup = Lookup { store: &store, session: &session, plan: &plan };
                    lookup.who_has(&meant).await.map(|looked| looked.matches)
                }
            };
            let outcome = match matches {
                Ok(matches) => {
                    let me = session.user_id();
                    let number = matches.number.as_ref().unwrap_or(meant.likeliest()).clone();
                    let chosen = lookup::rank(
                        matches.records(),
                        &meant,
                        &plan,
                        Some(&me),
                        &vec![(number.clone(), wanted.clone())],
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
                        let record = kept.record.clone();
                        "chosen by you".clone_into(&mut kept.why);
                        let mut written = store.choose(&desk, &id, kept).await;
                        if remember
                            && written.is_ok()
                            && let Some(record) = &record
                        {
                            written = store.remember_choice(&org, &number, record, at).await;
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
}

impl Controller {
    /// Deletes what was created for a call, and takes it out of the Task.
    pub(super) fn undo_created(&mut self, call: &str, answer: Answer) {
        let Some(session) = self.sales.session.clone() else {
            let _ = answer.send(Err(problems::not_signed_in()));
            return;
        };
        let oldest = self.clock.now().wall.minus(creation::UNDO);
        let found =
            self.calls.iter().find(|stored| stored.call.as_str() == call).and_then(|stored| {
                let record = stored.matches.as_ref()?.record.clone()?;
                let task = stored.delivery.as_ref().and_then(|delivery| delivery.task.clone());
                let fresh = stored.made.is_some_and(|made| made >= oldest);
                fresh.then(|| (stored.desk.clone(), stored.call.clone(), record, task))
            });
        let Some((desk, id, record, task)) = found else {
            let _ = answer.send(Err(Problem::new(
                "call.nothing_to_undo",
                "No record was created for this call within the last ten minutes.",
                "Delete the record in Salesforce if it is not needed.",
            )));
            return;
        };
        let (store, inputs, owner) = (self.store.clone(), self.inputs.clone(), self.owner());
        self.tasks.spawn(async move {
            let outcome = match session.take_back(record.object, &record.id, task.as_ref()).await {
                Ok(TakenBack::Deleted) => {
                    if let Some(owner) = owner
                        && let Err(error) = store.forget_records(&owner, &[record.id]).await
                    {
                        // The next delta of the index finds it gone.
                        tracing::warn!(%error, "a deleted record stays in the index for now");
                    }
                    let written = store.record_taken_back(&desk, &id).await;
                    let _ = inputs.send(Input::JournalMoved).await;
                    written.map(|()| Reply::Done).map_err(|error| {
                        Problem::new(
                            "journal.damaged",
                            format!("The record is deleted, and that could not be kept: {error}."),
                            "Check the disk.",
                        )
                    })
                }
                Ok(TakenBack::Changed) => Err(Problem::new(
                    "call.record_changed",
                    "Somebody has changed the record since it was created, so it stays.",
                    "Delete it in Salesforce if it is not needed.",
                )),
                Ok(TakenBack::Kept) => Err(Problem::new(
                    "call.record_left",
                    format!(
                        "Your Salesforce user may not delete {}, so the record stays, and the call on it.",
                        plural(record.object)
                    ),
                    "The Salesforce administrator grants Delete or deletes the record; or move the call to another one.",
                )),
                Err(error) => Err(problems::of_salesforce(&error)),
            };
            let _ = answer.send(outcome);
        });
    }
}

fn plural(object: Object) -> &'static str {
    match object {
        Object::Contact => "contacts",
        Object::Lead => "leads",
        Object::Account => "accounts",
    }
}

pub(super) fn no_record() -> Problem {
    Problem::new(
        "call.no_record",
        "No record is known for this call.",
        "Search for the person in Salesforce.",
    )
}
