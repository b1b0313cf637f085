//! What is left to do where no bid pays? To bear witness that nobody bids, in the end to close a
//! position against the other side, and to fetch the rent of that when all have gone through.

use plimsoll_client::state::Deleveraging;
use plimsoll_client::{Address, Keyed};
use plimsoll_risk::{
    check_deleveraged, health, Check, Health, Holding, RiskError, RowKey, RowKind, Silence,
};
use plimsoll_units::{BaseLots, MathError, QuoteAtoms, Value};

use crate::config::Config;
use crate::moves;
use crate::quote::Situation;
use crate::size::largest_slice;

/// What to do for an account for which no bid pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastResort {
    /// Nothing now.
    Nothing,
    /// Mark it: it was not seen below its line for a while.
    Witness,
    /// Close so much of this row, with its sign, against the other side.
    Close(Holding),
    /// Bid for the whole: what a bankrupt is left with carries no requirement, or so little that no bid
    /// pays for its transaction.
    TakeRest {
        /// What it may cost at most: what the rows are worth, and a little for a price that moves.
        payment_max: QuoteAtoms,
    },
}

/// Witness every `duration` slots, half of what the rule asks for; then the closing that takes the
/// most requirement off the account. What is left of a bankrupt without any is taken at once, and so is
/// all of one that costs the keeper no more than to bear witness once and to close once: two fees.
pub fn last_resort(
    situation: &Situation<'_>,
    silence: Option<Silence>,
    config: &Config,
) -> Result<LastResort, RiskError> {
    let before = situation.health()?;
    if before.equity >= before.requirement {
        return Ok(LastResort::Nothing);
    }
    if before.requirement.is_zero() {
        return rest(situation, before.equity);
    }
    if before.equity.is_negative() {
        if let Some(payment_max) = dust(situation, config)? {
            return Ok(LastResort::TakeRest { payment_max });
        }
    }
    let Some(silence) = silence else {
        return Ok(LastResort::Witness);
    };
    if silence.is_over(&situation.terms, situation.slot) {
        let best = best_closing(situation, &before)?;
        return Ok(best.map_or(LastResort::Nothing, LastResort::Close));
    }
    let unseen = situation.slot.elapsed_since(silence.seen);
    Ok(match unseen >= situation.terms.duration {
        true => LastResort::Witness,
        false => LastResort::Nothing,
    })
}

/// All rows, unless a debt or a position has no price and would be left behind; a token that it owns may.
fn rest(situation: &Situation<'_>, equity: Value) -> Result<LastResort, RiskError> {
    let market = &situation.market;
    let is_left = |row: &Holding| {
        let owned = row.key.kind() == RowKind::Token && row.quantity >= 0;
        !owned && row.key != RowKey::QUOTE && !moves::is_priced(market, row.key)
    };
    if situation.target.iter().any(is_left) {
        return Ok(LastResort::Nothing);
    }
    let quote = situation.target.iter().find(|row| row.key == RowKey::QUOTE);
    let quote = QuoteAtoms::new(quote.map_or(0, |row| row.quantity));
    let worth = equity.checked_sub(Value::from_quote(quote))?.max(Value::ZERO);
    // Both sides round against the bidder.
    let payment_max = worth.to_quote_ceil()?.checked_add(QuoteAtoms::new(2))?;
    Ok(LastResort::TakeRest { payment_max })
}

/// What a bid for all of a bankrupt may cost, where what it loses is no more than two fees.
fn dust(situation: &Situation<'_>, config: &Config) -> Result<Option<QuoteAtoms>, RiskError> {
    let Some(whole) = largest_slice(situation, config)?.filter(|sized| sized.request.is_one())
    else {
        return Ok(None);
    };
    let lost = whole.quoted.profit(config)?.checked_neg()?;
    let borne = config.fee.checked_add(config.fee)?;
    Ok(match lost <= borne {
        true => Some(whole.quoted.payment_max(config)?),
        false => None,
    })
}

