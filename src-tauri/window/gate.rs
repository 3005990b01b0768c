//! What the page asks for, held against what a person really does. The engine believes whoever has its socket; the
//! page shares this program's, so here is where it is not believed (`engine::consent` says what needs what).

use std::{
    collections::VecDeque,
    sync::Mutex,
    time::{Duration, Instant},
};

use engine::{
    command::{Command, Reply},
    consent::{Consent, Facts, needed},
    view::{LinkCard, Problem, SettingsView, SyncView},
};
use shell::client::hold;

use crate::acts::{self, Acts};

/// So long a question that the page shows waits for its answer.
const QUESTION: Duration = Duration::from_secs(120);
/// So long an address that a person has agreed to is tried with one certificate after the other.
const AGREED: Duration = Duration::from_secs(10 * 60);
/// Who has said no so often within [`A_WHILE`] is not asked again until that is over.
const REFUSALS: usize = 3;
const A_WHILE: Duration = Duration::from_secs(60);

/// Who is asked: the engine for what is true, a person for what they want.
pub(super) trait Sides: Sync {
    /// Asks the engine.
    fn engine(&self, command: Command) -> impl Future<Output = Result<Reply, Problem>> + Send;

    /// Asks a person, outside of the page; none where that cannot be.
    fn person(&self, facts: Facts) -> impl Future<Output = Option<bool>> + Send;

    /// Returns what the contact sync has last said.
    fn sync(&self) -> Option<SyncView>;

    /// Returns the link that waits for an answer, and since when.
    fn link(&self) -> Option<(LinkCard, Instant)>;
}

/// What the page has asked so far.
#[derive(Debug, Default)]
pub(super) struct Gate {
    acts: Acts,
    state: Mutex<State>,
    /// One question at a time.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    /// The number that the page shows a question for, and since when.
    dial: Option<(String, Instant)>,
    /// The address of a PBX that was tried last: its certificate may be looked at.
    pbx: Option<String>,
    /// An address of a PBX that a person has agreed to.
    agreed: Option<(String, Instant)>,
    /// When a person has said no, the oldest first.
    refused: VecDeque<Instant>,
}

impl Gate {
    /// A gate that knows of these acts.
    pub(super) fn new(acts: Acts) -> Self {
        Self { acts, ..Self::default() }
    }

    /// Passes a wish of the page on, once a person has agreed where that is needed.
    ///
    /// # Errors
    ///
    /// The engine's problem, or that nobody has agreed.
    pub(super) async fn pass(
        &self,
        command: Command,
        sides: &impl Sides,
    ) -> Result<Reply, Problem> {
        match command {
            Command::Dial { number, confirmed: false } => self.ask_to_dial(number, sides).await,
            Command::Dial { number, confirmed: true } => self.dial(number, sides).await,
            Command::PbxCertificate { address } => {
                // Otherwise it is a knock at any door of the network.
                if hold(&self.state).pbx.as_ref() != Some(&address) {
                    return Err(not_allowed());
                }
                sides.engine(Command::PbxCertificate { address }).await
            }
            command => {
                self.consent(&command, sides).await?;
                if let Command::ConnectPbx { address, .. } = &command {
                    hold(&self.state).pbx = Some(address.clone());
                }
                sides.engine(command).await
            }
        }
    }

    /// A costly number is asked about outside of the page, and so is every number where no click can be seen: the
    /// person answers one question either way.
    async fn ask_to_dial(&self, number: String, sides: &impl Sides) -> Result<Reply, Problem> {
        let reply =
            sides.engine(Command::Dial { number: number.clone(), confirmed: false }).await?;
        let Reply::ConfirmDial { shown, country, costly, kind } = &reply else {
            return Ok(reply);
        };
        if *costly || !acts::SEEN {
            let (shown, country) = (shown.clone(), country.clone());
            let (costly, kind) = (*costly, *kind);
            self.word(Facts::Dial { shown, country, costly, kind }, sides).await?;
            return sides.engine(Command::Dial { number, confirmed: true }).await;
        }
        hold(&self.state).dial = Some((number, Instant::now()));
        Ok(reply)
    }

