//! How far one change may go: a value at most doubles or halves, a margin moves by at most one
//! half. A change is measured at its proposal and again at its execution, so that several that wait
//! side by side go no further together than one.
//!
//! What only loosens when it rises, such as a cap, may fall as far as it likes.

use anchor_lang::prelude::*;
use plimsoll_units::{Ratio, TokenAtoms};

use crate::error::{Named, PlimsollError};
use crate::state::{Collateral, Group, Instrument, Underlying};

/// Quote amounts may rise to twice this even from nothing (quote atoms).
const LEAST_QUOTE_ATOMS: u64 = 1_000_000_000;
/// So may shares that weigh a value (ppm).
const LEAST_WEIGHT_PPM: u64 = 100_000;
/// So may shares that are charged or required (ppm).
const LEAST_CHARGE_PPM: u64 = 1_000;
/// So may rates of interest (2^-64 per second): one twentieth a year.
const LEAST_RATE: u64 = 29_247_000_000;
/// So may the requirement up to which an account is taken whole (quote atoms).
const LEAST_DUST_QUOTE_ATOMS: u64 = 1_000_000;
/// So may open interest (lots of one side).
const LEAST_LOTS: u64 = 1_000;
/// So may times (seconds).
const LEAST_SECONDS: u64 = 60;

/// At most doubled; up to twice `least` in any case.
fn doubles(old: impl Into<u64>, new: impl Into<u64>, least: u64) -> bool {
    new.into() <= old.into().max(least).saturating_mul(2)
}

/// At most doubled and at most halved; below twice `least` in any case.
fn near(old: impl Into<u64>, new: impl Into<u64>, least: u64) -> bool {
    let (old, new) = (old.into(), new.into());
    doubles(old, new, least) && doubles(new, old, least)
}

/// Up or down by at most one half.
fn margin(old: u32, new: u32) -> bool {
    let (old, new) = (u64::from(old), u64::from(new));
    let (twice, most) = (new.saturating_mul(2), old.saturating_mul(3));
    (old..=most).contains(&twice)
}

fn bounded(all: bool) -> Result<()> {
    require!(all, PlimsollError::ChangeTooLarge);
    Ok(())
}

/// `ChangeTooLarge` if an underlying moves too far.
pub(super) fn underlying(old: &Underlying, new: &Underlying) -> Result<()> {
    let slope = |old: &crate::state::StoredSlope, new: &crate::state::StoredSlope| {
        near(old.slope_ppm_per_second, new.slope_ppm_per_second, 0)
            && near(old.catch_up_seconds_max, new.catch_up_seconds_max, 0)
    };
    let guards = near(old.age_seconds_max, new.age_seconds_max, 0)
        && near(old.confidence_ppm_max, new.confidence_ppm_max, 0)
        && near(old.dispersion_ppm_max, new.dispersion_ppm_max, 0)
        && near(old.jump_ppm_max, new.jump_ppm_max, 0)
        && slope(&old.stable, &new.stable)
        && slope(&old.reference, &new.reference);
    // The losses are what scan range and scenarios come down to.
    let margins = margin(old.scan_lower_ppm, new.scan_lower_ppm)
        && margin(old.scan_upper_ppm, new.scan_upper_ppm)
        && margin(old.loss_long_ppm, new.loss_long_ppm)
        && margin(old.loss_short_ppm, new.loss_short_ppm)
        && margin(old.initial_multiplier_ppm, new.initial_multiplier_ppm);
    let charges = near(old.concentration_slope_ppm, new.concentration_slope_ppm, LEAST_CHARGE_PPM)
        && near(old.concentration_max_ppm, new.concentration_max_ppm, LEAST_CHARGE_PPM)
        && near(old.basis_ppm, new.basis_ppm, LEAST_CHARGE_PPM);
    let quote = |old: u64, new: u64| near(old, new, LEAST_QUOTE_ATOMS);
    let sizes = quote(old.open_interest_lower_quote_atoms, new.open_interest_lower_quote_atoms)
        && quote(old.open_interest_upper_quote_atoms, new.open_interest_upper_quote_atoms)
        && quote(old.depth_quote_atoms, new.depth_quote_atoms);
    bounded(guards && margins && charges && sizes)
}

