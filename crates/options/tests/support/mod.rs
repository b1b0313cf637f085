//! What the tests of this crate share: inputs by plain numbers, and tables by the names of their
//! columns.

// Each test file is a crate of its own, which uses a part of it.
#![allow(dead_code)]

pub mod chain;
pub mod fit;
pub mod lots;
pub mod surface;

use plimsoll_options::{Kind, Level, Market, Terms};
use plimsoll_units::{Ratio, Seconds};

/// A level of so many steps.
pub fn level(steps: u64) -> Level {
    Level::new(steps).unwrap()
}

/// A market by plain numbers.
pub fn market(forward: u64, ppm: u32, seconds: u64) -> Market {
    let (volatility, time) = (Ratio::from_ppm(ppm), Seconds::new(seconds));
    Market { forward: level(forward), volatility, time }
}

/// A call of this strike.
pub fn call(strike: u64) -> Terms {
    Terms { kind: Kind::Call, strike: level(strike) }
}

/// A put of this strike.
pub fn put(strike: u64) -> Terms {
    Terms { kind: Kind::Put, strike: level(strike) }
}

/// One row of a table.
pub struct Row<'a> {
    names: &'a [&'a str],
    cells: Vec<&'a str>,
}

impl Row<'_> {
    /// What is in a column.
    pub fn get<T: std::str::FromStr>(&self, name: &str) -> T
    where
        T::Err: std::fmt::Debug,
    {
        self.cell(name).parse().unwrap()
    }

    /// The same, where the cell is not empty.
    pub fn find<T: std::str::FromStr>(&self, name: &str) -> Option<T>
    where
        T::Err: std::fmt::Debug,
    {
        (!self.cell(name).is_empty()).then(|| self.get(name))
    }

    fn cell(&self, name: &str) -> &str {
        let column = self.names.iter().position(|one| *one == name).unwrap();
        self.cells[column]
    }
}

/// Calls back with each row of a table whose first line names its columns; returns their number.
pub fn for_each_row(text: &str, mut each: impl FnMut(&Row)) -> usize {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines.map(|line| each(&Row { names: &names, cells: line.split(',').collect() })).count()
}

/// A generator of our own (xorshift64*), so that a run is the same everywhere.
pub struct Random(pub u64);

impl Random {
    /// Any word.
    pub fn word(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// From `low` to `high`, all magnitudes alike.
    pub fn magnitude(&mut self, low: u64, high: u64) -> u64 {
        let unit = self.word() as f64 / 2_f64.powi(64);
        let ratio = high as f64 / low as f64;
        ((low as f64 * ratio.powf(unit)) as u64).clamp(low, high)
    }
}
