//! A contract: what the margin check reads of it. What trades write lies in its pool.

// Anchor's `pod_wrapper` expands to a conversion of its own.
#![allow(clippy::as_conversions)]

use anchor_lang::prelude::*;
use plimsoll_risk::{funding_flow, FundingTerms, Payoff, Phase, RowKey, RowKind, SideIndices};
use plimsoll_units::{Price, QuoteAtoms, Ratio, Seconds, TickSize, UnixSeconds, Value};

use super::{StoredArray, StoredPrice, Word128};
use crate::error::{Named, PlimsollError};

/// So long after an expiry has settled nobody is paid out (seconds): what losers cannot pay is found in
/// that time, while all lots of the other side are there to bear it.
const PENDING_SECONDS: i64 = 3_600;
/// Nor so long after a time in which nobody might bid (seconds): nothing is found while it lasts.
const BIDDING_SECONDS: i64 = 900;
/// But for so long at most, whatever is paused (seconds): nobody's money waits for ever.
const PENDING_SECONDS_MAX: i64 = 86_400;

/// Kinds of contract.
#[pod_wrapper]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum InstrumentKind {
    /// A linear contract without expiry.
    Perpetual = 1,
    /// A linear contract that settles at its expiry's average price.
    Future = 2,
    /// A European call, settled in quote.
    Call = 3,
    /// A European put, settled in quote.
    Put = 4,
}

/// What may be done in an instrument.
#[pod_wrapper]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum InstrumentStatus {
    /// Open for trading.
    Active = 1,
    /// Positions may only shrink.
    ReduceOnly = 2,
    /// The settlement price has been taken over: positions only settle.
    Settled = 3,
}

/// An instrument of the group.
#[account]
pub struct Instrument {
    /// Layout version.
    pub version: u8,
    /// Bump of this address.
    pub bump: u8,
    /// Bump of the pool's address.
    pub pool_bump: u8,
    /// Kind of contract.
    pub kind: PodInstrumentKind,
    /// What may be done now.
    pub status: PodInstrumentStatus,
    /// Zero.
    pub padding: u8,
    /// Index within the group.
    pub index: u16,
    /// Index of the underlying.
    pub underlying: u16,
    /// Zero.
    pub padding_2: [u8; 6],
    /// The group.
    pub group: Address,
    /// Name for people, UTF-8, zero-padded.
    pub name: [u8; 16],
    /// Whole units of the underlying per lot.
    pub lot: StoredPrice,
    /// Quote atoms per lot that one tick of price is worth.
    pub tick_quote_atoms_per_lot: u64,
    /// Trades further than this from the index price are refused (parts per million).
    pub price_band_ppm: u32,
    /// Share of a positive position value that counts for opening (parts per million); zero once it has
    /// settled.
    pub pnl_weight_ppm: u32,
    /// Fee that each side of a trade pays on its notional (parts per million).
    pub trade_fee_ppm: u32,
    /// Zero.
    pub padding_3: u32,
    /// Open interest may not rise above this (lots of one side).
    pub open_interest_cap_lots: u64,
    /// Open interest as of the last refresh (lots of one side).
    pub open_interest_lots: u64,
    /// The same at the price of that refresh (quote atoms).
    pub open_interest_quote_atoms: u64,
    /// What a long lot has paid since the beginning, as of `funding_at` (2^-48 quote atoms).
    pub long_index: Word128,
    /// The same of a short lot, from the long's side: what it has received (2^-48 quote atoms).
    pub short_index: Word128,
    /// What a long lot pays a short one from `funding_at` on (2^-32 quote atoms per second).
    pub funding_rate: i64,
    /// When the indices were last brought up to date (Unix seconds).
    pub funding_at: i64,
    /// Seconds after `funding_at` for which the rate holds; then funding stands still.
    pub funding_seconds_max: u32,
    /// Funding per hour at most (parts per million of the index price).
    pub funding_cap_ppm: u32,
    /// Trades further than this from the index price are no sample (parts per million).
    pub premium_band_ppm: u32,
    /// Time constant of the premium's mean (seconds).
    pub premium_seconds: u32,
    /// Notional with which one trade moves the premium half of the way (quote atoms).
    pub premium_impact_quote_atoms: u64,
    /// Losses of bankrupt accounts that wait to be shared (quote atoms). While there are any,
    /// nobody adds to a position or settles a profit.
    pub losses_pending_quote_atoms: u64,
    /// Losses shared per lot and day at most (parts per million of the price).
    pub loss_cap_ppm: u32,
    /// Reward for settling a loss (parts per million of it).
    pub settle_reward_ppm: u32,
    /// That reward at most (quote atoms).
    pub settle_reward_quote_atoms_max: u64,
    /// Most that the insurance fund pays for losses in this instrument per day (quote atoms).
    pub insurance_cap_quote_atoms: u64,
    /// Day since 1970 of the two budgets below.
    pub loss_day: u64,
    /// Shared losses of that day per long lot (2^-48 quote atoms).
    pub loss_long: Word128,
    /// Shared losses of that day per short lot (2^-48 quote atoms).
    pub loss_short: Word128,
    /// What the insurance fund paid on that day (quote atoms).
    pub loss_insured_quote_atoms: u64,
    /// How often the longs have been deleveraged; the number of the next time.
    pub long_deleveragings: u64,
    /// How often the shorts have been deleveraged; the number of the next time.
    pub short_deleveragings: u64,
    /// Day since 1970 of the next word.
    pub small_day: u64,
    /// Deleveragings of little on that day.
    pub small_count: u64,
    /// When the contract expires (Unix seconds); zero: never.
    pub expires_at: i64,
    /// Strike of an option (quote atoms per lot); zeros without one.
    pub strike: StoredPrice,
    /// What a lot is worth and what it may gain or lose, as of the last refresh.
    pub array: StoredArray,
    /// Who paid the rent of instrument and pool, and gets it back.
    pub payer: Address,
    /// When the guardian last tightened it (Unix seconds): what was proposed before is not done any more.
    pub tightened_at: i64,
    /// Zero.
    pub reserved: [u64; 4],
}

