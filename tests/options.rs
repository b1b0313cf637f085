//! What does an option cost inside the VM, and is it worth there what it is worth here?
//!
//! The probe `tests/programs/options` runs the options crate in the VM; the same source compiled
//! for the host says what each result must be, bit for bit. What that costs, and that it stays
//! within its bounds, is in `tests/cost`.

use options_probe::{
    compute, Record, BUTTERFLIES, CALENDAR, GREEKS, IMPLIED, QUOTE, RISK_ARRAY, SAMPLE, STEP,
    SURFACE_ERRORS, VALUE, VOLATILITY,
};
use plimsoll_options::{Premium, SurfaceError};
use plimsoll_tests::options::{bytes, expiry_table, record, surface_table, table, Probe};

/// Compares the VM with the host on every record, and returns what the host computed.
fn assert_vm_agrees(mut records: Vec<Record>) -> Vec<Record> {
    let output = Probe::load().run(&records).0;
    compute(&mut records);
    for (index, expected) in records.iter().enumerate() {
        let found = &output[index * bytes(expected).len()..][..bytes(expected).len()];
        let Record { what, kind, forward, strike, volatility_ppm, seconds, .. } = expected;
        let inputs = [what, kind, forward, strike, volatility_ppm, seconds];
        assert!(found == bytes(expected), "the VM differs from the host on {inputs:?}");
    }
    records
}

#[test]
fn vm_agrees_with_the_host_bit_for_bit() {
    let mut records = Vec::new();
    for what in [VALUE, GREEKS, RISK_ARRAY] {
        records.extend(table().into_iter().map(|one| Record { what, ..one }));
    }
    let done = assert_vm_agrees(records);
    assert!(done.iter().all(|one| one.status == 1));
    // The volatilities are asked of the values just found.
    let count = table().len();
    let asked = done[..count].iter().map(|one| Record { premium: one.results[0], ..*one });
    let asked = asked.map(|one| Record { what: IMPLIED, results: [0; 16], ..one });
    let done = assert_vm_agrees(asked.collect());
    let found = done.iter().filter(|one| one.status == 1).count();
    println!("{count} options, {found} volatilities");
    assert!(found > count / 3);
    for one in done.iter().filter(|one| one.status == 1) {
        assert!(one.results[0].abs_diff(one.volatility_ppm.cast_signed()) <= 1);
    }
}

#[test]
fn vm_agrees_with_the_host_about_slices() {
    let mut records = Vec::new();
    for what in [VOLATILITY, BUTTERFLIES, CALENDAR] {
        records.extend(surface_table(what));
    }
    // The first slice is none.
    let steep = [1 << 30, -1, 0, 0, 1 << 30];
    records.push(Record { what: BUTTERFLIES, slices: [steep; 2], ..records[0] });
    let done = assert_vm_agrees(records);
    let count = |what: u64, status: u64| {
        done.iter().filter(|one| one.what == what && one.status == status).count()
    };
    let refusal = |error: SurfaceError| 2 + SURFACE_ERRORS + error as u64;
    assert_eq!(count(VOLATILITY, 1), surface_table(VOLATILITY).len());
    for (what, refused) in [
        (BUTTERFLIES, SurfaceError::SlopeNegative),
        (BUTTERFLIES, SurfaceError::SlopeBeyondLee),
        (BUTTERFLIES, SurfaceError::TooSharp),
        (BUTTERFLIES, SurfaceError::ButterflyArbitrage),
        (CALENDAR, SurfaceError::CalendarArbitrage),
        (CALENDAR, SurfaceError::ExpiriesOutOfOrder),
    ] {
        assert!(count(what, 1) > 0 && count(what, refusal(refused)) > 0, "{refused:?}");
    }
}

#[test]
fn vm_agrees_with_the_host_about_expiries() {
    let records: Vec<Record> = [QUOTE, SAMPLE, STEP].into_iter().flat_map(expiry_table).collect();
    let done = assert_vm_agrees(records);
    for what in [QUOTE, SAMPLE, STEP] {
        let right = done.iter().filter(|one| one.what == what && one.status == 1).count();
        assert!(right > expiry_table(what).len() / 3, "{right} of {what}");
    }
    assert!(done.iter().filter(|one| one.what == SAMPLE).all(|one| one.status == 1));
}

#[test]
fn errors_are_the_same_in_the_vm() {
    let base = record(1 << 40, 1 << 40, 600_000, 86_400);
    let records = vec![
        Record { forward: 0, ..base },
        Record { strike: 1 << 46, ..base },
        Record { what: IMPLIED, seconds: 0, ..base },
        Record { what: IMPLIED, premium: -1, ..base },
        Record { what: IMPLIED, premium: i64::MAX, ..base },
        Record { what: RISK_ARRAY, shocks: [[-1_000_001, 0, 0]; 16], ..base },
    ];
    let done = assert_vm_agrees(records);
    assert!(done.iter().all(|one| one.status > 1));
}

#[test]
fn at_the_money_option_is_worth_what_a_person_computes() {
    // 0.3989 · w · F for w = 0.6 · √(30/365) = 0.17202, less w²/24 of it.
    let mut records = [record(100_000_000, 100_000_000, 600_000, 30 * 86_400)];
    compute(&mut records);
    let value = Premium::new(records[0].results[0]).get() >> 16;
    assert!((6_852_000..6_856_000).contains(&value), "{value}");
}
