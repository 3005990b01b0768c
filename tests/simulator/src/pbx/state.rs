//! What the PBX knows at a moment, and how it tells its subscribers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rand::Rng;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    PbxRequest,
    calls::{Leg, LiveCall, Party, Status},
    cdr::{self, Row},
    config::{MsgShape, PbxConfig, PbxSwitches},
    phonebook::Contacts,
    tokens::Tokens,
};

/// What goes out on a socket.
#[derive(Clone, Debug)]
pub(super) enum Out {
    Text(String),
    Binary(Vec<u8>),
    /// Bytes written as they are, past the WebSocket framing.
    Wire(Vec<u8>),
    Close,
}

/// An event socket.
#[derive(Debug)]
pub(super) struct Subscriber {
    pub(super) id: u64,
    pub(super) token: String,
    /// Empty until it has subscribed.
    pub(super) topics: BTreeSet<u32>,
    pub(super) sender: UnboundedSender<Out>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) config: Arc<PbxConfig>,
    pub(super) switches: PbxSwitches,
    pub(super) secret: String,
    pub(super) ledger: Vec<PbxRequest>,
    pub(super) tokens: Tokens,
    pub(super) subscribers: Vec<Subscriber>,
    pub(super) next_subscriber: u64,
    pub(super) calls: Vec<LiveCall>,
    pub(super) rows: Vec<Row>,
    pub(super) contacts: Contacts,
    pub(super) presence: BTreeMap<String, String>,
    phone_states: BTreeMap<String, &'static str>,
    held: Vec<(u32, String)>,
    events: usize,
    counter: u64,
    channels: u32,
    pub(super) gone_extensions: BTreeSet<String>,
    pub(super) background_rate: f64,
    /// By how much the clock that the PBX shows is wrong. Tokens and lengths do not go by it.
    pub(super) clock_wrong_ms: i64,
}

/// Calls are counted from here on.
const FIRST_CALL: u64 = 400;

impl State {
    pub(super) fn new(config: Arc<PbxConfig>) -> Self {
        let phone_states =
            config.extensions.iter().map(|extension| (extension.number.clone(), "Idle")).collect();
        Self {
            secret: config.client_secret.clone(),
            config,
            switches: PbxSwitches::default(),
            ledger: Vec::new(),
            tokens: Tokens::default(),
            subscribers: Vec::new(),
            next_subscriber: 1,
            calls: Vec::new(),
            rows: Vec::new(),
            contacts: Contacts::fresh(),
            presence: BTreeMap::new(),
            phone_states,
            held: Vec::new(),
            events: 0,
            counter: FIRST_CALL,
            channels: 0xa1f0,
            gone_extensions: BTreeSet::new(),
            background_rate: 0.0,
            clock_wrong_ms: 0,
        }
    }

    /// As on the first day.
    pub(super) fn forget_calls(&mut self) {
        self.rows.clear();
        self.calls.clear();
        self.counter = FIRST_CALL;
    }

    pub(super) fn new_call_id(&mut self, now_ms: i64, started: bool) -> String {
        self.counter += 1;
        let second = (now_ms + self.clock_wrong_ms).div_euclid(1000);
        if started {
            format!("{second}.{}", self.counter)
        } else {
            format!("{second}.{:06}", self.counter)
        }
    }

    pub(super) fn new_uid(&self, now_ms: i64) -> String {
        let second = cdr::display_time(
            &PbxConfig {
                date_format: "YYYYMMDD".to_owned(),
                twelve_hours: false,
                ..(*self.config).clone()
            },
            now_ms.div_euclid(1000),
        );
        let digits: String = second.chars().filter(char::is_ascii_digit).collect();
        format!("{digits}{:06X}", rand::rng().random_range(0..0xff_ffff_u32))
    }

    pub(super) fn new_leg(&mut self, party: Party, status: Status, path: &str, now_ms: i64) -> Leg {
        self.channels += 1;
        let channel = match &party {
            Party::Extension { number } => format!("PJSIP/{number}-{:08x}", self.channels),
            Party::Inbound { .. } | Party::Outbound { .. } => {
                format!("PJSIP/trunk-{}-endpoint-{:08x}", self.config.trunk, self.channels)
            }
        };
        Leg {
            party,
            channel,
            status,
            before_hold: None,
            path: path.to_owned(),
            own_phone_rings: false,
            direct: false,
            by_transfer: false,
            began_ms: now_ms,
            answered_ms: None,
            ended_ms: None,
            talk_s: None,
            gone: false,
        }
    }

    pub(super) fn call(&mut self, id: &str) -> Option<&mut LiveCall> {
        self.calls.iter_mut().find(|call| call.id == id)
    }

    /// Tells subscribers how the call stands now.
    pub(super) fn publish(&mut self, id: &str) {
        if self.switches.state_events_first {
            self.publish_phone_states();
        }
        let late = self.switches.late_call_events;
        if let Some(place) = self.calls.iter().position(|call| call.id == id) {
            let call = &self.calls[place];
            if !late || call.ended {
                let members = call.members(&self.config, &self.switches, false);
                let msg = json!({ "call_id": call.event_id(), "members": members });
                for leg in &mut self.calls[place].legs {
                    leg.gone |= leg.status == Status::Bye;
                }
                if !members.is_empty() {
                    self.emit(30011, msg);
                }
            }
        }
        self.publish_phone_states();
    }

