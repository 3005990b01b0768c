//! What a simulated PBX is, and what can be wrong with it.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;

use crate::{fault::FaultRule, latency::Latency};

/// An extension of the PBX.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Digits people dial.
    pub number: String,
    /// Name shown to others.
    pub name: String,
    /// Left out of answers when empty, as the PBX does.
    pub email: String,
    /// Left out of answers when empty.
    pub mobile: String,
    /// Is any phone of it signed in?
    pub online: bool,
}

impl Extension {
    /// An extension with a phone that is signed in.
    pub fn new(number: &str, name: &str, email: &str) -> Self {
        Self {
            number: number.to_owned(),
            name: name.to_owned(),
            email: email.to_owned(),
            mobile: String::new(),
            online: true,
        }
    }
}

/// A queue or ring group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Digits people dial; the `call_path` of its calls.
    pub number: String,
    /// Name shown in call records (`Queue Sales<6400>`).
    pub name: String,
    /// Numbers of the extensions that ring.
    pub agents: Vec<String>,
}

/// What a PBX starts with.
#[derive(Clone, Debug)]
pub struct PbxConfig {
    /// 0: any free port.
    pub port: u16,
    /// Answers over HTTPS with a fresh self-signed certificate.
    pub tls: bool,
    /// The `username` of `get_token`.
    pub client_id: String,
    /// The `password` of `get_token`; can be changed at run time with [`super::Pbx::change_secret`].
    pub client_secret: String,
    /// Serial number (`sn`).
    pub serial: String,
    /// The model, such as `Yeastar P520`.
    pub model: String,
    /// Firmware version.
    pub firmware: String,
    /// Seconds that the PBX's zone is ahead of UTC.
    pub utc_offset_s: i32,
    /// Seconds that the PBX's clock is ahead of the real time.
    pub clock_skew_s: i64,
    /// `system_date_format`: `DD/MM/YYYY`, `MM/DD/YYYY`, `YYYY/MM/DD`, `YYYY-MM-DD`.
    pub date_format: String,
    /// Shows times with AM and PM.
    pub twelve_hours: bool,
    /// Life of an access token.
    pub token_life: Duration,
    /// Life of a refresh token.
    pub refresh_life: Duration,
    /// Access tokens that may be valid at once.
    pub token_limit: usize,
    /// Failed authentications in a row until the address is blocked.
    pub failures_allowed: u32,
    /// How long a blocked address stays blocked.
    pub block_for: Duration,
    /// Silence after which an event socket is closed.
    pub socket_silence: Duration,
    /// The extensions.
    pub extensions: Vec<Extension>,
    /// Queues and ring groups.
    pub queues: Vec<Queue>,
    /// Name of the one trunk.
    pub trunk: String,
    /// Number that callers dial.
    pub did: String,
}

impl Default for PbxConfig {
    fn default() -> Self {
        Self {
            port: 0,
            tls: false,
            client_id: "c0ffee00c0ffee00c0ffee00c0ffee00".to_owned(),
            client_secret: "5ecre75ecre75ecre75ecre75ecre75e".to_owned(),
            serial: "3630000X0001".to_owned(),
            model: "Yeastar P570".to_owned(),
            firmware: "37.23.0.123".to_owned(),
            utc_offset_s: 3600,
            clock_skew_s: 0,
            date_format: "DD/MM/YYYY".to_owned(),
            twelve_hours: true,
            token_life: Duration::from_secs(1800),
            refresh_life: Duration::from_secs(86_400),
            token_limit: 8,
            failures_allowed: 5,
            block_for: Duration::from_secs(600),
            socket_silence: Duration::from_secs(60),
            extensions: vec![
                Extension::new("4101", "Mara Voss", "mara.voss@example.com"),
                Extension::new("4102", "Leo Brandt", "leo.brandt@example.com"),
                Extension::new("4103", "Nia Okoye", "nia.okoye@example.com"),
                Extension::new("4104", "Front Desk", ""),
            ],
            queues: vec![Queue {
                number: "6400".to_owned(),
                name: "Sales".to_owned(),
                agents: vec!["4101".to_owned(), "4102".to_owned(), "4103".to_owned()],
            }],
            trunk: "MainTrunk".to_owned(),
            did: "4930555000".to_owned(),
        }
    }
}

/// How `/subscribe` behaves.
#[derive(Clone, Debug, PartialEq)]
pub enum Subscribing {
    /// The socket opens and the topic list is accepted.
    Works,
    /// The socket opens, and the topic list is answered with this errcode.
    Refused(i64),
    /// The socket opens, and the topic list is never answered, nor any event sent.
    NeverAnswered,
    /// The upgrade is answered with this HTTP status and this body.
    Http(u16, String),
    /// The upgrade is answered with a redirect to this address.
    Redirect(String),
}

