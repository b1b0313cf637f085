//! Settles what a bankrupt account's position lost and nobody has paid yet. Anybody may.
//!
//! In this order: the insurance fund up to the instrument's cap; the opposite side, by size,
//! through its index, up to a cap per lot and day; what is left becomes the instrument's debt.

use anchor_lang::prelude::*;
use plimsoll_risk::{share_loss, LossShare, RowKey, RowKind};
use plimsoll_units::{Price, QuoteAtoms, Ratio, UnixSeconds, Value};

use crate::check::{opted_out, Ix};
use crate::clock::now;
use crate::error::{Named, PlimsollError};
use crate::events::LossShared;
use crate::instructions::refresh_instrument::lot_price;
use crate::instructions::settle_position::credit;
use crate::state::{
    day, Collateral, Group, Instrument, Insurance, MarginAccount, Pool, Underlying,
};

/// Accounts of `share_loss`. The cap is measured at stable prices, so that it takes no oracle.
#[derive(Accounts)]
pub struct ShareLoss {
    /// The group.
    pub group: Account<Group>,
    /// Its insurance fund.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&insurance.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub insurance: Account<Insurance>,
    /// The account whose position failed.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&margin_account.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub margin_account: Account<MarginAccount>,
    /// The quote token's underlying.
    #[account(
        constraint = anchor_lang::address_eq(&quote_underlying.group, group.address())
            @ PlimsollError::WrongGroup,
        constraint = quote_underlying.index == 0 @ PlimsollError::UnknownUnderlying
    )]
    pub quote_underlying: Account<Underlying>,
    /// The instrument's underlying.
    #[account(
        constraint = anchor_lang::address_eq(&underlying.group, group.address())
            @ PlimsollError::WrongGroup,
        constraint = underlying.index == instrument.underlying @ PlimsollError::UnknownUnderlying
    )]
    pub underlying: Account<Underlying>,
    /// The instrument.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&instrument.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub instrument: Account<Instrument>,
    /// Its pool.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&pool.instrument, instrument.address())
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

/// Errors: `WrongGroup`, `UnknownUnderlying`, `WrongTokenAccounts`, `NothingToShare`.
pub(crate) fn handler(ctx: &mut Context<ShareLoss>) -> Result<()> {
    let permit = opted_out(Ix::ShareLoss)?;
    let now = now()?;
    let accounts = &mut ctx.accounts;
    let key = RowKey::new(accounts.underlying.index, RowKind::Position, accounts.instrument.index);
    let row = accounts.margin_account.row(key)?.ok_or(PlimsollError::NothingToShare)?;
    let (owed, was_long) = (row.owed()?, row.owed_quote_atoms > 0);
    require!(owed.is_positive(), PlimsollError::NothingToShare);

    let price = lot_price(
        &accounts.group,
        &accounts.quote_underlying,
        &accounts.underlying,
        &accounts.instrument,
    )?;
    let failed = Failed { loss: owed, was_long, price };
    let instrument = &mut accounts.instrument;
    let spread =
        spread(instrument, &mut accounts.pool, &mut accounts.insurance, &failed, now.time)?;
    accounts.instrument.remove_pending(owed)?;
    accounts.pool.add_cash(spread.rest.checked_neg().named()?)?;

    accounts.quote_collateral.accrue(now.time)?;
    credit(&mut accounts.margin_account, &mut accounts.quote_collateral, owed, &permit)?;
    accounts.quote_collateral.rebase()?;
    accounts.margin_account.row_mut(key, &permit)?.owed_quote_atoms = 0;
    accounts.margin_account.renew_row(key, &mut accounts.pool, &permit)?;
    emit!(LossShared {
        margin_account: *accounts.margin_account.address(),
        instrument: *accounts.instrument.address(),
        slot: now.slot.get(),
        price_mantissa: price.parts().0,
        price_exponent: i64::from(price.parts().1),
        loss_quote_atoms: owed.get(),
        insurance_paid_quote_atoms: spread.insurance.get(),
        charged_to_longs: u8::from(!was_long),
        charged_quote_atoms: spread.share.charged.to_quote_floor().named()?.get(),
        debt_quote_atoms: spread.share.debt.to_quote_ceil().named()?.get(),
    });
    Ok(())
}

/// A loss of a position that its account cannot pay.
pub(crate) struct Failed {
    /// How much.
    pub(crate) loss: QuoteAtoms,
    /// The side that failed; the other one bears.
    pub(crate) was_long: bool,
    /// Quote atoms per lot, of which the day's cap is a part.
    pub(crate) price: Price,
}

