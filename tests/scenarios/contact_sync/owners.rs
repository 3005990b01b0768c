//! Whose the phonebook is: contacts of others, and other desktops.

use std::{fs, time::Duration};

use scenarios::{Fault, FaultRule, Office, eventually};
use serde_json::json;

use crate::book::{
    FULL, by_hand, code, contact, counts, dry_run, office, ours, phonebook, shown, sync,
    sync_agreed, writes,
};

/// After this a claim has run out.
const A_WHILE: Duration = Duration::from_secs(5 * 3_600);

/// The program ends, the mode is changed by hand, and the program starts again.
async fn is_set(office: &mut Office, mode: &str) {
    office.quits().await;
    let file = office.home.path().join("settings.toml");
    let mut settings = fs::read_to_string(&file).unwrap();
    for other in ["off", "on_call", "full"] {
        settings = settings.replace(&format!("mode = \"{other}\""), &format!("mode = \"{mode}\""));
    }
    if !settings.contains("[contact_sync]") {
        settings = format!("{settings}\n[contact_sync]\nmode = \"{mode}\"\n");
    }
    fs::write(&file, settings).unwrap();
    office.starts().await;
    office.is_live().await;
}

#[tokio::test]
async fn an_empty_phonebook_is_filled_and_one_with_contacts_of_others_is_refused() {
    let filled = office(FULL).await;
    let book = phonebook(&filled, "Salesforce");
    assert_eq!(counts(&sync(&filled).await).0, 1);
    assert_eq!(shown(&filled).len(), 1);
    assert_eq!(contact(&filled, &filled.ada)["phonebook_list"][0]["id"], book);

    let refused = office(FULL).await;
    let book = phonebook(&refused, "Salesforce");
    by_hand(&refused, "Supplier", "", &[&book]);
    let before = refused.pbx.contacts();
    for report in [dry_run(&refused).await, sync(&refused).await] {
        assert_eq!(code(&report), Some("contacts.phonebook_not_ours"));
        assert!(report.is_refused());
    }
    assert_eq!((writes(&refused), refused.pbx.contacts()), (0, before));
    let problem = refused.status().await.contacts.problem.expect("a person has to choose");
    assert_eq!(problem.code, "contacts.phonebook_not_ours");
}

#[tokio::test]
async fn the_phonebook_of_all_contacts_is_refused() {
    let settings = format!("{FULL}phonebook = \"All Company Contacts_Phonebook\"\n");
    let office = office(&settings).await;
    assert_eq!(code(&sync(&office).await), Some("contacts.phonebook_not_ours"));
    assert_eq!(writes(&office), 0);
}

/// I6: what others have put into our phonebook since is left as it is, and so is everything elsewhere.
#[tokio::test]
async fn contacts_of_others_are_never_touched() {
    let office = office(FULL).await;
    let ben = office.knows("Ben", "Okoye", "+49 30 1234567");
    sync(&office).await;
    let ours = ours(&office);
    let other = phonebook(&office, "Suppliers");
    let theirs = [
        by_hand(&office, "Joiner", "", &[&ours]),
        by_hand(&office, "Hinter", "call back on Friday", &[&ours, &other]),
        by_hand(&office, "Elsewhere", &ben, &[&other]),
        by_hand(&office, "Nowhere", &ben, &[]),
        by_hand(&office, "User", "005000000000001AAA", &[&ours]),
        by_hand(&office, "Short", &ben[..15], &[&ours]),
    ];
    let listed = |office: &Office| {
        let all = office.pbx.contacts().into_iter();
        all.filter(|contact| theirs.contains(&contact["id"])).collect::<Vec<_>>()
    };
    let before = listed(&office);
    assert_eq!(before.len(), theirs.len());
    office.salesforce.update("Contact", &ben, json!({ "LastName": "Other" }));
    office.salesforce.delete("Contact", &office.ada);
    let report = sync(&office).await;
    assert_eq!((counts(&report), code(&report)), ((0, 1, 1, 0, 0), None));
    assert_eq!(listed(&office), before);
}

#[tokio::test]
async fn a_phonebook_that_the_pbx_fills_itself_is_left_alone() {
    let office = office(FULL).await;
    office.pbx.set(|pbx| pbx.read_only_phonebook = Some("Salesforce".to_owned()));
    let report = sync(&office).await;
    assert_eq!(code(&report), Some("contacts.phonebook_read_only"));
    assert_eq!((report.is_refused(), office.pbx.contacts_held()), (true, 0));
}

/// I7: one desktop of a team fills the phonebook, the others leave it to that one.
#[tokio::test]
async fn of_two_desktops_one_fills_the_phonebook_and_nothing_is_doubled() {
    let first = office(FULL).await;
    // Both users see the same records.
    first.salesforce.set(|org| org.private_contacts = false);
    for n in 0..20 {
        first.knows("Ben", &format!("N{n}"), &format!("+49 30 12345{n:02}"));
    }
    let mut second = first.colleague("leo.brandt@example.com").await;
    is_set(&mut second, "full").await;

    // Both at once: every request of either is slow, so that they meet at each step.
    let slow = Fault::Slow(Duration::from_millis(20));
    first.pbx.set(|pbx| pbx.faults = vec![FaultRule::always("phonebook/", slow)]);
    let (one, other) = tokio::join!(sync(&first), sync(&second));
    first.pbx.set(|pbx| pbx.faults.clear());
    let codes = [code(&one), code(&other)];
    assert!(codes.contains(&None) && codes.contains(&Some("contacts.other_desktop")), "{codes:?}");
    assert_eq!(shown(&first).len(), 21);
    assert_eq!(first.pbx.contacts_held(), 21, "nothing twice");

    let (holder, waiting) =
        if code(&one).is_none() { (&first, &second) } else { (&second, &first) };
    let before = writes(&first);
    for _ in 0..3 {
        assert_eq!(counts(&sync(holder).await), (0, 0, 0, 21, 0));
        let report = sync(waiting).await;
        assert_eq!(code(&report), Some("contacts.other_desktop"));
    }
    assert_eq!(writes(&first), before, "no ping-pong");
    let status = waiting.status().await.contacts;
    assert_eq!(status.problem, None, "it is no trouble that another one does it");
}

