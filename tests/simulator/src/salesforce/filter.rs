//! Comparing a field's value with a literal of SOQL: types, text, patterns, and days by name.

use std::cmp::Ordering;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::Value;

use super::{
    ids,
    org::read_datetime,
    refusal::Refusal,
    schema::{Field, Kind},
    soql::{Literal, Operator},
};

const DAY_MS: i64 = 86_400_000;

pub(super) fn check_literal(
    field: &Field,
    operator: Operator,
    literal: &Literal,
) -> Result<(), Refusal> {
    let name = &field.name;
    let typed = |kind: &str, quoted: bool| {
        let quotes = if quoted { "should not be" } else { "should be" };
        Refusal::bad(
            "INVALID_FIELD",
            format!(
                "value of filter criterion for field '{name}' must be of type {kind} and {quotes} enclosed in quotes"
            ),
        )
    };
    if !field.filterable() {
        return Err(Refusal::bad(
            "INVALID_FIELD",
            format!("field '{name}' can not be filtered in a query call"),
        ));
    }
    match (&field.kind, literal) {
        (_, Literal::Null) => Ok(()),
        (Kind::Id | Kind::Reference(..), Literal::Text { text, .. }) => {
            if operator == Operator::Like {
                return Err(Refusal::bad(
                    "INVALID_FIELD",
                    format!("operator LIKE is not valid for ID field '{name}'"),
                ));
            }
            let sound = ids::to_18(text).is_some();
            if sound {
                Ok(())
            } else {
                Err(Refusal::bad(
                    "INVALID_QUERY_FILTER_OPERATOR",
                    format!("invalid ID field: {text}"),
                ))
            }
        }
        (Kind::Bool, Literal::Bool(_)) | (Kind::Int, Literal::Number(_)) => Ok(()),
        (Kind::Bool, _) => Err(typed("boolean", true)),
        (Kind::Int, _) => Err(typed("int", true)),
        (Kind::Date | Kind::DateTime, Literal::Moment(word)) => {
            let is_day = word.parse::<Date>().is_ok();
            let known = moment(word, 0).is_some();
            match (&field.kind, is_day, known, word.contains('T') && read_datetime(word).is_some())
            {
                (_, _, false, _) => Err(typed("date", true)),
                (Kind::DateTime, true, _, false) => Err(typed("dateTime", true)),
                (Kind::Date, _, _, true) => Err(typed("date", true)),
                _ => Ok(()),
            }
        }
        (Kind::DateTime, _) => Err(typed("dateTime", true)),
        (Kind::Date, _) => Err(typed("date", true)),
        (_, Literal::Text { .. }) => Ok(()),
        (_, _) => Err(typed("string", false)),
    }
}

pub(super) fn holds(value: &Value, operator: Operator, literal: &Literal, now_ms: i64) -> bool {
    let by_order = |order: Option<Ordering>| match operator {
        Operator::Equal => order == Some(Ordering::Equal),
        Operator::NotEqual => order != Some(Ordering::Equal),
        Operator::Less => order == Some(Ordering::Less),
        Operator::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Operator::Greater => order == Some(Ordering::Greater),
        Operator::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Operator::Like => false,
    };
    match literal {
        Literal::Null => value.is_null() == (operator == Operator::Equal),
        _ if value.is_null() => operator == Operator::NotEqual,
        Literal::Bool(wanted) => by_order(value.as_bool().map(|own| own.cmp(wanted))),
        Literal::Number(wanted) => by_order(value.as_f64().and_then(|own| own.partial_cmp(wanted))),
        Literal::Text { pattern, .. } if operator == Operator::Like => {
            value.as_str().is_some_and(|own| like(&own.to_lowercase(), &pattern.to_lowercase()))
        }
        Literal::Text { text, .. } => by_order(value.as_str().map(|own| {
            // Ids differ by the case of their letters, and one of 15 characters means the same as its 18.
            let wanted = if is_id(own) { ids::to_18(text) } else { None };
            match wanted {
                Some(wanted) => own.cmp(wanted.as_str()),
                // Questions for thousands of keys look at each of them for each row.
                None if is_equality(operator) && own.is_ascii() && text.is_ascii() => {
                    if own.eq_ignore_ascii_case(text) { Ordering::Equal } else { Ordering::Less }
                }
                None => own.to_lowercase().cmp(&text.to_lowercase()),
            }
        })),
        Literal::Moment(word) => {
            let own = value.as_str().and_then(|text| {
                read_datetime(text).or_else(|| moment(text, now_ms).map(|(from, _)| from))
            });
            let (Some(own), Some((from, to))) = (own, moment(word, now_ms)) else { return false };
            match operator {
                Operator::Equal => own >= from && own < to,
                Operator::NotEqual => own < from || own >= to,
                Operator::Less => own < from,
                Operator::LessOrEqual => own < to,
                Operator::Greater => own >= to,
                Operator::GreaterOrEqual => own >= from,
                Operator::Like => false,
            }
        }
    }
}

