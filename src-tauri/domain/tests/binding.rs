//! Who gets which extension, what is a conflict, and that nothing is ever guessed.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Extension, RecordId, UserId,
    binding::{Change, Choices, Claim, Conflict, Directory, Member, Row, Standing, Station, Table},
};
use proptest::prelude::*;

fn id(n: usize) -> UserId {
    RecordId::parse(&format!("0055g000000{n:04}")).expect("an id")
}

fn ext(number: &str) -> Extension {
    Extension::new(number)
}

fn member(n: usize, email: &str, extension: Option<&str>) -> Member {
    let extension = extension.map(str::to_owned);
    Member { id: id(n), email: email.to_owned(), extension, active: true }
}

fn gone(n: usize, email: &str, extension: &str) -> Member {
    Member { active: false, ..member(n, email, Some(extension)) }
}

fn directory(stations: &[(&str, &str)]) -> Directory {
    Directory::new(stations.iter().map(|(number, email)| Station {
        number: ext(number),
        email: (!email.is_empty()).then(|| (*email).to_owned()),
    }))
}

fn office() -> Directory {
    directory(&[
        ("4101", "mara@example.com"),
        ("4102", " Leo@Example.COM "),
        ("4103", ""),
        ("4104", "sales@example.com"),
        ("4105", "twin@example.com"),
        ("4106", "twin@example.com"),
    ])
}

fn standing(members: &[Member], choices: &Choices, n: usize) -> Standing {
    let table = Table::new(members, &office(), choices);
    table.rows.into_iter().find(|row| row.user == id(n)).expect("the row").standing
}

fn chosen(choices: &[(usize, Option<&str>)]) -> Choices {
    choices.iter().map(|(n, extension)| (id(*n), extension.map(ext))).collect()
}

#[test]
fn the_profile_goes_before_the_address_and_the_address_before_nothing() {
    let claim = |email, extension| office().claim(&member(1, email, extension));
    assert_eq!(claim("mara@example.com", Some(" 4102 ")), Claim::Named(ext("4102")));
    let mailed = |gone: Option<&str>| Claim::Mailed {
        extension: ext("4101"),
        gone: gone.map(str::to_owned),
    };
    assert_eq!(claim(" Mara@Example.com.invalid", None), mailed(None));
    assert_eq!(claim("mara@example.com", Some("9999")), mailed(Some("9999")));
    assert_eq!(
        claim("leo@example.com", Some("  ")),
        Claim::Mailed { extension: ext("4102"), gone: None }
    );
    assert_eq!(
        claim("twin@example.com", None),
        Claim::Several { extensions: vec![ext("4105"), ext("4106")], gone: None }
    );
    assert_eq!(claim("nobody@example.com", None), Claim::Nothing { gone: None });
    assert_eq!(claim("", Some("9999")), Claim::Nothing { gone: Some("9999".to_owned()) });
}

#[test]
fn each_kind_of_conflict_is_told() {
    let members = [
        member(1, "a@example.com", Some("4103")),
        member(2, "b@example.com", Some("4103")),
        member(3, "c@example.com", Some("4101")),
        member(4, "mara@example.com", None),
        member(5, "sales@example.com", None),
        member(6, "SALES@example.com.invalid", None),
        member(7, "twin@example.com", None),
        member(8, "leo@example.com", Some("9999")),
        gone(9, "old@example.com", "4102"),
        member(10, "nobody@example.com", None),
    ];
    let conflict = |n| match standing(&members, &Choices::new(), n) {
        Standing::Conflict(conflict) => conflict,
        other => panic!("{n} stands {other:?}"),
    };
    let shared = |with| Conflict::Shared { extension: ext("4103"), with: vec![id(with)] };
    assert_eq!(conflict(1), shared(2));
    assert_eq!(conflict(2), shared(1));
    assert_eq!(standing(&members, &Choices::new(), 3), Standing::Bound(ext("4101")));
    assert_eq!(conflict(4), Conflict::Taken { extension: ext("4101"), by: vec![id(3)] });
    let same = |with| Conflict::SameAddress { extension: ext("4104"), with: vec![id(with)] };
    assert_eq!(conflict(5), same(6));
    assert_eq!(conflict(6), same(5));
    assert_eq!(conflict(7), Conflict::SeveralExtensions(vec![ext("4105"), ext("4106")]));
    assert_eq!(
        conflict(8),
        Conflict::Gone { named: "9999".to_owned(), proposal: Some(ext("4102")) }
    );
    assert_eq!(conflict(9), Conflict::Inactive(ext("4102")));
    assert_eq!(standing(&members, &Choices::new(), 10), Standing::Unbound { proposal: None });
    let automatic = Table::automatic(&members, &office(), &Choices::new());
    assert_eq!(automatic, Choices::new(), "nothing is guessed in a conflict");
}

