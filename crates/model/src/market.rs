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
    stable: Vec<Exact>,
    scale: Exact,
}

impl Market {
    /// Judges what the oracles say; `feeds` has the sources of each underlying.
    pub fn new(group: &Group, feeds: &[Vec<Source>], now: Moment) -> Self {
        let judged = group.underlyings.iter().zip(feeds);
        let quotes = judged.map(|(one, sources)| judge(one, sources, now.seconds)).collect();
        let stable = group.underlyings.iter().map(|one| one.stable.usd.clone()).collect();
        Self { now, quotes, stable, scale: ten(group.terms.quote_decimals) }
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

/// The first grade that fits.
fn judge(one: &Underlying, sources: &[Source], now: i64) -> Quote {
    let usd = |source: &Source| whole(source.price) * ten(-source.decimals);
    let width = |source: &Source| whole(source.confidence) * ten(-source.decimals);
    let price = sources.first().map_or(zero(), usd);
    let (mut low_usd, mut high_usd) = (price.clone(), price.clone());
    let (mut cheapest, mut dearest) = (price.clone(), price.clone());
    for source in sources {
        low_usd = least(low_usd, usd(source) - width(source));
        high_usd = most(high_usd, usd(source) + width(source));
        cheapest = least(cheapest, usd(source));
        dearest = most(dearest, usd(source));
    }
    let published = sources.iter().map(|source| source.published).min().unwrap_or(0);
    let newest = sources.iter().map(|source| source.published).max().unwrap_or(0);
    let bound = |parts: u32| &price * ppm(parts);
    let reference = &one.reference.usd;
    // Only what gives a price at all can say that its market is halted.
    let halted = |source: &Source| source.price > 0 && !source.trading;
    let grade = if sources.is_empty() || sources.iter().any(halted) {
        Grade::Halted
    } else if sources.iter().any(|source| source.price <= 0) {
        Grade::NotPositive
    } else if now.saturating_sub(published) > i64::from(one.age_seconds_max)
        || published < one.published_at
        || newest.saturating_sub(now) > AHEAD_SECONDS_MAX
    {
        Grade::Stale
    } else if dearest - cheapest > bound(one.dispersion_ppm_max) {
        Grade::Dispersed
    } else if most(&price - &low_usd, &high_usd - &price) > bound(one.confidence_ppm_max) {
        Grade::Uncertain
    } else if (most(price.clone(), reference.clone()) - least(price.clone(), reference.clone()))
        > reference * ppm(one.jump_ppm_max)
    {
        Grade::Jumping
    } else {
        Grade::Valid
    };
    Quote { grade, usd: price, low_usd, high_usd, published }
}
