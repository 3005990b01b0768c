//! A question of this program itself, in a window that the page can neither draw nor press. It says what is true by
//! the engine, the safe answer is the one that Enter gives, and the other one cannot be given in the first moment:
//! what is pressed then was meant for something else.

mod words;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod gtk;

use std::time::Duration;

use engine::consent::Facts;
use shell::client::Language;
use tauri::WebviewWindow;
use tokio::sync::oneshot;

use words::{Question, question};

/// So long nobody can say yes.
const FIRST_MOMENT: Duration = Duration::from_millis(700);

/// Asks a person. Returns none where the question cannot be shown.
pub(super) async fn ask(window: &WebviewWindow, facts: &Facts, language: Language) -> Option<bool> {
    let question = question(facts, language);
    let (say, said) = oneshot::channel();
    #[cfg(target_os = "linux")]
    gtk::show(window, question, say)?;
    #[cfg(not(target_os = "linux"))]
    elsewhere::show(window, question, say)?;
    said.await.ok()
}
