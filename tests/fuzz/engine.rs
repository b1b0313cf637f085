//! Which input is tried next? One of those that reached something new, changed a little.

use plimsoll_tests::sequence::STEP_BYTES;

use crate::coverage::Reached;

/// Steps of an input at most.
const STEPS_MAX: usize = 60;

/// A stream of numbers (SplitMix64).
pub struct Chance(u64);

impl Chance {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(count).unwrap()).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

/// Inputs that reached something new, and all that was reached.
pub struct Corpus {
    /// In the order in which they were found.
    pub inputs: Vec<Vec<u8>>,
    /// By all of them.
    pub reached: Reached,
}

impl Corpus {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { inputs: Vec::new(), reached: Reached::none() }
    }

    /// Keeps an input if it reached something new.
    pub fn offer(&mut self, input: &[u8], reached: &Reached) -> bool {
        let new = self.reached.join(reached) > 0;
        if new {
            self.inputs.push(input.to_vec());
        }
        new
    }

    /// What to try next.
    pub fn next(&self, chance: &mut Chance) -> Vec<u8> {
        // Chance alone is good at what is likely: one in eight is new from the beginning.
        if self.inputs.len() < 16 || chance.below(8) == 0 {
            let length = 1 + chance.below(STEPS_MAX * STEP_BYTES);
            return (0..length).map(|_| chance.byte()).collect();
        }
        let mut input = self.pick(chance);
        for _ in 0..=chance.below(4) {
            let other = self.pick(chance);
            mutate(&mut input, &other, chance);
        }
        input.truncate(1 + STEPS_MAX * STEP_BYTES);
        input
    }

    /// One input; those found last every other time, since they lead on.
    fn pick(&self, chance: &mut Chance) -> Vec<u8> {
        let count = self.inputs.len();
        let back = if chance.below(2) == 0 { count } else { count.min(16) };
        self.inputs[count - 1 - chance.below(back)].clone()
    }
}

fn mutate(input: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    let steps = (input.len() - 1) / STEP_BYTES;
    let at = |step: usize| 1 + step * STEP_BYTES;
    let place = at(chance.below(steps + 1));
    let fresh: Vec<u8> = (0..STEP_BYTES).map(|_| chance.byte()).collect();
    match chance.below(8) {
        0 | 1 => drop(input.splice(place..place, fresh)),
        2 => input.extend(fresh),
        3 if steps > 1 => {
            let from = at(chance.below(steps));
            input.drain(from..from + STEP_BYTES);
        }
        4 if steps > 0 => {
            let from = at(chance.below(steps));
            let step = input[from..from + STEP_BYTES].to_vec();
            input.splice(place..place, step);
        }
        // What another input does from somewhere on.
        5 if other.len() > STEP_BYTES => {
            let from = at(chance.below((other.len() - 1) / STEP_BYTES));
            input.truncate(place);
            input.extend(&other[from..]);
        }
        6 => input[0] = chance.byte(),
        _ => {
            let at = chance.below(input.len());
            input[at] = chance.byte();
        }
    }
}
