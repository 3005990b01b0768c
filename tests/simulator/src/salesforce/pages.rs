//! Plain pages: consent, errors, records with their activities, and the prefilled form for a new record.

use serde_json::Value;

use super::{
    http::{Asked, Sent},
    ids,
    org::{Org, Record},
    schema::Kind,
};

const STYLE: &str = "
:root{color-scheme:light dark;--line:#8884;--soft:#8881;--blue:#0b5cab}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:56rem;padding:1.5rem}
header{border-bottom:1px solid var(--line);margin-bottom:1rem}
header p{margin:.25rem 0;opacity:.75}h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin-top:2rem}
dl{display:grid;grid-template-columns:12rem 1fr;gap:.35rem 1rem}dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}
article{border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;margin:.5rem 0;background:var(--soft)}
article p{margin:.15rem 0;white-space:pre-line}button{font:inherit;padding:.5rem 1.25rem;margin-right:.5rem}
a{color:var(--blue)}label{display:block;margin:.35rem 0}input{font:inherit}
@media (prefers-color-scheme:dark){:root{--blue:#7fb6f5}}
";

/// Text made safe for HTML, in content and in attributes.
fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn layout(title: &str, body: &str) -> String {
    let title = safe(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\n<body>{body}</body></html>\n"
    )
}

/// The page where a user allows or denies the app.
pub(super) fn consent(
    org: &Org,
    hidden: &[(&str, &str)],
    named: &str,
    scopes: &[String],
) -> String {
    let fields: String = hidden
        .iter()
        .map(|(name, value)| {
            format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", safe(name), safe(value))
        })
        .collect();
    let people = org
        .users()
        .filter(|user| user.text("UserType") == "Standard" && user.get("IsActive") == true);
    let choices: String = people
        .enumerate()
        .map(|(place, user)| {
            let username = user.text("Username");
            let checked = if named.eq_ignore_ascii_case(username) || (named.is_empty() && place == 0) { " checked" } else { "" };
            format!(
                "<label><input type=\"radio\" name=\"username\" value=\"{}\"{checked}> {} ({})</label>",
                safe(username), safe(user.text("Name")), safe(username)
            )
        })
        .collect();
    let wishes: String = scopes.iter().map(|scope| format!("<li>{}</li>", safe(scope))).collect();
    layout(
        "Allow access?",
        &format!(
            "<header><h1>Allow access?</h1><p>{}</p></header><form method=\"post\" action=\"/services/oauth2/authorize\">{fields}\
         <p>Patchcord asks for:</p><ul>{wishes}</ul><h2>Sign in as</h2>{choices}\
         <p><button name=\"decision\" value=\"allow\" id=\"allow\">Allow</button>\
         <button name=\"decision\" value=\"deny\" id=\"deny\">Deny</button></p></form>",
            safe(&org.config.name)
        ),
    )
}

/// The page on which a refused authorization ends.
pub(super) fn error(error: &str, description: &str) -> String {
    layout(
        "Error",
        &format!(
            "<header><h1>We can't authorize you because of an OAuth error.</h1></header>\
         <p>For more information, contact your Salesforce administrator.</p><p><code>{}</code> : {}</p>",
            safe(error),
            safe(description)
        ),
    )
}

pub(super) fn not_found() -> String {
    layout("Not found", "<header><h1>URL No Longer Exists</h1></header>")
}

/// Any other page of the org.
pub(super) fn page(org: &Org, asked: &Asked, path: &str) -> Sent {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match segments.as_slice() {
        ["lightning", "r", object, id, "view" | "edit"] => {
            match org.object_name(object).and_then(|name| Some((name, org.find(name, id)?))) {
                Some((name, record)) => Sent::html(200, record_page(org, name, record)),
                None => Sent::html(404, not_found()),
            }
        }
        ["lightning", "o", object, "new"] => Sent::html(
            200,
            new_page(object, asked.parameter("defaultFieldValues").unwrap_or_default()),
        ),
        ["lightning", "page", "home"] | ["" | "lightning"] => Sent::html(200, home(org)),
        [id] if ids::to_18(id).is_some() => match ids::to_18(id)
            .and_then(|id| org.by_id(&id).map(|(name, record)| record_page(org, name, record)))
        {
            Some(page) => Sent::html(200, page),
            None => Sent::html(404, not_found()),
        },
        _ => Sent::html(404, not_found()),
    }
}

fn title_of(record: &Record) -> &str {
    [record.text("Name"), record.text("Subject")]
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or(&record.id)
}

fn record_page(org: &Org, object: &str, record: &Record) -> String {
    let shown = org.schema[object].fields.iter().filter(|field| {
        !matches!(
            field.name.as_str(),
            "Id" | "Name"
                | "SystemModstamp"
                | "IsDeleted"
                | "CreatedById"
                | "LastModifiedById"
                | "LastModifiedDate"
        )
    });
    let rows: String = shown
        .filter_map(|field| {
            let value = record.get(&field.name);
            let text = match value {
                Value::Null => return None,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let cell = match &field.kind {
                Kind::Reference(..) => match org.by_id(&text) {
                    Some((_, other)) => {
                        format!("<a href=\"/{}\">{}</a>", safe(&text), safe(title_of(other)))
                    }
                    None => safe(&text),
                },
                Kind::Phone => format!("<a href=\"tel:{}\">{}</a>", safe(&text), safe(&text)),
                _ => safe(&text),
            };
            Some(format!("<dt>{}</dt><dd>{cell}</dd>", safe(&field.name)))
        })
        .collect();
    let title = title_of(record);
    let deleted =
        if record.deleted { "<p><strong>This record was deleted.</strong></p>" } else { "" };
    layout(
        &format!("{title} | {object}"),
        &format!(
            "<header><p>{}</p><h1 id=\"name\">{}</h1></header>{deleted}<dl>{rows}</dl><h2>Activity</h2><section id=\"activities\">{}</section>",
            safe(object),
            safe(title),
            activities(org, &record.id)
        ),
    )
}

fn activities(org: &Org, id: &str) -> String {
    let tasks = org.rows("Task").into_iter().rev().filter(|task| {
        !task.deleted
            && [task.text("WhoId"), task.text("WhatId"), task.text("AccountId")].contains(&id)
    });
    let list: String = tasks
        .map(|task| {
            let seconds = task.get("CallDurationInSeconds").as_i64().unwrap_or(0);
            format!(
                "<article><p><strong><a href=\"/{}\">{}</a></strong></p><p>{} · {} · {} · {}:{:02} min</p><p>{}</p></article>",
                safe(&task.id), safe(task.text("Subject")), safe(task.text("ActivityDate")), safe(task.text("CallType")),
                safe(task.text("CallDisposition")), seconds / 60, seconds % 60, safe(task.text("Description"))
            )
        })
        .collect();
    if list.is_empty() { "<p>No past activity.</p>".to_owned() } else { list }
}

/// A form with the values that the address asks for; it saves nothing.
fn new_page(object: &str, defaults: &str) -> String {
    let fields: String = defaults
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| {
            let value =
                url::form_urlencoded::parse(format!("v={}", value.replace('+', "%2B")).as_bytes())
                    .next()
                    .map_or_else(String::new, |(_, value)| value.into_owned());
            format!(
                "<label>{} <input name=\"{}\" value=\"{}\"></label>",
                safe(name),
                safe(name),
                safe(&value)
            )
        })
        .collect();
    layout(
        &format!("New {object}"),
        &format!("<header><h1>New {}</h1></header><form>{fields}</form>", safe(object)),
    )
}

fn home(org: &Org) -> String {
    let list: String = ["Contact", "Lead", "Account"]
        .iter()
        .map(|object| {
            let links: String = org
                .rows(object)
                .iter()
                .filter(|record| !record.deleted)
                .map(|record| {
                    format!(
                        "<li><a href=\"/lightning/r/{object}/{}/view\">{}</a></li>",
                        safe(&record.id),
                        safe(title_of(record))
                    )
                })
                .collect();
            format!("<h2>{object}s</h2><ul>{links}</ul>")
        })
        .collect();
    layout(
        &org.config.name,
        &format!(
            "<header><h1>{}</h1><p>A simulated Salesforce org</p></header>{list}",
            safe(&org.config.name)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_keeps_the_plus_of_a_number_and_escapes_the_rest() {
        let page = new_page("Lead", "Phone=+4930,LastName=%3Cb%3E");
        assert!(page.contains("value=\"+4930\""), "{page}");
        assert!(page.contains("value=\"&lt;b&gt;\""), "{page}");
    }
}
