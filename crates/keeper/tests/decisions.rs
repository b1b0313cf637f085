//! What the keeper decides, on books small enough to check by hand.

mod support;

use plimsoll_keeper::{
    best_row, largest_slice, plan, plan_rows, rank, Action, Candidate, Config, Reason, Request,
};
use plimsoll_risk::{Check, Episode, Grade, Health, Holding};
use plimsoll_units::{QuoteAtoms, Ratio, Slot, Value};
use support::{board, cash, long_with, perp, position, token, DOLLAR};

fn offer(action: Action) -> plimsoll_keeper::Offer {
    match action {
        Action::Bid(offer) => *offer,
        other => panic!("no bid: {other:?}"),
    }
}

#[test]
fn a_healthy_account_is_left_alone() {
    let (board, own) = (board(Grade::Valid), [cash(10_000)]);
    let target = long_with(500);

    let action = plan(&board.situation(&target, &own), &Config::DEFAULT).unwrap();

    assert_eq!(action, Action::Wait(Reason::Healthy));
}

#[test]
fn a_slice_has_the_size_of_the_closed_form() {
    let (board, own) = (board(Grade::Valid), [cash(100_000)]);
    let target = long_with(440);

    let action = plan(&board.situation(&target, &own), &Config::DEFAULT).unwrap();

    // Depth 60/500 is over a tenth: β is full, 0.5. f = (1.2 · 500 − 440) / (0.7 · 500) = 0.457;
    // 457.1 of 1,000 lots are taken as 458, which releases 229 dollars and pays 114.50.
    let offer = offer(action);
    assert!(matches!(offer.request, Request::Slice(_)));
    let settlement = offer.quoted.settlement;
    assert_eq!(settlement.released.to_quote_floor().unwrap().get(), 229 * DOLLAR);
    assert_eq!(settlement.discount.get(), 114_500_000);
    assert_eq!(offer.quoted.income().unwrap().get(), 103_050_000);
    // 0.2 % of 4,580 dollars and the fee of a cent.
    assert_eq!(offer.quoted.cost(&Config::DEFAULT).unwrap().get(), 9_170_000);
}

#[test]
fn the_keeper_takes_no_more_than_its_own_margin_carries() {
    let (board, own) = (board(Grade::Valid), [cash(100)]);
    let target = long_with(440);

    let sized = largest_slice(&board.situation(&target, &own), &Config::DEFAULT).unwrap().unwrap();

    // A lot requires 1 dollar initially, 1.10 with what is kept in spare, and brings 0.225: about
    // 100 / 0.875 = 114 lots.
    let lots = sized.quoted.gross.to_quote_floor().unwrap().get() / (10 * DOLLAR);
    assert_eq!(lots, 114);
    assert!(sized.quoted.is_carried(&Config::DEFAULT).unwrap());
}

#[test]
fn rows_that_hedge_the_keeper_need_no_margin() {
    let (board, target) = (board(Grade::Valid), long_with(440));
    // Short 1,000 lots with hardly any equity above the requirement.
    let own = [cash(1_050), position(-1_000)];

    let hedged = largest_slice(&board.situation(&target, &own), &Config::DEFAULT).unwrap();

    let gross = hedged.unwrap().quoted.gross.to_quote_floor().unwrap();
    assert_eq!(gross.get(), 4_580 * DOLLAR);
}

#[test]
fn pay_below_the_cost_starts_the_clock_and_then_waits() {
    let (board, own) = (board(Grade::Valid), [cash(100_000)]);
    let target = long_with(499);
    // At the line a lot of 10 dollars releases half a dollar and pays 0.2 of that: 1 % of it.
    let dear = Config { ask: Ratio::from_ppm(15_000), ..Config::DEFAULT };
    let mut situation = board.situation(&target, &own);

    assert_eq!(plan(&situation, &dear).unwrap(), Action::Mark);

    situation.episode = Episode::Since(Slot::new(1_000));
    assert_eq!(plan(&situation, &dear).unwrap(), Action::Wait(Reason::PaysTooLittle));

    // After the full duration β is 0.5: 2.5 %, less the insurance fund's tenth.
    situation.slot = Slot::new(1_150);
    assert!(matches!(plan(&situation, &dear).unwrap(), Action::Bid(_)));
}

#[test]
fn a_price_that_may_not_be_used_is_waited_for() {
    let (board, own) = (board(Grade::Stale), [cash(100_000)]);
    let target = long_with(300);

    let action = plan(&board.situation(&target, &own), &Config::DEFAULT).unwrap();

    assert_eq!(action, Action::Wait(Reason::NotPriced));
}

