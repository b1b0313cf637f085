//! The run in a dozen numbers.

use crate::run::Outcome;

/// What a risk manager asks first. Amounts are in quote atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Traders, those liquidated, and those bankrupt.
    pub traders: usize,
    /// See `traders`.
    pub liquidated: usize,
    /// See `traders`.
    pub bankrupt: usize,
    /// Bids that were taken.
    pub bids: usize,
    /// Requirement released by them.
    pub released: i64,
    /// Discount paid.
    pub discount: i64,
    /// Losses that no equity covered, paid by the insurance fund.
    pub bad_debt_paid: i64,
    /// What of it the opposite sides of instruments were charged.
    pub charged: i64,
    /// What of it is left as debt of instruments.
    pub debt: i64,
    /// Losses that are still owed at the end.
    pub bad_debt_open: i64,
    /// The insurance fund at the start.
    pub insurance_start: i64,
    /// What it got from discounts.
    pub insurance_in: i64,
    /// What it paid.
    pub insurance_out: i64,
    /// The insurance fund at the end.
    pub insurance_end: i64,
    /// Traders' equity at the start.
    pub equity_start: i64,
    /// Mean β of all bids (ppm).
    pub beta_mean_ppm: u64,
}

impl Summary {
    /// Sums a run up.
    pub fn of(outcome: &Outcome) -> Self {
        let sum = |of: fn(&crate::receipts::Receipt) -> i64| -> i64 {
            outcome.receipts.iter().map(of).sum()
        };
        let betas: u64 = outcome.receipts.iter().map(|one| u64::from(one.beta_ppm)).sum();
        Self {
            traders: outcome.options.accounts,
            liquidated: outcome.liquidated,
            bankrupt: outcome.bankrupt,
            bids: outcome.receipts.len(),
            released: sum(|one| one.released),
            discount: sum(|one| one.discount),
            bad_debt_paid: sum(|one| one.bad_debt()),
            bad_debt_open: outcome.owed_end,
            insurance_start: outcome.insurance_start,
            insurance_in: sum(|one| one.insurance_cut),
            insurance_out: sum(|one| one.insurance_paid) + outcome.losses.insured,
            charged: outcome.losses.charged,
            debt: outcome.losses.debt,
            insurance_end: outcome.samples.last().map_or(0, |sample| sample.insurance),
            equity_start: outcome.equity_start,
            beta_mean_ppm: betas / (outcome.receipts.len() as u64).max(1),
        }
    }

    /// All losses that no equity covered.
    pub fn bad_debt(&self) -> i64 {
        self.bad_debt_paid + self.bad_debt_open
    }
}
