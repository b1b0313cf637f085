//! May this price be used, and for what?
//!
//! One or two sources give a price, a confidence and a time; the outcome is a price band and one
//! grade. A bad price never stops anybody from reducing risk with their own money, and never
//! takes anything from anybody: that is the table at [`allowed`].

use core::fmt;
use plimsoll_units::{Price, Ratio, Seconds, UnixSeconds};

/// How far ahead of the chain's clock a publish time may lie before it is disbelieved.
pub const FUTURE_SECONDS_MAX: Seconds = Seconds::new(60);

/// What is wrong with a price, if anything. Stored and published as the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Grade {
    /// Nothing.
    Valid = 0,
    /// A source is too old, lies in the future, or is older than one that was seen before.
    Stale = 1,
    /// A source's confidence interval is too wide.
    Uncertain = 2,
    /// The sources disagree.
    Dispersed = 3,
    /// The price is too far from where it was a moment ago.
    Jumping = 4,
    /// A source says that its market does not trade.
    Halted = 5,
    /// A source is missing, unreadable, zero or negative.
    NotPositive = 6,
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Valid => "valid",
            Self::Stale => "stale",
            Self::Uncertain => "uncertain",
            Self::Dispersed => "dispersed",
            Self::Jumping => "jumping",
            Self::Halted => "halted",
            Self::NotPositive => "not positive",
        })
    }
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Cancel an order.
    Cancel,
    /// Pay back a debt.
    Repay,
    /// Add collateral.
    Deposit,
    /// Turn a position's profit into tokens.
    Settle,
    /// Trade, order or borrow.
    Open,
    /// Take collateral out.
    Withdraw,
    /// Take over another's rows at a discount.
    Liquidate,
}

/// May `action` rely on a price of this grade? The whole policy:
///
/// | grade | cancel, repay, deposit | settle, open, withdraw, liquidate |
/// |---|---|---|
/// | valid | yes | yes |
/// | any other | yes | no |
#[inline]
pub const fn allowed(grade: Grade, action: Action) -> bool {
    match action {
        Action::Cancel | Action::Repay | Action::Deposit => true,
        Action::Settle | Action::Open | Action::Withdraw | Action::Liquidate => {
            matches!(grade, Grade::Valid)
        }
    }
}

/// What one source says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceQuote {
    /// US dollars per unit of the underlying.
    pub price: Price,
    /// Half the width of the source's own confidence interval; `None` for zero.
    pub confidence: Option<Price>,
    /// When the source published it.
    pub published: UnixSeconds,
    /// Does the source's market trade?
    pub trading: bool,
}

/// How good a price must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OracleBounds {
    /// Greatest age of any source.
    pub age_max: Seconds,
    /// Greatest confidence over price of any source.
    pub confidence_max: Ratio,
    /// Greatest distance between the sources over the first one's price.
    pub dispersion_max: Ratio,
    /// Greatest distance from the jump reference over that reference.
    pub jump_max: Ratio,
}

/// A price and the interval that all sources' confidence intervals lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// The first source's price.
    pub price: Price,
    /// Lower end; a millionth of the price where the confidence is as wide as it.
    pub low: Price,
    /// Upper end.
    pub high: Price,
}

/// What the sources say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The prices. `None` exactly where the first source gave none, and then the grade is
    /// `NotPositive` or `Halted`.
    pub band: Option<Band>,
    /// When the first source published; zero where it gave nothing.
    pub published: UnixSeconds,
    /// The first test that failed, in the order of [`judge`].
    pub grade: Grade,
}

/// Combines one or two sources (`None`: unreadable or not positive). The price is the first
/// source's; there is no averaging, since an average moves when either source does. The grade is
/// the first failure in the order halted, not positive, stale, dispersed, uncertain, jumping. A
/// source without a positive price is not asked whether its market trades: it is not positive.
///
/// `last_published` is the newest publish time of the first source ever accepted: a source that
/// goes back behind it is replaying an old price, and stale.
pub fn judge(
    sources: &[Option<SourceQuote>],
    bounds: &OracleBounds,
    now: UnixSeconds,
    last_published: UnixSeconds,
    jump_reference: Price,
) -> Quote {
    // Most underlyings have one source, and every check judges them all: no loops for that.
    if let [Some(only)] = sources {
        return judge_one(only, bounds, now, last_published, jump_reference);
    }
    let first = sources.first().copied().flatten();
    let published = first.map_or(UnixSeconds::ZERO, |source| source.published);
    let band = first.and_then(|first| band(first, sources));
    let readable = || sources.iter().flatten();

    let grade = if readable().any(|source| !source.trading) {
        Grade::Halted
    } else if band.is_none() || sources.iter().any(Option::is_none) {
        Grade::NotPositive
    } else if published < last_published || readable().any(|source| stale(source, bounds, now)) {
        Grade::Stale
    } else if first.is_some_and(|first| {
        readable().skip(1).any(|other| other.price.is_apart(first.price, bounds.dispersion_max))
    }) {
        Grade::Dispersed
    } else if readable().any(|source| uncertain(source, bounds)) {
        Grade::Uncertain
    } else if first.is_some_and(|first| first.price.is_apart(jump_reference, bounds.jump_max)) {
        Grade::Jumping
    } else {
        Grade::Valid
    };
    Quote { band, published, grade }
}

/// [`judge`] for a single source that gave a price.
fn judge_one(
    only: &SourceQuote,
    bounds: &OracleBounds,
    now: UnixSeconds,
    last_published: UnixSeconds,
    jump_reference: Price,
) -> Quote {
    let band = widened(only).map(|(low, high)| Band { price: only.price, low, high });
    let grade = if !only.trading {
        Grade::Halted
    } else if band.is_none() {
        Grade::NotPositive
    } else if only.published < last_published || stale(only, bounds, now) {
        Grade::Stale
    } else if uncertain(only, bounds) {
        Grade::Uncertain
    } else if only.price.is_apart(jump_reference, bounds.jump_max) {
        Grade::Jumping
    } else {
        Grade::Valid
    };
    Quote { band, published: only.published, grade }
}

fn stale(source: &SourceQuote, bounds: &OracleBounds, now: UnixSeconds) -> bool {
    now.elapsed_since(source.published) > bounds.age_max
        || source.published.elapsed_since(now) > FUTURE_SECONDS_MAX
}

#[inline(always)]
fn uncertain(source: &SourceQuote, bounds: &OracleBounds) -> bool {
    let confidence = source.confidence;
    confidence.is_some_and(|confidence| confidence.exceeds(bounds.confidence_max, source.price))
}

/// The interval that covers every source's own; `None` only where a price is at the edge of what
/// a price can be.
fn band(first: SourceQuote, sources: &[Option<SourceQuote>]) -> Option<Band> {
    let mut band = Band { price: first.price, low: first.price, high: first.price };
    for source in sources.iter().flatten() {
        let (low, high) = widened(source)?;
        band.low = band.low.min(low);
        band.high = band.high.max(high);
    }
    Some(band)
}

/// A source's own interval. A confidence as wide as the price leaves no lower end; a millionth of
/// the price stands in for it, so that an asset counts as next to nothing.
// Every price passes here: as a call it would cost a third more, and so would `uncertain`.
#[inline(always)]
fn widened(source: &SourceQuote) -> Option<(Price, Price)> {
    let Some(confidence) = source.confidence else {
        return Some((source.price, source.price));
    };
    let low = match source.price.checked_sub(confidence) {
        Ok(low) => low,
        Err(_) => source.price.mul_ratio(Ratio::from_ppm(1)).ok()?,
    };
    Some((low, source.price.checked_add(confidence).ok()?))
}
