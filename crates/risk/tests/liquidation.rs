//! Is a bid paid for the risk that it takes away, and for nothing else? By hand, then refusals.

mod support;

use plimsoll_risk::{
    beta, closed_form_slice, depth, liquidatable, settle, Bid, BidKind, Episode, Health,
    LiquidationTerms, RiskError, Settlement,
};
use plimsoll_units::{Fraction, QuoteAtoms, Ratio, Slot, Slots, Value};
use support::*;

const TERMS: LiquidationTerms = LiquidationTerms::DEFAULT;

fn health(equity: i64, requirement: i64) -> Health {
    let requirement = value(requirement);
    Health { equity: value(equity), requirement, requirement_slope: requirement }
}

fn bid(before: (i64, i64), moved: (i64, i64), kind: BidKind) -> Result<Settlement, RiskError> {
    let (before, moved) = (health(before.0, before.1), health(moved.0, moved.1));
    settle(&TERMS, &Bid { before, moved, beta: ppm(300_000), kind }, usd(1_000))
}

/// A bid on rows with so much in the insurance fund.
fn bid_with(
    fund: QuoteAtoms,
    before: (i64, i64),
    moved: (i64, i64),
) -> Result<Settlement, RiskError> {
    let (before, moved) = (health(before.0, before.1), health(moved.0, moved.1));
    settle(&TERMS, &Bid { before, moved, beta: ppm(300_000), kind: BidKind::Rows }, fund)
}

#[test]
fn defaults_are_sound_and_contradictions_are_not() {
    let invalid = Err(RiskError::LiquidationTermsInvalid);
    assert_eq!(TERMS.validate(), Ok(()));
    assert_eq!(LiquidationTerms { beta_max: Ratio::ONE, ..TERMS }.validate(), invalid);
    assert_eq!(LiquidationTerms { beta_max: ppm(199_999), ..TERMS }.validate(), invalid);
    assert_eq!(LiquidationTerms { duration: Slots::ZERO, ..TERMS }.validate(), invalid);
    assert_eq!(LiquidationTerms { depth_full: Ratio::ZERO, ..TERMS }.validate(), invalid);
    let at_once = LiquidationTerms { deleverage_after: Slots::ZERO, ..TERMS };
    assert_eq!(at_once.validate(), invalid);
    assert_eq!(LiquidationTerms { buffer: ppm(1_000_001), ..TERMS }.validate(), invalid);
    assert_eq!(LiquidationTerms { insurance_cut: ppm(1_000_001), ..TERMS }.validate(), invalid);
    assert_eq!(LiquidationTerms { dust: Value::new(-1), ..TERMS }.validate(), invalid);
}

#[test]
fn depth_is_what_is_missing_over_what_is_required() {
    assert_eq!(depth(&health(100, 100)), Ratio::ZERO);
    assert_eq!(depth(&health(95, 100)), ppm(50_000));
    assert_eq!(depth(&health(-50, 100)), ppm(1_500_000));
    assert_eq!(depth(&health(-1, 0)), Ratio::MAX);
    assert_eq!(depth(&health(0, 0)), Ratio::ZERO);
    assert_eq!(depth(&health(-1_000_000, 1)), Ratio::MAX);
}

#[test]
fn beta_rises_with_time_or_depth_whichever_is_further() {
    let beta = |depth, slots| beta(&TERMS, ppm(depth), Slots::new(slots)).ppm();
    assert_eq!(beta(0, 0), 200_000);
    assert_eq!(beta(0, 75), 350_000);
    assert_eq!(beta(0, 1), 202_000);
    assert_eq!(beta(50_000, 0), 350_000);
    assert_eq!(beta(50_000, 100), 400_000);
    assert_eq!(beta(100_000, 0), 500_000);
    assert_eq!(beta(u32::MAX, u64::MAX), 500_000);
}

