//! From stored parameters and judged prices to the terms of the margin rule. Clients on the host
//! call the same functions.

use anchor_lang::prelude::*;
use plimsoll_risk::{
    allowed, judge, Action, Grade, Outcomes, Phase, Place, Quote, RiskArray, RowKey, RowKind,
    RowTerms, SourceQuote, UnderlyingTerms, SCENARIOS_MAX,
};
use plimsoll_units::{Price, QuoteAtoms, Ratio, UnixSeconds, Value};

use super::RiskAccounts;
use crate::clock::Now;
use crate::error::{Named, PlimsollError};
use crate::oracle;
use crate::state::{Collateral, Group, Instrument, StoredSource, Underlying, SOURCES_MAX};

/// Judges what an underlying's sources say.
pub fn judged(
    account: &Underlying,
    sources: &[Option<SourceQuote>],
    now: UnixSeconds,
) -> Result<Quote> {
    let last = UnixSeconds::new(account.published_at);
    let reference = account.reference.price.price()?;
    Ok(judge(sources, &account.bounds(), now, last, reference))
}

/// Reads and judges the oracle accounts of an instruction that takes no others.
pub(crate) fn judged_from_views(
    account: &Underlying,
    views: Vec<AccountView>,
    now: Now,
) -> Result<Quote> {
    let mut accounts = RiskAccounts::new(views);
    let quote = take_quote(account, &mut accounts, now)?;
    accounts.finish()?;
    Ok(quote)
}

/// Reads and judges the oracle accounts that come next.
pub(crate) fn take_quote(
    account: &Underlying,
    accounts: &mut RiskAccounts,
    now: Now,
) -> Result<Quote> {
    let sources = account.sources()?;
    // Most underlyings have one source.
    if let [source] = sources {
        let quote = take_source(source, accounts)?;
        return judged(account, core::slice::from_ref(&quote), now.time);
    }
    let mut quotes = [None; SOURCES_MAX];
    for (source, slot) in sources.iter().zip(quotes.iter_mut()) {
        *slot = take_source(source, accounts)?;
    }
    let used = quotes.get(..sources.len()).ok_or(PlimsollError::CorruptAccount)?;
    judged(account, used, now.time)
}

/// Reads the oracle account that comes next.
#[inline(always)]
fn take_source(source: &StoredSource, accounts: &mut RiskAccounts) -> Result<Option<SourceQuote>> {
    let view = accounts.take_view()?;
    let data = view.try_borrow()?;
    oracle::read_for_check(source, view.address(), view.owner(), &data)
}

/// Quote atoms per US dollar, from the quote token's own price: every price is a dollar price
/// times one of these. Where the quote token's price is uncertain, so is every other.
#[derive(Clone, Copy, Debug)]
pub struct QuoteFactors {
    mid: Price,
    low: Price,
    high: Price,
    grade: Grade,
}

impl QuoteFactors {
    /// `10^decimals / price` at the quote token's price, at its highest, and at its lowest.
    pub fn new(account: &Underlying, quote: &Quote, decimals: u8) -> Result<Self> {
        let stable = account.stable.price.price()?;
        let scale = Price::pow10(i32::from(decimals)).map_err(PlimsollError::from)?;
        let per_dollar = |price: Price| scale.checked_div(price).map_err(PlimsollError::from);
        let (mid, low, high) = match (quote.grade, quote.band) {
            (Grade::Valid, Some(band)) => (band.price, band.low.min(stable), band.high.max(stable)),
            _ => (stable, stable, stable),
        };
        Ok(Self {
            mid: per_dollar(mid)?,
            low: per_dollar(high)?,
            high: per_dollar(low)?,
            grade: quote.grade,
        })
    }
}

/// Terms of an underlying from its own oracles and those of the quote token, which come first. For
/// instructions that take no other trailing accounts.
pub(crate) fn priced_terms(
    group: &Group,
    (quote_underlying, underlying): (&Underlying, &Underlying),
    views: Vec<AccountView>,
    now: Now,
) -> Result<UnderlyingTerms> {
    let mut rest = RiskAccounts::new(views);
    let quote = take_quote(quote_underlying, &mut rest, now)?;
    let factors = QuoteFactors::new(quote_underlying, &quote, group.quote_decimals)?;
    let own = take_quote(underlying, &mut rest, now)?;
    rest.finish()?;
    underlying_terms(underlying, &own, &factors)
}

