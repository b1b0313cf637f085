//! Turns what a position has lost into cash of its instrument's pool, and what it has gained into
//! the account's quote balance, as far as losers have paid. Anybody may settle anybody.
//!
//! Profit becomes money only here, so that one market's trouble does not drain another's.

use anchor_lang::prelude::*;
use plimsoll_risk::{allowed, settleable, Action, RowKey, RowKind, SideIndices};
use plimsoll_units::{products, BaseLots, QuoteAtoms, Ratio, UnixSeconds, Value};

use crate::check::{opted_out, Ix, RowPermit};
use crate::clock::now;
use crate::error::{grade_error, Named, PlimsollError};
use crate::events::PositionSettled;
use crate::governance::PauseClass;
use crate::load::{unit_price, RiskAccounts, Snapshot};
use crate::state::{Collateral, Group, Instrument, MarginAccount, Pool, QUOTE_KEY};
use crate::token;

/// A row's settlements are rewarded once in this time (seconds).
const REWARD_SECONDS: i64 = 3_600;

/// Accounts of `settle_position`. The trailing accounts are the risk accounts of an account that
/// held this position alone.
#[derive(Accounts)]
pub struct SettlePosition {
    /// The group.
    pub group: Account<Group>,
    /// The account.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&margin_account.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub margin_account: Account<MarginAccount>,
    /// Gets the reward for settling a loss, if given; another account.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&settler.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub settler: Option<Account<MarginAccount>>,
    /// The instrument's pool.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&pool.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub pool: Account<Pool>,
    /// The quote token's collateral.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&quote_collateral.group, group.address())
            @ PlimsollError::WrongGroup,
        constraint = quote_collateral.index == 0 @ PlimsollError::WrongTokenAccounts
    )]
    pub quote_collateral: Account<Collateral>,
}

/// Profit counts at the strict price of its side, loss at the kinder one: a price that was just
/// pumped pays nobody, and takes from nobody.
///
/// Errors: `WrongGroup`, `WrongTokenAccounts`, `NothingToSettle`, `SettlementPending`, `LossesPending` and
/// `Paused` (profits only), those of the risk accounts and of the oracles.
pub(crate) fn handler(ctx: &mut Context<SettlePosition>, underlying: u16) -> Result<()> {
    let permit = opted_out(Ix::SettlePosition)?;
    let views = ctx.remaining_accounts()?;
    let now = now()?;
    let accounts = &mut ctx.accounts;
    let key = RowKey::new(underlying, RowKind::Position, accounts.pool.index);
    let mut rest = RiskAccounts::new(views);
    let (group, decimals) = (*accounts.group.address(), accounts.group.quote_decimals);
    let market = Snapshot::load(&group, decimals, &[key.raw()], &mut rest, now)?;
    rest.finish()?;
    let instrument = Account::<Instrument>::load(market.row_view(key)?)?;
    let indices = market.side_indices(key)?;
    let bids_from = accounts.group.bids_from(now.time).max(market.owners_until);
    let paid_out = instrument.is_settled()
        && pay_out(accounts, &instrument, (key, &indices), (now.time, bids_from), &permit)?;
    let amount = due(accounts, &market, &instrument, (key, &indices), paid_out)?;

    if amount.is_positive() {
        accounts.group.require_unpaused(PauseClass::SettleProfit, now.time)?;
    }
    accounts.quote_collateral.accrue(now.time)?;
    let moving = (&mut *accounts.margin_account, &mut *accounts.quote_collateral);
    move_cash(moving, &mut accounts.pool, (key, &indices), amount, &permit)?;
    let moved = amount;
    let reward = match moved.is_negative() {
        true => pay_reward(accounts, &instrument, key, moved, now.time, &permit)?,
        false => QuoteAtoms::ZERO,
    };
    accounts.quote_collateral.rebase()?;
    accounts.margin_account.renew_row(key, &mut accounts.pool, &permit)?;
    emit!(PositionSettled {
        margin_account: *accounts.margin_account.address(),
        instrument: accounts.pool.instrument,
        slot: now.slot.get(),
        settled_quote_atoms: moved.get(),
        reward_quote_atoms: reward.get(),
        pool_cash_quote_atoms: accounts.pool.cash_quote_atoms,
    });
    Ok(())
}

/// Turns a position whose instrument has settled into a quote flow, at the price that is the same for
/// both sides to the last step. Nobody leaves before losses had time to be found (`SettlementPending`):
/// who was paid out of lenders' money right away would bear nothing of a loss that no bid has assigned
/// yet. They had no time while nobody might bid, until `bids_from`. Nor while one waits to be shared:
/// `LossesPending`. True if there was a position.
fn pay_out(
    accounts: &mut SettlePosition,
    instrument: &Instrument,
    (key, indices): (RowKey, &SideIndices),
    (now, bids_from): (UnixSeconds, i64),
    permit: &RowPermit,
) -> Result<bool> {
    let row = accounts.margin_account.row(key)?.ok_or(PlimsollError::NothingToSettle)?;
    let lots = row.lots();
    if lots.is_zero() {
        return Ok(false);
    }
    require!(now.get() >= instrument.payable_at(bids_from), PlimsollError::SettlementPending);
    require!(instrument.losses_pending_quote_atoms == 0, PlimsollError::LossesPending);
    let flow = instrument.array.settled_value()?.times(lots.get()).named()?;
    let row = accounts.margin_account.row_mut(key, permit)?;
    row.change(indices, lots.checked_neg().named()?, flow)?;
    accounts.pool.count_settled(lots)?;
    Ok(true)
}

