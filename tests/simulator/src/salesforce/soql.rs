//! SOQL, as much of it as a telephony companion asks for: one object, relation fields, conditions, order, limits.

use super::refusal::Refusal;

/// A parsed statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    pub(super) columns: Columns,
    pub(super) object: String,
    pub(super) clauses: Clauses,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Columns {
    /// `COUNT()`.
    Count,
    /// `COUNT(field)`.
    CountOf(Path),
    Fields(Vec<Path>),
}

/// `Account.Name` as `["Account", "Name"]`.
pub(super) type Path = Vec<String>;

/// What may follow the object: also inside SOSL's RETURNING.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Clauses {
    pub(super) condition: Option<Condition>,
    pub(super) order: Vec<Order>,
    pub(super) limit: Option<usize>,
    pub(super) offset: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Order {
    pub(super) path: Path,
    pub(super) descending: bool,
    pub(super) nulls_last: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare(Path, Operator, Literal),
    In { path: Path, values: Vec<Literal>, negated: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Number(f64),
    /// The text, and the same as a LIKE pattern whose escaped signs keep their backslash.
    Text {
        text: String,
        pattern: String,
    },
    /// A date, a date-time or a date word such as `TODAY` or `LAST_N_DAYS:7`, as written.
    Moment(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    Number(String),
    Text { text: String, pattern: String },
    Sign(&'static str),
}

/// What a refusal of a statement is called (SOQL or SOSL).
pub(super) fn malformed(code: &str, message: impl Into<String>) -> Refusal {
    Refusal::bad(code, message)
}

/// Splits a statement into tokens.
pub(super) fn tokens(text: &str, code: &str) -> Result<Vec<Token>, Refusal> {
    const SIGNS: [&str; 12] = ["!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ",", "{", "}"];
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return Ok(found) };
        if first == '\'' {
            let (token, after) = quoted(&rest[1..], code)?;
            found.push(token);
            rest = after;
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            found.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            let is_part =
                |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '-' | '+' | '@');
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            if end == 0 {
                return Err(malformed(code, format!("unexpected token: '{first}'")));
            }
            let word = rest[..end].to_owned();
            let numeric = word.parse::<f64>().is_ok() && !word.starts_with(char::is_alphabetic);
            found.push(if numeric { Token::Number(word) } else { Token::Word(word) });
            rest = &rest[end..];
        }
    }
}

fn quoted<'a>(rest: &'a str, code: &str) -> Result<(Token, &'a str), Refusal> {
    let (mut text, mut pattern) = (String::new(), String::new());
    let mut chars = rest.char_indices();
    while let Some((place, c)) = chars.next() {
        match c {
            '\'' => {
                if text.chars().count() > 4000 {
                    return Err(malformed(code, "a string literal is longer than 4000 characters"));
                }
                return Ok((Token::Text { text, pattern }, &rest[place + 1..]));
            }
            '\\' => {
                let Some((_, escaped)) = chars.next() else { break };
                let plain = match escaped {
                    'n' | 'N' => '\n',
                    'r' | 'R' => '\r',
                    't' | 'T' => '\t',
                    'b' | 'B' => '\u{8}',
                    'f' | 'F' => '\u{c}',
                    '\'' | '"' | '\\' | '%' | '_' => escaped,
                    'u' => {
                        let code_point: String =
                            chars.by_ref().take(4).map(|(_, digit)| digit).collect();
                        u32::from_str_radix(&code_point, 16)
                            .ok()
                            .and_then(char::from_u32)
                            .ok_or_else(|| {
                                malformed(code, "Invalid string literal: illegal Unicode escape")
                            })?
                    }
                    other => {
                        return Err(malformed(
                            code,
                            format!(
                                "Invalid string literal: Illegal character sequence '\\{other}' in string literal"
                            ),
                        ));
                    }
                };
                text.push(plain);
                if matches!(plain, '%' | '_' | '\\') {
                    pattern.push('\\');
                }
                pattern.push(plain);
            }
            plain => {
                text.push(plain);
                pattern.push(plain);
            }
        }
    }
    Err(malformed(code, "unterminated string literal"))
}

