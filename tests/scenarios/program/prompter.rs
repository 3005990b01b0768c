//! The person whom GNOME's keyring asks for its password, and who closes the question.
//!
//! Stands in for the desktop's dialog, which is a program of its own on the session bus. Source: gcr, the interface
//! `org.gnome.keyring.internal.Prompter`.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use zbus::{
    Connection, connection, interface,
    message::Header,
    zvariant::{OwnedObjectPath, OwnedValue, Value},
};

/// Closes every question, for as long as it lives.
pub(crate) struct Decliner {
    asked: Arc<AtomicUsize>,
    _bus: Connection,
}

impl Decliner {
    /// Takes the dialog's place on a bus.
    pub(crate) async fn sits_at(bus: &str) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let dialog = Dialog { asked: asked.clone() };
        let bus = connection::Builder::address(bus)
            .and_then(|bus| bus.name("org.gnome.keyring.SystemPrompter"))
            .and_then(|bus| bus.serve_at("/org/gnome/keyring/Prompter", dialog))
            .expect("an address of a bus")
            .build()
            .await
            .expect("the bus takes it");
        Self { asked, _bus: bus }
    }

    /// Returns how often it was asked for a password.
    pub(crate) fn was_asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

struct Dialog {
    asked: Arc<AtomicUsize>,
}

#[interface(name = "org.gnome.keyring.internal.Prompter")]
impl Dialog {
    async fn begin_prompting(
        &self,
        callback: OwnedObjectPath,
        #[zbus(connection)] bus: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) {
        answer(bus, &header, callback, "PromptReady", Some(""));
    }

    async fn perform_prompt(
        &self,
        callback: OwnedObjectPath,
        _kind: &str,
        _properties: HashMap<String, OwnedValue>,
        _exchange: &str,
        #[zbus(connection)] bus: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        answer(bus, &header, callback, "PromptReady", Some("no"));
    }

    async fn stop_prompting(
        &self,
        callback: OwnedObjectPath,
        #[zbus(connection)] bus: &Connection,
        #[zbus(header)] header: Header<'_>,
    ) {
        answer(bus, &header, callback, "PromptDone", None);
    }
}

/// Calls back whoever asked, once this call has had its own answer.
fn answer(
    bus: &Connection,
    header: &Header<'_>,
    callback: OwnedObjectPath,
    method: &'static str,
    reply: Option<&'static str>,
) {
    let caller = header.sender().expect("a bus names the sender").to_owned();
    let bus = bus.clone();
    tokio::spawn(async move {
        let (caller, interface) =
            (Some(caller), Some("org.gnome.keyring.internal.Prompter.Callback"));
        let properties = HashMap::<&str, Value<'_>>::new();
        // The keyring may have ended meanwhile.
        let _ = match reply {
            Some(reply) => {
                bus.call_method(caller, callback, interface, method, &(reply, properties, "")).await
            }
            None => bus.call_method(caller, callback, interface, method, &()).await,
        };
    });
}
