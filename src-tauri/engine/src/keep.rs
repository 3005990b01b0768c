//! Tasks that fail: a panic ends one turn of one task, and the task begins again.
//!
//! ```text
//!   runs ── panics ──► waits 1 s, 2 s, 4 s … 60 s ──► runs
//!     │                   └ three times within a minute: that is told
//!     └ a minute without a panic, or a person who tries again: no more is said, and the next wait is 1 s
//! ```
//!
//! What a task holds is kept over a panic: its channels above all. Each task says itself what it lets go of then.

use std::{
    collections::{BTreeSet, VecDeque},
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

/// The wait after the first failure, and the longest. Source: faults.md F13.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// So many failures within [`CALM`] are told.
const OFTEN: usize = 3;
/// After as long without a failure all is well.
const CALM: Duration = Duration::from_secs(60);

/// A part of the program that runs for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Controller,
    Outbox,
    FollowUps,
    Index,
    Sync,
}

/// A task that begins again.
pub(crate) trait Task: Send {
    const PART: Part;

    /// Runs until it is cancelled, or nobody is left who could want something of it. Called again after a panic.
    fn run(&mut self, cancel: &CancellationToken) -> impl Future<Output = ()> + Send;
}

/// What the tasks have in common.
#[derive(Clone, Debug)]
pub(crate) struct Keeper {
    /// The parts that fail again and again.
    pub(crate) failing: watch::Sender<BTreeSet<Part>>,
    /// Changes when a person tries again.
    pub(crate) again: watch::Sender<u64>,
}

impl Keeper {
    pub(crate) fn new() -> Self {
        Self { failing: watch::Sender::default(), again: watch::Sender::default() }
    }

    /// Says whether a part fails again and again.
    pub(crate) fn tell(&self, part: Part, fails: bool) {
        self.failing.send_if_modified(|failing| match fails {
            true => failing.insert(part),
            false => failing.remove(&part),
        });
    }

    /// Keeps a task running until it is cancelled. It begins once `held` is no more.
    pub(crate) async fn keep<T: Task>(
        self,
        mut task: T,
        mut held: watch::Receiver<bool>,
        cancel: CancellationToken,
    ) {
        tokio::select! {
            () = cancel.cancelled() => return,
            freed = held.wait_for(|held| !held) => if freed.is_err() { return },
        }
        let mut record = Record::default();
        let mut again = self.again.subscribe();
        loop {
            if self.until_it_fails(&mut task, &mut record, &cancel).await {
                return;
            }
            let wait = record.failed(Instant::now());
            tracing::error!(part = ?T::PART, ?wait, "a task has failed and begins again");
            self.tell(T::PART, record.is_often(Instant::now()));
            tokio::select! {
                () = cancel.cancelled() => return,
                () = sleep(wait) => {}
                Ok(()) = again.changed() => {
                    record = Record::default();
                    self.tell(T::PART, false);
                }
            }
        }
    }

    /// Runs a task until it panics, or to its end, which it says.
    async fn until_it_fails<T: Task>(
        &self,
        task: &mut T,
        record: &mut Record,
        cancel: &CancellationToken,
    ) -> bool {
        let mut again = self.again.subscribe();
        let mut running = pin!(caught(task.run(cancel)));
        let mut calm = pin!(sleep(CALM));
        loop {
            tokio::select! {
                ended = &mut running => return ended,
                () = &mut calm, if !record.is_clean() => {}
                Ok(()) = again.changed(), if !record.is_clean() => {}
            }
            *record = Record::default();
            self.tell(T::PART, false);
        }
    }
}

/// The failures of a task.
#[derive(Debug, Default)]
pub(crate) struct Record {
    lately: VecDeque<Instant>,
    wait: Duration,
}

impl Record {
    /// Counts a failure. Returns when the task begins again.
    pub(crate) fn failed(&mut self, now: Instant) -> Duration {
        if self.is_calm(now) {
            *self = Self::default();
        }
        self.lately.push_back(now);
        if self.lately.len() > OFTEN {
            self.lately.pop_front();
        }
        self.wait = (self.wait * 2).clamp(WAITS.0, WAITS.1);
        self.wait
    }

