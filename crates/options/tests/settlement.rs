//! Is an expiry settled at the average that its samples give, and can nobody choose another one?

mod support;

use plimsoll_options::{Settlement, SettlementError, COVERED_MIN, GAP_MAX, WINDOW};
use plimsoll_units::{Price, Seconds, UnixSeconds};
use support::{for_each_row, Random};

const PATHS: &str = include_str!("data/settlement.csv");

const EXPIRY: UnixSeconds = UnixSeconds::new(1_764_921_600);

fn whole(dollars: u64) -> Price {
    Price::from_integer(dollars).unwrap()
}

/// So many seconds from the expiry.
fn at(seconds: i64) -> UnixSeconds {
    UnixSeconds::new(EXPIRY.get() + seconds)
}

/// Samples at these seconds from the expiry.
fn sampled(samples: &[(i64, Price)]) -> Settlement {
    let mut settlement = Settlement::default();
    for (seconds, price) in samples {
        settlement.sample(*price, at(*seconds), EXPIRY).unwrap();
    }
    settlement
}

/// A sample of one price every so often, from and to these seconds.
fn steady(from: i64, to: i64, every: usize, price: Price) -> Settlement {
    let samples: Vec<(i64, Price)> = (from..=to).step_by(every).map(|at| (at, price)).collect();
    sampled(&samples)
}

fn number(price: Price) -> f64 {
    let (mantissa, exponent) = price.parts();
    mantissa as f64 * 2_f64.powi(exponent.into())
}

#[test]
fn averages_are_those_of_the_reference_after_each_sample() {
    let mut settlement = Settlement::default();
    let mut path = usize::MAX;
    let rows = for_each_row(PATHS, |row| {
        if row.get::<usize>("path") != path {
            path = row.get("path");
            settlement = Settlement::default();
        }
        let expiry = UnixSeconds::new(row.get("expiry"));
        let price = Price::from_parts(row.get("mantissa"), row.get("exponent")).unwrap();
        settlement.sample(price, UnixSeconds::new(row.get("time")), expiry).unwrap();
        // Through its stored form, as an account holds it.
        settlement = Settlement::from_words(settlement.words()).unwrap();
        assert_eq!(settlement.covered().get(), row.get::<u64>("covered"));
        let average = settlement.average().map_or((0, 0), Price::parts);
        assert_eq!(average, (row.get("average_m"), row.get("average_e")), "path {path}");
    });
    assert!(rows > 1_000 && path == 23, "{rows} rows, {path}");
}

#[test]
fn mean_of_a_straight_line_is_its_middle_and_only_the_window_counts() {
    // From 100 to 190 over the window, a sample each minute; a wild price before it.
    let mut settlement = sampled(&[(-5_000, whole(1_000_000)), (-4_000, whole(7))]);
    for minute in 0..=30_u32 {
        let price = whole(u64::from(100 + 3 * minute));
        settlement.sample(price, at(i64::from(minute) * 60 - 1_800), EXPIRY).unwrap();
    }
    assert_eq!(settlement.covered(), WINDOW);
    assert_eq!(settlement.sampled_at(), Some(EXPIRY));
    assert_eq!(settlement.finish(EXPIRY, EXPIRY), Ok(whole(145)));
}

#[test]
fn stretch_across_an_edge_counts_with_its_mean_for_the_time_inside() {
    // 200 of 300 seconds inside, then 100 of 300.
    let settlement = sampled(&[(-1_900, whole(100)), (-1_600, whole(200))]);
    assert_eq!(settlement.covered(), Seconds::new(200));
    assert_eq!(settlement.average(), Some(whole(150)));
    let settlement = sampled(&[(-100, whole(100)), (200, whole(200))]);
    // 100 inside; after the expiry the other 200 count too, since too little is covered.
    assert_eq!(settlement.covered(), Seconds::new(300));
    let mut full = steady(-1_800, -100, 100, whole(100));
    full.sample(whole(300), at(200), EXPIRY).unwrap();
    assert_eq!(full.covered(), WINDOW);
    // 1,700 seconds at 100 and 100 at 200.
    let average = number(full.average().unwrap());
    assert!((average - 190_000.0 / 1_800.0).abs() < 1e-12, "{average}");
}

