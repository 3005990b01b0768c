//! Notifications. Nothing depends on them: where there is no service for them, the window and the page still come.

use std::collections::HashMap;

use engine::{
    Handle,
    command::Command,
    ports::{Fact, Note},
};
use notify_rust::Notification;
use tokio::sync::mpsc;

use crate::plain;

/// Notifications that wait to be shown; the newest are dropped when the desktop does not keep up.
const WAITING: usize = 64;

/// The way to the desktop's notifications. Calls return at once.
#[derive(Clone, Debug)]
pub(crate) struct Notifier {
    inputs: mpsc::Sender<Input>,
}

enum Input {
    Show(Box<Note>),
    Withdraw(String),
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "the other systems tell of no button")
    )]
    Pressed {
        note: String,
        button: String,
    },
    End(tokio::sync::oneshot::Sender<()>),
}

impl Notifier {
    /// Starts the task that shows notifications; buttons go to `engine` once it is set.
    pub(crate) fn start(engine: tokio::sync::watch::Receiver<Option<Handle>>) -> Self {
        let (inputs, received) = mpsc::channel(WAITING);
        let presses = inputs.clone();
        tokio::spawn(run(received, presses, engine));
        Self { inputs }
    }

    /// Shows a notification, in the place of the one with the same id.
    pub(crate) fn show(&self, note: Note) {
        // Full: the desktop is stuck, and calls must not wait for it.
        let _ = self.inputs.try_send(Input::Show(Box::new(note)));
    }

    /// Takes a notification away.
    pub(crate) fn withdraw(&self, id: &str) {
        let _ = self.inputs.try_send(Input::Withdraw(id.to_owned()));
    }

    /// Takes all of them away.
    pub(crate) async fn end(&self) {
        let (done, wait) = tokio::sync::oneshot::channel();
        if self.inputs.send(Input::End(done)).await.is_ok() {
            let _ = tokio::time::timeout(std::time::Duration::from_secs(1), wait).await;
        }
    }
}

/// Shows a notification of a program that is about to end. Says whether the desktop has taken it.
pub(crate) async fn last_word(note: &Note) -> bool {
    platform::last_word(note).await.is_ok()
}

/// Says who shows notifications here, for whoever checks the set-up. Blocks for up to five seconds.
pub(crate) fn look() -> Fact {
    platform::look()
}

/// One notification on the screen.
struct Shown {
    buttons: Vec<(String, Command)>,
    handle: platform::Handle,
}

async fn run(
    mut inputs: mpsc::Receiver<Input>,
    presses: mpsc::Sender<Input>,
    engine: tokio::sync::watch::Receiver<Option<Handle>>,
) {
    let mut shown: HashMap<String, Shown> = HashMap::new();
    let mut said = false;
    while let Some(input) = inputs.recv().await {
        match input {
            Input::Show(note) => {
                let before = shown.remove(&note.id);
                let (id, buttons) = (note.id.clone(), note.buttons.clone());
                match platform::show(&note, before.map(|shown| shown.handle), &presses).await {
                    Ok(handle) => drop(shown.insert(id, Shown { buttons, handle })),
                    Err(error) if !said => {
                        said = true;
                        tracing::warn!(%error, "there are no notifications on this desktop; window and pages still come");
                    }
                    Err(_) => {}
                }
            }
            Input::Withdraw(id) => {
                if let Some(shown) = shown.remove(&id) {
                    platform::close(shown.handle).await;
                }
            }
            Input::Pressed { note, button } => {
                let Some(shown) = shown.get(&note) else { continue };
                let command = match button.parse::<usize>() {
                    Ok(number) => shown.buttons.get(number).map(|(_, command)| command.clone()),
                    // A click beside the buttons: the page, where there is exactly one, else the window.
                    Err(_) => Some(match shown.buttons.as_slice() {
                        [(_, open @ Command::OpenRecord { .. })] => open.clone(),
                        _ => Command::RaiseWindow,
                    }),
                };
                let engine = engine.borrow().clone();
                if let (Some(command), Some(engine)) = (command, engine) {
                    tokio::spawn(async move {
                        if let Err(problem) = engine.ask(command).await {
                            tracing::warn!(
                                code = problem.code,
                                "what a notification's button asked for failed"
                            );
                        }
                    });
                }
            }
            Input::End(done) => {
                for (_, shown) in shown.drain() {
                    platform::close(shown.handle).await;
                }
                let _ = done.send(());
                return;
            }
        }
    }
}