/// Who bears it.
pub(crate) struct Spread {
    /// The insurance fund.
    pub(crate) insurance: QuoteAtoms,
    /// What the fund leaves.
    pub(crate) rest: QuoteAtoms,
    /// Of the rest: the other side, and the instrument's debt.
    pub(crate) share: LossShare,
}

/// Lays a loss to those who bear it, in their order. Whom it is paid to is for the caller to say.
pub(crate) fn spread(
    instrument: &mut Instrument,
    pool: &mut Pool,
    insurance: &mut Insurance,
    failed: &Failed,
    now: UnixSeconds,
) -> Result<Spread> {
    instrument.begin_day(now);
    let paid = failed.loss.min(instrument.insurance_budget()?).min(insurance.balance()?);
    insurance.pay(paid)?;
    instrument.count_insured(paid)?;
    let rest = failed.loss.checked_sub(paid).named()?;
    let rate = instrument.rate_at(now);
    instrument.accrue_funding(now, rate)?;
    let budget = instrument.loss_budget(!failed.was_long, failed.price)?;
    // Of a settled contract whoever was paid out is gone, and may have seen to it in the same breath.
    let lots = (pool.open_interest()?, pool.side_lots(!failed.was_long)?);
    let share = share_loss(rest, lots, budget).named()?;
    instrument.charge(!failed.was_long, share.per_lot)?;
    book_debt(pool, insurance, share.debt)?;
    Ok(Spread { insurance: paid, rest, share })
}

/// Adds to the debt, and remembers from when on income repays it.
fn book_debt(pool: &mut Pool, insurance: &Insurance, debt: Value) -> Result<()> {
    if !pool.debt_floor()?.is_positive() {
        pool.debt_mark_quote_atoms = insurance.received_quote_atoms;
    }
    pool.add_debt(debt)
}

impl Instrument {
    /// The budgets of losses begin anew with each day. They count all losses together: one
    /// account's can be cut into as many as somebody likes.
    fn begin_day(&mut self, now: UnixSeconds) {
        let today = day(now);
        if today != self.loss_day {
            self.loss_day = today;
            self.loss_long = Value::ZERO.into();
            self.loss_short = Value::ZERO.into();
            self.loss_insured_quote_atoms = 0;
        }
    }

    /// What the insurance fund may still pay today.
    fn insurance_budget(&self) -> Result<QuoteAtoms> {
        let left = self.insurance_cap_quote_atoms.saturating_sub(self.loss_insured_quote_atoms);
        Ok(QuoteAtoms::new(i64::try_from(left).unwrap_or(i64::MAX)))
    }

    fn count_insured(&mut self, paid: QuoteAtoms) -> Result<()> {
        let paid = u64::try_from(paid.get()).map_err(|_| PlimsollError::MathOverflow)?;
        self.loss_insured_quote_atoms = self.loss_insured_quote_atoms.saturating_add(paid);
        Ok(())
    }

    /// What one more lot of a side may be charged today, in all `loss_cap_ppm` of `price`.
    fn loss_budget(&self, longs: bool, price: Price) -> Result<Value> {
        let spent = match longs {
            true => self.loss_long.to_value(),
            false => self.loss_short.to_value(),
        };
        let cap = price.value_floor(1).named()?;
        let cap = cap.mul_ratio_floor(Ratio::from_ppm(self.loss_cap_ppm)).named()?;
        cap.checked_sub(spent).named()
    }

    /// Takes `per_lot` off every lot of a side.
    fn charge(&mut self, longs: bool, per_lot: Value) -> Result<()> {
        let side = self.side_mut(longs);
        let index = match longs {
            true => side.index.to_value().checked_add(per_lot),
            false => side.index.to_value().checked_sub(per_lot),
        };
        *side.index = index.named()?.into();
        *side.loss = side.loss.to_value().checked_add(per_lot).named()?.into();
        Ok(())
    }

    fn remove_pending(&mut self, shared: QuoteAtoms) -> Result<()> {
        let shared = u64::try_from(shared.get()).map_err(|_| PlimsollError::MathOverflow)?;
        let left = self.losses_pending_quote_atoms.checked_sub(shared);
        self.losses_pending_quote_atoms = left.ok_or(PlimsollError::CorruptAccount)?;
        Ok(())
    }
}
