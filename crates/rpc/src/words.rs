//! What does a command do with its words?

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::str::FromStr;

use plimsoll_client::Address;
use solana_keypair::{read_keypair_file, Keypair};

use crate::Rpc;

/// What a command does: says how it is used where `--help` is among its words, else runs, and says what
/// went wrong.
pub fn command(usage: &str, run: impl FnOnce() -> Result<(), String>) -> ExitCode {
    if std::env::args().any(|argument| argument == "--help") {
        println!("{usage}");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The words of a command: options with a value, and flags.
pub struct Words(BTreeMap<String, String>);

impl Words {
    /// Reads them. An error for a word that is neither among `options` nor `flags`, and for an option
    /// without a value.
    pub fn read(
        words: impl IntoIterator<Item = String>,
        options: &[&str],
        flags: &[&str],
    ) -> Result<Self, String> {
        let mut words = words.into_iter();
        let mut read = BTreeMap::new();
        while let Some(word) = words.next() {
            let value = match word.as_str() {
                flag if flags.contains(&flag) => Some(String::new()),
                option if options.contains(&option) => words.next(),
                _ => return Err(format!("{word} is no option")),
            };
            read.insert(word.clone(), value.ok_or(format!("{word} needs a value"))?);
        }
        Ok(Self(read))
    }

    /// Is it there?
    pub fn has(&self, flag: &str) -> bool {
        self.0.contains_key(flag)
    }

    /// The value of an option.
    pub fn get(&self, option: &str) -> Option<&str> {
        self.0.get(option).map(String::as_str)
    }

    /// The value of an option that must be there.
    pub fn needed(&self, option: &str) -> Result<&str, String> {
        self.get(option).ok_or(format!("{option} is missing"))
    }

    /// What the value of an option stands for, if it is there; `what` says what it should be.
    pub fn parsed<T: FromStr>(&self, option: &str, what: &str) -> Result<Option<T>, String> {
        let parse =
            |text: &str| text.parse().map_err(|_| format!("{option}: {text:?} is no {what}"));
        self.get(option).map(parse).transpose()
    }

    /// The address that an option gives, if it is there.
    pub fn address(&self, option: &str) -> Result<Option<Address>, String> {
        self.parsed(option, "address")
    }

    /// The cluster at `--url`.
    pub fn cluster(&self) -> Result<Rpc, String> {
        let url = self.needed("--url")?;
        // What is no address the client calls a "builder error", and an account that cannot be read.
        match ["http:", "https:"].iter().any(|scheme| url.starts_with(scheme)) {
            true => Ok(Rpc::new(url.to_owned())),
            false => Err(format!("--url: {url:?} begins neither with http: nor with https:")),
        }
    }

    /// The key in the file at `--keypair`.
    pub fn owner(&self) -> Result<Keypair, String> {
        let path = self.needed("--keypair")?;
        read_keypair_file(path).map_err(|error| format!("--keypair {path}: {error}"))
    }

    /// What the file says that an option names; `other` where it names none.
    pub fn file(&self, option: &str, other: &str) -> Result<String, String> {
        match self.get(option) {
            Some(path) => {
                std::fs::read_to_string(path).map_err(|error| format!("{option} {path}: {error}"))
            }
            None => Ok(other.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Words, String> {
        let words = text.split_whitespace().map(str::to_owned);
        Words::read(words, &["--url", "--keypair", "--group", "--sub-account"], &["--dry-run"])
    }

    #[test]
    fn words_are_options_with_values_and_flags() {
        let words = read("--dry-run --url here").unwrap_or_else(|error| panic!("{error}"));
        assert!(words.has("--dry-run"));
        assert_eq!(words.needed("--url"), Ok("here"));
        assert!(words.cluster().is_err());
        assert_eq!(words.needed("--keypair"), Err("--keypair is missing".into()));
        assert_eq!(read("--url").err(), Some("--url needs a value".into()));
        assert_eq!(read("--erl here").err(), Some("--erl is no option".into()));
    }

    #[test]
    fn a_value_that_stands_for_nothing_is_named() {
        let words =
            read("--group nowhere --sub-account 70000").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(words.address("--group"), Err("--group: \"nowhere\" is no address".into()));
        let number = words.parsed::<u16>("--sub-account", "number below 65536");
        assert_eq!(number, Err("--sub-account: \"70000\" is no number below 65536".into()));
        assert_eq!(words.address("--url"), Ok(None));
    }
}