#[test]
fn a_bankrupt_account_pays_the_least_discount_as_far_as_the_fund_goes() {
    let (board, own) = (board(Grade::Valid), [cash(100_000)]);
    let target = long_with(-100);
    let mut situation = board.situation(&target, &own);

    // A fifth of the requirement of 500, and the shortfall of 100 is for others to bear.
    let whole = largest_slice(&situation, &Config::DEFAULT).unwrap().unwrap();
    assert!(whole.request.is_one());
    assert_eq!(whole.quoted.settlement.insurance_paid.get(), 100 * DOLLAR);
    assert_eq!(whole.quoted.settlement.shortfall.get(), 100 * DOLLAR);

    // A fund of 35 dollars pays 35.
    situation.insurance = QuoteAtoms::new(35 * DOLLAR);
    let whole = largest_slice(&situation, &Config::DEFAULT).unwrap().unwrap();
    assert_eq!(whole.quoted.settlement.discount.get(), 35 * DOLLAR);

    // Without a fund nobody works for nothing; but the clock may run.
    situation.insurance = QuoteAtoms::ZERO;
    assert_eq!(plan(&situation, &Config::DEFAULT).unwrap(), Action::Mark);
}

#[test]
fn a_named_row_stops_short_of_the_buffer() {
    let (board, own) = (board(Grade::Valid), [cash(100_000)]);
    let target = long_with(440);
    let situation = board.situation(&target, &own);

    let sized = best_row(&situation, &Config::DEFAULT).unwrap().unwrap();

    // The buffer allows 457 of 1,000 lots; 7 of 16 parts are 437 and 8 would be 500.
    assert_eq!(sized.request.key, perp());
    assert_eq!(sized.request.quantity, 437);
    let named = offer(plan_rows(&situation, &Config::DEFAULT).unwrap());
    assert_eq!(named.request, Request::Row(sized.request));
}

#[test]
fn a_hedge_is_taken_whole_or_not_at_all() {
    let (board, own) = (board(Grade::Valid), [cash(1_000_000)]);
    // 600 coins of tokens under 1,000 lots short: net short 4,000 dollars, 200 required, 150 there.
    let tokens = Holding { key: token(), quantity: 600_000_000_000, quote: Value::ZERO };
    let target = vec![cash(-5_850), tokens, position(-1_000)];
    let situation = board.situation(&target, &own);

    // Only the short releases requirement; the tokens alone would add to it.
    let row = best_row(&situation, &Config::DEFAULT).unwrap().unwrap();
    assert_eq!(row.request.key, perp());
    let slice = largest_slice(&situation, &Config::DEFAULT).unwrap().unwrap();
    let after = plimsoll_keeper::slice(&situation.market, &target, slice.request).unwrap();
    assert_eq!(after.len(), 2);
}

#[test]
fn the_largest_shortfall_comes_first_and_keys_decide_between_equals() {
    let value = |dollars: i64| Value::from_quote(QuoteAtoms::new(dollars * DOLLAR));
    let health = |equity: i64, requirement: i64| Health {
        equity: value(equity),
        requirement: value(requirement),
        requirement_slope: value(requirement),
    };
    assert_eq!(Candidate::of(1, &health(10, 10), false).unwrap(), None);
    let of = |key, equity, requirement, lasting| {
        Candidate::of(key, &health(equity, requirement), lasting).unwrap().unwrap()
    };
    let mut all =
        [of(4, 30, 20, true), of(3, 5, 10, false), of(2, -90, 10, false), of(1, 5, 10, false)];

    rank(&mut all);

    assert_eq!(all.map(|candidate| candidate.key), [2, 1, 3, 4]);
}

#[test]
fn a_quoted_bid_leaves_the_account_healthier() {
    let (board, own) = (board(Grade::Valid), [cash(100_000)]);
    let target = long_with(440);
    let situation = board.situation(&target, &own);
    let before = situation.health().unwrap();

    let sized = largest_slice(&situation, &Config::DEFAULT).unwrap().unwrap();

    let taken = plimsoll_keeper::slice(&situation.market, &target, sized.request).unwrap();
    let left = plimsoll_keeper::less(&target, &taken).unwrap();
    let left = plimsoll_keeper::paid(&left, sized.quoted.settlement.account_delta).unwrap();
    let after =
        plimsoll_risk::health(&situation.market, left.into_iter(), Check::Maintenance).unwrap();
    assert!(after.surplus().unwrap() > before.surplus().unwrap());
    assert!(after.equity >= after.requirement);
}
