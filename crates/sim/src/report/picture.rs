//! The picture that a trader would want: prices, health, liquidations, and who paid.

use super::canvas::{round_up, short, Anchor, Panel, Sheet, GREY, INK};
use super::summary::Summary;
use super::{clock, money, per_cent, ATOMS};
use crate::prices::{Feed, COINS};
use crate::record::{Sample, CLASSES};
use crate::run::Outcome;

const WIDTH: f64 = 1_240.0;
const HEIGHT: f64 = 1_470.0;
const LEFT: f64 = 84.0;
const PLOT_WIDTH: f64 = 900.0;
/// Where legends begin.
const LEGEND: f64 = LEFT + PLOT_WIDTH + 28.0;

/// One colour for each coin.
const COIN_COLOURS: [&str; 3] = ["#7c3aed", "#d97706", "#2563eb"];
/// One colour for each class of accounts, from nothing at risk to bankrupt.
const CLASS_COLOURS: [&str; 6] = ["#dfe3e8", "#8ccbb0", "#cfe6a5", "#f6cf65", "#ee8a45", "#b4232f"];
const RELEASED: &str = "#94a3b8";
const BIDS: &str = "#334155";
const DISCOUNT: &str = "#0f766e";
const BAD_DEBT: &str = "#b4232f";
const INSURANCE: &str = "#2563eb";

/// The picture as SVG.
pub fn picture(outcome: &Outcome) -> String {
    let mut sheet = Sheet::new(WIDTH, HEIGHT);
    let samples = &outcome.samples;
    let time = (outcome.path.start, samples.last().map_or(1, |sample| sample.time));
    head(&mut sheet, outcome);
    let panel = |top: f64, height: f64, value| Panel {
        frame: (LEFT, top, PLOT_WIDTH, height),
        time,
        value,
    };
    prices(&mut sheet, outcome, &panel);
    health(&mut sheet, outcome, &panel);
    liquidations(&mut sheet, outcome, &panel);
    payers(&mut sheet, outcome, &panel);
    let note = format!(
        "seed {}; {} transactions in an embedded Solana VM, the invariants checked {} times",
        outcome.options.seed,
        crate::prices::grouped(outcome.transactions),
        crate::prices::grouped(outcome.checks),
    );
    sheet.text((LEFT, HEIGHT - 22.0), (11.5, 400, GREY), Anchor::Start, &note);
    sheet.finish()
}

type PanelOf<'a> = dyn Fn(f64, f64, (f64, f64)) -> Panel + 'a;

fn head(sheet: &mut Sheet, outcome: &Outcome) {
    let title = "An evening at the load line";
    sheet.text((LEFT, 52.0), (27.0, 700, INK), Anchor::Start, title);
    let described = !outcome.path.series.iter().any(|series| series.real);
    let what = match described {
        true => "a path described by published figures of 10 October 2025, noise seeded",
        false => "real bars where a file was given",
    };
    let line = format!(
        "{} traders, {} keepers with ${} each; oracles carry the {} price; {what}",
        outcome.options.accounts,
        outcome.options.keepers,
        crate::prices::grouped(outcome.options.capital_dollars),
        outcome.options.feed,
    );
    sheet.text((LEFT, 76.0), (13.5, 400, GREY), Anchor::Start, &line);
    let one = Summary::of(outcome);
    let share = |part: i64| format!("{:.2} %", per_cent(part, one.equity_start));
    let tiles = [
        (format!("{} of {}", one.liquidated, one.traders), "accounts liquidated", INK),
        (one.bankrupt.to_string(), "accounts bankrupt", BAD_DEBT),
        (format!("{:.1} %", per_cent(one.discount, one.released)), "average beta", INK),
        (share(one.discount), "discount / equity", DISCOUNT),
        (share(one.bad_debt()), "bad debt / equity", BAD_DEBT),
        (signed(one.insurance_end - one.insurance_start), "insurance fund's result", INSURANCE),
    ];
    let width = (WIDTH - 2.0 * LEFT + 40.0) / tiles.len() as f64;
    for (at, (value, name, colour)) in tiles.iter().enumerate() {
        let x = LEFT + width * at as f64;
        sheet.rect((x, 98.0, width - 12.0, 68.0), "#f1f3f4", 8.0);
        sheet.text((x + 14.0, 128.0), (20.0, 700, colour), Anchor::Start, value);
        sheet.text((x + 14.0, 150.0), (12.0, 400, GREY), Anchor::Start, name);
    }
}

