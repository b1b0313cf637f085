//! The run at a glance, in letters: for the terminal.

use std::fmt::Write as _;

use super::clock;
use crate::prices::{Feed, COINS};
use crate::record::{Sample, CLASSES};
use crate::run::Outcome;

/// Columns of a plot.
const COLUMNS: usize = 88;
/// Lines of a plot.
const LINES: usize = 12;
/// One letter for each class of accounts.
const LETTERS: [char; 6] = [' ', '.', ':', '+', '%', '#'];
/// Eighths of a line.
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// One letter for each coin.
const COIN_LETTERS: [char; 3] = ['S', 'B', 'E'];

/// The plots.
pub fn plots(outcome: &Outcome) -> String {
    let mut text = String::new();
    let samples = &outcome.samples;
    let feed = outcome.options.feed;
    let _ = writeln!(text, "price in % of the start ({feed}): S SOL, B BTC, E ETH\n");
    text.push_str(&prices(samples, feed));
    let legend: Vec<String> = CLASSES
        .iter()
        .zip(LETTERS)
        .map(|((_, name), letter)| format!("'{letter}' {name}"))
        .collect();
    let _ = writeln!(text, "\ntraders' accounts by health (of {})", outcome.options.accounts);
    let _ = writeln!(text, "{}\n{}\n", legend[..3].join(", "), legend[3..].join(", "));
    text.push_str(&health(samples, outcome.options.accounts));
    let _ = writeln!(text, "\nbids, requirement released, discount, bad debt\n");
    for (name, of) in series() {
        text.push_str(&spark(samples, name, of));
    }
    text.push_str(&axis(samples));
    text
}

type Of = fn(&Sample) -> i64;

fn series() -> [(&'static str, Of); 4] {
    [
        ("bids", |sample| i64::from(sample.bids)),
        ("released", |sample| sample.released),
        ("discount", |sample| sample.discount),
        ("bad debt", |sample| sample.bad_debt),
    ]
}

/// The samples that fall into a column.
fn column(samples: &[Sample], at: usize) -> &[Sample] {
    let edge = |at: usize| at * samples.len() / COLUMNS;
    let (from, to) = (edge(at), edge(at + 1).max(edge(at) + 1).min(samples.len()));
    &samples[from.min(to.saturating_sub(1))..to]
}

fn prices(samples: &[Sample], feed: Feed) -> String {
    let of = |sample: &Sample| match feed {
        Feed::Perpetual => sample.perpetual,
        Feed::Spot => sample.spot,
    };
    let start = of(&samples[0]);
    let share = |sample: &Sample, coin: usize| of(sample)[coin] * 1_000 / start[coin].max(1);
    let all = || samples.iter().flat_map(|one| COINS.map(|coin| share(one, coin.place())));
    let (low, high) = (all().min().unwrap_or(0), all().max().unwrap_or(1));
    let mut grid = [[' '; LINES]; COLUMNS];
    for (at, cells) in grid.iter_mut().enumerate() {
        let part = column(samples, at);
        for coin in [2, 1, 0] {
            for sample in part {
                let height = (share(sample, coin) - low) * (LINES as u64 - 1) / (high - low).max(1);
                cells[LINES - 1 - height as usize] = COIN_LETTERS[coin];
            }
        }
    }
    let mut text = String::new();
    for line in 0..LINES {
        let level = high - (high - low) * line as u64 / (LINES as u64 - 1);
        let row: String = grid.iter().map(|cells| cells[line]).collect();
        let _ = writeln!(text, "{:>5}.{} |{}", level / 10, level % 10, row.trim_end());
    }
    text.push_str(&axis(samples));
    text
}

fn health(samples: &[Sample], accounts: usize) -> String {
    let mut grid = [[' '; LINES]; COLUMNS];
    for (at, cells) in grid.iter_mut().enumerate() {
        let part = column(samples, at);
        // The worst of the moments that share a column.
        let worst = part.iter().max_by_key(|one| (one.classes[5], one.classes[4], one.classes[3]));
        let Some(sample) = worst else { continue };
        let mut edge = 0;
        let mut filled = 0;
        // From below: the worst class first, so that it stands on the axis.
        for (class, letter) in LETTERS.iter().enumerate().rev() {
            edge += sample.classes[class] as usize;
            let top = (edge * LINES).div_ceil(accounts.max(1)).min(LINES);
            for line in filled..top {
                cells[LINES - 1 - line] = *letter;
            }
            filled = filled.max(top);
        }
    }
    let mut text = String::new();
    for line in 0..LINES {
        let level = accounts * (LINES - line) / LINES;
        let row: String = grid.iter().map(|cells| cells[line]).collect();
        let _ = writeln!(text, "{level:>7} |{}", row.trim_end());
    }
    text.push_str(&axis(samples));
    text
}

fn spark(samples: &[Sample], name: &str, of: Of) -> String {
    let sums: Vec<i64> =
        (0..COLUMNS).map(|at| column(samples, at).iter().map(of).sum::<i64>().max(0)).collect();
    let most = sums.iter().copied().max().unwrap_or(0).max(1);
    let bars: String = sums
        .iter()
        .map(|sum| {
            // Whatever is not zero shows.
            let eighths = (i128::from(*sum) * 8 / i128::from(most)) as usize;
            BARS[eighths.max(usize::from(*sum > 0))]
        })
        .collect();
    format!("{name:>8}|{}\n", bars.trim_end())
}

fn axis(samples: &[Sample]) -> String {
    let mut marks = vec![' '; COLUMNS + 8];
    let step = COLUMNS / 8;
    for at in (0..=COLUMNS - step / 2).step_by(step) {
        let sample = column(samples, at.min(COLUMNS - 1)).first();
        let label = sample.map(|sample| clock(sample.time)).unwrap_or_default();
        for (offset, letter) in label.chars().enumerate() {
            marks[at + offset] = letter;
        }
    }
    let labels: String = marks.iter().collect();
    format!("        +{}\n         {} UTC\n", "-".repeat(COLUMNS), labels.trim_end())
}
