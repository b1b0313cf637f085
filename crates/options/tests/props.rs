//! Are values ordered, bounded and in parity, to the last unit? For random options, for steps of
//! one unit, and where it is hardest: along runs of single steps, and where a rounding turns.

mod support;

use plimsoll_options::{value_nearest, Kind, Level, Market, Premium, Terms};
use plimsoll_units::{Ratio, Seconds};
use proptest::prelude::*;
use support::{call, level, market, put, Random};

/// Two years.
const SECONDS_MAX: u64 = 63_072_000;

/// Spot over strike is tied to the total volatility, so that most options have a time value. Half
/// of the levels use all their bits: there a step is smallest.
fn sample(random: &mut Random) -> (Terms, Market) {
    let strike = random.magnitude(200, Level::MAX.get() >> 7);
    let ppm = random.magnitude(10_000, 5_000_000) as u32;
    let seconds = random.magnitude(60, SECONDS_MAX);
    let w = f64::from(ppm) / 1e6 * (seconds as f64 / 31_536_000.0).sqrt();
    let z = random.word() as f64 / 2_f64.powi(64) * 20.0 - 10.0;
    let ratio = (z * w).clamp(-4.6, 4.6).exp();
    let forward = ((strike as f64 * ratio) as u64).max(1);
    let most = (Level::MAX.get() >> 1) / forward.max(strike);
    let scale = if random.word().is_multiple_of(2) { most.max(1) } else { 1 };
    let (forward, strike) = (forward * scale, strike * scale);
    let kind = if random.word().is_multiple_of(2) { Kind::Call } else { Kind::Put };
    (Terms { kind, strike: level(strike) }, market(forward, ppm, seconds))
}

fn value(terms: Terms, market: Market) -> i64 {
    value_nearest(terms, market).get()
}

/// One argument is a step larger.
#[derive(Clone, Copy, Debug)]
enum Argument {
    Forward,
    Strike,
    Volatility,
    Time,
}

const ARGUMENTS: [Argument; 4] =
    [Argument::Forward, Argument::Strike, Argument::Volatility, Argument::Time];

fn raised(argument: Argument, terms: Terms, market: Market, by: u64) -> Option<(Terms, Market)> {
    let more = |one: Level| Level::new(one.get().checked_add(by)?).ok();
    let (mut terms, mut market) = (terms, market);
    match argument {
        Argument::Forward => market.forward = more(market.forward)?,
        Argument::Strike => terms.strike = more(terms.strike)?,
        Argument::Volatility => {
            let ppm = u64::from(market.volatility.ppm()).checked_add(by)?;
            market.volatility = Ratio::from_ppm(u32::try_from(ppm).ok()?);
        }
        Argument::Time => market.time = Seconds::new(market.time.get().checked_add(by)?),
    }
    Some((terms, market))
}

/// Is the second value, for a larger argument, on the right side of the first?
fn is_ordered(argument: Argument, kind: Kind, first: i64, second: i64) -> bool {
    match (argument, kind) {
        (Argument::Forward, Kind::Put) | (Argument::Strike, Kind::Call) => second <= first,
        _ => second >= first,
    }
}

#[track_caller]
fn assert_ordered(argument: Argument, terms: Terms, market: Market, by: u64) {
    let Some((terms_2, market_2)) = raised(argument, terms, market, by) else {
        return;
    };
    let (first, second) = (value(terms, market), value(terms_2, market_2));
    let ordered = is_ordered(argument, terms.kind, first, second);
    assert!(ordered, "{argument:?} + {by}: {terms:?} {market:?}: {first}, then {second}");
}

#[test]
fn a_step_more_of_any_argument_never_moves_a_value_the_wrong_way() {
    let mut random = Random(3);
    for _ in 0..1_000_000 {
        let (terms, market) = sample(&mut random);
        for argument in ARGUMENTS {
            assert_ordered(argument, terms, market, 1);
        }
    }
}

#[test]
fn runs_of_single_steps_are_monotone() {
    let mut random = Random(4);
    for _ in 0..1_000 {
        let (terms, market) = sample(&mut random);
        for argument in ARGUMENTS {
            for offset in 0..500 {
                if let Some((terms, market)) = raised(argument, terms, market, offset) {
                    assert_ordered(argument, terms, market, 1);
                }
            }
        }
    }
}