const _: () = assert!(
    core::mem::size_of::<Instrument>()
        == 3 + 2 + 1 // version, bumps, kind, status, padding
            + 2 * 2 + 6 // index, underlying, padding
            + 32 // group
            + 16 // name
            + 16 // lot
            + 8 // tick
            + 4 * 4 // band, pnl weight, fee, padding
            + 3 * 8 // open interest: cap, lots, quote
            + 2 * 16 // indices
            + 2 * 8 // rate, at
            + 4 * 4 // funding and premium parameters
            + 2 * 8 // impact, losses pending
            + 2 * 4 // loss cap, settle reward
            + 2 * 8 // settle reward max, insurance cap
            + 8 + 2 * 16 // day, budgets
            + 8 // insured
            + 4 * 8 // deleveragings
            + 8 + 16 // expiry, strike
            + 23 * 8 // array
            + 32 // payer
            + 5 * 8 // tightened, reserved
);

/// What an instrument keeps of one side.
pub(crate) struct SideTotals<'a> {
    /// What a lot has paid.
    pub(crate) index: &'a mut Word128,
    /// Shared losses of the day per lot.
    pub(crate) loss: &'a mut Word128,
    /// How often the side has been deleveraged.
    pub(crate) deleveragings: &'a mut u64,
}

/// The numbers of the kinds, as stored.
const PERPETUAL: u8 = 1;
const FUTURE: u8 = 2;
const CALL: u8 = 3;
const PUT: u8 = 4;

/// Length of the settlement window, as a stored time counts it (seconds).
const SETTLEMENT_SECONDS: i64 = 1_800;

impl Instrument {
    /// What a lot of either side has paid, as of `now`.
    // In place, and total by total: as a call, or as one value of two origins, the totals would be
    // copied twice.
    #[inline(always)]
    pub fn side_indices(&self, now: UnixSeconds) -> Result<SideIndices> {
        let (mut long, mut short) = (self.long_index.to_value(), self.short_index.to_value());
        if self.funding_rate != 0 {
            let gap = Seconds::new(u64::from(self.funding_seconds_max));
            let since = UnixSeconds::new(self.funding_at);
            let flow = funding_flow(self.funding_rate, since, now, gap).named()?;
            long = long.checked_add(flow).named()?;
            short = short.checked_add(flow).named()?;
        }
        Ok(SideIndices {
            long,
            short,
            long_deleveragings: self.long_deleveragings,
            short_deleveragings: self.short_deleveragings,
        })
    }

