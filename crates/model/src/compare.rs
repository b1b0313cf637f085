//! Is what came of a step what ought to have come of it?

use std::fmt::Write;

use crate::action::Action;
use crate::group::Group;
use crate::market::Market;
use crate::step::{judge, Outcome};

/// What is wrong with what came of an action; nothing if it is right.
pub fn compare(
    before: &Group,
    market: &Market,
    action: &Action,
    outcome: Outcome<'_>,
    seen: &Group,
) -> Result<(), String> {
    match outcome {
        Err(name) => {
            let judgement = judge(before, market, action, None);
            match judgement.names.contains(name) {
                true => Ok(()),
                false => Err(format!(
                    "failed by {name}; it {} by one of {:?}",
                    if judgement.fails { "had to fail" } else { "might have failed" },
                    judgement.names
                )),
            }
        }
        Ok(()) => {
            let judgement = judge(before, market, action, Some(seen));
            if judgement.fails {
                return Err(format!("went through; it had to fail: {:?}", judgement.names));
            }
            if !judgement.differences.is_empty() {
                return Err(judgement.differences.join("; "));
            }
            match judgement.next == *seen {
                true => Ok(()),
                false => Err(difference(&judgement.next, seen)),
            }
        }
    }
}

/// Lines of two groups that differ.
pub fn difference(expected: &Group, seen: &Group) -> String {
    let (expected, seen) = (format!("{expected:#?}"), format!("{seen:#?}"));
    let (left, right): (Vec<_>, Vec<_>) = (expected.lines().collect(), seen.lines().collect());
    let mut text = String::from("stored otherwise than expected:");
    if left.len() != right.len() {
        let _ = write!(text, " {} lines expected, {} stored", left.len(), right.len());
    }
    let pairs = left.iter().zip(&right).enumerate().filter(|(_, (one, other))| one != other);
    for (at, (one, other)) in pairs.take(12) {
        // The way to the field: the nearest line above of each lesser depth.
        let mut depth = indent(one);
        let mut path = Vec::new();
        for above in left[..at].iter().rev() {
            if indent(above) < depth {
                depth = indent(above);
                path.push(above.trim().trim_end_matches(['{', '[', '(', ' ', ':']));
            }
        }
        path.reverse();
        let path = path.join(".");
        let _ = write!(text, "\n  {path}: expected {}, stored {}", one.trim(), other.trim());
    }
    text
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}
