//! Room for clients: so many at once, each at work, watching, or soon gone.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::deadline::QUICK;

/// Clients at once; the next ones wait. A window and a few commands is what people have.
const CLIENTS: usize = 32;
/// How many of them may watch, and so stay for ever.
const WATCHERS: usize = 24;
/// How long a client may do nothing between two requests.
const IDLE: Duration = Duration::from_secs(30);
/// Whoever has done nothing for so long gives its place to the next one, where there is no other.
const YIELDS: Duration = Duration::from_secs(1);

/// The places of clients.
#[derive(Debug)]
pub(super) struct Room {
    places: Arc<Semaphore>,
    watchers: Arc<Semaphore>,
    guests: Vec<Weak<Guest>>,
}

impl Default for Room {
    fn default() -> Self {
        let places = Arc::new(Semaphore::new(CLIENTS));
        Self { places, watchers: Arc::new(Semaphore::new(WATCHERS)), guests: Vec::new() }
    }
}

impl Room {
    /// Waits for a place. Where all are taken, the client that has been idle for the longest time goes.
    pub(super) async fn take(&mut self) -> (Arc<Guest>, OwnedSemaphorePermit) {
        let place = loop {
            if let Ok(place) = self.places.clone().try_acquire_owned() {
                break place;
            }
            self.send_one_away();
            tokio::select! {
                place = self.places.clone().acquire_owned() => {
                    break place.expect("this semaphore is never closed");
                }
                // Somebody may be idle by then.
                () = sleep(YIELDS / 4) => {}
            }
        };
        let guest = Arc::new(Guest {
            watchers: self.watchers.clone(),
            changed: Notify::new(),
            away: CancellationToken::new(),
            now: Mutex::new(Now {
                at_work: 0,
                watches: false,
                patience: QUICK,
                since: Instant::now(),
            }),
        });
        self.guests.retain(|guest| guest.strong_count() > 0);
        self.guests.push(Arc::downgrade(&guest));
        (guest, place)
    }

    fn send_one_away(&self) {
        let guests = self.guests.iter().filter_map(Weak::upgrade);
        let idle = guests.filter_map(|guest| {
            let since = guest.idle_since().filter(|since| since.elapsed() >= YIELDS)?;
            Some((since, guest))
        });
        if let Some((_, guest)) = idle.min_by_key(|(since, _)| *since) {
            guest.away.cancel();
        }
    }
}

/// A client that has a place.
#[derive(Debug)]
pub(super) struct Guest {
    watchers: Arc<Semaphore>,
    changed: Notify,
    away: CancellationToken,
    now: Mutex<Now>,
}

#[derive(Debug)]
struct Now {
    /// Requests under way.
    at_work: usize,
    watches: bool,
    /// How long it may do nothing: shorter until its first line.
    patience: Duration,
    /// When it last did something.
    since: Instant,
}

impl Guest {
    /// A line has come.
    pub(super) fn has_asked(&self) {
        let mut now = self.now();
        (now.patience, now.since) = (IDLE, Instant::now());
    }

    /// It watches from now on, and may stay, as long as it keeps what this returns. `None`: too many do.
    pub(super) fn watches(&self) -> Option<OwnedSemaphorePermit> {
        let place = self.watchers.clone().try_acquire_owned().ok()?;
        self.now().watches = true;
        Some(place)
    }

    /// A request is under way until the returned value is dropped.
    pub(super) fn begins(self: &Arc<Self>) -> Work {
        self.now().at_work += 1;
        Work(self.clone())
    }

    /// Waits until it has done nothing for too long.
    pub(super) async fn has_idled(&self) {
        loop {
            let changed = self.changed.notified();
            let until = self.idle_since().map(|since| since + self.now().patience);
            match until {
                Some(until) if until <= Instant::now() => return,
                Some(until) => tokio::select! {
                    () = sleep_until(until) => {}
                    () = changed => {}
                },
                None => changed.await,
            }
        }
    }

    /// Waits until somebody else needs the place.
    pub(super) async fn is_sent_away(&self) {
        self.away.cancelled().await;
    }

    fn idle_since(&self) -> Option<Instant> {
        let now = self.now();
        (now.at_work == 0 && !now.watches).then_some(now.since)
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way.
#[derive(Debug)]
pub(super) struct Work(Arc<Guest>);

impl Drop for Work {
    fn drop(&mut self) {
        let mut now = self.0.now();
        now.at_work -= 1;
        now.since = Instant::now();
        drop(now);
        // Kept for whoever begins to wait a moment later.
        self.0.changed.notify_one();
    }
}