    /// One side, for writing.
    pub(crate) fn side_mut(&mut self, longs: bool) -> SideTotals<'_> {
        match longs {
            true => SideTotals {
                index: &mut self.long_index,
                loss: &mut self.loss_long,
                deleveragings: &mut self.long_deleveragings,
            },
            false => SideTotals {
                index: &mut self.short_index,
                loss: &mut self.loss_short,
                deleveragings: &mut self.short_deleveragings,
            },
        }
    }

    /// The rate if it still holds at `now`, else none.
    pub(crate) fn rate_at(&self, now: UnixSeconds) -> i64 {
        let elapsed = now.elapsed_since(UnixSeconds::new(self.funding_at)).get();
        match elapsed < u64::from(self.funding_seconds_max) {
            true => self.funding_rate,
            false => 0,
        }
    }

    /// Brings the indices up to `now` and sets the rate that holds from there.
    pub(crate) fn accrue_funding(&mut self, now: UnixSeconds, rate: i64) -> Result<()> {
        let indices = self.side_indices(now)?;
        self.long_index = indices.long.into();
        self.short_index = indices.short.into();
        self.funding_rate = rate;
        self.funding_at = self.funding_at.max(now.get());
        Ok(())
    }

    /// What makes samples of a premium, and funding of them.
    pub fn funding_terms(&self) -> Result<FundingTerms> {
        let impact = i64::try_from(self.premium_impact_quote_atoms);
        let impact = impact.map_err(|_| PlimsollError::OutOfRange)?;
        Ok(FundingTerms {
            band: Ratio::from_ppm(self.premium_band_ppm),
            impact: Value::from_quote(QuoteAtoms::new(impact)),
            window: Seconds::new(u64::from(self.premium_seconds)),
            cap_per_hour: Ratio::from_ppm(self.funding_cap_ppm),
        })
    }

    /// True if a check reads the array: of an option always, of a future from the settlement window
    /// on. Others move one to one with the index price.
    #[inline]
    pub fn has_array(&self, now: UnixSeconds) -> bool {
        match self.kind.0 {
            PERPETUAL => false,
            FUTURE => self.is_fading(now),
            _ => true,
        }
    }

    /// True from the settlement window on: what a contract pays is, in part or wholly, known already, and
    /// no longer goes along with the price.
    #[inline]
    pub fn is_fading(&self, now: UnixSeconds) -> bool {
        // A time that was listed lies far from either end of a word.
        now.get() >= self.expires_at.wrapping_sub(SETTLEMENT_SECONDS)
    }

    /// How much of what it pays is known at `now`?
    #[inline]
    pub fn phase(&self, now: UnixSeconds) -> Phase {
        match (self.is_settled(), self.is_fading(now)) {
            (true, _) => Phase::Settled,
            (false, true) => Phase::Fading,
            (false, false) => Phase::Open,
        }
    }

    /// True if a check reads the array, where `is_priced` says whether the underlying has a valid price.
    /// A future that nobody could refresh when its window began, for want of a price, counts without
    /// one, like any row without a price.
    #[inline]
    pub fn counts_by_array(&self, now: UnixSeconds, is_priced: impl FnOnce() -> bool) -> bool {
        // What is cheap to know first: every check asks for every position.
        match self.kind.0 {
            PERPETUAL => false,
            FUTURE => self.is_fading(now) && (self.array.refreshed_at != 0 || is_priced()),
            _ => true,
        }
    }

    /// True once the settlement price has been taken over.
    #[inline]
    pub fn is_settled(&self) -> bool {
        self.status == InstrumentStatus::Settled
    }

    /// Of a settled instrument: from when on its positions are paid out, where `bids_from` is since when bids
    /// have been possible, or from when on they are (both in Unix seconds).
    pub fn payable_at(&self, bids_from: i64) -> i64 {
        // The array is as of the expiry's settlement, whoever wrote it later.
        let settled_at = self.array.refreshed_at;
        let payable_at = settled_at.saturating_add(PENDING_SECONDS);
        let payable_at = payable_at.max(bids_from.saturating_add(BIDDING_SECONDS));
        payable_at.min(settled_at.saturating_add(PENDING_SECONDS_MAX))
    }

    /// What is paid at expiry, per lot.
    #[inline]
    pub fn payoff(&self) -> Result<Payoff> {
        Ok(match self.kind.0 {
            CALL => Payoff::Call { strike: self.strike.price()? },
            PUT => Payoff::Put { strike: self.strike.price()? },
            _ => Payoff::Linear,
        })
    }

    /// The key of this instrument's row in every margin account.
    pub fn key(&self) -> RowKey {
        RowKey::new(self.underlying, RowKind::Position, self.index)
    }

    /// Whole units of the underlying per lot.
    #[inline]
    pub fn lot(&self) -> Result<Price> {
        self.lot.price()
    }

    /// Quote atoms per lot and tick.
    pub fn tick(&self) -> TickSize {
        TickSize::new(self.tick_quote_atoms_per_lot)
    }

    /// Share of a positive position value that counts for opening.
    #[inline]
    pub fn pnl_weight(&self) -> Ratio {
        Ratio::from_ppm(self.pnl_weight_ppm)
    }
}
