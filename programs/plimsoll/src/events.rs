//! What the program tells the outside, one event per thing that happened to somebody's money.

mod expiry;
mod last_resort;

use anchor_lang::prelude::*;

use crate::governance::{Change, PauseClass};
use crate::state::{Group, Proposal};
pub use expiry::{ContractClosed, RiskArrayRefreshed, SettlementSampled, SurfacePublished};
pub use last_resort::{Deleveraged, PositionResized};

/// Tokens came in.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct Deposited {
    /// The credited account.
    pub margin_account: Address,
    /// The token's collateral account.
    pub collateral: Address,
    /// Net of transfer fees (token atoms).
    pub received_token_atoms: i64,
}

/// Tokens went out.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct Withdrawn {
    /// The debited account.
    pub margin_account: Address,
    /// The token's collateral account.
    pub collateral: Address,
    /// Before transfer fees (token atoms).
    pub amount_token_atoms: u64,
}

/// Two accounts traded.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct Traded {
    /// The instrument.
    pub instrument: Address,
    /// The account whose position changed by `lots`.
    pub first: Address,
    /// The account on the other side.
    pub second: Address,
    /// Lots bought by the first account; negative: sold.
    pub lots: i64,
    /// The price (ticks).
    pub price_ticks: u64,
    /// What each side paid (quote atoms).
    pub fee_quote_atoms: i64,
}

/// Stable price and jump reference moved.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct UnderlyingRefreshed {
    /// The underlying.
    pub underlying: Address,
    /// Oracle price in USD per unit: mantissa.
    pub price_mantissa: u64,
    /// Oracle price: binary exponent.
    pub price_exponent: i64,
    /// Stable price: mantissa.
    pub stable_mantissa: u64,
    /// Stable price: binary exponent.
    pub stable_exponent: i64,
}

/// A liquidation episode began or ended.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct AccountMarked {
    /// The account.
    pub margin_account: Address,
    /// Slot at which the episode began; zero: none runs.
    pub episode_slot: u64,
    /// Equity (quote atoms, rounded down).
    pub equity_quote_atoms: i64,
    /// Maintenance requirement (quote atoms, rounded up).
    pub requirement_quote_atoms: i64,
}

/// A bid took over rows of an account below its line.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct Liquidated {
    /// The account that was unloaded.
    pub margin_account: Address,
    /// The account that took the rows.
    pub bidder: Address,
    /// When.
    pub slot: u64,
    /// Equity before (quote atoms, rounded down).
    pub equity_before_quote_atoms: i64,
    /// Requirement before (quote atoms, rounded up).
    pub requirement_before_quote_atoms: i64,
    /// Requirement released (quote atoms, rounded down).
    pub released_quote_atoms: i64,
    /// β of this bid (ppm).
    pub beta_ppm: u32,
    /// The discount, insurance cut included (quote atoms).
    pub discount_quote_atoms: i64,
    /// The insurance fund's cut of it (quote atoms).
    pub insurance_cut_quote_atoms: i64,
    /// What the insurance fund paid (quote atoms).
    pub insurance_paid_quote_atoms: i64,
    /// What the bidder's quote balance changed by (quote atoms).
    pub bidder_delta_quote_atoms: i64,
    /// What the account could not pay, and others bear (quote atoms), see `LossAssigned`.
    pub shortfall_quote_atoms: i64,
}

/// A position's loss became cash of its pool, or its profit a quote balance.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct PositionSettled {
    /// The account.
    pub margin_account: Address,
    /// The instrument.
    pub instrument: Address,
    /// When.
    pub slot: u64,
    /// What the quote balance gained; negative: lost (quote atoms).
    pub settled_quote_atoms: i64,
    /// What the settler got, out of the instrument's fees (quote atoms).
    pub reward_quote_atoms: i64,
    /// Cash of the pool afterwards (quote atoms).
    pub pool_cash_quote_atoms: i64,
}

/// Trade fees repaid a debt or went to the insurance fund.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct FeesCollected {
    /// The instrument.
    pub instrument: Address,
    /// What repaid its debt (quote atoms).
    pub debt_repaid_quote_atoms: i64,
    /// What the insurance fund got (quote atoms).
    pub collected_quote_atoms: i64,
}

/// The insurance fund repaid an instrument's debt out of its income.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct DebtRepaid {
    /// The instrument.
    pub instrument: Address,
    /// How much (quote atoms).
    pub paid_quote_atoms: i64,
}

/// A loss that a bankrupt account left in an instrument was paid.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct LossShared {
    /// The account that failed.
    pub margin_account: Address,
    /// The instrument.
    pub instrument: Address,
    /// When.
    pub slot: u64,
    /// Stable price by which the cap is measured, quote atoms per lot: mantissa.
    pub price_mantissa: u64,
    /// Its binary exponent.
    pub price_exponent: i64,
    /// The loss (quote atoms).
    pub loss_quote_atoms: i64,
    /// What the insurance fund paid of it (quote atoms).
    pub insurance_paid_quote_atoms: i64,
    /// 1 if longs were charged, 0 if shorts.
    pub charged_to_longs: u8,
    /// What that side was charged (quote atoms, rounded down).
    pub charged_quote_atoms: i64,
    /// What became the instrument's debt (quote atoms, rounded up).
    pub debt_quote_atoms: i64,
}

