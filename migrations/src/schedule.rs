//! Which expiries does the file stand for at a moment?

use std::collections::BTreeMap;

use plimsoll_client::bounds::LIFE_SECONDS_MAX;

use crate::calendar::Moment;
use crate::expiries::{ExpiryError, ExpirySpec};

/// The times behind `now` that the blocks of one underlying give, each with its block. `is_listed`
/// says whether an expiry is there: one that has passed may stay in the file as long as it is.
///
/// A time is of the first block that gives it at all, even if it is not yet among that block's next
/// ones: it is on the same terms whichever rule brings it in.
///
/// Errors: `TimePassed`, `TimeTooFar`, `TimeDoubled`.
pub(crate) fn schedule<'a>(
    blocks: &[&'a ExpirySpec],
    now: Moment,
    is_listed: impl Fn(Moment) -> bool,
) -> Result<BTreeMap<Moment, &'a ExpirySpec>, ExpiryError> {
    let mut named: Vec<Moment> = Vec::new();
    for time in blocks.iter().flat_map(|block| &block.times) {
        if named.contains(time) {
            return Err(ExpiryError::TimeDoubled(*time));
        }
        if *time <= now && !is_listed(*time) {
            return Err(ExpiryError::TimePassed(*time));
        }
        named.push(*time);
    }
    let rules = blocks.iter().flat_map(|block| &block.rules);
    let all = named.into_iter().filter(|time| *time > now);
    let all = all.chain(rules.flat_map(|rule| rule.times(now)));
    let mut schedule = BTreeMap::new();
    for time in all {
        if time.unix_seconds.saturating_sub(now.unix_seconds) > LIFE_SECONDS_MAX {
            return Err(ExpiryError::TimeTooFar(time));
        }
        let mut owners = blocks.iter().filter(|block| gives(block, time));
        schedule.extend(owners.next().map(|owner| (time, *owner)));
    }
    Ok(schedule)
}

fn gives(block: &ExpirySpec, time: Moment) -> bool {
    block.times.contains(&time) || block.rules.iter().any(|rule| rule.gives(time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{Cycle, Rule};
    use crate::Markets;

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn rule(every: Cycle, next: u32) -> Rule {
        Rule { every, at: "08:00".parse().unwrap(), next }
    }

    fn block(times: &[&str], rules: &[Rule]) -> ExpirySpec {
        let mut block = Markets::local().expiries.remove(0);
        block.times = times.iter().map(|text| at(text)).collect();
        block.rules = rules.to_vec();
        block
    }

    /// What blocks give at a moment if nothing is listed: times, and the numbers of their blocks.
    fn given(blocks: &[ExpirySpec], now: &str) -> Result<Vec<(String, usize)>, ExpiryError> {
        let all: Vec<&ExpirySpec> = blocks.iter().collect();
        let schedule = schedule(&all, at(now), |_| false)?;
        let number = |one: &ExpirySpec| blocks.iter().position(|other| std::ptr::eq(one, other));
        Ok(schedule.iter().map(|(time, one)| (time.to_string(), number(one).unwrap())).collect())
    }

    #[test]
    fn rules_of_a_block_are_joined() {
        let cycles = [rule(Cycle::Day, 2), rule(Cycle::Friday, 2), rule(Cycle::LastFriday, 1)];
        let all = given(&[block(&[], &cycles)], "2026-03-18T12:00:00Z").unwrap();

        // Thursday, and the Friday that is a day too; the last Friday of March is a Friday too.
        let times: Vec<&str> = all.iter().map(|(time, _)| time.as_str()).collect();
        assert_eq!(times, ["2026-03-19T08:00:00Z", "2026-03-20T08:00:00Z", "2026-03-27T08:00:00Z"]);
    }

    #[test]
    fn a_time_is_of_the_first_block_that_gives_it_whenever_it_comes_in() {
        let months = block(&[], &[rule(Cycle::LastFriday, 1)]);
        let days = block(&["2026-04-01T10:00:00Z"], &[rule(Cycle::Day, 40)]);
        let all = given(&[months, days], "2026-03-18T12:00:00Z").unwrap();

        let of_months: Vec<&str> =
            all.iter().filter(|(_, block)| *block == 0).map(|(time, _)| time.as_str()).collect();
        // Of the two, only the first is among the months' next ones.
        assert_eq!(of_months, ["2026-03-27T08:00:00Z", "2026-04-24T08:00:00Z"]);
        assert_eq!(all.len(), 41);
    }

    #[test]
    fn times_lie_ahead_and_within_two_years() {
        let one = |time| block(&[time], &[]);
        let now = "2026-03-18T12:00:00Z";
        let passed = ExpiryError::TimePassed(at(now));
        assert_eq!(given(&[one(now)], now), Err(passed));
        // 730 days.
        let last = "2028-03-17T12:00:00Z";
        assert_eq!(given(&[one(last)], now), Ok(vec![(last.to_string(), 0)]));
        let late = "2028-03-17T12:00:01Z";
        assert_eq!(given(&[one(late)], now), Err(ExpiryError::TimeTooFar(at(late))));
        let far = block(&[], &[rule(Cycle::Day, u32::MAX)]);
        assert_eq!(given(&[far], now), Err(ExpiryError::TimeTooFar(at("2028-03-18T08:00:00Z"))));
    }

    #[test]
    fn what_has_passed_may_stay_in_the_file_while_it_is_listed() {
        let one = block(&["2026-03-18T08:00:00Z", "2026-03-20T08:00:00Z"], &[]);
        let all = schedule(&[&one], at("2026-03-18T12:00:00Z"), |_| true).unwrap();
        assert_eq!(all.keys().map(Moment::to_string).collect::<Vec<_>>(), ["2026-03-20T08:00:00Z"]);
    }

    #[test]
    fn a_time_is_named_once() {
        let time = "2026-03-20T08:00:00Z";
        let doubled = Err(ExpiryError::TimeDoubled(at(time)));
        let now = "2026-03-18T12:00:00Z";
        assert_eq!(given(&[block(&[time, time], &[])], now), doubled);
        assert_eq!(given(&[block(&[time], &[]), block(&[time], &[])], now), doubled);
        // A rule that gives it as well is no double.
        let both = given(&[block(&[time], &[rule(Cycle::Friday, 1)])], now).unwrap();
        assert_eq!(both, [(time.to_string(), 0)]);
    }
}
