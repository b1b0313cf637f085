//! What could somebody with money try? Each attempt, and what it comes to.

use plimsoll_client::instruction::{liquidate, open_account, Bid};
use plimsoll_client::pda;
use plimsoll_migrations::apply;
use plimsoll_tests::{address, assert_near, expect_error, keypair, USDC};

use crate::given::{local_with, long_at, lots, traders};

#[test]
fn an_account_in_distress_cannot_be_emptied_into_an_accomplice() {
    // Equity 19.7, requirement 66. Sold at 5 % below the index, the position costs its own
    // requirement, so that health (-46.3) would not fall: but equity would end at -46.25, a debt
    // against nothing that no bid could ever release, and the buyer would be 65.45 richer.
    let mut world = long_at(200, "132");
    traders(&mut world, &[("alice/1", 200)]);

    let refused = world.trade("alice", "alice/1", "SOL-PERP", -1_000, "125.43");

    expect_error(refused, "BelowInitialMargin");
    // Half of it would leave half of the risk on nothing at all.
    let refused = world.trade("alice", "alice/1", "SOL-PERP", -500, "128.11");
    expect_error(refused, "BelowInitialMargin");
    // At a fair price anybody in distress may close.
    world.trade("alice", "alice/1", "SOL-PERP", -500, "132").unwrap();
    world.trade("alice", "alice/1", "SOL-PERP", -500, "132").unwrap();
    // 19.7 less two fees of 0.132.
    assert_near(world.view("alice").equity_quote_atoms, 19_436_000, 1);
}

#[test]
fn a_bankrupt_account_leaves_by_a_bid_only() {
    // Closing by itself would leave a debt of 20.3 against no requirement.
    let mut world = long_at(200, "128");
    world.insure(1_000 * USDC).unwrap();
    let refused = world.trade("alice", "bob", "SOL-PERP", -1_000, "128");
    expect_error(refused, "BelowInitialMargin");
    let part = lots(&world, "SOL-PERP", 1_000);
    expect_error(world.liquidate("keeper", "alice", &part), "BidMustBeSlice");
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
    assert!((0..=3).contains(&world.view("alice").equity_quote_atoms));
}

#[test]
fn a_bid_draws_on_no_other_groups_fund_account_or_bidder() {
    // A second group of the same owner with the same markets, and the keeper in both.
    let mut world = long_at(200, "136");
    let mut markets = world.markets.clone();
    markets.group.id = 1;
    apply(&mut world.vm, &keypair("owner"), &markets, &world.names).unwrap();
    let foreign = pda::group(&address("owner"), 1);
    for name in ["alice", "keeper"] {
        let open = open_account(&address("payer"), &address(name), &foreign, 0);
        world.vm.run(&[open], &[&keypair(name)]).unwrap();
    }
    let margin = |name| pda::margin(&foreign, &address(name), 0);
    let bid = Bid::slice();
    let (alice, keeper) = (world.margin("alice"), world.margin("keeper"));
    let one =
        liquidate(&world.directory, &address("keeper"), &alice, &keeper, &bid, false).unwrap();
    let places =
        [(1, foreign), (2, pda::insurance(&foreign)), (3, margin("alice")), (4, margin("keeper"))];
    for (place, account) in places {
        let mut one = one.clone();
        one.accounts[place].pubkey = account;
        expect_error(world.send(&[one], &["keeper"]), "WrongGroup");
    }
    world.send(&[one], &["keeper"]).unwrap();
}