#[test]
fn a_person_settles_a_conflict_and_the_difference_is_told() {
    let members = [
        member(1, "a@example.com", Some("4103")),
        member(2, "b@example.com", Some("4103")),
        member(5, "sales@example.com", None),
        member(6, "sales@example.com", None),
        gone(9, "old@example.com", "4102"),
    ];
    let choices =
        chosen(&[(2, Some("4105")), (5, Some("4104")), (6, None), (9, None), (77, Some("4101"))]);
    let table = Table::new(&members, &office(), &choices);
    let changes: Vec<_> = table.rows.iter().map(Row::change).collect();
    assert_eq!(
        changes,
        [
            None,
            Some(Change::Changed { from: "4103".to_owned(), to: ext("4105") }),
            Some(Change::Given(ext("4104"))),
            None,
            Some(Change::Cleared { from: "4102".to_owned() }),
        ]
    );
    assert!(table.rows.iter().all(|row| !matches!(row.standing, Standing::Conflict(_))));
}

#[test]
fn two_users_may_swap_and_a_choice_that_doubles_is_held_back() {
    let members =
        [member(1, "a@example.com", Some("4101")), member(2, "b@example.com", Some("4102"))];
    let swap = chosen(&[(1, Some("4102")), (2, Some("4101"))]);
    let table = Table::new(&members, &office(), &swap);
    assert!(table.rows.iter().all(|row| matches!(row.change(), Some(Change::Changed { .. }))));
    let doubled = Table::new(&members, &office(), &chosen(&[(1, Some("4102"))]));
    assert!(doubled.rows.iter().all(|row| row.change().is_none()));
    let unknown = Table::new(&members, &office(), &chosen(&[(1, Some("9999"))]));
    assert_eq!(unknown.rows[0].change(), None, "the PBX does not have it");
}

#[test]
fn whoever_wants_a_place_that_is_not_left_is_held_back_as_well() {
    let members = [
        member(1, "a@example.com", Some("4101")),
        member(2, "b@example.com", Some("4102")),
        member(3, "c@example.com", Some("4103")),
        member(4, "d@example.com", None),
    ];
    // Each moves up to the next one's place, and the last stays where it is.
    let choices = chosen(&[(4, Some("4101")), (1, Some("4102")), (2, Some("4103"))]);
    let table = Table::new(&members, &office(), &choices);
    assert!(table.rows.iter().all(|row| row.change().is_none()), "{table:#?}");
    let all = chosen(&[(4, Some("4101")), (1, Some("4102")), (2, Some("4103")), (3, Some("4104"))]);
    let table = Table::new(&members, &office(), &all);
    assert!(table.rows.iter().all(|row| row.change().is_some()), "{table:#?}");
}

#[test]
fn the_address_of_somebody_who_has_left_takes_nothing_from_the_successor() {
    let members = [gone(1, "mara@example.com", "4101"), member(2, "mara@example.com", None)];
    let automatic = Table::automatic(&members, &office(), &Choices::new());
    assert_eq!(automatic, chosen(&[(2, Some("4101"))]));
}

/// Few addresses and few numbers, so that everything collides.
fn worlds() -> impl Strategy<Value = (Vec<Member>, Vec<Station>, Choices)> {
    let email = prop_oneof![
        Just(String::new()),
        (0..5_u8).prop_map(|n| format!("p{n}@example.com")),
        (0..5_u8).prop_map(|n| format!(" P{n}@Example.com.invalid")),
    ];
    let number = (0..6_u8).prop_map(|n| format!("410{n}"));
    let member = (email.clone(), prop::option::of(number.clone()), prop::bool::weighted(0.85));
    let stations = prop::collection::vec((0..5_u8, prop::option::of(email)), 0..5);
    let choices = prop::collection::btree_map(0..12_usize, prop::option::of(number), 0..9);
    (prop::collection::vec(member, 0..10), stations, choices).prop_map(
        |(users, stations, choices)| {
            let users = users.into_iter().enumerate();
            let members = users.map(|(n, (email, extension, active))| Member {
                id: id(n),
                email,
                extension,
                active,
            });
            let stations = stations
                .into_iter()
                .map(|(n, email)| Station { number: ext(&format!("410{n}")), email });
            let choices =
                choices.into_iter().map(|(n, extension)| (id(n), extension.map(|text| ext(&text))));
            (members.collect(), stations.collect(), choices.collect())
        },
    )
}

