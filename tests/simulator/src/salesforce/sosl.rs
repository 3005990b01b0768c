//! SOSL: FIND … IN … RETURNING …, over an index that lags behind and matches whole tokens.

use serde_json::{Map, Value, json};

use super::{
    org::{Org, Record},
    query::Viewer,
    refusal::Refusal,
    schema::Kind,
    soql::{Clauses, Path, Reader, malformed, tokens},
};

const CODE: &str = "MALFORMED_SEARCH";

/// Which fields are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    All,
    Name,
    Email,
    Phone,
}

impl Scope {
    pub(super) fn named(word: &str) -> Option<Self> {
        match word.to_ascii_uppercase().as_str() {
            "ALL" | "SIDEBAR" => Some(Self::All),
            "NAME" => Some(Self::Name),
            "EMAIL" => Some(Self::Email),
            "PHONE" => Some(Self::Phone),
            _ => None,
        }
    }
}

/// What is sought.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Term {
    All(Vec<Term>),
    Any(Vec<Term>),
    Not(Box<Term>),
    /// One token; `*` and `?` are wildcards.
    Token(String),
    /// Tokens in this order.
    Phrase(Vec<String>),
}

/// One object of RETURNING.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) object: String,
    pub(super) columns: Vec<Path>,
    pub(super) clauses: Clauses,
}

#[derive(Clone, Debug)]
pub(super) struct Search {
    pub(super) term: Term,
    pub(super) scope: Scope,
    pub(super) wanted: Vec<Wanted>,
    pub(super) limit: usize,
}

/// Reads a whole FIND statement.
pub(super) fn parse(text: &str) -> Result<Search, Refusal> {
    let trimmed = text.trim();
    let head = trimmed.get(..4).unwrap_or_default();
    if !head.eq_ignore_ascii_case("FIND") {
        return Err(malformed(CODE, "unexpected token: a search begins with FIND"));
    }
    let rest = trimmed[4..].trim_start();
    let Some(rest) = rest.strip_prefix('{') else {
        return Err(malformed(CODE, "unexpected token: the search text stands in braces"));
    };
    let end = closing_brace(rest).ok_or_else(|| malformed(CODE, "unexpected token: <EOF>"))?;
    let term = parse_term(&rest[..end])?;
    let mut reader = Reader::new(tokens(&rest[end + 1..], CODE)?, CODE);
    let mut scope = Scope::All;
    if reader.takes_word("IN") {
        let word = reader.word("a group of fields")?;
        scope = Scope::named(&word)
            .ok_or_else(|| malformed(CODE, format!("unexpected token: {word}")))?;
        reader.expect_word("FIELDS")?;
    }
    let mut wanted = Vec::new();
    if reader.takes_word("RETURNING") {
        loop {
            wanted.push(returning(&mut reader)?);
            if !reader.takes_sign(",") {
                break;
            }
        }
    }
    let mut limit = 2000;
    loop {
        if reader.takes_word("LIMIT") {
            limit = reader.number()?;
        } else if reader.takes_word("WITH") {
            reader.expect_word("SPELL_CORRECTION")?;
            reader.expect_sign("=")?;
            if !reader.takes_word("true") {
                reader.expect_word("false")?;
            }
        } else {
            break;
        }
    }
    reader.expect_end()?;
    Ok(Search { term, scope, wanted, limit })
}

fn returning(reader: &mut Reader) -> Result<Wanted, Refusal> {
    let object = reader.word("an object")?;
    let mut wanted =
        Wanted { object, columns: vec![vec!["Id".to_owned()]], clauses: Clauses::default() };
    if reader.takes_sign("(") {
        wanted.columns = vec![reader.path()?];
        while reader.takes_sign(",") {
            wanted.columns.push(reader.path()?);
        }
        wanted.clauses = reader.clauses()?;
        reader.expect_sign(")")?;
    }
    Ok(wanted)
}

fn closing_brace(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (place, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '}' => return Some(place),
            _ => {}
        }
    }
    None
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Open,
    Close,
    And,
    Or,
    Not,
    Word(String),
    Quoted(String),
}

/// Reads the search text: words, phrases, AND, OR, AND NOT, parentheses. Reserved signs must be escaped.
pub(super) fn parse_term(text: &str) -> Result<Term, Refusal> {
    if text.chars().count() > 10_000 {
        return Err(malformed(CODE, "the search text is longer than 10,000 characters"));
    }
    let pieces = pieces(text)?;
    let mut place = 0;
    let term = any(&pieces, &mut place)?;
    if place < pieces.len() {
        return Err(malformed(CODE, format!("No viable alternative at input: {text}")));
    }
    Ok(term)
}