/// Reads a whole SELECT statement.
pub(super) fn parse(text: &str) -> Result<Statement, Refusal> {
    if text.len() > 100_000 {
        return Err(malformed(
            "MALFORMED_QUERY",
            "SOQL statement is longer than 100,000 characters",
        ));
    }
    let mut reader = Reader::new(tokens(text, "MALFORMED_QUERY")?, "MALFORMED_QUERY");
    reader.expect_word("SELECT")?;
    let columns = reader.columns()?;
    reader.expect_word("FROM")?;
    let object = reader.word("an object")?;
    let clauses = reader.clauses()?;
    reader.expect_end()?;
    Ok(Statement { columns, object, clauses })
}

/// Reads tokens one after the other.
pub(super) struct Reader {
    tokens: Vec<Token>,
    place: usize,
    code: &'static str,
    depth: usize,
}

impl Reader {
    pub(super) fn new(tokens: Vec<Token>, code: &'static str) -> Self {
        Self { tokens, place: 0, code, depth: 0 }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.place)
    }

    fn unexpected(&self) -> Refusal {
        let token = match self.peek() {
            None => "<EOF>".to_owned(),
            Some(Token::Word(text) | Token::Number(text) | Token::Text { text, .. }) => {
                format!("'{text}'")
            }
            Some(Token::Sign(sign)) => format!("'{sign}'"),
        };
        malformed(self.code, format!("unexpected token: {token}"))
    }

    pub(super) fn takes_word(&mut self, wanted: &str) -> bool {
        let is =
            matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.place += usize::from(is);
        is
    }

    pub(super) fn takes_sign(&mut self, wanted: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Sign(sign)) if *sign == wanted);
        self.place += usize::from(is);
        is
    }

    pub(super) fn expect_word(&mut self, wanted: &str) -> Result<(), Refusal> {
        if self.takes_word(wanted) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn expect_sign(&mut self, wanted: &str) -> Result<(), Refusal> {
        if self.takes_sign(wanted) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn expect_end(&self) -> Result<(), Refusal> {
        if self.peek().is_none() { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn word(&mut self, _what: &str) -> Result<String, Refusal> {
        let Some(Token::Word(word)) = self.peek().cloned() else { return Err(self.unexpected()) };
        self.place += 1;
        Ok(word)
    }

    pub(super) fn number(&mut self) -> Result<usize, Refusal> {
        let Some(Token::Number(text)) = self.peek().cloned() else { return Err(self.unexpected()) };
        let number = text.parse().map_err(|_| self.unexpected())?;
        self.place += 1;
        Ok(number)
    }

    pub(super) fn path(&mut self) -> Result<Path, Refusal> {
        let word = self.word("a field")?;
        let path: Path = word.split('.').map(str::to_owned).collect();
        let sound = path.iter().all(|part| {
            part.chars().next().is_some_and(char::is_alphabetic)
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        });
        if sound {
            Ok(path)
        } else {
            Err(malformed(self.code, format!("unexpected token: '{word}'")))
        }
    }

    fn columns(&mut self) -> Result<Columns, Refusal> {
        if self.takes_word("COUNT") {
            self.expect_sign("(")?;
            if self.takes_sign(")") {
                return Ok(Columns::Count);
            }
            let path = self.path()?;
            self.expect_sign(")")?;
            return Ok(Columns::CountOf(path));
        }
        let mut fields = vec![self.path()?];
        while self.takes_sign(",") {
            fields.push(self.path()?);
        }
        Ok(Columns::Fields(fields))
    }

    /// WHERE, ORDER BY, LIMIT and OFFSET, as many of them as there are.
    pub(super) fn clauses(&mut self) -> Result<Clauses, Refusal> {
        let mut clauses = Clauses::default();
        if self.takes_word("WHERE") {
            clauses.condition = Some(self.any()?);
        }
        if self.takes_word("ORDER") {
            self.expect_word("BY")?;
            loop {
                clauses.order.push(self.order()?);
                if !self.takes_sign(",") {
                    break;
                }
            }
        }
        if self.takes_word("LIMIT") {
            clauses.limit = Some(self.number()?);
        }
        if self.takes_word("OFFSET") {
            clauses.offset = self.number()?;
            if clauses.offset > 2000 {
                return Err(Refusal::bad(
                    "NUMBER_OUTSIDE_VALID_RANGE",
                    "Maximum SOQL offset allowed is 2000",
                ));
            }
        }
        Ok(clauses)
    }

    fn order(&mut self) -> Result<Order, Refusal> {
        let path = self.path()?;
        let descending = self.takes_word("DESC") || {
            self.takes_word("ASC");
            false
        };
        let mut nulls_last = false;
        if self.takes_word("NULLS") {
            nulls_last = self.takes_word("LAST");
            if !nulls_last {
                self.expect_word("FIRST")?;
            }
        }
        Ok(Order { path, descending, nulls_last })
    }

    fn any(&mut self) -> Result<Condition, Refusal> {
        self.depth += 1;
        if self.depth > 50 {
            return Err(malformed(self.code, "the filter is nested too deep"));
        }
        let first = self.term()?;
        let mut parts = vec![first];
        // AND and OR side by side need parentheses, as in Salesforce.
        let condition = if matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case("OR"))
        {
            while self.takes_word("OR") {
                parts.push(self.term()?);
            }
            Condition::Any(parts)
        } else {
            while self.takes_word("AND") {
                parts.push(self.term()?);
            }
            Condition::All(parts)
        };
        if matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case("OR") || word.eq_ignore_ascii_case("AND"))
        {
            return Err(self.unexpected());
        }
        self.depth -= 1;
        Ok(condition)
    }

    fn term(&mut self) -> Result<Condition, Refusal> {
        if self.takes_word("NOT") {
            return Ok(Condition::Not(Box::new(self.term()?)));
        }
        if self.takes_sign("(") {
            let inner = self.any()?;
            self.expect_sign(")")?;
            return Ok(inner);
        }
        let path = self.path()?;
        let negated = self.takes_word("NOT");
        if self.takes_word("IN") {
            self.expect_sign("(")?;
            let mut values = vec![self.literal()?];
            while self.takes_sign(",") {
                values.push(self.literal()?);
            }
            self.expect_sign(")")?;
            return Ok(Condition::In { path, values, negated });
        }
        if negated {
            return Err(self.unexpected());
        }
        let operator = if self.takes_word("LIKE") { Operator::Like } else { self.operator()? };
        Ok(Condition::Compare(path, operator, self.literal()?))
    }

    fn operator(&mut self) -> Result<Operator, Refusal> {
        let operator = match self.peek() {
            Some(Token::Sign("=")) => Operator::Equal,
            Some(Token::Sign("!=" | "<>")) => Operator::NotEqual,
            Some(Token::Sign("<")) => Operator::Less,
            Some(Token::Sign("<=")) => Operator::LessOrEqual,
            Some(Token::Sign(">")) => Operator::Greater,
            Some(Token::Sign(">=")) => Operator::GreaterOrEqual,
            _ => return Err(self.unexpected()),
        };
        self.place += 1;
        Ok(operator)
    }

    fn literal(&mut self) -> Result<Literal, Refusal> {
        let literal = match self.peek().cloned() {
            Some(Token::Text { text, pattern }) => Literal::Text { text, pattern },
            Some(Token::Number(text)) => {
                Literal::Number(text.parse().map_err(|_| self.unexpected())?)
            }
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("null") => Literal::Null,
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("true") => Literal::Bool(true),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("false") => Literal::Bool(false),
            Some(Token::Word(word))
                if word.starts_with(|c: char| c.is_ascii_digit())
                    || word.contains('_')
                    || word.chars().all(|c| c.is_ascii_alphabetic()) =>
            {
                Literal::Moment(word)
            }
            _ => return Err(self.unexpected()),
        };
        self.place += 1;
        Ok(literal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_and_kept_for_like() {
        let Statement { clauses, .. } =
            parse(r"SELECT Id FROM Contact WHERE Name LIKE 'O\'Hara 100\%%'").unwrap();
        let Some(Condition::All(parts)) = clauses.condition else { panic!("no condition") };
        let Condition::Compare(_, Operator::Like, Literal::Text { text, pattern }) = &parts[0]
        else {
            panic!("{parts:?}")
        };
        assert_eq!((text.as_str(), pattern.as_str()), ("O'Hara 100%%", r"O'Hara 100\%%"));
    }

    #[test]
    fn what_salesforce_refuses_is_refused() {
        for query in [
            "SELECT FROM Contact",
            "SELECT Id FROM Contact WHERE",
            "SELECT Id FROM Contact WHERE Name = 'a",
            "SELECT Id FROM Contact WHERE Name = 'a' OR Name = 'b' AND Name = 'c'",
            r"SELECT Id FROM Contact WHERE Name = 'a\d'",
            "SELECT Id FROM Contact LIMIT x",
            "SELECT Id FROM Contact WHERE Name IN ()",
            "SELECT * FROM Contact",
        ] {
            assert_eq!(parse(query).unwrap_err().code, "MALFORMED_QUERY", "{query}");
        }
    }
}
