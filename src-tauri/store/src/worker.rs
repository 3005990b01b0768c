//! A thread that owns one database, and the way in.
//!
//! SQLite blocks, so it never runs on the async threads. Requests are closures; they are carried out in the order in
//! which they were sent, also when the sender no longer waits for the answer.

use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::error::{Error, Result};

/// How many requests may wait for one thread. When they are that many, the next sender waits for its turn, in order;
/// nothing is dropped. It takes a disk that stands still to get there.
const BOUND: usize = 256;

/// What the thread owns.
pub(crate) trait Resident: Send + 'static {
    /// Cleans up behind a request that panicked.
    fn recover(&mut self);

    /// Returns how long to wait before [`Self::tick`], when there is something to do besides requests.
    fn pause(&self) -> Option<Duration> {
        None
    }

    /// Does what became due.
    fn tick(&mut self) {}

    /// Says goodbye to the file.
    fn close(self);
}

type Job<R> = Box<dyn FnOnce(&mut R) + Send>;

enum Message<R> {
    Job(Job<R>, OwnedSemaphorePermit),
    Stop,
}

/// The way to a thread. Dropping it ends the thread after what was sent before.
pub(crate) struct Worker<R> {
    sender: mpsc::Sender<Message<R>>,
    room: Arc<Semaphore>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl<R> fmt::Debug for Worker<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}

impl<R: Resident> Worker<R> {
    /// Starts a thread for `resident`.
    pub(crate) fn start(name: &str, resident: R) -> std::io::Result<Self> {
        let (sender, inbox) = mpsc::channel();
        let thread =
            thread::Builder::new().name(name.to_owned()).spawn(move || run(resident, &inbox))?;
        Ok(Self { sender, room: Arc::new(Semaphore::new(BOUND)), thread: Mutex::new(Some(thread)) })
    }

    /// Carries `job` out on the thread and returns its answer.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut R) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = self.room.clone().acquire_owned().await.map_err(|_| Error::Closed)?;
        let (answer, answered) = oneshot::channel();
        let job: Job<R> = Box::new(move |resident| {
            let result = catch_unwind(AssertUnwindSafe(|| job(resident))).unwrap_or_else(|panic| {
                resident.recover();
                Err(Error::Fault(words(panic.as_ref()).into()))
            });
            // Nobody waits any more: the work was done all the same.
            drop(answer.send(result));
        });
        self.sender.send(Message::Job(job, permit)).map_err(|_| Error::Closed)?;
        answered.await.map_err(|_| Error::Closed)?
    }

    /// Asks for `job` without waiting for it. Where there is no room nothing is asked: whoever posts will come again.
    pub(crate) fn post(&self, job: impl FnOnce(&mut R) + Send + 'static) {
        let Ok(permit) = self.room.clone().try_acquire_owned() else { return };
        let job: Job<R> = Box::new(move |resident| {
            if catch_unwind(AssertUnwindSafe(|| job(resident))).is_err() {
                resident.recover();
            }
        });
        // An error says that the thread has ended: nothing is left to be done.
        drop(self.sender.send(Message::Job(job, permit)));
    }

    /// Ends the thread after what was sent before, and waits for it.
    pub(crate) async fn stop(&self) {
        // An error says that the thread has ended already.
        drop(self.sender.send(Message::Stop));
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let ended = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(ended, Ok(Ok(()))) {
                tracing::error!("a store thread ended with a panic");
            }
        }
        self.room.close();
    }
}

fn run<R: Resident>(mut resident: R, inbox: &mpsc::Receiver<Message<R>>) {
    // Requests do not put a tick off: where one came every few seconds, there would be none.
    let mut ticked = Instant::now();
    loop {
        let message = match resident.pause() {
            None => inbox.recv().ok(),
            Some(pause) => match inbox.recv_timeout(pause.saturating_sub(ticked.elapsed())) {
                Ok(message) => Some(message),
                Err(mpsc::RecvTimeoutError::Disconnected) => None,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    if catch_unwind(AssertUnwindSafe(|| resident.tick())).is_err() {
                        resident.recover();
                    }
                    ticked = Instant::now();
                    continue;
                }
            },
        };
        match message {
            Some(Message::Job(job, permit)) => {
                job(&mut resident);
                drop(permit);
            }
            Some(Message::Stop) | None => break,
        }
    }
    resident.close();
}

/// Returns what a panic said, for the error. Panic messages of this crate name no number and no person.
fn words(panic: &(dyn Any + Send)) -> String {
    let said = panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned());
    said.unwrap_or_else(|| "a request panicked".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Counting(u32);

    impl Resident for Counting {
        fn recover(&mut self) {}

        fn pause(&self) -> Option<Duration> {
            Some(Duration::from_millis(40))
        }

        fn tick(&mut self) {
            self.0 += 1;
        }

        fn close(self) {}
    }

    #[tokio::test]
    async fn requests_that_keep_coming_do_not_put_a_tick_off() {
        let worker = Worker::start("test", Counting::default()).unwrap();
        let begun = Instant::now();
        let mut ticks = 0;
        while ticks < 3 && begun.elapsed() < Duration::from_secs(20) {
            tokio::time::sleep(Duration::from_millis(10)).await;
            ticks = worker.run(|counting| Ok(counting.0)).await.unwrap();
        }
        assert!(ticks >= 3, "{ticks} ticks");
        worker.stop().await;
    }
}
