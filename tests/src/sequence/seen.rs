//! What is stored, in the model's plain numbers.

use std::collections::BTreeMap;

use plimsoll_client::state::{Collateral, Group, InstrumentStatus, MarginAccount, Row, Underlying};
use plimsoll_client::state::{Instrument, Pool, Stake, StoredPrice, StoredSlope};
use plimsoll_client::{Address, GroupDirectory, Keyed};
use plimsoll_model as model;
use plimsoll_model::number::{binary, float, ten, whole, Exact};
use plimsoll_risk::RowKind;

use super::contracts;

/// Numbers by which the model knows addresses.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    /// People.
    pub people: BTreeMap<Address, model::Person>,
    /// Whole units per lot, exact, by the instrument's name.
    pub lots: BTreeMap<String, Exact>,
    /// Number and decimals by mint.
    pub mints: BTreeMap<Address, (usize, i32)>,
    /// Oracle accounts.
    pub oracles: BTreeMap<Address, usize>,
}

impl Numbers {
    /// The group without margin accounts and wallets.
    pub fn group(&self, directory: &GroupDirectory, vaults: &[u64]) -> model::Group {
        let collaterals = directory.collaterals.iter().zip(vaults);
        let made = usize::from(directory.group.state.instrument_count);
        let instruments = directory.instruments.iter().zip(&directory.pools);
        let fund = &directory.insurance.state;
        model::Group {
            terms: terms(&directory.group.state),
            governance: self.governance(&directory.group.state),
            underlyings: directory
                .underlyings
                .iter()
                .map(|one| model::Underlying {
                    expiries: self.expiries(directory, one.state.index),
                    ..self.underlying(&one.state)
                })
                .collect(),
            collaterals: collaterals
                .map(|(one, held)| self.collateral(&one.state, *held))
                .collect(),
            instruments: model::Instruments::new(
                made,
                instruments.map(|(one, pool)| {
                    let sides = [false, true].map(|side| deleveragings(directory, one, side));
                    let seen = self.instrument(&one.state, &pool.state);
                    let number = usize::from(one.state.index);
                    (number, model::Instrument { deleveragings: sides, ..seen })
                }),
            ),
            insurance: model::Insurance {
                balance_quote_atoms: fund.balance_quote_atoms,
                received_quote_atoms: fund.received_quote_atoms,
                paid_quote_atoms: fund.paid_quote_atoms,
                repaid_quote_atoms: fund.repaid_quote_atoms,
                spent_quote_atoms: fund.spent_quote_atoms,
                discount_day: fund.discount_day,
                discount_paid_quote_atoms: fund.discount_paid_quote_atoms,
                stake_shares: fund.stake_shares.to_i128(),
                epoch: fund.epoch,
            },
            ..model::Group::default()
        }
    }

    /// A stake.
    pub fn stake(&self, stake: &Stake) -> model::Stake {
        model::Stake {
            shares: stake.shares.to_i128(),
            epoch: stake.epoch,
            exiting_shares: stake.exiting_shares.to_i128(),
            exit_at: stake.exit_at,
        }
    }

    /// Another group.
    pub fn founded(&self, group: &Group) -> model::Founded {
        model::Founded {
            terms: terms(group),
            governance: self.governance(group),
            quote_mint: self.mints.get(&group.quote_mint).map_or(9_999, |one| one.0),
        }
    }

    /// Roles; proposals are accounts of their own.
    fn governance(&self, group: &Group) -> model::Governance {
        model::Governance {
            owner: self.person(&group.owner),
            pending_owner: self.role(&group.pending_owner),
            guardian: self.role(&group.guardian),
            lister: self.role(&group.lister),
            risk_manager: self.role(&group.risk_manager),
            publisher: self.role(&group.publisher),
            launched_at: group.launched_at,
            timelock_seconds: group.timelock_seconds,
            window_seconds: group.window_seconds,
            proposal_count: group.proposal_count,
            ..model::Governance::default()
        }
    }

    /// A margin account.
    pub fn account(&self, account: &MarginAccount) -> model::Account {
        let mut seen = model::Account {
            owner: self.person(&account.owner),
            delegate: self.role(&account.delegate),
            delegate_expires_at: account.delegate_expires_at,
            episode_slot: account.episode_slot,
            silent_since_slot: account.silent_since_slot,
            seen_slot: account.seen_slot,
            resized_at: account.resized_at,
            ..model::Account::default()
        };
        for row in account.rows().unwrap() {
            let key = row.key().unwrap();
            let index = usize::from(key.index());
            match key.kind() {
                RowKind::Token => {
                    seen.tokens.insert(index, row.shares.to_i128());
                }
                RowKind::Position => {
                    seen.positions.insert(index, position(row));
                }
            }
        }
        seen
    }
}

