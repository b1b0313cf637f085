//! Which money waits to be moved by anybody? Losses to those who bear them, fees and income to where they
//! belong.

use plimsoll_client::state::MarginAccount;
use plimsoll_client::{ClientError, GroupDirectory, Keyed, Snapshot};
use plimsoll_risk::RowKey;
use plimsoll_units::QuoteAtoms;

use super::contracts::is_closable;
use super::Chore;

/// Is it worth a transaction to move this much?
pub(super) fn is_worth(amount: QuoteAtoms, least: QuoteAtoms) -> bool {
    amount.is_positive() && amount >= least
}

/// Losses that wait to be shared: nobody trades their instruments until then.
pub(super) fn losses(
    directory: &GroupDirectory,
    accounts: &[Keyed<MarginAccount>],
) -> Result<Vec<Chore>, ClientError> {
    let mut due = Vec::new();
    for account in accounts {
        for row in account.state.rows()?.iter().filter(|row| row.owed_quote_atoms != 0) {
            let instrument = directory.instrument(row.key()?.index())?.state.index;
            due.push(Chore::ShareLoss { account: account.address, instrument });
        }
    }
    Ok(due)
}

/// Fees that can be collected, and debts that can be repaid: what income the fees bring is for the next
/// round. A contract that can be closed brings its fees by that.
pub(super) fn collections(
    directory: &GroupDirectory,
    least: QuoteAtoms,
) -> Result<Vec<Chore>, ClientError> {
    let mut due = Vec::new();
    let mut fund = directory.insurance.state;
    for pool in &directory.pools {
        let (instrument, pool) = (pool.state.index, &pool.state);
        if is_closable(&directory.instrument(instrument)?.state, pool) {
            continue;
        }
        let (fees, mut debt) = (pool.fees()?, pool.debt_floor()?);
        let cleared = fees.min(debt);
        let cash = pool.cash().max(QuoteAtoms::ZERO);
        let moved = cleared.checked_add(fees.checked_sub(cleared)?.min(cash))?;
        if is_worth(moved, least) || is_rest(cleared, debt) {
            due.push(Chore::CollectFees { instrument });
            debt = debt.checked_sub(cleared)?;
        }
        let income = fund.income_since(pool.debt_mark_quote_atoms);
        let income = QuoteAtoms::new(i64::try_from(income).unwrap_or(i64::MAX));
        let paid = debt.min(income).min(fund.balance()?);
        if is_worth(paid, least) || is_rest(paid, debt) {
            due.push(Chore::RepayDebt { instrument });
            // Income repays once, whichever instrument it repays.
            let spent = u64::try_from(paid.get()).unwrap_or(0);
            fund.repaid_quote_atoms = fund.repaid_quote_atoms.saturating_add(spent);
            fund.balance_quote_atoms = fund.balance_quote_atoms.saturating_sub(spent);
        }
    }
    Ok(due)
}

/// Is this all that is left of a debt? The instrument stands still for whoever wants more until then.
fn is_rest(paid: QuoteAtoms, debt: QuoteAtoms) -> bool {
    paid.is_positive() && paid == debt
}

/// Accounts that hold nothing but a debt of quote tokens: there is nothing that a bid could take.
pub(super) fn write_offs(
    snapshot: &Snapshot<'_>,
    accounts: &[Keyed<MarginAccount>],
    least: QuoteAtoms,
) -> Result<Vec<Chore>, ClientError> {
    let totals = snapshot.directory().token(RowKey::QUOTE)?.state.totals_at(snapshot.now().time)?;
    let mut due = Vec::new();
    for account in accounts {
        let mut rows = account.state.rows()?.iter().filter(|row| !row.holds_nothing());
        let (Some(row), None) = (rows.next(), rows.next()) else {
            continue;
        };
        let debt = totals.borrowed_atoms(row.shares())?;
        if row.key == RowKey::QUOTE.raw() && is_worth(QuoteAtoms::new(debt.get()), least) {
            due.push(Chore::WriteOff { account: account.address });
        }
    }
    Ok(due)
}
