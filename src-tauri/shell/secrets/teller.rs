//! One thread that asks the secret store, one thing after the other, for callers whose patience ends.

use std::{
    fmt,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use keyring_core::Error;

use super::question;

type Job = Box<dyn FnOnce() + Send>;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// None came in time: the store may wait for a person who unlocks it.
    Silent,
    /// A person has turned the store's question away, and the store is not open since.
    Declined,
    /// The store said why.
    Refused(Error),
    /// The library of the store has failed.
    Dead,
}

impl Failure {
    fn of(error: Error) -> Self {
        if question::was_turned_away(&error) { Self::Declined } else { Self::Refused(error) }
    }

    /// Says whether the store is there, and may answer once a person has unlocked it.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::Silent | Self::Declined | Self::Refused(Error::NoStorageAccess(_)))
    }
}

/// Says what went wrong without the bytes that some errors carry.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Refused(error) = self else {
            return f.write_str(match self {
                Self::Silent => "the secret store does not answer; it may be locked",
                Self::Declined => "the secret store stays locked: nobody wanted it unlocked",
                Self::Refused(_) | Self::Dead => "the secret store's library has failed",
            });
        };
        match error {
            Error::PlatformFailure(cause) => write!(f, "the secret store has failed: {cause}"),
            Error::NoStorageAccess(cause) => write!(f, "the secret store denies access: {cause}"),
            Error::NoEntry => f.write_str("there is no such entry"),
            Error::BadEncoding(_) | Error::BadDataFormat(..) => {
                f.write_str("the entry is not what was written")
            }
            Error::TooLong(..) => f.write_str("the entry is too long for the secret store"),
            Error::Ambiguous(_) => f.write_str("the secret store has several entries of this name"),
            other => write!(f, "the secret store has failed: {other}"),
        }
    }
}

/// Asks the store. What hangs there hangs here, on its own thread, and the next question waits its turn: a person who
/// is asked to unlock a key ring is asked once. Who says no is not asked again either: from then on the store is only
/// asked once it is open.
#[derive(Debug)]
pub(super) struct Teller {
    jobs: mpsc::Sender<Job>,
    patience: Duration,
    declined: Arc<AtomicBool>,
    is_open: fn() -> bool,
}

impl Teller {
    /// Begins. The thread ends when this is dropped and what it was asked has been answered. `is_open` looks, without a
    /// question to anybody, whether the store is unlocked.
    pub(super) fn begin(patience: Duration, is_open: fn() -> bool) -> Self {
        let (jobs, asked) = mpsc::channel::<Job>();
        let work = move || {
            for job in asked {
                // Whoever asked learns of it by the answer that does not come.
                let _ = panic::catch_unwind(AssertUnwindSafe(job));
            }
        };
        if let Err(error) = thread::Builder::new().name("secret store".to_owned()).spawn(work) {
            // Each question then says that there is nobody to answer it.
            tracing::warn!(%error, "no thread could be started");
        }
        Self { jobs, patience, declined: Arc::default(), is_open }
    }

    /// Says whether a person has turned the question away, and the store is not open since.
    pub(super) fn is_declined(&self) -> bool {
        self.declined.load(Ordering::Acquire)
    }

    /// Asks, and gives up after a while. What was not begun by then is not done.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Failure> {
        let (done, wait) = mpsc::sync_channel(1);
        let given_up = Arc::new(AtomicBool::new(false));
        let seen = given_up.clone();
        let (declined, is_open) = (self.declined.clone(), self.is_open);
        let job = move || {
            if seen.load(Ordering::Acquire) {
                return;
            }
            let answer = if declined.load(Ordering::Acquire) && !is_open() {
                Err(Failure::Declined)
            } else {
                // The answer may come long after whoever asked has gone; that somebody said no counts all the same.
                let answer = work().map_err(Failure::of);
                declined.store(matches!(answer, Err(Failure::Declined)), Ordering::Release);
                answer
            };
            // Nobody may be waiting any more.
            let _ = done.send(answer);
        };
        self.jobs.send(Box::new(job)).map_err(|_| Failure::Dead)?;
        match wait.recv_timeout(self.patience) {
            Ok(answer) => answer,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                given_up.store(true, Ordering::Release);
                Err(Failure::Silent)
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(Failure::Dead),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicU32, time::Instant};

    use super::*;

    #[test]
    fn a_store_that_hangs_is_given_up() {
        let teller = Teller::begin(Duration::from_millis(50), || false);
        let asked = Instant::now();
        let answer = teller.ask(|| {
            thread::sleep(Duration::from_secs(3));
            Ok(())
        });
        assert!(answer.is_err_and(|failure| failure.may_pass()));
        assert!(asked.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn what_waited_behind_it_in_vain_is_not_done_later() {
        let teller = Teller::begin(Duration::from_millis(50), || false);
        let (go_on, hang) = mpsc::channel::<()>();
        let hung = teller.ask(move || Ok(hang.recv().is_ok()));
        assert!(hung.is_err());
        let times = Arc::new(AtomicU32::new(0));
        for _ in 0..3 {
            let times = times.clone();
            let answer = teller.ask(move || Ok(times.fetch_add(1, Ordering::Relaxed)));
            assert!(answer.is_err());
        }
        go_on.send(()).unwrap();
        let last = times.clone();
        let answered = (0..100).find_map(|_| {
            let last = last.clone();
            teller.ask(move || Ok(last.load(Ordering::Relaxed))).ok()
        });
        assert_eq!(answered, Some(0));
    }

    #[test]
    fn a_library_that_panics_is_an_error() {
        let teller = Teller::begin(Duration::from_secs(5), || false);
        let answer = teller.ask::<()>(|| panic!("as asked"));
        assert!(matches!(answer, Err(Failure::Dead)));
        assert!(teller.ask(|| Ok(())).is_ok());
    }
}
