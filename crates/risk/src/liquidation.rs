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

/// What the roundings to whole atoms of one settlement may add to the account, at most.
pub(crate) const ROUNDING_ATOMS: QuoteAtoms = QuoteAtoms::new(3);

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
    /// How long β must have stood at its most without a bid before a position may be closed against
    /// the other side.
    pub deleverage_after: Slots,
}

impl LiquidationTerms {
    /// β 20 % to 50 % over 150 slots or 10 % of depth, a buffer of 20 %, a tenth of the discount
    /// for the insurance fund, dust below one million quote atoms (one dollar of USDC), and positions
    /// closed against the other side after 1,500 slots (ten minutes) without a bid.
    pub const DEFAULT: Self = Self {
        beta_min: Ratio::from_ppm(200_000),
        beta_max: Ratio::from_ppm(500_000),
        duration: Slots::new(150),
        depth_full: Ratio::from_ppm(100_000),
        buffer: Ratio::from_ppm(200_000),
        insurance_cut: Ratio::from_ppm(100_000),
        dust: Value::from_quote(QuoteAtoms::new(1_000_000)),
        deleverage_after: Slots::new(1_500),
    };

    /// `LiquidationTermsInvalid` unless `β_min <= β_max < 1`, duration, full depth and the time
    /// until deleveraging are not zero, buffer and cut are at most one, and dust is not negative.
    pub fn validate(&self) -> Result<(), RiskError> {
        let sound = self.beta_min <= self.beta_max
            && self.beta_max < Ratio::ONE
            && !self.duration.is_zero()
            && !self.depth_full.is_zero()
            && !self.deleverage_after.is_zero()
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
pub(crate) fn above_buffer(
    terms: &LiquidationTerms,
    requirement: Value,
) -> Result<Value, RiskError> {
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
    /// What the bidder is paid, its cut for the insurance fund included: at most `β · released`.
    pub discount: QuoteAtoms,
    /// The part of the discount that the insurance fund pays.
    pub insurance_paid: QuoteAtoms,
    /// What the part of the discount that the account pays leaves for the insurance fund.
    pub insurance_cut: QuoteAtoms,
    /// Of a bankrupt account's negative equity the share that goes with the released requirement,
    /// rounded up. Nobody has paid it here: the caller records who does, and puts it on the
    /// account.
    pub shortfall: QuoteAtoms,
    /// Onto the account's quote balance, without the shortfall.
    pub account_delta: QuoteAtoms,
    /// Onto the bidder's quote balance.
    pub bidder_delta: QuoteAtoms,
}

impl Settlement {
    /// Onto the insurance fund: the cut less what it pays.
    pub fn insurance_delta(&self) -> Result<QuoteAtoms, RiskError> {
        Ok(self.insurance_cut.checked_sub(self.insurance_paid)?)
    }
}

/// Settles a bid. With `R` the requirement released, `V` the value of the rows, `D` the discount,
/// `I` what the insurance fund pays of it, `F` what the fund has for that (`fund`, not below
/// zero), and `e` the share of the account's equity that goes with the requirement:
///
/// > `e = max(E, 0) · R / MM`
/// >
/// > `D = min(β · R, max(e, min(β_min · R, e + F)))`, `I = D − min(D, e)`
/// >
/// > account `+V − D + I`, bidder `−V + D − cut`, insurance `+cut − I`
///
/// Each product is rounded down to atoms, `V` up, for the account. So what equity cannot pay the
/// fund does, but no more than makes up `β_min`, and no more than it has: a bid is never refused for
/// an empty fund, and a ring of accounts that bids for its own bankrupts earns `β_min` at most.
///
/// The share keeps the order of bids from mattering: a first bid that took all of the equity at the
/// full β would leave the rest of the account to the fund. With it, each bid leaves equity and
/// requirement in the same proportion or a better one, and a bid in pieces is paid like the whole.
///
/// Errors: `NothingToRelease` for an account without requirement, `BidRemovesNoRisk`,
/// `OvershootsBuffer` (bids on rows only; dust is exempt), `HealthNotRaised`.
pub fn settle(
    terms: &LiquidationTerms,
    bid: &Bid,
    fund: QuoteAtoms,
) -> Result<Settlement, RiskError> {
    let Bid { before, moved, beta, .. } = *bid;
    if !before.requirement.is_positive() {
        return Err(RiskError::NothingToRelease);
    }
    let released = before.requirement.checked_sub(moved.requirement)?;
    if !released.is_positive() {
        return Err(RiskError::BidRemovesNoRisk);
    }
    let part_of = |ratio| released.mul_ratio_floor(ratio)?.to_quote_floor();
    let own = equity_share(&before, released)?;
    let helped = own.checked_add(fund.max(QuoteAtoms::ZERO)).unwrap_or(QuoteAtoms::MAX);
    let payable = own.max(helped.min(part_of(terms.beta_min)?));
    let discount = part_of(beta)?.min(payable);
    let paid_by_account = discount.min(own);
    let insurance_paid = discount.checked_sub(paid_by_account)?;
    let insurance_cut = products::cut_floor(paid_by_account, terms.insurance_cut)?;
    let value = before.equity.checked_sub(moved.equity)?.to_quote_ceil()?;
    let price = value.checked_sub(discount)?;
    let settlement = Settlement {
        released,
        discount,
        insurance_paid,
        insurance_cut,
        shortfall: shortfall_share(&before, released)?,
        account_delta: price.checked_add(insurance_paid)?,
        bidder_delta: price.checked_add(insurance_cut)?.checked_neg()?,
    };
    check_outcome(terms, bid, &settlement)?;
    Ok(settlement)
}

/// `max(E, 0) · R / MM`, rounded down to atoms: what the account can pay for this bid.
fn equity_share(before: &Health, released: Value) -> Result<QuoteAtoms, RiskError> {
    let equity = before.equity.max(Value::ZERO);
    Ok(equity.mul_div_floor(released, before.requirement)?.to_quote_floor()?)
}

/// `max(−E, 0) · R / MM`, rounded up to atoms, for the account.
fn shortfall_share(before: &Health, released: Value) -> Result<QuoteAtoms, RiskError> {
    if !before.equity.is_negative() {
        return Ok(QuoteAtoms::ZERO);
    }
    let shortfall = before.equity.checked_neg()?;
    Ok(shortfall.mul_div_ceil(released, before.requirement)?.to_quote_ceil()?)
}

/// The account after the settlement, its shortfall paid: healthier than before, and not above its
/// buffer.
fn check_outcome(
    terms: &LiquidationTerms,
    bid: &Bid,
    settlement: &Settlement,
) -> Result<(), RiskError> {
    let paid = settlement.account_delta.checked_add(settlement.shortfall)?;
    let equity = bid.moved.equity.checked_add(Value::from_quote(paid))?;
    let after = Health { equity, ..bid.moved };
    if after.surplus()? <= bid.before.surplus()? {
        return Err(RiskError::HealthNotRaised);
    }
    if bid.kind == BidKind::Rows && bid.before.requirement > terms.dust {
        let line = above_buffer(terms, after.requirement)?;
        if equity > line.checked_add(Value::from_quote(ROUNDING_ATOMS))? {
            return Err(RiskError::OvershootsBuffer);
        }
    }
    Ok(())
}
