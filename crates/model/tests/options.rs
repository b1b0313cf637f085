//! The books of RISK.md, "Options in the rule": what the model says they require is what an independent
//! script computed to fifty digits.

use std::collections::BTreeMap;

use plimsoll_model::margin::{health, Check};
use plimsoll_model::number::{float, one, whole, Exact};
use plimsoll_model::{
    Account, Array, Collateral, Contract, Group, Instrument, Kind, Market, Moment, Position, Slope,
    Source, Terms, Underlying,
};

/// Bits of an array's unit behind a quote atom.
const BITS: u32 = 4;

/// USD as units of an array.
fn units(usd: f64) -> i64 {
    (usd * 1e6 * f64::from(1 << BITS)).round() as i64
}

/// A contract of one SOL in thirty days: strike, fair value, notional that it moves with, and its gains by
/// -10 % with the volatility up, down, +10 % up, down, and by a third of -30 %.
fn option(kind: Kind, strike: u64, fair: f64, delta: f64, gains: [f64; 5]) -> Instrument {
    let mut outcomes = [0; 16];
    for (word, gain) in outcomes.iter_mut().zip(gains) {
        *word = i32::try_from(units(gain)).unwrap();
    }
    let price = whole(150_000_000_u64);
    let array = Array {
        refreshed_at: 1,
        per_price: one() / &price,
        price,
        fair: units(fair),
        low: units(fair),
        high: units(fair),
        delta: units(delta),
        short_floor: units(1.5),
        outcomes,
        shift: 48 - BITS,
        seconds_max: 600,
        move_max: 1 << 30,
        ..Array::default()
    };
    let strike = whole(strike * 1_000_000);
    let contract = Contract { kind, strike, expires_at: 30 * 86_400, settled: false, array };
    Instrument {
        underlying: 1,
        lot: one(),
        pnl_weight_ppm: 1_000_000,
        contract: Some(contract),
        ..Instrument::default()
    }
}

/// The options of the page's first table, in its order.
fn options() -> Vec<Instrument> {
    vec![
        option(Kind::Call, 150, 10.2809, 80.1405, [-4.1519, -8.1409, 12.0007, 7.43, -3.3433]),
        option(Kind::Put, 150, 10.2809, -69.8595, [10.8481, 6.8591, -2.9993, -7.57, 11.5067]),
        option(Kind::Call, 165, 4.9054, 47.9799, [-1.8851, -4.4095, 9.2211, 3.5809, -1.6088]),
        option(Kind::Put, 165, 19.9054, -102.0201, [13.1149, 10.5905, -5.7789, -11.4191, 13.2412]),
        option(Kind::Put, 135, 4.0374, -36.3641, [7.5207, 2.906, -1.0171, -3.5414, 8.7835]),
    ]
}

fn group() -> Group {
    let slope = |usd: u64| Slope { usd: whole(usd), ppm_per_second: 1, ..Slope::default() };
    let priced = |usd: u64, source: usize| Underlying {
        sources: vec![Some(source)],
        age_seconds_max: 600,
        confidence_ppm_max: 10_000,
        dispersion_ppm_max: 10_000,
        jump_ppm_max: 100_000,
        stable: slope(usd),
        reference: slope(usd),
        ..Underlying::default()
    };
    let moves = [(-1, 1), (-1, -1), (1, 1), (1, -1)]
        .map(|(price, volatility)| (price * 1_000_000, volatility * 1_000_000, 1_000_000));
    let sol = Underlying {
        scan_lower_ppm: 100_000,
        scan_upper_ppm: 100_000,
        depth_quote_atoms: 1 << 60,
        basis_ppm: 10_000,
        initial_multiplier_ppm: 1_500_000,
        widening_ppm: 1_000_000,
        scenarios: moves.into_iter().chain([(-3_000_000, 0, 330_000)]).collect(),
        ..priced(150, 1)
    };
    let token = |underlying, decimals| Collateral {
        underlying,
        mint: underlying,
        decimals,
        deposit_index: 1 << 64,
        borrow_index: 1 << 64,
        base_deposit_index: 1 << 64,
        base_borrow_index: 1 << 64,
        weight_ppm: 1_000_000,
        kinks: vec![(0, 0), (1_000_000, 0)],
        ..Collateral::default()
    };
    Group {
        terms: Terms { quote_decimals: 6, ..Terms::default() },
        underlyings: vec![priced(1, 0), sol],
        collaterals: vec![token(0, 6), token(1, 9)],
        instruments: options(),
        ..Group::default()
    }
}

/// What ten of each require, to keep and to open (USD): SOL, and contracts by their place.
fn required(sol: i64, lots: &[(usize, i64)]) -> [f64; 2] {
    let group = group();
    let now = Moment { slot: 1, seconds: 1 };
    let oracle = |usd: i64| Source {
        price: usd * 100_000_000,
        confidence: 0,
        decimals: 8,
        published: 1,
        trading: true,
    };
    let market = Market::new(&group, vec![oracle(1), oracle(150)], now);
    let held = |(index, sign): &(usize, i64)| {
        (*index, Position { lots: 10 * sign, ..Position::default() })
    };
    let tokens = match sol {
        0 => BTreeMap::new(),
        _ => BTreeMap::from([(1, (i128::from(sol) * 10_000_000_000) << 48)]),
    };
    let positions = lots.iter().map(held).collect();
    let account = Account { tokens, positions, ..Account::default() };
    [Check::Maintenance, Check::Initial].map(|check| {
        let health = health(&group, &market, &account, check).unwrap();
        usd(&health.requirement.exact)
    })
}

fn usd(exact: &Exact) -> f64 {
    let scaled = (exact * float(1, 20)).to_integer().to_string();
    scaled.parse::<f64>().unwrap() / f64::from(1 << 20) / 1e6
}

#[test]
fn books_require_what_the_page_says() {
    let books: [(&str, i64, &[(usize, i64)], [f64; 2]); 11] = [
        ("10 SOL and nothing", 1, &[], [150.0, 225.0]),
        ("long call 150", 0, &[(0, 1)], [81.41, 102.81]),
        ("short call 150", 0, &[(0, -1)], [135.01, 202.51]),
        ("covered call", 1, &[(2, -1)], [152.21, 228.32]),
        ("protective put", 1, &[(4, 1)], [124.58, 186.86]),
        ("collar", 1, &[(2, -1), (4, 1)], [100.28, 150.42]),
        ("short SOL, long call 150", -1, &[(0, 1)], [83.71, 114.83]),
        ("short straddle", 0, &[(0, -1), (1, -1)], [120.01, 180.02]),
        ("vertical", 0, &[(0, 1), (2, -1)], [52.31, 76.26]),
        ("the other side of it", 0, &[(0, -1), (2, 1)], [53.49, 80.24]),
        ("box", 0, &[(0, 1), (1, -1), (2, -1), (3, 1)], [30.0, 45.0]),
    ];
    for (name, sol, lots, page) in books {
        let ours = required(sol, lots);
        // The first table has four places, and a book ten of each.
        let near = ours.iter().zip(page).all(|(ours, page)| (ours - page).abs() < 0.011);
        assert!(near, "{name}: {ours:?}, not {page:?}");
    }
}
