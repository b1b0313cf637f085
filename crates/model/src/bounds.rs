//! How far may one change go? A value doubles or halves, a margin moves by one half; what only
//! loosens when it rises may fall as far as it likes. Small values may reach twice a least one.

use crate::group::{Collateral, Instrument, Slope, Terms, Underlying};
use crate::interest::rate_raw;
use crate::margin::losses;
use crate::number::ceil;

/// Quote amounts may reach twice this from nothing (quote atoms).
const QUOTE: u64 = 1_000_000_000;
/// So may shares that weigh (ppm),
const WEIGHT: u64 = 100_000;
/// shares that are charged (ppm),
const CHARGE: u64 = 1_000;
/// rates of interest: a twentieth a year (2^-64 per second),
const RATE: u64 = 29_247_000_000;
/// what is taken whole (quote atoms),
const DUST: u64 = 1_000_000;
/// open interest (lots),
const LOTS: u64 = 1_000;
/// times (seconds).
const SECONDS: u64 = 60;

/// At most doubled.
fn doubles(old: impl Into<u64>, new: impl Into<u64>, least: u64) -> bool {
    new.into() <= old.into().max(least).saturating_mul(2)
}

/// At most doubled, at most halved.
pub(crate) fn near(old: impl Into<u64>, new: impl Into<u64>, least: u64) -> bool {
    let (old, new) = (old.into(), new.into());
    doubles(old, new, least) && doubles(new, old, least)
}

/// Half as much again, or half as much, at most.
fn margin(old: impl Into<i128>, new: impl Into<i128>) -> bool {
    let (old, new) = (old.into(), new.into());
    2 * new >= old && 2 * new <= 3 * old
}

fn slope(old: &Slope, new: &Slope) -> bool {
    near(old.ppm_per_second, new.ppm_per_second, 0)
        && near(old.catch_up_seconds_max, new.catch_up_seconds_max, 0)
}

pub(crate) fn underlying(old: &Underlying, new: &Underlying) -> bool {
    let (lost, loses) = (losses(old), losses(new));
    let quote = |old: u64, new: u64| near(old, new, QUOTE);
    near(old.age_seconds_max, new.age_seconds_max, 0)
        && near(old.confidence_ppm_max, new.confidence_ppm_max, 0)
        && near(old.dispersion_ppm_max, new.dispersion_ppm_max, 0)
        && near(old.jump_ppm_max, new.jump_ppm_max, 0)
        && slope(&old.stable, &new.stable)
        && slope(&old.reference, &new.reference)
        && margin(old.scan_lower_ppm, new.scan_lower_ppm)
        && margin(old.scan_upper_ppm, new.scan_upper_ppm)
        && margin(lost.0, loses.0)
        && margin(lost.1, loses.1)
        && margin(old.initial_multiplier_ppm, new.initial_multiplier_ppm)
        && near(old.concentration_slope_ppm, new.concentration_slope_ppm, CHARGE)
        && near(old.concentration_max_ppm, new.concentration_max_ppm, CHARGE)
        && near(old.basis_ppm, new.basis_ppm, CHARGE)
        && quote(old.open_interest_lower_quote_atoms, new.open_interest_lower_quote_atoms)
        && quote(old.open_interest_upper_quote_atoms, new.open_interest_upper_quote_atoms)
        && quote(old.depth_quote_atoms, new.depth_quote_atoms)
}

