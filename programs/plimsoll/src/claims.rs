//! Who bears what a bankrupt account cannot pay: those whom it owes, each in proportion to what it
//! owes them, and nobody else.
//!
//! | the account owes | borne by |
//! |---|---|
//! | what a position lost, settled or not | the instrument: assigned here, shared by `share_loss` |
//! | a token, at its price | that token's lenders, at once: through the deposit index |
//! | quote tokens, but for settled losses | the lenders of the quote token, likewise |
//!
//! What a position had others bear when it was closed against the other side counts for what they bear
//! later.
//!
//! What a bid assigns goes with the requirement that it releases, so that the owner of an account
//! that is only partly unloaded gains nothing when the price turns.

use anchor_lang::prelude::*;
use plimsoll_risk::{part_floor, still_due, RowKey, RowKind};
use plimsoll_units::{Price, QuoteAtoms, TokenAtoms, UnixSeconds, Value};

use crate::bid::Taking;
use crate::check::{Guarded, RowPermit};
use crate::error::{Named, PlimsollError};
use crate::instructions::settle_position::credit;
use crate::state::{Collateral, Instrument, Insurance, MarginAccount, Row, QUOTE_KEY};
use crate::token;

/// What the account owes by one of its rows.
pub(crate) struct Claim {
    key: RowKey,
    /// The side of the position that failed.
    is_short: bool,
    amount: Value,
    /// What it has borne before.
    borne: QuoteAtoms,
}

/// What the account owes, row by row; the quote token's row last, so that it gets what rounding
/// leaves over.
pub(crate) fn claims(guarded: &Guarded<'_, '_>, equity: Value) -> Result<Vec<Claim>> {
    let rows = guarded.parties.first.rows()?;
    let mut unsettled = quote_debt(guarded, rows)?;
    let losses = settled_losses(rows)?;
    let attributed = unsettled.min(losses);
    let mut claims = Vec::with_capacity(rows.len().saturating_add(1));
    for row in rows {
        let key = row.key()?;
        if key == QUOTE_KEY {
            continue;
        }
        let open = open_claim(guarded, key, row)?;
        let amount = match key.kind() {
            RowKind::Token => open,
            // What was settled is known without a price.
            RowKind::Position => {
                let settled = Value::from_quote(QuoteAtoms::new(row.settled_debt_quote_atoms));
                let paid = part_floor(attributed, settled, Value::from_quote(losses)).named()?;
                unsettled = unsettled.checked_sub(paid).named()?;
                open.checked_add(Value::from_quote(paid)).named()?
            }
        };
        let borne = QuoteAtoms::new(row.borne_quote_atoms);
        if amount.is_positive() {
            claims.push(Claim { key, is_short: row.was_short(), amount, borne });
        }
    }
    let (amount, borne) = (Value::from_quote(unsettled), QuoteAtoms::ZERO);
    claims.push(Claim { key: QUOTE_KEY, is_short: false, amount, borne });
    less_what_was_borne(&mut claims, equity.checked_neg().named()?)?;
    Ok(claims)
}

/// Turns claims into what is still due of `missing`, where somebody has borne a part before.
fn less_what_was_borne(claims: &mut [Claim], missing: Value) -> Result<()> {
    let (mut total, mut all_borne) = (Value::ZERO, QuoteAtoms::ZERO);
    for claim in &*claims {
        total = total.checked_add(claim.amount).named()?;
        all_borne = all_borne.checked_add(claim.borne).named()?;
    }
    if all_borne.is_zero() {
        return Ok(());
    }
    for claim in claims {
        let (own, borne) = ((claim.amount, total), (claim.borne, all_borne));
        claim.amount = still_due(missing, own, borne).named()?;
    }
    Ok(())
}

/// Of a bankrupt account's shortfall what falls on one of its positions, by the claims. Rounded
/// down. Nothing for a solvent account.
pub(crate) fn shortfall_of(
    guarded: &Guarded<'_, '_>,
    equity: Value,
    key: RowKey,
) -> Result<QuoteAtoms> {
    if !equity.is_negative() {
        return Ok(QuoteAtoms::ZERO);
    }
    let (mut own, mut total) = (Value::ZERO, Value::ZERO);
    for claim in claims(guarded, equity)? {
        total = total.checked_add(claim.amount).named()?;
        if claim.key == key {
            own = claim.amount;
        }
    }
    let shortfall = equity.checked_neg().named()?.to_quote_floor().named()?;
    part_floor(shortfall, own, total).named()
}

