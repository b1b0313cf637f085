//! Which rows do two accounts have together?

use crate::state::Row;

/// The keys of several sorted lists of rows as one sorted list without repetition.
pub(crate) fn merged_keys(first: &[Row], second: &[Row]) -> Vec<u64> {
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
