//! A history, thrown from one seed before anything happens.

use std::{fmt::Write as _, time::Duration};

use simulator::{Latency, OrgSwitches, PbxSwitches, pbx::EndNames, salesforce::TaskSharing};

use crate::{
    act::{Act, DeskAct},
    dice::Dice,
    ingredient::{Ingredient, Ingredients},
    telephones, weather,
};

/// A person with an extension and a sign-in of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Agent {
    pub(crate) extension: &'static str,
    pub(crate) first_name: &'static str,
    pub(crate) last_name: &'static str,
    pub(crate) email: &'static str,
}

pub(crate) const AGENTS: [Agent; 3] = [
    Agent {
        extension: "4101",
        first_name: "Mara",
        last_name: "Voss",
        email: "mara.voss@example.com",
    },
    Agent {
        extension: "4102",
        first_name: "Leo",
        last_name: "Brandt",
        email: "leo.brandt@example.com",
    },
    Agent {
        extension: "4103",
        first_name: "Nia",
        last_name: "Okoye",
        email: "nia.okoye@example.com",
    },
];

/// An extension that never has a desk.
pub(crate) const COLLEAGUE: &str = "4104";

/// The queue.
pub(crate) const QUEUE: &str = "6400";

/// Things that follow each other.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    pub(crate) begins_ms: u64,
    pub(crate) steps: Vec<Step>,
}

/// Something that happens a while after what was before it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) wait_ms: u64,
    pub(crate) act: Act,
}

/// What becomes of callers whom no record has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    Nothing,
    /// A page with a form opens.
    Page,
    /// A lead is made for those who call.
    Inbound,
    /// A lead is made for those who call and those who are called.
    Both,
}

impl Unknown {
    pub(crate) fn settings(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Page => "[pop]\nunknown = \"new_lead\"\n",
            Self::Inbound => "[auto_create]\ndirections = [\"inbound\"]\n",
            Self::Both => "[auto_create]\ndirections = [\"inbound\", \"outbound\"]\n",
        }
    }

    /// Is a record made for those who call?
    pub(crate) fn creates(self) -> bool {
        matches!(self, Self::Inbound | Self::Both)
    }
}

/// What is going to happen.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// The agent behind each desk, as a place in [`AGENTS`]. The first desks are one for each agent, in order.
    pub(crate) desks: Vec<usize>,
    pub(crate) unknown: Unknown,
    pub(crate) pbx: PbxSwitches,
    pub(crate) org: OrgSwitches,
    /// What is peculiar about the two systems, in words.
    pub(crate) peculiar: Vec<String>,
    pub(crate) lanes: Vec<Lane>,
    /// How many calls the lanes speak of.
    pub(crate) calls: usize,
}

impl Plan {
    pub(crate) fn of(seed: u64, chosen: &Ingredients) -> Self {
        // Each part throws its own numbers, chosen or not: so the rest stays as it was.
        let mut dice = Dice::of(seed, 1);
        let window_ms = dice.between(7_000, 12_000);
        let (agents, twins) = (dice.between(1, 3), dice.chance(40));
        let unknown = dice.pick(&[
            Unknown::Nothing,
            Unknown::Nothing,
            Unknown::Page,
            Unknown::Inbound,
            Unknown::Both,
        ]);
        let agents = usize::try_from(agents).unwrap_or(1);
        let with_desks = if chosen.has(Ingredient::Desks) { agents } else { 1 };
        let mut desks: Vec<usize> = (0..with_desks).collect();
        if twins && chosen.has(Ingredient::Twins) {
            desks.push(0);
        }
        let unknown = if chosen.has(Ingredient::Creation) { unknown } else { Unknown::Nothing };
        let mut peculiar = Vec::new();
        let pbx = pbx(seed, chosen, &mut peculiar);
        let org = org(seed, chosen, &mut peculiar);
        let (mut lanes, calls) =
            telephones::calls(&mut Dice::of(seed, 2), chosen, agents, window_ms);
        let faults = |ingredient, lane: Option<Lane>| lane.filter(|_| chosen.has(ingredient));
        lanes.extend(faults(Ingredient::Pbx, weather::pbx(&mut Dice::of(seed, 3), window_ms)));
        lanes.extend(faults(
            Ingredient::Salesforce,
            weather::salesforce(&mut Dice::of(seed, 4), window_ms),
        ));
        lanes.extend(faults(
            Ingredient::Clocks,
            weather::clocks(&mut Dice::of(seed, 12), desks.len(), window_ms),
        ));
        for desk in 0..desks.len() {
            let stream = 20 + 10 * u64::try_from(desk).unwrap_or(0);
            let throws = |of| Dice::of(seed, stream + of);
            let kills = weather::kills(&mut throws(1), desk, window_ms);
            let stops = weather::stops(&mut throws(2), desk, window_ms);
            let switched = weather::switched(&mut throws(3), desk, window_ms);
            lanes.extend(faults(Ingredient::Kills, kills));
            lanes.extend(faults(Ingredient::Stops, stops));
            lanes.extend(faults(Ingredient::Switch, switched));
        }
        if matches!(unknown, Unknown::Nothing | Unknown::Page) {
            lanes.extend(faults(
                Ingredient::Creation,
                weather::person(&mut Dice::of(seed, 5), window_ms),
            ));
        }
        Self { seed, desks, unknown, pbx, org, peculiar, lanes, calls }
    }

