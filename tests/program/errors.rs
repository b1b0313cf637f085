//! Is every error that the program names made to happen by some test?

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const IDL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/idl/plimsoll.json");
const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/program");
const HOSTILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/hostile.txt");

/// Guards behind what holds already, which no transaction can reach, and why.
const GUARDS: [(&str, &str); 4] = [
    ("BidLowersHealth", "bids round for the account, and pay less than what they release"),
    ("DivisionByZero", "divisors are prices, or were compared to zero before"),
    ("InsuranceInsufficient", "whoever pays out of the fund asks first for what it holds"),
    ("RowTermsMissing", "the rows that are judged are those that were loaded"),
];

fn words_of(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).collect()
}

/// What the tests expect, as quoted words, and what the hostile table shows.
fn expected() -> BTreeSet<String> {
    let own = Path::new(file!()).file_name().unwrap().to_owned();
    let mut expected = BTreeSet::new();
    let mut files: Vec<_> = fs::read_dir(TESTS).unwrap().map(|one| one.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "rs"));
    for path in files.iter().filter(|path| path.file_name() != Some(&own)) {
        let text = fs::read_to_string(path).unwrap();
        let quoted = text.split('"').skip(1).step_by(2).flat_map(words_of);
        expected.extend(quoted.map(str::to_owned));
    }
    let table = fs::read_to_string(HOSTILE).unwrap();
    expected.extend(words_of(&table).into_iter().map(str::to_owned));
    expected
}

#[test]
fn every_error_is_expected_somewhere() {
    let text = fs::read_to_string(IDL).expect("run `cargo xtask build` first");
    let idl: serde_json::Value = serde_json::from_str(&text).unwrap();
    let errors = idl["errors"].as_array().unwrap();
    let names: BTreeSet<&str> = errors.iter().map(|one| one["name"].as_str().unwrap()).collect();
    let expected = expected();
    let missing: BTreeSet<&str> =
        names.iter().filter(|name| !expected.contains(**name)).copied().collect();

    // Nor may a guard stay in the list that has become an error like any other, or is gone.
    assert_eq!(missing, GUARDS.iter().map(|(name, _)| *name).collect());
}