/// What a row owes at its price, nothing if it gains. Without a valid price a row is not part of
/// the bid and owes nothing here, but for a position that is closed or has settled, which needs none.
fn open_claim(guarded: &Guarded<'_, '_>, key: RowKey, row: &Row) -> Result<Value> {
    let market = &guarded.market;
    let closed = key.kind() == RowKind::Position && row.lots == 0;
    if !closed && !market.is_row_priced(key)? {
        return Ok(Value::ZERO);
    }
    let value = match key.kind() {
        RowKind::Token => market.value_floor(key, market.atoms(key, row)?)?,
        RowKind::Position => {
            let flow = row.flow(&market.side_indices(key)?)?;
            market.value_floor(key, row.lots)?.checked_add(flow).named()?
        }
    };
    Ok(value.checked_neg().named()?.max(Value::ZERO))
}

/// The account's debt of quote tokens, but for what was assigned to instruments before.
fn quote_debt(guarded: &Guarded<'_, '_>, rows: &[Row]) -> Result<QuoteAtoms> {
    let mut debt = QuoteAtoms::ZERO;
    for row in rows {
        if row.key()? == QUOTE_KEY {
            let held = QuoteAtoms::new(guarded.market.atoms(QUOTE_KEY, row)?);
            debt = debt.checked_sub(held).named()?;
        }
        debt = debt.checked_sub(row.owed()?).named()?;
    }
    Ok(debt.max(QuoteAtoms::ZERO))
}

/// The quote debt that settlements have caused for positions that are still there.
fn settled_losses(rows: &[Row]) -> Result<QuoteAtoms> {
    let mut losses = QuoteAtoms::ZERO;
    for row in rows {
        let settled = QuoteAtoms::new(row.settled_debt_quote_atoms);
        losses = losses.checked_add(settled).named()?;
    }
    Ok(losses)
}

/// Assigns a shortfall to the claims. All of it is assigned, and no more.
pub(crate) fn assign(
    guarded: &mut Guarded<'_, '_>,
    insurance: &mut Insurance,
    claims: &[Claim],
    takings: &[Taking],
    shortfall: QuoteAtoms,
) -> Result<Vec<Assigned>> {
    let mut assigned = Vec::new();
    let mut left = shortfall;
    let mut total = Value::ZERO;
    for claim in claims {
        total = total.checked_add(claim.amount).named()?;
    }
    for claim in claims {
        let part = match claim.key == QUOTE_KEY {
            true => left,
            false => part_floor(left, claim.amount, total).named()?,
        };
        total = total.checked_sub(claim.amount).named()?;
        if part.is_zero() {
            continue;
        }
        let mut one = Assigned::new(claim.key, part);
        match claim.key.kind() {
            RowKind::Position => {
                let taken = takings.iter().find(|taking| taking.key == claim.key);
                let nets = taken.is_some_and(|taking| taking.open_interest_change.is_negative());
                // The side that bears the loss may not shrink by the very bid that makes it.
                require!(!nets, PlimsollError::BidderOnOtherSide);
                record(guarded, claim, &mut one)?
            }
            RowKind::Token if claim.key == QUOTE_KEY => {
                charge_quote_lenders(guarded, insurance, &mut one)?
            }
            RowKind::Token => {
                let taken = takings.iter().find(|taking| taking.key == claim.key);
                let debt = taken.map_or(0, |taking| taking.quantity.min(0));
                let debt = TokenAtoms::new(debt).checked_neg().named()?;
                charge_lenders(guarded, insurance, claim.key, debt, &mut one)?;
            }
        }
        left = left.checked_sub(one.loss).named()?;
        assigned.push(one);
    }
    Ok(assigned)
}

