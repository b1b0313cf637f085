//! A group's insurance fund, kept apart from the group so that liquidations do not lock it.

use anchor_lang::prelude::*;
use plimsoll_units::{QuoteAtoms, UnixSeconds};

use super::Word128;
use crate::error::PlimsollError;

/// Quote tokens, held in the quote collateral's vault, that pay what bankrupt accounts cannot.
#[account]
pub struct Insurance {
    /// Layout version.
    pub version: u8,
    /// Bump of this address.
    pub bump: u8,
    /// Zero.
    pub padding: [u8; 6],
    /// The group that the fund insures.
    pub group: Address,
    /// What the fund holds (quote atoms).
    pub balance_quote_atoms: u64,
    /// Cuts of discounts received so far (quote atoms).
    pub received_quote_atoms: u64,
    /// Shortfalls and discounts paid so far (quote atoms).
    pub paid_quote_atoms: u64,
    /// Shares of all stakers in the balance.
    pub stake_shares: Word128,
    /// Counts how often the fund was used up; shares of an earlier time are worth nothing.
    pub epoch: u64,
    /// What of the income has repaid debts of instruments so far (quote atoms).
    pub repaid_quote_atoms: u64,
    /// Day since 1970 of the next field.
    pub discount_day: u64,
    /// Discounts paid on that day (quote atoms).
    pub discount_paid_quote_atoms: u64,
    /// Of the income that repaid no debt, what losses or stakers have taken since (quote atoms): it
    /// repays none any more.
    pub spent_quote_atoms: u64,
    /// Zero.
    pub reserved: [u64; 25],
}

const _: () = assert!(
    core::mem::size_of::<Insurance>()
        == 2 + 6 // version, bump, padding
            + 32 // group
            + 3 * 8 // balance, received, paid
            + 16 // shares
            + 8 // epoch
            + 3 * 8 // repaid, discounts of the day
            + 8 // spent
            + 25 * 8 // reserved
);

impl Insurance {
    /// What the fund can pay.
    pub fn balance(&self) -> Result<QuoteAtoms> {
        atoms(self.balance_quote_atoms)
    }

    /// Books one liquidation: the fund receives `cut` and pays `paid`, both at least zero.
    /// `InsuranceInsufficient` if it then holds less than it must pay.
    pub fn book(&mut self, paid: QuoteAtoms, cut: QuoteAtoms) -> Result<()> {
        let balance = self.balance()?.checked_add(cut).and_then(|held| held.checked_sub(paid));
        let balance = balance.map_err(PlimsollError::from)?;
        if balance.is_negative() {
            msg!("insurance: holds {}, must pay {}", self.balance_quote_atoms, paid.get());
            return Err(PlimsollError::InsuranceInsufficient.into());
        }
        let received = atoms(self.received_quote_atoms)?.checked_add(cut);
        let spent = atoms(self.paid_quote_atoms)?.checked_add(paid);
        self.balance_quote_atoms = raw(balance)?;
        self.received_quote_atoms = raw(received.map_err(PlimsollError::from)?)?;
        self.paid_quote_atoms = raw(spent.map_err(PlimsollError::from)?)?;
        self.count_spent();
        self.begin_anew_if_used_up()
    }

    /// Books income. Nothing is lent out, so that it can always be paid.
    pub(crate) fn receive(&mut self, amount: QuoteAtoms) -> Result<()> {
        self.book(QuoteAtoms::ZERO, amount)
    }

    /// Books a payment. `InsuranceInsufficient` if the fund holds less.
    pub(crate) fn pay(&mut self, amount: QuoteAtoms) -> Result<()> {
        self.book(amount, QuoteAtoms::ZERO)
    }

    /// Pays a staker; no loss, and not counted as one.
    pub(crate) fn withdraw(&mut self, amount: QuoteAtoms) -> Result<()> {
        let left = self.balance()?.checked_sub(amount).map_err(PlimsollError::from)?;
        require!(!left.is_negative(), PlimsollError::InsuranceInsufficient);
        self.balance_quote_atoms = raw(left)?;
        self.count_spent();
        Ok(())
    }

    /// Income that the fund does not hold any more is gone: what others put in later owes nothing of it.
    fn count_spent(&mut self) {
        let gone = self.income().saturating_sub(self.balance_quote_atoms);
        self.spent_quote_atoms = self.spent_quote_atoms.max(gone);
    }

    /// A fund that losses have used up begins anew: its old shares are worth nothing, and would
    /// only take from whoever stakes next.
    pub(crate) fn begin_anew_if_used_up(&mut self) -> Result<()> {
        if self.balance_quote_atoms == 0 && !self.stake_shares.is_zero() {
            self.epoch = self.epoch.checked_add(1).ok_or(PlimsollError::MathOverflow)?;
            self.stake_shares = Word128::from_u128(0);
        }
        Ok(())
    }

    /// What has come in and repaid no debt yet, since the beginning (quote atoms).
    pub(crate) fn income(&self) -> u64 {
        self.received_quote_atoms.saturating_sub(self.repaid_quote_atoms)
    }

    /// What has come in since `mark` had been received in all, has repaid no debt, and is still there (quote atoms).
    /// What repays another debt was there before, as far as it goes: so long no later income is less.
    pub fn income_since(&self, mark: u64) -> u64 {
        let since = self.received_quote_atoms.saturating_sub(mark);
        since.min(self.income().saturating_sub(self.spent_quote_atoms))
    }

    /// What the fund may still pay of discounts today, of `cap` in all.
    pub(crate) fn discount_budget(
        &mut self,
        cap: QuoteAtoms,
        now: UnixSeconds,
    ) -> Result<QuoteAtoms> {
        let today = day(now);
        if self.discount_day != today {
            self.discount_day = today;
            self.discount_paid_quote_atoms = 0;
        }
        let left = cap.checked_sub(atoms(self.discount_paid_quote_atoms)?);
        let left = left.map_err(PlimsollError::from)?.max(QuoteAtoms::ZERO);
        Ok(left.min(self.balance()?))
    }

    /// Counts a discount that the fund has paid.
    pub(crate) fn count_discount(&mut self, paid: QuoteAtoms) -> Result<()> {
        let sum = atoms(self.discount_paid_quote_atoms)?.checked_add(paid);
        self.discount_paid_quote_atoms = raw(sum.map_err(PlimsollError::from)?)?;
        Ok(())
    }

    /// Books a gift to the fund.
    pub fn add(&mut self, amount: QuoteAtoms) -> Result<()> {
        let balance = self.balance()?.checked_add(amount).map_err(PlimsollError::from)?;
        self.balance_quote_atoms = raw(balance)?;
        Ok(())
    }
}

/// Days since 1970, by which budgets are kept.
pub(crate) fn day(now: UnixSeconds) -> u64 {
    u64::try_from(now.get()).unwrap_or(0).checked_div(86_400).unwrap_or(0)
}

fn atoms(raw: u64) -> Result<QuoteAtoms> {
    Ok(QuoteAtoms::new(i64::try_from(raw).map_err(|_| PlimsollError::MathOverflow)?))
}

fn raw(atoms: QuoteAtoms) -> Result<u64> {
    Ok(u64::try_from(atoms.get()).map_err(|_| PlimsollError::MathOverflow)?)
}
