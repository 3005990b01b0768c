//! Texts in phone fields that are no numbers, for whoever can mend them.

use domain::Record;

use crate::{
    command::Reply,
    controller::{Answer, Controller, owner_of},
    problems,
    view::{Problem, UnreadNumber},
};

/// So many records are listed. Status counts them all, and whoever has mended these sees the next.
const LISTED: usize = 500;

impl Controller {
    /// Lists the texts, of all records that are known here.
    pub(super) fn list_unread_numbers(&self, answer: Answer) {
        let Some(session) = &self.sales.session else {
            let _ = answer.send(Err(problems::not_signed_in()));
            return;
        };
        let (store, owner) = (self.store.clone(), owner_of(session));
        self.tasks.spawn(async move {
            let unread = store.unread(&owner, LISTED).await;
            let listed = unread
                .map(|records| Reply::UnreadNumbers(records.into_iter().flat_map(rows).collect()));
            let _ = answer.send(listed.map_err(|error| {
                Problem::new(
                    "journal.damaged",
                    format!("The contact index could not be read: {error}."),
                    "Check the disk, then try again.",
                )
            }));
        });
    }
}

fn rows(record: Record) -> impl Iterator<Item = UnreadNumber> {
    let Record { object, id, name, phones, .. } = record;
    phones.into_iter().map(move |(field, text)| UnreadNumber {
        object: object.api_name().to_owned(),
        id: id.to_string(),
        name: name.clone(),
        field,
        text,
    })
}
