//! Which rows do two accounts have together?

use crate::state::Row;

/// The keys of several sorted lists of rows as one sorted list without repetition.
pub(crate) fn merged_keys(first: &[Row], second: &[Row]) -> Vec<u64> {
    // A bidder without other rows has those that it takes, and no more.
    if are_equal(first, second) {
        return first.iter().map(|row| row.key).collect();
    }
    let mut keys = Vec::with_capacity(first.len().saturating_add(second.len()));
    let mut others = second;
    for row in first {
        while let Some((other, rest)) = others.split_first() {
            if other.key > row.key {
                break;
            }
            if other.key < row.key {
                keys.push(other.key);
            }
            others = rest;
        }
        keys.push(row.key);
    }
    keys.extend(others.iter().map(|other| other.key));
    keys
}

/// Have both lists the same keys?
#[inline]
fn are_equal(first: &[Row], second: &[Row]) -> bool {
    first.len() == second.len() && first.iter().zip(second).all(|(a, b)| a.key == b.key)
}
