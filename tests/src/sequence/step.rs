//! What is one step of a sequence? A name and numbers, so that it can be written down, read again,
//! and left out. What it stands for depends on nothing but the numbers and the group as it is.

use std::fmt;
use std::str::FromStr;

/// What is done to the list of accounts of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twist {
    /// One is left out.
    Drop(usize),
    /// One comes twice in a row.
    Double(usize),
    /// Two trade places.
    Swap(usize, usize),
    /// One is replaced by its like of another group.
    Foreign(usize),
    /// One is replaced by a copy that another program owns.
    Forged(usize),
    /// A second instruction fails.
    Poison,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Name of its entry.
    pub name: String,
    /// What the entry reads.
    pub words: Vec<i128>,
    /// What is wrong with it, if anything is.
    pub twist: Option<Twist>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        for word in &self.words {
            write!(f, " {word}")?;
        }
        match self.twist {
            None => Ok(()),
            Some(Twist::Drop(at)) => write!(f, " drop:{at}"),
            Some(Twist::Double(at)) => write!(f, " double:{at}"),
            Some(Twist::Swap(at, other)) => write!(f, " swap:{at}:{other}"),
            Some(Twist::Foreign(at)) => write!(f, " foreign:{at}"),
            Some(Twist::Forged(at)) => write!(f, " forged:{at}"),
            Some(Twist::Poison) => write!(f, " poison"),
        }
    }
}

impl FromStr for Step {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let mut parts = line.split_whitespace();
        let name = parts.next().ok_or("an empty line is no step")?.to_string();
        let (mut words, mut twist) = (Vec::new(), None);
        for part in parts {
            match part.parse() {
                Ok(word) => words.push(word),
                Err(_) => twist = Some(read_twist(part)?),
            }
        }
        Ok(Self { name, words, twist })
    }
}

fn read_twist(text: &str) -> Result<Twist, String> {
    let mut parts = text.split(':');
    let name = parts.next().unwrap_or_default();
    let places: Vec<usize> = parts.filter_map(|part| part.parse().ok()).collect();
    Ok(match (name, places.as_slice()) {
        ("drop", [at]) => Twist::Drop(*at),
        ("double", [at]) => Twist::Double(*at),
        ("swap", [at, other]) => Twist::Swap(*at, *other),
        ("foreign", [at]) => Twist::Foreign(*at),
        ("forged", [at]) => Twist::Forged(*at),
        ("poison", []) => Twist::Poison,
        _ => return Err(format!("{text:?} is neither a number nor a twist")),
    })
}

/// Reads a sequence: one step a line; empty lines and those that begin with `#` are passed over.
pub fn read_steps(text: &str) -> Result<Vec<Step>, String> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_reads_as_it_was_written() {
        let text = "trade 0 3 1 -9223372036854775808 18446744073709551615 swap:3:7";
        assert_eq!(text.parse::<Step>().unwrap().to_string(), text);
        let all = read_steps("# two\nwait 5\n\nmark 1 poison\n").unwrap();
        assert_eq!(all[1].twist, Some(Twist::Poison));
        assert!("mark 1 sideways".parse::<Step>().is_err());
    }
}
