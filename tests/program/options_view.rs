//! Can a trader see why an account with options needs what it needs, and where its line is?

use plimsoll_client::instruction as ix;
use plimsoll_client::{decode_return, UnderlyingDetail};
use plimsoll_risk::Check;
use plimsoll_tests::contracts::flat;
use plimsoll_tests::{assert_near, expect_error, World, SOL, USDC};

use crate::given::traders;

fn view(world: &mut World, name: &str) -> UnderlyingDetail {
    let underlying = world.underlying("SOL");
    let one = ix::view_underlying(&world.directory, &world.margin(name), underlying).unwrap();
    let receipt = world.vm.simulate(&[one], &[]).unwrap();
    decode_return(&receipt.return_data).unwrap()
}

/// Alice is short ten SOL of the call struck at 150, and long five SOL of perpetual.
fn short_call() -> World {
    let mut world = World::with_options(flat());
    traders(&mut world, &[("alice", 200), ("bob", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 500, "150").unwrap();
    world.trade("bob", "alice", "SOL-150-C", 100, "13.7").unwrap();
    world
}

#[test]
fn a_requirement_is_taken_apart() {
    let mut world = short_call();

    let detail = view(&mut world, "alice");

    let health = world.health("alice", Check::Maintenance);
    assert_eq!(detail.requirement_quote_atoms, health.requirement.to_quote_ceil().unwrap().get());
    let sum = detail.scenario_quote_atoms
        + detail.concentration_quote_atoms
        + detail.basis_quote_atoms
        + detail.floor_quote_atoms;
    assert_near(detail.requirement_quote_atoms, sum, 4);
    assert_eq!(detail.bound_quote_atoms, None, "a naked call has none");
    // Every scenario is there, and the worst one is the loss.
    assert_eq!(detail.outcomes_quote_atoms.len(), 16);
    let worst = detail.outcomes_quote_atoms[usize::from(detail.worst_scenario)];
    assert_eq!(worst, *detail.outcomes_quote_atoms.iter().min().unwrap());
    assert_near(-worst, detail.scenario_quote_atoms, 1);
    // 1 % of 150 for ten.
    assert_near(detail.floor_quote_atoms, 15_000_000, 10);
    // By Black's formula: d1 = 0.11469, N(d1) = 0.54565, n(d1) = 0.39633; vega F n(d1) sqrt(T).
    assert_near(detail.delta_quote_atoms, 750_000_000 - 818_480_000, 200_000);
    assert_near(detail.vega_quote_atoms, -170_440_000, 300_000);
    assert!(detail.gamma_quote_atoms < 0 && detail.theta_quote_atoms > 0);
    expect_no_detail(&mut world);
}

/// Without a contract there is nothing to take apart.
fn expect_no_detail(world: &mut World) {
    traders(world, &[("carol", 1_000)]);
    world.trade("carol", "bob", "SOL-PERP", 100, "150").unwrap();
    let underlying = world.underlying("SOL");
    let one = ix::view_underlying(&world.directory, &world.margin("carol"), underlying).unwrap();
    expect_error(world.vm.simulate(&[one], &[]), "NoRiskArray");
}

#[test]
fn liquidation_prices_are_where_the_line_is() {
    let world = short_call();
    let underlying = world.underlying("SOL");
    let account = world.margin("alice").state;
    let (down, up) = world.snapshot().liquidation_prices(&account, underlying).unwrap();
    let dollars = |price: Option<plimsoll_tests::units::Price>| {
        let value = price.unwrap().value_floor(1_000).unwrap().to_quote_floor().unwrap();
        value.get() as f64 / 1e9
    };
    let (down, up) = (dollars(down), dollars(up));
    assert!(down < 150.0 && 150.0 < up, "{down} {up}");

    for (line, inside) in [(up, -1.0), (down, 1.0)] {
        for (factor, liquidatable) in [(1.0 + inside * 0.003, 0), (1.0 - inside * 0.003, 1)] {
            let mut world = world.clone();
            world.walk_price("SOL", &format!("{:.2}", line * factor));
            world.refresh_options();
            let report = world.report("alice");
            assert_eq!(report.liquidatable, liquidatable, "{line} {factor}: {report:?}");
        }
    }
}

#[test]
fn one_atom_more_than_is_withdrawable_beside_options_is_refused() {
    // Backed by 20 SOL, of which the debt needs some: naked calls that they cover, a strangle, and a
    // spread that cannot lose more than its width.
    let books: [&[(&str, i64)]; 3] = [
        &[("SOL-150-C", -100)],
        &[("SOL-160-C", -100), ("SOL-140-P", -100)],
        &[("SOL-150-C", -100), ("SOL-160-C", 100), ("SOL-150-P", 30)],
    ];
    for book in books {
        let mut world = World::with_options(flat());
        traders(&mut world, &[("bob", 1_000_000)]);
        world.open("alice").unwrap();
        world.deposit("alice", "SOL", 20 * SOL).unwrap();
        for (name, lots) in book {
            let price = if name.contains("150") { "13.7" } else { "9.9" };
            world.trade("alice", "bob", name, *lots, price).unwrap();
        }
        world.borrow("alice", "USDC", 500 * USDC, u64::MAX).unwrap();

        let most = world.view_withdrawable("alice", "SOL");

        assert!((SOL..20 * SOL).contains(&most), "{book:?}: {most}");
        expect_error(world.withdraw("alice", "SOL", most + 1), "BelowInitialMargin");
        world.withdraw("alice", "SOL", most).unwrap();
        assert_eq!(world.view_withdrawable("alice", "SOL"), 0);
        expect_error(world.withdraw("alice", "SOL", 1), "BelowInitialMargin");
    }
}