    /// Says whether there were several within a minute. Once the waits are longer than that, there are several all the same.
    pub(crate) fn is_often(&self, now: Instant) -> bool {
        let first = self.lately.front().filter(|_| self.lately.len() >= OFTEN);
        first.is_some_and(|first| now.duration_since(*first) <= CALM + self.wait * 2)
    }

    /// Says whether the last failure is long ago.
    pub(crate) fn is_calm(&self, now: Instant) -> bool {
        self.lately.back().is_some_and(|last| now.duration_since(*last) > CALM + self.wait)
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.lately.is_empty()
    }
}

/// Runs to the end; `false`: it has panicked.
async fn caught(future: impl Future<Output = ()>) -> bool {
    struct Caught<F>(Pin<Box<F>>);
    impl<F: Future<Output = ()>> Future for Caught<F> {
        type Output = bool;
        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
            let future = &mut self.0;
            // The future is not polled again after a panic, and what the task holds outlives it on purpose.
            match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(())) => Poll::Ready(true),
                Err(_) => Poll::Ready(false),
            }
        }
    }
    Caught(Box::pin(future)).await
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    /// Panics in its first turns, and waits for the end in the others.
    struct Clumsy {
        turns: Arc<AtomicUsize>,
        failures: usize,
    }

    impl Task for Clumsy {
        const PART: Part = Part::Index;

        async fn run(&mut self, cancel: &CancellationToken) {
            assert!(self.turns.fetch_add(1, Ordering::Relaxed) >= self.failures, "on purpose");
            cancel.cancelled().await;
        }
    }

    struct Kept {
        keeper: Keeper,
        turns: Arc<AtomicUsize>,
        hold: watch::Sender<bool>,
        cancel: CancellationToken,
        task: tokio::task::JoinHandle<()>,
    }

    fn kept(failures: usize, held: bool) -> Kept {
        let (keeper, turns, cancel) = (Keeper::new(), Arc::default(), CancellationToken::new());
        let hold = watch::Sender::new(held);
        let clumsy = Clumsy { turns: Arc::clone(&turns), failures };
        let task = tokio::spawn(keeper.clone().keep(clumsy, hold.subscribe(), cancel.clone()));
        Kept { keeper, turns, hold, cancel, task }
    }

    impl Kept {
        async fn after(&self, seconds: u64) -> (usize, bool) {
            sleep(Duration::from_millis(seconds * 1_000 + 10)).await;
            let told = self.keeper.failing.borrow().contains(&Part::Index);
            (self.turns.load(Ordering::Relaxed), told)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_begins_again_after_growing_waits_and_the_third_time_is_told() {
        let kept = kept(3, false);
        assert_eq!(kept.after(0).await, (1, false));
        assert_eq!(kept.after(1).await, (2, false));
        assert_eq!(kept.after(2).await, (3, true));
        assert_eq!(kept.after(4).await, (4, true), "it runs, and may fail again");
        assert_eq!(kept.after(60).await, (4, false), "a minute is calm");
        kept.cancel.cancel();
        kept.task.await.expect("it ends as it should");
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_goes_on_failing_is_told_of_all_the_time_and_begins_again_once_a_minute() {
        let kept = kept(usize::MAX, false);
        let (turns, _) = kept.after(63).await;
        assert_eq!(turns, 7, "1, 2, 4 … 32 s");
        for minute in 1..10 {
            assert_eq!(kept.after(60).await, (7 + minute, true));
        }
        kept.keeper.again.send_modify(|times| *times += 1);
        assert_eq!(kept.after(0).await, (17, false), "a person tries again");
        assert_eq!(kept.after(3).await, (19, true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_is_held_begins_when_it_is_freed() {
        let kept = kept(0, true);
        assert_eq!(kept.after(600).await, (0, false));
        kept.hold.send_replace(false);
        assert_eq!(kept.after(0).await, (1, false));
    }
}
