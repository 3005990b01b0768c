//! The time that a server on the far side of a real network takes.

use std::time::Duration;

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

/// Every request takes a random time within a range: a part of it on the way in, before anything is done, and the rest
/// on the way out. One seed gives one sequence of times.
#[derive(Clone, Debug)]
pub struct Latency {
    least: Duration,
    most: Duration,
    dice: StdRng,
}

impl Latency {
    /// Takes between `least` and `most`.
    ///
    /// # Panics
    ///
    /// When `least` is more than `most`.
    pub fn between(least: Duration, most: Duration, seed: u64) -> Self {
        assert!(least <= most, "no time lies between {least:?} and {most:?}");
        Self { least, most, dice: StdRng::seed_from_u64(seed) }
    }

    /// The next request's time: before it is carried out, and after.
    pub(crate) fn draw(&mut self) -> (Duration, Duration) {
        let whole = self.dice.random_range(self.least..=self.most);
        let before = whole.mul_f64(self.dice.random::<f64>());
        (before, whole.saturating_sub(before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_the_same_times_again_and_all_are_within_the_range() {
        let range = (Duration::from_millis(20), Duration::from_secs(3));
        let mut dice = [7, 7, 8].map(|seed| Latency::between(range.0, range.1, seed));
        let drawn = dice.each_mut().map(|one| (0..50).map(|_| one.draw()).collect::<Vec<_>>());
        assert_eq!(drawn[0], drawn[1]);
        assert_ne!(drawn[0], drawn[2]);
        for (before, after) in &drawn[0] {
            assert!((range.0..=range.1).contains(&(*before + *after)));
        }
    }
}
