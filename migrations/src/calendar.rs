//! When do contracts expire? Times, and rules of the calendar that give them from a moment on. All
//! is UTC, and nothing here reads a clock.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use plimsoll_decimals::from_text;
use serde::{Deserialize, Deserializer};

/// A moment in whole seconds, written `2026-03-27T08:00:00Z` (RFC 3339, UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Seconds since 1970-01-01 UTC.
    pub unix_seconds: i64,
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Written in one way only: other offsets, fractions and leap seconds would be read as something
        // that nobody wrote.
        let parsed = text.parse::<Timestamp>().ok().filter(|time| time.to_string() == text);
        let whole = parsed.filter(|time| time.subsec_nanosecond() == 0);
        let time = whole.ok_or_else(|| {
            format!("{text:?} is no time in whole seconds such as \"2026-03-27T08:00:00Z\"")
        })?;
        Ok(Self { unix_seconds: time.as_second() })
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.unix_seconds) {
            Ok(time) => time.fmt(f),
            // Before or behind the years that have four digits.
            Err(_) => write!(f, "{} s", self.unix_seconds),
        }
    }
}

/// A time of the day in whole minutes, written `08:00` (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOfDay(Time);

impl FromStr for TimeOfDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed: Option<Time> = text.parse().ok();
        let time = parsed.filter(|time| time.strftime("%H:%M").to_string() == text);
        Ok(Self(time.ok_or_else(|| format!("{text:?} is no time of day such as \"08:00\""))?))
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

/// How often a rule gives a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cycle {
    /// On every day.
    Day,
    /// On every Friday.
    Friday,
    /// On the last Friday of every month.
    LastFriday,
}

impl Cycle {
    /// Does it give a time on this day?
    fn holds(self, day: Date) -> bool {
        match self {
            Self::Day => true,
            Self::Friday => day.weekday() == Weekday::Friday,
            // The Friday behind it lies in another month.
            Self::LastFriday => {
                day.weekday() == Weekday::Friday && day.day() + 7 > day.days_in_month()
            }
        }
    }

    /// The first of its days that is not before `day`; `None` past the end of the calendar.
    fn first(self, day: Date) -> Option<Date> {
        if self.holds(day) {
            return Some(day);
        }
        match self {
            Self::Day => day.tomorrow().ok(),
            Self::Friday => day.nth_weekday(1, Weekday::Friday).ok(),
            Self::LastFriday => {
                let last = day.nth_weekday_of_month(-1, Weekday::Friday).ok()?;
                if last > day {
                    return Some(last);
                }
                let next = day.first_of_month().checked_add(1.month()).ok()?;
                next.nth_weekday_of_month(-1, Weekday::Friday).ok()
            }
        }
    }
}

/// The next so many times of a cycle, such as `{ every = "friday", at = "08:00", next = 2 }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// On which days.
    pub every: Cycle,
    /// When on them (UTC).
    pub at: TimeOfDay,
    /// How many, at least one.
    pub next: u32,
}

impl Rule {
    /// Its times behind `now`, the earliest first, without end but that of the calendar. What lies at
    /// `now` itself has passed.
    pub fn after(&self, now: Moment) -> impl Iterator<Item = Moment> {
        let Self { every, at, .. } = *self;
        let today = Timestamp::from_second(now.unix_seconds).ok();
        let today = today.map(|time| TimeZone::UTC.to_datetime(time).date());
        let first = today.and_then(|today| every.first(today));
        let days = std::iter::successors(first, move |day| every.first(day.tomorrow().ok()?));
        let times = days.map_while(move |day| moment(day, at));
        times.skip_while(move |time| *time <= now)
    }

    /// Its next so many times behind `now`.
    pub fn times(&self, now: Moment) -> impl Iterator<Item = Moment> {
        self.after(now).take(usize::try_from(self.next).unwrap_or(usize::MAX))
    }

    /// Is this one of its times, however far ahead?
    pub fn gives(&self, time: Moment) -> bool {
        let day = Timestamp::from_second(time.unix_seconds).ok();
        let day = day.map(|time| TimeZone::UTC.to_datetime(time).date());
        day.is_some_and(|day| self.every.holds(day) && moment(day, self.at) == Some(time))
    }
}

fn moment(day: Date, at: TimeOfDay) -> Option<Moment> {
    let time = TimeZone::UTC.to_timestamp(day.to_datetime(at.0)).ok()?;
    Some(Moment { unix_seconds: time.as_second() })
}

