//! Company contacts and phonebooks: what is sent, what is read, and what the PBX's refusals are taken for.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod office;

use std::time::Duration;

use domain::{
    Object, RecordId,
    sync::{BookId, ContactId, Entry, Listed},
};
use office::{client, count, pbx, requests};
use pbx::{Client, Error, Retry};
use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Pbx};

const RECORD: &str = "003xx000004TmiQAAS";

fn ada() -> Entry {
    let mut numbers: [String; 7] = Default::default();
    "0493555017".clone_into(&mut numbers[0]);
    "01705550170".clone_into(&mut numbers[2]);
    Entry {
        object: Object::Contact,
        record: RecordId::parse(RECORD).unwrap(),
        first_name: "Ada".to_owned(),
        last_name: "Example".to_owned(),
        company: "Example & Söhne".to_owned(),
        email: "ada@example.com".to_owned(),
        numbers,
    }
}

/// A phonebook of ours.
async fn book(client: &Client) -> BookId {
    client.create_phonebook("Salesforce").await.unwrap()
}

/// Everything, and how many pages it took.
async fn all(client: &Client) -> (Vec<Listed>, usize) {
    let (mut contacts, mut seen, mut pages) = (client.contacts(), Vec::new(), 0);
    while let Some(page) = contacts.next().await.unwrap() {
        seen.extend(page);
        pages += 1;
    }
    (seen, pages)
}

/// The body of the last request to an endpoint.
fn sent(pbx: &Pbx, endpoint: &str) -> Value {
    requests(pbx, endpoint).pop().and_then(|asked| asked.body).expect("it was asked with a body")
}

/// The next request to `endpoint` is refused with this code.
fn refuses(pbx: &Pbx, endpoint: &str, code: i64) {
    let answer = json!({ "errcode": code, "errmsg": "NO" });
    pbx.set(|switches| switches.faults = vec![FaultRule::once(endpoint, Fault::Json(200, answer))]);
}

#[tokio::test]
async fn a_contact_is_made_changed_and_read_back() {
    let pbx = pbx().await;
    let client = client(&pbx);
    let book = book(&client).await;
    let made = client.create_contact(book, &ada()).await.unwrap();
    assert_eq!(
        sent(&pbx, "company_contact/create"),
        json!({
            "first_name": "Ada", "last_name": "Example", "company": "Example & Söhne",
            "email": "ada@example.com", "remark": RECORD, "phonebook_id_list": [book.0],
            "number_list": [
                { "num_type": "business_number", "number": "0493555017" },
                { "num_type": "mobile_number", "number": "01705550170" },
            ],
        })
    );
    let expected = Listed {
        id: made,
        name: "Ada Example".to_owned(),
        company: "Example & Söhne".to_owned(),
        email: "ada@example.com".to_owned(),
        remark: RECORD.to_owned(),
        books: vec![book],
        numbers: ada().numbers,
    };
    assert_eq!(all(&client).await.0, std::slice::from_ref(&expected));

    // What an update leaves out stays, so an empty slot is named, too.
    let mut changed = ada();
    changed.last_name.clear();
    changed.numbers[2].clear();
    client.update_contact(made, &[book], &changed).await.unwrap();
    let body = sent(&pbx, "company_contact/update");
    assert_eq!((&body["id"], &body["last_name"]), (&json!(made.0), &json!("")));
    let slots: Vec<_> = body["number_list"].as_array().unwrap().iter().collect();
    assert_eq!(slots.len(), 7);
    assert_eq!(*slots[2], json!({ "num_type": "mobile_number", "number": "" }));
    let after = Listed { name: "Ada".to_owned(), numbers: changed.numbers, ..expected };
    assert_eq!(all(&client).await.0, [after]);
}

