//! Real bars, from files that are not part of the project.
//!
//! Two layouts: `unix_seconds,open,high,low,close,volume` for one perpetual, and the wide one with
//! columns `<coin>_perp_open` … `<coin>_spot_close` for all coins. What a file does not cover
//! follows the described path.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path as FilePath;

use super::described::{account, described, MINUTES, START};
use super::{Bar, Coin, Path, Price8, Series, COINS};

/// Why a file of prices cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathError {
    /// The file cannot be read, and why.
    Unreadable(String, String),
    /// Neither the option nor the file's name says which coin it is.
    CoinUnknown(String),
    /// A column is missing.
    ColumnMissing(String, String),
    /// A line is not what it must be, and why.
    LineInvalid(String, usize, String),
    /// No bars, or none from the time on at which the run begins.
    Empty(String),
    /// The bars are not equally long, or leave gaps.
    Gap(String, usize),
    /// Two files whose bars differ in length.
    Mixed(String),
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(file, why) => write!(f, "{file}: cannot be read: {why}"),
            Self::CoinUnknown(file) => {
                write!(f, "{file}: which coin? name it, as in --path SOL={file} (SOL, BTC or ETH)")
            }
            Self::ColumnMissing(file, column) => write!(f, "{file}: no column `{column}`"),
            Self::LineInvalid(file, line, why) => write!(f, "{file}:{line}: {why}"),
            Self::Empty(file) => write!(f, "{file}: no bars"),
            Self::Gap(file, line) => {
                write!(f, "{file}:{line}: the bar does not follow the one before")
            }
            Self::Mixed(file) => {
                write!(f, "{file}: its bars are not as long as those of the other file")
            }
        }
    }
}

impl std::error::Error for PathError {}

/// Bars of one market, by the time at which they begin.
type Bars = BTreeMap<i64, Bar>;

/// A file's markets: coin and whether spot.
type Markets = BTreeMap<(Coin, bool), Bars>;

/// The path of the files, each `FILE` or `COIN=FILE`, from 20:40 UTC on if they have it and else
/// from their beginning; all other coins follow the described path of `seed`.
pub fn load(files: &[String], seed: u64) -> Result<Path, PathError> {
    let mut markets = Markets::new();
    let mut bar_seconds = None;
    for file in files {
        let (coin, name) = named_coin(file);
        let text = std::fs::read_to_string(FilePath::new(name))
            .map_err(|error| PathError::Unreadable(name.into(), error.to_string()))?;
        let found = parse(name, &text, coin)?;
        for (market, bars) in found {
            let seconds = step(name, &bars)?;
            if *bar_seconds.get_or_insert(seconds) != seconds {
                return Err(PathError::Mixed(name.into()));
            }
            markets.insert(market, bars);
        }
    }
    let first = files.first().cloned().unwrap_or_default();
    let times = common_times(&markets);
    let start = match times.contains(&START) {
        true => START,
        false => *times.first().ok_or_else(|| PathError::Empty(first.clone()))?,
    };
    let times: Vec<i64> = times.into_iter().filter(|time| *time >= start).collect();
    Ok(assemble(&markets, &times, bar_seconds.unwrap_or(60), seed, files))
}

fn named_coin(file: &str) -> (Option<Coin>, &str) {
    if let Some((coin, name)) = file.split_once('=') {
        let coin = COINS.into_iter().find(|one| one.name().eq_ignore_ascii_case(coin));
        return (coin, name);
    }
    let name = FilePath::new(file).file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let coin = COINS.into_iter().find(|coin| name.contains(&coin.name().to_lowercase()));
    (coin, file)
}

fn parse(name: &str, text: &str, coin: Option<Coin>) -> Result<Markets, PathError> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').map(str::trim).collect();
    let column = |title: &str| header.iter().position(|one| *one == title);
    let missing = |title: &str| PathError::ColumnMissing(name.into(), title.into());
    let time = column("unix_seconds").ok_or_else(|| missing("unix_seconds"))?;
    let four = |prefix: &str| {
        let titles = ["open", "high", "low", "close"].map(|title| format!("{prefix}{title}"));
        let mut columns = [0; 4];
        for (slot, title) in columns.iter_mut().zip(&titles) {
            *slot = column(title).ok_or_else(|| missing(title))?;
        }
        Ok::<_, PathError>(columns)
    };
    let mut layout = Vec::new();
    if column("open").is_some() {
        let coin = coin.ok_or_else(|| PathError::CoinUnknown(name.into()))?;
        layout.push(((coin, false), four("")?));
    } else {
        for coin in COINS {
            let lower = coin.name().to_lowercase();
            layout.push(((coin, false), four(&format!("{lower}_perp_"))?));
            layout.push(((coin, true), four(&format!("{lower}_spot_"))?));
        }
    }
    let mut markets = Markets::new();
    for (index, line) in lines.enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let wrong = |why: &str| PathError::LineInvalid(name.into(), index + 2, why.into());
        let field = |at: usize| fields.get(at).copied().ok_or_else(|| wrong("too few fields"));
        let begins: i64 = field(time)?.parse().map_err(|_| wrong("no time in Unix seconds"))?;
        for (market, columns) in &layout {
            let mut prices = [0; 4];
            for (slot, at) in prices.iter_mut().zip(columns) {
                *slot = price(field(*at)?).ok_or_else(|| wrong("not a price in dollars"))?;
            }
            let [open, high, low, close] = prices;
            let bar = Bar { open, high, low, close };
            if !bar.is_sound() {
                return Err(wrong("high and low do not enclose open and close"));
            }
            markets.entry(*market).or_default().insert(begins, bar);
        }
    }
    Ok(markets)
}

