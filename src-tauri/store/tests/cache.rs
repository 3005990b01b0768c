//! Records are found by number, at once, whatever else goes on.

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use domain::{Object, Record};
use store::Health;
use support::*;

#[tokio::test]
async fn a_record_is_found_by_each_of_its_numbers_and_comes_back_whole() {
    let home = Home::new().await;
    let lead = Record {
        object: Object::Lead,
        account: None,
        company: Some("ACME".to_owned()),
        owner: None,
        last_activity: None,
        phones: vec![("Phone".to_owned(), "quote \" and ü".to_owned())],
        ..record(2)
    };
    let person = Record {
        object: Object::Account,
        person_contact: Some(contact(9)),
        account: None,
        ..record(3)
    };
    let entries = vec![
        indexed(1),
        // A record may have no number that can be read.
        (lead.clone(), Vec::new()),
        (person.clone(), vec![(number("+4912345"), "Phone".to_owned())]),
    ];
    home.store.put_records(&owner(), entries).await.unwrap();
    home.store
        .put_records(&owner(), vec![(lead.clone(), vec![(number("+4954321"), "Phone".to_owned())])])
        .await
        .unwrap();

    let find = |e164: &str| home.store.find_now(&owner(), &number(e164)).unwrap();
    assert_eq!(find("+49300000001"), [record(1)]);
    assert_eq!(find("+4954321"), [lead]);
    assert_eq!(find("+4912345"), [person]);
    assert_eq!(find("+49300000002"), []);
    assert_eq!(home.store.cached(&owner()).await.unwrap(), 3);
    // The field that holds the number comes first.
    let by_mobile = find("+491701234567");
    assert_eq!(by_mobile[0].id, contact(1));
    assert_eq!(by_mobile[0].phones[0].0, "MobilePhone");
}

#[tokio::test]
async fn numbers_that_differ_in_leading_zeros_differ() {
    let home = Home::new().await;
    home.store
        .put_records(&owner(), vec![(record(1), vec![(number("+01234567"), "Phone".to_owned())])])
        .await
        .unwrap();

    assert_eq!(home.store.find_now(&owner(), &number("+1234567")).unwrap(), []);
    assert_eq!(home.store.find_now(&owner(), &number("+01234567")).unwrap().len(), 1);
}

#[tokio::test]
async fn a_changed_record_is_no_longer_found_by_its_old_number() {
    let home = Home::new().await;
    home.store.put_records(&owner(), vec![indexed(1), indexed(2)]).await.unwrap();
    let renamed = Record { name: "Ada Married".to_owned(), ..record(1) };

    home.store
        .put_records(
            &owner(),
            vec![(renamed.clone(), vec![(number("+4911111"), "Phone".to_owned())])],
        )
        .await
        .unwrap();

    assert_eq!(home.store.find_now(&owner(), &number("+49300000001")).unwrap(), []);
    assert_eq!(home.store.find_now(&owner(), &number("+4911111")).unwrap(), [renamed]);
    assert_eq!(home.store.find_now(&owner(), &number("+491701234567")).unwrap().len(), 1);
    assert_eq!(home.store.cached(&owner()).await.unwrap(), 2);
}

#[tokio::test]
async fn a_record_belongs_to_its_org() {
    let home = Home::new().await;
    let other = somebody_else();
    home.store.put_records(&owner(), vec![indexed(1)]).await.unwrap();
    home.store.put_records(&other, vec![indexed(1)]).await.unwrap();

    home.store.forget_records(&other, &[contact(1), contact(7)]).await.unwrap();

    assert_eq!(home.store.find_now(&other, &number("+49300000001")).unwrap(), []);
    assert_eq!(home.store.find_now(&owner(), &number("+49300000001")).unwrap(), [record(1)]);
    assert_eq!(
        (home.store.cached(&owner()).await.unwrap(), home.store.cached(&other).await.unwrap()),
        (1, 0)
    );
}