#[test]
fn episode_ends_at_the_buffer_and_not_at_the_line() {
    let since = Episode::Since(Slot::new(7));
    assert!(liquidatable(&TERMS, &health(99, 100), Episode::None));
    assert!(!liquidatable(&TERMS, &health(100, 100), Episode::None));
    assert!(liquidatable(&TERMS, &health(119, 100), since));
    assert!(!liquidatable(&TERMS, &health(120, 100), since));
    assert!(!liquidatable(&TERMS, &health(0, 0), since));
    assert!(liquidatable(&TERMS, &health(-1, 0), Episode::None));
}

#[test]
fn slice_lifts_the_account_to_its_buffer() {
    // f = (1.2·100 − 80) / ((1.2 − 0.3)·100) = 4/9. After it, E = 80 − 0.3·44.44 = 66.67 and
    // 1.2 · MM = 1.2 · 55.56 = 66.67.
    let slice = closed_form_slice(&TERMS, &health(80, 100), ppm(300_000)).unwrap();
    assert_eq!(u128::from(slice.get()), (4 << 63) / 9);
}

#[test]
fn slice_is_whole_for_bankrupts_and_dust_and_nothing_above_the_buffer() {
    let slice = |equity, required| {
        closed_form_slice(&TERMS, &health(equity, required), ppm(300_000)).unwrap()
    };
    assert_eq!(slice(0, 100), Fraction::ONE);
    assert_eq!(slice(-10, 100), Fraction::ONE);
    assert_eq!(slice(1, 1), Fraction::ONE); // one dollar is dust
    assert_eq!(slice(20, 100), Fraction::ONE); // (120 − 20) / 90: more than all
    assert_eq!(slice(120, 100), Fraction::ZERO);
    assert_eq!(slice(500, 100), Fraction::ZERO);
}

#[test]
fn solvent_account_pays_the_discount_out_of_its_equity() {
    // Rows worth 40 take 50 of requirement off: D = 15, of which 1.50 to insurance.
    let paid = bid((60, 100), (20, 50), BidKind::Rows).unwrap();
    assert_eq!(paid.released, value(50));
    assert_eq!(paid.discount, usd(15));
    assert_eq!(paid.insurance_paid, QuoteAtoms::ZERO);
    assert_eq!(paid.insurance_cut, QuoteAtoms::new(1_500_000));
    assert_eq!(paid.account_delta, usd(25)); // 40 − 15
    assert_eq!(paid.bidder_delta, QuoteAtoms::new(-26_500_000)); // −40 + 15 − 1.50
    assert_eq!(paid.insurance_delta(), Ok(QuoteAtoms::new(1_500_000)));
}

#[test]
fn bidder_is_paid_for_taking_a_debt_over() {
    // Rows worth −30: the account pays 30 and the discount of 15.
    let paid = bid((80, 100), (110, 50), BidKind::Slice).unwrap();
    assert_eq!(paid.account_delta, usd(-45));
    assert_eq!(paid.bidder_delta, QuoteAtoms::new(43_500_000));
}

#[test]
fn insurance_pays_what_the_share_of_equity_cannot_up_to_the_least_share() {
    // E = 4, of which 2 go with half of the requirement. Of the discount of 15 the fund makes up
    // 10 = 0.2 · 50, and the rest is not paid.
    let paid = bid_with(usd(100), (4, 100), (0, 50)).unwrap();
    assert_eq!((paid.discount, paid.insurance_paid), (usd(10), usd(8)));
    assert_eq!(paid.insurance_cut, QuoteAtoms::new(200_000)); // a tenth of the 2
                                                              // 4 − 10 + 8: equity is 2 at a requirement of 50, the same depth as before.
    assert_eq!(paid.account_delta, usd(2));
    assert_eq!(paid.bidder_delta, QuoteAtoms::new(5_800_000));
    // With 5 in the fund 7 are paid; with none, or less than none, the account's 2.
    let poor = bid_with(usd(5), (4, 100), (0, 50)).unwrap();
    assert_eq!((poor.discount, poor.insurance_paid), (usd(7), usd(5)));
    for empty in [QuoteAtoms::ZERO, usd(-1)] {
        let broke = bid_with(empty, (4, 100), (0, 50)).unwrap();
        assert_eq!((broke.discount, broke.insurance_paid), (usd(2), QuoteAtoms::ZERO));
        assert_eq!((broke.account_delta, broke.shortfall), (usd(2), QuoteAtoms::ZERO));
    }
}

