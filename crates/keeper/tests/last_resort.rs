//! What the keeper does where no bid pays, on the same small book as its other decisions.

mod support;

use plimsoll_client::state::Deleveraging;
use plimsoll_client::{Address, Keyed};
use plimsoll_keeper::{last_resort, over, Config, LastResort, Situation};
use plimsoll_risk::{Grade, Holding, Silence};
use plimsoll_units::{QuoteAtoms, Slot, Slots, Value};
use support::{board, cash, long_with, perp, position, token, DOLLAR};

/// The rule's own numbers: an auction of 150 slots, then 1,500 of silence.
const WAITED: u64 = 1_650;

fn silence(since: u64, seen: u64) -> Option<Silence> {
    Some(Silence { since: Slot::new(since), seen: Slot::new(seen) })
}

/// On the usual terms.
fn decided(
    situation: &Situation<'_>,
    silence: Option<Silence>,
) -> Result<LastResort, plimsoll_risk::RiskError> {
    last_resort(situation, silence, &Config::DEFAULT)
}

#[test]
fn an_account_above_its_line_needs_nobody() {
    let (board, own, target) = (board(Grade::Valid), [cash(10)], long_with(500));
    let situation = board.situation(&target, &own);
    assert_eq!(decided(&situation, None), Ok(LastResort::Nothing));
}

#[test]
fn a_witness_is_borne_once_each_duration() {
    let (board, own, target) = (board(Grade::Valid), [cash(10)], long_with(440));
    let situation = board.situation(&target, &own);
    let now = situation.slot.get();
    assert_eq!(situation.terms.duration, Slots::new(150));
    assert_eq!(decided(&situation, None), Ok(LastResort::Witness));
    assert_eq!(decided(&situation, silence(now - 500, now - 150)), Ok(LastResort::Witness));
    assert_eq!(decided(&situation, silence(now - 500, now - 149)), Ok(LastResort::Nothing));
}

#[test]
fn in_the_end_as_much_is_closed_as_lifts_the_account_to_its_buffer() {
    // 440 against 500: 1.2 * 0.5 * 733 lots are 439.8, and of 734 lots 440.4.
    let (board, own, target) = (board(Grade::Valid), [cash(10)], long_with(440));
    let mut situation = board.situation(&target, &own);
    situation.slot = Slot::new(10_000);
    let came = decided(&situation, silence(10_000 - WAITED, 9_900)).unwrap();
    let LastResort::Close(closing) = came else { panic!("{came:?}") };
    assert_eq!((closing.key, closing.quantity), (perp(), 266));
    // One slot earlier it is too early.
    let came = decided(&situation, silence(10_001 - WAITED, 9_900)).unwrap();
    assert_eq!(came, LastResort::Nothing);
}

#[test]
fn a_short_without_equity_is_closed_whole() {
    let board = board(Grade::Valid);
    let (own, target) = ([cash(10)], vec![cash(-5), position(-1_000)]);
    let mut situation = board.situation(&target, &own);
    situation.slot = Slot::new(10_000);
    let came = decided(&situation, silence(1, 10_000)).unwrap();
    let LastResort::Close(closing) = came else { panic!("{came:?}") };
    assert_eq!(closing.quantity, -1_000);
}

#[test]
fn what_a_bankrupt_has_left_without_a_requirement_is_taken_for_what_it_is_worth() {
    let (board, own) = (board(Grade::Valid), [cash(10)]);
    let flow = |dollars: i64| {
        let quote = Value::from_quote(QuoteAtoms::new(dollars * DOLLAR));
        Holding { quote, ..position(0) }
    };
    // A debt of 30 against a closed position's profit of 10, and against its loss of 10.
    for (dollars, payment) in [(10, 10_000_002), (-10, 2)] {
        let target = [cash(-30), flow(dollars)];
        let situation = board.situation(&target, &own);
        let payment_max = QuoteAtoms::new(payment);
        assert_eq!(decided(&situation, None), Ok(LastResort::TakeRest { payment_max }));
    }
    // Whoever owes nothing in the end needs nobody.
    let target = [cash(-30), flow(30)];
    assert_eq!(decided(&board.situation(&target, &own), None), Ok(LastResort::Nothing));
}

