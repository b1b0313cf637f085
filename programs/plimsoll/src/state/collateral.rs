//! A token that may be deposited or borrowed.

use anchor_lang::bytemuck::{Pod, Zeroable};
use anchor_lang::prelude::*;
use plimsoll_risk::{
    reserve_gain, write_down, Accrual, BalanceTotals, Curve, Kink, Rate, RowKey, RowKind, KINKS_MAX,
};
use plimsoll_units::{Index, Price, QuoteAtoms, Ratio, Seconds, Shares, TokenAtoms, UnixSeconds};

use super::{StoredPrice, Word128};
use crate::error::{report, Named, PlimsollError};
use crate::token;

/// Longest gap that one accrual catches up. What a halt lasts longer costs borrowers nothing.
pub const ACCRUAL_GAP_MAX: Seconds = Seconds::new(7 * 86_400);

/// Below this a loss takes no deposit index: 2^-16, at which shares of 2^63 atoms still fit.
const DEPOSIT_INDEX_MIN: u128 = 1 << 48;

/// One kink of an interest curve as stored.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
#[bytemuck(crate = "anchor_lang::bytemuck")]
pub struct StoredKink {
    /// Borrows over deposits (parts per million).
    pub utilisation_ppm: u32,
    /// Yearly rate there, simple (parts per million).
    pub rate_ppm: u32,
}

/// A token of the group: its vault, its indices, its caps.
#[account]
pub struct Collateral {
    /// Layout version.
    pub version: u8,
    /// Bump of this address; this address is the vault's authority.
    pub bump: u8,
    /// Bump of the vault's address.
    pub vault_bump: u8,
    /// Decimals of the mint.
    pub decimals: u8,
    /// Index within the group; 0 is the quote token.
    pub index: u16,
    /// Index of the underlying that prices it.
    pub underlying: u16,
    /// The group.
    pub group: Address,
    /// The token.
    pub mint: Address,
    /// SPL Token or Token-2022.
    pub token_program: Address,
    /// Token account with all deposits, and the insurance fund if this is the quote token.
    pub vault: Address,
    /// Whole units of the underlying per token atom: 10^-decimals.
    pub scale: StoredPrice,
    /// Token atoms per deposit share (Q64.64), never falls but by shared losses.
    pub deposit_index: Word128,
    /// Token atoms per borrow share (Q64.64), never falls.
    pub borrow_index: Word128,
    /// Sum of all accounts' positive balances (shares, 2^-48 atoms at index one).
    pub deposit_shares: Word128,
    /// Sum of all accounts' negative balances, as a positive number (shares).
    pub borrow_shares: Word128,
    /// No deposit may raise all deposits above this (token atoms).
    pub deposit_cap_token_atoms: u64,
    /// No withdrawal may raise all borrows above this (token atoms); zero: not borrowable.
    pub borrow_cap_token_atoms: u64,
    /// Deposit index when balances last changed (Q64.64).
    pub base_deposit_index: Word128,
    /// Borrow index when balances last changed (Q64.64).
    pub base_borrow_index: Word128,
    /// Growth of deposits since then (2^-64 of the base per second).
    pub deposit_rate: u64,
    /// Growth of borrows since then (2^-64 of the base per second).
    pub borrow_rate: u64,
    /// Seconds accrued since then.
    pub accrued_seconds: u64,
    /// When interest was last accrued (Unix seconds).
    pub accrued_at: i64,
    /// The insurance fund's part of interest and of rounding, not yet collected (2^-48 token
    /// atoms). It pays the first losses of this token's lenders.
    pub reserve: Word128,
    /// Yearly rate by utilisation; those past `kink_count` are zero.
    pub kinks: [StoredKink; KINKS_MAX],
    /// Kinks in use, 2 to 5.
    pub kink_count: u32,
    /// Part of the interest that goes to the reserve (parts per million).
    pub reserve_share_ppm: u32,
    /// No borrowing may raise borrows above this part of deposits (parts per million).
    pub utilisation_ppm_max: u32,
    /// Net outflow per hour at most (parts per million of all deposits).
    pub outflow_ppm: u32,
    /// Withdrawals up to this are free of the outflow limit (token atoms).
    pub outflow_free_token_atoms: u64,
    /// All such withdrawals per hour at most (token atoms).
    pub outflow_free_cap_token_atoms: u64,
    /// Net outflow that has not drained away (token atoms).
    pub outflow_level_token_atoms: u64,
    /// Free withdrawals that have not drained away (token atoms).
    pub outflow_free_level_token_atoms: u64,
    /// When the net outflow was last drained (Unix seconds).
    pub outflow_at: i64,
    /// When the token began to count for opening (Unix seconds).
    pub ramp_from: i64,
    /// Seconds over which its weight rises from nothing to `weight_ppm`.
    pub ramp_seconds: u64,
    /// Part of its value that counts for opening once risen (parts per million).
    pub weight_ppm: u32,
    /// How often a loss was taken off deposits.
    pub losses_shared: u32,
    /// Most that the insurance fund pays for the lenders of this token per day (quote atoms).
    pub insurance_cap_quote_atoms: u64,
    /// When the free withdrawals were last drained (Unix seconds).
    pub outflow_free_at: i64,
    /// Day since 1970 of the next field.
    pub insured_day: u64,
    /// What the insurance fund paid for this token's lenders on that day (quote atoms).
    pub insured_quote_atoms: u64,
    /// When the guardian last tightened it (Unix seconds): what was proposed before is not done any more.
    pub tightened_at: i64,
    /// Zero.
    pub reserved: [u64; 28],
}