#[test]
fn equity_above_the_least_share_is_paid_out_without_the_fund() {
    // E = 25: its half, 12.5, is more than 10 and less than 15.
    let paid = bid_with(usd(100), (25, 100), (0, 50)).unwrap();
    assert_eq!(paid.discount, QuoteAtoms::new(12_500_000));
    assert_eq!(paid.insurance_paid, QuoteAtoms::ZERO);
    assert_eq!(paid.account_delta, QuoteAtoms::new(12_500_000));
}

#[test]
fn shortfall_is_the_share_that_goes_with_the_risk_and_is_not_paid_here() {
    // E = −20; half of the requirement goes, and with it half of the shortfall; D = 0.2 · 50.
    let paid = bid_with(usd(100), (-20, 100), (-60, 50)).unwrap();
    assert_eq!((paid.discount, paid.insurance_paid), (usd(10), usd(10)));
    assert_eq!((paid.insurance_cut, paid.shortfall), (QuoteAtoms::ZERO, usd(10)));
    // 40 for the rows, −10, +10; with the shortfall equity is −10 at a requirement of 50.
    assert_eq!((paid.account_delta, paid.bidder_delta), (usd(40), usd(-30)));
    // All of it: with the shortfall the account ends at nothing, owing nothing.
    let paid = bid_with(usd(100), (-20, 100), (-60, 0)).unwrap();
    assert_eq!((paid.shortfall, paid.account_delta), (usd(20), usd(40)));
    assert_eq!((paid.discount, paid.bidder_delta), (usd(20), usd(-20)));
}

#[test]
fn empty_fund_pays_no_discount_and_refuses_no_bid() {
    let paid = bid_with(QuoteAtoms::ZERO, (-20, 100), (-60, 50)).unwrap();
    assert_eq!((paid.discount, paid.insurance_paid), (QuoteAtoms::ZERO, QuoteAtoms::ZERO));
    assert_eq!((paid.account_delta, paid.bidder_delta), (usd(40), usd(-40)));
    assert_eq!(paid.shortfall, usd(10));
}

#[test]
fn shortfall_is_rounded_up_to_an_atom() {
    let requirement = Value::from_quote(QuoteAtoms::new(3_000_000));
    let before = Health { equity: Value::new(-1), requirement, requirement_slope: requirement };
    let whole = Bid { before, moved: Health::default(), beta: ppm(300_000), kind: BidKind::Slice };
    let paid = settle(&TERMS, &whole, QuoteAtoms::ZERO).unwrap();
    assert_eq!((paid.shortfall, paid.account_delta), (QuoteAtoms::new(1), QuoteAtoms::ZERO));
}

#[test]
fn bid_without_risk_or_above_the_buffer_is_refused_by_name() {
    assert_eq!(bid((-5, 0), (0, 0), BidKind::Rows), Err(RiskError::NothingToRelease));
    assert_eq!(bid((80, 100), (80, 100), BidKind::Rows), Err(RiskError::BidRemovesNoRisk));
    assert_eq!(bid((80, 100), (70, 110), BidKind::Slice), Err(RiskError::BidRemovesNoRisk));
    // Everything of a solvent account: 50 of equity against no requirement.
    assert_eq!(bid((80, 100), (0, 0), BidKind::Rows), Err(RiskError::OvershootsBuffer));
    // A slice is bounded by its fraction, so that one indivisible lot can be taken.
    assert!(bid((80, 100), (0, 0), BidKind::Slice).is_ok());
}

#[test]
fn dust_is_taken_whole() {
    let atoms = |atoms| Value::from_quote(QuoteAtoms::new(atoms));
    let dust = Health {
        equity: atoms(900_000),
        requirement: atoms(1_000_000),
        requirement_slope: atoms(1_000_000),
    };
    let whole =
        Bid { before: dust, moved: Health::default(), beta: ppm(300_000), kind: BidKind::Rows };
    assert_eq!(settle(&TERMS, &whole, usd(0)).unwrap().account_delta, QuoteAtoms::new(600_000));
}
