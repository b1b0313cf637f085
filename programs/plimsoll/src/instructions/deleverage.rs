//! The last resort: closes a position, for which nobody bids, against all positions of the other
//! side, pro rata. Anybody may, and is not paid for it.
//!
//! One account is written, and one made that the other side's positions go through later
//! (`resize_position`); theirs are not touched.

// Anchor's macro reads the arguments in places that do not use all of them.
#![allow(unused_variables)]

use anchor_lang::prelude::*;
use plimsoll_risk::{
    allowed, check_deleveraged, Action, Check, Health, LiquidationTerms, Resizing, RowKey, RowKind,
    SideIndices,
};
use plimsoll_units::{BaseLots, Price, QuoteAtoms, UnixSeconds, Value};

use crate::check::{guarded, Guarded, Ix, Parties, Touched};
use crate::claims::shortfall_of;
use crate::error::{grade_error, Named, PlimsollError};
use crate::events;
use crate::governance::{require_bidders_turn, PauseClass};
use crate::instructions::refresh_instrument::lot_price;
use crate::instructions::settle_position::move_cash;
use crate::instructions::share_loss::{spread, Failed, Spread};
use crate::seeds;
use crate::state::{
    day, Collateral, Deleveraging, Group, Instrument, Insurance, MarginAccount, Pool, SideTotals,
    QUOTE_KEY, VERSION,
};

/// Less than this part of the open interest is small.
const SMALL_PART: u64 = 1_000;
/// So many small ones there may be in a day.
const SMALL_COUNT_MAX: u64 = 24;

/// Accounts of `deleverage`. The trailing accounts are the margin account's risk accounts, the
/// instrument writable, and the quote token's collateral where a settled loss may be repaid.
#[derive(Accounts)]
#[instruction(lots: i64, number: u64)]
pub struct Deleverage {
    /// Pays the rent of the deleveraging, and gets it back.
    #[account(mut)]
    pub payer: Signer,
    /// The group.
    pub group: Account<Group>,
    /// Its insurance fund.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&insurance.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub insurance: Account<Insurance>,
    /// The account below its line.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&margin_account.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub margin_account: Account<MarginAccount>,
    /// The instrument's pool.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&pool.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub pool: Account<Pool>,
    /// What the other side goes through: of the shorts where a long is closed.
    #[account(
        init,
        payer = payer,
        seeds = [
            seeds::DELEVERAGING,
            pool.instrument,
            u8::from(lots > 0).to_le_bytes(),
            number.to_le_bytes()
        ],
        bump
    )]
    pub deleveraging: Account<Deleveraging>,
    /// Creates the account.
    pub system_program: Program<System>,
}

/// What the receipt says beyond the deleveraging itself.
struct Outcome {
    before: Health,
    shortfall: QuoteAtoms,
    spread: Option<Spread>,
}

/// Closes `lots`, with the sign of the position, at the fair price. `number` is how often the other
/// side was deleveraged before.
///
/// Errors: `Paused`, `OwnerFirst`, `WrongGroup`, `AuctionNotOver`, `NotLiquidatable`,
/// `BidRowUnknown`, `BidAmountOutOfRange`, `DeleveragingNotWhole`, `DeleveragingTooSmall`,
/// `WrongDeleveraging`, `IndexExhausted`, `LossesPending`,
/// `InstrumentSettled`, `RiskAccountReadOnly`, `BidRemovesNoRisk`, `BidLowersHealth`, `BidOvershootsBuffer`, those of
/// the risk accounts and of the oracles.
pub(crate) fn handler(
    ctx: &mut Context<Deleverage>,
    lots: i64,
    number: u64,
    underlying: u16,
) -> Result<()> {
    let views = ctx.remaining_accounts()?;
    let accounts = &mut ctx.accounts;
    let now = crate::clock::now()?;
    accounts.group.require_unpaused(PauseClass::Liquidate, now.time)?;
    require!(!accounts.group.owner_first(now.time), PlimsollError::OwnerFirst);
    let key = RowKey::new(underlying, RowKind::Position, accounts.pool.index);
    let group = (accounts.group.address(), &*accounts.group);
    let terms = accounts.group.liquidation_terms()?;
    let made = &mut accounts.deleveraging;
    made.version = VERSION;
    made.bump = ctx.bumps.deleveraging;
    made.of_shorts = u8::from(lots > 0);
    made.group = *accounts.group.address();
    made.instrument = accounts.pool.instrument;
    made.payer = *accounts.payer.address();
    made.number = number;
    made.slot = now.slot.get();
    let (pool, insurance) = (&mut accounts.pool, &mut accounts.insurance);
    let parties = Parties { first: &mut accounts.margin_account, second: None };
    let outcome = guarded(Ix::Deleverage, group, parties, Touched::both(&[]), views, |guarded| {
        let part = Part { group: group.1, key, lots: BaseLots::new(lots) };
        close(guarded, &terms, &part, pool, insurance, made)
    })?;
    receipt(accounts, lots, &outcome)
}

