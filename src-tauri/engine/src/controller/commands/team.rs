//! The administrator's table: reading it, choosing in it, saving it.

use std::sync::Arc;

use domain::binding::Choices;
use pbx::ExtensionEntry;

use crate::{
    command::Reply,
    controller::{Answer, Controller, Input, pbx_side, salesforce_side},
    problems,
    team::{self, Save, Team},
    view::{BindingChange, BindingChoice, Problem, SaveOutcome, SavedBinding},
};

impl Controller {
    /// Reads users and extensions anew, and shows them without any choice.
    pub(super) fn binding_table(&self, robots: bool, answer: Answer) {
        let Some((session, answer)) = self.session_or_refuse(answer) else { return };
        let (client, known) = (self.pbx.client.clone(), self.pbx.extensions.clone());
        let (of_pbx, of_salesforce) = (self.pbx.generation, self.sales.generation);
        let inputs = self.inputs.clone();
        self.tasks.spawn(async move {
            let reply = async {
                let extensions = current(client, known).await?;
                let team = Arc::new(read(&session, robots, extensions.clone()).await?);
                let table = team.table(&Choices::new());
                let news = pbx_side::News::Extensions(extensions);
                let _ = inputs.send(Input::Pbx(of_pbx, news)).await;
                let news = salesforce_side::News::Team(team);
                let _ = inputs.send(Input::Salesforce(of_salesforce, news)).await;
                Ok(Reply::BindingTable(Box::new(table)))
            };
            let _ = answer.send(reply.await);
        });
    }

    /// Shows the table with choices, and where wished with everybody's extension by e-mail.
    pub(super) fn plan_bindings(
        &self,
        chosen: Vec<BindingChoice>,
        automatic: bool,
        answer: Answer,
    ) {
        self.with_team(answer, move |team| {
            let mut choices = team::choices(&chosen);
            if automatic {
                choices = team.automatic(&choices);
            }
            Reply::BindingTable(Box::new(team.table(&choices)))
        });
    }

    /// Returns the same as a file.
    pub(super) fn team_file(&self, chosen: Vec<BindingChoice>, answer: Answer) {
        self.with_team(answer, move |team| {
            let file = team.file(&team::choices(&chosen));
            Reply::TeamFile { csv: file.csv, toml: file.toml, people: file.people }
        });
    }

    /// Writes the confirmed changes into the profiles. The users are read anew before, so that nothing is overwritten
    /// that the person has not seen, and nothing is sent again that has arrived.
    pub(super) fn save_bindings(&self, changes: Vec<BindingChange>, answer: Answer) {
        let Some((session, answer)) = self.session_or_refuse(answer) else { return };
        let Some(shown) = self.sales.team.clone() else {
            let _ = answer.send(Err(problems::table_is_gone()));
            return;
        };
        let (inputs, generation) = (self.inputs.clone(), self.sales.generation);
        self.tasks.spawn(async move {
            let extensions = shown.extensions().to_vec();
            let mut now = match read(&session, shown.robots(), extensions).await {
                Ok(now) => now,
                Err(problem) => {
                    let _ = answer.send(Err(problem));
                    return;
                }
            };
            let checked = now.check(&changes);
            let sent: Vec<Save> = checked.iter().filter_map(|one| one.clone().ok()).collect();
            let results = session.save_extensions(&sent).await;
            for ((user, extension), result) in sent.iter().zip(&results) {
                if result.is_ok() {
                    now.saved(user, extension.as_ref());
                }
            }
            let mut results = results.iter();
            let outcomes = changes.iter().zip(&checked).map(|(change, checked)| {
                let (outcome, detail) = match checked {
                    Ok(_) => results.next().map_or((SaveOutcome::Failed, None), team::outcome),
                    Err(outcome) => (*outcome, None),
                };
                SavedBinding { user: change.user.clone(), outcome, detail }
            });
            let reply = Reply::BindingsSaved(outcomes.collect());
            // Before the answer: whoever asks for the table next finds it so.
            let news = salesforce_side::News::Team(Arc::new(now));
            let _ = inputs.send(Input::Salesforce(generation, news)).await;
            let _ = answer.send(Ok(reply));
        });
    }

    /// Keeps what was read for the choices to come; this user's own extension counts at once.
    pub(crate) fn team_read(&mut self, team: Arc<Team>) {
        if let Some(user) = &mut self.sales.user
            && let Some(extension) = team.extension_of(&user.id)
            && user.extension != extension
        {
            user.extension = extension;
            self.find_binding();
        }
        self.sales.team = Some(team);
    }

    fn with_team(&self, answer: Answer, reply: impl FnOnce(&Team) -> Reply + Send + 'static) {
        let team = self.sales.team.clone();
        self.tasks.spawn(async move {
            let reply = team.map(|team| reply(&team)).ok_or_else(problems::table_is_gone);
            let _ = answer.send(reply);
        });
    }

    fn session_or_refuse(&self, answer: Answer) -> Option<(salesforce::Session, Answer)> {
        match self.sales.session.clone() {
            Some(session) => Some((session, answer)),
            None => {
                let _ = answer.send(Err(problems::not_signed_in()));
                None
            }
        }
    }
}

/// Asks the PBX for its extensions. What was known a while ago is good enough where it is away.
async fn current(
    client: Option<pbx::Client>,
    known: Vec<ExtensionEntry>,
) -> Result<Vec<ExtensionEntry>, Problem> {
    let Some(client) = client else { return Err(problems::no_extensions()) };
    match client.extensions().await {
        Ok(extensions) if extensions.is_empty() => Err(problems::no_extensions()),
        Ok(extensions) => Ok(extensions),
        Err(_) if !known.is_empty() => Ok(known),
        Err(error) => Err(problems::of_pbx(&error)),
    }
}

/// Asks Salesforce for its users.
async fn read(
    session: &salesforce::Session,
    robots: bool,
    extensions: Vec<ExtensionEntry>,
) -> Result<Team, Problem> {
    match session.team(robots).await {
        Ok(team) => Ok(Team::new(session.user_id(), robots, team, extensions)),
        Err(error) => Err(problems::of_reading_users(&error)),
    }
}
