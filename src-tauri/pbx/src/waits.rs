//! How long to wait before the next try to connect.

use std::time::Duration;

use crate::{
    client::Timeouts,
    error::{Error, Retry, TOKEN_LIMIT_PAUSE},
};

/// The longest wait while this computer has no way to the PBX at all. To look again costs no packet, and the news of a
/// link that is back may not have reached us. Source: faults.md B13.
const NO_NETWORK: Duration = Duration::from_secs(2);

/// Returns how long to wait after the given number of failures in a row; `None`: until a person has acted.
///
/// After the PBX has ended a connection all of its desktops begin to wait at the same moment. So the first wait is a
/// part of `spread`, which is zero for those that must not miss what is going on.
pub(crate) fn wait(
    error: &Error,
    failures: u32,
    spread: Duration,
    timeouts: &Timeouts,
) -> Option<Duration> {
    let pause = match (error, error.retry()) {
        (Error::Interrupted, _) => return Some(Duration::ZERO),
        // A token becomes free within thirty minutes; two desktops should not wait for it in step.
        (Error::TokenLimit, _) => {
            return Some(TOKEN_LIMIT_PAUSE + part(Duration::from_secs(180)));
        }
        (Error::Closed, _) | (_, Retry::AfterPerson) => return None,
        (_, Retry::Later { after }) => after.unwrap_or_default(),
        // Today's firmware is not tomorrow's.
        (_, Retry::Never) => timeouts.longest_wait,
    };
    let growing = timeouts.first_wait.saturating_mul(2_u32.saturating_pow(failures));
    let longest = if error.is_without_network() { NO_NETWORK } else { timeouts.longest_wait };
    Some(pause + part(growing.min(longest).max(spread)))
}

/// Returns a random part: when a PBX starts again, its desktops do not come all at once.
fn part(of: Duration) -> Duration {
    of.mul_f64(rand::random::<f64>())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const NO_SPREAD: Duration = Duration::ZERO;

    #[test]
    fn waits_grow_to_their_limit_and_the_first_is_short() {
        let timeouts = Timeouts::default();
        for _ in 0..200 {
            assert!(
                wait(&Error::Timeout, 0, NO_SPREAD, &timeouts).unwrap() <= Duration::from_secs(1)
            );
            assert!(
                wait(&Error::Timeout, 3, NO_SPREAD, &timeouts).unwrap() <= Duration::from_secs(8)
            );
            assert!(
                wait(&Error::Timeout, 40, NO_SPREAD, &timeouts).unwrap() <= Duration::from_secs(30)
            );
            let full = wait(&Error::TokenLimit, 0, NO_SPREAD, &timeouts).unwrap();
            assert!((120..=300).contains(&full.as_secs()), "{full:?}");
        }
        assert!(
            (0..50)
                .any(|_| wait(&Error::Timeout, 40, NO_SPREAD, &timeouts).unwrap().as_secs() > 15)
        );
    }

    #[test]
    fn no_second_sees_a_tenth_of_all_desktops_come_back_to_a_pbx_that_has_started_again() {
        let timeouts = Timeouts::default();
        for away in [60, 90, 300, 3_600] {
            // A refused connection costs the PBX nothing; what counts is the first try of each that it answers.
            let mut answered = std::collections::BTreeMap::<u64, u32>::new();
            for _ in 0..4_000 {
                let (mut at, mut failures) = (Duration::ZERO, 0);
                while at < Duration::from_secs(away) {
                    at += wait(&Error::Timeout, failures, NO_SPREAD, &timeouts).unwrap();
                    failures += 1;
                }
                *answered.entry(at.as_secs()).or_default() += 1;
            }
            let most = answered.values().max().copied().unwrap_or_default();
            assert!(most <= 400, "{most} of 4,000 in one second after {away} s: {answered:?}");
        }
    }

    #[test]
    fn without_a_network_it_is_looked_for_every_two_seconds_and_costs_no_packet() {
        let timeouts = Timeouts::default();
        let error =
            |kind| Error::Unreachable(Arc::new(std::io::Error::other(std::io::Error::from(kind))));
        use std::io::ErrorKind as K;
        for _ in 0..200 {
            let none = wait(&error(K::NetworkUnreachable), 40, NO_SPREAD, &timeouts).unwrap();
            assert!(none <= Duration::from_secs(2), "{none:?}");
        }
        let waits = |kind| {
            (0..50).filter_map(move |_| wait(&error(kind), 40, NO_SPREAD, &Timeouts::default()))
        };
        assert!(
            waits(K::HostUnreachable).any(|wait| wait.as_secs() > 2),
            "a question to the network"
        );
        assert!(waits(K::ConnectionRefused).any(|wait| wait.as_secs() > 2));
    }

    #[test]
    fn a_change_of_the_network_lifts_no_refusal_and_no_pause() {
        for error in [
            Error::CredentialsRefused { code: 1 },
            Error::AddressBlocked { until: None },
            Error::AddressNotAllowed,
            Error::ApiOff,
            Error::TokenLimit,
            Error::TokenContested { pause: Duration::from_secs(300) },
            Error::TokenRefused,
            Error::Overloaded,
            Error::Closed,
        ] {
            assert!(!error.may_be_the_network(), "{error}");
        }
    }

    #[test]
    fn what_only_a_person_can_mend_is_not_tried_again() {
        let timeouts = Timeouts::default();
        for error in [
            Error::CredentialsRefused { code: 1 },
            Error::AddressBlocked { until: None },
            Error::AddressNotAllowed,
            Error::ApiOff,
            Error::Closed,
        ] {
            assert_eq!(wait(&error, 0, NO_SPREAD, &timeouts), None, "{error}");
        }
    }
}
