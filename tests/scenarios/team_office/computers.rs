//! Two computers of one person.

use engine::view::CallResult;
use scenarios::{Office, Options};

/// Nothing is logged: this story is about hearing.
const UNLOGGED: &str = "[journal]\nmissed = false\n";

#[tokio::test]
async fn both_computers_of_one_person_hear_a_call_to_their_extension() {
    let mara = Office::with(Options { settings: UNLOGGED.to_owned(), ..Options::default() }).await;
    let laptop = mara.second_computer_with(UNLOGGED).await;
    let (one, other) = (mara.status().await, laptop.status().await);
    assert_eq!(one.salesforce.username, other.salesforce.username);
    assert_eq!(one.binding.extension, other.binding.extension);

    let call = mara.ada_calls().await;
    laptop.shows(&call, CallResult::Ringing).await;
    call.caller_hangs_up();
    mara.shows(&call, CallResult::Missed).await;
    laptop.shows(&call, CallResult::Missed).await;
}
