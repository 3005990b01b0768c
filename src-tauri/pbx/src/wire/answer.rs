//! Answers to requests: the common frame, the errcodes, and the rows that we read.

use domain::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    event::Call,
    lenient::{List, Text, Whole},
};
use crate::error::Error;

/// The common frame of all answers, with what stands beside `data` in some of them.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: DeserializeOwned + Default")]
pub(crate) struct Answer<T> {
    #[serde(default)]
    pub(crate) total_number: Whole,
    #[serde(default)]
    pub(crate) call_id: Text,
    /// What was created.
    #[serde(default)]
    pub(crate) id: Whole,
    // Absent, null and of another shape than expected are told apart nowhere.
    #[serde(default)]
    pub(crate) data: Option<T>,
}

/// What says whether the request was granted.
#[derive(Debug, Default, Deserialize)]
struct Verdict {
    #[serde(default)]
    errcode: Whole,
    #[serde(default)]
    errmsg: Text,
    #[serde(default)]
    block_expire_time: Whole,
}

/// The pair of tokens. Source: yeastar-open-api.md §3.1.
#[derive(Deserialize)]
pub(crate) struct TokenAnswer {
    #[serde(default)]
    pub(crate) access_token: Text,
    #[serde(default)]
    pub(crate) refresh_token: Text,
    #[serde(default)]
    pub(crate) access_token_expire_time: Whole,
    #[serde(default)]
    pub(crate) refresh_token_expire_time: Whole,
}

/// `data` of `system/information`. Source: §5.6.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Information {
    #[serde(default)]
    pub(crate) model_name: Text,
    #[serde(default)]
    pub(crate) sn: Text,
    #[serde(default)]
    pub(crate) firmware_version: Text,
    #[serde(default)]
    pub(crate) system_time: Text,
    #[serde(default)]
    pub(crate) system_date_format: Text,
    #[serde(default)]
    pub(crate) system_time_format: Text,
    #[serde(default)]
    pub(crate) timestamp: Whole,
}

/// A row of `extension/list`. Source: §5.4.
#[derive(Debug, Deserialize)]
pub(crate) struct ExtensionRow {
    #[serde(default)]
    pub(crate) number: Text,
    #[serde(default)]
    pub(crate) caller_id_name: Text,
    #[serde(default)]
    pub(crate) email_addr: Text,
    #[serde(default)]
    pub(crate) mobile_number: Text,
    #[serde(default)]
    pub(crate) online_status: serde_json::Value,
}

impl ExtensionRow {
    /// Says whether a phone or a Linkus is signed in. The SIP phones' own `status` means nothing, their list does.
    pub(crate) fn any_phone_online(&self) -> bool {
        let Some(kinds) = self.online_status.as_object() else { return false };
        kinds.iter().any(|(kind, state)| {
            let listed = state.get("status_list").and_then(|list| list.as_array());
            let any_listed = listed.is_some_and(|list| list.iter().any(is_online));
            any_listed || (kind != "sip_phone" && is_online(state))
        })
    }
}

fn is_online(state: &serde_json::Value) -> bool {
    let status = state.get("status").cloned().unwrap_or_default();
    serde_json::from_value::<Whole>(status).is_ok_and(|status| status.0 == Some(1))
}

/// A row of `extension_status_monitor/list`. Source: §1.5.
#[derive(Debug, Deserialize)]
pub(crate) struct ExtensionMonitorRow {
    #[serde(default)]
    pub(crate) number: Text,
    #[serde(default, rename = "enb_call_status")]
    pub(crate) call_status: Whole,
}

/// A row of `trunk_status_monitor/list`. Its body is not documented: the names follow the extensions' list, and a
/// switch under another name counts as not told. Source: §1.5.
#[derive(Debug, Deserialize)]
pub(crate) struct TrunkMonitorRow {
    #[serde(default, alias = "trunk_name")]
    pub(crate) name: Text,
    #[serde(default, rename = "enb_call_status")]
    pub(crate) call_status: Whole,
    #[serde(
        default,
        rename = "enb_control_inbound_call",
        alias = "enb_inbound_call_control",
        alias = "enb_control_inbound"
    )]
    pub(crate) control_inbound_call: Whole,
}

/// `data` of `call/query`. Source: §5.3.
pub(crate) type Calls = List<Call>;

/// Reads a granted answer, or the reason for a refusal.
pub(crate) fn read<T: DeserializeOwned + Default>(
    body: &[u8],
    now: Timestamp,
) -> Result<Answer<T>, Error> {
    granted(body, now)?;
    parse(body)
}

/// Reads the answer of `get_token` or `refresh_token`.
pub(crate) fn read_tokens(body: &[u8], now: Timestamp) -> Result<TokenAnswer, Error> {
    granted(body, now)?;
    parse(body)
}

/// Returns the errcode of an answer, if it has one.
pub(crate) fn errcode(body: &[u8]) -> Option<i64> {
    let verdict: Verdict = parse(body).ok()?;
    verdict.errcode.0
}

/// Returns an error unless the answer, which came `now`, says success.
pub(crate) fn granted(body: &[u8], now: Timestamp) -> Result<(), Error> {
    let verdict: Verdict = parse(body)?;
    match verdict.errcode.0 {
        // PARTIAL SUCCESS and PROCESSING: granted, too.
        Some(0..=2) => Ok(()),
        Some(code) => Err(refusal(code, &verdict, now)),
        None => Err(Error::unexpected("no errcode in the answer")),
    }
}