/// How an event carries its `msg`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MsgShape {
    /// JSON in a string, as the PBX does.
    Text,
    /// A JSON object, in case a version does that.
    Object,
    /// Unescaped quotes inside a string: not JSON, like the examples of the vendor's guide.
    Broken,
}

/// What follows when `call/dial` was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialOutcome {
    /// The agent's phone rings; a test answers it with [`super::Call::agent_answers`].
    Rings,
    /// 30015 with this reason and no members, sent before the HTTP answer.
    FailsWith(String),
    /// Success is answered and nothing happens: no phone is signed in.
    PhoneNeverRings,
}

/// What `block_expire_time` of answer 70004 holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockExpiry {
    /// Seconds until the block ends.
    Seconds,
    /// The Unix second of its end.
    UnixTime,
    /// The key is absent.
    Absent,
}

/// Where a PBX that was upgraded has its call records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Records {
    /// Those that the older software has written.
    Legacy,
    /// Those of the newer.
    New,
}

/// An upgrade of the PBX's software.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upgrade {
    /// When.
    pub at_ms: i64,
    /// Which records are shown to whoever names no place.
    pub shows: Records,
}

/// Whom the one 30012 of a call with several rows names. It says `ANSWERED` where any of them was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndNames {
    /// `call_to` is the last destination that answered; where none did, the last.
    Last,
    /// `call_to` is the last destination, also where only its phone rang.
    LastRung,
    /// `call_to` is the first destination.
    First,
}

/// What differs between PBX versions, and what can go wrong. Changed at run time with [`super::Pbx::set`].
#[derive(Clone, Debug)]
pub struct PbxSwitches {
    /// Faults of single requests; [`FaultRule::path`] meets the URL's path.
    pub faults: Vec<FaultRule>,
    /// How long an answer takes, that of `/subscribe` too. Events come as fast as ever.
    pub latency: Option<Latency>,
    /// errcode and errmsg of a wrong client ID or secret (the real one is not known).
    pub wrong_credentials: (i64, String),
    /// What a blocked address is told about the end of its block.
    pub block_expiry: BlockExpiry,
    /// A wrong refresh token counts as a failed authentication.
    pub refresh_failures_count: bool,
    /// `get_token` ends all earlier tokens.
    pub get_token_cancels_older: bool,
    /// A refresh gives the old access token's slot to the new one, and ends the old.
    pub refresh_reuses_slot: bool,
    /// Every call answers 70123.
    pub api_off: bool,
    /// Every call answers 70087.
    pub address_forbidden: bool,
    /// Numbers in answers and events are sent as text.
    pub numbers_as_text: bool,

    /// So many lists of live calls lack every call.
    pub query_omits: u32,
    /// How `/subscribe` behaves.
    pub subscribing: Subscribing,
    /// `heartbeat` is answered.
    pub heartbeat_answered: bool,
    /// A socket is cut when the token it was opened with ends.
    pub socket_ends_with_token: bool,
    /// How `msg` is written.
    pub msg_shape: MsgShape,
    /// `ANSWERD`, and `inbound` in place of `Inbound`.
    pub old_spelling: bool,
    /// An empty `call_path` is one space.
    pub blank_call_path: bool,
    /// `sn` is left out of events.
    pub serial_missing: bool,
    /// Every event is sent twice.
    pub duplicate_events: bool,
    /// This many events are collected and sent in reverse (a rest goes out after 300 ms).
    pub reorder_events: Option<usize>,
    /// Every n-th event is lost.
    pub drop_every: Option<usize>,
    /// Only events of these types are sent, whatever was subscribed; empty: all.
    pub only_topics: BTreeSet<u32>,
    /// 30008 comes at once, but 30011 only at hang-up.
    pub late_call_events: bool,
    /// 30008 is sent before the 30011 it belongs to.
    pub state_events_first: bool,
    /// Trunk members are in 30011.
    pub trunk_monitored: bool,
    /// Calls of the trunk are held for a program that accepts or refuses them.
    pub control_inbound_call: bool,
    /// `trunk_status_monitor/list` names the trunks without their switches, which are not documented.
    pub trunk_switches_missing: bool,
    /// `call/query` shows trunk members even if the trunk is not monitored.
    pub query_shows_unmonitored: bool,
    /// Extensions without call status monitor: no 30008, no member until their BYE.
    pub unmonitored_extensions: BTreeSet<String>,
    /// Calls between extensions are reported with `internal` members.
    pub internal_members: bool,
    /// An inbound call that nobody took is reported by 30015 too.
    pub failure_after_missed: bool,

