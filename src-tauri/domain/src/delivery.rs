//! How far the Task of a call has come: one state, changed by one function.
//!
//! ```text
//!                 discarded, taken elsewhere (nothing sent)
//!   ┌─────────────────────────────────────────────▶ Skipped
//!   │                                                 ▲ withdrawn
//!   │         leased           sending                │
//! Waiting ───────────▶ Leased ─────────▶ InFlight ────┤ delivered
//!   ▲ ▲ ▲                │                  │         ▼
//!   │ │ └── given up ────┤                  │       Logged ──┐ corrected, touched, discarded,
//!   │ └──── postponed ───┴──────────────────┤                │ taken elsewhere
//!   │                                 parked│                │
//!   └──────── retried ◀──── Stuck ◀─────────┘                │
//!   └────────────────────────────────────────────────────────┘
//! ```
//!
//! What a person has discarded goes from Skipped back to Waiting where the same person wants it after all.
//!
//! Other news may come between any two steps of a worker: a correction, a note, a discard, another start. Each step of a
//! worker therefore names its lease, and is [`Refused`] where the delivery is not as the worker left it. A correction
//! between [`Step::Leased`] and [`Step::Sending`] makes the attempt void: what would be sent is out of date.
//!
//! A lease that has run out is taken over. Whether its request reached Salesforce is not known then, and the key is asked
//! for before anything is inserted.

use std::{fmt, time::Duration};

use crate::{
    ids::{CallKey, TaskId},
    time::Timestamp,
};

/// The longest pause that a delivery is given. A later time comes from a clock that was set back since.
const LONGEST_PAUSE: Duration = Duration::from_secs(2 * 3_600);
/// No lease is longer: one that ends later is from before the clock was set back.
pub const LONGEST_LEASE: Duration = Duration::from_secs(120);
/// Salesforce may go on for so long with a request for many whose answer is lost: asking for its Tasks sooner could miss
/// them, and double them.
pub const UNSETTLED: Duration = Duration::from_secs(30);

/// What is to be in Salesforce about one call, and how far that has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The key of the call as it is known now.
    pub key: CallKey,
    /// What Salesforce has of it.
    pub known: Known,
    /// What is to be so in the end.
    pub aim: Aim,
    /// Where it stands.
    pub stage: Stage,
    /// Grows with each change of what the Task is to say.
    pub revision: u64,
    /// The number of the last lease.
    pub lease: u64,
    /// Not before this.
    pub due: Timestamp,
    /// Whether Salesforce is asked for the key before an insert, whatever else is known.
    pub ask_first: bool,
    /// Leases since the last success, or since a person tried again.
    pub attempts: u32,
    /// The Task was inserted or given another key, and it has not been seen yet whether another computer did the same.
    pub unproven: bool,
}

/// What Salesforce has of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// No request has gone out that may have made a Task.
    Nothing,
    /// A request has gone out, and its answer is lost.
    MayExist,
    /// This Task.
    Task {
        /// Its id.
        id: TaskId,
        /// The answer to a change of it was lost: it may say the one or the other.
        unsure: bool,
    },
}

/// What is to be so in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// One Task.
    Log,
    /// None.
    Withdraw(Why),
}

/// Why there is to be no Task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A colleague took the call. A later record may say otherwise.
    Elsewhere,
    /// The settings want no Task of such a call. It may turn out to be another kind of call.
    Settings,
    /// A person does not want it. That stays so.
    Discarded,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is sent when it is due.
    Waiting,
    /// A worker prepares it.
    Leased(Lease),
    /// A request is out.
    InFlight(Lease),
    /// Salesforce has what there is to say.
    Logged,
    /// A person has to look at it.
    Stuck,
    /// There is no Task, and none is sent.
    Skipped(Why),
}

/// A worker's hold on a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The revision that it sends.
    pub revision: u64,
    /// It is another worker's after this.
    pub until: Timestamp,
}

