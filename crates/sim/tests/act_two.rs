//! Option books through the crash: who is liquidated, and what the one rule asks of them.
//!
//! The built program may be missing: then these tests say so.

use std::path::{Path, PathBuf};

use plimsoll_sim::act_two::books::{Leg, LOTS, UNITS};
use plimsoll_sim::act_two::{run, Act, Fate, Standing};
use plimsoll_sim::options::Options;
use plimsoll_sim::prices::{described, load, Bar, DOLLAR};
use plimsoll_sim::report::{option_books, option_picture};

/// Quote atoms in a dollar.
const ATOMS: i64 = 1_000_000;

/// The built program, or a word that it is not there.
fn program() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/deploy/plimsoll.so");
    if path.is_file() {
        return Some(path);
    }
    eprintln!("skipped: {} is not built", path.display());
    None
}

fn act(minutes: usize, program: &Path) -> Act {
    let options = Options::default();
    run(&options, &described(options.seed).shortened(minutes), program).unwrap()
}

fn place(act: &Act, name: &str) -> usize {
    act.fates.iter().position(|fate| fate.book.name == name).unwrap()
}

fn fate<'a>(act: &'a Act, name: &str) -> &'a Fate {
    &act.fates[place(act, name)]
}

fn standings<'a>(act: &'a Act, name: &str) -> impl Iterator<Item = &'a Standing> {
    let place = place(act, name);
    act.steps.iter().map(move |step| &step.standings[place])
}

#[test]
fn one_seed_gives_one_second_act() {
    let Some(program) = program() else { return };
    let (first, second) = (act(60, &program), act(60, &program));

    assert_eq!(option_books(&first), option_books(&second));
    assert_eq!(option_picture(&first), option_picture(&second));
    assert_eq!(first.steps, second.steps);
}

#[test]
fn the_naked_books_are_liquidated_and_the_hedged_ones_are_not() {
    let Some(program) = program() else { return };
    let act = act(118, &program);

    for name in ["unhedged", "strangle"] {
        let fate = fate(&act, name);
        assert!(fate.bids > 0 && fate.first_bid.is_some(), "{fate:?}");
        assert!(fate.discount > 0, "{fate:?}");
    }
    for name in ["protected", "collar", "spread"] {
        assert_eq!((fate(&act, name).bids, fate(&act, name).first_bid), (0, None), "{name}");
        assert!(standings(&act, name).all(|one| one.equity >= one.needed), "{name}");
    }
    // Row by row the hedged perpetual would have been below its line as well.
    assert!(fate(&act, "protected").isolated_breach.is_some());
    assert_eq!(act.keepers_liquidated, 0);
    assert_eq!(act.unpriced, 0);
    assert_eq!(act.steps.len(), 118 * 4);
    // Making mints, wallets, the group and its contracts comes before there is anything to check.
    assert!(act.checks > 2_000 && act.transactions - act.checks < 30, "{}", act.transactions);
}

#[test]
fn books_need_no_more_than_their_rows_alone() {
    let Some(program) = program() else { return };
    let act = act(118, &program);

    for step in &act.steps {
        assert!(step.standings.iter().all(|one| one.isolated >= one.needed), "{step:?}");
    }
    // With one position there is nothing to net.
    assert!(standings(&act, "unhedged").all(|one| one.isolated == one.needed));
    // In the worst minute the protected book needs less than a third of that.
    let lowest = act.steps.iter().min_by_key(|step| step.price).unwrap();
    let protected = &lowest.standings[place(&act, "protected")];
    assert!(protected.needed * 3 < protected.isolated, "{protected:?}");
}

