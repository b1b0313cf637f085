//! Plimsoll, the deployed program: a cross-margin exchange engine.
//!
//! One margin account holds many tokens and many positions, and all of it backs all of it. This
//! crate is the shell on the chain: it loads, authorises, calls the pure crates, stores and emits.
//!
//! | room | question |
//! |---|---|
//! | `instructions` | what can be done, one file each |
//! | `check` | which instructions end with the margin check, and the check |
//! | `load` | which accounts does a check read, in which order |
//! | `oracle` | what do the bytes of an oracle account say |
//! | `bid` | how do rows change hands in a liquidation |
//! | `claims` | who bears what a bankrupt account cannot pay |
//! | `governance` | how does a group change once it has users |
//! | `valuation` | what is a lot of a contract worth, and what may it gain or lose |
//! | `surface` | what holds between slices of a volatility surface |
//! | `outflow` | how much of a token may leave within the hour |
//! | `state` | what is stored |

// Anchor's macros expand to unchecked code of their own; what is written here is checked.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects
)]
#![allow(clippy::result_large_err)]
// Anchor's macros add public items without a word; the rooms that they do not write deny it again.
#![allow(missing_docs)]

use anchor_lang::prelude::*;

#[cfg(target_arch = "bpf")]
use plimsoll_sbf_builtins as _;

mod bid;
#[deny(missing_docs)]
pub mod check;
mod claims;
#[deny(missing_docs)]
pub mod clock;
pub mod error;
pub mod events;
#[deny(missing_docs)]
pub mod governance;
pub mod instructions;
#[deny(missing_docs)]
pub mod load;
mod mint_extensions;
#[deny(missing_docs)]
pub mod oracle;
mod outflow;
#[deny(missing_docs)]
pub mod seeds;
pub mod state;
#[deny(missing_docs)]
mod surface;
mod token;
#[deny(missing_docs)]
pub mod valuation;

pub use governance::{Change, PauseClass, Tightening, TimelockParams};
pub use instructions::*;

declare_id!("P1imso11Crossmargin111111111111111111111111");

/// The instructions.
#[program]
pub mod plimsoll {
    use super::*;

    /// Creates a group and its insurance fund.
    pub fn create_group(
        ctx: &mut Context<CreateGroup>,
        id: u16,
        params: GroupParams,
        roles: RoleParams,
    ) -> Result<()> {
        create_group::handler(ctx, id, params, roles)
    }

    /// Lists something with a price.
    pub fn create_underlying(
        ctx: &mut Context<CreateUnderlying>,
        index: u16,
        params: UnderlyingParams,
    ) -> Result<()> {
        create_underlying::handler(ctx, index, params)
    }

    /// Lists a token with its vault.
    pub fn create_collateral(
        ctx: &mut Context<CreateCollateral>,
        params: CollateralParams,
    ) -> Result<()> {
        create_collateral::handler(ctx, params)
    }

    /// Lists a perpetual with its pool.
    pub fn create_instrument(
        ctx: &mut Context<CreateInstrument>,
        index: u16,
        params: InstrumentParams,
    ) -> Result<()> {
        create_instrument::handler(ctx, index, params)
    }

    /// Lists an expiry of an underlying, with a slice of its volatility surface.
    pub fn create_expiry(
        ctx: &mut Context<CreateExpiry>,
        expires_at: i64,
        params: ExpiryParams,
    ) -> Result<()> {
        create_expiry::handler(ctx, expires_at, params)
    }

    /// Lists a dated future or an option with its pool.
    pub fn create_contract(
        ctx: &mut Context<CreateContract>,
        index: u16,
        params: ContractParams,
    ) -> Result<()> {
        create_contract::handler(ctx, index, params)
    }

    /// Publishes a slice of a volatility surface.
    pub fn publish_surface(
        ctx: &mut Context<PublishSurface>,
        slice: SliceParams,
        basis_ppm: i32,
        confidence_ppm: u32,
    ) -> Result<()> {
        publish_surface::handler(ctx, slice, basis_ppm, confidence_ppm)
    }

    /// Samples the price for the settlement of an expiry, and settles it in the end.
    pub fn sample_settlement(ctx: &mut Context<SampleSettlement>) -> Result<()> {
        sample_settlement::handler(ctx)
    }