pub(super) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::String(a), Value::String(b)) if is_id(a) && is_id(b) => a.cmp(b),
        (Value::String(a), Value::String(b)) => {
            a.to_lowercase().cmp(&b.to_lowercase()).then_with(|| a.cmp(b))
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
    }
}

fn is_equality(operator: Operator) -> bool {
    matches!(operator, Operator::Equal | Operator::NotEqual)
}

/// Has the text the shape of a stored id: `0035g00000EXAMPAA2`? Cheap, since whole tables are sorted by it.
fn is_id(text: &str) -> bool {
    text.len() == 18
        && text.starts_with("00")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// SQL's LIKE with backslash as escape.
fn like(text: &str, pattern: &str) -> bool {
    fn matches(text: &[char], pattern: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['%', rest @ ..] => (0..=text.len()).any(|skipped| matches(&text[skipped..], rest)),
            ['\\', escaped, rest @ ..] => {
                text.first() == Some(escaped) && matches(&text[1..], rest)
            }
            ['_', rest @ ..] => !text.is_empty() && matches(&text[1..], rest),
            [plain, rest @ ..] => text.first() == Some(plain) && matches(&text[1..], rest),
        }
    }
    matches(&text.chars().collect::<Vec<_>>(), &pattern.chars().collect::<Vec<_>>())
}

/// From when to when a date, date-time or date word lasts, in milliseconds; days are UTC's.
fn moment(word: &str, now_ms: i64) -> Option<(i64, i64)> {
    if let Ok(day) = word.parse::<Date>() {
        let from = start_of(day)?;
        return Some((from, from + DAY_MS));
    }
    if let Some(ms) = read_datetime(word) {
        return Some((ms, ms + 1));
    }
    let today_date = Timestamp::from_millisecond(now_ms).ok()?.to_zoned(TimeZone::UTC).date();
    let today = start_of(today_date)?;
    let upper = word.to_ascii_uppercase();
    if let Some((name, n)) = upper.split_once(':') {
        let n: i64 = n.parse().ok()?;
        return match name {
            "LAST_N_DAYS" => Some((today - n * DAY_MS, today + DAY_MS)),
            "NEXT_N_DAYS" => Some((today + DAY_MS, today + (n + 1) * DAY_MS)),
            _ => None,
        };
    }
    match upper.as_str() {
        "TODAY" => Some((today, today + DAY_MS)),
        "YESTERDAY" => Some((today - DAY_MS, today)),
        "TOMORROW" => Some((today + DAY_MS, today + 2 * DAY_MS)),
        "LAST_90_DAYS" => Some((today - 90 * DAY_MS, today + DAY_MS)),
        "THIS_MONTH" => {
            let next = today_date.last_of_month().tomorrow().ok()?;
            Some((start_of(today_date.first_of_month())?, start_of(next)?))
        }
        "THIS_YEAR" => {
            let next = today_date.last_of_year().tomorrow().ok()?;
            Some((start_of(today_date.first_of_year())?, start_of(next)?))
        }
        _ => None,
    }
}

fn start_of(day: Date) -> Option<i64> {
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_knows_its_signs_and_their_escapes() {
        assert!(like("+49 30 1234567", "%30%1234567"));
        assert!(like("100%", r"100\%"));
        assert!(!like("100x", r"100\%"));
        assert!(like("abc", "a_c"));
        assert!(!like("abc", "a_"));
    }
}
