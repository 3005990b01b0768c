//! What a record becomes in the phonebook, and what the PBX says that it has.

use crate::{
    ids::RecordId,
    number::{DialPlan, PhoneNumber},
    record::{Object, Record},
};

/// The most characters of a given or a family name. The PBX's guide names no limit for company contacts; these are
/// the vendor's own for the same fields of its management platform.
const NAME: usize = 63;
/// The most characters of a company.
const COMPANY: usize = 99;
/// The most characters of an e-mail address; a longer one is left out, since half of one reaches nobody.
const EMAIL: usize = 63;

/// A contact of the PBX, as the PBX counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactId(pub u64);

/// A phonebook of the PBX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BookId(pub u64);

/// The places for voice numbers in a PBX contact, in the order in which they are filled. The two for fax stay empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The number at work.
    Business,
    /// Another one at work.
    Business2,
    /// The mobile phone.
    Mobile,
    /// Another one.
    Mobile2,
    /// The number at home.
    Home,
    /// Another one.
    Home2,
    /// Whatever is left.
    Other,
}

impl Slot {
    /// All of them, in their order.
    pub const ALL: [Self; 7] = [
        Self::Business,
        Self::Business2,
        Self::Mobile,
        Self::Mobile2,
        Self::Home,
        Self::Home2,
        Self::Other,
    ];
}

/// The numbers of a contact by [`Slot`]; an empty text is an empty place.
pub type Numbers = [String; 7];

/// Why a record is not in the phonebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// It has no number; a contact of the PBX needs one.
    NoNumber,
    /// It has texts where numbers should be, and none of them is one.
    NoReadableNumber,
    /// The PBX has no room left.
    DoesNotFit,
}

/// A record as the phonebook is to have it. Texts are of allowed length and on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The object; says what comes first where not all fit.
    pub object: Object,
    /// The record.
    pub record: RecordId,
    /// Never empty: the PBX requires it.
    pub first_name: String,
    /// May be empty.
    pub last_name: String,
    /// May be empty.
    pub company: String,
    /// May be empty.
    pub email: String,
    /// At least one.
    pub numbers: Numbers,
}

/// A contact of the PBX as its list shows it: the name is joined, in the order that the PBX is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The contact.
    pub id: ContactId,
    /// The joined name.
    pub name: String,
    /// May be empty.
    pub company: String,
    /// May be empty.
    pub email: String,
    /// May be empty; a record's id where the contact is ours.
    pub remark: String,
    /// The phonebooks that name it.
    pub books: Vec<BookId>,
    /// Its voice numbers.
    pub numbers: Numbers,
}

/// What a contact looks like, in one number: equal contacts have equal ones, whatever the order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub u64);

impl Entry {
    /// Makes of a record what the phonebook is to have.
    ///
    /// # Errors
    ///
    /// Says why it cannot be in the phonebook.
    pub fn of(record: &Record, plan: &DialPlan) -> Result<Self, Skip> {
        let numbers = numbers(&record.phones, plan)?;
        let text = |text: &Option<String>, most| one_line(text.as_deref().unwrap_or(""), most);
        let (first, mut last) = (text(&record.first_name, NAME), text(&record.last_name, NAME));
        if last.is_empty() && first.is_empty() {
            last = one_line(&record.name, NAME);
        }
        let company = match (record.object, &record.account) {
            (Object::Contact, Some((_, name))) => name,
            (Object::Contact, None) => "",
            (Object::Lead, _) => record.company.as_deref().unwrap_or(""),
            // A person account has no other company than itself.
            (Object::Account, _) if record.person_contact.is_some() => "",
            (Object::Account, _) => &record.name,
        };
        let company = one_line(company, COMPANY);
        let email = text(&record.email, usize::MAX);
        let (first_name, last_name) = match (first.is_empty(), last.is_empty()) {
            (false, _) => (first, last),
            (true, false) => (last, String::new()),
            (true, true) => {
                let number = numbers.iter().find(|number| !number.is_empty());
                let name = if company.is_empty() { number } else { Some(&company) };
                (one_line(name.map_or("", String::as_str), NAME), String::new())
            }
        };
        Ok(Self {
            object: record.object,
            record: record.id.clone(),
            first_name,
            last_name,
            company,
            email: if email.chars().count() > EMAIL { String::new() } else { email },
            numbers,
        })
    }

    /// Says whether the PBX has it just so.
    pub(super) fn reads_as(&self, listed: &Listed) -> bool {
        let shown = joined(&[&listed.name]);
        let named = shown == joined(&[&self.first_name, &self.last_name])
            || shown == joined(&[&self.last_name, &self.first_name]);
        named
            && self.company == listed.company
            && self.email == listed.email
            && self.numbers == listed.numbers
    }

