//! Everything that a group holds, as plain numbers: what is stored on chain, and nothing derived.
//!
//! Fields bear the names and units of the documents. Raw words with bits behind the point stay raw
//! here, so that two groups are equal when and only when the stored accounts say the same.

use std::collections::BTreeMap;

use crate::change::Sources;
use crate::contract::Contract;
use crate::expiry::Expiry;
use crate::governance::{Founded, Governance};
use crate::instruments::Instruments;
use crate::last_resort::Deleveraging;
use crate::number::{binary, Exact, FRACTION_BITS, INDEX_BITS};

/// Number by which a caller knows a margin account.
pub type AccountId = u16;
/// Number by which a caller knows a person.
pub type Person = u16;

/// A whole group.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Group {
    pub terms: Terms,
    pub governance: Governance,
    pub underlyings: Vec<Underlying>,
    pub collaterals: Vec<Collateral>,
    pub instruments: Instruments,
    pub insurance: Insurance,
    pub accounts: BTreeMap<AccountId, Account>,
    pub stakes: BTreeMap<Person, Stake>,
    /// Token atoms in wallets, by person and collateral.
    pub wallets: BTreeMap<(Person, usize), u64>,
    /// Groups that people created besides this one, by the creator and its number.
    pub founded: BTreeMap<(Person, u16), Founded>,
}

/// Terms of the group.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Terms {
    pub quote_decimals: i32,
    pub beta_min_ppm: u32,
    pub beta_max_ppm: u32,
    pub duration_slots: u64,
    pub depth_full_ppm: u32,
    pub buffer_ppm: u32,
    pub insurance_cut_ppm: u32,
    pub deleverage_slots: u32,
    pub dust_quote_atoms: u64,
    pub paused_until: [i64; 4],
    pub pause_budget_seconds: u64,
    pub pause_budget_at: i64,
    pub owner_first_seconds: u64,
    pub cool_down_seconds: u64,
    pub insurance_cap_quote_atoms: u64,
}

/// A price that follows with a limited slope.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Slope {
    pub usd: Exact,
    pub updated_at: i64,
    pub ppm_per_second: u32,
    pub catch_up_seconds_max: u32,
}

/// Something with a price.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Underlying {
    pub name: [u8; 16],
    pub sources: Sources,
    pub age_seconds_max: u32,
    pub confidence_ppm_max: u32,
    pub dispersion_ppm_max: u32,
    pub jump_ppm_max: u32,
    pub published_at: i64,
    pub stable: Slope,
    pub reference: Slope,
    pub scan_lower_ppm: u32,
    pub scan_upper_ppm: u32,
    pub open_interest_lower_quote_atoms: u64,
    pub open_interest_upper_quote_atoms: u64,
    pub open_interest_quote_atoms: u64,
    pub concentration_slope_ppm: u32,
    pub concentration_max_ppm: u32,
    pub depth_quote_atoms: u64,
    pub basis_ppm: u32,
    pub initial_multiplier_ppm: u32,
    pub widening_ppm: u32,
    /// Shock of price and of volatility, and weight, of each scenario (ppm).
    pub scenarios: Vec<(i32, i32, u32)>,
    /// When they were last set; zero: never since the listing.
    pub scenarios_at: i64,
    pub owner_first_until: i64,
    /// By the time at which they expire.
    pub expiries: BTreeMap<i64, Expiry>,
    /// The first of them; zero where there is none.
    pub first_expiry_at: i64,
}

