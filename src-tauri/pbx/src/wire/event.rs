//! Frames of the event socket.
//!
//! A frame is JSON with the event as JSON in a text inside it; the guide prints it without the inner escapes, and a
//! version may send an object. Source: yeastar-open-api.md §4.4–4.7.

use std::{borrow::Cow, fmt};

use domain::{ChannelId, Extension, Leg, LegKind, LegStatus, PhoneState};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::{
    lenient::{List, Text, Whole, skip_seq},
    record::{Row, letters},
};

/// One frame, understood.
#[derive(Debug)]
pub(crate) enum Frame {
    /// An answer to what we sent, such as the list of topics.
    Reply {
        /// 0: granted.
        errcode: i64,
    },
    /// 30008.
    Phone {
        /// Whose phone.
        extension: Extension,
        /// What it does.
        state: PhoneState,
    },
    /// 30011.
    Call(Call),
    /// 30013 and 30014: who has a part in the call. Where it stands, only 30011 says reliably.
    Moved(Call),
    /// 30015.
    Failed(Call),
    /// 30012.
    Record(Box<Row>),
}

/// Why a frame is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Useless {
    /// It cannot be read.
    Unparsed,
    /// It can be read, and its kind or its state is none that this version knows.
    Unknown,
}

/// A call as 30011 and `call/query` show it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Call {
    #[serde(default)]
    pub(crate) call_id: Text,
    #[serde(default)]
    members: List<Member>,
    #[serde(default)]
    pub(crate) reason: Text,
}

/// One member: the legs that its object names, mostly one.
#[derive(Clone, Debug, Default)]
struct Member(Vec<Leg>);

#[derive(Debug, Default, Deserialize)]
struct Body {
    #[serde(default)]
    number: Text,
    #[serde(default)]
    from: Text,
    #[serde(default)]
    to: Text,
    #[serde(default)]
    trunk_name: Text,
    #[serde(default)]
    channel_id: Text,
    #[serde(default)]
    member_status: Text,
    #[serde(default)]
    call_path: Text,
}

#[derive(Debug, Default, Deserialize)]
struct Phone {
    #[serde(default)]
    extension: Text,
    #[serde(default)]
    status: Text,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(default, rename = "type")]
    kind: Whole,
    #[serde(default)]
    errcode: Whole,
    #[serde(borrow, default)]
    msg: Msg<'a>,
}

#[derive(Default)]
enum Msg<'a> {
    #[default]
    Missing,
    Text(Cow<'a, str>),
    Object(Value),
}

impl Call {
    /// Returns the legs.
    pub(crate) fn legs(self) -> Vec<Leg> {
        self.members.0.into_iter().flat_map(|member| member.0).collect()
    }

    /// Says whether `extension` has a part in the call.
    ///
    /// A leg to the outside names who placed it; that is all there is where the extension itself is not monitored.
    pub(crate) fn has(&self, extension: &Extension) -> bool {
        let own = extension.as_str();
        self.members.0.iter().flat_map(|member| &member.0).any(|leg| match &leg.kind {
            LegKind::Extension(number) => number == extension,
            LegKind::Outbound { from, .. } => from == own,
            LegKind::Internal { from, to } => from == own || to == own,
            LegKind::Inbound { .. } => false,
        })
    }
}

/// Reads a frame that is not the answer to a heartbeat.
pub(crate) fn read(text: &str) -> Result<Frame, Useless> {
    if !text.trim_start().starts_with('{') {
        return Err(Useless::Unparsed);
    }
    let envelope: Envelope<'_> = match serde_json::from_str(text) {
        Ok(envelope) => envelope,
        Err(_) => return read_unescaped(text),
    };
    let Some(kind) = envelope.kind.0 else {
        return match envelope.errcode.0 {
            Some(errcode) => Ok(Frame::Reply { errcode }),
            None => Err(Useless::Unparsed),
        };
    };
    match envelope.msg {
        Msg::Missing => Err(if is_known(kind) { Useless::Unparsed } else { Useless::Unknown }),
        Msg::Text(text) => content(kind, &text),
        Msg::Object(value) => content(kind, &value.to_string()),
    }
}

fn is_known(kind: i64) -> bool {
    matches!(kind, 30008 | 30011 | 30012 | 30013 | 30014 | 30015)
}

fn content(kind: i64, msg: &str) -> Result<Frame, Useless> {
    match kind {
        30008 => phone(parse(msg)?),
        30011 => call(parse(msg)?).map(Frame::Call),
        30012 => parse::<Row>(msg).map(|row| Frame::Record(Box::new(row))),
        30013 | 30014 => call(parse(msg)?).map(Frame::Moved),
        30015 => call(parse(msg)?).map(Frame::Failed),
        _ => Err(Useless::Unknown),
    }
}

fn parse<T: DeserializeOwned>(msg: &str) -> Result<T, Useless> {
    // A list would be taken for the fields in their order.
    if !msg.trim_start().starts_with('{') {
        return Err(Useless::Unparsed);
    }
    serde_json::from_str(msg)
        // A repeated key stops the first reading; a map takes the last.
        .or_else(|_| serde_json::from_str(msg).and_then(serde_json::from_value::<T>))
        .map_err(|_| Useless::Unparsed)
}

