//! Are sums of risk arrays exact, in a word and beyond it? Against integers of any size, which know
//! nothing of words, offsets and units.

mod support;

use num_bigint::BigInt;
use plimsoll_risk::{
    report, ArrayReport, Check, Holding, LinearShocks, Outcomes, Payoff, Phase, Place, RiskArray,
    RowTerms, ScenarioSet, UnderlyingReport, SCENARIOS_MAX,
};
use plimsoll_units::{Price, QuoteAtoms, Ratio, Value};
use proptest::prelude::*;
use proptest::sample::select;
use support::*;

/// One more row than the bound at expiry sees, so that sums alone are required.
const ROWS: usize = 25;
/// What words hold of lots, all together.
const LOTS_MAX: u64 = (1 << 31) - 1;
/// Token atoms worth a tenth of a quote atom less than 2^26: 2^58 units of 2^16 steps are too many.
const NEARLY: i64 = 447_392_426;
const HALF_MIN: i64 = i32::MIN as i64;
const HALF_MAX: i64 = i32::MAX as i64;

fn big(value: Value) -> BigInt {
    BigInt::from(value.get())
}

/// A market with one underlying and its token, without any charge but scenarios and floors, and the
/// rows of these arrays.
fn market(arrays: &[RiskArray], factors: [i32; SCENARIOS_MAX]) -> Terms {
    let mut own = underlying(1, 150);
    (own.concentration_max, own.basis, own.shocks) = (Ratio::ZERO, Ratio::ZERO, Place::new(0));
    let row = |key, notional, array| RowTerms { key, notional, weight: Ratio::ONE, array };
    let mut rows = vec![row(token_key(1, 1), decimal(150, -3), Place::NONE)];
    for index in 0..arrays.len() as u16 {
        rows.push(row(position_key(1, index), Price::ONE, Place::new(index)));
    }
    let shocks = vec![LinearShocks { factors }];
    Terms { underlyings: vec![own], rows, arrays: arrays.to_vec(), shocks }
}

/// The token's balance, and so many lots of each row.
fn book(tokens: i64, lots: &[i64]) -> Vec<Holding> {
    let rows = lots.iter().zip(0u16..);
    let rows = rows.map(|(lots, index)| linear(1, index, *lots, QuoteAtoms::ZERO));
    std::iter::once(token(1, 1, tokens)).chain(rows).collect()
}

fn viewed(terms: &Terms, account: &[Holding]) -> (UnderlyingReport, ArrayReport) {
    let mut reports = vec![];
    let scenarios = |_| Some((&ScenarioSet::SPAN, ppm(100_000)));
    let visit = |report| reports.push(report);
    report(&terms.market(), account.iter().copied(), scenarios, visit).unwrap();
    let [report] = reports[..] else { panic!("one underlying") };
    (report, report.arrays.expect("rows with arrays"))
}

/// The sum over all rows of lots times what `of` takes from an array, in value steps.
fn summed(arrays: &[RiskArray], lots: &[i64], of: impl Fn(&RiskArray, i64) -> i64) -> BigInt {
    let rows = arrays.iter().zip(lots).filter(|(_, lots)| **lots != 0);
    rows.map(|(array, lots)| (BigInt::from(*lots) * of(array, *lots)) << array.shift).sum()
}

/// Says of a book what the crate says, to the last step.
fn is_exact(arrays: &[RiskArray], factors: [i32; SCENARIOS_MAX], tokens: i64, lots: &[i64]) {
    let (terms, account) = (market(arrays, factors), book(tokens, lots));
    let (report, parts) = viewed(&terms, &account);
    let kept = terms.maintenance(&account);
    let opened = terms.health(&account, Check::Initial);

    let fair = summed(arrays, lots, |array, _| array.fair);
    let strict = summed(arrays, lots, |array, lots| if lots < 0 { array.high } else { array.low });
    let floor = summed(arrays, lots, |one, lots| if lots < 0 { -one.short_floor } else { 0 });
    let delta = summed(arrays, lots, |array, _| array.delta);
    let linear = decimal(150, -3).value_floor(tokens).unwrap();
    assert_eq!(big(report.net), big(linear) + &fair);
    assert_eq!(big(kept.equity), big(linear) + &fair);
    assert_eq!(big(opened.equity), big(linear) + strict);
    assert_eq!(big(parts.floor), floor);
    assert_eq!(big(parts.delta), big(linear) + delta);
    assert_eq!(parts.bound, None);

    let mut worst = BigInt::ZERO;
    for (at, found) in parts.outcomes.iter().enumerate() {
        // A shift of a number below zero rounds down, as a floor does.
        let moved: BigInt = (big(linear) * factors[at]) >> 27;
        let gain = summed(arrays, lots, |array, _| array.outcomes.get()[at].into()) + moved;
        assert_eq!(big(*found), gain, "scenario {at}");
        worst = worst.min(gain);
    }
    // In a word linear rows are rounded to the unit of the sums, against the account. A factor is
    // below 2^4.
    let units = if linear.is_zero() { BigInt::ZERO } else { BigInt::from(18) << arrays[0].shift };
    let (loss, scenario) = (-worst, big(parts.scenario));
    // What is reported is rounded to a step.
    assert!(scenario >= &loss - 1 && scenario <= loss + units, "{scenario} {parts:?}");
}

