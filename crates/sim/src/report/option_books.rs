//! The second act in letters.

use std::fmt::Write as _;

use super::tables::title;
use super::{clock, money};
use crate::act_two::books::{Leg, CONTRACTS, UNITS};
use crate::act_two::surface::{RESPONSE_PER_CENT, STEP_PPM};
use crate::act_two::{Act, Fate, Standing, Step};
use crate::prices::{dollars, grouped};

/// Minutes between lines of the table where nothing happens.
const MINUTES_BETWEEN: i64 = 15;

/// The report of the second act.
pub fn option_books(act: &Act) -> String {
    let mut text = String::from("\nSECOND ACT: OPTION BOOKS\n========================\n\n");
    head(&mut text, act);
    minutes(&mut text, act);
    fates(&mut text, act);
    text
}

fn head(text: &mut String, act: &Act) {
    let strike = |leg: Leg| leg.strike_dollars(act.opening).unwrap_or(0);
    let [near, far, call] = CONTRACTS.map(strike);
    let calm = act.steps.first().map_or(0, |step| step.volatility_ppm) / 1_000;
    let most = act.steps.iter().map(|step| step.volatility_ppm).max().unwrap_or(0) / 1_000;
    let days = act.steps.first().map_or(0, |step| (act.expires_at - step.time) / 86_400);
    let _ = writeln!(
        text,
        "the same prices of SOL, the same program, options that expire in {days} days: puts struck at \
         {near}\nand {far}, calls at {call}; each book about {} SOL at {}; a market maker takes the other \
         side.\n\
         Volatilities are published each minute: for each per cent that the price is away from its\n\
         start they rise by {} % of themselves, at most {} % in a minute; at the money from {}.{} %\n\
         to {}.{} %.\n\n\
         worth: equity; needs: what the one rule asks; alone: what it would ask if the rows knew\n\
         nothing of each other, the sum over the rows of what an account with that row only needs.",
        grouped(UNITS),
        dollars(act.opening),
        RESPONSE_PER_CENT as f64 / 100.0,
        f64::from(STEP_PPM) / 10_000.0,
        calm / 10,
        calm % 10,
        most / 10,
        most % 10,
    );
}

/// The steps that the table shows: the start, every quarter of an hour, the lowest price, each first
/// bid, and the end.
fn shown(act: &Act) -> Vec<&Step> {
    let lowest = act.steps.iter().min_by_key(|step| step.price).map(|step| step.time);
    let last = act.steps.last().map(|step| step.time);
    let bids: Vec<i64> = act.fates.iter().filter_map(|fate| fate.first_bid).collect();
    let mut quarter = None;
    let steps = act.steps.iter().filter(|step| {
        let now = step.time.div_euclid(MINUTES_BETWEEN * 60);
        let fresh = quarter.replace(now) != Some(now);
        let marked = lowest == Some(step.time) || last == Some(step.time);
        fresh || marked || bids.contains(&step.time)
    });
    steps.collect()
}

/// Quote atoms as thousands of dollars with a digit behind the point.
fn thousands(atoms: i64) -> String {
    format!("{:.1}", atoms as f64 / 1e9)
}

fn minutes(text: &mut String, act: &Act) {
    text.push_str(&title("books by minute (thousands of dollars)"));
    let _ = write!(text, "{:<6}{:>8}{:>5}", "", "", "");
    for fate in &act.fates {
        let _ = write!(text, " |{:>17}", fate.book.name);
    }
    let _ = write!(text, "\n{:<6}{:>8}{:>5}", "UTC", "SOL", "vol");
    for _ in &act.fates {
        let _ = write!(text, " |{:>5}{:>6}{:>6}", "worth", "needs", "alone");
    }
    text.push('\n');
    for step in shown(act) {
        let volatility = step.volatility_ppm / 10_000;
        let price = dollars(step.price);
        let _ = write!(text, "{:<6}{price:>8}{volatility:>4}%", clock(step.time));
        for Standing { equity, needed, isolated } in &step.standings {
            let [equity, needed, isolated] = [equity, needed, isolated].map(|one| thousands(*one));
            let _ = write!(text, " |{equity:>5}{needed:>6}{isolated:>6}");
        }
        text.push('\n');
    }
}

fn fates(text: &mut String, act: &Act) {
    text.push_str(&title("what became of them (dollars)"));
    let _ = writeln!(
        text,
        "{:<11}{:>9}{:>9}{:>7}{:>10}{:>10}{:>11}  holds",
        "book", "start", "end", "bids", "first bid", "bad debt", "alone, at"
    );
    for (place, fate) in act.fates.iter().enumerate() {
        let equity = |step: Option<&Step>| step.map_or(0, |step| step.standings[place].equity);
        let Fate { book, first_bid, isolated_breach, bids, bad_debt, .. } = fate;
        let when = |time: &Option<i64>| time.map_or_else(|| "never".to_owned(), clock);
        let _ = writeln!(
            text,
            "{:<11}{:>9}{:>9}{bids:>7}{:>10}{:>10}{:>11}  {}",
            book.name,
            money(equity(act.steps.first())),
            money(equity(act.steps.last())),
            when(first_bid),
            money(*bad_debt),
            when(isolated_breach),
            book.holds,
        );
    }
    let _ = writeln!(
        text,
        "\nalone, at: when it was first worth less than its rows would have needed alone.\n\
         Discounts paid: {}. Keepers hold what they took to the end, and were liquidated {} times.\n\
         {} steps had no valid price; {} transactions, the invariants checked {} times.",
        money(act.fates.iter().map(|fate| fate.discount).sum()),
        act.keepers_liquidated,
        act.unpriced,
        grouped(act.transactions),
        grouped(act.checks),
    );
}