fn pieces(text: &str) -> Result<Vec<Piece>, Refusal> {
    let reserved =
        |c: char| malformed(CODE, format!("line 1: unexpected character '{c}' in the search text"));
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => {}
            '(' => found.push(Piece::Open),
            ')' => found.push(Piece::Close),
            '"' => {
                let mut phrase = String::new();
                loop {
                    match chars.next() {
                        None => return Err(malformed(CODE, "a phrase is not closed")),
                        Some('"') => break,
                        Some('\\') => phrase.extend(chars.next()),
                        Some(c) if "?&|!{}[]()^~:'+-".contains(c) => return Err(reserved(c)),
                        Some(c) => phrase.push(c),
                    }
                }
                found.push(Piece::Quoted(phrase));
            }
            first => {
                let mut word = String::new();
                let mut next = Some(first);
                while let Some(c) = next {
                    match c {
                        '\\' => match chars.next() {
                            None => return Err(reserved('\\')),
                            // An escaped sign is punctuation, which splits tokens.
                            Some(escaped) if escaped.is_alphanumeric() => {
                                return Err(reserved('\\'));
                            }
                            Some(_) => word.push(' '),
                        },
                        c if "&|!{}[]^~:'+-\"".contains(c) => return Err(reserved(c)),
                        '*' | '?' if word.trim().is_empty() => return Err(reserved(c)),
                        c => word.push(c),
                    }
                    next = chars.next_if(|c| !" \t\r\n()\"".contains(*c));
                }
                found.push(match word.as_str() {
                    "AND" => Piece::And,
                    "OR" => Piece::Or,
                    "NOT" => Piece::Not,
                    _ => Piece::Word(word),
                });
            }
        }
    }
    Ok(found)
}

fn any(pieces: &[Piece], place: &mut usize) -> Result<Term, Refusal> {
    let mut parts = vec![all(pieces, place)?];
    while pieces.get(*place) == Some(&Piece::Or) {
        *place += 1;
        parts.push(all(pieces, place)?);
    }
    Ok(if parts.len() == 1 { parts.remove(0) } else { Term::Any(parts) })
}

fn all(pieces: &[Piece], place: &mut usize) -> Result<Term, Refusal> {
    let mut parts = vec![single(pieces, place)?];
    loop {
        match pieces.get(*place) {
            Some(Piece::And) => {
                *place += 1;
                parts.push(single(pieces, place)?);
            }
            // Words side by side belong together: AND is the default.
            Some(Piece::Word(_) | Piece::Quoted(_) | Piece::Open) => {
                parts.push(single(pieces, place)?);
            }
            _ => break,
        }
    }
    Ok(if parts.len() == 1 { parts.remove(0) } else { Term::All(parts) })
}

fn single(pieces: &[Piece], place: &mut usize) -> Result<Term, Refusal> {
    let piece = pieces.get(*place).cloned();
    *place += 1;
    match piece {
        Some(Piece::Not) => Ok(Term::Not(Box::new(single(pieces, place)?))),
        Some(Piece::Open) => {
            let inner = any(pieces, place)?;
            if pieces.get(*place) != Some(&Piece::Close) {
                return Err(malformed(CODE, "a parenthesis is not closed"));
            }
            *place += 1;
            Ok(inner)
        }
        Some(Piece::Word(word)) => {
            if word.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
                return Err(malformed(CODE, "search term must be longer than one character"));
            }
            let mut parts: Vec<Term> = split(&word, true).into_iter().map(Term::Token).collect();
            Ok(if parts.len() == 1 { parts.remove(0) } else { Term::All(parts) })
        }
        Some(Piece::Quoted(phrase)) => {
            let words = split(&phrase, true);
            if words.concat().chars().count() < 2 {
                return Err(malformed(CODE, "search term must be longer than one character"));
            }
            Ok(Term::Phrase(words))
        }
        Some(Piece::And | Piece::Or | Piece::Close) | None => {
            Err(malformed(CODE, "unexpected token in the search text"))
        }
    }
}

