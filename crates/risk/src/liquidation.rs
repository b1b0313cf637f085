//! When may an account be unloaded, by how much, and what is that worth?
//!
//! A bid takes rows over at their value, less a discount that is a share β of the requirement
//! that it takes off the account:
//!
//! > `discount = β · (MM before − MM after)`
//!
//! β rises with time and with depth, and stays below one. So nothing can be earned by a bid that
//! removes no risk, each bid raises the account's health, and cutting a bid into pieces or
//! changing their order gains nothing.

use crate::{Health, RiskError};
use plimsoll_units::{products, Fraction, QuoteAtoms, Ratio, Slot, Slots, Value};

/// What the three roundings to whole atoms of one settlement may add to the account, at most.
const ROUNDING_ATOMS: QuoteAtoms = QuoteAtoms::new(3);

/// The settings of a group's liquidations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationTerms {
    /// β at once, just below the line.
    pub beta_min: Ratio,
    /// β after `duration` or at `depth_full`; below one.
    pub beta_max: Ratio,
    /// How long β takes to rise.
    pub duration: Slots,
    /// Depth at which β is full at once.
    pub depth_full: Ratio,
    /// How far above its requirement an account must be for its liquidation to end, and how far
    /// above a bid may lift it, as a part of the requirement.
    pub buffer: Ratio,
    /// Part of the discount that goes to the insurance fund.
    pub insurance_cut: Ratio,
    /// An account with no more requirement than this is taken whole.
    pub dust: Value,
}

impl LiquidationTerms {
    /// β 20 % to 50 % over 150 slots or 10 % of depth, a buffer of 20 %, a tenth of the discount
    /// for the insurance fund, dust below one million quote atoms (one dollar of USDC).
    pub const DEFAULT: Self = Self {
        beta_min: Ratio::from_ppm(200_000),
        beta_max: Ratio::from_ppm(500_000),
        duration: Slots::new(150),
        depth_full: Ratio::from_ppm(100_000),
        buffer: Ratio::from_ppm(200_000),
        insurance_cut: Ratio::from_ppm(100_000),
        dust: Value::from_quote(QuoteAtoms::new(1_000_000)),
    };

    /// `LiquidationTermsInvalid` unless `β_min <= β_max < 1`, duration and full depth are not
    /// zero, buffer and cut are at most one, and dust is not negative.
    pub fn validate(&self) -> Result<(), RiskError> {
        let sound = self.beta_min <= self.beta_max
            && self.beta_max < Ratio::ONE
            && !self.duration.is_zero()
            && !self.depth_full.is_zero()
            && self.buffer <= Ratio::ONE
            && self.insurance_cut <= Ratio::ONE
            && !self.dust.is_negative();
        if sound {
            Ok(())
        } else {
            Err(RiskError::LiquidationTermsInvalid)
        }
    }

    /// 1 + buffer.
    fn buffered(&self) -> Result<Ratio, RiskError> {
        Ok(Ratio::ONE.checked_add(self.buffer)?)
    }
}

/// How far below its line an account is: `(MM − E) / MM`, rounded down, zero where it is above,
/// [`Ratio::MAX`] where debt stands against no requirement at all.
pub fn depth(health: &Health) -> Ratio {
    if health.equity >= health.requirement {
        return Ratio::ZERO;
    }
    let missing = health.requirement.checked_sub(health.equity);
    missing.and_then(|missing| missing.ratio_floor(health.requirement)).unwrap_or(Ratio::MAX)
}

/// `β_min + (β_max − β_min) · min(1, max(elapsed / duration, depth / depth_full))`, rounded down.
/// A duration or full depth of zero counts as reached.
pub fn beta(terms: &LiquidationTerms, depth: Ratio, elapsed: Slots) -> Ratio {
    let span = terms.beta_max.checked_sub(terms.beta_min).unwrap_or(Ratio::ZERO);
    let risen = |num: u64, den: u64| {
        let part = u64::from(span.ppm()).saturating_mul(num).checked_div(den);
        part.map_or(span, |part| Ratio::from_wide_saturating(part).min(span))
    };
    let by_time = risen(elapsed.get(), terms.duration.get());
    let by_depth = risen(depth.ppm().into(), terms.depth_full.ppm().into());
    // At most beta_max, so that the sum always fits.
    terms.beta_min.checked_add(by_time.max(by_depth)).unwrap_or(terms.beta_max)
}