const _: () = assert!(
    core::mem::size_of::<Collateral>()
        == 4 // version, bumps, decimals
            + 2 * 2 // index, underlying
            + 4 * 32 // group, mint, token_program, vault
            + 16 // scale
            + 4 * 16 // indices, shares
            + 2 * 8 // caps
            + 2 * 16 // bases
            + 4 * 8 // rates, accrued
            + 16 // reserve
            + KINKS_MAX * 8 // kinks
            + 4 * 4 // kink count, reserve share, utilisation, outflow share
            + 7 * 8 // outflow, ramp
            + 2 * 4 // weight, losses
            + 2 * 8 // insurance cap, free outflow
            + 2 * 8 // insured
            + 29 * 8 // tightened, reserved
);

impl Collateral {
    /// The key of this token's row in every margin account.
    pub fn key(&self) -> RowKey {
        RowKey::new(self.underlying, RowKind::Token, self.index)
    }

    /// Indices as of `accrued_at` and totals, for the arithmetic of balances.
    pub fn totals(&self) -> BalanceTotals {
        BalanceTotals {
            deposit_index: self.deposit_index(),
            borrow_index: self.borrow_index(),
            deposits: self.deposit_shares.to_shares(),
            borrows: self.borrow_shares.to_shares(),
        }
    }

    /// Stores totals after a change of balances; the indices are left alone.
    pub fn set_totals(&mut self, totals: &BalanceTotals) {
        self.deposit_shares = totals.deposits.into();
        self.borrow_shares = totals.borrows.into();
    }

    /// `BorrowNotAllowed` or `BorrowCapExceeded` unless these totals may stand after a new borrow.
    pub(crate) fn require_borrowable(&self, totals: &BalanceTotals) -> Result<()> {
        require!(self.borrow_cap_token_atoms > 0, PlimsollError::BorrowNotAllowed);
        let all = totals.borrows_ceil().map_err(PlimsollError::from)?;
        let within = token::within(all, self.borrow_cap_token_atoms);
        require!(within, PlimsollError::BorrowCapExceeded);
        Ok(())
    }

    /// The interest curve; `ParameterOutOfBounds` if the stored one is none.
    pub fn curve(&self) -> Result<Curve> {
        let mut kinks = [Kink { utilisation: Ratio::ZERO, rate: Ratio::ZERO }; KINKS_MAX];
        for (slot, stored) in kinks.iter_mut().zip(&self.kinks) {
            slot.utilisation = Ratio::from_ppm(stored.utilisation_ppm);
            slot.rate = Ratio::from_ppm(stored.rate_ppm);
        }
        let count = usize::try_from(self.kink_count).map_err(|_| PlimsollError::CorruptAccount)?;
        let used = kinks.get(..count).ok_or(PlimsollError::CorruptAccount)?;
        Curve::new(used).map_err(report)
    }

    fn accrual(&self) -> Accrual {
        Accrual {
            base_deposit: self.base_deposit_index.to_index(),
            base_borrow: self.base_borrow_index.to_index(),
            deposit_rate: Rate::new(self.deposit_rate),
            borrow_rate: Rate::new(self.borrow_rate),
            seconds: Seconds::new(self.accrued_seconds),
            at: UnixSeconds::new(self.accrued_at),
        }
    }