    /// Does somebody set the clock of this desk?
    pub(crate) fn sets_the_clock_of(&self, place: usize) -> bool {
        self.lanes.iter().flat_map(|lane| &lane.steps).any(
            |step| matches!(step.act, Act::Desk { desk, act: DeskAct::Clock(_) } if desk == place),
        )
    }

    /// The circumstances in a few lines.
    pub(crate) fn told(&self) -> String {
        let mut text = String::new();
        let desks: Vec<String> = self
            .desks
            .iter()
            .enumerate()
            .map(|(desk, agent)| format!("desk {desk} of {}", AGENTS[*agent].extension))
            .collect();
        // Writing into a text cannot fail.
        let _ = writeln!(text, "  {}; unknown callers: {:?}", desks.join(", "), self.unknown);
        let peculiar =
            if self.peculiar.is_empty() { "nothing".to_owned() } else { self.peculiar.join(", ") };
        let _ = writeln!(text, "  peculiar: {peculiar}");
        text
    }
}

/// How this PBX writes, and how late.
fn pbx(seed: u64, chosen: &Ingredients, peculiar: &mut Vec<String>) -> PbxSwitches {
    let mut switches = PbxSwitches::default();
    let mut dice = Dice::of(seed, 6);
    let quirks = chosen.has(Ingredient::Quirks);
    let mut quirk = |percent: u64, word: &str, set: &mut dyn FnMut(&mut PbxSwitches)| {
        if dice.chance(percent) && quirks {
            set(&mut switches);
            peculiar.push(word.to_owned());
        }
    };
    quirk(15, "every event twice", &mut |pbx| pbx.duplicate_events = true);
    quirk(12, "events in reverse by twos", &mut |pbx| pbx.reorder_events = Some(2));
    quirk(6, "events in reverse by threes", &mut |pbx| pbx.reorder_events = Some(3));
    quirk(15, "30008 before 30011", &mut |pbx| pbx.state_events_first = true);
    quirk(7, "30011 at the end only", &mut |pbx| pbx.late_call_events = true);
    quirk(12, "30012 for each row", &mut |pbx| pbx.cdr_event_per_row = true);
    quirk(8, "no 30012", &mut |pbx| pbx.end_events = false);
    quirk(25, "rows for phones that only rang", &mut |pbx| pbx.cdr_for_unanswered_agents = true);
    quirk(25, "ABANDONED", &mut |pbx| pbx.abandoned_status = true);
    quirk(25, "internal members", &mut |pbx| pbx.internal_members = true);
    quirk(20, "no 30015 after a missed call", &mut |pbx| pbx.failure_after_missed = false);
    quirk(10, "the trunk is not monitored", &mut |pbx| pbx.trunk_monitored = false);
    quirk(10, "old spelling", &mut |pbx| pbx.old_spelling = true);
    quirk(10, "numbers as text", &mut |pbx| pbx.numbers_as_text = true);
    quirk(10, "no uid", &mut |pbx| pbx.uid_missing = true);
    quirk(10, "pages of three records", &mut |pbx| pbx.cdr_short_pages = Some(3));
    quirk(10, "dialled calls have another id", &mut |pbx| pbx.dial_id_differs = true);
    quirk(35, "one record for a call", &mut |pbx| pbx.cdr_row_per_call = true);
    // The reference does not know whom a call of several parts names: each is as likely.
    let (names, word) = Dice::of(seed, 11).pick(&[
        (EndNames::Last, ""),
        (EndNames::First, "30012 names the first"),
        (EndNames::LastRung, "30012 names the last that rang"),
    ]);
    if quirks && names != EndNames::Last {
        switches.end_names = names;
        peculiar.push(word.to_owned());
    }
    let mut dice = Dice::of(seed, 10);
    let (slow, most) = (dice.chance(30), dice.pick(&[150, 600, 1_500]));
    if slow && chosen.has(Ingredient::Latency) {
        switches.latency =
            Some(Latency::between(Duration::ZERO, Duration::from_millis(most), seed));
        peculiar.push(format!("the PBX takes up to {most} ms"));
    }

    let mut dice = Dice::of(seed, 7);
    let delay_ms = match dice.between(0, 9) {
        0..=4 => 0,
        5 | 6 => dice.between(300, 3_000),
        7 | 8 => dice.between(3_000, 10_000),
        _ => dice.between(10_000, 20_000),
    };
    if chosen.has(Ingredient::Records) && delay_ms > 0 {
        switches.cdr_delay = Duration::from_millis(delay_ms);
        peculiar.push(format!("records {:.1} s late", switches.cdr_delay.as_secs_f64()));
    }
    switches
}

