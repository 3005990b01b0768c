//! The scribe: writes to the store in order, so that the controller never waits for the disk.

use std::{future::Future, pin::Pin};

use store::Store;
use tokio::sync::mpsc;

type Job = Box<dyn FnOnce(Store) -> Pin<Box<dyn Future<Output = store::Result<()>> + Send>> + Send>;

/// Where writes are handed in.
#[derive(Clone, Debug)]
pub(crate) struct Scribe {
    // Unbounded: what is written is this agent's own calls, some six writes each, so a queue here is a few kilobytes
    // even after hours of a full disk; and the store says what happens at its own bound.
    jobs: mpsc::UnboundedSender<Job>,
}

impl Scribe {
    /// Begins. The task ends when the last handle is gone and everything is written.
    pub(crate) fn begin(store: Store) -> (Self, tokio::task::JoinHandle<()>) {
        let (jobs, mut waiting) = mpsc::unbounded_channel::<Job>();
        let task = tokio::spawn(async move {
            while let Some(job) = waiting.recv().await {
                if let Err(error) = job(store.clone()).await {
                    tracing::error!(%error, "a change could not be written");
                }
            }
        });
        (Self { jobs }, task)
    }

    /// Hands a write in.
    pub(crate) fn write<F, W>(&self, write: F)
    where
        F: FnOnce(Store) -> W + Send + 'static,
        W: Future<Output = store::Result<()>> + Send + 'static,
    {
        let job: Job = Box::new(move |store| Box::pin(write(store)));
        // The scribe outlives the controller, so this fails only after the end.
        let _ = self.jobs.send(job);
    }
}
