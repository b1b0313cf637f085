//! Something with a price: its oracle sources, guard rails and risk scenarios.

use anchor_lang::bytemuck::{Pod, Zeroable};
use anchor_lang::prelude::*;
use plimsoll_risk::{
    linear_factors, loss_ratios, scan_range_widened, LinearShocks, OracleBounds, Scenario,
    ScenarioSet, SlopeLimited, SCENARIOS_MAX,
};
use plimsoll_units::{QuoteAtoms, Ratio, Seconds, UnixSeconds, Value};

use super::StoredPrice;
use crate::error::{report, PlimsollError};

/// Oracle sources of one underlying at most.
pub const SOURCES_MAX: usize = 2;

/// An oracle that stood still for more than this many times its greatest age had a gap.
const OWNER_FIRST_AGES: i64 = 4;

/// How a source's account is laid out, and whose it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// Pyth push price account, at the source's address.
    PythPush,
    /// Pyth pull `PriceUpdateV2` with the source's feed id.
    PythPull,
}

impl SourceKind {
    /// Stored number of the kind.
    pub fn raw(self) -> u64 {
        match self {
            Self::PythPush => 1,
            Self::PythPull => 2,
        }
    }

    /// The kind with this number.
    #[inline(always)]
    pub fn from_raw(raw: u64) -> Option<Self> {
        match raw {
            1 => Some(Self::PythPush),
            2 => Some(Self::PythPull),
            _ => None,
        }
    }
}

/// One oracle source.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
#[bytemuck(crate = "anchor_lang::bytemuck")]
pub struct StoredSource {
    /// 1 Pyth push, 2 Pyth pull.
    pub kind: u64,
    /// The price account. All zeros, for a pull source only: any account of the receiver with the
    /// feed id will do. Pinning it keeps traders from choosing among recent updates.
    pub address: Address,
    /// Feed id of a pull source; zeros for push.
    pub feed_id: [u8; 32],
}

/// One scenario as stored.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
#[bytemuck(crate = "anchor_lang::bytemuck")]
pub struct StoredScenario {
    /// Move of the price (parts per million of the scan range, signed).
    pub shock_ppm: i32,
    /// Move of the volatility (parts per million of the volatility range, signed).
    pub volatility_ppm: i32,
    /// Weight of the result (parts per million).
    pub weight_ppm: u32,
}

/// A price that follows the oracle with a limited slope.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
#[bytemuck(crate = "anchor_lang::bytemuck")]
pub struct StoredSlope {
    /// USD per unit as of the last refresh.
    pub price: StoredPrice,
    /// When it was last refreshed (Unix seconds).
    pub updated_at: i64,
    /// Most that it may move per second (parts per million of itself).
    pub slope_ppm_per_second: u32,
    /// Seconds without a refresh that one refresh may catch up at most.
    pub catch_up_seconds_max: u32,
}

impl StoredSlope {
    /// The slope-limited price.
    pub fn get(&self) -> Result<SlopeLimited> {
        Ok(SlopeLimited { price: self.price.price()?, updated: UnixSeconds::new(self.updated_at) })
    }

    /// Follows `target` and stores the result.
    pub fn advance(&mut self, target: plimsoll_units::Price, now: UnixSeconds) -> Result<()> {
        let slope = Ratio::from_ppm(self.slope_ppm_per_second);
        let catch_up = Seconds::new(u64::from(self.catch_up_seconds_max));
        let next = self.get()?.advance(target, now, slope, catch_up);
        let next = next.map_err(report)?;
        self.price = next.price.into();
        self.updated_at = next.updated.get();
        Ok(())
    }
}

