//! What do the oracles say, and what is it good for?
//!
//! The table of grades and the strict prices of the rule, over exact fractions.

use crate::group::{Group, Underlying};
use crate::number::{least, most, ppm, ten, whole, zero, Exact};

/// Seconds by which a source's clock may run ahead.
const AHEAD_SECONDS_MAX: i64 = 60;

/// When something happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Moment {
    pub slot: u64,
    /// Unix seconds.
    pub seconds: i64,
}

/// What one oracle account says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Source {
    /// USD per unit times ten to the `decimals`.
    pub price: i64,
    pub confidence: u64,
    pub decimals: i32,
    pub published: i64,
    pub trading: bool,
}

/// What is wrong with a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Grade {
    Valid,
    Halted,
    NotPositive,
    Stale,
    Dispersed,
    Uncertain,
    Jumping,
}

impl Grade {
    /// The error that names it.
    pub fn error(self) -> &'static str {
        match self {
            Self::Valid | Self::Stale => "OracleStale",
            Self::Halted => "OracleHalted",
            Self::NotPositive => "OracleNotPositive",
            Self::Dispersed => "OracleDispersed",
            Self::Uncertain => "OracleUncertain",
            Self::Jumping => "OracleJumping",
        }
    }
}

/// A judged price of one underlying, in USD.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Quote {
    pub grade: Grade,
    pub usd: Exact,
    pub low_usd: Exact,
    pub high_usd: Exact,
    pub published: i64,
}

/// All prices at one moment.
#[derive(Clone, Debug)]
pub struct Market {
    /// When.
    pub now: Moment,
    /// By underlying.
    pub quotes: Vec<Quote>,
    /// What every oracle account says, listed or not.
    oracles: Vec<Source>,
    stable: Vec<Exact>,
    scale: Exact,
}

impl Market {
    /// Judges what the oracle accounts say, which go by their places in `oracles`.
    pub fn new(group: &Group, oracles: Vec<Source>, now: Moment) -> Self {
        let stable = group.underlyings.iter().map(|one| one.stable.usd.clone()).collect();
        let scale = ten(group.terms.quote_decimals);
        let mut market = Self { now, quotes: Vec::new(), oracles, stable, scale };
        market.quotes = group.underlyings.iter().map(|one| market.judged(one)).collect();
        market
    }

    /// What the sources of an underlying say, by its bounds.
    pub(crate) fn judged(&self, one: &Underlying) -> Quote {
        let at = one.sources.iter().flatten().filter_map(|at| self.oracles.get(*at));
        judge(one, &at.collect::<Vec<_>>(), self.now.seconds)
    }

    /// The grade of an underlying's price in quote; flawed where the quote token's is.
    pub fn grade(&self, underlying: usize) -> Grade {
        match self.quotes[0].grade {
            Grade::Valid => self.quotes[underlying].grade,
            flawed => flawed,
        }
    }

    /// Names by which a flawed price is refused: its own flaw, or the quote token's.
    pub fn errors(&self, underlying: usize) -> Vec<&'static str> {
        let both = [&self.quotes[underlying], &self.quotes[0]];
        let mut names: Vec<&str> = both
            .iter()
            .filter(|one| one.grade != Grade::Valid)
            .map(|one| one.grade.error())
            .collect();
        // A halted feed may have no price either.
        if both.iter().any(|one| one.usd <= zero()) {
            names.push(Grade::NotPositive.error());
        }
        names
    }

    /// Quote atoms per whole unit; for a valid price.
    pub fn mid(&self, underlying: usize) -> Exact {
        &self.quotes[underlying].usd / &self.quotes[0].usd * &self.scale
    }

    /// The least that a unit may be worth (quote atoms); for a valid price.
    pub fn low(&self, underlying: usize) -> Exact {
        let usd = least(self.quotes[underlying].low_usd.clone(), self.stable[underlying].clone());
        let quote = most(self.quotes[0].high_usd.clone(), self.stable[0].clone());
        usd / quote * &self.scale
    }

    /// The most that a unit may be worth (quote atoms); for a valid price.
    pub fn high(&self, underlying: usize) -> Exact {
        let usd = most(self.quotes[underlying].high_usd.clone(), self.stable[underlying].clone());
        let quote = least(self.quotes[0].low_usd.clone(), self.stable[0].clone());
        usd / quote * &self.scale
    }

    /// What a unit of which nobody knows the price counts where that is generous (quote atoms):
    /// twice its stable price, in quote as it is.
    pub fn generous(&self, underlying: usize) -> Exact {
        let quote = match self.quotes[0].grade {
            Grade::Valid => &self.quotes[0].usd,
            _ => &self.stable[0],
        };
        &self.stable[underlying] / quote * &self.scale * whole(2)
    }

    /// Quote atoms per whole unit at the stable prices.
    pub fn stable(&self, underlying: usize) -> Exact {
        &self.stable[underlying] / &self.stable[0] * &self.scale
    }
}

/// The first grade that fits. The price is the first source's; the interval covers all of them.
fn judge(one: &Underlying, sources: &[&Source], now: i64) -> Quote {
    let usd = |source: &Source| whole(source.price) * ten(-source.decimals);
    let width = |source: &Source| whole(source.confidence) * ten(-source.decimals);
    let price = sources.first().map_or(zero(), |first| usd(first));
    let (mut low_usd, mut high_usd) = (price.clone(), price.clone());
    for source in sources {
        low_usd = least(low_usd, usd(source) - width(source));
        high_usd = most(high_usd, usd(source) + width(source));
    }
    // Whether an old price is replayed shows by the source whose price is used.
    let published = sources.first().map_or(0, |first| first.published);
    let stale = |source: &&Source| {
        now.saturating_sub(source.published) > i64::from(one.age_seconds_max)
            || source.published.saturating_sub(now) > AHEAD_SECONDS_MAX
    };
    let apart = |other: Exact, from: &Exact, parts: u32| {
        most(&other - from, from - other) > from * ppm(parts)
    };
    let dispersed = |source: &&Source| apart(usd(source), &price, one.dispersion_ppm_max);
    let uncertain = |source: &&Source| width(source) > usd(source) * ppm(one.confidence_ppm_max);
    // A source without a price says nothing else either.
    let mut priced = sources.iter().filter(|source| source.price > 0);
    let grade = if priced.any(|source| !source.trading) {
        Grade::Halted
    } else if sources.is_empty() || sources.iter().any(|source| source.price <= 0) {
        Grade::NotPositive
    } else if published < one.published_at || sources.iter().any(stale) {
        Grade::Stale
    } else if sources.iter().any(dispersed) {
        Grade::Dispersed
    } else if sources.iter().any(uncertain) {
        Grade::Uncertain
    } else if apart(price.clone(), &one.reference.usd, one.jump_ppm_max) {
        Grade::Jumping
    } else {
        Grade::Valid
    };
    Quote { grade, usd: price, low_usd, high_usd, published }
}
