//! Whose home it is: ours, or that of an instance that answers.

use std::time::Duration;

use engine::home::{Home, HomeLock, LockError};
use tokio::time::Instant;

use crate::{
    app::sentence,
    control::{Absent, Client, silent},
};

/// How long a home may be held by somebody who does not answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it may be held while nobody listens there: who starts, a short command, or who ends, which takes two seconds
/// for a window and almost five for what is under way.
const ENDS: Duration = Duration::from_secs(8);

/// What came of asking for a home.
pub(crate) enum Claim {
    /// It is ours.
    Ours(HomeLock),
    /// An instance has it, and answers.
    Theirs {
        /// The way to it.
        client: Client,
        /// A sentence about it.
        who: String,
    },
}

/// Takes a home, or connects to the instance that has it.
///
/// # Errors
///
/// Says in a line that the home cannot be used, or who has it and does not answer.
pub(crate) async fn claim(home: &Home) -> Result<Claim, String> {
    let (silent_until, absent_until) = (Instant::now() + PATIENCE, Instant::now() + ENDS);
    loop {
        let who = match home.lock() {
            Ok(lock) => return Ok(Claim::Ours(lock)),
            Err(error @ LockError::Unusable(_)) => return Err(error.to_string()),
            Err(error @ LockError::AlreadyRunning { .. }) => error.to_string(),
        };
        match Client::connect(home).await {
            Ok((client, _events)) => return Ok(Claim::Theirs { client, who }),
            Err(Absent::Refused(problem)) if problem.code != silent(None).code => {
                return Err(sentence(&problem));
            }
            // It may have begun to end just now.
            Err(Absent::Refused(_)) if Instant::now() <= silent_until => {}
            Err(Absent::NotRunning) if Instant::now() <= absent_until => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(Absent::Refused(_) | Absent::NotRunning) => {
                return Err(format!("{who}, but does not answer; end that process and try again"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_home_that_is_held_for_a_moment_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        let held = home.lock().unwrap();
        let waiting = tokio::spawn({
            let home = home.clone();
            async move { claim(&home).await }
        });
        tokio::time::sleep(Duration::from_millis(120)).await;
        assert!(!waiting.is_finished());
        drop(held);
        assert!(matches!(waiting.await.unwrap(), Ok(Claim::Ours(_))));
    }
}