/// An underlying.
#[account]
pub struct Underlying {
    /// Layout version.
    pub version: u8,
    /// Bump of this address.
    pub bump: u8,
    /// Index within the group; 0 prices the quote token.
    pub index: u16,
    /// Oracle sources in use, 1 or 2.
    pub source_count: u8,
    /// Scenarios in use, 1 to 16.
    pub scenario_count: u8,
    /// Zero.
    pub padding: [u8; 2],
    /// The group.
    pub group: Address,
    /// Name for people, UTF-8, zero-padded.
    pub name: [u8; 16],
    /// Oracle sources; the first one's price is used, all of them must agree.
    pub sources: [StoredSource; SOURCES_MAX],
    /// Prices older than this are stale (seconds).
    pub age_seconds_max: u32,
    /// Wider confidence is uncertain (parts per million of the price).
    pub confidence_ppm_max: u32,
    /// Sources further apart are dispersed (parts per million of the price).
    pub dispersion_ppm_max: u32,
    /// Prices further from the jump reference are jumping (parts per million of it).
    pub jump_ppm_max: u32,
    /// Newest publish time that a refresh has seen (Unix seconds).
    pub published_at: i64,
    /// The stable price: slow, what opening is judged by.
    pub stable: StoredSlope,
    /// The jump reference: fast, what a jump is measured from.
    pub reference: StoredSlope,
    /// Scan range up to `open_interest_lower` (parts per million).
    pub scan_lower_ppm: u32,
    /// Scan range from `open_interest_upper` on (parts per million).
    pub scan_upper_ppm: u32,
    /// Open interest below which the scan range is at its least (quote atoms).
    pub open_interest_lower_quote_atoms: u64,
    /// Open interest above which the scan range is at its most (quote atoms).
    pub open_interest_upper_quote_atoms: u64,
    /// Open interest of all instruments as of their last refreshes (quote atoms).
    pub open_interest_quote_atoms: u64,
    /// Worst scenario's loss of a net long, per notional, at the least scan range (ppm).
    pub loss_long_ppm: u32,
    /// Worst scenario's loss of a net short, per notional, at the least scan range (ppm).
    pub loss_short_ppm: u32,
    /// Share of net notional per multiple of depth beyond the first (parts per million).
    pub concentration_slope_ppm: u32,
    /// That share at most (parts per million).
    pub concentration_max_ppm: u32,
    /// Net notional up to which size costs nothing extra (quote atoms).
    pub depth_quote_atoms: u64,
    /// Share of the hedged amount that is required (parts per million).
    pub basis_ppm: u32,
    /// Initial requirement per maintenance requirement, at least one (parts per million).
    pub initial_multiplier_ppm: u32,
    /// Scan range over the least one, as of the last refresh of an instrument, at least one (ppm).
    /// Widens what opening requires; never the line at which an account is liquidated.
    pub widening_ppm: u32,
    /// Zero.
    pub padding_2: u32,
    /// Scenarios; those past `scenario_count` are zero.
    pub scenarios: [StoredScenario; SCENARIOS_MAX],
    /// The first expiry that is listed (Unix seconds); zero: none.
    pub first_expiry_at: i64,
    /// Damped move of the price in each scenario, at the least scan range (2^-27, signed).
    pub price_moves: [i32; SCENARIOS_MAX],
    /// When scenarios and scan range were last set (Unix seconds): risk arrays of before, or of that very
    /// second, are those of others.
    pub scenarios_at: i64,
    /// Zero.
    pub reserved: [u64; 22],
    /// Until when only owners may act on accounts with this underlying that are below their
    /// line, since its oracle had stood still (Unix seconds).
    pub owner_first_until: i64,
    /// Zero.
    pub reserved_2: [u64; 30],
}

const _: () = assert!(
    core::mem::size_of::<Underlying>()
        == 2 + 2 + 2 + 2 // version, bump, index, counts, padding
            + 32 // group
            + 16 // name
            + 2 * 72 // sources
            + 4 * 4 // bounds
            + 8 // published
            + 2 * 32 // stable, reference
            + 2 * 4 // scan
            + 3 * 8 // open interest
            + 2 * 4 // losses
            + 2 * 4 // concentration
            + 8 // depth
            + 4 * 4 // basis, multiplier, widening, padding
            + 16 * 12 // scenarios
            + 8 + 16 * 4 // first expiry, price moves
            + 54 * 8 // scenarios set, reserved, owner first
);

impl Underlying {
    /// The oracle sources in use.
    #[inline]
    pub fn sources(&self) -> Result<&[StoredSource]> {
        let sources = self.sources.get(..usize::from(self.source_count));
        sources.ok_or_else(|| PlimsollError::CorruptAccount.into())
    }