#[tokio::test]
async fn a_contact_is_released_before_it_is_deleted_and_gone_twice_is_gone() {
    let pbx = pbx().await;
    let client = client(&pbx);
    let book = book(&client).await;
    let made = client.create_contact(book, &ada()).await.unwrap();
    let early = client.delete_contact(made).await;
    assert!(matches!(early, Err(Error::StillListed)), "{early:?}");

    client.release_contact(made, "released").await.unwrap();
    assert_eq!(
        sent(&pbx, "company_contact/update"),
        json!({ "id": made.0, "remark": "released", "phonebook_id_list": [] })
    );
    let listed = all(&client).await.0.remove(0);
    assert_eq!((listed.remark.as_str(), &*listed.books), ("released", &[][..]));
    assert_eq!(listed.numbers, ada().numbers, "the rest stays");
    for _ in 0..2 {
        client.delete_contact(made).await.unwrap();
    }
    assert_eq!(all(&client).await, (vec![], 0));
    let gone = client.update_contact(made, &[book], &ada()).await;
    assert!(matches!(gone, Err(Error::NoContact)), "{gone:?}");
}

#[tokio::test]
async fn a_phonebook_is_made_renamed_emptied_and_deleted() {
    let pbx = pbx().await;
    let client = client(&pbx);
    let id = book(&client).await;
    let twice = client.create_phonebook("Salesforce").await;
    assert!(matches!(twice, Err(Error::NameTaken)), "{twice:?}");
    client.rename_phonebook(id, "Callers").await.unwrap();
    let made = client.create_contact(id, &ada()).await.unwrap();

    pbx.set(|switches| switches.contacts_short_pages = Some(1));
    let books = client.phonebooks().await.unwrap();
    let seen: Vec<_> = books.iter().map(|book| (book.name.as_str(), book.everybody)).collect();
    assert_eq!(seen, [("All Company Contacts_Phonebook", true), ("Callers", false)]);

    client.take_out(&books[1], made).await.unwrap();
    assert!(all(&client).await.0[0].books.is_empty());
    for _ in 0..2 {
        client.delete_phonebook(id).await.unwrap();
    }
    let nowhere = client.create_contact(id, &ada()).await;
    assert!(matches!(nowhere, Err(Error::NoPhonebook)), "{nowhere:?}");
}

#[tokio::test]
async fn short_pages_are_read_to_the_end_and_one_that_failed_is_asked_for_again() {
    let pbx = pbx().await;
    let client = client(&pbx);
    let book = book(&client).await;
    let mut made = Vec::new();
    for n in 0..7 {
        let entry = Entry { last_name: format!("N{n}"), ..ada() };
        made.push(client.create_contact(book, &entry).await.unwrap());
    }
    let ids = |contacts: &[Listed]| contacts.iter().map(|one| one.id).collect::<Vec<_>>();
    let (contacts, pages) = all(&client).await;
    assert_eq!((ids(&contacts), pages), (made.clone(), 1));

    pbx.set(|switches| {
        switches.contacts_short_pages = Some(3);
        let overloaded =
            Fault::Json(200, json!({ "errcode": 70082, "errmsg": "OVERLOAD_TASK_RUNNING" }));
        switches.faults = vec![FaultRule::once("company_contact/list", overloaded).after(1)];
    });
    let (mut list, mut seen) = (client.contacts(), Vec::new());
    seen.extend(list.next().await.unwrap().unwrap());
    assert!(matches!(list.next().await, Err(Error::Overloaded)));
    while let Some(page) = list.next().await.unwrap() {
        seen.extend(page);
    }
    assert_eq!(ids(&seen), made, "none missed, none twice");

    let mut found = client.contacts_with("n4");
    assert_eq!(ids(&found.next().await.unwrap().unwrap()), [made[4]]);
    assert_eq!(found.next().await.unwrap(), None);
}

#[tokio::test]
async fn a_busy_pbx_asks_for_a_pause_and_is_not_pressed() {
    let pbx = pbx().await;
    let client = client(&pbx);
    let book = book(&client).await;
    refuses(&pbx, "company_contact/create", 70082);
    let error = client.create_contact(book, &ada()).await.unwrap_err();
    assert!(matches!(error, Error::Overloaded), "{error:?}");
    assert_eq!(error.retry(), Retry::Later { after: Some(Duration::from_secs(30)) });
    assert_eq!(count(&pbx, "company_contact/create"), 1, "the wait is the caller's");
    client.create_contact(book, &ada()).await.unwrap();
}

