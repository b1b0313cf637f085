//! Lists an expiry of an underlying: a slice of its volatility surface, and the terms by which it is
//! published, refreshed and settled. They stay as they are for the life of the expiry.

// Anchor parses the arguments once more where it does not need them.
#![allow(unused_variables)]

use anchor_lang::prelude::*;
use plimsoll_options::check_butterflies;
use plimsoll_units::{Seconds, UnixSeconds};

use crate::clock::now;
use crate::error::{Named, PlimsollError};
use crate::governance::{authorise, require_listed_change, Change};
use crate::seeds;
use crate::state::{Expiry, Group, Proposal, StoredSlice, Underlying, VERSION};
use crate::surface::{require_calendar, Neighbours};

/// Farthest expiry (seconds): two years, what option values are tested over.
pub const LIFE_SECONDS_MAX: i64 = 2 * 365 * 86_400;
/// Widest basis, confidence and step (ppm).
pub const DEVIATION_PPM_MAX: u32 = 500_000;
/// Largest volatility scan range (ppm): volatilities may not fall to nothing.
pub const VOLATILITY_SCAN_PPM_MAX: u32 = 900_000;
/// Highest floor of a short option (ppm of the index price).
pub const SHORT_FLOOR_PPM_MAX: u32 = 200_000;
/// Life of a risk array (seconds). Below the least one nobody could refresh all of an account's arrays and
/// bid on it in time.
pub const ARRAY_SECONDS: core::ops::RangeInclusive<u32> = 20..=600;
/// How far the price may move from that of a risk array (ppm); at least so much for the same reason.
pub const ARRAY_MOVE_PPM: core::ops::RangeInclusive<u32> = 2_000..=50_000;

/// A slice in raw SVI, see `StoredSlice` (each number 2^-32).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct SliceParams {
    /// Shifts the variance of a year.
    pub a: i64,
    /// How steep the wings are.
    pub b: i64,
    /// How much steeper the right wing is than the left one.
    pub rho: i64,
    /// Where the smile is centred.
    pub m: i64,
    /// How round it is there.
    pub sigma: i64,
}

impl From<SliceParams> for StoredSlice {
    fn from(slice: SliceParams) -> Self {
        let SliceParams { a, b, rho, m, sigma } = slice;
        Self { a, b, rho, m, sigma }
    }
}

/// Everything that makes an expiry; units and meaning as in `Expiry`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct ExpiryParams {
    /// The first slice.
    pub slice: SliceParams,
    /// The first basis (ppm).
    pub basis_ppm: i32,
    /// The first confidence (ppm of the volatility).
    pub confidence_ppm: u32,
    /// Widest basis (ppm), at most 500,000.
    pub basis_ppm_max: u32,
    /// Least confidence (ppm), at most 500,000.
    pub confidence_ppm_min: u32,
    /// Widening of the confidence for each hour after `fresh_seconds` (ppm), at most 500,000.
    pub widening_ppm_per_hour: u32,
    /// How long a slice is as good as new (seconds), at least one.
    pub fresh_seconds: u32,
    /// How far volatilities may move within `step_seconds` (ppm), 1 to 500,000.
    pub step_ppm: u32,
    /// How far the basis may move within `step_seconds` (ppm of the price), at most 500,000.
    pub basis_step_ppm: u32,
    /// See `step_ppm` (seconds), at least one.
    pub step_seconds: u32,
    /// Volatility scan range (ppm), at most 900,000.
    pub volatility_scan_ppm: u32,
    /// Least requirement of a short option (ppm of the price), at most 200,000.
    pub short_floor_ppm: u32,
    /// How long a risk array is good for (seconds), 20 to 600.
    pub array_seconds_max: u32,
    /// How far the price may move from that of a risk array (ppm), 2,000 to 50,000.
    pub array_move_ppm: u32,
}

impl ExpiryParams {
    /// Stores the terms and the first slice. `ParameterOutOfBounds`, `BasisOutOfBounds`, and the flaws
    /// of a slice by their names.
    pub(crate) fn apply(&self, expiry: &mut Expiry, now: UnixSeconds) -> Result<()> {
        let small = |ppm: u32| ppm <= DEVIATION_PPM_MAX;
        let surface = small(self.basis_ppm_max)
            && small(self.confidence_ppm_min)
            && small(self.widening_ppm_per_hour)
            && (1..=DEVIATION_PPM_MAX).contains(&self.step_ppm)
            && small(self.basis_step_ppm)
            && (self.confidence_ppm_min..=DEVIATION_PPM_MAX).contains(&self.confidence_ppm)
            && self.fresh_seconds > 0
            && self.step_seconds > 0;
        let arrays = self.volatility_scan_ppm <= VOLATILITY_SCAN_PPM_MAX
            && self.short_floor_ppm <= SHORT_FLOOR_PPM_MAX
            && ARRAY_SECONDS.contains(&self.array_seconds_max)
            && ARRAY_MOVE_PPM.contains(&self.array_move_ppm);
        require!(surface && arrays, PlimsollError::ParameterOutOfBounds);
        let within = self.basis_ppm.unsigned_abs() <= self.basis_ppm_max;
        require!(within, PlimsollError::BasisOutOfBounds);
        expiry.slice = self.slice.into();
        expiry.basis_ppm = self.basis_ppm;
        expiry.confidence_ppm = self.confidence_ppm;
        expiry.basis_ppm_max = self.basis_ppm_max;
        expiry.confidence_ppm_min = self.confidence_ppm_min;
        expiry.widening_ppm_per_hour = self.widening_ppm_per_hour;
        expiry.fresh_seconds = self.fresh_seconds;
        expiry.step_ppm = self.step_ppm;
        expiry.basis_step_ppm = self.basis_step_ppm;
        expiry.step_seconds = self.step_seconds;
        expiry.volatility_scan_ppm = self.volatility_scan_ppm;
        expiry.short_floor_ppm = self.short_floor_ppm;
        expiry.array_seconds_max = self.array_seconds_max;
        expiry.array_move_ppm = self.array_move_ppm;
        expiry.published_at = now.get();
        Ok(())
    }
}

