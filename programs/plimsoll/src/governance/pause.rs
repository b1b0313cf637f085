//! What the guardian may halt, and for how long. A pause ends by itself, and is paid for out of a
//! budget that refills slowly: the guardian can win time, and never hold anybody's money.
//!
//! Nothing stops deposits, repayments, withdrawals of what one has, losses that are settled, or the
//! exit from the insurance fund.

use anchor_lang::prelude::*;
use plimsoll_units::UnixSeconds;

use crate::error::PlimsollError;
use crate::state::Group;

/// Longest pause (seconds): a day.
pub const PAUSE_SECONDS_MAX: u64 = 86_400;
/// Pauses that may follow each other without a break (seconds): three days.
pub const PAUSE_BUDGET_SECONDS: u64 = 3 * 86_400;
/// Seconds in which the budget gains one.
const REFILL_SECONDS: u64 = 10;

/// What can be halted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub enum PauseClass {
    /// Trades.
    Trade,
    /// Withdrawals that borrow.
    Borrow,
    /// Bids on accounts below their line.
    Liquidate,
    /// Settlement of profits.
    SettleProfit,
}

impl PauseClass {
    /// Place among the group's pauses.
    pub fn place(self) -> u8 {
        match self {
            Self::Trade => 0,
            Self::Borrow => 1,
            Self::Liquidate => 2,
            Self::SettleProfit => 3,
        }
    }

    /// True if owners act first when it ends: they could not, or nobody could, in the meantime.
    fn is_followed_by_owners(self) -> bool {
        matches!(self, Self::Trade | Self::Liquidate)
    }
}

impl Group {
    /// Until when a class is paused (Unix seconds).
    pub fn paused_until(&self, class: PauseClass) -> i64 {
        self.paused_until.get(usize::from(class.place())).copied().unwrap_or(i64::MAX)
    }

    /// `Paused` while the guardian halts this.
    pub fn require_unpaused(&self, class: PauseClass, now: UnixSeconds) -> Result<()> {
        require!(now.get() >= self.paused_until(class), PlimsollError::Paused);
        Ok(())
    }

    /// True for a while after a pause of trades or bids: only owners may act on accounts below
    /// their line.
    pub fn owner_first(&self, now: UnixSeconds) -> bool {
        let first = i64::try_from(self.owner_first_seconds).unwrap_or(i64::MAX);
        [PauseClass::Trade, PauseClass::Liquidate].into_iter().any(|class| {
            let ended = self.paused_until(class);
            ended != 0 && ended <= now.get() && now.get() < ended.saturating_add(first)
        })
    }

    /// True while bids are neither paused, nor rest after a pause for owners to act first.
    pub(crate) fn lets_bid(&self, now: UnixSeconds) -> bool {
        if self.paused_until == [0; 4] {
            return true;
        }
        now.get() >= self.paused_until(PauseClass::Liquidate) && !self.owner_first(now)
    }

    /// Since when bids are possible again, or from when on (Unix seconds). While trades are paused bids go
    /// on, and rest when that ends.
    pub fn bids_from(&self, now: UnixSeconds) -> i64 {
        let of_trades = self.paused_until(PauseClass::Trade);
        let ended = if of_trades > now.get() { 0 } else { of_trades };
        let last = ended.max(self.paused_until(PauseClass::Liquidate));
        last.saturating_add_unsigned(self.owner_first_seconds)
    }

    /// Pauses a class from now on. The time in which owners act first afterwards is part of the
    /// price, since bids rest then too. `PauseTooLong`, `PauseBudgetSpent`.
    pub(crate) fn pause(
        &mut self,
        class: PauseClass,
        seconds: u64,
        now: UnixSeconds,
    ) -> Result<()> {
        require!((1..=PAUSE_SECONDS_MAX).contains(&seconds), PlimsollError::PauseTooLong);
        self.refill_pauses(now);
        let after = match class.is_followed_by_owners() {
            true => self.owner_first_seconds,
            false => 0,
        };
        let price = seconds.saturating_add(after);
        let left = self.pause_budget_seconds.checked_sub(price);
        self.pause_budget_seconds = left.ok_or(PlimsollError::PauseBudgetSpent)?;
        let until = self.paused_until(class).max(now.get().saturating_add_unsigned(seconds));
        self.set_paused_until(class, until)
    }

    /// Ends a pause now, if one runs.
    pub(crate) fn unpause(&mut self, class: PauseClass, now: UnixSeconds) -> Result<()> {
        self.set_paused_until(class, self.paused_until(class).min(now.get()))
    }

    fn set_paused_until(&mut self, class: PauseClass, until: i64) -> Result<()> {
        let slot = self.paused_until.get_mut(usize::from(class.place()));
        *slot.ok_or(PlimsollError::CorruptAccount)? = until;
        Ok(())
    }

    /// Adds what the budget gained since it was last looked at. What does not make a whole second
    /// is left for the next time.
    fn refill_pauses(&mut self, now: UnixSeconds) {
        let since = UnixSeconds::new(self.pause_budget_at);
        let gained = now.elapsed_since(since).get().checked_div(REFILL_SECONDS).unwrap_or(0);
        let budget = self.pause_budget_seconds.saturating_add(gained);
        self.pause_budget_seconds = budget.min(PAUSE_BUDGET_SECONDS);
        let counted = gained.saturating_mul(REFILL_SECONDS);
        self.pause_budget_at = self.pause_budget_at.saturating_add_unsigned(counted);
    }
}