/// Half words at their ends, and anywhere.
fn half() -> impl Strategy<Value = i64> {
    prop_oneof![
        select(vec![HALF_MIN, HALF_MIN + 1, -1, 0, 1, HALF_MAX - 1, HALF_MAX]),
        any::<i32>().prop_map(i64::from),
    ]
}

fn outcomes() -> impl Strategy<Value = [i32; SCENARIOS_MAX]> {
    let each = proptest::collection::vec(half(), SCENARIOS_MAX);
    let each = each.prop_map(|all| std::array::from_fn(|at| all[at] as i32));
    prop_oneof![3 => each, 1 => half().prop_map(|one| [one as i32; SCENARIOS_MAX])]
}

/// An array whose numbers are of `number`, and whose unit is one of `shifts`.
fn array(
    number: impl Strategy<Value = i64>,
    shifts: &'static [u8],
) -> impl Strategy<Value = RiskArray> {
    let numbers = proptest::collection::vec(number, 5);
    (outcomes(), numbers, select(shifts)).prop_map(|(outcomes, numbers, shift)| {
        // None is below zero, and they are in their order.
        let fair = numbers[0].max(0);
        RiskArray {
            outcomes: Outcomes::new(outcomes),
            delta: numbers[1],
            shift,
            fair,
            low: numbers[2].clamp(0, fair),
            high: numbers[3].max(fair),
            short_floor: numbers[4].max(0),
            payoff: Payoff::Linear,
            expires_at: 0,
            phase: Phase::Open,
        }
    })
}

fn factors() -> impl Strategy<Value = [i32; SCENARIOS_MAX]> {
    // Mostly in pairs, as scenarios come.
    (outcomes(), any::<bool>())
        .prop_map(|(all, pairs)| std::array::from_fn(|at| all[if pairs { at & !1 } else { at }]))
}

fn tokens() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0i64), amount(20), amount(50)]
}

/// Lots at the ends of all words that they are kept in, and anywhere.
fn lots() -> impl Strategy<Value = i64> {
    let ends = [0i64, 1, 1 << 30, 1 << 31, 1 << 32, i64::MAX];
    let ends = ends.iter().flat_map(|end| [*end, end - 1, -end, 1 - end]);
    prop_oneof![select(ends.chain([i64::MIN]).collect::<Vec<_>>()), amount(20), amount(34)]
}

