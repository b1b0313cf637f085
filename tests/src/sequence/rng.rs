//! Where does chance come from? From one number, or first from bytes that somebody chose.

/// A stream of pseudo-random numbers (SplitMix64: Steele, Lea, Flood, OOPSLA 2014).
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
    /// What is read before the stream begins, the next byte last.
    given: Vec<u8>,
}

impl Rng {
    /// The stream `number` of a seed.
    pub fn new(seed: u64, number: u64) -> Self {
        let state = seed ^ number.wrapping_mul(0xd129_0ddb_53c4_3e49);
        let mut rng = Self { state, given: Vec::new() };
        rng.draw();
        rng
    }

    /// These bytes, and behind them always the same stream.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self { given: bytes.iter().rev().copied().collect(), ..Self::new(0, 0) }
    }

    /// The next given bytes as one number; none where they have all been read.
    fn read(&mut self, bytes: u32) -> Option<u64> {
        let mut number = None;
        for at in 0..bytes {
            let Some(byte) = self.given.pop() else { break };
            number = Some(number.unwrap_or(0) | u64::from(byte) << (8 * at));
        }
        number
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        if let Some(number) = self.read(8) {
            return number;
        }
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `count`, which must not be zero.
    pub fn below(&mut self, count: u64) -> u64 {
        // No more bytes than the number needs.
        let bytes = (64 - (count - 1).leading_zeros()).div_ceil(8);
        self.read(bytes).unwrap_or_else(|| self.draw()) % count
    }

    /// An index below `count`.
    pub fn index(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).unwrap()
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.below(low.abs_diff(high) + 1)).unwrap()
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// As many from one to two as from two to four, up to `most`.
    pub fn log(&mut self, most: u64) -> u64 {
        let doublings = u64::from(most.max(1).ilog2()) + 1;
        let base = 1_u64 << self.below(doublings);
        (base + self.below(base)).min(most.max(1))
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.index(all.len())]
    }
}
