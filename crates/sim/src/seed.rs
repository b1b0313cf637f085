//! Where does chance come from? From one number, so that it is the same chance every time.
//!
//! Each part of the simulation draws from a stream of its own: what one draws does not shift
//! what the others get.

/// A stream of pseudo-random numbers (SplitMix64: Steele, Lea, Flood, OOPSLA 2014).
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
}

/// Spreads of [`Rng::bell`] have this many draws; their sum has a variance of one at this scale.
const BELL_DRAWS: u32 = 12;
/// One standard deviation of [`Rng::bell`] in its unit.
pub const BELL_ONE: i64 = 1_000;

impl Rng {
    /// The stream `label` of a run with `seed`.
    pub fn new(seed: u64, label: &str) -> Self {
        let mut rng = Self { state: seed ^ 0x9e37_79b9_7f4a_7c15 };
        for byte in label.bytes() {
            rng.state ^= u64::from(byte);
            rng.next();
        }
        rng
    }

    /// The next number.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `count`, which must not be zero. The bias is below 2^-40 for small counts.
    pub fn below(&mut self, count: u64) -> u64 {
        self.next() % count
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// A bell-shaped number with mean zero and a standard deviation of [`BELL_ONE`].
    pub fn bell(&mut self) -> i64 {
        let draws = (0..BELL_DRAWS).map(|_| self.below(1_001) as i64 - 500);
        draws.sum()
    }

    /// A number between `low` and `high` whose logarithm is about even: as many from one to two
    /// as from two to four.
    pub fn log_between(&mut self, low: u64, high: u64) -> u64 {
        let doublings = u64::from((high / low).max(1).ilog2());
        let base = low << self.below(doublings + 1);
        (base + self.below(base)).min(high)
    }

    /// Thirty-two bytes, for a key pair.
    pub fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ_by_label() {
        let draw = |label| {
            let mut rng = Rng::new(7, label);
            [rng.next(), rng.next(), rng.next()]
        };
        assert_eq!(draw("books"), draw("books"));
        assert_ne!(draw("books"), draw("noise"));
    }

    #[test]
    fn the_bell_has_its_mean_and_spread() {
        let mut rng = Rng::new(1, "bell");
        let draws: Vec<i64> = (0..10_000).map(|_| rng.bell()).collect();
        let mean = draws.iter().sum::<i64>() / 10_000;
        let variance = draws.iter().map(|draw| draw * draw).sum::<i64>() / 10_000;
        assert!(mean.abs() < 40, "{mean}");
        assert!((900_000..1_100_000).contains(&variance), "{variance}");
    }

    #[test]
    fn logarithmic_draws_stay_within_their_bounds() {
        let mut rng = Rng::new(1, "log");
        assert!((0..1_000).all(|_| (10..=100).contains(&rng.log_between(10, 100))));
    }
}
