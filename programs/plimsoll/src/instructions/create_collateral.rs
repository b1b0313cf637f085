//! Lists a token: its collateral account and its vault.

use anchor_lang::prelude::*;
use anchor_spl::prelude::*;
use anchor_spl::{Mint, TokenAccount};
use plimsoll_units::{Index, Price, Ratio};

use crate::clock::now;
use crate::error::PlimsollError;
use crate::governance::{authorise, require_listed_change, Change};
use crate::instructions::create_group::TOKEN_DECIMALS_MAX;
use crate::mint_extensions::require_allowed;
use crate::seeds;
use crate::state::{Collateral, Group, Proposal, StoredKink, Underlying, VERSION};

/// One kink of an interest curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct KinkParams {
    /// Borrows over deposits (ppm).
    pub utilisation_ppm: u32,
    /// Yearly rate there, simple (ppm).
    pub rate_ppm: u32,
}

/// What a token may do in the group.
#[derive(Clone, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct CollateralParams {
    /// No deposit may raise all deposits above this (token atoms).
    pub deposit_cap_token_atoms: u64,
    /// No withdrawal may raise all borrows above this (token atoms); zero forbids borrowing.
    pub borrow_cap_token_atoms: u64,
    /// The interest curve: 2 to 5 kinks from no utilisation to all of it, rates that do not fall.
    pub kinks: Vec<KinkParams>,
    /// Part of the interest that is set aside for the insurance fund (ppm), at most one half.
    pub reserve_share_ppm: u32,
    /// No borrowing may raise borrows above this part of deposits (ppm), at most one.
    pub utilisation_ppm_max: u32,
    /// Net outflow per hour at most (ppm of all deposits), at least 10,000; a million: no limit.
    pub outflow_ppm: u32,
    /// Withdrawals up to this are free of the outflow limit (token atoms).
    pub outflow_free_token_atoms: u64,
    /// All such withdrawals per hour at most (token atoms).
    pub outflow_free_cap_token_atoms: u64,
    /// Part of the token's value that counts for opening (ppm), at most one.
    pub weight_ppm: u32,
    /// Seconds over which that weight rises from nothing; seven days at least after the launch.
    pub ramp_seconds: u64,
    /// Most that the insurance fund pays for this token's lenders per event (quote atoms).
    pub insurance_cap_quote_atoms: u64,
}

/// Highest part of the interest that may be set aside (ppm).
const RESERVE_SHARE_PPM_MAX: u32 = 500_000;
/// Lowest outflow limit per hour (ppm): lower, and it could lock money up.
pub const OUTFLOW_PPM_MIN: u32 = 10_000;

/// Shortest ramp of a token that is listed after the launch (seconds): seven days.
pub const RAMP_SECONDS_MIN: u64 = 7 * 86_400;

impl CollateralParams {
    /// Stores the parameters. `ParameterOutOfBounds` if they are not usable.
    pub(crate) fn apply(&self, collateral: &mut Collateral) -> Result<()> {
        let one = Ratio::ONE.ppm();
        let sane = self.reserve_share_ppm <= RESERVE_SHARE_PPM_MAX
            && self.utilisation_ppm_max <= one
            && self.outflow_ppm >= OUTFLOW_PPM_MIN
            && self.weight_ppm <= one;
        require!(sane, PlimsollError::ParameterOutOfBounds);
        collateral.deposit_cap_token_atoms = self.deposit_cap_token_atoms;
        collateral.borrow_cap_token_atoms = self.borrow_cap_token_atoms;
        collateral.set_kinks(&self.kinks)?;
        collateral.reserve_share_ppm = self.reserve_share_ppm;
        collateral.utilisation_ppm_max = self.utilisation_ppm_max;
        collateral.outflow_ppm = self.outflow_ppm;
        collateral.outflow_free_token_atoms = self.outflow_free_token_atoms;
        collateral.outflow_free_cap_token_atoms = self.outflow_free_cap_token_atoms;
        collateral.weight_ppm = self.weight_ppm;
        collateral.ramp_seconds = self.ramp_seconds;
        collateral.insurance_cap_quote_atoms = self.insurance_cap_quote_atoms;
        Ok(())
    }
}