    /// Returns its fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        let name = joined(&[&self.first_name, &self.last_name]);
        fingerprint(name, &self.company, &self.email, &self.numbers)
    }

    /// Orders entries by who comes first where not all fit: contacts, leads, accounts; the oldest record first.
    pub(super) fn precedence(&self) -> (Object, &RecordId) {
        (self.object, &self.record)
    }
}

impl Listed {
    /// Returns its fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        fingerprint(joined(&[&self.name]), &self.company, &self.email, &self.numbers)
    }
}

/// Puts the numbers of a record's fields into the slots. A number that has no place left is left out.
fn numbers(phones: &[(String, String)], plan: &DialPlan) -> Result<Numbers, Skip> {
    let mut known: Vec<PhoneNumber> = Vec::new();
    let mut slots = Numbers::default();
    let mut unplaced = Vec::new();
    let mut texts = false;
    for (field, text) in phones {
        let field = field.to_ascii_lowercase();
        if field.contains("fax") || text.trim().is_empty() {
            continue;
        }
        texts = true;
        let Some(number) = plan.read_number(text).filter(|number| !known.contains(number)) else {
            continue;
        };
        let spelled = plan.spelled(&number);
        known.push(number);
        let free = homes(&field).iter().find(|slot| slots[**slot as usize].is_empty());
        match free {
            Some(slot) => slots[*slot as usize] = spelled,
            None => unplaced.push(spelled),
        }
    }
    for number in unplaced {
        if let Some(free) = slots.iter_mut().find(|slot| slot.is_empty()) {
            *free = number;
        }
    }
    match (slots.iter().any(|slot| !slot.is_empty()), texts) {
        (true, _) => Ok(slots),
        (false, true) => Err(Skip::NoReadableNumber),
        (false, false) => Err(Skip::NoNumber),
    }
}

/// Says where the number of a field (in lower case) belongs; none: wherever there is room when the others have theirs.
fn homes(field: &str) -> &'static [Slot] {
    let has = |word: &str| field.contains(word);
    if has("mobile") || has("cell") {
        &[Slot::Mobile, Slot::Mobile2]
    } else if has("home") {
        &[Slot::Home, Slot::Home2]
    } else if field == "phone" {
        &[Slot::Business, Slot::Business2]
    } else if has("other") {
        &[Slot::Other]
    } else {
        &[]
    }
}

/// Returns the text on one line, without what is not seen, and not longer than so many characters.
fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word = word.chars().filter(|c| !is_unseen(*c));
        let before = line.len();
        if before > 0 {
            line.push(' ');
        }
        let start = line.len();
        line.extend(word);
        if line.len() == start {
            line.truncate(before);
        }
    }
    let end = line.char_indices().nth(most).map_or(line.len(), |(at, _)| at);
    line.truncate(end);
    line.truncate(line.trim_end().len());
    line
}

/// Marks of direction and zero-width characters: they can make a name read as another.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Joins the parts of a name without blanks and commas: how the PBX sets them between is a setting of its own.
fn joined(parts: &[&str]) -> String {
    parts.iter().flat_map(|part| part.chars()).filter(|c| !c.is_whitespace() && *c != ',').collect()
}

