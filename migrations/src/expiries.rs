//! What does the file declare to expire? Blocks of an underlying: when, on which terms, and which
//! contracts.

use std::fmt;

use plimsoll_client::bounds;
use plimsoll_decimals::{Decimal, Share};
use plimsoll_options::SurfaceError;
use serde::Deserialize;

use crate::calendar::{Moment, Rule};

/// Expiries of an underlying that are alike, and the contracts of each. Several blocks of one
/// underlying may give the same time: it is of the first one in the file, whenever it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpirySpec {
    /// Name of the underlying.
    pub underlying: String,
    /// Times that are listed one by one.
    #[serde(default)]
    pub times: Vec<Moment>,
    /// Rules of the calendar.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// Volatility of the first slice, which is flat, 1 % to 400 %. Where the underlying has an expiry
    /// beside the new one, that one's slice is taken as far as it fits; publishers go on from there.
    pub volatility: Share,
    /// How far volatilities may be off at first, at least `confidence_min`, at most a half.
    pub confidence: Share,
    /// Least confidence that may be published, at most a half.
    pub confidence_min: Share,
    /// Widening of the confidence for each hour after `fresh_seconds`, at most a half.
    pub widening_per_hour: Share,
    /// How long a slice is as good as new, at least one.
    pub fresh_seconds: u32,
    /// Widest basis, at most a half. The first one is nothing.
    pub basis_max: Share,
    /// How far volatilities may move within `step_seconds`, above nothing, at most a half.
    pub step: Share,
    /// How far the basis may move within `step_seconds`, at most a half.
    pub basis_step: Share,
    /// See `step`, at least one.
    pub step_seconds: u32,
    /// Volatility scan range of the scenarios, at most 90 %.
    pub volatility_scan: Share,
    /// Least requirement of a short option, of the price, at most 20 %.
    pub short_floor: Share,
    /// How long a risk array is good for, 20 to 600.
    pub array_seconds: u32,
    /// How far the price may move from that of a risk array, 0.2 % to 5 %.
    pub array_move: Share,
    /// Whether each has a dated future.
    #[serde(default)]
    pub future: bool,
    /// Strikes of a call and a put each, one by one (quote tokens per unit).
    #[serde(default)]
    pub strikes: Vec<Decimal>,
    /// Or a rule for them.
    pub around: Option<AroundSpec>,
    /// Units of the underlying per lot.
    pub lot: Decimal,
    /// Smallest step of the price (quote tokens per unit); per lot a whole number of atoms.
    pub tick: Decimal,
    /// Band around the value, of the index price, above nothing, at most 20 %.
    pub price_band: Share,
    /// Share of a positive position value that counts for opening, at most all of it.
    pub pnl_weight: Share,
    /// Fee per side, at most 1 %.
    pub trade_fee: Share,
    /// Open interest at most (units of the underlying).
    pub open_interest_cap: Decimal,
    /// Losses shared per lot and day at most, of the price, at most a half.
    pub loss_cap: Share,
    /// Reward for settling a loss, of it, at most 1 %.
    pub settle_reward: Share,
    /// That reward at most (quote tokens).
    pub settle_reward_max: Decimal,
    /// Most that the insurance fund pays per loss (quote tokens).
    pub insurance_cap: Decimal,
}

/// Strikes around the price at which an expiry's first option is listed. They stay for its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AroundSpec {
    /// Strikes are whole multiples of it; the middle one is next to the price (quote tokens per unit).
    pub step: Decimal,
    /// How many in all, at least one; if that is even, there is one more above the middle than below.
    pub count: u32,
}

