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

/// What a bid is paid, what of it the fund pays, and its cut, in exact numbers.
fn discount(before: &Health, released: &Exact, beta: Ratio, fund: &Exact) -> [Exact; 3] {
    let equity = of_value(before.equity).max(whole(0));
    let own = (equity * released / of_value(before.requirement)).floor();
    let part = |ratio| (released * of_ratio(ratio)).floor();
    let payable = own.clone().max(part(TERMS.beta_min).min(&own + fund));
    let discount = part(beta).min(payable);
    let paid_by_account = discount.clone().min(own);
    let cut = (&paid_by_account * of_ratio(TERMS.insurance_cut)).floor();
    [discount.clone(), discount - paid_by_account, cut]
}

/// Bids one after the other on one account, whose rows are worth nothing and only cost requirement.
#[derive(Clone, Copy)]
struct Chain {
    total: i64,
    beta: Ratio,
    equity: i64,
    fund: i64,
    discounts: i64,
    cuts: i64,
}

impl Chain {
    /// One bid from each stop (parts per million of the requirement) to the next; the cuts stay in
    /// the fund for the next bid if `fed`.
    fn run(mut self, stops: &[u32], fed: bool) -> Self {
        for pair in stops.windows(2) {
            let requirement = |left: u32| {
                Value::from_quote(QuoteAtoms::new(self.total)).mul_ratio_floor(ppm(left)).unwrap()
            };
            let health = |left: u32| Health {
                equity: Value::from_quote(QuoteAtoms::new(self.equity)),
                requirement: requirement(left),
                requirement_slope: requirement(left),
            };
            let (before, moved) = (health(pair[0]), health(pair[1]));
            let bid = Bid { before, moved, beta: self.beta, kind: BidKind::Slice };
            let Ok(paid) = settle(&TERMS, &bid, QuoteAtoms::new(self.fund)) else { continue };
            self.equity += paid.account_delta.get() + paid.shortfall.get();
            self.fund -= paid.insurance_paid.get();
            self.discounts += paid.discount.get();
            self.cuts += paid.insurance_cut.get();
            if fed {
                self.fund += paid.insurance_cut.get();
            }
        }
        self
    }
}

/// The account without the slice: whole lots and their part of the quote flow leave.
fn without(account: &[Holding], slice: Fraction) -> Vec<Holding> {
    let keep = |holding: &Holding| Holding {
        key: holding.key,
        quantity: holding.quantity - slice.of_lots_away(holding.quantity),
        quote: holding.quote.checked_sub(slice.of_value_floor(holding.quote)).unwrap(),
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
        let settlement = match settle(&TERMS, &bid, QuoteAtoms::new(fund)) {
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

        let released = of_value(before.requirement) - of_value(moved.requirement);
        prop_assert_eq!(of_value(settlement.released), released.clone());
        let wanted = discount(&before, &released, beta, &whole(fund.max(0)));
        let found = [settlement.discount, settlement.insurance_paid, settlement.insurance_cut];
        prop_assert_eq!(found.map(|atoms| whole(atoms.get())), wanted);
        let bankrupt = (-of_value(before.equity)).max(whole(0));
        let shortfall = bankrupt * &released / of_value(before.requirement);
        prop_assert_eq!(whole(settlement.shortfall.get()), shortfall.ceil());

        let parts = [settlement.account_delta, settlement.bidder_delta,
            settlement.insurance_delta().unwrap()];
        prop_assert_eq!(parts.iter().map(|part| i128::from(part.get())).sum::<i128>(), 0);
        prop_assert!(whole(settlement.insurance_paid.get()) <= &released * of_ratio(TERMS.beta_min));
        prop_assert!((0..=fund.max(0)).contains(&settlement.insurance_paid.get()));

        let equity = of_value(moved.equity)
            + whole(settlement.account_delta.get())
            + whole(settlement.shortfall.get());
        let after = &equity - of_value(moved.requirement);
        prop_assert!(after > of_value(before.equity) - of_value(before.requirement));
        // No bid leaves less equity per requirement than it found: that is what makes the order of
        // bids not matter.
        prop_assert!(equity * of_value(before.requirement)
            >= of_value(before.equity) * of_value(moved.requirement));
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
            settle(&TERMS, &bid, usd(0)).map_or(0, |settlement| settlement.discount.get())
        };
        let mut stops = cuts;
        stops.extend([0, 1_000_000]);
        stops.sort_unstable_by(|a, b| b.cmp(a));
        let pieces: i64 = stops.windows(2).map(|pair| discount(pair[0], pair[1])).sum();
        let at_once = discount(1_000_000, 0);
        prop_assert!(pieces <= at_once && pieces + stops.len() as i64 > at_once);
    }

    /// The same where equity is thin or negative and the insurance fund pays, to an atom or two a
    /// piece. What the cuts of earlier pieces brought into an empty fund may come back, no more.
    #[test]
    fn splitting_a_bid_on_thin_equity_gains_nothing(
        total in 1i64..1 << 46, part in -300_000i64..700_000, fund in 0i64..1 << 44,
        cuts in proptest::collection::vec(0u32..=1_000_000, 0..6), beta in any_beta(),
    ) {
        let equity = (i128::from(total) * i128::from(part) / 1_000_000) as i64;
        let start = Chain { total, beta, equity, fund, discounts: 0, cuts: 0 };
        let mut stops = cuts;
        stops.extend([0, 1_000_000]);
        stops.sort_unstable_by(|a, b| b.cmp(a));
        let count = stops.len() as i64;

        let at_once = start.run(&[1_000_000, 0], false);
        let apart = start.run(&stops, false);
        prop_assert!(apart.discounts <= at_once.discounts + 1);
        prop_assert!(apart.discounts + 2 * count >= at_once.discounts);
        let fed = start.run(&stops, true);
        prop_assert!(fed.discounts <= at_once.discounts + fed.cuts + 1);
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
    match settle(&TERMS, &Bid { before, moved, beta, kind }, usd(1_000_000)) {
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
    let lot = |row: &RowTerms| of_price(row.notional) * whole(6);
    terms.rows.iter().map(lot).fold(whole(20), |sum, lot| sum + lot)
}
