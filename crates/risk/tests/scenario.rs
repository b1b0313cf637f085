//! Do the closed ends of the scenarios give what going through all of them gives?

mod support;

use plimsoll_risk::{
    linear_factors, loss_ratios, scan_range_widened, worst_scenario, RiskError, Scenario,
    ScenarioSet, DERIBIT_LIKE, SPAN,
};
use plimsoll_units::{MathError, QuoteAtoms, Ratio, Value};
use proptest::prelude::*;
use support::*;

fn scenario(shock: i32, weight: u32) -> Scenario {
    Scenario { shock, volatility: 0, weight: ppm(weight) }
}

#[test]
fn span_requires_its_scan_range_of_a_plain_future() {
    let factors = linear_factors(&ScenarioSet::SPAN).unwrap();
    assert_eq!(factors, (Ratio::ONE, Ratio::ONE));
    assert_eq!(loss_ratios(ppm(80_000), factors), Ok((ppm(80_000), ppm(80_000))));
    assert_eq!(ScenarioSet::new(&SPAN), Ok(ScenarioSet::SPAN));
}

#[test]
fn worst_scenario_of_a_long_is_the_full_move_down() {
    // 1,000 dollars long or short at a scan range of 8 %: 80 dollars, in scenarios 12 and 10.
    let worst = |dollars| worst_scenario(&ScenarioSet::SPAN, ppm(80_000), value(dollars)).unwrap();
    assert_eq!(worst(1_000), (12, value(80)));
    assert_eq!(worst(-1_000), (10, value(80)));
    assert_eq!(worst(0), (0, Value::ZERO));
}

#[test]
fn lopsided_set_asks_more_of_the_side_that_it_fears() {
    let set = ScenarioSet::new(&[scenario(-500_000, 1_000_000), scenario(3_000_000, 400_000)]);
    let factors = linear_factors(&set.unwrap()).unwrap();
    assert_eq!(factors, (ppm(500_000), ppm(1_200_000)));
    assert_eq!(loss_ratios(ppm(100_001), factors), Ok((ppm(50_001), ppm(120_002))));
}

#[test]
fn sets_out_of_bounds_are_refused() {
    let refused = Err(RiskError::ScenarioSetInvalid);
    let (up, down) = (scenario(1_000_000, 1_000_000), scenario(-1_000_000, 1_000_000));
    assert_eq!(ScenarioSet::new(&[]), refused);
    assert_eq!(ScenarioSet::new(&[up]), refused);
    assert_eq!(ScenarioSet::new(&[up, scenario(-1_000_000, 0)]), refused);
    assert_eq!(ScenarioSet::new(&[up, down, scenario(0, 1_000_001)]), refused);
    assert_eq!(ScenarioSet::new(&[up, down, scenario(i32::MIN, 1)]), refused);
    let wild = Scenario { volatility: 10_000_001, ..up };
    assert_eq!(ScenarioSet::new(&[wild, down]), refused);
    assert_eq!(ScenarioSet::new(&[up; 17]), refused);
}

#[test]
fn long_cannot_be_asked_for_more_than_all() {
    let factors = (ppm(1_050_000), ppm(1_050_000));
    assert_eq!(loss_ratios(ppm(960_000), factors), Err(MathError::OutOfRange.into()));
    assert!(loss_ratios(ppm(950_000), factors).is_ok());
}

#[test]
fn scan_range_widens_with_open_interest_between_its_caps() {
    let widened = |dollars| {
        let (lower, upper) = (ppm(50_000), ppm(200_000));
        scan_range_widened(lower, upper, value(dollars), value(10), value(20)).unwrap()
    };
    assert_eq!(widened(0), ppm(50_000));
    assert_eq!(widened(10), ppm(50_000));
    assert_eq!(widened(15), ppm(125_000));
    assert_eq!(widened(20), ppm(200_000));
    assert_eq!(widened(1 << 40), ppm(200_000));
    // Bounds that do not rise: a step.
    let step =
        |dollars| scan_range_widened(ppm(1), ppm(9), value(dollars), value(10), value(10)).unwrap();
    assert_eq!((step(10), step(11)), (ppm(1), ppm(9)));
}

prop_compose! {
    fn any_set()(
        mut scenarios in proptest::collection::vec(
            (-3_000_000i32..=3_000_000, 0u32..=1_000_000), 0..=14
        ),
        down in 1i32..1_000_000, up in 1i32..1_000_000,
    ) -> ScenarioSet {
        scenarios.extend([(-down, 1_000_000), (up, 1_000_000)]);
        let scenarios: Vec<_> = scenarios.into_iter().map(|(s, w)| scenario(s, w)).collect();
        ScenarioSet::new(&scenarios).unwrap()
    }
}

proptest! {
    #[test]
    fn closed_ends_equal_the_worst_of_all(
        set in any_set(), scan in 0u32..=300_000, net in amount(50),
    ) {
        let net = Value::from_quote(QuoteAtoms::new(net));
        let (long, short) = loss_ratios(ppm(scan), linear_factors(&set).unwrap()).unwrap();
        let ratio = if net.is_negative() { short } else { long };
        let closed = net.abs().unwrap().mul_ratio_ceil(ratio).unwrap();
        let (index, loss) = worst_scenario(&set, ppm(scan), net).unwrap();
        prop_assert_eq!(loss, closed);
        prop_assert!(usize::from(index) < set.iter().count());
    }

    #[test]
    fn wider_market_never_narrows_the_range(
        a in 0i64..1 << 50, b in 0i64..1 << 50, from in 0i64..1 << 50, to in 0i64..1 << 50,
    ) {
        let widened = |atoms: i64| scan_range_widened(
            ppm(40_000), ppm(900_000),
            Value::from_quote(QuoteAtoms::new(atoms)),
            Value::from_quote(QuoteAtoms::new(from)),
            Value::from_quote(QuoteAtoms::new(to)),
        ).unwrap();
        prop_assert!(widened(a.min(b)) <= widened(a.max(b)));
        prop_assert!((ppm(40_000)..=ppm(900_000)).contains(&widened(a)));
    }
}

#[test]
fn set_like_deribits_is_sound_and_costs_a_future_its_scan_range() {
    let set = ScenarioSet::new(&DERIBIT_LIKE).unwrap();
    assert_eq!(set, ScenarioSet::DERIBIT_LIKE);
    assert_eq!(linear_factors(&set).unwrap(), (Ratio::ONE, Ratio::ONE));
    // Every move has its mirror.
    for one in &DERIBIT_LIKE {
        let is_mirror = |other: &&Scenario| {
            other.shock == -one.shock
                && other.volatility == one.volatility
                && other.weight == one.weight
        };
        assert!(DERIBIT_LIKE.iter().any(|other| is_mirror(&other)), "{one:?}");
    }
}