fn phone(phone: Phone) -> Result<Frame, Useless> {
    let extension = phone.extension.as_deref().map(Extension::new).ok_or(Useless::Unparsed)?;
    let state = match letters(phone.status.as_str()).as_str() {
        "RINGING" | "RING" => PhoneState::Ringing,
        "BUSY" => PhoneState::Busy,
        "IDLE" => PhoneState::Idle,
        _ => return Err(Useless::Unknown),
    };
    Ok(Frame::Phone { extension, state })
}

fn call(call: Call) -> Result<Call, Useless> {
    if call.call_id.as_deref().is_some() { Ok(call) } else { Err(Useless::Unparsed) }
}

/// Reads a frame whose `msg` is JSON in quotation marks, but not escaped, as the guide prints it.
fn read_unescaped(text: &str) -> Result<Frame, Useless> {
    let quoted = text.find("\"msg\"").ok_or(Useless::Unparsed)?;
    let opening = quoted + text[quoted..].find('{').ok_or(Useless::Unparsed)?;
    // The inner value is sound in itself; where it ends, a parser knows.
    let mut values = serde_json::Deserializer::from_str(&text[opening..]).into_iter::<IgnoredAny>();
    values.next().and_then(Result::ok).ok_or(Useless::Unparsed)?;
    let closing = opening + values.byte_offset();
    let kind = kind_in(&text[..quoted]).or_else(|| kind_in(&text[closing..]));
    content(kind.ok_or(Useless::Unparsed)?, &text[opening..closing])
}

fn kind_in(text: &str) -> Option<i64> {
    let (_, rest) = text.split_once("\"type\"")?;
    let rest = rest.trim_start_matches([' ', ':', '"']);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

impl Body {
    fn into_leg(self, kind: &str) -> Option<Leg> {
        let parties = |text: Text| text.into_option().unwrap_or_default();
        let kind = match kind {
            "EXTENSION" => LegKind::Extension(Extension::new(self.number.as_deref()?)),
            "INBOUND" => LegKind::Inbound {
                from: parties(self.from),
                to: parties(self.to),
                trunk: parties(self.trunk_name),
            },
            "OUTBOUND" => LegKind::Outbound {
                from: parties(self.from),
                to: parties(self.to),
                trunk: parties(self.trunk_name),
            },
            "INTERNAL" => match (self.from.into_option(), self.to.into_option(), &self.number) {
                (None, None, number) => LegKind::Extension(Extension::new(number.as_deref()?)),
                (from, to, _) => {
                    LegKind::Internal { from: from.unwrap_or_default(), to: to.unwrap_or_default() }
                }
            },
            _ => return None,
        };
        Some(Leg {
            kind,
            channel: ChannelId::new(self.channel_id.as_str()),
            status: status(self.member_status.as_str()),
            path: self.call_path.into_option(),
        })
    }
}

fn status(word: &str) -> LegStatus {
    match letters(word).as_str() {
        "ALERT" => LegStatus::Alert,
        "RING" | "RINGING" | "EARLYMEDIA" => LegStatus::Ring,
        "ANSWERED" | "ANSWERD" => LegStatus::Answered,
        "ANSWER" => LegStatus::Answer,
        "HOLD" => LegStatus::Hold,
        "BYE" => LegStatus::Bye,
        _ => LegStatus::Unknown,
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member of a call")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member, A::Error> {
        let mut legs = Vec::with_capacity(1);
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let kind = letters(&key);
            if matches!(kind.as_str(), "EXTENSION" | "INBOUND" | "OUTBOUND" | "INTERNAL") {
                let List(bodies) = map.next_value::<List<Body>>()?;
                legs.extend(bodies.into_iter().filter_map(|body| body.into_leg(&kind)));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Member(legs))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Member, A::Error> {
        skip_seq(seq)?;
        Ok(Member::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Member, E> {
        Ok(Member::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Member, E> {
        Ok(Member::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Member, E> {
        Ok(Member::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Member, E> {
        Ok(Member::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Member, E> {
        Ok(Member::default())
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::default())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Msg<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MsgVisitor)
    }
}

struct MsgVisitor;

impl<'de> Visitor<'de> for MsgVisitor {
    type Value = Msg<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or an object")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Msg<'de>, E> {
        Ok(Msg::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Msg<'de>, E> {
        Ok(Msg::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Msg<'de>, A::Error> {
        let map = serde::de::value::MapAccessDeserializer::new(map);
        Value::deserialize(map).map(Msg::Object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Msg<'de>, A::Error> {
        skip_seq(seq)?;
        Ok(Msg::Missing)
    }

    fn visit_unit<E>(self) -> Result<Msg<'de>, E> {
        Ok(Msg::Missing)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Msg<'de>, E> {
        Ok(Msg::Missing)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Msg<'de>, E> {
        Ok(Msg::Missing)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Msg<'de>, E> {
        Ok(Msg::Missing)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Msg<'de>, E> {
        Ok(Msg::Missing)
    }
}
