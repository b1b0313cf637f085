//! A trade that two accounts agree on: how blocks and quotes change hands.

use anchor_lang::prelude::*;
use plimsoll_risk::{open_interest_change, RowKey, RowKind};
use plimsoll_units::products::{fee_ceil, notional_exact};
use plimsoll_units::{BaseLots, Price, PriceTicks, QuoteAtoms, Ratio};

use crate::check::{guarded, Guarded, Ix, Parties};
use crate::error::PlimsollError;
use crate::events::Traded;
use crate::state::{Group, Instrument, InstrumentStatus, MarginAccount, Pool, Row};

/// Accounts of `trade`. The trailing accounts are the risk accounts of both margin accounts, each
/// with a row for the instrument.
#[derive(Accounts)]
pub struct Trade {
    /// Owner or delegate of the first account.
    pub first_authority: Signer,
    /// Owner or delegate of the second account; may be the same.
    pub second_authority: Signer,
    /// The group.
    pub group: Account<Group>,
    /// The account that buys a positive quantity.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&first.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub first: Account<MarginAccount>,
    /// The account on the other side.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&second.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub second: Account<MarginAccount>,
    /// The instrument's pool.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&pool.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub pool: Account<Pool>,
}

/// The first account buys `lots` (sells if negative) from the second at `price_ticks`.
///
/// Notional is exact; each side pays the instrument's fee on it, rounded up. Errors: `ZeroAmount`,
/// `PriceZero`, `NotAccountAuthority`, `DelegateExpired`, `WrongGroup`, `InstrumentNotActive`,
/// `PriceOutsideBand`, `OpenInterestCapExceeded`, `PositionRowsFull`, `TooManyUnderlyings`,
/// `BelowInitialMargin`, those of the risk accounts and of the oracles.
pub(crate) fn handler(
    ctx: &mut Context<Trade>,
    underlying: u16,
    lots: i64,
    price_ticks: u64,
) -> Result<()> {
    require!(lots != 0, PlimsollError::ZeroAmount);
    require!(price_ticks > 0, PlimsollError::PriceZero);
    let views = ctx.remaining_accounts()?;
    let accounts = &mut ctx.accounts;
    let time = crate::clock::now()?.time;
    accounts.first.require_authority(accounts.first_authority.address(), time)?;
    accounts.second.require_authority(accounts.second_authority.address(), time)?;

    let key = RowKey::new(underlying, RowKind::Linear, accounts.pool.index);
    let group = (accounts.group.address(), &*accounts.group);
    let pool = &mut accounts.pool;
    let parties = Parties { first: &mut accounts.first, second: Some(&mut accounts.second) };
    let (lots, ticks) = (BaseLots::new(lots), PriceTicks::new(price_ticks));
    let fee = guarded(Ix::Trade, group, parties, &[key], views, |guarded| {
        exchange(guarded, pool, key, lots, ticks)
    })?;
    emit!(Traded {
        instrument: accounts.pool.instrument,
        first: *accounts.first.address(),
        second: *accounts.second.address(),
        lots: lots.get(),
        price_ticks,
        fee_quote_atoms: fee.get(),
    });
    Ok(())
}

fn exchange(
    guarded: &mut Guarded<'_, '_>,
    pool: &mut Pool,
    key: RowKey,
    lots: BaseLots,
    ticks: PriceTicks,
) -> Result<QuoteAtoms> {
    let instrument = Account::<Instrument>::load(guarded.market.row_view(key)?)?;
    let active = instrument.status == InstrumentStatus::Active;
    require!(active, PlimsollError::InstrumentNotActive);
    let grade = guarded.market.underlying(key.underlying())?.grade;
    let priced = plimsoll_risk::allowed(grade, plimsoll_risk::Action::Open);
    require!(priced, crate::error::grade_error(grade));
    require_in_band(&instrument, guarded.market.terms(key)?.price, ticks)?;

    let notional = notional_exact(lots, ticks, instrument.tick()).map_err(PlimsollError::from)?;
    let rate = Ratio::from_ppm(instrument.trade_fee_ppm);
    let fee = fee_ceil(notional, rate).map_err(PlimsollError::from)?;
    let first = guarded.parties.first.row_mut(key, &guarded.permit)?;
    let first_before = first.lots();
    fill(first, lots, notional, fee)?;
    let first_after = first.lots();
    let second = guarded.parties.second()?.row_mut(key, &guarded.permit)?;
    let second_before = second.lots();
    fill(
        second,
        lots.checked_neg().map_err(PlimsollError::from)?,
        notional.checked_neg().map_err(PlimsollError::from)?,
        fee,
    )?;
    let change = open_interest_change([first_before, second_before], [first_after, second.lots()])
        .map_err(PlimsollError::from)?;
    book(pool, &instrument, lots, change, fee)?;
    Ok(fee)
}

/// One side: the quantity comes in, notional and fee go out.
fn fill(row: &mut Row, lots: BaseLots, notional: QuoteAtoms, fee: QuoteAtoms) -> Result<()> {
    let paid = notional.checked_add(fee).map_err(PlimsollError::from)?;
    row.lots = row.lots().checked_add(lots).map_err(PlimsollError::from)?.get();
    row.quote_atoms = row.quote().checked_sub(paid).map_err(PlimsollError::from)?.get();
    Ok(())
}

fn book(
    pool: &mut Pool,
    instrument: &Instrument,
    lots: BaseLots,
    change: BaseLots,
    fee: QuoteAtoms,
) -> Result<()> {
    pool.change_open_interest(change)?;
    let cap = instrument.open_interest_cap_lots;
    let within = pool.open_interest_lots <= cap || !change.is_positive();
    require!(within, PlimsollError::OpenInterestCapExceeded);
    pool.add_fees(fee.checked_add(fee).map_err(PlimsollError::from)?)?;
    // A statistic: it may wrap in centuries, and must not stop trading.
    pool.volume_lots = pool.volume_lots.wrapping_add(lots.get().unsigned_abs());
    Ok(())
}

/// `PriceOutsideBand` if the price is further from the index price than the instrument's band.
fn require_in_band(instrument: &Instrument, index: Price, ticks: PriceTicks) -> Result<()> {
    let one = notional_exact(BaseLots::new(1), ticks, instrument.tick());
    let one = one.map_err(PlimsollError::from)?;
    let raw = u64::try_from(one.get()).map_err(|_| PlimsollError::MathOverflow)?;
    let price = Price::from_decimal(raw, 0).map_err(PlimsollError::from)?;
    let distance = Price::distance_ratio_ceil(price, index);
    let band = Ratio::from_ppm(instrument.price_band_ppm);
    require!(distance <= band, PlimsollError::PriceOutsideBand);
    Ok(())
}
