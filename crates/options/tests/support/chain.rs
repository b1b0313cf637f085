//! A real option chain, where there is one: `$PLIMSOLL_DATA` or `../shared/data`. It is never
//! committed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{for_each_row, level};
use plimsoll_options::{Kind, Level, Market, Terms};
use plimsoll_units::{Ratio, Seconds};

/// Steps of a level in a dollar: 46 bits hold 703,687 dollars.
pub const STEPS: f64 = 1e8;

/// The chain, where it is.
pub fn chain() -> Option<String> {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let folder = std::env::var_os("PLIMSOLL_DATA").map_or(shared.into(), PathBuf::from);
    let path = folder.join("options/deribit_btc_chain_2025-12-05.csv");
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("skipped: there is no option chain at {}", path.display());
    }
    text
}

/// What the chain says of one option.
pub struct Quote {
    pub name: String,
    pub terms: Terms,
    pub market: Market,
    pub mark_btc: f64,
    /// Bid and ask, in BTC, where the venue had both.
    pub spread_btc: Option<(f64, f64)>,
}

/// A level of so many dollars.
pub fn dollars(amount: f64) -> Level {
    level((amount * STEPS).round() as u64)
}

/// Every option of the chain.
pub fn quotes(chain: &str) -> Vec<Quote> {
    let mut quotes = Vec::new();
    for_each_row(chain, |row| {
        let kind = match row.get::<String>("option_type").as_str() {
            "call" => Kind::Call,
            "put" => Kind::Put,
            other => panic!("neither call nor put: {other}"),
        };
        let seconds = row.get::<u64>("expiry_unix") - row.get::<u64>("snapshot_unix");
        quotes.push(Quote {
            name: row.get("instrument"),
            terms: Terms { kind, strike: dollars(row.get("strike")) },
            market: Market {
                forward: dollars(row.get("underlying_price")),
                volatility: Ratio::from_ppm((row.get::<f64>("mark_iv_pct") * 1e4).round() as u32),
                time: Seconds::new(seconds),
            },
            mark_btc: row.get("mark_price_btc"),
            spread_btc: row.find("bid_btc").zip(row.find("ask_btc")),
        });
    });
    quotes
}

/// Puts in the place of the published forwards those that the marks were made from: by parity,
/// `F = K / (1 − (call − put))` in BTC, the median over the strikes of an expiry. Returns the
/// largest change, in dollars.
pub fn use_forwards_of_marks(quotes: &mut [Quote]) -> f64 {
    let mut by_expiry: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for call in quotes.iter().filter(|quote| quote.terms.kind == Kind::Call) {
        let (time, strike) = (call.market.time, call.terms.strike);
        let is_twin = |put: &&Quote| {
            put.terms == Terms { kind: Kind::Put, strike } && put.market.time == time
        };
        if let Some(put) = quotes.iter().find(is_twin) {
            let forward = strike.get() as f64 / STEPS / (1.0 - (call.mark_btc - put.mark_btc));
            by_expiry.entry(time.get()).or_default().push(forward);
        }
    }
    let mut largest = 0_f64;
    for quote in quotes {
        let forwards = by_expiry.get_mut(&quote.market.time.get()).unwrap();
        forwards.sort_by(f64::total_cmp);
        let median = forwards[forwards.len() / 2];
        largest = largest.max((median - quote.market.forward.get() as f64 / STEPS).abs());
        quote.market.forward = dollars(median);
    }
    largest
}
