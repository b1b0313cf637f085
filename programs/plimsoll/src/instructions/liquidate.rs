//! A bid: takes over rows of an account below its line, and is paid for the risk removed.

use anchor_lang::prelude::*;
use plimsoll_risk::{
    beta, depth, ends_silence, liquidatable, settle, BidKind, Check, Episode, Health,
    LiquidationTerms, RowKey, Settlement, Silence,
};
use plimsoll_units::{Fraction, QuoteAtoms, Ratio, Slots, Value};

use crate::bid::{take_rows, take_slice, Takings};
use crate::check::{guarded, Guarded, Ix, Parties, Touched};
use crate::claims::{assign, claims, Assigned};
use crate::error::{Named, PlimsollError};
use crate::events::{Liquidated, LossAssigned};
use crate::governance::{require_bidders_turn, PauseClass};
use crate::load::Snapshot;
use crate::state::{Collateral, Group, Insurance, MarginAccount, Pool, Row, QUOTE_KEY, ROWS_MAX};
use crate::token;

/// One row of a bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct BidRow {
    /// Key of the account's row.
    pub key: u64,
    /// How much of it (token atoms or lots), with the sign of the row.
    pub amount: i64,
}

/// What a bid takes.
#[derive(Clone, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub enum BidRequest {
    /// The same share of every row but the quote token's: at most `share_max` of 2^63, and never
    /// more than brings the account to its buffer. Sizes are rounded away from zero.
    Slice {
        /// 2^63 is the whole.
        share_max: u64,
    },
    /// Named amounts of named rows, in ascending order of their keys.
    Rows {
        /// The rows.
        rows: Vec<BidRow>,
    },
}

/// What the bidder insists on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct BidLimits {
    /// Most that its quote balance may fall by (quote atoms); negative: it must rise.
    pub payment_quote_atoms_max: i64,
    /// Least discount, after the insurance fund's cut (quote atoms).
    pub discount_quote_atoms_min: i64,
}

/// Accounts of `liquidate`. The trailing accounts are the risk accounts of both margin accounts,
/// each with the rows taken and a quote row, the collaterals writable, and the instruments too
/// where the account is bankrupt; behind them the pools
/// (writable) of those instruments whose open interest the bid changes, in the order of the rows.
#[derive(Accounts)]
pub struct Liquidate {
    /// Owner or delegate of the bidder's account.
    pub authority: Signer,
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
    /// The bidder's account.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&bidder.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub bidder: Account<MarginAccount>,
}

/// Errors: `Paused`, `OwnerFirst`,
/// `NotAccountAuthority`, `DelegateExpired`, `WrongGroup`, `NotLiquidatable`, `BidEmpty`,
/// `BidRowUnknown`, `BidAmountOutOfRange`, `BidRowsOutOfOrder`, `BidRowNotPriced`,
/// `BidRemovesNoRisk`, `BidLowersHealth`, `BidOvershootsBuffer`, `BidWorseThanLimit`,
/// `DiscountBelowLimit`, `NothingToRelease`, `BidMustBeSlice`, `RiskAccountReadOnly`,
/// `LossesPending`, `LossBeyondDeposits`, `PoolMissing`, `RowWeightSpent`,
/// `TokenRowsFull`, `PositionRowsFull`, `TooManyUnderlyings`, `BelowInitialMargin`,
/// `BorrowNotAllowed` and `BorrowCapExceeded` (the bidder's),
/// those of the risk accounts and of the oracles.
pub(crate) fn handler(
    ctx: &mut Context<Liquidate>,
    request: BidRequest,
    limits: BidLimits,
) -> Result<()> {
    let views = ctx.remaining_accounts()?;
    let accounts = &mut ctx.accounts;
    let time = crate::clock::now()?.time;
    accounts.bidder.require_authority(accounts.authority.address(), time)?;
    accounts.group.require_unpaused(PauseClass::Liquidate, time)?;
    require!(!accounts.group.owner_first(time), PlimsollError::OwnerFirst);
    let group = (accounts.group.address(), &*accounts.group);
    let terms = accounts.group.liquidation_terms()?;
    let taken = touched_keys(&accounts.margin_account, &request)?;
    // The rows that are taken are there already.
    let touched = Touched { first: &[QUOTE_KEY], second: &taken };
    let fund_max = i64::try_from(accounts.group.insurance_cap_quote_atoms).unwrap_or(i64::MAX);
    let fund_max = QuoteAtoms::new(fund_max);
    let insurance = &mut accounts.insurance;
    let parties =
        Parties { first: &mut accounts.margin_account, second: Some(&mut accounts.bidder) };
    let outcome = guarded(Ix::Liquidate, group, parties, touched, views, |guarded| {
        bid(guarded, insurance, (group.1, &terms), &request, &limits, fund_max)
    })?;
    receipt(accounts, &outcome)
}