    /// Values a contract in all scenarios, or takes over its settlement price.
    pub fn refresh_risk_array(ctx: &mut Context<RefreshRiskArray>) -> Result<()> {
        refresh_risk_array::handler(ctx)
    }

    /// Removes an expiry whose instruments have all settled.
    pub fn close_expiry(ctx: &mut Context<CloseExpiry>) -> Result<()> {
        close_expiry::handler(ctx)
    }

    /// Removes a settled contract, and its pool.
    pub fn close_contract(ctx: &mut Context<CloseContract>) -> Result<()> {
        close_contract::handler(ctx)
    }

    /// Opens a margin account.
    pub fn open_account(ctx: &mut Context<OpenAccount>, sub_account: u16) -> Result<()> {
        open_account::handler(ctx, sub_account)
    }

    /// Closes an empty margin account.
    pub fn close_account(ctx: &mut Context<CloseAccount>) -> Result<()> {
        close_account::handler(ctx)
    }

    /// Lets somebody trade for an account until a date.
    pub fn set_delegate(
        ctx: &mut Context<SetDelegate>,
        delegate: Address,
        expires_at: i64,
    ) -> Result<()> {
        set_delegate::handler(ctx, delegate, expires_at)
    }

    /// Deposits a token, or repays it.
    pub fn deposit(ctx: &mut Context<Deposit>, amount_token_atoms: u64) -> Result<()> {
        deposit::handler(ctx, amount_token_atoms)
    }

    /// Withdraws a token, or borrows it.
    pub fn withdraw(
        ctx: &mut Context<Withdraw>,
        collateral_key: u64,
        amount_token_atoms: u64,
        borrow_token_atoms_max: u64,
    ) -> Result<()> {
        withdraw::handler(ctx, collateral_key, amount_token_atoms, borrow_token_atoms_max)
    }

    /// Trades an instrument between two accounts that agree.
    pub fn trade(
        ctx: &mut Context<Trade>,
        underlying: u16,
        lots: i64,
        price_ticks: u64,
    ) -> Result<()> {
        trade::handler(ctx, underlying, lots, price_ticks)
    }

    /// Lets stable price and jump reference follow the oracle.
    pub fn refresh_underlying(ctx: &mut Context<RefreshUnderlying>) -> Result<()> {
        refresh_underlying::handler(ctx)
    }

    /// Carries open interest into the margin rule.
    pub fn refresh_instrument(ctx: &mut Context<RefreshInstrument>) -> Result<()> {
        refresh_instrument::handler(ctx)
    }

    /// Starts or ends the clock of a liquidation episode.
    pub fn mark_account(ctx: &mut Context<MarkAccount>) -> Result<()> {
        mark_account::handler(ctx)
    }

    /// Takes over rows of an account below its line.
    pub fn liquidate(
        ctx: &mut Context<Liquidate>,
        request: BidRequest,
        limits: BidLimits,
    ) -> Result<()> {
        liquidate::handler(ctx, request, limits)
    }

    /// Gives to the insurance fund.
    pub fn add_to_insurance(
        ctx: &mut Context<AddToInsurance>,
        amount_quote_atoms: u64,
    ) -> Result<()> {
        add_to_insurance::handler(ctx, amount_quote_atoms)
    }

    /// Turns a position's loss into cash of its pool, or its profit into quote tokens.
    pub fn settle_position(ctx: &mut Context<SettlePosition>, underlying: u16) -> Result<()> {
        settle_position::handler(ctx, underlying)
    }

    /// Counts an account's row of an instrument anew.
    pub fn renew_position(ctx: &mut Context<RenewPosition>, underlying: u16) -> Result<()> {
        renew_position::handler(ctx, underlying)
    }

    /// Brings trade fees to the insurance fund.
    pub fn collect_fees(ctx: &mut Context<CollectFees>) -> Result<()> {
        collect_fees::handler(ctx)
    }

    /// Repays an instrument's debt out of the insurance fund's income.
    pub fn repay_debt(ctx: &mut Context<RepayDebt>) -> Result<()> {
        repay_debt::handler(ctx)
    }

    /// Shares what a bankrupt account's position lost.
    pub fn share_loss(ctx: &mut Context<ShareLoss>) -> Result<()> {
        share_loss::handler(ctx)
    }

    /// Closes a position, for which nobody bids, against the other side.
    pub fn deleverage(
        ctx: &mut Context<Deleverage>,
        lots: i64,
        number: u64,
        underlying: u16,
    ) -> Result<()> {
        deleverage::handler(ctx, lots, number, underlying)
    }