/// The members as they are after everything that would change was saved.
fn saved(members: &[Member], directory: &Directory, choices: &Choices) -> Vec<Member> {
    let table = Table::new(members, directory, choices);
    let after = table.rows.iter().zip(members).map(|(row, member)| match row.change() {
        None => member.clone(),
        Some(Change::Given(to) | Change::Changed { to, .. }) => {
            Member { extension: Some(to.to_string()), ..member.clone() }
        }
        Some(Change::Cleared { .. }) => Member { extension: None, ..member.clone() },
    });
    after.collect()
}

fn by_user(table: Table) -> BTreeMap<UserId, Row> {
    table.rows.into_iter().map(|row| (row.user.clone(), row)).collect()
}

proptest! {
    #[test]
    fn no_two_users_get_one_extension((members, stations, choices) in worlds()) {
        let directory = Directory::new(stations);
        let all = Table::automatic(&members, &directory, &choices);
        let mut given = BTreeSet::new();
        for row in Table::new(&members, &directory, &all).rows {
            if let Standing::Bound(extension) = row.standing {
                prop_assert!(directory.has(&extension));
                prop_assert!(given.insert(extension), "twice");
            }
        }
    }

    #[test]
    fn nothing_that_is_saved_contradicts_what_is_there((members, stations, choices) in worlds()) {
        let directory = Directory::new(stations);
        let all = Table::automatic(&members, &directory, &choices);
        let changes = Table::new(&members, &directory, &all);
        let after = by_user(Table::new(&saved(&members, &directory, &all), &directory, &Choices::new()));
        for row in changes.rows {
            if let Some(Change::Given(to) | Change::Changed { to, .. }) = row.change() {
                prop_assert_eq!(&after[&row.user].standing, &Standing::Bound(to));
            }
        }
    }

    #[test]
    fn the_automatic_binding_is_done_in_one_pass((members, stations, _) in worlds()) {
        let directory = Directory::new(stations);
        let once = Table::automatic(&members, &directory, &Choices::new());
        prop_assert_eq!(&Table::automatic(&members, &directory, &once), &once);
        let after = saved(&members, &directory, &once);
        prop_assert_eq!(Table::automatic(&after, &directory, &Choices::new()), Choices::new());
    }

    #[test]
    fn a_persons_choice_is_never_overruled((members, stations, choices) in worlds()) {
        let directory = Directory::new(stations);
        let all = Table::automatic(&members, &directory, &choices);
        for (user, choice) in &choices {
            prop_assert_eq!(&all[user], choice);
        }
        for (row, member) in Table::new(&members, &directory, &all).rows.iter().zip(&members) {
            let untouched = member.extension.is_some() && !choices.contains_key(&member.id);
            prop_assert!(!untouched || row.change().is_none(), "an extension is not taken away");
        }
    }

    #[test]
    fn the_order_says_nothing(
        (members, stations, choices) in worlds(),
        turn in 0..10_usize,
    ) {
        let (mut others, mut rows) = (members.clone(), stations.clone());
        others.reverse();
        rows.reverse();
        if !others.is_empty() {
            let by = turn % others.len();
            others.rotate_left(by);
        }
        // Of two rows with one number the first counts: the PBX has no such two.
        let unique: BTreeSet<_> = stations.iter().map(|station| station.number.clone()).collect();
        prop_assume!(unique.len() == stations.len());
        let (one, other) = (Directory::new(stations), Directory::new(rows));
        prop_assert_eq!(
            by_user(Table::new(&members, &one, &choices)),
            by_user(Table::new(&others, &other, &choices))
        );
        prop_assert_eq!(
            Table::automatic(&members, &one, &choices),
            Table::automatic(&others, &other, &choices)
        );
    }
}