fn refusal(code: i64, verdict: &Verdict, now: Timestamp) -> Error {
    match code {
        10001..=10003 => Error::InterfaceMissing,
        10004 => Error::TokenRefused,
        60001 => Error::DataNotFound,
        70004 => Error::AddressBlocked { until: block_end(verdict.block_expire_time, now) },
        70082 => Error::Overloaded,
        70087 => Error::AddressNotAllowed,
        70123 => Error::ApiOff,
        code => Error::Refused { code, message: one_line(verdict.errmsg.as_str()) },
    }
}

/// Reads `block_expire_time`, of which only the name is known: a point in time, or seconds from now.
fn block_end(value: Whole, now: Timestamp) -> Option<Timestamp> {
    let value = value.0.filter(|value| *value > 0)?;
    if value > 1_000_000_000 {
        return Some(Timestamp::from_seconds(value));
    }
    Some(Timestamp::from_seconds(now.as_seconds().saturating_add(value)))
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(120).collect()
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(Error::unexpected("an empty answer"));
    }
    if text.starts_with('<') {
        return Err(Error::unexpected("a web page"));
    }
    // A list would be taken for the fields in their order.
    if !text.starts_with('{') {
        return Err(Error::unexpected("not the expected JSON"));
    }
    serde_json::from_str(text)
        // A repeated key stops the first reading; a map takes the last.
        .or_else(|_| serde_json::from_str(text).and_then(serde_json::from_value::<T>))
        .map_err(|_| Error::unexpected("not the expected JSON"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_767_600_900);

    #[test]
    fn each_errcode_has_its_own_meaning() {
        let error = |code: i64| {
            granted(format!(r#"{{"errcode":{code},"errmsg":"X"}}"#).as_bytes(), NOW).unwrap_err()
        };
        assert!(matches!(error(10004), Error::TokenRefused));
        assert!(matches!(error(40002), Error::Refused { code: 40002, .. }));
        assert!(matches!(error(70004), Error::AddressBlocked { until: None }));
        assert!(matches!(error(70082), Error::Overloaded));
        assert!(matches!(error(70087), Error::AddressNotAllowed));
        assert!(matches!(error(70123), Error::ApiOff));
        assert!(matches!(error(10001), Error::InterfaceMissing));
        assert!(matches!(error(60001), Error::DataNotFound));
        assert!(matches!(error(-2), Error::Refused { code: -2, .. }));
    }

    #[test]
    fn an_errcode_is_believed_as_text_too() {
        assert!(granted(br#"{"errcode":"0","errmsg":"SUCCESS"}"#, NOW).is_ok());
        assert!(matches!(granted(br#"{"errcode":"10004"}"#, NOW), Err(Error::TokenRefused)));
    }

    #[test]
    fn what_is_no_answer_of_a_pbx_is_said_without_repeating_it() {
        for body in
            ["", "  ", "<html>secret</html>", "secret", "[]", "[0]", "{}", "null", "7", "{\"err"]
        {
            let error = granted(body.as_bytes(), NOW).unwrap_err();
            assert!(matches!(error, Error::UnexpectedAnswer { .. }), "{body}: {error}");
            assert!(!error.to_string().contains("secret"), "{body}");
        }
    }

    #[test]
    fn a_block_ends_at_a_time_or_after_a_while() {
        let until = |json: &str| match granted(json.as_bytes(), NOW) {
            Err(Error::AddressBlocked { until }) => until,
            other => panic!("{other:?}"),
        };
        let at = until(r#"{"errcode":70004,"block_expire_time":1767600923}"#);
        assert_eq!(at, Some(Timestamp::from_seconds(1_767_600_923)));
        let soon = until(r#"{"errcode":70004,"block_expire_time":"600"}"#);
        assert_eq!(soon, Some(NOW.plus(std::time::Duration::from_secs(600))));
    }

    #[test]
    fn data_may_be_missing_null_or_of_another_kind() {
        for body in [
            r#"{"errcode":0,"errmsg":"SUCCESS"}"#,
            r#"{"errcode":0,"data":null}"#,
            r#"{"errcode":0,"data":""}"#,
            r#"{"errcode":0,"data":[]}"#,
        ] {
            let answer: Answer<Calls> = read(body.as_bytes(), NOW).unwrap();
            assert!(answer.data.unwrap_or_default().0.is_empty(), "{body}");
        }
    }

    #[test]
    fn a_monitors_switch_is_on_off_or_not_told() {
        let row = |json: &str| -> TrunkMonitorRow { serde_json::from_str(json).unwrap() };
        let told = row(r#"{"name":"Main","enb_call_status":1,"enb_control_inbound_call":"0"}"#);
        assert_eq!((told.call_status.0, told.control_inbound_call.0), (Some(1), Some(0)));
        let other = row(r#"{"trunk_name":"Main","enb_control_inbound":true}"#);
        assert_eq!((other.name.as_str(), other.control_inbound_call.0), ("Main", Some(1)));
        assert_eq!(other.call_status.0, None);
        assert_eq!(row("{}").control_inbound_call.0, None);
    }
}
