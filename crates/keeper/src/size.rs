//! How much of an account can this keeper take? The most that it is allowed to and can carry.

use plimsoll_risk::{closed_form_slice, BidKind, Holding, RiskError, RowKey};
use plimsoll_units::{Fraction, MathError, Value};

use crate::config::Config;
use crate::moves;
use crate::quote::{Quoted, Situation};

/// Bisections of the share: it is found to one part in 2^14 of what the rule allows.
const SHARE_BITS: u32 = 14;
/// Parts of a row that are tried, from all of it down to one of them.
const ROW_PARTS: i64 = 16;

/// A bid of a size that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sized<T> {
    /// What is taken.
    pub request: T,
    /// What comes of it.
    pub quoted: Quoted,
}

/// The largest slice that the rule allows and that the keeper can carry, if there is one.
///
/// The keeper's own margin need not fall with the size: rows may hedge what it holds. Where it
/// does, a bisection finds the size; where it does not, the whole allowance is tried first.
pub fn largest_slice(
    situation: &Situation<'_>,
    config: &Config,
) -> Result<Option<Sized<Fraction>>, RiskError> {
    let health = situation.health()?;
    let allowed = closed_form_slice(&situation.terms, &health, situation.beta(&health))?;
    let attempt = |share: Fraction| -> Result<Option<Sized<Fraction>>, RiskError> {
        let taken = moves::slice(&situation.market, situation.target, share)?;
        let quoted = fitting(situation, config, &taken, BidKind::Slice)?;
        Ok(quoted.map(|quoted| Sized { request: share, quoted }))
    };
    if allowed.is_zero() {
        return Ok(None);
    }
    if let Some(whole) = attempt(allowed)? {
        return Ok(Some(whole));
    }
    let (mut fits, mut low, mut high) = (None, 0_u64, allowed.get());
    for _ in 0..SHARE_BITS {
        let middle = low + (high - low) / 2;
        match attempt(Fraction::new(middle)?)? {
            Some(sized) => {
                fits = Some(sized);
                low = middle;
            }
            None => high = middle,
        }
    }
    Ok(fits)
}

/// The part of a single row that brings the most profit among those that the rule allows and the
/// keeper can carry. For accounts of which no slice can be taken.
pub fn best_row(
    situation: &Situation<'_>,
    config: &Config,
) -> Result<Option<Sized<Holding>>, RiskError> {
    let mut best: Option<Sized<Holding>> = None;
    for row in situation.target.iter().filter(|row| row.key != RowKey::QUOTE) {
        if !moves::is_priced(&situation.market, row.key) {
            continue;
        }
        for part in (1..=ROW_PARTS).rev() {
            let quantity =
                row.quantity / ROW_PARTS * part + row.quantity % ROW_PARTS * part / ROW_PARTS;
            if quantity == 0 {
                continue;
            }
            let taken = moves::named(row, quantity)?;
            let Some(quoted) = fitting(situation, config, &[taken], BidKind::Rows)? else {
                continue;
            };
            let better = match &best {
                Some(best) => quoted.profit(config)? > best.quoted.profit(config)?,
                None => true,
            };
            if better {
                best = Some(Sized { request: taken, quoted });
            }
        }
    }
    Ok(best)
}

/// The bid's outcome if the rule allows it and the keeper can carry it. That a bid is refused is no error; that numbers overflow is one.
fn fitting(
    situation: &Situation<'_>,
    config: &Config,
    taken: &[Holding],
    kind: BidKind,
) -> Result<Option<Quoted>, RiskError> {
    let quoted = match situation.quote(taken, kind) {
        Ok(quoted) => quoted,
        Err(RiskError::Math(MathError::Overflow)) => return Err(MathError::Overflow.into()),
        Err(_) => return Ok(None),
    };
    let carried = quoted.is_carried(config)?;
    Ok((carried && quoted.gross > Value::ZERO).then_some(quoted))
}