/// Adds a contact that only its owner sees.
fn of(office: &Office, username: &str, last: &str, phone: &str) -> String {
    let owner = office.salesforce.user_id(username).expect("a user");
    office.salesforce.insert(
        "Contact",
        json!({ "FirstName": "Ben", "LastName": last, "Phone": phone, "OwnerId": owner }),
    )
}

/// Where each user sees their own contacts, those of the desktop before stay: contacts do not come and go with the
/// holder.
#[tokio::test]
async fn a_user_who_takes_the_phonebook_over_deletes_nothing_of_another_one_unless_they_agree() {
    let mut mara = office(FULL).await;
    let hers = of(&mara, "mara.voss@example.com", "Hers", "+49 30 1234501");
    let his = of(&mara, "leo.brandt@example.com", "His", "+49 30 1234502");
    of(&mara, "leo.brandt@example.com", "Other", "+49 30 1234503");
    assert_eq!(counts(&sync(&mara).await).0, 2, "Ada and hers");
    let claim = |office: &Office| {
        let books = office.pbx.phonebooks().into_iter();
        let names = books.map(|book| book["name"].as_str().unwrap().to_owned());
        names.filter(|name| name.contains("Patchcord")).collect::<Vec<_>>()
    };
    let user = mara.salesforce.user_id("mara.voss@example.com").unwrap();
    assert!(claim(&mara)[0].contains(&user), "{:?}", claim(&mara));
    mara.quits().await;
    let mut leo = mara.colleague("leo.brandt@example.com").await;
    is_set(&mut leo, "full").await;
    leo.clock.passes(A_WHILE);

    for _ in 0..2 {
        let report = sync(&leo).await;
        assert_eq!((report.delete, code(&report)), (0, Some("contacts.other_user")));
    }
    assert_eq!(shown(&leo).len(), 4);
    assert!(!claim(&leo)[0].contains("-005"), "not all of it is his: {:?}", claim(&leo));
    let problem = leo.status().await.contacts.problem.expect("a person decides");
    assert!(problem.message.contains("(2)"), "{}", problem.message);
    // What he has put there himself goes with its record.
    leo.salesforce.delete("Contact", &his);
    assert_eq!(sync(&leo).await.delete, 1);
    leo.quits().await;

    // She finds hers as they were, and takes back what is gone in Salesforce. His stays.
    mara.clock.passes(A_WHILE + A_WHILE);
    mara.salesforce.delete("Contact", &hers);
    mara.starts().await;
    mara.is_live().await;
    let report = sync(&mara).await;
    assert_eq!((report.delete, code(&report)), (1, Some("contacts.other_user")));
    assert_eq!(shown(&mara).len(), 2);
    mara.quits().await;

    leo.clock.passes(A_WHILE + A_WHILE + A_WHILE);
    leo.starts().await;
    leo.is_live().await;
    let report = sync_agreed(&leo).await;
    assert_eq!((report.delete, code(&report)), (1, None));
    assert_eq!(shown(&leo).len(), 1);
    assert!(!shown(&leo).contains_key(&leo.ada), "hers is gone");
}

/// A new computer of the same person goes on where the old one has stopped.
#[tokio::test]
async fn another_computer_of_the_same_user_takes_over_everything() {
    let mut old = office(FULL).await;
    let ben = of(&old, "mara.voss@example.com", "Gone", "+49 30 1234501");
    for n in 0..8 {
        of(&old, "mara.voss@example.com", &format!("N{n}"), &format!("+49 30 12346{n:02}"));
    }
    sync(&old).await;
    let mut new = old.second_computer().await;
    old.quits().await;
    old.salesforce.delete("Contact", &ben);
    is_set(&mut new, "full").await;
    new.clock.passes(A_WHILE);

    let report = sync(&new).await;

    assert_eq!((counts(&report), code(&report)), ((0, 0, 1, 9, 0), None));
}

/// Another desktop need not wait until the claim has run out.
#[tokio::test]
async fn a_claim_is_given_back_when_the_sync_is_switched_off() {
    let mut office = office(FULL).await;
    sync(&office).await;
    let claims = |office: &Office| {
        let books = office.pbx.phonebooks().into_iter();
        books.filter(|book| book["name"].as_str().unwrap().contains("Patchcord")).count()
    };
    assert_eq!(claims(&office), 1);
    is_set(&mut office, "off").await;
    eventually("no claim", || async { claims(&office) == 0 }).await;
    assert_eq!(shown(&office).len(), 1, "contacts stay");
}
