//! Lists a contract that expires: a dated future, a European call or put. It is an instrument like
//! others, with a pool.

// Anchor parses the arguments once more where it does not need them.
#![allow(unused_variables)]

use anchor_lang::prelude::*;
use plimsoll_units::Price;

use crate::clock::now;
use crate::error::{Named, PlimsollError};
use crate::governance::{authorise, require_listed_change, Change};
use crate::instructions::create_instrument::{set_up, InstrumentParams, Listing};
use crate::seeds;
use crate::state::{Expiry, Group, Instrument, InstrumentKind, Pool, Proposal};

/// Strikes lie below this (quote atoms per lot): no option with a larger one could be valued.
pub const STRIKE_BOUND: u64 = 1 << 60;

/// What a contract pays at its expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub enum ContractKind {
    /// The settlement price.
    Future,
    /// What the settlement price is above the strike.
    Call {
        /// Strike (quote atoms per lot), at least one, below 2^60.
        strike_quote_atoms_per_lot: u64,
    },
    /// What the settlement price is below the strike.
    Put {
        /// Strike (quote atoms per lot), at least one, below 2^60.
        strike_quote_atoms_per_lot: u64,
    },
}

/// What a contract is made of. There is no funding: its cap must be zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct ContractParams {
    /// What it pays.
    pub kind: ContractKind,
    /// What every instrument has.
    pub instrument: InstrumentParams,
}

impl ContractParams {
    /// Stores the kind, and what may change during the instrument's life. `ParameterOutOfBounds`,
    /// `OptionOutOfRange`, `OutOfRange`.
    pub(crate) fn apply(&self, instrument: &mut Instrument) -> Result<()> {
        require!(self.instrument.funding_cap_ppm == 0, PlimsollError::ParameterOutOfBounds);
        let strike = |atoms: u64| {
            require!(atoms < STRIKE_BOUND, PlimsollError::OptionOutOfRange);
            Price::from_integer(atoms).named()
        };
        match self.kind {
            ContractKind::Future => instrument.kind = InstrumentKind::Future.into(),
            ContractKind::Call { strike_quote_atoms_per_lot } => {
                instrument.kind = InstrumentKind::Call.into();
                instrument.strike = strike(strike_quote_atoms_per_lot)?.into();
            }
            ContractKind::Put { strike_quote_atoms_per_lot } => {
                instrument.kind = InstrumentKind::Put.into();
                instrument.strike = strike(strike_quote_atoms_per_lot)?.into();
            }
        }
        self.instrument.apply(instrument)
    }
}

/// Accounts of `create_contract`.
#[derive(Accounts)]
#[instruction(index: u16)]
pub struct CreateContract {
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
    /// When it expires, and on what.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&expiry.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub expiry: Account<Expiry>,
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

/// `index` must be the group's next one. Before it trades, its risk array must be refreshed.
///
/// Errors: `NotGroupOwner`, `AlreadyLaunched`, `ProposalMismatch` and those of a proposal that is not
/// ripe, `WrongGroup`, `ExpiryOutOfBounds` (it has passed), `IndexExhausted`, `ParameterOutOfBounds`,
/// `OptionOutOfRange` (the strike), `OutOfRange`.
pub(crate) fn handler(
    ctx: &mut Context<CreateContract>,
    index: u16,
    params: ContractParams,
) -> Result<()> {
    let time = now()?.time;
    let accounts = &mut ctx.accounts;
    let signer = accounts.authority.address();
    let change = authorise(&accounts.group, signer, &mut accounts.proposal, time)?;
    let (underlying, expires_at) = (accounts.expiry.underlying, accounts.expiry.expires_at);
    require_listed_change(&change, |change| {
        matches!(change, Change::ListContract { index: at, underlying: on, expires_at: when, params: proposed }
            if *at == index && *on == underlying && *when == expires_at && *proposed == params)
    })?;
    require!(time.get() < expires_at, PlimsollError::ExpiryOutOfBounds);
    let count = accounts.expiry.open_count.checked_add(1);
    accounts.expiry.open_count = count.ok_or(PlimsollError::IndexExhausted)?;
    accounts.group.instrument_count = index.checked_add(1).ok_or(PlimsollError::IndexExhausted)?;
    let listing = Listing {
        group: *accounts.group.address(),
        address: *accounts.instrument.address(),
        payer: *accounts.payer.address(),
        underlying,
        index,
        bumps: (ctx.bumps.instrument, ctx.bumps.pool),
    };
    set_up(&mut accounts.instrument, &mut accounts.pool, &listing, &params.instrument, time)?;
    accounts.instrument.expires_at = expires_at;
    params.apply(&mut accounts.instrument)
}