/// The closing, of one position, that leaves the least requirement.
fn best_closing(situation: &Situation<'_>, before: &Health) -> Result<Option<Holding>, RiskError> {
    let mut best: Option<(Value, Holding)> = None;
    for row in situation.target {
        let position = row.key.kind() == RowKind::Position && row.quantity != 0;
        if !position || !moves::is_priced(&situation.market, row.key) {
            continue;
        }
        let Some((left, lots)) = largest(situation, before, row)? else {
            continue;
        };
        if best.as_ref().is_none_or(|(least, _)| left < *least) {
            best = Some((left, Holding { quantity: lots, ..*row }));
        }
    }
    Ok(best.map(|(_, closing)| closing))
}

/// What the rule says of closing so many lots.
enum Attempt {
    /// It may be, and leaves this requirement.
    Fits(Value),
    /// The account would stay below its line.
    TooLittle,
    /// It would end above its buffer, or gain nothing.
    TooMuch,
}

/// The most lots of a position that the rule lets go, and the requirement that they leave. The more
/// are closed, the higher the account ends above its line: a bisection finds the most.
fn largest(
    situation: &Situation<'_>,
    before: &Health,
    row: &Holding,
) -> Result<Option<(Value, i64)>, RiskError> {
    let sign = row.quantity.signum();
    let held = BaseLots::new(row.quantity);
    let attempt = |lots: i64| -> Result<Attempt, RiskError> {
        let after = closed(situation, row, lots)?;
        let part = (BaseLots::new(lots), held);
        match check_deleveraged(&situation.terms, before, &after, part) {
            Ok(()) => Ok(Attempt::Fits(after.requirement)),
            Err(RiskError::StaysBelowLine) => Ok(Attempt::TooLittle),
            Err(RiskError::Math(error)) => Err(error.into()),
            Err(_) => Ok(Attempt::TooMuch),
        }
    };
    if let Attempt::Fits(left) = attempt(row.quantity)? {
        return Ok(Some((left, row.quantity)));
    }
    if before.equity.is_negative() {
        // Nothing less than all of it would be taken.
        return Ok(None);
    }
    let (mut fits, mut low, mut high) = (None, 0_u64, row.quantity.unsigned_abs());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let lots = i64::try_from(middle).map_err(|_| MathError::Overflow)? * sign;
        match attempt(lots)? {
            Attempt::Fits(left) => (fits, low) = (Some((left, lots)), middle),
            Attempt::TooLittle => low = middle,
            Attempt::TooMuch => high = middle,
        }
    }
    Ok(fits)
}

/// The account's health with so many lots closed at the fair price.
fn closed(situation: &Situation<'_>, row: &Holding, lots: i64) -> Result<Health, RiskError> {
    let market = &situation.market;
    let terms = market.rows.iter().find(|terms| terms.key == row.key);
    let terms = terms.ok_or(RiskError::MissingTerms { key: row.key })?;
    let quantity = row.quantity.checked_sub(lots).ok_or(MathError::Overflow)?;
    let quote = row.quote.checked_add(terms.value_floor(market.arrays, lots)?)?;
    let left = situation.target.iter().map(|one| match one.key == row.key {
        true => Holding { quantity, quote, ..*one },
        false => *one,
    });
    health(market, left, Check::Maintenance)
}

/// Deleveragings that nobody has to go through any more, so that their rent can go back to who paid
/// it: those first for which `payer` did.
pub fn over(deleveragings: &[Keyed<Deleveraging>], payer: &Address) -> Vec<Keyed<Deleveraging>> {
    let over = deleveragings.iter().filter(|one| one.state.resizing().is_over());
    let (mut all, others): (Vec<_>, Vec<_>) = over.partition(|one| one.state.payer == *payer);
    all.extend(others);
    all.into_iter().copied().collect()
}