#[test]
fn samples_of_the_same_second_or_an_earlier_one_change_nothing() {
    let before = sampled(&[(-1_000, whole(100)), (-900, whole(110))]);
    let mut after = before;
    for late in [0, 1, 500] {
        after.sample(whole(9_999), at(-900 - late), EXPIRY).unwrap();
    }
    assert_eq!(after, before);
}

#[test]
fn gap_of_more_than_five_minutes_is_not_covered() {
    let longest = GAP_MAX.get().cast_signed();
    let settlement = sampled(&[(-1_000, whole(100)), (longest - 1_000, whole(100))]);
    assert_eq!(settlement.covered(), GAP_MAX);
    let settlement = sampled(&[(-1_000, whole(100)), (longest - 999, whole(100))]);
    assert_eq!((settlement.covered(), settlement.average()), (Seconds::ZERO, None));
    assert_eq!(settlement.sampled_at(), Some(at(longest - 999)));
}

#[test]
fn settlement_that_is_not_due_or_not_covered_is_refused_by_name() {
    let all = steady(-1_800, 0, 60, whole(100));
    assert_eq!(all.finish(at(-1), EXPIRY), Err(SettlementError::NotDue));
    assert_eq!(all.finish(EXPIRY, EXPIRY), Ok(whole(100)));
    let none = Settlement::default();
    assert_eq!(none.finish(at(1_000_000), EXPIRY), Err(SettlementError::Uncovered));
    // From 899 seconds before the expiry on: a second more is missing, and is taken after it.
    let mut short = steady(-899, -99, 100, whole(100));
    short.sample(whole(100), EXPIRY, EXPIRY).unwrap();
    assert_eq!(short.finish(EXPIRY, EXPIRY), Err(SettlementError::Uncovered));
    short.sample(whole(300), at(200), EXPIRY).unwrap();
    assert_eq!(short.covered(), COVERED_MIN);
    let average = number(short.finish(at(200), EXPIRY).unwrap());
    assert!((average - (899.0 * 100.0 + 200.0) / 900.0).abs() < 1e-12, "{average}");
    let settled = short;
    short.sample(whole(1), at(260), EXPIRY).unwrap();
    assert_eq!(short.finish(at(260), EXPIRY), settled.finish(at(200), EXPIRY));
}

#[test]
fn window_that_nobody_sampled_is_made_up_for_after_the_expiry() {
    let late = steady(5_000, 5_840, 60, whole(70));
    assert_eq!(late.covered(), Seconds::new(840));
    assert_eq!(late.finish(at(5_840), EXPIRY), Err(SettlementError::Uncovered));
    let late = steady(5_000, 5_900, 60, whole(70));
    assert_eq!(late.finish(at(5_900), EXPIRY), Ok(whole(70)));
}

#[test]
fn last_stretch_is_asked_for_while_a_sample_can_still_cover_it() {
    let mut settlement = steady(-1_800, -60, 60, whole(100));
    let gap = GAP_MAX.get().cast_signed();
    assert_eq!(settlement.finish(at(gap - 60), EXPIRY), Err(SettlementError::SampleDue));
    // Nobody came: that minute is lost, and no later sample brings it back.
    let price = settlement.finish(at(gap - 59), EXPIRY);
    assert_eq!(price, Ok(whole(100)));
    settlement.sample(whole(500), at(gap - 59), EXPIRY).unwrap();
    assert_eq!(settlement.finish(at(gap), EXPIRY), price);
}

#[test]
fn price_that_is_final_once_stays_final() {
    let mut random = Random(11);
    let mut settled = 0;
    for _ in 0..2_000 {
        let mut settlement = Settlement::default();
        let mut now = -2_000 - random.magnitude(1, 1_000).cast_signed();
        let every = random.magnitude(2, 700);
        let mut result = None;
        while now < 4_000 {
            let found = settlement.finish(at(now), EXPIRY);
            match result {
                Some(price) => assert_eq!(found, Ok(price)),
                None => result = found.ok(),
            }
            settlement.sample(whole(random.magnitude(50, 200)), at(now), EXPIRY).unwrap();
            now += random.magnitude(1, every).cast_signed();
        }
        settled += usize::from(result.is_some());
    }
    assert!(settled > 1_000, "{settled}");
}

