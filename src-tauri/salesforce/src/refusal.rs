//! What an answer of the REST API that is no success means.
//!
//! Source: salesforce-api.md §2.6, §10, §13.

use std::time::Duration;

use domain::RecordId;
use reqwest::StatusCode;

use crate::{
    error::Error,
    http::Answer,
    wire::{self, DuplicateResult, Refusal, Refusals},
};

/// The longest pause that a server is granted at once.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// How an answer is to be taken.
pub(crate) enum Reading {
    /// It is what was asked for, or "not modified".
    Done,
    /// The access token is not accepted, or the org has moved: renew, and ask once more.
    Stale {
        /// Salesforce's own words.
        text: String,
    },
    /// It is refused.
    Refused(Error),
}

/// Says how an answer is to be taken.
pub(crate) fn read(answer: &Answer) -> Reading {
    let status = answer.status;
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        return Reading::Done;
    }
    if status.is_redirection() && status != StatusCode::MULTIPLE_CHOICES {
        return Reading::Stale { text: "the org has moved".to_owned() };
    }
    let first = first_refusal(&answer.body);
    if status == StatusCode::UNAUTHORIZED {
        let text = first.map_or_else(|| "HTTP 401".to_owned(), |refusal| refusal.message);
        return Reading::Stale { text };
    }
    Reading::Refused(match first {
        Some(refusal) => refused(answer, refusal),
        None => without_words(answer),
    })
}

fn first_refusal(body: &[u8]) -> Option<Refusal> {
    let first = match serde_json::from_slice(body).ok()? {
        Refusals::Many(many) => many.into_iter().next()?,
        Refusals::One(one) => one,
    };
    (!first.code.is_empty()).then_some(first)
}

fn refused(answer: &Answer, refusal: Refusal) -> Error {
    by_code(refusal).unwrap_or_else(|Refusal { code, message, fields, .. }| {
        match answer.status.as_u16() {
            429 => Error::Throttled { pause: pause(answer) },
            503 => busy(answer, code),
            500.. => Error::Failed { code, message },
            403 => Error::MissingPermission { text: message },
            _ => Error::Rejected { code, message, fields },
        }
    })
}

/// Reads the refusal of one record among many: the answer's own status says nothing about it.
pub(crate) fn of_record(refusal: Refusal) -> Error {
    by_code(refusal).unwrap_or_else(|Refusal { code, message, fields, .. }| Error::Rejected {
        code,
        message,
        fields,
    })
}

/// What a code means wherever it comes; gives the refusal back where it alone does not say.
fn by_code(refusal: Refusal) -> Result<Error, Refusal> {
    let Refusal { code, message, .. } = &refusal;
    let locked = message.contains("UNABLE_TO_LOCK_ROW");
    Ok(match code.as_str() {
        "UNABLE_TO_LOCK_ROW" | "QUERY_TIMEOUT" | "SERVER_UNAVAILABLE" => {
            Error::Busy { code: refusal.code }
        }
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" | "APEX_ERROR" if locked => {
            Error::Busy { code: refusal.code }
        }
        "REQUEST_LIMIT_EXCEEDED" if message.contains("Concurrent") => {
            Error::Throttled { pause: Some(Duration::from_secs(30)) }
        }
        "REQUEST_LIMIT_EXCEEDED" => Error::ApiLimit,
        "API_DISABLED_FOR_ORG" | "API_CURRENTLY_DISABLED" | "FUNCTIONALITY_NOT_ENABLED" => {
            Error::ApiDisabled { text: refusal.message }
        }
        "INSUFFICIENT_ACCESS"
        | "INSUFFICIENT_ACCESS_OR_READONLY"
        | "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
        | "INVALID_TYPE" => Error::MissingPermission { text: refusal.message },
        "DUPLICATES_DETECTED" => match &refusal.duplicates {
            Some(found) => duplicates_of(found, refusal.message.clone()),
            None => return Err(refusal),
        },
        _ if code.starts_with("CANNOT_EXECUTE") => {
            Error::MissingPermission { text: refusal.message }
        }
        _ => return Err(refusal),
    })
}

fn duplicates_of(found: &DuplicateResult, message: String) -> Error {
    let of = found
        .match_results
        .iter()
        .flat_map(|result| &result.match_records)
        .filter_map(|matched| wire::text(&matched.record, "Id").and_then(RecordId::parse))
        .collect();
    Error::Duplicates { of, may_save: found.allow_save, message }
}