fn deleveragings(
    directory: &GroupDirectory,
    instrument: &Keyed<Instrument>,
    of_shorts: bool,
) -> Vec<Option<model::Deleveraging>> {
    let state = &instrument.state;
    let made = if of_shorts { state.short_deleveragings } else { state.long_deleveragings };
    let open = |number| directory.deleveraging(&instrument.address, of_shorts, number);
    let all = (0..made).map(|number| {
        open(number).map(|one| model::Deleveraging {
            before_lots: one.state.before_lots,
            after_lots: one.state.after_lots,
            waiting_lots: one.state.waiting_lots,
            remainder: one.state.remainder,
            index: one.state.index.to_i128(),
            price: one.state.price.to_i128(),
        })
    });
    all.collect()
}

fn position(row: &Row) -> model::Position {
    model::Position {
        lots: row.lots,
        quote: row.quote.to_i128(),
        settled_debt_quote_atoms: row.settled_debt_quote_atoms,
        owed_quote_atoms: row.owed_quote_atoms,
        rewarded_at: row.rewarded_at,
        closed_short: row.closed_short != 0,
        deleveragings: if row.lots == 0 { 0 } else { row.deleveragings },
        borne_quote_atoms: row.borne_quote_atoms,
        weight: row.weight,
    }
}

fn terms(group: &Group) -> model::Terms {
    model::Terms {
        quote_decimals: group.quote_decimals.into(),
        beta_min_ppm: group.beta_min_ppm,
        beta_max_ppm: group.beta_max_ppm,
        duration_slots: group.duration_slots,
        depth_full_ppm: group.depth_full_ppm,
        buffer_ppm: group.buffer_ppm,
        insurance_cut_ppm: group.insurance_cut_ppm,
        deleverage_slots: group.deleverage_slots,
        dust_quote_atoms: group.dust_quote_atoms,
        paused_until: group.paused_until,
        pause_budget_seconds: group.pause_budget_seconds,
        pause_budget_at: group.pause_budget_at,
        owner_first_seconds: group.owner_first_seconds,
        cool_down_seconds: group.cool_down_seconds,
        insurance_cap_quote_atoms: group.insurance_cap_quote_atoms,
    }
}

pub(crate) fn price(stored: StoredPrice) -> Exact {
    float(stored.mantissa, stored.exponent)
}

fn slope(stored: &StoredSlope) -> model::Slope {
    model::Slope {
        usd: price(stored.price),
        updated_at: stored.updated_at,
        ppm_per_second: stored.slope_ppm_per_second,
        catch_up_seconds_max: stored.catch_up_seconds_max,
    }
}

impl Numbers {
    fn underlying(&self, one: &Underlying) -> model::Underlying {
        let scenarios = one.scenarios[..usize::from(one.scenario_count)].iter();
        let sources = one.sources[..usize::from(one.source_count)].iter();
        let sources: Vec<_> = sources.copied().collect();
        model::Underlying {
            name: one.name,
            sources: self.sources(&sources),
            age_seconds_max: one.age_seconds_max,
            confidence_ppm_max: one.confidence_ppm_max,
            dispersion_ppm_max: one.dispersion_ppm_max,
            jump_ppm_max: one.jump_ppm_max,
            published_at: one.published_at,
            stable: slope(&one.stable),
            reference: slope(&one.reference),
            scan_lower_ppm: one.scan_lower_ppm,
            scan_upper_ppm: one.scan_upper_ppm,
            open_interest_lower_quote_atoms: one.open_interest_lower_quote_atoms,
            open_interest_upper_quote_atoms: one.open_interest_upper_quote_atoms,
            open_interest_quote_atoms: one.open_interest_quote_atoms,
            concentration_slope_ppm: one.concentration_slope_ppm,
            concentration_max_ppm: one.concentration_max_ppm,
            depth_quote_atoms: one.depth_quote_atoms,
            basis_ppm: one.basis_ppm,
            initial_multiplier_ppm: one.initial_multiplier_ppm,
            widening_ppm: one.widening_ppm,
            scenarios: scenarios
                .map(|one| (one.shock_ppm, one.volatility_ppm, one.weight_ppm))
                .collect(),
            scenarios_at: one.scenarios_at,
            owner_first_until: one.owner_first_until,
            expiries: BTreeMap::new(),
            first_expiry_at: one.first_expiry_at,
        }
    }

