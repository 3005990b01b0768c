//! The scribe: writes to the store in order, so that the controller never waits for the disk.
//!
//! Changes of calls that wait are written many at a time, which costs one flush to the disk for all of them. When more
//! wait than the bound, [`Scribe::lets_in`] takes no more of the PBX's news until there is room: the PBX waits in its turn,
//! and nothing is lost.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::CallId;
use store::{CallMemory, Change, Store};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::{CancellationToken, DropGuard};

type Job = Box<dyn FnOnce(Store) -> Pin<Box<dyn Future<Output = store::Result<()>> + Send>> + Send>;

/// So many writes may wait before the PBX has to: some seconds of a flood, and some megabytes. A desk has six for each
/// call.
const FULL: usize = 4_096;
/// So many changes are written at once: some tens of milliseconds, which others who want the disk wait for.
const TOGETHER: usize = 200;

/// What is known of a live call waits so long for what may come in the same breath: the hang-up of a call and its record
/// are one flush then, and not two after each other.
const BREATH: Duration = Duration::from_millis(5);

/// Where writes are handed in.
#[derive(Clone)]
pub(crate) struct Scribe {
    desk: Arc<Desk>,
    _open: Arc<DropGuard>,
}

struct Desk {
    waiting: Mutex<Waiting>,
    /// Something is to be written.
    news: Notify,
    /// There is room again.
    room: Notify,
    /// Counts what was written about calls.
    written: watch::Sender<u64>,
}

#[derive(Default)]
struct Waiting {
    writes: VecDeque<Write>,
    /// How many have been taken from the front.
    taken: u64,
    /// Where the memories of live calls wait that nothing came after: a newer one takes their place.
    memories: HashMap<CallId, u64>,
}

enum Write {
    Change(Change),
    Job(Job),
}

/// What is written next.
enum Next {
    Changes(Vec<Change>),
    Job(Job),
}

impl std::fmt::Debug for Scribe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scribe").field("waiting", &self.desk.lock().writes.len()).finish()
    }
}

impl Scribe {
    /// Begins. The task ends when the last handle is gone and everything is written.
    pub(crate) fn begin(store: Store) -> (Self, tokio::task::JoinHandle<()>) {
        let desk = Arc::new(Desk {
            waiting: Mutex::default(),
            news: Notify::new(),
            room: Notify::new(),
            written: watch::Sender::new(0),
        });
        let closed = CancellationToken::new();
        let open = Arc::new(closed.clone().drop_guard());
        let task = tokio::spawn(write_on(desk.clone(), store, closed));
        (Self { desk, _open: open }, task)
    }

    /// Hands a write in.
    pub(crate) fn write<F, W>(&self, write: F)
    where
        F: FnOnce(Store) -> W + Send + 'static,
        W: Future<Output = store::Result<()>> + Send + 'static,
    {
        let job: Job = Box::new(move |store| Box::pin(write(store)));
        let mut waiting = self.desk.lock();
        // It may read what it finds, or write about any call.
        waiting.memories.clear();
        waiting.writes.push_back(Write::Job(job));
        drop(waiting);
        self.desk.news.notify_one();
    }

    /// Hands a change of a call in.
    pub(crate) fn change(&self, call: &CallId, change: Change) {
        let mut waiting = self.desk.lock();
        waiting.memories.remove(call);
        waiting.writes.push_back(Write::Change(change));
        drop(waiting);
        self.desk.news.notify_one();
    }

    /// Hands in what is to be known of a live call after a restart. It takes the place of what waits about the same call,
    /// where nothing else has come after that.
    pub(crate) fn remember(&self, memory: CallMemory) {
        let call = memory.call.clone();
        let change = Write::Change(Change::remember(memory));
        let mut waiting = self.desk.lock();
        let older = waiting.memories.get(&call).and_then(|at| at.checked_sub(waiting.taken));
        match older.and_then(|at| waiting.writes.get_mut(usize::try_from(at).ok()?)) {
            Some(older) => *older = change,
            None => {
                let at = waiting.taken + waiting.writes.len() as u64;
                waiting.memories.insert(call, at);
                waiting.writes.push_back(change);
            }
        }
        drop(waiting);
        self.desk.news.notify_one();
    }

    /// Takes news that lead to writes, once there is room for these. Whoever has more of them waits meanwhile.
    pub(crate) async fn lets_in<T>(&self, news: impl Future<Output = T>) -> T {
        while self.is_full() {
            self.desk.room.notified().await;
        }
        news.await
    }

    /// Says whether so much waits that no more is to be taken in.
    fn is_full(&self) -> bool {
        self.desk.lock().writes.len() >= FULL
    }

    /// Returns a receiver that is told when changes of calls are on the disk.
    pub(crate) fn watch_written(&self) -> watch::Receiver<u64> {
        self.desk.written.subscribe()
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits a moment where nothing waits but what is known of live calls.
    async fn take_a_breath(&self, closed: &CancellationToken) {
        let until = Instant::now() + BREATH;
        while self.lock().is_of_live_calls() {
            tokio::select! {
                () = self.news.notified() => {}
                () = closed.cancelled() => return,
                () = sleep_until(until) => return,
            }
        }
    }
}

impl Waiting {
    /// Says whether all that waits is what is known of live calls.
    fn is_of_live_calls(&self) -> bool {
        !self.writes.is_empty() && self.memories.len() == self.writes.len()
    }