/// Tokens of a text: split at spaces and punctuation, lower case.
fn split(text: &str, wildcards: bool) -> Vec<String> {
    text.split(|c: char| !(c.is_alphanumeric() || (wildcards && matches!(c, '*' | '?'))))
        .filter(|token| !token.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn wild(token: &str, pattern: &str) -> bool {
    fn matches(token: &[char], pattern: &[char]) -> bool {
        match pattern {
            [] => token.is_empty(),
            ['*', rest @ ..] => (0..=token.len()).any(|skipped| matches(&token[skipped..], rest)),
            ['?', rest @ ..] => !token.is_empty() && matches(&token[1..], rest),
            [plain, rest @ ..] => token.first() == Some(plain) && matches(&token[1..], rest),
        }
    }
    matches(&token.chars().collect::<Vec<_>>(), &pattern.chars().collect::<Vec<_>>())
}

fn found_in(term: &Term, fields: &[Vec<String>]) -> bool {
    match term {
        Term::All(parts) => parts.iter().all(|part| found_in(part, fields)),
        Term::Any(parts) => parts.iter().any(|part| found_in(part, fields)),
        Term::Not(inner) => !found_in(inner, fields),
        Term::Token(token) => fields.iter().flatten().any(|own| wild(own, token)),
        Term::Phrase(words) => fields.iter().any(|own| {
            let joined = words.concat();
            own.windows(words.len()).any(|window| window == words.as_slice())
                || (own.len() == 1
                    && joined.chars().all(|c| c.is_ascii_digit())
                    && own[0] == joined)
        }),
    }
}

impl Org {
    pub(super) fn search(&self, search: &Search, viewer: &Viewer) -> Result<Value, Refusal> {
        let mut found = Vec::new();
        for wanted in &search.wanted {
            let object = self.object_name(&wanted.object).ok_or_else(|| {
                Refusal::bad(
                    "INVALID_TYPE",
                    format!("sObject type '{}' is not supported.", wanted.object),
                )
            })?;
            for path in &wanted.columns {
                self.field_at(object, path, viewer)?;
            }
            self.check_clauses(object, &wanted.clauses, viewer)?;
            if self.switches.search_finds_nothing {
                continue;
            }
            let table = self.table(object);
            let candidates: Vec<&Record> = table
                .iter()
                .filter(|record| !record.deleted)
                .filter(|record| {
                    record.indexed(viewer.now_ms).is_some_and(|indexed| {
                        found_in(
                            &search.term,
                            &self.searched(object, indexed, search.scope, viewer),
                        )
                    })
                })
                .collect();
            // Sharing is applied after the candidates were chosen.
            let bounded = wanted.clauses.condition.is_none() && wanted.clauses.order.is_empty();
            let most = if bounded { (2000 / search.wanted.len()).min(250) } else { 2000 };
            let visible: Vec<&Record> = candidates
                .into_iter()
                .take(most)
                .filter(|record| self.is_visible(object, record, &viewer.user_id))
                .collect();
            for record in self.narrow(visible, &wanted.clauses, viewer) {
                found.push(self.row(object, &record.fields, &wanted.columns, viewer));
            }
        }
        found.truncate(search.limit);
        Ok(json!({ "searchRecords": found }))
    }

    /// The tokens of each field that the scope covers. A phone field is one token: its digits.
    fn searched(
        &self,
        object: &str,
        indexed: &Map<String, Value>,
        scope: Scope,
        viewer: &Viewer,
    ) -> Vec<Vec<String>> {
        let fields = self.schema[object]
            .fields
            .iter()
            .filter(|field| field.is_there(object, &self.switches, &viewer.username));
        fields
            .filter_map(|field| {
                let text = indexed.get(&field.name)?.as_str()?;
                let name_like = matches!(
                    field.name.as_str(),
                    "Name" | "FirstName" | "LastName" | "Company" | "Subject"
                );
                match (&field.kind, scope) {
                    (Kind::Phone, Scope::All | Scope::Phone) => {
                        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                        Some(vec![digits])
                    }
                    (Kind::Text(_), Scope::All) => Some(split(text, false)),
                    (Kind::Text(_), Scope::Name) if name_like => Some(split(text, false)),
                    (Kind::Email, Scope::All | Scope::Email) => {
                        Some([vec![text.to_lowercase()], split(text, false)].concat())
                    }
                    (Kind::TextArea(_), Scope::All) => Some(split(text, false)),
                    _ => None,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_signs_must_be_escaped_and_terms_have_two_characters() {
        for bad in ["+4930", "a-b1", "'x y", "49*30[", "*345", "7", "(123", "\"123"] {
            assert_eq!(parse_term(bad).unwrap_err().code, "MALFORMED_SEARCH", "{bad}");
        }
    }

    #[test]
    fn digits_match_a_phone_field_as_a_whole_only() {
        let phone = vec![vec!["493012345".to_owned()]];
        assert!(found_in(&parse_term("12 OR 493012345").unwrap(), &phone));
        assert!(found_in(&parse_term("4930*").unwrap(), &phone));
        assert!(!found_in(&parse_term("3012345").unwrap(), &phone));
        assert!(!found_in(&parse_term(r"\+49 30 12345").unwrap(), &phone));
        assert!(found_in(&parse_term("\"49 30 12345\"").unwrap(), &phone));
    }
}
