//! What does a keeper tell people?

use std::collections::BTreeMap;
use std::time::Duration;

use crate::metrics::Metrics;

/// A keeper that has nothing to say says so after this long.
const SILENCE: Duration = Duration::from_secs(60);

/// What was told, and when.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    told: BTreeMap<String, u64>,
    told_at: Duration,
    rounds: u64,
}

impl Journal {
    /// What to tell after a round that ended `at` after the start: by how much each count has grown, or,
    /// where none has for a minute, that it is at work.
    pub fn line(&mut self, at: Duration, metrics: &Metrics) -> Option<String> {
        self.rounds += 1;
        let counts = metrics.counts();
        let grown = counts.iter().filter_map(|(name, count)| {
            let before = self.told.get(name).copied().unwrap_or(0);
            let more = count.checked_sub(before).filter(|more| *more != 0)?;
            Some(format!("{name} +{more}"))
        });
        let grown: Vec<String> = grown.collect();
        let line = match grown.is_empty() {
            false => grown.join(", "),
            true if at.saturating_sub(self.told_at) >= SILENCE => {
                format!("at work: {} rounds, nothing new", self.rounds)
            }
            true => return None,
        };
        (self.told, self.told_at) = (counts, at);
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_risk::Grade;

    use super::*;
    use crate::plan::Reason;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn only_what_has_grown_is_told_and_a_minute_of_silence() {
        let (mut journal, mut metrics) = (Journal::default(), Metrics::default());
        // What a round writes without having seen anything.
        metrics.waits.insert(Reason::NotPriced, 0);
        assert_eq!(journal.line(at(5), &metrics), None);

        metrics.slices = 2;
        metrics.cranked.insert("refresh_underlying", 4);
        let line = journal.line(at(10), &metrics);
        assert_eq!(line.as_deref(), Some("refresh_underlying +4, slices +2"));
        assert_eq!(journal.line(at(15), &metrics), None);

        metrics.slices = 3;
        metrics.flawed.insert((1, Grade::Jumping), 1);
        metrics.refusals.insert("OracleStale".to_owned(), 1);
        let line = journal.line(at(20), &metrics);
        let expected = "price of underlying 1 jumping +1, refused OracleStale +1, slices +1";
        assert_eq!(line.as_deref(), Some(expected));

        assert_eq!(journal.line(at(79), &metrics), None);
        let line = journal.line(at(80), &metrics);
        assert_eq!(line.as_deref(), Some("at work: 6 rounds, nothing new"));
        assert_eq!(journal.line(at(139), &metrics), None);
        assert!(journal.line(at(140), &metrics).is_some());
    }
}
