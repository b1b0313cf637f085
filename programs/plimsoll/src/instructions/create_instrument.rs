//! Lists a perpetual: the instrument, and the pool that its trades write.

// Anchor parses the arguments once more where it does not need them.
#![allow(unused_variables)]

use anchor_lang::prelude::*;
use plimsoll_units::{Price, Ratio, UnixSeconds};

use crate::clock::now;
use crate::error::PlimsollError;
use crate::governance::{authorise, require_listed_change, Change};
use crate::seeds;
use crate::state::{
    Group, Instrument, InstrumentKind, InstrumentStatus, Pool, Proposal, StoredPrice, Underlying,
    VERSION,
};

/// Widest band around the index price (ppm).
pub const PRICE_BAND_PPM_MAX: u32 = 200_000;
/// Highest fee per side (ppm).
pub const TRADE_FEE_PPM_MAX: u32 = 10_000;

/// What a perpetual is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct InstrumentParams {
    /// Name for people, UTF-8, zero-padded.
    pub name: [u8; 16],
    /// Whole units of the underlying per lot: `mantissa · 10^exponent`.
    pub lot_mantissa: u64,
    /// See `lot_mantissa`.
    pub lot_exponent: i32,
    /// Quote atoms per lot that one tick is worth, at least one.
    pub tick_quote_atoms_per_lot: u64,
    /// Trades further from the index price are refused (ppm), 1 to 200,000.
    pub price_band_ppm: u32,
    /// Share of a positive position value that counts for opening (ppm), at most one.
    pub pnl_weight_ppm: u32,
    /// Fee per side on the notional (ppm), at most 10,000.
    pub trade_fee_ppm: u32,
    /// Open interest may not rise above this (lots of one side).
    pub open_interest_cap_lots: u64,
    /// Funding per hour at most (ppm of the index price), at most 40,000.
    pub funding_cap_ppm: u32,
    /// Seconds for which a funding rate holds without a refresh, at most an hour.
    pub funding_seconds_max: u32,
    /// Trades further than this from the index price are no sample of the premium (ppm).
    pub premium_band_ppm: u32,
    /// Time constant of the premium's mean (seconds), at least one minute.
    pub premium_seconds: u32,
    /// Notional with which one trade moves the premium half of the way (quote atoms).
    pub premium_impact_quote_atoms: u64,
    /// Losses shared per lot and day at most (ppm of the price), at most one half.
    pub loss_cap_ppm: u32,
    /// Reward for settling a loss (ppm of it), at most 10,000.
    pub settle_reward_ppm: u32,
    /// That reward at most (quote atoms).
    pub settle_reward_quote_atoms_max: u64,
    /// Most that the insurance fund pays per loss in this instrument (quote atoms).
    pub insurance_cap_quote_atoms: u64,
}

/// Highest cap of funding per hour (ppm).
const FUNDING_CAP_PPM_MAX: u32 = 40_000;
/// Longest time for which a funding rate may hold (seconds).
const FUNDING_SECONDS_MAX: u32 = 3_600;
/// Shortest time constant of the premium's mean (seconds).
const PREMIUM_SECONDS_MIN: u32 = 60;
/// Highest cap of shared losses per lot and day (ppm).
pub const LOSS_CAP_PPM_MAX: u32 = 500_000;
/// Highest reward for settling a loss (ppm).
pub const SETTLE_REWARD_PPM_MAX: u32 = 10_000;

impl InstrumentParams {
    /// Whole units of the underlying per lot. `ParameterOutOfBounds` without a tick, `OutOfRange`.
    pub(crate) fn lot(&self) -> Result<StoredPrice> {
        require!(self.tick_quote_atoms_per_lot > 0, PlimsollError::ParameterOutOfBounds);
        let lot = Price::from_decimal(self.lot_mantissa, self.lot_exponent);
        Ok(lot.map_err(PlimsollError::from)?.into())
    }

    /// Stores what may change during an instrument's life; lot, tick and name may not.
    /// `ParameterOutOfBounds` if they are not usable.
    pub(crate) fn apply(&self, instrument: &mut Instrument) -> Result<()> {
        let sane = (1..=PRICE_BAND_PPM_MAX).contains(&self.price_band_ppm)
            && self.pnl_weight_ppm <= Ratio::ONE.ppm()
            && self.trade_fee_ppm <= TRADE_FEE_PPM_MAX
            && self.funding_cap_ppm <= FUNDING_CAP_PPM_MAX
            && self.funding_seconds_max <= FUNDING_SECONDS_MAX
            && self.premium_band_ppm <= self.price_band_ppm
            && self.premium_seconds >= PREMIUM_SECONDS_MIN
            && i64::try_from(self.premium_impact_quote_atoms).is_ok_and(|impact| impact > 0)
            && self.loss_cap_ppm <= LOSS_CAP_PPM_MAX
            && self.settle_reward_ppm <= SETTLE_REWARD_PPM_MAX;
        require!(sane, PlimsollError::ParameterOutOfBounds);
        instrument.price_band_ppm = self.price_band_ppm;
        instrument.pnl_weight_ppm = self.pnl_weight_ppm;
        instrument.trade_fee_ppm = self.trade_fee_ppm;
        instrument.open_interest_cap_lots = self.open_interest_cap_lots;
        instrument.funding_cap_ppm = self.funding_cap_ppm;
        instrument.funding_seconds_max = self.funding_seconds_max;
        instrument.premium_band_ppm = self.premium_band_ppm;
        instrument.premium_seconds = self.premium_seconds;
        instrument.premium_impact_quote_atoms = self.premium_impact_quote_atoms;
        instrument.loss_cap_ppm = self.loss_cap_ppm;
        instrument.settle_reward_ppm = self.settle_reward_ppm;
        instrument.settle_reward_quote_atoms_max = self.settle_reward_quote_atoms_max;
        instrument.insurance_cap_quote_atoms = self.insurance_cap_quote_atoms;
        Ok(())
    }
}