#[test]
fn nothing_is_taken_while_a_row_would_be_left_behind() {
    let (board, own) = (board(Grade::Stale), [cash(10)]);
    let target = [cash(-30), position(0)];
    let situation = board.situation(&target, &own);
    assert_eq!(decided(&situation, None), Ok(LastResort::Nothing));
}

#[test]
fn a_bankrupt_whose_rows_are_dust_is_taken_at_a_loss_of_no_more_than_two_fees() {
    let (board, own) = (board(Grade::Valid), [cash(100)]);
    // One lot of ten dollars requires half of one, and nobody can pay a discount; what it costs to get rid
    // of it is 0.2 % of it, two cents. With the fee that is three.
    let target = [cash(-30), position(1)];
    let mut situation = board.situation(&target, &own);
    situation.insurance = QuoteAtoms::ZERO;
    let config = |fee| Config { fee: QuoteAtoms::new(fee), ..Config::DEFAULT };
    assert_eq!(last_resort(&situation, None, &config(19_999)), Ok(LastResort::Witness));
    // Nothing for a position at the price that was paid for it, and half a percent for one that moves.
    let payment_max = QuoteAtoms::new(50_000);
    let taken = Ok(LastResort::TakeRest { payment_max });
    assert_eq!(last_resort(&situation, None, &config(20_000)), taken);
    // A millionth of a coin, which nobody can close against another side.
    let atoms = [cash(-30), Holding { key: token(), quantity: 1_000, quote: Value::ZERO }];
    let atoms = Situation { target: &atoms, ..situation };
    let payment_max = QuoteAtoms::new(11);
    assert_eq!(decided(&atoms, None), Ok(LastResort::TakeRest { payment_max }));
    // Whoever can pay is left to its auction, and so is what the keeper cannot carry.
    let poor = [cash(0)];
    let broke = Situation { own: &poor, ..situation };
    assert_eq!(last_resort(&broke, None, &config(20_000)), Ok(LastResort::Witness));
    let solvent = [cash(0), position(1)];
    let solvent = Situation { target: &solvent, ..situation };
    assert_eq!(last_resort(&solvent, None, &config(20_000)), Ok(LastResort::Witness));
}

/// A deleveraging at an address, whose rent somebody paid, with so many lots still to go through.
fn deleveraging(at: u8, payer: Address, waiting: u64) -> Keyed<Deleveraging> {
    let address = Address::new_from_array([at; 32]);
    let mut state: Deleveraging = bytemuck::Zeroable::zeroed();
    (state.payer, state.before_lots, state.waiting_lots) = (payer, 10, waiting);
    Keyed { address, state }
}

#[test]
fn what_all_have_gone_through_is_closed_and_the_keepers_own_first() {
    let [own, other] = [1, 2].map(|byte| Address::new_from_array([byte; 32]));
    let all = [
        deleveraging(10, other, 0),
        deleveraging(11, own, 1),
        deleveraging(12, own, 0),
        deleveraging(13, other, 10),
        deleveraging(14, other, 0),
        deleveraging(15, own, 0),
    ];
    let found = |payer: &Address| -> Vec<u8> {
        over(&all, payer).iter().map(|one| one.address.to_bytes()[0]).collect()
    };
    assert_eq!(found(&own), [12, 15, 10, 14]);
    assert_eq!(found(&other), [10, 14, 12, 15]);
    // Who paid for none of them closes them all the same.
    assert_eq!(found(&Address::new_from_array([3; 32])), [10, 12, 14, 15]);
    assert!(over(&[], &own).is_empty());
}