#[test]
fn a_spread_needs_no_more_than_it_can_still_lose() {
    let Some(program) = program() else { return };
    let act = act(118, &program);
    let fate = fate(&act, "spread");
    let strike = |leg: Leg| leg.strike_dollars(act.opening).unwrap() as i64;
    // Between the strikes, for each SOL.
    let width = (strike(Leg::NearPut) - strike(Leg::FarPut)) * UNITS as i64 * ATOMS;
    let worth = act.opening as i64 / DOLLAR as i64 * UNITS as i64 * ATOMS;
    let brought_in = i128::from(act.opening) * i128::from(UNITS) * 10 / 100 / 100;
    assert!((brought_in as i64 - worth / 10).abs() < UNITS as i64 * ATOMS);
    let place = place(&act, "spread");

    for step in &act.steps {
        let Standing { equity, needed, .. } = step.standings[place];
        // What it would cost to be rid of the spread now: the premium, less what was gained since.
        let owed = brought_in as i64 + fate.premium - equity;
        // One short option: 1 % of the price.
        let floor = (i128::from(step.price) * i128::from(UNITS) / 100 / 100) as i64;
        let most = width - owed + floor;
        // A dollar for the whole dollars of the deposit.
        assert!(needed <= most + ATOMS, "{needed} of {most} at {}", step.time);
    }
    // The premium of a spread is less than its width, and a lot is a tenth of a SOL.
    assert!(fate.premium > 0 && fate.premium < width);
    assert_eq!(LOTS, UNITS as i64 * 10);
}

#[test]
fn volatilities_rise_with_the_fall_and_go_no_faster_than_they_may() {
    let Some(program) = program() else { return };
    let act = act(118, &program);

    let first = act.steps.first().unwrap().volatility_ppm;
    let most = act.steps.iter().map(|step| step.volatility_ppm).max().unwrap();
    assert!(most > first * 125 / 100, "{first} {most}");
    for minute in act.steps.windows(4) {
        let (old, new) = (minute[0].volatility_ppm, minute[3].volatility_ppm);
        assert!(new <= old * 102 / 100 + 2 && old <= new * 102 / 100 + 2, "{old} {new}");
    }
}

#[test]
fn the_real_minutes_run_through() {
    let data = std::env::var_os("PLIMSOLL_DATA").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let file = data.unwrap_or(root).join("prices/oct10_2025_binance_usdm_solusdt_perp_1m.csv");
    let Some(program) = program() else { return };
    if !file.is_file() {
        eprintln!("skipped: {} is not there", file.display());
        return;
    }
    let path = load(&[file.to_string_lossy().into_owned()], 1).unwrap();
    let act = run(&Options::default(), &path, &program).unwrap();

    assert!(fate(&act, "strangle").bids > 0 && fate(&act, "unhedged").bids > 0);
    for name in ["protected", "collar", "spread"] {
        assert_eq!(fate(&act, name).bids, 0, "{name}");
    }
}

#[test]
fn a_price_that_is_not_valid_is_waited_out() {
    let Some(program) = program() else { return };
    let options = Options::default();
    let mut path = described(options.seed).shortened(6);
    let calm = run(&options, &path, &program).unwrap();
    assert_eq!(calm.unpriced, 0);
    // It halves between two minutes: more than the oracle's rule takes at once.
    let sol = &mut path.series[0];
    for bar in sol.perpetual.iter_mut().chain(&mut sol.spot) {
        let half = |price: u64| price / 2;
        if bar.open != calm.opening {
            let [open, high, low, close] = [bar.open, bar.high, bar.low, bar.close].map(half);
            *bar = Bar { open, high, low, close };
        }
    }

    let act = run(&options, &path, &program).unwrap();

    assert!(act.unpriced > 0);
    assert_eq!(act.steps.len() + act.unpriced, 6 * 4);
    // Nobody was judged or taken before the price was valid again.
    let first = act.fates.iter().filter_map(|fate| fate.first_bid).min().unwrap();
    assert!(act.steps.iter().any(|step| step.time == first));
    assert!(option_books(&act).contains(&format!("{} steps had no valid price", act.unpriced)));
}

#[test]
fn a_program_that_is_not_built_is_named() {
    let options = Options::default();
    let nowhere = Path::new("nowhere/plimsoll.so");
    let error = run(&options, &described(1), nowhere).unwrap_err();
    assert!(error.starts_with("nowhere/plimsoll.so: "), "{error}");
    assert!(error.ends_with("build it with `cargo xtask build`"), "{error}");
}