#[tokio::test]
async fn each_refusal_of_a_write_has_its_meaning() {
    let pbx = pbx().await;
    let client = client(&pbx);
    let book = book(&client).await;
    let made = client.create_contact(book, &ada()).await.unwrap();
    let endpoint = "company_contact/update";
    for (code, retry) in [
        (60002, Retry::Never),
        (70091, Retry::Never),
        (70093, Retry::Never),
        (70128, Retry::Never),
        (40003, Retry::Never),
        (10005, Retry::Never),
        (40002, Retry::Never),
        (70123, Retry::AfterPerson),
        (-2, Retry::Later { after: None }),
    ] {
        refuses(&pbx, endpoint, code);
        let error = client.update_contact(made, &[book], &ada()).await.unwrap_err();
        assert_eq!((error.code(), error.retry()), (Some(code), retry), "{error:?}");
    }
    refuses(&pbx, endpoint, 70132);
    let error = client.update_contact(made, &[book], &ada()).await.unwrap_err();
    assert!(matches!(error, Error::ReadOnly), "{error:?}");
    assert_eq!(all(&client).await.0[0].id, made, "none of it was done");
}

#[tokio::test]
async fn a_full_pbx_says_so() {
    let pbx = pbx().await;
    let client = client(&pbx);
    let book = book(&client).await;
    client.create_contact(book, &ada()).await.unwrap();
    pbx.set(|switches| switches.contacts_limit = 1);
    let error = client.create_contact(book, &ada()).await.unwrap_err();
    assert!(matches!(error, Error::Full), "{error:?}");
}

/// The write may have been done: whoever sent it looks before it is sent again.
#[tokio::test]
async fn an_answer_that_is_none_is_an_error_and_no_contact() {
    let pbx = pbx().await;
    let client = client(&pbx);
    let book = book(&client).await;
    for fault in [
        Fault::Html(502),
        Fault::Json(200, json!([])),
        Fault::Json(200, json!({ "errcode": 0, "errmsg": "SUCCESS" })),
        Fault::Json(200, json!({ "errcode": 0, "errmsg": "SUCCESS", "id": -1 })),
        Fault::Truncated,
        Fault::LostBehindProxy(502),
    ] {
        let rule = FaultRule::once("company_contact/create", fault.clone());
        pbx.set(|switches| switches.faults = vec![rule]);
        let error = client.create_contact(book, &ada()).await.unwrap_err();
        assert!(matches!(error, Error::UnexpectedAnswer { .. }), "{fault:?}: {error:?}");
        assert_eq!(error.retry(), Retry::Later { after: None });
    }
    assert_eq!(all(&client).await.0.len(), 2, "the last two were carried out");
}

#[tokio::test]
async fn rows_in_odd_shapes_are_read_as_far_as_they_go() {
    let pbx = pbx().await;
    let client = client(&pbx);
    let answer = json!({ "errcode": "0", "total_number": "3", "data": [
        { "id": "12", "contact_name": "Ada", "phonebook_list": [{ "id": "2" }, { "name": "no id" }], "mobile": 493555017 },
        { "contact_name": "nobody" },
        { "id": 13, "contact_name": null, "phonebook_list": null },
    ]});
    let rule = FaultRule::once("company_contact/list", Fault::Json(200, answer));
    pbx.set(|switches| switches.faults = vec![rule]);
    let (contacts, pages) = all(&client).await;
    assert_eq!(pages, 1);
    let seen: Vec<_> =
        contacts.iter().map(|one| (one.id, one.name.as_str(), one.books.as_slice())).collect();
    assert_eq!(seen, [(ContactId(12), "Ada", &[BookId(2)][..]), (ContactId(13), "", &[][..])]);
    assert_eq!(contacts[0].numbers[2], "493555017");
}