/// A token.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Collateral {
    pub underlying: usize,
    /// By which a caller knows the token; the quote token is number 0.
    pub mint: usize,
    pub decimals: i32,
    pub deposit_index: u128,
    pub borrow_index: u128,
    pub deposit_shares: i128,
    pub borrow_shares: i128,
    pub deposit_cap_token_atoms: u64,
    pub borrow_cap_token_atoms: u64,
    pub base_deposit_index: u128,
    pub base_borrow_index: u128,
    pub deposit_rate: u64,
    pub borrow_rate: u64,
    pub accrued_seconds: u64,
    pub accrued_at: i64,
    /// 2^-48 token atoms.
    pub reserve: i128,
    /// Utilisation and yearly rate (ppm).
    pub kinks: Vec<(u32, u32)>,
    pub reserve_share_ppm: u32,
    pub utilisation_ppm_max: u32,
    pub outflow_ppm: u32,
    pub outflow_free_token_atoms: u64,
    pub outflow_free_cap_token_atoms: u64,
    pub outflow_level_token_atoms: u64,
    pub outflow_free_level_token_atoms: u64,
    pub outflow_at: i64,
    pub outflow_free_at: i64,
    pub ramp_from: i64,
    pub ramp_seconds: u64,
    pub weight_ppm: u32,
    pub losses_shared: u32,
    pub insurance_cap_quote_atoms: u64,
    /// Day since 1970, and what the fund paid for this token's lenders on it.
    pub insured_day: u64,
    pub insured_quote_atoms: u64,
    /// When the guardian last tightened it.
    pub tightened_at: i64,
    pub vault_token_atoms: u64,
}

/// A contract and its pool.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Instrument {
    pub underlying: usize,
    pub name: [u8; 16],
    /// Whose its rent is.
    pub payer: Person,
    /// Whole units per lot.
    pub lot: Exact,
    pub tick_quote_atoms_per_lot: u64,
    pub price_band_ppm: u32,
    pub pnl_weight_ppm: u32,
    pub trade_fee_ppm: u32,
    pub reduce_only: bool,
    pub open_interest_cap_lots: u64,
    /// When the guardian last tightened it.
    pub tightened_at: i64,
    /// As of the last refresh.
    pub open_interest_lots: u64,
    pub open_interest_quote_atoms: u64,
    /// 2^-48 quote atoms per lot.
    pub long_index: i128,
    pub short_index: i128,
    /// 2^-32 quote atoms per lot and second.
    pub funding_rate: i64,
    pub funding_at: i64,
    pub funding_seconds_max: u32,
    pub funding_cap_ppm: u32,
    pub premium_band_ppm: u32,
    pub premium_seconds: u32,
    pub premium_impact_quote_atoms: u64,
    pub losses_pending_quote_atoms: u64,
    pub loss_cap_ppm: u32,
    pub settle_reward_ppm: u32,
    pub settle_reward_quote_atoms_max: u64,
    pub insurance_cap_quote_atoms: u64,
    pub loss_day: u64,
    pub loss_insured_quote_atoms: u64,
    pub loss_long: i128,
    pub loss_short: i128,
    /// Of longs, and of shorts, each in the order of their numbers.
    pub deleveragings: [Vec<Option<Deleveraging>>; 2],
    /// Day since 1970, and how often little was closed on it.
    pub small_day: u64,
    pub small_count: u64,
    pub pool: Pool,
    /// Of what expires.
    pub contract: Option<Contract>,
}

/// What trades of an instrument write.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Pool {
    pub open_interest_lots: u64,
    pub cash_quote_atoms: i64,
    pub fees_quote_atoms: u64,
    pub volume_lots: u64,
    /// 2^-48 quote atoms.
    pub debt: i128,
    /// 2^-48 quote atoms.
    pub dust: i128,
    pub debt_mark_quote_atoms: u64,
    pub premium_ppb: i64,
    pub premium_mean_ppb: i64,
    pub premium_at: i64,
    /// Of all rows of the instrument.
    pub row_weight: u128,
    /// Lots that were paid out at the settlement price, of longs and of shorts.
    pub settled_lots: [u64; 2],
}

/// The insurance fund.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Insurance {
    pub balance_quote_atoms: u64,
    pub received_quote_atoms: u64,
    pub paid_quote_atoms: u64,
    /// Income that has repaid debts.
    pub repaid_quote_atoms: u64,
    /// Income that repaid none, and is gone.
    pub spent_quote_atoms: u64,
    /// Day since 1970, and the discounts that the fund paid on it.
    pub discount_day: u64,
    pub discount_paid_quote_atoms: u64,
    pub stake_shares: i128,
    pub epoch: u64,
}

