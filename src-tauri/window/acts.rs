//! Real keys and clicks, seen by this program before the page gets them. What a page's script makes up comes from
//! another process and never passes here.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use shell::client::hold;

/// So long after it a key or click still counts as the cause of what the page asks. A page answers a click in
/// milliseconds; a loaded computer in some hundreds.
const FRESH: Duration = Duration::from_millis(1_000);

/// Whether this program sees what people press. Elsewhere the system gives it to the web view's own process.
pub(super) const SEEN: bool = cfg!(target_os = "linux");

/// The last key or click. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Acts(Arc<Mutex<Option<Act>>>);

#[derive(Clone, Copy, Debug)]
struct Act {
    pressed: Instant,
    /// When something of it was seen last: a click counts from the moment when the button is let go.
    last: Instant,
}

impl Acts {
    /// A person has pressed something that can mean yes.
    #[cfg(any(target_os = "linux", test))]
    fn pressed(&self) {
        let now = Instant::now();
        *hold(&self.0) = Some(Act { pressed: now, last: now });
    }

    /// And lets it go.
    #[cfg(any(target_os = "linux", test))]
    fn released(&self) {
        if let Some(act) = hold(&self.0).as_mut() {
            act.last = Instant::now();
        }
    }

    /// Takes the last act as the cause of one thing, where it is fresh and began after `since`. It then counts for
    /// nothing else.
    pub(super) fn spend(&self, since: Option<Instant>) -> bool {
        let mut last = hold(&self.0);
        let counts = last.is_some_and(|act| {
            act.last.elapsed() < FRESH && since.is_none_or(|since| act.pressed > since)
        });
        if counts {
            *last = None;
        }
        counts
    }

    /// Watches what is pressed in the window.
    #[cfg(target_os = "linux")]
    pub(super) fn watch(&self, view: &webkit2gtk::WebView) {
        use gtk::{gdk::EventTouch, glib::Propagation, prelude::WidgetExt};
        let acts = self.clone();
        view.connect_button_press_event(move |_, event| {
            if event.button() == 1 {
                acts.pressed();
            }
            Propagation::Proceed
        });
        let acts = self.clone();
        view.connect_button_release_event(move |_, event| {
            if event.button() == 1 {
                acts.released();
            }
            Propagation::Proceed
        });
        let acts = self.clone();
        view.connect_key_press_event(move |_, event| {
            if means_yes(event.keyval()) {
                acts.pressed();
            }
            Propagation::Proceed
        });
        let acts = self.clone();
        view.connect_key_release_event(move |_, event| {
            if means_yes(event.keyval()) {
                acts.released();
            }
            Propagation::Proceed
        });
        let acts = self.clone();
        view.connect_touch_event(move |_, event| {
            use gtk::gdk::EventType;
            match event.downcast_ref::<EventTouch>().map(|touch| touch.event_type()) {
                Some(EventType::TouchBegin) => acts.pressed(),
                Some(EventType::TouchEnd) => acts.released(),
                Some(_) | None => {}
            }
            Propagation::Proceed
        });
    }
}

/// The keys that press a button.
#[cfg(target_os = "linux")]
fn means_yes(key: gtk::gdk::keys::Key) -> bool {
    use gtk::gdk::keys::constants::{ISO_Enter, KP_Enter, Return, space};
    [Return, KP_Enter, ISO_Enter, space].contains(&key)
}

#[cfg(test)]
impl Acts {
    /// A person clicks.
    pub(super) fn click(&self) {
        self.pressed();
        self.released();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_counts_once() {
        let acts = Acts::default();
        assert!(!acts.spend(None));
        acts.click();
        assert!(acts.spend(None));
        assert!(!acts.spend(None));
    }

    #[test]
    fn what_was_pressed_before_the_question_is_no_answer_to_it() {
        let acts = Acts::default();
        acts.pressed();
        let question = Instant::now();
        acts.released();
        assert!(!acts.spend(Some(question)));
        acts.click();
        assert!(acts.spend(Some(question)));
    }

    #[test]
    fn an_old_act_is_no_cause() {
        let acts = Acts::default();
        acts.click();
        std::thread::sleep(FRESH);
        assert!(!acts.spend(None));
    }
}
