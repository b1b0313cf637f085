//! Expiries and contracts in the model's plain numbers, and the terms that sequences list them by.

use std::collections::BTreeMap;

use plimsoll_client::state::{Expiry, Instrument, InstrumentKind, StoredArray};
use plimsoll_client::{
    ContractKind, ContractParams, ExpiryParams, GroupDirectory, InstrumentParams, SliceParams,
};
use plimsoll_model as model;
use plimsoll_model::number::{binary, float, ten, whole, zero, Exact};

use super::seen::{price, Numbers};
use super::terms::instrument_terms;
use crate::contracts::{contract_params, expiry_params};

/// Lots of contracts: mantissa and power of ten, in units. Those of one expiry are not all of one size.
pub(crate) const LOTS: [(u64, i32); 4] = [(1, -1), (1, -2), (25, -3), (3, 0)];

/// The lot that a stored binary fraction stands for.
pub(crate) fn lot(stored: &Exact) -> Option<Exact> {
    let all = LOTS.iter().map(|(mantissa, power)| whole(*mantissa) * ten(*power));
    all.into_iter().find(|lot| {
        let off = lot * binary(1, 60);
        stored >= &(lot - &off) && stored <= &(lot + off)
    })
}

/// What of a stored instrument expires.
pub(crate) fn stored(one: &Instrument) -> Option<model::Contract> {
    let kind = if one.kind == InstrumentKind::Future {
        model::Kind::Future
    } else if one.kind == InstrumentKind::Call {
        model::Kind::Call
    } else if one.kind == InstrumentKind::Put {
        model::Kind::Put
    } else {
        return None;
    };
    Some(model::Contract {
        kind,
        strike: price(one.strike),
        expires_at: one.expires_at,
        settled: one.is_settled(),
        array: array(&one.array),
    })
}

fn array(stored: &StoredArray) -> model::Array {
    model::Array {
        refreshed_at: stored.refreshed_at,
        price: price(stored.price),
        per_price: price(stored.per_price),
        fair: stored.fair,
        low: stored.low,
        high: stored.high,
        delta: stored.delta,
        short_floor: stored.short_floor,
        gamma: stored.gamma,
        vega: stored.vega,
        theta: stored.theta,
        outcomes: stored.outcomes,
        shift: stored.shift.into(),
        fading: stored.fading != 0,
        seconds_max: stored.seconds_max,
        move_max: stored.move_max,
    }
}

/// A slice as it is published.
pub(crate) fn slice(params: &SliceParams) -> model::Slice {
    let SliceParams { a, b, rho, m, sigma } = *params;
    model::Slice { a, b, rho, m, sigma }
}

/// The same the other way round.
pub(crate) fn published(slice: &model::Slice) -> SliceParams {
    let model::Slice { a, b, rho, m, sigma } = *slice;
    SliceParams { a, b, rho, m, sigma }
}

impl Numbers {
    /// The expiries of an underlying.
    pub(crate) fn expiries(
        &self,
        directory: &GroupDirectory,
        underlying: u16,
    ) -> BTreeMap<i64, model::Expiry> {
        let own = directory.expiries.iter().filter(|one| one.state.underlying == underlying);
        own.map(|one| (one.state.expires_at, self.expiry(&one.state))).collect()
    }

    fn expiry(&self, one: &Expiry) -> model::Expiry {
        let stored = &one.slice;
        model::Expiry {
            open_count: one.open_count,
            payer: self.person(&one.payer),
            earlier_at: one.earlier_at,
            later_at: one.later_at,
            slice: model::Slice {
                a: stored.a,
                b: stored.b,
                rho: stored.rho,
                m: stored.m,
                sigma: stored.sigma,
            },
            published_at: one.published_at,
            basis_ppm: one.basis_ppm,
            confidence_ppm: one.confidence_ppm,
            basis_ppm_max: one.basis_ppm_max,
            confidence_ppm_min: one.confidence_ppm_min,
            widening_ppm_per_hour: one.widening_ppm_per_hour,
            fresh_seconds: one.fresh_seconds,
            step_ppm: one.step_ppm,
            basis_step_ppm: one.basis_step_ppm,
            step_seconds: one.step_seconds,
            volatility_scan_ppm: one.volatility_scan_ppm,
            short_floor_ppm: one.short_floor_ppm,
            array_seconds_max: one.array_seconds_max,
            array_move_ppm: one.array_move_ppm,
            samples: samples(&one.samples),
            settlement_price: price(one.settlement_price),
            settled_at: one.settled_at,
        }
    }
}

