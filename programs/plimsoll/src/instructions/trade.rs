//! A trade that two accounts agree on: how blocks and quotes change hands.

use anchor_lang::prelude::*;
use plimsoll_risk::{open_interest_change, RowKey, RowKind, SideIndices};
use plimsoll_units::products::{fee_ceil, notional_exact};
use plimsoll_units::{BaseLots, Price, PriceTicks, QuoteAtoms, Ratio, UnixSeconds, Value};

use crate::check::{guarded, Guarded, Ix, Parties, Touched};
use crate::error::{Named, PlimsollError};
use crate::events::Traded;
use crate::governance::PauseClass;
use crate::state::{Group, Instrument, InstrumentKind, InstrumentStatus, MarginAccount, Pool, Row};

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
/// Notional is exact; each side pays the instrument's fee on it, rounded up. Errors: `Paused`, `ZeroAmount`,
/// `PriceZero`, `NotAccountAuthority`, `DelegateExpired`, `WrongGroup`, `InstrumentSettled`,
/// `ExpiryOutOfBounds`, `InstrumentReduceOnly`,
/// `LossesPending`, `InstrumentInDebt`, `PriceOutsideBand`, `OpenInterestCapExceeded`, `PositionRowsFull`, `TooManyUnderlyings`,
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
    accounts.group.require_unpaused(PauseClass::Trade, time)?;
    accounts.first.require_authority(accounts.first_authority.address(), time)?;
    accounts.second.require_authority(accounts.second_authority.address(), time)?;

    let key = RowKey::new(underlying, RowKind::Position, accounts.pool.index);
    let group = (accounts.group.address(), &*accounts.group);
    let pool = &mut accounts.pool;
    let parties = Parties { first: &mut accounts.first, second: Some(&mut accounts.second) };
    let (lots, ticks) = (BaseLots::new(lots), PriceTicks::new(price_ticks));
    let fee = guarded(Ix::Trade, group, parties, Touched::both(&[key]), views, |guarded| {
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
    let grade = guarded.market.underlying(key.underlying())?.grade;
    let priced = plimsoll_risk::allowed(grade, plimsoll_risk::Action::Open);
    require!(priced, crate::error::grade_error(grade));
    require_tradable(&instrument, guarded.now.time)?;
    let fair = guarded.market.fair_price(key)?;
    let price = lot_price(&instrument, ticks)?;
    // Far from the money a premium is a small part of what the contract moves.
    let whole = guarded.market.terms(key)?.notional;
    require_in_band(&instrument, fair, price, whole)?;

    let notional = notional_exact(lots, ticks, instrument.tick()).map_err(PlimsollError::from)?;
    let rate = Ratio::from_ppm(instrument.trade_fee_ppm);
    let fee = fee_ceil(notional, rate).map_err(PlimsollError::from)?;
    let indices = guarded.market.side_indices(key)?;
    let first = guarded.parties.first.row_mut(key, &guarded.permit)?;
    let first_before = first.lots();
    fill(first, &indices, lots, notional, fee)?;
    pool.renew(first)?;
    let first_after = first.lots();
    let second = guarded.parties.second()?.row_mut(key, &guarded.permit)?;
    let second_before = second.lots();
    let (out, received) = (lots.checked_neg().named()?, notional.checked_neg().named()?);
    fill(second, &indices, out, received, fee)?;
    pool.renew(second)?;
    let (before, after) = ([first_before, second_before], [first_after, second.lots()]);
    require_growable(&instrument, pool, before, after)?;
    let change = open_interest_change(before, after).named()?;
    book(pool, &instrument, lots, change, fee)?;
    if instrument.kind == InstrumentKind::Perpetual {
        let size = Value::from_quote(notional.abs().named()?);
        let terms = instrument.funding_terms()?;
        let premium = pool.premium().observe(price, fair, size, &terms, guarded.now.time);
        pool.set_premium(&premium.named()?);
    }
    Ok(fee)
}

/// `InstrumentSettled`, `ExpiryOutOfBounds` once a contract has expired.
fn require_tradable(instrument: &Instrument, now: UnixSeconds) -> Result<()> {
    require!(!instrument.is_settled(), PlimsollError::InstrumentSettled);
    let runs = instrument.expires_at == 0 || now.get() < instrument.expires_at;
    require!(runs, PlimsollError::ExpiryOutOfBounds);
    Ok(())
}

/// `LossesPending` while a loss waits to be shared. Where positions may only shrink, no side of the
/// trade may grow or turn around: `InstrumentReduceOnly`, `InstrumentInDebt`.
fn require_growable(
    instrument: &Instrument,
    pool: &Pool,
    before: [BaseLots; 2],
    after: [BaseLots; 2],
) -> Result<()> {
    // Whoever closed before a loss is shared would leave it to the others.
    require!(instrument.losses_pending_quote_atoms == 0, PlimsollError::LossesPending);
    let refused = if instrument.status == InstrumentStatus::ReduceOnly {
        PlimsollError::InstrumentReduceOnly
    } else if pool.debt_floor()?.is_positive() {
        PlimsollError::InstrumentInDebt
    } else {
        return Ok(());
    };
    let shrank = |before: BaseLots, after: BaseLots| {
        let same_side = after.is_zero() || after.is_negative() == before.is_negative();
        same_side && after.get().unsigned_abs() <= before.get().unsigned_abs()
    };
    let all = before.iter().zip(&after).all(|(before, after)| shrank(*before, *after));
    match all {
        true => Ok(()),
        false => Err(refused.into()),
    }
}

/// One side: the quantity comes in, notional and fee go out.
fn fill(
    row: &mut Row,
    indices: &SideIndices,
    lots: BaseLots,
    notional: QuoteAtoms,
    fee: QuoteAtoms,
) -> Result<()> {
    let flow = notional.checked_add(fee).and_then(QuoteAtoms::checked_neg).named()?;
    row.change(indices, lots, Value::from_quote(flow))
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

/// The price in quote atoms per lot.
fn lot_price(instrument: &Instrument, ticks: PriceTicks) -> Result<Price> {
    let one = notional_exact(BaseLots::new(1), ticks, instrument.tick()).named()?;
    let raw = u64::try_from(one.get()).map_err(|_| PlimsollError::MathOverflow)?;
    Price::from_decimal(raw, 0).named()
}

/// `PriceOutsideBand` if the price is further from the fair one than the instrument's band of the
/// index price.
fn require_in_band(instrument: &Instrument, fair: Price, price: Price, whole: Price) -> Result<()> {
    let band = Ratio::from_ppm(instrument.price_band_ppm);
    let (low, high) = match price.exceeds(Ratio::ONE, fair) {
        true => (fair, price),
        false => (price, fair),
    };
    let inside = match high.checked_sub(low) {
        Ok(distance) => !distance.exceeds(band, whole),
        // Equal.
        Err(_) => true,
    };
    require!(inside, PlimsollError::PriceOutsideBand);
    Ok(())
}
