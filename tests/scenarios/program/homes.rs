//! One engine per home, and a home for each.

use engine::view::Integration;
use scenarios::{ADA, eventually};

use crate::desk::{Engine, Office};

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn of_two_that_start_at_once_one_has_the_home_and_a_killed_one_leaves_it_free() {
    let office = Office::open().await;
    let desk = office.desk("mara");
    let (first, second) = tokio::join!(desk.starts(), desk.starts());
    let mut both = [first, second];
    eventually("one of them gives way", || {
        let ended = both.iter_mut().filter_map(Engine::exit_code).count();
        async move { ended == 1 }
    })
    .await;
    let [mut first, second] = both;
    let (winner, mut loser) = if first.has_ended() { (second, first) } else { (first, second) };
    assert_eq!(loser.exit_code(), Some(1));
    office.connects(&desk).await;

    // What it leaves behind after a kill is stale, and known to be.
    winner.killed();
    assert!(desk.home().join("engine.lock").exists());
    let mut again = desk.starts().await;
    assert!(!again.has_ended(), "{}", again.said());
    let other = desk.runs(&["run", "--headless"], "");
    assert_eq!(other.0.code(), Some(1), "{}", other.1);
    assert!(other.1.contains("one engine per home"), "{}", other.1);
    again.quits().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn two_homes_have_nothing_in_common_but_the_systems() {
    let office = Office::open().await;
    let (mara, leo) = (office.desk("mara"), office.desk("leo"));
    let (mut first, mut second) = (mara.starts().await, leo.starts().await);
    assert!(!first.has_ended() && !second.has_ended());
    office.connects(&mara).await;
    // One home's connection is not the other's.
    assert_eq!(leo.status().integration, Integration::Disconnected);
    office.connects(&leo).await;
    assert_eq!(office.pbx.live_tokens(), 2, "each has a token of its own");
    assert_eq!(office.salesforce.grants(), 2, "and a sign-in of its own");

    // One signs out; the other goes on.
    let (code, said) = leo.runs(&["disconnect", "--yes"], "");
    assert!(code.success(), "{said}");
    eventually("one of each is left", || async {
        (office.pbx.live_tokens(), office.salesforce.grants()) == (1, 1)
    })
    .await;
    let call = office.pbx.inbound(ADA, "4101");
    eventually("the page opens", || async { mara.folder.join("opened").exists() }).await;
    call.answer("4101");
    call.hang_up();
    eventually("a Task", || async { office.salesforce.tasks().len() == 1 }).await;
    assert!(!leo.folder.join("opened").exists(), "nothing opens at the other desk");
    assert_eq!(mara.status().integration, Integration::Connected);
}
