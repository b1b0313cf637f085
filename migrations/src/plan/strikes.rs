//! Which strikes does an expiry have? Those that the file lists, or some around a price; what is listed
//! or proposed of these already says which, so that a price that moves between two runs moves nothing.

use plimsoll_client::{AccountSource, Change, ContractKind};

use plimsoll_decimals::Decimal;

use super::dated::{Scene, Shelf};
use super::{Draft, PlanError};
use crate::calendar::Moment;
use crate::chain;
use crate::contracts::{ladder, steps_nearest, strike_atoms};
use crate::expiries::{AroundSpec, ExpirySpec};
use crate::facts;

/// The least and the most that a middle strike may be, in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Middle {
    least: u64,
    most: u64,
}

impl Middle {
    /// Any.
    const ANY: Self = Self { least: 0, most: u64::MAX };

    /// Those of which a strike of so many steps is one, too; `None` if there are none.
    fn with(self, steps: u64, count: u32) -> Option<Self> {
        let count = u64::from(count);
        let (above, below) = (count / 2, count.saturating_sub(1) / 2);
        let least = self.least.max(steps.saturating_sub(above));
        let most = self.most.min(steps.saturating_add(below));
        (least <= most).then_some(Self { least, most })
    }
}

impl Draft<'_> {
    /// The strikes of an expiry.
    pub(super) fn strikes<S: AccountSource + ?Sized>(
        &self,
        scene: &Scene<'_, S>,
        shelf: &Shelf<'_>,
        block: &ExpirySpec,
        at: Moment,
    ) -> Result<Vec<Decimal>, PlanError> {
        let Some(around) = &block.around else {
            return Ok(block.strikes.clone());
        };
        let flaw = |error| shelf.flaw(error);
        let step = strike_atoms(&around.step, block, self.decimals).map_err(flaw)?;
        let middle = self.listed_middle(shelf, around, at, step)?;
        let middle = proposed_middle(scene, shelf, around, at, step, middle);
        let steps = match middle {
            Middle { least, most } if least == most => least,
            Middle { least, most } => {
                let quote = scene.markets.underlyings.first().unwrap_or(shelf.spec);
                let both = [quote, shelf.spec];
                let price = chain::price(scene.source, both, self.names, self.decimals, scene.now);
                let steps = price.and_then(|price| steps_nearest(around, price, self.decimals));
                steps.map_err(flaw)?.clamp(least, most)
            }
        };
        ladder(around, steps).map_err(flaw)
    }

    /// Where the middle may lie by the options that are listed. `Different` for one that no rule of this
    /// step and count gives.
    fn listed_middle(
        &self,
        shelf: &Shelf<'_>,
        around: &AroundSpec,
        at: Moment,
        step: u64,
    ) -> Result<Middle, PlanError> {
        let mut middle = Middle::ANY;
        for stored in self.listed_contracts(shelf.index, at) {
            let Some(strike) = facts::kind(stored).and_then(strike_of) else {
                continue;
            };
            let whole = strike.is_multiple_of(step).then_some(strike / step);
            let next = whole.and_then(|steps| middle.with(steps, around.count));
            middle = next.ok_or_else(|| PlanError::Different {
                listed: format!("contract {}", facts::text(&stored.name)),
                field: "strike",
                file: format!("one of {} in steps of {}", around.count, around.step),
                chain: format!("{strike} quote atoms per lot, beside others"),
            })?;
        }
        Ok(middle)
    }
}

/// The same by those that were proposed, as far as they agree.
fn proposed_middle<S: ?Sized>(
    scene: &Scene<'_, S>,
    shelf: &Shelf<'_>,
    around: &AroundSpec,
    at: Moment,
    step: u64,
    mut middle: Middle,
) -> Middle {
    for one in &scene.proposed {
        let strike = match &one.change {
            Change::ListContract { underlying, expires_at, params, .. }
                if *underlying == shelf.index && *expires_at == at.unix_seconds =>
            {
                strike_of(params.kind)
            }
            _ => None,
        };
        let steps = strike.filter(|strike| strike.is_multiple_of(step)).map(|strike| strike / step);
        let next = steps.and_then(|steps| middle.with(steps, around.count));
        middle = next.unwrap_or(middle);
    }
    middle
}

/// The strike of an option (quote atoms per lot).
fn strike_of(kind: ContractKind) -> Option<u64> {
    match kind {
        ContractKind::Future => None,
        ContractKind::Call { strike_quote_atoms_per_lot }
        | ContractKind::Put { strike_quote_atoms_per_lot } => Some(strike_quote_atoms_per_lot),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_strikes_say_where_the_middle_is() {
        let one = Middle::ANY.with(30, 5).unwrap();
        assert_eq!(one, Middle { least: 28, most: 32 });
        let two = one.with(32, 5).unwrap();
        assert_eq!(two, Middle { least: 30, most: 32 });
        // All five of them leave one.
        let all = [28, 29, 30, 31, 32].iter().try_fold(Middle::ANY, |one, at| one.with(*at, 5));
        assert_eq!(all, Some(Middle { least: 30, most: 30 }));
        // Of four there are two above the middle, and one below.
        let all = [29, 30, 31, 32].iter().try_fold(Middle::ANY, |one, at| one.with(*at, 4));
        assert_eq!(all, Some(Middle { least: 30, most: 30 }));
        // No five of them are so far apart.
        assert_eq!(one.with(35, 5), None);
        assert_eq!(Middle::ANY.with(0, 1), Some(Middle { least: 0, most: 0 }));
    }
}
