//! Bursts and flapping: when a change of the network is worth being told.
//!
//! A link that comes up brings a dozen messages within a moment, and the name servers a moment later. One that flaps
//! brings them for hours. So a change is told once it has been quiet for a moment, and not more often than the budget
//! allows; the last change is always told.

use std::time::Duration;

use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::Network;

/// Quiet for so long: the burst is over.
const QUIET: Duration = Duration::from_millis(250);
/// A burst that does not end is told nevertheless.
const LONGEST: Duration = Duration::from_secs(1);
/// A switch in a cupboard comes back for a whole floor: not all in the same moment. Faults.md B13 leaves three seconds.
const SPREAD: Duration = Duration::from_millis(400);
/// So many changes are told at once, ...
const AT_ONCE: u32 = 4;
/// ... and from then on one in this time: 15 a minute, and 12 from the second minute on.
const EVERY: Duration = Duration::from_secs(5);

/// Counts the changes that are worth being told. The task ends with `cancel`.
pub(crate) fn calmed(
    mut raw: watch::Receiver<Network>,
    cancel: CancellationToken,
) -> watch::Receiver<u64> {
    let (out, told) = watch::channel(0);
    raw.mark_unchanged();
    let calm = async move {
        let mut budget = Budget::default();
        while raw.changed().await.is_ok() {
            settle(&mut raw).await;
            sleep(budget.wait(Instant::now()) + SPREAD.mul_f64(rand::random::<f64>())).await;
            // What came meanwhile is told with it.
            raw.mark_unchanged();
            budget.spend(Instant::now());
            out.send_modify(|times| *times += 1);
        }
        // Nobody will tell any more, which is not the end of the engine.
        std::future::pending::<()>().await;
    };
    tokio::spawn(async move {
        tokio::select! {
            () = cancel.cancelled() => {}
            () = calm => {}
        }
    });
    told
}

async fn settle(raw: &mut watch::Receiver<Network>) {
    let quiet = async { while let Ok(Ok(())) = timeout(QUIET, raw.changed()).await {} };
    // Either way the burst has had its time.
    let _ = timeout(LONGEST, quiet).await;
}

/// How many may still be told. Counted as the moment until which the budget is spent.
#[derive(Debug, Default)]
struct Budget {
    spent_until: Option<Instant>,
}

impl Budget {
    fn wait(&self, now: Instant) -> Duration {
        let saved = EVERY * (AT_ONCE - 1);
        self.spent_until.map_or(Duration::ZERO, |until| {
            until.saturating_duration_since(now).saturating_sub(saved)
        })
    }

    fn spend(&mut self, now: Instant) {
        self.spent_until = Some(self.spent_until.map_or(now, |until| until.max(now)) + EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network() -> (watch::Sender<Network>, watch::Receiver<u64>) {
        let (raw, changes) = watch::channel(Network::default());
        (raw, calmed(changes, CancellationToken::new()))
    }

    fn change(raw: &watch::Sender<Network>) {
        raw.send_modify(|network| network.changes += 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_told_once_and_soon() {
        let (raw, mut told) = network();
        let began = Instant::now();
        for _ in 0..12 {
            change(&raw);
            sleep(Duration::from_millis(20)).await;
        }
        told.changed().await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        sleep(Duration::from_secs(30)).await;
        assert_eq!(*told.borrow(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_without_an_end_is_told_within_a_second_and_a_half() {
        let (raw, mut told) = network();
        let began = Instant::now();
        let noise = async {
            loop {
                change(&raw);
                sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::select! {
            _ = noise => {}
            told = told.changed() => told.unwrap(),
        }
        assert!(began.elapsed() < Duration::from_millis(1_500), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_link_that_flaps_fifty_times_a_minute_is_told_of_fifteen_times_and_the_last_is_told()
    {
        let (raw, told) = network();
        for _ in 0..50 {
            change(&raw);
            sleep(Duration::from_millis(1_200)).await;
        }
        let in_a_minute = *told.borrow();
        assert!((12..=16).contains(&in_a_minute), "{in_a_minute}");
        sleep(Duration::from_secs(6)).await;
        let before = *told.borrow();
        assert!(before <= 17, "{before}");
        sleep(Duration::from_secs(60)).await;
        assert_eq!(*told.borrow(), before, "nothing has changed since");
        change(&raw);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(*told.borrow(), before + 1, "after a quiet minute it is told at once");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_before_the_start_is_not_told() {
        let (raw, changes) = watch::channel(Network::default());
        change(&raw);
        let told = calmed(changes, CancellationToken::new());
        sleep(Duration::from_secs(10)).await;
        assert_eq!(*told.borrow(), 0);
    }
}