/// The name's characters in a row of their own order, as two orders are the same name.
fn fingerprint(name: String, company: &str, email: &str, numbers: &Numbers) -> Fingerprint {
    let mut letters: Vec<char> = name.chars().collect();
    letters.sort_unstable();
    let name: String = letters.into_iter().collect();
    let parts = [name.as_str(), company, email].into_iter();
    Fingerprint(crate::fingerprint::of(parts.chain(numbers.iter().map(String::as_str))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Country;

    fn plan() -> DialPlan {
        DialPlan {
            country: Country::parse("DE").unwrap(),
            area_code: "030".to_owned(),
            international_prefix: "00".to_owned(),
            outside_prefix: "0".to_owned(),
            extension_digits: vec![3, 4, 5],
            trunk_format: crate::number::TrunkFormat::Auto,
            habit: crate::number::Habit::default(),
            blocked: Vec::new(),
        }
    }

    fn ana(phones: &[(&str, &str)]) -> Record {
        Record {
            object: Object::Contact,
            id: RecordId::parse("0035g00000EXAMP").unwrap(),
            person_contact: None,
            name: "Ana Ruiz".to_owned(),
            first_name: Some("Ana".to_owned()),
            last_name: Some("Ruiz".to_owned()),
            email: Some("ana@example.com".to_owned()),
            account: RecordId::parse("0015g00000EXAMP").map(|id| (id, "Orbita SL".to_owned())),
            company: None,
            owner: None,
            last_activity: None,
            phones: phones.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
        }
    }

    #[test]
    fn numbers_are_dialled_from_the_phonebook_and_stand_where_people_look_for_them() {
        let entry = Entry::of(
            &ana(&[
                ("Phone", "+49 30 1234567"),
                ("Fax", "+49 30 1234568"),
                ("MobilePhone", "+34 600 111 222"),
                ("HomePhone", "030 7654321"),
                ("OtherPhone", "+44 20 7946 0100"),
                ("AssistantPhone", "+49 30 1234500"),
                ("Second_Mobile__c", "+34 600 111 333"),
                ("Direct__c", "0049 30 12 34 567"),
                ("Hotline__c", "+49 30 9999999"),
            ]),
            &plan(),
        )
        .unwrap();
        // The prefix for an outside line is dialled by the PBX's own rules; one number twice has one place.
        assert_eq!(
            entry.numbers,
            [
                "0301234567",
                "0301234500",
                "0034600111222",
                "0034600111333",
                "0307654321",
                "0309999999",
                "00442079460100",
            ]
            .map(str::to_owned)
        );
    }

    #[test]
    fn an_eighth_number_has_no_place() {
        let many: Vec<(String, String)> =
            (0..9).map(|n| (format!("Line_{n}__c"), format!("+49 30 123450{n}"))).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let entry = Entry::of(&ana(&many), &plan()).unwrap();
        assert_eq!(entry.numbers[6], "0301234506");
    }

    #[test]
    fn without_a_number_there_is_no_contact() {
        assert_eq!(Entry::of(&ana(&[]), &plan()), Err(Skip::NoNumber));
        let faxes = [("Fax", "+49 30 1234567"), ("Phone", " ")];
        assert_eq!(Entry::of(&ana(&faxes), &plan()), Err(Skip::NoNumber));
        let words = [("Phone", "ask reception")];
        assert_eq!(Entry::of(&ana(&words), &plan()), Err(Skip::NoReadableNumber));
    }

    #[test]
    fn a_name_is_text_on_one_line_whatever_is_in_it() {
        for (first, last, shown) in [
            ("<b>Ana</b>", "Ruiz; Partner, S.L.", ("<b>Ana</b>", "Ruiz; Partner, S.L.")),
            ("Ana\r\nMaria\t", " Ruiz\u{0}\u{7}", ("Ana Maria", "Ruiz")),
            ("An\u{200b}a\u{202e}", "\u{2066}Ruiz\u{2069}", ("Ana", "Ruiz")),
            ("", "Ruiz", ("Ruiz", "")),
            ("", "", ("Orbita SL", "")),
            ("=HYPERLINK(1)", "王", ("=HYPERLINK(1)", "王")),
        ] {
            let named = Record {
                name: String::new(),
                first_name: Some(first.to_owned()),
                last_name: Some(last.to_owned()),
                ..ana(&[("Phone", "030 1234567")])
            };
            let entry = Entry::of(&named, &plan()).unwrap();
            assert_eq!((entry.first_name.as_str(), entry.last_name.as_str()), shown);
        }
        let long = Record {
            first_name: Some("ä".repeat(500)),
            email: Some(format!("{}@example.com", "a".repeat(80))),
            ..ana(&[("Phone", "030 1234567")])
        };
        let entry = Entry::of(&long, &plan()).unwrap();
        assert_eq!((entry.first_name.chars().count(), entry.email.as_str()), (NAME, ""));
    }

    #[test]
    fn a_name_is_the_same_in_either_order_and_no_other_name_is() {
        let entry = Entry::of(&ana(&[("Phone", "030 1234567")]), &plan()).unwrap();
        let listed = |name: &str| Listed {
            id: ContactId(1),
            name: name.to_owned(),
            company: entry.company.clone(),
            email: entry.email.clone(),
            remark: entry.record.to_string(),
            books: Vec::new(),
            numbers: entry.numbers.clone(),
        };
        for same in ["Ana Ruiz", "Ruiz Ana", "Ruiz, Ana", "RuizAna"] {
            assert!(entry.reads_as(&listed(same)), "{same}");
            assert_eq!(entry.fingerprint(), listed(same).fingerprint(), "{same}");
        }
        for other in ["Ana", "Ana Maria Ruiz", "ana ruiz", ""] {
            assert!(!entry.reads_as(&listed(other)), "{other}");
        }
    }
}