/// Dollars with their sign in front.
fn signed(atoms: i64) -> String {
    format!("{}${}", if atoms < 0 { "-" } else { "+" }, money(atoms.saturating_abs()))
}

/// A legend entry: a swatch and a name.
fn legend(sheet: &mut Sheet, top: f64, entries: &[(&str, String)]) {
    for (at, (colour, name)) in entries.iter().enumerate() {
        let y = top + 20.0 * at as f64;
        sheet.rect((LEGEND, y, 12.0, 12.0), colour, 2.0);
        sheet.text((LEGEND + 20.0, y + 10.5), (12.5, 400, INK), Anchor::Start, name);
    }
}

fn prices(sheet: &mut Sheet, outcome: &Outcome, panel: &PanelOf<'_>) {
    let samples = &outcome.samples;
    let of = |sample: &Sample, feed: Feed| match feed {
        Feed::Perpetual => sample.perpetual,
        Feed::Spot => sample.spot,
    };
    let share = |sample: &Sample, feed: Feed, coin: usize| {
        let start = of(&samples[0], feed)[coin].max(1);
        of(sample, feed)[coin] as f64 * 100.0 / start as f64
    };
    let feed = outcome.options.feed;
    let other = match feed {
        Feed::Perpetual => Feed::Spot,
        Feed::Spot => Feed::Perpetual,
    };
    let all = samples.iter().flat_map(|one| {
        COINS.iter().flat_map(move |coin| [feed, other].map(|feed| (one, feed, coin.place())))
    });
    let all = all.map(|(one, feed, coin)| share(one, feed, coin));
    let (low, high) =
        all.fold((100.0_f64, 100.0_f64), |(low, high), one| (low.min(one), high.max(one)));
    let panel = panel(216.0, 240.0, ((low - 1.5).floor(), (high + 1.5).ceil()));
    panel.draw(sheet, "Prices", "% of the price at the start");
    let mut entries = Vec::new();
    for coin in [2, 1, 0] {
        let line = |feed: Feed| -> Vec<(f64, f64)> {
            let point = |one: &Sample| (panel.x(one.time), panel.y(share(one, feed, coin)));
            samples.iter().map(point).collect()
        };
        sheet.path(&line(other), COIN_COLOURS[coin], 1.0, "2 3");
        sheet.path(&line(feed), COIN_COLOURS[coin], 1.8, "");
    }
    for coin in COINS {
        let lowest = samples.iter().map(|one| of(one, feed)[coin.place()]).min().unwrap_or(0);
        let text = format!("{} low {}", coin.name(), crate::prices::dollars(lowest));
        entries.push((COIN_COLOURS[coin.place()], text));
    }
    legend(sheet, 218.0, &entries);
    let drawn = format!("drawn out: {feed} (oracles)");
    sheet.text((LEGEND, 300.0), (12.0, 400, GREY), Anchor::Start, &drawn);
    let dotted = format!("dotted: {other}");
    sheet.text((LEGEND, 318.0), (12.0, 400, GREY), Anchor::Start, &dotted);
}

fn health(sheet: &mut Sheet, outcome: &Outcome, panel: &PanelOf<'_>) {
    let samples = &outcome.samples;
    let traders = outcome.options.accounts as f64;
    let panel = panel(530.0, 260.0, (0.0, traders));
    panel.draw(sheet, "Accounts by health", "traders, as the keepers found them");
    // The worst class stands on the axis.
    let mut floor = vec![0.0; samples.len()];
    for class in (0..CLASSES.len()).rev() {
        let low: Vec<f64> = floor.clone();
        for (edge, sample) in floor.iter_mut().zip(samples) {
            *edge += f64::from(sample.classes[class]);
        }
        let x = |at: usize| panel.x(samples[at].time);
        let upper = (0..samples.len()).map(|at| (x(at), panel.y(floor[at])));
        let lower = (0..samples.len()).rev().map(|at| (x(at), panel.y(low[at])));
        let points: Vec<(f64, f64)> = upper.chain(lower).collect();
        sheet.area(&points, CLASS_COLOURS[class]);
    }
    let entry = |class: usize| (CLASS_COLOURS[class], CLASSES[class].1.to_owned());
    let entries: Vec<(&str, String)> = (0..CLASSES.len()).map(entry).collect();
    legend(sheet, 532.0, &entries);
    let worst = samples.iter().max_by_key(|one| one.classes[4] + one.classes[5]);
    if let Some(worst) = worst.filter(|one| one.classes[4] + one.classes[5] > 0) {
        let below = worst.classes[4] + worst.classes[5];
        let text = format!("worst at {}: {below} below", clock(worst.time));
        sheet.text((LEGEND, 670.0), (12.0, 400, GREY), Anchor::Start, &text);
    }
}

