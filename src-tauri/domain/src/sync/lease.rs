//! Which desktop of a team fills the phonebook.
//!
//! A desktop that wants to makes a claim on the PBX that all of them can read: an empty phonebook whose name says who
//! and until when. Of the claims that have not run out, the one made first counts. See
//! `docs/decisions/0004-contact-sync-lease.md`.

use std::time::Duration;

use super::BookId;
use crate::{ids::UserId, time::Timestamp};

/// A claim counts for so long, unless it is renewed: after so long a desktop that is gone is replaced.
const LIFE: Duration = Duration::from_secs(4 * 3_600);
/// A claim is renewed when less than this is left of it, so that most runs write nothing.
const RENEWED_BEFORE: Duration = Duration::from_secs(2 * 3_600);

/// The clocks of two desktops may differ by so much.
const AHEAD: Duration = Duration::from_secs(3_600);

const WORD: &str = " Patchcord ";
const HOUR: i64 = 3_600;

/// A desktop, by a name without blanks that no other has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Holder(String);

impl Holder {
    /// Names a desktop by its extension and a few characters of its own, since a person may have two.
    pub fn new(extension: &str, own: &str) -> Self {
        let plain = |text: &str| -> String {
            text.chars().filter(char::is_ascii_alphanumeric).take(12).collect()
        };
        Self(format!("{}-{}", plain(extension), plain(own)))
    }

    /// Returns the extension, for people.
    pub fn extension(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }
}

/// A desktop's claim to fill a phonebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The empty phonebook that it is. A PBX counts upwards, so the lower one was made first.
    pub book: BookId,
    /// Whose it is.
    pub holder: Holder,
    /// Whose records the whole phonebook shows, where it says so: the Salesforce user of the desktop.
    pub user: Option<UserId>,
    /// When it runs out.
    pub until: Timestamp,
}

/// What the claims mean for one desktop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It fills the phonebook.
    Mine {
        /// Its claim.
        claim: Claim,
        /// The claim is to be renewed.
        renew: bool,
    },
    /// Another one does.
    Theirs(Holder),
    /// Nobody does.
    Nobody,
}

impl Claim {
    /// Returns the name of the phonebook that makes the claim, and when it runs out. `user`: where everything in the
    /// filled one is theirs.
    pub fn name(
        phonebook: &str,
        holder: &Holder,
        user: Option<&UserId>,
        now: Timestamp,
    ) -> (String, Timestamp) {
        let hours = now.plus(LIFE).as_seconds().div_euclid(HOUR);
        let user = user.map(|user| format!("-{user}")).unwrap_or_default();
        let name = format!("{phonebook}{WORD}{}{user} {hours}", holder.0);
        (name, Timestamp::from_seconds(hours * HOUR))
    }

    /// Reads a claim to `phonebook`; `None`: the name says something else.
    pub fn read(book: BookId, name: &str, phonebook: &str) -> Option<Self> {
        let (holder, hours) = name.strip_prefix(phonebook)?.strip_prefix(WORD)?.split_once(' ')?;
        let until = Timestamp::from_seconds(hours.parse::<i64>().ok()?.checked_mul(HOUR)?);
        // Earlier versions name no user.
        let mut parts = holder.splitn(3, '-');
        let holder = Holder(format!("{}-{}", parts.next()?, parts.next()?));
        let user = parts.next().and_then(UserId::parse);
        Some(Self { book, holder, user, until })
    }

    /// Says whether it has run out. A claim that has is not renewed: another desktop may be at work by now.
    pub fn has_run_out(&self, now: Timestamp) -> bool {
        self.until <= now
    }

    /// Says whether it counts: one that runs out later than any can was made by a clock that is ahead, and would keep the
    /// whole office out.
    fn counts(&self, now: Timestamp) -> bool {
        !self.has_run_out(now) && self.until <= now.plus(LIFE + AHEAD)
    }
}

/// Says what the claims mean for `me`.
pub fn standing(claims: &[Claim], me: &Holder, now: Timestamp) -> Standing {
    let first = claims.iter().filter(|c| c.counts(now)).min_by_key(|claim| claim.book);
    match first {
        None => Standing::Nobody,
        Some(claim) if claim.holder == *me => {
            Standing::Mine { claim: claim.clone(), renew: claim.until <= now.plus(RENEWED_BEFORE) }
        }
        Some(claim) => Standing::Theirs(claim.holder.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_seconds(1_767_614_400);

    fn claim(book: u64, who: &str, made: Timestamp) -> Claim {
        let holder = Holder::new(who, "3f9a");
        let user = UserId::parse("0055g00000EXAMP");
        for user in [None, user.as_ref()] {
            let (name, until) = Claim::name("Salesforce", &holder, user, made);
            let read = Claim::read(BookId(book), &name, "Salesforce").unwrap();
            assert_eq!((&read.holder, read.user.as_ref(), read.until), (&holder, user, until));
        }
        let (name, _) = Claim::name("Salesforce", &holder, None, made);
        Claim::read(BookId(book), &name, "Salesforce").unwrap()
    }

    #[test]
    fn claims_of_earlier_versions_are_read_and_name_no_user() {
        let name = "Salesforce Patchcord 4101-3f9a12c0 490997";
        let read = Claim::read(BookId(7), name, "Salesforce").unwrap();
        assert_eq!((read.holder, read.user), (Holder::new("4101", "3f9a12c0"), None));
    }

    #[test]
    fn of_two_claims_the_one_made_first_counts_for_both() {
        let claims = [claim(8, "4102", NOON), claim(7, "4101", NOON)];
        let (first, second) = (&claims[1].holder, &claims[0].holder);
        assert!(matches!(standing(&claims, first, NOON), Standing::Mine { renew: false, .. }));
        assert_eq!(standing(&claims, second, NOON), Standing::Theirs(first.clone()));
        assert_eq!(first.extension(), "4101");
    }

    #[test]
    fn a_claim_is_renewed_while_it_counts_and_lost_once_it_has_run_out() {
        let claims = [claim(7, "4101", NOON)];
        let me = &claims[0].holder;
        let later = |hours: u64| NOON.plus(Duration::from_secs(hours * 3_600));
        assert!(matches!(standing(&claims, me, later(1)), Standing::Mine { renew: false, .. }));
        assert!(matches!(standing(&claims, me, later(3)), Standing::Mine { renew: true, .. }));
        assert_eq!(standing(&claims, me, later(4)), Standing::Nobody);
    }

    #[test]
    fn a_claim_by_a_clock_that_is_a_day_ahead_keeps_nobody_out() {
        let claims = [claim(7, "4101", NOON.plus(Duration::from_secs(86_400)))];
        let other = Holder::new("4102", "77aa");
        assert_eq!(standing(&claims, &other, NOON), Standing::Nobody);
        let claims = [claim(7, "4101", NOON.plus(Duration::from_secs(1_800)))];
        assert!(matches!(standing(&claims, &other, NOON), Standing::Theirs(_)));
    }

    #[test]
    fn other_phonebooks_are_no_claims() {
        for name in [
            "Salesforce",
            "Salesforce 2",
            "Salesforce Patchcord",
            "Salesforce Patchcord x 1",
            "Salesforce Patchcord 4101-3f9a soon",
            "Salesforce Patchcord 4101-3f9a 9223372036854775807",
            "Sales Patchcord 4101-3f9a 490001",
        ] {
            assert_eq!(Claim::read(BookId(1), name, "Salesforce"), None, "{name}");
        }
    }
}