/// A position's part waits in its row, and stops the instrument until it is shared.
fn record(guarded: &mut Guarded<'_, '_>, claim: &Claim, one: &mut Assigned) -> Result<()> {
    let view = guarded.market.row_view(claim.key)?;
    require!(view.is_writable(), PlimsollError::RiskAccountReadOnly);
    // SAFETY: no other load of this instrument is alive, and risk accounts cannot be any of the
    // declared writable accounts.
    let mut instrument = unsafe { Account::<Instrument>::load_mut(view)? };
    let raw = u64::try_from(one.loss.get()).map_err(|_| PlimsollError::MathOverflow)?;
    let pending = instrument.losses_pending_quote_atoms.checked_add(raw);
    instrument.losses_pending_quote_atoms = pending.ok_or(PlimsollError::MathOverflow)?;
    let (first, bidder) = guarded.parties.both()?;
    let row = first.row_mut(claim.key, &guarded.permit)?;
    if row.weight == 0 {
        // All of the position has left, and took all of its weight along.
        bidder.row_mut(claim.key, &guarded.permit)?.share_weight(row)?;
    }
    let before = row.owed_quote_atoms;
    // What is owed for one side cannot be told from what is owed for the other.
    let same_side = before == 0 || (before < 0) == claim.is_short;
    require!(same_side, PlimsollError::LossesPending);
    let signed = match claim.is_short {
        true => one.loss.checked_neg().named()?,
        false => one.loss,
    };
    row.owed_quote_atoms = QuoteAtoms::new(before).checked_add(signed).named()?.get();
    one.pending = one.loss;
    Ok(())
}

/// The lenders of the quote token bear their part at once.
fn charge_quote_lenders(
    guarded: &mut Guarded<'_, '_>,
    insurance: &mut Insurance,
    one: &mut Assigned,
) -> Result<()> {
    let view = guarded.market.row_view(QUOTE_KEY)?;
    // SAFETY: no other load of this collateral is alive, and risk accounts cannot be any of the
    // declared writable accounts.
    let mut quote = unsafe { Account::<Collateral>::load_mut(view)? };
    quote.accrue(guarded.now.time)?;
    let (account, time) = (&mut *guarded.parties.first, guarded.now.time);
    let borne = write_off(account, &mut quote, insurance, one.loss, time, &guarded.permit)?;
    guarded.market.reindex(QUOTE_KEY, &quote)?;
    (one.reserve, one.insurance, one.depositors) =
        (borne.reserve, borne.insurance, borne.depositors);
    Ok(())
}

/// Who bore a loss of quote tokens.
pub(crate) struct Borne {
    /// Out of what was set aside of interest.
    pub(crate) reserve: TokenAtoms,
    /// By the insurance fund.
    pub(crate) insurance: QuoteAtoms,
    /// By depositors.
    pub(crate) depositors: TokenAtoms,
}

/// Credits an account with what it cannot pay of its quote debt. In this order: what was set aside
/// of quote interest, the insurance fund up to the collateral's cap, all depositors of quote
/// tokens through the deposit index. The indices must be those of now, and the rates be set anew
/// afterwards.
pub(crate) fn write_off(
    account: &mut MarginAccount,
    quote: &mut Collateral,
    insurance: &mut Insurance,
    loss: QuoteAtoms,
    now: UnixSeconds,
    permit: &RowPermit,
) -> Result<Borne> {
    let reserve = quote.take_reserve(token::token(loss))?;
    let rest = loss.checked_sub(token::quote(reserve)).named()?;
    let paid = quote.insure(rest, insurance.balance()?, now)?;
    insurance.pay(paid)?;
    let depositors = token::token(rest.checked_sub(paid).named()?);
    // The debt goes first: its account must not bear a part of it.
    credit(account, quote, loss, permit)?;
    quote.write_down(depositors)?;
    Ok(Borne { reserve, insurance: paid, depositors })
}

