//! Lists a perpetual: the instrument, and the pool that its trades write.

// Anchor parses the arguments once more where it does not need them.
#![allow(unused_variables)]

use anchor_lang::prelude::*;
use plimsoll_units::{Price, Ratio};

use crate::error::PlimsollError;
use crate::seeds;
use crate::state::{
    Group, Instrument, InstrumentKind, InstrumentStatus, Pool, Underlying, VERSION,
};

/// Widest band around the index price (ppm).
const PRICE_BAND_PPM_MAX: u32 = 200_000;
/// Highest fee per side (ppm).
const TRADE_FEE_PPM_MAX: u32 = 10_000;

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
}

/// Accounts of `create_instrument`.
#[derive(Accounts)]
#[instruction(index: u16)]
pub struct CreateInstrument {
    /// Pays the rent; may be the other signer too, since no data of it is read or written.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// Owner of the group.
    pub owner: Signer,
    /// The group.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&group.owner, owner.address())
            @ PlimsollError::NotGroupOwner,
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
}

/// `index` must be the group's next one. Errors: `NotGroupOwner`, `WrongGroup`,
/// `UnknownUnderlying`, `IndexExhausted`, `ParameterOutOfBounds`, `OutOfRange`.
pub(crate) fn handler(
    ctx: &mut Context<CreateInstrument>,
    index: u16,
    params: InstrumentParams,
) -> Result<()> {
    let sane = params.tick_quote_atoms_per_lot > 0
        && (1..=PRICE_BAND_PPM_MAX).contains(&params.price_band_ppm)
        && params.pnl_weight_ppm <= Ratio::ONE.ppm()
        && params.trade_fee_ppm <= TRADE_FEE_PPM_MAX;
    require!(sane, PlimsollError::ParameterOutOfBounds);
    let lot = Price::from_decimal(params.lot_mantissa, params.lot_exponent);
    let lot = lot.map_err(PlimsollError::from)?;
    let accounts = &mut ctx.accounts;
    accounts.group.instrument_count = index.checked_add(1).ok_or(PlimsollError::IndexExhausted)?;
    let group = *accounts.group.address();
    let instrument_address = *accounts.instrument.address();

    let instrument = &mut accounts.instrument;
    instrument.version = VERSION;
    instrument.bump = ctx.bumps.instrument;
    instrument.pool_bump = ctx.bumps.pool;
    instrument.kind = InstrumentKind::Perpetual.into();
    instrument.status = InstrumentStatus::Active.into();
    instrument.index = index;
    instrument.underlying = accounts.underlying.index;
    instrument.group = group;
    instrument.name = params.name;
    instrument.lot = lot.into();
    instrument.tick_quote_atoms_per_lot = params.tick_quote_atoms_per_lot;
    instrument.price_band_ppm = params.price_band_ppm;
    instrument.pnl_weight_ppm = params.pnl_weight_ppm;
    instrument.trade_fee_ppm = params.trade_fee_ppm;
    instrument.open_interest_cap_lots = params.open_interest_cap_lots;

    let pool = &mut accounts.pool;
    pool.version = VERSION;
    pool.bump = ctx.bumps.pool;
    pool.index = index;
    pool.group = group;
    pool.instrument = instrument_address;
    Ok(())
}