/// What happens to a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The call's entry was written again.
    Corrected {
        /// Its key now.
        key: CallKey,
        /// See [`Delivery::ask_first`].
        ask_first: bool,
        /// Not before this, where nothing has been sent.
        due: Timestamp,
        /// Whether the Task says something else now.
        changed: bool,
        /// It turned out to be a call of another kind, which the settings may decide about otherwise.
        another_kind: bool,
    },
    /// The call turned out to be a colleague's.
    TakenElsewhere,
    /// The settings want no Task.
    NotWanted {
        /// It turned out to be a call of another kind: what was sent of it is taken back. Else the settings have changed
        /// since, and it stays.
        another_kind: bool,
    },
    /// A person wants no Task.
    Discarded,
    /// A person who wanted none wants it after all.
    Restored,
    /// The Task says something else now: a note, another record.
    Touched,
    /// A worker takes it.
    Leased {
        /// How long for.
        until: Timestamp,
    },
    /// The worker's request goes out now.
    Sending(u64),
    /// The worker found out or achieved that this Task is the call's.
    Delivered {
        /// The worker's lease.
        lease: u64,
        /// The Task.
        task: TaskId,
        /// See [`Delivery::unproven`].
        unproven: bool,
        /// The Task is there, and does not say yet what it is to say.
        outdated: bool,
    },
    /// The worker found no Task of this call, or has deleted it.
    Withdrawn(u64),
    /// The worker may not delete the Task, or people have made it theirs.
    Kept(u64),
    /// The worker tries again later.
    Postponed {
        /// The worker's lease.
        lease: u64,
        /// When.
        until: Timestamp,
        /// The answer was lost.
        may_have_happened: bool,
    },
    /// The worker leaves it to a person.
    Parked(u64),
    /// The worker found that what it has prepared is out of date.
    GivenUp(u64),
    /// It was looked whether another computer has logged the same call: it has not, or this Task counts.
    Proven {
        /// The Task that counts.
        task: TaskId,
        /// What this computer had said in its own Task is to be said in the other's.
        outdated: bool,
    },
    /// The end of the trouble has it tried now. A request that may be under way is given its time all the same.
    Hastened,
    /// A person has it tried now, also where it is stuck. The same holds of a request that may be under way.
    Retried,
    /// The worker that held it is no more. Its request may still be under way until then.
    Orphaned(Timestamp),
}

/// The delivery is not in a state in which this step makes sense. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the entry has changed since this step was prepared")
    }
}

impl std::error::Error for Refused {}

impl Delivery {
    /// Begins the delivery of a call that has ended.
    pub fn new(key: CallKey, due: Timestamp, ask_first: bool, wanted: bool) -> Self {
        let (aim, stage) = if wanted {
            (Aim::Log, Stage::Waiting)
        } else {
            (Aim::Withdraw(Why::Settings), Stage::Skipped(Why::Settings))
        };
        Self {
            key,
            known: Known::Nothing,
            aim,
            stage,
            revision: 1,
            lease: 0,
            due,
            ask_first,
            attempts: 0,
            unproven: false,
        }
    }

    /// Returns the Task, where it is known.
    pub fn task(&self) -> Option<&TaskId> {
        match &self.known {
            Known::Task { id, .. } => Some(id),
            Known::Nothing | Known::MayExist => None,
        }
    }

    /// Takes a step.
    ///
    /// # Errors
    ///
    /// [`Refused`], and nothing has changed, where a worker's step comes too late or too early.
    pub fn apply(&self, step: Step, now: Timestamp) -> Result<Self, Refused> {
        let mut next = self.clone();
        match step {
            Step::Corrected { key, ask_first, due, changed, another_kind } => {
                let another_kind = another_kind || next.key != key;
                next.corrected(key, ask_first, due, changed, another_kind, now);
            }
            Step::TakenElsewhere => next.withdraw(Why::Elsewhere, now),
            Step::Discarded => next.withdraw(Why::Discarded, now),
            Step::Restored => next.restored(now)?,
            Step::NotWanted { another_kind } => {
                let unsent =
                    next.known == Known::Nothing && !matches!(next.stage, Stage::InFlight(_));
                if another_kind || unsent {
                    next.withdraw(Why::Settings, now);
                }
            }
            Step::Touched => next.say_anew(now),
            Step::Leased { until } => next.leased(until, now)?,
            Step::Sending(number) => {
                let lease = next.held(number)?;
                if !matches!(next.stage, Stage::Leased(_)) || lease.revision != next.revision {
                    return Err(Refused);
                }
                next.stage = Stage::InFlight(lease);
            }
            Step::Delivered { lease, task, unproven, outdated } => {
                next.delivered(lease, task, unproven, outdated, now);
            }
            Step::Withdrawn(number) => {
                next.held(number)?;
                next.known = Known::Nothing;
                next.unproven = false;
                next.settle(now);
            }
            Step::Kept(number) => {
                let lease = next.held(number)?;
                if lease.revision == next.revision {
                    next.aim = Aim::Log;
                    next.stage = Stage::Logged;
                } else {
                    next.wait(now);
                }
            }
            Step::Postponed { lease, until, may_have_happened } => {
                next.held(lease)?;
                // Where only a question was asked, nothing can have been written.
                next.unsure_if(may_have_happened && matches!(next.stage, Stage::InFlight(_)));
                next.stage = Stage::Waiting;
                next.due = until;
            }
            Step::Parked(number) => {
                let lease = next.held(number)?;
                // An answer that makes no sense is no refusal.
                next.unsure_if(matches!(next.stage, Stage::InFlight(_)));
                next.stage = Stage::Stuck;
                if lease.revision != next.revision {
                    next.wait(now);
                }
            }
            Step::GivenUp(number) => {
                next.held(number)?;
                next.wait(now);
            }
            Step::Proven { task, outdated } => {
                let Known::Task { id, .. } = &mut next.known else { return Err(Refused) };
                next.unproven = false;
                if *id != task {
                    *id = task;
                    if outdated {
                        next.say_anew(now);
                    }
                }
            }
            Step::Hastened => next.hasten(now),
            Step::Retried => match next.stage {
                Stage::Stuck => next.wait(now),
                Stage::Waiting | Stage::Leased(_) | Stage::InFlight(_) => next.hasten(now),
                Stage::Logged | Stage::Skipped(_) => {}
            },
            Step::Orphaned(until) => match next.stage {
                Stage::Leased(_) => next.stage = Stage::Waiting,
                // However soon the lease ends: it does not say when the request went out.
                Stage::InFlight(lease) => next.stage = Stage::InFlight(Lease { until, ..lease }),
                Stage::Waiting | Stage::Logged | Stage::Stuck | Stage::Skipped(_) => {}
            },
        }
        Ok(next)
    }