/// The quote row, in which both sides settle, and the rows that the bid takes.
fn touched_keys(account: &MarginAccount, request: &BidRequest) -> Result<Vec<RowKey>> {
    // As many as an account has at most: a list that grows is copied each time.
    let mut keys = Vec::with_capacity(ROWS_MAX.saturating_add(1));
    keys.push(QUOTE_KEY);
    match request {
        BidRequest::Slice { .. } => {
            for row in account.rows()? {
                keys.push(row.key()?);
            }
        }
        BidRequest::Rows { rows } => {
            require!(!rows.is_empty(), PlimsollError::BidEmpty);
            for row in rows {
                let key = RowKey::from_raw(row.key).ok_or(PlimsollError::BidRowUnknown)?;
                let known = key != QUOTE_KEY && account.row(key)?.is_some();
                require!(known, PlimsollError::BidRowUnknown);
                keys.push(key);
            }
        }
    }
    Ok(keys)
}

/// What the receipt says.
struct Outcome {
    before: Health,
    settlement: Settlement,
    beta: Ratio,
    slot: u64,
    assigned: Vec<Assigned>,
}

fn bid(
    guarded: &mut Guarded<'_, '_>,
    insurance: &mut Insurance,
    (group, terms): (&Group, &LiquidationTerms),
    request: &BidRequest,
    limits: &BidLimits,
    fund_max: QuoteAtoms,
) -> Result<Outcome> {
    require_bidders_turn(guarded)?;
    let before = health_before(guarded.market, guarded.parties.first.rows()?, request)?;
    let beta = pay(guarded, terms, &before)?;
    let waits = group.lets_owner_act(guarded.parties.first, &before, guarded.now);
    require!(!waits, PlimsollError::OwnerFirst);
    let owed = match before.equity.is_negative() {
        true => claims(guarded, before.equity)?,
        false => Vec::new(),
    };
    let (kind, takings) = match request {
        BidRequest::Slice { share_max } => {
            (BidKind::Slice, take_slice(guarded, terms, &before, beta, *share_max)?)
        }
        BidRequest::Rows { rows } => (BidKind::Rows, take_rows(guarded, rows)?),
    };
    let moved = guarded.market.health(guarded.parties.first.rows()?, Check::Maintenance)?;
    let bid = plimsoll_risk::Bid { before, moved, beta, kind };
    let fund = insurance.discount_budget(fund_max, guarded.now.time)?;
    let settlement = settle(terms, &bid, fund).named()?;
    insurance.book(settlement.insurance_paid, settlement.insurance_cut)?;
    insurance.count_discount(settlement.insurance_paid)?;
    // Before the bidder pays: what it has lent bears as much as what others have.
    let assigned = match settlement.shortfall.is_positive() {
        true => {
            require!(kind == BidKind::Slice, PlimsollError::BidMustBeSlice);
            let part = (settlement.released, before.requirement);
            guarded.parties.first.lower_settled_debts(part, &guarded.permit)?;
            assign(guarded, insurance, &owed, &takings.rows, settlement.shortfall)?
        }
        false => Vec::new(),
    };
    transfer_quote(guarded, &settlement, &assigned)?;
    require_limits(&settlement, &assigned, limits)?;
    rebase_quote(guarded)?;
    conclude_account(guarded, terms, (&before, &moved), &settlement)?;
    book_pools(guarded, &takings)?;
    Ok(Outcome { before, settlement, beta, slot: guarded.now.slot.get(), assigned })
}

