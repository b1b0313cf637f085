//! Can more leave a vault than its bucket holds, by any timing of payments?

use plimsoll_risk::Outflow;
use plimsoll_units::UnixSeconds;
use proptest::prelude::*;

const CAP: u64 = 3_600_000;

fn at(seconds: i64) -> UnixSeconds {
    UnixSeconds::new(seconds)
}

#[test]
fn bucket_fills_at_once_and_runs_off_within_the_hour() {
    let full = Outflow::default().pay(CAP, CAP, at(100)).unwrap();
    assert_eq!(full, Outflow { level: CAP, at: at(100) });
    assert_eq!(full.pay(1, CAP, at(100)), Err(0));
    // After a minute a sixtieth may go out.
    assert_eq!(full.pay(60_001, CAP, at(160)), Err(60_000));
    let later = full.pay(60_000, CAP, at(160)).unwrap();
    assert_eq!(later, Outflow { level: CAP, at: at(160) });
    assert_eq!(full.drained(at(3_700), CAP), Outflow { level: 0, at: at(3_700) });
}

#[test]
fn deposits_make_room_but_not_ahead() {
    let full = Outflow::default().pay(CAP, CAP, at(0)).unwrap();
    assert_eq!(full.receive(1_000, CAP, at(0)).pay(1_000, CAP, at(0)), Ok(full));
    // What comes into an empty bucket is not kept for later.
    let empty = Outflow::default().receive(CAP, CAP, at(0));
    assert_eq!(empty.pay(CAP + 1, CAP, at(0)), Err(CAP));
}

#[test]
fn lowered_cap_leaves_no_room_and_no_cap_none_at_all() {
    let half = Outflow::default().pay(CAP / 2, CAP, at(0)).unwrap();
    assert_eq!(half.pay(1, CAP / 4, at(0)), Err(0));
    assert_eq!(half.pay(1, 0, at(1_000_000)), Err(0));
    assert_eq!(half.pay(0, 0, at(1_000_000)), Ok(Outflow { at: at(1_000_000), ..half }));
}

#[test]
fn clock_that_steps_back_runs_nothing_off() {
    let full = Outflow::default().pay(CAP, CAP, at(100)).unwrap();
    assert_eq!(full.drained(at(50), CAP), full);
    assert_eq!(full.drained(at(i64::MAX), u64::MAX).level, 0);
}

#[test]
fn bucket_that_is_looked_at_every_second_still_runs_off() {
    // One atom an hour, two seconds an atom, three atoms in two seconds.
    for (cap, level, seconds) in [(1, 1, 3_600), (1_800, 10, 20), (5_400, 10, 10)] {
        let mut bucket = Outflow { level, at: at(0) };
        for second in 1..=seconds {
            bucket = bucket.drained(at(second), cap);
        }
        assert_eq!(bucket.level, 0, "cap {cap}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// In no stretch of time does more leave, net of what came in, than the cap and its part of the
    /// time; and what is refused says what would not have been.
    #[test]
    fn net_outflow_is_bounded_over_any_stretch(
        cap in 0u64..1 << 50,
        moves in proptest::collection::vec((0i64..2_000, 0u64..1 << 50, any::<bool>()), 1..40),
    ) {
        let mut bucket = Outflow::default();
        let mut now = 0i64;
        // Net outflow is counted from each moment at which it could start.
        let mut starts: Vec<(i64, i128)> = vec![];
        for (wait, amount, out) in moves {
            now += wait;
            starts.push((now, 0));
            let moved = match (out, bucket.pay(amount, cap, at(now))) {
                (false, _) => {
                    bucket = bucket.receive(amount, cap, at(now));
                    -i128::from(amount)
                }
                (true, Ok(paid)) => {
                    bucket = paid;
                    i128::from(amount)
                }
                (true, Err(room)) => {
                    prop_assert!(room < amount);
                    bucket = bucket.pay(room, cap, at(now)).unwrap();
                    prop_assert_eq!(bucket.pay(1, cap, at(now)), Err(0));
                    i128::from(room)
                }
            };
            for (since, net) in &mut starts {
                *net += moved;
                let allowed = i128::from(cap) + i128::from(cap) * i128::from(now - *since) / 3_600;
                prop_assert!(*net <= allowed + 1);
            }
            prop_assert!(bucket.level <= cap.max(1));
        }
    }

    /// Looking in between never runs more off, and at most one second's worth a look less.
    #[test]
    fn looking_in_between_gains_nothing(
        level in 0u64..1 << 50, cap in 0u64..1 << 50, looks in proptest::collection::vec(0i64..500, 0..20),
    ) {
        let start = Outflow { level, at: at(0) };
        let mut apart = start;
        let mut now = 0;
        for wait in &looks {
            now += wait;
            apart = apart.drained(at(now), cap);
        }
        let once = start.drained(at(now), cap);
        prop_assert!(apart.level >= once.level);
        let slack = (cap / 3_600 + 1) * looks.len() as u64;
        prop_assert!(apart.level <= once.level + slack);
    }
}