/// Finds, by halving, the place where a value passes from one integer to a later one, and tries
/// every step around it: there a rounding turns, and the least error of what is rounded would show.
#[test]
fn values_turn_once_where_a_rounding_turns() {
    let mut random = Random(5);
    let mut turns = 0;
    for _ in 0..10_000 {
        let (terms, market) = sample(&mut random);
        for argument in ARGUMENTS {
            let (mut low, mut high) = (0, 1 << random.magnitude(4, 34).ilog2().max(4) as u64);
            let at = |by: u64| {
                raised(argument, terms, market, by).map(|(terms, market)| value(terms, market))
            };
            let (Some(first), Some(last)) = (at(low), at(high)) else {
                continue;
            };
            if first == last {
                continue;
            }
            while high - low > 1 {
                let middle = low.midpoint(high);
                if at(middle) == Some(first) {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            turns += 1;
            for by in low.saturating_sub(40)..high + 40 {
                if let Some((terms, market)) = raised(argument, terms, market, by) {
                    assert_ordered(argument, terms, market, 1);
                }
            }
        }
    }
    assert!(turns > 20_000, "{turns}");
}

/// Where `z` changes its sign, a cell of a table ends, or the distribution does.
#[test]
fn values_are_monotone_across_seams() {
    for seconds in [60, 86_400, 31_536_000] {
        for ppm in [10_000, 300_000, 5_000_000_u32] {
            let w = f64::from(ppm) / 1e6 * (seconds as f64 / 31_536_000.0).sqrt();
            let strike = 1_u64 << 38;
            // z = y/w − w/2 at every eighth, so at every end of a cell below two.
            for eighth in 0..=96 {
                let y = (f64::from(eighth) / 8.0 + w / 2.0) * w;
                if y > 4.6 {
                    continue;
                }
                for sign in [-1.0, 1.0] {
                    let forward = (strike as f64 * (sign * y).exp()) as u64 - 150;
                    for offset in 0..300 {
                        let market = market(forward + offset, ppm, seconds);
                        for terms in [call(strike), put(strike)] {
                            for argument in ARGUMENTS {
                                assert_ordered(argument, terms, market, 1);
                            }
                        }
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

    #[test]
    fn values_are_ordered_for_arguments_of_any_distance(
        seed in 1_u64.., by in 1_u64..1 << 40, argument in 0_usize..4,
    ) {
        let (terms, market) = sample(&mut Random(seed));
        let by = by >> (seed % 40);
        assert_ordered(ARGUMENTS[argument], terms, market, by);
    }

    #[test]
    fn values_are_ordered_over_all_that_can_be_written(
        forward in 1..=Level::MAX.get(), strike in 1..=Level::MAX.get(), ppm: u32, seconds: u64,
        shifts in (0_u32..45, 0_u32..45, 0_u32..32, 0_u32..64), by: u64, argument in 0_usize..4,
        is_call: bool,
    ) {
        let (forward, strike) = ((forward >> shifts.0).max(1), (strike >> shifts.1).max(1));
        let market = market(forward, ppm >> shifts.2, seconds >> shifts.3);
        let terms = if is_call { call(strike) } else { put(strike) };
        assert_ordered(ARGUMENTS[argument], terms, market, by >> (by % 64));
    }

    #[test]
    fn call_less_put_is_forward_less_strike(
        forward in 1..=Level::MAX.get(), strike in 1..=Level::MAX.get(), ppm: u32, seconds: u64,
        shifts in (0_u32..45, 0_u32..45, 0_u32..32, 0_u32..64),
    ) {
        let (forward, strike) = ((forward >> shifts.0).max(1), (strike >> shifts.1).max(1));
        let market = market(forward, ppm >> shifts.2, seconds >> shifts.3);
        let (call, put) = (value(call(strike), market), value(put(strike), market));
        let (f, k) = (forward.cast_signed() << 16, strike.cast_signed() << 16);
        prop_assert_eq!(call - put, f - k);
        prop_assert!(call >= (f - k).max(0) && call <= f);
        prop_assert!(put >= (k - f).max(0) && put <= k);
    }

    #[test]
    fn without_time_or_volatility_a_value_is_intrinsic(
        forward in 1..=Level::MAX.get(), strike in 1..=Level::MAX.get(), ppm: u32, seconds: u64,
    ) {
        let intrinsic = i64::try_from(forward).unwrap() - i64::try_from(strike).unwrap();
        for market in [market(forward, ppm, 0), market(forward, 0, seconds)] {
            let call = value_nearest(call(strike), market);
            let put = value_nearest(put(strike), market);
            prop_assert_eq!(call, Premium::new(intrinsic.max(0) << 16));
            prop_assert_eq!(put, Premium::new((-intrinsic).max(0) << 16));
        }
    }

    #[test]
    fn a_put_is_a_call_with_forward_and_strike_exchanged(seed in 1_u64..) {
        let (terms, market) = sample(&mut Random(seed));
        let exchanged = Market { forward: terms.strike, ..market };
        let call = Terms { kind: Kind::Call, ..terms };
        let put = Terms { kind: Kind::Put, strike: market.forward };
        prop_assert_eq!(value(call, market), value(put, exchanged));
    }
}
