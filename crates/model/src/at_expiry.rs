//! What is the most that the rows of an underlying can lose until they expire?
//!
//! What options of one expiry pay is a broken line over the final price. Where it does not fall for
//! ever, its least is at a price of zero or at a strike.

use std::collections::BTreeMap;

use num_traits::{Signed, Zero};

use crate::arrays::Held;
use crate::contract::Kind;
use crate::expiry::WINDOW_SECONDS;
use crate::number::{binary, least, most, positive, slack, whole, zero, Exact, Near};

/// A bound, whether it is certain that there is one; `None` where there certainly is none.
///
/// `net` are the units of the linear rows, long less short, `gross` the quote atoms of both, `value`
/// what all rows are worth.
pub(crate) fn bound(
    rows: &[Held<'_>],
    net: &Exact,
    gross: &Exact,
    value: &Near,
    (price, now): (&Exact, i64),
) -> Option<(Near, bool)> {
    let lines = lines(rows, now);
    let loose = tolerance(rows, net, gross, price);
    let pay = pays_at_least(&lines, net, &loose)?;
    let certain = pays_at_least(&lines, net, &zero()).as_ref() == Some(&pay);
    // Slopes are rounded down, up to the highest strike; values a step for each row.
    let highest = lines.values().flat_map(|one| &one.kinks).map(|one| &one.0);
    let highest = highest.fold(zero(), |one, other| most(one, other.clone()));
    let exact = positive(&value.exact - &pay);
    let slack = &value.slack + loose * highest * whole(2) + slack(&pay);
    Some((Near { exact, slack }, certain))
}

/// By how much a slope may be off (units): what rounding cannot tell from a perfect hedge counts as
/// one. Slopes have 32 bits behind the point of a lot, fewer where there are more than 2^28 lots.
fn tolerance(rows: &[Held<'_>], net: &Exact, gross: &Exact, price: &Exact) -> Exact {
    let Some(first) = rows.first() else {
        return zero();
    };
    let units = rows.iter().map(|row| row.lot * whole(row.lots.unsigned_abs()));
    let size = units.fold(net.abs() + gross / price, |sum, one| sum + one);
    let last_bit = most(first.lot * binary(1, 32), &size * binary(1, 58));
    last_bit * whole(2 * rows.len() + 6) + size * binary(1, 38)
}

/// What the rows of one expiry pay.
#[derive(Default)]
struct Line {
    /// At a price of zero (quote atoms).
    at_zero: Exact,
    /// Slope from there on (units).
    start: Exact,
    /// Levels (quote atoms per unit), and by how much the slope rises there.
    kinks: Vec<(Exact, Exact)>,
    /// Its settlement price is being averaged, or is known.
    fading: bool,
}

fn lines(rows: &[Held<'_>], now: i64) -> BTreeMap<i64, Line> {
    let mut lines: BTreeMap<i64, Line> = BTreeMap::new();
    for row in rows {
        let contract = row.contract;
        let line = lines.entry(contract.expires_at).or_default();
        let units = whole(row.lots) * row.lot;
        line.fading |= now >= contract.expires_at - WINDOW_SECONDS;
        let level = &contract.strike / row.lot;
        match contract.kind {
            Kind::Future => line.start += units,
            Kind::Call => line.kinks.push((level, units)),
            Kind::Put => {
                line.at_zero += whole(row.lots) * &contract.strike;
                line.start -= &units;
                line.kinks.push((level, units));
            }
        }
    }
    lines.values_mut().for_each(|line| line.kinks.sort());
    lines
}

impl Line {
    /// The least that it pays with so many units beside it; `None` where that falls for ever.
    fn least(&self, net: &Exact, loose: &Exact) -> Option<Exact> {
        let rises: Exact = self.kinks.iter().map(|one| one.1.clone()).sum();
        if &self.start + net + rises < -loose.clone() {
            return None;
        }
        let (mut slope, mut pay) = (&self.start + net, self.at_zero.clone());
        let (mut at, mut lowest) = (zero(), self.at_zero.clone());
        for (level, rise) in &self.kinks {
            pay += &slope * (level - &at);
            lowest = least(lowest, pay.clone());
            at = level.clone();
            slope += rise;
        }
        Some(lowest)
    }
}

/// The least that all expiries pay together, each at its own price; linear rows join the one where that
/// is most, and that does not fade, or stay apart.
fn pays_at_least(lines: &BTreeMap<i64, Line>, net: &Exact, loose: &Exact) -> Option<Exact> {
    let alone: Vec<Option<Exact>> = lines.values().map(|line| line.least(&zero(), loose)).collect();
    let others = |but: Option<usize>| -> Option<Exact> {
        let all = alone.iter().enumerate().filter(|(place, _)| Some(*place) != but);
        all.map(|(_, pay)| pay.clone()).sum()
    };
    let apart = (net >= &-loose.clone()).then(|| others(None)).flatten();
    let mut best = apart;
    if net.is_zero() {
        return best;
    }
    for (place, line) in lines.values().enumerate().filter(|(_, line)| !line.fading) {
        let joined = line.least(net, loose).zip(others(Some(place)));
        if let Some((own, rest)) = joined {
            let all = own + rest;
            best = Some(best.map_or(all.clone(), |best| most(best, all)));
        }
    }
    best
}
