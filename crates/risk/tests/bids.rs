//! Which laws do bids keep, whatever the account and whoever bids?

mod support;

use plimsoll_risk::{
    beta, closed_form_slice, depth, settle, Bid, BidKind, Health, Holding, LiquidationTerms,
    RiskError, RowTerms,
};
use plimsoll_units::{Fraction, QuoteAtoms, Ratio, Slots, Value};
use proptest::prelude::*;
use support::model::{gross, of_price, of_ratio, of_value, whole, Exact};
use support::*;

const TERMS: LiquidationTerms = LiquidationTerms::DEFAULT;

/// A health of any size, its steps finer than atoms.
fn any_health() -> impl Strategy<Value = Health> {
    let fine = |bits| (amount(bits), 0i128..1 << 48);
    (fine(50), fine(48)).prop_map(|((equity, a), (required, b))| {
        let value = |atoms: i64, rest| Value::new((i128::from(atoms) << 48) + rest);
        let requirement = value(required.max(0), b);
        Health { equity: value(equity, a), requirement, requirement_slope: requirement }
    })
}

fn any_beta() -> impl Strategy<Value = Ratio> {
    (0u32..1_000_000).prop_map(ppm)
}

/// The account without the slice: whole lots and their part of the quote flow leave.
fn without(account: &[Holding], slice: Fraction) -> Vec<Holding> {
    let keep = |holding: &Holding| Holding {
        key: holding.key,
        quantity: holding.quantity - slice.of_lots_away(holding.quantity),
        quote: QuoteAtoms::new(holding.quote.get() - slice.of_lots_floor(holding.quote.get())),
    };
    account.iter().map(keep).collect()
}

