//! Records that a person chose for a number, to be seen and forgotten.

use domain::{PhoneNumber, Record};
use store::{Choice, Owner, Store};

use crate::{
    civil,
    command::Reply,
    controller::{Answer, Controller, owner_of},
    problems,
    view::{Problem, RememberedChoice},
};

impl Controller {
    /// Lists what was remembered in the org that is signed in to.
    pub(super) fn list_choices(&self, answer: Answer) {
        let Some(session) = &self.sales.session else {
            let _ = answer.send(Err(problems::not_signed_in()));
            return;
        };
        let (store, owner) = (self.store.clone(), owner_of(session));
        let whole = self.index.complete;
        self.tasks.spawn(async move {
            let listed = store.choices(&owner.org).await;
            let _ = answer.send(listed.map_err(|error| unreadable(&error)).map(|choices| {
                let rows = choices.into_iter().map(|choice| row(choice, &store, &owner, whole));
                Reply::Choices(rows.collect())
            }));
        });
    }

    /// Forgets one, or all of all orgs.
    pub(super) fn forget_choice(&self, number: Option<&str>, answer: Answer) {
        let Some(session) = &self.sales.session else {
            let _ = answer.send(Err(problems::not_signed_in()));
            return;
        };
        let number = match number.map(PhoneNumber::from_e164) {
            Some(None) => {
                let _ = answer.send(Err(Problem::new(
                    "call.none",
                    "This is not a number that something was remembered for.",
                    "Choose one of the list.",
                )));
                return;
            }
            Some(number) => number,
            None => None,
        };
        let (store, org) = (self.store.clone(), session.org());
        self.tasks.spawn(async move {
            let forgotten = match number {
                Some(number) => store.forget_choice(&org, &number).await,
                None => store.forget_choices().await,
            };
            let _ =
                answer.send(forgotten.map(|()| Reply::Done).map_err(|error| unreadable(&error)));
        });
    }
}

fn row(choice: Choice, store: &Store, owner: &Owner, whole: bool) -> RememberedChoice {
    let holders = store.find_now(owner, &choice.number).unwrap_or_default();
    let holder: Option<&Record> = holders.iter().find(|record| record.id == choice.record);
    RememberedChoice {
        number: choice.number.e164().to_owned(),
        number_shown: choice.number.international(),
        object: holder
            .map(|record| record.object)
            .or(choice.object)
            .map(|object| object.api_name().to_owned()),
        id: choice.record.to_string(),
        // People are renamed; a record that was chosen long ago may never have been named here.
        name: holder.map_or(choice.name, |record| record.name.clone()),
        since: choice.since.map(civil::utc),
        // Not while records are still being fetched: it may come yet.
        out_of_sight: whole && holder.is_none(),
    }
}

fn unreadable(error: &store::Error) -> Problem {
    Problem::new(
        "journal.damaged",
        format!("What was remembered could not be read or changed: {error}."),
        "Check the disk, then try again.",
    )
}
