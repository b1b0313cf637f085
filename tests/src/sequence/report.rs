//! What came of a run, for a terminal and for the file that is committed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

use super::entry::instruction;
use super::player::{Counts, REACHED};

/// Entries that are no instructions.
const NATURE: [&str; 10] =
    ["wait", "ripen", "price", "stress", "doubt", "watch", "near", "sit_out", "pass", REACHED];

/// What came of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// Number from which everything was drawn.
    pub seed: u64,
    /// Steps that were to be played.
    pub steps: u64,
    /// How often each entry came to which end.
    pub counts: Counts,
    /// What went wrong: why, and the steps that show it, one a line.
    pub failure: Option<(String, String)>,
}

/// How often an instruction came to which kind of end.
#[derive(Default)]
struct Row {
    through: u64,
    refused: u64,
    twisted_refused: u64,
    twisted_through: u64,
    undone: u64,
    names: BTreeMap<String, u64>,
}

impl Report {
    /// How often an entry came to an end.
    pub fn count(&self, entry: &str, end: &str) -> u64 {
        let own = self.counts.iter().filter(|((name, other), _)| *name == entry && other == end);
        own.map(|(_, count)| count).sum()
    }

    /// Instructions that went through at least once.
    pub fn through(&self) -> BTreeSet<&'static str> {
        let rows = self.rows().into_iter();
        rows.filter(|(_, row)| row.through > 0).map(|(name, _)| instruction(name)).collect()
    }

    fn rows(&self) -> BTreeMap<&'static str, Row> {
        let mut rows: BTreeMap<&'static str, Row> = BTreeMap::new();
        for ((name, end), count) in &self.counts {
            if NATURE.contains(name) || end == "nothing" {
                continue;
            }
            let row = rows.entry(*name).or_default();
            match end.split_once(": ") {
                Some(("twisted", "ok" | "elsewhere")) => row.twisted_through += count,
                Some(("twisted", _)) => row.twisted_refused += count,
                Some(_) => row.undone += count,
                None if end == "ok" => row.through += count,
                None => {
                    row.refused += count;
                    *row.names.entry(end.clone()).or_default() += count;
                }
            }
        }
        rows
    }

    /// The file: tables that the same command makes again, byte for byte.
    pub fn document(&self) -> String {
        let (seed, steps, rows) = (self.seed, self.steps, self.rows());
        let mut text = format!("{HEAD}\n    cargo xtask sequences --steps {steps} --seed {seed} --report docs/SEQUENCES.md\n\n");
        let sum = |pick: fn(&Row) -> u64| rows.values().map(pick).sum::<u64>();
        let (through, refused) = (sum(|row| row.through), sum(|row| row.refused));
        let _ = writeln!(
            text,
            "{steps} steps of seed {seed}: {through} honest instructions went through, {refused} \
             were refused by a name that the model gives, none did anything else.\n"
        );
        text.push_str(
            "| instruction | went through | refused | twisted, refused | twisted, through | undone \
             |\n|---|--:|--:|--:|--:|--:|\n",
        );
        for (name, row) in &rows {
            let Row { through, refused, twisted_refused, twisted_through, undone, .. } = row;
            let _ = writeln!(
                text,
                "| `{name}` | {through} | {refused} | {twisted_refused} | {twisted_through} | \
                 {undone} |"
            );
        }
        text.push_str("\n## What they brought about\n\n| | times |\n|---|--:|\n");
        for ((_, what), count) in self.counts.iter().filter(|((name, _), _)| *name == REACHED) {
            let _ = writeln!(text, "| {what} | {count} |");
        }
        text.push_str(
            "\n## By which name they were refused\n\n| instruction | refused |\n|---|---|\n",
        );
        for (name, row) in rows.iter().filter(|(_, row)| !row.names.is_empty()) {
            let names: Vec<String> =
                row.names.iter().map(|(name, count)| format!("`{name}` {count}")).collect();
            let _ = writeln!(text, "| `{name}` | {} |", names.join(", "));
        }
        text
    }
}

/// What the tables are about.
const HEAD: &str = "\
# Random sequences

Every instruction, drawn at random and played on the built bytecode in LiteSVM: by
seven people with twelve margin accounts and five roles, on two groups, with prices that move, jump,
stop and turn against whoever has least to spare, with days that pass, expiries that come, contracts
that are closed behind them, pauses, proposals, listings, extreme amounts, lists of accounts that were
tampered with, and transactions that fail half way.

After each step the laws of [INVARIANTS.md](INVARIANTS.md) hold; what went through has changed every
stored number as `crates/model` says, within the documented roundings; what was refused was refused by
a name that the model gives, and has changed nothing. *Twisted*: an account was left out, doubled,
swapped, forged, or replaced by its like of the other group; what goes through all the same has done
what was asked for, or touched the other group alone. *Undone*: the instruction worked, and another
one behind it in the same transaction failed.

Not predicted: rent and lamports; the answer of `view_withdrawable`; which of several reasons is named;
by which of a bid's own reasons a bid is refused; what an option is worth (a risk array is read where it
was refreshed, and held to what no option leaves and to Black's formula in floats, within two millionths
of the price of what a lot is of; a future's is known); whether a slice that is neither flat nor plainly
wrong has an arbitrage; and, where lenders of a token bear a part of a
bankruptcy within a bid, what exactly that moves: there the laws of conservation alone are checked.
Errors that only a twisted list brings about are the matter of the tests in `tests/hostile`.

Made by, and to be made again by:
";

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((name, end), count) in &self.counts {
            writeln!(f, "{name:<22} {end:<40} {count:>9}")?;
        }
        let rows = self.rows();
        let through: u64 = rows.values().map(|row| row.through).sum();
        let refused: u64 = rows.values().map(|row| row.refused).sum();
        writeln!(f, "{through} of {} honest instructions went through", through + refused)?;
        match &self.failure {
            None => Ok(()),
            Some((why, steps)) => write!(f, "\n{why}\n\n{steps}"),
        }
    }
}