/// Is a liquidation under way, and since when?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Episode {
    /// No.
    None,
    /// Yes, since this slot.
    Since(Slot),
}

/// May bids be made? Below its line an account is liquidatable; once an episode has begun, until
/// it is above the line by the buffer. `health` is for keeping.
pub fn liquidatable(terms: &LiquidationTerms, health: &Health, episode: Episode) -> bool {
    let line = match episode {
        Episode::None => Ok(health.requirement),
        Episode::Since(_) => above_buffer(terms, health.requirement),
    };
    // A line that does not fit a number is above any equity.
    line.map_or(true, |line| health.equity < line)
}

/// `(1 + buffer) · requirement`, rounded up.
fn above_buffer(terms: &LiquidationTerms, requirement: Value) -> Result<Value, RiskError> {
    Ok(requirement.mul_ratio_ceil(terms.buffered()?)?)
}

/// The largest slice of all rows that a bid may take: `f = ((1+b) · MM − E) / ((1+b−β) · M^)`,
/// rounded down, where `M^` is the requirement's slope. It lifts the account exactly to its buffer
/// where no underlying is concentrated, and not above it where some are. All of it when bankrupt
/// or dust, nothing when above the buffer.
pub fn closed_form_slice(
    terms: &LiquidationTerms,
    health: &Health,
    beta: Ratio,
) -> Result<Fraction, RiskError> {
    if health.requirement <= terms.dust || !health.equity.is_positive() {
        return Ok(Fraction::ONE);
    }
    let buffered = terms.buffered()?;
    let missing = health.requirement.mul_ratio_floor(buffered)?.checked_sub(health.equity)?;
    if !missing.is_positive() {
        return Ok(Fraction::ZERO);
    }
    let lifted = health.requirement_slope.mul_ratio_ceil(buffered.checked_sub(beta)?)?;
    Ok(Fraction::of_floor(missing, lifted)?)
}

/// How was a bid's size chosen?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BidKind {
    /// Named amounts of named rows; the account must not end above its buffer.
    Rows,
    /// A slice of all rows, which the caller has clamped to [`closed_form_slice`]. Lots are
    /// rounded away from zero, so that one indivisible lot can always be taken. Where a slice is
    /// so small that this rounding decides, breaking a hedge by a lot may cost more requirement
    /// than the slice releases: it is refused as `BidRemovesNoRisk`, and the account is within a
    /// lot of each row from its buffer. Lots should be small against the group's dust.
    Slice,
}

/// A bid, as the account's health before and after the rows moved (healths for keeping).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bid {
    /// The account before.
    pub before: Health,
    /// The account without the rows that the bid takes, and before any payment.
    pub moved: Health,
    /// Share of the released requirement that is paid, from [`beta`].
    pub beta: Ratio,
    /// How its size was chosen.
    pub kind: BidKind,
}

/// Who pays what. The three deltas of account, bidder and insurance fund sum to zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Requirement that the bid takes off the account.
    pub released: Value,
    /// `β · released`, rounded down to atoms.
    pub discount: QuoteAtoms,
    /// What the insurance fund pays onto the account.
    pub insurance_paid: QuoteAtoms,
    /// What the bidder's discount leaves for the insurance fund.
    pub insurance_cut: QuoteAtoms,
    /// What the insurance fund should have paid and could not: zero until
    /// [`Settlement::with_insurance_of`] found it short. The loss that is left to share.
    pub uncovered: QuoteAtoms,
    /// Onto the account's quote balance.
    pub account_delta: QuoteAtoms,
    /// Onto the bidder's quote balance.
    pub bidder_delta: QuoteAtoms,
}

impl Settlement {
    /// Onto the insurance fund: the cut less what it pays.
    pub fn insurance_delta(&self) -> Result<QuoteAtoms, RiskError> {
        Ok(self.insurance_cut.checked_sub(self.insurance_paid)?)
    }