/// Accounts of `create_expiry`.
#[derive(Accounts)]
#[instruction(expires_at: i64)]
pub struct CreateExpiry {
    /// Pays the rent; may be the other signer too, since no data of it is read or written.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// Owner of the group until its launch; anybody afterwards.
    pub authority: Signer,
    /// The group.
    pub group: Account<Group>,
    /// What expires.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&underlying.group, group.address())
            @ PlimsollError::WrongGroup,
        // The quote token is worth exactly one in quote: there is nothing to trade.
        constraint = underlying.index != 0 @ PlimsollError::UnknownUnderlying
    )]
    pub underlying: Account<Underlying>,
    /// The expiry.
    #[account(
        init,
        payer = payer,
        seeds = [seeds::EXPIRY, underlying, expires_at.to_le_bytes()],
        bump
    )]
    pub expiry: Account<Expiry>,
    /// The underlying's last expiry before it, if there is one.
    #[account(mut)]
    pub earlier: Option<Account<Expiry>>,
    /// The underlying's first expiry behind it, if there is one.
    #[account(mut)]
    pub later: Option<Account<Expiry>>,
    /// Creates the account.
    pub system_program: Program<System>,
    /// What allows the listing after the launch.
    #[account(mut)]
    pub proposal: Option<Account<Proposal>>,
}

/// Errors: `NotGroupOwner`, `AlreadyLaunched`, `ProposalMismatch` and those of a proposal that is not
/// ripe, `WrongGroup`, `UnknownUnderlying`, `ExpiryOutOfBounds` (past, or beyond two years),
/// `NeighbourMissing`, `ParameterOutOfBounds`, `BasisOutOfBounds`, and the flaws of a slice.
pub(crate) fn handler(
    ctx: &mut Context<CreateExpiry>,
    expires_at: i64,
    params: ExpiryParams,
) -> Result<()> {
    let time = now()?.time;
    let accounts = &mut ctx.accounts;
    let signer = accounts.authority.address();
    let change = authorise(&accounts.group, signer, &mut accounts.proposal, time)?;
    let index = accounts.underlying.index;
    require_listed_change(&change, |change| {
        matches!(change, Change::ListExpiry { underlying, expires_at: at, params: proposed }
            if *underlying == index && *at == expires_at && *proposed == params)
    })?;
    let left = expires_at.saturating_sub(time.get());
    require!((1..=LIFE_SECONDS_MAX).contains(&left), PlimsollError::ExpiryOutOfBounds);
    let group = *accounts.group.address();
    let payer = *accounts.payer.address();
    let expiry = &mut accounts.expiry;
    expiry.version = VERSION;
    expiry.bump = ctx.bumps.expiry;
    expiry.underlying = index;
    expiry.group = group;
    expiry.payer = payer;
    expiry.expires_at = expires_at;
    params.apply(expiry, time)?;
    link(accounts)?;
    let accounts = &ctx.accounts;
    let left = Seconds::new(left.unsigned_abs());
    check_butterflies(&accounts.expiry.slice.slice()?, left).named()?;
    let neighbours =
        Neighbours { earlier: accounts.earlier.as_deref(), later: accounts.later.as_deref() };
    require_calendar(&accounts.expiry, &neighbours, time)
}

/// Puts the expiry between its neighbours.
fn link(accounts: &mut CreateExpiry) -> Result<()> {
    let (group, index) = (accounts.expiry.group, accounts.expiry.underlying);
    let at = accounts.expiry.expires_at;
    let own = |one: &Expiry| one.underlying == index && anchor_lang::address_eq(&one.group, &group);
    let mut first = accounts.underlying.first_expiry_at;
    match &mut accounts.earlier {
        Some(earlier) => {
            let adjacent = own(earlier)
                && earlier.expires_at < at
                && (earlier.later_at == 0 || earlier.later_at > at);
            require!(adjacent, PlimsollError::NeighbourMissing);
            accounts.expiry.earlier_at = earlier.expires_at;
            accounts.expiry.later_at = earlier.later_at;
            earlier.later_at = at;
        }
        None => {
            require!(first == 0 || first > at, PlimsollError::NeighbourMissing);
            accounts.expiry.later_at = first;
            first = at;
        }
    }
    match &mut accounts.later {
        Some(later) => {
            let adjacent = own(later) && later.expires_at == accounts.expiry.later_at;
            require!(adjacent, PlimsollError::NeighbourMissing);
            later.earlier_at = at;
        }
        None => {
            require!(accounts.expiry.later_at == 0, PlimsollError::NeighbourMissing);
        }
    }
    accounts.underlying.first_expiry_at = first;
    Ok(())
}