/// The day of a time as contracts are named by it, such as `260327`.
pub(crate) fn day_code(time: Moment) -> String {
    let day = Timestamp::from_second(time.unix_seconds).ok();
    let day = day.map(|time| TimeZone::UTC.to_datetime(time).date());
    // A time that has no day is beyond what may be listed.
    day.map_or_else(String::new, |day| day.strftime("%y%m%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn next(every: Cycle, next: u32, now: &str) -> Vec<String> {
        let rule = Rule { every, at: "08:00".parse().unwrap(), next };
        let times: Vec<Moment> = rule.times(at(now)).collect();
        assert!(times.iter().all(|time| rule.gives(*time)));
        times.iter().map(|time| time.to_string()).collect()
    }

    #[test]
    fn a_moment_is_utc_in_whole_seconds() {
        assert_eq!(at("1970-01-02T00:00:01Z").unix_seconds, 86_401);
        assert_eq!(at("2026-03-27T08:00:00Z").to_string(), "2026-03-27T08:00:00Z");
        assert_eq!(at("2024-02-29T00:00:00Z").unix_seconds, 1_709_164_800);
        let wrong = [
            "2026-03-27",
            "2026-03-27T08:00:00",
            "2026-03-27T08:00:00+01:00",
            "2026-03-27T08:00:00.5Z",
            "2026-03-27 08:00:00Z",
            "2026-12-31T23:59:60Z",
            "2025-02-29T08:00:00Z",
            "1774598400",
            "",
        ];
        for text in wrong {
            let error = text.parse::<Moment>().unwrap_err();
            assert!(error.contains("is no time in whole seconds"), "{error}");
        }
        assert_eq!(Moment { unix_seconds: i64::MAX }.to_string(), "9223372036854775807 s");
    }

    #[test]
    fn a_time_of_day_has_hours_and_minutes() {
        assert_eq!("23:59".parse::<TimeOfDay>().map(|one| one.0.minute()), Ok(59));
        for text in ["8:00", "24:00", "08:60", "08:00:00", "0800", "T0800", ""] {
            let error = text.parse::<TimeOfDay>().unwrap_err();
            assert!(error.contains("is no time of day"), "{error}");
        }
    }

    #[test]
    fn days_follow_each_other_across_months_and_leap_days() {
        assert_eq!(
            next(Cycle::Day, 3, "2024-02-28T07:59:59Z"),
            ["2024-02-28T08:00:00Z", "2024-02-29T08:00:00Z", "2024-03-01T08:00:00Z"]
        );
        // What is now has passed.
        assert_eq!(next(Cycle::Day, 1, "2025-12-31T08:00:00Z"), ["2026-01-01T08:00:00Z"]);
        // The rule of a century: 2100 has no leap day.
        assert_eq!(next(Cycle::Day, 1, "2100-02-28T09:00:00Z"), ["2100-03-01T08:00:00Z"]);
    }

    #[test]
    fn fridays_follow_each_other() {
        // 2026-03-27 is a Friday.
        assert_eq!(
            next(Cycle::Friday, 2, "2026-03-27T07:00:00Z"),
            ["2026-03-27T08:00:00Z", "2026-04-03T08:00:00Z"]
        );
        assert_eq!(next(Cycle::Friday, 1, "2026-03-27T08:00:00Z"), ["2026-04-03T08:00:00Z"]);
        assert_eq!(next(Cycle::Friday, 1, "2026-03-28T00:00:00Z"), ["2026-04-03T08:00:00Z"]);
    }

    #[test]
    fn a_month_ends_on_its_last_friday() {
        assert_eq!(
            next(Cycle::LastFriday, 3, "2026-01-01T00:00:00Z"),
            ["2026-01-30T08:00:00Z", "2026-02-27T08:00:00Z", "2026-03-27T08:00:00Z"]
        );
        // Behind it in the same month, and over the end of a year.
        assert_eq!(
            next(Cycle::LastFriday, 2, "2025-12-26T08:00:00Z"),
            ["2026-01-30T08:00:00Z", "2026-02-27T08:00:00Z"]
        );
        assert_eq!(next(Cycle::LastFriday, 1, "2026-01-31T00:00:00Z"), ["2026-02-27T08:00:00Z"]);
        // A month that ends on a Friday, and a February of 29 days of which the last is Thursday.
        assert_eq!(next(Cycle::LastFriday, 1, "2026-07-30T00:00:00Z"), ["2026-07-31T08:00:00Z"]);
        assert_eq!(next(Cycle::LastFriday, 1, "2024-02-01T00:00:00Z"), ["2024-02-23T08:00:00Z"]);
    }

    #[test]
    fn two_thousand_days_are_as_their_number_says() {
        // 1970-01-02 was a Friday, so that day n of the epoch is one where n is 1 modulo 7.
        let start = at("2023-01-01T00:00:00Z");
        let rule = |every| Rule { every, at: "08:00".parse().unwrap(), next: 1 };
        let days: Vec<i64> = (0..2_000).map(|day| start.unix_seconds / 86_400 + day).collect();
        let time = |day: i64| Moment { unix_seconds: day * 86_400 + 28_800 };
        for day in days {
            let is_friday = day % 7 == 1;
            let month = |day: i64| time(day).to_string()[..7].to_string();
            let is_last = is_friday && month(day) != month(day + 7);
            assert!(rule(Cycle::Day).gives(time(day)));
            assert_eq!(rule(Cycle::Friday).gives(time(day)), is_friday);
            assert_eq!(rule(Cycle::LastFriday).gives(time(day)), is_last, "{}", time(day));
            assert!(!rule(Cycle::Day).gives(Moment { unix_seconds: day * 86_400 }));
        }
    }

    #[test]
    fn later_times_hold_those_of_before_that_have_not_passed() {
        for every in [Cycle::Day, Cycle::Friday, Cycle::LastFriday] {
            let rule = Rule { every, at: "08:00".parse().unwrap(), next: 3 };
            let start = at("2025-11-01T08:00:00Z").unix_seconds;
            let mut before: Vec<Moment> = Vec::new();
            for hour in 0..24 * 200 {
                let now = Moment { unix_seconds: start + hour * 3_600 };
                let times: Vec<Moment> = rule.times(now).collect();
                assert_eq!(times.len(), 3);
                before.retain(|time| *time > now);
                assert!(before.iter().all(|time| times.contains(time)));
                before = times;
            }
        }
    }

    #[test]
    fn the_calendar_has_an_end() {
        assert_eq!(next(Cycle::Day, 5, "9999-12-30T00:00:00Z"), ["9999-12-30T08:00:00Z"]);
    }
}
