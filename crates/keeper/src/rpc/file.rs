//! On which terms does a file let a keeper work?

use plimsoll_decimals::{Decimal, Share};
use plimsoll_units::{QuoteAtoms, Ratio, Seconds};
use serde::Deserialize;

use crate::config::Config;

/// The terms that the repository declares, with what each of them means.
pub const TERMS: &str = include_str!("../../keeper.toml");

/// What a file says: [`Config`] in units for people, and how often to look.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Seconds between two rounds.
    pub round_seconds: u64,
    /// Seconds after which the group is read anew.
    pub directory_seconds: u64,
    ask: Share,
    fee: Decimal,
    profit_min: Decimal,
    margin_kept: Share,
    slippage: Share,
    last_resort: bool,
    upkeep: bool,
    upkeep_min: Decimal,
    crank_seconds: Option<u64>,
}

impl Terms {
    /// Reads a file. Errors say which field is unknown, missing or not what it should be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let terms: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let (round, directory) = (Some(terms.round_seconds), Some(terms.directory_seconds));
        let all = [
            ("round_seconds", round),
            ("directory_seconds", directory),
            ("crank_seconds", terms.crank_seconds),
        ];
        match all.into_iter().find(|(_, seconds)| *seconds == Some(0)) {
            Some((name, _)) => Err(format!("{name} must be 1 at least")),
            None => Ok(terms),
        }
    }

    /// The keeper's terms in a group whose quote token has so many decimals. Errors: an amount that is no
    /// whole number of atoms, or that a signed 64-bit number does not hold.
    pub fn config(&self, decimals: u32) -> Result<Config, String> {
        let amount = |name: &str, amount: Decimal| {
            let atoms = amount.scaled(decimals).map_err(|error| format!("{name}: {error}"))?;
            let atoms = i64::try_from(atoms).map_err(|_| format!("{name}: {amount} is too much"));
            atoms.map(QuoteAtoms::new)
        };
        let share = |share: Share| Ratio::from_ppm(share.ppm);
        Ok(Config {
            ask: share(self.ask),
            fee: amount("fee", self.fee)?,
            profit_min: amount("profit_min", self.profit_min)?,
            margin_kept: share(self.margin_kept),
            slippage: share(self.slippage),
            last_resort: self.last_resort,
            upkeep: self.upkeep,
            upkeep_min: amount("upkeep_min", self.upkeep_min)?,
            crank: self.crank_seconds.map(Seconds::new),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong with the repository's file once `line` stands where `field` had its own.
    fn refused(field: &str, line: &str) -> String {
        let begins = |text: &&str| text.starts_with(&format!("{field} ="));
        let own = TERMS.lines().find(begins).unwrap_or_else(|| panic!("no {field}"));
        let terms = Terms::parse(&TERMS.replace(own, line));
        match terms.and_then(|terms| terms.config(6)) {
            Ok(config) => panic!("{line}: {config:?}"),
            Err(error) => error,
        }
    }

    #[test]
    fn the_repositorys_file_is_the_default_that_does_everything() {
        let terms = Terms::parse(TERMS).unwrap();
        let all = Config {
            last_resort: true,
            upkeep: true,
            crank: Some(Seconds::new(60)),
            ..Config::DEFAULT
        };
        assert_eq!(terms.config(6), Ok(all));
        // In a token of nine decimals a cent is ten million atoms.
        assert_eq!(terms.config(9).unwrap().fee, QuoteAtoms::new(10_000_000));
        let silent = Terms::parse(&TERMS.replace("crank_seconds = 60", "")).unwrap();
        assert_eq!(silent.config(6).unwrap().crank, None);
    }

    #[test]
    fn a_file_that_says_something_else_is_refused_by_name() {
        for (field, line, expected) in [
            ("ask", "", "ask"),
            ("ask", "ask = \"0.2%\"\nbid = \"1%\"", "bid"),
            ("ask", "ask = \"0.00001%\"", "\"0.00001%\" is no whole number of millionths"),
            ("fee", "fee = \"0.0000001\"", "fee: 0.0000001 is no whole number"),
            ("fee", "fee = \"-1\"", "\"-1\" is no decimal number"),
            (
                "profit_min",
                "profit_min = \"10_000_000_000_000\"",
                "profit_min: 10000000000000 is too much",
            ),
            ("upkeep", "upkeep = 1", "upkeep"),
            ("round_seconds", "round_seconds = 0", "round_seconds must be 1 at least"),
            ("directory_seconds", "directory_seconds = 0", "directory_seconds must be 1 at least"),
            ("crank_seconds", "crank_seconds = 0", "crank_seconds must be 1 at least"),
            ("crank_seconds", "crank_seconds = -1", "crank_seconds"),
        ] {
            let error = refused(field, line);
            assert!(error.contains(expected), "{line}: {error}");
        }
    }
}