/// A token's lenders bear their part at once: the bidder, who has just taken over `debt` at its full
/// value, gives that value back and owes so much less. What the bid leaves of it (little of a token may
/// go with a single lot that carries most of the requirement) is cleared where it is. The insurance fund
/// pays first, up to the token's cap; then what was set aside of its interest. `one` afterwards says how
/// much of the loss was cleared.
fn charge_lenders(
    guarded: &mut Guarded<'_, '_>,
    insurance: &mut Insurance,
    key: RowKey,
    debt: TokenAtoms,
    one: &mut Assigned,
) -> Result<()> {
    let price = guarded.market.fair_price(key)?;
    let (quote, lent) = (guarded.market.row_view(QUOTE_KEY)?, guarded.market.row_view(key)?);
    // SAFETY: no other load of these two collaterals is alive, the walk over the risk accounts
    // gave each its own place, and they cannot be any of the declared writable accounts.
    let (mut quote, mut lent) = unsafe {
        (Account::<Collateral>::load_mut(quote)?, Account::<Collateral>::load_mut(lent)?)
    };
    quote.accrue(guarded.now.time)?;
    one.insurance = lent.insure(one.loss, insurance.balance()?, guarded.now.time)?;
    insurance.pay(one.insurance)?;
    credit(guarded.parties.first, &mut quote, one.insurance, &guarded.permit)?;

    let rest = one.loss.checked_sub(one.insurance).named()?;
    one.loss = one.insurance;
    let wanted = atoms_for(rest, price)?;
    if !wanted.is_positive() {
        return Ok(());
    }
    lent.accrue(guarded.now.time)?;
    let (first, bidder) = guarded.parties.both()?;
    let taken = wanted.min(debt);
    let row = first.row_mut(key, &guarded.permit)?;
    let owed = lent.totals().borrowed_atoms(row.shares()).named()?;
    let left = wanted.checked_sub(taken).named()?.min(owed);
    give(&mut lent, row, left)?;
    // A bidder who has lent the token bears by what it had lent: the debt is not its own until then.
    let row = bidder.row_mut(key, &guarded.permit)?;
    give(&mut lent, row, debt)?;
    let cleared = taken.checked_add(left).named()?;
    one.reserve = lent.take_reserve(cleared)?;
    one.depositors = cleared.checked_sub(one.reserve).named()?;
    lent.write_down(one.depositors)?;
    give(&mut lent, row, taken.checked_sub(debt).named()?)?;
    lent.rebase()?;
    guarded.market.reindex(key, &lent)?;
    // It moves with the other payments, when quote lenders have borne theirs.
    one.bidder_paid = worth(price, taken)?.min(rest);
    let all = worth(price, left)?.checked_add(one.bidder_paid).named()?.min(rest);
    one.loss = one.loss.checked_add(all).named()?;
    Ok(())
}

/// Gives a row so much of the token; what is negative is taken.
#[inline(never)]
fn give(lent: &mut Collateral, row: &mut Row, atoms: TokenAtoms) -> Result<()> {
    row.shares = lent.change(row.shares(), atoms)?.into();
    Ok(())
}

/// What atoms of a token are worth, rounded up.
#[inline(never)]
fn worth(price: Price, atoms: TokenAtoms) -> Result<QuoteAtoms> {
    price.value_floor(atoms.get()).and_then(|value| value.to_quote_ceil()).named()
}

/// Token atoms for an amount of quote. Rounded up where an atom is worth no more than one of quote,
/// so that nothing is left over for others; down where it is, since it could be worth a fortune.
fn atoms_for(amount: QuoteAtoms, price: Price) -> Result<TokenAtoms> {
    let exact = Value::from_quote(amount).mul_price_floor(price.recip().named()?).named()?;
    let whole = match price <= Price::ONE {
        true => exact.to_quote_ceil(),
        false => exact.to_quote_floor(),
    };
    Ok(token::token(whole.named()?))
}

/// What was assigned to one claim, and who bore it.
pub(crate) struct Assigned {
    /// Key of the row.
    pub(crate) key: u64,
    /// The part of the loss (quote atoms).
    pub(crate) loss: QuoteAtoms,
    /// Out of what was set aside of the token's interest.
    pub(crate) reserve: TokenAtoms,
    /// By the insurance fund, at once.
    pub(crate) insurance: QuoteAtoms,
    /// By the token's depositors.
    pub(crate) depositors: TokenAtoms,
    /// What the bidder gave back for a debt that was cleared.
    pub(crate) bidder_paid: QuoteAtoms,
    /// Waits to be shared in the instrument.
    pub(crate) pending: QuoteAtoms,
}

impl Assigned {
    fn new(key: RowKey, loss: QuoteAtoms) -> Self {
        Self {
            key: key.raw(),
            loss,
            reserve: TokenAtoms::ZERO,
            insurance: QuoteAtoms::ZERO,
            depositors: TokenAtoms::ZERO,
            bidder_paid: QuoteAtoms::ZERO,
            pending: QuoteAtoms::ZERO,
        }
    }
}