#[tokio::test]
async fn clearing_leaves_no_name_on_the_disk() {
    let home = Home::new().await;
    home.store.put_records(&owner(), (0..500).map(indexed).collect()).await.unwrap();

    home.store.clear_cache().await.unwrap();

    assert_eq!(home.store.cached(&owner()).await.unwrap(), 0);
    assert_eq!(home.store.find_now(&owner(), &number("+491701234567")).unwrap(), []);
    for file in ["cache.db", "cache.db-wal"] {
        let bytes = std::fs::read(home.path().join(file)).unwrap_or_default();
        assert!(!bytes.windows(11).any(|window| window == b"Ada Example"), "{file}");
    }
    home.store.put_records(&owner(), vec![indexed(1)]).await.unwrap();
    assert_eq!(home.store.find_now(&owner(), &number("+49300000001")).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn look_ups_go_on_while_records_are_written() {
    let home = Home::new().await;
    home.store.put_records(&owner(), vec![indexed(1)]).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (store, done) = (home.store.clone(), done.clone());
            std::thread::spawn(move || {
                let mut found = 0_u32;
                while !done.load(Ordering::Relaxed) {
                    // A batch is seen whole or not at all.
                    let shared = store.find_now(&owner(), &number("+491701234567")).unwrap().len();
                    assert_eq!((shared - 1) % 50, 0, "{shared} records");
                    let mine = store.find_now(&owner(), &number("+49300000001")).unwrap();
                    assert_eq!(mine, [record(1)]);
                    found += 1;
                }
                found
            })
        })
        .collect();

    for batch in 1..=20 {
        let records = (0..50).map(|n| indexed(batch * 100 + n)).collect();
        home.store.put_records(&owner(), records).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);

    for reader in readers {
        assert!(reader.join().unwrap() > 0);
    }
    assert_eq!(home.store.cached(&owner()).await.unwrap(), 1_001);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_up_does_not_wait_for_a_writer_that_holds_the_file() {
    let home = Home::new().await;
    home.store.put_records(&owner(), vec![indexed(1)]).await.unwrap();
    let other = rusqlite::Connection::open(home.path().join("cache.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; DELETE FROM number; DELETE FROM record").unwrap();

    let writing = home.store.clone();
    let write = tokio::spawn(async move { writing.put_records(&owner(), vec![indexed(2)]).await });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;

    assert_eq!(home.store.find_now(&owner(), &number("+49300000001")).unwrap(), [record(1)]);
    assert!(!write.is_finished());
    // Nor does the end of a call.
    home.finish(&entry("1.1")).await;
    other.execute_batch("ROLLBACK").unwrap();
    write.await.unwrap().unwrap();
    assert_eq!(home.store.find_now(&owner(), &number("+49300000002")).unwrap().len(), 1);
    assert_eq!(home.store.health(), Health::Ok);
}

#[tokio::test]
async fn a_cache_that_breaks_while_in_use_is_begun_anew() {
    let home = Home::new().await;
    home.store.put_records(&owner(), (0..3_000).map(indexed).collect()).await.unwrap();
    let home = home.reopen().await;
    let path = home.path().join("cache.db");
    let length = usize::try_from(std::fs::metadata(&path).unwrap().len()).unwrap();
    {
        use std::io::{Seek, SeekFrom, Write};
        let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start(4_096)).unwrap();
        file.write_all(&vec![0xa5; length - 4_096]).unwrap();
    }

    let damaged = home.store.find_now(&owner(), &number("+49300000001")).unwrap_err();
    assert!(matches!(damaged, store::Error::Damaged { .. }), "{damaged:?}");

    assert_eq!(home.store.cached(&owner()).await.unwrap(), 0, "it is begun anew first");
    assert_eq!(home.store.find_now(&owner(), &number("+49300000001")).unwrap(), []);
    home.store.put_records(&owner(), vec![indexed(1)]).await.unwrap();
    assert_eq!(home.store.find_now(&owner(), &number("+49300000001")).unwrap(), [record(1)]);
}