/// `ChangeTooLarge` if a token moves too far. A cap below what there is already may rise to twice
/// of that, so that what the guardian tightened to nothing can be opened again.
pub(super) fn collateral(old: &Collateral, new: &Collateral) -> Result<()> {
    let totals = old.totals();
    let deposits = atoms(totals.deposits_ceil().map_err(PlimsollError::from)?);
    let borrows = atoms(totals.borrows_ceil().map_err(PlimsollError::from)?);
    let one = 10_u64.checked_pow(u32::from(old.decimals)).ok_or(PlimsollError::MathOverflow)?;
    let caps = doubles(old.deposit_cap_token_atoms, new.deposit_cap_token_atoms, deposits.max(one))
        && doubles(old.borrow_cap_token_atoms, new.borrow_cap_token_atoms, borrows.max(one))
        && doubles(old.reserve_share_ppm, new.reserve_share_ppm, LEAST_WEIGHT_PPM)
        && doubles(old.utilisation_ppm_max, new.utilisation_ppm_max, LEAST_WEIGHT_PPM)
        && doubles(old.insurance_cap_quote_atoms, new.insurance_cap_quote_atoms, LEAST_QUOTE_ATOMS);
    let outflow = doubles(old.outflow_ppm, new.outflow_ppm, 0)
        && doubles(old.outflow_free_token_atoms, new.outflow_free_token_atoms, one)
        && doubles(old.outflow_free_cap_token_atoms, new.outflow_free_cap_token_atoms, one);
    let weight = near(old.weight_ppm, new.weight_ppm, LEAST_WEIGHT_PPM);
    bounded(caps && outflow && weight && rates(old, new)?)
}

/// True if no rate of interest more than doubles. Between two kinks of either curve both are
/// straight, so that it is enough to look there.
fn rates(old: &Collateral, new: &Collateral) -> Result<bool> {
    let (before, after) = (old.curve()?, new.curve()?);
    for kink in old.kinks.iter().chain(&new.kinks) {
        let at = Ratio::from_ppm(kink.utilisation_ppm);
        let (before, after) = (before.rate(at).named()?, after.rate(at).named()?);
        if !doubles(before.get(), after.get(), LEAST_RATE) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn atoms(amount: TokenAtoms) -> u64 {
    u64::try_from(amount.get()).unwrap_or(0)
}

/// `ChangeTooLarge` if an instrument moves too far.
pub(super) fn instrument(old: &Instrument, new: &Instrument) -> Result<()> {
    let open = old.open_interest_lots.max(LEAST_LOTS);
    let charge = |old: u32, new: u32| doubles(old, new, LEAST_CHARGE_PPM);
    let trading = near(old.price_band_ppm, new.price_band_ppm, LEAST_CHARGE_PPM)
        && near(old.pnl_weight_ppm, new.pnl_weight_ppm, LEAST_WEIGHT_PPM)
        && charge(old.trade_fee_ppm, new.trade_fee_ppm)
        && doubles(old.open_interest_cap_lots, new.open_interest_cap_lots, open);
    let funding = charge(old.funding_cap_ppm, new.funding_cap_ppm)
        && doubles(old.funding_seconds_max, new.funding_seconds_max, LEAST_SECONDS)
        && near(old.premium_band_ppm, new.premium_band_ppm, LEAST_CHARGE_PPM)
        && near(old.premium_seconds, new.premium_seconds, LEAST_SECONDS)
        && near(old.premium_impact_quote_atoms, new.premium_impact_quote_atoms, LEAST_QUOTE_ATOMS);
    let quote = |old: u64, new: u64| doubles(old, new, LEAST_QUOTE_ATOMS);
    let losses = near(old.loss_cap_ppm, new.loss_cap_ppm, LEAST_WEIGHT_PPM)
        && charge(old.settle_reward_ppm, new.settle_reward_ppm)
        && quote(old.settle_reward_quote_atoms_max, new.settle_reward_quote_atoms_max)
        && quote(old.insurance_cap_quote_atoms, new.insurance_cap_quote_atoms);
    bounded(trading && funding && losses)
}

/// `ChangeTooLarge` if the group's own parameters move too far.
pub(super) fn group(old: &Group, new: &Group) -> Result<()> {
    let ppm = |old: u32, new: u32| near(old, new, LEAST_CHARGE_PPM);
    let liquidation = ppm(old.beta_min_ppm, new.beta_min_ppm)
        && ppm(old.beta_max_ppm, new.beta_max_ppm)
        && near(old.duration_slots, new.duration_slots, 1)
        && ppm(old.depth_full_ppm, new.depth_full_ppm)
        && ppm(old.buffer_ppm, new.buffer_ppm)
        && near(old.insurance_cut_ppm, new.insurance_cut_ppm, LEAST_WEIGHT_PPM)
        && doubles(old.dust_quote_atoms, new.dust_quote_atoms, LEAST_DUST_QUOTE_ATOMS)
        && near(old.deleverage_slots, new.deleverage_slots, 1);
    let times = near(old.owner_first_seconds, new.owner_first_seconds, LEAST_SECONDS)
        && doubles(old.cool_down_seconds, new.cool_down_seconds, 86_400)
        && near(old.timelock_seconds, new.timelock_seconds, 0)
        && near(old.window_seconds, new.window_seconds, 0);
    let (cap, next) = (old.insurance_cap_quote_atoms, new.insurance_cap_quote_atoms);
    bounded(liquidation && times && near(cap, next, LEAST_QUOTE_ATOMS))
}