    /// Takes one job, or the changes that wait before the next one.
    fn take(&mut self) -> Option<Next> {
        let mut changes = Vec::new();
        while changes.len() < TOGETHER {
            match self.writes.pop_front() {
                Some(Write::Change(change)) => changes.push(change),
                Some(Write::Job(job)) if changes.is_empty() => {
                    self.taken += 1;
                    return Some(Next::Job(job));
                }
                Some(job @ Write::Job(_)) => {
                    self.writes.push_front(job);
                    break;
                }
                None => break,
            }
        }
        self.taken += changes.len() as u64;
        let first = self.taken;
        self.memories.retain(|_, at| *at >= first);
        (!changes.is_empty()).then_some(Next::Changes(changes))
    }
}

async fn write_on(desk: Arc<Desk>, store: Store, closed: CancellationToken) {
    loop {
        desk.take_a_breath(&closed).await;
        let next = desk.lock().take();
        match next {
            Some(Next::Changes(changes)) => {
                for error in store.write_all(changes).await {
                    tracing::error!(%error, "a change could not be written");
                }
                desk.written.send_modify(|count| *count += 1);
            }
            Some(Next::Job(job)) => {
                if let Err(error) = job(store.clone()).await {
                    tracing::error!(%error, "a change could not be written");
                }
            }
            None if closed.is_cancelled() => return,
            None => {
                tokio::select! {
                    () = desk.news.notified() => {}
                    () = closed.cancelled() => {}
                }
                continue;
            }
        }
        desk.room.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use domain::{Extension, Serial, Talk, Timestamp};

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_767_600_923);

    fn desk() -> store::Desk {
        store::Desk { serial: Serial::new("3630A1B2C3"), extension: Extension::new("4101") }
    }

    fn memory(call: &str, state: &str) -> CallMemory {
        CallMemory {
            desk: desk(),
            call: CallId::new(call),
            direction: None,
            party: None,
            spelled: None,
            started: NOW,
            answered: None,
            talk: Talk::default(),
            again: false,
            popped: false,
            others_rang: Vec::new(),
            queue: None,
            did: None,
            state: state.to_owned(),
        }
    }

    /// A scribe that is kept from writing until the returned sender says that it may.
    async fn busy_scribe(
        folder: &std::path::Path,
    ) -> (Scribe, tokio::task::JoinHandle<()>, Store, tokio::sync::oneshot::Sender<()>) {
        let store = Store::open(folder).await.unwrap().store;
        let (scribe, task) = Scribe::begin(store.clone());
        let (go, gone) = tokio::sync::oneshot::channel();
        scribe.write(|_| async {
            let _ = gone.await;
            Ok(())
        });
        while scribe.waiting() > 0 {
            tokio::task::yield_now().await;
        }
        (scribe, task, store, go)
    }

    impl Scribe {
        fn waiting(&self) -> usize {
            self.desk.lock().writes.len()
        }
    }

    #[tokio::test]
    async fn what_waits_of_a_live_call_is_replaced_by_what_is_newer() {
        let folder = tempfile::tempdir().unwrap();
        let (scribe, task, store, go) = busy_scribe(folder.path()).await;

        for state in ["ringing", "talking", "held"] {
            scribe.remember(memory("1.1", state));
        }
        scribe.remember(memory("1.2", "ringing"));
        assert_eq!(scribe.waiting(), 2);

        let _ = go.send(());
        drop(scribe);
        task.await.unwrap();
        let live = store.live(&desk()).await.unwrap();
        let states: Vec<&str> = live.iter().map(|memory| memory.state.as_str()).collect();
        assert_eq!(states, ["held", "ringing"]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_in_one_breath_is_written_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap().store;
        let (scribe, task) = Scribe::begin(store.clone());
        let written = scribe.watch_written();
        let call = CallId::new("1.1");

        scribe.remember(memory("1.1", "left"));
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert_eq!(*written.borrow(), 0, "it waits for what may come");
        scribe.change(&call, Change::forget_live(desk(), call.clone()));
        drop(scribe);
        task.await.unwrap();

        assert_eq!(*written.borrow(), 1, "one flush for both");
        assert!(store.live(&desk()).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_came_between_keeps_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let (scribe, task, store, go) = busy_scribe(folder.path()).await;
        let call = CallId::new("1.1");

        scribe.remember(memory("1.1", "ringing"));
        scribe.change(&call, Change::forget_live(desk(), call.clone()));
        scribe.remember(memory("1.1", "talking"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sees = seen.clone();
        scribe.write(move |store| async move {
            let live = store.live(&desk()).await?;
            sees.lock().unwrap().extend(live.into_iter().map(|memory| memory.state));
            Ok(())
        });
        scribe.remember(memory("1.1", "held"));

        let _ = go.send(());
        drop(scribe);
        task.await.unwrap();
        assert_eq!(*seen.lock().unwrap(), ["talking"], "a job sees what was handed in before it");
        assert_eq!(store.live(&desk()).await.unwrap()[0].state, "held");
    }

    #[tokio::test]
    async fn news_wait_with_the_pbx_while_the_disk_does_not_keep_up_and_none_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let (scribe, task, store, go) = busy_scribe(folder.path()).await;
        let (pbx, mut heard) = tokio::sync::mpsc::channel(8);
        let told = 2 * FULL;
        let telling = tokio::spawn(async move {
            for n in 0..told {
                pbx.send(format!("1.{n}")).await.unwrap();
            }
        });

        let soon = Duration::from_millis(100);
        let mut taken = 0;
        while let Ok(news) = tokio::time::timeout(soon, scribe.lets_in(heard.recv())).await {
            scribe.remember(memory(&news.unwrap(), "ringing"));
            taken += 1;
        }
        assert_eq!(taken, FULL, "no more than the bound while nothing is written");
        assert!(!telling.is_finished(), "whoever has more waits");

        let _ = go.send(());
        while let Some(news) = scribe.lets_in(heard.recv()).await {
            scribe.remember(memory(&news, "ringing"));
        }
        drop(scribe);
        task.await.unwrap();
        assert_eq!(store.live(&desk()).await.unwrap().len(), told);
    }
}