/// Reads an answer whose body is not Salesforce's: a proxy's page, a maintenance page, nothing.
fn without_words(answer: &Answer) -> Error {
    match answer.status.as_u16() {
        429 => Error::Throttled { pause: pause(answer) },
        420 | 503 => busy(answer, format!("HTTP {}", answer.status.as_u16())),
        410 => Error::UnexpectedAnswer {
            detail: format!("version {} of the API is no longer offered", crate::API_VERSION),
        },
        500.. => Error::LostAnswer(None),
        status => Error::UnexpectedAnswer { detail: format!("HTTP {status} without a reason") },
    }
}

fn busy(answer: &Answer, code: String) -> Error {
    match pause(answer) {
        Some(pause) => Error::Throttled { pause: Some(pause) },
        None => Error::Busy { code },
    }
}

/// Reads `Retry-After` in seconds.
pub(crate) fn pause(answer: &Answer) -> Option<Duration> {
    let seconds = answer.header("retry-after")?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::*;
    use crate::error::Retry;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec(),
        }
    }

    fn error(status: u16, body: &str) -> Error {
        match read(&answer(status, body)) {
            Reading::Refused(error) => error,
            Reading::Done | Reading::Stale { .. } => panic!("{status} {body} is not refused"),
        }
    }

    fn refusal(code: &str, message: &str) -> String {
        format!(r#"[{{"message":"{message}","errorCode":"{code}","fields":["Subject"]}}]"#)
    }

    #[test]
    fn each_refusal_says_when_the_request_is_worth_repeating() {
        let later = Retry::Later { after: None };
        for (status, code, message, retry) in [
            (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access", later),
            (400, "APEX_ERROR", "x: UNABLE_TO_LOCK_ROW, y", later),
            (400, "APEX_ERROR", "null pointer", Retry::Never),
            (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "say why", Retry::Never),
            (400, "STRING_TOO_LONG", "Subject", Retry::Never),
            (400, "DUPLICATE_VALUE", "duplicate value found", Retry::Never),
            (403, "INSUFFICIENT_ACCESS_OR_READONLY", "no", Retry::AfterPerson),
            (
                403,
                "API_DISABLED_FOR_ORG",
                "no",
                Retry::Later { after: Some(Duration::from_secs(900)) },
            ),
            (403, "SOMETHING_NEW", "no", Retry::AfterPerson),
            (
                403,
                "REQUEST_LIMIT_EXCEEDED",
                "TotalRequests Limit exceeded.",
                Retry::Later { after: Some(Duration::from_secs(900)) },
            ),
            (
                403,
                "REQUEST_LIMIT_EXCEEDED",
                "ConcurrentPerOrgLongTxn Limit exceeded.",
                Retry::Later { after: Some(Duration::from_secs(30)) },
            ),
            (500, "UNKNOWN_EXCEPTION", "gack", later),
            (503, "SERVER_UNAVAILABLE", "later", later),
            (404, "NOT_FOUND", "gone", Retry::Never),
        ] {
            assert_eq!(error(status, &refusal(code, message)).retry(), retry, "{status} {code}");
        }
    }

    #[test]
    fn an_error_of_a_proxy_may_have_been_carried_out_and_a_closed_door_not() {
        for status in [500, 502, 504] {
            assert!(error(status, "<html>Bad gateway</html>").may_have_happened(), "{status}");
        }
        for (status, body) in [(503, "<html>maintenance</html>"), (400, "{}"), (429, "")] {
            assert!(!error(status, body).may_have_happened(), "{status}");
        }
    }

    #[test]
    fn a_pause_that_was_asked_for_is_kept_within_an_hour() {
        for (asked, granted) in [("7", 7), ("99999", 3_600)] {
            let mut busy = answer(503, "");
            busy.headers.insert("retry-after", HeaderValue::from_static(asked));
            let Reading::Refused(Error::Throttled { pause }) = read(&busy) else {
                panic!("not throttled");
            };
            assert_eq!(pause, Some(Duration::from_secs(granted)));
        }
    }

    #[test]
    fn a_dead_token_and_a_moved_org_ask_for_a_new_token() {
        for (status, body) in [
            (401, refusal("INVALID_SESSION_ID", "Session expired or invalid")),
            (401, "<html>".to_owned()),
            (302, String::new()),
        ] {
            assert!(matches!(read(&answer(status, &body)), Reading::Stale { .. }), "{status}");
        }
        assert!(matches!(read(&answer(304, "")), Reading::Done));
    }

    #[test]
    fn a_refusal_is_read_alone_and_under_its_other_name() {
        let alone = r#"{"statusCode":"REQUIRED_FIELD_MISSING","message":"m","fields":null}"#;
        assert!(error(400, alone).has_code("REQUIRED_FIELD_MISSING"));
    }
}
