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
    settle(&TERMS, &Bid { before, moved, beta: ppm(300_000), kind })
}

#[test]
fn defaults_are_sound_and_contradictions_are_not() {
    let invalid = Err(RiskError::LiquidationTermsInvalid);
    assert_eq!(TERMS.validate(), Ok(()));
    assert_eq!(LiquidationTerms { beta_max: Ratio::ONE, ..TERMS }.validate(), invalid);
    assert_eq!(LiquidationTerms { beta_max: ppm(199_999), ..TERMS }.validate(), invalid);
    assert_eq!(LiquidationTerms { duration: Slots::ZERO, ..TERMS }.validate(), invalid);
    assert_eq!(LiquidationTerms { depth_full: Ratio::ZERO, ..TERMS }.validate(), invalid);
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
fn insurance_pays_what_equity_cannot() {
    // E = 4 pays 4 of D = 15; insurance the other 11.
    let paid = bid((4, 100), (0, 50), BidKind::Rows).unwrap();
    assert_eq!((paid.discount, paid.insurance_paid), (usd(15), usd(11)));
    assert_eq!(paid.account_delta, QuoteAtoms::ZERO); // 4 − 15 + 11
}

#[test]
fn insurance_makes_up_the_share_of_a_shortfall_that_goes_with_the_risk() {
    // E = −20; half of the requirement goes, and with it half of the shortfall; D = 15.
    let paid = bid((-20, 100), (-60, 50), BidKind::Rows).unwrap();
    assert_eq!(paid.insurance_paid, usd(25));
    // 40 for the rows, −15, +25: equity is −10 at a requirement of 50, the same depth as before.
    assert_eq!(paid.account_delta, usd(50));
    // All of it: the account ends at nothing, owing nothing.
    let paid = bid((-20, 100), (-60, 0), BidKind::Rows).unwrap();
    assert_eq!((paid.insurance_paid, paid.account_delta), (usd(50), usd(60)));
}

#[test]
fn empty_insurance_leaves_the_loss_on_the_account() {
    let paid = bid((-20, 100), (-60, 50), BidKind::Rows).unwrap();
    let short = paid.with_insurance_of(usd(10)).unwrap();
    // 10 and its own cut of 1.50 of the 25.
    assert_eq!(short.insurance_paid, QuoteAtoms::new(11_500_000));
    assert_eq!(short.uncovered, QuoteAtoms::new(13_500_000));
    assert_eq!(short.account_delta, QuoteAtoms::new(36_500_000));
    assert_eq!(short.bidder_delta, paid.bidder_delta);
    assert_eq!(paid.with_insurance_of(usd(1_000)), Ok(paid));
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
    assert_eq!(settle(&TERMS, &whole).unwrap().account_delta, QuoteAtoms::new(600_000));
}