    fn collateral(&self, one: &Collateral, vault_token_atoms: u64) -> model::Collateral {
        let kinks = one.kinks[..usize::try_from(one.kink_count).unwrap()].iter();
        model::Collateral {
            underlying: one.underlying.into(),
            mint: self.mints.get(&one.mint).map_or(9_999, |one| one.0),
            decimals: one.decimals.into(),
            deposit_index: one.deposit_index.to_u128(),
            borrow_index: one.borrow_index.to_u128(),
            deposit_shares: one.deposit_shares.to_i128(),
            borrow_shares: one.borrow_shares.to_i128(),
            deposit_cap_token_atoms: one.deposit_cap_token_atoms,
            borrow_cap_token_atoms: one.borrow_cap_token_atoms,
            base_deposit_index: one.base_deposit_index.to_u128(),
            base_borrow_index: one.base_borrow_index.to_u128(),
            deposit_rate: one.deposit_rate,
            borrow_rate: one.borrow_rate,
            accrued_seconds: one.accrued_seconds,
            accrued_at: one.accrued_at,
            reserve: one.reserve.to_i128(),
            kinks: kinks.map(|one| (one.utilisation_ppm, one.rate_ppm)).collect(),
            reserve_share_ppm: one.reserve_share_ppm,
            utilisation_ppm_max: one.utilisation_ppm_max,
            outflow_ppm: one.outflow_ppm,
            outflow_free_token_atoms: one.outflow_free_token_atoms,
            outflow_free_cap_token_atoms: one.outflow_free_cap_token_atoms,
            outflow_level_token_atoms: one.outflow_level_token_atoms,
            outflow_free_level_token_atoms: one.outflow_free_level_token_atoms,
            outflow_at: one.outflow_at,
            outflow_free_at: one.outflow_free_at,
            ramp_from: one.ramp_from,
            ramp_seconds: one.ramp_seconds,
            weight_ppm: one.weight_ppm,
            losses_shared: one.losses_shared,
            insurance_cap_quote_atoms: one.insurance_cap_quote_atoms,
            insured_day: one.insured_day,
            insured_quote_atoms: one.insured_quote_atoms,
            tightened_at: one.tightened_at,
            vault_token_atoms,
        }
    }

    fn instrument(&self, one: &Instrument, pool: &Pool) -> model::Instrument {
        model::Instrument {
            underlying: one.underlying.into(),
            name: one.name,
            payer: self.person(&one.payer),
            lot: self.lot(one),
            tick_quote_atoms_per_lot: one.tick_quote_atoms_per_lot,
            price_band_ppm: one.price_band_ppm,
            pnl_weight_ppm: one.pnl_weight_ppm,
            trade_fee_ppm: one.trade_fee_ppm,
            reduce_only: one.status == InstrumentStatus::ReduceOnly,
            open_interest_cap_lots: one.open_interest_cap_lots,
            tightened_at: one.tightened_at,
            open_interest_lots: one.open_interest_lots,
            open_interest_quote_atoms: one.open_interest_quote_atoms,
            long_index: one.long_index.to_i128(),
            short_index: one.short_index.to_i128(),
            funding_rate: one.funding_rate,
            funding_at: one.funding_at,
            funding_seconds_max: one.funding_seconds_max,
            funding_cap_ppm: one.funding_cap_ppm,
            premium_band_ppm: one.premium_band_ppm,
            premium_seconds: one.premium_seconds,
            premium_impact_quote_atoms: one.premium_impact_quote_atoms,
            losses_pending_quote_atoms: one.losses_pending_quote_atoms,
            loss_cap_ppm: one.loss_cap_ppm,
            settle_reward_ppm: one.settle_reward_ppm,
            settle_reward_quote_atoms_max: one.settle_reward_quote_atoms_max,
            insurance_cap_quote_atoms: one.insurance_cap_quote_atoms,
            loss_day: one.loss_day,
            loss_insured_quote_atoms: one.loss_insured_quote_atoms,
            loss_long: one.loss_long.to_i128(),
            loss_short: one.loss_short.to_i128(),
            deleveragings: Default::default(),
            small_day: one.small_day,
            small_count: one.small_count,
            pool: model::Pool {
                open_interest_lots: pool.open_interest_lots,
                cash_quote_atoms: pool.cash_quote_atoms,
                fees_quote_atoms: pool.fees_quote_atoms,
                volume_lots: pool.volume_lots,
                debt: pool.debt.to_i128(),
                dust: pool.dust.to_i128(),
                debt_mark_quote_atoms: pool.debt_mark_quote_atoms,
                premium_ppb: pool.premium_ppb,
                premium_mean_ppb: pool.premium_mean_ppb,
                premium_at: pool.premium_at,
                row_weight: pool.row_weight.to_u128(),
                settled_lots: [pool.settled_long_lots, pool.settled_short_lots],
            },
            contract: contracts::stored(one),
        }
    }

    /// What was listed under the name, if that is what was stored; a stored one is a binary fraction.
    fn lot(&self, one: &Instrument) -> Exact {
        let name = String::from_utf8_lossy(&one.name);
        let stored = price(one.lot);
        let listed = self.lots.get(name.trim_end_matches('\0')).cloned();
        let near = |listed: &Exact| {
            let off = listed * binary(1, 60);
            stored >= listed - &off && stored <= listed + off
        };
        listed.filter(near).or_else(|| contracts::lot(&stored)).unwrap_or(stored)
    }
}

/// A decimal of the markets' file as an exact number.
pub fn exact(decimal: &plimsoll_migrations::Decimal) -> Exact {
    whole(decimal.mantissa) * ten(-i32::try_from(decimal.places).unwrap())
}
