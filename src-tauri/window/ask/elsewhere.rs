//! The question as a message box of Windows or macOS, before the window and in its way. Both give Enter to the first
//! button, so that is the safe one; neither can keep the other one from being pressed for a moment, so the box comes
//! after that moment.

use rfd::{AsyncMessageDialog, MessageButtons, MessageDialogResult, MessageLevel};
use tauri::WebviewWindow;
use tokio::sync::oneshot;

use super::{FIRST_MOMENT, Question};

/// Shows the question; the answer comes by itself.
pub(super) fn show(
    window: &WebviewWindow,
    question: Question,
    say: oneshot::Sender<bool>,
) -> Option<()> {
    let (window, parent) = (window.clone(), window.clone());
    let show = move || {
        let Question { title, text, yes, no } = question;
        let agrees = MessageDialogResult::Custom(yes.clone());
        // The box is made on the main thread, and answers on any.
        let answer = AsyncMessageDialog::new()
            .set_parent(&parent)
            .set_level(MessageLevel::Warning)
            .set_title("Patchcord")
            .set_description(format!("{title}\n\n{text}"))
            .set_buttons(MessageButtons::OkCancelCustom(no, yes))
            .show();
        tauri::async_runtime::spawn(async move {
            let _ = say.send(answer.await == agrees);
        });
    };
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(FIRST_MOMENT).await;
        // A window that is gone answers nothing.
        let _ = window.run_on_main_thread(show);
    });
    Some(())
}