    fn publish_phone_states(&mut self) {
        let numbers: BTreeSet<String> = self
            .calls
            .iter()
            .flat_map(|call| call.legs.iter().filter_map(|leg| leg.extension().map(str::to_owned)))
            .chain(self.phone_states.keys().cloned())
            .collect();
        for number in numbers {
            let state = self.phone_state(&number);
            let before = self.phone_states.insert(number.clone(), state).unwrap_or("Idle");
            if before != state && !self.switches.unmonitored_extensions.contains(&number) {
                self.emit(30008, json!({ "extension": number, "status": state }));
            }
        }
    }

    fn phone_state(&self, number: &str) -> &'static str {
        let legs =
            self.calls.iter().flat_map(|call| &call.legs).filter(|leg| leg.is_extension(number));
        let mut state = "Idle";
        for leg in legs {
            match leg.status {
                Status::Bye => {}
                Status::Ring => return "Ringing",
                Status::Alert if leg.own_phone_rings => return "Ringing",
                Status::Alert
                | Status::EarlyMedia
                | Status::Answered
                | Status::Answer
                | Status::Hold => {
                    state = "Busy";
                }
            }
        }
        state
    }

    /// Ends the call: its rows are written and 30012 is sent.
    pub(super) fn close_call(&mut self, id: &str, now_ms: i64) {
        let Some(place) = self.calls.iter().position(|call| call.id == id) else { return };
        let call = self.calls.remove(place);
        self.publish_phone_states();
        let mut rows = call.rows(&self.config, &self.switches, now_ms);
        if self.switches.cdr_row_per_call {
            rows = cdr::whole(&rows, &self.switches, call.answered_ms());
        }
        for row in &mut rows {
            row.new_id = format!("{:08X}-A{:07X}", now_ms.div_euclid(1000), self.rows.len() + 1);
            row.start_ms += call.clock_wrong_ms;
            self.rows.push(row.clone());
        }
        if !self.switches.end_events {
            return;
        }
        let told: Vec<Row> = if self.switches.cdr_event_per_row {
            rows
        } else {
            cdr::summary(&rows, &self.switches).into_iter().collect()
        };
        for row in told {
            let msg = row.as_end_event(&self.config, &self.switches);
            self.emit(30012, msg);
        }
    }

    /// Sends an event to everybody who subscribed to its type, with the faults that are on.
    pub(super) fn emit(&mut self, kind: u32, mut msg: Value) {
        if !self.switches.only_topics.is_empty() && !self.switches.only_topics.contains(&kind) {
            return;
        }
        if let (Some(Value::Object(extra)), Value::Object(msg)) =
            (&self.switches.extra_keys, &mut msg)
        {
            msg.extend(extra.clone());
        }
        if self.switches.numbers_as_text {
            numbers_to_text(&mut msg);
        }
        self.events += 1;
        if self.switches.drop_every.is_some_and(|n| n > 0 && self.events.is_multiple_of(n)) {
            return;
        }
        let frame = self.frame(kind, &msg);
        let copies = if self.switches.duplicate_events { 2 } else { 1 };
        for _ in 0..copies {
            match self.switches.reorder_events {
                None => self.deliver(kind, &frame),
                Some(window) => {
                    self.held.push((kind, frame.clone()));
                    if self.held.len() >= window {
                        self.release_held();
                    }
                }
            }
        }
    }

    pub(super) fn holds_events(&self) -> bool {
        !self.held.is_empty()
    }

    /// Sends the events that were collected for reordering, last first.
    pub(super) fn release_held(&mut self) {
        for (kind, frame) in std::mem::take(&mut self.held).into_iter().rev() {
            self.deliver(kind, &frame);
        }
    }

    fn frame(&self, kind: u32, msg: &Value) -> String {
        let text = msg.to_string();
        if self.switches.msg_shape == MsgShape::Broken {
            return format!(
                "{{\"type\":{kind},\"sn\":\"{}\",\"msg\":\"{text}\"}}",
                self.config.serial
            );
        }
        let mut frame = Map::new();
        frame.insert("type".to_owned(), kind.into());
        if !self.switches.serial_missing {
            frame.insert("sn".to_owned(), self.config.serial.clone().into());
        }
        let shaped =
            if self.switches.msg_shape == MsgShape::Object { msg.clone() } else { text.into() };
        frame.insert("msg".to_owned(), shaped);
        Value::Object(frame).to_string()
    }

    fn deliver(&mut self, kind: u32, frame: &str) {
        self.subscribers.retain(|subscriber| {
            !subscriber.topics.contains(&kind)
                || subscriber.sender.send(Out::Text(frame.to_owned())).is_ok()
        });
    }

    /// Sends something to everybody who subscribed to anything.
    pub(super) fn broadcast(&mut self, out: &Out) {
        self.subscribers.retain(|subscriber| {
            subscriber.topics.is_empty() || subscriber.sender.send(out.clone()).is_ok()
        });
    }
}

/// Turns every number inside into text, as some versions are said to do.
pub(super) fn numbers_to_text(value: &mut Value) {
    match value {
        Value::Number(number) => *value = Value::String(number.to_string()),
        Value::Array(items) => items.iter_mut().for_each(numbers_to_text),
        Value::Object(fields) => fields.values_mut().for_each(numbers_to_text),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}
