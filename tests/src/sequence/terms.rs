//! What is proposed, in the model's plain numbers; and terms that are stored, as they would be
//! proposed again.

use plimsoll_client::state::{Instrument, Proposal, ProposalState, StoredSource};
use plimsoll_client::{
    Address, Change, CollateralParams, GroupParams, InstrumentParams, SlopeParams, SourceParams,
    UnderlyingParams,
};
use plimsoll_model as model;
use plimsoll_model::number::{ten, whole, zero};

use super::contracts;
use super::seen::Numbers;

impl Numbers {
    /// A role or an offer; zeros are nobody.
    pub(crate) fn role(&self, address: &Address) -> Option<model::Person> {
        (*address != Address::default()).then(|| self.person(address))
    }

    /// People whom nobody numbered are number 9,999.
    pub(crate) fn person(&self, address: &Address) -> model::Person {
        self.people.get(address).copied().unwrap_or(9_999)
    }

    fn mint(&self, address: &Address) -> (usize, i32) {
        self.mints.get(address).copied().unwrap_or((9_999, 0))
    }

    /// A source by the number of its account.
    pub(crate) fn source(&self, kind: u64, address: &Address) -> Option<usize> {
        (1..=2).contains(&kind).then(|| self.oracles.get(address).copied())?
    }

    /// Stored sources.
    pub(crate) fn sources(&self, stored: &[StoredSource]) -> model::Sources {
        stored.iter().map(|one| self.source(one.kind, &one.address)).collect()
    }

    pub(crate) fn proposed_sources(&self, sources: &[SourceParams]) -> model::Sources {
        sources.iter().map(|one| self.source(one.kind.into(), &one.address)).collect()
    }

    pub(crate) fn underlying_terms(&self, terms: &UnderlyingParams) -> Box<model::Underlying> {
        let scenarios = terms.scenarios.iter();
        Box::new(model::Underlying {
            name: terms.name,
            sources: self.proposed_sources(&terms.sources),
            age_seconds_max: terms.age_seconds_max,
            confidence_ppm_max: terms.confidence_ppm_max,
            dispersion_ppm_max: terms.dispersion_ppm_max,
            jump_ppm_max: terms.jump_ppm_max,
            stable: slope(&terms.stable),
            reference: slope(&terms.reference),
            scan_lower_ppm: terms.scan_lower_ppm,
            scan_upper_ppm: terms.scan_upper_ppm,
            open_interest_lower_quote_atoms: terms.open_interest_lower_quote_atoms,
            open_interest_upper_quote_atoms: terms.open_interest_upper_quote_atoms,
            concentration_slope_ppm: terms.concentration_slope_ppm,
            concentration_max_ppm: terms.concentration_max_ppm,
            depth_quote_atoms: terms.depth_quote_atoms,
            basis_ppm: terms.basis_ppm,
            initial_multiplier_ppm: terms.initial_multiplier_ppm,
            scenarios: scenarios
                .map(|one| (one.shock_ppm, one.volatility_ppm, one.weight_ppm))
                .collect(),
            ..model::Underlying::default()
        })
    }

    pub(crate) fn collateral_terms(&self, terms: &CollateralParams) -> Box<model::Collateral> {
        Box::new(model::Collateral {
            deposit_cap_token_atoms: terms.deposit_cap_token_atoms,
            borrow_cap_token_atoms: terms.borrow_cap_token_atoms,
            kinks: terms.kinks.iter().map(|one| (one.utilisation_ppm, one.rate_ppm)).collect(),
            reserve_share_ppm: terms.reserve_share_ppm,
            utilisation_ppm_max: terms.utilisation_ppm_max,
            outflow_ppm: terms.outflow_ppm,
            outflow_free_token_atoms: terms.outflow_free_token_atoms,
            outflow_free_cap_token_atoms: terms.outflow_free_cap_token_atoms,
            ramp_seconds: terms.ramp_seconds,
            weight_ppm: terms.weight_ppm,
            insurance_cap_quote_atoms: terms.insurance_cap_quote_atoms,
            ..model::Collateral::default()
        })
    }

    /// The same of a token that is to be listed.
    pub(crate) fn token_terms(
        &self,
        mint: &Address,
        terms: &CollateralParams,
    ) -> Box<model::Collateral> {
        let mut terms = self.collateral_terms(terms);
        (terms.mint, terms.decimals) = self.mint(mint);
        terms
    }