    /// Takes a position through a deleveraging of its side.
    pub fn resize_position(ctx: &mut Context<ResizePosition>) -> Result<()> {
        resize_position::handler(ctx)
    }

    /// Removes a deleveraging through which every position has gone.
    pub fn close_deleveraging(ctx: &mut Context<CloseDeleveraging>) -> Result<()> {
        close_deleveraging::handler(ctx)
    }

    /// Clears a quote debt that nothing stands against.
    pub fn write_off_debt(ctx: &mut Context<WriteOffDebt>) -> Result<()> {
        write_off_debt::handler(ctx)
    }

    /// Brings a token's interest up to now.
    pub fn refresh_collateral(ctx: &mut Context<RefreshCollateral>) -> Result<()> {
        refresh_collateral::handler(ctx)
    }

    /// Stakes quote tokens in the insurance fund.
    pub fn stake_insurance(
        ctx: &mut Context<StakeInsurance>,
        amount_quote_atoms: u64,
    ) -> Result<()> {
        stake_insurance::handler(ctx, amount_quote_atoms)
    }

    /// Asks for the exit of a part of a stake.
    pub fn request_unstake(ctx: &mut Context<RequestUnstake>, shares: u128) -> Result<()> {
        request_unstake::handler(ctx, shares)
    }

    /// Pays out a stake whose cool-down is over.
    pub fn unstake(ctx: &mut Context<Unstake>) -> Result<()> {
        unstake::handler(ctx)
    }

    /// Closes a stake that is worth nothing.
    pub fn close_stake(ctx: &mut Context<CloseStake>) -> Result<()> {
        close_stake::handler(ctx)
    }

    /// Opens a group for money.
    pub fn launch_group(ctx: &mut Context<LaunchGroup>) -> Result<()> {
        launch_group::handler(ctx)
    }

    /// Offers a group that is being set up to another owner.
    pub fn propose_owner(ctx: &mut Context<ProposeOwner>, address: Address) -> Result<()> {
        propose_owner::handler(ctx, address)
    }

    /// Takes over a group that was offered.
    pub fn accept_ownership(ctx: &mut Context<AcceptOwnership>) -> Result<()> {
        accept_ownership::handler(ctx)
    }

    /// Proposes a change of the group, see `ProposedChange`.
    pub fn propose(ctx: &mut Context<Propose>, slot: u64, change: Vec<u8>) -> Result<()> {
        propose::handler(ctx, slot, change)
    }

    /// Carries out a proposal whose time has come.
    pub fn execute(ctx: &mut Context<Execute>) -> Result<()> {
        execute::handler(ctx)
    }

    /// Refuses a proposal, or takes it back.
    pub fn veto(ctx: &mut Context<Veto>) -> Result<()> {
        veto::handler(ctx)
    }

    /// Removes a proposal of which nothing can come any more.
    pub fn close_proposal(ctx: &mut Context<CloseProposal>) -> Result<()> {
        close_proposal::handler(ctx)
    }

    /// Halts a class of instructions for a time.
    pub fn pause(ctx: &mut Context<Pause>, class: PauseClass, seconds: u64) -> Result<()> {
        pause::handler(ctx, class, seconds)
    }

    /// Ends a pause early.
    pub fn unpause(ctx: &mut Context<Unpause>, class: PauseClass) -> Result<()> {
        unpause::handler(ctx, class)
    }

    /// Lowers at once what lets new risk into the group.
    pub fn tighten(ctx: &mut Context<Tighten>, what: Tightening) -> Result<()> {
        tighten::handler(ctx, what)
    }

    /// Shows an account under the rule.
    pub fn view_account(ctx: &mut Context<ViewAccount>) -> Result<AccountReport> {
        view_account::handler(ctx)
    }

    /// Shows why an account needs what it needs for an underlying with options.
    pub fn view_underlying(
        ctx: &mut Context<ViewAccount>,
        underlying: u16,
    ) -> Result<UnderlyingDetail> {
        view_underlying::handler(ctx, underlying)
    }

    /// Shows how much of a token could be withdrawn.
    pub fn view_withdrawable(ctx: &mut Context<ViewAccount>, collateral_key: u64) -> Result<u64> {
        view_withdrawable::handler(ctx, collateral_key)
    }
}