/// Terms of an underlying. With any grade but `Valid` all prices are the stable one.
// In place where they are put away: as a result they would be moved twice.
#[inline(always)]
pub fn underlying_terms(
    account: &Underlying,
    quote: &Quote,
    factors: &QuoteFactors,
) -> Result<UnderlyingTerms> {
    let product = |price: Price, factor: Price| {
        price.checked_mul(factor).map_err(|error| Error::from(PlimsollError::from(error)))
    };
    let stable_usd = account.stable.price.price()?;
    let grade = match quote.grade {
        Grade::Valid => factors.grade,
        flawed => flawed,
    };
    let (price, low, high) = match (grade, quote.band) {
        (Grade::Valid, Some(band)) => (
            product(band.price, factors.mid)?,
            product(band.low.min(stable_usd), factors.low)?,
            product(band.high.max(stable_usd), factors.high)?,
        ),
        _ => {
            let stable = product(stable_usd, factors.mid)?;
            (stable, stable, stable)
        }
    };
    let depth = i64::try_from(account.depth_quote_atoms).map_err(|_| PlimsollError::OutOfRange)?;
    Ok(UnderlyingTerms {
        index: account.index,
        grade,
        price,
        low,
        high,
        loss_long: Ratio::from_ppm(account.loss_long_ppm),
        loss_short: Ratio::from_ppm(account.loss_short_ppm),
        concentration_slope: Ratio::from_ppm(account.concentration_slope_ppm),
        concentration_max: Ratio::from_ppm(account.concentration_max_ppm),
        depth: Value::from_quote(QuoteAtoms::new(depth)),
        basis: Ratio::from_ppm(account.basis_ppm),
        initial_multiplier: account.initial_multiplier()?,
        shocks: Place::NONE,
    })
}

/// Terms of a token's row, in quote atoms per token atom; `mid` is its underlying's price. The
/// quote token is worth one whatever its oracle says.
pub fn token_terms(account: &Collateral, mid: Price, now: UnixSeconds) -> Result<RowTerms> {
    let key = account.key();
    let price = match key == RowKey::QUOTE {
        true => Price::ONE,
        false => mid.checked_mul(account.scale()?).map_err(PlimsollError::from)?,
    };
    Ok(RowTerms { key, notional: price, weight: account.weight(now), array: Place::NONE })
}

/// What a lot of an instrument is of, in quote atoms at its underlying's price `mid`.
#[inline]
pub fn lot_notional(account: &Instrument, mid: Price) -> Result<Price> {
    mid.checked_mul(account.lot()?).named()
}

/// Terms of an instrument's row. `notional` is what a lot is of, by [`lot_notional`]; `array` is
/// where the row's risk array lies, if it has one.
#[inline(always)]
pub fn position_terms(account: &Instrument, notional: Price, array: Place) -> RowTerms {
    RowTerms { key: account.key(), notional, weight: account.pnl_weight(), array }
}

/// The risk array of an instrument that carries one. It goes along with the price since: its value
/// moves by delta times the move, which is at most `move_ppm`; the least one only falls, and the largest
/// only rises, until a refresh asks for the stable price again.
///
/// Where the underlying has no valid price, the array is taken as it is, since nothing else can
/// refresh it: such a row counts by the rule of rows without a price, unless it has settled.
///
/// Errors: `RiskArrayStale` if it was never refreshed, or the price is valid and the array too old,
/// made at a price too far away, or not after `scenarios_at`, when the underlying's scenarios were
/// last changed: outcomes and the moves of linear rows must be of the same. The log names the instrument.
pub fn risk_array(
    account: &Instrument,
    (underlying, scenarios_at): (&UnderlyingTerms, i64),
    now: UnixSeconds,
) -> Result<RiskArray> {
    moved_array(account, (underlying, scenarios_at), now, |per_price| {
        relative_move(underlying.price, per_price)
    })
}