    /// A change, in the model's words.
    pub(crate) fn change(&self, change: &Change) -> model::Change {
        let at = |index: &u16| usize::from(*index);
        match change {
            Change::Underlying { index, params } => {
                let terms = self.underlying_terms(params);
                model::Change::Underlying { index: at(index), terms }
            }
            Change::UnderlyingOracles { index, sources } => {
                let sources = self.proposed_sources(sources);
                model::Change::UnderlyingOracles { index: at(index), sources }
            }
            Change::Collateral { index, params } => {
                let terms = self.collateral_terms(params);
                model::Change::Collateral { index: at(index), terms }
            }
            Change::Instrument { index, reduce_only, params } => {
                let terms = instrument_terms(params, *reduce_only);
                model::Change::Instrument { index: at(index), terms }
            }
            Change::Group { params } => model::Change::Group(group_terms(params)),
            Change::Timelock { params } => model::Change::Timelock {
                timelock_seconds: params.timelock_seconds,
                window_seconds: params.window_seconds,
            },
            Change::ListUnderlying { index, params } => {
                let terms = self.underlying_terms(params);
                model::Change::ListUnderlying { index: at(index), terms }
            }
            Change::ListCollateral { mint, underlying, params } => {
                let terms = self.token_terms(mint, params);
                model::Change::ListCollateral { underlying: at(underlying), terms }
            }
            Change::ListInstrument { index, underlying, params } => {
                let terms = instrument_terms(params, false);
                let (index, underlying) = (at(index), at(underlying));
                model::Change::ListInstrument { index, underlying, terms }
            }
            Change::ListExpiry { underlying, expires_at, params } => model::Change::ListExpiry {
                underlying: at(underlying),
                expires_at: *expires_at,
                terms: contracts::expiry_terms(params),
            },
            Change::ListContract { index, underlying, expires_at, params } => {
                let terms = contracts::contract_terms(params, *expires_at);
                let (index, underlying) = (at(index), at(underlying));
                model::Change::ListContract { index, underlying, expires_at: *expires_at, terms }
            }
            Change::Owner { address } => model::Change::Owner(self.role(address)),
            Change::Guardian { address } => model::Change::Guardian(self.role(address)),
            Change::Lister { address } => model::Change::Lister(self.role(address)),
            Change::RiskManager { address } => model::Change::RiskManager(self.role(address)),
            Change::Publisher { address } => model::Change::Publisher(self.role(address)),
        }
    }

    /// A proposal as it is stored.
    pub(crate) fn proposal(&self, stored: &Proposal) -> model::Proposal {
        let state = if stored.state == ProposalState::Open {
            model::ProposalState::Open
        } else if stored.state == ProposalState::Executed {
            model::ProposalState::Executed
        } else {
            model::ProposalState::Vetoed
        };
        model::Proposal {
            state,
            is_vetoable: stored.vetoable != 0,
            proposer: self.person(&stored.proposer),
            payer: self.person(&stored.payer),
            proposed_slot: stored.proposed_slot,
            proposed_at: stored.proposed_at,
            executable_at: stored.executable_at,
            dies_at: stored.dies_at,
            change: self.change(&stored.change().unwrap()),
        }
    }
}

fn slope(terms: &SlopeParams) -> model::Slope {
    model::Slope {
        usd: zero(),
        updated_at: 0,
        ppm_per_second: terms.slope_ppm_per_second,
        catch_up_seconds_max: terms.catch_up_seconds_max,
    }
}

pub(crate) fn instrument_terms(
    terms: &InstrumentParams,
    reduce_only: bool,
) -> Box<model::Instrument> {
    // Beyond these no number of the model could be written down.
    let exponent = terms.lot_exponent.clamp(-400, 400);
    Box::new(model::Instrument {
        name: terms.name,
        // Who pays for a listing is known by the instruction.
        payer: super::stage::PAYER,
        lot: whole(terms.lot_mantissa) * ten(exponent),
        tick_quote_atoms_per_lot: terms.tick_quote_atoms_per_lot,
        price_band_ppm: terms.price_band_ppm,
        pnl_weight_ppm: terms.pnl_weight_ppm,
        trade_fee_ppm: terms.trade_fee_ppm,
        reduce_only,
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
        ..model::Instrument::default()
    })
}

pub(crate) fn group_terms(terms: &GroupParams) -> Box<model::Terms> {
    Box::new(model::Terms {
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
        ..model::Terms::default()
    })
}

/// Terms by which a listed instrument would be listed again, but for its lot, which comes from the
/// listing with its name.
pub(crate) fn stored_instrument(
    stored: &Instrument,
    listed: &InstrumentParams,
) -> InstrumentParams {
    InstrumentParams {
        name: stored.name,
        tick_quote_atoms_per_lot: stored.tick_quote_atoms_per_lot,
        price_band_ppm: stored.price_band_ppm,
        pnl_weight_ppm: stored.pnl_weight_ppm,
        trade_fee_ppm: stored.trade_fee_ppm,
        open_interest_cap_lots: stored.open_interest_cap_lots,
        funding_cap_ppm: stored.funding_cap_ppm,
        funding_seconds_max: stored.funding_seconds_max,
        premium_band_ppm: stored.premium_band_ppm,
        premium_seconds: stored.premium_seconds,
        premium_impact_quote_atoms: stored.premium_impact_quote_atoms,
        loss_cap_ppm: stored.loss_cap_ppm,
        settle_reward_ppm: stored.settle_reward_ppm,
        settle_reward_quote_atoms_max: stored.settle_reward_quote_atoms_max,
        insurance_cap_quote_atoms: stored.insurance_cap_quote_atoms,
        ..*listed
    }
}
