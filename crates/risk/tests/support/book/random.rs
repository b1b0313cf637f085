//! Random markets with options, and random books in them.

use super::{Contract, Row, Underlying, DOLLAR};
use crate::support::{position_key, token_key};
use plimsoll_risk::{Holding, RowKey, RowKind, ScenarioSet};
use plimsoll_units::{QuoteAtoms, Value};

/// A generator of numbers (Steele, Lea and Flood, *Fast splittable pseudorandom number
/// generators*, 2014).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Between two numbers.
    pub fn within(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * (self.next() >> 11) as f64 / 2f64.powi(53)
    }

    /// Between two numbers, evenly in its logarithm.
    pub fn scaled(&mut self, from: f64, to: f64) -> f64 {
        self.within(from.ln(), to.ln()).exp()
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

/// A market: its underlyings and rows.
pub struct World {
    pub underlyings: Vec<Underlying>,
    pub rows: Vec<Row>,
}

/// Up to three underlyings, each with tokens, perpetuals and options of three expiries, some of
/// which may be in their settlement window.
pub fn world(dice: &mut Dice) -> World {
    let mut world = World { underlyings: Vec::new(), rows: Vec::new() };
    for index in 1..=1 + dice.below(3) as u16 {
        let price = dice.scaled(0.001, 100_000.0) * DOLLAR;
        let one = Underlying {
            index,
            price,
            low: price * dice.within(0.9, 1.0),
            high: price * dice.within(1.0, 1.1),
            scan: dice.within(30_000.0, 320_000.0) as u32,
            volatility_scan: dice.within(0.1, 0.6),
            slope: dice.within(0.0, 500_000.0) as u32,
            share_max: dice.pick(&[0, 300_000, 1_000_000]),
            depth: dice.pick(&[0.0, 1e12, 1e13, 1e15]),
            basis: dice.within(0.0, 20_000.0) as u32,
            multiplier: dice.within(1e6, 2e6) as u32,
            floor: dice.pick(&[0, 5_000, 20_000]),
            set: ScenarioSet::SPAN,
        };
        add_rows(&mut world.rows, &one, dice);
        world.underlyings.push(one);
    }
    world
}

fn add_rows(rows: &mut Vec<Row>, one: &Underlying, dice: &mut Dice) {
    let weight = dice.pick(&[0, 500_000, 1_000_000, 1_000_000]);
    // A lot of no more than ten million dollars: a unit of 2^63 steps ends there.
    let lot = dice.pick(&[0.01f64, 1.0, 1.0, 1000.0]).min(1e6 * DOLLAR / one.price);
    for index in 0..3 {
        let price = one.price * 1e-9;
        rows.push(Row { key: token_key(one.index, index), price, weight, array: None });
    }
    for index in 0..2 {
        let price = one.price * lot;
        rows.push(Row { key: position_key(one.index, index), price, weight, array: None });
    }
    let volatility = dice.within(0.2, 1.5);
    let expiries = [dice.within(0.001, 0.02), dice.within(0.02, 0.2), dice.within(0.2, 1.0)];
    let fading = dice.below(3) == 0;
    for index in 2..26 {
        let expiry = dice.below(3) as usize;
        let years = expiries[expiry];
        let fading = fading && expiry == 0;
        let lot = if dice.below(8) == 0 { lot * 10.0 } else { lot };
        let wide = volatility * years.sqrt() * 2.0;
        let strike = one.price
            * (dice.within(-wide, wide) * 8.0).round().exp2().clamp(0.2, 5.0)
            * dice.pick(&[0.9, 0.95, 1.0, 1.0, 1.05, 1.1]);
        let contract = Contract {
            call: dice.below(2) == 0,
            strike,
            volatility: volatility * dice.within(0.9, 1.2),
            years,
            lot,
            fading,
        };
        let (price, array) = match fading && dice.below(3) == 0 {
            true => one.fading_future(lot, 0.4, (years * 31_536_000.0) as i64),
            false => one.option(contract),
        };
        rows.push(Row { key: position_key(one.index, index), price, weight, array: Some(array) });
    }
}

/// A book of up to eight tokens and 24 positions. Sizes are of a few kinds, so that some of it
/// hedges the rest exactly.
pub fn book(world: &World, dice: &mut Dice) -> Vec<Holding> {
    let dollars = dice.scaled(1.0, 1e8);
    let cash = QuoteAtoms::new((dice.within(-0.5, 1.0) * dollars * DOLLAR) as i64).get();
    let mut account = vec![Holding { key: RowKey::QUOTE, quantity: cash, quote: Value::ZERO }];
    let (mut tokens, mut positions) = (7, 24);
    let rare = dice.pick(&[1, 2, 4, 8]);
    let shape = dice.below(4);
    // Some books are of options of one expiry alone, and so bounded more often.
    let expiry = dice.pick(&[None, None, Some(2usize), Some(3), Some(4)]);
    for row in &world.rows {
        let expires_at = row.array.as_ref().map(|array| array.expires_at);
        let soonest = world.rows.get(expiry.unwrap_or(0) + 3).and_then(|row| row.array.as_ref());
        if expiry.is_some()
            && (expires_at.is_none() && shape != 3
                || expires_at.is_some() && expires_at != soonest.map(|array| array.expires_at))
        {
            continue;
        }
        let left = if row.key.kind() == RowKind::Token { &mut tokens } else { &mut positions };
        if *left == 0 || dice.below(rare + 1) != 0 {
            continue;
        }
        *left -= 1;
        let quantity = quantity(world, row, dollars, shape, dice);
        let quote = match row.key.kind() {
            RowKind::Token => Value::ZERO,
            RowKind::Position => {
                let flow = -(quantity as f64) * row.price * dice.within(0.7, 1.3);
                Value::from_quote(QuoteAtoms::new(flow as i64))
            }
        };
        account.push(Holding { key: row.key, quantity, quote });
    }
    account
}

fn quantity(world: &World, row: &Row, dollars: f64, shape: u64, dice: &mut Dice) -> i64 {
    let u = world.underlyings.iter().find(|one| one.index == row.key.underlying()).unwrap();
    let size = match shape {
        0 => dice.scaled(1e-3, 1.0) * dollars,
        _ => dice.pick(&[1.0, 1.0, 1.0, 2.0]) * dollars,
    };
    let sign = if dice.below(2) == 0 { 1 } else { -1 };
    // Lots of the underlying's first perpetual, so that equal sizes are equal.
    let perpetual = world.rows.iter().find(|row| row.key == position_key(u.index, 0)).unwrap();
    let lots = (size * DOLLAR / perpetual.price).round().max(1.0);
    let per_lot = match &row.array {
        Some(array) => array.notional,
        None => row.price,
    };
    let quantity = (lots * perpetual.price / per_lot).round().max(1.0);
    sign * quantity as i64
}