    fn set_accrual(&mut self, accrual: &Accrual) {
        self.base_deposit_index = accrual.base_deposit.into();
        self.base_borrow_index = accrual.base_borrow.into();
        self.deposit_rate = accrual.deposit_rate.get();
        self.borrow_rate = accrual.borrow_rate.get();
        self.accrued_seconds = accrual.seconds.get();
        self.accrued_at = accrual.at.get();
    }

    /// Token atoms per deposit share and per borrow share as of `now`, whether or not anybody has
    /// counted the time until then. Every check reads these, and accrual stores them: a borrower
    /// is judged by what it owes, not by when somebody last touched the token.
    // The short way in place: as a call it would cost three times what it does.
    #[inline(always)]
    pub fn indices(&self, now: UnixSeconds) -> Result<(Index, Index)> {
        // Nothing has grown, and no product says so: the clock stands still or nobody borrows.
        if self.accrued_at >= now.get() || self.deposit_rate | self.borrow_rate == 0 {
            return Ok((self.deposit_index(), self.borrow_index()));
        }
        self.grown_indices(now)
    }

    #[inline(never)]
    fn grown_indices(&self, now: UnixSeconds) -> Result<(Index, Index)> {
        let accrual = self.accrual().advance(now, ACCRUAL_GAP_MAX);
        Ok(accrual.indices().map_err(PlimsollError::from)?)
    }

    /// [`Collateral::totals`] with the indices as of `now`.
    pub fn totals_at(&self, now: UnixSeconds) -> Result<BalanceTotals> {
        let (deposit_index, borrow_index) = self.indices(now)?;
        Ok(BalanceTotals { deposit_index, borrow_index, ..self.totals() })
    }

    /// Brings both indices up to `now`; what borrowers pay beyond what depositors earn is set
    /// aside. However often this happens between two changes of balances, it comes to the same.
    // The short way in place, as with the indices.
    #[inline(always)]
    pub fn accrue(&mut self, now: UnixSeconds) -> Result<()> {
        if self.accrued_at == now.get() {
            return Ok(());
        }
        self.accrue_until(now)
    }

    #[inline(never)]
    fn accrue_until(&mut self, now: UnixSeconds) -> Result<()> {
        let (deposit, borrow) = self.indices(now)?;
        let gain = reserve_gain(&self.totals(), deposit, borrow).map_err(PlimsollError::from)?;
        self.add_reserve(gain)?;
        self.deposit_index = deposit.into();
        self.borrow_index = borrow.into();
        self.set_accrual(&self.accrual().advance(now, ACCRUAL_GAP_MAX));
        Ok(())
    }

    /// Sets the rates anew after balances changed. The indices must be those of now.
    pub(crate) fn rebase(&mut self) -> Result<()> {
        let share = Ratio::from_ppm(self.reserve_share_ppm);
        let rebased = self.accrual().rebase(&self.totals(), &self.curve()?, share);
        self.set_accrual(&rebased.map_err(report)?);
        Ok(())
    }

    /// Part of the token's value that counts for opening now: it rises in a straight line from
    /// nothing, so that a token that nobody knows cannot be borrowed against on its first day.
    pub fn weight(&self, now: UnixSeconds) -> Ratio {
        let elapsed = now.elapsed_since(UnixSeconds::new(self.ramp_from)).get();
        if elapsed >= self.ramp_seconds {
            return Ratio::from_ppm(self.weight_ppm);
        }
        let risen = u128::from(self.weight_ppm).saturating_mul(u128::from(elapsed));
        // Below the weight itself, so that it fits.
        let risen = risen.checked_div(u128::from(self.ramp_seconds)).unwrap_or(0);
        u32::try_from(risen).map_or(Ratio::ZERO, Ratio::from_ppm)
    }

    /// Sets aside what belongs to nobody else.
    pub(crate) fn add_reserve(&mut self, gain: Shares) -> Result<()> {
        let reserve = self.reserve.to_shares().checked_add(gain).map_err(PlimsollError::from)?;
        self.reserve = reserve.into();
        Ok(())
    }

    /// A balance after `delta` atoms came in (went out, if negative); the totals follow, and what
    /// is left below one atom goes to the reserve.
    pub(crate) fn change(&mut self, shares: Shares, delta: TokenAtoms) -> Result<Shares> {
        let mut totals = self.totals();
        let changed = self.change_of(&mut totals, shares, delta)?;
        self.set_totals(&totals);
        Ok(changed)
    }

