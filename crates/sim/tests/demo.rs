//! The demonstration is the same for the same seed, survives real prices, and names what it
//! cannot use.
//!
//! The built program and the real prices may be missing: then these tests say so.

use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll_sim::options::Options;
use plimsoll_sim::prices::{load, Coin, Feed, COINS};
use plimsoll_sim::report::{picture, report, steps, Summary};
use plimsoll_sim::run::{run, Outcome};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The built program, or a word that it is not there.
fn program() -> Option<PathBuf> {
    let path = root().join("target/deploy/plimsoll.so");
    if path.is_file() {
        return Some(path);
    }
    eprintln!("skipped: {} is not built", path.display());
    None
}

/// A file of real prices, or a word that it is not there.
fn real(name: &str) -> Option<String> {
    let folder = std::env::var_os("PLIMSOLL_DATA").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| root().join("../shared/data"));
    let path = folder.join("prices").join(name);
    if path.is_file() {
        return Some(path.to_string_lossy().into_owned());
    }
    eprintln!("skipped: {} is not there", path.display());
    None
}

fn small(seed: u64) -> Options {
    Options { seed, accounts: 40, minutes: 50, capital_dollars: 40_000, ..Options::default() }
}

fn go(options: &Options, program: &Path) -> Outcome {
    run(options, program, &mut |_, _, _| {}).unwrap()
}

#[test]
fn one_seed_gives_one_output_byte_for_byte() {
    let Some(program) = program() else { return };

    let (first, second) = (go(&small(7), &program), go(&small(7), &program));

    assert_eq!(report(&first), report(&second));
    assert_eq!(picture(&first), picture(&second));
    assert_eq!(steps(&first), steps(&second));
    assert_ne!(steps(&first), steps(&go(&small(8), &program)));
}

#[test]
fn the_crash_liquidates_and_every_transaction_is_checked() {
    let Some(program) = program() else { return };

    let outcome = go(&small(1), &program);

    let summary = Summary::of(&outcome);
    assert!(summary.liquidated > 4, "{summary:?}");
    assert!(summary.released > 0 && summary.discount > 0);
    // The discount is a share of what was released: between the least and the most β.
    assert!(summary.discount * 5 >= summary.released - outcome.receipts.len() as i64 * 5);
    assert!(summary.discount * 2 <= summary.released);
    // Insurance: what was there, came in and went out is what is there.
    assert_eq!(
        summary.insurance_start + summary.insurance_in - summary.insurance_out,
        summary.insurance_end
    );
    // Making mints, wallets and the group comes before there is anything to check.
    assert!(outcome.checks > 500 && outcome.transactions - outcome.checks < 30);
}

#[test]
fn the_real_minutes_of_sol_and_btc_run_through() {
    let (Some(program), Some(sol), Some(btc)) = (
        program(),
        real("oct10_2025_binance_usdm_solusdt_perp_1m.csv"),
        real("oct10_2025_binance_usdm_btcusdt_perp_1m.csv"),
    ) else {
        return;
    };
    let paths = vec![sol, btc];
    let path = load(&paths, 1).unwrap();
    assert_eq!((path.bars(), path.bar_seconds), (118, 60));
    assert_eq!(path.low(Coin::Sol, Feed::Perpetual), 14_128_000_000);
    assert_eq!(path.low(Coin::Btc, Feed::Perpetual), 10_151_650_000_000);

    let options = Options { paths, accounts: 60, capital_dollars: 60_000, ..Options::default() };
    let outcome = go(&options, &program);

    let summary = Summary::of(&outcome);
    assert!(summary.liquidated > 10, "{summary:?}");
    assert!(report(&outcome).contains("real bars from oct10_2025_binance_usdm_solusdt_perp_1m.csv"));
}

#[test]
fn the_wide_file_gives_both_markets_of_every_coin() {
    let (Some(program), Some(wide)) = (program(), real("oct10_2025_aligned_5m.csv")) else {
        return;
    };
    let paths = vec![wide];
    let path = load(&paths, 1).unwrap();
    assert_eq!(path.bar_seconds, 300);
    assert!(COINS.iter().all(|coin| path.series[coin.place()].real));
    assert_eq!(path.low(Coin::Sol, Feed::Spot), 16_879_000_000);

    let options =
        Options { paths, feed: Feed::Spot, accounts: 60, minutes: 90, ..Options::default() };
    let outcome = go(&options, &program);

    assert_eq!(outcome.path.bars(), 18);
    assert!(Summary::of(&outcome).liquidated > 5);
}

#[test]
fn wrong_options_and_files_end_the_command_with_their_names() {
    let command = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_plimsoll-sim")).args(words).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let out = std::env::temp_dir().join("plimsoll-demo-test");
    let out = out.to_str().unwrap();

    let (code, error) = command(&["--sede", "7"]);
    assert_eq!((code, error.as_str()), (Some(2), "unknown option `--sede`; try --help\n"));

    let (code, error) = command(&["--out", out, "--path", "SOL=nowhere.csv"]);
    assert_eq!(code, Some(1));
    assert!(error.starts_with("nowhere.csv: cannot be read"), "{error}");
}