    /// The answer to the page's own question, for the same number and by a key or click that came after it, is the
    /// person's; everything else is asked about.
    async fn dial(&self, number: String, sides: &impl Sides) -> Result<Reply, Problem> {
        let asked = hold(&self.state)
            .dial
            .take_if(|(asked, at)| *asked == number && at.elapsed() < QUESTION);
        if !asked.is_some_and(|(_, at)| self.acts.spend(Some(at))) {
            let question = Command::Dial { number: number.clone(), confirmed: false };
            if let Reply::ConfirmDial { shown, country, costly, kind } =
                sides.engine(question).await?
            {
                self.word(Facts::Dial { shown, country, costly, kind }, sides).await?;
            }
        }
        sides.engine(Command::Dial { number, confirmed: true }).await
    }

    async fn consent(&self, command: &Command, sides: &impl Sides) -> Result<(), Problem> {
        let settings = match command {
            Command::ConnectPbx { .. }
            | Command::ConnectSalesforce { .. }
            | Command::ChangeSettings { .. } => match sides.engine(Command::Settings).await? {
                Reply::Settings(settings) => *settings,
                // It has not read them yet.
                _ => return Err(not_allowed()),
            },
            _ => SettingsView::default(),
        };
        match needed(command, &settings, sides.sync().as_ref()) {
            Consent::Free => Ok(()),
            // Both wishes to dial have ways of their own.
            Consent::Dial => Err(not_allowed()),
            Consent::Act(deed) => {
                let link = of_link(command, sides);
                // What was pressed before the card was there is no answer to it.
                if self.acts.spend(link.as_ref().map(|(_, since)| *since)) {
                    return Ok(());
                }
                self.word(link.map_or(Facts::Act(deed), |(facts, _)| facts), sides).await
            }
            Consent::Word(Facts::PbxAddress { address, before }) => {
                let agreed = hold(&self.state)
                    .agreed
                    .as_ref()
                    .is_some_and(|(agreed, at)| *agreed == address && at.elapsed() < AGREED);
                if !agreed {
                    self.word(Facts::PbxAddress { address: address.clone(), before }, sides)
                        .await?;
                    hold(&self.state).agreed = Some((address, Instant::now()));
                }
                Ok(())
            }
            Consent::Word(facts) => self.word(facts, sides).await,
        }
    }

    /// Asks a person, outside of the page.
    async fn word(&self, facts: Facts, sides: &impl Sides) -> Result<(), Problem> {
        let Ok(_one) = self.asking.try_lock() else {
            return Err(Problem::new(
                "window.asking",
                "Patchcord is asking something else already; this was not done.",
                "Answer that question first.",
            ));
        };
        if self.is_tired() {
            return Err(Problem::new(
                "window.refused_often",
                "Several questions were turned away within a minute, so nothing more is asked for now; this was not done.",
                "Wait a minute, then try again. If you did not begin it, close the window and tell your IT.",
            ));
        }
        match sides.person(facts).await {
            Some(true) => Ok(()),
            Some(false) => {
                hold(&self.state).refused.push_back(Instant::now());
                Err(not_agreed())
            }
            None => Err(Problem::new(
                "window.cannot_ask",
                "This needs your word outside of the page, and the question could not be shown. Nothing was done.",
                "Close the window and open it again, or use the command line.",
            )),
        }
    }

    /// A question that comes again and again is answered with yes in the end.
    fn is_tired(&self) -> bool {
        let refused = &mut hold(&self.state).refused;
        while refused.front().is_some_and(|at| at.elapsed() >= A_WHILE) {
            refused.pop_front();
        }
        refused.len() >= REFUSALS
    }
}

/// A link is asked about by its number.
fn of_link(command: &Command, sides: &impl Sides) -> Option<(Facts, Instant)> {
    let Command::ConfirmLink { link } = command else { return None };
    let (card, since) = sides.link().filter(|(card, _)| card.id == *link)?;
    let shown = card.number_shown.unwrap_or(card.written);
    let costly = card.abroad || card.kind.may_cost_more();
    let facts = Facts::Dial { shown, country: card.country, costly, kind: card.kind };
    Some((facts, since))
}

/// What a window has no business with.
pub(super) fn not_allowed() -> Problem {
    Problem::new(
        "window.not_allowed",
        "A window cannot ask for this.",
        "Use the tray or the command line.",
    )
}

fn not_agreed() -> Problem {
    Problem::new(
        "window.not_agreed",
        "You did not agree, so nothing was done.",
        "Try again if you want it after all.",
    )
}

#[cfg(test)]
mod tests;
