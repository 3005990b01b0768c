//! The question as a dialog of GTK, before the window and in its way.

use ::gtk::{
    ButtonsType, MessageDialog, MessageType, ResponseType,
    glib::{idle_add_local_once, timeout_add_local_once},
    prelude::{DialogExt, GtkWindowExt, ObjectExt, WidgetExt},
};
use tauri::WebviewWindow;
use tokio::sync::oneshot;

use super::{FIRST_MOMENT, Question};

/// Shows the question; the answer comes by itself. A window that is gone has none.
pub(super) fn show(
    window: &WebviewWindow,
    question: Question,
    say: oneshot::Sender<bool>,
) -> Option<()> {
    let parent = window.clone();
    window
        .run_on_main_thread(move || {
            let Ok(parent) = parent.gtk_window() else { return };
            let Question { title, text, yes, no } = question;
            // Plain text, all of it: this kind of dialog reads markup only where it is told to.
            let dialog = MessageDialog::builder()
                .transient_for(&parent)
                .modal(true)
                .destroy_with_parent(true)
                .title(format!("Patchcord: {title}"))
                .message_type(MessageType::Question)
                .buttons(ButtonsType::None)
                .text(title)
                .secondary_text(text)
                .build();
            dialog.add_button(&no, ResponseType::Cancel);
            dialog.add_button(&yes, ResponseType::Accept);
            dialog.set_default_response(ResponseType::Cancel);
            dialog.set_response_sensitive(ResponseType::Accept, false);
            let say = std::cell::Cell::new(Some(say));
            dialog.connect_response(move |dialog, response| {
                if let Some(say) = say.take() {
                    let _ = say.send(response == ResponseType::Accept);
                }
                dialog.hide();
                // Not before its own signal has ended.
                let dialog = dialog.clone();
                idle_add_local_once(move || dialog.close());
            });
            let later = dialog.downgrade();
            timeout_add_local_once(FIRST_MOMENT, move || {
                if let Some(dialog) = later.upgrade() {
                    dialog.set_response_sensitive(ResponseType::Accept, true);
                }
            });
            dialog.show_all();
            dialog.present();
        })
        .ok()
}
