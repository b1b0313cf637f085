//! What should be done about this account? From its health to one action.

use plimsoll_risk::{liquidatable, Episode, Holding, RiskError};
use plimsoll_units::{Fraction, QuoteAtoms};

use crate::config::Config;
use crate::moves;
use crate::quote::{Quoted, Situation};
use crate::size::{best_row, largest_slice};

/// What a bid asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// A share of all rows.
    Slice(Fraction),
    /// A part of one row.
    Row(Holding),
}

/// A bid that is worth sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What it takes.
    pub request: Request,
    /// What it should bring.
    pub quoted: Quoted,
    /// Most that it may cost (quote atoms off the keeper's balance; negative: it must rise).
    pub payment_max: QuoteAtoms,
    /// Least income that still pays (quote atoms).
    pub income_min: QuoteAtoms,
}

/// What to do about one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send this bid.
    Bid(Box<Offer>),
    /// The pay is too small yet: start the clock by which it rises.
    Mark,
    /// Nothing, for this reason.
    Wait(Reason),
}

/// Why nothing is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The account is above its line.
    Healthy,
    /// Some price may not be used for liquidations now.
    NotPriced,
    /// A contract of the account has a risk array that is too old, and nobody could renew it.
    NotRefreshed,
    /// A position of the account or of the keeper was just deleveraged.
    Outdated,
    /// The discount does not cover what the rows cost to get rid of, and the clock runs already.
    PaysTooLittle,
    /// No size fits: the keeper's margin or the insurance fund is short, or the rule refuses.
    NothingFits,
}

/// The bid by slice where one fits and pays; else see [`plan_rows`].
pub fn plan(situation: &Situation<'_>, config: &Config) -> Result<Action, RiskError> {
    if let Some(reason) = idle(situation)? {
        return Ok(Action::Wait(reason));
    }
    match largest_slice(situation, config)? {
        Some(sized) => judged(situation, config, Request::Slice(sized.request), sized.quoted),
        None => plan_rows(situation, config),
    }
}

/// The bid for one named row: for accounts whose slice was refused or does not fit, as when one
/// row has no valid price or the keeper has no room for another row.
pub fn plan_rows(situation: &Situation<'_>, config: &Config) -> Result<Action, RiskError> {
    if let Some(reason) = idle(situation)? {
        return Ok(Action::Wait(reason));
    }
    match best_row(situation, config)? {
        Some(sized) => judged(situation, config, Request::Row(sized.request), sized.quoted),
        None => Ok(Action::Wait(Reason::NothingFits)),
    }
}

/// Why there is nothing to decide, if so.
fn idle(situation: &Situation<'_>) -> Result<Option<Reason>, RiskError> {
    match situation.health() {
        Err(RiskError::OracleInvalid { .. }) => Ok(Some(Reason::NotPriced)),
        Err(error) => Err(error),
        Ok(health) => {
            let due = liquidatable(&situation.terms, &health, situation.episode);
            Ok(match due {
                true => None,
                false if moves::hides_its_line(&situation.market, situation.target) => {
                    Some(Reason::NotPriced)
                }
                false => Some(Reason::Healthy),
            })
        }
    }
}

/// A bid that pays, or what to do instead.
fn judged(
    situation: &Situation<'_>,
    config: &Config,
    request: Request,
    quoted: Quoted,
) -> Result<Action, RiskError> {
    let least = config.profit_min;
    if quoted.profit(config)? < least {
        return Ok(match situation.episode {
            Episode::None => Action::Mark,
            Episode::Since(_) => Action::Wait(Reason::PaysTooLittle),
        });
    }
    let offer = Offer {
        request,
        payment_max: quoted.payment_max(config)?,
        income_min: quoted.cost(config)?.checked_add(least)?,
        quoted,
    };
    Ok(Action::Bid(Box::new(offer)))
}
