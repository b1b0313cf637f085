//! Which prices does the market go through?

mod described;
mod file;

use std::fmt;

pub use described::described;
pub use file::{load, PathError};

/// A price in units of 10^-8 US dollars, the unit of the oracle accounts.
pub type Price8 = u64;

/// Units of [`Price8`] in a dollar.
pub const DOLLAR: Price8 = 100_000_000;

/// What is traded, in the order of the group's underlyings after the quote token's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coin {
    /// Solana.
    Sol,
    /// Bitcoin.
    Btc,
    /// Ether.
    Eth,
}

/// All coins.
pub const COINS: [Coin; 3] = [Coin::Sol, Coin::Btc, Coin::Eth];

impl Coin {
    /// Its ticker.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sol => "SOL",
            Self::Btc => "BTC",
            Self::Eth => "ETH",
        }
    }

    /// Its place in [`COINS`].
    pub fn place(self) -> usize {
        match self {
            Self::Sol => 0,
            Self::Btc => 1,
            Self::Eth => 2,
        }
    }
}

/// Which of two prices the oracles carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// The perpetual's: harsher.
    Perpetual,
    /// The spot market's.
    Spot,
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Perpetual => "perpetual",
            Self::Spot => "spot",
        })
    }
}

/// Prices of one stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// At its beginning.
    pub open: Price8,
    /// Highest.
    pub high: Price8,
    /// Lowest.
    pub low: Price8,
    /// At its end.
    pub close: Price8,
}

impl Bar {
    /// Four prices in the order in which they are taken to have come: a bar that fell saw its
    /// high first, one that rose its low.
    pub fn walk(&self) -> [Price8; 4] {
        match self.close < self.open {
            true => [self.open, self.high, self.low, self.close],
            false => [self.open, self.low, self.high, self.close],
        }
    }

    /// A bar is a bar if its high and low enclose the rest, and nothing is free.
    pub fn is_sound(&self) -> bool {
        let (least, most) = (self.open.min(self.close), self.open.max(self.close));
        self.low > 0 && self.low <= least && most <= self.high
    }
}

/// One coin's bars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The perpetual's.
    pub perpetual: Vec<Bar>,
    /// The spot market's; the perpetual's again where a file has no others.
    pub spot: Vec<Bar>,
    /// True if these are bars of a file.
    pub real: bool,
}

impl Series {
    /// The bars that the oracles carry.
    pub fn feed(&self, feed: Feed) -> &[Bar] {
        match feed {
            Feed::Perpetual => &self.perpetual,
            Feed::Spot => &self.spot,
        }
    }
}

/// The prices of all coins over the same stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// When the first bar begins (Unix seconds).
    pub start: i64,
    /// How long a bar lasts (seconds).
    pub bar_seconds: i64,
    /// In the order of [`COINS`], equally long.
    pub series: [Series; 3],
    /// What to tell the reader about it.
    pub account: Vec<String>,
}

impl Path {
    /// How many bars it has.
    pub fn bars(&self) -> usize {
        self.series[0].perpetual.len()
    }

    /// The first `count` bars.
    pub fn shortened(mut self, count: usize) -> Self {
        for series in &mut self.series {
            series.perpetual.truncate(count);
            series.spot.truncate(count);
        }
        self
    }

    /// Lowest price of a coin on a feed.
    pub fn low(&self, coin: Coin, feed: Feed) -> Price8 {
        let bars = self.series[coin.place()].feed(feed).iter();
        bars.map(|bar| bar.low).min().unwrap_or(0)
    }
}

/// A price as text with two decimals.
pub fn dollars(price: Price8) -> String {
    let cents = price / (DOLLAR / 100);
    format!("{}.{:02}", grouped(cents / 100), cents % 100)
}

/// A number with commas between its thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