#[test]
fn one_wrong_sample_moves_the_average_by_its_share_and_no_more() {
    let (mut random, mut worst) = (Random(12), 0_f64);
    for turn in 0..500 {
        let (mut times, mut now) = (vec![], -1_900_i64);
        while now < 0 {
            times.push(now);
            now += random.magnitude(1, [30, 60, 300][turn % 3]).cast_signed();
        }
        times.push(0);
        let wrong = (random.word() % times.len() as u64) as usize;
        let prices: Vec<u64> = times.iter().map(|_| random.magnitude(90, 110) * 1_000).collect();
        let run = |factor_percent: u64| {
            let samples = times.iter().zip(&prices).enumerate();
            let samples = samples.map(|(index, (time, price))| {
                (*time, whole(if index == wrong { price * factor_percent / 100 } else { *price }))
            });
            sampled(&samples.collect::<Vec<_>>())
        };
        let (right, bent) = (run(100), run(150));
        let Some(average) = right.average() else { continue };
        let moved = number(bent.average().unwrap()) - number(average);
        let before = wrong.checked_sub(1).map_or(0, |index| times[wrong] - times[index]);
        let after = times.get(wrong + 1).map_or(0, |next| next - times[wrong]);
        let covered = right.covered().get() as f64;
        let bound = 0.5 * prices[wrong] as f64 * (before + after) as f64 / 2.0 / covered;
        assert!(moved >= 0.0 && moved <= bound * (1.0 + 1e-9), "{moved} {bound}");
        worst = worst.max(moved / bound.max(1e-300));
    }
    assert!(worst > 0.999, "the bound is reached: {worst}");
}

#[test]
fn prices_of_any_magnitude_are_summed_and_those_too_far_apart_refused() {
    for exponent in [-900, -63, 0, 900] {
        let price = Price::from_parts(0xffff_ffff_ffff_ffff, exponent).unwrap();
        let settlement = steady(-1_800, 0, 300, price);
        assert_eq!(settlement.finish(EXPIRY, EXPIRY), Ok(price));
    }
    // The first price that counted is the measure: 2^34 times it still counts, for a whole window.
    let high = Price::from_parts(u64::MAX, 34).unwrap();
    let low = Price::from_parts(u64::MAX, 0).unwrap();
    let mut settlement = sampled(&[(-1_800, low), (-1_799, low)]);
    for minute in 0..=29 {
        settlement.sample(high, at(minute * 60 - 1_740), EXPIRY).unwrap();
    }
    assert_eq!(settlement.covered(), WINDOW);
    let mut settlement = sampled(&[(-1_800, low), (-1_799, low)]);
    let before = settlement;
    let far = Price::from_parts(u64::MAX, 48).unwrap();
    let refused = settlement.sample(far, at(-1_700), EXPIRY);
    assert_eq!(refused, Err(SettlementError::PriceOutOfRange));
    assert_eq!(settlement, before);
    // A price of nearly nothing is cut to nothing, and does no harm.
    let tiny = Price::from_parts(1 << 63, -1_000).unwrap();
    settlement.sample(tiny, at(-1_798), EXPIRY).unwrap();
    assert_eq!(settlement.covered(), Seconds::new(2));
}

#[test]
fn stored_words_that_no_samples_lead_to_are_refused() {
    let good = steady(-1_800, -600, 60, whole(100)).words();
    assert!(Settlement::from_words(good).is_ok());
    assert_eq!(Settlement::from_words([0; 7]), Ok(Settlement::default()));
    let beyond = 5_000_i64.cast_unsigned();
    // Sum, sum's top, unit, covered, mantissa, exponent.
    let bent = [(3, 1_801), (3, 0), (2, beyond), (5, 1), (5, 0), (6, beyond)];
    for (word, value) in bent {
        let mut words = good;
        words[word] = value;
        let refused = Settlement::from_words(words);
        assert_eq!(refused, Err(SettlementError::StateOutOfRange), "{word} {value}");
    }
    let mut empty = good;
    (empty[0], empty[1]) = (1_199 * 2, 0);
    assert_eq!(Settlement::from_words(empty), Err(SettlementError::StateOutOfRange));
}

#[test]
fn errors_say_what_is_wrong() {
    use SettlementError::*;
    let all = [NotDue, Uncovered, SampleDue, PriceOutOfRange, StateOutOfRange];
    let texts: std::collections::BTreeSet<String> = all.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), all.len());
    assert_eq!(NotDue.to_string(), "expiry lies ahead");
}
