//! Is a price graded as its sources deserve, and does a grade allow what the design says?

mod support;

use plimsoll_risk::{
    allowed, judge, Action, Grade, OracleBounds, Quote, SlopeLimited, SourceQuote,
};
use plimsoll_units::{Price, Ratio, Seconds, UnixSeconds};
use proptest::prelude::*;
use support::*;

const NOW: UnixSeconds = UnixSeconds::new(1_000_000);

const BOUNDS: OracleBounds = OracleBounds {
    age_max: Seconds::new(60),
    confidence_max: Ratio::from_ppm(20_000),
    dispersion_max: Ratio::from_ppm(10_000),
    jump_max: Ratio::from_ppm(100_000),
};

/// A source that says `cents` give or take `confidence` cents, `age` seconds ago.
fn source(cents: u64, confidence: u64, age: i64) -> SourceQuote {
    SourceQuote {
        price: decimal(cents, -2),
        confidence: (confidence > 0).then(|| decimal(confidence, -2)),
        published: UnixSeconds::new(NOW.get() - age),
        trading: true,
    }
}

/// The verdict with a jump reference of 100 dollars and nothing newer seen before.
fn verdict(sources: &[Option<SourceQuote>]) -> Quote {
    judge(sources, &BOUNDS, NOW, UnixSeconds::ZERO, decimal(100, 0))
}

fn grade(sources: &[Option<SourceQuote>]) -> Grade {
    verdict(sources).grade
}

#[test]
fn good_source_gives_its_price_and_its_interval() {
    let quote = verdict(&[Some(source(10_100, 50, 3))]);

    assert_eq!(quote.grade, Grade::Valid);
    assert_eq!(quote.published, UnixSeconds::new(NOW.get() - 3));
    let band = quote.band.unwrap();
    assert_eq!(band.price, decimal(10_100, -2));
    // To a part in 10^18: decimals are cut after 64 bits.
    let near = |a, b| Price::distance_ratio_ceil(a, b) <= ppm(1);
    assert!(near(band.low, decimal(10_050, -2)) && near(band.high, decimal(10_150, -2)));
}

#[test]
fn two_sources_give_the_first_price_and_the_interval_of_both() {
    let band = verdict(&[Some(source(10_000, 10, 3)), Some(source(10_050, 20, 5))]).band.unwrap();
    assert_eq!(band.price, decimal(10_000, -2));
    let near = |a, b| Price::distance_ratio_ceil(a, b) <= ppm(1);
    assert!(near(band.low, decimal(9_990, -2)) && near(band.high, decimal(10_070, -2)));
}

#[test]
fn each_failure_has_its_grade_and_the_first_one_is_told() {
    let good = source(10_000, 10, 3);
    let halted = SourceQuote { trading: false, ..good };
    assert_eq!(grade(&[Some(halted)]), Grade::Halted);
    assert_eq!(grade(&[None]), Grade::NotPositive);
    assert_eq!(grade(&[]), Grade::NotPositive);
    assert_eq!(grade(&[Some(good), None]), Grade::NotPositive);
    assert_eq!(grade(&[Some(good), Some(source(10_000, 10, 61))]), Grade::Stale);
    assert_eq!(grade(&[Some(good), Some(source(10_101, 10, 3))]), Grade::Dispersed);
    assert_eq!(grade(&[Some(source(10_000, 201, 3))]), Grade::Uncertain);
    assert_eq!(grade(&[Some(source(11_001, 10, 3))]), Grade::Jumping);

    // All at once: the order is the one that `judge` documents.
    let old_and_wild = source(20_000, 19_999, 1_000);
    assert_eq!(grade(&[Some(good), Some(old_and_wild)]), Grade::Stale);
    assert_eq!(grade(&[None, Some(SourceQuote { trading: false, ..good })]), Grade::Halted);
    assert_eq!(grade(&[Some(source(20_000, 19_999, 1))]), Grade::Uncertain);
}

#[test]
fn bounds_themselves_still_pass() {
    assert_eq!(grade(&[Some(source(10_000, 200, 60))]), Grade::Valid);
    assert_eq!(grade(&[Some(source(10_000, 1, 0)), Some(source(10_100, 1, 0))]), Grade::Valid);
    assert_eq!(grade(&[Some(source(11_000, 1, -60))]), Grade::Valid);
}

#[test]
fn future_and_replayed_prices_are_stale() {
    assert_eq!(grade(&[Some(source(10_000, 1, -61))]), Grade::Stale);
    let seen = UnixSeconds::new(NOW.get() - 10);
    let judge = |age| judge(&[Some(source(10_000, 1, age))], &BOUNDS, NOW, seen, Price::ONE);
    assert_eq!(judge(11).grade, Grade::Stale);
    assert_eq!(judge(10).grade, Grade::Jumping); // no longer stale, but far from one dollar
}