/// Sums over equal stretches of time: about a hundred of them, whole minutes long.
fn bins(outcome: &Outcome, of: fn(&Sample) -> i64) -> (i64, Vec<i64>) {
    let (start, samples) = (outcome.path.start, &outcome.samples);
    let end = samples.last().map_or(start, |one| one.time);
    let length = (((end - start) / 120 + 59) / 60).max(1) * 60;
    let mut sums = vec![0; ((end - start + length - 1) / length).max(1) as usize];
    for sample in samples {
        let at = ((sample.time - 1 - start) / length).max(0) as usize;
        sums[at] += of(sample);
    }
    (length, sums)
}

fn liquidations(sheet: &mut Sheet, outcome: &Outcome, panel: &PanelOf<'_>) {
    let (length, bids) = bins(outcome, |one| i64::from(one.bids));
    let (_, released) = bins(outcome, |one| one.released);
    let most = |sums: &[i64]| round_up(sums.iter().copied().max().unwrap_or(0) as f64);
    let released_most = round_up(most(&released) / ATOMS);
    let money_panel = panel(864.0, 200.0, (0.0, released_most));
    let unit = format!("dollars released in {} s", length);
    money_panel.draw(sheet, "Liquidations", &unit);
    let bids_panel = Panel { value: (0.0, most(&bids)), ..money_panel };
    let start = outcome.path.start;
    let x = |at: usize| money_panel.x(start + at as i64 * length);
    let width = (x(1) - x(0)).max(1.0);
    let bottom = money_panel.y(0.0);
    for (at, sum) in released.iter().enumerate().filter(|(_, sum)| **sum > 0) {
        let y = money_panel.y(*sum as f64 / ATOMS);
        sheet.rect((x(at) + 0.5, y, (width - 1.0).max(0.8), bottom - y), RELEASED, 0.0);
    }
    for (at, sum) in bids.iter().enumerate().filter(|(_, sum)| **sum > 0) {
        let y = bids_panel.y(*sum as f64);
        sheet.rect((x(at) + width / 2.0 - 2.0, y - 2.0, 4.0, 4.0), BIDS, 2.0);
    }
    let most_bids = bids.iter().copied().max().unwrap_or(0);
    let entries = [
        (RELEASED, "requirement released".to_owned()),
        (BIDS, format!("bids (at most {most_bids})")),
    ];
    legend(sheet, 866.0, &entries);
    let total: i64 = released.iter().sum();
    let text = format!("${} released in all", short(total as f64 / ATOMS));
    sheet.text((LEGEND, 926.0), (12.0, 400, GREY), Anchor::Start, &text);
}

fn payers(sheet: &mut Sheet, outcome: &Outcome, panel: &PanelOf<'_>) {
    let samples = &outcome.samples;
    let running = |of: fn(&Sample) -> i64| -> Vec<f64> {
        let mut sum = 0;
        let add = |one: &Sample| {
            sum += of(one);
            sum as f64 / ATOMS
        };
        samples.iter().map(add).collect()
    };
    let discount = running(|one| one.discount);
    let bad_debt = running(|one| one.bad_debt);
    let insurance: Vec<f64> = samples.iter().map(|one| one.insurance as f64 / ATOMS).collect();
    let all = discount.iter().chain(&bad_debt).chain(&insurance);
    let most = round_up(all.fold(0.0_f64, |most, one| most.max(*one)));
    let panel = panel(1_138.0, 260.0, (0.0, most));
    panel.draw(sheet, "Who paid", "dollars, from the start");
    let line = |values: &[f64]| -> Vec<(f64, f64)> {
        let points = samples.iter().zip(values);
        points.map(|(one, value)| (panel.x(one.time), panel.y(*value))).collect()
    };
    sheet.path(&line(&discount), DISCOUNT, 2.0, "");
    sheet.path(&line(&insurance), INSURANCE, 2.0, "");
    sheet.path(&line(&bad_debt), BAD_DEBT, 2.0, "");
    let last = |values: &[f64]| short(values.last().copied().unwrap_or(0.0).round());
    let entries = [
        (DISCOUNT, format!("discount paid: ${}", last(&discount))),
        (INSURANCE, format!("insurance fund: ${}", last(&insurance))),
        (BAD_DEBT, format!("bad debt: ${}", last(&bad_debt))),
    ];
    legend(sheet, 1_140.0, &entries);
}
