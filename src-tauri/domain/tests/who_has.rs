//! Who has a number, and what follows from it for the page and the Task.

mod office;

use domain::{
    Link, Matches, Object, PhoneNumber, Record, RecordId, Verdict,
    holders::{Next, Reach, Told},
};
use proptest::prelude::*;

const NUMBER: &str = "+49355501722";

/// The id of a record by its short name: `c1`, `l1` and `A` to `C`, or `p1` for a person account.
fn id(name: &str) -> RecordId {
    let kind = match name.as_bytes()[0] {
        b'c' => "0035g00000",
        b'l' => "00Q5g00000",
        _ => "0015g00000",
    };
    let rest: String = name.chars().chain("xxxxx".chars()).take(5).collect();
    RecordId::parse(&format!("{kind}{rest}")).expect("15 characters")
}

/// A record that has the number: `c1@A` is a contact of the account `A`.
fn record(spec: &str) -> Record {
    let (name, account) = spec.split_once('@').map_or((spec, None), |(n, a)| (n, Some(a)));
    let object = match name.as_bytes()[0] {
        b'c' => Object::Contact,
        b'l' => Object::Lead,
        _ => Object::Account,
    };
    Record {
        object,
        id: id(name),
        person_contact: name.starts_with('p').then(|| id("cp")),
        name: name.to_owned(),
        first_name: None,
        last_name: None,
        email: None,
        account: account.map(|account| (id(account), account.to_owned())),
        company: None,
        owner: None,
        last_activity: None,
        phones: vec![("Phone".to_owned(), NUMBER.to_owned())],
    }
}

fn number() -> PhoneNumber {
    PhoneNumber::from_e164(NUMBER).expect("a number")
}

fn ranked(records: Vec<Record>, chosen: Option<RecordId>) -> Matches {
    Matches::rank(records, &number(), &office::plan(), None, chosen, "local index")
}

/// What one answer means, by short names: rows of the chooser, how many have the number, the page that opens, `WhoId`,
/// `WhatId`, and the name in the subject.
fn told(matches: &Matches) -> (String, usize, String, String, String, String) {
    let rows: Vec<&str> =
        matches.candidates.iter().map(|candidate| candidate.record.name.as_str()).collect();
    let page = match matches.verdict() {
        Verdict::One(candidate) => candidate.record.name.clone(),
        Verdict::Several(_) => "?".to_owned(),
        Verdict::Nobody => String::new(),
    };
    let link = Link::of(matches);
    let name = |wanted: Option<RecordId>| {
        let known = ["c1", "c2", "c3", "l1", "A", "B", "p1", "cp"];
        let wanted = wanted.as_ref();
        wanted
            .map_or("", |wanted| known.into_iter().find(|it| id(it) == *wanted).unwrap_or("!"))
            .to_owned()
    };
    let subject = link.name.unwrap_or_default();
    (rows.join(" "), matches.holders(), page, name(link.who), name(link.what), subject)
}

