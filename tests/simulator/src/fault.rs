//! Faults of a server: answers that are wrong, late, cut off or lost.

use std::time::Duration;

use serde_json::Value;

/// What goes wrong with one request.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// An HTML page with this HTTP status; the request is not carried out.
    Html(u16),
    /// This HTTP status with an empty body; the request is not carried out.
    Empty(u16),
    /// HTTP 200 with a body of this many bytes that is not JSON; the request is not carried out.
    Huge(usize),
    /// This JSON with this HTTP status in place of the answer; the request is not carried out.
    Json(u16, Value),
    /// A redirect (302) to this address; the request is not carried out.
    Redirect(String),
    /// The request is carried out, and its answer comes after this long.
    Slow(Duration),
    /// The request is carried out after this long, also if nobody waits for the answer any more.
    Late(Duration),
    /// The connection stays open, and nothing is ever answered or done.
    Never,
    /// The connection is reset before the request is carried out.
    Reset,
    /// The request is carried out, then the connection is reset: its answer is lost.
    LostAnswer,
    /// The request is carried out, and a proxy answers in its place: an HTML page with this HTTP status.
    LostBehindProxy(u16),
    /// The request is carried out, and the answer's JSON is cut in the middle.
    Truncated,
}

/// Which requests a [`Fault`] meets, and how often.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultRule {
    /// Part of the request's path (`"get_token"`, `"sobjects/Task"`); empty: every request.
    pub path: String,
    /// Only requests of this HTTP method (`"POST"`); `None`: all.
    pub method: Option<String>,
    /// Only requests to the org whose body holds this; empty: all.
    pub body: String,
    /// This many matching requests pass unharmed first.
    pub skip: u32,
    /// This many requests are met; `None`: all of them.
    pub times: Option<u32>,
    /// What happens.
    pub fault: Fault,
}

impl FaultRule {
    /// Meets every request whose path contains `path`.
    pub fn always(path: &str, fault: Fault) -> Self {
        Self {
            path: path.to_owned(),
            method: None,
            body: String::new(),
            skip: 0,
            times: None,
            fault,
        }
    }

    /// Meets the next request whose path contains `path`.
    pub fn once(path: &str, fault: Fault) -> Self {
        Self::times(path, 1, fault)
    }

    /// Meets the next `times` requests whose path contains `path`.
    pub fn times(path: &str, times: u32, fault: Fault) -> Self {
        Self { times: Some(times), ..Self::always(path, fault) }
    }

    /// Narrows the rule to one HTTP method.
    #[must_use]
    pub fn on(self, method: &str) -> Self {
        Self { method: Some(method.to_owned()), ..self }
    }

    /// Narrows the rule to requests to the org whose body holds this text.
    #[must_use]
    pub fn holding(self, body: &str) -> Self {
        Self { body: body.to_owned(), ..self }
    }

    /// Lets `skip` matching requests pass first.
    #[must_use]
    pub fn after(self, skip: u32) -> Self {
        Self { skip, ..self }
    }
}

/// Finds the fault for a request and counts it.
pub(crate) fn strike(
    rules: &mut [FaultRule],
    method: &str,
    path: &str,
    body: &str,
) -> Option<Fault> {
    for rule in rules {
        let meets = path.contains(&rule.path)
            && body.contains(&rule.body)
            && rule.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
        if !meets || rule.times == Some(0) {
            continue;
        }
        if rule.skip > 0 {
            rule.skip -= 1;
            continue;
        }
        rule.times = rule.times.map(|left| left - 1);
        return Some(rule.fault.clone());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_skips_then_strikes_then_is_spent() {
        let mut rules = vec![FaultRule::times("Task", 2, Fault::Reset).on("POST").after(1)];
        let mut hits = Vec::new();
        for _ in 0..4 {
            hits.push(strike(&mut rules, "POST", "/sobjects/Task", "").is_some());
        }
        assert_eq!(hits, [false, true, true, false]);
        assert_eq!(strike(&mut rules, "GET", "/sobjects/Task", ""), None);
    }
}