/// A row without lots is not there, and the bound would see the others.
fn there(lots: i64) -> i64 {
    if lots == 0 {
        1
    } else {
        lots
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// All rows agree, and together have as many lots as a word takes, or one more: then the last
    /// row, or the first one, is summed apart.
    #[test]
    fn sums_in_a_word_are_exact_to_the_last_lot(
        arrays in proptest::collection::vec(array(half(), &[16]), ROWS),
        lots in proptest::collection::vec(amount(26), ROWS),
        (filled, over) in (prop_oneof![Just(0), Just(ROWS - 1), 0..ROWS], 0u64..=1),
        short: bool, factors in factors(), tokens in tokens(),
    ) {
        let mut lots: Vec<i64> = lots.into_iter().map(there).collect();
        lots[filled] = 0;
        let others: u64 = lots.iter().map(|one| one.unsigned_abs()).sum();
        let rest = i64::try_from(LOTS_MAX - others + over).unwrap();
        lots[filled] = if short { -rest } else { rest };
        is_exact(&arrays, factors, tokens, &lots);
    }

    /// Rows of one sign whose outcomes are all at one end, beside the most of linear rows that a word
    /// takes: no sum is larger. With more lots than that they do not fit.
    #[test]
    fn the_largest_sums_of_all_fit_a_word(
        end in select(vec![HALF_MIN, HALF_MAX]), short: bool,
        most in select(vec![LOTS_MAX, LOTS_MAX + 1, 2 * LOTS_MAX, 2 * LOTS_MAX + 1]),
        factor in half(), tokens in prop_oneof![tokens(), select(vec![-NEARLY, NEARLY, -3 * NEARLY, 3 * NEARLY])],
    ) {
        let one = RiskArray {
            outcomes: Outcomes::new([end as i32; SCENARIOS_MAX]),
            delta: end,
            shift: 16,
            fair: HALF_MAX,
            low: HALF_MAX,
            high: HALF_MAX,
            short_floor: HALF_MAX,
            payoff: Payoff::Linear,
            expires_at: 0,
            phase: Phase::Open,
        };
        let mut lots = [1i64; ROWS];
        lots[7] = i64::try_from(most).unwrap() - (ROWS as i64 - 1);
        let lots = lots.map(|one| if short { -one } else { one });
        is_exact(&[one; ROWS], [factor as i32; SCENARIOS_MAX], tokens, &lots);
    }

    /// Some fit beside the first, some do not, in any order: for their unit, their lots, or numbers
    /// beyond half a word.
    #[test]
    fn sums_of_one_word_and_of_two_are_exact_together(
        arrays in proptest::collection::vec(
            prop_oneof![
                6 => array(half(), &[16]),
                1 => array(half(), &[0, 3, 16, 17]),
                1 => array(amount(40), &[16]),
            ],
            ROWS..=ROWS + 3,
        ),
        lots in proptest::collection::vec(lots(), ROWS + 3),
        factors in factors(), tokens in tokens(),
    ) {
        let lots: Vec<i64> = lots.into_iter().map(there).take(arrays.len()).collect();
        is_exact(&arrays, factors, tokens, &lots);
    }
}

#[test]
fn offset_binary_gives_every_number_back() {
    let ends = [i32::MIN, i32::MIN + 1, -1, 0, 1, i32::MAX - 1, i32::MAX];
    let all: [i32; SCENARIOS_MAX] = std::array::from_fn(|at| ends[at % ends.len()]);
    assert_eq!(Outcomes::new(all).get(), all);
    let raised = all.map(|one| u32::try_from(i64::from(one) + (1 << 31)).unwrap());
    assert_eq!(Outcomes::new(all), Outcomes::from_offset_binary(raised));
}

/// The sums of one underlying are not those of the next.
#[test]
fn each_underlying_begins_with_empty_sums() {
    let one = |outcome: i32| RiskArray {
        outcomes: Outcomes::new([outcome; SCENARIOS_MAX]),
        delta: 0,
        shift: 16,
        fair: 0,
        low: 0,
        high: 0,
        short_floor: 0,
        payoff: Payoff::Linear,
        expires_at: 0,
        phase: Phase::Open,
    };
    let mut terms = market(&[one(i32::MIN), one(i32::MAX), one(-1)], [0; SCENARIOS_MAX]);
    let mut second = terms.underlyings[0];
    second.index = 2;
    terms.underlyings.push(second);
    let last = terms.rows.last_mut().unwrap();
    last.key = position_key(2, 2);
    let lots = i64::try_from(LOTS_MAX).unwrap();
    // Beside sums of one word and of two, those of two words too.
    for (before, alone) in [lots, -lots, lots + 1, i64::MIN]
        .into_iter()
        .flat_map(|before| [3, lots, lots + 1].map(|alone| (before, alone)))
    {
        let account =
            [linear(1, 1, before, QuoteAtoms::ZERO), linear(2, 2, alone, QuoteAtoms::ZERO)];
        let mut reports = vec![];
        let scenarios = |_| Some((&ScenarioSet::SPAN, ppm(100_000)));
        let visit = |report: UnderlyingReport| reports.push(report);
        report(&terms.market(), account.into_iter(), scenarios, visit).unwrap();
        let parts = reports[1].arrays.unwrap();
        let loss = i128::from(alone) << 16;
        assert_eq!(parts.outcomes, [Value::new(-loss); SCENARIOS_MAX]);
        assert_eq!(parts.scenario, Value::new(loss));
    }
}