#[test]
fn two_accounts_in_distress_cannot_prop_each_other_up() {
    // The discount of the one is not enough to carry the other's rows.
    let mut world = local_with(&[("alice", 200), ("mallory", 200), ("bob", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.trade("mallory", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", "136");
    let bid = lots(&world, "SOL-PERP", 1);
    expect_error(world.liquidate("mallory", "alice", &bid), "BelowInitialMargin");
    expect_error(world.liquidate("mallory", "alice", &Bid::slice()), "BelowInitialMargin");
}

#[test]
fn a_bid_that_would_free_the_bidder_is_still_judged_by_initial_margin() {
    // The bidder's own short is hedged by what it takes: it ends with less risk, yet below its
    // initial margin, and a bid has no way around that. 720 carry a short of 10 SOL and a long of
    // 2 ETH; at 136 and 3,930 they ask for 102 + 589.5, and 718.1 - 140 and what little of the
    // short's profit the stable price admits are left.
    let mut world = local_with(&[("alice", 200), ("mallory", 720), ("bob", 100_000)]);
    world.trade("alice", "mallory", "SOL-PERP", 1_000, "150").unwrap();
    world.trade("mallory", "bob", "ETH-PERP", 2_000, "4000").unwrap();
    world.walk_price("SOL", "136");
    world.walk_price("ETH", "3930");
    for lots_taken in [1, 300] {
        let bid = lots(&world, "SOL-PERP", lots_taken);
        expect_error(world.liquidate("mallory", "alice", &bid), "BelowInitialMargin");
    }
    world.deposit("mallory", "USDC", 150 * USDC).unwrap();
    world.liquidate("mallory", "alice", &Bid::slice()).unwrap();
}

#[test]
fn mark_and_bid_in_one_transaction_pay_no_more_than_the_bid() {
    // The clock starts at the mark, and no time passes within a transaction.
    let price = "136.8";
    let alone = {
        let mut world = long_at(200, price);
        world.liquidate("keeper", "alice", &Bid::slice()).unwrap()
    };
    let mut world = long_at(200, price);
    let mark = plimsoll_client::instruction::mark_account(&world.directory, &world.margin("alice"));
    let (alice, keeper) = (world.margin("alice"), world.margin("keeper"));
    let authority = address("keeper");
    let bid =
        liquidate(&world.directory, &authority, &alice, &keeper, &Bid::slice(), false).unwrap();
    let both = world.send(&[mark.unwrap(), bid], &["keeper"]).unwrap();
    let discount = |receipt: &plimsoll_tests::Receipt| {
        let events = receipt.events::<plimsoll_client::events::Liquidated>();
        events[0].discount_quote_atoms
    };
    assert_eq!(discount(&both), discount(&alone));
}

#[test]
fn a_stranger_cannot_ward_a_keeper_off_by_dust() {
    // A token that alice lacks cannot be sent to her, and the quote token is always expected.
    let mut world = long_at(200, "136");
    let (alice, keeper) = (world.margin("alice"), world.margin("keeper"));
    let authority = address("keeper");
    let bid =
        liquidate(&world.directory, &authority, &alice, &keeper, &Bid::slice(), false).unwrap();
    expect_error(world.deposit_by("mallory", "alice", "SOL", 1), "RowMustExist");
    world.deposit_by("mallory", "alice", "USDC", 1).unwrap();
    world.deposit_by("mallory", "keeper", "USDC", 1).unwrap();
    world.send(&[bid], &["keeper"]).unwrap();
}

#[test]
fn a_row_that_comes_up_before_the_bid_lands_stops_it_by_name() {
    // Her own delegate may still open rows: the bid was built for other rows, and is built anew.
    let mut world = long_at(200, "136");
    let (alice, keeper) = (world.margin("alice"), world.margin("keeper"));
    let authority = address("keeper");
    let bid =
        liquidate(&world.directory, &authority, &alice, &keeper, &Bid::slice(), false).unwrap();
    world.deposit("alice", "BTC", 1).unwrap();
    let failure = world.send(&[bid], &["keeper"]).unwrap_err();
    assert!(failure.name.starts_with("RiskAccount"), "{failure:?}");
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
}

#[test]
fn the_same_bid_twice_in_one_transaction_is_two_bids() {
    // The second starts from what the first left.
    let mut world = long_at(200, "134");
    let part = lots(&world, "SOL-PERP", 100);
    let (alice, keeper) = (world.margin("alice"), world.margin("keeper"));
    let authority = address("keeper");
    let one = liquidate(&world.directory, &authority, &alice, &keeper, &part, false).unwrap();
    let receipt = world.send(&[one.clone(), one], &["keeper"]).unwrap();
    let events = receipt.events::<plimsoll_client::events::Liquidated>();
    let after_first = events[0].requirement_before_quote_atoms - events[0].released_quote_atoms;
    assert_near(events[1].requirement_before_quote_atoms, after_first, 1);
    assert_eq!(world.position("keeper", "SOL-PERP").0, 200);
}
