//! Do quote flows keep their sum to the last step, whoever trades and whatever funding is paid?

mod support;

use plimsoll_risk::SideIndices;
use plimsoll_units::{BaseLots, MathError, Value};
use proptest::prelude::*;
use support::amount;

fn lots(lots: i64) -> BaseLots {
    BaseLots::new(lots)
}

#[test]
fn funding_goes_from_longs_to_shorts_and_a_loss_from_the_side_that_bears_it() {
    let start = SideIndices::default();
    let (long, short) = (lots(4), lots(-4));
    // Funding of 5 a lot: the long pays 20, the short gets 20.
    let funded = start.plus(Value::new(5)).unwrap();
    assert_eq!(funded.flow(long, Value::new(100)), Ok(Value::new(80)));
    assert_eq!(funded.flow(short, Value::new(100)), Ok(Value::new(120)));
    // A loss of 3 a lot on each side costs each 12.
    let lossy = SideIndices { long: Value::new(8), short: Value::new(2), ..SideIndices::default() };
    assert_eq!(lossy.flow(long, Value::new(100)), Ok(Value::new(68)));
    assert_eq!(lossy.flow(short, Value::new(100)), Ok(Value::new(108)));
    // Nothing is owed on no lots.
    assert_eq!(lossy.flow(BaseLots::ZERO, Value::new(100)), Ok(Value::new(100)));
    assert_eq!((lossy.of(long), lossy.of(short)), (Value::new(8), Value::new(2)));
}

#[test]
fn each_side_has_its_own_deleveragings() {
    let closed =
        SideIndices { long_deleveragings: 3, short_deleveragings: 5, ..SideIndices::default() };
    let of = |size| closed.deleveragings(lots(size));
    assert_eq!([of(1), of(-1), of(0)], [3, 5, 3]);
}

#[test]
fn totals_that_do_not_fit_are_errors() {
    let most = SideIndices { long: Value::MAX, ..SideIndices::default() };
    assert_eq!(most.plus(Value::STEP), Err(MathError::Overflow));
    assert_eq!(most.flow(lots(2), Value::ZERO), Err(MathError::Overflow));
    assert_eq!(most.stored(lots(1), Value::STEP), Err(MathError::Overflow));
}

/// What happens to an instrument.
#[derive(Clone, Debug)]
enum Event {
    /// One account buys so many lots of another, for so much.
    Trade(usize, usize, i64, i128),
    Funding(i128),
    LossOfLongs(i128),
    LossOfShorts(i128),
}

fn event() -> impl Strategy<Value = Event> {
    let step = || (any::<i128>(), 70u32..127).prop_map(|(x, shift)| x >> shift);
    prop_oneof![
        3 => (0usize..4, 0usize..4, amount(30), step())
            .prop_map(|(a, b, lots, price)| Event::Trade(a, b, lots, price)),
        2 => step().prop_map(Event::Funding),
        1 => step().prop_map(|loss| Event::LossOfLongs(loss.saturating_abs())),
        1 => step().prop_map(|loss| Event::LossOfShorts(loss.saturating_abs())),
    ]
}

/// An account as it is stored, and its flow kept by hand: every payment applied to every account.
#[derive(Clone, Copy, Default)]
struct Account {
    size: i64,
    stored: Value,
    flow: i128,
}

impl Account {
    fn trade(&mut self, indices: &SideIndices, size: i64, cost: i128) {
        let flow = indices.flow(lots(self.size), self.stored).unwrap();
        self.size += size;
        let flow = flow.checked_sub(Value::new(cost)).unwrap();
        self.stored = indices.stored(lots(self.size), flow).unwrap();
        self.flow -= cost;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Against books kept by hand; flows sum to what the losses took, exactly.
    #[test]
    fn flows_are_what_was_paid_and_funding_keeps_their_sum(
        events in proptest::collection::vec(event(), 1..40),
    ) {
        let mut indices = SideIndices::default();
        let mut accounts = [Account::default(); 4];
        let mut lost = 0i128;
        for event in events {
            match event {
                Event::Trade(a, b, size, price) => {
                    let cost = i128::from(size) * price;
                    accounts[a].trade(&indices, size, cost);
                    accounts[b].trade(&indices, -size, -cost);
                }
                Event::Funding(per_lot) => {
                    indices = indices.plus(Value::new(per_lot)).unwrap();
                    for account in &mut accounts {
                        account.flow -= i128::from(account.size) * per_lot;
                    }
                }
                Event::LossOfLongs(per_lot) => {
                    indices.long = indices.long.checked_add(Value::new(per_lot)).unwrap();
                    for account in accounts.iter_mut().filter(|account| account.size > 0) {
                        account.flow -= i128::from(account.size) * per_lot;
                        lost += i128::from(account.size) * per_lot;
                    }
                }
                Event::LossOfShorts(per_lot) => {
                    indices.short = indices.short.checked_sub(Value::new(per_lot)).unwrap();
                    for account in accounts.iter_mut().filter(|account| account.size < 0) {
                        account.flow += i128::from(account.size) * per_lot;
                        lost -= i128::from(account.size) * per_lot;
                    }
                }
            }
            let mut sum = 0;
            for account in &accounts {
                let size = lots(account.size);
                let flow = indices.flow(size, account.stored).unwrap();
                prop_assert_eq!(flow.get(), account.flow);
                prop_assert_eq!(indices.stored(size, flow), Ok(account.stored));
                sum += flow.get();
            }
            prop_assert_eq!(sum, -lost);
        }
    }
}