/// Sets the quote balance so that equity is `part` parts per million of the requirement; `None`
/// where that is no balance.
fn at_depth(terms: &Terms, account: &mut [Holding], part: i64) -> Option<Health> {
    account[0].quantity = 0;
    let bare = terms.maintenance(account);
    let target = bare.requirement.mul_ratio_floor(ppm(part as u32)).ok()?;
    account[0].quantity = target.checked_sub(bare.equity).ok()?.to_quote_floor().ok()?.get();
    let health = terms.maintenance(account);
    (health.requirement > value(1_000)).then_some(health)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn bid_raises_health_and_conserves_money(
        before in any_health(), moved in any_health(), beta in any_beta(),
        kind in prop_oneof![Just(BidKind::Rows), Just(BidKind::Slice)],
        fund in 0i64..1 << 50,
    ) {
        let bid = Bid { before, moved, beta, kind };
        let settlement = match settle(&TERMS, &bid) {
            Ok(settlement) => settlement,
            Err(error) => {
                let released = before.requirement > moved.requirement;
                let known = match error {
                    RiskError::NothingToRelease => before.requirement.is_zero(),
                    RiskError::BidRemovesNoRisk => !released,
                    RiskError::OvershootsBuffer => released && kind == BidKind::Rows,
                    // Never: that is what β < 1 is for.
                    _ => false,
                };
                prop_assert!(known, "{error:?}");
                return Ok(());
            }
        };

        // Discount is β times the requirement released, to the last atom.
        let exact = of_value(settlement.released) * of_ratio(beta);
        prop_assert_eq!(whole(settlement.discount.get()), exact.floor());

        for settlement in [settlement, settlement.with_insurance_of(QuoteAtoms::new(fund)).unwrap()] {
            let parts = [settlement.account_delta, settlement.bidder_delta,
                settlement.insurance_delta().unwrap()];
            prop_assert_eq!(parts.iter().map(|part| i128::from(part.get())).sum::<i128>(), 0);
            prop_assert!(settlement.insurance_cut <= settlement.discount);
            prop_assert!(settlement.insurance_paid.get() <= fund + settlement.insurance_cut.get()
                || settlement.uncovered.is_zero());

            let equity = of_value(moved.equity) + whole(settlement.account_delta.get());
            let after = equity - of_value(moved.requirement);
            prop_assert!(after > of_value(before.equity) - of_value(before.requirement));
        }
    }

    /// Within one β, cutting a bid into pieces earns no more than the whole, and loses less than
    /// one atom a piece; a later piece can only have a lower depth.
    #[test]
    fn splitting_a_bid_gains_nothing(
        total in 1i64..1 << 46, cuts in proptest::collection::vec(0u32..=1_000_000, 0..6),
        beta in any_beta(),
    ) {
        let requirement = |left: u32| {
            Value::from_quote(QuoteAtoms::new(total)).mul_ratio_floor(ppm(left)).unwrap()
        };
        let at = |left| {
            let requirement = requirement(left);
            let equity = Value::from_quote(QuoteAtoms::new(1 << 50));
            Health { equity, requirement, requirement_slope: requirement }
        };
        let discount = |from, to| {
            let bid = Bid { before: at(from), moved: at(to), beta, kind: BidKind::Slice };
            settle(&TERMS, &bid).map_or(0, |settlement| settlement.discount.get())
        };
        let mut stops = cuts;
        stops.extend([0, 1_000_000]);
        stops.sort_unstable_by(|a, b| b.cmp(a));
        let pieces: i64 = stops.windows(2).map(|pair| discount(pair[0], pair[1])).sum();
        let at_once = discount(1_000_000, 0);
        prop_assert!(pieces <= at_once && pieces + stops.len() as i64 > at_once);
    }

    #[test]
    fn beta_is_monotonic_and_stays_below_one(
        a in any::<u32>(), b in any::<u32>(), early in any::<u64>(), late in any::<u64>(),
    ) {
        let beta = |depth, slots| beta(&TERMS, ppm(depth), Slots::new(slots));
        let low = beta(a.min(b), early.min(late));
        let high = beta(a.max(b), early.max(late));
        prop_assert!(TERMS.beta_min <= low && low <= high && high <= TERMS.beta_max);
    }

    /// Without concentration the closed form lifts the account exactly to its buffer.
    #[test]
    fn slice_of_a_deep_market_ends_at_the_buffer(
        (terms, mut account) in market_and_account(), part in 600_000i64..1_199_000,
        slots in 0u64..200,
    ) {
        let terms = terms.deep();
        let Some(before) = at_depth(&terms, &mut account, part) else { return Ok(()) };
        match sliced(&terms, &account, before, slots) {
            Sliced::Refused { released } => prop_assert!(released <= lots(&terms)),
            Sliced::Settled { equity, buffered } => {
                prop_assert!(equity <= &buffered + lots(&terms));
                prop_assert!(equity >= buffered - lots(&terms));
            }
        }
    }

    /// With it the account ends at its buffer or below, never above.
    #[test]
    fn slice_of_a_thin_market_never_overshoots(
        (terms, mut account) in market_and_account(), part in 600_000i64..1_199_000,
        slots in 0u64..200,
    ) {
        let Some(before) = at_depth(&terms, &mut account, part) else { return Ok(()) };
        // Concentration shares are rounded to a part per million.
        let slack = lots(&terms) + gross(&terms, &account) * whole(5) / whole(1_000_000);
        match sliced(&terms, &account, before, slots) {
            Sliced::Refused { released } => prop_assert!(released <= slack),
            Sliced::Settled { equity, buffered } => prop_assert!(equity <= buffered + slack),
        }
    }
}

/// How the largest slice of an account ended.
enum Sliced {
    /// So small a slice of a hedged account that rounding it to whole lots costs more requirement
    /// than it would exactly have released.
    Refused { released: Exact },
    /// Equity after it, and `(1 + buffer) · MM` after it.
    Settled { equity: Exact, buffered: Exact },
}

fn sliced(terms: &Terms, account: &[Holding], before: Health, slots: u64) -> Sliced {
    let beta = beta(&TERMS, depth(&before), Slots::new(slots));
    let slice = closed_form_slice(&TERMS, &before, beta).unwrap();
    let moved = terms.maintenance(&without(account, slice));
    let kind = BidKind::Slice;
    match settle(&TERMS, &Bid { before, moved, beta, kind }) {
        Ok(settlement) => Sliced::Settled {
            equity: of_value(moved.equity) + whole(settlement.account_delta.get()),
            buffered: of_value(moved.requirement) * whole(12) / whole(10),
        },
        Err(RiskError::BidRemovesNoRisk) => {
            let released = before.requirement.mul_fraction_ceil(slice).unwrap();
            Sliced::Refused { released: of_value(released) }
        }
        Err(error) => panic!("{error:?}"),
    }
}

/// What rounding every row by one lot may change: the lots' requirement, concentration and buffer
/// included, and the atoms of the settlement.
fn lots(terms: &Terms) -> Exact {
    let lot = |row: &RowTerms| of_price(row.price) * whole(6);
    terms.rows.iter().map(lot).fold(whole(20), |sum, lot| sum + lot)
}