/// Sum and its unit, what it is over, and the last sample.
fn samples([low, high, unit, covered, at, mantissa, exponent]: &[u64; 7]) -> model::Samples {
    let sum = u128::from(*high) << 64 | u128::from(*low);
    let step = match sum {
        0 => zero(),
        _ => float(1, unit.cast_signed()),
    };
    let last =
        (*mantissa != 0).then(|| (at.cast_signed(), float(*mantissa, exponent.cast_signed())));
    model::Samples { sum: whole(sum) * step, covered_seconds: covered.cast_signed(), last }
}

/// Terms of an expiry. Who pays for it is known by the instruction.
pub(crate) fn expiry_terms(terms: &ExpiryParams) -> Box<model::Expiry> {
    Box::new(model::Expiry {
        payer: super::stage::PAYER,
        slice: slice(&terms.slice),
        basis_ppm: terms.basis_ppm,
        confidence_ppm: terms.confidence_ppm,
        basis_ppm_max: terms.basis_ppm_max,
        confidence_ppm_min: terms.confidence_ppm_min,
        widening_ppm_per_hour: terms.widening_ppm_per_hour,
        fresh_seconds: terms.fresh_seconds,
        step_ppm: terms.step_ppm,
        basis_step_ppm: terms.basis_step_ppm,
        step_seconds: terms.step_seconds,
        volatility_scan_ppm: terms.volatility_scan_ppm,
        short_floor_ppm: terms.short_floor_ppm,
        array_seconds_max: terms.array_seconds_max,
        array_move_ppm: terms.array_move_ppm,
        ..model::Expiry::default()
    })
}

/// Terms of a contract.
pub(crate) fn contract_terms(terms: &ContractParams, expires_at: i64) -> Box<model::Instrument> {
    let (kind, strike) = match terms.kind {
        ContractKind::Future => (model::Kind::Future, 0),
        ContractKind::Call { strike_quote_atoms_per_lot } => {
            (model::Kind::Call, strike_quote_atoms_per_lot)
        }
        ContractKind::Put { strike_quote_atoms_per_lot } => {
            (model::Kind::Put, strike_quote_atoms_per_lot)
        }
    };
    let contract =
        model::Contract { kind, strike: whole(strike), expires_at, ..model::Contract::default() };
    let listed = instrument_terms(&terms.instrument, false);
    Box::new(model::Instrument { contract: Some(contract), ..*listed })
}

/// Terms of an expiry with a slice: volatilities move by a tenth a quarter of an hour.
pub(crate) fn expiry_of(slice: SliceParams) -> ExpiryParams {
    ExpiryParams {
        step_seconds: 900,
        array_seconds_max: 600,
        array_move_ppm: 50_000,
        ..expiry_params(slice)
    }
}

/// Terms of a contract, by its kind (0: future, 1: call, 2: put), its strike and the number of its lot.
pub(crate) fn contract_of(kind: u8, strike_quote_atoms_per_lot: u64, lot: usize) -> ContractParams {
    let (name, kind) = match kind {
        0 => ("FUT", ContractKind::Future),
        1 => ("CALL", ContractKind::Call { strike_quote_atoms_per_lot }),
        _ => ("PUT", ContractKind::Put { strike_quote_atoms_per_lot }),
    };
    let terms = contract_params(name, kind);
    let (lot_mantissa, lot_exponent) = LOTS[lot % LOTS.len()];
    let instrument = InstrumentParams {
        lot_mantissa,
        lot_exponent,
        trade_fee_ppm: 200,
        pnl_weight_ppm: if lot == 0 { 500_000 } else { 1_000_000 },
        ..terms.instrument
    };
    ContractParams { instrument, ..terms }
}

/// The lot of a contract as it would be listed again.
pub(crate) fn stored_lot(stored: &Instrument) -> Option<(u64, i32)> {
    let known = lot(&price(stored.lot))?;
    LOTS.into_iter().find(|(mantissa, power)| whole(*mantissa) * ten(*power) == known)
}
