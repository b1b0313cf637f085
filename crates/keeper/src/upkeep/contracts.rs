//! What is due behind an expiry? Its price taken over, positions paid out, contracts and expiries removed.

use plimsoll_client::state::{Instrument, MarginAccount, Pool};
use plimsoll_client::{Address, ClientError, GroupDirectory, Keyed, PauseClass, Snapshot};
use plimsoll_risk::Check;
use plimsoll_units::{QuoteAtoms, Value};

use super::money::is_worth;
use super::Chore;
use crate::refresh::takes_over;
use crate::watch::OUTDATED;

/// What contracts need from their settlement on.
pub(super) fn contracts(
    snapshot: &Snapshot<'_>,
    accounts: &[Keyed<MarginAccount>],
    own: &Address,
    least: QuoteAtoms,
) -> Result<Vec<Chore>, ClientError> {
    let (directory, now) = (snapshot.directory(), snapshot.now().time);
    let mut due = Vec::new();
    for one in &directory.instruments {
        let (state, instrument) = (&one.state, one.state.index);
        if takes_over(directory, state, now) {
            due.push(Chore::TakeOver { instrument });
        }
        if !state.is_settled() {
            continue;
        }
        let pool = &directory.pool(instrument)?.state;
        let counted = state.open_interest_quote_atoms != 0;
        if is_closable(state, pool) {
            due.push(Chore::CloseContract { instrument, counted });
            continue;
        }
        if counted {
            due.push(Chore::Uncount { instrument });
        }
        due.extend(settlements(snapshot, accounts, own, (state, pool), least)?);
    }
    Ok(due)
}

/// Can the contract be removed, once its open interest is not counted any more? Without rows nobody has
/// lots, and what is left of the money is fees and dust, less a debt.
pub(super) fn is_closable(state: &Instrument, pool: &Pool) -> bool {
    let unused = pool.row_weight.is_zero() && state.losses_pending_quote_atoms == 0;
    state.is_settled() && unused && !pool.cash().is_negative()
}

/// A position of a settled contract.
struct Claim {
    /// Whose it is.
    account: Address,
    /// Its lots.
    lots: i64,
    /// What it is worth with all that was paid for it.
    worth: Value,
    /// The same in whole atoms, as it is settled: negative is a loss.
    amount: QuoteAtoms,
}

/// Positions that may be settled: losses first, so that profits find the cash to be paid out of, and
/// those as far as it goes. None while a holder is bankrupt that nobody has taken: whoever is paid out
/// before its loss is shared leaves his part to the instrument's debt.
fn settlements(
    snapshot: &Snapshot<'_>,
    accounts: &[Keyed<MarginAccount>],
    own: &Address,
    (state, pool): (&Instrument, &Pool),
    least: QuoteAtoms,
) -> Result<Vec<Chore>, ClientError> {
    let mut claims = Vec::new();
    for account in accounts {
        if account.state.row(state.key())?.is_none() {
            continue;
        }
        if is_bankrupt(snapshot, &account.state) {
            return Ok(Vec::new());
        }
        claims.extend(claim(snapshot, account, state)?);
    }
    claims.sort_by_key(|one| one.amount);
    let (now, instrument) = (snapshot.now().time, state.index);
    let is_paying = now.get() >= state.payable_at(bids_from(snapshot, state)?);
    let pending = state.losses_pending_quote_atoms != 0;
    let group = &snapshot.directory().group.state;
    let pays_profits = group.require_unpaused(PauseClass::SettleProfit, now).is_ok();
    let rewards = pool.fees()?.is_positive() && accounts.iter().any(|one| one.address == *own);
    let (mut due, mut cash) = (Vec::new(), pool.cash());
    for Claim { account, lots, worth, amount } in claims {
        let is_loss = amount.is_negative();
        if lots != 0 && (!is_paying || pending) {
            continue;
        }
        let paid = amount.min(cash.max(QuoteAtoms::ZERO));
        let all = paid == amount && (lots != 0 || !worth.is_zero());
        let allowed = is_loss || (!pending && (paid.is_zero() || pays_profits));
        if allowed && (all || is_worth(paid, least)) {
            cash = cash.checked_sub(paid)?;
            let rewarded = is_loss && rewards && account != *own;
            due.push(Chore::Settle { account, instrument, rewarded });
        }
    }
    Ok(due)
}

/// Since when bids have been possible on whoever holds the contract alone, or from when on they are.
fn bids_from(snapshot: &Snapshot<'_>, state: &Instrument) -> Result<i64, ClientError> {
    let directory = snapshot.directory();
    let mut from = directory.group.state.bids_from(snapshot.now().time);
    for index in [0, state.underlying] {
        from = from.max(directory.underlying(index)?.state.owner_first_until);
    }
    Ok(from)
}

/// What an account's position settles; none while it has a deleveraging to go through.
fn claim(
    snapshot: &Snapshot<'_>,
    account: &Keyed<MarginAccount>,
    state: &Instrument,
) -> Result<Option<Claim>, ClientError> {
    let key = state.key();
    let Some(row) = account.state.row(key)? else {
        return Ok(None);
    };
    let flow = match row.flow(&state.side_indices(snapshot.now().time)?).map_err(ClientError::from)
    {
        Err(ClientError::Program(code)) if code == OUTDATED => return Ok(None),
        flow => flow?,
    };
    let worth = flow.checked_add(snapshot.value_floor(key, row.lots)?)?;
    let (account, lots) = (account.address, row.lots);
    Ok(Some(Claim { account, lots, worth, amount: worth.to_quote_floor()? }))
}

/// True if the account owes more than it has. Whoever cannot be judged is not held to be.
fn is_bankrupt(snapshot: &Snapshot<'_>, account: &MarginAccount) -> bool {
    let health = snapshot.health(account, Check::Maintenance);
    health.is_ok_and(|health| health.equity.is_negative())
}

/// Expiries that can be removed, the first of each underlying: its neighbours' accounts are written, and
/// name others afterwards.
pub(super) fn expiries(directory: &GroupDirectory) -> Vec<Chore> {
    let mut due: Vec<Chore> = Vec::new();
    let mut last = None;
    for one in &directory.expiries {
        let (underlying, expires_at) = (one.state.underlying, one.state.expires_at);
        let over = one.state.is_settled() && one.state.open_count == 0;
        if over && last != Some(underlying) {
            last = Some(underlying);
            due.push(Chore::CloseExpiry { underlying, expires_at });
        }
    }
    due
}
