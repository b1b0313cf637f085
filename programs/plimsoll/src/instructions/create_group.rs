//! Creates a group. Anyone may; groups share nothing.

// Anchor parses the arguments once more where it does not need them.
#![allow(unused_variables)]

use anchor_lang::prelude::*;
use anchor_spl::mint::Mint;
use anchor_spl::prelude::*;

use crate::error::PlimsollError;
use crate::seeds;
use crate::state::{Group, Insurance, VERSION};

/// Decimals of a token at most; finer atoms would leave the range of valuations.
pub const TOKEN_DECIMALS_MAX: u8 = 12;

/// Terms of liquidation, see `Group`.
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
    /// How long a stake in the insurance fund stays after its exit was asked for (seconds).
    pub cool_down_seconds: u64,
    /// Most that the insurance fund pays of one bid's discount (quote atoms).
    pub insurance_cap_quote_atoms: u64,
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

/// Errors: `TooManyDecimals`, `ParameterOutOfBounds`.
pub(crate) fn handler(ctx: &mut Context<CreateGroup>, id: u16, params: GroupParams) -> Result<()> {
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
    group.beta_min_ppm = params.beta_min_ppm;
    group.beta_max_ppm = params.beta_max_ppm;
    group.duration_slots = params.duration_slots;
    group.depth_full_ppm = params.depth_full_ppm;
    group.buffer_ppm = params.buffer_ppm;
    group.insurance_cut_ppm = params.insurance_cut_ppm;
    group.dust_quote_atoms = params.dust_quote_atoms;
    group.cool_down_seconds = params.cool_down_seconds;
    group.insurance_cap_quote_atoms = params.insurance_cap_quote_atoms;
    let terms = group.liquidation_terms()?;
    terms.validate().map_err(|_| PlimsollError::ParameterOutOfBounds)?;

    let insurance = &mut ctx.accounts.insurance;
    insurance.version = VERSION;
    insurance.bump = ctx.bumps.insurance;
    insurance.group = group_address;
    Ok(())
}