/// What is closed.
struct Part<'a> {
    group: &'a Group,
    key: RowKey,
    lots: BaseLots,
}

fn close(
    guarded: &mut Guarded<'_, '_>,
    terms: &LiquidationTerms,
    part: &Part<'_>,
    pool: &mut Pool,
    insurance: &mut Insurance,
    made: &mut Deleveraging,
) -> Result<Outcome> {
    require_bidders_turn(guarded)?;
    let before = guarded.market.health(guarded.parties.first.rows()?, Check::Maintenance)?;
    require_last_resort(guarded, terms, &before)?;
    require_part(guarded, part, &before)?;
    let shortfall = shortfall_of(guarded, before.equity, part.key)?;

    let view = guarded.market.row_view(part.key)?;
    require!(view.is_writable(), PlimsollError::RiskAccountReadOnly);
    // SAFETY: no other load of this instrument is alive, and risk accounts cannot be any of the
    // declared writable accounts.
    let mut instrument = unsafe { Account::<Instrument>::load_mut(view)? };
    require!(instrument.losses_pending_quote_atoms == 0, PlimsollError::LossesPending);
    // Whoever is in it is paid out instead.
    require!(!instrument.is_settled(), PlimsollError::InstrumentSettled);
    require_worth_it(&mut instrument, pool, part, guarded.now.time)?;
    let rate = instrument.rate_at(guarded.now.time);
    instrument.accrue_funding(guarded.now.time, rate)?;
    let spread = bear(guarded, &mut instrument, pool, insurance, part, shortfall)?;
    let price = closing_price(guarded.market.fair_price(part.key)?, part.lots)?;
    shrink_other_side(&mut instrument, pool, part, price, made)?;

    let indices = guarded.market.side_indices(part.key)?;
    let out = part.lots.checked_neg().named()?;
    let received = price.times(part.lots.get()).named()?;
    let received = received.checked_add(Value::from_quote(shortfall)).named()?;
    let row = guarded.parties.first.row_mut(part.key, &guarded.permit)?;
    let held = row.lots();
    row.change(&indices, out, received)?;
    row.borne_quote_atoms = shortfall.get();
    let settled = QuoteAtoms::new(row.settled_debt_quote_atoms);
    // What the flow's own loss leaves of it; never more than the quote debt, by which claims are.
    let rest = row.flow(&indices)?.to_quote_floor().named()?;
    let repaid = shortfall.min(settled).min(rest);
    pool.renew(row)?;
    if repaid.is_positive() {
        repay(guarded, pool, (part.key, &indices), repaid)?;
        guarded.parties.renew_rows(part.key, pool, &guarded.permit)?;
    }
    let after = guarded.market.health(guarded.parties.first.rows()?, Check::Maintenance)?;
    check_deleveraged(terms, &before, &after, (part.lots, held)).named()?;
    Ok(Outcome { before, shortfall, spread })
}

/// `NotLiquidatable` above the line, `AuctionNotOver` while somebody may still bid.
fn require_last_resort(
    guarded: &Guarded<'_, '_>,
    terms: &LiquidationTerms,
    health: &Health,
) -> Result<()> {
    let account = &guarded.parties.first;
    if health.equity >= health.requirement {
        return Err(guarded.market.refusal(account.rows()?)?.into());
    }
    let over = account.silence().is_some_and(|silence| silence.is_over(terms, guarded.now.slot));
    require!(over, PlimsollError::AuctionNotOver);
    Ok(())
}

/// `BidRowUnknown` without such a position, `BidAmountOutOfRange` unless the lots are a part of it,
/// `DeleveragingNotWhole` for a part of a bankrupt's (in pieces, one market would bear more and the
/// account's other creditors less), the grade's error unless it has a price.
fn require_part(guarded: &Guarded<'_, '_>, part: &Part<'_>, health: &Health) -> Result<()> {
    let row = guarded.parties.first.row(part.key)?.ok_or(PlimsollError::BidRowUnknown)?;
    let (lots, held) = (part.lots.get(), row.lots);
    let fits =
        lots != 0 && lots.signum() == held.signum() && lots.unsigned_abs() <= held.unsigned_abs();
    require!(fits, PlimsollError::BidAmountOutOfRange);
    let whole = lots == held || !health.equity.is_negative();
    require!(whole, PlimsollError::DeleveragingNotWhole);
    let grade = guarded.market.underlying(part.key.underlying())?.grade;
    require!(allowed(grade, Action::Liquidate), grade_error(grade));
    Ok(())
}

