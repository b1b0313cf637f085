//! Is a risk array what its definition says: weighted differences of values?

mod support;

use plimsoll_options::{
    risk_array, value_nearest, Level, OptionError, Premium, Shock, Terms, SHOCKS_MAX,
};
use plimsoll_units::{Ratio, Seconds};
use support::{call, level, market, put, Random};

/// The sixteen of SPAN, for a scan range of 15 % in price and 40 % in volatility.
fn span() -> [Shock; SHOCKS_MAX] {
    let thirds = [0, 50_000, -50_000, 100_000, -100_000, 150_000, -150_000];
    let mut shocks = [Shock::NONE; SHOCKS_MAX];
    for (pair, price) in shocks.chunks_mut(2).zip(thirds) {
        pair[0] = Shock { price, volatility: 400_000, weight: Ratio::ONE };
        pair[1] = Shock { price, volatility: -400_000, weight: Ratio::ONE };
    }
    let weight = Ratio::from_ppm(330_000);
    shocks[14] = Shock { price: 450_000, volatility: 0, weight };
    shocks[15] = Shock { price: -450_000, volatility: 0, weight };
    shocks
}

fn shocked(number: u64, shock: i32) -> u64 {
    let factor = u128::try_from(1_000_000 + i64::from(shock)).unwrap();
    u64::try_from((u128::from(number) * factor + 500_000) / 1_000_000).unwrap()
}

#[test]
fn array_is_the_weighted_differences_of_values() {
    let mut random = Random(7);
    for index in 0..5_000 {
        let strike = random.magnitude(1_000, Level::MAX.get() >> 8);
        let forward = random.magnitude(strike.div_ceil(3), strike * 3);
        // Whole days, and seconds to go.
        let seconds = random.magnitude(1, 63_072_000) % [u64::MAX, 120][index % 2];
        let now = market(forward, random.magnitude(1, 5_000_000) as u32, seconds);
        for terms in [call(strike), put(strike)] {
            let array = risk_array(terms, now, &span()).unwrap();
            let before = value_nearest(terms, now).get();
            for (found, shock) in array.into_iter().zip(span()) {
                let mut then = now;
                then.forward = level(shocked(forward, shock.price));
                let ppm = shocked(u64::from(now.volatility.ppm()), shock.volatility);
                then.volatility = Ratio::from_ppm(ppm.try_into().unwrap());
                let change = i128::from(value_nearest(terms, then).get() - before);
                let product = change * i128::from(shock.weight.ppm());
                let away = (product.abs() + 999_999) / 1_000_000 * product.signum();
                assert_eq!(i128::from(found.get()), away, "{terms:?} {now:?} {shock:?}");
            }
        }
    }
}

#[test]
fn call_less_put_moves_as_the_forward_does() {
    let now = market(1 << 40, 800_000, 86_400 * 30);
    let calls = risk_array(call(1 << 40), now, &span()).unwrap();
    let puts = risk_array(put(1 << 40), now, &span()).unwrap();
    for ((call, put), shock) in calls.into_iter().zip(puts).zip(span()) {
        if shock.weight == Ratio::ONE {
            let moved = shocked(1 << 40, shock.price).cast_signed() - (1 << 40);
            assert_eq!(call.get() - put.get(), moved << 16);
        }
    }
}

#[test]
fn expired_option_moves_by_its_intrinsic_value_alone() {
    let now = market(1_000_000, 800_000, 0);
    let array = risk_array(call(1_040_000), now, &span()).unwrap();
    for (found, shock) in array.into_iter().zip(span()).take(14) {
        let intrinsic = (1_000_000 + i64::from(shock.price) - 1_040_000).max(0);
        assert_eq!(found, Premium::new(intrinsic << 16));
    }
    // 33 % of 410,000 steps, exactly.
    assert_eq!(array[14], Premium::new(135_300 << 16));
    assert_eq!(array[15], Premium::ZERO);
}

#[test]
fn shocks_out_of_bounds_are_refused_by_name() {
    let now = market(1 << 40, 800_000, 86_400);
    let array = |terms: Terms, shock: Shock| {
        let mut shocks = [Shock::NONE; SHOCKS_MAX];
        shocks[7] = shock;
        risk_array(terms, now, &shocks).map(|array| array[7])
    };
    let shock = Shock { price: 0, volatility: 0, weight: Ratio::ONE };
    let terms = put(1 << 40);
    let beyond = Err(OptionError::ShockOutOfRange);
    assert_eq!(array(terms, Shock { price: -1_000_001, ..shock }), beyond);
    assert_eq!(array(terms, Shock { volatility: -1_000_001, ..shock }), beyond);
    let heavy = Shock { weight: Ratio::from_ppm(1_000_001), ..shock };
    assert_eq!(array(terms, heavy), Err(OptionError::WeightOutOfRange));
    let far = Shock { price: 63_000_000, ..shock };
    assert_eq!(array(terms, far), Err(OptionError::LevelOutOfRange));
    // A price of nothing counts as one step; a volatility of nothing leaves the intrinsic value.
    let before = value_nearest(terms, now).get();
    let all = array(terms, Shock { price: -1_000_000, ..shock });
    assert_eq!(all, Ok(Premium::new((((1_i64 << 40) - 1) << 16) - before)));
    let calm = array(terms, Shock { volatility: -1_000_000, ..shock });
    assert_eq!(calm, Ok(Premium::new(-before)));
    assert_eq!(array(terms, shock), Ok(Premium::ZERO));
    assert_eq!(now.time, Seconds::new(86_400));
}
