//! What was asked for on the command line?

use std::fmt;
use std::path::PathBuf;

use crate::prices::Feed;

/// What `--help` says.
pub const HELP: &str = "\
plimsoll-sim: a crash in memory

Runs the built program in an embedded Solana VM: real SPL mints, Pyth accounts fed four times a
minute, hundreds of margin accounts, and keepers with limited capital, through the evening of
10 October 2025; then five option books through the same prices. Checks after every transaction
that the money adds up. One seed gives one output, byte for byte.

usage: cargo xtask demo [options]

  --seed N         where chance starts; 1
  --accounts N     traders' margin accounts, 10 to 2000; 300
  --path FILE      prices from a file instead of the described path, as bars in CSV:
                   unix_seconds,open,high,low,close,volume (one coin: named in the file's name, or
                   as SOL=FILE, BTC=FILE, ETH=FILE; may be repeated), or the wide layout with
                   <coin>_perp_open to <coin>_spot_close. Other coins follow the described path
  --feed KIND      which price the oracles carry: perp or spot; perp
  --minutes N      stop after N minutes; 118
  --keepers N      keepers, 1 to 20; 3
  --capital N      each keeper's capital in dollars; 400000
  --out DIR        where report.txt, demo.svg, demo.png, steps.csv, and of the option books
                   options.txt and options.svg go; target/demo
  --single         this run only, without the comparison with other capital and the other feed
  --plain          no progress bar
  --help           this text

Signatures are made but not verified, which would take most of the time. The picture is drawn as
SVG; demo.png is written too where rsvg-convert is installed.";

/// The options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where chance starts.
    pub seed: u64,
    /// Traders' margin accounts.
    pub accounts: usize,
    /// Files of prices; none: the described path.
    pub paths: Vec<String>,
    /// Which price the oracles carry.
    pub feed: Feed,
    /// Minutes to run at most.
    pub minutes: usize,
    /// How many keepers.
    pub keepers: usize,
    /// Each keeper's capital (dollars).
    pub capital_dollars: u64,
    /// Where the results go.
    pub out: PathBuf,
    /// No comparison with other runs.
    pub single: bool,
    /// No progress bar.
    pub plain: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            accounts: 300,
            paths: Vec::new(),
            feed: Feed::Perpetual,
            minutes: 118,
            keepers: 3,
            capital_dollars: 400_000,
            out: PathBuf::from("target/demo"),
            single: false,
            plain: false,
        }
    }
}

/// Why the command line cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionError {
    /// No option has this name.
    Unknown(String),
    /// The option needs a value.
    ValueMissing(String),
    /// The option's value is not what it must be, and what that is.
    ValueInvalid(String, String, &'static str),
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(word) => write!(f, "unknown option `{word}`; try --help"),
            Self::ValueMissing(name) => write!(f, "{name} needs a value; try --help"),
            Self::ValueInvalid(name, value, wanted) => {
                write!(f, "{name} must be {wanted}, not `{value}`")
            }
        }
    }
}

impl std::error::Error for OptionError {}

impl Options {
    /// Reads the words after the program's name; `None` if help was asked for.
    pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Option<Self>, OptionError> {
        let mut options = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let (name, inline) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => {
                    (name.to_owned(), Some(value.to_owned()))
                }
                _ => (word.clone(), None),
            };
            match name.as_str() {
                "--help" | "-h" => return Ok(None),
                "--plain" if inline.is_none() => {
                    options.plain = true;
                    continue;
                }
                "--single" if inline.is_none() => {
                    options.single = true;
                    continue;
                }
                "--seed" | "--accounts" | "--path" | "--feed" | "--minutes" | "--keepers"
                | "--capital" | "--out" => {}
                _ => return Err(OptionError::Unknown(word)),
            }
            let value = inline.or_else(|| words.next());
            let value = value.ok_or_else(|| OptionError::ValueMissing(name.clone()))?;
            options.set(&name, value)?;
        }
        Ok(Some(options))
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), OptionError> {
        let number = |least: u64, most: u64, wanted: &'static str| {
            let parsed = value.replace('_', "").parse::<u64>().ok();
            let parsed = parsed.filter(|number| (least..=most).contains(number));
            parsed.ok_or_else(|| OptionError::ValueInvalid(name.into(), value.clone(), wanted))
        };
        let small = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        match name {
            "--seed" => self.seed = number(0, u64::MAX, "a whole number")?,
            "--accounts" => self.accounts = small(number(10, 2_000, "a number from 10 to 2000")?),
            "--minutes" => self.minutes = small(number(1, 10_000, "a number from 1 to 10000")?),
            "--keepers" => self.keepers = small(number(1, 20, "a number from 1 to 20")?),
            "--capital" => {
                let wanted = "a number of dollars from 100 to 100000000";
                self.capital_dollars = number(100, 100_000_000, wanted)?;
            }
            "--feed" => {
                self.feed = match value.as_str() {
                    "perp" | "perpetual" => Feed::Perpetual,
                    "spot" => Feed::Spot,
                    _ => {
                        let wanted = "perp or spot";
                        return Err(OptionError::ValueInvalid(name.into(), value, wanted));
                    }
                }
            }
            "--path" => self.paths.push(value),
            _ => self.out = PathBuf::from(value),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Option<Options>, OptionError> {
        Options::parse(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn options_come_with_a_space_or_an_equals_sign() {
        let options = parse(&["--seed", "7", "--accounts=300", "--feed=spot"]).unwrap().unwrap();
        assert_eq!((options.seed, options.accounts, options.feed), (7, 300, Feed::Spot));
        let options = parse(&["--path", "SOL=a.csv", "--path=BTC=b.csv"]).unwrap().unwrap();
        assert_eq!(options.paths, ["SOL=a.csv", "BTC=b.csv"]);
    }

    #[test]
    fn help_is_not_an_error() {
        assert_eq!(parse(&["--seed", "7", "--help"]), Ok(None));
    }

    #[test]
    fn what_cannot_be_followed_is_named() {
        assert_eq!(parse(&["--sede", "7"]), Err(OptionError::Unknown("--sede".into())));
        assert_eq!(parse(&["--seed"]), Err(OptionError::ValueMissing("--seed".into())));
        let error = parse(&["--accounts", "9"]).unwrap_err();
        assert_eq!(error.to_string(), "--accounts must be a number from 10 to 2000, not `9`");
    }
}
