//! Which numbers of a target are terms that may be changed? Everything else is what it is, or what
//! it has become.

use crate::group::{Collateral, Instrument, Slope, Terms, Underlying};

impl Terms {
    /// The same with other terms of liquidation.
    pub(crate) fn with(&self, terms: &Self) -> Self {
        Self {
            beta_min_ppm: terms.beta_min_ppm,
            beta_max_ppm: terms.beta_max_ppm,
            duration_slots: terms.duration_slots,
            depth_full_ppm: terms.depth_full_ppm,
            buffer_ppm: terms.buffer_ppm,
            insurance_cut_ppm: terms.insurance_cut_ppm,
            deleverage_slots: terms.deleverage_slots,
            dust_quote_atoms: terms.dust_quote_atoms,
            owner_first_seconds: terms.owner_first_seconds,
            cool_down_seconds: terms.cool_down_seconds,
            insurance_cap_quote_atoms: terms.insurance_cap_quote_atoms,
            ..self.clone()
        }
    }
}

impl Slope {
    fn with(&self, terms: &Self) -> Self {
        Self {
            ppm_per_second: terms.ppm_per_second,
            catch_up_seconds_max: terms.catch_up_seconds_max,
            ..self.clone()
        }
    }
}

impl Underlying {
    /// The same with other terms; prices, open interest and their times stay.
    pub(crate) fn with(&self, terms: &Self) -> Self {
        Self {
            published_at: self.published_at,
            stable: self.stable.with(&terms.stable),
            reference: self.reference.with(&terms.reference),
            open_interest_quote_atoms: self.open_interest_quote_atoms,
            widening_ppm: self.widening_ppm,
            scenarios_at: self.scenarios_at,
            owner_first_until: self.owner_first_until,
            expiries: self.expiries.clone(),
            first_expiry_at: self.first_expiry_at,
            ..terms.clone()
        }
    }
}

impl Collateral {
    /// The same with other terms; balances, indices and what flowed out stay.
    pub(crate) fn with(&self, terms: &Self) -> Self {
        Self {
            deposit_cap_token_atoms: terms.deposit_cap_token_atoms,
            borrow_cap_token_atoms: terms.borrow_cap_token_atoms,
            kinks: terms.kinks.clone(),
            reserve_share_ppm: terms.reserve_share_ppm,
            utilisation_ppm_max: terms.utilisation_ppm_max,
            outflow_ppm: terms.outflow_ppm,
            outflow_free_token_atoms: terms.outflow_free_token_atoms,
            outflow_free_cap_token_atoms: terms.outflow_free_cap_token_atoms,
            weight_ppm: terms.weight_ppm,
            ramp_seconds: terms.ramp_seconds,
            insurance_cap_quote_atoms: terms.insurance_cap_quote_atoms,
            ..self.clone()
        }
    }
}

impl Instrument {
    /// The same with other terms; lot, tick, indices, losses and the pool stay.
    pub(crate) fn with(&self, terms: &Self) -> Self {
        Self {
            price_band_ppm: terms.price_band_ppm,
            pnl_weight_ppm: terms.pnl_weight_ppm,
            trade_fee_ppm: terms.trade_fee_ppm,
            reduce_only: terms.reduce_only,
            open_interest_cap_lots: terms.open_interest_cap_lots,
            funding_cap_ppm: terms.funding_cap_ppm,
            funding_seconds_max: terms.funding_seconds_max,
            premium_band_ppm: terms.premium_band_ppm,
            premium_seconds: terms.premium_seconds,
            premium_impact_quote_atoms: terms.premium_impact_quote_atoms,
            loss_cap_ppm: terms.loss_cap_ppm,
            settle_reward_ppm: terms.settle_reward_ppm,
            settle_reward_quote_atoms_max: terms.settle_reward_quote_atoms_max,
            insurance_cap_quote_atoms: terms.insurance_cap_quote_atoms,
            ..self.clone()
        }
    }

    /// Indices up to now; a rate that has held as long as it may holds no longer.
    pub(crate) fn accrue(&mut self, now: i64) {
        let held = now.saturating_sub(self.funding_at).max(0);
        (self.long_index, self.short_index) = (self.index(1, now), self.index(-1, now));
        if held >= i64::from(self.funding_seconds_max) {
            self.funding_rate = 0;
        }
        self.funding_at = self.funding_at.max(now);
    }
}
