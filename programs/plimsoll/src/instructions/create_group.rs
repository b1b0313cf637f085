//! Creates a group. Anyone may; groups share nothing.

// Anchor parses the arguments once more where it does not need them.
#![allow(unused_variables)]

use anchor_lang::prelude::*;
use anchor_spl::mint::Mint;
use anchor_spl::prelude::*;

use crate::clock::now;
use crate::error::PlimsollError;
use crate::governance::{TimelockParams, PAUSE_BUDGET_SECONDS};
use crate::seeds;
use crate::state::{Group, Insurance, VERSION};

/// Decimals of a token at most; finer atoms would leave the range of valuations.
pub const TOKEN_DECIMALS_MAX: u8 = 12;

/// Longest time in which owners act alone (seconds): an hour.
const OWNER_FIRST_SECONDS_MAX: u64 = 3_600;
/// Shortest cool-down of a stake (seconds): a day. With none, a stake could come before fees are
/// collected and leave behind them, in one transaction, and bear nothing.
const COOL_DOWN_SECONDS_MIN: u64 = 86_400;
/// Longest cool-down of a stake (seconds): thirty days.
const COOL_DOWN_SECONDS_MAX: u64 = 30 * 86_400;

/// Terms of liquidation and of the insurance fund, see `Group`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct GroupParams {
    /// β at the line (ppm).
    pub beta_min_ppm: u32,
    /// β at its most, below one (ppm).
    pub beta_max_ppm: u32,
    /// Slots in which β rises to its most, at least one.
    pub duration_slots: u64,
    /// Depth at which β is at its most (ppm), at least one.
    pub depth_full_ppm: u32,
    /// How far above the line an episode ends (ppm).
    pub buffer_ppm: u32,
    /// Share of discounts that the insurance fund gets (ppm).
    pub insurance_cut_ppm: u32,
    /// Requirement up to which an account may be taken whole (quote atoms).
    pub dust_quote_atoms: u64,
    /// Slots of a full β without a bid after which a position may be closed against the other side,
    /// at least one.
    pub deleverage_slots: u32,
    /// How long owners act alone after an oracle gap or a pause (seconds), at most an hour.
    pub owner_first_seconds: u64,
    /// How long a stake stays after its exit was asked for (seconds), one to thirty days.
    pub cool_down_seconds: u64,
    /// Most that the insurance fund pays of one bid's discount (quote atoms).
    pub insurance_cap_quote_atoms: u64,
}

impl GroupParams {
    /// Stores the parameters. `ParameterOutOfBounds` or `OutOfRange` if they are not usable.
    pub(crate) fn apply(&self, group: &mut Group) -> Result<()> {
        let sane = self.owner_first_seconds <= OWNER_FIRST_SECONDS_MAX
            && (COOL_DOWN_SECONDS_MIN..=COOL_DOWN_SECONDS_MAX).contains(&self.cool_down_seconds);
        require!(sane, PlimsollError::ParameterOutOfBounds);
        group.beta_min_ppm = self.beta_min_ppm;
        group.beta_max_ppm = self.beta_max_ppm;
        group.duration_slots = self.duration_slots;
        group.depth_full_ppm = self.depth_full_ppm;
        group.buffer_ppm = self.buffer_ppm;
        group.insurance_cut_ppm = self.insurance_cut_ppm;
        group.dust_quote_atoms = self.dust_quote_atoms;
        group.deleverage_slots = self.deleverage_slots;
        group.owner_first_seconds = self.owner_first_seconds;
        group.cool_down_seconds = self.cool_down_seconds;
        group.insurance_cap_quote_atoms = self.insurance_cap_quote_atoms;
        let terms = group.liquidation_terms()?;
        terms.validate().map_err(|_| PlimsollError::ParameterOutOfBounds)?;
        Ok(())
    }
}

/// Who besides the owner has a say, and how long proposals wait. Zeros: nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct RoleParams {
    /// May pause, tighten and veto.
    pub guardian: Address,
    /// May propose listings.
    pub lister: Address,
    /// May propose parameters.
    pub risk_manager: Address,
    /// May publish volatility surfaces.
    pub publisher: Address,
    /// How long proposals wait, and live.
    pub timelock: TimelockParams,
}

/// Accounts of `create_group`.
#[derive(Accounts)]
#[instruction(id: u16)]
pub struct CreateGroup {
    /// Pays the rent; may be the other signer too, since no data of it is read or written.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// Creates and owns the group.
    pub creator: Signer,
    /// The numéraire.
    pub quote_mint: InterfaceAccount<token_interface::Interface<Mint>>,
    /// The group.
    #[account(
        init,
        payer = payer,
        seeds = [seeds::GROUP, creator, id.to_le_bytes()],
        bump
    )]
    pub group: Account<Group>,
    /// Its insurance fund.
    #[account(init, payer = payer, seeds = [seeds::INSURANCE, group], bump)]
    pub insurance: Account<Insurance>,
    /// Creates the accounts.
    pub system_program: Program<System>,
}

/// The group takes no money until it is launched. Errors: `TooManyDecimals`,
/// `ParameterOutOfBounds`, `OutOfRange`.
pub(crate) fn handler(
    ctx: &mut Context<CreateGroup>,
    id: u16,
    params: GroupParams,
    roles: RoleParams,
) -> Result<()> {
    let decimals = ctx.accounts.quote_mint.decimals();
    require!(decimals <= TOKEN_DECIMALS_MAX, PlimsollError::TooManyDecimals);
    let group_address = *ctx.accounts.group.address();
    let creator = *ctx.accounts.creator.address();
    let group = &mut ctx.accounts.group;
    group.version = VERSION;
    group.bump = ctx.bumps.group;
    group.id = id;
    group.quote_decimals = decimals;
    group.creator = creator;
    group.owner = creator;
    group.quote_mint = *ctx.accounts.quote_mint.address();
    group.guardian = roles.guardian;
    group.lister = roles.lister;
    group.risk_manager = roles.risk_manager;
    group.publisher = roles.publisher;
    group.pause_budget_seconds = PAUSE_BUDGET_SECONDS;
    group.pause_budget_at = now()?.time.get();
    roles.timelock.apply(group)?;
    params.apply(group)?;

    let insurance = &mut ctx.accounts.insurance;
    insurance.version = VERSION;
    insurance.bump = ctx.bumps.insurance;
    insurance.group = group_address;
    Ok(())
}