/// What all desktops get.
fn notification(note: &Note, title: &str, body: &str) -> Notification {
    let mut notification = Notification::new();
    notification.appname("Patchcord").summary(title).body(body);
    for (number, (label, _)) in note.buttons.iter().enumerate() {
        notification.action(&number.to_string(), &plain::one_line(label, 60));
    }
    notification
}

/// Returns who is to choose from, for desktops without buttons; a click on the notification leads to the window.
fn choices(note: &Note) -> Vec<String> {
    let names =
        note.buttons.iter().filter(|(_, command)| matches!(command, Command::Choose { .. }));
    names.map(|(label, _)| plain::one_line(label, 60)).collect()
}

fn title(note: &Note) -> String {
    plain::one_line(&note.title, 120)
}

fn body(note: &Note, buttons: bool) -> String {
    let told = if buttons { Vec::new() } else { choices(note) };
    let lines: Vec<&str> =
        std::iter::once(note.body.as_str()).chain(told.iter().map(String::as_str)).collect();
    plain::lines(&lines.join("\n"), 500)
}

#[cfg(target_os = "linux")]
mod platform {
    use std::time::Duration;

    use notify_rust::{
        Hint, Notification, NotificationHandle, NotificationResponse, Timeout, Urgency,
        error::Result,
    };
    use tokio::{sync::mpsc, task::JoinHandle};

    use super::{Fact, Input, Note, body, notification, plain, title};

    /// How long the desktop may take for one answer.
    const PATIENCE: Duration = Duration::from_secs(5);

    pub(super) struct Handle {
        id: u32,
        note: std::sync::Arc<NotificationHandle>,
        listener: JoinHandle<()>,
    }

    pub(super) async fn show(
        note: &Note,
        before: Option<Handle>,
        presses: &mpsc::Sender<Input>,
    ) -> Result<Handle> {
        let mut wanted = wanted(note).await;
        wanted.hint(Hint::DesktopEntry("patchcord".to_owned()));
        // Without this a click beside the buttons does nothing.
        wanted.action("default", "Open");
        if let Some(before) = before {
            before.listener.abort();
            wanted.id(before.id);
        }
        let shown = std::sync::Arc::new(sent(&wanted).await?);
        let (listening, presses, id) = (shown.clone(), presses.clone(), note.id.clone());
        let listener = tokio::spawn(async move {
            let pressed = |response: &NotificationResponse| {
                let button = match response {
                    NotificationResponse::Default => "default".to_owned(),
                    NotificationResponse::Action(button) => button.clone(),
                    _ => return,
                };
                // Full: the desktop is stuck, and a press is worth less than the calls.
                let _ = presses.try_send(Input::Pressed { note: id, button });
            };
            listening.wait_for_action_async(pressed).await;
        });
        Ok(Handle { id: shown.id(), note: shown, listener })
    }

    /// Some desktops take away what belongs to a program's entry when the program ends: this one names none.
    pub(super) async fn last_word(note: &Note) -> Result<()> {
        sent(&wanted(note).await).await.map(drop)
    }

    async fn wanted(note: &Note) -> Notification {
        let service = service().await;
        let (summary, text) = words(note, service.markup, service.buttons);
        let mut wanted = notification(note, &summary, &text);
        wanted
            .icon("patchcord")
            .urgency(if note.urgent { Urgency::Critical } else { Urgency::Normal })
            .timeout(if note.urgent { Timeout::Never } else { Timeout::Default });
        wanted
    }

    async fn sent(wanted: &Notification) -> Result<NotificationHandle> {
        tokio::time::timeout(PATIENCE, wanted.show_async())
            .await
            .map_err(|_| notify_rust::error::Error::from("no answer"))?
    }

    /// Returns title and text as they go to the desktop's service, which may read markup and may show buttons.
    pub(super) fn words(note: &Note, markup: bool, buttons: bool) -> (String, String) {
        // The title is plain text by the specification; some services read tags in it all the same.
        let summary = plain::without_tags(&title(note));
        let text = body(note, buttons);
        (summary, if markup { plain::escape(&text) } else { plain::without_tags(&text) })
    }

    pub(super) async fn close(handle: Handle) {
        handle.listener.abort();
        // A desktop that does not answer keeps what it shows.
        let _ = tokio::time::timeout(PATIENCE, handle.note.close_async()).await;
    }