    /// [`Collateral::change`] of both sides of a move; totals are read and written once.
    pub(crate) fn pass(
        &mut self,
        (from, to): (Shares, Shares),
        atoms: TokenAtoms,
    ) -> Result<(Shares, Shares)> {
        let mut totals = self.totals();
        let from = self.change_of(&mut totals, from, atoms.checked_neg().named()?)?;
        let to = self.change_of(&mut totals, to, atoms)?;
        self.set_totals(&totals);
        Ok((from, to))
    }

    #[inline(always)]
    fn change_of(
        &mut self,
        totals: &mut BalanceTotals,
        shares: Shares,
        delta: TokenAtoms,
    ) -> Result<Shares> {
        let changed = totals.change(shares, delta).named()?;
        if changed.is_zero() && shares.is_positive() {
            let worth = shares.rebased_floor(totals.deposit_index).named()?;
            let moved = Shares::from_atoms_floor(delta, Index::ONE).named()?;
            self.add_reserve(worth.checked_add(moved).named()?.max(Shares::ZERO))?;
        }
        Ok(changed)
    }

    /// A balance that is worth less than one atom goes to the reserve: it could not be withdrawn,
    /// and would keep its account from being closed.
    pub(crate) fn sweep_dust(&mut self, shares: Shares) -> Result<Shares> {
        let mut totals = self.totals();
        if !shares.is_positive() || !totals.atoms(shares).named()?.is_zero() {
            return Ok(shares);
        }
        totals.deposits = totals.deposits.checked_sub(shares).named()?;
        self.set_totals(&totals);
        self.add_reserve(shares.rebased_floor(self.deposit_index()).named()?)?;
        Ok(Shares::ZERO)
    }

    /// What the insurance fund pays of `loss` for this token's lenders, as far as the day's cap and
    /// `fund` go; it is counted.
    pub(crate) fn insure(
        &mut self,
        loss: QuoteAtoms,
        fund: QuoteAtoms,
        now: UnixSeconds,
    ) -> Result<QuoteAtoms> {
        let today = super::day(now);
        if self.insured_day != today {
            self.insured_day = today;
            self.insured_quote_atoms = 0;
        }
        let left = self.insurance_cap_quote_atoms.saturating_sub(self.insured_quote_atoms);
        let left = QuoteAtoms::new(i64::try_from(left).unwrap_or(i64::MAX));
        let paid = loss.min(left).min(fund).max(QuoteAtoms::ZERO);
        let counted = u64::try_from(paid.get()).map_err(|_| PlimsollError::MathOverflow)?;
        self.insured_quote_atoms = self.insured_quote_atoms.saturating_add(counted);
        Ok(paid)
    }

    /// Takes up to `wanted` whole atoms from what was set aside, as far as depositors' money is
    /// in the vault or lent: always, since nothing else is done with it.
    pub(crate) fn take_reserve(&mut self, wanted: TokenAtoms) -> Result<TokenAtoms> {
        let held = self.reserve.to_shares().to_atoms_floor(Index::ONE).named()?;
        let taken = held.min(wanted).max(TokenAtoms::ZERO);
        let out = Shares::from_atoms_floor(taken, Index::ONE).named()?;
        self.reserve = self.reserve.to_shares().checked_sub(out).named()?.into();
        Ok(taken)
    }

    /// Takes at least `loss` off all deposits, in proportion. The indices must be those of now.
    /// `LossBeyondDeposits` if there is not that much, or what would be left is next to nothing: with a
    /// few atoms that nobody else has joined, somebody could wear the index down until no deposit
    /// fits any more.
    pub(crate) fn write_down(&mut self, loss: TokenAtoms) -> Result<()> {
        if loss.is_zero() {
            return Ok(());
        }
        let index = write_down(&self.totals(), loss).named()?;
        require!(index.get() >= DEPOSIT_INDEX_MIN, PlimsollError::LossBeyondDeposits);
        self.deposit_index = index.into();
        self.base_deposit_index = self.deposit_index;
        self.base_borrow_index = self.borrow_index;
        self.accrued_seconds = 0;
        self.losses_shared = self.losses_shared.wrapping_add(1);
        Ok(())
    }

    /// Token atoms per deposit share, as of `accrued_at`.
    #[inline]
    pub fn deposit_index(&self) -> Index {
        self.deposit_index.to_index()
    }

    /// Token atoms per borrow share, as of `accrued_at`.
    #[inline]
    pub fn borrow_index(&self) -> Index {
        self.borrow_index.to_index()
    }

    /// Whole units of the underlying per token atom.
    #[inline]
    pub fn scale(&self) -> Result<Price> {
        self.scale.price()
    }
}
