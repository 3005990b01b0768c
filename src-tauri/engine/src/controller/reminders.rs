//! What the controller is reminded of later.

use std::time::Duration;

use tokio::sync::mpsc;

use super::{Controller, Input};

impl Controller {
    /// Gives the controller an input after a while, unless it has ended by then: the end of the program waits for no
    /// reminder.
    pub(crate) fn remind(&self, after: Duration, input: Input) {
        self.tasks.spawn(reminded(self.inputs.clone(), after, input));
    }
}

async fn reminded<T>(inputs: mpsc::Sender<T>, after: Duration, input: T) {
    tokio::select! {
        () = inputs.closed() => {}
        () = tokio::time::sleep(after) => {
            // It may end at this moment.
            let _ = inputs.send(input).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATER: Duration = Duration::from_secs(8);

    #[tokio::test(start_paused = true)]
    async fn a_reminder_comes_when_it_is_due() {
        let begun = tokio::time::Instant::now();
        let (inputs, mut received) = mpsc::channel(1);
        tokio::spawn(reminded(inputs, LATER, "ring"));
        assert_eq!(received.recv().await, Some("ring"));
        assert_eq!(begun.elapsed(), LATER);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reminder_of_a_program_that_ends_keeps_nothing_waiting() {
        let begun = tokio::time::Instant::now();
        let (inputs, received) = mpsc::channel(1);
        let waits = tokio::spawn(reminded(inputs, LATER, "ring"));
        tokio::task::yield_now().await;
        drop(received);
        waits.await.unwrap();
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }
}
