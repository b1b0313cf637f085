//! Does the README quote what was measured?

const README: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"));
const HEADING: &str = "## What it costs";

/// The numbers of a cell: `1,182; 1,834` are two.
fn numbers(cell: &str) -> Vec<u64> {
    let digits = cell.replace(',', "");
    let words = digits.split(|c: char| !c.is_ascii_digit()).filter(|word| !word.is_empty());
    words.map(|word| word.parse().unwrap()).collect()
}

#[test]
fn readme_quotes_the_snapshot() {
    let costs = super::snapshot();
    let (_, section) = README.split_once(HEADING).expect(HEADING);
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows: Vec<Vec<&str>> = section
        .lines()
        .filter(|line| line.starts_with("| ") && !line.contains("measured"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() > 10, "the table is not where it was: {rows:?}");
    for row in rows {
        let [what, measured, _] = row[..] else { panic!("not three cells: {row:?}") };
        // The size depends on the compiler; `cargo xtask test` bounds it.
        if what == "program (bytes)" {
            continue;
        }
        let quoted = numbers(measured);
        assert!(!quoted.is_empty(), "{what}: no figure");
        for number in quoted {
            assert!(costs.values().any(|cost| *cost == number), "{what}: {number} is not measured");
        }
    }
}