impl Collateral {
    /// Stores the interest curve. `ParameterOutOfBounds` unless it is one.
    fn set_kinks(&mut self, kinks: &[KinkParams]) -> Result<()> {
        require!(kinks.len() <= self.kinks.len(), PlimsollError::ParameterOutOfBounds);
        self.kinks.fill(StoredKink { utilisation_ppm: 0, rate_ppm: 0 });
        for (slot, kink) in self.kinks.iter_mut().zip(kinks) {
            slot.utilisation_ppm = kink.utilisation_ppm;
            slot.rate_ppm = kink.rate_ppm;
        }
        self.kink_count =
            u32::try_from(kinks.len()).map_err(|_| PlimsollError::ParameterOutOfBounds)?;
        self.curve()?;
        Ok(())
    }
}

/// Accounts of `create_collateral`.
#[derive(Accounts)]
pub struct CreateCollateral {
    /// Pays the rent; may be the other signer too, since no data of it is read or written.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// Owner of the group until its launch; anybody afterwards.
    pub authority: Signer,
    /// The group.
    #[account(mut)]
    pub group: Account<Group>,
    /// What prices the token.
    #[account(
        constraint = anchor_lang::address_eq(&underlying.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub underlying: Account<Underlying>,
    /// The token.
    pub mint: InterfaceAccount<token_interface::Interface<Mint>>,
    /// The collateral.
    #[account(init, payer = payer, seeds = [seeds::COLLATERAL, group, mint], bump)]
    pub collateral: Account<Collateral>,
    /// Its vault.
    #[account(
        init,
        payer = payer,
        seeds = [seeds::VAULT, collateral],
        bump,
        token::mint = mint,
        token::authority = collateral,
        token::token_program = token_program
    )]
    pub vault: InterfaceAccount<token_interface::Interface<TokenAccount>>,
    /// The token's program.
    pub token_program: Interface<'static, token_interface::TokenInterface>,
    /// Creates the accounts.
    pub system_program: Program<System>,
    /// What allows the listing after the launch.
    #[account(mut)]
    pub proposal: Option<Account<Proposal>>,
}

/// The first collateral is the quote token on underlying 0.
///
/// Errors: `NotGroupOwner`, `AlreadyLaunched`, `ProposalMismatch` and those of a proposal that is
/// not ripe, `WrongGroup`, `QuoteMustComeFirst`, `TooManyDecimals`,
/// `IndexExhausted`, `ParameterOutOfBounds`, `Extension…`.
pub(crate) fn handler(ctx: &mut Context<CreateCollateral>, params: CollateralParams) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let time = now()?.time;
    let signer = accounts.authority.address();
    let change = authorise(&accounts.group, signer, &mut accounts.proposal, time)?;
    let (token, priced_by) = (accounts.mint.address(), accounts.underlying.index);
    require_listed_change(&change, |change| {
        matches!(change, Change::ListCollateral { mint, underlying, params: proposed }
            if mint == token && *underlying == priced_by && *proposed == params)
    })?;
    let decimals = accounts.mint.decimals();
    require!(decimals <= TOKEN_DECIMALS_MAX, PlimsollError::TooManyDecimals);
    require_allowed(accounts.mint.account())?;
    let index = accounts.group.collateral_count;
    let is_quote = anchor_lang::address_eq(accounts.mint.address(), &accounts.group.quote_mint);
    let underlying = accounts.underlying.index;
    let first_is_quote = is_quote == (index == 0) && (index != 0 || underlying == 0);
    require!(first_is_quote, PlimsollError::QuoteMustComeFirst);
    accounts.group.collateral_count = index.checked_add(1).ok_or(PlimsollError::IndexExhausted)?;

    let scale = i32::from(decimals).checked_neg().ok_or(PlimsollError::MathOverflow)?;
    let scale = Price::pow10(scale).map_err(PlimsollError::from)?;
    let collateral = &mut accounts.collateral;
    collateral.version = VERSION;
    collateral.bump = ctx.bumps.collateral;
    collateral.vault_bump = ctx.bumps.vault;
    collateral.decimals = decimals;
    collateral.index = index;
    collateral.underlying = underlying;
    collateral.group = *accounts.group.address();
    collateral.mint = *accounts.mint.address();
    collateral.token_program = *accounts.token_program.address();
    collateral.vault = *accounts.vault.address();
    collateral.scale = scale.into();
    collateral.deposit_index = Index::ONE.into();
    collateral.borrow_index = Index::ONE.into();
    collateral.base_deposit_index = Index::ONE.into();
    collateral.base_borrow_index = Index::ONE.into();
    let time = time.get();
    collateral.accrued_at = time;
    collateral.outflow_at = time;
    collateral.outflow_free_at = time;
    collateral.ramp_from = time;
    params.apply(collateral)
}