/// How this org is set up.
fn org(seed: u64, chosen: &Ingredients, peculiar: &mut Vec<String>) -> OrgSwitches {
    let mut switches = OrgSwitches::default();
    let mut dice = Dice::of(seed, 8);
    let lag = Duration::from_secs(dice.between(0, 30));
    let unique = dice.chance(25);
    if chosen.has(Ingredient::Salesforce) {
        switches.index_lag = lag;
        peculiar.push(format!("search {} s behind", lag.as_secs()));
        if unique {
            switches.call_key_field = true;
            peculiar.push("PBX_Call_Key__c".to_owned());
        }
    }
    let mut dice = Dice::of(seed, 9);
    let (slow, most) = (dice.chance(45), dice.pick(&[150, 500, 1_000, 3_000]));
    if slow && chosen.has(Ingredient::Latency) {
        switches.latency =
            Some(Latency::between(Duration::ZERO, Duration::from_millis(most), seed));
        peculiar.push(format!("Salesforce takes up to {most} ms"));
    }
    let sharing = dice.pick(&[
        TaskSharing::Public,
        TaskSharing::Public,
        TaskSharing::ControlledByParent,
        TaskSharing::Private,
    ]);
    let (no_leads, no_tasks) = (dice.chance(20), dice.chance(8));
    if chosen.has(Ingredient::Sharing) {
        switches.task_sharing = sharing;
        if sharing != TaskSharing::Public {
            peculiar.push(format!("Tasks are shared {sharing:?}"));
        }
        for (denied, object) in [(no_leads, "Lead"), (no_tasks, "Task")] {
            if denied {
                switches.delete_denied.insert(object.to_owned());
                peculiar.push(format!("nobody deletes a {object}"));
            }
        }
    }
    switches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(seed: u64, without: &[Ingredient]) -> Vec<String> {
        let plan = Plan::of(seed, &Ingredients::chosen(&[], without));
        plan.lanes.iter().map(|lane| format!("{lane:?}")).collect()
    }

    #[test]
    fn a_seed_is_the_same_history_again() {
        assert_eq!(told(11, &[]), told(11, &[]));
        assert_ne!(told(11, &[]), told(12, &[]));
    }

    #[test]
    fn what_is_left_out_changes_nothing_of_the_rest() {
        for seed in 0..50 {
            let all = told(seed, &[]);
            for left_out in
                [Ingredient::Pbx, Ingredient::Kills, Ingredient::Transfers, Ingredient::Clocks]
            {
                let rest = told(seed, &[left_out]);
                assert!(rest.iter().all(|lane| all.contains(lane)), "seed {seed} {left_out:?}");
            }
        }
    }
}
