//! The tables.

use std::fmt::Write as _;

use super::summary::Summary;
use super::{clock, money, per_cent, terminal};
use crate::books::STYLES;
use crate::prices::grouped;
use crate::record::Sample;
use crate::run::Outcome;

/// Minutes that the table of liquidations shows at most: the busiest.
const MINUTES_SHOWN: usize = 14;

/// The whole report of one run.
pub fn report(outcome: &Outcome) -> String {
    let mut text = head(outcome);
    text.push_str(&terminal::plots(outcome));
    text.push_str(&risk(outcome));
    text.push_str(&minutes(outcome));
    text.push_str(&books(outcome));
    text.push_str(&keepers(outcome));
    text.push_str(&costs(outcome));
    text
}

pub(super) fn title(text: &str) -> String {
    format!("\n{text}\n{}\n", "-".repeat(text.chars().count()))
}

fn head(outcome: &Outcome) -> String {
    let options = &outcome.options;
    let mut text = String::from("PLIMSOLL, A CRASH IN MEMORY\n===========================\n\n");
    for line in &outcome.path.account {
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(
        text,
        "oracles carry the {} price; {} traders with {} dollars of equity and {} of positions and \
         tokens;\n{} keepers with {} dollars each; seed {}\n",
        options.feed,
        options.accounts,
        money(outcome.equity_start),
        money(outcome.gross_start),
        options.keepers,
        grouped(options.capital_dollars),
        options.seed,
    );
    text
}

/// What a risk manager asks.
fn risk(outcome: &Outcome) -> String {
    let one = Summary::of(outcome);
    let share = |part: i64| format!("{:.2} %", per_cent(part, one.equity_start));
    let of = |count: usize| {
        let count = i64::try_from(count).unwrap_or(0);
        format!("{:.1} % of traders", per_cent(count, one.traders as i64))
    };
    let beta = per_cent(one.discount, one.released);
    let mean = one.beta_mean_ppm as f64 / 10_000.0;
    let rows = [
        ("accounts liquidated", one.liquidated.to_string(), of(one.liquidated)),
        ("accounts bankrupt at some time", one.bankrupt.to_string(), of(one.bankrupt)),
        ("bids taken", one.bids.to_string(), String::new()),
        ("requirement released", money(one.released), share(one.released)),
        ("discount paid", money(one.discount), share(one.discount)),
        (
            "average beta",
            format!("{beta:.1} %"),
            format!("{mean:.1} % over bids, the rest by requirement"),
        ),
        ("bad debt, borne by others", money(one.bad_debt_paid), share(one.bad_debt_paid)),
        ("  of it by opposite sides", money(one.charged), share(one.charged)),
        ("  of it by nobody yet", money(one.debt), share(one.debt)),
        ("bad debt, still owed", money(one.bad_debt_open), share(one.bad_debt_open)),
        ("insurance fund at the start", money(one.insurance_start), share(one.insurance_start)),
        ("  in: cuts of discounts", money(one.insurance_in), share(one.insurance_in)),
        ("  out: shortfalls, discounts", money(one.insurance_out), share(one.insurance_out)),
        ("insurance fund at the end", money(one.insurance_end), share(one.insurance_end)),
    ];
    let mut text = title("risk (dollars; % of the traders' equity at the start)");
    for (name, value, note) in rows {
        let _ = writeln!(text, "{}", format!("{name:<32}{value:>14}  {note}").trim_end());
    }
    text
}

/// The busiest minutes.
fn minutes(outcome: &Outcome) -> String {
    let mut sums: Vec<Sample> = Vec::new();
    for sample in &outcome.samples {
        // A step ends where its time says; it belongs to the minute that it lies in.
        let minute = (sample.time - 1).div_euclid(60) * 60;
        match sums.last_mut().filter(|last| last.time == minute) {
            Some(last) => {
                last.bids += sample.bids;
                last.released += sample.released;
                last.discount += sample.discount;
                last.bad_debt += sample.bad_debt;
                last.insurance = sample.insurance;
                last.perpetual = sample.perpetual;
            }
            None => sums.push(Sample { time: minute, ..sample.clone() }),
        }
    }
    let busy = sums.iter().filter(|minute| minute.bids > 0).count();
    let mut order: Vec<usize> = (0..sums.len()).filter(|at| sums[*at].bids > 0).collect();
    order.sort_by_key(|at| std::cmp::Reverse(sums[*at].released));
    order.truncate(MINUTES_SHOWN);
    order.sort_unstable();
    let mut text =
        title(&format!("liquidations by minute (the {} busiest of {busy})", order.len()));
    let _ = writeln!(
        text,
        "{:<7}{:>10}{:>7}{:>12}{:>12}{:>8}{:>12}{:>12}",
        "UTC", "SOL perp", "bids", "released", "discount", "beta", "bad debt", "insurance"
    );
    for minute in order.iter().map(|at| &sums[*at]) {
        let _ = writeln!(
            text,
            "{:<7}{:>10}{:>7}{:>12}{:>12}{:>6.1} %{:>12}{:>12}",
            clock(minute.time),
            crate::prices::dollars(minute.perpetual[0]),
            minute.bids,
            money(minute.released),
            money(minute.discount),
            per_cent(minute.discount, minute.released),
            money(minute.bad_debt),
            money(minute.insurance),
        );
    }
    text
}

fn books(outcome: &Outcome) -> String {
    let mut text = title("what became of the books (dollars)");
    let _ = writeln!(
        text,
        "{:<24}{:>8}{:>12}{:>10}{:>13}{:>13}{:>11}",
        "kind", "traders", "liquidated", "bankrupt", "equity then", "equity now", "discount"
    );
    for (fate, (_, _, name)) in outcome.fates.iter().zip(STYLES) {
        let _ = writeln!(
            text,
            "{:<24}{:>8}{:>12}{:>10}{:>13}{:>13}{:>11}",
            name,
            fate.traders,
            fate.liquidated,
            fate.bankrupt,
            money(fate.equity[0]),
            money(fate.equity[1]),
            money(fate.discount),
        );
    }
    text
}

fn keepers(outcome: &Outcome) -> String {
    let mut text = title("keepers (dollars)");
    let _ = writeln!(
        text,
        "{:<8}{:>7}{:>7}{:>7}{:>9}{:>11}{:>13}{:>13}{:>12}",
        "asks",
        "slices",
        "rows",
        "marks",
        "refused",
        "earned",
        "equity then",
        "equity now",
        "liquidated"
    );
    for keeper in &outcome.keepers {
        let refused: u64 = keeper.metrics.refusals.values().sum();
        let _ = writeln!(
            text,
            "{:<8}{:>7}{:>7}{:>7}{:>9}{:>11}{:>13}{:>13}{:>12}",
            format!("{:.1} %", f64::from(keeper.ask_ppm) / 10_000.0),
            keeper.metrics.slices,
            keeper.metrics.rows,
            keeper.metrics.marks,
            refused,
            money(keeper.income),
            money(keeper.equity[0]),
            money(keeper.equity[1]),
            keeper.liquidated,
        );
    }
    text
}

fn costs(outcome: &Outcome) -> String {
    let mut text = title("compute units by instruction");
    let _ = writeln!(
        text,
        "{:<22}{:>8}{:>10}{:>10}{:>10}",
        "instruction", "count", "least", "median", "most"
    );
    for (name, spread) in outcome.costs.spreads() {
        let _ = writeln!(
            text,
            "{:<22}{:>8}{:>10}{:>10}{:>10}",
            name,
            spread.count,
            grouped(spread.least),
            grouped(spread.median),
            grouped(spread.most),
        );
    }
    let _ = writeln!(
        text,
        "\n{} transactions, every invariant checked after each of the {} that came after the \
         group;\n{} trades beyond initial margin were refused",
        grouped(outcome.transactions),
        grouped(outcome.checks),
        grouped(outcome.refused),
    );
    text
}

/// Several runs side by side, each with what is different in it.
pub fn comparison(runs: &[(String, Summary)]) -> String {
    let mut text = title("the same traders, other circumstances (% of their equity at the start)");
    let _ = writeln!(
        text,
        "{:<46}{:>11}{:>9}{:>7}{:>8}{:>10}{:>10}{:>10}",
        "", "liquidated", "bankrupt", "bids", "beta", "discount", "bad debt", "insurance"
    );
    for (name, one) in runs {
        let share = |part: i64| format!("{:.2} %", per_cent(part, one.equity_start));
        let _ = writeln!(
            text,
            "{name:<46}{:>11}{:>9}{:>7}{:>6.1} %{:>10}{:>10}{:>10}",
            one.liquidated,
            one.bankrupt,
            one.bids,
            per_cent(one.discount, one.released),
            share(one.discount),
            share(one.bad_debt()),
            share(one.insurance_end - one.insurance_start),
        );
    }
    text.push_str("insurance: what the fund won or lost\n");
    text
}
