//! What histories are made of, so that a finding can be narrowed by leaving ingredients out.

use std::collections::BTreeSet;

use clap::ValueEnum;

/// A part of a history that can be left out without changing the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Ingredient {
    /// Calls through a queue that ring several phones
    Groups,
    /// Calls that change hands: blindly, after a word, parked and fetched
    Transfers,
    /// Calls dialled by hand
    Outbound,
    /// Calls dialled with `patchcord dial`
    Dial,
    /// Calls between extensions
    Internal,
    /// One call on hold while another is talked on
    Held,
    /// The PBX is away, cuts its sockets, answers badly, ends its tokens
    Pbx,
    /// How this PBX writes its events and records
    Quirks,
    /// Records that come late
    Records,
    /// Salesforce is away, slow, answers badly, loses answers, locks rows
    Salesforce,
    /// Every request takes its time, on both sides
    Latency,
    /// Tasks of others are out of sight, and nobody may delete
    Sharing,
    /// Desks are killed or quit, and started again
    Kills,
    /// Desks stand still for a while, as in a sleep
    Stops,
    /// Desks are switched off and on
    Switch,
    /// Somebody sets the clock of the PBX or of a desk, on or back
    Clocks,
    /// More than one agent has a desk
    Desks,
    /// The first agent has two computers
    Twins,
    /// Unknown callers get a record; or a page to make one, and a person who does
    Creation,
}

/// The ingredients of a run.
#[derive(Clone, Debug)]
pub(crate) struct Ingredients(BTreeSet<Ingredient>);

impl Ingredients {
    /// Those of `only`, or all where it is empty, without those of `without`.
    pub(crate) fn chosen(only: &[Ingredient], without: &[Ingredient]) -> Self {
        let all: &[Ingredient] = if only.is_empty() { Ingredient::value_variants() } else { only };
        Self(all.iter().filter(|one| !without.contains(one)).copied().collect())
    }

    pub(crate) fn has(&self, one: Ingredient) -> bool {
        self.0.contains(&one)
    }
}