/// Health of the account of which a bid takes something.
///
/// What was closed or has settled carries no requirement by which to divide. Where a bankrupt has nothing
/// else and all of it is asked for, all of it is taken and all that it owes is borne, as where the least
/// requirement is released: a step, which pays nothing. Not while a debt or a position has no price and would
/// be left behind; a token that it owns may be, or an atom on a dead feed would keep its debts for ever.
#[inline(never)]
fn health_before(market: &Snapshot, rows: &[Row], request: &BidRequest) -> Result<Health> {
    let mut health = market.health(rows, Check::Maintenance)?;
    let is_rest = health.requirement.is_zero() && health.equity.is_negative();
    if is_rest && asks_for_all(request) && market.unpriced(rows)?.is_none() {
        (health.requirement, health.requirement_slope) = (Value::STEP, Value::STEP);
    }
    Ok(health)
}

/// Is it a slice of the whole account?
fn asks_for_all(request: &BidRequest) -> bool {
    match request {
        BidRequest::Slice { share_max } => *share_max >= Fraction::ONE.get(),
        BidRequest::Rows { .. } => false,
    }
}

/// β now. Starts the episode if none runs yet.
fn pay(guarded: &mut Guarded<'_, '_>, terms: &LiquidationTerms, health: &Health) -> Result<Ratio> {
    let account = &mut guarded.parties.first;
    let runs = liquidatable(terms, health, account.episode());
    if !runs {
        return Err(guarded.market.refusal(account.rows()?)?.into());
    }
    let elapsed = match account.episode() {
        Episode::Since(slot) => guarded.now.slot.elapsed_since(slot),
        Episode::None => {
            account.set_episode(Episode::Since(guarded.now.slot));
            Slots::new(0)
        }
    };
    Ok(beta(terms, depth(health), elapsed))
}

/// `BidWorseThanLimit` or `DiscountBelowLimit`. What the bidder gives back for debts that were
/// cleared counts as paid.
fn require_limits(
    settlement: &Settlement,
    assigned: &[Assigned],
    limits: &BidLimits,
) -> Result<()> {
    let payment = given_back(assigned)?.checked_sub(settlement.bidder_delta).named()?;
    let affordable = payment.get() <= limits.payment_quote_atoms_max;
    require!(affordable, PlimsollError::BidWorseThanLimit);
    let discount = settlement.discount.checked_sub(settlement.insurance_cut).named()?;
    let enough = discount.get() >= limits.discount_quote_atoms_min;
    require!(enough, PlimsollError::DiscountBelowLimit);
    Ok(())
}

/// What the bidder gives back in all for debts that were cleared.
fn given_back(assigned: &[Assigned]) -> Result<QuoteAtoms> {
    let mut sum = QuoteAtoms::ZERO;
    for one in assigned {
        sum = sum.checked_add(one.bidder_paid).named()?;
    }
    Ok(sum)
}

/// Moves quote tokens between the two accounts and the insurance fund; all stay in the vault. Where
/// their lenders bear a part, a fraction of an atom is theirs, and not what is left of the account.
fn transfer_quote(
    guarded: &mut Guarded<'_, '_>,
    settlement: &Settlement,
    assigned: &[Assigned],
) -> Result<()> {
    let view = guarded.market.row_view(QUOTE_KEY)?;
    // SAFETY: no other load of this collateral is alive, and risk accounts cannot be any of the
    // declared writable accounts.
    let mut collateral = unsafe { Account::<Collateral>::load_mut(view)? };
    // The rates are set anew in the end: the time until now is counted at those before.
    collateral.accrue(guarded.now.time)?;
    let returned = given_back(assigned)?;
    let row = guarded.parties.first.row_mut(QUOTE_KEY, &guarded.permit)?;
    let delta = token::token(settlement.account_delta.checked_add(returned).named()?);
    let shares = collateral.change(row.shares(), delta)?;
    row.shares = match assigned.iter().any(|one| one.key == QUOTE_KEY.raw()) {
        true => collateral.sweep_dust(shares)?.into(),
        false => shares.into(),
    };
    let bidder = guarded.parties.second()?.row_mut(QUOTE_KEY, &guarded.permit)?;
    let delta = token::token(settlement.bidder_delta.checked_sub(returned).named()?);
    let before = collateral.totals().borrowed_atoms(bidder.shares()).named()?;
    let shares = collateral.change(bidder.shares(), delta)?;
    bidder.shares = shares.into();
    let totals = collateral.totals();
    // A bidder borrows by the same rules as anybody. The account may owe more than the cap
    // allows: its loss is there already.
    if totals.borrowed_atoms(shares).named()? > before {
        collateral.require_borrowable(&totals)?;
    }
    Ok(())
}

