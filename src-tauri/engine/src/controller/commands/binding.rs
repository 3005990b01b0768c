//! Saying which extension is one's own.

use std::time::Duration;

use domain::Extension;

use crate::{
    command::Reply,
    controller::{Answer, Controller, Input, pbx_side},
    problems, team,
    view::Problem,
};

/// `bind --auto` waits so long for both sides to say who is who.
const BIND_PATIENCE: Duration = Duration::from_secs(12);

impl Controller {
    pub(super) fn bind(&mut self, extension: Option<String>, answer: Answer) {
        match extension {
            Some(text) => {
                let number = text.trim().to_owned();
                let known = self.pbx.extensions.is_empty()
                    || self.pbx.extensions.iter().any(|entry| entry.number.as_str() == number);
                let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
                if !known || !digits {
                    let _ = answer.send(Err(Problem::new(
                        "pbx.extension_gone",
                        format!("The PBX has no extension {number}."),
                        "Choose one of the PBX's extensions.",
                    )));
                    return;
                }
                let reply = self.change(|settings| settings.binding.extension.clone_from(&number));
                if reply.is_ok() {
                    self.find_binding();
                }
                let _ = answer.send(reply.map(|_| Reply::Bound { extension: number }));
            }
            None => {
                if let Err(problem) = self.change(|settings| settings.binding.extension.clear()) {
                    let _ = answer.send(Err(problem));
                    return;
                }
                self.pbx.binding = pbx_side::Binding::default();
                // Both sides may have been connected a moment ago, and are still telling who is who.
                self.bind_waits.push(answer);
                self.find_binding();
                let inputs = self.inputs.clone();
                self.tasks.spawn(async move {
                    tokio::time::sleep(BIND_PATIENCE).await;
                    let _ = inputs.send(Input::BindPatience).await;
                });
            }
        }
    }

    /// Answers whoever waits for the binding.
    pub(crate) fn answer_binders(&mut self, found: &Result<Extension, Problem>) {
        for answer in self.bind_waits.drain(..) {
            let reply =
                found.clone().map(|extension| Reply::Bound { extension: extension.to_string() });
            let _ = answer.send(reply);
        }
    }

    pub(crate) fn bind_is_late(&mut self) {
        self.answer_binders(&Err(Problem::new(
            "binding.none",
            "Your extension is looked up as soon as both sides are connected.",
            "Connect the PBX and Salesforce first.",
        )));
    }

    pub(super) fn extensions(&self) -> Result<Reply, Problem> {
        if self.pbx.extensions.is_empty() {
            return Err(problems::not_connected_to_pbx());
        }
        Ok(Reply::Extensions(self.pbx.extensions.iter().map(team::extension_view).collect()))
    }
}
