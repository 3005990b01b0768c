//! What people do when it is over: everything is made well, a desk signed in again, and told to try again.

use crate::{
    act::{Act, DeskAct, OrgAct, PbxAct},
    history::History,
    plan::Plan,
};

impl History<'_> {
    /// Nothing is wrong any more: both systems answer, every desk runs and is switched on.
    pub(crate) async fn is_made_well(&self) {
        self.writes("everything is made well".to_owned());
        self.ends_strays();
        self.pbx(&PbxAct::Heal).await;
        self.org(&OrgAct::Heal).await;
        self.office.salesforce.set(|org| org.locked_rows = 0);
        self.office.pbx.listen_again().await;
        self.office.salesforce.listen_again().await;
        for (place, desk) in self.office.desks.iter().enumerate() {
            let mut complaint = None;
            {
                let mut desk = desk.lock().await;
                let well = async {
                    desk.stop(false).await?;
                    desk.start().await
                };
                if let Err(error) = well.await {
                    complaint = Some(format!("desk {place}: {error:#}"));
                }
            }
            let off = self.books(|books| {
                books
                    .off
                    .get(&place)
                    .and_then(|times| times.last())
                    .is_some_and(|off| off.on_ms.is_none())
            });
            if off && let Err(error) = self.desk(place, DeskAct::On).await {
                complaint = Some(format!("desk {place}: {error:#}"));
            }
            self.books(|books| {
                books.moves_again(place);
                books.complaints.extend(complaint);
            });
        }
    }

    /// What a person does who sees calls wait although all is well.
    pub(crate) async fn is_told_to_retry(&self) {
        self.writes("every desk is told to try again".to_owned());
        for desk in &self.office.desks {
            let asked = desk.lock().await.asks(&["retry"]);
            if let Ok(said) = asked.await
                && !said.worked
            {
                self.writes(format!("retry: {}", said.complaint));
            }
        }
    }

    /// Signs a desk in again that says it is signed out, as a person would. Returns how many there were.
    ///
    /// A refresh token is good for one answer. Where the program is killed before it has kept that answer, or the line
    /// breaks before it is there, nothing brings the sign-in back. Elsewhere it must not be lost.
    pub(crate) async fn signs_in_again(&self, plan: &Plan) -> usize {
        let org = &self.office.salesforce;
        let mut again = 0;
        for (place, desk) in self.office.desks.iter().enumerate() {
            let desk = desk.lock().await;
            let Ok(status) = desk.asks_json(&["status", "--json"]).await else { continue };
            if status["salesforce"]["state"] != "signed_out" || !may_be_signed_out(plan, place) {
                continue;
            }
            self.writes(format!("a person signs in again at desk {place}"));
            match desk.signs_in(&org.login(), &org.consumer_key()).await {
                Ok(()) => again += 1,
                Err(error) => self.writes(format!("desk {place}: {error:#}")),
            }
        }
        again
    }
}

/// Could an answer with a new refresh token have been lost?
fn may_be_signed_out(plan: &Plan, place: usize) -> bool {
    plan.lanes.iter().flat_map(|lane| &lane.steps).any(|step| match &step.act {
        Act::Desk { desk, act } => *desk == place && *act == DeskAct::Kill,
        Act::Org(act) => matches!(act, OrgAct::Down),
        Act::Call { .. } | Act::Pbx(_) => false,
    })
}
