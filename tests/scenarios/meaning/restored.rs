//! C10: a PBX that was restored from a backup counts its calls anew.

use std::time::Duration;

use scenarios::{ADA, Office};

/// How the PBX counted a call: the part of its id behind the second in which it began.
fn count(call: &str) -> &str {
    call.split_once('.').expect("second and count").1
}

#[tokio::test]
async fn no_task_is_overwritten_by_a_call_that_a_restored_pbx_counts_like_an_older_one() {
    let office = Office::open().await;
    let older = office.has_spoken_with(ADA).await;
    office.is_logged(&older).await;
    let task = office.task_of(&older).await;
    // Ids name whole seconds.
    tokio::time::sleep(Duration::from_millis(1_100)).await;

    office.pbx.is_restored();
    let newer = office.has_spoken_with("0305550399").await;

    assert_eq!(count(&newer), count(&older));
    office.all_logged(&[older.clone(), newer.clone()]).await;
    assert_eq!(office.task_of(&older).await, task);
    assert_ne!(office.task_of(&newer).await["Id"], task["Id"]);
    assert_eq!(office.salesforce.tasks().len(), 2);
}