/// Quote balances have changed, and with them what they earn.
fn rebase_quote(guarded: &mut Guarded<'_, '_>) -> Result<()> {
    let view = guarded.market.row_view(QUOTE_KEY)?;
    // SAFETY: no other load of this collateral is alive, and risk accounts cannot be any of the
    // declared writable accounts.
    unsafe { Account::<Collateral>::load_mut(view)? }.rebase()
}

/// Ends the episode of an account that reached its buffer, and the silence of one for which
/// somebody bids in earnest. Only quote tokens came or went since the rows moved, and they carry no
/// requirement: no second judgement is needed.
fn conclude_account(
    guarded: &mut Guarded<'_, '_>,
    terms: &LiquidationTerms,
    (before, moved): (&Health, &Health),
    settlement: &Settlement,
) -> Result<()> {
    let paid = settlement.account_delta.checked_add(settlement.shortfall).named()?;
    let equity = moved.equity.checked_add(Value::from_quote(paid)).named()?;
    let after = Health { equity, ..*moved };
    let (account, slot) = (&mut guarded.parties.first, guarded.now.slot);
    account.set_silence(match ends_silence(before, &after).named()? {
        true => Silence { since: slot, seen: slot },
        false => Silence::seen_at(account.silence(), terms, slot),
    });
    crate::check::update_episode(guarded.market, terms, guarded.parties.first, &after)
}

/// Books the change of open interest where there is one; other pools need not be passed.
fn book_pools(guarded: &mut Guarded<'_, '_>, takings: &Takings) -> Result<()> {
    if !takings.change_open_interest {
        return Ok(());
    }
    for taking in &takings.rows {
        // Only positions change any.
        if taking.open_interest_change.is_zero() {
            continue;
        }
        let group = guarded.parties.first.group;
        let mut pool = guarded
            .rest
            .take_mut::<Pool>(&group, taking.key.index())
            .map_err(|_| PlimsollError::PoolMissing)?;
        pool.change_open_interest(taking.open_interest_change)?;
        guarded.parties.renew_rows(taking.key, &mut pool, &guarded.permit)?;
    }
    Ok(())
}

fn receipt(accounts: &Liquidate, outcome: &Outcome) -> Result<()> {
    let Outcome { before, settlement, beta, slot, assigned } = outcome;
    let floor =
        |value: Value| value.to_quote_floor().map(|atoms| atoms.get()).map_err(PlimsollError::from);
    emit!(Liquidated {
        margin_account: *accounts.margin_account.address(),
        bidder: *accounts.bidder.address(),
        slot: *slot,
        equity_before_quote_atoms: floor(before.equity)?,
        requirement_before_quote_atoms: floor(before.requirement)?,
        released_quote_atoms: floor(settlement.released)?,
        beta_ppm: beta.ppm(),
        discount_quote_atoms: settlement.discount.get(),
        insurance_cut_quote_atoms: settlement.insurance_cut.get(),
        insurance_paid_quote_atoms: settlement.insurance_paid.get(),
        bidder_delta_quote_atoms: settlement.bidder_delta.get(),
        shortfall_quote_atoms: settlement.shortfall.get(),
    });
    for one in assigned {
        emit!(LossAssigned {
            margin_account: *accounts.margin_account.address(),
            key: one.key,
            slot: *slot,
            loss_quote_atoms: one.loss.get(),
            reserve_paid_token_atoms: one.reserve.get(),
            insurance_paid_quote_atoms: one.insurance.get(),
            depositors_paid_token_atoms: one.depositors.get(),
            pending_quote_atoms: one.pending.get(),
        });
    }
    Ok(())
}