#[test]
fn invalid_price_is_still_told_where_there_is_one() {
    assert!(verdict(&[Some(source(10_000, 1, 500))]).band.is_some());
    assert_eq!(verdict(&[None, Some(source(10_000, 1, 0))]).band, None);
    // A confidence wider than the price leaves next to nothing as the lower end.
    let band = verdict(&[Some(source(100, 500, 0))]).band.unwrap();
    assert_eq!(band.low, decimal(100, -2).mul_ratio(ppm(1)).unwrap());
    assert!(band.high > band.price);
}

#[test]
fn bad_price_may_only_be_used_to_reduce_risk() {
    use Action::*;
    use Grade::*;
    for grade in [Valid, Stale, Uncertain, Dispersed, Jumping, Halted, NotPositive] {
        for action in [Cancel, Repay, Deposit] {
            assert!(allowed(grade, action));
        }
        for action in [Settle, Open, Withdraw, Liquidate] {
            assert_eq!(allowed(grade, action), grade == Valid);
        }
    }
}

fn advance(from: u64, to: u64, seconds: i64, slope: u32) -> SlopeLimited {
    let limited = SlopeLimited { price: decimal(from, 0), updated: UnixSeconds::new(100) };
    let now = UnixSeconds::new(100 + seconds);
    limited.advance(decimal(to, 0), now, ppm(slope), Seconds::new(600)).unwrap()
}

#[test]
fn stable_price_follows_by_its_slope_and_no_further() {
    let near = |a: SlopeLimited, b| Price::distance_ratio_ceil(a.price, b) <= ppm(1);
    // 100 ppm a second for 50 seconds: half a percent of 1,000.
    assert!(near(advance(1_000, 2_000, 50, 100), decimal(1_005, 0)));
    assert!(near(advance(1_000, 500, 50, 100), decimal(995, 0)));
    // Within reach: the target, exactly.
    assert_eq!(advance(1_000, 1_004, 50, 100).price, decimal(1_004, 0));
    assert_eq!(advance(1_000, 996, 50, 100).price, decimal(996, 0));
    // After a halt of a day the step is that of ten minutes.
    assert!(near(advance(1_000, 5_000, 86_400, 100), decimal(1_060, 0)));
    // A slope of everything reaches anything below, and doubles at most upward.
    assert_eq!(advance(1_000, 1, 1, 1_000_000).price, decimal(1, 0));
    assert_eq!(advance(1_000, 9_000, 1, 1_000_000).price, decimal(2_000, 0));
}

#[test]
fn clock_that_goes_back_moves_no_price() {
    let (still, back) = (advance(1_000, 2_000, 0, 100), advance(1_000, 2_000, -5, 100));
    assert_eq!(still, SlopeLimited { price: decimal(1_000, 0), updated: UnixSeconds::new(100) });
    assert_eq!(back, still);
    assert_eq!(advance(1_000, 2_000, 5, 0).updated, UnixSeconds::new(105));
}

proptest! {
    #[test]
    fn stable_price_never_passes_its_target_nor_its_slope(
        from in 1u64..1 << 50, to in 1u64..1 << 50, seconds in 0i64..2_000, slope in 0u32..2_000_000,
    ) {
        let (start, target) = (decimal(from, 0), decimal(to, 0));
        let end = advance(from, to, seconds, slope).price;
        prop_assert!(start.min(target) <= end && end <= start.max(target));
        let limit = u64::from(slope) * seconds.min(600) as u64;
        prop_assert!(u64::from(Price::distance_ratio_ceil(end, start).ppm()) <= limit + 1);
    }

    #[test]
    fn band_holds_every_price_and_the_verdict_never_panics(
        cents in any::<[u64; 4]>(), ages in any::<[i32; 2]>(), reference in 1u64..,
    ) {
        let [a, b, c, d] = cents.map(|x| x.max(1));
        let quote = |price, confidence, age: i32| Some(SourceQuote {
            price: decimal(price, -8),
            confidence: Some(decimal(confidence, -8)),
            published: UnixSeconds::new(NOW.get() + i64::from(age)),
            trading: true,
        });
        let sources = [quote(a, c, ages[0]), quote(b, d, ages[1])];
        let found = judge(&sources, &BOUNDS, NOW, UnixSeconds::ZERO, decimal(reference, -8));
        let band = found.band.unwrap();
        prop_assert!(band.low <= band.price && band.price <= band.high);
        prop_assert!(band.high >= decimal(b, -8));
    }
}