/// Somebody's part of the insurance fund.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Stake {
    pub shares: i128,
    pub epoch: u64,
    pub exiting_shares: i128,
    pub exit_at: i64,
}

/// A margin account; only rows that hold something, or that a pool counts, are there.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Account {
    pub owner: Person,
    pub delegate: Option<Person>,
    pub delegate_expires_at: i64,
    pub episode_slot: u64,
    pub silent_since_slot: u64,
    pub seen_slot: u64,
    /// When a deleveraging last gave the owner time to act first (Unix seconds).
    pub resized_at: i64,
    /// Shares by collateral.
    pub tokens: BTreeMap<usize, i128>,
    /// Positions by instrument.
    pub positions: BTreeMap<usize, Position>,
}

/// A position.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Position {
    pub lots: i64,
    /// As stored: the quote flow plus lots times the index of their side (2^-48 quote atoms).
    pub quote: i128,
    /// Quote debt that settling this position has caused.
    pub settled_debt_quote_atoms: i64,
    pub owed_quote_atoms: i64,
    pub rewarded_at: i64,
    /// Was it short when it last had a size?
    pub closed_short: bool,
    /// How many deleveragings of its side it has gone through; zero without a size.
    pub deleveragings: u64,
    /// What others have borne of what it lost, when it was closed against the other side.
    pub borne_quote_atoms: i64,
    /// What the row counts for in the instrument's pool.
    pub weight: u64,
}

impl Position {
    /// Nothing that has to be kept?
    pub fn is_empty(&self) -> bool {
        self.weight == 0 && self.holds_nothing()
    }

    /// Nothing but a weight, if anything?
    pub fn holds_nothing(&self) -> bool {
        let money = [self.owed_quote_atoms, self.settled_debt_quote_atoms];
        self.lots == 0 && self.quote == 0 && money == [0, 0]
    }

    /// Is it short, or was it when it last had a size?
    pub fn was_short(&self) -> bool {
        match self.lots {
            0 => self.closed_short,
            lots => lots < 0,
        }
    }

    /// The side of a position that goes to another size.
    pub fn side_after(&self, lots: i64) -> bool {
        match lots {
            0 => self.was_short(),
            lots => lots < 0,
        }
    }
}

impl Collateral {
    /// What shares stand for (token atoms, exact).
    pub fn balance(&self, shares: i128) -> Exact {
        let index = if shares < 0 { self.borrow_index } else { self.deposit_index };
        binary(shares, FRACTION_BITS) * binary(index, INDEX_BITS)
    }

    /// All deposits (token atoms, exact).
    pub fn deposits(&self) -> Exact {
        self.balance(self.deposit_shares)
    }

    /// All borrows, as a positive number (token atoms, exact).
    pub fn borrows(&self) -> Exact {
        binary(self.borrow_shares, FRACTION_BITS) * binary(self.borrow_index, INDEX_BITS)
    }
}

impl Instrument {
    /// What both indices have gained by `now` since they were stored (2^-48 quote atoms).
    fn funding(&self, now: i64) -> i128 {
        let elapsed = now.saturating_sub(self.funding_at).clamp(0, self.funding_seconds_max.into());
        i128::from(self.funding_rate) * i128::from(elapsed) * (1 << 16)
    }

    /// The index of the side that `lots` are on, at a time (2^-48 quote atoms per lot).
    pub fn index(&self, lots: i64, now: i64) -> i128 {
        let stored = if lots < 0 { self.short_index } else { self.long_index };
        stored + self.funding(now)
    }

    /// The true quote flow of a position (2^-48 quote atoms).
    pub fn flow(&self, position: &Position, now: i64) -> i128 {
        position.quote - i128::from(position.lots) * self.index(position.lots, now)
    }

    /// What is stored for a flow.
    pub fn stored(&self, lots: i64, flow: i128, now: i64) -> i128 {
        flow + i128::from(lots) * self.index(lots, now)
    }
}