#[test]
fn a_number_of_several_records_has_the_answers_that_offices_expect() {
    // Records, chosen before → rows, how many have the number, page, WhoId, WhatId, subject.
    let table = [
        ("", "", "", 0, "", "", "", ""),
        ("c1", "", "c1", 1, "c1", "c1", "", "c1"),
        ("c1@A", "", "c1", 1, "c1", "c1", "", "c1"),
        ("l1", "", "l1", 1, "l1", "l1", "", "l1"),
        ("A", "", "A", 1, "A", "", "A", "A"),
        ("p1", "", "p1", 1, "p1", "cp", "", "p1"),
        // A contact and its own account are one answer.
        ("c1@A A", "", "c1", 1, "c1", "c1", "A", "c1"),
        ("A c1@A", "c1", "c1", 1, "c1", "c1", "A", "c1"),
        // Somebody said that the account is meant.
        ("c1@A A", "A", "A c1", 2, "A", "", "A", "A"),
        // Several contacts of one account, with the number of the account or without.
        ("c1@A c2@A", "", "c1 c2 A", 2, "?", "", "A", "A"),
        ("c1@A c2@A A", "", "c1 c2 A", 3, "?", "", "A", "A"),
        ("c1@A c2@A", "c2", "c2 c1 A", 2, "c2", "c2", "", "c2"),
        ("c1@A c2@A A", "c2", "c2 c1 A", 3, "c2", "c2", "A", "c2"),
        ("c1@A c2@A", "A", "A c1 c2", 2, "A", "", "A", "A"),
        // Others stay a question, with neither on the Task.
        ("l1 A", "", "l1 A", 2, "?", "", "", ""),
        ("c1@A B", "", "c1 B", 2, "?", "", "", ""),
        ("c1@A c2@B", "", "c1 c2", 2, "?", "", "", ""),
        ("c1@A c2@B A B", "", "c1 c2", 2, "?", "", "", ""),
        ("c1@A c2", "", "c1 c2", 2, "?", "", "", ""),
        ("c1 c2", "", "c1 c2", 2, "?", "", "", ""),
        ("c1@A A l1", "", "c1 l1", 2, "?", "", "", ""),
        ("c1@A c2@A l1", "", "c1 c2 l1", 3, "?", "", "", ""),
        ("A B", "", "A B", 2, "?", "", "", ""),
        // A person account is a person, and no company of others.
        ("c1@p1 p1", "", "c1 p1", 2, "?", "", "", ""),
        ("c1@A A", "c3", "c1", 1, "c1", "c1", "A", "c1"),
    ];
    for (records, chosen, rows, holders, page, who, what, subject) in table {
        let all: Vec<Record> = records.split_whitespace().map(record).collect();
        let chosen_id = (!chosen.is_empty()).then(|| id(chosen));
        let matches = ranked(all, chosen_id);
        let expected = [rows, page, who, what, subject].map(str::to_owned);
        let (told_rows, count, told_page, told_who, told_what, told_subject) = told(&matches);
        assert_eq!(
            [told_rows, told_page, told_who, told_what, told_subject],
            expected,
            "{records}, chosen {chosen:?}"
        );
        assert_eq!(count, holders, "{records}, chosen {chosen:?}");
    }
}

#[test]
fn whoever_may_not_see_the_account_is_told_no_name() {
    let mut of_it = record("c1@A");
    of_it.account = Some((id("A"), String::new()));
    let other = Record { id: id("c2"), name: "c2".to_owned(), ..of_it.clone() };
    let link = Link::of(&ranked(vec![of_it, other], None));
    assert_eq!((link.name, link.what), (None, Some(id("A"))));
}

#[test]
fn of_records_that_desks_made_for_a_number_the_oldest_stands_for_all() {
    let made = |short: &str, name: &str| {
        let last = name.split_whitespace().next_back().map(str::to_owned);
        Record { name: name.to_owned(), last_name: last, ..record(short) }
    };
    let shown = |records: Vec<Record>, chosen: Option<RecordId>| {
        let matches = ranked(records, chosen);
        let ids: Vec<RecordId> = matches.candidates.iter().map(|it| it.record.id.clone()).collect();
        (ids, matches.holders())
    };
    // As any office spells it; two desks may do so by other words.
    let otherwise = vec![made("l2", "New -0355501722"), made("l1", "Neu -+49355501722")];
    assert_eq!(shown(otherwise, None), (vec![id("l1")], 1));
    for name in ["Automatic New Contact -0355501722", "-+49355501722", "-0049355501722"] {
        let twins = vec![made("l2", name), made("l1", name)];
        assert_eq!(shown(twins.clone(), None), (vec![id("l1")], 1), "{name}");
        assert_eq!(shown(twins.clone(), Some(id("l2"))), (vec![id("l2")], 1), "{name}");
        let with_a_person = [twins, vec![made("c1", "Eva Ruiz")]].concat();
        assert_eq!(shown(with_a_person, None), (vec![id("c1"), id("l1")], 2), "{name}");
    }
    // Two persons of one name, another object, a number without a dash, a word, and a few digits stay a question.
    for name in ["Eva Ruiz", "0355501722", "Ward355501722", "Room -1722"] {
        assert_eq!(shown(vec![made("l1", name), made("l2", name)], None).1, 2, "{name}");
    }
    let name = "-0355501722";
    assert_eq!(shown(vec![made("l1", name), made("c1", name)], None).1, 2);
}