    /// What the oracle's prices must satisfy.
    #[inline]
    pub fn bounds(&self) -> OracleBounds {
        OracleBounds {
            age_max: Seconds::new(u64::from(self.age_seconds_max)),
            confidence_max: Ratio::from_ppm(self.confidence_ppm_max),
            dispersion_max: Ratio::from_ppm(self.dispersion_ppm_max),
            jump_max: Ratio::from_ppm(self.jump_ppm_max),
        }
    }

    /// Reserves accounts with this underlying to their owners for a while if the price published
    /// at `published` follows a gap.
    pub(crate) fn note_gap(&mut self, published: i64, now: UnixSeconds, first_seconds: u64) {
        let gap = i64::from(self.age_seconds_max).saturating_mul(OWNER_FIRST_AGES);
        if published.saturating_sub(self.published_at) > gap {
            let until = now.get().saturating_add_unsigned(first_seconds);
            self.owner_first_until = self.owner_first_until.max(until);
        }
    }

    /// The scenarios; `ScenarioSetInvalid` if they are not usable.
    pub fn scenario_set(&self) -> Result<ScenarioSet> {
        let empty = Scenario { shock: 0, volatility: 0, weight: Ratio::ZERO };
        let mut scenarios = [empty; SCENARIOS_MAX];
        for (slot, stored) in scenarios.iter_mut().zip(&self.scenarios) {
            *slot = Scenario {
                shock: stored.shock_ppm,
                volatility: stored.volatility_ppm,
                weight: Ratio::from_ppm(stored.weight_ppm),
            };
        }
        let used = scenarios.get(..usize::from(self.scenario_count));
        let used = used.ok_or(PlimsollError::CorruptAccount)?;
        ScenarioSet::new(used).map_err(report)
    }

    /// Worst losses of a net long and a net short, per notional, at a scan range.
    pub fn losses(&self, scan: Ratio) -> Result<(Ratio, Ratio)> {
        let factors = linear_factors(&self.scenario_set()?).map_err(report)?;
        let losses = loss_ratios(scan, factors);
        Ok(losses.map_err(|_| PlimsollError::ParameterOutOfBounds)?)
    }

    /// The scan range at the open interest of the last refreshes.
    pub fn scan(&self) -> Result<Ratio> {
        let scan = scan_range_widened(
            Ratio::from_ppm(self.scan_lower_ppm),
            Ratio::from_ppm(self.scan_upper_ppm),
            value(self.open_interest_quote_atoms)?,
            value(self.open_interest_lower_quote_atoms)?,
            value(self.open_interest_upper_quote_atoms)?,
        );
        scan.map_err(report)
    }

    /// Carries the open interest into what opening requires.
    pub(crate) fn update_scan(&mut self) -> Result<()> {
        let least = Ratio::from_ppm(self.scan_lower_ppm);
        let (long, short) = self.losses(least)?;
        self.loss_long_ppm = long.ppm();
        self.loss_short_ppm = short.ppm();
        let widening = ratio_value(self.scan()?).ratio_ceil(ratio_value(least));
        let moves = LinearShocks::new(&self.scenario_set()?, least).map_err(report)?;
        self.price_moves = moves.factors;
        self.widening_ppm = widening.map_err(PlimsollError::from)?.ppm();
        Ok(())
    }

    /// Initial over maintenance requirement, open interest included.
    pub fn initial_multiplier(&self) -> Result<Ratio> {
        let (multiplier, widening) =
            (Ratio::from_ppm(self.initial_multiplier_ppm), Ratio::from_ppm(self.widening_ppm));
        // Mostly there is none, and then there is no division.
        if widening <= Ratio::ONE {
            return Ok(multiplier);
        }
        let multiplier = multiplier.mul_ceil(widening);
        Ok(multiplier.map_err(PlimsollError::from)?)
    }
}

/// A ratio as a value, where only the quotient of two counts.
fn ratio_value(ratio: Ratio) -> Value {
    Value::from_quote(QuoteAtoms::new(i64::from(ratio.ppm())))
}

fn value(quote_atoms: u64) -> Result<Value> {
    let raw = i64::try_from(quote_atoms).map_err(|_| PlimsollError::MathOverflow)?;
    Ok(Value::from_quote(QuoteAtoms::new(raw)))
}