/// Why expiries and their contracts cannot be as the file has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpiryError {
    /// It is the underlying of the quote token, which is worth one of itself at any time.
    OnQuote,
    /// A block has neither times nor rules.
    TimesMissing,
    /// A time has passed, and nothing is listed at it.
    TimePassed(Moment),
    /// A time lies beyond what the program lists.
    TimeTooFar(Moment),
    /// A time is listed twice.
    TimeDoubled(Moment),
    /// A rule asks for no time at all.
    RuleEmpty,
    /// A block has neither a future nor strikes.
    ContractsMissing,
    /// A block has strikes and a rule for strikes.
    StrikesTwice,
    /// A strike is zero.
    StrikeZero,
    /// A strike is listed twice.
    StrikeDoubled(Decimal),
    /// A strike is no whole number of quote atoms per lot.
    StrikeUneven(Decimal),
    /// A strike of a lot is beyond what an option can be valued at.
    StrikeTooLarge(Decimal),
    /// A rule asks for no strikes.
    CountZero,
    /// A rule asks for more strikes than a group has numbers for.
    CountTooLarge(u32),
    /// The step between strikes is zero.
    StepZero,
    /// The rule reaches strikes of nothing or less.
    StrikesBelowZero {
        /// The middle strike.
        middle: Decimal,
        /// How many there were to be.
        count: u32,
    },
    /// A lot is zero, or out of every range.
    LotOutOfRange(Decimal),
    /// A tick is zero, or no whole number of quote atoms per lot.
    TickUneven(Decimal),
    /// A term lies outside of its bounds.
    TermOutOfBounds {
        /// Which.
        term: &'static str,
        /// What it is (parts per million or seconds).
        value: u32,
        /// At least.
        least: u32,
        /// At most.
        most: u32,
    },
    /// An amount is no whole number of its smallest parts.
    Uneven {
        /// Which.
        term: &'static str,
        /// Why.
        reason: String,
    },
    /// The name of a contract takes more than 16 bytes.
    NameTooLong(String),
    /// Two contracts would have one name: their expiries lie on one day.
    NameDoubled(String),
    /// Strikes are asked for around a price that cannot be read.
    PriceMissing(String),
    /// Strikes are asked for around a price that is older than the underlying lets be.
    PriceStale {
        /// Its age (seconds).
        seconds: u64,
        /// The age that is taken at most (seconds).
        most: u32,
    },
    /// No slice at hand, neither the file's nor those beside the expiry, may be its first one.
    NoSliceFits {
        /// The expiry.
        at: Moment,
        /// What is wrong with the file's.
        reason: SurfaceError,
    },
}

impl fmt::Display for ExpiryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnQuote => f.write_str("the quote token has no contracts on it"),
            Self::TimesMissing => f.write_str("there are neither times nor rules"),
            Self::TimePassed(at) => write!(f, "{at} has passed, and nothing is listed at it"),
            Self::TimeTooFar(at) => write!(f, "{at} is more than two years ahead"),
            Self::TimeDoubled(at) => write!(f, "{at} is listed twice"),
            Self::RuleEmpty => f.write_str("a rule asks for the next 0 times"),
            Self::ContractsMissing => f.write_str("there is neither a future nor a strike"),
            Self::StrikesTwice => f.write_str("strikes are listed, and asked for by a rule too"),
            Self::StrikeZero => f.write_str("a strike is zero"),
            Self::StrikeDoubled(strike) => write!(f, "strike {strike} is listed twice"),
            Self::StrikeUneven(strike) => {
                write!(f, "strike {strike} is no whole number of quote atoms per lot")
            }
            Self::StrikeTooLarge(strike) => {
                write!(f, "strike {strike} is 2^60 quote atoms per lot or more")
            }
            Self::CountZero => f.write_str("a rule asks for 0 strikes"),
            Self::CountTooLarge(count) => {
                write!(f, "a rule asks for {count} strikes, more than a group has numbers for")
            }
            Self::StepZero => f.write_str("the step between strikes is zero"),
            Self::StrikesBelowZero { middle, count } => {
                write!(f, "{count} strikes around {middle} reach nothing or less")
            }
            Self::LotOutOfRange(lot) => write!(f, "a lot of {lot} is out of range"),
            Self::TickUneven(tick) => {
                write!(f, "a tick of {tick} is no whole number of quote atoms per lot")
            }
            Self::TermOutOfBounds { term, value, least, most } => {
                write!(f, "{term} is {value}, not within {least} to {most}")
            }
            Self::Uneven { term, reason } => write!(f, "{term}: {reason}"),
            Self::NameTooLong(name) => write!(f, "the name {name} is longer than 16 bytes"),
            Self::NameDoubled(name) => {
                write!(f, "two contracts would be named {name}: their expiries lie on one day")
            }
            Self::PriceMissing(reason) => write!(f, "strikes need a price: {reason}"),
            Self::PriceStale { seconds, most } => {
                write!(f, "strikes need a price: it is {seconds} s old, above {most} s")
            }
            Self::NoSliceFits { at, reason } => write!(f, "no first slice fits at {at}: {reason}"),
        }
    }
}

impl std::error::Error for ExpiryError {}

impl ExpirySpec {
    /// What is wrong with the block whatever the time and the price.
    pub(crate) fn check(&self) -> Result<(), ExpiryError> {
        if self.times.is_empty() && self.rules.is_empty() {
            return Err(ExpiryError::TimesMissing);
        }
        if self.rules.iter().any(|rule| rule.next == 0) {
            return Err(ExpiryError::RuleEmpty);
        }
        if !self.future && self.strikes.is_empty() && self.around.is_none() {
            return Err(ExpiryError::ContractsMissing);
        }
        self.check_strikes()?;
        self.check_terms()
    }

