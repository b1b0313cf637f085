//! Do a listing and the file agree, field by field? Both are read into the same list of facts,
//! so that a difference has a name and two values.

use plimsoll_client::instruction::NewCollateral;
use plimsoll_client::state::{Collateral, Expiry, Group, Instrument, InstrumentKind, Underlying};
use plimsoll_client::{
    CollateralParams, ContractKind, ContractParams, ExpiryParams, GroupParams, InstrumentParams,
    KinkParams, RoleParams, ScenarioParams, SlopeParams, SourceParams, TimelockParams,
    UnderlyingParams,
};
use plimsoll_units::Price;

/// A field and its value.
pub(crate) type Fact = (&'static str, String);

/// The first field that differs: its name, its value in the file, its value on the chain.
pub(crate) fn difference(file: &[Fact], chain: &[Fact]) -> Option<(&'static str, String, String)> {
    let pairs = file.iter().zip(chain);
    let mut different = pairs.filter(|(file, chain)| file != chain);
    different.next().map(|(file, chain)| (file.0, file.1.clone(), chain.1.clone()))
}

macro_rules! facts {
    ($of:expr; $($field:ident),+ $(,)?) => {
        vec![$((stringify!($field), format!("{:?}", $of.$field))),+]
    };
}

pub(crate) fn of_group(params: &GroupParams) -> Vec<Fact> {
    facts!(params; beta_min_ppm, beta_max_ppm, duration_slots, depth_full_ppm, buffer_ppm,
        insurance_cut_ppm, dust_quote_atoms, owner_first_seconds, cool_down_seconds,
        insurance_cap_quote_atoms, deleverage_slots)
}

pub(crate) fn of_roles(roles: &RoleParams) -> Vec<Fact> {
    let mut facts = facts!(roles; guardian, lister, risk_manager, publisher);
    facts.extend(facts!(roles.timelock; timelock_seconds, window_seconds));
    facts
}

pub(crate) fn role_params(stored: &Group) -> RoleParams {
    RoleParams {
        guardian: stored.guardian,
        lister: stored.lister,
        risk_manager: stored.risk_manager,
        publisher: stored.publisher,
        timelock: TimelockParams {
            timelock_seconds: stored.timelock_seconds,
            window_seconds: stored.window_seconds,
        },
    }
}

/// The terms by which a stored group would be created again.
pub fn group_params(stored: &Group) -> GroupParams {
    GroupParams {
        beta_min_ppm: stored.beta_min_ppm,
        beta_max_ppm: stored.beta_max_ppm,
        duration_slots: stored.duration_slots,
        depth_full_ppm: stored.depth_full_ppm,
        buffer_ppm: stored.buffer_ppm,
        insurance_cut_ppm: stored.insurance_cut_ppm,
        deleverage_slots: stored.deleverage_slots,
        dust_quote_atoms: stored.dust_quote_atoms,
        owner_first_seconds: stored.owner_first_seconds,
        cool_down_seconds: stored.cool_down_seconds,
        insurance_cap_quote_atoms: stored.insurance_cap_quote_atoms,
    }
}

pub(crate) fn of_underlying(params: &UnderlyingParams) -> Vec<Fact> {
    let mut facts = vec![("name", text(&params.name))];
    facts.extend(facts!(params; sources, age_seconds_max, confidence_ppm_max, dispersion_ppm_max,
        jump_ppm_max, stable, reference, scan_lower_ppm, scan_upper_ppm,
        open_interest_lower_quote_atoms, open_interest_upper_quote_atoms,
        concentration_slope_ppm, concentration_max_ppm, depth_quote_atoms, basis_ppm,
        initial_multiplier_ppm, scenarios));
    facts
}

/// The arguments by which a listed underlying would be listed again.
pub fn underlying_params(stored: &Underlying) -> UnderlyingParams {
    let sources = stored.sources.iter().take(usize::from(stored.source_count));
    let scenarios = stored.scenarios.iter().take(usize::from(stored.scenario_count));
    let slope = |slope: &plimsoll_client::state::StoredSlope| SlopeParams {
        slope_ppm_per_second: slope.slope_ppm_per_second,
        catch_up_seconds_max: slope.catch_up_seconds_max,
    };
    UnderlyingParams {
        name: stored.name,
        sources: sources
            .map(|source| SourceParams {
                kind: u8::try_from(source.kind).unwrap_or(0),
                address: source.address,
                feed_id: source.feed_id,
            })
            .collect(),
        age_seconds_max: stored.age_seconds_max,
        confidence_ppm_max: stored.confidence_ppm_max,
        dispersion_ppm_max: stored.dispersion_ppm_max,
        jump_ppm_max: stored.jump_ppm_max,
        stable: slope(&stored.stable),
        reference: slope(&stored.reference),
        scan_lower_ppm: stored.scan_lower_ppm,
        scan_upper_ppm: stored.scan_upper_ppm,
        open_interest_lower_quote_atoms: stored.open_interest_lower_quote_atoms,
        open_interest_upper_quote_atoms: stored.open_interest_upper_quote_atoms,
        concentration_slope_ppm: stored.concentration_slope_ppm,
        concentration_max_ppm: stored.concentration_max_ppm,
        depth_quote_atoms: stored.depth_quote_atoms,
        basis_ppm: stored.basis_ppm,
        initial_multiplier_ppm: stored.initial_multiplier_ppm,
        scenarios: scenarios
            .map(|scenario| ScenarioParams {
                shock_ppm: scenario.shock_ppm,
                volatility_ppm: scenario.volatility_ppm,
                weight_ppm: scenario.weight_ppm,
            })
            .collect(),
    }
}

pub(crate) fn of_token(token: &NewCollateral) -> Vec<Fact> {
    let mut facts = facts!(token; mint, token_program, underlying);
    facts.extend(facts!(token.params; deposit_cap_token_atoms, borrow_cap_token_atoms, kinks, reserve_share_ppm,
        utilisation_ppm_max, outflow_ppm, outflow_free_token_atoms, outflow_free_cap_token_atoms,
        weight_ppm, ramp_seconds, insurance_cap_quote_atoms));
    facts
}

/// The listing by which a listed token would be listed again.
pub fn token(stored: &Collateral) -> NewCollateral {
    NewCollateral {
        mint: stored.mint,
        token_program: stored.token_program,
        underlying: stored.underlying,
        params: CollateralParams {
            deposit_cap_token_atoms: stored.deposit_cap_token_atoms,
            borrow_cap_token_atoms: stored.borrow_cap_token_atoms,
            kinks: stored
                .kinks
                .iter()
                .take(usize::try_from(stored.kink_count).unwrap_or(0))
                .map(|kink| KinkParams {
                    utilisation_ppm: kink.utilisation_ppm,
                    rate_ppm: kink.rate_ppm,
                })
                .collect(),
            reserve_share_ppm: stored.reserve_share_ppm,
            utilisation_ppm_max: stored.utilisation_ppm_max,
            outflow_ppm: stored.outflow_ppm,
            outflow_free_token_atoms: stored.outflow_free_token_atoms,
            outflow_free_cap_token_atoms: stored.outflow_free_cap_token_atoms,
            weight_ppm: stored.weight_ppm,
            ramp_seconds: stored.ramp_seconds,
            insurance_cap_quote_atoms: stored.insurance_cap_quote_atoms,
        },
    }
}

pub(crate) fn of_instrument(params: &InstrumentParams, underlying: u16) -> Vec<Fact> {
    let lot = Price::from_decimal(params.lot_mantissa, params.lot_exponent);
    let mut facts = instrument_facts(&params.name, underlying, lot.ok());
    facts.extend(facts!(params; tick_quote_atoms_per_lot, price_band_ppm, pnl_weight_ppm,
        trade_fee_ppm, open_interest_cap_lots, funding_cap_ppm, funding_seconds_max,
        premium_band_ppm, premium_seconds, premium_impact_quote_atoms, loss_cap_ppm,
        settle_reward_ppm, settle_reward_quote_atoms_max, insurance_cap_quote_atoms));
    facts
}

pub(crate) fn of_listed_instrument(stored: &Instrument) -> Vec<Fact> {
    let mut facts = instrument_facts(&stored.name, stored.underlying, stored.lot().ok());
    facts.extend(facts!(stored; tick_quote_atoms_per_lot, price_band_ppm, pnl_weight_ppm,
        trade_fee_ppm, open_interest_cap_lots, funding_cap_ppm, funding_seconds_max,
        premium_band_ppm, premium_seconds, premium_impact_quote_atoms, loss_cap_ppm,
        settle_reward_ppm, settle_reward_quote_atoms_max, insurance_cap_quote_atoms));
    facts
}

pub(crate) fn of_expiry(params: &ExpiryParams) -> Vec<Fact> {
    facts!(params; basis_ppm_max, confidence_ppm_min, widening_ppm_per_hour, fresh_seconds, step_ppm,
        basis_step_ppm, step_seconds, volatility_scan_ppm, short_floor_ppm, array_seconds_max,
        array_move_ppm)
}

/// What a publisher changes is no fact: slice, basis and confidence.
pub(crate) fn of_listed_expiry(stored: &Expiry) -> Vec<Fact> {
    facts!(stored; basis_ppm_max, confidence_ppm_min, widening_ppm_per_hour, fresh_seconds, step_ppm,
        basis_step_ppm, step_seconds, volatility_scan_ppm, short_floor_ppm, array_seconds_max,
        array_move_ppm)
}

pub(crate) fn of_contract(params: &ContractParams, underlying: u16) -> Vec<Fact> {
    let mut facts = of_instrument(&params.instrument, underlying);
    facts.push(("kind", format!("{:?}", Some(params.kind))));
    facts
}

pub(crate) fn of_listed_contract(stored: &Instrument) -> Vec<Fact> {
    let mut facts = of_listed_instrument(stored);
    facts.push(("kind", format!("{:?}", kind(stored))));
    facts
}

/// What a listed contract pays; `None` for a perpetual, and for what no contract was listed with.
pub(crate) fn kind(stored: &Instrument) -> Option<ContractKind> {
    let strike = || {
        // It was listed as a whole number of atoms.
        let atoms = stored.strike.price().ok()?.value_floor(1).ok()?.to_quote_floor().ok()?;
        u64::try_from(atoms.get()).ok()
    };
    match stored.kind {
        kind if kind == InstrumentKind::Future => Some(ContractKind::Future),
        kind if kind == InstrumentKind::Call => {
            Some(ContractKind::Call { strike_quote_atoms_per_lot: strike()? })
        }
        kind if kind == InstrumentKind::Put => {
            Some(ContractKind::Put { strike_quote_atoms_per_lot: strike()? })
        }
        _ => None,
    }
}

fn instrument_facts(name: &[u8; 16], underlying: u16, lot: Option<Price>) -> Vec<Fact> {
    vec![
        ("name", text(name)),
        ("underlying", underlying.to_string()),
        ("lot", format!("{:?}", lot.map(|lot| lot.parts()))),
    ]
}

/// A stored name without its padding.
pub(crate) fn text(name: &[u8; 16]) -> String {
    String::from_utf8_lossy(name).trim_end_matches('\0').to_string()
}