#[test]
fn salesforce_is_asked_where_the_index_cannot_answer() {
    use Next::{Answer, AnswerThenAsk, Ask};
    for (reach, nobody, somebody) in [
        (Reach::Partial, Ask, Ask),
        (Reach::Whole, Ask, AnswerThenAsk),
        (Reach::Fresh, Ask, Answer),
    ] {
        assert_eq!((reach.next(false), reach.next(true)), (nobody, somebody), "{reach:?}");
    }
}

#[test]
fn only_the_record_itself_says_that_it_has_another_number() {
    let known = [record("c1"), record("c2"), record("c3")];
    let moved =
        Record { phones: vec![("Phone".to_owned(), "+4930901820".to_owned())], ..record("c2") };
    let told = Told { records: vec![moved, record("l1")], gone: vec![id("c3")] };
    let matches = ranked(told.joined_with(&known), None);
    let names: Vec<&str> =
        matches.candidates.iter().map(|candidate| candidate.record.name.as_str()).collect();
    assert_eq!(names, ["c1", "l1"]);
}

/// Any of the records that an office may have at one number.
fn some_records() -> impl Strategy<Value = Vec<Record>> {
    let all = ["c1@A", "c2@A", "c3@B", "c4", "l1", "A", "B", "p1", "c5@p1"];
    proptest::sample::subsequence(all.to_vec(), 0..=all.len())
        .prop_shuffle()
        .prop_map(|specs| specs.into_iter().map(record).collect())
}

proptest! {
    #[test]
    fn the_answer_hangs_on_the_records_and_not_on_their_order(records in some_records()) {
        let mut other = records.clone();
        other.reverse();
        other.extend(records.clone());
        prop_assert_eq!(ranked(records, None), ranked(other, None));
    }

    #[test]
    fn no_record_is_lost_and_none_is_invented(
        records in some_records(), chosen in proptest::option::of(0_usize..9),
    ) {
        let chosen = chosen.and_then(|at| Some(records.get(at)?.id.clone()));
        let matches = ranked(records.clone(), chosen.clone());
        let mut kept: Vec<RecordId> =
            matches.records().into_iter().map(|record| record.id).collect();
        let mut given: Vec<RecordId> = records.iter().map(|record| record.id.clone()).collect();
        kept.sort();
        given.sort();
        prop_assert_eq!(kept, given);
        // What a person chose among them is the answer, whatever else has the number.
        if let Some(chosen) = chosen {
            let Verdict::One(one) = matches.verdict() else { panic!("a question again") };
            prop_assert_eq!(&one.record.id, &chosen);
        }
        // A new ranking of the same comes to the same.
        let remembered = matches.remembered.clone();
        prop_assert_eq!(ranked(matches.records(), remembered), matches);
    }

    #[test]
    fn a_task_names_a_person_only_where_there_is_one_and_a_lead_stands_alone(
        records in some_records(),
    ) {
        let matches = ranked(records, None);
        let link = Link::of(&matches);
        match matches.verdict() {
            Verdict::Nobody => prop_assert_eq!(link, Link::default()),
            Verdict::Several(several) => {
                prop_assert_eq!(&link.who, &None);
                let lead = several.iter().any(|one| one.record.object == Object::Lead);
                prop_assert!(!lead || link.what.is_none());
            }
            Verdict::One(one) => {
                prop_assert!(one.record.object != Object::Lead || link.what.is_none());
                prop_assert!(link.who.is_some() || link.what.is_some());
            }
        }
    }

    #[test]
    fn a_search_only_adds(
        known in some_records(), found in some_records(), gone in some_records(),
    ) {
        let gone: Vec<RecordId> = gone.into_iter().map(|record| record.id).collect();
        let told = Told { records: found.clone(), gone: gone.clone() };
        let joined = told.joined_with(&known);
        for record in &known {
            let is_there = joined.iter().filter(|one| one.id == record.id).count();
            let says_otherwise = gone.contains(&record.id) && !found.contains(record);
            prop_assert_eq!(is_there, usize::from(!says_otherwise));
        }
        for record in &found {
            prop_assert_eq!(joined.iter().filter(|one| *one == record).count(), 1);
        }
        prop_assert!(joined.len() <= known.len() + found.len());
        prop_assert_eq!(Told::default().joined_with(&known), known);
    }
}
