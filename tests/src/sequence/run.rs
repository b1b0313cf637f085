//! Many sequences on all cores, counted; and of one that fails, the shortest part that still does.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Mutex;

use plimsoll_migrations::{Markets, SourceSpec};

use super::player::{Counts, Player};
use super::report::Report;
use super::rng::Rng;
use super::stage::Setting;
use super::step::Step;

/// Steps on one stage: few enough that a failure is quick to shorten.
const EPISODE_STEPS: u64 = 1_000;
/// Sequences that are tried to shorten one.
const TRIES_MAX: u64 = 400;

/// Plays `steps` steps of a seed on this many threads. What happens depends on the seed alone.
pub fn run(seed: u64, steps: u64, threads: usize) -> Report {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let episodes = steps.div_ceil(EPISODE_STEPS);
    let report = Mutex::new(Report { seed, steps, ..Report::default() });
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= episodes || stop.load(Ordering::Relaxed) {
                    return;
                }
                let length = EPISODE_STEPS.min(steps - number * EPISODE_STEPS);
                let (counts, failure) = episode(seed, number, length);
                let mut report = report.lock().unwrap();
                for (what, count) in counts {
                    *report.counts.entry(what).or_default() += count;
                }
                if failure.is_some() {
                    stop.store(true, Ordering::Relaxed);
                    report.failure = failure;
                }
            });
        }
    });
    report.into_inner().unwrap()
}

/// One sequence.
fn episode(seed: u64, number: u64, length: u64) -> (Counts, Option<(String, String)>) {
    let mut rng = Rng::new(seed, number);
    let mut player = Player::new(setting(number));
    let mut steps = Vec::new();
    for _ in 0..length {
        let step = player.draw(&mut rng);
        steps.push(step.clone());
        if let Err(why) = player.play(&step) {
            let (why, steps) = shorten(number, steps, why);
            let lines: Vec<String> = steps.iter().map(Step::to_string).collect();
            let place = format!("# seed {seed}, episode {number}, markets {}", number % VARIANTS);
            return (player.counts, Some((why, format!("{place}\n{}", lines.join("\n")))));
        }
    }
    (player.counts, None)
}

/// Plays written steps on the markets of a variant; what goes wrong, and at which step.
pub fn replay(variant: u64, steps: &[Step]) -> Option<(usize, String)> {
    let mut player = Player::new(setting(variant));
    let played = steps.iter().map(|step| player.play(step)).enumerate();
    played.filter_map(|(at, came)| Some((at, came.err()?))).next()
}

/// How many kinds of markets there are.
pub(crate) const VARIANTS: u64 = 6;

/// Settings that differ in what is tight, and in how far the group has come.
pub(crate) fn setting(number: u64) -> Setting {
    let mut markets = markets();
    let set = |text: &str| text.parse().unwrap();
    // Auctions that end before somebody bids, and others that do not.
    let short = number.is_multiple_of(2);
    markets.group.duration_slots = if short { 60 } else { 150 };
    markets.group.deleverage_slots = if short { 10 } else { 300 };
    let variant = number % VARIANTS;
    match variant {
        // Caps that are soon reached.
        1 => {
            for token in &mut markets.tokens {
                token.deposit_cap = set(if token.mint == "USDC" { "900_000" } else { "900" });
                token.borrow_cap = set(if token.mint == "USDC" { "50_000" } else { "30" });
            }
            for one in &mut markets.instruments {
                one.open_interest_cap = set("500");
            }
        }
        // Thin markets, dear to be large in.
        2 => {
            for one in &mut markets.underlyings {
                one.depth = set("20_000");
                one.open_interest = [set("10_000"), set("1_000_000")];
            }
        }
        // Everything may be borrowed.
        3 => {
            for token in &mut markets.tokens {
                token.borrow_cap = token.deposit_cap;
            }
        }
        // The insurance fund pays little, and a loss that is shared meets its cap.
        4 => {
            markets.group.insurance_cap = set("20");
            for token in &mut markets.tokens {
                token.insurance_cap = set("20");
            }
            for one in &mut markets.instruments {
                one.insurance_cap = set("20");
                one.loss_cap = "0.5%".parse().unwrap();
            }
        }
        _ => {}
    }
    Setting { markets, is_launched: variant != 5, calendar: variant }
}

/// The local markets; roles of their own; and one more underlying, token and contract each, which
/// are not listed at first.
fn markets() -> Markets {
    let mut markets = Markets::local().without_expiries();
    let group = &mut markets.group;
    // Long enough to be met, short enough that bids are met as well.
    group.owner_first_seconds = 5;
    group.timelock_seconds = 3_600;
    group.window_seconds = 7_200;
    group.guardian = Some("guardian".into());
    group.lister = Some("lister".into());
    group.risk_manager = Some("risk manager".into());
    group.publisher = Some("publisher".into());
    let like = |of: &str| markets.underlyings.iter().find(|one| one.name == of).unwrap().clone();
    let mut dog = like("SOL");
    dog.name = "DOG".into();
    dog.sources = vec![SourceSpec::PythPush { account: "DOG/USD".into() }];
    markets.underlyings.push(dog);
    let mut token = markets.tokens[1].clone();
    (token.mint, token.underlying) = ("DOG".into(), "DOG".into());
    token.deposit_cap = "1_000_000".parse().unwrap();
    markets.tokens.push(token);
    let mut contract = markets.instruments[0].clone();
    (contract.name, contract.underlying) = ("DOG-PERP".into(), "DOG".into());
    contract.lot = "0.1".parse().unwrap();
    markets.instruments.push(contract);
    markets
}

/// Leaves out whatever the failure does not need, larger parts first.
pub(crate) fn shorten(number: u64, steps: Vec<Step>, why: String) -> (String, Vec<Step>) {
    let (mut steps, mut why) = (steps, why);
    let kind = kind(&why);
    let mut part = steps.len() / 2;
    let mut tries = 0;
    while part > 0 && tries < TRIES_MAX {
        let (mut at, mut shorter) = (0, false);
        while at < steps.len() && tries < TRIES_MAX {
            let mut fewer = steps.clone();
            fewer.drain(at..steps.len().min(at + part));
            tries += 1;
            match replay(number, &fewer) {
                Some((last, still)) if self::kind(&still) == kind => {
                    fewer.truncate(last + 1);
                    (steps, why, shorter) = (fewer, still, true);
                }
                _ => at += part,
            }
        }
        part = if shorter && part == 1 { 1 } else { part / 2 };
    }
    (why, steps)
}

/// What kind of failure it is: its words without its numbers.
fn kind(why: &str) -> String {
    let line = why.lines().next().unwrap_or_default();
    line.chars().filter(|letter| !letter.is_ascii_digit() && *letter != '-').take(60).collect()
}
