//! Which contracts does a block of the file stand for at one of its times, and on which terms?

use plimsoll_client::{bounds, ContractKind, ContractParams, InstrumentParams};
use plimsoll_decimals::Decimal;
use plimsoll_units::Price;

use crate::calendar::{day_code, Moment};
use crate::expiries::{AroundSpec, ExpiryError, ExpirySpec};
use crate::params::{self, QuoteDecimals};

/// The contracts of an expiry in the order in which they are listed: its future, then a call and a put
/// for each strike.
///
/// Errors: `LotOutOfRange`, `TickUneven`, `StrikeUneven`, `StrikeTooLarge`, `Uneven`, `NameTooLong`.
pub(crate) fn contracts(
    spec: &ExpirySpec,
    at: Moment,
    strikes: &[Decimal],
    decimals: QuoteDecimals,
) -> Result<Vec<ContractParams>, ExpiryError> {
    let symbol = format!("{}{}", spec.underlying, day_code(at));
    let contract = |name: String, kind: ContractKind| {
        let instrument = instrument(spec, &name, decimals)?;
        Ok(ContractParams { kind, instrument })
    };
    let future = spec.future.then(|| contract(format!("{symbol}F"), ContractKind::Future));
    let options = strikes.iter().flat_map(|strike| {
        let kinds: [(&str, fn(u64) -> ContractKind); 2] = [
            ("C", |strike_quote_atoms_per_lot| ContractKind::Call { strike_quote_atoms_per_lot }),
            ("P", |strike_quote_atoms_per_lot| ContractKind::Put { strike_quote_atoms_per_lot }),
        ];
        let symbol = &symbol;
        kinds.map(|(letter, kind)| {
            let atoms = strike_atoms(strike, spec, decimals)?;
            contract(format!("{symbol}{letter}{}", strike.shortest()), kind(atoms))
        })
    });
    future.into_iter().chain(options).collect()
}

/// A strike as quote atoms per lot.
pub(crate) fn strike_atoms(
    strike: &Decimal,
    spec: &ExpirySpec,
    decimals: QuoteDecimals,
) -> Result<u64, ExpiryError> {
    let atoms = strike.product_scaled(spec.lot, decimals).filter(|atoms| *atoms > 0);
    match atoms.ok_or(ExpiryError::StrikeUneven(*strike))? {
        atoms if atoms < bounds::STRIKE_BOUND => Ok(atoms),
        _ => Err(ExpiryError::StrikeTooLarge(*strike)),
    }
}

/// Strikes by a rule whose middle one is so many steps, the middle one first, then one above and one
/// below by turns.
///
/// Errors: `StrikesBelowZero`, `StrikeTooLarge` (beyond 64 bits).
pub(crate) fn ladder(around: &AroundSpec, middle: u64) -> Result<Vec<Decimal>, ExpiryError> {
    let AroundSpec { step, count } = *around;
    let strike = |steps: u64| {
        let strike = step.times(steps).ok_or(ExpiryError::StrikeTooLarge(step))?;
        Ok(strike.shortest())
    };
    let below = u64::from(count.saturating_sub(1) / 2);
    if middle <= below {
        return Err(ExpiryError::StrikesBelowZero { middle: strike(middle)?, count });
    }
    let steps = (0..u64::from(count)).map(|turn| match (turn.div_ceil(2), turn % 2) {
        (distance, 1) => middle.checked_add(distance),
        (distance, _) => middle.checked_sub(distance),
    });
    steps.map(|steps| strike(steps.ok_or(ExpiryError::StrikeTooLarge(step))?)).collect()
}

/// How many steps are next to a price (quote atoms per unit); half of a step is rounded up. The step
/// must be a whole number of quote atoms.
///
/// Errors: `StepZero`, `StrikeUneven`.
pub(crate) fn steps_nearest(
    around: &AroundSpec,
    price_quote_atoms: u64,
    decimals: QuoteDecimals,
) -> Result<u64, ExpiryError> {
    let step = around.step.scaled(decimals).map_err(|_| ExpiryError::StrikeUneven(around.step))?;
    let doubled = u128::from(price_quote_atoms) * 2 + u128::from(step);
    let steps = doubled.checked_div(2 * u128::from(step)).ok_or(ExpiryError::StepZero)?;
    u64::try_from(steps).map_err(|_| ExpiryError::StrikeTooLarge(around.step))
}

