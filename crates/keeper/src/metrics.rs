//! What did a keeper do, and what did it see?

use std::collections::BTreeMap;

use plimsoll_risk::Grade;

use crate::plan::Reason;

/// What a keeper did, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Slices taken.
    pub slices: u64,
    /// Bids on named rows that were taken.
    pub rows: u64,
    /// Episodes started.
    pub marks: u64,
    /// Positions closed against the other side.
    pub deleveraged: u64,
    /// Bankrupt accounts without a requirement, or with hardly any, of which it took the rest.
    pub rests: u64,
    /// Deleveragings that it removed, whoever gets the rent.
    pub closed: u64,
    /// Losses of bankrupt accounts that it had shared.
    pub losses_shared: u64,
    /// Positions that it took through deleveragings.
    pub resized: u64,
    /// Rows that it had counted anew, so that bids can share their weights.
    pub renewed: u64,
    /// Risk arrays that it had valued anew, and samples of settlement prices that it took.
    pub refreshed: u64,
    /// Prices, funding and interest that it refreshed, by the program's name of it.
    pub cranked: BTreeMap<&'static str, u64>,
    /// Upkeep that it did, by the program's name of it.
    pub upkeep: BTreeMap<&'static str, u64>,
    /// Prices that a round found flawed, by underlying and grade: once for each round that looked. While one
    /// is, whoever holds rows there is not judged, however far it has fallen. One that is jumping for long
    /// wants its references refreshed.
    pub flawed: BTreeMap<(u16, Grade), u64>,
    /// Accounts left alone, by reason.
    pub waits: BTreeMap<Reason, u64>,
    /// Transactions refused, by name.
    pub refusals: BTreeMap<String, u64>,
}

impl Metrics {
    /// All that is not zero, by a name for people.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        // Named one by one, so that none is forgotten.
        let Self {
            slices,
            rows,
            marks,
            deleveraged,
            rests,
            closed,
            losses_shared,
            resized,
            renewed,
            refreshed,
            cranked,
            upkeep,
            flawed,
            waits,
            refusals,
        } = self;
        let plain = [
            ("slices", slices),
            ("rows", rows),
            ("marks", marks),
            ("deleveraged", deleveraged),
            ("rests", rests),
            ("deleveragings closed", closed),
            ("losses shared", losses_shared),
            ("positions resized", resized),
            ("rows renewed", renewed),
            ("arrays and samples", refreshed),
        ];
        let mut all: BTreeMap<String, u64> =
            plain.map(|(name, count)| (name.to_owned(), *count)).into();
        all.extend(cranked.iter().map(|(name, count)| ((*name).to_owned(), *count)));
        all.extend(upkeep.iter().map(|(name, count)| (format!("upkeep {name}"), *count)));
        all.extend(flawed.iter().map(|((underlying, grade), count)| {
            (format!("price of underlying {underlying} {grade}"), *count)
        }));
        all.extend(waits.iter().map(|(reason, count)| (format!("waits {reason:?}"), *count)));
        all.extend(refusals.iter().map(|(name, count)| (format!("refused {name}"), *count)));
        all.retain(|_, count| *count != 0);
        all
    }
}
