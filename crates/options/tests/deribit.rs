//! Does Black-76 on the volatilities that a venue publishes give the prices that it publishes? A
//! whole chain of Deribit's BTC options, which is other people's data and not in this repository:
//! it is read from `../shared/data`, or from the folder that `PLIMSOLL_DATA` names, and skipped,
//! saying so, where it is not there.
//!
//! Differences are in BTC, that is in parts of the forward. Three things explain all of them:
//!
//! - the published forward was taken at another moment than the marks: call less put of the marks
//!   gives one forward for each expiry, the same from every strike, up to 0.6 USD (7·10^-6) away;
//! - volatilities are published in steps of 0.01 %, so that half of that times vega is open;
//! - so is a little of the time: the marks were made some seconds from the moment that is named.
//!
//! With the forward that the marks were made from, nothing is left but that and the last digit.

mod support;

use plimsoll_options::{greeks, implied_volatility, Greeks, Premium};
use support::chain::{chain, quotes, use_forwards_of_marks, Quote};

/// Half a step of the venue's volatility: 0.005 %.
const VOLATILITY_HALF_STEP: f64 = 5e-5;

/// What else a row may differ by: half a step of 10^-8 BTC in its price, and as much because the
/// forward comes from two such prices.
const PRICE_SLACK: f64 = 1e-8;

/// How far the marks may have been made from the moment that the chain names. It shows where
/// theta is large: at the money, a day before expiry, by 8 seconds.
const SECONDS_SLACK: f64 = 10.0;

/// How far a row may be off with the published forward: 0.6 USD of it, times strike over forward.
const PUBLISHED_SLACK: f64 = 2.5e-5;

impl Quote {
    fn greeks(&self) -> Greeks {
        greeks(self.terms, self.market)
    }

    /// What the rounding of volatility and price, and the seconds, may come to.
    fn explained_btc(&self) -> f64 {
        let theta_second = self.greeks().theta.get().abs() as f64 / 2_f64.powi(32) / 86_400.0;
        self.vega() * VOLATILITY_HALF_STEP + theta_second * SECONDS_SLACK + PRICE_SLACK
    }

    /// What this crate gives, less the mark.
    fn off_btc(&self) -> f64 {
        (self.in_btc(self.greeks().value) - self.mark_btc).abs()
    }

    fn in_btc(&self, premium: Premium) -> f64 {
        premium.get() as f64 / f64::from(1 << Premium::BITS) / self.market.forward.get() as f64
    }

    fn vega(&self) -> f64 {
        self.greeks().vega.get() as f64 / 2_f64.powi(32)
    }

    /// Strike over forward.
    fn moneyness(&self) -> f64 {
        self.terms.strike.get() as f64 / self.market.forward.get() as f64
    }
}

/// Differences of one range of strike over forward.
struct Bucket {
    below: f64,
    rows: u32,
    sum: f64,
    worst: f64,
}

/// Prints differences by strike over forward, and returns the largest.
fn print_buckets(quotes: &[Quote]) -> f64 {
    let edges = [0.6, 0.8, 0.95, 1.05, 1.25, 1.7, f64::INFINITY];
    let mut buckets = edges.map(|below| Bucket { below, rows: 0, sum: 0.0, worst: 0.0 });
    for quote in quotes {
        let off = quote.off_btc();
        let bucket = buckets.iter_mut().find(|bucket| quote.moneyness() < bucket.below).unwrap();
        bucket.rows += 1;
        bucket.sum += off;
        bucket.worst = bucket.worst.max(off);
    }
    println!("strike/forward below | rows | mean difference | largest, in BTC");
    for Bucket { below, rows, sum, worst } in &buckets {
        println!("{below:20} | {rows:4} | {:15.2e} | {worst:.2e}", sum / f64::from(*rows));
    }
    buckets.iter().fold(0.0, |worst, bucket| worst.max(bucket.worst))
}

#[test]
fn marks_of_a_real_chain_come_out_within_the_rounding_of_its_volatilities() {
    let Some(text) = chain() else {
        return;
    };
    let mut quotes = quotes(&text);
    println!("{} options, with the published forwards", quotes.len());
    let worst = print_buckets(&quotes);
    assert!(worst < PUBLISHED_SLACK, "{worst:e}");

    let moved = use_forwards_of_marks(&mut quotes);
    println!("with the forwards of the marks, up to {moved:.2} USD away");
    print_buckets(&quotes);
    assert!(moved < 0.6, "{moved}");
    for quote in &quotes {
        let (off, explained) = (quote.off_btc(), quote.explained_btc());
        assert!(off <= explained, "{}: {off:e}, over {explained:e}", quote.name);
    }
}

#[test]
fn implied_volatilities_of_a_real_chain_come_out_as_published() {
    let Some(text) = chain() else {
        return;
    };
    let mut quotes = quotes(&text);
    use_forwards_of_marks(&mut quotes);
    let (mut compared, mut worst) = (0, 0_f64);
    // Eight digits of a price tell the volatility to 0.001 % where vega is at least this.
    for quote in quotes.iter().filter(|quote| quote.vega() >= 1e-3) {
        let unit = quote.market.forward.get() as f64 * f64::from(1 << Premium::BITS);
        let premium = Premium::new((quote.mark_btc * unit).round() as i64);
        let Quote { terms, market, .. } = *quote;
        let found = implied_volatility(terms, market.forward, market.time, premium).unwrap();
        let off = f64::from(found.ppm().abs_diff(market.volatility.ppm())) / 1e6;
        let explained = quote.explained_btc() / quote.vega() + 1e-6;
        assert!(off <= explained, "{}: {off}", quote.name);
        compared += 1;
        worst = worst.max(off);
    }
    println!("{compared} of {} volatilities, the worst off by {worst:.2e}", quotes.len());
    assert!(compared > quotes.len() / 2);
}