    fn corrected(
        &mut self,
        key: CallKey,
        ask_first: bool,
        due: Timestamp,
        changed: bool,
        another_kind: bool,
        now: Timestamp,
    ) {
        let rekeyed = self.key != key;
        self.key = key;
        if self.known == Known::Nothing {
            self.ask_first |= ask_first;
            self.due = self.due.min(due);
        }
        match self.stage {
            Stage::Skipped(Why::Discarded) => return,
            // The settings decided about this kind of call, and it is of the same kind.
            Stage::Skipped(Why::Settings) if !another_kind => return,
            Stage::Skipped(Why::Elsewhere | Why::Settings) => {
                self.aim = Aim::Log;
                self.due = due;
                self.begin_again();
            }
            Stage::Waiting
            | Stage::Leased(_)
            | Stage::InFlight(_)
            | Stage::Logged
            | Stage::Stuck => {}
        }
        let revived = matches!(self.aim, Aim::Withdraw(Why::Elsewhere | Why::Settings));
        if revived {
            self.aim = Aim::Log;
            self.may_be_taken_back();
        }
        if revived || changed || rekeyed {
            self.say_anew(now);
        }
    }

    /// The Task is to stay after all. Where a request to delete it is out, or was, nobody knows whether it is there: that
    /// it is gone is then no person's decision.
    fn may_be_taken_back(&mut self) {
        let out = matches!(self.stage, Stage::InFlight(_));
        if let Known::Task { unsure, .. } = &self.known
            && (out || *unsure)
        {
            self.known = Known::MayExist;
        }
    }

    /// A person's word is taken back by a person alone.
    fn restored(&mut self, now: Timestamp) -> Result<(), Refused> {
        if self.aim != Aim::Withdraw(Why::Discarded) {
            return Err(Refused);
        }
        self.aim = Aim::Log;
        match self.stage {
            Stage::Skipped(_) => {
                // Another computer of this agent may have logged it meanwhile.
                self.ask_first = true;
                self.revision += 1;
                self.wait(now);
            }
            Stage::Waiting
            | Stage::Leased(_)
            | Stage::InFlight(_)
            | Stage::Logged
            | Stage::Stuck => {
                self.may_be_taken_back();
                self.say_anew(now);
            }
        }
        Ok(())
    }

    /// There is to be no Task.
    fn withdraw(&mut self, why: Why, now: Timestamp) {
        match self.stage {
            // A person's word outlasts a record's.
            Stage::Skipped(Why::Discarded) => return,
            Stage::Skipped(Why::Elsewhere | Why::Settings) => {
                self.aim = Aim::Withdraw(why);
                self.stage = Stage::Skipped(why);
                return;
            }
            Stage::Waiting
            | Stage::Leased(_)
            | Stage::InFlight(_)
            | Stage::Logged
            | Stage::Stuck => {}
        }
        if self.aim == Aim::Withdraw(Why::Discarded) || self.aim == Aim::Withdraw(why) {
            return;
        }
        self.aim = Aim::Withdraw(why);
        if self.known == Known::Nothing && !matches!(self.stage, Stage::InFlight(_)) {
            self.revision += 1;
            self.stage = Stage::Skipped(why);
        } else {
            self.say_anew(now);
        }
    }