    /// 30012 is sent.
    pub end_events: bool,
    /// A call leaves one row: it names one agent (see `end_names`) and counts from the first answer to the end, what all of
    /// them spoke and what lay between.
    pub cdr_row_per_call: bool,
    /// 30012 is sent once per CDR row.
    pub cdr_event_per_row: bool,
    /// Which row the one 30012 of a call speaks of.
    pub end_names: EndNames,
    /// `uid` is left out.
    pub uid_missing: bool,
    /// Extensions that rang in a queue or group and did not answer get a CDR row too.
    pub cdr_for_unanswered_agents: bool,
    /// A queue call that nobody took is `ABANDONED`, as in newer firmware.
    pub abandoned_status: bool,
    /// `cdr/search` wants times in the PBX's display format and refuses seconds with 40002.
    pub cdr_wants_text_time: bool,
    /// `cdr/search` finds nothing, without an error.
    pub cdr_finds_nothing: bool,
    /// The software was upgraded: the records are in two places since. `cdr/list` takes `from=legacy` and `from=new`.
    pub upgraded: Option<Upgrade>,
    /// `cdr/list` and `cdr/search` give at most this many rows a page.
    pub cdr_short_pages: Option<usize>,
    /// A caller without a name is `number<number>`.
    pub cdr_name_is_number: bool,
    /// CDR rows show up this long after the end of the call.
    pub cdr_delay: Duration,

    /// What `call/dial` leads to.
    pub dial_outcome: DialOutcome,
    /// Events of a call begun by `call/dial` carry another call_id than its answer.
    pub dial_id_differs: bool,
    /// Digits that an outside number must begin with to find a route; empty: none.
    pub outside_prefix: String,
    /// `company_contact/list` and `phonebook/list` give at most this many rows a page.
    pub contacts_short_pages: Option<usize>,
    /// Company contacts the PBX holds at most; one more is refused with 60002.
    pub contacts_limit: usize,
    /// Phonebooks the PBX holds at most; one more is refused with 60002.
    pub phonebooks_limit: usize,
    /// The phonebook of this name is filled by the PBX's own CRM integration: writing to its contacts is refused with
    /// 10005 (the real code is not known).
    pub read_only_phonebook: Option<String>,
    /// Texts of contacts have at most so many characters; longer ones are shortened (`true`), or refused with 40002
    /// (the real limits are not known).
    pub contact_text_limit: Option<(usize, bool)>,
    /// `contact_name` begins with the family name, as the PBX's name display format can say.
    pub family_name_first: bool,
    /// An empty `phonebook_id_list` of an update is taken for one that is not named.
    pub empty_book_list_ignored: bool,
    /// Extra keys put into every event's `msg`.
    pub extra_keys: Option<Value>,
}

impl Default for PbxSwitches {
    fn default() -> Self {
        Self {
            faults: Vec::new(),
            latency: None,
            wrong_credentials: (10005, "ACCESS DENIED".to_owned()),
            block_expiry: BlockExpiry::Seconds,
            refresh_failures_count: false,
            get_token_cancels_older: false,
            refresh_reuses_slot: true,
            api_off: false,
            address_forbidden: false,
            numbers_as_text: false,
            query_omits: 0,
            subscribing: Subscribing::Works,
            heartbeat_answered: true,
            socket_ends_with_token: false,
            msg_shape: MsgShape::Text,
            old_spelling: false,
            blank_call_path: false,
            serial_missing: false,
            duplicate_events: false,
            reorder_events: None,
            drop_every: None,
            only_topics: BTreeSet::new(),
            late_call_events: false,
            state_events_first: false,
            trunk_monitored: true,
            control_inbound_call: false,
            trunk_switches_missing: false,
            query_shows_unmonitored: true,
            unmonitored_extensions: BTreeSet::new(),
            internal_members: false,
            failure_after_missed: true,
            end_events: true,
            cdr_row_per_call: false,
            cdr_event_per_row: false,
            end_names: EndNames::Last,
            uid_missing: false,
            cdr_for_unanswered_agents: false,
            abandoned_status: false,
            cdr_wants_text_time: false,
            cdr_finds_nothing: false,
            upgraded: None,
            cdr_short_pages: None,
            cdr_name_is_number: false,
            cdr_delay: Duration::ZERO,
            dial_outcome: DialOutcome::Rings,
            dial_id_differs: false,
            outside_prefix: String::new(),
            contacts_short_pages: None,
            contacts_limit: 500_000,
            phonebooks_limit: 500,
            read_only_phonebook: None,
            contact_text_limit: None,
            family_name_first: false,
            empty_book_list_ignored: false,
            extra_keys: None,
        }
    }
}