    /// The same settlement where the insurance fund has no more than `available` (its cut comes
    /// in first). What it cannot pay stays on the account, as its debt.
    pub fn with_insurance_of(self, available: QuoteAtoms) -> Result<Self, RiskError> {
        let limit = available.checked_add(self.insurance_cut)?.max(QuoteAtoms::ZERO);
        let paid = self.insurance_paid.min(limit);
        let uncovered = self.insurance_paid.checked_sub(paid)?;
        Ok(Self {
            insurance_paid: paid,
            uncovered: self.uncovered.checked_add(uncovered)?,
            account_delta: self.account_delta.checked_sub(uncovered)?,
            ..self
        })
    }
}

/// Settles a bid. With `R` the requirement released, `V` the value of the rows, `D` the discount,
/// `I` what the insurance fund pays:
///
/// > `D = floor(β · R)`, account `+V − D + I`, bidder `−V + D − cut`, insurance `+cut − I`
///
/// `I` is what the account's equity cannot pay of the discount, and of a shortfall the share that
/// goes with the released requirement. `V` is rounded up, for the account.
///
/// Errors: `NothingToRelease` for an account without requirement, `BidRemovesNoRisk`,
/// `OvershootsBuffer` (bids on rows only; dust is exempt), `HealthNotRaised`.
pub fn settle(terms: &LiquidationTerms, bid: &Bid) -> Result<Settlement, RiskError> {
    let Bid { before, moved, beta, kind } = *bid;
    if !before.requirement.is_positive() {
        return Err(RiskError::NothingToRelease);
    }
    let released = before.requirement.checked_sub(moved.requirement)?;
    if !released.is_positive() {
        return Err(RiskError::BidRemovesNoRisk);
    }
    let discount = released.mul_ratio_floor(beta)?.to_quote_floor()?;
    let value = before.equity.checked_sub(moved.equity)?.to_quote_ceil()?;
    let insurance_paid = insurance_share(&before, released, discount)?;
    let insurance_cut = products::cut_floor(discount, terms.insurance_cut)?;
    let price = value.checked_sub(discount)?;
    let settlement = Settlement {
        released,
        discount,
        insurance_paid,
        insurance_cut,
        uncovered: QuoteAtoms::ZERO,
        account_delta: price.checked_add(insurance_paid)?,
        bidder_delta: price.checked_add(insurance_cut)?.checked_neg()?,
    };
    check_outcome(terms, bid, &settlement, kind)?;
    Ok(settlement)
}

/// What the insurance fund pays: of the discount what equity cannot, and of a shortfall the
/// share of the requirement that the bid releases. Rounded up, for the account.
fn insurance_share(
    before: &Health,
    released: Value,
    discount: QuoteAtoms,
) -> Result<QuoteAtoms, RiskError> {
    if before.equity.is_negative() {
        let shortfall = before.equity.checked_neg()?;
        let share = shortfall.mul_div_ceil(released, before.requirement)?.to_quote_ceil()?;
        return Ok(share.checked_add(discount)?);
    }
    let payable = before.equity.to_quote_floor()?;
    Ok(discount.checked_sub(payable.min(discount))?)
}

/// The account after the settlement: healthier than before, and not above its buffer.
fn check_outcome(
    terms: &LiquidationTerms,
    bid: &Bid,
    settlement: &Settlement,
    kind: BidKind,
) -> Result<(), RiskError> {
    let equity = bid.moved.equity.checked_add(Value::from_quote(settlement.account_delta))?;
    let after = Health { equity, ..bid.moved };
    if after.surplus()? <= bid.before.surplus()? {
        return Err(RiskError::HealthNotRaised);
    }
    if kind == BidKind::Rows && bid.before.requirement > terms.dust {
        let line = above_buffer(terms, after.requirement)?;
        if equity > line.checked_add(Value::from_quote(ROUNDING_ATOMS))? {
            return Err(RiskError::OvershootsBuffer);
        }
    }
    Ok(())
}