    /// What is in Salesforce, or on its way there, is out of date.
    fn say_anew(&mut self, now: Timestamp) {
        self.revision += 1;
        match self.stage {
            Stage::Logged | Stage::Stuck => self.wait(now),
            Stage::Waiting | Stage::Leased(_) | Stage::InFlight(_) | Stage::Skipped(_) => {}
        }
    }

    fn wait(&mut self, now: Timestamp) {
        if !matches!(self.stage, Stage::Waiting | Stage::Leased(_) | Stage::InFlight(_)) {
            self.attempts = 0;
        }
        self.stage = Stage::Waiting;
        self.due = self.due.min(now);
    }

    /// It is tried now; not before the last request has arrived, where its answer was lost. A question that overtakes the
    /// request finds nothing, and a change that overtakes an older one is undone by it. When the request went out is not
    /// kept: what is due within the time that one may take is due when it was to be.
    fn hasten(&mut self, now: Timestamp) {
        let under_way = match self.known {
            Known::Nothing => false,
            Known::MayExist => true,
            Known::Task { unsure, .. } => unsure,
        };
        self.due = self.due.min(if under_way { now.plus(UNSETTLED) } else { now });
    }

    fn begin_again(&mut self) {
        self.stage = Stage::Waiting;
        self.attempts = 0;
    }

    fn leased(&mut self, until: Timestamp, now: Timestamp) -> Result<(), Refused> {
        let is_over = |lease: Lease| lease.until <= now || lease.until > now.plus(LONGEST_LEASE);
        match self.stage {
            Stage::Waiting if plausible(self.due, now) <= now => {}
            Stage::Leased(lease) if is_over(lease) => {}
            Stage::InFlight(lease) if is_over(lease) => {
                self.unsure_if(true);
            }
            Stage::Waiting
            | Stage::Leased(_)
            | Stage::InFlight(_)
            | Stage::Logged
            | Stage::Stuck
            | Stage::Skipped(_) => return Err(Refused),
        }
        self.lease += 1;
        self.attempts = self.attempts.saturating_add(1);
        self.stage = Stage::Leased(Lease { revision: self.revision, until });
        Ok(())
    }

    /// Returns the lease with this number, which its worker still has.
    fn held(&self, number: u64) -> Result<Lease, Refused> {
        match self.stage {
            Stage::Leased(lease) | Stage::InFlight(lease) if number == self.lease => Ok(lease),
            Stage::Leased(_)
            | Stage::InFlight(_)
            | Stage::Waiting
            | Stage::Logged
            | Stage::Stuck
            | Stage::Skipped(_) => Err(Refused),
        }
    }

    /// The Task exists: that is so, whoever holds the delivery by now.
    fn delivered(
        &mut self,
        number: u64,
        task: TaskId,
        unproven: bool,
        outdated: bool,
        now: Timestamp,
    ) {
        let held = self.held(number);
        let another = self.task().is_some_and(|known| *known != task);
        if held.is_err() && another {
            // Two Tasks of one call are known: the look for those of other computers finds both.
            self.unproven = true;
            return;
        }
        self.known = Known::Task { id: task, unsure: false };
        self.unproven |= unproven;
        let Ok(lease) = held else {
            // Another worker has it, or it was given up: the Task is to be made what it is to be.
            if let Stage::Skipped(why) = self.stage {
                self.aim = Aim::Withdraw(why);
                self.say_anew(now);
                self.wait(now);
            }
            return;
        };
        self.attempts = 0;
        self.ask_first = false;
        if outdated {
            self.revision += 1;
        }
        if lease.revision == self.revision && self.aim == Aim::Log {
            self.stage = Stage::Logged;
        } else {
            self.wait(now);
        }
    }

    /// Nothing is in Salesforce: that is the end, or the beginning.
    fn settle(&mut self, now: Timestamp) {
        match self.aim {
            Aim::Withdraw(why) => self.stage = Stage::Skipped(why),
            Aim::Log => self.wait(now),
        }
    }

    fn unsure_if(&mut self, may_have_happened: bool) {
        if !may_have_happened {
            return;
        }
        match &mut self.known {
            Known::Nothing => self.known = Known::MayExist,
            Known::MayExist => {}
            Known::Task { unsure, .. } => *unsure = true,
        }
    }
}

/// A time that lies too far ahead was written while the clock was wrong.
fn plausible(time: Timestamp, now: Timestamp) -> Timestamp {
    if time > now.plus(LONGEST_PAUSE) { now } else { time }
}
