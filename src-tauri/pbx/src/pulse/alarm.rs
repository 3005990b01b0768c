//! A timer that rings at once when the computer wakes up.
//!
//! Linux has timers that count sleep: one that ran out meanwhile rings at the moment of waking up, so it need not ring
//! often. Source: timerfd_create(2), `CLOCK_BOOTTIME`. Elsewhere a timer stands still with the computer, and a short one
//! is what notices within three seconds.

use std::time::Duration;

#[cfg(target_os = "linux")]
pub(super) use boot_time::{Alarm, BEAT};
#[cfg(not(target_os = "linux"))]
pub(super) use short::{Alarm, BEAT};

/// Where the system gives no such timer, or has none.
const SHORT: Duration = Duration::from_millis(2_500);

#[cfg(target_os = "linux")]
mod boot_time {
    use std::{io, os::fd::OwnedFd, time::Duration};

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::unix::AsyncFd;

    use super::SHORT;

    /// Between two rings. A third of a minute of sleep is noticed at once, whenever it began.
    pub(crate) const BEAT: Duration = Duration::from_secs(8);

    #[derive(Debug)]
    pub(crate) struct Alarm {
        /// None where the process has no file descriptor to spare.
        timer: Option<AsyncFd<OwnedFd>>,
        set: bool,
    }

    impl Alarm {
        pub(crate) fn new() -> Self {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            #[expect(
                deprecated,
                reason = "an OwnedFd stays the same open file while it is watched"
            )]
            let watch = AsyncFd::new;
            let timer = timerfd_create(TimerfdClockId::Boottime, flags)
                .map_err(io::Error::from)
                .and_then(watch)
                .inspect_err(|error| tracing::warn!(%error, "no timer that counts sleep"))
                .ok();
            Self { timer, set: false }
        }

        /// Rings a beat after the last ring. Cancel-safe: a ring that nobody waited for is not lost.
        pub(crate) async fn rings(&mut self) {
            if let Some(timer) = &self.timer {
                let rang = async {
                    if !self.set {
                        set(timer)?;
                        self.set = true;
                    }
                    ring(timer).await
                };
                let rang = rang.await;
                self.set = false;
                let Err(error) = rang else { return };
                tracing::warn!(%error, "the timer that counts sleep has failed");
                self.timer = None;
            }
            tokio::time::sleep(SHORT).await;
        }

        /// Has the next ring come a beat after the next wait begins.
        pub(crate) fn reset(&mut self) {
            self.set = false;
        }
    }

    fn set(timer: &AsyncFd<OwnedFd>) -> io::Result<()> {
        let value = Timespec::try_from(BEAT).map_err(|_| io::ErrorKind::InvalidInput)?;
        let once = Itimerspec { it_interval: Timespec::default(), it_value: value };
        timerfd_settime(timer.get_ref(), TimerfdTimerFlags::empty(), &once)?;
        Ok(())
    }

    async fn ring(timer: &AsyncFd<OwnedFd>) -> io::Result<()> {
        loop {
            let mut ready = timer.readable().await?;
            let mut rings = [0; 8];
            let read = ready.try_io(|timer| Ok(rustix::io::read(timer.get_ref(), &mut rings)?));
            // Otherwise the readiness was that of an earlier setting.
            if let Ok(read) = read {
                return read.map(drop);
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[tokio::test]
        async fn a_wait_that_is_given_up_and_begun_again_does_not_put_the_ring_off() {
            let mut alarm = Alarm::new();
            let began = std::time::Instant::now();
            let soon = Timespec { tv_sec: 0, tv_nsec: 120_000_000 };
            let timer = alarm.timer.as_ref().unwrap();
            let once = Itimerspec { it_interval: Timespec::default(), it_value: soon };
            timerfd_settime(timer.get_ref(), TimerfdTimerFlags::empty(), &once).unwrap();
            alarm.set = true;
            while tokio::time::timeout(Duration::from_millis(10), alarm.rings()).await.is_err() {
                assert!(began.elapsed() < Duration::from_secs(10), "it never rang");
            }
            assert!(began.elapsed() >= Duration::from_millis(120));
            let again = tokio::time::timeout(Duration::from_millis(50), alarm.rings()).await;
            assert!(again.is_err(), "the next ring is a beat away");
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod short {
    use std::time::Duration;

    use tokio::time::{Instant, sleep_until};

    /// Between two rings: short enough to notice within three seconds of waking up.
    pub(crate) const BEAT: Duration = super::SHORT;

    #[derive(Debug)]
    pub(crate) struct Alarm(Instant);

    impl Alarm {
        pub(crate) fn new() -> Self {
            Self(Instant::now() + BEAT)
        }

        /// Rings a beat after the last ring. Cancel-safe.
        pub(crate) async fn rings(&mut self) {
            sleep_until(self.0).await;
            self.reset();
        }

        /// Has the next ring come a beat from now.
        pub(crate) fn reset(&mut self) {
            self.0 = Instant::now() + BEAT;
        }
    }
}