/// `DeleveragingTooSmall` for less than a thousandth of the open interest, but for two dozen a day:
/// each one costs every position of the other side an instruction, whoever pays for it.
fn require_worth_it(
    instrument: &mut Instrument,
    pool: &Pool,
    part: &Part<'_>,
    now: UnixSeconds,
) -> Result<()> {
    let least = pool.open_interest_lots.div_ceil(SMALL_PART);
    if part.lots.get().unsigned_abs() >= least {
        return Ok(());
    }
    if instrument.small_day != day(now) {
        (instrument.small_day, instrument.small_count) = (day(now), 0);
    }
    let few = instrument.small_count < SMALL_COUNT_MAX;
    require!(few, PlimsollError::DeleveragingTooSmall);
    instrument.small_count = instrument.small_count.saturating_add(1);
    Ok(())
}

/// What the account cannot pay of this position is borne as any loss of the instrument: with the
/// price that follows, that is the price at which the account has nothing left.
fn bear(
    guarded: &Guarded<'_, '_>,
    instrument: &mut Instrument,
    pool: &mut Pool,
    insurance: &mut Insurance,
    part: &Part<'_>,
    shortfall: QuoteAtoms,
) -> Result<Option<Spread>> {
    if !shortfall.is_positive() {
        return Ok(None);
    }
    let quote_underlying = guarded.market.account_of(0)?;
    let underlying = guarded.market.account_of(part.key.underlying())?;
    // The day's cap is measured at stable prices, as where a loss is shared later.
    let price = lot_price(part.group, &quote_underlying, &underlying, instrument)?;
    let failed = Failed { loss: shortfall, was_long: part.lots.is_positive(), price };
    let spread = spread(instrument, pool, insurance, &failed, guarded.now.time)?;
    // The fund pays into the pool, and the position claims it there like the rest.
    pool.add_cash(spread.insurance)?;
    Ok(Some(spread))
}

/// What others bear of a loss that was settled into a quote debt repays that debt: the account would
/// pay interest on it until the pool had cash for the position's claim. It comes out of the pool's
/// cash, which the settlement had filled, and which may fall below zero as where a loss is shared.
fn repay(
    guarded: &mut Guarded<'_, '_>,
    pool: &mut Pool,
    at: (RowKey, &SideIndices),
    amount: QuoteAtoms,
) -> Result<()> {
    let view = guarded.market.row_view(QUOTE_KEY)?;
    require!(view.is_writable(), PlimsollError::RiskAccountReadOnly);
    // SAFETY: no other load of this collateral is alive, and risk accounts cannot be any of the
    // declared writable accounts.
    let mut quote = unsafe { Account::<Collateral>::load_mut(view)? };
    quote.accrue(guarded.now.time)?;
    move_cash((guarded.parties.first, &mut quote), pool, at, amount, &guarded.permit)?;
    quote.rebase()
}

/// The fair price of a lot, rounded against the account.
fn closing_price(price: Price, lots: BaseLots) -> Result<Value> {
    match lots.is_positive() {
        true => price.value_floor(1).named(),
        false => price.value_ceil(1).named(),
    }
}

/// `WrongDeleveraging` unless it is the other side's next.
fn shrink_other_side(
    instrument: &mut Instrument,
    pool: &mut Pool,
    part: &Part<'_>,
    price: Value,
    made: &mut Deleveraging,
) -> Result<()> {
    let closed = part.lots.abs().named()?;
    let resizing = Resizing::new(pool.open_interest()?, closed);
    made.set_resizing(&resizing.map_err(|_| PlimsollError::CorruptAccount)?);
    made.price = price.into();
    let side: SideTotals<'_> = instrument.side_mut(!part.lots.is_positive());
    require!(*side.deleveragings == made.number, PlimsollError::WrongDeleveraging);
    made.index = *side.index;
    *side.deleveragings = made.number.checked_add(1).ok_or(PlimsollError::IndexExhausted)?;
    pool.change_open_interest(closed.checked_neg().named()?)
}

fn receipt(accounts: &Deleverage, lots: i64, outcome: &Outcome) -> Result<()> {
    let made = &accounts.deleveraging;
    let (insurance, charged, debt) = match &outcome.spread {
        Some(spread) => (
            spread.insurance,
            spread.share.charged.to_quote_floor().named()?,
            spread.share.debt.to_quote_ceil().named()?,
        ),
        None => (QuoteAtoms::ZERO, QuoteAtoms::ZERO, QuoteAtoms::ZERO),
    };
    emit!(events::Deleveraged {
        margin_account: *accounts.margin_account.address(),
        instrument: made.instrument,
        slot: made.slot,
        number: made.number,
        lots,
        before_lots: made.before_lots,
        price_steps: made.price.to_i128(),
        equity_before_quote_atoms: outcome.before.equity.to_quote_floor().named()?.get(),
        requirement_before_quote_atoms: outcome.before.requirement.to_quote_ceil().named()?.get(),
        shortfall_quote_atoms: outcome.shortfall.get(),
        insurance_paid_quote_atoms: insurance.get(),
        charged_quote_atoms: charged.get(),
        debt_quote_atoms: debt.get(),
    });
    Ok(())
}