    fn check_strikes(&self) -> Result<(), ExpiryError> {
        /// A call and a put each, by indices of 16 bits.
        const COUNT_MAX: u32 = 1 << 15;
        for (at, strike) in self.strikes.iter().enumerate() {
            let doubled = |other: &Decimal| other.shortest() == strike.shortest();
            if strike.mantissa == 0 {
                return Err(ExpiryError::StrikeZero);
            }
            if self.strikes.iter().take(at).any(doubled) {
                return Err(ExpiryError::StrikeDoubled(*strike));
            }
        }
        match &self.around {
            Some(_) if !self.strikes.is_empty() => Err(ExpiryError::StrikesTwice),
            Some(around) if around.count == 0 => Err(ExpiryError::CountZero),
            Some(around) if around.count > COUNT_MAX => {
                Err(ExpiryError::CountTooLarge(around.count))
            }
            Some(around) if around.step.mantissa == 0 => Err(ExpiryError::StepZero),
            _ => Ok(()),
        }
    }

    /// Every term within the program's bounds.
    fn check_terms(&self) -> Result<(), ExpiryError> {
        /// Volatilities that a flat slice may have: the least that the program knows, and a number
        /// that no market has come near.
        const VOLATILITY_PPM: [u32; 2] = [10_000, 4_000_000];
        const DEVIATION: u32 = bounds::DEVIATION_PPM_MAX;
        let [volatility_least, volatility_most] = VOLATILITY_PPM;
        let confidence_least = self.confidence_min.ppm;
        let (seconds, moves) = (bounds::ARRAY_SECONDS, bounds::ARRAY_MOVE_PPM);
        let terms = [
            ("volatility", self.volatility.ppm, volatility_least, volatility_most),
            ("confidence_min", self.confidence_min.ppm, 0, DEVIATION),
            ("confidence", self.confidence.ppm, confidence_least, DEVIATION),
            ("widening_per_hour", self.widening_per_hour.ppm, 0, DEVIATION),
            ("fresh_seconds", self.fresh_seconds, 1, u32::MAX),
            ("basis_max", self.basis_max.ppm, 0, DEVIATION),
            ("step", self.step.ppm, 1, DEVIATION),
            ("basis_step", self.basis_step.ppm, 0, DEVIATION),
            ("step_seconds", self.step_seconds, 1, u32::MAX),
            ("volatility_scan", self.volatility_scan.ppm, 0, bounds::VOLATILITY_SCAN_PPM_MAX),
            ("short_floor", self.short_floor.ppm, 0, bounds::SHORT_FLOOR_PPM_MAX),
            ("array_seconds", self.array_seconds, *seconds.start(), *seconds.end()),
            ("array_move", self.array_move.ppm, *moves.start(), *moves.end()),
            ("price_band", self.price_band.ppm, 1, bounds::PRICE_BAND_PPM_MAX),
            ("pnl_weight", self.pnl_weight.ppm, 0, 1_000_000),
            ("trade_fee", self.trade_fee.ppm, 0, bounds::TRADE_FEE_PPM_MAX),
            ("loss_cap", self.loss_cap.ppm, 0, bounds::LOSS_CAP_PPM_MAX),
            ("settle_reward", self.settle_reward.ppm, 0, bounds::SETTLE_REWARD_PPM_MAX),
        ];
        let out = terms.into_iter().find(|(_, value, least, most)| value < least || value > most);
        out.map_or(Ok(()), |(term, value, least, most)| {
            Err(ExpiryError::TermOutOfBounds { term, value, least, most })
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Markets, LOCAL};

    #[test]
    fn what_is_written_wrongly_is_named() {
        let wrong = [
            ("\"last-friday\"", "\"year\"", "unknown variant `year`"),
            ("\"08:00\"", "\"8am\"", "\"8am\" is no time of day"),
            ("next = 2", "next = -1", "expected u32"),
            ("count = 3", "counts = 3", "unknown field `counts`"),
            ("underlying = \"BTC\"\nrules", "underlying = \"BTC\"\nrule", "unknown field `rule`"),
            ("underlying = \"BTC\"\nrules", "times = [\"soon\"]\nrules", "\"soon\" is no time in"),
        ];
        for (right, wrong, reason) in wrong {
            assert!(LOCAL.contains(right), "{right}");
            let error = Markets::parse(&LOCAL.replacen(right, wrong, 1)).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