fn instrument(
    spec: &ExpirySpec,
    name: &str,
    decimals: QuoteDecimals,
) -> Result<InstrumentParams, ExpiryError> {
    let lot = spec.lot.shortest();
    let exponent = i32::try_from(lot.places).map(|places| -places);
    let (lot_mantissa, lot_exponent) = exponent
        .ok()
        .filter(|exponent| Price::from_decimal(lot.mantissa, *exponent).is_ok())
        .map(|exponent| (lot.mantissa, exponent))
        .ok_or(ExpiryError::LotOutOfRange(spec.lot))?;
    let tick = spec.tick.product_scaled(spec.lot, decimals).filter(|atoms| *atoms > 0);
    let uneven = |term: &'static str| move |reason| ExpiryError::Uneven { term, reason };
    let cap = params::whole_lots(&spec.open_interest_cap, &spec.lot);
    let quote = |term, amount: &Decimal| amount.scaled(decimals).map_err(uneven(term));
    Ok(InstrumentParams {
        name: params::name(name).map_err(|_| ExpiryError::NameTooLong(name.into()))?,
        lot_mantissa,
        lot_exponent,
        tick_quote_atoms_per_lot: tick.ok_or(ExpiryError::TickUneven(spec.tick))?,
        price_band_ppm: spec.price_band.ppm,
        pnl_weight_ppm: spec.pnl_weight.ppm,
        trade_fee_ppm: spec.trade_fee.ppm,
        open_interest_cap_lots: cap
            .map_err(uneven("open_interest_cap"))?
            .ok_or(ExpiryError::LotOutOfRange(spec.lot))?,
        // What expires pays no funding: these say nothing, and are the least that is allowed.
        funding_cap_ppm: 0,
        funding_seconds_max: 0,
        premium_band_ppm: 0,
        premium_seconds: 60,
        premium_impact_quote_atoms: 1,
        loss_cap_ppm: spec.loss_cap.ppm,
        settle_reward_ppm: spec.settle_reward.ppm,
        settle_reward_quote_atoms_max: quote("settle_reward_max", &spec.settle_reward_max)?,
        insurance_cap_quote_atoms: quote("insurance_cap", &spec.insurance_cap)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Markets;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn around(step: &str, count: u32) -> AroundSpec {
        AroundSpec { step: number(step), count }
    }

    #[test]
    fn the_middle_strike_is_next_to_the_price() {
        let steps = |step, price| steps_nearest(&around(step, 1), price, 6);

        assert_eq!(steps("5", 150_000_000), Ok(30));
        assert_eq!(steps("5", 152_499_999), Ok(30));
        // Half of a step is rounded up.
        assert_eq!(steps("5", 152_500_000), Ok(31));
        assert_eq!(steps("0.25", 1_130_000), Ok(5));
        assert_eq!(steps("5", u64::MAX), Ok(3_689_348_814_742));
        assert_eq!(steps("0", 1), Err(ExpiryError::StepZero));
        let small = number("0.0000001");
        assert_eq!(steps("0.0000001", 1), Err(ExpiryError::StrikeUneven(small)));
    }

    #[test]
    fn strikes_lie_around_the_middle() {
        let strikes = |step, count, middle| {
            let all = ladder(&around(step, count), middle).unwrap();
            all.iter().map(Decimal::to_string).collect::<Vec<_>>()
        };

        assert_eq!(strikes("5", 5, 30), ["150", "155", "145", "160", "140"]);
        assert_eq!(strikes("2.50", 4, 61), ["152.5", "155", "150", "157.5"]);
        assert_eq!(strikes("5", 1, 1), ["5"]);
        assert_eq!(strikes("5", 3, 2), ["10", "15", "5"]);
    }

    #[test]
    fn strikes_are_above_nothing() {
        let below = |middle: &str, count| {
            Err(ExpiryError::StrikesBelowZero { middle: number(middle), count })
        };
        assert_eq!(ladder(&around("5", 3), 1), below("5", 3));
        assert_eq!(ladder(&around("5", 1), 0), below("0", 1));
        let step = number("5");
        assert_eq!(ladder(&around("5", 3), u64::MAX), Err(ExpiryError::StrikeTooLarge(step)));
    }

    #[test]
    fn contracts_have_names_strikes_and_terms() {
        let mut spec = Markets::local().expiries.remove(0);
        (spec.underlying, spec.future) = ("SOL".into(), true);
        (spec.lot, spec.tick) = (number("0.10"), number("0.01"));
        let at = "2026-03-27T08:00:00Z".parse().unwrap();

        let all = contracts(&spec, at, &[number("150.0"), number("152.5")], 6).unwrap();

        let names: Vec<String> =
            all.iter().map(|one| crate::facts::text(&one.instrument.name)).collect();
        assert_eq!(
            names,
            ["SOL260327F", "SOL260327C150", "SOL260327P150", "SOL260327C152.5", "SOL260327P152.5"]
        );
        assert_eq!(all[0].kind, ContractKind::Future);
        // A tenth of 150 in atoms.
        let strike_quote_atoms_per_lot = 15_000_000;
        assert_eq!(all[2].kind, ContractKind::Put { strike_quote_atoms_per_lot });
        let terms = &all[4].instrument;
        assert_eq!((terms.lot_mantissa, terms.lot_exponent), (1, -1));
        assert_eq!((terms.tick_quote_atoms_per_lot, terms.funding_cap_ppm), (1_000, 0));
    }
}