/// A decimal of at most eight places, exactly.
fn price(text: &str) -> Option<Price8> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 8 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{whole}{part:0<8}").parse().ok()
}

/// The length of the bars, which must follow each other.
fn step(name: &str, bars: &Bars) -> Result<i64, PathError> {
    let times: Vec<i64> = bars.keys().copied().collect();
    let [first, second, ..] = times[..] else {
        return Err(PathError::Empty(name.into()));
    };
    let seconds = second - first;
    let gap = times.windows(2).position(|pair| pair[1] - pair[0] != seconds);
    match gap {
        Some(at) => Err(PathError::Gap(name.into(), at + 3)),
        None => Ok(seconds),
    }
}

/// Times at which all markets have a bar.
fn common_times(markets: &Markets) -> Vec<i64> {
    let Some(first) = markets.values().next() else {
        return Vec::new();
    };
    let all = |time: &&i64| markets.values().all(|bars| bars.contains_key(*time));
    first.keys().filter(all).copied().collect()
}

fn assemble(
    markets: &Markets,
    times: &[i64],
    bar_seconds: i64,
    seed: u64,
    files: &[String],
) -> Path {
    let filler = described(seed);
    let series = COINS.map(|coin| {
        let real = |spot: bool| {
            let bars = markets.get(&(coin, spot))?;
            Some(times.iter().map(|time| bars[time]).collect::<Vec<Bar>>())
        };
        match real(false) {
            Some(perpetual) => {
                let spot = real(true).unwrap_or_else(|| perpetual.clone());
                Series { perpetual, spot, real: true }
            }
            None => {
                let made = &filler.series[coin.place()];
                let stretch = |bars: &[Bar]| -> Vec<Bar> {
                    times.iter().map(|time| merged(bars, *time, bar_seconds)).collect()
                };
                let (perpetual, spot) = (stretch(&made.perpetual), stretch(&made.spot));
                Series { perpetual, spot, real: false }
            }
        }
    });
    let start = times.first().copied().unwrap_or(START);
    let mut path = Path { start, bar_seconds, series, account: Vec::new() };
    for file in files {
        let name = FilePath::new(named_coin(file).1).file_name().unwrap_or_default();
        path.account.push(format!("real bars from {}", name.to_string_lossy()));
    }
    if path.series.iter().any(|series| !series.real) {
        path.account.push("the other coins follow".into());
        let more = account(&path);
        path.account.extend(more);
    }
    path
}

/// Described minutes joined to one bar that begins at `time`; the ends stand for what lies beyond.
fn merged(minutes: &[Bar], time: i64, seconds: i64) -> Bar {
    let place = |time: i64| (time - START).div_euclid(60).clamp(0, MINUTES as i64 - 1) as usize;
    let part = &minutes[place(time)..=place(time + seconds - 60)];
    let (first, last) = (part[0], part[part.len() - 1]);
    Bar {
        open: first.open,
        high: part.iter().map(|bar| bar.high).max().unwrap_or(first.high),
        low: part.iter().map(|bar| bar.low).min().unwrap_or(first.low),
        close: last.close,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NARROW: &str = "unix_seconds,open,high,low,close,volume\n\
        60,10.5,11,10,10.25,3\n120,10.25,10.5,9.00000001,10,1\n";

    #[test]
    fn decimals_are_read_exactly() {
        assert_eq!(price("207.2"), Some(20_720_000_000));
        assert_eq!(price("9.00000001"), Some(900_000_001));
        assert_eq!(price("116820"), Some(11_682_000_000_000));
        assert_eq!(price("-1"), None);
        assert_eq!(price("1.000000001"), None);
        assert_eq!(price("high"), None);
    }

    #[test]
    fn the_narrow_layout_is_one_perpetual() {
        let markets = parse("sol.csv", NARROW, Some(Coin::Sol)).unwrap();
        let bars = &markets[&(Coin::Sol, false)];
        assert_eq!(bars[&120].low, 900_000_001);
        assert_eq!(step("sol.csv", bars), Ok(60));
        let unnamed = parse("x.csv", NARROW, None);
        assert_eq!(unnamed, Err(PathError::CoinUnknown("x.csv".into())));
    }

    #[test]
    fn flaws_are_named_with_their_line() {
        let parse = |text: &str| parse("sol.csv", text, Some(Coin::Sol)).map(|_| ());
        let at = |line, why: &str| Err(PathError::LineInvalid("sol.csv".into(), line, why.into()));
        assert_eq!(
            parse("time,open\n"),
            Err(PathError::ColumnMissing("sol.csv".into(), "unix_seconds".into()))
        );
        let head = "unix_seconds,open,high,low,close,volume\n";
        assert_eq!(parse(&format!("{head}60,1,2,1\n")), at(2, "too few fields"));
        assert_eq!(parse(&format!("{head}60,1,2,x,1\n")), at(2, "not a price in dollars"));
        let upside_down = at(2, "high and low do not enclose open and close");
        assert_eq!(parse(&format!("{head}60,1,1,2,1\n")), upside_down);
    }

    #[test]
    fn a_gap_between_bars_is_an_error() {
        let text = format!("{NARROW}240,10,10,10,10,1\n");
        let markets = parse("sol.csv", &text, Some(Coin::Sol)).unwrap();
        let gap = step("sol.csv", &markets[&(Coin::Sol, false)]);
        assert_eq!(gap, Err(PathError::Gap("sol.csv".into(), 4)));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = load(&["SOL=nowhere.csv".into()], 1).unwrap_err();
        assert!(matches!(error, PathError::Unreadable(file, _) if file == "nowhere.csv"));
    }
}