/// Accounts of `create_instrument`.
#[derive(Accounts)]
#[instruction(index: u16)]
pub struct CreateInstrument {
    /// Pays the rent; may be the other signer too, since no data of it is read or written.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// Owner of the group until its launch; anybody afterwards.
    pub authority: Signer,
    /// The group.
    #[account(
        mut,
        constraint = group.instrument_count == index @ PlimsollError::IndexExhausted
    )]
    pub group: Account<Group>,
    /// What the contract is on.
    #[account(
        constraint = anchor_lang::address_eq(&underlying.group, group.address())
            @ PlimsollError::WrongGroup,
        // The quote token is worth exactly one in quote: there is nothing to trade.
        constraint = underlying.index != 0 @ PlimsollError::UnknownUnderlying
    )]
    pub underlying: Account<Underlying>,
    /// The instrument.
    #[account(
        init,
        payer = payer,
        seeds = [seeds::INSTRUMENT, group, index.to_le_bytes()],
        bump
    )]
    pub instrument: Account<Instrument>,
    /// Its pool.
    #[account(init, payer = payer, seeds = [seeds::POOL, instrument], bump)]
    pub pool: Account<Pool>,
    /// Creates the accounts.
    pub system_program: Program<System>,
    /// What allows the listing after the launch.
    #[account(mut)]
    pub proposal: Option<Account<Proposal>>,
}

/// `index` must be the group's next one. Errors: `NotGroupOwner`, `AlreadyLaunched`,
/// `ProposalMismatch` and those of a proposal that is not ripe, `WrongGroup`,
/// `UnknownUnderlying`, `IndexExhausted`, `ParameterOutOfBounds`, `OutOfRange`.
pub(crate) fn handler(
    ctx: &mut Context<CreateInstrument>,
    index: u16,
    params: InstrumentParams,
) -> Result<()> {
    let time = now()?.time;
    let accounts = &mut ctx.accounts;
    let signer = accounts.authority.address();
    let change = authorise(&accounts.group, signer, &mut accounts.proposal, time)?;
    let contract_on = accounts.underlying.index;
    require_listed_change(&change, |change| {
        matches!(change, Change::ListInstrument { index: at, underlying, params: proposed }
            if *at == index && *underlying == contract_on && *proposed == params)
    })?;
    accounts.group.instrument_count = index.checked_add(1).ok_or(PlimsollError::IndexExhausted)?;
    let listing = Listing {
        group: *accounts.group.address(),
        address: *accounts.instrument.address(),
        payer: *accounts.payer.address(),
        underlying: contract_on,
        index,
        bumps: (ctx.bumps.instrument, ctx.bumps.pool),
    };
    set_up(&mut accounts.instrument, &mut accounts.pool, &listing, &params, time)?;
    accounts.instrument.kind = InstrumentKind::Perpetual.into();
    params.apply(&mut accounts.instrument)
}

/// Where an instrument is listed.
pub(crate) struct Listing {
    /// The group.
    pub(crate) group: Address,
    /// The instrument's address.
    pub(crate) address: Address,
    /// Who pays the rent.
    pub(crate) payer: Address,
    /// Index of the underlying.
    pub(crate) underlying: u16,
    /// Index within the group.
    pub(crate) index: u16,
    /// Bumps of instrument and pool.
    pub(crate) bumps: (u8, u8),
}

/// Fills in what stays as it is, of an instrument and of its pool; the kind is the caller's.
pub(crate) fn set_up(
    instrument: &mut Instrument,
    pool: &mut Pool,
    listing: &Listing,
    params: &InstrumentParams,
    now: UnixSeconds,
) -> Result<()> {
    instrument.version = VERSION;
    (instrument.bump, instrument.pool_bump) = listing.bumps;
    instrument.status = InstrumentStatus::Active.into();
    instrument.index = listing.index;
    instrument.underlying = listing.underlying;
    instrument.group = listing.group;
    instrument.payer = listing.payer;
    instrument.name = params.name;
    instrument.lot = params.lot()?;
    instrument.tick_quote_atoms_per_lot = params.tick_quote_atoms_per_lot;
    instrument.funding_at = now.get();

    pool.version = VERSION;
    pool.bump = listing.bumps.1;
    pool.index = listing.index;
    pool.group = listing.group;
    pool.instrument = listing.address;
    pool.premium_at = now.get();
    Ok(())
}