/// Losses of a bankrupt account were assigned to those who owe them.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct LossAssigned {
    /// The account.
    pub margin_account: Address,
    /// Key of the row that the loss comes from.
    pub key: u64,
    /// When.
    pub slot: u64,
    /// The loss (quote atoms).
    pub loss_quote_atoms: i64,
    /// Paid from what was set aside of the token (token atoms).
    pub reserve_paid_token_atoms: i64,
    /// Paid by the insurance fund at once (quote atoms).
    pub insurance_paid_quote_atoms: i64,
    /// Taken off the token's depositors (token atoms).
    pub depositors_paid_token_atoms: i64,
    /// Waits to be shared in the instrument (quote atoms).
    pub pending_quote_atoms: i64,
}

/// A debt of quote tokens that nothing stood against was cleared.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct DebtWrittenOff {
    /// The account.
    pub margin_account: Address,
    /// The quote token's collateral.
    pub collateral: Address,
    /// When.
    pub slot: u64,
    /// The debt (token atoms).
    pub debt_token_atoms: i64,
    /// Paid from what was set aside of interest (token atoms).
    pub reserve_paid_token_atoms: i64,
    /// Paid by the insurance fund (quote atoms).
    pub insurance_paid_quote_atoms: i64,
    /// Taken off depositors (token atoms).
    pub depositors_paid_token_atoms: i64,
}

/// Interest was brought up to now.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct CollateralRefreshed {
    /// The collateral.
    pub collateral: Address,
    /// Deposit index (Q64.64), bits 0 to 63.
    pub deposit_index_low: u64,
    /// Deposit index, bits 64 to 127.
    pub deposit_index_high: u64,
    /// Borrow index (Q64.64), bits 0 to 63.
    pub borrow_index_low: u64,
    /// Borrow index, bits 64 to 127.
    pub borrow_index_high: u64,
}

/// Open interest and funding were brought up to now.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct InstrumentRefreshed {
    /// The instrument.
    pub instrument: Address,
    /// Open interest (lots of one side).
    pub open_interest_lots: u64,
    /// Mean premium of trades over the index (parts per billion).
    pub premium_mean_ppb: i64,
    /// What a long lot pays from here on (2^-32 quote atoms per second).
    pub funding_rate: i64,
}

/// A stake in an insurance fund came, asked to leave, or left.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct StakeChanged {
    /// The group.
    pub group: Address,
    /// Whose stake.
    pub owner: Address,
    /// What came in; negative: went out (quote atoms).
    pub change_quote_atoms: i64,
    /// From when the exiting shares may leave (Unix seconds); zero: none are.
    pub exit_at: i64,
    /// What the fund holds afterwards (quote atoms).
    pub fund_quote_atoms: u64,
}

/// Somebody gave to an insurance fund.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct InsuranceAdded {
    /// The group.
    pub group: Address,
    /// Net of transfer fees (quote atoms).
    pub received_quote_atoms: i64,
}

/// A group opened for money.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct GroupLaunched {
    /// The group.
    pub group: Address,
    /// When (Unix seconds).
    pub launched_at: i64,
}

/// A group was offered to another owner.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct OwnershipOffered {
    /// The group.
    pub group: Address,
    /// Who may accept; zeros: nobody.
    pub pending_owner: Address,
}

/// A group has another owner.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct OwnershipAccepted {
    /// The group.
    pub group: Address,
    /// Who owns it now.
    pub owner: Address,
}

/// A proposal was made, executed or vetoed.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct ProposalMoved {
    /// The group.
    pub group: Address,
    /// Its number.
    pub id: u64,
    /// Who made, executed or vetoed it.
    pub by: Address,
    /// 1 open, 2 executed, 3 vetoed.
    pub state: u8,
    /// From when on it may be executed (Unix seconds).
    pub executable_at: i64,
    /// From when on it may not any more (Unix seconds).
    pub dies_at: i64,
}

/// What the payload of a proposal holds. For decoders: it is never logged.
#[event]
#[derive(Clone, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct ProposedChange {
    /// The change.
    pub change: Change,
}

/// A pause began, was extended, or was ended.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct PauseSet {
    /// The group.
    pub group: Address,
    /// 0 trades, 1 borrowing, 2 bids, 3 settlement of profits.
    pub class: u8,
    /// Until when (Unix seconds).
    pub until: i64,
    /// Seconds of pause that the guardian has left.
    pub budget_seconds: u64,
}

/// The guardian lowered something.
#[event]
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorDeserialize)]
pub struct Tightened {
    /// The group.
    pub group: Address,
    /// 0 deposit cap, 1 borrow cap, 2 outflow, 3 open interest cap, 4 only reducing.
    pub kind: u8,
    /// Index of the collateral or instrument.
    pub target: u16,
    /// What holds now (token atoms, ppm or lots).
    pub value: u64,
}

#[inline(never)]
pub(crate) fn emit_proposal(proposal: &Proposal, by: &Address) {
    emit!(ProposalMoved {
        group: proposal.group,
        id: proposal.id,
        by: *by,
        state: proposal.state.0,
        executable_at: proposal.executable_at,
        dies_at: proposal.dies_at,
    });
}

#[inline(never)]
pub(crate) fn emit_pause(group: &Account<Group>, class: PauseClass) {
    emit!(PauseSet {
        group: *group.address(),
        class: class.place(),
        until: group.paused_until(class),
        budget_seconds: group.pause_budget_seconds,
    });
}