/// [`risk_array`], where `move_since` gives the price's move since the array was made, by one over the
/// price then.
// In place where it is put away: as a result it would be moved twice.
#[inline(always)]
pub(super) fn moved_array(
    account: &Instrument,
    (underlying, scenarios_at): (&UnderlyingTerms, i64),
    now: UnixSeconds,
    move_since: impl FnOnce(Price) -> Result<i64>,
) -> Result<RiskArray> {
    let stored = &account.array;
    if stored.refreshed_at == 0 {
        return Err(stale(account));
    }
    // By the clock, and not by the array: one that was made before the window is still good within, and
    // what has settled is no hedge any more.
    let phase = account.phase(now);
    let moved = match allowed(underlying.grade, Action::Liquidate) && phase != Phase::Settled {
        false => 0,
        true => {
            // Times of the clock, both.
            let age = now.get().wrapping_sub(stored.refreshed_at);
            let moved = move_since(stored.per_price.price()?)?;
            let near = moved.unsigned_abs() <= u64::from(stored.move_max);
            let old = age > i64::from(stored.seconds_max) || stored.refreshed_at <= scenarios_at;
            if old || !near {
                return Err(stale(account));
            }
            moved
        }
    };
    let change = moved_by(stored.delta, moved);
    // What is stored has 62 bits, and the change is a part of such a number.
    let along = |value: i64, change: i64| value.wrapping_add(change).max(0);
    let payoff = account.payoff()?;
    Ok(RiskArray {
        outcomes: outcomes(&stored.outcomes),
        delta: stored.delta,
        shift: stored.shift,
        fair: along(stored.fair, change),
        // At the lower of stable price and oracle, and at the higher: the stable price has not moved.
        low: along(stored.low, change.min(0)),
        high: along(stored.high, change.max(0)),
        short_floor: stored.short_floor,
        payoff,
        expires_at: account.expires_at,
        phase,
    })
}

/// Stored outcomes in offset binary. By pairs, and not in a loop: a quarter of the steps.
#[inline(always)]
fn outcomes(stored: &[i32; SCENARIOS_MAX]) -> Outcomes {
    // The offset in both halves of a word.
    const PAIR: u64 = 0x8000_0000_8000_0000;
    let [a, b, c, d, e, f, g, h]: [u64; SCENARIOS_MAX / 2] = bytemuck::cast(*stored);
    let raised = [a ^ PAIR, b ^ PAIR, c ^ PAIR, d ^ PAIR, e ^ PAIR, f ^ PAIR, g ^ PAIR, h ^ PAIR];
    Outcomes::from_offset_binary(bytemuck::cast(raised))
}

#[cold]
#[inline(never)]
fn stale(account: &Instrument) -> Error {
    // Clients call this as well, for every contract of a group, and have better ways to tell.
    if cfg!(target_os = "solana") {
        msg!("instrument {} needs a refresh of its risk array", account.index);
    }
    PlimsollError::RiskArrayStale.into()
}

/// Bits behind the point of a move.
const MOVE_BITS: u32 = 32;

/// `price · per_price − 1` in 2^-32, toward minus infinity, where `per_price` is one over the price
/// that a move is measured from; far beyond any bound for a price that is not near it.
#[inline]
pub(super) fn relative_move(price: Price, per_price: Price) -> Result<i64> {
    let (mantissa, exponent) = price.checked_mul(per_price).named()?.parts();
    // From one half to two: the top bit of the mantissa is worth one half, or one.
    let ratio = match exponent {
        -63 => mantissa >> 31,
        -64 => mantissa >> 32,
        _ => return Ok(i64::MAX),
    };
    Ok(i64::try_from(ratio).unwrap_or(i64::MAX).saturating_sub(1 << MOVE_BITS))
}

/// `delta · moved`, toward minus infinity, for a move of less than one half: `move_max` is at most a
/// twentieth.
#[inline(always)]
fn moved_by(delta: i64, moved: i64) -> i64 {
    if i32::try_from(delta).is_ok() {
        return delta.wrapping_mul(moved) >> MOVE_BITS;
    }
    // Two products: the upper half of delta times the move, and what the lower half adds to it.
    let (high, low) = (delta >> MOVE_BITS, delta & 0xffff_ffff);
    high.wrapping_mul(moved).wrapping_add(low.wrapping_mul(moved) >> MOVE_BITS)
}

/// Bits behind the point of a value.
const VALUE_BITS: u32 = 48;

/// A price below every value: what an array's value of nothing is written as.
const NOTHING: (u64, i64) = (1 << 63, -200);

/// `value` units of `2^(shift − 48)` quote atoms; nothing below zero.
pub(crate) fn unit_price(value: i64, shift: u8) -> Result<Price> {
    let Ok(magnitude @ 1..) = u64::try_from(value) else {
        return Price::from_words(NOTHING.0, NOTHING.1).named();
    };
    let (mantissa, exponent) = Price::from_integer(magnitude).named()?.parts();
    let exponent =
        i64::from(exponent).saturating_add(i64::from(shift)).saturating_sub(i64::from(VALUE_BITS));
    Price::from_words(mantissa, exponent).named()
}

/// Sets the weight of open profit to nothing, as a withdrawal is judged.
pub fn withhold_open_profit(rows: &mut [RowTerms]) {
    for row in rows {
        if row.key.kind() == RowKind::Position {
            row.weight = Ratio::ZERO;
        }
    }
}
