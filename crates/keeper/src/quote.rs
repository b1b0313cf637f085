//! What would a bid bring, and could the keeper carry it?

use plimsoll_risk::{
    beta, depth, health, settle, Bid, BidKind, Check, Episode, Health, Holding, LiquidationTerms,
    Market, Phase, RiskError, RowTerms, Settlement,
};
use plimsoll_units::{QuoteAtoms, Ratio, Slot, Slots, Value};

use crate::config::Config;
use crate::moves;

/// Everything that a decision about one account depends on.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Terms of all rows of both accounts, and of the quote row.
    pub market: Market<'a>,
    /// The group's terms of liquidation.
    pub terms: LiquidationTerms,
    /// What the account holds.
    pub target: &'a [Holding],
    /// Its liquidation episode.
    pub episode: Episode,
    /// What the keeper's own account holds.
    pub own: &'a [Holding],
    /// What the insurance fund can pay of one bid's discount.
    pub insurance: QuoteAtoms,
    /// Now.
    pub slot: Slot,
}

/// A bid thought through to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// Who pays what.
    pub settlement: Settlement,
    /// Value of the rows taken that the keeper has to get rid of, long and short added up.
    pub gross: Value,
    /// The keeper's initial health afterwards.
    pub own: Health,
}

impl Situation<'_> {
    /// The account's health for keeping.
    pub fn health(&self) -> Result<Health, RiskError> {
        health(&self.market, self.target.iter().copied(), Check::Maintenance)
    }

    /// Share of released requirement that a bid is paid now.
    pub fn beta(&self, health: &Health) -> Ratio {
        let elapsed = match self.episode {
            Episode::Since(start) => self.slot.elapsed_since(start),
            Episode::None => Slots::ZERO,
        };
        beta(&self.terms, depth(health), elapsed)
    }

    /// Settles the bid that takes `taken`, by the same functions as the program.
    pub fn quote(&self, taken: &[Holding], kind: BidKind) -> Result<Quoted, RiskError> {
        let before = self.health()?;
        let left = moves::less(self.target, taken)?;
        let moved = health(&self.market, left.into_iter(), Check::Maintenance)?;
        let bid = Bid { before, moved, beta: self.beta(&before), kind };
        let settlement = settle(&self.terms, &bid, self.insurance)?;
        let own = moves::paid(&moves::plus(self.own, taken)?, settlement.bidder_delta)?;
        let own = health(&self.market, own.into_iter(), Check::Initial)?;
        Ok(Quoted { settlement, gross: self.gross(taken)?, own })
    }

    fn gross(&self, taken: &[Holding]) -> Result<Value, RiskError> {
        let mut gross = Value::ZERO;
        for row in taken {
            let terms = self.market.rows.iter().find(|terms| terms.key == row.key);
            let terms = terms.ok_or(RiskError::MissingTerms { key: row.key })?;
            if is_settled(&self.market, terms) {
                continue;
            }
            let worth = terms.value_floor(self.market.arrays, row.quantity)?;
            gross = gross.checked_add(worth.abs()?)?;
        }
        Ok(gross)
    }
}

/// Has the row's contract settled? Nothing moves what it pays, and it is paid out in the end: nobody has to
/// get rid of it.
fn is_settled(market: &Market<'_>, terms: &RowTerms) -> bool {
    terms.array.find(market.arrays).is_some_and(|array| array.phase == Phase::Settled)
}

impl Quoted {
    /// The discount less the insurance fund's cut.
    pub fn income(&self) -> Result<QuoteAtoms, RiskError> {
        Ok(self.settlement.discount.checked_sub(self.settlement.insurance_cut)?)
    }

    /// What the bid costs the keeper: the fee, and getting rid of the rows.
    pub fn cost(&self, config: &Config) -> Result<QuoteAtoms, RiskError> {
        let unwinding = self.gross.mul_ratio_ceil(config.ask)?.to_quote_ceil()?;
        Ok(unwinding.checked_add(config.fee)?)
    }

    /// Income less cost.
    pub fn profit(&self, config: &Config) -> Result<QuoteAtoms, RiskError> {
        Ok(self.income()?.checked_sub(self.cost(config)?)?)
    }

    /// Most that the bid may cost when it lands (quote atoms off the keeper's balance; negative: it must
    /// rise).
    pub fn payment_max(&self, config: &Config) -> Result<QuoteAtoms, RiskError> {
        let spare = self.gross.mul_ratio_ceil(config.slippage)?.to_quote_ceil()?;
        Ok(self.settlement.bidder_delta.checked_neg()?.checked_add(spare)?)
    }

    /// Does the keeper keep its own margin, with what it wants to spare?
    pub fn is_carried(&self, config: &Config) -> Result<bool, RiskError> {
        let wanted = Ratio::ONE.checked_add(config.margin_kept)?;
        Ok(self.own.equity >= self.own.requirement.mul_ratio_ceil(wanted)?)
    }
}