pub(crate) fn collateral(old: &Collateral, new: &Collateral) -> bool {
    let one = 10_u64.saturating_pow(old.decimals.unsigned_abs());
    // A cap below what is there already may reach twice of that.
    let there = |exact| u64::try_from(ceil(&exact)).unwrap_or(0).max(one);
    let (deposits, borrows) = (there(old.deposits()), there(old.borrows()));
    doubles(old.deposit_cap_token_atoms, new.deposit_cap_token_atoms, deposits)
        && doubles(old.borrow_cap_token_atoms, new.borrow_cap_token_atoms, borrows)
        && doubles(old.reserve_share_ppm, new.reserve_share_ppm, WEIGHT)
        && doubles(old.utilisation_ppm_max, new.utilisation_ppm_max, WEIGHT)
        && doubles(old.insurance_cap_quote_atoms, new.insurance_cap_quote_atoms, QUOTE)
        && doubles(old.outflow_ppm, new.outflow_ppm, 0)
        && doubles(old.outflow_free_token_atoms, new.outflow_free_token_atoms, one)
        && doubles(old.outflow_free_cap_token_atoms, new.outflow_free_cap_token_atoms, one)
        && near(old.weight_ppm, new.weight_ppm, WEIGHT)
        && rates(old, new)
}

/// No rate more than doubles at any utilisation: both curves are straight between all kinks.
fn rates(old: &Collateral, new: &Collateral) -> bool {
    let mut all = old.kinks.iter().chain(&new.kinks);
    all.all(|(at, _)| doubles(rate_raw(old, *at), rate_raw(new, *at), RATE))
}

pub(crate) fn instrument(old: &Instrument, new: &Instrument) -> bool {
    let open = old.open_interest_lots.max(LOTS);
    let reward = (old.settle_reward_quote_atoms_max, new.settle_reward_quote_atoms_max);
    near(old.price_band_ppm, new.price_band_ppm, CHARGE)
        && near(old.pnl_weight_ppm, new.pnl_weight_ppm, WEIGHT)
        && doubles(old.trade_fee_ppm, new.trade_fee_ppm, CHARGE)
        && doubles(old.open_interest_cap_lots, new.open_interest_cap_lots, open)
        && doubles(old.funding_cap_ppm, new.funding_cap_ppm, CHARGE)
        && doubles(old.funding_seconds_max, new.funding_seconds_max, SECONDS)
        && near(old.premium_band_ppm, new.premium_band_ppm, CHARGE)
        && near(old.premium_seconds, new.premium_seconds, SECONDS)
        && near(old.premium_impact_quote_atoms, new.premium_impact_quote_atoms, QUOTE)
        && near(old.loss_cap_ppm, new.loss_cap_ppm, WEIGHT)
        && doubles(old.settle_reward_ppm, new.settle_reward_ppm, CHARGE)
        && doubles(reward.0, reward.1, QUOTE)
        && doubles(old.insurance_cap_quote_atoms, new.insurance_cap_quote_atoms, QUOTE)
}

pub(crate) fn terms(old: &Terms, new: &Terms) -> bool {
    near(old.beta_min_ppm, new.beta_min_ppm, CHARGE)
        && near(old.beta_max_ppm, new.beta_max_ppm, CHARGE)
        && near(old.duration_slots, new.duration_slots, 1)
        && near(old.depth_full_ppm, new.depth_full_ppm, CHARGE)
        && near(old.buffer_ppm, new.buffer_ppm, CHARGE)
        && near(old.insurance_cut_ppm, new.insurance_cut_ppm, WEIGHT)
        && near(old.deleverage_slots, new.deleverage_slots, 1)
        && doubles(old.dust_quote_atoms, new.dust_quote_atoms, DUST)
        && near(old.owner_first_seconds, new.owner_first_seconds, SECONDS)
        && doubles(old.cool_down_seconds, new.cool_down_seconds, 86_400)
        && near(old.insurance_cap_quote_atoms, new.insurance_cap_quote_atoms, QUOTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_doubles_or_halves_and_a_margin_moves_by_half() {
        assert!(near(100_u64, 200_u64, 0) && near(100_u64, 50_u64, 0));
        assert!(!near(100_u64, 201_u64, 0) && !near(100_u64, 49_u64, 0));
        assert!(near(0_u64, 2_000_u64, CHARGE) && !near(0_u64, 2_001_u64, CHARGE));
        assert!(margin(100, 150) && margin(100, 50) && !margin(100, 151) && !margin(100, 49));
    }
}