/// What the position may settle: its profit as far as there is cash, or its loss (negative).
/// `NothingToSettle` if that is nothing and the row holds not even a fraction of an atom to leave, but
/// for a position that was paid out just now: what has no size any more needs no price, and may go.
fn due(
    accounts: &SettlePosition,
    market: &Snapshot,
    instrument: &Instrument,
    (key, indices): (RowKey, &SideIndices),
    paid_out: bool,
) -> Result<QuoteAtoms> {
    let terms = market.underlying(key.underlying())?;
    // What a settled contract pays is known, whatever its oracle says by now.
    let priced = instrument.is_settled() || allowed(terms.grade, Action::Open);
    require!(priced, grade_error(terms.grade));
    let (low, high) = match market.array(key)? {
        Some(array) => (unit_price(array.low, array.shift)?, unit_price(array.high, array.shift)?),
        None => {
            let lot = instrument.lot()?;
            (terms.low.checked_mul(lot).named()?, terms.high.checked_mul(lot).named()?)
        }
    };
    let row = accounts.margin_account.row(key)?.ok_or(PlimsollError::NothingToSettle)?;
    let flow = row.flow(indices)?;
    let amount = settleable(row.lots(), flow, low, high).named()?;
    if amount.is_negative() {
        return Ok(amount);
    }
    let pending = instrument.losses_pending_quote_atoms > 0;
    require!(!pending, PlimsollError::LossesPending);
    let paid = amount.min(accounts.pool.cash().max(QuoteAtoms::ZERO));
    let fraction = row.lots().is_zero() && amount.is_zero() && !flow.is_zero();
    require!(paid_out || !paid.is_zero() || fraction, PlimsollError::NothingToSettle);
    Ok(paid)
}

/// Moves `amount` from the pool's cash to the quote balance (back, if negative), and what a
/// closed position leaves below one atom to the pool's dust. Accrual and rates of the quote token
/// are for the caller.
pub(crate) fn move_cash(
    (account, quote_collateral): (&mut MarginAccount, &mut Collateral),
    pool: &mut Pool,
    (key, indices): (RowKey, &SideIndices),
    amount: QuoteAtoms,
    permit: &RowPermit,
) -> Result<()> {
    let paid = amount.checked_neg().named()?;
    let debt_before = quote_debt(account, quote_collateral)?;
    credit(account, quote_collateral, amount, permit)?;
    let debt = quote_debt(account, quote_collateral)?;
    pool.add_cash(paid)?;
    let row = account.row_mut(key, permit)?;
    row.change(indices, BaseLots::ZERO, Value::from_quote(paid))?;
    let caused = debt.checked_sub(debt_before).named()?;
    let caused = QuoteAtoms::new(row.settled_debt_quote_atoms).checked_add(caused);
    row.settled_debt_quote_atoms = caused.named()?.max(QuoteAtoms::ZERO).get();
    let left = row.flow(indices)?;
    let is_dust = row.lots == 0 && left.abs().named()? < Value::from_quote(QuoteAtoms::new(1));
    if is_dust && !left.is_zero() {
        row.change(indices, BaseLots::ZERO, left.checked_neg().named()?)?;
        pool.add_dust(left)?;
    }
    Ok(())
}

fn quote_debt(account: &MarginAccount, quote_collateral: &Collateral) -> Result<QuoteAtoms> {
    let Some(row) = account.row(QUOTE_KEY)? else {
        return Ok(QuoteAtoms::ZERO);
    };
    Ok(token::quote(quote_collateral.totals().borrowed_atoms(row.shares()).named()?))
}

/// Pays whoever settled a loss out of the instrument's fees, which the loss has just made
/// payable. Once an hour for each row: swinging between two accounts of one's own earns nothing.
fn pay_reward(
    accounts: &mut SettlePosition,
    instrument: &Instrument,
    key: RowKey,
    moved: QuoteAtoms,
    now: UnixSeconds,
    permit: &RowPermit,
) -> Result<QuoteAtoms> {
    let Some(settler) = &mut accounts.settler else {
        return Ok(QuoteAtoms::ZERO);
    };
    let row = accounts.margin_account.row_mut(key, permit)?;
    if now.get() < row.rewarded_at.saturating_add(REWARD_SECONDS) {
        return Ok(QuoteAtoms::ZERO);
    }
    let share = Ratio::from_ppm(instrument.settle_reward_ppm);
    let most = i64::try_from(instrument.settle_reward_quote_atoms_max).unwrap_or(i64::MAX);
    let reward = products::cut_floor(moved.abs().named()?, share).named()?;
    let reward = reward.min(QuoteAtoms::new(most)).min(accounts.pool.fees()?);
    if reward.is_zero() {
        return Ok(reward);
    }
    row.rewarded_at = now.get();
    credit(settler, &mut accounts.quote_collateral, reward, permit)?;
    settler.sweep(permit)?;
    accounts.pool.take_fees(reward)?;
    accounts.pool.add_cash(reward.checked_neg().named()?)?;
    Ok(reward)
}

/// Changes an account's quote balance. What comes in or goes out is somebody else's: the caller
/// books the other side. A debt needs no leave here, it is a loss that was there already.
pub(crate) fn credit(
    account: &mut MarginAccount,
    quote_collateral: &mut Collateral,
    amount: QuoteAtoms,
    permit: &RowPermit,
) -> Result<()> {
    if amount.is_zero() {
        return Ok(());
    }
    account.ensure_rows(&[QUOTE_KEY], permit)?;
    let row = account.row_mut(QUOTE_KEY, permit)?;
    row.shares = quote_collateral.change(row.shares(), token::token(amount))?.into();
    Ok(())
}