    pub(super) fn look() -> Fact {
        let (told, answer) = std::sync::mpsc::sync_channel(1);
        let asking =
            std::thread::Builder::new().name("notifications".to_owned()).spawn(move || {
                // Nobody may be waiting any more.
                let _ = told.send(notify_rust::get_server_information());
            });
        let answer = asking.ok().and_then(|_| answer.recv_timeout(PATIENCE).ok());
        match answer {
            Some(Ok(service)) => Fact::Is(format!(
                "{} {} shows notifications",
                plain::one_line(&service.name, 60),
                plain::one_line(&service.version, 20)
            )),
            Some(Err(_)) | None => Fact::Missing {
                found: "No service shows notifications on this desktop; pages still open"
                    .to_owned(),
                todo: "Start the desktop's notification service, or install one such as dunst"
                    .to_owned(),
            },
        }
    }

    /// What the service says it can do.
    #[derive(Clone, Copy)]
    struct Service {
        /// Reads tags, and gets them escaped.
        markup: bool,
        /// Shows buttons.
        buttons: bool,
    }

    /// Asked once.
    async fn service() -> Service {
        static SERVICE: tokio::sync::OnceCell<Service> = tokio::sync::OnceCell::const_new();
        *SERVICE
            .get_or_init(|| async {
                let asked = tokio::task::spawn_blocking(notify_rust::get_capabilities);
                let found = tokio::time::timeout(PATIENCE, asked).await;
                let Ok(Ok(Ok(known))) = found else {
                    // In doubt, as if it read tags: an `&amp;` too many is seen, a tag too many is obeyed.
                    return Service { markup: true, buttons: false };
                };
                let can = |ability: &str| known.iter().any(|one| one == ability);
                Service { markup: can("body-markup"), buttons: can("actions") }
            })
            .await
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use notify_rust::error::Result;
    use tokio::sync::mpsc;

    use super::{Fact, Input, Note, body, notification, title};

    pub(super) struct Handle;

    /// Toasts and notification centres show text as text; they keep no buttons for a program without a bundle.
    pub(super) async fn show(
        note: &Note,
        _before: Option<Handle>,
        _presses: &mpsc::Sender<Input>,
    ) -> Result<Handle> {
        last_word(note).await.map(|()| Handle)
    }

    pub(super) async fn last_word(note: &Note) -> Result<()> {
        let wanted = notification(note, &title(note), &body(note, false));
        tokio::task::spawn_blocking(move || wanted.show().map(drop)).await.unwrap_or(Ok(()))
    }

    pub(super) async fn close(_handle: Handle) {}

    /// Both systems have the service built in; whether a person has silenced it, they do not tell.
    pub(super) fn look() -> Fact {
        Fact::Is(
            "The system shows notifications, unless they are switched off for Patchcord".to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desktop_without_buttons_is_told_who_there_is_to_choose_from() {
        let pick = |name: &str| {
            let (call, record) = ("1".to_owned(), "003000000000001AAA".to_owned());
            (name.to_owned(), Command::Choose { call, record, remember: false, open: true })
        };
        let note = Note {
            id: "1".to_owned(),
            title: "+49 30 1234567".to_owned(),
            body: "4 records have this number".to_owned(),
            buttons: vec![
                pick("Ada Moreno"),
                pick("Luis\nMoreno"),
                ("Show all 4".to_owned(), Command::RaiseWindow),
            ],
            urgent: true,
        };
        assert_eq!(body(&note, true), "4 records have this number");
        assert_eq!(body(&note, false), "4 records have this number\nAda Moreno\nLuis Moreno");
        let open = Command::OpenRecord { call: "1".to_owned(), record: None };
        let known = Note { buttons: vec![("Open in Salesforce".to_owned(), open)], ..note };
        assert_eq!(body(&known, false), "4 records have this number");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn no_name_becomes_markup_on_its_way_to_the_desktop() {
        let hostile =
            "<b>x</b><a href=\"http://evil.example\">y</a><img src=\"file:///dev/urandom\">&lt;";
        let note = Note {
            id: "1".to_owned(),
            title: hostile.to_owned(),
            body: hostile.to_owned(),
            buttons: Vec::new(),
            urgent: true,
        };
        for (markup, buttons) in [(true, true), (true, false), (false, true), (false, false)] {
            let (summary, text) = platform::words(&note, markup, buttons);
            for part in ["<", ">"] {
                assert!(!summary.contains(part) && !text.contains(part), "{summary} / {text}");
            }
            // What is read as markup reads as the name again.
            assert!(!markup || text.contains("&amp;lt;"), "{text}");
        }
    }
}
