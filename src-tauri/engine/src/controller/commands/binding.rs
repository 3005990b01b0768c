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

/// Says whether it looks like an extension.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Controller {
    pub(super) fn bind(&mut self, extension: Option<String>, answer: Answer) {
        match extension {
            Some(text) => {
                let number = text.trim().to_owned();
                if is_number(&number) && !self.may_have(&number) && self.pbx.client.is_some() {
                    // It may be new.
                    self.bind_when_told(number, answer);
                } else {
                    self.bind_by_hand(&number, answer);
                }
            }
            None => {
                if let Err(problem) = self.change(|settings| settings.binding.extension.clear()) {
                    let _ = answer.send(Err(problem));
                    return;
                }
                // Both sides may have been connected a moment ago, and are still telling who is who.
                self.bind_waits.push(answer);
                if self.sales.user.is_some() && !self.pbx.extensions.is_empty() {
                    // They have told, and may tell something else now.
                    self.ask_whose();
                } else {
                    self.pbx.binding = pbx_side::Binding::default();
                    self.find_binding();
                }
                self.remind(BIND_PATIENCE, Input::BindPatience);
            }
        }
    }

    /// Says whether the PBX has the extension, as far as its list was read.
    fn may_have(&self, number: &str) -> bool {
        let extensions = &self.pbx.extensions;
        extensions.is_empty() || extensions.iter().any(|entry| entry.number.as_str() == number)
    }

    /// Binds to an extension, unless the PBX does not have it.
    pub(in crate::controller) fn bind_by_hand(&mut self, number: &str, answer: Answer) {
        if !is_number(number) || !self.may_have(number) {
            let _ = answer.send(Err(Problem::new(
                "pbx.extension_gone",
                format!("The PBX has no extension {number}."),
                "Choose one of the PBX's extensions.",
            )));
            return;
        }
        let reply = self.change(|settings| number.clone_into(&mut settings.binding.extension));
        if reply.is_ok() {
            self.find_binding();
        }
        let _ = answer.send(reply.map(|_| Reply::Bound { extension: number.to_owned() }));
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
